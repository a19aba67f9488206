// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Conditions of transitions, alerts and exclusions, evaluated where the cursor stands. Not for
/// users.

#include <leadfunnel/engine/detail/plan_tables.hpp>
#include <leadfunnel/engine/detail/subject_tests.hpp>

#include <cstddef>
#include <cstdint>

namespace leadfunnel::inline v0::detail {

class guards : public plan_tables {
  protected:
    using plan_tables::plan_tables;

    /// Whether a condition holds for a lead on which the cursor stands at `t`, with `readings_` of
    /// there. Bands and stages are those of the last look.
    [[nodiscard]] bool guard(std::uint32_t lead, std::uint32_t node, std::int64_t t) const {
        return node == 0 || condition_holds(p(), node, [&](std::uint32_t i) {
                   return subject_holds(p().tests[i], guarded_lead{*this, lead, i, t});
               });
    }
    /// Whether an exclusion without `scores` holds where the cursor stands. It stops transitions.
    [[nodiscard]] bool is_blocked() const {
        for (std::size_t i = 0; i < p().exclusions.size(); ++i)
            if (p().source.exclusions[i].scores.empty() &&
                cursor_->condition(p().exclusions[i].when))
                return true;
        return false;
    }

  private:
    /// A lead as guards see it, for test i: outcomes come from tables where there are some.
    struct guarded_lead {
        const guards& of;
        std::uint32_t lead;
        std::uint32_t i;
        std::int64_t t;

        [[nodiscard]] bool attribute(const compiled_test&) const { return in_history(); }
        [[nodiscard]] bool current_stage(const compiled_test&) const { return in_history(); }
        [[nodiscard]] bool times_entered(const compiled_test&) const { return in_history(); }
        [[nodiscard]] bool score_at_entry(const compiled_test&) const { return in_history(); }
        [[nodiscard]] bool in_history() const { return of.cursor_->test_outcome(i); }
        [[nodiscard]] const reading& score(std::uint32_t s) const { return (*of.readings_)[s]; }
        [[nodiscard]] std::uint32_t band(std::uint32_t b) const { return of.band_of(lead, b).now; }
        [[nodiscard]] const place& place_in(std::uint32_t f) const { return of.place_of(lead, f); }
        [[nodiscard]] const compiled_matrix& matrix(std::uint32_t x) const {
            return of.p().matrices[x];
        }
        [[nodiscard]] bool band_outcome(const compiled_test&, std::uint32_t b) const {
            return of.outcomes_[i][b == no_band_index ? 0 : b + 1] != 0;
        }
        [[nodiscard]] bool class_outcome(const compiled_test& test, std::uint32_t row,
                                         std::uint32_t column) const {
            return of.outcomes_[i][class_number(matrix(test.name), row, column)] != 0;
        }
        [[nodiscard]] std::int64_t now() const { return t; }
    };
};

} // namespace leadfunnel::inline v0::detail
