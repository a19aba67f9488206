// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Allocations that fail on demand. `failing_allocation.cpp` replaces the program's `operator new`.

#include <cstddef>
#include <new>
#include <optional>

namespace failing {

/// From the n-th next allocation of this thread on, counted from 0, all allocations throw
/// std::bad_alloc.
void fail_from(std::size_t allocation) noexcept;
/// All allocations of this thread succeed again.
void never() noexcept;
/// The number of allocations of this thread since the program started.
std::size_t allocations() noexcept;

/// Calls `work` with the first allocation failing, then with the second, and so on until none
/// fails. `make` makes a new object for each call; `unchanged` checks it after each failure.
/// Returns the number of failures.
template<class Make, class Work, class Unchanged>
std::size_t at_each_allocation(const Make& make, const Work& work, const Unchanged& unchanged) {
    for (std::size_t n = 0;; ++n) {
        auto subject = make();
        bool failed = false;
        fail_from(n);
        try {
            work(*subject);
        } catch (const std::bad_alloc&) {
            failed = true;
        } catch (...) {
            never();
            throw;
        }
        never();
        if (!failed) return n;
        unchanged(*subject);
    }
}

} // namespace failing
