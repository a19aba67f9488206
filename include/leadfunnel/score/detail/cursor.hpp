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

#include <leadfunnel/core/progress.hpp>
#include <leadfunnel/plan/detail/bound_program.hpp>
#include <leadfunnel/plan/detail/decayed_sum.hpp>
#include <leadfunnel/score/detail/cursor_state.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
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
    const auto above = std::upper_bound(
        f.steps.begin(), f.steps.end(), input,
        [](std::int64_t v, const lookup_step& step) { return v < step.at_least.micros(); });
    return above == f.steps.begin() ? f.below.micros() : std::prev(above)->points.micros();
}

[[nodiscard]] constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}

template<class Observer = no_observer>
class cursor {
  public:
    explicit cursor(const bound_program& b, Observer observer = {})
        : b_(b), p_(b.p), observer_(std::move(observer)), own_(b), sums_(p_.slots.size()),
          readings_(p_.scores.size()), lowest_(p_.slots.size()), highest_(p_.slots.size()) {
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
    void seek(const lead_view& lead, mode m, cursor_state& in) {
        actions_ = m == mode::everything ? &b_.all_actions : &b_.walked_actions;
        sums_columns_ = m == mode::scores_only;
        s_ = &in;
        renew(lead);
        s_->begin(b_);
        while (s_->next_fact < facts_.size() && facts_[s_->next_fact].at == always) take_fact();
    }
    /// Goes on with a walk of everything where it was left.
    void resume(const lead_view& lead, cursor_state& at) noexcept {
        actions_ = &b_.all_actions;
        sums_columns_ = false;
        s_ = &at;
        renew(lead);
    }

    /// Walks and sums count their steps by `p` from now on, which may throw out of any of them: the
    /// walk must then begin anew. Null: they count none. O(1).
    void heed(pulse* p) noexcept { pulse_ = p; }
    [[nodiscard]] pulse* beats() const noexcept { return pulse_; }
    void step(std::size_t n) {
        if (pulse_ != nullptr) pulse_->step(n);
    }

    /// The lead's history, to which events were added that come after all that was taken.
    void renew(const lead_view& lead) noexcept {
        is_evaluated_ = false;
        touchpoints_ = lead.touchpoints;
        facts_ = lead.attributes;
        stages_ = lead.stages;
        stage_scores_ = lead.stage_scores;
        stage_facts_ = lead.stage_facts;
    }

    /// Whether a touchpoint of the instant where the cursor stands, which was put into the history
    /// at a place, can be taken behind all others of that instant, which were taken: it is the last
    /// of them, or their order does not matter. O(1); O(touchpoints of the instant) where a rule
    /// asks for the order of different ones.
    [[nodiscard]] bool takes(std::size_t place) const noexcept {
        if (s_->next_touchpoint + 1 != touchpoints_.size()) return false;
        if (place == s_->next_touchpoint || b_.is_orderless[touchpoints_.kind[place]]) return true;
        // Nor does it if those behind it are like it.
        const auto is_like = [&](const auto& column) {
            return std::all_of(column.begin() + static_cast<std::ptrdiff_t>(place), column.end(),
                               [&](const auto& x) { return x == column[place]; });
        };
        return is_like(touchpoints_.kind) &&
               (touchpoints_.value.empty() || is_like(touchpoints_.value));
    }
    /// Takes such a one.
    void take(std::size_t place) {
        is_evaluated_ = false;
        s_->is_used = true;
        take_touchpoint(place);
        ++s_->next_touchpoint;
        for (auto& n : s_->unmet) n = std::min(n, place);
    }
    /// Takes attributes of the instant where the cursor stands, of which all others were taken,
    /// nothing else: those whose end in the history is given. Whether it could: not if one is the
    /// owner, of which each change counts. O(attributes of the instant behind them).
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
    /// Takes everything before an instant, and its attributes and touchpoints, but neither its
    /// stage entries nor its awards for inactivity.
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

    /// Takes everything up to and including an instant, not before where the cursor stands.
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

    /// The next instant after where the cursor stands at which a score may jump; `end_of_time` if
    /// there is none. O(rules + steps · log awards).
    [[nodiscard]] std::int64_t next_jump() {
        std::int64_t next = next_stop();
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& d = decay_of(i);
            if (d.only_falls() && !fades(d)) next = std::min(next, next_breakpoint(i, s_->now));
        }
        return next;
    }

    /// The same, but for jumps of awards that only fall: up to it nothing but decay happens, and
    /// the worth of each award moves one way. O(rules + awards by tables that rise).
    [[nodiscard]] std::int64_t next_stop() {
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
                if (!w.empty() && !is_idle(w, r)) consider(later(w.front().at, r.window));
            } else if (const auto last = s_->registers[b_.registers[i].last_match];
                       last != before_time) {
                for (const auto& bin : r.bins) consider(later(last, bin.first));
            }
        }
        for (std::size_t i = 0; i < s_->groups.size(); ++i)
            if (!decay_of(i).only_falls()) next = std::min(next, next_breakpoint(i, s_->now));
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
            if (!w.empty() && is_idle(w, r)) next = std::min(next, later(w.front().at, r.window));
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
                next = std::min(next, later(ticks(at), age->count()));
                break; // the oldest ends first
            }
        }
        return next;
    }

    /// Whether some award changes before `next_stop`.
    [[nodiscard]] bool varies() const noexcept {
        for (std::size_t i = 0; i < s_->groups.size(); ++i)
            if (!s_->groups[i].empty() && varies(decay_of(i))) return true;
        return false;
    }

    /// All scores where the cursor stands. Valid until the cursor moves. O(rules + decaying
    /// awards). `column_sums`, if given, are those of the binding's additive awards, computed
    /// elsewhere.
    const std::vector<reading>& evaluate(std::span<const std::int64_t> column_sums = {}) {
        std::size_t awards = 0;
        std::copy(s_->slots.begin(), s_->slots.end(), sums_.begin());
        for (const auto& v : b_.by_value) sums_[v.slot] += v.points[s_->attributes[v.attribute]];
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            auto& g = s_->groups[i];
            if (g.empty()) continue;
            const auto& d = decay_of(i);
            while (!g.empty() && is_gone(d, s_->now - ticks(*g.at()))) g.drop(s_->now, d);
            if (g.empty()) continue;
            awards += g.size();
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
        excluding_.clear();
        for (std::uint32_t i = 0; i < p_.exclusions.size(); ++i)
            if (holds(p_.exclusions[i].when)) excluding_.push_back(i);
        for (std::uint32_t s = 0; s < p_.base_scores; ++s) readings_[s] = read(s);
        for (const auto s : p_.evaluation_order) readings_[s] = read_derived(s, excluded_by(s));
        is_evaluated_ = true;
        step(32 + awards);
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
        is_evaluated_ = false;
        return readings_;
    }

    /// Whether everything in decay is positive and sinks: then no sum of awards rises until the
    /// next evaluation instant. (Factors of half-lives and linear decays never rise with age, to
    /// the bit.)
    [[nodiscard]] bool only_sinks() const noexcept {
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& g = s_->groups[i];
            const auto& d = decay_of(i);
            if (!g.empty() && varies(d) && (!g.is_positive() || !fades(d))) return false;
        }
        return true;
    }

    /// The first instant after `t` at which scores are looked at because of decay alone, or because
    /// a touchpoint leaves a window in which there were too few anyway: a tick of the grid while an
    /// award decays, a step, an award's end. `t` is not before where the cursor stands, and what is
    /// found counts if it is before `next_stop`. O(rules + columns · log(awards) + awards that
    /// step).
    [[nodiscard]] std::int64_t next_fade(std::int64_t t) const noexcept {
        std::int64_t next = end_of_time;
        bool decays = false;
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& g = s_->groups[i];
            if (g.empty()) continue;
            const auto& d = decay_of(i);
            decays = decays || d.is_continuous();
            if (fades(d)) {
                const auto* const end = g.at() + g.size();
                const auto* const first =
                    std::upper_bound(g.at(), end, instant{duration{t - lifetime(d)}});
                if (first != end) next = std::min(next, later(ticks(*first), lifetime(d)));
            } else if (varies(d) && d.only_falls()) {
                next = std::min(next, next_breakpoint(i, t));
            }
        }
        if (decays) next = std::min(next, tick_after(t, p_.grid));
        for (const auto i : b_.fading_rules) {
            const auto& r = p_.rules[i];
            if (r.kind != rule_kind::frequency) continue;
            const auto& w = s_->windows[b_.window_of_rule[i]];
            if (w.empty() || !is_idle(w, r)) continue;
            const auto first = w.first_after(t - r.window);
            if (first != end_of_time) next = std::min(next, later(first, r.window));
        }
        return next;
    }
    /// Whether an instant after where the cursor stands is one of those.
    [[nodiscard]] bool fades_at(std::int64_t t) const noexcept { return next_fade(t - 1) == t; }

    /// What `first_fade` found.
    struct fade {
        std::int64_t at = end_of_time; ///< the instant, or `end_of_time`
        std::int64_t calm = 0;         ///< up to it the scores are quiet at every instant
    };
    /// Of the instants of `next_fade` up to `until`, which is before `next_stop`, the first at
    /// which scores are not quiet, or an earlier one; `end_of_time` if all are. `quiet(low, high,
    /// t)` says whether nothing would be noticed up to `t` of scores that are anywhere between two
    /// readings.
    ///
    /// The worth of each award moves one way, so over an interval a score lies between what falling
    /// awards are worth at its end and rising ones at its begin, and the other way round. Intervals
    /// within which that is quiet are passed over, others halved until they hold one instant, where
    /// the bounds are the score itself. So a fall that takes years is found in some dozens of sums.
    /// A search that comes to nothing after `most` of them is left off.
    ///
    /// O(min(most, log(until − now) · what is not quiet) · (awards + scores)).
    template<class Quiet>
    [[nodiscard]] fade first_fade(std::int64_t until, const Quiet& quiet, int most = 64) {
        fade found{.calm = s_->now};
        const std::int64_t first = next_fade(s_->now);
        if (first > until) {
            if (!varies()) found.calm = std::max(found.calm, until);
            return found;
        }
        begin_fading();
        std::int64_t from = s_->now; // up to which all are quiet
        std::size_t used = 0;        // of `worths_`: those at `from`, and at the ends of intervals
        bool proven = true;          // as is every instant
        std::int64_t stride = first - from; // of intervals, each longer than the last
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
            off += static_cast<double>(g.awards()) / 2 + g.gross() * 0x1p-29;
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
    /// Whether awards change before `next_stop`.
    [[nodiscard]] static bool varies(const compiled_decay& d) noexcept {
        return d.is_continuous() || (d.only_falls() && d.kind() != compiled_decay::shape::constant);
    }
    /// The first breakpoint after an instant of a column's awards.
    [[nodiscard]] std::int64_t next_breakpoint(std::size_t column, std::int64_t t) const noexcept {
        std::int64_t next = end_of_time;
        const auto& g = s_->groups[column];
        const auto& d = decay_of(column);
        if (g.empty() || d.kind() == compiled_decay::shape::constant) return next;
        if (award_group::is_stepwise(d)) return g.next_step(d, t);
        for (const auto& at : std::span{g.at(), g.size()})
            if (const auto age = d.next_breakpoint(duration{t - ticks(at)}))
                next = std::min(next, later(ticks(at), age->count()));
        return next;
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

    // ---- between stops

    /// What awards that change before the next stop are worth at an instant: those of which the
    /// worth falls until then, and those of which it rises, by slot.
    struct worth {
        std::int64_t at = 0;
        std::vector<wide> falling;
        std::vector<wide> rising;
    };

    /// Puts what does not change before the next stop into `steady_`.
    void begin_fading() {
        if (!is_evaluated_) evaluate();
        steady_ = sums_;
        for (std::size_t i = 0; i < s_->groups.size(); ++i)
            if (!s_->groups[i].empty() && varies(decay_of(i)))
                steady_[b_.fading[i].slot] -= s_->groups[i].kept;
        low_ = readings_;
        high_ = readings_;
    }
    void sum_worth(std::int64_t t, worth& out) {
        out.at = t;
        std::size_t awards = 0;
        out.falling.assign(sums_.size(), 0);
        out.rising.assign(sums_.size(), 0);
        for (std::size_t i = 0; i < s_->groups.size(); ++i) {
            const auto& g = s_->groups[i];
            const auto& d = decay_of(i);
            if (g.empty() || !varies(d)) continue;
            auto& falling = out.falling[b_.fading[i].slot];
            auto& rising = out.rising[b_.fading[i].slot];
            if (award_group::is_stepwise(d)) {
                const auto left = g.stepwise_worth(d, t);
                falling += left.gains;
                rising += left.losses;
                continue;
            }
            awards += g.size();
            if (!d.only_falls()) {
                g.each([&](std::size_t k, std::int64_t count) {
                    const duration now{s_->now - ticks(g.at()[k])};
                    const auto end = d.next_breakpoint(now);
                    const bool grows = end && d.at(*end) > d.at(now);
                    (grows == (g.points()[k] > 0) ? rising : falling) +=
                        worth_of(g, d, k, t) * count;
                });
            } else if (g.is_positive()) {
                falling += sum_of(g, d, t);
            } else if (g.is_negative()) {
                rising += sum_of(g, d, t);
            } else {
                g.each([&](std::size_t k, std::int64_t count) {
                    const wide kept = worth_of(g, d, k, t);
                    (kept > 0 ? falling : rising) += kept * count;
                });
            }
        }
        step(64 + awards);
    }
    /// Bounds of all scores from one instant to another, both included: of `low_` and `high_`. If
    /// they are one instant, the scores.
    void bound(const worth& from, const worth& to) {
        for (std::size_t k = 0; k < sums_.size(); ++k) {
            lowest_[k] = steady_[k] + to.falling[k] + from.rising[k];
            highest_[k] = steady_[k] + from.falling[k] + to.rising[k];
        }
        for (std::uint32_t s = 0; s < p_.base_scores; ++s) {
            low_[s] = read_sums(s, lowest_, low_[s].excluded_by);
            high_[s] = read_sums(s, highest_, high_[s].excluded_by);
        }
        for (const auto s : p_.evaluation_order) bound_derived(s);
    }
    void bound_derived(std::uint32_t s) {
        const auto& score = p_.scores[s];
        bool low_saturated = false;
        bool high_saturated = false;
        for (const auto& [input, weight] : score.terms) {
            const bool low = low_[input].saturated;
            const bool high = high_[input].saturated;
            low_saturated = low_saturated || low;
            high_saturated = high_saturated || high;
            // In between it may be neither.
            if ((low || high) && low_[input].value != high_[input].value) {
                low_saturated = false;
                high_saturated = true;
                break;
            }
        }
        const auto [low, high] = std::visit([&](const auto& f) { return bounds_of(f, score); },
                                            p_.source.derived[score.model_index].from);
        low_[s].saturated = low_saturated;
        high_[s].saturated = high_saturated;
        low_[s].value =
            decimal::from_micros(clamp(low, score.min, score.max), &low_[s].saturated).micros();
        high_[s].value =
            decimal::from_micros(clamp(high, score.min, score.max), &high_[s].saturated).micros();
    }
    [[nodiscard]] std::pair<wide, wide> bounds_of(const weighted_sum& f,
                                                  const compiled_score& s) const {
        std::pair<wide, wide> sum{f.plus.micros(), f.plus.micros()};
        for (const auto& [input, weight] : s.terms) {
            const wide a = term(weight, low_[input].value);
            const wide b = term(weight, high_[input].value);
            sum.first += std::min(a, b);
            sum.second += std::max(a, b);
        }
        return sum;
    }
    template<class Pick>
    [[nodiscard]] std::pair<wide, wide> picked(const compiled_score& s, const Pick& pick) const {
        const auto first = s.terms.front().first;
        std::pair<std::int64_t, std::int64_t> out{low_[first].value, high_[first].value};
        for (const auto& [input, weight] : s.terms)
            out = {pick(out.first, low_[input].value), pick(out.second, high_[input].value)};
        return out;
    }
    [[nodiscard]] std::pair<wide, wide> bounds_of(const minimum_of&,
                                                  const compiled_score& s) const {
        return picked(s, [](auto a, auto b) { return std::min(a, b); });
    }
    [[nodiscard]] std::pair<wide, wide> bounds_of(const maximum_of&,
                                                  const compiled_score& s) const {
        return picked(s, [](auto a, auto b) { return std::max(a, b); });
    }
    [[nodiscard]] std::pair<wide, wide> bounds_of(const logistic& f,
                                                  const compiled_score& s) const {
        const auto input = s.terms.front().first;
        return std::minmax({logistic_of(f, low_[input].value), logistic_of(f, high_[input].value)});
    }
    [[nodiscard]] std::pair<wide, wide> bounds_of(const lookup& f, const compiled_score& s) const {
        const auto input = s.terms.front().first;
        const wide first = lookup_of(f, low_[input].value);
        std::pair<wide, wide> out{first, first};
        for (const auto& step : f.steps) {
            if (step.at_least.micros() <= low_[input].value) continue;
            if (step.at_least.micros() > high_[input].value) continue;
            const wide then = lookup_of(f, step.at_least.micros());
            out = {std::min(out.first, then), std::max(out.second, then)};
        }
        return out;
    }

    /// What a group's awards are worth where the cursor stands.
    [[nodiscard]] wide sum_of(const award_group& g, const compiled_decay& d) {
        return sum_of(g, d, s_->now);
    }
    /// The same at a later instant. O(entries); of awards that decay by steps, see there.
    [[nodiscard]] wide sum_of(const award_group& g, const compiled_decay& d, std::int64_t t) {
        if (award_group::is_stepwise(d)) {
            const auto left = g.stepwise_worth(d, t);
            return left.gains + left.losses;
        }
        const auto n = g.size();
        wide sum = 0;
        if (n >= by_vectors && d.kind() == compiled_decay::shape::half_life) {
            while (rising_.size() < n)
                rising_.push_back(static_cast<std::uint32_t>(rising_.size()));
            sum = kept_sum(d, {{g.at(), n}, {rising_.data(), n}, {g.points(), n}}, t);
        } else {
            for (std::size_t i = 0; i < n; ++i) sum += worth_of(g, d, i, t);
        }
        g.each_repeat(
            [&](std::size_t i, std::int64_t more) { sum += worth_of(g, d, i, t) * more; });
        return sum;
    }
    /// What one award of an entry is worth at an instant.
    [[nodiscard]] static wide worth_of(const award_group& g, const compiled_decay& d, std::size_t i,
                                       std::int64_t t) noexcept {
        return scaled(g.points()[i], d.at(duration{t - ticks(g.at()[i])}));
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
            if (s_->next_touchpoint % 256 == 0) step(256 * 8);
            s_->is_used = true;
            s_->now = t;
            take_touchpoint();
        }
    }

    void begin_history() {
        s_->first_event = s_->now;
        for (const auto r : b_.inactivity_rules) {
            const auto at = later(s_->now, p_.rules[r].after);
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

    void take_touchpoint() { take_touchpoint(s_->next_touchpoint++); }
    void take_touchpoint(std::size_t i) {
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
        const auto at = later(s_->now, r.after);
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
            deadline = repeats < r.times ? later(s_->now, r.every) : end_of_time;
            consider({.rule = i, .at = s_->now, .points = r.points});
        }
        next_deadline();
    }

    void do_reset(std::uint32_t reset) {
        for (const auto s : *p_.resets[reset].scores) {
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
            if (p_.freezes[f].has(r.score) && holds(p_.freezes[f].when))
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
        // What is counted had room, and so is no more than the limit. Else points do not matter,
        // and may be as many as have no opposite.
        std::int64_t p = 0;
        if (l.counts_points) p = c.points < 0 ? -c.points : c.points;
        ++t.count;
        t.points += p;
        if (l.per == compiled_limit::period::rolling) t.grant_at(c.at, p);
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

    /// The first exclusion of a score, of those that hold.
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
                sum += clamp(sums[k], p_.slots[k].min, p_.slots[k].max);
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

    const bound_program& b_;
    const program& p_;
    Observer observer_;

    // the lead's history and where the cursor stands in it
    const bound_program::action_table* actions_ = nullptr;
    bool sums_columns_ = false;
    touchpoint_span touchpoints_;
    std::span<const attribute_entry> facts_;
    std::span<const stage_record> stages_;
    std::span<const recorded_score> stage_scores_;
    std::span<const attribute_entry> stage_facts_;
    std::vector<const compiled_decay*> decays_; // by column
    cursor_state own_;                          // of leads whose walk is not kept
    cursor_state* s_ = &own_;                   // of the lead that the cursor stands on
    // of the time zone: those that were asked for last
    std::array<time_zone::span, 8> zone_spans_ = [] {
        std::array<time_zone::span, 8> none{};
        none.fill({instant::max(), instant::min(), duration{0}});
        return none;
    }();
    std::size_t next_span_ = 0;
    pulse* pulse_ = nullptr;

    /// From so many awards on, vectors pay.
    static constexpr std::size_t by_vectors = 8;
    std::vector<std::uint32_t> rising_; // 0, 1, 2, …

    // of the last evaluation
    std::vector<wide> sums_;
    std::vector<reading> readings_;
    std::vector<std::uint32_t> excluding_; // exclusions that hold
    bool is_evaluated_ = false;            // where the cursor stands

    // of `first_fade`
    std::vector<wide> steady_;
    std::vector<wide> lowest_;
    std::vector<wide> highest_;
    std::vector<worth> worths_;
    std::vector<reading> low_;
    std::vector<reading> high_;
};

} // namespace leadfunnel::inline v0::detail
