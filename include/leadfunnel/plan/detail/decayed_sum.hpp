// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What many awards have kept: the innermost loops of scoring. Not for users.
///
/// Half-lives are computed four or eight at a time where the processor can (found out at run time),
/// with the same bits as the portable way.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/exp2.hpp>
#include <leadfunnel/plan/decay.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace leadfunnel::inline v0::detail {

/// Sums of this many awards stay within 64 bits: a rule awards at most 10⁹ points, 2⁵⁰ micros.
inline constexpr std::size_t most_summed = 4096;

/// Awards by columns of equal length: when, and the points of their kinds.
struct award_column {
    std::span<const instant> at;
    std::span<const std::uint32_t> kinds; ///< indices into `points`
    std::span<const std::int64_t> points; ///< micros by kind, of constant awards
    bool small = false;                   ///< every one of `points` is small
};

/// Points of 0 to 4,294: multiplied by a factor in one step.
[[nodiscard]] constexpr bool is_small(std::int64_t points) noexcept {
    return points >= 0 && points < std::int64_t{1} << 32;
}

/// Numbers of 64 bits that half-lives are computed of at once. All give the same bits.
enum class vector_width : std::uint8_t { one, four, eight };
/// The widest that the processor has: eight with AVX-512 IFMA, four with AVX2.
[[nodiscard]] LEADFUNNEL_DECL vector_width widest_vectors() noexcept;

/// kept[i] = scaled(points, factor(now − at)), 0 for an award after `now`. `kept` is as long as the
/// columns.
LEADFUNNEL_DECL void keep_awards(const compiled_decay& d, const award_column& awards,
                                 std::int64_t now, std::span<std::int64_t> kept,
                                 vector_width width = widest_vectors()) noexcept;

/// Adds what one award has kept at each of some instants to their sums; nothing before it.
LEADFUNNEL_DECL void add_kept(const compiled_decay& d, std::int64_t at, std::int64_t points,
                              std::span<const std::int64_t> instants, std::span<std::int64_t> sums,
                              vector_width width = widest_vectors()) noexcept;

/// Σ of what awards, none after `now`, have kept. O(awards), any number of them.
[[nodiscard]] LEADFUNNEL_DECL wide kept_sum(const compiled_decay& d, const award_column& awards,
                                            std::int64_t now) noexcept;

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/decayed_sum.ipp>
#endif
