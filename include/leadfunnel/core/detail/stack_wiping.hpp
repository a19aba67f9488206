// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What calls that have ended left on the stack. Not for users.

#include <leadfunnel/core/detail/wiping.hpp>

#include <array>
#include <cstddef>

namespace leadfunnel::inline v0::detail {

/// Overwrites the thread's stack below the caller, as far down as the engine's calls go: a short
/// text that was handed on in a string itself may still stand there.
#if defined(__GNUC__)
__attribute__((noinline))
#endif
inline void
wipe_stack() noexcept {
    std::array<char, std::size_t{32} << 10> below; // NOLINT: what is there is not read
    wipe_bytes(below.data(), below.size());
}

} // namespace leadfunnel::inline v0::detail
