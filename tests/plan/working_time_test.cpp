// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/plan/working_time.hpp>

#include <chrono>
#include <string_view>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

lf::instant at(std::string_view text) {
    const lf::parsed_instant p = lf::parse_rfc3339(text);
    INFO(text);
    REQUIRE(p);
    return p.at;
}

constexpr lf::time_of_day clock(int hour, int minute = 0) {
    return {static_cast<std::int16_t>(hour * 60 + minute)};
}

const std::vector<lf::weekday> monday_to_friday{lf::weekday::monday, lf::weekday::tuesday,
                                                lf::weekday::wednesday, lf::weekday::thursday,
                                                lf::weekday::friday};
const std::vector<lf::weekday> all_week{
    lf::weekday::monday, lf::weekday::tuesday,  lf::weekday::wednesday, lf::weekday::thursday,
    lf::weekday::friday, lf::weekday::saturday, lf::weekday::sunday};

lf::business_calendar office(std::string zone = "UTC") {
    return {.id = "office",
            .time_zone = std::move(zone),
            .hours = {{monday_to_friday, clock(9), clock(18)}}};
}

lf::business_calendar around_the_clock(std::string zone) {
    return {
        .id = "always", .time_zone = std::move(zone), .hours = {{all_week, clock(0), clock(24)}}};
}

} // namespace

TEST_CASE("working time passes within working hours only") {
    const lf::working_time w{office()};
    // 2026-03-02 is a Monday.
    CHECK(w.add(at("2026-03-02T10:00:00Z"), 2h) == at("2026-03-02T12:00:00Z"));
    CHECK(w.add(at("2026-03-02T16:00:00Z"), 3h) == at("2026-03-03T10:00:00Z"));
    CHECK(w.add(at("2026-03-06T17:00:00Z"), 2h) == at("2026-03-09T10:00:00Z")); // over a weekend
    CHECK(w.add(at("2026-03-02T00:00:00Z"), 45h) == at("2026-03-06T18:00:00Z"));
    CHECK(w.add(at("2026-03-02T00:00:00Z"), 45h + 1us) == at("2026-03-09T09:00:00.000001Z"));
    CHECK(w.add(at("2026-03-02T08:59:59Z"), 1s) == at("2026-03-02T09:00:01Z"));
    CHECK(w.add(at("2026-03-02T18:00:00Z"), 1us) == at("2026-03-03T09:00:00.000001Z"));
    CHECK(w.add(at("2026-03-07T12:00:00Z"), 1h) == at("2026-03-09T10:00:00Z")); // on a Saturday
    // A whole day's work ends with that day, not at the start of the next.
    CHECK(w.add(at("2026-03-06T09:00:00Z"), 9h) == at("2026-03-06T18:00:00Z"));

    CHECK(w.between(at("2026-03-02T00:00:00Z"), at("2026-03-09T00:00:00Z")) == 45h);
    CHECK(w.between(at("2026-03-02T17:30:00Z"), at("2026-03-03T09:15:00Z")) == 45min);
    CHECK(w.between(at("2026-03-07T00:00:00Z"), at("2026-03-09T09:00:00Z")) == 0h);
    CHECK(w.between(at("2026-03-03T12:00:00Z"), at("2026-03-02T12:00:00Z")) == 0h);
    CHECK(w.between(at("2026-03-03T12:00:00Z"), at("2026-03-03T12:00:00Z")) == 0h);

    CHECK_FALSE(w.is_working(at("2026-03-02T08:59:59.999999Z")));
    CHECK(w.is_working(at("2026-03-02T09:00:00Z")));
    CHECK(w.is_working(at("2026-03-02T17:59:59.999999Z")));
    CHECK_FALSE(w.is_working(at("2026-03-02T18:00:00Z")));
    CHECK_FALSE(w.is_working(at("2026-03-07T12:00:00Z")));
}

TEST_CASE("adding no time changes nothing at any instant") {
    const lf::working_time w{office()};
    for (const lf::instant t : {at("2026-03-02T10:00:00Z"), at("2026-03-07T12:00:00Z"), lf::always,
                                lf::never, lf::latest_instant}) {
        CHECK(w.add(t, 0us) == t);
        CHECK(w.add(t, -1h) == t);
        CHECK(lf::working_time{}.add(t, 0us) == t);
    }
}

TEST_CASE("holidays have no working time") {
    lf::business_calendar c = office();
    c.holidays = {2026y / 12 / 25, 2026y / 12 / 24, 2026y / 12 / 26, 2026y / 12 / 25,
                  2027y / 1 / 1};
    const lf::working_time w{c};
    // Thursday and Friday are holidays. So is the 26th, a Saturday, which has no hours to subtract.
    CHECK(w.add(at("2026-12-23T17:00:00Z"), 2h) == at("2026-12-28T10:00:00Z"));
    CHECK(w.between(at("2026-12-21T00:00:00Z"), at("2026-12-28T00:00:00Z")) == 27h);
    CHECK(w.between(at("2026-12-24T10:00:00Z"), at("2026-12-24T11:00:00Z")) == 0h);
    CHECK_FALSE(w.is_working(at("2026-12-25T12:00:00Z")));
    CHECK(w.is_working(at("2026-12-23T12:00:00Z")));
    CHECK(w.add(at("2026-12-24T12:00:00Z"), 9h) == at("2026-12-28T18:00:00Z"));
    CHECK(w.add(at("2026-12-31T12:00:00Z"), 7h) == at("2027-01-04T10:00:00Z"));
}

TEST_CASE("dates that do not exist and empty hours change nothing") {
    lf::business_calendar c = office();
    c.holidays = {2026y / 2 / 30, std::chrono::year_month_day{}, std::chrono::year{32767} / 1 / 1,
                  std::chrono::year{-32767} / 1 / 1};
    c.hours.push_back({monday_to_friday, clock(20), clock(20)});
    c.hours.push_back({monday_to_friday, clock(22), clock(4)});
    c.hours.push_back({{}, clock(0), clock(24)});
    const lf::working_time w{c};
    CHECK(w.between(at("2026-03-02T00:00:00Z"), at("2026-03-09T00:00:00Z")) == 45h);
}

TEST_CASE("overlapping hours count once, and adjacent ones join") {
    lf::business_calendar c;
    c.hours = {{{lf::weekday::monday}, clock(13), clock(18)},
               {{lf::weekday::monday}, clock(9), clock(12)},
               {{lf::weekday::monday, lf::weekday::monday}, clock(8, 30), clock(10)},
               {{lf::weekday::monday}, clock(9), clock(9, 30)},
               {{lf::weekday::monday}, clock(12), clock(13)}};
    const lf::working_time w{c};
    CHECK(w.between(at("2026-03-02T00:00:00Z"), at("2026-03-09T00:00:00Z")) == 9h + 30min);
    CHECK(w.add(at("2026-03-02T00:00:00Z"), 3h + 30min) == at("2026-03-02T12:00:00Z"));
    CHECK(w.add(at("2026-03-02T00:00:00Z"), 9h + 31min) == at("2026-03-09T08:31:00Z"));
}

TEST_CASE("a night shift is written as hours to 24:00 and from 00:00") {
    lf::business_calendar c;
    c.hours = {{{lf::weekday::friday}, clock(22), clock(24)},
               {{lf::weekday::saturday}, clock(0), clock(6)}};
    lf::working_time w{c};
    // 2026-03-06 is a Friday.
    CHECK(w.add(at("2026-03-06T12:00:00Z"), 3h) == at("2026-03-07T01:00:00Z"));
    CHECK(w.add(at("2026-03-06T12:00:00Z"), 8h) == at("2026-03-07T06:00:00Z"));
    CHECK(w.add(at("2026-03-06T12:00:00Z"), 9h) == at("2026-03-13T23:00:00Z"));
    CHECK(w.is_working(at("2026-03-06T23:59:59.999999Z")));
    CHECK(w.is_working(at("2026-03-07T00:00:00Z")));
    // A holiday subtracts the hours of its own date, not the rest of a night that began on it.
    c.holidays = {2026y / 3 / 6};
    w = lf::working_time{c};
    CHECK(w.add(at("2026-03-06T12:00:00Z"), 3h) == at("2026-03-07T03:00:00Z"));
    // A Sunday's night shift continues into Monday of the next week.
    c = {.hours = {{{lf::weekday::sunday}, clock(22), clock(24)},
                   {{lf::weekday::monday}, clock(0), clock(6)}}};
    w = lf::working_time{c};
    CHECK(w.add(at("2026-03-08T12:00:00Z"), 3h) == at("2026-03-09T01:00:00Z"));
}

TEST_CASE("a calendar uses the wall clock of its zone") {
    lf::business_calendar c = office("Asia/Tokyo");
    c.holidays = {2026y / 5 / 4, 2026y / 5 / 5, 2026y / 5 / 6};
    const lf::working_time w{c};
    CHECK(w.is_working(at("2026-04-01T00:00:00Z"))); // 09:00 there
    CHECK_FALSE(w.is_working(at("2026-04-01T09:00:00Z")));
    // Friday 17:00, then a weekend and three holidays.
    CHECK(w.add(at("2026-05-01T17:00:00+09:00"), 2h) == at("2026-05-07T10:00:00+09:00"));
}

TEST_CASE("a calendar without a zone uses the model's") {
    lf::business_calendar c = office("");
    const lf::working_time w{c, lf::time_zone::find("Asia/Tokyo").value()};
    CHECK(w.is_working(at("2026-04-01T09:00:00+09:00")));
    CHECK_FALSE(w.is_working(at("2026-04-01T09:00:00Z")));
    c.time_zone = "Europe/Berlin";
    const lf::working_time own{c, lf::time_zone::find("Asia/Tokyo").value()};
    CHECK(own.is_working(at("2026-04-01T09:00:00+02:00")));
    CHECK_FALSE(own.is_working(at("2026-04-01T09:00:00+09:00")));
}

TEST_CASE("an hour that clocks skip is not worked") {
    // Berlin, Sunday 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC.
    const lf::working_time day{around_the_clock("Europe/Berlin")};
    CHECK(day.between(at("2026-03-29T00:00:00+01:00"), at("2026-03-30T00:00:00+02:00")) == 23h);
    lf::business_calendar c{.time_zone = "Europe/Berlin",
                            .hours = {{{lf::weekday::sunday}, clock(1, 30), clock(3, 30)}}};
    const lf::working_time w{c};
    CHECK(w.between(at("2026-03-29T00:00:00Z"), at("2026-03-30T00:00:00Z")) == 1h);
    CHECK(w.between(at("2026-03-22T00:00:00Z"), at("2026-03-23T00:00:00Z")) == 2h);
    CHECK(w.add(at("2026-03-29T00:30:00Z"), 30min) == at("2026-03-29T01:00:00Z"));
    CHECK(w.add(at("2026-03-29T00:30:00Z"), 45min) == at("2026-03-29T01:15:00Z"));
    CHECK(w.add(at("2026-03-29T00:30:00Z"), 1h) == at("2026-03-29T01:30:00Z"));
    CHECK(w.add(at("2026-03-29T00:30:00Z"), 61min) == at("2026-04-04T23:31:00Z"));
    // New York's office hours are no longer the same UTC hours on the Monday after.
    const lf::working_time office_hours{office("America/New_York")};
    CHECK(office_hours.add(at("2026-03-06T17:00:00-05:00"), 2h) == at("2026-03-09T10:00:00-04:00"));
}

TEST_CASE("an hour that clocks repeat is worked twice") {
    // New York, Sunday 2026-11-01: 02:00 becomes 01:00 at 06:00 UTC.
    const lf::working_time day{around_the_clock("America/New_York")};
    CHECK(day.between(at("2026-11-01T00:00:00-04:00"), at("2026-11-02T00:00:00-05:00")) == 25h);
    lf::business_calendar c{.time_zone = "America/New_York",
                            .hours = {{{lf::weekday::sunday}, clock(1), clock(1, 30)}}};
    const lf::working_time w{c};
    CHECK(w.between(at("2026-11-01T00:00:00Z"), at("2026-11-02T00:00:00Z")) == 1h);
    CHECK(w.is_working(at("2026-11-01T01:15:00-04:00")));
    CHECK_FALSE(w.is_working(at("2026-11-01T01:45:00-04:00")));
    CHECK(w.is_working(at("2026-11-01T01:15:00-05:00")));
    CHECK(w.add(at("2026-11-01T01:20:00-04:00"), 20min) == at("2026-11-01T01:10:00-05:00"));
    // Lord Howe Island changes by half an hour, in summer and back in autumn.
    const lf::working_time howe{around_the_clock("Australia/Lord_Howe")};
    CHECK(howe.between(at("2026-04-05T00:00:00+11:00"), at("2026-04-06T00:00:00+10:30")) ==
          24h + 30min);
    CHECK(howe.between(at("2026-10-04T00:00:00+10:30"), at("2026-10-05T00:00:00+11:00")) ==
          23h + 30min);
}

TEST_CASE("a date that a zone skipped has no working time") {
    // Samoa went from 29 to 31 December 2011; the 30th would have been a Friday.
    const lf::working_time w{office("Pacific/Apia")};
    CHECK(w.add(at("2011-12-29T17:00:00-10:00"), 2h) == at("2012-01-02T10:00:00+14:00"));
    CHECK(w.between(at("2011-12-29T00:00:00-10:00"), at("2011-12-31T00:00:00+14:00")) == 9h);
}

TEST_CASE("a holiday on which clocks change has no working time") {
    lf::business_calendar c = around_the_clock("Europe/Berlin");
    c.holidays = {2026y / 3 / 29, 2026y / 10 / 25};
    const lf::working_time w{c};
    CHECK(w.between(at("2026-03-28T23:00:00+01:00"), at("2026-03-30T01:00:00+02:00")) == 2h);
    CHECK(w.between(at("2026-10-24T23:00:00+02:00"), at("2026-10-26T01:00:00+01:00")) == 2h);
    CHECK(w.add(at("2026-10-24T23:00:00+02:00"), 61min) == at("2026-10-26T00:01:00+01:00"));
}

TEST_CASE("clocks change in years that no database lists") {
    const lf::working_time w{around_the_clock("Europe/Berlin")};
    // The last Sunday of March 2150 is the 29th.
    CHECK(w.between(at("2150-03-29T00:00:00+01:00"), at("2150-03-30T00:00:00+02:00")) == 23h);
    const lf::working_time office_hours{office("Europe/Berlin")};
    CHECK(office_hours.is_working(at("2199-07-01T09:00:00+02:00")));
    CHECK_FALSE(office_hours.is_working(at("2199-07-01T08:59:00+02:00")));
}

TEST_CASE("working time ends at the last instant") {
    const lf::working_time w{office()};
    // 2199-12-31 is a Tuesday.
    CHECK(w.add(at("2199-12-31T17:00:00Z"), 1h) == at("2199-12-31T18:00:00Z"));
    CHECK(w.add(at("2199-12-31T17:00:00Z"), 1h + 1us) == lf::latest_instant);
    CHECK(w.add(at("2026-01-01T00:00:00Z"), lf::longest_duration) == lf::latest_instant);
    CHECK(w.add(at("2026-01-01T00:00:00Z"), lf::duration::max()) == lf::latest_instant);
    CHECK(w.add(lf::latest_instant, 1h) == lf::latest_instant);
    CHECK(w.add(lf::latest_instant + 1h, 1h) == lf::latest_instant + 1h);
    CHECK(w.add(lf::never, 1h) == lf::never);
    CHECK_FALSE(w.is_working(lf::latest_instant));
    CHECK_FALSE(w.is_working(lf::never));
    // 1900-01-01 is a Monday.
    CHECK(w.add(lf::always, 1h) == at("1900-01-01T10:00:00Z"));
    CHECK(w.add(lf::earliest_instant, 1h) == at("1900-01-01T10:00:00Z"));
    CHECK_FALSE(w.is_working(lf::always));
    CHECK(w.between(lf::always, at("1900-01-02T00:00:00Z")) == 9h);
    CHECK(w.between(at("2199-12-31T00:00:00Z"), lf::never) == 9h);
    CHECK(w.between(lf::always, lf::never) == w.between(lf::earliest_instant, lf::latest_instant));
    const lf::working_time whole{around_the_clock("UTC")};
    CHECK(whole.between(lf::always, lf::never) == lf::latest_instant - lf::earliest_instant);
    CHECK(whole.add(lf::earliest_instant, lf::latest_instant - lf::earliest_instant) ==
          lf::latest_instant);
}

TEST_CASE("without working hours, no work is ever done") {
    lf::business_calendar no_hours{.id = "none", .holidays = {2026y / 1 / 1}};
    for (const lf::working_time& w : {lf::working_time{}, lf::working_time{no_hours}}) {
        CHECK(w.add(at("2026-01-01T00:00:00Z"), 1us) == lf::never);
        CHECK(w.add(lf::always, lf::longest_duration) == lf::never);
        CHECK(w.between(lf::always, lf::never) == 0us);
        CHECK_FALSE(w.is_working(at("2026-01-01T00:00:00Z")));
    }
}
