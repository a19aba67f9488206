// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// An engine that threads share and that survives forks of the process.

#include "common.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace leadfunnel_python {

/// How many forks lead to this process, counted from the import of the module. A handler of
/// `pthread_atfork` counts them, so that forks that bypass Python's hooks count, too.
inline std::atomic<unsigned> forks = 0;

/// Whether this thread holds engines for a fork. A call by this thread would wait for itself.
inline thread_local bool is_forking = false;

/// An engine that many threads read while one changes it. No thread holds the interpreter's lock
/// while it waits for the engine's.
///
/// A fork copies memory in the middle of what other threads do. `engines_at_forks` therefore holds
/// engines during a fork, which makes the child's copy whole. The child's copy of an engine that
/// could not be held in time may be in any state: it can neither be used nor destroyed.
class forkable_engine {
  public:
    explicit forkable_engine(lf::engine e)
        : engine_(std::make_unique<lf::shared_engine>(std::move(e))) {}
    ~forkable_engine() {
        if (is_broken()) engine_.release(); // NOLINT(bugprone-unused-return-value)
    }
    forkable_engine(const forkable_engine&) = delete;
    forkable_engine& operator=(const forkable_engine&) = delete;

    /// Calls `f` with the engine while no other thread changes it.
    /// \throws engine_busy if this thread uses the engine already, or a fork broke the copy
    template<class F>
    auto read(const F& f) const {
        require_usable();
        const gil_release release;
        return engine_->read(f);
    }
    /// Calls `f` with the engine while no other thread uses it. Throws as `read` does.
    template<class F>
    auto write(const F& f) {
        require_usable();
        const gil_release release;
        return engine_->write(f);
    }
    /// The plan in use. Plans are cheap to copy and safe to use from any thread.
    [[nodiscard]] lf::plan plan() const {
        return read([](const lf::engine& e) { return e.used_plan(); });
    }

    using hold = lf::shared_engine::hold;
    /// Keeps other calls out. None if running calls do not end in time.
    [[nodiscard]] std::optional<hold> try_hold(std::chrono::steady_clock::time_point until) const {
        if (is_broken()) return std::nullopt;
        return engine_->try_hold(until);
    }
    /// Makes the held engine the child's own. Call it in the child of a fork.
    void let_go_in_child(hold& h) {
        h.let_go_in_child();
        forks_ = forks;
    }

  private:
    [[nodiscard]] bool is_broken() const noexcept { return forks_ != forks; }
    void require_usable() const {
        if (is_broken())
            throw lf::engine_busy(
                "the engine was in use when this process was forked, and its copy "
                "here cannot be used; load a saved one, or fork when no call runs");
        if (is_forking) throw lf::engine_busy("the engine is held while this process is forked");
    }

    unsigned forks_ = forks;
    std::unique_ptr<lf::shared_engine> engine_;
};

/// Makes an engine that forks wait for.
[[nodiscard]] std::shared_ptr<forkable_engine> make_engine(lf::engine e);

/// Binds what Python's hooks for forks call.
void bind_forks(py::module_& m);

} // namespace leadfunnel_python
