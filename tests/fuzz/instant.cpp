// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Instants, local times, durations and decimals: any text is read or refused, and what is read
// writes and reads back as itself.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace lf = leadfunnel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    if (const auto t = lf::parse_rfc3339(text)) {
        if (t.at < lf::earliest_instant || t.at >= lf::latest_instant) std::abort();
        if (lf::parse_rfc3339(lf::to_string(t.at)).at != t.at) std::abort();
        if (lf::parse_local(text)) std::abort(); // an offset is refused there
    } else if (t.error == lf::time_error::none || lf::describe_error(t.error).empty()) {
        std::abort();
    }
    if (const auto t = lf::parse_local(text)) {
        static const auto zone = lf::time_zone::find("America/New_York");
        if (zone) {
            const auto at = zone->to_instant(t.at, lf::local_choice::earliest);
            if (at && at.at > zone->to_instant(t.at, lf::local_choice::latest).at) std::abort();
        }
    }
    if (const auto d = lf::parse_duration(text))
        if (lf::parse_duration(lf::to_string(*d)) != d) std::abort();
    if (const auto d = lf::parse_decimal(text))
        if (lf::parse_decimal(lf::to_string(*d)) != d) std::abort();
    return 0;
}
