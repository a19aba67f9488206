// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The live engine: workloads B2 (events as they arrive), B5 (events mixed with rank queries) and B6
// (snapshots), loading, passing time, counts and memory. B2 runs beside a Boost.MultiIndex that
// only updates the indices, SQLite in memory with the same indices, and CLIPS with as many rules;
// their answers are compared before anything is timed. File snapshots run beside plainly writing,
// flushing and reading the same bytes.
//
// LEADFUNNEL_BENCH_LEADS limits the sizes, and is one of them (default 10⁶; 10⁷ needs 12 GiB).
// LEADFUNNEL_BENCH_TOUCHPOINTS is the number of touchpoints each lead has before anything is
// measured (default 2). Files are written to the temporary folder (TMPDIR), which needs room for
// two snapshots.

#include "generator.hpp"

#include <benchmark/benchmark.h>

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index/ranked_index.hpp>
#include <boost/multi_index_container.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#if defined(LEADFUNNEL_BENCH_SQLITE)
#include <sqlite3.h>
#endif
#if defined(LEADFUNNEL_BENCH_CLIPS)
extern "C" {
#include <clips/clips.h>
}
#endif

namespace {

using namespace benchmarks;
using steady = std::chrono::steady_clock;
using std::chrono::hours;

void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error{what};
}

double ns_since(steady::time_point began) {
    return std::chrono::duration<double, std::nano>(steady::now() - began).count();
}

/// Processor time of this thread, in nanoseconds: on a machine with other work, wall time includes
/// that work. A call takes a quarter of a microsecond.
double cpu() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

// ------------------------------------------------------------------------------------ the work

/// The 30 rules, a banding with hysteresis, and five stages with SLAs and a timer. Some points
/// never decay, so leads that nobody calls stay hot. Each returns to sales at most three times.
lf::model live_model() {
    auto m = rich_model(30);
    m.attributes.push_back({.id = "owner"});
    m.roles.owner = "owner";
    m.bandings = {{.id = "heat",
                   .score = "engagement",
                   .bands = {{.id = "cold"},
                             {.id = "warm", .enter = 15, .leave = 10},
                             {.id = "hot", .enter = 40, .leave = 25}}}};
    m.funnels = {
        {.id = "sales",
         .stages = {{.id = "inquiry", .entry = true},
                    {.id = "mql",
                     .slas = {{.id = "answer",
                               .due = {.after = hours{24}},
                               .warn_before = hours{4},
                               .met_by = lf::on(type_name(2))}}},
                    {.id = "sal"},
                    {.id = "nurture"},
                    {.id = "won", .terminal = true}},
         .transitions = {{.id = "arrive", .to = "inquiry", .on = lf::pattern{}},
                         {.id = "hot",
                          .from = {"inquiry", "nurture"},
                          .to = "mql",
                          .when = lf::band_now("heat").equals("hot") &&
                                  lf::times_entered("sales", "mql").less(4.0)},
                         {.id = "accept", .from = {"mql"}, .to = "sal", .on = lf::on(type_name(2))},
                         {.id = "cool",
                          .from = {"mql", "sal"},
                          .to = "nurture",
                          .when = lf::band_now("heat").equals("cold")},
                         {.id = "give_up",
                          .from = {"mql"},
                          .to = "nurture",
                          .after = lf::timer{.after = days{30}}},
                         {.id = "win",
                          .from = {"sal"},
                          .to = "won",
                          .on = lf::on(type_name(3)),
                          .when = lf::score_now("engagement").at_least(60.0)}}}};
    return m;
}

std::size_t number_from(const char* variable, std::size_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : static_cast<std::size_t>(std::atoll(text));
}

/// How many touchpoints a lead has before its life is measured; at least two.
std::size_t touchpoints_a_lead() {
    static const auto n = std::max<std::size_t>(number_from("LEADFUNNEL_BENCH_TOUCHPOINTS", 2), 2);
    return n;
}

/// An endless sequence of touchpoints: ten a lead in 730 days, or as many as `touchpoints_a_lead`
/// says.
class stream {
  public:
    stream(std::size_t leads, skew s)
        : leads_(leads), skew_(s), at_(begin),
          step_(
              lf::duration{days{730}} /
              static_cast<std::int64_t>(leads * std::max<std::size_t>(touchpoints_a_lead(), 10))) {}

    lf::event next() { return of(any_lead()); }
    lf::event of(std::uint64_t lead) {
        const auto x = draw();
        return lf::touchpoint{.lead = lead_name(lead),
                              .at = x.at,
                              .type = type_name(x.type),
                              .value = lf::decimal{static_cast<int>(x.value)}};
    }
    /// Histories of `touchpoints` touchpoints a lead; every lead is mentioned, in order.
    lf::histories past(std::size_t touchpoints) {
        lf::history_builder b;
        std::vector<std::uint32_t> kinds_of;
        for (std::size_t i = 0; i < leads_; ++i) (void)b.lead(lead_name(i));
        for (std::size_t t = 0; t < types; ++t) kinds_of.push_back(b.kind({.type = type_name(t)}));
        std::vector<std::uint32_t> leads;
        std::vector<lf::instant> at;
        std::vector<std::uint32_t> kinds;
        std::vector<lf::stored_value> values;
        for (std::size_t i = 0; i < touchpoints; ++i) {
            const auto lead = any_lead();
            const auto x = draw();
            leads.push_back(static_cast<std::uint32_t>(lead));
            at.push_back(x.at);
            kinds.push_back(kinds_of[x.type]);
            values.push_back(lf::store(lf::decimal{static_cast<int>(x.value)}));
            if (leads.size() < 65'536 && i + 1 < touchpoints) continue;
            b.add_touchpoints(leads, at, kinds, values);
            leads.clear();
            at.clear();
            kinds.clear();
            values.clear();
        }
        return b.build();
    }
    void next(std::size_t n, std::vector<lf::event>& out) {
        out.clear();
        for (std::size_t i = 0; i < n; ++i) out.push_back(next());
    }
    [[nodiscard]] std::string lead() { return lead_name(random_.below(leads_)); }
    [[nodiscard]] lf::instant now() const noexcept { return at_; }
    void skip(lf::duration d) { at_ += d; }

  private:
    struct drawn {
        lf::instant at;
        std::uint64_t type;
        std::uint64_t value;
    };
    std::uint64_t any_lead() {
        if (skew_ != skew::zipf) return random_.below(leads_);
        const double u = static_cast<double>(random_.next() >> 11) * 0x1p-53;
        return static_cast<std::uint64_t>(std::pow(static_cast<double>(leads_), u)) - 1;
    }
    drawn draw() {
        at_ += step_;
        const auto type = random_.below(types);
        return {at_, type, random_.below(600)};
    }

    std::size_t leads_;
    skew skew_;
    lf::instant at_;
    lf::duration step_;
    benchmarks::random random_{11};
};

template<class Engine>
void forget_signals(Engine& e) {
    e.acknowledge(e.last_signal());
}

/// An engine in the middle of its life. All but two of each lead's touchpoints are loaded. Then it
/// applies one event of every lead, and as many again in the order in which they arrive. One lead
/// in ten has attributes. Events are made a batch at a time.
template<class Engine>
void live_on(Engine& e, stream& s, std::size_t leads) {
    if (const auto before = touchpoints_a_lead() - 2; before != 0) e.load(s.past(leads * before));
    std::vector<lf::event> batch;
    benchmarks::random r{5};
    const auto take = [&] {
        e.apply(batch);
        forget_signals(e);
        batch.clear();
    };
    for (std::size_t i = 0; i < leads; ++i) {
        if (i % 10 == 0)
            batch.push_back(lf::attributes{
                .lead = lead_name(i),
                .values = {{"industry", std::string{industries[r.below(industries.size())]}},
                           {"role", std::string{benchmarks::roles[r.below(4)]}},
                           {"employees", static_cast<double>(r.below(500))}}});
        batch.push_back(s.of(i));
        if (batch.size() >= 8'192) take();
    }
    for (std::size_t i = 0; i < leads; ++i) {
        batch.push_back(s.next());
        if (batch.size() >= 8'192) take();
    }
    take();
}

struct world {
    lf::engine engine;
    stream events;
};

std::unique_ptr<world>& held_world() {
    static std::unique_ptr<world> held;
    return held;
}
/// Keeps only the world that was requested last. It lives on from one benchmark to the next.
world& living(std::size_t leads, skew s) {
    static std::pair<std::size_t, skew> key;
    auto& held = held_world();
    if (held == nullptr || key != std::pair{leads, s}) {
        held.reset();
        held = std::make_unique<world>(world{
            lf::engine{lf::compile(live_model()), {.ranked = {"engagement"}}}, stream{leads, s}});
        live_on(held->engine, held->events, leads);
        key = {leads, s};
    }
    return *held;
}

skew skew_of(const benchmark::State& state) {
    return state.range(1) == 0 ? skew::uniform : skew::zipf;
}

/// The mean is of processor time. Percentiles are of wall time, measured call by call: two readings
/// of the clock cost 50 ns, and the highest percentiles show the machine's other work.
void report(benchmark::State& state, std::vector<float>& ns, double used, double per) {
    if (ns.empty()) return;
    state.counters["ns/event"] = used / static_cast<double>(ns.size()) / per;
    std::sort(ns.begin(), ns.end());
    const auto at = [&](double share) {
        const auto i = static_cast<std::size_t>(share * static_cast<double>(ns.size()));
        return static_cast<double>(ns[std::min(i, ns.size() - 1)]);
    };
    state.counters["p50_ns"] = at(0.5);
    state.counters["p99_ns"] = at(0.99);
    state.counters["p99.9_ns"] = at(0.999);
}

void report_memory(benchmark::State& state, const lf::memory_report& m) {
    const auto per = [](std::size_t a, std::size_t b) {
        return static_cast<double>(a) / static_cast<double>(b);
    };
    state.counters["B/lead"] = per(m.lead_bytes + m.index_bytes, m.leads);
    state.counters["B/touchpoint"] = per(m.touchpoint_bytes, m.touchpoints);
}

constexpr std::size_t round = 32'768; // events between pauses

/// Calls `act` for each thing and records how long each call took.
template<class Things, class Do>
void time_each(const Things& all, std::vector<float>& ns, const Do& act) {
    for (const auto& x : all) {
        const auto began = steady::now();
        act(x);
        ns.push_back(static_cast<float>(ns_since(began)));
    }
}

// ---------------------------------------------------------------------------------------- B2

/// One event at a time.
void B2_single(benchmark::State& state) {
    auto& w = living(static_cast<std::size_t>(state.range(0)), skew_of(state));
    std::vector<float> ns;
    double used = 0;
    std::vector<lf::event> events;
    for (auto _ : state) {
        state.PauseTiming();
        w.events.next(round, events);
        forget_signals(w.engine);
        state.ResumeTiming();
        const auto before = cpu();
        time_each(events, ns, [&](const auto& e) { w.engine.apply(e); });
        used += cpu() - before;
    }
    report(state, ns, used, 1);
    report_memory(state, w.engine.memory());
}

void B2_batch(benchmark::State& state) {
    auto& w = living(static_cast<std::size_t>(state.range(0)), skew_of(state));
    std::vector<float> ns;
    double used = 0;
    std::vector<lf::event> events;
    for (auto _ : state) {
        state.PauseTiming();
        w.events.next(round, events);
        state.ResumeTiming();
        const auto before = cpu();
        for (std::size_t i = 0; i < round; i += 1'024) {
            const auto began = cpu();
            w.engine.apply(std::span{events}.subspan(i, 1'024));
            ns.push_back(static_cast<float>(cpu() - began));
            forget_signals(w.engine);
        }
        used += cpu() - before;
    }
    report(state, ns, used, 1'024);
}

/// As many shards as threads. Reports wall time, since several threads work.
void B2_batch_sharded(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    const auto shards = static_cast<std::size_t>(state.range(1));
    lf::sharded_engine e{lf::compile(live_model()), shards};
    stream s{leads, skew::uniform};
    live_on(e, s, leads);
    std::vector<float> ns;
    double used = 0;
    std::vector<lf::event> events;
    for (auto _ : state) {
        state.PauseTiming();
        s.next(round, events);
        state.ResumeTiming();
        const auto before = steady::now();
        for (std::size_t i = 0; i < round; i += 1'024) {
            const auto began = steady::now();
            e.apply(std::span{events}.subspan(i, 1'024));
            ns.push_back(static_cast<float>(ns_since(began)));
            forget_signals(e);
        }
        used += ns_since(before);
    }
    report(state, ns, used, 1'024);
}

// ------------------------------------------------------------------------- B2: only the indices

struct row {
    std::string id{};
    std::uint32_t account = 0;
    std::uint32_t owner = 0;
    std::uint32_t stage = 0;
    std::int64_t entered = 0;
    std::int64_t score = 0;
    std::int64_t last = 0;
};

namespace mi = boost::multi_index;
using table = mi::multi_index_container<
    row, mi::indexed_by<
             mi::hashed_unique<mi::member<row, std::string, &row::id>>,
             mi::ordered_non_unique<mi::member<row, std::uint32_t, &row::account>>,
             mi::ordered_non_unique<mi::member<row, std::uint32_t, &row::owner>>,
             mi::ordered_non_unique<mi::member<row, std::uint32_t, &row::stage>>,
             mi::ranked_non_unique<mi::member<row, std::int64_t, &row::score>, std::greater<>>,
             mi::ordered_non_unique<mi::member<row, std::int64_t, &row::last>>>>;

const std::vector<std::string>& stage_names() {
    static const std::vector<std::string> names{"inquiry", "mql", "sal", "nurture", "won"};
    return names;
}

/// What the engine knows, as rows.
std::vector<row> rows_of(const lf::engine& e, std::size_t leads) {
    std::vector<row> out;
    for (std::size_t i = 0; i < leads; ++i) {
        row r{.id = lead_name(i),
              .account = static_cast<std::uint32_t>(i / 4),
              .owner = static_cast<std::uint32_t>(i % 50)};
        r.score = e.score(r.id, "engagement").value.micros();
        if (const auto at = e.stage(r.id, "sales")) {
            const auto& names = stage_names();
            r.stage = 1 + static_cast<std::uint32_t>(
                              std::find(names.begin(), names.end(), at->stage) - names.begin());
            r.entered = at->since.time_since_epoch().count();
        }
        out.push_back(std::move(r));
    }
    return out;
}

/// The changes that 32,768 events make in rows: always scores, seldom stages.
struct change {
    std::string id;
    std::int64_t score;
    std::int64_t last;
};
std::vector<change> changes(std::size_t leads, std::int64_t at, benchmarks::random& r) {
    std::vector<change> out;
    for (std::size_t i = 0; i < round; ++i)
        out.push_back({lead_name(r.below(leads)), static_cast<std::int64_t>(r.below(200'000'000)),
                       at + static_cast<std::int64_t>(i)});
    return out;
}

void B2_indices_multi_index(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    const auto& e = living(leads, skew::uniform).engine;
    table t;
    for (auto& r : rows_of(e, leads)) t.insert(std::move(r));
    // The answers must equal the engine's: leads by stage, and ranks.
    for (std::uint32_t s = 0; s < stage_names().size(); ++s)
        require(t.get<3>().count(s + 1) == e.count_in_stage("sales", stage_names()[s]),
                "counts by stage differ");
    for (const auto* id : {"L0", "L7", "L4711"}) {
        const auto& scores = t.get<4>();
        const auto rank = scores.lower_bound_rank(t.get<0>().find(id)->score) + 1;
        require(e.rank(id, "engagement", e.now()) == rank, "ranks differ");
    }
    benchmarks::random r{3};
    std::int64_t at = 0;
    std::vector<float> ns;
    double used = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const auto work = changes(leads, at, r);
        at += static_cast<std::int64_t>(round);
        state.ResumeTiming();
        const auto before = cpu();
        time_each(work, ns, [&](const auto& c) {
            const auto it = t.get<0>().find(c.id);
            t.modify(it, [&](row& x) {
                x.score = c.score;
                x.last = c.last;
            });
        });
        used += cpu() - before;
    }
    report(state, ns, used, 1);
}

#if defined(LEADFUNNEL_BENCH_SQLITE)

class database {
  public:
    database() {
        require(sqlite3_open(":memory:", &db_) == SQLITE_OK, "SQLite does not open");
        run("create table leads (id text primary key, account integer, owner integer, stage "
            "integer, entered integer, score integer, last integer) without rowid");
    }
    ~database() {
        for (auto* s : statements_) sqlite3_finalize(s);
        sqlite3_close(db_);
    }
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    void run(const char* sql) {
        require(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
    }
    sqlite3_stmt* prepare(const char* sql) {
        sqlite3_stmt* s = nullptr;
        require(sqlite3_prepare_v2(db_, sql, -1, &s, nullptr) == SQLITE_OK, sql);
        statements_.push_back(s);
        return s;
    }

  private:
    sqlite3* db_ = nullptr;
    std::vector<sqlite3_stmt*> statements_;
};

void bind(sqlite3_stmt* s, int i, const std::string& v) {
    sqlite3_bind_text(s, i, v.data(), static_cast<int>(v.size()), SQLITE_STATIC);
}
std::int64_t number(sqlite3_stmt* s) {
    require(sqlite3_step(s) == SQLITE_ROW, "no row");
    const auto n = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return n;
}

void B2_indices_sqlite(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    const auto& e = living(leads, skew::uniform).engine;
    database db;
    db.run("begin");
    auto* insert = db.prepare("insert into leads values (?, ?, ?, ?, ?, ?, 0)");
    for (const auto& r : rows_of(e, leads)) {
        bind(insert, 1, r.id);
        sqlite3_bind_int64(insert, 2, r.account);
        sqlite3_bind_int64(insert, 3, r.owner);
        sqlite3_bind_int64(insert, 4, r.stage);
        sqlite3_bind_int64(insert, 5, r.entered);
        sqlite3_bind_int64(insert, 6, r.score);
        require(sqlite3_step(insert) == SQLITE_DONE, "no insert");
        sqlite3_reset(insert);
    }
    for (const auto* sql : {"create index a on leads (account)", "create index o on leads (owner)",
                            "create index s on leads (stage, entered)",
                            "create index c on leads (score)", "create index l on leads (last)"})
        db.run(sql);
    db.run("commit");
    auto* count = db.prepare("select count(*) from leads where stage = ?");
    for (std::size_t s = 0; s < stage_names().size(); ++s) {
        sqlite3_bind_int64(count, 1, static_cast<std::int64_t>(s) + 1);
        require(static_cast<std::size_t>(number(count)) ==
                    e.count_in_stage("sales", stage_names()[s]),
                "counts by stage differ");
    }
    auto* rank = db.prepare("select count(*) + 1 from leads where score > "
                            "(select score from leads where id = ?)");
    for (const std::string id : {"L0", "L7", "L4711"}) {
        bind(rank, 1, id);
        require(e.rank(id, "engagement", e.now()) == static_cast<std::size_t>(number(rank)),
                "ranks differ");
    }
    auto* update = db.prepare("update leads set score = ?, last = ? where id = ?");
    benchmarks::random r{3};
    std::int64_t at = 0;
    std::vector<float> ns;
    double used = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const auto work = changes(leads, at, r);
        at += static_cast<std::int64_t>(round);
        state.ResumeTiming();
        const auto before = cpu();
        db.run("begin");
        time_each(work, ns, [&](const auto& c) {
            sqlite3_bind_int64(update, 1, c.score);
            sqlite3_bind_int64(update, 2, c.last);
            bind(update, 3, c.id);
            require(sqlite3_step(update) == SQLITE_DONE, "no update");
            sqlite3_reset(update);
        });
        db.run("commit");
        used += cpu() - before;
    }
    report(state, ns, used, 1);
}

#endif

// ------------------------------------------------------------------------------ B2: only rules

/// A model that an expert system can express too: 30 types have points without decay, and at 40
/// points a lead goes to sales.
lf::model plain_model() {
    auto m = additive_model();
    m.rules.resize(30);
    for (auto& r : m.rules) std::get<lf::occurrence>(r).decay = lf::no_decay{};
    m.funnels = {{.id = "sales",
                  .stages = {{.id = "inquiry", .entry = true}, {.id = "mql"}},
                  .transitions = {{.id = "arrive", .to = "inquiry", .on = lf::pattern{}},
                                  {.id = "hot",
                                   .from = {"inquiry"},
                                   .to = "mql",
                                   .when = lf::score_now("engagement").at_least(40.0)}}}};
    return m;
}

void B2_plain_rules(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    lf::engine e{lf::compile(plain_model())};
    stream s{leads, skew::uniform};
    live_on(e, s, leads);
    std::vector<float> ns;
    double used = 0;
    std::vector<lf::event> events;
    for (auto _ : state) {
        state.PauseTiming();
        s.next(round, events);
        forget_signals(e);
        state.ResumeTiming();
        const auto before = cpu();
        time_each(events, ns, [&](const auto& x) { e.apply(x); });
        used += cpu() - before;
    }
    report(state, ns, used, 1);
}

#if defined(LEADFUNNEL_BENCH_CLIPS)

class clips {
  public:
    clips() : env_(CreateEnvironment()) {
        build("(deftemplate lead (slot id) (slot score (default 0)) (slot stage))");
        build("(deftemplate touchpoint (slot lead) (slot type))");
        for (std::size_t i = 0; i < 30; ++i)
            build("(defrule r" + std::to_string(i) + " ?t <- (touchpoint (lead ?l) (type " +
                  type_name(i) +
                  ")) ?f <- (lead (id ?l) (score ?s)) => (retract ?t) (modify ?f (score (+ ?s " +
                  std::to_string(1 + i % 10) + "))))");
        for (std::size_t i = 30; i < types; ++i)
            build("(defrule other" + std::to_string(i) + " ?t <- (touchpoint (type " +
                  type_name(i) + ")) => (retract ?t))");
        build("(defrule hot ?f <- (lead (stage inquiry) (score ?s&:(>= ?s 40))) => "
              "(modify ?f (stage mql)))");
        EnvReset(env_);
    }
    ~clips() { DestroyEnvironment(env_); }
    clips(const clips&) = delete;
    clips& operator=(const clips&) = delete;

    void build(const std::string& construct) {
        require(EnvBuild(env_, construct.c_str()) != 0, "CLIPS refuses a construct");
    }
    void tell(const std::string& fact) {
        require(EnvAssertString(env_, fact.c_str()) != nullptr, "CLIPS refuses a fact");
    }
    void run() { EnvRun(env_, -1); }
    std::int64_t ask(const std::string& expression) {
        DATA_OBJECT out;
        require(EnvEval(env_, expression.c_str(), &out) != 0, "CLIPS refuses a question");
        return DOToLong(out);
    }

  private:
    void* env_;
};

std::string fact_of(const lf::event& e) {
    const auto& t = std::get<lf::touchpoint>(e);
    return "(touchpoint (lead " + t.lead + ") (type " + t.type + "))";
}

void B2_plain_rules_clips(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    lf::engine e{lf::compile(plain_model())};
    stream s{leads, skew::uniform};
    clips c;
    for (std::size_t i = 0; i < leads; ++i)
        c.tell("(lead (id L" + std::to_string(i) + ") (stage inquiry))");
    c.run();
    std::vector<lf::event> events;
    s.next(leads, events);
    for (const auto& x : events) {
        c.tell(fact_of(x));
        c.run();
    }
    e.apply(events);
    for (int i = 0; i < 20; ++i) {
        const auto lead = s.lead();
        if (!e.contains(lead)) continue;
        const auto score = c.ask("(do-for-fact ((?f lead)) (eq ?f:id " + lead + ") ?f:score)");
        require(e.score(lead, "engagement").value == lf::points{static_cast<int>(score)},
                "scores differ");
    }
    require(static_cast<std::size_t>(c.ask("(length$ (find-all-facts ((?f lead)) (eq ?f:stage "
                                           "mql)))")) == e.count_in_stage("sales", "mql"),
            "stages differ");
    std::vector<float> ns;
    double used = 0;
    std::vector<std::string> facts;
    for (auto _ : state) {
        state.PauseTiming();
        s.next(round, events);
        facts.clear();
        for (const auto& x : events) facts.push_back(fact_of(x));
        state.ResumeTiming();
        const auto before = cpu();
        time_each(facts, ns, [&](const auto& f) {
            c.tell(f);
            c.run();
        });
        used += cpu() - before;
    }
    report(state, ns, used, 1);
}

#endif

// ---------------------------------------------------------------------------------------- B5

/// Of a hundred calls, 90 apply events, 5 query the top 100 and 5 query a rank, all at the present.
void B5_mixed(benchmark::State& state) {
    auto& w = living(static_cast<std::size_t>(state.range(0)), skew::uniform);
    double update = 0;
    double top = 0;
    double rank = 0;
    std::vector<lf::event> events;
    for (auto _ : state) {
        state.PauseTiming();
        w.events.next(90, events);
        const auto lead = w.events.lead();
        forget_signals(w.engine);
        state.ResumeTiming();
        for (std::size_t i = 0; i < 5; ++i) {
            auto began = cpu();
            for (std::size_t k = 0; k < 18; ++k) w.engine.apply(events[i * 18 + k]);
            update += cpu() - began;
            began = cpu();
            benchmark::DoNotOptimize(w.engine.top("engagement", 100, w.engine.now()));
            top += cpu() - began;
            began = cpu();
            benchmark::DoNotOptimize(w.engine.rank(lead, "engagement", w.engine.now()));
            rank += cpu() - began;
        }
    }
    const auto rounds = static_cast<double>(state.iterations());
    state.counters["update_ns"] = update / rounds / 90;
    state.counters["top100_us"] = top / rounds / 5 / 1e3;
    state.counters["rank_us"] = rank / rounds / 5 / 1e3;
}

/// A week after the last event.
void B5_after_a_week(benchmark::State& state) {
    auto& w = living(static_cast<std::size_t>(state.range(0)), skew::uniform);
    const auto later = w.engine.now() + days{7};
    double top = 0;
    double rank = 0;
    for (auto _ : state) {
        const auto lead = w.events.lead();
        auto began = cpu();
        benchmark::DoNotOptimize(w.engine.top("engagement", 100, later));
        top += cpu() - began;
        began = cpu();
        benchmark::DoNotOptimize(w.engine.rank(lead, "engagement", later));
        rank += cpu() - began;
    }
    const auto rounds = static_cast<double>(state.iterations());
    state.counters["top100_us"] = top / rounds / 1e3;
    state.counters["rank_us"] = rank / rounds / 1e3;
}

void stage_counts(benchmark::State& state) {
    auto& w = living(static_cast<std::size_t>(state.range(0)), skew::uniform);
    for (auto _ : state)
        for (const auto& s : stage_names())
            benchmark::DoNotOptimize(w.engine.count_in_stage("sales", s));
}

// ---------------------------------------------------------------------------------------- B6

void B6_save(benchmark::State& state) {
    auto& w = living(static_cast<std::size_t>(state.range(0)), skew::uniform);
    std::size_t bytes = 0;
    for (auto _ : state) bytes = w.engine.snapshot().size();
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
    state.counters["B/lead"] = static_cast<double>(bytes) / static_cast<double>(state.range(0));
}

/// Bytes that the process has in memory, by the kernel's names: VmRSS is the present value, VmHWM
/// the peak. 0 where the system has no such file.
double resident(const char* name) {
    std::ifstream in{"/proc/self/status"};
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(name)) return std::atof(line.c_str() + std::strlen(name) + 1) * 1024;
    return 0;
}
void report_resident(benchmark::State& state) {
    state.counters["GiB"] = resident("VmRSS") / 0x1p30;
    state.counters["GiB_peak"] = resident("VmHWM") / 0x1p30; // peak of the whole process so far
}

/// A file that is removed with its object.
struct scratch_file {
    explicit scratch_file(const std::string& name)
        : path(std::filesystem::temp_directory_path() /
               (std::to_string(::getpid()) + "-leadfunnel-bench-" + name)) {}
    ~scratch_file() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;
    std::filesystem::path path;
};

/// A file without a library's buffer, read or written in pieces.
class plain_file {
  public:
    plain_file(const std::filesystem::path& path, const char* how)
        : file_(std::fopen(path.c_str(), how)) {
        require(file_ != nullptr, "a file does not open");
        (void)std::setvbuf(file_, nullptr, _IONBF, 0);
    }
    ~plain_file() { (void)std::fclose(file_); }
    plain_file(const plain_file&) = delete;
    plain_file& operator=(const plain_file&) = delete;
    /// Returns the number of bytes read; fewer than `into` holds only at the end.
    std::size_t read(std::vector<char>& into) {
        return std::fread(into.data(), 1, into.size(), file_);
    }
    void write(const std::vector<char>& from, std::size_t bytes) {
        require(std::fwrite(from.data(), 1, bytes, file_) == bytes, "a file is not written");
    }
    void flush() { require(::fsync(::fileno(file_)) == 0, "a file is not flushed"); }

  private:
    std::FILE* file_;
};
constexpr std::size_t piece = 1 << 20; // bytes, as snapshots are written and read

/// Nanoseconds to write the content of another file as a snapshot is written: to a new file beside
/// the old one, flushed, and renamed. Reading is not counted. (Overwriting a file would reuse its
/// warm pages; a new file's pages come from anywhere.)
double write_plainly(const std::filesystem::path& from, const std::filesystem::path& to) {
    auto beside = to;
    beside += ".part";
    double ns = 0;
    {
        plain_file in{from, "rb"};
        plain_file out{beside, "wb"};
        std::vector<char> held(piece);
        for (std::size_t n = in.read(held); n != 0; n = in.read(held)) {
            const auto began = steady::now();
            out.write(held, n);
            ns += ns_since(began);
        }
        const auto began = steady::now();
        out.flush();
        ns += ns_since(began);
    }
    const auto began = steady::now();
    std::filesystem::rename(beside, to);
    return ns + ns_since(began);
}
/// Nanoseconds to read a file.
double read_plainly(const std::filesystem::path& from) {
    const auto began = steady::now();
    plain_file in{from, "rb"};
    std::vector<char> held(piece);
    while (in.read(held) != 0) benchmark::DoNotOptimize(held.data());
    return ns_since(began);
}
bool are_equal(const std::filesystem::path& a, const std::filesystem::path& b) {
    plain_file x{a, "rb"};
    plain_file y{b, "rb"};
    std::vector<char> left(piece);
    std::vector<char> right(piece);
    for (;;) {
        const auto n = x.read(left);
        if (n != y.read(right) || std::memcmp(left.data(), right.data(), n) != 0) return false;
        if (n == 0) return true;
    }
}

/// Compares what a call does with a file to what the disk needs for the same bytes, in nanoseconds.
/// It compares the best of several rounds of each: the machine's other work only makes rounds
/// longer.
struct beside_disk {
    double ours = 1e18;
    double plain = 1e18;
    double processor = 1e18;

    template<class Ours, class Plain>
    void round(benchmark::State& state, const Ours& do_ours, const Plain& do_plain) {
        const auto began = steady::now();
        const auto before = cpu();
        do_ours();
        processor = std::min(processor, cpu() - before);
        ours = std::min(ours, ns_since(began));
        state.PauseTiming();
        plain = std::min(plain, do_plain());
        state.ResumeTiming();
    }
    void report(benchmark::State& state, const std::filesystem::path& file, const char* ratio) {
        const auto bytes = static_cast<double>(std::filesystem::file_size(file));
        state.counters["best_ms"] = ours / 1e6;
        state.counters["cpu_ms"] = processor / 1e6;
        state.counters["plain_ms"] = plain / 1e6;
        state.counters[ratio] = ours / plain;
        state.counters["MB"] = bytes / 1e6;
        state.counters["MB/s"] = bytes / ours * 1e3;
        report_resident(state);
    }
};

void B6_save_file(benchmark::State& state) {
    const auto& e = living(static_cast<std::size_t>(state.range(0)), skew::uniform).engine;
    const scratch_file file{"saved"};
    const scratch_file plain{"plain"};
    beside_disk times;
    for (auto _ : state)
        times.round(
            state, [&] { e.save(file.path); },
            [&] { return write_plainly(file.path, plain.path); });
    times.report(state, file.path, "x_write");
}

/// Reads from the page cache, since the file was just written. The saved world is destroyed before,
/// so that only one engine exists at a time.
void B6_load_file(benchmark::State& state) {
    static std::pair<std::int64_t, std::unique_ptr<scratch_file>> saved;
    const auto leads = state.range(0);
    const lf::engine_options options{.ranked = state.range(1) != 0
                                                   ? std::vector<std::string>{"engagement"}
                                                   : std::vector<std::string>{}};
    if (saved.first != leads) {
        saved = {leads, std::make_unique<scratch_file>("kept")};
        living(static_cast<std::size_t>(leads), skew::uniform).engine.save(saved.second->path);
    }
    held_world().reset();
    const auto& file = saved.second->path;
    const auto plan = lf::compile(live_model());
    {
        const scratch_file again{"again"};
        lf::engine::from_file(plan, file, options).save(again.path);
        require(are_equal(file, again.path), "a snapshot of a snapshot differs");
    }
    beside_disk times;
    for (auto _ : state) {
        std::optional<lf::engine> loaded;
        times.round(
            state, [&] { loaded.emplace(lf::engine::from_file(plan, file, options)); },
            [&] {
                loaded.reset();
                return read_plainly(file);
            });
    }
    times.report(state, file, "x_read");
}

/// What the engine reports to hold, and what the process holds.
void memory(benchmark::State& state) {
    const auto& e = living(static_cast<std::size_t>(state.range(0)), skew::uniform).engine;
    lf::memory_report m;
    for (auto _ : state) m = e.memory();
    report_memory(state, m);
    state.counters["B/lead_index"] =
        static_cast<double>(m.index_bytes) / static_cast<double>(m.leads);
    state.counters["touchpoints"] = static_cast<double>(m.touchpoints);
    state.counters["GiB_reported"] =
        static_cast<double>(m.lead_bytes + m.touchpoint_bytes + m.index_bytes + m.dictionary_bytes +
                            m.outbox_bytes) /
        0x1p30;
    report_resident(state);
}

void B6_load(benchmark::State& state) {
    auto& w = living(static_cast<std::size_t>(state.range(0)), skew::uniform);
    const auto bytes = w.engine.snapshot();
    const auto plan = lf::compile(live_model());
    require(lf::engine::from_snapshot(plan, bytes).snapshot() == bytes,
            "a snapshot of a snapshot differs");
    for (auto _ : state) benchmark::DoNotOptimize(lf::engine::from_snapshot(plan, bytes));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

// ------------------------------------------------------------------------------- loading, time

/// Five touchpoints a lead, as events: loaded at once, or applied in batches.
void bulk(benchmark::State& state, bool loads) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    stream s{leads, skew::uniform};
    std::vector<lf::event> events;
    s.next(leads * 5, events);
    const auto plan = lf::compile(live_model());
    double best = 1e18;
    for (auto _ : state) {
        lf::engine e{plan};
        const auto began = cpu();
        if (loads) {
            benchmark::DoNotOptimize(e.load(events));
        } else {
            for (std::size_t i = 0; i < events.size(); i += 8'192) {
                e.apply(
                    std::span{events}.subspan(i, std::min<std::size_t>(8'192, events.size() - i)));
                forget_signals(e);
            }
        }
        best = std::min(best, cpu() - began);
    }
    state.counters["ns/event"] = best / static_cast<double>(events.size());
}
void load(benchmark::State& state) { bulk(state, true); }
void load_by_batches(benchmark::State& state) { bulk(state, false); }

/// The touchpoints of LEADFUNNEL_BENCH_TOUCHPOINTS, loaded from histories.
void load_histories(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    held_world().reset();
    const auto h =
        stream{leads, skew::uniform}.past(leads * std::max<std::size_t>(touchpoints_a_lead(), 5));
    const auto plan = lf::compile(live_model());
    double best = 1e18;
    for (auto _ : state) {
        lf::engine e{plan};
        const auto began = cpu();
        benchmark::DoNotOptimize(e.load(h));
        best = std::min(best, cpu() - began);
    }
    state.counters["ns/event"] = best / static_cast<double>(h.touchpoint_count());
    report_resident(state);
}

/// The days after the last event: leads cool down and timers expire.
void busy_day(benchmark::State& state) {
    auto& w = living(static_cast<std::size_t>(state.range(0)), skew::uniform);
    auto e = lf::engine::from_snapshot(w.engine.used_plan(), w.engine.snapshot());
    auto day = e.now();
    std::uint64_t signals = 0;
    for (auto _ : state) {
        const auto before = e.last_signal();
        e.advance_to(day += days{1});
        signals += e.last_signal() - before;
        forget_signals(e);
    }
    state.counters["signals"] =
        static_cast<double>(signals) / static_cast<double>(state.iterations());
}

/// Years later, when nothing is due.
void quiet_day(benchmark::State& state) {
    auto& w = living(static_cast<std::size_t>(state.range(0)), skew::uniform);
    auto e = lf::engine::from_snapshot(w.engine.used_plan(), w.engine.snapshot());
    auto day = e.now() + days{3'650};
    e.advance_to(day);
    forget_signals(e);
    for (auto _ : state) e.advance_to(day += days{1});
    require(e.signals().empty(), "a day that is not quiet");
}

/// Erases leads from all over the engine, one at a time.
void erasures(benchmark::State& state) {
    const auto leads = static_cast<std::size_t>(state.range(0));
    auto& w = living(leads, skew::uniform);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < leads; i += std::max<std::size_t>(leads / 4'096, 1))
        names.push_back(lead_name(i));
    std::vector<float> ns;
    double used = 0;
    for (auto _ : state) {
        const auto before = cpu();
        time_each(names, ns, [&](const auto& name) { w.engine.erase(name); });
        used += cpu() - before;
    }
    forget_signals(w.engine);
    report(state, ns, used, 1);
    state.counters["max_ns"] = static_cast<double>(ns.back());
}

// The order lets one world serve as many benchmarks as possible.
void register_all() {
    const auto most = static_cast<std::int64_t>(number_from("LEADFUNNEL_BENCH_LEADS", 1'000'000));
    const auto add = [](const char* name, void (*f)(benchmark::State&)) {
        return benchmark::RegisterBenchmark(name, f)->Unit(benchmark::kMillisecond)->UseRealTime();
    };
    std::set<std::int64_t> sizes{10'000, 1'000'000, 10'000'000, most};
    sizes.erase(sizes.upper_bound(most), sizes.end());
    for (const auto n : sizes) {
        for (const std::int64_t zipf : {1, 0}) {
            add("B2_single", B2_single)->Args({n, zipf})->ArgNames({"leads", "zipf"});
            add("B2_batch", B2_batch)->Args({n, zipf})->ArgNames({"leads", "zipf"});
        }
        const auto one = [&](const char* name, void (*f)(benchmark::State&)) {
            return add(name, f)->Arg(n)->ArgName("leads");
        };
        if (n <= 1'000'000) {
            one("B2_indices_multi_index", B2_indices_multi_index);
#if defined(LEADFUNNEL_BENCH_SQLITE)
            one("B2_indices_sqlite", B2_indices_sqlite);
#endif
        }
        one("B5_mixed", B5_mixed);
        one("B5_after_a_week", B5_after_a_week);
        one("stage_counts", stage_counts)->Unit(benchmark::kNanosecond);
        one("memory", memory)->Iterations(1);
        one("B6_save_file", B6_save_file)->Iterations(5);
        one("B6_save", B6_save);
        if (n <= 1'000'000) one("B6_load", B6_load);
        one("busy_day", busy_day)->Iterations(7);
        one("quiet_day", quiet_day)->Iterations(1'000); // stays within the valid years
        for (const std::int64_t ranked : {0, 1})
            add("B6_load_file", B6_load_file)
                ->Args({n, ranked})
                ->ArgNames({"leads", "ranked"})
                ->Iterations(5);
        one("erasures", erasures)->Iterations(1); // the last: the leads are gone
    }
    for (const std::int64_t n : {10'000, 1'000'000}) {
        if (n > most) continue;
        for (const std::int64_t shards : {1, 2})
            add("B2_batch_sharded", B2_batch_sharded)
                ->Args({n, shards})
                ->ArgNames({"leads", "shards"});
    }
    for (const std::int64_t n : {10'000, 100'000}) {
        if (n > most) continue;
        add("B2_plain_rules", B2_plain_rules)->Arg(n)->ArgName("leads");
#if defined(LEADFUNNEL_BENCH_CLIPS)
        add("B2_plain_rules_clips", B2_plain_rules_clips)->Arg(n)->ArgName("leads");
#endif
    }
    sizes.insert(std::min<std::int64_t>(most, 100'000));
    for (const auto n : sizes) {
        add("load_histories", load_histories)->Arg(n)->ArgName("leads");
        if (n > 1'000'000) continue;
        add("load", load)->Arg(n)->ArgName("leads");
        add("load_by_batches", load_by_batches)->Arg(n)->ArgName("leads");
    }
}
const bool registered = (register_all(), true);

} // namespace
