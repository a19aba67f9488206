// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Bounds of scores against the scores themselves: in random models whose points decay in every way,
// are capped by bounds, and are inputs of derived scores.

#include "catch.hpp"

#include <leadfunnel/engine/detail/engine_access.hpp>
#include <leadfunnel/engine/detail/live_engine.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::days day{1};

class maker {
  public:
    explicit maker(std::mt19937_64& r) : random_(r) {}

    std::int64_t below(std::int64_t n) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
    }
    bool one_in(std::int64_t n) { return below(n) == 0; }

    lf::decay_curve decay(std::size_t half_lives) {
        switch (below(9)) {
        case 0:
            return lf::linear_decay{day * (1 + below(30))};
        case 1:
            return lf::decay_table{.points = {{day * 2, lf::decimal::from_micros(below(1'000'001))},
                                              {day * 9, lf::decimal::from_micros(below(1'000'001))},
                                              {day * 30, 0}},
                                   .interpolate = !one_in(3)};
        case 2:
            return lf::step_decay{.percent = 20, .every = day * 3, .compound = one_in(2)};
        case 3:
            return one_in(2) ? lf::decay_curve{lf::no_decay{}} : lf::expiry{day * 10};
        default:
            return lf::half_life{day * (1 + 3 * below(static_cast<std::int64_t>(half_lives)))};
        }
    }
    std::optional<lf::decimal> bound(std::int64_t low, std::int64_t high) {
        if (one_in(2)) return std::nullopt;
        return lf::decimal::from_micros(low * 1'000'000 + below((high - low) * 1'000'000));
    }

    lf::model model() {
        lf::model m{.id = "ranks", .version = "1"};
        for (const char* t : {"a", "b", "c", "d"})
            m.touchpoints.push_back({.id = t, .value = "amount"});
        for (const char* s : {"x", "y"})
            m.scores.push_back(
                {.id = s,
                 .min = bound(-40, 0),
                 .max = bound(1, 90),
                 .groups = {{.id = "g", .min = bound(-30, 0), .max = bound(1, 40)},
                            {.id = "h", .min = bound(-10, 10), .max = bound(11, 20)}}});
        const std::size_t half_lives = one_in(6) ? 16 : one_in(3) ? 1 : 3;
        const bool only_gives = one_in(2);
        for (int i = 0; i < 9; ++i) {
            const std::string on(1, static_cast<char>('a' + below(4)));
            lf::decimal points =
                lf::decimal::from_micros(1 + below(one_in(5) ? 400'000'000 : 30'000'000));
            if (!only_gives && one_in(3)) points = -points;
            m.rules.push_back(lf::occurrence{.id = "r" + std::to_string(i),
                                             .score = one_in(3) ? "y" : "x",
                                             .group = one_in(3)   ? ""
                                                      : one_in(2) ? "g"
                                                                  : "h",
                                             .on = lf::on(on),
                                             .points = points,
                                             .decay = decay(half_lives)});
        }
        m.rules.push_back(lf::frequency{.id = "often",
                                        .score = "x",
                                        .group = "g",
                                        .on = lf::on("b"),
                                        .at_least = 2,
                                        .window = 7 * day,
                                        .points = 12});
        m.derived = {
            {.id = "sum",
             .from = lf::weighted_sum{.terms = {{"x", lf::decimal::from_micros(700'000)},
                                                {"y", lf::decimal::from_micros(-1'300'000)}},
                                      .plus = 5},
             .min = bound(-90, 0),
             .max = bound(1, 60)},
            {.id = "least", .from = lf::minimum_of{{"x", "y"}}},
            {.id = "most", .from = lf::maximum_of{{"x", "y", "sum"}}, .max = bound(1, 50)},
            {.id = "chance", .from = lf::logistic{.score = "sum", .midpoint = 10, .spread = 7}},
            {.id = "grade",
             .from = lf::lookup{.score = "chance",
                                .steps = {{lf::decimal::from_micros(200'000), 1},
                                          {lf::decimal::from_micros(400'000), one_in(2) ? 5 : 2},
                                          {lf::decimal::from_micros(700'000), 3}}}},
            {.id = "over", .from = lf::weighted_sum{.terms = {{"chance", 30}, {"x", 1}}}}};
        return m;
    }

  private:
    std::mt19937_64& random_;
};

} // namespace

TEST_CASE("bounds of scores hold at every instant, and rank leads as evaluating all does") {
    std::mt19937_64 random{3};
    maker make{random};
    std::size_t known = 0;
    std::size_t asked = 0;
    for (int round = 0; round < 120; ++round) {
        const auto plan = lf::compile(make.model());
        std::vector<std::string> scores;
        for (std::size_t s = 0; s < plan.score_count(); ++s)
            scores.emplace_back(plan.score_name(s));
        lf::engine kept{plan, {.ranked = scores}};
        lf::engine plain{plan};
        lf::instant now = lf::instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
        for (int i = 0; i < 120; ++i) {
            now += std::chrono::minutes{make.below(make.one_in(9) ? 40'000 : 900)};
            const lf::event e =
                lf::touchpoint{.lead = "L" + std::to_string(make.below(12)),
                               .at = make.one_in(12) ? now - 30h : now,
                               .type = std::string(1, static_cast<char>('a' + make.below(4)))};
            kept.apply(e);
            plain.apply(e);
            if (i % 20 != 19) continue;
            const auto& live = lf::detail::engine_access::of(kept);
            for (const auto span : {0h, 1h, 24h, 24h * 9, 24h * 200}) {
                const auto t = kept.now() + span + std::chrono::microseconds{make.below(3'000'000)};
                for (std::size_t s = 0; s < scores.size(); ++s) {
                    INFO(scores[s] << " in round " << round << " at " << lf::to_string(t));
                    const auto* ranks = live.ranks(s);
                    REQUIRE(ranks != nullptr);
                    for (std::uint32_t n = 0; n < live.leads().size(); ++n) {
                        const auto bounds = ranks->known(n, t);
                        ++asked;
                        if (!bounds) continue;
                        ++known;
                        const auto exact = plain.score(live.leads()[n].id, scores[s], t).value;
                        INFO(live.leads()[n].id << " " << bounds->low << " " << bounds->high);
                        REQUIRE(bounds->low <= exact.micros());
                        REQUIRE(bounds->high >= exact.micros());
                    }
                    REQUIRE(kept.top(scores[s], 5, t) == plain.top(scores[s], 5, t));
                    REQUIRE(kept.nth(scores[s], 4, t) == plain.nth(scores[s], 4, t));
                    const auto& lead =
                        live.leads()[static_cast<std::size_t>(make.below(
                                         static_cast<std::int64_t>(live.leads().size())))]
                            .id;
                    REQUIRE(kept.rank(lead, scores[s], t) == plain.rank(lead, scores[s], t));
                }
            }
        }
    }
    CHECK(known * 5 > asked * 2); // after 9 and 200 days most have to be evaluated
}
