// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The writer's walk over a lead's history, and the scores and bands where it stands. Not for
/// users.
///
/// One cursor serves all leads. It costs little to start over on a short history, so only walks
/// over long ones are kept, in their leads' records. A walk that is kept goes on from where it
/// stood; an event that belongs before that point usually makes it worthless.

#include <leadfunnel/core/detail/empty_out.hpp>
#include <leadfunnel/engine/detail/deadlines.hpp>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

class lead_walks : public deadlines {
  public:
    /// From how many events on a lead's walk is kept. A matter of time and memory only: no result
    /// depends on it. (Tests set it.)
    void keep_walks_from(std::size_t events) noexcept { kept_from_ = events; }

  protected:
    using deadlines::deadlines;

    // ---- the cursor

    /// Moves the cursor to `t` on a lead, with everything up to `t` applied. If the walk throws, it
    /// is forgotten.
    cursor<>& stand(std::uint32_t lead, std::int64_t t) {
        auto& c = *cursor_;
        auto& r = leads_[lead];
        const auto view = r.log().view();
        if (cursor_lead_ == lead && c.now() <= t) {
            c.renew(view);
        } else if (r.walk && r.walk->now <= t) {
            c.resume(view, *r.walk);
        } else {
            begin_walk(r, view);
        }
        cursor_lead_ = lead;
        try {
            c.advance(t);
        } catch (...) {
            forget_walk(lead);
            throw;
        }
        return c;
    }
    /// Like `stand`, for full scans: uses cached walk state and never creates any.
    void pass(std::uint32_t lead, std::int64_t t) {
        if (cursor_lead_ == lead || leads_[lead].walk) {
            stand(lead, t);
            return;
        }
        cursor_lead_ = none32;
        cursor_->seek(leads_[lead].log().view(), cursor<>::mode::everything);
        cursor_->advance(t);
    }
    /// Forgets a lead's walk, because its history changed before the point where the walk stands.
    void forget_walk(std::uint32_t lead) noexcept {
        if (cursor_lead_ == lead) cursor_lead_ = none32;
        checkpoints_.erase(lead);
        if (entered_.lead == lead) entered_.lead = none32;
        leads_[lead].walk.reset();
        leads_[lead].calm_until = before_time;
    }
    /// Makes the next `stand` start over or go on from a walk that is kept.
    void leave_lead() noexcept { cursor_lead_ = none32; }

    /// Whether, as of the last look, nothing happens by itself up to `at`, which is the clock, and
    /// an event at `at` comes last in the history of the lead, which is not merged.
    [[nodiscard]] bool is_calm(std::uint32_t lead, std::int64_t at) const noexcept {
        const auto& r = leads_[lead];
        return at <= r.calm_until && at >= clock_ && r.kin == nullptr &&
               at > r.own.last().time_since_epoch().count() &&
               (cursor_lead_ != lead || at > cursor_->now()) && (!r.walk || at > r.walk->now);
    }

    /// Moves the cursor to the clock after an event at `at` was inserted into a lead's history, at
    /// `place` among its kind. Returns whether the clock is an evaluation instant of the scores.
    bool stand_after(std::uint32_t lead, std::int64_t at, event_kind what, std::size_t place) {
        const bool goes_on = comes_next(lead, at, what, place) || catch_up(lead, at, what, place);
        if (at < clock_) {
            forget_walk(lead);
            return refold_bands(lead);
        }
        if (!goes_on) rewalk(lead, what);
        stand(lead, clock_);
        return true;
    }
    /// Walks a lead's whole history up to the clock, carrying its bands along, and stores these as
    /// of before the clock. Returns whether the clock is an evaluation instant of the scores.
    bool refold_bands(std::uint32_t lead) {
        auto& c = *cursor_;
        begin_walk(leads_[lead], leads_[lead].log().view());
        std::vector<std::size_t> all(p().bandings.size());
        for (std::size_t b = 0; b < all.size(); ++b) all[b] = b;
        band_fold<cursor<>> fold{c, *binding_, all};
        fold.fold_until(clock_ - 1);
        for (std::size_t b = 0; b < all.size(); ++b) {
            auto& m = states_.bands(lead)[b];
            m.folded = m.latest = fold.state(b);
            m.seen = clock_ - 1;
        }
        const bool shared = c.next_stop() == clock_ || c.fades_at(clock_);
        c.advance(clock_);
        cursor_lead_ = lead;
        return shared;
    }
    /// Reads a lead's stages from its history.
    void reread_places(std::uint32_t n) {
        count_stages(n, -1);
        const auto places = states_.places(n);
        std::fill(places.begin(), places.end(), place{});
        const auto& log = leads_[n].log();
        const auto stages = log.view().stages;
        for (std::size_t i = 0; i < stages.size(); ++i) {
            const auto [f, stage] = stage_places_[stages[i].kind];
            if (f == none32) continue;
            auto& here = places[f];
            const auto cycle = log.detail_at(i).cycle;
            here = {stages[i].at.time_since_epoch().count(), stage, cycle != 0 ? cycle : here.cycle,
                    here.entries + 1};
        }
        count_stages(n, 1);
    }
    /// Whether the lead that is looked at has entered a stage at `t`, the instant of the look.
    /// Amortised O(1), however many entries it has at that instant.
    [[nodiscard]] bool was_entered(std::uint32_t lead, std::uint32_t f, std::uint32_t stage,
                                   std::int64_t t) {
        if (place_of(lead, f).since != t) return false;
        const auto stages = leads_[lead].log().view().stages;
        if (entered_.lead != lead || entered_.at != t) {
            const auto first =
                std::lower_bound(stages.begin(), stages.end(), instant{duration{t}},
                                 [](const stage_record& r, instant at) { return r.at < at; });
            entered_.lead = lead;
            entered_.at = t;
            entered_.next = static_cast<std::size_t>(first - stages.begin());
            empty_out(entered_.places);
        }
        // Later entries at this instant stand behind those that have been counted.
        for (; entered_.next < stages.size(); ++entered_.next)
            entered_.places.insert(stage_places_[stages[entered_.next].kind]);
        return entered_.places.contains({f, stage});
    }

    /// Bytes of the walks that checkpoints hold.
    [[nodiscard]] std::size_t checkpoint_memory() const noexcept {
        std::size_t bytes = 0;
        for (const auto& [lead, walk] : checkpoints_) bytes += walk->memory();
        return bytes;
    }

    // ---- scores, bands and owners where the cursor stands

    /// Why scores and bands are read.
    enum class reads : std::uint8_t {
        for_guard,    ///< before a move that may be rejected: nothing is remembered or emitted
        at_deadline,  ///< an instant of the engine: a banding whose dwell ends remembers and emits
        after_event,  ///< bandings emit; one whose dwell ends remembers, too
        as_evaluation ///< an evaluation instant of the scores: bandings remember and emit
    };
    /// Evaluates the scores where the cursor stands, reads bands and classes from them, and emits
    /// what has changed. The number of leads in each band follows.
    void read(std::uint32_t lead, std::int64_t t, reads why) {
        readings_ = &cursor_->evaluate();
        for (std::size_t b = 0; b < p().bandings.size(); ++b) read_band(lead, b, t, why);
        for (std::size_t x = 0; x < p().matrices.size(); ++x) read_class(lead, x);
    }
    /// Stores the owner where the cursor stands, and emits `assigned` if it is another one.
    void notice_owner(std::uint32_t lead, std::uint32_t cause) {
        if (p().owner == none32) return;
        const auto now = cursor_->attribute(p().owner);
        const auto before = leads_[lead].owner;
        if (now == before) return;
        emit({.lead = lead,
              .subject = text(p().source.roles.owner),
              .from = owner_text(before),
              .to = owner_text(now),
              .cause = cause,
              .kind = signal_kind::assigned});
        set_owner(lead, now);
    }

  private:
    void read_band(std::uint32_t lead, std::size_t b, std::int64_t t, reads why) {
        const auto& banding = p().bandings[b];
        auto& m = states_.bands(lead)[b];
        const auto& r = (*readings_)[banding.score];
        bool remembers = why == reads::as_evaluation;
        if (why != reads::for_guard && m.seen != t && m.latest.dwell_end(banding) == t)
            remembers = true;
        band_state look = m.latest;
        if (remembers || m.seen == t) {
            if (m.seen != t) m.folded = m.latest;
            m.seen = t;
            m.latest = m.folded;
            m.latest.see(banding, r, t);
            look = m.latest;
        } else {
            look.see(banding, r, t);
        }
        if (m.now != look.band()) {
            if (m.now != no_band_index) --band_counts_[b][m.now];
            if (look.band() != no_band_index) ++band_counts_[b][look.band()];
            m.now = look.band();
        }
        if ((why == reads::after_event || remembers) && m.signalled != m.now) {
            emit({.lead = lead,
                  .subject = names_.bandings[b],
                  .from = band_text(b, m.signalled),
                  .to = band_text(b, m.now),
                  .kind = signal_kind::band_changed});
            m.signalled = m.now;
        }
    }
    /// Emits a change of class, as of the bands that were last signalled.
    void read_class(std::uint32_t lead, std::size_t x) {
        auto& signalled = states_.classes(lead)[x];
        const auto& m = p().matrices[x];
        const auto now =
            class_number(m, band_of(lead, m.rows).signalled, band_of(lead, m.columns).signalled);
        if (signalled == now) return;
        if (class_text(m, signalled) == class_text(m, now)) { // cells may share a name
            signalled = now;
            return;
        }
        emit({.lead = lead,
              .subject = text(p().source.matrices[x].id),
              .from = class_text(m, signalled),
              .to = class_text(m, now),
              .kind = signal_kind::class_changed});
        signalled = now;
    }

    void begin_walk(lead_record& r, const lead_view& view) {
        cursor_lead_ = none32;
        const auto length =
            view.touchpoints.size() + view.stages.size() + view.attributes.size() / facts_an_event;
        if (length < kept_from_) {
            r.walk.reset();
        } else if (!r.walk) {
            try {
                r.walk = std::make_unique<cursor_state>(*binding_);
            } catch (const std::bad_alloc&) { // walked like a short one
            }
        }
        if (r.walk)
            cursor_->seek(view, cursor<>::mode::everything, *r.walk);
        else
            cursor_->seek(view, cursor<>::mode::everything);
    }

    /// Whether the lead's walk applies an event that was just inserted when it goes on. It does if
    /// the event is later than the walk; or at the walk's instant and the last of its kind there,
    /// and the walk has not applied anything that comes after this kind.
    [[nodiscard]] bool comes_next(std::uint32_t lead, std::int64_t at, event_kind what,
                                  std::size_t place) const {
        const auto& r = leads_[lead];
        const bool is_here = cursor_lead_ == lead;
        if (!is_here && !r.walk) return true; // there is no walk
        const auto& walk = is_here ? cursor_->state() : *r.walk;
        if (at != walk.now) return at > walk.now;
        if (is_past_touchpoints(lead, walk)) return false;
        const auto view = r.log().view();
        if (what == event_kind::touchpoint)
            return walk.next_touchpoint + 1 == view.touchpoints.size() &&
                   place == walk.next_touchpoint;
        return place + 1 == r.log().fact_event_count() && !has_touchpoints_at(lead, at);
    }
    /// Whether a lead has touchpoints at an instant or later.
    [[nodiscard]] bool has_touchpoints_at(std::uint32_t lead, std::int64_t at) const noexcept {
        const auto all = leads_[lead].log().view().touchpoints.at;
        return !all.empty() && all.back().time_since_epoch().count() >= at;
    }
    /// Whether a walk has applied what comes after touchpoints at the instant where it stands: an
    /// award for inactivity, or a stage entry.
    [[nodiscard]] bool is_past_touchpoints(std::uint32_t lead,
                                           const cursor_state& walk) const noexcept {
        const auto stages = leads_[lead].log().view().stages;
        return walk.last_deadline == walk.now ||
               (!stages.empty() && stages.back().at.time_since_epoch().count() >= walk.now);
    }

    /// Applies an event of the clock's instant that was inserted behind the point where the walk
    /// stands, if the result is the same as in history order. Returns whether it did. For example,
    /// a second form at one instant gives its points whether it is applied first or last, unless a
    /// rule depends on the order.
    bool catch_up(std::uint32_t lead, std::int64_t at, event_kind what, std::size_t place) {
        auto& r = leads_[lead];
        if (at != clock_ || !r.walk || r.walk->now != at) return false;
        const auto view = r.log().view();
        auto& c = *cursor_;
        cursor_lead_ = none32;
        if (what == event_kind::attributes) {
            if (is_past_touchpoints(lead, *r.walk) || has_touchpoints_at(lead, at)) return false;
            c.resume(view, *r.walk);
            if (!c.take_facts(r.log().facts_until(place))) return false;
            cursor_lead_ = lead;
            return true;
        }
        if (!is_past_touchpoints(lead, *r.walk)) {
            c.resume(view, *r.walk);
            if (!c.takes(place)) return false;
            c.take(place);
            cursor_lead_ = lead;
            return true;
        }
        // Go on from the checkpoint before the stage entries; the walk becomes a copy of it.
        const auto before = checkpoints_at_ == at ? checkpoints_.find(lead) : checkpoints_.end();
        if (before == checkpoints_.end()) return false;
        auto& then = *before->second;
        c.resume(view, then);
        if (!c.takes(place)) return false;
        try {
            c.take(place);
            *r.walk = then;
        } catch (...) {
            cursor_lead_ = none32;
            forget_walk(lead);
            throw;
        }
        c.resume(view, *r.walk);
        cursor_lead_ = lead;
        return true;
    }
    /// Walks from the start up to the clock. If the event was a touchpoint of the clock's instant,
    /// more may follow, so the walk leaves a checkpoint before what comes after touchpoints.
    void rewalk(std::uint32_t lead, event_kind what) {
        forget_walk(lead);
        auto& r = leads_[lead];
        begin_walk(r, r.log().view());
        cursor_lead_ = lead;
        if (what != event_kind::touchpoint || !r.walk) return;
        try {
            cursor_->advance_before_stages(clock_);
            if (checkpoints_at_ != clock_) empty_out(checkpoints_);
            checkpoints_at_ = clock_;
            checkpoints_[lead] = std::make_unique<cursor_state>(*r.walk);
        } catch (...) {
            forget_walk(lead);
            throw;
        }
    }

    std::uint32_t cursor_lead_ = none32; // the lead the cursor is on, if its walk is valid
    /// By lead: the walk of a long history before the stage entries, and whatever else comes after
    /// touchpoints, of the instant `checkpoints_at_`.
    boost::unordered_flat_map<std::uint32_t, std::unique_ptr<cursor_state>> checkpoints_;
    std::int64_t checkpoints_at_ = before_time;
    /// Funnels and stages that a lead has entered at an instant, as far as its first `next` stage
    /// entries say.
    struct {
        std::uint32_t lead = none32;
        std::int64_t at = before_time;
        std::size_t next = 0;
        boost::unordered_flat_set<std::pair<std::uint32_t, std::uint32_t>> places;
    } entered_;
    std::size_t kept_from_ = 32;                      // events
    static constexpr std::size_t facts_an_event = 16; // attributes that cost as much as an event
};

} // namespace leadfunnel::inline v0::detail
