// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Makes `docs/model.md`: the text of `docs/model.in.md`, in which each line
/// `<!-- generate: what -->` is replaced by what `model/describe.hpp` says. The program
/// `model_reference` writes the page; a test checks that it is up to date.

#include <leadfunnel/model/describe.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel_docs {

namespace lf = leadfunnel;
namespace lang = leadfunnel::language;

inline std::string text(std::string_view s) { return std::string(s); }

inline std::string code(std::string_view s) { return "`" + text(s) + "`"; }

/// The title of the section that explains a noun.
inline std::string plural(std::string_view noun) {
    static const std::map<std::string_view, std::string> own{
        {"matrix", "matrices"},
        {"attribute declaration", "attributes"},
        {"property declaration", "properties"},
        {"touchpoint declaration", "touchpoints"},
        {"set of roles", "roles"},
        {"set of effects", "effects"}};
    const auto found = own.find(noun);
    return found == own.end() ? text(noun) + "s" : found->second;
}
inline std::string link(std::string_view noun) {
    std::string anchor = plural(noun);
    for (char& c : anchor)
        if (c == ' ') c = '-';
    return "[" + text(noun) + "](#" + anchor + ")";
}

/// Whether a type is explained in a section. Small structs are explained right below the one that
/// uses them.
inline bool has_section(const lang::type_description& t) {
    static const std::set<std::string_view> own{"pattern", "limit", "stage",  "transition",
                                                "timer",   "sla",   "effects"};
    return t.is != lang::shape::structure || own.count(t.name) != 0;
}

inline std::string choices_text(const lang::type_description& t) {
    std::string all;
    for (const auto& each : t.choices) {
        if (!all.empty()) all += ", ";
        all += "`\"" + text(each.name) + "\"`";
    }
    return all;
}

inline std::string type_text(const lang::type_description& t, bool listed_by_model);

inline std::string list_text(const lang::type_description& element, bool listed_by_model) {
    if (element.is == lang::shape::list) return "list of lists of texts";
    if (element.is == lang::shape::text) return "list of texts";
    const std::string each = type_text(element, listed_by_model);
    return "list of " + each + (element.is == lang::shape::choice ? "" : "s");
}

inline std::string type_text(const lang::type_description& t, bool listed_by_model) {
    switch (t.is) {
    case lang::shape::text:
        return "text";
    case lang::shape::truth:
        return "`true` or `false`";
    case lang::shape::number:
        return "number";
    case lang::shape::whole:
        return "whole number";
    case lang::shape::period:
        return "[duration](#values)";
    case lang::shape::time_of_day:
        return "time of day";
    case lang::shape::date:
        return "date";
    case lang::shape::facts:
        return "object of attributes and their values";
    case lang::shape::choice:
        return choices_text(t);
    case lang::shape::optional:
        return type_text(*t.element, listed_by_model);
    case lang::shape::list:
        return list_text(*t.element, listed_by_model);
    case lang::shape::condition:
    case lang::shape::structure:
    case lang::shape::variant:
        break;
    }
    return has_section(t) || listed_by_model ? link(t.noun) : text(t.noun);
}

/// What holds if a member is left out; empty if the page does not say.
inline std::string default_text(lang::object m) {
    switch (m.type().is) {
    case lang::shape::truth:
        return m.value<bool>() ? "true" : "false";
    case lang::shape::number:
        return lf::to_string(m.value<lf::decimal>());
    case lang::shape::whole:
        return std::to_string(m.value<std::int64_t>());
    case lang::shape::period:
        return "\"" + lf::to_string(m.value<lf::duration>()) + "\"";
    case lang::shape::choice:
        return "\"" + text(m.choice_name()) + "\"";
    case lang::shape::text:
    case lang::shape::time_of_day:
    case lang::shape::date:
    case lang::shape::facts:
    case lang::shape::condition:
    case lang::shape::structure:
    case lang::shape::variant:
    case lang::shape::optional:
    case lang::shape::list:
        break;
    }
    return "";
}

/// What a member of `owner` may hold, and what holds if it is left out.
inline std::string value_text(const lang::type_description& owner,
                              const lang::member_description& f) {
    std::string out = f.may_be_one ? "text, or list of texts"
                                   : type_text(*f.type, &owner == &lang::type_of<lf::model>());
    // The section on values explains the usual ranges.
    const bool usual =
        f.stands_for == lang::meaning::points || f.stands_for == lang::meaning::amount;
    if (usual && f.bounds && f.bounds->above) out += " above 0";
    const bool any_duration = f.counts == lang::measure::period && f.bounds &&
                              f.bounds->high == lf::longest_duration.count();
    if (f.bounds && !any_duration && !usual) out += ", " + lang::range_text(f);
    if (f.is_required) return out + "; required";
    const std::string otherwise = default_text(lang::object(owner, owner.initial())[f]);
    return otherwise.empty() ? out : out + "; default `" + otherwise + "`";
}

using members_of = std::vector<const lang::member_description*>;

inline members_of all_of(const lang::type_description& t) {
    members_of out;
    for (const auto& f : t.members) out.push_back(&f);
    return out;
}

inline bool has(const lang::type_description& t, const lang::member_description& like) {
    return std::any_of(t.members.begin(), t.members.end(),
                       [&](const auto& f) { return f.key == like.key && f.doc == like.doc; });
}
inline bool has(const lang::type_description& t, std::string_view key) {
    return std::any_of(t.members.begin(), t.members.end(),
                       [&](const auto& f) { return f.key == key; });
}

/// The members that all rules have, or all those that make awards.
inline members_of shared_by_rules(bool awards) {
    members_of out;
    const auto& rules = lang::type_of<lf::rule>().alternatives;
    for (const auto& f : lang::type_of<lf::occurrence>().members) {
        bool all = true;
        bool of_awards = true;
        for (const auto* each : rules) {
            all = all && has(*each, f);
            of_awards = of_awards && (!has(*each, "limits") || has(*each, f));
        }
        if (awards ? of_awards && !all : all) out.push_back(&f);
    }
    return out;
}

inline std::string table(const lang::type_description& owner, const members_of& members) {
    if (members.empty()) return "";
    std::string out = "| key | value | meaning |\n|---|---|---|\n";
    for (const auto* f : members)
        out += "| " + code(f->key) + " | " + value_text(owner, *f) + " | " + text(f->doc) + " |\n";
    return out;
}

inline std::string members(const lang::type_description& t, const members_of& listed) {
    std::string out = table(t, listed);
    if (&t == &lang::type_of<lf::model>()) return out;
    for (const auto* f : listed) {
        const auto* element = f->type->element;
        if (f->type->is == lang::shape::list && !has_section(*element))
            out += "\nEach " + text(element->noun) + " of " + code(f->key) + ":\n\n" +
                   members(*element, all_of(*element));
    }
    return out;
}
template<class T>
std::string members() {
    return members(lang::type_of<T>(), all_of(lang::type_of<T>()));
}

inline std::string example(std::string_view kind, std::string_view json) {
    std::string name = text(kind);
    for (char& c : name)
        if (c == ' ') c = '_';
    return "```json " + name + "\n" + text(json) + "\n```\n";
}

template<class T>
std::string about() {
    const lang::type_description& t = lang::type_of<T>();
    std::string out = text(t.doc) + "\n\n";
    if (!t.example.empty()) out += example(t.noun, t.example) + "\n";
    return out + members<T>();
}

/// A section for each alternative of a variant, without the members that all rules, or all rules
/// that make awards, have.
template<class V>
std::string alternatives(std::string_view heading) {
    members_of shared = shared_by_rules(false);
    for (const auto* f : shared_by_rules(true)) shared.push_back(f);
    std::string out;
    for (const auto* each : lang::type_of<V>().alternatives) {
        members_of own;
        for (const auto& f : each->members)
            if (std::none_of(shared.begin(), shared.end(),
                             [&](const auto* s) { return s->key == f.key && s->doc == f.doc; }))
                own.push_back(&f);
        out += text(heading) + " `" + text(each->kind) + "`\n\n" + text(each->doc) + "\n\n" +
               example(each->noun, each->example) + "\n";
        const std::string rows = members(*each, own);
        if (!rows.empty()) out += rows + "\n";
    }
    return out;
}

template<class E>
std::string choices() {
    std::string out = "| name | meaning |\n|---|---|\n";
    for (const auto& each : lang::type_of<E>().choices)
        out += "| `\"" + text(each.name) + "\"` | " + text(each.doc) + " |\n";
    return out;
}

/// The text that explains a variant or conditions.
template<class T>
std::string doc() {
    return text(lang::type_of<T>().doc) + "\n";
}

inline std::string types_text(lang::type_set types) {
    std::string out;
    for (const auto t :
         {lang::operand_type::boolean, lang::operand_type::number, lang::operand_type::string,
          lang::operand_type::timestamp, lang::operand_type::set, lang::operand_type::age}) {
        if (!types.has(t)) continue;
        if (!out.empty()) out += ", ";
        out += text(lang::name_of(t));
    }
    return out;
}

inline std::string literal_text(lang::literal_kind k) {
    switch (k) {
    case lang::literal_kind::truth:
        return "`true` or `false`";
    case lang::literal_kind::same:
        return "a value of the same type; for an age a duration";
    case lang::literal_kind::several:
        return "a list of values of the same type";
    case lang::literal_kind::list_name:
        return "the name of a [list](#lists)";
    case lang::literal_kind::text:
        return "a text";
    case lang::literal_kind::glob:
        return "a pattern";
    case lang::literal_kind::regex:
        return "a regular expression";
    }
    return "";
}

inline std::string operators() {
    std::string out;
    for (const auto& o : lang::operators)
        out += "#### `" + text(o.name) + "`\n\n" + text(o.doc) +
               " Works on: " + types_text(o.accepts) + ". Operand: " + literal_text(o.literal) +
               ".\n\n" + example("condition", o.example) + "\n";
    return out;
}
inline std::string parts() {
    std::string out;
    for (const auto& p : lang::parts)
        out += "#### `\"part\": \"" + text(p.name) + "\"`\n\n" + text(p.doc) +
               " Works on: " + types_text(p.accepts) + ".\n\n" + example("condition", p.example) +
               "\n";
    return out;
}
inline std::string subjects() {
    std::string out;
    for (const auto& s : lang::subjects)
        out += "#### `" + text(s.key) + "`\n\n" + text(s.doc) + "\n\n" +
               example("condition", s.example) + "\n";
    return out;
}

/// The page, from its frame. Throws `std::runtime_error` if the frame names an unknown part.
inline std::string model_reference(std::string_view frame) {
    const std::map<std::string_view, std::function<std::string()>> made{
        {"model", [] { return members<lf::model>(); }},
        {"attributes", about<lf::attribute_declaration>},
        {"properties", about<lf::property_declaration>},
        {"value types", choices<lf::value_type>},
        {"touchpoints", about<lf::touchpoint_declaration>},
        {"lists", about<lf::named_list>},
        {"funnels", about<lf::funnel>},
        {"manual moves", choices<lf::manual_moves>},
        {"stages", about<lf::stage>},
        {"phases", choices<lf::phase>},
        {"transitions", about<lf::transition>},
        {"effects", about<lf::effects>},
        {"timers", about<lf::timer>},
        {"timer starts", choices<lf::timer_start>},
        {"service levels", about<lf::sla>},
        {"business calendars", about<lf::business_calendar>},
        {"alerts", about<lf::alert>},
        {"roles", about<lf::roles>},
        {"scores", about<lf::score>},
        {"clampings", choices<lf::clamping>},
        {"rule", doc<lf::rule>},
        {"every rule",
         [] { return table(lang::type_of<lf::occurrence>(), shared_by_rules(false)); }},
        {"rules", [] { return alternatives<lf::rule>("###"); }},
        {"measures", choices<lf::frequency_measure>},
        {"awards", [] { return table(lang::type_of<lf::occurrence>(), shared_by_rules(true)); }},
        {"patterns", about<lf::pattern>},
        {"limits", about<lf::limit>},
        {"calendar units", choices<lf::calendar_unit>},
        {"decay", doc<lf::decay_curve>},
        {"decays", [] { return alternatives<lf::decay_curve>("###"); }},
        {"condition", doc<lf::condition>},
        {"subjects", subjects},
        {"parts", parts},
        {"operators", operators},
        {"derived scores", about<lf::derived_score>},
        {"formulas", [] { return alternatives<lf::formula>("####"); }},
        {"resets", about<lf::reset>},
        {"exclusions", about<lf::exclusion>},
        {"freezes", about<lf::freeze>},
        {"bandings", about<lf::banding>},
        {"matrices", about<lf::matrix>},
    };
    constexpr std::string_view opens = "<!-- generate: ";
    constexpr std::string_view closes = " -->";
    std::string out;
    while (!frame.empty()) {
        const std::string_view line = frame.substr(0, frame.find('\n'));
        frame.remove_prefix(std::min(line.size() + 1, frame.size()));
        if (!line.starts_with(opens)) {
            out.append(line).append("\n");
            continue;
        }
        const auto what = line.substr(opens.size(), line.size() - opens.size() - closes.size());
        const auto found = made.find(what);
        if (found == made.end()) throw std::runtime_error("nothing is called '" + text(what) + "'");
        std::string section = found->second();
        while (section.ends_with("\n\n")) section.pop_back();
        out += section;
    }
    return out;
}

} // namespace leadfunnel_docs
