// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/history/histories.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace lf = leadfunnel;
using std::chrono::hours;

namespace {

constexpr lf::instant start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 5};

std::vector<lf::event> some_events() {
    return {lf::touchpoint{.lead = "B", .at = start, .type = "visit", .value = 3},
            lf::touchpoint{.lead = "A",
                           .at = start + hours{2},
                           .type = "visit",
                           .properties = {{"url", "/b"}},
                           .campaign = "spring",
                           .source = "web",
                           .id = "2"},
            lf::touchpoint{.lead = "A", .at = start, .type = "visit", .source = "web", .id = "1"},
            lf::touchpoint{.lead = "A", .at = start, .type = "call"},
            lf::attributes{.lead = "A", .at = start, .values = {{"role", "buyer"}}},
            lf::attributes{.lead = "A", .values = {{"role", "engineer"}, {"size", 12.0}}},
            lf::attributes{.lead = "C", .at = start, .values = {}},
            lf::stage_entry{.lead = "A", .at = start, .funnel = "sales", .stage = "mql"}};
}

} // namespace

TEST_CASE("events come back in history order, by lead") {
    const auto h = lf::make_histories(some_events());
    REQUIRE(h.size() == 3);
    CHECK(h.lead_id(0) == "B");
    const auto a = h.find("A").value();
    CHECK_FALSE(h.find("Z"));
    const auto events = h.events(a);
    REQUIRE(events.size() == 7); // attributes set in one event return one by one
    CHECK(std::get<lf::attributes>(events[0]).at == lf::always);
    CHECK(std::get<lf::attributes>(events[2]).values.at("role") == lf::value{"buyer"});
    CHECK(std::get<lf::touchpoint>(events[3]).type == "call"); // an empty id comes before ids
    CHECK(std::get<lf::touchpoint>(events[4]).id == "1");
    CHECK(std::get<lf::stage_entry>(events[5]).stage == "mql");
    const auto& last = std::get<lf::touchpoint>(events[6]);
    CHECK(last.campaign == "spring");
    CHECK(last.properties.at("url") == lf::value{"/b"});
    CHECK_FALSE(last.value);
    CHECK(std::get<lf::touchpoint>(h.events(0)[0]).value == lf::decimal{3});
    CHECK(h.attributes(h.find("C").value()).front().name == lf::no_name);
    CHECK(h.memory() > 0);
}

TEST_CASE("histories do not depend on the order of arrival") {
    auto events = some_events();
    const auto h = lf::make_histories(events);
    std::mt19937_64 r{1};
    for (int round = 0; round < 50; ++round) {
        std::shuffle(events.begin(), events.end(), r);
        const auto other = lf::make_histories(events);
        for (std::size_t lead = 0; lead < h.size(); ++lead)
            REQUIRE(h.events(lead) == other.events(other.find(h.lead_id(lead)).value()));
    }
}

TEST_CASE("an event that one source reports twice counts once, whichever came first") {
    std::vector<lf::event> events;
    for (const auto* source : {"web", "web", "crm"})
        events.emplace_back(
            lf::touchpoint{.lead = "A", .at = start, .type = "visit", .source = source, .id = "7"});
    auto late = std::get<lf::touchpoint>(events[0]);
    late.at += hours{1};
    late.type = "call";
    events.insert(events.begin(), late); // the same id again: the earlier event is kept
    events.emplace_back(lf::touchpoint{
        .lead = "B", .at = start, .type = "visit", .source = "web", .id = "7"}); // of another lead
    const auto h = lf::make_histories(events);
    CHECK(h.duplicates() == 2);
    REQUIRE(h.touchpoints(0).size() == 2);
    CHECK(h.touchpoint_at(0, 0).type == "visit");
    CHECK(h.touchpoint_at(0, 1).type == "visit");
    CHECK(h.touchpoints(h.find("B").value()).size() == 1);

    lf::attributes fact{.lead = "A", .at = start, .values = {{"x", 1.0}}, .source = "s", .id = "1"};
    lf::stage_entry entry{.lead = "A", .at = start, .funnel = "f", .stage = "s", .id = "1"};
    const auto twice = lf::make_histories(std::vector<lf::event>{fact, entry, fact, entry});
    CHECK(twice.duplicates() == 2);
    CHECK(twice.events(0).size() == 2);
}

TEST_CASE("columns and events give the same histories") {
    lf::history_builder b;
    const std::vector<std::uint32_t> leads{b.lead("A"), b.lead("B"), b.lead("A")};
    const std::vector<std::uint32_t> kinds{b.kind({.type = "x"}), b.kind({.type = "y"}),
                                           b.kind({.type = "x"})};
    const std::vector at{start + hours{2}, start, start};
    const std::vector<lf::stored_value> values{lf::store(2), lf::no_value, lf::store(1)};
    b.add_touchpoints(leads, at, kinds, values);
    b.set(leads[0], b.attribute("role"), std::string{"buyer"});
    const auto h = b.build();
    const auto same = lf::make_histories(std::vector<lf::event>{
        lf::touchpoint{.lead = "A", .at = start + hours{2}, .type = "x", .value = 2},
        lf::touchpoint{.lead = "B", .at = start, .type = "y"},
        lf::touchpoint{.lead = "A", .at = start, .type = "x", .value = 1},
        lf::attributes{.lead = "A", .values = {{"role", "buyer"}}}});
    for (std::size_t lead = 0; lead < 2; ++lead) CHECK(h.events(lead) == same.events(lead));
}

TEST_CASE("an event that no history can hold is refused, and changes nothing") {
    lf::history_builder b;
    b.add(lf::touchpoint{.lead = "A", .at = start, .type = "x"});
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(b.add(lf::touchpoint{.lead = "", .at = start, .type = "x"}), lf::event_error);
    CHECK_THROWS_AS(b.add(lf::touchpoint{.lead = "N", .at = lf::always, .type = "x"}),
                    lf::event_error);
    CHECK_THROWS_AS(b.add(lf::touchpoint{.lead = "N", .at = lf::latest_instant, .type = "x"}),
                    lf::event_error);
    CHECK_THROWS_AS(b.add(lf::attributes{.lead = "N", .values = {{"n", nan}}}), lf::event_error);
    for (const double value : {1e12 + 1e-3, -1e12 - 1, 1e300}) {
        const lf::touchpoint far{.lead = "N", .at = start, .type = "x", .value = value};
        CHECK_THROWS_AS(b.add(far), lf::event_error);
        CHECK_THROWS_AS(lf::make_histories(std::vector<lf::event>{far}), lf::event_error);
        CHECK_THROWS_AS(b.add_touchpoint(0, start, 0, lf::store(far.value)), lf::event_error);
    }
    for (const std::int64_t n : {std::int64_t{-1}, std::int64_t{1'000'000'001}}) {
        lf::stage_entry given{.lead = "N", .at = start, .funnel = "f", .stage = "s"};
        given.number = n;
        CHECK_THROWS_AS(b.add(given), lf::event_error);
        given.number = 0;
        given.cycle = n;
        CHECK_THROWS_AS(b.add(given), lf::event_error);
    }
    const lf::stage_entry of_nobody{
        .lead = "", .at = start, .funnel = "f", .stage = "s", .sets = {{"x", 1.0}}};
    CHECK_THROWS_AS(b.add(of_nobody), lf::event_error);
    CHECK_THROWS_AS(b.add_touchpoint(9, start, 0), lf::unknown_number);
    CHECK_THROWS_AS(b.add_touchpoint(0, start, 9), lf::unknown_number);
    const std::vector<std::uint32_t> one{0};
    CHECK_THROWS_AS(b.add_touchpoints(one, {}, one), lf::argument_error);
    const auto h = b.build();
    CHECK(h.size() == 1);
    CHECK(h.touchpoint_count() == 1);
    CHECK(h.attribute_names().empty());
    CHECK(b.build().empty()); // the builder starts again after `build`

    for (const double value : {1e12, -1e12})
        b.add(lf::touchpoint{.lead = "A", .at = start, .type = "x", .value = value});
    CHECK(b.build().touchpoint_count() == 2);
}

TEST_CASE("attributes by numbers are attributes events") {
    lf::history_builder b;
    const auto lead = b.lead("A");
    const auto size = b.attribute("size");
    const auto role = b.attribute("role");
    const auto buyer = b.attribute_value(role, std::string{"buyer"});
    CHECK(b.attribute_value(role, {}) == 0);
    CHECK(b.attribute_value(role, std::string{"buyer"}) == buyer);
    const std::vector<lf::attribute_number> given{{size, b.attribute_value(size, 12.0)},
                                                  {role, buyer}};
    b.add_attributes(lead, start, given, b.source_id("crm", "1"));
    b.add_attributes(lead, start, given, b.source_id("crm", "1"));

    const std::vector<lf::attribute_number> twice{{role, buyer}, {role, 0}};
    CHECK_THROWS_AS(b.add_attributes(lead, start, twice), lf::argument_error);
    const std::vector<lf::attribute_number> unknown{{role, 7}};
    CHECK_THROWS_AS(b.add_attributes(lead, start, unknown), lf::unknown_number);
    CHECK_THROWS_AS(b.add_attributes(9, start, {}), lf::unknown_number);
    CHECK_THROWS_AS(b.add_attributes(lead, lf::never, given), lf::event_error);
    CHECK_THROWS_AS(b.attribute_value(9, {}), lf::unknown_number);
    CHECK_THROWS_AS(b.attribute_value(size, std::numeric_limits<double>::infinity()),
                    lf::event_error);

    const auto h = b.build();
    const std::vector<lf::event> events{
        lf::attributes{.lead = "A",
                       .at = start,
                       .values = {{"role", "buyer"}, {"size", 12.0}},
                       .source = "crm",
                       .id = "1"}};
    CHECK(h.events(0) == lf::make_histories(events).events(0));
    CHECK(h.duplicates() == 1);
}

TEST_CASE("many leads in no order are grouped like few in order") {
    constexpr std::size_t leads = 10'000;
    constexpr std::size_t rows = 60'000;
    std::mt19937_64 r{9};
    struct given {
        std::uint32_t lead;
        lf::instant at;
        std::uint32_t kind;
        lf::stored_value value;
        std::uint32_t id;
    };
    std::vector<given> all;
    for (std::size_t i = 0; i < rows; ++i)
        all.push_back(
            {static_cast<std::uint32_t>(r() % 3 == 0 ? r() % 7 : r() % leads),
             lf::instant{std::chrono::hours{static_cast<std::int64_t>(r() % 500)}},
             static_cast<std::uint32_t>(r() % 3),
             i > rows / 2 && r() % 2 == 0 ? static_cast<lf::stored_value>(r() % 9) : lf::no_value,
             i > rows / 3 ? static_cast<std::uint32_t>(r() % 50) : 0});
    const auto build = [&](const std::vector<given>& rows_of, std::size_t together, bool ids) {
        lf::history_builder b;
        for (std::size_t i = 0; i < leads; ++i) b.lead(std::to_string(i));
        for (const char* type : {"z", "a", "k"}) b.kind({.type = type});
        for (int i = 1; i < 50; ++i) b.source_id("crm", std::to_string(i));
        std::vector<std::uint32_t> lead;
        std::vector<lf::instant> at;
        std::vector<std::uint32_t> kind;
        std::vector<lf::stored_value> value;
        std::vector<std::uint32_t> id;
        for (std::size_t i = 0; i < rows_of.size(); i += together) {
            lead.clear(), at.clear(), kind.clear(), value.clear(), id.clear();
            for (std::size_t k = i; k < std::min(rows_of.size(), i + together); ++k) {
                lead.push_back(rows_of[k].lead);
                at.push_back(rows_of[k].at);
                kind.push_back(rows_of[k].kind);
                value.push_back(rows_of[k].value);
                id.push_back(ids ? rows_of[k].id : 0);
            }
            b.add_touchpoints(lead, at, kind, value, id);
        }
        return b.build();
    };
    auto in_order = all;
    std::stable_sort(in_order.begin(), in_order.end(), [](const given& a, const given& b) {
        return std::tie(a.lead, a.at, a.id) < std::tie(b.lead, b.at, b.id);
    });
    for (const bool ids : {false, true}) {
        const auto h = build(all, 1'000, ids);
        const auto same = build(in_order, 1, ids);
        CHECK(h.duplicates() == same.duplicates());
        CHECK((h.duplicates() > 0) == ids);
        REQUIRE(h.touchpoint_count() == same.touchpoint_count());
        for (std::size_t lead = 0; lead < leads; ++lead)
            REQUIRE(h.events(lead) == same.events(lead));
    }
}

TEST_CASE("texts that are not UTF-8 or hold a NUL are refused, wherever they stand", "[text]") {
    using namespace std::string_literals;
    for (const std::string& bad : {"a\0b"s, "\0"s, "\xff"s, "longer than a word\x80"s, "\xc0\x80"s,
                                   "\xed\xa0\x80"s, "in the midd\0le of a long text"s}) {
        const lf::touchpoint good{.lead = "L", .at = start, .type = "visit"};
        std::vector<lf::event> events;
        for (const auto member :
             {&lf::touchpoint::lead, &lf::touchpoint::type, &lf::touchpoint::campaign,
              &lf::touchpoint::channel, &lf::touchpoint::source, &lf::touchpoint::id}) {
            auto t = good;
            t.*member = bad;
            events.emplace_back(t);
        }
        auto t = good;
        t.properties = {{bad, 1.0}};
        events.emplace_back(t);
        t.properties = {{"p", bad}};
        events.emplace_back(t);
        t.properties = {{"p", lf::text_set{"good", bad}}};
        events.emplace_back(t);
        for (const auto member :
             {&lf::attributes::lead, &lf::attributes::source, &lf::attributes::id}) {
            lf::attributes a{.lead = "L"};
            a.*member = bad;
            events.emplace_back(a);
        }
        events.emplace_back(lf::attributes{.lead = "L", .values = {{"p", bad}}});
        for (const auto member :
             {&lf::stage_entry::lead, &lf::stage_entry::funnel, &lf::stage_entry::stage,
              &lf::stage_entry::transition, &lf::stage_entry::reason, &lf::stage_entry::cause,
              &lf::stage_entry::model_version, &lf::stage_entry::source, &lf::stage_entry::id}) {
            lf::stage_entry g{.lead = "L", .at = start, .funnel = "f", .stage = "s"};
            g.*member = bad;
            events.emplace_back(g);
        }
        lf::stage_entry g{.lead = "L", .at = start, .funnel = "f", .stage = "s"};
        g.sets = {{"p", bad}};
        events.emplace_back(g);
        lf::history_builder b;
        for (const lf::event& e : events) CHECK_THROWS_AS(b.add(e), lf::event_error);
        CHECK_THROWS_AS(b.lead(bad), lf::event_error);
        const std::string_view id = bad;
        std::uint32_t number = 0;
        CHECK_THROWS_AS(b.leads({&id, 1}, {&number, 1}), lf::event_error);
        CHECK_THROWS_AS(b.kind({.type = bad}), lf::event_error);
        CHECK_THROWS_AS(b.source_id(bad, "1"), lf::event_error);
        CHECK_THROWS_AS(b.attribute(bad), lf::event_error);
        CHECK_THROWS_AS(b.attribute_value(b.attribute("p"), bad), lf::event_error);
        CHECK(b.build().size() == 0);
    }
    // ASCII texts without a NUL are accepted at every length.
    lf::history_builder b;
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += i % 3 == 0 ? "é" : i % 3 == 1 ? "\x7f" : "x";
        b.add(lf::touchpoint{.lead = text, .at = start, .type = text});
    }
    CHECK(b.build().size() == 40);
}
