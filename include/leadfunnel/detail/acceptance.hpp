// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What is asked of events wherever they enter. Not for users.

#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/event.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace leadfunnel::inline v0::detail {

inline void require_instant(instant at) {
    if (at < earliest_instant || at >= latest_instant)
        throw event_error("the instant is outside the years 1900 to 2199");
}

inline void require_finite(const value& v) {
    if (const auto* n = std::get_if<double>(&v); n != nullptr && !std::isfinite(*n))
        throw event_error("a number is not finite");
}

inline void require_finite(const value_map& values) {
    for (const auto& [name, v] : values) require_finite(v);
}

/// The greatest cycle or number that a stage entry may tell: counting on from there never ends.
inline constexpr std::int32_t most_told = 1'000'000'000;

/// Throws `event_error` on an event that no history can hold.
inline void require_acceptable(const touchpoint& t) {
    require_instant(t.at);
    require_finite(t.properties);
}
inline void require_acceptable(const attributes& a) {
    if (a.at != always) require_instant(a.at);
    require_finite(a.values);
}
inline void require_acceptable(const stage_entry& g) {
    require_instant(g.at);
    require_finite(g.sets);
    constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max(); // as records count them
    if (g.sets.size() > most || g.scores.size() > most)
        throw event_error("a stage entry has more than 65,535 scores or facts");
    if (g.cycle < 0 || g.cycle > most_told || g.number < 0 || g.number > most_told)
        throw event_error("a stage entry's cycle or number is not from 0 to 1,000,000,000");
}

} // namespace leadfunnel::inline v0::detail
