// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Durations, times of day and dates in model files, and hints for common misspellings.

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/model/funnel.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0::detail {

inline std::string json_article(std::string_view noun) {
    const bool vowel =
        !noun.empty() && std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
    return (vowel ? "an " : "a ") + std::string(noun);
}

/// The hint for `30 days`, `30D` or `1 month`; empty if the text resembles no duration.
inline std::string json_suggest_duration(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    const std::string_view digits = text.substr(0, i);
    while (i < text.size() && text[i] == ' ') ++i;
    std::string unit;
    for (; i < text.size() && unit.size() < 10; ++i)
        unit += text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (digits.empty() || digits.size() > 5) return {};
    if (unit.size() > 1 && unit.back() == 's' && unit != "ms" && unit != "us") unit.pop_back();
    constexpr std::array<std::array<std::string_view, 2>, 17> units{{{"w", "w"},
                                                                     {"week", "w"},
                                                                     {"d", "d"},
                                                                     {"day", "d"},
                                                                     {"h", "h"},
                                                                     {"hr", "h"},
                                                                     {"hour", "h"},
                                                                     {"m", "m"},
                                                                     {"min", "m"},
                                                                     {"minute", "m"},
                                                                     {"s", "s"},
                                                                     {"sec", "s"},
                                                                     {"second", "s"},
                                                                     {"ms", "ms"},
                                                                     {"month", "30d"},
                                                                     {"year", "365d"},
                                                                     {"y", "365d"}}};
    for (const auto& [word, stands_for] : units) {
        if (word != unit) continue;
        std::string out(digits);
        if (stands_for.size() > 2) { // a month or a year has no exact length: suggest days
            int count = 0;
            int days = 0;
            std::from_chars(digits.data(), digits.data() + digits.size(), count);
            std::from_chars(stands_for.data(), stands_for.data() + stands_for.size(), days);
            out = std::to_string(std::int64_t{count} * days) + "d";
        } else {
            out += stands_for;
        }
        return parse_duration(out) ? "write \"" + out + '"' : std::string();
    }
    return {};
}

/// `09:30`, from `00:00` to `24:00`.
inline std::optional<time_of_day> json_time_of_day(std::string_view text) {
    const auto digit = [&](std::size_t i) { return text[i] - '0'; };
    if (text.size() != 5 || text[2] != ':') return {};
    for (const std::size_t i : {0U, 1U, 3U, 4U})
        if (text[i] < '0' || text[i] > '9') return {};
    const int hours = digit(0) * 10 + digit(1);
    const int minutes = digit(3) * 10 + digit(4);
    if (minutes >= 60 || hours * 60 + minutes > 24 * 60) return {};
    return time_of_day{static_cast<std::int16_t>(hours * 60 + minutes)};
}
inline std::string json_padded(std::int64_t n, std::size_t digits) {
    std::string text = std::to_string(n);
    if (text.size() < digits) text.insert(0, digits - text.size(), '0');
    return text;
}
inline std::string json_text(time_of_day t) {
    return json_padded(t.minutes / 60, 2) + ':' + json_padded(t.minutes % 60, 2);
}
inline std::string json_text(std::chrono::year_month_day d) {
    return json_padded(int{d.year()}, 4) + '-' + json_padded(unsigned{d.month()}, 2) + '-' +
           json_padded(unsigned{d.day()}, 2);
}

/// The hint for `9:30` or `0930`; empty if the text resembles no time of day.
inline std::string json_suggest_time_of_day(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c >= '0' && c <= '9')
            digits += c;
        else if (c != ':')
            return {};
    }
    if (digits.size() == 3) digits.insert(0, 1, '0');
    if (digits.size() != 4) return {};
    digits.insert(2, 1, ':');
    return json_time_of_day(digits) ? "write \"" + digits + '"' : std::string();
}

} // namespace leadfunnel::inline v0::detail
