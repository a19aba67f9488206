// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A long random run of an engine, with invariants checked again and again. Throws
/// `std::runtime_error` if one is violated.

#include "engine/streams.hpp"

#include <leadfunnel/batch/score_table.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace soak {

namespace lf = leadfunnel;

inline void require(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(what);
}

struct sizes {
    std::size_t leads = 1'000'000;
    std::size_t events = 10'000'000;
    std::size_t batch = 1'024;
    std::size_t checks = 10;     ///< how often all invariants are checked
    std::size_t sampled = 2'000; ///< leads whose scores are compared with the batch scorer
    std::uint64_t seed = 1;
};

struct outcome {
    std::size_t taken = 0;
    std::size_t refused = 0;
    std::size_t duplicates = 0;
    std::size_t late = 0;
    std::map<lf::signal_kind, std::size_t> signals{};
    lf::memory_report memory{};
    std::size_t touchpoints_told = 0;
};

/// Checks the invariants of an engine through its public members.
inline void check(const lf::engine& e, const sizes& n, std::uint64_t seed) {
    constexpr std::array stages{"inquiry", "mql", "sal", "won", "nurture"};
    constexpr std::array bands{"cold", "warm", "hot"};
    // Counts by stage agree with pages of leads, and add up.
    std::size_t placed = 0;
    for (const auto* s : stages) placed += e.count_in_stage("sales", s);
    std::size_t banded = 0;
    for (const auto* b : bands) banded += e.count_in_band("heat", b);
    require(placed <= e.size(), "more leads in stages than there are");
    require(banded <= e.size(), "more leads in bands than there are");
    // Each stage has as many leads as are counted, and each lead's log ends there.
    std::size_t listed = 0;
    for (const auto* s : stages) {
        std::size_t here = 0;
        lf::query q{.funnel = "sales", .stages = {s}, .limit = 100'000};
        for (;;) {
            const auto p = e.find(q);
            here += p.leads.size();
            for (std::size_t i = 0; i < p.leads.size(); i += 1 + n.leads / 20'000) {
                const auto log = e.stage_log(p.leads[i]);
                const lf::stage_entry* last = nullptr;
                std::int64_t entries = 0;
                for (const auto& entry : log)
                    if (entry.funnel == "sales") {
                        last = &entry;
                        ++entries;
                    }
                require(last != nullptr && last->stage == s, "a stage that no log tells of");
                const auto at = e.stage(p.leads[i], "sales");
                require(at && at->stage == s && at->since == last->at && at->entries == entries &&
                            at->cycle == last->cycle,
                        "a position that differs from the log");
            }
            if (!p.more) break;
            q.after = p.leads.back();
        }
        require(here == e.count_in_stage("sales", s), "a stage's count and its leads differ");
        listed += here;
    }
    require(listed == placed, "stages and their sum differ");
    // Scores and bands equal those of the batch scorer, made from the history alone.
    streams::random r{seed};
    lf::history_builder b;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n.sampled; ++i) {
        const auto lead = streams::lead_name(r.below(n.leads));
        if (!e.contains(lead)) continue;
        if (b.lead(lead) != names.size()) continue;
        names.push_back(lead);
        for (const auto& x : e.history(lead)) b.add(x);
    }
    const auto histories = b.build();
    const lf::scorer scorer{e.used_plan(), histories};
    const std::vector at{e.now(), e.now() + lf::duration{streams::days{30}}};
    const auto table = lf::score_all(scorer, at);
    for (const char* score : {"engagement", "fit"}) {
        const auto s = e.used_plan().score(score);
        for (std::size_t i = 0; i < names.size(); ++i)
            for (std::size_t k = 0; k < at.size(); ++k)
                require(table.at(s, i, k) == e.score(names[i], score, at[k]),
                        "the score of " + names[i] + " differs from the batch scorer's");
    }
    const auto heat = e.used_plan().banding("heat");
    for (std::size_t i = 0; i < names.size(); i += 7) {
        const auto band = scorer.band_at(i, heat, e.now());
        require(band.has_value() == e.band(names[i], "heat").has_value() &&
                    (!band || *band == *e.band(names[i], "heat")),
                "the band of " + names[i] + " differs from the scorer's");
    }
}

/// Checks that the report of memory is plausible.
inline void check(const lf::memory_report& m, std::size_t leads, std::size_t touchpoints) {
    require(m.leads == leads, "the memory report counts other leads");
    require(m.touchpoints == touchpoints, "the memory report counts other touchpoints");
    require(m.touchpoint_bytes >= 12 * touchpoints, "touchpoints in less room than they take");
    require(m.touchpoint_bytes <= 64 * touchpoints + 4'096, "touchpoints take too much room");
    require(m.lead_bytes >= 64 * leads, "leads in less room than they take");
    require(m.lead_bytes <= 4'096 * leads + 1'000'000, "leads take too much room");
}

/// `told` is called with the progress.
inline outcome run(const sizes& n, const std::function<void(const std::string&)>& told = {}) {
    lf::engine e{lf::compile(streams::crm_model())};
    streams::random r{n.seed};
    outcome out;
    auto clock = streams::begin;
    const auto step = lf::duration{streams::days{180}} / static_cast<std::int64_t>(n.events);
    std::uint64_t sequence = 0;
    auto last = lf::always;
    std::size_t next_check = n.events / n.checks;
    std::vector<lf::event> batch;
    for (std::size_t done = 0; done < n.events;) {
        batch.clear();
        while (batch.size() < n.batch && done + batch.size() < n.events) {
            clock += step;
            auto at = clock;
            if (r.chance(2)) at -= streams::hours{r.below(400)};
            batch.push_back(streams::random_event(r, streams::lead_name(r.below(n.leads)), at));
            // Only some events have source ids: they are for duplicates.
            std::visit(
                [&](auto& x) {
                    if (!x.id.empty() && !r.chance(20)) x.id.clear();
                },
                batch.back());
            if (std::holds_alternative<lf::touchpoint>(batch.back())) ++out.touchpoints_told;
        }
        const auto report = e.apply(batch);
        require(report.taken + report.duplicates + report.refused.size() == batch.size(),
                "events are lost");
        out.taken += report.taken;
        out.duplicates += report.duplicates;
        out.refused += report.refused.size();
        out.late += report.late;
        done += batch.size();
        for (;;) {
            const auto some = e.signals(sequence, 4'096);
            if (some.empty()) break;
            for (const auto& s : some) {
                require(s.sequence == ++sequence, "a signal is missing");
                require(s.at >= last, "signals out of order");
                require(s.lead.empty() == (s.kind == lf::signal_kind::model_replaced),
                        "a signal of no lead");
                last = s.at;
                ++out.signals[s.kind];
            }
            e.acknowledge(sequence);
        }
        if (done < next_check && done < n.events) continue;
        next_check += n.events / n.checks;
        check(e, n, done);
        out.memory = e.memory();
        require(out.memory.touchpoints <= out.touchpoints_told, "touchpoints out of nowhere");
        check(out.memory, e.size(), out.memory.touchpoints);
        if (told)
            told(std::to_string(done) + " events, " + std::to_string(e.size()) + " leads, " +
                 std::to_string(sequence) + " signals, all as it should be");
    }
    require(out.memory.touchpoints + out.duplicates >= out.touchpoints_told, "touchpoints lost");
    // An engine read from a snapshot continues as the same.
    auto again = lf::engine::from_snapshot(e.used_plan(), e.snapshot());
    e.advance_to(clock + streams::days{60});
    again.advance_to(clock + streams::days{60});
    require(e.signals(0, 1'000'000'000) == again.signals(0, 1'000'000'000),
            "a snapshot goes on otherwise");
    check(again, n, 0);
    return out;
}

} // namespace soak
