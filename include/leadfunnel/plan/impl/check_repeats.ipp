// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Finds elements that say the same, by a text that is equal for equal elements.

#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/describe.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

/// Appends texts of objects: two objects have the same text if and only if they are equal.
class canonical_text {
  public:
    std::string text;

    template<class M>
    void put(const M& m) {
        if constexpr (std::is_same_v<M, std::string>) {
            put(static_cast<std::int64_t>(m.size()));
            text += m;
        } else if constexpr (std::is_same_v<M, decimal>) {
            put(m.micros());
        } else if constexpr (std::is_same_v<M, duration>) {
            put(static_cast<std::int64_t>(m.count()));
        } else if constexpr (std::is_same_v<M, value>) {
            put(static_cast<std::int64_t>(m.index()));
            put(to_string(m));
        } else if constexpr (std::is_same_v<M, condition>) {
            put(m.is);
            if (m.is == condition::kind::test)
                put(m.check);
            else if (m.is != condition::kind::none)
                put(m.of);
        } else if constexpr (std::is_same_v<M, test>) {
            put(m.of), put(m.name), put(m.stage), put(m.score), put(m.take), put(m.how);
            put(m.literal), put(m.several), put(m.period), put(m.exact);
        } else if constexpr (std::is_arithmetic_v<M> || std::is_enum_v<M>) {
            text += std::to_string(static_cast<std::int64_t>(m));
            text += ' ';
        } else if constexpr (language::inner::is_optional<M>) {
            put(m.has_value());
            if (m) put(*m);
        } else if constexpr (language::inner::is_vector<M>) {
            put(static_cast<std::int64_t>(m.size()));
            for (const auto& each : m) put(each);
        } else if constexpr (language::inner::is_variant<M>) {
            put(static_cast<std::int64_t>(m.index()));
            std::visit([&](const auto& chosen) { put(chosen); }, m);
        } else {
            language::for_each_field<M>([&](const auto& f) { put(m.*f.member); });
        }
    }
};

template<class T>
void put_unnamed(canonical_text& t, T element) {
    element.id.clear();
    element.description.clear();
    t.put(element);
}

/// Pairs of indices: an element, and an earlier one that differs from it in id and description
/// only. O(size · log).
template<class T>
[[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>>
find_repeats(const std::vector<T>& elements) {
    std::vector<std::pair<std::string, std::size_t>> texts;
    texts.reserve(elements.size());
    for (std::size_t i = 0; i < elements.size(); ++i) {
        canonical_text t;
        if constexpr (language::inner::is_variant<T>) {
            t.put(elements[i].index());
            std::visit([&](const auto& chosen) { put_unnamed(t, chosen); }, elements[i]);
        } else {
            put_unnamed(t, elements[i]);
        }
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
