// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A sharded engine's access to the engines of its shards. Not for users.

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

    /// Applies the events with these ascending indices, and delivers no signal.
    LEADFUNNEL_DECL static batch_report apply(engine& e, std::span<const event> events,
                                              std::vector<std::size_t> mine);

    /// Loads events or histories. Throws with nothing changed.
    template<class Events>
    static batch_report load(engine& e, const Events& events, const engine_progress& progress);

    /// How a score stands among the leads of one engine.
    struct share {
        std::size_t higher = 0; ///< leads with a higher score
        std::size_t scored = 0; ///< leads with the score
    };
    [[nodiscard]] LEADFUNNEL_DECL static share share_above(const engine& e, std::size_t score,
                                                           std::int64_t micros, instant at);

    /// Makes a live engine of the same leads under another plan, with everything that follows from
    /// the change done; `commit` puts it in the place of the old one.
    [[nodiscard]] LEADFUNNEL_DECL static std::unique_ptr<live_engine>
    prepare(const engine& e, const plan& p, replacement_report& report,
            const engine_progress& progress = {});
    LEADFUNNEL_DECL static void commit(engine& e, std::unique_ptr<live_engine> next);
};

} // namespace leadfunnel::inline v0::detail
