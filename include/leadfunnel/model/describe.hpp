// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The model language, described once. Everything that a model can say — each struct of
/// `model.hpp`, each of its members, every rule kind, decay, formula, operator, part and subject —
/// has its name in the file, its meaning in words, its range and whether it is required here, and
/// nowhere else. The reader and writer (`json.hpp`), the JSON Schema, the reference page
/// (`docs/model.md`), the ranges that `check` reports and the builders of other languages follow
/// from these descriptions.
///
/// How to use it:
///
///     using namespace leadfunnel::language;
///     describe<frequency>::kind                     // "frequency": what the file calls it
///     describe<frequency>::fields                   // a tuple of field<frequency, Member>
///     for_each_field<frequency>([](const auto& f) { f.key; f.doc; f.is_required; f.bounds; });
///     walk(m, pointer, [&](const auto& f, const auto& owner, const std::string& pointer) {
///         const auto& value = owner.*f.member;      // every member of the whole model, in the
///         if (!within(f, value)) …                  // order of the file, with its JSON pointer
///     });
///     range_text(f)                                 // "from 2 to 8", for messages
///     description_of(op::glob).accepts              // which types the operator can be used on
///     result_of(part::domain, value_type::string)   // which type a part makes of another
///
/// To add a member: add it to the struct, and one `member(…)` line to the struct's `describe`.
/// To add a rule kind, decay or formula: the struct, its place in the variant, its `describe`.
/// To add an operator: its enumerator, and its row in `operators`.

#include <leadfunnel/core/amount.hpp>
#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/condition.hpp>
#include <leadfunnel/model/funnel.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/model/pattern.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0 {
/// The language of model files. Opt-in: not part of `leadfunnel.hpp`.
namespace language {

// ---- how a member is described ------------------------------------------------------------------

/// What a member stands for, beyond its C++ type.
enum class meaning : std::uint8_t {
    plain,      ///< a number, switch or duration that is what it is
    prose,      ///< free text for people
    identifier, ///< the name that its owner is called by; unique in its list
    attribute,  ///< names of things declared elsewhere in the model
    property,
    touchpoint,
    list,
    funnel,
    stage,
    score,       ///< a score or derived score
    plain_score, ///< a score that rules award to; not a derived one
    group,       ///< a group of the score named beside it
    banding,
    matrix,
    calendar, ///< a business calendar
    alert,
    owner,        ///< a person or a queue, free to choose
    matrix_class, ///< the name of a class, free to choose
    zone,         ///< an IANA time zone
    points,       ///< points of a score
    amount,       ///< in the unit of the touchpoint's value
    factor,       ///< a ratio
    percent
};

/// `low` to `high`; `low` itself is excluded if `above`.
template<class V>
struct range {
    V low{};
    V high{};
    bool above = false;
};

struct no_measure {};

namespace inner {
template<class M>
struct measured {
    using type = no_measure;
};
template<>
struct measured<decimal> {
    using type = decimal;
};
template<>
struct measured<duration> {
    using type = duration;
};
template<>
struct measured<std::int64_t> {
    using type = std::int64_t;
};
template<class M>
struct measured<std::optional<M>> : measured<M> {};
template<class M>
struct measured<std::vector<M>> {
    using type = std::size_t; // how many elements
};

template<class M>
inline constexpr bool is_optional = false;
template<class M>
inline constexpr bool is_optional<std::optional<M>> = true;
template<class M>
inline constexpr bool is_vector = false;
template<class M>
inline constexpr bool is_vector<std::vector<M>> = true;
template<class M>
inline constexpr bool is_variant = false;
template<class... M>
inline constexpr bool is_variant<std::variant<M...>> = true;
} // namespace inner

/// What a range of a member of type M is counted in: the member's own type, or `std::size_t` for
/// the length of a list.
template<class M>
using measure_of = typename inner::measured<M>::type;

/// A described member. Made by `member`, then refined by chaining.
template<class T, class M>
struct field {
    using owner_type = T;
    using member_type = M;

    std::string_view key; ///< in the file
    M T::*member;
    std::string_view doc; ///< what it does, in words; one or more sentences
    bool is_required = false;
    bool may_be_one = false; ///< a list of texts that may be written as a single text
    meaning stands_for = meaning::plain;
    std::optional<range<measure_of<M>>> bounds{};

    constexpr field required() const {
        field f = *this;
        f.is_required = true;
        return f;
    }
    constexpr field one_or_many() const {
        field f = *this;
        f.may_be_one = true;
        return f;
    }
    constexpr field as(meaning m) const {
        field f = *this;
        f.stands_for = m;
        return f;
    }
    constexpr field between(measure_of<M> low, measure_of<M> high) const {
        field f = *this;
        f.bounds = range<measure_of<M>>{low, high, false};
        return f;
    }
    constexpr field above(measure_of<M> low, measure_of<M> high) const {
        field f = *this;
        f.bounds = range<measure_of<M>>{low, high, true};
        return f;
    }
    /// Points of a score: within ± `most_points`.
    constexpr field points() const;
    /// A duration above zero, as long as any may be.
    constexpr field period() const;
};

/// Most points, up or down, that any one member may speak of.
inline constexpr std::int64_t most_points = 1'000'000'000;

template<class T, class M>
constexpr field<T, M> field<T, M>::points() const {
    return between(-most_points, most_points).as(meaning::points);
}
template<class T, class M>
constexpr field<T, M> field<T, M>::period() const {
    return above(duration{0}, longest_duration);
}

template<class T, class M>
[[nodiscard]] constexpr field<T, M> member(std::string_view key, M T::*m, std::string_view doc) {
    return {.key = key, .member = m, .doc = doc};
}

/// The description of T. Structs have `noun` (what messages call one), `doc` and `fields`; those
/// that are a variant's alternatives have `kind` and `example` (a JSON text) besides. Variants have
/// `noun` and `doc`. Enumerations have `noun` and `names`, a table of `named`.
template<class T>
struct describe;

template<class E>
struct named {
    E value;
    std::string_view name; ///< in the file
    std::string_view doc;
};

template<class T>
concept described_struct = requires {
    describe<T>::fields;
};
template<class T>
concept described_variant = inner::is_variant<T> && requires {
    describe<T>::noun;
};
template<class T>
concept described_enum = std::is_enum_v<T> && requires {
    describe<T>::names;
};

// ---- enumerations -------------------------------------------------------------------------------

template<>
struct describe<value_type> {
    static constexpr std::string_view noun = "type";
    static constexpr std::array names{
        named<value_type>{value_type::boolean, "bool", "Yes or no: `true` or `false`."},
        named<value_type>{value_type::number, "number", "A number, whole or with decimals."},
        named<value_type>{value_type::string, "string", "Text, in any script."},
        named<value_type>{value_type::timestamp, "timestamp",
                          "A moment, written with its offset: `\"2026-04-01T09:30:00+09:00\"`."},
        named<value_type>{value_type::set, "set",
                          "Several texts at once without order, such as product interests."},
    };
};

template<>
struct describe<calendar_unit> {
    static constexpr std::string_view noun = "calendar unit";
    static constexpr std::array names{
        named<calendar_unit>{calendar_unit::day, "day", "A day, from midnight to midnight."},
        named<calendar_unit>{calendar_unit::week, "week", "An ISO week, which begins on Monday."},
        named<calendar_unit>{calendar_unit::month, "month", "A calendar month."},
        named<calendar_unit>{calendar_unit::quarter, "quarter",
                             "Three months from January, April, July or October."},
        named<calendar_unit>{calendar_unit::year, "year", "A calendar year."},
    };
};

template<>
struct describe<clamping> {
    static constexpr std::string_view noun = "way to clamp";
    static constexpr std::array names{
        named<clamping>{clamping::at_end, "at_end",
                        "Everything is added up, then the sum is held within the bounds."},
        named<clamping>{clamping::running, "running",
                        "Awards are added one after the other, and the sum is held within the "
                        "bounds after each of them: points above the cap are lost for good."},
    };
};

template<>
struct describe<frequency_measure> {
    static constexpr std::string_view noun = "measure";
    static constexpr std::array names{
        named<frequency_measure>{frequency_measure::count, "count", "How many touchpoints match."},
        named<frequency_measure>{frequency_measure::sum, "sum",
                                 "The sum of their values, such as seconds viewed; a touchpoint "
                                 "without a value adds nothing."},
        named<frequency_measure>{frequency_measure::distinct, "distinct",
                                 "How many different values of `property` they have; a touchpoint "
                                 "without it is not counted."},
    };
};

template<>
struct describe<weekday> {
    static constexpr std::string_view noun = "weekday";
    static constexpr std::array names{
        named<weekday>{weekday::monday, "monday", "Monday."},
        named<weekday>{weekday::tuesday, "tuesday", "Tuesday."},
        named<weekday>{weekday::wednesday, "wednesday", "Wednesday."},
        named<weekday>{weekday::thursday, "thursday", "Thursday."},
        named<weekday>{weekday::friday, "friday", "Friday."},
        named<weekday>{weekday::saturday, "saturday", "Saturday."},
        named<weekday>{weekday::sunday, "sunday", "Sunday."},
    };
};

template<>
struct describe<timer_start> {
    static constexpr std::string_view noun = "start of a timer";
    static constexpr std::array names{
        named<timer_start>{timer_start::stage_entry, "stage_entry",
                           "The lead's entry into the stage that it is in."},
        named<timer_start>{timer_start::assignment, "assignment",
                           "The latest change of the lead's owner, which is the attribute that "
                           "`roles` names; the timer does not run while there is no owner."},
        named<timer_start>{timer_start::touchpoint, "touchpoint",
                           "The last touchpoint that matches `on`; the lead's first event if there "
                           "is none."},
    };
};

template<>
struct describe<phase> {
    static constexpr std::string_view noun = "phase";
    static constexpr std::array names{
        named<phase>{phase::marketing, "marketing", "Marketing has the lead."},
        named<phase>{phase::sales, "sales", "Sales has the lead."},
        named<phase>{phase::closed, "closed", "It is decided: won, lost, or given up."},
    };
};

template<>
struct describe<manual_moves> {
    static constexpr std::string_view noun = "rule for moves";
    static constexpr std::array names{
        named<manual_moves>{manual_moves::unrestricted, "unrestricted",
                            "A person or a CRM may move a lead to any stage; one that is in none "
                            "yet, to a stage that is an entry."},
        named<manual_moves>{manual_moves::declared, "declared",
                            "Leads move along the transitions alone, whatever triggers those, and "
                            "only where `when` holds. Any other move is refused."},
    };
};

// ---- operators, parts and subjects of conditions ------------------------------------------------

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
    for (const auto& n : describe<value_type>::names)
        if (operand_of(n.value) == t) return n.name;
    return "";
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

/// Whether an operator compares by order, or asks for a value at all.
[[nodiscard]] constexpr bool is_order(op o) noexcept {
    return o == op::exists || o == op::less || o == op::at_most || o == op::greater ||
           o == op::at_least;
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
    if (p == part::age) return operand_type::age;
    return operand_of(t);
}

struct subject_description {
    subject value;
    std::string_view key; ///< in the file; its value is `test::score` for `score_at_entry`,
                          ///< `test::stage` for `times_entered`, and `test::name` otherwise
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

// ---- vocabulary ---------------------------------------------------------------------------------

namespace inner {
template<class T>
constexpr auto id_field(std::string_view doc) {
    return member("id", &T::id, doc).required().as(meaning::identifier);
}
template<class T>
constexpr auto description_field() {
    return member("description", &T::description,
                  "A note for the people who read the model; it changes nothing.")
        .as(meaning::prose);
}
} // namespace inner

template<>
struct describe<attribute_declaration> {
    using t = attribute_declaration;
    static constexpr std::string_view noun = "attribute declaration";
    static constexpr std::string_view doc =
        "A fact about leads that conditions may ask for: industry, number of employees, e-mail.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The attribute's name, as lead data and conditions spell it."),
        member("type", &t::type, "What kind of value it has; text unless said otherwise."),
        inner::description_field<t>());
};

template<>
struct describe<property_declaration> {
    using t = property_declaration;
    static constexpr std::string_view noun = "property declaration";
    static constexpr std::string_view doc =
        "A fact about touchpoints that patterns may ask for: the page's URL, the document's name.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The property's name, as touchpoint data and conditions spell it."),
        member("type", &t::type, "What kind of value it has; text unless said otherwise."),
        inner::description_field<t>());
};

template<>
struct describe<touchpoint_declaration> {
    using t = touchpoint_declaration;
    static constexpr std::string_view noun = "touchpoint declaration";
    static constexpr std::string_view doc =
        "A type of touchpoint: something that a lead does, or that happens to it.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The type's name, as touchpoint data and patterns spell it."),
        member("value", &t::value,
               "What the touchpoint's number counts, such as `\"seconds\"`; leave it out if such "
               "touchpoints have no number.")
            .as(meaning::prose),
        inner::description_field<t>());
};

template<>
struct describe<named_list> {
    using t = named_list;
    static constexpr std::string_view noun = "list";
    static constexpr std::string_view doc =
        "A list of texts that conditions refer to by name with `in_list`: free-mail domains, "
        "competitors.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The list's name."),
        member("members", &t::members, "The texts on the list.").required().as(meaning::prose),
        inner::description_field<t>());
};

// ---- patterns, limits, decays -------------------------------------------------------------------

template<>
struct describe<pattern> {
    using t = pattern;
    static constexpr std::string_view noun = "pattern";
    static constexpr std::string_view doc =
        "Which touchpoints are meant. All that it says must hold; `{}` means every touchpoint. A "
        "text, or a list of texts, stands for a pattern that says its `type` alone.";
    /// The member that a pattern may be written as by itself, without the object around it.
    static constexpr auto shorthand = &t::types;
    static constexpr auto fields = std::make_tuple(
        member("type", &t::types,
               "The type of touchpoint, or a list of types any of which will do; every type if "
               "left out.")
            .one_or_many()
            .as(meaning::touchpoint),
        member("where", &t::where, "A condition on the touchpoint's properties."),
        member("value_at_least", &t::value_at_least,
               "The touchpoint has a number, and it is this or more: `60` for a page viewed for a "
               "minute.")
            .between(-most_amount, most_amount)
            .as(meaning::amount),
        member("value_below", &t::value_below, "The touchpoint has a number, and it is below this.")
            .between(-most_amount, most_amount)
            .as(meaning::amount));
};

template<>
struct describe<limit> {
    using t = limit;
    static constexpr std::string_view noun = "limit";
    static constexpr std::string_view doc =
        "How much a rule may award: so many awards or so many points, in a rolling period, in a "
        "calendar period, or, if neither is named, ever. A candidate beyond the limit is refused "
        "whole, and counts for nothing.";
    static constexpr auto fields = std::make_tuple(
        member("at_most", &t::at_most, "How many awards there may be.").between(1, most_points),
        member("at_most_points", &t::at_most_points,
               "How many points the awards may add up to, counting those taken off as well as "
               "those given.")
            .above(0, most_points)
            .as(meaning::points),
        member("rolling", &t::rolling,
               "The limit is for any period of this length, ending with the touchpoint: `\"7d\"`.")
            .period(),
        member("calendar", &t::calendar,
               "The limit is for each calendar period, in the model's time zone."),
        member("per_distinct", &t::per_distinct,
               "The limit is for each value of this property by itself, such as once per document; "
               "touchpoints without the property share one count.")
            .as(meaning::property));
};

template<>
struct describe<no_decay> {
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "none";
    static constexpr std::string_view doc = "The award keeps its points for ever; the default.";
    static constexpr std::string_view example = R"({"kind": "none"})";
    static constexpr auto fields = std::make_tuple();
};

template<>
struct describe<half_life> {
    using t = half_life;
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "half_life";
    static constexpr std::string_view doc =
        "The award fades evenly in proportion: after each half-life half of what was left remains.";
    static constexpr std::string_view example = R"({"kind": "half_life", "period": "30d"})";
    static constexpr auto fields = std::make_tuple(
        member("period", &t::period, "The time in which the award loses half of its points.")
            .required()
            .period());
};

template<>
struct describe<linear_decay> {
    using t = linear_decay;
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "linear";
    static constexpr std::string_view doc =
        "The award shrinks by the same amount each day, down to nothing.";
    static constexpr std::string_view example = R"({"kind": "linear", "over": "90d"})";
    static constexpr auto fields = std::make_tuple(
        member("over", &t::over, "The time after which nothing is left.").required().period());
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
    static constexpr auto fields = std::make_tuple(
        member("percent", &t::percent, "How much is lost each time, in percent.")
            .required()
            .between(0.1, 100)
            .as(meaning::percent),
        member("every", &t::every, "The period.").required().period(),
        member("compound", &t::compound,
               "If true, the percentage is taken of what is left; otherwise of the award as it was "
               "made, so that 25 % leaves nothing after four periods."));
};

template<>
struct describe<expiry> {
    using t = expiry;
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view kind = "expiry";
    static constexpr std::string_view doc =
        "The award keeps all of its points for a time, and then loses them at once.";
    static constexpr std::string_view example = R"({"kind": "expiry", "after": "180d"})";
    static constexpr auto fields = std::make_tuple(
        member("after", &t::after, "How long the award lasts.").required().period());
};

template<>
struct describe<decay_point> {
    using t = decay_point;
    static constexpr std::string_view noun = "point";
    static constexpr std::string_view doc = "A row of a decay table.";
    static constexpr auto fields = std::make_tuple(
        member("age", &t::age, "From this age of the award on …").required().period(),
        member("factor", &t::factor, "… this share of it is left, from 0 (nothing) to 1 (all).")
            .required()
            .between(0, 1)
            .as(meaning::factor));
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
    static constexpr auto fields = std::make_tuple(
        member("points", &t::points, "The rows, by rising age.").required().between(1, 1000),
        member("interpolate", &t::interpolate,
               "If true, the share changes gradually between rows (from all at age 0); otherwise "
               "it jumps at each row."));
};

template<>
struct describe<decay_curve> {
    static constexpr std::string_view noun = "decay";
    static constexpr std::string_view doc =
        "How an award fades as it grows older. Each award fades by itself, from its own moment.";
};

// ---- funnels ------------------------------------------------------------------------------------

template<>
struct describe<working_hours> {
    using t = working_hours;
    static constexpr std::string_view noun = "working time";
    static constexpr std::string_view doc = "When work is done on some days of the week.";
    static constexpr auto fields = std::make_tuple(
        member("days", &t::days, "The days of the week.").required().between(1, 7),
        member("from", &t::from, "When work begins, by the wall clock: `\"09:00\"`.").required(),
        member("to", &t::to, "When it ends, on the same day: `\"17:30\"`, or `\"24:00\"`.")
            .required());
};

template<>
struct describe<business_calendar> {
    using t = business_calendar;
    static constexpr std::string_view noun = "business calendar";
    static constexpr std::string_view doc =
        "When somebody works. Timers in business time run only then. Where the clocks change "
        "within working hours, what counts is the time that passes.";
    static constexpr std::string_view example = R"({
  "id": "tokyo_office", "time_zone": "Asia/Tokyo",
  "hours": [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
             "from": "09:00", "to": "12:00"},
            {"days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
             "from": "13:00", "to": "17:30"}],
  "holidays": ["2026-01-01", "2026-01-02", "2026-04-29"]
})";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The calendar's name, which timers refer to."),
        member("time_zone", &t::time_zone,
               "The IANA time zone of its wall clock; the model's if left out.")
            .as(meaning::zone),
        member("hours", &t::hours, "The working times. Where they overlap, time counts once.")
            .required()
            .between(1, 1000),
        member("holidays", &t::holidays, "Dates on which no work is done: `\"2026-01-01\"`."),
        member("owners", &t::owners,
               "Persons or queues whose own calendar this is: for a lead that has one of them as "
               "its owner, every timer in business time goes by this calendar.")
            .as(meaning::owner),
        inner::description_field<t>());
};

template<>
struct describe<timer> {
    using t = timer;
    static constexpr std::string_view noun = "timer";
    static constexpr std::string_view doc =
        "A time that must pass, since the lead entered its stage, since it was assigned, or since "
        "its last touchpoint. Whenever that happens again the timer starts again.";
    static constexpr std::string_view example =
        R"({"after": "8h", "since": "assignment", "calendar": "office"})";
    static constexpr auto fields = std::make_tuple(
        member("after", &t::after, "How long it takes.").required().period(),
        member("since", &t::since, "From when it runs."),
        member("on", &t::on,
               "For `\"touchpoint\"`: which touchpoints start it again; every one if left out."),
        member("calendar", &t::calendar,
               "The business calendar in whose working time it runs; if left out it runs day and "
               "night.")
            .as(meaning::calendar));
};

template<>
struct describe<sla> {
    using t = sla;
    static constexpr std::string_view noun = "service level";
    static constexpr std::string_view doc =
        "A promise for leads in a stage, such as to call within a working day. It is kept if the "
        "lead leaves the stage, or a touchpoint that matches `met_by` happens, before it is due. "
        "Each entry, assignment or touchpoint from which its timer runs is a promise of its own.";
    static constexpr std::string_view example = R"({
  "id": "called", "due": {"after": "8h", "calendar": "office"},
  "warn_before": "2h", "met_by": {"type": "call"}
})";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The service level's name, which signals show; unique in its stage."),
        member("due", &t::due, "When it is due.").required(),
        member("warn_before", &t::warn_before,
               "How long before that there is a warning, by the clock even if it is due in "
               "business time.")
            .period(),
        member("met_by", &t::met_by,
               "Touchpoints that keep the promise, beside leaving the stage."),
        inner::description_field<t>());
};

template<>
struct describe<stage> {
    using t = stage;
    static constexpr std::string_view noun = "stage";
    static constexpr std::string_view doc = "A step of a funnel that leads can be in.";
    static constexpr std::string_view example = R"({
  "id": "on_hold", "phase": "sales", "target_conversion": 0.5, "target_time": "30d",
  "slas": [{"id": "looked_at", "due": {"after": "5d"}}]
})";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The stage's name, as stage events and conditions spell it."),
        member("phase", &t::phase, "Who has the leads in it."),
        member("entry", &t::entry, "If true, leads may enter the funnel here."),
        member("terminal", &t::terminal,
               "If true, leads in it are done with: only a transition that names the stage takes "
               "them out again, by hand or after a time, as in recycling."),
        member("slas", &t::slas, "What is promised for leads in it."),
        member("target_conversion", &t::target_conversion,
               "A goal for reports: the share of entries that should go on to a later stage.")
            .between(0, 1)
            .as(meaning::factor),
        member("target_time", &t::target_time,
               "A goal for reports: the time that half of the leads should spend in it at most.")
            .period(),
        inner::description_field<t>());
};

template<>
struct describe<effects> {
    using t = effects;
    static constexpr std::string_view noun = "set of effects";
    static constexpr std::string_view doc =
        "What a transition does, beside moving the lead. All of it comes after the touchpoint that "
        "caused the transition.";
    static constexpr std::string_view example =
        R"({"reset": ["engagement"], "set": {"position": null, "interests": ["sensors"]}, "cycle": true})";
    static constexpr auto fields = std::make_tuple(
        member("reset", &t::reset, "Scores that start afresh, as by a reset.")
            .as(meaning::plain_score),
        member("set", &t::set,
               "Attributes that get a value: `{\"industry\": \"Machinery\"}`; `null` takes the "
               "value away."),
        member("assign", &t::assign,
               "The person or queue that the lead is given to: the value of the attribute that "
               "`roles` names as the owner.")
            .as(meaning::owner),
        member("alert", &t::alert, "The alert that is raised.").as(meaning::alert),
        member("cycle", &t::cycle,
               "If true, the lead is recycled: its next round through the funnel begins."));
};

template<>
struct describe<transition> {
    using t = transition;
    static constexpr std::string_view noun = "transition";
    static constexpr std::string_view doc =
        "A way from one stage to another. It is triggered by a touchpoint (`on`), by time "
        "(`after`), by people alone (`by_hand`), or, if it names none of these, by its condition "
        "(`when`) as soon as that holds.";
    static constexpr std::string_view example = R"({
  "id": "asks_for_a_visit", "from": ["cold_lead", "mql"], "to": "accepted",
  "on": {"type": "exhibition_visit"},
  "when": {"score": "fit", "at_least": 20},
  "then": {"alert": "hot_lead"}
})";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The transition's name, unique in its funnel."),
        member("from", &t::from,
               "The stage that it leaves, or a list of stages; `\"*\"` is any other that is not "
               "terminal. "
               "If left out, it is for leads that are in no stage yet.")
            .one_or_many()
            .as(meaning::stage),
        member("to", &t::to, "The stage that it enters.").required().as(meaning::stage),
        member("on", &t::on, "It is taken at touchpoints that match."),
        member("after", &t::after, "It is taken once this time has passed."),
        member("by_hand", &t::by_hand,
               "If true, it is taken only by a stage event: a way that people may use."),
        member("when", &t::when,
               "A condition on scores, bands, classes, attributes and stages; the transition is "
               "taken only where it holds."),
        member("then", &t::then, "What else happens."), inner::description_field<t>());
};

template<>
struct describe<funnel> {
    using t = funnel;
    static constexpr std::string_view noun = "funnel";
    static constexpr std::string_view doc =
        "The stages that a lead goes through, and the ways between them. Conditions may ask for "
        "the stage a lead is in.";
    static constexpr std::string_view example = R"({
  "id": "after_sale", "moves": "declared",
  "stages": [{"id": "delivered", "phase": "closed", "entry": true},
             {"id": "in_use", "phase": "closed", "terminal": true}],
  "transitions": [
    {"id": "installed", "from": "delivered", "to": "in_use", "by_hand": true},
    {"id": "no_complaint", "from": "delivered", "to": "in_use", "after": {"after": "60d"}}
  ]
})";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The funnel's name."),
        member("stages", &t::stages, "Its stages, in their usual order.").required(),
        member("transitions", &t::transitions,
               "The ways between them. Of several that could be taken, the first is."),
        member("moves", &t::moves, "How people may move leads."),
        member("source", &t::source,
               "Where its stages are defined: a book, an article, a house rule.")
            .as(meaning::prose),
        inner::description_field<t>());
};

// ---- alerts and roles ---------------------------------------------------------------------------

template<>
struct describe<alert> {
    using t = alert;
    static constexpr std::string_view noun = "alert";
    static constexpr std::string_view doc =
        "Tells people that something has become true of a lead: once, and again only after it has "
        "ceased to be true.";
    static constexpr std::string_view example = R"({
  "id": "warming_up", "when": {"band": "temperature", "equals": "warm"},
  "rearm": {"score": "engagement", "less": 20},
  "cooldown": "7d", "explain": "engagement"
})";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The alert's name, which signals show and transitions refer to."),
        member("when", &t::when,
               "What must become true; if left out, transitions alone raise the alert."),
        member("rearm", &t::rearm,
               "What must have been true in between for the alert to be raised again; if left "
               "out, that `when` was not."),
        member("cooldown", &t::cooldown,
               "After an alert for a lead there is no other for this long.")
            .period(),
        member("explain", &t::explain, "A score whose explanation goes with the alert.")
            .as(meaning::score),
        inner::description_field<t>());
};

template<>
struct describe<roles> {
    using t = roles;
    static constexpr std::string_view noun = "set of roles";
    static constexpr std::string_view doc =
        "Which of the attributes, all of them texts, say who a lead is and who has it.";
    static constexpr std::string_view example =
        R"({"email": "email", "account": "company", "owner": "owner"})";
    static constexpr auto fields = std::make_tuple(
        member("email", &t::email, "The lead's e-mail address.").as(meaning::attribute),
        member("account", &t::account, "The id of the lead's company.").as(meaning::attribute),
        member("owner", &t::owner,
               "The person or queue that has the lead. A change of it is an assignment.")
            .as(meaning::attribute));
};

// ---- rules --------------------------------------------------------------------------------------

namespace inner {
template<class T>
constexpr auto head_fields() {
    return std::make_tuple(
        id_field<T>("The rule's name, which explanations show; unique among the rules."),
        member("score", &T::score, "The score that the points go to.")
            .required()
            .as(meaning::plain_score),
        member("group", &T::group,
               "The group of that score that the points belong to, and whose bounds they share.")
            .as(meaning::group),
        description_field<T>());
}

template<class T>
constexpr auto points_field(std::string_view doc) {
    return member("points", &T::points, doc).required().points();
}

/// What every rule that hands out awards may say.
template<class T>
constexpr auto award_fields() {
    return std::make_tuple(
        member("limits", &T::limits,
               "How much the rule may award; every one of the limits must allow it."),
        member("cooldown", &T::cooldown, "After an award the rule makes no other for this long.")
            .period(),
        member("decay", &T::decay, "How each award fades as it grows older."),
        member("when", &T::when,
               "A condition on the lead's attributes and stages as of just before the touchpoint; "
               "an award is made only where it holds."));
}

template<class T>
constexpr auto state_when_field() {
    return member("when", &T::when,
                  "A condition on the lead's attributes and stages; there are points only while it "
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
    static constexpr auto fields = std::tuple_cat(
        inner::head_fields<t>(),
        std::make_tuple(member("when", &t::when, "The condition.").required(),
                        inner::points_field<t>("The points while the condition holds.")));
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
    static constexpr auto fields = std::tuple_cat(
        inner::head_fields<t>(),
        std::make_tuple(
            member("on", &t::on, "Which touchpoints are counted.").required(),
            member("measure", &t::measure, "What is counted of them."),
            member("property", &t::property,
                   "For the measure `distinct`: the property whose different values are counted.")
                .as(meaning::property),
            member("at_least", &t::at_least, "How much there must be; 1 if left out.")
                .above(0, most_amount)
                .as(meaning::amount),
            member("window", &t::window,
                   "The period up to now in which touchpoints count; all time if left out.")
                .period(),
            inner::points_field<t>("The points while there is enough."),
            inner::state_when_field<t>()));
};

template<>
struct describe<recency_bin> {
    using t = recency_bin;
    static constexpr std::string_view noun = "bin";
    static constexpr std::string_view doc = "A row of a recency rule.";
    static constexpr auto fields = std::make_tuple(
        member("within", &t::within, "While the last touchpoint is less than this ago …")
            .required()
            .period(),
        member("points", &t::points, "… there are these points.").required().points());
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
    static constexpr auto fields = std::tuple_cat(
        inner::head_fields<t>(),
        std::make_tuple(
            member("on", &t::on, "Which touchpoints are meant.").required(),
            member("bins", &t::bins, "The bins, by rising length.").required().between(1, 1000),
            member("otherwise", &t::otherwise,
                   "The points once the last touchpoint is beyond the last bin.")
                .points(),
            member("if_never", &t::if_never, "The points if there never was such a touchpoint.")
                .points(),
            inner::state_when_field<t>()));
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
    static constexpr auto fields = std::tuple_cat(
        inner::head_fields<t>(),
        std::make_tuple(
            member("on", &t::on, "Which touchpoints award points.").required(),
            member("points", &t::points,
                   "The points of each award. Not together with `per_value`, but one of the two.")
                .points(),
            member("per_value", &t::per_value,
                   "Points for each unit of the touchpoint's value, such as `0.1` for each second "
                   "viewed. A touchpoint without a value awards nothing.")
                .points(),
            member("min_points", &t::min_points,
                   "With `per_value`: an award is at least this much.")
                .points(),
            member("max_points", &t::max_points, "With `per_value`: an award is at most this much.")
                .points()),
        inner::award_fields<t>());
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
    static constexpr auto fields = std::tuple_cat(
        inner::head_fields<t>(),
        std::make_tuple(
            member("steps", &t::steps, "The touchpoints, first to last.").required().between(2, 8),
            member("within", &t::within,
                   "The whole chain takes less than this, from its first touchpoint to its last.")
                .required()
                .period(),
            member("strict", &t::strict,
                   "If true, no other touchpoint of `scope` may come between two steps."),
            member("scope", &t::scope,
                   "With `strict`: which touchpoints may not come between; every one if left out."),
            inner::points_field<t>("The points for each chain.")),
        inner::award_fields<t>());
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
    static constexpr auto fields = std::tuple_cat(
        inner::head_fields<t>(),
        std::make_tuple(
            member("on", &t::on, "Which touchpoints are a return.").required(),
            member("after", &t::after, "How long the silence before it must have been, at least.")
                .required()
                .period(),
            member("silence_of", &t::silence_of,
                   "Which touchpoints break the silence; every one if left out."),
            inner::points_field<t>("The points for each return.")),
        inner::award_fields<t>());
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
    static constexpr auto fields = std::tuple_cat(
        inner::head_fields<t>(),
        std::make_tuple(
            member("on", &t::on, "Which touchpoints end the silence; every one if left out."),
            member("after", &t::after, "How long the silence must last before the first award.")
                .required()
                .period(),
            member("every", &t::every,
                   "With `times` above 1: the time from each award to the next.")
                .period(),
            member("times", &t::times, "How many awards one silence can make; 1 if left out.")
                .between(1, 1000),
            member("while_idle", &t::while_idle,
                   "If true, the points are given back at the next matching touchpoint; otherwise "
                   "they stay."),
            inner::points_field<t>("The points of each award.")),
        inner::award_fields<t>());
};

template<>
struct describe<rule> {
    static constexpr std::string_view noun = "rule";
    static constexpr std::string_view doc =
        "Something that earns or costs points. `attribute`, `frequency` and `recency` rules give "
        "points while something holds; the others hand out awards at a moment, which may be "
        "limited and may fade.";
};

// ---- scores -------------------------------------------------------------------------------------

namespace inner {
template<class T>
constexpr auto bound_fields(std::string_view lower, std::string_view upper) {
    return std::make_tuple(member("min", &T::min, lower).points(),
                           member("max", &T::max, upper).points());
}
} // namespace inner

template<>
struct describe<group> {
    using t = group;
    static constexpr std::string_view noun = "group";
    static constexpr std::string_view doc =
        "Rules of a score whose points together stay within bounds, so that no one kind of "
        "behaviour can decide the score alone.";
    static constexpr auto fields = std::tuple_cat(
        std::make_tuple(inner::id_field<t>("The group's name, which rules refer to.")),
        inner::bound_fields<t>("The points of the group are at least this.",
                               "The points of the group are at most this."),
        std::make_tuple(inner::description_field<t>()));
};

template<>
struct describe<score> {
    using t = score;
    static constexpr std::string_view noun = "score";
    static constexpr std::string_view doc =
        "A number that rules add points to: how well a lead fits, how engaged it is. A lead "
        "without any points has 0, held within the bounds.";
    static constexpr auto fields = std::tuple_cat(
        std::make_tuple(inner::id_field<t>("The score's name, which rules refer to.")),
        inner::bound_fields<t>("The score is at least this.", "The score is at most this."),
        std::make_tuple(member("clamp", &t::clamp, "When the score is held within its bounds."),
                        member("groups", &t::groups, "Groups of rules with bounds of their own."),
                        inner::description_field<t>()));
};

template<>
struct describe<weighted_term> {
    using t = weighted_term;
    static constexpr std::string_view noun = "term";
    static constexpr std::string_view doc = "A score and its weight.";
    static constexpr auto fields = std::make_tuple(
        member("score", &t::score, "The score that is multiplied.").required().as(meaning::score),
        member("weight", &t::weight, "What it is multiplied by; 1 if left out.")
            .between(-1'000'000, 1'000'000)
            .as(meaning::factor));
};

template<>
struct describe<weighted_sum> {
    using t = weighted_sum;
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view kind = "weighted_sum";
    static constexpr std::string_view doc = "Scores, each multiplied by a weight, added up.";
    static constexpr std::string_view example = R"({"kind": "weighted_sum",
 "terms": [{"score": "fit", "weight": 0.4}, {"score": "engagement", "weight": 0.6}]})";
    static constexpr auto fields = std::make_tuple(
        member("terms", &t::terms, "The scores and their weights.").required().between(1, 1000),
        member("plus", &t::plus, "A constant that is added.").points());
};

template<>
struct describe<minimum_of> {
    using t = minimum_of;
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view kind = "min";
    static constexpr std::string_view doc = "The lowest of several scores.";
    static constexpr std::string_view example =
        R"({"kind": "min", "scores": ["fit", "engagement"]})";
    static constexpr auto fields =
        std::make_tuple(member("scores", &t::scores, "The scores that are compared.")
                            .required()
                            .between(1, 1000)
                            .as(meaning::score));
};

template<>
struct describe<maximum_of> {
    using t = maximum_of;
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view kind = "max";
    static constexpr std::string_view doc = "The highest of several scores.";
    static constexpr std::string_view example =
        R"({"kind": "max", "scores": ["fit", "engagement"]})";
    static constexpr auto fields =
        std::make_tuple(member("scores", &t::scores, "The scores that are compared.")
                            .required()
                            .between(1, 1000)
                            .as(meaning::score));
};

template<>
struct describe<logistic> {
    using t = logistic;
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view kind = "logistic";
    static constexpr std::string_view doc =
        "A score bent into an S-curve between 0 and a top, such as a probability: "
        "`top / (1 + e^(−(score − midpoint) / spread))`.";
    static constexpr std::string_view example =
        R"({"kind": "logistic", "score": "engagement", "midpoint": 60, "spread": 12, "top": 100})";
    static constexpr auto fields = std::make_tuple(
        member("score", &t::score, "The score that is bent.").required().as(meaning::score),
        member("midpoint", &t::midpoint, "The score at which half of the top is reached.").points(),
        member("spread", &t::spread,
               "How gradual the curve is: the points over which it rises from 50 % to 73 %.")
            .above(0, most_points)
            .as(meaning::points),
        member("top", &t::top, "What it nears: 1 for a probability, 100 for a percentage.")
            .points());
};

template<>
struct describe<lookup_step> {
    using t = lookup_step;
    static constexpr std::string_view noun = "step";
    static constexpr std::string_view doc = "A row of a lookup.";
    static constexpr auto fields = std::make_tuple(
        member("at_least", &t::at_least, "Where the score is this or more …").required().points(),
        member("points", &t::points, "… the result is this.").required().points());
};

template<>
struct describe<lookup> {
    using t = lookup;
    static constexpr std::string_view noun = "formula";
    static constexpr std::string_view kind = "lookup";
    static constexpr std::string_view doc =
        "A table from ranges of a score to results; the highest row that the score reaches counts.";
    static constexpr std::string_view example = R"({"kind": "lookup", "score": "engagement",
 "below": 0, "steps": [{"at_least": 30, "points": 1}, {"at_least": 80, "points": 2}]})";
    static constexpr auto fields = std::make_tuple(
        member("score", &t::score, "The score that is looked up.").required().as(meaning::score),
        member("steps", &t::steps, "The rows, by rising score.").required().between(1, 1000),
        member("below", &t::below, "The result under the first row.").points());
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
        "A score made from other scores, plain or derived. It is absent wherever one of them is.";
    static constexpr auto fields = std::tuple_cat(
        std::make_tuple(inner::id_field<t>("The derived score's name; no score has the same."),
                        member("from", &t::from, "How it is made.").required()),
        inner::bound_fields<t>("The result is at least this.", "The result is at most this."),
        std::make_tuple(inner::description_field<t>()));
};

// ---- what acts on scores ------------------------------------------------------------------------

namespace inner {
template<class T>
constexpr auto scores_field() {
    return member("scores", &T::scores, "Which scores it acts on; every one if left out.")
        .as(meaning::plain_score);
}
} // namespace inner

template<>
struct describe<reset> {
    using t = reset;
    static constexpr std::string_view noun = "reset";
    static constexpr std::string_view doc =
        "A touchpoint or a stage entry that takes back every award before it, so that a score "
        "starts afresh. Limits and cooldowns go on counting, and points for attributes stay.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The reset's name, which explanations show."),
        member("on", &t::on, "The touchpoints that reset. Either this, or `funnel` and `stage`."),
        member("funnel", &t::funnel, "The funnel of `stage`.").as(meaning::funnel),
        member("stage", &t::stage, "Every entry into this stage resets.").as(meaning::stage),
        inner::scores_field<t>(), inner::description_field<t>());
};

template<>
struct describe<exclusion> {
    using t = exclusion;
    static constexpr std::string_view noun = "exclusion";
    static constexpr std::string_view doc =
        "Leads that are not to be scored while a condition holds: competitors, one's own people, "
        "those who object to profiling. Their scores are absent, which is not the same as 0.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The exclusion's name, which is given as the reason."),
        member("when", &t::when, "The condition on the lead's attributes and stages.").required(),
        member("scores", &t::scores, "Which scores are absent; every one if left out.")
            .as(meaning::score),
        inner::description_field<t>());
};

template<>
struct describe<freeze> {
    using t = freeze;
    static constexpr std::string_view noun = "freeze";
    static constexpr std::string_view doc =
        "While a condition holds, as of just before the touchpoint, rules make no new awards: a "
        "lead that sales is already working on. Awards made before go on fading.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The freeze's name, which explanations show."),
        member("when", &t::when, "The condition on the lead's attributes and stages.").required(),
        inner::scores_field<t>(), inner::description_field<t>());
};

// ---- bands and classes --------------------------------------------------------------------------

template<>
struct describe<band> {
    using t = band;
    static constexpr std::string_view noun = "band";
    static constexpr std::string_view doc = "A named range of a score, such as hot or B.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The band's name."),
        member("enter", &t::enter,
               "The band begins at this score. The first band has none: it takes what is left "
               "below.")
            .points(),
        member("leave", &t::leave,
               "A lead in the band stays there until its score is below this; the same as `enter` "
               "if left out, and never above it.")
            .points(),
        inner::description_field<t>());
};

template<>
struct describe<banding> {
    using t = banding;
    static constexpr std::string_view noun = "banding";
    static constexpr std::string_view doc =
        "Names for the ranges of a score, lowest first: cold, warm, hot.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The banding's name."),
        member("score", &t::score, "The score whose ranges are named.")
            .required()
            .as(meaning::score),
        member("bands", &t::bands, "The bands, lowest first.").required().between(1, 1000),
        member("min_dwell", &t::min_dwell,
               "A lead that has entered a band stays in it at least this long.")
            .period(),
        inner::description_field<t>());
};

template<>
struct describe<matrix> {
    using t = matrix;
    static constexpr std::string_view noun = "matrix";
    static constexpr std::string_view doc =
        "Two bandings crossed, such as fit A to D by engagement 1 to 4, into classes.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The matrix's name."),
        member("rows", &t::rows, "The banding whose bands are the rows.")
            .required()
            .as(meaning::banding),
        member("columns", &t::columns, "The banding whose bands are the columns.")
            .required()
            .as(meaning::banding),
        member("classes", &t::classes,
               "The class of each cell: a list for each row band, lowest first, with a name for "
               "each column band, lowest first. If left out, a class is the names of its two bands "
               "joined, as in `A1`.")
            .as(meaning::matrix_class),
        inner::description_field<t>());
};

// ---- the model ----------------------------------------------------------------------------------

template<>
struct describe<model> {
    using t = model;
    static constexpr std::string_view noun = "model";
    static constexpr std::string_view doc = "How leads are scored, and how they move.";
    static constexpr auto fields = std::make_tuple(
        inner::id_field<t>("The model's name."),
        member("version", &t::version, "Its version, in whatever form you number them.")
            .as(meaning::prose),
        inner::description_field<t>(),
        member("time_zone", &t::time_zone,
               "The IANA time zone, such as `\"Asia/Tokyo\"`, whose days, weeks and months limits "
               "use; `\"UTC\"` if left out.")
            .as(meaning::zone),
        member("decay_grid", &t::decay_grid,
               "How often fading scores are looked at for changes of band; an hour if left out.")
            .between(std::chrono::seconds{1}, std::chrono::hours{24 * 30}),
        member("attributes", &t::attributes, "What is known about leads."),
        member("properties", &t::properties, "What is known about touchpoints."),
        member("touchpoints", &t::touchpoints, "The types of touchpoint."),
        member("lists", &t::lists, "Lists that conditions refer to."),
        member("roles", &t::roles, "Attributes with a special part to play."),
        member("calendars", &t::calendars, "Business calendars, for timers."),
        member("funnels", &t::funnels, "Funnels: stages, and the ways between them."),
        member("scores", &t::scores, "The scores.").required(),
        member("rules", &t::rules, "The rules, which earn or cost points.").required(),
        member("derived", &t::derived, "Scores made from other scores."),
        member("resets", &t::resets, "What takes awards back."),
        member("exclusions", &t::exclusions, "Who is not scored."),
        member("freezes", &t::freezes, "When no new awards are made."),
        member("bandings", &t::bandings, "Names for ranges of scores."),
        member("matrices", &t::matrices, "Bandings crossed into classes."),
        member("alerts", &t::alerts, "What people are told of."));
};

// ---- walking ------------------------------------------------------------------------------------

/// Calls `f(field)` for each member of T, in order.
template<described_struct T, class F>
constexpr void for_each_field(F&& f) {
    std::apply([&](const auto&... each) { (f(each), ...); }, describe<T>::fields);
}

/// Calls `f(type_identity<Alternative>)` for each alternative of a described variant, in order.
template<described_variant V, class F>
constexpr void for_each_alternative(F&& f) {
    [&]<class... A>(std::type_identity<std::variant<A...>>) {
        (f(std::type_identity<A>{}), ...);
    }(std::type_identity<V>{});
}

/// The name of an enumerator, or of a variant's alternative, in the file.
template<described_enum E>
[[nodiscard]] constexpr std::string_view name_of(E e) noexcept {
    for (const auto& n : describe<E>::names)
        if (n.value == e) return n.name;
    return "";
}
template<described_variant V>
[[nodiscard]] constexpr std::string_view kind_of(const V& v) {
    return std::visit([]<class A>(const A&) { return describe<A>::kind; }, v);
}

template<described_struct T, class F>
void walk(const T& object, std::string& pointer, const F& f);

namespace inner {
template<class M, class F>
void walk_into(const M& value, std::string& pointer, const F& f) {
    if constexpr (described_struct<M>) {
        walk(value, pointer, f);
    } else if constexpr (described_variant<M>) {
        std::visit([&](const auto& chosen) { walk(chosen, pointer, f); }, value);
    } else if constexpr (is_optional<M>) {
        if (value) walk_into(*value, pointer, f);
    } else if constexpr (is_vector<M>) {
        if constexpr (described_struct<typename M::value_type> ||
                      described_variant<typename M::value_type>) {
            const std::size_t here = pointer.size();
            for (std::size_t i = 0; i < value.size(); ++i) {
                pointer += '/';
                pointer += std::to_string(i);
                walk_into(value[i], pointer, f);
                pointer.resize(here);
            }
        }
    }
}
} // namespace inner

/// Calls `f(field, owner, pointer)` for every described member of `object`, each followed by the
/// members of what it holds, in the order of the descriptions. Conditions are not entered: they
/// are members like any other. `pointer` is that of `object` (empty for a model), and is left so.
template<described_struct T, class F>
void walk(const T& object, std::string& pointer, const F& f) {
    for_each_field<T>([&](const auto& each) {
        const std::size_t here = pointer.size();
        pointer += '/';
        pointer += each.key;
        f(each, object, std::as_const(pointer));
        inner::walk_into(object.*each.member, pointer, f);
        pointer.resize(here);
    });
}

// ---- ranges -------------------------------------------------------------------------------------

/// Whether a member's value is within its range; true if it has none, or is absent. The length of a
/// list that is not required may always be zero.
template<class T, class M>
[[nodiscard]] constexpr bool within(const field<T, M>& f, const M& value) {
    if constexpr (std::is_same_v<measure_of<M>, no_measure>) {
        return true;
    } else {
        if (!f.bounds) return true;
        const auto in = [&](const auto& v) {
            return (f.bounds->above ? v > f.bounds->low : v >= f.bounds->low) &&
                   v <= f.bounds->high;
        };
        if constexpr (inner::is_optional<M>)
            return !value || in(*value);
        else if constexpr (inner::is_vector<M>)
            return in(value.size());
        else
            return in(value);
    }
}

/// A range in words: `from 2 to 8`, `above 0s, up to 73050d`. Empty if there is none.
template<class T, class M>
[[nodiscard]] std::string range_text(const field<T, M>& f) {
    if constexpr (std::is_same_v<measure_of<M>, no_measure>) {
        return {};
    } else {
        if (!f.bounds) return {};
        const auto text = [](const auto& v) {
            if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(v)>>)
                return std::to_string(v);
            else
                return to_string(v);
        };
        return (f.bounds->above ? "above " : "from ") + text(f.bounds->low) +
               (f.bounds->above ? ", up to " : " to ") + text(f.bounds->high);
    }
}

} // namespace language
} // namespace leadfunnel::inline v0
