// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The model: how leads are scored and how they move, as a person writes it. Plain aggregates, with
/// the same structure as the JSON file (`model/json.hpp`). A model is data only; `compile` turns it
/// into a `plan`.
///
/// Windows are half open: `(t − w, t]`. Durations are elapsed time. Calendar units are those of the
/// model's time zone, and weeks are ISO weeks.

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

// ---- vocabulary: names that a model declares ----------------------------------------------------

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
    std::string value{}; ///< what its number counts, such as "seconds"; empty if it has no number
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

/// How much a rule may award in a period. At most one of `rolling` and `calendar` is set; with
/// neither, the limit counts all awards of the lead's history.
struct limit {
    std::optional<std::int64_t> at_most{};   ///< awards, ≥ 1
    std::optional<decimal> at_most_points{}; ///< sum of absolute points, > 0
    std::optional<duration> rolling{};       ///< counts awards in `(t − rolling, t]`
    std::optional<calendar_unit> calendar{}; ///< counts awards in the calendar period that holds t
    std::string per_distinct{}; ///< counts each value of this property separately, if named;
                                ///< touchpoints without the property share one count
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

/// The award keeps its points.
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
/// The award loses `percent` at the end of each full period, k = ⌊a / every⌋ times: of its initial
/// points, f = max(0, 1 − k·percent/100); or with `compound` of what is left,
/// f = (1 − percent/100)^k.
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
/// f(a) = 1 before the first point's age. From a point's age up to the next point, f is that
/// point's factor. With `interpolate`, f is the straight line between neighbouring points, and from
/// (0, 1) to the first point.
struct decay_table {
    std::vector<decay_point> points{}; ///< ages rising, > 0
    bool interpolate = false;
    friend bool operator==(const decay_table&, const decay_table&) = default;
};
/// An award of p points at t₀ contributes p × f(t − t₀) at t ≥ t₀, rounded half away from zero.
using decay_curve =
    std::variant<no_decay, half_life, linear_decay, step_decay, expiry, decay_table>;

// ---- rules --------------------------------------------------------------------------------------
// State rules (attribute, frequency, recency) contribute points while something holds.

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
    sum,     ///< the sum of their values; a missing value counts 0
    distinct ///< how many distinct values of `property` they have; a missing value is not counted
};

/// Points while the measure of the matching touchpoints in `(t − window, t]`, or of all matching
/// touchpoints, is `at_least` or more.
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
    condition when{}; ///< points only while this holds, too
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

// Award rules (the others) award points at instants. A candidate becomes an award unless its
// condition fails, a freeze holds, the cooldown has not passed, or a limit is reached. A refused
// candidate counts towards no limit and no cooldown. `when` is evaluated as of just before the
// touchpoint.

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
    std::optional<duration> cooldown{}; ///< no award at t if there is one in `(t − cooldown, t]`
    decay_curve decay{};
    condition when{};
    friend bool operator==(const occurrence&, const occurrence&) = default;
};

/// A chain of 2 to 8 touchpoints, the last less than `within` after the first, awards points at its
/// last. Chains are found from left to right and do not overlap. Each step is the earliest
/// touchpoint that keeps the whole chain within its duration.
struct sequence {
    std::string id{};
    std::string score{};
    std::string group{};
    std::string description{};
    std::vector<pattern> steps{};
    duration within{};
    bool strict = false; ///< no other touchpoint of `scope` may come between two steps
    pattern scope{};     ///< for `strict`; by default every touchpoint
    decimal points = 0;
    std::vector<limit> limits{};
    std::optional<duration> cooldown{};
    decay_curve decay{};
    condition when{};
    friend bool operator==(const sequence&, const sequence&) = default;
};

/// A matching touchpoint awards points if the previous touchpoint that matches `silence_of` was
/// `after` or more earlier. Without a previous one there is no return.
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

/// Silence awards points. Let L be the last matching touchpoint, or the lead's first event if there
/// is none. There are awards at L + after + k·every, k = 0 … `times` − 1, unless a touchpoint
/// matches before or at that instant. Such an award comes after the events of its own instant.
struct inactivity {
    std::string id{};
    std::string score{};
    std::string group{};
    std::string description{};
    pattern on{}; ///< by default every touchpoint
    duration after{};
    std::optional<duration> every{}; ///< needed if `times` > 1
    std::int64_t times = 1;
    bool while_idle = false; ///< awards end at the next matching touchpoint; they are a state, and
                             ///< no reset voids them
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
    running ///< add awards in history order from 0 and clamp after each; needs awards without decay
};

/// The sum of its rules' contributions, clamped by group and as a whole:
/// score(t) = clamp(Σ_groups clamp(Σ_rules contribution(rule, t))). A score without contributions
/// is 0, clamped.
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
/// top / (1 + e^(−(score − midpoint) / spread)), computed in integers, within 2⁻³⁰ × top.
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
/// The points of the highest step that the score reaches; `below` if it reaches none.
struct lookup {
    std::string score{};
    std::vector<lookup_step> steps{}; ///< rising
    decimal below = 0;
    friend bool operator==(const lookup&, const lookup&) = default;
};
using formula = std::variant<weighted_sum, minimum_of, maximum_of, logistic, lookup>;

/// A score made from other scores. It is absent where one of them is absent.
struct derived_score {
    std::string id{};
    formula from{};
    std::optional<decimal> min{};
    std::optional<decimal> max{};
    std::string description{};
    friend bool operator==(const derived_score&, const derived_score&) = default;
};

// ---- what acts on scores ------------------------------------------------------------------------

/// A matching touchpoint or stage entry voids every award that is earlier in history order: it
/// contributes nothing to the named scores from then on. A touchpoint resets before its own awards.
/// Limits and cooldowns keep counting voided awards. (A transition resets by its `effects`.)
struct reset {
    std::string id{};
    std::optional<pattern> on{}; ///< exactly one of `on` and `stage`
    std::string funnel{};        ///< with `stage`
    std::string stage{};
    std::vector<std::string> scores{}; ///< empty: all
    std::string description{};
    friend bool operator==(const reset&, const reset&) = default;
};

/// While the condition holds, the scores are absent. The id is reported as the reason.
struct exclusion {
    std::string id{};
    condition when{};
    std::vector<std::string> scores{}; ///< empty: all
    std::string description{};
    friend bool operator==(const exclusion&, const exclusion&) = default;
};

/// While the condition holds, as of just before the touchpoint, there are no new awards. Awards
/// made before continue to decay.
struct freeze {
    std::string id{};
    condition when{};
    std::vector<std::string> scores{}; ///< empty: all
    std::string description{};
    friend bool operator==(const freeze&, const freeze&) = default;
};

// ---- bands and classes --------------------------------------------------------------------------

/// A range of a score. The first (lowest) band has no `enter`.
struct band {
    std::string id{};
    std::optional<decimal> enter{}; ///< a lead enters from below at score ≥ this
    std::optional<decimal> leave{}; ///< a lead leaves downwards at score < this; at most `enter`,
                                    ///< and equal to it by default
    std::string description{};
    friend bool operator==(const band&, const band&) = default;
};

/// Names for the ranges of a score, lowest first. With hysteresis (`leave` below `enter`) or a
/// dwell, the band depends on the past: it is evaluated at each of the lead's evaluation instants
/// up to t (its events, exact deadlines, ticks of the decay grid), and finally at t itself.
struct banding {
    std::string id{};
    std::string score{};
    std::vector<band> bands{};
    std::optional<duration> min_dwell{}; ///< a lead stays in a band it entered at least this long
    std::string description{};
    friend bool operator==(const banding&, const banding&) = default;
};

/// Crosses two bandings into classes. `classes[r][c]` is the class of row band r and column band c,
/// lowest first. If `classes` is empty, a class is the names of its two bands joined.
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
