// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/floor_quotient.hpp>
#include <leadfunnel/plan/working_time.hpp>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0 {

namespace detail {

/// The working time up to an instant, W(t), never falls. It is the sum of three parts that are
/// known in advance: the week's hours, which repeat; holidays, which are subtracted; and stretches
/// of constant offset, in which the wall clock runs as fast as time. So W(t), and the first t at
/// which it reaches a value, take one look-up in each part.
///
/// All numbers are microseconds. Wall clocks count from 1970-01-01T00:00 local time.
struct working_table {
    static constexpr std::int64_t day = 86'400'000'000;
    static constexpr std::int64_t week = 7 * day;
    static constexpr std::int64_t first_monday = -3 * day; ///< 1969-12-29

    /// Working hours of one weekday.
    struct hours {
        std::int64_t from;   ///< since Monday 00:00
        std::int64_t to;     ///< likewise; within the same day, or its end
        std::int64_t before; ///< working time of the week before `from`
    };
    struct holiday {
        std::int64_t from;   ///< its midnight, by the wall clock
        std::int64_t before; ///< working time before it, earlier holidays subtracted
        std::int64_t off;    ///< working time that it and all earlier holidays subtract
    };
    /// Time in which the zone's offset is constant.
    struct stretch {
        std::int64_t from;   ///< instant; the stretch lasts until the next
        std::int64_t offset; ///< of the wall clock
        std::int64_t before; ///< working time since `earliest_instant`
    };

    std::vector<hours> weekly;      ///< rising, without overlap; not empty
    std::vector<holiday> holidays;  ///< rising; only those on days with working hours
    std::vector<stretch> stretches; ///< rising; the first begins at `earliest_instant`
    std::int64_t in_week = 0;       ///< working time of a week without holidays, > 0
    std::int64_t in_all = 0;        ///< working time before `latest_instant`

    void set_hours(const std::vector<working_hours>& list);
    void set_holidays(const std::vector<std::chrono::year_month_day>& dates);
    void set_stretches(const time_zone& zone);

    /// Working time by the wall clock since the first Monday (negative before it), holidays
    /// ignored.
    [[nodiscard]] std::int64_t weekly_until(std::int64_t wall) const noexcept;
    /// The first reading of the wall clock at which `weekly_until` is `worked`.
    [[nodiscard]] std::int64_t weekly_reaches(std::int64_t worked) const noexcept;
    /// The same two with holidays subtracted.
    [[nodiscard]] std::int64_t wall_until(std::int64_t wall) const noexcept;
    [[nodiscard]] std::int64_t wall_reaches(std::int64_t worked) const noexcept;

    /// The stretch that an instant lies in.
    [[nodiscard]] const stretch& stretch_at(std::int64_t at) const noexcept;
    /// Working time since `earliest_instant`.
    [[nodiscard]] std::int64_t until(instant at) const noexcept;
};

/// The last element whose key is less than a bound; null if there is none. Keys rise. O(log size).
template<class T>
[[nodiscard]] const T* last_below(const std::vector<T>& of, std::int64_t T::*key,
                                  std::int64_t bound) noexcept {
    const auto after =
        std::partition_point(of.begin(), of.end(), [&](const T& x) { return x.*key < bound; });
    return after == of.begin() ? nullptr : &*std::prev(after);
}
/// The last element whose key is at most a bound; null if there is none. Keys rise. O(log size).
template<class T>
[[nodiscard]] const T* last_until(const std::vector<T>& of, std::int64_t T::*key,
                                  std::int64_t bound) noexcept {
    return last_below(of, key, bound + 1);
}

inline void working_table::set_hours(const std::vector<working_hours>& list) {
    constexpr std::int64_t minute = 60'000'000;
    constexpr std::int64_t minutes_of_day = day / minute;
    for (const working_hours& h : list) {
        const auto from = std::clamp<std::int64_t>(h.from.minutes, 0, minutes_of_day) * minute;
        const auto to = std::clamp<std::int64_t>(h.to.minutes, 0, minutes_of_day) * minute;
        if (from >= to) continue;
        for (const weekday d : h.days) {
            const std::int64_t midnight = static_cast<std::int64_t>(d) * day;
            weekly.push_back({midnight + from, midnight + to, 0});
        }
    }
    std::sort(weekly.begin(), weekly.end(),
              [](const hours& a, const hours& b) { return a.from < b.from; });
    std::size_t kept = 0;
    for (const hours& h : weekly) {
        if (kept != 0 && h.from < weekly[kept - 1].to)
            weekly[kept - 1].to = std::max(weekly[kept - 1].to, h.to);
        else
            weekly[kept++] = h;
    }
    weekly.resize(kept);
    for (hours& h : weekly) {
        h.before = in_week;
        in_week += h.to - h.from;
    }
}

inline void working_table::set_holidays(const std::vector<std::chrono::year_month_day>& dates) {
    std::vector<std::int64_t> midnights;
    for (const std::chrono::year_month_day& date : dates) {
        if (!date.ok()) continue;
        // Far wider than the years of instants, and few enough for 64 bits of microseconds.
        const int year = static_cast<int>(date.year());
        if (year < 1800 || year > 2300) continue;
        midnights.push_back(std::chrono::sys_days{date}.time_since_epoch().count() * day);
    }
    std::sort(midnights.begin(), midnights.end());
    midnights.erase(std::unique(midnights.begin(), midnights.end()), midnights.end());
    std::int64_t off = 0;
    for (const std::int64_t midnight : midnights) {
        const std::int64_t begin = weekly_until(midnight);
        const std::int64_t worked = weekly_until(midnight + day) - begin;
        if (worked == 0) continue;
        holidays.push_back({midnight, begin - off, off + worked});
        off += worked;
    }
}

inline void working_table::set_stretches(const time_zone& zone) {
    for (instant at = earliest_instant; at < latest_instant;) {
        const time_zone::span s = zone.span_at(at);
        const std::int64_t from = at.time_since_epoch().count();
        at = std::min(s.end, latest_instant);
        if (stretches.empty() || stretches.back().offset != s.offset.count())
            stretches.push_back({from, s.offset.count(), 0});
    }
    std::int64_t worked = 0;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        stretch& s = stretches[i];
        s.before = worked;
        const std::int64_t to = i + 1 < stretches.size()
                                    ? stretches[i + 1].from
                                    : latest_instant.time_since_epoch().count();
        worked += wall_until(to + s.offset) - wall_until(s.from + s.offset);
    }
    in_all = worked;
}

inline std::int64_t working_table::weekly_until(std::int64_t wall) const noexcept {
    const std::int64_t since = wall - first_monday;
    const std::int64_t weeks = detail::floor_quotient(since, week);
    const std::int64_t rest = since - weeks * week;
    std::int64_t worked = weeks * in_week;
    if (const hours* h = last_until(weekly, &hours::from, rest))
        worked += h->before + std::min(rest, h->to) - h->from;
    return worked;
}

inline std::int64_t working_table::weekly_reaches(std::int64_t worked) const noexcept {
    // Count whole weeks such that between 1 and in_week remain: the end of a week's work belongs to
    // that week, not to the start of the next.
    const std::int64_t last = worked - 1;
    const std::int64_t weeks = last / in_week - (last % in_week < 0 ? 1 : 0);
    const std::int64_t rest = worked - weeks * in_week;
    const hours* h = last_below(weekly, &hours::before, rest);
    return first_monday + weeks * week + h->from + (rest - h->before);
}

inline std::int64_t working_table::wall_until(std::int64_t wall) const noexcept {
    const holiday* h = last_until(holidays, &holiday::from, wall);
    if (h == nullptr) return weekly_until(wall);
    if (wall < h->from + day) return h->before;
    return weekly_until(wall) - h->off;
}

inline std::int64_t working_table::wall_reaches(std::int64_t worked) const noexcept {
    const holiday* h = last_below(holidays, &holiday::before, worked);
    return weekly_reaches(h == nullptr ? worked : worked + h->off);
}

inline const working_table::stretch& working_table::stretch_at(std::int64_t at) const noexcept {
    return *last_until(stretches, &stretch::from, at);
}

inline std::int64_t working_table::until(instant at) const noexcept {
    if (at <= earliest_instant) return 0;
    if (at >= latest_instant) return in_all;
    const std::int64_t t = at.time_since_epoch().count();
    const stretch& s = stretch_at(t);
    return s.before + wall_until(t + s.offset) - wall_until(s.from + s.offset);
}

} // namespace detail

LEADFUNNEL_DECL working_time::working_time(const business_calendar& calendar,
                                           const time_zone& of_model) {
    detail::working_table t;
    t.set_hours(calendar.hours);
    if (t.in_week == 0) return;
    t.set_holidays(calendar.holidays);
    const std::optional<time_zone> zone =
        calendar.time_zone.empty() ? of_model : time_zone::find(calendar.time_zone);
    assert(zone && "a business calendar names a time zone that there is");
    t.set_stretches(zone.value_or(of_model));
    table_ = std::make_shared<const detail::working_table>(std::move(t));
}

LEADFUNNEL_DECL instant working_time::add(instant from, duration worked) const noexcept {
    if (worked <= duration::zero()) return from;
    if (!table_ || from == never) return never;
    const detail::working_table& t = *table_;
    const std::int64_t already = t.until(from);
    if (worked.count() > t.in_all - already) return std::max(from, latest_instant);
    const std::int64_t total = already + worked.count();
    const auto* s = detail::last_below(t.stretches, &detail::working_table::stretch::before, total);
    const std::int64_t wall =
        t.wall_reaches(t.wall_until(s->from + s->offset) + (total - s->before));
    return instant{duration{wall - s->offset}};
}

LEADFUNNEL_DECL duration working_time::between(instant from, instant to) const noexcept {
    if (!table_ || to <= from) return duration::zero();
    return duration{table_->until(to) - table_->until(from)};
}

LEADFUNNEL_DECL bool working_time::is_working(instant at) const noexcept {
    if (!table_ || at < earliest_instant || at >= latest_instant) return false;
    return table_->until(at + duration{1}) != table_->until(at);
}

} // namespace leadfunnel::inline v0
