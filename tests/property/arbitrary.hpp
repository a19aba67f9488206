// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Generated worlds for rapidcheck. A failure shrinks to fewer rules and events. Those that
/// remain do not change, because each has its own seed.

#include "generators.hpp"
#include "world_text.hpp"

#include <rapidcheck.h>

#include <cstdint>
#include <ostream>
#include <tuple>

namespace generators {

inline void showValue(const world& w, std::ostream& out) { out << text_of(w); }

} // namespace generators

namespace rc {

template<>
struct Arbitrary<generators::world> {
    static Gen<generators::world> arbitrary() {
        return gen::map(
            gen::tuple(gen::noShrink(gen::resize(kNominalSize, gen::arbitrary<std::uint64_t>())),
                       gen::inRange<std::size_t>(1, 13), gen::inRange<std::size_t>(0, 41)),
            [](const std::tuple<std::uint64_t, std::size_t, std::size_t>& of) {
                const auto& [seed, rules, events] = of;
                return generators::make_world(seed, {rules, events});
            });
    }
};

} // namespace rc
