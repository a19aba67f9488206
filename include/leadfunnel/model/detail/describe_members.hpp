// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Makes the rows of the tables: `member<&pattern::types>("type", "…")` is the description of a
// member, `type<M>` that of a C++ type. Only the bodies that hold the tables include this: here,
// and nowhere else, code is instantiated for each type and member.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/condition.hpp>
#include <leadfunnel/model/detail/describe_choices.hpp>
#include <leadfunnel/model/detail/describe_conditions.hpp>
#include <leadfunnel/model/detail/descriptions.hpp>
#include <leadfunnel/model/funnel.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::language::inner {

// ---- C++ types ----------------------------------------------------------------------------------

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

template<class M>
[[nodiscard]] consteval shape shape_of() {
    if (std::is_same_v<M, std::string>) return shape::text;
    if (std::is_same_v<M, bool>) return shape::truth;
    if (std::is_same_v<M, decimal>) return shape::number;
    if (std::is_same_v<M, std::int64_t>) return shape::whole;
    if (std::is_same_v<M, duration>) return shape::period;
    if (std::is_same_v<M, leadfunnel::time_of_day>) return shape::time_of_day;
    if (std::is_same_v<M, std::chrono::year_month_day>) return shape::date;
    if (std::is_same_v<M, value_map>) return shape::facts;
    if (std::is_same_v<M, leadfunnel::condition>) return shape::condition;
    if (std::is_enum_v<M>) return shape::choice;
    if (is_optional<M>) return shape::optional;
    if (is_vector<M>) return shape::list;
    if (is_variant<M>) return shape::variant;
    return shape::structure;
}

template<class M>
[[nodiscard]] consteval measure measure_of() {
    if constexpr (is_optional<M>) return measure_of<typename M::value_type>();
    if (std::is_same_v<M, decimal>) return measure::number;
    if (std::is_same_v<M, std::int64_t>) return measure::whole;
    if (std::is_same_v<M, duration>) return measure::period;
    if (is_vector<M>) return measure::length;
    return measure::none;
}

/// The name of a class without its namespace.
template<class T>
[[nodiscard]] consteval std::string_view name_of_class() {
    std::string_view name = __PRETTY_FUNCTION__; // "… [T = leadfunnel::v0::pattern; …]"
    name = name.substr(name.find("T = ") + 4);
    name = name.substr(0, name.find_first_of(";]"));
    return name.substr(name.rfind(':') + 1);
}

// ---- access -------------------------------------------------------------------------------------

template<auto Member>
struct member_access;
template<class T, class M, M T::*Member>
struct member_access<Member> {
    using type = M;
    static const void* in(const void* owner) { return &(static_cast<const T*>(owner)->*Member); }
};

template<class T>
const void* initial_of() {
    static const T value{};
    return &value;
}

template<class V>
struct list_access;
template<class E>
struct list_access<std::vector<E>> {
    using list = std::vector<E>;
    static std::size_t size(const void* l) { return static_cast<const list*>(l)->size(); }
    static const void* at(const void* l, std::size_t i) {
        return &(*static_cast<const list*>(l))[i];
    }
    static void* append(void* l) { return &static_cast<list*>(l)->emplace_back(); }
    static void pop(void* l) { static_cast<list*>(l)->pop_back(); }
    static void reserve(void* l, std::size_t n) { static_cast<list*>(l)->reserve(n); }
    static void shrink(void* l) { static_cast<list*>(l)->shrink_to_fit(); }
};
template<class E>
struct list_access<std::optional<E>> {
    using list = std::optional<E>;
    static std::size_t size(const void* l) {
        return static_cast<const list*>(l)->has_value() ? 1 : 0;
    }
    static const void* at(const void* l, std::size_t) { return &**static_cast<const list*>(l); }
    static void* append(void* l) { return &static_cast<list*>(l)->emplace(); }
    static void pop(void* l) { static_cast<list*>(l)->reset(); }
    static void reserve(void*, std::size_t) {}
    static void shrink(void*) {}
};

template<class V>
struct variant_access;
template<class... A>
struct variant_access<std::variant<A...>> {
    using variant = std::variant<A...>;
    static std::size_t chosen(const void* v) { return static_cast<const variant*>(v)->index(); }
    static const void* held(const void* v) {
        return std::visit([](const auto& a) -> const void* { return &a; },
                          *static_cast<const variant*>(v));
    }
    static void* choose(void* v, std::size_t i) {
        static constexpr std::array<void* (*)(variant&), sizeof...(A)> make{
            [](variant& to) -> void* { return &to.template emplace<A>(); }...};
        return make[i](*static_cast<variant*>(v));
    }
};

// ---- types --------------------------------------------------------------------------------------

template<class M>
[[nodiscard]] consteval type_description made();

/// The description of a type. The pointers of the tables refer to these.
template<class M>
inline constexpr type_description type = made<M>();

template<class V>
inline constexpr std::array<const type_description*, 0> alternatives{};
template<class... A>
inline constexpr std::array<const type_description*, sizeof...(A)> alternatives<std::variant<A...>>{
    &type<A>...};

template<class M>
consteval type_description made() {
    type_description t;
    t.is = shape_of<M>();
    if constexpr (requires { describe<M>::noun; }) t.noun = describe<M>::noun;
    if constexpr (requires { describe<M>::doc; }) t.doc = describe<M>::doc;
    if constexpr (requires { describe<M>::kind; }) t.kind = describe<M>::kind;
    if constexpr (requires { describe<M>::example; }) t.example = describe<M>::example;
    if constexpr (shape_of<M>() == shape::structure) {
        t.name = name_of_class<M>();
        t.members = describe<M>::members;
        t.initial = &initial_of<M>;
        if constexpr (requires { describe<M>::shorthand; })
            t.shorthand =
                &*std::find_if(t.members.begin(), t.members.end(), [](const member_description& f) {
                    return f.key == describe<M>::shorthand;
                });
    } else if constexpr (shape_of<M>() == shape::choice) {
        t.choices = describe<M>::names;
    } else if constexpr (shape_of<M>() == shape::variant) {
        t.alternatives = alternatives<M>;
        t.chosen = &variant_access<M>::chosen;
        t.held = &variant_access<M>::held;
        t.choose = &variant_access<M>::choose;
    } else if constexpr (shape_of<M>() == shape::list || shape_of<M>() == shape::optional) {
        t.element = &type<typename M::value_type>;
        t.size = &list_access<M>::size;
        t.at = &list_access<M>::at;
        t.append = &list_access<M>::append;
        t.pop = &list_access<M>::pop;
        t.reserve = &list_access<M>::reserve;
        t.shrink = &list_access<M>::shrink;
    }
    return t;
}

// ---- members ------------------------------------------------------------------------------------

template<auto Member>
[[nodiscard]] constexpr member_description member(std::string_view key, std::string_view doc) {
    using access = member_access<Member>;
    return {.key = key,
            .doc = doc,
            .type = &type<typename access::type>,
            .in = &access::in,
            .counts = measure_of<typename access::type>()};
}

/// The rows of several tables, one after the other.
template<std::size_t... N>
[[nodiscard]] constexpr auto joined(const std::array<member_description, N>&... tables) {
    std::array<member_description, (N + ...)> all{};
    auto to = all.begin();
    ((to = std::copy(tables.begin(), tables.end(), to)), ...);
    return all;
}

template<class T>
[[nodiscard]] constexpr member_description id_member(std::string_view doc) {
    return member<&T::id>("id", doc).required().as(meaning::identifier);
}
template<class T>
[[nodiscard]] constexpr member_description description_member() {
    return member<&T::description>("description",
                                   "A note for the people who read the model; it changes nothing.")
        .as(meaning::prose);
}

} // namespace leadfunnel::inline v0::language::inner
