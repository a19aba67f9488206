// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/decimal.hpp>

#include <algorithm>
#include <cstddef>

namespace leadfunnel::inline v0 {

namespace detail {

[[nodiscard]] constexpr bool is_ascii_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Length of the run of digits at the front.
[[nodiscard]] constexpr std::size_t digit_run(std::string_view text) noexcept {
    std::size_t n = 0;
    while (n < text.size() && is_ascii_digit(text[n])) ++n;
    return n;
}

} // namespace detail

LEADFUNNEL_DECL std::optional<decimal> parse_decimal(std::string_view text) noexcept {
    const bool negative = !text.empty() && text.front() == '-';
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);

    std::string_view whole = text.substr(0, detail::digit_run(text));
    if (whole.empty()) return std::nullopt;
    text.remove_prefix(whole.size());

    std::string_view fraction;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        fraction = text.substr(0, detail::digit_run(text));
        if (fraction.empty()) return std::nullopt;
        text.remove_prefix(fraction.size());
    }

    std::int64_t exponent = 0;
    if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
        text.remove_prefix(1);
        const bool down = !text.empty() && text.front() == '-';
        if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
        if (text.empty() || detail::digit_run(text) != text.size()) return std::nullopt;
        // Larger than the length of any text, and small enough to be multiplied by ten.
        constexpr std::int64_t far = std::int64_t{1} << 59;
        for (const char c : text) exponent = std::min(far, exponent * 10 + (c - '0'));
        if (down) exponent = -exponent;
        text = {};
    }
    if (!text.empty()) return std::nullopt;

    // The count of micros is written by the first `count` digits, with zeros after the last.
    while (!whole.empty() && whole.front() == '0') whole.remove_prefix(1);
    std::int64_t count = static_cast<std::int64_t>(whole.size()) + exponent + 6;
    if (whole.empty()) {
        while (!fraction.empty() && fraction.front() == '0') {
            fraction.remove_prefix(1);
            --count;
        }
        if (fraction.empty()) return decimal{};
    }
    if (count < 0) return decimal{};
    if (count > 19) return std::nullopt;
    const auto digit = [&](std::size_t i) {
        if (i < whole.size()) return whole[i] - '0';
        i -= whole.size();
        return i < fraction.size() ? fraction[i] - '0' : 0;
    };
    wide micros = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
        micros = micros * 10 + digit(i);
    if (digit(static_cast<std::size_t>(count)) >= 5) ++micros;
    if (negative) micros = -micros;

    bool saturated = false;
    const decimal d = decimal::from_micros(micros, &saturated);
    if (saturated) return std::nullopt;
    return d;
}

LEADFUNNEL_DECL std::string to_string(decimal d) {
    const bool negative = d.micros() < 0;
    std::uint64_t rest = static_cast<std::uint64_t>(d.micros());
    if (negative) rest = 0 - rest;
    char buffer[24];
    char* const end = buffer + sizeof buffer;
    char* p = end;

    std::uint64_t fraction = rest % decimal::unit;
    rest /= decimal::unit;
    if (fraction != 0) {
        int places = 6;
        for (; fraction % 10 == 0; fraction /= 10) --places;
        for (; places > 0; --places, fraction /= 10) *--p = static_cast<char>('0' + fraction % 10);
        *--p = '.';
    }
    do {
        *--p = static_cast<char>('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (negative) *--p = '-';
    return {p, end};
}

} // namespace leadfunnel::inline v0
