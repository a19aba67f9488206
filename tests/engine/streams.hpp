// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A model that uses every feature of the engine, and random events for it.

#include <leadfunnel/history/event.hpp>
#include <leadfunnel/model/model.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace streams {

namespace lf = leadfunnel;
using std::chrono::days;
using std::chrono::hours;

/// splitmix64.
class random {
  public:
    explicit random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15U;
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9U;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebU;
        return z ^ (z >> 31);
    }
    std::uint64_t below(std::uint64_t n) noexcept { return next() % n; }
    bool chance(std::uint64_t percent) noexcept { return below(100) < percent; }

  private:
    std::uint64_t state_;
};

inline constexpr lf::instant begin =
    std::chrono::sys_days{std::chrono::year{2025} / std::chrono::March / 3};

/// Inquiries become MQL when they are hot and go to sales, which accepts them manually or lets them
/// go to nurture. Engagement decays, and its bands have hysteresis. Fit comes from attributes, and
/// a matrix combines both. SLAs run in elapsed and in business time. One alert has a cooldown.
inline lf::model crm_model() {
    return {
        .id = "crm",
        .version = "1",
        .decay_grid = hours{6},
        .attributes = {{.id = "owner"},
                       {.id = "email"},
                       {.id = "company"},
                       {.id = "industry"},
                       {.id = "employees", .type = lf::value_type::number},
                       {.id = "left", .type = lf::value_type::boolean}},
        .touchpoints = {{.id = "page_view", .value = "seconds"},
                        {.id = "download"},
                        {.id = "demo"},
                        {.id = "call"},
                        {.id = "reply"}},
        .roles = {.email = "email", .account = "company", .owner = "owner"},
        .calendars = {{.id = "office",
                       .time_zone = "Asia/Tokyo",
                       .hours = {{{lf::weekday::monday, lf::weekday::tuesday,
                                   lf::weekday::wednesday, lf::weekday::thursday,
                                   lf::weekday::friday},
                                  {9 * 60},
                                  {18 * 60}}}}},
        .funnels =
            {{.id = "sales",
              .stages = {{.id = "inquiry", .entry = true},
                         {.id = "mql",
                          .slas = {{.id = "answer",
                                    .due = {.after = hours{40}, .calendar = "office"},
                                    .warn_before = hours{9},
                                    .met_by = lf::on("call")}}},
                         {.id = "sal",
                          .phase = lf::phase::sales,
                          .slas = {{.id = "talk", .due = {.after = days{3}}}}},
                         {.id = "won", .phase = lf::phase::closed, .terminal = true},
                         {.id = "nurture"}},
              .transitions = {{.id = "arrive", .to = "inquiry", .on = lf::pattern{}},
                              {.id = "hot",
                               .from = {"inquiry", "nurture"},
                               .to = "mql",
                               .when = lf::band_now("heat").equals("hot"),
                               .then = {.assign = "sdr", .alert = "hot_lead"}},
                              {.id = "handed_over",
                               .from = {"mql"},
                               .to = "sal",
                               .on = lf::on("call"),
                               .when = lf::score_now("fit").at_least(20.0),
                               .then = {.set = {{"left", false}}}},
                              {.id = "cooled",
                               .from = {"mql"},
                               .to = "nurture",
                               .when = lf::band_now("heat").equals("cold")},
                              {.id = "too_late",
                               .from = {"mql", "sal"},
                               .to = "nurture",
                               .after = lf::timer{.after = days{9}},
                               .then = {.reset = {"engagement"}, .cycle = true}},
                              {.id = "accept", .from = {"sal"}, .to = "won", .manual = true}}}},
        .scores = {{.id = "engagement", .min = 0, .max = 200}, {.id = "fit", .min = 0, .max = 100}},
        .rules = {lf::occurrence{.id = "pages",
                                 .score = "engagement",
                                 .on = lf::on("page_view"),
                                 .per_value = 0.05,
                                 .max_points = 8,
                                 .limits = {lf::per_day(4)},
                                 .decay = lf::half_life{days{10}}},
                  lf::occurrence{.id = "downloads",
                                 .score = "engagement",
                                 .on = lf::on("download"),
                                 .points = 15,
                                 .cooldown = hours{12},
                                 .decay = lf::half_life{days{20}}},
                  lf::occurrence{.id = "demos",
                                 .score = "engagement",
                                 .on = lf::on("demo"),
                                 .points = 40,
                                 .limits = {lf::once()},
                                 .decay = lf::linear_decay{days{30}}},
                  lf::sequence{.id = "read_then_asked",
                               .score = "engagement",
                               .steps = {lf::on("download"), lf::on("demo")},
                               .within = days{14},
                               .points = 20},
                  lf::frequency{.id = "busy",
                                .score = "engagement",
                                .on = lf::on("page_view"),
                                .at_least = 4,
                                .window = days{7},
                                .points = 10},
                  lf::inactivity{.id = "silent",
                                 .score = "engagement",
                                 .after = days{21},
                                 .while_idle = true,
                                 .points = -15},
                  lf::attribute_rule{.id = "machinery",
                                     .score = "fit",
                                     .when = lf::attribute("industry").equals("machinery"),
                                     .points = 30},
                  lf::attribute_rule{.id = "large",
                                     .score = "fit",
                                     .when = lf::attribute("employees").at_least(100.0),
                                     .points = 20}},
        .exclusions = {{.id = "gone", .when = lf::attribute("left").equals(true)}},
        .bandings = {{.id = "heat",
                      .score = "engagement",
                      .bands = {{.id = "cold"},
                                {.id = "warm", .enter = 20, .leave = 12},
                                {.id = "hot", .enter = 45, .leave = 30}}},
                     {.id = "size",
                      .score = "fit",
                      .bands = {{.id = "b"}, {.id = "a", .enter = 30}}}},
        .matrices = {{.id = "class", .rows = "heat", .columns = "size"}},
        .alerts = {{.id = "hot_lead", .explain = "engagement"},
                   {.id = "visits_again",
                    .when = lf::score_now("engagement").at_least(30.0),
                    .rearm = lf::score_now("engagement").less(15.0),
                    .cooldown = days{5}}},
    };
}

inline std::string lead_name(std::uint64_t n) { return "lead-" + std::to_string(n); }

/// A random event of a lead at an instant. Some events share a source id.
inline lf::event random_event(random& r, const std::string& lead, lf::instant at) {
    const auto roll = r.below(100);
    std::string id;
    if (r.chance(10)) id = "m" + std::to_string(r.below(40));
    if (roll < 12) {
        lf::attributes a{.lead = lead, .at = at, .source = "crm", .id = id};
        if (r.chance(15)) a.at = lf::always;
        if (r.chance(50)) a.values["industry"] = r.chance(50) ? "machinery" : "retail";
        if (r.chance(50)) a.values["employees"] = static_cast<double>(r.below(300));
        if (r.chance(20)) a.values["owner"] = r.chance(50) ? "kei" : "mia";
        if (r.chance(5)) a.values["left"] = r.chance(50);
        if (r.chance(30)) a.values["email"] = "user" + std::to_string(r.below(50)) + "@example.com";
        if (r.chance(30)) a.values["company"] = "c" + std::to_string(r.below(9));
        return a;
    }
    if (roll < 17) {
        static constexpr const char* stages[] = {"inquiry", "mql", "sal", "won", "nurture", "no"};
        return lf::stage_entry{.lead = lead,
                               .at = at,
                               .funnel = r.chance(97) ? "sales" : "none",
                               .stage = stages[r.below(6)],
                               .reason = r.chance(30) ? "said so" : "",
                               .source = "crm",
                               .id = id};
    }
    lf::touchpoint t{.lead = lead, .at = at, .source = id.empty() ? "" : "web", .id = id};
    if (roll < 70) {
        t.type = "page_view";
        t.value = lf::decimal{static_cast<int>(r.below(300))};
    } else {
        static constexpr const char* types[] = {"download", "demo", "call", "reply"};
        t.type = types[r.below(4)];
    }
    if (r.chance(20)) t.campaign = "fair";
    return t;
}

} // namespace streams
