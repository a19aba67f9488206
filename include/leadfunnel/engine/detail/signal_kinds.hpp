// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What the engine must know about each kind of signal, apart from its name. Not for users.
///
/// These functions have no `default`, so that the compiler names them when a kind is added.

#include <leadfunnel/engine/signal.hpp>

namespace leadfunnel::inline v0::detail {

/// Whether a number, read from a snapshot for example, is a kind.
[[nodiscard]] inline bool is_signal_kind(signal_kind k) noexcept { return !to_string(k).empty(); }

/// Which of three texts of a signal may be a person's data, so that `erase` removes them; elsewhere
/// they are names of the model. `cause`, `reason`, `explanation` and `lead` are always removed.
struct personal_texts {
    bool subject = false;
    bool from = false;
    bool to = false;
    bool subject_is_lead = false; // the id of another lead, which may be erased before this one
};
[[nodiscard]] constexpr personal_texts personal_texts_of(signal_kind k) noexcept {
    switch (k) {
    case signal_kind::stage_changed:
    case signal_kind::band_changed:
    case signal_kind::class_changed:
    case signal_kind::alert:
    case signal_kind::sla_warning:
    case signal_kind::sla_breached:
    case signal_kind::sla_met:
    case signal_kind::erased:
    case signal_kind::model_replaced:
        return {};
    case signal_kind::assigned: // owners are persons, too
        return {.from = true, .to = true};
    case signal_kind::refused: // the move may name any funnel and stage
        return {.subject = true, .to = true};
    case signal_kind::merged:
    case signal_kind::unmerged:
        return {.subject = true, .subject_is_lead = true};
    }
    return {.subject = true, .from = true, .to = true};
}

} // namespace leadfunnel::inline v0::detail
