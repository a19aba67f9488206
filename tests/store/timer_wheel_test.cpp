// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Compares the timer wheel with a sorted set.

#include "catch.hpp"
#include "failing_allocation.hpp"

#include <leadfunnel/store/detail/timer_wheel.hpp>

#include <limits>
#include <map>
#include <random>
#include <set>
#include <utility>

namespace {

using wheel = leadfunnel::detail::timer_wheel;
constexpr auto first = std::numeric_limits<std::int64_t>::min();
constexpr auto last = std::numeric_limits<std::int64_t>::max();

/// The same functions by a set: obvious and slow.
struct plain_timers {
    std::map<std::uint32_t, std::int64_t> dues;
    std::set<std::pair<std::int64_t, std::uint32_t>> order;

    void schedule(std::uint32_t lead, std::int64_t due) {
        cancel(lead);
        dues[lead] = due;
        order.emplace(due, lead);
    }
    void cancel(std::uint32_t lead) {
        const auto found = dues.find(lead);
        if (found == dues.end()) return;
        order.erase({found->second, lead});
        dues.erase(found);
    }
    std::optional<wheel::entry> next() const {
        if (order.empty()) return std::nullopt;
        return wheel::entry{order.begin()->first, order.begin()->second};
    }
    std::optional<wheel::entry> pop(std::int64_t until) {
        const auto e = next();
        if (!e || e->due > until) return std::nullopt;
        cancel(e->lead);
        return e;
    }
};

/// Makes each change in both and compares the results.
struct both {
    explicit both(std::uint32_t leads) : tested(leads) {}

    void schedule(std::uint32_t lead, std::int64_t due) {
        tested.schedule(lead, due);
        plain.schedule(lead, due);
    }
    void cancel(std::uint32_t lead) {
        tested.cancel(lead);
        plain.cancel(lead);
    }
    void next() { REQUIRE(tested.next() == plain.next()); }
    bool pop(std::int64_t until) {
        const auto found = tested.pop(until);
        REQUIRE(found == plain.pop(until));
        return found.has_value();
    }
    void compare() {
        REQUIRE(tested.size() == plain.order.size());
        for (std::uint32_t i = 0; i < tested.capacity(); ++i) {
            const auto due = tested.due(i);
            const auto found = plain.dues.find(i);
            REQUIRE(due.has_value() == (found != plain.dues.end()));
            if (due) REQUIRE(*due == found->second);
        }
    }
    void drain() {
        while (pop(last)) {
        }
        REQUIRE(tested.empty());
    }

    wheel tested;
    plain_timers plain;
};

} // namespace

TEST_CASE("leads come in order of due instant, then of number") {
    both t{8};
    t.next();
    CHECK_FALSE(t.pop(last));
    t.schedule(3, 100);
    t.schedule(1, 100);
    t.schedule(2, 99);
    t.schedule(7, last);
    t.schedule(6, first);
    t.schedule(5, -1);
    t.next();
    CHECK(t.pop(first));
    CHECK_FALSE(t.pop(-2));
    CHECK(t.pop(99));
    CHECK(t.pop(99));
    CHECK_FALSE(t.pop(99));
    t.schedule(6, 50); // before the last instant popped
    CHECK(t.pop(99));
    t.compare();
    t.drain();
}

TEST_CASE("a lead has one due instant, which moves") {
    both t{4};
    t.schedule(0, 10);
    t.schedule(0, 20);
    t.schedule(1, 15);
    CHECK(t.tested.size() == 2);
    t.next();
    t.schedule(1, 25);
    t.next();
    t.cancel(0);
    t.cancel(0);
    t.cancel(3);
    t.next();
    t.compare();
    t.drain();
    t.schedule(2, -5); // the wheel is empty and may start at any time
    t.next();
    t.drain();
}

TEST_CASE("any sequence of operations gives what a sorted set gives") {
    std::mt19937_64 random{7};
    const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
    for (int round = 0; round < 400; ++round) {
        const auto leads = static_cast<std::uint32_t>(1 + below(round % 4 == 0 ? 3000 : 40));
        both t{leads};
        std::int64_t now = round % 3 == 0 ? 0 : 1'700'000'000'000'000;
        // Spans from a few instants through seconds, days and years to the whole range.
        const std::uint64_t span = std::uint64_t{1} << std::array{
                                       1, 4, 20, 37, 45, 50}[static_cast<std::size_t>(below(6))];
        const auto due = [&]() -> std::int64_t {
            switch (below(24)) {
            case 0:
                return static_cast<std::int64_t>(random());
            case 1:
                return last;
            case 2:
                return first;
            case 3:
                return now - below(span);
            default:
                return now + below(span);
            }
        };
        const int operations = static_cast<int>(below(4 * leads + 40));
        for (int i = 0; i < operations; ++i) {
            const auto lead = static_cast<std::uint32_t>(below(leads));
            switch (below(12)) {
            case 0:
                t.cancel(lead);
                break;
            case 1:
                t.next();
                break;
            case 2: {
                if (below(8) != 0) now += below(span / 4 + 1);
                std::int64_t most = below(50);
                while (most-- > 0 && t.pop(now)) {
                    if (below(4) == 0) t.schedule(static_cast<std::uint32_t>(below(leads)), due());
                }
                break;
            }
            case 3:
                (void)t.pop(now - below(span)); // the clock stands still or goes back
                break;
            default:
                t.schedule(lead, due());
            }
        }
        t.compare();
        t.drain();
    }
}

TEST_CASE("thousands due at one instant come in order of number") {
    both t{70'000};
    std::mt19937_64 random{11};
    const std::int64_t hour = 3'600'000'000;
    for (std::uint32_t i = 0; i < 70'000; ++i)
        t.schedule(static_cast<std::uint32_t>(random() % 70'000),
                   1'700'000'000'000'000 / hour * hour +
                       static_cast<std::int64_t>(random() % 3) * hour);
    for (int i = 0; i < 1000; ++i) {
        CHECK(t.pop(last));
        if (i % 10 == 0) t.cancel(static_cast<std::uint32_t>(random() % 70'000));
    }
    t.drain();
}

TEST_CASE("what is popped depends on the due instants alone") {
    std::mt19937_64 random{3};
    wheel a{1000};
    for (int i = 0; i < 20'000; ++i) {
        const auto lead = static_cast<std::uint32_t>(random() % 1000);
        a.schedule(lead, static_cast<std::int64_t>(random() >> (random() % 64)));
        if (i % 100 == 0) (void)a.pop(static_cast<std::int64_t>(random() >> 20));
    }
    wheel b{1000};
    for (std::uint32_t i = 1000; i-- > 0;)
        if (const auto due = a.due(i)) b.schedule(i, *due);
    while (!a.empty()) REQUIRE(a.pop(last) == b.pop(last));
    CHECK(b.empty());
}

TEST_CASE("room grows and shrinks") {
    both t{0};
    std::mt19937_64 random{5};
    for (std::uint32_t n = 1; n < 5000; n += 1 + n / 7) {
        t.tested.resize(n);
        for (std::uint32_t i = 0; i < n; ++i)
            t.schedule(i, static_cast<std::int64_t>(random() % 1'000'000));
        (void)t.pop(1000);
    }
    const auto capacity = static_cast<std::uint32_t>(t.tested.capacity());
    t.tested.resize(100);
    for (std::uint32_t i = 100; i < capacity; ++i) t.plain.cancel(i);
    t.compare();
    t.tested.resize(200);
    t.compare();
    t.schedule(150, 7);
    t.drain();
}

TEST_CASE("only resize allocates, and changes nothing when it fails") {
    const auto make = [] {
        auto w = std::make_unique<wheel>(500);
        for (std::uint32_t i = 0; i < 500; ++i) w->schedule(i, i * 1'000'000'000'000);
        return w;
    };
    const auto failures = failing::at_each_allocation(
        make, [](wheel& w) { w.resize(100'000); },
        [](wheel& w) {
            REQUIRE(w.capacity() == 500);
            REQUIRE(w.size() == 500);
            std::uint32_t popped = 0;
            while (const auto e = w.pop(last)) REQUIRE(e->lead == popped++);
            REQUIRE(popped == 500);
        });
    CHECK(failures == 3);

    auto w = make();
    w->resize(100'000);
    const auto before = failing::allocations();
    for (std::uint32_t i = 0; i < 100'000; ++i) w->schedule(i, 5'000'000'000 * (i % 977));
    while (w->pop(last)) {
    }
    CHECK(failing::allocations() == before);
}

TEST_CASE("bytes a lead") {
    const wheel w{1'000'000};
    CHECK(w.memory() / 1'000'000 <= 21);
}
