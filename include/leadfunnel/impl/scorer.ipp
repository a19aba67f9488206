// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/detail/walk.hpp>
#include <leadfunnel/impl/scorer_explain.ipp>
#include <leadfunnel/score/scorer.hpp>

#include <mutex>
#include <numeric>
#include <tuple>

namespace leadfunnel::inline v0 {

/// Cursors at rest, so that a question does not have to allocate one.
struct scorer::pool {
    std::mutex lock;
    std::vector<std::unique_ptr<detail::cursor<>>> idle;

    struct loan {
        pool& from;
        std::unique_ptr<detail::cursor<>> cursor;

        loan(pool& p, const detail::binding& b) : from(p) {
            {
                const std::lock_guard guard{from.lock};
                if (!from.idle.empty()) {
                    cursor = std::move(from.idle.back());
                    from.idle.pop_back();
                }
            }
            if (cursor == nullptr) cursor = std::make_unique<detail::cursor<>>(b);
        }
        ~loan() {
            try {
                const std::lock_guard guard{from.lock};
                from.idle.push_back(std::move(cursor));
            } catch (...) { // the cursor is dropped: the next question makes another
            }
        }
        loan(const loan&) = delete;
        loan& operator=(const loan&) = delete;
    };
};

namespace detail {

[[nodiscard]] inline score_value to_score_value(const reading& r) noexcept {
    return {points::from_micros(r.value), r.excluded_by != none32, r.saturated};
}

/// The band of a banding at an instant.
template<class Cursor>
std::uint32_t band_index(Cursor& c, const binding& b, const lead_view& lead, std::size_t banding,
                         std::int64_t at) {
    band_fold<Cursor> fold{c, b, {banding}};
    if (b.p.bandings.at(banding).remembers) {
        c.seek(lead, Cursor::mode::everything);
        fold.fold_until(at);
    } else {
        c.seek(lead, Cursor::mode::scores_only);
        c.advance(at);
    }
    return fold.look(0, c.evaluate());
}

/// Collects the changes of a score along a walk.
template<class Cursor>
struct change_collector {
    Cursor& c;
    std::size_t score;
    std::vector<score_change>& out;

    void visit(bool /*shared*/) {
        const auto v = to_score_value(c.evaluate()[score]);
        if (v != out.back().score) out.push_back({instant{duration{c.now()}}, v});
    }
    [[nodiscard]] static std::int64_t further() noexcept { return end_of_time; }
    [[nodiscard]] static std::int64_t skip(std::int64_t first, std::int64_t /*last*/) noexcept {
        return first;
    }
};

[[nodiscard]] inline std::optional<std::string_view>
band_name(const program& p, std::size_t banding, std::uint32_t band) noexcept {
    if (band == no_band_index) return std::nullopt;
    return p.source.bandings[banding].bands[band].id;
}

[[nodiscard]] inline std::optional<std::string_view>
class_name(const program& p, std::size_t matrix, std::uint32_t row, std::uint32_t column) noexcept {
    if (row == no_band_index || column == no_band_index) return std::nullopt;
    return p.matrices[matrix].classes[row][column];
}

} // namespace detail

LEADFUNNEL_DECL scorer::scorer(plan p, const histories& h)
    : plan_(std::move(p)), histories_(&h),
      binding_(std::make_unique<const detail::binding>(detail::plan_access::of(plan_), h.words())),
      pool_(std::make_unique<pool>()) {}
LEADFUNNEL_DECL scorer::scorer(scorer&&) noexcept = default;
LEADFUNNEL_DECL scorer& scorer::operator=(scorer&&) noexcept = default;
LEADFUNNEL_DECL scorer::~scorer() = default;

LEADFUNNEL_DECL score_value scorer::score_at(std::size_t lead, std::size_t score,
                                             instant at) const {
    const pool::loan loan{*pool_, *binding_};
    loan.cursor->seek(histories_->view(lead), detail::cursor<>::mode::scores_only);
    loan.cursor->advance(detail::cursor_time(at));
    return detail::to_score_value(loan.cursor->evaluate().at(score));
}

LEADFUNNEL_DECL std::vector<score_value> scorer::series(std::size_t lead, std::size_t score,
                                                        std::span<const instant> at) const {
    const pool::loan loan{*pool_, *binding_};
    std::vector<std::size_t> order(at.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return at[a] < at[b]; });
    std::vector<score_value> out(at.size());
    loan.cursor->seek(histories_->view(lead), detail::cursor<>::mode::scores_only);
    for (const auto i : order) {
        loan.cursor->advance(detail::cursor_time(at[i]));
        out[i] = detail::to_score_value(loan.cursor->evaluate().at(score));
    }
    return out;
}

LEADFUNNEL_DECL std::vector<score_change> scorer::changes(std::size_t lead, std::size_t score,
                                                          instant from, instant to) const {
    const pool::loan loan{*pool_, *binding_};
    auto& c = *loan.cursor;
    c.seek(histories_->view(lead), detail::cursor<>::mode::everything);
    c.advance(detail::cursor_time(from));
    std::vector<score_change> out{{from, detail::to_score_value(c.evaluate().at(score))}};
    detail::change_collector<detail::cursor<>> collector{c, score, out};
    detail::walk(c, binding_->p, detail::cursor_time(to), collector);
    return out;
}

LEADFUNNEL_DECL std::optional<std::string_view>
scorer::excluded_by(std::size_t lead, std::size_t score, instant at) const {
    const pool::loan loan{*pool_, *binding_};
    loan.cursor->seek(histories_->view(lead), detail::cursor<>::mode::scores_only);
    loan.cursor->advance(detail::cursor_time(at));
    const auto by = loan.cursor->evaluate().at(score).excluded_by;
    if (by == detail::none32) return std::nullopt;
    return binding_->p.source.exclusions[by].id;
}

LEADFUNNEL_DECL std::optional<std::string_view>
scorer::band_at(std::size_t lead, std::size_t banding, instant at) const {
    const pool::loan loan{*pool_, *binding_};
    return detail::band_name(binding_->p, banding,
                             detail::band_index(*loan.cursor, *binding_, histories_->view(lead),
                                                banding, detail::cursor_time(at)));
}

LEADFUNNEL_DECL std::optional<std::string_view>
scorer::class_at(std::size_t lead, std::size_t matrix, instant at) const {
    const pool::loan loan{*pool_, *binding_};
    const auto& p = binding_->p;
    const auto& m = p.matrices.at(matrix);
    const auto t = detail::cursor_time(at);
    const auto row = detail::band_index(*loan.cursor, *binding_, histories_->view(lead), m.rows, t);
    const auto column =
        detail::band_index(*loan.cursor, *binding_, histories_->view(lead), m.columns, t);
    return detail::class_name(p, matrix, row, column);
}

} // namespace leadfunnel::inline v0
