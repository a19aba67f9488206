// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The blocks of envelopes: leaves of leads, nodes of leaves, and what each knows of the leads
/// below it. Not for users.

#include <leadfunnel/core/detail/huge_array.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/store/detail/block_pool.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// All blocks and their contents.
struct envelope_blocks {
    using lead_number = std::uint32_t;
    static constexpr std::size_t most_half_lives = 11;
    static constexpr std::uint32_t fanout = 64;
    static constexpr std::uint32_t half = fanout / 2;
    static constexpr double infinity = std::numeric_limits<double>::infinity();
    static constexpr float infinite = std::numeric_limits<float>::infinity();
    static constexpr double share = 0x1p-23;
    static constexpr double loose = 1e-9;     // micros
    static constexpr double rounding = 4e-15; // relative, for sums of a few dozen doubles
    static constexpr std::uint32_t for_good = ~std::uint32_t{0};

    /// The pivots of an order: instants at which each block knows the least and greatest score
    /// below it.
    static constexpr std::size_t pivot_count = 7;
    static constexpr std::size_t reference = 1;
    struct pivots {
        using each = std::array<double, pivot_count>;
        std::array<std::int64_t, pivot_count> at{};
        std::array<each, most_half_lives + 1> of{};     // weights at each pivot, by term
        std::array<double, most_half_lives + 1> most{}; // by term: greatest absolute weight

        [[nodiscard]] std::int64_t reference() const noexcept {
            return at[envelope_blocks::reference];
        }
        /// The instant up to which the order mostly holds.
        [[nodiscard]] std::int64_t holds_until() const noexcept { return at[pivot_count - 2]; }
        /// Adds what a part contributes at each pivot.
        void add(double part, std::size_t term, each& sum) const noexcept {
            for (std::size_t n = 0; n < pivot_count; ++n) sum[n] += part * of[term][n];
        }
    };

    /// The extremes of a block. Those of its parts (all the least, then all the greatest) and of
    /// its scores at the pivots (likewise) are stored as floats beside it.
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
        envelope_blocks::box box;
        std::uint32_t count = 0;
        std::uint32_t node = 0;  // of a leaf: its node
        std::uint32_t stale = 0; // leads removed since it was measured
    };
    struct node {
        std::uint32_t size = 0;
        std::uint32_t stale = 0; // leads removed since it was measured
        std::uint32_t order = 0; // into `orders_`: the order whose pivots it uses
        std::array<std::uint32_t, fanout> leaf;
        std::array<std::uint32_t, fanout> valid;
        std::array<double, fanout> key; // of each leaf's first lead when the leaf was made
    };
    /// A stored lead. Its row follows in memory: below, above, parts.
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

    /// By how much a score may differ from the sum that floating-point numbers give. `size` is the
    /// sum of the absolute terms.
    [[nodiscard]] static double slack(double least, double size) noexcept {
        return share * size + loose + rounding * (std::abs(least) + size);
    }
    [[nodiscard]] static float rounded(double x, float towards) noexcept {
        const auto f = static_cast<float>(x);
        const auto back = static_cast<double>(f);
        return (towards < 0 ? back > x : back < x) ? std::nextafter(f, towards) : f;
    }

    /// Nodes: first those of the current order, then what is left of the older one.
    std::vector<std::uint32_t> order;
    std::size_t in_order = 0;
    std::uint32_t order_now = 0; // the current one of the two orders
    std::vector<double> keys;    // by place in `order`; the first: −∞
    std::vector<node> nodes;
    std::vector<head> node_heads;
    pool<head> heads;  // by leaf number
    block_pool boxes;  // by leaf number: floats beside the box
    block_pool leaves; // by leaf number: the contents, accessed by the functions below
    std::vector<float> node_boxes;
    std::vector<std::uint32_t> free_nodes;
    std::uint32_t used_nodes = 0;
    std::size_t terms;

    explicit envelope_blocks(std::size_t terms_of_lead) noexcept
        : boxes(2 * (terms_of_lead + pivot_count) * sizeof(float)),
          leaves(leaf_bytes(terms_of_lead)), terms(terms_of_lead) {}

    /// A leaf's contents: `fanout` lead numbers, then as many entries, each with its row.
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
    [[nodiscard]] std::size_t leaf_count() const noexcept { return heads.used() - heads.free(); }
    [[nodiscard]] std::uint32_t last_leaf() const noexcept {
        const node& n = nodes[order.back()];
        return n.leaf[n.size - 1];
    }
    /// The number of floats beside a box.
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

    /// Makes room for `more` leaves and as many nodes. Throws std::bad_alloc with nothing changed.
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
    /// Inserts a leaf into a node.
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

} // namespace leadfunnel::inline v0::detail
