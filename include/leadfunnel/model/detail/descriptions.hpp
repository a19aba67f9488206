// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// The types of the tables that describe the model language: a `type_description` for each type of
// values, and a `member_description` for each member of a struct.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace leadfunnel::inline v0::language {

/// What a member stands for, in addition to its C++ type.
enum class meaning : std::uint8_t {
    plain,      ///< a number, switch or duration without further meaning
    prose,      ///< free text for people
    identifier, ///< the name of its owner; unique in its list
    attribute,  ///< this and the following: names of things declared elsewhere in the model
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

/// The C++ type of a value, as far as readers and writers distinguish them.
enum class shape : std::uint8_t {
    text,        ///< `std::string`
    truth,       ///< `bool`
    number,      ///< `decimal`
    whole,       ///< `std::int64_t`
    period,      ///< `duration`
    time_of_day, ///< `leadfunnel::time_of_day`
    date,        ///< `std::chrono::year_month_day`
    facts,       ///< `value_map`
    condition,   ///< `leadfunnel::condition`, which has a form of its own in the file
    choice,      ///< an enumeration
    structure,   ///< a struct of the model
    variant,     ///< one of several structs, which the file tells apart by `kind`
    optional,    ///< `std::optional` of another type
    list         ///< `std::vector` of another type
};

/// What the range of a member limits, and in which unit `bounds` states it.
enum class measure : std::uint8_t {
    none,
    number, ///< a `decimal`, in micros
    whole,  ///< an integer
    period, ///< a `duration`, in its ticks
    length  ///< the number of elements of a list
};

/// `low` to `high`, both included; `low` itself is excluded if `above`.
struct range {
    std::int64_t low = 0;
    std::int64_t high = 0;
    bool above = false;
};

struct type_description;

/// A member of a struct. The tables make it with `inner::member`, and refine it by chaining.
struct member_description {
    std::string_view key{}; ///< in the file
    std::string_view doc{}; ///< what it does, in words; one or more sentences
    const type_description* type = nullptr;
    const void* (*in)(const void* owner) = nullptr; ///< the address of the member in its owner
    [[nodiscard]] void* writable_in(void* owner) const { return const_cast<void*>(in(owner)); }
    measure counts = measure::none; ///< what `bounds` limits
    meaning stands_for = meaning::plain;
    bool is_required = false;
    bool may_be_one = false; ///< a list of texts that may be written as a single text
    std::optional<range> bounds{};

    [[nodiscard]] constexpr member_description required() const {
        member_description f = *this;
        f.is_required = true;
        return f;
    }
    [[nodiscard]] constexpr member_description one_or_many() const {
        member_description f = *this;
        f.may_be_one = true;
        return f;
    }
    [[nodiscard]] constexpr member_description as(meaning m) const {
        member_description f = *this;
        f.stands_for = m;
        return f;
    }
    /// Bounds of a number, or of the length of a list.
    [[nodiscard]] constexpr member_description between(decimal low, decimal high) const {
        return bounded({in_unit(low), in_unit(high), false});
    }
    [[nodiscard]] constexpr member_description above(decimal low, decimal high) const {
        return bounded({in_unit(low), in_unit(high), true});
    }
    [[nodiscard]] constexpr member_description between(duration low, duration high) const {
        return bounded({in_unit(low), in_unit(high), false});
    }
    /// Points of a score: within ± `most_points`.
    [[nodiscard]] constexpr member_description points() const;
    /// A duration above zero and up to `longest_duration`.
    [[nodiscard]] constexpr member_description period() const {
        return bounded({0, in_unit(longest_duration), true});
    }

  private:
    // A throw here is a compile error: the tables are constants.
    [[nodiscard]] constexpr std::int64_t in_unit(decimal d) const {
        if (counts == measure::number) return d.micros();
        if (counts != measure::whole && counts != measure::length) throw "the member is no number";
        if (d.micros() % decimal::unit != 0) throw "the bound is not whole";
        return d.micros() / decimal::unit;
    }
    [[nodiscard]] constexpr std::int64_t in_unit(duration d) const {
        if (counts != measure::period) throw "the member is no duration";
        return d.count();
    }
    [[nodiscard]] constexpr member_description bounded(range r) const {
        member_description f = *this;
        f.bounds = r;
        return f;
    }
};

/// Largest number of points, up or down, that a member may give.
inline constexpr std::int64_t most_points = 1'000'000'000;

constexpr member_description member_description::points() const {
    return between(-most_points, most_points).as(meaning::points);
}

/// A value of an enumeration. All enumerations of the model are stored in one byte.
struct choice_description {
    std::uint8_t value = 0;
    std::string_view name{}; ///< in the file
    std::string_view doc{};
};

/// A type of values in a model. Which members are filled depends on `is`.
///
/// The functions reach into a value without naming its type. Their first argument points to a value
/// of this type.
struct type_description {
    shape is = shape::text;
    std::string_view noun{}; ///< what messages call a value: of structs, variants and choices
    std::string_view doc{};
    std::string_view kind{};    ///< of an alternative of a variant: its `kind` in the file
    std::string_view example{}; ///< of alternatives and some other structs: a JSON text

    // Structs.
    std::string_view name{}; ///< in C++, without namespace
    std::span<const member_description> members{};
    /// The member as which the struct may be written, without the object around it.
    const member_description* shorthand = nullptr;
    const void* (*initial)() = nullptr; ///< a default-constructed one, which lives for ever

    // Choices.
    std::span<const choice_description> choices{};

    // Variants.
    std::span<const type_description* const> alternatives{};
    std::size_t (*chosen)(const void*) = nullptr;  ///< the index of the alternative held
    const void* (*held)(const void*) = nullptr;    ///< the alternative held
    void* (*choose)(void*, std::size_t) = nullptr; ///< emplaces a default alternative

    // Lists, and optionals, which are handled as lists of at most one element.
    const type_description* element = nullptr;
    std::size_t (*size)(const void*) = nullptr;
    const void* (*at)(const void*, std::size_t) = nullptr;
    void* (*append)(void*) = nullptr; ///< adds a default element
    void (*pop)(void*) = nullptr;     ///< removes the last element
    void (*reserve)(void*, std::size_t) = nullptr;
    void (*shrink)(void*) = nullptr; ///< `shrink_to_fit`
};

/// A row of an enumeration's table.
template<class E>
[[nodiscard]] constexpr choice_description choice(E value, std::string_view name,
                                                  std::string_view doc) {
    static_assert(std::is_same_v<std::underlying_type_t<E>, std::uint8_t>);
    return {static_cast<std::uint8_t>(value), name, doc};
}

/// The description of T: the source of `type_of<T>()`. Structs have `noun`, `doc` and `members`;
/// alternatives of a variant also have `kind` and `example`. Variants have `noun` and `doc`.
/// Enumerations have `noun` and `names`.
template<class T>
struct describe;

} // namespace leadfunnel::inline v0::language
