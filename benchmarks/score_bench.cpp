// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Workloads B1a (additive points with a half-life), B1b (rich rules) and B3 (104 weekly cut-offs),
// each beside merely reading the same bytes; reading named columns; single leads; compiling. Every
// row reports nanoseconds and bytes for each touchpoint, lead or output; `x_read` is the ratio to
// reading.

#include "generator.hpp"

#include <benchmark/benchmark.h>

#include <ctime>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <tuple>

namespace {

using namespace benchmarks;

struct stored {
    raw_log raw;
    lf::histories histories;
};

/// Histories by size and skew, ten touchpoints a lead. Only the last requested ones are kept, since
/// the largest need most of the memory.
const stored& data(std::size_t leads, skew s, facts known) {
    static std::tuple<std::size_t, skew, facts> key;
    static std::unique_ptr<stored> held;
    const auto wanted = std::tuple{leads, s, known};
    if (held == nullptr || key != wanted) {
        held.reset();
        auto raw = make_log(leads, leads * 10, s);
        auto histories = group(raw, known != facts::none, known);
        held = std::make_unique<stored>(stored{std::move(raw), std::move(histories)});
        key = wanted;
    }
    return *held;
}

/// Processor time of this thread, in seconds: it excludes the machine's other work.
double thread_seconds() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Seconds that one core needs to read the columns that scoring reads.
double seconds_to_read(const lf::histories& h) {
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        const double began = thread_seconds();
        std::int64_t sum = 0;
        const auto all = h.touchpoints(0, h.size());
        for (std::size_t i = 0; i < all.size(); ++i)
            sum += all.at[i].time_since_epoch().count() + all.kind[i];
        for (const auto v : all.value) sum += v;
        benchmark::DoNotOptimize(sum);
        best = std::min(best, thread_seconds() - began);
    }
    return best;
}

/// Sets the counters that every row has, from the fastest round.
void report(benchmark::State& state, const lf::histories& h, std::size_t outputs, double seconds) {
    const auto touchpoints = static_cast<double>(h.touchpoint_count());
    state.counters["ns/touchpoint"] = seconds * 1e9 / touchpoints;
    state.counters["ns/output"] = seconds * 1e9 / static_cast<double>(outputs);
    state.counters["bytes/touchpoint"] = static_cast<double>(h.memory()) / touchpoints;
    state.counters["x_read"] = seconds / seconds_to_read(h);
}

/// Runs the rounds of a benchmark. Returns the seconds of the fastest one: processor time for one
/// thread, wall time for several.
template<class Work>
double fastest(benchmark::State& state, const Work& work, std::int64_t threads = 1) {
    double best = 1e9;
    for (auto _ : state) {
        const auto began = std::chrono::steady_clock::now();
        const double cpu_began = thread_seconds();
        work();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        best = std::min(best, threads == 1 ? thread_seconds() - cpu_began : took.count());
    }
    return best;
}

/// Compares with another computation: one lead at a time, as a host would do it.
void compare(const lf::scorer& s, const lf::score_table& t, lf::instant at) {
    for (std::size_t lead = 0; lead < s.leads().size(); lead += s.leads().size() / 97 + 1)
        for (std::size_t k = 0; k < s.used_plan().score_count(); ++k)
            if (t.at(k, lead) != s.score_at(lead, k, at))
                throw std::logic_error("batch and single scores differ");
}

void stored_scores(benchmark::State& state, const lf::model& model, facts known) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    const auto& d = data(leads, state.range(2) == 0 ? skew::uniform : skew::zipf, known);
    const lf::scorer s{lf::compile(model), d.histories};
    const std::vector at{end};
    const lf::batch_options options{.threads = static_cast<unsigned>(state.range(1))};
    compare(s, *lf::score_all(s, at, options), end);
    const double seconds = fastest(
        state, [&] { benchmark::DoNotOptimize(lf::score_all(s, at, options)); }, state.range(1));
    report(state, d.histories, leads * s.used_plan().score_count(), seconds);
}

/// A raw log as a host has it: leads and types as dictionary codes, in order of time or in no
/// order.
struct raw_columns {
    std::vector<std::string> ids{};
    std::vector<std::string> type_names{};
    std::vector<std::uint32_t> lead{};
    std::vector<std::uint8_t> type{};
    std::vector<lf::instant> at{};
    std::vector<std::int32_t> seconds{};
    std::vector<std::string> industry_names{industries.begin(), industries.end()};
    std::vector<std::string> role_names{roles.begin(), roles.end()};
    std::vector<std::uint8_t> industry{};
    std::vector<std::uint8_t> role{};
    std::vector<std::int32_t> employees{};

    raw_columns(std::size_t leads, skew s, bool shuffled, facts known) {
        const bool full = known != facts::none;
        const auto raw = make_log(leads, leads * 10, s);
        for (std::size_t i = 0; i < leads; ++i) ids.push_back(lead_name(i));
        for (std::size_t i = 0; i < types; ++i) type_names.push_back(type_name(i));
        std::vector<std::uint32_t> order(raw.at.size());
        std::iota(order.begin(), order.end(), 0U);
        benchmarks::random r{3};
        if (shuffled)
            for (std::size_t i = order.size(); i > 1; --i)
                std::swap(order[i - 1], order[r.below(i)]);
        for (const auto i : order) {
            lead.push_back(raw.lead[i]);
            type.push_back(static_cast<std::uint8_t>(raw.kind[i]));
            at.push_back(raw.at[i]);
            if (full)
                seconds.push_back(static_cast<std::int32_t>(raw.value[i] / lf::decimal::unit));
        }
        for (std::size_t i = 0; full && i < leads; ++i) {
            industry.push_back(static_cast<std::uint8_t>(r.below(industries.size())));
            role.push_back(static_cast<std::uint8_t>(r.below(roles.size())));
            employees.push_back(static_cast<std::int32_t>(r.below(5'000)));
        }
    }
    [[nodiscard]] lf::leads_table leads() const {
        if (industry.empty()) return {};
        return {{{"lead", ids},
                 {"industry", lf::coded_texts{industry, industry_names}},
                 {"role", lf::coded_texts{role, role_names}},
                 {"employees", employees}}};
    }
    [[nodiscard]] lf::touchpoints_table touchpoints() const {
        lf::touchpoints_table t{{{"lead", lf::coded_texts{lead, ids}},
                                 {"at", at},
                                 {"type", lf::coded_texts{type, type_names}}}};
        if (!seconds.empty()) t.columns.push_back({"value", seconds});
        return t;
    }
    /// Bytes of a touchpoint's row.
    [[nodiscard]] double row_bytes() const { return seconds.empty() ? 13 : 17; }
    [[nodiscard]] double seconds_to_read() const {
        double best = 1e9;
        for (int round = 0; round < 5; ++round) {
            const double began = thread_seconds();
            std::int64_t sum = 0;
            for (std::size_t i = 0; i < at.size(); ++i)
                sum += at[i].time_since_epoch().count() + lead[i] + type[i];
            for (const auto v : seconds) sum += v;
            benchmark::DoNotOptimize(sum);
            best = std::min(best, thread_seconds() - began);
        }
        return best;
    }
};

void raw_scores(benchmark::State& state, const lf::model& model, facts known) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    const raw_columns raw{leads, state.range(2) == 0 ? skew::uniform : skew::zipf,
                          state.range(3) != 0, known};
    const auto plan = lf::compile(model);
    const std::vector at{end};
    const lf::batch_options options{.threads = static_cast<unsigned>(state.range(1))};
    const auto score = [&] {
        return lf::score_tables(plan, raw.leads(), raw.touchpoints(), at, options);
    };
    {
        const auto h = lf::make_histories(raw.leads(), raw.touchpoints(), plan);
        compare(lf::scorer{plan, h}, score()->scores(), end);
    }
    const double seconds = fastest(
        state, [&] { benchmark::DoNotOptimize(score()); }, state.range(1));
    const auto touchpoints = static_cast<double>(raw.at.size());
    state.counters["ns/touchpoint"] = seconds * 1e9 / touchpoints;
    state.counters["bytes/touchpoint"] = raw.row_bytes();
    state.counters["x_read"] = seconds / raw.seconds_to_read();
}

/// From named columns to histories, with texts and instants as in an Arrow table. `coded`: leads
/// and types are dictionary codes.
void named_columns(benchmark::State& state, bool coded) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    const auto raw = make_log(leads, leads * 10);
    std::vector<std::string> ids;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < leads; ++i) ids.push_back(lead_name(i));
    for (std::size_t i = 0; i < types; ++i) names.push_back(type_name(i));
    struct texts {
        std::string bytes{};
        std::vector<std::int64_t> offsets{0};
        void add(const std::string& s) {
            bytes += s;
            offsets.push_back(static_cast<std::int64_t>(bytes.size()));
        }
        [[nodiscard]] lf::packed_texts<std::int64_t> view() const { return {offsets, bytes}; }
    } lead, type;
    std::vector<std::uint8_t> type_code;
    for (std::size_t i = 0; i < raw.at.size(); ++i) {
        if (!coded) lead.add(ids[raw.lead[i]]);
        if (!coded) type.add(names[raw.kind[i]]);
        type_code.push_back(static_cast<std::uint8_t>(raw.kind[i]));
    }
    const lf::touchpoints_table table{{coded ? lf::column{"lead", lf::coded_texts{raw.lead, ids}}
                                             : lf::column{"lead", lead.view()},
                                       {"at", raw.at},
                                       coded ? lf::column{"type", lf::coded_texts{type_code, names}}
                                             : lf::column{"type", type.view()}}};
    const auto h = lf::make_histories({}, table);
    if (h.touchpoint_count() != raw.at.size()) throw std::logic_error("rows are lost");
    const double seconds =
        fastest(state, [&] { benchmark::DoNotOptimize(lf::make_histories({}, table)); });
    report(state, h, leads, seconds);
}

void cutoffs(benchmark::State& state, const lf::model& model, facts known) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    const auto& d = data(leads, skew::uniform, known);
    const lf::scorer s{lf::compile(model), d.histories};
    std::vector<lf::instant> weeks;
    for (int i = 1; i <= 104; ++i) weeks.push_back(begin + days{7 * i});
    const lf::batch_options options{.threads = static_cast<unsigned>(state.range(1))};
    const double seconds = fastest(
        state, [&] { benchmark::DoNotOptimize(lf::score_all(s, weeks, options)); }, state.range(1));
    report(state, d.histories, leads * weeks.size() * s.used_plan().score_count(), seconds);
}

void B1a_stored(benchmark::State& s) { stored_scores(s, additive_model(), facts::none); }
void B1a_raw(benchmark::State& s) { raw_scores(s, additive_model(), facts::none); }
void columns_plain(benchmark::State& s) { named_columns(s, false); }
void columns_coded(benchmark::State& s) { named_columns(s, true); }
void B1b_stored(benchmark::State& s) {
    stored_scores(s, rich_model(static_cast<std::size_t>(s.range(3))), facts::steady);
}
void B1b_changing_facts(benchmark::State& s) { stored_scores(s, rich_model(30), facts::changing); }
void B1b_raw(benchmark::State& s) { raw_scores(s, rich_model(30), facts::steady); }
void B3_additive(benchmark::State& s) { cutoffs(s, additive_model(), facts::none); }
void B3_rich(benchmark::State& s) { cutoffs(s, rich_model(30), facts::steady); }

/// One lead with 100 touchpoints, as for displaying a page.
void score_at_100_touchpoints(benchmark::State& state) {
    const auto raw = make_log(1'000, 100'000);
    const auto h = group(raw, true, facts::steady);
    const lf::scorer s{lf::compile(state.range(0) == 0 ? additive_model() : rich_model(30)), h};
    std::size_t lead = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(s.score_at(lead, 0, end));
        lead = (lead + 1) % h.size();
    }
}

void compile_rules(benchmark::State& state) {
    const auto m = rich_model(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(lf::compile(m));
}

BENCHMARK(B1a_stored)
    ->ArgNames({"leads", "threads", "zipf"})
    ->ArgsProduct({{10'000, 100'000, 1'000'000, 10'000'000}, {1, 2}, {0}})
    ->ArgsProduct({{1'000'000}, {1}, {1}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(B1a_raw)
    ->ArgNames({"leads", "threads", "zipf", "shuffled"})
    ->ArgsProduct({{10'000, 100'000, 1'000'000, 10'000'000}, {1, 2}, {0}, {0}})
    ->ArgsProduct({{100'000, 1'000'000}, {1}, {1}, {0}})
    ->ArgsProduct({{100'000, 1'000'000}, {1}, {0}, {1}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(columns_plain)
    ->ArgName("leads")
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(columns_coded)
    ->ArgName("leads")
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(B1b_stored)
    ->ArgNames({"leads", "threads", "zipf", "rules"})
    ->ArgsProduct({{10'000, 100'000, 1'000'000}, {1, 2}, {0}, {30}})
    ->ArgsProduct({{100'000}, {1}, {0, 1}, {3, 300}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(B1b_changing_facts)
    ->ArgNames({"leads", "threads", "zipf"})
    ->ArgsProduct({{100'000}, {1, 2}, {0}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(B1b_raw)
    ->ArgNames({"leads", "threads", "zipf", "shuffled"})
    ->ArgsProduct({{10'000, 100'000, 1'000'000}, {1, 2}, {0}, {0}})
    ->ArgsProduct({{100'000, 1'000'000}, {1}, {1}, {0}})
    ->ArgsProduct({{100'000, 1'000'000}, {1}, {0}, {1}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(B3_additive)
    ->ArgNames({"leads", "threads"})
    ->ArgsProduct({{10'000, 100'000}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(B3_rich)
    ->ArgNames({"leads", "threads"})
    ->ArgsProduct({{10'000}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(score_at_100_touchpoints)->ArgName("rich")->Arg(0)->Arg(1);
BENCHMARK(compile_rules)->Arg(30)->Arg(1'000)->Unit(benchmark::kMillisecond);

} // namespace
