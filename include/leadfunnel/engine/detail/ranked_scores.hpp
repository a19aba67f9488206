// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The scores of an engine whose order is kept at hand. Not for users.

#include <leadfunnel/engine/detail/score_bounds.hpp>
#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/score/detail/cursor.hpp>
#include <leadfunnel/store/detail/ranking.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Rankings of leads by chosen scores, told what is known of a lead whenever it is looked at.
///
/// An update that fails half-way is not taken back. Whoever writes says `begin` before an operation
/// and `fail` after one that threw: rankings touched in between are then out of use until `mend`
/// makes them anew.
class ranked_scores {
  public:
    /// Keeps the order of one more score, of `leads` leads of which nothing is known yet. `p`
    /// stays.
    void add(const program& p, std::uint32_t score, std::size_t leads) {
        if (std::any_of(all_.begin(), all_.end(), [&](const auto& r) { return r.score == score; }))
            return;
        ranked_score r;
        r.score = r.inner = score;
        std::vector<std::uint32_t> stages; // outermost first
        while (score_bounds::mapping_of(p, r.inner) != nullptr) {
            stages.push_back(r.inner);
            r.inner = p.scores[r.inner].terms.front().first;
        }
        bool has_slope = false;
        std::vector<std::uint32_t> asked(p.scores.size()); // how often, by score
        score_bounds::find_periods(p, r.inner, asked, r.periods, has_slope);
        for (std::uint32_t s = 0, places = 0; s < asked.size(); ++s) {
            if (asked[s] < 2) continue;
            r.shared.resize(asked.size(), none32);
            r.shared[s] = places++;
            bounds_.reserve_shared(places);
        }
        r.closes = stages.empty() && !p.scores[score].derived && r.periods.size() < 2 && !has_slope;
        ranking_options o{.error = error, .vanishing = envelopes::vanishing};
        if (!r.periods.empty()) o.half_life = duration{r.periods.front()};
        for (const auto h : r.periods)
            if (o.half_lives.size() < envelopes::most_half_lives)
                o.half_lives.push_back(duration{h});
        r.periods.resize(o.half_lives.size());
        if (p.scores[score].min != before_time) o.min = p.scores[score].min;
        if (p.scores[score].max != end_of_time) o.max = p.scores[score].max;
        if (!stages.empty())
            o.finish = [&p, inner = r.inner, stages](envelopes::range x) {
                x = score_bounds::clamped(p.scores[inner], x);
                for (auto s = stages.rbegin(); s != stages.rend(); ++s)
                    x = score_bounds::clamped(p.scores[*s], score_bounds::mapped(p, *s, x));
                return x;
            };
        r.index = ranking{o};
        r.index.resize(leads);
        all_.push_back(std::move(r));
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
    /// `look(lead)` takes the cursor there and gives the reading; null if nothing is known. Each
    /// lead is looked at once for all scores.
    template<class IsRanked, class Look>
    void mend(std::size_t n, cursor<>& c, const IsRanked& is_ranked, const Look& look) {
        std::vector<std::pair<ranked_score*, ranking::maker>> out_of_use;
        for (auto& r : all_)
            if (!r.is_current) out_of_use.emplace_back(&r, ranking::maker{r.index, n});
        if (out_of_use.empty()) return;
        for (std::uint32_t lead = 0; lead < n; ++lead) {
            const bool has_rank = is_ranked(lead);
            const std::vector<reading>* now = has_rank ? look(lead) : nullptr;
            const std::int64_t next = now == nullptr ? 0 : known_until(c);
            for (auto& [r, fresh] : out_of_use)
                fresh.take(lead, !has_rank        ? estimate{.what = estimate::form::absent}
                                 : now == nullptr ? estimate{}
                                                  : estimate_of(*r, c, *now, next));
        }
        for (auto& [r, fresh] : out_of_use) {
            r->index = fresh.make();
            r->is_current = true;
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
    /// Estimates hold until a score jumps, a line bends, or an award is gone.
    [[nodiscard]] static std::int64_t known_until(cursor<>& c) {
        return std::min(c.next_jump(), c.next_award_end());
    }

    struct ranked_score : bounded_score {
        bool closes = false; // there is one at most, and nothing else decays
        ranking index;
        bool is_current = true;
    };
    static constexpr double error = 20; // micros, of closed forms

    // ---- what is known of a score
    //
    // Awards are rounded one by one and factors are within 2^-30: an award's points are off by half
    // a micro-point and 2^-30 of what it gave. A lead's `mixture` adds these up. An award that gave
    // less than 2^28 micros and is worth less than a quarter of one is rounded to 0.

    [[nodiscard]] estimate estimate_of(const ranked_score& r, const cursor<>& c,
                                       const std::vector<reading>& all, std::int64_t next) {
        estimate e{.at = instant{duration{c.now()}}};
        if (next != end_of_time) e.valid_until = instant{duration{next}};
        const auto& now = all[r.score];
        if (now.excluded_by != none32) {
            e.what = estimate::form::absent;
            return e;
        }
        if (now.saturated) return e;
        if (r.closes && close(r, c, e)) return e;
        const auto x = bounds_.of(r, c, all, next);
        const double size = x.size + std::abs(x.low) + std::abs(x.high) + std::abs(x.least);
        if (!(size < score_bounds::most)) return e;
        e.what = estimate::form::mixed;
        e.terms.least = static_cast<std::int64_t>(std::floor(x.least));
        e.terms.pure = x.pure;
        if (x.is_exact()) {
            parts_.fill(0);
        } else {
            const double off = size * 0x1p-44; // rounding of what was done here
            const auto least = static_cast<double>(e.terms.least);
            e.terms.below = x.low - least - off;
            e.terms.above = x.high - least + off;
            parts_ = x.parts;
        }
        const std::size_t n = r.periods.size();
        parts_[n] = x.parts[score_bounds::slope];
        e.terms.parts = {parts_.data(), n + 1};
        return e;
    }

    /// As what is kept and what decays by one half-life. False if it has no such form.
    [[nodiscard]] static bool close(const ranked_score& r, const cursor<>& c, estimate& e) {
        const auto& p = c.model();
        if (p.scores[r.score].running) return false;
        wide now = 0; // what decays
        double decaying = 0;
        double off = 2;
        bool has_form = true;
        c.each_fading([&](const fading_awards& a, const award_group& g, const compiled_decay& d) {
            if (a.score != r.score || !d.is_continuous()) return;
            if (!score_bounds::vanish(g) || p.slots[a.slot].clamped) {
                has_form = false;
                return;
            }
            now += g.kept;
            decaying += g.halving(c.now(), d);
            off += static_cast<double>(g.awards()) / 2 + g.gross() * 0x1p-29;
        });
        if (!has_form || off >= error) return false;
        const wide kept = c.sum(r.score) - now;
        constexpr auto limit = static_cast<wide>(score_bounds::most);
        if (kept < -limit || kept > limit || decaying > score_bounds::most) return false;
        e.what = estimate::form::closed;
        e.kept = static_cast<std::int64_t>(kept);
        e.decaying = decaying;
        return true;
    }

    std::vector<ranked_score> all_;
    bool touched_ = false;
    score_bounds bounds_;
    score_bounds::parts_of parts_{}; // of the last estimate
};

} // namespace leadfunnel::inline v0::detail
