// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Values of another type than the model declares: no comparison is true, and none throws.

#include "catch.hpp"
#include "lead.hpp"

using namespace one_lead;

namespace {

bool holds(lf::condition c, lf::value held) {
    auto m =
        model({lf::attribute_rule{.id = "r", .score = "s", .when = std::move(c), .points = 1}});
    m.attributes.push_back({.id = "tags", .type = lf::value_type::set});
    m.attributes.push_back({.id = "active", .type = lf::value_type::boolean});
    m.lists = {{.id = "roles", .members = {"buyer", "12"}}};
    std::vector<lf::event> events{did("visit")};
    for (const auto& a : m.attributes) events.emplace_back(is(a.id, held));
    return lead{m, events}.at(hours{1}) == 1;
}

const std::vector<lf::value> one_of_each{true, 12.0, std::string{"12"}, lf::value{start},
                                         lf::text_set{"12", "buyer"}};

/// The values that make a condition true.
std::vector<bool> which(const lf::condition& c) {
    std::vector<bool> out;
    for (const auto& v : one_of_each) out.push_back(holds(c, v));
    return out;
}

using answers = std::vector<bool>;

} // namespace

TEST_CASE("values of another type than declared equal nothing") {
    const auto size = lf::attribute("size");
    CHECK(which(size.equals(12)) == answers{false, true, false, false, false});
    CHECK(which(size.not_equals(11)) == answers{false, true, false, false, false});
    CHECK(which(size.less(13)) == answers{false, true, false, false, false});
    CHECK(which(size.at_most(12)) == answers{false, true, false, false, false});
    CHECK(which(size.greater(11)) == answers{false, true, false, false, false});
    CHECK(which(size.at_least(12)) == answers{false, true, false, false, false});
    CHECK(which(size.in({12, 13})) == answers{false, true, false, false, false});
    CHECK(which(size.exists()) == answers{true, true, true, true, true});

    const auto role = lf::attribute("role");
    CHECK(which(role.equals("12")) == answers{false, false, true, false, false});
    CHECK(which(role.not_equals("x")) == answers{false, false, true, false, false});
    CHECK(which(role.in({"12", "x"})) == answers{false, false, true, false, false});
    CHECK(which(role.prefix("1")) == answers{false, false, true, false, false});
    CHECK(which(role.suffix("2")) == answers{false, false, true, false, false});
    CHECK(which(role.glob("1?")) == answers{false, false, true, false, false});
    CHECK(which(role.regex("^1.$")) == answers{false, false, true, false, false});
    CHECK(which(role.prefix("2")) == answers(5, false));
    CHECK(which(role.suffix("1")) == answers(5, false));
    CHECK(which(role.glob("?")) == answers(5, false));
    CHECK(which(role.regex("^x$")) == answers(5, false));

    // Text operators apply to texts and to sets of texts.
    CHECK(which(role.contains("12")) == answers{false, false, true, false, true});
    CHECK(which(role.in_list("roles")) == answers{false, false, true, false, true});
    CHECK(which(lf::attribute("tags").contains("buyer")) ==
          answers{false, false, false, false, true});

    CHECK(which(lf::attribute("active").equals(true)) == answers{true, false, false, false, false});
    const auto created = lf::attribute("created");
    CHECK(which(created.at_most(lf::value{start})) == answers{false, false, false, true, false});
    CHECK(which(created.age().at_least(hours{1})) == answers{false, false, false, true, false});
    CHECK(which(created.age().exists()) == answers{false, false, false, true, false});
    CHECK(which(created.age().exists(false)) == answers{true, true, true, false, true});
}

TEST_CASE("an unknown name of a plan lists the known names") {
    auto m = model({});
    m.bandings = {{.id = "b", .score = "s", .bands = {{.id = "cold"}, {.id = "hot", .enter = 1}}}};
    m.matrices = {{.id = "m", .rows = "b", .columns = "b"}};
    const auto plan = lf::compile(m);
    CHECK(plan.find_score("s") == 0U);
    CHECK_FALSE(plan.find_score("t"));
    CHECK(plan.score_name(0) == "s");
    CHECK(plan.banding("b") == 0);
    CHECK(plan.matrix("m") == 0);
    CHECK_THROWS_WITH(plan.score("t"), "no score is named 't'; there are: s");
    CHECK_THROWS_WITH(plan.banding("t"), "no banding is named 't'; there are: b");
    CHECK_THROWS_WITH(plan.matrix("t"), "no matrix is named 't'; there are: m");
}
