// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Numbers for words, counted and reused. Not for users.

#include <leadfunnel/core/detail/hash_index.hpp>
#include <leadfunnel/core/detail/number_set.hpp>
#include <leadfunnel/core/detail/wiping.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Gives numbers to words of one sort and finds them by hash. Each number counts its uses. When a
/// word's last use ends, its number becomes free; the next new word gets the least free number, so
/// numbers depend on the words in use and not on a hash.
class word_register {
  public:
    /// The number of a word, or `hash_index::none`. `same(n)` tells whether word n is the one.
    /// O(1).
    template<class Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Same& same) const {
        return index_.find(hash, same);
    }
    /// Adds a word that `find` did not find; `fill(word)` writes it into `words`. It has no uses
    /// yet. Throws with nothing changed. Amortised O(1).
    template<class Words, class Fill>
    std::uint32_t add(Words& words, std::uint64_t hash, const Fill& fill) {
        index_.reserve_one();
        const auto free = free_.first();
        const auto n = free.value_or(static_cast<std::uint32_t>(words.size()));
        if (!free) {
            make_room(words);
            reserve(words.size() + 1);
            words.emplace_back();
        }
        try {
            fill(words[n]);
        } catch (...) {
            if constexpr (requires { wipe(words[n]); }) wipe(words[n]);
            if (!free) words.pop_back();
            throw;
        }
        index_.add(hash, n);
        if (free) free_.erase(n);
        return n;
    }
    /// Counts a use.
    void use(std::uint32_t n) noexcept {
        if (uses_[n] != always_used) ++uses_[n];
    }
    /// Takes a use back. Whether it was the last.
    [[nodiscard]] bool unuse(std::uint32_t n) noexcept {
        return uses_[n] != always_used && --uses_[n] == 0;
    }
    [[nodiscard]] bool is_used(std::uint32_t n) const noexcept { return uses_[n] != 0; }
    /// Wipes a word and frees its number.
    template<class Word>
    void forget(std::uint64_t hash, std::uint32_t n, Word& word) noexcept {
        index_.remove(hash, n);
        wipe(word);
        free_.insert(n);
    }

    // After words were read from a snapshot.

    /// Makes room for the numbers [0, n), without words or uses.
    void begin_anew(std::size_t n) {
        *this = {};
        reserve(n);
    }
    /// Adds the word of a number; its room was made by `begin_anew`.
    void add(std::uint64_t hash, std::uint32_t n) { index_.add(hash, n); }
    /// Sets all counts to zero; the caller then counts every use again.
    void unuse_all() noexcept { std::fill(uses_.begin(), uses_.end(), 0U); }

    [[nodiscard]] std::size_t memory() const noexcept {
        return index_.memory() + uses_.capacity() * sizeof(std::uint32_t) + free_.memory();
    }

  private:
    void reserve(std::size_t n) {
        free_.reserve(n);
        if (uses_.size() < n) uses_.resize(n);
    }

    static constexpr std::uint32_t always_used = std::numeric_limits<std::uint32_t>::max();

    hash_index index_;
    std::vector<std::uint32_t> uses_; // by number; a count that reaches the maximum stays there
    number_set free_;
};

} // namespace leadfunnel::inline v0::detail
