// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Moves of leads between stages, and the look at a lead from which everything follows. Not for
/// users.
///
/// A *look* stands at an instant of a lead. It reads scores and bands, runs transitions, raises
/// alerts, checks SLAs, updates the index and rankings, and finds the lead's next due instant.

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/engine/detail/rollback.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// The touchpoint that causes a look; none by default.
struct trigger {
    std::uint32_t kind = none32;
    stored_value amount = no_value;
};

class transitions : public rollback {
  protected:
    using rollback::rollback;

    // ---- looks

    /// Looks at a lead where the cursor stands, at `t`. `shared` says that `t` is an evaluation
    /// instant of the scores, `is_event` that an event or a command causes the look.
    void look(std::uint32_t lead, std::int64_t t, bool shared, bool is_event, trigger by) {
        read(lead, t,
             shared     ? reads::as_evaluation
             : is_event ? reads::after_event
                        : reads::at_deadline);
        notice_owner(lead, host_);
        for (std::uint32_t f = 0; f < p().funnels.size(); ++f) run_funnel(lead, f, t, by);
        raise_alerts(lead, t);
        check_slas(lead, t);
        show(lead);
        ranks_.update(lead, *cursor_, *readings_);
        schedule(lead, t);
    }
    /// Looks at a lead after an event at `at` was inserted into its history, at `place` among its
    /// kind.
    void look_after(std::uint32_t lead, std::int64_t at, event_kind what, std::size_t place,
                    trigger by) {
        const bool shared = stand_after(lead, at, what, place);
        if (cursor_->first_event() == end_of_time) return show_unmoved(lead);
        look(lead, clock_, shared, true, by);
    }
    /// Looks at a lead whose history was replaced.
    void look_again(std::uint32_t n) {
        forget_walk(n);
        bool shared = false;
        if (clock_ == before_time) {
            stand(n, clock_);
        } else {
            reread_places(n);
            shared = refold_bands(n);
        }
        if (cursor_->first_event() == end_of_time) {
            queue_.cancel(n);
            return show_unmoved(n);
        }
        look(n, clock_, shared, true, {});
    }

    // ---- moves

    /// Applies a reported stage entry at the clock. Returns the reason if it is rejected, else an
    /// empty string. The entry is recorded under `addressee`, and `lead` is the root that moves.
    std::string move(std::uint32_t addressee, std::uint32_t lead, const stage_entry& g,
                     std::uint32_t source) {
        stand(lead, clock_);
        read(lead, clock_, reads::for_guard);
        const auto refuse = [&](std::string why, std::uint32_t from) {
            emit({.lead = lead,
                  .subject = text(g.funnel),
                  .from = from,
                  .to = text(g.stage),
                  .cause = text(g.cause.empty() ? "person" : g.cause),
                  .reason = text(why),
                  .kind = signal_kind::refused});
            ranks_.update(lead, *cursor_, *readings_); // the lead may be new
            return why;
        };
        const auto& funnels = p().source.funnels;
        std::uint32_t f = 0;
        while (f < funnels.size() && funnels[f].id != g.funnel) ++f;
        if (f == funnels.size()) return refuse("there is no funnel " + quote(g.funnel), 0);
        const auto& funnel = funnels[f];
        const auto here = place_of(lead, f).stage;
        std::uint32_t stage = 0;
        while (stage < funnel.stages.size() && funnel.stages[stage].id != g.stage) ++stage;
        if (stage == funnel.stages.size())
            return refuse("funnel " + quote(funnel.id) + " has no stage " + quote(g.stage),
                          stage_text(f, here));
        const auto transition = transition_to(lead, f, stage, g.transition);
        if (transition == none32) {
            const auto why = why_not_free(funnel, here, stage, g);
            if (!why.empty()) return refuse(why, stage_text(f, here));
        }
        notice_owner(lead, host_);
        enter({.addressee = addressee,
               .lead = lead,
               .funnel = f,
               .transition = transition,
               .stage = stage,
               .at = clock_,
               .cause = g.cause.empty() ? std::string_view{"person"} : g.cause,
               .reported = &g,
               .source = source});
        look(lead, clock_, true, true, {});
        return {};
    }

  private:
    /// A lead that has no events: nothing can happen to it, but it is indexed and ranked.
    void show_unmoved(std::uint32_t lead) {
        readings_ = &cursor_->evaluate();
        show(lead);
        ranks_.update(lead, *cursor_, *readings_);
    }

    /// Runs transitions of a funnel until none is enabled.
    void run_funnel(std::uint32_t lead, std::uint32_t f, std::int64_t t, trigger by) {
        const auto& funnel = p().funnels[f];
        for (bool moved = true; moved && !is_blocked();) { // a move may set what excludes
            moved = false;
            const auto& here = place_of(lead, f);
            const auto& leaving =
                here.stage == none32 ? funnel.entering : funnel.stages[here.stage].leaving;
            for (const auto n : leaving) {
                const auto& x = funnel.transitions[n];
                if (!is_triggered(lead, f, x, t, by) || was_entered(lead, f, x.to, t) ||
                    !guard(lead, x.when, t))
                    continue;
                enter({.addressee = lead,
                       .lead = lead,
                       .funnel = f,
                       .transition = n,
                       .stage = x.to,
                       .at = t,
                       .cause = cause_of(x.by)});
                moved = true;
                break;
            }
        }
    }
    /// The cause that is recorded with a stage entry.
    [[nodiscard]] static std::string_view cause_of(compiled_transition::trigger by) noexcept {
        switch (by) {
        case compiled_transition::trigger::condition:
            return "condition";
        case compiled_transition::trigger::touchpoint:
            return "touchpoint";
        case compiled_transition::trigger::timer:
            return "timer";
        case compiled_transition::trigger::manual:
            return "person";
        }
        return {};
    }
    [[nodiscard]] bool is_triggered(std::uint32_t lead, std::uint32_t f,
                                    const compiled_transition& x, std::int64_t t,
                                    trigger by) const {
        switch (x.by) {
        case compiled_transition::trigger::condition:
            return true;
        case compiled_transition::trigger::touchpoint:
            return by.kind != none32 && binding_->matches(x.on, by.kind, by.amount);
        case compiled_transition::trigger::timer:
            return deadline(lead, f, x.after) <= t;
        case compiled_transition::trigger::manual:
            return false;
        }
        return false;
    }

    /// The first transition into a stage that the lead may take now, and that has the given id if
    /// it is not empty; `none32` if there is none.
    [[nodiscard]] std::uint32_t transition_to(std::uint32_t lead, std::uint32_t f,
                                              std::uint32_t stage, std::string_view id) const {
        const auto& funnel = p().funnels[f];
        const auto here = place_of(lead, f).stage;
        for (const auto n : here == none32 ? funnel.entering : funnel.stages[here].leaving) {
            const auto& x = funnel.transitions[n];
            if (x.to == stage && (id.empty() || p().source.funnels[f].transitions[n].id == id) &&
                guard(lead, x.when, clock_))
                return n;
        }
        return none32;
    }
    /// Why a move without a transition is not allowed; empty if it is.
    [[nodiscard]] static std::string why_not_free(const funnel& f, std::uint32_t from,
                                                  std::uint32_t stage, const stage_entry& g) {
        if (!g.transition.empty())
            return "no transition " + quote(g.transition) + " leads there now";
        if (f.moves == manual_moves::declared) return "no declared transition leads there now";
        if (from == none32 && !f.stages[stage].entry)
            return "leads do not enter at " + quote(g.stage);
        return {};
    }

    /// A move that is allowed.
    struct allowed_move {
        std::uint32_t addressee = none32; // the lead under whose id the entry is recorded
        std::uint32_t lead = none32;      // its root, which moves
        std::uint32_t funnel = 0;
        std::uint32_t transition = none32; // none for a free move
        std::uint32_t stage = 0;
        std::int64_t at = 0;
        std::string_view cause;
        const stage_entry* reported = nullptr; // a manual move, as it was reported
        std::uint32_t source = 0;
    };
    /// Records a stage entry, emits it, and reads scores and bands again.
    void enter(const allowed_move& to) {
        const auto lead = to.lead;
        const auto f = to.funnel;
        const auto* x = transition_of(to);
        const auto e = entry_of(to);
        each_log(to.addressee, event_kind::stage_entry,
                 [&](lead_log& log) { return log.insert(e, words_); });
        extend();

        auto& here = states_.places(lead)[f];
        const auto cause = x != nullptr ? names_.transitions[f][to.transition] : e.detail.cause;
        emit({.lead = lead,
              .subject = names_.funnels[f],
              .from = stage_text(f, here.stage),
              .to = stage_text(f, to.stage),
              .cause = cause,
              .reason = e.detail.reason,
              .cycle = e.detail.cycle,
              .kind = signal_kind::stage_changed});
        if (here.stage != none32) --stage_counts_[f][here.stage];
        ++stage_counts_[f][to.stage];
        here = {to.at, to.stage, e.detail.cycle, here.entries + 1};

        // An award for inactivity that is due at this instant comes after the entry.
        if (cursor_->last_deadline() == to.at) forget_walk(lead);
        stand(lead, to.at);
        notice_owner(lead, x != nullptr ? cause : host_);
        if (x != nullptr && x->alert != none32) raise(lead, x->alert, to.at, cause);
        read(lead, to.at, reads::as_evaluation);
    }
    /// Null for a free move.
    [[nodiscard]] const compiled_transition* transition_of(const allowed_move& to) const noexcept {
        return to.transition == none32 ? nullptr
                                       : &p().funnels[to.funnel].transitions[to.transition];
    }
    /// The stage entry as logs store it, with the attributes that it sets and the scores of now.
    /// Valid until the next call.
    [[nodiscard]] new_stage entry_of(const allowed_move& to) {
        const auto* x = transition_of(to);
        const auto* reported = to.reported;
        const auto& funnel = p().source.funnels[to.funnel];
        const std::int32_t cycle =
            reported != nullptr && reported->cycle != 0
                ? static_cast<std::int32_t>(reported->cycle)
                : place_of(to.lead, to.funnel).cycle + (x != nullptr && x->cycle ? 1 : 0);
        new_stage e{.at = instant{duration{to.at}}};
        e.kind = x == nullptr ? words_.stage(funnel.id, funnel.stages[to.stage].id, {})
                              : stage_kind_of(to.funnel, to.transition, to.stage);
        e.detail = {.reason = reported == nullptr ? 0 : text(reported->reason),
                    .cause = text(to.cause),
                    .source = to.source,
                    .model_version = version_,
                    .cycle = cycle,
                    .number = leads_[to.lead].log().next_number(e.at)};
        new_facts_.clear();
        if (reported != nullptr || (x != nullptr && !x->sets.empty())) {
            wiped<value_map> sets;
            if (reported != nullptr) sets = reported->sets;
            if (x != nullptr)
                for (const auto& [a, v] : x->sets) (*sets)[p().source.attributes[a].id] = v;
            for (const auto& [name, v] : *sets) {
                const auto n = words_.attribute(name);
                new_facts_.push_back({e.at, n, words_.attribute_value(n, v)});
            }
        }
        record_scores(reported);
        e.scores = new_scores_;
        e.facts = new_facts_;
        return e;
    }
    /// The scores that are recorded with a stage entry: those that were reported, else those of the
    /// last evaluation.
    void record_scores(const stage_entry* reported) {
        new_scores_.clear();
        if (reported != nullptr && !reported->scores.empty()) {
            for (const auto& [name, v] : reported->scores)
                new_scores_.push_back({words_.recorded_score(name), v.micros()});
            return;
        }
        for (const auto i : names_.scores_in_order) {
            const auto& r = (*readings_)[i];
            if (r.excluded_by != none32) continue;
            auto& n = names_.scores[i];
            if (n == none32) n = words_.recorded_score(p().scores[i].id);
            new_scores_.push_back({n, r.value});
        }
    }

    std::vector<recorded_score> new_scores_; // what `entry_of` refers to
    std::vector<attribute_entry> new_facts_;
};

} // namespace leadfunnel::inline v0::detail
