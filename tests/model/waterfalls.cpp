// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The shipped funnels have the stages of their sources, are drawn in docs/waterfalls.md, and can
// move leads. Another test checks that their files have no issues, with those of the other shipped
// models.

#include "sources.hpp"

#include "../../docs/waterfalls.hpp"

#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

/// The stages of the source, in its order, and those where leads may enter.
struct expectation {
    std::vector<std::string> stages;
    std::set<std::string> entries;
};
const std::map<std::string, expectation> shipped{
    {"demand_waterfall_2006", {{"inquiry", "mql", "sal", "sql", "won"}, {"inquiry", "sql"}}},
    {"demand_waterfall_2006_sql_kinds",
     {{"inquiry", "mql", "sal", "sgl", "won"}, {"inquiry", "sgl"}}},
    {"demand_waterfall_2012",
     {{"inbound_inquiry", "outbound_inquiry", "aql", "tal", "tql", "tgl", "sal", "sgl", "sql",
       "won"},
      {"inbound_inquiry", "outbound_inquiry", "tgl", "sgl"}}},
    {"demand_unit_waterfall_2017",
     {{"target_demand", "active_demand", "engaged_demand", "prioritized_demand", "qualified_demand",
       "pipeline", "closed_won"},
      {"target_demand", "engaged_demand"}}},
    {"revenue_waterfall_2021",
     {{"targeted", "detected", "engaged", "prioritized", "qualified", "pipeline", "closed_won"},
      {"targeted", "engaged", "pipeline"}}},
    {"consideration_funnel",
     {{"awareness", "interest", "information_gathering", "comparison", "purchase", "bought"},
      {"awareness", "interest", "comparison"}}},
};

lf::model load(const std::string& name) {
    lf::loaded_model m = lf::load_model(source_folder("examples/models") / (name + ".json"));
    for (const lf::issue& i : m.issues) UNSCOPED_INFO(lf::to_string(i));
    REQUIRE(m.issues.empty());
    REQUIRE(m.value.funnels.size() == 1);
    return std::move(m.value);
}

std::string contents(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    INFO(path);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool leaves(const lf::transition& t, const lf::stage& s) {
    return std::count(t.from.begin(), t.from.end(), s.id) != 0 ||
           (!s.terminal && s.id != t.to && std::count(t.from.begin(), t.from.end(), "*") != 0);
}

/// The stages that can be reached from `stages` along transitions for which `allow` is true.
template<class Allow>
std::set<std::string> reached(const lf::funnel& f, std::set<std::string> stages, Allow allow) {
    for (std::size_t before = 0; before != stages.size();) {
        before = stages.size();
        for (const lf::stage& s : f.stages)
            for (const lf::transition& t : f.transitions)
                if (stages.count(s.id) != 0 && leaves(t, s) && allow(t)) stages.insert(t.to);
    }
    return stages;
}

} // namespace

TEST_CASE("the page of waterfalls is up to date", "[waterfalls]") {
    // If this fails: ./dev docs
    const auto docs = source_folder("docs");
    const std::string page = leadfunnel_docs::waterfalls_page(contents(docs / "waterfalls.in.md"),
                                                              source_folder("examples/models"));
    CHECK(contents(docs / "waterfalls.md") == page);
    for (const auto& [name, _] : shipped) {
        INFO(name);
        CHECK(page.find("```mermaid\n" +
                        lf::diagram(load(name).funnels[0], lf::diagram_format::mermaid) +
                        "```\n") != std::string::npos);
    }
}

TEST_CASE("each waterfall has the stages and entries of its source", "[waterfalls]") {
    for (const auto& [name, expected] : shipped) {
        INFO(name);
        const lf::model m = load(name);
        const lf::funnel& f = m.funnels[0];
        CHECK_FALSE(f.source.empty());
        CHECK_FALSE(f.description.empty());
        auto next = expected.stages.begin();
        std::set<std::string> entries;
        for (const lf::stage& s : f.stages) {
            INFO(s.id);
            CHECK_FALSE(s.description.empty());
            if (next != expected.stages.end() && s.id == *next) ++next;
            if (s.entry) entries.insert(s.id);
            for (const lf::sla& promise : s.slas) CHECK_FALSE(promise.description.empty());
        }
        CHECK(next == expected.stages.end());
        CHECK(entries == expected.entries);
    }
}

TEST_CASE("in each waterfall leads get everywhere, and out of every stage but the won",
          "[waterfalls]") {
    for (const auto& [name, expected] : shipped) {
        INFO(name);
        const lf::model m = load(name);
        const lf::funnel& f = m.funnels[0];
        std::set<std::string> all;
        for (const lf::stage& s : f.stages) all.insert(s.id);
        // Leads enter an entry stage by a transition of its own, or by a manual move.
        CHECK(reached(f, expected.entries, [](const lf::transition&) { return true; }) == all);
        for (const lf::stage& s : f.stages) {
            if (s.id == expected.stages.back()) continue;
            INFO(s.id);
            CHECK(reached(f, {s.id}, [](const lf::transition&) {
                      return true;
                  }).count(expected.stages.back()) == 1);
        }
        for (const std::string& entry : expected.entries)
            CHECK(std::any_of(
                f.transitions.begin(), f.transitions.end(),
                [&](const lf::transition& t) { return t.from.empty() && t.to == entry; }));
    }
}

TEST_CASE("each waterfall recycles, times out, and answers for who does not answer",
          "[waterfalls]") {
    for (const auto& [name, _] : shipped) {
        INFO(name);
        const lf::model m = load(name);
        const lf::funnel& f = m.funnels[0];
        const auto has = [&](auto what) {
            return std::any_of(f.transitions.begin(), f.transitions.end(), what);
        };
        CHECK(has([](const lf::transition& t) { // lost, and back to marketing in time
            return t.after && t.then.cycle && !t.then.reset.empty() &&
                   t.then.set.count("owner") == 1;
        }));
        CHECK(has([](const lf::transition& t) {
            return t.to == "inactive" && t.after && t.after->after == 180 * 24h &&
                   t.after->since == lf::timer_start::touchpoint;
        }));
        CHECK(has([](const lf::transition& t) { return t.to == "disqualified"; }));
        CHECK(has([](const lf::transition& t) { // acceptance by default, or the fall-back
            return t.after && t.after->calendar == "business" &&
                   (t.after->after == 24h || (t.after->after == 2h && !t.then.assign.empty()));
        }));
        CHECK(std::any_of(f.stages.begin(), f.stages.end(), [](const lf::stage& s) {
            return std::any_of(s.slas.begin(), s.slas.end(), [](const lf::sla& promise) {
                return promise.due.calendar == "business";
            });
        }));
        CHECK_FALSE(m.alerts.empty());
    }
}

TEST_CASE("a lead that fits and fills in the web form is one to call", "[waterfalls]") {
    const lf::instant t = std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + 1h;
    for (const auto& [name, _] : shipped) {
        INFO(name);
        const lf::model m = load(name);
        const lf::plan plan = lf::compile(m);
        lf::value_map facts{{"industry", "Machinery"}, {"employees", 500.0}};
        for (const lf::attribute_declaration& a : m.attributes) {
            if (a.id == "position") facts["position"] = "Head of Quality";
            if (a.id == "roles_known") facts["roles_known"] = lf::text_set{"decider"};
            if (a.id == "opportunity_type") facts["opportunity_type"] = "upsell";
        }
        const std::vector<lf::event> events{
            lf::attributes{.lead = "fits", .at = t, .values = facts},
            lf::touchpoint{.lead = "fits", .at = t, .type = "web_form"},
            lf::touchpoint{.lead = "stranger", .at = t, .type = "web_form"}};
        const lf::histories h = lf::make_histories(events);
        const lf::scorer scorer{lf::compile(m), h};
        const std::size_t priority = scorer.used_plan().matrix("priority");
        const auto class_of = [&](std::string_view lead) {
            return scorer.class_at(h.find(lead).value(), priority, t);
        };
        CHECK(class_of("fits") == "call");
        CHECK(class_of("stranger") == "nurture");
    }
}
