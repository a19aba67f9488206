// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// A part of engine.ipp, which defines `engine::state`.

#include <leadfunnel/engine/detail/live_engine.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/store/detail/ranking.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL std::vector<ranked_lead> engine::top(std::string_view score, std::size_t k,
                                                     instant at,
                                                     const engine_progress& progress) const {
    const auto s = used_plan().score(score);
    const auto t = state_->time(at);
    std::vector<ranked_lead> out;
    if (const auto* ranks = state_->live->ranks(s)) {
        state_->ranked(*ranks, s, progress, [&](const auto& r, const auto& exact) {
            const instant when{duration{t}};
            detail::ask_each(r.top(k, when, exact), when, exact,
                             [&](std::uint32_t n, const auto& of_lead) {
                                 out.push_back(state_->named({n, *of_lead}));
                             });
        });
        return out;
    }
    auto all = state_->all_scored(s, t, progress);
    const auto n = static_cast<std::ptrdiff_t>(std::min(k, all.size()));
    std::partial_sort(all.begin(), all.begin() + n, all.end());
    for (auto it = all.begin(); it != all.begin() + n; ++it) out.push_back(state_->named(*it));
    return out;
}

LEADFUNNEL_DECL std::optional<ranked_lead> engine::nth(std::string_view score, std::size_t n,
                                                       instant at,
                                                       const engine_progress& progress) const {
    const auto s = used_plan().score(score);
    const auto t = state_->time(at);
    if (const auto* ranks = state_->live->ranks(s)) {
        return state_->ranked(*ranks, s, progress,
                              [&](const auto& r, const auto& exact) -> std::optional<ranked_lead> {
                                  const instant when{duration{t}};
                                  const auto lead = r.nth(n + 1, when, exact);
                                  if (!lead) return std::nullopt;
                                  return state_->named({*lead, *exact(*lead, when)});
                              });
    }
    auto all = state_->all_scored(s, t, progress);
    if (n >= all.size()) return std::nullopt;
    const auto it = all.begin() + static_cast<std::ptrdiff_t>(n);
    std::nth_element(all.begin(), it, all.end());
    return state_->named(*it);
}

LEADFUNNEL_DECL std::optional<engine::state::lead_standing>
engine::state::standing(std::uint32_t lead, std::size_t s, std::int64_t t,
                        const engine_progress& progress) const {
    if (const auto* ranks = live->ranks(s)) {
        return ranked(*ranks, s, progress,
                      [&](const auto& r, const auto& exact) -> std::optional<lead_standing> {
                          const auto x = r.rank(lead, instant{duration{t}}, exact);
                          if (!x) return std::nullopt;
                          return lead_standing{static_cast<std::size_t>(x->rank),
                                               static_cast<std::size_t>(x->of)};
                      });
    }
    const auto all = all_scored(s, t, progress);
    const auto mine =
        std::find_if(all.begin(), all.end(), [&](const scored& x) { return x.lead == lead; });
    if (mine == all.end()) return std::nullopt;
    lead_standing out{1, all.size()};
    for (const auto& x : all)
        if (x.micros > mine->micros) ++out.rank;
    return out;
}

LEADFUNNEL_DECL std::optional<std::size_t> engine::rank(std::string_view lead,
                                                        std::string_view score, instant at,
                                                        const engine_progress& progress) const {
    const auto s =
        state_->standing(state_->lead(lead), used_plan().score(score), state_->time(at), progress);
    return s ? std::optional{s->rank} : std::nullopt;
}

LEADFUNNEL_DECL std::optional<double> engine::percentile(std::string_view lead,
                                                         std::string_view score, instant at,
                                                         const engine_progress& progress) const {
    const auto s =
        state_->standing(state_->lead(lead), used_plan().score(score), state_->time(at), progress);
    if (!s) return std::nullopt;
    return static_cast<double>(s->of - (s->rank - 1)) / static_cast<double>(s->of);
}

} // namespace leadfunnel::inline v0
