// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Serialisation, with one description for both directions: `archive(a, x)` writes `x` if `a` is a
/// `writer`, and reads it if `a` is a `reader`. Bytes are little endian, without padding. A reader
/// trusts nothing: it throws `snapshot_error` rather than read past the end or allocate more
/// elements than the remaining bytes can hold. Not for users.

#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/engine/snapshot_error.hpp>
#include <leadfunnel/history/records.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

static_assert(std::endian::native == std::endian::little,
              "snapshots are copied from memory: a big-endian machine would need to swap");

inline constexpr std::size_t archive_piece = std::size_t{1} << 20; // largest piece, in bytes

class writer {
  public:
    static constexpr bool reads = false;
    /// Appends to `out`, which must outlive this. Memory that `out` grows out of is wiped.
    explicit writer(std::string& out) : out_(out) {}
    /// Passes the bytes to `take` in pieces of at most `archive_piece`, with `out` as the buffer.
    /// The caller must end with `flush`.
    writer(std::string& out, std::function<void(std::string_view)> take)
        : out_(out), take_(std::move(take)) {}
    void raw(const void* data, std::size_t bytes) {
        std::string_view piece{static_cast<const char*>(data), bytes};
        if (take_ && out_.size() + bytes > archive_piece) {
            flush();
            for (; piece.size() > archive_piece; piece.remove_prefix(archive_piece))
                take_(piece.substr(0, archive_piece));
        }
        append_wiping(out_, piece);
    }
    void flush() {
        take_(out_);
        out_.clear();
    }
    /// Throws because a reader would refuse what is to be written. That is a bug of the engine.
    [[noreturn]] static void refuse() {
        throw snapshot_error("the engine contradicts itself: it cannot be written");
    }

  private:
    std::string& out_;
    std::function<void(std::string_view)> take_;
};

class reader {
  public:
    static constexpr bool reads = true;
    explicit reader(std::string_view in) : in_(in) {}
    /// Reads `size` bytes that `next` returns in pieces. No piece may be empty, and each is valid
    /// until the next call.
    reader(std::size_t size, std::function<std::string_view()> next)
        : to_come_(size), next_(std::move(next)) {}
    void raw(void* data, std::size_t bytes) {
        if (bytes > left()) throw snapshot_error("the snapshot ends too soon");
        auto* to = static_cast<char*>(data);
        while (bytes != 0) { // if it is 0, `data` may be null
            if (in_.empty()) {
                in_ = next_().substr(0, to_come_);
                to_come_ -= in_.size();
            }
            const auto n = std::min(bytes, in_.size());
            std::memcpy(to, in_.data(), n);
            in_.remove_prefix(n);
            to += n;
            bytes -= n;
        }
    }
    /// Bytes not read yet.
    [[nodiscard]] std::size_t left() const noexcept { return in_.size() + to_come_; }
    [[noreturn]] static void refuse() { throw snapshot_error("the snapshot contradicts itself"); }

  private:
    std::string_view in_;
    std::size_t to_come_ = 0; // bytes behind those of `in_`
    std::function<std::string_view()> next_;
};

template<class T>
concept plain = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, instant>;

template<class A, plain T>
void archive(A& a, T& x) {
    if constexpr (std::is_same_v<T, bool>) {
        std::uint8_t byte = x ? 1 : 0;
        a.raw(&byte, 1);
        if constexpr (A::reads) {
            if (byte > 1) A::refuse();
            x = byte != 0;
        }
    } else {
        a.raw(&x, sizeof x);
    }
}

/// Whether archiving a T gives the same bytes as copying it: its members in order, without padding.
/// Arrays of them are then copied as a whole.
template<class T>
inline constexpr bool is_archived_whole = plain<T> && !std::is_same_v<T, bool>;
template<>
inline constexpr bool is_archived_whole<attribute_entry> = true;
template<>
inline constexpr bool is_archived_whole<stage_record> = true;

/// Archives the count of elements that take at least `least` bytes each. A reader refuses a count
/// that the remaining bytes cannot hold.
template<class A>
std::size_t archive_count(A& a, std::size_t n, std::size_t least) {
    auto count = static_cast<std::uint64_t>(n);
    archive(a, count);
    if constexpr (A::reads)
        if (count > a.left() / (least == 0 ? 1 : least)) A::refuse();
    return static_cast<std::size_t>(count);
}

template<class A>
void archive(A& a, std::string& s) {
    s.resize(archive_count(a, s.size(), 1));
    a.raw(s.data(), s.size());
}

template<class A, class T>
void archive(A& a, std::vector<T>& v) {
    if constexpr (plain<T> && !std::is_same_v<T, bool>) {
        v.resize(archive_count(a, v.size(), sizeof(T)));
        a.raw(v.data(), v.size() * sizeof(T));
    } else {
        const auto n = archive_count(a, v.size(), 1);
        if constexpr (A::reads) v.clear();
        for (std::size_t i = 0; i < n; ++i) {
            if constexpr (A::reads) {
                make_room(v);
                v.emplace_back();
            }
            archive(a, v[i]);
        }
    }
}

template<class A, class X, class Y>
void archive(A& a, std::pair<X, Y>& p) {
    archive(a, p.first);
    archive(a, p.second);
}

template<class A>
void archive(A& a, value& v) {
    auto type = static_cast<std::uint8_t>(v.index());
    archive(a, type);
    const auto as = [&]<class T>(T) {
        if constexpr (A::reads) v = T{};
        archive(a, std::get<T>(v));
    };
    switch (type) {
    case 0:
        if constexpr (A::reads) v = value{};
        break;
    case 1:
        as(bool{});
        break;
    case 2:
        as(double{});
        break;
    case 3:
        as(std::string{});
        break;
    case 4:
        as(instant{});
        break;
    case 5: {
        wiped<std::vector<std::string>> members;
        if constexpr (!A::reads)
            members->assign(std::get<text_set>(v).begin(), std::get<text_set>(v).end());
        archive(a, *members);
        if constexpr (A::reads) v = text_set(members->begin(), members->end());
        break;
    }
    default:
        if constexpr (A::reads) A::refuse();
    }
}

template<class A>
void archive(A& a, value_map& m) {
    wiped<std::vector<std::pair<std::string, value>>> all;
    if constexpr (!A::reads) all->assign(m.begin(), m.end());
    archive(a, *all);
    if constexpr (A::reads) m = value_map(all->begin(), all->end());
}

template<class A>
void archive(A& a, touchpoint_kind& k) {
    archive(a, k.type);
    archive(a, k.properties);
    archive(a, k.campaign);
    archive(a, k.channel);
}
template<class A>
void archive(A& a, stage_kind& k) {
    archive(a, k.funnel);
    archive(a, k.stage);
    archive(a, k.transition);
}
template<class A>
void archive(A& a, attribute_entry& e) {
    archive(a, e.at);
    archive(a, e.name);
    archive(a, e.value);
}
template<class A>
void archive(A& a, recorded_score& s) {
    archive(a, s.score);
    archive(a, s.micros);
}
template<class A>
void archive(A& a, stage_record& r) {
    archive(a, r.at);
    archive(a, r.kind);
    archive(a, r.first_score);
    archive(a, r.first_fact);
    archive(a, r.score_count);
    archive(a, r.fact_count);
}

} // namespace leadfunnel::inline v0::detail
