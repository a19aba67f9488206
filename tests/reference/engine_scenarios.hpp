// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Small scenarios, with the signals that they must emit, worked out by hand. Both the reference
/// engine and the real one are tested with them.

#include "operations.hpp"

#include <leadfunnel/model/model.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace reference {

struct scenario {
    std::string name{};
    lf::model model{};
    std::vector<operation> steps{};
    std::vector<std::string> signals{}; ///< as `text_of` writes them
};

namespace stories {

using namespace std::chrono_literals;

/// `days` after Monday 2025-01-06, UTC.
inline instant on_day(int n, duration time = {}) {
    return std::chrono::sys_days{std::chrono::year{2025} / 1 / 6} + std::chrono::days{n} + time;
}
inline event view(std::string lead, instant at, std::string type = "page_view") {
    return lf::touchpoint{.lead = std::move(lead), .at = at, .type = std::move(type)};
}
inline event fact(std::string lead, instant at, std::string name, lf::value v) {
    return lf::attributes{
        .lead = std::move(lead), .at = at, .values = {{std::move(name), std::move(v)}}};
}
inline event entry(std::string lead, instant at, std::string stage, std::string reason = {}) {
    return lf::stage_entry{.lead = std::move(lead),
                           .at = at,
                           .funnel = "sales",
                           .stage = std::move(stage),
                           .reason = std::move(reason)};
}

/// Ten points a page view; inquiry → mql → sal → won or lost, but no transitions yet.
inline lf::model plain() {
    lf::model m{.id = "story", .version = "1"};
    m.attributes = {{.id = "owner"},
                    {.id = "country"},
                    {.id = "created", .type = lf::value_type::timestamp},
                    {.id = "hold", .type = lf::value_type::boolean}};
    m.touchpoints = {{"page_view", "seconds"}, {"download", ""}, {"call", ""}};
    m.scores = {{.id = "engagement"}};
    m.rules = {lf::occurrence{
        .id = "views", .score = "engagement", .on = lf::on("page_view"), .points = 10}};
    m.roles.owner = "owner";
    lf::funnel sales{.id = "sales"};
    sales.stages = {{.id = "inquiry", .entry = true},
                    {.id = "mql"},
                    {.id = "sal", .phase = lf::phase::sales},
                    {.id = "won", .phase = lf::phase::closed, .terminal = true},
                    {.id = "lost", .phase = lf::phase::closed, .terminal = true}};
    m.funnels = {sales};
    return m;
}
inline lf::transition enters() { return {.id = "enters", .to = "inquiry", .on = lf::pattern{}}; }
inline lf::transition scores_20() {
    return {.id = "scores_20",
            .from = {"inquiry"},
            .to = "mql",
            .when = lf::score_now("engagement").at_least(lf::value{20.0})};
}
inline lf::banding heat() {
    return {.id = "heat",
            .score = "engagement",
            .bands = {{.id = "cold"}, {.id = "warm", .enter = 15}, {.id = "hot", .enter = 30}}};
}
inline lf::business_calendar office(std::string id, std::string zone) {
    using lf::weekday;
    lf::business_calendar c{.id = std::move(id), .time_zone = std::move(zone)};
    c.hours = {{{weekday::monday, weekday::tuesday, weekday::wednesday, weekday::thursday,
                 weekday::friday},
                {9 * 60},
                {17 * 60}}};
    return c;
}
/// Ten points with a half-life of a day, and hourly ticks.
inline void fade(lf::model& m) { std::get<lf::occurrence>(m.rules[0]).decay = lf::half_life{24h}; }

/// A condition that every lead satisfies.
inline lf::condition always_so() { return lf::times_entered("sales", "inquiry").at_least(0.0); }

inline scenario qualifies() {
    lf::model m = plain();
    m.funnels[0].transitions = {enters(), scores_20()};
    return {"a lead enters with a touchpoint, and qualifies when its score reaches 20",
            m,
            {told(view("ann", on_day(0))), until(on_day(1)), told(view("ann", on_day(2)))},
            {"2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-08T00:00:00Z ann stage_changed sales inquiry>mql by scores_20 cycle 1"}};
}

inline scenario goes_on_at_once() {
    lf::model m = plain();
    m.funnels[0].transitions = {
        {.id = "out", .from = {"mql"}, .to = "sal", .when = lf::attribute("hold").exists(false)},
        enters(),
        {.id = "on", .from = {"inquiry"}, .to = "mql", .when = always_so()}};
    return {"transitions are taken until none is enabled, the first declared first",
            m,
            {told(view("ann", on_day(0)))},
            {"2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-06T00:00:00Z ann stage_changed sales inquiry>mql by on cycle 1",
             "2025-01-06T00:00:00Z ann stage_changed sales mql>sal by out cycle 1"}};
}

inline scenario waits() {
    lf::model m = plain();
    m.funnels[0].transitions = {
        enters(), {.id = "gives_up", .from = {"inquiry"}, .to = "lost", .after = lf::timer{72h}}};
    return {"a timer runs from the stage entry, and acts at its own instant",
            m,
            {told(view("ann", on_day(0, 5min))), told(view("bob", on_day(1))), until(on_day(2)),
             until(on_day(9))},
            {"2025-01-06T00:05:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-07T00:00:00Z bob stage_changed sales >inquiry by enters cycle 1",
             "2025-01-09T00:05:00Z ann stage_changed sales inquiry>lost by gives_up cycle 1",
             "2025-01-10T00:00:00Z bob stage_changed sales inquiry>lost by gives_up cycle 1"}};
}

inline scenario waits_since_touchpoint() {
    lf::model m = plain();
    m.funnels[0].transitions = {enters(),
                                {.id = "silent",
                                 .from = {"inquiry"},
                                 .to = "lost",
                                 .after = lf::timer{.after = 72h,
                                                    .since = lf::timer_start::touchpoint,
                                                    .on = lf::on("page_view")}}};
    return {"a timer since a touchpoint starts again with each, even at its very deadline",
            m,
            {told(view("ann", on_day(0), "download")), told(view("ann", on_day(1))),
             told(view("ann", on_day(2), "download")), told(view("ann", on_day(4))),
             until(on_day(9))},
            {"2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-13T00:00:00Z ann stage_changed sales inquiry>lost by silent cycle 1"}};
}

inline scenario works_in_the_office() {
    lf::model m = plain();
    m.calendars = {office("hq", "America/New_York"), office("tokyo", "Asia/Tokyo")};
    m.calendars[1].owners = {"kei"};
    m.funnels[0].transitions = {enters(),
                                {.id = "gives_up",
                                 .from = {"inquiry"},
                                 .to = "lost",
                                 .after = lf::timer{.after = 2h, .calendar = "hq"}}};
    // Friday 16:00 in New York is 21:00 UTC: an hour on Friday, another on Monday until 10:00,
    // 15:00 UTC. In Tokyo it is Saturday then: Monday 9:00 to 11:00, 2:00 UTC.
    return {"business time is that of the calendar, or of the owner's own",
            m,
            {told(view("ann", on_day(4, 21h))), told(fact("kim", on_day(4, 21h), "owner", "kei")),
             told(view("kim", on_day(4, 21h))), until(on_day(9))},
            {"2025-01-10T21:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-10T21:00:00Z kim assigned owner >kei by host",
             "2025-01-10T21:00:00Z kim stage_changed sales >inquiry by enters cycle 1",
             "2025-01-13T02:00:00Z kim stage_changed sales inquiry>lost by gives_up cycle 1",
             "2025-01-13T15:00:00Z ann stage_changed sales inquiry>lost by gives_up cycle 1"}};
}

inline scenario promises() {
    lf::model m = plain();
    m.funnels[0].transitions = {enters()};
    m.funnels[0].stages[0].slas = {
        {.id = "call_back", .due = {.after = 24h}, .warn_before = 4h, .met_by = lf::on("call")}};
    return {"a service level warns once, and is breached once, at its deadline",
            m,
            {told(view("ann", on_day(0))), told(view("ann", on_day(0, 21h))), until(on_day(2)),
             told(view("ann", on_day(3), "call"))},
            {"2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-06T20:00:00Z ann sla_warning call_back >inquiry due 2025-01-07T00:00:00Z",
             "2025-01-07T00:00:00Z ann sla_breached call_back >inquiry due 2025-01-07T00:00:00Z"}};
}

inline scenario keeps_promises() {
    lf::model m = plain();
    m.funnels[0].transitions = {enters(), scores_20()};
    m.funnels[0].stages[0].slas = {
        {.id = "call_back", .due = {.after = 24h}, .met_by = lf::on("call")}};
    // Ann's first call precedes her stage entry at the same instant: it does not meet the SLA.
    return {"a service level is met by a touchpoint after its start, or silently by leaving",
            m,
            {told({view("ann", on_day(0), "call"), view("bob", on_day(0))}),
             told(view("ann", on_day(0, 23h), "call")), told(view("bob", on_day(0, 23h))),
             until(on_day(2))},
            {"2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-06T00:00:00Z bob stage_changed sales >inquiry by enters cycle 1",
             "2025-01-06T23:00:00Z ann sla_met call_back >inquiry due 2025-01-07T00:00:00Z",
             "2025-01-06T23:00:00Z bob stage_changed sales inquiry>mql by scores_20 cycle 1"}};
}

inline scenario promises_by_owner() {
    lf::model m = plain();
    m.funnels[0].transitions = {enters()};
    m.funnels[0].stages[0].slas = {
        {.id = "first_call", .due = {.after = 24h, .since = lf::timer_start::assignment}}};
    return {"a service level since assignment starts again with each, and needs an owner",
            m,
            {told(view("ann", on_day(0))), told(fact("ann", on_day(2), "owner", "kei")),
             told(fact("ann", on_day(2, 6h), "owner", "kei")), until(on_day(4)),
             told(fact("ann", on_day(4), "owner", "mia")),
             told(fact("ann", on_day(4, 6h), "owner", lf::value{})), until(on_day(9))},
            {"2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-08T00:00:00Z ann assigned owner >kei by host",
             "2025-01-09T00:00:00Z ann sla_breached first_call >inquiry due 2025-01-09T00:00:00Z",
             "2025-01-10T00:00:00Z ann assigned owner kei>mia by host",
             "2025-01-10T06:00:00Z ann assigned owner mia> by host"}};
}

inline scenario cools_at_a_tick() {
    lf::model m = plain();
    fade(m);
    m.bandings = {heat()};
    m.funnels[0].transitions = {enters(),
                                {.id = "cooled",
                                 .from = {"inquiry"},
                                 .to = "lost",
                                 .after = lf::timer{15h + 30min},
                                 .when = !lf::band_now("heat").equals("warm")}};
    // 20 points are 15 after log2(4/3) days, 9 h 57 min 36 s: the next tick is at 10:00.
    return {"a band that fades away is left at a tick of the decay grid",
            m,
            {told({view("ann", on_day(0)), view("ann", on_day(0))}), until(on_day(1))},
            {"2025-01-06T00:00:00Z ann band_changed heat >cold",
             "2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-06T00:00:00Z ann band_changed heat cold>warm",
             "2025-01-06T10:00:00Z ann band_changed heat warm>cold",
             "2025-01-06T15:30:00Z ann stage_changed sales inquiry>lost by cooled cycle 1"}};
}

inline scenario sees_between_ticks() {
    lf::model m = plain();
    fade(m);
    m.bandings = {heat()};
    m.funnels[0].transitions = {
        {.id = "enters", .to = "inquiry", .when = lf::band_now("heat").equals("warm")},
        {.id = "cooled",
         .from = {"inquiry"},
         .to = "lost",
         .after = lf::timer{9h + 58min},
         .when = !lf::band_now("heat").equals("warm")}};
    // As above, but the timer is due at 9:58 and sees the band of that instant. The stage entry is
    // an event, so changed bands are emitted then.
    return {"a timer between two ticks sees what has faded until then",
            m,
            {told({view("ann", on_day(0)), view("ann", on_day(0))}), until(on_day(1))},
            {"2025-01-06T00:00:00Z ann band_changed heat >cold",
             "2025-01-06T00:00:00Z ann band_changed heat cold>warm",
             "2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-06T09:58:00Z ann stage_changed sales inquiry>lost by cooled cycle 1",
             "2025-01-06T09:58:00Z ann band_changed heat warm>cold"}};
}

inline scenario looks_in_vain_between_ticks() {
    lf::model m = plain();
    fade(m);
    m.bandings = {heat()};
    m.funnels[0].stages[0].slas = {{.id = "call_back", .due = {.after = 9h + 58min}}};
    m.funnels[0].transitions = {enters()};
    return {"an instant of the engine's own emits no bands",
            m,
            {told(view("ann", on_day(0))), told(view("ann", on_day(0))), until(on_day(1))},
            {"2025-01-06T00:00:00Z ann band_changed heat >cold",
             "2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-06T00:00:00Z ann band_changed heat cold>warm",
             "2025-01-06T09:58:00Z ann sla_breached call_back >inquiry due 2025-01-06T09:58:00Z",
             "2025-01-06T10:00:00Z ann band_changed heat warm>cold"}};
}

inline scenario dwells() {
    lf::model m = plain();
    m.bandings = {heat()};
    m.bandings[0].min_dwell = 36h;
    m.funnels[0].transitions = {enters(),
                                {.id = "warms",
                                 .from = {"inquiry"},
                                 .to = "mql",
                                 .when = lf::band_now("heat").equals("warm")}};
    return {"a band is kept for its dwell, and left at its end, between ticks or not",
            m,
            {told(view("ann", on_day(0, 7min))), told(view("ann", on_day(1))), until(on_day(3))},
            {"2025-01-06T00:07:00Z ann band_changed heat >cold",
             "2025-01-06T00:07:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-07T12:07:00Z ann band_changed heat cold>warm",
             "2025-01-07T12:07:00Z ann stage_changed sales inquiry>mql by warms cycle 1"}};
}

inline scenario tells_classes_last() {
    lf::model m = plain();
    m.bandings = {heat(), heat()};
    m.bandings[1].id = "again";
    m.matrices = {{.id = "both", .rows = "heat", .columns = "again"}};
    return {"classes are emitted after bands, each once",
            m,
            {told(view("ann", on_day(0))), told(view("ann", on_day(1)))},
            {"2025-01-06T00:00:00Z ann band_changed heat >cold",
             "2025-01-06T00:00:00Z ann band_changed again >cold",
             "2025-01-06T00:00:00Z ann class_changed both >coldcold",
             "2025-01-07T00:00:00Z ann band_changed heat cold>warm",
             "2025-01-07T00:00:00Z ann band_changed again cold>warm",
             "2025-01-07T00:00:00Z ann class_changed both coldcold>warmwarm"}};
}

inline scenario alerts_again() {
    lf::model m = plain();
    std::get<lf::occurrence>(m.rules[0]).decay = lf::expiry{24h};
    m.alerts = {{.id = "hot", .when = lf::score_now("engagement").at_least(lf::value{20.0})},
                {.id = "calm",
                 .when = lf::score_now("engagement").at_least(lf::value{20.0}),
                 .cooldown = 72h}};
    // 20 points on day 1, ten of which expire on day 1 at 6:00; the same on day 2. The calm alert
    // must wait until day 4, when the score, renewed in time, is still there.
    return {"an alert is raised once until its condition has ceased; a cooldown delays the next",
            m,
            {told(view("ann", on_day(0, 6h))), told(view("ann", on_day(1))),
             told(view("ann", on_day(1, 1h))), until(on_day(1, 12h)), told(view("ann", on_day(2))),
             told(view("ann", on_day(2, 12h))), told(view("ann", on_day(2, 13h))),
             told(view("ann", on_day(3, 10h))), told(view("ann", on_day(3, 11h))),
             until(on_day(9))},
            {"2025-01-07T00:00:00Z ann alert hot", "2025-01-07T00:00:00Z ann alert calm",
             "2025-01-08T12:00:00Z ann alert hot", "2025-01-10T00:00:00Z ann alert calm"}};
}

inline scenario rearms() {
    lf::model m = plain();
    std::get<lf::occurrence>(m.rules[0]).decay = lf::expiry{24h};
    m.alerts = {{.id = "viewed",
                 .when = lf::score_now("engagement").at_least(lf::value{10.0}),
                 .rearm = lf::attribute("hold").equals(true)}};
    return {"an alert may be armed again by a condition of its own",
            m,
            {told(view("ann", on_day(0))), told(view("ann", on_day(2))),
             told(fact("ann", on_day(4), "hold", true)), until(on_day(5)),
             told(fact("ann", on_day(6), "hold", false)), told(view("ann", on_day(7))),
             told(view("ann", on_day(9))), until(on_day(20))},
            {"2025-01-06T00:00:00Z ann alert viewed", "2025-01-13T00:00:00Z ann alert viewed"}};
}

inline scenario has_effects() {
    lf::model m = plain();
    m.bandings = {heat()};
    m.alerts = {{.id = "recycled", .cooldown = 96h}};
    lf::transition back{.id = "back", .from = {"*"}, .to = "inquiry", .on = lf::on("download")};
    back.then.reset = {"engagement"};
    back.then.set = {{"country", "JP"}};
    back.then.assign = "queue";
    back.then.alert = "recycled";
    back.then.cycle = true;
    m.funnels[0].transitions = {enters(),
                                scores_20(),
                                back,
                                {.id = "japan",
                                 .from = {"mql"},
                                 .to = "sal",
                                 .when = lf::attribute("country").equals("jp")}};
    return {"effects follow the stage change in order, and hold from then on",
            m,
            {told(view("ann", on_day(0))), told(view("ann", on_day(1))),
             told(view("ann", on_day(2), "download")), told(view("ann", on_day(3))),
             told(view("ann", on_day(4))), told(view("ann", on_day(5), "download"))},
            {"2025-01-06T00:00:00Z ann band_changed heat >cold",
             "2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-07T00:00:00Z ann band_changed heat cold>warm",
             "2025-01-07T00:00:00Z ann stage_changed sales inquiry>mql by scores_20 cycle 1",
             "2025-01-08T00:00:00Z ann stage_changed sales mql>inquiry by back cycle 2",
             "2025-01-08T00:00:00Z ann assigned owner >queue by back",
             "2025-01-08T00:00:00Z ann alert recycled by back",
             "2025-01-08T00:00:00Z ann band_changed heat warm>cold",
             "2025-01-10T00:00:00Z ann band_changed heat cold>warm",
             "2025-01-10T00:00:00Z ann stage_changed sales inquiry>mql by scores_20 cycle 2",
             "2025-01-10T00:00:00Z ann stage_changed sales mql>sal by japan cycle 2",
             "2025-01-11T00:00:00Z ann stage_changed sales sal>inquiry by back cycle 3",
             "2025-01-11T00:00:00Z ann band_changed heat warm>cold"}};
}

inline scenario moves_freely() {
    lf::model m = plain();
    m.funnels[0].transitions = {
        {.id = "on", .from = {"won"}, .to = "mql", .when = lf::attribute("hold").equals(true)}};
    return {"people move leads anywhere, but into entry stages first",
            m,
            {told(view("ann", on_day(0))), moved("ann", "sales", "mql"),
             moved("ann", "sales", "inquiry"), moved("ann", "sales", "won", "friend"),
             moved("ann", "sales", "wom"), moved("ann", "salad", "won"),
             moved("bob", "sales", "inquiry"), moved("ann", "sales", "inquiry"),
             told(entry("bob", on_day(1), "inquiry"))},
            {"2025-01-06T00:00:00Z ann refused sales >mql by person",
             "2025-01-06T00:00:00Z ann stage_changed sales >inquiry by person cycle 1",
             "2025-01-06T00:00:00Z ann stage_changed sales inquiry>won by person because friend "
             "cycle 1",
             "2025-01-06T00:00:00Z ann refused sales won>wom by person",
             "2025-01-06T00:00:00Z ann refused salad >won by person",
             "2025-01-06T00:00:00Z ann stage_changed sales won>inquiry by person cycle 1",
             "2025-01-07T00:00:00Z bob stage_changed sales >inquiry by person cycle 1"}};
}

inline scenario moves_along() {
    lf::model m = plain();
    m.funnels[0].moves = lf::manual_moves::declared;
    lf::transition accept{.id = "accept",
                          .from = {"mql"},
                          .to = "sal",
                          .manual = true,
                          .when = lf::score_now("engagement").at_least(lf::value{30.0})};
    accept.then.assign = "kei";
    accept.then.cycle = true;
    m.funnels[0].transitions = {enters(), scores_20(), accept};
    return {"a restricted funnel lets people go along its transitions while their guards hold",
            m,
            {told(view("ann", on_day(0))), moved("ann", "sales", "sal"),
             told(view("ann", on_day(1))), moved("ann", "sales", "sal"),
             told(view("ann", on_day(2))), moved("ann", "sales", "sal", "fits"),
             moved("ann", "sales", "won")},
            {"2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-06T00:00:00Z ann refused sales inquiry>sal by person",
             "2025-01-07T00:00:00Z ann stage_changed sales inquiry>mql by scores_20 cycle 1",
             "2025-01-07T00:00:00Z ann refused sales mql>sal by person",
             "2025-01-08T00:00:00Z ann stage_changed sales mql>sal by accept because fits cycle 2",
             "2025-01-08T00:00:00Z ann assigned owner >kei by accept",
             "2025-01-08T00:00:00Z ann refused sales sal>won by person"}};
}

inline scenario comes_late() {
    lf::model m = plain();
    fade(m);
    m.funnels[0].transitions = {enters(),
                                {.id = "scores_12",
                                 .from = {"inquiry"},
                                 .to = "mql",
                                 .when = lf::score_now("engagement").at_least(lf::value{12.0})}};
    // Ten points from a day ago are worth five; with ten new ones that makes fifteen. Those from
    // two days ago would not be enough.
    return {"a late touchpoint scores at its own instant, and acts at the clock",
            m,
            {told(view("ann", on_day(2))), until(on_day(3)), told(view("ann", on_day(0))),
             told(view("bob", on_day(2))), told(entry("bob", on_day(1), "mql")),
             told(view("ann", on_day(3)))},
            {"2025-01-08T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-09T00:00:00Z bob stage_changed sales >inquiry by enters cycle 1",
             "2025-01-09T00:00:00Z bob stage_changed sales inquiry>mql by person cycle 1",
             "2025-01-09T00:00:00Z ann stage_changed sales inquiry>mql by scores_12 cycle 1"}};
}

inline scenario hears_twice() {
    lf::model m = plain();
    m.funnels[0].transitions = {enters(), scores_20()};
    auto seen = std::get<lf::touchpoint>(view("ann", on_day(0)));
    seen.source = "web";
    seen.id = "7";
    auto again = seen;
    again.at = on_day(1);
    auto other = again;
    other.source = "crm";
    return {"a duplicate is not applied again",
            m,
            {told(event{seen}), told(event{again}), told(event{other})},
            {"2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-07T00:00:00Z ann stage_changed sales inquiry>mql by scores_20 cycle 1"}};
}

inline scenario is_excluded() {
    lf::model m = plain();
    m.bandings = {heat()};
    m.exclusions = {{.id = "on_hold", .when = lf::attribute("hold").equals(true)}};
    m.funnels[0].transitions = {enters()};
    return {"an exclusion takes the band away, and no transition happens until it ends",
            m,
            {told(fact("ann", on_day(0), "hold", false)),
             told(fact("ann", on_day(1), "hold", true)), told(view("ann", on_day(2))),
             told(fact("ann", on_day(3), "hold", false)), told(view("ann", on_day(4)))},
            {"2025-01-06T00:00:00Z ann band_changed heat >cold",
             "2025-01-07T00:00:00Z ann band_changed heat cold>",
             "2025-01-09T00:00:00Z ann band_changed heat >cold",
             "2025-01-10T00:00:00Z ann band_changed heat cold>warm",
             "2025-01-10T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1"}};
}

inline scenario spends_time() {
    lf::model m = plain();
    m.funnels[0].transitions = {
        enters(),
        {.id = "stays",
         .from = {"inquiry"},
         .to = "mql",
         .when = lf::time_in_stage("sales").greater(duration{36h})},
        {.id = "ages",
         .from = {"mql"},
         .to = "lost",
         .when = lf::attribute("created").age().at_least(duration{100h + 1s})}};
    return {"times in stages and ages act at the microsecond at which they are reached",
            m,
            {told(fact("ann", on_day(0), "created", on_day(0))), told(view("ann", on_day(1, 1min))),
             until(on_day(9))},
            {"2025-01-07T00:01:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-08T12:01:00.000001Z ann stage_changed sales inquiry>mql by stays cycle 1",
             "2025-01-10T04:00:01Z ann stage_changed sales mql>lost by ages cycle 1"}};
}

inline scenario enters_once_an_instant() {
    lf::model m = plain();
    m.decay_grid = 24h;
    m.funnels[0].transitions = {
        {.id = "in", .to = "inquiry"},
        {.id = "there", .from = {"inquiry"}, .to = "mql", .when = always_so()},
        {.id = "back", .from = {"mql"}, .to = "inquiry", .when = always_so()}};
    return {"a stage is entered once an instant; what is still enabled goes on at the next tick",
            m,
            {told(view("ann", on_day(0, 6h))), until(on_day(1, 6h))},
            {"2025-01-06T06:00:00Z ann stage_changed sales >inquiry by in cycle 1",
             "2025-01-06T06:00:00Z ann stage_changed sales inquiry>mql by there cycle 1",
             "2025-01-07T00:00:00Z ann stage_changed sales mql>inquiry by back cycle 1",
             "2025-01-07T00:00:00Z ann stage_changed sales inquiry>mql by there cycle 1"}};
}

inline scenario closes_instants() {
    lf::model m = plain();
    m.funnels[0].transitions = {
        enters(),
        {.id = "leaves", .from = {"inquiry"}, .to = "lost", .after = lf::timer{24h}},
        {.id = "calls", .from = {"inquiry"}, .to = "mql", .on = lf::on("call")}};
    // Ann's call comes at her deadline, before that instant is closed; but the timer is declared
    // first. Bob's call comes after his deadline has been closed: he is lost already.
    return {"an event at an instant comes before what is due then, unless it is closed",
            m,
            {told(view("ann", on_day(0))), told(view("ann", on_day(1), "call")),
             told(view("bob", on_day(2))), until(on_day(3)), told(view("bob", on_day(3), "call"))},
            {"2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-07T00:00:00Z ann stage_changed sales inquiry>lost by leaves cycle 1",
             "2025-01-08T00:00:00Z bob stage_changed sales >inquiry by enters cycle 1",
             "2025-01-09T00:00:00Z bob stage_changed sales inquiry>lost by leaves cycle 1"}};
}

inline scenario goes_in_order() {
    lf::model m = plain();
    m.funnels[0].transitions = {
        {.id = "enters", .to = "inquiry", .on = lf::on("page_view")},
        {.id = "calls", .from = {"inquiry"}, .to = "mql", .on = lf::on("call")},
        {.id = "waits", .from = {"*"}, .to = "lost", .after = lf::timer{24h}}};
    // Ann's two events are swapped: her call comes before the view that makes her enter, and has no
    // effect.
    return {"a batch goes by instants, one lead's events of one instant in history order",
            m,
            {told({view("bob", on_day(1)), view("cid", on_day(0)), view("ann", on_day(1)),
                   view("ann", on_day(1), "call")}),
             until(on_day(9))},
            {"2025-01-06T00:00:00Z cid stage_changed sales >inquiry by enters cycle 1",
             "2025-01-07T00:00:00Z bob stage_changed sales >inquiry by enters cycle 1",
             "2025-01-07T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-07T00:00:00Z cid stage_changed sales inquiry>lost by waits cycle 1",
             "2025-01-08T00:00:00Z bob stage_changed sales inquiry>lost by waits cycle 1",
             "2025-01-08T00:00:00Z ann stage_changed sales inquiry>lost by waits cycle 1"}};
}

inline scenario becomes_one() {
    lf::model m = plain();
    m.funnels[0].transitions = {enters(), scores_20()};
    return {"two leads that are one have one score, which is taken back with the merge",
            m,
            {told(view("ann", on_day(0))), told(view("bob", on_day(1))), merged("ann", "bob"),
             moved("bob", "sales", "inquiry"), unmerged("bob"), told(view("bob", on_day(2)))},
            {"2025-01-06T00:00:00Z ann stage_changed sales >inquiry by enters cycle 1",
             "2025-01-07T00:00:00Z bob stage_changed sales >inquiry by enters cycle 1",
             "2025-01-07T00:00:00Z ann merged bob",
             "2025-01-07T00:00:00Z ann stage_changed sales inquiry>mql by scores_20 cycle 1",
             "2025-01-07T00:00:00Z ann stage_changed sales mql>inquiry by person cycle 1",
             "2025-01-07T00:00:00Z ann unmerged bob",
             "2025-01-08T00:00:00Z bob stage_changed sales inquiry>mql by scores_20 cycle 1"}};
}

} // namespace stories

inline std::vector<scenario> scenarios() {
    using namespace stories;
    return {qualifies(),
            goes_on_at_once(),
            waits(),
            waits_since_touchpoint(),
            works_in_the_office(),
            promises(),
            keeps_promises(),
            promises_by_owner(),
            cools_at_a_tick(),
            sees_between_ticks(),
            looks_in_vain_between_ticks(),
            dwells(),
            tells_classes_last(),
            alerts_again(),
            rearms(),
            has_effects(),
            moves_freely(),
            moves_along(),
            comes_late(),
            hears_twice(),
            is_excluded(),
            spends_time(),
            enters_once_an_instant(),
            closes_instants(),
            goes_in_order(),
            becomes_one()};
}

} // namespace reference
