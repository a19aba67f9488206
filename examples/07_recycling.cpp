// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Recycling: sales rejects a lead. Two weeks later it returns to marketing without its points. The
// next time, the same download earns it more than it earns a newcomer. The stage log says how often
// the lead was qualified, and when first and last.

#include "expect.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstddef>
#include <string>

namespace lf = leadfunnel;
using namespace std::chrono_literals;
using std::chrono::April;
using std::chrono::days;
using std::chrono::sys_days;

int main() {
    const auto qualified_before = lf::times_entered("sales", "qualified").at_least(1.0);
    const lf::model model{
        .id = "recycling",
        .touchpoints = {{.id = "download"}, {.id = "inquiry"}},
        .funnels = {{.id = "sales",
                     .stages = {{.id = "interested", .entry = true},
                                {.id = "qualified", .phase = lf::phase::sales},
                                {.id = "rejected"},
                                {.id = "nurtured"}},
                     .transitions =
                         {{.id = "arrive", .to = "interested", .on = lf::pattern{}},
                          {.id = "qualify",
                           .from = {"interested", "nurtured"},
                           .to = "qualified",
                           .when = lf::score_now("engagement").at_least(50.0)},
                          {.id = "reject", .from = {"qualified"}, .to = "rejected", .manual = true},
                          // The recycled lead starts again at 0 points.
                          {.id = "recycle",
                           .from = {"rejected"},
                           .to = "nurtured",
                           .after = lf::timer{.after = days{14}},
                           .then = {.reset = {"engagement"}, .cycle = true}}},
                     .moves = lf::manual_moves::declared}},
        .scores = {{.id = "engagement"}},
        .rules =
            {lf::occurrence{
                 .id = "inquiry", .score = "engagement", .on = lf::on("inquiry"), .points = 50},
             lf::occurrence{
                 .id = "download", .score = "engagement", .on = lf::on("download"), .points = 30},
             // A lead that was qualified before earns extra points when it returns.
             lf::occurrence{.id = "back_again",
                            .score = "engagement",
                            .on = lf::on({"download", "inquiry"}),
                            .points = 20,
                            .limits = {lf::per_month(1)},
                            .when = qualified_before}}};

    lf::engine crm{lf::compile(model)};
    const lf::instant start = sys_days{2026y / April / 1} + 9h;
    const auto score = [&](const char* lead) {
        return lf::to_string(crm.score(lead, "engagement").value);
    };

    crm.apply(lf::touchpoint{.lead = "L-17", .at = start, .type = "inquiry"});
    examples::expect("after the inquiry", crm.stage("L-17", "sales")->stage, "qualified");

    // With `manual_moves::declared`, only declared transitions are allowed; others are refused.
    crm.advance_to(start + days{1});
    examples::expect("skipping a step",
                     crm.move("L-17", "sales", "nurtured").what == lf::applied::outcome::refused,
                     true);
    crm.move("L-17", "sales", "rejected", "no budget this year", "sato");
    examples::expect("rejected, with its points", score("L-17"), "50");

    crm.advance_to(start + days{20});
    examples::expect("recycled", crm.stage("L-17", "sales")->stage, "nurtured");
    examples::expect("its cycle", crm.stage("L-17", "sales")->cycle, 2);
    examples::expect("recycled, without them", score("L-17"), "0");

    // The same download: 30 points do not qualify the newcomer, 50 qualify the returning lead.
    const lf::instant later = start + days{90};
    crm.apply(lf::touchpoint{.lead = "newcomer", .at = later, .type = "download"});
    crm.apply(lf::touchpoint{.lead = "L-17", .at = later, .type = "download"});
    examples::expect("the newcomer", crm.stage("newcomer", "sales")->stage, "interested");
    examples::expect("the newcomer's score", score("newcomer"), "30");
    examples::expect("the one who came back", crm.stage("L-17", "sales")->stage, "qualified");
    examples::expect("the score of the one who came back", score("L-17"), "50");

    std::string log;
    std::size_t qualified = 0;
    lf::instant first = lf::never;
    lf::instant last = lf::always;
    for (const lf::stage_entry& e : crm.stage_log("L-17")) {
        log += fmt::format("{}  cycle {}  {:<10} {}{}\n", lf::to_string(e.at), e.cycle, e.stage,
                           e.transition, e.reason.empty() ? "" : ": " + e.reason);
        if (e.stage != "qualified") continue;
        if (qualified++ == 0) first = e.at;
        last = e.at;
    }
    fmt::print("{}", log);
    fmt::print("Qualified {} times, first at {}, last at {}.\n", qualified, lf::to_string(first),
               lf::to_string(last));
    examples::expect("the stage log", log, R"(2026-04-01T09:00:00Z  cycle 1  interested arrive
2026-04-01T09:00:00Z  cycle 1  qualified  qualify
2026-04-02T09:00:00Z  cycle 1  rejected   reject: no budget this year
2026-04-16T09:00:00Z  cycle 2  nurtured   recycle
2026-06-30T09:00:00Z  cycle 2  qualified  qualify
)");
    examples::expect("how often", qualified, 2U);
    examples::expect("first", lf::to_string(first), "2026-04-01T09:00:00Z");
    examples::expect("last", lf::to_string(last), "2026-06-30T09:00:00Z");
}
