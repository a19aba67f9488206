// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Awards of a run of leads: which touchpoints are granted one, and what it is worth.

#include <leadfunnel/batch/impl/column_run.ipp>

#include <leadfunnel/plan/detail/decayed_sum.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace leadfunnel::inline v0::detail {

// ---- awards -------------------------------------------------------------------------------------

LEADFUNNEL_DECL void column_scorer::take_dense(std::uint32_t column, bool small) {
    const auto& c = b_.additive[column];
    const auto& d = p_.decays[c.decay];
    if (n_ == 1) {
        // A running sum through all leads. Leads left over may make it wrap around; the differences
        // below are right all the same.
        make_room(kept_, all_.size() + 1);
        kept_[0] = 0;
        const auto kept = std::span{kept_}.subspan(1, all_.size());
        keep_awards(d, {all_.at, all_.kind, c.points, small}, rising_.front(), kept);
        std::uint64_t sum = 0;
        for (auto& k : kept) {
            sum += static_cast<std::uint64_t>(k);
            k = static_cast<std::int64_t>(sum);
        }
        std::int64_t* sums = sums_of(c.slot, 0);
        for (index l = 0; l < leads_; ++l) {
            const auto mine =
                static_cast<std::int64_t>(static_cast<std::uint64_t>(kept_[begins_[l + 1]]) -
                                          static_cast<std::uint64_t>(kept_[begins_[l]]));
            sums[l] += taken_[l] != 0 ? mine : 0;
        }
        return;
    }
    for (index l = 0; l < leads_; ++l) {
        if (taken_[l] == 0) continue;
        const auto sums = std::span{sums_of(c.slot, l), n_};
        for (index i = begins_[l]; i < begins_[l + 1]; ++i) {
            std::size_t from = first_instant_[i];
            if (from == n_) break;
            from -=
                std::min(from, (from - n_) % 8); // whole vectors: begins up to 7 instants too early
            if (const auto points = c.points[all_.kind[i]]; points != 0)
                add_kept(d, at(i), points, std::span{rising_}.subspan(from), sums.subspan(from));
        }
    }
}

LEADFUNNEL_DECL void column_scorer::take_sparse(const column_rules::sparse_awards& s) {
    for (const auto& [c, points] : s.points) {
        const auto of =
            std::span{sorted_}.subspan(class_begins_[c], class_begins_[c + 1] - class_begins_[c]);
        auto& a = awards_;
        make_room(a.at, of.size());
        make_room(a.lead, of.size());
        for (std::size_t j = 0; j < of.size(); ++j) {
            a.at[j] = all_.at[of[j]];
            a.lead[j] = lead_of_[of[j]];
        }
        a.size = of.size();
        a.same = points;
        a.varies = a.ends = false;
        give(s.slot, s.decay, a);
    }
}

/// Adds the worth of awards to the sums.
LEADFUNNEL_DECL void column_scorer::give(std::uint32_t slot, std::uint32_t decay, award_list& a) {
    if (a.size == 0) return;
    const auto& d = p_.decays[decay];
    if (n_ > 1) {
        for (std::size_t j = 0; j < a.size; ++j) {
            const std::int64_t t = a.at[j].time_since_epoch().count();
            const auto from = std::lower_bound(rising_.begin(), rising_.end(), t);
            const auto to =
                a.ends ? std::lower_bound(from, rising_.end(), a.end[j]) : rising_.end();
            const auto begin = static_cast<std::size_t>(from - rising_.begin());
            const auto count = static_cast<std::size_t>(to - from);
            add_kept(d, t, a.varies ? a.points[j] : a.same,
                     std::span{rising_}.subspan(begin, count),
                     std::span{sums_of(slot, a.lead[j]) + begin, count});
        }
        return;
    }
    const std::int64_t now = rising_.front();
    make_room(kept_, a.size);
    std::int64_t* kept = kept_.data();
    if (decay == 0) {
        if (a.varies)
            std::copy_n(a.points.data(), a.size, kept);
        else
            std::fill_n(kept, a.size, a.same);
    } else {
        if (kinds_.size() < a.size) kinds_.resize(a.size * 2);
        while (a.varies && count_up_.size() < a.size)
            count_up_.push_back(static_cast<std::uint32_t>(count_up_.size()));
        keep_awards(d,
                    {std::span{a.at}.first(a.size),
                     std::span{a.varies ? count_up_ : kinds_}.first(a.size),
                     a.varies ? std::span<const std::int64_t>{a.points} : std::span{&a.same, 1},
                     !a.varies && is_small(a.same)},
                    now, std::span{kept, a.size});
    }
    if (a.ends)
        for (std::size_t j = 0; j < a.size; ++j) kept[j] = a.end[j] > now ? kept[j] : 0;
    std::int64_t* sums = sums_of(slot, 0);
    for (std::size_t j = 0; j < a.size; ++j) sums[a.lead[j]] += kept[j];
}

LEADFUNNEL_DECL void column_scorer::take(const column_rules::touch_rule& r) {
    const auto& rule = p_.rules[r.rule];
    awards_.varies = false;
    std::span<const index> of;
    switch (rule.kind) {
    case rule_kind::frequency:
        return take_frequency(r);
    case rule_kind::recency:
        return take_recency(r);
    case rule_kind::inactivity:
        return take_inactivity(r);
    case rule_kind::occurrence:
        of = matches(r.set);
        if (r.bounded) of = within_bounds(of, rule.on);
        if (rule.by_value) of = points_by_value(rule, of);
        break;
    case rule_kind::returning:
        of = returns(r);
        break;
    case rule_kind::sequence:
        of = chains(r);
        break;
    case rule_kind::attribute:
        return;
    }
    if (r.counts_simply) {
        if (!r.grants_all) of = grant_simply(r, of);
    } else {
        make_room(granted_, of.size());
        std::size_t n = 0;
        grants_of_ = none32;
        for (const auto i : of) {
            granted_[n] = i;
            n += grants(r, {all_.at[i], lead_of_[i], i, rule.by_value ? points_[i] : rule.points});
        }
        of = std::span{granted_}.first(n);
    }
    collect(r, of);
    give(rule.slot, rule.decay, awards_);
}

/// Makes the awards of touchpoints.
LEADFUNNEL_DECL void column_scorer::collect(const column_rules::touch_rule& r,
                                            std::span<const index> of) {
    const auto& rule = p_.rules[r.rule];
    auto& a = awards_;
    a.size = of.size();
    a.same = rule.points;
    a.varies = rule.by_value;
    a.ends = r.resets != none32;
    make_room(a.at, a.size);
    make_room(a.lead, a.size);
    for (std::size_t j = 0; j < a.size; ++j) {
        a.at[j] = all_.at[of[j]];
        a.lead[j] = lead_of_[of[j]];
    }
    if (a.varies) {
        make_room(a.points, a.size);
        for (std::size_t j = 0; j < a.size; ++j) a.points[j] = points_[of[j]];
    }
    if (a.ends) {
        make_room(a.end, a.size);
        for (std::size_t j = 0; j < a.size; ++j) a.end[j] = next_reset_[r.resets][of[j]];
    }
}

/// Computes the points of touchpoints by their value, and returns those that have one. A lead with
/// an award beyond `most_points` is left over.
LEADFUNNEL_DECL std::span<const column_scorer::index>
column_scorer::points_by_value(const compiled_rule& r, std::span<const index> of) {
    make_room(points_, all_.size());
    make_room(candidates_, of.size());
    std::size_t n = 0;
    const std::int64_t each = r.per_value.micros();
    constexpr std::size_t ahead = 16;
    for (std::size_t j = 0; j < of.size(); ++j) {
        if (!all_.value.empty() && j + ahead < of.size())
            __builtin_prefetch(&all_.value[of[j + ahead]]);
        const index i = of[j];
        const stored_value v = amount(i);
        candidates_[n] = i;
        n += v != no_value ? 1U : 0U;
        std::int64_t product = 0;
        std::int64_t points = 0;
        if (!__builtin_mul_overflow(each, v, &product)) {
            // As `multiply_micros` rounds: half away from zero.
            const std::int64_t whole = product / decimal::unit;
            const std::int64_t rest = product % decimal::unit;
            points = whole + (rest >= decimal::unit / 2 ? 1 : 0) -
                     (rest <= -(decimal::unit / 2) ? 1 : 0);
            points = std::clamp(points, r.min_points, r.max_points);
        } else {
            points = decimal::from_micros(
                         clamp_wide(weighted(r.per_value, v), r.min_points, r.max_points))
                         .micros();
        }
        if (points > r_.most_points || points < -r_.most_points) {
            if (v != no_value) taken_[lead_of_[i]] = 0;
            points = 0;
        }
        points_[i] = points;
    }
    return std::span{candidates_}.first(n);
}

LEADFUNNEL_DECL std::span<const column_scorer::index>
column_scorer::returns(const column_rules::touch_rule& r) {
    const auto& rule = p_.rules[r.rule];
    auto of = matches(r.set);
    make_room(candidates_, of.size());
    std::size_t n = 0;
    if (r.any_scope) {
        if (r.bounded) of = within_bounds(of, rule.on);
        for (const auto i : of) {
            candidates_[n] = i;
            const bool first = i == begins_[lead_of_[i]];
            n += !first && at(i) - at(i - (first ? 0U : 1U)) >= rule.after ? 1U : 0U;
        }
        return std::span{candidates_}.first(n);
    }
    index lead = none32;
    std::int64_t last = before_time;
    for (const auto i : of) {
        if (lead_of_[i] != lead) {
            lead = lead_of_[i];
            last = before_time;
        }
        const unsigned flags = r.flags[class_of_[i]];
        candidates_[n] = i;
        n += (flags & column_rules::is_on) != 0 && last != before_time &&
                     at(i) - last >= rule.after && b_.in_bounds(rule.on, amount(i))
                 ? 1U
                 : 0U;
        if ((flags & column_rules::in_scope) != 0 && b_.in_bounds(rule.scope, amount(i)))
            last = at(i);
    }
    return std::span{candidates_}.first(n);
}

/// The touchpoints that complete a sequence; the algorithm is that of `cursor::take_step`.
LEADFUNNEL_DECL std::span<const column_scorer::index>
column_scorer::chains(const column_rules::touch_rule& r) {
    const auto& rule = p_.rules[r.rule];
    const auto of = matches(r.set);
    make_room(candidates_, of.size());
    std::size_t n = 0;
    index lead = none32;
    if (rule.steps.size() == 2 && !rule.strict && !r.bounded && rule.within <= longest_duration) {
        const run_columns in{all_.at.data(), lead_of_.data()};
        const std::uint16_t* class_of = class_of_.data();
        const std::uint16_t* steps_of = r.flags.data();
        index* out = candidates_.data();
        const std::uint64_t within = static_cast<std::uint64_t>(rule.within);
        std::int64_t start = before_time;
        for (const auto i : of) {
            const std::uint64_t steps = steps_of[class_of[i]];
            const std::int64_t now = in.time(i);
            start = pick(in.lead[i] == lead, start, before_time);
            lead = in.lead[i];
            const bool ends = ((steps >> 1) & (age_of(start, now) < within ? 1U : 0U)) != 0;
            out[n] = i;
            n += ends ? 1U : 0U;
            start = pick(ends, before_time, pick((steps & 1U) != 0, now, start));
        }
        return std::span{candidates_}.first(n);
    }
    std::array<std::int64_t, 8> start{};
    const std::size_t last = rule.steps.size() - 1;
    for (const auto i : of) {
        if (lead_of_[i] != lead) {
            lead = lead_of_[i];
            start.fill(before_time);
        }
        const unsigned flags = r.flags[class_of_[i]];
        const std::int64_t now = at(i);
        const bool breaks =
            (flags & column_rules::in_scope) != 0 && b_.in_bounds(rule.scope, amount(i));
        for (std::size_t k = last + 1; k-- > 0;) {
            std::int64_t from = before_time;
            if (((flags >> k) & 1U) != 0 && b_.in_bounds(rule.steps[k], amount(i)))
                from = k == 0 ? now : start[k - 1];
            if (from != before_time && now - from >= rule.within) from = before_time;
            if (k < last) {
                start[k] = breaks ? from : std::max(start[k], from);
            } else if (from != before_time) {
                start.fill(before_time);
                candidates_[n++] = i;
                break;
            }
        }
    }
    return std::span{candidates_}.first(n);
}

// ---- limits -------------------------------------------------------------------------------------

LEADFUNNEL_DECL std::int64_t column_scorer::period_at(std::int64_t t, calendar_unit unit) const {
    const instant when{duration{t}};
    if (when < zone_span_.begin || when >= zone_span_.end) zone_span_ = p_.zone.span_at(when);
    return period_of(local_instant{duration{t} + zone_span_.offset}, unit);
}

/// Longer than any calendar period of a unit, including changes of clocks and of dates.
[[nodiscard]] inline std::int64_t longest_period(calendar_unit unit) noexcept {
    constexpr std::int64_t day = 86'400'000'000;
    constexpr std::array<std::int64_t, 5> days{3, 9, 33, 94, 368};
    return days[static_cast<std::size_t>(unit)] * day;
}

/// Whether two instants are in one calendar period. Precondition: `a <= b`.
LEADFUNNEL_DECL bool column_scorer::same_period(std::int64_t a, std::int64_t b,
                                                calendar_unit unit) const {
    if (b - a >= longest_period(unit)) return false;
    return period_at(a, unit) == period_at(b, unit);
}

/// Grants under a gate, a cooldown, and at most one limit of awards (for life or by calendar
/// period). It is enough to remember the last award of a lead, and how many there were.
LEADFUNNEL_DECL std::span<const column_scorer::index>
column_scorer::grant_simply(const column_rules::touch_rule& r, std::span<const index> of) {
    const auto& rule = p_.rules[r.rule];
    const auto* limit = rule.limit_count != 0 ? &p_.limits[rule.first_limit] : nullptr;
    const bool calendar = limit != nullptr && limit->per == compiled_limit::period::calendar;
    const std::int64_t most = limit != nullptr ? limit->at_most : end_of_time;
    make_room(granted_, of.size());
    std::size_t n = 0;
    if ((limit == nullptr || most == 1) && rule.cooldown <= longest_duration)
        return grant_by_last(r, of, calendar);
    index lead = none32;
    std::int64_t last = before_time;
    std::int64_t count = 0;
    for (const auto i : of) {
        const std::int64_t now = at(i);
        const bool same = lead_of_[i] == lead;
        lead = lead_of_[i];
        last = same ? last : before_time;
        count = same ? count : 0;
        if (calendar && count >= most && !same_period(last, now, limit->unit)) count = 0;
        bool grants = count < most && (last == before_time || last <= now - rule.cooldown);
        if (r.gate != none32) grants = grants && is_open(r.gate, lead, now);
        if (calendar && grants && count != 0 && most != 1 && !same_period(last, now, limit->unit))
            count = 0;
        granted_[n] = i;
        n += grants ? 1U : 0U;
        last = grants ? now : last;
        count += grants ? 1 : 0;
    }
    return std::span{granted_}.first(n);
}

/// The same where the last award alone decides: without a limit, or with a limit of one award.
LEADFUNNEL_DECL std::span<const column_scorer::index>
column_scorer::grant_by_last(const column_rules::touch_rule& r, std::span<const index> of,
                             bool calendar) {
    const auto& rule = p_.rules[r.rule];
    const auto* limit = rule.limit_count != 0 ? &p_.limits[rule.first_limit] : nullptr;
    const auto cooldown = static_cast<std::uint64_t>(
        limit != nullptr && !calendar ? longest_duration : rule.cooldown);
    const std::uint64_t near =
        calendar ? static_cast<std::uint64_t>(longest_period(limit->unit)) : 0;
    const run_columns in{all_.at.data(), lead_of_.data()};
    const bool by_lead = r.gate != none32 && !r_.gates[r.gate].by_instant && phases_ == leads_;
    const std::uint8_t* open = by_lead ? open_.data() + r.gate * phases_ : nullptr;
    const bool by_instant = r.gate != none32 && !by_lead;
    index* out = granted_.data();
    std::size_t n = 0;
    index lead = none32;
    std::int64_t last = before_time;
    for (const auto i : of) {
        const std::int64_t now = in.time(i);
        last = pick(in.lead[i] == lead, last, before_time);
        lead = in.lead[i];
        const std::uint64_t age = age_of(last, now);
        bool grants = age >= cooldown;
        if (age < near && same_period(last, now, limit->unit)) grants = false;
        if (open != nullptr) grants = ((grants ? 1U : 0U) & open[lead]) != 0;
        if (by_instant) grants = grants && is_open(r.gate, lead, now);
        out[n] = i;
        n += grants ? 1U : 0U;
        last = pick(grants, now, last);
    }
    return std::span{granted_}.first(n);
}

/// Whether a limit allows a candidate, given what the lead was granted before.
LEADFUNNEL_DECL bool column_scorer::has_room(const compiled_limit& l, const candidate& c) const {
    const auto number = [&](index touchpoint) {
        return touchpoint == none32 ? 0U : b_.distinct_id(all_.kind[touchpoint], l.distinct);
    };
    const std::int64_t now = c.at.time_since_epoch().count();
    const std::uint32_t mine = l.distinct == none32 ? 0 : number(c.touchpoint);
    std::int64_t count = 0;
    wide points = 0;
    for (auto g = grants_.rbegin(); g != grants_.rend(); ++g) {
        if (l.per == compiled_limit::period::rolling && g->at <= now - l.rolling) break;
        if (l.per == compiled_limit::period::calendar && !same_period(g->at, now, l.unit)) break;
        if (l.distinct != none32 && number(g->touchpoint) != mine) continue;
        ++count;
        points += g->points;
    }
    const wide size = c.points < 0 ? -static_cast<wide>(c.points) : c.points;
    if (l.counts_points && points + size > l.at_most_points) return false;
    return count < l.at_most;
}

/// Whether a candidate is granted. Precondition: the candidates of a lead come in order.
LEADFUNNEL_DECL bool column_scorer::grants(const column_rules::touch_rule& r, const candidate& c) {
    const auto& rule = p_.rules[r.rule];
    const std::int64_t now = c.at.time_since_epoch().count();
    if (c.lead != grants_of_) {
        grants_of_ = c.lead;
        grants_.clear();
    }
    if (!is_open(r.gate, c.lead, now)) return false;
    if (rule.cooldown != 0 && !grants_.empty() && grants_.back().at > now - rule.cooldown)
        return false;
    for (std::uint32_t l = rule.first_limit; l < rule.first_limit + rule.limit_count; ++l)
        if (!has_room(p_.limits[l], c)) return false;
    const wide size = c.points < 0 ? -static_cast<wide>(c.points) : c.points;
    if (rule.limit_count == 0) grants_.clear(); // only the last one matters
    grants_.push_back({now, size, c.touchpoint});
    return true;
}

LEADFUNNEL_DECL void column_scorer::take_inactivity(const column_rules::touch_rule& r) {
    const auto& rule = p_.rules[r.rule];
    auto of = matches(r.set);
    if (r.bounded) of = within_bounds(of, rule.on);
    auto& a = awards_;
    a.size = 0;
    a.same = rule.points;
    a.ends = true;
    grants_of_ = none32;
    std::size_t next = 0;
    for (index l = 0; l < leads_; ++l) {
        if (taken_[l] == 0) continue;
        const std::int64_t first = first_event(l);
        if (first > rising_.back()) continue;
        const index begin = begins_[l];
        const index end = begin + seen_[l];
        std::int64_t deadline = first + rule.after;
        std::int64_t repeats = 0;
        index later = begin; // the first touchpoint after the deadline
        // Grants the deadlines before `until`. Under `while_idle` their awards end at `ends`.
        const auto pass = [&](std::int64_t until, std::int64_t ends) {
            while (deadline < until) {
                const candidate c{instant{duration{deadline}}, l, none32, rule.points};
                if (grants(r, c)) {
                    make_room(a.at, a.size + 1);
                    make_room(a.lead, a.size + 1);
                    make_room(a.end, a.size + 1);
                    a.at[a.size] = c.at;
                    a.lead[a.size] = l;
                    a.end[a.size] = ends;
                    if (!rule.while_idle) {
                        a.end[a.size] = end_of_time;
                        if (r.resets != none32) {
                            while (later < end && at(later) <= deadline) ++later;
                            a.end[a.size] = later == begin ? first_reset_[r.resets][l]
                                                           : next_reset_[r.resets][later - 1];
                        }
                    }
                    ++a.size;
                }
                ++repeats;
                deadline = repeats < rule.times ? deadline + rule.every : end_of_time;
            }
        };
        for (; next < of.size() && of[next] < end; ++next) {
            if (of[next] < begin) continue;
            pass(at(of[next]), at(of[next]));
            repeats = 0;
            deadline = at(of[next]) + rule.after;
        }
        pass(rising_.back() + 1, end_of_time);
    }
    give(rule.slot, rule.decay, a);
}

} // namespace leadfunnel::inline v0::detail
