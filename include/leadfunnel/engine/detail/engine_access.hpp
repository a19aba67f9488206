// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What a sharded engine asks of its shards, beyond what hosts may. Not for users.

#include <leadfunnel/engine/detail/live_engine.hpp>
#include <leadfunnel/engine/engine.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace leadfunnel::inline v0::detail {

struct engine_access {
    [[nodiscard]] LEADFUNNEL_DECL static live_engine& of(engine& e) noexcept;
    [[nodiscard]] LEADFUNNEL_DECL static const live_engine& of(const engine& e) noexcept;

    /// Takes those of the events whose (ascending) places are given; nothing is delivered.
    LEADFUNNEL_DECL static batch_report apply(engine& e, std::span<const event> events,
                                              std::vector<std::size_t> mine);

    /// Events or histories to begin with, or nothing if it throws.
    template<class Told>
    static batch_report load(engine& e, const Told& told, const engine_progress& progress);

    struct share {
        std::size_t higher = 0; ///< leads with a higher score
        std::size_t scored = 0; ///< leads with the score
    };
    [[nodiscard]] LEADFUNNEL_DECL static share share_above(const engine& e, std::size_t score,
                                                           std::int64_t micros, instant at);

    /// The same leads under another plan, acted upon; `commit` puts it in the place of the first.
    [[nodiscard]] LEADFUNNEL_DECL static std::unique_ptr<live_engine>
    prepare(const engine& e, const plan& p, replacement_report& report,
            const engine_progress& progress = {});
    LEADFUNNEL_DECL static void commit(engine& e, std::unique_ptr<live_engine> next);
};

} // namespace leadfunnel::inline v0::detail
