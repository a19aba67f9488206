// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Reading leads and touchpoints, and reporting on them: shared by the demo and by the example on
/// public data.

#include <leadfunnel/io/ingest.hpp>
#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace examples {

namespace lf = leadfunnel;

/// Reads a file by a mapping into a builder; a name that ends in `.gz` through gzip. Bad rows are
/// printed: the good ones are kept. Throws if the file could not be read to its end.
inline lf::ingest_report read(lf::history_builder& into, const std::filesystem::path& file,
                              const std::filesystem::path& mapping) {
    lf::event_sink sink{[&](lf::event e) { into.add(e); }};
    lf::ingest_report report;
    if (file.extension() == ".gz") {
        lf::ingester in{lf::load_mapping(mapping), sink, {}, file.string()};
        std::FILE* pipe = ::popen(("gzip -dc '" + file.string() + "'").c_str(), "r");
        if (pipe == nullptr) throw std::runtime_error("cannot run gzip");
        std::vector<char> chunk(std::size_t{1} << 18);
        while (const auto n = std::fread(chunk.data(), 1, chunk.size(), pipe))
            if (!in.push({chunk.data(), n})) break;
        if (::pclose(pipe) != 0) throw std::runtime_error("gzip failed on " + file.string());
        report = in.finish();
    } else {
        report = lf::ingest_file(file, lf::load_mapping(mapping), sink);
    }
    for (const auto& i : report.issues) fmt::print("{}\n", lf::to_string(i));
    for (const auto& row : report.bad_rows) fmt::print("{}\n", lf::to_string(row));
    if (!report.complete()) throw std::runtime_error("could not read " + file.string());
    return report;
}

/// The contributions that matter most, in a line: `+15 pricing_page, +10 active_lately`.
inline std::string reasons(const lf::explanation& e, std::size_t most) {
    std::map<std::string, lf::points> by_rule;
    const auto collect = [&](const lf::explanation& x, const auto& self) -> void {
        for (const auto& line : x.lines)
            if (line.kind == lf::line_kind::award || line.kind == lf::line_kind::state)
                by_rule[line.name] += line.now;
        for (const auto& input : x.inputs) self(input, self);
    };
    collect(e, collect);
    std::vector<std::pair<std::string, lf::points>> rules(by_rule.begin(), by_rule.end());
    std::stable_sort(rules.begin(), rules.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string out;
    for (std::size_t i = 0; i < std::min(most, rules.size()); ++i) {
        if (rules[i].second == 0) break;
        out += fmt::format("{}{:+.1f} {}", i == 0 ? "" : ", ", static_cast<double>(rules[i].second),
                           rules[i].first);
    }
    return out;
}

/// Prints the best leads by a score with reasons, and how many leads are in each band; returns the
/// ids of the best.
inline std::vector<std::string> report(const lf::scorer& scorer, std::string_view score,
                                       std::string_view banding, lf::instant at,
                                       std::size_t best = 20) {
    const auto& plan = scorer.used_plan();
    const auto s = plan.score(score);
    const auto b = plan.banding(banding);
    const auto table = lf::score_all(scorer, at);
    fmt::print("The {} best of {} leads by {} at {}:\n", best, table.leads(), score,
               lf::to_string(at));
    std::vector<std::string> ids;
    for (const auto lead : table.top(s, best)) {
        ids.emplace_back(scorer.leads().lead_id(lead));
        fmt::print("{:>3}  {:>6.1f}  {:<5} {:<10} {}\n", ids.size(),
                   static_cast<double>(table.at(s, lead).value), table.band(b, lead).value_or("-"),
                   ids.back(), reasons(scorer.explain(lead, s, at), 3));
    }
    std::map<std::string, std::size_t> counts;
    for (std::size_t lead = 0; lead < table.leads(); ++lead)
        ++counts[std::string{table.band(b, lead).value_or("excluded")}];
    fmt::print("\nLeads by {}:\n", banding);
    for (const auto& [name, n] : counts) fmt::print("{:>8}  {}\n", n, name);
    return ids;
}

} // namespace examples
