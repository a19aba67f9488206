// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Checks the model file that a README shows: it loads, compiles without a warning, and equals the
// model of the README's program. (The other test compares the program's output with the page.)

#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <cstdio>
#include <vector>

namespace lf = leadfunnel;
using std::chrono::days;

int main(int, char** arguments) {
    const auto shown = lf::load_model(arguments[1]);
    try {
        const auto plan = lf::compile(shown);
        for (const auto& w : plan.warnings()) std::printf("%s\n", lf::to_string(w).c_str());
        if (!plan.warnings().empty()) return 1;
    } catch (const lf::model_error& e) {
        std::printf("%s\n", e.what());
        return 1;
    }
    const lf::model wanted{
        .id = "first",
        .properties = {{.id = "url"}},
        .touchpoints = {{.id = "page_view"}, {.id = "seminar"}},
        .scores = {{.id = "engagement", .max = 100}},
        .rules = {lf::occurrence{.id = "pricing",
                                 .score = "engagement",
                                 .on = lf::on("page_view", lf::property("url").glob("/pricing/*")),
                                 .points = 25,
                                 .limits = {lf::per_week(1)},
                                 .decay = lf::half_life{days{30}}},
                  lf::return_rule{.id = "came_back",
                                  .score = "engagement",
                                  .on = lf::on("page_view"),
                                  .after = days{365},
                                  .points = 40}}};
    if (shown.value == wanted) return 0;
    std::printf("read:\n%s\nthe program's:\n%s\n", lf::write_model(shown.value).c_str(),
                lf::write_model(wanted).c_str());
    return 1;
}
