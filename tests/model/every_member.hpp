// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/model/model.hpp>

namespace leadfunnel_test {

/// A model in which every member of every struct has a value other than its default somewhere. It
/// has no other meaning.
inline leadfunnel::model every_member() {
    using namespace leadfunnel;
    using namespace std::chrono_literals;
    constexpr auto day = duration(24h);
    const instant moment = std::chrono::sys_days{std::chrono::year{2026} / 4 / 1} + 9h + 250us;

    model m;
    m.id = "every_member";
    m.version = "2026.4";
    m.description = "Quotes \" and \\, a line\nbreak, a bell \a, 株式会社 and 😀.";
    m.time_zone = "Asia/Tokyo";
    m.decay_grid = 90s;
    m.attributes = {{"industry", value_type::string, "what it makes"},
                    {"employees", value_type::number, ""},
                    {"customer", value_type::boolean, ""},
                    {"since", value_type::timestamp, ""},
                    {"interests", value_type::set, ""}};
    m.properties = {{"url", value_type::string, "without the host"},
                    {"seen", value_type::timestamp, ""}};
    m.touchpoints = {{"page_view", "seconds", "a page"}, {"download", "", ""}};
    m.lists = {{"free_mail", {"gmail.com", "ＹＡＨＯＯ.co.jp"}, "domains"}, {"empty", {}, ""}};
    m.roles = {.email = "industry", .account = "employees", .owner = "interests"};
    m.calendars = {
        {.id = "office",
         .time_zone = "Europe/Berlin",
         .hours = {{.days = {weekday::monday, weekday::sunday}, .from = {570}, .to = {1440}},
                   {.days = {weekday::friday}, .from = {0}, .to = {1}}},
         .holidays = {std::chrono::year{2026} / 1 / 1, std::chrono::year{1900} / 12 / 31},
         .owners = {"sato", "queue 1"},
         .description = "d"}};
    const timer due{
        .after = 8h, .since = timer_start::touchpoint, .on = on("download"), .calendar = "office"};
    m.funnels = {{.id = "sales",
                  .stages = {{.id = "mql",
                              .phase = phase::sales,
                              .entry = true,
                              .terminal = true,
                              .slas = {{.id = "called",
                                        .due = due,
                                        .warn_before = 2h,
                                        .met_by = on("page_view"),
                                        .description = "d"},
                                       {.id = "any", .due = {.after = 1us}, .met_by = pattern{}}},
                              .target_conversion = 0.25,
                              .target_time = 3 * day,
                              .description = "marketing's"},
                             {.id = "won", .phase = phase::closed}},
                  .transitions = {{.id = "in", .to = "mql"},
                                  {.id = "touched",
                                   .from = {"mql", "won"},
                                   .to = "won",
                                   .on = on("download"),
                                   .when = score_now("fit").at_least(20.5) &&
                                           band_now("grade").in({"A", "B"}) &&
                                           class_now("cross").equals("x") &&
                                           time_in_stage("sales").at_most(14 * day),
                                   .then = {.reset = {"fit", "loyalty"},
                                            .set = {{"customer", true},
                                                    {"employees", 12.5},
                                                    {"industry", "2026-04-01T00:00:00Z"},
                                                    {"interests", text_set{"b", "a \"/~"}},
                                                    {"none", text_set{}},
                                                    {"odd /~1 ~ name", std::monostate{}},
                                                    {"since", moment}},
                                            .assign = "sato",
                                            .alert = "hot",
                                            .cycle = true},
                                   .description = "d"},
                                  {.id = "timed", .from = {"*"}, .to = "won", .after = due},
                                  {.id = "any", .from = {"mql"}, .to = "won", .on = pattern{}},
                                  {.id = "moved", .from = {"mql"}, .to = "won", .manual = true}},
                  .moves = manual_moves::declared,
                  .source = "a book",
                  .description = "the only one"}};
    m.scores = {{"fit", 0, 100.5, clamping::at_end, {{"web", -5, 20, "pages"}}, "who"},
                {"loyalty", {}, 10, clamping::running, {}, ""}};

    const condition where = property("url").exact().glob("/pricing/*") &&
                            (property("seen").at_most(moment) || !property("channel").exists());
    const pattern seen{.types = {"page_view", "download"},
                       .where = where,
                       .value_at_least = 10,
                       .value_below = 0.000001};
    const std::vector<limit> limits{
        {.at_most = 3, .calendar = calendar_unit::quarter, .per_distinct = "url"},
        {.at_most_points = 12.25, .rolling = 7 * day},
        once()};
    const condition when = attribute("since").age().greater(30 * day);

    m.rules.push_back(attribute_rule{.id = "a",
                                     .score = "fit",
                                     .group = "web",
                                     .description = "d",
                                     .when = attribute("industry").in({"Machinery", 2.5, true}),
                                     .points = -3});
    m.rules.push_back(frequency{.id = "f",
                                .score = "fit",
                                .group = "web",
                                .description = "d",
                                .on = seen,
                                .measure = frequency_measure::distinct,
                                .property = "url",
                                .at_least = 2.5,
                                .window = 30 * day,
                                .points = 4,
                                .when = when});
    m.rules.push_back(recency{.id = "r",
                              .score = "fit",
                              .group = "web",
                              .description = "d",
                              .on = on("download"),
                              .bins = {{day, 3}, {7 * day, 1}},
                              .otherwise = -1,
                              .if_never = -2,
                              .when = when});
    m.rules.push_back(occurrence{.id = "o",
                                 .score = "fit",
                                 .group = "web",
                                 .description = "d",
                                 .on = seen,
                                 .points = 2,
                                 .per_value = 0.25,
                                 .min_points = 1,
                                 .max_points = 9,
                                 .limits = limits,
                                 .cooldown = 1h + 30min,
                                 .decay = half_life{30 * day},
                                 .when = when});
    m.rules.push_back(sequence{.id = "s",
                               .score = "fit",
                               .group = "web",
                               .description = "d",
                               .steps = {on("download"), on("page_view", where)},
                               .within = 2 * day,
                               .strict = true,
                               .scope = on("page_view"),
                               .points = 7,
                               .limits = limits,
                               .cooldown = 1us,
                               .decay = linear_decay{90 * day},
                               .when = when});
    m.rules.push_back(return_rule{.id = "t",
                                  .score = "fit",
                                  .group = "web",
                                  .description = "d",
                                  .on = seen,
                                  .after = 180 * day,
                                  .silence_of = on("page_view"),
                                  .points = 50,
                                  .limits = limits,
                                  .cooldown = 15ms,
                                  .decay = step_decay{12.5, 7 * day, true},
                                  .when = when});
    m.rules.push_back(inactivity{.id = "i",
                                 .score = "fit",
                                 .group = "web",
                                 .description = "d",
                                 .on = seen,
                                 .after = 14 * day,
                                 .every = 7 * day,
                                 .times = 4,
                                 .while_idle = true,
                                 .points = -5,
                                 .limits = limits,
                                 .cooldown = 5s,
                                 .decay = expiry{365 * day},
                                 .when = when});
    m.rules.push_back(occurrence{
        .id = "p", .score = "fit", .decay = decay_table{{{7 * day, 0.5}, {30 * day, 0.1}}, true}});

    m.derived = {{"total", weighted_sum{{{"fit", 0.4}, {"loyalty", -1}}, 3}, -10, 10, "both"},
                 {"least", minimum_of{{"fit", "total"}}, {}, {}, ""},
                 {"most", maximum_of{{"fit"}}, {}, {}, ""},
                 {"chance", logistic{"fit", 50, 12.5, 100}, {}, {}, ""},
                 {"class", lookup{"fit", {{10, 1}, {20, 2}}, -1}, {}, {}, ""}};
    m.resets = {{"on_touch", on("download"), "", "", {"fit", "loyalty"}, "d"},
                {"any_touch", pattern{}, "", "", {}, ""},
                {"on_stage", {}, "sales", "won", {}, ""}};
    m.exclusions = {{"no", attribute("customer").equals(true), {"fit"}, "d"}};
    m.freezes = {{"cold", current_stage("sales").not_equals("won"), {"fit"}, "d"}};
    m.bandings = {{"grade",
                   "fit",
                   {{"C", {}, {}, "low"}, {"B", 20, 15, ""}, {"A", 40, {}, ""}},
                   3 * day,
                   "d"}};
    m.matrices = {{"cross", "grade", "grade", {{"x", "y"}, {}, {"z"}}, "d"}};
    m.alerts = {{.id = "hot",
                 .when = score_now("fit").greater(80.0),
                 .rearm = band_now("grade").equals("C"),
                 .cooldown = 7 * day,
                 .explain = "fit",
                 .description = "d"}};
    return m;
}

} // namespace leadfunnel_test
