// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/io/history_sink.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

namespace leadfunnel::inline v0 {

namespace detail {

// A key is unambiguous: each text follows its length. Keys never leave the process.
template<class T>
void put_bytes(std::string& key, T number) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(number);
    key.append(bytes.data(), bytes.size());
}
inline void put_text(std::string& key, std::string_view text) {
    put_bytes(key, text.size());
    key += text;
}
inline void put_value(std::string& key, const value_view& v) {
    key += static_cast<char>(v.index());
    std::visit(
        [&]<class T>(const T& held) {
            if constexpr (std::is_same_v<T, std::string_view>) {
                put_text(key, held);
            } else if constexpr (std::is_same_v<T, std::span<const std::string_view>>) {
                put_bytes(key, held.size());
                for (const std::string_view text : held) put_text(key, text);
            } else if constexpr (std::is_same_v<T, instant>) {
                put_bytes(key, held.time_since_epoch().count());
            } else if constexpr (!std::is_same_v<T, std::monostate>) {
                put_bytes(key, held);
            }
        },
        v);
}

/// Like `to = to_value(from)`, but reuses the memory of a text.
inline void assign_value(value& to, const value_view& from) {
    const auto* text = std::get_if<std::string_view>(&from);
    auto* held = std::get_if<std::string>(&to);
    if (text != nullptr && held != nullptr)
        held->assign(*text);
    else
        to = leadfunnel::to_value(from); // not `detail::to_value`
}

} // namespace detail

LEADFUNNEL_DECL void history_sink::on_begin(const mapping_file& /*m*/) {
    // The address of a destroyed mapping may have been reused.
    kinds_.clear();
}

LEADFUNNEL_DECL void history_sink::on_touchpoint(const touchpoint_row& r) {
    key_.clear();
    detail::put_bytes(key_, r.by);
    detail::put_text(key_, r.type);
    detail::put_text(key_, r.campaign);
    detail::put_text(key_, r.channel);
    for (const named_view& p : r.properties) {
        detail::put_bytes(key_, p.name);
        detail::put_value(key_, p.value);
    }
    auto known = kinds_.find(std::string_view(key_));
    if (known == kinds_.end()) {
        touchpoint t = to_event(r);
        const touchpoint_kind k{.type = std::move(t.type),
                                .properties = std::move(t.properties),
                                .campaign = std::move(t.campaign),
                                .channel = std::move(t.channel)};
        known = kinds_.emplace(key_, builder_->kind(k)).first;
    }
    const std::uint32_t id = builder_->source_id(r.source, r.id);
    builder_->add_touchpoint(builder_->lead(r.lead), r.at, known->second, store(r.value), id);
}

LEADFUNNEL_DECL void history_sink::on_attributes(const attributes_row& r) {
    auto& a = std::get<attributes>(facts_);
    a.lead.assign(r.lead);
    a.at = r.at;
    a.source.assign(r.source);
    a.id.assign(r.id);
    // One event for the row: attributes set together keep their order together.
    const auto& names = r.by->properties;
    std::erase_if(a.values, [&](const auto& held) {
        return std::none_of(r.values.begin(), r.values.end(),
                            [&](const named_view& v) { return names[v.name].name == held.first; });
    });
    for (const named_view& v : r.values)
        detail::assign_value(a.values[names[v.name].name], v.value);
    builder_->add(facts_);
}

LEADFUNNEL_DECL void history_sink::on_stage(const stage_row& r) { builder_->add(to_event(r)); }

} // namespace leadfunnel::inline v0
