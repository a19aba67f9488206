// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Checks stages, service levels, transitions and alerts.

#include <leadfunnel/plan/impl/check_calendars.ipp>
#include <leadfunnel/plan/impl/check_condition.ipp>
#include <leadfunnel/plan/impl/check_funnel.ipp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

/// Checks funnels and alerts. Each call checks the object at the report's pointer.
class transition_check {
  public:
    transition_check(const model& m, report& out, declared_names& names,
                     const condition_check& condition, calendar_check& calendars)
        : model_(m), out_(out), names_(names), condition_(condition), calendars_(calendars) {}

    void operator()(const sla& s) {
        if (s.met_by) names_.use(*s.met_by);
        // A due time in working hours takes longer by the clock, so a long warning may fit into it.
        if (!s.warn_before || !s.due.calendar.empty() || s.due.after <= duration{} ||
            *s.warn_before < s.due.after)
            return;
        const auto in = out_.into("warn_before");
        out_.error(issue_code::bad_interval,
                   joined("a warning ", to_string(*s.warn_before),
                          " before the deadline comes before its timer starts"),
                   joined("less than ", to_string(s.due.after)));
    }

    void operator()(const stage& s) {
        if (!s.terminal) return;
        if (!s.slas.empty()) {
            const auto in = out_.into("slas");
            out_.warning(issue_code::conflict,
                         joined("stage ", quote(s.id),
                                " is terminal: nothing is left to do for leads in it"),
                         "no service levels, or a stage that is not terminal");
        }
        if (s.target_conversion) {
            const auto in = out_.into("target_conversion");
            out_.warning(issue_code::no_effect,
                         joined("stage ", quote(s.id), " is terminal: leads do not go on"));
        }
    }

    void operator()(const effects& e) {
        if (e.assign.empty()) return;
        const auto in = out_.into("assign");
        calendars_.needs_owner("'assign'");
        if (!model_.roles.owner.empty() && e.set.contains(model_.roles.owner))
            out_.error(issue_code::conflict,
                       joined("'set' has a value for ", quote(model_.roles.owner), ", too"),
                       "one of the two");
    }

    void operator()(const transition& t) {
        if (t.on) names_.use(*t.on);
        const int triggers = int{t.on.has_value()} + int{t.after.has_value()} + int{t.manual};
        if (triggers > 1)
            out_.error(issue_code::conflict, "'on', 'after' and 'manual' do not go together",
                       "at most one of them", "write two transitions");
        if (triggers == 0 && t.when.is == condition::kind::none && !t.from.empty())
            out_.error(issue_code::missing_key, joined("nothing triggers transition ", quote(t.id)),
                       "'when', 'on', 'after' or 'manual'");
        if (t.from.empty() && t.after && t.after->since == timer_start::stage_entry) {
            const auto after = out_.into("after");
            const auto in = out_.into("since");
            out_.error(issue_code::conflict, "a lead in no stage yet has entered none",
                       "'assignment' or 'touchpoint', or the stage that the transition leaves");
        }
    }

    void operator()(const funnel& f) {
        name_table stages = names_of(f.stages);
        if (const std::size_t i = stages.find(any_stage); i != no_index) {
            const auto list = out_.into("stages");
            const auto in = out_.into(i);
            const auto id = out_.into("id");
            out_.error(issue_code::bad_name, "no stage is called '*', which means any stage");
        }
        const auto open = static_cast<std::size_t>(std::count_if(
            f.stages.begin(), f.stages.end(), [](const stage& s) { return !s.terminal; }));
        const auto list = out_.into("transitions");
        for (std::size_t i = 0; i < f.transitions.size(); ++i) {
            const auto in = out_.into(i);
            ends(f, stages, open, f.transitions[i]);
        }
    }

    void operator()(const alert& a) {
        if (a.when.is != condition::kind::none || a.rearm.is == condition::kind::none) return;
        const auto in = out_.into("rearm");
        out_.warning(issue_code::no_effect, "'rearm' does nothing without 'when'");
    }

    /// Checks each funnel as a graph, unless some part of the model could not be read.
    void funnel_graphs() {
        const auto list = out_.into("funnels");
        if (!few_stages_left() || names_.missing.anything) return;
        for (std::size_t i = 0; i < model_.funnels.size(); ++i) {
            const auto in = out_.into(i);
            funnel_check{out_, model_.funnels[i], reasoning_}(!condition_.has_skipped());
        }
    }

    /// Reports alerts whose `when` and `rearm` can hold at once: each look raises them.
    void rearming() {
        if (names_.missing.anything || condition_.has_skipped()) return;
        const auto list = out_.into("alerts");
        for (std::size_t i = 0; i < model_.alerts.size(); ++i) {
            const alert& a = model_.alerts[i];
            if (a.rearm.is == condition::kind::none || a.when.is == condition::kind::none ||
                a.cooldown)
                continue;
            facts both{a.when};
            both.add(facts{a.rearm});
            if (reasoning_.exclude(both)) continue;
            const auto in = out_.into(i);
            out_.warning(issue_code::cycle,
                         joined("alert ", quote(a.id),
                                " is raised at every look while 'when' and 'rearm' both hold"),
                         "conditions that exclude each other, or a 'cooldown'");
        }
    }

  private:
    [[nodiscard]] std::size_t find_stage(const funnel& f, name_table& stages,
                                         const std::string& name) {
        return names_.look_up(out_, stages, name, "stage", names_.missing.funnels,
                              joined(" of funnel ", quote(f.id)));
    }

    /// Checks the stages that a transition leaves and enters. `open` is the number of stages of the
    /// funnel that are not terminal.
    void ends(const funnel& f, name_table& stages, std::size_t open, const transition& t) {
        const std::size_t to = stages.find(t.to);
        {
            const auto in = out_.into("to");
            if (to == no_index)
                (void)find_stage(f, stages, t.to);
            else if (t.from.empty() && !f.stages[to].entry && !names_.missing.anything)
                out_.error(issue_code::conflict,
                           joined("stage ", quote(t.to),
                                  " is no entry, and this transition is for leads in no stage"),
                           "an entry", "say in 'from' which stage the transition leaves");
        }
        const bool is_all = std::find(t.from.begin(), t.from.end(), any_stage) != t.from.end();
        const auto list = out_.into("from");
        for (std::size_t k = 0; k < t.from.size(); ++k) {
            std::optional<report::step> in;
            if (t.from.size() != 1) in.emplace(out_.at, std::to_string(k));
            if (t.from[k] == any_stage) {
                const bool is_open = to != no_index && !f.stages[to].terminal;
                if (!names_.missing.funnels && open == (is_open ? 1U : 0U))
                    out_.warning(issue_code::unreachable,
                                 "'*' means no stage here, as all others are terminal");
                continue;
            }
            if (t.from[k].empty()) continue; // has an error already
            const std::size_t from = stages.find(t.from[k]);
            if (from == no_index)
                (void)find_stage(f, stages, t.from[k]);
            else
                leaves(f.stages[from], t, is_all);
        }
    }

    void leaves(const stage& from, const transition& t, bool is_all) {
        if (from.id == t.to && is_by_condition(t) && !names_.missing.anything) {
            out_.error(issue_code::cycle,
                       joined("transition ", quote(t.id), " leads from stage ", quote(from.id),
                              " to itself, whenever its condition holds"),
                       "another stage, or 'on', 'after' or 'manual'");
            return;
        }
        if (from.id == t.to && stays_due(t))
            out_.warning(issue_code::cycle,
                         joined("transition ", quote(t.id), " leads from stage ", quote(from.id),
                                " to itself again and again once its time has run out"),
                         "a time since 'stage_entry', or another stage");
        if (from.terminal && !t.manual && !t.after)
            out_.warning(issue_code::conflict,
                         joined("stage ", quote(from.id), " is terminal, and transition ",
                                quote(t.id), " takes leads out of it by itself"),
                         "'manual' or 'after', or a stage that is not terminal");
        if (is_all && !from.terminal && from.id != t.to)
            out_.warning(issue_code::no_effect, joined("'*' means ", quote(from.id), " already"));
    }

    /// Whether the transitions leave at most `max_stages_left` stages, all together. If not,
    /// reports the first transition beyond.
    [[nodiscard]] bool few_stages_left() {
        std::size_t left = 0;
        for (std::size_t i = 0; i < model_.funnels.size(); ++i) {
            const funnel& f = model_.funnels[i];
            for (std::size_t t = 0; t < f.transitions.size(); ++t) {
                const auto& from = f.transitions[t].from;
                left += from.size();
                if (std::find(from.begin(), from.end(), any_stage) != from.end())
                    left += f.stages.size();
                if (left <= max_stages_left) continue;
                const auto in = out_.into(i);
                const auto transitions = out_.into("transitions");
                const auto element = out_.into(t);
                out_.error(issue_code::too_large,
                           "the transitions up to this one leave too many stages, each counted as "
                           "often as transitions leave it",
                           joined("at most ", std::to_string(max_stages_left)));
                return false;
            }
        }
        return true;
    }

    const model& model_;
    report& out_;
    declared_names& names_;
    const condition_check& condition_;
    calendar_check& calendars_;
    reasoning reasoning_;
};

} // namespace leadfunnel::inline v0::detail::checking
