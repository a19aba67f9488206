// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Finds cycles in a graph.

#include <leadfunnel/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

/// For each node, the nodes that its edges lead to: those that it needs.
using graph = std::vector<std::vector<std::size_t>>;

/// The strongly connected components: sets of nodes that all need one another, a node without a
/// cycle being a set of its own. A component comes after those that it needs. Tarjan's algorithm,
/// without recursion: a hostile model may have long chains. O(nodes + edges).
[[nodiscard]] inline std::vector<std::vector<std::size_t>> find_components(const graph& needs) {
    constexpr std::size_t unseen = std::numeric_limits<std::size_t>::max();
    const std::size_t n = needs.size();
    std::vector<std::size_t> order(n, unseen);
    std::vector<std::size_t> low(n, 0);
    std::vector<bool> is_done(n, false);
    std::vector<std::size_t> open;
    std::vector<std::pair<std::size_t, std::size_t>> path; // a node, and the index of its next edge
    std::vector<std::vector<std::size_t>> components;
    std::size_t count = 0;
    const auto enter = [&](std::size_t i) {
        order[i] = low[i] = count++;
        open.push_back(i);
        path.emplace_back(i, 0);
    };
    for (std::size_t root = 0; root < n; ++root) {
        if (order[root] == unseen) enter(root);
        while (!path.empty()) {
            const std::size_t i = path.back().first;
            if (path.back().second < needs[i].size()) {
                const std::size_t to = needs[i][path.back().second++];
                if (order[to] == unseen)
                    enter(to);
                else if (!is_done[to])
                    low[i] = std::min(low[i], order[to]);
                continue;
            }
            path.pop_back();
            if (!path.empty()) low[path.back().first] = std::min(low[path.back().first], low[i]);
            if (low[i] != order[i]) continue;
            auto& members = components.emplace_back();
            do {
                members.push_back(open.back());
                is_done[open.back()] = true;
                open.pop_back();
            } while (members.back() != i);
        }
    }
    return components;
}

/// For each component that has a cycle, the shortest cycle through its smallest node. That node
/// comes first and is not repeated at the end. O((nodes + edges) · log).
[[nodiscard]] inline std::vector<std::vector<std::size_t>> find_cycles(const graph& needs) {
    std::vector<std::vector<std::size_t>> cycles;
    const auto components = find_components(needs);
    std::vector<std::size_t> component(needs.size(), 0);
    for (std::size_t c = 0; c < components.size(); ++c)
        for (const std::size_t i : components[c]) component[i] = c;
    for (const auto& members : components) {
        const std::size_t start = *std::min_element(members.begin(), members.end());
        std::vector<std::size_t> queue{start};
        std::map<std::size_t, std::size_t> from; // by node: the node before it on a shortest path
        for (std::size_t k = 0; k < queue.size(); ++k)
            for (const std::size_t to : needs[queue[k]])
                if (component[to] == component[start] && from.try_emplace(to, queue[k]).second)
                    queue.push_back(to);
        if (from.empty()) continue;
        std::vector<std::size_t> cycle;
        for (std::size_t at = from.at(start); at != start; at = from.at(at)) cycle.push_back(at);
        cycle.push_back(start);
        std::reverse(cycle.begin(), cycle.end());
        cycles.push_back(std::move(cycle));
    }
    return cycles;
}

} // namespace leadfunnel::inline v0::detail::checking
