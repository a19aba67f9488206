// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Reads instants in the form that a mapping declares.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/io/mapping.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace leadfunnel::inline v0::detail {

/// Reads instants of one format. Remembers the last offset of the zone, so it is not safe for
/// concurrent use.
class instant_reader {
  public:
    explicit instant_reader(const time_reading& r) : how_(r) {
        if (!r.zone.empty()) zone_ = time_zone::find(r.zone).value_or(time_zone{});
    }

    parsed_instant read(std::string_view text) {
        switch (how_.format) {
        case time_format::rfc3339:
            return parse_rfc3339(text);
        case time_format::iso8601:
            return read_iso(text);
        case time_format::local: {
            const parsed_local l = parse_local(text);
            // A text with an offset needs no zone.
            if (l.error == time_error::syntax) return parse_rfc3339(text);
            if (!l) return {{}, l.error};
            if (l.date_only) return {{}, time_error::syntax};
            return in_range(on_clock(l.at, how_.ambiguous));
        }
        case time_format::date: {
            const parsed_local l = parse_local(text);
            if (!l) return {{}, l.error};
            if (!l.date_only) return {{}, time_error::syntax};
            return in_range(of_day(l.at));
        }
        case time_format::unix_seconds:
            return read_unix(text, 1);
        case time_format::unix_millis:
            return read_unix(text, 1000);
        }
        return {{}, time_error::syntax};
    }

  private:
    static parsed_instant in_range(parsed_instant p) {
        if (p && (p.at < earliest_instant || p.at >= latest_instant))
            return {{}, time_error::out_of_range};
        return p;
    }

    static parsed_instant read_iso(std::string_view text) {
        std::array<char, 40> colon{};
        const std::size_t n = text.size();
        if (n < 6 || n >= colon.size() || (text[n - 5] != '+' && text[n - 5] != '-') ||
            text.find_first_of("Tt ") == text.npos)
            return parse_rfc3339(text);
        std::memcpy(colon.data(), text.data(), n - 2);
        colon[n - 2] = ':';
        std::memcpy(colon.data() + n - 1, text.data() + n - 2, 2);
        return parse_rfc3339({colon.data(), n + 1});
    }

    static parsed_instant read_unix(std::string_view text, int per_second) {
        // The micros of a number of seconds are microseconds.
        const auto d = parse_decimal(text);
        if (!d) return {{}, time_error::syntax};
        const wide micros = per_second == 1 ? static_cast<wide>(d->micros())
                                            : divide_rounded(d->micros(), per_second);
        return in_range({instant{duration{static_cast<std::int64_t>(micros)}}, time_error::none});
    }

    parsed_instant of_day(local_instant midnight) {
        // A day begins with its first instant, also where clocks skip or repeat midnight.
        switch (how_.day) {
        case day_moment::start:
            break;
        case day_moment::noon:
            return on_clock(midnight + std::chrono::hours{12}, local_choice::earliest);
        case day_moment::end: {
            parsed_instant next = on_clock(midnight + std::chrono::days{1}, local_choice::earliest);
            next.at -= duration{1};
            return next;
        }
        }
        return on_clock(midnight, local_choice::earliest);
    }

    parsed_instant on_clock(local_instant l, local_choice choice) {
        const instant guess{l.time_since_epoch() - offset_};
        if (guess >= safe_from_ && guess < safe_to_) return {guess, time_error::none};
        const parsed_instant p = zone_.to_instant(l, choice);
        if (p) {
            // No offset changes by more than 25 hours. So further than this from both ends of the
            // span, a wall clock time can only have this offset.
            constexpr std::chrono::hours margin{26};
            constexpr std::chrono::hours further{52};
            const time_zone::span s = zone_.span_at(p.at);
            safe_from_ = std::max(s.begin, earliest_instant - further) + margin;
            safe_to_ = std::min(s.end, latest_instant + further) - margin;
            offset_ = s.offset;
        }
        return p;
    }

    time_reading how_;
    time_zone zone_{};
    duration offset_{};
    instant safe_from_ = instant::max();
    instant safe_to_ = instant::min();
};

} // namespace leadfunnel::inline v0::detail
