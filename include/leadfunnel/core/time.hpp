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
using local_instant = std::chrono::local_time<duration>; ///< the reading of a wall clock in an
                                                         ///< unknown zone

/// Facts that hold from `always` on were true before the first event: a profile without a date.
inline constexpr instant always = instant::min();
/// No such instant: a deadline that never comes.
inline constexpr instant never = instant::max();

/// The range of instants accepted from outside: [1900-01-01, 2200-01-01). It leaves room to add any
/// duration without overflow.
inline constexpr instant earliest_instant =
    std::chrono::sys_days{std::chrono::year{1900} / std::chrono::January / 1};
inline constexpr instant latest_instant =
    std::chrono::sys_days{std::chrono::year{2200} / std::chrono::January / 1};
/// The longest duration accepted from outside: 200 years of 365.25 days.
inline constexpr duration longest_duration = std::chrono::hours{24} * 73'050;

/// Why a text is not an instant.
enum class time_error : std::uint8_t {
    none,
    syntax,       ///< not in the required form
    no_offset,    ///< a date and time without `Z` or an offset
    out_of_range, ///< a field out of range (25:61, 30 February), or a year outside 1900…2199
    ambiguous,    ///< a local time that occurs twice (clocks set back), and `local_choice::refuse`
    missing       ///< a local time that never occurs (clocks set forward), and
                  ///< `local_choice::refuse`
};

/// A phrase that describes an error, for messages. O(1).
[[nodiscard]] LEADFUNNEL_DECL std::string_view describe_error(time_error e) noexcept;

/// An instant, or why there is none. `at` is only set without an error, except where a function
/// says otherwise.
struct parsed_instant {
    instant at{};
    time_error error = time_error::none;
    explicit operator bool() const noexcept { return error == time_error::none; }
};

/// Parses RFC 3339 strictly: `2026-04-01T09:30:00+09:00`. `T` may also be `t` or a space, and `Z`
/// may be `z`. A fraction has 1 to 9 digits, of which those after the sixth are cut off. A second
/// of 60, a missing offset and trailing text are errors. O(1); allocates nothing.
[[nodiscard]] LEADFUNNEL_DECL parsed_instant parse_rfc3339(std::string_view text) noexcept;

/// `2026-04-01T00:30:00Z`, with 0, 3 or 6 fractional digits as the instant needs. `always` and
/// `never` give those words.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(instant at);

/// Parses `30d`, `1w2d`, `1d12h`, `90s`, `250ms`: numbers with the units w, d, h, m, s, ms and us,
/// each at most once and in this order. A day is 24 hours. Returns nothing for other text and for
/// durations over `longest_duration`. O(length).
[[nodiscard]] LEADFUNNEL_DECL std::optional<duration>
parse_duration(std::string_view text) noexcept;

/// A duration in days and smaller units, as people write it: `30d`, `14d`, `1d12h`; `0s` for zero.
/// `parse_duration` reads it back, except for negative ones, which begin with a minus.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(duration d);

/// Which instant a local time means when clocks change. `earliest` and `latest` choose one of the
/// two readings of a time that occurs twice; a time that is skipped means the instant of the
/// change. `refuse` makes both cases errors.
enum class local_choice : std::uint8_t { refuse, earliest, latest };

enum class calendar_unit : std::uint8_t { day, week, month, quarter, year };

/// An IANA time zone. Cheap to copy; any number of threads may use one. The rules come from the
/// system's tz database, or from a folder that `core/zone_folder.hpp` names, and hold for every
/// year.
class time_zone {
  public:
    /// UTC.
    LEADFUNNEL_DECL time_zone() noexcept;
    /// The zone of an IANA name (`Asia/Tokyo`). Nothing if the database lacks it, or if there is no
    /// database. Reads a file at the first use of a zone; later O(log zones).
    [[nodiscard]] LEADFUNNEL_DECL static std::optional<time_zone> find(std::string_view name);
    /// All names of the database, sorted; empty without a database. Reads every zone file:
    /// O(zones).
    [[nodiscard]] LEADFUNNEL_DECL static std::vector<std::string> names();

    /// The IANA name, valid as long as the process runs.
    [[nodiscard]] LEADFUNNEL_DECL std::string_view name() const noexcept;

    /// The wall clock's reading at an instant. Within a month of `always` and `never` it is that of
    /// an instant a month away from them. O(log changes of the zone).
    [[nodiscard]] LEADFUNNEL_DECL local_instant to_local(instant at) const;
    /// The instant at which the wall clock shows `at`. A result outside 1900…2199 is computed and
    /// marked `out_of_range`. O(log changes of the zone).
    [[nodiscard]] LEADFUNNEL_DECL parsed_instant to_instant(local_instant at,
                                                            local_choice choice) const;

    /// An interval `[begin, end)` in which the offset from UTC is constant.
    struct span {
        instant begin;
        instant end;
        duration offset;
    };
    /// A span that contains an instant; not always the longest one. Callers that walk through time
    /// keep it and call again only outside of it. O(log changes of the zone).
    [[nodiscard]] LEADFUNNEL_DECL span span_at(instant at) const;

    friend bool operator==(const time_zone& a, const time_zone& b) noexcept {
        return a.zone_ == b.zone_;
    }

  private:
    const void* zone_ = nullptr; // a detail::zone_file of the process-wide database; null for UTC
};

/// The number of the calendar period that contains a local instant. Consecutive periods have
/// consecutive numbers. Weeks are ISO weeks, which begin on Monday. O(1).
[[nodiscard]] LEADFUNNEL_DECL std::int64_t period_of(local_instant at, calendar_unit unit) noexcept;

/// The midnight that begins a period: the inverse of `period_of`. O(1).
[[nodiscard]] LEADFUNNEL_DECL local_instant period_start(std::int64_t period,
                                                         calendar_unit unit) noexcept;

/// A local date or date and time, as `parse_local` reads it.
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
