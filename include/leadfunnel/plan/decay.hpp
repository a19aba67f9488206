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

/// Factors of a `decay_curve`, exactly as documented there and here, within 2⁻³⁰ of the real
/// function. Immutable; safe to share between threads.
///
/// - none: 2³¹ (that is, 1).
/// - half_life: `exp2_negative(ratio)` with `period_divisor(period).ratio(age)`.
/// - linear: 2³¹ − min(ratio, 2³²) / 2 (rounded down) for age < over, then 0.
/// - step: entry ⌊age / every⌋ of a table that starts with 2³¹. With `compound` y₀ = 2⁶²,
///   yₖ₊₁ = ⌊yₖ · (10⁸ − p) / 10⁸⌋ and the entry is ⌊(yₖ + 2³⁰) / 2³¹⌋, where p is the percentage
///   in 10⁻⁶; otherwise it is 2³¹ − round(2³¹ · k · p / 10⁸), at least 0. From the first 0 on, 0.
/// - expiry: 2³¹ for age < after, then 0.
/// - table: round(2³¹ · factor) of the last point with age ≤ the award's, 2³¹ before the first;
///   with `interpolate`, f₀ + round((f₁ − f₀) · (age − a₀) / (a₁ − a₀)) between neighbouring
///   points.
class compiled_decay {
  public:
    compiled_decay() = default;
    /// The curve must be valid: `check` has found no error in it.
    LEADFUNNEL_DECL explicit compiled_decay(const decay_curve& curve);

    enum class shape : std::uint8_t { constant, half_life, linear, step, table, ramp };

    /// The factor at an age ≥ 0. O(1); O(log points) for tables.
    [[nodiscard]] LEADFUNNEL_DECL factor at(duration age) const noexcept;

    /// Whether the factor is 1 at every age.
    [[nodiscard]] bool is_constant() const noexcept { return kind_ == shape::constant; }
    /// Whether the factor changes between its breakpoints (half_life, linear, interpolated table).
    [[nodiscard]] bool is_continuous() const noexcept {
        switch (kind_) {
        case shape::half_life:
        case shape::linear:
        case shape::ramp:
            return true;
        case shape::constant:
        case shape::step:
        case shape::table:
            return false;
        }
        return false;
    }
    /// Whether the factor changes at breakpoints alone (step, expiry, table).
    [[nodiscard]] bool is_stepwise() const noexcept {
        switch (kind_) {
        case shape::step:
        case shape::table:
            return true;
        case shape::constant:
        case shape::half_life:
        case shape::linear:
        case shape::ramp:
            return false;
        }
        return false;
    }
    /// Whether the factor halves with each period (half_life).
    [[nodiscard]] bool halves() const noexcept { return kind_ == shape::half_life; }
    /// Whether the factor falls in a straight line (linear).
    [[nodiscard]] bool is_linear() const noexcept { return kind_ == shape::linear; }
    /// Whether the factor falls to 0 without a jump (half_life, linear).
    [[nodiscard]] bool fades_out() const noexcept { return halves() || is_linear(); }
    /// The age from which the factor is 0. Precondition: `fades_out()`.
    [[nodiscard]] std::int64_t lifetime() const noexcept {
        return halves() ? divisor_.beyond : period_;
    }
    /// Whether the factor is 0 at an age ≥ 0, and at every later one. O(1); O(log points) for
    /// tables.
    [[nodiscard]] bool is_over(duration age) const noexcept {
        if (fades_out()) return age.count() >= lifetime();
        return at(age) == 0 && !next_breakpoint(age);
    }
    /// Whether the factor never rises with age, to the bit: all shapes but tables that say so.
    [[nodiscard]] bool only_falls() const noexcept { return only_falls_; }
    /// The first age > `age` at which the score must be looked at because of this award: a jump
    /// (step, expiry, table), the end of a linear decay, 33 periods of a half-life, a point of an
    /// interpolated table. None: the factor never changes again. O(1); O(log entries) for tables
    /// and compound steps.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<duration>
    next_breakpoint(duration age) const noexcept;

    [[nodiscard]] shape kind() const noexcept { return kind_; }
    [[nodiscard]] const period_divisor& divisor() const noexcept { return divisor_; }
    /// The period of half_life, linear and step.
    [[nodiscard]] std::int64_t period() const noexcept { return period_; }

    friend bool operator==(const compiled_decay&, const compiled_decay&) = default;

  private:
    struct entry {
        std::int64_t age = 0;
        factor keeps = 0;
        friend bool operator==(const entry&, const entry&) = default;
    };
    LEADFUNNEL_DECL void compile_compound();
    LEADFUNNEL_DECL void compile_table(const decay_table& table);
    [[nodiscard]] LEADFUNNEL_DECL std::vector<entry>::const_iterator
    after(std::int64_t age) const noexcept;

    shape kind_ = shape::constant;
    bool only_falls_ = true;
    period_divisor divisor_;
    std::int64_t period_ = 0;
    std::int64_t percent_ = 0;   // step, in 10⁻⁶
    std::vector<factor> steps_;  // compound step, by index; falling, the last 0
    std::vector<entry> entries_; // table and ramp: ages rising, the first 0
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/decay.ipp>
#endif
