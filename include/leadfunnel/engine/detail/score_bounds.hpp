// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Bounds of a score while it decays, made without evaluating it again. Not for users.
///
/// A score with several decays has no closed form, but it can be kept between two curves: a sum of
/// half-lives and a slope, plus a constant below and another above. Example: 40 points that halve
/// every week and 10 that fall in a straight line, rounded to micro-points, lie within a
/// micro-point of that sum. Groups with bounds and derived scores bend the curves; the functions
/// here bend both so that the score stays between them.

#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/score/detail/cursor.hpp>
#include <leadfunnel/score/detail/formulas.hpp>
#include <leadfunnel/store/detail/envelopes.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A score for which bounds are made, and what it depends on.
struct bounded_score {
    std::uint32_t score = 0;
    std::uint32_t inner = 0; // the first input below its chain of logistics and lookups, or itself
    std::vector<std::int64_t> periods; // half-lives, in microseconds, that have a term
    // By score: its place in `score_bounds`' cache if several formulas read it, else `none32`.
    // Empty if no score is read twice.
    std::vector<std::uint32_t> shared;
};

/// Makes bounds. It keeps buffers between calls, so each thread needs its own.
class score_bounds {
  public:
    static constexpr double most = 0x1p52;                           // micros: exact in a double
    static constexpr std::size_t slope = envelopes::most_half_lives; // its index in `parts`
    using parts_of = std::array<double, envelopes::most_half_lives + 1>;

    /// Bounds of a value, in micros, as in `envelope` but with absolute numbers: from now until the
    /// end of the estimate
    ///
    ///     max(least, low + d(t)) ≤ value(t) ≤ high + d(t)
    ///
    /// where d(t) is the sum of `parts`, each with its half-life, and the slope.
    struct mixture {
        double least = 0;
        double low = 0;
        double high = 0;
        parts_of parts{};
        double size = 0;   // sum of the magnitudes added, for the rounding error
        bool pure = false; // when d(t) has vanished, the value is `least`

        [[nodiscard]] bool is_exact() const noexcept {
            return low == high && low == least && parts == parts_of{};
        }
        /// A value that does not change.
        static mixture exact(double v) noexcept { return {v, v, v, {}, std::abs(v), false}; }
    };

    /// Makes room to cache inputs that several formulas read. See `bounded_score::shared`.
    void reserve_shared(std::size_t places) {
        known_.resize(std::max<std::size_t>(known_.size(), places));
    }
    /// Bounds of `r.inner`, before its own minimum and maximum, from the instant where the cursor
    /// stands until `next`. `all` is the cursor's evaluation there. O(awards in decay + inputs).
    [[nodiscard]] mixture of(const bounded_score& r, const cursor<>& c,
                             const std::vector<reading>& all, std::int64_t next) {
        ++estimates_;
        return mixture_of(r, r.inner, c, all, next);
    }

    /// Whether the awards of a group, once they are worth less than a quarter of a micro-point
    /// together, are each rounded to 0.
    [[nodiscard]] static bool vanish(const award_group& g) noexcept {
        return g.is_positive() && g.largest() <= vanishes;
    }
    /// The formula of a score that maps one input, a logistic or a lookup; else null.
    [[nodiscard]] static const formula* mapping_of(const program& p, std::uint32_t s) {
        const auto& score = p.scores[s];
        if (!score.derived) return nullptr;
        const auto& f = p.source.derived[score.model_index].from;
        return std::holds_alternative<logistic>(f) || std::holds_alternative<lookup>(f) ? &f
                                                                                        : nullptr;
    }
    /// Collects the half-lives of a score and of all its inputs, counts in `asked` how many
    /// formulas read each of these, and notes whether any decay is no half-life. O(inputs · rules).
    static void find_periods(const program& p, std::uint32_t s, std::vector<std::uint32_t>& asked,
                             std::vector<std::int64_t>& periods, bool& has_slope) {
        if (asked[s]++ != 0) return;
        for (const auto& [input, weight] : p.scores[s].terms)
            find_periods(p, input, asked, periods, has_slope);
        if (p.scores[s].derived) return;
        for (const auto& rule : p.rules) {
            const auto& d = p.decays[rule.decay];
            if (rule.score != s || !d.is_continuous()) continue;
            if (!d.is_half_life())
                has_slope = true;
            else if (std::find(periods.begin(), periods.end(), d.period()) == periods.end())
                periods.push_back(d.period());
        }
    }
    /// A range within a score's minimum and maximum.
    [[nodiscard]] static envelopes::range clamped(const compiled_score& s,
                                                  envelopes::range x) noexcept {
        if (s.min != before_time) x = {std::max(x.low, s.min), std::max(x.high, s.min)};
        if (s.max != end_of_time) x = {std::min(x.low, s.max), std::min(x.high, s.max)};
        return x;
    }
    /// The range of a logistic or a lookup over a range of its input. Either may decrease: a
    /// logistic with a negative top, a lookup whose later steps give less.
    [[nodiscard]] static envelopes::range mapped(const program& p, std::uint32_t s,
                                                 envelopes::range x) {
        const auto* f = mapping_of(p, s);
        if (const auto* l = std::get_if<logistic>(f)) {
            const auto [low, high] = std::minmax(
                {saturated(logistic_of(*l, x.low)), saturated(logistic_of(*l, x.high))});
            return {low, high};
        }
        const auto& l = std::get<lookup>(*f);
        const auto first = saturated(lookup_of(l, x.low));
        envelopes::range out{first, first};
        for (const auto& step : l.steps) {
            if (step.at_least.micros() <= x.low || step.at_least.micros() > x.high) continue;
            out.low = std::min(out.low, step.points.micros());
            out.high = std::max(out.high, step.points.micros());
        }
        return out;
    }
    [[nodiscard]] static std::int64_t saturated(wide v) noexcept {
        return decimal::from_micros(v).micros();
    }

  private:
    static constexpr std::int64_t vanishes = 250'000'000; // the largest award, in micros, that does

    struct span {
        double low = 0;
        double high = 0;
    };

    [[nodiscard]] static double halved(std::int64_t age, std::int64_t period) noexcept {
        return std::exp2(-static_cast<double>(age) / static_cast<double>(period));
    }
    /// Days from now to the end of the estimate.
    [[nodiscard]] static double days(std::int64_t now, std::int64_t next) noexcept {
        return (static_cast<double>(next) - static_cast<double>(now)) / 86'400e6;
    }
    /// The range of d(t), and of the value, from now to the end of the estimate.
    [[nodiscard]] static span reach(const parts_of& parts, double days) noexcept {
        span s;
        for (std::size_t j = 0; j < slope; ++j) {
            s.low += std::min(parts[j], 0.0);
            s.high += std::max(parts[j], 0.0);
        }
        if (parts[slope] != 0) {
            s.low += std::min(parts[slope] * days, 0.0);
            s.high += std::max(parts[slope] * days, 0.0);
        }
        return s;
    }
    [[nodiscard]] static span reach(const mixture& x, double days) noexcept {
        const span s = reach(x.parts, days);
        return {std::max(x.least, x.low + s.low), x.high + s.high};
    }

    /// Caps a value at `bound`. The cap bends its curves; they are replaced by flatter ones, of a
    /// share s of the decaying terms, one still below the value and one still above it.
    ///
    /// Let D = d(t) − min d, which lies in [0, r]. At D = 0 the value is between a and b. With
    /// s = (bound − a) / r:
    /// - a + sD is a lower bound, since it is at most a + D and at most `bound`;
    /// - u + sD is an upper bound, where u is the maximum of min(bound, b + D) − sD. That maximum
    /// is
    ///   where b + D reaches `bound`.
    static void cap(mixture& x, double bound, double days) noexcept {
        const span all = reach(x, days);
        if (all.high <= bound) return;
        if (all.low >= bound) {
            x = mixture::exact(bound);
            return;
        }
        const span d = reach(x.parts, days);
        const double a = x.low + d.low;
        const double b = x.high + d.low;
        const double r = d.high - d.low;
        const double s = r > 0 ? std::clamp((bound - a) / r, 0.0, 1.0) : 0;
        const double u = b < bound ? bound - s * (bound - b) : bound;
        bend(x, s, std::min(a, bound), u, d.low);
    }
    /// Keeps a value at or above `bound`. With the names of `cap`: max(bound, b + D) is convex, so
    /// the chord from D = 0 to D = r is an upper bound, and its slope is s. max(bound, a + D) − sD
    /// is smallest where a + D leaves `bound`, which gives the lower bound.
    static void raise(mixture& x, double bound, double days) noexcept {
        x.least = std::max(x.least, bound);
        const span all = reach(x, days);
        const span d = reach(x.parts, days);
        if (x.low + d.low >= bound) return;
        if (all.high <= bound) {
            x = mixture::exact(bound);
            return;
        }
        const double a = x.low + d.low;
        const double b = x.high + d.low;
        const double r = d.high - d.low;
        const double s = r > 0 ? std::clamp((b + r - bound) / r, 0.0, 1.0) : 0;
        const double left = std::clamp(bound - a, 0.0, r);
        bend(x, s, std::max(bound, a) - s * left, std::max(bound, b), d.low);
    }
    /// Scales the decaying terms to a share, and sets the bounds at min d, which is `shift`.
    static void bend(mixture& x, double share, double low, double high, double shift) noexcept {
        x.size += std::abs(low) + std::abs(high) + std::abs(shift);
        for (auto& part : x.parts) part *= share;
        x.low = low - share * shift;
        x.high = high - share * shift;
        x.least = std::min(x.least, high);
        x.pure = false;
    }
    static void clamp(mixture& x, std::int64_t min, std::int64_t max, double days) noexcept {
        if (max != end_of_time) cap(x, static_cast<double>(max), days);
        if (min != before_time) raise(x, static_cast<double>(min), days);
    }
    static void add(mixture& to, const mixture& x) noexcept {
        to.least += x.least;
        to.low += x.low;
        to.high += x.high;
        for (std::size_t j = 0; j < x.parts.size(); ++j) to.parts[j] += x.parts[j];
        to.size += x.size;
    }

    /// Bounds of a score before its own minimum and maximum.
    [[nodiscard]] mixture mixture_of(const bounded_score& r, std::uint32_t s, const cursor<>& c,
                                     const std::vector<reading>& all, std::int64_t next) {
        const auto& score = c.model().scores[s];
        if (score.derived)
            return std::visit([&](const auto& f) { return mixture_of(f, r, s, c, all, next); },
                              c.model().source.derived[score.model_index].from);
        const auto rest = days(c.now(), next);
        mixture sum;
        bool decays = false;
        bool pure = true;
        groups_.assign(score.slot_count, group{});
        c.each_fading([&](const fading_awards& a, const award_group& g, const compiled_decay& d) {
            if (a.score != s || !d.is_continuous()) return;
            decays = true;
            pure =
                pure && vanish(g) && d.is_half_life() && place_of(d.period(), r) < r.periods.size();
            add(groups_[a.slot - score.first_slot], r, g, d, c.now());
        });
        // Without decay the score stays as it is until the estimate ends.
        if (!decays) return mixture::exact(static_cast<double>(all[s].value));
        for (std::uint32_t k = 0; k < score.slot_count; ++k) {
            const auto& bounds = c.model().slots[score.first_slot + k];
            group& g = groups_[k];
            const auto kept = static_cast<double>(c.raw_sum(score.first_slot + k) - g.now);
            mixture& x = g.is;
            x.size += std::abs(kept);
            x.low += kept - g.off;
            x.high += kept + g.off;
            // Awards of positive points never fall below 0, and so the sum never below `kept`.
            x.least = kept + (g.only_gives ? 0 : reach(x.parts, rest).low + x.low - kept);
            if (bounds.clamped) {
                const span before = reach(x, rest);
                clamp(x, bounds.min, bounds.max, rest);
                const span after = reach(x, rest);
                pure = pure && before.low == after.low && before.high == after.high;
            }
            add(sum, x);
        }
        sum.pure = pure;
        return sum;
    }
    /// Bounds of the i-th input of a formula. Inputs that several formulas read are cached: the
    /// time is linear in the graph of derived scores, while it may have exponentially many paths.
    [[nodiscard]] mixture input(std::size_t i, const bounded_score& r, std::uint32_t s,
                                const cursor<>& c, const std::vector<reading>& all,
                                std::int64_t next) {
        const auto of = c.model().scores[s].terms[i].first;
        const auto place = r.shared.empty() ? none32 : r.shared[of];
        if (place != none32 && known_[place].first == estimates_) return known_[place].second;
        mixture x = mixture_of(r, of, c, all, next);
        clamp(x, c.model().scores[of].min, c.model().scores[of].max, days(c.now(), next));
        if (place != none32) known_[place] = {estimates_, x};
        return x;
    }
    [[nodiscard]] mixture mixture_of(const weighted_sum& f, const bounded_score& r, std::uint32_t s,
                                     const cursor<>& c, const std::vector<reading>& all,
                                     std::int64_t next) {
        const auto& score = c.model().scores[s];
        mixture sum = mixture::exact(static_cast<double>(f.plus.micros()));
        for (std::size_t i = 0; i < score.terms.size(); ++i) {
            mixture x = input(i, r, s, c, all, next);
            const auto& [of, weight] = score.terms[i];
            if (x.is_exact()) {
                add(sum, mixture::exact(static_cast<double>(weighted(weight, all[of].value))));
                continue;
            }
            const double w = static_cast<double>(weight.micros()) / 1e6;
            const span reached = reach(x, days(c.now(), next));
            for (auto& part : x.parts) part *= w;
            // The exact score rounds its products: hence the ones.
            x.least = std::min(w * x.least, w * reached.high) - 1;
            std::tie(x.low, x.high) = std::minmax({w * x.low, w * x.high});
            x.low -= 1;
            x.high += 1;
            x.size *= std::abs(w);
            add(sum, x);
        }
        return sum;
    }
    [[nodiscard]] mixture mixture_of(const minimum_of&, const bounded_score& r, std::uint32_t s,
                                     const cursor<>& c, const std::vector<reading>& all,
                                     std::int64_t next) {
        return extreme(r, s, c, all, next, -1);
    }
    [[nodiscard]] mixture mixture_of(const maximum_of&, const bounded_score& r, std::uint32_t s,
                                     const cursor<>& c, const std::vector<reading>& all,
                                     std::int64_t next) {
        return extreme(r, s, c, all, next, 1);
    }
    /// The largest input (with sign −1: the smallest). The result takes the curve of the input that
    /// is largest now, and widens the upper bound by as much as any other may exceed it later.
    [[nodiscard]] mixture extreme(const bounded_score& r, std::uint32_t s, const cursor<>& c,
                                  const std::vector<reading>& all, std::int64_t next, int sign) {
        const auto& terms = c.model().scores[s].terms;
        const auto rest = days(c.now(), next);
        const auto is_beyond = [&](std::size_t a, std::size_t b) {
            return sign > 0 ? all[terms[a].first].value > all[terms[b].first].value
                            : all[terms[a].first].value < all[terms[b].first].value;
        };
        std::size_t first = 0;
        for (std::size_t i = 1; i < terms.size(); ++i)
            if (is_beyond(i, first)) first = i;
        mixture x = input(first, r, s, c, all, next);
        x.pure = false;
        const parts_of parts = x.parts;
        for (std::size_t i = 0; i < terms.size(); ++i) {
            if (i == first) continue;
            const mixture y = input(i, r, s, c, all, next);
            parts_of more = y.parts;
            for (std::size_t j = 0; j < more.size(); ++j) more[j] -= parts[j];
            const span off = reach(more, rest);
            if (sign > 0) {
                x.least = std::max(x.least, y.least);
                x.high = std::max(x.high, y.high + off.high);
            } else {
                x.least = std::min(x.least, y.least);
                x.low = std::min(x.low, y.low + off.low);
            }
            x.size += y.size;
        }
        return x;
    }
    /// A logistic or a lookup inside another formula: bounded by the range of its values, without
    /// decaying terms.
    template<class Mapping>
    [[nodiscard]] mixture mixture_of(const Mapping&, const bounded_score& r, std::uint32_t s,
                                     const cursor<>& c, const std::vector<reading>& all,
                                     std::int64_t next) {
        const mixture x = input(0, r, s, c, all, next);
        const span reached = reach(x, days(c.now(), next));
        const double off = x.is_exact() ? 0 : 1 + x.size * 0x1p-44;
        const auto y = mapped(
            c.model(), s,
            {micros_of(std::floor(reached.low - off)), micros_of(std::ceil(reached.high + off))});
        mixture out = mixture::exact(static_cast<double>(y.low));
        out.high = static_cast<double>(y.high);
        return out;
    }
    [[nodiscard]] static std::int64_t micros_of(double x) noexcept {
        return static_cast<std::int64_t>(std::clamp(x, -4 * most, 4 * most));
    }

    // ---- groups

    /// What is collected of one group of a score, or of its awards in no group.

    struct group {
        mixture is{};
        wide now = 0;           // what its awards in decay are worth now, exactly, in micros
        double off = 0;         // by how much the exact sum may differ from the terms
        bool only_gives = true; // all points are positive
    };
    [[nodiscard]] static std::size_t place_of(std::int64_t period,
                                              const bounded_score& r) noexcept {
        return static_cast<std::size_t>(std::find(r.periods.begin(), r.periods.end(), period) -
                                        r.periods.begin());
    }
    /// Adds awards with one decay. O(1) for a half-life that has a term, else O(awards).
    static void add(group& to, const bounded_score& r, const award_group& g,
                    const compiled_decay& d, std::int64_t now) noexcept {
        to.now += g.kept;
        // The sum of halves is carried from award to award, which errs a little more than 2^-30.
        to.off += static_cast<double>(g.awards()) / 2 + g.gross() * 0x1.1p-30;
        to.only_gives = to.only_gives && g.is_positive();
        to.is.size += g.gross();
        if (!d.is_half_life()) {
            g.each([&](std::size_t i, std::int64_t count) {
                add_line(to, d, duration{now - g.at()[i].time_since_epoch().count()},
                         static_cast<double>(g.points()[i]) * static_cast<double>(count));
            });
            return;
        }
        const double part = g.halving(now, d);
        const std::size_t j = place_of(d.period(), r);
        if (j < r.periods.size()) {
            to.is.parts[j] += part;
            return;
        }
        // No term is left for this half-life: the awards are between what they are worth and 0.
        if (g.is_positive()) {
            to.is.high += part;
            return;
        }
        g.each([&](std::size_t i, std::int64_t count) {
            const auto age = now - g.at()[i].time_since_epoch().count();
            const double all = static_cast<double>(g.points()[i]) * static_cast<double>(count) *
                               halved(age, d.period());
            to.is.low += std::min(all, 0.0);
            to.is.high += std::max(all, 0.0);
        });
    }
    /// Adds an award with a linear decay: a line to the next breakpoint, whose slope envelopes keep
    /// in single precision.
    static void add_line(group& to, const compiled_decay& d, duration age, double points) noexcept {
        const auto f = static_cast<double>(d.at(age));
        to.is.low += points * f / whole_factor;
        to.is.high += points * f / whole_factor;
        const auto end = d.next_breakpoint(age);
        if (!end) return;
        to.off += std::abs(points) * 0x1p-22;
        to.is.parts[slope] += points * (static_cast<double>(d.at(*end)) - f) / whole_factor /
                              (static_cast<double>(end->count() - age.count()) / 86'400e6);
    }

    std::vector<group> groups_;
    // Cached inputs, each with the number of the estimate for which it was made.
    std::vector<std::pair<std::uint64_t, mixture>> known_;
    std::uint64_t estimates_ = 0; // number of the current estimate
};

} // namespace leadfunnel::inline v0::detail
