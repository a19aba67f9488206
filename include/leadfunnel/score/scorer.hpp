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
    points value = 0;       ///< if `absent`: what it would be
    bool absent = false;    ///< an exclusion holds
    bool saturated = false; ///< a sum left the fixed-point range, and `value` is at its end

    friend bool operator==(const score_value&, const score_value&) = default;
};

struct score_change {
    instant at{};
    score_value score{};

    friend bool operator==(const score_change&, const score_change&) = default;
};

/// The most changes of a score that one call tells: two years of hourly ones are 17,520.
inline constexpr std::size_t max_changes = 1'000'000;

/// Scores the leads of some histories by a plan.
///
/// Scores, bandings and leads are given by number: `plan::score("engagement")`,
/// `histories::find("L-17")`. Instants may be past or future, any that the library accepts: a score
/// at t uses nothing after t.
///
/// Construction matches every kind of touchpoint against every rule once, and evaluates every test
/// for every distinct value once: O(kinds × rules + values × tests). The histories must outlive the
/// scorer. All members are const and may be called from any number of threads at once. Each can be
/// cancelled by what its `progress` throws, and then has changed nothing.
class scorer {
  public:
    LEADFUNNEL_DECL scorer(plan p, const histories& h);
    /// A scorer keeps a reference to its histories: a temporary would dangle.
    scorer(plan p, histories&& h) = delete;
    LEADFUNNEL_DECL scorer(scorer&&) noexcept;
    LEADFUNNEL_DECL scorer& operator=(scorer&&) noexcept;
    LEADFUNNEL_DECL ~scorer();

    [[nodiscard]] const plan& used_plan() const noexcept { return plan_; }
    [[nodiscard]] const histories& leads() const noexcept { return *histories_; }

    /// The score of a lead at an instant. O(the lead's events up to it + rules).
    [[nodiscard]] LEADFUNNEL_DECL score_value
    score_at(std::size_t lead, std::size_t score, instant at,
             const progress_callback& progress = {}) const;

    /// Scores at several instants, in the order given. One walk over the history.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<score_value>
    series(std::size_t lead, std::size_t score, std::span<const instant> at,
           const progress_callback& progress = {}) const;

    /// The score at `from`, and every change in `(from, to]` at the lead's evaluation instants: its
    /// events, exact deadlines, and ticks of the decay grid. Throws `error` where there are more
    /// than `max_changes`: some grids tick each second, and a shorter period has fewer.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<score_change>
    changes(std::size_t lead, std::size_t score, instant from, instant to,
            const progress_callback& progress = {}) const;

    /// The exclusion under which a score is absent, if it is.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string_view>
    excluded_by(std::size_t lead, std::size_t score, instant at,
                const progress_callback& progress = {}) const;

    /// The band a lead is in; nothing while the score is absent. O(events + rules), for bandings
    /// with hysteresis or dwell times the evaluation instants.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string_view>
    band_at(std::size_t lead, std::size_t banding, instant at,
            const progress_callback& progress = {}) const;
    /// The class of a lead in a matrix; nothing while either score is absent.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string_view>
    class_at(std::size_t lead, std::size_t matrix, instant at,
             const progress_callback& progress = {}) const;

    /// Every contribution to a score, refusals too. O(events · log + rules).
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
