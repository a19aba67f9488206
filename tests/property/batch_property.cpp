// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Batches of many leads, compared with one lead at a time. A batch scores rule by rule where the
// model and the lead are simple enough. So these worlds are simple: no running clamp, no bands with
// memory, half of the leads have facts that always hold, and most have no stages. Some worlds keep
// leads that a batch leaves to the cursor.
// LEADFUNNEL_CASES sets the number of worlds.

#include "catch.hpp"

#include "generators.hpp"
#include "world_text.hpp"

#include <leadfunnel/batch/detail/column_scorer.hpp>
#include <leadfunnel/batch/score_table.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

namespace lf = leadfunnel;
using generators::world;

/// The model without the parts that need history order across rules.
void calm(lf::model& m) {
    for (auto& rule : m.rules)
        std::visit(
            [](auto& r) {
                if (r.score == "account") r.score = "fit";
            },
            rule);
    for (auto& b : m.bandings) {
        b.min_dwell.reset();
        for (auto& x : b.bands) x.leave.reset();
    }
}

/// Gives a world the histories of several leads, and instants to score at. Half of the leads have
/// attributes that always hold; most enter no stage.
void add_leads(world& w, std::size_t leads) {
    for (std::size_t lead = 0; lead < leads; ++lead) {
        generators::source in(w.seed, 21, lead);
        const bool enters = in.chance(30);
        const bool changes = in.chance(50);
        const auto size = in.chance(10) ? 0 : in.below(30) + 1;
        const auto seed = in.bits();
        const generators::history_maker history(seed, w.model, size);
        for (const auto t : history.looks(seed, 8 / leads + 2)) w.looks.push_back(t);
        for (auto& e : history.made()) {
            if (!enters && std::holds_alternative<lf::stage_entry>(e)) continue;
            if (auto* a = std::get_if<lf::attributes>(&e); a != nullptr && !changes)
                a->at = lf::always;
            std::visit([&](auto& told) { told.lead = "lead_" + std::to_string(lead); }, e);
            w.events.push_back(std::move(e));
        }
    }
}

world make(std::uint64_t seed) {
    generators::source in(seed, 20, 0);
    auto m = generators::make_model(seed, in.below(10) + 1);
    if (in.chance(90)) calm(m);
    if (in.chance(40)) m.exclusions.clear();
    if (in.chance(40)) m.derived.clear();
    const bool bands = in.chance(60);
    std::erase_if(m.bandings, [&](const lf::banding& b) {
        const bool derived = b.score != "fit" && b.score != "engagement" && b.score != "account";
        return !bands || (derived && m.derived.empty());
    });
    if (m.bandings.size() < 2) m.matrices.clear();
    world w{.seed = seed, .model = std::move(m), .events = {}, .looks = {}};
    add_leads(w, in.below(6) + 1);
    return w;
}

std::string text(const lf::score_value& v) {
    return (v.absent ? "absent " : "") + lf::to_string(v.value) + (v.saturated ? " saturated" : "");
}

struct tally {
    std::size_t worlds = 0;
    std::size_t by_rule = 0;  ///< worlds that are scored rule by rule
    std::size_t changing = 0; ///< leads whose facts change, in those worlds
    std::size_t changing_by_rule = 0;
    std::size_t entering = 0; ///< leads with stage entries, in those worlds
    std::size_t entering_by_rule = 0;

    void see(const lf::plan& plan, const lf::detail::bound_program& b, const lf::histories& h,
             lf::instant at) {
        ++worlds;
        const lf::detail::column_rules rules{b, h};
        if (!rules.usable) return;
        ++by_rule;
        std::vector<std::int64_t> micros(plan.score_count() * h.size());
        std::vector<std::uint8_t> flags(micros.size());
        std::vector<std::uint16_t> bands(plan.source().bandings.size() * h.size());
        const std::int64_t instants[]{at.time_since_epoch().count()};
        const std::size_t order[]{0};
        std::vector<std::size_t> left_over;
        lf::detail::column_scorer{rules, instants, order}.score(
            0, h.size(), {h.size(), micros.data(), flags.data(), bands.data()}, left_over);
        for (std::size_t lead = 0; lead < h.size(); ++lead) {
            const bool walked =
                std::find(left_over.begin(), left_over.end(), lead) != left_over.end();
            const auto facts = h.attributes(lead);
            if (!facts.empty() && facts.back().at != lf::always) {
                ++changing;
                changing_by_rule += walked ? 0U : 1U;
            }
            if (!h.stages(lead).empty()) {
                ++entering;
                entering_by_rule += walked ? 0U : 1U;
            }
        }
    }
};

/// The first difference between batch and single scores, or nothing.
std::string difference(const world& w, tally* count = nullptr) {
    const lf::plan plan = lf::compile(w.model);
    const lf::histories h = lf::make_histories(w.events);
    const lf::scorer s{plan, h};
    if (count != nullptr) count->see(plan, lf::scorer_access::binding_of(s), h, w.looks[0]);
    const std::vector<std::vector<lf::instant>> batches{
        w.looks, {w.looks[0]}, {w.looks[1]}, {w.looks.back(), w.looks[0]}};
    for (const auto& looks : batches) {
        const auto table = lf::score_all(s, looks);
        for (std::size_t lead = 0; lead < h.size(); ++lead) {
            for (std::size_t i = 0; i < looks.size(); ++i) {
                const auto where = [&](std::string_view what) {
                    return std::string{what} + " of " + std::string{h.lead_id(lead)} + " at " +
                           lf::to_string(looks[i]) + " (of " + std::to_string(looks.size()) + "): ";
                };
                for (std::size_t k = 0; k < plan.score_count(); ++k) {
                    const auto single = s.score_at(lead, k, looks[i]);
                    const auto batch = table.at(k, lead, i);
                    if (single != batch)
                        return where(plan.score_name(k)) + text(single) + ", batch " + text(batch);
                }
                for (std::size_t b = 0; b < w.model.bandings.size(); ++b)
                    if (s.band_at(lead, b, looks[i]) != table.band(b, lead, i))
                        return where(w.model.bandings[b].id) + "another band";
            }
        }
    }
    return {};
}

std::size_t cases() {
    const char* asked = std::getenv("LEADFUNNEL_CASES");
    return asked == nullptr ? 3'000 : std::strtoull(asked, nullptr, 10);
}

} // namespace

TEST_CASE("a batch gives what single leads give, to the last bit") {
    tally count;
    for (std::uint64_t seed = 1; seed <= cases(); ++seed) {
        const auto w = make(seed);
        if (difference(w, &count).empty()) continue;
        const auto least = generators::minimised(w, [](const world& less) {
            try {
                return !difference(less).empty();
            } catch (const lf::error&) {
                return false;
            }
        });
        FAIL("seed " << seed << ": " << difference(least) << "\n" << generators::text_of(least));
    }
    // Otherwise the test would compare the cursor with itself.
    CHECK(count.by_rule * 2 >= count.worlds);
    CHECK(count.changing_by_rule * 2 >= count.changing);
    CHECK(count.changing > 0);
    CHECK(count.entering_by_rule * 10 >= count.entering);
    CHECK(count.entering > 0);
}
