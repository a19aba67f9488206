// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Text that is overwritten before its memory is freed. Not for users.
///
/// Erasing a lead must remove its texts from the process's memory, but freed memory keeps its
/// contents. So whatever holds text of events calls `wipe` before it is destroyed. A string that is
/// moved from may keep a short text inside the object itself: it is wiped, too.

#include <leadfunnel/core/value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0 {

struct touchpoint_kind;
struct attributes;
struct touchpoint;
struct stage_entry;
struct signal;
struct explanation;

namespace detail {

/// Overwrites bytes with zeros, even if the program never reads them again. O(n).
inline void wipe_bytes(void* p, std::size_t n) noexcept {
    if (n == 0) return;
#if defined(__GNUC__)
    std::memset(p, 0, n);
    // The compiler must assume that somebody reads the bytes, so the write stays.
    __asm__ __volatile__("" : : "r"(p) : "memory");
#else
    auto* bytes = static_cast<volatile unsigned char*>(p);
    for (std::size_t i = 0; i < n; ++i) bytes[i] = 0;
#endif
}

// Each overload leaves its argument empty and overwrites its text. O(capacity).

inline void wipe(std::string& s) noexcept {
    s.resize(s.capacity()); // includes what longer texts left behind the end
    wipe_bytes(s.data(), s.size());
    std::string{}.swap(s);
}
inline void wipe(text_set& all) noexcept {
    while (!all.empty()) wipe(all.extract(all.begin()).value());
}
inline void wipe(value& v) noexcept {
    if (auto* s = std::get_if<std::string>(&v)) wipe(*s);
    if (auto* all = std::get_if<text_set>(&v)) wipe(*all);
    v = value{};
}
inline void wipe(value_map& all) noexcept {
    while (!all.empty()) {
        auto one = all.extract(all.begin());
        wipe(one.key());
        wipe(one.mapped());
    }
}
template<class X, class Y>
void wipe(std::pair<X, Y>& p) noexcept {
    if constexpr (!std::is_trivially_copyable_v<X>) wipe(p.first);
    if constexpr (!std::is_trivially_copyable_v<Y>) wipe(p.second);
}
// Overloads for events and what is made of them; defined in wiping_events.hpp.
inline void wipe(touchpoint_kind& k) noexcept;
inline void wipe(attributes& a) noexcept;
inline void wipe(touchpoint& t) noexcept;
inline void wipe(stage_entry& g) noexcept;
inline void wipe(std::variant<attributes, touchpoint, stage_entry>& e) noexcept;
inline void wipe(signal& s) noexcept;
inline void wipe(explanation& e) noexcept;

template<class T>
void wipe(std::optional<T>& x) noexcept {
    if (x) wipe(*x);
    x.reset();
}
template<class T>
void wipe(std::vector<T>& all) noexcept {
    if constexpr (std::is_trivially_copyable_v<T>)
        wipe_bytes(all.data(), all.size() * sizeof(T));
    else
        for (auto& x : all) wipe(x);
    all.clear();
}

/// Owns a value and wipes it when it is destroyed.
template<class T>
class wiped {
  public:
    wiped() = default;
    wiped(T x) noexcept(std::is_nothrow_move_constructible_v<T>) // NOLINT: it stands for it
        : it_(std::move(x)) {
        wipe(x);
    }
    wiped(wiped&& other) noexcept : it_(std::move(other.it_)) {}
    wiped(const wiped&) = default;
    wiped& operator=(wiped other) noexcept {
        wipe(it_);
        it_ = std::move(other.it_);
        return *this;
    }
    ~wiped() { wipe(it_); }

    [[nodiscard]] T& operator*() noexcept { return it_; }
    [[nodiscard]] const T& operator*() const noexcept { return it_; }
    [[nodiscard]] T* operator->() noexcept { return &it_; }
    [[nodiscard]] const T* operator->() const noexcept { return &it_; }

  private:
    T it_{};
};

/// Makes room for one more element in a vector that can hold text. Wipes the old memory. Throws
/// std::bad_alloc with nothing changed. Amortised O(1).
template<class T>
void make_room(std::vector<T>& all) {
    static_assert(std::is_nothrow_move_constructible_v<T>);
    if (all.size() < all.capacity()) return;
    std::vector<T> larger;
    larger.reserve(std::max<std::size_t>(8, all.size() * 2));
    for (auto& x : all) {
        larger.push_back(std::move(x));
        if constexpr (requires { wipe(x); }) wipe(x);
    }
    all.swap(larger);
}

/// Appends `text`; if `to` must grow, its old memory is wiped.
inline void append_wiping(std::string& to, std::string_view text) {
    if (to.capacity() - to.size() < text.size()) {
        wiped<std::string> larger;
        larger->reserve(std::max(to.size() + text.size(), 2 * to.capacity()));
        larger->append(to);
        to.swap(*larger);
    }
    to.append(text);
}

} // namespace detail
} // namespace leadfunnel::inline v0
