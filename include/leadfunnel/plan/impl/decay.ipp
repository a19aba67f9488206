// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/plan/decay.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <variant>

namespace leadfunnel::inline v0 {

namespace detail {

inline constexpr std::int64_t whole_percent = 100 * decimal::unit;

/// A valid compound step takes at least 0.1 %, so its factor is 0 after fewer steps than this.
inline constexpr std::size_t longest_step_table = std::size_t{1} << 15;

[[nodiscard]] constexpr factor to_factor(decimal d) noexcept {
    return static_cast<factor>(
        divide_rounded(static_cast<wide>(d.micros()) * whole_factor, decimal::unit));
}

/// No award gets this old: stands for "no age".
inline constexpr std::int64_t no_age = std::numeric_limits<std::int64_t>::max();

[[nodiscard]] constexpr std::int64_t saturated_age(wide age) noexcept {
    return age < no_age ? static_cast<std::int64_t>(age) : no_age;
}

} // namespace detail

LEADFUNNEL_DECL compiled_decay::compiled_decay(const decay_curve& curve) {
    std::visit([this](const auto& chosen) { set(chosen); }, curve);
}

LEADFUNNEL_DECL void compiled_decay::set(const leadfunnel::half_life& curve) noexcept {
    kind_ = shape::half_life;
    period_ = curve.period.count();
    divisor_ = period_divisor{period_};
}

LEADFUNNEL_DECL void compiled_decay::set(const linear_decay& curve) noexcept {
    kind_ = shape::linear;
    period_ = curve.over.count();
    divisor_ = period_divisor{period_};
}

LEADFUNNEL_DECL void compiled_decay::set(const step_decay& curve) {
    kind_ = shape::step;
    period_ = curve.every.count();
    percent_ = curve.percent.micros();
    if (curve.compound) compile_compound();
}

LEADFUNNEL_DECL void compiled_decay::set(const expiry& curve) {
    kind_ = shape::table;
    entries_ = {{0, whole_factor}, {curve.after.count(), 0}};
}

LEADFUNNEL_DECL void compiled_decay::set(const decay_table& curve) {
    kind_ = curve.interpolate ? shape::ramp : shape::table;
    entries_.push_back({0, whole_factor});
    for (const decay_point& p : curve.points) {
        const factor f = detail::to_factor(p.factor);
        // A jump to the factor that holds already is no jump.
        if (kind_ == shape::table && f == entries_.back().keeps) continue;
        if (f > entries_.back().keeps) only_falls_ = false;
        entries_.push_back({p.age.count(), f});
    }
}

LEADFUNNEL_DECL void compiled_decay::compile_compound() {
    const wide keeps = detail::whole_percent - percent_;
    wide y = wide{1} << 62;
    while (steps_.size() < detail::longest_step_table) {
        steps_.push_back(static_cast<factor>((y + (wide{1} << 30)) >> 31));
        if (steps_.back() == 0) break;
        y = y * keeps / detail::whole_percent;
    }
    steps_.shrink_to_fit();
}

/// The first entry whose age is greater; the end if there is none.
LEADFUNNEL_DECL std::vector<compiled_decay::entry>::const_iterator
compiled_decay::after(std::int64_t age) const noexcept {
    return std::upper_bound(entries_.begin() + 1, entries_.end(), age,
                            [](std::int64_t a, const entry& e) { return a < e.age; });
}

LEADFUNNEL_DECL factor compiled_decay::at(duration age) const noexcept {
    const std::int64_t a = age.count();
    switch (kind_) {
    case shape::constant:
        return whole_factor;
    case shape::half_life:
        return exp2_negative(divisor_.ratio(a));
    case shape::linear: {
        if (a >= period_) return 0;
        constexpr std::uint64_t one = std::uint64_t{1} << 32;
        return whole_factor - static_cast<factor>(std::min(divisor_.ratio(a), one) / 2);
    }
    case shape::step: {
        const std::int64_t k = a / period_;
        if (!steps_.empty())
            return steps_[std::min(static_cast<std::size_t>(k), steps_.size() - 1)];
        const wide off = static_cast<wide>(k) * percent_;
        if (off >= detail::whole_percent) return 0;
        return whole_factor -
               static_cast<factor>(divide_rounded(off * whole_factor, detail::whole_percent));
    }
    case shape::table:
    case shape::ramp:
        break;
    }
    const auto next = after(a);
    const auto last = next - 1;
    if (kind_ == shape::table || next == entries_.end()) return last->keeps;
    const wide rise = static_cast<wide>(next->keeps) - static_cast<wide>(last->keeps);
    return static_cast<factor>(static_cast<wide>(last->keeps) +
                               divide_rounded(rise * (a - last->age), next->age - last->age));
}

LEADFUNNEL_DECL bool compiled_decay::is_gone(duration age) const noexcept {
    switch (kind_) {
    case shape::constant:
        return false;
    case shape::half_life:
    case shape::linear:
        return age >= lifetime();
    case shape::step:
    case shape::table:
    case shape::ramp:
        break;
    }
    return at(age) == 0 && !next_breakpoint(age);
}

LEADFUNNEL_DECL std::optional<duration>
compiled_decay::next_breakpoint(duration age) const noexcept {
    const std::int64_t a = age.count();
    std::int64_t next = detail::no_age;
    switch (kind_) {
    case shape::constant:
        break;
    case shape::half_life:
        if (a < divisor_.beyond) next = divisor_.beyond;
        break;
    case shape::linear:
        if (a < period_) next = period_;
        break;
    case shape::step: {
        const wide k = a / period_;
        if (steps_.empty()) { // each step takes the same share off, until nothing is left
            if (k * percent_ < detail::whole_percent)
                next = detail::saturated_age((k + 1) * period_);
        } else if (k < static_cast<wide>(steps_.size())) {
            const auto now = steps_.begin() + static_cast<std::ptrdiff_t>(k);
            const auto change = std::upper_bound(now, steps_.end(), *now, std::greater<>{});
            if (change != steps_.end())
                next = detail::saturated_age(static_cast<wide>(change - steps_.begin()) * period_);
        }
        break;
    }
    case shape::table:
    case shape::ramp:
        if (const auto e = after(a); e != entries_.end()) next = e->age;
        break;
    }
    if (next == detail::no_age) return std::nullopt;
    return duration{next};
}

} // namespace leadfunnel::inline v0
