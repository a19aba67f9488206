// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Rankings of leads by the scores that `engine_options::ranked` names. Not for users.

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

/// One ranking for each chosen score. The engine updates a lead's place at each evaluation.
///
/// An update that throws half-way is not rolled back. So the engine calls `begin` before an
/// operation and `fail` after one that threw. `fail` takes the rankings that were touched in
/// between out of use, and `mend` builds them again.
class ranked_scores {
  public:
    /// Adds a ranking by one more score, unless there is one. Nothing is known yet of leads
    /// [0, leads). `p` must outlive this.
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
        std::vector<std::uint32_t> asked(p.scores.size()); // by score: formulas that read it
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

    /// Updates a lead's place in all rankings. `now` is the cursor's latest evaluation; the cursor
    /// must not have peeked since.
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
            r.index.update(lead, {.what = estimate::form::absent}); // allocates nothing
    }

    /// An operation begins that may update rankings.
    void begin() noexcept { touched_ = false; }
    /// It threw.
    void fail() noexcept {
        if (touched_) forget();
    }
    /// Takes all rankings out of use.
    void forget() noexcept {
        for (auto& r : all_) r.is_current = false;
    }
    /// Builds the rankings that are out of use again, from those of leads [0, n) for which
    /// `is_ranked(lead)` holds. `look(lead)` moves the cursor to the lead and returns its
    /// evaluation, or null if nothing is known; it is called once per lead. O(n log n) beyond the
    /// calls.
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

    /// The ranking by a score; null if there is none, or if it is out of use.
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
    /// Estimates are valid before this instant: the next at which a score jumps, a linear decay
    /// bends, or an award expires.
    [[nodiscard]] static std::int64_t known_until(cursor<>& c) {
        return std::min(c.next_jump(), c.next_award_end());
    }

    struct ranked_score : bounded_score {
        bool closes = false; // at most one half-life, and nothing else decays
        ranking index;
        bool is_current = true; // false: out of use
    };
    static constexpr double error = 20; // micros by which a closed form may be off

    // ---- estimates
    //
    // The exact score rounds each award to a micro-point, with a factor that is within 2^-30 of the
    // real one. So each award may differ from its real-valued curve by half a micro-point and 2^-30
    // of the points it gave; the bounds of an estimate add these errors up. One more fact makes
    // most estimates exact in the end: an award that gave less than 2^28 micros, and is now worth
    // less than a quarter of one, is rounded to 0.

    /// What the ranking may know of a lead's score from now on. The terms that it points to are
    /// valid until the next call.
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
            const double off = size * 0x1p-44; // what rounding in this function may add
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

    /// Makes a closed form, `kept + decaying · 2^(−age / half-life)`. Returns false, with `e` as it
    /// was, if the score has none within `error`.
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
    score_bounds::parts_of parts_{}; // terms of the latest estimate
};

} // namespace leadfunnel::inline v0::detail
