// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/detail/describe_funnels.hpp>
#include <leadfunnel/model/detail/describe_members.hpp>
#include <leadfunnel/model/detail/describe_model.hpp>
#include <leadfunnel/model/detail/describe_rules.hpp>
#include <leadfunnel/model/detail/describe_scores.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace leadfunnel::inline v0::language {
namespace inner {

template<class... T>
constexpr std::array<const type_description*, sizeof...(T)> addresses(type_list<T...>) {
    return {&type<T>...};
}
inline constexpr std::array all_structures = addresses(structures{});
inline constexpr std::array all_other_types = addresses(other_types{});

[[nodiscard]] constexpr bool is_listed(const type_description* t, auto... tables) {
    return ((std::find(tables.begin(), tables.end(), t) != tables.end()) || ...);
}

/// Whether every struct and variant that a value of this type can hold is in the lists.
[[nodiscard]] constexpr bool all_listed(const type_description& t) {
    switch (t.is) {
    case shape::structure:
        return is_listed(&t, all_structures) &&
               std::all_of(t.members.begin(), t.members.end(),
                           [](const member_description& f) { return all_listed(*f.type); });
    case shape::variant:
        return is_listed(&t, all_other_types) &&
               std::all_of(t.alternatives.begin(), t.alternatives.end(),
                           [](const type_description* a) { return all_listed(*a); });
    case shape::choice:
    case shape::condition:
        return is_listed(&t, all_other_types);
    case shape::list:
    case shape::optional:
        return all_listed(*t.element);
    case shape::text:
    case shape::truth:
    case shape::number:
    case shape::whole:
    case shape::period:
    case shape::time_of_day:
    case shape::date:
    case shape::facts:
        break;
    }
    return true;
}
static_assert(all_listed(type<model>), "add the type to `structures` or `other_types`");

/// Enumerations are read and compared as the byte in which they are stored.
[[nodiscard]] inline std::uint8_t byte_of(object o) {
    return *static_cast<const std::uint8_t*>(o.address());
}

LEADFUNNEL_DECL const type_description& structure(std::size_t index) noexcept {
    return *all_structures[index];
}
LEADFUNNEL_DECL const type_description& other_type(std::size_t index) noexcept {
    return *all_other_types[index];
}

} // namespace inner

LEADFUNNEL_DECL std::string_view object::choice_name() const noexcept {
    for (const choice_description& each : type_->choices)
        if (each.value == inner::byte_of(*this)) return each.name;
    return "";
}

LEADFUNNEL_DECL bool are_equal(object a, object b) {
    const auto same = [&]<class T>(std::type_identity<T>) { return a.value<T>() == b.value<T>(); };
    switch (a.type().is) {
    case shape::text:
        return same(std::type_identity<std::string>{});
    case shape::truth:
        return same(std::type_identity<bool>{});
    case shape::number:
        return same(std::type_identity<decimal>{});
    case shape::whole:
        return same(std::type_identity<std::int64_t>{});
    case shape::period:
        return same(std::type_identity<duration>{});
    case shape::time_of_day:
        return same(std::type_identity<leadfunnel::time_of_day>{});
    case shape::date:
        return same(std::type_identity<std::chrono::year_month_day>{});
    case shape::facts:
        return same(std::type_identity<value_map>{});
    case shape::condition:
        return same(std::type_identity<leadfunnel::condition>{});
    case shape::choice:
        return inner::byte_of(a) == inner::byte_of(b);
    case shape::structure:
        return std::all_of(a.type().members.begin(), a.type().members.end(),
                           [&](const member_description& f) { return are_equal(a[f], b[f]); });
    case shape::variant:
        return &a.held().type() == &b.held().type() && are_equal(a.held(), b.held());
    case shape::optional:
    case shape::list:
        break;
    }
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!are_equal(a[i], b[i])) return false;
    return true;
}

namespace inner {

/// `walk` for the elements of a list of structs or variants.
inline void walk_elements(object list, std::string& pointer, visitor f) {
    const std::size_t here = pointer.size();
    for (std::size_t i = 0; i < list.size(); ++i) {
        pointer += '/';
        pointer += std::to_string(i);
        walk(list[i], pointer, f);
        pointer.resize(here);
    }
}

} // namespace inner

LEADFUNNEL_DECL void walk(object of, std::string& pointer, visitor f) {
    switch (of.type().is) {
    case shape::structure:
        for (const member_description& each : of.type().members) {
            const std::size_t here = pointer.size();
            pointer += '/';
            pointer += each.key;
            f(each, of, pointer);
            walk(of[each], pointer, f);
            pointer.resize(here);
        }
        return;
    case shape::variant:
        return walk(of.held(), pointer, f);
    case shape::optional:
        if (of.size() != 0) walk(of[0], pointer, f);
        return;
    case shape::list:
        if (of.type().element->is == shape::structure || of.type().element->is == shape::variant)
            inner::walk_elements(of, pointer, f);
        return;
    case shape::text:
    case shape::truth:
    case shape::number:
    case shape::whole:
    case shape::period:
    case shape::time_of_day:
    case shape::date:
    case shape::facts:
    case shape::condition:
    case shape::choice:
        return;
    }
}

LEADFUNNEL_DECL std::optional<std::int64_t> measured(const member_description& f, object owner) {
    object m = owner[f];
    if (m.type().is == shape::optional) {
        if (m.size() == 0) return std::nullopt;
        m = m[0];
    }
    switch (f.counts) {
    case measure::none:
        break;
    case measure::number:
        return m.value<decimal>().micros();
    case measure::whole:
        return m.value<std::int64_t>();
    case measure::period:
        return m.value<duration>().count();
    case measure::length:
        return static_cast<std::int64_t>(m.size());
    }
    return std::nullopt;
}

LEADFUNNEL_DECL std::string measure_text(const member_description& f, std::int64_t measured) {
    switch (f.counts) {
    case measure::none:
        break;
    case measure::number:
        return to_string(decimal::from_micros(measured));
    case measure::period:
        return to_string(duration{measured});
    case measure::whole:
    case measure::length:
        return std::to_string(measured);
    }
    return {};
}

LEADFUNNEL_DECL bool within(const member_description& f, object owner) {
    if (!f.bounds) return true;
    const std::optional<std::int64_t> m = measured(f, owner);
    if (!m) return true;
    return (f.bounds->above ? *m > f.bounds->low : *m >= f.bounds->low) && *m <= f.bounds->high;
}

LEADFUNNEL_DECL std::string range_text(const member_description& f) {
    if (!f.bounds) return {};
    return (f.bounds->above ? "above " : "from ") + measure_text(f, f.bounds->low) +
           (f.bounds->above ? ", up to " : " to ") + measure_text(f, f.bounds->high);
}

} // namespace leadfunnel::inline v0::language
