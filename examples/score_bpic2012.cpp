// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Real leads: the BPI Challenge 2012 log of a Dutch lender, 13,087 loan applications from October
// 2011 to March 2012. The program reads them, scores them with models/bpic2012.json on a day in the
// middle, ranks and explains them, and asserts the log's known figures.
//
// The data is public but not redistributed here. Pass the folder that contains bpic2012/ as an
// argument or in LEADFUNNEL_DATA. Without the data the program prints a note and exits with 77.

#include "expect.hpp"
#include "report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace examples;
namespace fs = std::filesystem;

/// The instant of a lead's first touchpoint of a type, if there is one.
std::optional<lf::instant> first(const lf::histories& h, std::size_t lead, std::string_view type) {
    const auto touchpoints = h.touchpoints(lead);
    for (std::size_t i = 0; i < touchpoints.size(); ++i)
        if (h.kinds()[touchpoints.kind[i]].type == type) return touchpoints.at[i];
    return std::nullopt;
}

void check_figures(const lf::histories& h) {
    std::map<std::string_view, std::size_t> reached;
    std::vector<double> days;
    std::size_t undecided = 0;
    for (std::size_t lead = 0; lead < h.size(); ++lead) {
        for (const std::string_view type :
             {"A_SUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "O_SENT", "O_SENT_BACK", "A_ACTIVATED",
              "A_DECLINED", "A_CANCELLED"})
            if (first(h, lead, type)) ++reached[type];
        const auto submitted = first(h, lead, "A_SUBMITTED");
        const auto activated = first(h, lead, "A_ACTIVATED");
        if (submitted && activated)
            days.push_back(in_days(*activated - *submitted));
        else if (!first(h, lead, "A_DECLINED") && !first(h, lead, "A_CANCELLED"))
            ++undecided;
    }
    std::sort(days.begin(), days.end());

    const auto figure = [&](std::string_view what, std::size_t n, std::size_t known) {
        fmt::print("{:>8}  {}\n", n, what);
        expect(what, n, known);
    };
    fmt::print("\nHow far applications came:\n");
    figure("submitted", reached["A_SUBMITTED"], 13'087);
    figure("preaccepted", reached["A_PREACCEPTED"], 7'367);
    figure("accepted", reached["A_ACCEPTED"], 5'113);
    figure("offer sent", reached["O_SENT"], 5'015);
    figure("offer sent back", reached["O_SENT_BACK"], 3'254);
    figure("activated", reached["A_ACTIVATED"], 2'246);
    figure("declined", reached["A_DECLINED"], 7'635);
    figure("cancelled", reached["A_CANCELLED"], 2'807);
    figure("undecided", undecided, 399);

    const std::string middle = fmt::format("{:.2f}", median(days));
    const std::string most = fmt::format("{:.2f}", quantile(days, 0.9));
    fmt::print("\nDays from submission to activation: median {}, nine in ten within {}.\n", middle,
               most);
    expect("median", middle, "14.44");
    expect("90th percentile", most, "28.69");
}

void run(const fs::path& data) {
    const fs::path here = LEADFUNNEL_EXAMPLES_DIR;
    lf::history_builder builder;
    const auto leads =
        read(builder, data / "bpic2012/leads.csv.gz", here / "mappings/bpic2012_leads.json");
    const auto touchpoints = read(builder, data / "bpic2012/touchpoints.csv.gz",
                                  here / "mappings/bpic2012_touchpoints.json");
    const lf::histories histories = builder.build();
    fmt::print("Read {} leads and {} touchpoints.\n\n", leads.accepted, touchpoints.accepted);
    expect("leads", leads.accepted, 13'087U);
    expect("touchpoints", touchpoints.accepted, 262'200U);
    expect("bad rows", leads.bad + touchpoints.bad, 0U);

    const lf::plan plan = lf::compile(lf::load_model(here / "models/bpic2012.json"));
    const lf::scorer scorer{plan, histories};
    const lf::instant monday = lf::parse_rfc3339("2012-01-16T09:00:00+01:00").at;
    const lf::score_table table = report(scorer, "total", "temperature", monday);
    expect("the bands", count_bands(table, "temperature"),
           "   12425  cold\n     544  warm\n     118  hot\n       0  excluded\n");
    expect("the best", histories.lead_id(table.top(plan.score("total"), 1).at(0)), "200173");

    // A score uses nothing after its instant, so comparing it with later outcomes is fair:
    const auto bands = table.bands(plan.banding("temperature"));
    struct outcome {
        std::size_t open = 0;
        std::size_t activated = 0;
    };
    std::array<outcome, 3> of_band{};
    for (std::size_t lead = 0; lead < histories.size(); ++lead) {
        const auto happened = [&](std::string_view type) {
            return first(histories, lead, type).value_or(lf::never) <= monday;
        };
        if (!happened("A_SUBMITTED") || happened("A_DECLINED") || happened("A_CANCELLED") ||
            happened("A_ACTIVATED"))
            continue;
        auto& of = of_band.at(bands[lead]);
        ++of.open;
        if (first(histories, lead, "A_ACTIVATED")) ++of.activated;
    }
    fmt::print("\nOf the applications open on that day, activated in the two months after it:\n");
    for (const std::size_t band : {0U, 1U, 2U})
        fmt::print("{:>8}  of {} that were {}\n", of_band[band].activated, of_band[band].open,
                   plan.source().bandings[0].bands[band].id);
    const auto share = [&](std::size_t band) {
        return static_cast<double>(of_band[band].activated) /
               static_cast<double>(of_band[band].open);
    };
    expect("the hotter, the likelier", share(2) > share(1) && share(1) > share(0), true);

    check_figures(histories);
}

} // namespace

int main(int argc, char** argv) {
    const char* const variable = std::getenv("LEADFUNNEL_DATA");
    const fs::path data = argc > 1 ? argv[1] : variable != nullptr ? variable : "";
    if (!fs::exists(data / "bpic2012/touchpoints.csv.gz")) {
        fmt::print(
            "skipped: there is no bpic2012/touchpoints.csv.gz in the folder LEADFUNNEL_DATA\n");
        return 77;
    }
    try {
        run(data);
        return EXIT_SUCCESS;
    } catch (const std::exception& e) {
        fmt::print(stderr, "{}\n", e.what());
        return EXIT_FAILURE;
    }
}
