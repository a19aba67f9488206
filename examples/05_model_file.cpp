// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Loads a model file. A correct one compiles to a plan. For a wrong one, all mistakes are reported
// at once, each with line, column and a suggestion.
//
//     example_05_model_file [model.json]

#include "expect.hpp"

#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <fmt/core.h>

#include <filesystem>
#include <string>

namespace lf = leadfunnel;
namespace fs = std::filesystem;

namespace {

/// The scores of a model file, or its issues.
std::string judge(const fs::path& file) {
    std::string out;
    try {
        const auto plan = lf::compile(lf::load_model(file));
        out += fmt::format("{}: {}\n", plan.source().id, plan.source().description);
        for (std::size_t s = 0; s < plan.score_count(); ++s)
            out += fmt::format("  score {}\n", plan.score_name(s));
    } catch (const lf::model_error& e) {
        for (lf::issue each : e.issues()) {
            each.file = fs::path{each.file}.filename().string(); // short, for the page
            out += lf::to_string(each) + '\n';
        }
    }
    return out;
}

} // namespace

int main(int argc, char** argv) {
    if (argc > 1) {
        fmt::print("{}", judge(argv[1]));
        return 0;
    }
    const fs::path here = LEADFUNNEL_EXAMPLES_DIR;

    const auto good = judge(here / "models/b2b_starter.json");
    fmt::print("{}\n", good);
    examples::expect("the starter", good,
                     R"(b2b_starter: Fit, behaviour and recency of business leads; hot at 80 of 100.
  score fit
  score engagement
  score total
)");

    const auto bad = judge(here / "misspelt.json");
    fmt::print("{}", bad);
    examples::expect(
        "the misspelt file", bad,
        R"(misspelt.json:8:54: error: unknown score 'engagment' [unknown_name] at /rules/0/score; did you mean 'engagement'?
misspelt.json:9:56: error: unknown property 'ulr' [unknown_name] at /rules/0/on/where/property; did you mean 'url'?
misspelt.json:10:61: error: '90 days' is not a duration [wrong_unit] at /rules/0/decay/period; expected a duration of at most 200 years, as numbers with the units w, d, h, m, s, ms, us: "30d", "1d12h"; write "90d"
misspelt.json:12:21: error: unknown touchpoint type 'seminar_atended' [unknown_name] at /rules/1/on/type; did you mean 'seminar_attended'?
misspelt.json:12:41: error: unknown key 'point' [unknown_key] at /rules/1/point; expected one of 'id', 'score', 'group', 'description', 'on', 'points', 'per_value', 'min_points', 'max_points', 'limits', 'cooldown', 'decay', 'when', 'kind'; did you mean 'points'?
misspelt.json:13:14: error: 'occurence' is not a rule kind [wrong_value] at /rules/2/kind; expected one of 'attribute', 'frequency', 'recency', 'occurrence', 'sequence', 'return', 'inactivity'; did you mean 'occurrence'?
)");
}
