// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Access by a number that a caller passed. Not for users.

#include <leadfunnel/core/error.hpp>

#include <cstddef>
#include <string>

namespace leadfunnel::inline v0::detail {

/// The entry with a number. Throws `unknown_number` if there is none; `what` says what is numbered:
/// "score", "matrix". O(1).
template<class All>
[[nodiscard]] decltype(auto) at_number(All&& all, std::size_t number, const char* what) {
    if (number >= all.size())
        throw unknown_number(std::string{"there is no "} + what + " with number " +
                             std::to_string(number));
    return all[number];
}

} // namespace leadfunnel::inline v0::detail
