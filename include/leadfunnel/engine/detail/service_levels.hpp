// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Alerts and service levels. Not for users.

#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/engine/detail/lookup_index.hpp>
#include <leadfunnel/score/detail/explainer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace leadfunnel::inline v0::detail {

class service_levels : public lookup_index {
  protected:
    using lookup_index::lookup_index;

    /// Emits an alert, with an explanation if it has one, unless its cooldown is running. `cause`
    /// is the text of the transition that raises it, 0 for the alert's own condition.
    void raise(std::uint32_t lead, std::uint32_t a, std::int64_t t, std::uint32_t cause) {
        const auto& alert = p().alerts[a];
        auto& m = states_.alerts(lead)[a];
        if (m.raised != before_time && m.raised > t - alert.cooldown && alert.cooldown != 0) return;
        if (alert.explain != none32) {
            const auto& log = leads_[lead].log();
            const auto touchpoint_at = [&](std::size_t i) {
                auto x = log.touchpoint_at(words_, i);
                x.lead = leads_[lead].id;
                return x;
            };
            const wiped<explanation> why{explainer{*binding_, leads_[lead].id, log.view(), t,
                                                   touchpoint_at, cursor_->beats()}
                                             .explain(alert.explain)};
            outbox_.explain_next(to_string(*why, explanation_bytes_));
        }
        emit({.lead = lead,
              .subject = text(p().source.alerts[a].id),
              .cause = cause,
              .kind = signal_kind::alert});
        m.raised = t;
        m.armed = false;
    }
    /// Raises the alerts that are armed and whose condition holds, and re-arms others.
    void raise_alerts(std::uint32_t lead, std::int64_t t) {
        for (std::uint32_t a = 0; a < p().alerts.size(); ++a) {
            const auto& alert = p().alerts[a];
            if (alert.when == 0) continue;
            auto& m = states_.alerts(lead)[a];
            const bool holds = guard(lead, alert.when, t);
            if (alert.rearms ? guard(lead, alert.rearm, t) : !holds) m.armed = true;
            if (holds && m.armed) raise(lead, a, t, 0);
        }
    }

    /// Starts and stops SLAs as the lead's stages and timers say, and emits the warnings, breaches
    /// and fulfilments that are due. Leaving the stage, or a restart of the timer, ends an SLA
    /// silently.
    void check_slas(std::uint32_t lead, std::int64_t t) {
        if (!p().slas.empty()) drop_ended_slas(lead);
        for (std::uint32_t f = 0; f < p().funnels.size(); ++f) {
            const auto stage = place_of(lead, f).stage;
            if (stage == none32) continue;
            for (const auto n : p().funnels[f].stages[stage].slas) check_sla(lead, f, n, t);
        }
    }

  private:
    void drop_ended_slas(std::uint32_t lead) {
        auto& r = leads_[lead];
        for (std::size_t i = r.slas.size(); i-- > 0;) {
            const auto& m = r.slas[i];
            const auto& x = p().slas[m.sla];
            if (place_of(lead, x.funnel).stage != x.stage ||
                start(lead, x.funnel, x.due) != m.start)
                r.slas.erase(i);
        }
    }
    /// Checks SLA `n` of the stage that the lead is in, in funnel `f`.
    void check_sla(std::uint32_t lead, std::uint32_t f, std::uint32_t n, std::int64_t t) {
        auto& slas = leads_[lead].slas;
        const auto& x = p().slas[n];
        const auto from = start(lead, f, x.due);
        if (from == end_of_time) return;
        auto it =
            std::find_if(slas.begin(), slas.end(), [&](const sla_memory& m) { return m.sla == n; });
        if (it == slas.end()) {
            slas.push_back({from, n, 0});
            it = slas.end() - 1;
        }
        if ((it->done & sla_memory::settled) != 0) return;
        const auto stage = place_of(lead, f).stage;
        const auto due = deadline_from(lead, x.due, from);
        signal_record s{.due = due,
                        .lead = lead,
                        .subject = text(p().source.funnels[f].stages[stage].slas[x.number].id),
                        .to = stage_text(f, stage)};
        if (is_met(lead, n, from, due)) {
            s.kind = signal_kind::sla_met;
            it->done |= sla_memory::settled;
        } else if (t >= due) {
            s.kind = signal_kind::sla_breached;
            it->done |= sla_memory::settled;
        } else if (x.warn_before != 0 && t >= due - x.warn_before &&
                   (it->done & sla_memory::warned) == 0) {
            s.kind = signal_kind::sla_warning;
            it->done |= sla_memory::warned;
        } else {
            return;
        }
        emit(s);
    }
    /// Whether a touchpoint in (from, due) meets an SLA that is neither met nor breached.
    ///
    /// Touchpoints that an earlier look has tried need no second test, so each is tried once: the
    /// walk keeps the number of those (`unmet`). Amortised O(1) for each touchpoint.
    [[nodiscard]] bool is_met(std::uint32_t lead, std::uint32_t sla, std::int64_t from,
                              std::int64_t due) {
        const auto pattern = p().slas[sla].met_by;
        if (pattern == none32) return false;
        auto& walk = cursor_->state();
        if (walk.unmet.empty()) walk.unmet.resize(p().slas.size());
        const auto v = leads_[lead].log().view().touchpoints;
        for (auto i = walk.next_touchpoint; i-- > walk.unmet[sla];) {
            const auto at = v.at[i].time_since_epoch().count();
            if (at <= from) break;
            if (at < due &&
                binding_->matches(pattern, v.kind[i], v.value.empty() ? no_value : v.value[i]))
                return true;
        }
        walk.unmet[sla] = walk.next_touchpoint;
        return false;
    }
};

} // namespace leadfunnel::inline v0::detail
