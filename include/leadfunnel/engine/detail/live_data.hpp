// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The data that all parts of a live engine share: leads, their state, the clock, the outbox. Not
/// for users.
///
/// `live_engine` is one class cut into a chain of parts, one file each, where every part derives
/// from the one before it:
///
///     live_data         leads, clock, counters, read access
///     plan_tables       the plan's names as numbers, uses of words, `emit`
///     guards            conditions of transitions and alerts
///     deadlines         timers, and the next instant at which a lead must be looked at
///     lead_walks        the cursor on a lead's history; scores and bands where it stands
///     lookup_index      who a lead is, by e-mail, account, owner and stage
///     service_levels    alerts and SLAs
///     rollback          operations that happen completely or not at all
///     transitions       moves between stages, and the look at a lead
///     merging           merges, their reversal, erasure
///     snapshot_content  what a snapshot holds
///     loading           initial events
///     live_engine       events as they happen, time, a change of model
///
/// A part uses the parts before it and never one behind it.
///
/// A *look* at a lead evaluates it at an instant and acts on the result: `transitions.hpp` says
/// what it does, `deadlines.hpp` when it happens.

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/hash_index.hpp>
#include <leadfunnel/core/detail/number_set.hpp>
#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/core/progress.hpp>
#include <leadfunnel/engine/detail/lead_record.hpp>
#include <leadfunnel/engine/detail/lead_state.hpp>
#include <leadfunnel/engine/detail/outbox.hpp>
#include <leadfunnel/engine/detail/ranked_scores.hpp>
#include <leadfunnel/engine/detail/thin_vector.hpp>
#include <leadfunnel/engine/detail/vocabulary.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/plan/detail/bound_program.hpp>
#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/score/detail/cursor.hpp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>
#include <leadfunnel/store/detail/slab_vector.hpp>
#include <leadfunnel/store/detail/timer_wheel.hpp>
#include <leadfunnel/store/identity.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// The data of an engine and read access to it. (More than 20 members: they are the shared state
/// of the engine. State that one part alone uses is private to that part.)
///
/// Leads have dense numbers, and the number of an erased lead is given to the next new one. A lead
/// that was merged into another keeps its number and its own events; the *root* of its family
/// stands for all of them.
class live_data {
  public:
    live_data(const live_data&) = delete;
    live_data& operator=(const live_data&) = delete;

    // ---- progress of long operations

    /// Long operations report progress once for this many events or leads.
    static constexpr std::size_t report_step = 4'096;
    /// Reports progress every `report_step` steps, where `done` counts up by one from call to call.
    static void report_progress(const engine_progress& progress, std::size_t done,
                                std::size_t all) {
        if (done % report_step == 0 && done != 0 && progress) progress(done, all);
    }

    /// While an object of this class lives, the engine calls `progress` during long work, down to
    /// the steps of a walk over one history. The callback cancels the work by throwing.
    class heeding {
      public:
        heeding(live_data& l, const progress_callback& progress, std::size_t all = 1,
                std::size_t done = 0)
            : of_(l), beats_(progress, all, done) {
            if (progress) of_.cursor_->heed(&beats_);
        }
        ~heeding() { of_.cursor_->heed(nullptr); }
        heeding(const heeding&) = delete;
        heeding& operator=(const heeding&) = delete;
        /// A callback for reports of events or leads. The steps of walks repeat its latest report.
        [[nodiscard]] engine_progress reports() {
            return [this](std::size_t done, std::size_t all) { beats_.report(done, all); };
        }

      private:
        live_data& of_;
        pulse beats_;
    };
    /// Counts one event or lead as work done. Throws what the progress callback throws.
    void step() { cursor_->step(256); }

    // ---- prefetching
    //
    // Leads and histories are scattered over memory, so a pass over many leads would mostly wait
    // for the next one. Callers request memory some leads ahead. Each step reads only what an
    // earlier step has requested.

    [[nodiscard]] std::uint64_t hash_of(std::string_view id) const noexcept { return id_hash_(id); }
    /// Step 1: the entry of the id table.
    void prefetch_number(std::uint64_t hash) const noexcept { ids_.prefetch(hash); }
    /// Step 2: the lead's record, state and timer. Returns the number that the lead probably has,
    /// `none32` if there is none.
    [[nodiscard]] std::uint32_t prefetch_lead(std::uint64_t hash) const noexcept {
        const auto n = ids_.guess(hash);
        if (n == hash_index::none) return none32;
        leads_.prefetch(n);
        states_.prefetch(n);
        queue_.prefetch(n);
        return n;
    }
    /// Step 3: what inserting an event reads of the lead's history.
    void prefetch_history(std::uint32_t n) const noexcept { leads_[n].own.prefetch(); }

    /// For a pass over all leads in order that stands at lead n: a later lead's history.
    void prefetch_after(std::uint32_t n) const noexcept {
        constexpr std::uint32_t ahead = 8;
        if (n + ahead < leads_.size()) prefetch_all(n + ahead);
    }
    /// For a pass in any order: the record, and some leads later the history.
    void prefetch_record(std::uint32_t n) const noexcept { leads_.prefetch(n); }
    void prefetch_all(std::uint32_t n) const noexcept { leads_[n].own.prefetch_all(); }

    // ---- leads

    /// The number of a lead id, merged leads included. O(length of the id).
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view id) const {
        const auto n = ids_.find(hash_of(id), [&](std::uint32_t i) { return leads_[i].id == id; });
        return n == hash_index::none ? std::nullopt : std::optional{n};
    }
    /// The lead that stands for a lead now: the root of its family, or itself. O(1).
    [[nodiscard]] std::uint32_t root(std::uint32_t lead) const noexcept {
        const auto* kin = leads_[lead].kin;
        return kin == nullptr ? lead : kin->root;
    }
    /// A lead, followed by all leads that are merged into it. O(result).
    [[nodiscard]] std::vector<std::uint32_t> whole(std::uint32_t lead) const {
        std::vector<std::uint32_t> all{lead};
        for (std::size_t i = 0; i < all.size(); ++i)
            all.insert(all.end(), leads_[all[i]].parts.begin(), leads_[all[i]].parts.end());
        return all;
    }
    [[nodiscard]] const slab_vector<lead_record>& leads() const noexcept { return leads_; }
    /// The number of leads that are neither merged into another nor erased.
    [[nodiscard]] std::size_t roots() const noexcept { return roots_; }

    // ---- plan, words and clock

    [[nodiscard]] const plan& used_plan() const noexcept { return plan_; }
    [[nodiscard]] const program& p() const noexcept { return plan_access::of(plan_); }
    [[nodiscard]] const bound_program& bound() const noexcept { return *binding_; }
    [[nodiscard]] const vocabulary& words() const noexcept { return words_; }
    [[nodiscard]] const identity_options& indices() const noexcept { return indices_; }
    /// The order of leads by a score; null if it is not kept, or must be rebuilt first.
    [[nodiscard]] const ranking* ranks(std::size_t score) const noexcept {
        return ranks_.find(score);
    }
    [[nodiscard]] std::int64_t clock() const noexcept { return clock_; }
    /// Whether the clock's own instant is closed, too.
    [[nodiscard]] bool is_closed() const noexcept { return closed_; }
    /// Whether an event at `t` is late: before the clock, or at an instant that is closed.
    [[nodiscard]] bool is_late(std::int64_t t) const noexcept {
        return t < clock_ || (t == clock_ && closed_);
    }

    // ---- stages and bands

    [[nodiscard]] const place& place_of(std::uint32_t lead, std::size_t funnel) const noexcept {
        return states_.places(lead)[funnel];
    }
    [[nodiscard]] const band_memory& band_of(std::uint32_t lead,
                                             std::size_t banding) const noexcept {
        return states_.bands(lead)[banding];
    }
    /// The band at the clock, given the scores at the clock.
    [[nodiscard]] std::uint32_t band_at(std::uint32_t lead, std::size_t banding,
                                        const std::vector<reading>& readings) const {
        const auto& m = band_of(lead, banding);
        auto look = m.seen == clock_ ? m.folded : m.latest;
        look.see(p().bandings[banding], readings[p().bandings[banding].score], clock_);
        return look.band();
    }
    /// The band that the last signal of a banding named; empty if there is no band, or no such
    /// banding.
    [[nodiscard]] std::string_view band_name_of(std::uint32_t lead,
                                                std::string_view banding) const {
        for (std::size_t b = 0; b < p().bandings.size(); ++b) {
            if (p().source.bandings[b].id != banding) continue;
            const auto band = band_of(lead, b).signalled;
            return band == no_band_index ? std::string_view{}
                                         : p().source.bandings[b].bands[band].id;
        }
        return {};
    }
    /// The stage a lead is in; empty if it is in none, or there is no such funnel.
    [[nodiscard]] std::string_view stage_name_of(std::uint32_t lead,
                                                 std::string_view funnel) const {
        for (std::size_t f = 0; f < p().funnels.size(); ++f) {
            if (p().source.funnels[f].id != funnel) continue;
            const auto stage = place_of(lead, f).stage;
            return stage == none32 ? std::string_view{} : p().source.funnels[f].stages[stage].id;
        }
        return {};
    }
    /// The number of leads in a stage. O(1).
    [[nodiscard]] std::size_t stage_count(std::size_t funnel, std::size_t stage) const noexcept {
        return stage_counts_[funnel][stage];
    }
    /// The number of leads in a band at their last look. O(1).
    [[nodiscard]] std::size_t band_count(std::size_t banding, std::size_t band) const noexcept {
        return band_counts_[banding][band];
    }

    // ---- signals

    [[nodiscard]] signal signal_at(std::size_t i) const {
        return outbox_.at(
            i, words_, [&](std::uint32_t lead) -> const std::string& { return leads_[lead].id; });
    }
    [[nodiscard]] std::size_t signal_count() const noexcept { return outbox_.size(); }
    [[nodiscard]] std::uint64_t first_sequence() const noexcept { return outbox_.first_sequence(); }
    void acknowledge(std::uint64_t up_to) { outbox_.acknowledge(up_to, words_); }

  protected:
    live_data(plan p, const engine_options& o)
        : plan_(std::move(p)), indices_{.by_email = o.index_email,
                                        .by_account = o.index_account,
                                        .by_owner = o.index_owner,
                                        .by_stage = o.index_stage,
                                        .by_id = false},
          who_(indices_), explanation_bytes_(o.explanation_bytes) {}

    /// Copies leads with their histories, the clock and the outbox, for another plan. Everything
    /// that follows from the plan is left to be made: states, timers, ranks, index.
    live_data(const live_data& old, plan next)
        : plan_(std::move(next)), words_(old.words_), indices_(old.indices_), who_(indices_),
          free_(old.free_), roots_(old.roots_), clock_(old.clock_), closed_(old.closed_),
          outbox_(old.outbox_), explanation_bytes_(old.explanation_bytes_) {
        for (const auto& f : old.families_)
            families_.push_back(std::make_unique<family>(
                family{std::make_unique<lead_log>(*f->log), f->root, f->members, f->place}));
        const bool has_owners = old.p().owner != none32 && this->p().owner != none32 &&
                                old.p().source.roles.owner == this->p().source.roles.owner;
        leads_.reserve(old.leads_.size());
        for (const auto& r : old.leads_) {
            const auto n = static_cast<std::uint32_t>(leads_.size());
            ids_.reserve_one();
            auto& mine = leads_.push_back({});
            mine.id = r.id;
            if (!r.erased) ids_.add(hash_of(r.id), n);
            mine.own = r.own;
            if (r.kin != nullptr) mine.kin = families_[r.kin->place].get();
            mine.parts = r.parts;
            mine.merged_into = r.merged_into;
            if (has_owners) mine.owner = r.owner;
            mine.erased = r.erased;
            mine.last_signal = r.last_signal;
        }
    }
    ~live_data() = default;

    /// The number of a lead id; a new lead if the id is unknown. Throws `event_error` if it is
    /// empty.
    std::uint32_t lead(std::string_view id) {
        if (const auto found = find(id)) return *found;
        return new_lead(id);
    }
    /// Adds a lead under the least free number. Precondition: the id is unknown. Throws
    /// `event_error` if the id is empty, std::bad_alloc; then nothing has changed.
    std::uint32_t new_lead(std::string_view id) {
        if (id.empty()) throw event_error("an event names no lead", error_code::no_lead);
        const auto free = free_.first();
        const auto n = free.value_or(static_cast<std::uint32_t>(leads_.size()));
        if (!free) {
            leads_.reserve(n + 1);
            states_.reserve(n + 1);
            free_.reserve(n + 1);
            queue_.resize(grown(n + 1));
            ranks_.resize(grown(n + 1));
        }
        ids_.reserve_one();
        wiped<std::string> own{std::string{id}};
        who_.insert({.lead = n});
        // Nothing below allocates.
        if (free)
            free_.erase(n);
        else
            leads_.push_back({});
        auto& r = leads_[n];
        r.erased = false;
        r.id.swap(*own);
        states_.clear(n);
        ids_.add(hash_of(id), n);
        ++roots_;
        return n;
    }

    /// Initial states for n leads.
    void make_states(std::size_t n) {
        states_ = lead_state{p().funnels.size(), p().bandings.size(), p().alerts.size(),
                             p().matrices.size()};
        states_.reserve(n);
        for (std::uint32_t i = 0; i < n; ++i) states_.clear(i);
    }
    /// Adds a lead to the numbers of leads in its stages (by 1), or removes it (by −1).
    void count_stages(std::uint32_t n, int by) noexcept {
        for (std::size_t f = 0; f < p().funnels.size(); ++f)
            if (const auto s = place_of(n, f).stage; s != none32)
                stage_counts_[f][s] += static_cast<std::size_t>(by);
    }
    /// The same for bands.
    void count_bands(std::uint32_t n, int by) noexcept {
        for (std::size_t b = 0; b < p().bandings.size(); ++b)
            if (const auto x = band_of(n, b).now; x != no_band_index)
                band_counts_[b][x] += static_cast<std::size_t>(by);
    }

    /// The text that a role's attribute has by the number of a value. Empty if the model has no
    /// such role, or the value is no text.
    [[nodiscard]] std::string_view role_text(std::uint32_t role, std::uint32_t v) const {
        if (role == none32) return {};
        const auto name = binding_->name_of_attribute[role];
        const auto* s = std::get_if<std::string>(&words_.words().attribute_values[name][v]);
        return s == nullptr ? std::string_view{} : *s;
    }

    // ---- families

    /// A family of these leads, the root first, with the union of their histories; null for one
    /// lead. O(n log n) for n events.
    [[nodiscard]] std::unique_ptr<family>
    family_of(const std::vector<std::uint32_t>& members) const {
        if (members.size() == 1) return nullptr;
        std::vector<const lead_log*> logs;
        for (const auto n : members) logs.push_back(&leads_[n].own);
        return std::make_unique<family>(
            family{std::make_unique<lead_log>(lead_log::united(logs, words_)), members.front(),
                   members.size()});
    }
    /// Lets the next n calls of `found` allocate nothing.
    void make_room_for_families(std::size_t n) {
        if (families_.size() + n > families_.capacity())
            families_.reserve(thin_room(families_.size() + n));
    }
    /// Adds a family.
    family* found(std::unique_ptr<family> made) {
        made->place = families_.size();
        families_.push_back(std::move(made));
        return families_.back().get();
    }
    /// Removes a family; null is none. O(1).
    void dissolve(family* kin) noexcept {
        if (kin == nullptr) return;
        const auto place = kin->place;
        families_.back()->place = place;
        families_[place].swap(families_.back());
        families_.pop_back();
    }

    plan plan_;
    vocabulary words_;
    std::unique_ptr<bound_program> binding_; // the plan, bound to the vocabulary

    identity_options indices_;
    identity who_; // the lookup index; it holds every lead's number
    slab_vector<lead_record> leads_;
    number_set free_; // numbers of erased leads
    std::vector<std::unique_ptr<family>> families_;
    text_hash id_hash_;
    hash_index ids_;
    lead_state states_;
    std::size_t roots_ = 0;
    timer_wheel queue_; // when each lead must be looked at next
    std::int64_t clock_ = before_time;
    bool closed_ = false; // the clock's instant

    std::vector<std::vector<std::size_t>> stage_counts_; // by funnel and stage
    std::vector<std::vector<std::size_t>> band_counts_;  // by banding and band

    ranked_scores ranks_;
    outbox outbox_;
    std::size_t explanation_bytes_ = 0; // the most that an alert's explanation takes

    std::unique_ptr<cursor<>> cursor_;               // the writer's
    const std::vector<reading>* readings_ = nullptr; // of the last evaluation of `cursor_`

  private:
    /// A capacity for n elements that grows by half.
    static std::size_t grown(std::size_t n) noexcept {
        std::size_t c = 16;
        while (c < n) c += c / 2;
        return c;
    }
};

} // namespace leadfunnel::inline v0::detail
