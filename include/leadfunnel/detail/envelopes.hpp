// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Bounds of scores that decay in several ways at once, in blocks that a question can pass as a
/// whole. Not for users.

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/detail/huge_array.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <queue>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// What is known of a lead's score before it is clamped, from an instant `at` on:
///
///     max(least, least + below + d(t)) ≤ score(t) ≤ least + above + d(t)
///     d(t) = Σ parts[j] · 2^(−(t − at) / half-life j) + slope · (t − at) / day
///
/// `parts` has one entry for each half-life of `envelopes` and, last, the slope. If it is `pure`
/// and d(t) < `vanishing`, the score is `least`.
struct envelope {
    std::int64_t least = 0; ///< micros; up to 2^52 either way
    double below = 0;       ///< micros, as all that follow
    double above = 0;
    std::span<const double> parts;
    bool pure = false;
};

/// Envelopes of many leads, of which a question looks at few.
///
/// Leads stand in leaves of up to 64, leaves in nodes of up to 64, both in order of what their
/// scores are expected to be at a reference instant. A leaf and a node know the least and the
/// greatest of each term below them. Since all weights of time are positive, the terms' extremes
/// bound every score below at any instant: what is surely above an asked score, or surely not, is
/// counted as a whole, however long ago the order was made. How many blocks are neither depends on
/// how well the order still holds; when as many leads have changed as there are, and the reference
/// instant is past, it is made anew, so that an update stays O(log n), amortised.
///
/// **Bounds hold.** Terms are kept in single precision: a part is off by less than 2^-24 of itself,
/// as is a slope; each weight of time is within 10^-12. `share` (2^-23) of every term covers both
/// and the rounding of their sum. `below` and `above` are rounded outwards. Epochs move by whole
/// half-lives, which changes exponents alone. What is too small for single precision is less than
/// 10^-37 micros at every instant asked for, for which `loose` stands.
class envelopes {
  public:
    using lead_number = std::uint32_t;
    static constexpr std::size_t most_half_lives = 11;
    static constexpr double vanishing = 0.25; // micros
    struct range {
        std::int64_t low = 0;
        std::int64_t high = 0;
    };
    /// The weights of an instant.
    struct weights {
        std::int64_t t = 0;
        std::array<double, most_half_lives + 1> of{};
    };

    explicit envelopes(std::vector<duration> half_lives = {})
        : half_lives_(std::move(half_lives)), epochs_(half_lives_.size() + 1),
          terms_(half_lives_.size() + 1), rows_(terms_ + 2) {
        assert(half_lives_.size() <= most_half_lives);
        for (const auto h : half_lives_) span_ = std::min(span_, h.count() / 2);
    }

    [[nodiscard]] std::size_t size() const noexcept { return count_; }

    [[nodiscard]] weights at(std::int64_t t) const noexcept {
        weights w;
        w.t = t;
        for (std::size_t j = 0; j < half_lives_.size(); ++j)
            w.of[j] = std::exp2(-half_lives_since(j, t));
        w.of[terms_ - 1] = days_since(t);
        return w;
    }

    /// Makes one insertion good: all that can throw, and if it does, nothing has changed.
    void prepare(const envelope& e, std::int64_t at, huge_vector<std::uint32_t>& places,
                 std::uint32_t mark) {
        begin(at);
        if (changes_ > count_ + 4096 && (at > reference_ || body_.leaves() * half > count_ * 2))
            order_again(at, places, mark);
        keep_up(e, at);
        body_.reserve(rows_, terms_);
    }
    /// Adds a lead that is not there, after `prepare`; `places[lead]` is its leaf from now on.
    void insert(lead_number lead, const envelope& e, std::int64_t at, std::int64_t valid,
                huge_vector<std::uint32_t>& places, std::uint32_t mark) noexcept {
        places[lead] = put(made_of(lead, e, at, valid), places, mark) | mark;
        ++changes_;
        ++count_;
    }
    /// Adds a lead anywhere. `order_again` must follow the last one.
    void append(lead_number lead, const envelope& e, std::int64_t at, std::int64_t valid) {
        begin(at);
        keep_up(e, at);
        if (body_.order.empty() || body_.heads[body_.last_leaf()].count == fanout) {
            body_.reserve(rows_, terms_);
            const std::uint32_t fresh = body_.take();
            if (body_.order.empty() || body_.nodes[body_.order.back()].size == fanout)
                body_.add_node(body_.order.size(), -infinity);
            body_.link(body_.order.back(), body_.nodes[body_.order.back()].size, fresh, -infinity);
        }
        write(body_, body_.last_leaf(), made_of(lead, e, at, valid));
        ++count_;
    }

    void remove(lead_number lead, std::uint32_t leaf) noexcept {
        ++changes_;
        --count_;
        head& h = body_.heads[leaf];
        const std::uint32_t i = slot_of(lead, leaf);
        const std::uint32_t n = h.node;
        node& home = body_.nodes[n];
        const std::uint32_t place = place_in(home, leaf);
        const std::uint32_t valid = body_.valid[std::size_t{leaf} * fanout + i];
        const std::uint32_t last = --h.count;
        copy_slot(body_, leaf, last, body_, leaf, i);
        if (last == 0) {
            body_.unlink(n, place);
            return;
        }
        --body_.node_heads[n].count;
        // Boxes may be too wide for a while, but not older than what is in them.
        const bool expires = valid == h.box.valid && valid != for_good;
        if (++h.stale >= 8 || expires) body_.measure_leaf(leaf, rows_, terms_);
        home.valid[place] = h.box.valid;
        if (++home.stale >= fanout)
            body_.measure_node(n, terms_);
        else if (expires)
            body_.measure_valid(n);
    }

    /// Bounds of one lead; nothing is known any more if it returns false.
    [[nodiscard]] bool bounds_of(lead_number lead, std::uint32_t leaf, const weights& w,
                                 range& out) const noexcept {
        const std::uint32_t i = slot_of(lead, leaf);
        if (is_over(body_.valid[leaf * fanout + i], w.t)) return false;
        out = bounds(leaf, i, w);
        return true;
    }

    /// Of all leads: `whole(n, above)` for n of them that are surely above `high`, or surely not
    /// above `low`; `open(range, lead)` for one that may be either; `expired(lead)` for one of
    /// which nothing is known. `finish` makes a score's bounds of a sum's. `open` returns whether
    /// to go on.
    template<class Finish, class Whole, class Open, class Expired>
    void divide(std::int64_t low, std::int64_t high, const weights& w, const Finish& finish,
                const Whole& whole, const Open& open, const Expired& expired) const {
        for (const auto n : body_.order) {
            const auto& top = body_.node_heads[n];
            const range all = finish(bounds(top.box, body_.node_box(n, terms_), w));
            const bool above = all.low > high;
            const bool fresh = !is_over(top.box.valid, w.t);
            if (fresh && (above || all.high <= low)) {
                whole(top.count, above);
                continue;
            }
            const node& x = body_.nodes[n];
            for (std::uint32_t k = 0; k < x.size; ++k)
                if (!divide_leaf(x.leaf[k], low, high, w, finish, whole, open, expired)) return;
        }
    }

    /// Leads in falling order of their blocks' upper bounds: `take(range, lead)`, until
    /// `is_over(high)`. Blocks for which `may_hold(high, least lead)` does not hold are passed.
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
        start.reserve(body_.order.size());
        for (const auto n : body_.order) {
            const auto& top = body_.node_heads[n];
            start.push_back({finish(bounds(top.box, body_.node_box(n, terms_), w)).high, n, false});
        }
        std::priority_queue<block> next{{}, std::move(start)};
        while (!next.empty() && !ends(next.top().high)) {
            const block b = next.top();
            next.pop();
            if (!b.leaf) {
                if (!may_hold(b.high, body_.node_heads[b.number].box.lead)) continue;
                const node& x = body_.nodes[b.number];
                for (std::uint32_t k = 0; k < x.size; ++k) {
                    const auto& h = body_.heads[x.leaf[k]];
                    const std::int64_t high =
                        finish(bounds(h.box, body_.leaf_box(x.leaf[k], terms_), w)).high;
                    if (!ends(high) && may_hold(high, h.box.lead))
                        next.push({high, x.leaf[k], true});
                }
                continue;
            }
            const auto& h = body_.heads[b.number];
            if (!may_hold(b.high, h.box.lead)) continue;
            for (std::uint32_t i = 0; i < h.count; ++i)
                if (!is_over(body_.valid[b.number * fanout + i], w.t))
                    take(finish(bounds(b.number, i, w)), body_.lead[b.number * fanout + i]);
        }
    }

    /// `f(range, lead)` for each of which something is known.
    template<class Finish, class F>
    void each(const weights& w, const Finish& finish, const F& f) const {
        for (const auto n : body_.order)
            for (std::uint32_t k = 0; k < body_.nodes[n].size; ++k) {
                const std::uint32_t leaf = body_.nodes[n].leaf[k];
                for (std::uint32_t i = 0; i < body_.heads[leaf].count; ++i)
                    if (!is_over(body_.valid[std::size_t{leaf} * fanout + i], w.t))
                        f(finish(bounds(leaf, i, w)), body_.lead[std::size_t{leaf} * fanout + i]);
            }
    }
    template<class Expired>
    void each_expired(std::int64_t t, const Expired& expired) const {
        for (const auto n : body_.order) {
            if (!is_over(body_.node_heads[n].box.valid, t)) continue;
            const node& x = body_.nodes[n];
            for (std::uint32_t k = 0; k < x.size; ++k)
                if (is_over(x.valid[k], t)) each_expired_in(x.leaf[k], t, expired);
        }
    }

    /// The same leads, packed in the order of what is expected a while after `now`.
    void order_again(std::int64_t now, huge_vector<std::uint32_t>& places, std::uint32_t mark) {
        struct keyed {
            double key;
            std::uint32_t slot;
        };
        for (std::size_t j = 0; j < half_lives_.size(); ++j)
            if (half_lives_since(j, now) >= 1) move_epoch(j, now);
        const std::int64_t reference = now + span_;
        const weights w = at(reference);
        std::vector<keyed> all;
        all.reserve(count_);
        for (const auto n : body_.order)
            for (std::uint32_t k = 0; k < body_.nodes[n].size; ++k) {
                const std::uint32_t leaf = body_.nodes[n].leaf[k];
                for (std::uint32_t i = 0; i < body_.heads[leaf].count; ++i)
                    all.push_back({key_of(leaf, i, w), leaf * fanout + i});
            }
        std::sort(all.begin(), all.end(), [&](const keyed& a, const keyed& b) {
            return a.key != b.key ? a.key < b.key : body_.lead[a.slot] < body_.lead[b.slot];
        });
        constexpr std::size_t full = fanout * 13 / 16; // room to grow
        body fresh;
        for (std::size_t i = 0; i < all.size(); i += full) {
            fresh.reserve(rows_, terms_);
            const double key = all[i].key;
            if (fresh.order.empty() || fresh.nodes[fresh.order.back()].size == full)
                fresh.add_node(fresh.order.size(), key);
            const std::uint32_t leaf = fresh.take();
            head& h = fresh.heads[leaf];
            for (std::size_t k = i; k < std::min(all.size(), i + full); ++k)
                copy_slot(body_, all[k].slot / fanout, all[k].slot % fanout, fresh, leaf,
                          h.count++);
            fresh.measure_leaf(leaf, rows_, terms_);
            fresh.link(fresh.order.back(), fresh.nodes[fresh.order.back()].size, leaf, key);
        }
        for (const auto n : fresh.order) fresh.measure_node(n, terms_);
        std::swap(body_, fresh);
        reference_ = reference;
        changes_ = 0;
        for (const auto n : body_.order)
            for (std::uint32_t k = 0; k < body_.nodes[n].size; ++k) {
                const std::uint32_t leaf = body_.nodes[n].leaf[k];
                for (std::uint32_t i = 0; i < body_.heads[leaf].count; ++i)
                    places[body_.lead[leaf * fanout + i]] = leaf | mark;
            }
    }

    [[nodiscard]] std::size_t memory() const noexcept { return body_.memory(); }

  private:
    static constexpr std::uint32_t fanout = 64;
    static constexpr std::uint32_t half = fanout / 2;
    static constexpr double infinity = std::numeric_limits<double>::infinity();
    static constexpr double share = 0x1p-23;
    static constexpr double loose = 1e-9;     // micros
    static constexpr double rounding = 4e-15; // of sums of a few dozen doubles
    static constexpr std::int64_t second = 1'000'000;
    static constexpr std::uint32_t for_good = ~std::uint32_t{0};

    /// The extremes of a block, but for its parts: those are beside it, all the least and then all
    /// the greatest.
    struct box {
        double least = infinity;
        double most_least = -infinity;
        double below = infinity;
        double above = -infinity;
        std::uint32_t valid = for_good;
        lead_number lead = ~lead_number{0};
        bool pure = true;
    };
    struct head {
        detail::envelopes::box box;
        std::uint32_t count = 0;
        std::uint32_t node = 0;  // of leaves
        std::uint32_t stale = 0; // leads gone since it was measured
    };
    struct node {
        std::uint32_t size = 0;
        std::uint32_t stale = 0; // leads gone since it was measured
        std::array<std::uint32_t, fanout> leaf;
        std::array<std::uint32_t, fanout> valid;
        std::array<double, fanout> key; // of the first lead when the leaf was made
    };
    struct item {
        lead_number lead = 0;
        std::uint32_t valid = 0;
        std::int64_t least = 0;
        bool pure = false;
        std::array<float, most_half_lives + 3> row{}; // below, above, parts
    };

    /// All blocks, and all that is in them.
    struct body {
        std::vector<std::uint32_t> order; // nodes
        std::vector<double> keys;         // of nodes in order: the first stands for all below
        std::vector<node> nodes;
        std::vector<head> node_heads;
        huge_vector<head> heads;
        huge_vector<float> boxes;      // of leaves
        std::vector<float> node_boxes; // of nodes
        huge_vector<float> rows;       // by leaf, row and slot
        huge_vector<std::int64_t> least;
        huge_vector<std::uint32_t> valid; // seconds, rounded down
        huge_vector<lead_number> lead;
        huge_vector<std::uint8_t> pure;
        std::vector<std::uint32_t> free_leaves;
        std::vector<std::uint32_t> free_nodes;
        std::uint32_t used_leaves = 0;
        std::uint32_t used_nodes = 0;

        [[nodiscard]] std::size_t leaves() const noexcept {
            return used_leaves - free_leaves.size();
        }
        [[nodiscard]] std::uint32_t last_leaf() const noexcept {
            const node& n = nodes[order.back()];
            return n.leaf[n.size - 1];
        }
        [[nodiscard]] const float* leaf_box(std::uint32_t l, std::size_t terms) const noexcept {
            return boxes.data() + std::size_t{l} * 2 * terms;
        }
        [[nodiscard]] const float* node_box(std::uint32_t n, std::size_t terms) const noexcept {
            return node_boxes.data() + std::size_t{n} * 2 * terms;
        }
        [[nodiscard]] std::size_t memory() const noexcept {
            return order.capacity() * 4 + keys.capacity() * 8 + nodes.capacity() * sizeof(node) +
                   (node_heads.capacity() + heads.capacity()) * sizeof(head) +
                   (boxes.capacity() + node_boxes.capacity() + rows.capacity()) * sizeof(float) +
                   least.capacity() * 8 + (valid.capacity() + lead.capacity()) * 4 +
                   pure.capacity() + (free_leaves.capacity() + free_nodes.capacity()) * 4;
        }

        /// Makes one leaf and one node good.
        void reserve(std::size_t row_count, std::size_t terms) {
            const auto roomy = [](auto& v, std::size_t n) {
                if (n > v.capacity()) v.reserve(n + n / 4);
                if (n > v.size()) v.resize(n);
            };
            const std::size_t l = std::size_t{used_leaves} + 1;
            roomy(heads, l);
            roomy(boxes, l * 2 * terms);
            roomy(rows, l * row_count * fanout);
            roomy(least, l * fanout);
            roomy(valid, l * fanout);
            roomy(lead, l * fanout);
            roomy(pure, l * fanout);
            const std::size_t n = std::size_t{used_nodes} + 1;
            roomy(nodes, n);
            roomy(node_heads, n);
            roomy(node_boxes, n * 2 * terms);
            for (auto* v : {&order, &free_nodes})
                if (v->capacity() < n) v->reserve(n + n / 2);
            if (keys.capacity() < n) keys.reserve(n + n / 2);
            if (free_leaves.capacity() < l) free_leaves.reserve(l + l / 2);
        }
        [[nodiscard]] std::uint32_t take() noexcept {
            std::uint32_t l = used_leaves;
            if (free_leaves.empty()) {
                ++used_leaves;
            } else {
                l = free_leaves.back();
                free_leaves.pop_back();
            }
            heads[l] = {};
            return l;
        }
        std::uint32_t add_node(std::size_t place, double key) noexcept {
            std::uint32_t n = used_nodes;
            if (free_nodes.empty()) {
                ++used_nodes;
            } else {
                n = free_nodes.back();
                free_nodes.pop_back();
            }
            nodes[n].size = nodes[n].stale = 0;
            node_heads[n] = {};
            order.insert(order.begin() + static_cast<std::ptrdiff_t>(place), n);
            keys.insert(keys.begin() + static_cast<std::ptrdiff_t>(place), key);
            return n;
        }
        /// Puts a leaf into a node.
        void link(std::uint32_t n, std::uint32_t place, std::uint32_t l, double key) noexcept {
            node& x = nodes[n];
            const auto open = [&](auto& a) {
                std::copy_backward(a.data() + place, a.data() + x.size, a.data() + x.size + 1);
            };
            open(x.leaf);
            open(x.valid);
            open(x.key);
            ++x.size;
            x.leaf[place] = l;
            x.valid[place] = heads[l].box.valid;
            x.key[place] = key;
            heads[l].node = n;
        }
        void unlink(std::uint32_t n, std::uint32_t place) noexcept {
            node& x = nodes[n];
            free_leaves.push_back(x.leaf[place]);
            const auto close = [&](auto& a) {
                std::copy(a.data() + place + 1, a.data() + x.size, a.data() + place);
            };
            close(x.leaf);
            close(x.valid);
            close(x.key);
            --node_heads[n].count;
            if (--x.size != 0) return measure_valid(n);
            const auto at = std::find(order.begin(), order.end(), n) - order.begin();
            order.erase(order.begin() + at);
            keys.erase(keys.begin() + at);
            free_nodes.push_back(n);
        }
        void measure_valid(std::uint32_t n) noexcept {
            const node& x = nodes[n];
            node_heads[n].box.valid = *std::min_element(x.valid.data(), x.valid.data() + x.size);
        }

        void measure_leaf(std::uint32_t l, std::size_t row_count, std::size_t terms) noexcept {
            head& h = heads[l];
            h.box = {};
            h.stale = 0;
            const std::size_t first = std::size_t{l} * fanout;
            for (std::size_t i = first; i < first + h.count; ++i) {
                const auto k = static_cast<double>(least[i]);
                h.box.least = std::min(h.box.least, k);
                h.box.most_least = std::max(h.box.most_least, k);
                h.box.valid = std::min(h.box.valid, valid[i]);
                h.box.lead = std::min(h.box.lead, lead[i]);
                h.box.pure = h.box.pure && pure[i] != 0;
            }
            const float* r = rows.data() + std::size_t{l} * row_count * fanout;
            const auto extremes = [&](const float* row) {
                float lo = row[0];
                float hi = row[0];
                for (std::uint32_t i = 1; i < h.count; ++i) {
                    lo = std::min(lo, row[i]);
                    hi = std::max(hi, row[i]);
                }
                return std::pair{lo, hi};
            };
            h.box.below = static_cast<double>(extremes(r).first);
            h.box.above = static_cast<double>(extremes(r + fanout).second);
            float* b = boxes.data() + std::size_t{l} * 2 * terms;
            for (std::size_t j = 0; j < terms; ++j)
                std::tie(b[j], b[terms + j]) = extremes(r + (2 + j) * fanout);
        }
        static void widen(box& a, float* ap, const box& b, const float* bp,
                          std::size_t terms) noexcept {
            a.least = std::min(a.least, b.least);
            a.most_least = std::max(a.most_least, b.most_least);
            a.below = std::min(a.below, b.below);
            a.above = std::max(a.above, b.above);
            a.valid = std::min(a.valid, b.valid);
            a.lead = std::min(a.lead, b.lead);
            a.pure = a.pure && b.pure;
            for (std::size_t j = 0; j < terms; ++j) {
                ap[j] = std::min(ap[j], bp[j]);
                ap[terms + j] = std::max(ap[terms + j], bp[terms + j]);
            }
        }
        static void empty(float* p, std::size_t terms) noexcept {
            std::fill_n(p, terms, std::numeric_limits<float>::infinity());
            std::fill_n(p + terms, terms, -std::numeric_limits<float>::infinity());
        }
        void measure_node(std::uint32_t n, std::size_t terms) noexcept {
            node& x = nodes[n];
            head& h = node_heads[n];
            h = {};
            float* p = node_boxes.data() + std::size_t{n} * 2 * terms;
            empty(p, terms);
            for (std::uint32_t k = 0; k < x.size; ++k) {
                const head& l = heads[x.leaf[k]];
                widen(h.box, p, l.box, leaf_box(x.leaf[k], terms), terms);
                h.count += l.count;
                x.valid[k] = l.box.valid;
            }
            x.stale = 0;
        }
    };

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
        reference_ = at + span_;
    }
    void keep_up(const envelope& e, std::int64_t at) noexcept {
        for (std::size_t j = 0; j < half_lives_.size(); ++j)
            if (e.parts[j] != 0 && half_lives_since(j, at) > 60) move_epoch(j, at);
    }
    /// Moves an epoch by whole half-lives, up to one before an instant.
    void move_epoch(std::size_t j, std::int64_t to) noexcept {
        const auto n = static_cast<std::int64_t>(half_lives_since(j, to));
        epochs_[j] += n * half_lives_[j].count();
        const int by = -static_cast<int>(std::min<std::int64_t>(n, 1000));
        const auto shift = [&](float* p, std::size_t k) {
            for (std::size_t i = 0; i < k; ++i) p[i] = std::ldexp(p[i], by);
        };
        for (std::uint32_t l = 0; l < body_.used_leaves; ++l) {
            shift(body_.rows.data() + (std::size_t{l} * rows_ + 2 + j) * fanout, fanout);
            shift(body_.boxes.data() + std::size_t{l} * 2 * terms_ + j, 1);
            shift(body_.boxes.data() + std::size_t{l} * 2 * terms_ + terms_ + j, 1);
        }
        for (std::uint32_t n_ = 0; n_ < body_.used_nodes; ++n_) {
            shift(body_.node_boxes.data() + std::size_t{n_} * 2 * terms_ + j, 1);
            shift(body_.node_boxes.data() + std::size_t{n_} * 2 * terms_ + terms_ + j, 1);
        }
    }
    [[nodiscard]] static std::uint32_t seconds(std::int64_t valid) noexcept {
        if (valid <= 0) return 0;
        return static_cast<std::uint32_t>(
            std::min<std::int64_t>(valid / second, std::int64_t{for_good}));
    }
    /// (Nothing is held valid after 2106, nor what ends before 1970.)
    [[nodiscard]] static bool is_over(std::uint32_t valid, std::int64_t t) noexcept {
        return valid == 0 || std::int64_t{valid} * second <= t;
    }

    [[nodiscard]] item made_of(lead_number lead, const envelope& e, std::int64_t at,
                               std::int64_t valid) const noexcept {
        item x;
        x.lead = lead;
        x.valid = seconds(valid);
        x.least = e.least;
        x.pure = e.pure;
        for (std::size_t j = 0; j < half_lives_.size(); ++j)
            if (e.parts[j] != 0)
                x.row[2 + j] = static_cast<float>(e.parts[j] * std::exp2(half_lives_since(j, at)));
        const auto slope = static_cast<float>(e.parts[terms_ - 1]);
        x.row[1 + terms_] = slope;
        const double shift = slope == 0 ? 0 : -static_cast<double>(slope) * days_since(at);
        const double r = slope == 0 ? 0 : rounding * std::abs(shift);
        x.row[0] = rounded(e.below + shift - r, -std::numeric_limits<float>::infinity());
        x.row[1] = rounded(e.above + shift + r, std::numeric_limits<float>::infinity());
        return x;
    }
    [[nodiscard]] static float rounded(double x, float towards) noexcept {
        const auto f = static_cast<float>(x);
        const auto back = static_cast<double>(f);
        return (towards < 0 ? back > x : back < x) ? std::nextafter(f, towards) : f;
    }

    [[nodiscard]] std::uint32_t slot_of(lead_number lead, std::uint32_t leaf) const noexcept {
        const lead_number* p = body_.lead.data() + std::size_t{leaf} * fanout;
        return static_cast<std::uint32_t>(std::find(p, p + body_.heads[leaf].count, lead) - p);
    }
    [[nodiscard]] static std::uint32_t place_in(const node& n, std::uint32_t leaf) noexcept {
        return static_cast<std::uint32_t>(std::find(n.leaf.data(), n.leaf.data() + n.size, leaf) -
                                          n.leaf.data());
    }
    [[nodiscard]] const float* row(std::uint32_t leaf, std::size_t r) const noexcept {
        return body_.rows.data() + (std::size_t{leaf} * rows_ + r) * fanout;
    }
    [[nodiscard]] double key_of(std::uint32_t leaf, std::uint32_t i,
                                const weights& w) const noexcept {
        double x = static_cast<double>(body_.least[std::size_t{leaf} * fanout + i]);
        x += (static_cast<double>(row(leaf, 0)[i]) + static_cast<double>(row(leaf, 1)[i])) / 2;
        for (std::size_t j = 0; j < terms_; ++j)
            x += static_cast<double>(row(leaf, 2 + j)[i]) * w.of[j];
        return finite(x);
    }
    /// A key: where nothing can be expected, any place will do.
    [[nodiscard]] static double finite(double x) noexcept {
        constexpr double most = 1e300;
        return x < most ? std::max(x, -most) : most;
    }

    void copy_slot(const body& from, std::uint32_t fl, std::uint32_t fi, body& to, std::uint32_t tl,
                   std::uint32_t ti) const noexcept {
        const std::size_t f = std::size_t{fl} * fanout + fi;
        const std::size_t t = std::size_t{tl} * fanout + ti;
        to.least[t] = from.least[f];
        to.valid[t] = from.valid[f];
        to.lead[t] = from.lead[f];
        to.pure[t] = from.pure[f];
        for (std::size_t r = 0; r < rows_; ++r)
            to.rows[(std::size_t{tl} * rows_ + r) * fanout + ti] =
                from.rows[(std::size_t{fl} * rows_ + r) * fanout + fi];
    }
    void write(body& to, std::uint32_t leaf, const item& x) const noexcept {
        const std::uint32_t i = to.heads[leaf].count++;
        const std::size_t at = std::size_t{leaf} * fanout + i;
        to.least[at] = x.least;
        to.valid[at] = x.valid;
        to.lead[at] = x.lead;
        to.pure[at] = x.pure ? 1 : 0;
        for (std::size_t r = 0; r < rows_; ++r)
            to.rows[(std::size_t{leaf} * rows_ + r) * fanout + i] = x.row[r];
    }

    /// Inserts into the leaf where it is expected. `body::reserve` comes before.
    std::uint32_t put(const item& x, huge_vector<std::uint32_t>& places,
                      std::uint32_t mark) noexcept {
        const weights w = at(reference_);
        double key = static_cast<double>(x.least) +
                     (static_cast<double>(x.row[0]) + static_cast<double>(x.row[1])) / 2;
        for (std::size_t j = 0; j < terms_; ++j) key += static_cast<double>(x.row[2 + j]) * w.of[j];
        key = finite(key);
        if (body_.order.empty()) {
            const std::uint32_t n = body_.add_node(0, -infinity);
            const std::uint32_t leaf = body_.take();
            body_.link(n, 0, leaf, -infinity);
            body::empty(body_.boxes.data() + std::size_t{leaf} * 2 * terms_, terms_);
            body_.measure_node(n, terms_);
        }
        const auto last = std::upper_bound(body_.keys.begin() + 1, body_.keys.end(), key);
        auto place = static_cast<std::size_t>(last - body_.keys.begin()) - 1;
        std::uint32_t n = body_.order[place];
        std::uint32_t k = find_leaf(body_.nodes[n], key);
        if (body_.heads[body_.nodes[n].leaf[k]].count == fanout) {
            if (body_.nodes[n].size == fanout) {
                split_node(place);
                if (key >= body_.keys[place + 1]) n = body_.order[place + 1];
                k = find_leaf(body_.nodes[n], key);
            }
            split_leaf(n, k, w, places, mark);
            k = find_leaf(body_.nodes[n], key);
        }
        node& home = body_.nodes[n];
        const std::uint32_t leaf = home.leaf[k];
        write(body_, leaf, x);
        head& h = body_.heads[leaf];
        head& top = body_.node_heads[n];
        const box one{static_cast<double>(x.least),
                      static_cast<double>(x.least),
                      static_cast<double>(x.row[0]),
                      static_cast<double>(x.row[1]),
                      x.valid,
                      x.lead,
                      x.pure};
        std::array<float, 2 * (most_half_lives + 1)> parts;
        std::copy_n(x.row.data() + 2, terms_, parts.data());
        std::copy_n(x.row.data() + 2, terms_, parts.data() + terms_);
        body::widen(h.box, body_.boxes.data() + std::size_t{leaf} * 2 * terms_, one, parts.data(),
                    terms_);
        body::widen(top.box, body_.node_boxes.data() + std::size_t{n} * 2 * terms_, one,
                    parts.data(), terms_);
        ++top.count;
        home.valid[k] = h.box.valid;
        return leaf;
    }
    [[nodiscard]] static std::uint32_t find_leaf(const node& n, double key) noexcept {
        return static_cast<std::uint32_t>(
                   std::upper_bound(n.key.data() + 1, n.key.data() + n.size, key) - n.key.data()) -
               1;
    }
    void split_node(std::size_t place) noexcept {
        const std::uint32_t old = body_.order[place];
        const std::uint32_t fresh = body_.add_node(place + 1, body_.nodes[old].key[half]);
        node& a = body_.nodes[old];
        node& b = body_.nodes[fresh];
        b.size = half;
        a.size = half;
        std::copy_n(a.leaf.data() + half, half, b.leaf.data());
        std::copy_n(a.key.data() + half, half, b.key.data());
        for (std::uint32_t k = 0; k < half; ++k) body_.heads[b.leaf[k]].node = fresh;
        body_.measure_node(old, terms_);
        body_.measure_node(fresh, terms_);
    }
    void split_leaf(std::uint32_t n, std::uint32_t k, const weights& w,
                    huge_vector<std::uint32_t>& places, std::uint32_t mark) noexcept {
        const std::uint32_t old = body_.nodes[n].leaf[k];
        const std::uint32_t fresh = body_.take();
        std::array<std::pair<double, std::uint32_t>, fanout> all;
        for (std::uint32_t i = 0; i < fanout; ++i) all[i] = {key_of(old, i, w), i};
        std::nth_element(all.begin(), all.begin() + half, all.end());
        for (std::uint32_t i = 0; i < half; ++i) {
            copy_slot(body_, old, all[half + i].second, body_, fresh, i);
            places[body_.lead[std::size_t{fresh} * fanout + i]] = fresh | mark;
        }
        // Those that stay, in rising order, so that none is written over before it is moved.
        std::sort(all.begin(), all.begin() + half,
                  [](const auto& a, const auto& b) { return a.second < b.second; });
        for (std::uint32_t i = 0; i < half; ++i)
            copy_slot(body_, old, all[i].second, body_, old, i);
        body_.heads[old].count = body_.heads[fresh].count = half;
        body_.measure_leaf(old, rows_, terms_);
        body_.measure_leaf(fresh, rows_, terms_);
        body_.nodes[n].valid[k] = body_.heads[old].box.valid;
        body_.link(n, k + 1, fresh, all[half].first);
    }

    // ---- bounds

    [[nodiscard]] static std::int64_t micros_of(double x) noexcept {
        constexpr double limit = 0x1p55;
        return static_cast<std::int64_t>(std::clamp(x, -limit, limit));
    }
    /// Of sums between `least`, plus what the low parts make, and `most`, plus the high ones.
    [[nodiscard]] static range bounds(double least, double below, double sum_low, double size_low,
                                      double most, double above, double sum_high, double size_high,
                                      bool pure) noexcept {
        range out;
        const double by = least + below + sum_low - share * size_low;
        out.low = micros_of(
            std::max(least, below == 0 && size_low == 0
                                ? least
                                : std::ceil(by - loose - rounding * (std::abs(least) + size_low))));
        if (pure && sum_high + share * size_high < vanishing) {
            out.high = micros_of(most);
        } else {
            const double to = most + above + sum_high + share * size_high;
            out.high =
                micros_of(above == 0 && size_high == 0
                              ? most
                              : std::floor(to + loose + rounding * (std::abs(most) + size_high)));
            out.high = std::max(out.high, out.low);
        }
        return out;
    }
    [[nodiscard]] range bounds(const box& b, const float* parts, const weights& w) const noexcept {
        double low = 0;
        double high = 0;
        double size_low = 0;
        double size_high = 0;
        for (std::size_t j = 0; j < terms_; ++j) {
            const double x = static_cast<double>(parts[j]) * w.of[j];
            const double y = static_cast<double>(parts[terms_ + j]) * w.of[j];
            low += x;
            high += y;
            size_low += std::abs(x);
            size_high += std::abs(y);
        }
        return bounds(b.least, b.below, low, size_low, b.most_least, b.above, high, size_high,
                      b.pure);
    }
    [[nodiscard]] range bounds(std::uint32_t leaf, std::uint32_t i,
                               const weights& w) const noexcept {
        double sum = 0;
        double size = 0;
        for (std::size_t j = 0; j < terms_; ++j) {
            const double x = static_cast<double>(row(leaf, 2 + j)[i]) * w.of[j];
            sum += x;
            size += std::abs(x);
        }
        const std::size_t at = std::size_t{leaf} * fanout + i;
        const auto k = static_cast<double>(body_.least[at]);
        return bounds(k, static_cast<double>(row(leaf, 0)[i]), sum, size, k,
                      static_cast<double>(row(leaf, 1)[i]), sum, size, body_.pure[at] != 0);
    }

    template<class Finish, class Whole, class Open, class Expired>
    bool divide_leaf(std::uint32_t leaf, std::int64_t low, std::int64_t high, const weights& w,
                     const Finish& finish, const Whole& whole_block, const Open& open,
                     const Expired& expired) const {
        const head& h = body_.heads[leaf];
        const range all = finish(bounds(h.box, body_.leaf_box(leaf, terms_), w));
        if (!is_over(h.box.valid, w.t) && (all.low > high || all.high <= low)) {
            whole_block(h.count, all.low > high);
            return true;
        }
        std::uint32_t above = 0;
        std::uint32_t not_above = 0;
        for (std::uint32_t i = 0; i < h.count; ++i) {
            if (is_over(body_.valid[std::size_t{leaf} * fanout + i], w.t)) {
                expired(body_.lead[std::size_t{leaf} * fanout + i]);
                continue;
            }
            const range r = finish(bounds(leaf, i, w));
            if (r.low > high)
                ++above;
            else if (r.high <= low)
                ++not_above;
            else if (!open(r, body_.lead[std::size_t{leaf} * fanout + i]))
                return false;
        }
        whole_block(above, true);
        whole_block(not_above, false);
        return true;
    }
    template<class Expired>
    void each_expired_in(std::uint32_t leaf, std::int64_t t, const Expired& expired) const {
        for (std::uint32_t i = 0; i < body_.heads[leaf].count; ++i)
            if (is_over(body_.valid[std::size_t{leaf} * fanout + i], t))
                expired(body_.lead[std::size_t{leaf} * fanout + i]);
    }

    std::vector<duration> half_lives_;
    std::vector<std::int64_t> epochs_; // by half-life, and of the slope
    std::size_t terms_;
    std::size_t rows_;
    std::int64_t span_ = std::int64_t{7} * 86'400'000'000;
    bool has_begun_ = false;
    std::int64_t reference_ = 0;
    std::size_t count_ = 0;
    std::size_t changes_ = 0;
    body body_;
};

} // namespace leadfunnel::inline v0::detail
