// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The engine against stories whose results were worked out by hand.

#include "catch.hpp"
#include "reference/engine_scenarios.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <string>
#include <vector>

TEST_CASE("the engine gives the results of the stories") {
    for (const auto& story : reference::scenarios()) {
        DYNAMIC_SECTION(story.name) {
            leadfunnel::engine engine(leadfunnel::compile(story.model));
            for (const auto& step : story.steps) reference::perform(engine, step);
            std::vector<std::string> signals;
            for (const auto& each : engine.signals(0, 100'000)) {
                signals.push_back(reference::text_of(each));
            }
            CHECK(signals == story.signals);
        }
    }
}
