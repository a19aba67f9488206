// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// `wipe` for events, their parts, signals and explanations: overwrites their texts before the
/// memory is freed. Not for users.

#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/engine/signal.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/history/records.hpp>
#include <leadfunnel/score/explanation.hpp>

#include <variant>

namespace leadfunnel::inline v0::detail {

inline void wipe(touchpoint_kind& k) noexcept {
    for (auto* text : {&k.type, &k.campaign, &k.channel}) wipe(*text);
    wipe(k.properties);
}
inline void wipe(attributes& a) noexcept {
    for (auto* text : {&a.lead, &a.source, &a.id}) wipe(*text);
    wipe(a.values);
}
inline void wipe(touchpoint& t) noexcept {
    for (auto* text : {&t.lead, &t.type, &t.campaign, &t.channel, &t.source, &t.id}) wipe(*text);
    wipe(t.properties);
}
inline void wipe(stage_entry& g) noexcept {
    for (auto* text : {&g.lead, &g.funnel, &g.stage, &g.transition, &g.reason, &g.cause,
                       &g.model_version, &g.source, &g.id})
        wipe(*text);
    wipe(g.sets);
}
inline void wipe(event& e) noexcept {
    std::visit([](auto& x) { wipe(x); }, e);
}
inline void wipe(signal& s) noexcept {
    for (auto* text : {&s.lead, &s.subject, &s.from, &s.to, &s.cause, &s.reason, &s.explanation,
                       &s.model_version})
        wipe(*text);
}
inline void wipe(explanation& e) noexcept {
    for (auto* text : {&e.lead, &e.score, &e.excluded_by}) wipe(*text);
    for (auto& l : e.lines) {
        for (auto* text : {&l.name, &l.group, &l.description, &l.reason}) wipe(*text);
        wipe(l.cause);
    }
    for (auto& input : e.inputs) wipe(input);
}

} // namespace leadfunnel::inline v0::detail
