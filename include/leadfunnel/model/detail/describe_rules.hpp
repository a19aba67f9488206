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
        "Which touchpoints match. All its conditions must be true; `{}` matches every touchpoint. "
        "A text or a list of texts is a pattern with only a `type`.";
    /// The member that a pattern may be written as by itself, without the object around it.
    static constexpr std::string_view shorthand = "type";
    static constexpr auto members = std::array{
        inner::member<&t::types>("type", "The type of touchpoint, or a list of types of "
                                         "which one must match; every type if left out.")
            .one_or_many()
            .as(meaning::touchpoint),
        inner::member<&t::where>("where", "A condition on the touchpoint's properties."),
        inner::member<&t::value_at_least>("value_at_least",
                                          "The touchpoint has a value, and it is at least this: "
                                          "`60` for a page viewed for a minute.")
            .between(-most_amount, most_amount)
            .as(meaning::amount),
        inner::member<&t::value_below>("value_below",
                                       "The touchpoint has a value, and it is below this.")
            .between(-most_amount, most_amount)
            .as(meaning::amount)};
};

template<>
struct describe<limit> {
    using t = limit;
    static constexpr std::string_view noun = "limit";
    static constexpr std::string_view doc =
        "How much a rule may award: at most N awards or N points, in a rolling period, in a "
        "calendar period, or ever if neither is given. An award that would exceed the limit is "
        "refused completely and does not count.";
    static constexpr auto members = std::array{
        inner::member<&t::at_most>("at_most", "The largest number of awards.")
            .between(1, most_points),
        inner::member<&t::at_most_points>(
            "at_most_points",
            "The largest sum of the awards' points; negative points count as positive.")
            .above(0, most_points)
            .as(meaning::points),
        inner::member<&t::rolling>("rolling", "The limit applies to any period of this length that "
                                              "ends with the touchpoint: `\"7d\"`.")
            .period(),
        inner::member<&t::calendar>(
            "calendar", "The limit applies to each calendar period, in the model's time zone."),
        inner::member<&t::per_distinct>(
            "per_distinct", "The limit applies to each value of this property separately, such as "
                            "once per document. Touchpoints without the property share one count.")
            .as(meaning::property)};
};

template<>
struct describe<no_decay> {
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "none";
    static constexpr std::string_view doc = "The award keeps its points forever; the default.";
    static constexpr std::string_view example = R"({"kind": "none"})";
    static constexpr auto members = std::array<member_description, 0>{};
};

template<>
struct describe<half_life> {
    using t = half_life;
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "half_life";
    static constexpr std::string_view doc =
        "The award loses half of its remaining points in each period.";
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
        "The award loses points at a constant rate until nothing is left.";
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
        inner::member<&t::percent>("percent", "The loss at each step, in percent.")
            .required()
            .between(0.1, 100)
            .as(meaning::percent),
        inner::member<&t::every>("every", "The period.").required().period(),
        inner::member<&t::compound>(
            "compound", "If true, the percentage is taken of what is left; otherwise of the "
                        "original award, so that 25 % leaves nothing after four periods.")};
};

template<>
struct describe<expiry> {
    using t = expiry;
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "expiry";
    static constexpr std::string_view doc =
        "The award keeps all its points for a time and then loses them at once.";
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
        "The award follows a table of ages and shares. It has all its points before the first age, "
        "and keeps the last share forever.";
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
        "How an award loses points with age. Each award decays on its own, from its own instant.";
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
                           "How much the rule may award. All limits must allow an award."),
        member<&T::cooldown>("cooldown", "After an award the rule makes no other for this long.")
            .period(),
        member<&T::decay>("decay", "How each award loses points with age."),
        member<&T::when>("when", "A condition on the lead's attributes and stages just before the "
                                 "touchpoint. An award is made only if it is true.")};
}

template<class T>
constexpr auto state_when_member() {
    return member<&T::when>("when", "A condition on the lead's attributes and stages. The rule "
                                    "gives points only while it is true.");
}
} // namespace inner

template<>
struct describe<attribute_rule> {
    using t = attribute_rule;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "attribute";
    static constexpr std::string_view doc =
        "Gives points while a condition on the lead is true, for example on its industry, size, "
        "country or position.";
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
        "Gives points while a lead is active enough: at least N matching touchpoints, a sum of "
        "their values, or a number of different ones, in a period up to now or ever. The points "
        "end when the touchpoints leave the period.";
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
            inner::member<&t::measure>("measure", "What is counted."),
            inner::member<&t::property>(
                "property", "For `distinct`: the property whose different values are counted.")
                .as(meaning::property),
            inner::member<&t::at_least>("at_least", "The least amount; 1 if left out.")
                .above(0, most_amount)
                .as(meaning::amount),
            inner::member<&t::window>(
                "window", "The period up to now in which touchpoints count; all time if left out.")
                .period(),
            inner::points_member<t>("The points while the amount is reached."),
            inner::state_when_member<t>()});
};

template<>
struct describe<recency_bin> {
    using t = recency_bin;
    static constexpr std::string_view noun = "bin";
    static constexpr std::string_view doc = "A row of a recency rule.";
    static constexpr auto members = std::array{
        inner::member<&t::within>("within", "If the last touchpoint is less than this ago …")
            .required()
            .period(),
        inner::member<&t::points>("points", "… the rule gives these points.").required().points()};
};

template<>
struct describe<recency> {
    using t = recency;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "recency";
    static constexpr std::string_view doc =
        "Gives points by the time since the last matching touchpoint. Only the first bin that is "
        "long enough counts.";
    static constexpr std::string_view example = R"({
  "kind": "recency", "id": "last_seen", "score": "engagement",
  "on": {"type": ["page_view", "mail_click", "download"]},
  "bins": [{"within": "7d", "points": 20}, {"within": "30d", "points": 10}],
  "otherwise": -5, "if_never": 0
})";
    static constexpr auto members = inner::joined(
        inner::head_members<t>(),
        std::array{
            inner::member<&t::on>("on", "Which touchpoints count.").required(),
            inner::member<&t::bins>("bins", "The bins, by rising length.")
                .required()
                .between(1, 1000),
            inner::member<&t::otherwise>(
                "otherwise", "The points if the last touchpoint is older than the last bin.")
                .points(),
            inner::member<&t::if_never>("if_never", "The points if there was no such touchpoint.")
                .points(),
            inner::state_when_member<t>()});
};

template<>
struct describe<occurrence> {
    using t = occurrence;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "occurrence";
    static constexpr std::string_view doc = "Every matching touchpoint earns an award: a fixed "
                                            "number of points, or points per unit of its value.";
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
            inner::member<&t::points>("points",
                                      "The points of each award. Give either this or `per_value`.")
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
        "A sequence of touchpoints in a given order, within a time, earns an award at its last "
        "one. Sequences do not overlap: a touchpoint counts for one only.";
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
                "The whole sequence takes less than this, from its first touchpoint to its last.")
                .required()
                .period(),
            inner::member<&t::strict>(
                "strict", "If true, no other touchpoint of `scope` may come between two steps."),
            inner::member<&t::scope>(
                "scope",
                "With `strict`: which touchpoints may not come between; every one if left out."),
            inner::points_member<t>("The points for each sequence.")},
        inner::award_members<t>());
};

template<>
struct describe<return_rule> {
    using t = return_rule;
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view kind = "return";
    static constexpr std::string_view doc =
        "A matching touchpoint after a long silence earns an award: for example, a lead that "
        "attended a seminar a year ago comes back. A lead's first touchpoint is not a return.";
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
                   inner::member<&t::after>("after", "The least length of the silence before it.")
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
        "Silence makes awards, usually negative: when a time has passed since the last matching "
        "touchpoint (or since the lead's first event), and again at intervals.";
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
                                     "The largest number of awards in one silence; 1 if left out.")
                .between(1, 1000),
            inner::member<&t::while_idle>(
                "while_idle",
                "If true, the points end at the next matching touchpoint; otherwise they stay."),
            inner::points_member<t>("The points of each award.")},
        inner::award_members<t>());
};

template<>
struct describe<rule> {
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view doc =
        "Gives or takes points. `attribute`, `frequency` and `recency` rules give points while "
        "something is true. The others make awards at an instant, which can be limited and can "
        "decay.";
};

} // namespace leadfunnel::inline v0::language
