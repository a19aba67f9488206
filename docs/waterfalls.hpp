// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Generates `docs/waterfalls.md` from `docs/waterfalls.in.md`: replaces each line
/// `<!-- funnel: model -->` by the source, the stages and the diagram of that model file's funnel.
/// The program `model_reference` writes the page; a test compares the page with what it would
/// write.

#include <leadfunnel/model/diagram.hpp>
#include <leadfunnel/model/json.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace leadfunnel_docs {

inline std::string funnel_section(const std::string& model,
                                  const std::filesystem::path& models_folder) {
    namespace lf = leadfunnel;
    const std::string file = model + ".json";
    const lf::loaded_model loaded = lf::load_model(models_folder / file);
    if (!loaded.issues.empty()) throw std::runtime_error(lf::to_string(loaded.issues.front()));
    if (loaded.value.funnels.size() != 1)
        throw std::runtime_error(file + " does not have one funnel");
    const lf::funnel& f = loaded.value.funnels.front();

    std::string text = "Model: [" + file + "](../examples/models/" + file +
                       "). Source: " + f.source +
                       ".\n\n| Stage | Phase | What it means |\n|---|---|---|\n";
    for (const lf::stage& s : f.stages) {
        constexpr std::string_view phases[] = {"marketing", "sales", "closed"};
        text += "| `" + s.id + "`" + (s.entry ? " (entry)" : "") + " | ";
        text += phases[static_cast<std::size_t>(s.phase)];
        text += " | " + s.description;
        for (const lf::sla& promise : s.slas) text += " *SLA:* " + promise.description;
        text += " |\n";
    }
    return text + "\n```mermaid\n" + lf::diagram(f, lf::diagram_format::mermaid) + "```\n";
}

/// Makes the page from its frame. Throws if a comment is not closed or a model cannot be loaded.
inline std::string waterfalls_page(std::string_view frame,
                                   const std::filesystem::path& models_folder) {
    constexpr std::string_view begin = "<!-- funnel: ";
    constexpr std::string_view end = " -->\n";
    std::string page;
    for (std::size_t at = 0;;) {
        const std::size_t found = frame.find(begin, at);
        page += frame.substr(at, found - at);
        if (found == std::string_view::npos) return page;
        const std::size_t name = found + begin.size();
        const std::size_t close = frame.find(end, name);
        if (close == std::string_view::npos) throw std::runtime_error("unclosed comment");
        page += funnel_section(std::string(frame.substr(name, close - name)), models_folder);
        at = close + end.size();
    }
}

} // namespace leadfunnel_docs
