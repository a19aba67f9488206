// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A program bound to a dictionary: rules are matched once for each kind of touchpoint, and tests
/// evaluated once for each distinct value. Not for users.

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

/// One effect of a touchpoint of some kind. A kind's resets come first, then its rules in order of
/// declaration.
struct action {
    enum class code : std::uint8_t {
        reset,
        frequency,
        recency,
        occurrence,
        sequence,
        returning,
        silence, ///< of a return rule: ends the silence without being a return. A rule whose
                 ///< silence every touchpoint ends has no such action: it reads the cursor's last
                 ///< touchpoint
        inactivity
    };
    code what{};
    bool bounded = false;     ///< depends on the touchpoint's value: see the rule's patterns
    std::uint8_t steps = 0;   ///< sequence: bit i set if step i matches
    bool in_scope = false;    ///< sequence: in the scope; returning: also ends the silence
    bool any_scope = false;   ///< returning: every touchpoint ends the silence
    std::uint32_t target = 0; ///< rule, or reset
};

/// What the walk reads of a rule at each candidate for an award, in one cache line.
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

/// How a test is looked up: by the number of the attribute's value, by that of the current stage,
/// or not at all (it is evaluated).
struct test_lookup {
    enum class by : std::uint8_t { attribute, stage, evaluation };
    by how = by::evaluation;
    std::uint32_t name = 0;
    const std::uint8_t* outcomes = nullptr;
};

/// Awards that depend on their touchpoint alone: constant points, and no condition, limit,
/// cooldown, freeze, reset or running clamp. They need no walk. At any instant they are the sum of
/// a column, which serves all rules of one slot and decay of which no two match the same kind.
struct additive_awards {
    std::uint32_t slot = 0;
    std::uint32_t decay = 0;
    std::vector<std::int64_t> points; // micros by kind
};

/// Whether a rule's awards depend on their touchpoints alone. O(1).
[[nodiscard]] LEADFUNNEL_DECL bool is_additive(const program& p, const compiled_rule& r);

/// The rules of a slot that one attribute decides, with their total for each value of it.
struct value_points {
    std::uint32_t slot = 0;
    std::uint32_t attribute = 0;
    std::vector<std::uint32_t> rules;
    std::vector<std::int64_t> points; // micros by value
};

/// Awards that decay or end, and share a sum.
struct fading_awards {
    std::uint32_t score = 0;
    std::uint32_t slot = 0;
    std::uint32_t decay = 0;
    std::uint32_t rule = none32; ///< of a rule `while_idle`, whose awards end together: its own sum
};

/// What an entry into a stage changes.
struct stage_effect {
    std::uint32_t current = none32; // into program::current_stages
    std::vector<std::uint32_t> counters;
    std::vector<std::uint32_t> entry_scores;
    std::vector<std::uint32_t> resets; // into program::resets
};

/// The registers of a walk that a rule uses; none32 where it uses none.
struct rule_registers {
    std::uint32_t last_award = none32; ///< instant, for a cooldown
    std::uint32_t last_match = none32; ///< instant: recency, returning
    std::uint32_t deadline = none32;   ///< instant: inactivity
    std::uint32_t repeats = none32;    ///< inactivity: awards since the last match
    std::uint32_t chain = none32;      ///< sequence: the first of one for each step but the last
};

/// A program bound to a dictionary. It has a member for each table that scoring reads in its inner
/// loops. Not safe for concurrent use while it changes; safe to read from any number of threads.
struct bound_program {
    /// Both arguments must outlive it. O(rules + what the dictionary holds × rules). Throws
    /// std::bad_alloc.
    LEADFUNNEL_DECL bound_program(const program& p, const dictionary& words);

    /// Binds the kinds, values and stages added to the dictionary since the last call. O(new ones ×
    /// rules). Throws std::bad_alloc, after which the next call continues.
    LEADFUNNEL_DECL void extend();
    /// Binds a kind, or a value of an attribute, again after its number was given to another. Does
    /// nothing if it is not bound yet. O(rules). Throws std::bad_alloc.
    LEADFUNNEL_DECL void renew_kind(std::uint32_t kind);
    LEADFUNNEL_DECL void renew_value(std::uint32_t name, std::uint32_t value);
    /// Releases the texts of a kind that is no longer used. O(distinct properties).
    LEADFUNNEL_DECL void forget_kind(std::uint32_t kind) noexcept;

    const program& p;
    const dictionary& words;

    /// The actions of each kind, stored one after the other.
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
        /// Appends the actions of the next kind. O(actions).
        void add(std::span<const action> of_kind) {
            const auto n = static_cast<std::uint32_t>(of_kind.size());
            places.push_back({static_cast<std::uint32_t>(actions.size()), n, n});
            actions.insert(actions.end(), of_kind.begin(), of_kind.end());
        }
        /// Replaces the actions of a kind, in place if there is room. Room doubles, so what is left
        /// unused is less than what is added.
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
        /// Keeps the first `kinds` kinds only.
        void cut(std::size_t kinds) {
            if (places.size() > kinds) places.resize(kinds);
        }
    };
    /// Values of a property that `distinct` or `per_distinct` counts, as texts numbered from 1.
    struct distinct_texts {
        std::vector<std::string> texts; // text n − 1 has number n
        word_register numbers;
    };
    action_table all_actions;
    action_table walked_actions; // all but those of `additive`
    std::vector<additive_awards> additive;
    std::vector<bool> is_additive; // by rule: its awards may be in `additive`
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
    std::vector<std::uint32_t> fading_of_rule; // into fading; none if its awards keep their points
    std::vector<value_points> by_value;
    std::vector<std::vector<std::uint32_t>>
        asked_rules; // by base score: state rules not in by_value
    std::vector<std::uint32_t>
        fading_rules;                    // rules of windows and recency: points end by themselves
    std::vector<bool> rises_with_inputs; // by score: no input's fall makes it rise
    bool walks_nothing = false;          // touchpoints only add to `additive`

    /// By kind: whether a touchpoint leaves a walk in the same state wherever it stands among the
    /// touchpoints of its instant, whatever those are.
    std::vector<bool> is_orderless;
    std::vector<bool> orderless_rules; // by rule: the same for a touchpoint that matches it
    bool any_order = true;             // no rule depends on the previous touchpoint of any kind

    /// By kind: which of `program::guard_patterns` it matches, bounds of values ignored.
    std::vector<std::vector<std::uint32_t>> guard_matches;

    /// Whether a touchpoint matches a pattern of `program::guard_patterns`. O(patterns of its
    /// kind).
    [[nodiscard]] bool matches(std::uint32_t pattern, std::uint32_t kind,
                               stored_value amount) const noexcept {
        const auto& all = guard_matches[kind];
        return std::find(all.begin(), all.end(), pattern) != all.end() &&
               in_bounds(pattern, amount);
    }

    /// The number of a kind's value of a distinct property; 0 if it is missing. O(1).
    [[nodiscard]] std::uint32_t distinct_id(std::uint32_t kind,
                                            std::uint32_t property) const noexcept {
        return distinct_ids[kind * p.distinct_properties.size() + property];
    }
    /// Whether a touchpoint's value lies in [value_at_least, value_below) of a pattern. A pattern
    /// without these bounds takes any, a missing one as well. O(1).
    [[nodiscard]] bool in_bounds(std::uint32_t pattern, stored_value v) const noexcept {
        const auto& x = p.patterns[pattern];
        return !x.bounded || (v != no_value && v >= x.value_at_least && v < x.value_below);
    }
};

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/bound_program.ipp>
#endif
