// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// One engine made of several, for as many cores.
///
/// Each lead lives in one shard, by a hash of its id that is the same everywhere and for ever
/// (FNV-1a, 64 bits, of its bytes, mixed, modulo the number of shards). All shards have one clock.
/// Batches and time are taken by all shards at once, each on a thread. Scores, bands, stages, and
/// each lead's signals are those of a single `engine` that is told the same; what differs is order
/// where an `engine` promises an order among leads, and it is told below. Nothing ever depends on
/// the number of threads.
///
/// Anybody can compute the shard of an id, so whoever chooses ids can send all leads to one shard.
/// That shard then works alone, about as fast as a single `engine`; no result changes, and within a
/// shard ids are found by a hash with a secret key. A host that takes ids from strangers and needs
/// every core puts a keyed hash of the id, which never changes, before it.
///
/// Threads: as for `engine`: const members may be called from any number of threads at once, but
/// not during a call of a member that is not const. `basic_shared_engine<sharded_engine>` does that
/// locking. Questions about many leads use all cores, too, if no other question does.

#include <leadfunnel/engine/engine.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

class sharded_engine {
  public:
    /// `shards` is at least 1 (`argument_error`); a few more than cores even out what leads
    /// cost. `threads` (the caller's included): 0 for as many as there are cores; never more than
    /// shards or 256, and fewer if the system does not give as many.
    LEADFUNNEL_DECL sharded_engine(plan p, std::size_t shards, engine_options options = {},
                                   unsigned threads = 0);
    LEADFUNNEL_DECL sharded_engine(sharded_engine&&) noexcept;
    LEADFUNNEL_DECL sharded_engine& operator=(sharded_engine&&) noexcept;
    LEADFUNNEL_DECL ~sharded_engine();

    [[nodiscard]] LEADFUNNEL_DECL const plan& used_plan() const noexcept;
    [[nodiscard]] LEADFUNNEL_DECL instant now() const noexcept;
    [[nodiscard]] LEADFUNNEL_DECL std::size_t shards() const noexcept;
    /// Where a lead lives, or would. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t shard_of(std::string_view lead) const noexcept;
    /// A shard, to be asked about its leads alone. Its outbox is empty: see `signals`.
    [[nodiscard]] LEADFUNNEL_DECL const engine& shard(std::size_t i) const noexcept;
    /// The shard of a lead: all that may be asked about one lead is asked there, at no cost.
    [[nodiscard]] const engine& of(std::string_view lead) const noexcept {
        return shard(shard_of(lead));
    }

    // ---- what happens

    LEADFUNNEL_DECL applied apply(const event& e);
    /// As for an engine. Refusals are by index. If something else than a refusal is thrown (there
    /// is no memory), what was applied stays so, in all shards; the next call brings their clocks
    /// together again.
    LEADFUNNEL_DECL batch_report apply(std::span<const event> events);
    LEADFUNNEL_DECL void advance_to(instant at);
    LEADFUNNEL_DECL applied move(std::string_view lead, std::string_view funnel,
                                 std::string_view stage, std::string_view reason = {},
                                 std::string_view who = "person");
    LEADFUNNEL_DECL batch_report load(std::span<const event> events);
    LEADFUNNEL_DECL batch_report load(const histories& h);

    // ---- one lead

    [[nodiscard]] bool contains(std::string_view lead) const noexcept {
        return of(lead).contains(lead);
    }
    [[nodiscard]] std::string_view resolve(std::string_view lead) const {
        return of(lead).resolve(lead);
    }
    [[nodiscard]] score_value score(std::string_view lead, std::string_view name) const {
        return of(lead).score(lead, name);
    }
    [[nodiscard]] score_value score(std::string_view lead, std::string_view name,
                                    instant at) const {
        return of(lead).score(lead, name, at);
    }
    [[nodiscard]] std::optional<std::string> band(std::string_view lead,
                                                  std::string_view banding) const {
        return of(lead).band(lead, banding);
    }
    [[nodiscard]] std::optional<std::string> class_of(std::string_view lead,
                                                      std::string_view matrix) const {
        return of(lead).class_of(lead, matrix);
    }
    [[nodiscard]] std::optional<position> stage(std::string_view lead,
                                                std::string_view funnel) const {
        return of(lead).stage(lead, funnel);
    }
    [[nodiscard]] value attribute(std::string_view lead, std::string_view name) const {
        return of(lead).attribute(lead, name);
    }
    [[nodiscard]] explanation explain(std::string_view lead, std::string_view score,
                                      instant at) const {
        return of(lead).explain(lead, score, at);
    }
    [[nodiscard]] explanation explain(std::string_view lead, std::string_view score) const {
        return of(lead).explain(lead, score);
    }
    [[nodiscard]] std::vector<timeline_entry> timeline(std::string_view lead) const {
        return of(lead).timeline(lead);
    }
    [[nodiscard]] projection project(std::string_view lead, std::string_view banding,
                                     instant at) const {
        return of(lead).project(lead, banding, at);
    }
    [[nodiscard]] instant cools_at(std::string_view lead, std::string_view banding,
                                   instant until) const {
        return of(lead).cools_at(lead, banding, until);
    }
    [[nodiscard]] std::vector<stage_entry> stage_log(std::string_view lead) const {
        return of(lead).stage_log(lead);
    }
    [[nodiscard]] std::vector<event> history(std::string_view lead) const {
        return of(lead).history(lead);
    }

    // ---- many leads: exact, as from one engine

    [[nodiscard]] LEADFUNNEL_DECL std::size_t size() const noexcept;
    /// Ties by shard, and within one in the order in which it first heard of them.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<ranked_lead> top(std::string_view score,
                                                               std::size_t k, instant at) const;
    [[nodiscard]] LEADFUNNEL_DECL std::optional<ranked_lead> nth(std::string_view score,
                                                                 std::size_t n, instant at) const;
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::size_t>
    rank(std::string_view lead, std::string_view score, instant at) const;
    [[nodiscard]] LEADFUNNEL_DECL std::optional<double>
    percentile(std::string_view lead, std::string_view score, instant at) const;
    /// The first shard's leads in the order in which it first heard of them, then the second's, and
    /// so on; `query::after` goes on anywhere.
    [[nodiscard]] LEADFUNNEL_DECL page find(const query& q) const;
    [[nodiscard]] LEADFUNNEL_DECL std::size_t count_in_stage(std::string_view funnel,
                                                             std::string_view stage) const;
    [[nodiscard]] LEADFUNNEL_DECL std::size_t count_in_band(std::string_view banding,
                                                            std::string_view band) const;
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::string> with_email(std::string_view email) const;

    // ---- signals

    /// One outbox, with a sequence of its own. The signals of one call stand by instant, those of
    /// one instant by shard, those of one shard in its order. So a lead's are in the order in which
    /// one engine would tell them. A change of model is told once.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<signal> signals(std::uint64_t after = 0,
                                                              std::size_t most = 1000) const;
    LEADFUNNEL_DECL void acknowledge(std::uint64_t up_to);
    /// As for an engine; on the thread of the call that made the signal, when all shards are done.
    LEADFUNNEL_DECL void on_signal(std::function<void(const signal&)> callback);
    [[nodiscard]] LEADFUNNEL_DECL std::uint64_t last_signal() const noexcept;

    // ---- identity

    /// If the two live in different shards, `other` moves into that of `into` first, with all that
    /// was merged into it, and stays there, even after `unmerge`: its history is told anew there,
    /// and what it alone held is wiped where it was.
    LEADFUNNEL_DECL void merge(std::string_view into, std::string_view other);
    LEADFUNNEL_DECL void unmerge(std::string_view other);
    /// As of an engine, and O(signals in the outbox).
    LEADFUNNEL_DECL void erase(std::string_view lead);
    [[nodiscard]] std::vector<std::string> ids(std::string_view lead) const {
        return of(lead).ids(lead);
    }

    // ---- the model

    [[nodiscard]] LEADFUNNEL_DECL replacement_report try_replace(const plan& p) const;
    /// All shards change, or none. Changes are reported by shard.
    LEADFUNNEL_DECL replacement_report replace(const plan& p);

    // ---- keeping

    /// All shards, outbox included. It is read with the number of shards that it was made with.
    /// Throws `snapshot_error` while their clocks are apart (see `apply`).
    [[nodiscard]] LEADFUNNEL_DECL std::string snapshot() const;
    [[nodiscard]] LEADFUNNEL_DECL static sharded_engine from_snapshot(plan p,
                                                                      std::string_view bytes,
                                                                      engine_options options = {},
                                                                      unsigned threads = 0);

    [[nodiscard]] LEADFUNNEL_DECL memory_report memory() const;

  private:
    struct state;
    explicit sharded_engine(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/engine/impl/sharded_engine.ipp>
#endif
