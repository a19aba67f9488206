// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Real leads in a live engine: the 262,200 events of the BPI Challenge 2012 (loan applications at a
// Dutch lender, October 2011 to March 2012), applied one by one in order of time, with the model
// models/bpic2012_funnel.json. The program asserts the known stage counts and durations. An SLA in
// the lender's working hours counts how often a work item waited too long.
//
// The data is public but not redistributed here. Pass the folder that contains bpic2012/ as an
// argument or in LEADFUNNEL_DATA. Without the data the program prints a note and exits with 77.

#include "expect.hpp"
#include "report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace examples;
namespace fs = std::filesystem;

lf::instant at(const lf::event& e) {
    return std::visit([](const auto& each) { return each.at; }, e);
}

void figure(std::string_view what, std::size_t n, std::size_t known) {
    fmt::print("{:>8}  {}\n", n, what);
    expect(what, n, known);
}

void run(const fs::path& data) {
    const fs::path here = LEADFUNNEL_EXAMPLES_DIR;
    std::vector<lf::event> events;
    const auto leads =
        read(events, data / "bpic2012/leads.csv.gz", here / "mappings/bpic2012_leads.json");
    const auto touchpoints = read(events, data / "bpic2012/touchpoints.csv.gz",
                                  here / "mappings/bpic2012_touchpoints.json");
    expect("leads", leads.accepted, 13'087U);
    expect("touchpoints", touchpoints.accepted, 262'200U);
    std::stable_sort(events.begin(), events.end(),
                     [](const lf::event& a, const lf::event& b) { return at(a) < at(b); });

    lf::engine crm{lf::compile(lf::load_model(here / "models/bpic2012_funnel.json"))};

    // From the signals: the leads that entered each stage, and the number of signals of each kind.
    std::map<std::string, std::set<std::string>, std::less<>> entered;
    std::map<std::string, std::size_t, std::less<>> entries;
    std::map<lf::signal_kind, std::size_t> count;
    std::string first_alert;
    crm.on_signal([&](const lf::signal& s) {
        ++count[s.kind];
        if (s.kind == lf::signal_kind::stage_changed) {
            entered[s.to].insert(s.lead);
            ++entries[s.to];
        }
        if (s.kind == lf::signal_kind::alert && first_alert.empty())
            first_alert =
                fmt::format("{} at {}:\n{}", s.subject, lf::to_string(s.at), s.explanation);
    });

    std::size_t late = 0;
    for (const lf::event& e : events) {
        late += crm.apply(e).late ? 1U : 0U;
        crm.acknowledge(crm.last_signal());
    }
    crm.advance_to(lf::parse_rfc3339("2012-03-15T00:00:00+01:00").at);
    fmt::print("{} leads, {} events, {} of them late; {} changes of stage.\n\n", crm.size(),
               events.size(), late, count[lf::signal_kind::stage_changed]);

    fmt::print("How far applications came:\n");
    figure("submitted", entered["submitted"].size(), 13'087);
    figure("preaccepted", entered["preaccepted"].size(), 7'367);
    figure("accepted", entered["accepted"].size(), 5'113);
    figure("offered", entered["offered"].size(), 5'015);
    figure("answered", entered["answered"].size(), 3'254);
    figure("activated", entered["activated"].size(), 2'246);

    fmt::print("\nWhere they are in the end:\n");
    std::size_t ended = 0;
    for (const auto& [stage, known] :
         {std::pair{"activated", 2'246U}, {"declined", 7'635U}, {"cancelled", 2'807U}}) {
        figure(stage, crm.count_in_stage("application", stage), known);
        ended += known;
    }
    figure("undecided", crm.size() - ended, 399);

    std::vector<double> days;
    for (const std::string& lead : entered["activated"]) {
        const auto log = crm.stage_log(lead);
        const auto entry = [&](std::string_view stage) {
            return std::find_if(log.begin(), log.end(),
                                [&](const lf::stage_entry& e) {
                                    return e.funnel == "application" && e.stage == stage;
                                })
                ->at;
        };
        days.push_back(in_days(entry("activated") - entry("submitted")));
    }
    std::sort(days.begin(), days.end());
    const std::string middle = fmt::format("{:.2f}", median(days));
    const std::string most = fmt::format("{:.2f}", quantile(days, 0.9));
    fmt::print("\nDays from submission to activation: median {}, nine in ten within {}.\n", middle,
               most);
    expect("median", middle, "14.44");
    expect("90th percentile", most, "28.69");

    fmt::print("\nThe work item \"completing the application\":\n");
    figure("scheduled", entries["scheduled"], 7'367);
    // The log has 23,512 starts; one of them is of an item that was already started.
    figure("started, for the first time or again", entries["in_hand"], 23'511);
    figure("not taken up within four hours of work", count[lf::signal_kind::sla_breached], 1'203);

    fmt::print("\nAn answer left lying raised {}", first_alert);
    figure("times in all", count[lf::signal_kind::alert], 53);
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
