// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Memory for large arrays that are read at random. Not for users.

#include <leadfunnel/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace leadfunnel::inline v0::detail {

/// Allocates by `operator new`. On Linux, blocks of at least a huge page (2 MiB) are aligned to one
/// and the system is asked for huge pages: with pages of 4 KiB, most random reads of a large array
/// also miss the TLB. Elsewhere, and where the system refuses, the memory is the same but slower.
template<class T>
struct huge_allocator {
    using value_type = T;
    static constexpr std::size_t huge_page = std::size_t{2} << 20;

    huge_allocator() = default;
    template<class U>
    huge_allocator(const huge_allocator<U>&) noexcept {} // NOLINT: allocators convert

    [[nodiscard]] T* allocate(std::size_t n) {
        if (n > std::numeric_limits<std::size_t>::max() / sizeof(T))
            throw std::bad_array_new_length{};
        const std::size_t bytes = n * sizeof(T);
        void* p = ::operator new(bytes, alignment(bytes));
#if defined(__linux__)
        if (bytes >= huge_page) ::madvise(p, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
        return static_cast<T*>(p);
    }
    void deallocate(T* p, std::size_t n) noexcept {
        ::operator delete(p, alignment(n * sizeof(T)));
    }

    friend bool operator==(const huge_allocator&, const huge_allocator&) noexcept { return true; }

  private:
    static std::align_val_t alignment(std::size_t bytes) noexcept {
        return std::align_val_t{bytes >= huge_page ? huge_page
                                : alignof(T) > 64  ? alignof(T)
                                                   : std::size_t{64}};
    }
};

/// Returns the whole pages within an array to the system. The memory stays allocated; its contents
/// are lost and must not be read again.
template<class T>
void give_back_pages([[maybe_unused]] T* first, [[maybe_unused]] std::size_t n) noexcept {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
#if defined(__linux__)
    static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = (reinterpret_cast<std::uintptr_t>(first) + page - 1) / page * page;
    const auto end = reinterpret_cast<std::uintptr_t>(first + n) / page * page;
    if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
#endif
}

/// A vector for arrays with one entry for each lead.
template<class T>
using huge_vector = std::vector<T, huge_allocator<T>>;

/// Like `huge_allocator`, but entries stay uninitialised until they are written: an array that is
/// filled at once need not be zeroed first.
template<class T>
struct unset_allocator : huge_allocator<T> {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    template<class U>
    struct rebind {
        using other = unset_allocator<U>;
    };

    unset_allocator() = default;
    template<class U>
    unset_allocator(const unset_allocator<U>&) noexcept {} // NOLINT: allocators convert

    template<class U>
    void construct(U*) noexcept {}
    template<class U, class First, class... Rest>
    void construct(U* p, First&& first, Rest&&... rest) {
        ::new (static_cast<void*>(p)) U(std::forward<First>(first), std::forward<Rest>(rest)...);
    }
};

/// A vector whose `resize` leaves new entries uninitialised.
template<class T>
using unset_vector = std::vector<T, unset_allocator<T>>;

} // namespace leadfunnel::inline v0::detail
