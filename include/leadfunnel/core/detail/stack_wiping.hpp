// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Wiping what finished calls have left on the stack. Not for users.

#include <leadfunnel/core/detail/wiping.hpp>

#include <array>
#include <cstddef>

namespace leadfunnel::inline v0::detail {

/// Overwrites 32 KiB of the thread's stack below the caller, which is deeper than the engine's
/// calls go. A short text that was passed in a string object may still stand there.
#if defined(__GNUC__)
__attribute__((noinline))
#endif
inline void
wipe_stack() noexcept {
    std::array<char, std::size_t{32} << 10> below; // NOLINT: what is there is not read
    wipe_bytes(below.data(), below.size());
}

} // namespace leadfunnel::inline v0::detail
