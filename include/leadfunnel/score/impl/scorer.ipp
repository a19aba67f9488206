// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/at_number.hpp>
#include <leadfunnel/score/detail/cursor_pool.hpp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>
#include <leadfunnel/score/detail/explainer.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <numeric>
#include <stdexcept>
#include <tuple>

namespace leadfunnel::inline v0 {

struct scorer::pool : detail::cursor_pool {};

namespace detail {

/// Collects the changes of a score along a walk. A visitor of `walk`.
template<class Cursor>
struct change_collector {
    Cursor& c;
    std::size_t score;
    std::vector<score_change>& out;

    void visit(bool /*shared*/) {
        const auto v = to_score_value(c.evaluate()[score]);
        if (v == out.back().score) return;
        if (out.size() > max_changes)
            throw error("the score changes more than " + std::to_string(max_changes) +
                        " times; ask for a shorter period");
        out.push_back({instant{duration{c.now()}}, v});
    }
    [[nodiscard]] static std::int64_t further() noexcept { return end_of_time; }
    [[nodiscard]] bool is_quiet(const std::vector<reading>& low, const std::vector<reading>& high,
                                std::int64_t /*t*/) const noexcept {
        const auto v = to_score_value(low[score]);
        return v == out.back().score && v == to_score_value(high[score]);
    }
};

} // namespace detail

LEADFUNNEL_DECL scorer::scorer(plan p, const histories& h)
    : plan_(std::move(p)), histories_(&h), binding_(std::make_unique<const detail::bound_program>(
                                               detail::plan_access::of(plan_), h.words())),
      pool_(std::make_unique<pool>()) {}
LEADFUNNEL_DECL scorer::scorer(scorer&&) noexcept = default;
LEADFUNNEL_DECL scorer& scorer::operator=(scorer&&) noexcept = default;
LEADFUNNEL_DECL scorer::~scorer() = default;

LEADFUNNEL_DECL score_value scorer::score_at(std::size_t lead, std::size_t score, instant at,
                                             const progress_callback& progress) const {
    const pool::loan loan{*pool_, *binding_, progress};
    loan.held->seek(histories_->view(lead), detail::cursor<>::mode::scores_only);
    loan.held->advance(detail::cursor_time(at));
    return detail::to_score_value(detail::at_number(loan.held->evaluate(), score, "score"));
}

LEADFUNNEL_DECL std::vector<score_value> scorer::series(std::size_t lead, std::size_t score,
                                                        std::span<const instant> at,
                                                        const progress_callback& progress) const {
    const pool::loan loan{*pool_, *binding_, progress};
    std::vector<std::size_t> order(at.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return at[a] < at[b]; });
    std::vector<score_value> out(at.size());
    loan.held->seek(histories_->view(lead), detail::cursor<>::mode::scores_only);
    for (const auto i : order) {
        loan.held->advance(detail::cursor_time(at[i]));
        out[i] = detail::to_score_value(detail::at_number(loan.held->evaluate(), score, "score"));
    }
    return out;
}

LEADFUNNEL_DECL std::vector<score_change> scorer::changes(std::size_t lead, std::size_t score,
                                                          instant from, instant to,
                                                          const progress_callback& progress) const {
    const pool::loan loan{*pool_, *binding_, progress};
    auto& c = *loan.held;
    c.seek(histories_->view(lead), detail::cursor<>::mode::everything);
    c.advance(detail::cursor_time(from));
    std::vector<score_change> out{
        {from, detail::to_score_value(detail::at_number(c.evaluate(), score, "score"))}};
    detail::change_collector<detail::cursor<>> collector{c, score, out};
    detail::walk(c, detail::cursor_time(to), collector);
    return out;
}

LEADFUNNEL_DECL std::optional<std::string_view>
scorer::excluded_by(std::size_t lead, std::size_t score, instant at,
                    const progress_callback& progress) const {
    const pool::loan loan{*pool_, *binding_, progress};
    loan.held->seek(histories_->view(lead), detail::cursor<>::mode::scores_only);
    loan.held->advance(detail::cursor_time(at));
    const auto by = detail::at_number(loan.held->evaluate(), score, "score").excluded_by;
    if (by == detail::none32) return std::nullopt;
    return binding_->p.source.exclusions[by].id;
}

LEADFUNNEL_DECL std::optional<std::string_view>
scorer::band_at(std::size_t lead, std::size_t banding, instant at,
                const progress_callback& progress) const {
    const pool::loan loan{*pool_, *binding_, progress};
    return detail::band_name(binding_->p, banding,
                             detail::band_index(*loan.held, *binding_, histories_->view(lead),
                                                banding, detail::cursor_time(at)));
}

LEADFUNNEL_DECL std::optional<std::string_view>
scorer::class_at(std::size_t lead, std::size_t matrix, instant at,
                 const progress_callback& progress) const {
    const pool::loan loan{*pool_, *binding_, progress};
    const auto& p = binding_->p;
    const auto& m = detail::at_number(p.matrices, matrix, "matrix");
    const auto t = detail::cursor_time(at);
    const auto row = detail::band_index(*loan.held, *binding_, histories_->view(lead), m.rows, t);
    const auto column =
        detail::band_index(*loan.held, *binding_, histories_->view(lead), m.columns, t);
    return detail::class_name(p, matrix, row, column);
}

LEADFUNNEL_DECL explanation scorer::explain(std::size_t lead, std::size_t score, instant at,
                                            const progress_callback& progress) const {
    if (score >= plan_.score_count())
        throw unknown_number("there is no score with number " + std::to_string(score));
    const auto touchpoint_at = [&](std::size_t i) { return histories_->touchpoint_at(lead, i); };
    detail::pulse beats{progress};
    return detail::explainer{
        *binding_,     histories_->lead_id(lead),  histories_->view(lead), detail::cursor_time(at),
        touchpoint_at, progress ? &beats : nullptr}
        .explain(static_cast<std::uint32_t>(score));
}

} // namespace leadfunnel::inline v0
