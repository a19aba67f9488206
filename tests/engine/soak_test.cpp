// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"
#include "engine/signal_kinds.hpp"
#include "engine/soak.hpp"

// tests/soak runs the same for as long as you like.
TEST_CASE("a short soak: what must always hold of an engine holds") {
    const auto out = soak::run(
        {.leads = 400, .events = 6'000, .batch = 64, .checks = 5, .sampled = 100, .seed = 2});
    CHECK(out.taken > 5'000);
    CHECK(out.refused > 0);
    CHECK(out.duplicates > 0);
    CHECK(out.late > 0);
    // It has emitted every kind of signal but those of calls that a soak does not make.
    using enum leadfunnel::signal_kind;
    for (const auto kind : signal_kinds()) {
        if (kind == merged || kind == unmerged || kind == erased || kind == model_replaced)
            continue;
        INFO(to_string(kind));
        CHECK(out.signals.count(kind) == 1);
    }
}
