// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Leads that may be among the first of a ranking, and how their order is settled. Not for users.

#include <leadfunnel/core/time.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A lead whose score lies between two bounds.
struct rank_candidate {
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::uint32_t lead = 0;
};

[[nodiscard]] inline std::uint32_t ranked_lead(std::uint32_t lead) noexcept { return lead; }
[[nodiscard]] inline std::uint32_t ranked_lead(const rank_candidate& c) noexcept { return c.lead; }

/// Calls `f(x, exact(lead of x, t))` for each of some leads or candidates. If `exact` has
/// `fetch_lead` and `fetch_history`, they are called for the leads that follow.
template<class All, class Exact, class F>
void ask_each(const All& all, instant t, const Exact& exact, const F& f) {
    constexpr std::size_t far = 16;
    constexpr std::size_t near = 8;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if constexpr (requires { exact.fetch_lead(std::uint32_t{}); }) {
            if (i + far < all.size()) exact.fetch_lead(ranked_lead(all[i + far]));
            if (i + near < all.size()) exact.fetch_history(ranked_lead(all[i + near]));
        }
        f(all[i], exact(ranked_lead(all[i]), t));
    }
}

/// The k best pairs (score, lead) among those that certainly exist.
class best_ranks {
  public:
    explicit best_ranks(std::size_t k) : k_(k) { heap_.reserve(std::min<std::size_t>(k, 1024)); }
    /// Whether a lead with at most this score may be among the first k.
    [[nodiscard]] bool may_hold(std::int64_t high, std::uint32_t lead) const noexcept {
        if (heap_.size() < k_) return true;
        const auto& worst = heap_.front();
        return high > worst.first || (high == worst.first && lead <= worst.second);
    }
    /// Whether no lead with at most this score can be among the first k.
    [[nodiscard]] bool is_over(std::int64_t high) const noexcept {
        return heap_.size() == k_ && high < heap_.front().first;
    }
    /// Adds a lead whose score is at least `low`.
    void add(std::int64_t low, std::uint32_t lead) {
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
    using entry = std::pair<std::int64_t, std::uint32_t>;
    static bool better(const entry& a, const entry& b) noexcept {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    }
    std::size_t k_;
    std::vector<entry> heap_; // the worst one in front
};

/// Calls `f(lead)` for the first k of the candidates, in order. Exact scores are computed only for
/// candidates whose bounds overlap with others'.
template<class Exact, class F>
void settle_order(std::vector<rank_candidate> all, std::size_t k, instant t, const Exact& exact,
                  const F& f) {
    const auto in_order = [](const rank_candidate& a, const rank_candidate& b) {
        return a.high != b.high ? a.high > b.high : a.lead < b.lead;
    };
    std::sort(all.begin(), all.end(), in_order);
    std::vector<rank_candidate> unsure;
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
            ask_each(unsure, t, exact, [&](rank_candidate c, const auto& score) {
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

} // namespace leadfunnel::inline v0::detail
