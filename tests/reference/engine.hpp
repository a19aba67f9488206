// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The live engine, written as slowly and plainly as possible: every lead is evaluated at every
/// evaluation instant, including every tick of the decay grid, and everything is computed from the
/// whole history each time. Not for production: tests compare the real engine with this.
///
/// Where the comments of the headers leave room, this reading holds:
///
/// Time. An event at t closes all instants before t; so do a duplicate and a refused move.
/// `advance_to(t)` closes all instants up to t. Closing evaluates all leads at their due instants,
/// in order of (instant, number of the lead). A due instant is after the lead's last evaluation.
/// Attributes that always hold are never late and close nothing; a lead that has nothing else is
/// not evaluated. A refused move emits its signal, but causes no evaluation.
///
/// The evaluation instants of a lead are those of its scores (see the top of reference.hpp), all
/// ticks of the grid from its first event on, and the engine's own:
/// - deadlines of timers of the transitions from its current stages (or, in no stage yet, of the
///   entry transitions), whether or not their guards hold;
/// - deadlines and warnings of the service levels of its current stages that are neither met nor
///   breached;
/// - for each alert, its last time + cooldown;
/// - for each test of a time in a stage or an age, in any guard, alert or rearm condition, the
///   instants at which its outcome changes (as for ages in reference.hpp);
/// - the ends of the dwell times of bands.
///
/// One evaluation at t, for a touchpoint or for none:
/// 1. Bands: the fold over the instants before t, then an evaluation at t. band_changed is emitted
///    for each band that differs from the one last emitted, in order of declaration. At an instant
///    that is the engine's own and not the scores', only bandings whose dwell time ends then count.
///    Then class_changed is emitted, for the bands last emitted. Then owner_changed, if the owner
///    differs from the one at the last evaluation.
/// 2. For each funnel in order: the first enabled transition is taken, followed by 1 at this
/// instant,
///    until none is enabled. None is enabled while an exclusion without `scores` holds.
/// 3. Alerts: armed again if `rearm` holds (without one, if `when` does not hold); then raised if
///    armed, `when` holds and the cooldown allows it.
/// 4. Service levels of the current stages. One that was breached or met is done until its timer
///    starts at another instant, or the lead has been out of the stage at an evaluation. A
///    touchpoint meets it if its instant is later than the start; later in history order is not
///    enough.
/// A move of a later funnel does not run the funnels before it again: transitions that it enables
/// are taken at the next evaluation instant, a tick at the latest.
///
/// A manual move takes the first transition to the named stage whose guard holds, and has its
/// effects; if the event names a transition, only that one. In an unrestricted funnel it may also
/// go to any other stage, if the event names no transition.
///
/// Stage entries are numbered by lead. The engine counts them, whatever the event says.
///
/// A merge forgets the signals of the lead that is merged away: after an unmerge it starts again.

#include "reference.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/engine/signal.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/plan/working_time.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace reference {

/// Everything that follows from the history of one lead. Caches scores, which depend on nothing
/// after their instant; a new event drops those from its instant on.
class lead_facts {
  public:
    explicit lead_facts(const lf::model& m) : m_(&m) {}

    void become(std::vector<event> history) {
        history_ = ordered(std::move(history));
        first_ = first_event(history_);
        until_ = lf::always;
        instants_.clear();
    }
    /// Drops what an event at `at` may change; keeps everything before.
    void forget_from(instant at) {
        for (auto& [id, values] : scores_) values.erase(values.lower_bound(at), values.end());
    }
    void forget() { scores_.clear(); }

    const std::vector<event>& history() const { return history_; }
    std::optional<instant> first() const { return first_; }

    moment at(instant t, const present* now = nullptr) const {
        return {.history = &history_, .count = history_.size(), .at = t, .now = now};
    }

    /// The scores' evaluation instants up to and including one, with all ticks.
    const std::vector<instant>& instants(instant until) {
        look_ahead(until);
        return instants_;
    }

    std::optional<points> score(const std::string& id, instant t) {
        auto& known = scores_[id];
        const auto found = known.find(t);
        if (found != known.end()) return found->second;
        look_ahead(t);
        const auto value = score_in(*m_, id, book_, history_, t).value;
        known.emplace(t, value);
        return value;
    }

    /// The bandings at t: folded over the instants before it, and evaluated at t or not.
    std::vector<band_fold> bands(instant t, bool looked) {
        std::vector<band_fold> found;
        for (const auto& b : m_->bandings) {
            const auto value_at = [&](instant at) { return score(b.score, at); };
            band_fold fold{.of = &b};
            for (const instant at : instants(t)) {
                if (at < t) fold.go_to(at, value_at);
            }
            // The ends of dwell times before t are evaluated in any case.
            while (fold.dwelt && *fold.dwelt < t) {
                const instant end = *fold.dwelt;
                fold.dwelt.reset();
                fold.look(value_at(end), end);
            }
            if (looked) fold.go_to(t, value_at);
            found.push_back(fold);
        }
        return found;
    }

    present now(instant t) {
        present found;
        const auto keep = [&](const std::string& id) {
            if (const auto value = score(id, t)) found.scores.emplace(id, *value);
        };
        for (const auto& s : m_->scores) keep(s.id);
        for (const auto& d : m_->derived) keep(d.id);
        const auto looked = bands(t, true);
        const auto place = [&](const std::string& id) -> std::optional<std::size_t> {
            for (const auto& b : looked) {
                if (b.of->id == id) return b.current;
            }
            return std::nullopt;
        };
        for (const auto& b : looked) {
            if (b.current) found.bands.emplace(b.of->id, b.of->bands[*b.current].id);
        }
        for (const auto& x : m_->matrices) {
            const auto row = place(x.rows);
            const auto column = place(x.columns);
            if (row && column) found.classes.emplace(x.id, class_of(*m_, x, *row, *column));
        }
        return found;
    }

  private:
    const lf::model* m_;
    std::vector<event> history_;
    std::optional<instant> first_;
    instant until_ = lf::always;
    ledger book_;
    std::vector<instant> instants_;
    std::map<std::string, std::map<instant, std::optional<points>>> scores_;

    void look_ahead(instant until) {
        if (until <= until_) return;
        until_ = until;
        book_ = make_ledger(*m_, history_, until);
        instants_ = evaluation_instants(*m_, history_, lf::always, until, true);
    }
};

inline const std::string& lead_of(const event& e) {
    return std::visit([](const auto& told) -> const std::string& { return told.lead; }, e);
}

/// The order in which a batch is applied: by instant; within an instant as given, but events of one
/// lead in history order.
inline std::vector<std::size_t> batch_order(std::span<const event> events) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < events.size(); ++i) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return instant_of(events[a]) < instant_of(events[b]);
    });
    // Events of one lead and instant are permuted among their places.
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (std::size_t j = i + 1; j < order.size(); ++j) {
            const event& a = events[order[i]];
            const event& b = events[order[j]];
            if (instant_of(a) == instant_of(b) && lead_of(a) == lead_of(b) && comes_before(b, a)) {
                std::swap(order[i], order[j]);
            }
        }
    }
    return order;
}

/// Thrown by the reference in a world that would take minutes.
struct out_of_patience {};

class engine {
  public:
    explicit engine(const lf::model& m) : m_(m), plan_(lf::compile(m)) { use_model(); }
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    // ---- what happens

    /// Adds events before the engine starts.
    lf::batch_report load(std::span<const event> events) {
        if (!numbers_.empty()) throw lf::state_error("there are leads already");
        lf::batch_report report;
        for (const std::size_t i : batch_order(events)) {
            const std::size_t n = mentioned(lead_of(events[i]));
            if (is_known(leads_[n], events[i])) {
                ++report.duplicates;
                continue;
            }
            insert(n, events[i]);
            ++report.taken;
            clock_ = std::max(clock_, instant_of(events[i]));
        }
        if (clock_ == lf::always) return report;
        for (auto& lead : leads_) {
            if (!lead.facts.first()) continue;
            const present now = lead.facts.now(clock_);
            auto& told = lead.emitted;
            for (const auto& b : m_.bandings) {
                told.bands[b.id] = name_in(now.bands, b.id).value_or("");
            }
            for (const auto& x : m_.matrices) {
                told.classes[x.id] = name_in(now.classes, x.id).value_or("");
            }
            told.owner = owner_of(lead);
            for (const auto& a : m_.alerts) {
                if (a.when.is != lf::condition::kind::none) {
                    told.alerts[a.id].is_armed = !holds(m_, a.when, lead.facts.at(clock_, &now));
                }
            }
            told.evaluated = clock_ - duration{1};
            told.begins = clock_;
        }
        return report;
    }

    lf::applied apply(const event& told) {
        const std::size_t n = resolved(mentioned(lead_of(told)));
        event e = told;
        const bool is_ground = instant_of(e) == lf::always;
        lf::applied what;
        if (!is_ground && instant_of(e) > clock_) {
            close(instant_of(e), false);
            clock_ = instant_of(e);
            is_closed_ = false;
        }
        what.late = !is_ground && is_over(instant_of(e));
        if (is_known(leads_[n], e)) {
            what.what = lf::applied::outcome::duplicate;
            return what;
        }
        if (auto* entry = std::get_if<lf::stage_entry>(&e)) {
            entry->at = clock_;
            what.reason = enter(n, *entry, mentioned(lead_of(told)));
            if (!what.reason.empty()) {
                what.what = lf::applied::outcome::refused;
                return what;
            }
            evaluate(n, clock_, nullptr, true);
            return what;
        }
        insert(mentioned(lead_of(told)), e);
        evaluate(n, clock_, std::get_if<lf::touchpoint>(&e), true);
        return what;
    }

    lf::batch_report apply(std::span<const event> events) {
        lf::batch_report report;
        for (const std::size_t i : batch_order(events)) {
            const auto what = apply(events[i]);
            if (what.late) ++report.late;
            if (what.what == lf::applied::outcome::taken) ++report.taken;
            if (what.what == lf::applied::outcome::duplicate) ++report.duplicates;
            if (what.what == lf::applied::outcome::refused) {
                report.refused.push_back({i, what.reason});
            }
        }
        return report;
    }

    void advance_to(instant t) {
        if (t < clock_) return;
        close(t, true);
        clock_ = t;
        is_closed_ = true;
    }

    lf::applied move(std::string_view lead, std::string_view funnel, std::string_view stage,
                     std::string_view reason = {}, std::string_view who = "person") {
        number_of(lead);
        lf::applied what = apply(event{lf::stage_entry{.lead = std::string(lead),
                                                       .at = clock_,
                                                       .funnel = std::string(funnel),
                                                       .stage = std::string(stage),
                                                       .reason = std::string(reason),
                                                       .cause = std::string(who)}});
        what.late = false;
        return what;
    }

    // ---- identity

    void merge(std::string_view into, std::string_view other) {
        const std::size_t a = resolved(number_of(into));
        const std::size_t b = resolved(number_of(other));
        if (a == b) throw lf::argument_error("they are one already");
        leads_[b].within = a;
        leads_[b].emitted = {};
        renew(a);
        emit({.at = clock_,
              .lead = leads_[a].id,
              .kind = lf::signal_kind::merged,
              .subject = leads_[b].id});
        evaluate(a, clock_, nullptr, true);
    }

    void unmerge(std::string_view other) {
        const std::size_t b = number_of(other);
        if (!leads_[b].within) throw lf::unknown_lead("it was not merged");
        const std::size_t a = resolved(b);
        leads_[b].within.reset();
        renew(a);
        renew(b);
        emit({.at = clock_,
              .lead = leads_[a].id,
              .kind = lf::signal_kind::unmerged,
              .subject = leads_[b].id});
        evaluate(a, clock_, nullptr, true);
        evaluate(b, clock_, nullptr, true);
    }

    /// Erases the events of the lead, and of the leads merged into it, as if they had never been
    /// applied. Signals of other leads keep their numbers; signals of the erased lead keep only
    /// what does not concern a person.
    void erase(std::string_view lead) {
        const std::size_t n = resolved(number_of(lead));
        std::vector<std::size_t> gone;
        for (std::size_t i = 0; i < leads_.size(); ++i) {
            if (!leads_[i].id.empty() && resolved(i) == n) gone.push_back(i);
        }
        const auto is_gone = [&](const std::string& id) {
            return std::any_of(gone.begin(), gone.end(),
                               [&](std::size_t i) { return leads_[i].id == id; });
        };
        emit({.at = clock_, .kind = lf::signal_kind::erased});
        for (auto& s : outbox_) {
            const bool is_naming =
                (s.kind == lf::signal_kind::merged || s.kind == lf::signal_kind::unmerged) &&
                is_gone(s.subject);
            if (is_naming) s.subject.clear();
            if (!is_gone(s.lead)) continue;
            for (auto* text : {&s.lead, &s.cause, &s.reason, &s.explanation}) text->clear();
            switch (s.kind) {
            case lf::signal_kind::merged:
            case lf::signal_kind::unmerged:
                s.subject.clear();
                break;
            case lf::signal_kind::refused:
                s.subject.clear();
                s.to.clear();
                break;
            case lf::signal_kind::assigned:
                s.from.clear();
                s.to.clear();
                break;
            default:
                break;
            }
        }
        for (const std::size_t i : gone) {
            numbers_.erase(leads_[i].id);
            leads_[i] = {.facts = lead_facts(m_)};
        }
    }

    /// Bands that were emitted under the model before stay so, if the new one has their names.
    lf::replacement_report replace(const lf::plan& p) {
        const std::string version = m_.version;
        const std::string role = m_.roles.owner;
        std::vector<std::map<std::string, std::string>> bands_before;
        std::vector<std::map<std::string, std::string>> stages_before;
        for (const auto& lead : leads_) {
            bands_before.push_back(lead.emitted.bands);
            auto& stages = stages_before.emplace_back();
            for (const auto& f : m_.funnels) {
                const auto* in = stage_of(lead, f);
                if (in != nullptr) stages[f.id] = in->id;
            }
        }
        m_ = p.source();
        plan_ = p;
        use_model();
        emit({.at = clock_,
              .kind = lf::signal_kind::model_replaced,
              .from = version,
              .to = m_.version});
        lf::replacement_report report;
        for (std::size_t n = 0; n < leads_.size(); ++n) {
            auto& lead = leads_[n];
            if (lead.id.empty() || lead.within) continue;
            renew(n);
            auto& told = lead.emitted;
            if (m_.roles.owner != role) told.owner.clear();
            std::map<std::string, std::string> known;
            std::swap(known, told.bands);
            for (const auto& b : m_.bandings) {
                for (const auto& band : b.bands) {
                    if (band.id == known[b.id]) told.bands[b.id] = band.id;
                }
            }
            std::erase_if(told.alerts, [&](const auto& x) { return !has_alert(x.first); });
            std::erase_if(told.levels, [&](const auto& x) { return !has_level(x.first); });
            told.classes.clear();
            for (const auto& x : m_.matrices) told.classes[x.id] = class_emitted(lead, x);
            evaluate(n, clock_, nullptr, true);
            for (const auto& b : m_.bandings) {
                const std::string before = bands_before[n][b.id];
                const std::string& now = told.bands[b.id];
                if (before != now) report.bands.push_back({lead.id, b.id, before, now});
            }
            for (const auto& f : m_.funnels) {
                const auto* in = stage_of(lead, f);
                const std::string before = stages_before[n][f.id];
                const std::string now = in == nullptr ? "" : in->id;
                if (before != now) report.stages.push_back({lead.id, f.id, before, now});
            }
        }
        return report;
    }

    bool has_alert(const std::string& id) const {
        return std::any_of(m_.alerts.begin(), m_.alerts.end(),
                           [&](const lf::alert& a) { return a.id == id; });
    }
    bool has_level(const std::tuple<std::string, std::string, std::string>& names) const {
        for (const auto& f : m_.funnels)
            for (const auto& s : f.stages)
                for (const auto& level : s.slas)
                    if (std::tie(f.id, s.id, level.id) == names) return true;
        return false;
    }

    // ---- what the host reads

    const lf::model& used_model() const { return m_; }
    instant now() const { return clock_; }
    const std::vector<lf::signal>& signals() const { return outbox_; }
    bool contains(std::string_view lead) const { return numbers_.count(std::string(lead)) != 0; }
    std::string resolve(std::string_view lead) const {
        return leads_[resolved(number_of(lead))].id;
    }

    std::optional<points> score(std::string_view lead, const std::string& id) {
        return score(lead, id, clock_);
    }
    std::optional<points> score(std::string_view lead, const std::string& id, instant t) {
        return of(lead).facts.score(id, t);
    }
    std::optional<std::string> band(std::string_view lead, const std::string& id) {
        return name_in(of(lead).facts.now(clock_).bands, id);
    }
    std::optional<std::string> class_of(std::string_view lead, const std::string& id) {
        return name_in(of(lead).facts.now(clock_).classes, id);
    }
    std::optional<lf::position> stage(std::string_view lead, std::string_view funnel) const {
        std::optional<lf::position> found;
        for (const auto& e : stage_log(lead)) {
            if (e.funnel == funnel) found = position_after(found, e);
        }
        return found;
    }
    /// Leads that are neither merged away nor erased, in the order in which they were first seen.
    std::vector<std::string> leads() const {
        std::vector<std::string> found;
        for (const auto& lead : leads_) {
            if (!lead.id.empty() && !lead.within) found.push_back(lead.id);
        }
        return found;
    }
    /// Leads that have a score at an instant, the highest first, ties in the order first seen.
    std::vector<lf::ranked_lead> ranking(const std::string& id, instant t) {
        std::vector<lf::ranked_lead> found;
        for (const auto& lead : leads()) {
            if (const auto value = score(lead, id, t)) found.push_back({lead, *value});
        }
        std::stable_sort(found.begin(), found.end(),
                         [](const auto& a, const auto& b) { return a.score > b.score; });
        return found;
    }
    std::vector<lf::timeline_entry> timeline(std::string_view lead) {
        std::vector<lf::timeline_entry> found;
        std::map<std::string, std::optional<lf::position>> stages;
        for (const auto& e : history(lead)) {
            lf::timeline_entry line{.what = e};
            const auto see = [&](const std::string& id) {
                const auto value = score(lead, id, instant_of(e));
                line.scores.push_back({value.value_or(points{}), !value, false});
            };
            if (instant_of(e) != lf::always) {
                for (const auto& s : m_.scores) see(s.id);
                for (const auto& d : m_.derived) see(d.id);
            }
            if (const auto* entry = std::get_if<lf::stage_entry>(&e)) {
                auto& in = stages[entry->funnel];
                in = position_after(in, *entry);
            }
            for (const auto& f : m_.funnels) line.stages.push_back(stages[f.id]);
            found.push_back(std::move(line));
        }
        return found;
    }
    /// The band at a later instant if no event comes until then.
    std::optional<std::string> band(std::string_view lead, const std::string& id, instant t) {
        return name_in(of(lead).facts.now(t).bands, id);
    }
    /// The first evaluation instant up to `until` at which the band differs from the one at the
    /// evaluation before.
    instant cools_at(std::string_view lead, const std::string& id, instant until) {
        auto& facts = of(lead).facts;
        const auto fold_at = [&](instant t) {
            for (const auto& b : facts.bands(t + duration{1}, false)) {
                if (b.of->id == id) return b;
            }
            throw std::out_of_range(id);
        };
        const auto before = fold_at(clock_).current;
        if (!facts.first()) return lf::never;
        for (instant t = clock_;;) {
            std::optional<instant> next = fold_at(t).dwelt;
            for (const instant at : facts.instants(until)) {
                if (at > t && (!next || at < *next)) next = at;
            }
            if (!next || *next > until) return lf::never;
            t = *next;
            if (fold_at(t).current != before) return t;
        }
    }
    /// Whether a guard's condition holds for a lead now.
    bool is_so(std::string_view lead, const lf::condition& c) {
        auto& facts = of(lead).facts;
        const present now = facts.now(clock_);
        return holds(m_, c, facts.at(clock_, &now));
    }
    std::vector<lf::stage_entry> stage_log(std::string_view lead) const {
        std::vector<lf::stage_entry> found;
        for (const auto& e : history(lead)) {
            if (const auto* entry = std::get_if<lf::stage_entry>(&e)) {
                found.push_back(*entry);
                found.back().lead = resolve(lead);
            }
        }
        return found;
    }
    const std::vector<event>& history(std::string_view lead) const {
        return leads_[resolved(number_of(lead))].facts.history();
    }

  private:
    struct alert_state {
        bool is_armed = true;
        std::optional<instant> raised{};
    };
    struct level_state {
        instant since{};
        bool is_warned = false;
        bool is_over = false;
    };
    /// What has been emitted, and must not be emitted again.
    struct memory {
        std::optional<instant> evaluated{};
        std::optional<instant> begins{}; ///< a loaded lead's first evaluation
        std::string owner{};
        std::map<std::string, std::string> bands{}; ///< as last emitted; empty for no band
        std::map<std::string, std::string> classes{};
        std::map<std::string, alert_state> alerts{};
        std::map<std::tuple<std::string, std::string, std::string>, level_state> levels{};
    };
    struct lead_state {
        std::string id{};
        std::vector<event> told{};           ///< the lead's own, and the entries of its transitions
        std::optional<std::size_t> within{}; ///< the lead that it was merged into
        lead_facts facts;
        memory emitted{};
    };

    lf::model m_;
    lf::plan plan_;
    std::vector<lf::working_time> calendars_;
    std::vector<const lf::condition*> guards_;
    std::vector<lead_state> leads_;
    std::map<std::string, std::size_t> numbers_;
    instant clock_ = lf::always;
    bool is_closed_ = false;
    std::vector<lf::signal> outbox_;
    static constexpr std::size_t most_evaluations = 2'000;
    static constexpr std::size_t most_events_seen = 100'000; // in all evaluations together
    std::size_t evaluations_ = 0;
    std::size_t events_seen_ = 0;

    void use_model() {
        calendars_.clear();
        guards_.clear();
        for (const auto& c : m_.calendars) {
            calendars_.emplace_back(c, lf::time_zone::find(m_.time_zone).value());
        }
        for (const auto& f : m_.funnels) {
            for (const auto& t : f.transitions) guards_.push_back(&t.when);
        }
        for (const auto& a : m_.alerts) {
            guards_.push_back(&a.when);
            guards_.push_back(&a.rearm);
        }
    }

    // ---- leads and their events

    std::size_t number_of(std::string_view lead) const {
        const auto found = numbers_.find(std::string(lead));
        if (found == numbers_.end()) throw lf::unknown_lead(std::string(lead));
        return found->second;
    }
    std::size_t mentioned(const std::string& lead) {
        if (const auto found = numbers_.find(lead); found != numbers_.end()) return found->second;
        // The first unused number.
        std::size_t n = 0;
        while (n < leads_.size() && !leads_[n].id.empty()) ++n;
        if (n == leads_.size()) leads_.push_back({.facts = lead_facts(m_)});
        leads_[n].id = lead;
        numbers_.emplace(lead, n);
        return n;
    }
    std::size_t resolved(std::size_t n) const {
        while (leads_[n].within) n = *leads_[n].within;
        return n;
    }
    lead_state& of(std::string_view lead) { return leads_[resolved(number_of(lead))]; }

    template<class Map>
    static std::optional<std::string> name_in(const Map& names, const std::string& id) {
        const auto found = names.find(id);
        if (found == names.end()) return std::nullopt;
        return found->second;
    }

    bool is_over(instant t) const { return t < clock_ || (t == clock_ && is_closed_); }

    static bool is_known(const lead_state& lead, const event& e) {
        const auto name = [](const event& x) {
            return std::visit([](const auto& told) { return std::pair{told.source, told.id}; }, x);
        };
        if (name(e).second.empty()) return false;
        for (const auto& earlier : lead.facts.history()) {
            if (earlier.index() == e.index() && name(earlier) == name(e)) return true;
        }
        return false;
    }

    /// The events of the lead and of the leads merged into it, with the ids under which they were
    /// applied.
    std::vector<event> united(std::size_t n) const {
        std::vector<event> all = leads_[n].told;
        for (auto& e : all) std::visit([&](auto& told) { told.lead = leads_[n].id; }, e);
        for (std::size_t i = 0; i < leads_.size(); ++i) {
            if (leads_[i].within != n) continue;
            const auto of_part = united(i);
            all.insert(all.end(), of_part.begin(), of_part.end());
        }
        const auto id_of = [](const event& e) {
            return std::visit([](const auto& told) { return told.lead; }, e);
        };
        std::stable_sort(all.begin(), all.end(),
                         [&](const event& a, const event& b) { return id_of(a) < id_of(b); });
        return all;
    }
    void renew(std::size_t n) {
        leads_[n].facts.become(united(n));
        leads_[n].facts.forget();
    }
    void insert(std::size_t told_of, const event& e) {
        leads_[told_of].told.push_back(e);
        const std::size_t n = resolved(told_of);
        leads_[n].facts.become(united(n));
        leads_[n].facts.forget_from(instant_of(e));
    }

    void emit(lf::signal s) {
        s.sequence = outbox_.size() + 1;
        s.model_version = m_.version;
        outbox_.push_back(std::move(s));
    }

    std::string owner_of(const lead_state& lead) const {
        if (m_.roles.owner.empty()) return {};
        const auto held = attribute_of(lead.facts.at(clock_), m_.roles.owner);
        return held ? std::get<std::string>(*held) : std::string{};
    }
    void emit_owner(std::size_t n, instant t, const std::string& cause) {
        std::string& before = leads_[n].emitted.owner;
        const std::string now = owner_of(leads_[n]);
        if (now == before) return;
        emit({.at = t,
              .lead = leads_[n].id,
              .kind = lf::signal_kind::assigned,
              .subject = m_.roles.owner,
              .from = before,
              .to = now,
              .cause = cause});
        before = now;
    }

    // ---- time

    /// Evaluates all leads at their due instants before `at`, or up to and including it.
    void close(instant t, bool also_at) {
        for (;;) {
            std::optional<std::pair<instant, std::size_t>> next;
            for (std::size_t n = 0; n < leads_.size(); ++n) {
                if (leads_[n].within || !leads_[n].emitted.evaluated) continue;
                for (const instant due : due_instants(leads_[n], t)) {
                    if (due <= *leads_[n].emitted.evaluated) continue;
                    if (due > t || (due == t && !also_at)) continue;
                    if (!next || std::pair{due, n} < *next) next = {due, n};
                }
            }
            if (!next) return;
            evaluate(next->second, next->first, nullptr, false);
        }
    }

    std::vector<instant> due_instants(lead_state& lead, instant until) {
        std::vector<instant> due = lead.facts.instants(until);
        if (lead.emitted.begins) due.push_back(*lead.emitted.begins);
        const instant since = *lead.emitted.evaluated;
        const moment now = lead.facts.at(since);
        for (const auto& f : m_.funnels) {
            const auto* in = stage_of(lead, f);
            for (const auto& t : f.transitions) {
                if (!t.after || !leaves(f, t, in)) continue;
                if (const auto at = deadline(lead, f, *t.after)) due.push_back(*at);
            }
            if (in == nullptr) continue;
            for (const auto& level : in->slas) {
                const auto at = deadline(lead, f, level.due);
                if (!at || lead.emitted.levels[{f.id, in->id, level.id}].is_over) continue;
                due.push_back(*at);
                if (level.warn_before) due.push_back(*at - *level.warn_before);
            }
        }
        for (const auto& a : m_.alerts) {
            const auto& state = lead.emitted.alerts[a.id];
            if (a.cooldown && state.raised) due.push_back(*state.raised + *a.cooldown);
        }
        for (const auto* guard : guards_) add_flips(*guard, now, due);
        for (const auto& b : lead.facts.bands(since + duration{1}, false)) {
            if (b.dwelt) due.push_back(*b.dwelt);
        }
        return due;
    }

    static void add_flips(const lf::condition& c, const moment& now, std::vector<instant>& due) {
        if (c.is == lf::condition::kind::test && c.check.how != lf::op::exists) {
            std::optional<instant> since;
            if (c.check.of == lf::subject::time_in_stage) {
                since = in_stage_since(now, c.check.name);
            } else if (c.check.of == lf::subject::attribute && c.check.take == lf::part::age) {
                const auto held = attribute_of(now, c.check.name);
                if (held && std::holds_alternative<instant>(*held))
                    since = std::get<instant>(*held);
            }
            if (since) {
                for (const instant at : flips_of(c.check, *since)) due.push_back(at);
            }
        }
        for (const auto& part : c.of) add_flips(part, now, due);
    }

    // ---- stages and timers

    static lf::position position_after(const std::optional<lf::position>& before,
                                       const lf::stage_entry& e) {
        const std::int64_t cycle = before ? before->cycle : 1;
        return {e.stage, e.at, e.cycle != 0 ? e.cycle : cycle, before ? before->entries + 1 : 1};
    }
    static const lf::stage_entry* entry_of(const lead_state& lead, const lf::funnel& f) {
        const lf::stage_entry* last = nullptr;
        for (const auto& e : lead.facts.history()) {
            const auto* entry = std::get_if<lf::stage_entry>(&e);
            if (entry != nullptr && entry->funnel == f.id) last = entry;
        }
        return last;
    }
    static const lf::stage* stage_named(const lf::funnel& f, std::string_view id) {
        for (const auto& s : f.stages) {
            if (s.id == id) return &s;
        }
        return nullptr;
    }
    static const lf::stage* stage_of(const lead_state& lead, const lf::funnel& f) {
        const auto* entry = entry_of(lead, f);
        return entry == nullptr ? nullptr : stage_named(f, entry->stage);
    }

    /// Whether a transition starts at a stage; or, for no stage, is an entry.
    static bool leaves(const lf::funnel&, const lf::transition& t, const lf::stage* in) {
        if (in == nullptr) return t.from.empty();
        for (const auto& from : t.from) {
            const bool is_other = !in->terminal && in->id != t.to;
            if (from == in->id || (from == "*" && is_other)) return true;
        }
        return false;
    }

    std::optional<instant> start_of(const lead_state& lead, const lf::funnel& f,
                                    const lf::timer& timer) const {
        const auto& history = lead.facts.history();
        std::optional<instant> found;
        switch (timer.since) {
        case lf::timer_start::stage_entry: {
            if (const auto* entry = entry_of(lead, f)) found = entry->at;
            break;
        }
        case lf::timer_start::assignment: {
            std::optional<lf::value> owner;
            for (std::size_t i = 0; i < history.size(); ++i) {
                const moment then{.history = &history, .count = i + 1, .at = lf::always};
                const auto held = attribute_of(then, m_.roles.owner);
                if (held == owner) continue;
                owner = held;
                found.reset();
                if (held) found = instant_of(history[i]);
            }
            // An owner who was always there counts from the first event on.
            for (std::size_t i = 0; found && *found == lf::always; ++i) {
                if (instant_of(history[i]) != lf::always) found = instant_of(history[i]);
            }
            break;
        }
        case lf::timer_start::touchpoint:
            for (std::size_t i = 0; i < history.size(); ++i) {
                const auto* tp = std::get_if<lf::touchpoint>(&history[i]);
                const bool is_first = !found && instant_of(history[i]) != lf::always;
                if (is_first || (tp != nullptr && matches(m_, timer.on, *tp))) {
                    found = instant_of(history[i]);
                }
            }
            break;
        }
        return found;
    }

    /// When a timer expires; never if that is not before the end of time.
    std::optional<instant> deadline(const lead_state& lead, const lf::funnel& f,
                                    const lf::timer& timer) const {
        const auto since = start_of(lead, f, timer);
        if (!since) return std::nullopt;
        const instant at = elapsed(lead, *since, timer);
        return at < lf::latest_instant ? at : lf::never;
    }
    instant elapsed(const lead_state& lead, instant since, const lf::timer& timer) const {
        if (timer.calendar.empty()) return since + timer.after;
        std::optional<std::size_t> calendar;
        const std::string owner = owner_of(lead);
        for (std::size_t i = 0; i < m_.calendars.size(); ++i) {
            for (const auto& each : m_.calendars[i].owners) {
                if (!calendar && !owner.empty() && each == owner) calendar = i;
            }
        }
        for (std::size_t i = 0; i < m_.calendars.size(); ++i) {
            if (!calendar && m_.calendars[i].id == timer.calendar) calendar = i;
        }
        return calendars_[*calendar].add(since, timer.after);
    }

    // ---- evaluation

    void evaluate(std::size_t n, instant t, const lf::touchpoint* at_hand, bool is_told) {
        if (!leads_[n].facts.first()) return;
        events_seen_ += leads_[n].facts.history().size();
        if (++evaluations_ > most_evaluations || events_seen_ > most_events_seen)
            throw out_of_patience{};
        emit_bands(n, t, is_told);
        emit_owner(n, t, "host");
        leads_[n].emitted.evaluated = t;
        for (const auto& f : m_.funnels) {
            while (const auto* taken = first_enabled(leads_[n], f, t, at_hand)) {
                take(n, f, *taken, t);
            }
        }
        for (const auto& a : m_.alerts) look_at(n, a, t);
        for (const auto& f : m_.funnels) {
            const auto* in = stage_of(leads_[n], f);
            auto& levels = leads_[n].emitted.levels;
            for (auto it = levels.begin(); it != levels.end();) {
                const auto& [funnel, stage, id] = it->first;
                const bool is_left = funnel == f.id && (in == nullptr || stage != in->id);
                it = is_left ? levels.erase(it) : std::next(it);
            }
            if (in == nullptr) continue;
            for (const auto& level : in->slas) look_at(n, f, *in, level, t);
        }
    }

    /// The index of the band last emitted for a banding.
    std::optional<std::size_t> place_emitted(lead_state& lead, const std::string& banding) {
        const auto& bands = banding_named(m_, banding).bands;
        for (std::size_t i = 0; i < bands.size(); ++i) {
            if (bands[i].id == lead.emitted.bands[banding]) return i;
        }
        return std::nullopt;
    }

    /// The class of the bands last emitted.
    std::string class_emitted(lead_state& lead, const lf::matrix& x) {
        const auto row = place_emitted(lead, x.rows);
        const auto column = place_emitted(lead, x.columns);
        return row && column ? reference::class_of(m_, x, *row, *column) : "";
    }

    void emit_bands(std::size_t n, instant t, bool is_told) {
        auto& lead = leads_[n];
        const auto& instants = lead.facts.instants(t);
        const bool is_shared =
            is_told || std::find(instants.begin(), instants.end(), t) != instants.end();
        const present now = lead.facts.now(t);
        const auto emit_change = [&](lf::signal_kind kind, const std::string& id,
                                     const std::string& to, std::string& told) {
            if (to == told) return;
            emit({.at = t, .lead = lead.id, .kind = kind, .subject = id, .from = told, .to = to});
            told = to;
        };
        for (const auto& b : lead.facts.bands(t, false)) {
            if (!is_shared && b.dwelt != t) continue;
            emit_change(lf::signal_kind::band_changed, b.of->id,
                        name_in(now.bands, b.of->id).value_or(""), lead.emitted.bands[b.of->id]);
        }
        for (const auto& x : m_.matrices) {
            emit_change(lf::signal_kind::class_changed, x.id, class_emitted(lead, x),
                        lead.emitted.classes[x.id]);
        }
    }

    bool is_excluded(const lead_state& lead, instant t) const {
        for (const auto& each : m_.exclusions) {
            if (each.scores.empty() && holds(m_, each.when, lead.facts.at(t))) return true;
        }
        return false;
    }

    const lf::transition* first_enabled(lead_state& lead, const lf::funnel& f, instant t,
                                        const lf::touchpoint* at_hand) {
        if (is_excluded(lead, t)) return nullptr;
        const present now = lead.facts.now(t);
        const auto* in = stage_of(lead, f);
        for (const auto& each : f.transitions) {
            if (!leaves(f, each, in) || each.manual) continue;
            bool was_entered = false;
            for (const auto& e : lead.facts.history()) {
                const auto* entry = std::get_if<lf::stage_entry>(&e);
                was_entered = was_entered || (entry != nullptr && entry->funnel == f.id &&
                                              entry->stage == each.to && entry->at == t);
            }
            if (was_entered) continue;
            if (each.on && (at_hand == nullptr || !matches(m_, *each.on, *at_hand))) continue;
            if (each.after) {
                const auto at = deadline(lead, f, *each.after);
                if (!at || *at > t) continue;
            }
            if (holds(m_, each.when, lead.facts.at(t, &now))) return &each;
        }
        return nullptr;
    }

    void take(std::size_t n, const lf::funnel& f, const lf::transition& taken, instant t) {
        lf::stage_entry e{.lead = leads_[n].id,
                          .at = t,
                          .funnel = f.id,
                          .stage = taken.to,
                          .transition = taken.id};
        e.cause = taken.on ? "touchpoint" : taken.after ? "timer" : "condition";
        record(n, n, f, e, &taken, t);
        emit_bands(n, t, true);
    }

    /// Enters a stage: by a transition, by a manual move, or by a manual move along a transition.
    void record(std::size_t n, std::size_t told_of, const lf::funnel& f, lf::stage_entry& e,
                const lf::transition* along, instant t) {
        auto& lead = leads_[n];
        const auto* last = entry_of(lead, f);
        const std::string from = last == nullptr ? std::string{} : last->stage;
        if (e.cycle == 0) {
            const auto here = stage(lead.id, f.id);
            e.cycle = here ? here->cycle : 1;
            if (along != nullptr && along->then.cycle) ++e.cycle;
        }
        e.number = 0;
        std::int64_t entries = 0;
        for (const auto& each : lead.facts.history()) {
            const auto* entry = std::get_if<lf::stage_entry>(&each);
            if (entry == nullptr) continue;
            ++entries;
            if (entry->at == t) e.number = std::max(e.number, entry->number);
        }
        e.number = std::max(e.number, entries) + 1;
        if (along != nullptr) {
            for (const auto& [name, v] : along->then.set) e.sets.insert_or_assign(name, v);
            if (!along->then.assign.empty()) {
                e.sets.insert_or_assign(m_.roles.owner, lf::value{along->then.assign});
            }
        }
        if (e.scores.empty()) e.scores = lead.facts.now(t).scores;
        e.model_version = m_.version;
        insert(told_of, event{e});
        const std::string& by = e.transition.empty() ? e.cause : e.transition;
        emit({.at = t,
              .lead = lead.id,
              .kind = lf::signal_kind::stage_changed,
              .subject = f.id,
              .from = from,
              .to = e.stage,
              .cause = by,
              .reason = e.reason,
              .cycle = e.cycle});
        emit_owner(n, t, e.transition.empty() ? "host" : e.transition);
        if (along == nullptr) return;
        for (const auto& a : m_.alerts) {
            if (a.id == along->then.alert && has_cooled(lead, a, t)) raise(n, a, t, along->id);
        }
    }

    /// Applies a stage entry. Returns the reason if it is rejected.
    std::string enter(std::size_t n, lf::stage_entry& e, std::size_t told_of) {
        const auto refuse = [&](const std::string& from, std::string why) {
            emit({.at = clock_,
                  .lead = leads_[n].id,
                  .kind = lf::signal_kind::refused,
                  .subject = e.funnel,
                  .from = from,
                  .to = e.stage,
                  .cause = e.cause.empty() ? "person" : e.cause,
                  .reason = why});
            return why;
        };
        const lf::funnel* f = nullptr;
        for (const auto& each : m_.funnels) {
            if (each.id == e.funnel) f = &each;
        }
        if (f == nullptr) return refuse("", "unknown funnel");
        const auto* in = stage_of(leads_[n], *f);
        const std::string from = in == nullptr ? "" : in->id;
        const auto* to = stage_named(*f, e.stage);
        if (to == nullptr) return refuse(from, "unknown stage");
        const lf::transition* along = nullptr;
        const present now = leads_[n].facts.now(clock_);
        for (const auto& each : f->transitions) {
            if (along == nullptr && each.to == to->id && leaves(*f, each, in) &&
                (e.transition.empty() || e.transition == each.id) &&
                holds(m_, each.when, leads_[n].facts.at(clock_, &now))) {
                along = &each;
            }
        }
        if (along != nullptr) {
            e.transition = along->id;
        } else if (!e.transition.empty()) {
            return refuse(from, "no such transition");
        } else if (f->moves == lf::manual_moves::declared) {
            return refuse(from, "no transition");
        } else if (in == nullptr && !to->entry) {
            return refuse(from, "no entry stage");
        }
        if (e.cause.empty()) e.cause = "person";
        emit_owner(n, clock_, "host"); // of attributes that always hold, which cause no evaluation
        record(n, told_of, *f, e, along, clock_);
        return {};
    }

    // ---- alerts and service levels

    static bool has_cooled(lead_state& lead, const lf::alert& a, instant t) {
        const auto& raised = lead.emitted.alerts[a.id].raised;
        return !raised || !a.cooldown || *raised + *a.cooldown <= t;
    }

    void raise(std::size_t n, const lf::alert& a, instant t, const std::string& cause) {
        auto& lead = leads_[n];
        lead.emitted.alerts[a.id] = {false, t};
        lf::signal s{.at = t, .lead = lead.id, .kind = lf::signal_kind::alert};
        s.subject = a.id;
        s.cause = cause;
        if (!a.explain.empty()) s.explanation = explanation_of(lead, a.explain, t);
        emit(s);
    }

    std::string explanation_of(const lead_state& lead, const std::string& score, instant t) const {
        std::vector<event> events = lead.facts.history();
        for (auto& e : events) std::visit([&](auto& told) { told.lead = lead.id; }, e);
        const lf::histories histories = lf::make_histories(events);
        return lf::to_string(lf::scorer(plan_, histories).explain(0, plan_.score(score), t));
    }

    void look_at(std::size_t n, const lf::alert& a, instant t) {
        if (a.when.is == lf::condition::kind::none) return;
        auto& lead = leads_[n];
        const present now = lead.facts.now(t);
        const bool is_true = holds(m_, a.when, lead.facts.at(t, &now));
        auto& state = lead.emitted.alerts[a.id];
        const bool may_rearm = a.rearm.is == lf::condition::kind::none
                                   ? !is_true
                                   : holds(m_, a.rearm, lead.facts.at(t, &now));
        if (may_rearm) state.is_armed = true;
        if (is_true && state.is_armed && has_cooled(lead, a, t)) raise(n, a, t, "");
    }

    void look_at(std::size_t n, const lf::funnel& f, const lf::stage& in, const lf::sla& level,
                 instant t) {
        auto& lead = leads_[n];
        const auto since = start_of(lead, f, level.due);
        auto& state = lead.emitted.levels[{f.id, in.id, level.id}];
        if (!since) {
            state = {};
            return;
        }
        if (state.since != *since) state = {.since = *since};
        if (state.is_over) return;
        const instant due = *deadline(lead, f, level.due);
        const auto emit_level = [&](lf::signal_kind kind) {
            emit({.at = t,
                  .lead = lead.id,
                  .kind = kind,
                  .subject = level.id,
                  .to = in.id,
                  .due = due});
        };
        const auto& history = lead.facts.history();
        bool is_met = false;
        for (const auto& e : history) {
            const auto* tp = std::get_if<lf::touchpoint>(&e);
            is_met = is_met || (tp != nullptr && level.met_by && tp->at > *since && tp->at < due &&
                                matches(m_, *level.met_by, *tp));
        }
        if (is_met) {
            state.is_over = true;
            emit_level(lf::signal_kind::sla_met);
        } else if (t >= due) {
            state.is_over = true;
            emit_level(lf::signal_kind::sla_breached);
        } else if (level.warn_before && t >= due - *level.warn_before && !state.is_warned) {
            state.is_warned = true;
            emit_level(lf::signal_kind::sla_warning);
        }
    }
};

} // namespace reference
