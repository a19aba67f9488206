// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"
#include "engine/streams.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/engine/sharded_engine.hpp>
#include <leadfunnel/engine/shared_engine.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace lf = leadfunnel;
using streams::days;
using streams::hours;

namespace {

/// The signals of each lead in order, without their numbers. Of erased leads only the kinds, since
/// nothing says any more which signals belong to one lead.
template<class Engine>
std::map<std::string, std::vector<lf::signal>> by_lead(const Engine& e) {
    std::map<std::string, std::vector<lf::signal>> out;
    for (auto& s : e.signals(0, 1'000'000)) {
        auto told = s;
        told.sequence = 0;
        out[told.lead].push_back(told);
    }
    auto& erased = out[""];
    std::sort(erased.begin(), erased.end(), [](const lf::signal& a, const lf::signal& b) {
        return std::tie(a.at, a.kind, a.subject, a.from, a.to, a.cause) <
               std::tie(b.at, b.kind, b.subject, b.from, b.to, b.cause);
    });
    return out;
}

/// Compares all results of both engines, but for the order among leads.
void require_same(const lf::engine& one, const lf::sharded_engine& many,
                  const std::set<std::string>& leads) {
    REQUIRE(many.now() == one.now());
    REQUIRE(many.size() == one.size());
    for (const auto& stage : {"inquiry", "mql", "sal", "won", "nurture"})
        REQUIRE(many.count_in_stage("sales", stage) == one.count_in_stage("sales", stage));
    for (const auto& band : {"cold", "warm", "hot"})
        REQUIRE(many.count_in_band("heat", band) == one.count_in_band("heat", band));
    const auto later = one.now() == lf::always ? streams::begin : one.now() + days{3};
    for (const auto& lead : leads) {
        REQUIRE(many.contains(lead) == one.contains(lead));
        if (!one.contains(lead)) continue;
        REQUIRE(many.resolve(lead) == one.resolve(lead));
        for (const auto& score : {"engagement", "fit"}) {
            REQUIRE(many.score(lead, score) == one.score(lead, score));
            REQUIRE(many.score(lead, score, later) == one.score(lead, score, later));
        }
        REQUIRE(many.band(lead, "heat") == one.band(lead, "heat"));
        REQUIRE(many.class_of(lead, "class") == one.class_of(lead, "class"));
        REQUIRE(many.stage(lead, "sales") == one.stage(lead, "sales"));
        REQUIRE(many.history(lead) == one.history(lead));
        REQUIRE(many.rank(lead, "engagement", later) == one.rank(lead, "engagement", later));
        REQUIRE(many.percentile(lead, "engagement", later) ==
                one.percentile(lead, "engagement", later));
    }
    const auto a = by_lead(one);
    const auto b = by_lead(many);
    REQUIRE(a.size() == b.size());
    for (const auto& [lead, told] : a) {
        INFO(lead);
        REQUIRE(b.count(lead) == 1);
        REQUIRE(b.at(lead).size() == told.size());
        if (!lead.empty()) REQUIRE(b.at(lead) == told);
    }
    // Selections: the same leads, shard by shard, page by page.
    const lf::query hot{.banding = "heat", .bands = {"warm", "hot"}, .limit = 1'000'000};
    auto expected = one.find(hot).leads;
    std::vector<std::string> found;
    lf::query page = hot;
    page.limit = 7;
    for (;;) {
        const auto p = many.find(page);
        REQUIRE(p.leads.size() <= 7);
        found.insert(found.end(), p.leads.begin(), p.leads.end());
        if (!p.more) break;
        REQUIRE(p.leads.size() == 7);
        page.after = p.leads.back();
    }
    REQUIRE(std::is_sorted(found.begin(), found.end(), [&](const auto& x, const auto& y) {
        return many.shard_of(x) < many.shard_of(y);
    }));
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    REQUIRE(found == expected);
    // Rankings: the same scores; leads of equal scores are ordered by shard.
    const auto top = one.top("engagement", 20, later);
    const auto tops = many.top("engagement", 20, later);
    REQUIRE(top.size() == tops.size());
    for (std::size_t i = 0; i < top.size(); ++i) {
        REQUIRE(tops[i].score == top[i].score);
        REQUIRE(many.score(tops[i].lead, "engagement", later).value == tops[i].score);
        REQUIRE(many.nth("engagement", i, later) == tops[i]);
        if (i > 0 && tops[i].score == tops[i - 1].score)
            REQUIRE(many.shard_of(tops[i - 1].lead) <= many.shard_of(tops[i].lead));
    }
}

struct shape {
    std::size_t shards;
    unsigned threads;
};

/// Applies one random stream of events to both.
void tell_both(std::uint64_t seed, shape n, bool host) {
    const auto plan = lf::compile(streams::crm_model());
    lf::engine one{plan};
    lf::sharded_engine many{plan, n.shards, {}, n.threads};
    streams::random r{seed};
    const std::size_t leads = 2 + r.below(40);
    std::set<std::string> names;
    auto clock = streams::begin;
    const auto next = [&] {
        auto at = clock;
        if (r.chance(15))
            at -= hours{r.below(200)};
        else if (r.chance(80))
            at += std::chrono::minutes{r.below(r.chance(10) ? 20'000 : 300)};
        clock = std::max(clock, at);
        const auto lead = streams::lead_name(r.below(leads));
        names.insert(lead);
        return streams::random_event(r, lead, at);
    };
    if (r.chance(30)) {
        std::vector<lf::event> first;
        for (auto i = r.below(100); i > 0; --i) first.push_back(next());
        const auto a = one.load(first);
        const auto b = many.load(first);
        REQUIRE(a.taken == b.taken);
        REQUIRE(a.duplicates == b.duplicates);
        require_same(one, many, names);
    }
    for (int step = 0; step < 60; ++step) {
        const auto roll = r.below(100);
        const auto lead = streams::lead_name(r.below(leads));
        const auto other = streams::lead_name(r.below(leads));
        if (roll < 40) {
            const auto e = next();
            const auto a = one.apply(e);
            const auto b = many.apply(e);
            REQUIRE(a.what == b.what);
            REQUIRE(a.late == b.late);
            REQUIRE(a.reason == b.reason);
        } else if (roll < 65) {
            std::vector<lf::event> batch;
            for (auto i = r.below(80); i > 0; --i) batch.push_back(next());
            if (r.chance(20)) batch.push_back(lf::touchpoint{.lead = "", .at = clock, .type = "x"});
            const auto a = one.apply(batch);
            const auto b = many.apply(batch);
            REQUIRE(a.taken == b.taken);
            REQUIRE(a.duplicates == b.duplicates);
            REQUIRE(a.late == b.late);
            REQUIRE(a.refused.size() == b.refused.size());
        } else if (roll < 80) {
            clock += hours{r.below(100)};
            one.advance_to(clock);
            many.advance_to(clock);
        } else if (roll < 85) {
            if (!one.contains(lead) || one.now() == lf::always) continue;
            const auto stage = r.chance(50) ? "won" : "nurture";
            REQUIRE(one.move(lead, "sales", stage).what == many.move(lead, "sales", stage).what);
        } else if (roll < 91) {
            if (!host || !one.contains(lead) || !one.contains(other) ||
                one.resolve(lead) == one.resolve(other))
                continue;
            one.merge(lead, other);
            many.merge(lead, other);
        } else if (roll < 95) {
            if (!host || !one.contains(lead) || one.resolve(lead) == lead) continue;
            one.unmerge(lead);
            many.unmerge(lead);
        } else if (roll < 97) {
            if (!host || !one.contains(lead)) continue;
            one.erase(lead);
            many.erase(lead);
        } else {
            const auto bytes = many.snapshot();
            many = lf::sharded_engine::from_snapshot(plan, bytes, {}, n.threads);
            REQUIRE(many.snapshot() == bytes);
        }
        if (step % 12 == 0) require_same(one, many, names);
    }
    one.advance_to(clock + days{40});
    many.advance_to(clock + days{40});
    require_same(one, many, names);
}

} // namespace

TEST_CASE("a sharded engine gives the results of one engine") {
    for (const auto n : {shape{1, 1}, shape{2, 2}, shape{3, 2}, shape{8, 3}})
        for (std::uint64_t seed = 1; seed <= 12; ++seed) {
            INFO("seed " << seed << ", " << n.shards << " shards");
            tell_both(seed, n, false);
        }
}

TEST_CASE("leads of different shards are merged, unmerged and erased as in one engine") {
    for (const auto n : {shape{2, 1}, shape{3, 2}, shape{8, 3}})
        for (std::uint64_t seed = 101; seed <= 112; ++seed) {
            INFO("seed " << seed << ", " << n.shards << " shards");
            tell_both(seed, n, true);
        }
}

TEST_CASE("results of a sharded engine do not depend on the number of threads") {
    const auto plan = lf::compile(streams::crm_model());
    std::string expected;
    for (const unsigned threads : {1U, 2U, 5U}) {
        lf::sharded_engine many{plan, 5, {}, threads};
        streams::random r{7};
        auto clock = streams::begin;
        std::uint64_t sequence = 0;
        auto last = lf::always;
        for (int i = 0; i < 20; ++i) {
            std::vector<lf::event> batch;
            for (int k = 0; k < 50; ++k) {
                clock += std::chrono::minutes{r.below(60)};
                batch.push_back(streams::random_event(r, streams::lead_name(r.below(60)), clock));
            }
            many.apply(batch);
            for (const auto& s : many.signals(sequence, 1'000'000)) {
                REQUIRE(s.sequence == ++sequence);
                REQUIRE(s.at >= last);
                last = s.at;
            }
        }
        REQUIRE(many.last_signal() == sequence);
        REQUIRE(sequence > 100);
        const auto bytes = many.snapshot();
        if (expected.empty()) expected = bytes;
        CHECK((bytes == expected));
    }
}

TEST_CASE("the shard of an id never changes between versions") {
    const lf::sharded_engine eight{lf::compile(streams::crm_model()), 8};
    CHECK(eight.shards() == 8);
    // If these numbers changed, snapshots could not be read any more.
    CHECK(eight.shard_of("lead-1") == 1);
    CHECK(eight.shard_of("lead-2") == 0);
    CHECK(eight.shard_of("") == 2);
    std::vector<std::size_t> count(8);
    for (int i = 0; i < 8'000; ++i)
        ++count[eight.shard_of(streams::lead_name(static_cast<std::uint64_t>(i)))];
    for (const auto n : count) CHECK((n > 800 && n < 1'200));
    CHECK_THROWS_AS(lf::sharded_engine(lf::compile(streams::crm_model()), 0), lf::argument_error);
}

TEST_CASE("a lead that moves to another shard leaves nothing in the old one") {
    const auto plan = lf::compile(streams::crm_model());
    lf::sharded_engine crm{plan, 2};
    std::vector<std::string> home(2);
    for (int i = 0; home[0].empty() || home[1].empty(); ++i)
        home[crm.shard_of("secret" + std::to_string(i))] = "secret" + std::to_string(i);
    for (const auto& lead : home) {
        crm.apply(lf::touchpoint{.lead = lead,
                                 .at = streams::begin,
                                 .type = "demo",
                                 .properties = {{"note", std::string{"secret-note"}}},
                                 .source = "secret-source",
                                 .id = "secret-id-" + lead});
        crm.apply(lf::attributes{.lead = lead,
                                 .at = streams::begin + hours{1},
                                 .values = {{"email", lead + "@secret.example"}}});
    }
    crm.merge(home[0], home[1]);
    CHECK(crm.size() == 1);
    CHECK(crm.shard_of(home[1]) == 0);
    CHECK(crm.shard(1).snapshot().find("secret") == std::string::npos);
    CHECK(crm.resolve(home[1]) == home[0]);
    // A duplicate is recognised under either id.
    CHECK(crm.apply(lf::touchpoint{.lead = home[1],
                                   .at = streams::begin,
                                   .type = "demo",
                                   .source = "secret-source",
                                   .id = "secret-id-" + home[1]})
              .what == lf::applied::outcome::duplicate);
    CHECK_THROWS_AS(crm.merge(home[0], home[1]), lf::argument_error);
    crm.unmerge(home[1]);
    CHECK(crm.size() == 2);
    CHECK(crm.shard_of(home[1]) == 0);
    crm.merge(home[0], home[1]);
    crm.erase(home[1]);
    CHECK(crm.size() == 0);
    CHECK(crm.snapshot().find("secret") == std::string::npos);
    CHECK(crm.shard_of(home[1]) == 1);
    CHECK_THROWS_AS(crm.merge(home[0], home[1]), lf::unknown_lead);
}

TEST_CASE("a sharded engine delivers at least once, and emits one signal for a change of model") {
    lf::sharded_engine crm{lf::compile(streams::crm_model()), 3};
    std::vector<std::uint64_t> heard;
    bool fails = true;
    crm.on_signal([&](const lf::signal& s) {
        if (s.sequence == 2 && fails) throw std::runtime_error("down");
        heard.push_back(s.sequence);
    });
    const lf::touchpoint demo{.lead = "L", .at = streams::begin, .type = "demo"};
    CHECK_THROWS_AS(crm.apply(demo), std::runtime_error);
    CHECK(crm.stage("L", "sales")->stage == "inquiry");
    fails = false;
    auto next = streams::crm_model();
    next.version = "2";
    std::get<lf::occurrence>(next.rules[2]).points = 90;
    const auto plan = lf::compile(next);
    const auto would = crm.try_replace(plan);
    const auto did = crm.replace(plan);
    CHECK(would.stages == did.stages);
    REQUIRE(did.stages.size() == 1);
    CHECK(did.stages[0].to == "mql");
    CHECK(crm.used_plan().source().version == "2");
    const auto all = crm.signals();
    CHECK(heard.size() == all.size());
    CHECK(std::count_if(all.begin(), all.end(), [](const lf::signal& s) {
              return s.kind == lf::signal_kind::model_replaced;
          }) == 1);
    crm.acknowledge(2);
    CHECK(crm.signals().front().sequence == 3);
    CHECK(crm.signals(crm.last_signal()).empty());
    CHECK(crm.signals(2, 1).size() == 1);
}

TEST_CASE("a damaged snapshot of a sharded engine is refused") {
    const auto plan = lf::compile(streams::crm_model());
    lf::sharded_engine crm{plan, 2};
    streams::random r{3};
    for (int i = 0; i < 30; ++i)
        crm.apply(
            streams::random_event(r, streams::lead_name(r.below(5)), streams::begin + hours{i}));
    const auto bytes = crm.snapshot();
    CHECK(lf::sharded_engine::from_snapshot(plan, bytes).snapshot() == bytes);
    bool all = true;
    const auto refused = [&](const std::string& damaged) {
        try {
            (void)lf::sharded_engine::from_snapshot(plan, damaged);
            all = false;
        } catch (const lf::snapshot_error&) {
        }
    };
    for (std::size_t i = 0; i < bytes.size(); i += 1 + bytes.size() / 999) {
        auto damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
        refused(damaged);
        refused(bytes.substr(0, i));
    }
    refused(bytes + "x");
    CHECK(all);
    CHECK_THROWS_AS(lf::engine::from_snapshot(plan, bytes), lf::snapshot_error);
}

TEST_CASE("readers see whole batches while a writer writes") {
    const auto plan = lf::compile(streams::crm_model());
    lf::basic_shared_engine<lf::sharded_engine> shared{lf::sharded_engine{plan, 3}};
    constexpr std::size_t per_batch = 20;
    constexpr int batches = 60;
    std::atomic<bool> done = false;
    std::atomic<int> torn = 0;
    std::atomic<int> reads = 0;
    std::vector<std::thread> readers;
    for (int k = 0; k < 3; ++k)
        readers.emplace_back([&, k] {
            while (!done || reads < 3) {
                const bool whole = shared.read([&](const lf::sharded_engine& e) {
                    const auto m = e.memory();
                    if (e.size() == 0) return m.touchpoints == 0;
                    const auto top = e.top("engagement", 3, e.now());
                    const auto rank = e.rank(top.at(0).lead, "engagement", e.now());
                    const auto page = e.find({.funnel = "sales", .stages = {"inquiry"}});
                    (void)e.explain(top[0].lead, "engagement");
                    return rank == std::size_t{1} && m.touchpoints % per_batch == 0 &&
                           page.leads.size() <= e.count_in_stage("sales", "inquiry") &&
                           e.shard(static_cast<std::size_t>(k)).now() == e.now();
                });
                if (!whole) ++torn;
                ++reads;
            }
        });
    auto clock = streams::begin;
    for (int i = 0; i < batches; ++i) {
        std::vector<lf::event> batch;
        for (std::size_t k = 0; k < per_batch; ++k) {
            clock += std::chrono::minutes{7};
            batch.push_back(
                lf::touchpoint{.lead = streams::lead_name(k), .at = clock, .type = "download"});
        }
        CHECK(shared.write([&](lf::sharded_engine& e) { return e.apply(batch).taken; }) ==
              per_batch);
    }
    done = true;
    for (auto& t : readers) t.join();
    CHECK(torn == 0);
    CHECK(shared.read([](const auto& e) { return e.memory().touchpoints; }) == per_batch * batches);
}

TEST_CASE("many threads read one engine at once while one writes") {
    lf::shared_engine shared{lf::engine{lf::compile(streams::crm_model())}};
    shared.write([](lf::engine& e) {
        e.apply(lf::touchpoint{.lead = "L", .at = streams::begin, .type = "demo"});
    });
    std::atomic<int> wrong = 0;
    std::vector<std::thread> readers;
    for (int k = 0; k < 4; ++k)
        readers.emplace_back([&] {
            for (int i = 0; i < 200; ++i)
                shared.read([&](const lf::engine& e) {
                    if (e.score("L", "engagement", streams::begin).value != 40) ++wrong;
                    if (e.band("L", "heat") == std::nullopt) ++wrong;
                    if (to_string(e.explain("L", "engagement")).empty()) ++wrong;
                });
        });
    for (int i = 1; i <= 200; ++i)
        shared.write([&](lf::engine& e) { e.advance_to(streams::begin + hours{i}); });
    for (auto& t : readers) t.join();
    CHECK(wrong == 0);
    CHECK(shared.read([](const lf::engine& e) { return e.now(); }) == streams::begin + hours{200});
}
