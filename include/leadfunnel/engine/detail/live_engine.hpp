// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The live engine's inside: leads, what is remembered of each, and one look at a lead at an
/// instant, from which everything follows. Not for users.
///
/// A *look* takes a lead's events up to an instant, reads scores and bands, takes transitions,
/// raises alerts, checks service levels, and finds the lead's next *due* instant: the earliest at
/// which another look could find anything changed if nothing happens until then. Between looks
/// nothing is done for a lead, so that time costs what changes and no more.

#include <leadfunnel/core/detail/empty_out.hpp>
#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/hash_index.hpp>
#include <leadfunnel/core/detail/number_set.hpp>
#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/engine/detail/archive.hpp>
#include <leadfunnel/engine/detail/event_order.hpp>
#include <leadfunnel/engine/detail/lead_log.hpp>
#include <leadfunnel/engine/detail/lead_record.hpp>
#include <leadfunnel/engine/detail/lead_state.hpp>
#include <leadfunnel/engine/detail/ranked_scores.hpp>
#include <leadfunnel/engine/detail/vocabulary.hpp>
#include <leadfunnel/engine/detail/wiping_events.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/history/detail/event_checks.hpp>
#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>
#include <leadfunnel/score/detail/explainer.hpp>
#include <leadfunnel/store/detail/timer_wheel.hpp>
#include <leadfunnel/store/identity.hpp>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A signal, with numbers for words: texts are the vocabulary's.
struct signal_record {
    std::int64_t at = 0;
    std::int64_t due = 0;
    std::uint32_t lead = none32;
    std::uint32_t subject = 0;
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint32_t cause = 0;
    std::uint32_t reason = 0;
    std::uint32_t version = 0;
    std::int32_t cycle = 0;
    signal_kind kind{};

    // What is not archived, since it follows from the rest
    std::uint32_t named = none32; // whom a signal of a merge names, while its id is in `subject`
    std::uint64_t earlier = 0;    // the lead's signal before, by sequence
};

/// The texts of a signal.
template<class Do>
void each_text(const signal_record& s, const Do& text) {
    for (const auto t : {s.subject, s.from, s.to, s.cause, s.reason, s.version}) text(t);
}

template<class A>
void archive(A& a, signal_record& s) {
    archive(a, s.at);
    archive(a, s.due);
    for (auto* x : {&s.lead, &s.subject, &s.from, &s.to, &s.cause, &s.reason, &s.version})
        archive(a, *x);
    archive(a, s.cycle);
    archive(a, s.kind);
}
/// The touchpoint that a look is about, if it is about one.
struct trigger {
    std::uint32_t kind = none32;
    stored_value amount = no_value;
};

class live_engine {
  public:
    explicit live_engine(plan p, const engine_options& o = {})
        : plan_(std::move(p)), indices_{.by_email = o.index_email,
                                        .by_account = o.index_account,
                                        .by_owner = o.index_owner,
                                        .by_stage = o.index_stage,
                                        .by_id = false},
          who_(indices_), explanation_bytes_(o.explanation_bytes) {
        bind();
        make_memory(0);
        for (const auto& name : o.ranked)
            ranks_.add(this->p(), static_cast<std::uint32_t>(plan_.score(name)), 0);
    }

    /// The same leads under another plan, before anything has followed from it.
    live_engine(const live_engine& old, plan next, const engine_progress& progress = {})
        : plan_(std::move(next)), words_(old.words_), indices_(old.indices_), who_(indices_),
          is_index_current_(false), free_(old.free_), roots_(old.roots_), clock_(old.clock_),
          closed_(old.closed_), outbox_(old.outbox_), naming_(old.naming_),
          first_sequence_(old.first_sequence_), explanations_(old.explanations_),
          explanation_bytes_(old.explanation_bytes_) {
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
        bind();
        make_room(leads_.size());
        for (const auto r : old.ranks_.scores())
            if (const auto s = plan_.find_score(old.plan_.score_name(r)))
                ranks_.add(this->p(), static_cast<std::uint32_t>(*s), leads_.size());
        mend_index([&](std::uint32_t n) { report_progress(progress, n, 2 * leads_.size()); });
    }
    live_engine(const live_engine&) = delete;
    live_engine& operator=(const live_engine&) = delete;

    /// Acts on everything at the clock, as the plan of `old` has left it. What changed by it.
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
            remember(n, old);
            look_again(n);
            for (std::size_t b = 0; b < p().bandings.size(); ++b) {
                const auto& banding = p().source.bandings[b];
                const auto before = old.band_name_of(n, banding.id);
                const auto now = band_name_of(n, banding.id);
                if (before != now)
                    report.bands.push_back(
                        {leads_[n].id, banding.id, std::string{before}, std::string{now}});
            }
            for (std::size_t f = 0; f < p().funnels.size(); ++f) {
                const auto& funnel = p().source.funnels[f];
                const auto before = old.stage_name_of(n, funnel.id);
                const auto now = stage_name_of(n, funnel.id);
                if (before != now)
                    report.stages.push_back(
                        {leads_[n].id, funnel.id, std::string{before}, std::string{now}});
            }
        }
        return report;
    }

    /// Everything but the plan. After reading, numbers are known to be in range; what is written is
    /// held to the same, so that nothing is written which would be refused. (What only a reader
    /// looks for is so by construction: words and ids that differ, merges without circles.)
    template<class A>
    void archive_all(A& a, const engine_progress& progress = {}) {
        auto mark = fingerprint();
        archive(a, mark);
        if constexpr (A::reads)
            if (mark != fingerprint()) throw snapshot_error("the snapshot is of another model");
        words_.archive_words(a);
        archive(a, clock_);
        archive(a, closed_);
        const auto n = archive_count(a, leads_.size(), 16);
        if constexpr (A::reads) {
            if (n >= none32) A::refuse();
            leads_.resize(n);
        }
        const std::size_t all = A::reads ? 3 * n : n; // what was read is gone through twice more
        for (std::uint32_t i = 0; i < n; ++i) {
            report_progress(progress, i, all);
            auto& r = leads_[i];
            archive(a, r.id);
            if constexpr (!A::reads) prefetch_after(i);
            archive(a, r.own);
            if (!r.own.is_sound(words_)) A::refuse(); // while it is in the cache
            archive(a, r.parts);
            archive(a, r.merged_into);
            archive(a, r.owner);
            archive(a, r.due_shared);
            archive(a, r.calm_until);
            archive(a, r.erased);
            archive(a, r.slas);
        }
        if constexpr (A::reads) make_memory(n);
        for (std::uint32_t i = 0; i < n; ++i) {
            for (auto& m : memory_.bands(i)) archive(a, m);
            for (auto& m : memory_.alerts(i)) archive(a, m);
            for (auto& m : memory_.classes(i)) archive(a, m);
        }
        std::vector<std::int64_t> dues;
        if constexpr (!A::reads)
            for (std::uint32_t i = 0; i < n; ++i)
                dues.push_back(queue_.due(i).value_or(end_of_time));
        if constexpr (!A::reads) require_sound<A>(dues);
        archive(a, dues);
        std::vector<signal_record> signals;
        wiped<std::vector<std::pair<std::uint64_t, std::string>>> why;
        if constexpr (!A::reads) {
            signals.assign(outbox_.begin(), outbox_.end());
            why->reserve(explanations_.size());
            for (const auto& [sequence, text] : explanations_) why->emplace_back(sequence, *text);
            std::sort(why->begin(), why->end());
        }
        archive(a, signals);
        archive(a, *why);
        archive(a, first_sequence_);
        if constexpr (A::reads) {
            outbox_.assign(signals.begin(), signals.end());
            for (auto& [sequence, text] : *why)
                explanations_.try_emplace(sequence, std::move(text));
            for (const auto& x : p().source.attributes) words_.attribute(x.id);
            require_sound<A>(dues);
            take_in(dues, progress);
        }
    }

    /// Events, or leads, between two looks at progress.
    static constexpr std::size_t report_step = 4'096;
    /// Tells of what is done, where `done` counts up by ones.
    static void report_progress(const engine_progress& progress, std::size_t done,
                                std::size_t all) {
        if (done % report_step == 0 && done != 0 && progress) progress(done, all);
    }

    /// While it lives, all that is done counts its steps by `progress`, which may throw out of any
    /// of them.
    class heeding {
      public:
        heeding(live_engine& l, const progress_callback& progress, std::size_t all = 1,
                std::size_t done = 0)
            : of_(l), beats_(progress, all, done) {
            if (progress) of_.cursor_->heed(&beats_);
        }
        ~heeding() { of_.cursor_->heed(nullptr); }
        heeding(const heeding&) = delete;
        heeding& operator=(const heeding&) = delete;
        /// What reports by the same callback, so that deep steps repeat the latest report.
        [[nodiscard]] engine_progress reports() {
            return [this](std::size_t done, std::size_t all) { beats_.report(done, all); };
        }

      private:
        live_engine& of_;
        pulse beats_;
    };
    /// A step of what goes through events or leads.
    void step() { cursor_->step(256); }

    // ---- leads

    /// For what goes through all leads in order, and stands at the n-th. (Histories are all over
    /// memory: most of such a pass would be waiting for the next one.)
    void prefetch_after(std::uint32_t n) const noexcept {
        constexpr std::uint32_t ahead = 8;
        if (n + ahead < leads_.size()) prefetch_all(n + ahead);
    }

    /// The same for some leads in any order: first of a lead itself, and some leads later of what
    /// that points to.
    void prefetch_record(std::uint32_t n) const noexcept { leads_.prefetch(n); }
    void prefetch_all(std::uint32_t n) const noexcept { leads_[n].own.prefetch_all(); }

    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view id) const {
        const auto n = ids_.find(hash_of(id), [&](std::uint32_t i) { return leads_[i].id == id; });
        return n == hash_index::none ? std::nullopt : std::optional{n};
    }
    /// The lead that an id stands for now.
    [[nodiscard]] std::uint32_t root(std::uint32_t lead) const noexcept {
        const auto* kin = leads_[lead].kin;
        return kin == nullptr ? lead : kin->root;
    }
    std::uint32_t lead(std::string_view id) {
        if (const auto found = find(id)) return *found;
        return new_lead(id);
    }
    /// A lead that is not known yet. It takes the least number that is free.
    std::uint32_t new_lead(std::string_view id) {
        if (id.empty()) throw event_error("an event names no lead", error_code::no_lead);
        const auto free = free_.first();
        const auto n = free.value_or(static_cast<std::uint32_t>(leads_.size()));
        if (!free) {
            leads_.reserve(n + 1);
            memory_.reserve(n + 1);
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
        memory_.clear(n);
        ids_.add(hash_of(id), n);
        ++roots_;
        return n;
    }

    // What taking an event of a lead will read, fetched ahead: the way to its number; the lead; its
    // history.

    [[nodiscard]] std::uint64_t hash_of(std::string_view id) const noexcept { return id_hash_(id); }
    void prefetch_number(std::uint64_t hash) const noexcept { ids_.prefetch(hash); }
    /// The number that the lead probably has; `none32` if there is none.
    [[nodiscard]] std::uint32_t prefetch_lead(std::uint64_t hash) const noexcept {
        const auto n = ids_.guess(hash);
        if (n == hash_index::none) return none32;
        leads_.prefetch(n);
        memory_.prefetch(n);
        queue_.prefetch(n);
        return n;
    }
    void prefetch_history(std::uint32_t n) const noexcept { leads_[n].own.prefetch(); }

    // ---- time

    /// Closes every instant before `t`.
    void close_before(std::int64_t t) {
        if (t <= clock_) return;
        run_due(t - 1);
        clock_ = t;
        closed_ = false;
    }
    /// Closes every instant up to `t`.
    void close(std::int64_t t) {
        if (t < clock_ || (t == clock_ && closed_)) return;
        run_due(t);
        clock_ = t;
        closed_ = true;
    }
    [[nodiscard]] bool is_late(std::int64_t t) const noexcept {
        return t < clock_ || (t == clock_ && closed_);
    }

    // ---- events

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
            t.lead, at, 1, t.source, t.id,
            [&](std::uint32_t told, std::uint32_t now, std::uint32_t source) {
                const auto kind = kind_of();
                each_log(told, 1,
                         [&](lead_log& log) { return log.insert(t, words_, kind, source); });
                look_after(now, at, 1, {kind, v0::store(t.value)});
            },
            [&](std::uint32_t now, std::uint32_t source) {
                if (!is_calm(now, at) || asks_for(now, kind_of())) return false;
                auto& own = leads_[now].own;
                own.each_word(1, own.insert(t, words_, kind_of(), source), using_words{words_});
                return true;
            });
    }

    applied apply(const attributes& a) {
        require_acceptable(a);
        const auto at = a.at == always ? before_time : a.at.time_since_epoch().count();
        return apply_event(
            a.lead, at, 0, a.source, a.id,
            [&](std::uint32_t told, std::uint32_t now, std::uint32_t source) {
                each_log(told, 0, [&](lead_log& log) { return log.insert(a, words_, source); });
                extend();
                look_after(now, at, 0, {});
            },
            no_other_way);
    }

    applied apply(const stage_entry& g) {
        require_acceptable(g);
        const auto at = g.at.time_since_epoch().count();
        std::string refusal;
        auto taken = apply_event(
            g.lead, at, 2, g.source, g.id,
            [&](std::uint32_t told, std::uint32_t now, std::uint32_t source) {
                refusal = move(told, now, g, source);
            },
            no_other_way);
        if (!refusal.empty()) {
            taken.what = applied::outcome::refused;
            taken.reason = std::move(refusal);
        }
        return taken;
    }

    void require_empty() const {
        if (roots_ != 0) throw state_error("only an engine without leads can be loaded");
    }
    /// Events to begin with: nothing moves and nothing is told until the clock goes on.
    /// What `progress` throws ends the load, of which nothing may be used then.
    batch_report load(std::span<const event> events, const engine_progress& reported) {
        heeding deep{*this, reported, events.size()};
        const auto progress = deep.reports();
        auto report = store(events, event_order(events), progress);
        begin(clock_, [&] { progress(events.size(), events.size()); });
        return report;
    }
    /// The first half of loading: some of the events, in this order.
    batch_report store(std::span<const event> events, const std::vector<std::size_t>& order,
                       const engine_progress& progress = {}) {
        require_empty();
        batch_report report;
        std::size_t done = 0;
        for (const auto i : order) {
            report_progress(progress, ++done, order.size());
            try {
                const auto told = std::visit([&](const auto& x) { return store(x); }, events[i]);
                ++(told ? report.taken : report.duplicates);
            } catch (const event_error& e) {
                report.refused.push_back({i, e.what()});
            }
        }
        return report;
    }
    batch_report load(const histories& h, const engine_progress& reported) {
        std::size_t all = h.touchpoint_count();
        for (std::size_t i = 0; i < h.size(); ++i)
            all += h.attributes(i).size() + h.stages(i).size();
        heeding deep{*this, reported, all};
        const auto progress = deep.reports();
        auto report = store(
            h, [](std::size_t) { return true; }, [&](std::size_t done) { progress(done, all); });
        begin(clock_, [&] { progress(all, all); });
        return report;
    }
    /// The first half of that: of the leads for which `is_mine(number)` holds.
    template<class IsMine, class Step>
    batch_report store(const histories& h, const IsMine& is_mine, const Step& step) {
        require_empty();
        batch_report report;
        history_words numbers{h, words_};
        std::size_t told = 0;
        for (std::size_t i = 0; i < h.size(); ++i) {
            const auto touchpoints = h.touchpoints(i);
            const auto facts = h.attributes(i);
            const auto stages = h.stages(i);
            const auto n = touchpoints.size() + facts.size() + stages.size();
            if (n == 0 || !is_mine(i)) continue;
            const auto mine = lead(h.lead_id(i));
            leads_[mine].own.take(h, i, numbers, words_);
            leads_[mine].own.each_word(using_words{words_});
            const auto last = leads_[mine].own.last();
            if (last != always) clock_ = std::max(clock_, last.time_since_epoch().count());
            report.taken += n;
            if (report.taken - told >= report_step) step(told = report.taken);
        }
        return report;
    }
    /// The second: everything that follows, at the clock or at a later instant.
    void begin(std::int64_t at) {
        begin(at, [] {});
    }
    template<class Step>
    void begin(std::int64_t at, const Step& step) {
        clock_ = std::max(clock_, at);
        extend();
        settle_words();
        for (std::uint32_t n = 0; n < leads_.size(); ++n) {
            if ((n + 1) % report_step == 0) step();
            begin_anew(n);
            if (clock_ != before_time) leads_[n].shown = shown_now(n); // the cursor stands there
        }
        ranks_.forget();
        is_index_current_ = false;
        mend_ranks();
        index_shown();
    }

    // ---- identity

    /// O(events of both), as a late event of the merged lead, and O(members of the smaller).
    void merge(std::uint32_t into, std::uint32_t other) {
        auto log = std::make_unique<lead_log>(
            lead_log::united({&leads_[into].log(), &leads_[other].log()}, words_));
        const auto members = [&](std::uint32_t n) {
            return leads_[n].kin == nullptr ? 1 : leads_[n].kin->members;
        };
        // The larger family goes on, the other joins it.
        const bool is_larger = members(into) >= members(other);
        auto joining = whole(is_larger ? other : into);
        auto* const left = leads_[joining.front()].kin;
        std::unique_ptr<family> fresh;
        auto* kin = leads_[is_larger ? into : other].kin;
        if (kin == nullptr) {
            joining.push_back(into);
            fresh = std::make_unique<family>();
            kin = fresh.get();
        }
        const auto before = kin->root;
        make_room_for_families(1);
        leads_[into].parts.reserve_more(1);
        extend();
        const auto join = [&] {
            kin->log.swap(log);
            kin->root = into;
            kin->members += joining.size();
            for (const auto n : joining) leads_[n].kin = kin;
            leads_[other].merged_into = into;
        };
        const auto part = [&]() noexcept {
            for (const auto n : joining) leads_[n].kin = left;
            leads_[other].merged_into = none32;
            kin->members -= joining.size();
            kin->root = before;
            kin->log.swap(log);
        };
        atomically({into, other}, [&] { // whose way back may still look at the log
            retire(other);
            join();
            leads_[into].parts.push_back(other);
            try {
                tell_naming(into, other, signal_kind::merged);
                hide(other);
                look_again(into);
            } catch (...) {
                leads_[into].parts.resize(leads_[into].parts.size() - 1);
                part();
                ++roots_;
                throw;
            }
        });
        if (left != nullptr) dissolve(left);
        if (fresh) found(std::move(fresh));
    }

    /// O(n log n) for n events of the merged lead.
    void unmerge(std::uint32_t other) {
        const auto from = leads_[other].merged_into;
        auto* const before = leads_[other].kin;
        const auto r = before->root;
        auto leaving = whole(other);
        auto staying = whole(r);
        {
            auto gone = leaving;
            std::sort(gone.begin(), gone.end());
            std::erase_if(staying, [&](std::uint32_t n) {
                return std::binary_search(gone.begin(), gone.end(), n);
            });
        }
        auto mine = family_of(staying);
        auto theirs = family_of(leaving);
        make_room_for_families(2);
        const auto belong = [&](const std::vector<std::uint32_t>& members, family* kin) {
            for (const auto n : members) leads_[n].kin = kin;
        };
        auto& parts = leads_[from].parts;
        const auto place =
            static_cast<std::size_t>(std::find(parts.begin(), parts.end(), other) - parts.begin());
        atomically({r, other}, [&] {
            parts.erase(place);
            leads_[other].merged_into = none32;
            belong(staying, mine.get());
            belong(leaving, theirs.get());
            ++roots_;
            try {
                tell_naming(r, other, signal_kind::unmerged);
                look_again(r);
                look_again(other);
            } catch (...) {
                --roots_;
                belong(staying, before);
                belong(leaving, before);
                leads_[other].merged_into = from;
                parts.insert(place, other); // there is room
                throw;
            }
        });
        dissolve(before);
        for (auto* made : {&mine, &theirs})
            if (*made) found(std::move(*made));
    }

    /// O(log n for each event, merged lead and signal of the lead's).
    void erase(std::uint32_t lead) {
        const auto gone = whole(lead);
        emit({.kind = signal_kind::erased});
        // Nothing below throws.
        leave(lead, gone);
    }

    /// A lead and, behind it, all that is merged into it.
    [[nodiscard]] std::vector<std::uint32_t> whole(std::uint32_t lead) const {
        std::vector<std::uint32_t> all{lead};
        for (std::size_t i = 0; i < all.size(); ++i)
            all.insert(all.end(), leads_[all[i]].parts.begin(), leads_[all[i]].parts.end());
        return all;
    }

    /// What was told of a lead and of all that is merged into it, in history order, each event with
    /// the id under which it was told; those that agree in all else stand by that. Of events that a
    /// source has given one id the first counts. O(n log n).
    [[nodiscard]] std::vector<event> history(std::uint32_t lead) const {
        std::vector<event> all;
        for (const auto n : whole(lead))
            for (auto& e : leads_[n].own.events(words_)) {
                std::visit([&](auto& x) { x.lead = leads_[n].id; }, e);
                all.push_back(std::move(e));
            }
        if (leads_[lead].kin == nullptr) return all;
        const auto id_of = [](const event& e) -> const std::string& {
            return std::visit([](const auto& x) -> const std::string& { return x.lead; }, e);
        };
        std::sort(all.begin(), all.end(), [&](const event& a, const event& b) {
            const auto o = history_order(a, b);
            return o != 0 ? o < 0 : id_of(a) < id_of(b);
        });
        std::set<std::tuple<std::size_t, std::string, std::string>> seen;
        std::erase_if(all, [&](const event& e) {
            return std::visit(
                [&](const auto& x) {
                    return !x.id.empty() && !seen.emplace(e.index(), x.source, x.id).second;
                },
                e);
        });
        return all;
    }

    /// Copies a lead of another engine, with all that is merged into it; what is remembered of it
    /// stays behind, as where leads merge. For a merge that follows: it is placed nowhere yet.
    /// Throws with nothing changed but the vocabulary.
    std::uint32_t adopt(const live_engine& from, std::uint32_t lead) {
        const auto theirs = from.whole(lead);
        std::vector<std::uint32_t> mine;
        mine.reserve(theirs.size());
        try {
            for (const auto n : theirs) mine.push_back(new_lead(from.leads_[n].id));
            std::size_t next = 1; // where the parts of the i-th stand in what `whole` gives
            for (std::size_t i = 0; i < theirs.size(); ++i) {
                const auto& r = from.leads_[theirs[i]];
                auto& copy = leads_[mine[i]];
                lead_log own;
                own.take(r.own, from.words_, words_);
                copy.own = std::move(own);
                copy.own.each_word(using_words{words_});
                for (std::size_t k = 0; k < r.parts.size(); ++k) copy.parts.push_back(mine[next++]);
            }
            auto kin = family_of(mine);
            make_room_for_families(1);
            extend();
            if (kin) {
                auto* const made = found(std::move(kin));
                for (const auto n : mine) leads_[n].kin = made;
            }
        } catch (...) {
            drop(mine);
            throw;
        }
        settle_words();
        for (const auto n : mine)
            for (const auto part : leads_[n].parts) {
                leads_[part].merged_into = n;
                --roots_;
            }
        return mine.front();
    }
    /// Takes back what `adopt` did.
    void disown(std::uint32_t lead) {
        const auto gone = whole(lead);
        dissolve(leads_[lead].kin);
        for (const auto n : gone)
            if (leads_[n].merged_into != none32) ++roots_;
        drop(gone);
    }
    /// Wipes a lead that another engine has adopted; nothing is told of it here.
    void leave(std::uint32_t lead) { leave(lead, whole(lead)); }

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
        for (const auto& [n, walk] : checkpoints_) m.lead_bytes += walk->memory();
        m.lead_bytes += leads_.size() * (sizeof(lead_record) + memory_.bytes_per_lead());
        m.lead_bytes += free_.memory();
        m.index_bytes = who_.memory().total() + ids_.memory() + queue_.memory();
        m.index_bytes += ranks_.memory();
        m.dictionary_bytes = words_.memory();
        m.outbox_bytes = outbox_.size() * sizeof(signal_record);
        for (const auto& [n, why] : explanations_) m.outbox_bytes += why->capacity() + 48;
        return m;
    }

    /// From how many events on what a walk remembers is kept: a matter of time and memory, of
    /// which nothing else depends.
    void keep_walks_from(std::size_t events) noexcept { kept_from_ = events; }

    // ---- reading

    [[nodiscard]] const plan& used_plan() const noexcept { return plan_; }
    [[nodiscard]] const program& p() const noexcept { return plan_access::of(plan_); }
    [[nodiscard]] const bound_program& bound() const noexcept { return *binding_; }
    [[nodiscard]] const vocabulary& words() const noexcept { return words_; }
    /// Who leads are, by e-mail, account, owner and stage in the first funnel, if that is at hand.
    [[nodiscard]] const identity* index() const noexcept {
        return is_index_current_ ? &who_ : nullptr;
    }
    [[nodiscard]] const identity_options& indices() const noexcept { return indices_; }
    /// The ranks of a score, if they are at hand.
    [[nodiscard]] const ranking* ranks(std::size_t score) const noexcept {
        return ranks_.find(score);
    }
    [[nodiscard]] std::int64_t clock() const noexcept { return clock_; }
    /// Whether the instant at the clock is closed, too.
    [[nodiscard]] bool is_closed() const noexcept { return closed_; }
    [[nodiscard]] const slab_vector<lead_record>& leads() const noexcept { return leads_; }
    [[nodiscard]] std::size_t roots() const noexcept { return roots_; }
    [[nodiscard]] const place& place_of(std::uint32_t lead, std::size_t funnel) const noexcept {
        return memory_.places(lead)[funnel];
    }
    [[nodiscard]] const band_memory& band_of(std::uint32_t lead,
                                             std::size_t banding) const noexcept {
        return memory_.bands(lead)[banding];
    }
    /// The band at the clock, given the scores there.
    [[nodiscard]] std::uint32_t band_at(std::uint32_t lead, std::size_t banding,
                                        const std::vector<reading>& readings) const {
        const auto& m = band_of(lead, banding);
        auto look = m.seen == clock_ ? m.folded : m.latest;
        look.see(p().bandings[banding], readings[p().bandings[banding].score], clock_);
        return look.band();
    }
    [[nodiscard]] std::string_view band_name_of(std::uint32_t lead,
                                                std::string_view banding) const {
        for (std::size_t b = 0; b < p().bandings.size(); ++b) {
            if (p().source.bandings[b].id != banding) continue;
            const auto told = band_of(lead, b).told;
            return told == no_band_index ? std::string_view{}
                                         : p().source.bandings[b].bands[told].id;
        }
        return {};
    }
    [[nodiscard]] std::string_view stage_name_of(std::uint32_t lead,
                                                 std::string_view funnel) const {
        for (std::size_t f = 0; f < p().funnels.size(); ++f) {
            if (p().source.funnels[f].id != funnel) continue;
            const auto stage = place_of(lead, f).stage;
            return stage == none32 ? std::string_view{} : p().source.funnels[f].stages[stage].id;
        }
        return {};
    }
    [[nodiscard]] std::size_t stage_count(std::size_t funnel, std::size_t stage) const noexcept {
        return stage_counts_[funnel][stage];
    }
    [[nodiscard]] std::size_t band_count(std::size_t banding, std::size_t band) const noexcept {
        return band_counts_[banding][band];
    }

    // ---- signals

    [[nodiscard]] signal signal_at(std::size_t i) const {
        const auto& r = outbox_[i];
        signal s{.sequence = first_sequence_ + i,
                 .at = instant{duration{r.at}},
                 .kind = r.kind,
                 .subject = words_.text(r.subject),
                 .from = words_.text(r.from),
                 .to = words_.text(r.to),
                 .cause = words_.text(r.cause),
                 .reason = words_.text(r.reason),
                 .due = instant{duration{r.due}},
                 .cycle = r.cycle,
                 .model_version = words_.text(r.version)};
        if (r.lead != none32) s.lead = leads_[r.lead].id;
        if (const auto it = explanations_.find(s.sequence); it != explanations_.end())
            s.explanation = *it->second;
        return s;
    }
    [[nodiscard]] std::size_t signal_count() const noexcept { return outbox_.size(); }
    [[nodiscard]] std::uint64_t first_sequence() const noexcept { return first_sequence_; }
    void acknowledge(std::uint64_t up_to) {
        while (!outbox_.empty() && first_sequence_ <= up_to) {
            let_go(outbox_.front(), first_sequence_);
            outbox_.pop_front();
            ++first_sequence_;
        }
    }

  private:
    friend struct engine_access;

    /// What tells models apart: FNV-1a of the model as JSON.
    [[nodiscard]] std::uint64_t fingerprint() const { return fnv1a(write_model(p().source)); }

    // ---- words: whoever keeps a number uses the word

    /// Before a kind goes.
    struct forgetting {
        bound_program* from;
        void operator()(std::uint32_t kind) const noexcept {
            if (from != nullptr) from->forget_kind(kind);
        }
    };
    [[nodiscard]] forgetting going() const noexcept { return {binding_.get()}; }

    /// Counts in what a log says.
    struct using_words {
        vocabulary& words;
        void kind(std::uint32_t n) const noexcept { words.use_kind(n); }
        void value_of(std::uint32_t name, std::uint32_t n) const noexcept {
            words.use_value(name, n);
        }
        void source(std::uint32_t n) const noexcept { words.use_source(n); }
        void text(std::uint32_t n) const noexcept { words.use_text(n); }
    };
    /// Counts it out.
    struct unusing_words {
        live_engine& of;
        void kind(std::uint32_t n) const noexcept { of.words_.unuse_kind(n, of.going()); }
        void value_of(std::uint32_t name, std::uint32_t n) const noexcept {
            of.words_.unuse_value(name, n);
        }
        void source(std::uint32_t n) const noexcept { of.words_.unuse_source(n); }
        void text(std::uint32_t n) const noexcept { of.words_.unuse_text(n); }
    };
    /// Lets the words go that came since the last time and have found no use.
    void settle_words() noexcept { words_.settle(generation_ == words_.generation(), going()); }
    /// Says that at the end of what may add words, however it ends.
    struct settling {
        live_engine& of;
        ~settling() { of.settle_words(); }
    };
    /// Counts all uses anew; words without any go. Before they are bound to the plan.
    void count_words() noexcept {
        words_.unuse_all();
        for (const auto n : names_.all) words_.use_text(n);
        const auto owner =
            p().owner == none32 ? no_name : words_.attribute_number(p().source.roles.owner);
        for (const auto& r : leads_) {
            r.own.each_word(using_words{words_});
            if (r.owner != 0) words_.use_value(owner, r.owner);
        }
        for (const auto& s : outbox_) each_text(s, [&](std::uint32_t t) { words_.use_text(t); });
        words_.forget_unused();
    }
    [[nodiscard]] std::uint32_t owner_name() const noexcept {
        return binding_->name_of_attribute[p().owner];
    }
    /// Remembers a lead's owner, which is a value of the role's attribute, or 0.
    void set_owner(std::uint32_t lead, std::uint32_t owner) noexcept {
        auto& old = leads_[lead].owner;
        if (owner == old) return;
        words_.use_value(owner_name(), owner);
        words_.unuse_value(owner_name(), old);
        old = owner;
    }

    // ---- leads that go

    /// Leaves nothing of a lead, and its number free.
    void release(std::uint32_t n) noexcept {
        auto& r = leads_[n];
        r.own.each_word(unusing_words{*this});
        ids_.remove(hash_of(r.id), n);
        who_.erase(n);
        forget_walk(n);
        wipe(r.id);
        r = lead_record{};
        r.erased = true;
        if (n + 1 == leads_.size())
            leads_.pop_back();
        else
            free_.insert(n);
    }
    /// Takes back a lead that has come, or some, the last first.
    void drop(std::uint32_t n) noexcept {
        release(n);
        --roots_;
    }
    void drop(const std::vector<std::uint32_t>& all) noexcept {
        for (auto i = all.size(); i-- > 0;) drop(all[i]);
        settle_words();
    }
    /// Takes a lead and all that is merged into it out of everything.
    void leave(std::uint32_t lead, const std::vector<std::uint32_t>& all) noexcept {
        retire(lead);
        dissolve(leads_[lead].kin);
        for (const auto n : all) cleanse_signals(n);
        for (const auto n : all) release(n);
        settle_words();
    }
    /// Leaves of what was told of a lead, and where it was named, what is of nobody: when, what
    /// kind, which stage, band or class.
    void cleanse_signals(std::uint32_t n) noexcept {
        const auto forget = [&](std::uint32_t& text) { words_.unuse_text(std::exchange(text, 0)); };
        for (auto i = leads_[n].last_signal; i >= first_sequence_;) {
            auto& s = outbox_[i - first_sequence_];
            explanations_.erase(i);
            if (is_of_merge(s)) forget_named(s, i);
            forget(s.cause);
            forget(s.reason);
            if (s.kind == signal_kind::refused) forget(s.subject);
            if (s.kind == signal_kind::refused || s.kind == signal_kind::assigned) forget(s.to);
            if (s.kind == signal_kind::assigned) forget(s.from);
            s.lead = none32;
            i = std::exchange(s.earlier, 0);
        }
        for (auto it = naming_.lower_bound({n, 0}); it != naming_.end() && it->first == n;) {
            const auto i = (it++)->second;
            forget_named(outbox_[i - first_sequence_], i);
        }
    }
    void forget_named(signal_record& s, std::uint64_t sequence) noexcept {
        naming_.erase({std::exchange(s.named, none32), sequence});
        words_.unuse_text(std::exchange(s.subject, 0));
    }
    [[nodiscard]] static bool is_of_merge(const signal_record& s) noexcept {
        return s.kind == signal_kind::merged || s.kind == signal_kind::unmerged;
    }
    void make_memory(std::size_t n) {
        memory_ = lead_state{p().funnels.size(), p().bandings.size(), p().alerts.size(),
                             p().matrices.size()};
        memory_.reserve(n);
        for (std::uint32_t i = 0; i < n; ++i) memory_.clear(i);
    }
    void make_room(std::size_t n) {
        make_memory(n);
        queue_.resize(n);
        ranks_.resize(n);
    }

    /// What the plan of `old` remembered and told of a lead, as far as names agree.
    void remember(std::uint32_t n, const live_engine& old) {
        for (std::size_t b = 0; b < p().bandings.size(); ++b) {
            const auto& banding = p().source.bandings[b];
            const auto told = old.band_name_of(n, banding.id);
            auto& m = memory_.bands(n)[b];
            for (std::uint32_t i = 0; i < banding.bands.size(); ++i) {
                if (banding.bands[i].id != told) continue;
                m.told = m.now = i;
                ++band_counts_[b][i];
            }
        }
        for (std::size_t x = 0; x < p().matrices.size(); ++x) {
            const auto& m = p().matrices[x];
            memory_.classes(n)[x] =
                class_number(m, band_of(n, m.rows).told, band_of(n, m.columns).told);
        }
        for (std::size_t i = 0; i < p().alerts.size(); ++i)
            for (std::size_t k = 0; k < old.p().alerts.size(); ++k)
                if (p().source.alerts[i].id == old.p().source.alerts[k].id)
                    memory_.alerts(n)[i] = old.memory_.alerts(n)[k];
        for (const auto& m : old.leads_[n].slas) {
            const auto id = old.sla_id(m.sla);
            for (std::uint32_t i = 0; i < p().slas.size(); ++i)
                if (sla_id(i) == id) leads_[n].slas.push_back({m.start, i, m.done});
        }
    }
    /// Funnel, stage and service level.
    [[nodiscard]] std::array<std::string_view, 3> sla_id(std::uint32_t i) const {
        const auto& x = p().slas[i];
        const auto& f = p().source.funnels[x.funnel];
        return {f.id, f.stages[x.stage].id, f.stages[x.stage].slas[x.number].id};
    }

    /// Whether what a snapshot says besides words, logs and merges can be true, in O(1) for each
    /// number of it: asked before it is written, and after it was read.
    template<class A>
    void require_sound(const std::vector<std::int64_t>& dues) const {
        const std::size_t n = leads_.size();
        const auto need = [](bool is_so) {
            if (!is_so) A::refuse();
        };
        need(dues.size() == n);
        const auto is_time = [](std::int64_t t) {
            return t == before_time || (t >= time_begin && t < time_end);
        };
        need(is_time(clock_));
        for (const auto due : dues) need(due == end_of_time || (is_time(due) && due >= clock_));
        for (std::uint32_t i = 0; i < n; ++i) {
            for (const auto& m : memory_.alerts(i)) need(is_time(m.raised));
            for (std::size_t b = 0; b < p().bandings.size(); ++b) {
                const auto bands = p().bandings[b].bands.size();
                const auto is_band = [&](std::uint32_t x) {
                    return x == no_band_index || x < bands;
                };
                const auto& m = memory_.bands(i)[b];
                need(is_band(m.now) && is_band(m.told) && is_band(m.folded.band()) &&
                     is_band(m.latest.band()) && m.seen <= clock_);
                for (const auto& x : {m.folded, m.latest})
                    need(x.band() == no_band_index || is_time(x.since()));
            }
            for (std::size_t x = 0; x < p().matrices.size(); ++x) {
                const auto& classes = p().matrices[x].classes;
                need(memory_.classes(i)[x] <= classes.size() * classes.front().size());
            }
        }
        const auto texts = words_.texts().size();
        for (const auto& s : outbox_)
            need((s.lead == none32 || s.lead < n) && s.subject < texts && s.from < texts &&
                 s.to < texts && s.cause < texts && s.reason < texts && s.version < texts &&
                 s.kind <= signal_kind::model_replaced);
        const std::size_t owners =
            p().owner == none32
                ? 1
                : words_.words()
                      .attribute_values[words_.attribute_number(p().source.roles.owner)]
                      .size();
        for (std::uint32_t i = 0; i < n; ++i) {
            const auto& r = leads_[i];
            for (const auto& m : r.slas)
                need(m.sla < p().slas.size() && m.start != before_time && is_time(m.start));
            need(r.erased ? r.id.empty() && r.own.empty() && r.parts.empty() && r.slas.empty() &&
                                r.merged_into == none32
                          : !r.id.empty());
            need(r.owner < owners);
        }
    }

    /// After a snapshot was read: everything that follows from what it says.
    void take_in(const std::vector<std::int64_t>& dues, const engine_progress& reported) {
        heeding deep{*this, reported, 3 * leads_.size(), leads_.size()};
        const auto progress = deep.reports();
        const std::size_t n = leads_.size();
        const auto need = [](bool is_so) {
            if (!is_so) reader::refuse();
        };
        std::size_t parts = 0;
        std::size_t merged = 0;
        ids_.reserve(n);
        free_.reserve(n);
        for (std::uint32_t i = 0; i < n; ++i) {
            const auto& r = leads_[i];
            need(r.merged_into == none32 || r.merged_into < n);
            for (const auto part : r.parts)
                need(part < n && part != i && leads_[part].merged_into == i);
            parts += r.parts.size();
            merged += r.merged_into != none32 ? 1U : 0U;
            need(std::set(r.parts.begin(), r.parts.end()).size() == r.parts.size());
            if (r.erased) {
                free_.insert(i);
                continue;
            }
            need(!find(r.id));
            ids_.add(hash_of(r.id), i);
        }
        need(parts == merged);
        // A lead is merged into one at most, so that each is reached once, or never from a circle.
        std::size_t reached = 0;
        for (std::uint32_t i = 0; i < n; ++i) {
            if (leads_[i].merged_into != none32) continue;
            if (!leads_[i].erased) ++roots_;
            ++reached;
            if (leads_[i].parts.empty()) continue;
            const auto members = whole(i);
            reached += members.size() - 1;
            auto* const kin = found(family_of(members));
            for (const auto k : members) leads_[k].kin = kin;
        }
        need(reached == n);
        link_signals();
        bind();
        queue_.resize(n);
        ranks_.resize(n);
        for (std::uint32_t i = 0; i < n; ++i) count_bands(i, 1);
        for (std::uint32_t i = 0; i < n; ++i) {
            report_progress(progress, n + i, 3 * n);
            prefetch_after(i);
            if (!leads_[i].is_root()) continue;
            place_again(i);
            if (dues[i] != end_of_time) queue_.schedule(i, dues[i]);
        }
        ranks_.forget();
        is_index_current_ = false; // identity is made of all at once
        mend_ranks();
        mend_index([&](std::uint32_t i) { report_progress(progress, 2 * n + i, 3 * n); });
    }
    /// After a snapshot was read: the chains of leads' signals.
    void link_signals() {
        for (std::size_t i = 0; i < outbox_.size(); ++i) {
            auto& s = outbox_[i];
            if (s.lead != none32 && leads_[s.lead].erased) s.lead = none32;
            if (s.lead != none32)
                s.earlier = std::exchange(leads_[s.lead].last_signal, first_sequence_ + i);
            if (!is_of_merge(s)) continue;
            if (const auto named = find(words_.text(s.subject))) {
                s.named = *named;
                naming_.insert({*named, first_sequence_ + i});
            }
        }
    }
    static std::size_t grown(std::size_t n) noexcept {
        std::size_t c = 16;
        while (c < n) c += c / 2;
        return c;
    }

    void extend() {
        if (generation_ == words_.generation()) return;
        words_.each_new(
            [&](std::uint32_t n) { binding_->renew_kind(n); },
            [&](std::uint32_t name, std::uint32_t n) { binding_->renew_value(name, n); });
        binding_->extend();
        for (auto k = stage_places_.size(); k < words_.words().stage_kinds.size(); ++k) {
            const auto& kind = words_.words().stage_kinds[k];
            std::pair<std::uint32_t, std::uint32_t> at{none32, none32};
            for (std::uint32_t f = 0; f < p().source.funnels.size(); ++f) {
                if (p().source.funnels[f].id != kind.funnel) continue;
                const auto& stages = p().source.funnels[f].stages;
                for (std::uint32_t s = 0; s < stages.size(); ++s)
                    if (stages[s].id == kind.stage) at = {f, s};
            }
            stage_places_.push_back(at);
        }
        generation_ = words_.generation();
    }

    /// Makes everything that depends on the plan.
    void bind() {
        // Attributes that the engine itself asks for have their numbers from the start.
        for (const auto& a : p().source.attributes) words_.attribute(a.id);
        name_all();
        count_words();
        binding_ = std::make_unique<bound_program>(p(), words_.words());
        cursor_ = std::make_unique<cursor<>>(*binding_);
        checkpoints_.clear();
        cursor_lead_ = none32;
        stage_places_.clear();
        generation_ = ~words_.generation();
        extend();
        settle_words();
        stage_counts_.clear();
        for (const auto& f : p().funnels) stage_counts_.emplace_back(f.stages.size());
        band_counts_.clear();
        for (const auto& b : p().bandings) band_counts_.emplace_back(b.bands.size());
        outcomes_.assign(p().tests.size(), {});
        for (std::size_t i = 0; i < p().tests.size(); ++i) {
            const auto& t = p().tests[i];
            if (t.source.of == subject::band) {
                outcomes_[i].push_back(test_holds(t, value{}) ? 1 : 0);
                for (const auto& b : p().source.bandings[t.name].bands)
                    outcomes_[i].push_back(test_holds(t, value{b.id}) ? 1 : 0);
            } else if (t.source.of == subject::matrix_class) {
                outcomes_[i].push_back(test_holds(t, value{}) ? 1 : 0);
                for (const auto& row : p().matrices[t.name].classes)
                    for (const auto& c : row)
                        outcomes_[i].push_back(test_holds(t, value{c}) ? 1 : 0);
            }
        }
        asked_patterns_.clear();
        for (const auto& f : p().funnels) {
            auto& asked = asked_patterns_.emplace_back();
            const auto ask = [&](std::vector<std::uint32_t>& all, std::uint32_t pattern) {
                if (pattern != none32) all.push_back(pattern);
            };
            const auto ask_transitions = [&](const std::vector<std::uint32_t>& numbers) {
                auto& all = asked.emplace_back();
                for (const auto n : numbers) {
                    ask(all, f.transitions[n].on);
                    ask(all, f.transitions[n].after.on);
                }
            };
            ask_transitions(f.entering);
            for (const auto& s : f.stages) {
                ask_transitions(s.leaving);
                for (const auto n : s.slas) {
                    ask(asked.back(), p().slas[n].met_by);
                    ask(asked.back(), p().slas[n].due.on);
                }
            }
        }
        watched_rise_.clear();
        for (const auto t : p().guard_score_tests)
            watched_rise_.push_back(binding_->rises_with_inputs[p().tests[t].name]);
        for (const auto& b : p().bandings)
            watched_rise_.push_back(binding_->rises_with_inputs[b.score]);
    }

    /// The numbers of the plan's names, which are used as long as the plan is.
    void name_all() {
        plan_names n;
        const auto& m = p().source;
        const auto name = [&](std::string_view s) {
            n.all.push_back(words_.text(s));
            return n.all.back();
        };
        const auto names_of = [&](const auto& all) {
            std::vector<std::uint32_t> numbers;
            for (const auto& x : all) numbers.push_back(name(x.id));
            return numbers;
        };
        const auto unknown = [](std::size_t count) {
            return std::vector<std::uint32_t>(count, none32);
        };
        host_ = name("host");
        version_ = name(m.version);
        for (const char* cause : {"touchpoint", "timer", "condition", "person"}) name(cause);
        name(m.roles.owner);
        n.funnels = names_of(m.funnels);
        for (const auto& f : m.funnels) {
            n.stages.push_back(names_of(f.stages));
            for (const auto& s : f.stages) names_of(s.slas);
            n.transitions.push_back(names_of(f.transitions));
            n.stage_kinds.push_back(unknown(f.transitions.size()));
        }
        n.bandings = names_of(m.bandings);
        for (const auto& b : m.bandings) n.bands.push_back(names_of(b.bands));
        names_of(m.alerts);
        names_of(m.matrices);
        for (const auto& x : p().matrices)
            for (const auto& row : x.classes)
                for (const auto& c : row) name(c);
        n.scores = unknown(p().scores.size());
        n.scores_in_order = n.scores;
        for (std::uint32_t i = 0; i < n.scores.size(); ++i) n.scores_in_order[i] = i;
        std::sort(
            n.scores_in_order.begin(), n.scores_in_order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return p().scores[a].id < p().scores[b].id; });
        names_ = std::move(n);
    }

    /// Takes an event: by `idly(lead, source)` if that says so, else by `take(told, now, source)`.
    template<class Take, class ActIfCalm>
    applied apply_event(std::string_view id, std::int64_t at, std::size_t what,
                        std::string_view source, std::string_view source_id, const Take& take,
                        const ActIfCalm& act_if_calm) {
        if (id.empty()) throw event_error("an event names no lead", error_code::no_lead);
        if (at != before_time) close_before(at);
        const settling in_the_end{*this};
        const auto known = find(id);
        const auto told = known ? *known : new_lead(id);
        const auto now = root(told);
        applied out;
        out.late = at != before_time && is_late(at);
        try {
            const auto s = words_.source(source, source_id);
            if (!source_id.empty() && !words_.is_new_source(s) &&
                leads_[now].log().knows(what, s)) {
                out.what = applied::outcome::duplicate;
                return out;
            }
            if (out.late || told != now || !act_if_calm(now, s))
                atomically({now}, [&] { take(told, now, s); });
        } catch (...) {
            if (!known) drop(told);
            throw;
        }
        return out;
    }

    static constexpr auto no_other_way = [](std::uint32_t, std::uint32_t) { return false; };

    /// Whether by the last look nothing happens by itself up to an instant, which is the clock.
    [[nodiscard]] bool is_calm(std::uint32_t lead, std::int64_t at) const noexcept {
        const auto& r = leads_[lead];
        return at <= r.calm_until && at >= clock_ && r.kin == nullptr &&
               at > r.own.last().time_since_epoch().count() &&
               (cursor_lead_ != lead || at > cursor_->now()) && (!r.walk || at > r.walk->now);
    }
    /// Whether a rule asks for touchpoints of a kind, or a transition or service level where the
    /// lead stands: if not, they change nothing of a calm lead but its history.
    [[nodiscard]] bool asks_for(std::uint32_t lead, std::uint32_t kind) const noexcept {
        if (!binding_->all_actions.of(kind).empty()) return true;
        const auto& matched = binding_->guard_matches[kind];
        if (matched.empty()) return false;
        for (std::size_t f = 0; f < p().funnels.size(); ++f) {
            const auto stage = place_of(lead, f).stage;
            for (const auto pattern : asked_patterns_[f][stage == none32 ? 0 : stage + 1])
                if (std::find(matched.begin(), matched.end(), pattern) != matched.end())
                    return true;
        }
        return false;
    }

    /// What a lead had before something is done.
    struct kept_lead {
        std::uint32_t lead = none32;
        std::uint32_t owner = 0;
        bool due_shared = false;
        std::optional<std::int64_t> due;
        std::vector<std::byte> memory;
        thin_vector<sla_memory> slas;
    };

    void keep(kept_lead& k, std::uint32_t n) const {
        memory_.keep(n, k.memory);
        k.slas.clear();
        const auto& slas = leads_[n].slas;
        if (!slas.empty()) k.slas.insert(0, {slas.data(), slas.size()});
        k.lead = n;
        k.owner = leads_[n].owner;
        k.due_shared = leads_[n].due_shared;
        k.due = queue_.due(n);
    }
    void restore(kept_lead& k) noexcept {
        const auto n = k.lead;
        count_stages(n, -1);
        count_bands(n, -1);
        memory_.restore(n, k.memory);
        count_stages(n, 1);
        count_bands(n, 1);
        std::swap(leads_[n].slas, k.slas);
        set_owner(n, k.owner);
        leads_[n].due_shared = k.due_shared;
        if (k.due)
            queue_.schedule(n, *k.due);
        else
            queue_.cancel(n);
    }

    /// Counts a lead in where it stands (1), or out (−1).
    void count_stages(std::uint32_t n, int by) noexcept {
        for (std::size_t f = 0; f < p().funnels.size(); ++f)
            if (const auto s = place_of(n, f).stage; s != none32)
                stage_counts_[f][s] += static_cast<std::size_t>(by);
    }
    void count_bands(std::uint32_t n, int by) noexcept {
        for (std::size_t b = 0; b < p().bandings.size(); ++b)
            if (const auto x = band_of(n, b).now; x != no_band_index)
                band_counts_[b][x] += static_cast<std::size_t>(by);
    }

    /// Does something about one or two leads as a whole or, if it throws, not at all.
    template<class Do>
    void atomically(std::initializer_list<std::uint32_t> leads, const Do& act) {
        std::size_t n = 0;
        for (const auto lead : leads) keep(kept_[n++], lead);
        const holding_owners held{*this, n};
        const auto signals = outbox_.size();
        inserted_.clear();
        mend_ranks();
        mend_index();
        ranks_.begin();
        index_touched_ = false;
        try {
            act();
        } catch (...) {
            for (auto i = inserted_.size(); i-- > 0;) {
                const auto& x = inserted_[i];
                if (x.is_own) x.log->each_word(x.what, x.place, unusing_words{*this});
                x.log->erase(x.what, x.place);
            }
            while (n > 0) {
                restore(kept_[--n]);
                forget_walk(kept_[n].lead);
            }
            explanations_.erase(first_sequence_ + outbox_.size());
            while (outbox_.size() > signals) {
                const auto& s = outbox_.back();
                if (s.lead != none32) leads_[s.lead].last_signal = s.earlier;
                let_go(s, first_sequence_ + outbox_.size() - 1);
                outbox_.pop_back();
            }
            cursor_lead_ = none32;
            ranks_.fail();
            if (index_touched_) is_index_current_ = false;
            throw;
        }
    }

    /// Owners that leads had before are not forgotten as long as there may be a way back.
    struct holding_owners {
        live_engine& of;
        std::size_t count;
        holding_owners(live_engine& l, std::size_t n) noexcept : of(l), count(n) {
            each([&](std::uint32_t v) { of.words_.use_value(of.owner_name(), v); });
        }
        ~holding_owners() {
            each([&](std::uint32_t v) { of.words_.unuse_value(of.owner_name(), v); });
            of.settle_words();
        }
        holding_owners(const holding_owners&) = delete;
        holding_owners& operator=(const holding_owners&) = delete;
        template<class Do>
        void each(const Do& act) const noexcept {
            for (std::size_t i = 0; i < count; ++i)
                if (of.kept_[i].owner != 0) act(of.kept_[i].owner);
        }
    };

    /// The logs that what is told of a lead goes into. The words of a lead's own count.
    template<class Do>
    void each_log(std::uint32_t told, std::size_t what, const Do& insert) {
        const auto into = [&](lead_log& log, bool is_own) {
            inserted_.reserve(inserted_.size() + 1);
            inserted_.push_back({&log, what, insert(log), is_own});
        };
        auto& own = leads_[told].own;
        into(own, true);
        own.each_word(what, inserted_.back().place, using_words{words_});
        if (auto* const kin = leads_[told].kin; kin != nullptr) into(*kin->log, false);
    }

    /// Puts an event into its lead's log, no more. Whether it was new.
    template<class Event>
    bool store(const Event& e) {
        constexpr std::size_t what = std::is_same_v<Event, attributes>   ? 0
                                     : std::is_same_v<Event, touchpoint> ? 1
                                                                         : 2;
        require_acceptable(e);
        const auto n = lead(e.lead);
        const auto source = words_.source(e.source, e.id);
        auto& log = leads_[n].own;
        if (!e.id.empty() && log.knows(what, source)) return false;
        if constexpr (what == 1)
            log.each_word(what, log.insert(e, words_, words_.kind(e), source), using_words{words_});
        else
            log.each_word(what, log.insert(e, words_, source), using_words{words_});
        if (e.at != always) clock_ = std::max(clock_, e.at.time_since_epoch().count());
        return true;
    }

    /// Of a lead that was stored: what there is to remember, without a word, and a look as soon as
    /// the clock goes on.
    void begin_anew(std::uint32_t n) {
        if (clock_ == before_time) return;
        place_again(n);
        const bool shared = fold_again(n);
        if (cursor_->first_event() == end_of_time) return;
        silent_ = true;
        read(n, clock_, shared ? reads::as_evaluation : reads::after_event);
        if (p().owner != none32) set_owner(n, cursor_->attribute(p().owner));
        silent_ = false;
        for (std::uint32_t a = 0; a < p().alerts.size(); ++a)
            if (p().alerts[a].when != 0)
                memory_.alerts(n)[a].armed = !guard(n, p().alerts[a].when, clock_);
        leads_[n].due_shared = shared;
        queue_.schedule(n, clock_);
    }

    /// Reads a lead's places from its stage log.
    void place_again(std::uint32_t n) {
        count_stages(n, -1);
        const auto places = memory_.places(n);
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

    /// Of a lead without events, on which the cursor stands: there is nothing to look at.
    void show_unmoved(std::uint32_t lead) {
        readings_ = &cursor_->evaluate();
        show(lead);
        ranks_.update(lead, *cursor_, *readings_);
    }

    /// After a lead's history changed as a whole.
    void look_again(std::uint32_t n) {
        forget_walk(n);
        bool shared = false;
        if (clock_ == before_time) {
            stand(n, clock_);
        } else {
            place_again(n);
            shared = fold_again(n);
        }
        if (cursor_->first_event() == end_of_time) {
            queue_.cancel(n);
            return show_unmoved(n);
        }
        look(n, clock_, shared, true, {});
    }

    /// Takes a lead out of everything that counts leads.
    void retire(std::uint32_t n) {
        queue_.cancel(n);
        ranks_.remove(n);
        forget_walk(n);
        count_stages(n, -1);
        count_bands(n, -1);
        memory_.clear(n);
        leads_[n].slas.clear();
        set_owner(n, 0);
        --roots_;
    }

    /// A new family of some leads, the root first; none of a lead alone.
    [[nodiscard]] std::unique_ptr<family>
    family_of(const std::vector<std::uint32_t>& members) const {
        if (members.size() == 1) return nullptr;
        std::vector<const lead_log*> logs;
        for (const auto n : members) logs.push_back(&leads_[n].own);
        return std::make_unique<family>(
            family{std::make_unique<lead_log>(lead_log::united(logs, words_)), members.front(),
                   members.size()});
    }
    void make_room_for_families(std::size_t n) {
        if (families_.size() + n > families_.capacity())
            families_.reserve(thin_room(families_.size() + n));
    }
    family* found(std::unique_ptr<family> made) {
        made->place = families_.size();
        families_.push_back(std::move(made));
        return families_.back().get();
    }
    void dissolve(family* kin) noexcept {
        if (kin == nullptr) return;
        const auto place = kin->place;
        families_.back()->place = place;
        families_[place].swap(families_.back());
        families_.pop_back();
    }

    /// What a step throws leaves all that was due until then done, and the rest due.
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

    // ---- one look

    /// The cursor on a lead, everything up to `t` taken. Short histories are walked anew when
    /// another lead was looked at in between, which takes less than keeping what a walk remembers;
    /// of long ones it is kept.
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
    /// As `stand`, where all leads are looked at: what was kept is used, but nothing is kept.
    void pass(std::uint32_t lead, std::int64_t t) {
        if (cursor_lead_ == lead || leads_[lead].walk) {
            stand(lead, t);
            return;
        }
        cursor_lead_ = none32;
        cursor_->seek(leads_[lead].log().view(), cursor<>::mode::everything);
        cursor_->advance(t);
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
            } catch (const std::bad_alloc&) { // it is walked as a short one
            }
        }
        if (r.walk)
            cursor_->seek(view, cursor<>::mode::everything, *r.walk);
        else
            cursor_->seek(view, cursor<>::mode::everything);
    }
    /// The walk must begin anew: what it has taken is not what the history says now.
    void forget_walk(std::uint32_t lead) noexcept {
        if (cursor_lead_ == lead) cursor_lead_ = none32;
        checkpoints_.erase(lead);
        if (entered_.lead == lead) entered_.lead = none32;
        leads_[lead].walk.reset();
        leads_[lead].calm_until = before_time;
    }

    /// After an event of some kind (0 attributes, 1 touchpoint) at `at` was put into a lead's log.
    void look_after(std::uint32_t lead, std::int64_t at, std::size_t what, trigger by) {
        const bool goes_on = comes_next(lead, at, what) || takes_in(lead, at, what);
        bool shared = true;
        if (at < clock_) {
            forget_walk(lead);
            shared = fold_again(lead);
        } else {
            if (!goes_on) walk_again(lead, what);
            stand(lead, clock_);
        }
        if (cursor_->first_event() == end_of_time) return show_unmoved(lead);
        look(lead, clock_, shared, true, by);
    }

    /// Whether a walk can take an event that was put into the log when it comes to it: it is behind
    /// the walk, or, of the instant where that stands, the last of its kind, where nothing was
    /// taken that stands after this kind.
    [[nodiscard]] bool comes_next(std::uint32_t lead, std::int64_t at, std::size_t what) const {
        const auto& r = leads_[lead];
        const bool is_here = cursor_lead_ == lead;
        if (!is_here && !r.walk) return true; // there is none
        const auto& walk = is_here ? cursor_->state() : *r.walk;
        if (at != walk.now) return at > walk.now;
        if (is_past_touchpoints(lead, walk)) return false;
        const auto view = r.log().view();
        const auto place = inserted_.back().place;
        if (what == 1)
            return walk.next_touchpoint + 1 == view.touchpoints.size() &&
                   place == walk.next_touchpoint;
        return place + 1 == r.log().fact_event_count() && !has_touchpoints_at(lead, at);
    }
    /// Whether a lead has touchpoints of an instant, or of a later one.
    [[nodiscard]] bool has_touchpoints_at(std::uint32_t lead, std::int64_t at) const noexcept {
        const auto all = leads_[lead].log().view().touchpoints.at;
        return !all.empty() && all.back().time_since_epoch().count() >= at;
    }
    /// Whether a walk has taken what stands after the touchpoints of the instant where it stands.
    [[nodiscard]] bool is_past_touchpoints(std::uint32_t lead,
                                           const cursor_state& walk) const noexcept {
        const auto stages = leads_[lead].log().view().stages;
        return walk.last_deadline == walk.now ||
               (!stages.empty() && stages.back().at.time_since_epoch().count() >= walk.now);
    }

    /// Takes an event of the clock's instant that a walk has gone past, and does not know of, where
    /// that needs no walk anew. Whether it did.
    bool takes_in(std::uint32_t lead, std::int64_t at, std::size_t what) {
        auto& r = leads_[lead];
        if (at != clock_ || !r.walk || r.walk->now != at) return false;
        const auto place = inserted_.back().place;
        const auto view = r.log().view();
        auto& c = *cursor_;
        cursor_lead_ = none32;
        if (what == 0) {
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
        // Then from where it stood before the stage entries.
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
    /// Walks anew up to the clock. More touchpoints of its instant may follow: if they come before
    /// what the walk goes on to take, it leaves a checkpoint.
    void walk_again(std::uint32_t lead, std::size_t what) {
        forget_walk(lead);
        auto& r = leads_[lead];
        begin_walk(r, r.log().view());
        cursor_lead_ = lead;
        if (what != 1 || !r.walk) return;
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

    /// Folds the bands of a lead anew, up to before the clock, and stands at the clock. Whether the
    /// clock is an evaluation instant of the scores'.
    bool fold_again(std::uint32_t lead) {
        auto& c = *cursor_;
        begin_walk(leads_[lead], leads_[lead].log().view());
        std::vector<std::size_t> all(p().bandings.size());
        for (std::size_t b = 0; b < all.size(); ++b) all[b] = b;
        band_fold<cursor<>> fold{c, *binding_, all};
        fold.fold_until(clock_ - 1);
        for (std::size_t b = 0; b < all.size(); ++b) {
            auto& m = memory_.bands(lead)[b];
            m.folded = m.latest = fold.state(b);
            m.seen = clock_ - 1;
        }
        const bool shared = c.next_stop() == clock_ || c.fades_at(clock_);
        c.advance(clock_);
        cursor_lead_ = lead;
        return shared;
    }

    /// Why scores and bands are read.
    enum class reads : std::uint8_t {
        for_guard,   ///< of a move, which may be refused: nothing is remembered or told
        at_deadline, ///< of the engine's own: of bands, ends of dwells alone count
        after_event,
        as_evaluation ///< an evaluation instant of the scores
    };

    /// Reads scores and bands where the cursor stands, and tells what has changed.
    void read(std::uint32_t lead, std::int64_t t, reads why) {
        readings_ = &cursor_->evaluate();
        const std::size_t n = p().bandings.size();
        for (std::size_t b = 0; b < n; ++b) {
            const auto& banding = p().bandings[b];
            auto& m = memory_.bands(lead)[b];
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
            if ((why == reads::after_event || remembers) && m.told != m.now) {
                emit({.lead = lead,
                      .subject = names_.bandings[b],
                      .from = band_text(b, m.told),
                      .to = band_text(b, m.now),
                      .kind = signal_kind::band_changed});
                m.told = m.now;
            }
        }
        for (std::size_t x = 0; x < p().matrices.size(); ++x) {
            auto& told = memory_.classes(lead)[x];
            const auto& m = p().matrices[x];
            const auto now =
                class_number(m, band_of(lead, m.rows).told, band_of(lead, m.columns).told);
            if (told == now) continue;
            if (class_text(m, told) == class_text(m, now)) { // cells may share a name
                told = now;
                continue;
            }
            emit({.lead = lead,
                  .subject = text(p().source.matrices[x].id),
                  .from = class_text(m, told),
                  .to = class_text(m, now),
                  .kind = signal_kind::class_changed});
            told = now;
        }
    }

    /// 0 for none, else 1 + row · columns + column.
    [[nodiscard]] static std::uint32_t class_number(const compiled_matrix& m, std::uint32_t row,
                                                    std::uint32_t column) noexcept {
        if (row == no_band_index || column == no_band_index) return 0;
        return 1 + row * static_cast<std::uint32_t>(m.classes.front().size()) + column;
    }
    [[nodiscard]] std::uint32_t class_text(const compiled_matrix& m, std::uint32_t number) {
        if (number == 0) return 0;
        const auto columns = static_cast<std::uint32_t>(m.classes.front().size());
        return text(m.classes[(number - 1) / columns][(number - 1) % columns]);
    }
    [[nodiscard]] std::uint32_t band_text(std::size_t banding, std::uint32_t band) {
        return band == no_band_index ? 0 : names_.bands[banding][band];
    }
    std::uint32_t text(std::string_view s) { return words_.text(s); }

    void emit(signal_record s) {
        if (silent_) return;
        s.at = clock_;
        s.version = version_;
        if (s.lead != none32) s.earlier = leads_[s.lead].last_signal;
        outbox_.push_back(s);
        each_text(s, [&](std::uint32_t t) { words_.use_text(t); });
        if (s.lead != none32) leads_[s.lead].last_signal = first_sequence_ + outbox_.size() - 1;
    }
    /// A signal of a lead that names another.
    void tell_naming(std::uint32_t lead, std::uint32_t other, signal_kind kind) {
        const auto subject = text(leads_[other].id);
        const auto sequence = first_sequence_ + outbox_.size();
        naming_.insert({other, sequence});
        try {
            emit({.lead = lead, .subject = subject, .kind = kind, .named = other});
        } catch (...) {
            naming_.erase({other, sequence});
            throw;
        }
    }
    /// Before a signal leaves the outbox.
    void let_go(const signal_record& s, std::uint64_t sequence) noexcept {
        explanations_.erase(sequence);
        if (is_of_merge(s)) naming_.erase({s.named, sequence});
        each_text(s, [&](std::uint32_t t) { words_.unuse_text(t); });
    }

    /// Everything that follows from standing at an instant.
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

    /// Whether an exclusion of all scores holds.
    [[nodiscard]] bool is_blocked() const {
        for (std::size_t i = 0; i < p().exclusions.size(); ++i)
            if (p().source.exclusions[i].scores.empty() &&
                cursor_->condition(p().exclusions[i].when))
                return true;
        return false;
    }

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
    std::uint32_t owner_text(std::uint32_t v) { return text(role_text(p().owner, v)); }

    [[nodiscard]] bool guard(std::uint32_t lead, std::uint32_t node, std::int64_t t) const {
        return node == 0 || condition_holds(p(), node, [&](std::uint32_t i) {
                   return outcome(lead, i, t, *readings_);
               });
    }
    [[nodiscard]] bool outcome(std::uint32_t lead, std::uint32_t i, std::int64_t t,
                               const std::vector<reading>& readings) const {
        const auto& test = p().tests[i];
        switch (test.source.of) {
        case subject::score:
            return score_outcome(test, readings[test.name]);
        case subject::band: {
            const auto b = band_of(lead, test.name).now;
            return outcomes_[i][b == no_band_index ? 0 : b + 1] != 0;
        }
        case subject::matrix_class: {
            const auto& m = p().matrices[test.name];
            return outcomes_[i][class_number(m, band_of(lead, m.rows).now,
                                             band_of(lead, m.columns).now)] != 0;
        }
        case subject::time_in_stage: {
            const auto& at = place_of(lead, test.name);
            return age_holds(test,
                             at.stage == none32 ? value{} : value{instant{duration{at.since}}}, t);
        }
        default:
            return cursor_->test_outcome(i);
        }
    }
    [[nodiscard]] static bool score_outcome(const compiled_test& t, const reading& r) {
        return test_holds(t,
                          r.excluded_by != none32 ? value{} : value{static_cast<double>(r.value)});
    }

    // ---- transitions

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
                using trigger_kind = compiled_transition::trigger;
                enter(lead, lead, f, n, x.to, t,
                      x.by == trigger_kind::touchpoint ? "touchpoint"
                      : x.by == trigger_kind::timer    ? "timer"
                                                       : "condition",
                      nullptr, 0);
                moved = true;
                break;
            }
        }
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
        case compiled_transition::trigger::hand:
            return false;
        }
        return false;
    }

    /// Whether the lead that is looked at has entered a stage at this very instant. Amortised O(1),
    /// however many entries there are of it.
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
        // What is entered now stands behind all that was.
        for (; entered_.next < stages.size(); ++entered_.next)
            entered_.places.insert(stage_places_[stages[entered_.next].kind]);
        return entered_.places.contains({f, stage});
    }

    /// Writes a stage entry at the clock and reads everything anew. `told` is what somebody has
    /// said, if somebody has.
    void enter(std::uint32_t told_of, std::uint32_t lead, std::uint32_t f,
               std::uint32_t transition_number, std::uint32_t stage, std::int64_t t,
               std::string_view cause, const stage_entry* told, std::uint32_t source) {
        const auto& funnel = p().source.funnels[f];
        auto& here = memory_.places(lead)[f];
        const compiled_transition* x =
            transition_number == none32 ? nullptr : &p().funnels[f].transitions[transition_number];
        const std::int32_t cycle = told != nullptr && told->cycle != 0
                                       ? static_cast<std::int32_t>(told->cycle)
                                       : here.cycle + (x != nullptr && x->cycle ? 1 : 0);
        new_stage e{.at = instant{duration{t}}};
        e.kind = x == nullptr ? words_.stage(funnel.id, funnel.stages[stage].id, {})
                              : stage_kind_of(f, transition_number, stage);
        e.detail = {.reason = told == nullptr ? 0 : text(told->reason),
                    .cause = text(cause),
                    .source = source,
                    .model_version = version_,
                    .cycle = cycle,
                    .number = leads_[lead].log().next_number(e.at)};
        new_facts_.clear();
        new_scores_.clear();
        if (told != nullptr || (x != nullptr && !x->sets.empty())) {
            wiped<value_map> sets;
            if (told != nullptr) sets = told->sets;
            if (x != nullptr)
                for (const auto& [a, v] : x->sets) (*sets)[p().source.attributes[a].id] = v;
            for (const auto& [name, v] : *sets) {
                const auto n = words_.attribute(name);
                new_facts_.push_back({e.at, n, words_.attribute_value(n, v)});
            }
        }
        if (told != nullptr && !told->scores.empty()) {
            for (const auto& [name, v] : told->scores)
                new_scores_.push_back({words_.recorded_score(name), v.micros()});
        } else {
            for (const auto i : names_.scores_in_order) {
                const auto& r = (*readings_)[i];
                if (r.excluded_by != none32) continue;
                auto& n = names_.scores[i];
                if (n == none32) n = words_.recorded_score(p().scores[i].id);
                new_scores_.push_back({n, r.value});
            }
        }
        e.scores = new_scores_;
        e.facts = new_facts_;
        each_log(told_of, 2, [&](lead_log& log) { return log.insert(e, words_); });
        extend();

        signal_record s{.lead = lead,
                        .subject = names_.funnels[f],
                        .from = stage_text(f, here.stage),
                        .to = stage_text(f, stage),
                        .cause = x != nullptr ? names_.transitions[f][transition_number]
                                              : e.detail.cause,
                        .reason = e.detail.reason,
                        .cycle = cycle,
                        .kind = signal_kind::stage_changed};
        emit(s);
        if (here.stage != none32) --stage_counts_[f][here.stage];
        ++stage_counts_[f][stage];
        here = {t, stage, cycle, here.entries + 1};

        // An award for inactivity that was due at this very instant stands after the entry.
        if (cursor_->last_deadline() == t) forget_walk(lead);
        stand(lead, t);
        notice_owner(lead, x != nullptr ? s.cause : host_);
        if (x != nullptr && x->alert != none32) raise(lead, x->alert, t, s.cause);
        read(lead, t, reads::as_evaluation);
    }
    std::uint32_t stage_kind_of(std::uint32_t f, std::uint32_t transition, std::uint32_t stage) {
        auto& known = names_.stage_kinds[f][transition];
        if (known == none32) {
            const auto& funnel = p().source.funnels[f];
            known =
                words_.stage(funnel.id, funnel.stages[stage].id, funnel.transitions[transition].id);
        }
        return known;
    }
    std::uint32_t stage_text(std::uint32_t f, std::uint32_t stage) {
        return stage == none32 ? 0 : names_.stages[f][stage];
    }

    /// Takes a decision that was told. Why it is refused, if it is.
    std::string move(std::uint32_t told, std::uint32_t lead, const stage_entry& g,
                     std::uint32_t source) {
        const std::int64_t t = clock_;
        stand(lead, t);
        read(lead, t, reads::for_guard);
        const auto& funnels = p().source.funnels;
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
        std::uint32_t f = 0;
        while (f < funnels.size() && funnels[f].id != g.funnel) ++f;
        if (f == funnels.size()) return refuse("there is no funnel " + quote(g.funnel), 0);
        const auto& funnel = funnels[f];
        const auto& here = place_of(lead, f);
        const auto from = stage_text(f, here.stage);
        std::uint32_t stage = 0;
        while (stage < funnel.stages.size() && funnel.stages[stage].id != g.stage) ++stage;
        if (stage == funnel.stages.size())
            return refuse("funnel " + quote(funnel.id) + " has no stage " + quote(g.stage), from);
        std::uint32_t taken = none32;
        const auto& compiled = p().funnels[f];
        const auto& leaving =
            here.stage == none32 ? compiled.entering : compiled.stages[here.stage].leaving;
        for (const auto n : leaving) {
            const auto& x = compiled.transitions[n];
            if (x.to != stage ||
                (!g.transition.empty() && funnel.transitions[n].id != g.transition) ||
                !guard(lead, x.when, t))
                continue;
            taken = n;
            break;
        }
        if (taken == none32) {
            if (!g.transition.empty())
                return refuse("no transition " + quote(g.transition) + " leads there now", from);
            if (funnel.moves == manual_moves::declared)
                return refuse("no declared transition leads there now", from);
            if (here.stage == none32 && !funnel.stages[stage].entry)
                return refuse("leads do not enter at " + quote(g.stage), from);
        }
        notice_owner(lead, host_);
        enter(told, lead, f, taken, stage, t, g.cause.empty() ? "person" : g.cause, &g, source);
        look(lead, t, true, true, {});
        return {};
    }

    // ---- timers

    /// When a timer of the lead that the cursor stands on started; `end_of_time` if it does not
    /// run.
    [[nodiscard]] std::int64_t start(std::uint32_t lead, std::uint32_t f,
                                     const compiled_timer& x) const {
        switch (x.since) {
        case timer_start::stage_entry:
            return place_of(lead, f).stage == none32 ? end_of_time : place_of(lead, f).since;
        case timer_start::assignment:
            return cursor_->owned_since();
        case timer_start::touchpoint:
            return cursor_->last_timed(x.timed);
        }
        return end_of_time;
    }
    /// What a lead's history says of attributes up to an instant, in its order.
    template<class Take>
    void each_fact(std::uint32_t lead, std::int64_t t, const Take& take) const {
        const auto v = leads_[lead].log().view();
        std::size_t i = 0;
        const auto take_until = [&](std::int64_t end) {
            for (; i < v.attributes.size(); ++i) {
                const auto at = v.attributes[i].at.time_since_epoch().count();
                if (at > end) return;
                take(v.attributes[i], at);
            }
        };
        for (const auto& s : v.stages) {
            const auto at = s.at.time_since_epoch().count();
            if (at > t) break;
            take_until(at);
            for (const auto& f : v.stage_facts.subspan(s.first_fact, s.fact_count)) take(f, at);
        }
        take_until(t);
    }
    [[nodiscard]] std::int64_t deadline(std::uint32_t lead, std::uint32_t f,
                                        const compiled_timer& x) const {
        const auto from = start(lead, f, x);
        return from == end_of_time ? end_of_time : deadline_from(lead, x, from);
    }
    [[nodiscard]] std::int64_t deadline_from(std::uint32_t lead, const compiled_timer& x,
                                             std::int64_t from) const {
        if (x.calendar == none32) return later(from, x.after);
        auto calendar = x.calendar;
        if (p().owner != none32) {
            const auto it = p().calendar_of_owner.find(role_text(p().owner, leads_[lead].owner));
            if (it != p().calendar_of_owner.end()) calendar = it->second;
        }
        const auto at = p().calendars[calendar].add(instant{duration{from}}, duration{x.after});
        return later(at.time_since_epoch().count(), 0);
    }

    // ---- alerts and service levels

    void raise(std::uint32_t lead, std::uint32_t a, std::int64_t t, std::uint32_t cause) {
        const auto& alert = p().alerts[a];
        auto& m = memory_.alerts(lead)[a];
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
            explanations_.insert_or_assign(first_sequence_ + outbox_.size(),
                                           to_string(*why, explanation_bytes_));
        }
        emit({.lead = lead,
              .subject = text(p().source.alerts[a].id),
              .cause = cause,
              .kind = signal_kind::alert});
        m.raised = t;
        m.armed = false;
    }

    void raise_alerts(std::uint32_t lead, std::int64_t t) {
        for (std::uint32_t a = 0; a < p().alerts.size(); ++a) {
            const auto& alert = p().alerts[a];
            if (alert.when == 0) continue;
            auto& m = memory_.alerts(lead)[a];
            const bool holds = guard(lead, alert.when, t);
            if (alert.rearms ? guard(lead, alert.rearm, t) : !holds) m.armed = true;
            if (holds && m.armed) raise(lead, a, t, 0);
        }
    }

    void check_slas(std::uint32_t lead, std::int64_t t) {
        auto& r = leads_[lead];
        if (!p().slas.empty())
            for (std::size_t i = r.slas.size(); i-- > 0;) {
                const auto& m = r.slas[i];
                const auto& x = p().slas[m.sla];
                if (place_of(lead, x.funnel).stage != x.stage ||
                    start(lead, x.funnel, x.due) != m.start)
                    r.slas.erase(i);
            }
        for (std::uint32_t f = 0; f < p().funnels.size(); ++f) {
            const auto stage = place_of(lead, f).stage;
            if (stage == none32) continue;
            for (const auto n : p().funnels[f].stages[stage].slas) {
                const auto& x = p().slas[n];
                const auto from = start(lead, f, x.due);
                if (from == end_of_time) continue;
                auto it = std::find_if(r.slas.begin(), r.slas.end(),
                                       [&](const sla_memory& m) { return m.sla == n; });
                if (it == r.slas.end()) {
                    r.slas.push_back({from, n, 0});
                    it = r.slas.end() - 1;
                }
                if ((it->done & sla_memory::settled) != 0) continue;
                const auto due = deadline_from(lead, x.due, from);
                signal_record s{.due = due,
                                .lead = lead,
                                .subject =
                                    text(p().source.funnels[f].stages[stage].slas[x.number].id),
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
                    continue;
                }
                emit(s);
            }
        }
    }

    /// Whether a touchpoint after the start and before the deadline meets a service level. (One
    /// that is neither met nor breached was not met by the touchpoints of the looks before.)
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

    // ---- the index

    /// What the index is to say of a lead on which the cursor stands at the clock.
    [[nodiscard]] indexed shown_now(std::uint32_t lead) const {
        const auto held = [&](std::uint32_t role) {
            return role == none32 ? 0 : cursor_->attribute(role);
        };
        return with_stage(
            lead,
            {.email = held(p().email), .account = held(p().account), .owner = held(p().owner)});
    }
    /// The same by the lead's history alone, without walking it: touchpoints say nothing of it.
    [[nodiscard]] indexed shown_by_history(std::uint32_t lead) const {
        const auto name_of = [&](std::uint32_t role) {
            return role == none32 ? no_name : binding_->name_of_attribute[role];
        };
        const auto email = name_of(p().email);
        const auto account = name_of(p().account);
        const auto owner = name_of(p().owner);
        indexed x;
        each_fact(lead, clock_, [&](const attribute_entry& f, std::int64_t) {
            if (f.name == no_name) return;
            if (f.name == email) x.email = f.value;
            if (f.name == account) x.account = f.value;
            if (f.name == owner) x.owner = f.value;
        });
        return with_stage(lead, x);
    }
    [[nodiscard]] indexed with_stage(std::uint32_t lead, indexed x) const {
        if (!p().funnels.empty()) {
            x.stage = place_of(lead, 0).stage;
            x.entered = place_of(lead, 0).since;
        }
        return x;
    }
    /// The text that a role's attribute holds by number; empty if there is no such role, or no
    /// text.
    [[nodiscard]] std::string_view role_text(std::uint32_t role, std::uint32_t v) const {
        if (role == none32) return {};
        const auto name = binding_->name_of_attribute[role];
        const auto* s = std::get_if<std::string>(&words_.words().attribute_values[name][v]);
        return s == nullptr ? std::string_view{} : *s;
    }
    /// Brings the index up to where the cursor stands.
    void show(std::uint32_t lead) {
        if (!is_index_current_) return;
        auto& old = leads_[lead].shown;
        const auto now = shown_now(lead);
        if (now == old) return;
        index_touched_ = true;
        if (now.email != old.email) who_.set_email(lead, fold(role_text(p().email, now.email)));
        if (now.account != old.account) who_.set_account(lead, role_text(p().account, now.account));
        if (now.owner != old.owner) who_.set_owner(lead, role_text(p().owner, now.owner));
        if (now.stage != old.stage || now.entered != old.entered)
            who_.set_stage(lead, now.stage, instant{duration{now.entered}});
        old = now;
    }
    /// Leaves a lead to be found by nothing that the index is of.
    void hide(std::uint32_t lead) {
        if (!is_index_current_) return;
        index_touched_ = true;
        who_.set_email(lead, {});
        who_.set_account(lead, {});
        who_.set_owner(lead, {});
        who_.set_stage(lead, identity_record::no_stage, always);
        leads_[lead].shown = {};
    }
    void mend_index() {
        mend_index([](std::uint32_t) {});
    }
    template<class Step>
    void mend_index(const Step& step) {
        if (is_index_current_) return;
        for (std::uint32_t n = 0; n < leads_.size(); ++n) {
            step(n);
            prefetch_after(n);
            if (leads_[n].is_root() && clock_ != before_time) leads_[n].shown = shown_by_history(n);
        }
        index_shown();
    }
    /// Makes the index anew of what is noted as shown of each lead.
    void index_shown() {
        who_.assign(leads_.size(), [&](std::size_t n) -> std::optional<identity_record> {
            const auto& r = leads_[n];
            if (r.erased) return std::nullopt;
            identity_record x{.lead = static_cast<std::uint32_t>(n)};
            if (!r.is_root()) return x;
            x.email = fold(role_text(p().email, r.shown.email));
            x.account = role_text(p().account, r.shown.account);
            x.owner = role_text(p().owner, r.shown.owner);
            x.stage = r.shown.stage;
            x.entered = instant{duration{r.shown.entered}};
            return x;
        });
        is_index_current_ = true;
    }

    /// Makes ranks anew that an operation which failed has left behind.
    void mend_ranks() {
        ranks_.mend(
            leads_.size(), *cursor_, [&](std::uint32_t n) { return leads_[n].is_root(); },
            [&](std::uint32_t n) -> const std::vector<reading>* {
                if (clock_ == before_time) return nullptr;
                prefetch_after(n);
                pass(n, clock_);
                return readings_ = &cursor_->evaluate();
            });
    }

    // ---- the next look

    void schedule(std::uint32_t lead, std::int64_t t) {
        auto& c = *cursor_;
        const std::int64_t stop = c.next_stop();
        std::int64_t own = end_of_time;
        bool settled = true; // nothing is left for a later instant of no matter which kind
        const auto consider = [&](std::int64_t at) {
            if (at > t) own = std::min(own, at);
        };
        for (std::uint32_t f = 0; f < p().funnels.size(); ++f) {
            const auto& funnel = p().funnels[f];
            const auto stage = place_of(lead, f).stage;
            // What may not be entered twice at this instant, or what another funnel's move enables,
            // goes on at the next tick.
            if (stage != none32 && place_of(lead, f).since == t) {
                settled = false;
                consider(tick_after(t, p().grid));
            }
            for (const auto n : stage == none32 ? funnel.entering : funnel.stages[stage].leaving) {
                const auto& x = funnel.transitions[n];
                if (x.by == compiled_transition::trigger::timer)
                    consider(deadline(lead, f, x.after));
            }
        }
        for (const auto& m : leads_[lead].slas) {
            if ((m.done & sla_memory::settled) != 0) continue;
            const auto& x = p().slas[m.sla];
            const auto due = deadline_from(lead, x.due, m.start);
            consider(due);
            if (x.warn_before != 0 && due != end_of_time) consider(due - x.warn_before);
        }
        for (std::uint32_t a = 0; a < p().alerts.size(); ++a) {
            const auto& m = memory_.alerts(lead)[a];
            const auto& alert = p().alerts[a];
            if (m.raised != before_time && alert.cooldown != 0)
                consider(later(m.raised, alert.cooldown));
            // Without a cooldown it is raised at every look at which both conditions hold.
            if (alert.cooldown == 0 && alert.rearms && guard(lead, alert.when, t) &&
                guard(lead, alert.rearm, t))
                consider(c.next_fade(t));
        }
        const std::size_t bandings = p().bandings.size();
        for (std::size_t b = 0; b < bandings; ++b) {
            consider(band_of(lead, b).latest.dwell_end(p().bandings[b]));
            const auto& m = band_of(lead, b);
            if (m.now != m.told || m.now != m.latest.band()) settled = false;
        }
        for (const auto i : p().guard_stage_time_tests) {
            const auto& at = place_of(lead, p().tests[i].name);
            if (at.stage != none32) each_change_of_age(p().tests[i], at.since, consider);
        }
        for (const auto i : p().guard_age_tests) {
            const auto* held = std::get_if<instant>(&c.held(p().tests[i].name));
            if (held != nullptr)
                each_change_of_age(p().tests[i], held->time_since_epoch().count(), consider);
        }
        if (!settled) consider(c.next_fade(t));
        std::int64_t due = std::min(stop, own);
        std::int64_t still = std::min(due, time_end) - 1;
        if (!watched_rise_.empty() && c.varies()) {
            if (const auto faded = next_faded(lead, t, still); faded != end_of_time) due = faded;
        }
        // Estimates in ranks hold until a score jumps, or an award is gone.
        if (!ranks_.empty()) due = std::min({due, c.next_jump(), c.next_award_end()});
        const bool shared = due == stop || (due != end_of_time && c.fades_at(due));
        leads_[lead].calm_until = settled ? still : t;
        leads_[lead].due_shared = shared;
        if (due == end_of_time)
            queue_.cancel(lead);
        else
            queue_.schedule(lead, due);
    }

    /// The first evaluation instant after `t` up to `until` at which decay alone could have changed
    /// anything, or an earlier one; `end_of_time` if there is none. (Up to `until` nothing else
    /// happens.) `until` becomes the instant up to which nothing changes at all.
    [[nodiscard]] std::int64_t next_faded(std::uint32_t lead, std::int64_t t, std::int64_t& until) {
        const bool all_rise = std::all_of(watched_rise_.begin(), watched_rise_.end(),
                                          [](bool rises) { return rises; });
        if (all_rise && cursor_->only_sinks() && watch(lead)) return next_sunk(t, until);
        const auto fade = cursor_->first_fade(
            until, [&](const std::vector<reading>& low, const std::vector<reading>& high,
                       std::int64_t at) { return is_quiet(lead, low, high, at); });
        until = fade.calm;
        return fade.at;
    }
    /// Whether a look up to `t` would find nothing new of scores anywhere between two readings.
    /// (Bands and outcomes of tests change in one direction where a score does.)
    [[nodiscard]] bool is_quiet(std::uint32_t lead, const std::vector<reading>& low,
                                const std::vector<reading>& high, std::int64_t t) const {
        for (std::size_t b = 0; b < p().bandings.size(); ++b)
            if (!band_of(lead, b).latest.stays(p().bandings[b], low, high, t)) return false;
        return std::all_of(p().guard_score_tests.begin(), p().guard_score_tests.end(),
                           [&](std::uint32_t i) {
                               const auto& test = p().tests[i];
                               const bool now = score_outcome(test, (*readings_)[test.name]);
                               return score_outcome(test, low[test.name]) == now &&
                                      score_outcome(test, high[test.name]) == now;
                           });
    }

    /// `next_faded` where everything sinks.
    ///
    /// Thresholds are crossed downwards. A lower bound of when comes from floating-point sums of
    /// the awards; only where that is the next tick are scores themselves looked at. A look that
    /// comes too early finds nothing and looks for the next.
    [[nodiscard]] std::int64_t next_sunk(std::int64_t t, std::int64_t& quiet) {
        const std::int64_t grid = p().grid;
        const std::int64_t end = cursor_->next_end();
        const std::int64_t first = tick_after(t, grid);
        const std::int64_t until = std::exchange(quiet, t);
        std::int64_t still = end_of_time;
        for (const auto& w : watched_)
            still = std::min(still, cursor_->stays_until(w.score, w.value, until));
        quiet = std::min(still, until);
        if (still >= until) return end_of_time;
        const auto found = [&] {
            const std::int64_t tick = tick_after(still, grid);
            // Ends that were passed over may be followed by others, right behind `still`.
            if (tick > first)
                return end <= still ? floor_divide(still, grid) * grid : std::min(tick, end);
            const std::int64_t last = floor_divide(std::min(until, end - 1), grid) * grid;
            if (last < first) return end;
            const std::int64_t at = next_tick(first, last, t);
            return at <= last ? at : end;
        }();
        return found <= until ? found : end_of_time;
    }

    /// Of the ticks from `first` to `last`, between which nothing but decay happens, the first at
    /// which something watched has fallen, or a later one than `last`. Whether something has by the
    /// last tick tells whether it does at all. Where is guessed from the logarithm of the score,
    /// which falls in a straight line if one half-life is at work: guesses may find, scores alone
    /// decide.
    [[nodiscard]] std::int64_t next_tick(std::int64_t first, std::int64_t last, std::int64_t t) {
        const std::int64_t grid = p().grid;
        // Ticks from the one before the first: nothing has changed at `low`, something at `high`.
        std::int64_t low = 0;
        std::int64_t high = (last - first) / grid + 1;
        double at_low = height(*readings_);
        double low_tick = static_cast<double>(t - first) / static_cast<double>(grid) + 1;
        double at_high = height(cursor_->peek(last));
        if (at_high >= 0) return end_of_time;
        bool halves = false;
        while (high - low > 1) {
            std::int64_t k = low + (high - low) / 2;
            if (!halves) {
                const double x =
                    low_tick + (static_cast<double>(high) - low_tick) * at_low / (at_low - at_high);
                k = std::clamp(static_cast<std::int64_t>(x), low + 1, high - 1);
            }
            const std::int64_t width = high - low;
            const double h = height(cursor_->peek(first + (k - 1) * grid));
            if (h < 0) {
                high = k;
                at_high = h;
            } else {
                low = k;
                low_tick = static_cast<double>(k);
                at_low = h;
                // Mostly the next tick is the one.
                if (high - low > 1) {
                    const double next = height(cursor_->peek(first + k * grid));
                    if (next < 0) return first + k * grid;
                    low = k + 1;
                    low_tick = static_cast<double>(low);
                    at_low = next;
                }
            }
            halves = (high - low) * 2 > width;
        }
        return first + (high - 1) * grid;
    }

    /// What the lead's next tick is looked for by: scores that are at or above a value now. Not if
    /// a band is left already, and the look was at an instant that bands do not remember.
    bool watch(std::uint32_t lead) {
        watched_.clear();
        const auto below = [&](std::uint32_t score, std::int64_t value) {
            const auto& r = (*readings_)[score];
            if (r.excluded_by == none32 && r.value >= value) watched_.push_back({score, value});
        };
        const std::size_t n = p().bandings.size();
        for (std::size_t b = 0; b < n; ++b) {
            const auto& banding = p().bandings[b];
            const auto& m = band_of(lead, b).latest;
            if (m.band() == no_band_index || m.band() == 0) continue;
            if (m.dwell_end(banding) > cursor_->now()) continue; // looked at when it ends
            const auto leave = banding.bands[m.band()].leave;
            if ((*readings_)[banding.score].value < leave) return false;
            below(banding.score, leave);
        }
        for (const auto i : p().guard_score_tests) {
            const auto& test = p().tests[i];
            const auto* literal = std::get_if<double>(&test.literal);
            if (literal == nullptr) continue; // whether it exists: decay does not change that
            const auto value = static_cast<std::int64_t>(*literal);
            const bool includes = test.source.how == op::at_least || test.source.how == op::less;
            below(test.name, includes ? value : value + 1);
        }
        return true;
    }
    /// How far the watched scores are above what they are watched for, the least of them; below
    /// zero if one has fallen.
    [[nodiscard]] double height(const std::vector<reading>& readings) const {
        double least = 1e300;
        for (const auto& w : watched_) {
            const auto v = readings[w.score].value;
            double h = w.value > 0 && v > 0
                           ? std::log2(static_cast<double>(v) / static_cast<double>(w.value))
                           : static_cast<double>(v - w.value);
            if (v < w.value) h = std::min(h, -1e-300);
            if (v >= w.value) h = std::max(h, 0.0);
            least = std::min(least, h);
        }
        return least;
    }

    plan plan_;
    vocabulary words_;
    std::unique_ptr<bound_program> binding_;

    identity_options indices_;
    identity who_;
    bool is_index_current_ = true; // else it knows numbers alone, until it is made anew
    slab_vector<lead_record> leads_;
    number_set free_; // numbers of leads that are gone
    std::vector<std::unique_ptr<family>> families_;
    text_hash id_hash_;
    hash_index ids_;
    lead_state memory_;
    std::size_t roots_ = 0; // leads that are neither merged away nor erased
    timer_wheel queue_;     // when each is to be looked at next
    std::int64_t clock_ = before_time;
    bool closed_ = false;

    std::vector<std::pair<std::uint32_t, std::uint32_t>> stage_places_; // by stage kind
    std::vector<std::vector<std::size_t>> stage_counts_;
    std::vector<std::vector<std::size_t>> band_counts_;
    std::vector<std::vector<std::uint8_t>> outcomes_; // of tests of bands and classes
    /// By funnel, and stage + 1 (0 for none): what its transitions and service levels ask for.
    std::vector<std::vector<std::vector<std::uint32_t>>> asked_patterns_;
    std::vector<bool> watched_rise_; // of scores that guards and bands look at
    std::uint32_t version_ = 0;
    std::uint32_t host_ = 0;
    /// Numbers that the vocabulary has for the plan's names; of stage entries, as far as they were
    /// asked for.
    struct plan_names {
        std::vector<std::uint32_t> all; // texts, each as often as it is named
        std::vector<std::uint32_t> funnels;
        std::vector<std::vector<std::uint32_t>> stages;
        std::vector<std::vector<std::uint32_t>> transitions;
        std::vector<std::vector<std::uint32_t>> stage_kinds; // of what transitions write
        std::vector<std::uint32_t> bandings;
        std::vector<std::vector<std::uint32_t>> bands;
        std::vector<std::uint32_t> scores;
        std::vector<std::uint32_t> scores_in_order; // of their names, as stage entries have them
    };
    plan_names names_;
    std::vector<recorded_score> new_scores_; // of the stage entry that is being written
    std::vector<attribute_entry> new_facts_;
    std::uint64_t generation_ = 0; // of the vocabulary, as far as it is bound

    ranked_scores ranks_;
    bool index_touched_ = false;

    std::deque<signal_record> outbox_;
    std::set<std::pair<std::uint32_t, std::uint64_t>> naming_; // leads, and signals that name them
    std::uint64_t first_sequence_ = 1;
    boost::unordered_flat_map<std::uint64_t, wiped<std::string>> explanations_; // by sequence
    std::size_t explanation_bytes_ = 0;

    // what `atomically` can go back to
    std::array<kept_lead, 2> kept_;
    struct insertion {
        lead_log* log = nullptr;
        std::size_t what = 0;
        std::size_t place = 0;
        bool is_own = false; // the lead's, not its family's
    };
    std::vector<insertion> inserted_;

    // where the writer stands
    std::unique_ptr<cursor<>> cursor_;
    std::uint32_t cursor_lead_ = none32;
    /// Walks of long histories as they stood before the stage entries, and what else comes after
    /// touchpoints, of one instant.
    boost::unordered_flat_map<std::uint32_t, std::unique_ptr<cursor_state>> checkpoints_;
    std::int64_t checkpoints_at_ = before_time;
    /// What a lead has entered at an instant: funnels and stages, of its stage entries before
    /// `next`.
    struct {
        std::uint32_t lead = none32;
        std::int64_t at = before_time;
        std::size_t next = 0;
        boost::unordered_flat_set<std::pair<std::uint32_t, std::uint32_t>> places;
    } entered_;
    std::size_t kept_from_ = 32;                      // events: a walk is kept
    static constexpr std::size_t facts_an_event = 16; // which take as long to walk
    const std::vector<reading>* readings_ = nullptr;
    struct watched {
        std::uint32_t score = 0;
        std::int64_t value = 0;
    };
    std::vector<watched> watched_;
    bool silent_ = false;
};

} // namespace leadfunnel::inline v0::detail
