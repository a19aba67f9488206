// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The walk over a lead's history that computes every score. Not for users.
///
/// A cursor stands at an instant of one lead's history: that is "now" below. `advance` moves it
/// forward and takes events and inactivity deadlines in history order; `evaluate` reads the scores
/// now. Awards that never lose points are summed when they are granted. The others are stored, and
/// decayed when scores are read. An observer is notified of every award and refusal, so that
/// explanations come from the same walk as scores.

#include <leadfunnel/core/progress.hpp>
#include <leadfunnel/plan/detail/bound_program.hpp>
#include <leadfunnel/plan/detail/decayed_sum.hpp>
#include <leadfunnel/score/detail/award_limits.hpp>
#include <leadfunnel/score/detail/cursor_state.hpp>
#include <leadfunnel/score/detail/fading.hpp>
#include <leadfunnel/score/detail/formulas.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Why a candidate gets no award.
enum class refusal : std::uint8_t { condition, freeze, cooldown, limit };

/// The observer of walks that nobody observes.
struct no_observer {
    void award(const candidate&, std::int64_t) {}
    void refuse(const candidate&, refusal, std::uint32_t) {}
    void reset(std::uint32_t, std::uint32_t) {}
    void end_idle(std::uint32_t) {}
};

/// Not for concurrent use. It has many members because it combines a lead's history, the state of a
/// walk, and buffers that are kept from lead to lead.
template<class Observer = no_observer>
class cursor {
  public:
    /// The program must outlive the cursor. Seek a lead before anything else.
    explicit cursor(const bound_program& b, Observer observer = {})
        : b_(b), p_(b.p), observer_(std::move(observer)), fading_(b), limits_(b), own_(b),
          sums_(p_.slots.size()), readings_(p_.scores.size()), lowest_(p_.slots.size()),
          highest_(p_.slots.size()) {}
    cursor(const cursor&) = delete;
    cursor& operator=(const cursor&) = delete;

    /// Which awards the walk grants. With `scores_only`, `evaluate` sums the additive awards by
    /// columns instead: then `next_stop` and the observer do not see them.
    enum class mode : std::uint8_t { everything, scores_only };

    /// Moves to before the first event of a lead, and takes the attributes that always hold.
    /// O(state
    /// + such attributes).
    void seek(const lead_view& lead, mode m) { seek(lead, m, own_); }
    /// The same. The walk stores its state in `in`, which must live until the cursor seeks another
    /// lead.
    void seek(const lead_view& lead, mode m, cursor_state& in) {
        actions_ = m == mode::everything ? &b_.all_actions : &b_.walked_actions;
        sums_columns_ = m == mode::scores_only;
        s_ = &in;
        renew(lead);
        s_->begin(b_);
        while (s_->next_fact < facts_.size() && facts_[s_->next_fact].at == always) take_fact();
    }
    /// Continues a walk in mode `everything` from its stored state. O(1).
    void resume(const lead_view& lead, cursor_state& at) noexcept {
        actions_ = &b_.all_actions;
        sums_columns_ = false;
        s_ = &at;
        renew(lead);
    }

    /// Reports the steps of walks and sums to `p` from now on. It may throw out of any of them; the
    /// lead must then be sought again. Null: report nothing. O(1).
    void heed(pulse* p) noexcept { pulse_ = p; }
    [[nodiscard]] pulse* beats() const noexcept { return pulse_; }
    void step(std::size_t n) {
        if (pulse_ != nullptr) pulse_->step(n);
    }

    /// Replaces the views of the lead's history. Every event that was taken must still be there, in
    /// its place. O(1).
    void renew(const lead_view& lead) noexcept {
        is_evaluated_ = false;
        touchpoints_ = lead.touchpoints;
        facts_ = lead.attributes;
        stages_ = lead.stages;
        stage_scores_ = lead.stage_scores;
        stage_facts_ = lead.stage_facts;
    }

    /// Whether a touchpoint that was just inserted at `place` can be taken last. It must be of now,
    /// and all other touchpoints of now have been taken. It can be taken last if it is the last of
    /// them, or if their order does not matter. O(1); O(touchpoints of now) where some rule depends
    /// on the order of different touchpoints.
    [[nodiscard]] bool takes(std::size_t place) const noexcept {
        if (s_->next_touchpoint + 1 != touchpoints_.size()) return false;
        if (place == s_->next_touchpoint || b_.is_orderless[touchpoints_.kind[place]]) return true;
        // The order does not matter, either, if those after it are equal to it.
        const auto is_like = [&](const auto& column) {
            return std::all_of(column.begin() + static_cast<std::ptrdiff_t>(place), column.end(),
                               [&](const auto& x) { return x == column[place]; });
        };
        return is_like(touchpoints_.kind) &&
               (touchpoints_.value.empty() || is_like(touchpoints_.value));
    }
    /// Takes a touchpoint for which `takes` is true.
    void take(std::size_t place) {
        is_evaluated_ = false;
        s_->is_used = true;
        take_touchpoint(place);
        ++s_->next_touchpoint;
        for (auto& n : s_->unmet) n = std::min(n, place);
    }
    /// Takes attributes of now that were just inserted, and that end before index `end` of the
    /// history; all other attributes of now have been taken. Takes none and returns false if one of
    /// them is the owner and others follow: each change of the owner counts. O(attributes of now
    /// after them).
    [[nodiscard]] bool take_facts(std::size_t end) {
        const std::size_t first = end - (facts_.size() - s_->next_fact);
        const auto mine = facts_.subspan(first, end - first);
        const auto behind = facts_.subspan(end);
        for (const auto& f : mine)
            if (f.name != no_name && p_.owner != none32 &&
                b_.attribute_of_name[f.name] == p_.owner && !behind.empty())
                return false;
        is_evaluated_ = false;
        s_->next_fact = facts_.size();
        for (const auto& f : mine)
            if (std::none_of(behind.begin(), behind.end(),
                             [&](const attribute_entry& x) { return x.name == f.name; }))
                take_fact(f);
        return true;
    }
    /// Takes everything before an instant, and the attributes and touchpoints of that instant, but
    /// not its stage entries and its deadlines.
    void advance_before_stages(std::int64_t to) {
        if (s_->now < to - 1) advance(to - 1);
        is_evaluated_ = false;
        s_->now = to;
        const auto is_next = [&](std::size_t i, std::size_t n, const auto& at) {
            return i < n && ticks(at(i)) == to;
        };
        while (is_next(s_->next_fact, facts_.size(), [&](auto i) { return facts_[i].at; }) ||
               is_next(s_->next_touchpoint, touchpoints_.size(),
                       [&](auto i) { return touchpoints_.at[i]; })) {
            step(16);
            take_event();
        }
    }

    /// Takes everything up to and including `to`. Precondition: `to` is not before now. O(events ×
    /// actions of their kinds).
    void advance(std::int64_t to) {
        is_evaluated_ = false;
        if (sums_columns_ && b_.walks_nothing) skip_touchpoints(to);
        for (;;) {
            step(16);
            if (s_->first_event != end_of_time) take_touchpoints(to);
            const std::int64_t event = next_event();
            if (s_->deadline < event && s_->deadline <= to) {
                pass_deadline();
            } else if (event <= to && event != end_of_time) {
                s_->now = event;
                take_event();
            } else {
                break;
            }
        }
        s_->now = to;
    }

    [[nodiscard]] std::int64_t now() const noexcept { return s_->now; }
    [[nodiscard]] const cursor_state& state() const noexcept { return *s_; }
    [[nodiscard]] cursor_state& state() noexcept { return *s_; }
    /// The instant of the first event taken; `end_of_time` if there is none. O(1).
    [[nodiscard]] std::int64_t first_event() const noexcept { return s_->first_event; }
    /// The instant at which the lead was assigned to its owner; `end_of_time` if it has none. O(1).
    [[nodiscard]] std::int64_t owned_since() const noexcept {
        return s_->owned_since == before_time ? s_->first_event : s_->owned_since;
    }
    /// The instant of the latest touchpoint that matches the n-th of `program::timed_patterns`; of
    /// the first event if none does. O(1).
    [[nodiscard]] std::int64_t last_timed(std::uint32_t n) const noexcept {
        return s_->last_timed[n] == before_time ? s_->first_event : s_->last_timed[n];
    }
    /// The latest deadline of an inactivity rule that has passed; `before_time` if none has. O(1).
    [[nodiscard]] std::int64_t last_deadline() const noexcept { return s_->last_deadline; }

    /// The next instant after now at which a score may jump; `end_of_time` if there is none.
    /// O(rules + steps · log awards).
    [[nodiscard]] std::int64_t next_jump() {
        std::int64_t next = next_stop();
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& d = decay_of(i);
            if (d.only_falls() && !d.fades())
                next = std::min(next, fading_.next_breakpoint(*s_, i, s_->now));
        }
        return next;
    }

    /// The next stop: like `next_jump`, but without the jumps of awards that only fall. Before it
    /// nothing but decay happens, and the worth of each award moves in one direction. O(rules +
    /// awards by tables that rise).
    [[nodiscard]] std::int64_t next_stop() {
        std::int64_t next = std::min(next_event(), next_deadline());
        const auto consider = [&](std::int64_t t) {
            if (t > s_->now) next = std::min(next, t);
        };
        for (const auto i : b_.fading_rules) {
            const auto& r = p_.rules[i];
            switch (r.kind) {
            case rule_kind::frequency: {
                auto& w = s_->windows[b_.window_of_rule[i]];
                if (w.empty()) break;
                w.expire(s_->now, r.window);
                if (!w.empty() && !fading_sums::is_idle(w, r))
                    consider(later(w.front().at, r.window));
                break;
            }
            case rule_kind::recency:
                if (const auto last = s_->registers[b_.registers[i].last_match];
                    last != before_time)
                    for (const auto& bin : r.bins) consider(later(last, bin.first));
                break;
            case rule_kind::attribute:
            case rule_kind::occurrence:
            case rule_kind::sequence:
            case rule_kind::returning:
            case rule_kind::inactivity: // not among `fading_rules`
                break;
            }
        }
        for (std::size_t i = 0; i < s_->groups.size(); ++i)
            if (!decay_of(i).only_falls())
                next = std::min(next, fading_.next_breakpoint(*s_, i, s_->now));
        for (const auto t : p_.age_tests)
            if (const auto* held = std::get_if<instant>(&held_value(p_.tests[t].name)))
                each_change_of_age(p_.tests[t], held->time_since_epoch().count(), consider);
        return next;
    }

    /// The next evaluation instant at which no score jumps. See `fading_sums::next_end`. O(rules).
    [[nodiscard]] std::int64_t next_end() { return fading_.next_end(*s_); }
    /// When the next award that fades out is worth nothing for good. O(columns).
    [[nodiscard]] std::int64_t next_award_end() const noexcept {
        return fading_.next_award_end(*s_);
    }

    /// Whether some award changes before the next stop. O(columns).
    [[nodiscard]] bool varies() const noexcept { return fading_.varies(*s_); }

    /// All scores now; valid until the cursor moves. `column_sums`, if given, are the sums of the
    /// binding's additive awards. O(rules + decaying awards); in mode `scores_only` without
    /// `column_sums` also O(touchpoints × additive awards).
    const std::vector<reading>& evaluate(std::span<const std::int64_t> column_sums = {}) {
        std::size_t awards = 0;
        std::copy(s_->slots.begin(), s_->slots.end(), sums_.begin());
        for (const auto& v : b_.by_value) sums_[v.slot] += v.points[s_->attributes[v.attribute]];
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            auto& g = s_->groups[i];
            if (g.empty()) continue;
            const auto& d = decay_of(i);
            while (!g.empty() && d.is_gone(duration{s_->now - ticks(*g.at())})) g.drop(s_->now, d);
            if (g.empty()) continue;
            awards += g.size();
            g.kept = fading_.sum_of(g, d, s_->now);
            sums_[b_.fading[i].slot] += g.kept;
        }
        if (!column_sums.empty()) {
            for (std::size_t c = 0; c < column_sums.size(); ++c)
                sums_[b_.additive[c].slot] += column_sums[c];
        } else if (sums_columns_) {
            for (const auto& c : b_.additive)
                sums_[c.slot] += kept_sum(p_.decays[c.decay],
                                          {touchpoints_.at.first(s_->next_touchpoint),
                                           touchpoints_.kind.first(s_->next_touchpoint), c.points},
                                          s_->now);
        }
        excluding_.clear();
        for (std::uint32_t i = 0; i < p_.exclusions.size(); ++i)
            if (holds(p_.exclusions[i].when)) excluding_.push_back(i);
        for (std::uint32_t s = 0; s < p_.base_scores; ++s) readings_[s] = read(s);
        for (const auto s : p_.evaluation_order) readings_[s] = read_derived(s, excluded_by(s));
        is_evaluated_ = true;
        step(32 + awards);
        return readings_;
    }

    /// All scores from given base scores. Of the derived scores, `given` has only `excluded_by`.
    /// Valid until the next call. O(scores + terms).
    const std::vector<reading>& derive(std::span<const reading> given) {
        std::copy(given.begin(), given.end(), readings_.begin());
        for (const auto s : p_.evaluation_order)
            readings_[s] = read_derived(s, readings_[s].excluded_by);
        return readings_;
    }

    /// The scores at an instant before the next evaluation instant (ticks of the decay grid do not
    /// count), without moving there. Valid until the cursor moves. Costs what `evaluate` does.
    const std::vector<reading>& peek(std::int64_t t) {
        const std::int64_t now = s_->now;
        s_->now = t;
        evaluate();
        s_->now = now;
        is_evaluated_ = false;
        return readings_;
    }

    /// Whether every decaying award is positive and fades out: no sum of awards rises before the
    /// next stop. O(columns).
    [[nodiscard]] bool only_sinks() const noexcept { return fading_.only_sinks(*s_); }
    /// See `fading_sums::next_fade`.
    [[nodiscard]] std::int64_t next_fade(std::int64_t t) const noexcept {
        return fading_.next_fade(*s_, t);
    }
    /// Whether an instant after now is one that `next_fade` finds.
    [[nodiscard]] bool fades_at(std::int64_t t) const noexcept { return next_fade(t - 1) == t; }

    /// What `first_fade` finds.
    struct fade {
        std::int64_t at = end_of_time; ///< the instant; `end_of_time` if there is none
        std::int64_t calm = 0;         ///< the scores are quiet at every instant up to this one
    };
    /// Finds the first instant of `next_fade`, up to `until`, at which scores are not quiet; or an
    /// earlier one. `until` must be before the next stop. `quiet(low, high, t)` says whether the
    /// caller would ignore all scores between two readings, up to `t`.
    ///
    /// Example: a score halves for years, and the caller waits for a band to change. Ticks of the
    /// decay grid are as many as hours, but some dozens of sums find the right one. The worth of
    /// each award moves in one direction. So over an interval a score lies between bounds: the
    /// least is the falling awards at its end plus the rising ones at its beginning, the greatest
    /// the other way round. An interval in which that is quiet is skipped. Any other is halved,
    /// until it holds one instant, where the bounds are the score itself.
    ///
    /// Gives up after `most` bounds, and returns the next instant that is not yet known to be
    /// quiet. O(min(most, log(until − now) · intervals that are not quiet) · (awards + scores)).
    template<class Quiet>
    [[nodiscard]] fade first_fade(std::int64_t until, const Quiet& quiet, int most = 64) {
        fade found{.calm = s_->now};
        const std::int64_t first = next_fade(s_->now);
        if (first > until) {
            if (!fading_.varies(*s_)) found.calm = std::max(found.calm, until);
            return found;
        }
        begin_fading();
        std::int64_t from = s_->now;        // all instants of `next_fade` up to it are quiet
        std::size_t used = 0;               // of `worths_`: at `from`, then at the intervals' ends
        bool proven = true;                 // every other instant up to `from` is quiet, too
        std::int64_t stride = first - from; // length of the next interval; grows
        const auto add = [&](std::int64_t t) {
            if (worths_.size() == used) worths_.emplace_back();
            sum_worth(t, worths_[used++]);
        };
        add(from);
        add(until);
        while (used > 1) {
            auto& start = worths_.front();
            auto& end = worths_[used - 1];
            const auto go_on = [&] {
                from = end.at;
                if (stride < until - s_->now) stride *= 8;
                std::swap(start, end);
                --used;
            };
            if (most-- == 0) {
                found.at = next_fade(from);
                if (found.at > until) found.at = end_of_time;
                return found;
            }
            bound(start, end);
            if (quiet(low_, high_, end.at)) {
                go_on();
                if (proven) found.calm = from;
                continue;
            }
            const std::int64_t next = next_fade(from);
            if (next < end.at) {
                add(std::max(next, from + std::min(stride, (end.at - from) / 2)));
                continue;
            }
            proven = false;
            if (next == end.at) {
                bound(end, end);
                if (!quiet(low_, high_, next)) {
                    found.at = next;
                    return found;
                }
            }
            go_on();
        }
        return found;
    }

    /// After an evaluation: how long a score stays at `value` or above; see
    /// `fading_sums::stays_until`.
    [[nodiscard]] std::int64_t stays_until(std::uint32_t s, std::int64_t value,
                                           std::int64_t to) const noexcept {
        return fading_.stays_until(*s_, sums_, s, value, to);
    }

    /// Calls `f(column, awards, decay)` for each column that has awards that decay or end.
    template<class F>
    void each_fading(const F& f) const {
        for (std::size_t i = 0; i < s_->groups.size(); ++i)
            if (!s_->groups[i].empty()) f(b_.fading[i], s_->groups[i], decay_of(i));
    }
    /// The sum of a score's slots at the last evaluation. Precondition: the score is neither
    /// derived nor running.
    [[nodiscard]] wide sum(std::uint32_t s) const noexcept {
        const auto& score = p_.scores[s];
        wide sum = 0;
        for (std::uint32_t k = score.first_slot; k < score.first_slot + score.slot_count; ++k)
            sum += clamp_wide(sums_[k], p_.slots[k].min, p_.slots[k].max);
        return sum;
    }
    /// The sum of one slot at the last evaluation, before its bounds.
    [[nodiscard]] wide raw_sum(std::uint32_t slot) const noexcept { return sums_[slot]; }
    [[nodiscard]] const program& model() const noexcept { return p_; }

    /// The points that a rule contributes now by its state; 0 for a rule that grants awards
    /// instead. Amortised O(1) for attribute and frequency rules; O(bins) for recency rules.
    [[nodiscard]] std::int64_t state_points(std::uint32_t i) {
        const auto& r = p_.rules[i];
        if (!holds(r.when)) return 0;
        switch (r.kind) {
        case rule_kind::attribute:
            return r.points;
        case rule_kind::frequency: {
            auto& w = s_->windows[b_.window_of_rule[i]];
            if (r.window != 0) w.expire(s_->now, r.window);
            return w.measured(r.measure) >= r.at_least ? r.points : 0;
        }
        case rule_kind::recency: {
            const std::int64_t last = s_->registers[b_.registers[i].last_match];
            if (last == before_time) return r.if_never;
            for (const auto& [within, points] : r.bins)
                if (s_->now - last < within) return points;
            return r.otherwise;
        }
        case rule_kind::occurrence:
        case rule_kind::sequence:
        case rule_kind::returning:
        case rule_kind::inactivity:
            return 0;
        }
        return 0;
    }

    /// The outcome of a test now. O(1), or what one comparison costs.
    [[nodiscard]] bool test_outcome(std::uint32_t i) const {
        const auto& l = b_.lookups[i];
        if (l.how == test_lookup::by::attribute) return l.outcomes[s_->attributes[l.name]] != 0;
        if (l.how == test_lookup::by::stage) return l.outcomes[s_->current[l.name]] != 0;
        const auto& t = p_.tests[i];
        switch (t.source.of) {
        case subject::attribute:
            return age_holds(t, held_value(t.name), s_->now);
        case subject::times_entered:
            return test_holds(t, static_cast<double>(s_->counters[t.name]));
        case subject::score_at_entry: {
            const auto& e = s_->entry_scores[t.name];
            return test_holds(t, e.recorded ? value{static_cast<double>(e.micros)} : value{});
        }
        case subject::current_stage: // decided by a lookup, above
        case subject::property:      // only in patterns: the binding decides it by kind
        case subject::score:
        case subject::band:
        case subject::matrix_class:
        case subject::time_in_stage: // only in guards, alerts and queries: the engine decides them
            return false;
        }
        return false;
    }

    /// Whether a condition on the lead holds now. O(tests).
    [[nodiscard]] bool condition(std::uint32_t node) const { return holds(node); }
    /// The number of the value that one of the model's attributes has now; 0 is null.
    [[nodiscard]] std::uint32_t attribute(std::uint32_t a) const noexcept {
        return s_->attributes[a];
    }
    /// The value that one of the model's attributes has now.
    [[nodiscard]] const value& held(std::uint32_t a) const noexcept { return held_value(a); }

    [[nodiscard]] Observer& observer() noexcept { return observer_; }

    /// A derived score before its own bounds, from the readings of the last evaluation.
    [[nodiscard]] wide raw_derived(std::uint32_t s) const {
        return derived_value(p_, s, readings_);
    }

  private:
    [[nodiscard]] const compiled_decay& decay_of(std::size_t column) const noexcept {
        return fading_.decay_of(column);
    }

    // ---- between stops

    using worth = fading_sums::worth;

    /// Sets `steady_` to the sums of awards that do not change before the next stop.
    void begin_fading() {
        if (!is_evaluated_) evaluate();
        steady_ = sums_;
        for (std::size_t i = 0; i < s_->groups.size(); ++i)
            if (!s_->groups[i].empty() && fading_sums::varies(decay_of(i)))
                steady_[b_.fading[i].slot] -= s_->groups[i].kept;
        low_ = readings_;
        high_ = readings_;
    }
    void sum_worth(std::int64_t t, worth& out) { step(64 + fading_.sum_worth(*s_, t, out)); }
    /// Sets `low_` and `high_` to bounds of all scores in [from, to]. If the two are one instant,
    /// the bounds are the scores.
    void bound(const worth& from, const worth& to) {
        for (std::size_t k = 0; k < sums_.size(); ++k) {
            lowest_[k] = steady_[k] + to.falling[k] + from.rising[k];
            highest_[k] = steady_[k] + from.falling[k] + to.rising[k];
        }
        for (std::uint32_t s = 0; s < p_.base_scores; ++s) {
            low_[s] = read_sums(s, lowest_, low_[s].excluded_by);
            high_[s] = read_sums(s, highest_, high_[s].excluded_by);
        }
        for (const auto s : p_.evaluation_order) bound_derived(p_, s, low_, high_);
    }

    // ---- the history

    [[nodiscard]] std::int64_t next_event() const noexcept {
        std::int64_t t = end_of_time;
        if (s_->next_touchpoint < touchpoints_.size())
            t = ticks(touchpoints_.at[s_->next_touchpoint]);
        if (s_->next_fact < facts_.size()) t = std::min(t, ticks(facts_[s_->next_fact].at));
        if (s_->next_stage < stages_.size()) t = std::min(t, ticks(stages_[s_->next_stage].at));
        return t;
    }

    /// Takes touchpoints without applying rules: every rule is additive.
    void skip_touchpoints(std::int64_t to) noexcept {
        const auto& at = touchpoints_.at;
        while (s_->next_touchpoint < at.size() && ticks(at[s_->next_touchpoint]) <= to)
            ++s_->next_touchpoint;
    }

    // ---- events: see cursor_events.hpp

    void take_event();
    void take_touchpoints(std::int64_t to);
    void begin_history();
    void take_fact() { take_fact(facts_[s_->next_fact++]); }
    void take_fact(const attribute_entry& f);
    void take_stage();
    void take_touchpoint() { take_touchpoint(s_->next_touchpoint++); }
    void take_touchpoint(std::size_t i);
    void take_action(const action& a, stored_value amount, candidate& c);
    [[nodiscard]] bool is_match(const action& a, stored_value amount) const noexcept;
    void take_match(const action& a, std::uint32_t kind, stored_value amount);
    void take_step(const action& a, stored_value amount, const candidate& c);
    void take_return(const action& a, stored_value amount, const candidate& c);
    void end_silence(std::uint32_t rule);
    std::int64_t next_deadline() noexcept;
    void pass_deadline();
    void do_reset(std::uint32_t reset);
    void consider(const candidate& c);

    // ---- conditions and scores

    [[nodiscard]] const value& held_value(std::uint32_t attribute) const noexcept {
        static const value missing;
        const auto name = b_.name_of_attribute[attribute];
        return name == none32 ? missing
                              : b_.words.attribute_values[name][s_->attributes[attribute]];
    }

    [[nodiscard]] bool holds(std::uint32_t node) const {
        if (node == 0) return true;
        const auto& n = p_.nodes[node];
        if (n.is == condition::kind::test) return test_outcome(n.test);
        return condition_holds(p_, node, [&](std::uint32_t i) { return test_outcome(i); });
    }

    /// The first of the exclusions in `excluding_` that concerns a score.
    [[nodiscard]] std::uint32_t excluded_by(std::uint32_t score) const {
        for (const auto i : excluding_)
            if (p_.exclusions[i].has(score)) return i;
        return none32;
    }

    [[nodiscard]] reading read(std::uint32_t s) {
        for (const auto r : b_.asked_rules[s]) sums_[p_.rules[r].slot] += state_points(r);
        return read_sums(s, sums_, excluded_by(s));
    }
    /// A base score from the sums of its slots.
    [[nodiscard]] reading read_sums(std::uint32_t s, const std::vector<wide>& sums,
                                    std::uint32_t excluded) const {
        const auto& score = p_.scores[s];
        reading out;
        out.excluded_by = excluded;
        wide sum = 0;
        if (score.running) {
            sum = s_->running[s] + sums[score.first_slot];
        } else {
            for (std::uint32_t k = score.first_slot; k < score.first_slot + score.slot_count; ++k)
                sum += clamp_wide(sums[k], p_.slots[k].min, p_.slots[k].max);
        }
        out.value =
            decimal::from_micros(clamp_wide(sum, score.min, score.max), &out.saturated).micros();
        return out;
    }

    [[nodiscard]] reading read_derived(std::uint32_t s, std::uint32_t excluded) {
        const auto& score = p_.scores[s];
        reading out;
        out.excluded_by = excluded;
        for (const auto& [input, weight] : score.terms) {
            if (out.excluded_by == none32) out.excluded_by = readings_[input].excluded_by;
            out.saturated = out.saturated || readings_[input].saturated;
        }
        const wide v = raw_derived(s);
        out.value =
            decimal::from_micros(clamp_wide(v, score.min, score.max), &out.saturated).micros();
        return out;
    }

    const bound_program& b_;
    const program& p_;
    Observer observer_;
    fading_sums fading_;
    award_limits limits_;

    // the lead's history, and the state of the walk
    const bound_program::action_table* actions_ = nullptr;
    bool sums_columns_ = false;
    touchpoint_span touchpoints_;
    std::span<const attribute_entry> facts_;
    std::span<const stage_record> stages_;
    std::span<const recorded_score> stage_scores_;
    std::span<const attribute_entry> stage_facts_;
    cursor_state own_;        // for walks that the caller does not store
    cursor_state* s_ = &own_; // of the current lead
    pulse* pulse_ = nullptr;

    // the last evaluation
    std::vector<wide> sums_;
    std::vector<reading> readings_;
    std::vector<std::uint32_t> excluding_; // the exclusions that hold
    bool is_evaluated_ = false;            // the readings are those of now

    // see `first_fade`
    std::vector<wide> steady_;
    std::vector<wide> lowest_; // by slot
    std::vector<wide> highest_;
    std::vector<worth> worths_;
    std::vector<reading> low_;
    std::vector<reading> high_;
};

} // namespace leadfunnel::inline v0::detail

#include <leadfunnel/score/detail/cursor_events.hpp>
