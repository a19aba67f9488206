// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What is asked of events wherever they enter. Not for users.

#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/event.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0::detail {

struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept {
        return std::hash<std::string_view>{}(s);
    }
};

template<class T>
using text_map = boost::unordered_flat_map<std::string, T, text_hash, std::equal_to<>>;

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

} // namespace leadfunnel::inline v0::detail
