// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Time zones, compared with another reader of the same database: the C library.

#include "catch.hpp"

#include <leadfunnel/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <time.h>
#define LEADFUNNEL_TEST_HAS_LOCALTIME 1
#endif

namespace lf = leadfunnel;
namespace chrono = std::chrono;

namespace {

lf::instant at(std::string_view text) {
    const auto parsed = lf::parse_rfc3339(text);
    INFO(text);
    REQUIRE(parsed);
    return parsed.at;
}

lf::local_instant local(std::string_view text) {
    const auto parsed = lf::parse_local(text);
    INFO(text);
    REQUIRE(parsed);
    return parsed.at;
}

std::optional<lf::time_zone> zone(std::string_view name) {
    auto z = lf::time_zone::find(name);
    if (!z) WARN("skipped: the system has no time zone database with " << name);
    return z;
}

} // namespace

TEST_CASE("UTC needs no database", "[zone]") {
    const lf::time_zone utc;
    CHECK(utc.name() == "UTC");
    CHECK(lf::time_zone::find("UTC") == utc);
    CHECK(utc.to_local(lf::instant{lf::duration{5}}) == lf::local_instant{lf::duration{5}});
    for (const auto choice :
         {lf::local_choice::refuse, lf::local_choice::earliest, lf::local_choice::latest})
        CHECK(utc.to_instant(local("2026-04-01"), choice).at == at("2026-04-01T00:00:00Z"));
    const auto span = utc.span_at(lf::instant{});
    CHECK(span.begin == lf::always);
    CHECK(span.end == lf::never);
    CHECK(span.offset == lf::duration{0});
}

TEST_CASE("names that are not zones give nothing", "[zone]") {
    for (const char* name :
         {"", "Asia", "Asia/Tokyo ", "asia/tokyo", "Mars/Olympus", "JSTX", "../../../etc/passwd",
          "/etc/localtime", "Asia/Tokyo/", "+09:00", "tzdata.zi", "Asia//Tokyo"}) {
        INFO(name);
        CHECK_FALSE(lf::time_zone::find(name));
    }
    CHECK_FALSE(lf::time_zone::find(std::string_view{"UTC\0", 4}));
    CHECK_FALSE(lf::time_zone::find(std::string(100'000, 'A')));
}

TEST_CASE("all names are found", "[zone]") {
    for (const auto& name : lf::time_zone::names()) {
        INFO(name);
        CHECK(lf::time_zone::find(name));
    }
}

TEST_CASE("a wall clock shows the zone's time", "[zone]") {
    const auto tokyo = zone("Asia/Tokyo");
    const auto new_york = zone("America/New_York");
    if (!tokyo || !new_york) return;
    CHECK(tokyo->name() == "Asia/Tokyo");
    CHECK(*tokyo != *new_york);
    CHECK(tokyo->to_local(at("2026-03-31T15:00:00Z")) == local("2026-04-01"));
    CHECK(new_york->to_local(at("2026-03-08T06:59:59.999999Z")) ==
          local("2026-03-08 01:59:59.999999"));
    CHECK(new_york->to_local(at("2026-03-08T07:00:00Z")) == local("2026-03-08 03:00:00"));
    CHECK(new_york->to_local(at("2026-11-01T06:00:00Z")) == local("2026-11-01 01:00:00"));
}

TEST_CASE("a local time that occurs twice is chosen or refused", "[zone]") {
    const auto z = zone("America/New_York");
    if (!z) return;
    const auto twice = local("2026-11-01 01:30:00");
    CHECK(z->to_instant(twice, lf::local_choice::refuse).error == lf::time_error::ambiguous);
    CHECK(z->to_instant(twice, lf::local_choice::earliest).at == at("2026-11-01T01:30:00-04:00"));
    CHECK(z->to_instant(twice, lf::local_choice::latest).at == at("2026-11-01T01:30:00-05:00"));
    // The overlap is a half-open interval.
    CHECK(z->to_instant(local("2026-11-01 00:59:59.999999"), lf::local_choice::refuse));
    CHECK_FALSE(z->to_instant(local("2026-11-01 01:00:00"), lf::local_choice::refuse));
    CHECK_FALSE(z->to_instant(local("2026-11-01 01:59:59.999999"), lf::local_choice::refuse));
    CHECK(z->to_instant(local("2026-11-01 02:00:00"), lf::local_choice::refuse).at ==
          at("2026-11-01T02:00:00-05:00"));
}

TEST_CASE("a local time that never occurs is the transition, or refused", "[zone]") {
    const auto z = zone("America/New_York");
    if (!z) return;
    const auto skipped = local("2026-03-08 02:30:00");
    CHECK(z->to_instant(skipped, lf::local_choice::refuse).error == lf::time_error::missing);
    CHECK(z->to_instant(skipped, lf::local_choice::earliest).at == at("2026-03-08T07:00:00Z"));
    CHECK(z->to_instant(skipped, lf::local_choice::latest).at == at("2026-03-08T07:00:00Z"));
    CHECK(z->to_instant(local("2026-03-08 01:59:59.999999"), lf::local_choice::refuse));
    CHECK_FALSE(z->to_instant(local("2026-03-08 02:00:00"), lf::local_choice::refuse));
    CHECK_FALSE(z->to_instant(local("2026-03-08 02:59:59.999999"), lf::local_choice::refuse));
    CHECK(z->to_instant(local("2026-03-08 03:00:00"), lf::local_choice::refuse));
}

TEST_CASE("days that began at one o'clock, and a day that never was", "[zone]") {
    const auto sao_paulo = zone("America/Sao_Paulo");
    const auto apia = zone("Pacific/Apia");
    if (!sao_paulo || !apia) return;
    CHECK(sao_paulo->to_instant(local("2018-11-04"), lf::local_choice::refuse).error ==
          lf::time_error::missing);
    CHECK(sao_paulo->to_instant(local("2018-11-04"), lf::local_choice::earliest).at ==
          at("2018-11-04T01:00:00-02:00"));
    // Samoa went from 29 to 31 December 2011.
    const auto gap = apia->to_instant(local("2011-12-30 12:00:00"), lf::local_choice::latest);
    CHECK(gap);
    CHECK(gap.at == at("2011-12-30T10:00:00Z"));
    CHECK(apia->to_local(gap.at) == local("2011-12-31"));
    CHECK(apia->to_local(gap.at - lf::duration{1}) == local("2011-12-29 23:59:59.999999"));
}

TEST_CASE("an instant outside the accepted range is computed and marked", "[zone]") {
    const auto tokyo = zone("Asia/Tokyo");
    if (!tokyo) return;
    const auto early = tokyo->to_instant(local("1900-01-01"), lf::local_choice::refuse);
    CHECK(early.error == lf::time_error::out_of_range);
    CHECK(early.at == at("1900-01-01T00:00:00Z") - chrono::hours{9});
    const auto late = tokyo->to_instant(local("2199-12-31 23:59:59"), lf::local_choice::refuse);
    CHECK(late);
}

TEST_CASE("where the count of microseconds ends, local times are out of range", "[zone]") {
    std::vector zones{lf::time_zone{}};
    for (const auto* name : {"Asia/Tokyo", "America/New_York"})
        if (const auto found = zone(name)) zones.push_back(*found);
    for (const auto& z : zones)
        for (const lf::duration in :
             {lf::duration{0}, lf::duration{chrono::hours{1}}, lf::duration{chrono::hours{30}},
              lf::duration{chrono::days{40}}})
            for (const auto edge : {lf::local_instant::min() + in, lf::local_instant::max() - in}) {
                for (const auto choice : {lf::local_choice::refuse, lf::local_choice::latest})
                    CHECK(z.to_instant(edge, choice).error == lf::time_error::out_of_range);
                const auto shown = z.to_local(lf::instant{edge.time_since_epoch()});
                CHECK((shown < local("1970-01-01")) == (edge < local("1970-01-01")));
            }
}

TEST_CASE("a walk from span to span meets changes of clocks that no database lists", "[zone]") {
    const auto berlin = zone("Europe/Berlin");
    if (!berlin) return;
    int changes = 0;
    auto span = berlin->span_at(at("2036-01-01T00:00:00Z"));
    while (span.end < at("2041-01-01T00:00:00Z")) {
        const auto next = berlin->span_at(span.end);
        REQUIRE(next.begin <= span.end);
        REQUIRE(next.end > span.end);
        if (next.offset != span.offset) ++changes;
        span = next;
    }
    CHECK(changes == 2 * 5); // each spring and autumn from 2036 to 2040
}

TEST_CASE("local times and instants are inverses in every zone", "[zone]") {
    std::mt19937_64 random{8};
    const auto range =
        static_cast<std::uint64_t>((lf::latest_instant - lf::earliest_instant).count()) -
        2 * 86'400'000'000U;
    for (const auto& name : lf::time_zone::names()) {
        const auto z = lf::time_zone::find(name);
        REQUIRE(z);
        INFO(name);
        for (int i = 0; i < 100; ++i) {
            lf::instant t = lf::earliest_instant + chrono::days{1} +
                            lf::duration{static_cast<std::int64_t>(random() % range)};
            const auto span = z->span_at(t);
            REQUIRE((span.begin <= t && t < span.end));
            // Half of the times lie just beside a transition, where mistakes are likely.
            if (i % 2 == 0 && span.begin > lf::earliest_instant + chrono::days{2})
                t = span.begin + chrono::minutes{static_cast<int>(random() % 240) - 120};
            const auto wall = z->to_local(t);
            const auto first = z->to_instant(wall, lf::local_choice::earliest);
            const auto last = z->to_instant(wall, lf::local_choice::latest);
            REQUIRE((first && last));
            REQUIRE((first.at == t || last.at == t));
            REQUIRE(first.at <= last.at);
            REQUIRE(z->to_local(first.at) == wall);
            REQUIRE(z->to_local(last.at) == wall);
            const auto strict = z->to_instant(wall, lf::local_choice::refuse);
            REQUIRE((strict.error == lf::time_error::ambiguous) == (first.at != last.at));
        }
    }
}

#if defined(LEADFUNNEL_TEST_HAS_LOCALTIME)

namespace {

/// Sets TZ of this process; the destructor restores it.
class c_zone {
  public:
    explicit c_zone(const std::string& name) {
        if (const char* old = std::getenv("TZ")) old_ = old;
        ::setenv("TZ", (":" + name).c_str(), 1);
        ::tzset();
    }
    ~c_zone() {
        if (old_)
            ::setenv("TZ", old_->c_str(), 1);
        else
            ::unsetenv("TZ");
        ::tzset();
    }
    c_zone(const c_zone&) = delete;
    c_zone& operator=(const c_zone&) = delete;

    static std::int64_t offset(std::int64_t seconds) {
        const auto t = static_cast<time_t>(seconds);
        struct tm parts {};
        ::localtime_r(&t, &parts);
        return parts.tm_gmtoff;
    }

  private:
    std::optional<std::string> old_;
};

/// Names of zones and links, from the text of the database.
std::vector<std::string> zone_names() {
    std::vector<std::string> names;
    std::ifstream text{"/usr/share/zoneinfo/tzdata.zi"};
    std::string line;
    while (std::getline(text, line)) {
        const auto last = line.find(' ', 2);
        if (line.rfind("Z ", 0) == 0) names.push_back(line.substr(2, last - 2));
        if (line.rfind("L ", 0) == 0) names.push_back(line.substr(last + 1));
    }
    return names;
}

std::int64_t seconds(const char* text) {
    return chrono::duration_cast<chrono::seconds>(at(text).time_since_epoch()).count();
}

/// The instants in [from, to) at which the C library's offset changes, found by bisecting days.
std::set<std::int64_t> c_transitions(std::int64_t from, std::int64_t to) {
    std::set<std::int64_t> found;
    constexpr std::int64_t stride = 86'400;
    std::int64_t before = c_zone::offset(from);
    for (std::int64_t t = from; t < to; t += stride) {
        const std::int64_t after = c_zone::offset(t + stride);
        if (after != before) {
            std::int64_t low = t;
            std::int64_t high = t + stride;
            while (high - low > 1) {
                const std::int64_t middle = low + (high - low) / 2;
                (c_zone::offset(middle) == before ? low : high) = middle;
            }
            found.insert(high);
        }
        before = after;
    }
    return found;
}

} // namespace

TEST_CASE("every zone agrees with the C library", "[zone]") {
    const auto names = zone_names();
    if (names.empty()) {
        WARN("skipped: no /usr/share/zoneinfo/tzdata.zi");
        return;
    }
    std::mt19937_64 random{9};
    const std::int64_t begin = seconds("1970-01-01T00:00:00Z");
    const std::int64_t listed = seconds("2038-01-01T00:00:00Z");
    const std::int64_t end = seconds("2199-12-30T00:00:00Z");
    std::size_t transitions = 0;
    std::size_t zones = 0;
    for (const auto& name : names) {
        const auto z = lf::time_zone::find(name);
        INFO(name);
        if (name == "Factory") continue; // not a place
        REQUIRE(z);
        ++zones;
        const c_zone c{name};
        const auto agree = [&](std::int64_t t) {
            const lf::instant i{chrono::seconds{t}};
            const auto ours = z->span_at(i).offset;
            if (ours != chrono::seconds{c_zone::offset(t)})
                FAIL(lf::to_string(i) << ' ' << name << ": " << ours.count() / 1'000'000 << " and "
                                      << c_zone::offset(t));
        };
        // Compare at their transitions, then at ours: neither may have one that the other lacks.
        for (const std::int64_t t : c_transitions(begin, listed)) {
            for (std::int64_t near = t - 1; near <= t + 1; ++near) agree(near);
            ++transitions;
        }
        for (lf::instant i{chrono::seconds{begin}}; i < lf::instant{chrono::seconds{end}};) {
            i = z->span_at(i).end;
            const std::int64_t t = chrono::floor<chrono::seconds>(i.time_since_epoch()).count();
            if (t >= end) break;
            for (std::int64_t near = t - 1; near <= t + 1; ++near) agree(near);
        }
        for (int i = 0; i < 200; ++i)
            agree(begin +
                  static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end - begin)));
    }
    INFO(zones << " zones, " << transitions << " transitions");
    CHECK(zones > 300);
    CHECK(transitions > 10'000);
}

#endif
