// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Loading histories gives the same engine as loading the events that they were made from.

#include "catch.hpp"
#include "streams.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/engine/sharded_engine.hpp>
#include <leadfunnel/history/histories.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace lf = leadfunnel;
using streams::days;
using streams::hours;

namespace {

lf::instant at_of(const lf::event& e) {
    return std::visit([](const auto& x) { return x.at; }, e);
}

/// Events of a few leads in order of their instants, several of them at one instant.
std::vector<lf::event> random_past(streams::random& r, std::size_t leads) {
    std::vector<lf::event> out;
    auto at = streams::begin;
    for (auto n = r.below(250); n > 0; --n) {
        if (r.chance(70)) at += std::chrono::minutes{r.below(r.chance(10) ? 20'000 : 300)};
        out.push_back(streams::random_event(r, streams::lead_name(r.below(leads)), at));
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const lf::event& a, const lf::event& b) { return at_of(a) < at_of(b); });
    return out;
}

template<class Engine>
void require_same(const lf::engine& by_events, const Engine& grouped, std::size_t leads) {
    REQUIRE(grouped.now() == by_events.now());
    REQUIRE(grouped.size() == by_events.size());
    for (const auto& stage : {"inquiry", "mql", "sal", "won", "nurture"})
        REQUIRE(grouped.count_in_stage("sales", stage) == by_events.count_in_stage("sales", stage));
    for (const auto& band : {"cold", "warm", "hot"})
        REQUIRE(grouped.count_in_band("heat", band) == by_events.count_in_band("heat", band));
    const auto later = by_events.now() == lf::always ? streams::begin : by_events.now() + days{3};
    for (std::size_t i = 0; i < leads; ++i) {
        const auto lead = streams::lead_name(i);
        REQUIRE(grouped.contains(lead) == by_events.contains(lead));
        if (!by_events.contains(lead)) continue;
        for (const auto& score : {"engagement", "fit"}) {
            REQUIRE(grouped.score(lead, score) == by_events.score(lead, score));
            REQUIRE(grouped.score(lead, score, later) == by_events.score(lead, score, later));
        }
        REQUIRE(grouped.class_of(lead, "class") == by_events.class_of(lead, "class"));
        REQUIRE(grouped.stage(lead, "sales") == by_events.stage(lead, "sales"));
        for (const auto& a : {"owner", "email", "company", "industry", "employees", "left"})
            REQUIRE(grouped.attribute(lead, a) == by_events.attribute(lead, a));
        REQUIRE(grouped.rank(lead, "engagement", later) ==
                by_events.rank(lead, "engagement", later));
        // Histories do not keep which attributes were set together. All else is equal.
        const auto but_attributes = [](std::vector<lf::event> all) {
            std::erase_if(all,
                          [](const auto& e) { return std::holds_alternative<lf::attributes>(e); });
            return all;
        };
        REQUIRE(but_attributes(grouped.history(lead)) == but_attributes(by_events.history(lead)));
    }
    for (int i = 0; i < 50; ++i) {
        const auto mail = "user" + std::to_string(i) + "@example.com";
        auto a = grouped.with_email(mail);
        auto b = by_events.with_email(mail);
        std::sort(a.begin(), a.end());
        std::sort(b.begin(), b.end());
        REQUIRE(a == b);
    }
}

} // namespace

TEST_CASE("histories are loaded as the events that they were made from") {
    const auto plan = lf::compile(streams::crm_model());
    for (std::uint64_t seed = 0; seed < 120; ++seed) {
        INFO("seed " << seed);
        streams::random r{seed};
        const std::size_t leads = 1 + r.below(12);
        const auto past = random_past(r, leads);
        const auto h = lf::make_histories(past);
        lf::engine by_events{plan};
        lf::engine grouped{plan, {.ranked = {"engagement"}}};
        lf::sharded_engine sharded{plan, 3};
        const auto by_event = by_events.load(past);
        std::size_t seen = 0;
        const auto report = grouped.load(h, [&](std::size_t done, std::size_t all) {
            REQUIRE(done <= all);
            seen = all;
        });
        std::size_t events = 0;
        for (std::size_t i = 0; i < h.size(); ++i) events += h.events(i).size();
        REQUIRE(report.taken == events);
        REQUIRE((seen == 0 || seen == events));
        REQUIRE(sharded.load(h).taken == events);
        REQUIRE(by_event.duplicates == h.duplicates());
        require_same(by_events, grouped, leads);
        require_same(by_events, sharded, leads);
        for (std::size_t i = 0; i < h.size(); ++i)
            REQUIRE(grouped.history(h.lead_id(i)) == h.events(i));
        REQUIRE(grouped.signals().empty());
        // They continue alike. Attributes have lost their source ids, so none of them is repeated
        // here.
        auto at = by_events.now() == lf::always ? streams::begin : by_events.now();
        for (int step = 0; step < 40; ++step) {
            at += hours{1 + r.below(40)};
            auto e = streams::random_event(r, streams::lead_name(r.below(leads)), at);
            if (auto* a = std::get_if<lf::attributes>(&e)) {
                a->at = at;
                a->id.clear();
            }
            const auto a = by_events.apply(e);
            const auto b = grouped.apply(e);
            REQUIRE(a.what == b.what);
            REQUIRE(a.reason == b.reason);
            sharded.apply(e);
        }
        require_same(by_events, grouped, leads);
        require_same(by_events, sharded, leads);
        const auto order = [](const lf::signal& a, const lf::signal& b) {
            return std::tie(a.at, a.lead) < std::tie(b.at, b.lead);
        };
        const auto sorted = [&](std::vector<lf::signal> all) {
            std::stable_sort(all.begin(), all.end(), order);
            for (auto& s : all) s.sequence = 0;
            return all;
        };
        REQUIRE(sorted(grouped.signals(0, 100'000)) == sorted(by_events.signals(0, 100'000)));
        REQUIRE(lf::engine::from_snapshot(plan, grouped.snapshot()).snapshot() ==
                grouped.snapshot());
    }
}

TEST_CASE("an engine with leads cannot be loaded with histories") {
    const auto plan = lf::compile(streams::crm_model());
    const auto h = lf::make_histories(std::vector<lf::event>{
        lf::touchpoint{.lead = "a", .at = streams::begin, .type = "download"}});
    lf::engine one{plan};
    lf::sharded_engine many{plan, 2};
    one.load(h);
    many.load(h);
    CHECK_THROWS_AS(one.load(h), lf::state_error);
    CHECK_THROWS_AS(many.load(h), lf::state_error);
    CHECK(one.size() == 1);
    CHECK(many.size() == 1);
}

TEST_CASE("a load of histories that is cancelled leaves the engine as it was") {
    lf::history_builder b;
    const auto kind = b.kind({.type = "download"});
    for (std::uint64_t i = 0; i < 10'000; ++i)
        b.add_touchpoint(b.lead(streams::lead_name(i % 7)), streams::begin + hours{i}, kind);
    const auto h = b.build();
    lf::engine crm{lf::compile(streams::crm_model())};
    CHECK_THROWS_AS(crm.load(h, [](std::size_t, std::size_t) { throw std::runtime_error{"stop"}; }),
                    std::runtime_error);
    CHECK(crm.size() == 0);
    CHECK(crm.now() == lf::always);
    CHECK(crm.load(h).taken == 10'000);
    CHECK(crm.size() == 7);
}

TEST_CASE("an engine keeps only those words of histories that its leads use") {
    lf::history_builder b;
    b.add(lf::touchpoint{.lead = "a", .at = streams::begin, .type = "download"});
    b.add(lf::attributes{
        .lead = "a", .at = streams::begin, .values = {{"email", "first-secret"}}, .id = "1"});
    b.add(lf::attributes{.lead = "a",
                         .at = streams::begin + hours{1},
                         .values = {{"email", "left-out"}},
                         .id = "1"});
    b.add(
        lf::attributes{.lead = "b", .at = streams::begin, .values = {{"email", "second-secret"}}});
    (void)b.lead("without events");
    (void)b.kind({.type = "never-used"});
    const auto h = b.build();
    REQUIRE(h.duplicates() == 1);
    const auto holds = [](const auto& e, const char* word) {
        return e.snapshot().find(word) != std::string::npos;
    };
    const auto plan = lf::compile(streams::crm_model());
    lf::engine one{plan};
    lf::sharded_engine many{plan, 4};
    one.load(h);
    many.load(h);
    CHECK(one.size() == 2);
    CHECK_FALSE(one.contains("without events"));
    for (const auto* word : {"left-out", "never-used", "without events"}) {
        CHECK_FALSE(holds(one, word));
        CHECK_FALSE(holds(many, word));
    }
    one.erase("b");
    many.erase("b");
    CHECK(holds(one, "first-secret"));
    CHECK(holds(many, "first-secret"));
    CHECK_FALSE(holds(one, "second-secret"));
    CHECK_FALSE(holds(many, "second-secret"));
}

TEST_CASE("every way into an engine refuses touchpoint values beyond a million millions") {
    const auto plan = lf::compile({.id = "amounts",
                                   .version = "1",
                                   .touchpoints = {{.id = "order", .value = "yen"}},
                                   .scores = {{.id = "s"}}});
    const auto order = [](double value) {
        return lf::touchpoint{.lead = "A", .at = streams::begin, .type = "order", .value = value};
    };
    const auto batch = [&](double value) { return std::vector<lf::event>{order(value)}; };
    for (const double value : {1e12 + 1, -1e12 - 1, 1e300, -1e300}) {
        lf::engine one{plan};
        lf::sharded_engine many{plan, 2};
        CHECK_THROWS_AS(one.apply(order(value)), lf::event_error);
        CHECK_THROWS_AS(many.apply(order(value)), lf::event_error);
        CHECK(one.apply(batch(value)).refused.size() == 1);
        CHECK(many.apply(batch(value)).refused.size() == 1);
        CHECK(one.load(batch(value)).refused.size() == 1);
        CHECK(many.load(batch(value)).refused.size() == 1);
        CHECK(one.size() == 0);
        CHECK(many.size() == 0);
    }
    for (const double value : {1e12, -1e12}) {
        lf::engine applied{plan};
        lf::engine loaded{plan};
        CHECK(applied.apply(order(value)).what == lf::applied::outcome::taken);
        CHECK(loaded.load(batch(value)).taken == 1);
        CHECK(applied.history("A") == batch(value));
        CHECK(loaded.history("A") == batch(value));
    }
}
