// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Examples assert their own output: a wrong figure ends them with a message and exit code 1.

#include <fmt/core.h>

#include <cstdlib>
#include <string_view>

namespace examples {

/// Says what it is if `got` is not what was expected, and ends the program.
template<class T, class U>
void expect(std::string_view what, const T& got, const U& expected) {
    if (got == expected) return;
    fmt::print(stderr, "{}: expected {}, got {}\n", what, expected, got);
    std::exit(EXIT_FAILURE);
}

} // namespace examples
