// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/detail/column_scorer.hpp>
#include <leadfunnel/batch/score_table.hpp>
#include <leadfunnel/core/detail/workers.hpp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>

#include <memory>
#include <numeric>
#include <tuple>

namespace leadfunnel::inline v0 {

namespace detail {

/// Writes the scores of runs of leads into the columns of a table. Each thread has its own.
class lead_scorer {
  public:
    lead_scorer(const bound_program& b, const column_rules& rules, std::span<const instant> at,
                const progress_callback& beat)
        : h_(rules.h), p_(b.p), beats_(beat), cursor_(b), fold_(cursor_, b, all_of(b.p.bandings)) {
        cursor_.heed(&beats_);
        order_.resize(at.size());
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        std::sort(order_.begin(), order_.end(), [&](auto x, auto y) { return at[x] < at[y]; });
        for (const auto t : at) at_.push_back(cursor_time(t));
        for (const auto i : order_) rising_.push_back(at_[i]);
        remembers_ = std::any_of(p_.bandings.begin(), p_.bandings.end(),
                                 [](const auto& x) { return x.remembers; });
        if (rules.usable && !at.empty()) by_rule_.emplace(rules, rising_, order_);
    }

    /// Scores leads `first` to `last` − 1.
    void score_run(std::size_t first, std::size_t last, const table_columns& columns) {
        if (!by_rule_) {
            for (std::size_t lead = first; lead < last; ++lead) score_lead(lead, columns);
            return;
        }
        left_over_.clear();
        for (std::size_t from = first; from < last; from += by_rule_->run_length())
            by_rule_->score(from, std::min(last, from + by_rule_->run_length()), columns,
                            left_over_);
        for (const auto lead : left_over_) score_lead(lead, columns);
    }

  private:
    static std::vector<std::size_t> all_of(const std::vector<compiled_banding>& bandings) {
        std::vector<std::size_t> numbers(bandings.size());
        std::iota(numbers.begin(), numbers.end(), std::size_t{0});
        return numbers;
    }

    void score_lead(std::size_t lead, const table_columns& columns) {
        const std::size_t rows = columns.leads * at_.size();
        cursor_.seek(h_.view(lead),
                     remembers_ ? cursor<>::mode::everything : cursor<>::mode::scores_only);
        fold_.clear();
        for (const auto i : order_) {
            const auto& readings = stand_at(at_[i]);
            const std::size_t row = lead * at_.size() + i;
            for (std::size_t s = 0; s < readings.size(); ++s) {
                const auto& r = readings[s];
                columns.micros[s * rows + row] = r.value;
                columns.flags[s * rows + row] = static_cast<std::uint8_t>(
                    (r.excluded_by != none32 ? 1U : 0U) | (r.saturated ? 2U : 0U));
            }
            for (std::size_t b = 0; b < p_.bandings.size(); ++b)
                columns.bands[b * rows + row] = static_cast<std::uint16_t>(fold_.look(b, readings));
        }
    }

    const std::vector<reading>& stand_at(std::int64_t t) {
        if (remembers_)
            fold_.fold_until(t);
        else
            cursor_.advance(t);
        return cursor_.evaluate();
    }

    const histories& h_;
    const program& p_;
    pulse beats_;
    cursor<> cursor_;
    std::vector<std::int64_t> at_;
    std::vector<std::size_t> order_;   // indices into `at_`, in rising order
    std::vector<std::int64_t> rising_; // `at_` in that order
    band_fold<cursor<>> fold_;         // of all bandings
    bool remembers_ = false;
    std::optional<column_scorer> by_rule_;
    std::vector<std::size_t> left_over_;
};

LEADFUNNEL_DECL std::optional<score_table> score_by(const scorer& s, const column_rules& rules,
                                                    std::span<const instant> at,
                                                    const batch_options& options) {
    const auto& b = scorer_access::binding_of(s);
    auto table = scorer_access::make<score_table>(s.used_plan());
    auto [table_leads, instants, micros, flags, bands] = scorer_access::columns(table);
    const std::size_t leads =
        s.leads().size(); // clang 14: lambdas cannot capture a structured binding
    table_leads = leads;
    instants.assign(at.begin(), at.end());
    const std::size_t rows = leads * instants.size();
    micros.resize(rows * b.p.scores.size());
    flags.resize(rows * b.p.scores.size());
    bands.resize(rows * b.p.bandings.size());

    const table_columns columns{leads, micros.data(), flags.data(), bands.data()};

    constexpr std::size_t chunk = 1024;
    const auto begin = [&](const progress_callback& beat) {
        return [one = std::make_unique<lead_scorer>(b, rules, at, beat), &columns](
                   std::size_t first, std::size_t last) { one->score_run(first, last, columns); };
    };
    const auto report = [&](std::size_t done) {
        return !options.progress || options.progress(done, leads);
    };
    if (!each_block(leads, chunk, options.threads, begin, report)) return std::nullopt;
    return table;
}

} // namespace detail

LEADFUNNEL_DECL std::optional<score_table> score_all(const scorer& s, std::span<const instant> at,
                                                     const batch_options& options) {
    return detail::score_by(s, {scorer_access::binding_of(s), s.leads()}, at, options);
}

LEADFUNNEL_DECL score_table score_all(const scorer& s, std::span<const instant> at) {
    return *score_all(s, at, batch_options{});
}
LEADFUNNEL_DECL score_table score_all(const scorer& s, instant at) {
    return score_all(s, std::span{&at, 1});
}

LEADFUNNEL_DECL score_value score_table::at(std::size_t score, std::size_t lead,
                                            std::size_t nth_instant) const noexcept {
    const std::size_t row = score * rows() + lead * instants_.size() + nth_instant;
    return {points::from_micros(micros_[row]), (flags_[row] & absent_flag) != 0,
            (flags_[row] & saturated_flag) != 0};
}

LEADFUNNEL_DECL std::optional<std::string_view>
score_table::band(std::size_t banding, std::size_t lead, std::size_t nth_instant) const noexcept {
    const auto band = bands(banding)[lead * instants_.size() + nth_instant];
    if (band == no_band) return std::nullopt;
    return plan_.source().bandings[banding].bands[band].id;
}

LEADFUNNEL_DECL std::optional<std::string_view>
score_table::classified(std::size_t matrix, std::size_t lead,
                        std::size_t nth_instant) const noexcept {
    const auto& m = detail::plan_access::of(plan_).matrices[matrix];
    const std::size_t row = lead * instants_.size() + nth_instant;
    const auto r = bands(m.rows)[row];
    const auto c = bands(m.columns)[row];
    if (r == no_band || c == no_band) return std::nullopt;
    return m.classes[r][c];
}

LEADFUNNEL_DECL std::vector<std::size_t> score_table::top(std::size_t score, std::size_t k,
                                                          std::size_t nth_instant) const {
    const auto values = micros(score);
    const auto absent = flags(score);
    std::vector<std::size_t> order;
    for (std::size_t lead = 0; lead < leads_; ++lead)
        if ((absent[lead * instants_.size() + nth_instant] & absent_flag) == 0)
            order.push_back(lead);
    const auto middle = order.begin() + static_cast<std::ptrdiff_t>(std::min(k, order.size()));
    std::partial_sort(order.begin(), middle, order.end(), [&](std::size_t a, std::size_t b) {
        const auto x = values[a * instants_.size() + nth_instant];
        const auto y = values[b * instants_.size() + nth_instant];
        return x != y ? x > y : a < b;
    });
    order.erase(middle, order.end());
    return order;
}

} // namespace leadfunnel::inline v0
