// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// How long calls report progress, and how they are cancelled.

#include <cstddef>
#include <functional>

namespace leadfunnel::inline v0 {

/// A long call invokes it every few thousand steps. `done` and `all` count events or leads; they
/// are 0 of 1 where the total is not known. It runs on the thread of the call and must not use the
/// object that the call works on. If it throws, the call is cancelled and the exception passes to
/// the caller; each function documents the state in which that leaves its object.
using progress_callback = std::function<void(std::size_t done, std::size_t all)>;

namespace detail {

/// Counts the steps of a long call, at any depth, and invokes the callback every 16,384 of them.
class pulse {
  public:
    /// `to` must outlive the pulse. `all` is the total amount of work, 1 if it is not known.
    explicit pulse(const progress_callback& to, std::size_t all = 1, std::size_t done = 0) noexcept
        : to_(to), done_(done), all_(all) {}
    pulse(const pulse&) = delete;
    pulse& operator=(const pulse&) = delete;

    /// Counts `n` steps of a few nanoseconds each.
    void step(std::size_t n) {
        steps_ += n;
        if (steps_ < most) return;
        steps_ = 0;
        if (to_) to_(done_, all_);
    }
    /// Reports progress now; later steps report the same values until the next call.
    void report(std::size_t done, std::size_t all) {
        done_ = done;
        all_ = all;
        if (to_) to_(done, all);
    }

  private:
    static constexpr std::size_t most = 16'384;
    const progress_callback& to_;
    std::size_t steps_ = 0;
    std::size_t done_;
    std::size_t all_;
};

} // namespace detail

} // namespace leadfunnel::inline v0
