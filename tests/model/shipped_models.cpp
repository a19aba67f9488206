// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The shipped models have neither errors nor warnings, and explain themselves to people.

#include "sources.hpp"

#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/check.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

namespace lf = leadfunnel;

TEST_CASE("every shipped model is without issues", "[shipped]") {
    std::set<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(source_folder("examples/models"))) {
        const auto m = lf::load_model(file.path());
        for (const auto& i : lf::check(m)) UNSCOPED_INFO(lf::to_string(i));
        CHECK(lf::check(m).empty());
        INFO(file.path());
        CHECK(m.value.id == file.path().stem().string());
        CHECK_FALSE(m.value.description.empty());
        CHECK_FALSE(m.value.version.empty());
        for (const auto& each : m.value.rules)
            std::visit(
                [](const auto& r) {
                    INFO(r.id);
                    CHECK_FALSE(r.description.empty());
                },
                each);
        for (const auto& b : m.value.bandings) {
            INFO(b.id);
            CHECK(std::all_of(b.bands.begin(), b.bands.end(),
                              [](const lf::band& x) { return !x.description.empty(); }));
        }
        CHECK(lf::parse_model(lf::write_model(m.value)).value == m.value);
        names.insert(m.value.id);
    }
    for (const char* wanted : {"b2b_starter", "web_behaviour", "event_driven", "two_axis_matrix"}) {
        INFO(wanted);
        CHECK(names.count(wanted) == 1);
    }
}
