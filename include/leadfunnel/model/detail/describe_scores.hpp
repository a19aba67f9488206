// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Scores, what acts on them, bands and classes.

#include <leadfunnel/model/detail/describe_members.hpp>
#include <leadfunnel/model/detail/describe_rules.hpp>
#include <leadfunnel/model/model.hpp>

namespace leadfunnel::inline v0::language {

// ---- scores -------------------------------------------------------------------------------------

namespace inner {
template<class T>
constexpr auto bound_members(std::string_view lower, std::string_view upper) {
    return std::array{member<&T::min>("min", lower).points(),
                      member<&T::max>("max", upper).points()};
}
} // namespace inner

template<>
struct describe<group> {
    using t = group;
    static constexpr std::string_view noun = "group";
    static constexpr std::string_view doc =
        "Rules of a score whose points together stay within bounds, so that no one kind of "
        "behaviour can decide the score alone.";
    static constexpr auto members =
        inner::joined(std::array{inner::id_member<t>("The group's name, which rules refer to.")},
                      inner::bound_members<t>("The points of the group are at least this.",
                                              "The points of the group are at most this."),
                      std::array{inner::description_member<t>()});
};

template<>
struct describe<score> {
    using t = score;
    static constexpr std::string_view noun = "score";
    static constexpr std::string_view doc =
        "A number to which rules add points: how well a lead fits, how engaged it is. It starts at "
        "0 and stays within its bounds.";
    static constexpr auto members = inner::joined(
        std::array{inner::id_member<t>("The score's name, which rules refer to.")},
        inner::bound_members<t>("The score is at least this.", "The score is at most this."),
        std::array{inner::member<&t::clamp>("clamp", "When the score is limited to its bounds."),
                   inner::member<&t::groups>("groups", "Groups of rules with bounds of their own."),
                   inner::description_member<t>()});
};

template<>
struct describe<weighted_term> {
    using t = weighted_term;
    static constexpr std::string_view noun = "term";
    static constexpr std::string_view doc = "A score and its weight.";
    static constexpr auto members =
        std::array{inner::member<&t::score>("score", "The score that is multiplied.")
                       .required()
                       .as(meaning::score),
                   inner::member<&t::weight>("weight", "What it is multiplied by; 1 if left out.")
                       .between(-1'000'000, 1'000'000)
                       .as(meaning::factor)};
};

template<>
struct describe<weighted_sum> {
    using t = weighted_sum;
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view kind = "weighted_sum";
    static constexpr std::string_view doc = "Scores, each multiplied by a weight, added up.";
    static constexpr std::string_view example = R"({"kind": "weighted_sum",
 "terms": [{"score": "fit", "weight": 0.4}, {"score": "engagement", "weight": 0.6}]})";
    static constexpr auto members =
        std::array{inner::member<&t::terms>("terms", "The scores and their weights.")
                       .required()
                       .between(1, 1000),
                   inner::member<&t::plus>("plus", "A constant that is added.").points()};
};

template<>
struct describe<minimum_of> {
    using t = minimum_of;
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view kind = "min";
    static constexpr std::string_view doc = "The lowest of several scores.";
    static constexpr std::string_view example =
        R"({"kind": "min", "scores": ["fit", "engagement"]})";
    static constexpr auto members =
        std::array{inner::member<&t::scores>("scores", "The scores that are compared.")
                       .required()
                       .between(1, 1000)
                       .as(meaning::score)};
};

template<>
struct describe<maximum_of> {
    using t = maximum_of;
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view kind = "max";
    static constexpr std::string_view doc = "The highest of several scores.";
    static constexpr std::string_view example =
        R"({"kind": "max", "scores": ["fit", "engagement"]})";
    static constexpr auto members =
        std::array{inner::member<&t::scores>("scores", "The scores that are compared.")
                       .required()
                       .between(1, 1000)
                       .as(meaning::score)};
};

template<>
struct describe<logistic> {
    using t = logistic;
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view kind = "logistic";
    static constexpr std::string_view doc =
        "An S-curve of a score between 0 and a top, such as a probability: `top / (1 + e^(−(score "
        "− midpoint) / spread))`.";
    static constexpr std::string_view example =
        R"({"kind": "logistic", "score": "engagement", "midpoint": 60, "spread": 12, "top": 100})";
    static constexpr auto members = std::array{
        inner::member<&t::score>("score", "The score to read.").required().as(meaning::score),
        inner::member<&t::midpoint>("midpoint", "The score at which the result is half of the top.")
            .points(),
        inner::member<&t::spread>(
            "spread", "The width of the curve: the points over which it rises from 50 % to 73 %.")
            .above(0, most_points)
            .as(meaning::points),
        inner::member<&t::top>(
            "top", "The upper end of the curve: 1 for a probability, 100 for a percentage.")
            .points()};
};

template<>
struct describe<lookup_step> {
    using t = lookup_step;
    static constexpr std::string_view noun = "step";
    static constexpr std::string_view doc = "A row of a lookup.";
    static constexpr auto members = std::array{
        inner::member<&t::at_least>("at_least", "If the score is at least this …")
            .required()
            .points(),
        inner::member<&t::points>("points", "… the result is this.").required().points()};
};

template<>
struct describe<lookup> {
    using t = lookup;
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view kind = "lookup";
    static constexpr std::string_view doc =
        "A table from scores to results. The highest row that the score reaches counts.";
    static constexpr std::string_view example = R"({"kind": "lookup", "score": "engagement",
 "below": 0, "steps": [{"at_least": 30, "points": 1}, {"at_least": 80, "points": 2}]})";
    static constexpr auto members = std::array{
        inner::member<&t::score>("score", "The score that is looked up.")
            .required()
            .as(meaning::score),
        inner::member<&t::steps>("steps", "The rows, by rising score.").required().between(1, 1000),
        inner::member<&t::below>("below", "The result below the first row.").points()};
};

template<>
struct describe<formula> {
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view doc = "How a score is made from other scores.";
};

template<>
struct describe<derived_score> {
    using t = derived_score;
    static constexpr std::string_view noun = "derived score";
    static constexpr std::string_view doc =
        "A score made from other scores, plain or derived. It is absent if one of them is.";
    static constexpr auto members = inner::joined(
        std::array{inner::id_member<t>("The derived score's name; no score has the same."),
                   inner::member<&t::from>("from", "The formula.").required()},
        inner::bound_members<t>("The result is at least this.", "The result is at most this."),
        std::array{inner::description_member<t>()});
};

// ---- what acts on scores ------------------------------------------------------------------------

namespace inner {
template<class T>
constexpr auto scores_member() {
    return member<&T::scores>("scores", "Which scores it acts on; every one if left out.")
        .as(meaning::plain_score);
}
} // namespace inner

template<>
struct describe<reset> {
    using t = reset;
    static constexpr std::string_view noun = "reset";
    static constexpr std::string_view doc =
        "A touchpoint or stage entry that voids all earlier awards, so that a score starts again. "
        "Limits and cooldowns continue, and points for attributes stay.";
    static constexpr auto members = std::array{
        inner::id_member<t>("The reset's name, which explanations show."),
        inner::member<&t::on>("on",
                              "The touchpoints that reset. Either this, or `funnel` and `stage`."),
        inner::member<&t::funnel>("funnel", "The funnel of `stage`.").as(meaning::funnel),
        inner::member<&t::stage>("stage", "Every entry into this stage resets.").as(meaning::stage),
        inner::scores_member<t>(),
        inner::description_member<t>()};
};

template<>
struct describe<exclusion> {
    using t = exclusion;
    static constexpr std::string_view noun = "exclusion";
    static constexpr std::string_view doc =
        "Leads without scores while a condition is true: competitors, your own staff, people who "
        "object to profiling. Their scores are absent, which is not the same as 0.";
    static constexpr auto members = std::array{
        inner::id_member<t>("The exclusion's name, which explanations give as the reason."),
        inner::member<&t::when>("when", "The condition on the lead's attributes and stages.")
            .required(),
        inner::member<&t::scores>("scores", "Which scores are absent; every one if left out.")
            .as(meaning::score),
        inner::description_member<t>()};
};

template<>
struct describe<freeze> {
    using t = freeze;
    static constexpr std::string_view noun = "freeze";
    static constexpr std::string_view doc =
        "While a condition is true just before a touchpoint, rules make no new awards, for example "
        "while sales works on the lead. Earlier awards continue to decay.";
    static constexpr auto members = std::array{
        inner::id_member<t>("The freeze's name, which explanations show."),
        inner::member<&t::when>("when", "The condition on the lead's attributes and stages.")
            .required(),
        inner::scores_member<t>(), inner::description_member<t>()};
};

// ---- bands and classes --------------------------------------------------------------------------

template<>
struct describe<band> {
    using t = band;
    static constexpr std::string_view noun = "band";
    static constexpr std::string_view doc = "A named range of a score, such as hot or B.";
    static constexpr auto members = std::array{
        inner::id_member<t>("The band's name."),
        inner::member<&t::enter>(
            "enter",
            "The band begins at this score. The first band has none: it covers everything below.")
            .points(),
        inner::member<&t::leave>(
            "leave",
            "A lead in the band stays there until its score is below this; the same as `enter` "
            "if left out, and never above it.")
            .points(),
        inner::description_member<t>()};
};

template<>
struct describe<banding> {
    using t = banding;
    static constexpr std::string_view noun = "banding";
    static constexpr std::string_view doc =
        "Names for ranges of a score, lowest first: cold, warm, hot.";
    static constexpr auto members = std::array{
        inner::id_member<t>("The banding's name."),
        inner::member<&t::score>("score", "The score whose ranges are named.")
            .required()
            .as(meaning::score),
        inner::member<&t::bands>("bands", "The bands, lowest first.").required().between(1, 1000),
        inner::member<&t::min_dwell>(
            "min_dwell", "A lead that has entered a band stays in it at least this long.")
            .period(),
        inner::description_member<t>()};
};

template<>
struct describe<matrix> {
    using t = matrix;
    static constexpr std::string_view noun = "matrix";
    static constexpr std::string_view doc =
        "Two bandings crossed, such as fit A to D by engagement 1 to 4, into classes.";
    static constexpr auto members = std::array{
        inner::id_member<t>("The matrix's name."),
        inner::member<&t::rows>("rows", "The banding whose bands are the rows.")
            .required()
            .as(meaning::banding),
        inner::member<&t::columns>("columns", "The banding whose bands are the columns.")
            .required()
            .as(meaning::banding),
        inner::member<&t::classes>(
            "classes",
            "The class of each cell: a list for each row band, lowest first, with a name for "
            "each column band, lowest first. If left out, a class is the names of its two bands "
            "joined, as in `A1`.")
            .as(meaning::matrix_class),
        inner::description_member<t>()};
};

} // namespace leadfunnel::inline v0::language
