// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// The values that scores can have, as far as bounds, rules and limits prove it.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/plan/impl/check_cycles.ipp>
#include <leadfunnel/plan/impl/check_report.ipp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

/// The names of the scores that a formula takes.
[[nodiscard]] inline std::vector<std::string_view> inputs_of(const formula& f) {
    std::vector<std::string_view> names;
    std::visit(
        [&](const auto& x) {
            if constexpr (requires { x.terms; })
                for (const auto& t : x.terms) names.emplace_back(t.score);
            else if constexpr (requires { x.scores; })
                names.assign(x.scores.begin(), x.scores.end());
            else
                names.emplace_back(x.score);
        },
        f);
    return names;
}

/// For each derived score, the derived scores that its formula takes.
[[nodiscard]] inline graph needs_of(const declared_names& names) {
    const std::size_t first = names.of.scores.size();
    graph needs(names.of.derived.size());
    for (std::size_t i = 0; i < needs.size(); ++i) {
        for (const auto name : inputs_of(names.of.derived[i].from)) {
            const std::size_t s = names.scores.find(name);
            if (s != no_index && s >= first) needs[i].push_back(s - first);
        }
    }
    return needs;
}

/// Values in [low, high], in micros. A bound of ±`endless` is unknown.
struct score_range {
    static constexpr wide endless = wide{1} << 120U;
    wide low = 0;
    wide high = 0;

    [[nodiscard]] static score_range any() { return {-endless, endless}; }

    void add(score_range other) {
        low = limited(low + other.low);
        high = limited(high + other.high);
    }
    /// The range of a sum of `n` numbers, each in this range or 0. `n` < 0 stands for any number of
    /// them.
    [[nodiscard]] score_range times(std::int64_t n) const {
        const auto of = [&](wide x) {
            if (x == 0) return wide{0};
            if (n < 0 || x <= -endless || x >= endless) return x < 0 ? -endless : endless;
            return limited(x * n);
        };
        return {of(std::min(low, wide{0})), of(std::max(high, wide{0}))};
    }
    void clamp(const std::optional<decimal>& min, const std::optional<decimal>& max) {
        if (min && max && *min > *max) return; // has an error already
        if (min) low = std::max(low, wide{min->micros()}), high = std::max(high, low);
        if (max) high = std::min(high, wide{max->micros()}), low = std::min(low, high);
    }
    [[nodiscard]] static wide limited(wide x) { return std::clamp(x, -endless, endless); }
};

[[nodiscard]] inline std::string micros_text(wide micros) {
    return to_string(decimal::from_micros(micros));
}

/// Why no lead is ever in a band; empty if a lead may be.
[[nodiscard]] inline std::string why_unreached(const banding& b, std::size_t i,
                                               const score_range& range) {
    const auto enters = [&](std::size_t k) { return k < b.bands.size() && b.bands[k].enter; };
    if (i > 0 && enters(i) && b.bands[i].enter->micros() > range.high)
        return joined("the score is never above ", micros_text(range.high));
    const bool is_passed = enters(i + 1) && range.low >= b.bands[i + 1].enter->micros();
    const auto is_sound = [&] {
        return i == 0 || (enters(i) && *b.bands[i + 1].enter > *b.bands[i].enter);
    };
    if (is_passed && is_sound()) return joined("the score is never below ", micros_text(range.low));
    return {};
}

/// The ranges of all scores, plain ones first. Keeps a reference to the names. O(size of the
/// model · log).
class score_ranges {
  public:
    explicit score_ranges(const declared_names& names)
        : names_(names), ranges_(names.scores.size()) {
        plain();
        derived();
    }
    [[nodiscard]] const score_range& operator[](std::size_t score) const { return ranges_[score]; }

  private:
    // ---- what one rule can contribute -----------------------------------------------------------

    [[nodiscard]] static score_range of_points(decimal points) {
        const wide p = points.micros();
        return {std::min(p, wide{0}), std::max(p, wide{0})};
    }
    template<class R>
    [[nodiscard]] static score_range of_award(const R& r) {
        if constexpr (std::is_same_v<R, occurrence>) {
            if (r.per_value) {
                score_range range = score_range::any();
                range.clamp(r.min_points, r.max_points);
                return {std::min(range.low, wide{0}), std::max(range.high, wide{0})};
            }
        }
        return of_points(r.points);
    }
    template<class R>
    [[nodiscard]] static score_range of_rule(const R& r) {
        if constexpr (std::is_same_v<R, recency>) {
            score_range range = of_points(r.otherwise);
            const auto also = [&](decimal points) {
                const score_range other = of_points(points);
                range = {std::min(range.low, other.low), std::max(range.high, other.high)};
            };
            also(r.if_never);
            for (const auto& bin : r.bins) also(bin.points);
            return range;
        } else if constexpr (requires { r.limits; }) {
            std::int64_t awards = -1;
            if constexpr (std::is_same_v<R, inactivity>)
                if (r.while_idle) awards = r.times;
            wide most = score_range::endless;
            for (const limit& l : r.limits) {
                if (l.rolling || l.calendar || !l.per_distinct.empty()) continue;
                if (l.at_most && (awards < 0 || *l.at_most < awards))
                    awards = std::max(*l.at_most, std::int64_t{0});
                if (l.at_most_points) most = std::min(most, wide{l.at_most_points->micros()});
            }
            most = std::max(most, wide{0});
            const score_range range = of_award(r).times(awards);
            return {std::max(range.low, -most), std::min(range.high, most)};
        } else {
            return of_points(r.points);
        }
    }

    // ---- scores ---------------------------------------------------------------------------------

    void plain() {
        const auto& scores = names_.of.scores;
        std::vector<std::vector<score_range>> groups(scores.size());
        std::vector<bool> is_fed(scores.size(), false);
        bool is_lost = names_.missing.anything; // an unreadable rule may give points to any score
        for (std::size_t s = 0; s < scores.size(); ++s) groups[s].resize(scores[s].groups.size());
        for (const rule& each : names_.of.rules) {
            std::visit(
                [&](const auto& r) {
                    const std::size_t s = names_.scores.find(r.score);
                    is_lost = is_lost || s == no_index;
                    if (s >= scores.size()) return;
                    is_fed[s] = true;
                    const std::size_t g =
                        r.group.empty() ? no_index : names_.groups[s].find(r.group);
                    (g == no_index ? ranges_[s] : groups[s][g]).add(of_rule(r));
                },
                each);
        }
        for (std::size_t s = 0; s < scores.size(); ++s) {
            for (std::size_t g = 0; g < groups[s].size(); ++g) {
                groups[s][g].clamp(scores[s].groups[g].min, scores[s].groups[g].max);
                ranges_[s].add(groups[s][g]);
            }
            if (scores[s].clamp == clamping::running) { // it begins at 0, clamped
                score_range begin;
                begin.clamp(scores[s].min, scores[s].max);
                ranges_[s].add(begin);
            }
            // A score without rules has its own warning; no other follows from its range.
            if (is_lost || !is_fed[s]) ranges_[s] = score_range::any();
            ranges_[s].clamp(scores[s].min, scores[s].max);
        }
    }

    void derived() {
        const std::size_t first = names_.of.scores.size();
        const graph needs = needs_of(names_);
        for (const auto& component : find_components(needs)) {
            for (const std::size_t d : component) {
                const derived_score& x = names_.of.derived[d];
                const bool is_cyclic =
                    component.size() > 1 || std::count(needs[d].begin(), needs[d].end(), d) > 0;
                score_range range = is_cyclic
                                        ? score_range::any()
                                        : std::visit([&](const auto& f) { return of(f); }, x.from);
                range.clamp(x.min, x.max);
                ranges_[first + d] = range;
            }
        }
    }

    [[nodiscard]] score_range named(std::string_view name) const {
        const std::size_t s = names_.scores.find(name);
        return s == no_index ? score_range::any() : ranges_[s];
    }
    /// x · weight, where `towards` makes up for rounding: less than a micro for each product.
    [[nodiscard]] static wide scaled(wide x, wide weight, wide towards) {
        if (weight == 0) return 0;
        if (x <= -score_range::endless || x >= score_range::endless)
            return (x < 0) == (weight < 0) ? score_range::endless : -score_range::endless;
        constexpr wide most = wide{1} << 80U; // |weight| ≤ 2⁴⁰, so the product does not overflow
        if (x > most || x < -most)
            return (x < 0) == (weight < 0) ? score_range::endless : -score_range::endless;
        return x * weight / decimal::unit + towards;
    }
    [[nodiscard]] score_range of(const weighted_sum& f) const {
        score_range sum{f.plus.micros(), f.plus.micros()};
        for (const auto& t : f.terms) {
            const score_range r = named(t.score);
            const wide w = std::clamp(wide{t.weight.micros()}, -(wide{1} << 40U), wide{1} << 40U);
            sum.add({scaled(w < 0 ? r.high : r.low, w, -1), scaled(w < 0 ? r.low : r.high, w, 1)});
        }
        return sum;
    }
    [[nodiscard]] score_range of(const minimum_of& f) const {
        score_range least = score_range::any();
        wide low = score_range::endless;
        for (const auto& name : f.scores) {
            const score_range r = named(name);
            low = std::min(low, r.low);
            least.high = std::min(least.high, r.high);
        }
        if (!f.scores.empty()) least.low = low;
        return least;
    }
    [[nodiscard]] score_range of(const maximum_of& f) const {
        score_range most = score_range::any();
        wide high = -score_range::endless;
        for (const auto& name : f.scores) {
            const score_range r = named(name);
            high = std::max(high, r.high);
            most.low = std::max(most.low, r.low);
        }
        if (!f.scores.empty()) most.high = high;
        return most;
    }
    [[nodiscard]] score_range of(const logistic& f) const { return of_points(f.top); }
    [[nodiscard]] score_range of(const lookup& f) const {
        const score_range r = named(f.score);
        std::optional<score_range> all;
        const auto also = [&](decimal points) {
            const wide p = points.micros();
            if (!all) all = score_range{p, p};
            all = score_range{std::min(all->low, p), std::max(all->high, p)};
        };
        if (f.steps.empty() || r.low < f.steps.front().at_least.micros()) also(f.below);
        for (std::size_t i = 0; i < f.steps.size(); ++i) {
            const bool is_passed =
                i + 1 < f.steps.size() && r.low >= f.steps[i + 1].at_least.micros();
            if (r.high >= f.steps[i].at_least.micros() && !is_passed) also(f.steps[i].points);
        }
        return all.value_or(score_range::any());
    }

    const declared_names& names_;
    std::vector<score_range> ranges_;
};

} // namespace leadfunnel::inline v0::detail::checking
