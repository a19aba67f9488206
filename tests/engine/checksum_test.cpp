// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"
#include "streams.hpp"

#include <leadfunnel/engine/detail/checksum.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace lf = leadfunnel;

TEST_CASE("the checksum of snapshots is XXH3 with 64 bits") {
    // Snapshots are kept for years: these values must not change.
    CHECK(lf::detail::checksum_of("") == 0x2d06800538d394c2U);
    CHECK(lf::detail::checksum_of("abc") == 0x78af5f94892f3950U);
}

TEST_CASE("a checksum depends on the bytes, not on the pieces in which they come") {
    streams::random r{1};
    std::string bytes;
    for (int i = 0; i < 5'000; ++i) bytes += static_cast<char>(r.below(256));
    lf::detail::checksum sum;
    for (std::size_t n = 0; n <= bytes.size(); n += 1 + r.below(40)) {
        const auto all = std::string_view{bytes}.substr(0, n);
        sum.reset();
        const std::size_t longest = 1 + r.below(2'000);
        for (auto rest = all; !rest.empty();) {
            const auto k = std::min<std::size_t>(rest.size(), r.below(longest + 1));
            sum.add(rest.substr(0, k));
            rest.remove_prefix(k);
        }
        REQUIRE(sum.value() == lf::detail::checksum_of(all));
    }
}

TEST_CASE("a checksum sees every changed bit") {
    const std::string bytes(1'000, 'x');
    const auto whole = lf::detail::checksum_of(bytes);
    for (std::size_t i = 0; i < 8 * bytes.size(); ++i) {
        auto changed = bytes;
        changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
        REQUIRE(lf::detail::checksum_of(changed) != whole);
    }
}
