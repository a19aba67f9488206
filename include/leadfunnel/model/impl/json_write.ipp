// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Writes models.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/condition.hpp>
#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/impl/json_out.ipp>
#include <leadfunnel/model/impl/json_words.ipp>
#include <leadfunnel/model/json_write.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace leadfunnel::inline v0 {
namespace detail {

inline json_out json_write(const value& v) {
    return std::visit(
        []<class T>(const T& held) {
            if constexpr (std::is_same_v<T, std::monostate>) {
                return json_out::bare("null");
            } else if constexpr (std::is_same_v<T, bool>) {
                return json_out::truth(held);
            } else if constexpr (std::is_same_v<T, double>) {
                return json_out::bare(std::isfinite(held) ? to_string(held) : "null");
            } else if constexpr (std::is_same_v<T, std::string>) {
                return json_out::quoted(held);
            } else if constexpr (std::is_same_v<T, instant>) {
                return json_out::quoted(to_string(held));
            } else {
                static_assert(std::is_same_v<T, text_set>);
                json_out o = json_out::list();
                for (const auto& s : held) o.add(json_out::quoted(s));
                return o;
            }
        },
        v);
}

inline json_out json_write(const value_map& values) {
    json_out o = json_out::object();
    for (const auto& [name, v] : values) o.set(name, json_write(v));
    return o;
}

inline json_out json_write_literal(const test& t, language::literal_kind kind) {
    switch (kind) {
    case language::literal_kind::several: {
        json_out all = json_out::list();
        for (const auto& v : t.several) all.add(json_write(v));
        return all;
    }
    case language::literal_kind::same:
        if (language::is_of_age(t)) return json_out::quoted(to_string(t.period));
        break;
    case language::literal_kind::truth:
    case language::literal_kind::list_name:
    case language::literal_kind::text:
    case language::literal_kind::glob:
    case language::literal_kind::regex:
        break;
    }
    return json_write(t.literal);
}

inline json_out json_write(const condition& c) {
    json_out o = json_out::object();
    const auto list = [&] {
        json_out all = json_out::list();
        for (const auto& each : c.of) all.add(json_write(each));
        return all;
    };
    switch (c.is) {
    case condition::kind::none:
        return o;
    case condition::kind::all:
        return std::move(o.set("all", list()));
    case condition::kind::any:
        return std::move(o.set("any", list()));
    case condition::kind::negation:
        return std::move(o.set("not", c.of.empty() ? json_out::object() : json_write(c.of[0])));
    case condition::kind::test:
        break;
    }
    const test& t = c.check;
    const auto& about = language::description_of(t.of);
    o.set(about.key, t.*language::named_by(t.of));
    if (about.needs_funnel) o.set("funnel", t.name);
    if (about.needs_stage) o.set("stage", t.stage);
    if (t.take != part::itself && about.takes_part)
        o.set("part", language::description_of(t.take).name);
    if (t.exact) o.set("exact", json_out::truth(true));
    const auto& how = language::description_of(t.how);
    o.set(how.name, json_write_literal(t, how.literal));
    return o;
}

inline json_out json_write(language::object o);

/// The members of a struct, without those that have their default.
inline json_out json_write_members(language::object o) {
    const language::type_description& t = o.type();
    const language::object initial(t, t.initial());
    json_out out = json_out::object();
    if (!t.kind.empty()) out.set("kind", t.kind);
    for (const language::member_description& f : t.members) {
        const language::object m = o[f];
        if (!f.is_required && language::are_equal(m, initial[f])) continue;
        out.set(f.key, json_write(f.may_be_one && m.size() == 1 ? m[0] : m));
    }
    return out;
}

inline json_out json_write(language::object o) {
    using enum language::shape;
    switch (o.type().is) {
    case text:
        return json_out::quoted(o.value<std::string>());
    case truth:
        return json_out::truth(o.value<bool>());
    case number:
        return json_out::bare(to_string(o.value<decimal>()));
    case whole:
        return json_out::bare(std::to_string(o.value<std::int64_t>()));
    case period:
        return json_out::quoted(to_string(o.value<duration>()));
    case language::shape::time_of_day:
        return json_out::quoted(json_text(o.value<leadfunnel::time_of_day>()));
    case date:
        return json_out::quoted(json_text(o.value<std::chrono::year_month_day>()));
    case facts:
        return json_write(o.value<value_map>());
    case language::shape::condition:
        return json_write(o.value<leadfunnel::condition>());
    case choice:
        return json_out::quoted(o.choice_name());
    case structure:
        return json_write_members(o);
    case variant:
        return json_write_members(o.held());
    case optional:
        return o.size() == 0 ? json_out::bare("null") : json_write(o[0]);
    case language::shape::list:
        break;
    }
    json_out all = json_out::list();
    for (std::size_t i = 0; i < o.size(); ++i) all.add(json_write(o[i]));
    return all;
}

} // namespace detail

LEADFUNNEL_DECL std::string write_model(const model& m) {
    return detail::json_write(language::object(m)).print();
}

} // namespace leadfunnel::inline v0
