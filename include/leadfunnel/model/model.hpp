// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The model: what a person wrote. Plain aggregates, the same shape as the JSON file
/// (`model/json.hpp`). A model does nothing; `compile` turns it into a `plan`.
///
/// Intervals: windows are half open, `(t − w, t]`. Durations are elapsed time; calendar units are
/// those of the model's time zone, weeks are ISO weeks.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/condition.hpp>
#include <leadfunnel/model/funnel.hpp>
#include <leadfunnel/model/pattern.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0 {

// ---- vocabulary: what a model may speak of ------------------------------------------------------

struct attribute_declaration {
    std::string id{};
    value_type type = value_type::string;
    std::string description{};
    friend bool operator==(const attribute_declaration&, const attribute_declaration&) = default;
};

struct property_declaration {
    std::string id{};
    value_type type = value_type::string;
    std::string description{};
    friend bool operator==(const property_declaration&, const property_declaration&) = default;
};

struct touchpoint_declaration {
    std::string id{};
    std::string value{}; ///< what its numeric value counts, such as "seconds"; empty if it has none
    std::string description{};
    friend bool operator==(const touchpoint_declaration&, const touchpoint_declaration&) = default;
};

struct named_list {
    std::string id{};
    std::vector<std::string> members{};
    std::string description{};
    friend bool operator==(const named_list&, const named_list&) = default;
};

// ---- limits and decays: the parts of rules ------------------------------------------------------

/// The period in which a limit counts. Exactly one of `rolling` and `calendar`, or neither: for
/// life.
struct limit {
    std::optional<std::int64_t> at_most{};   ///< awards, ≥ 1
    std::optional<decimal> at_most_points{}; ///< sum of absolute points, > 0
    std::optional<duration> rolling{};       ///< counts awards in `(t − rolling, t]`
    std::optional<calendar_unit> calendar{}; ///< counts awards in the calendar period holding t
    std::string per_distinct{}; ///< counts for each value of this property by itself, if named;
                                ///< touchpoints without it share one count
    friend bool operator==(const limit&, const limit&) = default;
};

[[nodiscard]] inline limit once() { return {.at_most = 1}; }
[[nodiscard]] inline limit once_per_distinct(std::string property) {
    return {.at_most = 1, .per_distinct = std::move(property)};
}
[[nodiscard]] inline limit per(calendar_unit unit, std::int64_t awards) {
    return {.at_most = awards, .calendar = unit};
}
[[nodiscard]] inline limit per_day(std::int64_t n) { return per(calendar_unit::day, n); }
[[nodiscard]] inline limit per_week(std::int64_t n) { return per(calendar_unit::week, n); }
[[nodiscard]] inline limit per_month(std::int64_t n) { return per(calendar_unit::month, n); }

/// The award keeps its points for ever.
struct no_decay {
    friend bool operator==(const no_decay&, const no_decay&) = default;
};
/// f(a) = 2^(−a / period).
struct half_life {
    duration period{};
    friend bool operator==(const half_life&, const half_life&) = default;
};
/// f(a) = max(0, 1 − a / over).
struct linear_decay {
    duration over{};
    friend bool operator==(const linear_decay&, const linear_decay&) = default;
};
/// Every full period takes `percent` off: of the award (f = max(0, 1 − k·percent/100)), or of what
/// is left (f = (1 − percent/100)^k) with `compound`. k = ⌊a / every⌋.
struct step_decay {
    decimal percent{};
    duration every{};
    bool compound = false;
    friend bool operator==(const step_decay&, const step_decay&) = default;
};
/// f(a) = 1 while a < after, then 0.
struct expiry {
    duration after{};
    friend bool operator==(const expiry&, const expiry&) = default;
};
struct decay_point {
    duration age{};
    decimal factor{}; ///< 0 … 1
    friend bool operator==(const decay_point&, const decay_point&) = default;
};
/// f(a) = 1 before the first point's age; from a point's age on its factor, up to the next point;
/// with `interpolate`, the straight line between neighbouring points (and from (0, 1) to the
/// first).
struct decay_table {
    std::vector<decay_point> points{}; ///< ages rising, > 0
    bool interpolate = false;
    friend bool operator==(const decay_table&, const decay_table&) = default;
};
/// An award of p points at t₀ contributes round(p × f(t − t₀)) at t ≥ t₀, half away from zero.
using decay_curve =
    std::variant<no_decay, half_life, linear_decay, step_decay, expiry, decay_table>;

// ---- rules --------------------------------------------------------------------------------------
// State rules contribute while something holds.

/// Points while a condition on the lead holds.
struct attribute_rule {
    std::string id{};
    std::string score{};
    std::string group{}; ///< of the score; empty for none
    std::string description{};
    condition when{};
    decimal points = 0;
    friend bool operator==(const attribute_rule&, const attribute_rule&) = default;
};

enum class frequency_measure : std::uint8_t {
    count,   ///< how many touchpoints match
    sum,     ///< the sum of their values (a missing value counts 0)
    distinct ///< how many distinct values of `property` they have (a missing one is not counted)
};

/// Points while the touchpoints matching in `(t − window, t]`, or ever, measure `at_least` or more.
struct frequency {
    std::string id{};
    std::string score{};
    std::string group{};
    std::string description{};
    pattern on{};
    frequency_measure measure = frequency_measure::count;
    std::string property{}; ///< for `distinct`
    decimal at_least = 1;
    std::optional<duration> window{}; ///< none: over all time
    decimal points = 0;
    condition when{}; ///< and while this holds
    friend bool operator==(const frequency&, const frequency&) = default;
};

struct recency_bin {
    duration within{};
    decimal points = 0;
    friend bool operator==(const recency_bin&, const recency_bin&) = default;
};

/// Points by the time since the last matching touchpoint: those of the first bin with
/// `t − last < within`; `otherwise` beyond the last bin; `if_never` if none ever matched.
struct recency {
    std::string id{};
    std::string score{};
    std::string group{};
    std::string description{};
    pattern on{};
    std::vector<recency_bin> bins{}; ///< rising
    decimal otherwise = 0;
    decimal if_never = 0;
    condition when{};
    friend bool operator==(const recency&, const recency&) = default;
};

// Award rules hand out points at instants. A candidate is granted unless its condition fails, a
// freeze holds, the cooldown has not passed, or a limit is reached; a refused candidate counts for
// nothing. `when` is evaluated as of just before the touchpoint.

/// Every matching touchpoint awards `points`, or value × `per_value` within bounds.
struct occurrence {
    std::string id{};
    std::string score{};
    std::string group{};
    std::string description{};
    pattern on{};
    decimal points = 0;                  ///< constant; not together with `per_value`
    std::optional<decimal> per_value{};  ///< points for each unit of the touchpoint's value; no
                                         ///< value, no candidate
    std::optional<decimal> min_points{}; ///< bounds of value × per_value
    std::optional<decimal> max_points{};
    std::vector<limit> limits{};
    std::optional<duration> cooldown{}; ///< no award at t if one stands in `(t − cooldown, t]`
    decay_curve decay{};
    condition when{};
    friend bool operator==(const occurrence&, const occurrence&) = default;
};

/// A chain of 2 to 8 touchpoints, the last less than `within` after the first, awards at its last.
/// Chains are found left to right, do not overlap, and take each step at the earliest touchpoint
/// that keeps the whole chain within its duration.
struct sequence {
    std::string id{};
    std::string score{};
    std::string group{};
    std::string description{};
    std::vector<pattern> steps{};
    duration within{};
    bool strict = false; ///< no other touchpoint of `scope` may stand between two steps
    pattern scope{};     ///< for `strict`; by default every touchpoint
    decimal points = 0;
    std::vector<limit> limits{};
    std::optional<duration> cooldown{};
    decay_curve decay{};
    condition when{};
    friend bool operator==(const sequence&, const sequence&) = default;
};

/// A matching touchpoint, `after` or more since the touchpoint before it of the kind `silence_of`.
/// Without an earlier one there is no return.
struct return_rule {
    std::string id{};
    std::string score{};
    std::string group{};
    std::string description{};
    pattern on{};
    duration after{};
    pattern silence_of{}; ///< by default every touchpoint
    decimal points = 0;
    std::vector<limit> limits{};
    std::optional<duration> cooldown{};
    decay_curve decay{};
    condition when{};
    friend bool operator==(const return_rule&, const return_rule&) = default;
};

/// With L the last matching touchpoint, or the lead's first event if there is none: awards at
/// L + after + k·every, k = 0 … `times` − 1, as long as nothing matched up to and at that instant.
/// Such an award stands after the events of its own instant.
struct inactivity {
    std::string id{};
    std::string score{};
    std::string group{};
    std::string description{};
    pattern on{}; ///< by default every touchpoint
    duration after{};
    std::optional<duration> every{}; ///< needed if `times` > 1
    std::int64_t times = 1;
    bool while_idle = false; ///< its awards end with the next matching touchpoint; they are a
                             ///< state: no reset voids them
    decimal points = 0;
    std::vector<limit> limits{};
    std::optional<duration> cooldown{};
    decay_curve decay{};
    condition when{}; ///< as of the award's instant, its events included
    friend bool operator==(const inactivity&, const inactivity&) = default;
};

using rule =
    std::variant<attribute_rule, frequency, recency, occurrence, sequence, return_rule, inactivity>;

// ---- scores -------------------------------------------------------------------------------------

struct group {
    std::string id{};
    std::optional<decimal> min{};
    std::optional<decimal> max{};
    std::string description{};
    friend bool operator==(const group&, const group&) = default;
};

enum class clamping : std::uint8_t {
    at_end, ///< sum everything, then clamp
    running ///< fold awards in history order from 0, clamping after each; needs awards without
            ///< decay
};

/// score(t) = clamp(Σ_groups clamp(Σ_rules contribution(rule, t))). A score with no contribution is
/// 0, clamped.
struct score {
    std::string id{};
    std::optional<decimal> min{};
    std::optional<decimal> max{};
    clamping clamp = clamping::at_end;
    std::vector<group> groups{};
    std::string description{};
    friend bool operator==(const score&, const score&) = default;
};

struct weighted_term {
    std::string score{};
    decimal weight = 1;
    friend bool operator==(const weighted_term&, const weighted_term&) = default;
};
/// Σ weight × score, each product rounded to 10⁻⁶, plus a constant.
struct weighted_sum {
    std::vector<weighted_term> terms{};
    decimal plus = 0;
    friend bool operator==(const weighted_sum&, const weighted_sum&) = default;
};
struct minimum_of {
    std::vector<std::string> scores{};
    friend bool operator==(const minimum_of&, const minimum_of&) = default;
};
struct maximum_of {
    std::vector<std::string> scores{};
    friend bool operator==(const maximum_of&, const maximum_of&) = default;
};
/// top / (1 + e^(−(score − midpoint) / spread)), in integers, within 2⁻³⁰ × top.
struct logistic {
    std::string score{};
    decimal midpoint = 0;
    decimal spread = 1; ///< > 0
    decimal top = 1;    ///< 1 for a probability, 100 for a percentage
    friend bool operator==(const logistic&, const logistic&) = default;
};
struct lookup_step {
    decimal at_least = 0;
    decimal points = 0;
    friend bool operator==(const lookup_step&, const lookup_step&) = default;
};
/// The points of the highest step that the score reaches; `below` under the first.
struct lookup {
    std::string score{};
    std::vector<lookup_step> steps{}; ///< rising
    decimal below = 0;
    friend bool operator==(const lookup&, const lookup&) = default;
};
using formula = std::variant<weighted_sum, minimum_of, maximum_of, logistic, lookup>;

/// A score made from scores. Absent where one that it needs is absent.
struct derived_score {
    std::string id{};
    formula from{};
    std::optional<decimal> min{};
    std::optional<decimal> max{};
    std::string description{};
    friend bool operator==(const derived_score&, const derived_score&) = default;
};

// ---- what acts on scores ------------------------------------------------------------------------

/// From a matching touchpoint (before its own awards) or stage entry on, every award earlier in
/// history order contributes nothing to the named scores. Limits and cooldowns keep counting.
/// (A transition resets by its `effects`.)
struct reset {
    std::string id{};
    std::optional<pattern> on{}; ///< exactly one of `on` and `stage`
    std::string funnel{};        ///< with `stage`
    std::string stage{};
    std::vector<std::string> scores{}; ///< empty: all
    std::string description{};
    friend bool operator==(const reset&, const reset&) = default;
};

/// While the condition holds the scores are absent; the id is the reason reported.
struct exclusion {
    std::string id{};
    condition when{};
    std::vector<std::string> scores{}; ///< empty: all
    std::string description{};
    friend bool operator==(const exclusion&, const exclusion&) = default;
};

/// While the condition holds (as of just before the touchpoint) there are no new awards; decay goes
/// on.
struct freeze {
    std::string id{};
    condition when{};
    std::vector<std::string> scores{}; ///< empty: all
    std::string description{};
    friend bool operator==(const freeze&, const freeze&) = default;
};

// ---- bands and classes --------------------------------------------------------------------------

/// One range of a score. The first (lowest) band has no `enter`.
struct band {
    std::string id{};
    std::optional<decimal> enter{}; ///< entered from below at score ≥ this
    std::optional<decimal>
        leave{}; ///< left downwards at score < this; ≤ `enter`, and equal by default
    std::string description{};
    friend bool operator==(const band&, const band&) = default;
};

/// Names for the ranges of a score, lowest first. With hysteresis or a dwell the band at t is a
/// fold over the lead's evaluation instants (its events, exact deadlines, ticks of the decay grid)
/// up to t, and a last look at t itself.
struct banding {
    std::string id{};
    std::string score{};
    std::vector<band> bands{};
    std::optional<duration> min_dwell{}; ///< a band once entered is kept at least this long
    std::string description{};
    friend bool operator==(const banding&, const banding&) = default;
};

/// Crosses two bandings. `classes[r][c]` names the class of row band r and column band c (lowest
/// first); empty means the two bands' names joined.
struct matrix {
    std::string id{};
    std::string rows{};    ///< banding
    std::string columns{}; ///< banding
    std::vector<std::vector<std::string>> classes{};
    std::string description{};
    friend bool operator==(const matrix&, const matrix&) = default;
};

// ---- the model ----------------------------------------------------------------------------------

struct model {
    std::string id{};
    std::string version{};
    std::string description{};
    std::string time_zone = "UTC"; ///< IANA name, for calendar units
    duration decay_grid = std::chrono::hours{1};
    std::vector<attribute_declaration> attributes{};
    std::vector<property_declaration> properties{};
    std::vector<touchpoint_declaration> touchpoints{};
    std::vector<named_list> lists{};
    leadfunnel::roles roles{};
    std::vector<business_calendar> calendars{};
    std::vector<funnel> funnels{};
    std::vector<score> scores{};
    std::vector<rule> rules{};
    std::vector<derived_score> derived{};
    std::vector<reset> resets{};
    std::vector<exclusion> exclusions{};
    std::vector<freeze> freezes{};
    std::vector<banding> bandings{};
    std::vector<matrix> matrices{};
    std::vector<alert> alerts{};
    friend bool operator==(const model&, const model&) = default;
};

} // namespace leadfunnel::inline v0
