// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include "every_member.hpp"

#include <leadfunnel/model/describe.hpp>

#include <map>

using namespace leadfunnel;
using namespace std::chrono_literals;

namespace {

template<class T, class M>
auto field_of(M T::*member) {
    std::optional<language::field<T, M>> found;
    language::for_each_field<T>([&](const auto& f) {
        if constexpr (std::is_same_v<decltype(f.member), M T::*>)
            if (f.member == member) found = f;
    });
    return found.value();
}

template<class T, class M>
bool takes(M T::*member, M value) {
    return language::within(field_of(member), value);
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
    CHECK(language::range_text(field_of(&sequence::steps)) == "from 2 to 8");
    CHECK(language::range_text(field_of(&inactivity::times)) == "from 1 to 1000");
    CHECK(language::range_text(field_of(&step_decay::percent)) == "from 0.1 to 100");
    CHECK(language::range_text(field_of(&half_life::period)) ==
          "above 0s, up to " + to_string(longest_duration));
    CHECK(language::range_text(field_of(&occurrence::id)).empty());
    CHECK(language::range_text(field_of(&score::groups)).empty());
}

TEST_CASE("walking a model visits its members with their pointers, in order") {
    std::vector<std::string> pointers;
    std::string pointer;
    language::walk(leadfunnel_test::every_member(), pointer,
                   [&](const auto&, const auto&, const std::string& p) { pointers.push_back(p); });
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
    const auto look = [&]<class T>(const auto& self, std::type_identity<T>) -> void {
        if constexpr (language::described_struct<T>) {
            std::map<std::string_view, int> keys;
            if constexpr (requires { language::describe<T>::kind; }) ++keys["kind"];
            language::for_each_field<T>([&]<class M>(const language::field<T, M>& f) {
                INFO(language::describe<T>::noun << "." << f.key);
                CHECK(++keys[f.key] == 1);
                CHECK(f.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") ==
                      std::string_view::npos);
                CHECK(f.doc.size() > 10);
                CHECK((f.doc.ends_with('.') || f.doc.ends_with("…")));
                CHECK(f.doc.find('|') == std::string_view::npos); // it stands in a table
                self(self, std::type_identity<M>{});
            });
        } else if constexpr (language::described_variant<T>) {
            language::for_each_alternative<T>([&](auto a) { self(self, a); });
        } else if constexpr (language::inner::is_vector<T> || language::inner::is_optional<T>) {
            self(self, std::type_identity<typename T::value_type>{});
        }
    };
    look(look, std::type_identity<model>{});
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
