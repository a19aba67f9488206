// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// The operators, parts and subjects of conditions.

#include <leadfunnel/model/condition.hpp>
#include <leadfunnel/model/detail/describe_choices.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0::language {

/// Types that something compared can have: the declared ones, and the age that `part: age` and
/// `time_in_stage` give.
enum class operand_type : std::uint8_t { boolean = 1, number, string, timestamp, set, age };

[[nodiscard]] constexpr operand_type operand_of(value_type t) noexcept {
    return static_cast<operand_type>(t);
}

/// A set of operand types.
struct type_set {
    std::uint8_t bits = 0;
    [[nodiscard]] constexpr bool has(operand_type t) const noexcept {
        return ((bits >> static_cast<unsigned>(t)) & 1U) != 0;
    }
    [[nodiscard]] constexpr bool has(value_type t) const noexcept { return has(operand_of(t)); }
};

template<class... T>
[[nodiscard]] constexpr type_set types(T... t) noexcept {
    return {static_cast<std::uint8_t>(((1U << static_cast<unsigned>(t)) | ... | 0U))};
}

[[nodiscard]] constexpr std::string_view name_of(operand_type t) noexcept {
    if (t == operand_type::age) return "age";
    return name_of(static_cast<value_type>(t));
}

/// What an operator is compared with, and which member of `test` holds it.
enum class literal_kind : std::uint8_t {
    truth,     ///< `true` or `false`; `test::literal`
    same,      ///< a value of the subject's own type (`test::literal`), or for an age a duration
               ///< (`test::period`)
    several,   ///< a list of values of the subject's own type; `test::several`
    list_name, ///< the name of a declared list; `test::literal`
    text,      ///< any text; `test::literal`
    glob,      ///< a glob; `test::literal`
    regex      ///< an RE2 regular expression; `test::literal`
};

struct op_description {
    op value;
    std::string_view name; ///< the key in the file
    type_set accepts;      ///< types of what is tested
    literal_kind literal;
    std::string_view doc;
    std::string_view example; ///< a condition
};

/// In the order of `op`.
inline constexpr std::array operators{
    op_description{op::exists, "exists",
                   types(operand_type::boolean, operand_type::number, operand_type::string,
                         operand_type::timestamp, operand_type::set, operand_type::age),
                   literal_kind::truth,
                   "`true`: there is a value; `false`: there is none. Every other operator is "
                   "false if there is no value.",
                   R"({"attribute": "phone", "exists": false})"},
    op_description{op::equals, "equals",
                   types(operand_type::boolean, operand_type::number, operand_type::string,
                         operand_type::timestamp),
                   literal_kind::same, "The value equals this.",
                   R"({"attribute": "industry", "equals": "Machinery"})"},
    op_description{op::not_equals, "not_equals",
                   types(operand_type::boolean, operand_type::number, operand_type::string,
                         operand_type::timestamp),
                   literal_kind::same,
                   "There is a value, and it differs from this. To include leads without a value, "
                   "write `{\"not\": {…, \"equals\": …}}`.",
                   R"({"attribute": "country", "not_equals": "JP"})"},
    op_description{op::less, "less",
                   types(operand_type::number, operand_type::timestamp, operand_type::age),
                   literal_kind::same,
                   "The value is below this number, before this instant, or younger than this age.",
                   R"({"attribute": "employees", "less": 50})"},
    op_description{op::at_most, "at_most",
                   types(operand_type::number, operand_type::timestamp, operand_type::age),
                   literal_kind::same,
                   "The value is at most this number, this instant, or this age.",
                   R"({"attribute": "customer_since", "at_most": "2025-03-31T23:59:59+09:00"})"},
    op_description{op::greater, "greater",
                   types(operand_type::number, operand_type::timestamp, operand_type::age),
                   literal_kind::same,
                   "The value is above this number, after this instant, or older than this age.",
                   R"({"attribute": "customer_since", "part": "age", "greater": "365d"})"},
    op_description{op::at_least, "at_least",
                   types(operand_type::number, operand_type::timestamp, operand_type::age),
                   literal_kind::same,
                   "The value is at least this number, this instant, or this age.",
                   R"({"attribute": "employees", "at_least": 300})"},
    op_description{op::in, "in",
                   types(operand_type::boolean, operand_type::number, operand_type::string,
                         operand_type::timestamp),
                   literal_kind::several, "The value is one of these.",
                   R"({"attribute": "country", "in": ["JP", "KR", "TW"]})"},
    op_description{op::in_list, "in_list", types(operand_type::string, operand_type::set),
                   literal_kind::list_name,
                   "The value is on the named list. For a set: at least one member is.",
                   R"({"attribute": "email", "part": "domain", "in_list": "free_mail"})"},
    op_description{op::contains, "contains", types(operand_type::string, operand_type::set),
                   literal_kind::text, "The text contains this. For a set: this is a member.",
                   R"({"attribute": "interests", "contains": "sensors"})"},
    op_description{op::prefix, "prefix", types(operand_type::string), literal_kind::text,
                   "The text begins with this.", R"({"property": "url", "prefix": "/pricing/"})"},
    op_description{op::suffix, "suffix", types(operand_type::string), literal_kind::text,
                   "The text ends with this.", R"({"property": "url", "suffix": ".pdf"})"},
    op_description{
        op::glob, "glob", types(operand_type::string), literal_kind::glob,
        "The whole text matches a pattern: `*` matches any characters, `?` one character, `[a-z]` "
        "one of a class, `[!a-z]` one outside it. `\\` escapes the next character.",
        R"({"property": "url", "glob": "/products/*/specs"})"},
    op_description{op::regex, "regex", types(operand_type::string), literal_kind::regex,
                   "A part of the text matches a regular expression in RE2's syntax; `^` and `$` "
                   "anchor it to the ends.",
                   R"~({"attribute": "position", "regex": "(?:manager|director|head of)"})~"},
};

[[nodiscard]] constexpr const op_description& description_of(op o) noexcept {
    return operators[static_cast<std::size_t>(o)];
}

/// Whether an operator compares by order, or asks for a value at all. The compiler names an
/// operator that is missing here; it then needs a row above, too.
[[nodiscard]] constexpr bool is_order(op o) noexcept {
    switch (o) {
    case op::exists:
    case op::less:
    case op::at_most:
    case op::greater:
    case op::at_least:
        return true;
    case op::equals:
    case op::not_equals:
    case op::in:
    case op::in_list:
    case op::contains:
    case op::prefix:
    case op::suffix:
    case op::glob:
    case op::regex:
        break;
    }
    return false;
}

struct part_description {
    part value;
    std::string_view name; ///< in the file
    type_set accepts;      ///< types that it can be taken of
    std::string_view doc;
    std::string_view example; ///< a condition
};

/// In the order of `part`.
inline constexpr std::array parts{
    part_description{part::itself, "itself",
                     types(operand_type::boolean, operand_type::number, operand_type::string,
                           operand_type::timestamp, operand_type::set),
                     "The value itself; the default.",
                     R"({"attribute": "industry", "part": "itself", "equals": "Machinery"})"},
    part_description{part::domain, "domain", types(operand_type::string),
                     "The domain of an e-mail address: the text after its last `@`. Missing if the "
                     "text has no `@`.",
                     R"({"attribute": "email", "part": "domain", "suffix": ".ac.jp"})"},
    part_description{
        part::local_part, "local_part", types(operand_type::string),
        "The text before the last `@` of an e-mail address. Missing if the text has no `@`.",
        R"({"attribute": "email", "part": "local_part", "in": ["info", "sales"]})"},
    part_description{part::normal, "normal", types(operand_type::string),
                     "The normal form of a company name: without its corporate form (株式会社, "
                     "Inc., GmbH and the like), punctuation and differences of width and case.",
                     R"({"attribute": "company", "part": "normal", "in_list": "competitors"})"},
    part_description{part::age, "age", types(operand_type::timestamp),
                     "The time since an instant, compared with a duration such as `\"30d\"`. "
                     "Negative before the instant.",
                     R"({"attribute": "customer_since", "part": "age", "less": "90d"})"},
};

[[nodiscard]] constexpr const part_description& description_of(part p) noexcept {
    return parts[static_cast<std::size_t>(p)];
}

/// The type of part `p` of a value of type `t`, or nothing if `t` has no such part.
[[nodiscard]] constexpr std::optional<operand_type> result_of(part p, value_type t) noexcept {
    if (!description_of(p).accepts.has(t)) return std::nullopt;
    switch (p) { // the compiler names a part that is missing here; it then needs a row above, too
    case part::age:
        return operand_type::age;
    case part::itself:
    case part::domain:
    case part::local_part:
    case part::normal:
        break;
    }
    return operand_of(t);
}

struct subject_description {
    subject value;
    std::string_view key; ///< in the file; `named_by` says which member of `test` has its value
    meaning key_means;    ///< what that value names
    bool needs_funnel;    ///< a further key `funnel` gives `test::name`
    bool needs_stage;     ///< a further key `stage` gives `test::stage`
    bool takes_part;      ///< `part` makes sense
    std::optional<operand_type> type; ///< nothing: as declared
    /// It may change with time alone, so that scores, which depend on the past, cannot ask for it:
    /// for guards of transitions and for alerts.
    bool is_of_now;
    /// It is compared by order alone: where a number that fades stands still is chance.
    bool is_only_ordered;
    std::string_view doc;
    std::string_view example; ///< a condition
};

/// In the order of `subject`.
inline constexpr std::array subjects{
    subject_description{subject::attribute, "attribute", meaning::attribute, false, false, true,
                        std::nullopt, false, false,
                        "A declared attribute of the lead, as known at the instant of evaluation.",
                        R"({"attribute": "employees", "at_least": 300})"},
    subject_description{subject::property, "property", meaning::property, false, false, true,
                        std::nullopt, false, false,
                        "A declared property of the touchpoint, or `campaign` or `channel`, which "
                        "every touchpoint may have. Only in the `where` of a pattern.",
                        R"({"property": "url", "prefix": "/pricing/"})"},
    subject_description{
        subject::current_stage, "current_stage", meaning::funnel, false, false, false,
        operand_type::string, false, false,
        "The stage that the lead is in, in the named funnel; missing before its first entry.",
        R"({"current_stage": "sales", "in": ["mql", "accepted"]})"},
    subject_description{
        subject::times_entered, "times_entered", meaning::stage, true, false, false,
        operand_type::number, false, false,
        "The number of times that the lead has entered the named stage of `funnel`; 0 if never.",
        R"({"times_entered": "rejected", "funnel": "sales", "at_least": 2})"},
    subject_description{
        subject::score_at_entry, "score_at_entry", meaning::score, true, true, false,
        operand_type::number, false, false,
        "The named score when the lead last entered `stage` of `funnel`; missing if it never has.",
        R"({"score_at_entry": "engagement", "funnel": "sales", "stage": "mql",
 "at_least": 80})"},
    subject_description{subject::score, "score", meaning::score, false, false, false,
                        operand_type::number, true, true,
                        "The named score now, in points; missing while the lead is excluded from "
                        "it. Compare it by `less`, `at_most`, `greater` or `at_least`. Only in the "
                        "`when` of a transition and in alerts.",
                        R"({"score": "engagement", "at_least": 80})"},
    subject_description{subject::band, "band", meaning::banding, false, false, false,
                        operand_type::string, true, false,
                        "The lead's band now, in the named banding; missing while its score is "
                        "absent. Only in the `when` of a transition and in alerts.",
                        R"({"band": "temperature", "in": ["warm", "hot"]})"},
    subject_description{subject::matrix_class, "class", meaning::matrix, false, false, false,
                        operand_type::string, true, false,
                        "The lead's class now, in the named matrix; missing while one of its "
                        "scores is absent. Only in the `when` of a transition and in alerts.",
                        R"({"class": "priority", "equals": "Ahot"})"},
    subject_description{
        subject::time_in_stage, "time_in_stage", meaning::funnel, false, false, false,
        operand_type::age, true, false,
        "The time since the lead entered its stage in the named funnel, compared with a duration; "
        "missing before its first entry. Only in the `when` of a transition and in alerts.",
        R"({"time_in_stage": "sales", "at_least": "14d"})"},
};

[[nodiscard]] constexpr const subject_description& description_of(subject s) noexcept {
    return subjects[static_cast<std::size_t>(s)];
}

/// The member of a test that the value of its subject's key is stored in. The compiler names a
/// subject that is missing here; it then needs a row above, too.
[[nodiscard]] constexpr std::string test::*named_by(subject s) noexcept {
    switch (s) {
    case subject::score_at_entry:
        return &test::score;
    case subject::times_entered:
        return &test::stage;
    case subject::attribute:
    case subject::property:
    case subject::current_stage:
    case subject::score:
    case subject::band:
    case subject::matrix_class:
    case subject::time_in_stage:
        break;
    }
    return &test::name;
}

/// Whether a test compares with a duration, `test::period`, rather than a value.
[[nodiscard]] constexpr bool is_of_age(const test& t) noexcept {
    return t.take == part::age || description_of(t.of).type == operand_type::age;
}

/// Names of properties that every touchpoint may have without a declaration; both are text.
inline constexpr std::array<std::string_view, 2> built_in_properties{"campaign", "channel"};

namespace inner {
constexpr bool tables_in_order() {
    for (std::size_t i = 0; i < operators.size(); ++i)
        if (static_cast<std::size_t>(operators[i].value) != i) return false;
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (static_cast<std::size_t>(parts[i].value) != i) return false;
    for (std::size_t i = 0; i < subjects.size(); ++i)
        if (static_cast<std::size_t>(subjects[i].value) != i) return false;
    return operators.size() == static_cast<std::size_t>(op::regex) + 1 &&
           parts.size() == static_cast<std::size_t>(part::age) + 1 &&
           subjects.size() == static_cast<std::size_t>(subject::time_in_stage) + 1;
}
static_assert(tables_in_order(), "the tables are looked up by enumerator");
} // namespace inner

/// Conditions have a form of their own in the file; the reader, writer and schema know it.
template<>
struct describe<condition> {
    static constexpr std::string_view noun = "condition";
    static constexpr std::string_view doc =
        "A condition is true or false for a lead or a touchpoint. It is a test, such as "
        "`{\"attribute\": \"industry\", \"equals\": \"Machinery\"}`, or several tests combined by "
        "`{\"all\": […]}`, `{\"any\": […]}` and `{\"not\": …}`. Text comparison ignores case and "
        "character width unless the test has `\"exact\": true`. `{}` is always true.";
};

} // namespace leadfunnel::inline v0::language
