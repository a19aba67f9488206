// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Arrays with an entry for each lead that grow without moving their entries. Not for users.

#include <leadfunnel/core/detail/huge_array.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace leadfunnel::inline v0::detail {

/// The place of entry i: slab k has 64 · 2ᵏ entries.
struct slab_place {
    static constexpr std::size_t first = 64;
    static constexpr std::size_t most = 32;
    unsigned slab = 0;
    std::size_t offset = 0;

    explicit slab_place(std::size_t i) noexcept {
        const std::size_t n = i + first;
        slab = static_cast<unsigned>(std::bit_width(n)) - 7;
        offset = n - (first << slab);
    }
    /// The number of entries in the first `slabs` slabs.
    [[nodiscard]] static std::size_t room(unsigned slabs) noexcept {
        return (first << slabs) - first;
    }
};

/// A vector that grows by adding slabs: entries never move, and growing never needs memory for two
/// copies. Only `reserve` and `resize` allocate.
template<class T>
class slab_vector {
  public:
    slab_vector() = default;
    slab_vector(const slab_vector&) = delete;
    slab_vector& operator=(const slab_vector&) = delete;
    ~slab_vector() {
        while (size_ > 0) pop_back();
        for (unsigned k = 0; k < count_; ++k)
            huge_allocator<T>{}.deallocate(slabs_[k], slab_place::first << k);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t capacity() const noexcept { return slab_place::room(count_); }
    [[nodiscard]] T& operator[](std::size_t i) noexcept { return *address(i); }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return *address(i); }

    /// Makes room for n entries. Throws std::bad_alloc with nothing changed.
    void reserve(std::size_t n) {
        while (capacity() < n) {
            slabs_[count_] = huge_allocator<T>{}.allocate(slab_place::first << count_);
            ++count_;
        }
    }
    /// Precondition: there is room.
    T& push_back(T&& x) noexcept {
        T* p = ::new (static_cast<void*>(address(size_))) T(std::move(x));
        ++size_;
        return *p;
    }
    void pop_back() noexcept { std::destroy_at(address(--size_)); }
    void resize(std::size_t n) {
        reserve(n);
        while (size_ > n) pop_back();
        while (size_ < n) push_back(T{});
    }

    template<class Vector, class Value>
    struct iterator_of {
        Vector* v;
        std::size_t i;
        Value& operator*() const noexcept { return (*v)[i]; }
        iterator_of& operator++() noexcept {
            ++i;
            return *this;
        }
        friend bool operator!=(const iterator_of& a, const iterator_of& b) noexcept {
            return a.i != b.i;
        }
    };
    [[nodiscard]] auto begin() noexcept { return iterator_of<slab_vector, T>{this, 0}; }
    [[nodiscard]] auto end() noexcept { return iterator_of<slab_vector, T>{this, size_}; }
    [[nodiscard]] auto begin() const noexcept {
        return iterator_of<const slab_vector, const T>{this, 0};
    }
    [[nodiscard]] auto end() const noexcept {
        return iterator_of<const slab_vector, const T>{this, size_};
    }

    void prefetch(std::size_t i) const noexcept {
        const char* p = reinterpret_cast<const char*>(address(i)); // NOLINT: cache lines
        for (std::size_t b = 0; b < sizeof(T); b += 64) __builtin_prefetch(p + b, 1);
    }

  private:
    [[nodiscard]] T* address(std::size_t i) const noexcept {
        const slab_place p{i};
        return slabs_[p.slab] + p.offset;
    }

    std::array<T*, slab_place::most> slabs_{};
    unsigned count_ = 0;
    std::size_t size_ = 0;
};

} // namespace leadfunnel::inline v0::detail
