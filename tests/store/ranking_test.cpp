// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Compares rankings with sorted exact scores. The exact scores are as unfavourable as estimates
// allow.

#include "catch.hpp"
#include "failing_allocation.hpp"

#include <leadfunnel/store/detail/ranking.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace {

namespace lf = leadfunnel;
using lf::detail::envelopes;
using lf::detail::estimate;
using lf::detail::ranking;
using lf::detail::ranking_options;
using lead_number = ranking::lead_number;
using form = estimate::form;

constexpr std::int64_t point = 1'000'000;
constexpr std::int64_t day = 86'400'000'000;
constexpr std::int64_t start = 1'700'000'000'000'000;

lf::instant at(std::int64_t t) { return lf::instant{lf::duration{t}}; }

std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9U;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebU;
    return z ^ (z >> 31);
}

/// Leads with their estimates and their true scores.
struct world {
    world(std::size_t leads, const ranking_options& options)
        : o(options), known(leads), parts(leads), tested(options) {
        for (auto& e : known) e = {.what = form::absent};
        tested.resize(leads);
    }

    /// Some number within the bounds of the estimate; the same at each call.
    std::optional<std::int64_t> exact(lead_number lead, std::int64_t t) const {
        const estimate& e = known[lead];
        const std::uint64_t noise = mixed(lead * 0x9e37'79b9U + static_cast<std::uint64_t>(t));
        const bool valid =
            t >= e.at.time_since_epoch().count() && t < e.valid_until.time_since_epoch().count();
        if (!valid || e.what == form::unknown) {
            if (noise % 5 == 0) return std::nullopt;
            if (noise % 5 == 1) return std::clamp<std::int64_t>(10 * point, o.min, o.max);
            return std::clamp<std::int64_t>(static_cast<std::int64_t>(noise % 40'000'000) - point,
                                            o.min, o.max);
        }
        if (e.what == form::absent) return std::nullopt;
        if (e.what == form::bounded) {
            const auto width =
                static_cast<std::uint64_t>(e.high) - static_cast<std::uint64_t>(e.low);
            const auto x =
                width == std::numeric_limits<std::uint64_t>::max() ? noise : noise % (width + 1);
            return std::clamp(static_cast<std::int64_t>(static_cast<std::uint64_t>(e.low) + x),
                              o.min, o.max);
        }
        if (e.what == form::mixed) {
            const long double d = mixed_part(e, t);
            const auto least = e.terms.least;
            const auto of = [&](std::int64_t x) {
                return std::clamp(o.finish ? o.finish({x, x}).low : x, o.min, o.max);
            };
            if (e.terms.pure && d < envelopes::vanishing) return of(least);
            const auto base = static_cast<long double>(least);
            const auto low =
                std::max(least, static_cast<std::int64_t>(
                                    std::ceil(base + static_cast<long double>(e.terms.below) + d)));
            const auto high = static_cast<std::int64_t>(
                std::floor(base + static_cast<long double>(e.terms.above) + d));
            if (low > high) FAIL("the world contradicts itself");
            return of(low + static_cast<std::int64_t>(
                                noise % (static_cast<std::uint64_t>(high - low) + 1)));
        }
        if (e.decaying == 0) return std::clamp(e.kept, o.min, o.max);
        const auto part = static_cast<long double>(e.decaying) *
                          std::exp2(-static_cast<long double>(t - e.at.time_since_epoch().count()) /
                                    static_cast<long double>(o.half_life.count()));
        if (part < o.vanishing) return std::clamp(e.kept, o.min, o.max);
        const long double off = o.error * (static_cast<long double>(noise % 2001) - 1000) / 1000;
        auto x =
            static_cast<std::int64_t>(std::floor(static_cast<long double>(e.kept) + part + off));
        if (static_cast<long double>(x) < static_cast<long double>(e.kept) + part - o.error) ++x;
        return std::clamp(std::max(x, e.kept), o.min, o.max);
    }

    [[nodiscard]] long double mixed_part(const estimate& e, std::int64_t t) const {
        const auto since = static_cast<long double>(t - e.at.time_since_epoch().count());
        long double d = static_cast<long double>(e.terms.parts.back()) * since / 86'400e6L;
        for (std::size_t j = 0; j < o.half_lives.size(); ++j)
            d += static_cast<long double>(e.terms.parts[j]) *
                 std::exp2(-since / static_cast<long double>(o.half_lives[j].count()));
        return d;
    }

    /// Sets an estimate, and keeps what it refers to.
    void know(lead_number lead, const estimate& e) {
        parts[lead].assign(e.terms.parts.begin(), e.terms.parts.end());
        known[lead] = e;
        known[lead].terms.parts = parts[lead];
    }
    void update(lead_number lead, const estimate& e) {
        know(lead, e);
        tested.update(lead, known[lead]);
    }

    /// Compares all queries at an instant.
    void compare(std::int64_t t, std::mt19937_64& random) {
        const auto ask = [&](lead_number lead, lf::instant when) {
            if (when != at(t)) FAIL("asked for another instant");
            return exact(lead, t);
        };
        std::vector<std::pair<std::int64_t, lead_number>> all;
        for (lead_number i = 0; i < known.size(); ++i)
            if (const auto x = exact(i, t)) all.emplace_back(*x, i);
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
            return a.first != b.first ? a.first > b.first : a.second < b.second;
        });
        const auto above = [&](std::int64_t x) {
            return static_cast<std::uint64_t>(
                std::count_if(all.begin(), all.end(), [&](const auto& a) { return a.first > x; }));
        };
        for (const std::size_t k :
             {std::size_t{0}, std::size_t{1}, std::size_t{7}, random() % 60, known.size() + 3}) {
            std::vector<lead_number> expected;
            for (std::size_t i = 0; i < std::min(k, all.size()); ++i)
                expected.push_back(all[i].second);
            REQUIRE(tested.top(k, at(t), ask) == expected);
        }
        for (int i = 0; i < 6; ++i) {
            const std::uint64_t n = 1 + random() % (known.size() + 2);
            const auto found = tested.nth(n, at(t), ask);
            REQUIRE(found.has_value() == (n <= all.size()));
            if (found) REQUIRE(*found == all[n - 1].second);
        }
        for (int i = 0; i < 12; ++i) {
            const auto lead = static_cast<lead_number>(random() % known.size());
            const auto x = exact(lead, t);
            const auto found = tested.rank(lead, at(t), ask);
            REQUIRE(found.has_value() == x.has_value());
            if (x) REQUIRE(*found == ranking::standing{1 + above(*x), all.size()});
            std::int64_t y = x ? *x + static_cast<std::int64_t>(random() % 3) - 1
                               : static_cast<std::int64_t>(random() % 50'000'000);
            if (random() % 8 == 0) y = o.min;
            if (random() % 8 == 0) y = o.max;
            const auto at_least = static_cast<std::uint64_t>(
                std::count_if(all.begin(), all.end(), [&](const auto& a) { return a.first >= y; }));
            REQUIRE(tested.count_at_least(y, at(t), ask) == at_least);
        }
    }

    ranking_options o;
    std::vector<estimate> known;
    std::vector<std::vector<double>> parts; // of envelopes
    ranking tested;
};

std::int64_t below(std::mt19937_64& random, std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
}

} // namespace

TEST_CASE("equal scores share a rank, and come in order of lead number") {
    world w{6, {}};
    std::mt19937_64 random{1};
    w.update(4, {.what = form::closed, .kept = 5});
    w.update(1, {.what = form::closed, .kept = 5});
    w.update(2, {.what = form::closed, .kept = 7});
    w.update(0, {.what = form::closed, .kept = -3});
    const auto never_asked = [](lead_number, lf::instant) -> std::optional<std::int64_t> {
        FAIL("nothing need be asked");
        return 0;
    };
    CHECK(w.tested.top(9, at(start), never_asked) == std::vector<lead_number>{2, 1, 4, 0});
    CHECK(w.tested.rank(4, at(start), never_asked) == ranking::standing{2, 4});
    CHECK(w.tested.rank(0, at(start), never_asked) == ranking::standing{4, 4});
    CHECK_FALSE(w.tested.rank(3, at(start), never_asked));
    CHECK(w.tested.nth(3, at(start), never_asked) == 4U);
    CHECK_FALSE(w.tested.nth(5, at(start), never_asked));
    CHECK(w.tested.count_at_least(5, at(start), never_asked) == 3);
    w.compare(start, random);
}

TEST_CASE("ranks follow decay without updates") {
    // Lead 0 keeps 10 points; lead 1 has 40 that halve each day; lead 2 had 81 two days ago.
    world w{3, {.half_life = lf::duration{day}, .error = 1}};
    w.update(0, {.what = form::closed, .at = at(start), .kept = 10 * point});
    w.update(2, {.what = form::closed, .at = at(start - 2 * day), .decaying = 81.0 * point});
    w.update(1, {.what = form::closed, .at = at(start), .decaying = 40.0 * point});
    const auto never_asked = [](lead_number, lf::instant) -> std::optional<std::int64_t> {
        FAIL("nothing need be asked");
        return 0;
    };
    using order = std::vector<lead_number>;
    CHECK(w.tested.top(3, at(start), never_asked) == order{1, 2, 0});
    CHECK(w.tested.top(3, at(start + day), never_asked) == order{1, 2, 0});
    CHECK(w.tested.top(3, at(start + day * 3 / 2), never_asked) == order{1, 0, 2});
    CHECK(w.tested.top(3, at(start + 3 * day), never_asked) == order{0, 1, 2});
    CHECK(w.tested.rank(1, at(start + 3 * day), never_asked) == ranking::standing{2, 3});
}

TEST_CASE("any sequence of updates and queries gives what sorting gives") {
    std::mt19937_64 random{42};
    for (int round = 0; round < 160; ++round) {
        ranking_options o;
        const std::int64_t half_life =
            std::array{day, 7 * day, 3'600'000'000L, 30 * day}[random() % 4];
        if (random() % 6 != 0) o.half_life = lf::duration{half_life};
        if (random() % 2 == 0) o.min = 0;
        if (random() % 2 == 0) o.max = 20 * point;
        o.error = std::array{0.5, 3.0, 1000.0, 2e6}[random() % 4];
        if (random() % 2 == 0) o.vanishing = std::array{0.4, 2.0, 1e5}[random() % 3];
        const std::size_t leads =
            std::array<std::size_t, 5>{1, 5, 40, 300, 3000}[static_cast<std::size_t>(round % 5)];
        world w{leads, o};
        const auto kinds = random() % 6;  // distinct values of `kept`: one, few or many
        const auto simple = random() % 3; // 0: all closed
        const bool expires = random() % 2 == 0;
        std::int64_t now = start;
        const auto any = [&] {
            estimate e;
            e.at = at(now);
            if (expires && random() % 8 == 0) e.valid_until = at(now + below(random, 3 * day));
            const auto what = simple == 0 ? 0 : random() % (simple == 1 ? 40 : 6);
            e.what = what == 1   ? form::bounded
                     : what == 2 ? form::unknown
                     : what == 3 ? form::absent
                                 : form::closed;
            switch (kinds) {
            case 0:
                break;
            case 1:
                e.kept = below(random, 4) * 5 * point;
                break;
            case 2:
                e.kept = below(random, 60) * point / 2 - 3 * point;
                break;
            default:
                e.kept = below(random, 30 * point) - point;
            }
            if (o.half_life.count() != 0 && random() % 4 != 0) {
                e.decaying = static_cast<double>(below(random, 30 * point));
                if (random() % 5 == 0) e.decaying = static_cast<double>(1 + below(random, 4));
            }
            if (e.what == form::bounded) {
                e.low = below(random, 30 * point) - point;
                e.high = e.low + below(random, 2 * point);
                if (random() % 9 == 0) e.low = std::numeric_limits<std::int64_t>::min();
                if (random() % 9 == 0) e.high = std::numeric_limits<std::int64_t>::max();
            }
            return e;
        };
        if (random() % 3 == 0) {
            for (auto& e : w.known) e = any();
            w.tested.assign(leads, [&](lead_number i) { return w.known[i]; });
            w.compare(now, random);
        }
        const std::size_t parts = leads > 1000 ? 3 : 8;
        for (std::size_t part = 0; part < parts; ++part) {
            const auto updates = random() % (2 * leads + 1);
            for (std::size_t i = 0; i < updates; ++i) {
                if (random() % 16 == 0) now += below(random, half_life / 8 + 1);
                w.update(static_cast<lead_number>(random() % leads), any());
            }
            w.compare(now, random);
            w.compare(now + below(random, 8 * day), random);
            if (leads <= 40) w.compare(now - below(random, day), random);
            if (random() % 8 == 0) now += 900 * half_life; // the epoch moves
        }
    }
}

namespace {

/// Any envelope, valid from now on.
struct any_mixed {
    explicit any_mixed(const ranking_options& options, std::mt19937_64& r)
        : o(options), random(r), parts(options.half_lives.size() + 1), tame(r() % 3 == 0) {}

    const estimate& operator()(std::int64_t now) {
        e = {.what = form::mixed, .at = at(now)};
        std::fill(parts.begin(), parts.end(), 0.0);
        const std::int64_t lasts = 1 + below(random, 30 * day);
        if (random() % 4 == 0) e.valid_until = at(now + lasts);
        auto& x = e.terms;
        x.least = below(random, 20) * point;
        if (random() % 3 == 0) { // as of many awards that only halve
            const auto awards = 1 + random() % 4;
            for (std::size_t i = 0; i < awards && !o.half_lives.empty(); ++i) {
                auto& part = parts[random() % o.half_lives.size()];
                part += static_cast<double>(1 + below(random, 10 * point));
                if (random() % 4 == 0) part = static_cast<double>(1 + below(random, 5)) / 2;
            }
            x.below = -static_cast<double>(awards) / 2 - 0.01;
            x.above = -x.below;
            x.pure = true;
        } else if (random() % 3 != 0) {
            double falls = 0; // how far below its present value it may fall
            for (std::size_t j = 0; j < o.half_lives.size(); ++j) {
                if (random() % 2 == 0) continue;
                parts[j] = static_cast<double>(below(random, 20 * point));
                if (!tame && random() % 3 == 0) {
                    parts[j] = -parts[j];
                    falls -= parts[j];
                }
            }
            if (random() % 3 == 0) {
                e.valid_until = at(now + lasts);
                parts.back() =
                    static_cast<double>(below(random, point)) - point / (tame ? 1.0 : 2.0);
                if (parts.back() < 0)
                    falls -= parts.back() * static_cast<double>(lasts) / static_cast<double>(day);
            }
            const auto down = static_cast<std::int64_t>(std::ceil(falls));
            x.least -= down;
            x.below = static_cast<double>(down) - static_cast<double>(below(random, 3)) * 1e3;
            x.above = static_cast<double>(down) + 1 + static_cast<double>(below(random, 3)) * 1e5;
        }
        x.parts = parts;
        return e;
    }

    const ranking_options& o;
    std::mt19937_64& random;
    std::vector<double> parts;
    bool tame; // scores only sink
    estimate e;
};

ranking_options mixed_options(std::mt19937_64& random) {
    ranking_options o{.half_life = lf::duration{day}, .error = 3};
    for (auto n = random() % 4; n > 0; --n)
        o.half_lives.push_back(
            lf::duration{std::array{day / 24, day, 7 * day, 30 * day, 400 * day}[random() % 5]});
    if (random() % 2 == 0) o.min = 0;
    if (random() % 2 == 0) o.max = 20 * point;
    if (random() % 3 == 0)
        o.finish = [](envelopes::range r) { // a third, in units of half a point
            const auto f = [](std::int64_t x) {
                return std::clamp<std::int64_t>(x, -50 * point, 30 * point) / 1'500'000 * 500'000;
            };
            return envelopes::range{f(r.low), f(r.high)};
        };
    return o;
}

} // namespace

TEST_CASE("an envelope contains the exact score at every instant") {
    std::mt19937_64 random{17};
    for (int round = 0; round < 100; ++round) {
        const auto o = mixed_options(random);
        world w{200, o};
        envelopes tested{o.half_lives};
        lf::detail::huge_vector<std::uint32_t> places(200);
        any_mixed any{o, random};
        std::int64_t now = start;
        for (int i = 0; i < 900; ++i) {
            const auto lead = static_cast<lead_number>(i < 200 ? i : below(random, 200));
            if (i >= 200) tested.remove(lead, places[lead], places, 0);
            w.know(lead, any(now));
            const auto& e = w.known[lead];
            tested.prepare(e.terms, now, places, 0);
            tested.insert(lead, e.terms, now, e.valid_until.time_since_epoch().count(), places, 0);
            if (i % 50 != 49) continue;
            now += below(random, round % 7 == 0 ? 3000 * day : 5 * day);
            if (random() % 8 == 0) tested.order_again(now, places, 0);
            const std::int64_t t = now + below(random, 40 * day);
            const auto weights = tested.at(t);
            for (lead_number n = 0; n < static_cast<lead_number>(std::min(200, i + 1)); ++n) {
                envelopes::range r;
                if (!tested.bounds_of(n, places[n], weights, r)) continue;
                const auto& x = w.known[n];
                REQUIRE(t < x.valid_until.time_since_epoch().count());
                const long double d = w.mixed_part(x, t);
                const auto base = static_cast<long double>(x.terms.least);
                const auto low =
                    std::max(base, std::ceil(base + static_cast<long double>(x.terms.below) + d));
                const auto high = std::floor(base + static_cast<long double>(x.terms.above) + d);
                if (x.terms.pure && d < envelopes::vanishing) {
                    REQUIRE(r.low <= x.terms.least);
                    REQUIRE(r.high >= x.terms.least);
                } else {
                    REQUIRE(static_cast<long double>(r.low) <= low);
                    REQUIRE(static_cast<long double>(r.high) >= high);
                }
            }
        }
    }
}

TEST_CASE("envelopes give what sorting gives") {
    std::mt19937_64 random{23};
    for (int round = 0; round < 50; ++round) {
        const auto o = mixed_options(random);
        const std::size_t leads =
            std::array<std::size_t, 5>{1, 9, 200, 1000, 5000}[static_cast<std::size_t>(round % 5)];
        world w{leads, o};
        any_mixed any{o, random};
        const bool only = o.finish || random() % 2 == 0; // closed estimates ignore `finish`
        std::int64_t now = start;
        const auto change = [&](lead_number lead) {
            if (random() % 9 == 0) return estimate{.what = form::absent, .at = at(now)};
            if (only || random() % 4 != 0) return any(now);
            return estimate{.what = random() % 9 == 0 ? form::unknown : form::closed,
                            .at = at(now),
                            .kept = static_cast<std::int64_t>(lead % 7) * point,
                            .decaying = static_cast<double>(below(random, 9 * point))};
        };
        if (round % 2 == 0) {
            for (lead_number i = 0; i < leads; ++i) w.know(i, change(i));
            w.tested.assign(leads, [&](lead_number i) { return w.known[i]; });
            w.compare(now, random);
        }
        const std::size_t parts = leads > 1000 ? 3 : 8;
        for (std::size_t part = 0; part < parts; ++part) {
            const auto updates = random() % (3 * leads + 1);
            const auto pace = random() % 4 == 0 ? 40 * day : day / 24;
            for (std::size_t i = 0; i < updates; ++i) {
                if (random() % 16 == 0) now += below(random, pace);
                const auto lead = static_cast<lead_number>(random() % leads);
                w.update(lead, change(lead));
            }
            w.compare(now, random);
            w.compare(now + below(random, 20 * day), random);
            if (leads <= 9) w.compare(now - below(random, day), random);
        }
    }
}

TEST_CASE("envelopes skip leads far from the place in question") {
    // A hundred thousand leads with two half-lives, a week later: a query computes few exact
    // scores.
    std::mt19937_64 random{5};
    constexpr std::size_t leads = 100'000;
    world w{leads, {.half_lives = {lf::duration{14 * day}, lf::duration{60 * day}}}};
    std::vector<double> parts(3);
    for (lead_number i = 0; i < leads; ++i) {
        parts[0] = static_cast<double>(below(random, 50 * point));
        parts[1] = static_cast<double>(below(random, 50 * point));
        w.know(i, {.what = form::mixed,
                   .at = at(start),
                   .terms = {.least = below(random, 5) * point,
                             .below = -1,
                             .above = 1,
                             .parts = parts,
                             .pure = true}});
    }
    w.tested.assign(leads, [&](lead_number i) { return w.known[i]; });
    const std::int64_t t = start + 7 * day;
    std::size_t asked = 0;
    const auto ask = [&](lead_number lead, lf::instant) {
        ++asked;
        return w.exact(lead, t);
    };
    CHECK(w.tested.top(100, at(t), ask).size() == 100);
    CHECK(w.tested.rank(7, at(t), ask));
    CHECK(w.tested.nth(leads / 2, at(t), ask));
    CHECK(asked < 150);
    CHECK(w.tested.memory() < 66 * leads);
    w.compare(t, random);
}

TEST_CASE("a new order takes over from an older one little by little") {
    std::mt19937_64 random{31};
    constexpr std::size_t leads = 4'000;
    const ranking_options o{.half_lives = {lf::duration{3 * day}, lf::duration{30 * day}}};
    world w{leads, o};
    std::int64_t now = start;
    const auto update = [&](lead_number lead) {
        const std::vector<double> parts{static_cast<double>(below(random, 50 * point)),
                                        static_cast<double>(below(random, 50 * point)), 0};
        w.update(lead, {.what = form::mixed,
                        .at = at(now),
                        .terms = {.least = below(random, 5) * point,
                                  .below = -1,
                                  .above = 1,
                                  .parts = parts,
                                  .pure = true}});
    };
    for (lead_number i = 0; i < leads; ++i) update(i);
    std::size_t most = 0;
    for (int part = 0; part < 60; ++part) {
        // One lead in four gets no further updates.
        for (int i = 0; i < 500; ++i) {
            now += day / 500;
            update(static_cast<lead_number>(below(random, leads * 3 / 4)));
        }
        if (part % 5 == 0) w.update(static_cast<lead_number>(part), {.what = form::absent});
        w.compare(now, random);
        std::size_t asked = 0;
        const auto ask = [&](lead_number lead, lf::instant t) {
            ++asked;
            return w.exact(lead, t.time_since_epoch().count());
        };
        CHECK(w.tested.top(20, at(now), ask).size() == 20);
        most = std::max(most, asked);
    }
    CHECK(most < 60);
    CHECK(w.tested.memory() < 150 * leads);
}

TEST_CASE("leaves fill and empty") {
    std::mt19937_64 random{9};
    const std::size_t leads = 30'000;
    world w{leads, {.half_life = lf::duration{day}, .error = 1}};
    const auto closed = [&](std::size_t i) {
        return estimate{.what = form::closed,
                        .at = at(start),
                        .kept = static_cast<std::int64_t>(i % 2) * point,
                        .decaying = i % 3 == 0 ? 0.0 : static_cast<double>(1 + i % 7919)};
    };
    for (lead_number i = 0; i < leads; ++i) w.update(i, closed(i));
    w.compare(start, random);
    for (lead_number i = 0; i < leads; ++i)
        if (i % 10 != 3) w.update(i, {.what = form::absent});
    w.compare(start, random);
    CHECK(w.tested.size() == leads / 10);
    const auto memory = w.tested.memory();
    for (int again = 0; again < 3; ++again) // in different places
        for (lead_number i = 0; i < leads; ++i)
            w.update(i, closed(random() % (leads + static_cast<std::size_t>(again))));
    w.compare(start, random);
    CHECK(w.tested.memory() < 2 * memory);
}

TEST_CASE("too many rows become ranges") {
    std::mt19937_64 random{4};
    world w{4000, {.half_life = lf::duration{day}, .error = 1}};
    for (lead_number i = 0; i < 4000; ++i)
        w.update(i, {.what = form::closed,
                     .at = at(start),
                     .kept = below(random, 100 * point),
                     .decaying = static_cast<double>(below(random, 100 * point))});
    CHECK(w.tested.row_width() > 1);
    CHECK(w.tested.row_count() <= 300);
    w.compare(start + day, random);
    w.tested.assign(4000, [&](lead_number i) { return w.known[i]; });
    CHECK(w.tested.row_count() <= 300);
    w.compare(start + day, random);
}

TEST_CASE("a failed update changes nothing") {
    std::mt19937_64 random{6};
    std::size_t failures = 0;
    const std::vector<estimate> changes = {
        {.what = form::closed, .at = at(start), .kept = 99, .decaying = 5},  // needs a new row
        {.what = form::closed, .at = at(start), .kept = 1, .decaying = 5},   // splits a full leaf
        {.what = form::closed, .at = at(start + 1000 * day), .decaying = 5}, // moves the epoch
        {.what = form::unknown, .at = at(start)},
        {.what = form::bounded, .at = at(start), .low = 0, .high = 5}};
    for (const lead_number leads : {0U, 63U, 64U, 65U, 200U, 4096U}) {
        for (const auto& e : changes) {
            const auto make = [&] {
                auto w = std::make_unique<world>(leads + 1,
                                                 ranking_options{.half_life = lf::duration{day}});
                for (lead_number i = 0; i < leads; ++i)
                    w->update(i, {.what = form::closed,
                                  .at = at(start),
                                  .kept = 1,
                                  .decaying = static_cast<double>(1 + i)});
                return w;
            };
            failures += failing::at_each_allocation(
                make, [&](world& w) { w.tested.update(leads, e); },
                [&](world& w) {
                    REQUIRE(w.tested.size() == leads);
                    w.compare(start, random);
                    w.update(leads, e); // then it succeeds
                    w.compare(std::max(start, e.at.time_since_epoch().count()), random);
                });
        }
        const std::array<double, 3> two_parts{3e6, 1e6, 0};
        const auto mixed_at = [&](std::int64_t t) {
            return estimate{.what = form::mixed,
                            .at = at(t),
                            .terms = {.least = 7, .below = -1, .above = 1, .parts = two_parts}};
        };
        const auto make_mixed = [&] {
            auto w = std::make_unique<world>(
                leads + 1,
                ranking_options{.half_lives = {lf::duration{day}, lf::duration{7 * day}}});
            for (lead_number i = 0; i < leads; ++i) w->update(i, mixed_at(start + i));
            return w;
        };
        const auto make_stale = [&] { // makes a new order due
            auto w = make_mixed();
            for (lead_number i = 0; leads == 200 && i < 4'400; ++i)
                w->update(i % leads, mixed_at(start + leads + i));
            return w;
        };
        for (const auto stale : {false, true})
            failures += failing::at_each_allocation(
                [&] { return stale ? make_stale() : make_mixed(); },
                [&](world& w) { w.tested.update(leads, mixed_at(start + 99 * day)); },
                [&](world& w) {
                    REQUIRE(w.tested.size() == leads);
                    w.compare(start + 5 * day, random);
                    w.update(leads, mixed_at(start + 99 * day)); // then it succeeds
                    w.compare(start + 99 * day, random);
                });
        const auto make = [&] {
            auto w = std::make_unique<world>(100, ranking_options{});
            for (lead_number i = 0; i < 100; ++i)
                w->update(i, {.what = form::closed, .at = at(start), .kept = i % 7});
            return w;
        };
        failures += failing::at_each_allocation(
            make,
            [&](world& w) {
                w.tested.assign(
                    leads, [](lead_number i) { return estimate{.what = form::closed, .kept = i}; });
            },
            [&](world& w) { w.compare(start, random); });
    }
    CHECK(failures > 60);
}
