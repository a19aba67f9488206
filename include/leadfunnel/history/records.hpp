// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What histories are made of: records of numbers, and the dictionary of what the numbers mean.

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

/// What touchpoints can have in common: type, properties, campaign and channel. Touchpoints that
/// agree in these share one *kind*; rules are matched against kinds, not touchpoints.
struct touchpoint_kind {
    std::string type{};
    value_map properties{};
    std::string campaign{};
    std::string channel{};

    friend bool operator==(const touchpoint_kind&, const touchpoint_kind&) = default;
};

[[nodiscard]] LEADFUNNEL_DECL std::strong_ordering compare(const touchpoint_kind& a,
                                                           const touchpoint_kind& b) noexcept;

/// A touchpoint's numeric value as stored: micro-units, or `no_value`.
using stored_value = std::int64_t;
inline constexpr stored_value no_value = std::numeric_limits<stored_value>::min();

[[nodiscard]] constexpr stored_value store(std::optional<decimal> d) noexcept {
    if (!d) return no_value;
    return d->micros() == no_value ? no_value + 1 : d->micros();
}
[[nodiscard]] constexpr std::optional<decimal> load(stored_value v) noexcept {
    if (v == no_value) return std::nullopt;
    return decimal::from_micros(v);
}

/// One fact that changes: attribute `name` takes value `value` (both indices) at an instant.
struct attribute_entry {
    instant at{};
    std::uint32_t name = 0;  ///< index into `attribute_names()`, or `no_name`
    std::uint32_t value = 0; ///< index into `attribute_values(name)`; 0 is null
};
/// Marks an attributes event that named nothing, but happened.
inline constexpr std::uint32_t no_name = std::numeric_limits<std::uint32_t>::max();

/// A lead's touchpoints as parallel columns, in history order.
struct touchpoint_span {
    std::span<const instant> at;
    std::span<const std::uint32_t> kind;
    std::span<const stored_value> value; ///< empty if no touchpoint of the histories has one
    [[nodiscard]] std::size_t size() const noexcept { return at.size(); }
};

/// What stage entries can have in common.
struct stage_kind {
    std::string funnel{};
    std::string stage{};
    std::string transition{}; ///< empty for a free move

    friend auto operator<=>(const stage_kind&, const stage_kind&) = default;
};

/// A score as it was recorded at a stage entry.
struct recorded_score {
    std::uint32_t score = 0; ///< index into `dictionary::recorded_scores`
    std::int64_t micros = 0;
};

/// One stage entry, as far as scores and funnels are concerned. The ranges are parts of
/// `lead_view::stage_scores` and `lead_view::stage_facts`.
struct stage_record {
    instant at{};
    std::uint32_t kind = 0; ///< index into `dictionary::stage_kinds`
    std::uint32_t first_score = 0;
    std::uint32_t first_fact = 0; ///< what holds from the entry on
    std::uint16_t score_count = 0;
    std::uint16_t fact_count = 0;
};

/// What the numbers in records stand for. It may grow; what it has stays.
struct dictionary {
    std::vector<touchpoint_kind> kinds;
    std::vector<std::string> attribute_names;
    std::vector<std::vector<value>> attribute_values; ///< by name; the first is null
    std::vector<stage_kind> stage_kinds;
    std::vector<std::string> recorded_scores; ///< names
};

/// A lead's history as columns of records, each in history order.
struct lead_view {
    touchpoint_span touchpoints{};
    std::span<const attribute_entry> attributes{};
    std::span<const stage_record> stages{};
    std::span<const recorded_score> stage_scores{};
    std::span<const attribute_entry> stage_facts{};
};

} // namespace leadfunnel::inline v0
