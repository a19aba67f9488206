// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "failing_allocation.hpp"

#include <cstdlib>
#include <limits>

namespace {

constexpr std::size_t no_failure = std::numeric_limits<std::size_t>::max();
thread_local std::size_t made = 0;
thread_local std::size_t first_failing = no_failure;

void* allocate(std::size_t bytes, std::size_t alignment) {
    if (made >= first_failing) throw std::bad_alloc{};
    ++made;
    const std::size_t size = bytes == 0 ? 1 : bytes;
    void* p = alignment <= alignof(std::max_align_t)
                  ? std::malloc(size)
                  : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (p == nullptr) throw std::bad_alloc{};
    return p;
}

} // namespace

void failing::fail_from(std::size_t allocation) noexcept { first_failing = made + allocation; }
void failing::never() noexcept { first_failing = no_failure; }
std::size_t failing::allocations() noexcept { return made; }

void* operator new(std::size_t n) { return allocate(n, 0); }
void* operator new[](std::size_t n) { return allocate(n, 0); }
void* operator new(std::size_t n, std::align_val_t a) {
    return allocate(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a) {
    return allocate(n, static_cast<std::size_t>(a));
}
// The nothrow functions are replaced, too: the sanitizers' own would not match our `delete`.
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    return made >= first_failing ? nullptr : allocate(n, 0);
}
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
    return made >= first_failing ? nullptr : allocate(n, 0);
}
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
