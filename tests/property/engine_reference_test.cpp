// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The reference engine, compared with scenarios worked out by hand.

#include "catch.hpp"
#include "reference/engine_scenarios.hpp"

#include <string>
#include <vector>

TEST_CASE("the reference engine passes the scenarios") {
    for (const auto& story : reference::scenarios()) {
        DYNAMIC_SECTION(story.name) {
            reference::engine engine(story.model);
            for (const auto& step : story.steps) reference::perform(engine, step);
            std::vector<std::string> signals;
            for (const auto& each : engine.signals()) signals.push_back(reference::text_of(each));
            CHECK(signals == story.signals);
        }
    }
}
