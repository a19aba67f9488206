// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// How tests of guards, alerts and queries read what they are about. Not for users.

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/engine/detail/lead_state.hpp>
#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/score/detail/cursor.hpp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>

#include <cstddef>
#include <cstdint>

namespace leadfunnel::inline v0::detail {

/// A band as tests see it: its id, or null for none.
[[nodiscard]] inline value band_value(const program& p, std::size_t banding, std::uint32_t band) {
    return band == no_band_index ? value{} : value{p.source.bandings[banding].bands[band].id};
}
/// A class as tests see it: its name, or null if either banding has no band.
[[nodiscard]] inline value class_value(const compiled_matrix& m, std::uint32_t row,
                                       std::uint32_t column) {
    return row == no_band_index || column == no_band_index ? value{}
                                                           : value{m.classes[row][column]};
}
/// Whether a test of a score holds. An excluded score is null.
[[nodiscard]] inline bool score_holds(const compiled_test& t, const reading& r) {
    return test_holds(t, r.excluded_by != none32 ? value{} : value{static_cast<double>(r.value)});
}

/// Whether a test of a guard, an alert or a query holds for a lead. All of them are evaluated
/// here; `lead` knows where the state is kept:
/// - `attribute(t)`, `current_stage(t)`, `times_entered(t)`, `score_at_entry(t)`: the outcome of a
///   test of the lead's history;
/// - `score(s)`: a reading; `band(b)`: a number of a band; `place_in(f)`: where it is in a funnel;
/// - `band_outcome(t, band)` and `class_outcome(t, row, column)`: the outcome for these bands;
/// - `matrix(x)`: a matrix of the program; `now()`: the instant of the evaluation.
template<class Lead>
[[nodiscard]] bool subject_holds(const compiled_test& t, const Lead& lead) {
    switch (t.source.of) {
    case subject::attribute:
        return lead.attribute(t);
    case subject::property: // only patterns have one: a guard or query with it does not compile
        return false;
    case subject::current_stage:
        return lead.current_stage(t);
    case subject::times_entered:
        return lead.times_entered(t);
    case subject::score_at_entry:
        return lead.score_at_entry(t);
    case subject::score:
        return score_holds(t, lead.score(t.name));
    case subject::band:
        return lead.band_outcome(t, lead.band(t.name));
    case subject::matrix_class: {
        const compiled_matrix& m = lead.matrix(t.name);
        return lead.class_outcome(t, lead.band(m.rows), lead.band(m.columns));
    }
    case subject::time_in_stage: {
        const place& at = lead.place_in(t.name);
        return age_holds(t, at.stage == none32 ? value{} : value{instant{duration{at.since}}},
                         lead.now());
    }
    }
    return false; // not reached: all subjects are above
}

} // namespace leadfunnel::inline v0::detail
