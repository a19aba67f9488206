// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// How long calls report what they have done, and how they are cancelled.

#include <cstddef>
#include <functional>

namespace leadfunnel::inline v0 {

/// Called every few thousand steps by what may take long, with what is done and all that there is
/// to do: events or leads; 0 of 1 where that is not known. It runs on the thread of the call and
/// must not call what is at work. What it throws cancels the call and leaves it: each function says
/// what is then done.
using progress_callback = std::function<void(std::size_t done, std::size_t all)>;

namespace detail {

/// Counts the steps of long work, however deep, and calls back every few thousand of them.
class pulse {
  public:
    /// `to` must outlive it. `all` is what there is to do, 1 where that is not known.
    explicit pulse(const progress_callback& to, std::size_t all = 1, std::size_t done = 0) noexcept
        : to_(to), done_(done), all_(all) {}
    pulse(const pulse&) = delete;
    pulse& operator=(const pulse&) = delete;

    /// Steps are of a few nanoseconds each.
    void step(std::size_t n) {
        steps_ += n;
        if (steps_ < most) return;
        steps_ = 0;
        if (to_) to_(done_, all_);
    }
    /// Reports what is done, which is reported again until there is more.
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
