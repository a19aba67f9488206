// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The program of a plan: the model with names replaced by numbers. Not for users.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/decay.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/plan/working_time.hpp>

#include <re2/re2.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

inline constexpr std::uint32_t none32 = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::int64_t end_of_time = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t before_time = std::numeric_limits<std::int64_t>::min();

/// Instants lie in `[time_begin, time_end)`.
inline constexpr std::int64_t time_begin = earliest_instant.time_since_epoch().count();
inline constexpr std::int64_t time_end = latest_instant.time_since_epoch().count();

/// The instant `by` microseconds after `at`. Every sum of an instant and a duration is computed
/// here. A sum at or after `latest_instant` is `end_of_time`: such an instant never comes, and is
/// never stored. Defined for any two numbers.
[[nodiscard]] constexpr std::int64_t later(std::int64_t at, std::int64_t by) noexcept {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(at, by, &sum)) return by > 0 ? end_of_time : before_time;
    return sum < time_end ? sum : end_of_time;
}
/// The first tick of a grid after an instant; `end_of_time` as above.
[[nodiscard]] constexpr std::int64_t tick_after(std::int64_t at, std::int64_t grid) noexcept {
    const std::int64_t rest = at % grid;
    return later(at - rest - (rest < 0 ? grid : 0), grid);
}

/// A test with its literals prepared.
///
/// `name` is the index of what the test is about: an attribute, a score, a banding, a matrix or a
/// funnel of the model, or a stage fact in `program::current_stages`, `counters` or `entry_scores`.
/// A property has no index, only `source.name`.
struct compiled_test {
    test source; // without `several`
    std::uint32_t name = none32;
    value literal{};            // folded unless exact
    std::vector<value> several; // likewise; sorted, all of one type
    // The members of a named list, likewise. Tests that prepare a list alike share it.
    std::shared_ptr<const std::vector<std::string>> list;
    std::shared_ptr<const re2::RE2> matcher; // of `glob` and `regex`; shared by equal ones
};

/// A node of a condition. All conditions share one array; `program::nodes[0]` always holds.
struct condition_node {
    condition::kind is = condition::kind::none;
    std::uint32_t test = none32;
    std::vector<std::uint32_t> of;
};

struct compiled_pattern {
    std::vector<std::string> types; // empty: every type
    std::uint32_t where = 0;
    std::int64_t value_at_least = before_time; // needs a value if either bound is given
    std::int64_t value_below = end_of_time;
    bool bounded = false;
};

struct compiled_limit {
    enum class period : std::uint8_t { life, rolling, calendar };
    std::int64_t at_most = end_of_time;
    wide at_most_points = std::numeric_limits<std::int64_t>::max();
    bool counts_points = false;
    period per = period::life;
    std::int64_t rolling = 0;
    calendar_unit unit = calendar_unit::day;
    std::uint32_t distinct = none32; // into program::distinct_properties
};

enum class rule_kind : std::uint8_t {
    attribute,
    frequency,
    recency,
    occurrence,
    sequence,
    returning,
    inactivity
};

/// Whether a rule of this kind awards points for what is so at an instant. All others give awards
/// at touchpoints or at silence, and what they gave stays.
[[nodiscard]] constexpr bool is_state(rule_kind kind) noexcept {
    switch (kind) {
    case rule_kind::attribute:
    case rule_kind::frequency:
    case rule_kind::recency:
        return true;
    case rule_kind::occurrence:
    case rule_kind::sequence:
    case rule_kind::returning:
    case rule_kind::inactivity:
        return false;
    }
    return false;
}

struct compiled_rule {
    rule_kind kind{};
    std::uint32_t index = 0; // in the model
    std::uint32_t score = 0;
    std::uint32_t slot = 0;
    std::int64_t points = 0;
    std::uint32_t when = 0;
    // awards
    std::uint32_t decay = 0; // into program::decays; 0 keeps everything
    std::uint32_t first_limit = 0;
    std::uint32_t limit_count = 0;
    std::int64_t cooldown = 0;
    // the touchpoints that the rule is about
    std::uint32_t on = none32;
    // frequency
    frequency_measure measure{};
    std::uint32_t distinct = none32;
    std::int64_t at_least = 0; // micros
    std::int64_t window = 0;   // 0: all time
    // recency
    std::vector<std::pair<std::int64_t, std::int64_t>> bins; // (within, points)
    std::int64_t otherwise = 0;
    std::int64_t if_never = 0;
    // occurrence
    bool by_value = false;
    decimal per_value;
    std::int64_t min_points = before_time;
    std::int64_t max_points = end_of_time;
    // sequence
    std::vector<std::uint32_t> steps;
    std::int64_t within = 0;
    bool strict = false;
    // sequence: the scope; returning: the touchpoints that end a silence
    std::uint32_t scope = none32;
    // returning, inactivity
    std::int64_t after = 0;
    std::int64_t every = 0;
    std::int64_t times = 1;
    bool while_idle = false;
};

struct compiled_slot {
    std::uint32_t score = 0;
    std::string group; // empty: the score's rules outside any group
    std::int64_t min = before_time;
    std::int64_t max = end_of_time;
    bool clamped = false;
};

struct compiled_score {
    std::string id;
    std::int64_t min = before_time;
    std::int64_t max = end_of_time;
    bool clamped = false;
    bool running = false;
    bool is_frozen = false;       // by some freeze
    bool is_reset = false;        // by some reset
    std::uint32_t first_slot = 0; // the first is for rules outside any group
    std::uint32_t slot_count = 0;
    std::vector<std::uint32_t> state_rules;
    // derived
    bool derived = false;
    std::uint32_t model_index = 0;                        // in scores or derived
    std::vector<std::pair<std::uint32_t, decimal>> terms; // inputs and weights
};

struct compiled_reset {
    std::string id; // of the reset, or of the transition that resets
    // What triggers it: a touchpoint that matches `on`, or the entry into `stage` of `funnel`, or
    // `transition` of `funnel`.
    std::uint32_t on = none32; // pattern
    std::string funnel;
    std::string stage;
    std::string transition;
    std::shared_ptr<const std::vector<std::uint32_t>> scores; // shared by resets of all scores
};

/// An exclusion or a freeze.
struct compiled_ban {
    std::uint32_t when = 0;
    std::shared_ptr<const std::vector<bool>> scores; // by score; shared by bans of all scores

    [[nodiscard]] bool has(std::uint32_t score) const { return (*scores)[score]; }
};

struct compiled_band {
    std::int64_t enter = before_time;
    std::int64_t leave = before_time;
};

struct compiled_banding {
    std::uint32_t score = 0;
    std::vector<compiled_band> bands;
    std::int64_t dwell = 0;
    bool remembers = false; // has hysteresis or a dwell, so the band depends on the past
};

struct compiled_matrix {
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::vector<std::vector<std::string>> classes;
};

// ---- funnels ------------------------------------------------------------------------------------

struct compiled_timer {
    std::int64_t after = 0;
    timer_start since{};
    std::uint32_t on = none32;       // pattern, for `touchpoint`
    std::uint32_t timed = none32;    // the same pattern, into program::timed_patterns
    std::uint32_t calendar = none32; // into program::calendars; none: elapsed time
};

struct compiled_sla {
    std::uint32_t funnel = 0;
    std::uint32_t stage = 0;
    std::uint32_t number = 0; // in the stage
    compiled_timer due;
    std::int64_t warn_before = 0; // 0: no warning
    std::uint32_t met_by = none32;
};

struct compiled_transition {
    enum class trigger : std::uint8_t { condition, touchpoint, timer, manual };
    trigger by{};
    std::uint32_t to = 0;
    std::uint32_t on = none32;
    compiled_timer after;
    std::uint32_t when = 0;
    std::vector<std::pair<std::uint32_t, value>> sets; // model attribute and value
    std::uint32_t alert = none32;
    bool cycle = false;
};

struct compiled_stage {
    std::vector<std::uint32_t> leaving; // transitions that may leave it, in order of declaration
    std::vector<std::uint32_t> slas;    // into program::slas
};

struct compiled_funnel {
    std::vector<compiled_stage> stages;
    std::vector<std::uint32_t> entering; // transitions for leads in no stage yet
    std::vector<compiled_transition> transitions;
};

struct compiled_alert {
    std::uint32_t when = 0; // 0: raised by transitions alone
    std::uint32_t rearm = 0;
    bool rearms = false; // armed again when `rearm` holds; else when `when` no longer holds
    std::int64_t cooldown = 0;
    std::uint32_t explain = none32; // score
};

struct program {
    model source;
    std::vector<issue> warnings;
    time_zone zone;
    std::int64_t grid = 0;

    std::map<std::string, std::uint32_t, std::less<>> attribute_of_id;
    std::vector<compiled_test> tests;
    std::vector<condition_node> nodes;
    std::vector<compiled_pattern> patterns;
    std::vector<std::string> distinct_properties;
    std::vector<compiled_decay> decays;
    std::vector<compiled_limit> limits;
    std::vector<compiled_rule> rules;
    std::vector<std::string> rule_ids;
    std::vector<compiled_slot> slots;
    std::vector<compiled_score> scores;          // base, then derived
    std::vector<std::uint32_t> evaluation_order; // of derived scores
    std::size_t base_scores = 0;
    std::vector<compiled_reset> resets;
    std::vector<compiled_ban> exclusions;
    std::vector<compiled_ban> freezes;
    std::vector<compiled_banding> bandings;
    std::vector<compiled_matrix> matrices;

    // stage facts that conditions test
    std::vector<std::string> current_stages; // funnels
    std::vector<std::pair<std::string, std::string>> counters;
    struct entry_score {
        std::string funnel;
        std::string stage;
        std::string score;
    };
    std::vector<entry_score> entry_scores;
    // Tests of ages in conditions of state rules and exclusions, which count at every instant:
    // scores may change whenever one of these tests does.
    std::vector<std::uint32_t> age_tests;

    std::vector<working_time> calendars;
    std::map<std::string, std::uint32_t, std::less<>> calendar_of_owner;
    std::vector<compiled_funnel> funnels;
    std::vector<compiled_sla> slas;
    std::vector<compiled_alert> alerts;
    std::uint32_t owner = none32; // model attribute
    std::uint32_t email = none32;
    std::uint32_t account = none32;
    // Tests in guards and alerts: of scores, of ages, and of times in stages. The engine looks at a
    // lead at the instants at which those of ages and times change.
    std::vector<std::uint32_t> guard_score_tests;
    std::vector<std::uint32_t> guard_age_tests;
    std::vector<std::uint32_t> guard_stage_time_tests;
    // Patterns of transitions, service levels and timers, which the engine matches by kind.
    std::vector<std::uint32_t> guard_patterns;
    // Those of them whose last match starts a timer.
    std::vector<std::uint32_t> timed_patterns;
};

struct plan_access {
    static const program& of(const plan& p) noexcept { return *p.program_; }
    static plan make(std::shared_ptr<const program> p) noexcept { return plan{std::move(p)}; }
};

/// Evaluates a condition. Calls `holds(test index)` for each test that decides it, from left to
/// right, at most once for each test of the condition.
template<class Holds>
bool condition_holds(const program& p, std::uint32_t node, const Holds& holds) {
    const condition_node& n = p.nodes[node];
    switch (n.is) {
    case condition::kind::none:
        return true;
    case condition::kind::test:
        return holds(n.test);
    case condition::kind::negation:
        return !condition_holds(p, n.of.front(), holds);
    case condition::kind::all:
        for (const auto c : n.of)
            if (!condition_holds(p, c, holds)) return false;
        return true;
    case condition::kind::any:
        for (const auto c : n.of)
            if (condition_holds(p, c, holds)) return true;
        return false;
    }
    return false;
}

/// Calls `consider(at)` for each instant at which a test of an age changes its outcome, where the
/// subject holds the instant `from`.
template<class Consider>
void each_change_of_age(const compiled_test& t, std::int64_t from, const Consider& consider) {
    const std::int64_t at = later(from, t.source.period.count());
    const op how = t.source.how;
    if (how == op::less || how == op::at_least || how == op::equals || how == op::not_equals)
        consider(at);
    if (how == op::at_most || how == op::greater || how == op::equals || how == op::not_equals)
        consider(later(at, 1));
}

/// Whether a value passes a test; null stands for a missing one. For all tests but those of an age.
/// O(size of the value + log literals). Throws std::bad_alloc.
[[nodiscard]] LEADFUNNEL_DECL bool test_holds(const compiled_test& t, const value& held);
/// Whether a held instant passes a test of its age at `now`. O(1).
[[nodiscard]] LEADFUNNEL_DECL bool age_holds(const compiled_test& t, const value& held,
                                             std::int64_t now) noexcept;

} // namespace leadfunnel::inline v0::detail
