// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// A model, three touchpoints, a score.

#include "expect.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <fmt/core.h>

#include <chrono>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;
using std::chrono::April;
using std::chrono::sys_days;

int main() {
    // The model says what earns points. It is plain data, the same as in a JSON model file.
    const lf::model model{
        .id = "minimal",
        .properties = {{.id = "url"}},
        .touchpoints = {{.id = "page_view"}, {.id = "seminar_attended"}},
        .scores = {{.id = "engagement", .min = 0, .max = 100}},
        .rules = {lf::occurrence{.id = "pricing",
                                 .score = "engagement",
                                 .on = lf::on("page_view", lf::property("url").prefix("/pricing")),
                                 .points = 15},
                  lf::occurrence{.id = "seminar",
                                 .score = "engagement",
                                 .on = lf::on("seminar_attended"),
                                 .points = 20}}};

    // Compiling makes a plan. If the model has mistakes, `compile` throws all of them at once.
    const auto plan = lf::compile(model);

    // What leads did, in any order.
    const lf::instant noon = sys_days{2026y / April / 1} + 12h;
    const std::vector<lf::event> events{
        lf::touchpoint{.lead = "L-17", .at = noon, .type = "seminar_attended"},
        lf::touchpoint{
            .lead = "L-17", .at = noon + 24h, .type = "page_view", .properties = {{"url", "/"}}},
        lf::touchpoint{.lead = "L-17",
                       .at = noon + 25h,
                       .type = "page_view",
                       .properties = {{"url", "/pricing/ja"}}}};
    const auto leads = lf::make_histories(events);

    // A scorer gives the score of any lead at any instant, past or future.
    const lf::scorer scorer{plan, leads};
    const auto lead = leads.find("L-17").value();
    const auto engagement = plan.score("engagement");
    const auto then = scorer.score_at(lead, engagement, noon + 1h);
    const auto now = scorer.score_at(lead, engagement, noon + 48h);
    fmt::print("L-17 had {} points on 1 April, and has {} now.\n", lf::to_string(then.value),
               lf::to_string(now.value));

    examples::expect("after the seminar", lf::to_string(then.value), "20");
    examples::expect("and after the pricing page", lf::to_string(now.value), "35");
}
