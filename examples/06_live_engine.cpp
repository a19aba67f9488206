// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// A live engine applies events as they happen, keeps scores and stages current as time passes, and
// emits a signal for each change. Here a lead heats up, is handed to sales, is not called, and
// cools down again.

#include "expect.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <fmt/core.h>

#include <chrono>
#include <string>

namespace lf = leadfunnel;
using namespace std::chrono_literals;
using std::chrono::April;
using std::chrono::days;
using std::chrono::sys_days;

int main() {
    const lf::model model{
        .id = "live",
        .attributes = {{.id = "owner"}},
        .touchpoints = {{.id = "page_view"}, {.id = "seminar_attended"}, {.id = "call"}},
        .roles = {.owner = "owner"},
        .funnels = {{.id = "sales",
                     .stages = {{.id = "interested", .entry = true},
                                {.id = "qualified",
                                 .phase = lf::phase::sales,
                                 .slas = {{.id = "call_them",
                                           .due = {.after = 24h},
                                           .met_by = lf::on("call")}}}},
                     .transitions = {{.id = "arrive", .to = "interested", .on = lf::pattern{}},
                                     {.id = "heat_up",
                                      .from = {"interested"},
                                      .to = "qualified",
                                      .when = lf::band_now("temperature").equals("hot"),
                                      .then = {.assign = "sales team", .alert = "hot_lead"}},
                                     {.id = "cool_down",
                                      .from = {"qualified"},
                                      .to = "interested",
                                      .when = lf::band_now("temperature").equals("cold"),
                                      .then = {.cycle = true}}}}},
        .scores = {{.id = "engagement"}},
        .rules = {lf::occurrence{.id = "page",
                                 .score = "engagement",
                                 .on = lf::on("page_view"),
                                 .points = 10,
                                 .decay = lf::half_life{days{10}}},
                  lf::occurrence{.id = "seminar",
                                 .score = "engagement",
                                 .on = lf::on("seminar_attended"),
                                 .points = 40,
                                 .decay = lf::half_life{days{10}}}},
        .bandings = {{.id = "temperature",
                      .score = "engagement",
                      .bands = {{.id = "cold"}, {.id = "hot", .enter = 50, .leave = 25}}}},
        .alerts = {{.id = "hot_lead", .explain = "engagement"}}};

    lf::engine crm{lf::compile(model)};

    // The engine emits a signal for each change.
    std::string log;
    crm.on_signal([&](const lf::signal& s) {
        log += fmt::format("{}  {} {}", lf::to_string(s.at), lf::to_string(s.kind), s.subject);
        if (!s.to.empty()) log += fmt::format(": {} > {}", s.from, s.to);
        if (!s.cause.empty()) log += " by " + s.cause;
        log += '\n';
    });

    const lf::instant noon = sys_days{2026y / April / 1} + 12h;
    crm.apply(lf::touchpoint{.lead = "L-17", .at = noon, .type = "page_view"});
    crm.apply(lf::touchpoint{.lead = "L-17", .at = noon + 1h, .type = "seminar_attended"});
    crm.apply(lf::touchpoint{.lead = "L-17", .at = noon + 2h, .type = "page_view"});
    examples::expect("the stage", crm.stage("L-17", "sales")->stage, "qualified");

    // When will the lead cool down if nothing else happens?
    const lf::instant cools = crm.cools_at("L-17", "temperature", noon + days{365});
    log += fmt::format("(cools at {})\n", lf::to_string(cools));

    // The host advances the clock. Everything due by then happens now, each at its own instant.
    crm.advance_to(noon + days{30});

    fmt::print("{}", log);
    examples::expect("the signals", log,
                     R"(2026-04-01T12:00:00Z  band_changed temperature:  > cold
2026-04-01T12:00:00Z  stage_changed sales:  > interested by arrive
2026-04-01T14:00:00Z  band_changed temperature: cold > hot
2026-04-01T14:00:00Z  stage_changed sales: interested > qualified by heat_up
2026-04-01T14:00:00Z  assigned owner:  > sales team by heat_up
2026-04-01T14:00:00Z  alert hot_lead by heat_up
(cools at 2026-04-14T05:00:00Z)
2026-04-02T14:00:00Z  sla_breached call_them:  > qualified
2026-04-14T05:00:00Z  band_changed temperature: hot > cold
2026-04-14T05:00:00Z  stage_changed sales: qualified > interested by cool_down
)");
}
