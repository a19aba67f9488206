// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/time.hpp>

#include <string>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A hint for messages about a zone that is not found, if the system has no zones at all: common
/// container images have no tz database. Empty if `zones` is not.
[[nodiscard]] inline std::string hint_without_zones(const std::vector<std::string>& zones) {
    if (!zones.empty()) return {};
    return "this system has no database of time zones: install its package tzdata (apt install "
           "tzdata), or Python's (pip install tzdata)";
}

} // namespace leadfunnel::inline v0::detail
