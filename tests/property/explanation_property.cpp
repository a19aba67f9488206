// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Every line of the scorer's explanations, including refusals with their reasons and voided awards,
// compared with the reference. (scorer_property.cpp compares the values.) LEADFUNNEL_CASES sets the
// number of worlds.

#include "catch.hpp"

#include "generators.hpp"
#include "reference/reference.hpp"
#include "world_text.hpp"

#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace {

namespace lf = leadfunnel;
using generators::world;
using lf::instant;

/// A contribution or refusal, in a form that both sides have.
using told = std::tuple<std::string, instant, std::int64_t, std::int64_t, int, bool>;

std::string text(const told& t) {
    return std::get<0>(t) + " " + lf::to_string(std::get<1>(t)) +
           " awarded=" + lf::to_string(lf::points::from_micros(std::get<2>(t))) +
           " now=" + lf::to_string(lf::points::from_micros(std::get<3>(t))) +
           " fate=" + std::to_string(std::get<4>(t)) + (std::get<5>(t) ? " touchpoint" : "");
}

enum { counts, is_void, for_condition, for_freeze, for_cooldown, for_limit };

std::vector<told> lines_of(const lf::explanation& e) {
    std::vector<told> lines;
    for (const auto& line : e.lines) {
        if (line.kind == lf::line_kind::state && line.now != lf::points{}) {
            lines.emplace_back(line.name, e.at, line.now.micros(), line.now.micros(), counts,
                               false);
        }
        if (line.kind != lf::line_kind::award) continue;
        int fate = counts;
        switch (line.fate) {
        case lf::award_fate::counted:
        case lf::award_fate::expired:
            break;
        case lf::award_fate::voided:
        case lf::award_fate::ended:
            fate = is_void;
            break;
        case lf::award_fate::refused_condition:
            fate = for_condition;
            break;
        case lf::award_fate::refused_freeze:
            fate = for_freeze;
            break;
        case lf::award_fate::refused_cooldown:
            fate = for_cooldown;
            break;
        case lf::award_fate::refused_limit:
            fate = for_limit;
            break;
        }
        lines.emplace_back(line.name, line.at, fate <= is_void ? line.awarded.micros() : 0,
                           line.now.micros(), fate, line.cause.has_value());
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::vector<told> lines_of(const reference::result& r) {
    std::vector<told> lines;
    for (const auto& c : r.contributions) {
        lines.emplace_back(c.rule, c.awarded_at, c.awarded.micros(), c.now.micros(),
                           c.voided ? is_void : counts, c.event_index.has_value());
    }
    for (const auto& c : r.refusals) {
        const int fate = c.why == reference::refusal::condition  ? for_condition
                         : c.why == reference::refusal::freeze   ? for_freeze
                         : c.why == reference::refusal::cooldown ? for_cooldown
                                                                 : for_limit;
        lines.emplace_back(c.rule, c.at, 0, 0, fate, c.event_index.has_value());
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

bool is_state_rule(const lf::model& m, const std::string& id) {
    for (const auto& r : m.rules) {
        if (reference::id_of(r) == id) return r.index() < 3; // attribute, frequency, recency
    }
    return false;
}

/// The first line of a world in which scorer and reference differ, or nothing.
std::string difference(const world& w, std::set<int>* fates = nullptr) {
    const lf::plan plan = lf::compile(w.model);
    const lf::histories leads = lf::make_histories(w.events);
    if (leads.empty()) return {};
    const lf::scorer scorer(plan, leads);

    std::size_t duplicates = 0;
    static_cast<void>(reference::ordered(w.events, &duplicates));
    if (duplicates != leads.duplicates()) {
        return "duplicates: " + std::to_string(leads.duplicates()) + ", reference " +
               std::to_string(duplicates);
    }

    for (const instant t : w.looks) {
        for (const auto& s : w.model.scores) {
            const auto expected = reference::score_at(w.model, w.events, s.id, t);
            const auto explained = scorer.explain(0, plan.score(s.id), t);
            const auto where = s.id + " at " + lf::to_string(t) + ": ";
            if (explained.excluded_by != expected.excluded_by) {
                return where + "excluded by '" + explained.excluded_by + "', reference '" +
                       expected.excluded_by + "'";
            }
            auto theirs = lines_of(explained);
            auto ours = lines_of(expected);
            // State rules that contribute nothing may be left out.
            std::erase_if(ours, [&](const told& c) {
                return is_state_rule(w.model, std::get<0>(c)) && std::get<3>(c) == 0;
            });
            for (const auto& line : ours) {
                if (fates != nullptr) fates->insert(std::get<4>(line));
            }
            if (s.clamp == lf::clamping::running) {
                // Under a running clamp, an award has no worth of its own.
                for (auto& c : theirs) std::get<3>(c) = 0;
                for (auto& c : ours) std::get<3>(c) = 0;
            }
            for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
                if (i < ours.size() && i < theirs.size() && ours[i] == theirs[i]) continue;
                return where + "line " + (i < theirs.size() ? text(theirs[i]) : "missing") +
                       ", reference " + (i < ours.size() ? text(ours[i]) : "none");
            }
        }
    }
    return {};
}

std::uint64_t cases() {
    const char* asked = std::getenv("LEADFUNNEL_CASES"); // NOLINT: tests are single-threaded
    return asked == nullptr ? 1'000 : std::strtoull(asked, nullptr, 10);
}

} // namespace

TEST_CASE("explanations list the same awards and refusals as the reference") {
    std::set<int> fates;
    for (std::uint64_t seed = 1; seed <= cases(); ++seed) {
        const world w = generators::make_world(seed);
        if (difference(w, &fates).empty()) continue;
        const world least =
            generators::minimised(w, [](const world& less) { return !difference(less).empty(); });
        FAIL(difference(least) << "\n" << text_of(least));
    }
    CHECK(fates.size() == for_limit + 1); // every fate occurred in some world
}
