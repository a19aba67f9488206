// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The events that an engine starts with. Not for users.
///
/// Loading stores all events first, then evaluates each lead once, at the clock. So it is faster
/// than applying events one by one, and emits no signal for what is past.

#include <leadfunnel/engine/detail/event_order.hpp>
#include <leadfunnel/engine/detail/history_words.hpp>
#include <leadfunnel/engine/detail/snapshot_content.hpp>
#include <leadfunnel/history/detail/event_checks.hpp>
#include <leadfunnel/history/histories.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

class loading : public snapshot_content {
  public:
    /// Throws state_error if the engine has leads.
    void require_empty() const {
        if (roots_ != 0) throw state_error("only an engine without leads can be loaded");
    }
    /// Stores events, given in any order, moves the clock to the latest, and starts all leads
    /// there. No transition runs and no signal is emitted before the first call that moves the
    /// clock. If `progress` throws, the engine must not be used any more.
    batch_report load(std::span<const event> events, const engine_progress& reported) {
        heeding deep{*this, reported, events.size()};
        const auto progress = deep.reports();
        auto report = store(events, event_order(events), progress);
        begin(clock_, [&] { progress(events.size(), events.size()); });
        return report;
    }
    /// The same for histories.
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

    // ---- the two halves of a load

    /// Stores the events with these indices, in this order.
    batch_report store(std::span<const event> events, const std::vector<std::size_t>& order,
                       const engine_progress& progress = {}) {
        require_empty();
        batch_report report;
        std::size_t done = 0;
        for (const auto i : order) {
            report_progress(progress, ++done, order.size());
            try {
                const auto is_new = std::visit([&](const auto& x) { return store(x); }, events[i]);
                ++(is_new ? report.taken : report.duplicates);
            } catch (const event_error& e) {
                report.refused.push_back({i, e.what()});
            }
        }
        return report;
    }
    /// Stores the histories of the leads for which `is_mine(number)` holds. Calls `step(events so
    /// far)` once for at least `report_step` events.
    template<class IsMine, class Step>
    batch_report store(const histories& h, const IsMine& is_mine, const Step& step) {
        require_empty();
        batch_report report;
        history_words numbers{h, words_};
        std::size_t reported = 0;
        for (std::size_t i = 0; i < h.size(); ++i) {
            const auto touchpoints = h.touchpoints(i);
            const auto facts = h.attributes(i);
            const auto stages = h.stages(i);
            const auto n = touchpoints.size() + facts.size() + stages.size();
            if (n == 0 || !is_mine(i)) continue;
            const auto mine = lead(h.lead_id(i));
            leads_[mine].own.copy(h, i, numbers, words_);
            leads_[mine].own.each_word(using_words{words_});
            const auto last = leads_[mine].own.last();
            if (last != always) clock_ = std::max(clock_, last.time_since_epoch().count());
            report.taken += n;
            if (report.taken - reported >= report_step) step(reported = report.taken);
        }
        return report;
    }
    /// Starts all leads at `at`, or at the clock if that is later.
    void begin(std::int64_t at) {
        begin(at, [] {});
    }
    /// The same; calls `step()` every `report_step` leads.
    template<class Step>
    void begin(std::int64_t at, const Step& step) {
        clock_ = std::max(clock_, at);
        extend();
        settle_words();
        for (std::uint32_t n = 0; n < leads_.size(); ++n) {
            if ((n + 1) % report_step == 0) step();
            start_loaded(n);
            if (clock_ != before_time) leads_[n].shown = shown_now(n); // the cursor stands there
        }
        ranks_.forget();
        forget_index();
        mend_ranks();
        index_shown();
    }

  protected:
    using snapshot_content::snapshot_content;

  private:
    /// Inserts an event into its lead's history. False for a duplicate.
    template<class Event>
    bool store(const Event& e) {
        require_acceptable(e);
        const auto n = lead(e.lead);
        const auto source = words_.source(e.source, e.id);
        auto& log = leads_[n].own;
        constexpr auto what = kind_of(std::type_identity<Event>{});
        if (!e.id.empty() && log.knows(what, source)) return false;
        if constexpr (what == event_kind::touchpoint)
            log.each_word(what, log.insert(e, words_, words_.kind(e), source), using_words{words_});
        else
            log.each_word(what, log.insert(e, words_, source), using_words{words_});
        if (e.at != always) clock_ = std::max(clock_, e.at.time_since_epoch().count());
        return true;
    }

    /// Initialises the state of a loaded lead without emitting signals, and schedules its first
    /// evaluation.
    void start_loaded(std::uint32_t n) {
        if (clock_ == before_time) return;
        reread_places(n);
        const bool shared = refold_bands(n);
        if (cursor_->first_event() == end_of_time) return;
        silent_ = true;
        read(n, clock_, shared ? reads::as_evaluation : reads::after_event);
        if (p().owner != none32) set_owner(n, cursor_->attribute(p().owner));
        silent_ = false;
        for (std::uint32_t a = 0; a < p().alerts.size(); ++a)
            if (p().alerts[a].when != 0)
                states_.alerts(n)[a].armed = !guard(n, p().alerts[a].when, clock_);
        leads_[n].due_shared = shared;
        queue_.schedule(n, clock_);
    }
};

} // namespace leadfunnel::inline v0::detail
