// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Limits of awards, counted along a walk. Not for users.

#include <leadfunnel/plan/detail/bound_program.hpp>
#include <leadfunnel/score/detail/cursor_state.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace leadfunnel::inline v0::detail {

/// A candidate for an award.
struct candidate {
    std::uint32_t rule = 0;
    std::int64_t at = 0;
    std::int64_t points = 0;           ///< micros
    std::uint32_t touchpoint = none32; ///< counted within the lead; none for inactivity
    std::uint32_t kind = none32;
};

/// Checks candidates against limits, and counts those that are granted. The counts are a cursor's
/// state. Not for concurrent use.
class award_limits {
  public:
    /// The program must outlive this.
    explicit award_limits(const bound_program& b) : b_(b), p_(b.p) {}

    /// Whether a limit (an index into program::limits) allows a candidate. Amortised O(1).
    [[nodiscard]] bool has_room(cursor_state& s, std::uint32_t limit, const candidate& c) {
        const auto& l = p_.limits[limit];
        tally& t = tally_of(s, limit, c);
        if (l.per == compiled_limit::period::rolling) {
            t.forget_until(c.at - l.rolling);
        } else if (l.per == compiled_limit::period::calendar) {
            const std::int64_t period = period_at(c.at, l.unit);
            if (t.period != period) {
                t.count = 0;
                t.points = 0;
                t.period = period;
            }
        }
        if (l.counts_points) {
            const wide p = c.points < 0 ? -static_cast<wide>(c.points) : c.points;
            if (t.points + p > l.at_most_points) return false;
        }
        return t.count < l.at_most;
    }
    /// Counts a candidate that every limit of its rule allows. Amortised O(1).
    void count(cursor_state& s, std::uint32_t limit, const candidate& c) {
        const auto& l = p_.limits[limit];
        tally& t = tally_of(s, limit, c);
        // A limit of points had room for these, so their sign can be changed. Other limits ignore
        // points, which may be the one number without an opposite.
        std::int64_t p = 0;
        if (l.counts_points) p = c.points < 0 ? -c.points : c.points;
        ++t.count;
        t.points += p;
        if (l.per == compiled_limit::period::rolling) t.grant_at(c.at, p);
    }

  private:
    [[nodiscard]] tally& tally_of(cursor_state& s, std::uint32_t limit, const candidate& c) const {
        const auto& l = p_.limits[limit];
        if (l.distinct == none32) {
            tally& t = s.tallies[limit];
            t.used = true;
            return t;
        }
        const std::uint64_t key = (std::uint64_t{limit} << 32) |
                                  (c.kind == none32 ? 0 : b_.distinct_id(c.kind, l.distinct));
        return s.distinct_tallies[key];
    }

    /// The calendar period at an instant, by the model's time zone. Remembers a few spans of the
    /// zone in which its offset does not change.
    [[nodiscard]] std::int64_t period_at(std::int64_t t, calendar_unit unit) {
        const instant at{duration{t}};
        for (const auto& span : zone_spans_)
            if (at >= span.begin && at < span.end)
                return period_of(local_instant{duration{t} + span.offset}, unit);
        auto& span = zone_spans_[next_span_++ % zone_spans_.size()];
        span = p_.zone.span_at(at);
        return period_of(local_instant{duration{t} + span.offset}, unit);
    }

    const bound_program& b_;
    const program& p_;
    std::array<time_zone::span, 8> zone_spans_ = [] {
        std::array<time_zone::span, 8> none{};
        none.fill({instant::max(), instant::min(), duration{0}});
        return none;
    }();
    std::size_t next_span_ = 0; // of `zone_spans_`: the next to be replaced
};

} // namespace leadfunnel::inline v0::detail
