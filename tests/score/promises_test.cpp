// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The library's promises about scores, worked out by hand: exact figures, causality, explanations
// with exact sums.

#include "catch.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using std::chrono::days;
using std::chrono::hours;

namespace {

constexpr lf::instant start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}; // a Monday

lf::model model() {
    return {
        .id = "promises",
        .properties = {{.id = "asset"}},
        .touchpoints = {{.id = "visit", .value = "seconds"}, {.id = "paper"}, {.id = "end"}},
        .funnels = {{.id = "sales", .stages = {{.id = "lost"}}}},
        .scores = {{.id = "engagement", .groups = {{.id = "web", .max = 30}}},
                   {.id = "floor", .min = 0, .clamp = lf::clamping::running}},
        .rules =
            {lf::occurrence{.id = "visits",
                            .score = "engagement",
                            .group = "web",
                            .on = lf::on("visit"),
                            .points = 10,
                            .decay = lf::half_life{days{10}}},
             lf::occurrence{.id = "papers",
                            .score = "engagement",
                            .on = lf::on("paper"),
                            .points = 8,
                            .limits = {lf::once_per_distinct("asset")},
                            .cooldown = hours{1},
                            .decay = lf::linear_decay{days{8}}},
             lf::inactivity{.id = "idle",
                            .score = "engagement",
                            .on = lf::on("visit"),
                            .after = days{20},
                            .every = days{10},
                            .times = 2,
                            .while_idle = true,
                            .points = -3},
             lf::occurrence{.id = "minus", .score = "floor", .on = lf::on("end"), .points = -5},
             lf::occurrence{.id = "plus", .score = "floor", .on = lf::on("visit"), .points = 2}},
        .resets = {{.id = "lost", .funnel = "sales", .stage = "lost", .scores = {"engagement"}}}};
}

lf::touchpoint did(const char* type, lf::instant at, const char* asset = nullptr) {
    lf::touchpoint t{.lead = "L", .at = at, .type = type};
    if (asset != nullptr) t.properties["asset"] = std::string{asset};
    return t;
}

/// The score of the only lead of these events.
lf::points score(const std::vector<lf::event>& events, const char* name, lf::instant at) {
    const auto h = lf::make_histories(events);
    const auto plan = lf::compile(model());
    const lf::scorer s{plan, h};
    return s.score_at(0, plan.score(name), at).value;
}

} // namespace

TEST_CASE("each award decays by itself, and groups cap their sum") {
    const std::vector<lf::event> events{did("visit", start), did("visit", start + days{10})};
    CHECK(score(events, "engagement", start - hours{1}) == 0);
    CHECK(score(events, "engagement", start) == 10);
    CHECK(score(events, "engagement", start + days{10}) == 15);
    CHECK(score(events, "engagement", start + days{20}) == lf::points{7.5});
    const std::vector<lf::event> many(5, did("visit", start));
    CHECK(score(many, "engagement", start) == 30);
}

TEST_CASE("limits per asset and cooldowns refuse awards, which then count for nothing") {
    const std::vector<lf::event> events{
        did("paper", start, "A"), did("paper", start + hours{2}, "A"), // the same asset
        did("paper", start + hours{2}, "a"),
        did("paper", start + hours{2}, "B"), // equal after folding; another asset
        did("paper", start + hours{2} + std::chrono::minutes{59}, "C")}; // too soon after B
    CHECK(score(events, "engagement", start + hours{3}) ==
          lf::points{8 - 8 * 3.0 / 192} + lf::points{8 - 8 * 1.0 / 192});
    CHECK(score(events, "engagement", start + days{8}) == lf::points{8 * 2.0 / 192});
}

TEST_CASE("idle time costs points while it lasts, and ends with the next visit") {
    const std::vector<lf::event> events{did("visit", start), did("visit", start + days{35})};
    const auto decayed = [&](std::int64_t d) {
        return score({did("visit", start)}, "engagement", start + days{d});
    };
    CHECK(score(events, "engagement", start + days{20}) == lf::points{10 * 0.25} - 3);
    CHECK(score(events, "engagement", start + days{30}) == decayed(30));
    CHECK(decayed(30) == lf::points{1.25} - 6);
    CHECK(decayed(40) == lf::points{0.625} - 6);
    CHECK(score(events, "engagement", start + days{35}) > 10);
    // A match at the instant of the deadline cancels it.
    CHECK(score({did("visit", start), did("visit", start + days{20})}, "engagement",
                start + days{20}) == lf::points{12.5});
}

TEST_CASE("a running clamp forgets what it cut off") {
    const std::vector<lf::event> events{
        did("end", start), did("visit", start + hours{1}), did("visit", start + hours{2}),
        did("end", start + hours{3}), did("visit", start + hours{4})};
    CHECK(score(events, "floor", start) == 0);
    CHECK(score(events, "floor", start + hours{2}) == 4);
    CHECK(score(events, "floor", start + hours{4}) == 2);
}

TEST_CASE("a stage entry voids the awards of the touchpoint that caused it") {
    const std::vector<lf::event> events{
        did("visit", start),
        lf::stage_entry{.lead = "L", .at = start, .funnel = "sales", .stage = "lost"},
        did("visit", start + hours{1})};
    CHECK(score(events, "engagement", start) == 0);
    CHECK(score(events, "engagement", start + hours{1}) == 10);
}

TEST_CASE("a score depends on nothing after its instant, and not on the order of arrival") {
    std::vector<lf::event> events{did("visit", start + days{5}),
                                  did("paper", start + days{1}, "A")};
    const auto before = score(events, "engagement", start + days{3});
    events.insert(events.begin(), did("visit", start + days{4}));
    events.push_back(
        lf::stage_entry{.lead = "L", .at = start + days{4}, .funnel = "sales", .stage = "lost"});
    CHECK(score(events, "engagement", start + days{3}) == before);
}

TEST_CASE("series and changes agree with score_at") {
    const std::vector<lf::event> events{did("visit", start), did("paper", start + days{2}, "A")};
    const auto h = lf::make_histories(events);
    const auto plan = lf::compile(model());
    const lf::scorer s{plan, h};
    const std::vector at{start + days{9}, start, start + days{2}};
    const auto series = s.series(0, 0, at);
    for (std::size_t i = 0; i < at.size(); ++i) CHECK(series[i] == s.score_at(0, 0, at[i]));

    const auto changes = s.changes(0, 0, start - days{1}, start + days{60});
    REQUIRE(changes.size() > 100); // hourly, as long as something decays
    CHECK(changes.front().at == start - days{1});
    CHECK(changes.front().score.value == 0);
    CHECK(changes[1].at == start);
    for (std::size_t i = 1; i < changes.size(); ++i) {
        REQUIRE(changes[i].at > changes[i - 1].at);
        REQUIRE(changes[i].score == s.score_at(0, 0, changes[i].at));
        REQUIRE(changes[i].score != changes[i - 1].score);
    }
}

TEST_CASE("more than the most changes are refused") {
    const std::vector<lf::event> events{did("visit", start)};
    const auto h = lf::make_histories(events);
    lf::model each_second = model();
    each_second.decay_grid = std::chrono::seconds{1};
    const lf::scorer s{lf::compile(each_second), h};
    CHECK(s.changes(0, 0, start, start + hours{1}).size() > 3'000);
    CHECK_THROWS_AS(s.changes(0, 0, start, start + days{19}), lf::error);
}

TEST_CASE("explanations have exact sums, and say why candidates were refused") {
    const std::vector<lf::event> events{did("visit", start),
                                        did("visit", start),
                                        did("visit", start),
                                        did("visit", start),
                                        did("paper", start + hours{2}, "A"),
                                        did("paper", start + hours{4}, "A")};
    const auto h = lf::make_histories(events);
    const auto plan = lf::compile(model());
    const lf::scorer s{plan, h};
    const auto e = s.explain(0, 0, start + days{1});
    lf::points sum = 0;
    int refused = 0;
    for (const auto& l : e.lines) {
        sum += l.now;
        refused += l.fate == lf::award_fate::refused_limit ? 1 : 0;
    }
    CHECK(sum == e.total);
    CHECK(e.total == s.score_at(0, 0, start + days{1}).value);
    CHECK(refused == 1);
    CHECK(lf::to_string(e).find("refused: limit reached") != std::string::npos);
    CHECK(lf::to_string(e).find("bounds of group 'web'") != std::string::npos);
}

TEST_CASE("text from outside cannot write to the terminal") {
    auto t = did("visit", start);
    t.campaign = "spring\x1b[31m\nforged line";
    const auto h = lf::make_histories(std::vector<lf::event>{t});
    const lf::scorer s{lf::compile(model()), h};
    const auto text = lf::to_string(s.explain(0, 0, start));
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("spring\\x1b[31m\\x0aforged line") != std::string::npos);
}

TEST_CASE("an unknown name lists the known names") {
    const auto plan = lf::compile(model());
    CHECK(plan.score("floor") == 1);
    CHECK_FALSE(plan.find_score("celing"));
    CHECK_THROWS_AS(plan.score("celing"), lf::unknown_name);
    CHECK_THROWS_WITH(plan.banding("none"), "no banding is named 'none'; there are:");
}
