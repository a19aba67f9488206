// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The live engine behind `engine`: events as they happen, time, and a change of model. Not for
/// users.
///
/// The engine is a chain of parts, which `live_data.hpp` lists. This is the last one.

#include <leadfunnel/engine/detail/loading.hpp>

#include <leadfunnel/history/detail/event_checks.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

class live_engine : public loading {
  public:
    explicit live_engine(plan p, const engine_options& o = {}) : loading(std::move(p), o) {
        bind();
        make_states(0);
        for (const auto& name : o.ranked)
            ranks_.add(this->p(), static_cast<std::uint32_t>(plan_.score(name)), 0);
    }
    /// The leads of another engine under another plan. They are not looked at yet: call `settle`
    /// next.
    live_engine(const live_engine& old, plan next, const engine_progress& progress = {})
        : loading(old, std::move(next)) {
        bind();
        make_states(leads_.size());
        queue_.resize(leads_.size());
        ranks_.resize(leads_.size());
        for (const auto r : old.ranks_.scores())
            if (const auto s = plan_.find_score(old.plan_.score_name(r)))
                ranks_.add(p(), static_cast<std::uint32_t>(*s), leads_.size());
        forget_index();
        mend_index([&](std::uint32_t n) { report_progress(progress, n, 2 * leads_.size()); });
    }

    /// Looks at every lead at the clock, starting from its state under the plan of `old`, and emits
    /// what the new plan changes. Returns the changes of bands and stages.
    replacement_report settle(const live_engine& old, const engine_progress& reported) {
        heeding deep{*this, reported, 2 * leads_.size(), leads_.size()};
        const auto progress = deep.reports();
        const settling in_the_end{*this};
        emit({.from = text(old.p().source.version),
              .to = version_,
              .kind = signal_kind::model_replaced});
        replacement_report report;
        for (std::uint32_t n = 0; n < leads_.size(); ++n) {
            report_progress(progress, leads_.size() + n, 2 * leads_.size());
            if (!leads_[n].is_root()) continue;
            inherit_state(n, old);
            look_again(n);
            for (const auto& banding : p().source.bandings)
                add_change(report.bands, leads_[n].id, banding.id, old.band_name_of(n, banding.id),
                           band_name_of(n, banding.id));
            for (const auto& funnel : p().source.funnels)
                add_change(report.stages, leads_[n].id, funnel.id, old.stage_name_of(n, funnel.id),
                           stage_name_of(n, funnel.id));
        }
        return report;
    }

    // ---- time

    /// Closes every instant before `t`: looks at the leads that are due.
    void close_before(std::int64_t t) {
        if (t <= clock_) return;
        run_due(t - 1);
        clock_ = t;
        closed_ = false;
    }
    /// Closes every instant up to and including `t`.
    void close(std::int64_t t) {
        if (t < clock_ || (t == clock_ && closed_)) return;
        run_due(t);
        clock_ = t;
        closed_ = true;
    }

    // ---- events

    /// Applies an event. Throws `event_error` on an event that no history can hold; then nothing
    /// has changed. `engine::apply` states the complexity.
    applied apply(const event& e) {
        return std::visit([&](const auto& x) { return apply(x); }, e);
    }

    applied apply(const touchpoint& t) {
        require_acceptable(t);
        const auto at = t.at.time_since_epoch().count();
        std::uint32_t known = none32;
        const auto kind_of = [&] {
            if (known == none32) {
                known = words_.kind(t);
                extend();
            }
            return known;
        };
        return apply_event(
            t.lead, at, event_kind::touchpoint, t.source, t.id,
            [&](std::uint32_t addressee, std::uint32_t now, std::uint32_t source) {
                const auto kind = kind_of();
                const auto place = each_log(addressee, event_kind::touchpoint, [&](lead_log& log) {
                    return log.insert(t, words_, kind, source);
                });
                look_after(now, at, event_kind::touchpoint, place, {kind, v0::store(t.value)});
            },
            [&](std::uint32_t now, std::uint32_t source) {
                if (!is_calm(now, at) || reacts_to(now, kind_of())) return false;
                auto& own = leads_[now].own;
                own.each_word(event_kind::touchpoint, own.insert(t, words_, kind_of(), source),
                              using_words{words_});
                return true;
            });
    }

    applied apply(const attributes& a) {
        require_acceptable(a);
        const auto at = a.at == always ? before_time : a.at.time_since_epoch().count();
        return apply_event(
            a.lead, at, event_kind::attributes, a.source, a.id,
            [&](std::uint32_t addressee, std::uint32_t now, std::uint32_t source) {
                const auto place = each_log(addressee, event_kind::attributes, [&](lead_log& log) {
                    return log.insert(a, words_, source);
                });
                extend();
                look_after(now, at, event_kind::attributes, place, {});
            },
            never_calm);
    }

    applied apply(const stage_entry& g) {
        require_acceptable(g);
        const auto at = g.at.time_since_epoch().count();
        std::string refusal;
        auto out = apply_event(
            g.lead, at, event_kind::stage_entry, g.source, g.id,
            [&](std::uint32_t addressee, std::uint32_t now, std::uint32_t source) {
                refusal = move(addressee, now, g, source);
            },
            never_calm);
        if (!refusal.empty()) {
            out.what = applied::outcome::refused;
            out.reason = std::move(refusal);
        }
        return out;
    }

    // ---- memory

    /// Bytes held, by purpose. O(n).
    [[nodiscard]] memory_report memory() const {
        memory_report m{.leads = roots_};
        const auto add = [&](const lead_log& log) {
            m.touchpoint_bytes += log.touchpoint_bytes();
            m.lead_bytes += log.other_bytes();
        };
        for (const auto& f : families_) {
            add(*f->log);
            m.lead_bytes += sizeof(family);
        }
        for (const auto& r : leads_) {
            m.touchpoints += r.own.touchpoints();
            add(r.own);
            m.lead_bytes += r.slas.memory() + r.parts.memory() + (r.walk ? r.walk->memory() : 0) +
                            (r.id.capacity() > 15 ? r.id.capacity() + 1 : 0);
        }
        m.lead_bytes += checkpoint_memory();
        m.lead_bytes += leads_.size() * (sizeof(lead_record) + states_.bytes_per_lead());
        m.lead_bytes += free_.memory();
        m.index_bytes = who_.memory().total() + ids_.memory() + queue_.memory();
        m.index_bytes += ranks_.memory();
        m.dictionary_bytes = words_.memory();
        m.outbox_bytes = outbox_.memory();
        return m;
    }

  private:
    /// Applies an event to a lead. `act_if_calm(lead, source)` tries first, for an event that may
    /// change nothing but the history, and returns whether it was one. Otherwise
    /// `act(addressee, root, source)` inserts the event and looks at the lead: `addressee` is the
    /// lead whose id the event has, `root` stands for it.
    template<class Act, class ActIfCalm>
    applied apply_event(std::string_view id, std::int64_t at, event_kind what,
                        std::string_view source, std::string_view source_id, const Act& act,
                        const ActIfCalm& act_if_calm) {
        if (id.empty()) throw event_error("an event names no lead", error_code::no_lead);
        if (at != before_time) close_before(at);
        const settling in_the_end{*this};
        const auto known = find(id);
        const auto addressee = known ? *known : new_lead(id);
        const auto now = root(addressee);
        applied out;
        out.late = at != before_time && is_late(at);
        try {
            const auto s = words_.source(source, source_id);
            if (!source_id.empty() && !words_.is_new_source(s) &&
                leads_[now].log().knows(what, s)) {
                out.what = applied::outcome::duplicate;
                return out;
            }
            if (out.late || addressee != now || !act_if_calm(now, s))
                atomically({now}, [&] { act(addressee, now, s); });
        } catch (...) {
            if (!known) drop(addressee);
            throw;
        }
        return out;
    }
    static constexpr auto never_calm = [](std::uint32_t, std::uint32_t) { return false; };

    /// Whether anything but the history may change when a calm lead gets a touchpoint of a kind: a
    /// rule matches it, or a transition or SLA of the stages that the lead is in.
    [[nodiscard]] bool reacts_to(std::uint32_t lead, std::uint32_t kind) const noexcept {
        if (!binding_->all_actions.of(kind).empty()) return true;
        const auto& matched = binding_->guard_matches[kind];
        if (matched.empty()) return false;
        for (std::size_t f = 0; f < p().funnels.size(); ++f) {
            const auto stage = place_of(lead, f).stage;
            for (const auto pattern : watched_patterns_[f][stage == none32 ? 0 : stage + 1])
                if (std::find(matched.begin(), matched.end(), pattern) != matched.end())
                    return true;
        }
        return false;
    }

    /// Looks at the leads that are due up to an instant, in order. If a look throws, those before
    /// it are done, and the lead stays due.
    void run_due(std::int64_t until) {
        for (;;) {
            step();
            const auto d = queue_.pop(until);
            if (!d) return;
            clock_ = std::max(clock_, d->due);
            try {
                atomically({d->lead}, [&] {
                    stand(d->lead, d->due);
                    look(d->lead, d->due, leads_[d->lead].due_shared, false, {});
                });
            } catch (...) {
                queue_.schedule(d->lead, d->due);
                throw;
            }
        }
    }

    // ---- change of model

    static void add_change(std::vector<replacement_report::change>& to, const std::string& lead,
                           const std::string& subject, std::string_view from,
                           std::string_view now) {
        if (from != now) to.push_back({lead, subject, std::string{from}, std::string{now}});
    }
    /// Takes over what the plan of `old` remembered of a lead, as far as ids agree: bands and
    /// classes that were signalled, alerts, and running SLAs.
    void inherit_state(std::uint32_t n, const live_engine& old) {
        for (std::size_t b = 0; b < p().bandings.size(); ++b) {
            const auto& banding = p().source.bandings[b];
            const auto signalled = old.band_name_of(n, banding.id);
            auto& m = states_.bands(n)[b];
            for (std::uint32_t i = 0; i < banding.bands.size(); ++i) {
                if (banding.bands[i].id != signalled) continue;
                m.signalled = m.now = i;
                ++band_counts_[b][i];
            }
        }
        for (std::size_t x = 0; x < p().matrices.size(); ++x) {
            const auto& m = p().matrices[x];
            states_.classes(n)[x] =
                class_number(m, band_of(n, m.rows).signalled, band_of(n, m.columns).signalled);
        }
        for (std::size_t i = 0; i < p().alerts.size(); ++i)
            for (std::size_t k = 0; k < old.p().alerts.size(); ++k)
                if (p().source.alerts[i].id == old.p().source.alerts[k].id)
                    states_.alerts(n)[i] = old.states_.alerts(n)[k];
        for (const auto& m : old.leads_[n].slas) {
            const auto id = old.sla_id(m.sla);
            for (std::uint32_t i = 0; i < p().slas.size(); ++i)
                if (sla_id(i) == id) leads_[n].slas.push_back({m.start, i, m.done});
        }
    }
};

} // namespace leadfunnel::inline v0::detail
