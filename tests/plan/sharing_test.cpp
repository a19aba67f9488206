// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Parts that a model repeats are compiled once and shared.

#include "catch.hpp"

#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/plan/plan.hpp>

using namespace leadfunnel;

namespace {

model naming(std::vector<condition> conditions) {
    model m;
    m.id = "m";
    m.attributes = {{.id = "name"}};
    m.scores = {{.id = "s"}, {.id = "t"}};
    m.lists = {{.id = "l", .members = {"b", "B", "a", "Ähm GmbH"}}};
    for (std::size_t i = 0; i < conditions.size(); ++i)
        m.rules.push_back(attribute_rule{.id = "r" + std::to_string(i),
                                         .score = i == 0 ? "t" : "s",
                                         .when = conditions[i],
                                         .points = 1});
    return m;
}

} // namespace

TEST_CASE("tests that prepare a list, or a regular expression, alike share it") {
    const auto name = attribute("name");
    const plan p = compile(naming({name.in_list("l"), !name.in_list("l"), name.exact().in_list("l"),
                                   name.normal().in_list("l"), name.regex("x+"), !name.regex("x+"),
                                   name.exact().regex("x+")}));
    const auto& tests = detail::plan_access::of(p).tests;
    REQUIRE(tests.size() == 7);
    CHECK(tests[0].list == tests[1].list);
    CHECK(*tests[0].list == std::vector<std::string>{"a", "b", "ähm gmbh"});
    CHECK(*tests[2].list == std::vector<std::string>{"B", "a", "b", "Ähm GmbH"});
    CHECK(tests[3].list != tests[0].list);
    CHECK(tests[4].matcher == tests[5].matcher);
    CHECK(tests[4].matcher != tests[6].matcher);
}

TEST_CASE("resets and freezes of all scores share the list of scores") {
    model m = naming({attribute("name").exists()});
    m.touchpoints = {{.id = "t"}};
    m.resets = {{.id = "a", .on = on("t")},
                {.id = "b", .on = on("t")},
                {.id = "c", .on = on("t"), .scores = {"s"}}};
    m.freezes = {{.id = "a", .when = attribute("name").equals("x")},
                 {.id = "b", .when = attribute("name").equals("y")},
                 {.id = "c", .when = attribute("name").equals("z"), .scores = {"s"}}};
    const plan compiled = compile(m);
    const auto& p = detail::plan_access::of(compiled);
    CHECK(p.resets[0].scores == p.resets[1].scores);
    CHECK(*p.resets[0].scores == std::vector<std::uint32_t>{0, 1});
    CHECK(*p.resets[2].scores == std::vector<std::uint32_t>{0});
    CHECK(p.freezes[0].scores == p.freezes[1].scores);
    CHECK((p.freezes[0].has(0) && p.freezes[0].has(1)));
    CHECK((p.freezes[2].has(0) && !p.freezes[2].has(1)));
}
