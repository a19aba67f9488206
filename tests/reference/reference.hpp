// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Scores, bands and classes, written as slowly and plainly as possible: plain loops over a vector
/// of events, everything computed again for each query. Not for production: tests compare the real
/// scorer with this, bit by bit.
///
/// Evaluation instants of a lead, for bands. The real scorer must use exactly these, because a
/// score that decays continuously may cross a threshold between two of them. They are those of the
/// whole model, not of one score, and lie in [first event, t]. The first event is the first one
/// that is not an `always` attribute. A lead without one has no evaluation instants but t itself.
///
/// - the instants of all events except `always` attributes (ignored duplicates are no events);
/// - frequency with a window: each matching touchpoint + window, whether or not the measure then
///   falls below its threshold;
/// - recency: each matching touchpoint + each bin's `within`, if nothing matched up to and at it;
/// - inactivity: each instant at which an award is due, granted or not;
/// - decay of each award granted, unless a reset up to and including the instant has voided it, or
/// its
///   idle time has ended: award + each age at which the factor jumps (step, expiry,
///   table), the end of a linear decay, 33 periods of a half-life, and the age of every point of an
///   interpolated table;
/// - ages in conditions that are evaluated at any time (`when` of attribute, frequency and recency
///   rules, exclusions): held instant + period for `less` and `at_least`, one microsecond later for
///   `at_most` and `greater`, both for `equals` and `not_equals`, if the attribute then holds that
///   instant;
/// - multiples of the decay grid, counted from the epoch. (Skipped here while no award decays
///   continuously: no score can have changed, and evaluating an unchanged score changes no band. A
///   test compares this with all ticks.)
///
/// Each banding has further instants of its own: the end of the dwell time of each band it enters.

#include "condition.hpp"

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/exp2.hpp>
#include <leadfunnel/core/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace reference {

using lf::duration;
using lf::event;
using lf::instant;
using lf::points;
using lf::wide;

// ---- history ------------------------------------------------------------------------------------

inline instant instant_of(const event& e) {
    return std::visit([](const auto& told) { return told.at; }, e);
}

inline bool comes_before(const event& a, const event& b) {
    if (instant_of(a) != instant_of(b)) return instant_of(a) < instant_of(b);
    if (a.index() != b.index()) return a.index() < b.index();
    if (const auto* left = std::get_if<lf::attributes>(&a)) {
        const auto& right = std::get<lf::attributes>(b);
        return std::tie(left->id, left->source, left->values) <
               std::tie(right.id, right.source, right.values);
    }
    if (const auto* left = std::get_if<lf::touchpoint>(&a)) {
        const auto& right = std::get<lf::touchpoint>(b);
        return std::tie(left->id, left->source, left->type, left->properties, left->campaign,
                        left->channel, left->value) < std::tie(right.id, right.source, right.type,
                                                               right.properties, right.campaign,
                                                               right.channel, right.value);
    }
    const auto& left = std::get<lf::stage_entry>(a);
    const auto& right = std::get<lf::stage_entry>(b);
    const auto content = [](const lf::stage_entry& e) {
        return std::tie(e.number, e.id, e.source, e.funnel, e.stage, e.transition, e.reason,
                        e.cause, e.cycle, e.sets, e.scores, e.model_version);
    };
    return content(left) < content(right);
}

/// One lead's events in history order; duplicates are left out and counted.
inline std::vector<event> ordered(std::vector<event> raw, std::size_t* duplicates = nullptr) {
    std::stable_sort(raw.begin(), raw.end(), comes_before);
    std::vector<event> kept;
    std::size_t dropped = 0;
    for (const auto& each : raw) {
        bool told_before = false;
        const auto name = [](const event& e) {
            return std::visit([](const auto& told) { return std::pair{told.source, told.id}; }, e);
        };
        for (const auto& earlier : kept) {
            told_before =
                told_before || (!name(each).second.empty() && each.index() == earlier.index() && //
                                name(each) == name(earlier));
        }
        if (told_before) {
            ++dropped;
        } else {
            kept.push_back(each);
        }
    }
    if (duplicates != nullptr) *duplicates = dropped;
    return kept;
}

/// The number of events at or before an instant.
inline std::size_t count_until(const std::vector<event>& history, instant t) {
    std::size_t n = 0;
    while (n < history.size() && instant_of(history[n]) <= t) ++n;
    return n;
}

/// The first event that is not an `always` attribute.
inline std::optional<instant> first_event(const std::vector<event>& history) {
    for (const auto& each : history) {
        if (instant_of(each) != lf::always) return instant_of(each);
    }
    return std::nullopt;
}

/// The touchpoints that match, as indices into the history.
inline std::vector<std::size_t> matching(const lf::model& m, const lf::pattern& p,
                                         const std::vector<event>& history) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < history.size(); ++i) {
        const auto* tp = std::get_if<lf::touchpoint>(&history[i]);
        if (tp != nullptr && matches(m, p, *tp)) found.push_back(i);
    }
    return found;
}

// ---- decay --------------------------------------------------------------------------------------

inline constexpr wide whole = wide{1} << 31;

/// Age ÷ period in units of 2⁻³², as the comment on `period_divisor` defines it.
inline wide ratio(duration age, duration period) {
    const wide a = age.count();
    const wide p = period.count();
    if (a >= 33 * p) return wide{33} << 32;
    int bits = 0;
    while ((p >> bits) > 0) ++bits;
    const int n = bits - 33;
    const wide shifted = n > 0 ? a >> n : a << -n;
    const wide m = std::min<wide>((wide{1} << (64 + n)) / p, 0xffff'ffff);
    return (shifted * m) >> 32;
}

/// The factor of an award at an age ≥ 0, in units of 2⁻³¹.
inline wide factor_at(const lf::decay_curve& curve, duration age) {
    if (const auto* d = std::get_if<lf::half_life>(&curve)) {
        return lf::exp2_negative(static_cast<std::uint64_t>(ratio(age, d->period)));
    }
    if (const auto* d = std::get_if<lf::linear_decay>(&curve)) {
        if (age >= d->over) return 0;
        return whole - std::min<wide>(ratio(age, d->over), wide{1} << 32) / 2;
    }
    if (const auto* d = std::get_if<lf::step_decay>(&curve)) {
        const wide hundred_percent = 100'000'000;
        const wide p = d->percent.micros();
        const std::int64_t steps = age / d->every;
        if (!d->compound) {
            return std::max<wide>(0,
                                  whole - lf::divide_rounded(whole * steps * p, hundred_percent));
        }
        wide y = wide{1} << 62;
        wide f = whole;
        for (std::int64_t k = 0; k < steps && f != 0; ++k) {
            y = y * (hundred_percent - p) / hundred_percent;
            f = (y + (wide{1} << 30)) >> 31;
        }
        return f;
    }
    if (const auto* d = std::get_if<lf::expiry>(&curve)) return age < d->after ? whole : 0;
    if (const auto* d = std::get_if<lf::decay_table>(&curve)) {
        wide f0 = whole;
        wide a0 = 0;
        for (const auto& point : d->points) {
            const wide f1 = lf::divide_rounded(whole * point.factor.micros(), lf::decimal::unit);
            const wide a1 = point.age.count();
            if (age < point.age) {
                if (!d->interpolate) return f0;
                return f0 + lf::divide_rounded((f1 - f0) * (age.count() - a0), a1 - a0);
            }
            f0 = f1;
            a0 = a1;
        }
        return f0;
    }
    return whole;
}

/// The ages up to `most` that are evaluation instants; see above.
inline std::vector<duration> breakpoints(const lf::decay_curve& curve, duration most) {
    std::vector<duration> ages;
    const auto add = [&](wide age) {
        if (age <= most.count()) ages.emplace_back(static_cast<std::int64_t>(age));
    };
    if (const auto* d = std::get_if<lf::half_life>(&curve)) add(wide{33} * d->period.count());
    if (const auto* d = std::get_if<lf::linear_decay>(&curve)) add(d->over.count());
    if (const auto* d = std::get_if<lf::expiry>(&curve)) add(d->after.count());
    if (const auto* d = std::get_if<lf::step_decay>(&curve)) {
        wide before = whole;
        for (duration age = d->every; age <= most && before != 0; age += d->every) {
            const wide f = factor_at(curve, age);
            if (f != before) add(age.count());
            before = f;
        }
    }
    if (const auto* d = std::get_if<lf::decay_table>(&curve)) {
        for (const auto& point : d->points) {
            const bool jumps =
                factor_at(curve, point.age) != factor_at(curve, point.age - duration{1});
            if (d->interpolate || jumps) add(point.age.count());
        }
    }
    return ages;
}

/// The age up to which a factor changes between its jumps; 0 if it never does.
inline wide continuous_until(const lf::decay_curve& curve) {
    if (const auto* d = std::get_if<lf::half_life>(&curve)) return wide{33} * d->period.count();
    if (const auto* d = std::get_if<lf::linear_decay>(&curve)) return d->over.count();
    if (const auto* d = std::get_if<lf::decay_table>(&curve)) {
        if (d->interpolate && !d->points.empty()) return d->points.back().age.count();
    }
    return 0;
}

// ---- awards -------------------------------------------------------------------------------------

/// A candidate for an award.
struct candidate {
    std::optional<std::size_t> event_index{}; ///< none: inactivity
    instant at{};
    std::size_t after = 0; ///< events [0, after), its own included, come before the award
    points awarded{};
    std::optional<instant> ends{}; ///< under `while_idle`: the touchpoint that ended the idle time
};

enum class refusal { condition, freeze, cooldown, limit };

struct candidate_refusal {
    std::string rule{};
    std::optional<std::size_t> event_index{};
    instant at{};
    refusal why{};
    friend bool operator==(const candidate_refusal&, const candidate_refusal&) = default;
};

struct award : candidate {
    std::size_t rule_index = 0;
    bool is_state = false; ///< of a rule `while_idle`
};

inline std::vector<candidate> candidates(const lf::model& m, const lf::occurrence& r,
                                         const std::vector<event>& history, instant) {
    std::vector<candidate> found;
    for (const std::size_t i : matching(m, r.on, history)) {
        const auto& tp = std::get<lf::touchpoint>(history[i]);
        points awarded = r.points;
        if (r.per_value) {
            if (!tp.value) continue;
            wide p = lf::multiply_micros(*tp.value, *r.per_value);
            if (r.min_points) p = std::max<wide>(p, r.min_points->micros());
            if (r.max_points) p = std::min<wide>(p, r.max_points->micros());
            awarded = points::from_micros(p);
        }
        found.push_back({.event_index = i, .at = tp.at, .after = i + 1, .awarded = awarded});
    }
    return found;
}

inline std::vector<candidate> candidates(const lf::model& m, const lf::sequence& r,
                                         const std::vector<event>& history, instant) {
    std::vector<std::vector<std::size_t>> by_step;
    for (const auto& step : r.steps) by_step.push_back(matching(m, step, history));
    const std::vector<std::size_t> in_scope = matching(m, r.scope, history);
    const auto may_follow = [&](std::size_t earlier, std::size_t later) {
        if (earlier >= later) return false;
        for (const std::size_t between : in_scope) {
            if (r.strict && earlier < between && between < later) return false;
        }
        return true;
    };
    // For each step and each event that can be that step: the latest event, from `from` on, at
    // which such a sequence can have begun. If that one is too early, all others are.
    const auto latest_starts = [&](std::size_t from) {
        using row = std::vector<std::optional<std::size_t>>;
        std::vector<row> starts(by_step.size(), row(history.size()));
        for (const std::size_t i : by_step[0]) {
            if (i >= from) starts[0][i] = i;
        }
        for (std::size_t step = 1; step < by_step.size(); ++step) {
            for (const std::size_t i : by_step[step]) {
                for (const std::size_t before : by_step[step - 1]) {
                    const auto start = starts[step - 1][before];
                    auto& best = starts[step][i];
                    if (start && may_follow(before, i) && (!best || *start > *best)) best = start;
                }
            }
        }
        return starts.back();
    };

    std::vector<candidate> found;
    std::size_t from = 0; // earlier events belong to earlier sequences
    for (std::size_t end = 0; end < history.size(); ++end) {
        const auto start = latest_starts(from)[end];
        if (!start) continue;
        const instant at = instant_of(history[end]);
        if (at - instant_of(history[*start]) >= r.within) continue;
        found.push_back({.event_index = end, .at = at, .after = end + 1, .awarded = r.points});
        from = end + 1;
    }
    return found;
}

inline std::vector<candidate> candidates(const lf::model& m, const lf::return_rule& r,
                                         const std::vector<event>& history, instant) {
    std::vector<candidate> found;
    for (const std::size_t i : matching(m, r.on, history)) {
        std::optional<instant> last;
        for (const std::size_t j : matching(m, r.silence_of, history)) {
            if (j < i) last = instant_of(history[j]);
        }
        const instant at = instant_of(history[i]);
        if (!last || at - *last < r.after) continue;
        found.push_back({.event_index = i, .at = at, .after = i + 1, .awarded = r.points});
    }
    return found;
}

inline std::vector<candidate> candidates(const lf::model& m, const lf::inactivity& r,
                                         const std::vector<event>& history, instant until) {
    std::vector<candidate> found;
    const auto first = first_event(history);
    if (!first) return found;
    std::vector<instant> last_seen{*first};
    for (const std::size_t i : matching(m, r.on, history)) {
        last_seen.push_back(instant_of(history[i]));
    }
    for (std::size_t n = 0; n < last_seen.size(); ++n) {
        std::optional<instant> next;
        if (n + 1 < last_seen.size()) next = last_seen[n + 1];
        instant due = last_seen[n] + r.after;
        for (std::int64_t k = 0; k < r.times; ++k) {
            if (due > until || (next && due >= *next)) break;
            candidate c{.at = due, .after = count_until(history, due), .awarded = r.points};
            if (r.while_idle) c.ends = next;
            found.push_back(c);
            if (r.every) due += *r.every;
        }
    }
    return found;
}

/// A key that is equal for values that count as one under `per_distinct` and `distinct`.
inline std::optional<lf::value> distinct_key(const event& e, const std::string& property) {
    auto held = property_of(std::get<lf::touchpoint>(e), property);
    if (held) {
        if (auto* text = std::get_if<std::string>(&*held)) *text = lf::fold(*text);
        if (auto* members = std::get_if<lf::text_set>(&*held)) {
            lf::text_set folded;
            for (const auto& member : *members) folded.insert(lf::fold(member));
            *members = folded;
        }
    }
    return held;
}

/// A unique name for the calendar period of a local time.
inline std::int64_t calendar_period(lf::local_instant at, lf::calendar_unit unit) {
    const auto date = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day ymd{date};
    const std::int64_t year = int{ymd.year()};
    const std::int64_t month = unsigned{ymd.month()};
    switch (unit) {
    case lf::calendar_unit::day:
        return date.time_since_epoch().count();
    case lf::calendar_unit::week: {
        const auto since_monday =
            std::chrono::weekday{std::chrono::sys_days{date.time_since_epoch()}} -
            std::chrono::Monday;
        return (date - since_monday).time_since_epoch().count();
    }
    case lf::calendar_unit::month:
        return year * 12 + month;
    case lf::calendar_unit::quarter:
        return year * 4 + (month - 1) / 3;
    case lf::calendar_unit::year:
        return year;
    }
    return 0;
}

inline wide absolute(points p) { return p.micros() < 0 ? -wide{p.micros()} : wide{p.micros()}; }

inline bool allows(const lf::model& m, const lf::limit& l, const candidate& c,
                   const std::vector<award>& granted, const std::vector<event>& history) {
    const auto zone = lf::time_zone::find(m.time_zone).value();
    std::int64_t awards = 0;
    wide sum = 0;
    for (const auto& earlier : granted) {
        if (l.rolling && earlier.at <= c.at - *l.rolling) continue;
        if (l.calendar && calendar_period(zone.to_local(earlier.at), *l.calendar) !=
                              calendar_period(zone.to_local(c.at), *l.calendar)) {
            continue;
        }
        if (!l.per_distinct.empty() && c.event_index && earlier.event_index &&
            distinct_key(history[*earlier.event_index], l.per_distinct) !=
                distinct_key(history[*c.event_index], l.per_distinct)) {
            continue;
        }
        ++awards;
        sum += absolute(earlier.awarded);
    }
    if (l.at_most && awards + 1 > *l.at_most) return false;
    return !(l.at_most_points && sum + absolute(c.awarded) > l.at_most_points->micros());
}

/// Whether a list of scores includes this one; an empty list includes all.
inline bool names(const std::vector<std::string>& scores, std::string_view id) {
    return scores.empty() || std::find(scores.begin(), scores.end(), id) != scores.end();
}

template<class Rule>
inline constexpr bool is_award_rule =
    std::is_same_v<Rule, lf::occurrence> || std::is_same_v<Rule, lf::sequence> ||
    std::is_same_v<Rule, lf::return_rule> || std::is_same_v<Rule, lf::inactivity>;

template<class Rule>
std::optional<refusal> refused(const lf::model& m, const Rule& r, const candidate& c,
                               const std::vector<award>& granted,
                               const std::vector<event>& history) {
    // Just before the touchpoint; an inactivity award sees the events of its own instant.
    const moment now{
        .history = &history, .count = c.event_index ? *c.event_index : c.after, .at = c.at};
    if (!holds(m, r.when, now)) return refusal::condition;
    for (const auto& each : m.freezes) {
        if (names(each.scores, r.score) && holds(m, each.when, now)) return refusal::freeze;
    }
    for (const auto& earlier : granted) {
        if (r.cooldown && earlier.at > c.at - *r.cooldown) return refusal::cooldown;
    }
    for (const auto& each : r.limits) {
        if (!allows(m, each, c, granted, history)) return refusal::limit;
    }
    return std::nullopt;
}

/// All awards and refusals of all rules, up to the end of a history or an instant.
struct ledger {
    std::vector<award> awards; ///< ordered by rule as in the model, then by time
    std::vector<candidate_refusal> refusals;
    std::vector<std::pair<std::string, instant>> inactivity_due; ///< granted or not
};

inline ledger make_ledger(const lf::model& m, const std::vector<event>& history, instant until) {
    ledger book;
    for (std::size_t n = 0; n < m.rules.size(); ++n) {
        std::visit(
            [&](const auto& r) {
                using kind = std::decay_t<decltype(r)>;
                if constexpr (is_award_rule<kind>) {
                    std::vector<award> granted;
                    for (const auto& c : candidates(m, r, history, until)) {
                        if (c.at > until) continue;
                        if (!c.event_index) book.inactivity_due.emplace_back(r.score, c.at);
                        if (const auto why = refused(m, r, c, granted, history)) {
                            book.refusals.push_back({r.id, c.event_index, c.at, *why});
                            continue;
                        }
                        award a{c, n, false};
                        if constexpr (std::is_same_v<kind, lf::inactivity>) {
                            a.is_state = r.while_idle;
                        }
                        granted.push_back(a);
                    }
                    book.awards.insert(book.awards.end(), granted.begin(), granted.end());
                }
            },
            m.rules[n]);
    }
    return book;
}

inline const lf::decay_curve& decay_of(const lf::rule& any_rule) {
    static const lf::decay_curve none;
    return std::visit(
        [](const auto& r) -> const lf::decay_curve& {
            if constexpr (is_award_rule<std::decay_t<decltype(r)>>) {
                return r.decay;
            } else {
                return none;
            }
        },
        any_rule);
}

inline const std::string& id_of(const lf::rule& any_rule) {
    return std::visit([](const auto& r) -> const std::string& { return r.id; }, any_rule);
}
inline const std::string& score_of(const lf::rule& any_rule) {
    return std::visit([](const auto& r) -> const std::string& { return r.score; }, any_rule);
}
inline const std::string& group_of(const lf::rule& any_rule) {
    return std::visit([](const auto& r) -> const std::string& { return r.group; }, any_rule);
}

/// Whether the event resets the score.
inline bool resets(const lf::model& m, const event& e, std::string_view score_id) {
    for (const auto& each : m.resets) {
        if (!names(each.scores, score_id)) continue;
        if (const auto* tp = std::get_if<lf::touchpoint>(&e)) {
            if (each.on && matches(m, *each.on, *tp)) return true;
        }
        if (const auto* entry = std::get_if<lf::stage_entry>(&e)) {
            if (!each.on && each.funnel == entry->funnel && each.stage == entry->stage) return true;
        }
    }
    if (const auto* entry = std::get_if<lf::stage_entry>(&e)) {
        for (const auto& f : m.funnels) {
            for (const auto& taken : f.transitions) {
                if (f.id != entry->funnel || taken.id != entry->transition) continue;
                for (const auto& id : taken.then.reset) {
                    if (id == score_id) return true;
                }
            }
        }
    }
    return false;
}

/// Whether an award is void at t: a reset came after it, or its idle time has ended.
inline bool is_voided(const lf::model& m, const award& a, const std::vector<event>& history,
                      instant t) {
    if (a.is_state) return a.ends && *a.ends <= t;
    for (std::size_t i = a.after; i < count_until(history, t); ++i) {
        if (resets(m, history[i], score_of(m.rules[a.rule_index]))) return true;
    }
    return false;
}

// ---- scores -------------------------------------------------------------------------------------

struct contribution {
    std::string rule{};
    std::string group{};
    std::optional<std::size_t> event_index{}; ///< into the ordered history
    instant awarded_at{};                     ///< for state rules: the instant of the query
    points awarded{};
    points now{};        ///< what is left of it, before clamps
    bool voided = false; ///< voided by a reset, or its idle time has ended
    bool is_state = false;
};

struct result {
    std::optional<points> value{}; ///< absent: excluded
    std::string excluded_by{};
    bool saturated = false; ///< the score, or one that it is derived from
    std::vector<contribution> contributions{};
    std::vector<candidate_refusal> refusals{};
};

inline wide clamped(wide micros, const std::optional<lf::decimal>& min,
                    const std::optional<lf::decimal>& max) {
    if (min && micros < min->micros()) micros = min->micros();
    if (max && micros > max->micros()) micros = max->micros();
    return micros;
}

/// The points that a state rule contributes at t; nothing if it does not contribute.
inline std::optional<points> state_points(const lf::model& m, const lf::rule& any_rule,
                                          const std::vector<event>& history, instant t) {
    const moment now{.history = &history, .count = count_until(history, t), .at = t};
    if (const auto* r = std::get_if<lf::attribute_rule>(&any_rule)) {
        if (holds(m, r->when, now)) return r->points;
    }
    if (const auto* r = std::get_if<lf::frequency>(&any_rule)) {
        if (!holds(m, r->when, now)) return std::nullopt;
        wide measured = 0;
        std::vector<lf::value> seen;
        for (const std::size_t i : matching(m, r->on, history)) {
            const auto& tp = std::get<lf::touchpoint>(history[i]);
            if (tp.at > t || (r->window && tp.at <= t - *r->window)) continue;
            if (r->measure == lf::frequency_measure::count) measured += lf::decimal::unit;
            if (r->measure == lf::frequency_measure::sum && tp.value)
                measured += tp.value->micros();
            if (r->measure == lf::frequency_measure::distinct) {
                const auto key = distinct_key(history[i], r->property);
                if (!key || std::find(seen.begin(), seen.end(), *key) != seen.end()) continue;
                seen.push_back(*key);
                measured += lf::decimal::unit;
            }
        }
        if (measured >= r->at_least.micros()) return r->points;
    }
    if (const auto* r = std::get_if<lf::recency>(&any_rule)) {
        if (!holds(m, r->when, now)) return std::nullopt;
        std::optional<instant> last;
        for (const std::size_t i : matching(m, r->on, history)) {
            if (instant_of(history[i]) <= t) last = instant_of(history[i]);
        }
        if (!last) return r->if_never;
        for (const auto& bin : r->bins) {
            if (t - *last < bin.within) return bin.points;
        }
        return r->otherwise;
    }
    return std::nullopt;
}

/// A running clamp: the sum of the awards at t.
inline wide fold_awards(const lf::model& m, const lf::score& s, const ledger& book,
                        const std::vector<event>& history, instant t) {
    wide sum = clamped(0, s.min, s.max);
    const auto add = [&](const award& a) { sum = clamped(sum + a.awarded.micros(), s.min, s.max); };
    std::vector<award> mine;
    for (const auto& a : book.awards) {
        if (score_of(m.rules[a.rule_index]) == s.id && !a.is_state && a.at <= t) mine.push_back(a);
    }
    for (std::size_t i = 0; i < count_until(history, t); ++i) {
        if (resets(m, history[i], s.id)) sum = clamped(0, s.min, s.max);
        for (const auto& a : mine) { // by rule in the order of the model
            if (a.event_index == i) add(a);
        }
        std::vector<award> idle; // between this event and the next
        for (const auto& a : mine) {
            if (!a.event_index && a.after == i + 1) idle.push_back(a);
        }
        std::stable_sort(idle.begin(), idle.end(),
                         [](const award& a, const award& b) { return a.at < b.at; });
        for (const auto& a : idle) add(a);
    }
    return sum;
}

inline const lf::exclusion* excluding(const lf::model& m, const std::vector<event>& history,
                                      std::string_view score_id, instant t) {
    const moment now{.history = &history, .count = count_until(history, t), .at = t};
    for (const auto& each : m.exclusions) {
        if (names(each.scores, score_id) && holds(m, each.when, now)) return &each;
    }
    return nullptr;
}

inline result base_score(const lf::model& m, const lf::score& s, const ledger& book,
                         const std::vector<event>& history, instant t) {
    result out;
    const std::string& id = s.id;
    for (const auto& r : book.refusals) {
        for (const auto& any_rule : m.rules) {
            if (id_of(any_rule) == r.rule && score_of(any_rule) == id && r.at <= t) {
                out.refusals.push_back(r);
            }
        }
    }
    for (std::size_t n = 0; n < m.rules.size(); ++n) {
        if (score_of(m.rules[n]) != id) continue;
        if (const auto p = state_points(m, m.rules[n], history, t)) {
            out.contributions.push_back({.rule = id_of(m.rules[n]),
                                         .group = group_of(m.rules[n]),
                                         .awarded_at = t,
                                         .awarded = *p,
                                         .now = *p,
                                         .is_state = true});
        }
        for (const auto& a : book.awards) {
            if (a.rule_index != n || a.at > t) continue;
            contribution c{.rule = id_of(m.rules[n]),
                           .group = group_of(m.rules[n]),
                           .event_index = a.event_index,
                           .awarded_at = a.at,
                           .awarded = a.awarded,
                           .voided = is_voided(m, a, history, t),
                           .is_state = a.is_state};
            if (!c.voided) {
                const wide f = factor_at(decay_of(m.rules[n]), t - a.at);
                c.now = points::from_micros(lf::divide_rounded(a.awarded.micros() * f, whole));
            }
            out.contributions.push_back(c);
        }
    }

    wide sum = 0;
    if (s.clamp == lf::clamping::running) {
        sum = fold_awards(m, s, book, history, t);
        for (const auto& c : out.contributions) {
            if (c.is_state) sum += c.now.micros();
        }
    } else {
        for (const auto& c : out.contributions) {
            if (c.group.empty()) sum += c.now.micros();
        }
        for (const auto& g : s.groups) {
            wide of_group = 0;
            for (const auto& c : out.contributions) {
                if (c.group == g.id) of_group += c.now.micros();
            }
            sum += clamped(of_group, g.min, g.max);
        }
    }
    sum = clamped(sum, s.min, s.max);
    out.value = points::from_micros(sum, &out.saturated);

    if (const auto* because = excluding(m, history, id, t)) {
        out.value.reset();
        out.excluded_by = because->id;
        out.saturated = false;
    }
    return out;
}

inline result score_in(const lf::model& m, std::string_view id, const ledger& book,
                       const std::vector<event>& history, instant t);

inline result derived_score(const lf::model& m, const lf::derived_score& d, const ledger& book,
                            const std::vector<event>& history, instant t) {
    result out;
    if (const auto* because = excluding(m, history, d.id, t)) {
        out.excluded_by = because->id;
        return out;
    }
    bool absent = false;
    const auto input = [&](const std::string& id) -> wide {
        const result r = score_in(m, id, book, history, t);
        if (!r.value) {
            if (!absent) out.excluded_by = r.excluded_by;
            absent = true;
            return 0;
        }
        out.saturated = out.saturated || r.saturated;
        return r.value->micros();
    };

    wide micros = 0;
    if (const auto* f = std::get_if<lf::weighted_sum>(&d.from)) {
        micros = f->plus.micros();
        for (const auto& term : f->terms) {
            micros += lf::divide_rounded(term.weight.micros() * input(term.score), 1'000'000);
        }
    }
    if (const auto* f = std::get_if<lf::minimum_of>(&d.from)) {
        micros = input(f->scores.front());
        for (const auto& id : f->scores) micros = std::min(micros, input(id));
    }
    if (const auto* f = std::get_if<lf::maximum_of>(&d.from)) {
        micros = input(f->scores.front());
        for (const auto& id : f->scores) micros = std::max(micros, input(id));
    }
    if (const auto* f = std::get_if<lf::logistic>(&d.from)) {
        const wide distance = input(f->score) - f->midpoint.micros();
        const wide top = f->top.micros();
        const wide log2_e = 6'196'328'019; // in 2⁻³²
        const wide y =
            lf::divide_rounded((distance < 0 ? -distance : distance) * log2_e, f->spread.micros());
        const wide e =
            lf::exp2_negative(static_cast<std::uint64_t>(std::min<wide>(y, wide{33} << 32)));
        micros = lf::divide_rounded(top * (distance >= 0 ? whole : e), whole + e);
    }
    if (const auto* f = std::get_if<lf::lookup>(&d.from)) {
        const wide reached = input(f->score);
        micros = f->below.micros();
        for (const auto& step : f->steps) {
            if (reached >= step.at_least.micros()) micros = step.points.micros();
        }
    }
    if (absent) {
        out.saturated = false;
        return out;
    }
    out.excluded_by.clear();
    out.value = points::from_micros(clamped(micros, d.min, d.max), &out.saturated);
    return out;
}

inline result score_in(const lf::model& m, std::string_view id, const ledger& book,
                       const std::vector<event>& history, instant t) {
    for (const auto& s : m.scores) {
        if (s.id == id) return base_score(m, s, book, history, t);
    }
    for (const auto& d : m.derived) {
        if (d.id == id) return derived_score(m, d, book, history, t);
    }
    throw std::invalid_argument("no such score: " + std::string(id));
}

/// The events up to t, in order: a query about t may use no others.
inline std::vector<event> known_at(const std::vector<event>& raw, instant t) {
    std::vector<event> known;
    for (const auto& each : raw) {
        if (instant_of(each) <= t) known.push_back(each);
    }
    return ordered(known);
}

/// A score of one lead, base or derived, at an instant.
inline result score_at(const lf::model& m, const std::vector<event>& raw, std::string_view id,
                       instant t) {
    const auto history = known_at(raw, t);
    return score_in(m, id, make_ledger(m, history, t), history, t);
}

// ---- evaluation instants ------------------------------------------------------------------------

inline void age_tests_of(const lf::condition& c, std::vector<lf::test>& found) {
    if (c.is == lf::condition::kind::test && c.check.of == lf::subject::attribute &&
        c.check.take == lf::part::age && c.check.how != lf::op::exists) {
        found.push_back(c.check);
    }
    for (const auto& part : c.of) age_tests_of(part, found);
}

/// The instants at which a test of the time since an instant changes its outcome.
inline std::vector<instant> flips_of(const lf::test& check, instant since) {
    std::vector<instant> found;
    const instant threshold = since + check.period;
    const bool strict = check.how == lf::op::at_most || check.how == lf::op::greater;
    const bool both = check.how == lf::op::equals || check.how == lf::op::not_equals;
    if (!strict) found.push_back(threshold);
    if (strict || both) found.push_back(threshold + duration{1});
    return found;
}

/// The evaluation instants in [from, to], rising. With `every_tick`, no tick of the grid is
/// skipped.
inline std::vector<instant> evaluation_instants(const lf::model& m, const std::vector<event>& raw,
                                                instant from, instant to, bool every_tick = false) {
    std::set<instant> due;
    const auto history = known_at(raw, to);
    const auto first = first_event(history);
    if (!first) return {};
    const auto add = [&](instant at) {
        if (at >= *first && at <= to) due.insert(at);
    };
    for (const auto& each : history) {
        if (instant_of(each) != lf::always) add(instant_of(each));
    }

    const ledger book = make_ledger(m, history, to);
    for (const auto& any_rule : m.rules) {
        if (const auto* r = std::get_if<lf::frequency>(&any_rule)) {
            for (const std::size_t i : matching(m, r->on, history)) {
                if (r->window) add(instant_of(history[i]) + *r->window);
            }
        }
        if (const auto* r = std::get_if<lf::recency>(&any_rule)) {
            const auto matched = matching(m, r->on, history);
            for (std::size_t n = 0; n < matched.size(); ++n) {
                for (const auto& bin : r->bins) {
                    const instant edge = instant_of(history[matched[n]]) + bin.within;
                    const bool superseded =
                        n + 1 < matched.size() && instant_of(history[matched[n + 1]]) <= edge;
                    if (!superseded) add(edge);
                }
            }
        }
    }
    for (const auto& [score_id, at] : book.inactivity_due) add(at);

    const auto next_tick = [&](instant after) {
        const auto since = after.time_since_epoch();
        auto k = since / m.decay_grid;
        while (m.decay_grid * k <= since) ++k;
        while (m.decay_grid * (k - 1) > since) --k;
        return instant{m.decay_grid * k};
    };
    for (const auto& a : book.awards) {
        const auto& decay = decay_of(m.rules[a.rule_index]);
        for (const duration age : breakpoints(decay, to - a.at)) {
            if (!is_voided(m, a, history, a.at + age)) add(a.at + age);
        }
        const wide last = continuous_until(decay);
        for (instant tick = next_tick(a.at); tick <= to && (tick - a.at).count() <= last;
             tick += m.decay_grid) {
            add(tick);
        }
    }
    if (every_tick) {
        for (instant tick = next_tick(*first); tick <= to; tick += m.decay_grid) add(tick);
    }

    std::vector<lf::test> ages;
    for (const auto& any_rule : m.rules) {
        std::visit(
            [&](const auto& r) {
                if constexpr (!is_award_rule<std::decay_t<decltype(r)>>) age_tests_of(r.when, ages);
            },
            any_rule);
    }
    for (const auto& each : m.exclusions) age_tests_of(each.when, ages);
    for (const auto& check : ages) {
        for (const auto& each : history) {
            const auto* told = facts_of(each);
            if (told == nullptr) continue;
            const auto found = told->find(check.name);
            if (found == told->end()) continue;
            const auto* held = std::get_if<instant>(&found->second);
            if (held == nullptr) continue;
            const auto flips = [&](instant at) {
                if (at < *first || at > to) return;
                const moment then{.history = &history, .count = count_until(history, at), .at = at};
                if (attribute_of(then, check.name) == lf::value{*held}) add(at);
            };
            for (const instant at : flips_of(check, *held)) flips(at);
        }
    }
    std::vector<instant> out;
    for (const instant at : due) {
        if (at >= from) out.push_back(at);
    }
    return out;
}

// ---- bands and classes --------------------------------------------------------------------------

inline lf::decimal enter_of(const lf::band& b) { return b.enter.value_or(lf::decimal::min()); }
inline lf::decimal leave_of(const lf::band& b) { return b.leave.value_or(enter_of(b)); }

/// The index of the highest band whose `enter` the score reaches.
inline std::size_t band_entered(const lf::banding& b, points value) {
    std::size_t reached = 0;
    for (std::size_t i = 1; i < b.bands.size(); ++i) {
        if (value >= enter_of(b.bands[i])) reached = i;
    }
    return reached;
}

inline const lf::banding& banding_named(const lf::model& m, std::string_view id) {
    for (const auto& b : m.bandings) {
        if (b.id == id) return b;
    }
    throw std::invalid_argument("no such banding: " + std::string(id));
}

/// The band of one banding, updated at each evaluation.
struct band_fold {
    const lf::banding* of = nullptr;
    std::optional<std::size_t> current{}; ///< index in the banding; none while the score is absent
    instant entered{};
    std::optional<instant>
        dwelt{}; ///< end of the current band's dwell time, until it has been evaluated

    void enter(std::size_t place, instant at) {
        current = place;
        entered = at;
        if (of->min_dwell) dwelt = at + *of->min_dwell;
    }

    void look(std::optional<points> value, instant at) {
        if (!value) {
            current.reset();
            dwelt.reset();
            return;
        }
        if (!current) {
            enter(band_entered(*of, *value), at);
            return;
        }
        std::size_t wanted = *current;
        if (band_entered(*of, *value) > wanted) {
            wanted = band_entered(*of, *value);
        } else {
            while (wanted > 0 && *value < leave_of(of->bands[wanted])) --wanted;
        }
        if (wanted == *current) return;
        if (of->min_dwell && entered + *of->min_dwell > at) return;
        enter(wanted, at);
    }

    /// Evaluates an instant; first, the ends of dwell times up to it.
    template<class ValueAt>
    void go_to(instant at, const ValueAt& value_at) {
        while (dwelt && *dwelt <= at) {
            const instant end = *dwelt;
            dwelt.reset();
            look(value_at(end), end);
        }
        look(value_at(at), at);
    }
};

/// The index of the band at t in the banding; none while the score is absent.
inline std::optional<std::size_t> band_index_at(const lf::model& m, const std::vector<event>& raw,
                                                std::string_view banding_id, instant t,
                                                bool every_tick = false) {
    const lf::banding& b = banding_named(m, banding_id);
    const auto history = known_at(raw, t);
    // An award depends on nothing after it, so one ledger serves all instants up to t.
    const ledger book = make_ledger(m, history, t);
    const auto value_at = [&](instant at) { return score_in(m, b.score, book, history, at).value; };
    band_fold fold{.of = &b};
    for (const instant at : evaluation_instants(m, raw, lf::always, t, every_tick)) {
        fold.go_to(at, value_at);
    }
    fold.go_to(t, value_at);
    return fold.current;
}

inline std::optional<std::string> band_at(const lf::model& m, const std::vector<event>& raw,
                                          std::string_view banding_id, instant t) {
    const auto place = band_index_at(m, raw, banding_id, t);
    if (!place) return std::nullopt;
    return banding_named(m, banding_id).bands[*place].id;
}

/// The class where two bands cross.
inline std::string class_of(const lf::model& m, const lf::matrix& x, std::size_t row,
                            std::size_t column) {
    if (!x.classes.empty()) return x.classes[row][column];
    return banding_named(m, x.rows).bands[row].id + banding_named(m, x.columns).bands[column].id;
}

inline std::optional<std::string> class_at(const lf::model& m, const std::vector<event>& raw,
                                           std::string_view matrix_id, instant t) {
    for (const auto& each : m.matrices) {
        if (each.id != matrix_id) continue;
        const auto row = band_index_at(m, raw, each.rows, t);
        const auto column = band_index_at(m, raw, each.columns, t);
        if (!row || !column) return std::nullopt;
        return class_of(m, each, *row, *column);
    }
    throw std::invalid_argument("no such matrix: " + std::string(matrix_id));
}

} // namespace reference
