// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/engine/sharded_engine.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

constexpr lf::duration day = std::chrono::hours{24};
constexpr lf::duration longest = lf::longest_duration;
const lf::instant first = lf::earliest_instant;
const lf::instant last = lf::latest_instant - 1us;

lf::touchpoint view(lf::instant at, std::string lead = "a") {
    return {.lead = std::move(lead), .at = at, .type = "view"};
}

/// One model for each feature that adds a duration to an instant.
std::vector<lf::model> models_with(lf::duration d) {
    const lf::model bare{.id = "far",
                         .version = "1",
                         .attributes = {{.id = "since", .type = lf::value_type::timestamp}},
                         .touchpoints = {{.id = "view"}, {.id = "call"}},
                         .scores = {{.id = "score"}}};
    std::vector<lf::model> out;
    const auto rule = [&](lf::rule r) {
        auto m = bare;
        m.rules = {std::move(r)};
        out.push_back(m);
        return &out.back();
    };
    const auto awards = [](lf::decay_curve decay) {
        return lf::occurrence{.id = "r",
                              .score = "score",
                              .on = lf::on("view"),
                              .points = 5,
                              .decay = std::move(decay)};
    };
    rule(awards(lf::half_life{d}));
    rule(awards(lf::linear_decay{d}));
    rule(awards(lf::step_decay{.percent = 10, .every = d}));
    rule(awards(lf::expiry{d}));
    rule(awards(lf::decay_table{.points = {{d, 0}}}));
    {
        auto limited = awards({});
        limited.cooldown = d;
        limited.limits = {{.at_most = 1, .rolling = d}};
        rule(limited);
    }
    rule(
        lf::frequency{.id = "r", .score = "score", .on = lf::on("view"), .window = d, .points = 5});
    rule(lf::recency{.id = "r", .score = "score", .on = lf::on("view"), .bins = {{d, 5}}});
    rule(lf::inactivity{.id = "r",
                        .score = "score",
                        .on = lf::on("view"),
                        .after = d,
                        .every = d,
                        .times = 5,
                        .points = -5});
    rule(lf::inactivity{.id = "r",
                        .score = "score",
                        .on = lf::on("view"),
                        .after = d,
                        .while_idle = true,
                        .points = -5});
    rule(lf::attribute_rule{.id = "r",
                            .score = "score",
                            .when = lf::attribute("since").age().at_least(d),
                            .points = 5});
    {
        auto m = bare;
        m.rules = {awards(lf::half_life{7 * day})};
        m.bandings = {{.id = "heat",
                       .score = "score",
                       .bands = {{.id = "cold"}, {.id = "hot", .enter = 5, .leave = 3}},
                       .min_dwell = d}};
        out.push_back(m);
        m.decay_grid = std::clamp<lf::duration>(d, 1s, 30 * day);
        out.push_back(m);
        m.bandings = {};
        m.decay_grid = 1h;
        m.alerts = {{.id = "hot", .when = lf::score_now("score").at_least(1), .cooldown = d}};
        out.push_back(m);
    }
    for (const auto since :
         {lf::timer_start::stage_entry, lf::timer_start::assignment, lf::timer_start::touchpoint}) {
        auto m = bare;
        m.attributes.push_back({.id = "owner"});
        m.roles.owner = "owner";
        m.calendars = {{.id = "work", .hours = {{{lf::weekday::monday}, {540}, {600}}}}};
        for (const bool works : {false, true}) {
            lf::timer t{.after = d, .since = since};
            const auto warning = d > 1s ? std::optional<lf::duration>{1s} : std::nullopt;
            if (works) t.calendar = "work";
            m.funnels = {
                {.id = "sales",
                 .stages = {{.id = "new",
                             .entry = true,
                             .slas = {{.id = "promise", .due = t, .warn_before = warning}}},
                            {.id = "old", .terminal = true}},
                 .transitions = {{.id = "enter", .to = "new", .on = lf::on("view")},
                                 {.id = "age", .from = {"new"}, .to = "old", .after = t}}}};
            out.push_back(m);
        }
        m.funnels[0].stages[0].slas = {};
        m.funnels[0].transitions[1].after = {};
        m.funnels[0].transitions[1].when = lf::time_in_stage("sales").at_least(d);
        out.push_back(m);
    }
    return out;
}

} // namespace

TEST_CASE("an instant and a duration are added in one way, and never overflow") {
    using lf::detail::later;
    using limits = std::numeric_limits<std::int64_t>;
    using namespace lf::detail;
    static_assert(later(5, 7) == 12);
    static_assert(later(time_end - 2, 1) == time_end - 1);
    static_assert(later(time_end - 1, 1) == end_of_time);
    static_assert(later(time_end, 0) == end_of_time);
    static_assert(later(limits::max(), limits::max()) == end_of_time);
    static_assert(later(limits::max(), 0) == end_of_time);
    static_assert(later(limits::min(), 1) == limits::min() + 1);
    static_assert(later(limits::min(), -1) == before_time);
    static_assert(tick_after(0, 10) == 10);
    static_assert(tick_after(-1, 10) == 0);
    static_assert(tick_after(-10, 10) == 0);
    static_assert(tick_after(9, 10) == 10);
    static_assert(tick_after(time_end - 1, 10) == end_of_time);
    CHECK(later(time_begin, longest.count()) < time_end);
}

TEST_CASE("every snapshot that is saved can be read, however far its instants reach") {
    std::size_t worlds = 0;
    for (const auto d :
         {lf::duration{1us}, lf::duration{day}, lf::duration{70'000 * day}, longest}) {
        for (const auto& m : models_with(d)) {
            // A timer of one microsecond would cause 10^12 looks in two weeks.
            const auto step = d == 1us ? lf::duration{1us} : lf::duration{day};
            const auto plan = lf::compile(m);
            ++worlds;
            INFO(worlds << ": " << lf::to_string(d));
            for (const auto at : {first, last - 2 * step, last}) {
                lf::engine never_stopped{plan};
                lf::engine stopped{plan};
                const auto act = [&](const auto& what) {
                    what(never_stopped);
                    what(stopped);
                    const auto bytes = stopped.snapshot();
                    REQUIRE(bytes == never_stopped.snapshot());
                    stopped = lf::engine::from_snapshot(plan, bytes);
                    REQUIRE(stopped.snapshot() == bytes);
                };
                act([&](lf::engine& e) {
                    e.apply(lf::attributes{
                        .lead = "a", .at = at, .values = {{"since", at}, {"owner", "kei"}}});
                });
                act([&](lf::engine& e) { e.apply(view(at)); });
                for (auto t = at; t <= last && t <= at + 2 * step; t += step)
                    act([&](lf::engine& e) { e.advance_to(t); });
                if (at != first) act([&](lf::engine& e) { e.advance_to(last); });
                act([&](lf::engine& e) { e.apply(view(e.now())); });
                CHECK(never_stopped.now() < lf::latest_instant);
            }
        }
    }
    CHECK(worlds > 70);
}

TEST_CASE("deadlines at the end of time or later never pass") {
    lf::model m{.id = "far",
                .version = "1",
                .touchpoints = {{.id = "view"}},
                .scores = {{.id = "score"}},
                .rules = {lf::inactivity{.id = "silence",
                                         .score = "score",
                                         .on = lf::on("view"),
                                         .after = day,
                                         .every = day,
                                         .times = 5,
                                         .points = -5}},
                .alerts = {{.id = "low", .when = lf::score_now("score").at_most(-5)}}};
    const auto plan = lf::compile(m);
    lf::engine e{plan};
    e.apply(view(lf::latest_instant - day));
    e.advance_to(last);
    CHECK(e.signals().empty());
    CHECK(e.score("a", "score").value == lf::points{});
    // Queries clamp instants to the range of time.
    CHECK(e.score("a", "score", lf::never) == e.score("a", "score", last));
    lf::engine before{plan};
    before.apply(view(lf::latest_instant - day - 1us));
    before.advance_to(last);
    CHECK(before.signals().size() == 1);
    CHECK(before.signals().at(0).at == last);
}

TEST_CASE("the clock stays within time") {
    const auto plan = lf::compile({.id = "far",
                                   .version = "1",
                                   .touchpoints = {{.id = "view"}},
                                   .scores = {{.id = "score"}}});
    lf::engine e{plan};
    lf::sharded_engine shards{plan, 3};
    const auto refused = [&](lf::instant at) {
        const auto bytes = e.snapshot();
        const auto of_shards = shards.snapshot();
        CHECK_THROWS_AS(e.advance_to(at), lf::argument_error);
        CHECK_THROWS_AS(shards.advance_to(at), lf::argument_error);
        if (at != lf::always) {
            CHECK_THROWS_AS(e.apply(view(at, "new")), lf::event_error);
            CHECK_THROWS_AS(shards.apply(view(at, "new")), lf::event_error);
            CHECK_THROWS_AS(e.apply(lf::attributes{.lead = "new", .at = at}), lf::event_error);
            CHECK(e.apply(std::vector<lf::event>{view(at, "new")}).refused.size() == 1);
        }
        CHECK(e.snapshot() == bytes);
        CHECK(shards.snapshot() == of_shards);
    };
    const auto all_refused = [&] {
        for (const auto at : {lf::latest_instant, lf::latest_instant + 1us, lf::never,
                              lf::earliest_instant - 1us, lf::always + 1us})
            refused(at);
    };
    all_refused();
    for (auto* at : {&first, &last}) {
        e.apply(view(*at));
        shards.apply(view(*at));
        e.advance_to(*at);
        shards.advance_to(*at);
        e.advance_to(lf::always); // before the clock
        shards.advance_to(lf::always);
        CHECK(e.now() == *at);
        CHECK(shards.now() == *at);
        all_refused();
        CHECK(lf::engine::from_snapshot(plan, e.snapshot()).now() == *at);
        CHECK(lf::sharded_engine::from_snapshot(plan, shards.snapshot()).now() == *at);
    }
}
