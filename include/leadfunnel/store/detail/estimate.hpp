// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What a ranking knows of a lead's score without computing it. Not for users.

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/store/detail/envelopes.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// How the scores of a ranking behave.
struct ranking_options {
    duration half_life{0}; ///< of everything that decays in closed estimates; 0 if nothing does
    /// The score's bounds, in micros.
    std::int64_t min = std::numeric_limits<std::int64_t>::min();
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    /// The most micros by which an exact score may differ from `kept + decaying`, before clamping,
    /// while something decays: each award is rounded on its own.
    double error = 0;
    /// A decaying part below this many micros counts as nothing: the score is then exactly `kept`.
    double vanishing = 0;
    /// The half-lives of envelopes; at most `envelopes::most_half_lives`.
    std::vector<duration> half_lives{};
    /// Turns the bounds of an envelope into bounds of the score; if it is empty, they are only
    /// clamped. It must keep order: if one range lies within another, so do its results.
    std::function<envelopes::range(envelopes::range)> finish{};
};

/// What is known of a lead's score in [at, valid_until).
struct estimate {
    enum class form : std::uint8_t {
        closed, ///< clamp(kept + decaying · 2^(−(t − at) / half-life)), within the error and never
                ///< below clamp(kept); exactly clamp(kept) if `decaying` is 0
        mixed,   ///< within the envelope `terms`
        bounded, ///< between `low` and `high`, and not absent
        unknown, ///< not known: it must be computed
        absent   ///< the lead has no score
    };
    form what = form::unknown;
    instant at{};
    instant valid_until = never;
    std::int64_t kept = 0; ///< micros
    double decaying = 0;   ///< micros, not negative
    std::int64_t low = std::numeric_limits<std::int64_t>::min();
    std::int64_t high = std::numeric_limits<std::int64_t>::max();
    envelope terms{};
};

} // namespace leadfunnel::inline v0::detail
