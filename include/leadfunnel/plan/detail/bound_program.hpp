// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A program applied to a dictionary: rules are matched once for each kind, tests evaluated once
/// for each distinct value. Not for users.

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/word_register.hpp>
#include <leadfunnel/history/records.hpp>
#include <leadfunnel/plan/detail/program.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// What a touchpoint of some kind does. Resets come first, then rules in order of declaration.
struct action {
    enum class code : std::uint8_t {
        reset,
        frequency,
        recency,
        occurrence,
        sequence,
        returning,
        silence, ///< of a return rule: ends the silence without being a return; of rules for which
                 ///< every touchpoint does, the cursor's last touchpoint does instead
        inactivity
    };
    code what{};
    bool bounded = false;     ///< the touchpoint's value decides: see the rule's patterns
    std::uint8_t steps = 0;   ///< sequence: bit i set if step i matches
    bool in_scope = false;    ///< sequence: in the scope; returning: ends the silence, too
    bool any_scope = false;   ///< returning: every touchpoint ends the silence
    std::uint32_t target = 0; ///< rule, or reset
};

/// What the walk needs of a rule at every candidate, in one cache line.
struct award_terms {
    std::int64_t points = 0;
    std::int64_t cooldown = 0;
    std::uint32_t when = 0;
    std::uint32_t slot = 0;
    std::uint32_t score = 0;
    std::uint32_t decay = 0;
    std::uint32_t first_limit = 0;
    std::uint32_t limit_count = 0;
    bool by_value = false;
    bool running = false;
    bool while_idle = false;
};

/// A test, and its outcomes if those depend on the attribute's or stage's number alone.
struct test_lookup {
    enum class by : std::uint8_t { attribute, stage, evaluation };
    by how = by::evaluation;
    std::uint32_t name = 0;
    const std::uint8_t* outcomes = nullptr;
};

/// Awards that depend on nothing but their touchpoint: constant points, no condition, limit,
/// cooldown, freeze, reset or running clamp. They need no walk: at any instant they are a sum over
/// a column, for all the rules of one slot and decay at once (of which no two match one kind).
struct additive_awards {
    std::uint32_t slot = 0;
    std::uint32_t decay = 0;
    std::vector<std::int64_t> points; // micros by kind
};

/// Whether a rule's awards depend on nothing but their touchpoints.
[[nodiscard]] LEADFUNNEL_DECL bool is_additive(const program& p, const compiled_rule& r);

/// Attribute rules of a slot that one attribute decides, added up by its values.
struct value_points {
    std::uint32_t slot = 0;
    std::uint32_t attribute = 0;
    std::vector<std::uint32_t> rules;
    std::vector<std::int64_t> points; // micros by value
};

/// Awards that decay, or end, and are added up together.
struct fading_awards {
    std::uint32_t score = 0;
    std::uint32_t slot = 0;
    std::uint32_t decay = 0;
    std::uint32_t rule = none32; ///< whose awards end with its idleness: they stand by themselves
};

struct stage_effect {
    std::uint32_t current = none32; // into program::current_stages
    std::vector<std::uint32_t> counters;
    std::vector<std::uint32_t> entry_scores;
    std::vector<std::uint32_t> resets; // into program::resets
};

/// Where a walk keeps what a rule remembers; none for what it does not.
struct rule_registers {
    std::uint32_t last_award = none32; ///< instant, for a cooldown
    std::uint32_t last_match = none32; ///< instant: recency, returning
    std::uint32_t deadline = none32;   ///< instant: inactivity
    std::uint32_t repeats = none32;    ///< inactivity: awards since the last match
    std::uint32_t chain = none32;      ///< sequence: the first of one for each step but the last
};

struct bound_program {
    /// Both must outlive it.
    LEADFUNNEL_DECL bound_program(const program& p, const dictionary& words);

    /// Takes in what the dictionary has come to have since. O(what is new × rules).
    LEADFUNNEL_DECL void extend();
    /// The number of a kind, or of a value of an attribute, stands for another than it did; nothing
    /// if that is still to be taken in.
    LEADFUNNEL_DECL void renew_kind(std::uint32_t kind);
    LEADFUNNEL_DECL void renew_value(std::uint32_t name, std::uint32_t value);
    /// Keeps no text of a kind that goes.
    LEADFUNNEL_DECL void forget_kind(std::uint32_t kind) noexcept;

    const program& p;
    const dictionary& words;

    /// What each kind does: everything, or all but `additive`.
    struct action_table {
        struct place {
            std::uint32_t first = 0;
            std::uint32_t count = 0;
            std::uint32_t room = 0;
        };
        std::vector<place> places; // by kind
        std::vector<action> actions;

        [[nodiscard]] std::span<const action> of(std::uint32_t kind) const noexcept {
            const auto& stands = places[kind];
            return std::span{actions}.subspan(stands.first, stands.count);
        }
        /// The actions of the next kind.
        void add(std::span<const action> of_kind) {
            const auto n = static_cast<std::uint32_t>(of_kind.size());
            places.push_back({static_cast<std::uint32_t>(actions.size()), n, n});
            actions.insert(actions.end(), of_kind.begin(), of_kind.end());
        }
        /// Other actions of a kind, where the old ones stand if there is room. What is left behind
        /// is less than what comes.
        void put(std::uint32_t kind, std::span<const action> of_kind) {
            auto& stands = places[kind];
            const auto n = static_cast<std::uint32_t>(of_kind.size());
            if (n > stands.room) {
                const auto first = static_cast<std::uint32_t>(actions.size());
                const auto room = std::bit_ceil(n);
                actions.resize(std::size_t{first} + room);
                stands = {first, 0, room};
            }
            std::copy(of_kind.begin(), of_kind.end(),
                      actions.begin() + static_cast<std::ptrdiff_t>(stands.first));
            stands.count = n;
        }
        /// Only the first kinds.
        void cut(std::size_t kinds) {
            if (places.size() > kinds) places.resize(kinds);
        }
    };
    /// Texts of a property by which touchpoints are told apart, numbered from 1.
    struct distinct_texts {
        std::vector<std::string> texts; // of the number before
        word_register numbers;
    };
    action_table all_actions;
    action_table walked_actions;
    std::vector<additive_awards> additive;
    std::vector<bool> is_additive; // by rule: may be in `additive`
    std::vector<std::uint32_t> patterns_of_any_type;
    text_map<std::vector<std::uint32_t>> patterns_by_type;
    std::vector<award_terms> terms;               // by rule
    std::vector<test_lookup> lookups;             // by test
    std::vector<std::uint32_t> distinct_ids;      // kind × distinct property; 0 is missing
    std::vector<distinct_texts> distinct;         // by property
    std::vector<std::uint32_t> attribute_of_name; // dictionary's name → model's attribute
    std::vector<std::uint32_t> name_of_attribute; // and back
    // Outcome of each test by value (attributes) or by stage kind + 1 (current_stage).
    std::vector<std::vector<std::uint8_t>> outcomes;
    std::vector<stage_effect> stage_effects;      // by stage kind
    std::vector<std::uint32_t> entry_score_words; // program::entry_scores → recorded score
    std::vector<std::uint32_t> inactivity_rules;
    std::vector<rule_registers> registers;       // by rule
    std::vector<std::int64_t> register_defaults; // before the first event
    std::vector<std::uint32_t> window_of_rule;   // of frequency rules, from 0
    std::uint32_t window_count = 0;
    std::vector<fading_awards> fading;
    std::vector<std::uint32_t> fading_of_rule; // into fading; none keeps its points
    std::vector<value_points> by_value;
    std::vector<std::vector<std::uint32_t>> asked_rules; // by base score: other state rules
    std::vector<std::uint32_t> fading_rules; // whose points end by themselves: windows, recency
    std::vector<bool> rises_with_inputs;     // by score: no input's fall makes it rise
    bool walks_nothing = false;              // touchpoints do nothing but add to `additive`

    /// By kind: whether a touchpoint leaves a walk in the same state wherever it stands among the
    /// touchpoints of its instant, whatever those are.
    std::vector<bool> is_orderless;
    std::vector<bool> orderless_rules; // by rule: the same of a touchpoint that matches it
    bool any_order = true;             // no rule asks for the touchpoint before, whatever it is

    /// Which of `program::guard_patterns` each kind matches, value bounds left aside.
    std::vector<std::vector<std::uint32_t>> guard_matches;

    /// Whether a touchpoint matches a pattern of `program::guard_patterns`.
    [[nodiscard]] bool matches(std::uint32_t pattern, std::uint32_t kind,
                               stored_value amount) const noexcept {
        const auto& all = guard_matches[kind];
        return std::find(all.begin(), all.end(), pattern) != all.end() &&
               in_bounds(pattern, amount);
    }

    [[nodiscard]] std::uint32_t distinct_id(std::uint32_t kind,
                                            std::uint32_t property) const noexcept {
        return distinct_ids[kind * p.distinct_properties.size() + property];
    }
    [[nodiscard]] bool in_bounds(std::uint32_t pattern, stored_value v) const noexcept {
        const auto& x = p.patterns[pattern];
        return !x.bounded || (v != no_value && v >= x.value_at_least && v < x.value_below);
    }
};

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/bound_program.ipp>
#endif
