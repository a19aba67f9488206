// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The changes of scores, compared with the reference. While a score decays, it changes at every
// evaluation instant. So this compares the evaluation instants themselves: one that is missing,
// superfluous, or off by a microsecond is found here, where bands would seldom show it.
// LEADFUNNEL_CASES sets the number of worlds.

#include "catch.hpp"

#include "generators.hpp"
#include "reference/reference.hpp"
#include "world_text.hpp"

#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

namespace lf = leadfunnel;
using generators::world;
using lf::instant;

std::string text(const lf::score_change& c) {
    return lf::to_string(c.at) + " " + (c.score.absent ? "absent " : "") +
           lf::to_string(c.score.value) + (c.score.saturated ? " saturated" : "");
}

/// A score; while it is absent, what it would be.
lf::score_value look(const world& w, const lf::model& never_excluded, const std::string& id,
                     const reference::ledger& book, const std::vector<lf::event>& history,
                     instant t) {
    const auto would_be = reference::score_in(never_excluded, id, book, history, t);
    const auto is = reference::score_in(w.model, id, book, history, t);
    return {*would_be.value, !is.value.has_value(), would_be.saturated};
}

std::vector<lf::score_change> changes_of(const world& w, const std::string& id, instant from,
                                         instant to) {
    lf::model never_excluded = w.model;
    never_excluded.exclusions.clear();
    const auto history = reference::known_at(w.events, to);
    const auto book = reference::make_ledger(w.model, history, to);
    std::vector<lf::score_change> found{{from, look(w, never_excluded, id, book, history, from)}};
    for (const instant t : reference::evaluation_instants(w.model, w.events, from, to)) {
        const auto now = look(w, never_excluded, id, book, history, t);
        if (t > from && now != found.back().score) found.push_back({t, now});
    }
    return found;
}

/// The first change of a world in which scorer and reference differ, or nothing.
std::string difference(const world& w, std::size_t* compared = nullptr) {
    const lf::plan plan = lf::compile(w.model);
    const lf::histories leads = lf::make_histories(w.events);
    if (leads.empty()) return {};
    const lf::scorer scorer(plan, leads);
    auto looks = w.looks;
    std::sort(looks.begin(), looks.end());
    const instant from = looks[looks.size() / 3];
    const instant to = std::max(looks.back(), from);
    for (std::size_t n = 0; n < plan.score_count(); ++n) {
        const std::string id(plan.score_name(n));
        const auto ours = changes_of(w, id, from, to);
        const auto theirs = scorer.changes(0, n, from, to);
        if (compared != nullptr) *compared += ours.size();
        for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
            if (i < ours.size() && i < theirs.size() && ours[i] == theirs[i]) continue;
            return id + " from " + lf::to_string(from) + " to " + lf::to_string(to) + ": " +
                   (i < theirs.size() ? text(theirs[i]) : "no more") + ", reference " +
                   (i < ours.size() ? text(ours[i]) : "no more");
        }
    }
    return {};
}

std::uint64_t cases() {
    const char* asked = std::getenv("LEADFUNNEL_CASES"); // NOLINT: tests are single-threaded
    return asked == nullptr ? 400 : std::strtoull(asked, nullptr, 10);
}

} // namespace

TEST_CASE("scores change when the reference says that they do") {
    std::size_t compared = 0;
    for (std::uint64_t seed = 1; seed <= cases(); ++seed) {
        const world w = generators::make_world(seed);
        if (difference(w, &compared).empty()) continue;
        const world least =
            generators::minimised(w, [](const world& less) { return !difference(less).empty(); });
        FAIL(difference(least) << "\n" << text_of(least));
    }
    CHECK(compared > cases());
}
