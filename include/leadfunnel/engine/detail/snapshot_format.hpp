// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The head of a snapshot: a magic number, a format, a checksum and a size, before the content. Not
/// for users.

#include <leadfunnel/engine/detail/archive.hpp>
#include <leadfunnel/engine/detail/checksum.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0::detail {

/// What stands between the magic number and the content.
struct seal {
    std::uint32_t format = 0;
    std::uint64_t checksum = 0; // of the content
    std::uint64_t size = 0;     // of the content, in bytes
    static constexpr std::size_t bytes = 20;
};

template<class A>
void archive(A& a, seal& s) {
    archive(a, s.format);
    archive(a, s.checksum);
    archive(a, s.size);
}

/// A whole snapshot in memory. `write(w)` writes the content into a `writer`. O(bytes).
template<class Write>
[[nodiscard]] std::string sealed(std::string_view magic, std::uint32_t format, const Write& write) {
    std::string out{magic};
    out.resize(magic.size() + seal::bytes);
    writer w{out};
    write(w);
    const auto content = std::string_view{out}.substr(magic.size() + seal::bytes);
    seal s{format, checksum_of(content), content.size()};
    std::string front;
    writer f{front};
    archive(f, s);
    out.replace(magic.size(), seal::bytes, front);
    return out;
}

/// Reads the seal at the front of `bytes`, the beginning of a snapshot of `size` bytes. Throws
/// `snapshot_error` if the magic number, the format or the size differ. O(1).
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
inline void require_checksum(const seal& s, std::uint64_t checksum) {
    if (s.checksum != checksum)
        throw snapshot_error("the snapshot is damaged: its checksum differs");
}

/// The content of a snapshot in memory. Throws `snapshot_error` if its seal does not match.
/// O(bytes).
[[nodiscard]] inline std::string_view unsealed(std::string_view magic, std::uint32_t format,
                                               std::string_view bytes) {
    const seal s = seal_of(magic, format, bytes, bytes.size());
    bytes.remove_prefix(magic.size() + seal::bytes);
    require_checksum(s, checksum_of(bytes));
    return bytes;
}

} // namespace leadfunnel::inline v0::detail
