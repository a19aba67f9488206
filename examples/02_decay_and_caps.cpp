// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Three things keep a score honest: points decay, a limit stops one page from counting every time,
// and a group cap keeps clicks from outweighing a meeting.

#include "expect.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <fmt/core.h>

#include <chrono>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::March;
using std::chrono::sys_days;

int main() {
    const lf::model model{
        .id = "decay_and_caps",
        .time_zone = "Asia/Tokyo", // the limit counts weeks of this zone
        .touchpoints = {{.id = "page_view"}, {.id = "meeting"}},
        .scores = {{.id = "engagement",
                    .max = 100,
                    // All web activity together is worth 25 points at most.
                    .groups = {{.id = "web", .max = 25}}}},
        .rules = {lf::occurrence{.id = "page",
                                 .score = "engagement",
                                 .group = "web",
                                 .on = lf::on("page_view"),
                                 .points = 10,
                                 .limits = {lf::per_week(3)},       // the fourth is refused
                                 .decay = lf::half_life{days{14}}}, // 10, 5, 2.5, …
                  lf::occurrence{.id = "meeting",
                                 .score = "engagement",
                                 .on = lf::on("meeting"),
                                 .points = 60,
                                 .cooldown = days{7}, // one meeting entered twice
                                 .decay = lf::linear_decay{days{60}}}}}; // 0 after 60 days
    const auto plan = lf::compile(model);

    // Two weeks of reading, five pages a week, then a meeting on day 14 that was entered twice.
    const lf::instant monday = sys_days{2026y / March / 2};
    std::vector<lf::event> events;
    for (const int day : {0, 1, 2, 3, 4, 7, 8, 9, 10, 11})
        events.emplace_back(
            lf::touchpoint{.lead = "L-17", .at = monday + days{day}, .type = "page_view"});
    for (const auto hour : {9h, 11h})
        events.emplace_back(
            lf::touchpoint{.lead = "L-17", .at = monday + days{14} + hour, .type = "meeting"});
    const auto leads = lf::make_histories(events);
    const lf::scorer scorer{plan, leads};

    // `series` scores all instants in one pass over the history.
    std::vector<lf::instant> at;
    for (int week = 0; week <= 10; week += 2) at.push_back(monday + days{7 * week} + 10h);
    const auto scores = scorer.series(0, plan.score("engagement"), at);

    std::string table;
    for (std::size_t i = 0; i < at.size(); ++i)
        table += fmt::format("{} {:>6.2f}\n", lf::to_string(at[i]).substr(0, 10),
                             static_cast<double>(scores[i].value));
    fmt::print("{}", table);
    examples::expect("the table", table, R"(2026-03-02   9.80
2026-03-16  84.96
2026-03-30  64.61
2026-04-13  41.28
2026-04-27  22.62
2026-05-11   6.29
)");
}
