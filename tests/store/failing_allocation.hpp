// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Allocations that fail when a test asks for it. `failing_allocation.cpp` replaces the program's
/// `operator new`.

#include <cstddef>
#include <new>
#include <optional>

namespace failing {

/// The allocation, counted from 0, that throws std::bad_alloc, and every one after it. Per thread.
void fail_from(std::size_t allocation) noexcept;
/// All succeed again.
void never() noexcept;
/// Allocations since the start of the program, in this thread.
std::size_t allocations() noexcept;

/// Calls `work` with the first allocation failing, then the second, and so on until none fails;
/// `make` makes what it works on anew each time, `unchanged` looks at that after each failure.
/// Number of failures.
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
