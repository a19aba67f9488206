// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The live engine: it holds leads, takes events as they happen, keeps scores, bands and stages
/// current as time passes, and tells the host of each change.
///
/// Time is the host's: the engine's clock moves by `apply` and `advance_to` alone, and never back.
/// At each evaluation instant of a lead (its events, exact deadlines, ticks of the decay grid) the
/// engine looks at scores and bands, then takes enabled transitions, then raises alerts. What comes
/// out does not depend on how often time is advanced, nor on how events are batched.
///
/// Instants and lateness. An event at t first closes every instant before t for all leads;
/// `advance_to(t)` closes t, too. An event before the clock, or at an instant that is closed, is
/// *late*: scores take it at its own instant, and what it now enables happens at the clock. An
/// event that a person or a CRM decides (`stage_entry`) and that is late happens at the clock.
/// Events of one lead at one instant are taken one by one, in history order within a batch.
///
/// Threads: const members may be called from any number of threads at once, but not during a call
/// of a member that is not const. `shared_engine` does that locking.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/progress.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/engine/signal.hpp>
#include <leadfunnel/engine/snapshot_error.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/score/explanation.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

class histories;
namespace detail {
struct engine_access;
} // namespace detail

/// What became of an event.
struct applied {
    enum class outcome : std::uint8_t {
        taken,
        duplicate, ///< its source id had been seen: nothing changed
        refused,   ///< a move that is not allowed: nothing changed but for a signal
    };
    outcome what = outcome::taken;
    bool late = false;
    std::string reason{}; ///< why it was refused
    explicit operator bool() const noexcept { return what != outcome::refused; }
};

/// What became of a batch.
struct batch_report {
    std::size_t taken = 0;
    std::size_t duplicates = 0;
    std::size_t late = 0;
    struct refusal {
        std::size_t event = 0; ///< index in the batch
        std::string reason{};
    };
    std::vector<refusal> refused{}; ///< moves that are not allowed, and events that no history can
                                    ///< hold
};

/// Where a lead stands in a funnel.
struct position {
    std::string stage{};
    instant since{};
    std::int64_t cycle = 1;
    std::int64_t entries = 0; ///< stage entries in this funnel so far
    friend bool operator==(const position&, const position&) = default;
};

/// One line of a lead's story: what happened, and where that left it.
struct timeline_entry {
    event what{};
    std::vector<score_value> scores{};             ///< by score, as of then, the event included
    std::vector<std::optional<position>> stages{}; ///< by funnel, likewise
};

/// What will become of a score if nothing happens.
struct projection {
    score_value score{};
    std::optional<std::string> band{};
};

/// A lead and its score.
struct ranked_lead {
    std::string lead{};
    points score{};
    friend bool operator==(const ranked_lead&, const ranked_lead&) = default;
};

/// A selection of leads: those for which everything given holds.
struct query {
    condition where{};    ///< the model's own language: attributes, stage facts, scores,
                          ///< bands, classes
    std::string funnel{}; ///< with `stages`
    std::vector<std::string> stages{}; ///< in one of these
    std::string banding{};             ///< with `bands`
    std::vector<std::string> bands{};  ///< in one of these
    std::string account{};
    std::string owner{};
    instant active_from = always; ///< last event in `[active_from, active_to)`
    instant active_to = never;
    instant entered_from = always; ///< current stage (of `funnel`) entered in `[…, …)`
    instant entered_to = never;
    std::size_t limit = 100;
    std::string after{}; ///< a page's last lead: the next page begins behind it
};

/// A page of leads, in the order in which the engine first heard of them; a lead that is new takes
/// the first place that an erased one has left.
struct page {
    std::vector<std::string> leads{};
    bool more = false;
};

struct engine_options {
    std::vector<std::string> ranked{}; ///< scores kept ready for `top`, `rank` and the like; others
                                       ///< are ranked by looking at every lead
    bool index_email = true;           ///< by the roles that the model declares
    bool index_account = true;
    bool index_owner = true;
    bool index_stage = true; ///< of the model's first funnel
    /// An alert's explanation in the outbox takes about so many bytes at most; a longer one keeps
    /// its largest contributions and says what was cut (`to_string(explanation, most)`).
    std::size_t explanation_bytes = 16'384;
};

/// Reports to it are of events or leads; it must not call the engine. What it throws leaves the
/// engine, or the file that was to be written, as it was, but for what `apply` and `advance_to`
/// say.
using engine_progress = progress_callback;

/// What a change of model changes.
struct replacement_report {
    struct change {
        std::string lead{};
        std::string subject{}; ///< banding or funnel
        std::string from{};
        std::string to{};
        friend bool operator==(const change&, const change&) = default;
    };
    std::vector<change> bands{};
    std::vector<change> stages{};
};

/// Bytes held, by purpose.
struct memory_report {
    std::size_t leads = 0;
    std::size_t touchpoints = 0;
    std::size_t lead_bytes = 0;       ///< leads' own records, attributes, stage log
    std::size_t touchpoint_bytes = 0; ///< touchpoints' columns
    std::size_t index_bytes = 0;      ///< identity, ranking, timers
    std::size_t dictionary_bytes = 0; ///< kinds, values, names
    std::size_t outbox_bytes = 0;
};

class engine {
  public:
    LEADFUNNEL_DECL explicit engine(plan p, engine_options options = {});
    LEADFUNNEL_DECL engine(engine&&) noexcept;
    LEADFUNNEL_DECL engine& operator=(engine&&) noexcept;
    LEADFUNNEL_DECL ~engine();

    [[nodiscard]] LEADFUNNEL_DECL const plan& used_plan() const noexcept;
    /// The latest instant that the engine has been told of; `always` at first.
    [[nodiscard]] LEADFUNNEL_DECL instant now() const noexcept;

    // ---- what happens

    /// Takes an event. Throws `event_error` on one that no history can hold, and then has changed
    /// nothing.
    ///
    /// O(due leads + the lead's rules + its awards that halve or fall in a line, of which those of
    /// one instant that gave the same points count once). O(the lead's history) if the event is
    /// late; or if it is of the clock's instant, stands in history order before others of it that
    /// were taken, and a rule asks which comes first: a chain, a return, a reset by a touchpoint, a
    /// running clamp, a limit or cooldown of awards by value, a condition on an attribute.
    LEADFUNNEL_DECL applied apply(const event& e, const engine_progress& progress = {});
    /// Takes events in order of their instants, those of one lead and instant in history order, and
    /// otherwise as given: as if each had been applied by itself in that order. Events are taken
    /// whole or not at all; those before the one at which `progress` throws stay. O(n log n) beyond
    /// what each event costs: k late events of one lead cost k walks over its history, since each
    /// acts, and is signalled, by itself.
    LEADFUNNEL_DECL batch_report apply(std::span<const event> events,
                                       const engine_progress& progress = {});
    /// Lets time pass up to and including an instant: decay, service levels, inactivity and timers
    /// act at their own instants. Nothing if it is before the clock, as `always` is. Throws
    /// `argument_error`, with nothing changed, if it is outside
    /// `[earliest_instant, latest_instant)`: time ends there, and what would be due later never
    /// acts. O(due leads). Where `progress` throws, time has passed up to some instant before `at`;
    /// so with the time that passes before an event that is applied.
    LEADFUNNEL_DECL void advance_to(instant at, const engine_progress& progress = {});
    /// Moves a lead by hand, now: as `apply` of a `stage_entry` by a person, told of the id given.
    LEADFUNNEL_DECL applied move(std::string_view lead, std::string_view funnel,
                                 std::string_view stage, std::string_view reason = {},
                                 std::string_view who = "person",
                                 const engine_progress& progress = {});

    /// Events to begin with, from before the engine's time: histories are built once, indices once,
    /// and nothing moves and nothing is signalled until the clock (which then stands at the last
    /// event) does. Stages are those of `stage_entry` events. Only for an engine without leads
    /// (`state_error`).
    LEADFUNNEL_DECL batch_report load(std::span<const event> events,
                                      const engine_progress& progress = {});
    /// The same of histories, whose columns are copied: no event is made, and a touchpoint costs
    /// nanoseconds. Of a lead the engine then knows what `histories::events` gives. Leads without
    /// events are left out; the others are heard of in the order of their numbers.
    LEADFUNNEL_DECL batch_report load(const histories& h, const engine_progress& progress = {});

    // ---- what the host reads: at the clock unless an instant is given

    [[nodiscard]] LEADFUNNEL_DECL std::size_t size() const noexcept;
    [[nodiscard]] LEADFUNNEL_DECL bool contains(std::string_view lead) const noexcept;
    /// The id that a lead goes by: another, if it was merged away. Throws `unknown_lead`.
    [[nodiscard]] LEADFUNNEL_DECL std::string_view resolve(std::string_view lead) const;

    [[nodiscard]] LEADFUNNEL_DECL score_value score(std::string_view lead,
                                                    std::string_view score) const;
    [[nodiscard]] LEADFUNNEL_DECL score_value score(std::string_view lead, std::string_view score,
                                                    instant at,
                                                    const engine_progress& progress = {}) const;
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string>
    band(std::string_view lead, std::string_view banding,
         const engine_progress& progress = {}) const;
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string>
    class_of(std::string_view lead, std::string_view matrix,
             const engine_progress& progress = {}) const;
    [[nodiscard]] LEADFUNNEL_DECL std::optional<position> stage(std::string_view lead,
                                                                std::string_view funnel) const;
    [[nodiscard]] LEADFUNNEL_DECL value attribute(std::string_view lead, std::string_view attribute,
                                                  const engine_progress& progress = {}) const;
    [[nodiscard]] LEADFUNNEL_DECL explanation explain(std::string_view lead, std::string_view score,
                                                      instant at,
                                                      const engine_progress& progress = {}) const;
    [[nodiscard]] LEADFUNNEL_DECL explanation explain(std::string_view lead,
                                                      std::string_view score) const;
    /// Everything that a person should know before calling: events in history order with scores and
    /// stages as of each.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<timeline_entry>
    timeline(std::string_view lead, const engine_progress& progress = {}) const;
    /// A score and its band at a later instant, if nothing happens until then.
    [[nodiscard]] LEADFUNNEL_DECL projection project(std::string_view lead,
                                                     std::string_view banding, instant at,
                                                     const engine_progress& progress = {}) const;
    /// When a lead will leave its band if nothing happens; `never` if it will not before `until`.
    [[nodiscard]] LEADFUNNEL_DECL instant cools_at(std::string_view lead, std::string_view banding,
                                                   instant until,
                                                   const engine_progress& progress = {}) const;
    /// The stage log of a lead, oldest first.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<stage_entry> stage_log(std::string_view lead) const;

    // ---- many leads

    // Scores that are not kept ranked, and what no index knows, are looked for lead by lead:
    // `progress` watches that.

    /// Leads by falling score at an instant, ties in the order in which the engine first heard of
    /// them; leads without the score (excluded) are left out. Exact at that instant under decay.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<ranked_lead>
    top(std::string_view score, std::size_t k, instant at,
        const engine_progress& progress = {}) const;
    /// The n-th of them, from 0.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<ranked_lead>
    nth(std::string_view score, std::size_t n, instant at,
        const engine_progress& progress = {}) const;
    /// 1 + how many leads have a higher score; nothing if the lead is excluded.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::size_t>
    rank(std::string_view lead, std::string_view score, instant at,
         const engine_progress& progress = {}) const;
    /// The share of leads (that have the score) whose score is not higher, in [0, 1].
    [[nodiscard]] LEADFUNNEL_DECL std::optional<double>
    percentile(std::string_view lead, std::string_view score, instant at,
               const engine_progress& progress = {}) const;
    [[nodiscard]] LEADFUNNEL_DECL page find(const query& q,
                                            const engine_progress& progress = {}) const;
    /// Leads in a stage, in a band. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t count_in_stage(std::string_view funnel,
                                                             std::string_view stage) const;
    [[nodiscard]] LEADFUNNEL_DECL std::size_t count_in_band(std::string_view banding,
                                                            std::string_view band) const;
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::string> with_email(std::string_view email) const;

    // ---- signals

    /// The signals behind a cursor (a sequence number; 0 for all kept), at most `most`. O(most).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<signal> signals(std::uint64_t after = 0,
                                                              std::size_t most = 1000) const;
    /// Lets the engine forget signals up to a cursor.
    LEADFUNNEL_DECL void acknowledge(std::uint64_t up_to);
    /// Calls back with each signal, in order, at the end of the call that made it. A callback that
    /// throws stops delivery: its exception leaves the call (everything else has been done), and
    /// the same signal comes again at the end of the next call: at least once. A callback must not
    /// call the engine's members that are not const. Callbacks are no part of a snapshot.
    LEADFUNNEL_DECL void on_signal(std::function<void(const signal&)> callback);
    [[nodiscard]] LEADFUNNEL_DECL std::uint64_t last_signal() const noexcept;

    // ---- identity, by explicit call

    /// Makes two leads one: the union of their histories, under the id of `into`; the other's keeps
    /// resolving. Scores are recomputed.
    LEADFUNNEL_DECL void merge(std::string_view into, std::string_view other,
                               const engine_progress& progress = {});
    /// Takes a merge back: each has the events told of it again.
    LEADFUNNEL_DECL void unmerge(std::string_view other, const engine_progress& progress = {});
    /// Removes all that is held about a person: the lead, all that are merged into it, and every
    /// text that nobody else's history has. Of the person's signals in the outbox sequence number,
    /// instant, kind, and names of the model's (funnel, stages, bands, classes, alert, service
    /// level) stay; of others', an id of the person's that a merge names goes. Text is overwritten
    /// before its memory is freed. The ids may be told of again, and are then of new leads.
    ///
    /// O(log n) for each event, merged lead and signal of the person's. If memory runs out, nothing
    /// has changed.
    LEADFUNNEL_DECL void erase(std::string_view lead);
    /// All ids by which a lead is known: its own, and then those that were merged into it, directly
    /// or by others. O(ids).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::string> ids(std::string_view lead) const;
    /// All that is held about a person, as events in history order, each with the id (of `ids`)
    /// under which it was told. O(n log n).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<event> history(std::string_view lead) const;

    // ---- the model

    /// What changes if the model does; nothing is changed.
    [[nodiscard]] LEADFUNNEL_DECL replacement_report
    try_replace(const plan& p, const engine_progress& progress = {}) const;
    /// Changes the model, re-scores everything, and then acts on it at the clock.
    LEADFUNNEL_DECL replacement_report replace(const plan& p, const engine_progress& progress = {});

    // ---- keeping

    /// The whole engine as bytes: versioned, with a checksum. `from_snapshot` continues as if it
    /// had never stopped. The plan is not in it: the same model must be given again.
    [[nodiscard]] LEADFUNNEL_DECL std::string snapshot(const engine_progress& progress = {}) const;
    /// Throws `snapshot_error` on bytes that are damaged, or of another model.
    [[nodiscard]] LEADFUNNEL_DECL static engine from_snapshot(plan p, std::string_view bytes,
                                                              engine_options options = {},
                                                              const engine_progress& progress = {});

    /// The same bytes, straight to a file. They are written beside it under a name of their own
    /// (`.<file>.<16 hex digits>.part`), flushed, read back, and given its name: a file that is
    /// there is the old one or the new one, whole, and one that `from_file` takes. Throws
    /// `snapshot_error`, which names the file and the reason; the old file is then as it was,
    /// unless the reason says that it was replaced (its folder cannot be flushed).
    ///
    /// Mode and owner of a file that is replaced are kept as far as the process may. Of a link,
    /// what it leads to is replaced. A folder, pipe, socket or device is refused. Where files can
    /// be locked (`flock`), the next call for the same file removes what a killed process has left.
    ///
    /// Any number of threads and processes may save to one file at once: the last to end holds. One
    /// engine never replaces a later state by an earlier one, since nothing may change it during
    /// the call: calls that overlap save the same.
    LEADFUNNEL_DECL void save(const std::filesystem::path& file,
                              const engine_progress& progress = {}) const;
    /// From a file that `save` wrote, or that holds what `snapshot` gave; refuses as
    /// `from_snapshot` does. The file is read twice, and never as a whole into memory; it is
    /// refused, too, if it changes in between.
    [[nodiscard]] LEADFUNNEL_DECL static engine from_file(plan p, const std::filesystem::path& file,
                                                          engine_options options = {},
                                                          const engine_progress& progress = {});

    [[nodiscard]] LEADFUNNEL_DECL memory_report memory() const;

  private:
    friend struct detail::engine_access;
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/engine/impl/engine.ipp>
#endif
