// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The data and models that all benchmarks share. The data come from the examples' generator: 32
/// types of touchpoints over 730 days, spread uniformly over leads or skewed.

#include "../examples/generator.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace benchmarks {

namespace lf = leadfunnel;
using std::chrono::days;

inline constexpr std::size_t types = 32;
inline constexpr lf::instant begin =
    std::chrono::sys_days{std::chrono::year{2024} / std::chrono::January / 1};
inline constexpr lf::instant end = begin + days{730};

using examples::random;
using examples::raw_log;
using examples::skew;

/// See examples::make_log.
inline raw_log make_log(std::size_t leads, std::size_t touchpoints, skew s = skew::uniform,
                        std::uint64_t seed = 1) {
    return examples::make_log({leads, touchpoints, types, begin, end, s}, seed);
}

inline std::string type_name(std::size_t t) {
    return std::string{t < 10 ? "type_0" : "type_"} + std::to_string(t);
}

inline std::string lead_name(std::size_t i) { return std::string{"L"} + std::to_string(i); }

inline constexpr std::array industries{"machinery", "automotive", "chemicals",
                                       "food",      "retail",     "finance"};
inline constexpr std::array roles{"engineer", "buyer", "director", "student"};

/// Attributes of leads: none; industry, role and employees from the start; or the same, and half of
/// the leads change their role later.
enum class facts { none, steady, changing };

/// Builds histories from a log.
inline lf::histories group(const raw_log& l, bool values, facts known) {
    lf::history_builder b;
    for (std::size_t i = 0; i < l.leads; ++i) b.lead(lead_name(i));
    for (std::size_t t = 0; t < types; ++t) b.kind({.type = type_name(t)});
    if (values)
        b.add_touchpoints(l.lead, l.at, l.kind, l.value);
    else
        b.add_touchpoints(l.lead, l.at, l.kind);
    if (known != facts::none) {
        const auto industry = b.attribute("industry");
        const auto role = b.attribute("role");
        const auto employees = b.attribute("employees");
        random r{7};
        for (std::uint32_t i = 0; i < l.leads; ++i) {
            b.set(i, industry, std::string{industries[r.below(industries.size())]});
            b.set(i, role, std::string{roles[r.below(roles.size())]});
            b.set(i, employees, static_cast<double>(r.below(5'000)));
            if (known == facts::changing && r.below(2) == 0)
                b.set(i, role, std::string{roles[r.below(roles.size())]},
                      begin + days{static_cast<int>(r.below(730))});
        }
    }
    return b.build();
}

inline lf::model vocabulary() {
    lf::model m{.id = "benchmark", .version = "1"};
    for (std::size_t t = 0; t < types; ++t)
        m.touchpoints.push_back({.id = type_name(t), .value = "seconds"});
    m.attributes = {{.id = "industry", .type = lf::value_type::string},
                    {.id = "role", .type = lf::value_type::string},
                    {.id = "employees", .type = lf::value_type::number}};
    return m;
}

/// B1a: each type has points, and all points halve in 30 days.
inline lf::model additive_model() {
    auto m = vocabulary();
    m.attributes.clear();
    m.scores = {{.id = "engagement"}};
    for (std::size_t t = 0; t < types; ++t)
        m.rules.push_back(lf::occurrence{.id = "r" + std::to_string(t),
                                         .score = "engagement",
                                         .on = lf::on(type_name(t)),
                                         .points = static_cast<int>(1 + t % 10),
                                         .decay = lf::half_life{days{30}}});
    return m;
}

/// B1b: `rules` rules, cycling through limits, windows, sequences, returns, values, cooldowns and
/// conditions on attributes; groups and scores have caps.
inline lf::model rich_model(std::size_t rules) {
    auto m = vocabulary();
    m.time_zone = "Europe/Berlin";
    m.scores = {{.id = "engagement",
                 .min = 0,
                 .max = 1'000,
                 .groups = {{.id = "web", .max = 100}, {.id = "events", .max = 200}}},
                {.id = "fit", .min = 0, .max = 100}};
    for (std::size_t i = 0; i < rules; ++i) {
        const std::string id = "r" + std::to_string(i);
        const auto type = [&](std::size_t n) { return type_name((i * 7 + n * 11) % types); };
        switch (i % 10) {
        case 0:
            m.rules.push_back(lf::occurrence{.id = id,
                                             .score = "engagement",
                                             .group = "web",
                                             .on = lf::on(type(0)),
                                             .points = 5,
                                             .decay = lf::half_life{days{30}}});
            break;
        case 1:
            m.rules.push_back(lf::occurrence{.id = id,
                                             .score = "engagement",
                                             .group = "web",
                                             .on = lf::on(type(0)),
                                             .points = 10,
                                             .limits = {lf::per_week(1)}});
            break;
        case 2:
            m.rules.push_back(lf::frequency{.id = id,
                                            .score = "engagement",
                                            .on = lf::on(type(0)),
                                            .at_least = 5,
                                            .window = days{7},
                                            .points = 15});
            break;
        case 3:
            m.rules.push_back(lf::sequence{.id = id,
                                           .score = "engagement",
                                           .group = "events",
                                           .steps = {lf::on(type(0)), lf::on(type(1))},
                                           .within = days{14},
                                           .points = 20,
                                           .decay = lf::half_life{days{60}}});
            break;
        case 4:
            m.rules.push_back(lf::attribute_rule{
                .id = id,
                .score = "fit",
                .when = lf::attribute("industry").equals(std::string{industries[i % 6]}),
                .points = 25});
            break;
        case 5:
            m.rules.push_back(lf::return_rule{.id = id,
                                              .score = "engagement",
                                              .on = lf::on(type(0)),
                                              .after = days{90},
                                              .points = 30,
                                              .decay = lf::linear_decay{days{90}}});
            break;
        case 6:
            m.rules.push_back(lf::occurrence{.id = id,
                                             .score = "engagement",
                                             .group = "web",
                                             .on = lf::on(type(0)),
                                             .per_value = 0.02,
                                             .max_points = 10,
                                             .decay = lf::half_life{days{14}}});
            break;
        case 7:
            m.rules.push_back(lf::attribute_rule{
                .id = id,
                .score = "fit",
                .when = lf::attribute("role").in({std::string{"director"}, std::string{"buyer"}}),
                .points = 20});
            break;
        case 8:
            m.rules.push_back(lf::attribute_rule{
                .id = id,
                .score = "fit",
                .when = lf::attribute("employees").at_least(static_cast<double>(i) * 10),
                .points = 10});
            break;
        case 9:
            m.rules.push_back(lf::occurrence{.id = id,
                                             .score = "engagement",
                                             .group = "events",
                                             .on = lf::on(type(0)),
                                             .points = 10,
                                             .limits = {lf::once()},
                                             .cooldown = days{7},
                                             .decay = lf::half_life{days{60}}});
            break;
        default:
            break;
        }
    }
    return m;
}

} // namespace benchmarks
