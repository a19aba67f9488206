// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Working time, compared with a reference that checks every minute, and tested for its own laws
// over the whole range of time.

#include "catch.hpp"

#include "generators.hpp"
#include "reference/working_time.hpp"

#include <leadfunnel/plan/working_time.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using generators::source;
using namespace std::chrono_literals;

namespace {

// Zones whose clocks change by an hour or half an hour, in either half of the year, at midnight, by
// a whole day, or never.
const std::vector<std::string> zones{
    "",
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/St_Johns",
    "Asia/Tehran",
};

std::vector<lf::weekday> some_days(source& r) {
    std::vector<lf::weekday> days;
    const auto mask = r.below(128);
    for (unsigned d = 0; d < 7; ++d)
        if ((mask >> d & 1) != 0) days.push_back(static_cast<lf::weekday>(d));
    return days;
}

lf::time_of_day some_time(source& r) {
    if (r.chance(10)) return {0};
    if (r.chance(10)) return {1440};
    return {static_cast<std::int16_t>(r.chance(50) ? r.between(0, 24) * 60 : r.between(0, 1440))};
}

lf::instant some_instant(source& r, lf::instant from, lf::instant to) {
    const lf::instant at = from + lf::duration{r.between(0, (to - from).count() - 1)};
    if (r.chance(50)) return std::chrono::floor<std::chrono::hours>(at);
    return r.chance(50) ? std::chrono::floor<std::chrono::minutes>(at) : at;
}

/// A calendar with holidays around an instant.
lf::business_calendar some_calendar(source& r, const std::vector<std::string>& of_zones,
                                    lf::instant around) {
    lf::business_calendar c;
    c.time_zone = r.pick(of_zones);
    for (auto n = r.between(1, 4); n > 0; --n) {
        lf::time_of_day from = some_time(r);
        lf::time_of_day to = some_time(r);
        if (to < from) std::swap(from, to);
        c.hours.push_back({some_days(r), from, to});
    }
    const auto day = std::chrono::floor<std::chrono::days>(around);
    for (auto n = r.between(0, 12); n > 0; --n)
        c.holidays.emplace_back(day + std::chrono::days{r.between(-3, 20)});
    return c;
}

std::string text_of(const lf::business_calendar& c) {
    std::string text = c.time_zone + ':';
    for (const lf::working_hours& h : c.hours) {
        text += ' ';
        for (const lf::weekday d : h.days) text += std::to_string(static_cast<int>(d));
        text += '/' + std::to_string(h.from.minutes) + '-' + std::to_string(h.to.minutes);
    }
    text += " off";
    for (const auto& date : c.holidays)
        text += ' ' + lf::to_string(lf::instant{std::chrono::sys_days{date}});
    return text;
}

/// An instant; half of the time in a week in which clocks change.
lf::instant interesting(source& r, const lf::time_zone& zone) {
    const lf::instant at = some_instant(r, std::chrono::sys_days{std::chrono::year{1973} / 1 / 1},
                                        std::chrono::sys_days{std::chrono::year{2199} / 12 / 1});
    if (r.chance(50)) return at;
    const lf::instant change = zone.span_at(at).end;
    if (change >= std::chrono::sys_days{std::chrono::year{2199} / 12 / 1}) return at;
    return change - std::chrono::hours{r.between(0, 72)} + std::chrono::minutes{r.between(0, 60)};
}

} // namespace

TEST_CASE("working time is what a look at every minute says") {
    const lf::time_zone of_model = lf::time_zone::find("Europe/London").value();
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        source r{seed};
        const std::string zone_name = r.pick(zones);
        const lf::time_zone zone =
            zone_name.empty() ? of_model : lf::time_zone::find(zone_name).value();
        const lf::instant from = interesting(r, zone);
        const lf::business_calendar c = some_calendar(r, {zone_name}, from);
        const lf::working_time fast{c, of_model};
        const reference::working_time slow{c, of_model};
        const lf::duration length = lf::duration{r.between(0, lf::duration{10 * 24h}.count())};
        INFO("seed " << seed << ", " << text_of(c) << ", from " << lf::to_string(from) << " for "
                     << lf::to_string(length));
        REQUIRE(fast.between(from, from + length) == slow.between(from, from + length));
        for (int i = 0; i < 20; ++i) {
            const lf::instant at = from + lf::duration{r.between(0, length.count())};
            REQUIRE(fast.is_working(at) == slow.is_working(at));
        }
        const lf::duration worked{r.between(1, lf::duration{40h}.count())};
        const lf::duration rounded =
            r.chance(50) ? lf::duration{std::chrono::floor<std::chrono::minutes>(worked)} : worked;
        const lf::instant limit = from + 14 * 24h;
        const lf::instant expected = slow.add(from, rounded, limit);
        INFO("adding " << lf::to_string(rounded));
        if (expected < limit)
            REQUIRE(fast.add(from, rounded) == expected);
        else
            REQUIRE(fast.add(from, rounded) >= limit);
    }
}

TEST_CASE("working time keeps its laws in every zone and year") {
    const std::vector<std::string> names = lf::time_zone::names();
    REQUIRE_FALSE(names.empty());
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        source r{seed + 1'000'000};
        const lf::instant a = some_instant(r, lf::earliest_instant, lf::latest_instant);
        const lf::business_calendar c = some_calendar(r, names, a);
        const lf::working_time w{c};
        INFO("seed " << seed << ", " << text_of(c) << ", at " << lf::to_string(a));
        const int bits = static_cast<int>(r.between(1, 50));
        const auto some = [&] { return lf::duration{r.between(1, std::int64_t{1} << bits)}; };
        const lf::duration first = some();
        const lf::duration second = some();
        const lf::instant b = w.add(a, first);
        REQUIRE(b > a);
        if (b == lf::never) {
            REQUIRE(w.between(lf::earliest_instant, lf::latest_instant) == 0us);
            continue;
        }
        if (b == lf::latest_instant) {
            REQUIRE(w.between(a, b) <= first);
        } else {
            // No earlier instant has as much working time since then.
            REQUIRE(w.between(a, b) == first);
            REQUIRE(w.between(a, b - 1us) == first - 1us);
            REQUIRE(w.is_working(b - 1us));
            REQUIRE(w.add(b, second) == w.add(a, first + second));
        }
        const lf::instant d = some_instant(r, a, lf::latest_instant);
        const lf::instant between = some_instant(r, a, std::max(d, a + 1us));
        const lf::instant mid = std::clamp(between, a, std::max(a, d));
        REQUIRE(w.between(a, mid) + w.between(mid, std::max(a, d)) == w.between(a, std::max(a, d)));
        REQUIRE(w.is_working(d) == (w.between(d, d + 1us) == 1us));
    }
}
