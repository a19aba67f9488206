// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"
#include "plan/good_model.hpp"

#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/check.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace leadfunnel;
using namespace std::chrono_literals;

// Faults that only a model built in code can have, and those that take more than one change to a
// file.

namespace {

constexpr auto day = std::chrono::hours{24};

/// A good model with few rules, to which tests add.
model base() {
    model m;
    m.id = "m";
    m.attributes = {{.id = "size", .type = value_type::number},
                    {.id = "name"},
                    {.id = "member", .type = value_type::boolean},
                    {.id = "since", .type = value_type::timestamp},
                    {.id = "tags", .type = value_type::set}};
    m.properties = {{.id = "url"}};
    m.touchpoints = {{.id = "visit", .value = "seconds"}};
    m.funnels = {{.id = "sales", .stages = {{.id = "MQL"}, {.id = "won"}}}};
    m.scores = {{.id = "s"}};
    m.rules = {occurrence{
        .id = "visits", .score = "s", .on = on("visit", property("url").exists()), .points = 1}};
    return m;
}

model with(rule r) {
    model m = base();
    m.rules.push_back(std::move(r));
    return m;
}

/// A rule that holds while a condition does.
model when(condition c) {
    return with(attribute_rule{.id = "r", .score = "s", .when = std::move(c), .points = 1});
}

/// Issues, but for warnings of unused declarations.
std::vector<issue> issues_of(const model& m) {
    std::vector<issue> all = check(m);
    std::erase_if(all, [](const issue& i) { return i.code == issue_code::unused; });
    return all;
}

/// The code and pointer of each issue, one a line.
std::string summary(const std::vector<issue>& issues) {
    std::string out;
    for (const issue& i : issues)
        out.append(to_string(i.level)).append(" ").append(to_string(i.code)).append(" at ") +=
            i.pointer + "\n";
    return out;
}
std::string summary(const model& m) { return summary(issues_of(m)); }

const std::string fine{};
std::string error_at(std::string_view code, std::string_view pointer) {
    return "error " + std::string(code) + " at " + std::string(pointer) + "\n";
}
std::string warning_at(std::string_view code, std::string_view pointer) {
    return "warning " + std::string(code) + " at " + std::string(pointer) + "\n";
}

} // namespace

TEST_CASE("a model built in code has issues without a place in a file") {
    model m = base();
    m.rules.clear();
    m.rules.emplace_back(occurrence{.id = "r", .score = "t", .on = on("vist"), .points = 1});
    const auto issues = issues_of(m);
    REQUIRE(issues.size() == 2);
    CHECK(to_string(issues[0]) == "error: unknown score 't' [unknown_name] at /rules/0/score");
    CHECK(to_string(issues[1]) == "error: unknown touchpoint type 'vist' [unknown_name] at "
                                  "/rules/0/on/type; did you mean 'visit'?");
    CHECK(issues[0].line == 0);
    CHECK(issues[0].file.empty());
}

TEST_CASE("a good model built in code has no issues") {
    CHECK(summary(base()) == fine);
    CHECK(check(parse_model(good::everything).value).empty());
}

TEST_CASE("an empty model lacks an id and scores") {
    CHECK(summary(model{}) == error_at("bad_name", "/id") + error_at("incomplete", "/scores"));
}

TEST_CASE("issues are in the order of the model's members") {
    model m = base();
    m.attributes.push_back({.id = "spare"});
    m.attributes.push_back({.id = ""});
    for (int i = 0; i < 11; ++i)
        m.rules.emplace_back(
            attribute_rule{.id = "r" + std::to_string(i), .score = "s", .points = i + 1});
    std::get<attribute_rule>(m.rules[10]).score = "t";
    std::get<attribute_rule>(m.rules[2]).score = "t";
    m.bandings = {{.id = "b", .score = "s"}};
    m.freezes = {{.id = "f", .when = attribute("size").exists(), .scores = {"x"}}};
    m.time_zone = "Nowhere";
    CHECK(summary(m) == error_at("unknown_name", "/time_zone") +
                            error_at("bad_name", "/attributes/6/id") +
                            error_at("unknown_name", "/rules/2/score") +
                            error_at("unknown_name", "/rules/10/score") +
                            error_at("unknown_name", "/freezes/0/scores/0") +
                            error_at("incomplete", "/bandings/0/bands"));
}

TEST_CASE("names are short, printable UTF-8") {
    const auto named = [](std::string name) {
        model m = base();
        m.scores.push_back({.id = std::move(name)});
        return summary(m);
    };
    const std::string bad = error_at("bad_name", "/scores/1/id");
    CHECK(named(std::string(max_name_bytes, 'x')) == fine);
    CHECK(named(std::string(max_name_bytes + 1, 'x')) == bad);
    CHECK(named("展示会") == fine);
    CHECK(named("\xFF") == bad);
    CHECK(named("a\tb") == bad);
    CHECK(named("a\x7F") == bad);
}

TEST_CASE("long names are cut in messages, between characters") {
    model m = base();
    std::string name(59, 'x');
    name += "展示会";
    std::get<occurrence>(m.rules[0]).score = name;
    const auto issues = issues_of(m);
    REQUIRE(issues.size() == 1);
    CHECK(issues[0].message == "unknown score '" + std::string(59, 'x') + "…'");
}

TEST_CASE("texts are UTF-8") {
    const auto wrong = [](std::string_view pointer) { return error_at("wrong_value", pointer); };
    model m = base();
    m.description = "\xFF";
    m.version = "\xC0\x80";
    m.lists = {{.id = "l", .members = {"a", "\xFF"}}};
    CHECK(summary(m) == wrong("/version") + wrong("/description") + wrong("/lists/0/members/1"));
    CHECK(summary(when(attribute("name").equals("\xFF"))) == wrong("/rules/1/when/equals"));
    CHECK(summary(when(attribute("name").prefix("\xFF"))) == wrong("/rules/1/when/prefix"));
}

TEST_CASE("required names are missing if empty") {
    model m = base();
    m.rules.emplace_back(attribute_rule{.id = "r", .points = 1});
    m.bandings = {{.id = "b", .bands = {{.id = "low"}}}};
    m.matrices = {{.id = "m"}};
    CHECK(summary(m) == error_at("missing_key", "/rules/1/score") +
                            error_at("missing_key", "/bandings/0/score") +
                            error_at("missing_key", "/matrices/0/rows") +
                            error_at("missing_key", "/matrices/0/columns"));
    CHECK(
        summary(with(occurrence{.id = "r", .score = "s", .on = on(std::string{}), .points = 1})) ==
        error_at("bad_name", "/rules/1/on/type"));
}

TEST_CASE("enumerators that do not exist are errors") {
    model m = base();
    m.attributes.push_back({.id = "odd", .type = static_cast<value_type>(0)});
    m.scores[0].clamp = static_cast<clamping>(9);
    m.rules.emplace_back(frequency{
        .id = "r", .score = "s", .measure = static_cast<frequency_measure>(9), .points = 1});
    test t{.name = "size"};
    t.how = static_cast<op>(99);
    m.rules.emplace_back(attribute_rule{.id = "t", .score = "s", .when = t, .points = 1});
    condition c;
    c.is = static_cast<condition::kind>(99);
    m.rules.emplace_back(attribute_rule{.id = "c", .score = "s", .when = c, .points = 1});
    // A literal is not compared with a type that does not exist.
    m.rules.emplace_back(attribute_rule{
        .id = "o", .score = "s", .when = attribute("odd").equals(true), .points = 2});
    CHECK(summary(m) == error_at("wrong_value", "/attributes/5/type") +
                            error_at("wrong_value", "/scores/0/clamp") +
                            error_at("wrong_value", "/rules/1/measure") +
                            error_at("wrong_value", "/rules/2/when") +
                            error_at("wrong_value", "/rules/3/when"));
}

TEST_CASE("conditions are nested as deeply as a file may be, and no deeper") {
    // A rule's condition is at level 4: the file, the list of rules, the rule, the condition.
    const auto nested = [](std::size_t levels) {
        condition c = attribute("size").exists();
        for (std::size_t i = 0; i < levels; ++i) c = !c;
        return when(c);
    };
    std::string path = "/rules/1/when";
    for (std::size_t i = 0; i < max_model_nesting - 4; ++i) path += "/not";
    CHECK(summary(nested(max_model_nesting - 4)) == fine);
    CHECK(parse_model(write_model(nested(max_model_nesting - 4))).issues.empty());
    CHECK(summary(nested(max_model_nesting - 3)) == error_at("too_large", path + "/not"));
    CHECK_FALSE(parse_model(write_model(nested(max_model_nesting - 3))).issues.empty());
    CHECK(summary(nested(2'000)) == error_at("too_large", path + "/not"));

    // Lists take two levels, and one for the values of `in`.
    for (const auto kind : {condition::kind::all, condition::kind::any}) {
        condition c = attribute("size").in({1.0});
        for (std::size_t i = 0; i < (max_model_nesting - 4) / 2; ++i) c = condition(kind, {c});
        CHECK(issues_of(when(c)).size() == 1);
        CHECK(issues_of(when(condition(kind, {c}))).size() == 1);
        c = condition(c.of[0]);
        CHECK(summary(when(c)) == fine);
        CHECK(parse_model(write_model(when(c))).issues.empty());
    }
}

TEST_CASE("not negates one condition") {
    CHECK(summary(when(condition(condition::kind::negation, {}))) ==
          error_at("wrong_value", "/rules/1/when/not"));
    CHECK(summary(when(condition(condition::kind::negation, {condition{}, condition{}}))) ==
          error_at("wrong_value", "/rules/1/when/not"));
    CHECK(summary(when(!condition{})) == fine);
    // A condition that is too deep is not compared with other rules either.
    model m = when(condition(condition::kind::negation, {condition{}, condition{}}));
    m.rules.push_back(m.rules[1]);
    std::get<attribute_rule>(m.rules[2]).id = "again";
    CHECK(summary(m) == error_at("wrong_value", "/rules/1/when/not") +
                            error_at("wrong_value", "/rules/2/when/not"));
    // Parts of a condition that always holds are ignored.
    condition none;
    none.of = {condition{}};
    m = when({});
    m.rules.emplace_back(attribute_rule{.id = "again", .score = "s", .when = none, .points = 1});
    CHECK(summary(m) == warning_at("shadowed", "/rules/2"));
}

TEST_CASE("literals have the type that is compared") {
    const auto bad = [](condition c, std::string_view key) {
        const model m = when(std::move(c));
        CHECK(summary(m) == error_at("type_mismatch", "/rules/1/when/" + std::string(key)));
    };
    bad(attribute("size").equals(true), "equals");
    bad(attribute("size").equals(value{}), "equals");
    bad(attribute("size").equals(text_set{"a"}), "equals");
    bad(attribute("name").equals(1.0), "equals");
    bad(attribute("member").not_equals("yes"), "not_equals");
    bad(attribute("since").less(1.0), "less");
    bad(attribute("since").less("2026-01-01T00:00:00Z"), "less");
    bad(attribute("size").in({1.0, "2"}), "in/1");
    bad(current_stage("sales").equals(1.0), "equals");
    bad(times_entered("sales", "won").at_least("1"), "at_least");

    test t{.name = "size", .how = op::exists, .literal = 1.0};
    bad(t, "exists");
    t = {.name = "name", .how = op::glob, .literal = true};
    bad(t, "glob");
    t = {.name = "name", .how = op::regex, .literal = true};
    bad(t, "regex");
    t = {.name = "name", .how = op::in_list, .literal = 1.0};
    bad(t, "in_list");

    CHECK(summary(when(attribute("since").less("soon"))) ==
          error_at("wrong_unit", "/rules/1/when/less"));
    CHECK(issues_of(when(attribute("since").less("2026-01-01T00:00:00")))[0].message ==
          "'2026-01-01T00:00:00': no offset from UTC ('Z' or '+09:00')");
}

TEST_CASE("literals are within the range of their type") {
    const auto beyond = error_at("out_of_range", "/rules/1/when/less");
    CHECK(summary(when(attribute("size").less(std::numeric_limits<double>::quiet_NaN()))) ==
          beyond);
    CHECK(summary(when(attribute("size").less(std::numeric_limits<double>::infinity()))) == beyond);
    CHECK(summary(when(attribute("size").less(1e300))) == fine);
    CHECK(summary(when(attribute("since").less(latest_instant))) == beyond);
    CHECK(summary(when(attribute("since").less(always))) == beyond);
    CHECK(summary(when(attribute("since").less(earliest_instant))) == fine);
    CHECK(summary(when(attribute("since").age().less(longest_duration))) == fine);
    CHECK(summary(when(attribute("since").age().less(-longest_duration))) == fine);
    CHECK(summary(when(attribute("since").age().less(longest_duration + 1us))) == beyond);
    CHECK(summary(when(attribute("since").age().less(-longest_duration - 1us))) == beyond);
}

TEST_CASE("stage facts have no parts, and their stages are those of their funnel") {
    CHECK(summary(when(current_stage("sales").domain().equals("won"))) ==
          error_at("type_mismatch", "/rules/1/when/part"));
    // Text is compared without regard to case and width, stages too.
    CHECK(summary(when(current_stage("sales").equals("mql"))) == fine);
    CHECK(summary(when(current_stage("sales").in({"ＭＱＬ", "WON"}))) == fine);
    CHECK(summary(when(current_stage("sales").in({"mql", "lost"}))) ==
          error_at("unknown_name", "/rules/1/when/in/1"));
    CHECK(summary(when(current_stage("sale").equals("mql"))) ==
          error_at("unknown_name", "/rules/1/when/current_stage"));
    CHECK(summary(when(times_entered("sale", "won").at_least(1.0))) ==
          error_at("unknown_name", "/rules/1/when/funnel"));
    CHECK(summary(when(score_at_entry("sales", "lost", "s").at_least(1.0))) ==
          error_at("unknown_name", "/rules/1/when/stage"));
    CHECK(summary(when(score_at_entry("sales", "won", "s").at_least(1.0))) == fine);
}

TEST_CASE("exact is for text and sets of text") {
    CHECK(summary(when(attribute("name").exact().equals("A"))) == fine);
    CHECK(summary(when(attribute("tags").exact().contains("A"))) == fine);
    CHECK(summary(when(attribute("member").exact().equals(true))) ==
          error_at("type_mismatch", "/rules/1/when/exact"));
    CHECK(summary(when(attribute("since").age().exact().less(day))) ==
          error_at("type_mismatch", "/rules/1/when/exact"));
    // Folding makes a bracket of a full-width one, but not if the glob is exact.
    CHECK(summary(when(attribute("name").glob("［a"))) ==
          error_at("bad_pattern", "/rules/1/when/glob"));
    CHECK(summary(when(attribute("name").exact().glob("［a"))) == fine);
}

TEST_CASE("every operator fits the types that it is described for, and no others") {
    const std::vector<std::pair<std::string, value>> literals{
        {"size", 1.0}, {"name", "a"}, {"member", true}, {"since", instant{}}, {"tags", "a"}};
    for (const auto& o : language::operators) {
        for (const auto& [name, literal] : literals) {
            model m = when({});
            m.lists = {{.id = "a", .members = {"x"}}};
            test t{.name = name, .how = o.value, .literal = literal, .several = {literal}};
            if (o.value == op::exists) t.literal = true;
            std::get<attribute_rule>(m.rules[1]).when = t;
            const auto declared =
                std::find_if(m.attributes.begin(), m.attributes.end(),
                             [&, of = name](const auto& a) { return a.id == of; });
            INFO(o.name << " on " << name);
            CHECK(summary(m) ==
                  (o.accepts.has(declared->type)
                       ? fine
                       : error_at("type_mismatch", "/rules/1/when/" + std::string(o.name))));
        }
    }
    for (const auto& p : language::parts) {
        for (const auto& [name, literal] : literals) {
            const model m = when(attribute(name).take(p.value).exists());
            const auto declared =
                std::find_if(m.attributes.begin(), m.attributes.end(),
                             [&, of = name](const auto& a) { return a.id == of; });
            INFO(p.name << " of " << name);
            CHECK(summary(m) == (p.accepts.has(declared->type)
                                     ? fine
                                     : error_at("type_mismatch", "/rules/1/when/part")));
        }
    }
}

TEST_CASE("contradictions in an \"all\" are found where they are certain") {
    const auto size = attribute("size");
    const auto name = attribute("name");
    const auto since = attribute("since");
    const auto age = since.age();
    const std::vector<std::pair<condition, bool>> cases{
        {size.less(5.0) && size.greater(5.0), true},
        {size.less(5.0) && size.at_least(5.0), true},
        {size.at_most(5.0) && size.at_least(5.0), false},
        {size.at_most(5.0) && size.greater(5.0), true},
        {size.at_least(1.0) && size.at_least(9.0) && size.less(9.0), true},
        {size.equals(5.0) && size.equals(6.0), true},
        {size.equals(5.0) && size.equals(5.0), false},
        {size.equals(5.0) && size.less(5.0), true},
        {size.equals(5.0) && size.less(6.0), false},
        {size.not_equals(5.0) && size.equals(6.0), false},
        {size.in({1.0}) && size.equals(1.0), false},
        {size.exists() && size.exists(false), true},
        {size.exists(false) && size.not_equals(5.0), true},
        {size.exists(false) && size.exists(false), false},
        {size.exists(false) && attribute("member").equals(true), false},
        {name.equals("a") && name.equals("b"), true},
        {name.equals("a") && name.equals("Ａ"), false},
        {name.exact().equals("a") && name.exact().equals("A"), true},
        {name.exact().equals("a") && name.equals("A"), false},
        {name.exact().equals("a") && name.equals("b"), true},
        {name.equals("a") && name.domain().equals("b"), false},
        {name.prefix("a") && name.prefix("b"), false},
        {attribute("member").equals(true) && attribute("member").equals(false), true},
        {attribute("member").equals(true) && attribute("member").equals(true), false},
        {attribute("tags").contains("a") && attribute("tags").contains("b"), false},
        {since.less(instant{} + day) && since.at_least(instant{} + day), true},
        {since.less(instant{} + day) && since.at_least(instant{}), false},
        {age.less(day) && age.greater(day), true},
        {age.less(day) && since.greater(instant{} + day), false},
        {size.less(1.0) && all({name.exists(), all({size.greater(2.0)})}), true},
        {size.less(1.0) && any({size.greater(2.0)}), false},
        {any({size.less(1.0), size.greater(2.0)}), false},
        {times_entered("sales", "won").less(1.0) && times_entered("sales", "won").greater(1.0),
         true},
        {times_entered("sales", "won").less(1.0) && times_entered("sales", "MQL").greater(1.0),
         false},
        {current_stage("sales").equals("won") && current_stage("sales").equals("MQL"), true},
    };
    for (std::size_t i = 0; i < cases.size(); ++i) {
        INFO("case " << i);
        CHECK(summary(when(cases[i].first)) ==
              (cases[i].second ? warning_at("unreachable", "/rules/1/when/all") : fine));
    }
}

TEST_CASE("limits implied by other limits are found where that is certain") {
    const auto calendar = [](calendar_unit u, std::int64_t n) { return per(u, n); };
    const auto rolling = [](duration d, std::int64_t n) {
        return limit{.at_most = n, .rolling = d};
    };
    const auto each = [](limit l) {
        l.per_distinct = "url";
        return l;
    };
    const limit ten_points{.at_most_points = 10};
    const limit ten_points_a_day{.at_most_points = 10, .rolling = day};
    const std::vector<std::tuple<limit, limit, bool>> cases{
        {calendar(calendar_unit::day, 5), calendar(calendar_unit::week, 5), true},
        {calendar(calendar_unit::day, 5), calendar(calendar_unit::week, 6), false},
        {calendar(calendar_unit::week, 5), calendar(calendar_unit::month, 1), false},
        {calendar(calendar_unit::week, 5), calendar(calendar_unit::week, 1), true},
        {calendar(calendar_unit::month, 5), calendar(calendar_unit::week, 1), false},
        {calendar(calendar_unit::month, 5), calendar(calendar_unit::quarter, 5), true},
        {calendar(calendar_unit::quarter, 5), calendar(calendar_unit::year, 5), true},
        {calendar(calendar_unit::year, 5), calendar(calendar_unit::month, 5), false},
        {calendar(calendar_unit::day, 5), rolling(day * 3, 1), false},
        {rolling(day, 5), calendar(calendar_unit::week, 1), false},
        {rolling(day, 5), rolling(day * 2, 5), true},
        {rolling(day * 2, 5), rolling(day, 5), false},
        {rolling(day, 1), once(), true},
        {once(), rolling(day, 1), false},
        {each(rolling(day, 1)), once(), true},
        {each(rolling(day, 1)), each(once()), true},
        {rolling(day, 1), each(once()), false},
        {ten_points_a_day, ten_points, true},
        {ten_points, ten_points_a_day, false},
        {ten_points_a_day, once(), false},
    };
    for (std::size_t i = 0; i < cases.size(); ++i) {
        INFO("case " << i);
        const auto& [kept, keeps, expected] = cases[i];
        occurrence r{.id = "r", .score = "s", .on = on("visit"), .points = 1};
        r.limits = {kept, keeps};
        // The other limit may also be implied.
        const auto is_kept = [&](std::string_view which) {
            return summary(with(r)).find(which) != std::string::npos;
        };
        CHECK(is_kept("/limits/0") == expected);
        r.limits = {keeps, kept};
        CHECK(is_kept("/limits/1") == expected);
    }
    occurrence many{.id = "r", .score = "s", .on = on("visit"), .points = 1};
    many.limits.assign(10'000, once());
    CHECK(summary(with(many)) == fine); // too many to compare
}

TEST_CASE("limits implied by a cooldown are found where that is certain") {
    const auto kept = [](duration cooldown, duration period, std::int64_t n) {
        occurrence r{.id = "r", .score = "s", .on = on("visit"), .points = 1};
        r.cooldown = cooldown;
        r.limits = {{.at_most = n, .rolling = period}};
        return !summary(with(r)).empty();
    };
    CHECK(kept(7 * day, 7 * day, 1));
    CHECK_FALSE(kept(7 * day, 7 * day + 1us, 1));
    CHECK(kept(7 * day, 7 * day + 1us, 2));
    CHECK_FALSE(kept(2 * day, 7 * day, 3));
    CHECK(kept(2 * day, 7 * day, 4));
}

TEST_CASE("a limit of points allows at least one award") {
    const auto limited = [](occurrence r, decimal most) {
        r.id = "r";
        r.score = "s";
        r.on = on("visit");
        r.limits = {{.at_most_points = most}};
        return summary(with(r));
    };
    const auto impossible = error_at("impossible_limit", "/rules/1/limits/0/at_most_points");
    CHECK(limited({.points = 10}, 10) == fine);
    CHECK(limited({.points = 10}, 9.999999) == impossible);
    CHECK(limited({.points = -10}, 9) == impossible);
    CHECK(limited({.per_value = 10}, 1) == fine);
    CHECK(limited({.per_value = 10, .min_points = 2}, 1) == impossible);
    CHECK(limited({.per_value = 10, .min_points = -2}, 1) == fine);
    CHECK(limited({.per_value = 10, .max_points = -2}, 1) == impossible);
    CHECK(limited({.per_value = 10, .max_points = 2}, 1) == fine);
}

TEST_CASE("rules that are worth nothing are found") {
    const auto nothing = [](rule r, std::string_view pointer) {
        CHECK(summary(with(std::move(r))) == warning_at("no_effect", pointer));
    };
    nothing(attribute_rule{.id = "r", .score = "s", .when = attribute("size").exists()},
            "/rules/1/points");
    nothing(frequency{.id = "r", .score = "s"}, "/rules/1/points");
    nothing(recency{.id = "r", .score = "s", .bins = {{.within = day}}}, "/rules/1");
    nothing(occurrence{.id = "r", .score = "s"}, "/rules/1/points");
    nothing(occurrence{.id = "r", .score = "s", .on = on("visit"), .per_value = 0},
            "/rules/1/per_value");
    nothing(return_rule{.id = "r", .score = "s", .after = day}, "/rules/1/points");
    nothing(inactivity{.id = "r", .score = "s", .after = day}, "/rules/1/points");
    nothing(sequence{.id = "r", .score = "s", .steps = {on("visit"), on("visit")}, .within = day},
            "/rules/1/points");
    CHECK(summary(with(recency{
              .id = "r", .score = "s", .bins = {{.within = day}}, .if_never = -1})) == fine);
    CHECK(summary(with(occurrence{
              .id = "r", .score = "s", .on = on("visit"), .per_value = 0, .min_points = 1})) ==
          fine);
}

TEST_CASE("rules that differ in name only are found") {
    attribute_rule r{.id = "a", .score = "s", .when = attribute("size").less(5.0), .points = 1};
    const auto same_as = [&](attribute_rule other) {
        model m = with(r);
        other.id = "b";
        other.description = "another";
        m.rules.emplace_back(std::move(other));
        return !summary(m).empty();
    };
    CHECK(same_as(r));
    attribute_rule other = r;
    other.points = 2;
    CHECK_FALSE(same_as(other));
    other = r;
    other.when = attribute("size").less(5.5);
    CHECK_FALSE(same_as(other));
    other.when = attribute("size").at_most(5.0);
    CHECK_FALSE(same_as(other));
    other.when = all({r.when});
    CHECK_FALSE(same_as(other));

    model m = base();
    m.exclusions = {{.id = "a", .when = attribute("size").less(5.0)},
                    {.id = "b", .when = attribute("size").less(5.0), .scores = {"s"}},
                    {.id = "c", .when = attribute("size").less(5.0)},
                    {.id = "d", .when = attribute("size").less(5.0)}};
    CHECK(summary(m) ==
          warning_at("shadowed", "/exclusions/2") + warning_at("shadowed", "/exclusions/3"));
}

TEST_CASE("cycles of derived scores") {
    const auto derived = [](std::string id, std::vector<std::string> from) {
        return derived_score{.id = std::move(id), .from = minimum_of{std::move(from)}};
    };
    model m = base();
    m.derived = {derived("a", {"b"}), derived("b", {"c", "s"}), derived("c", {"s"})};
    CHECK(summary(m) == fine);

    // Two sets of scores that need one another, and a score that needs both and is in no cycle.
    m.derived = {derived("top", {"a", "x"}), derived("a", {"b", "b"}), derived("b", {"c"}),
                 derived("c", {"a", "b"}),   derived("x", {"y"}),      derived("y", {"x", "s"})};
    auto issues = issues_of(m);
    std::erase_if(issues, [](const issue& i) { return i.level == severity::warning; });
    REQUIRE(issues.size() == 2);
    CHECK(to_string(issues[0]) == "error: derived scores are made from one another: 'a' → 'b' → "
                                  "'c' → 'a' [cycle] at /derived/1/from");
    CHECK(to_string(issues[1]) ==
          "error: derived scores are made from one another: 'x' → 'y' → 'x' [cycle] at "
          "/derived/4/from");

    // A long cycle is cut short in the message, and does not exhaust the stack.
    m.derived.clear();
    constexpr int many = 50'000;
    for (int i = 0; i < many; ++i)
        m.derived.push_back(
            derived("d" + std::to_string(i), {"d" + std::to_string((i + 1) % many)}));
    issues = issues_of(m);
    REQUIRE(issues.size() == 1);
    CHECK(issues[0].message == "derived scores are made from one another: 'd0' → 'd1' → 'd2' → "
                               "'d3' → 'd4' → 'd5' → 'd6' → 'd7' → … → 'd0'");
}

TEST_CASE("the levels of derived scores are bounded") {
    const auto chain = [](std::size_t levels) {
        model m = base();
        for (std::size_t i = 0; i < levels; ++i) {
            std::vector<std::string> from{"s"};
            if (i != 0) from.push_back("d" + std::to_string(i - 1));
            m.derived.push_back({.id = "d" + std::to_string(i), .from = maximum_of{from}});
        }
        std::reverse(m.derived.begin(),
                     m.derived.end()); // the order of declaration does not matter
        return m;
    };
    CHECK(summary(chain(max_derived_levels)) == fine);
    const auto issues = issues_of(chain(max_derived_levels + 1));
    REQUIRE(issues.size() == 1);
    CHECK(to_string(issues[0]) ==
          "error: derived score 'd64' is made of 64 levels of derived scores, one made of the next "
          "[too_large] at /derived/0/from; expected at most 64 levels");
    // The first level beyond the bound is reported, once. A deep chain does not exhaust the stack.
    CHECK(summary(chain(50'000)) ==
          error_at("too_large",
                   "/derived/" + std::to_string(50'000 - 1 - max_derived_levels) + "/from"));
    // Levels are counted, not scores.
    model m = base();
    m.derived.push_back({.id = "d0", .from = maximum_of{{"s"}}});
    for (int i = 0; i < 1'000; ++i)
        m.derived.push_back({.id = "e" + std::to_string(i), .from = maximum_of{{"d0", "s"}}});
    CHECK(summary(m) == fine);
}

TEST_CASE("the number of business calendars is bounded") {
    const auto calendars = [](std::size_t n) {
        model m = base();
        for (std::size_t i = 0; i < n; ++i)
            m.calendars.push_back(
                {.id = "c" + std::to_string(i),
                 .hours = {{.days = {weekday::monday}, .from = {9 * 60}, .to = {17 * 60}}}});
        auto issues = issues_of(m);
        std::erase_if(issues, [](const issue& i) { return i.level == severity::warning; });
        return summary(issues);
    };
    CHECK(calendars(max_model_calendars) == fine);
    CHECK(calendars(max_model_calendars + 1) == error_at("too_large", "/calendars"));
}

TEST_CASE("the cells of all matrices together are bounded") {
    const auto matrices = [](std::size_t rows, std::size_t columns, std::size_t count) {
        model m = base();
        const auto bands = [](std::size_t n) {
            std::vector<band> all{{.id = "b0"}};
            for (std::size_t i = 1; i < n; ++i)
                all.push_back({.id = "b" + std::to_string(i), .enter = static_cast<int>(i)});
            return all;
        };
        m.bandings = {{.id = "r", .score = "s", .bands = bands(rows)},
                      {.id = "c", .score = "s", .bands = bands(columns)}};
        for (std::size_t i = 0; i < count; ++i)
            m.matrices.push_back({.id = "m" + std::to_string(i), .rows = "r", .columns = "c"});
        return summary(m);
    };
    CHECK(matrices(1'000, 100, 1) == fine);
    CHECK(matrices(1'000, 101, 1) == error_at("too_large", "/matrices/0"));
    CHECK(matrices(100, 100, 10) == fine);
    CHECK(matrices(100, 100, 12) == error_at("too_large", "/matrices/10"));
}

TEST_CASE("the stages that all transitions leave are bounded") {
    model m = base();
    funnel& f = m.funnels[0];
    f.stages = {{.id = "a", .entry = true}};
    for (int i = 0; i < 1'000; ++i) f.stages.push_back({.id = "x" + std::to_string(i)});
    for (int i = 0; i < 1'200; ++i)
        f.transitions.push_back(
            {.id = "t" + std::to_string(i), .from = {"*"}, .to = "a", .manual = true});
    const auto issues = issues_of(m);
    REQUIRE(!issues.empty());
    // Each transition counts the stage that it names and, for its star, the funnel's 1,001 stages.
    CHECK(
        to_string(issues[0]) ==
        "error: the transitions up to this one leave too many stages, each counted as often as "
        "transitions leave it [too_large] at /funnels/0/transitions/998; expected at most 1000000");
    CHECK(std::count_if(issues.begin(), issues.end(),
                        [](const issue& i) { return i.level == severity::error; }) == 1);
}

TEST_CASE("names that tests compare with are looked up once for each owner") {
    // If each name were compared with all bands, this would take minutes.
    model m = base();
    banding b{.id = "b", .score = "s", .bands = {{.id = "b0"}}};
    std::vector<value> names{"B0"};
    for (int i = 1; i < 1'000; ++i) {
        b.bands.push_back({.id = "b" + std::to_string(i), .enter = i});
        names.emplace_back("B" + std::to_string(i));
    }
    m.bandings = {b};
    for (int i = 0; i < 300; ++i)
        m.alerts.push_back({.id = "a" + std::to_string(i), .when = band_now("b").in(names)});
    CHECK(summary(m) == fine);
    names.emplace_back("b1000");
    m.alerts = {{.id = "a", .when = band_now("b").in(names)}};
    CHECK(summary(m) == error_at("unknown_name", "/alerts/0/when/in/1000"));
}

TEST_CASE("bands that the score cannot reach") {
    const auto bands = [](std::optional<decimal> low, std::optional<decimal> high,
                          std::vector<band> all) {
        model m = base();
        m.scores[0].min = low;
        m.scores[0].max = high;
        m.bandings = {{.id = "b", .score = "s", .bands = std::move(all)}};
        return summary(m);
    };
    const std::vector<band> three{{.id = "c"}, {.id = "b", .enter = 10}, {.id = "a", .enter = 20}};
    CHECK(bands({}, {}, three) == fine);
    CHECK(bands(9.999999, 20, three) == fine);
    CHECK(bands(10, 19.999999, three) == warning_at("unreachable", "/bandings/0/bands/0") +
                                             warning_at("unreachable", "/bandings/0/bands/2"));
    CHECK(bands(30, 5, three) == error_at("bad_interval", "/scores/0/min"));

    const auto derived = [&](formula f, std::optional<decimal> high = {}) {
        model m = base();
        m.derived = {{.id = "d", .from = std::move(f), .max = high}};
        m.bandings = {{.id = "b", .score = "d", .bands = three}};
        return summary(m);
    };
    CHECK(derived(logistic{.score = "s", .top = 20}) == fine);
    CHECK(derived(logistic{.score = "s", .top = 19}) ==
          warning_at("unreachable", "/bandings/0/bands/2"));
    CHECK(derived(logistic{.score = "s", .top = 100}, 15) ==
          warning_at("unreachable", "/bandings/0/bands/2"));
    CHECK(derived(lookup{.score = "s", .steps = {{1, 12}, {2, 15}}, .below = 11}) ==
          warning_at("unreachable", "/bandings/0/bands/0") +
              warning_at("unreachable", "/bandings/0/bands/2"));
    CHECK(derived(minimum_of{{"s"}}) == fine);
}

TEST_CASE("lists are of bounded length") {
    CHECK(summary(when(attribute("size").in(std::vector<value>(max_model_list, 1.0)))) == fine);
    CHECK(summary(when(attribute("size").in(std::vector<value>(max_model_list + 1, 1.0)))) ==
          error_at("too_large", "/rules/1/when/in"));
    model m = base();
    m.lists = {{.id = "l", .members = std::vector<std::string>(max_model_list + 1, "x")}};
    CHECK(summary(m) == error_at("too_large", "/lists/0/members"));
    m = base();
    m.matrices = {{.id = "x", .classes = {std::vector<std::string>(max_model_list + 1, "x")}}};
    CHECK(summary(m).find(error_at("too_large", "/matrices/0/classes/0")) != std::string::npos);
}

TEST_CASE("globs and regular expressions are bounded, each and together") {
    CHECK(summary(when(attribute("name").regex(std::string(1'000, 'x')))) == fine);
    CHECK(summary(when(attribute("name").regex(std::string(1'001, 'x')))) ==
          error_at("too_large", "/rules/1/when/regex"));

    // A repeated one costs nothing.
    std::vector<condition> same(30'000, attribute("name").regex("x"));
    CHECK(summary(when(any(same))) == fine);
    std::vector<condition> bad(2, attribute("name").regex("(x"));
    CHECK(summary(when(any(bad))) == error_at("bad_pattern", "/rules/1/when/any/0/regex") +
                                         error_at("bad_pattern", "/rules/1/when/any/1/regex"));

    std::vector<condition> different;
    for (int i = 0; i < 30'000; ++i)
        different.push_back(attribute("name").regex("x" + std::to_string(i)));
    const auto issues = issues_of(when(any(different)));
    REQUIRE(issues.size() == 1);
    CHECK(issues[0].code == issue_code::too_large);

    // Globs count, too.
    different.clear();
    for (int i = 0; i < 30'000; ++i)
        different.push_back(attribute("name").glob("x" + std::to_string(i)));
    const auto of_globs = issues_of(when(any(different)));
    REQUIRE(of_globs.size() == 1);
    CHECK(of_globs[0].code == issue_code::too_large);
}

TEST_CASE("a glob is bounded by what it compiles to") {
    CHECK(summary(when(attribute("name").glob(std::string(10'000, 'x')))) == fine);
    CHECK(summary(when(attribute("name").glob(std::string(100'000, 'x')))) ==
          error_at("too_large", "/rules/1/when/glob"));
}

TEST_CASE("issues are listed up to a number of each severity") {
    model m = base();
    const std::size_t many = max_model_issues + 7;
    for (std::size_t i = 0; i < many; ++i)
        m.rules.emplace_back(attribute_rule{.id = "r" + std::to_string(i), .score = "s"});
    const auto warnings = [](const std::vector<issue>& all) {
        return static_cast<std::size_t>(std::count_if(
            all.begin(), all.end(), [](const issue& i) { return i.level == severity::warning; }));
    };
    auto issues = check(m);
    CHECK(issues.size() == max_model_issues + 1);
    CHECK(warnings(issues) == issues.size());
    CHECK(issues.back().code == issue_code::too_large);

    // Many warnings do not displace an error.
    m.matrices = {{.id = "x", .rows = "y", .columns = "y"}};
    issues = check(m);
    CHECK(warnings(issues) == max_model_issues + 1);
    CHECK(issues.size() == max_model_issues + 3);

    for (std::size_t i = 0; i < many; ++i) m.matrices.push_back(m.matrices[0]);
    issues = check(m);
    CHECK(issues.size() == 2 * max_model_issues + 2);
    CHECK(issues[issues.size() - 2].level == severity::error);
    CHECK(issues[issues.size() - 2].code == issue_code::too_large);

    const loaded_model loaded = parse_model(write_model(m), "m.json");
    REQUIRE(loaded.issues.empty());
    const auto located = check(loaded);
    REQUIRE(located.size() == issues.size());
    CHECK(located.back().code == issue_code::too_large);
    CHECK(std::is_sorted(located.begin(), located.end() - 2, [](const issue& a, const issue& b) {
        return std::pair{a.line, a.column} < std::pair{b.line, b.column};
    }));
}

TEST_CASE("the time of suggestions is bounded") {
    model m = base();
    std::string name(100, 'x');
    for (int i = 0; i < 2'000; ++i) m.touchpoints.push_back({.id = name + std::to_string(i)});
    std::vector<std::string> unknown;
    for (int i = 0; i < 2'000; ++i) unknown.push_back(name + "y" + std::to_string(i));
    std::get<occurrence>(m.rules[0]).on.types = unknown;
    CHECK(issues_of(m).size() == max_model_issues + 1);
}

TEST_CASE("a file of which nothing could be read has the issues of reading alone") {
    CHECK(check(parse_model("[1, 2]")).size() == 1);
    CHECK(check(parse_model("{")).size() == 1);
    CHECK(check(load_model("/no/such/file.json")).size() == 1);
}

TEST_CASE("an unreadable part may have declared any name") {
    // Each has one error of reading and no other issue.
    for (
        const std::string_view text : {
            R"({"id": "m", "scores": 1, "rules": [{"kind": "recency", "id": "r", "score": "s", "on": {}, "bins": [{"within": "1d", "points": 1}]}]})",
            R"({"id": "m", "scores": [{"id": "s", "groups": [1]}], "rules": [{"kind": "recency", "id": "r", "score": "s", "group": "g", "on": {}, "bins": [{"within": "1d", "points": 1}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "derived": {}, "bandings": [{"id": "b", "score": "d", "bands": [{"id": "x"}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "attributes": [{"id": 1}], "exclusions": [{"id": "e", "when": {"attribute": "a", "exists": true}}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "touchpoints": [{"id": "t", "value": 1}], "resets": [{"id": "e", "on": {"type": "t", "value_below": 1}}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "properties": [{"id": "p", "type": 1}], "touchpoints": [{"id": "t"}], "resets": [{"id": "e", "on": {"type": "t", "where": {"property": "p", "less": 1}}}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "properties": 1, "touchpoints": [{"id": "t"}], "resets": [{"id": "e", "on": {"type": "t", "where": {"property": "p", "less": 1}}}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "attributes": [{"id": "a"}], "lists": [{"id": "l", "members": [1]}], "exclusions": [{"id": "e", "when": {"attribute": "a", "in_list": "l"}}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "attributes": [{"id": "a"}], "lists": 1, "exclusions": [{"id": "e", "when": {"attribute": "a", "in_list": "l"}}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "funnels": [{"id": "f", "stages": 1}], "exclusions": [{"id": "e", "when": {"current_stage": "f", "equals": "x"}}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "funnels": [1], "exclusions": [{"id": "e", "when": {"times_entered": "x", "funnel": "f", "equals": 1}}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "funnels": [1], "resets": [{"id": "e", "funnel": "f", "stage": "x"}]})",
            R"({"id": "m", "scores": [{"id": "s", "min": "0", "clamp": "running"}], "rules": []})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "bandings": [{"id": "b", "score": "s", "bands": [{"id": "x"}, {"id": "y", "enter": "5"}]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "bandings": [{"id": "b", "score": "s", "bands": [{"id": "x"}, 1]}], "matrices": [{"id": "x", "rows": "b", "columns": "b", "classes": [["1", "2"], ["3", "4"]]}]})",
            R"({"id": "m", "scores": [{"id": "s"}], "rules": [], "exclusions": [{"id": "e", "when": {"any": [{"attribute": 1, "exists": true}]}}]})",
        }) {
        const loaded_model m = parse_model(text);
        INFO(text);
        CHECK(m.issues.size() == 1);
        CHECK(summary(check(m)) == summary(m.issues));
    }
}
