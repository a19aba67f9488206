// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Checks a model, member by member as it is described, and as a whole.

#include <leadfunnel/core/detail/messages.hpp>
#include <leadfunnel/core/detail/tzdata_hint.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/plan/impl/check_condition.ipp>
#include <leadfunnel/plan/impl/check_cycles.ipp>
#include <leadfunnel/plan/impl/check_funnel.ipp>
#include <leadfunnel/plan/impl/check_range.ipp>
#include <leadfunnel/plan/impl/check_repeats.ipp>
#include <leadfunnel/plan/impl/check_report.ipp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace leadfunnel::inline v0::detail::checking {

[[nodiscard]] inline std::string two_digits(unsigned n) {
    return (n < 10 ? "0" : "") + std::to_string(n);
}
[[nodiscard]] inline std::string time_text(time_of_day t) {
    const auto minutes = static_cast<unsigned>(std::clamp(int{t.minutes}, 0, 24 * 60));
    return two_digits(minutes / 60) + ":" + two_digits(minutes % 60);
}
[[nodiscard]] inline std::string date_text(std::chrono::year_month_day d) {
    return std::to_string(int{d.year()}) + "-" + two_digits(unsigned{d.month()}) + "-" +
           two_digits(unsigned{d.day()});
}
class model_check {
  public:
    model_check(const model& m, const unread& u)
        : model_(m), words_(m, u), ranges_(words_), condition_(out_, words_, ranges_) {}

    [[nodiscard]] std::vector<issue> run() {
        language::walk(language::object(model_), out_.at,
                       [this](const language::member_description& f, language::object owner,
                              const std::string&) {
                           // The first member of an object is the place to look at the whole.
                           if (&f == owner.type().members.data()) {
                               out_.at.resize(out_.at.size() - f.key.size() - 1);
                               language::visit(owner, [this](const auto& t) { whole(t); });
                               out_.at.append("/").append(f.key);
                           }
                           in_range(f, owner);
                           member(f, owner);
                       });
        whole_of_lists();
        whole_of_matrices();
        whole_of_funnels();
        whole_of_alerts();
        whole_of_derived();
        unused();
        return out_.take();
    }

  private:
    // ---- any member -----------------------------------------------------------------------------

    void in_range(const language::member_description& f, language::object owner) {
        if (language::within(f, owner)) return;
        const std::int64_t m = *language::measured(f, owner);
        if (f.counts == language::measure::length)
            bad_length(f.key, static_cast<std::size_t>(m), language::range_text(f));
        else
            bad_measure(f, m, owner.as<limit>() != nullptr);
    }
    void bad_length(std::string_view key, std::size_t n, const std::string& range) {
        out_.error(n == 0 ? issue_code::incomplete : issue_code::out_of_range,
                   n == 0 ? joined("'", key, "' is empty")
                          : joined("'", key, "' has ", counted(n, "element")),
                   joined(range, " of them"));
    }
    void bad_measure(const language::member_description& f, std::int64_t m, bool of_limit) {
        const std::string text = language::measure_text(f, m);
        if (of_limit && f.counts != language::measure::period && m <= 0)
            out_.error(issue_code::impossible_limit,
                       joined("a limit of ", text, " allows no award"), language::range_text(f));
        else
            out_.error(issue_code::out_of_range, joined("'", f.key, "' is ", text),
                       language::range_text(f));
    }

    void member(const language::member_description& f, language::object owner) {
        const language::object m = owner[f];
        switch (m.type().is) {
        case language::shape::text:
            if (m.value<std::string>().empty() && f.stands_for == language::meaning::zone &&
                owner.as<business_calendar>() != nullptr)
                return; // the model's
            return one_name(f.stands_for, f.is_required, m.value<std::string>());
        case language::shape::facts:
            return attribute_values(m.value<value_map>());
        case language::shape::time_of_day:
            return time(m.value<time_of_day>());
        case language::shape::condition:
            return condition_(m.value<condition>(), subjects_of(owner));
        case language::shape::choice:
            if (m.choice_name().empty())
                out_.error(issue_code::wrong_value, joined("this is no ", m.type().noun));
            return;
        case language::shape::list:
            return list(f, m);
        case language::shape::truth:
        case language::shape::number:
        case language::shape::whole:
        case language::shape::period:
        case language::shape::date:
        case language::shape::structure:
        case language::shape::variant:
        case language::shape::optional:
            return;
        }
    }
    [[nodiscard]] static looks_at subjects_of(language::object owner) {
        if (owner.as<pattern>() != nullptr) return looks_at::touchpoint;
        if (owner.as<transition>() != nullptr || owner.as<alert>() != nullptr)
            return looks_at::present;
        return looks_at::lead;
    }
    void list(const language::member_description& f, language::object m) {
        switch (m.type().element->is) {
        case language::shape::text:
            return several_names(f.stands_for, f.may_be_one, m.value<std::vector<std::string>>());
        case language::shape::list:
            return rows(m.value<std::vector<std::vector<std::string>>>());
        case language::shape::choice:
            return days(m.value<std::vector<weekday>>());
        case language::shape::date:
            return dates(m.value<std::vector<std::chrono::year_month_day>>());
        case language::shape::structure:
        case language::shape::variant:
        case language::shape::truth:
        case language::shape::number:
        case language::shape::whole:
        case language::shape::period:
        case language::shape::time_of_day:
        case language::shape::facts:
        case language::shape::condition:
        case language::shape::optional:
            return too_long(m.size());
        }
    }
    void rows(const std::vector<std::vector<std::string>>& rows) {
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
    void attribute_values(const value_map& facts) {
        too_long(facts.size());
        for (const auto& [name, v] : facts) {
            const auto in = out_.into(pointer_token(name));
            const std::size_t i = words_.look_up(out_, words_.attributes, name, "attribute",
                                                 words_.missing.attributes);
            if (i == no_index) continue;
            if (const auto type = words_.attribute_type(i)) condition_.fact(name, v, *type);
        }
    }
    void days(const std::vector<weekday>& days) {
        for (std::size_t i = 0; i < days.size(); ++i) {
            const auto in = out_.into(i);
            if (language::name_of(days[i]).empty())
                out_.error(issue_code::wrong_value, "this is no weekday");
            else if (std::find(days.begin(), days.begin() + static_cast<std::ptrdiff_t>(i),
                               days[i]) != days.begin() + static_cast<std::ptrdiff_t>(i))
                out_.warning(issue_code::no_effect,
                             joined(quote(language::name_of(days[i])), " is named twice here"));
            if (i > 100) return; // with an error of its own
        }
    }
    void dates(const std::vector<std::chrono::year_month_day>& dates) {
        too_long(dates.size());
        std::set<std::chrono::year_month_day> seen;
        for (std::size_t i = 0; i < dates.size(); ++i) {
            const auto in = out_.into(i);
            const bool is_date = dates[i].ok() && dates[i].year() >= std::chrono::year{1900} &&
                                 dates[i].year() < std::chrono::year{2200};
            if (!is_date)
                out_.error(issue_code::out_of_range, "this is not a date",
                           "a date from 1900 to 2199");
            else if (!seen.insert(dates[i]).second)
                out_.warning(issue_code::no_effect,
                             joined(date_text(dates[i]), " is a holiday already"));
        }
    }
    void time(const time_of_day& t) {
        if (t.minutes < 0 || t.minutes > 24 * 60)
            out_.error(issue_code::out_of_range,
                       joined(std::to_string(t.minutes), " minutes are no time of day"),
                       "from 0 to 1440");
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
                         joined(quote(names[again]), " is named twice here"));
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
            out_.error(issue_code::bad_name, joined(quote(name), " has a control character in it"));
        else if (!is_utf8(name))
            out_.error(issue_code::bad_name, "a name is not UTF-8");
    }

    [[nodiscard]] std::string nearest_zone(const std::string& name) {
        if (!zones_) zones_ = time_zone::names(); // which reads all of their files
        if (std::string hint = hint_without_zones(*zones_); !hint.empty()) return hint;
        return out_.suggestion(name, {zones_->begin(), zones_->end()});
    }

    void several_names(language::meaning means, bool may_be_one,
                       const std::vector<std::string>& names) {
        too_long(names.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
            std::optional<report::step> in;
            if (names.size() != 1 || !may_be_one) in.emplace(out_.at, std::to_string(i));
            if (means != language::meaning::prose && names[i].empty())
                out_.error(issue_code::bad_name, "a name is empty");
            else
                one_name(means, true, names[i]);
        }
        if (means != language::meaning::prose) repeated(names);
    }

    void one_name(language::meaning means, bool is_required, const std::string& name) {
        using language::meaning;
        if (means == meaning::identifier) return good_name(name);
        if (means == meaning::prose) {
            if (!is_utf8(name)) out_.error(issue_code::wrong_value, "this text is not UTF-8");
            return;
        }
        if (means == meaning::zone) {
            if (!time_zone::find(name))
                out_.error(issue_code::unknown_name, joined("unknown time zone ", quote(name)),
                           "an IANA time zone such as Asia/Tokyo", nearest_zone(name));
            return;
        }
        if (name.empty() && !is_required) return;
        const unread& gone = words_.missing;
        switch (means) {
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
                out_.error(issue_code::wrong_value,
                           joined(quote(name), " is a derived score; it has no points of its own"),
                           "a score from 'scores'");
            return;
        }
        case meaning::banding:
            words_.look_up(out_, words_.bandings, name, "banding", gone.bandings);
            return;
        case meaning::attribute:
            words_.look_up(out_, words_.attributes, name, "attribute", gone.attributes);
            return;
        case meaning::calendar:
            words_.look_up(out_, words_.calendars, name, "business calendar", gone.calendars);
            return;
        case meaning::alert:
            words_.look_up(out_, words_.alerts, name, "alert", gone.alerts);
            return;
        case meaning::owner:
            good_name(name);
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
        if constexpr (requires { t.transitions; })
            unique(names_of(t.transitions), "transitions", "transition");
        if constexpr (requires { t.slas; }) unique(names_of(t.slas), "slas", "service level");
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
                       joined(noun, " ", quote(t.names()[again]), " is declared twice"));
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
        unique(names_of(m.calendars), "calendars", "business calendar");
        unique(names_of(m.alerts), "alerts", "alert");
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
                       joined("every touchpoint has ", quote(m.properties[i].id), " as it is"), {},
                       "remove the declaration, or use another name");
        }
        words_.scores.for_each_repeated([&](std::size_t again) {
            if (again < m.scores.size() || words_.scores.names()[again].empty()) return;
            const auto list = out_.into("derived");
            const auto element = out_.into(again - m.scores.size());
            const auto id = out_.into("id");
            out_.error(issue_code::duplicate_name,
                       joined("score ", quote(words_.scores.names()[again]), " is declared twice"),
                       {}, "scores and derived scores share their names");
        });
        if (m.calendars.size() > max_model_calendars) {
            const auto in = out_.into("calendars");
            out_.error(issue_code::too_large,
                       joined("the model has ", counted(m.calendars.size(), "business calendar")),
                       joined("at most ", std::to_string(max_model_calendars)));
        }
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
                       joined("score ", quote(s.id), " has a running clamp, and groups"),
                       "no groups", "clamp it 'at_end', or drop the groups");
        }
        if (!s.min && !s.max) {
            out_.error(issue_code::missing_key,
                       joined("score ", quote(s.id), " has a running clamp, and no bounds"),
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
        auto message = joined("'", what, "' needs values, and touchpoint type ", quote(*without),
                              " declares none");
        if (with)
            out_.warning(issue_code::type_mismatch, std::move(message));
        else
            out_.error(issue_code::type_mismatch, std::move(message), "types with 'value'");
    }

    // ---- rules ----------------------------------------------------------------------------------

    template<class R>
    void rule_head(const R& r) {
        if (!r.group.empty()) in_group(r.score, r.group);
        if constexpr (std::is_same_v<R, recency>)
            worth(r);
        else if constexpr (std::is_same_v<R, occurrence>)
            worth(r);
        else if (r.points == decimal{})
            worthless("points", r.id, "other points than 0");
    }

    void in_group(const std::string& score, const std::string& group) {
        const std::size_t s = words_.scores.find(score);
        if (s == no_index || words_.is_derived(s)) return;
        const auto in = out_.into("group");
        words_.look_up(out_, words_.groups[s], group, "group", words_.missing.scores,
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
                     std::string{expected});
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
        awards({r.score, r.limits, r.cooldown, std::holds_alternative<no_decay>(r.decay),
                std::is_same_v<R, inactivity>, least_award(r)});
    }

    struct award_facts {
        const std::string& score;
        const std::vector<limit>& limits;
        const std::optional<duration>& cooldown;
        bool lasts;
        bool is_for_silence;
        wide least; ///< that an award is worth, in micros
    };

    void awards(const award_facts& r) {
        const std::size_t s = words_.scores.find(r.score);
        if (s != no_index && !words_.is_derived(s) && model_.scores[s].clamp == clamping::running &&
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

    /// Looks at the derived scores as a graph.
    void whole_of_derived() {
        const graph needs = needs_of(words_);
        const auto list = out_.into("derived");
        cycles(needs);
        levels(needs);
    }

    /// Reports one cycle of each set of derived scores that need one another.
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

    /// Reports the first derived scores that are made of too many levels of others.
    void levels(const graph& needs) {
        std::vector<std::size_t> level(needs.size(), 0); // of cycles: that of what they need
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

    /// `'a' → 'b' → 'a'`; a long one is cut short.
    [[nodiscard]] std::string cycle_text(const std::vector<std::size_t>& cycle) const {
        constexpr std::size_t most = 8;
        std::string text;
        for (std::size_t k = 0; k < std::min(most, cycle.size()); ++k)
            text += quote(model_.derived[cycle[k]].id) + " → ";
        if (cycle.size() > most) text += "… → ";
        return text + quote(model_.derived[cycle.front()].id);
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
                       joined(" of funnel ", quote(r.funnel)));
    }

    void parts(const exclusion& e) {
        if (e.when.is != condition::kind::none) return;
        const auto in = out_.into("when");
        out_.warning(issue_code::unreachable,
                     joined("exclusion ", quote(e.id), " always holds: there are no scores"),
                     "a condition");
    }
    void parts(const freeze& f) {
        if (f.when.is != condition::kind::none) return;
        const auto in = out_.into("when");
        out_.warning(issue_code::unreachable,
                     joined("freeze ", quote(f.id), " always holds: there are no awards"),
                     "a condition");
    }

    // ---- roles and business calendars -----------------------------------------------------------

    void parts(const roles& r) {
        const std::array all{std::pair<std::string_view, const std::string*>{"email", &r.email},
                             std::pair<std::string_view, const std::string*>{"account", &r.account},
                             std::pair<std::string_view, const std::string*>{"owner", &r.owner}};
        for (std::size_t k = 0; k < all.size(); ++k) {
            const auto& [key, name] = all[k];
            const std::size_t i = words_.attributes.find(*name);
            if (name->empty() || i == no_index) continue;
            const auto in = out_.into(key);
            const auto type = words_.attribute_type(i);
            if (type && *type != value_type::string)
                out_.error(issue_code::type_mismatch,
                           joined("'", key, "' is text; attribute ", quote(*name), " is ",
                                  type_text(language::operand_of(*type))),
                           "a string");
            for (std::size_t before = 0; before < k; ++before)
                if (*all[before].second == *name)
                    out_.error(
                        issue_code::conflict,
                        joined("attribute ", quote(*name), " is '", all[before].first, "' already"),
                        "another attribute");
        }
    }

    void needs_owner(std::string_view what) {
        if (!model_.roles.owner.empty() || words_.missing.roles) return;
        words_.attributes.miss();
        out_.error(issue_code::incomplete,
                   joined(what, " needs the attribute that holds a lead's owner"),
                   "'owner' in the model's 'roles'");
    }

    void parts(const working_hours& h) {
        if (h.from < h.to) return;
        const auto in = out_.into("to");
        out_.error(issue_code::bad_interval,
                   joined("work ends at ", time_text(h.to), ", and begins at ", time_text(h.from)),
                   joined("above ", time_text(h.from)),
                   h.to == time_of_day{} ? "write \"24:00\" for the end of the day"
                                         : "for a night, write two working times");
    }

    void parts(const business_calendar& c) {
        if (c.owners.empty()) return;
        const std::size_t own = words_.calendars.find(c.id);
        if (own != no_index) words_.calendars.use(own);
        if (model_.roles.owner.empty() && !words_.missing.roles) {
            const auto in = out_.into("owners");
            words_.attributes.miss();
            out_.warning(issue_code::no_effect,
                         "'owners' does nothing, as no attribute holds a lead's owner",
                         "'owner' in the model's 'roles'");
        }
    }

    /// Owners who have two calendars.
    void calendars_of_owners() {
        std::map<std::string_view, std::size_t> calendar_of;
        const auto list = out_.into("calendars");
        for (std::size_t c = 0; c < model_.calendars.size(); ++c) {
            const auto element = out_.into(c);
            const auto owners = out_.into("owners");
            const auto& names = model_.calendars[c].owners;
            for (std::size_t i = 0; i < names.size(); ++i) {
                const auto [known, is_new] = calendar_of.try_emplace(names[i], c);
                if (is_new || known->second == c || names[i].empty()) continue;
                const auto in = out_.into(i);
                out_.error(issue_code::duplicate_name,
                           joined(quote(names[i]), " has calendar ",
                                  quote(model_.calendars[known->second].id), " already"),
                           "one calendar for each owner");
            }
        }
    }

    // ---- funnels --------------------------------------------------------------------------------

    void parts(const timer& t) {
        if (t.since == timer_start::touchpoint) {
            means(t.on);
        } else if (t.on != pattern{}) {
            const auto in = out_.into("on");
            out_.error(issue_code::conflict,
                       joined("'on' is for timers since a touchpoint; this one runs since ",
                              t.since == timer_start::assignment ? "the assignment"
                                                                 : "the entry into the stage"),
                       "no 'on'", "say \"since\": \"touchpoint\"");
        }
        if (t.since != timer_start::assignment) return;
        const auto in = out_.into("since");
        needs_owner("a timer since the assignment");
    }

    void parts(const sla& s) {
        if (s.met_by) means(*s.met_by);
        // Working time is part of the time that passes: by the clock it may well be longer.
        if (!s.warn_before || !s.due.calendar.empty() || s.due.after <= duration{} ||
            *s.warn_before < s.due.after)
            return;
        const auto in = out_.into("warn_before");
        out_.error(issue_code::bad_interval,
                   joined("a warning ", to_string(*s.warn_before),
                          " before the deadline comes before its timer starts"),
                   joined("less than ", to_string(s.due.after)));
    }

    void parts(const stage& s) {
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

    void parts(const effects& e) {
        if (e.assign.empty()) return;
        const auto in = out_.into("assign");
        needs_owner("'assign'");
        if (!model_.roles.owner.empty() && e.set.contains(model_.roles.owner))
            out_.error(issue_code::conflict,
                       joined("'set' has a value for ", quote(model_.roles.owner), ", too"),
                       "one of the two");
    }

    void parts(const transition& t) {
        if (t.on) means(*t.on);
        const int triggers = int{t.on.has_value()} + int{t.after.has_value()} + int{t.by_hand};
        if (triggers > 1)
            out_.error(issue_code::conflict, "'on', 'after' and 'by_hand' do not go together",
                       "at most one of them", "write two transitions");
        if (triggers == 0 && t.when.is == condition::kind::none && !t.from.empty())
            out_.error(issue_code::missing_key, joined("nothing triggers transition ", quote(t.id)),
                       "'when', 'on', 'after' or 'by_hand'");
        if (t.from.empty() && t.after && t.after->since == timer_start::stage_entry) {
            const auto after = out_.into("after");
            const auto in = out_.into("since");
            out_.error(issue_code::conflict, "a lead in no stage yet has entered none",
                       "'assignment' or 'touchpoint', or the stage that the transition leaves");
        }
    }

    void parts(const funnel& f) {
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

    [[nodiscard]] std::size_t find_stage(const funnel& f, name_table& stages,
                                         const std::string& name) {
        return words_.look_up(out_, stages, name, "stage", words_.missing.funnels,
                              joined(" of funnel ", quote(f.id)));
    }

    /// The stages between which a transition leads. `open` of the funnel's are not terminal.
    void ends(const funnel& f, name_table& stages, std::size_t open, const transition& t) {
        const std::size_t to = stages.find(t.to);
        {
            const auto in = out_.into("to");
            if (to == no_index)
                (void)find_stage(f, stages, t.to);
            else if (t.from.empty() && !f.stages[to].entry && !words_.missing.anything)
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
                if (!words_.missing.funnels && open == (is_open ? 1U : 0U))
                    out_.warning(issue_code::unreachable,
                                 "'*' means no stage here, as all others are terminal");
                continue;
            }
            if (t.from[k].empty()) continue; // reported as such
            const std::size_t from = stages.find(t.from[k]);
            if (from == no_index)
                (void)find_stage(f, stages, t.from[k]);
            else
                leaves(f.stages[from], t, is_all);
        }
    }

    void leaves(const stage& from, const transition& t, bool is_all) {
        if (from.id == t.to && is_by_condition(t) && !words_.missing.anything) {
            out_.error(issue_code::cycle,
                       joined("transition ", quote(t.id), " leads from stage ", quote(from.id),
                              " to itself, whenever its condition holds"),
                       "another stage, or 'on', 'after' or 'by_hand'");
            return;
        }
        if (from.id == t.to && stays_due(t))
            out_.warning(issue_code::cycle,
                         joined("transition ", quote(t.id), " leads from stage ", quote(from.id),
                                " to itself again and again once its time has run out"),
                         "a time since 'stage_entry', or another stage");
        if (from.terminal && !t.by_hand && !t.after)
            out_.warning(issue_code::conflict,
                         joined("stage ", quote(from.id), " is terminal, and transition ",
                                quote(t.id), " takes leads out of it by itself"),
                         "'by_hand' or 'after', or a stage that is not terminal");
        if (is_all && !from.terminal && from.id != t.to)
            out_.warning(issue_code::no_effect, joined("'*' means ", quote(from.id), " already"));
    }

    void parts(const alert& a) {
        if (a.when.is != condition::kind::none || a.rearm.is == condition::kind::none) return;
        const auto in = out_.into("rearm");
        out_.warning(issue_code::no_effect, "'rearm' does nothing without 'when'");
    }

    /// Looks at each funnel as a graph, unless something of it could not be read.
    void whole_of_funnels() {
        calendars_of_owners();
        const auto list = out_.into("funnels");
        if (!few_stages_left() || words_.missing.anything) return;
        for (std::size_t i = 0; i < model_.funnels.size(); ++i) {
            const auto in = out_.into(i);
            funnel_check{out_, model_.funnels[i], reasoning_}(!condition_.has_skipped());
        }
    }

    /// Whether transitions leave no more stages than allowed; else reports it.
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

    /// Alerts that are armed by what raises them.
    void whole_of_alerts() {
        if (words_.missing.anything || condition_.has_skipped()) return;
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

    // ---- bands ----------------------------------------------------------------------------------

    void parts(const banding& b) {
        const std::size_t s = words_.scores.find(b.score);
        const score_range range = s == no_index ? score_range::any() : ranges_[s];
        const auto list = out_.into("bands");
        const decimal* before = nullptr; // the last `enter`
        for (std::size_t i = 0; i < b.bands.size(); ++i) {
            const band& x = b.bands[i];
            const auto in = out_.into(i);
            if (i == 0) {
                first_band(x);
                unreachable_band(b, i, range);
                continue;
            }
            if (!x.enter) {
                const auto k = out_.into("enter");
                out_.error(issue_code::missing_key, joined("band ", quote(x.id), " begins nowhere"),
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
            unreachable_band(b, i, range);
        }
    }
    void first_band(const band& x) {
        for (const auto& [key, is_there] :
             {std::pair{"enter", x.enter.has_value()}, std::pair{"leave", x.leave.has_value()}}) {
            if (!is_there) continue;
            const auto in = out_.into(key);
            out_.error(issue_code::bad_interval,
                       joined("the lowest band, ", quote(x.id), ", has no '", key, "'"), {},
                       "it takes what is left below the next");
        }
    }
    void unreachable_band(const banding& b, std::size_t i, const score_range& range) {
        const std::string why = why_unreached(b, i, range);
        if (!why.empty())
            out_.warning(issue_code::unreachable,
                         joined("band ", quote(b.bands[i].id), " is never reached: ", why));
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
                              " of ", quote(model_.bandings[banding].id)),
                       counted(due, noun));
        };
        if (rows != no_index) cells(x.classes.size(), "row", rows);
        if (columns == no_index) return;
        for (std::size_t r = 0; r < x.classes.size(); ++r) {
            const auto row = out_.into(r);
            cells(x.classes[r].size(), "column", columns);
        }
    }

    /// Matrices that have too many cells together.
    void whole_of_matrices() {
        std::size_t cells = 0;
        const auto list = out_.into("matrices");
        for (std::size_t i = 0; i < model_.matrices.size(); ++i) {
            const std::size_t before = cells;
            cells += words_.cells_of(i);
            if (before > max_matrix_cells || cells <= max_matrix_cells) continue;
            const auto element = out_.into(i);
            out_.error(issue_code::too_large,
                       joined("the matrices have ", std::to_string(cells),
                              " cells together up to this one"),
                       joined("at most ", std::to_string(max_matrix_cells)));
        }
    }

    // ---- the model as a whole -------------------------------------------------------------------

    void whole_of_lists() {
        if (condition_.has_skipped()) return; // comparing them might recurse too deeply
        repeats(model_.rules, "rules", "rule", "both count");
        repeats(model_.resets, "resets", "reset", "");
        repeats(model_.exclusions, "exclusions", "exclusion", "");
        repeats(model_.freezes, "freezes", "freeze", "");
    }

    template<class T>
    [[nodiscard]] static const std::string& id_of(const T& t) {
        if constexpr (std::is_same_v<T, rule>)
            return std::visit([](const auto& x) -> const std::string& { return x.id; }, t);
        else
            return t.id;
    }

    template<class T>
    void repeats(const std::vector<T>& elements, std::string_view key, std::string_view noun,
                 std::string_view note) {
        for (const auto& [again, first] : find_repeats(elements))
            repeated_element(again, key, noun, id_of(elements[again]), id_of(elements[first]),
                             note);
    }
    void repeated_element(std::size_t again, std::string_view key, std::string_view noun,
                          const std::string& id, const std::string& first, std::string_view note) {
        const auto list = out_.into(key);
        const auto element = out_.into(again);
        out_.warning(issue_code::shadowed,
                     joined(noun, " ", quote(id), " says the same as ", quote(first)), {},
                     std::string{note});
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
        not_used(words_.calendars, model_.calendars.size(), "calendars", "business calendar",
                 "no timer goes by it");
        for (std::size_t i = 0; i < model_.alerts.size(); ++i)
            if (model_.alerts[i].when.is != condition::kind::none) words_.alerts.use(i);
        not_used(words_.alerts, model_.alerts.size(), "alerts", "alert",
                 "it has no 'when', and no transition raises it");
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
                         joined(noun, " ", quote(t.names()[i]), " is not used: ", why));
        }
    }

    const model& model_;
    report out_;
    vocabulary words_;
    score_ranges ranges_;
    condition_check condition_;
    reasoning reasoning_;
    std::optional<std::vector<std::string>> zones_; ///< names of all, once one is not known
};

} // namespace leadfunnel::inline v0::detail::checking
