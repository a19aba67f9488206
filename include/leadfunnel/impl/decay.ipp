// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/plan/decay.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <variant>

namespace leadfunnel::inline v0 {

namespace detail {

inline constexpr std::int64_t whole_percent = 100 * decimal::unit;

/// The first age in `(low, high]` at which a falling function is 0; it is so at `high`.
template<class Function>
[[nodiscard]] std::int64_t first_zero(std::int64_t low, std::int64_t high, const Function& f) {
    while (high - low > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        (f(middle) == 0 ? high : low) = middle;
    }
    return high;
}

[[nodiscard]] constexpr factor to_factor(decimal d) noexcept {
    return static_cast<factor>(
        divide_rounded(static_cast<wide>(d.micros()) * whole_factor, decimal::unit));
}

} // namespace detail

LEADFUNNEL_DECL compiled_decay::compiled_decay(const decay_curve& curve) {
    if (const auto* h = std::get_if<half_life>(&curve)) {
        kind_ = shape::half_life;
        period_ = h->period.count();
        divisor_ = period_divisor{period_};
        if (divisor_.beyond < zero_at_)
            zero_at_ = detail::first_zero(0, divisor_.beyond, [&](std::int64_t age) {
                return exp2_negative(divisor_.ratio(age));
            });
    } else if (const auto* l = std::get_if<linear_decay>(&curve)) {
        kind_ = shape::linear;
        period_ = l->over.count();
        divisor_ = period_divisor{period_};
        zero_at_ = period_;
    } else if (const auto* s = std::get_if<step_decay>(&curve)) {
        kind_ = shape::step;
        period_ = s->every.count();
        percent_ = s->percent.micros();
        if (s->compound) compile_compound();
    } else if (const auto* e = std::get_if<expiry>(&curve)) {
        kind_ = shape::table;
        zero_at_ = e->after.count();
        entries_ = {{0, whole_factor}, {zero_at_, 0}};
    } else if (const auto* t = std::get_if<decay_table>(&curve)) {
        compile_table(*t);
    }
}

LEADFUNNEL_DECL void compiled_decay::compile_compound() {
    // Entries of one value are joined: an entry's age is where the next one begins.
    wide y = wide{1} << 62;
    const wide keeps = detail::whole_percent - percent_;
    for (std::size_t steps = 0; steps < longest_step_table; ++steps) {
        const auto f = static_cast<factor>((y + (wide{1} << 30)) >> 31);
        entries_.push_back({0, f});
        if (f == 0) break;
        y = y * keeps / detail::whole_percent;
    }
    std::int64_t next = std::numeric_limits<std::int64_t>::max();
    for (std::size_t k = entries_.size(); k-- > 0;) {
        entries_[k].age = next;
        if (k > 0 && entries_[k].keeps != entries_[k - 1].keeps) {
            const wide age = static_cast<wide>(period_) * static_cast<wide>(k);
            if (age < std::numeric_limits<std::int64_t>::max())
                next = static_cast<std::int64_t>(age);
        }
    }
}

LEADFUNNEL_DECL void compiled_decay::compile_table(const decay_table& table) {
    kind_ = table.interpolate ? shape::ramp : shape::table;
    entries_.push_back({0, whole_factor});
    for (const decay_point& p : table.points) {
        const factor f = detail::to_factor(p.factor);
        // A jump to the value already held is none.
        if (kind_ == shape::table && f == entries_.back().keeps) continue;
        entries_.push_back({p.age.count(), f});
    }
    if (entries_.back().keeps != 0) return;
    std::size_t last = entries_.size() - 1;
    while (last > 0 && entries_[last - 1].keeps == 0) --last;
    zero_at_ = entries_[last].age;
    if (kind_ == shape::ramp && last > 0) // rounding brings it to 0 a little before
        zero_at_ = detail::first_zero(entries_[last - 1].age, zero_at_,
                                      [&](std::int64_t age) { return at(duration{age}); });
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
        if (!entries_.empty())
            return entries_[std::min(static_cast<std::size_t>(k), entries_.size() - 1)].keeps;
        const wide off = static_cast<wide>(k) * percent_;
        if (off >= detail::whole_percent) return 0;
        return whole_factor -
               static_cast<factor>(divide_rounded(off * whole_factor, detail::whole_percent));
    }
    case shape::table:
    case shape::ramp:
        break;
    }
    const auto next = std::upper_bound(entries_.begin() + 1, entries_.end(), a,
                                       [](std::int64_t x, const entry& e) { return x < e.age; });
    const auto last = next - 1;
    if (kind_ == shape::table || next == entries_.end()) return last->keeps;
    const wide rise = static_cast<wide>(next->keeps) - static_cast<wide>(last->keeps);
    return static_cast<factor>(static_cast<wide>(last->keeps) +
                               divide_rounded(rise * (a - last->age), next->age - last->age));
}

LEADFUNNEL_DECL std::optional<duration>
compiled_decay::next_breakpoint(duration age) const noexcept {
    constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
    const std::int64_t a = age.count();
    std::int64_t next = none;
    switch (kind_) {
    case shape::constant:
        break;
    case shape::half_life:
    case shape::linear:
        next = a < zero_at_ ? zero_at_ : none;
        break;
    case shape::step: {
        const std::int64_t k = a / period_;
        if (!entries_.empty()) {
            next = entries_[std::min(static_cast<std::size_t>(k), entries_.size() - 1)].age;
        } else if (at(age) != 0) {
            const wide start = (static_cast<wide>(k) + 1) * period_;
            if (start < none) next = static_cast<std::int64_t>(start);
        }
        break;
    }
    case shape::table:
    case shape::ramp: {
        const auto e = std::upper_bound(entries_.begin() + 1, entries_.end(), a,
                                        [](std::int64_t x, const entry& y) { return x < y.age; });
        if (e != entries_.end()) next = e->age;
        break;
    }
    }
    if (next == none) return std::nullopt;
    return duration{next};
}

} // namespace leadfunnel::inline v0
