// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The counted trees of a ranking: rows of leads, each in order of one number. Not for users.

#include <leadfunnel/core/detail/floor_quotient.hpp>
#include <leadfunnel/core/detail/huge_array.hpp>
#include <leadfunnel/store/detail/block_pool.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// All rows, their nodes and their leaves.
///
/// A row is a counted B-tree of fixed height. Leaves hold up to 64 entries, unordered within the
/// leaf. Nodes hold up to 64 leaves in order of (d, lead), and a row holds its nodes in arrays.
/// Each level keeps, for the blocks below it, the number of entries, the first end of validity and
/// the least lead number. Every change updates these at all levels, so all of it is one struct.
struct ranking_rows {
    using lead_number = std::uint32_t;
    static constexpr lead_number nobody = ~lead_number{0};
    static constexpr std::uint32_t fanout = 64;

    struct item {
        std::int64_t kept = 0;
        double d = 0;
        std::int64_t valid = 0;
        lead_number lead = 0;
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
    /// The `kept` of each entry of a leaf. Used only where rows hold ranges of it.
    struct kept_values {
        std::array<std::int64_t, fanout> of;
    };
    struct row;
    struct node {
        std::array<double, fanout> low; // the least (d, lead) of each leaf except the first
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
        double max_d = 0; // an upper bound of d; not lowered when entries leave
        std::int64_t min_valid = std::numeric_limits<std::int64_t>::max();
        std::vector<std::uint32_t> nodes;
        std::vector<double> low;
        std::vector<lead_number> low_lead;
        std::vector<std::uint32_t> counts;
        std::vector<std::int64_t> valid;
        std::vector<lead_number> min_lead;
        std::vector<std::uint64_t> group_counts; // for each 64 nodes
        std::vector<std::int64_t> group_valid;
    };
    /// A leaf's place in its row.
    struct path {
        std::size_t node = 0; // index in the row
        std::uint32_t leaf = 0;
    };

    template<class Vector>
    static std::size_t next_capacity(const Vector& v) noexcept {
        return v.size() < v.capacity() ? v.capacity() : std::max<std::size_t>(4, v.size() * 2);
    }

    /// The last of `n` lower bounds that is not above (d, lead). The first bound counts as minus
    /// infinity.
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

    std::int64_t width = 1;                 // of the range of `kept` in a row
    std::vector<std::unique_ptr<row>> rows; // ordered by key
    pool<leaf> leaves;
    pool<kept_values> kept; // by leaf number; used only if width > 1
    pool<node> nodes;

    [[nodiscard]] std::int64_t row_key(std::int64_t k) const noexcept {
        return width == 1 ? k : floor_quotient(k, width);
    }
    [[nodiscard]] std::int64_t least_kept(const row& r) const noexcept { return r.key * width; }
    [[nodiscard]] std::int64_t most_kept(const row& r) const noexcept {
        return r.key * width + (width - 1);
    }
    [[nodiscard]] std::int64_t kept_of(const row& r, std::uint32_t l,
                                       std::uint32_t i) const noexcept {
        return width == 1 ? r.key : kept[l].of[i];
    }
    [[nodiscard]] std::vector<std::unique_ptr<row>>::iterator find_row(std::int64_t key) noexcept {
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

    /// Makes room for one insertion. Throws std::bad_alloc with nothing changed.
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
    /// The number of entries in the leaves before this one.
    [[nodiscard]] std::uint64_t before(const row& r, const path& p) const noexcept {
        std::uint64_t n = 0;
        const std::size_t group = p.node / fanout;
        for (std::size_t i = 0; i < group; ++i) n += r.group_counts[i];
        for (std::size_t i = group * fanout; i < p.node; ++i) n += r.counts[i];
        const node& at = nodes[r.nodes[p.node]];
        // Counts are at most 64, so eight are added at once, in four sums of 16 bits.
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
    /// An upper bound of `d` in the leaf: the next leaf begins there.
    [[nodiscard]] double end_of(const row& r, const path& p) const noexcept {
        const node& n = nodes[r.nodes[p.node]];
        if (p.leaf + 1 < n.size) return n.low[p.leaf + 1];
        return p.node + 1 < r.nodes.size() ? r.low[p.node + 1] : r.max_d;
    }

    // Minima of each level. `was` is the value that a level had before the change.

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
    /// Recomputes the groups from `from` on, after nodes were added or removed.
    static void compute_groups(row& r, std::size_t from) noexcept {
        const std::size_t groups = (r.nodes.size() + fanout - 1) / fanout;
        r.group_counts.resize(groups);
        r.group_valid.resize(groups);
        for (std::size_t g = from; g < groups; ++g) compute_group(r, g);
        compute_row(r);
    }
    /// Passes a leaf's changed minima on to node, group and row.
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
            r.min_lead[p.node] = *std::min_element(n.min_lead.data(), n.min_lead.data() + n.size);
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

    /// Inserts an entry and returns its leaf. Precondition: `reserve` and the row's `reserve_one`
    /// were called.
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

    /// Splits a full leaf in half.
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
        each_column(
            n, [&](auto& c) { std::copy(c.data() + at + 1, c.data() + n.size, c.data() + at); });
        --n.size;
    }
    void split_node(row& r, std::size_t i) noexcept {
        const std::uint32_t fresh = nodes.take();
        node& a = nodes[r.nodes[i]];
        node& b = nodes[fresh];
        b = a;
        each_column(b,
                    [](auto& c) { std::copy(c.data() + fanout / 2, c.data() + fanout, c.data()); });
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

    /// Removes an entry.
    void remove(std::uint32_t at, lead_number lead, huge_vector<std::uint32_t>& places) noexcept {
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
    /// Merges a nearly empty leaf with a neighbour, if both fit well into one.
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

} // namespace leadfunnel::inline v0::detail
