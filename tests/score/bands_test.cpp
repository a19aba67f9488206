// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Bands and classes, worked out by hand.

#include "catch.hpp"
#include "lead.hpp"

using namespace one_lead;

namespace {

/// A lead with a visit each hour; each visit is worth its value.
lf::model banded(lf::banding b) {
    auto m = model({lf::occurrence{
        .id = "value", .score = "s", .on = lf::on("visit"), .per_value = lf::points{1}}});
    b.id = "heat";
    b.score = "s";
    m.bandings = {std::move(b)};
    return m;
}
std::vector<lf::event> visits(const std::vector<int>& values) {
    std::vector<lf::event> out;
    for (std::size_t i = 0; i < values.size(); ++i)
        out.emplace_back(did("visit", hours{static_cast<std::int64_t>(i)}, values[i]));
    return out;
}
std::string band(const lead& l, lf::duration after, std::size_t banding = 0) {
    return std::string{l.scorer().band_at(0, banding, start + after).value_or("none")};
}

} // namespace

TEST_CASE("without memory a band is looked up") {
    const lead l{banded({.bands = {{.id = "cold"},
                                   {.id = "warm", .enter = 10}, //
                                   {.id = "hot", .enter = 20}}}),
                 visits({10, 10, -1, -9, -1})};
    CHECK(band(l, -tick) == "cold");
    CHECK(band(l, hours{0}) == "warm");
    CHECK(band(l, hours{1}) == "hot");
    CHECK(band(l, hours{2}) == "warm");
    CHECK(band(l, hours{3}) == "warm");
    CHECK(band(l, hours{4}) == "cold");
}

TEST_CASE("hysteresis keeps a band until its lower bound is passed") {
    const lead l{banded({.bands = {{.id = "cold"},
                                   {.id = "warm", .enter = 10, .leave = 5},
                                   {.id = "hot", .enter = 20, .leave = 15}}}),
                 visits({10, -5, -1, 5, 11, -5, -1, -10, 30, -30})};
    CHECK(band(l, hours{0}) == "warm");
    CHECK(band(l, hours{1}) == "warm"); // 5
    CHECK(band(l, hours{2}) == "cold"); // 4
    CHECK(band(l, hours{3}) == "cold"); // 9: entered only from 10
    CHECK(band(l, hours{4}) == "hot");  // 20
    CHECK(band(l, hours{5}) == "hot");  // 15
    CHECK(band(l, hours{6}) == "warm"); // 14
    CHECK(band(l, hours{7}) == "cold"); // 4
    CHECK(band(l, hours{8}) == "hot");  // two bands up at once
    CHECK(band(l, hours{9}) == "cold"); // and down
}

TEST_CASE("a band is kept for its dwell time, and left at the instant that ends it") {
    const lead l{
        banded({.bands = {{.id = "cold"}, {.id = "hot", .enter = 10}}, .min_dwell = minutes{90}}),
        visits({10, -1, 0, 1})};
    CHECK(band(l, -tick) == "cold");
    CHECK(band(l, hours{0}) == "hot"); // there was no band before, so no dwell time to wait for
    CHECK(band(l, hours{1}) == "hot");
    CHECK(band(l, minutes{90} - tick) == "hot");
    CHECK(band(l, minutes{90}) == "cold");
    CHECK(band(l, hours{3} - tick) == "cold");
    CHECK(band(l, hours{3}) == "hot"); // 90 minutes of cold end at the same instant

    const lead m{
        banded({.bands = {{.id = "cold"}, {.id = "hot", .enter = 10}}, .min_dwell = hours{2}}),
        visits({0, 10, 0, -1})};
    CHECK(band(m, hours{1}) == "cold");
    CHECK(band(m, hours{2} - tick) == "cold");
    CHECK(band(m, hours{2}) == "hot");
    CHECK(band(m, hours{3}) == "hot");
    CHECK(band(m, hours{4}) == "cold");
}

TEST_CASE("decay leaves a band at a tick of the grid, or at the instant of the query") {
    auto m = banded({.bands = {{.id = "cold"}, {.id = "hot", .enter = 10, .leave = 5}}});
    m.decay_grid = days{1};
    std::get<lf::occurrence>(m.rules[0]).decay = lf::linear_decay{days{10}};
    m.rules.push_back(lf::occurrence{
        .id = "calls", .score = "s", .on = lf::on("call"), .points = lf::points{0.5}});
    const lf::duration six{hours{6}};
    // 10 at 06:00 on day 0: below 5 after day 5, 06:00; the next tick is midnight of day 6.
    const lead l{m, {did("visit", six, 10), did("call", days{5} + hours{12})}};
    CHECK(band(l, days{5} + six) == "hot");
    CHECK(band(l, days{5} + six + hours{1}) == "cold"); // by the query's own evaluation
    CHECK(band(l, days{5} + hours{12}) == "hot");       // 5.25: that evaluation was not stored
    CHECK(band(l, days{6}) == "cold");                  // 4.75 + 0.5
}

TEST_CASE("an absent score has no band, and starts without one afterwards") {
    auto m = banded({.bands = {{.id = "cold"}, {.id = "hot", .enter = 10, .leave = 5}}});
    m.exclusions = {{.id = "student", .when = lf::attribute("role").equals("student")}};
    auto events = visits({10, -3});
    events.emplace_back(is("role", "student", start + hours{2}));
    events.emplace_back(is("role", "buyer", start + hours{3}));
    const lead l{m, events};
    CHECK(band(l, hours{1}) == "hot");
    CHECK(band(l, hours{2}) == "none");
    CHECK(band(l, hours{3}) == "cold"); // 7 is not enough to enter
}

TEST_CASE("a matrix crosses two bandings") {
    auto m = banded({.bands = {{.id = "cold"}, {.id = "hot", .enter = 10}}});
    m.scores.push_back({.id = "t"});
    m.rules.push_back(lf::attribute_rule{
        .id = "buyer", .score = "t", .when = lf::attribute("role").equals("buyer"), .points = 5});
    m.bandings.push_back(
        {.id = "grade", .score = "t", .bands = {{.id = "B"}, {.id = "A", .enter = 5}}});
    m.exclusions = {{.id = "small", .when = lf::attribute("size").less(2.0), .scores = {"t"}}};
    m.matrices = {{.id = "named",
                   .rows = "grade",
                   .columns = "heat",
                   .classes = {{"nurture", "watch"}, {"call", "call now"}}},
                  {.id = "joined", .rows = "grade", .columns = "heat"}};
    const lead l{m,
                 {did("call"), did("visit", hours{1}, 10), is("role", "buyer", start + hours{2}),
                  did("visit", hours{3}, -1), is("size", 1.0, start + hours{4})}};
    const auto named = [&](lf::duration after, std::size_t matrix = 0) {
        return std::string{l.scorer().class_at(0, matrix, start + after).value_or("none")};
    };
    CHECK(named(hours{0}) == "nurture");
    CHECK(named(hours{1}) == "watch");
    CHECK(named(hours{2}) == "call now");
    CHECK(named(hours{3}) == "call");
    CHECK(named(hours{4}) == "none");
    CHECK(named(hours{2}, 1) == "Ahot");
    CHECK(band(l, hours{4}) == "cold");
    CHECK(band(l, hours{4}, 1) == "none");
}
