// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Awards that depend on nothing but their touchpoint are summed by column, without walking. What
// that gives is what the walk gives, lead by lead.

#include "catch.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <chrono>
#include <random>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using std::chrono::days;
using std::chrono::hours;

namespace {

constexpr lf::instant start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

lf::occurrence award(std::string id, std::string type, lf::points points, lf::decay_curve decay) {
    return {.id = std::move(id),
            .score = "s",
            .on = lf::on(std::move(type)),
            .points = points,
            .decay = std::move(decay)};
}

/// Nothing but additive rules: two scores, groups, decays of several shapes, one kind twice.
lf::model bare() {
    lf::model m{.id = "bare",
                .attributes = {{.id = "role"}},
                .touchpoints = {{.id = "a"}, {.id = "b"}, {.id = "c"}},
                .scores = {{.id = "s",
                            .min = -20,
                            .max = 90,
                            .groups = {{.id = "g", .min = -5, .max = 30}, {.id = "h"}}},
                           {.id = "t"}}};
    m.rules = {award("1", "a", 3, lf::half_life{days{20}}),
               award("2", "a", 5, lf::half_life{days{20}}), award("3", "b", -2, {}),
               award("4", "c", 7, lf::linear_decay{days{40}}),
               award("5", "b", 4, lf::expiry{days{10}})};
    std::get<lf::occurrence>(m.rules[0]).group = "g";
    std::get<lf::occurrence>(m.rules[3]).group = "g";
    std::get<lf::occurrence>(m.rules[2]).group = "h";
    std::get<lf::occurrence>(m.rules[4]).score = "t";
    return m;
}

/// Leads of 0 to 15 touchpoints, and a busy one whose sums would not fit.
lf::histories histories() {
    std::mt19937_64 r{5};
    lf::history_builder b;
    const std::vector kinds{b.kind({.type = "a"}), b.kind({.type = "b"}), b.kind({.type = "c"})};
    const auto role = b.attribute("role");
    for (int i = 0; i < 400; ++i) {
        const auto lead = b.lead(std::to_string(i));
        if (r() % 3 == 0) b.set(lead, role, std::string{r() % 2 == 0 ? "buyer" : "student"});
        const std::size_t n = i == 77 ? 5'000 : r() % 16;
        for (std::size_t k = 0; k < n; ++k)
            b.add_touchpoint(lead, start + hours{static_cast<std::int64_t>(r() % 3'000)},
                             kinds[r() % 3]);
    }
    return b.build();
}

void compare(const lf::model& m) {
    static const lf::histories h = histories();
    const lf::scorer s{lf::compile(m), h};
    const std::vector all{start + hours{1'000}, start + hours{4'000}, start - hours{1},
                          start + hours{2'000}, start + hours{1'000}};
    for (std::size_t instants = 1; instants <= all.size(); ++instants) {
        const std::vector at(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(instants));
        const auto table = lf::score_all(s, at, {.threads = 2}).value();
        CHECK(table == lf::score_all(s, at, {.threads = 1}).value());
        for (std::size_t lead = 0; lead < h.size(); ++lead) {
            for (std::size_t i = 0; i < at.size(); ++i) {
                for (std::size_t k = 0; k < s.used_plan().score_count(); ++k)
                    REQUIRE(table.at(k, lead, i) == s.score_at(lead, k, at[i]));
                for (std::size_t k = 0; k < m.bandings.size(); ++k)
                    REQUIRE(table.band(k, lead, i) == s.band_at(lead, k, at[i]));
            }
        }
    }
}

} // namespace

TEST_CASE("models with only additive awards: sums by column equal walks") { compare(bare()); }

TEST_CASE("models with other rules too: the others are walked") {
    auto m = bare();
    SECTION("state rules") {
        m.rules.emplace_back(lf::attribute_rule{
            .id = "6", .score = "t", .when = lf::attribute("role").equals("buyer"), .points = 11});
        m.rules.emplace_back(
            lf::frequency{.id = "7", .score = "s", .on = lf::on("a"), .at_least = 3, .points = 9});
    }
    SECTION("exclusions, derived scores, and bands without memory") {
        m.exclusions = {
            {.id = "students", .when = lf::attribute("role").equals("student"), .scores = {"s"}}};
        m.derived = {{.id = "sum", .from = lf::weighted_sum{.terms = {{"s", 1}, {"t", 2}}}}};
        m.bandings = {
            {.id = "b",
             .score = "sum",
             .bands = {{.id = "cold"}, {.id = "warm", .enter = 10}, {.id = "hot", .enter = 30}}}};
    }
    SECTION("awards that are walked") {
        m.rules.emplace_back(lf::occurrence{
            .id = "8", .score = "t", .on = lf::on("a"), .points = 6, .limits = {lf::per_week(1)}});
        m.rules.emplace_back(lf::inactivity{
            .id = "9", .score = "s", .on = lf::on("b"), .after = days{9}, .points = -4});
    }
    SECTION("a reset and a freeze of one of the scores") {
        m.resets = {{.id = "10", .on = lf::on("c"), .scores = {"t"}}};
        m.freezes = {
            {.id = "11", .when = lf::attribute("role").equals("student"), .scores = {"t"}}};
    }
    SECTION("points at the end of their range") {
        std::get<lf::occurrence>(m.rules[4]).points = lf::points{1e9};
        std::get<lf::occurrence>(m.rules[4]).decay = {};
    }
    compare(m);
}

TEST_CASE("tables with different numbers are different") {
    const auto h = histories();
    const lf::scorer s{lf::compile(bare()), h};
    const auto table = lf::score_all(s, start + hours{1'000});
    CHECK(table == lf::score_all(s, start + hours{1'000}));
    CHECK_FALSE(table == lf::score_all(s, start + hours{1'001}));
    auto other = bare();
    std::get<lf::occurrence>(other.rules[4]).points = 1;
    CHECK_FALSE(table == lf::score_all(lf::scorer{lf::compile(other), h}, start + hours{1'000}));
    const auto none = lf::history_builder{}.build();
    CHECK_FALSE(table ==
                lf::score_all(lf::scorer{lf::compile(bare()), none}, start + hours{1'000}));
}
