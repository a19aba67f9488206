// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/impl/check_condition.ipp>
#include <leadfunnel/impl/check_report.ipp>
#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/check.hpp>

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace leadfunnel::inline v0 {
namespace detail::checking {

/// Appends a text that is the same for equal objects only, whatever they are called.
class canonical_text {
  public:
    std::string text;

    template<language::described_struct T>
    void put_unnamed(const T& object) {
        language::for_each_field<T>([&](const auto& f) {
            if (f.stands_for != language::meaning::identifier && f.key != "description")
                put(object.*f.member);
        });
    }

    template<class M>
    void put(const M& m) {
        if constexpr (std::is_same_v<M, std::string>) {
            put(static_cast<std::int64_t>(m.size()));
            text += m;
        } else if constexpr (std::is_same_v<M, decimal>) {
            put(m.micros());
        } else if constexpr (std::is_same_v<M, duration>) {
            put(static_cast<std::int64_t>(m.count()));
        } else if constexpr (std::is_same_v<M, value>) {
            put(static_cast<std::int64_t>(m.index()));
            put(to_string(m));
        } else if constexpr (std::is_same_v<M, condition>) {
            put(m.is);
            if (m.is == condition::kind::test) put(m.check);
            put(m.of);
        } else if constexpr (std::is_same_v<M, test>) {
            put(m.of), put(m.name), put(m.stage), put(m.score), put(m.take), put(m.how);
            put(m.literal), put(m.several), put(m.period), put(m.exact);
        } else if constexpr (std::is_arithmetic_v<M> || std::is_enum_v<M>) {
            text += std::to_string(static_cast<std::int64_t>(m));
            text += ' ';
        } else if constexpr (language::inner::is_optional<M>) {
            put(m.has_value());
            if (m) put(*m);
        } else if constexpr (language::inner::is_vector<M>) {
            put(static_cast<std::int64_t>(m.size()));
            for (const auto& each : m) put(each);
        } else if constexpr (language::inner::is_variant<M>) {
            put(static_cast<std::int64_t>(m.index()));
            std::visit([&](const auto& chosen) { put(chosen); }, m);
        } else {
            put_unnamed(m);
        }
    }
};

[[nodiscard]] inline std::string nearest_zone(report& out, const std::string& name) {
    const std::vector<std::string> zones = time_zone::names();
    return out.suggestion(name, {zones.begin(), zones.end()});
}

/// Range of a score's values, as far as it is declared.
struct score_bounds {
    decimal low = decimal::min();
    decimal high = decimal::max();
};

class model_check {
  public:
    model_check(const model& m, const unread& u)
        : model_(m), words_(m, u), condition_(out_, words_) {}

    [[nodiscard]] std::vector<issue> run() {
        language::walk(model_, out_.at, [this](const auto& f, const auto& owner, const auto&) {
            // The first member of an object is the place to look at the whole.
            using owner_type = std::remove_cvref_t<decltype(owner)>;
            if (f.key == std::get<0>(language::describe<owner_type>::fields).key) {
                out_.at.resize(out_.at.size() - f.key.size() - 1);
                whole(owner);
                out_.at.append("/").append(f.key);
            }
            in_range(f, owner);
            member(f, owner.*f.member);
        });
        whole_of_lists();
        cycles();
        unused();
        return out_.take();
    }

  private:
    // ---- any member -----------------------------------------------------------------------------

    template<class F, class T>
    void in_range(const F& f, const T& owner) {
        using M = typename F::member_type;
        using measure = language::measure_of<M>;
        if constexpr (!std::is_same_v<measure, language::no_measure>) {
            const M& m = owner.*f.member;
            if (language::within(f, m)) return;
            if constexpr (language::inner::is_vector<M>) {
                bad_length(f.key, m.size(), language::range_text(f));
            } else {
                measure v{};
                if constexpr (language::inner::is_optional<M>)
                    v = *m;
                else
                    v = m;
                std::string text;
                if constexpr (std::is_same_v<measure, std::int64_t>)
                    text = std::to_string(v);
                else
                    text = to_string(v);
                const bool is_limit = std::is_same_v<T, limit> && v <= measure{} &&
                                      !std::is_same_v<measure, duration>;
                bad_measure(f.key, text, language::range_text(f), is_limit);
            }
        }
    }
    void bad_length(std::string_view key, std::size_t n, const std::string& range) {
        out_.error(n == 0 ? issue_code::incomplete : issue_code::out_of_range,
                   n == 0 ? joined("'", key, "' is empty")
                          : joined("'", key, "' has ", counted(n, "element")),
                   joined(range, " of them"));
    }
    void bad_measure(std::string_view key, const std::string& text, const std::string& range,
                     bool is_limit) {
        if (is_limit)
            out_.error(issue_code::impossible_limit,
                       joined("a limit of ", text, " allows no award"), range);
        else
            out_.error(issue_code::out_of_range, joined("'", key, "' is ", text), range);
    }

    template<class F>
    void member(const F& f, const std::string& name) {
        one_name(f, name);
    }
    template<class F>
    void member(const F& f, const std::vector<std::string>& names) {
        too_long(names.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto in =
                names.size() == 1 && f.may_be_one
                    ? std::optional<report::step>{}
                    : std::optional<report::step>{std::in_place, out_.at, std::to_string(i)};
            if (f.stands_for == language::meaning::prose) {
                if (!is_utf8(names[i]))
                    out_.error(issue_code::wrong_value, "this text is not UTF-8");
            } else if (names[i].empty()) {
                out_.error(issue_code::bad_name, "a name is empty");
            } else {
                one_name(f, names[i]);
            }
        }
        if (f.stands_for != language::meaning::prose) repeated(names);
    }
    template<class F>
    void member(const F&, const std::vector<std::vector<std::string>>& rows) {
        too_long(rows.size());
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const auto row = out_.into(r);
            too_long(rows[r].size());
            for (std::size_t c = 0; c < rows[r].size(); ++c) {
                const auto cell = out_.into(c);
                good_name(rows[r][c]);
            }
        }
    }
    template<class F>
    void member(const F&, const condition& c) {
        condition_(c, std::is_same_v<typename F::owner_type, pattern> ? looks_at::touchpoint
                                                                      : looks_at::lead);
    }
    template<class F, class M>
    void member(const F&, const M& m) {
        if constexpr (language::inner::is_vector<M>) too_long(m.size());
        if constexpr (language::described_enum<M>) {
            if (language::name_of(m).empty())
                out_.error(issue_code::wrong_value,
                           joined("this is no ", language::describe<M>::noun));
        }
    }

    void too_long(std::size_t n) {
        if (n > max_model_list)
            out_.error(issue_code::too_large, joined("this list has ", counted(n, "element")),
                       joined("at most ", std::to_string(max_model_list)));
    }

    void repeated(const std::vector<std::string>& names) {
        name_table t;
        for (const auto& n : names) t.add(n);
        t.finish();
        t.for_each_repeated([&](std::size_t again) {
            const auto in = out_.into(again);
            out_.warning(issue_code::duplicate_name,
                         joined(in_quotes(names[again]), " is named twice here"));
        });
    }

    void good_name(const std::string& name) {
        if (name.empty())
            out_.error(issue_code::bad_name, "a name is empty");
        else if (name.size() > max_name_bytes)
            out_.error(issue_code::bad_name,
                       joined("a name of ", counted(name.size(), "byte"), " is too long"),
                       joined("at most ", std::to_string(max_name_bytes), " bytes"));
        else if (has_control_characters(name))
            out_.error(issue_code::bad_name,
                       joined(in_quotes(name), " has a control character in it"));
        else if (!is_utf8(name))
            out_.error(issue_code::bad_name, "a name is not UTF-8");
    }

    template<class F>
    void one_name(const F& f, const std::string& name) {
        using language::meaning;
        if (f.stands_for == meaning::identifier || f.stands_for == meaning::matrix_class)
            return good_name(name);
        if (f.stands_for == meaning::prose || f.stands_for == meaning::plain) {
            if (!is_utf8(name)) out_.error(issue_code::wrong_value, "this text is not UTF-8");
            return;
        }
        if (f.stands_for == meaning::zone) {
            if (!time_zone::find(name))
                out_.error(issue_code::unknown_name, joined("unknown time zone ", in_quotes(name)),
                           "an IANA time zone such as Asia/Tokyo", nearest_zone(out_, name));
            return;
        }
        if (name.empty() && !f.is_required) return;
        const unread& gone = words_.missing;
        switch (f.stands_for) {
        case meaning::property:
            words_.look_up(out_, words_.properties, name, "property", gone.properties);
            return;
        case meaning::touchpoint:
            words_.look_up(out_, words_.touchpoints, name, "touchpoint type", gone.touchpoints);
            return;
        case meaning::funnel:
            words_.look_up(out_, words_.funnels, name, "funnel", gone.funnels);
            return;
        case meaning::score:
            words_.look_up(out_, words_.scores, name, "score", gone.scores || gone.derived);
            return;
        case meaning::plain_score: {
            const std::size_t i =
                words_.look_up(out_, words_.scores, name, "score", gone.scores || gone.derived);
            if (i != no_index && words_.is_derived(i))
                out_.error(
                    issue_code::wrong_value,
                    joined(in_quotes(name), " is a derived score; it has no points of its own"),
                    "a score from 'scores'");
            return;
        }
        case meaning::banding:
            words_.look_up(out_, words_.bandings, name, "banding", gone.bandings);
            return;
        default: // groups and stages are looked up with the whole that they stand in
            return;
        }
    }

    // ---- wholes ---------------------------------------------------------------------------------

    template<class T>
    void whole(const T& t) {
        if constexpr (requires { t.min, t.max; }) bounds(t.min, t.max, "min", "max");
        if constexpr (requires { t.score, t.group; }) rule_head(t);
        if constexpr (requires { means(t.on); }) means(t.on);
        if constexpr (requires { t.limits, t.cooldown; }) award_rule(t);
        if constexpr (requires { t.stages; }) unique(names_of(t.stages), "stages", "stage");
        if constexpr (requires { t.groups; }) unique(names_of(t.groups), "groups", "group");
        if constexpr (requires { t.bands; }) unique(names_of(t.bands), "bands", "band");
        parts(t);
    }
    template<class T>
    void parts(const T&) {}

    void bounds(const std::optional<decimal>& low, const std::optional<decimal>& high,
                std::string_view low_key, std::string_view high_key) {
        if (!low || !high || *low <= *high) return;
        const auto in = out_.into(low_key);
        out_.error(issue_code::bad_interval,
                   joined("'", low_key, "' ", to_string(*low), " is above '", high_key, "' ",
                          to_string(*high)),
                   joined("at most ", to_string(*high)));
    }

    void unique(const name_table& t, std::string_view key, std::string_view noun) {
        t.for_each_repeated([&](std::size_t again) {
            if (t.names()[again].empty()) return; // reported as such
            const auto list = out_.into(key);
            const auto element = out_.into(again);
            const auto id = out_.into("id");
            out_.error(issue_code::duplicate_name,
                       joined(noun, " ", in_quotes(t.names()[again]), " is declared twice"));
        });
    }

    void parts(const model& m) {
        unique(names_of(m.attributes), "attributes", "attribute");
        unique(names_of(m.touchpoints), "touchpoints", "touchpoint type");
        unique(names_of(m.properties), "properties", "property");
        unique(names_of(m.lists), "lists", "list");
        unique(names_of(m.funnels), "funnels", "funnel");
        unique(names_of(m.scores), "scores", "score");
        unique(names_of(m.resets), "resets", "reset");
        unique(names_of(m.exclusions), "exclusions", "exclusion");
        unique(names_of(m.freezes), "freezes", "freeze");
        unique(names_of(m.bandings), "bandings", "banding");
        unique(names_of(m.matrices), "matrices", "matrix");
        name_table rules;
        for (const auto& r : m.rules)
            rules.add(std::visit([](const auto& x) -> std::string_view { return x.id; }, r));
        rules.finish();
        unique(rules, "rules", "rule");

        for (std::size_t i = 0; i < m.properties.size(); ++i) {
            const auto& built_in = language::built_in_properties;
            if (std::find(built_in.begin(), built_in.end(), m.properties[i].id) == built_in.end())
                continue;
            const auto list = out_.into("properties");
            const auto element = out_.into(i);
            const auto id = out_.into("id");
            out_.error(issue_code::duplicate_name,
                       joined("every touchpoint has ", in_quotes(m.properties[i].id), " as it is"),
                       {}, "remove the declaration, or use another name");
        }
        words_.scores.for_each_repeated([&](std::size_t again) {
            if (again < m.scores.size() || words_.scores.names()[again].empty()) return;
            const auto list = out_.into("derived");
            const auto element = out_.into(again - m.scores.size());
            const auto id = out_.into("id");
            out_.error(
                issue_code::duplicate_name,
                joined("score ", in_quotes(words_.scores.names()[again]), " is declared twice"), {},
                "scores and derived scores share their names");
        });
        if (m.scores.empty() && !words_.missing.scores) {
            const auto in = out_.into("scores");
            out_.error(issue_code::incomplete, "the model has no scores", "at least one");
        }
    }

    void parts(const score& s) {
        if (s.clamp != clamping::running) return;
        if (!s.groups.empty()) {
            const auto in = out_.into("groups");
            out_.error(issue_code::clamp_with_decay,
                       joined("score ", in_quotes(s.id), " has a running clamp, and groups"),
                       "no groups", "clamp it 'at_end', or drop the groups");
        }
        if (!s.min && !s.max) {
            out_.error(issue_code::missing_key,
                       joined("score ", in_quotes(s.id), " has a running clamp, and no bounds"),
                       "'min' or 'max'");
        }
    }

    // ---- patterns -------------------------------------------------------------------------------

    void parts(const pattern& p) {
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

    /// A pattern that is in use; one without types means every type.
    void means(const pattern& p) {
        if (p.types.empty()) words_.touchpoints.use_all();
    }

    /// Something called `what` in member `key` asks for the values of the touchpoints meant: an
    /// error if none of them has any.
    void needs_values(const pattern& p, std::string_view key, std::string_view what) {
        if (words_.missing.touchpoints) return;
        const auto in = out_.into(key);
        if (p.types.empty()) {
            for (std::size_t i = 0; i < model_.touchpoints.size(); ++i)
                if (words_.has_value(i)) return;
            out_.error(issue_code::type_mismatch,
                       joined("'", what, "' needs values, and no touchpoint type declares any"),
                       "a touchpoint type with 'value'");
            return;
        }
        const std::string* without = nullptr;
        bool with = false;
        for (const auto& type : p.types) {
            const std::size_t i = words_.touchpoints.find(type);
            if (i == no_index) return; // reported where it is named
            if (words_.has_value(i))
                with = true;
            else if (without == nullptr)
                without = &type;
        }
        if (without == nullptr) return;
        auto message = joined("'", what, "' needs values, and touchpoint type ",
                              in_quotes(*without), " declares none");
        if (with)
            out_.warning(issue_code::type_mismatch, std::move(message));
        else
            out_.error(issue_code::type_mismatch, std::move(message), "types with 'value'");
    }

    // ---- rules ----------------------------------------------------------------------------------

    template<class R>
    void rule_head(const R& r) {
        const std::size_t s = words_.scores.find(r.score);
        if (s != no_index && !words_.is_derived(s) && !r.group.empty()) {
            const auto in = out_.into("group");
            words_.look_up(out_, words_.groups[s], r.group, "group", words_.missing.scores,
                           joined(" of score ", in_quotes(r.score)));
        }
        if constexpr (std::is_same_v<R, recency>) {
            const auto earns = [](const recency_bin& b) { return b.points != decimal{}; };
            if (r.otherwise == decimal{} && r.if_never == decimal{} &&
                std::none_of(r.bins.begin(), r.bins.end(), earns) && !r.bins.empty())
                out_.warning(issue_code::no_effect,
                             joined("rule ", in_quotes(r.id), " never gives points"));
        } else {
            bool earns = r.points != decimal{};
            std::string_view key = "points";
            if constexpr (std::is_same_v<R, occurrence>) {
                if (r.per_value) {
                    earns = earns || *r.per_value != decimal{} ||
                            (r.min_points && *r.min_points > decimal{}) ||
                            (r.max_points && *r.max_points < decimal{});
                    key = "per_value";
                }
            }
            if (earns) return;
            const auto in = out_.into(key);
            out_.warning(
                issue_code::no_effect, joined("rule ", in_quotes(r.id), " awards 0 points"),
                std::is_same_v<R, occurrence> && key == "points" ? "'points' or 'per_value'"
                                                                 : "other points than 0");
        }
    }

    void parts(const frequency& r) {
        if (r.measure == frequency_measure::distinct) {
            if (r.property.empty()) {
                words_.properties.miss();
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

    void parts(const recency& r) { rising(r.bins, &recency_bin::within, "bins", "within"); }

    /// Reports each row that is not above the one before it.
    template<class Row, class K>
    void rising(const std::vector<Row>& rows, K Row::*member, std::string_view list,
                std::string_view key) {
        for (std::size_t i = 1; i < rows.size(); ++i) {
            if (rows[i].*member > rows[i - 1].*member) continue;
            const auto in = out_.into(list);
            const auto row = out_.into(i);
            const auto k = out_.into(key);
            out_.error(issue_code::bad_interval,
                       joined("'", key, "' ", to_string(rows[i].*member), " does not rise from ",
                              to_string(rows[i - 1].*member)),
                       joined("above ", to_string(rows[i - 1].*member)));
        }
    }

    void parts(const occurrence& r) {
        if (r.per_value) {
            needs_values(r.on, "per_value", "per_value");
            if (r.points != decimal{}) {
                const auto in = out_.into("points");
                out_.error(issue_code::conflict, "'points' and 'per_value' do not go together",
                           "one of the two");
            }
            bounds(r.min_points, r.max_points, "min_points", "max_points");
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

    void parts(const return_rule& r) { means(r.silence_of); }

    void parts(const sequence& r) {
        for (const auto& step : r.steps) means(step);
        if (r.strict) means(r.scope);
        if (r.strict || r.scope == pattern{}) return;
        const auto in = out_.into("scope");
        out_.warning(issue_code::no_effect, "'scope' does nothing without 'strict'");
    }

    void parts(const inactivity& r) {
        const auto in = out_.into("every");
        if (r.times > 1 && !r.every)
            out_.error(issue_code::missing_key,
                       joined("'every' is missing, as 'times' is ", std::to_string(r.times)),
                       "the time from each award to the next");
        if (r.times == 1 && r.every)
            out_.warning(issue_code::no_effect, "'every' does nothing, as 'times' is 1");
    }

    // ---- awards ---------------------------------------------------------------------------------

    /// The least that a rule's award can be worth, up or down, as far as it can be told.
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

    template<class R>
    void award_rule(const R& r) {
        const std::size_t s = words_.scores.find(r.score);
        if (s != no_index && !words_.is_derived(s) && model_.scores[s].clamp == clamping::running &&
            !std::holds_alternative<no_decay>(r.decay)) {
            const auto in = out_.into("decay");
            out_.error(
                issue_code::clamp_with_decay,
                joined("score ", in_quotes(r.score), " has a running clamp, and this rule decay"),
                "no decay", "clamp the score 'at_end', or drop the decay");
        }
        const auto list = out_.into("limits");
        for (std::size_t i = 0; i < r.limits.size(); ++i) {
            const auto in = out_.into(i);
            const limit& l = r.limits[i];
            if (l.at_most_points && *l.at_most_points > decimal{} &&
                l.at_most_points->micros() < least_award(r)) {
                const auto k = out_.into("at_most_points");
                out_.error(issue_code::impossible_limit,
                           joined("a limit of ", to_string(*l.at_most_points),
                                  " points allows no award of this rule, which is worth ",
                                  to_string(decimal::from_micros(least_award(r)))),
                           joined("at least ", to_string(decimal::from_micros(least_award(r)))));
            }
            if constexpr (std::is_same_v<R, inactivity>) {
                if (!l.per_distinct.empty()) {
                    const auto k = out_.into("per_distinct");
                    out_.error(issue_code::conflict,
                               "an award for inactivity has no touchpoint, and no property",
                               "no 'per_distinct'");
                }
            }
            if (r.cooldown && is_kept_by(*r.cooldown, l))
                out_.warning(issue_code::no_effect,
                             joined("the cooldown of ", to_string(*r.cooldown),
                                    " keeps this limit by itself"));
        }
        implied_limits(r.limits);
    }

    void parts(const limit& l) {
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

    /// Awards that stand `cooldown` apart never exceed the limit: of those before t there are at
    /// most ⌈rolling / cooldown⌉ − 1 in (t − rolling, t].
    [[nodiscard]] static bool is_kept_by(duration cooldown, const limit& l) {
        if (!l.at_most || !l.rolling || l.calendar || cooldown <= duration{} ||
            *l.rolling <= duration{} || *l.at_most < 1)
            return false;
        return (l.rolling->count() - 1) / cooldown.count() + 1 <= *l.at_most;
    }

    /// The period of `inner` lies within that of `outer`, whatever the instant.
    [[nodiscard]] static bool lies_within(const limit& inner, const limit& outer) {
        if (!outer.rolling && !outer.calendar) return true;
        if (outer.rolling) return inner.rolling && *inner.rolling <= *outer.rolling;
        if (!inner.calendar) return false;
        if (*inner.calendar == *outer.calendar || *inner.calendar == calendar_unit::day)
            return true;
        return *inner.calendar != calendar_unit::week && *outer.calendar != calendar_unit::week &&
               *inner.calendar < *outer.calendar;
    }

    /// Limits that another one of the same rule keeps already. Quadratic, so only for as many as a
    /// person would write.
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

    void parts(const decay_table& d) { rising(d.points, &decay_point::age, "points", "age"); }

    // ---- derived scores -------------------------------------------------------------------------

    void parts(const lookup& l) { rising(l.steps, &lookup_step::at_least, "steps", "at_least"); }

    [[nodiscard]] static std::vector<std::string_view> inputs_of(const formula& f) {
        std::vector<std::string_view> names;
        std::visit(
            [&](const auto& x) {
                if constexpr (requires { x.terms; })
                    for (const auto& t : x.terms) names.emplace_back(t.score);
                else if constexpr (requires { x.scores; })
                    names.assign(x.scores.begin(), x.scores.end());
                else
                    names.emplace_back(x.score);
            },
            f);
        return names;
    }

    /// Reports one cycle of each set of derived scores that need one another (Tarjan's strongly
    /// connected components, without recursion). O(scores + inputs · log).
    void cycles() {
        const std::size_t n = model_.derived.size();
        const std::size_t first = model_.scores.size();
        std::vector<std::vector<std::size_t>> needs(n);
        for (std::size_t i = 0; i < n; ++i) {
            for (const auto name : inputs_of(model_.derived[i].from)) {
                const std::size_t s = words_.scores.find(name);
                if (s != no_index && s >= first) needs[i].push_back(s - first);
            }
        }
        std::vector<std::size_t> order(n, no_index);
        std::vector<std::size_t> low(n, 0);
        std::vector<std::size_t> component(n, no_index);
        std::vector<std::size_t> open;
        std::vector<std::pair<std::size_t, std::size_t>> path; // a score, and its next input
        std::size_t count = 0;
        for (std::size_t root = 0; root < n; ++root) {
            if (order[root] != no_index) continue;
            path.emplace_back(root, 0);
            while (!path.empty()) {
                auto& [i, next] = path.back();
                if (next == 0) {
                    order[i] = low[i] = count++;
                    open.push_back(i);
                }
                if (next < needs[i].size()) {
                    const std::size_t to = needs[i][next++];
                    if (order[to] == no_index)
                        path.emplace_back(to, 0);
                    else if (component[to] == no_index)
                        low[i] = std::min(low[i], order[to]);
                    continue;
                }
                const std::size_t done = i;
                path.pop_back();
                if (!path.empty())
                    low[path.back().first] = std::min(low[path.back().first], low[done]);
                if (low[done] != order[done]) continue;
                std::vector<std::size_t> members;
                do {
                    members.push_back(open.back());
                    component[open.back()] = done;
                    open.pop_back();
                } while (members.back() != done);
                report_cycle(needs, component, members);
            }
        }
    }

    /// The shortest cycle through the first declared of the members, if there is one.
    void report_cycle(const std::vector<std::vector<std::size_t>>& needs,
                      const std::vector<std::size_t>& component,
                      const std::vector<std::size_t>& members) {
        const std::size_t start = *std::min_element(members.begin(), members.end());
        if (members.size() == 1 &&
            std::find(needs[start].begin(), needs[start].end(), start) == needs[start].end())
            return;
        std::vector<std::size_t> queue{start};
        std::map<std::size_t, std::size_t> from;
        for (std::size_t k = 0; k < queue.size() && !from.contains(start); ++k)
            for (const std::size_t to : needs[queue[k]])
                if (component[to] == component[start] && from.try_emplace(to, queue[k]).second)
                    queue.push_back(to);
        std::vector<std::size_t> back{start};
        for (std::size_t at = from.at(start); at != start; at = from.at(at)) back.push_back(at);
        back.push_back(start);
        std::reverse(back.begin(), back.end());

        constexpr std::size_t most = 10; // names shown; the last is the first again
        std::string text;
        for (std::size_t k = 0; k < back.size(); ++k) {
            if (back.size() > most && k >= most - 2 && k + 1 < back.size()) {
                if (k == most - 2) text += " → …";
                continue;
            }
            if (k > 0) text += " → ";
            text += in_quotes(model_.derived[back[k]].id);
        }
        const auto list = out_.into("derived");
        const auto element = out_.into(start);
        const auto in = out_.into("from");
        if (members.size() == 1)
            out_.error(issue_code::cycle,
                       joined("derived score ", in_quotes(model_.derived[start].id),
                              " is made from itself"));
        else
            out_.error(issue_code::cycle,
                       joined("derived scores are made from one another: ", text));
    }

    // ---- what acts on scores --------------------------------------------------------------------

    void parts(const reset& r) {
        if (r.on) means(*r.on);
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
        const std::size_t f = words_.funnels.find(r.funnel);
        if (f == no_index) return;
        const auto in = out_.into("stage");
        words_.look_up(out_, words_.stages[f], r.stage, "stage", words_.missing.funnels,
                       joined(" of funnel ", in_quotes(r.funnel)));
    }

    void parts(const exclusion& e) {
        if (e.when.is != condition::kind::none) return;
        const auto in = out_.into("when");
        out_.warning(issue_code::unreachable,
                     joined("exclusion ", in_quotes(e.id), " always holds: there are no scores"),
                     "a condition");
    }
    void parts(const freeze& f) {
        if (f.when.is != condition::kind::none) return;
        const auto in = out_.into("when");
        out_.warning(issue_code::unreachable,
                     joined("freeze ", in_quotes(f.id), " always holds: there are no awards"),
                     "a condition");
    }

    // ---- bands ----------------------------------------------------------------------------------

    [[nodiscard]] score_bounds bounds_of(std::size_t s) const {
        const auto within = [](score_bounds b, const auto& declared) {
            const decimal low = declared.min.value_or(decimal::min());
            const decimal high = declared.max.value_or(decimal::max());
            if (low > high) return score_bounds{}; // reported as such
            return score_bounds{std::clamp(b.low, low, high), std::clamp(b.high, low, high)};
        };
        if (!words_.is_derived(s)) return within({}, model_.scores[s]);
        const derived_score& d = model_.derived[s - model_.scores.size()];
        score_bounds b;
        if (const auto* l = std::get_if<logistic>(&d.from)) {
            b = {std::min(decimal{}, l->top), std::max(decimal{}, l->top)};
        } else if (const auto* t = std::get_if<lookup>(&d.from)) {
            b = {t->below, t->below};
            for (const auto& step : t->steps)
                b = {std::min(b.low, step.points), std::max(b.high, step.points)};
        }
        return within(b, d);
    }

    void parts(const banding& b) {
        const std::size_t s = words_.scores.find(b.score);
        const score_bounds range = s == no_index ? score_bounds{} : bounds_of(s);
        const auto list = out_.into("bands");
        const decimal* before = nullptr; // the last `enter`
        for (std::size_t i = 0; i < b.bands.size(); ++i) {
            const band& x = b.bands[i];
            const auto in = out_.into(i);
            if (i == 0) {
                first_band(x);
                if (b.bands.size() > 1 && b.bands[1].enter && range.low >= *b.bands[1].enter)
                    unreachable_band(x, joined("the score is never below ", to_string(range.low)));
                continue;
            }
            if (!x.enter) {
                const auto k = out_.into("enter");
                out_.error(issue_code::missing_key,
                           joined("band ", in_quotes(x.id), " begins nowhere"),
                           "the score at which the band begins");
                continue;
            }
            if (before != nullptr && *x.enter <= *before) {
                const auto k = out_.into("enter");
                out_.error(issue_code::bad_interval,
                           joined("'enter' ", to_string(*x.enter), " does not rise from ",
                                  to_string(*before)),
                           joined("above ", to_string(*before)));
            }
            before = &*x.enter;
            if (x.leave && *x.leave > *x.enter) {
                const auto k = out_.into("leave");
                out_.error(issue_code::bad_interval,
                           joined("'leave' ", to_string(*x.leave), " is above 'enter' ",
                                  to_string(*x.enter)),
                           joined("at most ", to_string(*x.enter)));
            }
            if (*x.enter > range.high)
                unreachable_band(x, joined("the score is never above ", to_string(range.high)));
            else if (i + 1 < b.bands.size() && b.bands[i + 1].enter &&
                     range.low >= *b.bands[i + 1].enter && *b.bands[i + 1].enter > *x.enter)
                unreachable_band(x, joined("the score is never below ", to_string(range.low)));
        }
    }
    void first_band(const band& x) {
        for (const auto& [key, is_there] :
             {std::pair{"enter", x.enter.has_value()}, std::pair{"leave", x.leave.has_value()}}) {
            if (!is_there) continue;
            const auto in = out_.into(key);
            out_.error(issue_code::bad_interval,
                       joined("the lowest band, ", in_quotes(x.id), ", has no '", key, "'"), {},
                       "it takes what is left below the next");
        }
    }
    void unreachable_band(const band& x, const std::string& why) {
        out_.warning(issue_code::unreachable,
                     joined("band ", in_quotes(x.id), " is never reached: ", why));
    }

    void parts(const matrix& x) {
        const std::size_t rows = words_.bandings.find(x.rows);
        const std::size_t columns = words_.bandings.find(x.columns);
        if (x.classes.empty() || words_.missing.bandings) return;
        const auto in = out_.into("classes");
        const auto cells = [&](std::size_t n, std::string_view noun, std::size_t banding) {
            const std::size_t due = model_.bandings[banding].bands.size();
            if (due == 0 || n == due) return; // without bands it is reported as such
            out_.error(issue_code::incomplete,
                       joined(counted(n, noun), " of classes for the ", counted(due, "band"),
                              " of ", in_quotes(model_.bandings[banding].id)),
                       counted(due, noun));
        };
        if (rows != no_index) cells(x.classes.size(), "row", rows);
        if (columns == no_index) return;
        for (std::size_t r = 0; r < x.classes.size(); ++r) {
            const auto row = out_.into(r);
            cells(x.classes[r].size(), "column", columns);
        }
    }

    // ---- the model as a whole -------------------------------------------------------------------

    void whole_of_lists() {
        if (condition_.has_met_depth()) return; // comparing them would recurse as deeply
        repeats(model_.rules, "rules", "rule", "both count");
        repeats(model_.resets, "resets", "reset", "");
        repeats(model_.exclusions, "exclusions", "exclusion", "");
        repeats(model_.freezes, "freezes", "freeze", "");
    }

    template<class T>
    [[nodiscard]] static const std::string& id_of(const T& t) {
        if constexpr (language::inner::is_variant<T>)
            return std::visit([](const auto& x) -> const std::string& { return x.id; }, t);
        else
            return t.id;
    }

    /// Elements that differ from an earlier one in name alone. O(size · log).
    template<class T>
    void repeats(const std::vector<T>& elements, std::string_view key, std::string_view noun,
                 std::string_view note) {
        std::vector<std::pair<std::string, std::size_t>> texts;
        texts.reserve(elements.size());
        for (std::size_t i = 0; i < elements.size(); ++i) {
            canonical_text t;
            t.put(elements[i]);
            texts.emplace_back(std::move(t.text), i);
        }
        std::sort(texts.begin(), texts.end());
        for (std::size_t i = 1, first = 0; i < texts.size(); ++i) {
            if (texts[i].first != texts[first].first) {
                first = i;
                continue;
            }
            const auto list = out_.into(key);
            const auto element = out_.into(texts[i].second);
            out_.warning(issue_code::shadowed,
                         joined(noun, " ", in_quotes(id_of(elements[texts[i].second])),
                                " says the same as ",
                                in_quotes(id_of(elements[texts[first].second]))),
                         {}, std::string{note});
        }
    }

    void unused() {
        if (words_.missing.anything) return;
        not_used(words_.attributes, model_.attributes.size(), "attributes", "attribute",
                 "no condition asks for it");
        not_used(words_.properties, model_.properties.size(), "properties", "property",
                 "no pattern or limit asks for it");
        not_used(words_.touchpoints, model_.touchpoints.size(), "touchpoints", "touchpoint type",
                 "no pattern means it");
        not_used(words_.lists, model_.lists.size(), "lists", "list", "no condition refers to it");
        name_table fed = names_of(model_.scores);
        for (const auto& r : model_.rules)
            std::visit(
                [&](const auto& x) {
                    const std::size_t i = fed.find(x.score);
                    if (i != no_index) fed.use(i);
                },
                r);
        if (!words_.scores.has_missed())
            not_used(fed, model_.scores.size(), "scores", "score", "no rule gives points to it");
        const auto scores = out_.into("scores");
        for (std::size_t s = 0; s < model_.scores.size(); ++s) {
            const auto in = out_.into(s);
            not_used(words_.groups[s], words_.groups[s].size(), "groups", "group",
                     "no rule belongs to it");
        }
    }

    void not_used(const name_table& t, std::size_t declared, std::string_view key,
                  std::string_view noun, std::string_view why) {
        if (t.has_missed()) return;
        for (std::size_t i = 0; i < declared; ++i) {
            if (t.is_used(i) || t.find(t.names()[i]) != i) continue; // or a second of its name
            const auto list = out_.into(key);
            const auto in = out_.into(i);
            out_.warning(issue_code::unused,
                         joined(noun, " ", in_quotes(t.names()[i]), " is not used: ", why));
        }
    }

    const model& model_;
    report out_;
    vocabulary words_;
    condition_check condition_;
};

// ---- models from files --------------------------------------------------------------------------

/// Whether `pointer` is `top` or something below it.
[[nodiscard]] inline bool is_at_or_below(std::string_view pointer, std::string_view top) {
    return pointer.starts_with(top) && (pointer.size() == top.size() || pointer[top.size()] == '/');
}

[[nodiscard]] inline std::string_view parent_of(std::string_view pointer) {
    return pointer.substr(0, std::min(pointer.rfind('/'), pointer.size()));
}

[[nodiscard]] inline std::string_view last_key_of(std::string_view pointer) {
    return pointer.substr(std::min(pointer.rfind('/') + 1, pointer.size()));
}

[[nodiscard]] inline unread unread_of(const std::vector<issue>& issues) {
    unread u;
    for (const issue& i : issues) {
        if (i.level != severity::error) continue;
        u.anything = true;
        const std::string_view p = i.pointer;
        const std::string_view key = last_key_of(p);
        const bool is_type = key == "type" || i.code == issue_code::unknown_key;
        // The list itself, an element of it, or its name; likewise of a list within an element.
        const bool is_name = key == "id" || key.find_first_not_of("0123456789") == key.npos ||
                             i.code == issue_code::unknown_key;
        const auto loses = [&](std::string_view list, std::string_view within = "/") {
            return is_at_or_below(p, list) && (is_name || p == list || key == last_key_of(within));
        };
        u.scores = u.scores || p.empty() || loses("/scores", "/groups");
        u.derived = u.derived || p.empty() || loses("/derived");
        u.attributes = u.attributes || loses("/attributes");
        u.properties = u.properties || loses("/properties");
        u.touchpoints = u.touchpoints || loses("/touchpoints");
        u.lists = u.lists || loses("/lists", "/members");
        u.funnels = u.funnels || loses("/funnels", "/stages");
        u.bandings = u.bandings || loses("/bandings", "/bands");
        u.attribute_types = u.attribute_types || (is_type && is_at_or_below(p, "/attributes"));
        u.property_types = u.property_types || (is_type && is_at_or_below(p, "/properties"));
        u.touchpoint_values =
            u.touchpoint_values || (is_at_or_below(p, "/touchpoints") &&
                                    (key == "value" || i.code == issue_code::unknown_key));
    }
    return u;
}

/// What the reader of a file has said already. All pointers are into the file.
class said {
  public:
    explicit said(const std::vector<issue>& issues) {
        for (const issue& i : issues) {
            if (i.level != severity::error) continue;
            const std::string_view p = i.pointer;
            if (p.empty()) is_all_ = true;
            const bool is_key =
                i.code == issue_code::unknown_key || i.code == issue_code::duplicate_key;
            if (!is_key) unread_.push_back(last_key_of(p) == "kind" ? parent_of(p) : p);
            if (i.code != issue_code::missing_key) half_read_.push_back(parent_of(p));
        }
        std::sort(unread_.begin(), unread_.end());
        std::sort(half_read_.begin(), half_read_.end());
    }

    /// Whether nothing of the model could be read.
    [[nodiscard]] bool is_all() const { return is_all_; }

    /// Whether an issue found by checking comes of what could not be read. `is_there`: whether what
    /// it points to stands in the file.
    [[nodiscard]] bool explains(const issue& i, bool is_there) const {
        const std::string_view p = i.pointer;
        for (std::string_view top = p; !top.empty(); top = parent_of(top))
            if (std::binary_search(unread_.begin(), unread_.end(), top)) return true;
        if (std::binary_search(half_read_.begin(), half_read_.end(), p)) return true;
        if (!is_there && std::binary_search(half_read_.begin(), half_read_.end(), parent_of(p)))
            return true;
        if (i.level != severity::warning) return false;
        const std::string below = joined(p, "/");
        for (const auto* list : {&unread_, &half_read_}) {
            const auto at = std::lower_bound(list->begin(), list->end(), below);
            if (at != list->end() && at->starts_with(below)) return true;
        }
        return false;
    }

  private:
    std::vector<std::string_view> unread_;    ///< values that are missing or unreadable
    std::vector<std::string_view> half_read_; ///< what has such a value, or an unknown key, in it
    bool is_all_ = false;
};

} // namespace detail::checking

LEADFUNNEL_DECL std::vector<issue> check(const model& m) {
    return detail::checking::model_check{m, {}}.run();
}

LEADFUNNEL_DECL std::vector<issue> check(const loaded_model& m) {
    const detail::checking::said said{m.issues};
    std::vector<issue> issues = m.issues;
    if (said.is_all()) return issues;
    std::vector<issue> rest; // of those that are too many
    for (issue& i :
         detail::checking::model_check{m.value, detail::checking::unread_of(m.issues)}.run()) {
        const bool is_rest = i.pointer.empty() && i.code == issue_code::too_large;
        m.locate(i);
        if (is_rest) {
            rest.push_back(std::move(i));
            continue;
        }
        const text_position parent = m.positions.find(detail::checking::parent_of(i.pointer))
                                         .at; // of the file: see `explains`
        const bool is_there = parent != text_position{i.line, i.column};
        if (!said.explains(i, is_there)) issues.push_back(std::move(i));
    }
    std::stable_sort(issues.begin(), issues.end(), [](const issue& a, const issue& b) {
        return std::pair{a.line, a.column} < std::pair{b.line, b.column};
    });
    for (issue& i : rest) issues.push_back(std::move(i));
    return issues;
}

} // namespace leadfunnel::inline v0
