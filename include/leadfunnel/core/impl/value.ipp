// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/value.hpp>

#include <charconv>
#include <cmath>
#include <utility>

namespace leadfunnel::inline v0 {

namespace detail {

[[nodiscard]] inline std::strong_ordering compare_text(std::string_view a,
                                                       std::string_view b) noexcept {
    return a <=> b;
}

[[nodiscard]] inline std::strong_ordering compare_sets(const text_set& a,
                                                       const text_set& b) noexcept {
    auto i = a.begin();
    auto j = b.begin();
    for (; i != a.end() && j != b.end(); ++i, ++j)
        if (const auto order = compare_text(*i, *j); order != 0) return order;
    return a.size() <=> b.size();
}

template<class T>
[[nodiscard]] std::pair<const T*, const T*> both(const value& a, const value& b) noexcept {
    return {std::get_if<T>(&a), std::get_if<T>(&b)};
}

} // namespace detail

LEADFUNNEL_DECL std::strong_ordering compare(const value& a, const value& b) noexcept {
    if (a.index() != b.index()) return a.index() <=> b.index();
    if (const auto [x, y] = detail::both<bool>(a, b); x && y) return *x <=> *y;
    if (const auto [x, y] = detail::both<double>(a, b); x && y)
        return std::strong_order(*x + 0.0, *y + 0.0); // adding 0 turns -0 into 0
    if (const auto [x, y] = detail::both<std::string>(a, b); x && y)
        return detail::compare_text(*x, *y);
    if (const auto [x, y] = detail::both<instant>(a, b); x && y) return *x <=> *y;
    if (const auto [x, y] = detail::both<text_set>(a, b); x && y)
        return detail::compare_sets(*x, *y);
    return std::strong_ordering::equal;
}

LEADFUNNEL_DECL std::strong_ordering compare(const value_map& a, const value_map& b) noexcept {
    auto i = a.begin();
    auto j = b.begin();
    for (; i != a.end() && j != b.end(); ++i, ++j) {
        if (const auto order = detail::compare_text(i->first, j->first); order != 0) return order;
        if (const auto order = compare(i->second, j->second); order != 0) return order;
    }
    return a.size() <=> b.size();
}

LEADFUNNEL_DECL std::string to_string(const value& v) {
    if (const auto* x = std::get_if<bool>(&v)) return *x ? "true" : "false";
    if (const auto* x = std::get_if<double>(&v)) return to_string(*x);
    if (const auto* x = std::get_if<std::string>(&v)) return *x;
    if (const auto* x = std::get_if<instant>(&v)) return to_string(*x);
    std::string text;
    if (const auto* x = std::get_if<text_set>(&v)) {
        const char* separator = "";
        for (const std::string& member : *x) {
            text += separator;
            text += member;
            separator = ";";
        }
    }
    return text;
}

LEADFUNNEL_DECL std::string to_string(double number) {
    if (number == 0) return "0"; // -0 too: the two are equal
    const double size = std::fabs(number);
    const bool plain = size >= 1e-5 && size < 1e16;
    char buffer[32]; // 17 digits, sign, point, five zeros or an exponent
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number,
                                   plain ? std::chars_format::fixed : std::chars_format::general)
                         .ptr;
    return {buffer, end};
}

} // namespace leadfunnel::inline v0
