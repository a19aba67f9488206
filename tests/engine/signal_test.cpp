// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// When a kind of signal is added, the compiler points at the switches over `signal_kind`, and this
// test at its name. Python's tests point at the lists there.

#include "catch.hpp"
#include "engine/signal_kinds.hpp"

#include <leadfunnel/engine/detail/signal_kinds.hpp>

#include <cstdint>
#include <set>
#include <string_view>

namespace lf = leadfunnel;

TEST_CASE("every kind of signal has a name of its own, and no other number has one") {
    const auto all = signal_kinds();
    std::set<std::string_view> names;
    for (const auto kind : all) {
        names.insert(to_string(kind));
        CHECK(lf::detail::is_signal_kind(kind));
    }
    CHECK(names.size() == all.size());
    CHECK(all.back() == lf::signal_kind::model_replaced);
    for (auto k = all.size(); k < 256; ++k)
        CHECK_FALSE(lf::detail::is_signal_kind(lf::signal_kind{static_cast<std::uint8_t>(k)}));
}
