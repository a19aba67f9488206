// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Vectors for millions of leads: small when they are empty, exact when they are small. Not for
/// users.

#include <leadfunnel/engine/detail/archive.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace leadfunnel::inline v0::detail {

/// How many entries to make room for where n are needed: a quarter more than that, but few of few.
[[nodiscard]] constexpr std::size_t thin_room(std::size_t n) noexcept { return n + n / 4; }

/// A vector of plain things that is one pointer; count and capacity stand before the elements.
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

    /// Room for n, exactly. Throws std::bad_alloc, nothing having changed.
    void reserve(std::size_t n) {
        if (n <= capacity()) return;
        auto* fresh = static_cast<header*>(::operator new(sizeof(header) + n * sizeof(T)));
        *fresh = {static_cast<std::uint32_t>(size()), static_cast<std::uint32_t>(n)};
        if (!empty()) std::memcpy(static_cast<void*>(elements(fresh)), data(), size() * sizeof(T));
        ::operator delete(std::exchange(block_, fresh));
    }
    /// Room for some more, a little ahead.
    void reserve_more(std::size_t more) {
        if (size() + more > capacity()) reserve(thin_room(size() + more));
    }
    void push_back(const T& x) {
        reserve_more(1);
        elements(block_)[block_->size++] = x;
    }
    /// Elements that come anew have no value yet.
    void resize(std::size_t n) {
        reserve(n);
        if (block_ != nullptr) block_->size = static_cast<std::uint32_t>(n);
    }
    void clear() noexcept {
        if (block_ != nullptr) block_->size = 0;
    }
    /// Before the i-th.
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
    // Where there is padding, at least half is none.
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

/// A lead's touchpoints as columns in one allocation: instants, then values if any touchpoint has
/// one, kinds, and sources if any has one. 12 bytes a touchpoint, 8 more with values, 4 with
/// sources; 16 for the block.
class touchpoint_columns {
  public:
    touchpoint_columns() = default;
    touchpoint_columns(const touchpoint_columns& other) {
        if (other.empty()) return;
        grow(other.size(), other.has(with_values), other.has(with_sources));
        copy(*other.block_, *block_);
    }
    touchpoint_columns(touchpoint_columns&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)) {}
    touchpoint_columns& operator=(touchpoint_columns other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~touchpoint_columns() { ::operator delete(block_); }

    [[nodiscard]] std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] std::span<const instant> at() const noexcept {
        return block_ == nullptr ? std::span<const instant>{}
                                 : std::span<const instant>{instants(*block_), block_->size};
    }
    [[nodiscard]] std::span<const std::uint32_t> kinds() const noexcept {
        return block_ == nullptr ? std::span<const std::uint32_t>{}
                                 : std::span<const std::uint32_t>{kinds(*block_), block_->size};
    }
    /// Empty if no touchpoint has one.
    [[nodiscard]] std::span<const stored_value> values() const noexcept {
        return !has(with_values) ? std::span<const stored_value>{}
                                 : std::span<const stored_value>{values(*block_), block_->size};
    }
    [[nodiscard]] std::span<const std::uint32_t> sources() const noexcept {
        return !has(with_sources) ? std::span<const std::uint32_t>{}
                                  : std::span<const std::uint32_t>{sources(*block_), block_->size};
    }

    /// Before the i-th, which is not earlier, as none behind it is. Throws std::bad_alloc, nothing
    /// having changed. O(touchpoints behind it).
    void insert(std::size_t i, instant at, std::uint32_t kind, stored_value value,
                std::uint32_t source) {
        const bool values = has(with_values) || value != no_value;
        const bool sources = has(with_sources) || source != 0;
        if (block_ == nullptr || block_->size == block_->capacity || values != has(with_values) ||
            sources != has(with_sources))
            grow(thin_room(size() + 1), values, sources);
        auto& b = *block_;
        // Those of its own instant need not move in that column.
        const auto* const all = instants(b);
        const auto* const later = std::upper_bound(all + i, all + b.size, at);
        put(instants(b), static_cast<std::size_t>(later - all), at);
        put(kinds(b), i, kind);
        if (values) put(touchpoint_columns::values(b), i, value);
        if (sources) put(touchpoint_columns::sources(b), i, source);
        ++b.size;
    }
    void erase(std::size_t i) noexcept {
        auto& b = *block_;
        take(instants(b), i);
        take(kinds(b), i);
        if (has(with_values)) take(values(b), i);
        if (has(with_sources)) take(sources(b), i);
        --b.size;
    }
    /// Copies columns into what is empty; `sources` may be empty. Kinds and sources are what the
    /// functions make of them.
    template<class KindOf, class SourceOf>
    void take(const touchpoint_span& all, std::span<const std::uint32_t> sources,
              const KindOf& kind_of, const SourceOf& source_of) {
        const std::size_t n = all.size();
        if (n == 0) return;
        const auto is_there = [](const auto& column, auto nothing) {
            return std::any_of(column.begin(), column.end(),
                               [&](const auto& x) { return x != nothing; });
        };
        grow(n, is_there(all.value, no_value), is_there(sources, std::uint32_t{0}));
        auto& b = *block_;
        std::memcpy(static_cast<void*>(instants(b)), all.at.data(), n * sizeof(instant));
        std::transform(all.kind.begin(), all.kind.end(), kinds(b), kind_of);
        if (has(with_values)) std::memcpy(values(b), all.value.data(), n * sizeof(stored_value));
        if (has(with_sources))
            std::transform(sources.begin(), sources.end(), touchpoint_columns::sources(b),
                           source_of);
        b.size = static_cast<std::uint32_t>(n);
    }
    /// Room for n, exactly.
    void reserve(std::size_t n, bool values, bool sources) {
        values = values || has(with_values);
        sources = sources || has(with_sources);
        if (n > capacity() || values != has(with_values) || sources != has(with_sources))
            grow(std::max(n, size()), values, sources);
    }

    void prefetch() const noexcept {
        if (block_ == nullptr) return;
        const char* p = reinterpret_cast<const char*>(block_); // NOLINT: cache lines
        for (std::size_t n = 0; n < 256; n += 64) __builtin_prefetch(p + n, 1);
    }
    [[nodiscard]] std::size_t memory() const noexcept {
        return block_ == nullptr
                   ? 0
                   : sizeof(header) + block_->capacity * bytes(has(with_values), has(with_sources));
    }

    template<class A>
    friend void archive(A& a, touchpoint_columns& c) {
        // A flag byte, a count, then each column.
        std::uint8_t flags = c.empty() ? 0 : static_cast<std::uint8_t>(c.block_->flags);
        archive(a, flags);
        if constexpr (A::reads)
            if (flags > (with_values | with_sources)) A::refuse();
        const bool values = (flags & with_values) != 0;
        const bool sources = (flags & with_sources) != 0;
        const auto n = archive_count(a, c.size(), bytes(values, sources));
        if constexpr (A::reads) {
            if (n == 0) return;
            c.grow(n, values, sources);
            c.block_->size = static_cast<std::uint32_t>(n);
        } else if (n == 0) {
            return;
        }
        auto& b = *c.block_;
        a.raw(instants(b), n * sizeof(instant));
        a.raw(kinds(b), n * sizeof(std::uint32_t));
        if (values) a.raw(touchpoint_columns::values(b), n * sizeof(stored_value));
        if (sources) a.raw(touchpoint_columns::sources(b), n * sizeof(std::uint32_t));
    }

  private:
    static constexpr std::uint32_t with_values = 1;
    static constexpr std::uint32_t with_sources = 2;
    struct header {
        std::uint32_t size = 0;
        std::uint32_t capacity = 0;
        std::uint32_t flags = 0;
        std::uint32_t unused = 0;
    };

    [[nodiscard]] bool has(std::uint32_t flag) const noexcept {
        return block_ != nullptr && (block_->flags & flag) != 0;
    }
    [[nodiscard]] std::size_t capacity() const noexcept {
        return block_ == nullptr ? 0 : block_->capacity;
    }
    static constexpr std::size_t bytes(bool values, bool sources) noexcept {
        return sizeof(instant) + sizeof(std::uint32_t) + (values ? sizeof(stored_value) : 0) +
               (sources ? sizeof(std::uint32_t) : 0);
    }
    // Eight-byte columns come first, so that all are aligned.
    static instant* instants(header& b) noexcept {
        return reinterpret_cast<instant*>(&b + 1); // NOLINT: columns of one block
    }
    static stored_value* values(header& b) noexcept {
        return reinterpret_cast<stored_value*>(instants(b) + b.capacity); // NOLINT: likewise
    }
    static std::uint32_t* kinds(header& b) noexcept {
        const std::size_t wide = (b.flags & with_values) != 0 ? 2 : 1;
        return reinterpret_cast<std::uint32_t*>(instants(b) + b.capacity * wide); // NOLINT
    }
    static std::uint32_t* sources(header& b) noexcept { return kinds(b) + b.capacity; }

    template<class T>
    void put(T* column, std::size_t i, const T& x) noexcept {
        std::memmove(static_cast<void*>(column + i + 1), column + i,
                     (block_->size - i) * sizeof(T));
        column[i] = x;
    }
    template<class T>
    void take(T* column, std::size_t i) noexcept {
        std::memmove(static_cast<void*>(column + i), column + i + 1,
                     (block_->size - i - 1) * sizeof(T));
    }
    static void copy(header& from, header& to) noexcept {
        const std::size_t n = from.size;
        to.size = from.size;
        std::memcpy(static_cast<void*>(instants(to)), instants(from), n * sizeof(instant));
        std::memcpy(kinds(to), kinds(from), n * sizeof(std::uint32_t));
        if ((to.flags & with_values) != 0) {
            if ((from.flags & with_values) != 0)
                std::memcpy(values(to), values(from), n * sizeof(stored_value));
            else
                std::fill_n(values(to), n, no_value);
        }
        if ((to.flags & with_sources) != 0) {
            if ((from.flags & with_sources) != 0)
                std::memcpy(sources(to), sources(from), n * sizeof(std::uint32_t));
            else
                std::fill_n(sources(to), n, std::uint32_t{0});
        }
    }
    void grow(std::size_t n, bool values, bool sources) {
        auto* fresh =
            static_cast<header*>(::operator new(sizeof(header) + n * bytes(values, sources)));
        *fresh = {0, static_cast<std::uint32_t>(n),
                  (values ? with_values : 0) | (sources ? with_sources : 0), 0};
        if (block_ != nullptr) copy(*block_, *fresh);
        ::operator delete(std::exchange(block_, fresh));
    }

    header* block_ = nullptr;
};

} // namespace leadfunnel::inline v0::detail
