// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The next deadline of every lead, and which lead is due first. Not for users.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/detail/huge_array.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace leadfunnel::inline v0::detail {

/// Holds at most one due instant (microseconds, any 64-bit number) for each lead of a dense range,
/// and pops leads in exact order of (due, lead). What is popped depends only on the due instants,
/// not on the order in which they were set, so a snapshot needs to store nothing else.
///
/// It is a radix wheel. A key is (due, lead): 96 bits, or 12 digits of 8 bits. `base_` is a lower
/// bound of all keys in the wheel. The level of a key's slot is the highest digit in which the key
/// differs from the base, and the slot within the level is that digit of the key. So key and base
/// alone give the slot; the slots of a level are in order, and all slots of a lower level come
/// before those of a higher one. Popping moves the base into the first slot that is due and spreads
/// its leads over the levels below. If only a few leads are due, they go into a heap instead, as
/// does everything scheduled before the base.
///
/// A slot is a chain of blocks of lead numbers, without order, all of them full but the top one. A
/// lead leaves by moving the last lead into its gap. Spreading a slot reads ahead block by block,
/// where a linked list would wait for memory at each lead.
///
/// Memory: 12 bytes a lead, 8.3 more for blocks and heap, and 180 KiB for slots. Only `resize`
/// allocates; everything else is noexcept. Not thread-safe; `due` and `size` may run concurrently
/// with each other.
class timer_wheel {
  public:
    struct entry {
        std::int64_t due = 0;
        std::uint32_t lead = 0;
        friend bool operator==(const entry&, const entry&) = default;
    };

    timer_wheel() { slots_.fill({}); }
    explicit timer_wheel(std::size_t leads) : timer_wheel() { resize(leads); }

    /// Makes room for the leads [0, n) and cancels leads beyond. Amortised O(leads added or
    /// removed). Throws std::bad_alloc with nothing changed.
    void resize(std::size_t n) {
        assert(n <= std::size_t{1} << 30);
        const std::size_t blocks = std::min(n, n / per_block + slot_count);
        if (n > leads_.size()) {
            grow(heap_, n);
            grow(blocks_, blocks);
            grow(leads_, n); // the last that may throw; no size has changed yet
            heap_.resize(n);
            blocks_.resize(std::max(blocks, blocks_.size()));
            leads_.resize(n);
            return;
        }
        for (std::size_t i = n; i < leads_.size(); ++i) cancel(static_cast<std::uint32_t>(i));
        leads_.resize(n); // blocks and heap keep their size: any of their places may be in use
    }

    /// The number of leads there is room for.
    [[nodiscard]] std::size_t capacity() const noexcept { return leads_.size(); }
    /// The number of leads with a due instant.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// The lead's due instant; nothing if it has none. O(1).
    [[nodiscard]] std::optional<std::int64_t> due(std::uint32_t lead) const noexcept {
        const place& p = leads_[lead];
        if (p.where == nowhere) return std::nullopt;
        return p.due();
    }

    /// Sets or moves the lead's due instant. O(1); O(log heap) for an instant before the last
    /// `until` of `pop`.
    void schedule(std::uint32_t lead, std::int64_t due) noexcept {
        assert(lead < leads_.size());
        place& p = leads_[lead];
        if (p.where != nowhere) {
            if (p.due() == due) return;
            leave(lead);
        } else {
            ++size_;
        }
        p.set_due(due);
        const key k = key_of(due, lead);
        if (next_known_) {
            if (k < key_of(next_.due, next_.lead))
                next_ = {due, lead};
            else if (next_.lead == lead)
                next_known_ = false;
        }
        put(lead, k);
    }

    /// Removes the lead's due instant, if it has one. O(1) or O(log heap), as for `schedule`.
    void cancel(std::uint32_t lead) noexcept {
        assert(lead < leads_.size());
        if (leads_[lead].where == nowhere) return;
        leave(lead);
        forget(lead);
    }

    /// Fetches what `schedule` of this lead will read into the cache.
    void prefetch(std::uint32_t lead) const noexcept {
        __builtin_prefetch(leads_.data() + lead, 1);
    }

    /// The lead that is due first. It is remembered until it changes; else O(leads in the first
    /// slot).
    [[nodiscard]] std::optional<entry> next() noexcept {
        if (size_ == 0) return std::nullopt;
        if (next_known_) return next_;
        key best = key_of(std::numeric_limits<std::int64_t>::max(), ~std::uint32_t{0});
        if (heap_size_ != 0) {
            best = key_of(heap_[0]);
        } else {
            const slot_ref s = first_slot();
            for_each(s, [&](std::uint32_t lead) { best = std::min(best, key_of(lead)); });
        }
        next_ = {from_key(best), best.lead};
        next_known_ = true;
        return next_;
    }

    /// Removes and returns the first lead, if it is due at `until` or before. Amortised O(1): a
    /// lead moves down at most once a level, and mostly three or four times in all.
    [[nodiscard]] std::optional<entry> pop(std::int64_t until) noexcept {
        const key last{flip(until), ~std::uint32_t{0}};
        for (;;) {
            // Every key in the heap is less than every key in the wheel (see `put`).
            if (heap_size_ != 0) {
                const std::uint32_t lead = heap_[0];
                if (last < key_of(lead)) return std::nullopt;
                const entry found{leads_[lead].due(), lead};
                heap_remove(0);
                forget(lead);
                return found;
            }
            if (size_ == 0) return std::nullopt;
            const slot_ref s = first_slot();
            if (last < start_of(s)) return std::nullopt;
            if (!open(s, last)) return std::nullopt;
        }
    }

    /// Bytes held.
    [[nodiscard]] std::size_t memory() const noexcept {
        return sizeof *this + leads_.capacity() * sizeof(place) +
               blocks_.capacity() * sizeof(block) + heap_.capacity() * sizeof(std::uint32_t);
    }

  private:
    static constexpr unsigned digit_bits = 8;
    static constexpr unsigned levels = 96 / digit_bits;
    static constexpr unsigned digits = 1U << digit_bits;
    static constexpr std::size_t slot_count = std::size_t{levels} * digits;
    static constexpr std::uint32_t per_block = 15;
    static constexpr std::uint32_t nowhere = ~std::uint32_t{0};
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    static constexpr std::uint32_t heap_bit = std::uint32_t{1} << 31;
    /// A slot with at most this many leads is sorted by the heap, a larger one by the next level.
    static constexpr std::size_t small = 64;

    /// (due, lead) with the sign bit of due flipped, so that keys compare as unsigned numbers.
    struct key {
        std::uint64_t due = 0;
        std::uint32_t lead = 0;
        friend bool operator==(const key&, const key&) = default;
        friend bool operator<(const key& a, const key& b) noexcept {
            return a.due != b.due ? a.due < b.due : a.lead < b.lead;
        }
    };
    /// 12 bytes. `where` is a place in the blocks, or, with `heap_bit`, in the heap.
    struct place {
        std::uint32_t low = 0;
        std::uint32_t high = 0;
        std::uint32_t where = nowhere;
        [[nodiscard]] std::int64_t due() const noexcept {
            return static_cast<std::int64_t>(std::uint64_t{high} << 32 | low);
        }
        void set_due(std::int64_t d) noexcept {
            low = static_cast<std::uint32_t>(static_cast<std::uint64_t>(d));
            high = static_cast<std::uint32_t>(static_cast<std::uint64_t>(d) >> 32);
        }
    };
    struct block {
        std::array<std::uint32_t, per_block> leads;
        std::uint32_t below = none; // the next block of the slot or of the free list
    };
    struct slot {
        std::uint32_t top = none;
        std::uint32_t count = 0; // in the top block
    };
    struct slot_ref {
        unsigned level = 0;
        unsigned digit = 0;
    };

    static std::uint64_t flip(std::int64_t due) noexcept {
        return static_cast<std::uint64_t>(due) ^ (std::uint64_t{1} << 63);
    }
    static key key_of(std::int64_t due, std::uint32_t lead) noexcept { return {flip(due), lead}; }
    [[nodiscard]] key key_of(std::uint32_t lead) const noexcept {
        return key_of(leads_[lead].due(), lead);
    }
    static std::int64_t from_key(const key& k) noexcept {
        return static_cast<std::int64_t>(k.due ^ (std::uint64_t{1} << 63));
    }

    template<class Vector>
    static void grow(Vector& v, std::size_t n) {
        if (n > v.capacity()) v.reserve(std::max(n, v.capacity() + v.capacity() / 2));
    }

    [[nodiscard]] slot_ref slot_of(const key& k) const noexcept {
        if (k.due != base_.due) {
            const auto at =
                static_cast<unsigned>(std::bit_width(k.due ^ base_.due) - 1) / digit_bits;
            return {at + 4, static_cast<unsigned>(k.due >> (at * digit_bits)) % digits};
        }
        const auto differs = k.lead ^ base_.lead;
        const auto at =
            differs == 0 ? 0U : static_cast<unsigned>(std::bit_width(differs) - 1) / digit_bits;
        return {at, static_cast<unsigned>(k.lead >> (at * digit_bits)) % digits};
    }
    [[nodiscard]] slot& at(slot_ref s) noexcept { return slots_[s.level * digits + s.digit]; }

    /// The first slot in use. Precondition: the wheel is not empty.
    [[nodiscard]] slot_ref first_slot() const noexcept {
        const auto level = static_cast<unsigned>(std::countr_zero(levels_used_));
        for (unsigned word = 0;; ++word) {
            const std::uint64_t bits = used_[level * (digits / 64) + word];
            if (bits != 0)
                return {level, word * 64 + static_cast<unsigned>(std::countr_zero(bits))};
        }
    }
    /// The least key that belongs to a slot.
    [[nodiscard]] key start_of(slot_ref s) const noexcept {
        key k = base_;
        if (s.level < 4) {
            const unsigned shift = s.level * digit_bits;
            k.lead = (k.lead >> shift >> digit_bits) << digit_bits << shift;
            k.lead |= std::uint32_t{s.digit} << shift;
        } else {
            const unsigned shift = (s.level - 4) * digit_bits;
            k.due = shift + digit_bits == 64
                        ? 0
                        : (k.due >> (shift + digit_bits)) << (shift + digit_bits);
            k.due |= std::uint64_t{s.digit} << shift;
            k.lead = 0;
        }
        return k;
    }
    /// The greatest key that belongs to a slot.
    [[nodiscard]] key last_of(slot_ref s) const noexcept {
        key k = start_of(s);
        if (s.level < 4) {
            k.lead |= (std::uint32_t{1} << (s.level * digit_bits)) - 1;
        } else {
            k.due |= (std::uint64_t{1} << ((s.level - 4) * digit_bits)) - 1;
            k.lead = ~std::uint32_t{0};
        }
        return k;
    }

    void forget(std::uint32_t lead) noexcept {
        leads_[lead].where = nowhere;
        if (next_known_ && next_.lead == lead) next_known_ = false;
        if (--size_ == 0) base_ = heap_to_ = {}; // an empty wheel may start at any time
    }

    /// Puts a lead into the heap if its key comes before the base (or is one that the heap covers),
    /// else into the wheel. So every key in the heap comes before every key in the wheel.
    void put(std::uint32_t lead, const key& k) noexcept {
        if (k < base_ || !(heap_to_ < k))
            heap_insert(lead);
        else
            enter(lead, slot_of(k));
    }

    void enter(std::uint32_t lead, slot_ref ref) noexcept {
        slot& s = at(ref);
        if (s.top == none || s.count == per_block) {
            std::uint32_t fresh = free_;
            if (fresh != none)
                free_ = blocks_[fresh].below;
            else
                fresh = blocks_used_++;
            blocks_[fresh].below = s.top;
            if (s.top == none) {
                used_[ref.level * (digits / 64) + ref.digit / 64] |= std::uint64_t{1}
                                                                     << (ref.digit % 64);
                levels_used_ |= std::uint32_t{1} << ref.level;
            }
            s = {fresh, 0};
        }
        blocks_[s.top].leads[s.count] = lead;
        leads_[lead].where = s.top * 16 + s.count;
        ++s.count;
    }

    void leave(std::uint32_t lead) noexcept {
        const std::uint32_t where = leads_[lead].where;
        if ((where & heap_bit) != 0) {
            heap_remove(where & ~heap_bit);
            return;
        }
        const slot_ref ref = slot_of(key_of(lead));
        slot& s = at(ref);
        const std::uint32_t last = blocks_[s.top].leads[--s.count];
        blocks_[where / 16].leads[where % 16] = last;
        leads_[last].where = where;
        if (s.count == 0) drop_top(s, ref);
    }
    void drop_top(slot& s, slot_ref ref) noexcept {
        const std::uint32_t emptied = s.top;
        s.top = blocks_[emptied].below;
        s.count = per_block;
        blocks_[emptied].below = free_;
        free_ = emptied;
        if (s.top == none) forget_slot(s, ref);
    }
    void forget_slot(slot& s, slot_ref ref) noexcept {
        s = {};
        const std::size_t first = ref.level * (digits / 64);
        used_[first + ref.digit / 64] &= ~(std::uint64_t{1} << (ref.digit % 64));
        std::uint64_t any = 0;
        for (std::size_t w = 0; w < digits / 64; ++w) any |= used_[first + w];
        if (any == 0) levels_used_ &= ~(std::uint32_t{1} << ref.level);
    }

    /// Calls `f` for each lead of a slot, prefetching two blocks ahead.
    template<class F>
    void for_each(slot_ref ref, const F& f) noexcept {
        const slot s = at(ref);
        std::uint32_t ahead = s.top;
        const auto fetch = [&](std::uint32_t count) {
            if (ahead == none) return;
            const block& b = blocks_[ahead];
            for (std::uint32_t i = 0; i < count; ++i) prefetch(b.leads[i]);
            ahead = b.below;
            if (ahead != none) __builtin_prefetch(&blocks_[ahead]);
        };
        fetch(s.count);
        fetch(per_block);
        std::uint32_t count = s.count;
        for (std::uint32_t b = s.top; b != none; count = per_block) {
            fetch(per_block);
            const std::uint32_t below = blocks_[b].below;
            for (std::uint32_t i = 0; i < count; ++i) f(blocks_[b].leads[i]);
            b = below;
        }
    }

    /// Moves the base into the first slot, and its leads to the heap or to lower levels.
    /// Precondition: the slot begins at `last` or before. Returns whether any of its leads is due.
    bool open(slot_ref ref, const key& last) noexcept {
        const slot s = at(ref);
        const bool few =
            s.top == none || blocks_[s.top].below == none || is_short(blocks_[s.top].below);
        const key start = start_of(ref);
        key least{~std::uint64_t{0}, ~std::uint32_t{0}};
        for_each(ref, [&](std::uint32_t lead) { least = std::min(least, key_of(lead)); });
        const key end = last_of(ref);
        forget_slot(at(ref), ref);
        // The base stays within the slot, before all of its leads, and not after `last`.
        base_ = std::max(start, std::min(least, key{last.due, 0}));
        if (few) heap_to_ = std::min(end, last);
        std::uint32_t b = s.top;
        std::uint32_t count = s.count;
        std::uint32_t ahead = b == none ? none : blocks_[b].below;
        while (b != none) {
            if (ahead != none) {
                for (const auto lead : blocks_[ahead].leads) prefetch(lead);
                ahead = blocks_[ahead].below;
            }
            const block full = blocks_[b];
            blocks_[b].below = free_; // free before its leads move, so that blocks suffice
            free_ = b;
            for (std::uint32_t i = 0; i < count; ++i) put(full.leads[i], key_of(full.leads[i]));
            b = full.below;
            count = per_block;
        }
        return !(last < least);
    }
    /// Whether a block and those below it hold at most `small` leads.
    [[nodiscard]] bool is_short(std::uint32_t b) const noexcept {
        std::size_t n = 0;
        for (; b != none && n <= small; b = blocks_[b].below) n += per_block;
        return n <= small;
    }

    // A binary heap of leads; the first due is on top.
    void heap_insert(std::uint32_t lead) noexcept {
        heap_up(static_cast<std::uint32_t>(heap_size_++), lead);
    }
    void heap_remove(std::uint32_t at) noexcept {
        const std::uint32_t last = heap_[--heap_size_];
        if (at == heap_size_) return;
        if (at > 0 && key_of(last) < key_of(heap_[(at - 1) / 2]))
            heap_up(at, last);
        else
            heap_down(at, last);
    }
    void heap_set(std::uint32_t at, std::uint32_t lead) noexcept {
        heap_[at] = lead;
        leads_[lead].where = at | heap_bit;
    }
    void heap_up(std::uint32_t at, std::uint32_t lead) noexcept {
        const key k = key_of(lead);
        while (at > 0) {
            const std::uint32_t above = (at - 1) / 2;
            if (!(k < key_of(heap_[above]))) break;
            heap_set(at, heap_[above]);
            at = above;
        }
        heap_set(at, lead);
    }
    void heap_down(std::uint32_t at, std::uint32_t lead) noexcept {
        const key k = key_of(lead);
        for (;;) {
            std::size_t below = std::size_t{at} * 2 + 1;
            if (below >= heap_size_) break;
            if (below + 1 < heap_size_ && key_of(heap_[below + 1]) < key_of(heap_[below])) ++below;
            if (!(key_of(heap_[below]) < k)) break;
            heap_set(at, heap_[below]);
            at = static_cast<std::uint32_t>(below);
        }
        heap_set(at, lead);
    }

    huge_vector<place> leads_;
    huge_vector<block> blocks_;
    huge_vector<std::uint32_t> heap_; // `heap_size_` of them are in use
    std::size_t heap_size_ = 0;
    std::size_t size_ = 0;
    std::uint32_t free_ = none;
    std::uint32_t blocks_used_ = 0;
    key base_;
    key heap_to_; // the heap holds all keys up to this one
    bool next_known_ = false;
    entry next_;
    std::uint32_t levels_used_ = 0;
    std::array<std::uint64_t, slot_count / 64> used_{};
    std::array<slot, slot_count> slots_;
};

} // namespace leadfunnel::inline v0::detail
