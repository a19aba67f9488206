// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Bounds of scores that decay in several ways at once, in blocks that a question can pass as a
/// whole. Not for users.

#include <leadfunnel/core/detail/huge_array.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/store/detail/block_pool.hpp>

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
/// counted as a whole, however long ago the order was made. Since leads of one score may owe it to
/// different terms, blocks also know the least and the greatest score below them at a few instants,
/// the pivots; between two of them the weights of time are nearly what lies in a line between
/// theirs, and terms' extremes have to bound no more than the difference.
///
/// How many blocks have to be opened depends on how well the order still holds; when it holds no
/// more, and enough leads have changed to share the work, a new one is begun: its nodes stand
/// before those of the old one, from which every update takes some leads over. So an update stays
/// O(log n), and none takes long.
///
/// **Bounds hold.** Terms are kept in single precision: a part is off by less than 2^-24 of itself,
/// as is a slope; each weight of time is within 10^-12. `share` (2^-23) of every term covers both
/// and the rounding of their sum. `below` and `above` are rounded outwards. Epochs move by whole
/// half-lives, which changes exponents alone. What is too small for single precision is less than
/// 10^-37 micros at every instant asked for, for which `loose` stands. Scores at pivots have all
/// that added (`slack`) and are rounded outwards, too.
class envelopes {
  public:
    using lead_number = std::uint32_t;
    static constexpr std::size_t most_half_lives = 11;
    static constexpr double vanishing = 0.25; // micros
    struct range {
        std::int64_t low = 0;
        std::int64_t high = 0;
    };
    using terms_of_time = std::array<double, most_half_lives + 1>;
    /// The weights of an instant, and what they are made of: by order (see `node::order`), shares
    /// of two pivots and what is left.
    struct weights {
        std::int64_t t = 0;
        terms_of_time of{};
        struct mix {
            bool is_known = false;
            std::size_t first = 0; // of two pivots
            double share = 0;      // of the second
            terms_of_time rest{};
        };
        std::array<mix, 2> mixes{};
    };

    explicit envelopes(std::vector<duration> half_lives = {})
        : half_lives_(std::move(half_lives)), epochs_(half_lives_.size() + 1),
          terms_(half_lives_.size() + 1), rows_(terms_ + 2), body_(terms_) {
        assert(half_lives_.size() <= most_half_lives);
        for (const auto h : half_lives_) span_ = std::min(span_, h.count() / 2);
    }

    [[nodiscard]] std::size_t size() const noexcept { return count_; }

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

    /// Makes one insertion good: all that can throw, and if it does, nothing has changed.
    void prepare(const envelope& e, std::int64_t at, huge_vector<std::uint32_t>& places,
                 std::uint32_t mark) {
        begin(at);
        keep_up(e, at);
        body_.reserve(1 + most_taken_over);
        if (body_.in_order == body_.order.size() && is_order_due(at)) {
            body_.in_order = 0;
            body_.order_now ^= 1U;
            orders_[body_.order_now] = pivots_from(at);
            changes_ = 0;
        }
        const bool is_urgent = at > orders_[body_.order_now ^ 1U].holds_until();
        for (std::uint32_t i = is_urgent ? most_taken_over : 1;
             i > 0 && body_.in_order < body_.order.size(); --i)
            take_over(places, mark);
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
            body_.reserve(1);
            const std::uint32_t fresh = body_.take();
            if (body_.order.empty() || body_.nodes[body_.order.back()].size == fanout)
                body_.add_node(body_.order.size(), -infinity);
            body_.link(body_.order.back(), body_.nodes[body_.order.back()].size, fresh, -infinity);
        }
        write(body_, body_.last_leaf(), made_of(lead, e, at, valid));
        ++count_;
    }

    void remove(lead_number lead, std::uint32_t leaf, huge_vector<std::uint32_t>& places,
                std::uint32_t mark) noexcept {
        ++changes_;
        --count_;
        head& h = body_.heads[leaf];
        const std::uint32_t i = slot_of(lead, leaf);
        const std::uint32_t n = h.node;
        node& home = body_.nodes[n];
        const std::uint32_t place = place_in(home, leaf);
        const std::uint32_t valid = body_.at(leaf, i).valid;
        const std::uint32_t last = --h.count;
        copy_slot(body_, leaf, last, body_, leaf, i);
        if (last == 0) {
            body_.unlink(n, place);
            return;
        }
        --body_.node_heads[n].count;
        // Boxes may be too wide for a while, but not older than what is in them.
        const bool expires = valid == h.box.valid && valid != for_good;
        if (++h.stale >= 16)
            body_.measure_leaf(leaf, orders_[home.order]);
        else if (expires)
            body_.measure_leaf_valid(leaf);
        home.valid[place] = h.box.valid;
        if (++home.stale >= 4 * fanout)
            body_.measure_node(n);
        else if (expires)
            body_.measure_valid(n);
        if (last <= fanout * 3 / 8) merge(n, place, places, mark);
    }

    /// Bounds of one lead; nothing is known any more if it returns false.
    [[nodiscard]] bool bounds_of(lead_number lead, std::uint32_t leaf, const weights& w,
                                 range& out) const noexcept {
        const std::uint32_t i = slot_of(lead, leaf);
        if (is_over(body_.at(leaf, i).valid, w.t)) return false;
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
            const range all = finish(bounds(top.box, body_.node_box(n), w, body_.nodes[n].order));
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
            start.push_back(
                {finish(bounds(top.box, body_.node_box(n), w, body_.nodes[n].order)).high, n,
                 false});
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
                        finish(bounds(h.box, body_.leaf_box(x.leaf[k]), w, x.order)).high;
                    if (!ends(high) && may_hold(high, h.box.lead))
                        next.push({high, x.leaf[k], true});
                }
                continue;
            }
            const auto& h = body_.heads[b.number];
            if (!may_hold(b.high, h.box.lead)) continue;
            for (std::uint32_t i = 0; i < h.count; ++i)
                if (!is_over(body_.at(b.number, i).valid, w.t))
                    take(finish(bounds(b.number, i, w)), body_.lead(b.number)[i]);
        }
    }

    /// `f(range, lead)` for each of which something is known.
    template<class Finish, class F>
    void each(const weights& w, const Finish& finish, const F& f) const {
        for (const auto n : body_.order)
            for (std::uint32_t k = 0; k < body_.nodes[n].size; ++k) {
                const std::uint32_t leaf = body_.nodes[n].leaf[k];
                for (std::uint32_t i = 0; i < body_.heads[leaf].count; ++i)
                    if (!is_over(body_.at(leaf, i).valid, w.t))
                        f(finish(bounds(leaf, i, w)), body_.lead(leaf)[i]);
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
        const pivots p = pivots_from(now);
        std::vector<keyed> all;
        all.reserve(count_);
        for (const auto n : body_.order)
            for (std::uint32_t k = 0; k < body_.nodes[n].size; ++k) {
                const std::uint32_t leaf = body_.nodes[n].leaf[k];
                for (std::uint32_t i = 0; i < body_.heads[leaf].count; ++i)
                    all.push_back({key_of(leaf, i, p), leaf * fanout + i});
            }
        const auto lead_of = [&](const keyed& x) {
            return body_.lead(x.slot / fanout)[x.slot % fanout];
        };
        std::sort(all.begin(), all.end(), [&](const keyed& a, const keyed& b) {
            return a.key != b.key ? a.key < b.key : lead_of(a) < lead_of(b);
        });
        constexpr std::size_t full = fanout * 13 / 16; // room to grow
        body fresh{terms_};
        fresh.order_now = body_.order_now;
        for (std::size_t i = 0; i < all.size(); i += full) {
            fresh.reserve(1);
            const double key = all[i].key;
            if (fresh.order.empty() || fresh.nodes[fresh.order.back()].size == full)
                fresh.add_node(fresh.order.size(), key);
            const std::uint32_t leaf = fresh.take();
            head& h = fresh.heads[leaf];
            for (std::size_t k = i; k < std::min(all.size(), i + full); ++k)
                copy_slot(body_, all[k].slot / fanout, all[k].slot % fanout, fresh, leaf,
                          h.count++);
            fresh.measure_leaf(leaf, p);
            fresh.link(fresh.order.back(), fresh.nodes[fresh.order.back()].size, leaf, key);
        }
        for (const auto n : fresh.order) fresh.measure_node(n);
        std::swap(body_, fresh);
        orders_[body_.order_now] = p;
        changes_ = 0;
        for (const auto n : body_.order)
            for (std::uint32_t k = 0; k < body_.nodes[n].size; ++k) {
                const std::uint32_t leaf = body_.nodes[n].leaf[k];
                for (std::uint32_t i = 0; i < body_.heads[leaf].count; ++i)
                    places[body_.lead(leaf)[i]] = leaf | mark;
            }
    }

    [[nodiscard]] std::size_t memory() const noexcept { return body_.memory(); }

  private:
    static constexpr std::uint32_t fanout = 64;
    static constexpr std::uint32_t half = fanout / 2;
    /// Leads by an update, while the order changes.
    static constexpr std::uint32_t most_taken_over = 4;
    static constexpr double infinity = std::numeric_limits<double>::infinity();
    static constexpr float infinite = std::numeric_limits<float>::infinity();
    static constexpr double share = 0x1p-23;
    static constexpr double loose = 1e-9;     // micros
    static constexpr double rounding = 4e-15; // of sums of a few dozen doubles
    static constexpr std::int64_t second = 1'000'000;
    static constexpr std::uint32_t for_good = ~std::uint32_t{0};

    /// Instants of which blocks know what scores below them may be.
    static constexpr std::size_t pivot_count = 7;
    static constexpr std::size_t reference = 1;
    struct pivots {
        using each = std::array<double, pivot_count>;
        std::array<std::int64_t, pivot_count> at{};
        std::array<each, most_half_lives + 1> of{};     // weights, by term
        std::array<double, most_half_lives + 1> most{}; // no weight of a term is greater in size

        [[nodiscard]] std::int64_t reference() const noexcept { return at[envelopes::reference]; }
        /// Up to when scores are still much in that order.
        [[nodiscard]] std::int64_t holds_until() const noexcept { return at[pivot_count - 2]; }
        /// Adds what a part is worth at each.
        void add(double part, std::size_t term, each& sum) const noexcept {
            for (std::size_t n = 0; n < pivot_count; ++n) sum[n] += part * of[term][n];
        }
    };

    /// The extremes of a block, but for those of its parts, all the least and then all the
    /// greatest, and of scores at pivots, in the same way: they are beside it.
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
        std::uint32_t order = 0; // into `orders_`: whose pivots are meant
        std::array<std::uint32_t, fanout> leaf;
        std::array<std::uint32_t, fanout> valid;
        std::array<double, fanout> key; // of the first lead when the leaf was made
    };
    /// What is known of a lead; its row follows: below, above, parts.
    struct entry {
        std::int64_t least = 0;
        std::uint32_t valid = 0; // seconds, rounded down
        bool pure = false;
    };
    struct item {
        lead_number lead = 0;
        entry is{};
        std::array<float, most_half_lives + 3> row{};
    };

    /// All blocks, and all that is in them.
    struct body {
        /// Nodes: first those in order, then what is left of an older order.
        std::vector<std::uint32_t> order;
        std::size_t in_order = 0;
        std::uint32_t order_now = 0; // of those
        std::vector<double> keys;    // of nodes: the first stands for all below
        std::vector<node> nodes;
        std::vector<head> node_heads;
        pool<head> heads;  // of leaves
        block_pool boxes;  // of leaves
        block_pool leaves; // what is in them: see the functions below
        std::vector<float> node_boxes;
        std::vector<std::uint32_t> free_nodes;
        std::uint32_t used_nodes = 0;
        std::size_t terms;

        explicit body(std::size_t terms_of_lead) noexcept
            : boxes(2 * (terms_of_lead + pivot_count) * sizeof(float)),
              leaves(leaf_bytes(terms_of_lead)), terms(terms_of_lead) {}

        /// Of a leaf: `fanout` leads, and as many entries, each with its row.
        [[nodiscard]] lead_number* lead(std::uint32_t l) const noexcept {
            return reinterpret_cast<lead_number*>(leaves[l]);
        }
        [[nodiscard]] entry& at(std::uint32_t l, std::uint32_t i) const noexcept {
            return *reinterpret_cast<entry*>(leaves[l] + fanout * sizeof(lead_number) +
                                             i * entry_bytes(terms));
        }
        [[nodiscard]] float* row(std::uint32_t l, std::uint32_t i) const noexcept {
            return reinterpret_cast<float*>(&at(l, i) + 1);
        }
        [[nodiscard]] static std::size_t entry_bytes(std::size_t terms) noexcept {
            const std::size_t bytes = sizeof(entry) + (terms + 2) * sizeof(float);
            return (bytes + alignof(entry) - 1) / alignof(entry) * alignof(entry);
        }
        [[nodiscard]] static std::size_t leaf_bytes(std::size_t terms) noexcept {
            return fanout * (sizeof(lead_number) + entry_bytes(terms));
        }
        [[nodiscard]] std::size_t leaf_count() const noexcept {
            return heads.used() - heads.free();
        }
        [[nodiscard]] std::uint32_t last_leaf() const noexcept {
            const node& n = nodes[order.back()];
            return n.leaf[n.size - 1];
        }
        /// Floats of a box.
        [[nodiscard]] std::size_t extremes() const noexcept { return 2 * (terms + pivot_count); }
        [[nodiscard]] float* leaf_box(std::uint32_t l) const noexcept {
            return reinterpret_cast<float*>(boxes[l]);
        }
        [[nodiscard]] const float* node_box(std::uint32_t n) const noexcept {
            return node_boxes.data() + n * extremes();
        }
        [[nodiscard]] float* node_box(std::uint32_t n) noexcept {
            return node_boxes.data() + n * extremes();
        }
        [[nodiscard]] std::size_t memory() const noexcept {
            return order.capacity() * 4 + keys.capacity() * 8 + nodes.capacity() * sizeof(node) +
                   node_heads.capacity() * sizeof(head) + node_boxes.capacity() * sizeof(float) +
                   free_nodes.capacity() * 4 + heads.memory() +
                   heads.used() * (extremes() * sizeof(float) + leaf_bytes(terms));
        }

        /// Makes some leaves and as many nodes good.
        void reserve(std::size_t more) {
            heads.reserve_free(more);
            boxes.reserve_numbers(heads.used() + more);
            leaves.reserve_numbers(heads.used() + more);
            const auto roomy = [](auto& v, std::size_t n) {
                if (n > v.capacity()) v.reserve(n + n / 4);
                if (n > v.size()) v.resize(n);
            };
            const std::size_t n = used_nodes + more;
            roomy(nodes, n);
            roomy(node_heads, n);
            roomy(node_boxes, n * extremes());
            for (auto* v : {&order, &free_nodes})
                if (v->capacity() < n) v->reserve(n + n / 2);
            if (keys.capacity() < n) keys.reserve(n + n / 2);
        }
        [[nodiscard]] std::uint32_t take() noexcept {
            const std::uint32_t l = heads.take();
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
            nodes[n].order = order_now;
            node_heads[n] = {};
            order.insert(order.begin() + static_cast<std::ptrdiff_t>(place), n);
            keys.insert(keys.begin() + static_cast<std::ptrdiff_t>(place), key);
            ++in_order;
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
            heads.give_back(x.leaf[place]);
            const auto close = [&](auto& a) {
                std::copy(a.data() + place + 1, a.data() + x.size, a.data() + place);
            };
            close(x.leaf);
            close(x.valid);
            close(x.key);
            --node_heads[n].count;
            if (--x.size != 0) return measure_valid(n);
            const auto at = order.back() == n
                                ? std::prev(order.end()) - order.begin()
                                : std::find(order.begin(), order.end(), n) - order.begin();
            if (static_cast<std::size_t>(at) < in_order) --in_order;
            order.erase(order.begin() + at);
            keys.erase(keys.begin() + at);
            free_nodes.push_back(n);
        }
        void measure_valid(std::uint32_t n) noexcept {
            const node& x = nodes[n];
            node_heads[n].box.valid = *std::min_element(x.valid.data(), x.valid.data() + x.size);
        }

        void measure_leaf_valid(std::uint32_t l) noexcept {
            head& h = heads[l];
            h.box.valid = for_good;
            for (std::uint32_t i = 0; i < h.count; ++i)
                h.box.valid = std::min(h.box.valid, at(l, i).valid);
        }
        void measure_leaf(std::uint32_t l, const pivots& p) noexcept {
            head& h = heads[l];
            h.box = {};
            h.stale = 0;
            float* b = leaf_box(l);
            empty(b, terms);
            std::array<double, pivot_count> lo;
            std::array<double, pivot_count> hi;
            lo.fill(infinity);
            hi.fill(-infinity);
            for (std::uint32_t i = 0; i < h.count; ++i) {
                const entry& x = at(l, i);
                const float* r = row(l, i);
                const auto k = static_cast<double>(x.least);
                const auto below = static_cast<double>(r[0]);
                const auto above = static_cast<double>(r[1]);
                h.box.least = std::min(h.box.least, k);
                h.box.most_least = std::max(h.box.most_least, k);
                h.box.below = std::min(h.box.below, below);
                h.box.above = std::max(h.box.above, above);
                h.box.valid = std::min(h.box.valid, x.valid);
                h.box.lead = std::min(h.box.lead, lead(l)[i]);
                h.box.pure = h.box.pure && x.pure;
                pivots::each sum{};
                double size = 0;
                for (std::size_t j = 0; j < terms; ++j) {
                    b[j] = std::min(b[j], r[2 + j]);
                    b[terms + j] = std::max(b[terms + j], r[2 + j]);
                    p.add(static_cast<double>(r[2 + j]), j, sum);
                    size += std::abs(static_cast<double>(r[2 + j])) * p.most[j];
                }
                const double off = slack(k, size);
                for (std::size_t n = 0; n < pivot_count; ++n) {
                    lo[n] = std::min(lo[n], k + below + sum[n] - off);
                    hi[n] = std::max(hi[n], k + above + sum[n] + off);
                }
            }
            for (std::size_t n = 0; n < pivot_count; ++n) {
                b[2 * terms + n] = rounded(lo[n], -infinite);
                b[2 * terms + pivot_count + n] = rounded(hi[n], infinite);
            }
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
            const auto take = [&](std::size_t n) {
                for (std::size_t j = 0; j < n; ++j) {
                    ap[j] = std::min(ap[j], bp[j]);
                    ap[n + j] = std::max(ap[n + j], bp[n + j]);
                }
                ap += 2 * n;
                bp += 2 * n;
            };
            take(terms);
            take(pivot_count);
        }
        static void empty(float* p, std::size_t terms) noexcept {
            for (const std::size_t n : {terms, pivot_count}) {
                p = std::fill_n(p, n, infinite);
                p = std::fill_n(p, n, -infinite);
            }
        }
        void measure_node(std::uint32_t n) noexcept {
            node& x = nodes[n];
            head& h = node_heads[n];
            h = {};
            float* p = node_box(n);
            empty(p, terms);
            for (std::uint32_t k = 0; k < x.size; ++k) {
                const head& l = heads[x.leaf[k]];
                widen(h.box, p, l.box, leaf_box(x.leaf[k]), terms);
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
        orders_.fill(pivots_from(at));
    }
    /// Whether a new order pays: what it costs is shared by as many changes.
    [[nodiscard]] bool is_order_due(std::int64_t at) const noexcept {
        constexpr std::size_t some = 4096;
        if (at > pivots_now().holds_until()) return changes_ > count_ / 4 + some;
        return changes_ > 4 * count_ + some &&
               (at > pivots_now().reference() || body_.leaf_count() * half > count_ * 2);
    }
    [[nodiscard]] const pivots& pivots_now() const noexcept { return orders_[body_.order_now]; }
    /// Of an order that is made at an instant.
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
    /// Moves an epoch by whole half-lives, up to one before an instant.
    void move_epoch(std::size_t j, std::int64_t to) noexcept {
        const auto n = static_cast<std::int64_t>(half_lives_since(j, to));
        epochs_[j] += n * half_lives_[j].count();
        const float by = std::ldexp(1.0F, -static_cast<int>(std::min<std::int64_t>(n, 1000)));
        const auto shift = [&](float* extremes) {
            extremes[j] *= by;
            extremes[terms_ + j] *= by;
        };
        for (std::uint32_t l = 0; l < body_.heads.used(); ++l) {
            for (std::uint32_t i = 0; i < body_.heads[l].count; ++i) body_.row(l, i)[2 + j] *= by;
            shift(body_.leaf_box(l));
        }
        for (std::uint32_t n_ = 0; n_ < body_.used_nodes; ++n_) shift(body_.node_box(n_));
        for (auto& p : orders_) weigh(p);
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
        x.is = {e.least, seconds(valid), e.pure};
        for (std::size_t j = 0; j < half_lives_.size(); ++j)
            if (e.parts[j] != 0)
                x.row[2 + j] = static_cast<float>(e.parts[j] * std::exp2(half_lives_since(j, at)));
        const auto slope = static_cast<float>(e.parts[terms_ - 1]);
        x.row[1 + terms_] = slope;
        const double shift = slope == 0 ? 0 : -static_cast<double>(slope) * days_since(at);
        const double r = slope == 0 ? 0 : rounding * std::abs(shift);
        x.row[0] = rounded(e.below + shift - r, -infinite);
        x.row[1] = rounded(e.above + shift + r, infinite);
        return x;
    }
    [[nodiscard]] static float rounded(double x, float towards) noexcept {
        const auto f = static_cast<float>(x);
        const auto back = static_cast<double>(f);
        return (towards < 0 ? back > x : back < x) ? std::nextafter(f, towards) : f;
    }

    [[nodiscard]] std::uint32_t slot_of(lead_number lead, std::uint32_t leaf) const noexcept {
        const lead_number* p = body_.lead(leaf);
        return static_cast<std::uint32_t>(std::find(p, p + body_.heads[leaf].count, lead) - p);
    }
    [[nodiscard]] static std::uint32_t place_in(const node& n, std::uint32_t leaf) noexcept {
        return static_cast<std::uint32_t>(std::find(n.leaf.data(), n.leaf.data() + n.size, leaf) -
                                          n.leaf.data());
    }
    [[nodiscard]] double key_of(std::uint32_t leaf, std::uint32_t i,
                                const pivots& p) const noexcept {
        double x = static_cast<double>(body_.at(leaf, i).least);
        const float* r = body_.row(leaf, i);
        x += (static_cast<double>(r[0]) + static_cast<double>(r[1])) / 2;
        for (std::size_t j = 0; j < terms_; ++j)
            x += static_cast<double>(r[2 + j]) * p.of[j][reference];
        return finite(x);
    }
    /// A key: where nothing can be expected, any place will do.
    [[nodiscard]] static double finite(double x) noexcept {
        constexpr double most = 1e300;
        return x < most ? std::max(x, -most) : most;
    }

    void copy_slot(const body& from, std::uint32_t fl, std::uint32_t fi, body& to, std::uint32_t tl,
                   std::uint32_t ti) const noexcept {
        to.lead(tl)[ti] = from.lead(fl)[fi];
        if (&to.at(tl, ti) != &from.at(fl, fi))
            std::memcpy(&to.at(tl, ti), &from.at(fl, fi), body::entry_bytes(terms_));
    }
    void write(body& to, std::uint32_t leaf, const item& x) const noexcept {
        const std::uint32_t i = to.heads[leaf].count++;
        to.lead(leaf)[i] = x.lead;
        to.at(leaf, i) = x.is;
        std::copy_n(x.row.data(), rows_, to.row(leaf, i));
    }

    /// Joins a leaf that is nearly empty with a neighbour, if both fit well into one.
    void merge(std::uint32_t n, std::uint32_t place, huge_vector<std::uint32_t>& places,
               std::uint32_t mark) noexcept {
        node& home = body_.nodes[n];
        const auto count = [&](std::uint32_t k) { return body_.heads[home.leaf[k]].count; };
        const auto fits = [&](std::uint32_t k) {
            return count(k) + count(k + 1) <= fanout * 3 / 4;
        };
        if (place + 1 == home.size || !fits(place)) {
            if (place == 0 || !fits(place - 1)) return;
            --place;
        }
        if (count(place) < count(place + 1)) // the fewer move
            std::swap(home.leaf[place], home.leaf[place + 1]);
        const std::uint32_t into = home.leaf[place];
        const std::uint32_t from = home.leaf[place + 1];
        head& h = body_.heads[into];
        for (std::uint32_t i = 0; i < body_.heads[from].count; ++i) {
            places[body_.lead(from)[i]] = into | mark;
            copy_slot(body_, from, i, body_, into, h.count++);
        }
        body_.measure_leaf(into, orders_[home.order]);
        home.valid[place] = h.box.valid;
        ++body_.node_heads[n].count; // of which `unlink` takes one
        body_.unlink(n, place + 1);
    }
    /// Takes the last lead of the older order over to where it is expected now. `body::reserve`
    /// comes before.
    void take_over(huge_vector<std::uint32_t>& places, std::uint32_t mark) noexcept {
        const std::uint32_t n = body_.order.back();
        const std::uint32_t place = body_.nodes[n].size - 1;
        const std::uint32_t leaf = body_.nodes[n].leaf[place];
        const std::uint32_t i = --body_.heads[leaf].count;
        item x;
        x.lead = body_.lead(leaf)[i];
        x.is = body_.at(leaf, i);
        std::copy_n(body_.row(leaf, i), rows_, x.row.data());
        if (i == 0)
            body_.unlink(n, place);
        else
            --body_.node_heads[n].count;
        places[x.lead] = put(x, places, mark) | mark;
    }
    /// Inserts into the leaf where it is expected. `body::reserve` comes before.
    std::uint32_t put(const item& x, huge_vector<std::uint32_t>& places,
                      std::uint32_t mark) noexcept {
        const pivots& p = pivots_now();
        double key = static_cast<double>(x.is.least) +
                     (static_cast<double>(x.row[0]) + static_cast<double>(x.row[1])) / 2;
        for (std::size_t j = 0; j < terms_; ++j)
            key += static_cast<double>(x.row[2 + j]) * p.of[j][reference];
        key = finite(key);
        if (body_.in_order == 0) {
            const std::uint32_t n = body_.add_node(0, -infinity);
            const std::uint32_t leaf = body_.take();
            body_.link(n, 0, leaf, -infinity);
            body::empty(body_.leaf_box(leaf), terms_);
            body_.measure_node(n);
        }
        const auto last =
            std::upper_bound(body_.keys.begin() + 1,
                             body_.keys.begin() + static_cast<std::ptrdiff_t>(body_.in_order), key);
        auto place = static_cast<std::size_t>(last - body_.keys.begin()) - 1;
        std::uint32_t n = body_.order[place];
        std::uint32_t k = find_leaf(body_.nodes[n], key);
        if (body_.heads[body_.nodes[n].leaf[k]].count == fanout) {
            if (body_.nodes[n].size == fanout) {
                split_node(place);
                if (key >= body_.keys[place + 1]) n = body_.order[place + 1];
                k = find_leaf(body_.nodes[n], key);
            }
            split_leaf(n, k, places, mark);
            k = find_leaf(body_.nodes[n], key);
        }
        node& home = body_.nodes[n];
        const std::uint32_t leaf = home.leaf[k];
        write(body_, leaf, x);
        head& h = body_.heads[leaf];
        head& top = body_.node_heads[n];
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
        const double off = slack(one.least, size);
        for (std::size_t i = 0; i < pivot_count; ++i) {
            parts[2 * terms_ + i] = rounded(one.least + one.below + sum[i] - off, -infinite);
            parts[2 * terms_ + pivot_count + i] =
                rounded(one.least + one.above + sum[i] + off, infinite);
        }
        body::widen(h.box, body_.leaf_box(leaf), one, parts.data(), terms_);
        body::widen(top.box, body_.node_box(n), one, parts.data(), terms_);
        ++top.count;
        home.valid[k] = h.box.valid;
        return leaf;
    }
    [[nodiscard]] static std::uint32_t find_leaf(const node& n, double key) noexcept {
        return static_cast<std::uint32_t>(
                   std::upper_bound(n.key.data() + 1, n.key.data() + n.size, key) - n.key.data()) -
               1;
    }
    /// Of a full block. (An older order is taken over from its end on: below there is more to
    /// come.)
    [[nodiscard]] std::uint32_t kept_in_split() const noexcept {
        return body_.in_order < body_.order.size() ? fanout / 4 : half;
    }
    void split_node(std::size_t place) noexcept {
        const std::uint32_t old = body_.order[place];
        const std::uint32_t stay = kept_in_split();
        const std::uint32_t fresh = body_.add_node(place + 1, body_.nodes[old].key[stay]);
        node& a = body_.nodes[old];
        node& b = body_.nodes[fresh];
        b.size = fanout - stay;
        a.size = stay;
        std::copy_n(a.leaf.data() + stay, b.size, b.leaf.data());
        std::copy_n(a.key.data() + stay, b.size, b.key.data());
        for (std::uint32_t k = 0; k < b.size; ++k) body_.heads[b.leaf[k]].node = fresh;
        body_.measure_node(old);
        body_.measure_node(fresh);
    }
    void split_leaf(std::uint32_t n, std::uint32_t k, huge_vector<std::uint32_t>& places,
                    std::uint32_t mark) noexcept {
        const std::uint32_t old = body_.nodes[n].leaf[k];
        const std::uint32_t fresh = body_.take();
        const std::uint32_t stay = kept_in_split();
        std::array<std::pair<double, std::uint32_t>, fanout> all;
        for (std::uint32_t i = 0; i < fanout; ++i) all[i] = {key_of(old, i, pivots_now()), i};
        std::nth_element(all.begin(), all.begin() + stay, all.end());
        const double first = all[stay].first;
        for (std::uint32_t i = 0; i < fanout - stay; ++i) {
            copy_slot(body_, old, all[stay + i].second, body_, fresh, i);
            places[body_.lead(fresh)[i]] = fresh | mark;
        }
        // Those that stay, in rising order, so that none is written over before it is moved.
        std::sort(all.begin(), all.begin() + stay,
                  [](const auto& a, const auto& b) { return a.second < b.second; });
        for (std::uint32_t i = 0; i < stay; ++i)
            copy_slot(body_, old, all[i].second, body_, old, i);
        body_.heads[old].count = stay;
        body_.heads[fresh].count = fanout - stay;
        body_.measure_leaf(old, pivots_now());
        body_.measure_leaf(fresh, pivots_now());
        body_.nodes[n].valid[k] = body_.heads[old].box.valid;
        body_.link(n, k + 1, fresh, first);
    }

    // ---- bounds

    /// By how much a score may be off what floating-point numbers make of its least and its parts.
    [[nodiscard]] static double slack(double least, double size) noexcept {
        return share * size + loose + rounding * (std::abs(least) + size);
    }
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
    [[nodiscard]] range bounds(const box& b, const float* parts, const weights& w,
                               std::uint32_t order) const noexcept {
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
        range out =
            bounds(b.least, b.below, low, size_low, b.most_least, b.above, high, size_high, b.pure);
        if (w.mixes[order].is_known) narrow(out, parts, w, w.mixes[order]);
        return out;
    }
    /// The same by the pivots: with shares a + b = 1, a score is a times what it is at the one, b
    /// times what it is at the other, and what the rest of each weight makes of its part. (Weights
    /// are within 10^-12, which 2^-13 of `share` covers.)
    void narrow(range& out, const float* parts, const weights& w,
                const weights::mix& m) const noexcept {
        const float* lows = parts + 2 * terms_ + m.first;
        const float* highs = lows + pivot_count;
        const auto between = [&](const float* two) {
            return (1 - m.share) * static_cast<double>(two[0]) +
                   m.share * static_cast<double>(two[1]);
        };
        double low = between(lows);
        double high = between(highs);
        double size = 0;
        for (std::size_t j = 0; j < terms_; ++j) {
            const auto least = static_cast<double>(parts[j]);
            const auto most = static_cast<double>(parts[terms_ + j]);
            low += std::min(m.rest[j] * least, m.rest[j] * most);
            high += std::max(m.rest[j] * least, m.rest[j] * most);
            size += (std::abs(m.rest[j]) + 0x1p-13 * w.of[j]) *
                    std::max(std::abs(least), std::abs(most));
        }
        const double off = slack(std::abs(low) + std::abs(high), size);
        // (What is infinite, or not a number, bounds nothing.)
        if (std::abs(low) < infinity && std::abs(high) < infinity) {
            out.low = std::max(out.low, micros_of(std::ceil(low - off)));
            out.high = std::max(out.low, std::min(out.high, micros_of(std::floor(high + off))));
        }
    }
    [[nodiscard]] range bounds(std::uint32_t leaf, std::uint32_t i,
                               const weights& w) const noexcept {
        double sum = 0;
        double size = 0;
        const entry& known = body_.at(leaf, i);
        const float* r = body_.row(leaf, i);
        for (std::size_t j = 0; j < terms_; ++j) {
            const double x = static_cast<double>(r[2 + j]) * w.of[j];
            sum += x;
            size += std::abs(x);
        }
        const auto k = static_cast<double>(known.least);
        return bounds(k, static_cast<double>(r[0]), sum, size, k, static_cast<double>(r[1]), sum,
                      size, known.pure);
    }

    template<class Finish, class Whole, class Open, class Expired>
    bool divide_leaf(std::uint32_t leaf, std::int64_t low, std::int64_t high, const weights& w,
                     const Finish& finish, const Whole& whole_block, const Open& open,
                     const Expired& expired) const {
        const head& h = body_.heads[leaf];
        const range all = finish(bounds(h.box, body_.leaf_box(leaf), w, body_.nodes[h.node].order));
        if (!is_over(h.box.valid, w.t) && (all.low > high || all.high <= low)) {
            whole_block(h.count, all.low > high);
            return true;
        }
        std::uint32_t above = 0;
        std::uint32_t not_above = 0;
        for (std::uint32_t i = 0; i < h.count; ++i) {
            if (is_over(body_.at(leaf, i).valid, w.t)) {
                expired(body_.lead(leaf)[i]);
                continue;
            }
            const range r = finish(bounds(leaf, i, w));
            if (r.low > high)
                ++above;
            else if (r.high <= low)
                ++not_above;
            else if (!open(r, body_.lead(leaf)[i]))
                return false;
        }
        whole_block(above, true);
        whole_block(not_above, false);
        return true;
    }
    template<class Expired>
    void each_expired_in(std::uint32_t leaf, std::int64_t t, const Expired& expired) const {
        for (std::uint32_t i = 0; i < body_.heads[leaf].count; ++i)
            if (is_over(body_.at(leaf, i).valid, t)) expired(body_.lead(leaf)[i]);
    }

    std::vector<duration> half_lives_;
    std::vector<std::int64_t> epochs_; // by half-life, and of the slope
    std::size_t terms_;
    std::size_t rows_;
    std::int64_t span_ = std::int64_t{7} * 86'400'000'000;
    bool has_begun_ = false;
    std::array<pivots, 2> orders_{};
    std::size_t count_ = 0;
    std::size_t changes_ = 0;
    body body_;
};

} // namespace leadfunnel::inline v0::detail
