// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Erasure leaves nothing personal behind, and the engine takes no more memory than before the lead
// came.

#include "catch.hpp"
#include "streams.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/engine/sharded_engine.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

lf::instant at(std::chrono::microseconds t) { return streams::begin + t; }

lf::touchpoint did(std::string lead, std::chrono::microseconds t, std::string type = "page_view") {
    return {.lead = std::move(lead), .at = at(t), .type = std::move(type)};
}
lf::attributes is(std::string lead, std::chrono::microseconds t, lf::value_map values) {
    return {.lead = std::move(lead), .at = at(t), .values = std::move(values)};
}
lf::value text(const char* s) { return std::string{s}; }

std::size_t bytes(const lf::engine& e) {
    const auto m = e.memory();
    return m.lead_bytes + m.touchpoint_bytes + m.index_bytes + m.dictionary_bytes + m.outbox_bytes;
}

/// Whether any text of the signals contains `what`.
bool names(const std::vector<lf::signal>& all, std::string_view what) {
    return std::any_of(all.begin(), all.end(), [&](const lf::signal& s) {
        const auto all_text = s.lead + '|' + s.subject + '|' + s.from + '|' + s.to + '|' + s.cause +
                              '|' + s.reason + '|' + s.explanation + '|' + s.model_version;
        return all_text.find(what) != std::string::npos;
    });
}

} // namespace

TEST_CASE("the id of an erased lead may be used again, for a new lead") {
    lf::engine crm{lf::compile(streams::crm_model())};
    for (const char* lead : {"a", "b", "c"}) crm.apply(did(lead, 1h, "demo"));
    crm.apply(is("b", 1h, {{"email", text("b@example.com")}, {"owner", text("Ann")}}));
    crm.erase("b");
    CHECK(crm.size() == 2);
    CHECK_FALSE(crm.contains("b"));
    CHECK_THROWS_AS(crm.history("b"), lf::unknown_lead);
    CHECK_THROWS_AS(crm.erase("b"), lf::unknown_lead);
    crm.apply(did("b", 2h));
    CHECK(crm.size() == 3);
    CHECK(crm.history("b").size() ==
          1 + crm.stage_log("b").size()); // the touchpoint, and the moves it caused
    CHECK(crm.attribute("b", "email") == lf::value{});
    CHECK(crm.attribute("b", "owner") == lf::value{});
    lf::engine fresh{lf::compile(streams::crm_model())};
    fresh.apply(did("b", 2h));
    for (const auto* name : {"heat", "fit"})
        if (fresh.used_plan().find_score(name))
            CHECK(crm.score("b", name) == fresh.score("b", name));
    // The new lead has the erased one's place.
    CHECK(crm.find({}).leads == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("words that only an erased lead used are forgotten, others are not") {
    const auto plan = lf::compile(streams::crm_model());
    lf::engine crm{plan, {.ranked = {std::string{plan.score_name(0)}}}};
    crm.apply(is("a", 1h, {{"company", text("both")}, {"industry", text("a-alone")}}));
    crm.apply(is("b", 1h, {{"company", text("both")}, {"industry", text("b-alone")}}));
    auto seen = did("a", 2h);
    seen.properties = {{"page", text("/a-page")}, {"site", text("both-sites")}};
    seen.campaign = "a-campaign";
    crm.apply(seen);
    auto other = did("b", 2h);
    other.properties = {{"site", text("both-sites")}};
    crm.apply(other);
    crm.erase("a");
    const auto kept = crm.snapshot();
    for (const char* gone : {"a-alone", "a-page", "a-campaign"})
        CHECK(kept.find(gone) == std::string::npos);
    for (const char* there : {"both", "b-alone", "both-sites"})
        CHECK(kept.find(there) != std::string::npos);
    // Numbers of forgotten words are used for new words.
    auto third = did("c", 3h);
    third.properties = {{"page", text("/c-page")}};
    third.campaign = "c-campaign";
    crm.apply(third);
    crm.apply(is("c", 4h, {{"industry", text("software")}, {"company", text("c-company")}}));
    lf::engine fresh{plan};
    fresh.apply(third);
    fresh.apply(is("c", 4h, {{"industry", text("software")}, {"company", text("c-company")}}));
    CHECK(crm.history("c") == fresh.history("c"));
    for (std::size_t s = 0; s < plan.score_count(); ++s)
        CHECK(crm.score("c", plan.score_name(s)) == fresh.score("c", plan.score_name(s)));
    CHECK(crm.attribute("b", "industry") == text("b-alone"));
    auto again = lf::engine::from_snapshot(plan, crm.snapshot());
    CHECK(again.snapshot() == crm.snapshot());
    CHECK(again.history("c") == crm.history("c"));
    CHECK(again.history("b") == crm.history("b"));
}

TEST_CASE("values that a rule counts as distinct are forgotten with their lead") {
    lf::model m{.id = "distinct"};
    m.properties = {{.id = "page"}};
    m.touchpoints = {{.id = "visit"}};
    m.scores = {{.id = "s"}};
    m.rules = {lf::frequency{.id = "three",
                             .score = "s",
                             .on = lf::on("visit"),
                             .measure = lf::frequency_measure::distinct,
                             .property = "page",
                             .at_least = 3,
                             .points = 7}};
    lf::engine e{lf::compile(m)};
    const auto visit = [&](const char* lead, std::chrono::hours t, const char* page) {
        auto x = did(lead, t, "visit");
        x.properties = {{"page", text(page)}};
        e.apply(x);
    };
    int hour = 0;
    for (int round = 0; round < 5; ++round) {
        for (const char* page : {"one", "two", "two"}) visit("a", std::chrono::hours{++hour}, page);
        CHECK(e.score("a", "s").value == lf::points{});
        for (const char* page : {"one", "four", "three"})
            visit("b", std::chrono::hours{++hour}, page);
        CHECK(e.score("b", "s").value == lf::points{7});
        e.erase("a");
        CHECK(e.score("b", "s").value == lf::points{7});
        e.erase("b");
    }
}

TEST_CASE("signals of an erased lead keep only what is not personal") {
    auto m = streams::crm_model();
    lf::engine crm{lf::compile(m)};
    crm.apply(did("secret-lead", 30min));
    crm.apply(did("other", 30min));
    crm.merge("other", "secret-lead");
    crm.unmerge("secret-lead");
    crm.apply(is("secret-lead", 1h,
                 {{"email", text("secret@example.com")}, {"owner", text("secret-owner")}}));
    for (int i = 0; i < 4; ++i) crm.apply(did("secret-lead", 2h + i * 1min, "demo"));
    crm.apply(is("secret-lead", 3h, {{"owner", text("secret-other-owner")}}));
    const auto& funnel = m.funnels.front();
    crm.move("secret-lead", funnel.id, "secret-stage", "secret-reason", "secret-mover");
    crm.move("secret-lead", "secret-funnel", "x", "secret-reason", "secret-mover");
    for (const auto& s : funnel.stages)
        crm.move("secret-lead", funnel.id, s.id, "secret-reason", "secret-mover");
    crm.apply(did("secret-friend", 5h));
    crm.merge("secret-lead", "secret-friend");
    const auto before = crm.signals();
    CHECK(names(before, "secret"));
    crm.erase("secret-lead");
    const auto after = crm.signals();
    CHECK_FALSE(names(after, "secret"));
    REQUIRE(after.size() == before.size() + 1);
    CHECK(after.back().kind == lf::signal_kind::erased);
    bool has_stage = false;
    for (std::size_t i = 0; i < before.size(); ++i) {
        CHECK(after[i].sequence == before[i].sequence);
        CHECK(after[i].at == before[i].at);
        CHECK(after[i].kind == before[i].kind);
        CHECK((after[i].lead == before[i].lead || after[i].lead.empty()));
        if (before[i].kind != lf::signal_kind::stage_changed &&
            before[i].kind != lf::signal_kind::band_changed)
            continue;
        has_stage = true;
        CHECK(after[i].subject == before[i].subject);
        CHECK(after[i].from == before[i].from);
        CHECK(after[i].to == before[i].to);
    }
    CHECK(has_stage);
    CHECK(crm.snapshot().find("secret") == std::string::npos);
    // The next lead gets the number, but not the signals.
    crm.apply(did("new", 6h));
    const auto later = crm.signals();
    CHECK(std::equal(after.begin(), after.end(), later.begin()));
    // The same holds after a restart.
    auto again = lf::engine::from_snapshot(crm.used_plan(), crm.snapshot());
    CHECK(again.signals() == later);
    again.erase("new");
    crm.erase("new");
    CHECK(again.signals() == crm.signals());
    CHECK(again.snapshot() == crm.snapshot());
}

TEST_CASE("a restored engine erases a lead from signals that name it") {
    const auto plan = lf::compile(streams::crm_model());
    lf::engine crm{plan};
    crm.apply(did("a", 1h, "demo"));
    crm.apply(did("b", 1h, "demo"));
    crm.merge("a", "b");
    crm.unmerge("b");
    crm.advance_to(at(24h * 30));
    auto again = lf::engine::from_snapshot(plan, crm.snapshot());
    for (auto* e : {&crm, &again}) e->erase("b");
    CHECK(again.signals() == crm.signals());
    const auto all = again.signals();
    CHECK(std::none_of(all.begin(), all.end(),
                       [](const lf::signal& s) { return s.subject == "b" || s.lead == "b"; }));
    CHECK(std::any_of(all.begin(), all.end(), [](const lf::signal& s) { return s.lead == "a"; }));
}

TEST_CASE("a merged lead is known by all its ids, and erased by any") {
    const auto plan = lf::compile(streams::crm_model());
    for (const char* by : {"a", "b", "c"}) {
        lf::engine crm{plan};
        for (const char* lead : {"a", "b", "c", "d"}) crm.apply(did(lead, 1h));
        crm.apply(is("c", 2h, {{"email", text("c@example.com")}}));
        crm.merge("b", "c");
        crm.merge("a", "b");
        CHECK(crm.ids(by) == std::vector<std::string>{"a", "b", "c"});
        CHECK(crm.ids("d") == std::vector<std::string>{"d"});
        // Each event has the id under which it was recorded.
        std::vector<std::string> told;
        for (const auto& e : crm.history(by))
            if (const auto* t = std::get_if<lf::touchpoint>(&e)) told.push_back(t->lead);
        std::sort(told.begin(), told.end());
        CHECK(told == std::vector<std::string>{"a", "b", "c"});
        CHECK(crm.history(by).size() == crm.timeline(by).size());
        crm.erase(by);
        for (const char* gone : {"a", "b", "c"}) CHECK_FALSE(crm.contains(gone));
        CHECK(crm.size() == 1);
        CHECK(crm.with_email("c@example.com").empty());
        // The ids may be used again.
        for (const char* lead : {"c", "b", "a"}) crm.apply(did(lead, 3h));
        CHECK(crm.ids("a") == std::vector<std::string>{"a"});
        CHECK(crm.size() == 4);
    }
}

TEST_CASE("an event that was recorded for two leads is exported once after a merge") {
    lf::engine crm{lf::compile(streams::crm_model())};
    auto twice = did("a", 1h);
    twice.source = "web";
    twice.id = "1";
    crm.apply(twice);
    twice.lead = "b";
    twice.at = at(2h);
    crm.apply(twice);
    crm.merge("a", "b");
    std::vector<std::string> told;
    for (const auto& e : crm.history("a"))
        if (const auto* t = std::get_if<lf::touchpoint>(&e)) told.push_back(t->lead);
    CHECK(told == std::vector<std::string>{"a"});
}

TEST_CASE("timers of an erased lead are cancelled") {
    const auto plan = lf::compile(streams::crm_model());
    lf::engine crm{plan};
    lf::engine without{plan};
    for (int i = 0; i < 8; ++i) {
        const auto lead = "l" + std::to_string(i);
        for (int k = 0; k < 4; ++k) {
            crm.apply(did(lead, 1h + k * 1min, "demo"));
            if (i % 2 != 0) without.apply(did(lead, 1h + k * 1min, "demo"));
        }
    }
    for (int i = 0; i < 8; i += 2) crm.erase("l" + std::to_string(i));
    const auto told = crm.last_signal();
    const auto told_without = without.last_signal();
    crm.advance_to(at(24h * 60));
    without.advance_to(at(24h * 60));
    auto mine = crm.signals(told, 10'000);
    auto theirs = without.signals(told_without, 10'000);
    REQUIRE(mine.size() == theirs.size());
    CHECK_FALSE(mine.empty());
    for (std::size_t i = 0; i < mine.size(); ++i) {
        mine[i].sequence = theirs[i].sequence;
        CHECK(mine[i] == theirs[i]);
    }
}

TEST_CASE("an assignment names the right previous owner after a merged lead was erased") {
    // Bea and Cleo are owners in b's history only. When b is erased, their numbers become free and
    // are given to other owners.
    lf::engine crm{lf::compile(streams::crm_model())};
    crm.apply(is("a", 1h, {{"owner", text("Ann")}}));
    crm.apply(is("b", 1h, {{"owner", text("Bea")}}));
    crm.apply(is("b", 2h, {{"owner", text("Cleo")}}));
    crm.merge("a", "b");
    crm.unmerge("b");
    crm.erase("b");
    crm.apply(is("c", 3h, {{"owner", text("Dora")}}));
    crm.apply(is("a", 4h, {{"owner", text("Eve")}}));
    const auto last = crm.signals().back();
    CHECK(last.from == "Ann");
    CHECK(last.to == "Eve");
    crm.acknowledge(crm.last_signal());
    CHECK(crm.snapshot().find("Cleo") == std::string::npos);
}

TEST_CASE("leads that are added and erased leave no memory in use") {
    const auto plan = lf::compile(streams::crm_model());
    lf::engine crm{plan, {.ranked = {std::string{plan.score_name(0)}}}};
    for (int i = 0; i < 100; ++i) crm.apply(did("stays" + std::to_string(i), 1h, "demo"));
    const auto round = [&](int i) {
        const auto n = std::to_string(i);
        const auto lead = "lead-with-a-long-name-" + n;
        auto seen = did(lead, 2h + i * 1s, i % 3 == 0 ? "demo" : "page_view");
        seen.properties = {{"page", std::string{"/page/"} + n}};
        seen.campaign = "campaign-" + n;
        seen.source = "web";
        seen.id = n;
        crm.apply(seen);
        crm.apply(
            is(lead, 2h + i * 1s,
               {{"email", n + "@example.com"}, {"owner", "owner " + n}, {"company", "Co " + n}}));
        crm.erase(lead);
        crm.acknowledge(crm.last_signal());
    };
    int i = 0;
    while (i < 2'000) round(i++);
    const auto before = bytes(crm);
#if defined(__GLIBC__)
    const auto in_use = ::mallinfo2().uordblks;
#endif
    while (i < 100'000) round(i++);
    CHECK(bytes(crm) <= before + 4'096);
#if defined(__GLIBC__)
    CHECK(::mallinfo2().uordblks <= in_use + 64 * 1024);
#endif
    CHECK(crm.size() == 100);
}

TEST_CASE("a sharded engine erases as one engine does") {
    const auto plan = lf::compile(streams::crm_model());
    lf::sharded_engine crm{plan, 4};
    for (int i = 0; i < 20; ++i)
        crm.apply(did("secret-" + std::to_string(i), 1h + i * 1min, "demo"));
    crm.apply(did("other", 2h, "demo"));
    for (int i = 1; i < 20; ++i) crm.merge("secret-0", "secret-" + std::to_string(i));
    CHECK(crm.ids("secret-7").size() == 20);
    crm.merge("other", "secret-0");
    crm.unmerge("secret-0");
    CHECK(names(crm.signals(0, 10'000), "secret"));
    crm.erase("secret-3");
    CHECK_FALSE(names(crm.signals(0, 10'000), "secret"));
    CHECK(crm.snapshot().find("secret") == std::string::npos);
    CHECK(crm.size() == 1);
    crm.apply(did("secret-0", 3h));
    CHECK(crm.ids("secret-0") == std::vector<std::string>{"secret-0"});
}
