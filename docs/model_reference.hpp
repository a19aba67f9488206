// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Makes `docs/model.md`: the text of `docs/model.in.md`, in which each line
/// `<!-- generate: what -->` is replaced by what `model/describe.hpp` says. The program
/// `model_reference` writes the page; a test checks that it is up to date.

#include <leadfunnel/model/describe.hpp>

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace leadfunnel_docs {

namespace lf = leadfunnel;
namespace lang = leadfunnel::language;

inline std::string text(std::string_view s) { return std::string(s); }

inline std::string code(std::string_view s) { return "`" + text(s) + "`"; }

/// The section that explains things of a name.
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

/// Small structs are explained right below the one that uses them; these have sections.
template<class M>
constexpr bool has_section = std::is_same_v<M, lf::pattern> || std::is_same_v<M, lf::limit> ||
                             std::is_same_v<M, lf::stage> || std::is_same_v<M, lf::transition> ||
                             std::is_same_v<M, lf::timer> || std::is_same_v<M, lf::sla> ||
                             std::is_same_v<M, lf::effects> || !lang::described_struct<M>;

template<class M>
std::string type_text(bool listed_by_model) {
    if constexpr (std::is_same_v<M, std::string>) {
        return "text";
    } else if constexpr (std::is_same_v<M, bool>) {
        return "`true` or `false`";
    } else if constexpr (std::is_same_v<M, lf::decimal>) {
        return "number";
    } else if constexpr (std::is_same_v<M, std::int64_t>) {
        return "whole number";
    } else if constexpr (std::is_same_v<M, lf::duration>) {
        return "[duration](#values)";
    } else if constexpr (std::is_same_v<M, lf::time_of_day>) {
        return "time of day";
    } else if constexpr (std::is_same_v<M, std::chrono::year_month_day>) {
        return "date";
    } else if constexpr (std::is_same_v<M, lf::value_map>) {
        return "object of attributes and their values";
    } else if constexpr (lang::described_enum<M>) {
        std::string all;
        for (const auto& each : lang::describe<M>::names) {
            if (!all.empty()) all += ", ";
            all += "`\"" + text(each.name) + "\"`";
        }
        return all;
    } else if constexpr (lang::inner::is_optional<M>) {
        return type_text<typename M::value_type>(listed_by_model);
    } else if constexpr (lang::inner::is_vector<M>) {
        using element = typename M::value_type;
        if constexpr (lang::inner::is_vector<element>) return "list of lists of texts";
        if constexpr (std::is_same_v<element, std::string>) return "list of texts";
        if constexpr (lang::described_enum<element>)
            return "list of " + type_text<element>(listed_by_model);
        return "list of " + type_text<element>(listed_by_model) + "s";
    } else {
        constexpr std::string_view noun = lang::describe<M>::noun;
        return has_section<M> || listed_by_model ? link(noun) : text(noun);
    }
}

/// What a member may hold, and what holds if it is left out.
template<class T, class M>
std::string value_text(const lang::field<T, M>& f) {
    std::string out =
        f.may_be_one ? "text, or list of texts" : type_text<M>(std::is_same_v<T, lf::model>);
    if constexpr (!std::is_same_v<lang::measure_of<M>, lang::no_measure>) {
        // Ranges that the section on values speaks of.
        const bool usual =
            f.stands_for == lang::meaning::points || f.stands_for == lang::meaning::amount;
        if (usual && f.bounds && f.bounds->above) out += " above 0";
        const bool any_duration = [&] {
            if constexpr (std::is_same_v<lang::measure_of<M>, lf::duration>)
                return f.bounds && f.bounds->high == lf::longest_duration;
            else
                return false;
        }();
        if (f.bounds && !any_duration && !usual) out += ", " + lang::range_text(f);
    }
    if (f.is_required) return out + "; required";
    const T initial{};
    std::string otherwise;
    if constexpr (std::is_same_v<M, bool>)
        otherwise = (initial.*f.member) ? "true" : "false";
    else if constexpr (std::is_same_v<M, lf::decimal>)
        otherwise = lf::to_string(initial.*f.member);
    else if constexpr (std::is_same_v<M, std::int64_t>)
        otherwise = std::to_string(initial.*f.member);
    else if constexpr (std::is_same_v<M, lf::duration>)
        otherwise = "\"" + lf::to_string(initial.*f.member) + "\"";
    else if constexpr (lang::described_enum<M>)
        otherwise = "\"" + text(lang::name_of(initial.*f.member)) + "\"";
    return otherwise.empty() ? out : out + "; `" + otherwise + "` if left out";
}

template<class Fields, class Skip>
std::string table(const Fields& fields, const Skip& skip) {
    std::string out = "| key | value | meaning |\n|---|---|---|\n";
    bool any = false;
    const auto row = [&](const auto& f) {
        if (skip(f.key)) return;
        any = true;
        out += "| " + code(f.key) + " | " + value_text(f) + " | " + text(f.doc) + " |\n";
    };
    std::apply([&](const auto&... f) { (row(f), ...); }, fields);
    return any ? out : std::string();
}

template<class T, class Skip>
std::string members(const Skip& skip) {
    std::string out = table(lang::describe<T>::fields, skip);
    lang::for_each_field<T>([&]<class M>(const lang::field<T, M>& f) {
        if constexpr (lang::inner::is_vector<M> && !std::is_same_v<T, lf::model>) {
            using element = typename M::value_type;
            if constexpr (!has_section<element>)
                if (!skip(f.key))
                    out += "\nEach " + text(lang::describe<element>::noun) + " of " + code(f.key) +
                           ":\n\n" + members<element>([](std::string_view) { return false; });
        }
    });
    return out;
}
template<class T>
std::string members() {
    return members<T>([](std::string_view) { return false; });
}

inline std::string example(std::string_view kind, std::string_view json) {
    std::string name = text(kind);
    for (char& c : name)
        if (c == ' ') c = '_';
    return "```json " + name + "\n" + text(json) + "\n```\n";
}

template<class T>
std::string about() {
    std::string out = text(lang::describe<T>::doc) + "\n\n";
    if constexpr (requires { lang::describe<T>::example; })
        out += example(lang::describe<T>::noun, lang::describe<T>::example) + "\n";
    return out + members<T>();
}

/// A section for each alternative of a variant; what all rules or awards have is left out.
template<class V>
std::string alternatives(std::string_view heading) {
    std::string out;
    lang::for_each_alternative<V>([&]<class A>(std::type_identity<A>) {
        const auto shared = [](std::string_view key) {
            bool is_shared = false;
            const auto look = [&](const auto& fields) {
                std::apply([&](const auto&... f) { ((is_shared |= f.key == key), ...); }, fields);
            };
            if constexpr (requires { &A::group; }) look(lang::inner::head_fields<A>());
            if constexpr (requires { &A::limits; }) look(lang::inner::award_fields<A>());
            return is_shared;
        };
        out += text(heading) + " `" + text(lang::describe<A>::kind) + "`\n\n" +
               text(lang::describe<A>::doc) + "\n\n" +
               example(lang::describe<V>::noun, lang::describe<A>::example) + "\n";
        const std::string rows = members<A>(shared);
        if (!rows.empty()) out += rows + "\n";
    });
    return out;
}

template<class E>
std::string choices() {
    std::string out = "| name | meaning |\n|---|---|\n";
    for (const auto& each : lang::describe<E>::names)
        out += "| `\"" + text(each.name) + "\"` | " + text(each.doc) + " |\n";
    return out;
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
        out += "#### `" + text(o.name) + "`\n\n" + text(o.doc) + " For: " + types_text(o.accepts) +
               ". Compared with: " + literal_text(o.literal) + ".\n\n" +
               example("condition", o.example) + "\n";
    return out;
}
inline std::string parts() {
    std::string out;
    for (const auto& p : lang::parts)
        out += "#### `\"part\": \"" + text(p.name) + "\"`\n\n" + text(p.doc) +
               " Of: " + types_text(p.accepts) + ".\n\n" + example("condition", p.example) + "\n";
    return out;
}
inline std::string subjects() {
    std::string out;
    for (const auto& s : lang::subjects)
        out += "#### `" + text(s.key) + "`\n\n" + text(s.doc) + "\n\n" +
               example("condition", s.example) + "\n";
    return out;
}

/// The page, from its frame. Throws if the frame asks for what there is not.
inline std::string model_reference(std::string_view frame) {
    const auto none = [](std::string_view) { return false; };
    const std::map<std::string_view, std::function<std::string()>> made{
        {"model", members<lf::model>},
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
        {"rule", [] { return text(lang::describe<lf::rule>::doc) + "\n"; }},
        {"every rule", [&] { return table(lang::inner::head_fields<lf::occurrence>(), none); }},
        {"rules", [] { return alternatives<lf::rule>("###"); }},
        {"measures", choices<lf::frequency_measure>},
        {"awards", [&] { return table(lang::inner::award_fields<lf::occurrence>(), none); }},
        {"patterns", about<lf::pattern>},
        {"limits", about<lf::limit>},
        {"calendar units", choices<lf::calendar_unit>},
        {"decay", [] { return text(lang::describe<lf::decay_curve>::doc) + "\n"; }},
        {"decays", [] { return alternatives<lf::decay_curve>("###"); }},
        {"condition", [] { return text(lang::describe<lf::condition>::doc) + "\n"; }},
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
