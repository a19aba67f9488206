// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"
#include "plan/good_model.hpp"

#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/check.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace leadfunnel;
using namespace std::chrono_literals;

// Faults that only a funnel built in code can have, and the conclusions that the check draws from
// conditions.

namespace {

constexpr auto day = std::chrono::hours{24};

/// A model with three stages in a row, and with all that the conditions below test.
model base() {
    model m;
    m.id = "m";
    m.attributes = {{.id = "size", .type = value_type::number},
                    {.id = "country"},
                    {.id = "company"},
                    {.id = "member", .type = value_type::boolean},
                    {.id = "since", .type = value_type::timestamp},
                    {.id = "tags", .type = value_type::set}};
    m.properties = {{.id = "url"}};
    m.touchpoints = {{.id = "visit", .value = "seconds"}, {.id = "call"}};
    m.scores = {{.id = "s"}};
    m.rules = {occurrence{.id = "visits", .score = "s", .on = on("visit"), .points = 1}};
    m.bandings = {
        {.id = "heat", .score = "s", .bands = {{.id = "cold"}, {.id = "hot", .enter = 5}}}};
    m.funnels = {
        {.id = "f",
         .stages = {{.id = "a", .entry = true}, {.id = "b"}, {.id = "c", .terminal = true}},
         .transitions = {{.id = "end", .from = {"a", "b"}, .to = "c", .manual = true},
                         {.id = "on", .from = {"a"}, .to = "b", .manual = true}}}};
    return m;
}

model with(std::vector<transition> more) {
    model m = base();
    for (transition& t : more) m.funnels[0].transitions.push_back(std::move(t));
    return m;
}

/// The code and pointer of each issue, one a line. Leaves out warnings of unused declarations.
std::string summary(const model& m) {
    std::string out;
    for (const issue& i : check(m))
        if (i.code != issue_code::unused)
            out.append(to_string(i.level)).append(" ").append(to_string(i.code)).append(" at ") +=
                i.pointer + "\n";
    return out;
}

const std::string fine{};
std::string error_at(std::string_view code, std::string_view pointer) {
    return "error " + std::string(code) + " at " + std::string(pointer) + "\n";
}
std::string warning_at(std::string_view code, std::string_view pointer) {
    return "warning " + std::string(code) + " at " + std::string(pointer) + "\n";
}

/// The issues of a funnel that leads from a to b under one condition, and back under another.
std::string to_and_fro(condition there, condition back, effects then = {}) {
    return summary(with(
        {{.id = "x", .from = {"a"}, .to = "b", .when = std::move(there)},
         {.id = "y", .from = {"b"}, .to = "a", .when = std::move(back), .then = std::move(then)}}));
}

/// The issues of two transitions of which the first may shadow the second.
std::string one_after_the_other(transition first, transition second) {
    first.id = "x";
    second.id = "y";
    return summary(with({std::move(first), std::move(second)}));
}

const std::string goes_round = warning_at("cycle", "/funnels/0/transitions/3");
const std::string is_shadowed = warning_at("shadowed", "/funnels/0/transitions/3");

} // namespace

TEST_CASE("a good model of movement built in code has no issues") {
    CHECK(check(parse_model(good::moving).value).empty());
    CHECK(summary(base()) == fine);
}

TEST_CASE("times of day, dates and enumerators that do not exist are errors") {
    model m = base();
    m.calendars = {{.id = "c", .hours = {{.days = {weekday::monday}, .from = {0}, .to = {1440}}}}};
    CHECK(summary(m) == fine);
    m.calendars[0].hours[0].to = {1441};
    CHECK(summary(m) == error_at("out_of_range", "/calendars/0/hours/0/to"));
    m.calendars[0].hours[0] = {.days = {weekday::monday}, .from = {-1}, .to = {60}};
    CHECK(summary(m) == error_at("out_of_range", "/calendars/0/hours/0/from"));
    m.calendars[0].hours[0] = {.days = {static_cast<weekday>(7)}, .from = {0}, .to = {60}};
    CHECK(summary(m) == error_at("wrong_value", "/calendars/0/hours/0/days/0"));

    using std::chrono::year;
    m.calendars[0].hours[0].days = {weekday::sunday};
    m.calendars[0].holidays = {year{2024} / 2 / 29, year{1900} / 1 / 1, year{2199} / 12 / 31};
    CHECK(summary(m) == fine);
    m.calendars[0].holidays = {year{2023} / 2 / 29, year{1899} / 12 / 31, year{2200} / 1 / 1};
    CHECK(summary(m) == error_at("out_of_range", "/calendars/0/holidays/0") +
                            error_at("out_of_range", "/calendars/0/holidays/1") +
                            error_at("out_of_range", "/calendars/0/holidays/2"));
    m = base();
    m.funnels[0].moves = static_cast<manual_moves>(2);
    m.funnels[0].stages[0].phase = static_cast<phase>(3);
    m.funnels[0].transitions[0].manual = false;
    m.funnels[0].transitions[0].after = timer{.after = 1h, .since = static_cast<timer_start>(3)};
    const std::string all = summary(m);
    for (const char* each :
         {"/funnels/0/moves", "/funnels/0/stages/0/phase", "/funnels/0/transitions/0/after/since"})
        CHECK(all.find(error_at("wrong_value", each)) != std::string::npos);
}

TEST_CASE("values that transitions set are what attributes can hold") {
    const auto set = [](std::string name, value v) {
        model m = base();
        m.funnels[0].transitions[0].then.set = {{std::move(name), std::move(v)}};
        return summary(m);
    };
    const std::string there = "/funnels/0/transitions/0/then/set/";
    for (const char* each : {"size", "country", "member", "since", "tags"})
        CHECK(set(each, {}) == fine);
    CHECK(set("size", 2.5) == fine);
    CHECK(set("country", "JP") == fine);
    CHECK(set("member", true) == fine);
    CHECK(set("since", latest_instant - 1us) == fine);
    CHECK(set("tags", text_set{}) == fine);
    CHECK(set("tags", text_set{"a", ""}) == fine);
    CHECK(set("size", std::numeric_limits<double>::infinity()) ==
          error_at("out_of_range", there + "size"));
    CHECK(set("since", latest_instant) == error_at("out_of_range", there + "since"));
    CHECK(set("since", "2026-04-01T00:00:00Z") == error_at("type_mismatch", there + "since"));
    CHECK(set("since", "yesterday") == error_at("wrong_unit", there + "since"));
    CHECK(set("country", "\xFF") == error_at("wrong_value", there + "country"));
    CHECK(set("tags", text_set{"\xFF"}) == error_at("wrong_value", there + "tags"));
    CHECK(set("tags", "a") == error_at("type_mismatch", there + "tags"));
    CHECK(set("a/b~c", 1.0) == error_at("unknown_name", there + "a~1b~0c"));
    CHECK(set("", 1.0) == error_at("missing_key", there));
}

TEST_CASE("an issue at an attribute with a slash in its name has a place") {
    const loaded_model read = parse_model(R"({"id": "m", "scores": [{"id": "s"}], "rules": [],
 "attributes": [{"id": "a/b~c"}],
 "funnels": [{"id": "f", "stages": [{"id": "x", "entry": true}], "transitions": [
  {"id": "t", "to": "x", "then": {"set": {
    "a/b~c": 5}}}]}]})");
    REQUIRE(read.issues.empty());
    const auto all = check(read);
    const auto found = std::find_if(
        all.begin(), all.end(), [](const issue& i) { return i.code == issue_code::type_mismatch; });
    REQUIRE(found != all.end());
    CHECK(found->line == 5);
    CHECK(found->column == 14);
    CHECK(found->pointer == "/funnels/0/transitions/0/then/set/a~1b~0c");
}

TEST_CASE("a warning in working time may come before that much time is worked") {
    model m = base();
    m.calendars = {{.id = "c", .hours = {{.days = {weekday::monday}, .from = {0}, .to = {60}}}}};
    m.funnels[0].stages[0].slas = {
        {.id = "l", .due = {.after = 1h, .calendar = "c"}, .warn_before = day}};
    CHECK(summary(m) == fine);
    m.funnels[0].stages[0].slas[0].due.calendar.clear();
    CHECK(summary(m) == error_at("bad_interval", "/funnels/0/stages/0/slas/0/warn_before"));
    m.funnels[0].stages[0].slas[0].warn_before = 1h - 1us;
    CHECK(summary(m) == fine);
}

TEST_CASE("a funnel without transitions is just a list of stages") {
    model m = base();
    m.funnels[0].transitions.clear();
    for (stage& s : m.funnels[0].stages) s.entry = s.terminal = false;
    CHECK(summary(m) == fine);
}

TEST_CASE("recycling a lost lead is no mistake") {
    CHECK(summary(with({{.id = "x", .from = {"c"}, .to = "a", .manual = true}})) == fine);
    CHECK(summary(with({{.id = "x", .from = {"c"}, .to = "a", .after = timer{.after = day}}})) ==
          fine);
    CHECK(summary(with({{.id = "x", .from = {"c"}, .to = "a", .on = on("visit")}})) ==
          warning_at("conflict", "/funnels/0/transitions/2/from"));
    // A star does not stand for terminal stages: only a name does.
    CHECK(summary(with({{.id = "x", .from = {"*", "c"}, .to = "a", .manual = true}})) == fine);
}

TEST_CASE("leads go to and fro unless the conditions exclude each other") {
    const auto score = score_now("s");
    const auto heat = band_now("heat");
    const auto size = attribute("size");
    const auto country = attribute("country");

    CHECK(to_and_fro(score.at_least(5.0), score.at_least(3.0)) == goes_round);
    CHECK(to_and_fro(score.at_least(5.0), score.at_most(5.0)) == goes_round);
    CHECK(to_and_fro(score.at_least(5.0), score.less(5.0)) == fine);
    CHECK(to_and_fro(score.at_least(5.0), !score.at_least(5.0)) == fine);
    CHECK(to_and_fro(score.at_least(5.0), !score.at_least(4.0)) == fine);
    CHECK(to_and_fro(score.at_least(5.0), !score.at_least(6.0)) == goes_round);
    CHECK(to_and_fro(score.at_least(5.0), !score.exists()) == fine);
    CHECK(to_and_fro(score.at_least(5.0), score.exists(false)) == fine);
    CHECK(to_and_fro(heat.equals("hot"), heat.equals("cold")) == fine);
    CHECK(to_and_fro(heat.equals("hot"), heat.equals("HOT")) == goes_round);
    CHECK(to_and_fro(heat.in({"hot"}), heat.in({"cold"})) == fine);
    CHECK(to_and_fro(heat.equals("hot"), heat.not_equals("HOT")) == goes_round); // not concluded
    CHECK(to_and_fro(heat.equals("hot"), !heat.in({"hot", "cold"})) == fine);
    CHECK(to_and_fro(country.in({"JP", "KR"}), country.in({"TW", "KR"})) == goes_round);
    CHECK(to_and_fro(country.in({"JP", "KR"}), country.in({"TW"})) == fine);
    CHECK(to_and_fro(size.greater(1.0) && country.equals("JP"), size.less(1.0)) == fine);
    CHECK(to_and_fro(size.greater(1.0), country.equals("JP")) == goes_round);
    CHECK(to_and_fro(size.greater(1.0), !(size.greater(0.0) || country.equals("JP"))) == fine);
    CHECK(to_and_fro(size.greater(1.0) || country.equals("JP"),
                     !(size.greater(1.0) || country.equals("JP"))) == fine);
    CHECK(to_and_fro(size.greater(1.0) || country.equals("JP"),
                     size.less(1.0) && country.equals("KR")) == fine);
    CHECK(to_and_fro(size.greater(1.0) || country.equals("JP"), size.less(1.0)) == goes_round);
    CHECK(to_and_fro(attribute("company").normal().equals("Acme Inc."),
                     attribute("company").normal().equals("acme")) == goes_round);

    // A transition that takes time, or changes what conditions test, makes no cycle.
    CHECK(to_and_fro(score.at_least(5.0), time_in_stage("f").at_least(1h)) == fine);
    CHECK(to_and_fro(score.at_least(5.0), time_in_stage("f").less(1h)) == goes_round);
    CHECK(to_and_fro(score.at_least(5.0), times_entered("f", "b").less(3.0)) == fine);
    CHECK(to_and_fro(score.at_least(5.0), score.at_least(3.0), {.reset = {"s"}}) == fine);
    CHECK(to_and_fro(score.at_least(5.0), score.at_least(3.0), {.set = {{"size", 1.0}}}) == fine);
    CHECK(to_and_fro(score.at_least(5.0), score.at_least(3.0), {.cycle = true}) == goes_round);
}

TEST_CASE("conditions exclude each other where that is certain") {
    const auto size = attribute("size");
    const auto country = attribute("country");
    const auto since = attribute("since");
    const auto member = attribute("member");
    const auto excluded = [](condition there, condition back) {
        const std::string said = to_and_fro(there, back);
        CHECK((said == fine || said == goes_round));
        CHECK(to_and_fro(std::move(back), std::move(there)) == said); // in either order
        return said == fine;
    };
    // Several comparisons leave what the narrowest ones leave.
    CHECK(excluded(size.at_least(2.0) && size.at_least(1.0), size.less(1.5)));
    CHECK(excluded(size.at_least(1.0) && size.at_least(2.0), size.less(1.5)));
    CHECK(excluded(size.at_most(1.0) && size.at_most(2.0), size.greater(1.5)));
    CHECK(excluded(size.at_most(2.0) && size.at_most(1.0), size.greater(1.5)));
    CHECK(excluded(size.at_least(1.0) && size.greater(1.0), size.equals(1.0)));
    CHECK(excluded(size.greater(1.0) && size.at_least(1.0), size.equals(1.0)));
    CHECK(excluded(size.at_most(1.0) && size.less(1.0), size.equals(1.0)));
    CHECK(excluded(size.less(1.0) && size.at_most(1.0), size.equals(1.0)));
    CHECK(excluded(size.equals(1.0), size.equals(2.0)));
    CHECK_FALSE(excluded(size.equals(1.0), size.equals(1.0)));
    CHECK_FALSE(excluded(size.at_least(1.0), size.at_most(1.0)));
    CHECK_FALSE(excluded(size.not_equals(1.0), size.equals(1.0))); // not concluded
    CHECK_FALSE(excluded(size.in({1.0}), size.in({2.0})));         // not concluded
    // Instants and ages.
    constexpr instant then = std::chrono::sys_days{2026y / 1 / 1};
    CHECK(excluded(since.less(then), since.at_least(then)));
    CHECK(excluded(since.equals(then), since.greater(then)));
    CHECK_FALSE(excluded(since.at_most(then), since.at_least(then)));
    CHECK(excluded(since.age().less(day), since.age().at_least(day)));
    CHECK(excluded(since.age().at_most(day), since.age().greater(day)));
    CHECK_FALSE(excluded(since.age().at_most(day), since.age().at_least(day)));
    CHECK_FALSE(excluded(since.less(then), since.age().at_least(day))); // about different things
    // Truth values, and texts.
    CHECK(excluded(member.equals(true), member.equals(false)));
    CHECK_FALSE(excluded(member.equals(true), member.equals(true)));
    CHECK_FALSE(excluded(member.equals(true), member.not_equals(true))); // not concluded
    CHECK(excluded(country.exact().equals("JP"), country.exact().equals("jp")));
    CHECK_FALSE(excluded(country.exact().equals("JP"), country.exact().equals("JP")));
    CHECK_FALSE(excluded(country.exact().equals("JP"), country.equals("jp")));
    CHECK(excluded(country.in({"JP", "KR"}) && country.in({"KR", "TW"}), country.in({"JP", "TW"})));
    CHECK_FALSE(excluded(country.prefix("J"), country.prefix("K"))); // not concluded
    CHECK_FALSE(excluded(country.equals("JP"), attribute("company").equals("KR")));
    CHECK_FALSE(excluded(attribute("company").equals("JP"),
                         attribute("company").normal().equals("KR"))); // about different things
    // A missing value equals nothing.
    CHECK(excluded(size.exists(false), size.not_equals(1.0)));
    CHECK(excluded(size.exists(false), size.exists()));
    CHECK_FALSE(excluded(size.exists(false), size.exists(false)));
    CHECK_FALSE(excluded(size.exists(false), country.exists()));

    // Negations and alternatives.
    CHECK(excluded(size.exists(), !condition{}));
    CHECK_FALSE(excluded(!size.equals(1.0), !size.equals(2.0)));
    CHECK(excluded(size.greater(1.0) || country.equals("JP"),
                   !size.greater(0.0) && country.equals("KR")));
    CHECK(excluded(size.greater(1.0) || country.equals("JP"),
                   !size.greater(0.0) && !country.in({"JP", "KR"})));
    CHECK_FALSE(excluded(size.greater(1.0) || country.equals("JP"),
                         !size.greater(2.0) && country.equals("KR")));
    CHECK_FALSE(excluded(size.greater(1.0) || country.equals("JP"),
                         size.less(1.0) || country.equals("KR"))); // both at once: not concluded
    CHECK_FALSE(excluded((size.greater(1.0) && member.equals(true)) || country.equals("JP"),
                         size.less(1.0) && country.equals("KR"))); // not concluded
    const auto either = (size.greater(1.0) && member.equals(true)) || country.equals("JP");
    CHECK(excluded(either, !either));
    CHECK_FALSE(excluded(either, !(size.greater(1.0) && member.equals(true))));
    CHECK(excluded(country.equals("JP"), !(either || size.equals(0.0))));
    CHECK_FALSE(excluded(size.greater(1.0) && member.equals(true), !either)); // not concluded
}

TEST_CASE("leads go round through three and more stages") {
    const auto ring = [](condition last) {
        model m = base();
        m.funnels[0].stages = {{.id = "a", .entry = true}, {.id = "b"}, {.id = "c"}, {.id = "d"}};
        const auto step = [](std::string id, std::string from, std::string to, condition when) {
            return transition{.id = std::move(id),
                              .from = {std::move(from)},
                              .to = std::move(to),
                              .when = std::move(when)};
        };
        const auto size = attribute("size");
        m.funnels[0].transitions = {
            step("1", "a", "b", size.at_least(1.0)), step("2", "b", "c", size.at_least(2.0)),
            step("3", "c", "d", size.at_least(3.0)), step("4", "d", "a", std::move(last)),
            step("back", "b", "a", size.less(1.0))};
        return summary(m);
    };
    CHECK(ring(attribute("size").at_most(9.0)) == goes_round);
    CHECK(ring(attribute("size").at_most(2.0)) == fine);
}

TEST_CASE("a transition never has its turn if an earlier one requires no more") {
    const auto size = attribute("size");
    const auto country = attribute("country");
    const auto at = [](condition when) {
        return transition{.from = {"a"}, .to = "b", .when = std::move(when)};
    };
    const auto ends_at = [](condition when) {
        return transition{.from = {"a"}, .to = "c", .when = std::move(when)};
    };
    const auto both = [&](condition first, condition second) {
        return one_after_the_other(at(std::move(first)), ends_at(std::move(second)));
    };
    CHECK(both(size.at_least(1.0), size.at_least(1.0)) == is_shadowed);
    CHECK(both(size.at_least(1.0), size.greater(1.0)) == is_shadowed);
    CHECK(both(size.greater(1.0), size.at_least(1.0)) == fine);
    CHECK(both(size.exists(), size.less(5.0)) == is_shadowed);
    CHECK(both(size.less(5.0), size.exists()) == fine);
    CHECK(both(size.not_equals(3.0), size.equals(4.0)) == is_shadowed);
    CHECK(both(size.not_equals(3.0), size.equals(3.0)) == fine);
    CHECK(both(size.at_least(1.0), size.at_least(1.0) && country.equals("JP")) == is_shadowed);
    CHECK(both(size.at_least(1.0) && country.equals("JP"), size.at_least(1.0)) == fine);
    CHECK(both(country.in({"JP", "KR"}), country.equals("jp")) == is_shadowed);
    CHECK(both(country.in({"JP", "KR"}), country.in({"KR", "TW"})) == fine);
    CHECK(both(country.exact().equals("JP"), country.equals("JP")) == fine);
    CHECK(both(country.not_equals("JP"), country.in({"KR", "TW"})) == is_shadowed);
    CHECK(both(size.less(1.0) || country.equals("JP"), country.equals("JP")) == is_shadowed);
    CHECK(both(!size.less(1.0), !size.less(2.0)) == is_shadowed);
    CHECK(both(!size.less(2.0), !size.less(1.0)) == fine);
    CHECK(both(attribute("since").age().greater(30 * day),
               attribute("since").age().greater(60 * day)) == is_shadowed);

    // Whether the later condition implies the earlier one, for each pair of comparisons.
    const auto since = attribute("since");
    const auto member = attribute("member");
    constexpr instant then = std::chrono::sys_days{2026y / 1 / 1};
    const auto compared = [&](const auto& of, const auto& less, const auto& v) {
        CHECK(both(of.at_most(v), of.less(v)) == is_shadowed);
        CHECK(both(of.less(v), of.at_most(v)) == fine);
        CHECK(both(of.less(v), of.less(less)) == is_shadowed);
        CHECK(both(of.less(v), of.at_most(less)) == is_shadowed);
        CHECK(both(of.less(less), of.less(v)) == fine);
        CHECK(both(of.at_most(less), of.at_most(v)) == fine);
        CHECK(both(of.greater(less), of.at_least(v)) == is_shadowed);
        CHECK(both(of.greater(less), of.greater(v)) == is_shadowed);
        CHECK(both(of.greater(v), of.greater(less)) == fine);
        CHECK(both(of.greater(v), of.at_most(less)) == fine);
        CHECK(both(of.at_least(v), of.less(v)) == fine);
        CHECK(both(of.at_most(v), of.greater(v)) == fine);
        CHECK(both(of.exists(), of.less(v)) == is_shadowed);
        CHECK(both(of.exists(), of.exists(false)) == fine);
        CHECK(both(of.exists(false), of.exists(false)) == is_shadowed);
        CHECK(both(of.exists(false), of.less(v)) == fine);
    };
    const auto equated = [&](const auto& of, const auto& less, const auto& v) {
        CHECK(both(of.at_most(v), of.equals(v)) == is_shadowed);
        CHECK(both(of.at_least(v), of.equals(v)) == is_shadowed);
        CHECK(both(of.less(v), of.equals(v)) == fine);
        CHECK(both(of.greater(v), of.equals(v)) == fine);
        CHECK(both(of.not_equals(v), of.less(v)) == is_shadowed);
        CHECK(both(of.not_equals(v), of.at_most(v)) == fine);
        CHECK(both(of.not_equals(v), of.greater(v)) == is_shadowed);
        CHECK(both(of.not_equals(v), of.at_least(v)) == fine);
        CHECK(both(of.not_equals(less), of.not_equals(v)) == fine);
        CHECK(both(of.equals(v), of.at_least(v)) == fine);
        CHECK(both(of.at_least(v), of.not_equals(less)) == fine);
        CHECK(both(of.exists(), of.not_equals(v)) == is_shadowed);
    };
    compared(size, 1.0, 2.0);
    compared(since, instant{then - day}, then);
    equated(size, 1.0, 2.0);
    equated(since, instant{then - day}, then);
    compared(since.age(), duration{day}, duration{2 * day});
    CHECK(both(since.less(then), since.age().less(day)) == fine); // about different things
    CHECK(both(size.in({1.0, 2.0}), size.in({1.0})) == fine);     // not concluded
    CHECK(both(size.at_least(1.0), size.in({1.0})) == fine);      // not concluded
    CHECK(both(member.equals(true), member.equals(true)) == is_shadowed);
    CHECK(both(member.not_equals(true), member.equals(false)) == fine); // not concluded
    CHECK(both(country.equals("JP"), country.exact().equals("JP")) == is_shadowed);
    CHECK(both(country.exact().in({"JP", "KR"}), country.exact().equals("JP")) ==
          fine); // not concluded
    CHECK(both(country.not_equals("JP"), country.equals("jp")) == fine);
    CHECK(both(country.prefix("J"), country.equals("JP")) == fine); // not concluded
    CHECK(both(country.equals("JP"), country.prefix("JP")) == fine);
    CHECK(both(attribute("tags").contains("a"), attribute("tags").contains("a")) == is_shadowed);
    CHECK(both(attribute("tags").contains("a"), attribute("tags").contains("b")) == fine);
    CHECK(both(attribute("company").normal().equals("Acme Inc."),
               attribute("company").normal().in({"acme"})) == is_shadowed);
    // Alternatives: as a whole, or by one part.
    const auto either = size.less(1.0) || country.equals("JP");
    CHECK(both(either, either) == is_shadowed);
    CHECK(both(either, size.less(0.0)) == is_shadowed);
    CHECK(both(either, size.less(2.0)) == fine);
    CHECK(both(size.less(1.0), either) == fine);
    const condition three{
        condition::kind::any,
        {size.less(1.0), country.equals("JP"), size.equals(9.0) && member.equals(true)}};
    CHECK(both(three, country.equals("jp")) == is_shadowed);
    CHECK(both(three, either) == fine);                                  // not concluded
    CHECK(both(three, size.equals(9.0) && member.equals(true)) == fine); // not concluded
    CHECK(both(!either, !(either || member.equals(true))) == is_shadowed);

    // Stages and triggers.
    const condition large = size.at_least(1.0);
    transition first{.from = {"a", "b"}, .to = "c", .when = large};
    transition second{.from = {"a"}, .to = "b", .on = on("visit"), .when = large};
    CHECK(one_after_the_other(first, second) == is_shadowed);
    CHECK(one_after_the_other(second, first) == fine);
    first.from = {"*"};
    CHECK(one_after_the_other(first, second) == is_shadowed);
    first.from = {"b"};
    CHECK(one_after_the_other(first, second) == fine);

    first = {.from = {"a"}, .to = "b", .on = on({"visit", "call"})};
    second = {.from = {"a"}, .to = "c", .on = on("call")};
    CHECK(one_after_the_other(first, second) == is_shadowed);
    CHECK(one_after_the_other(second, first) == fine);
    first.on = pattern{};
    CHECK(one_after_the_other(first, second) == is_shadowed);
    CHECK(one_after_the_other(second, first) == fine);
    first.on = on("visit", property("url").prefix("/"));
    second.on = on("visit", property("url").prefix("/") && property("url").suffix("/"));
    CHECK(one_after_the_other(first, second) == is_shadowed);
    CHECK(one_after_the_other(second, first) == fine);
    first.on = pattern{.types = {"visit"}, .value_at_least = 5, .value_below = 50};
    second.on = pattern{.types = {"visit"}, .value_at_least = 6, .value_below = 50};
    CHECK(one_after_the_other(first, second) == is_shadowed);
    CHECK(one_after_the_other(second, first) == fine);

    second.on = pattern{.types = {"visit"}, .value_at_least = 5, .value_below = 40};
    CHECK(one_after_the_other(first, second) == is_shadowed);
    for (const auto& wider :
         {pattern{.types = {"visit"}, .value_below = 50},
          pattern{.types = {"visit"}, .value_at_least = 4, .value_below = 50},
          pattern{.types = {"visit"}, .value_at_least = 5},
          pattern{.types = {"visit"}, .value_at_least = 5, .value_below = 60}}) {
        second.on = wider;
        CHECK(one_after_the_other(first, second) == fine);
        CHECK(one_after_the_other(second, first) == is_shadowed);
    }
    second = {.from = {"a"}, .to = "c", .after = timer{.after = 3h}};
    CHECK(one_after_the_other(first, second) == fine);

    first = {.from = {"a"}, .to = "b", .after = timer{.after = 2h}};
    second = {.from = {"a"}, .to = "c", .after = timer{.after = 3h}};
    CHECK(one_after_the_other(first, second) == is_shadowed);
    CHECK(one_after_the_other(second, first) == fine);
    second.after->since = timer_start::touchpoint;
    CHECK(one_after_the_other(first, second) == fine);

    // An automatic transition does not shadow a manual one.
    first = {.from = {"a"}, .to = "b", .when = large};
    second = {.from = {"a"}, .to = "b", .manual = true, .when = large};
    CHECK(one_after_the_other(first, second).find(is_shadowed) != std::string::npos); // by 'on'
    second.from = {"c"};
    CHECK(one_after_the_other(first, second) == fine);
}

TEST_CASE("scores are within what their rules and limits allow") {
    const auto asked = [](std::vector<rule> rules, double at_least, score s = {.id = "s"}) {
        model m = base();
        m.scores = {std::move(s)};
        m.rules = std::move(rules);
        m.bandings.clear();
        m.alerts = {{.id = "l", .when = score_now("s").at_least(at_least)}};
        return summary(m).find("/alerts/0/when/at_least") == std::string::npos;
    };
    const auto visits = [](decimal points, std::vector<limit> limits = {}) {
        return occurrence{.id = "v",
                          .score = "s",
                          .on = on("visit"),
                          .points = points,
                          .limits = std::move(limits)};
    };
    const attribute_rule large{
        .id = "l", .score = "s", .when = attribute("size").exists(), .points = 10};
    CHECK(asked({large}, 10));
    CHECK_FALSE(asked({large}, 10.000001));
    CHECK(asked({large, visits(1)}, 1e9));
    CHECK_FALSE(asked({large, visits(-1)}, 11));
    CHECK(asked({large, visits(2, {once()})}, 12));
    CHECK_FALSE(asked({large, visits(2, {once()})}, 12.5));
    CHECK(asked({large, visits(2, {once_per_distinct("url")})}, 1e6));
    CHECK(asked({large, visits(2, {per_week(1)})}, 1e6));
    CHECK(asked({large, visits(2, {{.at_most_points = 7}})}, 17));
    CHECK_FALSE(asked({large, visits(2, {{.at_most_points = 7}})}, 18));
    CHECK_FALSE(asked({visits(1)}, 6, {.id = "s", .max = 5}));

    recency r{.id = "r", .score = "s", .bins = {{day, 3}, {2 * day, 8}}, .otherwise = -1};
    CHECK(asked({r}, 8));
    CHECK_FALSE(asked({r}, 9));
    inactivity quiet{.id = "i", .score = "s", .after = day, .every = day, .times = 3, .points = 2};
    CHECK(asked({quiet}, 100));
    quiet.while_idle = true;
    CHECK(asked({quiet}, 6));
    CHECK_FALSE(asked({quiet}, 7));
    occurrence by_value{.id = "v", .score = "s", .on = on("visit"), .per_value = 1};
    CHECK(asked({by_value}, 1e9));
    by_value.limits = {{.at_most = 3}};
    CHECK(asked({by_value}, 1e9));
    by_value.max_points = 4;
    CHECK(asked({by_value}, 12));
    CHECK_FALSE(asked({by_value}, 13));

    // A group bounds the points of its rules.
    const score grouped{.id = "s", .groups = {{.id = "g", .max = 5}}};
    attribute_rule in_group = large;
    in_group.id = "g";
    in_group.group = "g";
    CHECK(asked({large, in_group}, 15, grouped));
    CHECK_FALSE(asked({large, in_group}, 16, grouped));
    // A running clamp begins at its lower bound.
    CHECK(asked({visits(1, {once()})}, 4, {.id = "s", .min = 3, .clamp = clamping::running}));
    CHECK_FALSE(asked({visits(1, {once()})}, 5, {.id = "s", .min = 3, .clamp = clamping::running}));
    // A score without rules has a warning of its own. A rule of a misspelt score may be meant for
    // any score.
    CHECK(asked({}, 5));
    attribute_rule misspelt = large;
    misspelt.score = "t";
    CHECK(asked({large, misspelt}, 50));
}

TEST_CASE("derived scores are within what their inputs allow") {
    const auto asked = [](formula from, double at_least) {
        model m = base();
        m.rules = {attribute_rule{
            .id = "l", .score = "s", .when = attribute("size").exists(), .points = 10}};
        m.bandings.clear();
        m.derived = {{.id = "d", .from = std::move(from)}};
        m.alerts = {{.id = "l", .when = score_now("d").at_least(at_least)}};
        return summary(m) == fine;
    };
    CHECK(asked(weighted_sum{{{"s", 2}}, 5}, 25));
    CHECK_FALSE(asked(weighted_sum{{{"s", 2}}, 5}, 26));
    CHECK(asked(weighted_sum{{{"s", -2}}, 5}, 5));
    CHECK_FALSE(asked(weighted_sum{{{"s", -2}}, 5}, 6));
    CHECK(asked(maximum_of{{"s"}}, 10));
    CHECK_FALSE(asked(maximum_of{{"s"}}, 11));
    CHECK_FALSE(asked(minimum_of{{"s"}}, 11));
    CHECK(asked(logistic{"s", 5, 1, 100}, 99));
    CHECK_FALSE(asked(logistic{"s", 5, 1, 100}, 101));
    CHECK(asked(lookup{"s", {{5, 1}, {10, 2}, {20, 3}}, 0}, 2));
    CHECK_FALSE(asked(lookup{"s", {{5, 1}, {10, 2}, {20, 3}}, 0}, 3));

    model m = base();
    m.derived = {{.id = "d", .from = maximum_of{{"e"}}}, {.id = "e", .from = maximum_of{{"d"}}}};
    m.alerts = {{.id = "l", .when = score_now("d").at_least(9e12)}};
    CHECK(summary(m) == error_at("cycle", "/derived/0/from"));
}

TEST_CASE("conditions of transitions and alerts are nested no deeper than a file may be") {
    condition deep = score_now("s").exists();
    for (int i = 0; i < 100; ++i) deep = !std::move(deep);
    model m = base();
    m.alerts = {{.id = "l", .when = deep}};
    CHECK(summary(m).find("error too_large at /alerts/0/when/not") != std::string::npos);
    m.alerts.clear();
    m.funnels[0].transitions.push_back({.id = "x", .from = {"a"}, .to = "b", .when = deep});
    m.funnels[0].transitions.push_back({.id = "y", .from = {"b"}, .to = "a", .when = deep});
    CHECK(summary(m).find("error too_large at /funnels/0/transitions/2/when/not") !=
          std::string::npos);
    m = base();
    m.funnels[0].transitions[0].from.assign(max_model_list + 1, "a");
    CHECK(summary(m).find("error too_large at /funnels/0/transitions/0/from") != std::string::npos);
}

TEST_CASE("the time of large funnels is bounded") {
    // Rings, stars, and conditions that must all be compared with one another; apart and together.
    model m = base();
    funnel& f = m.funnels[0];
    constexpr std::size_t many = 300;
    std::vector<value> countries;
    for (std::size_t i = 0; i < many; ++i) countries.emplace_back("country " + std::to_string(i));
    f.transitions.clear();
    f.stages.clear();
    for (std::size_t i = 0; i < many; ++i) f.stages.push_back({.id = std::to_string(i)});
    f.stages[0].entry = true;
    for (std::size_t i = 0; i < many; ++i)
        for (const char* from : {"*", "0", "1"})
            f.transitions.push_back({.id = std::to_string(i) + " " + from,
                                     .from = {from},
                                     .to = std::to_string((i + 2) % many),
                                     .when = attribute("country").in(countries)});
    CHECK_FALSE(summary(m).empty());
    for (stage& s : f.stages) s.terminal = true;
    for (transition& t : f.transitions) t.from.assign(many, "*");
    CHECK_FALSE(summary(m).empty());
}

TEST_CASE("an unreadable part of a funnel may have said anything") {
    // Each has one error of reading and no other issue.
    for (
        const std::string_view text : {
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "calendars": [1], "funnels": [{"id": "f", "stages": [{"id": "x", "entry": true, "slas": [{"id": "l", "due": {"after": "1d", "calendar": "c"}}]}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "calendars": [{"id": "c", "hours": [{"days": ["monday"], "from": "9:00", "to": "17:00"}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "calendars": [{"id": "c", "hours": [{"days": ["mon"], "from": "09:00", "to": "17:00"}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "roles": {"owner": 1}, "funnels": [{"id": "f", "stages": [{"id": "x", "entry": true}], "transitions": [{"id": "t", "to": "x", "then": {"assign": "sato"}}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "alerts": [{"id": 1}], "funnels": [{"id": "f", "stages": [{"id": "x", "entry": true}], "transitions": [{"id": "t", "to": "x", "then": {"alert": "l"}}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "funnels": [{"id": "f", "stages": [{"id": "x", "entry": 1}], "transitions": [{"id": "t", "to": "x"}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "funnels": [{"id": "f", "stages": [{"id": "x", "entry": true}, {"id": 1}], "transitions": [{"id": "t", "from": "x", "to": "y", "manual": true}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "funnels": [{"id": "f", "stages": [{"id": "x", "entry": true}], "transitions": [{"id": "t", "from": "x", "to": "x", "when": 1}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "funnels": [{"id": "f", "stages": [{"id": "x", "entry": true}], "transitions": [{"id": "t", "from": "x", "to": "x", "on": 1}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "funnels": [{"id": "f", "stages": [{"id": "x"}], "transitions": [{"id": "t", "from": 1, "to": "x", "manual": true}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "bandings": [{"id": 1, "score": "s", "bands": [{"id": "x"}]}], "alerts": [{"id": "l", "when": {"band": "b", "equals": "x"}}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "matrices": [1], "alerts": [{"id": "l", "when": {"class": "b", "equals": "x"}}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [1], "alerts": [{"id": "l", "when": {"score": "s", "at_least": 5}}]})",
        }) {
        const loaded_model m = parse_model(text);
        INFO(text);
        CHECK(m.issues.size() == 1);
        std::string all;
        for (const issue& i : check(m)) all += to_string(i) + "\n";
        std::string of_reading;
        for (const issue& i : m.issues) of_reading += to_string(i) + "\n";
        CHECK(all == of_reading);
    }
}
