// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/core/value.hpp>

#include <charconv>
#include <chrono>
#include <cmath>
#include <compare>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::string_literals;

namespace {

/// Values in rising order.
std::vector<lf::value> ladder() {
    return {
        std::monostate{},
        false,
        true,
        -std::numeric_limits<double>::max(),
        -1.0,
        -std::numeric_limits<double>::denorm_min(),
        0.0,
        std::numeric_limits<double>::denorm_min(),
        1.0,
        std::nextafter(1.0, 2.0),
        std::numeric_limits<double>::max(),
        ""s,
        "\0"s,
        "A"s,
        "a"s,
        "a\0"s,
        "ab"s,
        "b"s,
        "\x7f"s,
        "\x80"s, // by bytes, which are unsigned
        "\xff"s,
        lf::always,
        lf::instant{lf::duration{-1}},
        lf::instant{},
        lf::never,
        lf::text_set{},
        lf::text_set{""},
        lf::text_set{"a"},
        lf::text_set{"a", "b"},
        lf::text_set{"a", "b", "c"},
        lf::text_set{"a", "c"},
        lf::text_set{"b"},
    };
}

} // namespace

TEST_CASE("values have a total order by type, then content", "[value]") {
    const auto values = ladder();
    for (std::size_t i = 0; i < values.size(); ++i)
        for (std::size_t j = 0; j < values.size(); ++j) {
            INFO(i << ' ' << j);
            CHECK(lf::compare(values[i], values[j]) == (i <=> j));
        }
}

TEST_CASE("minus zero is zero", "[value]") {
    CHECK(lf::compare(lf::value{-0.0}, lf::value{0.0}) == std::strong_ordering::equal);
    CHECK(lf::to_string(-0.0) == "0");
}

TEST_CASE("maps are ordered by names and values in turn", "[value]") {
    const std::vector<lf::value_map> maps = {
        {},
        {{"a", std::monostate{}}},
        {{"a", 1.0}},
        {{"a", 1.0}, {"b", 1.0}},
        {{"a", 1.0}, {"c", 0.0}},
        {{"a", 2.0}},
        {{"a", "1"s}},
        {{"b", std::monostate{}}},
    };
    for (std::size_t i = 0; i < maps.size(); ++i)
        for (std::size_t j = 0; j < maps.size(); ++j) {
            INFO(i << ' ' << j);
            CHECK(lf::compare(maps[i], maps[j]) == (i <=> j));
        }
}

TEST_CASE("the enumerators of types are the places of the alternatives", "[value]") {
    CHECK_FALSE(lf::is_set(lf::value{}));
    CHECK(lf::is_set(lf::value{false}));
    CHECK(lf::is_of(lf::value{true}, lf::value_type::boolean));
    CHECK(lf::is_of(lf::value{1.0}, lf::value_type::number));
    CHECK(lf::is_of(lf::value{"x"s}, lf::value_type::string));
    CHECK(lf::is_of(lf::value{lf::instant{}}, lf::value_type::timestamp));
    CHECK(lf::is_of(lf::value{lf::text_set{}}, lf::value_type::set));
    CHECK_FALSE(lf::is_of(lf::value{}, lf::value_type::set));
}

TEST_CASE("values are written as in CSV", "[value]") {
    CHECK(lf::to_string(lf::value{}).empty());
    CHECK(lf::to_string(lf::value{true}) == "true");
    CHECK(lf::to_string(lf::value{false}) == "false");
    CHECK(lf::to_string(lf::value{12.5}) == "12.5");
    CHECK(lf::to_string(lf::value{"a;b \"c\""s}) == "a;b \"c\"");
    CHECK(lf::to_string(lf::value{lf::instant{std::chrono::seconds{1}}}) == "1970-01-01T00:00:01Z");
    CHECK(lf::to_string(lf::value{lf::text_set{}}).empty());
    CHECK(lf::to_string(lf::value{lf::text_set{"c", "a", "b"}}) == "a;b;c");
}

TEST_CASE("numbers have few digits, no exponent where people write none", "[value]") {
    CHECK(lf::to_string(0.0) == "0");
    CHECK(lf::to_string(1.0) == "1");
    CHECK(lf::to_string(100'000.0) == "100000");
    CHECK(lf::to_string(1e15) == "1000000000000000");
    CHECK(lf::to_string(1e16) == "1e+16");
    CHECK(lf::to_string(0.1) == "0.1");
    CHECK(lf::to_string(-0.1) == "-0.1");
    CHECK(lf::to_string(0.1 + 0.2) == "0.30000000000000004");
    CHECK(lf::to_string(1e-5) == "0.00001");
    CHECK(lf::to_string(1e-6) == "1e-06");
    CHECK(lf::to_string(9'007'199'254'740'993.0) == "9007199254740992");
}

TEST_CASE("numbers read back as the same bits", "[value]") {
    std::mt19937_64 random{10};
    for (int i = 0; i < 200'000; ++i) {
        std::uint64_t bits = random();
        double x = 0;
        std::memcpy(&x, &bits, sizeof x);
        if (i % 2 == 0) x = static_cast<double>(static_cast<std::int64_t>(bits)) / 1e9;
        if (!std::isfinite(x)) continue;
        const auto text = lf::to_string(x);
        double back = 1;
        const auto end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, back);
        INFO(text);
        REQUIRE(error == std::errc{});
        REQUIRE(stopped == end);
        REQUIRE(lf::compare(lf::value{back}, lf::value{x}) == std::strong_ordering::equal);
    }
}
