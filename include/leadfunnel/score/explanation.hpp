// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Why a score has its value: every contribution, with an exact sum.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/history/event.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// What a line of an explanation is about.
enum class line_kind : std::uint8_t {
    award,       ///< an award of a rule, or a candidate that was refused one
    state,       ///< a state rule that contributes points
    start,       ///< the start of a running clamp: 0, clamped to the score's bounds
    group_clamp, ///< the difference that a group's bounds make
    score_clamp, ///< the difference that the score's bounds make
    input,       ///< derived scores: an input of the formula
    constant,    ///< weighted sums: the constant
    computed,    ///< derived scores: the result of the formula
    saturation   ///< the difference that the end of the fixed-point range makes
};

/// What became of an award.
enum class award_fate : std::uint8_t {
    counted,           ///< contributes what decay and clamps leave of it
    expired,           ///< has decayed to nothing
    voided,            ///< a later reset cancelled it; `reason` names the reset
    ended,             ///< the lead became active again, which ended an inactivity award
    refused_condition, ///< the rule's condition did not hold
    refused_freeze,    ///< awards were frozen; `reason` names the freeze
    refused_cooldown,  ///< too soon after the rule's previous award
    refused_limit      ///< a limit was reached
};

/// Names for texts: `award`, `refused: limit reached`. O(1).
[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(line_kind k) noexcept;
[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(award_fate f) noexcept;

/// A contribution to a score.
struct explanation_line {
    line_kind kind{};
    std::string name{};                ///< the rule's id; the score's or group's for other kinds
    std::string group{};               ///< the rule's group; empty if it has none
    std::string description{};         ///< the rule's description in the model
    std::optional<touchpoint> cause{}; ///< awards: the touchpoint; none for inactivity
    instant at{};                      ///< awards: when the award was granted or refused
    points awarded = 0;                ///< awards: the points at that time; inputs: the value
    points now = 0;                    ///< the contribution at the explanation's instant
    award_fate fate = award_fate::counted;
    /// Awards: the reset or freeze that `fate` speaks of. Inputs that are explained elsewhere: the
    /// score under which they are.
    std::string reason{};

    friend bool operator==(const explanation_line&, const explanation_line&) = default;
};

/// The explanation of a score. It owns its data: it may outlive the scorer and the histories.
struct explanation {
    std::string lead{};
    std::string score{};
    instant at{};
    points total = 0;          ///< the score; what it would be if it were not excluded
    std::string excluded_by{}; ///< the exclusion that makes the score absent; empty if it is not
    bool saturated = false;    ///< a sum left the fixed-point range
    std::vector<explanation_line> lines{}; ///< the sum of `now` is exactly `total`
    /// Derived scores: the explanations of the inputs, in order. Each score is explained once,
    /// where it is first named; the lines of other mentions say where (`reason`).
    std::vector<explanation> inputs{};

    friend bool operator==(const explanation&, const explanation&) = default;
};

/// An explanation as readable text: contributions by size, then awards that do not count and why,
/// then the inputs of a derived score. Characters in the data that control a terminal or the
/// direction of writing are escaped. O(lines · log lines + bytes).
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(const explanation& e);

/// The same, cut to about `most` bytes. The score comes first, then its inputs; of each, the
/// largest contributions are kept. A note then says how many lines were cut and what they
/// contribute together, so that the sum still adds up. Headings and notes are never cut, so the
/// text may be longer than `most` by these. O(lines · log lines + bytes).
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(const explanation& e, std::size_t most);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/score/impl/explanation.ipp>
#endif
