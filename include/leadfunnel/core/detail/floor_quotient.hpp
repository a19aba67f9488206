// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Division that rounds down, for instants before 1970. Not for users.

#include <cstdint>

namespace leadfunnel::inline v0::detail {

/// The quotient, rounded down. Precondition: `b` is positive. O(1).
[[nodiscard]] constexpr std::int64_t floor_quotient(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}

} // namespace leadfunnel::inline v0::detail
