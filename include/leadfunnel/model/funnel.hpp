// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Funnels: stages, the transitions between them, and what is measured and promised in them.
///
/// At each evaluation instant of a lead (its events, exact deadlines, ticks of the decay grid) the
/// first enabled transition of each funnel is taken, in order of declaration, again and again until
/// none is; a stage is entered at most once per instant.

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

/// When somebody works. Where the wall clock is put forward or back within working hours, working
/// time is what elapses: an hour skipped is not worked, an hour repeated is worked twice.
struct business_calendar {
    std::string id{};
    std::string time_zone{};                             ///< IANA name; empty: the model's
    std::vector<working_hours> hours{};                  ///< may overlap; their union counts
    std::vector<std::chrono::year_month_day> holidays{}; ///< local dates without working time
    std::vector<std::string> owners{}; ///< whose own calendar it is: a timer in business time goes
                                       ///< by the calendar of the lead's owner, if one names them
    std::string description{};
    friend bool operator==(const business_calendar&, const business_calendar&) = default;
};

// ---- timers -------------------------------------------------------------------------------------

/// From when a timer runs. In each case it starts again whenever that happens again.
enum class timer_start : std::uint8_t {
    stage_entry, ///< the entry into the current stage
    assignment,  ///< the latest change of the owner attribute (`roles::owner`): without
                 ///< an owner it does not run
    touchpoint,  ///< the last touchpoint that matches `on`, or the lead's first event if none has
};

/// `after` from its start, in elapsed time, or in business time if a calendar is named.
struct timer {
    duration after{};
    timer_start since = timer_start::stage_entry;
    pattern on{};           ///< for `touchpoint`; by default every touchpoint
    std::string calendar{}; ///< business calendar; empty: elapsed time
    friend bool operator==(const timer&, const timer&) = default;
};

/// A service level: what is promised for leads in a stage. It is due once per entry into the stage
/// (or per assignment, or touchpoint, from which its timer runs), and is met by leaving the stage
/// or by a touchpoint that matches `met_by`, before the deadline.
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
    bool terminal = false; ///< done with: left by transitions that name it alone, not by `*`
    std::vector<sla> slas{};
    std::optional<decimal> target_conversion{}; ///< KPI: share of entries that should go on, 0 … 1
    std::optional<duration> target_time{};      ///< KPI: median time that should be spent in it
    std::string description{};
    friend bool operator==(const stage&, const stage&) = default;
};

/// What happens with a transition, beside the stage entry itself. Facts set hold from the stage
/// entry on (after the touchpoint that caused it).
struct effects {
    std::vector<std::string> reset{}; ///< scores whose awards so far are voided
    value_map set{};                  ///< attributes; null unsets
    std::string assign{};             ///< the new value of the owner attribute: a person or a queue
    std::string alert{};              ///< an alert of the model's to raise
    bool cycle = false;               ///< begins the lead's next cycle: it is recycled
    friend bool operator==(const effects&, const effects&) = default;
};

/// An edge of a funnel. At most one of `on`, `after` and `by_hand` triggers it; with none, `when`
/// does: the transition is enabled at any evaluation instant at which it holds.
struct transition {
    std::string id{};
    std::vector<std::string> from{}; ///< stages; `*` is any other that is not terminal; empty:
                                     ///< leads that are in none yet
    std::string to{};
    std::optional<pattern> on{};  ///< at a matching touchpoint
    std::optional<timer> after{}; ///< from this time on
    bool by_hand = false;         ///< by a stage event alone: an edge that people may use
    condition when{};             ///< guard: scores, bands, classes, attributes, stage facts
    effects then{};
    std::string description{};
    friend bool operator==(const transition&, const transition&) = default;
};

enum class manual_moves : std::uint8_t {
    unrestricted, ///< a stage event may name any stage (an entry stage for leads in none yet)
    declared      ///< only along declared transitions, whatever their trigger, whose guard holds
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

/// Tells the host, once, that something became true of a lead. It is raised at an evaluation
/// instant at which `when` holds, if it is armed and none was raised for the lead in
/// `(t − cooldown, t]`; raising disarms it, and it is armed again at an evaluation instant at which
/// `rearm` holds (by default: at which `when` does not). The end of a cooldown is an evaluation
/// instant. An alert without `when` is raised by transitions alone.
struct alert {
    std::string id{};
    condition when{};
    condition rearm{};
    std::optional<duration> cooldown{};
    std::string explain{}; ///< a score whose explanation goes with it
    std::string description{};
    friend bool operator==(const alert&, const alert&) = default;
};

/// Which attributes (of type text) identify and place a lead, if the model declares any such.
struct roles {
    std::string email{};
    std::string account{}; ///< the company's id
    std::string owner{};   ///< the person or queue that has the lead; its changes are assignments
    friend bool operator==(const roles&, const roles&) = default;
};

} // namespace leadfunnel::inline v0
