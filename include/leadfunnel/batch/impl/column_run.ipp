// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// What the loops over a run of leads share.

#include <leadfunnel/batch/detail/column_scorer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Grows `v` to at least `n` elements, at least doubling it. Elements keep no meaning.
template<class T>
void make_room(std::vector<T>& v, std::size_t n) {
    if (v.size() < n) v.resize(std::max(n, v.size() * 2));
}

/// The two columns of touchpoints that most loops read.
struct run_columns {
    const instant* at;
    const std::uint16_t* lead;
    [[nodiscard]] std::int64_t time(std::size_t i) const noexcept {
        return at[i].time_since_epoch().count();
    }
};

/// `first ? a : b` without a branch, which the processor could not predict here.
[[nodiscard]] inline std::int64_t pick(bool first, std::int64_t a, std::int64_t b) noexcept {
    return b ^ ((a ^ b) & -static_cast<std::int64_t>(first));
}

/// The time since `then`; more than 2^62 if `then` is `before_time`, that is, never.
[[nodiscard]] inline std::uint64_t age_of(std::int64_t then, std::int64_t now) noexcept {
    return static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(then);
}
inline constexpr std::int64_t longest_duration = std::int64_t{1} << 62;

/// The touchpoints whose value is within the bounds of a pattern.
template<class Pattern>
std::span<const column_scorer::index> column_scorer::within_bounds(std::span<const index> of,
                                                                   const Pattern& pattern) {
    make_room(bounded_, of.size());
    std::size_t n = 0;
    for (const auto i : of) {
        bounded_[n] = i;
        n += b_.in_bounds(pattern, amount(i)) ? 1U : 0U;
    }
    return std::span{bounded_}.first(n);
}

} // namespace leadfunnel::inline v0::detail
