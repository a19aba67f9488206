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
#include <leadfunnel/detail/walk_state.hpp>

#include <algorithm>
#include <array>
#include <cmath>
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

/// What a logistic makes of its input, before bounds. Never falls with the input, to the bit,
/// unless `top` is negative: then it never rises.
[[nodiscard]] inline wide logistic_of(const logistic& f, std::int64_t input) {
    constexpr wide log2_e = 6'196'328'019; // log2(e) · 2^32
    const wide off = static_cast<wide>(input) - f.midpoint.micros();
    const wide y = divide_rounded((off < 0 ? -off : off) * log2_e, f.spread.micros());
    constexpr wide most = wide{33} << 32;
    const factor e = exp2_negative(static_cast<std::uint64_t>(y < most ? y : most));
    const wide whole = wide{whole_factor} + e;
    return divide_rounded(wide{f.top.micros()} * (off >= 0 ? whole_factor : e), whole);
}
[[nodiscard]] inline wide lookup_of(const lookup& f, std::int64_t input) {
    std::int64_t out = f.below.micros();
    for (const auto& step : f.steps)
        if (input >= step.at_least.micros()) out = step.points.micros();
    return out;
}

template<class Observer = no_observer>
class cursor {
  public:
    explicit cursor(const binding& b, Observer observer = {})
        : b_(b), p_(b.p), observer_(std::move(observer)), own_(b), sums_(p_.slots.size()),
          readings_(p_.scores.size()) {
        for (const auto& c : b_.fading) decays_.push_back(&p_.decays[c.decay]);
    }
    cursor(const cursor&) = delete;
    cursor& operator=(const cursor&) = delete;

    /// Which awards the cursor walks. `scores_only` leaves those that need no walk to `evaluate`;
    /// then `next_instant` does not know of them, and no observer hears of them.
    enum class mode : std::uint8_t { everything, scores_only };

    /// Stands before the first event of a lead, its ground attributes known.
    void seek(const lead_view& lead, mode m) { seek(lead, m, own_); }
    /// The same; what the walk remembers is kept in `in`, which must stay until the cursor goes to
    /// another lead.
    void seek(const lead_view& lead, mode m, walk_state& in) {
        actions_ = m == mode::everything ? &b_.all_actions : &b_.walked_actions;
        sums_columns_ = m == mode::scores_only;
        s_ = &in;
        renew(lead);
        s_->begin(b_);
        while (s_->next_fact < facts_.size() && facts_[s_->next_fact].at == always) take_fact();
    }
    /// Goes on with a walk of everything where it was left.
    void resume(const lead_view& lead, walk_state& at) noexcept {
        actions_ = &b_.all_actions;
        sums_columns_ = false;
        s_ = &at;
        renew(lead);
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
    [[nodiscard]] const walk_state& state() const noexcept { return *s_; }
    [[nodiscard]] std::int64_t first_event() const noexcept { return s_->first_event; }
    /// Since when the lead has been with its owner; `end_of_time` if it has none. O(1).
    [[nodiscard]] std::int64_t owned_since() const noexcept {
        return s_->owned_since == before_time ? s_->first_event : s_->owned_since;
    }
    /// When a touchpoint last matched one of `program::timed_patterns`; if none has, the first
    /// event. O(1).
    [[nodiscard]] std::int64_t last_timed(std::uint32_t n) const noexcept {
        return s_->last_timed[n] == before_time ? s_->first_event : s_->last_timed[n];
    }
    /// The last instant at which an award for inactivity was due; `before_time` if none was.
    [[nodiscard]] std::int64_t last_deadline() const noexcept { return s_->last_deadline; }

    /// The next evaluation instant after where the cursor stands, decay grid left aside;
    /// `end_of_time` if there is none. O(rules + awards that decay by steps).
    [[nodiscard]] std::int64_t next_instant() { return std::min(next_jump(), next_end()); }

    /// The same, but for `next_end`.
    [[nodiscard]] std::int64_t next_jump() {
        std::int64_t next = std::min(next_event(), next_deadline());
        const auto consider = [&](std::int64_t t) {
            if (t > s_->now) next = std::min(next, t);
        };
        for (const auto i : b_.fading_rules) {
            const auto& r = p_.rules[i];
            if (r.kind == rule_kind::frequency) {
                auto& w = s_->windows[b_.window_of_rule[i]];
                if (w.empty()) continue;
                w.expire(s_->now, r.window);
                if (!w.empty() && !is_idle(w, r)) consider(w.front().at + r.window);
            } else if (const auto last = s_->registers[b_.registers[i].last_match];
                       last != before_time) {
                for (const auto& bin : r.bins) consider(last + bin.first);
            }
        }
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& g = s_->groups[i];
            const auto& d = decay_of(i);
            if (g.empty() || fades(d) || d.kind() == compiled_decay::shape::constant) continue;
            for (const auto& at : std::span{g.at(), g.size()})
                if (const auto age = d.next_breakpoint(duration{s_->now - ticks(at)}))
                    consider(ticks(at) + age->count());
        }
        for (const auto t : p_.age_tests)
            if (const auto* held = std::get_if<instant>(&held_value(p_.tests[t].name)))
                each_change_of_age(p_.tests[t], held->time_since_epoch().count(), consider);
        return next;
    }

    /// The next evaluation instant at which no score jumps, whatever it is for: awards that have
    /// fallen to nothing are gone, or touchpoints leave a window in which there were too few
    /// anyway. O(rules).
    [[nodiscard]] std::int64_t next_end() {
        std::int64_t next = next_award_end();
        for (const auto i : b_.fading_rules) {
            const auto& r = p_.rules[i];
            if (r.kind != rule_kind::frequency) continue;
            auto& w = s_->windows[b_.window_of_rule[i]];
            if (w.empty()) continue;
            w.expire(s_->now, r.window);
            if (!w.empty() && is_idle(w, r)) next = std::min(next, w.front().at + r.window);
        }
        return next;
    }
    /// When the next award that halves or falls in a line is gone for good.
    [[nodiscard]] std::int64_t next_award_end() const noexcept {
        std::int64_t next = end_of_time;
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& g = s_->groups[i];
            const auto& d = decay_of(i);
            if (g.empty() || !fades(d)) continue;
            for (const auto& at : std::span{g.at(), g.size()}) {
                const auto age = d.next_breakpoint(duration{s_->now - ticks(at)});
                if (!age) continue;
                next = std::min(next, ticks(at) + age->count());
                break; // the oldest ends first
            }
        }
        return next;
    }

    /// Whether some award's factor is changing between breakpoints.
    [[nodiscard]] bool is_decaying() const noexcept {
        for (std::size_t i = 0; i < s_->groups.size(); ++i)
            if (!s_->groups[i].empty() && decay_of(i).is_continuous()) return true;
        return false;
    }

    /// All scores where the cursor stands. Valid until the cursor moves. O(rules + decaying
    /// awards). `column_sums`, if given, are those of the binding's additive awards, computed
    /// elsewhere.
    const std::vector<reading>& evaluate(std::span<const std::int64_t> column_sums = {}) {
        std::copy(s_->slots.begin(), s_->slots.end(), sums_.begin());
        for (const auto& v : b_.by_value) sums_[v.slot] += v.points[s_->attributes[v.attribute]];
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            auto& g = s_->groups[i];
            if (g.empty()) continue;
            const auto& d = decay_of(i);
            while (!g.empty() && is_gone(d, s_->now - ticks(*g.at()))) g.drop(s_->now, d);
            if (g.empty()) continue;
            g.kept = sum_of(g, d);
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
        const std::int64_t now = s_->now;
        s_->now = t;
        evaluate();
        s_->now = now;
        return readings_;
    }

    /// Whether everything in decay is positive and sinks: then no sum of awards rises until the
    /// next evaluation instant. (Factors of half-lives and linear decays never rise with age, to
    /// the bit.)
    [[nodiscard]] bool only_sinks() const noexcept {
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& g = s_->groups[i];
            const auto& d = decay_of(i);
            if (!g.empty() && d.is_continuous() &&
                (!g.is_positive() || d.kind() == compiled_decay::shape::ramp))
                return false;
        }
        return true;
    }

    /// Whether a later instant is one of those of `next_end`.
    [[nodiscard]] bool ends_at(std::int64_t t) const noexcept {
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& g = s_->groups[i];
            const auto& d = decay_of(i);
            if (!g.empty() && fades(d) &&
                std::binary_search(g.at(), g.at() + g.size(), instant{duration{t - lifetime(d)}}))
                return true;
        }
        for (const auto i : b_.fading_rules) {
            const auto& r = p_.rules[i];
            if (r.kind == rule_kind::frequency &&
                s_->windows[b_.window_of_rule[i]].has_match_at(t - r.window))
                return true;
        }
        return false;
    }

    /// After an evaluation, where `only_sinks` and the score is at `value` or above: an instant up
    /// to which it stays there, unless something else than decay happens. Not the last such: a
    /// later one than `to` if that is easily seen.
    ///
    /// The sum of awards that halve is convex, and so is its logarithm: a tangent lies below it,
    /// and where the tangent crosses the value, the score has not yet come to it. Tangents there
    /// come closer. A cap that is reached only helps.
    [[nodiscard]] std::int64_t stays_until(std::uint32_t s, std::int64_t value,
                                           std::int64_t to) const noexcept {
        const auto& score = p_.scores[s];
        if (score.derived) return s_->now;
        if (score.min != before_time && value <= score.min) return end_of_time;
        bool falls = false;
        bool lines = false;
        double off = 2 + std::abs(static_cast<double>(value)) * 0x1p-50; // what rounding can do
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& g = s_->groups[i];
            const auto& d = decay_of(i);
            if (g.empty() || b_.fading[i].score != s || !d.is_continuous()) continue;
            falls = true;
            lines = lines || d.kind() == compiled_decay::shape::linear;
            off += static_cast<double>(g.size()) / 2 + g.gross() * 0x1p-29;
        }
        if (!falls) return end_of_time;
        const auto farthest = static_cast<double>(to) - static_cast<double>(s_->now);
        double ahead = 0;
        for (int step = 0; step < 6; ++step) {
            const std::int64_t t = s_->now + static_cast<std::int64_t>(ahead);
            double fixed = 0;
            double fading = 0;
            double speed = 0; // at which that falls, a microsecond
            for (std::uint32_t k = score.first_slot; k < score.first_slot + score.slot_count; ++k)
                add_slot(k, t, lines, fixed, fading, speed);
            const double needed = static_cast<double>(value) - fixed + off;
            if (needed <= 0) return end_of_time;
            if (fading <= needed) break;
            if (speed <= 0) return end_of_time;
            const double further =
                lines ? (fading - needed) / speed : std::log(fading / needed) * fading / speed;
            ahead += further;
            if (ahead > farthest) return end_of_time;
            if (further < static_cast<double>(p_.grid) / 4) break;
        }
        return s_->now + static_cast<std::int64_t>(ahead);
    }

    /// Calls `f(column, awards, decay)` for each column of awards that decay, or end, in use.
    template<class F>
    void each_fading(const F& f) const {
        for (std::size_t i = 0; i < s_->groups.size(); ++i)
            if (!s_->groups[i].empty()) f(b_.fading[i], s_->groups[i], decay_of(i));
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
    /// The same of one group, before its bounds.
    [[nodiscard]] wide raw_sum(std::uint32_t slot) const noexcept { return sums_[slot]; }
    [[nodiscard]] const program& model() const noexcept { return p_; }

    /// What a state rule contributes where the cursor stands.
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
        default: // of patterns, by kind; of guards, by the engine
            break;
        }
        return false;
    }

    /// Whether a condition on the lead holds where the cursor stands.
    [[nodiscard]] bool condition(std::uint32_t node) const { return holds(node); }
    /// An attribute of the model's: its value's number, and the value.
    [[nodiscard]] std::uint32_t attribute(std::uint32_t a) const noexcept {
        return s_->attributes[a];
    }
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
    [[nodiscard]] const compiled_decay& decay_of(std::size_t column) const noexcept {
        return *decays_[column];
    }
    /// Whether a window has too few touchpoints, which then cannot become enough by losing some.
    [[nodiscard]] static bool is_idle(const counted_window& w, const compiled_rule& r) noexcept {
        return r.measure != frequency_measure::sum && w.measured(r.measure) < r.at_least;
    }
    /// Whether awards come to nothing without a jump.
    [[nodiscard]] static bool fades(const compiled_decay& d) noexcept {
        return d.kind() == compiled_decay::shape::half_life ||
               d.kind() == compiled_decay::shape::linear;
    }
    [[nodiscard]] static bool is_gone(const compiled_decay& d, std::int64_t age) noexcept {
        if (d.kind() == compiled_decay::shape::half_life) return age >= d.divisor().beyond;
        if (d.kind() == compiled_decay::shape::linear) return age >= d.period();
        return d.at(duration{age}) == 0 && !d.next_breakpoint(duration{age});
    }
    /// The ages at which awards that fade are gone for good.
    [[nodiscard]] static std::int64_t lifetime(const compiled_decay& d) noexcept {
        return d.kind() == compiled_decay::shape::half_life ? d.divisor().beyond : d.period();
    }
    /// Of a slot at a later instant: what stays, what fades, and a speed so that a tangent (to its
    /// logarithm, or, with `lines`, to itself) lies below.
    void add_slot(std::uint32_t k, std::int64_t t, bool lines, double& fixed, double& fading,
                  double& speed) const noexcept {
        constexpr double ln2 = 0.693147180559945309;
        const auto& slot = p_.slots[k];
        wide stays = sums_[k];
        double mine = 0;
        double falls = 0;
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& g = s_->groups[i];
            if (g.empty() || b_.fading[i].slot != k) continue;
            const auto& d = decay_of(i);
            if (!d.is_continuous()) continue;
            stays -= g.kept;
            const auto period = static_cast<double>(d.period());
            if (d.kind() == compiled_decay::shape::half_life) {
                const double left = g.halving(t, d);
                mine += left;
                falls += left * (ln2 / period);
            } else {
                const double slope = g.gross() / period;
                const double left =
                    static_cast<double>(g.kept) - slope * static_cast<double>(t - s_->now);
                if (left <= 0) continue;
                mine += left;
                falls += slope;
            }
        }
        auto constant = static_cast<double>(stays);
        if (slot.max != end_of_time) {
            const double room = static_cast<double>(slot.max) - constant;
            if (room <= 0) {
                constant = static_cast<double>(slot.max);
                mine = falls = 0;
            } else if (mine > room) {
                if (!lines) falls *= room / mine;
                mine = room;
            }
        }
        fixed += constant;
        fading += mine;
        speed += falls;
    }

    /// What a group's awards are worth where the cursor stands.
    [[nodiscard]] wide sum_of(const award_group& g, const compiled_decay& d) {
        const auto n = g.size();
        if (n >= by_vectors && d.kind() == compiled_decay::shape::half_life) {
            while (rising_.size() < n)
                rising_.push_back(static_cast<std::uint32_t>(rising_.size()));
            return kept_sum(d, {{g.at(), n}, {rising_.data(), n}, {g.points(), n}}, s_->now);
        }
        wide sum = 0;
        for (std::size_t i = 0; i < n; ++i)
            sum += scaled(g.points()[i], d.at(duration{s_->now - ticks(g.at()[i])}));
        return sum;
    }

    [[nodiscard]] static std::int64_t ticks(instant t) noexcept {
        return t.time_since_epoch().count();
    }

    [[nodiscard]] std::int64_t next_event() const noexcept {
        std::int64_t t = end_of_time;
        if (s_->next_touchpoint < touchpoints_.size())
            t = ticks(touchpoints_.at[s_->next_touchpoint]);
        if (s_->next_fact < facts_.size()) t = std::min(t, ticks(facts_[s_->next_fact].at));
        if (s_->next_stage < stages_.size()) t = std::min(t, ticks(stages_[s_->next_stage].at));
        return t;
    }

    /// Where no rule walks, touchpoints need not be taken one by one.
    void skip_touchpoints(std::int64_t to) noexcept {
        const auto& at = touchpoints_.at;
        while (s_->next_touchpoint < at.size() && ticks(at[s_->next_touchpoint]) <= to)
            ++s_->next_touchpoint;
    }

    // Attributes, then touchpoints, then stage entries of one instant.
    void take_event() {
        s_->is_used = true;
        if (s_->first_event == end_of_time) begin_history();
        if (s_->next_fact < facts_.size() && ticks(facts_[s_->next_fact].at) == s_->now)
            take_fact();
        else if (s_->next_touchpoint < touchpoints_.size() &&
                 ticks(touchpoints_.at[s_->next_touchpoint]) == s_->now)
            take_touchpoint();
        else
            take_stage();
    }

    /// Takes the touchpoints up to an instant before which nothing else is to be taken.
    void take_touchpoints(std::int64_t to) {
        const auto& at = touchpoints_.at;
        std::int64_t limit = to;
        if (s_->next_fact < facts_.size())
            limit = std::min(limit, ticks(facts_[s_->next_fact].at) - 1);
        if (s_->next_stage < stages_.size())
            limit = std::min(limit, ticks(stages_[s_->next_stage].at));
        while (s_->next_touchpoint < at.size()) {
            const std::int64_t t = ticks(at[s_->next_touchpoint]);
            if (t > limit || t > s_->deadline) return;
            s_->is_used = true;
            s_->now = t;
            take_touchpoint();
        }
    }

    void begin_history() {
        s_->first_event = s_->now;
        for (const auto r : b_.inactivity_rules) {
            const auto at = s_->now + p_.rules[r].after;
            s_->registers[b_.registers[r].deadline] = at;
            s_->deadline = std::min(s_->deadline, at);
        }
    }

    void take_fact() { take_fact(facts_[s_->next_fact++]); }
    void take_fact(const attribute_entry& f) {
        if (f.name == no_name) return;
        const auto a = b_.attribute_of_name[f.name];
        if (a == none32) return;
        if (a == p_.owner && s_->attributes[a] != f.value)
            s_->owned_since = f.value == 0 ? end_of_time : s_->now;
        s_->attributes[a] = f.value;
        s_->is_used = true;
    }

    void take_stage() {
        const auto& entry = stages_[s_->next_stage++];
        const auto& e = b_.stage_effects[entry.kind];
        for (const auto r : e.resets) do_reset(r);
        if (e.current != none32) s_->current[e.current] = entry.kind + 1;
        for (const auto c : e.counters) ++s_->counters[c];
        for (const auto s : e.entry_scores) {
            s_->entry_scores[s] = {};
            for (const auto& r : stage_scores_.subspan(entry.first_score, entry.score_count))
                if (r.score == b_.entry_score_words[s]) s_->entry_scores[s] = {r.micros, true};
        }
        for (const auto& f : stage_facts_.subspan(entry.first_fact, entry.fact_count)) take_fact(f);
    }

    void take_touchpoint() {
        const std::size_t i = s_->next_touchpoint++;
        const std::uint32_t kind = touchpoints_.kind[i];
        const auto actions = actions_->of(kind);
        if (actions.empty() && s_->last_timed.empty()) {
            s_->last_touchpoint = s_->now;
            return;
        }
        const stored_value amount = touchpoints_.value.empty() ? no_value : touchpoints_.value[i];
        for (std::size_t n = 0; n < s_->last_timed.size(); ++n)
            if (b_.matches(p_.timed_patterns[n], kind, amount)) s_->last_timed[n] = s_->now;
        candidate c{.at = s_->now, .touchpoint = static_cast<std::uint32_t>(i), .kind = kind};
        for (const action& a : actions) {
            if (a.what == action::code::reset) {
                if (!a.bounded || b_.in_bounds(p_.resets[a.target].on, amount)) do_reset(a.target);
                continue;
            }
            const auto& terms = b_.terms[a.target];
            c.rule = a.target;
            c.points = terms.points;
            switch (a.what) {
            case action::code::frequency:
                take_match(a, kind, amount);
                break;
            case action::code::recency:
                if (is_meant(a, amount)) s_->registers[b_.registers[a.target].last_match] = s_->now;
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
                auto& last_match = s_->registers[b_.registers[a.target].last_match];
                const std::int64_t last = a.any_scope ? s_->last_touchpoint : last_match;
                if (a.what == action::code::returning && last != before_time &&
                    s_->now - last >= r.after && is_meant(a, amount))
                    consider(c);
                if (a.in_scope && (!a.bounded || b_.in_bounds(r.scope, amount)))
                    last_match = s_->now;
                break;
            }
            case action::code::sequence:
                step(a, amount, c);
                break;
            case action::code::reset:
                break;
            }
        }
        s_->last_touchpoint = s_->now;
    }

    /// Whether a touchpoint whose kind matches a rule's `on` matches by its value, too.
    [[nodiscard]] bool is_meant(const action& a, stored_value amount) const noexcept {
        return !a.bounded || b_.in_bounds(p_.rules[a.target].on, amount);
    }

    void take_match(const action& a, std::uint32_t kind, stored_value amount) {
        if (!is_meant(a, amount)) return;
        const auto& r = p_.rules[a.target];
        auto& w = s_->windows[b_.window_of_rule[a.target]];
        w.add({s_->now, amount, r.distinct == none32 ? 0 : b_.distinct_id(kind, r.distinct)},
              r.window != 0);
    }

    /// Chains: register k holds the latest start from which steps 0 … k have been taken. Whether a
    /// chain completes depends on the latest start alone, and a completed chain clears them all.
    /// Under `strict` a touchpoint in scope breaks every chain that it does not itself carry on.
    void step(const action& a, stored_value amount, const candidate& c) {
        const auto& r = p_.rules[a.target];
        std::int64_t* start = s_->registers.data() + b_.registers[a.target].chain;
        const std::size_t last = r.steps.size() - 1;
        const bool breaks = a.in_scope && (!a.bounded || b_.in_bounds(r.scope, amount));
        for (std::size_t k = last + 1; k-- > 0;) {
            std::int64_t from = before_time;
            if (((a.steps >> k) & 1U) != 0 && (!a.bounded || b_.in_bounds(r.steps[k], amount)))
                from = k == 0 ? s_->now : start[k - 1];
            if (from != before_time && s_->now - from >= r.within) from = before_time;
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
        const auto& r = p_.rules[rule];
        auto& repeats = s_->registers[b_.registers[rule].repeats];
        if (r.while_idle && repeats > 0) {
            s_->groups[b_.fading_of_rule[rule]].clear();
            observer_.end_idle(rule);
        }
        repeats = 0;
        const auto at = s_->now + r.after;
        s_->registers[b_.registers[rule].deadline] = at;
        s_->deadline = std::min(s_->deadline, at);
    }

    std::int64_t next_deadline() noexcept {
        s_->deadline = end_of_time;
        for (const auto r : b_.inactivity_rules)
            s_->deadline = std::min(s_->deadline, s_->registers[b_.registers[r].deadline]);
        return s_->deadline;
    }

    void pass_deadline() {
        // The cached bound may be low: rules' deadlines move away when something matches.
        const std::int64_t bound = s_->deadline;
        if (next_deadline() != bound) return;
        s_->now = bound;
        s_->last_deadline = bound;
        for (const auto i : b_.inactivity_rules) {
            auto& deadline = s_->registers[b_.registers[i].deadline];
            if (deadline != s_->now) continue;
            const auto& r = p_.rules[i];
            const auto repeats = ++s_->registers[b_.registers[i].repeats];
            deadline = repeats < r.times ? s_->now + r.every : end_of_time;
            consider({.rule = i, .at = s_->now, .points = r.points});
        }
        next_deadline();
    }

    void do_reset(std::uint32_t reset) {
        for (const auto s : p_.resets[reset].scores) {
            const auto& score = p_.scores[s];
            for (std::uint32_t k = 0; k < score.slot_count; ++k)
                s_->slots[score.first_slot + k] = 0;
            s_->running[s] = clamp(0, score.min, score.max);
            for (std::size_t i = 0; i < s_->groups.size(); ++i)
                if (b_.fading[i].score == s && b_.fading[i].rule == none32) s_->groups[i].clear();
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
            auto& last = s_->registers[b_.registers[c.rule].last_award];
            if (last != before_time && last > c.at - r.cooldown)
                return observer_.refuse(c, refusal::cooldown, none32);
        }
        if (r.limit_count != 0) {
            for (std::uint32_t l = r.first_limit; l < r.first_limit + r.limit_count; ++l)
                if (!has_room(l, c)) return observer_.refuse(c, refusal::limit, none32);
            for (std::uint32_t l = r.first_limit; l < r.first_limit + r.limit_count; ++l)
                count(l, c);
        }
        if (r.cooldown != 0) s_->registers[b_.registers[c.rule].last_award] = c.at;
        std::int64_t effect = c.points;
        if (r.running && !r.while_idle) {
            const auto& s = p_.scores[r.score];
            const wide before = s_->running[r.score];
            s_->running[r.score] = clamp(before + c.points, s.min, s.max);
            effect = static_cast<std::int64_t>(s_->running[r.score] - before);
        } else if (r.decay == 0 && !r.while_idle) {
            s_->slots[r.slot] += c.points;
        } else {
            s_->groups[b_.fading_of_rule[c.rule]].add(c.at, c.points, p_.decays[r.decay]);
        }
        observer_.award(c, effect);
    }

    [[nodiscard]] tally& tally_of(std::uint32_t limit, const candidate& c) {
        const auto& l = p_.limits[limit];
        if (l.distinct == none32) {
            tally& t = s_->tallies[limit];
            t.used = true;
            return t;
        }
        const std::uint64_t key = (std::uint64_t{limit} << 32) |
                                  (c.kind == none32 ? 0 : b_.distinct_id(c.kind, l.distinct));
        return s_->distinct_tallies[key];
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
        for (const auto& s : zone_spans_)
            if (at >= s.begin && at < s.end)
                return period_of(local_instant{duration{t} + s.offset}, unit);
        auto& s = zone_spans_[next_span_++ % zone_spans_.size()];
        s = p_.zone.span_at(at);
        return period_of(local_instant{duration{t} + s.offset}, unit);
    }

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

    [[nodiscard]] reading read(std::uint32_t s) {
        const auto& score = p_.scores[s];
        reading out;
        out.excluded_by = excluded_by(s);
        wide sum = 0;
        for (const auto r : b_.asked_rules[s]) sums_[p_.rules[r].slot] += state_points(r);
        if (score.running) {
            sum = s_->running[s] + sums_[score.first_slot];
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
        return logistic_of(f, input(s, 0));
    }
    [[nodiscard]] wide formula_value(const lookup& f, const compiled_score& s) const {
        return lookup_of(f, input(s, 0));
    }

    const binding& b_;
    const program& p_;
    Observer observer_;

    // the lead's history and where the cursor stands in it
    const binding::action_table* actions_ = nullptr;
    bool sums_columns_ = false;
    touchpoint_span touchpoints_;
    std::span<const attribute_entry> facts_;
    std::span<const stage_record> stages_;
    std::span<const recorded_score> stage_scores_;
    std::span<const attribute_entry> stage_facts_;
    std::vector<const compiled_decay*> decays_; // by column
    walk_state own_;                            // of leads whose walk is not kept
    walk_state* s_ = &own_;                     // of the lead that the cursor stands on
    // of the time zone: those that were asked for last
    std::array<time_zone::span, 8> zone_spans_ = [] {
        std::array<time_zone::span, 8> none{};
        none.fill({instant::max(), instant::min(), duration{0}});
        return none;
    }();
    std::size_t next_span_ = 0;

    /// From so many awards on, vectors pay.
    static constexpr std::size_t by_vectors = 8;
    std::vector<std::uint32_t> rising_; // 0, 1, 2, …

    // of the last evaluation
    std::vector<wide> sums_;
    std::vector<reading> readings_;
};

} // namespace leadfunnel::inline v0::detail
