// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// If memory runs out, an operation of the engine changes nothing. The test replaces the allocation
// functions, as sanitizers do, so it does not run under them.

#include "sanitized.hpp"

#if !defined(SANITIZED)

#include "catch.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

thread_local long allocations_left = -1; // negative: no allocation fails

void* allocate(std::size_t bytes) {
    if (allocations_left == 0) throw std::bad_alloc{};
    if (allocations_left > 0) --allocations_left;
    if (void* p = std::malloc(bytes == 0 ? 1 : bytes)) return p;
    throw std::bad_alloc{};
}

} // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace {

lf::instant at(std::chrono::microseconds t) {
    return lf::instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}} + t;
}

lf::plan plan() {
    return lf::compile(lf::model{
        .id = "small",
        .attributes = {{.id = "owner"}},
        .touchpoints = {{.id = "page_view"}, {.id = "demo"}},
        .roles = {.owner = "owner"},
        .funnels = {{.id = "sales",
                     .stages = {{.id = "inquiry",
                                 .entry = true,
                                 .slas = {{.id = "soon", .due = {.after = 4h}}}},
                                {.id = "mql"}},
                     .transitions = {{.id = "arrive", .to = "inquiry", .on = lf::pattern{}},
                                     {.id = "hot",
                                      .from = {"inquiry"},
                                      .to = "mql",
                                      .when = lf::band_now("heat").equals(std::string{"hot"}),
                                      .then = {.assign = "sdr", .alert = "hot_lead"}},
                                     {.id = "back",
                                      .from = {"mql"},
                                      .to = "inquiry",
                                      .after = lf::timer{.after = 24h},
                                      .then = {.reset = {"engagement"}, .cycle = true}}}}},
        .scores = {{.id = "engagement"}},
        .rules = {lf::occurrence{.id = "demos",
                                 .score = "engagement",
                                 .on = lf::on({"demo", "page_view"}),
                                 .points = 50,
                                 .decay = lf::half_life{7 * 24h}}},
        .bandings = {{.id = "heat",
                      .score = "engagement",
                      .bands = {{.id = "cold"}, {.id = "hot", .enter = 60}}}},
        .alerts = {{.id = "hot_lead", .explain = "engagement"}},
    });
}

/// All results of one lead.
struct seen {
    std::vector<lf::event> history;
    std::vector<lf::signal> signals;
    std::vector<std::optional<std::string>> bands;
    std::size_t leads;
    std::size_t inquiries;
    std::size_t hot;
    friend bool operator==(const seen&, const seen&) = default;
};
seen look(const lf::engine& e) {
    seen s{.history = {},
           .signals = e.signals(0, 1000),
           .bands = {},
           .leads = e.size(),
           .inquiries = e.count_in_stage("sales", "inquiry"),
           .hot = e.count_in_band("heat", "hot")};
    for (const char* lead : {"A", "B", "C"}) {
        if (!e.contains(lead)) continue;
        const auto h = e.history(lead);
        s.history.insert(s.history.end(), h.begin(), h.end());
        s.bands.push_back(e.band(lead, "heat"));
    }
    return s;
}

/// Repeats an operation with every allocation after the first n failing, for n = 0, 1, 2 and so on
/// until it succeeds. After each failure the engine must be as before. In the end it must be as an
/// engine in which nothing failed.
void hold(const lf::plan& p, const std::string& start, const std::function<void(lf::engine&)>& act,
          lf::instant until) {
    auto untroubled = lf::engine::from_snapshot(p, start);
    act(untroubled);
    untroubled.advance_to(until);

    auto e = lf::engine::from_snapshot(p, start);
    const auto before = look(e);
    long failed = 0;
    bool as_before = true;
    for (long n = 0;; ++n) {
        bool done = false;
        allocations_left = n;
        try {
            act(e);
            allocations_left = -1;
            done = true;
        } catch (const std::bad_alloc&) {
            allocations_left = -1;
            ++failed;
        } catch (...) {
            allocations_left = -1;
            throw;
        }
        if (done) break;
        as_before = as_before && look(e) == before;
    }
    CHECK(failed > 0);
    CHECK(as_before);
    e.advance_to(until);
    CHECK(look(e) == look(untroubled));
}

} // namespace

TEST_CASE("if memory runs out, an event is not applied") {
    const auto p = plan();
    lf::engine e{p};
    e.apply(lf::touchpoint{.lead = "A", .at = at(0h), .type = "page_view"});
    e.apply(lf::touchpoint{.lead = "B", .at = at(1h), .type = "page_view"});
    const auto start = e.snapshot();
    const auto end = at(24h * 30);

    SECTION("of a stored lead") {
        hold(
            p, start,
            [](lf::engine& x) {
                x.apply(lf::touchpoint{
                    .lead = "A",
                    .at = at(2h),
                    .type = "demo",
                    .properties = {{"url", std::string{"/a/rather/long/path/to/it"}}},
                    .value = lf::decimal{3},
                    .campaign = "a campaign with a long name",
                    .source = "web",
                    .id = "an identifier with a long name"});
            },
            end);
    }
    SECTION("of a new lead") {
        hold(
            p, start,
            [](lf::engine& x) {
                x.apply(lf::touchpoint{.lead = "C", .at = at(2h), .type = "demo"});
            },
            end);
    }
    SECTION("that is late") {
        hold(
            p, start,
            [](lf::engine& x) {
                x.apply(lf::touchpoint{.lead = "A", .at = at(-2h), .type = "demo"});
            },
            end);
    }
    SECTION("of attributes") {
        hold(
            p, start,
            [](lf::engine& x) {
                x.apply(lf::attributes{
                    .lead = "A",
                    .at = at(2h),
                    .values = {{"owner", std::string{"somebody whose name is long"}}}});
            },
            end);
    }
    SECTION("of a manual move") {
        hold(
            p, start,
            [](lf::engine& x) { x.move("A", "sales", "mql", "a reason with many words"); }, end);
    }
}

TEST_CASE("if memory runs out, leads are not merged, unmerged or erased") {
    const auto p = plan();
    lf::engine e{p};
    e.apply(lf::touchpoint{.lead = "A", .at = at(0h), .type = "page_view"});
    e.apply(lf::touchpoint{.lead = "B", .at = at(1h), .type = "page_view"});
    const auto end = at(24h * 30);
    SECTION("merged") {
        hold(
            p, e.snapshot(), [](lf::engine& x) { x.merge("A", "B"); }, end);
    }
    SECTION("unmerged") {
        e.merge("A", "B");
        hold(
            p, e.snapshot(), [](lf::engine& x) { x.unmerge("B"); }, end);
    }
    SECTION("merged where there are many") {
        for (const char* lead : {"C", "D", "E"})
            e.apply(lf::touchpoint{.lead = lead, .at = at(90min), .type = "page_view"});
        e.merge("B", "C");
        e.merge("D", "E");
        SECTION("into few") {
            hold(
                p, e.snapshot(), [](lf::engine& x) { x.merge("A", "B"); }, end);
        }
        SECTION("as many") {
            hold(
                p, e.snapshot(), [](lf::engine& x) { x.merge("B", "D"); }, end);
        }
        SECTION("and few into them") {
            hold(
                p, e.snapshot(), [](lf::engine& x) { x.merge("B", "A"); }, end);
        }
        SECTION("and parted") {
            e.merge("D", "B");
            hold(
                p, e.snapshot(), [](lf::engine& x) { x.unmerge("B"); }, end);
        }
    }
    SECTION("erased") {
        hold(
            p, e.snapshot(), [](lf::engine& x) { x.erase("B"); }, end);
    }
}

#endif
