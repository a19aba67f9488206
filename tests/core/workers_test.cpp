// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/core/detail/workers.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace lf = leadfunnel;

TEST_CASE("a call never uses more threads than parts, nor more than 256", "[workers]") {
    CHECK(lf::detail::thread_count(1, 100) == 1);
    CHECK(lf::detail::thread_count(4, 100) == 4);
    CHECK(lf::detail::thread_count(4, 3) == 3);
    CHECK(lf::detail::thread_count(4, 0) == 1);
    CHECK(lf::detail::thread_count(4'000'000'000U, 1'000'000) == 256);
    CHECK(lf::detail::thread_count(0, 1'000'000) >= 1);
    CHECK(lf::detail::thread_count(0, 1) == 1);
}

TEST_CASE("each block is done once, on as many threads as there are", "[workers]") {
    for (const std::size_t n : {0U, 1U, 7U, 64U, 1'000U})
        for (const unsigned threads : {1U, 2U, 5U, 4'000U}) {
            std::vector<std::atomic<int>> seen(n);
            std::size_t reported = 0;
            const auto begin = [&](const auto& /*beat*/) {
                return [&](std::size_t first, std::size_t last) {
                    for (std::size_t i = first; i < last; ++i) ++seen[i];
                };
            };
            CHECK(lf::detail::each_block(n, 3, threads, begin, [&](std::size_t done) {
                reported = done;
                return true;
            }));
            for (const auto& s : seen) CHECK(s == 1);
            CHECK(reported <= n);
        }
}

TEST_CASE("the caller does the work that a helper cannot begin", "[workers]") {
    const auto caller = std::this_thread::get_id();
    std::atomic<int> sum{0};
    const auto begin = [&](const auto& /*beat*/) {
        if (std::this_thread::get_id() != caller) throw std::bad_alloc();
        return [&](std::size_t first, std::size_t last) { sum += static_cast<int>(last - first); };
    };
    CHECK(lf::detail::each_block(100, 1, 8, begin, [](std::size_t) { return true; }));
    CHECK(sum == 100);
    const auto never = [&](const auto& beat) -> decltype(begin(beat)) { throw std::bad_alloc(); };
    CHECK_THROWS_AS(lf::detail::each_block(100, 1, 8, never, [](std::size_t) { return true; }),
                    std::bad_alloc);
}

TEST_CASE("a report or an exception ends the work", "[workers]") {
    const auto begin = [](const auto& /*beat*/) { return [](std::size_t, std::size_t) {}; };
    CHECK_FALSE(lf::detail::each_block(100, 1, 1, begin, [](std::size_t) { return false; }));
    const auto fails = [](const auto& /*beat*/) {
        return [](std::size_t first, std::size_t) {
            if (first == 50) throw std::runtime_error("50");
        };
    };
    CHECK_THROWS_AS(lf::detail::each_block(100, 1, 4, fails, [](std::size_t) { return true; }),
                    std::runtime_error);
}
