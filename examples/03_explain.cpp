// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Why is this lead hot? An explanation gives the rule and the touchpoint of every point, lists what
// did not count and why, and adds up to the score exactly.

#include "expect.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <fmt/core.h>

#include <chrono>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;
using std::chrono::April;
using std::chrono::days;
using std::chrono::sys_days;

int main() {
    const lf::model model{
        .id = "explain",
        .attributes = {{.id = "industry"}},
        .properties = {{.id = "document"}},
        .touchpoints = {{.id = "page_view", .value = "seconds"}, {.id = "download"}},
        .scores = {{.id = "interest", .max = 50}},
        .rules = {
            lf::attribute_rule{.id = "industry",
                               .score = "interest",
                               .description = "A company that makes machines",
                               .when = lf::attribute("industry").equals("Machinery"),
                               .points = 15},
            lf::occurrence{.id = "reading",
                           .score = "interest",
                           .description = "A point for every 20 seconds of a page, at most 10",
                           .on = lf::on("page_view"),
                           .per_value = 0.05,
                           .max_points = 10,
                           .decay = lf::half_life{days{30}}},
            lf::occurrence{.id = "download",
                           .score = "interest",
                           .description = "A document, each once",
                           .on = lf::on("download"),
                           .points = 20,
                           .limits = {lf::once_per_distinct("document")}}}};
    const auto plan = lf::compile(model);

    const lf::instant start = sys_days{2026y / April / 1};
    const auto download = [&](lf::duration after, const char* document) {
        return lf::touchpoint{.lead = "佐藤",
                              .at = start + after,
                              .type = "download",
                              .properties = {{"document", document}}};
    };
    const std::vector<lf::event> events{
        lf::attributes{.lead = "佐藤", .values = {{"industry", "machinery"}}},
        lf::touchpoint{.lead = "佐藤", .at = start, .type = "page_view", .value = 90},
        download(1h, "price list"),
        download(2h, "Price List"), // the same after case folding: refused
        download(days{2}, "導入事例"),
    };
    const auto leads = lf::make_histories(events);
    const lf::scorer scorer{plan, leads};

    const lf::explanation why =
        scorer.explain(leads.find("佐藤").value(), plan.score("interest"), start + days{30});
    const auto text = lf::to_string(why);
    fmt::print("{}", text);
    examples::expect("the explanation", text, R"(佐藤: interest = 50 at 2026-05-01T00:00:00Z
           +20  download: A document, each once; 2026-04-01T01:00:00Z: download document=price list
           +20  download: A document, each once; 2026-04-03T00:00:00Z: download document=導入事例
           +15  industry: A company that makes machines
         -7.25  bounds of interest
         +2.25  reading: A point for every 20 seconds of a page, at most 10; 2026-04-01T00:00:00Z: page_view (90); +4.5 when awarded
  not counted:
             0  download: A document, each once; 2026-04-01T02:00:00Z: download document=Price List; +20 refused: limit reached
)");

    // The same explanation as data.
    lf::points sum = 0;
    for (const lf::explanation_line& line : why.lines) sum += line.now;
    examples::expect("the sum of all lines", lf::to_string(sum), lf::to_string(why.total));
}
