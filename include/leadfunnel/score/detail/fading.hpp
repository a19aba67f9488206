// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Awards that decay or end: what they are worth, and when that changes. Not for users.

#include <leadfunnel/plan/detail/bound_program.hpp>
#include <leadfunnel/plan/detail/decayed_sum.hpp>
#include <leadfunnel/score/detail/cursor_state.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace leadfunnel::inline v0::detail {

[[nodiscard]] inline std::int64_t ticks(instant t) noexcept { return t.time_since_epoch().count(); }

/// The decaying awards of a walk, column by column (`bound_program::fading`). Members read a
/// cursor's state; "now" is where that cursor stands. A stop is an instant at which something other
/// than decay happens. Not for concurrent use.
class fading_sums {
  public:
    /// The program must outlive this.
    explicit fading_sums(const bound_program& b) : b_(b), p_(b.p) {
        for (const auto& c : b_.fading) decays_.push_back(&p_.decays[c.decay]);
    }

    [[nodiscard]] const compiled_decay& decay_of(std::size_t column) const noexcept {
        return *decays_[column];
    }

    // ---- when awards change

    /// The first breakpoint of a column's awards after `t`; `end_of_time` if there is none.
    /// O(awards); O(steps · log awards) for stepwise decays.
    [[nodiscard]] std::int64_t next_breakpoint(const cursor_state& s, std::size_t column,
                                               std::int64_t t) const noexcept {
        std::int64_t next = end_of_time;
        const auto& g = s.groups[column];
        const auto& d = decay_of(column);
        if (g.empty() || d.is_constant()) return next;
        if (d.is_stepwise()) return g.next_step(d, t);
        for (const auto& at : std::span{g.at(), g.size()})
            if (const auto age = d.next_breakpoint(duration{t - ticks(at)}))
                next = std::min(next, later(ticks(at), age->count()));
        return next;
    }

    /// When the next award that fades out is worth nothing for good. O(columns).
    [[nodiscard]] std::int64_t next_award_end(const cursor_state& s) const noexcept {
        std::int64_t next = end_of_time;
        for (std::size_t i = 0; i < s.groups.size(); ++i) {
            const auto& g = s.groups[i];
            const auto& d = decay_of(i);
            if (g.empty() || !d.fades()) continue;
            for (const auto& at : std::span{g.at(), g.size()}) {
                const auto age = d.next_breakpoint(duration{s.now - ticks(at)});
                if (!age) continue;
                next = std::min(next, later(ticks(at), age->count()));
                break; // the oldest ends first
            }
        }
        return next;
    }

    /// The next evaluation instant after now at which no score jumps: an award has faded out, or a
    /// touchpoint leaves a window that had too few anyway. O(rules).
    [[nodiscard]] std::int64_t next_end(cursor_state& s) const {
        std::int64_t next = next_award_end(s);
        for (const auto i : b_.fading_rules) {
            const auto& r = p_.rules[i];
            if (r.kind != rule_kind::frequency) continue;
            auto& w = s.windows[b_.window_of_rule[i]];
            if (w.empty()) continue;
            w.expire(s.now, r.window);
            if (!w.empty() && is_idle(w, r)) next = std::min(next, later(w.front().at, r.window));
        }
        return next;
    }

    /// The first instant after `t` at which scores are evaluated because of decay alone, or because
    /// a touchpoint leaves a window that had too few anyway: a tick of the grid while an award
    /// decays, a step, or an award's end. Precondition: `t` is not before now. The result counts
    /// only if it is before the next stop. O(rules + columns · log awards + awards that step).
    [[nodiscard]] std::int64_t next_fade(const cursor_state& s, std::int64_t t) const noexcept {
        std::int64_t next = end_of_time;
        bool decays = false;
        for (std::size_t i = 0; i < s.groups.size(); ++i) {
            const auto& g = s.groups[i];
            if (g.empty()) continue;
            const auto& d = decay_of(i);
            decays = decays || d.is_continuous();
            if (d.fades()) {
                const auto* const end = g.at() + g.size();
                const auto* const first =
                    std::upper_bound(g.at(), end, instant{duration{t - d.lifetime().count()}});
                if (first != end) next = std::min(next, later(ticks(*first), d.lifetime().count()));
            } else if (varies(d) && d.only_falls()) {
                next = std::min(next, next_breakpoint(s, i, t));
            }
        }
        if (decays) next = std::min(next, tick_after(t, p_.grid));
        for (const auto i : b_.fading_rules) {
            const auto& r = p_.rules[i];
            if (r.kind != rule_kind::frequency) continue;
            const auto& w = s.windows[b_.window_of_rule[i]];
            if (w.empty() || !is_idle(w, r)) continue;
            const auto first = w.first_after(t - r.window);
            if (first != end_of_time) next = std::min(next, later(first, r.window));
        }
        return next;
    }

    /// Whether a window has too few touchpoints. It cannot get enough by losing some.
    [[nodiscard]] static bool is_idle(const counted_window& w, const compiled_rule& r) noexcept {
        return r.measure != frequency_measure::sum && w.measured(r.measure) < r.at_least;
    }
    /// Whether awards of a decay change before the next stop.
    [[nodiscard]] static bool varies(const compiled_decay& d) noexcept {
        return d.is_continuous() || (d.only_falls() && !d.is_constant());
    }
    /// Whether some award changes before the next stop.
    [[nodiscard]] bool varies(const cursor_state& s) const noexcept {
        for (std::size_t i = 0; i < s.groups.size(); ++i)
            if (!s.groups[i].empty() && varies(decay_of(i))) return true;
        return false;
    }
    /// Whether every decaying award is positive and fades out. Then no sum of awards rises before
    /// the next stop: factors of half-lives and linear decays never rise with age, to the bit.
    [[nodiscard]] bool only_sinks(const cursor_state& s) const noexcept {
        for (std::size_t i = 0; i < s.groups.size(); ++i) {
            const auto& g = s.groups[i];
            const auto& d = decay_of(i);
            if (!g.empty() && varies(d) && (!g.is_positive() || !d.fades())) return false;
        }
        return true;
    }

    // ---- what awards are worth

    /// The worth of a column's awards at an instant that is not before now. O(entries); O(steps ·
    /// log entries) for stepwise decays, see `award_group::stepwise_worth`.
    [[nodiscard]] wide sum_of(const award_group& g, const compiled_decay& d, std::int64_t t) {
        if (d.is_stepwise()) {
            const auto left = g.stepwise_worth(d, t);
            return left.gains + left.losses;
        }
        const auto n = g.size();
        wide sum = 0;
        if (n >= by_vectors && d.is_half_life()) {
            while (rising_.size() < n)
                rising_.push_back(static_cast<std::uint32_t>(rising_.size()));
            sum = kept_sum(d, {{g.at(), n}, {rising_.data(), n}, {g.points(), n}}, t);
        } else {
            for (std::size_t i = 0; i < n; ++i) sum += worth_of(g, d, i, t);
        }
        g.each_repeat(
            [&](std::size_t i, std::int64_t more) { sum += worth_of(g, d, i, t) * more; });
        return sum;
    }

    /// The worth, at an instant, of the awards that change before the next stop, by slot.
    struct worth {
        std::int64_t at = 0;
        std::vector<wide> falling; ///< awards whose worth falls until then
        std::vector<wide> rising;  ///< awards whose worth rises until then
    };
    /// Sets `out` to the worth at `t`. Returns the number of awards that it went over.
    std::size_t sum_worth(const cursor_state& s, std::int64_t t, worth& out) {
        out.at = t;
        std::size_t awards = 0;
        out.falling.assign(p_.slots.size(), 0);
        out.rising.assign(p_.slots.size(), 0);
        for (std::size_t i = 0; i < s.groups.size(); ++i) {
            const auto& g = s.groups[i];
            const auto& d = decay_of(i);
            if (g.empty() || !varies(d)) continue;
            auto& falling = out.falling[b_.fading[i].slot];
            auto& rising = out.rising[b_.fading[i].slot];
            if (d.is_stepwise()) {
                const auto left = g.stepwise_worth(d, t);
                falling += left.gains;
                rising += left.losses;
                continue;
            }
            awards += g.size();
            if (!d.only_falls()) {
                g.each([&](std::size_t k, std::int64_t count) {
                    const duration now{s.now - ticks(g.at()[k])};
                    const auto end = d.next_breakpoint(now);
                    const bool grows = end && d.at(*end) > d.at(now);
                    (grows == (g.points()[k] > 0) ? rising : falling) +=
                        worth_of(g, d, k, t) * count;
                });
            } else if (g.is_positive()) {
                falling += sum_of(g, d, t);
            } else if (g.is_negative()) {
                rising += sum_of(g, d, t);
            } else {
                g.each([&](std::size_t k, std::int64_t count) {
                    const wide kept = worth_of(g, d, k, t);
                    (kept > 0 ? falling : rising) += kept * count;
                });
            }
        }
        return awards;
    }

    // ---- how long a score stays

    /// For a score of at least `value` now, where `only_sinks`: an instant up to which it stays
    /// there unless something other than decay happens. It need not be the last such instant; it
    /// may be later than `to` where that is easy to see. `sums` are those of the latest evaluation,
    /// by slot.
    ///
    /// The idea: the sum of awards that halve is convex, and so is its logarithm. A tangent lies
    /// below the curve, so where the tangent reaches the value, the score is still above it. From
    /// there, the next tangent comes closer. A cap that is reached only helps.
    [[nodiscard]] std::int64_t stays_until(const cursor_state& s, const std::vector<wide>& sums,
                                           std::uint32_t score_number, std::int64_t value,
                                           std::int64_t to) const noexcept {
        const auto& score = p_.scores[score_number];
        if (score.derived) return s.now;
        if (score.min != before_time && value <= score.min) return end_of_time;
        bool falls = false;
        bool lines = false;
        double off = 2 + std::abs(static_cast<double>(value)) * 0x1p-50; // bound of rounding errors
        for (std::size_t i = 0; i < s.groups.size(); ++i) {
            const auto& g = s.groups[i];
            const auto& d = decay_of(i);
            if (g.empty() || b_.fading[i].score != score_number || !d.is_continuous()) continue;
            falls = true;
            lines = lines || d.is_linear();
            off += static_cast<double>(g.awards()) / 2 + g.gross() * 0x1p-29;
        }
        if (!falls) return end_of_time;
        const auto farthest = static_cast<double>(to) - static_cast<double>(s.now);
        double ahead = 0;
        for (int step = 0; step < 6; ++step) {
            const std::int64_t t = s.now + static_cast<std::int64_t>(ahead);
            outlook all;
            for (std::uint32_t k = score.first_slot; k < score.first_slot + score.slot_count; ++k)
                add_slot(s, sums[k], k, t, lines, all);
            const double needed = static_cast<double>(value) - all.fixed + off;
            if (needed <= 0) return end_of_time;
            if (all.fading <= needed) break;
            if (all.speed <= 0) return end_of_time;
            const double further = lines ? (all.fading - needed) / all.speed
                                         : std::log(all.fading / needed) * all.fading / all.speed;
            ahead += further;
            if (ahead > farthest) return end_of_time;
            if (further < static_cast<double>(p_.grid) / 4) break;
        }
        return s.now + static_cast<std::int64_t>(ahead);
    }

  private:
    /// From this many awards on, vectors are faster.
    static constexpr std::size_t by_vectors = 8;

    /// The worth of one award of an entry at an instant.
    [[nodiscard]] static wide worth_of(const award_group& g, const compiled_decay& d, std::size_t i,
                                       std::int64_t t) noexcept {
        return scaled(g.points()[i], d.at(duration{t - ticks(g.at()[i])}));
    }

    /// Micros of a score at a later instant.
    struct outlook {
        double fixed = 0;  ///< what does not decay
        double fading = 0; ///< what decays
        double speed = 0;  ///< how fast that falls, by microsecond: never too slow for a tangent
    };
    /// Adds a slot at `t`. The tangent is one to the logarithm, or, with `lines`, to the sum
    /// itself.
    void add_slot(const cursor_state& s, wide sum, std::uint32_t k, std::int64_t t, bool lines,
                  outlook& all) const noexcept {
        constexpr double ln2 = 0.693147180559945309;
        const auto& slot = p_.slots[k];
        wide stays = sum;
        double mine = 0;
        double falls = 0;
        for (std::size_t i = 0; i < s.groups.size(); ++i) {
            const auto& g = s.groups[i];
            if (g.empty() || b_.fading[i].slot != k) continue;
            const auto& d = decay_of(i);
            if (!d.is_continuous()) continue;
            stays -= g.kept;
            const auto period = static_cast<double>(d.period());
            if (d.is_half_life()) {
                const double left = g.halving(t, d);
                mine += left;
                falls += left * (ln2 / period);
            } else {
                const double slope = g.gross() / period;
                const double left =
                    static_cast<double>(g.kept) - slope * static_cast<double>(t - s.now);
                if (left <= 0) continue;
                mine += left;
                falls += slope;
            }
        }
        auto constant = static_cast<double>(stays);
        if (slot.max != end_of_time) {
            const double room = static_cast<double>(slot.max) - constant;
            if (room <= 0) {
                constant = static_cast<double>(slot.max);
                mine = falls = 0;
            } else if (mine > room) {
                if (!lines) falls *= room / mine;
                mine = room;
            }
        }
        all.fixed += constant;
        all.fading += mine;
        all.speed += falls;
    }

    const bound_program& b_;
    const program& p_;
    std::vector<const compiled_decay*> decays_; // by column
    std::vector<std::uint32_t> rising_;         // 0, 1, 2, …: each award is of its own kind
};

} // namespace leadfunnel::inline v0::detail
