// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/engine/signal.hpp>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL std::string_view to_string(signal_kind k) noexcept {
    switch (k) {
    case signal_kind::stage_changed:
        return "stage_changed";
    case signal_kind::band_changed:
        return "band_changed";
    case signal_kind::class_changed:
        return "class_changed";
    case signal_kind::alert:
        return "alert";
    case signal_kind::sla_warning:
        return "sla_warning";
    case signal_kind::sla_breached:
        return "sla_breached";
    case signal_kind::sla_met:
        return "sla_met";
    case signal_kind::assigned:
        return "assigned";
    case signal_kind::refused:
        return "refused";
    case signal_kind::merged:
        return "merged";
    case signal_kind::unmerged:
        return "unmerged";
    case signal_kind::erased:
        return "erased";
    case signal_kind::model_replaced:
        return "model_replaced";
    }
    return {};
}

} // namespace leadfunnel::inline v0
