// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Funnels: stages, the transitions between them, service levels and targets.
///
/// An engine evaluates a lead at its events, at exact deadlines and at ticks of the decay grid. At
/// each of these instants it takes the first enabled transition of each funnel, in order of
/// declaration, and repeats this until none is enabled. A stage is entered at most once per
/// instant.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/condition.hpp>
#include <leadfunnel/model/pattern.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace leadfunnel::inline v0 {

// ---- business time ------------------------------------------------------------------------------

enum class weekday : std::uint8_t {
    monday,
    tuesday,
    wednesday,
    thursday,
    friday,
    saturday,
    sunday
};

/// A local time of day, `[00:00, 24:00]`, in minutes since midnight; `09:30` in the file.
struct time_of_day {
    std::int16_t minutes = 0;
    friend auto operator<=>(const time_of_day&, const time_of_day&) = default;
};

/// Working time `[from, to)` on some weekdays, by the calendar's wall clock.
struct working_hours {
    std::vector<weekday> days{};
    time_of_day from{};
    time_of_day to{};
    friend bool operator==(const working_hours&, const working_hours&) = default;
};

/// When somebody works. Where the wall clock is put forward or back within working hours, the
/// elapsed time counts: a skipped hour is not worked, a repeated hour is worked twice.
struct business_calendar {
    std::string id{};
    std::string time_zone{};                             ///< IANA name; empty: the model's
    std::vector<working_hours> hours{};                  ///< may overlap; their union counts
    std::vector<std::chrono::year_month_day> holidays{}; ///< local dates without working time
    std::vector<std::string>
        owners{}; ///< people whose own calendar it is: a timer in business time
                  ///< uses the calendar that lists the lead's owner, if any
    std::string description{};
    friend bool operator==(const business_calendar&, const business_calendar&) = default;
};

// ---- timers -------------------------------------------------------------------------------------

/// What starts a timer. It starts again whenever this happens again.
enum class timer_start : std::uint8_t {
    stage_entry, ///< the entry into the current stage
    assignment,  ///< the latest change of the owner attribute (`roles::owner`); the timer does not
                 ///< run without an owner
    touchpoint,  ///< the last touchpoint that matches `on`, or the lead's first event if none does
};

/// Ends `after` its start, in elapsed time, or in business time if a calendar is named.
struct timer {
    duration after{};
    timer_start since = timer_start::stage_entry;
    pattern on{};           ///< for `touchpoint`; by default every touchpoint
    std::string calendar{}; ///< business calendar; empty: elapsed time
    friend bool operator==(const timer&, const timer&) = default;
};

/// A service level: what is promised for leads in a stage. It is due once for each start of its
/// timer: an entry into the stage, an assignment or a touchpoint. The lead meets it before the
/// deadline by leaving the stage, or by a touchpoint that matches `met_by`. Otherwise it is
/// breached.
struct sla {
    std::string id{};
    timer due{};
    std::optional<duration> warn_before{}; ///< a signal this long (elapsed) before the deadline
    std::optional<pattern> met_by{};       ///< such as a call or a mail to the lead
    std::string description{};
    friend bool operator==(const sla&, const sla&) = default;
};

// ---- stages and transitions ---------------------------------------------------------------------

enum class phase : std::uint8_t { marketing, sales, closed };

struct stage {
    std::string id{};
    leadfunnel::phase phase = leadfunnel::phase::marketing;
    bool entry = false;    ///< leads may enter the funnel here
    bool terminal = false; ///< the end: only transitions that name the stage leave it, not `*`
    std::vector<sla> slas{};
    std::optional<decimal> target_conversion{}; ///< goal: share of entries that go on, 0 … 1
    std::optional<duration> target_time{};      ///< goal: median time in the stage
    std::string description{};
    friend bool operator==(const stage&, const stage&) = default;
};

/// What a transition does in addition to the stage entry. Attributes that it sets hold from the
/// stage entry on, which comes after the touchpoint that caused it.
struct effects {
    std::vector<std::string> reset{}; ///< scores whose awards so far are voided
    value_map set{};                  ///< attributes; null removes the value
    std::string assign{};             ///< the new value of the owner attribute: a person or a queue
    std::string alert{};              ///< an alert of the model that is raised
    bool cycle = false;               ///< recycles the lead: its next cycle begins
    friend bool operator==(const effects&, const effects&) = default;
};

/// An edge of a funnel. At most one of `on`, `after` and `manual` is set and triggers it. With
/// none, `when` triggers it: the transition is enabled at any evaluation instant at which `when`
/// holds.
struct transition {
    std::string id{};
    std::vector<std::string> from{}; ///< stages; `*` is any other that is not terminal; empty for
                                     ///< leads without a stage
    std::string to{};
    std::optional<pattern> on{};  ///< at a matching touchpoint
    std::optional<timer> after{}; ///< when the timer ends
    bool manual = false;          ///< manual: only a stage event takes it
    condition when{};             ///< guard: scores, bands, classes, attributes, stage facts
    effects then{};
    std::string description{};
    friend bool operator==(const transition&, const transition&) = default;
};

enum class manual_moves : std::uint8_t {
    unrestricted, ///< a stage event may name any stage; for leads without a stage, an entry stage
    declared      ///< only along declared transitions with any trigger whose guard holds
};

struct funnel {
    std::string id{};
    std::vector<stage> stages{};
    std::vector<transition> transitions{};
    manual_moves moves = manual_moves::unrestricted;
    std::string source{}; ///< where its stages are defined: a book, an article, a house rule
    std::string description{};
    friend bool operator==(const funnel&, const funnel&) = default;
};

// ---- alerts and roles ---------------------------------------------------------------------------

/// A signal to people, once, that something became true of a lead. It is raised at an evaluation
/// instant at which `when` holds, if it is armed and was not raised for the lead in
/// `(t − cooldown, t]`. Raising it disarms it. It is armed again at an evaluation instant at which
/// `rearm` holds (by default, at which `when` does not hold). The end of a cooldown is an
/// evaluation instant. An alert without `when` is raised by transitions only.
struct alert {
    std::string id{};
    condition when{};
    condition rearm{};
    std::optional<duration> cooldown{};
    std::string explain{}; ///< a score whose explanation the signal carries
    std::string description{};
    friend bool operator==(const alert&, const alert&) = default;
};

/// The attributes, all of type text, that identify a lead and its owner. Each is optional.
struct roles {
    std::string email{};
    std::string account{}; ///< the company's id
    std::string owner{};   ///< the person or queue that has the lead; a change is an assignment
    friend bool operator==(const roles&, const roles&) = default;
};

} // namespace leadfunnel::inline v0
