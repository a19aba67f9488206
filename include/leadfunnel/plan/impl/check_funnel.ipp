// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Checks funnels as graphs: how leads enter and leave stages, cycles of transitions, and
// transitions that are never taken.

#include <leadfunnel/model/funnel.hpp>
#include <leadfunnel/plan/impl/check_cycles.ipp>
#include <leadfunnel/plan/impl/check_guard.ipp>
#include <leadfunnel/plan/impl/check_report.ipp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

inline constexpr std::string_view any_stage = "*";

/// Whether a transition's condition alone triggers it.
[[nodiscard]] inline bool is_by_condition(const transition& t) {
    return !t.on && !t.after && !t.manual;
}
/// Whether a transition's timer, once it has run out, stays so: entering the stage does not restart
/// it.
[[nodiscard]] inline bool stays_due(const transition& t) {
    return t.after && (t.after->since == timer_start::touchpoint ||
                       (t.after->since == timer_start::assignment && t.then.assign.empty()));
}

/// Checks one funnel, which has at most `max_stages_left` edges. Keeps references to its arguments.
class funnel_check {
  public:
    funnel_check(report& out, const funnel& f, reasoning& mind)
        : out_(out), funnel_(f), mind_(mind), stages_(names_of(f.stages)) {}

    /// `conditions`: whether all conditions are valid, so that conclusions can be drawn from them.
    void operator()(bool conditions) {
        if (funnel_.transitions.empty() || !resolve()) return;
        ways_in();
        ways_out();
        if (!conditions) return;
        for (const transition& t : funnel_.transitions) {
            guards_.emplace_back(t.when);
            patterns_.emplace_back(t.on ? facts(t.on->where) : facts());
        }
        elsewhere();
        to_and_fro();
        rounds();
        shadowed();
    }

  private:
    // ---- the graph ------------------------------------------------------------------------------

    /// Looks up the stages of all transitions; false if a name is unknown.
    [[nodiscard]] bool resolve() {
        for (const transition& t : funnel_.transitions) {
            const std::size_t to = stages_.find(t.to);
            if (to == no_index) return false;
            std::vector<std::size_t> from;
            for (const auto& name : t.from) {
                if (name == any_stage) {
                    for (std::size_t s = 0; s < funnel_.stages.size(); ++s)
                        if (s != to && !funnel_.stages[s].terminal) from.push_back(s);
                } else {
                    from.push_back(stages_.find(name));
                    if (from.back() == no_index) return false;
                }
            }
            std::sort(from.begin(), from.end());
            from.erase(std::unique(from.begin(), from.end()), from.end());
            from_.push_back(std::move(from));
            to_.push_back(to);
        }
        return true;
    }

    [[nodiscard]] const std::string& id_of(std::size_t stage) const {
        return funnel_.stages[stage].id;
    }
    [[nodiscard]] const transition& at(std::size_t t) const { return funnel_.transitions[t]; }

    void ways_in() {
        graph next(funnel_.stages.size());
        for (std::size_t t = 0; t < to_.size(); ++t)
            for (const std::size_t s : from_[t]) next[s].push_back(to_[t]);
        std::vector<bool> is_reached(funnel_.stages.size(), false);
        std::vector<std::size_t> queue;
        const auto reach = [&](std::size_t s) {
            if (!is_reached[s]) queue.push_back(s);
            is_reached[s] = true;
        };
        for (std::size_t s = 0; s < funnel_.stages.size(); ++s)
            if (funnel_.stages[s].entry) reach(s);
        const auto list = out_.into("stages");
        if (queue.empty()) {
            out_.warning(issue_code::unreachable,
                         joined("no lead gets into funnel ", quote(funnel_.id),
                                ": none of its stages is an entry"),
                         "a stage with 'entry'");
            return;
        }
        for (std::size_t k = 0; k < queue.size(); ++k)
            for (const std::size_t to : next[queue[k]]) reach(to);
        for (std::size_t s = 0; s < funnel_.stages.size(); ++s) {
            if (is_reached[s]) continue;
            const auto in = out_.into(s);
            out_.warning(issue_code::unreachable,
                         joined("no transition leads from an entry to stage ", quote(id_of(s))),
                         "'entry', or a transition to it",
                         funnel_.moves == manual_moves::unrestricted
                             ? "for a stage that people choose, declare a transition 'manual'"
                             : "");
        }
    }

    void ways_out() {
        std::vector<bool> is_left(funnel_.stages.size(), false);
        for (const auto& from : from_)
            for (const std::size_t s : from) is_left[s] = true;
        const auto list = out_.into("stages");
        for (std::size_t s = 0; s < funnel_.stages.size(); ++s) {
            if (is_left[s] || funnel_.stages[s].terminal) continue;
            const auto in = out_.into(s);
            out_.warning(issue_code::incomplete,
                         joined("no transition leaves stage ", quote(id_of(s))),
                         "'terminal', or a transition from it");
        }
    }

    /// Warns of transitions whose conditions require a stage that they do not leave.
    void elsewhere() {
        const auto list = out_.into("transitions");
        for (std::size_t t = 0; t < to_.size(); ++t) {
            for (const fact& f : guards_[t].all) {
                if (!f.holds || f.of->is != condition::kind::test || is_met(t, f.of->check))
                    continue;
                const auto in = out_.into(t);
                out_.warning(issue_code::unreachable,
                             joined("transition ", quote(at(t).id),
                                    " is not taken: its condition requires a stage that it does "
                                    "not leave"));
                break;
            }
        }
    }
    /// Whether a test of a transition's condition can hold in some stage that the transition
    /// leaves.
    [[nodiscard]] bool is_met(std::size_t t, const test& c) {
        const bool is_ours = (c.of == subject::current_stage || c.of == subject::time_in_stage) &&
                             c.name == funnel_.id;
        if (!is_ours) return true;
        if (at(t).from.empty()) return c.how == op::exists && c.literal == value{false};
        const auto asked = c.of == subject::current_stage ? texts_of(c) : std::nullopt;
        if (!asked || !mind_.may_spend(from_[t].size())) return true;
        return std::any_of(from_[t].begin(), from_[t].end(), [&](std::size_t s) {
            return std::binary_search(asked->begin(), asked->end(), fold(id_of(s)));
        });
    }

    // ---- going round ----------------------------------------------------------------------------

    /// Whether a transition needs neither an event nor time, and changes nothing that conditions
    /// test but the stage: two such transitions can move a lead to and fro at one instant.
    [[nodiscard]] bool is_immediate(std::size_t t) const {
        const transition& x = at(t);
        const effects& then = x.then;
        if (!is_by_condition(x) || !then.reset.empty() || !then.set.empty() || !then.assign.empty())
            return false;
        for (const fact& f : guards_[t].all) {
            if (!f.holds || f.of->is != condition::kind::test) continue;
            const test& c = f.of->check;
            // Entering a stage restarts the time in it, and counts as an entry.
            const bool is_ours = c.name == funnel_.id;
            if (c.of == subject::time_in_stage && is_ours && c.period > duration{} &&
                (c.how == op::at_least || c.how == op::greater))
                return false;
            if ((c.of == subject::times_entered || c.of == subject::score_at_entry) && is_ours)
                return false;
        }
        return true;
    }

    [[nodiscard]] bool can_all_hold(const std::vector<std::size_t>& transitions) {
        facts all;
        for (const std::size_t t : transitions) all.add(guards_[t]);
        // Tests of this funnel's stage are ignored: each transition is taken in a stage of its own.
        const auto is_about_stage = [&](const fact& f) {
            return f.of->is == condition::kind::test && f.of->check.of == subject::current_stage &&
                   f.of->check.name == funnel_.id;
        };
        std::erase_if(all.all, is_about_stage);
        return !mind_.exclude(all);
    }

    using stage_pair = std::pair<std::size_t, std::size_t>;

    void to_and_fro() {
        for (std::size_t t = 0; t < to_.size(); ++t) {
            if (!is_immediate(t)) continue;
            for (const std::size_t s : from_[t])
                if (mind_.may_spend(1)) immediate_[{s, to_[t]}].push_back(t);
        }
        for (const auto& [edge, there] : immediate_) {
            if (edge.first >= edge.second) continue;
            const auto back = immediate_.find(stage_pair{edge.second, edge.first});
            if (back != immediate_.end()) between(edge, there, back->second);
        }
    }
    void between(stage_pair edge, const std::vector<std::size_t>& there,
                 const std::vector<std::size_t>& back) {
        for (const std::size_t t : there) {
            for (const std::size_t b : back) {
                if (!mind_.may_spend(1) || !can_all_hold({t, b})) continue;
                const auto list = out_.into("transitions");
                const auto in = out_.into(std::max(t, b));
                out_.warning(issue_code::cycle,
                             joined("leads go to and fro between ", quote(id_of(edge.first)),
                                    " and ", quote(id_of(edge.second)), ": the conditions of ",
                                    quote(at(std::min(t, b)).id), " and ",
                                    quote(at(std::max(t, b)).id) + " can hold at once"),
                             "conditions that exclude each other");
                return;
            }
        }
    }

    /// Warns of a cycle of three or more stages, one for each set of stages that lead to one
    /// another.
    void rounds() {
        graph next(funnel_.stages.size());
        for (const auto& [edge, there] : immediate_) next[edge.first].push_back(edge.second);
        for (auto& members : find_components(next)) {
            if (members.size() < 3) continue;
            std::sort(members.begin(), members.end());
            for (const std::size_t start : members) {
                std::vector<std::size_t> path;
                if (goes_round(start, start, next, path)) break;
            }
        }
    }

    /// Looks for a way from `stage` to `start` whose conditions can all hold together with those of
    /// the path so far. Reports it and returns true if there is one. Stages before `start` have
    /// been tried as starts already.
    [[nodiscard]] bool goes_round(std::size_t start, std::size_t stage, const graph& next,
                                  std::vector<std::size_t>& path) {
        constexpr std::size_t longest = 12;
        for (const std::size_t to : next[stage]) {
            const bool is_known =
                std::any_of(path.begin(), path.end(), [&](std::size_t t) { return to_[t] == to; });
            const bool is_short = to == start && path.size() < 2; // `to_and_fro` reports it
            if (to < start || is_known || is_short) continue;
            for (const std::size_t t : immediate_.at({stage, to})) {
                path.push_back(t);
                const bool is_found =
                    mind_.may_spend(1) && can_all_hold(path) &&
                    (to == start || (path.size() < longest && goes_round(start, to, next, path)));
                if (is_found && to == start) report_round(path);
                if (is_found) return true;
                path.pop_back();
            }
        }
        return false;
    }
    void report_round(const std::vector<std::size_t>& path) {
        const auto list = out_.into("transitions");
        const auto in = out_.into(*std::max_element(path.begin(), path.end()));
        std::string text = quote(id_of(to_[path.back()]));
        for (const std::size_t t : path) text += " → " + quote(id_of(to_[t]));
        out_.warning(issue_code::cycle,
                     joined("leads go round, as all of the conditions can hold at once: ", text),
                     "conditions that exclude each other");
    }

    // ---- ways that are never taken --------------------------------------------------------------

    /// Whether whatever triggers `second` also triggers `first`.
    [[nodiscard]] bool is_triggered_with(std::size_t first, std::size_t second) {
        const transition& a = at(first);
        const transition& b = at(second);
        if (a.manual || b.manual) return a.manual && b.manual && a.to == b.to;
        if (is_by_condition(a)) return true;
        if (a.on)
            return b.on && mind_.implied(*b.on, *a.on) &&
                   mind_.implied(patterns_[second], patterns_[first]);
        return b.after && a.after->since == b.after->since &&
               a.after->calendar == b.after->calendar && a.after->on == b.after->on &&
               a.after->after <= b.after->after;
    }

    void shadowed() {
        for (std::size_t second = 1; second < to_.size(); ++second) {
            for (std::size_t first = 0; first < second; ++first) {
                if (!mind_.may_spend(1 + from_[first].size() + from_[second].size())) return;
                if (at(first).from.empty() != at(second).from.empty() ||
                    (from_[second].empty() && !at(second).from.empty()) ||
                    !std::includes(from_[first].begin(), from_[first].end(), from_[second].begin(),
                                   from_[second].end()) ||
                    !is_triggered_with(first, second) ||
                    !mind_.implied(guards_[second], guards_[first]))
                    continue;
                const auto list = out_.into("transitions");
                const auto in = out_.into(second);
                out_.warning(issue_code::shadowed,
                             joined("transition ", quote(at(second).id), " never has its turn: ",
                                    quote(at(first).id), " comes first, and requires no more"));
                break;
            }
        }
    }

    report& out_;
    const funnel& funnel_;
    reasoning& mind_;
    name_table stages_;
    std::vector<std::vector<std::size_t>>
        from_; ///< by transition: the stages that it leaves, sorted
    std::vector<std::size_t> to_;
    std::vector<facts> guards_;
    std::vector<facts> patterns_;
    std::map<stage_pair, std::vector<std::size_t>>
        immediate_; ///< by stages left and entered: the transitions
};

} // namespace leadfunnel::inline v0::detail::checking
