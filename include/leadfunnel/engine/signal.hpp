// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The signals that an engine emits.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0 {

/// What happened. Each kind says which fields of `signal` it sets; the others are empty or 0. All
/// kinds set `sequence`, `at` and `model_version`, and `lead` unless they say otherwise.
enum class signal_kind : std::uint8_t {
    stage_changed, ///< `subject`: the funnel; `from` (empty at the first entry) and `to`: stages;
                   ///< `cause`: the transition, or, of a manual move that took none, who made it;
                   ///< `reason` of a manual move; `cycle`
    band_changed,  ///< `subject`: the banding; `from` and `to`: bands, empty for none (before the
                   ///< first event, or while the score is absent)
    class_changed, ///< `subject`: the matrix; `from` and `to`: classes, empty for none
    alert,         ///< `subject`: the alert; `cause`: the transition that raised it, or empty;
                   ///< `explanation` if the alert explains a score
    sla_warning,   ///< `subject`: the SLA; `to`: its stage; `due`: its deadline
    sla_breached,  ///< as `sla_warning`
    sla_met,       ///< as `sla_warning`
    assigned,      ///< `subject`: the owner attribute; `from` and `to`: owners, empty for none;
                   ///< `cause`: the transition that assigned, or `host`
    refused,  ///< a move that the model does not allow: `subject`: the funnel; `from` and `to`:
              ///< stages; `cause`: who tried; `reason`: why it was refused
    merged,   ///< `subject`: the id of the lead that was merged into this one
    unmerged, ///< `subject`: the id of the lead that stands alone again
    erased,   ///< a lead was erased; `lead` is empty
    model_replaced, ///< `from` and `to`: versions of models; `lead` is empty
};

/// The name of a kind, as above; empty for a number that is no kind. O(1).
[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(signal_kind k) noexcept;

/// One entry of the outbox. Its texts are as untrusted as the events that they come from.
struct signal {
    /// 1, 2, 3, … in one engine, continued by snapshots. A receiver that sees a number again has
    /// received the same signal twice.
    std::uint64_t sequence = 0;
    instant at{}; ///< the engine's clock when it happened
    std::string lead{};
    signal_kind kind{};
    std::string subject{};
    std::string from{};
    std::string to{};
    std::string cause{};
    std::string reason{};
    instant due{};               ///< of SLAs
    std::int64_t cycle = 0;      ///< of stage changes: which pass through the funnel, from 1
    std::string explanation{};   ///< of alerts: as text, of about `explanation_bytes` at most
    std::string model_version{}; ///< of the model in use when it happened

    friend bool operator==(const signal&, const signal&) = default;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/engine/impl/signal.ipp>
#endif
