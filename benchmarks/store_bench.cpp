// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The parts beneath the engine: timers, ranking (workload B5) and identity. Each runs beside the
// usual containers, whose answers are compared before anything is timed. Every row reports
// nanoseconds for each operation and bytes for each lead.
//
// LEADFUNNEL_BENCH_LEADS limits the sizes (the default, 10⁷, needs 6 GiB).

#include "generator.hpp"

#include <leadfunnel/store/detail/ranking.hpp>
#include <leadfunnel/store/detail/timer_wheel.hpp>
#include <leadfunnel/store/identity.hpp>

#include <benchmark/benchmark.h>

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/ranked_index.hpp>
#include <boost/multi_index_container.hpp>

#include <cstdlib>
#include <ctime>
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

/// Nanoseconds of processor time for one operation, from the fastest round: the machine's other
/// work only makes rounds longer.
class fastest {
  public:
    fastest(benchmark::State& state, std::size_t operations)
        : state_(state), operations_(static_cast<double>(operations)) {}
    ~fastest() { state_.counters["ns"] = best_ * 1e9 / operations_; }
    fastest(const fastest&) = delete;
    fastest& operator=(const fastest&) = delete;
    template<class Work>
    void time(const Work& work) {
        const double began = cpu_seconds();
        work();
        best_ = std::min(best_, cpu_seconds() - began);
    }

  private:
    static double cpu_seconds() {
        std::timespec t{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
    }

    benchmark::State& state_;
    double operations_;
    double best_ = 1e9;
};

// ------------------------------------------------------------------------------------- timers

constexpr std::size_t batch = 1 << 16;

/// Leads in random order, with new due instants within 30 days.
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
    (void)w.pop(start); // spreads the leads, as in a wheel in use
    const auto work = reschedules(leads, start, 2);
    std::int64_t shift = 0; // makes every round move every lead
    fastest f{state, batch};
    for (auto _ : state) {
        shift += second;
        f.time([&] {
            for (const auto& e : work) w.schedule(e.lead, e.due + shift);
        });
    }
    state.counters["bytes/lead"] = static_cast<double>(w.memory()) / static_cast<double>(leads);
}
BENCHMARK(timer_schedule)->Apply(sizes);

void timer_schedule_set(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    set_timers w{leads};
    fill(w, leads);
    const auto work = reschedules(leads, start, 2);
    std::int64_t shift = 0;
    fastest f{state, batch};
    for (auto _ : state) {
        shift += second;
        f.time([&] {
            for (const auto& e : work) w.schedule(e.lead, e.due + shift);
        });
    }
}
BENCHMARK(timer_schedule_set)->Arg(10'000)->Arg(1'000'000);

/// Leads are due in 30 days on average. They are popped minute by minute and scheduled again.
void timer_pop_and_schedule(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    timer_wheel w{leads};
    fill(w, leads);
    benchmarks::random r{3};
    std::int64_t now = start;
    fastest f{state, batch};
    for (auto _ : state)
        f.time([&] {
            for (std::size_t i = 0; i < batch;) {
                const auto e = w.pop(now);
                if (!e) {
                    now += 60 * second;
                    continue;
                }
                w.schedule(e->lead, e->due + static_cast<std::int64_t>(r.below(60 * day)));
                ++i;
            }
        });
}
BENCHMARK(timer_pop_and_schedule)->Apply(sizes);

/// A day on which no lead is due.
void timer_quiet_day(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    timer_wheel w{leads};
    benchmarks::random r{1};
    for (std::size_t i = 0; i < leads; ++i)
        w.schedule(static_cast<std::uint32_t>(i),
                   start + 400 * day + static_cast<std::int64_t>(r.below(30 * day)));
    std::int64_t now = start;
    fastest f{state, 1};
    for (auto _ : state) {
        f.time([&] { require(!w.pop(now), "nothing is due"); });
        if (now < start + 399 * day) now += day;
    }
}
BENCHMARK(timer_quiet_day)->Apply(sizes);

// ------------------------------------------------------------------------------------ ranking

// Scores with a half-life of 30 days, between 0 and 2,000 points, plus points that do not decay.
// Their sums have 1, 10, 100 or (0) arbitrarily many different values. Every lead was active within
// the last 180 days.

constexpr std::int64_t point = 1'000'000;
constexpr double half_life = 30.0 * day;
const lf::detail::ranking_options ranked{.half_life = lf::duration{30 * day},
                                         .min = 0,
                                         .max = 2000 * point,
                                         .error = 2,
                                         .vanishing = 0.4};

struct scored {
    std::int64_t at = 0;
    std::int64_t kept = 0;
    double decaying = 0;

    [[nodiscard]] std::int64_t exact(std::int64_t t) const {
        const double x = decaying * std::exp2(-static_cast<double>(t - at) / half_life);
        return std::clamp<std::int64_t>(kept + std::llround(x), ranked.min, ranked.max);
    }
    [[nodiscard]] lf::detail::estimate estimate() const {
        return {.what = lf::detail::estimate::form::closed,
                .at = lf::instant{lf::duration{at}},
                .kept = kept,
                .decaying = decaying};
    }
};

std::vector<scored> some_scores(std::size_t leads, std::int64_t kept_values) {
    benchmarks::random r{5};
    std::vector<scored> out(leads);
    for (auto& s : out) {
        s.at = start - static_cast<std::int64_t>(r.below(180 * day));
        s.kept = kept_values == 0
                     ? static_cast<std::int64_t>(r.below(100 * point))
                     : static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(kept_values))) *
                           point;
        s.decaying = static_cast<double>(r.below(100 * point)); // higher for active leads
        if (r.below(20) == 0) s.decaying *= 15;
    }
    return out;
}

struct ranked_leads {
    ranked_leads(std::size_t leads, std::int64_t kept_values)
        : scores(some_scores(leads, kept_values)), ranking(ranked) {
        ranking.assign(leads, [&](std::uint32_t i) { return scores[i].estimate(); });
    }
    [[nodiscard]] auto exact() {
        return [this](std::uint32_t lead, lf::instant t) -> std::optional<std::int64_t> {
            ++asked;
            return scores[lead].exact(t.time_since_epoch().count());
        };
    }
    /// Adds a touchpoint worth 10 points.
    void touch(std::uint32_t lead, std::int64_t now) {
        scored& s = scores[lead];
        s.decaying = s.decaying * std::exp2(-static_cast<double>(now - s.at) / half_life) +
                     static_cast<double>(10 * point);
        s.at = now;
        ranking.update(lead, s.estimate());
    }
    std::vector<scored> scores;
    lf::detail::ranking ranking;
    std::size_t asked = 0;
};

/// Keeps only the leads that were requested last, since the largest need most of the memory.
ranked_leads& ranked_of(std::size_t leads, std::int64_t kept_values) {
    static std::unique_ptr<ranked_leads> held;
    static std::pair<std::size_t, std::int64_t> key;
    if (held == nullptr || key != std::pair{leads, kept_values}) {
        held.reset();
        held = std::make_unique<ranked_leads>(leads, kept_values);
        key = {leads, kept_values};
    }
    return *held;
}

/// Compares answers after a week of decay with sorting.
void compare_ranking(std::int64_t kept_values) {
    ranked_leads l{20'000, kept_values};
    benchmarks::random r{8};
    for (int i = 0; i < 5000; ++i) l.touch(static_cast<std::uint32_t>(r.below(20'000)), start);
    const std::int64_t t = start + 7 * day;
    const lf::instant then{lf::duration{t}};
    std::vector<std::pair<std::int64_t, std::uint32_t>> all;
    for (std::uint32_t i = 0; i < l.scores.size(); ++i) all.emplace_back(-l.scores[i].exact(t), i);
    std::sort(all.begin(), all.end());
    const auto top = l.ranking.top(500, then, l.exact());
    for (std::size_t i = 0; i < top.size(); ++i)
        require(top[i] == all[i].second, "top differs from sorting");
    for (std::size_t i = 0; i < all.size(); i += 97) {
        const auto first = std::lower_bound(all.begin(), all.end(), std::pair{all[i].first, 0U});
        const auto s = l.ranking.rank(all[i].second, then, l.exact());
        require(s && s->rank == static_cast<std::size_t>(first - all.begin()) + 1,
                "rank differs from sorting");
    }
}

void ranking_sizes(benchmark::internal::Benchmark* b) {
    const char* text = std::getenv("LEADFUNNEL_BENCH_LEADS");
    const std::int64_t most = text == nullptr ? 10'000'000 : std::atoll(text);
    b->ArgNames({"leads", "kept"});
    for (const std::int64_t n : {10'000, 1'000'000, 10'000'000})
        for (const std::int64_t kept : {1, 10, 100, 0})
            if (n <= most) b->Args({n, kept});
}

std::vector<std::uint32_t> some_leads(std::size_t leads, std::size_t n, std::uint64_t seed) {
    benchmarks::random r{seed};
    std::vector<std::uint32_t> out(n);
    for (auto& x : out) x = static_cast<std::uint32_t>(r.below(leads));
    return out;
}

void ranking_update(benchmark::State& state) {
    auto& l = ranked_of(static_cast<std::size_t>(state.range(0)), state.range(1));
    const auto work = some_leads(l.scores.size(), 1 << 14, 1);
    std::int64_t now = start;
    fastest f{state, work.size()};
    for (auto _ : state) {
        now += second;
        // Estimates are made before the clock starts: making them is the engine's work.
        std::vector<lf::detail::estimate> estimates;
        for (const auto lead : work) {
            scored& s = l.scores[lead];
            s.decaying = s.decaying * std::exp2(-static_cast<double>(now - s.at) / half_life) +
                         static_cast<double>(10 * point);
            s.at = now;
            estimates.push_back(s.estimate());
        }
        f.time([&] {
            for (std::size_t i = 0; i < work.size(); ++i) l.ranking.update(work[i], estimates[i]);
        });
    }
    state.counters["bytes/lead"] =
        static_cast<double>(l.ranking.memory()) / static_cast<double>(l.scores.size());
}
void ranking_rank(benchmark::State& state) {
    compare_ranking(state.range(1));
    auto& l = ranked_of(static_cast<std::size_t>(state.range(0)), state.range(1));
    const auto work = some_leads(l.scores.size(), 1 << 10, 2);
    const lf::instant t{lf::duration{start + 30 * day}};
    l.asked = 0;
    std::size_t rounds = 0;
    {
        fastest f{state, work.size()};
        for (auto _ : state) {
            ++rounds;
            f.time([&] {
                for (const auto lead : work)
                    benchmark::DoNotOptimize(l.ranking.rank(lead, t, l.exact()));
            });
        }
    }
    state.counters["asked"] =
        static_cast<double>(l.asked) / static_cast<double>(rounds * work.size());
}
void ranking_top_100(benchmark::State& state) {
    auto& l = ranked_of(static_cast<std::size_t>(state.range(0)), state.range(1));
    const lf::instant t{lf::duration{start + 30 * day}};
    fastest f{state, 1};
    for (auto _ : state)
        f.time([&] { benchmark::DoNotOptimize(l.ranking.top(100, t, l.exact())); });
}
void ranking_nth(benchmark::State& state) {
    auto& l = ranked_of(static_cast<std::size_t>(state.range(0)), state.range(1));
    const lf::instant t{lf::duration{start + 30 * day}};
    const std::uint64_t n = l.scores.size() / 3;
    fastest f{state, 1};
    for (auto _ : state) f.time([&] { benchmark::DoNotOptimize(l.ranking.nth(n, t, l.exact())); });
}
/// 90 % updates, 5 % top-100, 5 % ranks; mean nanoseconds.
void b5(benchmark::State& state) {
    auto& l = ranked_of(static_cast<std::size_t>(state.range(0)), state.range(1));
    const auto work = some_leads(l.scores.size(), 2000, 3);
    std::int64_t now = start + 31 * day;
    fastest f{state, work.size()};
    for (auto _ : state)
        f.time([&] {
            for (std::size_t i = 0; i < work.size(); ++i) {
                now += second;
                const lf::instant t{lf::duration{now}};
                if (i % 20 == 3)
                    benchmark::DoNotOptimize(l.ranking.top(100, t, l.exact()));
                else if (i % 20 == 13)
                    benchmark::DoNotOptimize(l.ranking.rank(work[i], t, l.exact()));
                else
                    l.touch(work[i], now);
            }
        });
}
BENCHMARK(ranking_rank)->Apply(ranking_sizes);
BENCHMARK(ranking_top_100)->Apply(ranking_sizes);
BENCHMARK(ranking_nth)->Apply(ranking_sizes);
BENCHMARK(ranking_update)->Apply(ranking_sizes);
BENCHMARK(b5)->Apply(ranking_sizes);

/// Builds a ranking from estimates.
void ranking_assign(benchmark::State& state) {
    const auto scores = some_scores(static_cast<std::size_t>(state.range(0)), state.range(1));
    lf::detail::ranking r{ranked};
    fastest f{state, scores.size()};
    for (auto _ : state)
        f.time([&] {
            r.assign(scores.size(), [&](std::uint32_t i) { return scores[i].estimate(); });
        });
    state.counters["bytes/lead"] =
        static_cast<double>(r.memory()) / static_cast<double>(scores.size());
}
BENCHMARK(ranking_assign)
    ->Args({1'000'000, 1})
    ->Args({1'000'000, 0})
    ->Unit(benchmark::kMillisecond);

// The same with Boost.MultiIndex: a hashed index by lead and a ranked one by score. It holds the
// scores of one instant; as time passes, all of them would have to be modified.
namespace bmi = boost::multi_index;
struct plain_record {
    std::uint32_t lead;
    std::int64_t score;
};
using multi_index_ranking = bmi::multi_index_container<
    plain_record,
    bmi::indexed_by<
        bmi::hashed_unique<bmi::member<plain_record, std::uint32_t, &plain_record::lead>>,
        bmi::ranked_non_unique<bmi::member<plain_record, std::int64_t, &plain_record::score>,
                               std::greater<>>>>;

void ranking_multi_index(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    const auto scores = some_scores(leads, 1);
    multi_index_ranking c;
    c.reserve(leads);
    for (std::uint32_t i = 0; i < leads; ++i) c.insert({i, scores[i].exact(start)});
    ranked_leads ours{std::min<std::size_t>(leads, 10'000), 1};
    if (leads == ours.scores.size())
        for (const auto& x : c) {
            const auto s =
                ours.ranking.rank(x.lead, lf::instant{lf::duration{start}}, ours.exact());
            require(s && s->rank == c.get<1>().lower_bound_rank(x.score) + 1,
                    "rank differs from the ranked index");
        }
    const auto work = some_leads(leads, 1 << 13, 1);
    const bool ranks = state.range(1) != 0;
    std::int64_t more = 0;
    fastest f{state, work.size()};
    for (auto _ : state) {
        more += point / 100;
        f.time([&] {
            for (const auto lead : work) {
                const auto i = c.find(lead);
                if (ranks)
                    benchmark::DoNotOptimize(c.get<1>().lower_bound_rank(i->score));
                else
                    c.modify(i, [&](plain_record& r) {
                        r.score = (r.score * 7 + more) % (100 * point);
                    });
            }
        });
    }
}
BENCHMARK(ranking_multi_index)
    ->ArgNames({"leads", "rank"})
    ->Args({10'000, 0})
    ->Args({10'000, 1})
    ->Args({1'000'000, 0})
    ->Args({1'000'000, 1});

/// A rank by a scan of all scores' closed forms in a dense array.
void ranking_scan(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    const auto scores = some_scores(leads, 1);
    std::vector<double> kept(leads);
    std::vector<double> decaying(leads);
    for (std::size_t i = 0; i < leads; ++i) {
        kept[i] = static_cast<double>(scores[i].kept);
        decaying[i] =
            scores[i].decaying * std::exp2(static_cast<double>(scores[i].at - start) / half_life);
    }
    const double g = std::exp2(-1.0);
    fastest f{state, 1};
    std::size_t lead = 0;
    for (auto _ : state)
        f.time([&] {
            lead = (lead + 7919) % leads;
            const double x = kept[lead] + decaying[lead] * g;
            std::size_t above = 0;
            for (std::size_t i = 0; i < leads; ++i)
                above += kept[i] + decaying[i] * g > x ? 1U : 0U;
            benchmark::DoNotOptimize(above);
        });
}
BENCHMARK(ranking_scan)->Apply(sizes);

// ----------------------------------------------------------------------------------- identity

std::vector<lf::identity_record> some_people(std::size_t leads) {
    benchmarks::random r{4};
    std::vector<lf::identity_record> out(leads);
    for (std::size_t i = 0; i < leads; ++i) {
        const std::string n = std::to_string(i);
        out[i] = {.lead = static_cast<std::uint32_t>(i),
                  .id = "L-" + n,
                  .email = "person" + n + "@example.com",
                  .account = "account " + std::to_string(r.below(leads / 8 + 1)),
                  .owner = "owner " + std::to_string(r.below(200)),
                  .stage = static_cast<std::uint32_t>(r.below(8)),
                  .entered = lf::instant{
                      lf::duration{start + static_cast<std::int64_t>(r.below(365 * day))}}};
    }
    return out;
}

void identity_sizes(benchmark::internal::Benchmark* b) {
    b->ArgNames({"leads", "indices"});
    for (const std::int64_t n : {10'000, 1'000'000})
        for (const std::int64_t all : {0, 1}) b->Args({n, all});
}
lf::identity_options chosen(bool all) {
    return {.by_email = all, .by_account = all, .by_owner = all, .by_stage = all};
}
void identity_insert(benchmark::State& state) {
    const auto people = some_people(static_cast<std::size_t>(state.range(0)));
    fastest f{state, people.size()};
    for (auto _ : state) {
        lf::identity x{chosen(state.range(1) != 0)};
        auto copy = people;
        f.time([&] {
            for (auto& p : copy) x.insert(std::move(p));
        });
        state.counters["bytes/lead"] =
            static_cast<double>(x.memory().total()) / static_cast<double>(people.size());
    }
}
void identity_assign(benchmark::State& state) {
    const auto people = some_people(static_cast<std::size_t>(state.range(0)));
    fastest f{state, people.size()};
    for (auto _ : state) {
        lf::identity x{chosen(state.range(1) != 0)};
        auto copy = people;
        f.time([&] { require(x.assign(std::move(copy)), "ids are unique"); });
    }
}
void identity_set_stage(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    lf::identity x{chosen(state.range(1) != 0)};
    require(x.assign(some_people(n)), "ids are unique");
    const auto work = some_leads(n, 1 << 13, 6);
    std::uint32_t shift = 0;
    fastest f{state, work.size()};
    for (auto _ : state) {
        ++shift;
        f.time([&] {
            for (const auto lead : work)
                x.set_stage(lead, (lead + shift) % 8,
                            lf::instant{lf::duration{start + 400 * day + shift}});
        });
    }
}
void identity_find(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto people = some_people(n);
    lf::identity x{chosen(state.range(1) != 0)};
    require(x.assign(people), "ids are unique");
    const auto work = some_leads(n, 1 << 13, 7);
    for (const auto lead : work) require(x.find(people[lead].id) == lead, "found by its id");
    fastest f{state, work.size()};
    for (auto _ : state)
        f.time([&] {
            for (const auto lead : work) benchmark::DoNotOptimize(x.find(people[lead].id));
        });
}
BENCHMARK(identity_insert)->Apply(identity_sizes)->Unit(benchmark::kMillisecond);
BENCHMARK(identity_assign)->Apply(identity_sizes)->Unit(benchmark::kMillisecond);
BENCHMARK(identity_set_stage)->Apply(identity_sizes);
BENCHMARK(identity_find)->Apply(identity_sizes);

} // namespace
