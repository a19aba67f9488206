// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The order in which the events of a batch are applied. Not for users.

#include <leadfunnel/history/event.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// The order in which to apply some events of a batch, whose ascending indices are given: by
/// instant, and within an instant as given, except that the events of one lead at one instant swap
/// places so that they are in history order. O(n log n).
[[nodiscard]] inline std::vector<std::size_t> event_order(std::span<const event> events,
                                                          std::vector<std::size_t> order) {
    const auto at = [&](std::size_t i) {
        return std::visit([](const auto& x) { return x.at; }, events[i]);
    };
    const auto lead = [&](std::size_t i) -> const std::string& {
        return std::visit([](const auto& x) -> const std::string& { return x.lead; }, events[i]);
    };
    const auto by_instant = [&](std::size_t a, std::size_t b) { return at(a) < at(b); };
    if (!std::is_sorted(order.begin(), order.end(), by_instant))
        std::stable_sort(order.begin(), order.end(), by_instant);
    std::vector<std::size_t> places;
    std::vector<std::size_t> mine;
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first + 1;
        while (last < order.size() && at(order[last]) == at(order[first])) ++last;
        if (last - first > 1) {
            places.resize(last - first);
            for (std::size_t i = 0; i < places.size(); ++i) places[i] = first + i;
            std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
                return lead(order[a]) < lead(order[b]);
            });
            for (std::size_t i = 0; i < places.size();) {
                std::size_t j = i + 1;
                while (j < places.size() && lead(order[places[j]]) == lead(order[places[i]])) ++j;
                mine.clear();
                for (std::size_t k = i; k < j; ++k) mine.push_back(order[places[k]]);
                std::stable_sort(mine.begin(), mine.end(), [&](std::size_t a, std::size_t b) {
                    return history_order(events[a], events[b]) < 0;
                });
                for (std::size_t k = i; k < j; ++k) order[places[k]] = mine[k - i];
                i = j;
            }
        }
        first = last;
    }
    return order;
}
/// The same for all events of a batch.
[[nodiscard]] inline std::vector<std::size_t> event_order(std::span<const event> events) {
    std::vector<std::size_t> all(events.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return event_order(events, std::move(all));
}

} // namespace leadfunnel::inline v0::detail
