// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Conversions between Boost.Date_Time and the library's instants. Opt-in, header only.
///
/// A `ptime` is in UTC here, and a `date` is a day of a local calendar. Boost.Date_Time's zones and
/// parsers are not used: a zone there has one rule for all years, and the ISO parser accepts 25:61.
///
/// All functions are O(1), throw nothing of their own, and may be called from several threads at
/// once.

#include <leadfunnel/core/time.hpp>

#include <boost/date_time/gregorian/gregorian_types.hpp>
#include <boost/date_time/posix_time/posix_time_types.hpp>

#include <chrono>
#include <optional>

namespace leadfunnel::inline v0 {

namespace detail {

inline constexpr std::chrono::sys_days date_time_earliest{std::chrono::year{1400} /
                                                          std::chrono::January / 1};
inline constexpr std::chrono::sys_days date_time_latest{std::chrono::year{10'000} /
                                                        std::chrono::January / 1};

[[nodiscard]] inline const boost::gregorian::date& date_time_epoch() {
    static const boost::gregorian::date epoch{1970, 1, 1};
    return epoch;
}

} // namespace detail

/// The instant of a UTC time. The infinities become `always` and `never`; not-a-date-time becomes
/// nothing. If Boost is built to count nanoseconds, they are truncated to microseconds.
[[nodiscard]] inline std::optional<instant> to_instant(const boost::posix_time::ptime& utc) {
    if (utc.is_not_a_date_time()) return std::nullopt;
    if (utc.is_neg_infinity()) return always;
    if (utc.is_pos_infinity()) return never;
    const std::chrono::days day{(utc.date() - detail::date_time_epoch()).days()};
    return instant{day} + duration{utc.time_of_day().total_microseconds()};
}

/// The UTC time of an instant. `always` and `never` become the infinities. Nothing outside the
/// years 1400 to 9999, which Boost.Date_Time cannot represent.
[[nodiscard]] inline std::optional<boost::posix_time::ptime> to_ptime(instant at) {
    using boost::posix_time::ptime;
    if (at == always) return ptime{boost::posix_time::neg_infin};
    if (at == never) return ptime{boost::posix_time::pos_infin};
    if (at < detail::date_time_earliest || at >= detail::date_time_latest) return std::nullopt;
    const auto day = std::chrono::floor<std::chrono::days>(at);
    return ptime{detail::date_time_epoch() +
                     boost::gregorian::days{static_cast<long>(day.time_since_epoch().count())},
                 boost::posix_time::microseconds{(at - day).count()}};
}

/// The midnight at which a day of a local calendar begins; nothing for a special date. A zone turns
/// it into an instant: `zone.to_instant(*to_local(d), local_choice::earliest)`.
[[nodiscard]] inline std::optional<local_instant> to_local(const boost::gregorian::date& day) {
    if (day.is_special()) return std::nullopt;
    return local_instant{std::chrono::days{(day - detail::date_time_epoch()).days()}};
}

/// The day of a local time; nothing outside the years 1400 to 9999.
[[nodiscard]] inline std::optional<boost::gregorian::date> to_date(local_instant at) {
    const instant as_utc{at.time_since_epoch()};
    if (as_utc < detail::date_time_earliest || as_utc >= detail::date_time_latest)
        return std::nullopt;
    const auto day = std::chrono::floor<std::chrono::days>(as_utc);
    return detail::date_time_epoch() +
           boost::gregorian::days{static_cast<long>(day.time_since_epoch().count())};
}

} // namespace leadfunnel::inline v0
