// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// How large the value of a touchpoint may be.

#include <cstdint>

namespace leadfunnel::inline v0 {

/// The largest absolute value of a touchpoint, in whatever unit it counts. Every entry point
/// refuses an event beyond it, and no model compares with more.
inline constexpr std::int64_t most_amount = 1'000'000'000'000;

} // namespace leadfunnel::inline v0
