// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Operations on an engine as data, so that they can be applied to the real engine and to the
/// reference, and printed; and results as text.

#include "engine.hpp"

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/engine/signal.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/model/json.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace reference {

struct operation {
    enum class kind { load, apply, batch, advance, move, merge, unmerge, erase, replace, restore };
    kind what = kind::apply;
    std::vector<event> events{}; ///< one for `apply`
    instant at{};                ///< for `advance`
    std::string lead{};
    std::string other{}; ///< for `merge` (into `lead`) and `unmerge`
    std::string funnel{};
    std::string stage{};
    std::string reason{};
    std::shared_ptr<const lf::model> model{}; ///< for `replace`
};

inline operation told(event e) { return {.events = {std::move(e)}}; }
inline operation told(std::vector<event> events) {
    return {.what = operation::kind::batch, .events = std::move(events)};
}
inline operation until(instant at) { return {.what = operation::kind::advance, .at = at}; }
inline operation moved(std::string lead, std::string funnel, std::string stage,
                       std::string reason = {}) {
    return {.what = operation::kind::move,
            .lead = std::move(lead),
            .funnel = std::move(funnel),
            .stage = std::move(stage),
            .reason = std::move(reason)};
}
inline operation merged(std::string into, std::string other) {
    return {.what = operation::kind::merge, .lead = std::move(into), .other = std::move(other)};
}
inline operation unmerged(std::string other) {
    return {.what = operation::kind::unmerge, .other = std::move(other)};
}
inline operation loaded(std::vector<event> events) {
    return {.what = operation::kind::load, .events = std::move(events)};
}
inline operation erased(std::string lead) {
    return {.what = operation::kind::erase, .lead = std::move(lead)};
}
inline operation replaced(lf::model by) {
    return {.what = operation::kind::replace,
            .model = std::make_shared<const lf::model>(std::move(by))};
}

// ---- as text ------------------------------------------------------------------------------------

inline std::string name_of(lf::signal_kind k) {
    switch (k) {
    case lf::signal_kind::stage_changed:
        return "stage_changed";
    case lf::signal_kind::band_changed:
        return "band_changed";
    case lf::signal_kind::class_changed:
        return "class_changed";
    case lf::signal_kind::alert:
        return "alert";
    case lf::signal_kind::sla_warning:
        return "sla_warning";
    case lf::signal_kind::sla_breached:
        return "sla_breached";
    case lf::signal_kind::sla_met:
        return "sla_met";
    case lf::signal_kind::assigned:
        return "assigned";
    case lf::signal_kind::refused:
        return "refused";
    case lf::signal_kind::merged:
        return "merged";
    case lf::signal_kind::unmerged:
        return "unmerged";
    case lf::signal_kind::erased:
        return "erased";
    case lf::signal_kind::model_replaced:
        return "model_replaced";
    }
    return "?";
}

/// A signal as text, without the sequence number, the model's version, and the reason of a refused
/// move, which each engine words in its own way.
inline std::string text_of(const lf::signal& s) {
    std::string text = (s.at == lf::always ? "always" : lf::to_string(s.at)) + " " + s.lead + " " +
                       name_of(s.kind) + " " + s.subject;
    if (!s.from.empty() || !s.to.empty()) text += " " + s.from + ">" + s.to;
    if (!s.cause.empty()) text += " by " + s.cause;
    if (!s.reason.empty() && s.kind != lf::signal_kind::refused) text += " because " + s.reason;
    if (s.cycle != 0) text += " cycle " + std::to_string(s.cycle);
    if (s.due != instant{}) text += " due " + lf::to_string(s.due);
    if (!s.explanation.empty()) text += "\n" + s.explanation;
    return text;
}

inline std::string text_of(const lf::value_map& of) {
    std::string text;
    for (const auto& [name, v] : of) {
        text += " " + name + "=" + (lf::is_set(v) ? "'" + lf::to_string(v) + "'" : "null");
    }
    return text;
}

inline std::string text_of(const event& e) {
    const auto source = [](const auto& told) {
        return (told.source.empty() ? "" : " source=" + told.source) +
               (told.id.empty() ? "" : " id=" + told.id);
    };
    std::string text = std::visit(
        [](const auto& told) {
            return (told.at == lf::always ? "always" : lf::to_string(told.at)) + " " + told.lead;
        },
        e);
    if (const auto* a = std::get_if<lf::attributes>(&e)) {
        return text + " attributes" + text_of(a->values) + source(*a);
    }
    if (const auto* p = std::get_if<lf::touchpoint>(&e)) {
        return text + " touchpoint " + p->type + text_of(p->properties) +
               (p->value ? " value=" + lf::to_string(*p->value) : "") +
               (p->campaign.empty() ? "" : " campaign=" + p->campaign) +
               (p->channel.empty() ? "" : " channel=" + p->channel) + source(*p);
    }
    const auto& s = std::get<lf::stage_entry>(e);
    text += " stage " + s.funnel + "/" + s.stage;
    if (!s.transition.empty()) text += " transition=" + s.transition;
    if (!s.reason.empty()) text += " reason=" + s.reason;
    if (!s.cause.empty()) text += " cause=" + s.cause;
    if (s.cycle != 0) text += " cycle=" + std::to_string(s.cycle);
    if (s.number != 0) text += " number=" + std::to_string(s.number);
    for (const auto& [name, p] : s.scores) text += " " + name + "=" + lf::to_string(p);
    return text + text_of(s.sets) + source(s);
}

inline std::string text_of(const operation& o) {
    switch (o.what) {
    case operation::kind::apply:
        return "apply " + text_of(o.events.front());
    case operation::kind::load:
    case operation::kind::batch: {
        std::string text = o.what == operation::kind::load ? "load" : "batch";
        for (const auto& e : o.events) text += "\n    " + text_of(e);
        return text;
    }
    case operation::kind::advance:
        return "advance to " + lf::to_string(o.at);
    case operation::kind::move:
        return "move " + o.lead + " to " + o.funnel + "/" + o.stage + " " + o.reason;
    case operation::kind::merge:
        return "merge " + o.other + " into " + o.lead;
    case operation::kind::unmerge:
        return "unmerge " + o.other;
    case operation::kind::erase:
        return "erase " + o.lead;
    case operation::kind::replace:
        return "replace the model by\n" + lf::write_model(*o.model);
    case operation::kind::restore:
        return "snapshot and restore";
    }
    return "?";
}

// ---- done ---------------------------------------------------------------------------------------

inline std::string text_of(const lf::applied& what) {
    std::string text = what.what == lf::applied::outcome::taken       ? "taken"
                       : what.what == lf::applied::outcome::duplicate ? "duplicate"
                                                                      : "refused";
    return what.late ? text + " late" : text;
}

inline std::string text_of(const lf::batch_report& r) {
    std::string text = std::to_string(r.taken) + " taken, " + std::to_string(r.duplicates) +
                       " duplicates, " + std::to_string(r.late) + " late, refused:";
    for (const auto& each : r.refused) text += " " + std::to_string(each.event);
    return text;
}

inline std::string text_of(const lf::replacement_report& r) {
    std::string text;
    for (const auto* changes : {&r.bands, &r.stages})
        for (const auto& c : *changes)
            text += c.lead + " " + c.subject + " " + c.from + ">" + c.to + "; ";
    return text;
}

/// Applies an operation to an engine, and returns the result as text. The caller handles `restore`.
template<class Engine>
std::string perform(Engine& engine, const operation& o) {
    try {
        switch (o.what) {
        case operation::kind::load:
            return text_of(engine.load(std::span<const event>(o.events)));
        case operation::kind::apply:
            return text_of(engine.apply(o.events.front()));
        case operation::kind::batch:
            return text_of(engine.apply(std::span<const event>(o.events)));
        case operation::kind::advance:
            engine.advance_to(o.at);
            break;
        case operation::kind::move:
            return text_of(engine.move(o.lead, o.funnel, o.stage, o.reason));
        case operation::kind::merge:
            engine.merge(o.lead, o.other);
            break;
        case operation::kind::unmerge:
            engine.unmerge(o.other);
            break;
        case operation::kind::erase:
            engine.erase(o.lead);
            break;
        case operation::kind::replace:
            return text_of(engine.replace(lf::compile(*o.model)));
        case operation::kind::restore:
            break;
        }
    } catch (const lf::unknown_lead&) {
        return "unknown lead";
    } catch (const lf::argument_error&) {
        return "one already";
    } catch (const lf::state_error&) {
        return "leads already";
    }
    return "";
}

} // namespace reference
