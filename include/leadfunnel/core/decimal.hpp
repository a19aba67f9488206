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

/// A signed 128-bit integer. Sums of decimals are computed in it: they are exact and associative,
/// and are narrowed once, at the end.
__extension__ using wide = __int128;

/// A fixed-point number in units of 10⁻⁶, held in 64 bits: ±9,223,372,036,854.775807.
///
/// Addition of decimals is exact, so a sum does not depend on the order of its terms. Narrowing
/// (`from_micros(wide)`) saturates. Conversion from floating point rounds to the nearest unit, half
/// away from zero, saturates at the range, and turns NaN into zero. All operations are O(1) and
/// never throw.
class LEADFUNNEL_TYPE decimal {
  public:
    static constexpr std::int64_t unit = 1'000'000; ///< micro-units in 1

    constexpr decimal() = default;

    /// Converts a whole number; saturates.
    template<std::integral I>
    constexpr decimal(
        I whole) noexcept // NOLINT: implicit, so that `.points = 25` reads as it should
        : micros_(saturate(static_cast<wide>(whole) * unit)) {}

    /// Converts a floating-point number to the nearest unit, half away from zero. Saturates; NaN
    /// gives 0.
    constexpr decimal(double x) noexcept : micros_(round(x)) {} // NOLINT: implicit

    /// Converts a count of 10⁻⁶; saturates at the range. If it saturates, `*saturated` is set,
    /// where `saturated` is given; it is never cleared.
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

    /// Saturating arithmetic for callers. The library itself sums in `wide`.
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

/// An alias that says what a number means.
using points = decimal;

/// The quotient rounded to the nearest integer, half away from zero. Precondition: `den` > 0.
[[nodiscard]] constexpr wide divide_rounded(wide num, wide den) noexcept {
    const wide half = den / 2;
    const bool negative = num < 0;
    const wide n = negative ? -num : num;
    wide q = n / den;
    const wide r = n % den;
    if (r > half || (r == half && den % 2 == 0)) ++q;
    return negative ? -q : q;
}

/// `a × b` as a count of 10⁻⁶, rounded half away from zero.
[[nodiscard]] constexpr wide multiply_micros(decimal a, decimal b) noexcept {
    return divide_rounded(static_cast<wide>(a.micros()) * b.micros(), decimal::unit);
}

/// Parses `[+-]digits[.digits][e[+-]digits]` (`E` too). A number with more than six decimals is
/// rounded half away from zero; otherwise the result is exact. Returns nothing for other text and
/// for numbers out of range. O(length).
[[nodiscard]] LEADFUNNEL_DECL std::optional<decimal> parse_decimal(std::string_view text) noexcept;

/// The shortest text that `parse_decimal` reads back as the same number: `25`, `-0.5`, `0.000001`.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(decimal d);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/decimal.ipp>
#endif
