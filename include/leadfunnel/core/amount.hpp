// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// How large the value of a touchpoint may be.

#include <cstdint>

namespace leadfunnel::inline v0 {

/// Most that a touchpoint's value may be, up or down, in whatever unit it is counted: an event
/// beyond it is refused wherever it enters, and no model compares with more.
inline constexpr std::int64_t most_amount = 1'000'000'000'000;

} // namespace leadfunnel::inline v0
