// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The live engine. It stores leads, applies events as they happen, keeps scores, bands and stages
/// current as time passes, and emits a signal for each change.
///
/// **Time.** The engine reads no clock. Its own clock moves only in calls of `apply`, `advance_to`
/// and `load`, and never backwards. A lead is evaluated at its *evaluation instants*: its events,
/// exact deadlines, and the ticks of the model's decay grid. An evaluation reads scores and bands,
/// then takes enabled transitions, then raises alerts, then checks SLAs. The results do not depend
/// on how often time is advanced, nor on how events are batched.
///
/// **Late events.** An event at t first closes every instant before t, for all leads: whatever was
/// due there happens. `advance_to(t)` closes t as well. An event before the clock, or at a closed
/// instant, is *late*. Scores count it at its own instant, and what it enables now happens at the
/// clock. A late `stage_entry` is a decision of a person or a CRM, and happens at the clock itself.
///
/// **Reading.** Members that read take the clock as the instant, unless an instant is given. That
/// may be any instant, past or future: the answer is what the stored history up to and including it
/// gives, if nothing else happens. An instant outside `[earliest_instant, latest_instant)` counts
/// as the nearest one inside.
///
/// **Names.** Members that take a lead's id throw `unknown_lead` if no lead is stored under it;
/// where the id was merged into another lead, they mean that lead. Members that take the name of a
/// score, banding, matrix, funnel, stage, band or attribute throw `unknown_name` if the model
/// has none of that name.
///
/// **Errors.** Any member that is not noexcept may throw `std::bad_alloc`. A member that throws has
/// changed nothing, unless it says otherwise. Exceptions of a signal callback (`on_signal`) come
/// out of the call at whose end it ran; that call has done its work.
///
/// **Cost.** Stated for n leads, for the h stored events of the lead at hand (touchpoints, values
/// of attributes and stage entries, those of merged leads included), and for a given model, whose
/// size counts as constant. Finding a lead by its id is O(1) on average. Copying what is returned
/// is not counted. A *walk* of a lead reads its history once: O(h + the points that decay at the
/// instant).
///
/// **Threads.** Any number of threads may call const members at once, but not during a call of a
/// member that is not const. `shared_engine` does that locking. Distinct engines are independent.

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

/// What became of one event.
struct applied {
    enum class outcome : std::uint8_t {
        taken,     ///< stored, and acted on
        duplicate, ///< an event of its source and id is stored already: nothing has changed
        refused,   ///< a move that the model does not allow: only a `refused` signal was emitted
    };
    outcome what = outcome::taken;
    bool late = false;    ///< before the clock, or at a closed instant
    std::string reason{}; ///< why it was refused; else empty
    /// Whether the event is stored: false only for refused ones.
    explicit operator bool() const noexcept { return what != outcome::refused; }
};

/// What became of a batch. `taken`, `duplicates` and `refused` together count all its events.
struct batch_report {
    std::size_t taken = 0;
    std::size_t duplicates = 0;
    std::size_t late = 0; ///< of all, duplicates and refused moves included
    struct refusal {
        std::size_t event = 0; ///< index in the batch
        std::string reason{};
    };
    /// Moves that the model does not allow, and events that no history can hold. `apply` and `load`
    /// of one engine list them in the order in which they were applied.
    std::vector<refusal> refused{};
};

/// Where a lead stands in a funnel.
struct position {
    std::string stage{};
    instant since{};          ///< when it entered the stage
    std::int64_t cycle = 1;   ///< which pass through the funnel, from 1
    std::int64_t entries = 0; ///< stage entries in this funnel so far
    friend bool operator==(const position&, const position&) = default;
};

/// One event of a lead, and scores and stages after it.
struct timeline_entry {
    event what{};
    std::vector<score_value> scores{}; ///< by number of the score, at the event's instant
    std::vector<std::optional<position>> stages{}; ///< by number of the funnel, after this event
};

/// A score and its band at an instant.
struct projection {
    score_value score{};
    std::optional<std::string> band{}; ///< none before the first event, or if excluded
};

/// A lead and its score.
struct ranked_lead {
    std::string lead{};
    points score{};
    friend bool operator==(const ranked_lead&, const ranked_lead&) = default;
};

/// A selection of leads: those that meet every condition that is set. The default selects all.
struct query {
    condition where{};    ///< in the model's own language: attributes, stage facts, scores, bands,
                          ///< classes
    std::string funnel{}; ///< required with `stages`, `entered_from` and `entered_to`
    std::vector<std::string> stages{}; ///< the lead is in one of these
    std::string banding{};             ///< required with `bands`
    std::vector<std::string> bands{};  ///< the lead is in one of these
    std::string account{};             ///< value of the attribute in the role `account`
    std::string owner{};               ///< value of the attribute in the role `owner`
    instant active_from = always;      ///< its last event is in `[active_from, active_to)`
    instant active_to = never;
    instant entered_from = always; ///< it entered its stage in `[entered_from, entered_to)`
    instant entered_to = never;
    std::size_t limit = 100; ///< leads in a page
    std::string after{};     ///< the last lead of the page before; empty for the first page
};

/// A page of leads, in the order in which the engine first saw their ids. A new lead takes the
/// first place in that order that an erased lead has left.
struct page {
    std::vector<std::string> leads{};
    bool more = false; ///< whether another page follows
};

struct engine_options {
    /// Scores for which a ranking is kept, so that `top`, `nth`, `rank` and `percentile` are fast.
    /// Each adds some 30 to 60 bytes per lead, and O(log n) to an evaluation. Other scores are
    /// ranked by a walk of every lead.
    std::vector<std::string> ranked{};
    // Indices for `find` and `with_email`, by the roles that the model declares. Without one, those
    // members walk every lead.
    bool index_email = true;
    bool index_account = true;
    bool index_owner = true;
    bool index_stage = true; ///< of the model's first funnel
    /// An alert's explanation is kept in the outbox in about this many bytes. A longer one keeps
    /// its largest contributions and says what was cut, as `to_string(explanation, most)` does.
    std::size_t explanation_bytes = 16'384;
};

/// Called while a call may take long, with the events or leads that are done and all there are. It
/// must not call the engine. It may throw to cancel the call; the engine, or the file that was to
/// be written, is then as before, unless the call says otherwise.
using engine_progress = progress_callback;

/// What a change of model changes.
struct replacement_report {
    struct change {
        std::string lead{};
        std::string subject{}; ///< the banding or funnel
        std::string from{};    ///< empty for none
        std::string to{};      ///< empty for none
        friend bool operator==(const change&, const change&) = default;
    };
    std::vector<change> bands{};
    std::vector<change> stages{};
};

/// Bytes held, by purpose. Estimates: the overhead of the allocator is not counted.
struct memory_report {
    std::size_t leads = 0;       ///< count, without those merged away
    std::size_t touchpoints = 0; ///< count
    std::size_t lead_bytes = 0;  ///< records of leads, attributes, stage logs, state of evaluations
    std::size_t touchpoint_bytes = 0;
    std::size_t index_bytes = 0;      ///< ids and other indices, rankings, deadlines
    std::size_t dictionary_bytes = 0; ///< kinds, values, names, texts
    std::size_t outbox_bytes = 0;
};

/// See the top of this file for what all members have in common.
class engine {
  public:
    /// An engine without leads, whose clock is `always`. Throws `unknown_name` if
    /// `options.ranked` names an unknown score. O(1).
    LEADFUNNEL_DECL explicit engine(plan p, engine_options options = {});
    /// An engine that was moved from may only be assigned to or destroyed. O(1).
    LEADFUNNEL_DECL engine(engine&&) noexcept;
    LEADFUNNEL_DECL engine& operator=(engine&&) noexcept;
    /// Overwrites the texts of leads before it frees them. O(bytes held).
    LEADFUNNEL_DECL ~engine();

    /// The plan in use. The reference is valid until `replace` or `load`, or until the engine is
    /// destroyed. O(1).
    [[nodiscard]] LEADFUNNEL_DECL const plan& used_plan() const noexcept;
    /// The clock: the latest instant of an event or of `advance_to`; `always` at first. O(1).
    [[nodiscard]] LEADFUNNEL_DECL instant now() const noexcept;

    // ---- what happens

    /// Applies an event. Throws `event_error` if no history can hold it: it names no lead, its
    /// instant is outside `[earliest_instant, latest_instant)`, a number is not finite or too
    /// large, or a text holds a NUL or is not UTF-8. If anything else is thrown, by `progress` for
    /// example, the event is not stored, but the clock may have moved up to the event's instant,
    /// with what was due until then done.
    ///
    /// O(leads that are due + the rules of this lead + its awards that halve or decay linearly),
    /// where awards of one instant and equal points count once. A walk, O(h), if the event is late.
    /// Also a walk if it is at the clock's instant, comes in history order before other events of
    /// that instant that are stored, and a rule depends on that order: a chain, a return, a reset
    /// by a touchpoint, a running clamp, a limit or cooldown of awards by value, a condition on an
    /// attribute.
    LEADFUNNEL_DECL applied apply(const event& e, const engine_progress& progress = {});
    /// Applies events in order of instant, events of one lead and instant in history order, and
    /// otherwise as given. The result is that of applying each by itself in that order. Events that
    /// `apply` of one event would throw for are listed in `refused`. If anything else is thrown,
    /// events before the current one stay applied, and the current one is not stored.
    ///
    /// O(m log m) for m events, beyond what each costs by itself. So k late events of one lead cost
    /// k walks: each is acted on by itself.
    LEADFUNNEL_DECL batch_report apply(std::span<const event> events,
                                       const engine_progress& progress = {});
    /// Moves the clock to `at` and closes that instant: decay, SLAs, inactivity and timers act at
    /// their own instants. Does nothing if `at` is before the clock, as `always` is. Throws
    /// `argument_error`, with nothing changed, if `at` is outside
    /// `[earliest_instant, latest_instant)`; what would be due after the end of that range never
    /// acts. If anything else is thrown, the clock stands at some instant up to `at`, with what was
    /// due before done. O(evaluations that are due · (rules + awards in decay + log n)).
    LEADFUNNEL_DECL void advance_to(instant at, const engine_progress& progress = {});
    /// Applies a `stage_entry` at the clock: a manual move, decided by `who`. Under a merged-away
    /// id the move is stored with that id. Never late. Throws `unknown_lead`; `state_error` if
    /// the clock is still `always`; and as `apply` does. A move that the model does not allow is
    /// refused in the result. Cost as for `apply` of an event that is not late.
    LEADFUNNEL_DECL applied move(std::string_view lead, std::string_view funnel,
                                 std::string_view stage, std::string_view reason = {},
                                 std::string_view who = "person",
                                 const engine_progress& progress = {});

    /// Loads the events from before the engine's time. No transition runs and no signal is emitted
    /// before the first call that moves the clock, which then stands at the last event; stages are
    /// those of the `stage_entry` events. Faster than `apply`: each lead is walked once, and each
    /// index is built once. Throws `state_error` if any lead is stored. Events that no history
    /// can hold are listed in `refused`. O(m log m) for m events, and a walk of each lead.
    LEADFUNNEL_DECL batch_report load(std::span<const event> events,
                                      const engine_progress& progress = {});
    /// The same from histories, whose columns are copied without making events: a touchpoint costs
    /// nanoseconds. The engine then holds the events that `histories::events` returns. Leads
    /// without events are left out; the others are stored in the order of their numbers. O(events),
    /// and a walk of each lead.
    LEADFUNNEL_DECL batch_report load(const histories& h, const engine_progress& progress = {});

    // ---- one lead

    /// Leads stored, without those merged into others. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t size() const noexcept;
    /// Whether a lead is stored under an id, its own or one that was merged into it. O(1).
    [[nodiscard]] LEADFUNNEL_DECL bool contains(std::string_view lead) const noexcept;
    /// The id of the lead that an id means now: another one if it was merged away. The view is
    /// valid until the engine changes. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::string_view resolve(std::string_view lead) const;

    /// A score, at the clock or at an instant; absent if an exclusion holds. A walk.
    [[nodiscard]] LEADFUNNEL_DECL score_value score(std::string_view lead,
                                                    std::string_view score) const;
    [[nodiscard]] LEADFUNNEL_DECL score_value score(std::string_view lead, std::string_view score,
                                                    instant at,
                                                    const engine_progress& progress = {}) const;
    /// The band at the clock, with hysteresis and dwell; none before the first event, or if the
    /// score is absent. A walk.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string>
    band(std::string_view lead, std::string_view banding,
         const engine_progress& progress = {}) const;
    /// The class of a matrix at the clock; none if the lead has no band in one of its two bandings.
    /// Two walks.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string>
    class_of(std::string_view lead, std::string_view matrix,
             const engine_progress& progress = {}) const;
    /// Where the lead stands in a funnel; none if it has not entered it. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<position> stage(std::string_view lead,
                                                                std::string_view funnel) const;
    /// The value of an attribute that the model declares, at the clock; unset if there is none.
    /// A walk.
    [[nodiscard]] LEADFUNNEL_DECL value attribute(std::string_view lead, std::string_view attribute,
                                                  const engine_progress& progress = {}) const;
    /// Why a score is what it is, at an instant or at the clock. A walk, and O(lines).
    [[nodiscard]] LEADFUNNEL_DECL explanation explain(std::string_view lead, std::string_view score,
                                                      instant at,
                                                      const engine_progress& progress = {}) const;
    [[nodiscard]] LEADFUNNEL_DECL explanation explain(std::string_view lead,
                                                      std::string_view score) const;
    /// What a person should know before calling a lead: its events in history order, each with all
    /// scores at its instant and all stages after it. O(h log h), one walk, and O(awards in decay)
    /// at each instant that has events.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<timeline_entry>
    timeline(std::string_view lead, const engine_progress& progress = {}) const;
    /// The score of a banding and its band at an instant, if nothing happens until then. Two walks,
    /// and one evaluation for each instant at which the band may change.
    [[nodiscard]] LEADFUNNEL_DECL projection project(std::string_view lead,
                                                     std::string_view banding, instant at,
                                                     const engine_progress& progress = {}) const;
    /// The first instant in `(now(), until]` at which the lead leaves its band, upwards or
    /// downwards, if nothing happens; `never` if there is none. A walk, and one evaluation for each
    /// instant at which the band may change.
    [[nodiscard]] LEADFUNNEL_DECL instant cools_at(std::string_view lead, std::string_view banding,
                                                   instant until,
                                                   const engine_progress& progress = {}) const;
    /// The lead's stage entries in all funnels, oldest first. O(entries).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<stage_entry> stage_log(std::string_view lead) const;

    // ---- many leads
    //
    // For a score in `engine_options::ranked`, and an instant that is not before the latest
    // evaluation, the four functions below read a ranking. Let r be its number of rows: leads whose
    // points that do not decay are equal, or close, share one. The stated cost is for that; beyond
    // it, each lead whose score the ranking knows too vaguely to decide is walked. For other scores
    // and earlier instants they walk all leads.

    /// The k leads with the highest score at an instant, highest first. Of equal scores the lead
    /// whose id the engine saw first comes first. Leads without the score (excluded) are left out.
    /// Scores are exact at the instant, under any decay. O(r log n + k log k).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<ranked_lead>
    top(std::string_view score, std::size_t k, instant at,
        const engine_progress& progress = {}) const;
    /// The lead at position n of that order, from 0; none if there are fewer leads. O(r log n), and
    /// O(leads of the same score).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<ranked_lead>
    nth(std::string_view score, std::size_t n, instant at,
        const engine_progress& progress = {}) const;
    /// 1 + the number of leads with a higher score; none if the lead is excluded. O(r log n).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::size_t>
    rank(std::string_view lead, std::string_view score, instant at,
         const engine_progress& progress = {}) const;
    /// The share, in (0, 1], of the leads with a score whose score is at most this lead's. None if
    /// the lead is excluded. O(r log n).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<double>
    percentile(std::string_view lead, std::string_view score, instant at,
               const engine_progress& progress = {}) const;

    /// A page of the leads that a query selects, at the clock. Throws `unknown_lead` if `q.after`
    /// is not stored; `unknown_name` for an unknown funnel, stage, banding or band;
    /// `argument_error` if `stages`, `entered_…` or `bands` lack their funnel or banding, or
    /// if the model has no attribute in the role of `account` or `owner`; `model_error` if `where`
    /// is no valid condition.
    ///
    /// Candidates are the leads of the owner, else of the account, else in the stages, if there is
    /// that index (for stages: of the first funnel, O(c log c) for its c leads); else all leads
    /// after `q.after`, until the page is full. Each candidate costs O(1), and a walk if its bands,
    /// account, owner or `where` have to be read.
    [[nodiscard]] LEADFUNNEL_DECL page find(const query& q,
                                            const engine_progress& progress = {}) const;
    /// Leads in a stage at the clock. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t count_in_stage(std::string_view funnel,
                                                             std::string_view stage) const;
    /// Leads in a band as of their latest evaluations. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t count_in_band(std::string_view banding,
                                                            std::string_view band) const;
    /// Ids of the leads with an e-mail address, compared without regard to case and width (`fold`),
    /// in the engine's order. Throws `argument_error` if the model has no attribute in the
    /// role of e-mail. O(1) and O(leads found) with the index, else a walk of all leads.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::string> with_email(std::string_view email) const;

    // ---- signals: an outbox that keeps each signal until it is acknowledged

    /// Up to `most` signals with sequence numbers above `after`, in order. With 0, from the first
    /// that is kept. O(most).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<signal> signals(std::uint64_t after = 0,
                                                              std::size_t most = 1000) const;
    /// Removes the signals with sequence numbers up to `up_to`. O(1) each.
    LEADFUNNEL_DECL void acknowledge(std::uint64_t up_to);
    /// Sets the function that is called with each signal, in order, at the end of the call that
    /// emitted it; an empty function ends that. Signals from before it was set are not delivered.
    /// Delivery is at least once: if the callback throws, its exception leaves the call (whose work
    /// is done), and the same signal is delivered again at the end of the next call. A callback
    /// must not call members that are not const. Signals stay in the outbox until they are
    /// acknowledged. Snapshots do not hold callbacks. O(1).
    LEADFUNNEL_DECL void on_signal(std::function<void(const signal&)> callback);
    /// The sequence number of the latest signal emitted; 0 before the first. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::uint64_t last_signal() const noexcept;

    // ---- identity: the host decides which leads are one

    /// Merges `other` into `into`. The result has both histories and the id of `into`; the id of
    /// `other` keeps resolving. Scores are recomputed, and the merged lead is evaluated at the
    /// clock. Throws `argument_error` if both ids mean one lead already. One walk of the
    /// merged lead, and O(leads merged before into the one that fewer were merged into).
    LEADFUNNEL_DECL void merge(std::string_view into, std::string_view other,
                               const engine_progress& progress = {});
    /// Undoes a merge: each of the two leads again has the events that were applied under its own
    /// ids. Both are evaluated at the clock. Throws `unknown_lead` if `other` was not merged into
    /// another lead. O(h log h), and a walk of each.
    LEADFUNNEL_DECL void unmerge(std::string_view other, const engine_progress& progress = {});
    /// Removes all data about a person: the lead, all leads merged into it, and every text that no
    /// other lead's history has. Texts are overwritten before their memory is freed.
    ///
    /// The person's signals stay in the outbox, but keep only sequence number, instant, kind, and
    /// names of the model: funnel, stages, bands, classes, alert, service level. Where signals of
    /// other leads name an id of the person, as merges do, that id is removed. An `erased` signal
    /// is emitted, without an id. Events under the same ids are later applied to new leads.
    ///
    /// O((h + merged leads + signals of the person) · log n).
    LEADFUNNEL_DECL void erase(std::string_view lead);
    /// All ids by which a lead is known: its own first, then those merged into it, directly or by
    /// way of others. O(ids).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::string> ids(std::string_view lead) const;
    /// All data about a person, as events in history order, each with the id (of `ids`) under which
    /// it was applied. O(h log h).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<event>
    history(std::string_view lead, const engine_progress& progress = {}) const;

    // ---- the model

    /// What `replace` would change. It builds a second engine meanwhile, so it needs as much memory
    /// again. A walk of all leads.
    [[nodiscard]] LEADFUNNEL_DECL replacement_report
    try_replace(const plan& p, const engine_progress& progress = {}) const;
    /// Replaces the model, scores every lead again, and then evaluates each at the clock under the
    /// new model: transitions run, and signals are emitted. Bands, alerts and SLAs that were
    /// signalled stay so where the new model has their names. Scores in `engine_options::ranked`
    /// that the new model lacks are no longer ranked. Memory and cost as for `try_replace`.
    LEADFUNNEL_DECL replacement_report replace(const plan& p, const engine_progress& progress = {});

    // ---- snapshots

    /// The whole engine as bytes, with a format version and a checksum. The plan is not in it: the
    /// same model must be given again. `from_snapshot` continues as if the engine had never
    /// stopped. Throws `snapshot_error` if the engine contradicts itself, which is a bug. O(bytes).
    [[nodiscard]] LEADFUNNEL_DECL std::string snapshot(const engine_progress& progress = {}) const;
    /// Throws `snapshot_error` if the bytes are damaged, of another model, or of a format that this
    /// version does not read; `unknown_name` as the constructor does. The checksum finds
    /// accidents, and any content whatever is safe to read, but it does not authenticate: anybody
    /// can write a valid snapshot. O(bytes), and a walk of each lead.
    [[nodiscard]] LEADFUNNEL_DECL static engine from_snapshot(plan p, std::string_view bytes,
                                                              engine_options options = {},
                                                              const engine_progress& progress = {});

    /// Writes the bytes of `snapshot` to a file, in pieces. They go to a new file beside it
    /// (`.<file>.<16 hex digits>.part`), which is flushed, read back, and then renamed. So the file
    /// is always the old one or the new one, complete and readable by `from_file`. Throws
    /// `snapshot_error`, whose text names the file and the reason; the old file is then unchanged,
    /// unless the text says that it was replaced (its folder could not be flushed). O(bytes).
    ///
    /// Mode and owner of an existing file are kept as far as the process may. A symbolic link is
    /// followed, and its target replaced. A folder, pipe, socket or device is refused. Where files
    /// can be locked (`flock`), the next call for the same file removes what a killed process left.
    ///
    /// Any number of threads and processes may save to one file at once: the last to finish wins.
    /// Nothing may change an engine during the call, so saves of one engine that overlap hold the
    /// same state.
    LEADFUNNEL_DECL void save(const std::filesystem::path& file,
                              const engine_progress& progress = {}) const;
    /// Reads a file that `save` wrote, or that holds the bytes of `snapshot`. Throws as
    /// `from_snapshot` does, and `snapshot_error` if the file cannot be read, or changes meanwhile.
    /// The file is read twice, in pieces. O(bytes), and a walk of each lead.
    [[nodiscard]] LEADFUNNEL_DECL static engine from_file(plan p, const std::filesystem::path& file,
                                                          engine_options options = {},
                                                          const engine_progress& progress = {});

    /// O(n + words + signals with an explanation).
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
