// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Finds elements that say the same, by a text that is equal for equal elements.

#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/describe.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

/// Appends texts of objects: two objects have the same text if and only if they are equal.
class canonical_text {
  public:
    std::string text;

    void put(std::int64_t n) {
        text += std::to_string(n);
        text += ' ';
    }
    void put(const std::string& s) {
        put(static_cast<std::int64_t>(s.size()));
        text += s;
    }
    void put(const value& v) {
        put(static_cast<std::int64_t>(v.index()));
        put(to_string(v));
    }
    void put(const test& t) {
        put(static_cast<std::int64_t>(t.of)), put(t.name), put(t.stage), put(t.score);
        put(static_cast<std::int64_t>(t.take)), put(static_cast<std::int64_t>(t.how));
        put(t.literal);
        put(static_cast<std::int64_t>(t.several.size()));
        for (const value& each : t.several) put(each);
        put(std::int64_t{t.period.count()}), put(std::int64_t{t.exact});
    }
    void put(const condition& c) {
        put(static_cast<std::int64_t>(c.is));
        if (c.is == condition::kind::test) return put(c.check);
        if (c.is == condition::kind::none) return;
        put(static_cast<std::int64_t>(c.of.size()));
        for (const condition& each : c.of) put(each);
    }
    void put(language::object o) {
        using language::shape;
        switch (o.type().is) {
        case shape::text:
            return put(o.value<std::string>());
        case shape::truth:
            return put(std::int64_t{o.value<bool>()});
        case shape::number:
            return put(o.value<decimal>().micros());
        case shape::whole:
            return put(o.value<std::int64_t>());
        case shape::period:
            return put(std::int64_t{o.value<duration>().count()});
        case shape::time_of_day:
            return put(std::int64_t{o.value<time_of_day>().minutes});
        case shape::date:
            return put(std::int64_t{std::chrono::sys_days{o.value<std::chrono::year_month_day>()}
                                        .time_since_epoch()
                                        .count()});
        case shape::facts:
            put(static_cast<std::int64_t>(o.value<value_map>().size()));
            for (const auto& [name, v] : o.value<value_map>()) put(name), put(v);
            return;
        case shape::condition:
            return put(o.value<condition>());
        case shape::choice:
            return put(std::int64_t{o.value<std::uint8_t>()});
        case shape::structure:
            for (const language::member_description& f : o.type().members) put(o[f]);
            return;
        case shape::variant:
            put(static_cast<std::int64_t>(o.type().chosen(o.address())));
            return put(o.held());
        case shape::optional:
        case shape::list:
            put(static_cast<std::int64_t>(o.size()));
            for (std::size_t i = 0; i < o.size(); ++i) put(o[i]);
            return;
        }
    }
    /// An element of one of the model's lists without its name and description.
    void put_unnamed(language::object o) {
        if (o.type().is == language::shape::variant) {
            put(static_cast<std::int64_t>(o.type().chosen(o.address())));
            return put_unnamed(o.held());
        }
        for (const language::member_description& f : o.type().members)
            if (f.key != "id" && f.key != "description") put(o[f]);
    }
};

/// Pairs of indices: an element, and an earlier one that differs from it in id and description
/// only. O(size · log).
template<class T>
[[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>>
find_repeats(const std::vector<T>& elements) {
    std::vector<std::pair<std::string, std::size_t>> texts;
    texts.reserve(elements.size());
    for (std::size_t i = 0; i < elements.size(); ++i) {
        canonical_text t;
        t.put_unnamed(language::object(elements[i]));
        texts.emplace_back(std::move(t.text), i);
    }
    std::sort(texts.begin(), texts.end());
    std::vector<std::pair<std::size_t, std::size_t>> repeats;
    for (std::size_t i = 1, first = 0; i < texts.size(); ++i) {
        if (texts[i].first == texts[first].first)
            repeats.emplace_back(texts[i].second, texts[first].second);
        else
            first = i;
    }
    return repeats;
}

} // namespace leadfunnel::inline v0::detail::checking
