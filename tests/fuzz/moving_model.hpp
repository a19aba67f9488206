// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/model/model.hpp>

#include <chrono>
#include <string>

namespace fuzz {

/// A small model that uses every feature of the engine.
inline leadfunnel::model moving_model() {
    namespace lf = leadfunnel;
    using namespace std::chrono_literals;
    const auto text = [](const char* s) { return lf::value{std::string{s}}; };
    return {
        .id = "moving",
        .version = "1",
        .attributes = {{.id = "owner"}, {.id = "mail"}, {.id = "company"}},
        .touchpoints = {{.id = "page"}, {.id = "demo"}, {.id = "call"}},
        .roles = {.email = "mail", .account = "company", .owner = "owner"},
        .calendars = {{.id = "office",
                       .hours = {{.days = {lf::weekday::monday, lf::weekday::thursday},
                                  .from = {540},
                                  .to = {1020}}},
                       .owners = {"ann"}}},
        .funnels =
            {{.id = "sales",
              .stages = {{.id = "inquiry", .entry = true},
                         {.id = "mql",
                          .phase = lf::phase::sales,
                          .slas = {{.id = "call",
                                    .due = {.after = 8h, .calendar = "office"},
                                    .met_by = lf::on("call")},
                                   {.id = "own",
                                    .due = {.after = 30h, .since = lf::timer_start::assignment},
                                    .warn_before = 5h}}},
                         {.id = "won", .phase = lf::phase::closed, .terminal = true},
                         {.id = "nurture"}},
              .transitions =
                  {{.id = "arrive", .to = "inquiry", .on = lf::pattern{}},
                   {.id = "hot",
                    .from = {"inquiry", "nurture"},
                    .to = "mql",
                    .when = lf::band_now("heat").equals(text("hot")),
                    .then = {.assign = "ann", .alert = "hot"}},
                   {.id = "win", .from = {"mql"}, .to = "won", .manual = true},
                   {.id = "back",
                    .from = {"mql"},
                    .to = "nurture",
                    .after = lf::timer{.after = 48h, .since = lf::timer_start::touchpoint},
                    .then = {.reset = {"engagement"}, .set = {{"company", {}}}, .cycle = true}}},
              .moves = lf::manual_moves::declared}},
        .scores = {{.id = "engagement", .min = -50, .max = 100}},
        .rules = {lf::occurrence{.id = "pages",
                                 .score = "engagement",
                                 .on = lf::on("page"),
                                 .points = 15,
                                 .limits = {lf::per_day(3)},
                                 .decay = lf::half_life{72h}},
                  lf::occurrence{.id = "demos",
                                 .score = "engagement",
                                 .on = lf::on("demo"),
                                 .points = 40,
                                 .decay = lf::linear_decay{200h}},
                  lf::frequency{.id = "often",
                                .score = "engagement",
                                .on = lf::on("page"),
                                .at_least = 3,
                                .window = 50h,
                                .points = 10},
                  lf::inactivity{.id = "silent",
                                 .score = "engagement",
                                 .after = 100h,
                                 .every = 50h,
                                 .times = 3,
                                 .points = -10}},
        .exclusions = {{.id = "rival", .when = lf::attribute("company").equals(text("rival"))}},
        .bandings = {{.id = "heat",
                      .score = "engagement",
                      .bands = {{.id = "cold"},
                                {.id = "warm", .enter = 20, .leave = 15},
                                {.id = "hot", .enter = 50}},
                      .min_dwell = 3h}},
        .alerts = {{.id = "hot", .cooldown = 100h, .explain = "engagement"},
                   {.id = "warm",
                    .when = lf::score_now("engagement").at_least(30.0),
                    .rearm = lf::score_now("engagement").less(10.0)}},
    };
}

} // namespace fuzz
