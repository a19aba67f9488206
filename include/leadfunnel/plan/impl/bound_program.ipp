// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/plan/detail/bound_program.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A property of a kind, campaign and channel included; null if it is not set.
[[nodiscard]] inline value property_of(const touchpoint_kind& k, std::string_view name) {
    if (name == "campaign") return k.campaign.empty() ? value{} : value{k.campaign};
    if (name == "channel") return k.channel.empty() ? value{} : value{k.channel};
    const auto it = k.properties.find(name);
    return it == k.properties.end() ? value{} : it->second;
}

/// Whether a kind matches a pattern, bounds of values ignored.
[[nodiscard]] inline bool kind_matches(const program& p, const compiled_pattern& x,
                                       const touchpoint_kind& k) {
    if (!x.types.empty() && std::find(x.types.begin(), x.types.end(), k.type) == x.types.end())
        return false;
    return condition_holds(p, x.where, [&](std::uint32_t t) {
        const wiped<value> held = property_of(k, p.tests[t].source.name);
        return test_holds(p.tests[t], *held);
    });
}

/// The text by which `distinct` and `per_distinct` compare values: two values count as one if their
/// texts are equal. Members of sets are folded one by one, so a set of one word in two spellings
/// equals a set of that word.
[[nodiscard]] inline std::string distinct_text(const value& v) {
    std::string out = std::to_string(v.index());
    if (const auto* members = std::get_if<v0::text_set>(&v)) {
        wiped<v0::text_set> folded;
        for (const auto& m : *members) {
            const wiped<std::string> one = fold(m);
            folded->insert(*one);
        }
        for (const auto& m : *folded) {
            append_wiping(out, {"", 1});
            append_wiping(out, m);
        }
        return out;
    }
    const wiped<std::string> text = to_string(v);
    const wiped<std::string> folded = fold(*text);
    append_wiping(out, ":");
    append_wiping(out, *folded);
    return out;
}

/// Whether a pattern matches every touchpoint.
[[nodiscard]] inline bool is_any(const compiled_pattern& x) noexcept {
    return x.types.empty() && x.where == 0 && !x.bounded;
}

LEADFUNNEL_DECL bool is_additive(const program& p, const compiled_rule& r) {
    if (r.kind != rule_kind::occurrence || r.by_value || r.when != 0 || r.limit_count != 0 ||
        r.cooldown != 0 || p.scores[r.score].running || p.patterns[r.on].bounded)
        return false;
    return !p.scores[r.score].is_frozen && !p.scores[r.score].is_reset;
}

/// Puts a rule's points for a kind into the first column of its slot and decay that has no points
/// for the kind yet.
inline void add_award(bound_program& b, std::uint32_t kind, const compiled_rule& r) {
    if (r.points == 0) return;
    for (auto& column : b.additive) {
        if (column.slot != r.slot || column.decay != r.decay || column.points[kind] != 0) continue;
        column.points[kind] = r.points;
        return;
    }
    b.additive.push_back({r.slot, r.decay, std::vector<std::int64_t>(b.words.kinds.size())});
    b.additive.back().points[kind] = r.points;
}

/// By rule: whether a touchpoint has the same effect on it before and after all other touchpoints
/// of its instant.
///
/// Conditions do not matter: at one instant, attributes come before touchpoints and stage entries
/// after them, so a condition holds for all of its touchpoints or for none. Limits and cooldowns do
/// not matter if all candidates are worth the same: whichever is granted, the sum is equal. A limit
/// by distinct values tells candidates apart, so it must be the only limit, without a cooldown.
[[nodiscard]] inline std::vector<bool> orderless_rules(const program& p) {
    std::vector<bool> is_reset(p.scores.size());
    for (const auto& reset : p.resets)
        if (reset.on != none32)
            for (const auto s : *reset.scores) is_reset[s] = true;
    const auto is_orderless = [&](const compiled_rule& r) {
        switch (r.kind) {
        case rule_kind::attribute:
        case rule_kind::frequency:
        case rule_kind::recency:
        case rule_kind::inactivity:
            return true;
        case rule_kind::sequence:
        case rule_kind::returning:
            return false;
        case rule_kind::occurrence:
            break;
        }
        if (p.scores[r.score].running || is_reset[r.score]) return false;
        if (r.limit_count == 0 && r.cooldown == 0) return true;
        if (r.by_value) return false;
        const auto* const limits = p.limits.data() + r.first_limit;
        return (r.limit_count == 1 && r.cooldown == 0) ||
               std::all_of(limits, limits + r.limit_count,
                           [](const auto& l) { return l.distinct == none32; });
    };
    std::vector<bool> all;
    for (const auto& r : p.rules) all.push_back(is_orderless(r));
    return all;
}

/// Appends the actions of a kind, given which patterns it matches.
inline void actions_of(const bound_program& b, const std::vector<std::uint8_t>& matched,
                       std::vector<action>& out) {
    const program& p = b.p;
    for (std::uint32_t i = 0; i < p.resets.size(); ++i) {
        const auto on = p.resets[i].on;
        if (on != none32 && matched[on] != 0)
            out.push_back(
                {.what = action::code::reset, .bounded = p.patterns[on].bounded, .target = i});
    }
    for (std::uint32_t i = 0; i < p.rules.size(); ++i) {
        const auto& r = p.rules[i];
        action a{.target = i};
        const auto matches = [&](std::uint32_t pattern) {
            if (pattern == none32 || matched[pattern] == 0) return false;
            a.bounded = a.bounded || p.patterns[pattern].bounded;
            return true;
        };
        switch (r.kind) {
        case rule_kind::attribute:
            continue;
        case rule_kind::frequency:
            if (!matches(r.on)) continue;
            a.what = action::code::frequency;
            break;
        case rule_kind::recency:
            if (!matches(r.on)) continue;
            a.what = action::code::recency;
            break;
        case rule_kind::occurrence:
            if (!matches(r.on)) continue;
            a.what = action::code::occurrence;
            break;
        case rule_kind::inactivity:
            if (!matches(r.on)) continue;
            a.what = action::code::inactivity;
            break;
        case rule_kind::returning: {
            const bool on = matches(r.on);
            a.any_scope = is_any(p.patterns[r.scope]);
            a.in_scope = !a.any_scope && matches(r.scope);
            if (!on && !a.in_scope) continue;
            a.what = on ? action::code::returning : action::code::silence;
            break;
        }
        case rule_kind::sequence:
            for (std::size_t s = 0; s < r.steps.size(); ++s)
                if (matches(r.steps[s])) a.steps = static_cast<std::uint8_t>(a.steps | (1U << s));
            a.in_scope = r.strict && matches(r.scope);
            if (a.steps == 0 && !a.in_scope) continue;
            a.what = action::code::sequence;
            break;
        }
        out.push_back(a);
    }
}

/// The number of a kind's text for a distinct property, whose use count rises by one; 0 if the kind
/// has no such property.
[[nodiscard]] inline std::uint32_t use_distinct(bound_program& b, const touchpoint_kind& k,
                                                std::size_t property) {
    const wiped<value> v = property_of(k, b.p.distinct_properties[property]);
    if (!is_set(*v)) return 0;
    const wiped<std::string> text = distinct_text(*v);
    auto& texts = b.distinct[property].texts;
    auto& numbers = b.distinct[property].numbers;
    const auto hash = text_hash{}(*text);
    auto n = numbers.find(hash, [&](std::uint32_t i) { return texts[i] == *text; });
    if (n == hash_index::none) n = numbers.add(texts, hash, [&](std::string& to) { to = *text; });
    numbers.use(n);
    return n + 1;
}
inline void unuse_distinct(bound_program& b, std::size_t property, std::uint32_t& number) noexcept {
    if (number == 0) return;
    auto& [texts, numbers] = b.distinct[property];
    const auto n = std::exchange(number, 0) - 1;
    if (numbers.unuse(n)) numbers.forget(text_hash{}(texts[n]), n, texts[n]);
}

/// Binds a kind: the guard patterns that it matches, and its actions, which go to
/// `add(table, actions)`.
template<class Add>
void bind_kind(bound_program& b, std::uint32_t kind, std::vector<std::uint32_t>& guards,
               const Add& add) {
    const program& p = b.p;
    const auto& k = b.words.kinds[kind];
    std::vector<std::uint8_t> matched(p.patterns.size());
    const auto consider = [&](std::uint32_t i) {
        matched[i] = kind_matches(p, p.patterns[i], k) ? 1 : 0;
    };
    for (const auto i : b.patterns_of_any_type) consider(i);
    if (const auto it = b.patterns_by_type.find(k.type); it != b.patterns_by_type.end())
        for (const auto i : it->second) consider(i);
    for (const auto i : p.guard_patterns)
        if (matched[i] != 0) guards.push_back(i);
    std::vector<action> all;
    actions_of(b, matched, all);
    b.is_orderless[kind] = b.any_order && std::all_of(all.begin(), all.end(), [&](const auto& a) {
                               return a.what != action::code::reset && b.orderless_rules[a.target];
                           });
    // Columns of points take kinds × columns cells; where these are too many, rules are walked.
    constexpr std::size_t most_cells = std::size_t{1} << 22;
    std::vector<action> walked;
    for (const auto& a : all) {
        if (a.what == action::code::occurrence && b.is_additive[a.target] &&
            (b.additive.size() + 1) * b.words.kinds.size() <= most_cells)
            add_award(b, kind, p.rules[a.target]);
        else
            walked.push_back(a);
    }
    add(b.all_actions, all);
    add(b.walked_actions, walked);
}

inline void bind_kinds(bound_program& b) {
    const std::size_t properties = b.distinct.size();
    const std::size_t bound = std::min(b.all_actions.places.size(), b.walked_actions.places.size());
    const std::size_t kinds = b.words.kinds.size();
    if (bound == kinds && b.distinct_ids.size() == kinds * properties) return;
    // An earlier call that ran out of memory may have left some kinds half bound.
    for (auto* table : {&b.all_actions, &b.walked_actions}) table->cut(bound);
    b.guard_matches.resize(bound);
    b.is_orderless.resize(kinds);
    for (auto& column : b.additive) {
        column.points.resize(bound);
        column.points.resize(kinds);
    }
    for (std::size_t kind = bound; kind < kinds; ++kind)
        bind_kind(b, static_cast<std::uint32_t>(kind), b.guard_matches.emplace_back(),
                  [](auto& table, const auto& actions) { table.add(actions); });
    if (properties == 0) return;
    b.distinct_ids.reserve(kinds * properties);
    for (std::size_t i = b.distinct_ids.size(); i < kinds * properties; ++i)
        b.distinct_ids.push_back(use_distinct(b, b.words.kinds[i / properties], i % properties));
}

inline void bind_tests(bound_program& b) {
    const program& p = b.p;
    for (std::size_t n = b.attribute_of_name.size(); n < b.words.attribute_names.size(); ++n) {
        const auto known = p.attribute_of_id.find(b.words.attribute_names[n]);
        const auto a = known == p.attribute_of_id.end() ? none32 : known->second;
        b.attribute_of_name.push_back(a);
        if (a != none32) b.name_of_attribute[a] = static_cast<std::uint32_t>(n);
    }
    for (std::size_t i = 0; i < p.tests.size(); ++i) {
        const auto& t = p.tests[i];
        auto& out = b.outcomes[i];
        const auto room = [&](std::size_t n) { // may move the outcomes: `lookups` follows
            if (out.capacity() < n) out.reserve(n + n / 2);
            b.lookups[i].outcomes = out.data();
        };
        const auto take_in = [&](const value& v) {
            out.push_back(static_cast<std::uint8_t>(test_holds(t, v) ? 1 : 0));
        };
        const bool by_attribute = t.source.of == subject::attribute && t.source.take != part::age;
        const bool by_stage = t.source.of == subject::current_stage;
        if (by_attribute || by_stage) room(1);
        if (out.empty() && (by_attribute || by_stage)) take_in(value{});
        if (by_attribute) {
            const auto name = b.name_of_attribute[t.name];
            if (name != none32) {
                const auto& values = b.words.attribute_values[name];
                room(values.size());
                while (out.size() < values.size()) take_in(values[out.size()]);
            }
        } else if (by_stage) {
            const auto& kinds = b.words.stage_kinds;
            room(kinds.size() + 1);
            while (out.size() < kinds.size() + 1) take_in(value{kinds[out.size() - 1].stage});
        }
    }
}

/// Columns of `bound_program::fading` by slot, decay, and rule if the rule has its own sum.
using fading_columns =
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint32_t>;

/// The column of a rule's awards, which is made if there is none; none32 if its awards keep their
/// points.
[[nodiscard]] inline std::uint32_t fading_of(bound_program& b, std::uint32_t rule,
                                             fading_columns& columns) {
    const auto& r = b.p.rules[rule];
    if (is_state(r.kind) || (r.decay == 0 && !r.while_idle)) return none32;
    const auto alone = r.while_idle ? rule : none32;
    const auto [known, is_new] =
        columns.try_emplace({r.slot, r.decay, alone}, static_cast<std::uint32_t>(b.fading.size()));
    if (is_new) b.fading.push_back({r.score, r.slot, r.decay, alone});
    return known->second;
}

/// The attribute whose value alone decides a condition; none32 if there is no such attribute.
[[nodiscard]] inline std::uint32_t deciding_attribute(const program& p, std::uint32_t node) {
    const auto& n = p.nodes[node];
    if (n.is == condition::kind::test) {
        const auto& t = p.tests[n.test];
        return t.source.of == subject::attribute && t.source.take != part::age ? t.name : none32;
    }
    std::uint32_t found = none32;
    for (const auto c : n.of) {
        const auto one = deciding_attribute(p, c);
        if (one == none32 || (found != none32 && found != one)) return none32;
        found = one;
    }
    return found;
}

/// Divides state rules into those that one attribute's value decides (`by_value`) and others.
inline void sort_state_rules(bound_program& b) {
    const program& p = b.p;
    b.asked_rules.resize(p.base_scores);
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> places; // by slot and attribute
    for (std::uint32_t s = 0; s < p.base_scores; ++s) {
        for (const auto i : p.scores[s].state_rules) {
            const auto& r = p.rules[i];
            const auto attribute =
                r.kind == rule_kind::attribute ? deciding_attribute(p, r.when) : none32;
            if (attribute == none32) {
                b.asked_rules[s].push_back(i);
                continue;
            }
            const auto [known, is_new] = places.try_emplace({r.slot, attribute}, b.by_value.size());
            if (is_new) b.by_value.push_back({r.slot, attribute, {}, {}});
            b.by_value[known->second].rules.push_back(i);
        }
    }
}

/// The points of an attribute's n-th value by the rules that it decides. Tests must be bound.
[[nodiscard]] inline std::int64_t worth_of(const bound_program& b, const value_points& v,
                                           std::size_t n) {
    std::int64_t sum = 0;
    for (const auto i : v.rules)
        if (condition_holds(b.p, b.p.rules[i].when,
                            [&](std::uint32_t t) { return b.lookups[t].outcomes[n] != 0; }))
            sum += b.p.rules[i].points;
    return sum;
}
inline void bind_values(bound_program& b) {
    for (auto& v : b.by_value) {
        const auto name = b.name_of_attribute[v.attribute];
        const std::size_t values = name == none32 ? 1 : b.words.attribute_values[name].size();
        if (v.points.capacity() < values) v.points.reserve(values + values / 2);
        while (v.points.size() < values) v.points.push_back(worth_of(b, v, v.points.size()));
    }
}

inline void bind_stages(bound_program& b) {
    const program& p = b.p;
    for (std::size_t k = b.stage_effects.size(); k < b.words.stage_kinds.size(); ++k) {
        const auto& [funnel, stage, transition] = b.words.stage_kinds[k];
        stage_effect e;
        for (std::uint32_t i = 0; i < p.current_stages.size(); ++i)
            if (p.current_stages[i] == funnel) e.current = i;
        for (std::uint32_t i = 0; i < p.counters.size(); ++i)
            if (p.counters[i].first == funnel && p.counters[i].second == stage)
                e.counters.push_back(i);
        for (std::uint32_t i = 0; i < p.entry_scores.size(); ++i)
            if (p.entry_scores[i].funnel == funnel && p.entry_scores[i].stage == stage)
                e.entry_scores.push_back(i);
        for (std::uint32_t i = 0; i < p.resets.size(); ++i) {
            const auto& r = p.resets[i];
            const bool entered =
                r.transition.empty() ? r.stage == stage : r.transition == transition;
            if (r.on == none32 && r.funnel == funnel && entered) e.resets.push_back(i);
        }
        b.stage_effects.push_back(std::move(e));
    }
    for (std::size_t i = 0; i < p.entry_scores.size(); ++i) {
        if (b.entry_score_words[i] != none32) continue;
        const auto& names = b.words.recorded_scores;
        const auto it = std::find(names.begin(), names.end(), p.entry_scores[i].score);
        if (it != names.end())
            b.entry_score_words[i] = static_cast<std::uint32_t>(it - names.begin());
    }
}

/// Whether a formula never falls when an input rises. (One for each alternative of `formula`: a new
/// one does not compile without its own.)
[[nodiscard]] inline bool rises(const weighted_sum& f) {
    return std::all_of(f.terms.begin(), f.terms.end(), [](const auto& t) { return t.weight >= 0; });
}
[[nodiscard]] inline bool rises(const minimum_of& /*f*/) { return true; }
[[nodiscard]] inline bool rises(const maximum_of& /*f*/) { return true; }
[[nodiscard]] inline bool rises(const logistic& f) { return f.top >= 0; }
[[nodiscard]] inline bool rises(const lookup& f) {
    points last = f.below;
    for (const auto& s : f.steps) {
        if (s.points < last) return false;
        last = s.points;
    }
    return true;
}

/// Adds the tables of a rule: its terms, and the registers and windows that walks use.
inline void bind_rule(bound_program& b, std::uint32_t i, fading_columns& columns) {
    const auto& r = b.p.rules[i];
    b.is_additive.push_back(detail::is_additive(b.p, r));
    b.terms.push_back({.points = r.points,
                       .cooldown = r.cooldown,
                       .when = r.when,
                       .slot = r.slot,
                       .score = r.score,
                       .decay = r.decay,
                       .first_limit = r.first_limit,
                       .limit_count = r.limit_count,
                       .by_value = r.by_value,
                       .running = b.p.scores[r.score].running,
                       .while_idle = r.while_idle});
    const auto place = [&](std::size_t count, std::int64_t value) {
        const auto first = static_cast<std::uint32_t>(b.register_defaults.size());
        b.register_defaults.insert(b.register_defaults.end(), count, value);
        return first;
    };
    rule_registers mine;
    std::uint32_t window = none32;
    if (r.cooldown != 0) mine.last_award = place(1, before_time);
    switch (r.kind) {
    case rule_kind::attribute:
    case rule_kind::occurrence:
        break;
    case rule_kind::frequency:
        window = b.window_count++;
        if (r.window != 0) b.fading_rules.push_back(i);
        break;
    case rule_kind::recency:
        mine.last_match = place(1, before_time);
        b.fading_rules.push_back(i);
        break;
    case rule_kind::returning:
        mine.last_match = place(1, before_time);
        if (is_any(b.p.patterns[r.scope])) b.any_order = false;
        break;
    case rule_kind::sequence:
        mine.chain = place(r.steps.size() - 1, before_time);
        break;
    case rule_kind::inactivity:
        mine.deadline = place(1, end_of_time);
        mine.repeats = place(1, 0);
        b.inactivity_rules.push_back(i);
        break;
    }
    b.registers.push_back(mine);
    b.fading_of_rule.push_back(fading_of(b, i, columns));
    b.window_of_rule.push_back(window);
}

LEADFUNNEL_DECL bound_program::bound_program(const program& program_, const dictionary& words_)
    : p(program_), words(words_), distinct(p.distinct_properties.size()),
      name_of_attribute(p.source.attributes.size(), none32), outcomes(p.tests.size()),
      entry_score_words(p.entry_scores.size(), none32) {
    // Patterns by type, so that a kind is only tried against those that name its type.
    for (std::uint32_t i = 0; i < p.patterns.size(); ++i) {
        if (p.patterns[i].types.empty()) patterns_of_any_type.push_back(i);
        for (const auto& t : p.patterns[i].types) patterns_by_type[t].push_back(i);
    }
    for (std::size_t i = 0; i < p.tests.size(); ++i) {
        const auto& t = p.tests[i];
        test_lookup l{.name = t.name};
        if (t.source.of == subject::attribute && t.source.take != part::age)
            l.how = test_lookup::by::attribute;
        if (t.source.of == subject::current_stage) l.how = test_lookup::by::stage;
        lookups.push_back(l);
    }
    fading_columns columns;
    for (std::uint32_t i = 0; i < p.rules.size(); ++i) bind_rule(*this, i, columns);
    orderless_rules = detail::orderless_rules(p);
    sort_state_rules(*this);
    rises_with_inputs.assign(p.scores.size(), true);
    for (const auto s : p.evaluation_order) {
        const auto& score = p.scores[s];
        bool rising = std::visit([](const auto& f) { return rises(f); },
                                 p.source.derived[score.model_index].from);
        for (const auto& [input, weight] : score.terms) rising = rising && rises_with_inputs[input];
        rises_with_inputs[s] = rising;
    }
    extend();
}

LEADFUNNEL_DECL void bound_program::extend() {
    bind_kinds(*this);
    bind_tests(*this);
    bind_values(*this);
    bind_stages(*this);
    walks_nothing = walked_actions.actions.empty() && inactivity_rules.empty();
}

LEADFUNNEL_DECL void bound_program::renew_kind(std::uint32_t kind) {
    // A kind that an `extend` left half bound, out of memory, is bound by the next one.
    const auto bound = std::min(all_actions.places.size(), walked_actions.places.size());
    if (kind >= bound) return;
    for (auto& column : additive) column.points[kind] = 0;
    guard_matches[kind].clear();
    bind_kind(*this, kind, guard_matches[kind],
              [&](auto& table, const auto& actions) { table.put(kind, actions); });
    for (std::size_t d = 0; d < distinct.size(); ++d) {
        const auto i = kind * distinct.size() + d;
        if (i >= distinct_ids.size()) return;
        unuse_distinct(*this, d, distinct_ids[i]);
        distinct_ids[i] = use_distinct(*this, words.kinds[kind], d);
    }
}

LEADFUNNEL_DECL void bound_program::renew_value(std::uint32_t name, std::uint32_t value) {
    const auto& v = words.attribute_values[name][value];
    for (std::size_t i = 0; i < p.tests.size(); ++i)
        if (lookups[i].how == test_lookup::by::attribute &&
            name_of_attribute[lookups[i].name] == name && value < outcomes[i].size())
            outcomes[i][value] = static_cast<std::uint8_t>(test_holds(p.tests[i], v) ? 1 : 0);
    for (auto& x : by_value)
        if (name_of_attribute[x.attribute] == name && value < x.points.size())
            x.points[value] = worth_of(*this, x, value);
}

LEADFUNNEL_DECL void bound_program::forget_kind(std::uint32_t kind) noexcept {
    for (std::size_t d = 0; d < distinct.size(); ++d)
        if (const auto i = kind * distinct.size() + d; i < distinct_ids.size())
            unuse_distinct(*this, d, distinct_ids[i]);
}

} // namespace leadfunnel::inline v0::detail
