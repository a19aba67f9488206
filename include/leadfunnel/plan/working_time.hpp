// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A business calendar, compiled: which instants are working time, and how much lies between two.

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/model/funnel.hpp>

#include <memory>

namespace leadfunnel::inline v0 {

namespace detail {
struct working_table;
}

/// The working time of a `business_calendar`. Immutable; copies share one table, so copying is
/// O(1). Safe to use from any number of threads.
///
/// An instant is working time if the calendar's wall clock shows, at that instant, a time within
/// the hours of its weekday on a date that is not a holiday. Durations are elapsed time: where
/// clocks skip an hour, that hour is not worked; where they repeat an hour, it is worked twice. No
/// instant outside `[earliest_instant, latest_instant)` is working time.
///
/// Each query is O(log n), where n counts the zone's changes of offset in these 300 years, the
/// calendar's holidays and its working hours in a week. The distance between instants does not
/// matter. No query allocates or throws.
class working_time {
  public:
    /// No working time at all.
    working_time() noexcept = default;

    /// The working time of a calendar, by the calendar's own zone, or by the model's zone if the
    /// calendar names none. Precondition: `check` finds no error in the calendar. (Empty hours and
    /// dates that do not exist are ignored.) O(changes of offset + holidays · log holidays). Throws
    /// std::bad_alloc.
    LEADFUNNEL_DECL explicit working_time(const business_calendar& calendar,
                                          const time_zone& of_model = {});

    /// The earliest instant by which `worked` of working time has passed since `from`. `from` may
    /// lie outside working hours. The result is at the end of working time rather than at the start
    /// of the next: 17:00 today, say, not 09:00 tomorrow.
    ///
    /// - `from` if `worked` ≤ 0.
    /// - `latest_instant`, or `from` if that is later, if too little working time is left before
    /// it.
    /// - `never` if the calendar has no working hours, or `from` is `never`.
    [[nodiscard]] LEADFUNNEL_DECL instant add(instant from, duration worked) const noexcept;

    /// The working time in `[from, to)`; 0 if `to` ≤ `from`.
    [[nodiscard]] LEADFUNNEL_DECL duration between(instant from, instant to) const noexcept;

    /// Whether an instant is working time. Working hours include their first microsecond and
    /// exclude their end.
    [[nodiscard]] LEADFUNNEL_DECL bool is_working(instant at) const noexcept;

  private:
    std::shared_ptr<const detail::working_table> table_; // null: no working hours
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/working_time.ipp>
#endif
