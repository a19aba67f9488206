// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A program applied to the dictionaries of histories: rules are matched once for each kind, tests
/// evaluated once for each distinct value. Not for users.

#include <leadfunnel/detail/program.hpp>
#include <leadfunnel/history/histories.hpp>

#include <cstdint>
#include <span>
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
        silence, ///< of a return rule: ends the silence without being a return
        inactivity
    };
    code what{};
    bool bounded = false;     ///< the touchpoint's value decides: see the rule's patterns
    std::uint8_t steps = 0;   ///< sequence: bit i set if step i matches
    bool in_scope = false;    ///< sequence: in the scope; returning: ends the silence, too
    std::uint32_t target = 0; ///< rule, or reset
};

struct stage_effect {
    std::uint32_t current = none32; // into program::current_stages
    std::vector<std::uint32_t> counters;
    std::vector<std::uint32_t> entry_scores;
    std::vector<std::uint32_t> resets;
};

struct binding {
    LEADFUNNEL_DECL binding(const program& p, const histories& h);

    const program& p;
    const histories& h;

    std::vector<std::uint32_t> action_offsets; // by kind
    std::vector<action> actions;
    std::vector<std::uint32_t> distinct_ids;      // kind × distinct property; 0 is missing
    std::vector<std::uint32_t> attribute_of_name; // histories' name → model's attribute
    std::vector<std::uint32_t> name_of_attribute; // and back
    // Outcome of each test by value (attributes) or by stage kind + 1 (current_stage).
    std::vector<std::vector<std::uint8_t>> outcomes;
    std::vector<stage_effect> stage_effects; // by stage kind
    std::vector<std::uint32_t> inactivity_rules;
    std::uint32_t chain_registers = 0;
    std::vector<std::uint32_t> first_chain_register; // by rule
    bool continuous = false; // some award's factor changes between breakpoints

    [[nodiscard]] std::span<const action> actions_of(std::uint32_t kind) const noexcept {
        return std::span{actions}.subspan(action_offsets[kind],
                                          action_offsets[kind + 1] - action_offsets[kind]);
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
#include <leadfunnel/impl/binding.ipp>
#endif
