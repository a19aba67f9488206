// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Scores of many leads at many instants, on all cores.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// Scores, bands and classes of leads at instants. Each score and each banding is one contiguous
/// column, ordered by lead, then by instant: row `lead · instants + instant`.
///
/// Owns its data. Const members may be called from several threads at once. Numbers of scores,
/// bandings, matrices, leads and instants must exist: that is a precondition of every member.
class score_table {
  public:
    static constexpr std::uint8_t absent_flag = 1;    ///< an exclusion holds
    static constexpr std::uint8_t saturated_flag = 2; ///< the value is the end of the range
    /// The band of an absent score.
    static constexpr std::uint16_t no_band = std::numeric_limits<std::uint16_t>::max();

    [[nodiscard]] std::size_t leads() const noexcept { return leads_; }
    /// The instants, in the order in which they were given. O(1).
    [[nodiscard]] std::span<const instant> instants() const noexcept { return instants_; }
    [[nodiscard]] const plan& used_plan() const noexcept { return plan_; }

    /// The values of a score by row, in micro-points. O(1).
    [[nodiscard]] std::span<const std::int64_t> micros(std::size_t score) const noexcept {
        return std::span{micros_}.subspan(score * rows(), rows());
    }
    /// The flags of a score by row. O(1).
    [[nodiscard]] std::span<const std::uint8_t> flags(std::size_t score) const noexcept {
        return std::span{flags_}.subspan(score * rows(), rows());
    }
    /// The number of the band by row, the lowest being 0; or `no_band`. O(1).
    [[nodiscard]] std::span<const std::uint16_t> bands(std::size_t banding) const noexcept {
        return std::span{bands_}.subspan(banding * rows(), rows());
    }

    /// One score, band or class. Views live as long as the table's plan. O(1).
    [[nodiscard]] LEADFUNNEL_DECL score_value at(std::size_t score, std::size_t lead,
                                                 std::size_t nth_instant = 0) const noexcept;
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string_view>
    band(std::size_t banding, std::size_t lead, std::size_t nth_instant = 0) const noexcept;
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string_view>
    classified(std::size_t matrix, std::size_t lead, std::size_t nth_instant = 0) const noexcept;

    /// The `k` leads with the highest scores at one instant, or fewer if fewer have a score.
    /// Highest first; equal scores by number. Absent scores are left out. O(leads · log k).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::size_t> top(std::size_t score, std::size_t k,
                                                               std::size_t nth_instant = 0) const;

    friend bool operator==(const score_table& a, const score_table& b) noexcept {
        return a.leads_ == b.leads_ && a.instants_ == b.instants_ && a.micros_ == b.micros_ &&
               a.flags_ == b.flags_ && a.bands_ == b.bands_;
    }

  private:
    friend struct scorer_access;
    explicit score_table(plan p) : plan_(std::move(p)) {}
    [[nodiscard]] std::size_t rows() const noexcept { return leads_ * instants_.size(); }

    plan plan_;
    std::size_t leads_ = 0;
    std::vector<instant> instants_;
    std::vector<std::int64_t> micros_;
    std::vector<std::uint8_t> flags_;
    std::vector<std::uint16_t> bands_;
};

/// Options of `score_all` and its relatives.
struct batch_options {
    /// How many threads to use; 0 means as many as the machine has. At most 256 are used, and fewer
    /// if the system refuses to start more. The result does not depend on it.
    unsigned threads = 0;
    /// Called now and then from the calling thread, with the number of leads done (which never
    /// falls) and of all leads. Return false to cancel. An exception cancels too, and reaches the
    /// caller.
    std::function<bool(std::size_t done, std::size_t all)> progress{};
};

namespace detail {
struct column_rules;
/// `score_all` with rules that are already prepared. Not for users.
[[nodiscard]] LEADFUNNEL_DECL std::optional<score_table> score_by(const scorer& s,
                                                                  const column_rules& rules,
                                                                  std::span<const instant> at,
                                                                  const batch_options& options);
} // namespace detail

/// Scores every lead at every instant. Returns nothing if it was cancelled. O(touchpoints × rules +
/// leads × instants × rules) in all threads together. Throws what `progress` throws, and
/// std::bad_alloc. Several calls may use one scorer at the same time.
[[nodiscard]] LEADFUNNEL_DECL std::optional<score_table>
score_all(const scorer& s, std::span<const instant> at, const batch_options& options);
/// As above, without options; cannot be cancelled.
[[nodiscard]] LEADFUNNEL_DECL score_table score_all(const scorer& s, std::span<const instant> at);
[[nodiscard]] LEADFUNNEL_DECL score_table score_all(const scorer& s, instant at);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/score_table.ipp>
#endif
