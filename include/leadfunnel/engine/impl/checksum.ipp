// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/engine/detail/checksum.hpp>

#include <xxhash.h>

#include <array>
#include <new>

namespace leadfunnel::inline v0::detail {

inline XXH3_state_t* xxhash_state(void* state) noexcept {
    return static_cast<XXH3_state_t*>(state);
}

LEADFUNNEL_DECL checksum::checksum() : state_(XXH3_createState()) {
    if (!state_) throw std::bad_alloc();
    reset();
}

LEADFUNNEL_DECL void checksum::add(std::string_view bytes) noexcept {
    (void)XXH3_64bits_update(xxhash_state(state_.get()), bytes.data(), bytes.size());
}

LEADFUNNEL_DECL std::uint64_t checksum::value() const noexcept {
    return XXH3_64bits_digest(xxhash_state(state_.get()));
}

LEADFUNNEL_DECL void checksum::reset() noexcept {
    (void)XXH3_64bits_reset(xxhash_state(state_.get()));
}

LEADFUNNEL_DECL void checksum::wiping_free::operator()(void* state) const noexcept {
    // Pieces that are smaller than the buffer are copied into it: these go round it once.
    constexpr std::array<char, 64> zeros{};
    for (int i = 0; i < 8; ++i)
        (void)XXH3_64bits_update(xxhash_state(state), zeros.data(), zeros.size());
    (void)XXH3_freeState(xxhash_state(state));
}

LEADFUNNEL_DECL std::uint64_t checksum_of(std::string_view bytes) noexcept {
    return XXH3_64bits(bytes.data(), bytes.size());
}

} // namespace leadfunnel::inline v0::detail
