// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Numbers by the hash of what they stand for, told apart by the caller. Not for users.

#include <leadfunnel/core/detail/huge_array.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace leadfunnel::inline v0::detail {

/// An open table of (half a hash, number), 8 bytes a slot, at most two thirds full. What looking up
/// will read can be fetched ahead. O(1).
class id_table {
  public:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

    template<class Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Same& same) const noexcept {
        if (slots_.empty()) return none;
        const std::uint32_t mark = mark_of(hash);
        for (std::size_t i = mark & mask();; i = (i + 1) & mask()) {
            const slot& s = slots_[i];
            if (s.number == none) return none;
            if (s.mark == mark && s.number != gone && same(s.number)) return s.number;
        }
    }
    /// A number that `find` will probably give; `none` if it will not.
    [[nodiscard]] std::uint32_t guess(std::uint64_t hash) const noexcept {
        return find(hash, [](std::uint32_t) { return true; });
    }
    void prefetch(std::uint64_t hash) const noexcept {
        if (!slots_.empty()) __builtin_prefetch(slots_.data() + (mark_of(hash) & mask()));
    }

    /// Makes one call of `add` good. Throws std::bad_alloc, nothing having changed.
    void reserve_one() { reserve(1); }
    /// Makes so many calls good.
    void reserve(std::size_t more) {
        if ((used_ + more) * 3 <= slots_.size() * 2) return;
        // Slots of numbers that are gone are not taken along.
        const std::size_t n = std::bit_ceil(std::max<std::size_t>(16, (live_ + more) * 2));
        huge_vector<slot> fresh(n);
        for (const slot& s : slots_)
            if (s.number < gone) put(fresh, s);
        slots_.swap(fresh);
        used_ = live_;
    }
    /// Of something that is not there.
    void add(std::uint64_t hash, std::uint32_t number) noexcept {
        put(slots_, {mark_of(hash), number});
        ++used_;
        ++live_;
    }
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
    [[nodiscard]] std::size_t memory() const noexcept { return slots_.size() * sizeof(slot); }

  private:
    struct slot {
        std::uint32_t mark = 0;
        std::uint32_t number = none;
    };
    static constexpr std::uint32_t gone = none - 1;

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
    std::size_t used_ = 0; // slots with a number, or that of one gone
    std::size_t live_ = 0;
};

} // namespace leadfunnel::inline v0::detail
