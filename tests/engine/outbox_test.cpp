// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The outbox keeps a bounded part of an alert's explanation, however long the lead's history is.

#include "catch.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace lf = leadfunnel;

TEST_CASE("an alert's explanation is cut in the outbox, while `explain` returns all of it") {
    lf::model m{.id = "loud"};
    m.touchpoints = {{.id = "visit"}};
    m.scores = {{.id = "s"}};
    m.rules = {lf::occurrence{.id = "v", .score = "s", .on = lf::on("visit"), .points = 1}};
    m.alerts = {{.id = "many", .when = lf::score_now("s").at_least(5'000), .explain = "s"}};
    const lf::plan plan = lf::compile(m);
    std::vector<lf::event> visits;
    for (int i = 0; i < 5'000; ++i)
        visits.emplace_back(lf::touchpoint{
            .lead = "l", .at = lf::instant{std::chrono::seconds{i}}, .type = "visit"});
    const auto kept_explanation = [&](lf::engine_options options) {
        lf::engine e{plan, std::move(options)};
        e.apply(visits);
        const auto all = e.signals();
        REQUIRE(all.size() == 1);
        CHECK(lf::engine::from_snapshot(plan, e.snapshot()).signals().front().explanation ==
              all.front().explanation);
        CHECK(e.explain("l", "s").lines.size() == 5'000);
        return all.front().explanation;
    };
    const auto bounded = kept_explanation({});
    CHECK(bounded.size() > 16'000);
    CHECK(bounded.size() < 16'384 + 100);
    // Each line but the heading and the note is worth one point.
    const auto lines = std::count(bounded.begin(), bounded.end(), '\n') - 2;
    const auto cut = std::to_string(5'000 - lines);
    CHECK(bounded.find("+" + cut + "  " + cut + " more lines, cut\n") != std::string::npos);
    CHECK(kept_explanation({.explanation_bytes = 0}) == "l: s = 5000 at 1970-01-01T01:23:19Z\n"
                                                        "         +5000  5000 more lines, cut\n");
}
