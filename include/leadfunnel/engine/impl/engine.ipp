// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/core/detail/stack_wiping.hpp>
#include <leadfunnel/engine/detail/engine_access.hpp>
#include <leadfunnel/engine/detail/live_engine.hpp>
#include <leadfunnel/engine/detail/snapshot_file.hpp>
#include <leadfunnel/engine/detail/snapshot_format.hpp>
#include <leadfunnel/engine/detail/wiping_events.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/score/detail/cursor_pool.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace leadfunnel::inline v0 {

struct engine::state {
    explicit state(plan p, engine_options o)
        : options(std::move(o)), live(std::make_unique<detail::live_engine>(std::move(p), options)),
          pool(std::make_unique<detail::cursor_pool>()) {}

    engine_options options;
    std::unique_ptr<detail::live_engine> live;
    std::unique_ptr<detail::cursor_pool> pool;
    std::function<void(const signal&)> callback;
    std::uint64_t delivered = 0;

    /// Calls the callback with each signal that it has not received, in order.
    void deliver() {
        if (!callback) {
            delivered = live->first_sequence() + live->signal_count() - 1;
            return;
        }
        for (;;) {
            const auto next = std::max(delivered + 1, live->first_sequence());
            const auto i = static_cast<std::size_t>(next - live->first_sequence());
            if (i >= live->signal_count()) return;
            callback(live->signal_at(i));
            delivered = next;
        }
    }

    /// Writes the content of a snapshot, or reads it. Precondition of reading: no lead is stored.
    void archive_into(detail::writer& w, const engine_progress& progress) const {
        auto had = delivered;
        archive(w, had);
        live->archive_all(w, progress);
    }
    void archive_from(detail::reader& r, const engine_progress& progress) {
        archive(r, delivered);
        live->archive_all(r, progress);
        if (r.left() != 0) detail::reader::refuse();
    }

    [[nodiscard]] std::uint32_t lead(std::string_view id) const {
        const auto n = live->find(id);
        if (!n) throw unknown_lead("there is no lead " + detail::quote(id));
        return live->root(*n);
    }
    [[nodiscard]] lead_view view(std::uint32_t n) const noexcept {
        return live->leads()[n].log().view();
    }
    [[nodiscard]] std::size_t funnel(std::string_view name) const {
        const auto& all = live->p().source.funnels;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (all[i].id == name) return i;
        throw unknown_name("no funnel is named " + detail::quote(name));
    }
    template<class Ask>
    auto at(std::uint32_t n, std::int64_t t, const engine_progress& progress,
            const Ask& ask) const {
        const detail::cursor_pool::loan loan{*pool, live->bound(), progress};
        auto& c = *loan.held;
        c.seek(view(n), detail::cursor<>::mode::scores_only);
        c.advance(t);
        return ask(c);
    }
    [[nodiscard]] std::uint32_t band_at(std::uint32_t n, std::size_t banding, std::int64_t t,
                                        const engine_progress& progress) const {
        const detail::cursor_pool::loan loan{*pool, live->bound(), progress};
        return detail::band_index(*loan.held, live->bound(), view(n), banding, t);
    }
    /// The band at the clock, from the lead's remembered band.
    [[nodiscard]] std::uint32_t band_now(std::uint32_t n, std::size_t banding,
                                         const engine_progress& progress) const {
        return at(n, live->clock(), progress,
                  [&](auto& c) { return live->band_at(n, banding, c.evaluate()); });
    }
    [[nodiscard]] std::optional<position> position_of(std::uint32_t n, std::size_t f) const {
        const auto& x = live->place_of(n, f);
        if (x.stage == detail::none32) return std::nullopt;
        return position{live->p().source.funnels[f].stages[x.stage].id, instant{duration{x.since}},
                        x.cycle, x.entries};
    }
    [[nodiscard]] stage_entry stage_of(std::uint32_t n, std::size_t i) const {
        auto g = live->leads()[n].log().stage_at(live->words(), i);
        g.lead = live->leads()[n].id;
        return g;
    }
    [[nodiscard]] std::int64_t time(instant at) const noexcept { return detail::cursor_time(at); }

    struct scored {
        std::uint32_t lead;
        std::int64_t micros;
        friend bool operator<(const scored& a, const scored& b) noexcept {
            return a.micros != b.micros ? a.micros > b.micros : a.lead < b.lead;
        }
    };
    /// A lead's rank, and the number of leads with a score.
    struct lead_standing {
        std::size_t rank = 0;
        std::size_t of = 0;
    };
    [[nodiscard]] std::optional<lead_standing> standing(std::uint32_t lead, std::size_t score,
                                                        std::int64_t t,
                                                        const engine_progress& progress) const;
    /// All leads that have a score, in order of their numbers. Walks every lead.
    [[nodiscard]] std::vector<scored> all_scored(std::size_t score, std::int64_t t,
                                                 const engine_progress& reported) const {
        detail::cursor_pool::loan loan{*pool, live->bound(), reported};
        const auto progress = loan.reports();
        auto& c = *loan.held;
        std::vector<scored> out;
        for (std::uint32_t n = 0; n < live->leads().size(); ++n) {
            detail::live_engine::report_progress(progress, n, live->leads().size());
            live->prefetch_after(n);
            if (!live->leads()[n].is_root()) continue;
            c.seek(view(n), detail::cursor<>::mode::scores_only);
            c.advance(t);
            const auto& r = c.evaluate()[score];
            if (r.excluded_by == detail::none32) out.push_back({n, r.value});
        }
        return out;
    }
    /// Returns `ask(ranks, exact)`, where `exact` evaluates a lead's score for the ranking.
    template<class Ask>
    auto ranked(const detail::ranking& ranks, std::size_t score, const engine_progress& progress,
                const Ask& ask) const {
        const detail::cursor_pool::loan loan{*pool, live->bound(), progress};
        auto& c = *loan.held;
        return ask(ranks, exact_score{*this, c, score});
    }
    struct exact_score {
        const state& of;
        detail::cursor<>& c;
        std::size_t score;

        [[nodiscard]] std::optional<std::int64_t> operator()(std::uint32_t n, instant t) const {
            if (!is_held(n) || !of.live->leads()[n].is_root()) return std::nullopt;
            c.seek(of.view(n), detail::cursor<>::mode::scores_only);
            c.advance(t.time_since_epoch().count());
            const auto& r = c.evaluate()[score];
            return r.excluded_by == detail::none32 ? std::optional{r.value} : std::nullopt;
        }
        void fetch_lead(std::uint32_t n) const noexcept {
            if (is_held(n)) of.live->prefetch_record(n);
        }
        void fetch_history(std::uint32_t n) const noexcept {
            if (is_held(n)) of.live->prefetch_all(n);
        }
        [[nodiscard]] bool is_held(std::uint32_t n) const noexcept {
            return n < of.live->leads().size();
        }
    };
    [[nodiscard]] ranked_lead named(const scored& s) const {
        return {live->leads()[s.lead].id, points::from_micros(s.micros)};
    }
};

LEADFUNNEL_DECL engine::engine(plan p, engine_options options)
    : state_(std::make_unique<state>(std::move(p), std::move(options))) {}
LEADFUNNEL_DECL engine::engine(engine&&) noexcept = default;
LEADFUNNEL_DECL engine& engine::operator=(engine&&) noexcept = default;
LEADFUNNEL_DECL engine::~engine() = default;

LEADFUNNEL_DECL const plan& engine::used_plan() const noexcept { return state_->live->used_plan(); }
LEADFUNNEL_DECL instant engine::now() const noexcept {
    return instant{duration{state_->live->clock()}};
}

LEADFUNNEL_DECL applied engine::apply(const event& e, const engine_progress& progress) {
    const detail::live_engine::heeding deep{*state_->live, progress};
    auto out = state_->live->apply(e);
    state_->deliver();
    return out;
}

namespace detail {

inline batch_report apply_in_order(live_engine& to, std::span<const event> events,
                                   const std::vector<std::size_t>& order) {
    batch_report report;
    const auto lead = [&](std::size_t k) -> const std::string& {
        return std::visit([](const auto& x) -> const std::string& { return x.lead; },
                          events[order[k]]);
    };
    // Most of the time would be waiting for memory. So each lead is prefetched in three steps, a
    // few events apart, while others are applied; each step reads what the step before has fetched.
    constexpr std::size_t apart = 4;
    constexpr std::size_t ahead = 16; // at least three steps
    struct seen {
        std::uint64_t hash = 0;
        std::uint32_t number = none32;
    };
    std::array<seen, ahead> coming;
    for (std::size_t k = 0; k < order.size() + 3 * apart; ++k) {
        if (k < order.size()) {
            auto& x = coming[k % ahead];
            x.hash = to.hash_of(lead(k));
            to.prefetch_number(x.hash);
        }
        if (k >= apart && k - apart < order.size()) {
            auto& x = coming[(k - apart) % ahead];
            x.number = to.prefetch_lead(x.hash);
        }
        if (k >= 2 * apart && k - 2 * apart < order.size()) {
            const auto& x = coming[(k - 2 * apart) % ahead];
            if (x.number != none32) to.prefetch_history(x.number);
        }
        if (k < 3 * apart) continue;
        const auto i = order[k - 3 * apart];
        to.step();
        try {
            const auto out = to.apply(events[i]);
            if (out.what == applied::outcome::taken) ++report.taken;
            if (out.what == applied::outcome::duplicate) ++report.duplicates;
            if (out.what == applied::outcome::refused) report.refused.push_back({i, out.reason});
            if (out.late) ++report.late;
        } catch (const event_error& e) {
            report.refused.push_back({i, e.what()});
        }
    }
    return report;
}

} // namespace detail

LEADFUNNEL_DECL batch_report engine::apply(std::span<const event> events,
                                           const engine_progress& progress) {
    const detail::live_engine::heeding deep{*state_->live, progress};
    auto report = detail::apply_in_order(*state_->live, events, detail::event_order(events));
    state_->deliver();
    return report;
}

LEADFUNNEL_DECL void engine::advance_to(instant at, const engine_progress& progress) {
    if (at == always) return;
    detail::require_instant<argument_error>(at);
    const detail::live_engine::heeding deep{*state_->live, progress};
    state_->live->close(at.time_since_epoch().count());
    state_->deliver();
}

LEADFUNNEL_DECL applied engine::move(std::string_view lead, std::string_view funnel,
                                     std::string_view stage, std::string_view reason,
                                     std::string_view who, const engine_progress& progress) {
    const detail::live_engine::heeding deep{*state_->live, progress};
    (void)state_->lead(lead); // throws if it is not stored
    if (now() == always)
        throw state_error(
            "the engine's clock has not started: apply an event, or advance the time");
    const detail::wiped<stage_entry> entry{{.lead = std::string{lead},
                                            .at = now(),
                                            .funnel = std::string{funnel},
                                            .stage = std::string{stage},
                                            .reason = std::string{reason},
                                            .cause = std::string{who}}};
    auto out = state_->live->apply(*entry);
    out.late = false;
    state_->deliver();
    return out;
}

LEADFUNNEL_DECL batch_report engine::load(std::span<const event> events,
                                          const engine_progress& progress) {
    return detail::engine_access::load(*this, events, progress);
}
LEADFUNNEL_DECL batch_report engine::load(const histories& h, const engine_progress& progress) {
    return detail::engine_access::load(*this, h, progress);
}

LEADFUNNEL_DECL std::size_t engine::size() const noexcept { return state_->live->roots(); }
LEADFUNNEL_DECL bool engine::contains(std::string_view lead) const noexcept {
    return state_->live->find(lead).has_value();
}
LEADFUNNEL_DECL std::string_view engine::resolve(std::string_view lead) const {
    return state_->live->leads()[state_->lead(lead)].id;
}

LEADFUNNEL_DECL score_value engine::score(std::string_view lead, std::string_view score, instant at,
                                          const engine_progress& progress) const {
    const auto s = used_plan().score(score);
    return state_->at(state_->lead(lead), state_->time(at), progress,
                      [&](auto& c) { return detail::to_score_value(c.evaluate()[s]); });
}
LEADFUNNEL_DECL score_value engine::score(std::string_view lead, std::string_view name) const {
    return score(lead, name, now());
}

LEADFUNNEL_DECL std::optional<std::string> engine::band(std::string_view lead,
                                                        std::string_view banding,
                                                        const engine_progress& progress) const {
    const auto b = used_plan().banding(banding);
    const auto name =
        detail::band_name(state_->live->p(), b, state_->band_now(state_->lead(lead), b, progress));
    return name ? std::optional{std::string{*name}} : std::nullopt;
}

LEADFUNNEL_DECL std::optional<std::string> engine::class_of(std::string_view lead,
                                                            std::string_view matrix,
                                                            const engine_progress& progress) const {
    const auto x = used_plan().matrix(matrix);
    const auto n = state_->lead(lead);
    const auto& m = state_->live->p().matrices[x];
    const auto name =
        detail::class_name(state_->live->p(), x, state_->band_now(n, m.rows, progress),
                           state_->band_now(n, m.columns, progress));
    return name ? std::optional{std::string{*name}} : std::nullopt;
}

LEADFUNNEL_DECL std::optional<position> engine::stage(std::string_view lead,
                                                      std::string_view funnel) const {
    return state_->position_of(state_->lead(lead), state_->funnel(funnel));
}

LEADFUNNEL_DECL value engine::attribute(std::string_view lead, std::string_view attribute,
                                        const engine_progress& progress) const {
    const auto& all = state_->live->p().source.attributes;
    const auto it =
        std::find_if(all.begin(), all.end(), [&](const auto& a) { return a.id == attribute; });
    if (it == all.end()) throw unknown_name("no attribute is named " + detail::quote(attribute));
    return state_->at(state_->lead(lead), state_->live->clock(), progress, [&](auto& c) {
        return c.held(static_cast<std::uint32_t>(it - all.begin()));
    });
}

LEADFUNNEL_DECL explanation engine::explain(std::string_view lead, std::string_view score,
                                            instant at, const engine_progress& progress) const {
    const auto s = used_plan().score(score);
    const auto n = state_->lead(lead);
    const auto& record = state_->live->leads()[n];
    const auto touchpoint_at = [&](std::size_t i) {
        auto t = record.log().touchpoint_at(state_->live->words(), i);
        t.lead = record.id;
        return t;
    };
    detail::pulse beats{progress};
    return detail::explainer{state_->live->bound(), record.id,     record.log().view(),
                             state_->time(at),      touchpoint_at, progress ? &beats : nullptr}
        .explain(static_cast<std::uint32_t>(s));
}
LEADFUNNEL_DECL explanation engine::explain(std::string_view lead, std::string_view score) const {
    return explain(lead, score, now());
}

LEADFUNNEL_DECL std::vector<event> engine::history(std::string_view lead,
                                                   const engine_progress& progress) const {
    detail::pulse beat{progress};
    return state_->live->history(state_->lead(lead), beat);
}

LEADFUNNEL_DECL std::vector<timeline_entry>
engine::timeline(std::string_view lead, const engine_progress& progress) const {
    const auto n = state_->lead(lead);
    const auto& funnels = state_->live->p().source.funnels;
    std::vector<timeline_entry> out;
    std::vector<std::optional<position>> stages(funnels.size());
    const detail::cursor_pool::loan loan{*state_->pool, state_->live->bound(), progress};
    auto& c = *loan.held;
    // One cursor goes through all events; events of one instant share their scores.
    c.seek(state_->view(n), detail::cursor<>::mode::everything);
    std::vector<score_value> scores;
    instant last = always;
    for (auto& e : history(lead, progress)) {
        const auto at = std::visit([](const auto& x) { return x.at; }, e);
        timeline_entry line;
        if (at != last) {
            c.advance(at.time_since_epoch().count());
            scores.clear();
            for (const auto& r : c.evaluate()) scores.push_back(detail::to_score_value(r));
            last = at;
        }
        line.scores = scores;
        if (const auto* g = std::get_if<stage_entry>(&e)) {
            for (std::size_t f = 0; f < funnels.size(); ++f) {
                if (funnels[f].id != g->funnel) continue;
                const auto before = stages[f].value_or(position{});
                stages[f] = position{g->stage, at, g->cycle != 0 ? g->cycle : before.cycle,
                                     before.entries + 1};
            }
        }
        line.stages = stages;
        line.what = std::move(e);
        out.push_back(std::move(line));
    }
    return out;
}

LEADFUNNEL_DECL projection engine::project(std::string_view lead, std::string_view banding,
                                           instant at, const engine_progress& progress) const {
    const auto b = used_plan().banding(banding);
    const auto n = state_->lead(lead);
    const auto t = state_->time(at);
    const auto& p = state_->live->p();
    projection out;
    out.score = state_->at(n, t, progress, [&](auto& c) {
        return detail::to_score_value(c.evaluate()[p.bandings[b].score]);
    });
    if (const auto name = detail::band_name(p, b, state_->band_at(n, b, t, progress)))
        out.band = std::string{*name};
    return out;
}

namespace detail {

/// A visitor of `walk` that finds the first instant at which a band has changed.
struct change_watch {
    cursor<>& c;
    band_fold<cursor<>>& fold;
    std::uint32_t from;
    std::int64_t changed = end_of_time;

    void visit(bool shared) {
        fold.visit(shared);
        if (changed == end_of_time && fold.state(0).band() != from) changed = c.now();
    }
    [[nodiscard]] std::int64_t further() const noexcept {
        return changed == end_of_time ? fold.further() : end_of_time;
    }
    [[nodiscard]] bool is_quiet(const std::vector<reading>& low, const std::vector<reading>& high,
                                std::int64_t t) const noexcept {
        return changed != end_of_time || fold.is_quiet(low, high, t);
    }
};

} // namespace detail

LEADFUNNEL_DECL instant engine::cools_at(std::string_view lead, std::string_view banding,
                                         instant until, const engine_progress& progress) const {
    const auto b = used_plan().banding(banding);
    const auto n = state_->lead(lead);
    const detail::cursor_pool::loan loan{*state_->pool, state_->live->bound(), progress};
    auto& c = *loan.held;
    c.seek(state_->view(n), detail::cursor<>::mode::everything);
    detail::band_fold<detail::cursor<>> fold{c, state_->live->bound(), {b}};
    fold.fold_until(state_->live->clock());
    detail::change_watch watch{c, fold, fold.state(0).band()};
    const auto to = state_->time(until);
    if (to > state_->live->clock()) detail::walk(c, to, watch);
    return watch.changed == detail::end_of_time ? never : instant{duration{watch.changed}};
}

LEADFUNNEL_DECL std::vector<stage_entry> engine::stage_log(std::string_view lead) const {
    const auto n = state_->lead(lead);
    std::vector<stage_entry> out;
    for (std::size_t i = 0; i < state_->live->leads()[n].log().stage_entries(); ++i)
        out.push_back(state_->stage_of(n, i));
    return out;
}

// ---- counts

LEADFUNNEL_DECL std::size_t engine::count_in_stage(std::string_view funnel,
                                                   std::string_view stage) const {
    const auto f = state_->funnel(funnel);
    const auto& stages = state_->live->p().source.funnels[f].stages;
    for (std::size_t s = 0; s < stages.size(); ++s)
        if (stages[s].id == stage) return state_->live->stage_count(f, s);
    throw unknown_name("no stage is named " + detail::quote(stage));
}

LEADFUNNEL_DECL std::size_t engine::count_in_band(std::string_view banding,
                                                  std::string_view band) const {
    const auto b = used_plan().banding(banding);
    const auto& bands = state_->live->p().source.bandings[b].bands;
    for (std::size_t i = 0; i < bands.size(); ++i)
        if (bands[i].id == band) return state_->live->band_count(b, i);
    throw unknown_name("no band is named " + detail::quote(band));
}

// ---- signals

LEADFUNNEL_DECL std::vector<signal> engine::signals(std::uint64_t after, std::size_t most) const {
    const auto& live = state_->live;
    std::vector<signal> out;
    std::size_t i = after < live->first_sequence()
                        ? 0
                        : static_cast<std::size_t>(after - live->first_sequence() + 1);
    for (; i < live->signal_count() && out.size() < most; ++i) out.push_back(live->signal_at(i));
    return out;
}
LEADFUNNEL_DECL void engine::acknowledge(std::uint64_t up_to) { state_->live->acknowledge(up_to); }
LEADFUNNEL_DECL void engine::on_signal(std::function<void(const signal&)> callback) {
    state_->callback = std::move(callback);
}
LEADFUNNEL_DECL std::uint64_t engine::last_signal() const noexcept {
    return state_->live->first_sequence() + state_->live->signal_count() - 1;
}

// ---- identity

LEADFUNNEL_DECL void engine::merge(std::string_view into, std::string_view other,
                                   const engine_progress& progress) {
    const detail::live_engine::heeding deep{*state_->live, progress};
    const auto a = state_->lead(into);
    const auto b = state_->lead(other);
    if (a == b) throw argument_error("the two are one lead already");
    state_->live->merge(a, b);
    state_->deliver();
}

LEADFUNNEL_DECL void engine::unmerge(std::string_view other, const engine_progress& progress) {
    const detail::live_engine::heeding deep{*state_->live, progress};
    const auto n = state_->live->find(other);
    if (!n || state_->live->leads()[*n].merged_into == detail::none32)
        throw unknown_lead(detail::quote(other) + " was not merged into another lead");
    state_->live->unmerge(*n);
    state_->deliver();
}

LEADFUNNEL_DECL std::vector<std::string> engine::ids(std::string_view lead) const {
    const auto all = state_->live->whole(state_->lead(lead));
    std::vector<std::string> out;
    out.reserve(all.size());
    for (const auto n : all) out.push_back(state_->live->leads()[n].id);
    return out;
}

LEADFUNNEL_DECL void engine::erase(std::string_view lead) {
    state_->live->erase(state_->lead(lead));
    detail::wipe_stack();
    state_->deliver();
}

// ---- the model

LEADFUNNEL_DECL replacement_report engine::try_replace(const plan& p,
                                                       const engine_progress& progress) const {
    detail::live_engine next{*state_->live, p, progress};
    return next.settle(*state_->live, progress);
}

LEADFUNNEL_DECL replacement_report engine::replace(const plan& p, const engine_progress& progress) {
    replacement_report report;
    detail::engine_access::commit(*this,
                                  detail::engine_access::prepare(*this, p, report, progress));
    state_->deliver();
    return report;
}

// ---- keeping

namespace detail {

inline constexpr std::string_view snapshot_magic{"leadfunnel\n\x1a", 12};
inline constexpr std::uint32_t snapshot_format = 2;

} // namespace detail

LEADFUNNEL_DECL std::string engine::snapshot(const engine_progress& progress) const {
    return detail::sealed(detail::snapshot_magic, detail::snapshot_format,
                          [&](detail::writer& w) { state_->archive_into(w, progress); });
}

LEADFUNNEL_DECL engine engine::from_snapshot(plan p, std::string_view bytes, engine_options options,
                                             const engine_progress& progress) {
    detail::reader r{detail::unsealed(detail::snapshot_magic, detail::snapshot_format, bytes)};
    engine e{std::move(p), std::move(options)};
    e.state_->archive_from(r, progress);
    return e;
}

LEADFUNNEL_DECL void engine::save(const std::filesystem::path& file,
                                  const engine_progress& progress) const {
    detail::seal_into(file, detail::snapshot_magic, detail::snapshot_format,
                      [&](detail::writer& w) { state_->archive_into(w, progress); });
}

LEADFUNNEL_DECL engine engine::from_file(plan p, const std::filesystem::path& file,
                                         engine_options options, const engine_progress& progress) {
    engine e{std::move(p), std::move(options)};
    detail::unseal_from(file, detail::snapshot_magic, detail::snapshot_format,
                        [&](detail::reader& r) { e.state_->archive_from(r, progress); });
    return e;
}

LEADFUNNEL_DECL memory_report engine::memory() const { return state_->live->memory(); }

// ---- for sharded engines

namespace detail {

LEADFUNNEL_DECL live_engine& engine_access::of(engine& e) noexcept { return *e.state_->live; }
LEADFUNNEL_DECL const live_engine& engine_access::of(const engine& e) noexcept {
    return *e.state_->live;
}

LEADFUNNEL_DECL batch_report engine_access::apply(engine& e, std::span<const event> events,
                                                  std::vector<std::size_t> mine) {
    return apply_in_order(*e.state_->live, events, event_order(events, std::move(mine)));
}

LEADFUNNEL_DECL engine_access::share engine_access::share_above(const engine& e, std::size_t score,
                                                                std::int64_t micros, instant at) {
    share out;
    if (const auto* ranks = of(e).ranks(score)) {
        using limits = std::numeric_limits<std::int64_t>;
        e.state_->ranked(*ranks, score, {}, [&](const auto& r, const auto& exact) {
            const instant when{duration{e.state_->time(at)}};
            const auto count = [&](std::int64_t least) {
                return static_cast<std::size_t>(r.count_at_least(least, when, exact));
            };
            out.higher = micros == limits::max() ? 0 : count(micros + 1);
            out.scored = count(limits::min());
        });
        return out;
    }
    for (const auto& s : e.state_->all_scored(score, e.state_->time(at), {})) {
        ++out.scored;
        if (s.micros > micros) ++out.higher;
    }
    return out;
}

LEADFUNNEL_DECL std::unique_ptr<live_engine>
engine_access::prepare(const engine& e, const plan& p, replacement_report& report,
                       const engine_progress& progress) {
    auto next = std::make_unique<live_engine>(*e.state_->live, p, progress);
    report = next->settle(*e.state_->live, progress);
    return next;
}

template<class Told>
batch_report engine_access::load(engine& e, const Told& told, const engine_progress& progress) {
    of(e).require_empty();
    auto loaded = std::make_unique<live_engine>(of(e), of(e).used_plan());
    auto report = loaded->load(told, progress);
    commit(e, std::move(loaded));
    return report;
}
LEADFUNNEL_DECL void engine_access::commit(engine& e, std::unique_ptr<live_engine> next) {
    e.state_->live = std::move(next);
    // Pooled cursors are bound to the plan before.
    e.state_->pool->idle.clear();
}

} // namespace detail

} // namespace leadfunnel::inline v0

#include <leadfunnel/engine/impl/engine_find.ipp>
#include <leadfunnel/engine/impl/engine_ranking.ipp>
