// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Scores of leads, at any instant.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/progress.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/score/explanation.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

namespace detail {
struct bound_program;
} // namespace detail

/// A score at an instant.
struct score_value {
    points value = 0;       ///< the score; if `absent`, what it would be
    bool absent = false;    ///< an exclusion holds
    bool saturated = false; ///< a sum left the fixed-point range: `value` is the end of the range

    friend bool operator==(const score_value&, const score_value&) = default;
};

/// A score from an instant on.
struct score_change {
    instant at{};
    score_value score{};

    friend bool operator==(const score_change&, const score_change&) = default;
};

/// The most changes of a score that one call returns. Hourly changes over two years are 17,520.
inline constexpr std::size_t max_changes = 1'000'000;

/// Scores the leads of some histories by a plan.
///
/// Scores, bandings, matrices and leads are given by number: `plan::score("engagement")`,
/// `histories::find("L-17")`. Instants may lie in the past or the future: a score at t depends on
/// nothing after t.
///
/// All members are const and may be called from several threads at once. Each calls `progress` with
/// the steps done so far. Throw from it to cancel the call: the exception reaches the caller, and
/// the scorer is unchanged. Members throw `unknown_number` for a score, banding or matrix that the
/// plan does not have, and std::bad_alloc. Precondition of all: the lead exists.
class scorer {
  public:
    /// Matches every kind of touchpoint against every rule once, and evaluates every test for every
    /// distinct value once. `h` must outlive the scorer. O(kinds × rules + values × tests).
    LEADFUNNEL_DECL scorer(plan p, const histories& h);
    /// Deleted: the scorer would refer to a temporary.
    scorer(plan p, histories&& h) = delete;
    LEADFUNNEL_DECL scorer(scorer&&) noexcept;
    LEADFUNNEL_DECL scorer& operator=(scorer&&) noexcept;
    LEADFUNNEL_DECL ~scorer();

    /// The plan and the histories that were given. O(1).
    [[nodiscard]] const plan& used_plan() const noexcept { return plan_; }
    [[nodiscard]] const histories& leads() const noexcept { return *histories_; }

    /// The score of a lead at an instant. O(the lead's events up to it + rules).
    [[nodiscard]] LEADFUNNEL_DECL score_value
    score_at(std::size_t lead, std::size_t score, instant at,
             const progress_callback& progress = {}) const;

    /// The scores of a lead at several instants, in the order given. One walk over the history:
    /// O(events + instants · (log instants + rules)).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<score_value>
    series(std::size_t lead, std::size_t score, std::span<const instant> at,
           const progress_callback& progress = {}) const;

    /// The score at `from`, and every change in (from, to] at the lead's evaluation instants: its
    /// events, exact deadlines, and ticks of the decay grid. Throws `error` if there are more than
    /// `max_changes`; ask for a shorter period. O(events + changes · (rules + awards)); instants
    /// without a change are skipped.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<score_change>
    changes(std::size_t lead, std::size_t score, instant from, instant to,
            const progress_callback& progress = {}) const;

    /// The id of the exclusion that makes a score absent; nothing if it is not absent. The view
    /// lives as long as the plan. O(the lead's events up to the instant + rules).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string_view>
    excluded_by(std::size_t lead, std::size_t score, instant at,
                const progress_callback& progress = {}) const;

    /// The id of the band that a lead is in; nothing while the score is absent. The view lives as
    /// long as the plan. O(events + rules); for bandings with hysteresis or dwell times,
    /// O(evaluation instants at which the band may change · (rules + awards)) more.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string_view>
    band_at(std::size_t lead, std::size_t banding, instant at,
            const progress_callback& progress = {}) const;
    /// The class of a lead in a matrix; nothing while either score is absent. Costs what two calls
    /// of `band_at` do.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string_view>
    class_at(std::size_t lead, std::size_t matrix, instant at,
             const progress_callback& progress = {}) const;

    /// Every contribution to a score, and every refused award. O(events · log events + rules).
    [[nodiscard]] LEADFUNNEL_DECL explanation explain(std::size_t lead, std::size_t score,
                                                      instant at,
                                                      const progress_callback& progress = {}) const;

  private:
    friend struct scorer_access;
    struct pool;

    plan plan_;
    const histories* histories_;
    std::unique_ptr<const detail::bound_program> binding_;
    std::unique_ptr<pool> pool_;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/score/impl/scorer.ipp>
#endif
