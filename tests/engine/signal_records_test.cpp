// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The engine's queue of signals on its own: rollback, acknowledgement and erasure, and the words
// that it keeps in use.

#include "catch.hpp"

#include <leadfunnel/engine/detail/outbox.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lf = leadfunnel;
using lf::detail::outbox;
using lf::detail::signal_record;
using lf::detail::vocabulary;

namespace {

bool has(const vocabulary& words, std::string_view text) {
    const auto& all = words.texts();
    return std::find(all.begin(), all.end(), text) != all.end();
}
void settle(vocabulary& words) {
    words.settle(true, [](std::uint32_t) {});
}
lf::signal at(const outbox& box, std::size_t i, const vocabulary& words) {
    return box.at(i, words, [](std::uint32_t lead) { return "lead " + std::to_string(lead); });
}

} // namespace

TEST_CASE("a rollback removes signals with their explanations and words") {
    vocabulary words;
    outbox box;
    box.push({.lead = 0, .subject = words.text("first"), .kind = lf::signal_kind::alert}, words);
    box.explain_next(std::string{"because"});
    box.push({.lead = 0, .subject = words.text("second"), .kind = lf::signal_kind::alert}, words);
    box.explain_next(std::string{"never emitted"});
    settle(words);
    std::size_t removed = 0;
    box.truncate(1, words, [&](const signal_record& s) {
        CHECK(words.text(s.subject) == "second");
        ++removed;
    });
    CHECK(removed == 1);
    CHECK(box.size() == 1);
    CHECK(box.next_sequence() == 2);
    CHECK_FALSE(has(words, "second"));

    box.push({.lead = 0, .subject = words.text("third"), .kind = lf::signal_kind::alert}, words);
    box.push({.lead = 0, .subject = words.text("fourth"), .kind = lf::signal_kind::alert}, words);
    settle(words);
    CHECK(at(box, 1, words).sequence == 2);
    CHECK(at(box, 1, words).subject == "third");
    CHECK(at(box, 1, words).explanation.empty());
    CHECK(at(box, 2, words).explanation.empty());
    box.acknowledge(2, words);
    CHECK(box.first_sequence() == 3);
    CHECK(at(box, 0, words).subject == "fourth");
    CHECK_FALSE(has(words, "third"));
}

TEST_CASE("erasing a lead removes it from its signals and from those that name it") {
    vocabulary words;
    outbox box;
    box.push(
        {.lead = 0, .subject = words.text("erased"), .kind = lf::signal_kind::merged, .named = 1},
        words);
    box.push({.lead = 1,
              .from = words.text("Ann"),
              .to = words.text("Bea"),
              .kind = lf::signal_kind::assigned},
             words);
    box.push({.lead = 1,
              .subject = words.text("heat"),
              .to = words.text("hot"),
              .kind = lf::signal_kind::band_changed,
              .earlier = 2},
             words);
    settle(words);
    box.cleanse(1, 3, words);
    CHECK(at(box, 0, words).lead == "lead 0");
    CHECK(at(box, 0, words).subject.empty());
    CHECK(at(box, 1, words).lead.empty());
    CHECK(at(box, 1, words).from.empty());
    CHECK(at(box, 2, words).lead.empty());
    CHECK(at(box, 2, words).subject == "heat");
    CHECK(at(box, 2, words).to == "hot");
    for (const char* gone : {"erased", "Ann", "Bea"}) CHECK_FALSE(has(words, gone));
    box.acknowledge(3, words);
    CHECK(box.size() == 0);
    CHECK_FALSE(has(words, "heat"));
}
