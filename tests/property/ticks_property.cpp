// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// A walk skips ticks of the decay grid at which nothing can change. Here a reference visits each of
// them: models with a grid of a second, gains and penalties with every decay, and thresholds that
// scores come close to, reach, or equal.

#include "generators.hpp"

#include "../catch.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/score/scorer.hpp>

#include "../reference/reference.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

namespace lf = leadfunnel;
using namespace std::chrono_literals;
using generators::source;
using lf::decimal;
using lf::duration;
using lf::instant;

struct ticking {
    lf::model model;
    std::vector<lf::event> events;
    instant end{};
};

lf::decay_curve decay_of(source& in) {
    const duration period = in.pick<duration>({1s, 3s, 17s, 40s, 90s, 400s, 1h, 24h * 365});
    switch (in.below(9)) {
    case 0:
        return lf::linear_decay{period};
    case 1:
        return lf::expiry{period};
    case 2:
        return lf::step_decay{decimal::from_micros(in.between(1, 60) * 1'000'000), 1s,
                              in.chance(50)};
    case 3: {
        lf::decay_table t{.points = {}, .interpolate = in.chance(50)};
        duration age = 0s;
        for (std::size_t n = 1 + in.below(4); n > 0; --n) {
            age += in.pick<duration>({1s, 5s, 30s, 60s});
            t.points.push_back({age, decimal::from_micros(in.between(0, 10) * 100'000)});
        }
        return t;
    }
    case 4:
        return lf::no_decay{};
    default:
        return lf::half_life{period};
    }
}

decimal points_of(source& in) {
    const auto p = in.pick<std::int64_t>({1, 5, 1'000'000, 3'000'000, 10'000'000, 10'000'001});
    return decimal::from_micros(in.chance(50) ? p : -p);
}

ticking make(std::uint64_t seed) {
    source in(seed, 77, 1);
    ticking w;
    auto& m = w.model;
    m.id = "ticking";
    m.decay_grid = in.pick<duration>({1s, 1s, 2s, 7s});
    const std::size_t rules = 1 + in.below(5);
    const std::size_t scores = 1 + in.below(2);
    std::vector<std::string> names;
    for (std::size_t s = 0; s < scores; ++s) {
        lf::score one{.id = "s" + std::to_string(s)};
        if (in.chance(25)) one.min = 0;
        if (in.chance(25)) one.max = 12;
        if (in.chance(30)) one.groups = {{.id = "g", .min = -3, .max = 7}};
        names.push_back(one.id);
        m.scores.push_back(one);
    }
    for (std::size_t r = 0; r < rules; ++r) {
        const auto& score = m.scores[in.below(scores)];
        const std::string type = "t" + std::to_string(r);
        m.touchpoints.push_back({.id = type});
        lf::occurrence rule{.id = "r" + std::to_string(r),
                            .score = score.id,
                            .on = lf::on(type),
                            .points = points_of(in)};
        if (!score.groups.empty() && in.chance(60)) rule.group = "g";
        rule.decay = decay_of(in);
        m.rules.push_back(rule);
    }
    if (in.chance(30))
        m.rules.push_back(lf::frequency{.id = "f",
                                        .score = "s0",
                                        .on = lf::on("t0"),
                                        .at_least = in.pick<std::int64_t>({2, 3}),
                                        .window = in.pick<duration>({30s, 100s}),
                                        .points = points_of(in)});
    if (in.chance(20))
        m.rules.push_back(lf::inactivity{.id = "i",
                                         .score = "s0",
                                         .on = lf::on("t0"),
                                         .after = 20s,
                                         .every = 15s,
                                         .times = in.between(2, 5),
                                         .while_idle = in.chance(50),
                                         .points = points_of(in),
                                         .decay = decay_of(in)});
    for (std::size_t d = in.below(3); d > 0; --d) {
        const auto& from = in.pick(names);
        lf::derived_score one{.id = "d" + std::to_string(d)};
        switch (in.below(5)) {
        case 0:
            one.from = lf::weighted_sum{{{from, 2}, {in.pick(names), -1}}, 1};
            break;
        case 1:
            one.from = lf::minimum_of{{from, in.pick(names)}};
            break;
        case 2:
            one.from = lf::maximum_of{{from, in.pick(names)}};
            break;
        case 3:
            one.from = lf::logistic{from, 3, 2, in.pick<std::int64_t>({100, -100})};
            break;
        default:
            one.from = lf::lookup{from, {{0, 4}, {1, 1}, {3, 9}}, 2};
        }
        if (std::get_if<lf::minimum_of>(&one.from) != nullptr && names.size() == 1)
            one.from = lf::lookup{from, {{0, 4}, {1, 1}, {3, 9}}, 2};
        if (in.chance(30)) one.max = 8;
        names.push_back(one.id);
        m.derived.push_back(one);
    }
    for (std::size_t b = 0; b < 2; ++b) {
        lf::banding one{.id = "b" + std::to_string(b), .score = in.pick(names)};
        one.bands = {{.id = "low"}};
        std::int64_t threshold = in.pick<std::int64_t>({-5'000'000, -1, 0, 1, 1'000'000});
        for (std::size_t n = 1 + in.below(3); n > 0; --n) {
            lf::band next{.id = "above" + std::to_string(n),
                          .enter = decimal::from_micros(threshold)};
            if (b == 0 && in.chance(50)) next.leave = decimal::from_micros(threshold - 1);
            one.bands.push_back(next);
            threshold += in.pick<std::int64_t>({2, 500'000, 4'000'000});
        }
        if (b == 0 && in.chance(40)) one.min_dwell = in.pick<duration>({1s, 10s, 1500ms, 60s});
        m.bandings.push_back(one);
    }
    const instant begin = lf::earliest_instant + 24h + duration{in.between(0, 2'000'000)};
    const std::size_t events = 1 + in.below(8);
    for (std::size_t e = 0; e < events; ++e)
        w.events.emplace_back(
            lf::touchpoint{.lead = "lead",
                           .at = begin + duration{in.between(0, 90) * 1'000'000 +
                                                  in.pick({0, 400'000}) + static_cast<int>(e)},
                           .type = "t" + std::to_string(in.below(rules))});
    w.end = begin + in.pick<duration>({100s, 300s});
    return w;
}

/// The first difference from a walk that visits every evaluation instant; or nothing. Counts its
/// comparisons.
std::string difference(const ticking& w, std::size_t& instants, std::size_t& news) {
    const lf::plan plan = lf::compile(w.model);
    const auto leads = lf::make_histories(w.events);
    const lf::scorer scorer(plan, leads);
    const auto all = reference::evaluation_instants(w.model, w.events, lf::always, w.end);
    if (all.empty()) return {};
    instants += all.size();
    const instant from = all.front() + (w.end - all.front()) / 4;
    for (std::size_t n = 0; n < plan.score_count(); ++n) {
        std::vector<lf::score_change> ours{{from, scorer.score_at(0, n, from)}};
        for (const instant t : all) {
            if (t <= from) continue;
            const auto v = scorer.score_at(0, n, t);
            if (v != ours.back().score) ours.push_back({t, v});
        }
        if (scorer.changes(0, n, from, w.end) != ours)
            return "changes of " + std::string{plan.score_name(n)};
    }
    lf::engine engine(plan);
    engine.apply(w.events);
    const instant now = engine.now();
    std::vector<instant> cool;
    for (const auto& b : w.model.bandings) cool.push_back(engine.cools_at("lead", b.id, w.end));
    engine.advance_to(w.end);
    for (std::size_t b = 0; b < w.model.bandings.size(); ++b) {
        const auto& banding = w.model.bandings[b];
        const auto score = plan.score(banding.score);
        const auto value_at = [&](instant at) -> std::optional<lf::points> {
            return scorer.score_at(0, score, at).value;
        };
        reference::band_fold fold{.of = &banding};
        std::vector<std::string> ours;
        instant cools = lf::never;
        for (auto next = all.begin();;) {
            // Ends of dwell times are evaluation instants of a banding, too.
            const bool is_dwell =
                fold.dwelt && *fold.dwelt <= w.end && (next == all.end() || *fold.dwelt < *next);
            if (!is_dwell && next == all.end()) break;
            const instant t = is_dwell ? *fold.dwelt : *next++;
            const auto before = fold.current;
            fold.go_to(t, value_at);
            if (scorer.band_at(0, b, t) != banding.bands[*fold.current].id)
                return banding.id + " at " + lf::to_string(t);
            if (fold.current == before) continue;
            if (t > now && cools == lf::never) cools = t;
            ours.push_back(lf::to_string(t) + " " + banding.bands[*fold.current].id);
        }
        news += ours.size();
        if (cool[b] != cools)
            return banding.id + " cools at " + lf::to_string(cools) + ", not " +
                   lf::to_string(cool[b]);
        std::vector<std::string> theirs;
        for (const auto& s : engine.signals(0, 100'000))
            if (s.subject == banding.id) theirs.push_back(lf::to_string(s.at) + " " + s.to);
        if (theirs != ours) {
            std::string both = "signals of " + banding.id + ":";
            for (const auto& line : theirs) both += "\n" + line;
            both += "\nreference:";
            for (const auto& line : ours) both += "\n" + line;
            return both;
        }
    }
    return {};
}

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
    const char* asked = std::getenv(variable); // NOLINT: tests are single-threaded
    return asked == nullptr ? otherwise : std::strtoull(asked, nullptr, 10);
}

} // namespace

TEST_CASE("ticks that are passed over change nothing") {
    const auto first = number("LEADFUNNEL_SEED", 1);
    const auto cases = number("LEADFUNNEL_CASES", 400);
    std::size_t instants = 0;
    std::size_t news = 0;
    for (auto seed = first; seed < first + cases; ++seed) {
        const auto w = make(seed);
        const auto found = difference(w, instants, news);
        if (found.empty()) continue;
        std::string events;
        for (const auto& e : w.events) {
            const auto& t = std::get<lf::touchpoint>(e);
            events += lf::to_string(t.at) + " " + t.type + "\n";
        }
        FAIL("seed " << seed << ": " << found << "\n"
                     << lf::write_model(w.model) << "\n"
                     << events);
    }
    CHECK(instants > 50 * cases);
    CHECK(news > cases);
}

TEST_CASE("a century of ticks of a second is passed over in some dozens of sums") {
    lf::model m{.id = "century"};
    m.decay_grid = 1s;
    m.touchpoints = {{.id = "visit"}, {.id = "bounce"}, {.id = "tick"}};
    m.scores = {{.id = "s"}};
    m.rules = {lf::occurrence{.id = "g", .score = "s", .on = lf::on("visit"), .points = 50},
               lf::occurrence{.id = "p",
                              .score = "s",
                              .on = lf::on("bounce"),
                              .points = -10,
                              .decay = lf::half_life{3 * 365 * 24h}},
               lf::occurrence{.id = "t",
                              .score = "s",
                              .on = lf::on("tick"),
                              .points = -1,
                              .decay = lf::step_decay{decimal::from_micros(100'000), 1s}}};
    lf::banding b{.id = "b", .score = "s"};
    b.bands = {
        {.id = "cold"}, {.id = "warm", .enter = 45}, {.id = "hot", .enter = 50, .leave = 48}};
    m.bandings = {b};
    const lf::plan plan = lf::compile(m);
    const instant t = lf::earliest_instant + 24h;
    const auto at = [&](const char* type) {
        return lf::event{lf::touchpoint{.lead = "l", .at = t, .type = type}};
    };
    const std::vector<lf::event> events{at("visit"), at("bounce"), at("tick")};
    const auto leads = lf::make_histories(events);
    const lf::scorer scorer(plan, leads);
    const instant end = t + 120 * 365 * 24h;
    lf::engine engine(plan);
    engine.apply(events);
    const instant warm = engine.cools_at("l", "b", end);
    CHECK(scorer.score_at(0, 0, warm).value >= 45);
    CHECK(scorer.score_at(0, 0, warm - 1s).value < 45);
    engine.advance_to(end);
    std::vector<instant> told;
    for (const auto& s : engine.signals())
        if (s.at > t) told.push_back(s.at);
    REQUIRE(told.size() == 2);
    CHECK(told[0] == warm);
    CHECK(scorer.score_at(0, 0, told[1]).value == 50);
    CHECK(scorer.score_at(0, 0, told[1] - 1s).value < 50);
    CHECK(scorer.band_at(0, 0, told[1]) == "hot");
    CHECK(scorer.band_at(0, 0, told[1] - 1s) == "warm");
    // Nothing can change any more: a year takes one step.
    CHECK(scorer.changes(0, 0, end, end + 365 * 24h).size() == 1);
}
