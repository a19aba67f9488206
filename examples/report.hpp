// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Reads leads and touchpoints and prints reports; shared by the demo and the examples on public
/// data.

#include <leadfunnel/io/history_sink.hpp>
#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <map>
#include <ratio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace examples {

namespace lf = leadfunnel;

/// Unpacks a gzip file and pushes its text into an ingester, chunk by chunk.
inline void unpack(const std::filesystem::path& file, lf::ingester& into) {
    const std::string command = "gzip -dc '" + file.string() + "'";
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run gzip");
    std::vector<char> chunk(std::size_t{1} << 18U);
    while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe))
        if (!into.push({chunk.data(), n})) break;
    if (::pclose(pipe) != 0) throw std::runtime_error("gzip failed on " + file.string());
}

/// Reads a plain or gzip file with a mapping. Prints bad rows and keeps the good ones. Throws if
/// the file cannot be read to its end.
inline lf::ingest_report read(lf::row_sink& sink, const std::filesystem::path& file,
                              const std::filesystem::path& mapping) {
    lf::ingest_report report;
    if (file.extension() == ".gz") {
        lf::ingester in{lf::load_mapping(mapping), sink, {}, file.string()};
        unpack(file, in);
        report = in.finish();
    } else {
        report = lf::ingest_file(file, lf::load_mapping(mapping), sink);
    }
    for (const auto& i : report.issues) fmt::print("{}\n", lf::to_string(i));
    for (const auto& row : report.bad_rows) fmt::print("{}\n", lf::to_string(row));
    if (!report.complete()) throw std::runtime_error("could not read " + file.string());
    return report;
}
inline lf::ingest_report read(lf::history_builder& into, const std::filesystem::path& file,
                              const std::filesystem::path& mapping) {
    lf::history_sink sink{into};
    return read(sink, file, mapping);
}
inline lf::ingest_report read(std::vector<lf::event>& into, const std::filesystem::path& file,
                              const std::filesystem::path& mapping) {
    lf::event_sink sink{[&](lf::event e) { into.push_back(std::move(e)); }};
    return read(sink, file, mapping);
}

/// The median of sorted numbers. Precondition: at least one.
inline double median(const std::vector<double>& sorted) {
    const std::size_t half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/// The smallest of the sorted numbers such that the given share is not larger (nearest rank).
inline double quantile(const std::vector<double>& sorted, double share) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

/// A duration in days, with fractions.
inline double in_days(lf::duration d) {
    return std::chrono::duration<double, std::ratio<86'400>>(d).count();
}

/// The contribution of each rule to a score and its inputs, largest absolute value first.
inline std::vector<std::pair<std::string, lf::points>> by_rule(const lf::explanation& e) {
    std::map<std::string, lf::points> sums;
    const auto collect = [&](const lf::explanation& part, const auto& self) -> void {
        for (const auto& line : part.lines)
            if (line.kind == lf::line_kind::award || line.kind == lf::line_kind::state)
                sums[line.name] += line.now;
        for (const auto& input : part.inputs) self(input, self);
    };
    collect(e, collect);
    std::vector<std::pair<std::string, lf::points>> rules(sums.begin(), sums.end());
    const auto size = [](lf::points p) { return p < 0 ? -p : p; };
    std::stable_sort(rules.begin(), rules.end(),
                     [&](const auto& a, const auto& b) { return size(a.second) > size(b.second); });
    return rules;
}

/// The largest contributions in one line: `pricing +29.1, came_back +23.3, last_seen +20.0`.
inline std::string reasons(const lf::explanation& e, std::size_t most = 3) {
    std::string out;
    for (const auto& [rule, points] : by_rule(e)) {
        if (most-- == 0 || points == 0) break;
        out +=
            fmt::format("{}{} {:+.1f}", out.empty() ? "" : ", ", rule, static_cast<double>(points));
    }
    return out;
}

/// The number of leads in each band, lowest band first, then of excluded leads; one line each.
inline std::string count_bands(const lf::score_table& table, std::string_view banding) {
    const auto number = table.used_plan().banding(banding);
    const auto& bands = table.used_plan().source().bandings[number].bands;
    std::vector<std::size_t> counts(bands.size() + 1);
    for (const auto band : table.bands(number)) ++counts[std::min<std::size_t>(band, bands.size())];
    std::string out;
    for (std::size_t i = 0; i < counts.size(); ++i)
        out += fmt::format("{:>8}  {}\n", counts[i], i < bands.size() ? bands[i].id : "excluded");
    return out;
}

/// Scores all leads, and prints the best with reasons and the number of leads in each band.
inline lf::score_table report(const lf::scorer& scorer, std::string_view score,
                              std::string_view banding, lf::instant at, std::size_t best = 20) {
    const auto number = scorer.used_plan().score(score);
    auto table = lf::score_all(scorer, at);
    fmt::print("The {} best of {} leads by {} at {}:\n", best, table.leads(), score,
               lf::to_string(at));
    std::size_t rank = 0;
    for (const auto lead : table.top(number, best)) {
        const auto band = table.band(scorer.used_plan().banding(banding), lead).value_or("");
        fmt::print("{:>3}. {:<8} {:>6.1f}  {:<5} {}\n", ++rank, scorer.leads().lead_id(lead),
                   static_cast<double>(table.at(number, lead).value), band,
                   reasons(scorer.explain(lead, number, at)));
    }
    fmt::print("\nLeads by {}:\n{}", banding, count_bands(table, banding));
    return table;
}

} // namespace examples
