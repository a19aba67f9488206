// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The vectorised sums of decayed awards, compared with the portable ones bit by bit.

#include "catch.hpp"

#include <leadfunnel/plan/detail/decayed_sum.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

namespace lf = leadfunnel;

using width = lf::detail::vector_width;

TEST_CASE("what awards have kept is the same in lanes and one by one") {
    std::mt19937_64 r{1};
    for (int round = 0; round < 20'000; ++round) {
        const int period_bits = static_cast<int>(r() % 53) + 1;
        const auto period =
            static_cast<std::int64_t>((r() % (std::uint64_t{1} << period_bits)) + 1);
        const lf::compiled_decay d{lf::half_life{lf::duration{period}}};
        const std::size_t n = r() % 75;
        const bool small = r() % 2 == 0;
        const auto now = static_cast<std::int64_t>(r() >> 12);
        std::vector<std::int64_t> points;
        for (int k = 0; k < 5; ++k) {
            const auto size = static_cast<std::int64_t>(r() % 1'000'000'000'000'001U);
            points.push_back(r() % 3 == 0   ? 0
                             : small        ? size % (std::int64_t{1} << 32)
                             : r() % 2 == 0 ? size
                                            : -size);
        }
        std::vector<lf::instant> at;
        std::vector<std::uint32_t> kinds;
        for (std::size_t i = 0; i < n; ++i) {
            const auto spread =
                std::min<std::uint64_t>(static_cast<std::uint64_t>(period), 1U << 30);
            const auto age = static_cast<std::int64_t>((r() % 40) * spread + r() % (spread + 1));
            at.push_back(lf::instant{lf::duration{now - age + (r() % 7 == 0 ? age + 1 : 0)}});
            kinds.push_back(static_cast<std::uint32_t>(r() % points.size()));
        }
        const lf::detail::award_column column{at, kinds, points, small};
        std::vector<std::int64_t> instants(n);
        for (auto& t : instants)
            t = now + static_cast<std::int64_t>(r() % (static_cast<std::uint64_t>(period) + 1)) -
                (r() % 5 == 0 ? period / 2 : 0);
        std::vector<std::int64_t> portable(n);
        lf::detail::keep_awards(d, column, now, portable, width::one);
        std::vector<std::int64_t> sums = portable;
        lf::detail::add_kept(d, now, points.front(), instants, sums, width::one);
        for (const auto w : {width::four, width::eight}) {
            if (w > lf::detail::widest_vectors()) continue;
            std::vector<std::int64_t> wide(n);
            lf::detail::keep_awards(d, column, now, wide, w);
            REQUIRE(wide == portable);
            lf::detail::add_kept(d, now, points.front(), instants, wide, w);
            REQUIRE(wide == sums);
        }
    }
}
