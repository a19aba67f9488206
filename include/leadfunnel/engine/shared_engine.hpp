// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// An engine that one thread changes while others read it.

#include <leadfunnel/engine/engine.hpp>

#include <functional>
#include <mutex>
#include <shared_mutex>
#include <type_traits>
#include <utility>

namespace leadfunnel::inline v0 {

/// An engine behind a lock: any number of readers at once, or one writer.
///
/// `read(f)` calls `f(const Engine&)` while no writer is in, `write(f)` calls `f(Engine&)` while
/// nobody else is. What they return is a copy, so that no reference into the engine leaves the lock
/// with it; what a view in it points to (`resolve`) must not be used afterwards.
///
/// Who waits first is let in first: a writer waits for the readers that are in, never for those
/// that come later, and a reader for one writer at most. A batch is one write: readers see all of
/// it or nothing, and wait as long as it takes; who must not wait long writes smaller batches.
///
/// Neither may be called within the other, or within itself, on one thread: that waits for ever.
/// Callbacks of `on_signal` run within the write that made the signal; so they must not either.
template<class Engine>
class basic_shared_engine {
  public:
    explicit basic_shared_engine(Engine e) : engine_(std::move(e)) {}
    basic_shared_engine(const basic_shared_engine&) = delete;
    basic_shared_engine& operator=(const basic_shared_engine&) = delete;

    template<class Read>
    requires std::is_invocable_v<Read, const Engine&>
    auto read(Read&& f) const {
        std::unique_lock turn{turn_};
        const std::shared_lock lock{lock_};
        turn.unlock();
        return std::invoke(std::forward<Read>(f), engine_);
    }
    template<class Write>
    requires std::is_invocable_v<Write, Engine&>
    auto write(Write&& f) {
        std::unique_lock turn{turn_};
        const std::unique_lock lock{lock_};
        turn.unlock();
        return std::invoke(std::forward<Write>(f), engine_);
    }

  private:
    mutable std::mutex turn_; // a shared_mutex alone may let readers in for ever before a writer
    mutable std::shared_mutex lock_;
    Engine engine_;
};

using shared_engine = basic_shared_engine<engine>;

} // namespace leadfunnel::inline v0
