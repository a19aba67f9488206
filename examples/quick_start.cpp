// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Scores the leads of two CSV files, ranks them and explains the best one.

#include "expect.hpp"

#include <leadfunnel/io/history_sink.hpp>
#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <fmt/core.h>

#include <filesystem>
#include <string>

namespace lf = leadfunnel;

int main() {
    const std::filesystem::path here = LEADFUNNEL_EXAMPLES_DIR;

    const auto plan = lf::compile(lf::load_model(here / "models/b2b_starter.json"));

    lf::history_builder builder;
    lf::history_sink into{builder};
    for (const std::string table : {"leads", "touchpoints"}) {
        const auto mapping = lf::load_mapping(here / "quick_start" / (table + ".json"));
        const auto report = lf::ingest_file(here / "quick_start" / (table + ".csv"), mapping, into);
        for (const auto& row : report.bad_rows) fmt::print("{}\n", lf::to_string(row));
    }
    const auto leads = builder.build();

    const auto now = lf::parse_rfc3339("2026-04-01T09:00:00+09:00").at;
    const lf::scorer scorer{plan, leads};
    const auto scores = lf::score_all(scorer, now);

    const auto total = plan.score("total");
    std::string list;
    for (const auto lead : scores.top(total, 5))
        list += fmt::format("{}  {}\n", leads.lead_id(lead),
                            lf::to_string(scores.at(total, lead).value));
    const auto why = lf::to_string(scorer.explain(leads.find("L-1").value(), total, now));
    fmt::print("{}\n{}", list, why);

    examples::expect("leads", leads.size(), 6U);
    examples::expect("the list", list,
                     "L-1  100\nL-2  89.687493\nL-5  42.634818\nL-4  40\nL-3  20.988673\n");
    examples::expect("its first line", why.substr(0, why.find('\n')),
                     "L-1: total = 100 at 2026-04-01T00:00:00Z");
}
