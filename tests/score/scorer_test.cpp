// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// From contributions to scores, worked out by hand: groups, bounds, resets, running clamps,
// exclusions, derived scores, saturation, changes.

#include "catch.hpp"
#include "lead.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace one_lead;

namespace {

lf::occurrence award(const char* id, const char* type, lf::points p, const char* group = "") {
    return {.id = id, .score = "s", .group = group, .on = lf::on(type), .points = p};
}
/// A score that is the sum of the visits' values, and a score derived from it.
lf::model derived(lf::formula from) {
    auto m = model({lf::occurrence{
        .id = "value", .score = "s", .on = lf::on("visit"), .per_value = lf::points{1}}});
    m.scores.push_back({.id = "t"});
    m.rules.push_back(lf::occurrence{
        .id = "calls", .score = "t", .on = lf::on("call"), .per_value = lf::points{1}});
    m.touchpoints[2].value = "minutes";
    m.derived = {{.id = "d", .from = std::move(from)}};
    return m;
}

} // namespace

TEST_CASE("each group is bounded first, then the score") {
    auto m = model({award("visits", "visit", 10, "web"), award("calls", "call", -10, "phone"),
                    award("papers", "paper", 2)});
    m.scores[0].groups = {{.id = "web", .max = 25}, {.id = "phone", .min = -15}};
    m.scores[0].min = 0;
    m.scores[0].max = 28;
    const lead l{m,
                 {did("visit", hours{0}), did("visit", hours{1}), did("visit", hours{2}),
                  did("paper", hours{3}), did("paper", hours{4}), did("call", hours{5}),
                  did("call", hours{6}), did("call", hours{7})}};
    CHECK(l.at(hours{2}) == 25);
    CHECK(l.at(hours{3}) == 27);
    CHECK(l.at(hours{4}) == 28); // 29
    CHECK(l.at(hours{5}) == 19); // bounds forget nothing
    CHECK(l.at(hours{6}) == 14);
    CHECK(l.at(hours{7}) == 14);
    CHECK(lead{m, {did("call"), did("paper")}}.at({}) == 0);
}

TEST_CASE("a score without contributions is 0 within its bounds, and not absent") {
    auto m = model({award("visits", "visit", 1)});
    m.scores[0].min = 5;
    const lead l{m, {did("call")}};
    CHECK(l.read("s", {}) == lf::score_value{.value = 5});
    CHECK(l.read("s", -days{30'000}) == lf::score_value{.value = 5});
}

TEST_CASE("a reset voids what was awarded before it, in the scores it names") {
    auto m = model(
        {award("visits", "visit", 1),
         lf::occurrence{.id = "also", .score = "t", .on = lf::on("visit"), .points = 1},
         lf::attribute_rule{
             .id = "buyer", .score = "s", .when = lf::attribute("role").exists(), .points = 100}});
    m.scores.push_back({.id = "t"});
    std::get<lf::occurrence>(m.rules[0]).limits = {{.at_most = 3}};
    m.resets = {{.id = "call", .on = lf::on({"call", "paper"}), .scores = {"s"}}};
    const lead l{m,
                 {is("role", "buyer"), did("visit", hours{0}), did("visit", hours{1}),
                  did("call", hours{2}), did("visit", hours{2}), did("visit", hours{3})}};
    CHECK(l.at(hours{1}) == 102);
    CHECK(l.at(hours{2}) == 101); // the visit of that instant stands after the call
    CHECK(l.at(hours{3}) == 101); // limits keep counting
    CHECK(l.at("t", hours{3}) == 4);
}

TEST_CASE("a reset acts before its touchpoint's own award, a stage entry after it") {
    auto m = model({award("visits", "visit", 1)});
    m.resets = {{.id = "each", .on = lf::on("visit")}};
    CHECK(lead{m, {did("visit"), did("visit", hours{1})}}.at(hours{1}) == 1);
    m.resets = {{.id = "lost", .funnel = "sales", .stage = "lost"}};
    const lead l{m,
                 {did("visit"), entered("lost"), entered("mql", hours{1}), did("visit", hours{1})}};
    CHECK(l.at({}) == 0);
    CHECK(l.at(hours{1}) == 1);
}

TEST_CASE("a running clamp folds awards in order, then adds what is a state") {
    auto m = model(
        {award("visits", "visit", 6), award("visits cost", "visit", -4),
         award("calls", "call", -20),
         lf::attribute_rule{
             .id = "buyer", .score = "s", .when = lf::attribute("role").exists(), .points = 5}});
    m.scores[0].min = 0;
    m.scores[0].max = 10;
    m.scores[0].clamp = lf::clamping::running;
    m.resets = {{.id = "papers", .on = lf::on("paper")}};
    const lead l{m,
                 {did("visit", hours{0}), did("visit", hours{1}), did("visit", hours{2}),
                  did("visit", hours{3}), did("visit", hours{4}),
                  is("role", "buyer", start + hours{5}), did("call", hours{6}),
                  did("visit", hours{7}), did("paper", hours{8})}};
    CHECK(l.at(hours{0}) == 2); // both rules of one visit, in the order of declaration
    CHECK(l.at(hours{1}) == 4);
    CHECK(l.at(hours{2}) == 6);
    CHECK(l.at(hours{3}) == 6); // 12 is cut to 10, and 4 are taken off that
    CHECK(l.at(hours{4}) == 6);
    CHECK(l.at(hours{5}) == 10); // 11
    CHECK(l.at(hours{6}) == 5);  // the fold is at 0, and not below
    CHECK(l.at(hours{7}) == 7);
    CHECK(l.at(hours{8}) == 5); // reset to 0
}

TEST_CASE("idleness is a state: no reset voids it, and no fold takes it in") {
    lf::inactivity idle{.id = "idle",
                        .score = "s",
                        .on = lf::on("visit"),
                        .after = days{10},
                        .while_idle = true,
                        .points = -3};
    auto m = model({award("visits", "visit", 10), idle});
    m.resets = {{.id = "call", .on = lf::on("call")}};
    const std::vector<lf::event> events{did("visit"), did("call", days{12}),
                                        did("visit", days{14})};
    const lead l{m, events};
    CHECK(l.at(days{10}) == 7);
    CHECK(l.at(days{12}) == -3);
    CHECK(l.at(days{14}) == 10);
    m.scores[0].min = 0;
    m.scores[0].max = 8;
    m.scores[0].clamp = lf::clamping::running;
    const lead running{m, events};
    CHECK(running.at(days{10}) == 5);
    CHECK(running.at(days{12}) == 0); // 0 − 3, bounded
    CHECK(running.at(days{14}) == 8);

    std::get<lf::inactivity>(m.rules[1]).while_idle = false; // then it is an award like others
    CHECK(lead{m, events}.at(days{12}) == 0);
    CHECK(lead{m, {did("visit"), did("visit", days{14}), did("visit", days{24} - tick)}}.at(
              days{14}) == 8);
}

TEST_CASE("excluded scores are absent, with a reason, and what is made of them") {
    auto m = model({award("visits", "visit", 3)});
    m.scores.push_back({.id = "t"});
    m.derived = {{.id = "d", .from = lf::weighted_sum{.terms = {{"s", 2}, {"t", 1}}}},
                 {.id = "e", .from = lf::maximum_of{{"t"}}}};
    m.exclusions = {
        {.id = "student", .when = lf::attribute("role").equals("student"), .scores = {"s"}},
        {.id = "small", .when = lf::attribute("size").less(2.0), .scores = {"s"}}};
    const lead l{m,
                 {did("visit"), is("size", 1.0, start + days{1}),
                  is("role", "student", start + days{2}), is("role", {}, start + days{3}),
                  is("size", {}, start + days{4})}};
    const auto by = [&](const char* score, lf::duration t) {
        return l.scorer().excluded_by(0, l.number(score), start + t);
    };
    CHECK_FALSE(by("s", {}));
    CHECK(by("s", days{1}) == "small");
    CHECK(by("s", days{2}) == "student"); // the first declared
    CHECK(by("s", days{3}) == "small");
    CHECK_FALSE(by("s", days{4}));
    CHECK(l.read("s", days{1}) == lf::score_value{.value = 3, .absent = true});
    CHECK(l.read("d", days{1}) == lf::score_value{.value = 6, .absent = true});
    CHECK(by("d", days{1}) == "small");
    CHECK_FALSE(l.read("t", days{1}).absent);
    CHECK_FALSE(l.read("e", days{1}).absent);
    CHECK(l.read("d", days{4}) == lf::score_value{.value = 6});
}

TEST_CASE("weighted sums round each product, half away from zero") {
    const lead l{derived(lf::weighted_sum{.terms = {{"s", lf::decimal::from_micros(1)}, {"t", -2}},
                                          .plus = 7}),
                 {did("visit", {}, lf::decimal{0.5}), did("call", {}, lf::decimal{1.25}),
                  did("visit", hours{1}, lf::decimal{-1})}};
    CHECK(l.at("d", -tick) == 7);
    CHECK(l.at("d", {}) == lf::decimal::from_micros(4'500'001));
    CHECK(l.at("d", hours{1}) == lf::decimal::from_micros(4'499'999));
}

TEST_CASE("least, greatest and looked-up scores") {
    const std::vector<lf::event> events{did("visit", hours{0}, 10), did("call", hours{1}, -4),
                                        did("call", hours{2}, 20)};
    const lead least{derived(lf::minimum_of{{"s", "t"}}), events};
    CHECK(least.at("d", {}) == 0);
    CHECK(least.at("d", hours{1}) == -4);
    CHECK(least.at("d", hours{2}) == 10);
    auto m = derived(lf::maximum_of{{"s", "t"}});
    m.derived[0].max = 12;
    const lead most{m, events};
    CHECK(most.at("d", hours{1}) == 10);
    CHECK(most.at("d", hours{2}) == 12); // 16, bounded
    const lead table{derived(lf::lookup{.score = "t", .steps = {{-4, 1}, {16, 3}}, .below = -1}),
                     {did("call", hours{0}, -5), did("call", hours{1}, 1),
                      did("call", hours{2}, 19), did("call", hours{3}, 1)}};
    CHECK(table.at("d", hours{0}) == -1);
    CHECK(table.at("d", hours{1}) == 1);
    CHECK(table.at("d", hours{2}) == 1);
    CHECK(table.at("d", hours{3}) == 3);
}

TEST_CASE("the logistic function is near the real one, and even") {
    const auto p = [](double score) {
        const lead l{derived(lf::logistic{.score = "s", .midpoint = 50, .spread = 10, .top = 100}),
                     {did("visit", {}, lf::decimal{score})}};
        return l.at("d", {});
    };
    CHECK(p(50) == 50);
    CHECK(p(60).micros() == 73'105'858);
    CHECK(p(40).micros() == 26'894'142);
    CHECK(p(1e9) == 100);
    CHECK(p(-1e9) == 0);
    for (double x = -100; x < 200; x += 3.7) {
        const double real = 100 / (1 + std::exp(-(x - 50) / 10));
        CHECK(std::abs(static_cast<double>(p(x).micros()) - real * 1e6) <= 0.6);
    }
}

TEST_CASE("a derived score may be made of derived ones, in any order of declaration") {
    auto m = derived(lf::weighted_sum{.terms = {{"e", 3}}});
    m.derived.push_back({.id = "e", .from = lf::weighted_sum{.terms = {{"s", 2}}, .plus = 1}});
    CHECK(lead{m, {did("visit", {}, 5)}}.at("d", {}) == 33);
}

TEST_CASE("sums end at the range of decimals, and say so") {
    auto m = derived(lf::maximum_of{{"s", "t"}});
    std::get<lf::occurrence>(m.rules.front()).per_value = lf::points{10};
    const auto most = lf::decimal::from_micros(std::numeric_limits<std::int64_t>::max());
    const lead l{m,
                 {did("visit", hours{0}, 9e11), did("visit", hours{1}, 9e11),
                  did("visit", hours{2}, -9e11)}};
    CHECK_FALSE(l.read("s", hours{0}).saturated);
    CHECK(l.read("s", hours{1}) == lf::score_value{.value = most, .saturated = true});
    CHECK(l.read("d", hours{1}).saturated);
    CHECK(l.read("s", hours{2}) == lf::score_value{.value = 9e12}); // nothing was lost on the way
}

TEST_CASE("changes stand at the very instants of events and deadlines") {
    const lead l{model({lf::occurrence{.id = "visits",
                                       .score = "s",
                                       .on = lf::on("visit"),
                                       .points = 8,
                                       .decay = lf::expiry{days{10}}},
                        lf::frequency{.id = "often",
                                      .score = "s",
                                      .on = lf::on("visit"),
                                      .window = days{7},
                                      .points = 2},
                        lf::inactivity{.id = "idle",
                                       .score = "s",
                                       .on = lf::on("visit"),
                                       .after = days{30},
                                       .points = -1}}),
                 {did("visit", minutes{7}), did("call", days{1})}};
    const auto changes = l.scorer().changes(0, 0, start, start + days{100});
    const std::vector<lf::score_change> expected{{start, {.value = 0}},
                                                 {start + minutes{7}, {.value = 10}},
                                                 {start + days{7} + minutes{7}, {.value = 8}},
                                                 {start + days{10} + minutes{7}, {.value = 0}},
                                                 {start + days{30} + minutes{7}, {.value = -1}}};
    CHECK(changes == expected);
    // From an instant in the middle, which need not be one of change; up to one, inclusive.
    const auto part = l.scorer().changes(0, 0, start + days{1}, start + days{10} + minutes{7});
    CHECK(part == std::vector<lf::score_change>{
                      {start + days{1}, {.value = 10}}, expected[2], expected[3]});
}

TEST_CASE("what there is not is refused") {
    const lead l{model({award("visits", "visit", 1)}), {did("visit")}};
    const auto& s = l.scorer();
    CHECK_THROWS_AS(s.used_plan().score("S"), lf::unknown_name);
    CHECK_THROWS_WITH(s.used_plan().score("S"), "no score is named 'S'; there are: s");
    CHECK_THROWS_AS(s.used_plan().matrix("m"), lf::unknown_name);
    CHECK_THROWS_AS(s.score_at(0, 1, start), lf::unknown_number);
    CHECK_THROWS_AS(s.band_at(0, 0, start), lf::unknown_number);
    CHECK_THROWS_AS(s.class_at(0, 0, start), lf::unknown_number);
    CHECK_THROWS_AS(s.explain(0, 1, start), lf::unknown_number);
}
