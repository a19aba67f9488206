// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The keyed hash: test vectors, and resistance to keys that are chosen to collide. Such keys are
// crafted against hashes without a key, and against one key of ours.

#include "catch.hpp"

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/hash_index.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/history/detail/text_table.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace lf = leadfunnel;
using lf::detail::hash_key;
using lf::detail::number_hash;
using lf::detail::sip_hash;
using lf::detail::text_hash;

constexpr std::size_t crowd = 40'000;
constexpr hash_key key_a{0x0706'0504'0302'0100U, 0x0f0e'0d0c'0b0a'0908U};
constexpr hash_key key_b{1, 2};

/// SipHash byte by byte, as in its specification.
std::uint64_t plain_sip(int c, int d, hash_key k, std::string_view s) {
    std::array<std::uint64_t, 4> v{k.a ^ 0x736f6d6570736575U, k.b ^ 0x646f72616e646f6dU,
                                   k.a ^ 0x6c7967656e657261U, k.b ^ 0x7465646279746573U};
    const auto rotate = [](std::uint64_t x, int by) { return x << by | x >> (64 - by); };
    const auto rounds = [&](int n) {
        for (; n > 0; --n) {
            v[0] += v[1], v[1] = rotate(v[1], 13), v[1] ^= v[0], v[0] = rotate(v[0], 32);
            v[2] += v[3], v[3] = rotate(v[3], 16), v[3] ^= v[2];
            v[0] += v[3], v[3] = rotate(v[3], 21), v[3] ^= v[0];
            v[2] += v[1], v[1] = rotate(v[1], 17), v[1] ^= v[2], v[2] = rotate(v[2], 32);
        }
    };
    std::string padded(s);
    while (padded.size() % 8 != 7) padded += '\0';
    padded += static_cast<char>(s.size() % 256);
    for (std::size_t i = 0; i < padded.size(); i += 8) {
        std::uint64_t word = 0;
        for (std::size_t b = 8; b-- > 0;)
            word = word << 8 | static_cast<unsigned char>(padded[i + b]);
        v[3] ^= word;
        rounds(c);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    rounds(d);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

std::string bytes_of(std::initializer_list<std::uint64_t> words) {
    std::string out;
    for (const auto w : words) out.append(reinterpret_cast<const char*>(&w), 8);
    return out;
}
bool is_ascii(std::uint64_t word) {
    for (int i = 0; i < 8; ++i, word >>= 8)
        if ((word & 0xff) < 0x20 || (word & 0xff) > 0x7e) return false;
    return true;
}
/// Eight letters that encode a number.
std::uint64_t letters(std::uint64_t n) {
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i, n >>= 4) word = word << 8 | ('a' + (n & 15));
    return word;
}

// ---- Three hashes without a key, and texts of 24 letters that collide under each: the middle word
// is chosen so that it cancels the first one.

namespace multiplied {
constexpr std::uint64_t odd = 0xa0761d6478bd642fU;
constexpr std::uint64_t other = 0xe7037ed1a0b428dbU;
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using product = unsigned __int128;
    const product p = static_cast<product>(a) * b;
    return static_cast<std::uint64_t>(p) ^ static_cast<std::uint64_t>(p >> 64U);
}
std::uint64_t hash(std::string_view s) {
    std::array<std::uint64_t, 3> w{};
    std::memcpy(w.data(), s.data(), 24);
    std::uint64_t h = 24 * other;
    for (const auto word : w) h = mix(h ^ word, odd);
    return mix(h ^ other, odd);
}
std::uint64_t middle(std::uint64_t first) { return mix((24 * other) ^ first, odd); }
} // namespace multiplied

namespace shifted {
constexpr std::uint64_t k = 0xD6E8FEB86659FD93U;
constexpr std::uint64_t m = 0x9E3779B97F4A7C15U;
constexpr std::uint64_t inverse(std::uint64_t odd) {
    std::uint64_t x = odd;
    for (int i = 0; i < 6; ++i) x *= 2 - odd * x;
    return x;
}
std::uint64_t mixed(std::uint64_t h) {
    h ^= h >> 32;
    h *= m;
    h ^= h >> 29;
    return h;
}
std::uint64_t unmixed(std::uint64_t h) {
    h ^= h >> 29 ^ h >> 58;
    h *= inverse(m);
    h ^= h >> 32;
    return h;
}
std::uint64_t hash(std::string_view s) {
    std::array<std::uint64_t, 3> w{};
    std::memcpy(w.data(), s.data(), 24);
    std::uint64_t h = 24 * k;
    for (int i = 0; i < 2; ++i) h = (h ^ mixed(w[static_cast<std::size_t>(i)])) * k;
    return mixed((h ^ mixed(w[2])) * k);
}
std::uint64_t middle(std::uint64_t first) { return unmixed(((24 * k) ^ mixed(first)) * k); }
} // namespace shifted

namespace murmur { // std::hash of libstdc++
constexpr std::uint64_t m = 0xc6a4a7935bd1e995U;
std::uint64_t block(std::uint64_t w) {
    w *= m;
    w ^= w >> 47;
    return w * m;
}
std::uint64_t hash(std::string_view s) {
    std::array<std::uint64_t, 3> w{};
    std::memcpy(w.data(), s.data(), 24);
    std::uint64_t h = 0xc70f6907U ^ 24 * m;
    for (const auto word : w) h = (h ^ block(word)) * m;
    h ^= h >> 47;
    h *= m;
    return h ^ h >> 47;
}
std::uint64_t middle(std::uint64_t first) {
    std::uint64_t w = ((0xc70f6907U ^ 24 * m) ^ block(first)) * m; // block(middle) must be this
    w *= shifted::inverse(m);
    w ^= w >> 47;
    return w * shifted::inverse(m);
}
} // namespace murmur

template<class Middle>
std::vector<std::string> craft(const Middle& middle, std::size_t n = crowd) {
    std::vector<std::string> out;
    for (std::uint64_t i = 0; out.size() < n; ++i)
        if (const auto w = middle(letters(i)); is_ascii(w))
            out.push_back(bytes_of({letters(i), w, letters(7)}));
    return out;
}

/// The greatest number of keys in one of n places, where n is the number of keys or up to twice
/// that.
template<class Keys, class Hash>
std::size_t most_in_one_place(const Keys& keys, const Hash& hash, int shift) {
    const std::size_t places = std::bit_ceil(keys.size());
    std::vector<std::size_t> here(places);
    for (const auto& k : keys) ++here[(hash(k) >> shift) % places];
    return *std::max_element(here.begin(), here.end());
}

template<class Keys, class Hash>
void require_scattered(const Keys& keys, const Hash& hash) {
    // Tables use the low bits or the high ones. With random hashes, more than 12 keys in one place
    // happen once in some thousand cases; the keys are fixed, so every run is the same.
    for (const int shift : {0, 32, 47}) CHECK(most_in_one_place(keys, hash, shift) <= 12);
    std::set<std::uint64_t> all;
    for (const auto& k : keys) all.insert(hash(k));
    CHECK(all.size() == keys.size());
}

TEST_CASE("the hash is SipHash as specified", "[hash]") {
    std::string s;
    for (int i = 0; i < 15; ++i) s += static_cast<char>(i);
    sip_hash<2, 4> paper(key_a);
    CHECK(paper.finish(s) == 0xa129ca6149be45e5U); // the example in the paper
    s.clear();
    for (int i = 0; i < 600; ++i) {
        CAPTURE(i);
        sip_hash<2, 4> whole(key_b);
        REQUIRE(whole.finish(s) == plain_sip(2, 4, key_b, s));
        REQUIRE(text_hash{key_b}(s) == plain_sip(1, 3, key_b, s));
        s += static_cast<char>(i * 37 + 200);
    }
}

TEST_CASE("lists of texts hash as messages of their own", "[hash]") {
    const auto hash = [](std::initializer_list<std::string_view> texts) {
        lf::detail::keyed_hash h(key_a);
        for (const auto s : texts) h.add(s);
        return h.finish();
    };
    const std::string long_text(300, 'x');
    const std::vector<std::uint64_t> all{hash({}),
                                         hash({""}),
                                         hash({"", ""}),
                                         hash({"ab"}),
                                         hash({"a", "b"}),
                                         hash({"ab", ""}),
                                         hash({"", "ab"}),
                                         hash({std::string_view("a\0", 2)}),
                                         hash({"a"}),
                                         hash({"12345678"}),
                                         hash({"12345678", ""}),
                                         hash({"1234567", "8"}),
                                         hash({long_text}),
                                         hash({std::string_view(long_text).substr(44)}),
                                         hash({std::string_view(long_text).substr(44), "x"})};
    CHECK(std::set(all.begin(), all.end()).size() == all.size());
}

TEST_CASE("texts that collide under hashes without a key scatter", "[hash]") {
    const auto check = [](const auto& old, const auto& middle) {
        const auto texts = craft(middle);
        REQUIRE(std::set(texts.begin(), texts.end()).size() == crowd);
        for (const auto& s : texts) REQUIRE(old(s) == old(texts.front()));
        for (const auto& s : texts) REQUIRE(lf::is_utf8(s));
        for (const auto key : {key_a, key_b}) require_scattered(texts, text_hash{key});
        // No look-up in a table of them probes many slots.
        lf::detail::text_table numbers{text_hash{key_a}};
        for (const auto& s : texts) numbers.number(s);
        CHECK(numbers.size() == crowd);
        CHECK(numbers.longest_probe() < 100);
    };
    SECTION("a product folded") { check(multiplied::hash, multiplied::middle); }
    SECTION("shifts and products") { check(shifted::hash, shifted::middle); }
    SECTION("murmur") { check(murmur::hash, murmur::middle); }
#if defined(__GLIBCXX__) && defined(__x86_64__)
    SECTION("the standard library's") { check(std::hash<std::string_view>{}, murmur::middle); }
#endif
}

TEST_CASE("what collides under one key scatters under another", "[hash]") {
    const text_hash one{key_a};
    std::vector<std::string> chosen;
    for (std::uint64_t i = 0; chosen.size() < 4'096; ++i)
        if (auto s = bytes_of({letters(i), letters(i + 1)}); one(s) % 256 == 0)
            chosen.push_back(std::move(s));
    CHECK(most_in_one_place(chosen, one, 0) > 200);
    require_scattered(chosen, text_hash{key_b});

    const number_hash two{key_a};
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t i = 0; numbers.size() < 4'096; ++i)
        if (two(i) % 256 == 0) numbers.push_back(i);
    CHECK(most_in_one_place(numbers, two, 0) > 200);
    require_scattered(numbers, number_hash{key_b});
}

TEST_CASE("numbers with a structure scatter", "[hash]") {
    for (const auto key : {key_a, key_b}) {
        for (const int by : {0, 16, 32, 48}) {
            std::vector<std::uint64_t> numbers;
            for (std::uint64_t i = 0; i < crowd; ++i) numbers.push_back(i << by);
            require_scattered(numbers, number_hash{key});
        }
        // Products with Boost's multiplier that end in the same bits.
        std::vector<std::uint64_t> numbers;
        for (std::uint64_t i = 0; i < crowd; ++i)
            numbers.push_back((i << 40) * shifted::inverse(0x9E3779B97F4A7C15U));
        require_scattered(numbers, number_hash{key});
    }
    CHECK(number_hash{key_a}(0.0) == number_hash{key_a}(-0.0));
    CHECK(number_hash{key_a}(1.0) != number_hash{key_a}(-1.0));
}

TEST_CASE("FNV-1a has its published values", "[hash]") {
    CHECK(lf::detail::fnv1a("") == 0xcbf2'9ce4'8422'2325U);
    CHECK(lf::detail::fnv1a("a") == 0xaf63'dc4c'8601'ec8cU);
    CHECK(lf::detail::fnv1a("foobar") == 0x8594'4171'f739'67e8U);
}

TEST_CASE("an index of hashes finds, forgets and grows", "[hash]") {
    lf::detail::hash_index index;
    std::vector<std::uint64_t> hashes(1'000);
    for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i] = i / 4; // four of each
    const auto find = [&](std::uint32_t n) {
        return index.find(hashes[n], [&](std::uint32_t found) { return found == n; });
    };
    CHECK(find(0) == lf::detail::hash_index::none);
    for (std::uint32_t n = 0; n < hashes.size(); ++n) index.add(hashes[n], n);
    for (std::uint32_t n = 0; n < hashes.size(); n += 3) index.remove(hashes[n], n);
    index.remove(hashes[0], 0); // a second removal does nothing
    for (std::uint32_t n = 0; n < hashes.size(); ++n)
        REQUIRE(find(n) == (n % 3 == 0 ? lf::detail::hash_index::none : n));
    const auto memory = index.memory();
    for (int round = 0; round < 100; ++round) {
        for (std::uint32_t n = 0; n < hashes.size(); n += 3) index.add(hashes[n], n);
        for (std::uint32_t n = 0; n < hashes.size(); n += 3) index.remove(hashes[n], n);
    }
    CHECK(index.memory() <= 2 * memory); // slots of removed numbers are reused
    for (std::uint32_t n = 0; n < hashes.size(); ++n)
        REQUIRE(find(n) == (n % 3 == 0 ? lf::detail::hash_index::none : n));
}

TEST_CASE("each process draws its own key", "[hash]") {
    const auto key = lf::detail::process_hash_key();
    CHECK((key.a != 0 && key.b != 0));
    CHECK(text_hash{}("a") == text_hash{key}("a"));
}

} // namespace
