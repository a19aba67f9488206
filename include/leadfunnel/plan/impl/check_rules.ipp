// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Checks patterns, rules, and the limits and decays of their awards.

#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/plan/impl/check_values.ipp>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

/// Checks patterns, rules, limits and tables of decay. Each call checks the object at the report's
/// pointer.
class rule_check {
  public:
    rule_check(const model& m, report& out, declared_names& names)
        : model_(m), out_(out), names_(names) {}

    void operator()(const pattern& p) {
        if (p.value_at_least && p.value_below && *p.value_at_least >= *p.value_below) {
            const auto in = out_.into("value_below");
            out_.error(issue_code::bad_interval,
                       joined("no value is both below ", to_string(*p.value_below),
                              " and at least ", to_string(*p.value_at_least)),
                       joined("above ", to_string(*p.value_at_least)));
        }
        if (p.value_at_least) needs_values(p, "value_at_least", "value_at_least");
        if (p.value_below) needs_values(p, "value_below", "value_below");
    }

    /// What all kinds of rules have: a group of their score, and points.
    template<class R>
    void head(const R& r) {
        if (!r.group.empty()) in_group(r.score, r.group);
        if constexpr (std::is_same_v<R, recency>)
            worth(r);
        else if constexpr (std::is_same_v<R, occurrence>)
            worth(r);
        else if (r.points == decimal{})
            worthless("points", r.id, "other points than 0");
    }

    /// What all rules that give awards have: limits, a cooldown, a decay.
    template<class R>
    void awards(const R& r) {
        awards_of({r.score, r.limits, r.cooldown, std::holds_alternative<no_decay>(r.decay),
                   std::is_same_v<R, inactivity>, least_award(r)});
    }

    void operator()(const frequency& r) {
        if (r.measure == frequency_measure::distinct) {
            if (r.property.empty()) {
                names_.properties.miss();
                const auto in = out_.into("property");
                out_.error(issue_code::missing_key, "'distinct' counts the values of a property",
                           "the name of a property");
            }
        } else if (!r.property.empty()) {
            const auto in = out_.into("property");
            out_.warning(issue_code::no_effect, "'property' is for the measure 'distinct' only");
        }
        if (r.measure == frequency_measure::sum) needs_values(r.on, "measure", "sum");
    }

    void operator()(const recency& r) {
        check_rising(out_, r.bins, &recency_bin::within, "bins", "within");
    }

    void operator()(const occurrence& r) {
        if (r.per_value) {
            needs_values(r.on, "per_value", "per_value");
            if (r.points != decimal{}) {
                const auto in = out_.into("points");
                out_.error(issue_code::conflict, "'points' and 'per_value' do not go together",
                           "one of the two");
            }
            check_bounds(out_, r.min_points, r.max_points, "min_points", "max_points");
            return;
        }
        for (const auto& [key, is_there] : {std::pair{"min_points", r.min_points.has_value()},
                                            std::pair{"max_points", r.max_points.has_value()}}) {
            if (!is_there) continue;
            const auto in = out_.into(key);
            out_.warning(issue_code::no_effect,
                         joined("'", key, "' does nothing without 'per_value'"));
        }
    }

    void operator()(const return_rule& r) { names_.use(r.silence_of); }

    void operator()(const sequence& r) {
        for (const auto& step : r.steps) names_.use(step);
        if (r.strict) names_.use(r.scope);
        if (r.strict || r.scope == pattern{}) return;
        const auto in = out_.into("scope");
        out_.warning(issue_code::no_effect, "'scope' does nothing without 'strict'");
    }

    void operator()(const inactivity& r) {
        const auto in = out_.into("every");
        if (r.times > 1 && !r.every)
            out_.error(issue_code::missing_key,
                       joined("'every' is missing, as 'times' is ", std::to_string(r.times)),
                       "the time from each award to the next");
        if (r.times == 1 && r.every)
            out_.warning(issue_code::no_effect, "'every' does nothing, as 'times' is 1");
    }

    void operator()(const limit& l) {
        if (l.at_most && l.at_most_points)
            out_.error(issue_code::conflict, "'at_most' and 'at_most_points' do not go together",
                       "one of the two", "write two limits");
        if (!l.at_most && !l.at_most_points)
            out_.error(issue_code::missing_key, "this limit limits nothing",
                       "'at_most' or 'at_most_points'");
        if (l.rolling && l.calendar)
            out_.error(issue_code::conflict, "'rolling' and 'calendar' do not go together",
                       "one of the two, or neither", "write two limits");
    }

    void operator()(const decay_table& d) {
        check_rising(out_, d.points, &decay_point::age, "points", "age");
    }

  private:
    /// `what`, in member `key`, needs touchpoints with values. An error if no type that the pattern
    /// names declares a value; a warning if only some do.
    void needs_values(const pattern& p, std::string_view key, std::string_view what) {
        if (names_.missing.touchpoints) return;
        const auto in = out_.into(key);
        if (p.types.empty()) {
            for (std::size_t i = 0; i < model_.touchpoints.size(); ++i)
                if (names_.has_value(i)) return;
            out_.error(issue_code::type_mismatch,
                       joined("'", what, "' needs values, and no touchpoint type declares any"),
                       "a touchpoint type with 'value'");
            return;
        }
        const std::string* without = nullptr;
        bool with = false;
        for (const auto& type : p.types) {
            const std::size_t i = names_.touchpoints.find(type);
            if (i == no_index) return; // has an error already
            if (names_.has_value(i))
                with = true;
            else if (without == nullptr)
                without = &type;
        }
        if (without == nullptr) return;
        const std::string message = joined("'", what, "' needs values, and touchpoint type ",
                                           quote(*without), " declares none");
        if (with)
            out_.warning(issue_code::type_mismatch, message);
        else
            out_.error(issue_code::type_mismatch, message, "types with 'value'");
    }

    void in_group(const std::string& score, const std::string& group) {
        const std::size_t s = names_.scores.find(score);
        if (s == no_index || names_.is_derived(s)) return;
        const auto in = out_.into("group");
        names_.look_up(out_, names_.groups[s], group, "group", names_.missing.scores,
                       joined(" of score ", quote(score)));
    }

    void worth(const recency& r) {
        const auto earns = [](const recency_bin& b) { return b.points != decimal{}; };
        if (r.otherwise == decimal{} && r.if_never == decimal{} && !r.bins.empty() &&
            std::none_of(r.bins.begin(), r.bins.end(), earns))
            out_.warning(issue_code::no_effect,
                         joined("rule ", quote(r.id), " never gives points"));
    }

    void worth(const occurrence& r) {
        if (!r.per_value) {
            if (r.points == decimal{}) worthless("points", r.id, "'points' or 'per_value'");
            return;
        }
        const bool is_lifted = (r.min_points && *r.min_points > decimal{}) ||
                               (r.max_points && *r.max_points < decimal{});
        if (*r.per_value == decimal{} && !is_lifted)
            worthless("per_value", r.id, "other points than 0");
    }

    void worthless(std::string_view key, const std::string& id, std::string_view expected) {
        const auto in = out_.into(key);
        out_.warning(issue_code::no_effect, joined("rule ", quote(id), " awards 0 points"),
                     expected);
    }

    /// The least absolute worth of a rule's award, in micros, as far as it is known; else 0.
    template<class R>
    [[nodiscard]] static wide least_award(const R& r) {
        const auto size_of = [](decimal d) {
            return d.micros() < 0 ? -wide{d.micros()} : wide{d.micros()};
        };
        if constexpr (std::is_same_v<R, occurrence>) {
            if (r.per_value) {
                if (r.min_points && *r.min_points > decimal{}) return size_of(*r.min_points);
                if (r.max_points && *r.max_points < decimal{}) return size_of(*r.max_points);
                return 0;
            }
        }
        return size_of(r.points);
    }

    struct award_facts {
        const std::string& score;
        const std::vector<limit>& limits;
        const std::optional<duration>& cooldown;
        bool lasts;
        bool is_for_silence;
        wide least; ///< absolute worth of an award, in micros
    };

    void awards_of(const award_facts& r) {
        const std::size_t s = names_.scores.find(r.score);
        if (s != no_index && !names_.is_derived(s) && model_.scores[s].clamp == clamping::running &&
            !r.lasts) {
            const auto in = out_.into("decay");
            out_.error(
                issue_code::clamp_with_decay,
                joined("score ", quote(r.score), " has a running clamp, and this rule decay"),
                "no decay", "clamp the score 'at_end', or drop the decay");
        }
        const auto list = out_.into("limits");
        for (std::size_t i = 0; i < r.limits.size(); ++i) {
            const auto in = out_.into(i);
            const limit& l = r.limits[i];
            if (l.at_most_points && *l.at_most_points > decimal{} &&
                l.at_most_points->micros() < r.least) {
                const auto k = out_.into("at_most_points");
                const std::string least = to_string(decimal::from_micros(r.least));
                out_.error(issue_code::impossible_limit,
                           joined("a limit of ", to_string(*l.at_most_points),
                                  " points allows no award of this rule, which is worth ", least),
                           joined("at least ", least));
            }
            if (r.is_for_silence && !l.per_distinct.empty()) {
                const auto k = out_.into("per_distinct");
                out_.error(issue_code::conflict,
                           "an award for inactivity has no touchpoint, and no property",
                           "no 'per_distinct'");
            }
            if (r.cooldown && is_kept_by(*r.cooldown, l))
                out_.warning(issue_code::no_effect,
                             joined("the cooldown of ", to_string(*r.cooldown),
                                    " keeps this limit by itself"));
        }
        implied_limits(r.limits);
    }

    /// Whether awards that are `cooldown` apart never exceed a limit. When one is due at t, at most
    /// ⌈rolling / cooldown⌉ − 1 earlier ones lie in (t − rolling, t].
    [[nodiscard]] static bool is_kept_by(duration cooldown, const limit& l) {
        if (!l.at_most || !l.rolling || l.calendar || cooldown <= duration{} ||
            *l.rolling <= duration{} || *l.at_most < 1)
            return false;
        return (l.rolling->count() - 1) / cooldown.count() + 1 <= *l.at_most;
    }

    /// Whether the period of `inner` lies within that of `outer` at every instant.
    [[nodiscard]] static bool lies_within(const limit& inner, const limit& outer) {
        if (!outer.rolling && !outer.calendar) return true;
        if (outer.rolling) return inner.rolling && *inner.rolling <= *outer.rolling;
        if (!inner.calendar) return false;
        if (*inner.calendar == *outer.calendar || *inner.calendar == calendar_unit::day)
            return true;
        return *inner.calendar != calendar_unit::week && *outer.calendar != calendar_unit::week &&
               *inner.calendar < *outer.calendar;
    }

    /// Warns of limits that another limit of the rule keeps already. Quadratic, so only for as many
    /// limits as a person would write.
    void implied_limits(const std::vector<limit>& limits) {
        constexpr std::size_t most = 16;
        if (limits.size() > most) return;
        const auto is_odd = [](const limit& l) {
            return l.at_most.has_value() == l.at_most_points.has_value() ||
                   (l.rolling && l.calendar);
        };
        for (std::size_t i = 0; i < limits.size(); ++i) {
            const limit& l = limits[i];
            for (std::size_t k = 0; k < limits.size(); ++k) {
                const limit& o = limits[k];
                if (i == k || is_odd(l) || is_odd(o) || (l == o && i < k)) continue;
                if (!o.per_distinct.empty() && o.per_distinct != l.per_distinct) continue;
                const bool tighter = (l.at_most && o.at_most && *o.at_most <= *l.at_most) ||
                                     (l.at_most_points && o.at_most_points &&
                                      *o.at_most_points <= *l.at_most_points);
                if (!tighter || !lies_within(l, o)) continue;
                const auto in = out_.into(i);
                out_.warning(issue_code::no_effect,
                             joined("limit number ", std::to_string(k + 1),
                                    " of this rule keeps this one by itself"));
                break;
            }
        }
    }

    const model& model_;
    report& out_;
    declared_names& names_;
};

} // namespace leadfunnel::inline v0::detail::checking
