// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/engine/shared_engine.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

/// A stand-in for an engine: the lock works for any type.
struct number {
    int of = 0;
};
using shared = lf::basic_shared_engine<number>;
const auto look = [](const number& n) { return n.of; };
const auto add = [](number& n) { return ++n.of; };

} // namespace

TEST_CASE("a call within a call of the same engine is refused", "[shared]") {
    shared e{number{}};
    int refused = 0;
    const auto try_both = [&] {
        try {
            e.read(look);
        } catch (const lf::engine_busy&) {
            ++refused;
        }
        try {
            e.write(add);
        } catch (const lf::engine_busy&) {
            ++refused;
        }
        CHECK_FALSE(e.try_hold(std::chrono::steady_clock::now() + 1h));
        return 0;
    };
    e.read([&](const number&) { return try_both(); });
    e.write([&](number&) { return try_both(); });
    CHECK(refused == 4);
    CHECK_THROWS_AS(e.write([](number&) -> int { throw std::runtime_error("out"); }),
                    std::runtime_error);
    CHECK(e.write(add) == 1);
    CHECK(e.read(look) == 1);
}

TEST_CASE("within a call, another engine is used if it is free and not waited for", "[shared]") {
    shared a{number{}};
    shared b{number{}};
    CHECK(a.write([&](number&) { return b.write(add) + b.read(look); }) == 2);

    std::atomic<bool> is_in = false;
    std::atomic<bool> may_leave = false;
    std::thread other([&] {
        b.write([&](number&) {
            is_in = true;
            while (!may_leave) std::this_thread::yield();
        });
    });
    while (!is_in) std::this_thread::yield();
    CHECK_THROWS_AS(a.read([&](const number&) { return b.read(look); }), lf::engine_busy);
    CHECK_THROWS_AS(a.read([&](const number&) { return b.write(add); }), lf::engine_busy);
    may_leave = true;
    other.join();
    CHECK(a.read([&](const number&) { return b.read(look); }) == 1);
    CHECK(a.read(look) == 0);
}

TEST_CASE("an engine that is held admits nobody", "[shared]") {
    shared e{number{}};
    const auto soon = [] { return std::chrono::steady_clock::now() + 10ms; };
    std::atomic<bool> has_written = false;
    std::thread writer;
    {
        const auto hold = e.try_hold(soon());
        REQUIRE(hold);
        writer = std::thread([&] {
            e.write(add);
            has_written = true;
        });
        std::thread([&] { CHECK_FALSE(e.try_hold(soon())); }).join();
        CHECK_FALSE(has_written);
    }
    writer.join();
    CHECK(e.read(look) == 1);

    std::atomic<bool> is_in = false;
    std::atomic<bool> may_leave = false;
    std::thread reader([&] {
        e.read([&](const number&) {
            is_in = true;
            while (!may_leave) std::this_thread::yield();
        });
    });
    while (!is_in) std::this_thread::yield();
    CHECK_FALSE(e.try_hold(soon()));
    CHECK(e.read(look) == 1); // a hold that was not granted blocks nobody
    may_leave = true;
    reader.join();
    CHECK(e.try_hold(soon()));
    CHECK(e.write(add) == 2);
}
