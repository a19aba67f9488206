// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

namespace lf = leadfunnel;
namespace chrono = std::chrono;

namespace {

lf::time_error fault(std::string_view text) { return lf::parse_rfc3339(text).error; }

std::int64_t micros(std::string_view text) {
    const auto parsed = lf::parse_rfc3339(text);
    INFO(text);
    REQUIRE(parsed);
    return parsed.at.time_since_epoch().count();
}

lf::local_instant local(std::string_view text) {
    const auto parsed = lf::parse_local(text);
    INFO(text);
    REQUIRE(parsed);
    return parsed.at;
}

} // namespace

TEST_CASE("RFC 3339 is read to the microsecond", "[time]") {
    CHECK(micros("1970-01-01T00:00:00Z") == 0);
    CHECK(micros("1970-01-01T00:00:00.000001Z") == 1);
    CHECK(micros("1969-12-31T23:59:59.999999Z") == -1);
    CHECK(micros("2026-04-01T09:30:00+09:00") == 1'775'003'400'000'000);
    CHECK(micros("2026-04-01T00:30:00Z") == 1'775'003'400'000'000);
    CHECK(micros("2026-03-31T20:00:00-04:30") == 1'775'003'400'000'000);
    CHECK(micros("2026-04-01t00:30:00z") == 1'775'003'400'000'000);
    CHECK(micros("2026-04-01 00:30:00Z") == 1'775'003'400'000'000);
    CHECK(micros("2026-04-01T00:30:00-00:00") == 1'775'003'400'000'000);
    CHECK(micros("1970-01-01T00:00:00.1Z") == 100'000);
    CHECK(micros("1970-01-01T00:00:00.123Z") == 123'000);
    CHECK(micros("1970-01-01T00:00:00.000000999Z") == 0); // cut off, not rounded
    CHECK(micros("1970-01-01T00:00:00.123456789Z") == 123'456);
    CHECK(micros("2000-02-29T00:00:00Z") == 951'782'400'000'000);
    CHECK(micros("2026-04-01T00:00:00+23:59") == micros("2026-03-31T00:01:00Z"));
    CHECK(micros("2026-04-01T00:00:00-23:59") == micros("2026-04-01T23:59:00Z"));
}

TEST_CASE("fields out of range are refused", "[time]") {
    for (const char* text : {"2026-04-01T25:61:00Z",      "2026-04-01T24:00:00Z",
                             "2026-04-01T23:60:00Z",      "2026-04-01T00:00:60Z",
                             "2016-12-31T23:59:60Z",      "2026-02-30T00:00:00Z",
                             "2026-02-29T00:00:00Z",      "1900-02-29T00:00:00Z",
                             "2100-02-29T00:00:00Z",      "2026-04-31T00:00:00Z",
                             "2026-00-01T00:00:00Z",      "2026-13-01T00:00:00Z",
                             "2026-01-00T00:00:00Z",      "2026-01-32T00:00:00Z",
                             "2026-04-01T00:00:00+24:00", "2026-04-01T00:00:00-24:00",
                             "2026-04-01T00:00:00+09:60", "2026-04-01T99:99:99+99:99",
                             "0000-01-01T00:00:00Z",      "1899-12-31T23:59:59.999999Z",
                             "2200-01-01T00:00:00Z",      "9999-12-31T23:59:59Z",
                             "1900-01-01T00:00:00+00:01", "2199-12-31T23:59:00-00:01"}) {
        INFO(text);
        CHECK(fault(text) == lf::time_error::out_of_range);
    }
    CHECK(lf::parse_rfc3339("1900-01-01T00:00:00Z").at == lf::earliest_instant);
    CHECK(lf::parse_rfc3339("1899-12-31T23:59:00-00:01").at == lf::earliest_instant);
    CHECK(lf::parse_rfc3339("2199-12-31T23:59:59.999999Z").at ==
          lf::latest_instant - lf::duration{1});
    CHECK(lf::parse_rfc3339("2200-01-01T00:00:00+00:01"));
}

TEST_CASE("a time without an offset is refused as such", "[time]") {
    for (const char* text : {"2026-04-01T00:30:00", "2026-04-01 00:30:00", "2026-04-01T00:30:00.5",
                             "2026-04-01T25:61:00"}) {
        INFO(text);
        CHECK(fault(text) == lf::time_error::no_offset);
    }
}

TEST_CASE("other text is not an instant", "[time]") {
    for (const char* text : {"",
                             " ",
                             "2026",
                             "2026-04-01",
                             "2026-04-01T",
                             "2026-04-01T00",
                             "2026-04-01T00:30",
                             "2026-04-01T00:30Z",
                             "2026-04-01T00:30+09:00",
                             "20260401T003000Z",
                             "2026-4-1T0:30:00Z",
                             "2026-04-01T00:30:00ZZ",
                             "2026-04-01T00:30:00Z ",
                             " 2026-04-01T00:30:00Z",
                             "2026-04-01T00:30:00Z\n",
                             "2026-04-01T00:30:00+0900",
                             "2026-04-01T00:30:00+09",
                             "2026-04-01T00:30:00+09:0",
                             "2026-04-01T00:30:00+09:000",
                             "2026-04-01T00:30:00 +09:00",
                             "2026-04-01T00:30:00.Z",
                             "2026-04-01T00:30:00.",
                             "2026-04-01T00:30:00.1234567890Z",
                             "2026-04-01T00:30:00,5Z",
                             "2026/04/01T00:30:00Z",
                             "2026-04-01_00:30:00Z",
                             "2026-04-01  00:30:00Z",
                             "+2026-04-01T00:30:00Z",
                             "-026-04-01T00:30:00Z",
                             "12026-04-01T00:30:00Z",
                             "2026-04-01T-1:30:00Z",
                             "2026-04-01T00:+1:00Z",
                             "2026-04-01T00:30: 1Z",
                             "2026-W14-3T00:30:00Z",
                             "2026-091T00:30:00Z",
                             "2026-04-01T00:30:00Z[UTC]",
                             "2026-04-01T00:30:00+09:00:00",
                             "now",
                             "always",
                             "never",
                             "２０２６-04-01T00:30:00Z",
                             "2026-04-01T00:30:00−09:00"}) {
        INFO(text);
        CHECK(fault(text) == lf::time_error::syntax);
    }
    CHECK(fault(std::string_view{"2026-04-01T00:30:00Z\0", 21}) == lf::time_error::syntax);
    // Every byte in every place: only digits and the permitted letters can pass.
    const std::string good = "2026-11-11T11:11:11.111111+11:11";
    for (std::size_t i = 0; i < good.size(); ++i)
        for (int c = 0; c < 256; ++c) {
            std::string text = good;
            text[i] = static_cast<char>(c);
            if (!lf::parse_rfc3339(text)) continue;
            const bool digit = c >= '0' && c <= '9';
            INFO(text);
            if (good[i] == 'T')
                REQUIRE((c == 'T' || c == 't' || c == ' '));
            else if (good[i] == '+')
                REQUIRE((c == '+' || c == '-'));
            else
                REQUIRE(((good[i] >= '0' && good[i] <= '9') ? digit : text == good));
        }
    // Every prefix of a good text is bad.
    for (std::size_t i = 0; i < good.size(); ++i)
        REQUIRE_FALSE(lf::parse_rfc3339(good.substr(0, i)));
}

TEST_CASE("instants are written and read back", "[time]") {
    CHECK(lf::to_string(lf::instant{}) == "1970-01-01T00:00:00Z");
    CHECK(lf::to_string(lf::instant{lf::duration{1}}) == "1970-01-01T00:00:00.000001Z");
    CHECK(lf::to_string(lf::instant{lf::duration{-1}}) == "1969-12-31T23:59:59.999999Z");
    CHECK(lf::to_string(lf::instant{chrono::milliseconds{5}}) == "1970-01-01T00:00:00.005Z");
    CHECK(lf::to_string(lf::always) == "always");
    CHECK(lf::to_string(lf::never) == "never");
    std::mt19937_64 random{6};
    const auto range =
        static_cast<std::uint64_t>((lf::latest_instant - lf::earliest_instant).count());
    for (int i = 0; i < 100'000; ++i) {
        lf::instant t =
            lf::earliest_instant + lf::duration{static_cast<std::int64_t>(random() % range)};
        if (i % 3 == 1) t = chrono::floor<chrono::milliseconds>(t);
        if (i % 3 == 2) t = chrono::floor<chrono::seconds>(t);
        const auto text = lf::to_string(t);
        const auto back = lf::parse_rfc3339(text);
        INFO(text);
        REQUIRE(back);
        REQUIRE(back.at == t);
    }
}

TEST_CASE("instants outside the accepted range are still written", "[time]") {
    // Years beyond the range of std::chrono's year type. The dates are those of the proleptic
    // Gregorian calendar, whose cycle is 400 years.
    CHECK(lf::to_string(lf::instant{chrono::days{-719'528}}) == "0000-01-01T00:00:00Z");
    CHECK(lf::to_string(lf::instant{chrono::days{-719'529}}) == "-0001-12-31T00:00:00Z");
    CHECK(lf::to_string(lf::instant{chrono::days{146'097 * 700}}) == "281970-01-01T00:00:00Z");
    CHECK(lf::to_string(lf::instant{chrono::days{-146'097 * 700}}) == "-278030-01-01T00:00:00Z");
    CHECK(lf::to_string(lf::always + lf::duration{1}) == "-290308-12-21T19:59:05.224193Z");
    CHECK(lf::to_string(lf::never - lf::duration{1}) == "294247-01-10T04:00:54.775806Z");
    CHECK(lf::period_of(lf::local_instant::min(), lf::calendar_unit::year) == -292'278);
}

TEST_CASE("local times are read without an offset", "[time]") {
    const auto day = lf::parse_local("2026-04-01");
    CHECK(day);
    CHECK(day.date_only);
    CHECK(day.at == lf::local_instant{chrono::days{20'544}});
    const auto time = lf::parse_local("2026-04-01 09:30:00");
    CHECK(time);
    CHECK_FALSE(time.date_only);
    CHECK(time.at == day.at + chrono::hours{9} + chrono::minutes{30});
    CHECK(lf::parse_local("2026-04-01T09:30:00").at == time.at);
    CHECK(lf::parse_local("2026-04-01 09:30").at == time.at);
    CHECK(lf::parse_local("2026-04-01 09:30:00.25").at == time.at + chrono::milliseconds{250});
    for (const char* text : {"2026-04-01Z", "2026-04-01+09:00", "2026-04-01 09:30:00Z",
                             "2026-04-01 09:30:00+09:00", "2026-04-01 09:30Z", "2026-04-01 09",
                             "2026-04-01 ", "2026-04-01 09:30:", "2026-04-01 09:30:00 PM",
                             "01.04.2026", "4/1/2026", "2026-4-1", "", "2026-04-01 09:30.5"}) {
        INFO(text);
        CHECK(lf::parse_local(text).error == lf::time_error::syntax);
    }
    for (const char* text : {"2026-02-30", "2026-04-01 25:61:00", "2026-04-01 24:00", "1899-12-31",
                             "2200-01-01", "2026-00-00", "2026-04-01 23:59:60"}) {
        INFO(text);
        CHECK(lf::parse_local(text).error == lf::time_error::out_of_range);
    }
}

TEST_CASE("every error is described", "[time]") {
    for (int e = 0; e <= static_cast<int>(lf::time_error::missing); ++e)
        for (int f = 0; f < e; ++f)
            CHECK(lf::describe_error(static_cast<lf::time_error>(e)) !=
                  lf::describe_error(static_cast<lf::time_error>(f)));
}

TEST_CASE("durations are read", "[time]") {
    const auto read = [](std::string_view text) { return lf::parse_duration(text); };
    CHECK(read("30d") == chrono::days{30});
    CHECK(read("1w2d") == chrono::days{9});
    CHECK(read("1d12h") == chrono::hours{36});
    CHECK(read("90s") == chrono::seconds{90});
    CHECK(read("250ms") == chrono::milliseconds{250});
    CHECK(read("7us") == lf::duration{7});
    CHECK(read("5m") == chrono::minutes{5});
    CHECK(read("5m1ms") == chrono::minutes{5} + chrono::milliseconds{1});
    CHECK(read("1w1d1h1m1s1ms1us") == chrono::days{8} + chrono::hours{1} + chrono::minutes{1} +
                                          chrono::seconds{1} + lf::duration{1'001});
    CHECK(read("0s") == lf::duration{0});
    CHECK(read("007d") == chrono::days{7});
    CHECK(read("73050d") == lf::longest_duration);
    for (const char* text : {"",
                             "d",
                             "30",
                             "30 d",
                             " 30d",
                             "30d ",
                             "-30d",
                             "+30d",
                             "1.5d",
                             "1d1d",
                             "1h1d",
                             "1s1m",
                             "1ms1s",
                             "30D",
                             "30day",
                             "1y",
                             "1M",
                             "1dd",
                             "1d-1h",
                             "1d 2h",
                             "1e3s",
                             "P30D",
                             "73051d",
                             "73050d1us",
                             "10436w",
                             "9223372036854775808us",
                             "99999999999999999999999999w"}) {
        INFO(text);
        CHECK_FALSE(read(text));
    }
}

TEST_CASE("durations are written as people write them, and read back", "[time]") {
    CHECK(lf::to_string(lf::duration{0}) == "0s");
    CHECK(lf::to_string(lf::duration{chrono::days{30}}) == "30d");
    CHECK(lf::to_string(lf::duration{chrono::days{14}}) == "14d");
    CHECK(lf::to_string(lf::duration{chrono::hours{36}}) == "1d12h");
    CHECK(lf::to_string(lf::duration{90'000'000}) == "1m30s");
    CHECK(lf::to_string(lf::duration{1'001}) == "1ms1us");
    CHECK(lf::to_string(lf::duration{-90'000'000}) == "-1m30s");
    CHECK(lf::to_string(lf::duration::min()) == "-106751991d4h54s775ms808us");
    std::mt19937_64 random{7};
    for (int i = 0; i < 100'000; ++i) {
        const auto bits = random() % 53;
        const lf::duration d{static_cast<std::int64_t>(random() >> (63 - bits))};
        if (d > lf::longest_duration) continue;
        REQUIRE(lf::parse_duration(lf::to_string(d)) == d);
    }
}

TEST_CASE("calendar periods are numbered without gaps, and begin where they say", "[time]") {
    using unit = lf::calendar_unit;
    const auto day = chrono::days{1};
    for (const unit u : {unit::day, unit::week, unit::month, unit::quarter, unit::year}) {
        lf::local_instant t = local("1900-01-01");
        std::int64_t before = lf::period_of(t, u);
        const lf::local_instant end = local("2199-12-31");
        for (; t < end; t += day) {
            const std::int64_t p = lf::period_of(t, u);
            REQUIRE((p == before || p == before + 1));
            const auto start = lf::period_start(p, u);
            REQUIRE((start <= t && t < lf::period_start(p + 1, u)));
            REQUIRE(lf::period_of(start, u) == p);
            REQUIRE(lf::period_of(start - lf::duration{1}, u) == p - 1);
            REQUIRE(lf::period_of(t + day - lf::duration{1}, u) == p);
            // The begin of a period by the calendar.
            const chrono::year_month_day date{
                chrono::sys_days{chrono::floor<chrono::days>(t).time_since_epoch()}};
            const auto month = static_cast<unsigned>(date.month());
            const bool first = date.day() == chrono::day{1};
            const bool begins =
                u == unit::day ||
                (u == unit::week && chrono::weekday{chrono::sys_days{date}} == chrono::Monday) ||
                (u == unit::month && first) || (u == unit::quarter && first && month % 3 == 1) ||
                (u == unit::year && first && month == 1);
            REQUIRE((start == t) == begins);
            before = p;
        }
    }
    CHECK(lf::period_of(local("1970-01-01"), unit::day) == 0);
    CHECK(lf::period_of(local("1970-01-01"), unit::week) == 0);
    CHECK(lf::period_of(local("1970-01-01"), unit::month) == 0);
    CHECK(lf::period_of(local("1970-01-01"), unit::quarter) == 0);
    CHECK(lf::period_of(local("1970-01-01"), unit::year) == 0);
}

TEST_CASE("weeks are ISO weeks", "[time]") {
    // Week 1 of a year contains 4 January (ISO 8601). The dates are the standard's examples.
    const auto week_one = [](const char* fourth) {
        return lf::period_of(local(fourth), lf::calendar_unit::week);
    };
    const auto week = [](const char* date) {
        return lf::period_of(local(date), lf::calendar_unit::week);
    };
    CHECK(week("2005-01-01") == week_one("2004-01-04") + 52); // 2004-W53-6
    CHECK(week("2005-01-02") == week_one("2004-01-04") + 52); // 2004-W53-7
    CHECK(week("2005-12-31") == week_one("2005-01-04") + 51); // 2005-W52-6
    CHECK(week("2006-01-01") == week_one("2005-01-04") + 51); // 2005-W52-7
    CHECK(week("2006-01-02") == week_one("2006-01-04"));      // 2006-W01-1
    CHECK(week("2006-12-31") == week_one("2006-01-04") + 51); // 2006-W52-7
    CHECK(week("2007-01-01") == week_one("2007-01-04"));      // 2007-W01-1
    CHECK(week("2007-12-30") == week_one("2007-01-04") + 51); // 2007-W52-7
    CHECK(week("2007-12-31") == week_one("2008-01-04"));      // 2008-W01-1
    CHECK(week("2008-12-28") == week_one("2008-01-04") + 51); // 2008-W52-7
    CHECK(week("2008-12-29") == week_one("2009-01-04"));      // 2009-W01-1
    CHECK(week("2009-12-31") == week_one("2009-01-04") + 52); // 2009-W53-4
    CHECK(week("2010-01-03") == week_one("2009-01-04") + 52); // 2009-W53-7
    CHECK(week("2010-01-04") == week_one("2010-01-04"));
}
