// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/detail/column_scorer.hpp>
#include <leadfunnel/plan/detail/decayed_sum.hpp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>
#include <numeric>
#include <string>

namespace leadfunnel::inline v0::detail {

// ---- the rules ----------------------------------------------------------------------------------

/// Makes column_rules; what is needed on the way goes with it.
class column_rule_maker {
  public:
    explicit column_rule_maker(column_rules& out) : out_(out), b_(out.b), h_(out.h), p_(out.p) {}

    void make() {
        out_.base.assign(p_.slots.size(), 0);
        if (!may_be_used() || !bound_sums()) return;
        look_at_tests();
        look_at_stages();
        sort_kinds();
        for (const auto& e : p_.exclusions) out_.exclusion_gates.push_back(gate_of(e.when, {}));
        for (std::uint32_t i = 0; i < p_.rules.size(); ++i) {
            if (p_.rules[i].kind == rule_kind::attribute)
                add_attribute_rule(i);
            else
                add_touch_rule(i);
        }
        add_resets();
        out_.plain =
            p_.exclusions.empty() && p_.bandings.empty() && p_.base_scores == p_.scores.size();
        out_.usable = out_.classes <= std::numeric_limits<std::uint16_t>::max();
    }

  private:
    /// Looking at every kind and value must not cost more than the leads do.
    [[nodiscard]] bool may_be_used() const {
        std::size_t dictionaries = h_.kinds().size();
        for (std::size_t a = 0; a < p_.source.attributes.size(); ++a)
            if (b_.name_of_attribute[a] != none32)
                dictionaries += h_.attribute_values(b_.name_of_attribute[a]).size();
        const bool runs = std::any_of(p_.rules.begin(), p_.rules.end(), [&](const auto& r) {
            return is_award(r) && p_.scores[r.score].running;
        });
        const bool remembers = std::any_of(p_.bandings.begin(), p_.bandings.end(),
                                           [](const auto& x) { return x.remembers; });
        return !runs && !remembers && !p_.rules.empty() &&
               dictionaries <= h_.touchpoint_count() + h_.size() + 4096;
    }

    [[nodiscard]] static bool is_award(const compiled_rule& r) noexcept {
        return r.kind != rule_kind::attribute && r.kind != rule_kind::frequency &&
               r.kind != rule_kind::recency;
    }

    /// The most touchpoints of which every sum stays within 62 bits.
    [[nodiscard]] bool bound_sums() {
        wide most = 1;
        wide each = 1; // awards and states for a touchpoint, and one touchpoint more
        bool by_value = false;
        const auto see = [&](std::int64_t points) {
            const wide size = points < 0 ? -static_cast<wide>(points) : points;
            most = std::max(most, size);
        };
        bool quadratic = false;
        for (const auto& r : p_.rules) {
            see(r.points);
            see(r.otherwise);
            see(r.if_never);
            for (const auto& bin : r.bins) see(bin.second);
            each += r.kind == rule_kind::inactivity ? std::max<std::int64_t>(r.times, 1) : 1;
            by_value = by_value || r.by_value;
            quadratic = quadratic || (r.limit_count != 0 && !counts_simply(r)) ||
                        r.measure == frequency_measure::distinct;
        }
        for (const auto& s : p_.scores)
            if (s.running) see(std::clamp<std::int64_t>(0, s.min, s.max));
        if (by_value) most = std::max(most, wide{1} << 40);
        constexpr wide room = wide{1} << 62;
        const wide touchpoints = room / most / each - 1;
        const wide cap = quadratic ? 256 : 4096;
        out_.most_points = static_cast<std::int64_t>(most);
        out_.most_touchpoints =
            static_cast<std::size_t>(std::max<wide>(0, std::min(touchpoints, cap)));
        return touchpoints >= 1;
    }

    void look_at_tests() {
        out_.attribute_of_name.assign(h_.attribute_names().size(), none32);
        const auto column_of = [&](std::uint32_t attribute) {
            const auto it = std::find(out_.attributes.begin(), out_.attributes.end(), attribute);
            if (it != out_.attributes.end())
                return static_cast<std::uint32_t>(it - out_.attributes.begin());
            out_.attributes.push_back(attribute);
            const auto column = static_cast<std::uint32_t>(out_.attributes.size() - 1);
            if (const auto name = b_.name_of_attribute[attribute]; name != none32)
                out_.attribute_of_name[name] = column;
            return column;
        };
        using by = column_rules::lead_test::by;
        for (std::size_t i = 0; i < p_.tests.size(); ++i) {
            const auto& t = p_.tests[i];
            column_rules::lead_test made;
            if (t.source.of == subject::attribute) {
                made.how = t.source.take == part::age ? by::age : by::value;
                made.attribute = column_of(t.name);
                made.outcomes = b_.lookups[i].outcomes;
            } else if (t.source.of == subject::times_entered) {
                made.outcome = test_holds(t, value{0.0});
            } else if (t.source.of == subject::current_stage ||
                       t.source.of == subject::score_at_entry) {
                made.outcome = test_holds(t, value{});
            } // else not of rules
            out_.tests.push_back(made);
        }
    }

    [[nodiscard]] bool asks_stages(std::uint32_t node) const {
        const auto& n = p_.nodes[node];
        if (n.is != condition::kind::test)
            return std::any_of(n.of.begin(), n.of.end(), [&](auto c) { return asks_stages(c); });
        const auto of = p_.tests[n.test].source.of;
        return of == subject::current_stage || of == subject::times_entered ||
               of == subject::score_at_entry;
    }
    void look_at_stages() {
        const auto asks = [&](const auto& x) { return asks_stages(x.when); };
        const bool asked = std::any_of(p_.rules.begin(), p_.rules.end(), asks) ||
                           std::any_of(p_.freezes.begin(), p_.freezes.end(), asks) ||
                           std::any_of(p_.exclusions.begin(), p_.exclusions.end(), asks);
        for (const auto& e : b_.stage_effects) out_.matters.push_back(asked || !e.resets.empty());
    }

    /// Kinds are of one class if the same is done with them.
    void sort_kinds() {
        const std::size_t kinds = h_.kinds().size();
        std::vector<std::uint32_t> thin;
        for (std::uint32_t c = 0; c < b_.additive.size(); ++c) {
            const auto& points = b_.additive[c].points;
            const auto given =
                kinds - static_cast<std::size_t>(std::count(points.begin(), points.end(), 0));
            if (given * 2 >= kinds) {
                out_.dense.emplace_back(c, std::all_of(points.begin(), points.end(), is_small));
                continue;
            }
            thin.push_back(c);
            out_.sparse.push_back({b_.additive[c].slot, b_.additive[c].decay, {}});
        }
        std::map<std::vector<std::int64_t>, std::uint16_t> known;
        std::vector<std::int64_t> key;
        for (std::uint32_t kind = 0; kind < kinds; ++kind) {
            key.clear();
            for (const auto& a : b_.walked_actions.of(kind)) {
                key.push_back(a.target);
                key.push_back(static_cast<std::int64_t>(a.what) << 16 |
                              static_cast<std::int64_t>(a.steps) << 3 | (a.bounded ? 4 : 0) |
                              (a.in_scope ? 2 : 0) | (a.any_scope ? 1 : 0));
            }
            bool wanted = !key.empty();
            for (const auto c : thin) {
                key.push_back(b_.additive[c].points[kind]);
                wanted = wanted || key.back() != 0;
            }
            if (!wanted) {
                out_.class_of_kind.push_back(0);
                continue;
            }
            const auto [it, made] =
                known.try_emplace(key, static_cast<std::uint16_t>(out_.classes));
            out_.class_of_kind.push_back(it->second);
            if (!made) continue;
            ++out_.classes;
            if (out_.classes > std::numeric_limits<std::uint16_t>::max()) return;
            kind_of_class_.push_back(kind);
            for (std::size_t s = 0; s < thin.size(); ++s)
                if (const auto points = b_.additive[thin[s]].points[kind]; points != 0)
                    out_.sparse[s].points.emplace_back(it->second, points);
        }
    }

    [[nodiscard]] std::uint32_t set_of(std::vector<std::uint32_t> classes) {
        const auto it = std::find_if(out_.sets.begin(), out_.sets.end(),
                                     [&](const auto& s) { return s.classes == classes; });
        if (it != out_.sets.end()) return static_cast<std::uint32_t>(it - out_.sets.begin());
        out_.sets.push_back({std::move(classes)});
        return static_cast<std::uint32_t>(out_.sets.size() - 1);
    }

    [[nodiscard]] bool asks_age(std::uint32_t node) const {
        const auto& n = p_.nodes[node];
        if (n.is == condition::kind::test)
            return out_.tests[n.test].how == column_rules::lead_test::by::age;
        return std::any_of(n.of.begin(), n.of.end(), [&](auto c) { return asks_age(c); });
    }
    [[nodiscard]] std::uint32_t gate_of(std::uint32_t when, std::vector<std::uint32_t> not_when) {
        if (when == 0 && not_when.empty()) return none32;
        column_rules::gate g{when, std::move(not_when), asks_age(when)};
        for (const auto n : g.not_when) g.by_instant = g.by_instant || asks_age(n);
        const auto it = std::find(out_.gates.begin(), out_.gates.end(), g);
        if (it != out_.gates.end()) return static_cast<std::uint32_t>(it - out_.gates.begin());
        out_.gates.push_back(std::move(g));
        return static_cast<std::uint32_t>(out_.gates.size() - 1);
    }
    [[nodiscard]] std::uint32_t award_gate(const compiled_rule& r) {
        std::vector<std::uint32_t> freezes;
        for (const auto& f : p_.freezes)
            if (f.has(r.score)) freezes.push_back(f.when);
        return gate_of(r.when, std::move(freezes));
    }

    /// The one attribute whose value decides a condition: an index into `attributes`.
    [[nodiscard]] std::uint32_t deciding_attribute(std::uint32_t node) const {
        const auto& n = p_.nodes[node];
        if (n.is == condition::kind::test) {
            const auto& t = out_.tests[n.test];
            return t.how == column_rules::lead_test::by::value ? t.attribute : none32;
        }
        std::uint32_t found = none32;
        for (const auto c : n.of) {
            const auto one = deciding_attribute(c);
            if (one == none32 || (found != none32 && found != one)) return none32;
            found = one;
        }
        return found;
    }

    void add_attribute_rule(std::uint32_t i) {
        const auto& r = p_.rules[i];
        if (r.points == 0) return;
        if (r.when == 0) {
            out_.base[r.slot] += r.points;
            return;
        }
        const auto attribute = deciding_attribute(r.when);
        if (attribute == none32) {
            out_.by_gate.push_back({i, gate_of(r.when, {})});
            return;
        }
        auto it = std::find_if(out_.by_value.begin(), out_.by_value.end(), [&](const auto& v) {
            return v.slot == r.slot && v.attribute == attribute;
        });
        const auto name = b_.name_of_attribute[out_.attributes[attribute]];
        const std::size_t values = name == none32 ? 1 : h_.attribute_values(name).size();
        if (it == out_.by_value.end())
            it = out_.by_value.insert(it, {r.slot, attribute, std::vector<std::int64_t>(values)});
        for (std::size_t v = 0; v < values; ++v)
            if (condition_holds(p_, r.when, [&](auto t) { return out_.tests[t].outcomes[v] != 0; }))
                it->points[v] += r.points;
    }

    [[nodiscard]] bool counts_simply(const compiled_rule& r) const {
        if (r.kind == rule_kind::inactivity || r.limit_count > 1) return false;
        if (r.limit_count == 0) return true;
        const auto& l = p_.limits[r.first_limit];
        return !l.counts_points && l.distinct == none32 && l.per != compiled_limit::period::rolling;
    }

    void add_touch_rule(std::uint32_t i) {
        const auto& r = p_.rules[i];
        column_rules::touch_rule made{.rule = i, .flags = std::vector<std::uint16_t>(out_.classes)};
        std::vector<std::uint32_t> classes;
        for (std::uint32_t c = 1; c < out_.classes; ++c) {
            for (const auto& a : b_.walked_actions.of(kind_of_class_[c - 1])) {
                if (a.target != i || a.what == action::code::reset) continue;
                classes.push_back(c);
                made.bounded = made.bounded || a.bounded;
                made.any_scope = made.any_scope || a.any_scope;
                unsigned flags = a.what == action::code::sequence    ? a.steps
                                 : a.what == action::code::returning ? column_rules::is_on
                                                                     : 0U;
                if (a.in_scope) flags |= column_rules::in_scope;
                made.flags[c] = static_cast<std::uint16_t>(flags);
            }
        }
        if (r.kind == rule_kind::frequency || r.kind == rule_kind::recency) {
            made.gate = gate_of(r.when, {});
        } else {
            if (classes.empty() && r.kind != rule_kind::inactivity) return;
            made.gate = award_gate(r);
        }
        made.set = set_of(std::move(classes));
        made.counts_simply = counts_simply(r);
        made.grants_all = made.gate == none32 && r.limit_count == 0 && r.cooldown == 0;
        out_.rules.push_back(std::move(made));
    }

    void add_resets() {
        for (std::uint32_t s = 0; s < p_.base_scores; ++s) {
            column_rules::score_resets made{.score = s};
            std::vector<std::uint32_t> classes;
            for (std::uint32_t c = 1; c < out_.classes; ++c) {
                for (const auto& a : b_.walked_actions.of(kind_of_class_[c - 1])) {
                    if (a.what != action::code::reset) continue;
                    const auto& of = *p_.resets[a.target].scores;
                    if (std::find(of.begin(), of.end(), s) == of.end()) continue;
                    if (classes.empty() || classes.back() != c) classes.push_back(c);
                    made.bounded = made.bounded || a.bounded;
                    made.patterns.emplace_back(c, p_.resets[a.target].on);
                }
            }
            if (classes.empty()) continue;
            made.set = set_of(std::move(classes));
            for (auto& r : out_.rules)
                if (p_.rules[r.rule].score == s)
                    r.resets = static_cast<std::uint32_t>(out_.resets.size());
            out_.resets.push_back(std::move(made));
        }
    }

    column_rules& out_;
    const bound_program& b_;
    const histories& h_;
    const program& p_;
    std::vector<std::uint32_t> kind_of_class_; // one of them; from class 1 on
};

LEADFUNNEL_DECL column_rules::column_rules(const bound_program& binding_,
                                           const histories& histories_)
    : b(binding_), h(histories_), p(binding_.p) {
    column_rule_maker{*this}.make();
}

// ---- a run of leads -----------------------------------------------------------------------------

/// Makes room for `n`, in large steps; what is there may be anything.
template<class T>
void make_room(std::vector<T>& v, std::size_t n) {
    if (v.size() < n) v.resize(std::max(n, v.size() * 2));
}

/// What most loops read of touchpoints.
struct run_columns {
    const instant* at;
    const std::uint16_t* lead;
    [[nodiscard]] std::int64_t time(std::size_t i) const noexcept {
        return at[i].time_since_epoch().count();
    }
};

/// Chooses without a jump: what leads' touchpoints do next cannot be foreseen.
[[nodiscard]] inline std::int64_t pick(bool first, std::int64_t a, std::int64_t b) noexcept {
    return b ^ ((a ^ b) & -static_cast<std::int64_t>(first));
}

/// Time since something; more than 2^62 where it never was (at `before_time`).
[[nodiscard]] inline std::uint64_t age_of(std::int64_t then, std::int64_t now) noexcept {
    return static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(then);
}
inline constexpr std::int64_t longest_duration = std::int64_t{1} << 62;

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
    look_at_leads();
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

/// Which leads are simple enough, and whether facts change.
LEADFUNNEL_DECL void column_scorer::look_at_leads() {
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

/// When a lead's history begins, facts without an instant left aside.
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

/// Touchpoints by class; later ones, and those of leads left over, are of class 0.
LEADFUNNEL_DECL void column_scorer::sort_touchpoints() {
    const std::size_t m = all_.size();
    const std::int64_t last = rising_.back();
    make_room(lead_of_, m);
    make_room(class_of_, m);
    make_room(sorted_, m);
    seen_.resize(leads_);
    class_begins_.assign(r_.classes + 2, 0);
    // Counted two places on, so that scattering leaves each class's beginning in its place.
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

/// A set's touchpoints in order.
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

template<class Pattern>
std::span<const column_scorer::index> column_scorer::within_bounds(std::span<const index> of,
                                                                   const Pattern& pattern) {
    make_room(bounded_, of.size());
    std::size_t n = 0;
    for (const auto i : of) {
        bounded_[n] = i;
        n += b_.in_bounds(pattern, amount(i)) ? 1U : 0U;
    }
    return std::span{bounded_}.first(n);
}

/// When each touchpoint's awards end by a reset: at the next later in the lead's history.
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

// ---- awards -------------------------------------------------------------------------------------

LEADFUNNEL_DECL void column_scorer::take_dense(std::uint32_t column, bool small) {
    const auto& c = b_.additive[column];
    const auto& d = p_.decays[c.decay];
    if (n_ == 1) {
        // Summed through all leads; what leads left over add may wrap around, and falls out.
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
            from -= std::min(from, (from - n_) % 8); // whole vectors, some instants too early
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

/// Adds what awards have kept to the sums.
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

/// Awards of touchpoints.
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

/// Points of touchpoints that have a value. A lead with an award out of all proportion is left
/// over.
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
            points = decimal::from_micros(cursor<>::clamp(cursor<>::term(r.per_value, v),
                                                          r.min_points, r.max_points))
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

/// See cursor::step.
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

/// More than any calendar period lasts, changes of clocks and of dates included.
[[nodiscard]] inline std::int64_t longest_period(calendar_unit unit) noexcept {
    constexpr std::int64_t day = 86'400'000'000;
    constexpr std::array<std::int64_t, 5> days{3, 9, 33, 94, 368};
    return days[static_cast<std::size_t>(unit)] * day;
}

/// Whether two instants, the earlier first, are in one calendar period.
LEADFUNNEL_DECL bool column_scorer::same_period(std::int64_t a, std::int64_t b,
                                                calendar_unit unit) const {
    if (b - a >= longest_period(unit)) return false;
    return period_at(a, unit) == period_at(b, unit);
}

/// Grants under a gate, a cooldown, and a limit of awards for life or a calendar period: what is
/// to be remembered of a lead is the last award and how many there were.
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

/// The same where the last award decides: without a limit, or with one of one award.
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

/// Looks back at what the lead was granted.
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

/// Whether a candidate is granted; candidates of a lead come in order.
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
        // Deadlines before an instant; all of them end at it if they are a state.
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

/// Adds a state's points at each instant: `value` of the lead's matches and the instant's number,
/// `missing` where there are none. Fewer matches than `enough` count as none.
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
    std::size_t from = 0; // matches in the window: from … to − 1
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
