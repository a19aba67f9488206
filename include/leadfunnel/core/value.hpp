// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// `value`: what an attribute of a lead or a property of a touchpoint holds.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/time.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>

namespace leadfunnel::inline v0 {

using text_set = std::set<std::string, std::less<>>;

/// The declared type of an attribute or property. The enumerators are in the order of the
/// alternatives of `value`, whose first stands for "unset".
enum class value_type : std::uint8_t { boolean = 1, number, string, timestamp, set };

/// Null (unset), a truth value, a finite number, UTF-8 text, an instant, or a set of texts.
/// NaN and infinities are refused wherever values enter.
using value = std::variant<std::monostate, bool, double, std::string, instant, text_set>;

[[nodiscard]] constexpr bool is_set(const value& v) noexcept { return v.index() != 0; }
[[nodiscard]] constexpr bool is_of(const value& v, value_type t) noexcept {
    return v.index() == static_cast<std::size_t>(t);
}

/// Total order by type, then content (text by bytes); numbers are finite. It is the canonical order
/// that makes histories independent of arrival. -0.0 equals 0.0.
[[nodiscard]] LEADFUNNEL_DECL std::strong_ordering compare(const value& a, const value& b) noexcept;

/// Names and values, in the order of the names.
using value_map = std::map<std::string, value, std::less<>>;

[[nodiscard]] LEADFUNNEL_DECL std::strong_ordering compare(const value_map& a,
                                                           const value_map& b) noexcept;

/// A value as text, as in CSV: `true`, `12.5`, the text itself, RFC 3339, `a;b;c`; empty for null.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(const value& v);

/// The fewest digits that read back as the same number, without an exponent from 10⁻⁵ to 10¹⁶;
/// `0` for −0.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(double number);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/value.ipp>
#endif
