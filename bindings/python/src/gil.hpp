// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The interpreter's lock, released and taken again by calls that may outlast the interpreter.
///
/// A daemon thread can return from C++ while the interpreter ends. Before Python 3.14 the
/// interpreter then unwinds the thread's stack, and the first `noexcept` function on it aborts the
/// process. So a thread of ours that needs the lock after `close_interpreter` sleeps for ever
/// instead, as Python 3.14 lets it do.

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include <pybind11/pybind11.h>

namespace leadfunnel_python {

namespace py = pybind11;

/// Which threads may still take the lock.
class interpreter_end {
  public:
    /// Announces that this thread is about to take the lock; sleeps for ever once the interpreter
    /// ends, in threads other than the one that ends it.
    static void begin_to_take() noexcept {
        ++taking;
        if (!is_ending || std::this_thread::get_id() == ending_thread) return;
        --taking;
        for (;;) std::this_thread::sleep_for(std::chrono::hours{1});
    }
    static void end_to_take() noexcept { --taking; }

    /// Called with the lock, by the thread that ends the interpreter. From then on no other thread
    /// takes the lock; those that are about to get it first, two seconds at most.
    static void close() {
        using namespace std::chrono_literals;
        ending_thread = std::this_thread::get_id();
        is_ending = true;
        const auto until = std::chrono::steady_clock::now() + 2s;
        const py::gil_scoped_release release;
        while (taking != 0 && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(1ms);
    }

  private:
    inline static std::atomic<int> taking = 0;
    inline static std::atomic<bool> is_ending = false;
    inline static std::thread::id ending_thread{}; ///< written before `is_ending`
};

/// Releases the lock in its scope.
class gil_release {
  public:
    gil_release() : thread_(PyEval_SaveThread()) {}
    ~gil_release() {
        interpreter_end::begin_to_take();
        PyEval_RestoreThread(thread_);
        interpreter_end::end_to_take();
    }
    gil_release(const gil_release&) = delete;
    gil_release& operator=(const gil_release&) = delete;

  private:
    PyThreadState* thread_;
};

/// Holds the lock in its scope, within that of a `gil_release`.
class gil_acquire {
  public:
    gil_acquire() {
        interpreter_end::begin_to_take();
        lock_.emplace();
        interpreter_end::end_to_take();
    }
    gil_acquire(const gil_acquire&) = delete;
    gil_acquire& operator=(const gil_acquire&) = delete;

  private:
    std::optional<py::gil_scoped_acquire> lock_{};
};

} // namespace leadfunnel_python
