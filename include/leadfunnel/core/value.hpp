// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// `value`: the content of a lead's attribute or a touchpoint's property.

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

/// The declared type of an attribute or property. The enumerators are numbered like the
/// alternatives of `value`; number 0, no type, is the unset value.
enum class value_type : std::uint8_t { boolean = 1, number, string, timestamp, set };

/// Null (unset), a truth value, a finite number, UTF-8 text, an instant, or a set of texts. Every
/// entry point refuses NaN and infinities.
using value = std::variant<std::monostate, bool, double, std::string, instant, text_set>;

[[nodiscard]] constexpr bool is_set(const value& v) noexcept { return v.index() != 0; }
[[nodiscard]] constexpr bool is_of(const value& v, value_type t) noexcept {
    return v.index() == static_cast<std::size_t>(t);
}

/// Total order by type, then by content: text by bytes, numbers by size, where -0.0 equals 0.0. It
/// is the canonical order that makes histories independent of the order of arrival. Precondition:
/// numbers are finite. O(size).
[[nodiscard]] LEADFUNNEL_DECL std::strong_ordering compare(const value& a, const value& b) noexcept;

/// Names and values, in the order of the names.
using value_map = std::map<std::string, value, std::less<>>;

/// Lexicographic order of the (name, value) pairs. O(size).
[[nodiscard]] LEADFUNNEL_DECL std::strong_ordering compare(const value_map& a,
                                                           const value_map& b) noexcept;

/// A value as text, as in CSV: `true`, `12.5`, the text itself, RFC 3339, `a;b;c`; empty for null.
/// O(size).
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(const value& v);

/// The fewest digits that read back as the same number. Numbers from 10⁻⁵ up to 10¹⁶ are written
/// without an exponent; −0 is written as `0`.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(double number);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/value.ipp>
#endif
