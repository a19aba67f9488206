// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The rules of a program, prepared for scoring many leads rule by rule. Not for users.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/plan/detail/bound_program.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Sums of awards whose touchpoints are not in the histories: one slot, by lead, at the one instant
/// that is scored.
struct given_sums {
    std::uint32_t slot = 0;
    std::span<const std::int64_t> by_lead;
};

/// The rules of a program bound to histories, prepared for scoring rule by rule. Immutable once
/// made: safe to share between threads. The program and the histories must outlive it. It has many
/// members because it is a compiled form: each table stands for one thing that the scorer looks up.
struct column_rules {
    /// O(kinds × rules + values × tests). Sets `usable` to false where the cursor must score.
    LEADFUNNEL_DECL column_rules(const bound_program& b, const histories& h);

    /// A test of a lead whose stage entries do not matter.
    struct lead_test {
        enum class by : std::uint8_t { nothing, value, age };
        by how = by::nothing;
        bool outcome = false;                   ///< for `nothing`: of every lead
        std::uint32_t attribute = 0;            ///< into `attributes`
        const std::uint8_t* outcomes = nullptr; ///< for `value`: by the value's number
    };
    /// What must hold for a rule to count: its condition, and none of its freezes.
    struct gate {
        std::uint32_t when = 0;
        std::vector<std::uint32_t> not_when;
        bool by_instant = false; ///< depends on the instant: it tests an age
        friend bool operator==(const gate&, const gate&) = default;
    };
    /// The touchpoints of some classes.
    struct match_set {
        std::vector<std::uint32_t> classes;
    };
    /// A rule that reads touchpoints.
    struct touch_rule {
        std::uint32_t rule = 0;
        std::uint32_t set = 0;
        std::uint32_t gate = none32;
        bool bounded = false;    ///< depends on the value of some touchpoint
        bool any_scope = false;  ///< its scope is every touchpoint
        bool grants_all = false; ///< no gate, limit or cooldown
        /// At most one limit, which counts awards: not points, and not by distinct values.
        bool counts_simply = false;
        std::uint32_t resets = none32;    ///< into `resets`
        std::vector<std::uint16_t> flags; ///< by class: `is_on` or steps, `in_scope`
    };
    static constexpr std::uint16_t is_on = 1; // returning rules; sequences have their steps here
    static constexpr std::uint16_t in_scope = 0x100; // returning rules and sequences

    /// Points that touchpoints of some classes give independently of all others.
    struct sparse_awards {
        std::uint32_t slot = 0;
        std::uint32_t decay = 0;
        std::vector<std::pair<std::uint32_t, std::int64_t>> points; // (class, micros)
    };
    /// All attribute rules of a slot that one attribute alone decides: points by its values.
    struct value_points {
        std::uint32_t slot = 0;
        std::uint32_t attribute = 0; ///< into `attributes`
        std::vector<std::int64_t> points;
    };
    struct state_rule {
        std::uint32_t rule = 0;
        std::uint32_t gate = none32;
    };
    /// The touchpoints that reset a score.
    struct score_resets {
        std::uint32_t score = 0;
        std::uint32_t set = 0;
        std::vector<std::pair<std::uint32_t, std::uint32_t>> patterns; // (class, pattern)
        bool bounded = false;
    };

    const bound_program& b;
    const histories& h;
    const program& p;
    bool usable = false; ///< false: the cursor must score all leads
    bool plain = false;  ///< scores are plain sums: nothing is derived, excluded or banded
    std::size_t most_touchpoints = 0; ///< a lead with more is left to the cursor
    std::int64_t most_points = 0;     ///< the most |micros| of one award

    std::vector<std::uint16_t> class_of_kind; ///< 0: no rule reads the kind
    std::size_t classes = 1;
    /// Entries of bound_program::additive in which at least half of the kinds have points, and
    /// whether all these points are small.
    std::vector<std::pair<std::uint32_t, bool>> dense;
    std::vector<sparse_awards> sparse; ///< the other entries
    std::vector<match_set> sets;
    std::vector<touch_rule> rules; ///< rules that read touchpoints
    std::vector<score_resets> resets;

    std::vector<std::uint32_t> attributes; ///< the model's attributes that rules read
    /// By the histories' name of an attribute: an index into `attributes`.
    std::vector<std::uint32_t> attribute_of_name;
    std::vector<lead_test> tests; ///< by program::tests
    std::vector<bool> matters;    ///< by stage kind: whether rules depend on such an entry
    std::vector<gate> gates;
    std::vector<std::uint32_t> exclusion_gates; ///< by program::exclusions
    std::vector<value_points> by_value;
    std::vector<state_rule> by_gate; ///< the other attribute rules
    std::vector<std::int64_t> base;  ///< by slot: points that every lead has
    std::vector<given_sums> given;   ///< added to the sums of every lead
};

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/column_rules.ipp>
#endif
