// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The main use, end to end: reads two CSV files with mapping files, scores all leads with a model
// file, ranks them and explains some. A generator writes the CSV files and plants a few leads with
// a story; the demo asserts that it finds them.
//
//     demo [folder for the CSV files, which are then kept]

#include "expect.hpp"
#include "generator.hpp"
#include "live_year.hpp"
#include "report.hpp"

#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using namespace examples;
namespace fs = std::filesystem;

void relive(const fs::path& folder, const lf::plan& plan) {
    const fs::path here = LEADFUNNEL_EXAMPLES_DIR;
    std::vector<lf::event> events;
    read(events, folder / "leads.csv", here / "mappings/demo_leads.json");
    read(events, folder / "touchpoints.csv", here / "mappings/demo_touchpoints.json");

    fmt::print("\nThe same year and a half, live. Leads by stage and by temperature:\n");
    live_year year{plan};
    year.run(std::move(events), today - std::chrono::days{545}, today);
    const lf::engine& crm = year.crm();

    fmt::print("\n{} leads heated up and {} cooled down again.\n", year.count("heated up"),
               year.count("cooled down"));
    fmt::print("Sales received {} leads, {} of them again; {} alerts said why;\n",
               year.moves("heated_up") + year.moves("heated_up_again"),
               year.moves("heated_up_again"), year.count("alert"));
    fmt::print("called {} within a working day and {} too late or never;\n", year.count("sla_met"),
               year.count("sla_breached"));
    fmt::print("accepted {}, rejected {}, and left {} without an answer for a week;\n",
               year.moves("accepted"), year.moves("rejected"), year.moves("not_answered"));
    fmt::print("won {}, lost {}, of whom {} were recycled.\n", year.moves("won"),
               year.moves("lost"), year.moves("recycled"));

    fmt::print("\nThe one who came back, as sales sees it before calling:\n{}",
               year.story(planted::returner, "total"));
    const lf::signal& alert = year.alert(planted::returner);
    fmt::print("\nWhat the alert {} said at {}:\n{}", alert.subject, lf::to_string(alert.at),
               alert.explanation);
    fmt::print("\nIf nothing happens, it cools on {}.\n",
               lf::to_string(
                   crm.cools_at(planted::returner, "temperature", today + std::chrono::days{365})));

    // A live score equals the score computed from the lead's history alone.
    const std::size_t total = plan.score("total");
    for (const auto& ranked : crm.top("total", 500, today)) {
        const auto history = lf::make_histories(crm.history(ranked.lead));
        expect(ranked.lead,
               lf::to_string(lf::scorer{plan, history}.score_at(0, total, today).value),
               lf::to_string(ranked.score));
    }
}

void run(const fs::path& folder) {
    const fs::path here = LEADFUNNEL_EXAMPLES_DIR;
    generator{20'000}.write(folder);

    // Read two files into histories. The mapping files say what the columns mean.
    lf::history_builder builder;
    const auto leads = read(builder, folder / "leads.csv", here / "mappings/demo_leads.json");
    const auto touchpoints =
        read(builder, folder / "touchpoints.csv", here / "mappings/demo_touchpoints.json");
    const lf::histories histories = builder.build();
    fmt::print("Read {} leads and {} touchpoints.\n\n", leads.accepted, touchpoints.accepted);
    expect("leads", histories.size(), 20'004U);
    expect("bad rows", leads.bad + touchpoints.bad, 0U);

    // Compile the model file to a plan, and score all leads.
    const lf::plan plan = lf::compile(lf::load_model(here / "models/b2b_starter.json"));
    const lf::scorer scorer{plan, histories};
    const auto table = report(scorer, "total", "temperature", today);
    const auto total = plan.score("total");
    expect("the bands", count_bands(table, "temperature"),
           "   18258  cold\n    1370  warm\n     154  hot\n     222  excluded\n");
    expect("the best", histories.lead_id(table.top(total, 1).at(0)), planted::returner);

    // The planted leads.
    const auto temperature = plan.banding("temperature");
    const auto number = [&](std::string_view lead) { return histories.find(lead).value(); };
    const auto band = [&](std::string_view lead, lf::instant at) {
        return scorer.band_at(number(lead), temperature, at).value_or("excluded");
    };
    const auto why = [&](std::string_view lead) {
        return lf::to_string(scorer.explain(number(lead), total, today));
    };

    fmt::print("\nCame to a seminar a year ago, and is back to look at prices:\n{}",
               why(planted::returner));
    const lf::instant last_month = today - std::chrono::days{31};
    expect("the one who came back, a month ago", band(planted::returner, last_month), "cold");
    expect("the one who came back, today", band(planted::returner, today), "hot");

    fmt::print("\nReads everything, and is a competitor:\n{}", why(planted::competitor));
    expect("the competitor", band(planted::competitor, today), "excluded");
    expect("the reason", scorer.excluded_by(number(planted::competitor), total, today).value_or(""),
           "competitor");

    fmt::print("\nReads everything, and is a student:\n{}", why(planted::student));
    expect("the student", band(planted::student, today), "warm");
    expect("the student's fit",
           lf::to_string(scorer.score_at(number(planted::student), plan.score("fit"), today).value),
           "0");

    const lf::instant then = today - std::chrono::days{184};
    fmt::print("\nWas {} half a year ago, and has gone {}:\n{}", band(planted::cooled, then),
               band(planted::cooled, today), why(planted::cooled));
    expect("the one gone cold, then", band(planted::cooled, then), "hot");
    expect("the one gone cold, today", band(planted::cooled, today), "cold");

    // An explanation adds up to the score, to the last millionth of a point.
    for (std::size_t lead = 0; lead < histories.size(); lead += 100) {
        const auto e = scorer.explain(lead, total, today);
        lf::points sum = 0;
        for (const auto& line : e.lines) sum += line.now;
        expect("the sum of an explanation", lf::to_string(sum), lf::to_string(e.total));
    }

    relive(folder, plan);
}

} // namespace

int main(int argc, char** argv) {
    const bool keep = argc > 1;
    const fs::path folder =
        keep ? fs::path{argv[1]}
             : fs::temp_directory_path() / ("leadfunnel-demo-" + std::to_string(::getpid()));
    int result = EXIT_SUCCESS;
    try {
        fs::create_directories(folder);
        run(folder);
    } catch (const std::exception& e) {
        fmt::print(stderr, "{}\n", e.what());
        result = EXIT_FAILURE;
    }
    if (!keep) fs::remove_all(folder);
    return result;
}
