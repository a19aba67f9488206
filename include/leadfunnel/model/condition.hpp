// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The condition language: one tree for tests of a lead's attributes, a touchpoint's properties,
/// stages, scores and bands. Conditions are typed. They have a result for every lead, and their
/// evaluation does not throw.

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0 {

/// What a test compares.
enum class subject : std::uint8_t {
    attribute,      ///< attribute `name` as of the instant
    property,       ///< property `name` of the touchpoint (only in a pattern's `where`)
    current_stage,  ///< the lead's stage in funnel `name` (text; missing before the first entry)
    times_entered,  ///< number of entries into `stage` of funnel `name` (number; 0 if none)
    score_at_entry, ///< score `score` as recorded at the latest entry into `stage` of funnel `name`
                    ///< (number; missing without an entry or a record)
    // Only in guards of transitions and in alerts:
    score,        ///< score `name` at the instant, in points (number; missing while excluded)
    band,         ///< the lead's band in banding `name` (text; missing while excluded)
    matrix_class, ///< the lead's class in matrix `name` (text; missing while excluded)
    time_in_stage ///< time since the entry into the current stage of funnel `name` (duration;
                  ///< missing before the first entry)
};

/// The part of an attribute or property that is compared.
enum class part : std::uint8_t {
    itself,
    domain,     ///< of an e-mail address: what follows the last `@` (text; missing without one)
    local_part, ///< of an e-mail address: what precedes the last `@` (text; missing without one)
    normal,     ///< a company name's normal form (text); whole literals are normalised, too
    age,        ///< instant of evaluation − the instant held (duration; negative before it)
};

/// How the subject is compared. Text is compared after NFKC and case folding unless `exact` is set.
/// A missing subject makes every comparison false, including `not_equals`; only `exists` tells
/// whether it is missing. `not` is plain negation: the negation of a comparison is true where the
/// subject is missing.
enum class op : std::uint8_t {
    exists,     ///< is not missing (literal: boolean; `exists: false` is true where it is missing)
    equals,     ///< any type but a set
    not_equals, ///< not missing, and not equal
    less,       ///< number, instant or duration
    at_most,
    greater,
    at_least,
    in,       ///< equals one of several
    in_list,  ///< equals a member of a named list (text), or a set shares a member with it
    contains, ///< text contains the literal; a set has it as a member
    prefix,   ///< text begins with the literal
    suffix,   ///< text ends with the literal
    glob,     ///< text as a whole matches a glob
    regex,    ///< text has a match of an RE2 regular expression (anchor with ^ and $)
};

/// A comparison. Build it by way of an `operand`: `attribute("industry").equals("Machinery")`.
struct test {
    subject of = subject::attribute;
    std::string name{};  ///< attribute or property, or the funnel for stage facts
    std::string stage{}; ///< for `times_entered` and `score_at_entry`
    std::string score{}; ///< for `score_at_entry`
    part take = part::itself;
    op how = op::exists;
    value literal = true;         ///< for every operator but `in` and comparisons of an age
    std::vector<value> several{}; ///< for `in`
    duration period{};            ///< for comparisons of an age
    bool exact = false;           ///< compare text byte by byte

    friend bool operator==(const test&, const test&) = default;
};

/// A tree of tests. A default-constructed condition is always true.
struct condition {
    enum class kind : std::uint8_t { none, all, any, negation, test };

    kind is = kind::none;
    std::vector<condition> of{}; ///< of `all` and `any`: the parts; of `negation`: exactly one
    test check{};                ///< of `test`

    condition() = default;
    condition(kind k, std::vector<condition> parts) : is(k), of(std::move(parts)) {}
    condition(test t) : is(kind::test), check(std::move(t)) {} // NOLINT: implicit

    friend bool operator==(const condition&, const condition&) = default;
};

/// All of the parts hold (true if there are none).
[[nodiscard]] inline condition all(std::vector<condition> parts) {
    return {condition::kind::all, std::move(parts)};
}
/// At least one of the parts holds (false if there are none).
[[nodiscard]] inline condition any(std::vector<condition> parts) {
    return {condition::kind::any, std::move(parts)};
}
[[nodiscard]] inline condition operator!(condition c) {
    return {condition::kind::negation, {std::move(c)}};
}
[[nodiscard]] inline condition operator&&(condition a, condition b) {
    return all({std::move(a), std::move(b)});
}
[[nodiscard]] inline condition operator||(condition a, condition b) {
    return any({std::move(a), std::move(b)});
}

/// Integer types that stand for numbers: neither `bool` nor character types.
template<class N>
concept whole_number = std::integral<N> && !std::same_as<N, bool> && !std::same_as<N, char> &&
                       !std::same_as<N, wchar_t> && !std::same_as<N, char8_t> &&
                       !std::same_as<N, char16_t> && !std::same_as<N, char32_t>;

/// The left side of a test. Its member functions make conditions:
/// `attribute("industry").equals("Machinery")`.
struct operand {
    test base{};

    [[nodiscard]] operand take(part p) const {
        return with([&](test& t) { t.take = p; });
    }
    [[nodiscard]] operand domain() const { return take(part::domain); }
    [[nodiscard]] operand local_part() const { return take(part::local_part); }
    [[nodiscard]] operand normal() const { return take(part::normal); }
    [[nodiscard]] operand age() const { return take(part::age); }
    [[nodiscard]] operand exact() const {
        return with([](test& t) { t.exact = true; });
    }

    [[nodiscard]] condition exists(bool yes = true) const { return make(op::exists, yes); }
    [[nodiscard]] condition equals(value v) const { return make(op::equals, std::move(v)); }
    [[nodiscard]] condition not_equals(value v) const { return make(op::not_equals, std::move(v)); }
    [[nodiscard]] condition less(value v) const { return make(op::less, std::move(v)); }
    [[nodiscard]] condition at_most(value v) const { return make(op::at_most, std::move(v)); }
    [[nodiscard]] condition greater(value v) const { return make(op::greater, std::move(v)); }
    [[nodiscard]] condition at_least(value v) const { return make(op::at_least, std::move(v)); }
    [[nodiscard]] condition less(duration d) const { return make(op::less, d); }
    [[nodiscard]] condition at_most(duration d) const { return make(op::at_most, d); }
    [[nodiscard]] condition greater(duration d) const { return make(op::greater, d); }
    [[nodiscard]] condition at_least(duration d) const { return make(op::at_least, d); }
    // Whole numbers are numbers: `attribute("employees").at_least(300)`.
    template<whole_number N>
    [[nodiscard]] condition equals(N n) const {
        return equals(number(n));
    }
    template<whole_number N>
    [[nodiscard]] condition not_equals(N n) const {
        return not_equals(number(n));
    }
    template<whole_number N>
    [[nodiscard]] condition less(N n) const {
        return less(number(n));
    }
    template<whole_number N>
    [[nodiscard]] condition at_most(N n) const {
        return at_most(number(n));
    }
    template<whole_number N>
    [[nodiscard]] condition greater(N n) const {
        return greater(number(n));
    }
    template<whole_number N>
    [[nodiscard]] condition at_least(N n) const {
        return at_least(number(n));
    }
    template<whole_number N>
    [[nodiscard]] condition in(std::initializer_list<N> ns) const {
        std::vector<value> vs;
        for (const N n : ns) vs.push_back(number(n));
        return in(std::move(vs));
    }
    [[nodiscard]] condition in(std::vector<value> vs) const {
        return with([&](test& t) {
                   t.how = op::in;
                   t.several = std::move(vs);
               })
            .base;
    }
    [[nodiscard]] condition in_list(std::string l) const { return make(op::in_list, std::move(l)); }
    [[nodiscard]] condition contains(std::string s) const {
        return make(op::contains, std::move(s));
    }
    [[nodiscard]] condition prefix(std::string s) const { return make(op::prefix, std::move(s)); }
    [[nodiscard]] condition suffix(std::string s) const { return make(op::suffix, std::move(s)); }
    [[nodiscard]] condition glob(std::string s) const { return make(op::glob, std::move(s)); }
    [[nodiscard]] condition regex(std::string s) const { return make(op::regex, std::move(s)); }

  private:
    template<class N>
    static value number(N n) {
        return static_cast<double>(n);
    }
    template<class F>
    operand with(F&& change) const {
        operand o = *this;
        change(o.base);
        return o;
    }
    condition make(op how, value v) const {
        return with([&](test& t) {
                   t.how = how;
                   t.literal = std::move(v);
               })
            .base;
    }
    condition make(op how, duration d) const {
        return with([&](test& t) {
                   t.how = how;
                   t.period = d;
               })
            .base;
    }
};

[[nodiscard]] inline operand attribute(std::string name) {
    return {.base = {.of = subject::attribute, .name = std::move(name)}};
}
/// A declared property, or the built-in `campaign` and `channel`.
[[nodiscard]] inline operand property(std::string name) {
    return {.base = {.of = subject::property, .name = std::move(name)}};
}
[[nodiscard]] inline operand current_stage(std::string funnel) {
    return {.base = {.of = subject::current_stage, .name = std::move(funnel)}};
}
[[nodiscard]] inline operand times_entered(std::string funnel, std::string stage) {
    return {.base = {.of = subject::times_entered,
                     .name = std::move(funnel),
                     .stage = std::move(stage)}};
}
[[nodiscard]] inline operand score_at_entry(std::string funnel, std::string stage,
                                            std::string score) {
    return {.base = {.of = subject::score_at_entry,
                     .name = std::move(funnel),
                     .stage = std::move(stage),
                     .score = std::move(score)}};
}
/// The score at the instant, in points. This and the following are for guards of transitions and
/// for alerts.
[[nodiscard]] inline operand score_now(std::string score) {
    return {.base = {.of = subject::score, .name = std::move(score)}};
}
[[nodiscard]] inline operand band_now(std::string banding) {
    return {.base = {.of = subject::band, .name = std::move(banding)}};
}
[[nodiscard]] inline operand class_now(std::string matrix) {
    return {.base = {.of = subject::matrix_class, .name = std::move(matrix)}};
}
[[nodiscard]] inline operand time_in_stage(std::string funnel) {
    return {.base = {.of = subject::time_in_stage, .name = std::move(funnel)}};
}

} // namespace leadfunnel::inline v0
