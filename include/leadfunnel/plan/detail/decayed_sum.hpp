// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What many awards are worth after decay: the innermost loops of scoring. Not for users.
///
/// Half-lives are computed four or eight at a time where the processor has the instructions, which
/// is found out at run time. Every way gives the same bits.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/exp2.hpp>
#include <leadfunnel/plan/decay.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace leadfunnel::inline v0::detail {

/// The sum of this many awards fits into 64 bits: a rule awards at most 10⁹ points, 2⁵⁰ micros.
inline constexpr std::size_t most_summed = 4096;

/// Awards as columns: the instant of each and, by way of its kind, its points. `at` and `kinds` are
/// of equal length.
struct award_column {
    std::span<const instant> at;
    std::span<const std::uint32_t> kinds; ///< indices into `points`
    std::span<const std::int64_t> points; ///< micros by kind, of constant awards
    bool small = false;                   ///< each of `points` is small
};

/// Whether points (in micros) lie in [0, 2³²), up to 4,294 points: their product with a factor
/// takes one multiplication.
[[nodiscard]] constexpr bool is_small(std::int64_t points) noexcept {
    return points >= 0 && points < std::int64_t{1} << 32;
}

/// How many half-lives are computed at once. All widths give the same bits.
enum class vector_width : std::uint8_t { one, four, eight };
/// The greatest width that the processor supports: eight with AVX-512 IFMA, four with AVX2.
[[nodiscard]] LEADFUNNEL_DECL vector_width widest_vectors() noexcept;

/// Sets kept[i] to scaled(points, factor(now − at)) of award i, and to 0 if it is later than `now`.
/// Precondition: `kept` is as long as the columns. O(awards).
LEADFUNNEL_DECL void keep_awards(const compiled_decay& d, const award_column& awards,
                                 std::int64_t now, std::span<std::int64_t> kept,
                                 vector_width width = widest_vectors()) noexcept;

/// Adds what one award is worth at each of some instants to their sums. Before `at` it is worth
/// nothing. Precondition: `sums` is as long as `instants`. O(instants).
LEADFUNNEL_DECL void add_kept(const compiled_decay& d, std::int64_t at, std::int64_t points,
                              std::span<const std::int64_t> instants, std::span<std::int64_t> sums,
                              vector_width width = widest_vectors()) noexcept;

/// The sum of what awards are worth at `now`. Precondition: none is later than `now`. O(awards);
/// any number of awards.
[[nodiscard]] LEADFUNNEL_DECL wide kept_sum(const compiled_decay& d, const award_column& awards,
                                            std::int64_t now) noexcept;

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/decayed_sum.ipp>
#endif
