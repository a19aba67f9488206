// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/detail/column_scorer.hpp>

#include <leadfunnel/batch/impl/column_awards.ipp>
#include <leadfunnel/batch/impl/column_run.ipp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

namespace leadfunnel::inline v0::detail {

// ---- a run of leads -----------------------------------------------------------------------------

LEADFUNNEL_DECL column_scorer::column_scorer(const column_rules& rules,
                                             std::span<const std::int64_t> rising,
                                             std::span<const std::size_t> order)
    : r_(rules), p_(rules.p), b_(rules.b), h_(rules.h), rising_(rising.begin(), rising.end()),
      order_(order.begin(), order.end()), n_(rising.size()), cursor_(rules.b),
      lists_(rules.sets.size()), next_reset_(rules.resets.size()),
      first_reset_(rules.resets.size()), given_(rules.p.scores.size()) {
    constexpr std::size_t most_sums = std::size_t{1} << 15; // 256 KiB
    run_ = std::clamp<std::size_t>(most_sums / std::max<std::size_t>(1, p_.slots.size() * n_), 16,
                                   512);
}

LEADFUNNEL_DECL void column_scorer::score(std::size_t first, std::size_t last,
                                          const table_columns& columns,
                                          std::vector<std::size_t>& left_over) {
    if (n_ == 0) return;
    first_ = first;
    leads_ = last - first;
    all_ = h_.touchpoints(first, last);
    if (all_.size() >= std::numeric_limits<index>::max()) {
        for (std::size_t lead = first; lead < last; ++lead) left_over.push_back(lead);
        return;
    }
    inspect_leads();
    read_facts();
    open_gates();
    sums_.resize(p_.slots.size() * leads_ * n_);
    for (std::size_t s = 0; s < p_.slots.size(); ++s)
        std::fill_n(sums_.begin() + static_cast<std::ptrdiff_t>(s * leads_ * n_), leads_ * n_,
                    r_.base[s]);
    for (const auto& g : r_.given) {
        std::int64_t* sums = sums_of(g.slot, 0);
        for (index l = 0; l < leads_; ++l) sums[l] += g.by_lead[first + l];
    }
    if (n_ > 1 || r_.classes > 1 || !r_.rules.empty()) sort_touchpoints();
    find_resets();
    for (const auto& [c, small] : r_.dense) take_dense(c, small);
    for (const auto& s : r_.sparse) take_sparse(s);
    take_states();
    for (const auto& r : r_.rules) take(r);
    if (r_.plain)
        write_plain(columns);
    else
        write(columns);
    for (index l = 0; l < leads_; ++l)
        if (taken_[l] == 0) left_over.push_back(first_ + l);
}

/// Finds the leads that are simple enough, and whether facts change.
LEADFUNNEL_DECL void column_scorer::inspect_leads() {
    begins_.resize(leads_ + 1);
    taken_.resize(leads_);
    begins_[0] = 0;
    bool changes = false;
    for (index l = 0; l < leads_; ++l) {
        const auto n = h_.touchpoints(first_ + l).size();
        begins_[l + 1] = begins_[l] + static_cast<index>(n);
        taken_[l] = n <= r_.most_touchpoints;
        const auto facts = h_.attributes(first_ + l);
        changes = changes || (!facts.empty() && facts.back().at != always);
        if (h_.stages(first_ + l).empty()) continue;
        for (const auto& e : h_.view(first_ + l).stages)
            if (r_.matters[e.kind] || e.fact_count != 0) taken_[l] = 0;
    }
    phases_ = leads_;
    if (changes && !r_.attributes.empty()) begin_phases();
}

LEADFUNNEL_DECL void column_scorer::begin_phases() {
    phase_begins_.resize(leads_ + 1);
    phase_from_.clear();
    for (index l = 0; l < leads_; ++l) {
        phase_begins_[l] = static_cast<index>(phase_from_.size());
        phase_from_.push_back(before_time);
        for (const auto& f : h_.attributes(first_ + l)) {
            const std::int64_t t = f.at.time_since_epoch().count();
            if (f.at != always && t != phase_from_.back()) phase_from_.push_back(t);
        }
    }
    phases_ = phase_from_.size();
    phase_begins_[leads_] = static_cast<index>(phases_);
}

LEADFUNNEL_DECL void column_scorer::read_facts() {
    if (r_.attributes.empty()) return;
    codes_.assign(r_.attributes.size() * phases_, 0);
    for (index l = 0; l < leads_; ++l) {
        if (taken_[l] == 0) continue;
        index phase = phases_ == leads_ ? l : phase_begins_[l];
        for (const auto& f : h_.attributes(first_ + l)) {
            for (; f.at != always && phase_from_[phase] != f.at.time_since_epoch().count(); ++phase)
                for (std::size_t a = 0; a < codes_.size(); a += phases_)
                    codes_[a + phase + 1] = codes_[a + phase];
            if (f.name == no_name) continue;
            if (const auto a = r_.attribute_of_name[f.name]; a != none32)
                codes_[a * phases_ + phase] = f.value;
        }
    }
}

/// The first event of a lead; facts that always held do not count.
LEADFUNNEL_DECL std::int64_t column_scorer::first_event(index lead) const noexcept {
    std::int64_t first = end_of_time;
    const auto see = [&](instant t) { first = std::min(first, t.time_since_epoch().count()); };
    if (begins_[lead] != begins_[lead + 1]) see(all_.at[begins_[lead]]);
    for (const auto& f : h_.attributes(first_ + lead)) {
        if (f.at == always) continue;
        see(f.at);
        break;
    }
    if (const auto stages = h_.stages(first_ + lead); !stages.empty()) see(stages.front().at);
    return first;
}

LEADFUNNEL_DECL column_scorer::index column_scorer::find_phase(index lead,
                                                               std::int64_t t) const noexcept {
    const auto begin = phase_from_.begin() + phase_begins_[lead];
    const auto end = phase_from_.begin() + phase_begins_[lead + 1];
    return static_cast<index>(std::upper_bound(begin + 1, end, t) - 1 - phase_from_.begin());
}

LEADFUNNEL_DECL bool column_scorer::holds(std::uint32_t node, index phase, std::int64_t t) const {
    using by = column_rules::lead_test::by;
    return condition_holds(p_, node, [&](std::uint32_t i) {
        const auto& test = r_.tests[i];
        if (test.how == by::nothing) return test.outcome;
        const auto code = codes_[test.attribute * phases_ + phase];
        if (test.how == by::value) return test.outcomes[code] != 0;
        static const value missing;
        const auto name = b_.name_of_attribute[r_.attributes[test.attribute]];
        return age_holds(p_.tests[i], name == none32 ? missing : h_.attribute_values(name)[code],
                         t);
    });
}

LEADFUNNEL_DECL bool column_scorer::lets_pass(const column_rules::gate& g, index phase,
                                              std::int64_t t) const {
    return holds(g.when, phase, t) &&
           std::none_of(g.not_when.begin(), g.not_when.end(),
                        [&](std::uint32_t node) { return holds(node, phase, t); });
}

LEADFUNNEL_DECL void column_scorer::open_gates() {
    make_room(open_, r_.gates.size() * phases_);
    for (std::size_t g = 0; g < r_.gates.size(); ++g) {
        const auto& gate = r_.gates[g];
        if (gate.by_instant) continue;
        for (index i = 0; i < phases_; ++i) open_[g * phases_ + i] = lets_pass(gate, i, 0);
    }
}

LEADFUNNEL_DECL bool column_scorer::is_open(std::uint32_t gate, index lead, std::int64_t t) const {
    if (gate == none32) return true;
    const auto& g = r_.gates[gate];
    const index phase = phase_at(lead, t);
    return g.by_instant ? lets_pass(g, phase, t) : open_[gate * phases_ + phase] != 0;
}

/// Orders the touchpoints by class. Those after the last instant, and those of leads left over, are
/// of class 0.
LEADFUNNEL_DECL void column_scorer::sort_touchpoints() {
    const std::size_t m = all_.size();
    const std::int64_t last = rising_.back();
    make_room(lead_of_, m);
    make_room(class_of_, m);
    make_room(sorted_, m);
    seen_.resize(leads_);
    class_begins_.assign(r_.classes + 2, 0);
    // Classes are counted two places ahead. Scattering then moves each count to the place where
    // the class begins.
    index* counts = class_begins_.data() + 2;
    const std::uint16_t* classes = r_.class_of_kind.data();
    std::uint16_t* mine = class_of_.data();
    if (!classes) return; // no kinds, no touchpoints
    for (std::size_t i = 0; i < m; ++i) {
        const std::uint16_t c = all_.at[i].time_since_epoch().count() <= last
                                    ? classes[all_.kind[i]]
                                    : std::uint16_t{0};
        mine[i] = c;
    }
    for (index l = 0; l < leads_; ++l) {
        const index begin = begins_[l];
        const index end = begins_[l + 1];
        for (index i = begin; i < end; ++i) lead_of_[i] = static_cast<std::uint16_t>(l);
        if (taken_[l] == 0) std::fill(mine + begin, mine + end, std::uint16_t{0});
    }
    for (std::size_t i = 0; i < m; ++i) ++counts[mine[i]];
    std::partial_sum(class_begins_.begin(), class_begins_.end(), class_begins_.begin());
    index* next = class_begins_.data() + 1;
    for (std::size_t i = 0; i < m; ++i) sorted_[next[mine[i]]++] = static_cast<index>(i);
    has_list_.assign(r_.sets.size(), 0);

    const auto is_later = [&](instant t) { return t.time_since_epoch().count() > last; };
    for (index l = 0; l < leads_; ++l) {
        index end = begins_[l + 1];
        while (end > begins_[l] && is_later(all_.at[end - 1])) --end;
        seen_[l] = end - begins_[l];
    }
    if (n_ <= 1) return;
    make_room(first_instant_, m);
    for (index l = 0; l < leads_; ++l) {
        index from = 0;
        for (index i = begins_[l]; i < begins_[l + 1]; ++i) {
            while (from < n_ && rising_[from] < at(i)) ++from;
            first_instant_[i] = from;
        }
    }
}

/// The touchpoints of a match set, in history order.
LEADFUNNEL_DECL std::span<const column_scorer::index> column_scorer::matches(std::uint32_t set) {
    const auto& classes = r_.sets[set].classes;
    const auto of_class = [&](std::uint32_t c) {
        return std::span{sorted_}.subspan(class_begins_[c],
                                          class_begins_[c + 1] - class_begins_[c]);
    };
    if (classes.empty()) return {};
    if (classes.size() == 1) return of_class(classes.front());
    auto& list = lists_[set];
    if (has_list_[set] != 0) return list;
    has_list_[set] = 1;
    std::size_t n = 0;
    for (const auto c : classes) n += of_class(c).size();
    list.resize(n);
    bits_.assign((all_.size() + 63) / 64, 0);
    for (const auto c : classes)
        for (const auto i : of_class(c)) bits_[i / 64] |= std::uint64_t{1} << (i % 64);
    index* next = list.data();
    for (std::size_t w = 0; w < bits_.size(); ++w)
        for (std::uint64_t bits = bits_[w]; bits != 0; bits &= bits - 1)
            *next++ = static_cast<index>(w * 64) + static_cast<index>(std::countr_zero(bits));
    return list;
}

/// Finds when a reset ends the awards of each touchpoint: at the next reset in the lead's history.
LEADFUNNEL_DECL void column_scorer::find_resets() {
    for (std::size_t k = 0; k < r_.resets.size(); ++k) {
        const auto& r = r_.resets[k];
        auto& next = next_reset_[k];
        next.assign(all_.size(), end_of_time);
        first_reset_[k].resize(leads_);
        const auto of = matches(r.set);
        bits_.assign((all_.size() + 63) / 64, 0);
        for (const auto i : of) {
            const bool hits =
                !r.bounded || std::any_of(r.patterns.begin(), r.patterns.end(), [&](auto x) {
                    return x.first == class_of_[i] && b_.in_bounds(x.second, amount(i));
                });
            if (hits) bits_[i / 64] |= std::uint64_t{1} << (i % 64);
        }
        for (index l = 0; l < leads_; ++l) {
            std::int64_t end = end_of_time;
            for (index i = begins_[l + 1]; i-- > begins_[l];) {
                next[i] = end;
                if ((bits_[i / 64] >> (i % 64) & 1U) != 0) end = at(i);
            }
            first_reset_[k][l] = end;
        }
    }
}

// ---- states -------------------------------------------------------------------------------------

LEADFUNNEL_DECL void column_scorer::take_states() {
    for (const auto& v : r_.by_value) {
        const std::uint32_t* codes = codes_.data() + v.attribute * phases_;
        std::int64_t* sums = sums_of(v.slot, 0);
        if (phases_ != leads_) {
            for (index l = 0; l < leads_; ++l)
                for (std::size_t k = 0; k < n_; ++k)
                    sums[l * n_ + k] += v.points[codes[find_phase(l, rising_[k])]];
            continue;
        }
        if (n_ == 1) {
            for (index l = 0; l < leads_; ++l) sums[l] += v.points[codes[l]];
            continue;
        }
        for (index l = 0; l < leads_; ++l) {
            const std::int64_t points = v.points[codes[l]];
            for (std::size_t k = 0; k < n_; ++k) sums[l * n_ + k] += points;
        }
    }
    for (const auto& s : r_.by_gate) {
        const auto& rule = p_.rules[s.rule];
        std::int64_t* sums = sums_of(rule.slot, 0);
        for (index l = 0; l < leads_; ++l)
            for (std::size_t k = 0; k < n_; ++k)
                if (is_open(s.gate, l, rising_[k])) sums[l * n_ + k] += rule.points;
    }
}

/// Adds a state rule's points at each instant k: `value(matches, k)` for a lead with at least
/// `enough` matches, `missing` for any other.
template<class Value>
void column_scorer::add_state(const column_rules::touch_rule& r, std::int64_t missing,
                              std::size_t enough, const Value& value) {
    const auto& rule = p_.rules[r.rule];
    auto of = matches(r.set);
    if (r.bounded) of = within_bounds(of, rule.on);
    if (missing != 0) {
        std::int64_t* sums = sums_of(rule.slot, 0);
        for (index l = 0; l < leads_; ++l)
            for (std::size_t k = 0; k < n_; ++k)
                if (is_open(r.gate, l, rising_[k])) sums[l * n_ + k] += missing;
    }
    for (std::size_t first = 0; first < of.size();) {
        if (of.size() - first < enough) break;
        const index lead = lead_of_[of[first]];
        if (enough > 1 && lead_of_[of[first + enough - 1]] != lead) {
            ++first;
            continue;
        }
        std::size_t last = first + 1;
        while (last < of.size() && lead_of_[of[last]] == lead) ++last;
        const auto mine = of.subspan(first, last - first);
        std::int64_t* sums = sums_of(rule.slot, lead);
        for (std::size_t k = 0; k < n_; ++k) {
            const std::int64_t off = value(mine, k) - missing;
            if (off != 0 && is_open(r.gate, lead, rising_[k])) sums[k] += off;
        }
        first = last;
    }
}

LEADFUNNEL_DECL void column_scorer::take_frequency(const column_rules::touch_rule& r) {
    const auto& rule = p_.rules[r.rule];
    const std::int64_t missing = 0 >= rule.at_least ? rule.points : 0;
    std::size_t enough = 1;
    if (rule.measure != frequency_measure::sum && rule.at_least > 0)
        enough = static_cast<std::size_t>((rule.at_least + decimal::unit - 1) / decimal::unit);
    std::size_t from = 0; // matches in the window: [from, to)
    std::size_t to = 0;
    std::vector<std::uint32_t> distinct;
    add_state(r, missing, enough, [&](std::span<const index> of, std::size_t k) {
        if (k == 0) from = to = 0;
        const std::int64_t now = rising_[k];
        while (to < of.size() && at(of[to]) <= now) ++to;
        while (rule.window != 0 && from < to && at(of[from]) <= now - rule.window) ++from;
        const auto within = of.subspan(from, to - from);
        wide measured = 0;
        switch (rule.measure) {
        case frequency_measure::count:
            measured = static_cast<wide>(within.size()) * decimal::unit;
            break;
        case frequency_measure::sum:
            for (const auto i : within)
                if (amount(i) != no_value) measured += amount(i);
            break;
        case frequency_measure::distinct:
            distinct.clear();
            for (const auto i : within)
                if (const auto d = b_.distinct_id(all_.kind[i], rule.distinct); d != 0)
                    distinct.push_back(d);
            std::sort(distinct.begin(), distinct.end());
            measured = static_cast<wide>(std::unique(distinct.begin(), distinct.end()) -
                                         distinct.begin()) *
                       decimal::unit;
            break;
        }
        return measured >= rule.at_least ? rule.points : 0;
    });
}

LEADFUNNEL_DECL void column_scorer::take_recency(const column_rules::touch_rule& r) {
    const auto& rule = p_.rules[r.rule];
    std::size_t to = 0;
    add_state(r, rule.if_never, 1, [&](std::span<const index> of, std::size_t k) {
        if (k == 0) to = 0;
        while (to < of.size() && at(of[to]) <= rising_[k]) ++to;
        if (to == 0) return rule.if_never;
        const std::int64_t since = rising_[k] - at(of[to - 1]);
        for (const auto& [within, points] : rule.bins)
            if (since < within) return points;
        return rule.otherwise;
    });
}

// ---- out ----------------------------------------------------------------------------------------

LEADFUNNEL_DECL void column_scorer::write_plain(const table_columns& columns) {
    const std::size_t rows = columns.leads * n_;
    for (std::size_t s = 0; s < p_.scores.size(); ++s) {
        const auto& score = p_.scores[s];
        const std::int64_t running =
            score.running ? std::clamp<std::int64_t>(0, score.min, score.max) : 0;
        const std::int64_t* first = sums_of(score.first_slot, 0);
        for (index l = 0; l < leads_; ++l) {
            if (taken_[l] == 0) continue;
            std::int64_t* out = columns.micros + s * rows + (first_ + l) * n_;
            for (std::size_t k = 0; k < n_; ++k) {
                std::int64_t sum = running;
                const std::int64_t* in = first + l * n_ + k;
                for (std::uint32_t i = 0; i < score.slot_count; ++i, in += leads_ * n_) {
                    const auto& slot = p_.slots[score.first_slot + i];
                    sum += std::clamp(*in, slot.min, slot.max);
                }
                out[order_[k]] = std::clamp(sum, score.min, score.max);
            }
        }
    }
}

LEADFUNNEL_DECL void column_scorer::write(const table_columns& columns) {
    const std::size_t rows = columns.leads * n_;
    for (index l = 0; l < leads_; ++l) {
        if (taken_[l] == 0) continue;
        for (std::size_t k = 0; k < n_; ++k) {
            const std::size_t row = (first_ + l) * n_ + order_[k];
            for (std::uint32_t s = 0; s < p_.scores.size(); ++s) {
                auto& out = given_[s];
                out = {};
                for (std::uint32_t e = 0; e < p_.exclusions.size(); ++e) {
                    if (!p_.exclusions[e].has(s) || !is_open(r_.exclusion_gates[e], l, rising_[k]))
                        continue;
                    out.excluded_by = e;
                    break;
                }
                if (s >= p_.base_scores) continue;
                const auto& score = p_.scores[s];
                std::int64_t sum =
                    score.running ? std::clamp<std::int64_t>(0, score.min, score.max) : 0;
                for (std::uint32_t i = 0; i < score.slot_count; ++i) {
                    const auto& slot = p_.slots[score.first_slot + i];
                    sum += std::clamp(sums_of(score.first_slot + i, l)[k], slot.min, slot.max);
                }
                out.value = std::clamp(sum, score.min, score.max);
            }
            const auto& readings = cursor_.derive(given_);
            for (std::size_t s = 0; s < readings.size(); ++s) {
                columns.micros[s * rows + row] = readings[s].value;
                columns.flags[s * rows + row] =
                    static_cast<std::uint8_t>((readings[s].excluded_by != none32 ? 1U : 0U) |
                                              (readings[s].saturated ? 2U : 0U));
            }
            for (std::size_t i = 0; i < p_.bandings.size(); ++i) {
                band_state state;
                const auto& banding = p_.bandings[i];
                state.see(banding, readings[banding.score], rising_[k]);
                columns.bands[i * rows + row] = static_cast<std::uint16_t>(state.band());
            }
        }
    }
}

} // namespace leadfunnel::inline v0::detail
