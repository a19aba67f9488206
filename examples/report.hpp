// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Reading leads and touchpoints, and reporting on them: shared by the demo and by the example on
/// public data.

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

/// What a file that `gzip` made holds, in chunks, into an ingester.
inline void unpack(const std::filesystem::path& file, lf::ingester& into) {
    const std::string command = "gzip -dc '" + file.string() + "'";
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run gzip");
    std::vector<char> chunk(std::size_t{1} << 18U);
    while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe))
        if (!into.push({chunk.data(), n})) break;
    if (::pclose(pipe) != 0) throw std::runtime_error("gzip failed on " + file.string());
}

/// Reads a file, packed or not, by a mapping. Bad rows are printed, and the good ones kept. Throws
/// if it could not be read to its end.
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

/// The one in the middle of sorted numbers, or the mean of the two.
inline double median(const std::vector<double>& sorted) {
    const std::size_t half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/// The least of sorted numbers that a share of them do not exceed.
inline double quantile(const std::vector<double>& sorted, double share) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

/// Days and parts of them.
inline double in_days(lf::duration d) {
    return std::chrono::duration<double, std::ratio<86'400>>(d).count();
}

/// What each rule contributes to a score and to those that it is made of, largest first.
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

/// The rules that matter most, in a line: `pricing +29.1, came_back +23.3, last_seen +20.0`.
inline std::string reasons(const lf::explanation& e, std::size_t most = 3) {
    std::string out;
    for (const auto& [rule, points] : by_rule(e)) {
        if (most-- == 0 || points == 0) break;
        out +=
            fmt::format("{}{} {:+.1f}", out.empty() ? "" : ", ", rule, static_cast<double>(points));
    }
    return out;
}

/// How many leads are in each band, lowest first, and in none because they are excluded: a line
/// each.
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

/// Scores all leads, and prints the best by a score with reasons, and how many are in each band.
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
