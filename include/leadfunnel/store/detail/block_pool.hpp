// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Numbered objects that never move. Not for users.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/detail/huge_array.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Blocks of memory, numbered from 0, in slabs of which each is twice as large as the one before.
/// The system counts memory as used when it is first touched, so blocks that were never taken cost
/// nothing. A taken block is uninitialised. All operations are O(1), but for the allocation of
/// slabs.
class block_pool {
  public:
    /// `bytes` is the size of a block. Blocks are aligned to the largest power of two, up to 64,
    /// that divides it.
    explicit block_pool(std::size_t bytes) noexcept : bytes_(bytes) {}
    block_pool(block_pool&& other) noexcept : bytes_(other.bytes_) { swap(other); }
    block_pool& operator=(block_pool&& other) noexcept {
        swap(other);
        return *this;
    }
    block_pool(const block_pool&) = delete;
    block_pool& operator=(const block_pool&) = delete;
    ~block_pool() {
        for (unsigned i = 0; i < slab_count_; ++i)
            huge_allocator<std::byte>{}.deallocate(slabs_[i], bytes_ * (first << i));
    }

    void swap(block_pool& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(slabs_, other.slabs_);
        std::swap(slab_count_, other.slab_count_);
        std::swap(used_, other.used_);
        free_.swap(other.free_);
    }

    [[nodiscard]] std::byte* operator[](std::uint32_t i) const noexcept {
        const std::size_t n = i + first;
        const auto slab = static_cast<unsigned>(std::bit_width(n)) - 7;
        return slabs_[slab] + (n - (first << slab)) * bytes_;
    }

    /// Makes room for `n` calls of `take`. Throws std::bad_alloc with nothing changed.
    void reserve_free(std::size_t n) {
        if (free_.size() >= n) return;
        reserve_numbers(used_ + (n - free_.size()));
    }
    /// Makes the blocks [0, n) usable, for a pool whose numbers another pool hands out.
    void reserve_numbers(std::size_t n) {
        while (room() < n) {
            free_.reserve(room() + (first << slab_count_));
            slabs_[slab_count_] =
                huge_allocator<std::byte>{}.allocate(bytes_ * (first << slab_count_));
            ++slab_count_;
        }
    }
    [[nodiscard]] std::uint32_t take() noexcept {
        if (free_.empty()) return used_++;
        const std::uint32_t i = free_.back();
        free_.pop_back();
        return i;
    }
    void give_back(std::uint32_t i) noexcept {
        free_.push_back(i);
    } // room was reserved with the
      // slabs

    /// How many different numbers were ever taken: the blocks that were touched.
    [[nodiscard]] std::uint32_t used() const noexcept { return used_; }
    /// How many numbers were given back and not taken again.
    [[nodiscard]] std::size_t free() const noexcept { return free_.size(); }

  private:
    static constexpr std::size_t first = 64;

    [[nodiscard]] std::size_t room() const noexcept { return (first << slab_count_) - first; }

    std::size_t bytes_;
    std::array<std::byte*, 27> slabs_{};
    unsigned slab_count_ = 0;
    std::uint32_t used_ = 0;
    std::vector<std::uint32_t> free_;
};

/// A pool of objects of one type.
template<class T>
class pool : public block_pool {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

  public:
    pool() noexcept : block_pool(sizeof(T)) {}

    [[nodiscard]] T& operator[](std::uint32_t i) noexcept {
        return *reinterpret_cast<T*>(block_pool::operator[](i)); // NOLINT: made by allocation
    }
    [[nodiscard]] const T& operator[](std::uint32_t i) const noexcept {
        return *reinterpret_cast<const T*>(block_pool::operator[](i)); // NOLINT: as above
    }
    /// Bytes touched.
    [[nodiscard]] std::size_t memory() const noexcept {
        return std::size_t{used()} * (sizeof(T) + sizeof(std::uint32_t));
    }
};

} // namespace leadfunnel::inline v0::detail
