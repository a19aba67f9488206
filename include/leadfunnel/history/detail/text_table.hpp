// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A table of interned texts. Not for users.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/hash_index.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Interns texts: numbers distinct texts from 0 in the order of arrival. Their bytes lie one after
/// another. Functions are O(length of the text) on average. Not thread-safe; const functions may
/// run concurrently.
class text_table {
  public:
    static constexpr std::uint32_t none = hash_index::none;

    text_table() = default;
    explicit text_table(text_hash hash) noexcept : hash_(hash) {}

    [[nodiscard]] std::size_t size() const noexcept { return ends_.size() - 1; }
    [[nodiscard]] std::string_view operator[](std::size_t i) const noexcept {
        return {bytes_.data() + ends_[i], ends_[i + 1] - ends_[i]};
    }

    /// The number of a text, or `none`.
    [[nodiscard]] std::uint32_t find(std::string_view s) const noexcept {
        return find(s, hash_(s));
    }

    /// The number of a text; adds it if it is new. Throws std::bad_alloc with nothing changed.
    std::uint32_t number(std::string_view s) { return number(s, hash_(s)); }

    /// The numbers of n texts, of which `text(i)` is the i-th; adds those that are new. Faster than
    /// one by one, since it prefetches the memory that later texts will need. If it throws
    /// std::bad_alloc, the texts before the failure have been added.
    template<class Text>
    void number_all(std::size_t n, const Text& text, std::uint32_t* out) {
        constexpr std::size_t together = 32;
        std::array<std::string_view, together> s;
        std::array<std::uint64_t, together> hash{};
        std::array<std::uint32_t, together> known{};
        for (std::size_t i = 0; i < n; i += together) {
            const std::size_t count = n - i < together ? n - i : together;
            if (size() <= few) {
                for (std::size_t k = 0; k < count; ++k) out[i + k] = number_of_few(text(i + k));
                continue;
            }
            make_room(count);
            for (std::size_t k = 0; k < count; ++k) {
                s[k] = text(i + k);
                hash[k] = hash_(s[k]);
                index_.prefetch(hash[k]);
            }
            for (std::size_t k = 0; k < count; ++k) {
                known[k] = index_.guess(hash[k]);
                if (known[k] != none) __builtin_prefetch(&ends_[known[k]]);
            }
            for (std::size_t k = 0; k < count; ++k)
                if (known[k] != none) __builtin_prefetch(bytes_.data() + ends_[known[k]]);
            for (std::size_t k = 0; k < count; ++k) out[i + k] = number(s[k], hash[k]);
        }
    }

    /// The most slots that a look-up reads. O(slots).
    [[nodiscard]] std::size_t longest_probe() const noexcept { return index_.longest_probe(); }

  private:
    /// Up to this size most texts are found by a guess from their length and bytes, without a hash.
    static constexpr std::size_t few = 128;

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

    [[nodiscard]] std::uint32_t find(std::string_view s, std::uint64_t hash) const noexcept {
        return index_.find(hash, [&](std::uint32_t n) { return (*this)[n] == s; });
    }

    std::uint32_t number(std::string_view s, std::uint64_t hash) {
        if (const auto known = find(s, hash); known != none) return known;
        make_room(1);
        const auto next = static_cast<std::uint32_t>(size());
        bytes_.append(s);
        ends_.push_back(bytes_.size()); // room was made
        index_.add(hash, next);         // room was made
        return next;
    }

    void make_room(std::size_t more) {
        const std::size_t n = size() + more;
        if (ends_.capacity() <= n) ends_.reserve(2 * n + 16);
        index_.reserve(more);
    }

    text_hash hash_;
    std::array<std::uint32_t, 256> guesses_{}; // numbers by length and some bytes of the text
    std::string bytes_;
    std::vector<std::size_t> ends_{0};
    hash_index index_;
};

} // namespace leadfunnel::inline v0::detail
