// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/plan/decay.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace lf = leadfunnel;
namespace chrono = std::chrono;
using std::chrono::days;
using std::chrono::hours;

namespace {

constexpr long double unit = 1.0L / lf::whole_factor;
constexpr lf::duration tick{1};

/// The factor of a curve in real numbers.
long double real(const lf::decay_curve& curve, lf::duration age) {
    const auto a = static_cast<long double>(age.count());
    if (const auto* d = std::get_if<lf::half_life>(&curve))
        return std::exp2(-a / static_cast<long double>(d->period.count()));
    if (const auto* d = std::get_if<lf::linear_decay>(&curve))
        return std::max(0.0L, 1 - a / static_cast<long double>(d->over.count()));
    if (const auto* d = std::get_if<lf::step_decay>(&curve)) {
        const auto k = static_cast<long double>(age / d->every);
        const auto off = static_cast<long double>(d->percent.micros()) / 1e8L;
        return d->compound ? std::pow(1 - off, k) : std::max(0.0L, 1 - k * off);
    }
    if (const auto* d = std::get_if<lf::expiry>(&curve)) return age < d->after ? 1 : 0;
    if (const auto* d = std::get_if<lf::decay_table>(&curve)) {
        long double a0 = 0;
        long double f0 = 1;
        for (const auto& p : d->points) {
            const auto a1 = static_cast<long double>(p.age.count());
            const auto f1 = static_cast<long double>(p.factor.micros()) / 1e6L;
            if (age < p.age) return d->interpolate ? f0 + (f1 - f0) * (a - a0) / (a1 - a0) : f0;
            a0 = a1;
            f0 = f1;
        }
        return f0;
    }
    return 1;
}

/// All shapes, from the shortest times to the longest.
std::vector<lf::decay_curve> curves() {
    std::vector<lf::decay_curve> all = {lf::no_decay{}};
    for (const lf::duration d :
         {lf::duration{1}, lf::duration{2}, lf::duration{3}, lf::duration{999},
          lf::duration{hours{1}}, lf::duration{days{7}}, lf::duration{days{30}},
          lf::duration{days{30}} + tick, lf::duration{days{365}}, lf::longest_duration}) {
        all.emplace_back(lf::half_life{d});
        all.emplace_back(lf::linear_decay{d});
        all.emplace_back(lf::expiry{d});
        for (const double percent : {0.1, 1.0, 12.345678, 25.0, 33.333333, 50.0, 99.9, 100.0})
            for (const bool compound : {false, true})
                all.emplace_back(lf::step_decay{percent, d, compound});
        for (const bool interpolate : {false, true}) {
            all.emplace_back(lf::decay_table{{{d, 0.5}}, interpolate});
            all.emplace_back(lf::decay_table{{{d, 0}}, interpolate});
            all.emplace_back(lf::decay_table{{{d, 1},
                                              {d * 2, 0.333333},
                                              {d * 3, 0.333333},
                                              {d * 5, 0.9},
                                              {d * 6, 0},
                                              {d * 8, 0}},
                                             interpolate});
        }
    }
    return all;
}

lf::duration reach(const lf::decay_curve& curve) {
    const auto most = lf::longest_duration;
    const auto times = [&](lf::duration d, std::int64_t n) {
        return d > most / n ? most : lf::duration{d * n};
    };
    if (const auto* d = std::get_if<lf::half_life>(&curve)) return times(d->period, 36);
    if (const auto* d = std::get_if<lf::linear_decay>(&curve)) return times(d->over, 2);
    if (const auto* d = std::get_if<lf::step_decay>(&curve)) return times(d->every, 30'000);
    if (const auto* d = std::get_if<lf::expiry>(&curve)) return times(d->after, 2);
    if (const auto* d = std::get_if<lf::decay_table>(&curve)) return times(d->points.back().age, 2);
    return most;
}

lf::factor at(const lf::decay_curve& curve, lf::duration age) {
    return lf::compiled_decay{curve}.at(age);
}

} // namespace

TEST_CASE("every shape is within 2^-30 of the real function", "[decay]") {
    std::mt19937_64 random{16};
    std::size_t n = 0;
    for (const auto& curve : curves()) {
        const lf::compiled_decay d{curve};
        INFO("curve " << n++ << " of kind " << curve.index());
        CHECK(d.at(lf::duration{0}) == lf::whole_factor);
        const auto most = static_cast<std::uint64_t>(reach(curve).count());
        for (int i = 0; i < 3'000; ++i) {
            // As many young ages as old ones.
            const lf::duration age{
                static_cast<std::int64_t>((random() % (most + 1)) >> (random() % 24))};
            const auto f = d.at(age);
            const auto error = std::fabs(f * unit - real(curve, age));
            if (f > lf::whole_factor || error > 0x1p-30L)
                FAIL(lf::to_string(age) << " off by " << static_cast<double>(error * 0x1p30L));
        }
    }
}

TEST_CASE("a decay without a rising table never rises", "[decay]") {
    std::mt19937_64 random{17};
    for (const auto& curve : curves()) {
        if (std::holds_alternative<lf::decay_table>(curve)) continue;
        const lf::compiled_decay d{curve};
        const auto most = static_cast<std::uint64_t>(reach(curve).count());
        for (int i = 0; i < 2'000; ++i) {
            const lf::duration a{static_cast<std::int64_t>(random() % (most + 1))};
            const lf::duration b{static_cast<std::int64_t>(random() % (most + 1))};
            REQUIRE((d.at(std::min(a, b)) >= d.at(std::max(a, b))));
            REQUIRE(d.at(a) >= d.at(a + tick));
        }
    }
}

TEST_CASE("factors change at breakpoints, or all the time", "[decay]") {
    std::mt19937_64 random{18};
    std::size_t n = 0;
    for (const auto& curve : curves()) {
        const lf::compiled_decay d{curve};
        INFO("curve " << n++ << " of kind " << curve.index());
        lf::duration age{0};
        for (int i = 0; i < 30'000; ++i) {
            const auto next = d.next_breakpoint(age);
            const lf::duration last = next ? *next - tick : lf::duration::max();
            if (next) REQUIRE(*next > age);
            if (d.is_stepwise() && next) REQUIRE(d.at(*next) != d.at(last));
            if (!d.is_continuous() || !next) {
                // The factor is constant until the next breakpoint, and after the last.
                REQUIRE(d.at(last) == d.at(age));
                const auto span = static_cast<std::uint64_t>((last - age).count()) + 1;
                const lf::duration between =
                    age + tick * static_cast<std::int64_t>(random() % span);
                REQUIRE(d.at(between) == d.at(age));
                REQUIRE(d.next_breakpoint(between) == next);
            }
            if (!next) break;
            age = *next;
        }
        CHECK_FALSE(d.next_breakpoint(age));
    }
}

TEST_CASE("an award is gone where it keeps nothing for ever", "[decay]") {
    for (const auto& curve : curves()) {
        const lf::compiled_decay d{curve};
        INFO("kind " << curve.index());
        CHECK(d.is_constant() == std::holds_alternative<lf::no_decay>(curve));
        CHECK(d.is_half_life() == std::holds_alternative<lf::half_life>(curve));
        CHECK(d.is_linear() == std::holds_alternative<lf::linear_decay>(curve));
        CHECK(d.fades() == (d.is_half_life() || d.is_linear()));
        CHECK_FALSE((d.is_continuous() && d.is_stepwise()));
        if (d.fades()) {
            CHECK(d.is_gone(d.lifetime()));
            CHECK_FALSE(d.is_gone(d.lifetime() - tick));
            CHECK(d.at(d.lifetime()) == 0);
        }
        lf::duration age{0};
        for (int i = 0; i < 1'000; ++i) {
            const auto next = d.next_breakpoint(age);
            REQUIRE(d.is_gone(age) == (d.at(age) == 0 && !next));
            if (!next) break;
            age = *next;
        }
    }
}

TEST_CASE("breakpoints are where the curve says", "[decay]") {
    const auto all = [](const lf::decay_curve& curve) {
        const lf::compiled_decay d{curve};
        std::vector<lf::duration> ages;
        for (auto a = d.next_breakpoint(lf::duration{0}); a; a = d.next_breakpoint(*a))
            ages.push_back(*a);
        return ages;
    };
    using ages = std::vector<lf::duration>;
    CHECK(all(lf::no_decay{}).empty());
    CHECK(all(lf::half_life{days{30}}) == ages{days{990}});
    CHECK(all(lf::linear_decay{days{30}}) == ages{days{30}});
    CHECK(all(lf::expiry{days{30}}) == ages{days{30}});
    CHECK(all(lf::step_decay{25, days{30}}) == ages{days{30}, days{60}, days{90}, days{120}});
    CHECK(all(lf::step_decay{40, days{1}}) == ages{days{1}, days{2}, days{3}});
    CHECK(all(lf::step_decay{50, days{1}, true}).size() == 32);
    CHECK(all(lf::step_decay{100, days{1}, true}) == ages{days{1}});
    CHECK(all(lf::decay_table{{{days{7}, 0.5}, {days{14}, 0.5}, {days{21}, 0}}}) ==
          ages{days{7}, days{21}});
    CHECK(all(lf::decay_table{{{days{7}, 0.5}, {days{14}, 0.5}, {days{21}, 0}}, true}) ==
          ages{days{7}, days{14}, days{21}});
    CHECK(all(lf::decay_table{{{days{7}, 1}}}).empty());
    // In the tail of a compound step, most steps change nothing. They are no breakpoints.
    const auto slow = all(lf::step_decay{0.1, days{1}, true});
    CHECK(slow.size() < 22'200);
    CHECK(slow.back() > days{21'000});
}

TEST_CASE("the documented edges of each shape", "[decay]") {
    constexpr lf::factor one = lf::whole_factor;
    CHECK(at(lf::no_decay{}, lf::longest_duration) == one);
    CHECK(at(lf::half_life{days{30}}, days{30}) == one / 2);
    CHECK(at(lf::half_life{days{30}}, days{60}) == one / 4);
    CHECK(at(lf::half_life{days{30}}, days{990}) == 0);
    CHECK(at(lf::linear_decay{days{30}}, days{30}) == 0);
    CHECK(at(lf::linear_decay{days{30}}, days{30} - tick) > 0);
    // The quotient is rounded down, so the factor is slightly high.
    CHECK(at(lf::linear_decay{days{32}}, days{8}) >= one / 4 * 3);
    CHECK(at(lf::linear_decay{days{32}}, days{8}) <= one / 4 * 3 + 1);
    CHECK(at(lf::expiry{days{30}}, days{30} - tick) == one);
    CHECK(at(lf::expiry{days{30}}, days{30}) == 0);
    CHECK(at(lf::step_decay{25, days{30}}, days{30} - tick) == one);
    CHECK(at(lf::step_decay{25, days{30}}, days{30}) == one / 4 * 3);
    CHECK(at(lf::step_decay{25, days{30}}, days{120} - tick) == one / 4);
    CHECK(at(lf::step_decay{25, days{30}}, days{120}) == 0);
    CHECK(at(lf::step_decay{25, days{30}, true}, days{60}) == one / 16 * 9);
    CHECK(at(lf::decay_table{{{days{7}, 0.5}}}, days{7} - tick) == one);
    CHECK(at(lf::decay_table{{{days{7}, 0.5}}}, days{7}) == one / 2);
    CHECK(at(lf::decay_table{{{days{8}, 0.5}}, true}, days{4}) == one / 4 * 3);
    CHECK(at(lf::decay_table{{{days{8}, 0.5}}, true}, days{800}) == one / 2);
    CHECK(at(lf::decay_table{{}}, days{8}) == one);
    CHECK(at(lf::decay_table{{}, true}, days{8}) == one);
}

TEST_CASE("factors are the documented integers", "[decay]") {
    // The recurrence and the formulas of the header, written out in 128 bits.
    using lf::wide;
    std::mt19937_64 random{19};
    for (int i = 0; i < 300; ++i) {
        const auto p = static_cast<std::int64_t>(100'000 + random() % 99'900'001);
        const lf::duration every{static_cast<std::int64_t>(1 + random() % 1'000'000'000'000)};
        const lf::compiled_decay plain{lf::step_decay{lf::decimal::from_micros(p), every}};
        const lf::compiled_decay compound{lf::step_decay{lf::decimal::from_micros(p), every, true}};
        wide y = wide{1} << 62;
        for (std::int64_t k = 0; k < 300; ++k) {
            const wide left =
                (wide{1} << 31) - lf::divide_rounded((wide{1} << 31) * k * p, 100'000'000);
            REQUIRE(plain.at(every * k) == static_cast<lf::factor>(left < 0 ? 0 : left));
            REQUIRE(compound.at(every * k) == static_cast<lf::factor>((y + (wide{1} << 30)) >> 31));
            REQUIRE(compound.at(every * k) == compound.at(every * (k + 1) - tick));
            y = y * (100'000'000 - p) / 100'000'000;
        }
    }
    for (int i = 0; i < 3'000; ++i) {
        const lf::duration over{static_cast<std::int64_t>(1 + random() % 6'000'000'000'000'000)};
        const lf::duration age{static_cast<std::int64_t>(random()) & 0xf'ffff'ffff'ffff};
        const auto ratio = lf::period_divisor{over.count()}.ratio(age.count());
        REQUIRE(at(lf::half_life{over}, age) == lf::exp2_negative(ratio));
        const auto half = std::min<std::uint64_t>(ratio, std::uint64_t{1} << 32) / 2;
        REQUIRE(at(lf::linear_decay{over}, age) ==
                (age >= over ? 0 : lf::whole_factor - static_cast<lf::factor>(half)));
    }
}

TEST_CASE("decays have the same bits on every machine", "[decay]") {
    struct golden {
        std::string name;
        lf::decay_curve curve;
        std::vector<lf::factor> at; // ages of 1, 10, 29, 30, 31, 100, 365, 1000 days
    };
    const std::vector<golden> table = {
        {"half-life 30d",
         lf::half_life{days{30}},
         {2098435047U, 1704458896U, 1098839346U, 1073741821U, 1049217524U, 213057362U, 467088U,
          0U}},
        {"half-life 7d",
         lf::half_life{days{7}},
         {1945026732U, 797787098U, 121564171U, 110103546U, 99723387U, 107523U, 0U, 0U}},
        {"linear 90d",
         lf::linear_decay{days{90}},
         {2123622716U, 1908874351U, 1455516692U, 1431655763U, 1407794833U, 0U, 0U, 0U}},
        {"step 10 % 7d",
         lf::step_decay{10, days{7}},
         {2147483648U, 1932735283U, 1288490189U, 1288490189U, 1288490189U, 0U, 0U, 0U}},
        {"compound 3.5 % 1d",
         lf::step_decay{3.5, days{1}, true},
         {2072321720U, 1503844733U, 764226253U, 737478334U, 711666592U, 60906157U, 4835U, 0U}},
        {"compound 0.1 % 1h",
         lf::step_decay{0.1, hours{1}, true},
         {2096532422U, 1689067633U, 1070310216U, 1044916022U, 1020124330U, 194581527U, 335434U,
          0U}},
        {"ramp",
         lf::decay_table{{{days{20}, 0.75}, {days{60}, 0.333333}, {days{400}, 0}}, true},
         {2120640099U, 1879048188U, 1409285980U, 1386916341U, 1364546701U, 631612206U, 73688090U,
          0U}},
    };
    for (const auto& g : table) {
        std::vector<lf::factor> found;
        for (const int age : {1, 10, 29, 30, 31, 100, 365, 1000})
            found.push_back(at(g.curve, days{age} + chrono::microseconds{12'345}));
        INFO(g.name);
        CHECK(found == g.at);
    }
}

TEST_CASE("equal curves compile to equal decays", "[decay]") {
    const auto all = curves();
    for (const auto& curve : all) CHECK(lf::compiled_decay{curve} == lf::compiled_decay{curve});
    CHECK_FALSE(lf::compiled_decay{lf::half_life{days{1}}} ==
                lf::compiled_decay{lf::linear_decay{days{1}}});
    CHECK_FALSE(lf::compiled_decay{lf::step_decay{25, days{1}}} ==
                lf::compiled_decay{lf::step_decay{26, days{1}}});
    CHECK(lf::compiled_decay{} == lf::compiled_decay{lf::no_decay{}});
}
