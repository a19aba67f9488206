// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Numbers of words, which are counted and used again. Not for users.

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/number_set.hpp>
#include <leadfunnel/core/detail/wiping.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Numbers of words that are found by hash and told apart by `same(number)`.
class hash_index {
  public:
    template<class Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Same& same) const {
        for (std::uint64_t h = hash;; ++h) {
            const auto it = numbers_.find(h);
            if (it == numbers_.end()) return none;
            if (it->second != gone && same(it->second)) return it->second;
        }
    }
    /// For a word that `find` did not find.
    void add(std::uint64_t hash, std::uint32_t number) {
        while (!numbers_.try_emplace(hash, number).second) ++hash;
    }
    /// Unlearns a word; nothing if it has been.
    void forget(std::uint64_t hash, std::uint32_t number) noexcept {
        for (std::uint64_t h = hash;; ++h) {
            const auto it = numbers_.find(h);
            if (it == numbers_.end()) return;
            if (it->second != number) continue;
            if (numbers_.contains(h + 1))
                it->second = gone; // what stands behind it may belong before it
            else
                numbers_.erase(it);
            return;
        }
    }
    [[nodiscard]] std::size_t memory() const noexcept { return numbers_.size() * 24; }

    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  private:
    static constexpr std::uint32_t gone = none - 1;

    boost::unordered_flat_map<std::uint64_t, std::uint32_t, no_hash> numbers_;
};

/// The numbers of words of one sort, with the way back to them. Each is counted as often as it is
/// used. The number of a word that nobody uses any more is free, and goes to another word, the
/// least number first.
class word_register {
  public:
    template<class Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Same& same) const {
        return index_.find(hash, same);
    }
    /// The number of a word that `find` did not find, which `fill(word)` writes. It is not used
    /// yet. If it throws, nothing has changed.
    template<class Words, class Fill>
    std::uint32_t add(Words& words, std::uint64_t hash, const Fill& fill) {
        const auto free = free_.first();
        const auto n = free.value_or(static_cast<std::uint32_t>(words.size()));
        if (!free) {
            make_room(words);
            reserve(words.size() + 1);
            words.emplace_back();
        }
        try {
            fill(words[n]);
            index_.add(hash, n);
        } catch (...) {
            if constexpr (requires { wipe(words[n]); }) wipe(words[n]);
            if (!free) words.pop_back();
            throw;
        }
        if (free) free_.erase(n);
        return n;
    }
    void use(std::uint32_t n) noexcept {
        if (uses_[n] != always_used) ++uses_[n];
    }
    /// Whether that was the last use.
    [[nodiscard]] bool unuse(std::uint32_t n) noexcept {
        return uses_[n] != always_used && --uses_[n] == 0;
    }
    [[nodiscard]] bool is_used(std::uint32_t n) const noexcept { return uses_[n] != 0; }
    /// Sets free the number of a word, which is wiped.
    template<class Word>
    void forget(std::uint64_t hash, std::uint32_t n, Word& word) noexcept {
        index_.forget(hash, n);
        wipe(word);
        free_.insert(n);
    }

    // After words were read

    /// Makes room for numbers [0, n), of which none is used.
    void begin_anew(std::size_t n) {
        *this = {};
        reserve(n);
    }
    void add(std::uint64_t hash, std::uint32_t n) { index_.add(hash, n); }
    /// Nothing is used; what follows counts anew.
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
    std::vector<std::uint32_t> uses_; // by number; who comes to the most stays there
    number_set free_;
};

} // namespace leadfunnel::inline v0::detail
