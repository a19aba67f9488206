// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// A training table: what was known of each lead at each cut-off, and whether it inquired in the
// four weeks after it. Nothing later leaks into a row, because a score at t uses nothing after t.
// The log is in columns, as in a data frame, and is read in place.

#include "expect.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::March;
using std::chrono::sys_days;

namespace {

lf::plan interest() {
    return lf::compile({.id = "interest",
                        .touchpoints = {{.id = "page_view"}, {.id = "inquiry"}},
                        .scores = {{.id = "interest", .max = 100}},
                        .rules = {lf::occurrence{.id = "page",
                                                 .score = "interest",
                                                 .on = lf::on("page_view"),
                                                 .points = 10,
                                                 .decay = lf::half_life{days{14}}},
                                  lf::occurrence{.id = "inquiry",
                                                 .score = "interest",
                                                 .on = lf::on("inquiry"),
                                                 .points = 60}},
                        .bandings = {{.id = "temperature",
                                      .score = "interest",
                                      .bands = {{.id = "cold"},
                                                {.id = "warm", .enter = 15},
                                                {.id = "hot", .enter = 60}}}}});
}

/// The label: whether a lead inquired in (t, t + 28 days].
bool inquires_after(const lf::histories& leads, std::size_t lead, lf::instant t) {
    const auto touchpoints = leads.touchpoints(lead);
    for (std::size_t i = 0; i < touchpoints.size(); ++i)
        if (leads.kinds()[touchpoints.kind[i]].type == "inquiry" && touchpoints.at[i] > t &&
            touchpoints.at[i] <= t + days{28})
            return true;
    return false;
}

/// A log of touchpoints, in columns of equal length.
struct touchpoint_log {
    std::vector<std::string> lead{};
    std::vector<lf::instant> at{};
    std::vector<std::uint8_t> type{}; // codes: pandas' categorical, Arrow's dictionary
    std::vector<std::string> types{"page_view", "inquiry"};
};

/// One row for each lead and cut-off.
std::string features(const touchpoint_log& log, const std::vector<lf::instant>& cut_offs) {
    const auto plan = interest();
    const auto leads = lf::make_histories(
        {}, {{{"lead", log.lead}, {"at", log.at}, {"type", lf::coded_texts{log.type, log.types}}}});
    const lf::scorer scorer{plan, leads};
    const auto table = lf::score_all(scorer, cut_offs); // all leads, all instants, all cores

    std::string csv = "lead,cut_off,interest,temperature,inquires\n";
    for (std::size_t lead = 0; lead < table.leads(); ++lead)
        for (std::size_t i = 0; i < cut_offs.size(); ++i)
            csv += fmt::format("{},{},{},{},{}\n", leads.lead_id(lead),
                               lf::to_string(cut_offs[i]).substr(0, 10),
                               lf::to_string(table.at(plan.score("interest"), lead, i).value),
                               table.band(plan.banding("temperature"), lead, i).value_or(""),
                               inquires_after(leads, lead, cut_offs[i]) ? 1 : 0);
    return csv;
}

} // namespace

int main() {
    const lf::instant start = sys_days{2026y / March / 2}; // a Monday
    std::vector<lf::instant> cut_offs;
    for (int week = 0; week < 4; ++week) cut_offs.push_back(start + days{7 * week});

    touchpoint_log log;
    enum : std::uint8_t { page_view, inquiry };
    const auto happened = [&](const char* lead, int day, std::uint8_t type) {
        log.lead.emplace_back(lead);
        log.at.push_back(start + days{day} - 8h);
        log.type.push_back(type);
    };
    happened("L-1", -3, page_view);
    happened("L-1", 4, page_view);
    happened("L-1", 5, page_view);
    happened("L-2", 0, page_view);
    const auto before = features(log, cut_offs);

    // Later the first lead inquires. Rows of earlier cut-offs get the new label; their features
    // stay the same.
    happened("L-1", 20, inquiry);
    const auto after = features(log, cut_offs);
    fmt::print("{}", after);
    examples::expect("the rows before the inquiry", before,
                     R"(lead,cut_off,interest,temperature,inquires
L-1,2026-03-02,8.47864,cold,0
L-1,2026-03-09,23.382931,warm,0
L-1,2026-03-16,16.534229,warm,0
L-1,2026-03-23,11.691466,cold,0
L-2,2026-03-02,9.836319,cold,0
L-2,2026-03-09,6.955328,cold,0
L-2,2026-03-16,4.91816,cold,0
L-2,2026-03-23,3.477664,cold,0
)");
    examples::expect("the rows after it", after, R"(lead,cut_off,interest,temperature,inquires
L-1,2026-03-02,8.47864,cold,1
L-1,2026-03-09,23.382931,warm,1
L-1,2026-03-16,16.534229,warm,1
L-1,2026-03-23,71.691466,hot,0
L-2,2026-03-02,9.836319,cold,0
L-2,2026-03-09,6.955328,cold,0
L-2,2026-03-16,4.91816,cold,0
L-2,2026-03-23,3.477664,cold,0
)");
}
