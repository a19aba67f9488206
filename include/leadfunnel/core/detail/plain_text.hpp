// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A fast check that accepts most texts: they are ASCII. Not for users.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace leadfunnel::inline v0::detail {

/// Whether every byte is an ASCII character other than NUL. O(size).
[[nodiscard]] inline bool is_simple(std::string_view s) noexcept {
    constexpr std::uint64_t high = 0x8080'8080'8080'8080U;
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101U;
    const char* const p = s.data();
    const std::size_t n = s.size();
    const auto load = [&](std::size_t at, std::size_t bytes) {
        std::uint64_t word = 0;
        std::memcpy(&word, p + at, bytes);
        return word;
    };
    const auto odd = [](std::uint64_t word) { return word | ((word - ones) & ~word); };
    if (n >= 8) {
        std::uint64_t found = odd(load(n - 8, 8)); // may overlap the last word below
        for (std::size_t i = 0; i + 8 < n; i += 8) found |= odd(load(i, 8));
        return (found & high) == 0;
    }
    if (n >= 4) return (odd(load(0, 4) | load(n - 4, 4) << 32U) & high) == 0;
    for (const char c : s)
        if (static_cast<signed char>(c) <= 0) return false;
    return true;
}

} // namespace leadfunnel::inline v0::detail
