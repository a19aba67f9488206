// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Timers, and the next instant at which a lead must be looked at. Not for users.
///
/// Between looks nothing is computed for a lead. So each look ends by finding the lead's *due*
/// instant: the earliest one at which another look could change anything if no event comes. A due
/// instant may be too early, which costs a look that finds nothing. It is never too late.

#include <leadfunnel/core/detail/floor_quotient.hpp>
#include <leadfunnel/engine/detail/guards.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

class deadlines : public guards {
  protected:
    using guards::guards;

    // ---- timers

    /// When a timer of the lead on which the cursor stands started; `end_of_time` if it is not
    /// running.
    [[nodiscard]] std::int64_t start(std::uint32_t lead, std::uint32_t f,
                                     const compiled_timer& x) const {
        switch (x.since) {
        case timer_start::stage_entry:
            return place_of(lead, f).stage == none32 ? end_of_time : place_of(lead, f).since;
        case timer_start::assignment:
            return cursor_->owned_since();
        case timer_start::touchpoint:
            return cursor_->last_timed(x.timed);
        }
        return end_of_time;
    }
    /// When such a timer ends; `end_of_time` if it is not running.
    [[nodiscard]] std::int64_t deadline(std::uint32_t lead, std::uint32_t f,
                                        const compiled_timer& x) const {
        const auto from = start(lead, f, x);
        return from == end_of_time ? end_of_time : deadline_from(lead, x, from);
    }
    /// When a timer that started at `from` ends. A timer with a calendar counts working time, by
    /// the calendar of the lead's owner if there is one; a timer without counts all time.
    [[nodiscard]] std::int64_t deadline_from(std::uint32_t lead, const compiled_timer& x,
                                             std::int64_t from) const {
        if (x.calendar == none32) return later(from, x.after);
        auto calendar = x.calendar;
        if (p().owner != none32) {
            const auto it = p().calendar_of_owner.find(role_text(p().owner, leads_[lead].owner));
            if (it != p().calendar_of_owner.end()) calendar = it->second;
        }
        const auto at = p().calendars[calendar].add(instant{duration{from}}, duration{x.after});
        return later(at.time_since_epoch().count(), 0);
    }

    // ---- the due instant

    /// Finds the lead's due instant after a look at `t`, and sets its timer.
    void schedule(std::uint32_t lead, std::int64_t t) {
        auto& c = *cursor_;
        const std::int64_t stop = c.next_stop();
        due_search next{.after = t};
        consider_stages(lead, next);
        consider_slas(lead, next);
        consider_alerts(lead, next);
        consider_bands(lead, next);
        consider_ages(lead, next);
        if (!next.settled) next.consider(c.next_fade(t));
        std::int64_t due = std::min(stop, next.at);
        std::int64_t still = std::min(due, time_end) - 1;
        if (!watched_rise_.empty() && c.varies()) {
            if (const auto faded = next_faded(lead, t, still); faded != end_of_time) due = faded;
        }
        // Estimates in rankings hold until a score jumps or an award ends.
        if (!ranks_.empty()) due = std::min({due, c.next_jump(), c.next_award_end()});
        const bool shared = due == stop || (due != end_of_time && c.fades_at(due));
        leads_[lead].calm_until = next.settled ? still : t;
        leads_[lead].due_shared = shared;
        if (due == end_of_time)
            queue_.cancel(lead);
        else
            queue_.schedule(lead, due);
    }

  private:
    /// The earliest instant that the engine itself (not a score) is waiting for.
    struct due_search {
        std::int64_t after = 0;
        std::int64_t at = end_of_time;
        /// Nothing was put off to a later instant, whichever comes next.
        bool settled = true;

        void consider(std::int64_t t) noexcept {
            if (t > after) at = std::min(at, t);
        }
    };
    void consider_stages(std::uint32_t lead, due_search& next) const {
        for (std::uint32_t f = 0; f < p().funnels.size(); ++f) {
            const auto& funnel = p().funnels[f];
            const auto stage = place_of(lead, f).stage;
            // A stage is entered once an instant, and a move may enable one in a funnel that was
            // looked at before: both continue at the next tick.
            if (stage != none32 && place_of(lead, f).since == next.after) {
                next.settled = false;
                next.consider(tick_after(next.after, p().grid));
            }
            for (const auto n : stage == none32 ? funnel.entering : funnel.stages[stage].leaving) {
                const auto& x = funnel.transitions[n];
                if (x.by == compiled_transition::trigger::timer)
                    next.consider(deadline(lead, f, x.after));
            }
        }
    }
    void consider_slas(std::uint32_t lead, due_search& next) const {
        for (const auto& m : leads_[lead].slas) {
            if ((m.done & sla_memory::settled) != 0) continue;
            const auto& x = p().slas[m.sla];
            const auto due = deadline_from(lead, x.due, m.start);
            next.consider(due);
            if (x.warn_before != 0 && due != end_of_time) next.consider(due - x.warn_before);
        }
    }
    void consider_alerts(std::uint32_t lead, due_search& next) const {
        for (std::uint32_t a = 0; a < p().alerts.size(); ++a) {
            const auto& m = states_.alerts(lead)[a];
            const auto& alert = p().alerts[a];
            if (m.raised != before_time && alert.cooldown != 0)
                next.consider(later(m.raised, alert.cooldown));
            // Without a cooldown, each look at which both conditions hold raises it again.
            if (alert.cooldown == 0 && alert.rearms && guard(lead, alert.when, next.after) &&
                guard(lead, alert.rearm, next.after))
                next.consider(cursor_->next_fade(next.after));
        }
    }
    void consider_bands(std::uint32_t lead, due_search& next) const {
        for (std::size_t b = 0; b < p().bandings.size(); ++b) {
            const auto& m = band_of(lead, b);
            next.consider(m.latest.dwell_end(p().bandings[b]));
            if (m.now != m.signalled || m.now != m.latest.band()) next.settled = false;
        }
    }
    void consider_ages(std::uint32_t lead, due_search& next) const {
        const auto consider = [&](std::int64_t t) { next.consider(t); };
        for (const auto i : p().guard_stage_time_tests) {
            const auto& at = place_of(lead, p().tests[i].name);
            if (at.stage != none32) each_change_of_age(p().tests[i], at.since, consider);
        }
        for (const auto i : p().guard_age_tests) {
            const auto* held = std::get_if<instant>(&cursor_->held(p().tests[i].name));
            if (held != nullptr)
                each_change_of_age(p().tests[i], held->time_since_epoch().count(), consider);
        }
    }

    // ---- decay

    /// The first evaluation instant in (t, until] at which decay alone could change a band or a
    /// guard, or an earlier one; `end_of_time` if there is none. Nothing but decay happens up to
    /// `until`, which becomes the instant up to which nothing changes at all.
    [[nodiscard]] std::int64_t next_faded(std::uint32_t lead, std::int64_t t, std::int64_t& until) {
        const bool all_rise = std::all_of(watched_rise_.begin(), watched_rise_.end(),
                                          [](bool rises) { return rises; });
        if (all_rise && cursor_->only_sinks() && watch(lead)) return next_sunk(t, until);
        const auto fade = cursor_->first_fade(
            until, [&](const std::vector<reading>& low, const std::vector<reading>& high,
                       std::int64_t at) { return is_quiet(lead, low, high, at); });
        until = fade.calm;
        return fade.at;
    }
    /// Whether a look in the interval up to `t` would find the same bands and outcomes, for any
    /// scores between two readings. It is enough to test both ends: bands and outcomes change in
    /// one direction as a score rises.
    [[nodiscard]] bool is_quiet(std::uint32_t lead, const std::vector<reading>& low,
                                const std::vector<reading>& high, std::int64_t t) const {
        for (std::size_t b = 0; b < p().bandings.size(); ++b)
            if (!band_of(lead, b).latest.stays(p().bandings[b], low, high, t)) return false;
        return std::all_of(p().guard_score_tests.begin(), p().guard_score_tests.end(),
                           [&](std::uint32_t i) {
                               const auto& test = p().tests[i];
                               const bool now = score_holds(test, (*readings_)[test.name]);
                               return score_holds(test, low[test.name]) == now &&
                                      score_holds(test, high[test.name]) == now;
                           });
    }

    /// `next_faded` where every score can only sink, so that thresholds are crossed downwards only.
    ///
    /// For example, a score of 100 with a half-life of 7 days reaches a threshold of 50 in a week,
    /// and there is no need to evaluate any tick before. A lower bound of the crossing comes from
    /// floating-point sums of awards. Exact scores are evaluated only if the bound is as near as
    /// the next tick. A look that comes too early finds nothing and searches on.
    [[nodiscard]] std::int64_t next_sunk(std::int64_t t, std::int64_t& quiet) {
        const std::int64_t grid = p().grid;
        const std::int64_t end = cursor_->next_end();
        const std::int64_t first = tick_after(t, grid);
        const std::int64_t until = std::exchange(quiet, t);
        std::int64_t still = end_of_time;
        for (const auto& w : watched_)
            still = std::min(still, cursor_->stays_until(w.score, w.value, until));
        quiet = std::min(still, until);
        if (still >= until) return end_of_time;
        const auto found = [&] {
            const std::int64_t tick = tick_after(still, grid);
            // Further award expiries may follow right after `still`.
            if (tick > first)
                return end <= still ? floor_quotient(still, grid) * grid : std::min(tick, end);
            const std::int64_t last = floor_quotient(std::min(until, end - 1), grid) * grid;
            if (last < first) return end;
            const std::int64_t at = next_tick(first, last, t);
            return at <= last ? at : end;
        }();
        return found <= until ? found : end_of_time;
    }

    /// The first tick in [first, last] at which a watched score has fallen below its value, or an
    /// instant after `last` if none has. Nothing but decay happens in between, so the last tick
    /// says whether there is one.
    ///
    /// The search is a bisection with guesses. With one half-life at work, the logarithm of a score
    /// falls along a straight line, and the line's crossing is the guess. Guesses only choose which
    /// ticks to evaluate; exact scores decide.
    [[nodiscard]] std::int64_t next_tick(std::int64_t first, std::int64_t last, std::int64_t t) {
        const std::int64_t grid = p().grid;
        // Ticks are counted from 0, the one before the first. Up to tick `low` nothing has changed;
        // at tick `high` something has.
        std::int64_t low = 0;
        std::int64_t high = (last - first) / grid + 1;
        double at_low = height(*readings_);
        double low_tick = static_cast<double>(t - first) / static_cast<double>(grid) + 1;
        double at_high = height(cursor_->peek(last));
        if (at_high >= 0) return end_of_time;
        bool halves = false;
        while (high - low > 1) {
            std::int64_t k = low + (high - low) / 2;
            if (!halves) {
                const double x =
                    low_tick + (static_cast<double>(high) - low_tick) * at_low / (at_low - at_high);
                k = std::clamp(static_cast<std::int64_t>(x), low + 1, high - 1);
            }
            const std::int64_t width = high - low;
            const double h = height(cursor_->peek(first + (k - 1) * grid));
            if (h < 0) {
                high = k;
                at_high = h;
            } else {
                low = k;
                low_tick = static_cast<double>(k);
                at_low = h;
                // Usually it is the next tick.
                if (high - low > 1) {
                    const double next = height(cursor_->peek(first + k * grid));
                    if (next < 0) return first + k * grid;
                    low = k + 1;
                    low_tick = static_cast<double>(low);
                    at_low = next;
                }
            }
            halves = (high - low) * 2 > width;
        }
        return first + (high - 1) * grid;
    }

    /// Lists the scores that are at or above a threshold now, as `watched_`. False if that is not
    /// enough: a band has been left already, at an instant that bands do not remember.
    bool watch(std::uint32_t lead) {
        watched_.clear();
        const auto below = [&](std::uint32_t score, std::int64_t value) {
            const auto& r = (*readings_)[score];
            if (r.excluded_by == none32 && r.value >= value) watched_.push_back({score, value});
        };
        const std::size_t n = p().bandings.size();
        for (std::size_t b = 0; b < n; ++b) {
            const auto& banding = p().bandings[b];
            const auto& m = band_of(lead, b).latest;
            if (m.band() == no_band_index || m.band() == 0) continue;
            if (m.dwell_end(banding) > cursor_->now()) continue; // the dwell's end is a due instant
            const auto leave = banding.bands[m.band()].leave;
            if ((*readings_)[banding.score].value < leave) return false;
            below(banding.score, leave);
        }
        for (const auto i : p().guard_score_tests) {
            const auto& test = p().tests[i];
            const auto* literal = std::get_if<double>(&test.literal);
            if (literal == nullptr) continue; // a test of existence: decay does not change it
            const auto value = static_cast<std::int64_t>(*literal);
            const bool includes = test.source.how == op::at_least || test.source.how == op::less;
            below(test.name, includes ? value : value + 1);
        }
        return true;
    }
    /// The smallest distance of a watched score above its threshold; negative if one has fallen
    /// below. It is measured in half-lives where both are positive, so that it shrinks evenly.
    [[nodiscard]] double height(const std::vector<reading>& readings) const {
        double least = 1e300;
        for (const auto& w : watched_) {
            const auto v = readings[w.score].value;
            double h = w.value > 0 && v > 0
                           ? std::log2(static_cast<double>(v) / static_cast<double>(w.value))
                           : static_cast<double>(v - w.value);
            if (v < w.value) h = std::min(h, -1e-300);
            if (v >= w.value) h = std::max(h, 0.0);
            least = std::min(least, h);
        }
        return least;
    }

    struct watched {
        std::uint32_t score = 0;
        std::int64_t value = 0;
    };
    std::vector<watched> watched_;
};

} // namespace leadfunnel::inline v0::detail
