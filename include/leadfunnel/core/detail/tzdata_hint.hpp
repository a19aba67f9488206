// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/time.hpp>

#include <string>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// What helps where a zone is not found because there are none at all: a common image of a
/// container has no tz database. Nothing if there are some.
[[nodiscard]] inline std::string hint_without_zones(const std::vector<std::string>& zones) {
    if (!zones.empty()) return {};
    return "this system has no database of time zones: install its package tzdata (apt install "
           "tzdata), or Python's (pip install tzdata)";
}

} // namespace leadfunnel::inline v0::detail
