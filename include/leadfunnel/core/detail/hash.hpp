// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Hashes of everything that outsiders choose: ids, texts, values, numbers. Not for users.
///
/// Whoever knows a table's hash function can choose keys that collide, and each look-up then costs
/// O(size of the table). So tables hash by SipHash-1-3 under a key that each process draws at
/// random: keys that collide under one key scatter under another. Hashes are never stored or sent,
/// and no result or order depends on them.
///
/// Tables of numbers that we hand out ourselves, counting up, need no key: among N such numbers no
/// choice makes more than about √N collide.

#include <leadfunnel/core/config.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0::detail {

struct LEADFUNNEL_TYPE hash_key {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
};

/// The key of tables that are constructed from now on; each table keeps its own copy. It is drawn
/// from the system's random numbers at the first call, which throws std::system_error if there are
/// none. Tests assign it; that is not thread-safe.
[[nodiscard]] LEADFUNNEL_DECL hash_key& process_hash_key();

/// SipHash with `c` rounds for each word of eight bytes and `d` at the end (Aumasson and Bernstein,
/// "SipHash: a fast short-input PRF", 2012).
template<int c, int d>
class sip_hash {
  public:
    explicit constexpr sip_hash(hash_key k) noexcept
        : v0_(k.a ^ 0x736f'6d65'7073'6575U), v1_(k.b ^ 0x646f'7261'6e64'6f6dU),
          v2_(k.a ^ 0x6c79'6765'6e65'7261U), v3_(k.b ^ 0x7465'6462'7974'6573U) {}

    template<std::integral Number>
    constexpr void add(Number number) noexcept {
        const auto word = static_cast<std::uint64_t>(number);
        v3_ ^= word;
        rounds(c);
        v0_ ^= word;
    }
    /// Adds one text of several. Its length comes first, so that different lists of texts are
    /// different messages.
    void add(std::string_view s) noexcept {
        add(s.size());
        add_words(s);
        if (s.size() % 8 != 0) add(rest_of(s));
    }
    [[nodiscard]] constexpr std::uint64_t finish() noexcept {
        v2_ ^= 0xffU;
        rounds(d);
        return v0_ ^ v1_ ^ v2_ ^ v3_;
    }
    /// The hash of one text, as specified: the bytes after the last whole word share a word with
    /// the length.
    [[nodiscard]] std::uint64_t finish(std::string_view s) noexcept {
        add_words(s);
        add(rest_of(s) | std::uint64_t{s.size()} << 56U);
        return finish();
    }

  private:
    [[nodiscard]] static std::uint64_t load(std::string_view s, std::size_t at,
                                            std::size_t bytes) noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, s.data() + at, bytes);
        if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
        return word;
    }
    void add_words(std::string_view s) noexcept {
        for (std::size_t i = 0; i + 8 <= s.size(); i += 8) add(load(s, i, 8));
    }
    /// The last size modulo 8 bytes, read by overlapping loads instead of a loop.
    [[nodiscard]] static std::uint64_t rest_of(std::string_view s) noexcept {
        const std::size_t n = s.size();
        if (n % 8 == 0) return 0;
        if (n > 8) return load(s, n - 8, 8) >> (8 * (8 - n % 8));
        if (n >= 4) return load(s, 0, 4) | load(s, n - 4, 4) << (8 * (n - 4));
        return load(s, 0, 1) | load(s, n / 2, 1) << (8 * (n / 2)) |
               load(s, n - 1, 1) << (8 * (n - 1));
    }
    constexpr void rounds(int n) noexcept {
        for (int i = 0; i < n; ++i) {
            v0_ += v1_;
            v2_ += v3_;
            v1_ = std::rotl(v1_, 13) ^ v0_;
            v3_ = std::rotl(v3_, 16) ^ v2_;
            v0_ = std::rotl(v0_, 32) + v3_;
            v2_ += v1_;
            v1_ = std::rotl(v1_, 17) ^ v2_;
            v3_ = std::rotl(v3_, 21) ^ v0_;
            v2_ = std::rotl(v2_, 32);
        }
    }

    std::uint64_t v0_;
    std::uint64_t v1_;
    std::uint64_t v2_;
    std::uint64_t v3_;
};

using keyed_hash = sip_hash<1, 3>;

/// FNV-1a with 64 bits: a hash without a key, the same in every process and version. It is for
/// values that are stored or shared between processes: snapshots and shards depend on its results.
/// Never for tables. O(size).
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view bytes) noexcept {
    std::uint64_t h = 0xcbf2'9ce4'8422'2325U;
    for (const char c : bytes) {
        h ^= static_cast<unsigned char>(c);
        h *= 0x100'0000'01b3U;
    }
    return h;
}

/// The hash function of a table of texts.
class LEADFUNNEL_TYPE text_hash {
  public:
    using is_transparent = void;
    using is_avalanching = void; ///< tells Boost that the bits need no more mixing

    text_hash() : text_hash(process_hash_key()) {}
    explicit text_hash(hash_key k) noexcept : key_(k) {}

    std::size_t operator()(std::string_view s) const noexcept {
        return static_cast<std::size_t>(keyed_hash(key_).finish(s));
    }

  private:
    hash_key key_;
};

/// The hash function of a table of numbers.
class number_hash {
  public:
    using is_avalanching = void;

    number_hash() : number_hash(process_hash_key()) {}
    explicit number_hash(hash_key k) noexcept : key_(k) {}

    std::size_t operator()(std::uint64_t n) const noexcept {
        keyed_hash h(key_);
        h.add(n);
        return static_cast<std::size_t>(h.finish());
    }
    std::size_t operator()(double n) const noexcept {
        return (*this)(std::bit_cast<std::uint64_t>(n == 0 ? 0.0 : n)); // −0 equals 0
    }

  private:
    hash_key key_;
};

template<class T>
using text_map = boost::unordered_flat_map<std::string, T, text_hash, std::equal_to<>>;
template<class T>
using number_map = boost::unordered_flat_map<std::uint64_t, T, number_hash>;

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/hash.ipp>
#endif
