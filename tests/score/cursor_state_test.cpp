// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The state of a walk, compared with plain lists. The state stores equal things of one instant
// once, which must not change any result.

#include "catch.hpp"

#include <leadfunnel/score/detail/cursor_state.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace {

namespace lf = leadfunnel;
using lf::detail::award_group;
using lf::detail::counted_window;
using lf::detail::tally;
using namespace std::chrono_literals;

struct award {
    std::int64_t at = 0;
    std::int64_t points = 0;
    friend auto operator<=>(const award&, const award&) = default;
};

std::vector<award> all_of(const award_group& g) {
    std::vector<award> out;
    g.each([&](std::size_t i, std::int64_t count) {
        REQUIRE(count > 0);
        for (; count > 0; --count)
            out.push_back({g.at()[i].time_since_epoch().count(), g.points()[i]});
    });
    return out;
}

void check(const award_group& g, std::vector<award> plain, const lf::compiled_decay& d) {
    auto held = all_of(g);
    REQUIRE(std::is_sorted(held.begin(), held.end(),
                           [](const award& a, const award& b) { return a.at < b.at; }));
    std::sort(held.begin(), held.end());
    std::sort(plain.begin(), plain.end());
    REQUIRE(held == plain);
    REQUIRE(g.awards() == plain.size());
    REQUIRE(g.empty() == plain.empty());
    const auto negative = static_cast<std::size_t>(
        std::count_if(plain.begin(), plain.end(), [](const award& a) { return a.points < 0; }));
    REQUIRE(g.is_positive() == (negative == 0));
    REQUIRE(g.is_negative() == (negative == plain.size()));
    std::size_t more = 0;
    g.each_repeat([&](std::size_t i, std::int64_t n) {
        REQUIRE(i < g.size());
        more += static_cast<std::size_t>(n);
    });
    REQUIRE(g.size() + more == plain.size());
    if (!d.is_stepwise() || plain.empty()) return;
    // At each instant at which something changes, and just before it.
    const std::int64_t last = plain.back().at;
    std::set<std::int64_t> instants{last, last + 100'000'000'000};
    for (const auto& a : plain)
        for (std::int64_t k = 1; k < 8; ++k)
            for (const auto t : {a.at + k * 5'000'000 - 1, a.at + k * 5'000'000})
                if (t >= last) instants.insert(t);
    for (const auto t : instants) {
        lf::wide gains = 0;
        lf::wide losses = 0;
        std::int64_t next = lf::detail::end_of_time;
        for (const auto& a : plain) {
            const lf::duration age{t - a.at};
            const auto now = lf::scaled(a.points, d.at(age));
            (a.points < 0 ? losses : gains) += now;
            if (const auto end = d.next_breakpoint(age)) next = std::min(next, a.at + end->count());
        }
        const auto worth = g.stepwise_worth(d, t);
        REQUIRE((worth.gains == gains && worth.losses == losses));
        REQUIRE(g.next_step(d, t) == next);
    }
}

TEST_CASE("awards of one instant with equal points are one entry, and count as all of them") {
    using lf::decimal;
    const std::vector<lf::compiled_decay> decays{
        lf::compiled_decay{lf::expiry{10s}},
        lf::compiled_decay{lf::half_life{10s}},
        lf::compiled_decay{lf::linear_decay{10s}},
        lf::compiled_decay{lf::step_decay{.percent = decimal{30}, .every = 5s}},
        lf::compiled_decay{lf::step_decay{.percent = decimal{30}, .every = 5s, .compound = true}},
        lf::compiled_decay{lf::decay_table{{{10s, decimal{0}}, {20s, decimal{1}}}}}};
    for (std::uint32_t seed = 0; seed < 240; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto below = [&](std::uint32_t n) {
            return static_cast<std::uint32_t>(random() % n);
        };
        const auto& d = decays[seed % decays.size()];
        award_group g;
        std::vector<award> plain;
        std::int64_t now = 0;
        for (int step = 0; step < 60; ++step) {
            if (below(3) == 0) now += std::int64_t{below(5)} * 1'000'000;
            if (below(6) == 0 && !plain.empty()) { // drop those that end together
                const auto oldest = plain.front().at;
                while (!g.empty() && g.at()->time_since_epoch().count() == oldest) g.drop(now, d);
                std::erase_if(plain, [&](const award& a) { return a.at == oldest; });
            } else if (below(50) == 0) {
                g.clear();
                plain.clear();
            } else {
                // More different points than `add` searches.
                const std::int64_t points =
                    static_cast<std::int64_t>(below(seed / 6 % 4 == 0 ? 12 : seed / 6 % 4)) *
                        1'003 -
                    (seed / 24 % 2 == 0 ? 1'003 : 0);
                g.add(now, points, d);
                plain.push_back({now, points});
            }
            check(g, plain, d);
            double halving = 0;
            double gross = 0;
            for (const auto& a : plain) {
                halving += static_cast<double>(a.points) *
                           std::exp2(-static_cast<double>(now - a.at) / 10e6);
                gross += std::abs(static_cast<double>(a.points));
            }
            CHECK(std::abs(g.gross() - gross) < 1e-6);
            if (d.is_half_life()) CHECK(std::abs(g.halving(now, d) - halving) < 1e-3);
        }
    }
}

TEST_CASE("very many awards at one instant are one entry") {
    const lf::compiled_decay d{lf::half_life{10s}};
    award_group g;
    for (int i = 0; i < 100'000; ++i) g.add(5, i % 3, d);
    CHECK(g.awards() == 100'000);
    CHECK(g.size() == 3);
    CHECK(g.memory() < 1'000);
}

TEST_CASE("a window takes expired matches off its counts") {
    std::mt19937 random(1);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    for (int round = 0; round < 200; ++round) {
        counted_window w;
        std::vector<counted_window::match> plain;
        std::int64_t now = 0;
        for (int step = 0; step < 60; ++step) {
            if (below(3) == 0) now += std::int64_t{below(4)};
            if (below(4) == 0) {
                w.expire(now, 5);
                std::erase_if(plain, [&](const auto& m) { return m.at <= now - 5; });
            } else {
                const counted_window::match m{
                    now, below(3) == 0 ? lf::no_value : std::int64_t{below(2)}, below(3)};
                w.add(m, true);
                plain.push_back(m);
            }
            std::set<std::uint32_t> distinct;
            lf::wide sum = 0;
            for (const auto& m : plain) {
                if (m.distinct != 0) distinct.insert(m.distinct);
                if (m.amount != lf::no_value) sum += m.amount;
            }
            using lf::frequency_measure;
            constexpr lf::wide unit = lf::decimal::unit;
            REQUIRE(w.measured(frequency_measure::count) ==
                    static_cast<lf::wide>(plain.size()) * unit);
            REQUIRE(w.measured(frequency_measure::sum) == sum);
            REQUIRE(w.measured(frequency_measure::distinct) ==
                    static_cast<lf::wide>(distinct.size()) * unit);
            REQUIRE(w.empty() == plain.empty());
            if (!plain.empty()) REQUIRE(w.front().at == plain.front().at);
        }
    }
    counted_window crowd;
    for (int i = 0; i < 100'000; ++i) crowd.add({7, 1, 2}, true);
    CHECK(crowd.memory() < 1'000);
}

TEST_CASE("a rolling limit takes off exactly what it counted") {
    std::mt19937 random(2);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    for (int round = 0; round < 200; ++round) {
        tally t;
        std::vector<award> plain;
        std::int64_t now = 0;
        for (int step = 0; step < 60; ++step) {
            if (below(3) == 0) now += std::int64_t{below(4)};
            if (below(4) == 0) {
                t.forget_until(now - 5);
                std::erase_if(plain, [&](const award& a) { return a.at <= now - 5; });
            } else {
                const std::int64_t p = below(3);
                ++t.count;
                t.points += p;
                t.grant_at(now, p);
                plain.push_back({now, p});
            }
            lf::wide points = 0;
            for (const auto& a : plain) points += a.points;
            REQUIRE(t.count == static_cast<std::int64_t>(plain.size()));
            REQUIRE(t.points == points);
        }
    }
}

TEST_CASE("emptying a table costs in proportion to its elements, even if it was large once") {
    boost::unordered_flat_map<std::uint32_t, std::uint32_t> table;
    for (std::uint32_t i = 0; i < 100'000; ++i) table.emplace(i, i);
    const auto large = table.bucket_count();
    lf::detail::empty_out(table); // its capacity fits its elements: it is kept
    CHECK(table.empty());
    CHECK(table.bucket_count() == large);
    table.emplace(1, 1);
    lf::detail::empty_out(table);
    CHECK(table.empty());
    CHECK(table.bucket_count() < 1'000);
}

} // namespace
