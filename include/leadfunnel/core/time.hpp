// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Instants, durations, time zones and calendar periods.
///
/// Instants are UTC microseconds since the Unix epoch. The library never reads a clock, and a local
/// time without a zone is an error at every boundary.

#include <leadfunnel/core/config.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

using duration = std::chrono::microseconds;
using instant = std::chrono::sys_time<duration>;
using local_instant = std::chrono::local_time<duration>; ///< a wall clock's reading, zone unknown

/// Facts that hold from `always` on were true before the first event (a profile without a date).
inline constexpr instant always = instant::min();
/// "No such instant": a deadline that never comes.
inline constexpr instant never = instant::max();

/// Earliest and latest instants accepted from outside: 1900-01-01 and 2200-01-01 (exclusive). The
/// range leaves room for any duration to be added without overflow.
inline constexpr instant earliest_instant =
    std::chrono::sys_days{std::chrono::year{1900} / std::chrono::January / 1};
inline constexpr instant latest_instant =
    std::chrono::sys_days{std::chrono::year{2200} / std::chrono::January / 1};
/// Longest duration accepted from outside (200 years of 365.25 days).
inline constexpr duration longest_duration = std::chrono::hours{24} * 73'050;

/// Why a text is not an instant, or none.
enum class time_error : std::uint8_t {
    none,
    syntax,       ///< not of the form asked for
    no_offset,    ///< a date and time without `Z` or an offset
    out_of_range, ///< a field out of its range (25:61, 30 February), or outside 1900…2200
    ambiguous,    ///< a local time that occurs twice (clocks set back) where that was refused
    missing       ///< a local time that never occurs (clocks set forward) where that was refused
};

/// What is said of a `time_error`, for messages.
[[nodiscard]] LEADFUNNEL_DECL std::string_view describe_error(time_error e) noexcept;

struct parsed_instant {
    instant at{};
    time_error error = time_error::none;
    explicit operator bool() const noexcept { return error == time_error::none; }
};

/// Parses RFC 3339 strictly: `2026-04-01T09:30:00+09:00`. `T` may be `t` or a space, `Z` may be
/// `z`; 1 to 9 fractional digits are read, those past the sixth cut off; seconds of 60 are refused,
/// as are a missing offset and trailing text. O(1), allocates nothing.
[[nodiscard]] LEADFUNNEL_DECL parsed_instant parse_rfc3339(std::string_view text) noexcept;

/// `2026-04-01T00:30:00Z`, with as many fractional digits (0, 3 or 6) as the instant needs.
/// `always` and `never` give those words.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(instant at);

/// Parses `30d`, `1w2d`, `1d12h`, `90s`, `250ms`: numbers with the units w, d, h, m, s, ms, us, in
/// falling order, each once. A day is 24 hours. Nothing for other text, or one out of range.
[[nodiscard]] LEADFUNNEL_DECL std::optional<duration>
parse_duration(std::string_view text) noexcept;

/// Such a text in days and smaller units, as people write it: `30d`, `14d`, `1d12h`; `0s` for zero.
/// `parse_duration` reads it back; a negative one, which it refuses, begins with a minus.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(duration d);

/// Which instant a local time means when clocks changed: the earlier or the later of the two
/// readings; a skipped time is the transition itself. `refuse` makes either an error.
enum class local_choice : std::uint8_t { refuse, earliest, latest };

enum class calendar_unit : std::uint8_t { day, week, month, quarter, year };

/// An IANA time zone. Cheap to copy; safe to use from any number of threads. Rules come from the
/// system's tz database (`core/zone_folder.hpp` names another), right for every zone and year.
class time_zone {
  public:
    /// UTC.
    LEADFUNNEL_DECL time_zone() noexcept;
    /// The zone of an IANA name (`Asia/Tokyo`), or nothing if there is none, or no tz database.
    [[nodiscard]] LEADFUNNEL_DECL static std::optional<time_zone> find(std::string_view name);
    /// Every name that `find` knows by the database, sorted; none without a database. O(zones).
    [[nodiscard]] LEADFUNNEL_DECL static std::vector<std::string> names();

    [[nodiscard]] LEADFUNNEL_DECL std::string_view name() const noexcept;

    /// The wall clock at an instant; near `always` and `never` that of one a month away.
    [[nodiscard]] LEADFUNNEL_DECL local_instant to_local(instant at) const;
    /// The instant at which the wall clock shows `at`. One outside 1900…2200 is computed and is
    /// `out_of_range`.
    [[nodiscard]] LEADFUNNEL_DECL parsed_instant to_instant(local_instant at,
                                                            local_choice choice) const;

    /// An interval `[begin, end)` in which the offset from UTC is constant.
    struct span {
        instant begin;
        instant end;
        duration offset;
    };
    /// A span around an instant, not always the longest. Callers that walk in time keep it, and ask
    /// again only outside.
    [[nodiscard]] LEADFUNNEL_DECL span span_at(instant at) const;

    friend bool operator==(const time_zone& a, const time_zone& b) noexcept {
        return a.zone_ == b.zone_;
    }

  private:
    const void* zone_ = nullptr; // detail::zone_file of the process-wide database; null is UTC
};

/// Serial number of the calendar period that holds a local instant: consecutive periods have
/// consecutive numbers. Weeks are ISO weeks (Monday first). O(1).
[[nodiscard]] LEADFUNNEL_DECL std::int64_t period_of(local_instant at, calendar_unit unit) noexcept;

/// Midnight that begins a period, the inverse of `period_of`.
[[nodiscard]] LEADFUNNEL_DECL local_instant period_start(std::int64_t period,
                                                         calendar_unit unit) noexcept;

/// Parses a local date (`2026-04-01`) or date and time (`2026-04-01 09:30:00`, `T` for the space,
/// seconds optional, fraction optional), strictly; an offset is refused.
struct parsed_local {
    local_instant at{};
    bool date_only = false;
    time_error error = time_error::none;
    explicit operator bool() const noexcept { return error == time_error::none; }
};
[[nodiscard]] LEADFUNNEL_DECL parsed_local parse_local(std::string_view text) noexcept;

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/time.ipp>
#endif
