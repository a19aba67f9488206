// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A decay, compiled: the factor that an award of a given age keeps, in integers.

#include <leadfunnel/core/exp2.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/model/model.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace leadfunnel::inline v0 {

/// The factors of a `decay_curve`: what share of its points an award keeps at each age. Integers,
/// of which 2³¹ is the whole, within 2⁻³⁰ of the real function, and equal to the bit on every
/// machine. Immutable; safe to share between threads. Copying is O(entries of a table or compound
/// step).
///
/// - none: 2³¹.
/// - half_life: `exp2_negative(ratio)` with `period_divisor(period).ratio(age)`.
/// - linear: 2³¹ − min(ratio, 2³²) / 2 (rounded down) for age < over, then 0.
/// - step: entry ⌊age / every⌋ of a table that starts with 2³¹. With `compound` y₀ = 2⁶²,
///   yₖ₊₁ = ⌊yₖ · (10⁸ − p) / 10⁸⌋ and the entry is ⌊(yₖ + 2³⁰) / 2³¹⌋, where p is the percentage
///   in 10⁻⁶; otherwise it is 2³¹ − round(2³¹ · k · p / 10⁸), at least 0. From the first 0 on, 0.
/// - expiry: 2³¹ for age < after, then 0.
/// - table: round(2³¹ · factor) of the last point with age ≤ the award's, 2³¹ before the first;
///   with `interpolate`, f₀ + round((f₁ − f₀) · (age − a₀) / (a₁ − a₀)) between neighbouring
///   points.
///
/// No function but the constructor allocates or throws.
class compiled_decay {
  public:
    /// No decay.
    compiled_decay() = default;
    /// Precondition: `check` finds no error in the curve. O(entries), at most 2¹⁵ of a compound
    /// step. Throws std::bad_alloc.
    LEADFUNNEL_DECL explicit compiled_decay(const decay_curve& curve);

    /// How a factor changes with age. `step` and `table` jump (an expiry is a table); `ramp` is an
    /// interpolated table.
    enum class shape : std::uint8_t { constant, half_life, linear, step, table, ramp };

    /// The factor at an age ≥ 0. O(1); O(log points) for tables.
    [[nodiscard]] LEADFUNNEL_DECL factor at(duration age) const noexcept;

    /// The first age > `age` at which an award needs another look: at a jump (step, expiry, table),
    /// at a point of an interpolated table, at the end of a linear decay, and after 33 half-lives.
    /// None if the factor never changes again. O(1); O(log entries) for tables and compound steps.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<duration>
    next_breakpoint(duration age) const noexcept;

    /// Whether the award keeps nothing from an age ≥ 0 on. O(1); O(log entries) for tables and
    /// compound steps.
    [[nodiscard]] LEADFUNNEL_DECL bool is_gone(duration age) const noexcept;

    /// Whether the factor is always the whole.
    [[nodiscard]] bool is_constant() const noexcept { return kind_ == shape::constant; }
    /// Whether the factor is 2^(−age / period).
    [[nodiscard]] bool is_half_life() const noexcept { return kind_ == shape::half_life; }
    /// Whether the factor falls in one straight line, from the whole at age 0 to 0 at `period`.
    [[nodiscard]] bool is_linear() const noexcept { return kind_ == shape::linear; }
    /// Whether the factor changes between its breakpoints (half_life, linear, interpolated table).
    [[nodiscard]] bool is_continuous() const noexcept;
    /// Whether the factor changes at its breakpoints only (step, expiry, table).
    [[nodiscard]] bool is_stepwise() const noexcept;
    /// Whether the factor falls to 0 without a jump and stays there (half_life, linear).
    [[nodiscard]] bool fades() const noexcept;
    /// Whether the factor never rises with age, to the bit. False only for tables that rise.
    [[nodiscard]] bool only_falls() const noexcept { return only_falls_; }

    /// The age from which on nothing is left. Precondition: `fades()`.
    [[nodiscard]] duration lifetime() const noexcept {
        return duration{is_half_life() ? divisor_.beyond : period_};
    }
    /// Divides ages by the period. Of half_life and linear.
    [[nodiscard]] const period_divisor& divisor() const noexcept { return divisor_; }
    /// The period of half_life, linear and step in microseconds, else 0.
    [[nodiscard]] std::int64_t period() const noexcept { return period_; }
    /// The functions above say what a caller needs to know of a shape; use this where none does.
    [[nodiscard]] shape kind() const noexcept { return kind_; }

    friend bool operator==(const compiled_decay&, const compiled_decay&) = default;

  private:
    struct entry {
        std::int64_t age = 0;
        factor keeps = 0;
        friend bool operator==(const entry&, const entry&) = default;
    };
    // One for each alternative of `decay_curve`: a new one does not compile without its own.
    void set(const no_decay& /*curve*/) noexcept {}
    LEADFUNNEL_DECL void set(const leadfunnel::half_life& curve) noexcept;
    LEADFUNNEL_DECL void set(const linear_decay& curve) noexcept;
    LEADFUNNEL_DECL void set(const step_decay& curve);
    LEADFUNNEL_DECL void set(const expiry& curve);
    LEADFUNNEL_DECL void set(const decay_table& curve);
    LEADFUNNEL_DECL void compile_compound();
    [[nodiscard]] LEADFUNNEL_DECL std::vector<entry>::const_iterator
    after(std::int64_t age) const noexcept;

    shape kind_ = shape::constant;
    bool only_falls_ = true;
    period_divisor divisor_;
    std::int64_t period_ = 0;
    std::int64_t percent_ = 0;   // of a step, in 10⁻⁶
    std::vector<factor> steps_;  // of a compound step, by index; falling, the last 0
    std::vector<entry> entries_; // of table and ramp: ages rising, the first 0
};

// Inline: scoring calls them for every award.

inline bool compiled_decay::is_continuous() const noexcept {
    switch (kind_) {
    case shape::half_life:
    case shape::linear:
    case shape::ramp:
        return true;
    case shape::constant:
    case shape::step:
    case shape::table:
        break;
    }
    return false;
}

inline bool compiled_decay::is_stepwise() const noexcept {
    switch (kind_) {
    case shape::step:
    case shape::table:
        return true;
    case shape::constant:
    case shape::half_life:
    case shape::linear:
    case shape::ramp:
        break;
    }
    return false;
}

inline bool compiled_decay::fades() const noexcept {
    switch (kind_) {
    case shape::half_life:
    case shape::linear:
        return true;
    case shape::constant:
    case shape::step:
    case shape::table:
    case shape::ramp:
        break;
    }
    return false;
}

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/decay.ipp>
#endif
