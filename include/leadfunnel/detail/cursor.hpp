// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The one walk over a lead's history from which every score comes. Not for users.
///
/// A cursor stands at an instant of one lead's history. `advance` moves it forward, taking events
/// and inactivity deadlines in history order; `evaluate` reads the scores where it stands. Awards
/// that keep their points are summed as they are granted; the others are kept and decayed when they
/// are read. An observer, if there is one, is told of every award and refusal: explanations are
/// made of the same walk as scores.

#include <leadfunnel/detail/binding.hpp>
#include <leadfunnel/detail/decayed_sum.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace leadfunnel::inline v0::detail {

enum class refusal : std::uint8_t { condition, freeze, cooldown, limit };

/// A candidate for an award.
struct candidate {
    std::uint32_t rule = 0;
    std::int64_t at = 0;
    std::int64_t points = 0;
    std::uint32_t touchpoint = none32; // of the lead, none for inactivity
    std::uint32_t kind = none32;
};

struct no_observer {
    static constexpr bool watches = false;
    void award(const candidate&, std::int64_t) {}
    void refuse(const candidate&, refusal, std::uint32_t) {}
    void reset(std::uint32_t, std::uint32_t) {}
    void end_idle(std::uint32_t) {}
};

/// A score where a cursor stands.
struct reading {
    std::int64_t value = 0;
    bool saturated = false;
    std::uint32_t excluded_by = none32; // into program::exclusions
};

template<class Observer = no_observer>
class cursor {
  public:
    explicit cursor(const binding& b, Observer observer = {})
        : b_(b), p_(b.p), observer_(std::move(observer)), attributes_(p_.source.attributes.size()),
          current_(p_.current_stages.size()), counters_(p_.counters.size()),
          entry_scores_(p_.entry_scores.size()), states_(p_.rules.size()),
          chains_(b.chain_registers), slots_(p_.slots.size()), running_(p_.base_scores),
          tallies_(p_.limits.size()), windows_(p_.rules.size()), sums_(p_.slots.size()),
          readings_(p_.scores.size()) {}

    /// Which awards the cursor walks. `scores_only` leaves those that need no walk to `evaluate`;
    /// then `next_instant` does not know of them, and no observer hears of them.
    enum class mode : std::uint8_t { everything, scores_only };

    /// Stands before the first event of a lead, its ground attributes known.
    void seek(const lead_view& lead, mode m) {
        actions_ = m == mode::everything ? &b_.all_actions : &b_.walked_actions;
        sums_columns_ = m == mode::scores_only;
        last_touchpoint_ = before_time;
        renew(lead);
        next_touchpoint_ = next_fact_ = next_stage_ = 0;
        now_ = before_time;
        first_event_ = end_of_time;
        deadline_ = end_of_time;
        last_deadline_ = before_time;
        if (remembers_) forget();
        while (next_fact_ < facts_.size() && facts_[next_fact_].at == always) take_fact();
    }

    /// The lead's history, to which events were added that come after all that was taken.
    void renew(const lead_view& lead) noexcept {
        touchpoints_ = lead.touchpoints;
        facts_ = lead.attributes;
        stages_ = lead.stages;
        stage_scores_ = lead.stage_scores;
        stage_facts_ = lead.stage_facts;
    }

    /// Takes everything up to and including an instant, not before where the cursor stands.
    void advance(std::int64_t to) {
        if (sums_columns_ && b_.walks_nothing) skip_touchpoints(to);
        for (;;) {
            const std::int64_t event = next_event();
            if (deadline_ < event && deadline_ <= to) {
                pass_deadline();
            } else if (event <= to && event != end_of_time) {
                now_ = event;
                take_event();
            } else {
                break;
            }
        }
        now_ = to;
    }

    [[nodiscard]] std::int64_t now() const noexcept { return now_; }
    [[nodiscard]] std::int64_t first_event() const noexcept { return first_event_; }
    /// The last instant at which an award for inactivity was due; `before_time` if none was.
    [[nodiscard]] std::int64_t last_deadline() const noexcept { return last_deadline_; }

    /// The next evaluation instant after where the cursor stands, decay grid left aside;
    /// `end_of_time` if there is none. O(rules + awards that decay).
    [[nodiscard]] std::int64_t next_instant() {
        std::int64_t next = std::min(next_event(), next_deadline());
        const auto consider = [&](std::int64_t t) {
            if (t > now_) next = std::min(next, t);
        };
        for (std::uint32_t i = 0; i < p_.rules.size(); ++i) {
            const auto& r = p_.rules[i];
            if (r.kind == rule_kind::frequency && r.window != 0) {
                windows_[i].expire(now_, r.window);
                if (!windows_[i].empty()) consider(windows_[i].front().at + r.window);
            } else if (r.kind == rule_kind::recency && states_[i].last_match != before_time) {
                for (const auto& bin : r.bins) consider(states_[i].last_match + bin.first);
            }
        }
        for (const auto& a : live_) {
            const auto d = p_.decays[a.decay].next_breakpoint(duration{now_ - a.at});
            if (d) consider(a.at + d->count());
        }
        for (const auto t : p_.age_tests)
            if (const auto* held = std::get_if<instant>(&held_value(p_.tests[t].name)))
                each_change_of_age(p_.tests[t], held->time_since_epoch().count(), consider);
        return next;
    }

    /// Whether some award's factor is changing between breakpoints.
    [[nodiscard]] bool is_decaying() const noexcept {
        return std::any_of(live_.begin(), live_.end(),
                           [&](const live_award& a) { return p_.decays[a.decay].is_continuous(); });
    }

    /// All scores where the cursor stands. Valid until the cursor moves. O(rules + decaying
    /// awards). `column_sums`, if given, are those of the binding's additive awards, computed
    /// elsewhere.
    const std::vector<reading>& evaluate(std::span<const std::int64_t> column_sums = {}) {
        std::copy(slots_.begin(), slots_.end(), sums_.begin());
        for (std::size_t i = 0; i < live_.size();) {
            const auto& a = live_[i];
            const auto& d = p_.decays[a.decay];
            const factor f = d.at(duration{now_ - a.at});
            if (f == 0 && !d.next_breakpoint(duration{now_ - a.at})) { // gone for good
                live_[i] = live_.back();
                live_.pop_back();
                continue;
            }
            sums_[a.slot] += scaled(a.points, f);
            ++i;
        }
        if (!column_sums.empty()) {
            for (std::size_t c = 0; c < column_sums.size(); ++c)
                sums_[b_.additive[c].slot] += column_sums[c];
        } else if (sums_columns_) {
            for (const auto& c : b_.additive)
                sums_[c.slot] += kept_sum(p_.decays[c.decay],
                                          {touchpoints_.at.first(next_touchpoint_),
                                           touchpoints_.kind.first(next_touchpoint_), c.points},
                                          now_);
        }
        for (std::uint32_t s = 0; s < p_.base_scores; ++s) readings_[s] = read(s);
        for (const auto s : p_.evaluation_order) readings_[s] = read_derived(s, excluded_by(s));
        return readings_;
    }

    /// All scores from those of base scores, computed elsewhere. Of derived scores only
    /// `excluded_by` is given. Valid until the next call.
    const std::vector<reading>& derive(std::span<const reading> given) {
        std::copy(given.begin(), given.end(), readings_.begin());
        for (const auto s : p_.evaluation_order)
            readings_[s] = read_derived(s, readings_[s].excluded_by);
        return readings_;
    }

    /// Scores at an instant before the next evaluation instant (decay grid left aside), without
    /// going there.
    const std::vector<reading>& peek(std::int64_t t) {
        const std::int64_t now = now_;
        now_ = t;
        evaluate();
        now_ = now;
        return readings_;
    }

    /// Whether everything in decay is positive and sinks: then no sum of awards rises until the
    /// next evaluation instant. (Factors of half-lives and linear decays never rise with age, to
    /// the bit.)
    [[nodiscard]] bool only_sinks() const noexcept {
        return std::all_of(live_.begin(), live_.end(), [&](const live_award& a) {
            const auto& d = p_.decays[a.decay];
            return !d.is_continuous() || (a.points >= 0 && d.kind() != compiled_decay::shape::ramp);
        });
    }

    /// Calls `f` for each award that may decay or end: `rule`, `slot`, `decay`, `at` and `points`.
    template<class F>
    void each_award(const F& f) const {
        for (const auto& a : live_) f(a);
    }
    /// The sum of a score's groups, of the last evaluation. (Of one that is neither derived nor
    /// running.)
    [[nodiscard]] wide sum(std::uint32_t s) const noexcept {
        const auto& score = p_.scores[s];
        wide sum = 0;
        for (std::uint32_t k = score.first_slot; k < score.first_slot + score.slot_count; ++k)
            sum += clamp(sums_[k], p_.slots[k].min, p_.slots[k].max);
        return sum;
    }
    [[nodiscard]] const program& model() const noexcept { return p_; }

    /// What a state rule contributes where the cursor stands.
    [[nodiscard]] std::int64_t state_points(std::uint32_t i) {
        const auto& r = p_.rules[i];
        if (!holds(r.when)) return 0;
        switch (r.kind) {
        case rule_kind::attribute:
            return r.points;
        case rule_kind::frequency: {
            auto& w = windows_[i];
            if (r.window != 0) w.expire(now_, r.window);
            return w.measured(r.measure) >= r.at_least ? r.points : 0;
        }
        case rule_kind::recency: {
            const std::int64_t last = states_[i].last_match;
            if (last == before_time) return r.if_never;
            for (const auto& [within, points] : r.bins)
                if (now_ - last < within) return points;
            return r.otherwise;
        }
        default:
            return 0;
        }
    }

    [[nodiscard]] std::uint32_t excluded_by(std::uint32_t score) const {
        for (std::uint32_t i = 0; i < p_.exclusions.size(); ++i)
            if (p_.exclusions[i].scores[score] && holds(p_.exclusions[i].when)) return i;
        return none32;
    }

    /// The outcome of a test where the cursor stands.
    [[nodiscard]] bool test_outcome(std::uint32_t i) const {
        const auto& l = b_.lookups[i];
        if (l.how == test_lookup::by::attribute) return l.outcomes[attributes_[l.name]] != 0;
        if (l.how == test_lookup::by::stage) return l.outcomes[current_[l.name]] != 0;
        const auto& t = p_.tests[i];
        switch (t.source.of) {
        case subject::attribute:
            return age_holds(t, held_value(t.name), now_);
        case subject::times_entered:
            return test_holds(t, static_cast<double>(counters_[t.name]));
        case subject::score_at_entry: {
            const auto& e = entry_scores_[t.name];
            return test_holds(t, e.recorded ? value{static_cast<double>(e.micros)} : value{});
        }
        default: // of patterns, by kind; of guards, by the engine
            break;
        }
        return false;
    }

    /// Whether a condition on the lead holds where the cursor stands.
    [[nodiscard]] bool condition(std::uint32_t node) const { return holds(node); }
    /// An attribute of the model's: its value's number, and the value.
    [[nodiscard]] std::uint32_t attribute(std::uint32_t a) const noexcept { return attributes_[a]; }
    [[nodiscard]] const value& held(std::uint32_t a) const noexcept { return held_value(a); }

    [[nodiscard]] Observer& observer() noexcept { return observer_; }

    [[nodiscard]] static wide clamp(wide v, std::int64_t lo, std::int64_t hi) noexcept {
        if (lo != before_time && v < lo) return lo;
        if (hi != end_of_time && v > hi) return hi;
        return v;
    }

    /// A derived score before its own bounds, from the readings of the last evaluation.
    [[nodiscard]] wide raw_derived(std::uint32_t s) const {
        const auto& score = p_.scores[s];
        return std::visit([&](const auto& f) { return formula_value(f, score); },
                          p_.source.derived[score.model_index].from);
    }

    /// One term of a derived score: its input's value as the formula sees it.
    [[nodiscard]] static wide term(decimal weight, std::int64_t v) noexcept {
        return multiply_micros(weight, decimal::from_micros(v));
    }

  private:
    struct rule_state {
        std::int64_t last_award = before_time;
        std::int64_t last_match = before_time;
        std::int64_t deadline = end_of_time;
        std::int64_t repeats = 0;
    };
    struct entry_score {
        std::int64_t micros = 0;
        bool recorded = false;
    };
    struct live_award {
        std::int64_t at = 0;
        std::int64_t points = 0;
        std::uint32_t slot = 0;
        std::uint32_t decay = 0;
        std::uint32_t rule = 0;
    };
    struct grant {
        std::int64_t at = 0;
        std::int64_t points = 0;
    };
    /// What a limit has counted.
    struct tally {
        std::int64_t count = 0;
        wide points = 0;
        std::int64_t period = 0;
        std::vector<grant> grants; // rolling
        std::size_t head = 0;
        bool used = false;

        void clear() noexcept {
            used = false;
            count = 0;
            points = 0;
            period = 0;
            grants.clear();
            head = 0;
        }
        void forget_until(std::int64_t t) noexcept {
            for (; head < grants.size() && grants[head].at <= t; ++head) {
                --count;
                points -= grants[head].points;
            }
        }
    };
    struct match {
        std::int64_t at = 0;
        stored_value amount = no_value;
        std::uint32_t distinct = 0;
    };
    /// What a frequency rule has counted, in its window or over all time.
    class window {
      public:
        [[nodiscard]] bool unused() const noexcept { return count_ == 0 && matches_.empty(); }
        void clear() noexcept {
            matches_.clear();
            head_ = 0;
            count_ = 0;
            sum_ = 0;
            distinct_.clear();
        }
        void add(const match& m, bool forgets) {
            if (forgets) matches_.push_back(m);
            ++count_;
            if (m.amount != no_value) sum_ += m.amount;
            if (m.distinct != 0) ++distinct_[m.distinct];
        }
        void expire(std::int64_t now, std::int64_t length) {
            for (; head_ < matches_.size() && matches_[head_].at <= now - length; ++head_) {
                const auto& m = matches_[head_];
                --count_;
                if (m.amount != no_value) sum_ -= m.amount;
                if (m.distinct == 0) continue;
                const auto it = distinct_.find(m.distinct);
                if (--it->second == 0) distinct_.erase(it);
            }
        }
        [[nodiscard]] bool empty() const noexcept { return head_ == matches_.size(); }
        [[nodiscard]] const match& front() const noexcept { return matches_[head_]; }
        [[nodiscard]] wide measured(frequency_measure m) const noexcept {
            switch (m) {
            case frequency_measure::count:
                return wide{count_} * decimal::unit;
            case frequency_measure::sum:
                return sum_;
            case frequency_measure::distinct:
                return static_cast<wide>(distinct_.size()) * decimal::unit;
            }
            return 0;
        }

      private:
        std::vector<match> matches_;
        std::size_t head_ = 0;
        std::int64_t count_ = 0;
        wide sum_ = 0;
        boost::unordered_flat_map<std::uint32_t, std::uint32_t> distinct_;
    };

    [[nodiscard]] static std::int64_t ticks(instant t) noexcept {
        return t.time_since_epoch().count();
    }

    [[nodiscard]] std::int64_t next_event() const noexcept {
        std::int64_t t = end_of_time;
        if (next_touchpoint_ < touchpoints_.size()) t = ticks(touchpoints_.at[next_touchpoint_]);
        if (next_fact_ < facts_.size()) t = std::min(t, ticks(facts_[next_fact_].at));
        if (next_stage_ < stages_.size()) t = std::min(t, ticks(stages_[next_stage_].at));
        return t;
    }

    /// Clears what the last lead has left.
    void forget() {
        std::fill(attributes_.begin(), attributes_.end(), 0U);
        std::fill(current_.begin(), current_.end(), 0U);
        std::fill(counters_.begin(), counters_.end(), std::int64_t{0});
        std::fill(entry_scores_.begin(), entry_scores_.end(), entry_score{});
        std::fill(states_.begin(), states_.end(), rule_state{});
        std::fill(chains_.begin(), chains_.end(), before_time);
        std::fill(slots_.begin(), slots_.end(), wide{0});
        for (std::size_t s = 0; s < running_.size(); ++s)
            running_[s] = clamp(0, p_.scores[s].min, p_.scores[s].max);
        live_.clear();
        for (const auto t : dirty_tallies_) tallies_[t].clear();
        dirty_tallies_.clear();
        if (!distinct_tallies_.empty()) distinct_tallies_.clear();
        for (const auto w : dirty_windows_) windows_[w].clear();
        dirty_windows_.clear();
        remembers_ = false;
    }

    /// Where no rule walks, touchpoints need not be taken one by one.
    void skip_touchpoints(std::int64_t to) noexcept {
        const auto& at = touchpoints_.at;
        while (next_touchpoint_ < at.size() && ticks(at[next_touchpoint_]) <= to)
            ++next_touchpoint_;
    }

    // Attributes, then touchpoints, then stage entries of one instant.
    void take_event() {
        remembers_ = true;
        if (first_event_ == end_of_time) begin_history();
        if (next_fact_ < facts_.size() && ticks(facts_[next_fact_].at) == now_)
            take_fact();
        else if (next_touchpoint_ < touchpoints_.size() &&
                 ticks(touchpoints_.at[next_touchpoint_]) == now_)
            take_touchpoint();
        else
            take_stage();
    }

    void begin_history() {
        first_event_ = now_;
        for (const auto r : b_.inactivity_rules) {
            states_[r].deadline = now_ + p_.rules[r].after;
            deadline_ = std::min(deadline_, states_[r].deadline);
        }
    }

    void take_fact() { take_fact(facts_[next_fact_++]); }
    void take_fact(const attribute_entry& f) {
        if (f.name == no_name) return;
        const auto a = b_.attribute_of_name[f.name];
        if (a == none32) return;
        attributes_[a] = f.value;
        remembers_ = true;
    }

    void take_stage() {
        const auto& entry = stages_[next_stage_++];
        const auto& e = b_.stage_effects[entry.kind];
        for (const auto r : e.resets) do_reset(r);
        if (e.current != none32) current_[e.current] = entry.kind + 1;
        for (const auto c : e.counters) ++counters_[c];
        for (const auto s : e.entry_scores) {
            entry_scores_[s] = {};
            for (const auto& r : stage_scores_.subspan(entry.first_score, entry.score_count))
                if (r.score == b_.entry_score_words[s]) entry_scores_[s] = {r.micros, true};
        }
        for (const auto& f : stage_facts_.subspan(entry.first_fact, entry.fact_count)) take_fact(f);
    }

    void take_touchpoint() {
        const std::size_t i = next_touchpoint_++;
        const std::uint32_t kind = touchpoints_.kind[i];
        const stored_value amount = touchpoints_.value.empty() ? no_value : touchpoints_.value[i];
        candidate c{.at = now_, .touchpoint = static_cast<std::uint32_t>(i), .kind = kind};
        for (const action& a : actions_->of(kind)) {
            if (a.what == action::code::reset) {
                if (!a.bounded || b_.in_bounds(p_.resets[a.target].on, amount)) do_reset(a.target);
                continue;
            }
            const auto& terms = b_.terms[a.target];
            auto& state = states_[a.target];
            c.rule = a.target;
            c.points = terms.points;
            switch (a.what) {
            case action::code::frequency:
                take_match(a, kind, amount);
                break;
            case action::code::recency:
                if (is_meant(a, amount)) state.last_match = now_;
                break;
            case action::code::occurrence:
                if (!is_meant(a, amount)) break;
                if (terms.by_value) {
                    if (amount == no_value) break;
                    const auto& r = p_.rules[a.target];
                    const wide raw = term(r.per_value, amount);
                    c.points =
                        decimal::from_micros(clamp(raw, r.min_points, r.max_points)).micros();
                }
                consider(c);
                break;
            case action::code::inactivity:
                if (is_meant(a, amount)) end_silence(a.target);
                break;
            case action::code::returning:
            case action::code::silence: {
                const auto& r = p_.rules[a.target];
                const std::int64_t last = a.any_scope ? last_touchpoint_ : state.last_match;
                if (a.what == action::code::returning && last != before_time &&
                    now_ - last >= r.after && is_meant(a, amount))
                    consider(c);
                if (a.in_scope && (!a.bounded || b_.in_bounds(r.scope, amount)))
                    state.last_match = now_;
                break;
            }
            case action::code::sequence:
                step(a, amount, c);
                break;
            case action::code::reset:
                break;
            }
        }
        last_touchpoint_ = now_;
    }

    /// Whether a touchpoint whose kind matches a rule's `on` matches by its value, too.
    [[nodiscard]] bool is_meant(const action& a, stored_value amount) const noexcept {
        return !a.bounded || b_.in_bounds(p_.rules[a.target].on, amount);
    }

    void take_match(const action& a, std::uint32_t kind, stored_value amount) {
        if (!is_meant(a, amount)) return;
        const auto& r = p_.rules[a.target];
        auto& w = windows_[a.target];
        if (w.unused()) dirty_windows_.push_back(a.target);
        w.add({now_, amount, r.distinct == none32 ? 0 : b_.distinct_id(kind, r.distinct)},
              r.window != 0);
    }

    /// Chains: register k holds the latest start from which steps 0 … k have been taken. Whether a
    /// chain completes depends on the latest start alone, and a completed chain clears them all.
    /// Under `strict` a touchpoint in scope breaks every chain that it does not itself carry on.
    void step(const action& a, stored_value amount, const candidate& c) {
        const auto& r = p_.rules[a.target];
        std::int64_t* start = chains_.data() + b_.first_chain_register[a.target];
        const std::size_t last = r.steps.size() - 1;
        const bool breaks = a.in_scope && (!a.bounded || b_.in_bounds(r.scope, amount));
        for (std::size_t k = last + 1; k-- > 0;) {
            std::int64_t from = before_time;
            if (((a.steps >> k) & 1U) != 0 && (!a.bounded || b_.in_bounds(r.steps[k], amount)))
                from = k == 0 ? now_ : start[k - 1];
            if (from != before_time && now_ - from >= r.within) from = before_time;
            if (k < last) {
                start[k] = breaks ? from : std::max(start[k], from);
            } else if (from != before_time) {
                std::fill(start, start + last, before_time);
                consider(c);
                return;
            }
        }
    }

    void end_silence(std::uint32_t rule) {
        auto& state = states_[rule];
        const auto& r = p_.rules[rule];
        if (r.while_idle && state.repeats > 0) {
            std::erase_if(live_, [&](const live_award& a) { return a.rule == rule; });
            observer_.end_idle(rule);
        }
        state.repeats = 0;
        state.deadline = now_ + r.after;
        deadline_ = std::min(deadline_, state.deadline);
    }

    std::int64_t next_deadline() noexcept {
        deadline_ = end_of_time;
        for (const auto r : b_.inactivity_rules)
            deadline_ = std::min(deadline_, states_[r].deadline);
        return deadline_;
    }

    void pass_deadline() {
        // The cached bound may be low: rules' deadlines move away when something matches.
        const std::int64_t bound = deadline_;
        if (next_deadline() != bound) return;
        now_ = bound;
        last_deadline_ = bound;
        for (const auto i : b_.inactivity_rules) {
            auto& state = states_[i];
            if (state.deadline != now_) continue;
            const auto& r = p_.rules[i];
            ++state.repeats;
            state.deadline = state.repeats < r.times ? now_ + r.every : end_of_time;
            consider({.rule = i, .at = now_, .points = r.points});
        }
        next_deadline();
    }

    void do_reset(std::uint32_t reset) {
        for (const auto s : p_.resets[reset].scores) {
            const auto& score = p_.scores[s];
            for (std::uint32_t k = 0; k < score.slot_count; ++k) slots_[score.first_slot + k] = 0;
            running_[s] = clamp(0, score.min, score.max);
            std::erase_if(live_, [&](const live_award& a) {
                return p_.rules[a.rule].score == s && !p_.rules[a.rule].while_idle;
            });
            observer_.reset(reset, s);
        }
    }

    void consider(const candidate& c) {
        const auto& r = b_.terms[c.rule];
        if (!holds(r.when)) return observer_.refuse(c, refusal::condition, none32);
        for (std::uint32_t f = 0; f < p_.freezes.size(); ++f)
            if (p_.freezes[f].scores[r.score] && holds(p_.freezes[f].when))
                return observer_.refuse(c, refusal::freeze, f);
        if (r.cooldown != 0) {
            auto& last = states_[c.rule].last_award;
            if (last != before_time && last > c.at - r.cooldown)
                return observer_.refuse(c, refusal::cooldown, none32);
        }
        if (r.limit_count != 0) {
            for (std::uint32_t l = r.first_limit; l < r.first_limit + r.limit_count; ++l)
                if (!has_room(l, c)) return observer_.refuse(c, refusal::limit, none32);
            for (std::uint32_t l = r.first_limit; l < r.first_limit + r.limit_count; ++l)
                count(l, c);
        }
        states_[c.rule].last_award = c.at;
        std::int64_t effect = c.points;
        if (r.running && !r.while_idle) {
            const auto& s = p_.scores[r.score];
            const wide before = running_[r.score];
            running_[r.score] = clamp(before + c.points, s.min, s.max);
            effect = static_cast<std::int64_t>(running_[r.score] - before);
        } else if (r.decay == 0 && !r.while_idle) {
            slots_[r.slot] += c.points;
        } else {
            live_.push_back({c.at, c.points, r.slot, r.decay, c.rule});
        }
        observer_.award(c, effect);
    }

    [[nodiscard]] tally& tally_of(std::uint32_t limit, const candidate& c) {
        const auto& l = p_.limits[limit];
        if (l.distinct == none32) {
            tally& t = tallies_[limit];
            if (!t.used) dirty_tallies_.push_back(limit);
            t.used = true;
            return t;
        }
        const std::uint64_t key = (std::uint64_t{limit} << 32) |
                                  (c.kind == none32 ? 0 : b_.distinct_id(c.kind, l.distinct));
        return distinct_tallies_[key];
    }

    [[nodiscard]] bool has_room(std::uint32_t limit, const candidate& c) {
        const auto& l = p_.limits[limit];
        tally& t = tally_of(limit, c);
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

    void count(std::uint32_t limit, const candidate& c) {
        const auto& l = p_.limits[limit];
        tally& t = tally_of(limit, c);
        const std::int64_t p = c.points < 0 ? -c.points : c.points;
        ++t.count;
        t.points += p;
        if (l.per == compiled_limit::period::rolling) t.grants.push_back({c.at, p});
    }

    [[nodiscard]] std::int64_t period_at(std::int64_t t, calendar_unit unit) {
        const instant at{duration{t}};
        if (at < zone_span_.begin || at >= zone_span_.end) zone_span_ = p_.zone.span_at(at);
        return period_of(local_instant{duration{t} + zone_span_.offset}, unit);
    }

    [[nodiscard]] const value& held_value(std::uint32_t attribute) const noexcept {
        static const value missing;
        const auto name = b_.name_of_attribute[attribute];
        return name == none32 ? missing : b_.words.attribute_values[name][attributes_[attribute]];
    }

    [[nodiscard]] bool holds(std::uint32_t node) const {
        if (node == 0) return true;
        const auto& n = p_.nodes[node];
        if (n.is == condition::kind::test) return test_outcome(n.test);
        return condition_holds(p_, node, [&](std::uint32_t i) { return test_outcome(i); });
    }

    [[nodiscard]] reading read(std::uint32_t s) {
        const auto& score = p_.scores[s];
        reading out;
        out.excluded_by = excluded_by(s);
        wide sum = 0;
        for (const auto r : score.state_rules) sums_[p_.rules[r].slot] += state_points(r);
        if (score.running) {
            sum = running_[s] + sums_[score.first_slot];
        } else {
            for (std::uint32_t k = score.first_slot; k < score.first_slot + score.slot_count; ++k)
                sum += clamp(sums_[k], p_.slots[k].min, p_.slots[k].max);
        }
        out.value = decimal::from_micros(clamp(sum, score.min, score.max), &out.saturated).micros();
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
        out.value = decimal::from_micros(clamp(v, score.min, score.max), &out.saturated).micros();
        return out;
    }

    [[nodiscard]] std::int64_t input(const compiled_score& s, std::size_t i) const noexcept {
        return readings_[s.terms[i].first].value;
    }
    [[nodiscard]] wide formula_value(const weighted_sum& f, const compiled_score& s) const {
        wide sum = f.plus.micros();
        for (std::size_t i = 0; i < s.terms.size(); ++i)
            sum += term(s.terms[i].second, input(s, i));
        return sum;
    }
    [[nodiscard]] wide formula_value(const minimum_of&, const compiled_score& s) const {
        std::int64_t v = input(s, 0);
        for (std::size_t i = 1; i < s.terms.size(); ++i) v = std::min(v, input(s, i));
        return v;
    }
    [[nodiscard]] wide formula_value(const maximum_of&, const compiled_score& s) const {
        std::int64_t v = input(s, 0);
        for (std::size_t i = 1; i < s.terms.size(); ++i) v = std::max(v, input(s, i));
        return v;
    }
    [[nodiscard]] wide formula_value(const logistic& f, const compiled_score& s) const {
        constexpr wide log2_e = 6'196'328'019; // log2(e) · 2^32
        const wide off = static_cast<wide>(input(s, 0)) - f.midpoint.micros();
        const wide y = divide_rounded((off < 0 ? -off : off) * log2_e, f.spread.micros());
        constexpr wide most = wide{33} << 32;
        const factor e = exp2_negative(static_cast<std::uint64_t>(y < most ? y : most));
        const wide whole = wide{whole_factor} + e;
        return divide_rounded(wide{f.top.micros()} * (off >= 0 ? whole_factor : e), whole);
    }
    [[nodiscard]] wide formula_value(const lookup& f, const compiled_score& s) const {
        const std::int64_t v = input(s, 0);
        std::int64_t out = f.below.micros();
        for (const auto& step : f.steps)
            if (v >= step.at_least.micros()) out = step.points.micros();
        return out;
    }

    const binding& b_;
    const program& p_;
    Observer observer_;

    // the lead's history and where the cursor stands in it
    const binding::action_table* actions_ = nullptr;
    bool sums_columns_ = false;
    std::int64_t last_touchpoint_ = before_time;
    touchpoint_span touchpoints_;
    std::span<const attribute_entry> facts_;
    std::span<const stage_record> stages_;
    std::span<const recorded_score> stage_scores_;
    std::span<const attribute_entry> stage_facts_;
    std::size_t next_touchpoint_ = 0;
    std::size_t next_fact_ = 0;
    std::size_t next_stage_ = 0;
    bool remembers_ = true; // something to forget before the next lead
    std::int64_t now_ = before_time;
    std::int64_t first_event_ = end_of_time;

    // what holds of the lead
    std::vector<std::uint32_t> attributes_; // value by model attribute; 0 is null
    std::vector<std::uint32_t> current_;    // stage kind + 1 by program::current_stages; 0 is none
    std::vector<std::int64_t> counters_;
    std::vector<entry_score> entry_scores_;

    // what rules remember
    std::vector<rule_state> states_;
    std::vector<std::int64_t> chains_;
    std::int64_t deadline_ = end_of_time; // not after any rule's
    std::int64_t last_deadline_ = before_time;
    std::vector<wide> slots_;      // awards that keep their points
    std::vector<wide> running_;    // folds of running scores
    std::vector<live_award> live_; // awards that decay, or end
    std::vector<tally> tallies_;   // by limit
    std::vector<std::uint32_t> dirty_tallies_;
    boost::unordered_flat_map<std::uint64_t, tally> distinct_tallies_;
    std::vector<window> windows_; // by rule
    std::vector<std::uint32_t> dirty_windows_;
    time_zone::span zone_span_{instant::max(), instant::min(), duration{0}};

    // of the last evaluation
    std::vector<wide> sums_;
    std::vector<reading> readings_;
};

} // namespace leadfunnel::inline v0::detail
