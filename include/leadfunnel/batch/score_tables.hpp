// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Scores of tables, for hosts that need no histories.

#include <leadfunnel/batch/score_table.hpp>
#include <leadfunnel/batch/table.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/history/ingest_report.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace leadfunnel::inline v0 {

/// The scores of tables, and the leads that have them. Owns all that it holds. Const members may be
/// called from several threads at once.
class scored_tables {
  public:
    scored_tables(histories leads, score_table scores)
        : leads_(std::move(leads)), scores_(std::move(scores)) {}

    /// The number of leads. O(1).
    [[nodiscard]] std::size_t size() const noexcept { return leads_.size(); }
    /// The id of a lead. Precondition: `lead < size()`. The view lives as long as this. O(1).
    [[nodiscard]] std::string_view lead_id(std::size_t lead) const noexcept {
        return leads_.lead_id(lead);
    }
    /// The number of the lead with an id, if there is one. O(1).
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const {
        return leads_.find(id);
    }
    [[nodiscard]] const score_table& scores() const noexcept { return scores_; }

  private:
    histories leads_; // may lack touchpoints that were summed and not stored
    score_table scores_;
};

/// Scores the leads of tables. Scores and numbers of leads are those of
/// `score_all(scorer{p, make_histories(leads, touchpoints, p)}, at, options)`, and the same
/// `table_error` is thrown. Returns nothing if it was cancelled.
///
/// Touchpoints are summed as they are read, and never stored, where all of this holds:
/// - each touchpoint counts independently of the others: every rule is an attribute rule or an
///   occurrence with constant points and without condition, limit, cooldown, freeze or reset;
/// - `at` is one instant;
/// - no row has a source id, and no row of the leads table has an instant.
///
/// O(cells + texts of dictionaries + leads × instants × rules); otherwise that of `make_histories`
/// and `score_all`.
[[nodiscard]] LEADFUNNEL_DECL std::optional<scored_tables>
score_tables(const plan& p, const leads_table& leads, const touchpoints_table& touchpoints,
             std::span<const instant> at, const batch_options& options);
/// As above, without options; cannot be cancelled.
[[nodiscard]] LEADFUNNEL_DECL scored_tables score_tables(const plan& p, const leads_table& leads,
                                                         const touchpoints_table& touchpoints,
                                                         std::span<const instant> at);
[[nodiscard]] LEADFUNNEL_DECL scored_tables score_tables(const plan& p, const leads_table& leads,
                                                         const touchpoints_table& touchpoints,
                                                         instant at);

/// Scores tables that arrive in parts, at one instant. Sums touchpoints as they are read and never
/// stores them, so the plan must allow it (`is_for`).
///
/// Add all parts of the leads table first: then leads have the numbers that `make_histories` would
/// give them. Every part must have the columns of the first. Not for concurrent use.
class additive_scorer {
  public:
    /// Whether the plan's touchpoints count independently of each other; see `score_tables`.
    /// O(rules).
    [[nodiscard]] LEADFUNNEL_DECL static bool is_for(const plan& p);

    /// Precondition: `is_for(p)`.
    LEADFUNNEL_DECL additive_scorer(const plan& p, instant at);
    LEADFUNNEL_DECL additive_scorer(additive_scorer&&) noexcept;
    LEADFUNNEL_DECL additive_scorer& operator=(additive_scorer&&) noexcept;
    LEADFUNNEL_DECL ~additive_scorer();

    /// Adds a part of the leads table, like `leadfunnel::add_leads` with the plan.
    LEADFUNNEL_DECL ingest_report add_leads(const leads_table& t,
                                            const ingest_options& options = {});
    /// Adds a part of the touchpoints table, like `leadfunnel::add_touchpoints` with the plan.
    /// O(cells × additive rules).
    LEADFUNNEL_DECL ingest_report add_touchpoints(const touchpoints_table& t,
                                                  const ingest_options& options = {});

    /// The scores; nothing if it was cancelled or is not complete. The scorer must not be used
    /// again. O(leads × rules).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<scored_tables> finish(const batch_options& options);
    /// Whether the sums give the scores. False once a row had a source id, a row of the leads table
    /// had an instant, or sums might leave 64 bits: such tables need histories. O(1).
    [[nodiscard]] LEADFUNNEL_DECL bool is_complete() const noexcept;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/score_tables.ipp>
#endif
