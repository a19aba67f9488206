// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What many awards have kept: the innermost loops of scoring. Not for users.
///
/// Half-lives are computed four at a time where the processor can (found out at run time), with the
/// same bits as the portable way.

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
};

/// kept[i] = scaled(points, factor(now − at)), 0 for an award after `now`. `kept` is as long as the
/// columns.
LEADFUNNEL_DECL void keep_awards(const compiled_decay& d, const award_column& awards,
                                 std::int64_t now, std::span<std::int64_t> kept) noexcept;

/// Adds what one award has kept at each of some instants, none before it, to their sums.
LEADFUNNEL_DECL void add_kept(const compiled_decay& d, std::int64_t at, std::int64_t points,
                              std::span<const std::int64_t> instants,
                              std::span<std::int64_t> sums) noexcept;

/// The same in the portable way.
LEADFUNNEL_DECL void keep_awards_portable(const compiled_decay& d, const award_column& awards,
                                          std::int64_t now, std::span<std::int64_t> kept) noexcept;
LEADFUNNEL_DECL void add_kept_portable(const compiled_decay& d, std::int64_t at,
                                       std::int64_t points, std::span<const std::int64_t> instants,
                                       std::span<std::int64_t> sums) noexcept;

/// Σ of what awards, none after `now`, have kept. O(awards), any number of them.
[[nodiscard]] LEADFUNNEL_DECL wide kept_sum(const compiled_decay& d, const award_column& awards,
                                            std::int64_t now) noexcept;

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/impl/decayed_sum.ipp>
#endif
