// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Ranks leads by one score at any instant, exactly, while the score decays. Not for users.
///
/// Floating-point estimates decide for nearly all leads whether they stand above a given score.
/// Only for the few that they cannot decide is the exact score computed, in integers.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/detail/huge_array.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/store/detail/envelopes.hpp>
#include <leadfunnel/store/detail/estimate.hpp>
#include <leadfunnel/store/detail/ranking_candidates.hpp>
#include <leadfunnel/store/detail/ranking_rows.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Ranks of leads by score: higher scores first; among equal scores, lower lead numbers first.
///
/// **Closed estimates.** With one half-life H for all, a lead's place does not change as time
/// passes. Let `d` = decaying · 2^((at − epoch) / H), which is constant; at t the score is kept + d
/// · g, where g = 2^(−(t − epoch) / H) is the same for all leads. Leads with equal `kept` form a
/// *row*: in it the order by `d` is the order by score at every instant. A query runs in each row,
/// where one descent finds the leaf in which the score in question lies. If there are too many
/// different values of `kept`, a row holds a range of them, and the query also reads the leaves
/// between the two ends of that range.
///
/// **Rows** are counted B-trees (`ranking_rows`). Each level knows when the first entry below it
/// becomes invalid, so expired entries are found without a search. Each level also knows the least
/// lead number below it, so among thousands of leads at a score's upper bound the first are found
/// without reading all.
///
/// **Envelopes.** Scores that decay in several ways at once are in `envelopes`, where a query opens
/// only the blocks in which the score in question may lie.
///
/// Update: O(log n), three or four cache misses. Rank: O(rows · log n). Memory: about 32 bytes a
/// lead (a third more where rows hold ranges), about 60 in envelopes, and 40 for each bounded or
/// unknown lead, all of which every query reads.
///
/// `exact(lead, t)` returns a lead's score at t in micros, or nothing if it has none. It is called
/// for leads that are unknown, whose estimate has expired, or whose estimate overlaps with what it
/// is compared with. At an instant before the latest `at` it is called for every lead. If `exact`
/// has `fetch_lead(lead)` and `fetch_history(lead)`, they are called for leads that will soon
/// follow.
///
/// It is one class because every query combines the rows, the envelopes and the other leads.
///
/// Strong guarantee: if anything throws (std::bad_alloc, or `exact`), nothing has changed. Const
/// functions may run concurrently with each other, but not with a change.
class ranking {
  public:
    using lead_number = ranking_rows::lead_number;
    struct standing {
        std::uint64_t rank = 0; ///< 1 + the number of leads with a higher score: equal scores share
                                ///< a rank
        std::uint64_t of = 0;   ///< the number of leads with a score
        friend bool operator==(const standing&, const standing&) = default;
    };

    explicit ranking(const ranking_options& o = {}) : o_(o), mixed_(o.half_lives) {
        assert(o.min <= o.max);
    }
    ranking(ranking&&) = default;
    ranking& operator=(ranking&&) = default;

    /// Makes room for the leads [0, n); new leads have no score. Amortised O(leads added).
    void resize(std::size_t n) {
        assert(n >= places_.size() && n < mixed_bit);
        if (n > places_.capacity()) places_.reserve(std::max(n, n / 2 * 3));
        places_.resize(n, nowhere);
    }

    class maker;
    /// Replaces the estimates of all leads by `estimate_of(lead)` for [0, n). O(n log n), several
    /// times faster than n updates.
    template<class EstimateOf>
    void assign(std::size_t n, const EstimateOf& estimate_of);

    /// Replaces the estimate of a lead. O(log n).
    void update(lead_number lead, const estimate& e) {
        assert(lead < places_.size());
        if (e.what == estimate::form::mixed) {
            const std::int64_t since = micros(e.at);
            mixed_.prepare(e.terms, since, places_, mixed_bit);
            latest_ = std::max(latest_, since);
            remove(lead);
            mixed_.insert(lead, e.terms, since, micros(e.valid_until), places_, mixed_bit);
            return;
        }
        if (!is_closed(e)) {
            const bool stays_away = e.what == estimate::form::absent && e.valid_until == never;
            if (!stays_away) others_.reserve(ranking_rows::next_capacity(others_));
            latest_ = std::max(latest_, micros(e.at));
            remove(lead);
            if (stays_away) return;
            other x;
            x.lead = lead;
            x.valid = micros(e.valid_until);
            x.what = e.what == estimate::form::closed ? estimate::form::unknown : e.what;
            x.low = std::clamp(e.low, o_.min, o_.max);
            x.high = std::clamp(e.high, o_.min, o_.max);
            places_[lead] = others_bit | static_cast<std::uint32_t>(others_.size());
            others_.push_back(x);
            return;
        }
        if (!epoch_known_ && e.decaying > 0) { // nothing depends on the epoch yet
            epoch_ = micros(e.at);
            epoch_known_ = true;
        }
        auto d = forward(e.decaying, micros(e.at));
        if (!d) {
            move_epoch(micros(e.at));
            d = forward(e.decaying, micros(e.at));
        }
        const item x{e.kept, *d, micros(e.valid_until), lead};
        auto r = tree_.find_row(tree_.row_key(x.kept));
        if (r == tree_.rows.end() || (*r)->key != tree_.row_key(x.kept)) {
            if (tree_.rows.size() >= row_limit()) {
                widen();
                update(lead, e);
                return;
            }
            tree_.rows.reserve(ranking_rows::next_capacity(tree_.rows));
            auto fresh = std::make_unique<row>(tree_.row_key(x.kept));
            fresh->reserve_one();
            tree_.reserve();
            r = tree_.find_row(fresh->key);
            r = tree_.rows.insert(r, std::move(fresh));
        } else {
            (*r)->reserve_one();
            tree_.reserve();
        }
        latest_ = std::max(latest_, micros(e.at));
        row* const home = r->get();
        ++home->count; // so that `remove` does not drop it
        remove(lead);
        --home->count;
        places_[lead] = tree_.insert(*home, x, places_);
    }

    /// The number of leads that may have a score.
    [[nodiscard]] std::uint64_t size() const noexcept {
        return tree_.count() + mixed_.size() + others_.size();
    }

    /// The bounds of a lead's score, as far as they are known without `exact`. Nothing for a lead
    /// without a score and for one of which nothing is known.
    [[nodiscard]] std::optional<envelopes::range> known(lead_number lead, instant t) const {
        bounds b;
        if (!bounds_of(lead, at(t), b) || !b.known) return std::nullopt;
        return envelopes::range{b.low, b.high};
    }

    /// The lead's rank; nothing if it has no score.
    template<class Exact>
    [[nodiscard]] std::optional<standing> rank(lead_number lead, instant t,
                                               const Exact& exact) const {
        const moment m = at(t);
        bounds own;
        if (!bounds_of(lead, m, own)) return std::nullopt;
        std::vector<rank_candidate> open;
        std::vector<lead_number> unknown;
        tally c;
        bool counted = false;
        if (own.known) {
            // Few leads overlap with this one; if more do, its exact score is computed first.
            const std::size_t limit = own.low == own.high ? no_limit : 16;
            c = count(own.low, own.high, m, lead, limit, &open, &unknown);
            counted = !c.stopped;
        }
        if (own.low != own.high || !own.known) {
            if (!counted || !open.empty() || !unknown.empty()) {
                const auto score = exact(lead, t);
                if (!score) return std::nullopt;
                own.low = own.high = *score;
            }
        }
        if (!counted) {
            open.clear();
            unknown.clear();
            c = count(own.low, own.high, m, lead, no_limit, &open, &unknown);
        }
        standing s{1 + c.above, c.known + (own.known ? 0U : 1U)};
        std::erase_if(open, [&](const rank_candidate& x) {
            if (x.low > own.low) ++s.rank;
            return x.low > own.low || x.high <= own.low;
        });
        ask_each(open, t, exact, [&](const rank_candidate&, const auto& score) {
            if (score && *score > own.low) ++s.rank;
        });
        std::erase(unknown, lead);
        ask_each(unknown, t, exact, [&](lead_number, const auto& score) {
            if (!score) return;
            ++s.of;
            if (*score > own.low) ++s.rank;
        });
        return s;
    }

    /// The number of leads with a score of at least `micros`.
    template<class Exact>
    [[nodiscard]] std::uint64_t count_at_least(std::int64_t micros, instant t,
                                               const Exact& exact) const {
        const moment m = at(t);
        std::vector<rank_candidate> open;
        std::vector<lead_number> unknown;
        const bool all = micros == std::numeric_limits<std::int64_t>::min();
        const std::int64_t x = all ? micros : micros - 1;
        tally c;
        if (all) {
            c = count(x, x, m, nobody, no_limit, &open, &unknown);
            c.above = c.known; // includes leads at the very end of the range
            open.clear();
        } else {
            c = count(x, x, m, nobody, no_limit, &open, &unknown);
        }
        std::uint64_t n = c.above;
        const auto take = [&](const auto&, const auto& score) {
            if (score && (*score > x || all)) ++n;
        };
        ask_each(open, t, exact, take);
        ask_each(unknown, t, exact, take);
        return n;
    }

    /// The first k leads in order. O(rows + k log k + bounded and unknown leads).
    template<class Exact>
    [[nodiscard]] std::vector<lead_number> top(std::size_t k, instant t, const Exact& exact) const {
        std::vector<lead_number> out;
        if (k == 0) return out;
        k = std::min<std::size_t>(k, places_.size());
        const moment m = at(t);
        std::vector<rank_candidate> found;
        best_ranks best{k};
        std::vector<lead_number> unknown;
        find_unknown(m, unknown);
        ask_each(unknown, t, exact, [&](lead_number u, const auto& score) {
            if (!score || !best.may_hold(*score, u)) return;
            found.push_back({*score, *score, u});
            best.add(*score, u);
        });
        if (!m.too_early) {
            for (const auto& x : others_) {
                if (x.valid <= m.t || x.what != estimate::form::bounded) continue;
                if (!best.may_hold(x.high, x.lead)) continue;
                found.push_back({x.low, x.high, x.lead});
                best.add(x.low, x.lead);
            }
            find_top(m, best, found);
            mixed_.highest(
                m.mixed, finish(), [&](std::int64_t high) { return best.is_over(high); },
                [&](std::int64_t high, lead_number least) { return best.may_hold(high, least); },
                [&](envelopes::range r, lead_number lead) {
                    if (!best.may_hold(r.high, lead)) return;
                    found.push_back({r.low, r.high, lead});
                    best.add(r.low, lead);
                });
        }
        std::erase_if(found,
                      [&](const rank_candidate& c) { return !best.may_hold(c.high, c.lead); });
        settle_order(std::move(found), k, t, exact, [&](lead_number lead) { out.push_back(lead); });
        return out;
    }

    /// The lead at the n-th place, from 1; nothing if there are fewer leads. O(60 · rows · log n),
    /// and a call of `exact` for each lead whose bounds overlap with the place.
    template<class Exact>
    [[nodiscard]] std::optional<lead_number> nth(std::uint64_t n, instant t,
                                                 const Exact& exact) const {
        if (n == 0) return std::nullopt;
        const moment m = at(t);
        std::vector<lead_number> unknown;
        find_unknown(m, unknown);
        std::vector<std::pair<std::int64_t, lead_number>> asked;
        ask_each(unknown, t, exact, [&](lead_number u, const auto& score) {
            if (score) asked.emplace_back(*score, u);
        });
        const auto asked_above = [&](std::int64_t x) {
            return static_cast<std::uint64_t>(std::count_if(
                asked.begin(), asked.end(), [&](const auto& a) { return a.first > x; }));
        };
        // Bisection finds the range (less, most] in which the n-th score lies.
        const auto surely = [&](std::int64_t x) {
            return count(x, x, m, nobody, no_limit, nullptr, nullptr).above + asked_above(x);
        };
        const auto possibly = [&](std::int64_t x) {
            const auto c = count(x, x, m, nobody, no_limit, nullptr, nullptr);
            return c.above + c.open + asked_above(x);
        };
        using limits = std::numeric_limits<std::int64_t>;
        const std::uint64_t known =
            count(limits::max(), limits::max(), m, nobody, no_limit, nullptr, nullptr).known;
        if (n > known + asked.size()) return std::nullopt;
        std::int64_t less = o_.min == limits::min() ? o_.min : o_.min - 1;
        std::int64_t most = o_.max;
        for (std::int64_t lo = less, hi = most; lo < hi;) {
            const std::int64_t x = std::midpoint(lo, hi);
            if (possibly(x) < n)
                most = hi = x;
            else
                lo = x + 1;
        }
        const bool bottom = surely(less) < n; // some scores may be the least number
        if (!bottom) {
            for (std::int64_t lo = less, hi = most; lo < hi;) {
                const std::int64_t x = std::midpoint(hi, lo); // rounds up
                if (surely(x) >= n)
                    less = lo = x;
                else
                    hi = x - 1;
            }
        }
        std::vector<rank_candidate> found;
        auto c = count(less, most, m, nobody, no_limit, &found, nullptr);
        if (bottom) {
            found.clear();
            c = count_all(m, most, found);
        }
        std::uint64_t above = c.above;
        for (const auto& [score, lead] : asked) {
            if (score > most)
                ++above;
            else if (bottom || score > less)
                found.push_back({score, score, lead});
        }
        std::uint64_t left = n - above;
        std::optional<lead_number> out;
        settle_order(std::move(found), static_cast<std::size_t>(left), t, exact,
                     [&](lead_number lead) {
                         if (--left == 0) out = lead;
                     });
        return out;
    }

    /// Bytes held.
    [[nodiscard]] std::size_t memory() const noexcept {
        return places_.capacity() * sizeof(std::uint32_t) + others_.capacity() * sizeof(other) +
               tree_.memory() + mixed_.memory();
    }
    /// The number of rows, and the width of the range of `kept` in each.
    [[nodiscard]] std::size_t row_count() const noexcept { return tree_.rows.size(); }
    [[nodiscard]] std::int64_t row_width() const noexcept { return tree_.width; }

  private:
    static constexpr std::uint32_t nowhere = ~std::uint32_t{0};
    static constexpr std::uint32_t others_bit = std::uint32_t{1} << 31;
    static constexpr std::uint32_t mixed_bit = std::uint32_t{1} << 30;
    static constexpr lead_number nobody = ranking_rows::nobody;
    static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
    static constexpr std::uint32_t fanout = ranking_rows::fanout;
    /// Relative slack that covers the rounding of 2^x and of products.
    static constexpr double slack = 1e-12;
    /// Up to 2^52 micros a double is exact, with room for sums.
    static constexpr double largest = 0x1p52;
    /// The number of half-lives after the epoch up to which nothing overflows.
    static constexpr double longest = 800;

    using item = ranking_rows::item;
    using leaf = ranking_rows::leaf;
    using node = ranking_rows::node;
    using path = ranking_rows::path;
    using row = ranking_rows::row;

    struct other {
        std::int64_t valid = 0;
        std::int64_t low = 0;
        std::int64_t high = 0;
        lead_number lead = 0;
        estimate::form what{};
    };
    struct bounds {
        bool known = false;
        std::int64_t low = 0;
        std::int64_t high = 0;
    };
    static std::int64_t micros(instant t) noexcept { return t.time_since_epoch().count(); }

    /// The instant of a query.
    struct moment {
        std::int64_t t = 0;
        double g = 1; // the decay since the epoch
        bool too_early = false;
        envelopes::weights mixed;
    };

    [[nodiscard]] std::size_t row_limit() const noexcept {
        return 256 + static_cast<std::size_t>(std::sqrt(static_cast<double>(places_.size()))) / 4;
    }
    [[nodiscard]] bool is_closed(const estimate& e) const noexcept {
        return e.what == estimate::form::closed && e.decaying >= 0 && e.decaying <= largest &&
               std::abs(static_cast<double>(e.kept)) <= largest &&
               (e.decaying == 0 || o_.half_life.count() > 0);
    }
    [[nodiscard]] double half_lives(std::int64_t since, std::int64_t t) const noexcept {
        return (static_cast<double>(t) - static_cast<double>(since)) /
               static_cast<double>(o_.half_life.count());
    }
    /// `d` for a decaying part; nothing if it is out of range and the epoch must move. Positive
    /// parts never give 0, since 0 means that nothing decays.
    [[nodiscard]] std::optional<double> forward(double decaying,
                                                std::int64_t since) const noexcept {
        if (decaying == 0) return 0.0;
        const double x = half_lives(epoch_, since);
        if (x > longest) return std::nullopt;
        return std::max(1e-300, decaying * std::exp2(x));
    }
    [[nodiscard]] moment at(instant t) const noexcept {
        moment m;
        m.t = micros(t);
        // (The epoch is later than `latest_` only after an update that failed.)
        m.too_early = m.t < latest_ || (epoch_known_ && m.t < epoch_);
        if (mixed_.size() != 0 && !m.too_early) m.mixed = mixed_.at(m.t);
        // Not 0, since it divides; small enough to make every d · g vanish.
        if (epoch_known_) m.g = std::max(1e-290, std::exp2(-half_lives(epoch_, m.t)));
        return m;
    }

    void remove(lead_number lead) noexcept {
        const std::uint32_t where = places_[lead];
        if (where == nowhere) return;
        places_[lead] = nowhere;
        if ((where & others_bit) != 0) {
            const std::uint32_t i = where & ~others_bit;
            others_[i] = others_.back();
            others_.pop_back();
            if (i < others_.size()) places_[others_[i].lead] = where;
            return;
        }
        if ((where & mixed_bit) != 0)
            return mixed_.remove(lead, where & ~mixed_bit, places_, mixed_bit);
        row& r = *tree_.nodes[tree_.leaves[where].node].home;
        tree_.remove(where, lead, places_);
        if (r.count == 0) tree_.rows.erase(tree_.find_row(r.key));
    }

    /// Rebuilds the rows with wider ranges, so that there are fewer.
    void widen() {
        const std::size_t wanted = row_limit() / 2;
        std::int64_t width = tree_.width;
        for (std::size_t rows = tree_.rows.size(); rows > wanted;) {
            width *= 10;
            rows = 0;
            std::int64_t before = 0;
            for (const auto& r : tree_.rows) {
                const std::int64_t key = floor_quotient(tree_.least_kept(*r), width);
                if (rows == 0 || key != before) ++rows;
                before = key;
            }
        }
        std::vector<item> items;
        items.reserve(static_cast<std::size_t>(tree_.count()));
        tree_.for_each([&](const item& x) { items.push_back(x); });
        rebuild(std::move(items), width);
    }
    void move_epoch(std::int64_t to) {
        std::vector<item> items;
        items.reserve(static_cast<std::size_t>(tree_.count()));
        const double x = std::exp2(std::max(-2000.0, -half_lives(epoch_, to)));
        tree_.for_each([&](item i) {
            if (i.d > 0) i.d = std::max(1e-300, i.d * x);
            items.push_back(i);
        });
        rebuild(std::move(items), tree_.width);
        epoch_ = to;
    }
    void rebuild(std::vector<item> items) {
        std::vector<std::int64_t> values;
        values.reserve(items.size());
        for (const auto& i : items) values.push_back(i.kept);
        std::sort(values.begin(), values.end());
        values.erase(std::unique(values.begin(), values.end()), values.end());
        std::int64_t width = 1;
        while (values.size() > row_limit()) {
            width *= 10;
            for (auto& v : values) v = floor_quotient(v, 10);
            values.erase(std::unique(values.begin(), values.end()), values.end());
        }
        rebuild(std::move(items), width);
    }
    /// Rebuilds the rows from their entries, in ranges of a given width.
    void rebuild(std::vector<item> items, std::int64_t width) {
        constexpr std::size_t full = fanout * 13 / 16; // room to grow
        ranking_rows s;
        s.width = width;
        std::sort(items.begin(), items.end(), [&](const item& a, const item& b) {
            const auto x = s.row_key(a.kept);
            const auto y = s.row_key(b.kept);
            return x != y ? x < y : ranking_rows::before_in_row(a, b);
        });
        for (std::size_t i = 0; i < items.size();) {
            const std::int64_t key = s.row_key(items[i].kept);
            std::size_t end = i;
            while (end < items.size() && s.row_key(items[end].kept) == key) ++end;
            s.rows.push_back(std::make_unique<row>(key));
            row& r = *s.rows.back();
            r.count = end - i;
            r.max_d = items[end - 1].d;
            while (i < end) {
                r.reserve_one();
                s.nodes.reserve_free(1);
                const std::uint32_t nn = s.nodes.take();
                node& n = s.nodes[nn];
                n.size = 0;
                n.home = &r;
                std::uint32_t entries = 0;
                r.nodes.push_back(nn);
                r.low.push_back(items[i].d);
                r.low_lead.push_back(items[i].lead);
                for (; n.size < full && i < end; ++n.size) {
                    s.leaves.reserve_free(1);
                    const std::uint32_t ln = s.leaves.take();
                    if (width > 1) s.kept.reserve_numbers(std::size_t{ln} + 1);
                    leaf& l = s.leaves[ln];
                    l.node = nn;
                    n.low[n.size] = items[i].d;
                    n.low_lead[n.size] = items[i].lead;
                    n.leaf[n.size] = ln;
                    for (l.count = 0; l.count < full && i < end; ++l.count, ++i) {
                        l.d[l.count] = items[i].d;
                        l.lead[l.count] = items[i].lead;
                        l.valid[l.count] = items[i].valid;
                        if (width > 1) s.kept[ln].of[l.count] = items[i].kept;
                    }
                    ranking_rows::compute(l);
                    n.count[n.size] = static_cast<std::uint8_t>(l.count);
                    n.valid[n.size] = l.min_valid;
                    n.min_lead[n.size] = l.min_lead;
                    entries += l.count;
                }
                r.counts.push_back(entries);
                r.valid.push_back(0);
                r.min_lead.push_back(0);
                s.compute_node(r, r.nodes.size() - 1);
            }
            ranking_rows::compute_groups(r, 0);
        }
        std::swap(tree_, s);
        for (std::uint32_t i = 0; i < tree_.leaves.used(); ++i) {
            const leaf& l = tree_.leaves[i];
            for (std::uint32_t k = 0; k < l.count; ++k) places_[l.lead[k]] = i;
        }
    }

    // Bounds of estimates at an instant, as integers like the scores. Scores of closed estimates
    // are far from the ends of the integers' range.

    [[nodiscard]] std::int64_t clamp(double x) const noexcept {
        const double limit = 4 * largest;
        return std::clamp(static_cast<std::int64_t>(std::clamp(x, -limit, limit)), o_.min, o_.max);
    }
    [[nodiscard]] double rounding(double a, double b) const noexcept {
        return 1e-15 * (std::abs(a) + std::abs(b));
    }
    [[nodiscard]] std::int64_t lower(std::int64_t kept, double d, double g) const noexcept {
        const double dg = d * g;
        if (dg * (1 + slack) < o_.vanishing) return std::clamp(kept, o_.min, o_.max);
        const auto k = static_cast<double>(kept);
        const double x = k + dg * (1 - slack) - o_.error - rounding(k, dg);
        return clamp(std::max(k, d == 0 ? k : std::ceil(x)));
    }
    [[nodiscard]] std::int64_t upper(std::int64_t kept, double d, double g) const noexcept {
        const double dg = d * g;
        if (d == 0 || dg * (1 + slack) < o_.vanishing) return std::clamp(kept, o_.min, o_.max);
        const auto k = static_cast<double>(kept);
        return clamp(std::floor(k + dg * (1 + slack) + o_.error + rounding(k, dg)));
    }

    /// Turns bounds of an envelope into bounds of the score.
    struct finisher {
        const ranking_options& o;
        envelopes::range operator()(envelopes::range r) const {
            if (o.finish) r = o.finish(r);
            return {std::clamp(r.low, o.min, o.max), std::clamp(r.high, o.min, o.max)};
        }
    };
    [[nodiscard]] finisher finish() const noexcept { return {o_}; }

    /// Writes a lead's bounds into `b`. Returns false if the lead is known to have no score.
    [[nodiscard]] bool bounds_of(lead_number lead, const moment& m, bounds& b) const noexcept {
        const std::uint32_t where = places_[lead];
        if (m.too_early) return true;
        if (where == nowhere) return false;
        if ((where & others_bit) != 0) {
            const other& x = others_[where & ~others_bit];
            if (x.valid <= m.t || x.what == estimate::form::unknown) return true;
            b = {true, x.low, x.high};
            return x.what != estimate::form::absent;
        }
        if ((where & mixed_bit) != 0) {
            envelopes::range r;
            if (!mixed_.bounds_of(lead, where & ~mixed_bit, m.mixed, r)) return true;
            r = finish()(r);
            b = {true, r.low, r.high};
            return true;
        }
        const leaf& l = tree_.leaves[where];
        std::uint32_t i = 0;
        while (l.lead[i] != lead) ++i;
        if (l.valid[i] <= m.t) return true;
        const row& r = *tree_.nodes[l.node].home;
        const std::int64_t kept = tree_.kept_of(r, where, i);
        b = {true, lower(kept, l.d[i], m.g), upper(kept, l.d[i], m.g)};
        return true;
    }

    struct tally {
        std::uint64_t above = 0; // certainly
        std::uint64_t open = 0;
        std::uint64_t known = 0; // leads with a score of which something is known
        bool stopped = false;    // at the limit
    };

    /// Counts the leads that are certainly above `high`. Leads that are neither certainly above
    /// `high` nor certainly at or below `low` are appended to `open` (except `self`), and leads of
    /// which nothing is known to `unknown`. Stops when more than `limit` leads are open.
    tally count(std::int64_t low, std::int64_t high, const moment& m, lead_number self,
                std::size_t limit, std::vector<rank_candidate>* open,
                std::vector<lead_number>* unknown) const {
        tally c;
        if (m.too_early) {
            if (unknown != nullptr) find_unknown(m, *unknown);
            return c;
        }
        for (const auto& x : others_) {
            if (x.valid <= m.t || x.what == estimate::form::unknown) {
                if (unknown != nullptr) unknown->push_back(x.lead);
            } else if (x.what == estimate::form::bounded) {
                ++c.known;
                if (x.low > high) {
                    ++c.above;
                } else if (x.high > low && x.lead != self) {
                    ++c.open;
                    if (open != nullptr) open->push_back({x.low, x.high, x.lead});
                }
            }
        }
        if (mixed_.size() != 0) {
            mixed_.divide(
                low, high, m.mixed, finish(),
                [&](std::uint32_t n, bool above) {
                    c.known += n;
                    if (above) c.above += n;
                },
                [&](envelopes::range r, lead_number lead) {
                    ++c.known;
                    if (lead == self) return true;
                    if (++c.open > limit) c.stopped = true;
                    if (open != nullptr) open->push_back({r.low, r.high, lead});
                    return !c.stopped;
                },
                [&](lead_number lead) {
                    if (unknown != nullptr) unknown->push_back(lead);
                });
            if (c.stopped) return c;
        }
        // Several rows take each step down the tree together, so that their cache misses overlap.
        std::array<boundary, 16> some;
        for (std::size_t i = 0; i < tree_.rows.size() && !c.stopped;) {
            std::size_t n = 0;
            for (; i < tree_.rows.size() && n < some.size(); ++i)
                if (find_boundary(*tree_.rows[i], low, high, m, unknown, c, some[n])) ++n;
            for (std::size_t k = 0; k < n; ++k) {
                boundary& b = some[k];
                b.begin.node = ranking_rows::last_at_most(b.of->low.data(), b.of->low_lead.data(),
                                                          b.of->nodes.size(), b.not_yet, nobody);
                const node& at = tree_.nodes[b.of->nodes[b.begin.node]];
                __builtin_prefetch(&at.size);
                __builtin_prefetch(at.count.data());
                for (std::uint32_t x = 0; x < fanout; x += 8) __builtin_prefetch(&at.low[x]);
            }
            for (std::size_t k = 0; k < n; ++k) {
                boundary& b = some[k];
                const node& at = tree_.nodes[b.of->nodes[b.begin.node]];
                b.begin.leaf = static_cast<std::uint32_t>(ranking_rows::last_at_most(
                    at.low.data(), at.low_lead.data(), at.size, b.not_yet, nobody));
                const leaf& l = tree_.leaves[at.leaf[b.begin.leaf]];
                __builtin_prefetch(&l);
                for (std::uint32_t x = 0; x < fanout; x += 8) __builtin_prefetch(&l.d[x]);
            }
            for (std::size_t k = 0; k < n && !c.stopped; ++k)
                count_row(some[k], low, high, m, self, open, unknown, c, limit);
        }
        return c;
    }

    /// Where the scores in question lie in a row.
    struct boundary {
        const row* of = nullptr;
        double not_yet = -1; // entries with at most this `d` are not above
        double sure = 0;     // entries with at least this `d` are above
        path begin{};        // the leaf that contains `not_yet`
    };

    /// Counts a row at once if all of its entries are above, or none is. Returns true, with `b`
    /// set, if neither is so.
    bool find_boundary(const row& r, std::int64_t low, std::int64_t high, const moment& m,
                       std::vector<lead_number>* unknown, tally& c, boundary& b) const {
        const bool fresh = r.min_valid > m.t;
        c.known += r.count;
        const std::int64_t least = tree_.least_kept(r);
        const std::int64_t most = tree_.most_kept(r);
        const auto whole = [&](bool above) {
            if (above) c.above += r.count;
            if (!fresh)
                expired(r, m, [&](lead_number lead, const path&) {
                    --c.known;
                    if (above) --c.above;
                    if (unknown != nullptr) unknown->push_back(lead);
                });
        };
        if (lower(least, 0, m.g) > high) {
            whole(true);
            return false;
        }
        if (upper(most, r.max_d, m.g) <= low) {
            whole(false);
            return false;
        }

        const auto l = static_cast<double>(least);
        const auto h = static_cast<double>(high);
        const auto w = static_cast<double>(low);
        const auto k = static_cast<double>(most);
        constexpr double infinity = std::numeric_limits<double>::infinity();
        b.of = &r;
        b.sure = infinity;
        if (high < o_.max)
            b.sure =
                std::max({0.0, o_.vanishing / m.g * (1 + 4 * slack),
                          (h + 1 + o_.error - l + 4 * rounding(h, l)) / m.g * (1 + 4 * slack)});
        b.not_yet = -1;
        if (upper(most, 0, m.g) <= low) {
            b.not_yet =
                std::max({0.0, (w - o_.error - k - 4 * rounding(w, k)) / m.g * (1 - 4 * slack),
                          o_.vanishing / m.g * (1 - 4 * slack)});
        }
        return true;
    }

    void count_row(const boundary& b, std::int64_t low, std::int64_t high, const moment& m,
                   lead_number self, std::vector<rank_candidate>* open,
                   std::vector<lead_number>* unknown, tally& c, std::size_t limit) const {
        const row& r = *b.of;
        const double sure = b.sure;
        const path begin = b.begin;
        path p = begin;
        for (;;) {
            const node& n = tree_.nodes[r.nodes[p.node]];
            const std::uint32_t at = n.leaf[p.leaf];
            const leaf& f = tree_.leaves[at];
            count_leaf(r, at, f, low, high, b.not_yet, sure, m, self, open, unknown, c);
            if (c.open > limit) {
                c.stopped = true;
                return;
            }
            if (++p.leaf == n.size) {
                p.leaf = 0;
                if (++p.node == r.nodes.size()) break;
                if (r.low[p.node] >= sure) break;
            } else if (n.low[p.leaf] >= sure) {
                break;
            }
        }
        const path end = p;
        if (end.node < r.nodes.size()) c.above += r.count - tree_.before(r, end);
        if (r.min_valid <= m.t) {
            expired(r, m, [&](lead_number lead, const path& where) {
                const bool after =
                    where.node > end.node || (where.node == end.node && where.leaf >= end.leaf);
                const bool before = where.node < begin.node ||
                                    (where.node == begin.node && where.leaf < begin.leaf);
                if (!after && !before) return; // counted in its leaf
                --c.known;
                if (after) --c.above;
                if (unknown != nullptr) unknown->push_back(lead);
            });
        }
    }

    void count_leaf(const row& r, std::uint32_t at, const leaf& l, std::int64_t low,
                    std::int64_t high, double not_yet, double sure, const moment& m,
                    lead_number self, std::vector<rank_candidate>* open,
                    std::vector<lead_number>* unknown, tally& c) const {
        if (l.min_valid > m.t) {
            // Most leaves are decided as a whole, by a loop without branches.
            std::uint32_t above = 0;
            std::uint32_t not_above = 0;
            if (tree_.width == 1) {
                for (std::uint32_t i = 0; i < l.count; ++i) {
                    above += l.d[i] >= sure ? 1U : 0U;
                    not_above += l.d[i] <= not_yet ? 1U : 0U;
                }
            } else {
                const auto h = static_cast<double>(high);
                const auto w = static_cast<double>(low);
                const auto k = static_cast<double>(tree_.least_kept(r));
                const double loose = 8 * slack * (std::abs(h) + std::abs(w) + std::abs(k)) + 1;
                const double over = high < o_.max ? h + loose + o_.error + o_.vanishing
                                                  : std::numeric_limits<double>::infinity();
                const double under =
                    low >= o_.min ? w - loose - o_.error : -std::numeric_limits<double>::infinity();
                const auto& kept = tree_.kept[at].of;
                for (std::uint32_t i = 0; i < l.count; ++i) {
                    const double v = static_cast<double>(kept[i]) + l.d[i] * m.g;
                    above += v >= over ? 1U : 0U;
                    not_above += v <= under ? 1U : 0U;
                }
            }
            if (above + not_above == l.count) {
                c.above += above;
                return;
            }
        }
        for (std::uint32_t i = 0; i < l.count; ++i) {
            if (l.valid[i] <= m.t) {
                --c.known;
                if (unknown != nullptr) unknown->push_back(l.lead[i]);
                continue;
            }
            const std::int64_t kept = tree_.kept_of(r, at, i);
            const std::int64_t from = lower(kept, l.d[i], m.g);
            if (from > high) {
                ++c.above;
                continue;
            }
            const std::int64_t to = upper(kept, l.d[i], m.g);
            if (to > low && l.lead[i] != self) {
                ++c.open;
                if (open != nullptr) open->push_back({from, to, l.lead[i]});
            }
        }
    }

    /// Like `count` with a lower bound below all numbers: every lead not certainly above `most` is
    /// open.
    tally count_all(const moment& m, std::int64_t most, std::vector<rank_candidate>& open) const {
        tally c;
        if (m.too_early) return c;
        const auto take = [&](std::int64_t from, std::int64_t to, lead_number lead) {
            if (from > most)
                ++c.above;
            else
                open.push_back({from, to, lead});
        };
        for (const auto& x : others_)
            if (x.valid > m.t && x.what == estimate::form::bounded) take(x.low, x.high, x.lead);
        mixed_.each(m.mixed, finish(),
                    [&](envelopes::range r, lead_number lead) { take(r.low, r.high, lead); });
        tree_.for_each([&](const item& x) {
            if (x.valid > m.t) take(lower(x.kept, x.d, m.g), upper(x.kept, x.d, m.g), x.lead);
        });
        return c;
    }

    /// Calls `f(lead, path)` for each expired entry of a row.
    template<class F>
    void expired(const row& r, const moment& m, const F& f) const {
        for (std::size_t g = 0; g < r.group_valid.size(); ++g) {
            if (r.group_valid[g] > m.t) continue;
            const std::size_t end = std::min(r.nodes.size(), (g + 1) * fanout);
            for (std::size_t i = g * fanout; i < end; ++i) {
                if (r.valid[i] > m.t) continue;
                const node& n = tree_.nodes[r.nodes[i]];
                for (std::uint32_t k = 0; k < n.size; ++k) {
                    if (n.valid[k] > m.t) continue;
                    const leaf& l = tree_.leaves[n.leaf[k]];
                    for (std::uint32_t e = 0; e < l.count; ++e)
                        if (l.valid[e] <= m.t) f(l.lead[e], path{i, k});
                }
            }
        }
    }
    void find_unknown(const moment& m, std::vector<lead_number>& out) const {
        if (m.too_early) {
            for (std::size_t i = 0; i < places_.size(); ++i)
                out.push_back(static_cast<lead_number>(i));
            return;
        }
        for (const auto& x : others_)
            if (x.valid <= m.t || x.what == estimate::form::unknown) out.push_back(x.lead);
        for (const auto& r : tree_.rows)
            if (r->min_valid <= m.t)
                expired(*r, m, [&](lead_number lead, const path&) { out.push_back(lead); });
        mixed_.each_expired(m.t, [&](lead_number lead) { out.push_back(lead); });
    }

    /// Finds candidates for the first k in the rows, beginning with the highest leaf.
    void find_top(const moment& m, best_ranks& best, std::vector<rank_candidate>& found) const {
        struct cursor {
            std::int64_t high;
            const row* r;
            path p;
            bool operator<(const cursor& b) const noexcept { return high < b.high; }
        };
        std::vector<cursor> start;
        start.reserve(tree_.rows.size());
        for (const auto& r : tree_.rows) {
            const std::size_t last = r->nodes.size() - 1;
            start.push_back({upper(tree_.most_kept(*r), r->max_d, m.g),
                             r.get(),
                             {last, tree_.nodes[r->nodes[last]].size - 1}});
        }
        std::priority_queue<cursor> next{{}, std::move(start)};
        while (!next.empty() && !best.is_over(next.top().high)) {
            cursor c = next.top();
            next.pop();
            const row& r = *c.r;
            const node* n = &tree_.nodes[r.nodes[c.p.node]];
            const std::uint32_t at = n->leaf[c.p.leaf];
            if (best.may_hold(c.high, n->min_lead[c.p.leaf])) {
                const leaf& l = tree_.leaves[at];
                for (std::uint32_t i = 0; i < l.count; ++i) {
                    if (l.valid[i] <= m.t) continue;
                    const std::int64_t kept = tree_.kept_of(r, at, i);
                    const std::int64_t to = upper(kept, l.d[i], m.g);
                    if (!best.may_hold(to, l.lead[i])) continue;
                    const std::int64_t from = lower(kept, l.d[i], m.g);
                    found.push_back({from, to, l.lead[i]});
                    best.add(from, l.lead[i]);
                }
            }
            const std::int64_t most = tree_.most_kept(r);
            bool left = true;
            do { // go down to the next leaf that may hold one of the first k
                if (c.p.leaf > 0) {
                    --c.p.leaf;
                } else if (c.p.node > 0) {
                    --c.p.node;
                    c.high = upper(most, r.low[c.p.node + 1], m.g);
                    while (c.p.node > 0 && !best.is_over(c.high) &&
                           !best.may_hold(c.high, r.min_lead[c.p.node])) {
                        --c.p.node;
                        c.high = upper(most, r.low[c.p.node + 1], m.g);
                    }
                    n = &tree_.nodes[r.nodes[c.p.node]];
                    c.p.leaf = n->size - 1;
                } else {
                    left = false;
                    break;
                }
                c.high = upper(most, tree_.end_of(r, c.p), m.g);
            } while (!best.is_over(c.high) && !best.may_hold(c.high, n->min_lead[c.p.leaf]));
            if (left && !best.is_over(c.high)) next.push(c);
        }
    }

    ranking_options o_;
    std::int64_t epoch_ = 0;
    bool epoch_known_ = false;
    std::int64_t latest_ = std::numeric_limits<std::int64_t>::min();
    huge_vector<std::uint32_t> places_; // by lead: its block or place
    std::vector<other> others_;
    envelopes mixed_;
    ranking_rows tree_;
};

/// Builds a ranking at once from leads in order of number.
class ranking::maker {
  public:
    /// Takes the options of `like`; the ranking will have the leads [0, n).
    maker(const ranking& like, std::size_t n) : made_(like.o_) {
        made_.resize(n);
        items_.reserve(n);
        since_.reserve(n);
    }
    /// Adds the estimate of the next lead. Its terms are copied.
    void take(lead_number lead, const estimate& e) {
        if (e.what == estimate::form::mixed) {
            made_.latest_ = std::max(made_.latest_, micros(e.at));
            made_.mixed_.append(lead, e.terms, micros(e.at), micros(e.valid_until));
            return;
        }
        if (!made_.is_closed(e)) return made_.update(lead, e);
        items_.push_back({e.kept, e.decaying, micros(e.valid_until), lead});
        since_.push_back(e.at);
        made_.latest_ = std::max(made_.latest_, micros(e.at));
        if (e.decaying > 0) {
            made_.epoch_ = std::max(made_.epoch_known_ ? made_.epoch_ : micros(e.at), micros(e.at));
            made_.epoch_known_ = true;
        }
    }
    /// Returns the ranking; the maker is empty afterwards.
    [[nodiscard]] ranking make() {
        for (std::size_t i = 0; i < items_.size(); ++i)
            items_[i].d = *made_.forward(items_[i].d, micros(since_[i]));
        made_.rebuild(std::move(items_));
        if (made_.mixed_.size() != 0)
            made_.mixed_.order_again(made_.latest_, made_.places_, mixed_bit);
        return std::move(made_);
    }

  private:
    ranking made_;
    std::vector<item> items_;
    std::vector<instant> since_;
};

template<class EstimateOf>
void ranking::assign(std::size_t n, const EstimateOf& estimate_of) {
    maker fresh{*this, n};
    for (std::size_t i = 0; i < n; ++i) {
        const auto lead = static_cast<lead_number>(i);
        fresh.take(lead, estimate_of(lead));
    }
    *this = fresh.make();
}

} // namespace leadfunnel::inline v0::detail
