// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// `decimal`: the fixed-point number in which points and touchpoint values are counted.

#include <leadfunnel/core/config.hpp>

#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0 {

/// A signed 128-bit integer: sums of decimals are taken in it, so that they are exact and
/// associative, and are narrowed once, at the end.
__extension__ using wide = __int128;

/// A fixed-point number in units of 10⁻⁶, held in 64 bits: ±9,223,372,036,854.775807.
///
/// Addition of decimals is exact; there is no rounding, hence no dependence on order. Narrowing
/// (`from_micros(wide)`) saturates. Conversion from floating point rounds to the nearest unit, half
/// away from zero, saturates at the range, and turns NaN into zero.
class decimal {
  public:
    static constexpr std::int64_t unit = 1'000'000; ///< micro-units in 1

    constexpr decimal() = default;

    /// From a whole number; saturates.
    template<std::integral I>
    constexpr decimal(
        I whole) noexcept // NOLINT: implicit, so that `.points = 25` reads as it should
        : micros_(saturate(static_cast<wide>(whole) * unit)) {}

    /// From a floating-point number: nearest unit, half away from zero; saturates; NaN gives 0.
    constexpr decimal(double x) noexcept : micros_(round(x)) {} // NOLINT: implicit

    /// From a count of 10⁻⁶; saturates at the range. `saturated`, if given, is set (never cleared)
    /// when it did.
    [[nodiscard]] static constexpr decimal from_micros(wide micros,
                                                       bool* saturated = nullptr) noexcept {
        decimal d;
        d.micros_ = saturate(micros);
        if (saturated != nullptr && d.micros_ != micros) *saturated = true;
        return d;
    }

    [[nodiscard]] static constexpr decimal max() noexcept {
        return from_micros(std::numeric_limits<std::int64_t>::max());
    }
    [[nodiscard]] static constexpr decimal min() noexcept {
        return from_micros(std::numeric_limits<std::int64_t>::min());
    }

    /// The number as a count of 10⁻⁶.
    [[nodiscard]] constexpr std::int64_t micros() const noexcept { return micros_; }
    [[nodiscard]] explicit constexpr operator double() const noexcept {
        return static_cast<double>(micros_) / unit;
    }

    friend constexpr auto operator<=>(decimal, decimal) = default;

    /// Saturating arithmetic, for callers' convenience. Scores are summed in `wide`.
    friend constexpr decimal operator+(decimal a, decimal b) noexcept {
        return from_micros(static_cast<wide>(a.micros_) + b.micros_);
    }
    friend constexpr decimal operator-(decimal a, decimal b) noexcept {
        return from_micros(static_cast<wide>(a.micros_) - b.micros_);
    }
    friend constexpr decimal operator-(decimal a) noexcept { return decimal{} - a; }
    constexpr decimal& operator+=(decimal b) noexcept { return *this = *this + b; }

  private:
    static constexpr std::int64_t saturate(wide v) noexcept {
        constexpr wide hi = std::numeric_limits<std::int64_t>::max();
        constexpr wide lo = std::numeric_limits<std::int64_t>::min();
        return static_cast<std::int64_t>(v > hi ? hi : v < lo ? lo : v);
    }
    static constexpr std::int64_t round(double x) noexcept {
        constexpr auto hi = std::numeric_limits<std::int64_t>::max();
        constexpr auto lo = std::numeric_limits<std::int64_t>::min();
        if (x != x) return 0;
        x *= unit;
        if (x >= 0x1p63) return hi;
        if (x <= -0x1p63) return lo;
        const auto whole = static_cast<std::int64_t>(x); // toward zero
        const double rest = x - static_cast<double>(whole);
        if (rest >= 0.5) return whole + 1;
        if (rest <= -0.5) return whole - 1;
        return whole;
    }

    std::int64_t micros_ = 0;
};

/// Points are decimals; the name says what a number means.
using points = decimal;

/// Quotient rounded to the nearest integer, half away from zero. `den` must be positive.
[[nodiscard]] constexpr wide divide_rounded(wide num, wide den) noexcept {
    const wide half = den / 2;
    const bool negative = num < 0;
    const wide n = negative ? -num : num;
    wide q = n / den;
    const wide r = n % den;
    if (r > half || (r == half && den % 2 == 0)) ++q;
    return negative ? -q : q;
}

/// `a × b`, rounded half away from zero to 10⁻⁶, in `wide` micros.
[[nodiscard]] constexpr wide multiply_micros(decimal a, decimal b) noexcept {
    return divide_rounded(static_cast<wide>(a.micros()) * b.micros(), decimal::unit);
}

/// Parses `[+-]digits[.digits][e[+-]digits]` (`E` too), exactly: a number with more than six
/// decimals is rounded half away from zero. Returns nothing for other text or a number out of
/// range. O(length).
[[nodiscard]] LEADFUNNEL_DECL std::optional<decimal> parse_decimal(std::string_view text) noexcept;

/// The shortest exact decimal text: `25`, `-0.5`, `0.000001`. `parse_decimal` reads it back.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(decimal d);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/decimal.ipp>
#endif
