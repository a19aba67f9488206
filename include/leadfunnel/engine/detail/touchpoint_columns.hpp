// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The touchpoints of a lead in columns. Not for users.

#include <leadfunnel/engine/detail/archive.hpp>
#include <leadfunnel/engine/detail/thin_vector.hpp>
#include <leadfunnel/history/records.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <utility>

namespace leadfunnel::inline v0::detail {

/// A lead's touchpoints as columns in one allocation: instants, then values if any touchpoint has
/// one, kinds, and sources if any has one. A touchpoint takes 12 bytes, 8 more with values, 4 more
/// with sources; the block takes 16. An empty one is a null pointer. Spans are valid until the next
/// change.
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
    /// By touchpoint; empty if no touchpoint has a value.
    [[nodiscard]] std::span<const stored_value> values() const noexcept {
        return !has(with_values) ? std::span<const stored_value>{}
                                 : std::span<const stored_value>{values(*block_), block_->size};
    }
    [[nodiscard]] std::span<const std::uint32_t> sources() const noexcept {
        return !has(with_sources) ? std::span<const std::uint32_t>{}
                                  : std::span<const std::uint32_t>{sources(*block_), block_->size};
    }

    /// Inserts before the i-th touchpoint. Precondition: instants stay in order. Throws
    /// std::bad_alloc, with nothing changed. O(touchpoints behind i).
    void insert(std::size_t i, instant at, std::uint32_t kind, stored_value value,
                std::uint32_t source) {
        const bool values = has(with_values) || value != no_value;
        const bool sources = has(with_sources) || source != 0;
        if (block_ == nullptr || block_->size == block_->capacity || values != has(with_values) ||
            sources != has(with_sources))
            grow(thin_room(size() + 1), values, sources);
        auto& b = *block_;
        // In the column of instants, those equal to `at` need not move.
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
    /// Fills an empty object from columns, of which `sources` may be empty. `kind_of` and
    /// `source_of` map the numbers of kinds and sources. O(touchpoints).
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
    /// Makes room for exactly n touchpoints, and for the optional columns asked for.
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
        // A byte of flags, a count, then each column.
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
    // Columns of eight bytes come first, so that all are aligned.
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
