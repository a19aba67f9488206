// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include "every_member.hpp"

#include <leadfunnel/model/describe.hpp>

#include <map>
#include <stdexcept>

using namespace leadfunnel;
using namespace std::chrono_literals;

namespace {

/// The description of a member, found by its address in an object.
template<class T, class M>
const language::member_description& member_of(M T::*member) {
    const T owner{};
    for (const auto& f : language::type_of<T>().members)
        if (f.in(&owner) == &(owner.*member)) return f;
    throw std::logic_error("the member is not described");
}

template<class T, class M>
bool takes(M T::*member, M value) {
    T owner{};
    owner.*member = std::move(value);
    return language::within(member_of(member), language::object(owner));
}

} // namespace

TEST_CASE("ranges are as the language says") {
    CHECK(takes(&occurrence::points, decimal(1'000'000'000)));
    CHECK(takes(&occurrence::points, decimal(-1'000'000'000)));
    CHECK_FALSE(takes(&occurrence::points, decimal(1'000'000'001)));
    CHECK_FALSE(takes(&occurrence::points, decimal::min()));
    CHECK(takes(&occurrence::per_value, std::optional<decimal>()));
    CHECK_FALSE(takes(&occurrence::per_value, std::optional(decimal::max())));

    CHECK_FALSE(takes(&step_decay::percent, decimal(0.099999)));
    CHECK(takes(&step_decay::percent, decimal(0.1)));
    CHECK(takes(&step_decay::percent, decimal(100)));
    CHECK_FALSE(takes(&step_decay::percent, decimal(100.000001)));
    CHECK(takes(&decay_point::factor, decimal(0)));
    CHECK_FALSE(takes(&decay_point::factor, decimal(1.000001)));
    CHECK_FALSE(takes(&decay_point::factor, decimal(-0.000001)));

    CHECK_FALSE(takes(&half_life::period, duration{0}));
    CHECK_FALSE(takes(&half_life::period, duration{-1}));
    CHECK(takes(&half_life::period, duration{1}));
    CHECK(takes(&half_life::period, longest_duration));
    CHECK_FALSE(takes(&half_life::period, longest_duration + 1us));
    CHECK(takes(&occurrence::cooldown, std::optional<duration>()));
    CHECK_FALSE(takes(&occurrence::cooldown, std::optional(duration{0})));
    CHECK_FALSE(takes(&model::decay_grid, duration(999ms)));
    CHECK(takes(&model::decay_grid, duration(1s)));
    CHECK_FALSE(takes(&model::decay_grid, duration(24h * 31)));

    CHECK_FALSE(takes(&inactivity::times, std::int64_t{0}));
    CHECK(takes(&inactivity::times, std::int64_t{1000}));
    CHECK_FALSE(takes(&inactivity::times, std::int64_t{1001}));
    CHECK_FALSE(takes(&limit::at_most, std::optional<std::int64_t>(0)));
    CHECK(takes(&limit::at_most, std::optional<std::int64_t>(1'000'000'000)));
    CHECK_FALSE(takes(&limit::at_most_points, std::optional(decimal(0))));
    CHECK(takes(&limit::at_most_points, std::optional(decimal(0.000001))));

    CHECK_FALSE(takes(&sequence::steps, std::vector<pattern>(1)));
    CHECK(takes(&sequence::steps, std::vector<pattern>(2)));
    CHECK(takes(&sequence::steps, std::vector<pattern>(8)));
    CHECK_FALSE(takes(&sequence::steps, std::vector<pattern>(9)));
    CHECK_FALSE(takes(&weighted_term::weight, decimal(-1'000'000.5)));
    CHECK(takes(&pattern::where, condition{}));
}

TEST_CASE("ranges have words") {
    CHECK(language::range_text(member_of(&sequence::steps)) == "from 2 to 8");
    CHECK(language::range_text(member_of(&inactivity::times)) == "from 1 to 1000");
    CHECK(language::range_text(member_of(&step_decay::percent)) == "from 0.1 to 100");
    CHECK(language::range_text(member_of(&half_life::period)) ==
          "above 0s, up to " + to_string(longest_duration));
    CHECK(language::range_text(member_of(&occurrence::id)).empty());
    CHECK(language::range_text(member_of(&score::groups)).empty());
}

TEST_CASE("walking a model visits its members with their pointers, in order") {
    std::vector<std::string> pointers;
    std::string pointer;
    const model all = leadfunnel_test::every_member();
    language::walk(language::object(all), pointer,
                   [&](const auto&, auto, const std::string& p) { pointers.push_back(p); });
    CHECK(pointer.empty());
    CHECK(pointers.front() == "/id");
    const auto position = [&](std::string_view p) {
        const auto found = std::find(pointers.begin(), pointers.end(), p);
        INFO(p);
        CHECK(found != pointers.end());
        return found - pointers.begin();
    };
    CHECK(position("/attributes") < position("/attributes/0/id"));
    CHECK(position("/rules/3/limits/1/rolling") < position("/rules/3/decay/period"));
    CHECK(position("/rules/3/on/type") < position("/rules/3/on/where"));
    CHECK(position("/rules/7/decay/points/1/age") < position("/derived/0/from/terms/1/weight"));
    CHECK(position("/resets/0/on/type") < position("/matrices/0/classes"));
    CHECK(std::find(pointers.begin(), pointers.end(), "/resets/2/on/type") == pointers.end());
}

TEST_CASE("parts have types") {
    using language::operand_type;
    using language::result_of;
    CHECK(result_of(part::itself, value_type::set) == operand_type::set);
    CHECK(result_of(part::domain, value_type::string) == operand_type::string);
    CHECK(result_of(part::age, value_type::timestamp) == operand_type::age);
    CHECK_FALSE(result_of(part::age, value_type::number).has_value());
    CHECK_FALSE(result_of(part::normal, value_type::set).has_value());
}

TEST_CASE("operators say which types they take") {
    using language::description_of;
    CHECK(description_of(op::exists).accepts.has(value_type::set));
    CHECK_FALSE(description_of(op::equals).accepts.has(value_type::set));
    CHECK(description_of(op::less).accepts.has(language::operand_type::age));
    CHECK_FALSE(description_of(op::less).accepts.has(value_type::string));
    CHECK(description_of(op::contains).accepts.has(value_type::set));
    CHECK_FALSE(description_of(op::glob).accepts.has(value_type::set));
}

TEST_CASE("keys are unlike within each struct, and every description has words") {
    const auto look = [&](const auto& self, const language::type_description& t) -> void {
        std::map<std::string_view, int> keys;
        if (!t.kind.empty()) ++keys["kind"];
        for (const auto& f : t.members) {
            INFO(t.noun << "." << f.key);
            CHECK(++keys[f.key] == 1);
            CHECK(f.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
            CHECK(f.doc.size() > 10);
            CHECK((f.doc.ends_with('.') || f.doc.ends_with("…")));
            CHECK(f.doc.find('|') == std::string_view::npos); // it stands in a table
            self(self, *f.type);
        }
        for (const auto* each : t.alternatives) self(self, *each);
        if (t.element != nullptr) self(self, *t.element);
    };
    look(look, language::type_of<model>());
}

TEST_CASE("every alternative of a variant has a kind and an example, and no two share a kind") {
    for (const auto* variant : {&language::type_of<rule>(), &language::type_of<formula>(),
                                &language::type_of<decay_curve>()}) {
        std::map<std::string_view, int> kinds;
        for (const auto* each : variant->alternatives) {
            INFO(each->name);
            CHECK_FALSE(each->kind.empty());
            CHECK_FALSE(each->example.empty());
            CHECK(each->noun == variant->noun);
            CHECK(++kinds[each->kind] == 1);
        }
    }
}

TEST_CASE("every value of an enumeration has a name") {
    // Enumerators are numbered without a gap; the one after the last has no name.
    const auto count = [](const auto& type) { return type.choices.size(); };
    CHECK(count(language::type_of<value_type>()) ==
          static_cast<std::size_t>(value_type::set)); // from 1
    CHECK(count(language::type_of<value_type>()) + 1 == std::variant_size_v<value>);
    for (const auto* t : {&language::type_of<value_type>(), &language::type_of<calendar_unit>(),
                          &language::type_of<clamping>(), &language::type_of<frequency_measure>(),
                          &language::type_of<weekday>(), &language::type_of<timer_start>(),
                          &language::type_of<phase>(), &language::type_of<manual_moves>()})
        for (std::size_t i = 1; i < t->choices.size(); ++i)
            CHECK(t->choices[i].value == t->choices[i - 1].value + 1);
}

TEST_CASE("values are reached by their descriptions") {
    const auto& type = language::type_of<sequence>();
    CHECK(type.name == "sequence");
    sequence s;
    s.steps = {on("a"), on("b")};
    s.cooldown = 3h;
    s.decay = half_life{.period = 30h};
    const language::object o(s);
    CHECK(o.as<sequence>() == &s);
    CHECK(o.as<recency>() == nullptr);
    CHECK(o[member_of(&sequence::steps)].size() == 2);
    CHECK(o[member_of(&sequence::steps)][1].as<pattern>() == &s.steps[1]);
    CHECK(o[member_of(&sequence::cooldown)][0].value<duration>() == 3h);
    CHECK(o[member_of(&sequence::decay)].held().as<half_life>() == &std::get<half_life>(s.decay));
    CHECK(language::measured(member_of(&sequence::steps), o) == 2);
    CHECK(language::measured(member_of(&sequence::cooldown), o) == duration(3h).count());
    sequence other = s;
    CHECK(language::are_equal(o, language::object(other)));
    other.decay = linear_decay{.over = 30h};
    CHECK_FALSE(language::are_equal(o, language::object(other)));
    other = s;
    other.steps[1].types.push_back("c");
    CHECK_FALSE(language::are_equal(o, language::object(other)));
}

TEST_CASE("whole numbers in conditions are numbers") {
    using namespace leadfunnel;
    const auto literal = [](const condition& c) { return c.check.literal; };
    const auto size = attribute("employees");
    CHECK(size.at_least(300) == size.at_least(300.0));
    CHECK(size.at_least(300).check.how == op::at_least);
    CHECK(literal(size.at_most(3U)) == value{3.0});
    CHECK(literal(size.less(std::int64_t{-5})) == value{-5.0});
    CHECK(literal(size.greater(std::uint8_t{7})) == value{7.0});
    CHECK(literal(size.equals(0)) == value{0.0});
    CHECK(literal(size.not_equals(1L)) == value{1.0});
    CHECK(size.in({1, 2}).check.several == std::vector<value>{1.0, 2.0});
    CHECK(size.in({4}).check.several == std::vector<value>{4.0});
    // What else they take is still taken as it is.
    CHECK(literal(size.equals(true)) == value{true});
    CHECK(literal(size.equals("x")) == value{"x"});
    CHECK(size.age().less(std::chrono::days{2}).check.period == std::chrono::days{2});
    CHECK(size.in({"a", "b"}).check.several.size() == 2);
    CHECK(size.in({true, false}).check.several.size() == 2);
    CHECK(size.in({1.5, 2.5}).check.several.size() == 2);
    CHECK(times_entered("sales", "mql").at_least(2).check.literal == value{2.0});
}
