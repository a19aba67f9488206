// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/history/event.hpp>

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::string_literals;

namespace {

constexpr lf::instant t0{std::chrono::seconds{1'775'003'400}};
constexpr lf::duration tick{1};

/// Events in history order. Each differs from the one before it in the field that decides.
std::vector<lf::event> ladder() {
    return {
        lf::attributes{.lead = "z", .values = {{"a", 1.0}}},
        lf::attributes{.lead = "a", .values = {{"b", 1.0}}},
        lf::stage_entry{.at = t0 - tick, .funnel = "f", .stage = "s"},
        // The kinds of event at one instant, then their contents.
        lf::attributes{.at = t0},
        lf::attributes{.at = t0, .values = {{"a", std::monostate{}}}},
        lf::attributes{.at = t0, .values = {{"a", 1.0}}},
        lf::attributes{.at = t0, .source = "crm"},
        lf::attributes{.at = t0, .id = "1"},
        lf::touchpoint{.at = t0},
        lf::touchpoint{.at = t0, .value = lf::decimal{-1}},
        lf::touchpoint{.at = t0, .value = lf::decimal{0}},
        lf::touchpoint{.at = t0, .value = lf::decimal{1}},
        lf::touchpoint{.at = t0, .channel = "mail"},
        lf::touchpoint{.at = t0, .value = lf::decimal{0}, .channel = "mail"},
        lf::touchpoint{.at = t0, .channel = "web"},
        lf::touchpoint{.at = t0, .campaign = "april"},
        lf::touchpoint{.at = t0, .value = lf::decimal{0}, .campaign = "april"},
        lf::touchpoint{.at = t0, .properties = {{"url", "/"s}}},
        lf::touchpoint{.at = t0, .properties = {{"url", "/a"s}}},
        lf::touchpoint{.at = t0, .type = "download"},
        lf::touchpoint{.at = t0, .type = "page_view"},
        lf::touchpoint{.at = t0, .type = "page_view", .properties = {{"url", "/"s}}},
        lf::touchpoint{.at = t0, .type = "a", .source = "web"},
        lf::touchpoint{.at = t0, .type = "a", .id = "1"},
        lf::touchpoint{.at = t0, .id = "2"},
        lf::stage_entry{.at = t0},
        lf::stage_entry{.at = t0, .model_version = "2"},
        lf::stage_entry{.at = t0, .scores = {{"fit", 1}}},
        lf::stage_entry{.at = t0, .scores = {{"fit", 2}}},
        lf::stage_entry{.at = t0, .sets = {{"owner", std::monostate{}}}},
        lf::stage_entry{.at = t0, .sets = {{"owner", "sato"s}}},
        lf::stage_entry{.at = t0, .cycle = 1},
        lf::stage_entry{.at = t0, .cycle = 2, .model_version = "1"},
        lf::stage_entry{.at = t0, .cause = "person"},
        lf::stage_entry{.at = t0, .reason = "budget"},
        lf::stage_entry{.at = t0, .transition = "accept"},
        lf::stage_entry{.at = t0, .stage = "MQL"},
        lf::stage_entry{.at = t0, .stage = "SQL"},
        lf::stage_entry{.at = t0, .funnel = "f"},
        lf::stage_entry{.at = t0, .source = "crm"},
        lf::stage_entry{.at = t0, .id = "1"},
        lf::stage_entry{.at = t0, .number = 1},
        lf::attributes{.at = t0 + tick},
    };
}

lf::event any_event(std::mt19937_64& random) {
    const auto word = [&] {
        static const std::vector<std::string> words = {"", "a", "b", "ab"};
        return words[random() % words.size()];
    };
    const auto at = t0 + tick * static_cast<std::int64_t>(random() % 2);
    const auto values = [&] {
        lf::value_map m;
        if (random() % 2 == 0) m[word()] = word();
        if (random() % 2 == 0) m[word()] = static_cast<double>(random() % 3) - 1;
        if (random() % 4 == 0) m[word()] = lf::text_set{word(), word()};
        return m;
    };
    switch (random() % 3) {
    case 0:
        return lf::attributes{word(), at, values(), word(), word()};
    case 1:
        return lf::touchpoint{word(),
                              at,
                              word(),
                              values(),
                              random() % 2 == 0 ? std::nullopt
                                                : std::optional<lf::decimal>{random() % 2},
                              word(),
                              word(),
                              word(),
                              word()};
    default:
        return lf::stage_entry{word(),
                               at,
                               word(),
                               word(),
                               word(),
                               word(),
                               word(),
                               static_cast<std::int64_t>(random() % 2),
                               static_cast<std::int64_t>(random() % 2),
                               values(),
                               {{word(), 1}},
                               word(),
                               word(),
                               word()};
    }
}

lf::event without_lead(lf::event e) {
    std::visit([](auto& x) { x.lead.clear(); }, e);
    return e;
}

} // namespace

TEST_CASE("history is ordered by instant, then kind, then content", "[event]") {
    const auto events = ladder();
    for (std::size_t i = 0; i < events.size(); ++i)
        for (std::size_t j = 0; j < events.size(); ++j) {
            INFO(i << ' ' << j);
            CHECK(lf::history_order(events[i], events[j]) == (i <=> j));
        }
}

TEST_CASE("the lead takes no part in history order", "[event]") {
    const lf::touchpoint a{.lead = "a", .at = t0, .type = "x"};
    const lf::touchpoint b{.lead = "b", .at = t0, .type = "x"};
    CHECK(lf::history_order(a, b) == std::strong_ordering::equal);
}

TEST_CASE("history order is a strict total order", "[event]") {
    std::mt19937_64 random{14};
    std::vector<lf::event> events;
    for (int i = 0; i < 250; ++i) events.push_back(any_event(random));
    for (const auto& a : events) {
        REQUIRE(lf::history_order(a, a) == std::strong_ordering::equal);
        for (const auto& b : events) {
            const auto ab = lf::history_order(a, b);
            REQUIRE((lf::history_order(b, a) < 0) == (ab > 0));
            REQUIRE((lf::history_order(b, a) == 0) == (ab == 0));
            // Equal only if nothing but the lead differs: the order of arrival never decides.
            REQUIRE((ab == 0) == (without_lead(a) == without_lead(b)));
        }
    }
    for (int i = 0; i < 300'000; ++i) {
        const auto& a = events[random() % events.size()];
        const auto& b = events[random() % events.size()];
        const auto& c = events[random() % events.size()];
        if (lf::history_order(a, b) <= 0 && lf::history_order(b, c) <= 0)
            REQUIRE((lf::history_order(a, c) <= 0));
    }
}

TEST_CASE("sorting removes the order of arrival", "[event]") {
    const auto events = ladder();
    std::mt19937_64 random{15};
    for (int i = 0; i < 100; ++i) {
        auto shuffled = events;
        std::shuffle(shuffled.begin(), shuffled.end(), random);
        std::sort(shuffled.begin(), shuffled.end(),
                  [](const auto& a, const auto& b) { return lf::history_order(a, b) < 0; });
        REQUIRE(shuffled == events);
    }
}
