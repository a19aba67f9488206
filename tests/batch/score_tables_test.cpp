// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Scores of tables are those of the histories of the tables, whether touchpoints are stored on the
// way or not.

#include "catch.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using std::chrono::days;
using std::chrono::hours;

namespace {

constexpr lf::instant start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

/// More leads than are grouped at once, in random order; several touchpoints share an instant.
struct world {
    static constexpr std::size_t leads = 5'000;
    static constexpr std::size_t rows = 40'000;

    std::vector<std::string> names{};
    std::vector<std::string> roles{};
    std::vector<std::uint32_t> who{};
    std::vector<lf::instant> at{};
    std::vector<std::string> types{"a", "b", "c", "b"}; // a dictionary with a duplicate
    std::vector<std::uint8_t> what{};
    std::vector<double> seconds{};
    std::vector<std::string> ids{};

    world() {
        std::mt19937_64 r{3};
        for (std::size_t i = 0; i < leads; ++i) {
            names.push_back("lead " + std::to_string(i * 7 % leads));
            roles.emplace_back(r() % 3 == 0 ? "student" : r() % 2 == 0 ? "buyer" : "");
        }
        for (std::size_t i = 0; i < rows; ++i) {
            who.push_back(static_cast<std::uint32_t>(r() % 10 == 0 ? r() % 5 : r() % leads));
            at.push_back(start + hours{static_cast<std::int64_t>(r() % 2'000)});
            what.push_back(static_cast<std::uint8_t>(r() % 4));
            seconds.push_back(static_cast<double>(r() % 100));
            ids.push_back(std::to_string(r() % 20'000));
        }
    }
    [[nodiscard]] lf::leads_table leads_table() const {
        return {{{"lead", std::span{names}.first(leads / 2)},
                 {"role", std::span{roles}.first(leads / 2)}}};
    }
    [[nodiscard]] lf::touchpoints_table touchpoints() const {
        return {{{"lead", lf::coded_texts{who, names}},
                 {"at", at},
                 {"type", lf::coded_texts{what, types}},
                 {"value", seconds}}};
    }
};

lf::model additive() {
    lf::model m{.id = "additive",
                .attributes = {{.id = "role"}},
                .touchpoints = {{.id = "a"}, {.id = "b"}, {.id = "c"}},
                .scores = {{.id = "s", .min = -20, .max = 90, .groups = {{.id = "g", .max = 30}}},
                           {.id = "t"}}};
    const auto award = [](std::string id, std::string type, lf::points points,
                          lf::decay_curve decay) {
        return lf::occurrence{.id = std::move(id),
                              .score = "s",
                              .on = lf::on(std::move(type)),
                              .points = points,
                              .decay = std::move(decay)};
    };
    auto grouped = award("2", "a", 5, lf::half_life{days{20}});
    grouped.group = "g";
    auto other = award("5", "b", 4, lf::expiry{days{10}});
    other.score = "t";
    m.rules = {
        award("1", "a", 3, lf::half_life{days{20}}),
        grouped,
        award("3", "b", -2, {}),
        award("4", "c", 7, lf::linear_decay{days{40}}),
        other,
        lf::attribute_rule{
            .id = "6", .score = "s", .when = lf::attribute("role").equals("buyer"), .points = 11}};
    m.derived = {{.id = "d", .from = lf::weighted_sum{{{"s", 0.5}, {"t", 2}}}}};
    m.exclusions = {{.id = "x", .when = lf::attribute("role").equals("student"), .scores = {"t"}}};
    m.bandings = {
        {.id = "b",
         .score = "d",
         .bands = {{.id = "cold"}, {.id = "warm", .enter = 5}, {.id = "hot", .enter = 9}}}};
    return m;
}

void compare(const lf::model& m, const lf::leads_table& leads, const lf::touchpoints_table& applied,
             const std::vector<lf::instant>& at = {start + hours{1'500}}) {
    const lf::plan p = lf::compile(m);
    const auto h = lf::make_histories(leads, applied, p);
    const auto expected = lf::score_all(lf::scorer{p, h}, at);
    for (const unsigned threads : {1U, 2U}) {
        const auto scored = lf::score_tables(p, leads, applied, at, {.threads = threads}).value();
        CHECK(scored.scores() == expected);
        REQUIRE(scored.size() == h.size());
        for (std::size_t i = 0; i < h.size(); ++i) {
            REQUIRE(scored.lead_id(i) == h.lead_id(i));
            REQUIRE(scored.find(h.lead_id(i)) == i);
        }
    }
}

} // namespace

TEST_CASE("independent touchpoints are summed as they are read") {
    const world w;
    compare(additive(), w.leads_table(), w.touchpoints());
    compare(additive(), {}, w.touchpoints());
    CHECK(lf::score_tables(lf::compile(additive()), {}, w.touchpoints(), start).size() > 4'000);
}

TEST_CASE("other models and tables are scored by histories") {
    const world w;
    auto limited = additive();
    std::get<lf::occurrence>(limited.rules[0]).limits = {lf::once()};
    compare(limited, w.leads_table(), w.touchpoints());
    compare(additive(), w.leads_table(), w.touchpoints(),
            {start + hours{900}, start, start + hours{1'900}});

    SECTION("duplicate rows") {
        auto applied = w.touchpoints();
        applied.columns.push_back({"id", w.ids});
        const auto once = lf::score_tables(lf::compile(additive()), {}, applied, start + days{90});
        const auto twice =
            lf::score_tables(lf::compile(additive()), {}, w.touchpoints(), start + days{90});
        CHECK_FALSE(once.scores() == twice.scores());
        compare(additive(), w.leads_table(), applied);
    }
    SECTION("facts that change") {
        const std::vector<std::string> who{"lead 1", "lead 1"};
        const std::vector<std::string> roles{"buyer", "student"};
        const std::vector<lf::instant> from{start, start + hours{1'000}};
        compare(additive(), {{{"lead", who}, {"role", roles}, {"at", from}}}, w.touchpoints());
    }
    SECTION("points that sums cannot hold") {
        auto huge = additive();
        for (auto& r : huge.rules)
            if (auto* o = std::get_if<lf::occurrence>(&r)) o->points = 1'000'000'000;
        huge.scores[0].max.reset();
        compare(huge, w.leads_table(), w.touchpoints());
    }
}

TEST_CASE("issues of tables are thrown, however they are scored") {
    world w;
    w.at[12'345] = lf::instant::min();
    const lf::plan p = lf::compile(additive());
    CHECK_THROWS_AS(lf::score_tables(p, w.leads_table(), w.touchpoints(), start), lf::table_error);
    CHECK_THROWS_AS(lf::score_tables(p, {}, {}, start), lf::table_error);
    const std::vector at{start};
    w.at[12'345] = start;
    CHECK_FALSE(lf::score_tables(p, {}, w.touchpoints(), at,
                                 {.threads = 1, .progress = [](auto, auto) { return false; }}));
}
