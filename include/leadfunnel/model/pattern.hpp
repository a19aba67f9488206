// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Patterns: which touchpoints a rule or a transition matches.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/model/condition.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0 {

/// Matches touchpoints. A default-constructed pattern matches every touchpoint.
struct pattern {
    std::vector<std::string> types{};        ///< any of these; empty means every type
    condition where{};                       ///< on the touchpoint's properties
    std::optional<decimal> value_at_least{}; ///< the touchpoint has a value ≥ this
    std::optional<decimal> value_below{};    ///< the touchpoint has a value < this
    friend bool operator==(const pattern&, const pattern&) = default;
};

/// `on("page_view", property("url").glob("/pricing/*"))`
[[nodiscard]] inline pattern on(std::string type, condition where = {}) {
    return {.types = {std::move(type)}, .where = std::move(where)};
}
[[nodiscard]] inline pattern on(std::vector<std::string> types, condition where = {}) {
    return {.types = std::move(types), .where = std::move(where)};
}
/// `on({"seminar", "webinar"})`. Without this overload the braces could also be two iterators of
/// one string.
[[nodiscard]] inline pattern on(std::initializer_list<std::string> types, condition where = {}) {
    return {.types = types, .where = std::move(where)};
}

} // namespace leadfunnel::inline v0
