// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// What a model declares, and the model itself.

#include <leadfunnel/model/detail/describe_funnels.hpp>
#include <leadfunnel/model/detail/describe_members.hpp>
#include <leadfunnel/model/detail/describe_rules.hpp>
#include <leadfunnel/model/detail/describe_scores.hpp>
#include <leadfunnel/model/model.hpp>

#include <chrono>

namespace leadfunnel::inline v0::language {

// ---- vocabulary ---------------------------------------------------------------------------------

template<>
struct describe<attribute_declaration> {
    using t = attribute_declaration;
    static constexpr std::string_view noun = "attribute declaration";
    static constexpr std::string_view doc =
        "A fact about leads, for conditions: industry, number of employees, e-mail.";
    static constexpr auto members = std::array{
        inner::id_member<t>("The attribute's name, as lead data and conditions spell it."),
        inner::member<&t::type>("type", "The type of its values."), inner::description_member<t>()};
};

template<>
struct describe<property_declaration> {
    using t = property_declaration;
    static constexpr std::string_view noun = "property declaration";
    static constexpr std::string_view doc =
        "A fact about touchpoints, for patterns: the page's URL, the document's name.";
    static constexpr auto members = std::array{
        inner::id_member<t>("The property's name, as touchpoint data and conditions spell it."),
        inner::member<&t::type>("type", "The type of its values."), inner::description_member<t>()};
};

template<>
struct describe<touchpoint_declaration> {
    using t = touchpoint_declaration;
    static constexpr std::string_view noun = "touchpoint declaration";
    static constexpr std::string_view doc =
        "A type of touchpoint: something that a lead does, or that is done with it.";
    static constexpr auto members = std::array{
        inner::id_member<t>("The type's name, as touchpoint data and patterns spell it."),
        inner::member<&t::value>(
            "value",
            "What the touchpoint's number counts, such as `\"seconds\"`; leave it out if such "
            "touchpoints have no number.")
            .as(meaning::prose),
        inner::description_member<t>()};
};

template<>
struct describe<named_list> {
    using t = named_list;
    static constexpr std::string_view noun = "list";
    static constexpr std::string_view doc =
        "A list of texts that conditions refer to by name with `in_list`: free-mail domains, "
        "competitors.";
    static constexpr auto members =
        std::array{inner::id_member<t>("The list's name."),
                   inner::member<&t::members>("members", "The texts on the list.")
                       .required()
                       .as(meaning::prose),
                   inner::description_member<t>()};
};

// ---- the model ----------------------------------------------------------------------------------

template<>
struct describe<model> {
    using t = model;
    static constexpr std::string_view noun = "model";
    static constexpr std::string_view doc = "How leads are scored, and how they move.";
    static constexpr auto members = std::array{
        inner::id_member<t>("The model's name."),
        inner::member<&t::version>("version", "Its version, in whatever form you number them.")
            .as(meaning::prose),
        inner::description_member<t>(),
        inner::member<&t::time_zone>(
            "time_zone",
            "The IANA time zone, such as `\"Asia/Tokyo\"`, whose days, weeks and months limits "
            "use; `\"UTC\"` if left out.")
            .as(meaning::zone),
        inner::member<&t::decay_grid>("decay_grid",
                                      "How often decaying scores are evaluated between events, for "
                                      "changes of band and transitions; an hour if left out.")
            .between(std::chrono::seconds{1}, std::chrono::hours{24 * 30}),
        inner::member<&t::attributes>("attributes", "What is known about leads."),
        inner::member<&t::properties>("properties", "What is known about touchpoints."),
        inner::member<&t::touchpoints>("touchpoints", "The types of touchpoint."),
        inner::member<&t::lists>("lists", "Lists that conditions refer to."),
        inner::member<&t::roles>("roles", "Attributes with a special role."),
        inner::member<&t::calendars>("calendars", "Business calendars, which timers use."),
        inner::member<&t::funnels>("funnels", "Funnels: stages and transitions."),
        inner::member<&t::scores>("scores", "The scores.").required(),
        inner::member<&t::rules>("rules", "The rules, which give or take points.").required(),
        inner::member<&t::derived>("derived", "Scores made from other scores."),
        inner::member<&t::resets>("resets", "What voids awards."),
        inner::member<&t::exclusions>("exclusions", "Which leads have no scores."),
        inner::member<&t::freezes>("freezes", "When no new awards are made."),
        inner::member<&t::bandings>("bandings", "Names for ranges of scores."),
        inner::member<&t::matrices>("matrices", "Bandings crossed into classes."),
        inner::member<&t::alerts>("alerts", "Signals to people about a lead.")};
};

} // namespace leadfunnel::inline v0::language
