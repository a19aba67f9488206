// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Checks scores, derived scores, and what acts on scores: resets, exclusions and freezes.

#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/plan/impl/check_cycles.ipp>
#include <leadfunnel/plan/impl/check_range.ipp>
#include <leadfunnel/plan/impl/check_values.ipp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

/// Checks scores and what acts on them. Each call checks the object at the report's pointer.
class score_check {
  public:
    score_check(const model& m, report& out, declared_names& names)
        : model_(m), out_(out), names_(names) {}

    void operator()(const score& s) {
        if (s.clamp != clamping::running) return;
        if (!s.groups.empty()) {
            const auto in = out_.into("groups");
            out_.error(issue_code::clamp_with_decay,
                       joined("score ", quote(s.id), " has a running clamp, and groups"),
                       "no groups", "clamp it 'at_end', or drop the groups");
        }
        if (!s.min && !s.max) {
            out_.error(issue_code::missing_key,
                       joined("score ", quote(s.id), " has a running clamp, and no bounds"),
                       "'min' or 'max'");
        }
    }

    void operator()(const lookup& l) {
        check_rising(out_, l.steps, &lookup_step::at_least, "steps", "at_least");
    }

    void operator()(const reset& r) {
        if (r.on) names_.use(*r.on);
        if (r.on && (!r.funnel.empty() || !r.stage.empty())) {
            out_.error(issue_code::conflict, "'on' and 'stage' do not go together",
                       "one of the two", "write two resets");
            return;
        }
        if (r.on) return;
        if (r.funnel.empty() && r.stage.empty()) {
            out_.error(issue_code::missing_key, "nothing triggers this reset",
                       "'on', or 'funnel' and 'stage'");
            return;
        }
        if (r.funnel.empty() || r.stage.empty()) {
            const std::string_view key = r.funnel.empty() ? "funnel" : "stage";
            const auto in = out_.into(key);
            out_.error(issue_code::missing_key, joined("no ", key, " is named"),
                       joined("the name of a ", key));
            return;
        }
        const std::size_t f = names_.funnels.find(r.funnel);
        if (f == no_index) return;
        const auto in = out_.into("stage");
        names_.look_up(out_, names_.stages[f], r.stage, "stage", names_.missing.funnels,
                       joined(" of funnel ", quote(r.funnel)));
    }

    void operator()(const exclusion& e) {
        if (e.when.is != condition::kind::none) return;
        const auto in = out_.into("when");
        out_.warning(issue_code::unreachable,
                     joined("exclusion ", quote(e.id), " always holds: there are no scores"),
                     "a condition");
    }

    void operator()(const freeze& f) {
        if (f.when.is != condition::kind::none) return;
        const auto in = out_.into("when");
        out_.warning(issue_code::unreachable,
                     joined("freeze ", quote(f.id), " always holds: there are no awards"),
                     "a condition");
    }

    /// Checks the graph of derived scores, each of which needs the scores of its formula.
    void derived_graph() {
        const graph needs = needs_of(names_);
        const auto list = out_.into("derived");
        cycles(needs);
        levels(needs);
    }

  private:
    /// Reports one cycle for each set of derived scores that need one another.
    void cycles(const graph& needs) {
        for (const auto& cycle : find_cycles(needs)) {
            const auto element = out_.into(cycle.front());
            const auto in = out_.into("from");
            if (cycle.size() == 1)
                out_.error(issue_code::cycle,
                           joined("derived score ", quote(model_.derived[cycle.front()].id),
                                  " is made from itself"));
            else
                out_.error(issue_code::cycle,
                           joined("derived scores are made from one another: ", cycle_text(cycle)));
        }
    }

    /// Reports derived scores that are one level deeper than allowed. (Deeper ones follow from
    /// them.)
    void levels(const graph& needs) {
        std::vector<std::size_t> level(needs.size(), 0); // scores of a cycle count as one level
        for (const auto& component : find_components(needs)) {
            std::size_t above = 0;
            for (const std::size_t d : component)
                for (const std::size_t n : needs[d]) above = std::max(above, level[n]);
            for (const std::size_t d : component) level[d] = above + 1;
        }
        for (std::size_t d = 0; d < level.size(); ++d) {
            if (level[d] != max_derived_levels + 1) continue;
            const auto element = out_.into(d);
            const auto in = out_.into("from");
            out_.error(issue_code::too_large,
                       joined("derived score ", quote(model_.derived[d].id), " is made of ",
                              std::to_string(max_derived_levels),
                              " levels of derived scores, one made of the next"),
                       joined("at most ", std::to_string(max_derived_levels), " levels"));
        }
    }

    /// `'a' → 'b' → 'a'`, cut short after eight names.
    [[nodiscard]] std::string cycle_text(const std::vector<std::size_t>& cycle) const {
        constexpr std::size_t most = 8;
        std::string text;
        for (std::size_t k = 0; k < std::min(most, cycle.size()); ++k)
            text += quote(model_.derived[cycle[k]].id) + " → ";
        if (cycle.size() > most) text += "… → ";
        return text + quote(model_.derived[cycle.front()].id);
    }

    const model& model_;
    report& out_;
    declared_names& names_;
};

} // namespace leadfunnel::inline v0::detail::checking
