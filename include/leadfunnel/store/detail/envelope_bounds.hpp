// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Bounds of a block's scores at an instant. Not for users.

#include <leadfunnel/store/detail/envelope_blocks.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace leadfunnel::inline v0::detail {

/// Computes bounds from the numbers that blocks and leads store.
struct envelope_bounds {
    using box = envelope_blocks::box;
    static constexpr std::size_t most_half_lives = envelope_blocks::most_half_lives;
    static constexpr std::size_t pivot_count = envelope_blocks::pivot_count;
    static constexpr double infinity = envelope_blocks::infinity;
    static constexpr double share = envelope_blocks::share;
    static constexpr double loose = envelope_blocks::loose;
    static constexpr double rounding = envelope_blocks::rounding;
    static constexpr double vanishing = 0.25; // micros
    struct range {
        std::int64_t low = 0;
        std::int64_t high = 0;
    };
    using terms_of_time = std::array<double, most_half_lives + 1>;
    /// The weights of time at an instant. `mixes` expresses them by each order's pivots: as a
    /// weighted mean of two neighbouring pivots and a rest.
    struct weights {
        std::int64_t t = 0;
        terms_of_time of{};
        struct mix {
            bool is_known = false;
            std::size_t first = 0; // the earlier of the two pivots
            double share = 0;      // weight of the later one
            terms_of_time rest{};
        };
        std::array<mix, 2> mixes{};
    };

    [[nodiscard]] static std::int64_t micros_of(double x) noexcept {
        constexpr double limit = 0x1p55;
        return static_cast<std::int64_t>(std::clamp(x, -limit, limit));
    }
    /// The bounds of scores between `least` with the low sums and `most` with the high sums.
    /// `size_low` and `size_high` are the sums of absolute terms.
    [[nodiscard]] static range of_sums(double least, double below, double sum_low, double size_low,
                                       double most, double above, double sum_high, double size_high,
                                       bool pure) noexcept {
        range out;
        const double by = least + below + sum_low - share * size_low;
        out.low = micros_of(
            std::max(least, below == 0 && size_low == 0
                                ? least
                                : std::ceil(by - loose - rounding * (std::abs(least) + size_low))));
        if (pure && sum_high + share * size_high < vanishing) {
            out.high = micros_of(most);
        } else {
            const double to = most + above + sum_high + share * size_high;
            out.high =
                micros_of(above == 0 && size_high == 0
                              ? most
                              : std::floor(to + loose + rounding * (std::abs(most) + size_high)));
            out.high = std::max(out.high, out.low);
        }
        return out;
    }
    /// The bounds of all scores in a block.
    [[nodiscard]] static range of_block(const box& b, const float* parts, const weights& w,
                                        std::uint32_t order, std::size_t terms) noexcept {
        double low = 0;
        double high = 0;
        double size_low = 0;
        double size_high = 0;
        for (std::size_t j = 0; j < terms; ++j) {
            const double x = static_cast<double>(parts[j]) * w.of[j];
            const double y = static_cast<double>(parts[terms + j]) * w.of[j];
            low += x;
            high += y;
            size_low += std::abs(x);
            size_high += std::abs(y);
        }
        range out = of_sums(b.least, b.below, low, size_low, b.most_least, b.above, high, size_high,
                            b.pure);
        if (w.mixes[order].is_known) narrow(out, parts, w, w.mixes[order], terms);
        return out;
    }
    /// Narrows bounds by the pivots. At an instant between two pivots with shares a + b = 1, a
    /// score is a times its value at the first, plus b times its value at the second, plus the
    /// contribution of each weight's rest. (Weights are exact to 10^-12, which the term 2^-13
    /// covers after its multiplication by `share`.)
    static void narrow(range& out, const float* parts, const weights& w, const weights::mix& m,
                       std::size_t terms) noexcept {
        const float* lows = parts + 2 * terms + m.first;
        const float* highs = lows + pivot_count;
        const auto between = [&](const float* two) {
            return (1 - m.share) * static_cast<double>(two[0]) +
                   m.share * static_cast<double>(two[1]);
        };
        double low = between(lows);
        double high = between(highs);
        double size = 0;
        for (std::size_t j = 0; j < terms; ++j) {
            const auto least = static_cast<double>(parts[j]);
            const auto most = static_cast<double>(parts[terms + j]);
            low += std::min(m.rest[j] * least, m.rest[j] * most);
            high += std::max(m.rest[j] * least, m.rest[j] * most);
            size += (std::abs(m.rest[j]) + 0x1p-13 * w.of[j]) *
                    std::max(std::abs(least), std::abs(most));
        }
        const double off = envelope_blocks::slack(std::abs(low) + std::abs(high), size);
        // (Infinite values and NaN give no bound.)
        if (std::abs(low) < infinity && std::abs(high) < infinity) {
            out.low = std::max(out.low, micros_of(std::ceil(low - off)));
            out.high = std::max(out.low, std::min(out.high, micros_of(std::floor(high + off))));
        }
    }
};

} // namespace leadfunnel::inline v0::detail
