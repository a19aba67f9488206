// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/history/event.hpp>

namespace leadfunnel::inline v0 {

namespace detail {

[[nodiscard]] inline std::strong_ordering content_order(const attributes& a,
                                                        const attributes& b) noexcept {
    if (const auto o = a.id <=> b.id; o != 0) return o;
    if (const auto o = a.source <=> b.source; o != 0) return o;
    return compare(a.values, b.values);
}

[[nodiscard]] inline std::strong_ordering content_order(const touchpoint& a,
                                                        const touchpoint& b) noexcept {
    if (const auto o = a.id <=> b.id; o != 0) return o;
    if (const auto o = a.source <=> b.source; o != 0) return o;
    if (const auto o = a.type <=> b.type; o != 0) return o;
    if (const auto o = compare(a.properties, b.properties); o != 0) return o;
    if (const auto o = a.campaign <=> b.campaign; o != 0) return o;
    if (const auto o = a.channel <=> b.channel; o != 0) return o;
    return a.value <=> b.value;
}

[[nodiscard]] inline std::strong_ordering content_order(const stage_entry& a,
                                                        const stage_entry& b) noexcept {
    if (const auto o = a.number <=> b.number; o != 0) return o;
    if (const auto o = a.id <=> b.id; o != 0) return o;
    if (const auto o = a.source <=> b.source; o != 0) return o;
    if (const auto o = a.funnel <=> b.funnel; o != 0) return o;
    if (const auto o = a.stage <=> b.stage; o != 0) return o;
    if (const auto o = a.transition <=> b.transition; o != 0) return o;
    if (const auto o = a.reason <=> b.reason; o != 0) return o;
    if (const auto o = a.cause <=> b.cause; o != 0) return o;
    if (const auto o = a.cycle <=> b.cycle; o != 0) return o;
    if (const auto o = compare(a.sets, b.sets); o != 0) return o;
    if (const auto o = a.scores <=> b.scores; o != 0) return o;
    return a.model_version <=> b.model_version;
}

[[nodiscard]] inline instant instant_of(const event& e) noexcept {
    if (const auto* t = std::get_if<touchpoint>(&e)) return t->at;
    if (const auto* a = std::get_if<attributes>(&e)) return a->at;
    const auto* s = std::get_if<stage_entry>(&e);
    return s != nullptr ? s->at : never; // never: the variant is valueless after an exception
}

} // namespace detail

LEADFUNNEL_DECL std::strong_ordering history_order(const event& a, const event& b) noexcept {
    if (const auto o = detail::instant_of(a) <=> detail::instant_of(b); o != 0) return o;
    if (const auto o = a.index() <=> b.index(); o != 0) return o;
    if (const auto* x = std::get_if<touchpoint>(&a), *y = std::get_if<touchpoint>(&b); x && y)
        return detail::content_order(*x, *y);
    if (const auto* x = std::get_if<attributes>(&a), *y = std::get_if<attributes>(&b); x && y)
        return detail::content_order(*x, *y);
    if (const auto* x = std::get_if<stage_entry>(&a), *y = std::get_if<stage_entry>(&b); x && y)
        return detail::content_order(*x, *y);
    return std::strong_ordering::equal;
}

} // namespace leadfunnel::inline v0
