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
                   "Whether it is known at all. `true` asks that there is a value, `false` that "
                   "there is none. Every other operator is false where there is no value.",
                   R"({"attribute": "phone", "exists": false})"},
    op_description{op::equals, "equals",
                   types(operand_type::boolean, operand_type::number, operand_type::string,
                         operand_type::timestamp),
                   literal_kind::same, "It is this value.",
                   R"({"attribute": "industry", "equals": "Machinery"})"},
    op_description{op::not_equals, "not_equals",
                   types(operand_type::boolean, operand_type::number, operand_type::string,
                         operand_type::timestamp),
                   literal_kind::same,
                   "There is a value, and it is another one. To include leads without a value, "
                   "write `{\"not\": {…, \"equals\": …}}`.",
                   R"({"attribute": "country", "not_equals": "JP"})"},
    op_description{
        op::less, "less", types(operand_type::number, operand_type::timestamp, operand_type::age),
        literal_kind::same, "It is below this number, before this moment, or younger than this.",
        R"({"attribute": "employees", "less": 50})"},
    op_description{op::at_most, "at_most",
                   types(operand_type::number, operand_type::timestamp, operand_type::age),
                   literal_kind::same, "It is this or less, this moment or earlier.",
                   R"({"attribute": "customer_since", "at_most": "2025-03-31T23:59:59+09:00"})"},
    op_description{op::greater, "greater",
                   types(operand_type::number, operand_type::timestamp, operand_type::age),
                   literal_kind::same,
                   "It is above this number, after this moment, or older than this.",
                   R"({"attribute": "customer_since", "part": "age", "greater": "365d"})"},
    op_description{op::at_least, "at_least",
                   types(operand_type::number, operand_type::timestamp, operand_type::age),
                   literal_kind::same, "It is this or more, this moment or later.",
                   R"({"attribute": "employees", "at_least": 300})"},
    op_description{op::in, "in",
                   types(operand_type::boolean, operand_type::number, operand_type::string,
                         operand_type::timestamp),
                   literal_kind::several, "It is one of these values.",
                   R"({"attribute": "country", "in": ["JP", "KR", "TW"]})"},
    op_description{op::in_list, "in_list", types(operand_type::string, operand_type::set),
                   literal_kind::list_name,
                   "It is on the named list; of a set, at least one of its members is.",
                   R"({"attribute": "email", "part": "domain", "in_list": "free_mail"})"},
    op_description{op::contains, "contains", types(operand_type::string, operand_type::set),
                   literal_kind::text, "The text occurs in it; a set has the text as a member.",
                   R"({"attribute": "interests", "contains": "sensors"})"},
    op_description{op::prefix, "prefix", types(operand_type::string), literal_kind::text,
                   "It begins with this text.", R"({"property": "url", "prefix": "/pricing/"})"},
    op_description{op::suffix, "suffix", types(operand_type::string), literal_kind::text,
                   "It ends with this text.", R"({"property": "url", "suffix": ".pdf"})"},
    op_description{op::glob, "glob", types(operand_type::string), literal_kind::glob,
                   "The whole text fits a pattern in which `*` stands for any run of characters, "
                   "`?` for one, `[a-z]` and `[!a-z]` for one of a class or one outside it; `\\` "
                   "makes the next character stand for itself.",
                   R"({"property": "url", "glob": "/products/*/specs"})"},
    op_description{op::regex, "regex", types(operand_type::string), literal_kind::regex,
                   "Some part of the text fits a regular expression in RE2's syntax; `^` and `$` "
                   "tie it to the ends.",
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
                     "The value as it is; the default.",
                     R"({"attribute": "industry", "part": "itself", "equals": "Machinery"})"},
    part_description{part::domain, "domain", types(operand_type::string),
                     "The domain of an e-mail address: what follows its last `@`. There is none if "
                     "the text has no `@`.",
                     R"({"attribute": "email", "part": "domain", "suffix": ".ac.jp"})"},
    part_description{part::local_part, "local_part", types(operand_type::string),
                     "What precedes the last `@` of an e-mail address. There is none if the text "
                     "has no `@`.",
                     R"({"attribute": "email", "part": "local_part", "in": ["info", "sales"]})"},
    part_description{part::normal, "normal", types(operand_type::string),
                     "The normal form of a company name: without its corporate form (株式会社, "
                     "Inc., GmbH and the like), punctuation and differences of width and case.",
                     R"({"attribute": "company", "part": "normal", "in_list": "competitors"})"},
    part_description{part::age, "age", types(operand_type::timestamp),
                     "How long ago a moment was, compared with a duration such as `\"30d\"`. It is "
                     "negative before the moment.",
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
                        "A declared attribute of the lead, as it was known at the moment in "
                        "question.",
                        R"({"attribute": "employees", "at_least": 300})"},
    subject_description{subject::property, "property", meaning::property, false, false, true,
                        std::nullopt, false, false,
                        "A declared property of the touchpoint at hand, or one of `campaign` and "
                        "`channel`, which every touchpoint may have. Only in the `where` of a "
                        "pattern.",
                        R"({"property": "url", "prefix": "/pricing/"})"},
    subject_description{subject::current_stage, "current_stage", meaning::funnel, false, false,
                        false, operand_type::string, false, false,
                        "The stage that the lead is in, in the funnel named; there is none before "
                        "the lead has entered any.",
                        R"({"current_stage": "sales", "in": ["mql", "accepted"]})"},
    subject_description{subject::times_entered, "times_entered", meaning::stage, true, false, false,
                        operand_type::number, false, false,
                        "How many times the lead has entered the stage named, of the funnel named "
                        "by `funnel`; 0 if it never has.",
                        R"({"times_entered": "rejected", "funnel": "sales", "at_least": 2})"},
    subject_description{subject::score_at_entry, "score_at_entry", meaning::score, true, true,
                        false, operand_type::number, false, false,
                        "What the score named was when the lead last entered the stage named by "
                        "`stage`, of the funnel named by `funnel`; there is none if it never has.",
                        R"({"score_at_entry": "engagement", "funnel": "sales", "stage": "mql",
 "at_least": 80})"},
    subject_description{subject::score, "score", meaning::score, false, false, false,
                        operand_type::number, true, true,
                        "What the score named is now, in points; there is none while the lead is "
                        "excluded from it. It is compared by `less`, `at_most`, `greater` and "
                        "`at_least`. Only in the `when` of a transition and in alerts.",
                        R"({"score": "engagement", "at_least": 80})"},
    subject_description{subject::band, "band", meaning::banding, false, false, false,
                        operand_type::string, true, false,
                        "The band that the lead is in now, in the banding named; there is none "
                        "while its score is absent. Only in the `when` of a transition and in "
                        "alerts.",
                        R"({"band": "temperature", "in": ["warm", "hot"]})"},
    subject_description{subject::matrix_class, "class", meaning::matrix, false, false, false,
                        operand_type::string, true, false,
                        "The class that the lead is in now, in the matrix named; there is none "
                        "while one of its scores is absent. Only in the `when` of a transition "
                        "and in alerts.",
                        R"({"class": "priority", "equals": "Ahot"})"},
    subject_description{subject::time_in_stage, "time_in_stage", meaning::funnel, false, false,
                        false, operand_type::age, true, false,
                        "How long ago the lead entered the stage that it is in, in the funnel "
                        "named, compared with a duration; there is none before it has entered any. "
                        "Only in the `when` of a transition and in alerts.",
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
        "A question about a lead or a touchpoint that is true or false: a test, such as "
        "`{\"attribute\": \"industry\", \"equals\": \"Machinery\"}`, or several tests joined by "
        "`{\"all\": […]}`, `{\"any\": […]}` and `{\"not\": …}`. Text is compared without regard to "
        "case and character width unless the test says `\"exact\": true`. `{}` is always true.";
};

} // namespace leadfunnel::inline v0::language
