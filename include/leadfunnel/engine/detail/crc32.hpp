// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// CRC-32, that of zip and PNG: a checksum must not cost more than the disk. Not for users.

#include <leadfunnel/core/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define LEADFUNNEL_HAS_CLMUL_PATH
#include <immintrin.h>
#endif

namespace leadfunnel::inline v0::detail {

/// Row k: the CRC of a byte with k zero bytes behind it.
using crc_tables = std::array<std::array<std::uint32_t, 256>, 16>;
[[nodiscard]] constexpr crc_tables make_crc_tables() noexcept {
    crc_tables t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0xedb88320U : 0U);
        t[0][i] = c;
    }
    for (std::size_t k = 1; k < t.size(); ++k)
        for (std::size_t i = 0; i < 256; ++i)
            t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 0xff];
    return t;
}
inline constexpr crc_tables crc_table = make_crc_tables();

/// By tables, 16 bytes at a time. `c` is the remainder so far, and so is the answer.
[[nodiscard]] inline std::uint32_t crc_by_table(std::uint32_t c, std::string_view s) noexcept {
    const auto byte = [](std::uint32_t word, int n) { return (word >> (8 * n)) & 0xff; };
    while (s.size() >= 16) {
        std::array<std::uint32_t, 4> w{};
        std::memcpy(w.data(), s.data(), 16);
        w[0] ^= c;
        c = 0;
        for (std::size_t k = 0; k < 4; ++k)
            for (int n = 0; n < 4; ++n)
                c ^= crc_table[15 - 4 * k - static_cast<std::size_t>(n)][byte(w[k], n)];
        s.remove_prefix(16);
    }
    for (const char b : s) c = (c >> 8) ^ crc_table[0][(c ^ static_cast<unsigned char>(b)) & 0xff];
    return c;
}

#if defined(LEADFUNNEL_HAS_CLMUL_PATH)

/// x^n modulo the polynomial, bits reversed as all of it is here, and shifted by one as a product
/// of reversed factors comes out.
[[nodiscard]] constexpr std::int64_t crc_power(unsigned n) noexcept {
    std::uint32_t c = 0x80000000U; // 1
    for (; n > 0; --n) c = (c >> 1) ^ ((c & 1) != 0 ? 0xedb88320U : 0U);
    return static_cast<std::int64_t>(std::uint64_t{c} << 1);
}

/// By multiplication without carries, 64 bytes at a time in four accumulators. What an accumulator
/// holds is multiplied by the power of x by which it is moved on: modulo the polynomial nothing
/// changes. 16 bytes that leave the same remainder as all of `s` (a multiple of 64 bytes, not
/// empty) go into `rest`.
__attribute__((target("pclmul"))) inline void crc_by_product(std::uint32_t c, std::string_view s,
                                                             std::array<char, 16>& rest) noexcept {
    const auto load = [](const char* p) __attribute__((target("pclmul"), always_inline)) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); // NOLINT: bytes
    };
    // An accumulator's low half is 64 bits further from the end than its high half.
    const auto moved = [](__m128i x, __m128i by) __attribute__((target("pclmul"), always_inline)) {
        return _mm_xor_si128(_mm_clmulepi64_si128(x, by, 0x00), _mm_clmulepi64_si128(x, by, 0x11));
    };
    constexpr std::array high{crc_power(512 - 32), crc_power(128 - 32)};
    constexpr std::array low{crc_power(512 + 32), crc_power(128 + 32)};
    const __m128i by_64 = _mm_set_epi64x(high[0], low[0]);
    const __m128i by_16 = _mm_set_epi64x(high[1], low[1]);
    const char* p = s.data();
    __m128i a = _mm_xor_si128(load(p), _mm_cvtsi32_si128(static_cast<int>(c)));
    __m128i b = load(p + 16);
    __m128i d = load(p + 32);
    __m128i e = load(p + 48);
    for (std::size_t n = s.size() - 64; n > 0; n -= 64) {
        p += 64;
        a = _mm_xor_si128(moved(a, by_64), load(p));
        b = _mm_xor_si128(moved(b, by_64), load(p + 16));
        d = _mm_xor_si128(moved(d, by_64), load(p + 32));
        e = _mm_xor_si128(moved(e, by_64), load(p + 48));
    }
    a = _mm_xor_si128(moved(a, by_16), b);
    a = _mm_xor_si128(moved(a, by_16), d);
    a = _mm_xor_si128(moved(a, by_16), e);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(rest.data()), a); // NOLINT: bytes
}

#endif

/// `before` is that of what comes before.
[[nodiscard]] inline std::uint32_t crc32(std::string_view s, std::uint32_t before = 0) noexcept {
    std::uint32_t c = ~before;
#if defined(LEADFUNNEL_HAS_CLMUL_PATH)
    if (s.size() >= 64 && __builtin_cpu_supports("pclmul") != 0) {
        std::array<char, 16> rest{};
        const std::size_t whole = s.size() / 64 * 64;
        crc_by_product(c, s.substr(0, whole), rest);
        c = crc_by_table(0, {rest.data(), rest.size()});
        s.remove_prefix(whole);
    }
#endif
    return ~crc_by_table(c, s);
}

} // namespace leadfunnel::inline v0::detail
