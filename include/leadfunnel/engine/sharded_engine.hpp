// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// One engine made of several, to use several cores.
///
/// Each lead is stored in one shard, an `engine` of its own. The shard follows from a hash of the
/// id that is the same on every machine and in every version: FNV-1a with 64 bits over its bytes,
/// mixed, modulo the number of shards. All shards share one clock. Batches, time and questions
/// about many leads run on all shards at once, each on a thread.
///
/// Scores, bands, stages and the signals of each lead are those of a single `engine` with the same
/// events. Only the order among leads may differ, where the member says so. Nothing depends on the
/// number of threads.
///
/// **Chosen ids.** Anybody can compute the shard of an id, so whoever chooses ids can send all
/// leads to one shard. That shard then works alone, about as fast as a single `engine`. No result
/// changes, and within a shard ids are found by a hash with a secret key. A host that takes ids
/// from strangers and needs every core puts a keyed hash of the id before it, with a key that never
/// changes.
///
/// **Errors.** As for `engine`: names that are unknown, and `std::bad_alloc`. If `apply`,
/// `advance_to`, `move`, `merge`, `unmerge` or `erase` throws, what was done in some shards stays
/// done, and their clocks may differ; the next call that changes something brings the clocks
/// together and collects the signals.
///
/// **Cost.** As for `engine`, with s shards: members that change something cost O(s) more. A
/// question about many leads costs what the slowest shard costs, if a core is free for each.
///
/// **Threads.** As for `engine`: any number of threads may call const members at once, but not
/// during a call of a member that is not const. `basic_shared_engine<sharded_engine>` does that
/// locking. Threads that ask about many leads at once take turns at the other cores: one question
/// uses them, another runs on its own thread meanwhile.

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

/// See the top of this file for what all members have in common.
class sharded_engine {
  public:
    /// An engine without leads. Throws `argument_error` if `shards` is 0, and
    /// `unknown_name` if `options.ranked` names an unknown score. A few more shards than cores
    /// even out leads that cost more than others. `threads` counts the caller's thread; 0 means one
    /// for each core. There are never more threads than shards, nor more than 256, and fewer if the
    /// system does not provide them. O(shards).
    LEADFUNNEL_DECL sharded_engine(plan p, std::size_t shards, engine_options options = {},
                                   unsigned threads = 0);
    /// An engine that was moved from may only be assigned to or destroyed. O(1).
    LEADFUNNEL_DECL sharded_engine(sharded_engine&&) noexcept;
    LEADFUNNEL_DECL sharded_engine& operator=(sharded_engine&&) noexcept;
    /// Overwrites the texts of leads before it frees them. O(bytes held).
    LEADFUNNEL_DECL ~sharded_engine();

    /// As for `engine`. O(1).
    [[nodiscard]] LEADFUNNEL_DECL const plan& used_plan() const noexcept;
    /// The clock of all shards; after a call that threw, the latest of theirs. O(shards).
    [[nodiscard]] LEADFUNNEL_DECL instant now() const noexcept;
    /// The number of shards, at least 1. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t shards() const noexcept;
    /// The number of the shard in which a lead is stored, or would be. O(bytes of the id).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t shard_of(std::string_view lead) const noexcept;
    /// A shard, for reading. Precondition: `i < shards()`. Its outbox is empty: see `signals`. The
    /// reference is valid as long as this engine is neither moved from nor destroyed. O(1).
    [[nodiscard]] LEADFUNNEL_DECL const engine& shard(std::size_t i) const noexcept;
    /// The shard of a lead, for reading anything about that lead. A merge may move a lead to
    /// another shard. O(bytes of the id).
    [[nodiscard]] const engine& of(std::string_view lead) const noexcept {
        return shard(shard_of(lead));
    }

    // ---- what happens

    /// As for `engine`; it also closes the instants before the event in all shards, one after the
    /// other.
    LEADFUNNEL_DECL applied apply(const event& e);
    /// As for `engine`, on all shards at once. `refused` is ordered by index in the batch.
    LEADFUNNEL_DECL batch_report apply(std::span<const event> events);
    /// As for `engine`, on all shards at once.
    LEADFUNNEL_DECL void advance_to(instant at);
    /// As for `engine`.
    LEADFUNNEL_DECL applied move(std::string_view lead, std::string_view funnel,
                                 std::string_view stage, std::string_view reason = {},
                                 std::string_view who = "person");
    /// As for `engine`, on all shards at once. Throws `state_error` if any lead is stored. If
    /// anything else is thrown, the engine may hold a part of the events: discard it.
    LEADFUNNEL_DECL batch_report load(std::span<const event> events);
    LEADFUNNEL_DECL batch_report load(const histories& h);

    // ---- one lead: as for `engine`, in its shard

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
    [[nodiscard]] std::vector<event> history(std::string_view lead,
                                             const engine_progress& progress = {}) const {
        return of(lead).history(lead, progress);
    }

    // ---- many leads: exact, as from one engine

    /// O(shards).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t size() const noexcept;
    /// As for `engine`, but equal scores are ordered by shard, and within one in the order in which
    /// that shard first saw their ids. O(s k log(s k)) beyond what each shard costs.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<ranked_lead> top(std::string_view score,
                                                               std::size_t k, instant at) const;
    /// The lead at position n of the order of `top`, from 0. Costs as much as `top` of n + 1 leads.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<ranked_lead> nth(std::string_view score,
                                                                 std::size_t n, instant at) const;
    /// As for `engine`.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::size_t>
    rank(std::string_view lead, std::string_view score, instant at) const;
    [[nodiscard]] LEADFUNNEL_DECL std::optional<double>
    percentile(std::string_view lead, std::string_view score, instant at) const;
    /// As for `engine`, in another order: the leads of the first shard in its order, then those of
    /// the second, and so on. Shards are asked one after the other.
    [[nodiscard]] LEADFUNNEL_DECL page find(const query& q) const;
    /// As for `engine`; both in O(shards).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t count_in_stage(std::string_view funnel,
                                                             std::string_view stage) const;
    [[nodiscard]] LEADFUNNEL_DECL std::size_t count_in_band(std::string_view banding,
                                                            std::string_view band) const;
    /// As for `engine`, ordered by shard.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::string> with_email(std::string_view email) const;

    // ---- signals

    /// As for `engine`, from one outbox with a sequence of its own. The signals of one call are
    /// ordered by instant, then by shard, then as the shard emitted them. So the signals of a lead
    /// are in the order in which one engine would emit them. `model_replaced` is emitted once.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<signal> signals(std::uint64_t after = 0,
                                                              std::size_t most = 1000) const;
    /// As for `engine`.
    LEADFUNNEL_DECL void acknowledge(std::uint64_t up_to);
    /// As for `engine`. The callback runs on the thread of the call that caused the signal, when
    /// all shards are done.
    LEADFUNNEL_DECL void on_signal(std::function<void(const signal&)> callback);
    /// As for `engine`.
    [[nodiscard]] LEADFUNNEL_DECL std::uint64_t last_signal() const noexcept;

    // ---- identity

    /// As for `engine`. If the two are in different shards, `other` first moves into the shard of
    /// `into`, with all leads merged into it: its history is copied there, and wiped in the old
    /// shard. It stays there, even after `unmerge`. The move costs O(events of `other`).
    LEADFUNNEL_DECL void merge(std::string_view into, std::string_view other);
    /// As for `engine`.
    LEADFUNNEL_DECL void unmerge(std::string_view other);
    /// As for `engine`, and O(signals in the outbox · ids of the lead).
    LEADFUNNEL_DECL void erase(std::string_view lead);
    /// As for `engine`.
    [[nodiscard]] std::vector<std::string> ids(std::string_view lead) const {
        return of(lead).ids(lead);
    }

    // ---- the model

    /// As for `engine`, on all shards at once. Changes are ordered by shard.
    [[nodiscard]] LEADFUNNEL_DECL replacement_report try_replace(const plan& p) const;
    /// As for `engine`, on all shards at once: either all change or, if it throws, none.
    LEADFUNNEL_DECL replacement_report replace(const plan& p);

    // ---- snapshots

    /// All shards and the outbox as bytes, with a format version and a checksum. Throws
    /// `snapshot_error` while the clocks of the shards differ, after a call that threw. O(bytes).
    [[nodiscard]] LEADFUNNEL_DECL std::string snapshot() const;
    /// As for `engine`. The number of shards is that of the engine that wrote the snapshot.
    [[nodiscard]] LEADFUNNEL_DECL static sharded_engine from_snapshot(plan p,
                                                                      std::string_view bytes,
                                                                      engine_options options = {},
                                                                      unsigned threads = 0);

    /// As for `engine`, and O(signals in the outbox).
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
