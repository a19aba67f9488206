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

    /// Gives the callback what it has not had.
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

    /// What a snapshot holds: written, or read into a state that holds nothing.
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
    /// The band at the clock, from what is remembered.
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
    /// A lead's rank, and how many are ranked.
    struct lead_standing {
        std::size_t rank = 0;
        std::size_t of = 0;
    };
    [[nodiscard]] std::optional<lead_standing> standing(std::uint32_t lead, std::size_t score,
                                                        std::int64_t t,
                                                        const engine_progress& progress) const;
    /// Every lead that has a score, with it.
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
    /// Asks the ranks of a score for something, given the way to an exact score.
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
    // Each lead is fetched in three steps, a few events apart, while others are taken: what one
    // step reads is what the step before has fetched.
    constexpr std::size_t apart = 4;
    constexpr std::size_t ahead = 16; // three steps at least
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
    (void)state_->lead(lead); // it is there
    if (now() == always) throw state_error("the engine has not been told what time it is");
    const detail::wiped<stage_entry> told{{.lead = std::string{lead},
                                           .at = now(),
                                           .funnel = std::string{funnel},
                                           .stage = std::string{stage},
                                           .reason = std::string{reason},
                                           .cause = std::string{who}}};
    auto out = state_->live->apply(*told);
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

LEADFUNNEL_DECL std::vector<event> engine::history(std::string_view lead) const {
    return state_->live->history(state_->lead(lead));
}

LEADFUNNEL_DECL std::vector<timeline_entry>
engine::timeline(std::string_view lead, const engine_progress& progress) const {
    const auto n = state_->lead(lead);
    const auto& funnels = state_->live->p().source.funnels;
    std::vector<timeline_entry> out;
    std::vector<std::optional<position>> stages(funnels.size());
    const detail::cursor_pool::loan loan{*state_->pool, state_->live->bound(), progress};
    auto& c = *loan.held;
    // Sums of awards go on from line to line; those of one instant are the same.
    c.seek(state_->view(n), detail::cursor<>::mode::everything);
    std::vector<score_value> scores;
    instant last = always;
    for (auto& e : history(lead)) {
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

/// Looks for the first change of a band behind an instant.
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

// ---- many leads

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

// ---- selections

namespace detail {

/// A condition of a query, compiled with the model as if it were an alert's.
class query_condition {
  public:
    query_condition(const live_engine& l, const v0::condition& where) : live_(l) {
        if (where.is == v0::condition::kind::none) return;
        model m = l.p().source;
        std::string id{"query"};
        while (std::any_of(m.alerts.begin(), m.alerts.end(),
                           [&](const alert& a) { return a.id == id; }))
            id += '_';
        m.alerts.push_back({.id = id, .when = where});
        plan_.emplace(compile(m));
        node_ = plan_access::of(*plan_).alerts.back().when;
    }
    [[nodiscard]] bool is_any() const noexcept { return node_ == 0; }

    /// Whether it holds of a lead on which a cursor stands at the clock.
    bool operator()(std::uint32_t lead, cursor<>& c) const {
        if (node_ == 0) return true;
        const auto& p = plan_access::of(*plan_);
        const auto& readings = c.evaluate();
        return condition_holds(
            p, node_, [&](std::uint32_t i) { return holds(lead, p.tests[i], c, readings); });
    }

  private:
    [[nodiscard]] bool holds(std::uint32_t lead, const compiled_test& t, const cursor<>& c,
                             const std::vector<reading>& readings) const {
        const auto& p = plan_access::of(*plan_);
        const auto& m = p.source;
        const auto now = live_.clock();
        switch (t.source.of) {
        case subject::attribute:
            return t.source.take == part::age ? age_holds(t, c.held(t.name), now)
                                              : test_holds(t, c.held(t.name));
        case subject::property:
            return false;
        case subject::current_stage: {
            const auto f = funnel_of(m, p.current_stages[t.name]);
            const auto stage = live_.place_of(lead, f).stage;
            return test_holds(t, stage == none32 ? value{} : value{m.funnels[f].stages[stage].id});
        }
        case subject::times_entered: {
            double n = 0;
            each_entry(lead, p.counters[t.name].first, p.counters[t.name].second,
                       [&](std::size_t) { ++n; });
            return test_holds(t, n);
        }
        case subject::score_at_entry: {
            const auto& e = p.entry_scores[t.name];
            value v;
            const auto& log = live_.leads()[lead].log();
            each_entry(lead, e.funnel, e.stage, [&](std::size_t i) {
                const auto& r = log.view().stages[i];
                v = value{};
                for (const auto& s : log.view().stage_scores.subspan(r.first_score, r.score_count))
                    if (live_.words().words().recorded_scores[s.score] == e.score)
                        v = static_cast<double>(s.micros);
            });
            return test_holds(t, v);
        }
        case subject::score: {
            const auto& r = readings[t.name];
            return test_holds(t, r.excluded_by != none32 ? value{}
                                                         : value{static_cast<double>(r.value)});
        }
        case subject::band: {
            const auto b = live_.band_at(lead, t.name, readings);
            return test_holds(t,
                              b == no_band_index ? value{} : value{m.bandings[t.name].bands[b].id});
        }
        case subject::matrix_class: {
            const auto& x = p.matrices[t.name];
            const auto row = live_.band_at(lead, x.rows, readings);
            const auto column = live_.band_at(lead, x.columns, readings);
            return test_holds(t, row == no_band_index || column == no_band_index
                                     ? value{}
                                     : value{x.classes[row][column]});
        }
        case subject::time_in_stage: {
            const auto& at = live_.place_of(lead, t.name);
            return age_holds(t, at.stage == none32 ? value{} : value{instant{duration{at.since}}},
                             now);
        }
        }
        return false;
    }
    static std::size_t funnel_of(const model& m, std::string_view id) {
        std::size_t f = 0;
        while (m.funnels[f].id != id) ++f;
        return f;
    }
    template<class Do>
    void each_entry(std::uint32_t lead, std::string_view funnel, std::string_view stage,
                    const Do& entry) const {
        const auto stages = live_.leads()[lead].log().view().stages;
        for (std::size_t i = 0; i < stages.size(); ++i) {
            const auto& k = live_.words().words().stage_kinds[stages[i].kind];
            if (k.funnel == funnel && k.stage == stage) entry(i);
        }
    }

    const live_engine& live_;
    std::optional<plan> plan_;
    std::uint32_t node_ = 0;
};

} // namespace detail

LEADFUNNEL_DECL page engine::find(const query& q, const engine_progress& reported) const {
    const auto& live = *state_->live;
    const auto& m = live.p().source;
    const detail::query_condition where{live, q.where};
    const std::size_t f = q.funnel.empty() ? 0 : state_->funnel(q.funnel);
    if (q.funnel.empty() &&
        (!q.stages.empty() || q.entered_from != always || q.entered_to != never))
        throw argument_error("a query by stage names its funnel");
    for (const auto& s : q.stages) (void)count_in_stage(q.funnel, s);
    const std::size_t b = q.banding.empty() ? 0 : used_plan().banding(q.banding);
    if (q.banding.empty() && !q.bands.empty())
        throw argument_error("a query by band names its banding");
    for (const auto& x : q.bands) (void)count_in_band(q.banding, x);
    const auto require_role = [&](const std::string& asked, std::uint32_t role, const char* name) {
        if (!asked.empty() && role == detail::none32)
            throw argument_error(std::string{"the model has no attribute in the role of "} + name);
    };
    require_role(q.account, live.p().account, "account");
    require_role(q.owner, live.p().owner, "owner");
    const auto is_in = [](const std::vector<std::string>& names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };

    page out;
    std::uint32_t next = q.after.empty() ? 0 : state_->lead(q.after) + 1;
    // The leads to look at, in order: those that an index names, where one can, or all.
    std::vector<std::uint32_t> named;
    bool is_named = false;
    const auto* index = live.index();
    if (index != nullptr && live.indices().by_stage && f == 0 && !q.funnel.empty() &&
        !q.stages.empty() && q.owner.empty() && q.account.empty()) {
        for (std::uint32_t s = 0; s < m.funnels[f].stages.size(); ++s)
            if (is_in(q.stages, m.funnels[f].stages[s].id))
                for (const auto& x :
                     index->in_stage(s, {}, live.leads().size(), q.entered_from, q.entered_to))
                    if (x.lead >= next) named.push_back(x.lead);
        std::sort(named.begin(), named.end());
        is_named = true;
    }
    std::size_t i = 0;
    const bool by_owner = index != nullptr && !q.owner.empty() && live.indices().by_owner;
    const bool by_account =
        index != nullptr && !by_owner && !q.account.empty() && live.indices().by_account;
    const auto following = [&]() -> std::optional<std::uint32_t> {
        if (by_owner || by_account) {
            if (i == named.size()) {
                constexpr std::size_t chunk = 256;
                const auto after = next == 0 ? std::nullopt : std::optional{next - 1};
                named = by_owner ? index->of_owner(q.owner, after, chunk)
                                 : index->of_account(q.account, after, chunk);
                i = 0;
            }
        } else if (!is_named) {
            if (next == live.leads().size()) return std::nullopt;
            return next++;
        }
        if (i == named.size()) return std::nullopt;
        next = named[i] + 1;
        return named[i++];
    };
    detail::cursor_pool::loan loan{*state_->pool, live.bound(), reported};
    const auto progress = loan.reports();
    auto& c = *loan.held;
    for (std::size_t seen = 0; const auto candidate = following(); ++seen) {
        const std::uint32_t n = *candidate;
        detail::live_engine::report_progress(progress, seen, live.leads().size());
        const auto& record = live.leads()[n];
        if (!record.is_root()) continue;
        if (!q.stages.empty() || q.entered_from != always || q.entered_to != never) {
            const auto& at = live.place_of(n, f);
            if (at.stage == detail::none32) continue;
            if (!q.stages.empty() && !is_in(q.stages, m.funnels[f].stages[at.stage].id)) continue;
            const instant since{duration{at.since}};
            if (since < q.entered_from || since >= q.entered_to) continue;
        }
        if (q.active_from != always || q.active_to != never) {
            const auto last = record.log().last();
            if (last == always || last < q.active_from || last >= q.active_to) continue;
        }
        if (!q.bands.empty() || !q.account.empty() || !q.owner.empty() || !where.is_any()) {
            c.seek(record.log().view(), detail::cursor<>::mode::scores_only);
            c.advance(live.clock());
            const auto has = [&](const std::string& asked, std::uint32_t role) {
                return asked.empty() || c.held(role) == value{asked};
            };
            if (!has(q.account, live.p().account) || !has(q.owner, live.p().owner)) continue;
            if (!q.bands.empty()) {
                const auto band = live.band_at(n, b, c.evaluate());
                if (band == detail::no_band_index || !is_in(q.bands, m.bandings[b].bands[band].id))
                    continue;
            }
            if (!where(n, c)) continue;
        }
        if (out.leads.size() == q.limit) {
            out.more = true;
            break;
        }
        out.leads.push_back(record.id);
    }
    return out;
}

LEADFUNNEL_DECL std::vector<std::string> engine::with_email(std::string_view email) const {
    const auto& live = *state_->live;
    if (live.p().email == detail::none32)
        throw argument_error("the model has no attribute in the role of email");
    const detail::wiped<std::string> folded = fold(email);
    const auto& wanted = *folded;
    std::vector<std::string> out;
    if (const auto* index = live.index(); index != nullptr && live.indices().by_email) {
        for (const auto n : index->with_email(wanted)) out.push_back(live.leads()[n].id);
        return out;
    }
    const engine_progress none;
    const detail::cursor_pool::loan loan{*state_->pool, live.bound(), none};
    auto& c = *loan.held;
    for (std::uint32_t n = 0; n < live.leads().size(); ++n) {
        if (!live.leads()[n].is_root()) continue;
        c.seek(state_->view(n), detail::cursor<>::mode::scores_only);
        c.advance(live.clock());
        const auto* s = std::get_if<std::string>(&c.held(live.p().email));
        if (s == nullptr) continue;
        const detail::wiped<std::string> held = fold(*s);
        if (*held == wanted) out.push_back(live.leads()[n].id);
    }
    return out;
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
inline constexpr std::uint32_t snapshot_format = 1;

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
    e.state_->pool->idle.clear(); // they are bound to the plan before
}

} // namespace detail

} // namespace leadfunnel::inline v0
