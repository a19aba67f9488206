// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/interop/date_time.hpp>

namespace lf = leadfunnel;
namespace pt = boost::posix_time;
namespace gr = boost::gregorian;

namespace {

lf::instant at(std::string_view text) {
    const auto parsed = lf::parse_rfc3339(text);
    REQUIRE(parsed);
    return parsed.at;
}

} // namespace

TEST_CASE("a ptime is a UTC instant", "[date_time]") {
    const pt::ptime p{gr::date{2026, 4, 1}, pt::hours{9} + pt::microseconds{250'001}};
    CHECK(lf::to_instant(p) == at("2026-04-01T09:00:00.250001Z"));
    CHECK(lf::to_ptime(at("2026-04-01T09:00:00.250001Z")) == p);
}

TEST_CASE("instants survive the way through ptime", "[date_time]") {
    const auto step = std::chrono::hours{9'999} + std::chrono::microseconds{123'457};
    for (lf::instant t = lf::earliest_instant; t < lf::latest_instant; t += step) {
        const auto p = lf::to_ptime(t);
        REQUIRE(p);
        REQUIRE(lf::to_instant(*p) == t);
    }
}

TEST_CASE("instants before the epoch keep their day", "[date_time]") {
    const auto p = lf::to_ptime(lf::instant{lf::duration{-1}});
    REQUIRE(p);
    CHECK(p->date() == gr::date{1969, 12, 31});
    CHECK(p->time_of_day() == pt::hours{24} - pt::microseconds{1});
}

TEST_CASE("special times are converted, not guessed", "[date_time]") {
    CHECK_FALSE(lf::to_instant(pt::ptime{}));
    CHECK_FALSE(lf::to_instant(pt::ptime{pt::not_a_date_time}));
    CHECK(lf::to_instant(pt::ptime{pt::neg_infin}) == lf::always);
    CHECK(lf::to_instant(pt::ptime{pt::pos_infin}) == lf::never);
    REQUIRE(lf::to_ptime(lf::always));
    CHECK(lf::to_ptime(lf::always)->is_neg_infinity());
    REQUIRE(lf::to_ptime(lf::never));
    CHECK(lf::to_ptime(lf::never)->is_pos_infinity());
    CHECK_FALSE(lf::to_ptime(lf::instant{std::chrono::days{-300'000}})); // year 1148
    CHECK_FALSE(lf::to_ptime(lf::instant{std::chrono::days{3'000'000}}));
}

TEST_CASE("a date is midnight of a local calendar", "[date_time]") {
    const auto midnight = lf::parse_local("2026-04-01");
    CHECK(lf::to_local(gr::date{2026, 4, 1}) == midnight.at);
    CHECK(lf::to_date(midnight.at) == gr::date{2026, 4, 1});
    CHECK(lf::to_date(midnight.at - lf::duration{1}) == gr::date{2026, 3, 31});
    CHECK_FALSE(lf::to_local(gr::date{gr::not_a_date_time}));
    CHECK_FALSE(lf::to_local(gr::date{gr::pos_infin}));
}
