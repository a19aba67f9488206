// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/detail/column_rules.hpp>

#include <leadfunnel/plan/detail/decayed_sum.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace leadfunnel::inline v0::detail {

/// Fills in `column_rules`. Its own members are needed only meanwhile.
class column_rule_maker {
  public:
    explicit column_rule_maker(column_rules& out) : out_(out), b_(out.b), h_(out.h), p_(out.p) {}

    void make() {
        out_.base.assign(p_.slots.size(), 0);
        if (!may_be_used() || !bound_sums()) return;
        prepare_tests();
        prepare_stages();
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
    /// Whether the rules can be scored by columns at all, and whether preparing every kind and
    /// value costs no more than scoring the leads.
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

    /// Whether a rule grants awards; a state rule only contributes while it holds.
    [[nodiscard]] static bool is_award(const compiled_rule& r) noexcept {
        switch (r.kind) {
        case rule_kind::occurrence:
        case rule_kind::inactivity:
        case rule_kind::returning:
        case rule_kind::sequence:
            return true;
        case rule_kind::attribute:
        case rule_kind::frequency:
        case rule_kind::recency:
            return false;
        }
        return false;
    }

    /// Bounds the touchpoints of a lead so that every sum stays within 62 bits. False if not even
    /// one touchpoint is safe.
    [[nodiscard]] bool bound_sums() {
        wide most = 1;
        wide each = 1; // awards and states of one touchpoint, plus 1
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

    void prepare_tests() {
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
            switch (t.source.of) {
            case subject::attribute:
                made.how = t.source.take == part::age ? by::age : by::value;
                made.attribute = column_of(t.name);
                made.outcomes = b_.lookups[i].outcomes;
                break;
            case subject::times_entered:
                made.outcome = test_holds(t, value{0.0});
                break;
            case subject::current_stage:
            case subject::score_at_entry:
                made.outcome = test_holds(t, value{});
                break;
            case subject::property: // only in patterns
            case subject::score:
            case subject::band:
            case subject::matrix_class:
            case subject::time_in_stage: // only in guards and alerts
                break;
            }
            out_.tests.push_back(made);
        }
    }

    [[nodiscard]] bool reads_stages(std::uint32_t node) const {
        const auto& n = p_.nodes[node];
        if (n.is != condition::kind::test)
            return std::any_of(n.of.begin(), n.of.end(), [&](auto c) { return reads_stages(c); });
        switch (p_.tests[n.test].source.of) {
        case subject::current_stage:
        case subject::times_entered:
        case subject::score_at_entry:
            return true;
        case subject::attribute:
        case subject::property:
        case subject::score:
        case subject::band:
        case subject::matrix_class:
        case subject::time_in_stage:
            return false;
        }
        return false;
    }
    void prepare_stages() {
        const auto reads = [&](const auto& x) { return reads_stages(x.when); };
        const bool is_read = std::any_of(p_.rules.begin(), p_.rules.end(), reads) ||
                             std::any_of(p_.freezes.begin(), p_.freezes.end(), reads) ||
                             std::any_of(p_.exclusions.begin(), p_.exclusions.end(), reads);
        for (const auto& e : b_.stage_effects) out_.matters.push_back(is_read || !e.resets.empty());
    }

    /// Puts kinds into one class if every rule does the same with them.
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

    [[nodiscard]] bool reads_age(std::uint32_t node) const {
        const auto& n = p_.nodes[node];
        if (n.is == condition::kind::test)
            return out_.tests[n.test].how == column_rules::lead_test::by::age;
        return std::any_of(n.of.begin(), n.of.end(), [&](auto c) { return reads_age(c); });
    }
    [[nodiscard]] std::uint32_t gate_of(std::uint32_t when, std::vector<std::uint32_t> not_when) {
        if (when == 0 && not_when.empty()) return none32;
        column_rules::gate g{when, std::move(not_when), reads_age(when)};
        for (const auto n : g.not_when) g.by_instant = g.by_instant || reads_age(n);
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

    /// The attribute (an index into `attributes`) whose value alone decides a condition; `none32`
    /// if there is no such attribute.
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

    [[nodiscard]] static unsigned flags_of(const action& a) noexcept {
        switch (a.what) {
        case action::code::sequence:
            return a.steps;
        case action::code::returning:
            return column_rules::is_on;
        case action::code::reset:
        case action::code::frequency:
        case action::code::recency:
        case action::code::occurrence:
        case action::code::silence:
        case action::code::inactivity:
            return 0;
        }
        return 0;
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
                unsigned flags = flags_of(a);
                if (a.in_scope) flags |= column_rules::in_scope;
                made.flags[c] = static_cast<std::uint16_t>(flags);
            }
        }
        if (!is_award(r)) {
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
    std::vector<std::uint32_t> kind_of_class_; // one kind of each class, from class 1
};

LEADFUNNEL_DECL column_rules::column_rules(const bound_program& binding_,
                                           const histories& histories_)
    : b(binding_), h(histories_), p(binding_.p) {
    column_rule_maker{*this}.make();
}

} // namespace leadfunnel::inline v0::detail
