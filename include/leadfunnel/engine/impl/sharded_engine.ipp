// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/stack_wiping.hpp>
#include <leadfunnel/core/detail/workers.hpp>
#include <leadfunnel/engine/detail/engine_access.hpp>
#include <leadfunnel/engine/detail/signal_kinds.hpp>
#include <leadfunnel/engine/detail/snapshot_format.hpp>
#include <leadfunnel/engine/detail/wiping_events.hpp>
#include <leadfunnel/engine/sharded_engine.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

namespace leadfunnel::inline v0 {

namespace detail {

/// The shard of an id: FNV-1a, then mixing that spreads every bit to the low ones. It has no key,
/// because snapshots and hosts rely on its values. So whoever chooses ids can choose their shard
/// (see `sharded_engine`), but gains nothing within it.
[[nodiscard]] inline std::size_t home_of(std::string_view id, std::size_t shards) noexcept {
    std::uint64_t h = fnv1a(id);
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33;
    return static_cast<std::size_t>(h % shards);
}

[[nodiscard]] inline const std::string& lead_of(const event& e) noexcept {
    return std::visit([](const auto& x) -> const std::string& { return x.lead; }, e);
}

template<class A>
void archive_signal(A& a, signal& s) {
    archive(a, s.at);
    archive(a, s.lead);
    archive(a, s.kind);
    for (auto* text : {&s.subject, &s.from, &s.to, &s.cause, &s.reason}) archive(a, *text);
    archive(a, s.due);
    archive(a, s.cycle);
    archive(a, s.explanation);
    archive(a, s.model_version);
}

inline constexpr std::string_view sharded_magic{"leadfunnels\x1a", 12};
inline constexpr std::uint32_t sharded_format = 2;

} // namespace detail

struct sharded_engine::state {
    state(const plan& p, std::size_t shards, const engine_options& options, unsigned threads)
        : workers(detail::thread_count(threads, shards)) {
        if (shards == 0) throw argument_error("an engine has one shard at least");
        engines.reserve(shards);
        for (std::size_t i = 0; i < shards; ++i) engines.emplace_back(p, options);
    }

    ~state() {
        while (!moved.empty()) forget_moved(moved.begin());
        for (auto& s : outbox) detail::wipe(s);
    }

    /// The shards of leads that a merge has moved from the shard of their hash.
    using places =
        std::unordered_map<std::string, std::uint32_t, detail::text_hash, std::equal_to<>>;

    std::vector<engine> engines;
    places moved;
    std::deque<signal> outbox;
    std::uint64_t first_sequence = 1;
    std::uint64_t delivered = 0;
    std::function<void(const signal&)> callback;
    detail::workers workers;

    [[nodiscard]] std::size_t shard(std::string_view lead) const noexcept {
        if (!moved.empty())
            if (const auto it = moved.find(lead); it != moved.end()) return it->second;
        return detail::home_of(lead, engines.size());
    }
    [[nodiscard]] detail::live_engine& live(std::size_t i) noexcept {
        return detail::engine_access::of(engines[i]);
    }
    [[nodiscard]] const detail::live_engine& live(std::size_t i) const noexcept {
        return detail::engine_access::of(engines[i]);
    }
    template<class Work>
    void each(const Work& work) {
        workers.each(engines.size(), work);
    }
    /// The answer of each shard to `question(engine)`.
    template<class Ask>
    auto ask(const Ask& question) {
        std::vector<decltype(question(engines.front()))> out(engines.size());
        each([&](std::size_t i) { out[i] = question(std::as_const(engines[i])); });
        return out;
    }
    void forget_moved(places::const_iterator it) noexcept {
        auto gone = moved.extract(it);
        detail::wipe(gone.key());
    }
    /// The root of a lead in its shard. Throws `unknown_lead`.
    [[nodiscard]] std::uint32_t root(std::size_t s, std::string_view lead) const {
        (void)engines[s].resolve(lead);
        return live(s).root(*live(s).find(lead));
    }

    // ---- one clock

    struct time {
        std::int64_t at = detail::before_time;
        bool closed = false;
        friend auto operator<=>(const time&, const time&) = default;
    };
    [[nodiscard]] time clock() const noexcept {
        time t{live(0).clock(), live(0).is_closed()};
        for (std::size_t i = 1; i < engines.size(); ++i)
            t = std::max(t, time{live(i).clock(), live(i).is_closed()});
        return t;
    }
    void follow(std::size_t i, time t) {
        live(i).close_before(t.at);
        if (t.closed) live(i).close(t.at);
    }
    void follow() {
        const auto t = clock();
        for (std::size_t i = 0; i < engines.size(); ++i) follow(i, t);
    }
    void follow_at_once() {
        const auto t = clock();
        each([&](std::size_t i) { follow(i, t); });
    }

    // ---- signals

    /// Moves the signals that the shards have emitted since the last call into the one outbox.
    void gather() {
        std::size_t most = 0;
        for (std::size_t i = 0; i < engines.size(); ++i) most += live(i).signal_count();
        if (most == 0) return;
        detail::wiped<std::vector<signal>> gathered;
        gathered->reserve(most);
        for (std::size_t i = 0; i < engines.size(); ++i)
            for (std::size_t k = 0; k < live(i).signal_count(); ++k)
                if (detail::wiped<signal> s{live(i).signal_at(k)};
                    i == 0 || s->kind != signal_kind::model_replaced)
                    gathered->push_back(std::move(*s));
        // Sorting the signals themselves would leave copies of their texts in memory.
        std::vector<std::size_t> order(gathered->size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return (*gathered)[a].at < (*gathered)[b].at;
        });
        const auto before = outbox.size();
        try {
            for (const auto i : order) {
                outbox.push_back(std::move((*gathered)[i]));
                outbox.back().sequence = last_sequence();
            }
        } catch (...) {
            outbox.resize(before);
            throw;
        }
        for (std::size_t i = 0; i < engines.size(); ++i)
            live(i).acknowledge(live(i).first_sequence() + live(i).signal_count() - 1);
    }
    [[nodiscard]] std::uint64_t last_sequence() const noexcept {
        return first_sequence + outbox.size() - 1;
    }
    void deliver() {
        if (!callback) {
            delivered = last_sequence();
            return;
        }
        for (;;) {
            const auto next = std::max(delivered + 1, first_sequence);
            const auto i = static_cast<std::size_t>(next - first_sequence);
            if (i >= outbox.size()) return;
            callback(outbox[i]);
            delivered = next;
        }
    }
    void publish() {
        gather();
        deliver();
    }

    /// By shard: the indices of its events, ascending.
    [[nodiscard]] std::vector<std::vector<std::size_t>>
    routed(std::span<const event> events) const {
        std::vector<std::vector<std::size_t>> mine(engines.size());
        for (auto& m : mine) m.reserve(events.size() / engines.size() + 16);
        for (std::size_t i = 0; i < events.size(); ++i)
            mine[shard(detail::lead_of(events[i]))].push_back(i);
        return mine;
    }
    [[nodiscard]] static batch_report sum(std::vector<batch_report>&& parts) {
        batch_report all;
        for (auto& r : parts) {
            all.taken += r.taken;
            all.duplicates += r.duplicates;
            all.late += r.late;
            std::move(r.refused.begin(), r.refused.end(), std::back_inserter(all.refused));
        }
        std::sort(all.refused.begin(), all.refused.end(),
                  [](const auto& a, const auto& b) { return a.event < b.event; });
        return all;
    }
    [[nodiscard]] static replacement_report sum(std::vector<replacement_report>&& parts) {
        replacement_report all;
        for (auto& r : parts) {
            std::move(r.bands.begin(), r.bands.end(), std::back_inserter(all.bands));
            std::move(r.stages.begin(), r.stages.end(), std::back_inserter(all.stages));
        }
        return all;
    }

    /// Loads all shards: `store(i, shard)` stores the events of shard i, and then all begin at one
    /// clock.
    template<class Store>
    batch_report load(const Store& store) {
        for (std::size_t i = 0; i < engines.size(); ++i) live(i).require_empty();
        std::vector<batch_report> parts(engines.size());
        each([&](std::size_t i) { parts[i] = store(i, live(i)); });
        const auto t = clock().at;
        each([&](std::size_t i) { live(i).begin(t); });
        return sum(std::move(parts));
    }

    /// Moves a lead, with all leads merged into it, to another shard and merges it there. If it
    /// throws before the merge is done, nothing has changed.
    void bring(std::size_t from, std::uint32_t lead, std::size_t to, std::uint32_t into) {
        const detail::wiped<std::vector<std::string>> held{
            engines[from].ids(live(from).leads()[lead].id)};
        const auto& ids = *held;
        std::vector<std::optional<std::uint32_t>> before;
        for (const auto& id : ids) {
            const auto it = moved.find(id);
            before.push_back(it == moved.end() ? std::nullopt : std::optional{it->second});
        }
        const auto restore = [&]() noexcept {
            for (std::size_t i = 0; i < ids.size(); ++i) {
                const auto it = moved.find(ids[i]);
                if (it == moved.end()) continue;
                if (before[i])
                    it->second = *before[i];
                else
                    forget_moved(it);
            }
        };
        const auto copy = live(to).adopt(live(from), lead);
        try {
            for (const auto& id : ids) moved.insert_or_assign(id, static_cast<std::uint32_t>(to));
            live(to).merge(into, copy);
        } catch (...) {
            if (live(to).leads()[copy].merged_into == detail::none32) {
                live(to).disown(copy);
                restore();
            } else {
                live(from).leave(lead); // merged, but not evaluated yet
            }
            throw;
        }
        live(from).leave(lead);
    }
};

LEADFUNNEL_DECL sharded_engine::sharded_engine(plan p, std::size_t shards, engine_options options,
                                               unsigned threads)
    : state_(std::make_unique<state>(p, shards, options, threads)) {}
LEADFUNNEL_DECL sharded_engine::sharded_engine(std::unique_ptr<state> s) noexcept
    : state_(std::move(s)) {}
LEADFUNNEL_DECL sharded_engine::sharded_engine(sharded_engine&&) noexcept = default;
LEADFUNNEL_DECL sharded_engine& sharded_engine::operator=(sharded_engine&&) noexcept = default;
LEADFUNNEL_DECL sharded_engine::~sharded_engine() = default;

LEADFUNNEL_DECL const plan& sharded_engine::used_plan() const noexcept {
    return state_->engines.front().used_plan();
}
LEADFUNNEL_DECL instant sharded_engine::now() const noexcept {
    return instant{duration{state_->clock().at}};
}
LEADFUNNEL_DECL std::size_t sharded_engine::shards() const noexcept {
    return state_->engines.size();
}
LEADFUNNEL_DECL std::size_t sharded_engine::shard_of(std::string_view lead) const noexcept {
    return state_->shard(lead);
}
LEADFUNNEL_DECL const engine& sharded_engine::shard(std::size_t i) const noexcept {
    return state_->engines[i];
}

// ---- what happens

LEADFUNNEL_DECL applied sharded_engine::apply(const event& e) {
    state_->follow();
    auto out = state_->engines[state_->shard(detail::lead_of(e))].apply(e);
    state_->follow();
    state_->publish();
    return out;
}

LEADFUNNEL_DECL batch_report sharded_engine::apply(std::span<const event> events) {
    state_->follow();
    auto mine = state_->routed(events);
    std::vector<batch_report> parts(mine.size());
    state_->each([&](std::size_t i) {
        parts[i] = detail::engine_access::apply(state_->engines[i], events, std::move(mine[i]));
    });
    state_->follow_at_once();
    state_->publish();
    return state::sum(std::move(parts));
}

LEADFUNNEL_DECL void sharded_engine::advance_to(instant at) {
    if (at != always) detail::require_instant<argument_error>(at);
    state_->follow();
    state_->each([&](std::size_t i) { state_->engines[i].advance_to(at); });
    state_->publish();
}

LEADFUNNEL_DECL applied sharded_engine::move(std::string_view lead, std::string_view funnel,
                                             std::string_view stage, std::string_view reason,
                                             std::string_view who) {
    state_->follow();
    auto out = state_->engines[state_->shard(lead)].move(lead, funnel, stage, reason, who);
    state_->publish();
    return out;
}

LEADFUNNEL_DECL batch_report sharded_engine::load(std::span<const event> events) {
    auto mine = state_->routed(events);
    return state_->load([&](std::size_t i, detail::live_engine& to) {
        return to.store(events, detail::event_order(events, std::move(mine[i])));
    });
}
LEADFUNNEL_DECL batch_report sharded_engine::load(const histories& h) {
    return state_->load([&](std::size_t i, detail::live_engine& to) {
        return to.store(
            h, [&](std::size_t lead) { return state_->shard(h.lead_id(lead)) == i; },
            [](std::size_t) {});
    });
}

// ---- many leads

LEADFUNNEL_DECL std::size_t sharded_engine::size() const noexcept {
    std::size_t n = 0;
    for (const auto& e : state_->engines) n += e.size();
    return n;
}

LEADFUNNEL_DECL std::vector<ranked_lead> sharded_engine::top(std::string_view score, std::size_t k,
                                                             instant at) const {
    std::vector<ranked_lead> all;
    for (auto& part : state_->ask([&](const engine& e) { return e.top(score, k, at); }))
        std::move(part.begin(), part.end(), std::back_inserter(all));
    std::stable_sort(all.begin(), all.end(),
                     [](const ranked_lead& a, const ranked_lead& b) { return a.score > b.score; });
    if (all.size() > k) all.resize(k);
    return all;
}

LEADFUNNEL_DECL std::optional<ranked_lead> sharded_engine::nth(std::string_view score,
                                                               std::size_t n, instant at) const {
    if (n >= size()) return std::nullopt;
    auto first = top(score, n + 1, at);
    if (first.size() <= n) return std::nullopt;
    return std::move(first.back());
}

namespace detail {

template<class State>
engine_access::share share_of_all(State& s, std::size_t score, points above, instant at) {
    engine_access::share all;
    for (const auto& part : s.ask([&](const engine& e) {
             return engine_access::share_above(e, score, above.micros(), at);
         })) {
        all.higher += part.higher;
        all.scored += part.scored;
    }
    return all;
}

} // namespace detail

LEADFUNNEL_DECL std::optional<std::size_t>
sharded_engine::rank(std::string_view lead, std::string_view score, instant at) const {
    const auto mine = this->score(lead, score, at);
    if (mine.absent) return std::nullopt;
    return detail::share_of_all(*state_, used_plan().score(score), mine.value, at).higher + 1;
}

LEADFUNNEL_DECL std::optional<double>
sharded_engine::percentile(std::string_view lead, std::string_view score, instant at) const {
    const auto mine = this->score(lead, score, at);
    if (mine.absent) return std::nullopt;
    const auto share = detail::share_of_all(*state_, used_plan().score(score), mine.value, at);
    return static_cast<double>(share.scored - share.higher) / static_cast<double>(share.scored);
}

LEADFUNNEL_DECL page sharded_engine::find(const query& q) const {
    page out;
    auto rest = q;
    for (std::size_t i = q.after.empty() ? 0 : state_->shard(q.after); i < shards(); ++i) {
        auto part = state_->engines[i].find(rest);
        out.more = part.more;
        std::move(part.leads.begin(), part.leads.end(), std::back_inserter(out.leads));
        if (out.more) break;
        rest.limit = q.limit - out.leads.size();
        rest.after.clear();
    }
    return out;
}

LEADFUNNEL_DECL std::size_t sharded_engine::count_in_stage(std::string_view funnel,
                                                           std::string_view stage) const {
    std::size_t n = 0;
    for (const auto& e : state_->engines) n += e.count_in_stage(funnel, stage);
    return n;
}
LEADFUNNEL_DECL std::size_t sharded_engine::count_in_band(std::string_view banding,
                                                          std::string_view band) const {
    std::size_t n = 0;
    for (const auto& e : state_->engines) n += e.count_in_band(banding, band);
    return n;
}

LEADFUNNEL_DECL std::vector<std::string> sharded_engine::with_email(std::string_view email) const {
    std::vector<std::string> out;
    for (auto& part : state_->ask([&](const engine& e) { return e.with_email(email); }))
        std::move(part.begin(), part.end(), std::back_inserter(out));
    return out;
}

// ---- signals

LEADFUNNEL_DECL std::vector<signal> sharded_engine::signals(std::uint64_t after,
                                                            std::size_t most) const {
    const auto& all = state_->outbox;
    const auto first =
        after < state_->first_sequence
            ? 0
            : std::min<std::uint64_t>(after - state_->first_sequence + 1, all.size());
    const auto n = std::min<std::uint64_t>(most, all.size() - first);
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(n)};
}
LEADFUNNEL_DECL void sharded_engine::acknowledge(std::uint64_t up_to) {
    while (!state_->outbox.empty() && state_->first_sequence <= up_to) {
        detail::wipe(state_->outbox.front());
        state_->outbox.pop_front();
        ++state_->first_sequence;
    }
}
LEADFUNNEL_DECL void sharded_engine::on_signal(std::function<void(const signal&)> callback) {
    state_->callback = std::move(callback);
}
LEADFUNNEL_DECL std::uint64_t sharded_engine::last_signal() const noexcept {
    return state_->last_sequence();
}

// ---- identity

LEADFUNNEL_DECL void sharded_engine::merge(std::string_view into, std::string_view other) {
    state_->follow();
    const auto to = state_->shard(into);
    const auto from = state_->shard(other);
    state_->gather(); // the signals of a lead so far come before those of its new shard
    if (from == to) {
        state_->engines[to].merge(into, other);
    } else {
        const auto a = state_->root(to, into);
        const auto b = state_->root(from, other);
        state_->bring(from, b, to, a);
    }
    state_->publish();
}

LEADFUNNEL_DECL void sharded_engine::unmerge(std::string_view other) {
    state_->follow();
    state_->engines[state_->shard(other)].unmerge(other);
    state_->publish();
}

LEADFUNNEL_DECL void sharded_engine::erase(std::string_view lead) {
    state_->follow();
    auto& home = state_->engines[state_->shard(lead)];
    const detail::wiped<std::vector<std::string>> ids{home.ids(lead)};
    home.erase(lead);
    const auto is_gone = [&](const std::string& id) {
        return std::find(ids->begin(), ids->end(), id) != ids->end();
    };
    for (auto& s : state_->outbox) {
        const auto personal = detail::personal_texts_of(s.kind);
        if (personal.subject_is_lead && is_gone(s.subject)) detail::wipe(s.subject);
        if (!is_gone(s.lead)) continue;
        for (auto* text : {&s.lead, &s.cause, &s.reason, &s.explanation}) detail::wipe(*text);
        if (personal.subject) detail::wipe(s.subject);
        if (personal.from) detail::wipe(s.from);
        if (personal.to) detail::wipe(s.to);
    }
    for (const auto& id : *ids)
        if (const auto it = state_->moved.find(id); it != state_->moved.end())
            state_->forget_moved(it);
    detail::wipe_stack();
    state_->publish();
}

// ---- the model

LEADFUNNEL_DECL replacement_report sharded_engine::try_replace(const plan& p) const {
    return state::sum(state_->ask([&](const engine& e) { return e.try_replace(p); }));
}

LEADFUNNEL_DECL replacement_report sharded_engine::replace(const plan& p) {
    state_->follow();
    std::vector<std::unique_ptr<detail::live_engine>> next(shards());
    std::vector<replacement_report> parts(shards());
    state_->each([&](std::size_t i) {
        next[i] = detail::engine_access::prepare(state_->engines[i], p, parts[i]);
    });
    for (std::size_t i = 0; i < shards(); ++i)
        detail::engine_access::commit(state_->engines[i], std::move(next[i]));
    state_->publish();
    return state::sum(std::move(parts));
}

// ---- keeping

LEADFUNNEL_DECL std::string sharded_engine::snapshot() const {
    for (std::size_t i = 0; i < shards(); ++i)
        if (state::time{state_->live(i).clock(), state_->live(i).is_closed()} != state_->clock())
            throw snapshot_error("a call that failed has left the shards' clocks apart; the next "
                                 "that changes something brings them together");
    detail::wiped<std::vector<std::string>> parts{
        state_->ask([](const engine& e) { return e.snapshot(); })};
    return detail::sealed(detail::sharded_magic, detail::sharded_format, [&](detail::writer& w) {
        archive(w, *parts);
        detail::wiped<std::vector<std::pair<std::string, std::uint32_t>>> moved;
        moved->assign(state_->moved.begin(), state_->moved.end());
        std::sort(moved->begin(), moved->end());
        archive(w, *moved);
        auto first = state_->first_sequence;
        auto delivered = state_->delivered;
        archive(w, first);
        archive(w, delivered);
        archive_count(w, state_->outbox.size(), 1);
        for (auto& s : state_->outbox) detail::archive_signal(w, s);
    });
}

LEADFUNNEL_DECL sharded_engine sharded_engine::from_snapshot(plan p, std::string_view bytes,
                                                             engine_options options,
                                                             unsigned threads) {
    detail::reader r{detail::unsealed(detail::sharded_magic, detail::sharded_format, bytes)};
    detail::wiped<std::vector<std::string>> parts;
    archive(r, *parts);
    if (parts->empty()) detail::reader::refuse();
    auto s = std::make_unique<state>(p, parts->size(), options, threads);
    s->each([&](std::size_t i) {
        s->engines[i] = engine::from_snapshot(p, (*parts)[i], options);
        detail::wipe((*parts)[i]);
    });
    detail::wiped<std::vector<std::pair<std::string, std::uint32_t>>> moved;
    archive(r, *moved);
    for (const auto& [id, shard] : *moved)
        if (shard >= parts->size() || !s->moved.emplace(id, shard).second) detail::reader::refuse();
    archive(r, s->first_sequence);
    archive(r, s->delivered);
    const auto n = detail::archive_count(r, 0, 1);
    for (std::size_t i = 0; i < n; ++i) {
        signal next;
        detail::archive_signal(r, next);
        if (!detail::is_signal_kind(next.kind)) detail::reader::refuse();
        next.sequence = s->first_sequence + i;
        s->outbox.push_back(std::move(next));
    }
    if (r.left() != 0) detail::reader::refuse();
    // Each lead must be in the shard of its id, and all shards must have one clock.
    for (std::size_t i = 0; i < parts->size(); ++i) {
        for (const auto& lead : s->live(i).leads())
            if (!lead.erased && s->shard(lead.id) != i) detail::reader::refuse();
        if (state::time{s->live(i).clock(), s->live(i).is_closed()} != s->clock())
            detail::reader::refuse();
    }
    return sharded_engine{std::move(s)};
}

LEADFUNNEL_DECL memory_report sharded_engine::memory() const {
    memory_report all;
    for (const auto& m : state_->ask([](const engine& e) { return e.memory(); })) {
        all.leads += m.leads;
        all.touchpoints += m.touchpoints;
        all.lead_bytes += m.lead_bytes;
        all.touchpoint_bytes += m.touchpoint_bytes;
        all.index_bytes += m.index_bytes;
        all.dictionary_bytes += m.dictionary_bytes;
        all.outbox_bytes += m.outbox_bytes;
    }
    all.index_bytes += state_->moved.bucket_count() * (sizeof(std::string) + 8);
    for (const auto& s : state_->outbox) {
        all.outbox_bytes += sizeof(signal);
        for (const auto* text : {&s.lead, &s.subject, &s.from, &s.to, &s.cause, &s.reason,
                                 &s.explanation, &s.model_version})
            if (text->capacity() > 15) all.outbox_bytes += text->capacity() + 1;
    }
    return all;
}

} // namespace leadfunnel::inline v0
