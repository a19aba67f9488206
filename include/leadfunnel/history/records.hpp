// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The parts of histories: records of numbers, and the dictionary of words for which the numbers
/// stand.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace leadfunnel::inline v0 {

/// What touchpoints have in common: type, properties, campaign and channel. Touchpoints that agree
/// in these share one *kind*; rules match kinds, not touchpoints.
struct touchpoint_kind {
    std::string type{};
    value_map properties{};
    std::string campaign{};
    std::string channel{};

    friend bool operator==(const touchpoint_kind&, const touchpoint_kind&) = default;
};

/// Lexicographic order of type, properties, campaign and channel. O(size).
[[nodiscard]] LEADFUNNEL_DECL std::strong_ordering compare(const touchpoint_kind& a,
                                                           const touchpoint_kind& b) noexcept;

/// A touchpoint's value as stored: a count of 10⁻⁶, or `no_value`.
using stored_value = std::int64_t;
inline constexpr stored_value no_value = std::numeric_limits<stored_value>::min();

/// Converts between values and stored values. The least decimal is stored as the next greater one.
[[nodiscard]] constexpr stored_value store(std::optional<decimal> d) noexcept {
    if (!d) return no_value;
    return d->micros() == no_value ? no_value + 1 : d->micros();
}
[[nodiscard]] constexpr std::optional<decimal> load(stored_value v) noexcept {
    if (v == no_value) return std::nullopt;
    return decimal::from_micros(v);
}

/// A fact that changes: attribute `name` takes the value `value` at an instant. Both are indices.
struct attribute_entry {
    instant at{};
    std::uint32_t name = 0;  ///< index into `attribute_names()`, or `no_name`
    std::uint32_t value = 0; ///< index into `attribute_values(name)`; 0 is null
};
/// The name of an attributes event that names no attribute: it happened all the same.
inline constexpr std::uint32_t no_name = std::numeric_limits<std::uint32_t>::max();

/// A lead's touchpoints as parallel columns, in history order.
struct touchpoint_span {
    std::span<const instant> at;
    std::span<const std::uint32_t> kind;
    std::span<const stored_value> value; ///< empty if no touchpoint of the histories has one
    [[nodiscard]] std::size_t size() const noexcept { return at.size(); }
};

/// What stage entries have in common.
struct stage_kind {
    std::string funnel{};
    std::string stage{};
    std::string transition{}; ///< empty for a manual move

    friend auto operator<=>(const stage_kind&, const stage_kind&) = default;
};

/// A score as recorded at a stage entry.
struct recorded_score {
    std::uint32_t score = 0; ///< index into `dictionary::recorded_scores`
    std::int64_t micros = 0;
};

/// A stage entry, reduced to what scores and funnels use. The ranges refer to
/// `lead_view::stage_scores` and `lead_view::stage_facts`.
struct stage_record {
    instant at{};
    std::uint32_t kind = 0; ///< index into `dictionary::stage_kinds`
    std::uint32_t first_score = 0;
    std::uint32_t first_fact = 0; ///< facts that hold from the entry on
    std::uint16_t score_count = 0;
    std::uint16_t fact_count = 0;
};

/// The words for which the numbers in records stand. It may grow; existing numbers keep their
/// words.
struct dictionary {
    std::vector<touchpoint_kind> kinds;
    std::vector<std::string> attribute_names;
    std::vector<std::vector<value>> attribute_values; ///< by name; the first is null
    std::vector<stage_kind> stage_kinds;
    std::vector<std::string> recorded_scores; ///< names
};

/// A lead's history as columns of records, each in history order. It refers to the memory of the
/// histories or engine that made it.
struct lead_view {
    touchpoint_span touchpoints{};
    std::span<const attribute_entry> attributes{};
    std::span<const stage_record> stages{};
    std::span<const recorded_score> stage_scores{};
    std::span<const attribute_entry> stage_facts{};
};

} // namespace leadfunnel::inline v0
