// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Numbers for texts. Not for users.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/huge_array.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Distinct texts, numbered from 0 in the order in which they came. They lie one after another.
class text_table {
  public:
    static constexpr std::uint32_t none = 0xffff'ffffU;

    text_table() = default;
    explicit text_table(text_hash hash) noexcept : hash_(hash) {}

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
            if (size() <= few) {
                for (std::size_t k = 0; k < count; ++k) out[i + k] = number_of_few(text(i + k));
                continue;
            }
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

    /// The most slots that finding a text reads. O(slots).
    [[nodiscard]] std::size_t longest_probe() const noexcept {
        std::size_t most = 0;
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (slots_[i].number != none)
                most = std::max(most, ((i - slots_[i].hash) & mask()) + 1);
        return most;
    }

  private:
    struct slot {
        std::uint32_t hash = 0;
        std::uint32_t number = none;
    };

    /// Of so many texts, most are guessed by their length and ends, and need no hash.
    static constexpr std::size_t few = 128;

    [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }

    std::uint32_t number_of_few(std::string_view s) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
        const std::size_t n = s.size();
        const std::size_t mixed = n == 0 ? 0
                                         : n * 37 + byte(0) * 11U + byte(n / 2) * 5U + byte(n - 1) +
                                               byte(n - 1 - (n > 1 ? 1 : 0)) * 17U;
        auto& guess = guesses_[mixed % guesses_.size()];
        if (guess >= size() || (*this)[guess] != s) guess = number(s);
        return guess;
    }

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

    [[nodiscard]] std::uint32_t hash_of(std::string_view s) const noexcept {
        return static_cast<std::uint32_t>(hash_(s));
    }

    text_hash hash_;
    std::array<std::uint32_t, 256> guesses_{}; // numbers by what texts look like
    std::string bytes_;
    std::vector<std::size_t> ends_{0};
    huge_vector<slot> slots_; // a power of two
};

} // namespace leadfunnel::inline v0::detail
