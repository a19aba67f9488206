// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The scorer, compared with the reference bit by bit: single scores, batches, bands, classes,
// explanations.

#include "catch.hpp"
#include "generators.hpp"
#include "reference/reference.hpp"

#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <cstdlib>
#include <set>
#include <string>
#include <utility>

namespace lf = leadfunnel;

namespace {

std::string text(const lf::score_value& v) {
    return (v.absent ? "absent " : "") + lf::to_string(v.value) + (v.saturated ? " saturated" : "");
}

/// The first difference between the scorer and the reference, or nothing.
std::string difference(const generators::world& w) {
    const lf::plan plan = lf::compile(w.model);
    const lf::histories h = lf::make_histories(w.events);
    if (h.empty()) return {};
    const lf::scorer s{plan, h};
    const auto table = lf::score_all(s, w.looks);
    for (std::size_t i = 0; i < w.looks.size(); ++i) {
        const auto t = w.looks[i];
        for (std::size_t k = 0; k < plan.score_count(); ++k) {
            const std::string id{plan.score_name(k)};
            const auto where = id + " at " + lf::to_string(t) + ": ";
            const auto expected = reference::score_at(w.model, w.events, id, t);
            const auto single = s.score_at(0, k, t);
            if (single.absent != !expected.value.has_value())
                return where + text(single) + ", reference says " +
                       (expected.value ? "present" : "absent");
            if (expected.value &&
                (single.value != *expected.value || single.saturated != expected.saturated))
                return where + text(single) + ", reference " + lf::to_string(*expected.value) +
                       (expected.saturated ? " saturated" : "");
            if (!expected.value && s.excluded_by(0, k, t) != expected.excluded_by)
                return where + "excluded by another than " + expected.excluded_by;
            if (table.at(k, 0, i) != single)
                return where + text(single) + ", batch " + text(table.at(k, 0, i));
            if (i == 0 && lf::score_all(s, t).at(k, 0) != single)
                return where + text(single) + ", other in a batch of one instant";
            const auto e = s.explain(0, k, t);
            lf::wide sum = 0;
            for (const auto& l : e.lines) sum += l.now.micros();
            if (sum != single.value.micros() || e.total != single.value)
                return where + text(single) + ", explanation\n" + lf::to_string(e);
            // Rule by rule, too, unless a running clamp makes an award's effect depend on others.
            if (k >= w.model.scores.size() || w.model.scores[k].clamp == lf::clamping::running ||
                !expected.value)
                continue;
            std::multiset<std::pair<std::string, lf::points>> ours;
            std::multiset<std::pair<std::string, lf::points>> theirs;
            for (const auto& l : e.lines)
                if ((l.kind == lf::line_kind::award || l.kind == lf::line_kind::state) &&
                    l.now != 0)
                    ours.emplace(l.name, l.now);
            for (const auto& c : expected.contributions)
                if (c.now != 0 && !c.voided) theirs.emplace(c.rule, c.now);
            if (ours != theirs) return where + "other contributions than\n" + lf::to_string(e);
        }
        for (std::size_t b = 0; b < w.model.bandings.size(); ++b) {
            const auto& id = w.model.bandings[b].id;
            const auto expected = reference::band_at(w.model, w.events, id, t);
            const auto single = s.band_at(0, b, t);
            const auto batch = table.band(b, 0, i);
            if (single != expected || batch != expected)
                return "banding " + id + " at " + lf::to_string(t) + ": " +
                       std::string{single.value_or("none")} + ", batch " +
                       std::string{batch.value_or("none")} + ", reference " +
                       expected.value_or("none");
        }
        for (std::size_t m = 0; m < w.model.matrices.size(); ++m) {
            const auto& id = w.model.matrices[m].id;
            const auto expected = reference::class_at(w.model, w.events, id, t);
            if (s.class_at(0, m, t) != expected || table.classified(m, 0, i) != expected)
                return "class in " + id + " at " + lf::to_string(t);
        }
    }
    return {};
}

std::size_t cases() {
    const char* asked = std::getenv("LEADFUNNEL_CASES");
    return asked == nullptr ? 3'000 : std::strtoull(asked, nullptr, 10);
}

/// Compares scorer and reference in the worlds that `make` makes from seeds.
template<class Make>
void compare_worlds(std::size_t count, const Make& make) {
    for (std::uint64_t seed = 1; seed <= count; ++seed) {
        const generators::world w = make(seed);
        auto found = difference(w);
        if (found.empty()) continue;
        const auto fails = [&](const generators::world& less) {
            try {
                return !difference(less).empty();
            } catch (const lf::error&) {
                return false;
            }
        };
        const auto least = generators::minimised(w, fails);
        std::string events;
        for (std::size_t i = 0; i < least.events.size(); ++i)
            events += std::visit(
                [](const auto& e) {
                    std::string out = lf::to_string(e.at);
                    if constexpr (requires { e.type; }) {
                        out += " " + e.type + " value " +
                               (e.value ? lf::to_string(*e.value) : std::string{"none"});
                        for (const auto& [n, v] : e.properties)
                            out += " " + n + "=" + lf::to_string(v);
                    } else if constexpr (requires { e.stage; }) {
                        out += " enters " + e.funnel + "/" + e.stage;
                    } else {
                        for (const auto& [n, v] : e.values) out += " " + n + ":" + lf::to_string(v);
                    }
                    return out + "\n";
                },
                least.events[i]);
        FAIL("seed " << seed << ": " << difference(least) << "\n"
                     << events << lf::write_model(least.model));
    }
}

} // namespace

TEST_CASE("the scorer gives what the reference gives, to the last bit") {
    compare_worlds(cases(), [](std::uint64_t seed) { return generators::make_world(seed); });
}

TEST_CASE("so do sums by column, where nothing has to be remembered") {
    // Batches sum additive awards by column. Few random models have any: so bands with memory,
    // resets and freezes are removed, and in every second world all other rules, too.
    compare_worlds(cases() / 2, [](std::uint64_t seed) {
        auto w = generators::make_world(seed);
        auto& m = w.model;
        m.resets.clear();
        m.freezes.clear();
        for (auto& b : m.bandings) {
            b.min_dwell.reset();
            for (auto& band : b.bands) band.leave.reset();
        }
        for (auto& s : m.scores) s.clamp = lf::clamping::at_end;
        for (auto& r : m.rules)
            if (auto* o = std::get_if<lf::occurrence>(&r)) {
                o->limits.clear();
                o->cooldown.reset();
                o->when = {};
            }
        if (seed % 2 == 0) {
            m.exclusions.clear();
            m.bandings.clear();
            m.matrices.clear();
            m.derived.clear();
            std::erase_if(m.rules, [](const lf::rule& r) {
                return !std::holds_alternative<lf::occurrence>(r);
            });
        }
        return w;
    });
}
