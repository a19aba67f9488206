// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/hash.hpp>

#include <random>

namespace leadfunnel::inline v0::detail {

LEADFUNNEL_DECL hash_key& process_hash_key() {
    static hash_key key = [] {
        std::random_device device;
        const auto draw = [&] { return std::uint64_t{device()} << 32U | device(); };
        const std::uint64_t a = draw();
        return hash_key{a, draw()};
    }();
    return key;
}

} // namespace leadfunnel::inline v0::detail
