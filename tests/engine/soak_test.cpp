// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"
#include "engine/soak.hpp"

// The whole of it is the program of tests/soak.
TEST_CASE("a short soak: what must always hold of an engine holds") {
    const auto out = soak::run(
        {.leads = 400, .events = 6'000, .batch = 64, .checks = 5, .sampled = 100, .seed = 2});
    CHECK(out.taken > 5'000);
    CHECK(out.refused > 0);
    CHECK(out.duplicates > 0);
    CHECK(out.late > 0);
    // It has seen something of everything.
    for (const auto kind :
         {leadfunnel::signal_kind::stage_changed, leadfunnel::signal_kind::band_changed,
          leadfunnel::signal_kind::class_changed, leadfunnel::signal_kind::alert,
          leadfunnel::signal_kind::sla_warning, leadfunnel::signal_kind::sla_breached,
          leadfunnel::signal_kind::sla_met, leadfunnel::signal_kind::assigned,
          leadfunnel::signal_kind::refused}) {
        INFO(to_string(kind));
        CHECK(out.signals.count(kind) == 1);
    }
}
