// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Leads in exact order of one score, at any instant, while it decays. Not for users.
///
/// Floats find, integers answer: estimates decide for nearly all leads whether they stand above a
/// score; the exact score is asked of those for which they cannot.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/detail/huge_array.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/store/detail/block_pool.hpp>
#include <leadfunnel/store/detail/envelopes.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <span>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

struct ranking_options {
    duration half_life{0}; ///< of all that decays in estimates; 0: nothing does
    /// The score's bounds, in micros.
    std::int64_t min = std::numeric_limits<std::int64_t>::min();
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    /// Micros by which an exact score may differ from `kept + decaying` (before clamping) while
    /// something decays. (Each award is rounded on its own.)
    double error = 0;
    /// A decaying part of fewer micros counts for nothing: the score is `kept` exactly.
    double vanishing = 0;
    /// Of what decays in envelopes; `envelopes::most_half_lives` at most.
    std::vector<duration> half_lives{};
    /// A score's bounds, of those of an envelope; without it they are clamped, no more. Never
    /// crosses: if one envelope is within another, so is what is made of it.
    std::function<envelopes::range(envelopes::range)> finish{};
};

/// What is known of a lead's score from `at` on, until `valid_until` (exclusive).
struct estimate {
    enum class form : std::uint8_t {
        closed, ///< clamp(kept + decaying · 2^(−(t − at) / half-life)), within the error, and never
                ///< below clamp(kept); if `decaying` is 0 it is clamp(kept) exactly
        mixed,   ///< as `terms` say
        bounded, ///< between `low` and `high`, and not absent
        unknown, ///< has to be asked
        absent   ///< has no score
    };
    form what = form::unknown;
    instant at{};
    instant valid_until = never;
    std::int64_t kept = 0; ///< micros
    double decaying = 0;   ///< micros, not negative
    std::int64_t low = std::numeric_limits<std::int64_t>::min();
    std::int64_t high = std::numeric_limits<std::int64_t>::max();
    envelope terms{};
};

/// Ranks of leads by score: higher scores first, of equal ones the lower lead number first.
///
/// With one half-life for all, forward decay keeps a lead's place: `d` = decaying · 2^((at − epoch)
/// / H) never changes with time, and at t the score is kept + d · g with g = 2^(−(t − epoch) / H)
/// for all. Leads of equal `kept` are a *row*, in which the order by `d` is that by score at every
/// instant; a question to the ranking is asked of each row, and a row answers it by one descent to
/// the leaf in which the asked score falls. If there are too many different values of `kept`, a row
/// holds a range of them, and the leaves between its two ends are looked through.
///
/// A row is a counted B-tree of fixed height: entries without order in leaves of 64, leaves in
/// order in nodes of 64, nodes in arrays. Each level knows the first end of validity below it, so
/// that what has expired is found without looking, and the lowest lead number, so that among
/// thousands at a score's upper bound the first are found without looking at all.
///
/// Scores that decay in several ways at once stand beside, in `envelopes`: there a question opens
/// the blocks in which the asked score may fall.
///
/// Update: O(log n), three or four cache misses. Rank: O(rows · log n). About 32 bytes a lead (a
/// third more in ranges), about 60 in envelopes, and 40 for each that is bounded or unknown, which
/// every question passes.
///
/// `exact(lead, t)` returns the lead's score at t in micros, or nothing if it has none. It is asked
/// of leads that are unknown, whose estimate has expired, and whose estimates overlap with what
/// they are compared with. At an instant before the latest `at` it is asked of every lead. If it
/// has `fetch_lead(lead)` and `fetch_history(lead)`, those are said of leads that come soon.
///
/// Strong guarantee: what throws (std::bad_alloc, or `exact`) changes nothing. Questions are const
/// and may be asked by many readers at once, while nobody writes.
class ranking {
  public:
    using lead_number = std::uint32_t;
    struct standing {
        std::uint64_t rank = 0; ///< 1 + leads with a higher score: equal scores share a rank
        std::uint64_t of = 0;   ///< leads with a score
        friend bool operator==(const standing&, const standing&) = default;
    };

    explicit ranking(const ranking_options& o = {}) : o_(o), mixed_(o.half_lives) {
        assert(o.min <= o.max);
    }
    ranking(ranking&&) = default;
    ranking& operator=(ranking&&) = default;

    /// Makes room for leads [0, n), absent so far. Amortised O(leads added).
    void resize(std::size_t n) {
        assert(n >= places_.size() && n < mixed_bit);
        if (n > places_.capacity()) places_.reserve(std::max(n, n / 2 * 3));
        places_.resize(n, nowhere);
    }

    class maker;
    /// Replaces all that is known of all leads: `estimate_of(lead)` for [0, n). O(n log n), several
    /// times faster than as many updates.
    template<class EstimateOf>
    void assign(std::size_t n, const EstimateOf& estimate_of);

    /// What is known of a lead has changed.
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
            if (!stays_away) others_.reserve(next_capacity(others_));
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
        if (!epoch_known_ && e.decaying > 0) { // nothing depends on it yet
            epoch_ = micros(e.at);
            epoch_known_ = true;
        }
        auto d = forward(e.decaying, micros(e.at));
        if (!d) {
            move_epoch(micros(e.at));
            d = forward(e.decaying, micros(e.at));
        }
        const item x{e.kept, *d, micros(e.valid_until), lead};
        auto r = shape_.find_row(shape_.row_key(x.kept));
        if (r == shape_.rows.end() || (*r)->key != shape_.row_key(x.kept)) {
            if (shape_.rows.size() >= row_limit()) {
                widen();
                update(lead, e);
                return;
            }
            shape_.rows.reserve(next_capacity(shape_.rows));
            auto fresh = std::make_unique<row>(shape_.row_key(x.kept));
            fresh->reserve_one();
            shape_.reserve();
            r = shape_.find_row(fresh->key);
            r = shape_.rows.insert(r, std::move(fresh));
        } else {
            (*r)->reserve_one();
            shape_.reserve();
        }
        latest_ = std::max(latest_, micros(e.at));
        row* const home = r->get();
        ++home->count; // so that `remove` does not drop it
        remove(lead);
        --home->count;
        places_[lead] = shape_.insert(*home, x, places_);
    }

    /// Leads that are not known to be absent for good.
    [[nodiscard]] std::uint64_t size() const noexcept {
        return shape_.count() + mixed_.size() + others_.size();
    }

    /// What a lead's score lies between, as far as is known without asking. (Nothing, too, of a
    /// lead that is absent.)
    [[nodiscard]] std::optional<envelopes::range> known(lead_number lead, instant t) const {
        bounds b;
        if (!bounds_of(lead, at(t), b) || !b.known) return std::nullopt;
        return envelopes::range{b.low, b.high};
    }

    /// The lead's standing; nothing if it has no score.
    template<class Exact>
    [[nodiscard]] std::optional<standing> rank(lead_number lead, instant t,
                                               const Exact& exact) const {
        const moment m = at(t);
        bounds own;
        if (!bounds_of(lead, m, own)) return std::nullopt;
        std::vector<candidate> open;
        std::vector<lead_number> unknown;
        tally c;
        bool counted = false;
        if (own.known) {
            // Leads that overlap with this one are few; if not, its score is better known first.
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
        std::erase_if(open, [&](const candidate& x) {
            if (x.low > own.low) ++s.rank;
            return x.low > own.low || x.high <= own.low;
        });
        ask(open, t, exact, [&](const candidate&, const auto& score) {
            if (score && *score > own.low) ++s.rank;
        });
        std::erase(unknown, lead);
        ask(unknown, t, exact, [&](lead_number, const auto& score) {
            if (!score) return;
            ++s.of;
            if (*score > own.low) ++s.rank;
        });
        return s;
    }

    /// Of a hundred leads with a score, how many score no higher than this one (it is one of them):
    /// the first has 100. Nothing if it has no score.
    template<class Exact>
    [[nodiscard]] std::optional<double> percentile(lead_number lead, instant t,
                                                   const Exact& exact) const {
        const auto s = rank(lead, t, exact);
        if (!s) return std::nullopt;
        return 100.0 * static_cast<double>(s->of - (s->rank - 1)) / static_cast<double>(s->of);
    }

    /// Leads with a score of at least `micros`.
    template<class Exact>
    [[nodiscard]] std::uint64_t count_at_least(std::int64_t micros, instant t,
                                               const Exact& exact) const {
        const moment m = at(t);
        std::vector<candidate> open;
        std::vector<lead_number> unknown;
        const bool all = micros == std::numeric_limits<std::int64_t>::min();
        const std::int64_t x = all ? micros : micros - 1;
        tally c;
        if (all) {
            c = count(x, x, m, nobody, no_limit, &open, &unknown);
            c.above = c.known; // what lies at the very end of the range counts, too
            open.clear();
        } else {
            c = count(x, x, m, nobody, no_limit, &open, &unknown);
        }
        std::uint64_t n = c.above;
        const auto take = [&](const auto&, const auto& score) {
            if (score && (*score > x || all)) ++n;
        };
        ask(open, t, exact, take);
        ask(unknown, t, exact, take);
        return n;
    }

    /// The first k leads in order. O(rows + k log k), and the leads that are bounded or unknown.
    template<class Exact>
    [[nodiscard]] std::vector<lead_number> top(std::size_t k, instant t, const Exact& exact) const {
        std::vector<lead_number> out;
        if (k == 0) return out;
        k = std::min<std::size_t>(k, places_.size());
        const moment m = at(t);
        std::vector<candidate> found;
        best_of best{k};
        std::vector<lead_number> unknown;
        find_unknown(m, unknown);
        ask(unknown, t, exact, [&](lead_number u, const auto& score) {
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
        std::erase_if(found, [&](const candidate& c) { return !best.may_hold(c.high, c.lead); });
        settle(std::move(found), k, t, exact, [&](lead_number lead) { out.push_back(lead); });
        return out;
    }

    /// The lead at the n-th place (from 1), if there are so many. O(rows · log n · 60), and leads
    /// whose scores equal that one's.
    template<class Exact>
    [[nodiscard]] std::optional<lead_number> nth(std::uint64_t n, instant t,
                                                 const Exact& exact) const {
        if (n == 0) return std::nullopt;
        const moment m = at(t);
        std::vector<lead_number> unknown;
        find_unknown(m, unknown);
        std::vector<std::pair<std::int64_t, lead_number>> asked;
        ask(unknown, t, exact, [&](lead_number u, const auto& score) {
            if (score) asked.emplace_back(*score, u);
        });
        const auto asked_above = [&](std::int64_t x) {
            return static_cast<std::uint64_t>(std::count_if(
                asked.begin(), asked.end(), [&](const auto& a) { return a.first > x; }));
        };
        // Bisects for the scores between which the n-th lies: (less, most].
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
        const bool bottom = surely(less) < n; // some score is the least number there is, or may be
        if (!bottom) {
            for (std::int64_t lo = less, hi = most; lo < hi;) {
                const std::int64_t x = std::midpoint(hi, lo); // the upper of two
                if (surely(x) >= n)
                    less = lo = x;
                else
                    hi = x - 1;
            }
        }
        std::vector<candidate> found;
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
        settle(std::move(found), static_cast<std::size_t>(left), t, exact, [&](lead_number lead) {
            if (--left == 0) out = lead;
        });
        return out;
    }

    /// `f(x, exact(lead of x, t))` for each of some leads or candidates. What `exact` can fetch
    /// ahead is, for those that come next.
    template<class All, class Exact, class F>
    static void ask(const All& all, instant t, const Exact& exact, const F& f) {
        constexpr std::size_t far = 16;
        constexpr std::size_t near = 8;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if constexpr (requires { exact.fetch_lead(nobody); }) {
                if (i + far < all.size()) exact.fetch_lead(lead_of(all[i + far]));
                if (i + near < all.size()) exact.fetch_history(lead_of(all[i + near]));
            }
            f(all[i], exact(lead_of(all[i]), t));
        }
    }

    /// Bytes held.
    [[nodiscard]] std::size_t memory() const noexcept {
        return places_.capacity() * sizeof(std::uint32_t) + others_.capacity() * sizeof(other) +
               shape_.memory() + mixed_.memory();
    }
    /// Rows in use, and the range of `kept` that each holds.
    [[nodiscard]] std::size_t row_count() const noexcept { return shape_.rows.size(); }
    [[nodiscard]] std::int64_t row_width() const noexcept { return shape_.width; }

  private:
    static constexpr std::uint32_t nowhere = ~std::uint32_t{0};
    static constexpr std::uint32_t others_bit = std::uint32_t{1} << 31;
    static constexpr std::uint32_t mixed_bit = std::uint32_t{1} << 30;
    static constexpr lead_number nobody = ~lead_number{0};
    static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
    static constexpr std::uint32_t fanout = 64;
    /// Relative slack that covers the rounding of 2^x and of products.
    static constexpr double slack = 1e-12;
    /// Up to 2^52 micros are exact in a double, with room to add.
    static constexpr double largest = 0x1p52;
    /// Half-lives from the epoch up to which nothing overflows.
    static constexpr double longest = 800;

    struct item {
        std::int64_t kept = 0;
        double d = 0;
        std::int64_t valid = 0;
        lead_number lead = 0;
    };
    struct other {
        std::int64_t valid = 0;
        std::int64_t low = 0;
        std::int64_t high = 0;
        lead_number lead = 0;
        estimate::form what{};
    };
    struct candidate {
        std::int64_t low = 0;
        std::int64_t high = 0;
        lead_number lead = 0;
    };
    struct bounds {
        bool known = false;
        std::int64_t low = 0;
        std::int64_t high = 0;
    };
    struct leaf {
        std::int64_t min_valid;
        lead_number min_lead;
        std::uint32_t count;
        std::uint32_t node;
        std::array<double, fanout> d;
        std::array<lead_number, fanout> lead;
        std::array<std::int64_t, fanout> valid;
    };
    /// `kept` of a leaf's entries, where rows hold ranges.
    struct kept_values {
        std::array<std::int64_t, fanout> of;
    };
    struct row;
    struct node {
        std::array<double, fanout> low; // the least (d, lead) of each leaf, but of the first
        std::array<lead_number, fanout> low_lead;
        std::array<std::uint8_t, fanout> count;
        std::array<std::uint32_t, fanout> leaf;
        std::array<std::int64_t, fanout> valid;
        std::array<lead_number, fanout> min_lead;
        std::uint32_t size;
        row* home;
    };
    struct row {
        explicit row(std::int64_t k) : key(k) {}
        void reserve_one() {
            nodes.reserve(next_capacity(nodes));
            low.reserve(next_capacity(low));
            low_lead.reserve(next_capacity(low_lead));
            counts.reserve(next_capacity(counts));
            valid.reserve(next_capacity(valid));
            min_lead.reserve(next_capacity(min_lead));
            group_counts.reserve(nodes.capacity() / fanout + 1);
            group_valid.reserve(nodes.capacity() / fanout + 1);
        }
        std::int64_t key;
        std::uint64_t count = 0;
        double max_d = 0; // no entry has more; not lowered when entries leave
        std::int64_t min_valid = std::numeric_limits<std::int64_t>::max();
        std::vector<std::uint32_t> nodes;
        std::vector<double> low;
        std::vector<lead_number> low_lead;
        std::vector<std::uint32_t> counts;
        std::vector<std::int64_t> valid;
        std::vector<lead_number> min_lead;
        std::vector<std::uint64_t> group_counts; // by 64 nodes
        std::vector<std::int64_t> group_valid;
    };
    /// A leaf's place in its row.
    struct path {
        std::size_t node = 0; // in the row
        std::uint32_t leaf = 0;
    };

    template<class Vector>
    static std::size_t next_capacity(const Vector& v) noexcept {
        return v.size() < v.capacity() ? v.capacity() : std::max<std::size_t>(4, v.size() * 2);
    }
    static lead_number lead_of(lead_number n) noexcept { return n; }
    static lead_number lead_of(const candidate& c) noexcept { return c.lead; }
    static std::int64_t micros(instant t) noexcept { return t.time_since_epoch().count(); }

    static std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept {
        return a / b - (a % b < 0 ? 1 : 0);
    }

    /// Last of `n` lower bounds that is not above (d, lead); the first stands for all below.
    static std::size_t last_at_most(const double* low, const lead_number* low_lead, std::size_t n,
                                    double d, lead_number lead) noexcept {
        std::size_t first = 0;
        while (n > 1) {
            const std::size_t half = n / 2;
            const double x = low[first + half];
            const bool right = x < d || (x == d && low_lead[first + half] <= lead);
            first = right ? first + half : first;
            n -= half;
        }
        return first;
    }

    /// The rows, and all that is in them.
    struct shape {
        std::int64_t width = 1;                 // of `kept` in a row
        std::vector<std::unique_ptr<row>> rows; // by key
        pool<leaf> leaves;
        pool<kept_values> kept; // beside the leaves, if width > 1
        pool<node> nodes;

        [[nodiscard]] std::int64_t row_key(std::int64_t k) const noexcept {
            return width == 1 ? k : floor_divide(k, width);
        }
        [[nodiscard]] std::int64_t least_kept(const row& r) const noexcept { return r.key * width; }
        [[nodiscard]] std::int64_t most_kept(const row& r) const noexcept {
            return r.key * width + (width - 1);
        }
        [[nodiscard]] std::int64_t kept_of(const row& r, std::uint32_t l,
                                           std::uint32_t i) const noexcept {
            return width == 1 ? r.key : kept[l].of[i];
        }
        [[nodiscard]] std::vector<std::unique_ptr<row>>::iterator
        find_row(std::int64_t key) noexcept {
            return std::lower_bound(rows.begin(), rows.end(), key,
                                    [](const auto& r, std::int64_t k) { return r->key < k; });
        }
        [[nodiscard]] std::uint64_t count() const noexcept {
            std::uint64_t n = 0;
            for (const auto& r : rows) n += r->count;
            return n;
        }
        [[nodiscard]] std::size_t memory() const noexcept {
            std::size_t n = leaves.memory() + nodes.memory() +
                            (width > 1 ? leaves.used() * sizeof(kept_values) : 0) +
                            rows.capacity() * sizeof(rows[0]);
            for (const auto& r : rows)
                n += sizeof(row) + r->nodes.capacity() * (4 + 8 + 4 + 4 + 8 + 4) +
                     r->group_counts.capacity() * 16;
            return n;
        }

        /// Makes one insertion good.
        void reserve() {
            leaves.reserve_free(2);
            nodes.reserve_free(2);
            if (width > 1) kept.reserve_numbers(std::size_t{leaves.used()} + 2);
        }

        [[nodiscard]] path find(const row& r, double d, lead_number lead) const noexcept {
            path p;
            p.node = last_at_most(r.low.data(), r.low_lead.data(), r.nodes.size(), d, lead);
            const node& n = nodes[r.nodes[p.node]];
            p.leaf = static_cast<std::uint32_t>(
                last_at_most(n.low.data(), n.low_lead.data(), n.size, d, lead));
            return p;
        }
        /// Entries of the row before a leaf.
        [[nodiscard]] std::uint64_t before(const row& r, const path& p) const noexcept {
            std::uint64_t n = 0;
            const std::size_t group = p.node / fanout;
            for (std::size_t i = 0; i < group; ++i) n += r.group_counts[i];
            for (std::size_t i = group * fanout; i < p.node; ++i) n += r.counts[i];
            const node& at = nodes[r.nodes[p.node]];
            // Counts are at most 64: eight at once, in four sums of 16 bits.
            std::uint32_t i = 0;
            std::uint64_t sums = 0;
            constexpr std::uint64_t even = 0x00ff'00ff'00ff'00ffU;
            for (; i + 8 <= p.leaf; i += 8) {
                std::uint64_t w = 0;
                std::memcpy(&w, at.count.data() + i, 8);
                sums += (w & even) + ((w >> 8) & even);
            }
            n += (sums * 0x0001'0001'0001'0001U) >> 48;
            for (; i < p.leaf; ++i) n += at.count[i];
            return n;
        }
        /// The least `d` that cannot be in the leaf, as it would be in the next one.
        [[nodiscard]] double end_of(const row& r, const path& p) const noexcept {
            const node& n = nodes[r.nodes[p.node]];
            if (p.leaf + 1 < n.size) return n.low[p.leaf + 1];
            return p.node + 1 < r.nodes.size() ? r.low[p.node + 1] : r.max_d;
        }

        // Minima. `was` is what a level showed before, which may have been the least.

        static void compute(leaf& l) noexcept {
            std::int64_t v = l.valid[0];
            lead_number least = l.lead[0];
            for (std::uint32_t i = 1; i < l.count; ++i) {
                v = std::min(v, l.valid[i]);
                least = std::min(least, l.lead[i]);
            }
            l.min_valid = v;
            l.min_lead = least;
        }
        void compute_node(row& r, std::size_t i) noexcept {
            const node& n = nodes[r.nodes[i]];
            r.valid[i] = *std::min_element(n.valid.data(), n.valid.data() + n.size);
            r.min_lead[i] = *std::min_element(n.min_lead.data(), n.min_lead.data() + n.size);
        }
        static void compute_group(row& r, std::size_t group) noexcept {
            const std::size_t end = std::min(r.nodes.size(), (group + 1) * fanout);
            std::int64_t v = std::numeric_limits<std::int64_t>::max();
            std::uint64_t n = 0;
            for (std::size_t i = group * fanout; i < end; ++i) {
                v = std::min(v, r.valid[i]);
                n += r.counts[i];
            }
            r.group_counts[group] = n;
            r.group_valid[group] = v;
        }
        static void compute_row(row& r) noexcept {
            r.min_valid = std::numeric_limits<std::int64_t>::max();
            for (const auto v : r.group_valid) r.min_valid = std::min(r.min_valid, v);
        }
        /// All groups from one on, after nodes have come or gone.
        static void compute_groups(row& r, std::size_t from) noexcept {
            const std::size_t groups = (r.nodes.size() + fanout - 1) / fanout;
            r.group_counts.resize(groups);
            r.group_valid.resize(groups);
            for (std::size_t g = from; g < groups; ++g) compute_group(r, g);
            compute_row(r);
        }
        /// After a leaf's minima have changed.
        void lift(row& r, const path& p) noexcept {
            node& n = nodes[r.nodes[p.node]];
            const leaf& l = leaves[n.leaf[p.leaf]];
            const std::int64_t valid_was = n.valid[p.leaf];
            const lead_number lead_was = n.min_lead[p.leaf];
            if (valid_was == l.min_valid && lead_was == l.min_lead) return;
            n.valid[p.leaf] = l.min_valid;
            n.min_lead[p.leaf] = l.min_lead;
            if (l.min_lead < r.min_lead[p.node])
                r.min_lead[p.node] = l.min_lead;
            else if (lead_was == r.min_lead[p.node] && lead_was != l.min_lead)
                r.min_lead[p.node] =
                    *std::min_element(n.min_lead.data(), n.min_lead.data() + n.size);
            if (valid_was == l.min_valid) return;
            const std::int64_t was = r.valid[p.node];
            if (l.min_valid <= was)
                r.valid[p.node] = l.min_valid;
            else if (valid_was == was)
                r.valid[p.node] = *std::min_element(n.valid.data(), n.valid.data() + n.size);
            lift_node(r, p.node, was);
        }
        static void lift_node(row& r, std::size_t i, std::int64_t was) noexcept {
            if (r.valid[i] == was) return;
            const std::size_t g = i / fanout;
            const std::int64_t group_was = r.group_valid[g];
            if (r.valid[i] <= group_was) {
                r.group_valid[g] = r.valid[i];
            } else if (was == group_was) {
                const std::size_t end = std::min(r.nodes.size(), (g + 1) * fanout);
                std::int64_t v = r.valid[i];
                for (std::size_t k = g * fanout; k < end; ++k) v = std::min(v, r.valid[k]);
                r.group_valid[g] = v;
            }
            if (r.group_valid[g] == group_was) return;
            if (r.group_valid[g] <= r.min_valid)
                r.min_valid = r.group_valid[g];
            else if (group_was == r.min_valid)
                compute_row(r);
        }

        /// Inserts; the leaf's number. `reserve` and the row's `reserve_one` come before.
        std::uint32_t insert(row& r, const item& x, huge_vector<std::uint32_t>& places) noexcept {
            if (r.nodes.empty()) begin_row(r);
            r.max_d = std::max(r.max_d, x.d);
            path p = find(r, x.d, x.lead);
            std::uint32_t at = nodes[r.nodes[p.node]].leaf[p.leaf];
            if (leaves[at].count == fanout) {
                split(r, p, places);
                p = find(r, x.d, x.lead);
                at = nodes[r.nodes[p.node]].leaf[p.leaf];
            }
            leaf& l = leaves[at];
            const std::uint32_t i = l.count++;
            l.d[i] = x.d;
            l.lead[i] = x.lead;
            l.valid[i] = x.valid;
            if (width > 1) kept[at].of[i] = x.kept;
            node& n = nodes[r.nodes[p.node]];
            ++n.count[p.leaf];
            ++r.counts[p.node];
            ++r.group_counts[p.node / fanout];
            ++r.count;
            if (x.valid < l.min_valid || x.lead < l.min_lead) {
                l.min_valid = std::min(l.min_valid, x.valid);
                l.min_lead = std::min(l.min_lead, x.lead);
                lift(r, p);
            }
            return at;
        }

        void begin_row(row& r) noexcept {
            const std::uint32_t ln = leaves.take();
            const std::uint32_t nn = nodes.take();
            leaf& l = leaves[ln];
            l.count = 0;
            l.node = nn;
            l.min_valid = std::numeric_limits<std::int64_t>::max();
            l.min_lead = nobody;
            node& n = nodes[nn];
            n.home = &r;
            n.size = 1;
            n.low[0] = 0;
            n.low_lead[0] = 0;
            n.count[0] = 0;
            n.leaf[0] = ln;
            n.valid[0] = l.min_valid;
            n.min_lead[0] = l.min_lead;
            r.nodes.push_back(nn);
            r.low.push_back(0);
            r.low_lead.push_back(0);
            r.counts.push_back(0);
            r.valid.push_back(l.min_valid);
            r.min_lead.push_back(nobody);
            compute_groups(r, 0);
        }

        /// Halves a full leaf.
        void split(row& r, path p, huge_vector<std::uint32_t>& places) noexcept {
            if (nodes[r.nodes[p.node]].size == fanout) {
                split_node(r, p.node);
                if (p.leaf >= fanout / 2) {
                    ++p.node;
                    p.leaf -= fanout / 2;
                }
            }
            node& n = nodes[r.nodes[p.node]];
            const std::uint32_t old = n.leaf[p.leaf];
            const std::uint32_t fresh = leaves.take();
            leaf& a = leaves[old];
            leaf& b = leaves[fresh];
            std::array<item, fanout> all;
            for (std::uint32_t i = 0; i < fanout; ++i)
                all[i] = {width > 1 ? kept[old].of[i] : 0, a.d[i], a.valid[i], a.lead[i]};
            constexpr std::uint32_t half = fanout / 2;
            std::nth_element(all.begin(), all.begin() + half, all.end(), before_in_row);
            const auto fill = [&](leaf& l, std::uint32_t number, const item* from) {
                for (std::uint32_t i = 0; i < half; ++i) {
                    l.d[i] = from[i].d;
                    l.lead[i] = from[i].lead;
                    l.valid[i] = from[i].valid;
                    if (width > 1) kept[number].of[i] = from[i].kept;
                }
                l.count = half;
                l.node = r.nodes[p.node];
                compute(l);
            };
            fill(a, old, all.data());
            fill(b, fresh, all.data() + half);
            for (std::uint32_t i = 0; i < half; ++i) places[b.lead[i]] = fresh;
            open_gap(n, p.leaf + 1);
            n.low[p.leaf + 1] = all[half].d;
            n.low_lead[p.leaf + 1] = all[half].lead;
            n.leaf[p.leaf + 1] = fresh;
            n.count[p.leaf] = n.count[p.leaf + 1] = half;
            for (const std::uint32_t k : {p.leaf, p.leaf + 1}) {
                n.valid[k] = leaves[n.leaf[k]].min_valid;
                n.min_lead[k] = leaves[n.leaf[k]].min_lead;
            }
        }
        static bool before_in_row(const item& a, const item& b) noexcept {
            return a.d != b.d ? a.d < b.d : a.lead < b.lead;
        }
        template<class F>
        static void each_column(node& n, const F& f) noexcept {
            f(n.low);
            f(n.low_lead);
            f(n.count);
            f(n.leaf);
            f(n.valid);
            f(n.min_lead);
        }
        static void open_gap(node& n, std::uint32_t at) noexcept {
            each_column(n, [&](auto& c) {
                std::copy_backward(c.data() + at, c.data() + n.size, c.data() + n.size + 1);
            });
            ++n.size;
        }
        static void close_gap(node& n, std::uint32_t at) noexcept {
            each_column(n, [&](auto& c) {
                std::copy(c.data() + at + 1, c.data() + n.size, c.data() + at);
            });
            --n.size;
        }
        void split_node(row& r, std::size_t i) noexcept {
            const std::uint32_t fresh = nodes.take();
            node& a = nodes[r.nodes[i]];
            node& b = nodes[fresh];
            b = a;
            each_column(
                b, [](auto& c) { std::copy(c.data() + fanout / 2, c.data() + fanout, c.data()); });
            a.size = b.size = fanout / 2;
            for (std::uint32_t k = 0; k < b.size; ++k) leaves[b.leaf[k]].node = fresh;
            const auto at = static_cast<std::ptrdiff_t>(i) + 1;
            r.nodes.insert(r.nodes.begin() + at, fresh);
            r.low.insert(r.low.begin() + at, b.low[0]);
            r.low_lead.insert(r.low_lead.begin() + at, b.low_lead[0]);
            std::uint32_t entries = 0;
            for (std::uint32_t k = 0; k < b.size; ++k) entries += b.count[k];
            r.counts[i] -= entries;
            r.counts.insert(r.counts.begin() + at, entries);
            r.valid.insert(r.valid.begin() + at, 0);
            r.min_lead.insert(r.min_lead.begin() + at, 0);
            compute_node(r, i);
            compute_node(r, i + 1);
            compute_groups(r, i / fanout);
        }

        /// Takes an entry out.
        void remove(std::uint32_t at, lead_number lead,
                    huge_vector<std::uint32_t>& places) noexcept {
            leaf& l = leaves[at];
            std::uint32_t i = 0;
            while (l.lead[i] != lead) ++i;
            row& r = *nodes[l.node].home;
            const path p = find(r, l.d[i], lead);
            const std::int64_t valid = l.valid[i];
            const std::uint32_t last = --l.count;
            l.d[i] = l.d[last];
            l.lead[i] = l.lead[last];
            l.valid[i] = l.valid[last];
            if (width > 1) kept[at].of[i] = kept[at].of[last];
            node& n = nodes[r.nodes[p.node]];
            --n.count[p.leaf];
            --r.counts[p.node];
            --r.group_counts[p.node / fanout];
            --r.count;
            if (last == 0) {
                drop_leaf(r, p);
            } else {
                if (valid == l.min_valid || lead == l.min_lead) {
                    compute(l);
                    lift(r, p);
                }
                if (last <= fanout / 4) merge(r, p, places);
            }
        }
        void drop_leaf(row& r, const path& p) noexcept {
            node& n = nodes[r.nodes[p.node]];
            leaves.give_back(n.leaf[p.leaf]);
            close_gap(n, p.leaf);
            if (n.size != 0) {
                const std::int64_t was = r.valid[p.node];
                compute_node(r, p.node);
                lift_node(r, p.node, was);
                return;
            }
            nodes.give_back(r.nodes[p.node]);
            const auto at = static_cast<std::ptrdiff_t>(p.node);
            r.nodes.erase(r.nodes.begin() + at);
            r.low.erase(r.low.begin() + at);
            r.low_lead.erase(r.low_lead.begin() + at);
            r.counts.erase(r.counts.begin() + at);
            r.valid.erase(r.valid.begin() + at);
            r.min_lead.erase(r.min_lead.begin() + at);
            compute_groups(r, p.node / fanout);
            if (r.nodes.empty()) r.max_d = 0;
        }
        /// Joins a leaf that is nearly empty with a neighbour, if both fit well into one.
        void merge(row& r, path p, huge_vector<std::uint32_t>& places) noexcept {
            node& n = nodes[r.nodes[p.node]];
            const auto fits = [&](std::uint32_t k) {
                return n.count[k] + n.count[k + 1] <= fanout * 5 / 8;
            };
            if (p.leaf + 1 < n.size && fits(p.leaf)) {
            } else if (p.leaf > 0 && fits(p.leaf - 1)) {
                --p.leaf;
            } else {
                return;
            }
            const std::uint32_t into = n.leaf[p.leaf];
            const std::uint32_t from = n.leaf[p.leaf + 1];
            leaf& a = leaves[into];
            const leaf& b = leaves[from];
            for (std::uint32_t i = 0; i < b.count; ++i) {
                const std::uint32_t k = a.count++;
                a.d[k] = b.d[i];
                a.lead[k] = b.lead[i];
                a.valid[k] = b.valid[i];
                if (width > 1) kept[into].of[k] = kept[from].of[i];
                places[b.lead[i]] = into;
            }
            a.min_valid = std::min(a.min_valid, b.min_valid);
            a.min_lead = std::min(a.min_lead, b.min_lead);
            n.count[p.leaf] = static_cast<std::uint8_t>(a.count);
            n.valid[p.leaf] = a.min_valid;
            n.min_lead[p.leaf] = a.min_lead;
            leaves.give_back(from);
            close_gap(n, p.leaf + 1);
        }

        template<class F>
        void for_each(const F& f) const {
            for (const auto& r : rows)
                for (const auto nn : r->nodes)
                    for (std::uint32_t k = 0; k < nodes[nn].size; ++k) {
                        const std::uint32_t at = nodes[nn].leaf[k];
                        const leaf& l = leaves[at];
                        for (std::uint32_t i = 0; i < l.count; ++i)
                            f(item{kept_of(*r, at, i), l.d[i], l.valid[i], l.lead[i]});
                    }
        }
    };

    /// An instant that is asked about.
    struct moment {
        std::int64_t t = 0;
        double g = 1; // decay since the epoch
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
    /// `d`; nothing if it is out of range and the epoch must move. Not 0, as that says more.
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
        // (The epoch is later only after an update that failed.)
        m.too_early = m.t < latest_ || (epoch_known_ && m.t < epoch_);
        if (mixed_.size() != 0 && !m.too_early) m.mixed = mixed_.at(m.t);
        // Not 0, since it divides; so little that it makes nothing of any `d`.
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
        row& r = *shape_.nodes[shape_.leaves[where].node].home;
        shape_.remove(where, lead, places_);
        if (r.count == 0) shape_.rows.erase(shape_.find_row(r.key));
    }

    /// Fewer rows, each of a wider range.
    void widen() {
        const std::size_t wanted = row_limit() / 2;
        std::int64_t width = shape_.width;
        for (std::size_t rows = shape_.rows.size(); rows > wanted;) {
            width *= 10;
            rows = 0;
            std::int64_t before = 0;
            for (const auto& r : shape_.rows) {
                const std::int64_t key = floor_divide(shape_.least_kept(*r), width);
                if (rows == 0 || key != before) ++rows;
                before = key;
            }
        }
        std::vector<item> items;
        items.reserve(static_cast<std::size_t>(shape_.count()));
        shape_.for_each([&](const item& x) { items.push_back(x); });
        rebuild(std::move(items), width);
    }
    void move_epoch(std::int64_t to) {
        std::vector<item> items;
        items.reserve(static_cast<std::size_t>(shape_.count()));
        const double x = std::exp2(std::max(-2000.0, -half_lives(epoch_, to)));
        shape_.for_each([&](item i) {
            if (i.d > 0) i.d = std::max(1e-300, i.d * x);
            items.push_back(i);
        });
        rebuild(std::move(items), shape_.width);
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
            for (auto& v : values) v = floor_divide(v, 10);
            values.erase(std::unique(values.begin(), values.end()), values.end());
        }
        rebuild(std::move(items), width);
    }
    /// The same entries, packed anew.
    void rebuild(std::vector<item> items, std::int64_t width) {
        constexpr std::size_t full = fanout * 13 / 16; // room to grow
        shape s;
        s.width = width;
        std::sort(items.begin(), items.end(), [&](const item& a, const item& b) {
            const auto x = s.row_key(a.kept);
            const auto y = s.row_key(b.kept);
            return x != y ? x < y : shape::before_in_row(a, b);
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
                    shape::compute(l);
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
            shape::compute_groups(r, 0);
        }
        std::swap(shape_, s);
        for (std::uint32_t i = 0; i < shape_.leaves.used(); ++i) {
            const leaf& l = shape_.leaves[i];
            for (std::uint32_t k = 0; k < l.count; ++k) places_[l.lead[k]] = i;
        }
    }

    // Estimates at an instant, as integers, which scores are. Scores of closed forms are far from
    // the ends of the integers' range.

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

    /// Makes bounds of a score of those of an envelope.
    struct finisher {
        const ranking_options& o;
        envelopes::range operator()(envelopes::range r) const {
            if (o.finish) r = o.finish(r);
            return {std::clamp(r.low, o.min, o.max), std::clamp(r.high, o.min, o.max)};
        }
    };
    [[nodiscard]] finisher finish() const noexcept { return {o_}; }

    /// False if the lead is known to have no score.
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
        const leaf& l = shape_.leaves[where];
        std::uint32_t i = 0;
        while (l.lead[i] != lead) ++i;
        if (l.valid[i] <= m.t) return true;
        const row& r = *shape_.nodes[l.node].home;
        const std::int64_t kept = shape_.kept_of(r, where, i);
        b = {true, lower(kept, l.d[i], m.g), upper(kept, l.d[i], m.g)};
        return true;
    }

    struct tally {
        std::uint64_t above = 0; // surely
        std::uint64_t open = 0;
        std::uint64_t known = 0; // leads of which something is known, and that have a score
        bool stopped = false;    // at the limit
    };

    /// Leads surely above `high`; those that are neither that nor surely not above `low` go into
    /// `open` (but for `self`), those of which nothing is known into `unknown`.
    tally count(std::int64_t low, std::int64_t high, const moment& m, lead_number self,
                std::size_t limit, std::vector<candidate>* open,
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
        // Some rows at a time, each a step down the tree before any takes the next: their cache
        // misses overlap.
        std::array<boundary, 16> some;
        for (std::size_t i = 0; i < shape_.rows.size() && !c.stopped;) {
            std::size_t n = 0;
            for (; i < shape_.rows.size() && n < some.size(); ++i)
                if (find_boundary(*shape_.rows[i], low, high, m, unknown, c, some[n])) ++n;
            for (std::size_t k = 0; k < n; ++k) {
                boundary& b = some[k];
                b.begin.node = last_at_most(b.of->low.data(), b.of->low_lead.data(),
                                            b.of->nodes.size(), b.not_yet, nobody);
                const node& at = shape_.nodes[b.of->nodes[b.begin.node]];
                __builtin_prefetch(&at.size);
                __builtin_prefetch(at.count.data());
                for (std::uint32_t x = 0; x < fanout; x += 8) __builtin_prefetch(&at.low[x]);
            }
            for (std::size_t k = 0; k < n; ++k) {
                boundary& b = some[k];
                const node& at = shape_.nodes[b.of->nodes[b.begin.node]];
                b.begin.leaf = static_cast<std::uint32_t>(
                    last_at_most(at.low.data(), at.low_lead.data(), at.size, b.not_yet, nobody));
                const leaf& l = shape_.leaves[at.leaf[b.begin.leaf]];
                __builtin_prefetch(&l);
                for (std::uint32_t x = 0; x < fanout; x += 8) __builtin_prefetch(&l.d[x]);
            }
            for (std::size_t k = 0; k < n && !c.stopped; ++k)
                count_row(some[k], low, high, m, self, open, unknown, c, limit);
        }
        return c;
    }

    /// Where in a row the asked scores fall.
    struct boundary {
        const row* of = nullptr;
        double not_yet = -1; // up to this `d` not above
        double sure = 0;     // from this on above
        path begin{};        // the leaf of `not_yet`
    };

    /// Counts a row that stands above as a whole, or not at all; true if it does neither.
    bool find_boundary(const row& r, std::int64_t low, std::int64_t high, const moment& m,
                       std::vector<lead_number>* unknown, tally& c, boundary& b) const {
        const bool fresh = r.min_valid > m.t;
        c.known += r.count;
        const std::int64_t least = shape_.least_kept(r);
        const std::int64_t most = shape_.most_kept(r);
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
                   lead_number self, std::vector<candidate>* open,
                   std::vector<lead_number>* unknown, tally& c, std::size_t limit) const {
        const row& r = *b.of;
        const double sure = b.sure;
        const path begin = b.begin;
        path p = begin;
        for (;;) {
            const node& n = shape_.nodes[r.nodes[p.node]];
            const std::uint32_t at = n.leaf[p.leaf];
            const leaf& f = shape_.leaves[at];
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
        if (end.node < r.nodes.size()) c.above += r.count - shape_.before(r, end);
        if (r.min_valid <= m.t) {
            expired(r, m, [&](lead_number lead, const path& where) {
                const bool after =
                    where.node > end.node || (where.node == end.node && where.leaf >= end.leaf);
                const bool before = where.node < begin.node ||
                                    (where.node == begin.node && where.leaf < begin.leaf);
                if (!after && !before) return; // seen in the leaf
                --c.known;
                if (after) --c.above;
                if (unknown != nullptr) unknown->push_back(lead);
            });
        }
    }

    void count_leaf(const row& r, std::uint32_t at, const leaf& l, std::int64_t low,
                    std::int64_t high, double not_yet, double sure, const moment& m,
                    lead_number self, std::vector<candidate>* open,
                    std::vector<lead_number>* unknown, tally& c) const {
        if (l.min_valid > m.t) {
            // Most leaves are decided, and are passed without branches.
            std::uint32_t above = 0;
            std::uint32_t not_above = 0;
            if (shape_.width == 1) {
                for (std::uint32_t i = 0; i < l.count; ++i) {
                    above += l.d[i] >= sure ? 1U : 0U;
                    not_above += l.d[i] <= not_yet ? 1U : 0U;
                }
            } else {
                const auto h = static_cast<double>(high);
                const auto w = static_cast<double>(low);
                const auto k = static_cast<double>(shape_.least_kept(r));
                const double loose = 8 * slack * (std::abs(h) + std::abs(w) + std::abs(k)) + 1;
                const double over = high < o_.max ? h + loose + o_.error + o_.vanishing
                                                  : std::numeric_limits<double>::infinity();
                const double under =
                    low >= o_.min ? w - loose - o_.error : -std::numeric_limits<double>::infinity();
                const auto& kept = shape_.kept[at].of;
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
            const std::int64_t kept = shape_.kept_of(r, at, i);
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

    /// All leads not surely above `most`: as `count`, where no number is less than all scores.
    tally count_all(const moment& m, std::int64_t most, std::vector<candidate>& open) const {
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
        shape_.for_each([&](const item& x) {
            if (x.valid > m.t) take(lower(x.kept, x.d, m.g), upper(x.kept, x.d, m.g), x.lead);
        });
        return c;
    }

    /// Calls `f(lead, path)` for each entry of a row that is no longer valid.
    template<class F>
    void expired(const row& r, const moment& m, const F& f) const {
        for (std::size_t g = 0; g < r.group_valid.size(); ++g) {
            if (r.group_valid[g] > m.t) continue;
            const std::size_t end = std::min(r.nodes.size(), (g + 1) * fanout);
            for (std::size_t i = g * fanout; i < end; ++i) {
                if (r.valid[i] > m.t) continue;
                const node& n = shape_.nodes[r.nodes[i]];
                for (std::uint32_t k = 0; k < n.size; ++k) {
                    if (n.valid[k] > m.t) continue;
                    const leaf& l = shape_.leaves[n.leaf[k]];
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
        for (const auto& r : shape_.rows)
            if (r->min_valid <= m.t)
                expired(*r, m, [&](lead_number lead, const path&) { out.push_back(lead); });
        mixed_.each_expired(m.t, [&](lead_number lead) { out.push_back(lead); });
    }

    /// The k best (score, lead) that are sure to exist.
    class best_of {
      public:
        explicit best_of(std::size_t k) : k_(k) { heap_.reserve(std::min<std::size_t>(k, 1024)); }
        /// Whether a lead of at most this score may be among the first k.
        [[nodiscard]] bool may_hold(std::int64_t high, lead_number lead) const noexcept {
            if (heap_.size() < k_) return true;
            const auto& worst = heap_.front();
            return high > worst.first || (high == worst.first && lead <= worst.second);
        }
        [[nodiscard]] bool is_over(std::int64_t high) const noexcept {
            return heap_.size() == k_ && high < heap_.front().first;
        }
        void add(std::int64_t low, lead_number lead) {
            if (heap_.size() == k_) {
                if (!better({low, lead}, heap_.front())) return;
                std::pop_heap(heap_.begin(), heap_.end(), better);
                heap_.back() = {low, lead};
            } else {
                heap_.emplace_back(low, lead);
            }
            std::push_heap(heap_.begin(), heap_.end(), better);
        }

      private:
        using entry = std::pair<std::int64_t, lead_number>;
        static bool better(const entry& a, const entry& b) noexcept {
            return a.first != b.first ? a.first > b.first : a.second < b.second;
        }
        std::size_t k_;
        std::vector<entry> heap_; // the worst in front
    };

    /// Candidates for the first k from the rows, the highest leaf first.
    void find_top(const moment& m, best_of& best, std::vector<candidate>& found) const {
        struct cursor {
            std::int64_t high;
            const row* r;
            path p;
            bool operator<(const cursor& b) const noexcept { return high < b.high; }
        };
        std::vector<cursor> start;
        start.reserve(shape_.rows.size());
        for (const auto& r : shape_.rows) {
            const std::size_t last = r->nodes.size() - 1;
            start.push_back({upper(shape_.most_kept(*r), r->max_d, m.g),
                             r.get(),
                             {last, shape_.nodes[r->nodes[last]].size - 1}});
        }
        std::priority_queue<cursor> next{{}, std::move(start)};
        while (!next.empty() && !best.is_over(next.top().high)) {
            cursor c = next.top();
            next.pop();
            const row& r = *c.r;
            const node* n = &shape_.nodes[r.nodes[c.p.node]];
            const std::uint32_t at = n->leaf[c.p.leaf];
            if (best.may_hold(c.high, n->min_lead[c.p.leaf])) {
                const leaf& l = shape_.leaves[at];
                for (std::uint32_t i = 0; i < l.count; ++i) {
                    if (l.valid[i] <= m.t) continue;
                    const std::int64_t kept = shape_.kept_of(r, at, i);
                    const std::int64_t to = upper(kept, l.d[i], m.g);
                    if (!best.may_hold(to, l.lead[i])) continue;
                    const std::int64_t from = lower(kept, l.d[i], m.g);
                    found.push_back({from, to, l.lead[i]});
                    best.add(from, l.lead[i]);
                }
            }
            const std::int64_t most = shape_.most_kept(r);
            bool left = true;
            do { // the next leaf down that may hold one of them
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
                    n = &shape_.nodes[r.nodes[c.p.node]];
                    c.p.leaf = n->size - 1;
                } else {
                    left = false;
                    break;
                }
                c.high = upper(most, shape_.end_of(r, c.p), m.g);
            } while (!best.is_over(c.high) && !best.may_hold(c.high, n->min_lead[c.p.leaf]));
            if (left && !best.is_over(c.high)) next.push(c);
        }
    }

    /// Calls `f` for the first k of the candidates, in order. Scores are asked of those that
    /// overlap.
    template<class Exact, class F>
    static void settle(std::vector<candidate> all, std::size_t k, instant t, const Exact& exact,
                       const F& f) {
        const auto in_order = [](const candidate& a, const candidate& b) {
            return a.high != b.high ? a.high > b.high : a.lead < b.lead;
        };
        std::sort(all.begin(), all.end(), in_order);
        std::vector<candidate> unsure;
        for (std::size_t i = 0; i < all.size() && k > 0;) {
            std::size_t end = i + 1;
            std::int64_t least = all[i].low;
            bool sure = all[i].low == all[i].high;
            for (; end < all.size() && all[end].high >= least; ++end) {
                least = std::min(least, all[end].low);
                sure = sure && all[end].low == all[end].high;
            }
            if (!sure && end - i > 1) {
                std::size_t kept = i;
                unsure.clear();
                for (std::size_t j = i; j < end; ++j) {
                    if (all[j].low == all[j].high)
                        all[kept++] = all[j];
                    else
                        unsure.push_back(all[j]);
                }
                ask(unsure, t, exact, [&](candidate c, const auto& score) {
                    if (!score) return;
                    c.low = c.high = *score;
                    all[kept++] = c;
                });
                std::sort(all.begin() + static_cast<std::ptrdiff_t>(i),
                          all.begin() + static_cast<std::ptrdiff_t>(kept), in_order);
                for (std::size_t j = i; j < kept && k > 0; ++j, --k) f(all[j].lead);
            } else {
                for (std::size_t j = i; j < end && k > 0; ++j, --k) f(all[j].lead);
            }
            i = end;
        }
    }

    ranking_options o_;
    std::int64_t epoch_ = 0;
    bool epoch_known_ = false;
    std::int64_t latest_ = std::numeric_limits<std::int64_t>::min();
    huge_vector<std::uint32_t> places_; // a leaf, or, with `others_bit`, one of the others
    std::vector<other> others_;
    envelopes mixed_;
    shape shape_;
};

/// A ranking that is made at once, of leads in order of their numbers.
class ranking::maker {
  public:
    /// With the options of another, of leads [0, n).
    maker(const ranking& like, std::size_t n) : made_(like.o_) {
        made_.resize(n);
        items_.reserve(n);
        since_.reserve(n);
    }
    /// What is known of the next lead. What it points to is copied.
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
    /// The maker is empty afterwards.
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
