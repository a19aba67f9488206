// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Compiles a model into a program: names become numbers, and equal parts are shared.

#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/plan/impl/check_repeats.ipp>
#include <leadfunnel/plan/impl/compile_conditions.ipp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Compiles one model in which `check` found no error.
class compiler {
  public:
    /// Keeps references to its arguments.
    compiler(const model& m, const matcher_table& matchers)
        : m_(m), conditions_(m, p_, matchers, score_of_), calendar_of_(m.calendars),
          alert_of_(m.alerts), banding_of_(m.bandings) {}

    /// To be called once. O(size of the model · log).
    std::shared_ptr<const program> run(std::vector<issue> warnings) {
        p_.warnings = std::move(warnings);
        p_.source = m_;
        p_.zone = time_zone::find(m_.time_zone).value_or(time_zone{});
        p_.grid = m_.decay_grid.count();
        p_.nodes.emplace_back();
        p_.decays.emplace_back();
        for (std::size_t i = 0; i < m_.attributes.size(); ++i)
            p_.attribute_of_id.try_emplace(m_.attributes[i].id, number(i));
        scores();
        for (std::size_t i = 0; i < m_.rules.size(); ++i)
            std::visit([&](const auto& r) { rule(r, i); }, m_.rules[i]);
        derived();
        for (const auto& r : m_.resets) {
            compiled_reset c{.id = r.id, .funnel = r.funnel, .stage = r.stage};
            if (r.on) c.on = conditions_.pattern(*r.on);
            keep(std::move(c), r.scores);
        }
        for (const auto& x : m_.exclusions) p_.exclusions.push_back(ban(x, evaluated::at_any_time));
        for (const auto& x : m_.freezes) {
            p_.freezes.push_back(ban(x, evaluated::at_events));
            if (x.scores.empty()) is_all_frozen_ = true;
            for (const auto& n : x.scores) p_.scores[score_of_.at(n)].is_frozen = true;
        }
        bandings();
        funnels();
        for (auto& s : p_.scores) {
            s.is_frozen = s.is_frozen || is_all_frozen_;
            s.is_reset = s.is_reset || (all_scores_ != nullptr && !s.derived);
        }
        return std::make_shared<const program>(std::move(p_));
    }

  private:
    void scores() {
        for (std::size_t i = 0; i < m_.scores.size(); ++i) {
            const auto& s = m_.scores[i];
            compiled_score c;
            c.id = s.id;
            bounds(c, s);
            c.running = s.clamp == clamping::running;
            c.model_index = number(i);
            c.first_slot = number(p_.slots.size());
            c.slot_count = number(s.groups.size() + 1);
            compiled_slot ungrouped;
            ungrouped.score = number(i);
            slot_of_[{s.id, ""}] = number(p_.slots.size());
            p_.slots.push_back(ungrouped);
            for (const auto& g : s.groups) {
                compiled_slot slot;
                slot.score = number(i);
                slot.group = g.id;
                bounds(slot, g);
                slot_of_[{s.id, g.id}] = number(p_.slots.size());
                p_.slots.push_back(std::move(slot));
            }
            score_of_[s.id] = number(i);
            p_.scores.push_back(std::move(c));
        }
        p_.base_scores = p_.scores.size();
        for (std::size_t i = 0; i < m_.derived.size(); ++i) {
            const auto& d = m_.derived[i];
            compiled_score c;
            c.id = d.id;
            bounds(c, d);
            c.derived = true;
            c.model_index = number(i);
            score_of_[d.id] = number(p_.scores.size());
            p_.scores.push_back(std::move(c));
        }
    }

    template<class To, class From>
    static void bounds(To& to, const From& from) {
        if (from.min) to.min = from.min->micros();
        if (from.max) to.max = from.max->micros();
        to.clamped = from.min || from.max;
    }

    void derived() {
        for (std::size_t i = 0; i < m_.derived.size(); ++i) {
            auto& c = p_.scores[p_.base_scores + i];
            const auto term = [&](const std::string& s, decimal w = 1) {
                c.terms.emplace_back(score_of_.at(s), w);
            };
            std::visit(
                [&](const auto& f) {
                    using F = std::decay_t<decltype(f)>;
                    if constexpr (std::is_same_v<F, weighted_sum>) {
                        for (const auto& t : f.terms) term(t.score, t.weight);
                    } else if constexpr (std::is_same_v<F, minimum_of> ||
                                         std::is_same_v<F, maximum_of>) {
                        for (const auto& s : f.scores) term(s);
                    } else {
                        term(f.score);
                    }
                },
                m_.derived[i].from);
        }
        std::vector<char> done(p_.scores.size());
        for (std::size_t i = p_.base_scores; i < p_.scores.size(); ++i) order(number(i), done);
    }

    /// Appends a derived score to `evaluation_order`, after all derived scores that it needs. Depth
    /// first, without recursion: chains may be long.
    void order(std::uint32_t root, std::vector<char>& done) {
        std::vector<std::pair<std::uint32_t, std::size_t>> stack{{root, 0}};
        while (!stack.empty()) {
            auto& [score, next] = stack.back();
            const auto& terms = p_.scores[score].terms;
            if (done[score] != 0 || score < p_.base_scores) {
                stack.pop_back();
            } else if (next < terms.size()) {
                const auto input = terms[next++].first;
                stack.emplace_back(input, 0);
            } else {
                done[score] = 1;
                p_.evaluation_order.push_back(score);
                stack.pop_back();
            }
        }
    }

    template<class R>
    compiled_rule common(const R& r, std::size_t index, rule_kind kind) {
        compiled_rule c;
        c.kind = kind;
        c.index = number(index);
        c.score = score_of_.at(r.score);
        c.slot = slot_of_.at({r.score, r.group});
        if constexpr (requires { r.points; }) c.points = r.points.micros();
        c.when = conditions_.node(r.when,
                                  is_state(kind) ? evaluated::at_any_time : evaluated::at_events);
        if constexpr (requires { r.limits; }) {
            c.first_limit = number(p_.limits.size());
            c.limit_count = number(r.limits.size());
            for (const auto& l : r.limits) p_.limits.push_back(limit(l));
            c.cooldown = r.cooldown ? r.cooldown->count() : 0;
            if (!std::holds_alternative<no_decay>(r.decay)) {
                checking::canonical_text said;
                said.put(language::object(r.decay));
                const auto [known, is_new] =
                    decay_of_.try_emplace(std::move(said.text), number(p_.decays.size()));
                if (is_new) p_.decays.emplace_back(r.decay);
                c.decay = known->second;
            }
        }
        return c;
    }

    void keep(compiled_rule c, const std::string& id) {
        if (is_state(c.kind)) p_.scores[c.score].state_rules.push_back(number(p_.rules.size()));
        p_.rules.push_back(std::move(c));
        p_.rule_ids.push_back(id);
    }

    void rule(const attribute_rule& r, std::size_t i) {
        keep(common(r, i, rule_kind::attribute), r.id);
    }

    void rule(const frequency& r, std::size_t i) {
        auto c = common(r, i, rule_kind::frequency);
        c.on = conditions_.pattern(r.on);
        c.measure = r.measure;
        if (r.measure == frequency_measure::distinct) c.distinct = conditions_.distinct(r.property);
        c.at_least = r.at_least.micros();
        c.window = r.window ? r.window->count() : 0;
        keep(std::move(c), r.id);
    }

    void rule(const recency& r, std::size_t i) {
        auto c = common(r, i, rule_kind::recency);
        c.on = conditions_.pattern(r.on);
        for (const auto& b : r.bins) c.bins.emplace_back(b.within.count(), b.points.micros());
        c.otherwise = r.otherwise.micros();
        c.if_never = r.if_never.micros();
        keep(std::move(c), r.id);
    }

    void rule(const occurrence& r, std::size_t i) {
        auto c = common(r, i, rule_kind::occurrence);
        c.on = conditions_.pattern(r.on);
        c.by_value = r.per_value.has_value();
        c.per_value = r.per_value.value_or(0);
        if (r.min_points) c.min_points = r.min_points->micros();
        if (r.max_points) c.max_points = r.max_points->micros();
        keep(std::move(c), r.id);
    }

    void rule(const sequence& r, std::size_t i) {
        auto c = common(r, i, rule_kind::sequence);
        for (const auto& s : r.steps) c.steps.push_back(conditions_.pattern(s));
        c.within = r.within.count();
        c.strict = r.strict;
        if (r.strict) c.scope = conditions_.pattern(r.scope);
        keep(std::move(c), r.id);
    }

    void rule(const return_rule& r, std::size_t i) {
        auto c = common(r, i, rule_kind::returning);
        c.on = conditions_.pattern(r.on);
        c.after = r.after.count();
        c.scope = conditions_.pattern(r.silence_of);
        keep(std::move(c), r.id);
    }

    void rule(const inactivity& r, std::size_t i) {
        auto c = common(r, i, rule_kind::inactivity);
        c.on = conditions_.pattern(r.on);
        c.after = r.after.count();
        c.every = r.every ? r.every->count() : 0;
        c.times = r.times;
        c.while_idle = r.while_idle;
        keep(std::move(c), r.id);
    }

    compiled_limit limit(const v0::limit& l) {
        compiled_limit c;
        if (l.at_most) c.at_most = *l.at_most;
        if (l.at_most_points) {
            c.counts_points = true;
            c.at_most_points = l.at_most_points->micros();
        }
        if (l.rolling) {
            c.per = compiled_limit::period::rolling;
            c.rolling = l.rolling->count();
        } else if (l.calendar) {
            c.per = compiled_limit::period::calendar;
            c.unit = *l.calendar;
        }
        if (!l.per_distinct.empty()) c.distinct = conditions_.distinct(l.per_distinct);
        return c;
    }

    /// Adds a reset of the named scores; of all that are not derived if none is named.
    void keep(compiled_reset c, const std::vector<std::string>& names) {
        if (names.empty()) {
            if (all_scores_ == nullptr) {
                std::vector<std::uint32_t> all(p_.base_scores);
                std::iota(all.begin(), all.end(), 0U);
                all_scores_ = std::make_shared<const std::vector<std::uint32_t>>(std::move(all));
            }
            c.scores = all_scores_;
        } else {
            std::vector<std::uint32_t> some;
            for (const auto& n : names) some.push_back(score_of_.at(n));
            for (const auto s : some) p_.scores[s].is_reset = true;
            c.scores = std::make_shared<const std::vector<std::uint32_t>>(std::move(some));
        }
        p_.resets.push_back(std::move(c));
    }

    template<class T>
    compiled_ban ban(const T& x, evaluated when) {
        compiled_ban b;
        b.when = conditions_.node(x.when, when);
        if (x.scores.empty()) {
            if (bans_all_ == nullptr)
                bans_all_ = std::make_shared<const std::vector<bool>>(p_.scores.size(), true);
            b.scores = bans_all_;
        } else {
            std::vector<bool> some(p_.scores.size());
            for (const auto& n : x.scores) some[score_of_.at(n)] = true;
            b.scores = std::make_shared<const std::vector<bool>>(std::move(some));
        }
        return b;
    }

    void bandings() {
        for (const auto& b : m_.bandings) {
            compiled_banding c;
            c.score = score_of_.at(b.score);
            c.dwell = b.min_dwell ? b.min_dwell->count() : 0;
            c.remembers = c.dwell != 0;
            for (const auto& x : b.bands) {
                compiled_band band;
                if (x.enter) band.enter = x.enter->micros();
                band.leave = x.leave ? x.leave->micros() : band.enter;
                c.remembers = c.remembers || band.leave != band.enter;
                c.bands.push_back(band);
            }
            p_.bandings.push_back(std::move(c));
        }
        for (const auto& x : m_.matrices) {
            compiled_matrix c{banding_of_(x.rows), banding_of_(x.columns), x.classes};
            if (c.classes.empty()) {
                for (const auto& r : m_.bandings[c.rows].bands) {
                    auto& row = c.classes.emplace_back();
                    for (const auto& col : m_.bandings[c.columns].bands)
                        row.push_back(r.id + col.id);
                }
            }
            p_.matrices.push_back(std::move(c));
        }
    }

    void funnels() {
        p_.owner = conditions_.attribute(m_.roles.owner);
        p_.email = conditions_.attribute(m_.roles.email);
        p_.account = conditions_.attribute(m_.roles.account);
        for (const auto& c : m_.calendars) {
            for (const auto& owner : c.owners)
                p_.calendar_of_owner.emplace(owner, number(p_.calendars.size()));
            p_.calendars.emplace_back(c, p_.zone);
        }
        const auto first_pattern = p_.patterns.size();
        for (const auto& a : m_.alerts) {
            compiled_alert c;
            c.when = conditions_.node(a.when, evaluated::by_engine);
            c.rearms = a.rearm.is != condition::kind::none;
            c.rearm = conditions_.node(a.rearm, evaluated::by_engine);
            c.cooldown = a.cooldown ? a.cooldown->count() : 0;
            if (!a.explain.empty()) c.explain = score_of_.at(a.explain);
            p_.alerts.push_back(c);
        }
        for (const auto& f : m_.funnels) p_.funnels.push_back(compiled(f));
        for (auto i = first_pattern; i < p_.patterns.size(); ++i)
            p_.guard_patterns.push_back(number(i));
    }

    compiled_funnel compiled(const funnel& f) {
        compiled_funnel c;
        c.stages.resize(f.stages.size());
        for (std::size_t s = 0; s < f.stages.size(); ++s) {
            for (const auto& x : f.stages[s].slas) {
                compiled_sla sla{.funnel = number(p_.funnels.size()),
                                 .stage = number(s),
                                 .number = number(c.stages[s].slas.size()),
                                 .due = compiled(x.due)};
                if (x.warn_before) sla.warn_before = x.warn_before->count();
                if (x.met_by) sla.met_by = conditions_.pattern(*x.met_by, evaluated::by_engine);
                c.stages[s].slas.push_back(number(p_.slas.size()));
                p_.slas.push_back(sla);
            }
        }
        const index_by_id stage_of{f.stages};
        for (const auto& t : f.transitions) {
            const auto n = number(c.transitions.size());
            c.transitions.push_back(compiled(t, stage_of));
            if (t.from.empty()) c.entering.push_back(n);
            // A stage that is named twice, or also by '*', is left by the transition once.
            const auto leave = [&](std::uint32_t stage) {
                auto& leaving = c.stages[stage].leaving;
                if (leaving.empty() || leaving.back() != n) leaving.push_back(n);
            };
            for (const auto& name : t.from) {
                if (name != "*") {
                    leave(stage_of(name));
                    continue;
                }
                for (std::size_t s = 0; s < f.stages.size(); ++s)
                    if (!f.stages[s].terminal && f.stages[s].id != t.to) leave(number(s));
            }
            if (!t.then.reset.empty())
                keep({.id = t.id, .funnel = f.id, .transition = t.id}, t.then.reset);
        }
        return c;
    }

    compiled_transition compiled(const transition& t, const index_by_id& stage_of) {
        using trigger = compiled_transition::trigger;
        compiled_transition c;
        c.by = t.on       ? trigger::touchpoint
               : t.after  ? trigger::timer
               : t.manual ? trigger::manual
                          : trigger::condition;
        c.to = stage_of(t.to);
        if (t.on) c.on = conditions_.pattern(*t.on, evaluated::by_engine);
        if (t.after) c.after = compiled(*t.after);
        c.when = conditions_.node(t.when, evaluated::by_engine);
        for (const auto& [name, v] : t.then.set)
            c.sets.emplace_back(conditions_.attribute(name), v);
        if (!t.then.assign.empty() && p_.owner != none32)
            c.sets.emplace_back(p_.owner, value{t.then.assign});
        if (!t.then.alert.empty()) c.alert = alert_of_(t.then.alert);
        c.cycle = t.then.cycle;
        return c;
    }

    compiled_timer compiled(const timer& t) {
        compiled_timer c{.after = t.after.count(), .since = t.since};
        if (t.since == timer_start::touchpoint) {
            c.on = conditions_.pattern(t.on, evaluated::by_engine);
            c.timed = number(p_.timed_patterns.size());
            p_.timed_patterns.push_back(c.on);
        }
        if (!t.calendar.empty()) c.calendar = calendar_of_(t.calendar);
        return c;
    }

    const model& m_;
    program p_;
    std::map<std::string, std::uint32_t, std::less<>> score_of_;
    condition_compiler conditions_;
    std::map<std::pair<std::string, std::string>, std::uint32_t> slot_of_; // by score and group
    index_by_id calendar_of_;
    index_by_id alert_of_;
    index_by_id banding_of_;
    std::map<std::string, std::uint32_t> decay_of_; // by `canonical_text`
    std::shared_ptr<const std::vector<std::uint32_t>> all_scores_;
    std::shared_ptr<const std::vector<bool>> bans_all_;
    bool is_all_frozen_ = false;
};

} // namespace leadfunnel::inline v0::detail
