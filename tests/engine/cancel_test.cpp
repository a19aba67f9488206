// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// A progress callback cancels a call by throwing, however deep the call is. The engine or scorer is
// then as if the call had not been made, or had been made for less.

#include "catch.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

/// Gains and penalties cancel out, so that rounding decides every second whether the rest is above
/// a threshold.
lf::model flickering() {
    lf::model m{.id = "flickering"};
    m.decay_grid = 1s;
    m.touchpoints = {{.id = "up"}, {.id = "down"}};
    m.scores = {{.id = "s"}};
    m.rules = {lf::occurrence{.id = "u",
                              .score = "s",
                              .on = lf::on("up"),
                              .points = 10'000,
                              .decay = lf::half_life{3650 * 24h}},
               lf::occurrence{.id = "d",
                              .score = "s",
                              .on = lf::on("down"),
                              .points = -10'000,
                              .decay = lf::half_life{3650 * 24h}}};
    lf::banding b{.id = "b", .score = "s"};
    b.bands = {{.id = "cold"}, {.id = "hot", .enter = 0, .leave = lf::decimal::from_micros(-1)}};
    m.bandings = {b};
    return m;
}

const lf::instant start = lf::earliest_instant + 24h;

std::vector<lf::event> events_of(const std::string& lead) {
    std::vector<lf::event> all;
    for (int i = 0; i < 40; ++i)
        all.emplace_back(lf::touchpoint{.lead = lead,
                                        .at = start + std::chrono::seconds{i / 2},
                                        .type = i % 2 == 0 ? "up" : "down"});
    return all;
}

struct cancelled {};

/// Throws at the n-th call.
lf::engine_progress cancel_at(std::size_t n) {
    return [left = n](std::size_t, std::size_t) mutable {
        if (--left == 0) throw cancelled{};
    };
}

std::vector<std::string> told(const lf::engine& e) {
    std::vector<std::string> all;
    for (const auto& s : e.signals(0, 1'000'000))
        all.push_back(lf::to_string(s.at) + " " + s.lead + " " + s.subject + " " + s.from + ">" +
                      s.to);
    return all;
}

} // namespace

TEST_CASE("an advance of time that was cancelled continues where it stopped") {
    const lf::plan plan = lf::compile(flickering());
    const lf::instant end = start + 3h;
    lf::engine undisturbed{plan};
    undisturbed.apply(events_of("a"));
    std::size_t beats = 0;
    undisturbed.advance_to(end, [&](std::size_t, std::size_t) { ++beats; });
    REQUIRE(beats > 20);
    CHECK(told(undisturbed).size() > 2);

    lf::engine e{plan};
    e.apply(events_of("a"));
    std::size_t cancelled_times = 0;
    for (std::size_t n = 1; e.now() < end; n += 3) {
        try {
            e.advance_to(end, cancel_at(n));
        } catch (const cancelled&) {
            ++cancelled_times;
            CHECK(e.now() < end);
        }
    }
    CHECK(cancelled_times > 2);
    CHECK(told(e) == told(undisturbed));
    CHECK(e.snapshot() == undisturbed.snapshot());

    // Cancelling `apply` while it advances the clock applies nothing of the event.
    const lf::event late = lf::touchpoint{.lead = "a", .at = end + 1h, .type = "up"};
    CHECK_THROWS_AS(e.apply(late, cancel_at(2)), cancelled);
    CHECK(e.history("a").size() == 40);
    e.apply(late);
    undisturbed.apply(late);
    CHECK(told(e) == told(undisturbed));
}

TEST_CASE("a cancelled read changes nothing") {
    const lf::plan plan = lf::compile(flickering());
    const auto events = events_of("a");
    const auto leads = lf::make_histories(events);
    const lf::scorer scorer{plan, leads};
    const lf::instant end = start + 3h;
    const auto all = scorer.changes(0, 0, start, end);
    CHECK_THROWS_AS(scorer.changes(0, 0, start, end, cancel_at(3)), cancelled);
    CHECK(scorer.changes(0, 0, start, end) == all);

    lf::engine e{plan};
    e.apply(events);
    const auto before = e.snapshot();
    const auto near = e.project("a", "b", end).band;
    CHECK_THROWS_AS(e.project("a", "b", start + 24h, cancel_at(1)), cancelled);
    CHECK(e.project("a", "b", end).band == near);
    CHECK(e.snapshot() == before);
}

TEST_CASE("a cancelled merge changes nothing") {
    const lf::plan plan = lf::compile(flickering());
    lf::engine e{plan};
    std::vector<lf::event> many;
    for (int i = 0; i < 20'000; ++i)
        many.emplace_back(lf::touchpoint{.lead = i % 2 == 0 ? "a" : "b",
                                         .at = start + std::chrono::milliseconds{i},
                                         .type = "up"});
    e.load(many);
    const auto a = e.history("a");
    CHECK_THROWS_AS(e.merge("a", "b", cancel_at(1)), cancelled);
    CHECK(e.size() == 2);
    CHECK(e.resolve("b") == "b");
    CHECK(e.history("a") == a);
    CHECK_THROWS_AS(e.history("a", cancel_at(1)), cancelled);
    e.merge("a", "b");
    CHECK(e.size() == 1);
    CHECK_THROWS_AS(e.unmerge("b", cancel_at(1)), cancelled);
    CHECK(e.resolve("b") == "a");
    e.unmerge("b");
    CHECK(e.history("a") == a);
}
