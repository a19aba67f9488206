// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Numbers for texts. Not for users.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/detail/huge_array.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A hash of short texts: a multiplication for each eight bytes.
[[nodiscard]] inline std::uint32_t hash_of(std::string_view s) noexcept {
    const auto load = [&](std::size_t at, std::size_t n) {
        std::uint64_t word = 0;
        std::memcpy(&word, s.data() + at, n);
        return word;
    };
    const auto mix = [](std::uint64_t a, std::uint64_t b) {
        __extension__ using product = unsigned __int128;
        const product p = static_cast<product>(a) * b;
        return static_cast<std::uint64_t>(p) ^ static_cast<std::uint64_t>(p >> 64U);
    };
    constexpr std::uint64_t odd = 0xa076'1d64'78bd'642fU;
    constexpr std::uint64_t other = 0xe703'7ed1'a0b4'28dbU;
    std::uint64_t h = s.size() * other;
    std::uint64_t last = 0;
    if (s.size() >= 8) {
        std::size_t i = 0;
        for (; i + 8 < s.size(); i += 8) h = mix(h ^ load(i, 8), odd);
        last = load(s.size() - 8, 8); // may overlap the one before
    } else if (s.size() >= 4) {
        last = load(0, 4) | load(s.size() - 4, 4) << 32U;
    } else {
        for (const char c : s) last = last << 8U | static_cast<unsigned char>(c);
    }
    h = mix(h ^ last, odd) ^ other;
    h = mix(h, odd);
    return static_cast<std::uint32_t>(h ^ (h >> 32U));
}

/// Distinct texts, numbered from 0 in the order in which they came. They lie one after another.
class text_numbers {
  public:
    static constexpr std::uint32_t none = 0xffff'ffffU;

    [[nodiscard]] std::size_t size() const noexcept { return ends_.size() - 1; }
    [[nodiscard]] std::string_view operator[](std::size_t i) const noexcept {
        return {bytes_.data() + ends_[i], ends_[i + 1] - ends_[i]};
    }

    /// The number of a text, or `none`.
    [[nodiscard]] std::uint32_t find(std::string_view s) const noexcept {
        if (slots_.empty()) return none;
        return slots_[place_of(s, hash_of(s))].number;
    }

    /// The number of a text, which joins the others if it is new. Throws std::bad_alloc, nothing
    /// having changed.
    std::uint32_t number(std::string_view s) { return number(s, hash_of(s)); }

    /// The numbers of many: what each of them has to wait for is asked for in advance.
    /// `text(i)` is the i-th. As many as were numbered before a failure have joined.
    template<class Text>
    void number_all(std::size_t n, const Text& text, std::uint32_t* out) {
        constexpr std::size_t together = 32;
        std::array<std::string_view, together> s;
        std::array<std::uint32_t, together> hash{};
        for (std::size_t i = 0; i < n; i += together) {
            const std::size_t count = n - i < together ? n - i : together;
            make_room(count);
            for (std::size_t k = 0; k < count; ++k) {
                s[k] = text(i + k);
                hash[k] = hash_of(s[k]);
                __builtin_prefetch(&slots_[hash[k] & mask()]);
            }
            for (std::size_t k = 0; k < count; ++k)
                if (const auto known = slots_[hash[k] & mask()].number; known != none)
                    __builtin_prefetch(&ends_[known]);
            for (std::size_t k = 0; k < count; ++k)
                if (const auto known = slots_[hash[k] & mask()].number; known != none)
                    __builtin_prefetch(bytes_.data() + ends_[known]);
            for (std::size_t k = 0; k < count; ++k) out[i + k] = number(s[k], hash[k]);
        }
    }

  private:
    struct slot {
        std::uint32_t hash = 0;
        std::uint32_t number = none;
    };

    [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }

    /// Where a text is, or would be.
    [[nodiscard]] std::size_t place_of(std::string_view s, std::uint32_t hash) const noexcept {
        std::size_t i = hash & mask();
        while (slots_[i].number != none &&
               (slots_[i].hash != hash || (*this)[slots_[i].number] != s))
            i = (i + 1) & mask();
        return i;
    }

    std::uint32_t number(std::string_view s, std::uint32_t hash) {
        make_room(1);
        auto& found = slots_[place_of(s, hash)];
        if (found.number != none) return found.number;
        const auto next = static_cast<std::uint32_t>(size());
        bytes_.append(s);
        ends_.push_back(bytes_.size()); // there is room
        found = {hash, next};
        return next;
    }

    /// At most half of the slots are taken.
    void make_room(std::size_t more) {
        const std::size_t n = size() + more;
        if (ends_.capacity() <= n) ends_.reserve(2 * n + 16);
        if (slots_.size() >= 2 * n) return;
        std::size_t wanted = 64;
        while (wanted < 2 * n) wanted *= 2;
        huge_vector<slot> wider(wanted);
        for (const auto& s : slots_) {
            if (s.number == none) continue;
            std::size_t i = s.hash & (wanted - 1);
            while (wider[i].number != none) i = (i + 1) & (wanted - 1);
            wider[i] = s;
        }
        slots_.swap(wider);
    }

    std::string bytes_;
    std::vector<std::size_t> ends_{0};
    huge_vector<slot> slots_; // a power of two
};

} // namespace leadfunnel::inline v0::detail
