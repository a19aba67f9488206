// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Instants, local times, durations and decimals: whatever is read is in range, and is the same
// after being written and read back.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace lf = leadfunnel;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};

    if (const auto i = lf::parse_rfc3339(text)) {
        require(i.at >= lf::earliest_instant && i.at < lf::latest_instant);
        const auto again = lf::parse_rfc3339(lf::to_string(i.at));
        require(again && again.at == i.at);
        require(!lf::parse_local(text)); // no text is both an instant and a local time
    } else {
        require(!lf::describe_error(i.error).empty());
    }
    if (const auto l = lf::parse_local(text)) {
        const lf::time_zone utc;
        const auto at = utc.to_instant(l.at, lf::local_choice::refuse);
        require(static_cast<bool>(at));
        const auto written = lf::to_string(at.at);
        const auto again = lf::parse_local(std::string_view{written}.substr(0, written.size() - 1));
        require(again && again.at == l.at);
        static const auto zone = lf::time_zone::find("America/New_York");
        if (zone) {
            const auto first = zone->to_instant(l.at, lf::local_choice::earliest).at;
            const auto last = zone->to_instant(l.at, lf::local_choice::latest).at;
            require(first <= last && zone->to_local(first) >= l.at);
        }
        for (const auto unit :
             {lf::calendar_unit::day, lf::calendar_unit::week, lf::calendar_unit::month,
              lf::calendar_unit::quarter, lf::calendar_unit::year}) {
            const auto p = lf::period_of(l.at, unit);
            require(lf::period_start(p, unit) <= l.at && l.at < lf::period_start(p + 1, unit));
        }
    }
    if (const auto d = lf::parse_duration(text)) {
        require(*d >= lf::duration::zero() && *d <= lf::longest_duration);
        require(lf::parse_duration(lf::to_string(*d)) == *d);
    }
    if (const auto d = lf::parse_decimal(text)) require(lf::parse_decimal(lf::to_string(*d)) == *d);
    return 0;
}
