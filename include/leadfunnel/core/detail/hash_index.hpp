// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Numbers found by the hash of what they stand for. Not for users.

#include <leadfunnel/core/detail/huge_array.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace leadfunnel::inline v0::detail {

/// A hash table of numbers: leads by their ids, words by their texts. It stores no keys, so the
/// caller tells numbers of equal hashes apart.
///
/// Open addressing with linear probing. A slot is half a hash and a number, 8 bytes; at most two
/// thirds of the slots are taken. A caller that will look up several keys can prefetch their slots.
/// All operations are O(1) on average. Not thread-safe; const functions may run concurrently.
class hash_index {
  public:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

    /// The number that was added with this hash and for which `same(number)` holds; else `none`.
    template<class Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Same& same) const {
        if (slots_.empty()) return none;
        const std::uint32_t mark = mark_of(hash);
        for (std::size_t i = mark & mask();; i = (i + 1) & mask()) {
            const slot& s = slots_[i];
            if (s.number == none) return none;
            if (s.mark == mark && s.number != gone && same(s.number)) return s.number;
        }
    }
    /// The number that `find` will probably return, known without comparing keys.
    [[nodiscard]] std::uint32_t guess(std::uint64_t hash) const noexcept {
        return find(hash, [](std::uint32_t) { return true; });
    }
    /// Fetches the first slot that `find` will read into the cache.
    void prefetch(std::uint64_t hash) const noexcept {
        if (!slots_.empty()) __builtin_prefetch(slots_.data() + (mark_of(hash) & mask()));
    }

    /// Makes room for `more` calls of `add`, which then cannot throw. Throws std::bad_alloc with
    /// nothing changed. Amortised O(more).
    void reserve(std::size_t more) {
        if ((used_ + more) * 3 <= slots_.size() * 2) return;
        // Slots of removed numbers are not copied.
        const std::size_t n = std::bit_ceil(std::max<std::size_t>(16, (live_ + more) * 2));
        huge_vector<slot> fresh(n);
        for (const slot& s : slots_)
            if (s.number < gone) put(fresh, s);
        slots_.swap(fresh);
        used_ = live_;
    }
    void reserve_one() { reserve(1); }
    /// Precondition: the key is absent, and `number` is less than `none` − 1. Throws std::bad_alloc
    /// with nothing changed, unless room was reserved.
    void add(std::uint64_t hash, std::uint32_t number) {
        reserve(1);
        put(slots_, {mark_of(hash), number});
        ++used_;
        ++live_;
    }
    /// Removes a number; does nothing if it is absent.
    void remove(std::uint64_t hash, std::uint32_t number) noexcept {
        if (slots_.empty()) return;
        for (std::size_t i = mark_of(hash) & mask();; i = (i + 1) & mask()) {
            slot& s = slots_[i];
            if (s.number == none) return;
            if (s.number != number) continue;
            s.number = gone;
            --live_;
            return;
        }
    }

    /// The most slots that a look-up of a number in the table reads. O(slots).
    [[nodiscard]] std::size_t longest_probe() const noexcept {
        std::size_t most = 0;
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (slots_[i].number < gone) most = std::max(most, ((i - slots_[i].mark) & mask()) + 1);
        return most;
    }
    /// Bytes held.
    [[nodiscard]] std::size_t memory() const noexcept { return slots_.size() * sizeof(slot); }

  private:
    struct slot {
        std::uint32_t mark = 0;
        std::uint32_t number = none;
    };
    static constexpr std::uint32_t gone = none - 1; // a removed number: look-ups go on behind it

    [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }
    [[nodiscard]] static std::uint32_t mark_of(std::uint64_t hash) noexcept {
        return static_cast<std::uint32_t>(hash >> 32) ^ static_cast<std::uint32_t>(hash);
    }
    static void put(huge_vector<slot>& slots, const slot& s) noexcept {
        const std::size_t mask = slots.size() - 1;
        std::size_t i = s.mark & mask;
        while (slots[i].number != none) i = (i + 1) & mask;
        slots[i] = s;
    }

    huge_vector<slot> slots_;
    std::size_t used_ = 0; // slots with a number, live or removed
    std::size_t live_ = 0;
};

} // namespace leadfunnel::inline v0::detail
