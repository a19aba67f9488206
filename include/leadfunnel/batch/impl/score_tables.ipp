// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/score_tables.hpp>

#include <leadfunnel/batch/detail/column_rules.hpp>
#include <leadfunnel/batch/detail/table_rows.hpp>
#include <leadfunnel/core/detail/huge_array.hpp>
#include <leadfunnel/plan/detail/bound_program.hpp>
#include <leadfunnel/plan/detail/decayed_sum.hpp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0 {

namespace detail {

/// Sums, lead by lead, what the awards of touchpoints are worth at an instant, as they arrive.
class additive_sink final : public touchpoint_sink {
  public:
    /// Whether the plan's touchpoints count independently of each other.
    [[nodiscard]] static bool is_for(const program& p) {
        return std::all_of(p.rules.begin(), p.rules.end(), [&](const auto& r) {
            return r.kind == rule_kind::attribute || is_additive(p, r);
        });
    }

    additive_sink(const program& p, std::int64_t now) : p_(p), binding_(p, words_), now_(now) {
        for (const auto& r : p.rules) most_ += r.points < 0 ? -wide{r.points} : wide{r.points};
    }

    std::uint32_t kind(const touchpoint_kind& k) override {
        words_.kinds.push_back(k);
        is_bound_ = false;
        return static_cast<std::uint32_t>(words_.kinds.size() - 1);
    }

    void add(std::span<const std::uint32_t> leads, std::span<const instant> at,
             std::span<const std::uint32_t> kinds, std::span<const stored_value> /*values*/,
             std::span<const std::uint32_t> /*source_ids*/) override {
        touchpoints_ += leads.size();
        fits_ = fits_ && most_ * static_cast<wide>(touchpoints_ + 1) < wide{1} << 61;
        if (!fits_ || leads.empty()) return;
        if (!is_bound_) bind();
        const std::size_t last = *std::max_element(leads.begin(), leads.end());
        kept_.resize(leads.size());
        for (std::size_t c = 0; c < sums_.size(); ++c) {
            const auto& column = binding_.additive[c];
            auto& sums = sums_[c];
            if (sums.size() <= last) sums.resize(std::max(last + 1, 2 * sums.size()));
            keep_awards(p_.decays[column.decay], {at, kinds, column.points, small_[c] != 0}, now_,
                        kept_);
            for (std::size_t i = 0; i < leads.size(); ++i) sums[leads[i]] += kept_[i];
        }
    }

    /// Whether the sums are right: they stay within 64 bits, and every rule is summed. (The binding
    /// walks rules instead where columns of points would be too many.)
    [[nodiscard]] bool is_complete() const noexcept { return fits_; }

    /// The sums by slot and lead. They live as long as this.
    [[nodiscard]] std::vector<given_sums> sums(std::size_t leads) {
        std::vector<given_sums> out;
        for (std::size_t c = 0; c < sums_.size(); ++c) {
            sums_[c].resize(leads);
            out.push_back({binding_.additive[c].slot, sums_[c]});
        }
        return out;
    }

  private:
    void bind() {
        binding_.extend();
        fits_ = fits_ && binding_.walks_nothing;
        sums_.resize(binding_.additive.size());
        small_.clear();
        for (const auto& c : binding_.additive)
            small_.push_back(std::all_of(c.points.begin(), c.points.end(), is_small) ? 1 : 0);
        is_bound_ = true;
    }

    const program& p_;
    dictionary words_{};
    bound_program binding_;
    std::int64_t now_;
    wide most_ = 1; // the most micros that one touchpoint awards, plus 1
    std::size_t touchpoints_ = 0;
    bool fits_ = true;
    bool is_bound_ = false;
    std::vector<huge_vector<std::int64_t>> sums_{}; // by additive award of the binding, then lead
    std::vector<std::uint8_t> small_{}; // by additive award: `is_small` holds for all its points
    std::vector<std::int64_t> kept_{};  // by touchpoint of a block
};

[[nodiscard]] inline bool has_column(const std::vector<column>& columns, const std::string& name) {
    return std::any_of(columns.begin(), columns.end(),
                       [&](const column& c) { return c.name == name; });
}

/// Whether rows may duplicate others, or hold only from an instant on: sums need neither.
[[nodiscard]] inline bool needs_histories(const leads_table& t) {
    return has_column(t.columns, t.at) || has_column(t.columns, t.id);
}
[[nodiscard]] inline bool needs_histories(const touchpoints_table& t) {
    return has_column(t.columns, t.id);
}

/// The scores by sums; the outer optional is empty where the plan or the tables need histories, the
/// inner one if the call was cancelled.
inline std::optional<std::optional<scored_tables>>
score_additively(const plan& p, const leads_table& leads, const touchpoints_table& touchpoints,
                 instant at, const batch_options& options) {
    if (!additive_scorer::is_for(p) || needs_histories(leads) || needs_histories(touchpoints))
        return std::nullopt;
    additive_scorer to{p, at};
    ingest_report lead_report;
    if (!leads.columns.empty()) lead_report = to.add_leads(leads);
    auto touchpoint_report = to.add_touchpoints(touchpoints);
    require_all(std::move(lead_report), std::move(touchpoint_report));
    auto scored = to.finish(options);
    if (!to.is_complete()) return std::nullopt;
    return scored;
}

} // namespace detail

// ---- tables in parts ----------------------------------------------------------------------------

struct additive_scorer::state {
    state(const plan& used, instant now)
        : p(used), at(now), sink(detail::plan_access::of(p), detail::cursor_time(now)) {}

    plan p;
    instant at;
    history_builder builder{};
    detail::additive_sink sink;
    bool is_complete = true;
};

LEADFUNNEL_DECL bool additive_scorer::is_for(const plan& p) {
    return detail::additive_sink::is_for(detail::plan_access::of(p));
}
LEADFUNNEL_DECL additive_scorer::additive_scorer(const plan& p, instant at)
    : state_(std::make_unique<state>(p, at)) {}
LEADFUNNEL_DECL additive_scorer::additive_scorer(additive_scorer&&) noexcept = default;
LEADFUNNEL_DECL additive_scorer& additive_scorer::operator=(additive_scorer&&) noexcept = default;
LEADFUNNEL_DECL additive_scorer::~additive_scorer() = default;

LEADFUNNEL_DECL ingest_report additive_scorer::add_leads(const leads_table& t,
                                                         const ingest_options& options) {
    if (detail::needs_histories(t)) state_->is_complete = false;
    return detail::read_leads(state_->builder, t, &state_->p, options);
}
LEADFUNNEL_DECL ingest_report additive_scorer::add_touchpoints(const touchpoints_table& t,
                                                               const ingest_options& options) {
    if (detail::needs_histories(t)) state_->is_complete = false;
    return detail::read_touchpoints(state_->builder, state_->sink, t, &state_->p, options);
}

LEADFUNNEL_DECL bool additive_scorer::is_complete() const noexcept {
    return state_->is_complete && state_->sink.is_complete();
}
LEADFUNNEL_DECL std::optional<scored_tables> additive_scorer::finish(const batch_options& options) {
    if (!is_complete()) return std::nullopt;
    histories h = state_->builder.build();
    const scorer s{state_->p, h};
    detail::column_rules rules{scorer_access::binding_of(s), h};
    state_->is_complete = rules.usable;
    if (!rules.usable) return std::nullopt;
    rules.given = state_->sink.sums(h.size());
    auto scores = detail::score_by(s, rules, {&state_->at, 1}, options);
    if (!scores) return std::nullopt;
    return scored_tables{std::move(h), *std::move(scores)};
}

// ---- whole tables -------------------------------------------------------------------------------

LEADFUNNEL_DECL std::optional<scored_tables> score_tables(const plan& p, const leads_table& leads,
                                                          const touchpoints_table& touchpoints,
                                                          std::span<const instant> at,
                                                          const batch_options& options) {
    if (at.size() == 1)
        if (auto scored = detail::score_additively(p, leads, touchpoints, at[0], options))
            return *std::move(scored);
    histories h = detail::histories_of(leads, touchpoints, &p);
    auto scores = score_all(scorer{p, h}, at, options);
    if (!scores) return std::nullopt;
    return scored_tables{std::move(h), *std::move(scores)};
}
LEADFUNNEL_DECL scored_tables score_tables(const plan& p, const leads_table& leads,
                                           const touchpoints_table& touchpoints,
                                           std::span<const instant> at) {
    return *score_tables(p, leads, touchpoints, at, batch_options{});
}
LEADFUNNEL_DECL scored_tables score_tables(const plan& p, const leads_table& leads,
                                           const touchpoints_table& touchpoints, instant at) {
    return score_tables(p, leads, touchpoints, std::span{&at, 1});
}

} // namespace leadfunnel::inline v0
