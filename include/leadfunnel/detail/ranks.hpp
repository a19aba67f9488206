// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The scores of an engine whose order is kept at hand. Not for users.

#include <leadfunnel/detail/cursor.hpp>
#include <leadfunnel/detail/program.hpp>
#include <leadfunnel/detail/ranking.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Rankings of leads by chosen scores, told what is known of a lead whenever it is looked at.
///
/// An update that fails half-way is not taken back. Whoever writes says `begin` before an operation
/// and `fail` after one that threw: rankings touched in between are then out of use until `mend`
/// makes them anew.
class ranks {
  public:
    /// Keeps the order of one more score, of `leads` leads of which nothing is known yet.
    void add(const program& p, std::uint32_t score, std::size_t leads) {
        if (std::any_of(all_.begin(), all_.end(), [&](const auto& r) { return r.score == score; }))
            return;
        std::int64_t half_life = 0;
        for (const auto& r : p.rules) {
            const auto& d = p.decays[r.decay];
            if (r.score == score && d.kind() == compiled_decay::shape::half_life && half_life == 0)
                half_life = d.period();
        }
        ranking_options o{.half_life = duration{half_life}, .error = error, .vanishing = 0.49};
        if (p.scores[score].min != before_time) o.min = p.scores[score].min;
        if (p.scores[score].max != end_of_time) o.max = p.scores[score].max;
        all_.push_back({score, half_life, ranking{o}});
        all_.back().index.resize(leads);
    }

    [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
    [[nodiscard]] std::vector<std::uint32_t> scores() const {
        std::vector<std::uint32_t> out;
        for (const auto& r : all_) out.push_back(r.score);
        return out;
    }

    /// Makes room for leads [0, n).
    void resize(std::size_t n) {
        for (auto& r : all_) r.index.resize(n);
    }

    /// A lead was looked at: after a reading, until the cursor peeks.
    void update(std::uint32_t lead, cursor<>& c, const std::vector<reading>& now) {
        if (all_.empty()) return;
        const std::int64_t next = known_until(c);
        for (auto& r : all_) {
            if (!r.is_current) continue;
            touched_ = true;
            r.index.update(lead, estimate_of(r, c, now, next));
        }
    }
    void remove(std::uint32_t lead) noexcept {
        touched_ = true;
        for (auto& r : all_)
            r.index.update(lead, {.what = estimate::form::absent}); // removes: allocates nothing
    }

    void begin() noexcept { touched_ = false; }
    void fail() noexcept {
        if (touched_) forget();
    }
    /// Nothing that is known of leads holds any more.
    void forget() noexcept {
        for (auto& r : all_) r.is_current = false;
    }
    /// Makes anew what is out of use, of leads [0, n): those for which `is_ranked(lead)` holds.
    /// `look(lead)` takes the cursor there and gives the reading; null if nothing is known.
    template<class IsRanked, class Look>
    void mend(std::size_t n, cursor<>& c, const IsRanked& is_ranked, const Look& look) {
        for (auto& r : all_) {
            if (r.is_current) continue;
            r.index.assign(n, [&](std::uint32_t lead) {
                if (!is_ranked(lead)) return estimate{.what = estimate::form::absent};
                const std::vector<reading>* now = look(lead);
                return now == nullptr ? estimate{} : estimate_of(r, c, *now, known_until(c));
            });
            r.is_current = true;
        }
    }

    /// The order by a score; null if it is not kept, or out of use.
    [[nodiscard]] const ranking* find(std::size_t score) const noexcept {
        for (const auto& r : all_)
            if (r.score == score && r.is_current) return &r.index;
        return nullptr;
    }
    [[nodiscard]] std::size_t memory() const noexcept {
        std::size_t n = 0;
        for (const auto& r : all_) n += r.index.memory();
        return n;
    }

  private:
    /// Estimates hold until a score jumps, or an award is gone.
    [[nodiscard]] static std::int64_t known_until(cursor<>& c) {
        return std::min(c.next_jump(), c.next_award_end());
    }

    struct ranked_score {
        std::uint32_t score = 0;
        std::int64_t half_life = 0; // of what decays in estimates
        ranking index;
        bool is_current = true;
    };
    static constexpr double error = 1000; // micros

    /// What is known of a score where the cursor stands, after a reading. Awards are rounded one by
    /// one and factors are within 2^-30, so that an estimate is off by less than half a micro-point
    /// for each award, and a little.
    [[nodiscard]] static estimate estimate_of(const ranked_score& r, const cursor<>& c,
                                              const std::vector<reading>& all, std::int64_t next) {
        estimate e{.at = instant{duration{c.now()}}};
        if (next != end_of_time) e.valid_until = instant{duration{next}};
        const auto& now = all[r.score];
        if (now.excluded_by != none32) {
            e.what = estimate::form::absent;
            return e;
        }
        if (now.saturated) return e;
        if (close(r, c, e)) return e;
        if (!c.is_decaying()) {
            e.what = estimate::form::bounded;
            e.low = e.high = now.value;
        }
        return e;
    }

    /// A score that does not derive from others, as what is kept and what decays by one half-life.
    /// False if it has no such form.
    [[nodiscard]] static bool close(const ranked_score& r, const cursor<>& c, estimate& e) {
        const auto& p = c.model();
        const auto& score = p.scores[r.score];
        if (score.derived || score.running) return false;
        wide now = 0; // what decays
        double decaying = 0;
        double awards = 0;
        bool has_form = true;
        c.each_fading([&](const fading_awards& a, const award_group& g, const compiled_decay& d) {
            if (a.score != r.score || !d.is_continuous()) return;
            if (d.kind() != compiled_decay::shape::half_life || d.period() != r.half_life ||
                !g.is_positive() || p.slots[a.slot].clamped) {
                has_form = false;
                return;
            }
            now += g.kept;
            decaying += g.halving(c.now(), d);
            awards += static_cast<double>(g.size());
        });
        if (!has_form) return false;
        const wide kept = c.sum(r.score) - now;
        constexpr wide most = wide{1} << 52;
        if (kept < -most || kept > most || decaying > static_cast<double>(most)) return false;
        if (awards / 2 + decaying * 0x1p-29 + 2 >= error) return false;
        e.what = estimate::form::closed;
        e.kept = static_cast<std::int64_t>(kept);
        e.decaying = decaying;
        return true;
    }

    std::vector<ranked_score> all_;
    bool touched_ = false;
};

} // namespace leadfunnel::inline v0::detail
