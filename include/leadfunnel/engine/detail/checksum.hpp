// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The checksum of a snapshot's content: XXH3, 64 bits, seed 0. Not for users.
///
/// It finds accidents: a flipped bit, a lost block. Whoever can write the file can write a right
/// checksum, too.

#include <leadfunnel/core/config.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace leadfunnel::inline v0::detail {

/// The checksum of bytes that arrive in pieces. It depends on the bytes alone, not on where one
/// piece ends and the next begins.
class checksum {
  public:
    /// Of no bytes yet. Throws std::bad_alloc. O(1).
    LEADFUNNEL_DECL checksum();
    /// O(bytes).
    LEADFUNNEL_DECL void add(std::string_view bytes) noexcept;
    /// Of all bytes since the constructor or the last `reset`. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::uint64_t value() const noexcept;
    LEADFUNNEL_DECL void reset() noexcept;

  private:
    /// xxHash's state, under a name that needs no header of xxHash. It buffers up to 256 bytes of
    /// the content, so they are overwritten before the memory is freed.
    struct wiping_free {
        LEADFUNNEL_DECL void operator()(void* state) const noexcept;
    };
    std::unique_ptr<void, wiping_free> state_;
};

/// The checksum of bytes that are all there. O(bytes).
[[nodiscard]] LEADFUNNEL_DECL std::uint64_t checksum_of(std::string_view bytes) noexcept;

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/engine/impl/checksum.ipp>
#endif
