// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Numbered objects that never move. Not for users.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/detail/huge_array.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Objects numbered from 0, in slabs each twice the size of the one before: what was not yet taken
/// was not yet touched, so it is no memory in use. A taken object has no value. O(1).
template<class T>
class pool {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

  public:
    pool() = default;
    pool(pool&& other) noexcept { swap(other); }
    pool& operator=(pool&& other) noexcept {
        swap(other);
        return *this;
    }
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;
    ~pool() {
        for (unsigned i = 0; i < slab_count_; ++i)
            huge_allocator<T>{}.deallocate(slabs_[i], first << i);
    }

    void swap(pool& other) noexcept {
        std::swap(slabs_, other.slabs_);
        std::swap(slab_count_, other.slab_count_);
        std::swap(used_, other.used_);
        free_.swap(other.free_);
    }

    [[nodiscard]] T& operator[](std::uint32_t i) noexcept { return *address(i); }
    [[nodiscard]] const T& operator[](std::uint32_t i) const noexcept { return *address(i); }

    /// Makes `n` calls of `take` good. Throws std::bad_alloc, nothing having changed.
    void reserve_free(std::size_t n) {
        if (free_.size() >= n) return;
        reserve_numbers(used_ + (n - free_.size()));
    }
    /// Makes all objects up to number `n` good, for a pool that runs beside another.
    void reserve_numbers(std::size_t n) {
        while (room() < n) {
            free_.reserve(room() + (first << slab_count_));
            slabs_[slab_count_] = huge_allocator<T>{}.allocate(first << slab_count_);
            ++slab_count_;
        }
    }
    [[nodiscard]] std::uint32_t take() noexcept {
        if (free_.empty()) return used_++;
        const std::uint32_t i = free_.back();
        free_.pop_back();
        return i;
    }
    void give_back(std::uint32_t i) noexcept { free_.push_back(i); } // reserved with the slabs

    /// Numbers ever taken: what was touched.
    [[nodiscard]] std::uint32_t used() const noexcept { return used_; }
    /// Bytes touched.
    [[nodiscard]] std::size_t memory() const noexcept {
        return std::size_t{used_} * (sizeof(T) + sizeof(std::uint32_t));
    }

  private:
    static constexpr std::size_t first = 64;

    [[nodiscard]] std::size_t room() const noexcept { return (first << slab_count_) - first; }
    [[nodiscard]] T* address(std::uint32_t i) const noexcept {
        const std::size_t n = i + first;
        const auto slab = static_cast<unsigned>(std::bit_width(n)) - 7;
        return slabs_[slab] + (n - (first << slab));
    }

    std::array<T*, 27> slabs_{};
    unsigned slab_count_ = 0;
    std::uint32_t used_ = 0;
    std::vector<std::uint32_t> free_;
};

} // namespace leadfunnel::inline v0::detail
