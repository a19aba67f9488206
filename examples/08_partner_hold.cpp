// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// While a partner holds a lead, visits to our site earn it no points, and the points it has keep
// decaying. A partner that does not report for 30 days loses the lead.

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
        .id = "partners",
        .touchpoints = {{.id = "page_view"}, {.id = "partner_report"}},
        .funnels =
            {{.id = "sales",
              .stages = {{.id = "interested", .entry = true},
                         {.id = "with_partner", .phase = lf::phase::sales}},
              .transitions = {{.id = "arrive", .to = "interested", .on = lf::on("page_view")},
                              {.id = "hand_over",
                               .from = {"interested"},
                               .to = "with_partner",
                               .manual = true},
                              // Each report restarts the 30 days.
                              {.id = "take_back",
                               .from = {"with_partner"},
                               .to = "interested",
                               .after = lf::timer{.after = days{30},
                                                  .since = lf::timer_start::touchpoint,
                                                  .on = lf::on("partner_report")},
                               .when = lf::time_in_stage("sales").at_least(days{30})}}}},
        .scores = {{.id = "interest"}},
        .rules = {lf::occurrence{.id = "page",
                                 .score = "interest",
                                 .on = lf::on("page_view"),
                                 .points = 40,
                                 .decay = lf::half_life{days{20}}}},
        .freezes = {
            {.id = "partner_hold", .when = lf::current_stage("sales").equals("with_partner")}}};

    lf::engine crm{lf::compile(model)};
    const lf::instant start = sys_days{2026y / April / 1};
    const auto visit = [&](lf::instant at) {
        crm.apply(lf::touchpoint{.lead = "L-17", .at = at, .type = "page_view"});
    };
    const auto expect_score = [&](const char* when, const char* points) {
        const auto score = lf::to_string(crm.score("L-17", "interest").value);
        fmt::print("{}  {:<12} {:>4}  {}\n", lf::to_string(crm.now()).substr(0, 10),
                   crm.stage("L-17", "sales")->stage, score, when);
        examples::expect(when, score, points);
    };

    visit(start);
    expect_score("a visit", "40");
    crm.move("L-17", "sales", "with_partner", "their customer", "sato");
    visit(start + days{20});
    expect_score("half of the points are gone, and a visit earned none", "20");
    const std::string why = lf::to_string(crm.explain("L-17", "interest"));
    crm.apply(lf::touchpoint{.lead = "L-17", .at = start + days{25}, .type = "partner_report"});
    crm.advance_to(start + days{40});
    expect_score("still with the partner, who has reported", "10");
    crm.advance_to(start + days{60});
    expect_score("ours again, as no other report came", "5");
    visit(start + days{80});
    expect_score("and visits count", "42.5");

    fmt::print("\nOn the day of the second visit:\n{}", why);
    examples::expect("why", why, R"(L-17: interest = 20 at 2026-04-21T00:00:00Z
           +20  page, 2026-04-01T00:00:00Z: page_view; +40 when awarded
  not counted:
             0  page, 2026-04-21T00:00:00Z: page_view; +40 refused: awards frozen (partner_hold)
)");
}
