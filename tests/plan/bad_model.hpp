// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A bad model: a good one with a small change, and its issues.

#include "catch.hpp"

#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/check.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace bad {

struct edit {
    std::string_view from; ///< occurs once
    std::string_view to;
};

struct bad_model {
    std::string_view what;
    std::string_view good;
    std::vector<edit> edits;
    std::string_view issues;
};

inline std::string issues_of(std::string_view text) {
    std::string out;
    for (const auto& i : leadfunnel::check(leadfunnel::parse_model(text, "m.json")))
        out += to_string(i) + "\n";
    return out;
}

inline std::string changed(const bad_model& m) {
    std::string text(m.good);
    for (const edit& e : m.edits) {
        const std::size_t at = text.find(e.from);
        REQUIRE(at != std::string::npos);
        REQUIRE(text.find(e.from, at + 1) == std::string::npos);
        text.replace(at, e.from.size(), e.to);
    }
    return text;
}

inline void check_all(const std::vector<bad_model>& models) {
    for (const bad_model& m : models) {
        INFO(m.what);
        CHECK("\n" + issues_of(changed(m)) == m.issues);
    }
}

} // namespace bad
