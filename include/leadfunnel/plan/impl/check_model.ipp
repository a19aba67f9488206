// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Checks a model: walks its members, checks each member and each object, then the model as a whole.

#include <leadfunnel/core/detail/messages.hpp>
#include <leadfunnel/core/detail/tzdata_hint.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/plan/impl/check_bands.ipp>
#include <leadfunnel/plan/impl/check_calendars.ipp>
#include <leadfunnel/plan/impl/check_condition.ipp>
#include <leadfunnel/plan/impl/check_range.ipp>
#include <leadfunnel/plan/impl/check_repeats.ipp>
#include <leadfunnel/plan/impl/check_report.ipp>
#include <leadfunnel/plan/impl/check_rules.ipp>
#include <leadfunnel/plan/impl/check_scores.ipp>
#include <leadfunnel/plan/impl/check_transitions.ipp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

/// One check of one model. It has a member for each part of the language that is checked apart.
class model_check {
  public:
    /// Keeps references to the model and the table.
    model_check(const model& m, const unread& u, matcher_table& matchers)
        : model_(m), names_(m, u), ranges_(names_), condition_(out_, names_, ranges_, matchers),
          rules_(m, out_, names_), scores_(m, out_, names_), bands_(m, out_, names_, ranges_),
          calendars_(m, out_, names_), transitions_(m, out_, names_, condition_, calendars_) {}

    /// All issues, in the order of the model's members. To be called once.
    [[nodiscard]] std::vector<issue> run() {
        language::walk(language::object(model_), out_.at,
                       [this](const language::member_description& f, language::object owner,
                              const std::string&) {
                           // An object is checked as a whole just before its first member.
                           if (&f == owner.type().members.data()) {
                               out_.at.resize(out_.at.size() - f.key.size() - 1);
                               language::visit(owner, [this](const auto& t) { whole(t); });
                               out_.at.append("/").append(f.key);
                           }
                           in_range(f, owner);
                           member(f, owner);
                       });
        repeated_elements();
        bands_.count_cells();
        calendars_.owners_have_one();
        transitions_.funnel_graphs();
        transitions_.rearming();
        scores_.derived_graph();
        unused();
        return out_.take();
    }

  private:
    // ---- one member ---------------------------------------------------------------------------

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
                return; // it has the model's zone
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
            const std::size_t i = names_.look_up(out_, names_.attributes, name, "attribute",
                                                 names_.missing.attributes);
            if (i == no_index) continue;
            if (const auto type = names_.attribute_type(i)) condition_.fact(name, v, *type);
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
            if (i > 100) return; // the list has an error already
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
        if (!zones_) zones_ = time_zone::names(); // reads the files of all zones
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

    /// Checks one name. An optional name may be empty.
    void one_name(language::meaning means, bool is_required, const std::string& name) {
        using language::meaning;
        const unread& gone = names_.missing;
        const auto is_declared = [&](name_table& among, std::string_view noun, bool may_be_unread) {
            if (name.empty() && !is_required) return no_index;
            return names_.look_up(out_, among, name, noun, may_be_unread);
        };
        switch (means) {
        case meaning::identifier:
            good_name(name);
            return;
        case meaning::owner:
            if (!name.empty() || is_required) good_name(name);
            return;
        case meaning::prose:
            if (!is_utf8(name)) out_.error(issue_code::wrong_value, "this text is not UTF-8");
            return;
        case meaning::zone:
            if (!time_zone::find(name))
                out_.error(issue_code::unknown_name, joined("unknown time zone ", quote(name)),
                           "an IANA time zone such as Asia/Tokyo", nearest_zone(name));
            return;
        case meaning::property:
            is_declared(names_.properties, "property", gone.properties);
            return;
        case meaning::touchpoint:
            is_declared(names_.touchpoints, "touchpoint type", gone.touchpoints);
            return;
        case meaning::funnel:
            is_declared(names_.funnels, "funnel", gone.funnels);
            return;
        case meaning::score:
            is_declared(names_.scores, "score", gone.scores || gone.derived);
            return;
        case meaning::plain_score: {
            const std::size_t i = is_declared(names_.scores, "score", gone.scores || gone.derived);
            if (i != no_index && names_.is_derived(i))
                out_.error(issue_code::wrong_value,
                           joined(quote(name), " is a derived score; it has no points of its own"),
                           "a score from 'scores'");
            return;
        }
        case meaning::banding:
            is_declared(names_.bandings, "banding", gone.bandings);
            return;
        case meaning::attribute:
            is_declared(names_.attributes, "attribute", gone.attributes);
            return;
        case meaning::calendar:
            is_declared(names_.calendars, "business calendar", gone.calendars);
            return;
        case meaning::alert:
            is_declared(names_.alerts, "alert", gone.alerts);
            return;
        // Looked up with the object that names their funnel, their score or what they belong to:
        case meaning::stage:
        case meaning::group:
        case meaning::list:
        case meaning::matrix:
        // No names of declared things:
        case meaning::matrix_class:
        case meaning::plain:
        case meaning::points:
        case meaning::amount:
        case meaning::factor:
        case meaning::percent:
            return;
        }
    }

    template<class T>
    void whole(const T& t) {
        if constexpr (requires { t.min, t.max; }) check_bounds(out_, t.min, t.max, "min", "max");
        if constexpr (requires { t.score, t.group; }) rules_.head(t);
        if constexpr (requires { names_.use(t.on); }) names_.use(t.on);
        if constexpr (requires { t.limits, t.cooldown; }) rules_.awards(t);
        if constexpr (requires { t.stages; }) unique(names_of(t.stages), "stages", "stage");
        if constexpr (requires { t.transitions; })
            unique(names_of(t.transitions), "transitions", "transition");
        if constexpr (requires { t.slas; }) unique(names_of(t.slas), "slas", "service level");
        if constexpr (requires { t.groups; }) unique(names_of(t.groups), "groups", "group");
        if constexpr (requires { t.bands; }) unique(names_of(t.bands), "bands", "band");
        if constexpr (requires { rules_(t); }) rules_(t);
        if constexpr (requires { scores_(t); }) scores_(t);
        if constexpr (requires { bands_(t); }) bands_(t);
        if constexpr (requires { calendars_(t); }) calendars_(t);
        if constexpr (requires { transitions_(t); }) transitions_(t);
        if constexpr (std::is_same_v<T, model>) declarations(t);
    }

    void unique(const name_table& t, std::string_view key, std::string_view noun) {
        t.for_each_repeated([&](std::size_t again) {
            if (t.names()[again].empty()) return; // has an error already
            const auto list = out_.into(key);
            const auto element = out_.into(again);
            const auto id = out_.into("id");
            out_.error(issue_code::duplicate_name,
                       joined(noun, " ", quote(t.names()[again]), " is declared twice"));
        });
    }

    /// Checks that names are declared once, and how many calendars and scores there are.
    void declarations(const model& m) {
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
        names_.scores.for_each_repeated([&](std::size_t again) {
            if (again < m.scores.size() || names_.scores.names()[again].empty()) return;
            const auto list = out_.into("derived");
            const auto element = out_.into(again - m.scores.size());
            const auto id = out_.into("id");
            out_.error(issue_code::duplicate_name,
                       joined("score ", quote(names_.scores.names()[again]), " is declared twice"),
                       {}, "scores and derived scores share their names");
        });
        if (m.calendars.size() > max_model_calendars) {
            const auto in = out_.into("calendars");
            out_.error(issue_code::too_large,
                       joined("the model has ", counted(m.calendars.size(), "business calendar")),
                       joined("at most ", std::to_string(max_model_calendars)));
        }
        if (m.scores.empty() && !names_.missing.scores) {
            const auto in = out_.into("scores");
            out_.error(issue_code::incomplete, "the model has no scores", "at least one");
        }
    }

    /// Warns of elements of a list that say the same as an earlier one.
    void repeated_elements() {
        if (condition_.has_skipped()) return; // comparing conditions might recurse too deep
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
                     joined(noun, " ", quote(id), " says the same as ", quote(first)), {}, note);
    }

    void unused() {
        if (names_.missing.anything) return;
        not_used(names_.attributes, model_.attributes.size(), "attributes", "attribute",
                 "no condition tests it");
        not_used(names_.properties, model_.properties.size(), "properties", "property",
                 "no pattern or limit uses it");
        not_used(names_.touchpoints, model_.touchpoints.size(), "touchpoints", "touchpoint type",
                 "no pattern names it");
        not_used(names_.lists, model_.lists.size(), "lists", "list", "no condition refers to it");
        not_used(names_.calendars, model_.calendars.size(), "calendars", "business calendar",
                 "no timer uses it");
        for (std::size_t i = 0; i < model_.alerts.size(); ++i)
            if (model_.alerts[i].when.is != condition::kind::none) names_.alerts.use(i);
        not_used(names_.alerts, model_.alerts.size(), "alerts", "alert",
                 "it has no 'when', and no transition raises it");
        name_table fed = names_of(model_.scores);
        for (const auto& r : model_.rules)
            std::visit(
                [&](const auto& x) {
                    const std::size_t i = fed.find(x.score);
                    if (i != no_index) fed.use(i);
                },
                r);
        if (!names_.scores.has_missed())
            not_used(fed, model_.scores.size(), "scores", "score", "no rule gives points to it");
        const auto scores = out_.into("scores");
        for (std::size_t s = 0; s < model_.scores.size(); ++s) {
            const auto in = out_.into(s);
            not_used(names_.groups[s], names_.groups[s].size(), "groups", "group",
                     "no rule belongs to it");
        }
    }

    void not_used(const name_table& t, std::size_t declared, std::string_view key,
                  std::string_view noun, std::string_view why) {
        if (t.has_missed()) return;
        for (std::size_t i = 0; i < declared; ++i) {
            if (t.is_used(i) || t.find(t.names()[i]) != i) continue; // used, or declared twice
            const auto list = out_.into(key);
            const auto in = out_.into(i);
            out_.warning(issue_code::unused,
                         joined(noun, " ", quote(t.names()[i]), " is not used: ", why));
        }
    }

    const model& model_;
    report out_;
    declared_names names_;
    score_ranges ranges_;
    condition_check condition_;
    rule_check rules_;
    score_check scores_;
    band_check bands_;
    calendar_check calendars_;
    transition_check transitions_;
    std::optional<std::vector<std::string>> zones_; ///< all names; read at the first unknown zone
};

} // namespace leadfunnel::inline v0::detail::checking
