// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/core/exp2.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace lf = leadfunnel;

namespace {

constexpr std::uint64_t one = std::uint64_t{1} << 32;
constexpr long double unit = 1.0L / lf::whole_factor;

long double true_exp2(std::uint64_t x) {
    return std::exp2(-static_cast<long double>(x) / static_cast<long double>(one));
}

} // namespace

TEST_CASE("2^-x is near the real function, and never rises", "[exp2]") {
    // All of [0, 34), densely enough to meet each rounding of the coefficients.
    long double worst = 0;
    lf::factor before = lf::whole_factor;
    for (std::uint64_t x = 0; x < 34 * one; x += 9'973) {
        const lf::factor f = lf::exp2_negative(x);
        worst = std::max(worst, std::fabs(f * unit - true_exp2(x)));
        if (f > before) FAIL("rises at " << x);
        before = f;
    }
    INFO("worst error in 2^-30: " << static_cast<double>(worst * 0x1p30L));
    CHECK(worst < 0.5L * 0x1p-30L);
}

TEST_CASE("2^-x never rises between neighbours", "[exp2]") {
    std::mt19937_64 random{2};
    for (int run = 0; run < 2'000; ++run) {
        const std::uint64_t start = random() % (33 * one);
        for (std::uint64_t x = start; x < start + 500; ++x)
            if (lf::exp2_negative(x + 1) > lf::exp2_negative(x)) FAIL("rises after " << x);
    }
    for (std::uint64_t whole = 1; whole <= 34; ++whole)
        for (std::uint64_t x = whole * one - 500; x < whole * one + 500; ++x)
            if (lf::exp2_negative(x + 1) > lf::exp2_negative(x)) FAIL("rises after " << x);
}

TEST_CASE("2^-x is exact at whole x", "[exp2]") {
    CHECK(lf::exp2_negative(0) == lf::whole_factor);
    for (unsigned whole = 0; whole <= 31; ++whole)
        CHECK(lf::exp2_negative(whole * one) == lf::whole_factor >> whole);
    CHECK(lf::exp2_negative(32 * one) == 1); // a half, rounded
    CHECK(lf::exp2_negative(33 * one) == 0);
    CHECK(lf::exp2_negative(1'000'000 * one) == 0);
    CHECK(lf::exp2_negative(std::numeric_limits<std::uint64_t>::max()) == 0);
}

TEST_CASE("2^-x has the same bits on every machine", "[exp2]") {
    struct golden {
        std::uint64_t x;
        lf::factor f;
    };
    constexpr golden table[] = {
        {1U, 2147483648U},          {2U, 2147483647U},          {4294967U, 2145995642U},
        {429496729U, 2003673093U},  {613566756U, 1945026759U},  {1073741824U, 1805811301U},
        {1431655765U, 1704458901U}, {2147483648U, 1518500250U}, {2863311530U, 1352829927U},
        {3221225472U, 1276901417U}, {4294967295U, 1073741824U}, {4294967297U, 1073741824U},
        {6442450944U, 759250125U},  {21487182158U, 66975288U},  {43937327281U, 1788159U},
        {87331001685U, 1625U},      {130996502528U, 1U},        {133143986177U, 1U},
        {137438953471U, 1U},        {137438953473U, 0U},        {141733920767U, 0U},
    };
    for (const auto& [x, f] : table) {
        INFO(x);
        CHECK(lf::exp2_negative(x) == f);
    }
    // A checksum over [0, 33): any changed bit shows.
    std::uint64_t sum = 0;
    for (std::uint64_t x = 0; x < 33 * one; x += 104'729)
        sum = sum * 6'364'136'223'846'793'005U + lf::exp2_negative(x);
    CHECK(sum == 10917534523188988107U);
    static_assert(lf::exp2_negative(one / 2) == 1518500250U);
}

TEST_CASE("ages are divided by a period without a division", "[exp2]") {
    std::mt19937_64 random{3};
    const auto within = [&](std::int64_t period, std::int64_t age) {
        const lf::period_divisor d{period};
        const std::uint64_t ratio = d.ratio(age);
        if (age / 33 >= period) return ratio == 33 * one;
        const lf::wide exact = (static_cast<lf::wide>(age) << 32) / period;
        // Too low by at most 2^-32 + 2^-31 * age / period; one more unit for rounding the exact
        // ratio down.
        const lf::wide slack = 1 + (exact * 2 >> 32) + 1;
        return static_cast<lf::wide>(ratio) <= exact &&
               static_cast<lf::wide>(ratio) + slack >= exact;
    };
    for (int i = 0; i < 300'000; ++i) {
        const auto period = static_cast<std::int64_t>((random() >> (1 + random() % 62)) | 1);
        const auto whole = static_cast<lf::wide>(period) * 34;
        const auto most = std::min<lf::wide>(whole, std::numeric_limits<std::int64_t>::max());
        const auto age = static_cast<std::int64_t>(static_cast<lf::wide>(random() >> 1) % most);
        INFO(period << ' ' << age);
        REQUIRE(within(period, age));
        REQUIRE(within(period, period));
        REQUIRE(within(period, period - 1));
    }
    // Powers of two and their neighbours, where the shift changes.
    for (int bit = 0; bit < 58; ++bit)
        for (std::int64_t off = -1; off <= 1; ++off) {
            const std::int64_t period = (std::int64_t{1} << bit) + off;
            if (period < 1) continue;
            for (std::int64_t times = 0; times < 34; ++times)
                for (std::int64_t more = -1; more <= 1; ++more) {
                    const std::int64_t age = period * times + more;
                    INFO(period << ' ' << age);
                    if (age >= 0) REQUIRE(within(period, age));
                }
        }
}

TEST_CASE("a quotient of ages never falls as the age grows", "[exp2]") {
    std::mt19937_64 random{4};
    for (int i = 0; i < 2'000; ++i) {
        const auto period = static_cast<std::int64_t>((random() >> (8 + random() % 50)) | 1);
        const lf::period_divisor d{period};
        const auto start =
            static_cast<std::int64_t>(random() % (33U * static_cast<std::uint64_t>(period)));
        for (std::int64_t age = start; age < start + 200; ++age)
            if (d.ratio(age + 1) < d.ratio(age)) FAIL(period << ' ' << age);
        CHECK(d.ratio(33 * period) == 33 * one);
        CHECK(d.ratio(33 * period - 1) <= 33 * one);
    }
}

TEST_CASE("a factor of an award is rounded half away from zero", "[exp2]") {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    const auto plain = [](std::int64_t p, lf::factor f) {
        return static_cast<std::int64_t>(
            lf::divide_rounded(static_cast<lf::wide>(p) * f, lf::whole_factor));
    };
    CHECK(lf::scaled(3, lf::whole_factor / 2) == 2);
    CHECK(lf::scaled(-3, lf::whole_factor / 2) == -2);
    CHECK(lf::scaled(25'000'000, lf::whole_factor) == 25'000'000);
    CHECK(lf::scaled(most, lf::whole_factor) == most);
    CHECK(lf::scaled(least, lf::whole_factor) == least);
    CHECK(lf::scaled(most, 0) == 0);
    std::mt19937_64 random{5};
    for (int i = 0; i < 300'000; ++i) {
        const auto p = static_cast<std::int64_t>(random()) >> (random() % 64);
        const auto f = static_cast<lf::factor>(random() % (std::uint64_t{lf::whole_factor} + 1));
        REQUIRE(lf::scaled(p, f) == plain(p, f));
    }
}
