// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/detail/cursor_pool.hpp>
#include <leadfunnel/detail/live.hpp>
#include <leadfunnel/engine/engine.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace leadfunnel::inline v0 {

struct engine::state {
    explicit state(plan p, engine_options o) : options(std::move(o)), live(std::move(p)) {}

    engine_options options;
    detail::live live;
    mutable detail::cursor_pool pool;
    std::function<void(const signal&)> callback;
    std::uint64_t delivered = 0;

    /// Gives the callback what it has not had.
    void deliver() {
        if (!callback) {
            delivered = live.first_sequence() + live.signal_count() - 1;
            return;
        }
        for (;;) {
            const auto next = std::max(delivered + 1, live.first_sequence());
            const auto i = static_cast<std::size_t>(next - live.first_sequence());
            if (i >= live.signal_count()) return;
            callback(live.signal_at(i));
            delivered = next;
        }
    }

    [[nodiscard]] std::uint32_t lead(std::string_view id) const {
        const auto n = live.find(id);
        if (!n || live.leads()[*n].erased)
            throw unknown_lead("there is no lead '" + std::string{id} + "'");
        return live.root(*n);
    }
    [[nodiscard]] lead_view view(std::uint32_t n) const noexcept {
        return live.leads()[n].log().view();
    }
    [[nodiscard]] std::size_t funnel(std::string_view name) const {
        const auto& all = live.p().source.funnels;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (all[i].id == name) return i;
        throw std::out_of_range("no funnel is named '" + std::string{name} + "'");
    }
    template<class Ask>
    auto at(std::uint32_t n, std::int64_t t, const Ask& ask) const {
        const detail::cursor_pool::loan loan{pool, live.bound()};
        auto& c = *loan.held;
        c.seek(view(n), detail::cursor<>::mode::scores_only);
        c.advance(t);
        return ask(c);
    }
    [[nodiscard]] std::uint32_t band_at(std::uint32_t n, std::size_t banding,
                                        std::int64_t t) const {
        const detail::cursor_pool::loan loan{pool, live.bound()};
        return detail::band_index(*loan.held, live.bound(), view(n), banding, t);
    }
    /// The band at the clock, from what is remembered.
    [[nodiscard]] std::uint32_t band_now(std::uint32_t n, std::size_t banding) const {
        const auto& b = live.p().bandings[banding];
        const auto& m = live.band_of(n, banding);
        return at(n, live.clock(), [&](auto& c) {
            if (c.first_event() == detail::end_of_time && m.seen == detail::before_time)
                return detail::no_band_index;
            auto look = m.seen == live.clock() ? m.folded : m.latest;
            look.see(b, c.evaluate()[b.score], live.clock());
            return look.band();
        });
    }
    [[nodiscard]] std::optional<position> position_of(std::uint32_t n, std::size_t f) const {
        const auto& x = live.place_of(n, f);
        if (x.stage == detail::none32) return std::nullopt;
        return position{live.p().source.funnels[f].stages[x.stage].id, instant{duration{x.since}},
                        x.cycle, x.entries};
    }
    [[nodiscard]] stage_entry stage_of(std::uint32_t n, std::size_t i) const {
        auto g = live.leads()[n].log().stage_at(live.words(), i);
        g.lead = live.leads()[n].id;
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
    /// Every lead that has a score, with it.
    [[nodiscard]] std::vector<scored> all_scored(std::size_t score, std::int64_t t) const {
        const detail::cursor_pool::loan loan{pool, live.bound()};
        auto& c = *loan.held;
        std::vector<scored> out;
        for (std::uint32_t n = 0; n < live.leads().size(); ++n) {
            if (!live.leads()[n].is_root()) continue;
            c.seek(view(n), detail::cursor<>::mode::scores_only);
            c.advance(t);
            const auto& r = c.evaluate()[score];
            if (r.excluded_by == detail::none32) out.push_back({n, r.value});
        }
        return out;
    }
    [[nodiscard]] ranked_lead named(const scored& s) const {
        return {live.leads()[s.lead].id, points::from_micros(s.micros)};
    }
};

LEADFUNNEL_DECL engine::engine(plan p, engine_options options)
    : state_(std::make_unique<state>(std::move(p), std::move(options))) {}
LEADFUNNEL_DECL engine::engine(engine&&) noexcept = default;
LEADFUNNEL_DECL engine& engine::operator=(engine&&) noexcept = default;
LEADFUNNEL_DECL engine::~engine() = default;

LEADFUNNEL_DECL const plan& engine::used_plan() const noexcept { return state_->live.used_plan(); }
LEADFUNNEL_DECL instant engine::now() const noexcept {
    return instant{duration{state_->live.clock()}};
}

LEADFUNNEL_DECL applied engine::apply(const event& e) {
    auto out = state_->live.apply(e);
    state_->deliver();
    return out;
}

LEADFUNNEL_DECL batch_report engine::apply(std::span<const event> events) {
    batch_report report;
    for (const auto i : detail::batch_order(events)) {
        try {
            const auto out = state_->live.apply(events[i]);
            if (out.what == applied::outcome::taken) ++report.taken;
            if (out.what == applied::outcome::duplicate) ++report.duplicates;
            if (out.what == applied::outcome::refused) report.refused.push_back({i, out.reason});
            if (out.late) ++report.late;
        } catch (const event_error& e) {
            report.refused.push_back({i, e.what()});
        }
    }
    state_->deliver();
    return report;
}

LEADFUNNEL_DECL void engine::advance_to(instant at) {
    if (at == always) return;
    state_->live.close(state_->time(at));
    state_->deliver();
}

LEADFUNNEL_DECL applied engine::move(std::string_view lead, std::string_view funnel,
                                     std::string_view stage, std::string_view reason,
                                     std::string_view who) {
    const auto n = state_->lead(lead);
    if (now() == always) throw std::logic_error("the engine has not been told what time it is");
    auto out = state_->live.apply(event{stage_entry{.lead = state_->live.leads()[n].id,
                                                    .at = now(),
                                                    .funnel = std::string{funnel},
                                                    .stage = std::string{stage},
                                                    .reason = std::string{reason},
                                                    .cause = std::string{who}}});
    out.late = false;
    state_->deliver();
    return out;
}

LEADFUNNEL_DECL batch_report engine::load(std::span<const event> events) {
    return state_->live.load(events);
}

LEADFUNNEL_DECL std::size_t engine::size() const noexcept { return state_->live.roots(); }
LEADFUNNEL_DECL bool engine::contains(std::string_view lead) const noexcept {
    const auto n = state_->live.find(lead);
    return n && !state_->live.leads()[*n].erased;
}
LEADFUNNEL_DECL std::string_view engine::resolve(std::string_view lead) const {
    return state_->live.leads()[state_->lead(lead)].id;
}

LEADFUNNEL_DECL score_value engine::score(std::string_view lead, std::string_view score,
                                          instant at) const {
    const auto s = used_plan().score(score);
    return state_->at(state_->lead(lead), state_->time(at),
                      [&](auto& c) { return detail::to_score_value(c.evaluate()[s]); });
}
LEADFUNNEL_DECL score_value engine::score(std::string_view lead, std::string_view name) const {
    return score(lead, name, now());
}

LEADFUNNEL_DECL std::optional<std::string> engine::band(std::string_view lead,
                                                        std::string_view banding) const {
    const auto b = used_plan().banding(banding);
    const auto name =
        detail::band_name(state_->live.p(), b, state_->band_now(state_->lead(lead), b));
    return name ? std::optional{std::string{*name}} : std::nullopt;
}

LEADFUNNEL_DECL std::optional<std::string> engine::class_of(std::string_view lead,
                                                            std::string_view matrix) const {
    const auto x = used_plan().matrix(matrix);
    const auto n = state_->lead(lead);
    const auto& m = state_->live.p().matrices[x];
    const auto name = detail::class_name(state_->live.p(), x, state_->band_now(n, m.rows),
                                         state_->band_now(n, m.columns));
    return name ? std::optional{std::string{*name}} : std::nullopt;
}

LEADFUNNEL_DECL std::optional<position> engine::stage(std::string_view lead,
                                                      std::string_view funnel) const {
    return state_->position_of(state_->lead(lead), state_->funnel(funnel));
}

LEADFUNNEL_DECL value engine::attribute(std::string_view lead, std::string_view attribute) const {
    const auto& all = state_->live.p().source.attributes;
    const auto it =
        std::find_if(all.begin(), all.end(), [&](const auto& a) { return a.id == attribute; });
    if (it == all.end())
        throw std::out_of_range("no attribute is named '" + std::string{attribute} + "'");
    return state_->at(state_->lead(lead), state_->live.clock(), [&](auto& c) {
        return c.held(static_cast<std::uint32_t>(it - all.begin()));
    });
}

LEADFUNNEL_DECL explanation engine::explain(std::string_view lead, std::string_view score,
                                            instant at) const {
    const auto s = used_plan().score(score);
    const auto n = state_->lead(lead);
    const auto& record = state_->live.leads()[n];
    const auto touchpoint_at = [&](std::size_t i) {
        auto t = record.log().touchpoint_at(state_->live.words(), i);
        t.lead = record.id;
        return t;
    };
    return detail::explainer{state_->live.bound(), record.id, record.log().view(), state_->time(at),
                             touchpoint_at}
        .explain(static_cast<std::uint32_t>(s));
}
LEADFUNNEL_DECL explanation engine::explain(std::string_view lead, std::string_view score) const {
    return explain(lead, score, now());
}

LEADFUNNEL_DECL std::vector<event> engine::history(std::string_view lead) const {
    const auto& record = state_->live.leads()[state_->lead(lead)];
    auto out = record.log().events(state_->live.words());
    for (auto& e : out) std::visit([&](auto& x) { x.lead = record.id; }, e);
    return out;
}

LEADFUNNEL_DECL std::vector<timeline_entry> engine::timeline(std::string_view lead) const {
    const auto n = state_->lead(lead);
    const auto& funnels = state_->live.p().source.funnels;
    std::vector<timeline_entry> out;
    std::vector<std::optional<position>> stages(funnels.size());
    const detail::cursor_pool::loan loan{state_->pool, state_->live.bound()};
    auto& c = *loan.held;
    c.seek(state_->view(n), detail::cursor<>::mode::scores_only);
    for (auto& e : history(lead)) {
        const auto at = std::visit([](const auto& x) { return x.at; }, e);
        timeline_entry line;
        if (at != always) {
            c.advance(at.time_since_epoch().count());
            for (const auto& r : c.evaluate()) line.scores.push_back(detail::to_score_value(r));
        }
        if (const auto* g = std::get_if<stage_entry>(&e)) {
            for (std::size_t f = 0; f < funnels.size(); ++f) {
                if (funnels[f].id != g->funnel) continue;
                const auto before = stages[f] ? stages[f]->entries : 0;
                stages[f] = position{g->stage, at, g->cycle, before + 1};
            }
        }
        line.stages = stages;
        line.what = std::move(e);
        out.push_back(std::move(line));
    }
    return out;
}

LEADFUNNEL_DECL projection engine::project(std::string_view lead, std::string_view banding,
                                           instant at) const {
    const auto b = used_plan().banding(banding);
    const auto n = state_->lead(lead);
    const auto t = state_->time(at);
    const auto& p = state_->live.p();
    projection out;
    out.score = state_->at(
        n, t, [&](auto& c) { return detail::to_score_value(c.evaluate()[p.bandings[b].score]); });
    if (const auto name = detail::band_name(p, b, state_->band_at(n, b, t)))
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
    [[nodiscard]] std::int64_t skip(std::int64_t first, std::int64_t last) {
        return changed == end_of_time ? fold.skip(first, last) : end_of_time;
    }
};

} // namespace detail

LEADFUNNEL_DECL instant engine::cools_at(std::string_view lead, std::string_view banding,
                                         instant until) const {
    const auto b = used_plan().banding(banding);
    const auto n = state_->lead(lead);
    const detail::cursor_pool::loan loan{state_->pool, state_->live.bound()};
    auto& c = *loan.held;
    c.seek(state_->view(n), detail::cursor<>::mode::everything);
    detail::band_fold<detail::cursor<>> fold{c, state_->live.bound(), {b}};
    fold.fold_until(state_->live.clock());
    detail::change_watch watch{c, fold, fold.state(0).band()};
    const auto to = state_->time(until);
    if (to > state_->live.clock()) detail::walk(c, state_->live.p(), to, watch);
    return watch.changed == detail::end_of_time ? never : instant{duration{watch.changed}};
}

LEADFUNNEL_DECL std::vector<stage_entry> engine::stage_log(std::string_view lead) const {
    const auto n = state_->lead(lead);
    std::vector<stage_entry> out;
    for (std::size_t i = 0; i < state_->live.leads()[n].log().stage_entries(); ++i)
        out.push_back(state_->stage_of(n, i));
    return out;
}

// ---- many leads

LEADFUNNEL_DECL std::vector<ranked_lead> engine::top(std::string_view score, std::size_t k,
                                                     instant at) const {
    auto all = state_->all_scored(used_plan().score(score), state_->time(at));
    const auto n = static_cast<std::ptrdiff_t>(std::min(k, all.size()));
    std::partial_sort(all.begin(), all.begin() + n, all.end());
    std::vector<ranked_lead> out;
    for (auto it = all.begin(); it != all.begin() + n; ++it) out.push_back(state_->named(*it));
    return out;
}

LEADFUNNEL_DECL std::optional<ranked_lead> engine::nth(std::string_view score, std::size_t n,
                                                       instant at) const {
    auto all = state_->all_scored(used_plan().score(score), state_->time(at));
    if (n >= all.size()) return std::nullopt;
    const auto it = all.begin() + static_cast<std::ptrdiff_t>(n);
    std::nth_element(all.begin(), it, all.end());
    return state_->named(*it);
}

LEADFUNNEL_DECL std::optional<std::size_t> engine::rank(std::string_view lead,
                                                        std::string_view score, instant at) const {
    const auto mine = this->score(lead, score, at);
    if (mine.absent) return std::nullopt;
    std::size_t higher = 0;
    for (const auto& s : state_->all_scored(used_plan().score(score), state_->time(at)))
        if (s.micros > mine.value.micros()) ++higher;
    return higher + 1;
}

LEADFUNNEL_DECL std::optional<double> engine::percentile(std::string_view lead,
                                                         std::string_view score, instant at) const {
    const auto mine = this->score(lead, score, at);
    if (mine.absent) return std::nullopt;
    const auto all = state_->all_scored(used_plan().score(score), state_->time(at));
    std::size_t not_higher = 0;
    for (const auto& s : all)
        if (s.micros <= mine.value.micros()) ++not_higher;
    return static_cast<double>(not_higher) / static_cast<double>(all.size());
}

LEADFUNNEL_DECL std::size_t engine::count_in_stage(std::string_view funnel,
                                                   std::string_view stage) const {
    const auto f = state_->funnel(funnel);
    const auto& stages = state_->live.p().source.funnels[f].stages;
    for (std::size_t s = 0; s < stages.size(); ++s)
        if (stages[s].id == stage) return state_->live.stage_count(f, s);
    throw std::out_of_range("no stage is named '" + std::string{stage} + "'");
}

LEADFUNNEL_DECL std::size_t engine::count_in_band(std::string_view banding,
                                                  std::string_view band) const {
    const auto b = used_plan().banding(banding);
    const auto& bands = state_->live.p().source.bandings[b].bands;
    for (std::size_t i = 0; i < bands.size(); ++i)
        if (bands[i].id == band) return state_->live.band_count(b, i);
    throw std::out_of_range("no band is named '" + std::string{band} + "'");
}

// ---- signals

LEADFUNNEL_DECL std::vector<signal> engine::signals(std::uint64_t after, std::size_t most) const {
    const auto& live = state_->live;
    std::vector<signal> out;
    std::size_t i = after < live.first_sequence()
                        ? 0
                        : static_cast<std::size_t>(after - live.first_sequence() + 1);
    for (; i < live.signal_count() && out.size() < most; ++i) out.push_back(live.signal_at(i));
    return out;
}
LEADFUNNEL_DECL void engine::acknowledge(std::uint64_t up_to) { state_->live.acknowledge(up_to); }
LEADFUNNEL_DECL void engine::on_signal(std::function<void(const signal&)> callback) {
    state_->callback = std::move(callback);
}
LEADFUNNEL_DECL std::uint64_t engine::last_signal() const noexcept {
    return state_->live.first_sequence() + state_->live.signal_count() - 1;
}

// ---- identity

LEADFUNNEL_DECL void engine::merge(std::string_view into, std::string_view other) {
    const auto a = state_->lead(into);
    const auto b = state_->lead(other);
    if (a == b) throw std::invalid_argument("the two are one lead already");
    state_->live.merge(a, b);
    state_->deliver();
}

LEADFUNNEL_DECL void engine::unmerge(std::string_view other) {
    const auto n = state_->live.find(other);
    if (!n || state_->live.leads()[*n].merged_into == detail::none32)
        throw unknown_lead("'" + std::string{other} + "' was not merged into another lead");
    state_->live.unmerge(*n);
    state_->deliver();
}

LEADFUNNEL_DECL void engine::erase(std::string_view lead) {
    state_->live.erase(state_->lead(lead));
    state_->deliver();
}

// ---- the model

LEADFUNNEL_DECL memory_report engine::memory() const { return state_->live.memory(); }

} // namespace leadfunnel::inline v0
