// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

constexpr auto day = std::chrono::days{1};

lf::instant at(int d, std::chrono::microseconds t = 0us) {
    return lf::instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / d}} + t;
}

/// Pages and a demo request heat up a lead; sales accepts within a day, or it goes back.
lf::model small_model() {
    return {
        .id = "small",
        .version = "1",
        .attributes = {{.id = "owner"}, {.id = "industry"}},
        .touchpoints = {{.id = "page_view"}, {.id = "demo"}, {.id = "call"}},
        .roles = {.owner = "owner"},
        .funnels = {{.id = "sales",
                     .stages = {{.id = "inquiry", .entry = true},
                                {.id = "mql",
                                 .phase = lf::phase::sales,
                                 .slas = {{.id = "call_soon",
                                           .due = {.after = 24h},
                                           .warn_before = 4h,
                                           .met_by = lf::on("call")}}},
                                {.id = "sal", .phase = lf::phase::sales, .terminal = true},
                                {.id = "nurture"}},
                     .transitions =
                         {{.id = "arrive", .to = "inquiry", .on = lf::pattern{}},
                          {.id = "hot",
                           .from = {"inquiry", "nurture"},
                           .to = "mql",
                           .when = lf::band_now("heat").equals("hot"),
                           .then = {.assign = "sdr", .alert = "hot_lead"}},
                          {.id = "accept", .from = {"mql"}, .to = "sal", .by_hand = true},
                          {.id = "back",
                           .from = {"mql"},
                           .to = "nurture",
                           .after = lf::timer{.after = 48h},
                           .then = {.reset = {"engagement"}, .cycle = true}}}}},
        .scores = {{.id = "engagement", .min = 0, .max = 100}},
        .rules = {lf::occurrence{.id = "pages",
                                 .score = "engagement",
                                 .on = lf::on("page_view"),
                                 .points = 10,
                                 .decay = lf::half_life{7 * day}},
                  lf::occurrence{.id = "demos",
                                 .score = "engagement",
                                 .on = lf::on("demo"),
                                 .points = 50,
                                 .decay = lf::half_life{7 * day}}},
        .bandings = {{.id = "heat",
                      .score = "engagement",
                      .bands = {{.id = "cold"}, {.id = "warm", .enter = 20}, {.id = "hot", .enter = 50}}}},
        .alerts = {{.id = "hot_lead", .explain = "engagement"}},
    };
}

std::vector<std::string> told(const lf::engine& e) {
    std::vector<std::string> out;
    for (const auto& s : e.signals()) {
        std::string line = std::string{to_string(s.kind)} + " " + s.lead + " " + s.subject;
        if (!s.from.empty() || !s.to.empty()) line += " " + s.from + ">" + s.to;
        if (!s.cause.empty()) line += " by " + s.cause;
        out.push_back(line + " @" + lf::to_string(s.at));
    }
    return out;
}

lf::touchpoint page(const char* lead, lf::instant t, const char* type = "page_view") {
    return {.lead = lead, .at = t, .type = type};
}

} // namespace

TEST_CASE("a lead heats up, is handed to sales, and goes back when nobody calls") {
    lf::engine crm{lf::compile(small_model())};
    crm.apply(page("L", at(1)));
    CHECK(crm.stage("L", "sales")->stage == "inquiry");
    CHECK(crm.band("L", "heat") == "cold");
    crm.apply(page("L", at(1, 1h), "demo"));
    CHECK(crm.stage("L", "sales")->stage == "mql");
    CHECK(crm.band("L", "heat") == "hot");
    CHECK(crm.attribute("L", "owner") == lf::value{"sdr"});
    crm.advance_to(at(1, 22h));
    crm.advance_to(at(4));
    CHECK(told(crm) == std::vector<std::string>{
                           "band_changed L heat >cold @2026-03-01T00:00:00Z",
                           "stage_changed L sales >inquiry by arrive @2026-03-01T00:00:00Z",
                           "band_changed L heat cold>hot @2026-03-01T01:00:00Z",
                           "stage_changed L sales inquiry>mql by hot @2026-03-01T01:00:00Z",
                           "assigned L owner >sdr by hot @2026-03-01T01:00:00Z",
                           "alert L hot_lead by hot @2026-03-01T01:00:00Z",
                           "sla_warning L call_soon >mql @2026-03-01T21:00:00Z",
                           "sla_breached L call_soon >mql @2026-03-02T01:00:00Z",
                           "band_changed L heat hot>warm @2026-03-02T22:00:00Z",
                           "stage_changed L sales mql>nurture by back @2026-03-03T01:00:00Z",
                           "band_changed L heat warm>cold @2026-03-03T01:00:00Z",
                       });
    CHECK(crm.stage("L", "sales")->cycle == 2);
    CHECK(crm.score("L", "engagement").value == 0);
    CHECK(crm.count_in_stage("sales", "nurture") == 1);
    CHECK(crm.count_in_band("heat", "cold") == 1);
}
