// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A generated world as text, for messages of failed tests.

#include "generators.hpp"

#include <leadfunnel/model/json.hpp>

#include <string>
#include <variant>

namespace generators {

inline std::string text_of(const lf::event& e) {
    const auto source = [](const auto& told) {
        return (told.source.empty() ? "" : " source=" + told.source) +
               (told.id.empty() ? "" : " id=" + told.id);
    };
    const auto values = [](const lf::value_map& of) {
        std::string text;
        for (const auto& [name, v] : of) {
            text += " " + name + "=" + (lf::is_set(v) ? "'" + lf::to_string(v) + "'" : "null");
        }
        return text;
    };
    if (const auto* a = std::get_if<lf::attributes>(&e)) {
        return lf::to_string(a->at) + " attributes" + values(a->values) + source(*a);
    }
    if (const auto* p = std::get_if<lf::touchpoint>(&e)) {
        return lf::to_string(p->at) + " touchpoint " + p->type + values(p->properties) +
               (p->value ? " value=" + lf::to_string(*p->value) : "") +
               (p->campaign.empty() ? "" : " campaign=" + p->campaign) +
               (p->channel.empty() ? "" : " channel=" + p->channel) + source(*p);
    }
    const auto& s = std::get<lf::stage_entry>(e);
    std::string scores;
    for (const auto& [name, p] : s.scores) scores += " " + name + "=" + lf::to_string(p);
    return lf::to_string(s.at) + " stage " + s.funnel + "/" + s.stage + scores + source(s);
}

inline std::string text_of(const world& w) {
    std::string text = "seed " + std::to_string(w.seed) + "\n" + lf::write_model(w.model) + "\n";
    for (const auto& e : w.events) text += text_of(e) + "\n";
    return text;
}

} // namespace generators
