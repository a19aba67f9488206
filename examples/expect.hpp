// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Examples assert their own output: a wrong value prints a message and exits with code 1.

#include <leadfunnel/core/decimal.hpp>

#include <fmt/core.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace examples {

template<class T>
const T& quote(const T& value) {
    return value;
}
inline std::string quote(leadfunnel::decimal d) { return to_string(d); }

/// If `got` differs from `expected`, prints both and exits.
template<class T, class U>
void expect(std::string_view what, const T& got, const U& expected) {
    if (got == expected) return;
    fmt::print(stderr, "{}:\n  expected {}\n  got      {}\n", what, quote(expected), quote(got));
    std::exit(EXIT_FAILURE);
}

} // namespace examples
