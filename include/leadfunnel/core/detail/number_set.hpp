// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A set of free numbers that yields the least one. Not for users.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A set of numbers that knows its least member. Each number has a bit; each level above has a bit
/// for every 64 below, which says whether any of them is set. The results depend on the members
/// alone, not on the order of insertion. An eighth of a byte for each number; every operation is
/// O(1).
class number_set {
  public:
    /// Makes room for the numbers in [0, n). Throws std::bad_alloc with nothing changed.
    void reserve(std::size_t n) {
        if (n <= levels_[0].size() * 64) return;
        for (std::size_t k = levels_.size(); k-- > 0;) { // the lowest last: it is tested above
            const std::size_t words = ((n - 1) >> (6 * (k + 1))) + 1;
            if (levels_[k].size() < words) levels_[k].resize(words);
        }
    }
    /// Precondition: room was reserved.
    void insert(std::uint32_t n) noexcept {
        for (auto& level : levels_) {
            auto& word = level[n / 64];
            const bool had_some = word != 0;
            word |= std::uint64_t{1} << (n % 64);
            if (had_some) return;
            n /= 64;
        }
    }
    /// Precondition: `n` is a member.
    void erase(std::uint32_t n) noexcept {
        for (auto& level : levels_) {
            auto& word = level[n / 64];
            word &= ~(std::uint64_t{1} << (n % 64));
            if (word != 0) return;
            n /= 64;
        }
    }
    /// The least member; nothing if the set is empty.
    [[nodiscard]] std::optional<std::uint32_t> first() const noexcept {
        if (levels_.back().empty() || levels_.back().front() == 0) return std::nullopt;
        std::uint32_t n = 0;
        for (std::size_t k = levels_.size(); k-- > 0;)
            n = n * 64 + static_cast<std::uint32_t>(std::countr_zero(levels_[k][n]));
        return n;
    }
    [[nodiscard]] std::size_t memory() const noexcept { return levels_[0].capacity() * 8; }

  private:
    std::array<std::vector<std::uint64_t>, 6> levels_; // 64⁶ exceeds the count of 32-bit numbers
};

} // namespace leadfunnel::inline v0::detail
