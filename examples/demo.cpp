// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The main job, end to end: two CSV files of leads and touchpoints are read by mapping files,
// scored by a model file, ranked, and explained. The files come from a generator with a few stories
// hidden in them, and the demo asserts that it has found them.
//
//     demo [folder for the files]

#include "expect.hpp"
#include "generator.hpp"
#include "report.hpp"

#include <fmt/core.h>

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>

namespace {

using namespace examples;
namespace fs = std::filesystem;

void run(const fs::path& folder) {
    const fs::path here = LEADFUNNEL_EXAMPLES_DIR;
    fs::create_directories(folder);
    const auto leads_csv = folder / "leads.csv";
    const auto touchpoints_csv = folder / "touchpoints.csv";
    generator{20'000}.write(leads_csv.string(), touchpoints_csv.string());

    lf::history_builder builder;
    const auto a = read(builder, leads_csv, here / "mappings/demo_leads.json");
    const auto b = read(builder, touchpoints_csv, here / "mappings/demo_touchpoints.json");
    const auto histories = builder.build();
    fmt::print("Read {} leads and {} touchpoints.\n\n", a.accepted, b.accepted);
    expect("bad rows", a.bad + b.bad, 0U);

    const auto plan = lf::compile(lf::load_model(here / "models/b2b_starter.json"));
    const lf::scorer scorer{plan, histories};
    report(scorer, "total", "temperature", today);

    const auto total = plan.score("total");
    const auto temperature = plan.banding("temperature");
    const auto lead = [&](std::string_view id) { return histories.find(id).value(); };
    const auto band = [&](std::string_view id, lf::instant at) {
        return scorer.band_at(lead(id), temperature, at).value_or("excluded");
    };

    fmt::print("\nWhy call {} today:\n{}", planted::returner,
               lf::to_string(scorer.explain(lead(planted::returner), total, today)));
    expect("the one who came back", band(planted::returner, today), "hot");

    fmt::print("\n{} is excluded by: {}\n", planted::competitor,
               scorer.excluded_by(lead(planted::competitor), total, today).value_or("nothing"));
    expect("the rival", scorer.excluded_by(lead(planted::competitor), total, today).value_or(""),
           "competitor");
    expect("the student", scorer.excluded_by(lead(planted::student), total, today).value_or(""),
           "student");

    const auto then = today - std::chrono::days{184};
    fmt::print("{} was {} on {} and is {} now.\n", planted::cooled, band(planted::cooled, then),
               lf::to_string(then), band(planted::cooled, today));
    expect("the one who cooled down, then", band(planted::cooled, then), "hot");
    expect("and now", band(planted::cooled, today), "cold");

    // The promise: an explanation adds up, to the last millionth of a point.
    const auto e = scorer.explain(lead(planted::returner), total, today);
    lf::points sum = 0;
    for (const auto& line : e.lines) sum += line.now;
    expect("the sum of the explanation", lf::to_string(sum), lf::to_string(e.total));
}

} // namespace

int main(int argc, char** argv) {
    try {
        run(argc > 1 ? fs::path{argv[1]} : fs::temp_directory_path() / "leadfunnel-demo");
        return EXIT_SUCCESS;
    } catch (const std::exception& e) {
        fmt::print(stderr, "{}\n", e.what());
        return EXIT_FAILURE;
    }
}
