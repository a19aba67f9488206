// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/core/decimal.hpp>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace lf = leadfunnel;

namespace {

constexpr auto most = std::numeric_limits<std::int64_t>::max();
constexpr auto least = std::numeric_limits<std::int64_t>::min();

std::int64_t micros(std::string_view text) {
    const auto d = lf::parse_decimal(text);
    INFO(text);
    REQUIRE(d);
    return d->micros();
}

} // namespace

TEST_CASE("decimals are read exactly", "[decimal]") {
    CHECK(micros("0") == 0);
    CHECK(micros("-0") == 0);
    CHECK(micros("25") == 25'000'000);
    CHECK(micros("+25") == 25'000'000);
    CHECK(micros("-0.5") == -500'000);
    CHECK(micros("0.000001") == 1);
    CHECK(micros("0.1") == 100'000);
    CHECK(micros("000012.500") == 12'500'000);
    CHECK(micros("1e3") == 1'000'000'000);
    CHECK(micros("1E+3") == 1'000'000'000);
    CHECK(micros("1.5e-3") == 1'500);
    CHECK(micros("123456789e-9") == 123'457);
    CHECK(micros("0.000000000025e6") == 25);
}

TEST_CASE("the seventh decimal is rounded half away from zero", "[decimal]") {
    CHECK(micros("0.0000005") == 1);
    CHECK(micros("-0.0000005") == -1);
    CHECK(micros("0.00000049999999999999999999") == 0);
    CHECK(micros("-0.00000049999999999999999999") == 0);
    CHECK(micros("1.0000015") == 1'000'002);
    CHECK(micros("1.0000014999999") == 1'000'001);
    CHECK(micros("0.9999995") == 1'000'000);
    CHECK(micros("5e-7") == 1);
    CHECK(micros("50e-8") == 1);
    CHECK(micros("4.9e-7") == 0);
    CHECK(micros("0.05e-5") == 1);
    CHECK(micros("9e-8") == 0);
    CHECK(micros("9e-1000000000000000000000") == 0);
}

TEST_CASE("numbers out of range are refused, to the last unit", "[decimal]") {
    CHECK(micros("9223372036854.775807") == most);
    CHECK(micros("9223372036854.7758074") == most);
    CHECK_FALSE(lf::parse_decimal("9223372036854.7758075"));
    CHECK_FALSE(lf::parse_decimal("9223372036854.775808"));
    CHECK(micros("-9223372036854.775808") == least);
    CHECK(micros("-9223372036854.7758084") == least);
    CHECK_FALSE(lf::parse_decimal("-9223372036854.775809"));
    CHECK_FALSE(lf::parse_decimal("1e13"));
    CHECK_FALSE(lf::parse_decimal("1e400"));
    CHECK_FALSE(lf::parse_decimal("1e99999999999999999999999"));
    CHECK_FALSE(lf::parse_decimal("100000000000000000000"));
    CHECK(micros("0e99999999999999999999999") == 0);
    CHECK(micros("0.0e-99999999999999999999999") == 0);
    CHECK(micros("10000000000000000000000000e-25") == 1'000'000);
    CHECK(micros("0.0000000000000000000000001e25") == 1'000'000);
    CHECK(micros("1" + std::string(400, '0') + "e-400") == 1'000'000);
    CHECK(micros("0." + std::string(400, '0') + "1e401") == 1'000'000);
}

TEST_CASE("other text is not a decimal", "[decimal]") {
    for (const char* text :
         {"",    " ",   "+",   "-",         "--1",  "+-1",   ".",     ".5", "5.",   "1.e3",
          "1e",  "1e+", "e3",  "1e3.5",     "0x10", "1,000", "1_000", " 1", "1 ",   "1\n",
          "NaN", "nan", "inf", "-Infinity", "1..2", "1.2.3", "１２",  "1f", "1e--3"}) {
        INFO(text);
        CHECK_FALSE(lf::parse_decimal(text));
    }
    CHECK_FALSE(lf::parse_decimal(std::string_view{"1\0", 2}));
}

TEST_CASE("decimals are written in their shortest form and read back", "[decimal]") {
    CHECK(lf::to_string(lf::decimal{}) == "0");
    CHECK(lf::to_string(lf::decimal{25}) == "25");
    CHECK(lf::to_string(lf::decimal{-0.5}) == "-0.5");
    CHECK(lf::to_string(lf::decimal::from_micros(1)) == "0.000001");
    CHECK(lf::to_string(lf::decimal::from_micros(-1)) == "-0.000001");
    CHECK(lf::to_string(lf::decimal::from_micros(1'200'300)) == "1.2003");
    CHECK(lf::to_string(lf::decimal::max()) == "9223372036854.775807");
    CHECK(lf::to_string(lf::decimal::min()) == "-9223372036854.775808");

    std::mt19937_64 random{1};
    for (int i = 0; i < 100'000; ++i) {
        // All magnitudes are equally likely.
        const auto d =
            lf::decimal::from_micros(static_cast<std::int64_t>(random()) >> (random() % 64));
        const auto text = lf::to_string(d);
        const auto back = lf::parse_decimal(text);
        REQUIRE(back);
        REQUIRE(*back == d);
        REQUIRE((text.find('.') == std::string::npos || text.back() != '0'));
    }
}

TEST_CASE("conversions saturate and round half away from zero", "[decimal]") {
    CHECK(lf::decimal{most}.micros() == most);
    CHECK(lf::decimal{least}.micros() == least);
    CHECK(lf::decimal{std::numeric_limits<std::uint64_t>::max()}.micros() == most);
    CHECK(lf::decimal{9'223'372'036'854}.micros() == 9'223'372'036'854'000'000);
    CHECK(lf::decimal{9'223'372'036'855}.micros() == most);
    CHECK(lf::decimal{1e300}.micros() == most);
    CHECK(lf::decimal{-1e300}.micros() == least);
    CHECK(lf::decimal{std::numeric_limits<double>::infinity()}.micros() == most);
    CHECK(lf::decimal{-std::numeric_limits<double>::infinity()}.micros() == least);
    CHECK(lf::decimal{std::numeric_limits<double>::quiet_NaN()}.micros() == 0);
    CHECK(lf::decimal{0.1}.micros() == 100'000);
    CHECK(lf::decimal{0.1 + 0.2}.micros() == 300'000);
    CHECK(lf::decimal{0.00000050001}.micros() == 1);
    CHECK(lf::decimal{-0.00000050001}.micros() == -1);
    CHECK(lf::decimal{2.5 / 1'000'000}.micros() == 3);
    CHECK(lf::decimal{-2.5 / 1'000'000}.micros() == -3);

    bool saturated = false;
    CHECK(lf::decimal::from_micros(lf::wide{most}, &saturated).micros() == most);
    CHECK_FALSE(saturated);
    CHECK(lf::decimal::from_micros(lf::wide{most} + 1, &saturated).micros() == most);
    CHECK(saturated);
    CHECK(lf::decimal::from_micros(0, &saturated).micros() == 0);
    CHECK(saturated); // set, never cleared
}

TEST_CASE("arithmetic saturates", "[decimal]") {
    CHECK(lf::decimal::max() + 1 == lf::decimal::max());
    CHECK(lf::decimal::min() - 1 == lf::decimal::min());
    CHECK(-lf::decimal::min() == lf::decimal::max());
    CHECK(lf::decimal{0.1} + 0.2 == lf::decimal{0.3});
}

TEST_CASE("quotients and products are rounded half away from zero", "[decimal]") {
    CHECK(lf::divide_rounded(5, 2) == 3);
    CHECK(lf::divide_rounded(-5, 2) == -3);
    CHECK(lf::divide_rounded(4, 3) == 1);
    CHECK(lf::divide_rounded(5, 3) == 2);
    CHECK(lf::divide_rounded(-4, 3) == -1);
    CHECK(lf::divide_rounded(7, 5) == 1);
    CHECK(lf::divide_rounded(8, 5) == 2);
    CHECK(lf::divide_rounded(1, 1) == 1);
    for (int den = 1; den < 20; ++den)
        for (int num = -100; num <= 100; ++num) {
            const int doubled = 2 * (num < 0 ? -num : num) + den; // ⌊|n|/d + ½⌋
            const int expected = doubled / (2 * den) * (num < 0 ? -1 : 1);
            REQUIRE(lf::divide_rounded(num, den) == expected);
        }
    CHECK(lf::multiply_micros(0.001, 0.0005) == 1);
    CHECK(lf::multiply_micros(-0.001, 0.0005) == -1);
    CHECK(lf::multiply_micros(0.001, 0.000499) == 0);
    CHECK(lf::multiply_micros(2.5, -4) == -10'000'000);
}
