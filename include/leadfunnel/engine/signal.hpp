// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What the engine tells its host.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0 {

enum class signal_kind : std::uint8_t {
    stage_changed, ///< `subject` funnel, `from` (may be empty) → `to`, `cause` transition or who
    band_changed,  ///< `subject` banding; empty for no band (before the first event, or excluded)
    class_changed, ///< `subject` matrix, likewise
    alert,         ///< `subject` alert; `cause` the transition that raised it, if one did
    sla_warning,   ///< `subject` service level; `to` its stage, `due` its deadline
    sla_breached,  ///< likewise
    sla_met,       ///< likewise
    assigned,      ///< `subject` the owner attribute, `from` → `to`; `cause` transition or `host`
    refused,       ///< a move that is not allowed: `subject` funnel, `from`, `to`, why in `reason`
    merged,        ///< `subject` the lead that was merged into this one
    unmerged,      ///< `subject` the lead that is on its own again
    erased,        ///< nothing of the lead is kept but its number; `lead` is empty
    model_replaced, ///< of no lead; `from` → `to` versions
};

[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(signal_kind k) noexcept;

/// One entry of the outbox. Text in it is as untrusted as the events it comes from.
struct signal {
    std::uint64_t sequence = 0; ///< 1, 2, 3, … in one engine, kept by snapshots: the key by which a
                                ///< receiver knows a signal that it was sent twice
    instant at{}; ///< when it happened, by the engine's clock
    std::string lead{};
    signal_kind kind{};
    std::string subject{};
    std::string from{};
    std::string to{};
    std::string cause{};
    std::string reason{};
    instant due{};               ///< of service levels
    std::int64_t cycle = 0;      ///< of stage changes
    std::string explanation{};   ///< of alerts that explain a score: its explanation as text
    std::string model_version{}; ///< of the model under which it happened

    friend bool operator==(const signal&, const signal&) = default;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/engine/impl/signal.ipp>
#endif
