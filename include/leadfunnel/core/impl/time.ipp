// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/floor_quotient.hpp>
#include <leadfunnel/core/detail/zone_file.hpp>
#include <leadfunnel/core/time.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL std::string_view describe_error(time_error e) noexcept {
    switch (e) {
    case time_error::none:
        return "no error";
    case time_error::syntax:
        return "not a date and time";
    case time_error::no_offset:
        return "no offset from UTC ('Z' or '+09:00')";
    case time_error::out_of_range:
        return "a field out of its range, or a year outside 1900 to 2199";
    case time_error::ambiguous:
        return "a local time that occurs twice, as clocks were set back";
    case time_error::missing:
        return "a local time that never occurs, as clocks were set forward";
    }
    return "unknown error";
}

// ---- text ---------------------------------------------------------------------------------------

namespace detail {

/// The fields of a date and time; their ranges are not checked yet.
struct time_fields {
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    unsigned micros = 0;
    unsigned offset_hour = 0;
    unsigned offset_minute = 0;
    bool west = false;
    bool has_time = false;
    bool has_seconds = false;
    bool has_offset = false;
};

/// Reads `count` digits at `p` into `number`; false if one is not a digit.
template<int count>
[[nodiscard]] constexpr bool read_digits(const char* p, unsigned& number) noexcept {
    unsigned n = 0;
    bool good = true;
    for (int i = 0; i < count; ++i) {
        const unsigned d = static_cast<unsigned char>(p[i]) - unsigned{'0'};
        good &= d <= 9;
        n = n * 10 + d;
    }
    number = n;
    return good;
}

/// Reads all of `YYYY-MM-DD[Thh:mm[:ss[.f…]][Z|±hh:mm]]`. The only parser of dates and times.
[[nodiscard]] constexpr bool read_time_fields(std::string_view text, time_fields& f) noexcept {
    const char* p = text.data();
    const char* const end = p + text.size();
    if (end - p < 10 || p[4] != '-' || p[7] != '-') return false;
    if (!read_digits<4>(p, f.year) || !read_digits<2>(p + 5, f.month) ||
        !read_digits<2>(p + 8, f.day))
        return false;
    p += 10;
    if (p == end) return true;

    f.has_time = true;
    if (end - p < 6 || (*p != 'T' && *p != 't' && *p != ' ') || p[3] != ':') return false;
    if (!read_digits<2>(p + 1, f.hour) || !read_digits<2>(p + 4, f.minute)) return false;
    p += 6;
    if (end - p >= 3 && *p == ':') {
        f.has_seconds = true;
        if (!read_digits<2>(p + 1, f.second)) return false;
        p += 3;
        if (p != end && *p == '.') {
            const char* const first = ++p;
            unsigned scale = 100'000;
            for (; p != end && *p >= '0' && *p <= '9'; ++p) {
                f.micros += scale * (static_cast<unsigned char>(*p) - unsigned{'0'});
                scale /= 10; // 0 from the seventh digit on
            }
            if (p == first || p - first > 9) return false;
        }
    }
    if (p == end) return true;

    f.has_offset = true;
    if (*p == 'Z' || *p == 'z') return p + 1 == end;
    if ((*p != '+' && *p != '-') || end - p != 6 || p[3] != ':') return false;
    f.west = *p == '-';
    return read_digits<2>(p + 1, f.offset_hour) && read_digits<2>(p + 4, f.offset_minute);
}

/// The wall clock that the fields describe; false if a field is out of range, as a second of 60 is.
[[nodiscard]] constexpr bool to_wall_clock(const time_fields& f, duration& since_epoch) noexcept {
    namespace chrono = std::chrono;
    const chrono::year_month_day date{chrono::year{static_cast<int>(f.year)},
                                      chrono::month{f.month}, chrono::day{f.day}};
    if (!date.ok() || f.hour > 23 || f.minute > 59 || f.second > 59) return false;
    since_epoch = chrono::sys_days{date}.time_since_epoch() + chrono::hours{f.hour} +
                  chrono::minutes{f.minute} + chrono::seconds{f.second} + duration{f.micros};
    return true;
}

inline constexpr std::int64_t micros_per_day = 86'400'000'000;

/// A civil date, for every day that a 64-bit count of microseconds reaches. (The year type of
/// std::chrono has only 16 bits.)
struct civil_date {
    std::int64_t year;
    unsigned month;
    unsigned day;
};
[[nodiscard]] constexpr civil_date to_civil(std::chrono::days since_epoch) noexcept {
    constexpr std::int64_t cycle = 146'097; // days in 400 years
    const std::int64_t days = since_epoch.count();
    const std::int64_t cycles = floor_quotient(days, cycle);
    const std::chrono::year_month_day date{
        std::chrono::sys_days{std::chrono::days{days - cycles * cycle}}};
    return {static_cast<int>(date.year()) + cycles * 400, static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day())};
}

inline void append_padded(std::string& text, std::int64_t number, std::size_t width) {
    const std::string digits = std::to_string(number);
    if (digits.size() < width) text.append(width - digits.size(), '0');
    text += digits;
}

} // namespace detail

LEADFUNNEL_DECL parsed_instant parse_rfc3339(std::string_view text) noexcept {
    detail::time_fields f;
    if (!detail::read_time_fields(text, f) || !f.has_seconds) return {{}, time_error::syntax};
    if (!f.has_offset) return {{}, time_error::no_offset};
    duration wall{};
    if (!detail::to_wall_clock(f, wall) || f.offset_hour > 23 || f.offset_minute > 59)
        return {{}, time_error::out_of_range};
    const std::chrono::minutes offset{f.offset_hour * 60 + f.offset_minute};
    const instant at{f.west ? wall + offset : wall - offset};
    if (at < earliest_instant || at >= latest_instant) return {{}, time_error::out_of_range};
    return {at, time_error::none};
}

LEADFUNNEL_DECL parsed_local parse_local(std::string_view text) noexcept {
    detail::time_fields f;
    if (!detail::read_time_fields(text, f) || f.has_offset) return {{}, false, time_error::syntax};
    duration wall{};
    if (!detail::to_wall_clock(f, wall) || wall < earliest_instant.time_since_epoch() ||
        wall >= latest_instant.time_since_epoch())
        return {{}, false, time_error::out_of_range};
    return {local_instant{wall}, !f.has_time, time_error::none};
}

LEADFUNNEL_DECL std::string to_string(instant at) {
    if (at == always) return "always";
    if (at == never) return "never";
    // Not std::chrono::floor: it overflows within a day of the earliest instant.
    const std::int64_t count = at.time_since_epoch().count();
    const std::int64_t day = detail::floor_quotient(count, detail::micros_per_day);
    const detail::civil_date date = detail::to_civil(std::chrono::days{day});
    const std::int64_t micros =
        (count % detail::micros_per_day + detail::micros_per_day) % detail::micros_per_day;
    const std::int64_t fraction = micros % 1'000'000;
    const std::int64_t seconds = micros / 1'000'000;

    std::string text;
    if (date.year < 0) text += '-';
    detail::append_padded(text, date.year < 0 ? -date.year : date.year, 4);
    text += '-';
    detail::append_padded(text, date.month, 2);
    text += '-';
    detail::append_padded(text, date.day, 2);
    text += 'T';
    detail::append_padded(text, seconds / 3600, 2);
    text += ':';
    detail::append_padded(text, seconds / 60 % 60, 2);
    text += ':';
    detail::append_padded(text, seconds % 60, 2);
    if (fraction != 0) {
        text += '.';
        if (fraction % 1000 == 0)
            detail::append_padded(text, fraction / 1000, 3);
        else
            detail::append_padded(text, fraction, 6);
    }
    text += 'Z';
    return text;
}

namespace detail {

struct duration_unit {
    std::string_view name;
    std::int64_t micros;
};
/// In falling order, as in a text.
inline constexpr std::array<duration_unit, 7> duration_units{{{"w", 604'800'000'000},
                                                              {"d", 86'400'000'000},
                                                              {"h", 3'600'000'000},
                                                              {"m", 60'000'000},
                                                              {"s", 1'000'000},
                                                              {"ms", 1'000},
                                                              {"us", 1}}};

} // namespace detail

LEADFUNNEL_DECL std::optional<duration> parse_duration(std::string_view text) noexcept {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const std::int64_t longest = longest_duration.count();
    std::int64_t total = 0;
    auto unit = detail::duration_units.begin();
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        std::size_t digits = 0;
        std::int64_t number = 0;
        for (; digits < text.size() && is_digit(text[digits]); ++digits)
            number = std::min(longest + 1, number * 10 + (text[digits] - '0'));
        std::size_t letters = digits;
        while (letters < text.size() && !is_digit(text[letters])) ++letters;
        const std::string_view name = text.substr(digits, letters - digits);
        unit = std::find_if(unit, detail::duration_units.end(),
                            [&](const detail::duration_unit& u) { return u.name == name; });
        if (digits == 0 || unit == detail::duration_units.end()) return std::nullopt;
        if (number > (longest - total) / unit->micros) return std::nullopt;
        total += number * unit->micros;
        ++unit;
        text.remove_prefix(letters);
    }
    return duration{total};
}

LEADFUNNEL_DECL std::string to_string(duration d) {
    if (d == duration::zero()) return "0s";
    std::string text;
    std::uint64_t rest = static_cast<std::uint64_t>(d.count());
    if (d < duration::zero()) {
        text += '-';
        rest = 0 - rest;
    }
    for (const detail::duration_unit& unit : detail::duration_units) {
        if (unit.name == "w") continue; // people say 14d and 30d, not 2w and 4w2d
        const auto size = static_cast<std::uint64_t>(unit.micros);
        if (rest < size) continue;
        text.append(std::to_string(rest / size)).append(unit.name);
        rest %= size;
    }
    return text;
}

// ---- zones --------------------------------------------------------------------------------------

namespace detail {

/// So far from the ends of the range that no offset leads beyond them.
inline constexpr std::chrono::days edge{31};

} // namespace detail

LEADFUNNEL_DECL time_zone::time_zone() noexcept = default;

LEADFUNNEL_DECL std::optional<time_zone> time_zone::find(std::string_view name) {
    if (name == "UTC" || name == "Etc/UTC") return time_zone{};
    time_zone zone;
    zone.zone_ = detail::zone_database::get().find(name);
    if (zone.zone_ == nullptr) return std::nullopt;
    return zone;
}

LEADFUNNEL_DECL std::vector<std::string> time_zone::names() {
    return detail::zone_database::get().names();
}

LEADFUNNEL_DECL std::string_view time_zone::name() const noexcept {
    if (zone_ == nullptr) return "UTC";
    return static_cast<const detail::zone_file*>(zone_)->name;
}

LEADFUNNEL_DECL time_zone::span time_zone::span_at(instant at) const {
    if (zone_ == nullptr) return {always, never, duration::zero()};
    return static_cast<const detail::zone_file*>(zone_)->span_at(at);
}

LEADFUNNEL_DECL local_instant time_zone::to_local(instant at) const {
    const instant near = std::clamp(at, always + detail::edge, never - detail::edge);
    return local_instant{near.time_since_epoch() + span_at(near).offset};
}

LEADFUNNEL_DECL parsed_instant time_zone::to_instant(local_instant at, local_choice choice) const {
    // Offsets lie within ±26 hours, so every reading lies in a span within that distance.
    constexpr std::chrono::hours reach{26};
    const instant as_utc{at.time_since_epoch()};
    if (as_utc < always + detail::edge || as_utc > never - detail::edge)
        return {as_utc, time_error::out_of_range};
    std::optional<instant> earliest;
    std::optional<instant> latest;
    std::optional<instant> transition;
    span s = span_at(as_utc - reach);
    for (;;) {
        const instant reading = as_utc - s.offset;
        if (reading >= s.begin && reading < s.end) {
            if (!earliest) earliest = reading;
            latest = reading;
        }
        if (s.end > as_utc + reach) break;
        const span next = span_at(s.end);
        if (reading >= s.end && as_utc - next.offset < s.end) transition = s.end;
        s = next;
    }

    parsed_instant result;
    if (earliest) {
        if (*earliest != *latest && choice == local_choice::refuse)
            result.error = time_error::ambiguous;
        result.at = choice == local_choice::latest ? *latest : *earliest;
    } else {
        if (choice == local_choice::refuse) result.error = time_error::missing;
        result.at = transition.value_or(as_utc);
    }
    if (result && (result.at < earliest_instant || result.at >= latest_instant))
        result.error = time_error::out_of_range;
    return result;
}

// ---- calendar -----------------------------------------------------------------------------------

LEADFUNNEL_DECL std::int64_t period_of(local_instant at, calendar_unit unit) noexcept {
    const std::chrono::days day{
        detail::floor_quotient(at.time_since_epoch().count(), detail::micros_per_day)};
    if (unit == calendar_unit::day) return day.count();
    // 1970-01-01 was a Thursday: its week, number 0, began three days earlier.
    if (unit == calendar_unit::week) return detail::floor_quotient(day.count() + 3, 7);
    const detail::civil_date date = detail::to_civil(day);
    const std::int64_t year = date.year - 1970;
    if (unit == calendar_unit::year) return year;
    if (unit == calendar_unit::quarter) return year * 4 + (date.month - 1) / 3;
    return year * 12 + (date.month - 1);
}

LEADFUNNEL_DECL local_instant period_start(std::int64_t period, calendar_unit unit) noexcept {
    namespace chrono = std::chrono;
    if (unit == calendar_unit::day) return local_instant{chrono::days{period}};
    if (unit == calendar_unit::week) return local_instant{chrono::days{period * 7 - 3}};
    const std::int64_t months = unit == calendar_unit::month     ? 1
                                : unit == calendar_unit::quarter ? 3
                                                                 : 12;
    const std::int64_t month = period * months; // since January 1970
    const std::int64_t year = detail::floor_quotient(month, 12);
    const chrono::year_month_day date{chrono::year{static_cast<int>(year + 1970)},
                                      chrono::month{static_cast<unsigned>(month - year * 12) + 1},
                                      chrono::day{1}};
    return local_instant{chrono::sys_days{date}.time_since_epoch()};
}

} // namespace leadfunnel::inline v0
