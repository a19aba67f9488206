// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/core/detail/at_number.hpp>
#include <leadfunnel/core/detail/atomic_file.hpp>
#include <leadfunnel/leadfunnel.hpp>

#include <cmath>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace lf = leadfunnel;
using lf::error_code;

namespace {

/// The code of what `act` throws.
template<class Act>
error_code code_of(const Act& act) {
    try {
        act();
    } catch (const lf::error& e) {
        return e.code();
    }
    FAIL("nothing is thrown");
    return error_code::other;
}

error_code code_of_event(const lf::event& e) {
    return code_of([&] { (void)lf::make_histories(std::span{&e, 1}); });
}

} // namespace

TEST_CASE("every exception of the library has one base", "[error]") {
    const auto is_error = []<class... E>() { return (std::is_base_of_v<lf::error, E> && ...); };
    CHECK(
        is_error.operator()<lf::model_error, lf::event_error, lf::table_error, lf::snapshot_error,
                            lf::engine_busy, lf::unknown_name, lf::unknown_lead, lf::argument_error,
                            lf::unknown_number, lf::state_error, lf::detail::file_error>());
    CHECK(std::is_base_of_v<lf::unknown_name, lf::unknown_lead>);
    CHECK(std::is_base_of_v<lf::argument_error, lf::unknown_number>);
    CHECK(std::is_base_of_v<std::runtime_error, lf::error>);
}

TEST_CASE("codes have names of their own", "[error]") {
    std::set<std::string> names;
    for (int c = 0; c <= static_cast<int>(error_code::too_many); ++c)
        names.insert(std::string{lf::to_string(static_cast<error_code>(c))});
    CHECK(names.size() == static_cast<std::size_t>(error_code::too_many) + 1);
    CHECK_FALSE(names.contains("unknown"));
    CHECK(lf::to_string(error_code::unknown_lead) == "unknown_lead");
}

TEST_CASE("an event that is refused has a code", "[error]") {
    const auto at = lf::parse_rfc3339("2026-04-01T00:00:00Z").at;
    const lf::touchpoint good{.lead = "L", .at = at, .type = "visit"};
    auto t = good;
    t.lead = "";
    CHECK(code_of_event(t) == error_code::no_lead);
    t = good;
    t.at = lf::latest_instant;
    CHECK(code_of_event(t) == error_code::bad_instant);
    t = good;
    t.value = lf::most_amount + 1;
    CHECK(code_of_event(t) == error_code::bad_number);
    t = good;
    t.properties = {{"x", lf::value{std::nan("")}}};
    CHECK(code_of_event(t) == error_code::bad_number);
    t = good;
    t.campaign = "\xff";
    CHECK(code_of_event(t) == error_code::bad_text);
    lf::stage_entry g{.lead = "L", .at = at, .funnel = "f", .stage = "s"};
    g.cycle = -1;
    CHECK(code_of_event(g) == error_code::bad_number);
    for (int i = 0; i < 65'536; ++i) g.scores.emplace(std::to_string(i), 1);
    g.cycle = 0;
    CHECK(code_of_event(g) == error_code::too_many);
}

TEST_CASE("a number that was never given out has a code", "[error]") {
    lf::history_builder b;
    CHECK(code_of([&] { b.add_touchpoint(9, lf::earliest_instant, 0); }) ==
          error_code::unknown_number);
    const std::vector<int> three{1, 2, 3};
    CHECK(lf::detail::at_number(three, 2, "member") == 3);
    CHECK_THROWS_WITH(lf::detail::at_number(three, 3, "member"),
                      "there is no member with number 3");
}
