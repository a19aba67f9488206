// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// How a cursor takes events: what touchpoints, attributes, stage entries and deadlines do. Not for
/// users.

#include <leadfunnel/score/detail/cursor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace leadfunnel::inline v0::detail {

// ---- in history order ---------------------------------------------------------------------------

/// Takes the next event of the current instant: attributes come first, then touchpoints, then stage
/// entries.
template<class Observer>
void cursor<Observer>::take_event() {
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

/// Takes touchpoints up to `to` as long as no other event and no deadline comes before them.
template<class Observer>
void cursor<Observer>::take_touchpoints(std::int64_t to) {
    const auto& at = touchpoints_.at;
    std::int64_t limit = to;
    if (s_->next_fact < facts_.size()) limit = std::min(limit, ticks(facts_[s_->next_fact].at) - 1);
    if (s_->next_stage < stages_.size()) limit = std::min(limit, ticks(stages_[s_->next_stage].at));
    while (s_->next_touchpoint < at.size()) {
        const std::int64_t t = ticks(at[s_->next_touchpoint]);
        if (t > limit || t > s_->deadline) return;
        if (s_->next_touchpoint % 256 == 0) step(256 * 8);
        s_->is_used = true;
        s_->now = t;
        take_touchpoint();
    }
}

/// The first event: the deadlines of inactivity rules count from it.
template<class Observer>
void cursor<Observer>::begin_history() {
    s_->first_event = s_->now;
    for (const auto r : b_.inactivity_rules) {
        const auto at = later(s_->now, p_.rules[r].after);
        s_->registers[b_.registers[r].deadline] = at;
        s_->deadline = std::min(s_->deadline, at);
    }
}

// ---- attributes and stage entries ---------------------------------------------------------------

template<class Observer>
void cursor<Observer>::take_fact(const attribute_entry& f) {
    if (f.name == no_name) return;
    const auto a = b_.attribute_of_name[f.name];
    if (a == none32) return;
    if (a == p_.owner && s_->attributes[a] != f.value)
        s_->owned_since = f.value == 0 ? end_of_time : s_->now;
    s_->attributes[a] = f.value;
    s_->is_used = true;
}

template<class Observer>
void cursor<Observer>::take_stage() {
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

// ---- touchpoints --------------------------------------------------------------------------------

template<class Observer>
void cursor<Observer>::take_touchpoint(std::size_t i) {
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
    for (const action& a : actions) take_action(a, amount, c);
    s_->last_touchpoint = s_->now;
}

/// Applies one action of a touchpoint's kind. `c` is the touchpoint as a candidate; its rule and
/// points are set here.
template<class Observer>
inline void cursor<Observer>::take_action(const action& a, stored_value amount, candidate& c) {
    if (a.what == action::code::reset) {
        if (!a.bounded || b_.in_bounds(p_.resets[a.target].on, amount)) do_reset(a.target);
        return;
    }
    const auto& terms = b_.terms[a.target];
    c.rule = a.target;
    c.points = terms.points;
    switch (a.what) {
    case action::code::frequency:
        return take_match(a, c.kind, amount);
    case action::code::recency:
        if (is_match(a, amount)) s_->registers[b_.registers[a.target].last_match] = s_->now;
        return;
    case action::code::occurrence:
        if (!is_match(a, amount)) return;
        if (terms.by_value) {
            if (amount == no_value) return;
            const auto& r = p_.rules[a.target];
            const wide raw = weighted(r.per_value, amount);
            c.points = decimal::from_micros(clamp_wide(raw, r.min_points, r.max_points)).micros();
        }
        return consider(c);
    case action::code::inactivity:
        if (is_match(a, amount)) end_silence(a.target);
        return;
    case action::code::returning:
    case action::code::silence:
        return take_return(a, amount, c);
    case action::code::sequence:
        return take_step(a, amount, c);
    case action::code::reset: // handled above: its target is no rule
        return;
    }
}

/// Whether a touchpoint whose kind matches a rule's `on` also matches by its value.
template<class Observer>
bool cursor<Observer>::is_match(const action& a, stored_value amount) const noexcept {
    return !a.bounded || b_.in_bounds(p_.rules[a.target].on, amount);
}

/// Frequency rules: counts a match.
template<class Observer>
void cursor<Observer>::take_match(const action& a, std::uint32_t kind, stored_value amount) {
    if (!is_match(a, amount)) return;
    const auto& r = p_.rules[a.target];
    auto& w = s_->windows[b_.window_of_rule[a.target]];
    w.add({s_->now, amount, r.distinct == none32 ? 0 : b_.distinct_id(kind, r.distinct)},
          r.window != 0);
}

/// Return rules: a match after a long enough silence is a candidate. A touchpoint in scope ends the
/// silence.
template<class Observer>
void cursor<Observer>::take_return(const action& a, stored_value amount, const candidate& c) {
    const auto& r = p_.rules[a.target];
    auto& last_match = s_->registers[b_.registers[a.target].last_match];
    const std::int64_t last = a.any_scope ? s_->last_touchpoint : last_match;
    if (a.what == action::code::returning && last != before_time && s_->now - last >= r.after &&
        is_match(a, amount))
        consider(c);
    if (a.in_scope && (!a.bounded || b_.in_bounds(r.scope, amount))) last_match = s_->now;
}

/// Sequence rules: register k holds the latest start from which steps 0 … k have been taken. The
/// latest start alone decides whether a chain completes, and a completed chain clears all
/// registers. Under `strict`, a touchpoint in scope breaks every chain that it does not continue.
template<class Observer>
void cursor<Observer>::take_step(const action& a, stored_value amount, const candidate& c) {
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

// ---- inactivity ---------------------------------------------------------------------------------

/// A match of an inactivity rule: ends its awards under `while_idle`, and starts its time again.
template<class Observer>
void cursor<Observer>::end_silence(std::uint32_t rule) {
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

/// Recomputes the earliest deadline of all inactivity rules. O(such rules).
template<class Observer>
std::int64_t cursor<Observer>::next_deadline() noexcept {
    s_->deadline = end_of_time;
    for (const auto r : b_.inactivity_rules)
        s_->deadline = std::min(s_->deadline, s_->registers[b_.registers[r].deadline]);
    return s_->deadline;
}

/// Moves to the earliest deadline; every rule whose deadline it is has a candidate.
template<class Observer>
void cursor<Observer>::pass_deadline() {
    // `deadline` is a lower bound: it is not raised when a match moves a rule's deadline away.
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

// ---- awards -------------------------------------------------------------------------------------

/// Voids all awards of the scores that a reset names.
template<class Observer>
void cursor<Observer>::do_reset(std::uint32_t reset) {
    for (const auto s : *p_.resets[reset].scores) {
        const auto& score = p_.scores[s];
        for (std::uint32_t k = 0; k < score.slot_count; ++k) s_->slots[score.first_slot + k] = 0;
        s_->running[s] = clamp_wide(0, score.min, score.max);
        for (std::size_t i = 0; i < s_->groups.size(); ++i)
            if (b_.fading[i].score == s && b_.fading[i].rule == none32) s_->groups[i].clear();
        observer_.reset(reset, s);
    }
}

/// Grants a candidate its award, or refuses it. The observer is notified of both.
template<class Observer>
void cursor<Observer>::consider(const candidate& c) {
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
            if (!limits_.has_room(*s_, l, c)) return observer_.refuse(c, refusal::limit, none32);
        for (std::uint32_t l = r.first_limit; l < r.first_limit + r.limit_count; ++l)
            limits_.count(*s_, l, c);
    }
    if (r.cooldown != 0) s_->registers[b_.registers[c.rule].last_award] = c.at;
    std::int64_t effect = c.points;
    if (r.running && !r.while_idle) {
        const auto& s = p_.scores[r.score];
        const wide before = s_->running[r.score];
        s_->running[r.score] = clamp_wide(before + c.points, s.min, s.max);
        effect = static_cast<std::int64_t>(s_->running[r.score] - before);
    } else if (r.decay == 0 && !r.while_idle) {
        s_->slots[r.slot] += c.points;
    } else {
        s_->groups[b_.fading_of_rule[c.rule]].add(c.at, c.points, p_.decays[r.decay]);
    }
    observer_.award(c, effect);
}

} // namespace leadfunnel::inline v0::detail
