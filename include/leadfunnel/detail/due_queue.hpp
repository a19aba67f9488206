// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// When each lead is to be looked at next. Not for users.

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

class due_queue {
  public:
    struct entry {
        std::int64_t due = 0;
        std::uint32_t lead = 0;
    };
    static constexpr std::int64_t not_due = std::numeric_limits<std::int64_t>::max();

    void resize(std::size_t leads) {
        if (due_.size() < leads) due_.resize(leads, not_due);
    }
    void schedule(std::uint32_t lead, std::int64_t due) {
        if (due_[lead] == due) return;
        if (due_[lead] != not_due) order_.erase({due_[lead], lead});
        due_[lead] = due;
        if (due != not_due) order_.emplace(due, lead);
    }
    void cancel(std::uint32_t lead) { schedule(lead, not_due); }
    [[nodiscard]] std::int64_t due(std::uint32_t lead) const noexcept { return due_[lead]; }
    /// The earliest, by instant, then lead, if it is due by `until`.
    std::optional<entry> pop(std::int64_t until) {
        if (order_.empty() || order_.begin()->first > until) return std::nullopt;
        const auto [due, lead] = *order_.begin();
        order_.erase(order_.begin());
        due_[lead] = not_due;
        return entry{due, lead};
    }

    [[nodiscard]] std::size_t memory() const noexcept {
        return due_.capacity() * 8 + order_.size() * 48;
    }

  private:
    std::vector<std::int64_t> due_;
    std::set<std::pair<std::int64_t, std::uint32_t>> order_;
};

} // namespace leadfunnel::inline v0::detail
