// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// An engine that one thread changes while others read it.

#include <leadfunnel/engine/engine.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>
#include <type_traits>
#include <utility>

namespace leadfunnel::inline v0 {

/// A call of a shared engine that could wait for ever: see `basic_shared_engine`.
class LEADFUNNEL_TYPE engine_busy : public error {
  public:
    explicit engine_busy(const std::string& what) : error(what, error_code::busy) {}
};

namespace detail {

/// A shared engine that this thread is using, and the one in whose call that happens.
struct engine_stay {
    const void* engine;
    const engine_stay* outer;
};
inline thread_local constinit const engine_stay* innermost_stay = nullptr;

} // namespace detail

/// An engine behind a lock: any number of readers at once, or one writer. All members may be called
/// from any thread.
///
/// `read(f)` calls `f(const Engine&)` while no writer is active, `write(f)` calls `f(Engine&)`
/// while nobody else is. They return a copy of what `f` returns, never a reference, so that no
/// reference into the engine leaves the lock. A view that is returned (`resolve`) must not be used
/// afterwards.
///
/// The lock is fair. A writer waits for the readers that are active, not for those that come later;
/// a reader waits for one writer at most. A batch is one write: readers see all of it or nothing,
/// and wait until it ends. To keep them from waiting long, write smaller batches.
///
/// **Calls within calls.** A thread that is inside a call, as a signal callback is, never waits for
/// an engine: two threads could wait for each other. `read` and `write` of the same engine then
/// throw `engine_busy`, and so do those of another engine that is in use. `f` was not called then.
template<class Engine>
class basic_shared_engine {
  public:
    /// Takes over an engine. O(1).
    explicit basic_shared_engine(Engine e) : engine_(std::move(e)) {}
    basic_shared_engine(const basic_shared_engine&) = delete;
    basic_shared_engine& operator=(const basic_shared_engine&) = delete;

    /// Returns `f(engine)`. Throws `engine_busy`, and what `f` throws. O(1) beyond `f` and waiting.
    template<class Read>
    requires std::is_invocable_v<Read, const Engine&>
    auto read(Read&& f) const {
        const stay here{this};
        const auto lock = enter<std::shared_lock<std::shared_mutex>>(here);
        return std::invoke(std::forward<Read>(f), engine_);
    }
    /// As `read`, with an engine that `f` may change.
    template<class Write>
    requires std::is_invocable_v<Write, Engine&>
    auto write(Write&& f) {
        const stay here{this};
        const auto lock = enter<std::unique_lock<std::shared_mutex>>(here);
        return std::invoke(std::forward<Write>(f), engine_);
    }

    /// Keeps all others out while it exists. The thread that got it must destroy it.
    class hold {
      public:
        /// Releases the engine in the child process after a fork. The child cannot unlock what a
        /// thread of its parent locked, so this constructs the locks again; nobody else holds them
        /// there. Call it once, in the child only.
        void let_go_in_child() {
            turn_.release();
            lock_.release();
            std::construct_at(&of_->turn_);
            std::construct_at(&of_->lock_);
        }

      private:
        friend basic_shared_engine;
        const basic_shared_engine* of_ = nullptr;
        std::unique_lock<std::mutex> turn_{};
        std::unique_lock<std::shared_mutex> lock_{};
    };
    /// Waits until no reader or writer is active, for a fork: a child that is forked while the
    /// parent holds the engine has a consistent copy of it. Returns nothing if that has not
    /// happened by `until`, or if this thread is itself inside a call.
    [[nodiscard]] std::optional<hold> try_hold(std::chrono::steady_clock::time_point until) const {
        if (is_in()) return std::nullopt;
        hold h;
        h.of_ = this;
        h.turn_ = std::unique_lock{turn_, std::defer_lock};
        if (!lock_until(h.turn_, until)) return std::nullopt;
        h.lock_ = std::unique_lock{lock_, std::defer_lock};
        if (!lock_until(h.lock_, until)) return std::nullopt;
        return h;
    }

  private:
    /// Tries again each millisecond, because ThreadSanitizer does not know timed waits of mutexes.
    template<class Lock>
    static bool lock_until(Lock& lock, std::chrono::steady_clock::time_point until) {
        while (!lock.try_lock()) {
            if (std::chrono::steady_clock::now() >= until) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        return true;
    }

    /// Marks this thread as inside a call of the engine. Throws `engine_busy` if it already is.
    class stay {
      public:
        explicit stay(const basic_shared_engine* e) : mark_{e, detail::innermost_stay} {
            if (e->is_in())
                throw engine_busy("the engine is in use by the call that this code runs within; "
                                  "use it when that call has ended");
            detail::innermost_stay = &mark_;
        }
        ~stay() { detail::innermost_stay = mark_.outer; }
        stay(const stay&) = delete;
        stay& operator=(const stay&) = delete;
        [[nodiscard]] bool is_inner() const noexcept { return mark_.outer != nullptr; }

      private:
        detail::engine_stay mark_;
    };
    [[nodiscard]] bool is_in() const noexcept {
        for (const auto* s = detail::innermost_stay; s != nullptr; s = s->outer)
            if (s->engine == this) return true;
        return false;
    }

    template<class Lock>
    [[nodiscard]] Lock enter(const stay& here) const {
        if (!here.is_inner()) {
            const std::lock_guard turn{turn_};
            return Lock{lock_};
        }
        const std::unique_lock turn{turn_, std::try_to_lock};
        if (turn)
            if (Lock lock{lock_, std::try_to_lock}) return lock;
        throw engine_busy("the engine is in use, and the call of another engine that this code "
                          "runs within does not wait for it");
    }

    mutable std::mutex turn_; // queue before `lock_`: without it, readers could starve a writer
    mutable std::shared_mutex lock_;
    Engine engine_;
};

using shared_engine = basic_shared_engine<engine>;

} // namespace leadfunnel::inline v0
