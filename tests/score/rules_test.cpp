// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Every kind of rule, worked out by hand: its points, and when, to the microsecond.

#include "catch.hpp"
#include "lead.hpp"

using namespace one_lead;

TEST_CASE("an attribute rule gives its points while the condition holds") {
    const lead l{model({lf::attribute_rule{.id = "buyer",
                                           .score = "s",
                                           .when = lf::attribute("role").equals("Buyer"),
                                           .points = 20},
                        lf::attribute_rule{.id = "large",
                                           .score = "s",
                                           .when = lf::attribute("size").at_least(100.0),
                                           .points = lf::points{0.5}},
                        lf::attribute_rule{.id = "not a student",
                                           .score = "s",
                                           .when = !lf::attribute("role").equals("student"),
                                           .points = 1}}),
                 {is("size", 100.0), is("role", "buyer", start),
                  is("role", "student", start + days{10}), is("role", {}, start + days{20})}};
    CHECK(l.at(-tick) == lf::points{1.5}); // the fact always held; `not` of a missing value is true
    CHECK(l.at({}) == lf::points{21.5});
    CHECK(l.at(days{10} - tick) == lf::points{21.5});
    CHECK(l.at(days{10}) == lf::points{0.5});
    CHECK(l.at(days{20}) == lf::points{1.5});
}

TEST_CASE("the age of a fact counts to the microsecond") {
    const auto rule = [](const char* id, lf::condition c, int points) {
        return lf::attribute_rule{.id = id, .score = "s", .when = std::move(c), .points = points};
    };
    const lead l{model({rule("new", lf::attribute("created").age().less(days{30}), 1),
                        rule("new still", lf::attribute("created").age().at_most(days{30}), 10),
                        rule("old", lf::attribute("created").age().at_least(days{30}), 100),
                        rule("older", lf::attribute("created").age().greater(days{30}), 1000)}),
                 {is("created", start)}};
    CHECK(l.at(days{30} - tick) == 11);
    CHECK(l.at(days{30}) == 110);
    CHECK(l.at(days{30} + tick) == 1100);
    CHECK(l.at(-days{1}) == 11); // a negative age is less than any bound
}

TEST_CASE("a frequency rule counts in a window that is open on the left") {
    const lead l{model({lf::frequency{.id = "often",
                                      .score = "s",
                                      .on = lf::on("visit"),
                                      .at_least = 2,
                                      .window = days{7},
                                      .points = 5}}),
                 {did("visit"), did("call", days{1}), did("visit", days{3})}};
    CHECK(l.at(days{3} - tick) == 0);
    CHECK(l.at(days{3}) == 5);
    CHECK(l.at(days{7} - tick) == 5);
    CHECK(l.at(days{7}) == 0);
}

TEST_CASE("a frequency rule sums values, or counts distinct ones") {
    const auto rule = [](const char* id, lf::frequency_measure measure, lf::decimal least) {
        return lf::frequency{.id = id,
                             .score = "s",
                             .on = lf::on({"visit", "paper"}),
                             .measure = measure,
                             .property = measure == lf::frequency_measure::distinct ? "asset" : "",
                             .at_least = least,
                             .points = 1};
    };
    const lead sum{model({rule("long", lf::frequency_measure::sum, 90)}),
                   {did("visit", {}, 60), did("paper", days{1}), did("visit", days{2}, 29),
                    did("visit", days{3}, 1)}};
    CHECK(sum.at(days{2}) == 0);
    CHECK(sum.at(days{3}) == 1);
    CHECK(sum.at(days{3000}) == 1); // without a window, forever

    const lead distinct{model({rule("wide", lf::frequency_measure::distinct, 2)}),
                        {did_with("paper", {}, "Guide"), did_with("paper", hours{1}, "GUIDE"),
                         did("paper", hours{2}), did_with("paper", hours{3}, "prices")}};
    CHECK(distinct.at(hours{2}) == 0); // case is ignored, a missing value is not counted
    CHECK(distinct.at(hours{3}) == 1);
}

TEST_CASE("a recency rule gives points by bins") {
    const lead l{model({lf::recency{.id = "last",
                                    .score = "s",
                                    .on = lf::on("visit"),
                                    .bins = {{days{7}, 10}, {days{30}, 5}},
                                    .otherwise = 1,
                                    .if_never = -3}}),
                 {did("visit"), did("call", days{20}), did("visit", days{50})}};
    CHECK(l.at(-tick) == -3);
    CHECK(l.at({}) == 10);
    CHECK(l.at(days{7} - tick) == 10);
    CHECK(l.at(days{7}) == 5);
    CHECK(l.at(days{30}) == 1);
    CHECK(l.at(days{50}) == 10);
}

TEST_CASE("an occurrence awards exactly the matches of its pattern") {
    auto meant = lf::on("visit");
    meant.value_at_least = 60;
    meant.value_below = 600;
    const lead l{model({lf::occurrence{.id = "long", .score = "s", .on = meant, .points = 1},
                        lf::occurrence{.id = "guide",
                                       .score = "s",
                                       .on = lf::on("paper", lf::property("asset").glob("g*")),
                                       .points = 10},
                        lf::occurrence{.id = "any", .score = "s", .points = 100}}),
                 {did("visit", hours{0}), did("visit", hours{1}, 60), did("visit", hours{2}, 599),
                  did("visit", hours{3}, 600), did_with("paper", hours{4}, "Guide"),
                  did_with("paper", hours{5}, "prices"), did("paper", hours{6})}};
    CHECK(l.at(hours{0}) == 100); // bounds need a value
    CHECK(l.at(hours{1}) == 201);
    CHECK(l.at(hours{2}) == 302);
    CHECK(l.at(hours{3}) == 402);
    CHECK(l.at(hours{4}) == 512);
    CHECK(l.at(hours{6}) == 712);
}

TEST_CASE("an occurrence may award by value, within bounds") {
    const lead l{model({lf::occurrence{.id = "seconds",
                                       .score = "s",
                                       .on = lf::on("visit"),
                                       .per_value = lf::points{0.05},
                                       .min_points = 1,
                                       .max_points = 6}}),
                 {did("visit", hours{0}, 61), did("visit", hours{1}, 1), did("visit", hours{2}),
                  did("visit", hours{3}, 1'000)}};
    CHECK(l.at(hours{0}) == lf::points{3.05});
    CHECK(l.at(hours{1}) == lf::points{4.05});
    CHECK(l.at(hours{2}) == lf::points{4.05}); // no value, no award: not even the minimum
    CHECK(l.at(hours{3}) == lf::points{10.05});
}

TEST_CASE("a sequence uses the latest start, so that it stays within its duration") {
    const auto chains = model({lf::sequence{.id = "chain",
                                            .score = "s",
                                            .steps = {lf::on("visit"), lf::on("paper")},
                                            .within = days{10},
                                            .points = 1}});
    CHECK(lead{chains, {did("visit"), did("paper", days{10} - tick)}}.at(days{10}) == 1);
    CHECK(lead{chains, {did("visit"), did("paper", days{10})}}.at(days{10}) == 0);
    CHECK(lead{chains, {did("visit"), did("visit", days{5}), did("paper", days{12})}}.at(
              days{12}) == 1);
    CHECK(lead{chains, {did("paper"), did("visit", hours{1})}}.at(days{1}) == 0);
    // Not strict: calls in between do not matter. Sequences do not overlap: the second paper has no
    // visit left.
    const lead l{chains,
                 {did("visit", hours{0}), did("visit", hours{1}), did("call", hours{2}),
                  did("paper", hours{3}), did("paper", hours{4}), did("visit", hours{5}),
                  did("paper", hours{6})}};
    CHECK(l.at(hours{2}) == 0);
    CHECK(l.at(hours{5}) == 1);
    CHECK(l.at(hours{6}) == 2);
}

TEST_CASE("a touchpoint takes one step of a sequence: it ends one or begins one") {
    const auto twice = model({lf::sequence{.id = "again",
                                           .score = "s",
                                           .steps = {lf::on("visit"), lf::on("visit")},
                                           .within = days{1},
                                           .points = 1}});
    const lead l{twice,
                 {did("visit", hours{0}), did("visit", hours{1}), did("visit", hours{2}),
                  did("visit", hours{3})}};
    CHECK(l.at(hours{0}) == 0);
    CHECK(l.at(hours{1}) == 1);
    CHECK(l.at(hours{2}) == 1);
    CHECK(l.at(hours{3}) == 2);
}

TEST_CASE("a touchpoint in scope breaks a strict sequence") {
    lf::sequence rule{.id = "chain",
                      .score = "s",
                      .steps = {lf::on("visit"), lf::on("paper"), lf::on("call")},
                      .within = days{10},
                      .strict = true,
                      .points = 1};
    const std::vector<lf::event> events{did("visit", hours{0}), did("paper", hours{1}),
                                        did("paper", hours{2}), did("call", hours{3})};
    CHECK(lead{model({rule}), events}.at(days{1}) == 0);
    rule.scope = lf::on({"visit", "call"});
    CHECK(lead{model({rule}), events}.at(days{1}) == 1);
}

TEST_CASE("a refused sequence has used up its touchpoints") {
    const lead l{model({lf::sequence{.id = "chain",
                                     .score = "s",
                                     .steps = {lf::on("visit"), lf::on("paper")},
                                     .within = days{10},
                                     .points = 1,
                                     .when = lf::attribute("role").equals("buyer")}}),
                 {did("visit"), did("paper", hours{1}), is("role", "buyer", start + hours{2}),
                  did("paper", hours{3}), did("visit", hours{4}), did("paper", hours{5})}};
    CHECK(l.at(hours{3}) == 0);
    CHECK(l.at(hours{5}) == 1);
}

TEST_CASE("a return needs a silence before it, and a touchpoint before the silence") {
    lf::return_rule rule{
        .id = "back", .score = "s", .on = lf::on("visit"), .after = days{100}, .points = 7};
    const std::vector<lf::event> events{did("visit"), did("call", days{50}),
                                        did("visit", days{100}), did("visit", days{200}),
                                        did("visit", days{300} - tick)};
    const lead any{model({rule}), events};
    CHECK(any.at({}) == 0);        // the first touchpoint of all
    CHECK(any.at(days{100}) == 0); // the call broke the silence
    CHECK(any.at(days{200}) == 7); // exactly long enough
    CHECK(any.at(days{300}) == 7); // a microsecond short
    rule.silence_of = lf::on("visit");
    const lead visits{model({rule}), events};
    CHECK(visits.at(days{100}) == 7);
    CHECK(visits.at(days{300}) == 14);
}

TEST_CASE("inactivity awards at its deadlines, and starts again after a match") {
    const lead l{
        model({lf::inactivity{.id = "idle",
                              .score = "s",
                              .on = lf::on("visit"),
                              .after = days{30},
                              .every = days{10},
                              .times = 3,
                              .points = -1}}),
        {is("role", "buyer"), did("call"), did("visit", days{45}), did("visit", days{75})}};
    // Nothing has matched yet: time counts from the first event. Facts that always held are no
    // events.
    CHECK(l.at(days{30} - tick) == 0);
    CHECK(l.at(days{30}) == -1);
    CHECK(l.at(days{40}) == -2);
    CHECK(l.at(days{45}) == -2); // awards are kept
    CHECK(l.at(days{75}) == -2); // a match at the deadline itself prevents it
    CHECK(l.at(days{105} - tick) == -2);
    CHECK(l.at(days{105}) == -3);
    CHECK(l.at(days{5000}) == -5); // three times, no more
}

TEST_CASE("inactivity sees the lead after all events of the deadline's instant") {
    const auto rule = lf::inactivity{.id = "idle",
                                     .score = "s",
                                     .on = lf::on("visit"),
                                     .after = days{30},
                                     .points = -1,
                                     .when = lf::attribute("role").equals("buyer")};
    CHECK(lead{model({rule}), {did("visit"), is("role", "buyer", start + days{30})}}.at(days{40}) ==
          -1);
    CHECK(lead{model({rule}), {did("visit"), is("role", "buyer", start + days{30} + tick)}}.at(
              days{40}) == 0);
    CHECK(lead{model({rule}), {is("role", "buyer")}}.at(days{4000}) ==
          0); // without an event, time never starts
}
