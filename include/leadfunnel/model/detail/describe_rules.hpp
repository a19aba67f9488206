// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Patterns, limits, decays and rules.

#include <leadfunnel/core/amount.hpp>
#include <leadfunnel/model/detail/describe_members.hpp>
#include <leadfunnel/model/model.hpp>

namespace leadfunnel::inline v0::language {

// ---- patterns, limits, decays -------------------------------------------------------------------

template<>
struct describe<pattern> {
    using t = pattern;
    static constexpr std::string_view noun = "pattern";
    static constexpr std::string_view doc =
        "Which touchpoints are meant. All that it says must hold; `{}` means every touchpoint. A "
        "text, or a list of texts, stands for a pattern that says its `type` alone.";
    /// The member that a pattern may be written as by itself, without the object around it.
    static constexpr std::string_view shorthand = "type";
    static constexpr auto members = std::array{
        inner::member<&t::types>(
            "type",
            "The type of touchpoint, or a list of types any of which will do; every type if "
            "left out.")
            .one_or_many()
            .as(meaning::touchpoint),
        inner::member<&t::where>("where", "A condition on the touchpoint's properties."),
        inner::member<&t::value_at_least>(
            "value_at_least",
            "The touchpoint has a number, and it is this or more: `60` for a page viewed for a "
            "minute.")
            .between(-most_amount, most_amount)
            .as(meaning::amount),
        inner::member<&t::value_below>("value_below",
                                       "The touchpoint has a number, and it is below this.")
            .between(-most_amount, most_amount)
            .as(meaning::amount)};
};

template<>
struct describe<limit> {
    using t = limit;
    static constexpr std::string_view noun = "limit";
    static constexpr std::string_view doc =
        "How much a rule may award: so many awards or so many points, in a rolling period, in a "
        "calendar period, or, if neither is named, ever. A candidate beyond the limit is refused "
        "whole, and counts for nothing.";
    static constexpr auto members = std::array{
        inner::member<&t::at_most>("at_most", "How many awards there may be.")
            .between(1, most_points),
        inner::member<&t::at_most_points>(
            "at_most_points",
            "How many points the awards may add up to, counting those taken off as well as "
            "those given.")
            .above(0, most_points)
            .as(meaning::points),
        inner::member<&t::rolling>(
            "rolling",
            "The limit is for any period of this length, ending with the touchpoint: `\"7d\"`.")
            .period(),
        inner::member<&t::calendar>(
            "calendar", "The limit is for each calendar period, in the model's time zone."),
        inner::member<&t::per_distinct>(
            "per_distinct",
            "The limit is for each value of this property by itself, such as once per document; "
            "touchpoints without the property share one count.")
            .as(meaning::property)};
};

template<>
struct describe<no_decay> {
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "none";
    static constexpr std::string_view doc = "The award keeps its points for ever; the default.";
    static constexpr std::string_view example = R"({"kind": "none"})";
    static constexpr auto members = std::array<member_description, 0>{};
};

template<>
struct describe<half_life> {
    using t = half_life;
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "half_life";
    static constexpr std::string_view doc =
        "The award fades evenly in proportion: after each half-life half of what was left remains.";
    static constexpr std::string_view example = R"({"kind": "half_life", "period": "30d"})";
    static constexpr auto members = std::array{
        inner::member<&t::period>("period", "The time in which the award loses half of its points.")
            .required()
            .period()};
};

template<>
struct describe<linear_decay> {
    using t = linear_decay;
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "linear";
    static constexpr std::string_view doc =
        "The award shrinks by the same amount each day, down to nothing.";
    static constexpr std::string_view example = R"({"kind": "linear", "over": "90d"})";
    static constexpr auto members =
        std::array{inner::member<&t::over>("over", "The time after which nothing is left.")
                       .required()
                       .period()};
};

template<>
struct describe<step_decay> {
    using t = step_decay;
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "step";
    static constexpr std::string_view doc =
        "The award loses a percentage at the end of every full period, and nothing in between.";
    static constexpr std::string_view example =
        R"({"kind": "step", "percent": 25, "every": "30d", "compound": true})";
    static constexpr auto members = std::array{
        inner::member<&t::percent>("percent", "How much is lost each time, in percent.")
            .required()
            .between(0.1, 100)
            .as(meaning::percent),
        inner::member<&t::every>("every", "The period.").required().period(),
        inner::member<&t::compound>(
            "compound",
            "If true, the percentage is taken of what is left; otherwise of the award as it was "
            "made, so that 25 % leaves nothing after four periods.")};
};

template<>
struct describe<expiry> {
    using t = expiry;
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "expiry";
    static constexpr std::string_view doc =
        "The award keeps all of its points for a time, and then loses them at once.";
    static constexpr std::string_view example = R"({"kind": "expiry", "after": "180d"})";
    static constexpr auto members = std::array{
        inner::member<&t::after>("after", "How long the award lasts.").required().period()};
};

template<>
struct describe<decay_point> {
    using t = decay_point;
    static constexpr std::string_view noun = "point";
    static constexpr std::string_view doc = "A row of a decay table.";
    static constexpr auto members = std::array{
        inner::member<&t::age>("age", "From this age of the award on …").required().period(),
        inner::member<&t::factor>("factor",
                                  "… this share of it is left, from 0 (nothing) to 1 (all).")
            .required()
            .between(0, 1)
            .as(meaning::factor)};
};

template<>
struct describe<decay_table> {
    using t = decay_table;
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "table";
    static constexpr std::string_view doc =
        "The award follows a table of ages and shares. It is whole before the first age, and "
        "keeps the last share for ever.";
    static constexpr std::string_view example = R"({"kind": "table", "interpolate": true,
 "points": [{"age": "7d", "factor": 0.8}, {"age": "30d", "factor": 0.5}, {"age": "90d", "factor": 0}]})";
    static constexpr auto members = std::array{
        inner::member<&t::points>("points", "The rows, by rising age.").required().between(1, 1000),
        inner::member<&t::interpolate>(
            "interpolate",
            "If true, the share changes gradually between rows (from all at age 0); otherwise "
            "it jumps at each row.")};
};

template<>
struct describe<decay_curve> {
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view doc =
        "How an award fades as it grows older. Each award fades by itself, from its own moment.";
};

// ---- rules --------------------------------------------------------------------------------------

namespace inner {
template<class T>
constexpr auto head_members() {
    return std::array{
        id_member<T>("The rule's name, which explanations show; unique among the rules."),
        member<&T::score>("score", "The score that the points go to.")
            .required()
            .as(meaning::plain_score),
        member<&T::group>(
            "group",
            "The group of that score that the points belong to, and whose bounds they share.")
            .as(meaning::group),
        description_member<T>()};
}

template<class T>
constexpr auto points_member(std::string_view doc) {
    return member<&T::points>("points", doc).required().points();
}

/// What every rule that hands out awards may say.
template<class T>
constexpr auto award_members() {
    return std::array{
        member<&T::limits>("limits",
                           "How much the rule may award; every one of the limits must allow it."),
        member<&T::cooldown>("cooldown", "After an award the rule makes no other for this long.")
            .period(),
        member<&T::decay>("decay", "How each award fades as it grows older."),
        member<&T::when>(
            "when",
            "A condition on the lead's attributes and stages as of just before the touchpoint; "
            "an award is made only where it holds.")};
}

template<class T>
constexpr auto state_when_member() {
    return member<&T::when>(
        "when", "A condition on the lead's attributes and stages; there are points only while it "
                "holds.");
}
} // namespace inner

template<>
struct describe<attribute_rule> {
    using t = attribute_rule;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "attribute";
    static constexpr std::string_view doc =
        "Points while a condition on the lead holds. Who the lead is: industry, size, country, "
        "position, a business address.";
    static constexpr std::string_view example = R"({
  "kind": "attribute", "id": "target_industry", "score": "fit",
  "when": {"all": [{"attribute": "industry", "in": ["Machinery", "Electronics"]},
                   {"attribute": "employees", "at_least": 300}]},
  "points": 30
})";
    static constexpr auto members =
        inner::joined(inner::head_members<t>(),
                      std::array{inner::member<&t::when>("when", "The condition.").required(),
                                 inner::points_member<t>("The points while the condition holds.")});
};

template<>
struct describe<frequency> {
    using t = frequency;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "frequency";
    static constexpr std::string_view doc =
        "Points while a lead has been active enough: so many matching touchpoints, so large a sum "
        "of their values, or so many different ones, within a period up to now or ever. The points "
        "go when the touchpoints have left the period.";
    static constexpr std::string_view example = R"({
  "kind": "frequency", "id": "reads_a_lot", "score": "engagement",
  "on": {"type": "page_view", "where": {"property": "url", "prefix": "/products/"}},
  "measure": "sum", "at_least": 600, "window": "30d",
  "points": 15
})";
    static constexpr auto members = inner::joined(
        inner::head_members<t>(),
        std::array{
            inner::member<&t::on>("on", "Which touchpoints are counted.").required(),
            inner::member<&t::measure>("measure", "What is counted of them."),
            inner::member<&t::property>(
                "property",
                "For the measure `distinct`: the property whose different values are counted.")
                .as(meaning::property),
            inner::member<&t::at_least>("at_least", "How much there must be; 1 if left out.")
                .above(0, most_amount)
                .as(meaning::amount),
            inner::member<&t::window>(
                "window", "The period up to now in which touchpoints count; all time if left out.")
                .period(),
            inner::points_member<t>("The points while there is enough."),
            inner::state_when_member<t>()});
};

template<>
struct describe<recency_bin> {
    using t = recency_bin;
    static constexpr std::string_view noun = "bin";
    static constexpr std::string_view doc = "A row of a recency rule.";
    static constexpr auto members = std::array{
        inner::member<&t::within>("within", "While the last touchpoint is less than this ago …")
            .required()
            .period(),
        inner::member<&t::points>("points", "… there are these points.").required().points()};
};

template<>
struct describe<recency> {
    using t = recency;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "recency";
    static constexpr std::string_view doc =
        "Points by how long ago the last matching touchpoint was. The first bin that is long "
        "enough counts, and no other.";
    static constexpr std::string_view example = R"({
  "kind": "recency", "id": "last_seen", "score": "engagement",
  "on": {"type": ["page_view", "mail_click", "download"]},
  "bins": [{"within": "7d", "points": 20}, {"within": "30d", "points": 10}],
  "otherwise": -5, "if_never": 0
})";
    static constexpr auto members = inner::joined(
        inner::head_members<t>(),
        std::array{inner::member<&t::on>("on", "Which touchpoints are meant.").required(),
                   inner::member<&t::bins>("bins", "The bins, by rising length.")
                       .required()
                       .between(1, 1000),
                   inner::member<&t::otherwise>(
                       "otherwise", "The points once the last touchpoint is beyond the last bin.")
                       .points(),
                   inner::member<&t::if_never>("if_never",
                                               "The points if there never was such a touchpoint.")
                       .points(),
                   inner::state_when_member<t>()});
};

template<>
struct describe<occurrence> {
    using t = occurrence;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "occurrence";
    static constexpr std::string_view doc =
        "Every matching touchpoint awards points: a fixed number, or so many for each unit of its "
        "value.";
    static constexpr std::string_view example = R"({
  "kind": "occurrence", "id": "pricing_page", "score": "engagement", "group": "web",
  "on": {"type": "page_view", "where": {"property": "url", "glob": "/pricing/*"},
         "value_at_least": 10},
  "points": 25,
  "limits": [{"at_most": 1, "calendar": "week"}],
  "decay": {"kind": "half_life", "period": "30d"}
})";
    static constexpr auto members = inner::joined(
        inner::head_members<t>(),
        std::array{
            inner::member<&t::on>("on", "Which touchpoints award points.").required(),
            inner::member<&t::points>(
                "points",
                "The points of each award. Not together with `per_value`, but one of the two.")
                .points(),
            inner::member<&t::per_value>(
                "per_value",
                "Points for each unit of the touchpoint's value, such as `0.1` for each second "
                "viewed. A touchpoint without a value awards nothing.")
                .points(),
            inner::member<&t::min_points>("min_points",
                                          "With `per_value`: an award is at least this much.")
                .points(),
            inner::member<&t::max_points>("max_points",
                                          "With `per_value`: an award is at most this much.")
                .points()},
        inner::award_members<t>());
};

template<>
struct describe<sequence> {
    using t = sequence;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "sequence";
    static constexpr std::string_view doc =
        "A chain of touchpoints in a given order, all within a time, awards points at its last "
        "one. Chains do not overlap: a touchpoint counts for one chain only.";
    static constexpr std::string_view example = R"({
  "kind": "sequence", "id": "seminar_then_pricing", "score": "engagement",
  "steps": [{"type": "seminar_attended"},
            {"type": "page_view", "where": {"property": "url", "prefix": "/pricing/"}}],
  "within": "14d",
  "points": 40,
  "cooldown": "30d"
})";
    static constexpr auto members = inner::joined(
        inner::head_members<t>(),
        std::array{
            inner::member<&t::steps>("steps", "The touchpoints, first to last.")
                .required()
                .between(2, 8),
            inner::member<&t::within>(
                "within",
                "The whole chain takes less than this, from its first touchpoint to its last.")
                .required()
                .period(),
            inner::member<&t::strict>(
                "strict", "If true, no other touchpoint of `scope` may come between two steps."),
            inner::member<&t::scope>(
                "scope",
                "With `strict`: which touchpoints may not come between; every one if left out."),
            inner::points_member<t>("The points for each chain.")},
        inner::award_members<t>());
};

template<>
struct describe<return_rule> {
    using t = return_rule;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "return";
    static constexpr std::string_view doc =
        "A matching touchpoint after a long silence awards points: a lead that came to a seminar a "
        "year ago is back. The very first touchpoint is no return.";
    static constexpr std::string_view example = R"({
  "kind": "return", "id": "back_on_pricing", "score": "engagement",
  "on": {"type": "page_view", "where": {"property": "url", "prefix": "/pricing/"}},
  "after": "180d",
  "points": 50,
  "decay": {"kind": "linear", "over": "60d"}
})";
    static constexpr auto members = inner::joined(
        inner::head_members<t>(),
        std::array{inner::member<&t::on>("on", "Which touchpoints are a return.").required(),
                   inner::member<&t::after>(
                       "after", "How long the silence before it must have been, at least.")
                       .required()
                       .period(),
                   inner::member<&t::silence_of>(
                       "silence_of", "Which touchpoints break the silence; every one if left out."),
                   inner::points_member<t>("The points for each return.")},
        inner::award_members<t>());
};

template<>
struct describe<inactivity> {
    using t = inactivity;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "inactivity";
    static constexpr std::string_view doc =
        "Silence awards points, as a rule negative ones: once a time has passed since the last "
        "matching touchpoint (or since the lead became known), and again at intervals.";
    static constexpr std::string_view example = R"({
  "kind": "inactivity", "id": "gone_quiet", "score": "engagement",
  "on": {"type": ["page_view", "mail_click"]},
  "after": "30d", "every": "30d", "times": 3,
  "points": -10
})";
    static constexpr auto members = inner::joined(
        inner::head_members<t>(),
        std::array{
            inner::member<&t::on>("on",
                                  "Which touchpoints end the silence; every one if left out."),
            inner::member<&t::after>("after",
                                     "How long the silence must last before the first award.")
                .required()
                .period(),
            inner::member<&t::every>("every",
                                     "With `times` above 1: the time from each award to the next.")
                .period(),
            inner::member<&t::times>("times",
                                     "How many awards one silence can make; 1 if left out.")
                .between(1, 1000),
            inner::member<&t::while_idle>(
                "while_idle",
                "If true, the points are given back at the next matching touchpoint; otherwise "
                "they stay."),
            inner::points_member<t>("The points of each award.")},
        inner::award_members<t>());
};

template<>
struct describe<rule> {
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view doc =
        "Something that earns or costs points. `attribute`, `frequency` and `recency` rules give "
        "points while something holds; the others hand out awards at a moment, which may be "
        "limited and may fade.";
};

} // namespace leadfunnel::inline v0::language
