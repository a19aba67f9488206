// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Derived scores: the value of a formula, and its bounds while its inputs vary. Not for users.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/exp2.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/detail/program.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A score at an instant.
struct reading {
    std::int64_t value = 0;             ///< micros
    bool saturated = false;             ///< a sum left the fixed-point range
    std::uint32_t excluded_by = none32; ///< into program::exclusions
};

/// `v` within [`lo`, `hi`]; `before_time` and `end_of_time` are no bounds.
[[nodiscard]] constexpr wide clamp_wide(wide v, std::int64_t lo, std::int64_t hi) noexcept {
    if (lo != before_time && v < lo) return lo;
    if (hi != end_of_time && v > hi) return hi;
    return v;
}

/// A value times a weight, in micros.
[[nodiscard]] inline wide weighted(decimal weight, std::int64_t v) noexcept {
    return multiply_micros(weight, decimal::from_micros(v));
}

/// The value of a logistic function before bounds. It never falls as the input rises, to the bit;
/// if `top` is negative, it never rises.
[[nodiscard]] inline wide logistic_of(const logistic& f, std::int64_t input) {
    constexpr wide log2_e = 6'196'328'019; // log2(e) · 2^32
    const wide off = static_cast<wide>(input) - f.midpoint.micros();
    const wide y = divide_rounded((off < 0 ? -off : off) * log2_e, f.spread.micros());
    constexpr wide most = wide{33} << 32;
    const factor e = exp2_negative(static_cast<std::uint64_t>(y < most ? y : most));
    const wide whole = wide{whole_factor} + e;
    return divide_rounded(wide{f.top.micros()} * (off >= 0 ? whole_factor : e), whole);
}
/// The points of the highest step at or below the input. O(log steps).
[[nodiscard]] inline wide lookup_of(const lookup& f, std::int64_t input) {
    const auto above = std::upper_bound(
        f.steps.begin(), f.steps.end(), input,
        [](std::int64_t v, const lookup_step& step) { return v < step.at_least.micros(); });
    return above == f.steps.begin() ? f.below.micros() : std::prev(above)->points.micros();
}

// ---- values -------------------------------------------------------------------------------------

/// The value of one kind of formula. `input(i)` is the value of the i-th input.
template<class Input>
[[nodiscard]] wide formula_value(const weighted_sum& f, const compiled_score& s,
                                 const Input& input) {
    wide sum = f.plus.micros();
    for (std::size_t i = 0; i < s.terms.size(); ++i) sum += weighted(s.terms[i].second, input(i));
    return sum;
}
template<class Input>
[[nodiscard]] wide formula_value(const minimum_of&, const compiled_score& s, const Input& input) {
    std::int64_t v = input(0);
    for (std::size_t i = 1; i < s.terms.size(); ++i) v = std::min(v, input(i));
    return v;
}
template<class Input>
[[nodiscard]] wide formula_value(const maximum_of&, const compiled_score& s, const Input& input) {
    std::int64_t v = input(0);
    for (std::size_t i = 1; i < s.terms.size(); ++i) v = std::max(v, input(i));
    return v;
}
template<class Input>
[[nodiscard]] wide formula_value(const logistic& f, const compiled_score&, const Input& input) {
    return logistic_of(f, input(0));
}
template<class Input>
[[nodiscard]] wide formula_value(const lookup& f, const compiled_score&, const Input& input) {
    return lookup_of(f, input(0));
}

/// A derived score before its own bounds, from the readings of its inputs. O(terms).
[[nodiscard]] inline wide derived_value(const program& p, std::uint32_t score,
                                        const std::vector<reading>& readings) {
    const auto& s = p.scores[score];
    const auto input = [&](std::size_t i) { return readings[s.terms[i].first].value; };
    return std::visit([&](const auto& f) { return formula_value(f, s, input); },
                      p.source.derived[s.model_index].from);
}

// ---- bounds -------------------------------------------------------------------------------------

/// The least and the greatest value of one kind of formula, if every input is anywhere between
/// `low` and `high`.
[[nodiscard]] inline std::pair<wide, wide> formula_bounds(const weighted_sum& f,
                                                          const compiled_score& s,
                                                          const std::vector<reading>& low,
                                                          const std::vector<reading>& high) {
    std::pair<wide, wide> sum{f.plus.micros(), f.plus.micros()};
    for (const auto& [input, weight] : s.terms) {
        const wide a = weighted(weight, low[input].value);
        const wide b = weighted(weight, high[input].value);
        sum.first += std::min(a, b);
        sum.second += std::max(a, b);
    }
    return sum;
}
template<class Pick>
[[nodiscard]] std::pair<wide, wide>
picked_bounds(const compiled_score& s, const std::vector<reading>& low,
              const std::vector<reading>& high, const Pick& pick) {
    const auto first = s.terms.front().first;
    std::pair<std::int64_t, std::int64_t> out{low[first].value, high[first].value};
    for (const auto& [input, weight] : s.terms)
        out = {pick(out.first, low[input].value), pick(out.second, high[input].value)};
    return out;
}
[[nodiscard]] inline std::pair<wide, wide> formula_bounds(const minimum_of&,
                                                          const compiled_score& s,
                                                          const std::vector<reading>& low,
                                                          const std::vector<reading>& high) {
    return picked_bounds(s, low, high, [](auto a, auto b) { return std::min(a, b); });
}
[[nodiscard]] inline std::pair<wide, wide> formula_bounds(const maximum_of&,
                                                          const compiled_score& s,
                                                          const std::vector<reading>& low,
                                                          const std::vector<reading>& high) {
    return picked_bounds(s, low, high, [](auto a, auto b) { return std::max(a, b); });
}
[[nodiscard]] inline std::pair<wide, wide> formula_bounds(const logistic& f,
                                                          const compiled_score& s,
                                                          const std::vector<reading>& low,
                                                          const std::vector<reading>& high) {
    const auto input = s.terms.front().first;
    return std::minmax({logistic_of(f, low[input].value), logistic_of(f, high[input].value)});
}
[[nodiscard]] inline std::pair<wide, wide> formula_bounds(const lookup& f, const compiled_score& s,
                                                          const std::vector<reading>& low,
                                                          const std::vector<reading>& high) {
    const auto input = s.terms.front().first;
    const wide first = lookup_of(f, low[input].value);
    std::pair<wide, wide> out{first, first};
    for (const auto& step : f.steps) {
        if (step.at_least.micros() <= low[input].value) continue;
        if (step.at_least.micros() > high[input].value) continue;
        const wide then = lookup_of(f, step.at_least.micros());
        out = {std::min(out.first, then), std::max(out.second, then)};
    }
    return out;
}

/// Bounds a derived score: sets its `low` and `high` readings from those of its inputs. O(terms);
/// O(steps) for lookups.
inline void bound_derived(const program& p, std::uint32_t score, std::vector<reading>& low,
                          std::vector<reading>& high) {
    const auto& s = p.scores[score];
    bool low_saturated = false;
    bool high_saturated = false;
    for (const auto& [input, weight] : s.terms) {
        const bool at_low = low[input].saturated;
        const bool at_high = high[input].saturated;
        low_saturated = low_saturated || at_low;
        high_saturated = high_saturated || at_high;
        // Between the two the input may be unsaturated: make the readings differ.
        if ((at_low || at_high) && low[input].value != high[input].value) {
            low_saturated = false;
            high_saturated = true;
            break;
        }
    }
    const auto [least, greatest] =
        std::visit([&](const auto& f) { return formula_bounds(f, s, low, high); },
                   p.source.derived[s.model_index].from);
    low[score].saturated = low_saturated;
    high[score].saturated = high_saturated;
    low[score].value =
        decimal::from_micros(clamp_wide(least, s.min, s.max), &low[score].saturated).micros();
    high[score].value =
        decimal::from_micros(clamp_wide(greatest, s.min, s.max), &high[score].saturated).micros();
}

} // namespace leadfunnel::inline v0::detail
