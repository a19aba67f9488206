// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/word_register.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lf = leadfunnel;
using lf::detail::hash_index;
using lf::detail::text_hash;
using lf::detail::word_register;

namespace {

/// Words and their numbers, as the engine keeps them.
struct words {
    std::vector<std::string> all;
    word_register numbers;
    text_hash hash;

    [[nodiscard]] std::uint32_t find(std::string_view s) const {
        return numbers.find(hash(s), [&](std::uint32_t n) { return all[n] == s; });
    }
    std::uint32_t add(std::string_view s) {
        return numbers.add(all, hash(s), [&](std::string& to) { to = s; });
    }
    void forget(std::string_view s) {
        const auto n = find(s);
        numbers.forget(hash(s), n, all[n]);
    }
};

} // namespace

TEST_CASE("words are found by their numbers, and counted", "[words]") {
    words w;
    CHECK(w.find("a") == hash_index::none);
    CHECK(w.add("a") == 0);
    CHECK(w.add("b") == 1);
    CHECK(w.find("b") == 1);
    CHECK_FALSE(w.numbers.is_used(1));
    w.numbers.use(1);
    w.numbers.use(1);
    CHECK_FALSE(w.numbers.unuse(1));
    CHECK(w.numbers.unuse(1));
    CHECK_FALSE(w.numbers.is_used(1));
}

TEST_CASE("a new word gets the least free number", "[words]") {
    words w;
    for (int i = 0; i < 1'000; ++i) w.add(std::to_string(i));
    for (const auto* s : {"700", "3", "64", "999"}) {
        const auto n = w.find(s);
        w.forget(s);
        CHECK(w.find(s) == hash_index::none);
        CHECK(w.all[n].empty()); // wiped
    }
    CHECK(w.add("x") == 3);
    CHECK(w.add("y") == 64);
    CHECK(w.add("z") == 700);
    CHECK(w.add("3") == 999);
    CHECK(w.add("new") == 1'000);
    for (std::uint32_t n = 0; n < w.all.size(); ++n) REQUIRE(w.find(w.all[n]) == n);
}

TEST_CASE("a word that cannot be written changes nothing", "[words]") {
    words w;
    w.add("a");
    w.add("b");
    const auto fails = [&] {
        w.numbers.add(w.all, w.hash("c"), [](std::string& to) {
            to = "half of a word";
            throw std::runtime_error("no room");
        });
    };
    CHECK_THROWS_AS(fails(), std::runtime_error);
    CHECK(w.all.size() == 2);
    CHECK(w.find("c") == hash_index::none);
    w.forget("a");
    CHECK_THROWS_AS(fails(), std::runtime_error); // into a free number
    CHECK(w.all[0].empty());
    CHECK(w.add("c") == 0);
    CHECK(w.find("c") == 0);
}
