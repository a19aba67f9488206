// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Real leads in a live engine: sellers who contacted Olist, a Brazilian marketplace, and those it
// won, with the model models/olist_funnel.json. One seller was won two days before marketing's
// first record of it. The model decides whether such a deal is refused or counts.
//
// The data is public but not redistributed here. Pass the folder that contains olist/ as an
// argument or in LEADFUNNEL_DATA. Without the data the program prints a note and exits with 77.

#include "expect.hpp"
#include "report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace examples;
namespace fs = std::filesystem;

constexpr std::string_view early = "b91cf8812365f50ff4bda4bcd6206b05";

/// The first event of a kind.
template<class Event>
const Event* find(const std::vector<lf::event>& events) {
    for (const lf::event& e : events)
        if (const auto* found = std::get_if<Event>(&e)) return found;
    return nullptr;
}

void run(const fs::path& data) {
    const fs::path here = LEADFUNNEL_EXAMPLES_DIR;
    std::vector<lf::event> events;
    const auto leads = read(events, data / "olist/olist_marketing_qualified_leads_dataset.csv",
                            here / "mappings/olist_leads.json");
    const auto deals = read(events, data / "olist/olist_closed_deals_dataset.csv",
                            here / "mappings/olist_deals.json");
    expect("leads", leads.accepted, 8'000U);
    expect("deals", deals.accepted, 842U);

    const auto model = lf::load_model(here / "models/olist_funnel.json");

    // A stricter model allows deals only from MQL. It refuses the deal that came too early, and the
    // report says why.
    {
        auto strict = model;
        auto& funnel = strict.value.funnels[0];
        funnel.stages[1].entry = false;
        std::erase_if(funnel.transitions,
                      [](const lf::transition& t) { return t.id == "win_unasked"; });
        lf::engine crm{lf::compile(strict)};
        const auto report = crm.apply(events);
        expect("refused", report.refused.size(), 1U);
        fmt::print("By a stricter model, a deal would have been refused: {}.\n\n",
                   report.refused[0].reason);
        expect("won by the stricter model", crm.count_in_stage("sellers", "won"), 841U);
    }

    // The shipped model counts it as a deal, and later events do not undo it. `apply` sorts the
    // batch by time, whichever file its events come from.
    lf::engine crm{lf::compile(model)};
    const auto report = crm.apply(events);
    expect("refused", report.refused.size(), 0U);
    expect("late", report.late, 0U);
    const std::size_t won = crm.count_in_stage("sellers", "won");
    expect("leads", crm.size(), 8'000U);
    expect("won", won, 842U);
    expect("open", crm.count_in_stage("sellers", "mql"), 7'158U);
    expect("stages of the early one", crm.stage_log(early).size(), 1U);

    // Time to contract and conversion by year of first contact, from the engine's histories.
    std::vector<double> lags;
    struct cohort {
        std::size_t all = 0;
        std::size_t won = 0;
    };
    cohort of_2017;
    cohort of_2018;
    const lf::instant new_year = lf::parse_rfc3339("2018-01-01T00:00:00-02:00").at;
    lf::query everybody;
    for (bool more = true; more;) {
        const lf::page page = crm.find(everybody);
        for (const std::string& lead : page.leads) {
            const auto history = crm.history(lead);
            const lf::instant asked = find<lf::touchpoint>(history)->at;
            cohort& c = asked < new_year ? of_2017 : of_2018;
            ++c.all;
            if (crm.stage(lead, "sellers")->stage != "won") continue;
            ++c.won;
            lags.push_back(in_days(crm.stage(lead, "sellers")->since - asked));
        }
        more = page.more;
        if (more) everybody.after = page.leads.back();
    }
    std::sort(lags.begin(), lags.end());

    const auto share = [](std::string_view of, std::size_t part, std::size_t all,
                          std::string_view known) {
        const auto text =
            fmt::format("{:.1f} %", 100 * static_cast<double>(part) / static_cast<double>(all));
        fmt::print("{:>6} of {} {}, {}\n", part, all, of, text);
        expect(of, text, known);
    };
    fmt::print("Won:\n");
    share("sellers", won, crm.size(), "10.5 %");
    share("who asked in 2017", of_2017.won, of_2017.all, "3.0 %");
    share("who asked in 2018", of_2018.won, of_2018.all, "13.0 %");

    const auto figure = [](std::string_view what, double days, std::string_view known) {
        const auto text = fmt::format("{:.1f}", days);
        fmt::print("{:>6}  {}\n", text, what);
        expect(what, text, known);
    };
    fmt::print("\nDays from first contact to contract:\n");
    figure("the first of them, won unasked", lags.front(), "-1.2");
    figure("median", median(lags), "14.7");
    figure("mean", std::accumulate(lags.begin(), lags.end(), 0.0) / static_cast<double>(won),
           "49.1");
    figure("nine in ten within", quantile(lags, 0.9), "162.7");
    expect("negative lags", lags[0] < 0 && lags[1] > 0, true);

    // The first-day outlook is informative.
    fmt::print("\nWon, by the outlook at first:\n");
    for (const auto& [band, known] : {std::pair{"good", "11.9 %"}, {"fair", "8.8 %"}}) {
        lf::query q{.funnel = "sellers", .stages = {"won"}, .banding = "outlook", .bands = {band}};
        q.limit = crm.size();
        share(band, crm.find(q).leads.size(), crm.count_in_band("outlook", band), known);
    }
}

} // namespace

int main(int argc, char** argv) {
    const char* const variable = std::getenv("LEADFUNNEL_DATA");
    const fs::path data = argc > 1 ? argv[1] : variable != nullptr ? variable : "";
    if (!fs::exists(data / "olist/olist_closed_deals_dataset.csv")) {
        fmt::print("skipped: there is no olist/olist_closed_deals_dataset.csv in the folder "
                   "LEADFUNNEL_DATA\n");
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
