// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Many merges: what they cost, and that each of them can be reversed.

#include "catch.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/engine/sharded_engine.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

lf::instant at(std::chrono::microseconds t) {
    return lf::instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}} + t;
}

lf::plan views() {
    return lf::compile(lf::model{
        .id = "views",
        .touchpoints = {{.id = "view"}},
        .funnels = {{.id = "sales", .stages = {{.id = "new", .entry = true}}}},
        .scores = {{.id = "interest"}},
        .rules = {lf::occurrence{
            .id = "views", .score = "interest", .on = lf::on("view"), .points = 1}},
    });
}

std::string name(std::size_t i) { return "lead " + std::to_string(i); }

lf::touchpoint view(std::size_t lead, std::size_t n) {
    const auto id = std::to_string(lead) + "/" + std::to_string(n);
    return {.lead = name(lead),
            .at = at(std::chrono::hours{(lead * 7 + n * 13) % 1000}),
            .type = "view",
            .source = "web",
            .id = id};
}

/// Leads that each have some views, at any instants.
std::vector<lf::event> many(std::size_t leads, std::size_t each) {
    std::vector<lf::event> out;
    for (std::size_t i = 0; i < leads; ++i)
        for (std::size_t n = 0; n < each; ++n) out.emplace_back(view(i, n));
    return out;
}

double seconds(const auto& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

TEST_CASE("a chain of merges keeps one history, not one at each link") {
    constexpr std::size_t n = 400;
    constexpr std::size_t each = 20;
    const auto p = views();
    lf::engine e{p};
    e.load(many(n, each));
    const auto before = e.memory().touchpoint_bytes;
    for (std::size_t i = 1; i < n; ++i) e.merge(name(i), name(i - 1));
    CHECK(e.memory().touchpoint_bytes < 3 * before);
    CHECK(e.size() == 1);
    CHECK(e.resolve(name(0)) == name(n - 1));
    CHECK(e.score(name(0), "interest").value == lf::points{n * each});

    const auto bytes = e.snapshot();
    auto again = lf::engine::from_snapshot(p, bytes);
    CHECK((again.snapshot() == bytes)); // in parentheses, so that a failure does not print it
    CHECK(again.memory().touchpoint_bytes < 3 * before);

    again.unmerge(name(n / 2 - 1)); // with all that are merged into it
    CHECK(again.size() == 2);
    CHECK(again.resolve(name(0)) == name(n / 2 - 1));
    CHECK(again.resolve(name(n / 2)) == name(n - 1));
    CHECK(again.score(name(7), "interest").value == lf::points{n / 2 * each});
    CHECK(again.history(name(n - 1)).size() == n / 2 * each);
    for (std::size_t i = n - 1; i > 0; --i)
        if (i != n / 2) again.unmerge(name(i - 1));
    CHECK(again.size() == n);
    for (std::size_t i = 0; i < n; ++i) CHECK(again.history(name(i)).size() == each);
    CHECK(again.memory().touchpoint_bytes < 2 * before);
}

TEST_CASE("a very long chain of merges is saved, read and reversed without recursion") {
    constexpr std::size_t n = 120'000;
    const auto p = views();
    lf::engine e{p};
    e.apply(view(0, 0));
    for (std::size_t i = 1; i < n; ++i) // a rejected move adds a lead without events
        e.apply(
            lf::stage_entry{.lead = name(i), .at = e.now(), .funnel = "sales", .stage = "nowhere"});
    CHECK(e.size() == n);
    // It would take hours if each merge went through all leads that are merged already.
    CHECK(seconds([&] {
              for (std::size_t i = 1; i < n; ++i) e.merge(name(i), name(i - 1));
          }) < 60);
    e.acknowledge(e.last_signal());
    const auto bytes = e.snapshot();
    const auto before = e.memory();
    std::vector<lf::engine> made;
    CHECK(seconds([&] { made.push_back(lf::engine::from_snapshot(p, bytes)); }) < 20);
    auto& again = made.front();
    CHECK((again.snapshot() == bytes)); // in parentheses, so that a failure does not print it
    CHECK(again.memory().lead_bytes <= 2 * before.lead_bytes);
    CHECK(again.resolve(name(0)) == name(n - 1));
    again.apply(view(0, 1));
    CHECK(again.score(name(5), "interest").value == lf::points{2});
    again.unmerge(name(n / 2));
    CHECK(again.size() == 2);
    CHECK(again.resolve(name(0)) == name(n / 2));
    CHECK(again.score(name(5), "interest").value == lf::points{2});
    again.erase(name(5));
    CHECK(again.size() == 1);
    CHECK_FALSE(again.contains(name(0)));
}

TEST_CASE("merges in any order and shape give one history, in which repetitions count once") {
    const auto p = views();
    const auto told = [&](const auto& merge) {
        lf::engine e{p};
        e.load(many(6, 5));
        for (std::size_t i = 0; i < 6; ++i) { // all have one event in common
            auto t = view(99, 0);
            t.lead = name(i);
            t.at += std::chrono::hours{i};
            e.apply(t);
        }
        merge(e);
        CHECK(e.size() == 1);
        CHECK(e.score(name(0), "interest").value == lf::points{31});
        auto all = e.history(name(0));
        for (auto& x : all) std::visit([](auto& y) { y.lead.clear(); }, x);
        return all;
    };
    const auto chain = told([](lf::engine& e) {
        for (std::size_t i = 1; i < 6; ++i) e.merge(name(i), name(i - 1));
    });
    const auto star = told([](lf::engine& e) {
        for (std::size_t i = 1; i < 6; ++i) e.merge(name(0), name(i));
    });
    const auto tree = told([](lf::engine& e) {
        e.merge(name(0), name(1));
        e.merge(name(2), name(3));
        e.merge(name(4), name(5));
        e.merge(name(2), name(0));
        e.merge(name(4), name(2));
    });
    CHECK(chain == star);
    CHECK(chain == tree);
}

TEST_CASE("merged leads move from shard to shard together") {
    const auto p = views();
    lf::sharded_engine e{p, 5};
    constexpr std::size_t n = 40;
    e.load(many(n, 3));
    for (std::size_t i = 1; i < n; ++i) e.merge(name(i), name(i - 1));
    CHECK(e.size() == 1);
    CHECK(e.score(name(0), "interest").value == lf::points{3 * n});
    auto again = lf::sharded_engine::from_snapshot(p, e.snapshot());
    again.unmerge(name(n / 2));
    CHECK(again.score(name(0), "interest").value == lf::points{3 * (n / 2 + 1)});
    CHECK(again.score(name(n - 1), "interest").value == lf::points{3 * (n / 2 - 1)});
}
