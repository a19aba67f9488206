// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Why a score is what it is: every contribution, adding up exactly.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/history/event.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// What a line of an explanation speaks of.
enum class line_kind : std::uint8_t {
    award,       ///< points that an award rule handed out, or a candidate it refused
    state,       ///< points of a state rule, where it contributes
    start,       ///< where a running clamp starts: 0, clamped
    group_clamp, ///< what a group's bounds add or take away
    score_clamp, ///< what the score's bounds add or take away
    input,       ///< of a derived score: one of the scores it is made from
    constant,    ///< of a weighted sum: its constant
    computed,    ///< of a derived score: what the formula makes of its inputs
    saturation   ///< what was lost at the end of the fixed-point range, where no line goes on
};

/// What became of an award.
enum class award_fate : std::uint8_t {
    counted,           ///< contributes (as much as decay and clamps leave)
    expired,           ///< decayed to nothing
    voided,            ///< a reset came after it; `reason` names the reset
    ended,             ///< the idle time that it stood for is over
    refused_condition, ///< the rule's own condition did not hold
    refused_freeze,    ///< awards were frozen; `reason` names the freeze
    refused_cooldown,  ///< too soon after the rule's previous award
    refused_limit      ///< a limit was reached
};

[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(line_kind k) noexcept;
[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(award_fate f) noexcept;

struct explanation_line {
    line_kind kind{};
    std::string name{};                ///< the rule; of an input, the score; of a clamp, the group
    std::string group{};               ///< the rule's group, if any
    std::string description{};         ///< the model's own words for the rule
    std::optional<touchpoint> cause{}; ///< of an award, unless it came of inactivity
    instant at{};                      ///< of an award: when it was handed out
    points awarded = 0;                ///< then; of an input, its value
    points now = 0;                    ///< what it contributes at the instant asked
    award_fate fate = award_fate::counted;
    /// Why an award does not count; of an input that is explained elsewhere in the explanation, the
    /// score among whose inputs it is.
    std::string reason{};

    friend bool operator==(const explanation_line&, const explanation_line&) = default;
};

/// An explanation owns all that it says; it outlives the scorer and the histories.
struct explanation {
    std::string lead{};
    std::string score{};
    instant at{};
    points total = 0;          ///< the score; what it would be, if `excluded_by` is not empty
    std::string excluded_by{}; ///< the exclusion that makes the score absent
    bool saturated = false;
    std::vector<explanation_line> lines{}; ///< Σ now = total, exactly
    /// Of a derived score: its inputs', in order. Each score is explained once in an explanation,
    /// where it is first named; the line of any other mention says where (`reason`).
    std::vector<explanation> inputs{};

    friend bool operator==(const explanation&, const explanation&) = default;
};

/// An explanation as readable text: contributions by size, then what did not count and why, then
/// the inputs of a derived score. What in data would control a terminal, or the direction of
/// writing, is escaped. O(lines · log).
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(const explanation& e);

/// The same in about `most` bytes. Of a score and its inputs, one after the other, as many lines
/// are kept as fit, the largest contributions first; then a note says how many lines were cut and
/// what they contribute together, so that the sum still adds up. Headings and notes are never cut:
/// with them it may be longer than `most` by those of the inputs that are named in it. O(lines ·
/// log).
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(const explanation& e, std::size_t most);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/score/impl/explanation.ipp>
#endif
