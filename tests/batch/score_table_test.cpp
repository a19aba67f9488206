// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace lf = leadfunnel;
using std::chrono::days;

namespace {

constexpr lf::instant start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

lf::model model() {
    return {.id = "batch",
            .attributes = {{.id = "role"}},
            .touchpoints = {{.id = "visit", .value = "seconds"}, {.id = "call"}},
            .scores = {{.id = "fit"}, {.id = "engagement", .max = 60}},
            .rules = {lf::attribute_rule{.id = "buyer",
                                         .score = "fit",
                                         .when = lf::attribute("role").equals("buyer"),
                                         .points = 20},
                      lf::occurrence{.id = "visits",
                                     .score = "engagement",
                                     .on = lf::on("visit"),
                                     .points = 5,
                                     .decay = lf::half_life{days{30}}},
                      lf::occurrence{.id = "calls",
                                     .score = "engagement",
                                     .on = lf::on("call"),
                                     .points = 25,
                                     .limits = {lf::per_week(1)},
                                     .decay = lf::linear_decay{days{60}}}},
            .derived = {{.id = "total",
                         .from = lf::weighted_sum{.terms = {{"fit", 1}, {"engagement", 1}}}}},
            .exclusions = {{.id = "student", .when = lf::attribute("role").equals("student")}},
            .bandings = {{.id = "temperature",
                          .score = "total",
                          .bands = {{.id = "cold"}, {.id = "hot", .enter = 40, .leave = 30}}},
                         {.id = "fit_grade",
                          .score = "fit",
                          .bands = {{.id = "B"}, {.id = "A", .enter = 20}}}},
            .matrices = {{.id = "class", .rows = "fit_grade", .columns = "temperature"}}};
}

/// Leads in order of their number, touchpoints at random.
std::vector<lf::event> events(std::size_t leads) {
    std::mt19937_64 r{7};
    std::vector<lf::event> out;
    for (std::size_t i = 0; i < leads; ++i) {
        const std::string id = std::to_string(i);
        constexpr const char* roles[] = {"buyer", "student", "engineer"};
        out.emplace_back(lf::attributes{.lead = id, .values = {{"role", roles[r() % 3]}}});
        for (std::size_t k = 0; k < r() % 12; ++k)
            out.emplace_back(lf::touchpoint{
                .lead = id,
                .at = start + std::chrono::hours{static_cast<std::int64_t>(r() % 4'000)},
                .type = r() % 4 == 0 ? "call" : "visit"});
    }
    return out;
}

} // namespace

TEST_CASE("a batch gives the same bits for any number of threads, and as lead by lead") {
    const auto h = lf::make_histories(events(5'000));
    const lf::scorer s{lf::compile(model()), h};
    const std::vector at{start + days{150}, start, start + days{40}, start + days{40}};
    const auto one = lf::score_all(s, at, {.threads = 1}).value();
    for (const unsigned threads : {2U, 3U, 7U, 0U})
        CHECK(lf::score_all(s, at, {.threads = threads}).value() == one);

    REQUIRE(one.leads() == h.size());
    for (std::size_t lead = 0; lead < h.size(); lead += 37) {
        for (std::size_t i = 0; i < at.size(); ++i) {
            for (std::size_t k = 0; k < 3; ++k)
                REQUIRE(one.at(k, lead, i) == s.score_at(lead, k, at[i]));
            REQUIRE(one.band(0, lead, i) == s.band_at(lead, 0, at[i]));
            REQUIRE(one.classified(0, lead, i) == s.class_at(lead, 0, at[i]));
        }
    }
}

TEST_CASE("the order of events changes nothing") {
    auto shuffled = events(300);
    const auto h = lf::make_histories(shuffled);
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64{3});
    const auto other = lf::make_histories(shuffled);
    const auto plan = lf::compile(model());
    const auto a = lf::score_all(lf::scorer{plan, h}, start + days{100});
    const auto b = lf::score_all(lf::scorer{plan, other}, start + days{100});
    for (std::size_t lead = 0; lead < h.size(); ++lead) {
        const auto same = other.find(h.lead_id(lead)).value();
        for (std::size_t k = 0; k < 3; ++k) REQUIRE(a.at(k, lead) == b.at(k, same));
        REQUIRE(a.band(0, lead) == b.band(0, same));
    }
}

TEST_CASE("leads with very many touchpoints, and with none, are scored like others") {
    lf::history_builder b;
    const auto visit = b.kind({.type = "visit"});
    b.lead("none");
    const auto busy = b.lead("busy");
    for (int i = 0; i < 10'000; ++i) b.add_touchpoint(busy, start + std::chrono::minutes{i}, visit);
    const auto h = b.build();
    const lf::scorer s{lf::compile(model()), h};
    const std::vector at{start + days{3}, start + days{30}};
    const auto table = lf::score_all(s, at);
    for (std::size_t i = 0; i < at.size(); ++i) {
        CHECK(table.at(1, 0, i).value == 0);
        CHECK(table.at(1, 1, i) == s.score_at(1, 1, at[i]));
        CHECK(table.at(1, 1, i).value == 60);
    }
    CHECK(lf::score_all(s, at.front()).at(1, 1) == table.at(1, 1, 0));
}

TEST_CASE("top lists the highest first, ties by number, absent leads left out") {
    const auto h = lf::make_histories(events(1'000));
    const lf::scorer s{lf::compile(model()), h};
    const auto table = lf::score_all(s, start + days{100});
    const auto top = table.top(2, 2'000);
    std::size_t present = 0;
    for (std::size_t lead = 0; lead < h.size(); ++lead)
        present += table.at(2, lead).absent ? 0U : 1U;
    REQUIRE(top.size() == present);
    for (std::size_t i = 1; i < top.size(); ++i) {
        const auto before = table.at(2, top[i - 1]).value;
        const auto after = table.at(2, top[i]).value;
        REQUIRE((before > after || (before == after && top[i - 1] < top[i])));
    }
    const auto ten = table.top(2, 10);
    CHECK(std::equal(ten.begin(), ten.end(), top.begin()));
}

TEST_CASE("progress is reported, and can cancel; its exception reaches the caller") {
    const auto h = lf::make_histories(events(5'000));
    const lf::scorer s{lf::compile(model()), h};
    const std::vector at{start + days{100}};
    std::size_t last = 0;
    const auto table = lf::score_all(s, at, {.threads = 1, .progress = [&](auto done, auto all) {
                                                 CHECK(done >= last);
                                                 CHECK(all == h.size());
                                                 last = done;
                                                 return true;
                                             }});
    CHECK(table.has_value());
    CHECK(last == h.size());
    CHECK_FALSE(lf::score_all(s, at, {.threads = 2, .progress = [](auto, auto) { return false; }}));
    CHECK_THROWS_AS(
        lf::score_all(s, at,
                      {.threads = 2,
                       .progress = [](auto, auto) -> bool { throw std::runtime_error("stop"); }}),
        std::runtime_error);
}

TEST_CASE("no leads and no instants give empty tables") {
    const lf::histories none = lf::history_builder{}.build();
    const lf::scorer s{lf::compile(model()), none};
    CHECK(lf::score_all(s, start).leads() == 0);
    const auto h = lf::make_histories(events(10));
    const lf::scorer t{lf::compile(model()), h};
    const auto table = lf::score_all(t, std::vector<lf::instant>{});
    CHECK(table.instants().empty());
    CHECK(table.micros(0).empty());

    lf::model quiet = model();
    quiet.rules.push_back(lf::inactivity{.id = "quiet",
                                         .score = "engagement",
                                         .on = lf::on("visit"),
                                         .after = days{30},
                                         .points = -1});
    for (auto& b : quiet.bandings)
        for (auto& band : b.bands) band.leave.reset();
    const lf::scorer u{lf::compile(quiet), h};
    CHECK(lf::score_all(u, std::vector<lf::instant>{}).leads() == h.size());
}

TEST_CASE("in a batch, too, an inactivity award comes after a reset at its own instant") {
    const lf::model m{.id = "quiet",
                      .touchpoints = {{.id = "visit"}, {.id = "complaint"}},
                      .scores = {{.id = "engagement"}},
                      .rules = {lf::inactivity{.id = "quiet",
                                               .score = "engagement",
                                               .on = lf::on("visit"),
                                               .after = days{30},
                                               .every = days{30},
                                               .times = 2,
                                               .points = -10}},
                      .resets = {{.id = "complaint", .on = lf::on("complaint")}}};
    const auto at = [](int day) { return start + days{day}; };
    const std::vector<lf::event> events{
        lf::touchpoint{.lead = "a", .at = at(0), .type = "visit"},
        lf::touchpoint{.lead = "a", .at = at(30), .type = "complaint"},
        lf::touchpoint{.lead = "b", .at = at(0), .type = "visit"},
        lf::touchpoint{.lead = "b", .at = at(31), .type = "complaint"}};
    const auto h = lf::make_histories(events);
    const lf::scorer s{lf::compile(m), h};
    const auto t = lf::score_all(s, std::vector{at(29), at(30), at(31), at(60)});
    const auto a = h.find("a").value();
    const auto b = h.find("b").value();
    for (const auto& [nth, of_a, of_b] : {std::tuple{0U, 0, 0}, std::tuple{1U, -10, -10},
                                          std::tuple{2U, -10, 0}, std::tuple{3U, -20, -10}}) {
        CHECK(t.at(0, a, nth).value == of_a);
        CHECK(t.at(0, b, nth).value == of_b);
        CHECK(t.at(0, a, nth) == s.score_at(a, 0, t.instants()[nth]));
    }
}

TEST_CASE("a batch sees facts as of each instant, and their changes as events") {
    const lf::model m{
        .id = "facts",
        .attributes = {{.id = "role"}},
        .touchpoints = {{.id = "visit"}, {.id = "complaint"}},
        .scores = {{.id = "fit"}, {.id = "engagement"}, {.id = "silence"}},
        .rules = {lf::attribute_rule{.id = "buyer",
                                     .score = "fit",
                                     .when = lf::attribute("role").equals("buyer"),
                                     .points = 20},
                  lf::occurrence{.id = "visits_of_buyers",
                                 .score = "engagement",
                                 .on = lf::on("visit"),
                                 .points = 5,
                                 .cooldown = days{1},
                                 .when = lf::attribute("role").equals("buyer")},
                  lf::inactivity{.id = "quiet",
                                 .score = "silence",
                                 .on = lf::on("visit"),
                                 .after = days{30},
                                 .points = -10}},
        .resets = {{.id = "complaint", .on = lf::on("complaint"), .scores = {"silence"}}},
        .exclusions = {
            {.id = "student", .when = lf::attribute("role").equals("student"), .scores = {"fit"}}}};
    const auto at = [](int day) { return start + days{day}; };
    const auto has_role = [&](const char* lead, int day, const char* role) {
        return lf::attributes{.lead = lead, .at = at(day), .values = {{"role", role}}};
    };
    const std::vector<lf::event> events{
        lf::attributes{.lead = "a", .values = {{"role", "engineer"}}},
        lf::touchpoint{.lead = "a", .at = at(5), .type = "visit"},
        has_role("a", 10, "buyer"),
        lf::touchpoint{.lead = "a", .at = at(10), .type = "visit"}, // of a buyer, from here on
        lf::touchpoint{.lead = "a", .at = at(12), .type = "visit"},
        has_role("a", 20, "student"),
        lf::touchpoint{.lead = "a", .at = at(20), .type = "visit"}, // of a buyer no longer
        has_role("b", 3, "buyer"), // the first event: silence counts from here
        lf::touchpoint{.lead = "b", .at = at(40), .type = "complaint"},
        lf::attributes{.lead = "c", .values = {{"role", "buyer"}}}, // no event at all
        lf::stage_entry{.lead = "d", .at = at(7), .funnel = "sales", .stage = "inquiry"},
    };
    const auto h = lf::make_histories(events);
    const lf::scorer s{lf::compile(m), h};
    const std::vector looks{at(40), at(9), at(10), at(19), at(20), at(32), at(33), at(37), at(50)};
    const auto t = lf::score_all(s, looks);
    const auto value = [&](const char* lead, const char* score, int day) {
        const auto look = std::find(looks.begin(), looks.end(), at(day)) - looks.begin();
        const auto k = s.used_plan().score(score);
        const auto l = h.find(lead).value();
        const auto v = t.at(k, l, static_cast<std::size_t>(look));
        CHECK(v == s.score_at(l, k, at(day)));
        CHECK(v == lf::score_all(s, at(day)).at(k, l));
        return v.absent ? std::string{"absent"} : lf::to_string(v.value);
    };
    CHECK(value("a", "fit", 9) == "0");
    CHECK(value("a", "fit", 10) == "20");
    CHECK(value("a", "fit", 19) == "20");
    CHECK(value("a", "fit", 20) == "absent");
    CHECK(value("a", "engagement", 9) == "0");
    CHECK(value("a", "engagement", 10) == "5");
    CHECK(value("a", "engagement", 19) == "10");
    CHECK(value("a", "engagement", 50) == "10");
    CHECK(value("a", "silence", 50) == "-10");
    CHECK(value("b", "silence", 32) == "0");
    CHECK(value("b", "silence", 33) == "-10");
    CHECK(value("b", "silence", 40) == "0"); // reset
    CHECK(value("c", "fit", 9) == "20");
    CHECK(value("c", "silence", 50) == "0");
    CHECK(value("d", "silence", 33) == "0");
    CHECK(value("d", "silence", 37) == "-10");
}
