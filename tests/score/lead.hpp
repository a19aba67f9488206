// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// One lead under a small model, for tests that compute scores by hand.

#include <leadfunnel/leadfunnel.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace one_lead {

namespace lf = leadfunnel;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

inline constexpr lf::instant start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}; // Mon.
inline constexpr lf::duration tick{1};

/// A model with score `s`, the given rules, and all names that they use.
inline lf::model model(std::vector<lf::rule> rules) {
    return {.id = "small",
            .attributes = {{.id = "role"},
                           {.id = "size", .type = lf::value_type::number},
                           {.id = "created", .type = lf::value_type::timestamp}},
            .properties = {{.id = "asset"}},
            .touchpoints = {{.id = "visit", .value = "seconds"}, {.id = "paper"}, {.id = "call"}},
            .funnels = {{.id = "sales", .stages = {{.id = "mql"}, {.id = "lost"}}}},
            .scores = {{.id = "s"}},
            .rules = std::move(rules)};
}

inline lf::touchpoint did(std::string_view type, lf::duration after = {},
                          std::optional<lf::decimal> value = {}) {
    return {.lead = "L", .at = start + after, .type = std::string{type}, .value = value};
}
inline lf::touchpoint did_with(std::string_view type, lf::duration after, const char* asset) {
    auto t = did(type, after);
    t.properties["asset"] = std::string{asset};
    return t;
}
inline lf::attributes is(std::string_view name, lf::value v, lf::instant at = lf::always) {
    return {.lead = "L", .at = at, .values = {{std::string{name}, std::move(v)}}};
}
inline lf::stage_entry entered(std::string_view stage, lf::duration after = {}) {
    return {.lead = "L", .at = start + after, .funnel = "sales", .stage = std::string{stage}};
}

/// A lead with some events, and its scorer. Cannot be moved: the scorer refers to the histories.
class lead {
  public:
    lead(const lf::model& m, const std::vector<lf::event>& events)
        : histories_(lf::make_histories(events)), scorer_(lf::compile(m), histories_) {}
    lead(const lead&) = delete;
    lead& operator=(const lead&) = delete;

    [[nodiscard]] const lf::scorer& scorer() const { return scorer_; }
    [[nodiscard]] std::size_t number(std::string_view score) const {
        return scorer_.used_plan().score(score);
    }
    [[nodiscard]] lf::score_value read(std::string_view score, lf::duration after) const {
        return scorer_.score_at(0, number(score), start + after);
    }
    /// Score `s`, `after` the start.
    [[nodiscard]] lf::points at(lf::duration after) const { return read("s", after).value; }
    [[nodiscard]] lf::points at(std::string_view score, lf::duration after) const {
        return read(score, after).value;
    }
    [[nodiscard]] std::string explained(std::string_view score, lf::duration after) const {
        return lf::to_string(scorer_.explain(0, number(score), start + after));
    }

  private:
    lf::histories histories_;
    lf::scorer scorer_;
};

} // namespace one_lead
