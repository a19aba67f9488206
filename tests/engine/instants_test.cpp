// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Many events of one lead at one instant. An engine that continues a walk must get the same results
// as one that walks the whole history again.

#include "catch.hpp"

#include <leadfunnel/engine/detail/engine_access.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

namespace lf = leadfunnel;
using namespace std::chrono_literals;

constexpr auto day = std::chrono::days{1};

lf::instant at(int d) {
    return lf::instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}} + d * day;
}

enum class rules : std::uint8_t { in_any_order, in_order, after_any };

/// Rules for which the order of events within an instant does not matter (`in_any_order`); with
/// rules for which it does (`in_order`), one of them on the previous touchpoint of any kind
/// (`after_any`).
lf::model model_of(rules which) {
    lf::model m{
        .id = "instants",
        .version = "1",
        .attributes = {{.id = "owner"}, {.id = "industry"}},
        .properties = {{.id = "url"}},
        .touchpoints = {{.id = "page"}, {.id = "demo", .value = "minutes"}, {.id = "call"}},
        .roles = {.owner = "owner"},
        .funnels = {{.id = "sales",
                     .stages = {{.id = "new", .entry = true},
                                {.id = "hot",
                                 .slas = {{.id = "soon",
                                           .due = {.after = day},
                                           .met_by = lf::on("call")}}},
                                {.id = "done"}},
                     .transitions =
                         {{.id = "arrive", .to = "new", .on = lf::pattern{}},
                          {.id = "heats",
                           .from = {"new"},
                           .to = "hot",
                           .when = lf::band_now("heat").equals("hot"),
                           .then = {.reset = {"engagement"}}},
                          {.id = "closes", .from = {"hot"}, .to = "done", .on = lf::on("call")}}}},
        .scores = {{.id = "engagement"}, {.id = "fit"}},
        .rules =
            {lf::occurrence{.id = "pages",
                            .score =
                                "engagement",
                            .on = lf::on("page"),
                            .points = 3,
                            .limits = {{.at_most = 4, .rolling = 2 * day, .per_distinct = "url"}},
                            .decay = lf::half_life{7 * day}},
             lf::occurrence{.id = "minutes",
                            .score = "engagement",
                            .on = lf::on("demo"),
                            .per_value = 2,
                            .decay = lf::expiry{2 * day}},
             lf::occurrence{.id = "calls",
                            .score = "fit",
                            .on = lf::on("call"),
                            .points = 5,
                            .limits = {{.at_most = 3, .calendar = lf::calendar_unit::day}},
                            .cooldown = 1h,
                            .decay = lf::step_decay{.percent = 30, .every = day}},
             lf::frequency{.id = "often",
                           .score = "fit",
                           .on = lf::on("page"),
                           .at_least = 5,
                           .window = 2 * day,
                           .points = 7},
             lf::inactivity{
                 .id = "silent", .score = "fit", .on = lf::on("call"), .after = day, .points = -2}},
        .bandings = {{.id = "heat",
                      .score = "engagement",
                      .bands = {{.id = "cold"}, {.id = "hot", .enter = 12, .leave = 6}}}},
    };
    if (which != rules::in_any_order) {
        m.rules.push_back(lf::sequence{.id = "then",
                                       .score = "engagement",
                                       .steps = {lf::on("page"), lf::on("call")},
                                       .within = day,
                                       .points = 4});
        lf::return_rule back{
            .id = "back", .score = "fit", .on = lf::on("demo"), .after = day, .points = 6};
        if (which == rules::in_order) back.silence_of = lf::on("demo");
        m.rules.push_back(back);
        m.resets.push_back({.id = "wiped", .on = lf::on("demo"), .scores = {"fit"}});
    }
    return m;
}

/// A random event at an instant.
lf::event one_event(std::mt19937& random, lf::instant t) {
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    const std::string lead = below(4) == 0 ? "m" : "l";
    const std::string id = below(3) == 0 ? "" : std::to_string(random());
    const auto roll = below(20);
    if (roll < 2) {
        lf::attributes a{.lead = lead, .at = t};
        a.id = id;
        if (below(2) == 0) a.values["owner"] = std::string(1, static_cast<char>('a' + below(3)));
        if (below(2) == 0) a.values["industry"] = std::string(1, static_cast<char>('a' + below(3)));
        return a;
    }
    if (roll == 2) {
        constexpr const char* stages[] = {"new", "hot", "done"};
        return lf::stage_entry{
            .lead = lead, .at = t, .funnel = "sales", .stage = stages[below(3)], .id = id};
    }
    constexpr const char* types[] = {"page", "page", "demo", "call", "unknown"};
    lf::touchpoint x{.lead = lead, .at = t, .type = types[below(5)]};
    x.id = id;
    if (x.type == "page") x.properties["url"] = std::string(1, static_cast<char>('a' + below(3)));
    if (x.type == "demo") x.value = lf::decimal{below(3)};
    return x;
}

void check_one_way_and_the_other(rules which, std::uint32_t seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const lf::plan plan = lf::compile(model_of(which));
    lf::engine kept(plan, {.ranked = {"engagement", "fit"}});
    lf::engine anew(plan, {.ranked = {"engagement", "fit"}});
    lf::detail::engine_access::of(kept).keep_walks_from(0);
    lf::detail::engine_access::of(anew).keep_walks_from(std::numeric_limits<std::size_t>::max());
    int d = 0;
    for (int step = 0; step < 120; ++step) {
        if (random() % 25 == 0) ++d;
        const auto t = random() % 40 == 0 && d > 0 ? at(d - 1) : at(d); // some are late
        const auto e = one_event(random, t);
        const auto a = kept.apply(e);
        const auto b = anew.apply(e);
        REQUIRE(a.what == b.what);
        REQUIRE(a.reason == b.reason);
        for (const char* lead : {"l", "m"}) {
            if (!kept.contains(lead)) continue;
            for (const char* score : {"engagement", "fit"}) {
                // The score comes from the history, the rank from state that the engine keeps.
                REQUIRE(kept.score(lead, score) == anew.score(lead, score));
                REQUIRE(kept.rank(lead, score, kept.now()) == anew.rank(lead, score, anew.now()));
            }
            REQUIRE(kept.band(lead, "heat") == anew.band(lead, "heat"));
        }
        REQUIRE(kept.snapshot() == anew.snapshot());
    }
    kept.advance_to(at(d + 40));
    anew.advance_to(at(d + 40));
    REQUIRE(kept.signals() == anew.signals());
    REQUIRE(kept.snapshot() == anew.snapshot());
}

TEST_CASE("continuing a walk within an instant gives what a new walk gives", "[instants]") {
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
        check_one_way_and_the_other(rules::in_any_order, seed);
        check_one_way_and_the_other(rules::in_order, seed);
        check_one_way_and_the_other(rules::after_any, seed);
    }
}

TEST_CASE("a lead enters a stage once at an instant, however often it is moved", "[instants]") {
    lf::engine e(lf::compile(model_of(rules::in_any_order)));
    e.apply(lf::event{lf::touchpoint{.lead = "l", .at = at(0), .type = "unknown"}});
    REQUIRE(e.stage("l", "sales")->stage == "new");
    e.move("l", "sales", "hot");
    e.move("l", "sales", "new");
    // Its score makes it hot again, but it has entered that stage at this instant. So it moves at
    // the next tick.
    for (int i = 0; i < 4; ++i) {
        lf::touchpoint page{.lead = "l", .at = at(0), .type = "page"};
        page.properties["url"] = std::to_string(i);
        e.apply(lf::event{page});
    }
    lf::touchpoint demo{.lead = "l", .at = at(0), .type = "demo"};
    demo.value = lf::decimal{100};
    e.apply(lf::event{demo});
    CHECK(e.band("l", "heat") == "hot");
    CHECK(e.stage("l", "sales")->stage == "new");
    e.advance_to(at(0) + 1h);
    CHECK(e.stage("l", "sales")->stage == "hot");
    CHECK(e.stage("l", "sales")->entries == 4);
}

} // namespace
