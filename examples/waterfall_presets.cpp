// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The known demand waterfalls, each a model file in models/. The same lead runs through all of
// them, from an exhibition visit to a deal. For each the program prints the stages entered, the
// transitions taken, and the funnel as a Mermaid diagram.

#include "expect.hpp"

#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;
using std::chrono::April;
using std::chrono::days;
using std::chrono::sys_days;

namespace {

/// A day of April 2026 and a time in Tokyo. The 6th is a Monday.
lf::instant on(unsigned day, lf::duration time) {
    return sys_days{2026y / April / 1} + days{day - 1} + time - 9h;
}

struct preset {
    std::string_view model;
    std::vector<std::pair<unsigned, const char*>> manual; ///< manual moves: day and stage
    std::string_view path;
};

/// The lead's events, the same for every funnel. A model ignores what it does not declare.
std::vector<lf::event> story() {
    const auto touch = [](lf::instant at, const char* type, const char* url = "",
                          std::optional<lf::decimal> seconds = {}) {
        lf::touchpoint t{.lead = "L-17", .at = at, .type = type, .value = seconds};
        if (*url != 0) t.properties["url"] = url;
        return t;
    };
    return {
        lf::attributes{.lead = "L-17",
                       .at = on(6, 9h),
                       .values = {{"company", "北陸精密株式会社"},
                                  {"account", "hokuriku"},
                                  {"industry", "Machinery"},
                                  {"position", "製造部長"},
                                  {"employees", 800.0},
                                  {"opportunity_type", "acquisition"}}},
        touch(on(6, 10h), "exhibition_visit"),
        touch(on(7, 11h), "page_view", "/pricing/ja", 95),
        touch(on(8, 15h), "web_form", "/demo"),
        touch(on(9, 10h), "page_view", "/compare/laser", 40),
        touch(on(10, 9h), "page_view", "/compare/camera", 70),
        lf::attributes{.lead = "L-17",
                       .at = on(10, 10h),
                       .values = {{"need", "inspects by eye"},
                                  {"roles_known", lf::text_set{"decider", "user"}}}},
        touch(on(20, 10h), "opportunity_opened"),
    };
}

std::string run(const lf::loaded_model& model, const preset& p) {
    lf::engine crm{lf::compile(model)};
    const std::string& funnel = model.value.funnels[0].id;
    auto decision = p.manual.begin();
    const auto decide_until = [&](lf::instant t) {
        for (; decision != p.manual.end() && on(decision->first, 12h) < t; ++decision) {
            crm.advance_to(on(decision->first, 12h));
            const auto moved = crm.move("L-17", funnel, decision->second, "", "sato");
            examples::expect(fmt::format("{}: {}", p.model, decision->second), moved.reason, "");
        }
    };
    for (const lf::event& e : story()) {
        decide_until(std::visit([](const auto& each) { return each.at; }, e));
        crm.apply(e);
    }
    decide_until(on(31, 0h));

    std::string path;
    for (const lf::stage_entry& e : crm.stage_log("L-17"))
        path += fmt::format("{}  {:<21} {}\n", lf::to_string(e.at + 9h).substr(5, 11), e.stage,
                            e.transition);
    return path;
}

} // namespace

int main() {
    const std::filesystem::path models = std::filesystem::path{LEADFUNNEL_EXAMPLES_DIR} / "models";
    const std::vector<preset> presets{
        {"demand_waterfall_2006",
         {{13, "sql"}, {24, "won"}},
         R"(04-06T10:00  inquiry               responded
04-07T11:00  mql                   qualified
04-09T17:00  sal                   accepted_by_default
04-13T12:00  sql                   need_confirmed
04-24T12:00  won                   won
)"},
        {"demand_waterfall_2006_sql_kinds",
         {{24, "won"}},
         R"(04-06T10:00  inquiry               responded
04-07T11:00  mql                   qualified
04-09T17:00  sal                   accepted_by_default
04-24T12:00  won                   won
)"},
        {"demand_waterfall_2012",
         {{13, "sql"}, {24, "won"}},
         R"(04-06T10:00  outbound_inquiry      responded
04-07T11:00  aql                   automation_qualified
04-07T13:00  aql                   fell_back
04-08T15:00  sal                   fast_lane
04-13T12:00  sql                   sales_qualified
04-24T12:00  won                   won
)"},
        {"demand_unit_waterfall_2017",
         {{13, "qualified_demand"}, {24, "closed_won"}},
         R"(04-06T09:00  target_demand         listed
04-06T10:00  engaged_demand        responded
04-07T11:00  prioritized_demand    prioritized
04-07T13:00  prioritized_demand    fell_back
04-13T12:00  qualified_demand      qualified
04-20T10:00  pipeline              opportunity
04-24T12:00  closed_won            won
)"},
        {"revenue_waterfall_2021",
         {{24, "closed_won"}},
         R"(04-06T09:00  targeted              listed
04-06T10:00  engaged               engaged
04-07T11:00  prioritized           prioritized
04-09T17:00  qualified             accepted_by_default
04-20T10:00  pipeline              opportunity
04-24T12:00  closed_won            won
)"},
        {"consideration_funnel", {{24, "bought"}}, R"(04-06T10:00  interest              takes_time
04-10T09:00  comparison            compares
04-10T09:00  purchase              likely_to_buy
04-10T11:00  purchase              fell_back
04-24T12:00  bought                bought
)"}};
    for (const preset& p : presets) {
        const auto model = lf::load_model(models / (std::string{p.model} + ".json"));
        const std::string path = run(model, p);
        const lf::funnel& funnel = model.value.funnels[0];
        const std::string diagram = lf::diagram(funnel, lf::diagram_format::mermaid);
        fmt::print("{}: {}\nSource: {}\n\n{}\n{}\n", p.model, model.value.description,
                   funnel.source, path, diagram);
        examples::expect(p.model, path, p.path);
        for (const lf::stage& s : funnel.stages)
            examples::expect(s.id, diagram.find(s.id) != std::string::npos, true);
    }
}
