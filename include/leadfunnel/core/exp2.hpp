// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// 2^−x in integers: the only transcendental function the library needs. Its results are the same
/// on every machine.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/decimal.hpp>

#include <bit>
#include <cstdint>
#include <limits>

namespace leadfunnel::inline v0 {

/// A factor between 0 and 1 in units of 2⁻³¹: 0 … 2³¹.
using factor = std::uint32_t;
inline constexpr factor whole_factor = factor{1} << 31;

/// 2^−x as a factor, for x ≥ 0 in units of 2⁻³². The error is at most 0.5 · 2⁻³⁰ everywhere, and at
/// whole x only that of rounding the result. The function never rises with x.
///
/// The whole part of x is a shift. For the fractional part r, a polynomial p of degree 6 (the
/// Chebyshev interpolant) replaces (1 − 2^−r) / r on [0, 1], and the result is 1 − r · p(r).
/// Horner's rule evaluates p with alternating signs. Each coefficient has the scale that fills 32
/// bits, and each product is rounded to nearest. The last two steps keep eight more bits: with
/// fewer, the result would rise by one unit at a few places. Multiplications are 32 × 32 → 64 bits,
/// so the loop vectorises.
[[nodiscard]] constexpr factor exp2_negative(std::uint64_t x) noexcept {
    const auto times = [](std::uint64_t r, std::uint64_t t, int shift) {
        return (r * t + (std::uint64_t{1} << (shift - 1))) >> shift;
    };
    const std::uint64_t r = x & 0xffff'ffffU;
    const std::uint64_t whole = x >> 32;
    std::uint64_t t = 1'590'874'556U;                          // scale 2⁴⁷
    t = 2'619'342'388U - times(r, t, 35);                      // 2⁴⁴
    t = 2'924'568'730U - times(r, t, 35);                      // 2⁴¹
    t = 2'643'487'282U - times(r, t, 35);                      // 2³⁸
    t = 3'814'199'918U - times(r, t, 34);                      // 2³⁶
    t = 4'127'059'756U - times(r, t, 34);                      // 2³⁴
    t = (std::uint64_t{2'977'044'471} << 8) - times(r, t, 26); // 2⁴⁰
    const std::uint64_t product = r * (t >> 8) + ((r * (t & 0xff)) >> 8);
    const std::uint64_t g = (std::uint64_t{1} << 40) - (product >> 24); // 2⁴⁰
    const std::uint64_t shift = whole < 33 ? whole + 9 : 42;
    return static_cast<factor>((g + (std::uint64_t{1} << (shift - 1))) >> shift);
}

/// A positive period, prepared so that many ages can be divided by it without a division.
///
/// `ratio(age)` is age / period in units of 2⁻³², too low by at most 2⁻³² + 2⁻³¹ · age / period.
/// Let n = bit_width(period) − 33, a′ = ⌊age · 2⁻ⁿ⌋ (exact for n < 0) and m = min(⌊2⁶⁴⁺ⁿ / period⌋,
/// 2³² − 1): the ratio is ⌊a′ · m / 2³²⌋. Ages of 33 periods and more give 33 · 2³².
struct period_divisor {
    std::uint64_t multiplier = 0; ///< m, 32 bits
    std::int64_t beyond = 0;      ///< 33 periods, saturated
    std::uint8_t right = 0;       ///< n if positive
    std::uint8_t left = 0;        ///< −n if positive

    constexpr period_divisor() = default;
    explicit constexpr period_divisor(std::int64_t period) noexcept {
        const auto p = static_cast<std::uint64_t>(period);
        const int n = static_cast<int>(std::bit_width(p)) - 33;
        right = static_cast<std::uint8_t>(n > 0 ? n : 0);
        left = static_cast<std::uint8_t>(n < 0 ? -n : 0);
        // 2^(64+n) / p: between 2^31 and 2^32
        const wide numerator =
            n >= 0 ? static_cast<wide>(1) << (64 + n) : static_cast<wide>(1) << (64 - left);
        const wide m = numerator / static_cast<wide>(p);
        multiplier = m > 0xffff'ffff ? 0xffff'ffffU : static_cast<std::uint64_t>(m);
        const wide b = static_cast<wide>(period) * 33;
        constexpr wide top = std::numeric_limits<std::int64_t>::max();
        beyond = static_cast<std::int64_t>(b > top ? top : b);
    }

    /// Precondition: `age` ≥ 0.
    [[nodiscard]] constexpr std::uint64_t ratio(std::int64_t age) const noexcept {
        if (age >= beyond) return std::uint64_t{33} << 32;
        const std::uint64_t a = (static_cast<std::uint64_t>(age) >> right) << left;
        return (a >> 32) * multiplier + (((a & 0xffff'ffffU) * multiplier) >> 32);
    }

    friend bool operator==(const period_divisor&, const period_divisor&) = default;
};

/// `micros` × f, rounded half away from zero. Precondition: f ≤ `whole_factor`.
[[nodiscard]] constexpr std::int64_t scaled(std::int64_t micros, factor f) noexcept {
    const auto bits = static_cast<std::uint64_t>(micros);
    const std::uint64_t p = micros < 0 ? 0 - bits : bits;
    const std::uint64_t high = ((p >> 32) * f) << 1;
    const std::uint64_t low = ((p & 0xffff'ffffU) * f + (std::uint64_t{1} << 30)) >> 31;
    const std::uint64_t q = high + low;
    return static_cast<std::int64_t>(micros < 0 ? 0 - q : q);
}

} // namespace leadfunnel::inline v0
