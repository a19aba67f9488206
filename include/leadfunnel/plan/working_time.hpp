// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A business calendar, compiled: when it is worked, and how much between two instants.

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/model/funnel.hpp>

#include <memory>

namespace leadfunnel::inline v0 {

namespace detail {
struct working_table;
}

/// The working time of a `business_calendar`. Immutable, cheap to copy, safe to use from any number
/// of threads.
///
/// An instant is worked if the calendar's wall clock shows, at that instant, a time within the
/// hours of its weekday, on a date that is no holiday. Working time is the time that elapses while
/// this is so: where clocks are put forward, an hour skipped is not worked, and where they are put
/// back, an hour repeated is worked twice. Outside `[earliest_instant, latest_instant)` nothing is.
///
/// Each question takes O(log n), n being the number of the zone's changes of offset in these 300
/// years, of the calendar's holidays and of its hours in a week, however far apart the instants
/// are. No question allocates.
class working_time {
  public:
    /// Of somebody who never works.
    working_time() noexcept = default;

    /// Of a calendar, by its own zone, or by that of the model if it names none. The calendar must
    /// be valid (`check` has found no error in it); hours that are none and dates that do not exist
    /// are passed over. O(changes of offset + holidays · log holidays).
    LEADFUNNEL_DECL explicit working_time(const business_calendar& calendar,
                                          const time_zone& of_model = {});

    /// The earliest instant at which `worked` has been worked since `from`, which may lie outside
    /// working hours: the end of a working day, say, not the start of the next. `from` itself for a
    /// `worked` of 0 (or less). `latest_instant` (or `from`, if that is later still) if there is
    /// not so much working time before it; `never` if the calendar has no working hours at all.
    [[nodiscard]] LEADFUNNEL_DECL instant add(instant from, duration worked) const noexcept;

    /// The time worked in `[from, to)`; 0 if `to` is not after `from`.
    [[nodiscard]] LEADFUNNEL_DECL duration between(instant from, instant to) const noexcept;

    /// Whether it is worked at an instant: from the first microsecond of working hours on, and no
    /// longer at their end.
    [[nodiscard]] LEADFUNNEL_DECL bool is_working(instant at) const noexcept;

  private:
    std::shared_ptr<const detail::working_table> table_; // null: no working hours
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/working_time.ipp>
#endif
