// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// What stands beneath the engine: timers, ranking (workload B5), identity; beside each the usual
// containers doing the same, answers compared before anything is timed. Every row states
// nanoseconds for one operation and bytes for one lead.
//
// LEADFUNNEL_BENCH_LEADS bounds the sizes (the default, 10⁷, needs 6 GiB).

#include "generator.hpp"

#include <leadfunnel/detail/timer_wheel.hpp>

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <limits>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using namespace benchmarks;
using lf::detail::timer_wheel;

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;
constexpr std::int64_t start = 1'700'000'000 * second;

void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error{what};
}

void sizes(benchmark::internal::Benchmark* b) {
    const char* text = std::getenv("LEADFUNNEL_BENCH_LEADS");
    const std::int64_t most = text == nullptr ? 10'000'000 : std::atoll(text);
    for (const std::int64_t n : {10'000, 1'000'000, 10'000'000})
        if (n <= most) b->Arg(n);
}

/// Time of one operation, given what one round of the loop does.
void report(benchmark::State& state, std::size_t operations) {
    state.counters["ns"] = benchmark::Counter(static_cast<double>(operations) * 1e-9,
                                              benchmark::Counter::kIsIterationInvariantRate |
                                                  benchmark::Counter::kInvert);
}

// ------------------------------------------------------------------------------------- timers

constexpr std::size_t batch = 1 << 16;

/// Leads and new dues within 30 days, in random order.
std::vector<timer_wheel::entry> reschedules(std::size_t leads, std::int64_t now,
                                            std::uint64_t seed) {
    benchmarks::random r{seed};
    std::vector<timer_wheel::entry> out(batch);
    for (auto& e : out)
        e = {now + static_cast<std::int64_t>(r.below(30 * day)),
             static_cast<std::uint32_t>(r.below(leads))};
    return out;
}

struct set_timers {
    explicit set_timers(std::size_t leads)
        : dues(leads, std::numeric_limits<std::int64_t>::min()) {}
    void schedule(std::uint32_t lead, std::int64_t due) {
        if (dues[lead] != std::numeric_limits<std::int64_t>::min()) order.erase({dues[lead], lead});
        dues[lead] = due;
        order.emplace(due, lead);
    }
    std::vector<std::int64_t> dues;
    std::set<std::pair<std::int64_t, std::uint32_t>> order;
};

template<class Timers>
void fill(Timers& t, std::size_t leads) {
    benchmarks::random r{1};
    for (std::size_t i = 0; i < leads; ++i)
        t.schedule(static_cast<std::uint32_t>(i),
                   start + static_cast<std::int64_t>(r.below(30 * day)));
}

void compare_timers(std::size_t leads) {
    timer_wheel a{leads};
    set_timers b{leads};
    fill(a, leads);
    fill(b, leads);
    for (const auto& e : reschedules(leads, start, 2)) {
        a.schedule(e.lead, e.due);
        b.schedule(e.lead, e.due);
    }
    for (const auto& [due, lead] : b.order) {
        const auto e = a.pop(start + 31 * day);
        require(e && e->due == due && e->lead == lead, "the wheel and the set differ");
    }
    require(a.empty(), "the wheel holds more than the set");
}

void timer_schedule(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    compare_timers(std::min<std::size_t>(leads, 100'000));
    timer_wheel w{leads};
    fill(w, leads);
    (void)w.pop(start); // spread, as in a wheel that runs
    const auto work = reschedules(leads, start, 2);
    std::int64_t shift = 0; // so that every round moves every lead
    for (auto _ : state) {
        shift += second;
        for (const auto& e : work) w.schedule(e.lead, e.due + shift);
    }
    report(state, batch);
    state.counters["bytes/lead"] = static_cast<double>(w.memory()) / static_cast<double>(leads);
}
BENCHMARK(timer_schedule)->Apply(sizes);

void timer_schedule_set(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    set_timers w{leads};
    fill(w, leads);
    const auto work = reschedules(leads, start, 2);
    std::int64_t shift = 0;
    for (auto _ : state) {
        shift += second;
        for (const auto& e : work) w.schedule(e.lead, e.due + shift);
    }
    report(state, batch);
}
BENCHMARK(timer_schedule_set)->Arg(10'000)->Arg(1'000'000);

/// Every lead is due in 30 days on average, popped in order minute by minute, and set again.
void timer_pop_and_schedule(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    timer_wheel w{leads};
    fill(w, leads);
    benchmarks::random r{3};
    std::int64_t now = start;
    std::size_t popped = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch;) {
            const auto e = w.pop(now);
            if (!e) {
                now += 60 * second;
                continue;
            }
            w.schedule(e->lead, e->due + static_cast<std::int64_t>(r.below(60 * day)));
            ++i;
        }
        popped += batch;
    }
    benchmark::DoNotOptimize(popped);
    report(state, batch);
}
BENCHMARK(timer_pop_and_schedule)->Apply(sizes);

/// A day in which nothing is due.
void timer_quiet_day(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    timer_wheel w{leads};
    benchmarks::random r{1};
    for (std::size_t i = 0; i < leads; ++i)
        w.schedule(static_cast<std::uint32_t>(i),
                   start + 400 * day + static_cast<std::int64_t>(r.below(30 * day)));
    std::int64_t now = start;
    for (auto _ : state) {
        require(!w.pop(now), "nothing is due");
        if (now < start + 399 * day) now += day;
    }
    report(state, 1);
}
BENCHMARK(timer_quiet_day)->Apply(sizes);

} // namespace
