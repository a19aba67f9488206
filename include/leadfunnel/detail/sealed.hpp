// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Bytes that are known by a magic number, a format, their size and a checksum. Not for users.

#include <leadfunnel/detail/archive.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

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

/// CRC-32 (that of zip and PNG), 16 bytes at a time: the checksum must not cost more than the disk.
/// `before` is that of what comes before.
[[nodiscard]] inline std::uint32_t crc32(std::string_view s, std::uint32_t before = 0) noexcept {
    std::uint32_t c = ~before;
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
    return ~c;
}

/// What is said before the content.
struct seal {
    std::uint32_t format = 0;
    std::uint32_t checksum = 0; // CRC-32 of the content
    std::uint64_t size = 0;
    static constexpr std::size_t bytes = 16;
};

template<class A>
void archive(A& a, seal& s) {
    archive(a, s.format);
    archive(a, s.checksum);
    archive(a, s.size);
}

/// `write` fills in the content.
template<class Write>
[[nodiscard]] std::string sealed(std::string_view magic, std::uint32_t format, const Write& write) {
    std::string out{magic};
    out.resize(magic.size() + seal::bytes);
    writer w{out};
    write(w);
    const auto content = std::string_view{out}.substr(magic.size() + seal::bytes);
    seal s{format, crc32(content), content.size()};
    std::string front;
    writer f{front};
    archive(f, s);
    out.replace(magic.size(), seal::bytes, front);
    return out;
}

/// The seal that bytes begin with, if it may be one of `size` bytes in all; `snapshot_error`
/// otherwise.
[[nodiscard]] inline seal seal_of(std::string_view magic, std::uint32_t format,
                                  std::string_view bytes, std::uint64_t size) {
    if (!bytes.starts_with(magic)) throw snapshot_error("this is no snapshot of leadfunnel's");
    reader front{bytes.substr(magic.size())};
    seal s;
    archive(front, s);
    if (s.format != format)
        throw snapshot_error("the snapshot is of format " + std::to_string(s.format) +
                             ", which this version does not read");
    if (s.size != size - magic.size() - seal::bytes)
        throw snapshot_error("the snapshot is cut off or has grown");
    return s;
}
inline void require_checksum(const seal& s, std::uint32_t checksum) {
    if (s.checksum != checksum)
        throw snapshot_error("the snapshot is damaged: its checksum differs");
}

/// The content, if the seal is whole; `snapshot_error` otherwise.
[[nodiscard]] inline std::string_view unsealed(std::string_view magic, std::uint32_t format,
                                               std::string_view bytes) {
    const seal s = seal_of(magic, format, bytes, bytes.size());
    bytes.remove_prefix(magic.size() + seal::bytes);
    require_checksum(s, crc32(bytes));
    return bytes;
}

} // namespace leadfunnel::inline v0::detail
