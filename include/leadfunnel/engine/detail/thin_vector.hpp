// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A vector of the size of one pointer, for millions of leads. Not for users.

#include <leadfunnel/engine/detail/archive.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace leadfunnel::inline v0::detail {

/// Capacity for n elements: n + 25 %, rounded down.
[[nodiscard]] constexpr std::size_t thin_room(std::size_t n) noexcept { return n + n / 4; }

/// A vector of trivially copyable elements. An empty one is a null pointer; size and capacity stand
/// before the elements in their block. Indices and iterators are not checked.
template<class T>
class thin_vector {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 8);

  public:
    thin_vector() = default;
    thin_vector(const thin_vector& other) {
        if (other.empty()) return;
        reserve(other.size());
        std::memcpy(static_cast<void*>(data()), other.data(), other.size() * sizeof(T));
        block_->size = other.block_->size;
    }
    thin_vector(thin_vector&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    thin_vector& operator=(thin_vector other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~thin_vector() { ::operator delete(block_); }

    [[nodiscard]] std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] std::size_t capacity() const noexcept {
        return block_ == nullptr ? 0 : block_->capacity;
    }
    [[nodiscard]] T* data() noexcept { return block_ == nullptr ? nullptr : elements(block_); }
    [[nodiscard]] const T* data() const noexcept {
        return block_ == nullptr ? nullptr : elements(block_);
    }
    [[nodiscard]] T* begin() noexcept { return data(); }
    [[nodiscard]] T* end() noexcept { return data() + size(); }
    [[nodiscard]] const T* begin() const noexcept { return data(); }
    [[nodiscard]] const T* end() const noexcept { return data() + size(); }
    [[nodiscard]] T& operator[](std::size_t i) noexcept { return elements(block_)[i]; }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return elements(block_)[i]; }
    [[nodiscard]] T& back() noexcept { return (*this)[size() - 1]; }
    [[nodiscard]] const T& back() const noexcept { return (*this)[size() - 1]; }

    /// Makes room for exactly n elements. Throws std::bad_alloc, with nothing changed. O(size).
    void reserve(std::size_t n) {
        if (n <= capacity()) return;
        auto* fresh = static_cast<header*>(::operator new(sizeof(header) + n * sizeof(T)));
        *fresh = {static_cast<std::uint32_t>(size()), static_cast<std::uint32_t>(n)};
        if (!empty()) std::memcpy(static_cast<void*>(elements(fresh)), data(), size() * sizeof(T));
        ::operator delete(std::exchange(block_, fresh));
    }
    /// Makes room for `more` further elements, with 25 % to spare: amortised O(1) per element.
    void reserve_more(std::size_t more) {
        if (size() + more > capacity()) reserve(thin_room(size() + more));
    }
    void push_back(const T& x) {
        reserve_more(1);
        elements(block_)[block_->size++] = x;
    }
    /// Elements that are added are uninitialised.
    void resize(std::size_t n) {
        reserve(n);
        if (block_ != nullptr) block_->size = static_cast<std::uint32_t>(n);
    }
    void clear() noexcept {
        if (block_ != nullptr) block_->size = 0;
    }
    /// Inserts before the i-th element. `all` must not be part of this vector. O(elements behind
    /// i).
    void insert(std::size_t i, std::span<const T> all) {
        if (all.empty()) return;
        reserve_more(all.size());
        T* at = data() + i;
        std::memmove(static_cast<void*>(at + all.size()), at, (size() - i) * sizeof(T));
        std::memcpy(static_cast<void*>(at), all.data(), all.size() * sizeof(T));
        block_->size += static_cast<std::uint32_t>(all.size());
    }
    void insert(std::size_t i, const T& x) { insert(i, std::span{&x, 1}); }
    void erase(std::size_t i, std::size_t n = 1) noexcept {
        T* at = data() + i;
        std::memmove(static_cast<void*>(at), at + n, (size() - i - n) * sizeof(T));
        block_->size -= static_cast<std::uint32_t>(n);
    }
    void prefetch() const noexcept {
        if (block_ != nullptr) __builtin_prefetch(block_);
    }
    [[nodiscard]] std::size_t memory() const noexcept {
        return block_ == nullptr ? 0 : sizeof(header) + capacity() * sizeof(T);
    }

  private:
    struct header {
        std::uint32_t size;
        std::uint32_t capacity;
    };
    static T* elements(header* h) noexcept { return reinterpret_cast<T*>(h + 1); } // NOLINT
    header* block_ = nullptr;
};

template<class A, class T>
void archive(A& a, thin_vector<T>& v) {
    // Padding is not archived; it takes less than half of an element.
    const auto n = archive_count(a, v.size(), is_archived_whole<T> ? sizeof(T) : sizeof(T) / 2);
    if constexpr (A::reads) v.resize(n);
    if constexpr (is_archived_whole<T>) {
        static_assert(std::has_unique_object_representations_v<T>);
        a.raw(v.data(), n * sizeof(T));
    } else if constexpr (A::reads) {
        for (auto& x : v) {
            x = T{};
            archive(a, x);
        }
    } else {
        for (auto& x : v) archive(a, x);
    }
}

} // namespace leadfunnel::inline v0::detail
