// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Bounds of scores that decay in several ways at once, in blocks that a query can count as a
/// whole. Not for users.

#include <leadfunnel/core/detail/huge_array.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/store/detail/envelope_blocks.hpp>
#include <leadfunnel/store/detail/envelope_bounds.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <queue>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// What is known of a lead's score, before clamping, from an instant `at` on:
///
///     max(least, least + below + d(t)) ≤ score(t) ≤ least + above + d(t)
///     d(t) = Σ parts[j] · 2^(−(t − at) / half-life j) + slope · (t − at) / day
///
/// `parts` has one entry for each half-life of the `envelopes`, and the slope as its last. If the
/// envelope is `pure` and d(t) < `vanishing`, the score is exactly `least`.
struct envelope {
    std::int64_t least = 0; ///< micros; at most 2^52 in absolute value
    double below = 0;       ///< micros, as all below
    double above = 0;
    std::span<const double> parts;
    bool pure = false;
};

/// Envelopes of many leads. A query reads few of them.
///
/// **Blocks.** Leaves hold up to 64 leads, and nodes up to 64 leaves. Both are ordered by the
/// scores that leads are expected to have at a reference instant. Each block knows the least and
/// greatest of each term below it. Because the weights of time are positive, these extremes bound
/// every score in the block at any instant, no matter how old the order is: a block whose scores
/// are certainly above the score in question, or certainly not, is counted as a whole.
///
/// **Pivots.** Leads with the same score may owe it to different terms, and then the terms'
/// extremes bound little. So blocks also know the least and greatest score below them at a few
/// instants, the pivots. Between two pivots the weights are nearly a weighted mean of theirs, and
/// the terms' extremes only have to bound the small rest.
///
/// **Orders.** The worse the order still holds, the more blocks a query opens. When it no longer
/// holds, and enough leads have changed to share the work, a new order begins: its nodes stand
/// before those of the old one, and every update moves a few leads over. So an update stays O(log
/// n), and none takes long.
///
/// **Why the bounds hold.** Terms are stored in single precision, so a part or slope is off by less
/// than 2^-24 of itself; each weight is exact to 10^-12. `share` (2^-23) of every term covers both,
/// and the rounding of the sum. `below` and `above` are rounded outwards. Epochs move by whole
/// half-lives, which changes only exponents. Values too small for single precision contribute less
/// than 10^-37 micros at every instant of a query, which `loose` covers. Scores at pivots include
/// all of these (`slack`) and are rounded outwards, too.
class envelopes {
  public:
    using lead_number = envelope_blocks::lead_number;
    static constexpr std::size_t most_half_lives = envelope_blocks::most_half_lives;
    static constexpr double vanishing = envelope_bounds::vanishing; // micros
    using range = envelope_bounds::range;
    using terms_of_time = envelope_bounds::terms_of_time;
    using weights = envelope_bounds::weights;

    explicit envelopes(std::vector<duration> half_lives = {})
        : half_lives_(std::move(half_lives)), epochs_(half_lives_.size() + 1),
          terms_(half_lives_.size() + 1), rows_(terms_ + 2), blocks_(terms_) {
        assert(half_lives_.size() <= most_half_lives);
        for (const auto h : half_lives_) span_ = std::min(span_, h.count() / 2);
    }

    [[nodiscard]] std::size_t size() const noexcept { return count_; }

    /// The weights at an instant, for queries at that instant. O(terms).
    [[nodiscard]] weights at(std::int64_t t) const noexcept {
        weights w{.t = t, .of = terms_at(t), .mixes = {}};
        for (std::size_t o = 0; o < orders_.size(); ++o) {
            const pivots& p = orders_[o];
            auto& m = w.mixes[o];
            if (!has_begun_ || t < p.at.front() || t >= p.at.back()) continue;
            m.is_known = true;
            while (t >= p.at[m.first + 1]) ++m.first;
            m.share = static_cast<double>(t - p.at[m.first]) /
                      static_cast<double>(p.at[m.first + 1] - p.at[m.first]);
            for (std::size_t j = 0; j < terms_; ++j)
                m.rest[j] =
                    w.of[j] - (1 - m.share) * p.of[j][m.first] - m.share * p.of[j][m.first + 1];
        }
        return w;
    }

    /// Makes room for one insertion and does everything of it that may throw. Throws with nothing
    /// changed, as far as queries can tell.
    void prepare(const envelope& e, std::int64_t at, huge_vector<std::uint32_t>& places,
                 std::uint32_t mark) {
        begin(at);
        keep_up(e, at);
        blocks_.reserve(1 + most_taken_over);
        if (blocks_.in_order == blocks_.order.size() && is_order_due(at)) {
            blocks_.in_order = 0;
            blocks_.order_now ^= 1U;
            orders_[blocks_.order_now] = pivots_from(at);
            changes_ = 0;
        }
        const bool is_urgent = at > orders_[blocks_.order_now ^ 1U].holds_until();
        for (std::uint32_t i = is_urgent ? most_taken_over : 1;
             i > 0 && blocks_.in_order < blocks_.order.size(); --i)
            take_over(places, mark);
    }
    /// Adds a lead; sets `places[lead]` to its leaf. Precondition: `prepare` was called and the
    /// lead is absent.
    void insert(lead_number lead, const envelope& e, std::int64_t at, std::int64_t valid,
                huge_vector<std::uint32_t>& places, std::uint32_t mark) noexcept {
        places[lead] = put(made_of(lead, e, at, valid), places, mark) | mark;
        ++changes_;
        ++count_;
    }
    /// Adds a lead at the end, out of order. `order_again` must follow after the last one.
    void append(lead_number lead, const envelope& e, std::int64_t at, std::int64_t valid) {
        begin(at);
        keep_up(e, at);
        if (blocks_.order.empty() || blocks_.heads[blocks_.last_leaf()].count == fanout) {
            blocks_.reserve(1);
            const std::uint32_t fresh = blocks_.take();
            if (blocks_.order.empty() || blocks_.nodes[blocks_.order.back()].size == fanout)
                blocks_.add_node(blocks_.order.size(), -infinity);
            blocks_.link(blocks_.order.back(), blocks_.nodes[blocks_.order.back()].size, fresh,
                         -infinity);
        }
        write(blocks_, blocks_.last_leaf(), made_of(lead, e, at, valid));
        ++count_;
    }

    void remove(lead_number lead, std::uint32_t leaf, huge_vector<std::uint32_t>& places,
                std::uint32_t mark) noexcept {
        ++changes_;
        --count_;
        head& h = blocks_.heads[leaf];
        const std::uint32_t i = slot_of(lead, leaf);
        const std::uint32_t n = h.node;
        node& home = blocks_.nodes[n];
        const std::uint32_t place = place_in(home, leaf);
        const std::uint32_t valid = blocks_.at(leaf, i).valid;
        const std::uint32_t last = --h.count;
        copy_slot(blocks_, leaf, last, blocks_, leaf, i);
        if (last == 0) {
            blocks_.unlink(n, place);
            return;
        }
        --blocks_.node_heads[n].count;
        // A box may stay too wide for a while, but must not expire earlier than its leads.
        const bool expires = valid == h.box.valid && valid != blocks::for_good;
        if (++h.stale >= 16)
            blocks_.measure_leaf(leaf, orders_[home.order]);
        else if (expires)
            blocks_.measure_leaf_valid(leaf);
        home.valid[place] = h.box.valid;
        if (++home.stale >= 4 * fanout)
            blocks_.measure_node(n);
        else if (expires)
            blocks_.measure_valid(n);
        if (last <= fanout * 3 / 8) merge(n, place, places, mark);
    }

    /// Writes the bounds of one lead into `out`. Returns false if its envelope has expired.
    [[nodiscard]] bool bounds_of(lead_number lead, std::uint32_t leaf, const weights& w,
                                 range& out) const noexcept {
        const std::uint32_t i = slot_of(lead, leaf);
        if (is_over(blocks_.at(leaf, i).valid, w.t)) return false;
        out = bounds(leaf, i, w);
        return true;
    }

    /// Divides all leads at a score. Calls `whole(n, above)` for n leads that are certainly above
    /// `high` (`above`) or certainly at or below `low`; `open(range, lead)` for a lead that may be
    /// either, and stops if it returns false; `expired(lead)` for a lead of which nothing is known.
    /// `finish` turns the bounds of a sum into bounds of the score.
    template<class Finish, class Whole, class Open, class Expired>
    void divide(std::int64_t low, std::int64_t high, const weights& w, const Finish& finish,
                const Whole& whole, const Open& open, const Expired& expired) const {
        for (const auto n : blocks_.order) {
            const auto& top = blocks_.node_heads[n];
            const range all = finish(envelope_bounds::of_block(top.box, blocks_.node_box(n), w,
                                                               blocks_.nodes[n].order, terms_));
            const bool above = all.low > high;
            const bool fresh = !is_over(top.box.valid, w.t);
            if (fresh && (above || all.high <= low)) {
                whole(top.count, above);
                continue;
            }
            const node& x = blocks_.nodes[n];
            for (std::uint32_t k = 0; k < x.size; ++k)
                if (!divide_leaf(x.leaf[k], low, high, w, finish, whole, open, expired)) return;
        }
    }

    /// Calls `take(range, lead)` for leads, in falling order of their blocks' upper bounds, until
    /// `ends(high)` holds. Skips blocks for which `may_hold(high, least lead)` is false.
    template<class Finish, class IsOver, class MayHold, class Take>
    void highest(const weights& w, const Finish& finish, const IsOver& ends,
                 const MayHold& may_hold, const Take& take) const {
        struct block {
            std::int64_t high;
            std::uint32_t number;
            bool leaf;
            bool operator<(const block& b) const noexcept { return high < b.high; }
        };
        std::vector<block> start;
        start.reserve(blocks_.order.size());
        for (const auto n : blocks_.order) {
            const auto& top = blocks_.node_heads[n];
            start.push_back({finish(envelope_bounds::of_block(top.box, blocks_.node_box(n), w,
                                                              blocks_.nodes[n].order, terms_))
                                 .high,
                             n, false});
        }
        std::priority_queue<block> next{{}, std::move(start)};
        while (!next.empty() && !ends(next.top().high)) {
            const block b = next.top();
            next.pop();
            if (!b.leaf) {
                if (!may_hold(b.high, blocks_.node_heads[b.number].box.lead)) continue;
                const node& x = blocks_.nodes[b.number];
                for (std::uint32_t k = 0; k < x.size; ++k) {
                    const auto& h = blocks_.heads[x.leaf[k]];
                    const std::int64_t high =
                        finish(envelope_bounds::of_block(h.box, blocks_.leaf_box(x.leaf[k]), w,
                                                         x.order, terms_))
                            .high;
                    if (!ends(high) && may_hold(high, h.box.lead))
                        next.push({high, x.leaf[k], true});
                }
                continue;
            }
            const auto& h = blocks_.heads[b.number];
            if (!may_hold(b.high, h.box.lead)) continue;
            for (std::uint32_t i = 0; i < h.count; ++i)
                if (!is_over(blocks_.at(b.number, i).valid, w.t))
                    take(finish(bounds(b.number, i, w)), blocks_.lead(b.number)[i]);
        }
    }

    /// Calls `f(range, lead)` for each lead whose envelope is valid.
    template<class Finish, class F>
    void each(const weights& w, const Finish& finish, const F& f) const {
        for (const auto n : blocks_.order)
            for (std::uint32_t k = 0; k < blocks_.nodes[n].size; ++k) {
                const std::uint32_t leaf = blocks_.nodes[n].leaf[k];
                for (std::uint32_t i = 0; i < blocks_.heads[leaf].count; ++i)
                    if (!is_over(blocks_.at(leaf, i).valid, w.t))
                        f(finish(bounds(leaf, i, w)), blocks_.lead(leaf)[i]);
            }
    }
    /// Calls `expired(lead)` for each lead whose envelope is not valid any more.
    template<class Expired>
    void each_expired(std::int64_t t, const Expired& expired) const {
        for (const auto n : blocks_.order) {
            if (!is_over(blocks_.node_heads[n].box.valid, t)) continue;
            const node& x = blocks_.nodes[n];
            for (std::uint32_t k = 0; k < x.size; ++k)
                if (is_over(x.valid[k], t)) each_expired_in(x.leaf[k], t, expired);
        }
    }

    /// Rebuilds all blocks in a new order, that of the scores expected a while after `now`. O(n log
    /// n).
    void order_again(std::int64_t now, huge_vector<std::uint32_t>& places, std::uint32_t mark) {
        struct keyed {
            double key;
            std::uint32_t slot;
        };
        for (std::size_t j = 0; j < half_lives_.size(); ++j)
            if (half_lives_since(j, now) >= 1) move_epoch(j, now);
        const pivots p = pivots_from(now);
        std::vector<keyed> all;
        all.reserve(count_);
        for (const auto n : blocks_.order)
            for (std::uint32_t k = 0; k < blocks_.nodes[n].size; ++k) {
                const std::uint32_t leaf = blocks_.nodes[n].leaf[k];
                for (std::uint32_t i = 0; i < blocks_.heads[leaf].count; ++i)
                    all.push_back({key_of(leaf, i, p), leaf * fanout + i});
            }
        const auto lead_of = [&](const keyed& x) {
            return blocks_.lead(x.slot / fanout)[x.slot % fanout];
        };
        std::sort(all.begin(), all.end(), [&](const keyed& a, const keyed& b) {
            return a.key != b.key ? a.key < b.key : lead_of(a) < lead_of(b);
        });
        constexpr std::size_t full = fanout * 13 / 16; // room to grow
        blocks fresh{terms_};
        fresh.order_now = blocks_.order_now;
        for (std::size_t i = 0; i < all.size(); i += full) {
            fresh.reserve(1);
            const double key = all[i].key;
            if (fresh.order.empty() || fresh.nodes[fresh.order.back()].size == full)
                fresh.add_node(fresh.order.size(), key);
            const std::uint32_t leaf = fresh.take();
            head& h = fresh.heads[leaf];
            for (std::size_t k = i; k < std::min(all.size(), i + full); ++k)
                copy_slot(blocks_, all[k].slot / fanout, all[k].slot % fanout, fresh, leaf,
                          h.count++);
            fresh.measure_leaf(leaf, p);
            fresh.link(fresh.order.back(), fresh.nodes[fresh.order.back()].size, leaf, key);
        }
        for (const auto n : fresh.order) fresh.measure_node(n);
        std::swap(blocks_, fresh);
        orders_[blocks_.order_now] = p;
        changes_ = 0;
        for (const auto n : blocks_.order)
            for (std::uint32_t k = 0; k < blocks_.nodes[n].size; ++k) {
                const std::uint32_t leaf = blocks_.nodes[n].leaf[k];
                for (std::uint32_t i = 0; i < blocks_.heads[leaf].count; ++i)
                    places[blocks_.lead(leaf)[i]] = leaf | mark;
            }
    }

    [[nodiscard]] std::size_t memory() const noexcept { return blocks_.memory(); }

  private:
    using blocks = envelope_blocks;
    using box = blocks::box;
    using entry = blocks::entry;
    using head = blocks::head;
    using item = blocks::item;
    using node = blocks::node;
    using pivots = blocks::pivots;
    static constexpr std::uint32_t fanout = blocks::fanout;
    static constexpr double infinity = blocks::infinity;
    static constexpr std::size_t pivot_count = blocks::pivot_count;

    /// How many leads an update moves at most while the order changes.
    static constexpr std::uint32_t most_taken_over = 4;
    static constexpr std::int64_t second = 1'000'000;
    [[nodiscard]] double half_lives_since(std::size_t j, std::int64_t t) const noexcept {
        return (static_cast<double>(t) - static_cast<double>(epochs_[j])) /
               static_cast<double>(half_lives_[j].count());
    }
    [[nodiscard]] double days_since(std::int64_t t) const noexcept {
        return (static_cast<double>(t) - static_cast<double>(epochs_.back())) / 86'400e6;
    }
    void begin(std::int64_t at) noexcept {
        if (has_begun_) return;
        has_begun_ = true;
        std::fill(epochs_.begin(), epochs_.end(), at);
        orders_.fill(pivots_from(at));
    }
    /// Whether a new order pays: as many changes share its cost.
    [[nodiscard]] bool is_order_due(std::int64_t at) const noexcept {
        constexpr std::size_t some = 4096;
        if (at > pivots_now().holds_until()) return changes_ > count_ / 4 + some;
        return changes_ > 4 * count_ + some &&
               (at > pivots_now().reference() || blocks_.leaf_count() * blocks::half > count_ * 2);
    }
    [[nodiscard]] const pivots& pivots_now() const noexcept { return orders_[blocks_.order_now]; }
    /// The pivots of an order made at an instant.
    [[nodiscard]] pivots pivots_from(std::int64_t at) const noexcept {
        pivots p;
        for (std::size_t n = 0; n < pivot_count; ++n)
            p.at[n] = at + (n == 0 ? 0 : span_ << (n - 1));
        weigh(p);
        return p;
    }
    void weigh(pivots& p) const noexcept {
        for (std::size_t n = 0; n < pivot_count; ++n) {
            const auto w = terms_at(p.at[n]);
            for (std::size_t j = 0; j < terms_; ++j) {
                p.of[j][n] = w[j];
                p.most[j] = std::max(n == 0 ? 0 : p.most[j], std::abs(w[j]));
            }
        }
    }
    [[nodiscard]] terms_of_time terms_at(std::int64_t t) const noexcept {
        terms_of_time w{};
        for (std::size_t j = 0; j < half_lives_.size(); ++j)
            w[j] = std::exp2(-half_lives_since(j, t));
        w[terms_ - 1] = days_since(t);
        return w;
    }
    void keep_up(const envelope& e, std::int64_t at) noexcept {
        for (std::size_t j = 0; j < half_lives_.size(); ++j)
            if (e.parts[j] != 0 && half_lives_since(j, at) > 60) move_epoch(j, at);
    }
    /// Moves a half-life's epoch by whole half-lives, to less than one before an instant. O(n).
    void move_epoch(std::size_t j, std::int64_t to) noexcept {
        const auto n = static_cast<std::int64_t>(half_lives_since(j, to));
        epochs_[j] += n * half_lives_[j].count();
        const float by = std::ldexp(1.0F, -static_cast<int>(std::min<std::int64_t>(n, 1000)));
        const auto shift = [&](float* extremes) {
            extremes[j] *= by;
            extremes[terms_ + j] *= by;
        };
        for (std::uint32_t l = 0; l < blocks_.heads.used(); ++l) {
            for (std::uint32_t i = 0; i < blocks_.heads[l].count; ++i)
                blocks_.row(l, i)[2 + j] *= by;
            shift(blocks_.leaf_box(l));
        }
        for (std::uint32_t n_ = 0; n_ < blocks_.used_nodes; ++n_) shift(blocks_.node_box(n_));
        for (auto& p : orders_) weigh(p);
    }
    [[nodiscard]] static std::uint32_t seconds(std::int64_t valid) noexcept {
        if (valid <= 0) return 0;
        return static_cast<std::uint32_t>(
            std::min<std::int64_t>(valid / second, std::int64_t{blocks::for_good}));
    }
    /// (Nothing is treated as valid after 2106, nor before 1970.)
    [[nodiscard]] static bool is_over(std::uint32_t valid, std::int64_t t) noexcept {
        return valid == 0 || std::int64_t{valid} * second <= t;
    }

    [[nodiscard]] item made_of(lead_number lead, const envelope& e, std::int64_t at,
                               std::int64_t valid) const noexcept {
        item x;
        x.lead = lead;
        x.is = {e.least, seconds(valid), e.pure};
        for (std::size_t j = 0; j < half_lives_.size(); ++j)
            if (e.parts[j] != 0)
                x.row[2 + j] = static_cast<float>(e.parts[j] * std::exp2(half_lives_since(j, at)));
        const auto slope = static_cast<float>(e.parts[terms_ - 1]);
        x.row[1 + terms_] = slope;
        const double shift = slope == 0 ? 0 : -static_cast<double>(slope) * days_since(at);
        const double r = slope == 0 ? 0 : blocks::rounding * std::abs(shift);
        x.row[0] = blocks::rounded(e.below + shift - r, -blocks::infinite);
        x.row[1] = blocks::rounded(e.above + shift + r, blocks::infinite);
        return x;
    }
    [[nodiscard]] std::uint32_t slot_of(lead_number lead, std::uint32_t leaf) const noexcept {
        const lead_number* p = blocks_.lead(leaf);
        return static_cast<std::uint32_t>(std::find(p, p + blocks_.heads[leaf].count, lead) - p);
    }
    [[nodiscard]] static std::uint32_t place_in(const node& n, std::uint32_t leaf) noexcept {
        return static_cast<std::uint32_t>(std::find(n.leaf.data(), n.leaf.data() + n.size, leaf) -
                                          n.leaf.data());
    }
    [[nodiscard]] double key_of(std::uint32_t leaf, std::uint32_t i,
                                const pivots& p) const noexcept {
        double x = static_cast<double>(blocks_.at(leaf, i).least);
        const float* r = blocks_.row(leaf, i);
        x += (static_cast<double>(r[0]) + static_cast<double>(r[1])) / 2;
        for (std::size_t j = 0; j < terms_; ++j)
            x += static_cast<double>(r[2 + j]) * p.of[j][blocks::reference];
        return finite(x);
    }
    /// Makes a key finite: if nothing can be expected of a score, any place is right.
    [[nodiscard]] static double finite(double x) noexcept {
        constexpr double most = 1e300;
        return x < most ? std::max(x, -most) : most;
    }

    void copy_slot(const blocks& from, std::uint32_t fl, std::uint32_t fi, blocks& to,
                   std::uint32_t tl, std::uint32_t ti) const noexcept {
        to.lead(tl)[ti] = from.lead(fl)[fi];
        if (&to.at(tl, ti) != &from.at(fl, fi))
            std::memcpy(&to.at(tl, ti), &from.at(fl, fi), blocks::entry_bytes(terms_));
    }
    void write(blocks& to, std::uint32_t leaf, const item& x) const noexcept {
        const std::uint32_t i = to.heads[leaf].count++;
        to.lead(leaf)[i] = x.lead;
        to.at(leaf, i) = x.is;
        std::copy_n(x.row.data(), rows_, to.row(leaf, i));
    }

    /// Merges a nearly empty leaf with a neighbour, if both fit well into one.
    void merge(std::uint32_t n, std::uint32_t place, huge_vector<std::uint32_t>& places,
               std::uint32_t mark) noexcept {
        node& home = blocks_.nodes[n];
        const auto count = [&](std::uint32_t k) { return blocks_.heads[home.leaf[k]].count; };
        const auto fits = [&](std::uint32_t k) {
            return count(k) + count(k + 1) <= fanout * 3 / 4;
        };
        if (place + 1 == home.size || !fits(place)) {
            if (place == 0 || !fits(place - 1)) return;
            --place;
        }
        if (count(place) < count(place + 1)) // move the fewer leads
            std::swap(home.leaf[place], home.leaf[place + 1]);
        const std::uint32_t into = home.leaf[place];
        const std::uint32_t from = home.leaf[place + 1];
        head& h = blocks_.heads[into];
        for (std::uint32_t i = 0; i < blocks_.heads[from].count; ++i) {
            places[blocks_.lead(from)[i]] = into | mark;
            copy_slot(blocks_, from, i, blocks_, into, h.count++);
        }
        blocks_.measure_leaf(into, orders_[home.order]);
        home.valid[place] = h.box.valid;
        ++blocks_.node_heads[n].count; // `unlink` subtracts one
        blocks_.unlink(n, place + 1);
    }
    /// Moves the last lead of the older order to its place in the new one. Precondition: room was
    /// reserved.
    void take_over(huge_vector<std::uint32_t>& places, std::uint32_t mark) noexcept {
        const std::uint32_t n = blocks_.order.back();
        const std::uint32_t place = blocks_.nodes[n].size - 1;
        const std::uint32_t leaf = blocks_.nodes[n].leaf[place];
        const std::uint32_t i = --blocks_.heads[leaf].count;
        item x;
        x.lead = blocks_.lead(leaf)[i];
        x.is = blocks_.at(leaf, i);
        std::copy_n(blocks_.row(leaf, i), rows_, x.row.data());
        if (i == 0)
            blocks_.unlink(n, place);
        else
            --blocks_.node_heads[n].count;
        places[x.lead] = put(x, places, mark) | mark;
    }
    /// Inserts a lead into the leaf that its expected score belongs to; returns the leaf.
    /// Precondition: room was reserved.
    std::uint32_t put(const item& x, huge_vector<std::uint32_t>& places,
                      std::uint32_t mark) noexcept {
        const pivots& p = pivots_now();
        double key = static_cast<double>(x.is.least) +
                     (static_cast<double>(x.row[0]) + static_cast<double>(x.row[1])) / 2;
        for (std::size_t j = 0; j < terms_; ++j)
            key += static_cast<double>(x.row[2 + j]) * p.of[j][blocks::reference];
        key = finite(key);
        if (blocks_.in_order == 0) {
            const std::uint32_t n = blocks_.add_node(0, -infinity);
            const std::uint32_t leaf = blocks_.take();
            blocks_.link(n, 0, leaf, -infinity);
            blocks::empty(blocks_.leaf_box(leaf), terms_);
            blocks_.measure_node(n);
        }
        const auto last = std::upper_bound(
            blocks_.keys.begin() + 1,
            blocks_.keys.begin() + static_cast<std::ptrdiff_t>(blocks_.in_order), key);
        auto place = static_cast<std::size_t>(last - blocks_.keys.begin()) - 1;
        std::uint32_t n = blocks_.order[place];
        std::uint32_t k = find_leaf(blocks_.nodes[n], key);
        if (blocks_.heads[blocks_.nodes[n].leaf[k]].count == fanout) {
            if (blocks_.nodes[n].size == fanout) {
                split_node(place);
                if (key >= blocks_.keys[place + 1]) n = blocks_.order[place + 1];
                k = find_leaf(blocks_.nodes[n], key);
            }
            split_leaf(n, k, places, mark);
            k = find_leaf(blocks_.nodes[n], key);
        }
        node& home = blocks_.nodes[n];
        const std::uint32_t leaf = home.leaf[k];
        write(blocks_, leaf, x);
        head& h = blocks_.heads[leaf];
        head& top = blocks_.node_heads[n];
        const box one{static_cast<double>(x.is.least),
                      static_cast<double>(x.is.least),
                      static_cast<double>(x.row[0]),
                      static_cast<double>(x.row[1]),
                      x.is.valid,
                      x.lead,
                      x.is.pure};
        std::array<float, 2 * (most_half_lives + 1 + pivot_count)> parts;
        std::copy_n(x.row.data() + 2, terms_, parts.data());
        std::copy_n(x.row.data() + 2, terms_, parts.data() + terms_);
        pivots::each sum{};
        double size = 0;
        for (std::size_t j = 0; j < terms_; ++j) {
            p.add(static_cast<double>(x.row[2 + j]), j, sum);
            size += std::abs(static_cast<double>(x.row[2 + j])) * p.most[j];
        }
        const double off = blocks::slack(one.least, size);
        for (std::size_t i = 0; i < pivot_count; ++i) {
            parts[2 * terms_ + i] =
                blocks::rounded(one.least + one.below + sum[i] - off, -blocks::infinite);
            parts[2 * terms_ + pivot_count + i] =
                blocks::rounded(one.least + one.above + sum[i] + off, blocks::infinite);
        }
        blocks::widen(h.box, blocks_.leaf_box(leaf), one, parts.data(), terms_);
        blocks::widen(top.box, blocks_.node_box(n), one, parts.data(), terms_);
        ++top.count;
        home.valid[k] = h.box.valid;
        return leaf;
    }
    [[nodiscard]] static std::uint32_t find_leaf(const node& n, double key) noexcept {
        return static_cast<std::uint32_t>(
                   std::upper_bound(n.key.data() + 1, n.key.data() + n.size, key) - n.key.data()) -
               1;
    }
    /// How much of a full block stays in place when it is split. While an older order is moved
    /// over, which starts at its high end, more leads will follow below, so less stays.
    [[nodiscard]] std::uint32_t kept_in_split() const noexcept {
        return blocks_.in_order < blocks_.order.size() ? fanout / 4 : blocks::half;
    }
    void split_node(std::size_t place) noexcept {
        const std::uint32_t old = blocks_.order[place];
        const std::uint32_t stay = kept_in_split();
        const std::uint32_t fresh = blocks_.add_node(place + 1, blocks_.nodes[old].key[stay]);
        node& a = blocks_.nodes[old];
        node& b = blocks_.nodes[fresh];
        b.size = fanout - stay;
        a.size = stay;
        std::copy_n(a.leaf.data() + stay, b.size, b.leaf.data());
        std::copy_n(a.key.data() + stay, b.size, b.key.data());
        for (std::uint32_t k = 0; k < b.size; ++k) blocks_.heads[b.leaf[k]].node = fresh;
        blocks_.measure_node(old);
        blocks_.measure_node(fresh);
    }
    void split_leaf(std::uint32_t n, std::uint32_t k, huge_vector<std::uint32_t>& places,
                    std::uint32_t mark) noexcept {
        const std::uint32_t old = blocks_.nodes[n].leaf[k];
        const std::uint32_t fresh = blocks_.take();
        const std::uint32_t stay = kept_in_split();
        std::array<std::pair<double, std::uint32_t>, fanout> all;
        for (std::uint32_t i = 0; i < fanout; ++i) all[i] = {key_of(old, i, pivots_now()), i};
        std::nth_element(all.begin(), all.begin() + stay, all.end());
        const double first = all[stay].first;
        for (std::uint32_t i = 0; i < fanout - stay; ++i) {
            copy_slot(blocks_, old, all[stay + i].second, blocks_, fresh, i);
            places[blocks_.lead(fresh)[i]] = fresh | mark;
        }
        // Entries that stay are moved in rising order, so that none is overwritten before it has
        // moved.
        std::sort(all.begin(), all.begin() + stay,
                  [](const auto& a, const auto& b) { return a.second < b.second; });
        for (std::uint32_t i = 0; i < stay; ++i)
            copy_slot(blocks_, old, all[i].second, blocks_, old, i);
        blocks_.heads[old].count = stay;
        blocks_.heads[fresh].count = fanout - stay;
        blocks_.measure_leaf(old, pivots_now());
        blocks_.measure_leaf(fresh, pivots_now());
        blocks_.nodes[n].valid[k] = blocks_.heads[old].box.valid;
        blocks_.link(n, k + 1, fresh, first);
    }

    // ---- bounds

    [[nodiscard]] range bounds(std::uint32_t leaf, std::uint32_t i,
                               const weights& w) const noexcept {
        double sum = 0;
        double size = 0;
        const entry& known = blocks_.at(leaf, i);
        const float* r = blocks_.row(leaf, i);
        for (std::size_t j = 0; j < terms_; ++j) {
            const double x = static_cast<double>(r[2 + j]) * w.of[j];
            sum += x;
            size += std::abs(x);
        }
        const auto k = static_cast<double>(known.least);
        return envelope_bounds::of_sums(k, static_cast<double>(r[0]), sum, size, k,
                                        static_cast<double>(r[1]), sum, size, known.pure);
    }

    template<class Finish, class Whole, class Open, class Expired>
    bool divide_leaf(std::uint32_t leaf, std::int64_t low, std::int64_t high, const weights& w,
                     const Finish& finish, const Whole& whole_block, const Open& open,
                     const Expired& expired) const {
        const head& h = blocks_.heads[leaf];
        const range all = finish(envelope_bounds::of_block(h.box, blocks_.leaf_box(leaf), w,
                                                           blocks_.nodes[h.node].order, terms_));
        if (!is_over(h.box.valid, w.t) && (all.low > high || all.high <= low)) {
            whole_block(h.count, all.low > high);
            return true;
        }
        std::uint32_t above = 0;
        std::uint32_t not_above = 0;
        for (std::uint32_t i = 0; i < h.count; ++i) {
            if (is_over(blocks_.at(leaf, i).valid, w.t)) {
                expired(blocks_.lead(leaf)[i]);
                continue;
            }
            const range r = finish(bounds(leaf, i, w));
            if (r.low > high)
                ++above;
            else if (r.high <= low)
                ++not_above;
            else if (!open(r, blocks_.lead(leaf)[i]))
                return false;
        }
        whole_block(above, true);
        whole_block(not_above, false);
        return true;
    }
    template<class Expired>
    void each_expired_in(std::uint32_t leaf, std::int64_t t, const Expired& expired) const {
        for (std::uint32_t i = 0; i < blocks_.heads[leaf].count; ++i)
            if (is_over(blocks_.at(leaf, i).valid, t)) expired(blocks_.lead(leaf)[i]);
    }

    std::vector<duration> half_lives_;
    std::vector<std::int64_t> epochs_; // by half-life; the last is the slope's
    std::size_t terms_;
    std::size_t rows_;
    std::int64_t span_ = std::int64_t{7} * 86'400'000'000;
    bool has_begun_ = false;
    std::array<pivots, 2> orders_{};
    std::size_t count_ = 0;
    std::size_t changes_ = 0;
    blocks blocks_;
};

} // namespace leadfunnel::inline v0::detail
