// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Checks bandings and matrices.

#include <leadfunnel/plan/impl/check_range.ipp>
#include <leadfunnel/plan/impl/check_report.ipp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace leadfunnel::inline v0::detail::checking {

/// Checks bandings and matrices. Each call checks the object at the report's pointer.
class band_check {
  public:
    band_check(const model& m, report& out, const declared_names& names, const score_ranges& ranges)
        : model_(m), out_(out), names_(names), ranges_(ranges) {}

    void operator()(const banding& b) {
        const std::size_t s = names_.scores.find(b.score);
        const score_range range = s == no_index ? score_range::any() : ranges_[s];
        const auto list = out_.into("bands");
        const decimal* before = nullptr; // `enter` of the band before
        for (std::size_t i = 0; i < b.bands.size(); ++i) {
            const band& x = b.bands[i];
            const auto in = out_.into(i);
            if (i == 0) {
                first_band(x);
                unreachable_band(b, i, range);
                continue;
            }
            if (!x.enter) {
                const auto k = out_.into("enter");
                out_.error(issue_code::missing_key, joined("band ", quote(x.id), " begins nowhere"),
                           "the score at which the band begins");
                continue;
            }
            if (before != nullptr && *x.enter <= *before) {
                const auto k = out_.into("enter");
                out_.error(issue_code::bad_interval,
                           joined("'enter' ", to_string(*x.enter), " does not rise from ",
                                  to_string(*before)),
                           joined("above ", to_string(*before)));
            }
            before = &*x.enter;
            if (x.leave && *x.leave > *x.enter) {
                const auto k = out_.into("leave");
                out_.error(issue_code::bad_interval,
                           joined("'leave' ", to_string(*x.leave), " is above 'enter' ",
                                  to_string(*x.enter)),
                           joined("at most ", to_string(*x.enter)));
            }
            unreachable_band(b, i, range);
        }
    }

    void operator()(const matrix& x) {
        const std::size_t rows = names_.bandings.find(x.rows);
        const std::size_t columns = names_.bandings.find(x.columns);
        if (x.classes.empty() || names_.missing.bandings) return;
        const auto in = out_.into("classes");
        const auto cells = [&](std::size_t n, std::string_view noun, std::size_t banding) {
            const std::size_t due = model_.bandings[banding].bands.size();
            if (due == 0 || n == due) return; // a banding without bands has its own error
            out_.error(issue_code::incomplete,
                       joined(counted(n, noun), " of classes for the ", counted(due, "band"),
                              " of ", quote(model_.bandings[banding].id)),
                       counted(due, noun));
        };
        if (rows != no_index) cells(x.classes.size(), "row", rows);
        if (columns == no_index) return;
        for (std::size_t r = 0; r < x.classes.size(); ++r) {
            const auto row = out_.into(r);
            cells(x.classes[r].size(), "column", columns);
        }
    }

    /// Reports the first matrix with which the cells of all exceed `max_matrix_cells`.
    void count_cells() {
        std::size_t cells = 0;
        const auto list = out_.into("matrices");
        for (std::size_t i = 0; i < model_.matrices.size(); ++i) {
            const std::size_t before = cells;
            cells += names_.cells_of(i);
            if (before > max_matrix_cells || cells <= max_matrix_cells) continue;
            const auto element = out_.into(i);
            out_.error(issue_code::too_large,
                       joined("the matrices have ", std::to_string(cells),
                              " cells together up to this one"),
                       joined("at most ", std::to_string(max_matrix_cells)));
        }
    }

  private:
    void first_band(const band& x) {
        for (const auto& [key, is_there] :
             {std::pair{"enter", x.enter.has_value()}, std::pair{"leave", x.leave.has_value()}}) {
            if (!is_there) continue;
            const auto in = out_.into(key);
            out_.error(issue_code::bad_interval,
                       joined("the lowest band, ", quote(x.id), ", has no '", key, "'"), {},
                       "it takes what is left below the next");
        }
    }

    void unreachable_band(const banding& b, std::size_t i, const score_range& range) {
        const std::string why = why_unreached(b, i, range);
        if (!why.empty())
            out_.warning(issue_code::unreachable,
                         joined("band ", quote(b.bands[i].id), " is never reached: ", why));
    }

    const model& model_;
    report& out_;
    const declared_names& names_;
    const score_ranges& ranges_;
};

} // namespace leadfunnel::inline v0::detail::checking
