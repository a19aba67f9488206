// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Working time, obvious and slow: every minute is checked by itself. Not for production. Correct
/// where offsets are whole minutes, as they have been everywhere since 1972.

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/model/funnel.hpp>

#include <algorithm>
#include <chrono>

namespace reference {

namespace lf = leadfunnel;

class working_time {
  public:
    working_time(lf::business_calendar calendar, const lf::time_zone& of_model)
        : calendar_(std::move(calendar)),
          zone_(calendar_.time_zone.empty() ? of_model
                                            : lf::time_zone::find(calendar_.time_zone).value()) {}

    bool is_working(lf::instant at) const {
        const lf::local_instant wall = zone_.to_local(at);
        const auto midnight = std::chrono::floor<std::chrono::days>(wall);
        const std::chrono::year_month_day date{midnight};
        if (std::count(calendar_.holidays.begin(), calendar_.holidays.end(), date) != 0)
            return false;
        const auto day =
            static_cast<lf::weekday>(std::chrono::weekday{midnight}.iso_encoding() - 1);
        const lf::duration time = wall - midnight;
        for (const lf::working_hours& h : calendar_.hours)
            if (std::count(h.days.begin(), h.days.end(), day) != 0 &&
                std::chrono::minutes{h.from.minutes} <= time &&
                time < std::chrono::minutes{h.to.minutes})
                return true;
        return false;
    }

    lf::duration between(lf::instant from, lf::instant to) const {
        lf::duration worked{};
        for (lf::instant at = from; at < to;) {
            const lf::instant next = std::min<lf::instant>(minute_after(at), to);
            if (is_working(at)) worked += next - at;
            at = next;
        }
        return worked;
    }

    /// Precondition: the result is within `limit`.
    lf::instant add(lf::instant from, lf::duration worked, lf::instant limit) const {
        lf::instant at = from;
        for (; worked > lf::duration::zero() && at < limit; at = minute_after(at)) {
            if (!is_working(at)) continue;
            const lf::duration rest = minute_after(at) - at;
            if (worked <= rest) return at + worked;
            worked -= rest;
        }
        return at;
    }

  private:
    static lf::instant minute_after(lf::instant at) {
        return std::chrono::floor<std::chrono::minutes>(at) + std::chrono::minutes{1};
    }

    lf::business_calendar calendar_;
    lf::time_zone zone_;
};

} // namespace reference
