// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/engine/signal.hpp>

#include <array>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL std::string_view to_string(signal_kind k) noexcept {
    constexpr std::array<std::string_view, 13> names{
        "stage_changed", "band_changed", "class_changed", "alert",   "sla_warning",
        "sla_breached",  "sla_met",      "assigned",      "refused", "merged",
        "unmerged",      "erased",       "model_replaced"};
    const auto i = static_cast<std::size_t>(k);
    return i < names.size() ? names[i] : std::string_view{};
}

} // namespace leadfunnel::inline v0
