// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The reference itself. Every expected number is worked out by hand in a comment, and general laws
// of scores are checked in random worlds. Without this, scorer and reference could share a mistake.

#include "catch.hpp"

#include "arbitrary.hpp"
#include "generators.hpp"
#include "reference/reference.hpp"

#include <leadfunnel/history/event.hpp>
#include <leadfunnel/plan/check.hpp>
#include <leadfunnel/plan/decay.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace lf = leadfunnel;
using generators::day;
using lf::decimal;
using lf::duration;
using lf::instant;
using namespace std::chrono_literals;
using events = std::vector<lf::event>;

/// Day n of the tests, at midnight UTC; day 0 is Wednesday, 1 January 2025.
instant on_day(std::int64_t n) { return generators::at(2025, 1, 1) + n * day; }

lf::event visit(instant t, std::optional<decimal> value = {}, std::string url = {}) {
    lf::touchpoint p{.lead = "lead", .at = t, .type = "visit", .value = value};
    if (!url.empty()) p.properties["url"] = std::move(url);
    return p;
}
lf::event touch(instant t, std::string type) {
    return lf::touchpoint{.lead = "lead", .at = t, .type = std::move(type)};
}
lf::event fact(instant t, std::string name, lf::value v) {
    return lf::attributes{.lead = "lead", .at = t, .values = {{std::move(name), std::move(v)}}};
}
lf::event enters(instant t, std::string stage) {
    return lf::stage_entry{.lead = "lead", .at = t, .funnel = "sales", .stage = std::move(stage)};
}

lf::model with(std::vector<lf::rule> rules) {
    lf::model m{.id = "manual"};
    m.attributes = {{.id = "industry"},
                    {.id = "opted_out", .type = lf::value_type::boolean},
                    {.id = "created", .type = lf::value_type::timestamp}};
    m.properties = {{.id = "url"}};
    m.touchpoints = {{"visit", "seconds"}, {"download"}, {"seminar"}};
    m.funnels = {{.id = "sales", .stages = {{.id = "mql"}, {.id = "lost"}}}};
    m.scores = {{.id = "s"}};
    m.rules = std::move(rules);
    return m;
}

/// Score `s` (or another) at t as text; "absent" if it is absent.
std::string at(const lf::model& m, const events& applied, instant t, std::string_view id = "s") {
    const auto r = reference::score_at(m, applied, id, t);
    return r.value ? lf::to_string(*r.value) : "absent";
}

std::vector<reference::refusal> refusals(const lf::model& m, const events& applied, instant t) {
    std::vector<reference::refusal> why;
    for (const auto& r : reference::score_at(m, applied, "s", t).refusals) why.push_back(r.why);
    return why;
}

lf::occurrence per_visit(decimal points) {
    return {.id = "visits", .score = "s", .on = lf::on("visit"), .points = points};
}

} // namespace

// ---- state rules --------------------------------------------------------------------------------

TEST_CASE("an attribute rule gives its points while its condition holds") {
    const auto m = with({lf::attribute_rule{
        .id = "r", .score = "s", .when = lf::attribute("industry").equals("Food"), .points = 7}});
    const events applied{fact(on_day(1), "industry", "ＦＯＯＤ"), fact(on_day(3), "industry", {})};
    CHECK(at(m, applied, on_day(1) - 1us) == "0");
    CHECK(at(m, applied, on_day(1)) == "7"); // compared after folding
    CHECK(at(m, applied, on_day(3) - 1us) == "7");
    CHECK(at(m, applied, on_day(3)) == "0"); // null unsets
    CHECK(at(m, {fact(lf::always, "industry", "food")}, on_day(-9999)) == "7");
}

TEST_CASE("comparisons of what is missing are false, and their negations true") {
    const auto points = [](const lf::condition& c, const events& applied) {
        return at(with({lf::attribute_rule{.id = "r", .score = "s", .when = c, .points = 1}}),
                  applied, on_day(10));
    };
    const auto industry = lf::attribute("industry");
    CHECK(points(industry.equals("Food"), {}) == "0");
    CHECK(points(industry.not_equals("Food"), {}) == "0");
    CHECK(points(!industry.equals("Food"), {}) == "1");
    CHECK(points(industry.exists(false), {}) == "1");
    CHECK(points(lf::current_stage("sales").not_equals("mql"), {}) == "0");
    CHECK(points(lf::times_entered("sales", "mql").at_most(lf::value{0.0}), {}) == "1");
    CHECK(points(lf::score_at_entry("sales", "mql", "s").at_most(lf::value{9.0}),
                 {enters(on_day(1), "mql")}) == "0");
    CHECK(points(lf::all({}), {}) == "1");
    CHECK(points(lf::any({}), {}) == "0");
}

TEST_CASE("ages are compared to the microsecond") {
    const auto m =
        with({lf::attribute_rule{.id = "old",
                                 .score = "s",
                                 .when = lf::attribute("created").age().greater(2 * day),
                                 .points = 1},
              lf::attribute_rule{.id = "not_new",
                                 .score = "s",
                                 .when = lf::attribute("created").age().at_least(2 * day),
                                 .points = 10}});
    const events applied{fact(on_day(5), "created", on_day(4))};
    CHECK(at(m, applied, on_day(6) - 1us) == "0");
    CHECK(at(m, applied, on_day(6)) == "10");
    CHECK(at(m, applied, on_day(6) + 1us) == "11");
    // two thresholds a microsecond apart, and the event
    CHECK(reference::evaluation_instants(m, applied, lf::always, on_day(99)) ==
          std::vector<instant>{on_day(5), on_day(6), on_day(6) + 1us});
}

TEST_CASE("a frequency is measured in a half-open window") {
    lf::frequency r{.id = "r",
                    .score = "s",
                    .on = lf::on("visit"),
                    .at_least = 2,
                    .window = 3 * day,
                    .points = 5};
    const events applied{visit(on_day(1), 20, "/a"), visit(on_day(2), 50, "/A"), visit(on_day(9))};
    CHECK(at(with({r}), applied, on_day(2) - 1us) == "0");
    CHECK(at(with({r}), applied, on_day(2)) == "5");
    CHECK(at(with({r}), applied, on_day(4) - 1us) == "5");
    CHECK(at(with({r}), applied, on_day(4)) == "0"); // (1, 4] has lost day 1

    r.measure = lf::frequency_measure::sum; // 20 + 50 = 70
    r.at_least = 70;
    CHECK(at(with({r}), applied, on_day(2)) == "5");
    r.at_least = decimal::from_micros(70'000'001);
    CHECK(at(with({r}), applied, on_day(2)) == "0");

    r.measure = lf::frequency_measure::distinct; // /a and /A are equal; the third has no value
    r.property = "url";
    r.window.reset();
    r.at_least = 1;
    CHECK(at(with({r}), applied, on_day(9)) == "5");
    r.at_least = 2;
    CHECK(at(with({r}), applied, on_day(9)) == "0");
}

TEST_CASE("recency goes by the last match") {
    const auto m = with({lf::recency{.id = "r",
                                     .score = "s",
                                     .on = lf::on("visit"),
                                     .bins = {{7 * day, 10}, {30 * day, 4}},
                                     .otherwise = -2,
                                     .if_never = -5}});
    const events applied{visit(on_day(0)), visit(on_day(5))};
    CHECK(at(m, applied, on_day(0) - 1us) == "-5");
    CHECK(at(m, applied, on_day(0)) == "10");
    CHECK(at(m, applied, on_day(12) - 1us) == "10");
    CHECK(at(m, applied, on_day(12)) == "4");
    CHECK(at(m, applied, on_day(35) - 1us) == "4");
    CHECK(at(m, applied, on_day(35)) == "-2");
    // 0 + 7 days is no edge: day 5 came in between
    CHECK(reference::evaluation_instants(m, applied, lf::always, on_day(99)) ==
          std::vector<instant>{on_day(0), on_day(5), on_day(12), on_day(35)});
}

// ---- award rules --------------------------------------------------------------------------------

TEST_CASE("an occurrence awards for each match") {
    CHECK(at(with({per_visit(3)}),
             {visit(on_day(1)), touch(on_day(2), "download"), visit(on_day(3))}, on_day(3)) == "6");

    auto r = per_visit(0);
    r.per_value = 0.1;
    r.min_points = 1;
    r.max_points = 4;
    // 0.1 × 25 = 2.5; 0.1 × 3 → at least 1; 0.1 × 99 → at most 4; nothing without a value: 7.5
    const events applied{visit(on_day(1), 25), visit(on_day(1), 3), visit(on_day(1), 99),
                         visit(on_day(1))};
    CHECK(at(with({r}), applied, on_day(1)) == "7.5");
    // 0.000001 × 0.5 = 0.0000005, half away from zero
    r.per_value = decimal::from_micros(-1);
    r.min_points.reset();
    CHECK(at(with({r}), {visit(on_day(1), 0.5)}, on_day(1)) == "-0.000001");
}

TEST_CASE("a chain takes its steps as late as it must, and chains do not overlap") {
    lf::sequence r{.id = "r",
                   .score = "s",
                   .steps = {lf::on("visit"), lf::on("download")},
                   .within = 3 * day,
                   .points = 5};
    // The first visit is 3 days before the download, which is too early; the second is 2 before.
    CHECK(at(with({r}), {visit(on_day(0)), touch(on_day(3), "download")}, on_day(9)) == "0");
    CHECK(at(with({r}), {visit(on_day(0)), touch(on_day(3) - 1us, "download")}, on_day(9)) == "5");
    CHECK(at(with({r}), {visit(on_day(0)), visit(on_day(1)), touch(on_day(3), "download")},
             on_day(9)) == "5");
    // v v d d: the first sequence leaves no visit for the second download
    CHECK(at(with({r}),
             {visit(on_day(0)), visit(on_day(0) + 1h), touch(on_day(1), "download"),
              touch(on_day(1) + 1h, "download")},
             on_day(9)) == "5");
    // v d v d: two sequences
    CHECK(at(with({r}),
             {visit(on_day(0)), touch(on_day(1), "download"), visit(on_day(1) + 1h),
              touch(on_day(2), "download")},
             on_day(9)) == "10");
    // A touchpoint is one step, and the last of a sequence is not the first of the next. So three
    // visits make one sequence visit-visit, and one visit is left.
    r.steps = {lf::on("visit"), lf::on("visit")};
    CHECK(at(with({r}), {visit(on_day(0)), visit(on_day(1)), visit(on_day(2))}, on_day(9)) == "5");
}

TEST_CASE("a strict chain lets nothing of its scope between its steps") {
    lf::sequence r{.id = "r",
                   .score = "s",
                   .steps = {lf::on("visit"), lf::on("download")},
                   .within = 9 * day,
                   .strict = true,
                   .points = 5};
    const events applied{visit(on_day(0)), touch(on_day(1), "seminar"),
                         touch(on_day(2), "download")};
    CHECK(at(with({r}), applied, on_day(3)) == "0");
    r.scope = lf::on("visit");
    CHECK(at(with({r}), applied, on_day(3)) == "5");
    r.strict = false;
    CHECK(at(with({r}), applied, on_day(3)) == "5");
}

TEST_CASE("a chain that is refused is used up all the same") {
    lf::sequence r{.id = "r",
                   .score = "s",
                   .steps = {lf::on("visit"), lf::on("download")},
                   .within = 9 * day,
                   .points = 5};
    r.cooldown = 2 * day;
    // v d: granted on day 1. v d: refused on day 2; its visit does not count for the download of
    // day 4.
    const events applied{visit(on_day(0)), touch(on_day(1), "download"), visit(on_day(1) + 1h),
                         touch(on_day(2), "download"), touch(on_day(4), "download")};
    CHECK(at(with({r}), applied, on_day(9)) == "5");
    CHECK(refusals(with({r}), applied, on_day(9)) ==
          std::vector<reference::refusal>{reference::refusal::cooldown});
}

TEST_CASE("a return follows silence, and the first touchpoint is none") {
    lf::return_rule r{
        .id = "r", .score = "s", .on = lf::on("visit"), .after = 30 * day, .points = 8};
    const events applied{visit(on_day(0)), touch(on_day(20), "seminar"), visit(on_day(50) - 1us),
                         visit(on_day(80))};
    // gaps before the visits of day 50 and 80: 30 days − 1 µs since the seminar; 30 days + 1 µs
    CHECK(at(with({r}), applied, on_day(0)) == "0");
    CHECK(at(with({r}), applied, on_day(60)) == "0");
    CHECK(at(with({r}), applied, on_day(80)) == "8");
    r.silence_of = lf::on("visit"); // the seminar does not break the silence: 50 days
    CHECK(at(with({r}), applied, on_day(60)) == "8");
    r.after = 50 * day;
    CHECK(at(with({r}), applied, on_day(60)) == "0");
}

TEST_CASE("inactivity awards at exact instants until something happens") {
    lf::inactivity r{.id = "r",
                     .score = "s",
                     .on = lf::on("visit"),
                     .after = 10 * day,
                     .every = 5 * day,
                     .times = 3,
                     .points = -2};
    // from the first event, a fact: day 11, 16, 21, and no fourth; `always` facts do not count
    const events quiet{fact(lf::always, "industry", "Food"), fact(on_day(1), "industry", "Food")};
    CHECK(at(with({r}), quiet, on_day(11) - 1us) == "0");
    CHECK(at(with({r}), quiet, on_day(11)) == "-2");
    CHECK(at(with({r}), quiet, on_day(16)) == "-4");
    CHECK(at(with({r}), quiet, on_day(500)) == "-6");
    CHECK(at(with({r}), {fact(lf::always, "industry", "Food")}, on_day(500)) == "0");
    CHECK(reference::evaluation_instants(with({r}), quiet, on_day(2), on_day(99)) ==
          std::vector<instant>{on_day(11), on_day(16), on_day(21)});

    // a visit at the instant of the second award cancels it, and time starts again
    events visited = quiet;
    visited.push_back(visit(on_day(16)));
    CHECK(at(with({r}), visited, on_day(16)) == "-2");
    CHECK(at(with({r}), visited, on_day(26)) == "-4");

    r.while_idle = true;
    CHECK(at(with({r}), visited, on_day(16) - 1us) == "-2");
    CHECK(at(with({r}), visited, on_day(16)) == "0");
    CHECK(at(with({r}), visited, on_day(26)) == "-2");
}

// ---- limits and cooldowns -----------------------------------------------------------------------

TEST_CASE("limits by rolling, calendar and life count granted awards") {
    auto r = per_visit(1);
    const events applied{visit(on_day(0)), visit(on_day(1)), visit(on_day(2)), visit(on_day(3))};
    r.limits = {{.at_most = 2, .rolling = 2 * day}};
    // day 2: (0, 2] holds day 1 alone, so granted; day 3: (1, 3] holds day 2: all four
    CHECK(at(with({r}), applied, on_day(9)) == "4");
    r.limits = {{.at_most = 1, .rolling = 2 * day}};
    CHECK(at(with({r}), applied, on_day(9)) == "2"); // days 0 and 2
    r.limits = {{.at_most = 3}};
    CHECK(at(with({r}), applied, on_day(999)) == "3");

    r.limits = {lf::per_week(1)};
    // day 0 is a Wednesday; day 5 is Monday
    const events weeks{visit(on_day(0)), visit(on_day(5) - 1us), visit(on_day(5))};
    CHECK(at(with({r}), weeks, on_day(9)) == "2");
    auto tokyo = with({r});
    tokyo.time_zone = "Asia/Tokyo"; // nine hours ahead: a microsecond before is Monday too
    CHECK(at(tokyo, weeks, on_day(9)) == "2");
    CHECK(at(tokyo, {visit(on_day(5) - 9h), visit(on_day(5))}, on_day(9)) == "1");
    CHECK(at(tokyo, {visit(on_day(5) - 9h - 1us), visit(on_day(5))}, on_day(9)) == "2");
}

TEST_CASE("calendar days follow changed clocks") {
    auto r = per_visit(1);
    r.limits = {lf::per_day(1)};
    auto m = with({r});
    m.time_zone = "America/New_York";
    // 9 March 2025 has 23 hours there: 05:00Z to 04:00Z
    const instant begin = generators::at(2025, 3, 9) + 5h;
    CHECK(at(m, {visit(begin), visit(begin + 23h - 1us)}, begin + 9 * day) == "1");
    CHECK(at(m, {visit(begin), visit(begin + 23h)}, begin + 9 * day) == "2");
}

TEST_CASE("limits by points refuse what would exceed them, whole") {
    auto r = per_visit(0);
    r.per_value = -1;
    r.limits = {{.at_most_points = 10}};
    // |−6| ≤ 10 granted; 6 + 5 > 10 refused; 6 + 4 = 10 granted; 10 + 1 refused; 0 granted
    const events applied{visit(on_day(1), 6), visit(on_day(2), 5), visit(on_day(3), 4),
                         visit(on_day(4), 1), visit(on_day(5), 0)};
    CHECK(at(with({r}), applied, on_day(9)) == "-10");
    CHECK(refusals(with({r}), applied, on_day(9)) ==
          std::vector<reference::refusal>(2, reference::refusal::limit));
}

TEST_CASE("limits for each distinct value count apart, and missing values together") {
    auto r = per_visit(1);
    r.limits = {lf::once_per_distinct("url")};
    const events applied{visit(on_day(1), {}, "/a"), visit(on_day(2), {}, "/A"),
                         visit(on_day(3), {}, "/b"), visit(on_day(4)), visit(on_day(5))};
    CHECK(at(with({r}), applied, on_day(9)) == "3"); // /a, /b, none
}

TEST_CASE("a cooldown is over after exactly its length, and refused candidates do not renew it") {
    auto r = per_visit(1);
    r.cooldown = 2 * day;
    CHECK(at(with({r}), {visit(on_day(0)), visit(on_day(2) - 1us), visit(on_day(2))}, on_day(9)) ==
          "2");
    CHECK(at(with({r}), {visit(on_day(0)), visit(on_day(0))}, on_day(9)) == "1");
}

TEST_CASE("conditions of awards see what stood before the touchpoint") {
    auto r = per_visit(1);
    r.when = lf::current_stage("sales").equals("mql");
    // the entry of the same instant comes after the touchpoint; the fact comes before it
    CHECK(at(with({r}), {visit(on_day(1)), enters(on_day(1), "mql")}, on_day(9)) == "0");
    CHECK(at(with({r}), {enters(on_day(1) - 1us, "mql"), visit(on_day(1))}, on_day(9)) == "1");
    r.when = lf::attribute("industry").exists();
    CHECK(at(with({r}), {visit(on_day(1)), fact(on_day(1), "industry", "Food")}, on_day(9)) == "1");
    // an inactivity award sees the events of its own instant
    const lf::inactivity idle{.id = "i",
                              .score = "s",
                              .after = day,
                              .points = 1,
                              .when = lf::current_stage("sales").equals("mql")};
    CHECK(at(with({idle}), {visit(on_day(1)), enters(on_day(2), "mql")}, on_day(9)) == "1");
}

// ---- decay --------------------------------------------------------------------------------------

TEST_CASE("awards decay on their own") {
    auto r = per_visit(100);
    const events applied{visit(on_day(0))};
    const auto after = [&](lf::decay_curve d, duration age) {
        r.decay = std::move(d);
        return at(with({r}), applied, on_day(0) + age);
    };
    CHECK(after(lf::half_life{10 * day}, {}) == "100");
    CHECK(after(lf::half_life{10 * day}, 10 * day) == "50");
    CHECK(after(lf::half_life{10 * day}, 20 * day) == "25");
    CHECK(after(lf::half_life{10 * day}, 330 * day) == "0");
    CHECK(after(lf::linear_decay{8 * day}, 2 * day) == "75");
    CHECK(after(lf::linear_decay{8 * day}, 8 * day) == "0");
    CHECK(after(lf::expiry{8 * day}, 8 * day - 1us) == "100");
    CHECK(after(lf::expiry{8 * day}, 8 * day) == "0");
    CHECK(after(lf::step_decay{25, 7 * day}, 7 * day - 1us) == "100");
    CHECK(after(lf::step_decay{25, 7 * day}, 14 * day) == "50");
    CHECK(after(lf::step_decay{25, 7 * day}, 28 * day) == "0");
    CHECK(after(lf::step_decay{50, 7 * day, true}, 21 * day) == "12.5");
    const lf::decay_table table{{{4 * day, 0.5}, {8 * day, 0.25}}};
    CHECK(after(table, 4 * day - 1us) == "100");
    CHECK(after(table, 4 * day) == "50");
    CHECK(after(table, 99 * day) == "25");
    const lf::decay_table ramp{{{4 * day, 0.5}, {8 * day, 0.25}}, true};
    CHECK(after(ramp, 2 * day) == "75");
    CHECK(after(ramp, 6 * day) == "37.5");
    CHECK(after(ramp, 99 * day) == "25");
}

TEST_CASE("contributions are rounded one by one") {
    auto r = per_visit(decimal::from_micros(1));
    r.decay = lf::linear_decay{2 * day};
    // each of two awards of 0.000001 is 0.0000005 after a day, and rounds up to 0.000001
    CHECK(at(with({r}), {visit(on_day(0)), visit(on_day(0))}, on_day(1)) == "0.000002");
}

TEST_CASE("decay factors and breakpoints are those that the library compiles") {
    generators::source in(1);
    for (int n = 0; n < 3000; ++n) {
        const auto m = generators::make_model(in.bits(), 4);
        for (const auto& rule : m.rules) {
            const auto& curve = reference::decay_of(rule);
            const lf::compiled_decay compiled(curve);
            std::vector<duration> ages{0us, 1us};
            duration age{};
            for (int k = 0; k < 4; ++k) {
                const auto next = compiled.next_breakpoint(age);
                if (!next) break;
                age = *next;
                ages.insert(ages.end(), {age - 1us, age, age + 1us});
            }
            for (int k = 0; k < 4; ++k) ages.emplace_back(in.between(0, 400 * day.count()));
            for (const duration a : ages) {
                REQUIRE(compiled.at(a) == reference::factor_at(curve, a));
            }
            const auto breaks = reference::breakpoints(curve, 400 * day);
            std::vector<duration> theirs;
            for (auto b = compiled.next_breakpoint({}); b && *b <= 400 * day;
                 b = compiled.next_breakpoint(*b)) {
                theirs.push_back(*b);
            }
            REQUIRE(theirs == breaks);
        }
    }
}

// ---- resets, freezes, exclusions ----------------------------------------------------------------

TEST_CASE("a reset voids earlier awards, not its own touchpoint's") {
    auto r = per_visit(1);
    r.limits = {{.at_most = 3}};
    auto m = with(
        {r, lf::occurrence{.id = "seminars", .score = "s", .on = lf::on("seminar"), .points = 10}});
    m.resets = {{.id = "reset", .on = lf::on("seminar")}};
    const events applied{visit(on_day(1)), visit(on_day(2)), touch(on_day(3), "seminar"),
                         visit(on_day(4)), visit(on_day(5))};
    CHECK(at(m, applied, on_day(3) - 1us) == "2");
    CHECK(at(m, applied, on_day(3)) == "10"); // the reset acts before the seminar's own award
    CHECK(at(m, applied, on_day(9)) == "11"); // the limit has counted days 1 and 2
    m.resets[0].scores = {"other"};
    CHECK(at(m, applied, on_day(9)) == "13");
}

TEST_CASE("a reset by a stage entry voids the awards of its own instant's touchpoint") {
    auto m = with({per_visit(1), lf::attribute_rule{.id = "a",
                                                    .score = "s",
                                                    .when = lf::attribute("industry").exists(),
                                                    .points = 100}});
    m.resets = {{.id = "reset", .funnel = "sales", .stage = "lost"}};
    const events applied{fact(on_day(0), "industry", "Food"), enters(on_day(1), "lost"),
                         visit(on_day(1)), visit(on_day(2)), enters(on_day(3), "mql")};
    CHECK(at(m, applied, on_day(1)) == "100"); // state rules are not reset
    CHECK(at(m, applied, on_day(9)) == "101");
}

TEST_CASE("an inactivity award stands after the reset of its own instant") {
    auto m = with({lf::inactivity{
        .id = "r", .score = "s", .on = lf::on("visit"), .after = 2 * day, .points = -3}});
    m.resets = {{.id = "reset", .funnel = "sales", .stage = "lost"}};
    CHECK(at(m, {visit(on_day(0)), enters(on_day(2), "lost")}, on_day(9)) == "-3");
    CHECK(at(m, {visit(on_day(0)), enters(on_day(2) + 1us, "lost")}, on_day(9)) == "0");
    std::get<lf::inactivity>(m.rules[0]).while_idle = true; // a state
    CHECK(at(m, {visit(on_day(0)), enters(on_day(2) + 1us, "lost")}, on_day(9)) == "-3");
}

TEST_CASE("a freeze stops awards and lets them decay") {
    auto r = per_visit(8);
    r.decay = lf::half_life{10 * day};
    auto m = with({r});
    m.freezes = {{.id = "won", .when = lf::current_stage("sales").equals("mql")}};
    const events applied{visit(on_day(0)), enters(on_day(1), "mql"), visit(on_day(2)),
                         enters(on_day(9), "lost"), visit(on_day(10))};
    CHECK(at(m, applied, on_day(10)) == "12"); // 8 halved, and a new 8
    CHECK(refusals(m, applied, on_day(10)) ==
          std::vector<reference::refusal>{reference::refusal::freeze});
}

TEST_CASE("while excluded a score is absent, and awards go on") {
    auto m = with({per_visit(1)});
    m.derived = {{.id = "d", .from = lf::weighted_sum{{{"s", 2}}, 1}}};
    m.exclusions = {{.id = "opted_out", .when = lf::attribute("opted_out").equals(true)}};
    const events applied{visit(on_day(0)), fact(on_day(1), "opted_out", true), visit(on_day(2)),
                         fact(on_day(3), "opted_out", false)};
    CHECK(at(m, applied, on_day(0), "d") == "3");
    CHECK(at(m, applied, on_day(2)) == "absent");
    CHECK(at(m, applied, on_day(2), "d") == "absent");
    CHECK(reference::score_at(m, applied, "d", on_day(2)).excluded_by == "opted_out");
    CHECK(at(m, applied, on_day(3)) == "2");
    m.exclusions[0].scores = {"s"}; // a score derived from it is absent, too
    CHECK(at(m, applied, on_day(2), "d") == "absent");
    CHECK(reference::score_at(m, applied, "d", on_day(2)).excluded_by == "opted_out");
}

// ---- clamps -------------------------------------------------------------------------------------

TEST_CASE("groups are clamped, then the score") {
    auto visits = per_visit(4);
    visits.group = "g";
    lf::occurrence seminars{.id = "seminars", .score = "s", .on = lf::on("seminar"), .points = 7};
    auto m = with({visits, seminars});
    m.scores[0].groups = {{.id = "g", .max = 10}};
    const events applied{visit(on_day(1)), visit(on_day(2)), visit(on_day(3)),
                         touch(on_day(4), "seminar")};
    CHECK(at(m, applied, on_day(2)) == "8");
    CHECK(at(m, applied, on_day(3)) == "10");
    CHECK(at(m, applied, on_day(4)) == "17");
    m.scores[0].max = 15;
    CHECK(at(m, applied, on_day(4)) == "15");
    m.scores[0].min = 5;
    CHECK(at(m, {}, on_day(4)) == "5"); // no award: 0, clamped
    m.scores[0].groups[0].min = 6;
    CHECK(at(m, {}, on_day(4)) == "6"); // so is a group without awards
}

TEST_CASE("a running clamp forgets what goes over") {
    auto m = with(
        {per_visit(6),
         lf::occurrence{.id = "seminars", .score = "s", .on = lf::on("seminar"), .points = -4},
         lf::attribute_rule{
             .id = "a", .score = "s", .when = lf::attribute("industry").exists(), .points = 5}});
    m.scores[0].min = 0;
    m.scores[0].max = 10;
    const events applied{touch(on_day(0), "seminar"), visit(on_day(1)), visit(on_day(2)),
                         touch(on_day(3), "seminar"), fact(on_day(4), "industry", "Food")};
    CHECK(at(m, applied, on_day(3)) == "4"); // at the end: −4 + 6 + 6 − 4
    m.scores[0].clamp = lf::clamping::running;
    CHECK(at(m, applied, on_day(0)) == "0");
    CHECK(at(m, applied, on_day(2)) == "10"); // 0, 6, 12 → 10
    CHECK(at(m, applied, on_day(3)) == "6");
    CHECK(at(m, applied, on_day(4)) == "10"); // 6 + 5, clamped again
    m.resets = {{.id = "reset", .on = lf::on("seminar")}};
    CHECK(at(m, applied, on_day(3)) == "0"); // 10 → 0, then −4
}

TEST_CASE("a running clamp takes rules at one touchpoint in the order of the model") {
    const lf::occurrence more{.id = "a", .score = "s", .on = lf::on("visit"), .points = 8};
    const lf::occurrence less{.id = "b", .score = "s", .on = lf::on("visit"), .points = -3};
    auto m = with({more, less});
    m.scores[0] = {.id = "s", .min = 0, .max = 5, .clamp = lf::clamping::running};
    CHECK(at(m, {visit(on_day(0))}, on_day(0)) == "2"); // 5, 2
    m.rules = {less, more};
    CHECK(at(m, {visit(on_day(0))}, on_day(0)) == "5"); // 0, 5
    // an inactivity award comes after the touchpoints of its instant: 5 (visit), 8 → 5, −3 → 2
    m.rules = {lf::inactivity{
                   .id = "i", .score = "s", .on = lf::on("seminar"), .after = day, .points = -3},
               more};
    CHECK(at(m, {touch(on_day(0), "seminar"), visit(on_day(1))}, on_day(1)) == "2");
}

// ---- derived scores -----------------------------------------------------------------------------

TEST_CASE("derived scores") {
    auto m = with({per_visit(3)});
    const events applied{visit(on_day(0)), visit(on_day(0))}; // s = 6
    const auto of = [&](lf::formula f) {
        m.derived = {{.id = "d", .from = std::move(f)}};
        return at(m, applied, on_day(1), "d");
    };
    CHECK(of(lf::weighted_sum{{{"s", 0.5}, {"s", -1}}, 1}) == "-2"); // 3 − 6 + 1
    CHECK(of(lf::minimum_of{{"s"}}) == "6");
    CHECK(of(lf::maximum_of{{"s"}}) == "6");
    CHECK(of(lf::logistic{.score = "s", .midpoint = 6, .top = 100}) == "50");
    CHECK(of(lf::logistic{.score = "s", .midpoint = 1'000, .top = 100}) == "0");
    CHECK(of(lf::logistic{.score = "s", .midpoint = -1'000, .top = 100}) == "100");
    // 1 / (1 + e^−2) = 0.880797, and its mirror image 1 − 0.880797
    CHECK(of(lf::logistic{.score = "s", .midpoint = 4}) == "0.880797");
    CHECK(of(lf::logistic{.score = "s", .midpoint = 8}) == "0.119203");
    const lf::lookup table{.score = "s", .steps = {{5, 1}, {6, 2}, {7, 3}}, .below = -1};
    CHECK(of(table) == "2");
    const lf::lookup high{
        .score = "s", .steps = {{decimal::from_micros(6'000'001), 1}}, .below = -1};
    CHECK(of(high) == "-1");
    // the product is rounded, not the weight: 0.333333 × 6 = 1.999998
    CHECK(of(lf::weighted_sum{{{"s", decimal::from_micros(333'333)}}}) == "1.999998");

    m.derived = {{.id = "d", .from = lf::weighted_sum{{{"s", 1}}}, .max = 5},
                 {.id = "e", .from = lf::weighted_sum{{{"d", 10}, {"s", 1}}}}};
    CHECK(at(m, applied, on_day(1), "e") == "56");
}

TEST_CASE("sums saturate with a flag") {
    auto m = with({per_visit(1'000'000'000)});
    m.derived = {{.id = "d", .from = lf::weighted_sum{{{"s", 1'000'000}}}}};
    const auto r = reference::score_at(m, {visit(on_day(0))}, "d", on_day(0)); // 10¹⁵ points
    CHECK(r.value == decimal::max());
    CHECK(r.saturated);
    CHECK_FALSE(reference::score_at(m, {visit(on_day(0))}, "s", on_day(0)).saturated);
}

// ---- bands --------------------------------------------------------------------------------------

TEST_CASE("bands by hysteresis and dwell") {
    auto r = per_visit(10);
    r.decay = lf::step_decay{.percent = 20, .every = day}; // 10, 8, 6, 4, 2, 0
    auto m = with({r});
    lf::banding b{.id = "b", .score = "s"};
    b.bands = {{.id = "cold"}, {.id = "warm", .enter = 5}, {.id = "hot", .enter = 10, .leave = 6}};
    m.bandings = {b};
    const events applied{visit(on_day(0))};
    const auto band = [&](instant t) {
        return reference::band_at(m, applied, "b", t).value_or("-");
    };
    CHECK(band(on_day(0) - 1us) == "cold");
    CHECK(band(on_day(0)) == "hot");
    CHECK(band(on_day(2)) == "hot");  // 6 is not below 6
    CHECK(band(on_day(3)) == "cold"); // 4: below hot's 6, and below warm's 5

    m.bandings[0].min_dwell = 4 * day;
    CHECK(band(on_day(3)) == "hot");
    CHECK(band(on_day(4) - 1us) == "hot");
    CHECK(band(on_day(4)) == "cold"); // the end of the dwell time is an evaluation instant
    CHECK(band(on_day(9)) == "cold");

    m.exclusions = {{.id = "x", .when = lf::attribute("opted_out").equals(true)}};
    const events excluded{visit(on_day(0)), fact(on_day(1), "opted_out", true),
                          fact(on_day(3), "opted_out", false)};
    CHECK(reference::band_at(m, excluded, "b", on_day(2)) == std::nullopt);
    CHECK(reference::band_at(m, excluded, "b", on_day(3)) ==
          "cold"); // without a memory of the band before
}

TEST_CASE("a band is taken at the ticks of the grid while a score fades") {
    auto r = per_visit(10);
    r.decay = lf::linear_decay{10 * day}; // 10 − days
    auto m = with({r, lf::occurrence{
                          .id = "downloads", .score = "s", .on = lf::on("download"), .points = 3}});
    m.decay_grid = day;
    lf::banding b{.id = "b", .score = "s"};
    b.bands = {{.id = "cold"}, {.id = "hot", .enter = 10, .leave = 4}};
    m.bandings = {b};
    const instant t = on_day(0) + 6h;
    // 4 after six days, at 6 o'clock, is not below 4; an hour later it is
    CHECK(reference::band_at(m, {visit(t)}, "b", t + 6 * day) == "hot");
    CHECK(reference::band_at(m, {visit(t)}, "b", t + 6 * day + 1h) == "cold");
    // At the ticks of days 6 and 7 the score is 4.25, and 3.25 plus the 3 of a download at half
    // past seven on day 6. It is below 4 for an hour and a half in between, but is not evaluated
    // then.
    const events again{visit(t), touch(t + 6 * day + 90min, "download")};
    CHECK(reference::band_at(m, again, "b", on_day(7)) == "hot");
    // An hourly tick evaluates it at 7 o'clock: cold, until the score reaches 10 again.
    m.decay_grid = 1h;
    CHECK(reference::band_at(m, again, "b", on_day(7)) == "cold");
    // the visit, the midnights of days 1 to 10, the end of the decay
    m.decay_grid = day;
    CHECK(reference::evaluation_instants(m, {visit(t)}, on_day(0), on_day(99)).size() == 12);
}

TEST_CASE("classes cross two bandings") {
    auto m = with({per_visit(1)});
    lf::banding rows{.id = "r", .score = "s"};
    rows.bands = {{.id = "B"}, {.id = "A", .enter = 2}};
    lf::banding columns{.id = "c", .score = "s"};
    columns.bands = {{.id = "2"}, {.id = "1", .enter = 1}};
    m.bandings = {rows, columns};
    m.matrices = {{.id = "m", .rows = "r", .columns = "c"}};
    const events applied{visit(on_day(0)), visit(on_day(1))};
    CHECK(reference::class_at(m, applied, "m", on_day(0)) == "B1");
    CHECK(reference::class_at(m, applied, "m", on_day(1)) == "A1");
    m.matrices[0].classes = {{"p", "q"}, {"r", "s"}};
    CHECK(reference::class_at(m, applied, "m", on_day(0)) == "q");
}

// ---- history ------------------------------------------------------------------------------------

TEST_CASE("the same event applied twice counts once, at its first place in the history") {
    lf::touchpoint first{
        .lead = "lead", .at = on_day(2), .type = "visit", .source = "crm", .id = "1"};
    lf::touchpoint later = first;
    later.at = on_day(5);
    lf::touchpoint other = first;
    other.source = "web";
    std::size_t duplicates = 0;
    const auto history = reference::ordered({later, other, first}, &duplicates);
    CHECK(duplicates == 1);
    CHECK(history.size() == 2);
    CHECK(at(with({per_visit(1)}), {later, other, first}, on_day(2)) == "2");
    CHECK(at(with({per_visit(1)}), {later, other, first}, on_day(9)) == "2");
    CHECK(at(with({per_visit(1)}), {visit(on_day(1)), visit(on_day(1))}, on_day(9)) == "2");
}

TEST_CASE("the reference's order is the library's") {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const auto w = generators::make_world(seed, {1, 40});
        for (const auto& a : w.events) {
            for (const auto& b : w.events) {
                REQUIRE((lf::history_order(a, b) < 0) == reference::comes_before(a, b));
            }
        }
    }
}

// ---- what must always hold ----------------------------------------------------------------------

namespace {

std::vector<std::string> scores_of(const lf::model& m) {
    std::vector<std::string> names;
    for (const auto& s : m.scores) names.push_back(s.id);
    for (const auto& d : m.derived) names.push_back(d.id);
    return names;
}

void holds_for_all(const std::string& what, void (*property)(const generators::world&)) {
    const bool held = rc::check(what, property);
    CHECK(held);
}

} // namespace

TEST_CASE("generated models are valid") {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        for (const auto& i : lf::check(generators::make_world(seed).model)) {
            INFO("seed " << seed << ": " << lf::to_string(i));
            REQUIRE(i.level != lf::severity::error);
        }
    }
}

TEST_CASE("the order in which events arrive changes nothing") {
    holds_for_all("permutation", [](const generators::world& w) {
        events shuffled = w.events;
        generators::source in(w.seed);
        for (std::size_t i = shuffled.size(); i > 1; --i) {
            std::swap(shuffled[i - 1], shuffled[in.below(i)]);
        }
        for (const auto& id : scores_of(w.model)) {
            for (const instant t : w.looks) {
                const auto a = reference::score_at(w.model, w.events, id, t);
                const auto b = reference::score_at(w.model, shuffled, id, t);
                RC_ASSERT(a.value == b.value);
                RC_ASSERT(a.refusals == b.refusals);
            }
        }
    });
}

TEST_CASE("contributions add up to the score where nothing is clamped") {
    holds_for_all("sum", [](const generators::world& w) {
        lf::model m = w.model;
        for (auto& s : m.scores) {
            s.min.reset();
            s.max.reset();
            s.clamp = lf::clamping::at_end;
            for (auto& g : s.groups) {
                g.min.reset();
                g.max.reset();
            }
        }
        for (const auto& s : m.scores) {
            for (const instant t : w.looks) {
                const auto r = reference::score_at(m, w.events, s.id, t);
                if (!r.value || r.saturated) continue;
                lf::wide sum = 0;
                for (const auto& c : r.contributions) sum += c.now.micros();
                RC_ASSERT(sum == r.value->micros());
            }
        }
    });
}

TEST_CASE("what comes after an instant changes nothing at it") {
    // The reference drops later events first. So this tests what it computes once for many
    // instants: awards, refusals, evaluation instants, bands.
    holds_for_all("causality", [](const generators::world& w) {
        const auto all = reference::ordered(w.events);
        const auto everything = reference::make_ledger(w.model, all, lf::latest_instant);
        for (std::size_t k = 0; k < w.looks.size() && k < 4; ++k) {
            const instant t = w.looks[k];
            const auto known = reference::known_at(w.events, t);
            const auto then = reference::make_ledger(w.model, known, t);
            for (const auto& id : scores_of(w.model)) {
                const auto a = reference::score_in(w.model, id, everything, all, t);
                const auto b = reference::score_in(w.model, id, then, known, t);
                RC_ASSERT(a.value == b.value);
                RC_ASSERT(a.saturated == b.saturated);
                RC_ASSERT(a.refusals == b.refusals);
            }
        }
    });
}

TEST_CASE("a rule that never matches changes no score") {
    holds_for_all("an idle rule", [](const generators::world& w) {
        lf::model more = w.model;
        more.rules.insert(more.rules.begin(), lf::occurrence{.id = "never",
                                                             .score = "engagement",
                                                             .on = lf::on("page_view", lf::any({})),
                                                             .points = 1000});
        for (const auto& id : scores_of(w.model)) {
            for (const instant t : w.looks) {
                RC_ASSERT(reference::score_at(w.model, w.events, id, t).value ==
                          reference::score_at(more, w.events, id, t).value);
            }
        }
    });
}

TEST_CASE("ticks at which nothing fades change no band") {
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        auto w = generators::make_world(seed);
        w.model.decay_grid = std::max<duration>(w.model.decay_grid, day);
        for (std::size_t k = 0; k < 2; ++k) {
            for (const auto& b : w.model.bandings) {
                INFO("seed " << seed << " " << b.id << " at " << lf::to_string(w.looks[k]));
                REQUIRE(reference::band_index_at(w.model, w.events, b.id, w.looks[k]) ==
                        reference::band_index_at(w.model, w.events, b.id, w.looks[k], true));
            }
        }
    }
}

TEST_CASE("between evaluation instants a score without continuous decay stands still") {
    // Each instant at which such a score changes must be among the evaluation instants.
    int compared = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        const auto w = generators::make_world(seed);
        const auto known = reference::ordered(w.events);
        const auto first = reference::first_event(known);
        if (!first) continue;
        for (const auto& s : w.model.scores) {
            bool fades = false;
            for (const auto& r : w.model.rules) {
                fades = fades || (reference::score_of(r) == s.id &&
                                  reference::continuous_until(reference::decay_of(r)) > 0);
            }
            if (fades) continue;
            for (const instant t : w.looks) {
                if (t < *first) continue;
                const auto due = reference::evaluation_instants(w.model, w.events, lf::always, t);
                REQUIRE_FALSE(due.empty());
                INFO("seed " << seed << " " << s.id << " at " << lf::to_string(t) << ", after "
                             << lf::to_string(due.back()));
                REQUIRE(reference::score_at(w.model, w.events, s.id, t).value ==
                        reference::score_at(w.model, w.events, s.id, due.back()).value);
                ++compared;
            }
        }
    }
    CHECK(compared > 1000);
}
