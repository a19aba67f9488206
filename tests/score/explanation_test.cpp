// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Explanations as text, character by character.

#include "catch.hpp"
#include "lead.hpp"

using namespace one_lead;
using namespace std::string_literals;

namespace {

lf::model everything() {
    auto m = model({lf::occurrence{.id = "visits",
                                   .score = "s",
                                   .group = "web",
                                   .on = lf::on("visit"),
                                   .points = 10,
                                   .limits = {{.at_most = 4}},
                                   .decay = lf::linear_decay{days{10}}},
                    lf::occurrence{.id = "papers",
                                   .score = "s",
                                   .on = lf::on("paper"),
                                   .points = 4,
                                   .cooldown = hours{1},
                                   .when = lf::attribute("role").not_equals("student")},
                    lf::attribute_rule{.id = "buyer",
                                       .score = "s",
                                       .description = "Buys for the firm",
                                       .when = lf::attribute("role").equals("buyer"),
                                       .points = 30},
                    lf::inactivity{.id = "idle",
                                   .score = "s",
                                   .on = lf::on("call"),
                                   .after = days{1},
                                   .while_idle = true,
                                   .points = lf::points{-2.5}}});
    m.scores[0].groups = {{.id = "web", .max = 25}};
    m.scores[0].max = 50;
    m.resets = {{.id = "lost deal", .funnel = "sales", .stage = "lost"}};
    m.freezes = {{.id = "legal hold", .when = lf::attribute("size").equals(13.0)}};
    return m;
}

} // namespace

TEST_CASE("an explanation lists every contribution, and the fate of each award") {
    auto visit = did("visit", days{20} - hours{12}, lf::decimal{61.5});
    visit.campaign = "spring";
    visit.channel = "mail";
    const lead l{everything(),
                 {is("role", "student"), did("call"), did("visit", hours{1}),
                  did("visit", hours{2}), entered("lost", hours{3}), did("visit", hours{4}),
                  did_with("paper", days{2}, "guide"), is("role", "buyer", start + days{3}),
                  is("size", 13.0, start + days{4}), did("paper", days{4}),
                  is("size", {}, start + days{5}), did_with("paper", days{6}, "guide"),
                  did("paper", days{6} + minutes{59}), did("call", days{7}), visit,
                  did("visit", days{20})}};
    CHECK(l.explained("s", days{20}) == R"(L: s = 41 at 2026-01-25T00:00:00Z
           +30  buyer: Buys for the firm
          +9.5  visits [web], 2026-01-24T12:00:00Z: visit (61.5) campaign=spring channel=mail; +10 when awarded
            +4  papers, 2026-01-11T00:00:00Z: paper asset=guide
          -2.5  idle, 2026-01-13T00:00:00Z: nothing happened
  not counted:
             0  visits [web], 2026-01-05T01:00:00Z: visit; +10 when awarded; voided by a reset (lost deal)
             0  visits [web], 2026-01-05T02:00:00Z: visit; +10 when awarded; voided by a reset (lost deal)
             0  visits [web], 2026-01-05T04:00:00Z: visit; +10 when awarded; expired
             0  idle, 2026-01-06T00:00:00Z: nothing happened; -2.5 when awarded; ended by activity
             0  papers, 2026-01-07T00:00:00Z: paper asset=guide; +4 refused: condition not met
             0  papers, 2026-01-09T00:00:00Z: paper; +4 refused: awards frozen (legal hold)
             0  papers, 2026-01-11T00:59:00Z: paper; +4 refused: within the cooldown
             0  visits [web], 2026-01-25T00:00:00Z: visit; +10 refused: limit reached
)");
}

TEST_CASE("bounds have lines of their own") {
    auto m = everything();
    const lead l{m,
                 {did("call"), did("visit", hours{1}), did("visit", hours{1}),
                  did("visit", hours{1}), is("role", "buyer", start)}};
    CHECK(l.explained("s", hours{1}) == R"(L: s = 50 at 2026-01-05T01:00:00Z
           +30  buyer: Buys for the firm
           +10  visits [web], 2026-01-05T01:00:00Z: visit
           +10  visits [web], 2026-01-05T01:00:00Z: visit
           +10  visits [web], 2026-01-05T01:00:00Z: visit
            -5  bounds of group 'web'
            -5  bounds of s
)");
    m.scores[0] = {.id = "s", .min = 1, .max = 12, .clamp = lf::clamping::running};
    m.rules.resize(2);
    auto& visits = std::get<lf::occurrence>(m.rules[0]);
    visits.group.clear();
    visits.decay = {};
    CHECK(lead{m, {did("visit"), did("visit", hours{1})}}.explained("s", hours{1}) ==
          R"(L: s = 12 at 2026-01-05T01:00:00Z
           +10  visits, 2026-01-05T00:00:00Z: visit
            +1  start of s
            +1  visits, 2026-01-05T01:00:00Z: visit; +10 when awarded
)");
}

TEST_CASE("a derived score is explained by its inputs, and theirs") {
    auto m = everything();
    m.derived = {
        {.id = "total",
         .from = lf::weighted_sum{.terms = {{"s", lf::decimal{0.5}}, {"chance", -1}}, .plus = 3}},
        {.id = "chance", .from = lf::lookup{.score = "s", .steps = {{10, 2}}}}};
    CHECK(lead{m, {did("visit"), did("visit")}}.explained("chance", hours{12}) ==
          R"(L: chance = 2 at 2026-01-05T12:00:00Z
            +2  formula of chance
             0  score s = 19
  L: s = 19 at 2026-01-05T12:00:00Z
            +9.5  visits [web], 2026-01-05T00:00:00Z: visit; +10 when awarded
            +9.5  visits [web], 2026-01-05T00:00:00Z: visit; +10 when awarded
)");
    CHECK(lead{m, {did("visit")}}.explained("total", hours{12}) ==
          R"(L: total = 7.75 at 2026-01-05T12:00:00Z
         +4.75  score s = 9.5
            +3  constant of total
             0  score chance = 0
  L: s = 9.5 at 2026-01-05T12:00:00Z
            +9.5  visits [web], 2026-01-05T00:00:00Z: visit; +10 when awarded
  L: chance = 0 at 2026-01-05T12:00:00Z
               0  score s = 9.5 (explained under total)
)");
}

TEST_CASE("each score is explained once, even if many formulas use it") {
    auto m =
        model({lf::occurrence{.id = "visits", .score = "s", .on = lf::on("visit"), .points = 1}});
    m.derived = {{.id = "top", .from = lf::weighted_sum{.terms = {{"left"}, {"right"}, {"s"}}}},
                 {.id = "left", .from = lf::maximum_of{{"s"}}},
                 {.id = "right", .from = lf::weighted_sum{.terms = {{"s"}, {"left"}}}}};
    CHECK(lead{m, {did("visit")}}.explained("top", {}) ==
          R"(L: top = 4 at 2026-01-05T00:00:00Z
            +2  score right = 2
            +1  score left = 1
            +1  score s = 1 (explained under left)
  L: left = 1 at 2026-01-05T00:00:00Z
              +1  formula of left
               0  score s = 1
    L: s = 1 at 2026-01-05T00:00:00Z
                +1  visits, 2026-01-05T00:00:00Z: visit
  L: right = 2 at 2026-01-05T00:00:00Z
              +1  score s = 1 (explained under left)
              +1  score left = 1 (explained under top)
)");
    // 2^64 paths lead to the first score.
    m.derived.clear();
    for (int i = 0; i < 64; ++i) {
        const std::string below = i == 0 ? "s" : "d" + std::to_string(i - 1);
        m.derived.push_back({.id = "d" + std::to_string(i),
                             .from = lf::weighted_sum{
                                 .terms = {{below, lf::decimal{0.5}}, {below, lf::decimal{0.5}}}}});
    }
    const lead l{m, {did("visit")}};
    const auto e = l.scorer().explain(0, l.number("d63"), start);
    std::size_t explained = 0;
    const auto look = [&](const lf::explanation& one, const auto& self) -> void {
        ++explained;
        lf::wide sum = 0;
        for (const auto& line : one.lines) sum += line.now.micros();
        CHECK(sum == one.total.micros());
        for (const auto& input : one.inputs) self(input, self);
    };
    look(e, look);
    CHECK(explained == 65);
    CHECK(e.total == 1);
    CHECK(e.lines.at(1).reason == "d63");
}

TEST_CASE("an absent score names its exclusion and its would-be value; a saturated one says so") {
    auto m = everything();
    m.exclusions = {{.id = "opted out", .when = lf::attribute("size").exists()}};
    CHECK(lead{m, {did("visit"), is("size", 3.0)}}.explained("s", {}) ==
          R"(L: s = absent at 2026-01-05T00:00:00Z (excluded by opted out; it would be 10)
           +10  visits [web], 2026-01-05T00:00:00Z: visit
)");

    m = model({lf::occurrence{
        .id = "value", .score = "s", .on = lf::on("visit"), .per_value = lf::points{10}}});
    CHECK(lead{m, {did("visit", {}, 9e11), did("visit", {}, 8e11)}}.explained("s", {}) ==
          R"(L: s = 9223372036854.775807 at 2026-01-05T00:00:00Z (saturated)
  +9000000000000  value, 2026-01-05T00:00:00Z: visit (900000000000)
  +8000000000000  value, 2026-01-05T00:00:00Z: visit (800000000000)
  -7776627963145.224193  saturation of s
)");
}

TEST_CASE("terms beyond the range of points end there, and the sum is still exact") {
    const auto explained = [](std::vector<lf::weighted_term> terms, lf::points plus,
                              std::optional<lf::points> max = {}) {
        auto m = model({lf::attribute_rule{
            .id = "rule", .score = "s", .when = lf::attribute("role").exists(), .points = 1e9}});
        m.scores.push_back({.id = "t"});
        m.rules.push_back(lf::attribute_rule{
            .id = "other", .score = "t", .when = lf::attribute("role").exists(), .points = 1e9});
        m.derived = {{.id = "d",
                      .from = lf::weighted_sum{.terms = std::move(terms), .plus = plus},
                      .max = max}};
        const lead l{m, {is("role", "buyer"), did("visit")}};
        auto e = l.scorer().explain(0, l.number("d"), start);
        const auto score = l.read("d", {});
        CHECK(e.total == score.value);
        CHECK(e.saturated == score.saturated);
        lf::wide sum = 0;
        for (const auto& line : e.lines) sum += line.now.micros();
        CHECK(sum == e.total.micros());
        e.inputs.clear();
        return lf::to_string(e);
    };
    CHECK(explained({{"s", 1e6}}, 0) ==
          R"(L: d = 9223372036854.775807 at 2026-01-05T00:00:00Z (saturated)
  +9223372036854.775807  score s = 1000000000
)");
    CHECK(explained({{"s", -1e6}}, 3) ==
          R"(L: d = -9223372036854.775808 at 2026-01-05T00:00:00Z (saturated)
  -9223372036854.775808  score s = 1000000000
            +3  constant of d
            -3  saturation of d
)");
    CHECK(explained({{"s", 1e6}}, 0, 100) == R"(L: d = 100 at 2026-01-05T00:00:00Z
  +9223372036854.775807  score s = 1000000000
  -9223372036754.775807  bounds of d
)");
    // What two terms lack cancels out: the total is exact.
    CHECK(explained({{"s", 1e4}, {"t", -9e3}}, 0) == R"(L: d = 1000000000000 at 2026-01-05T00:00:00Z
  +9223372036854.775807  score s = 1000000000
  -9000000000000  score t = 1000000000
  +776627963145.224193  saturation of d
)");
    CHECK(explained({{"s", 1e6}, {"t", -1e6}}, 1) == R"(L: d = 1 at 2026-01-05T00:00:00Z
  -9223372036854.775808  score t = 1000000000
  +9223372036854.775807  score s = 1000000000
            +1  constant of d
     +0.000001  saturation of d
)");
    // Each term is within the range, but their sum is not.
    CHECK(explained({{"s", 9e3}, {"t", 9e3}}, 0) ==
          R"(L: d = 9223372036854.775807 at 2026-01-05T00:00:00Z (saturated)
  +9000000000000  score s = 1000000000
  +9000000000000  score t = 1000000000
  -8776627963145.224193  saturation of d
)");
}

TEST_CASE("hostile text is escaped") {
    auto t = did("visit", hours{1});
    t.lead = "L\x1b]0;title\x07";
    t.type = "vi\tsit";
    t.campaign = "two\r\nlines \xc2\x9b"
                 "31m"; // a C1 control
    t.channel = "株式会社";
    t.properties = {{"as\x7fset", "a\x01"
                                  "b"},
                    {"tags", lf::text_set{"x\ny", "株"}}};
    auto m = model({lf::occurrence{.id = "rule", .score = "s", .points = 1}});
    m.rules.push_back(lf::attribute_rule{
        .id = "always", .score = "s", .description = "one\ntwo\x1b[2J", .points = 1});
    std::get<lf::occurrence>(m.rules[0]).description = "a\u202eb\u2066c\u200f\u061c株\u2028é😀";
    const auto h = lf::make_histories(std::vector<lf::event>{t});
    const lf::scorer s{lf::compile(m), h};
    auto e = s.explain(0, 0, start + hours{1});
    e.lead += " bad \xff\xc0\x80 bytes, 株"; // invalid UTF-8, which no history holds
    const auto text = lf::to_string(e);
    CHECK(text ==
          R"(L\x1b]0;title\x07 bad \xff\xc0\x80 bytes, \xe6\xa0\xaa: s = 2 at 2026-01-05T01:00:00Z
            +1  rule: a\u202eb\u2066c\u200f\u061c株\u2028é😀; 2026-01-05T01:00:00Z: vi\x09sit as\x7fset=a\x01b tags=x\x0ay;株 campaign=two\x0d\x0alines \x9b31m channel=株式会社
            +1  always: one\x0atwo\x1b[2J
)");
    for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
}

TEST_CASE("an explanation outlives its scorer and its histories") {
    lf::explanation e;
    {
        const lead l{everything(), {did_with("visit", hours{1}, "guide")}};
        e = l.scorer().explain(0, 0, start + hours{1});
    }
    REQUIRE(e.lines.size() == 1);
    REQUIRE(e.lines[0].cause);
    CHECK(e.lines[0].cause->properties.at("asset") == lf::value{"guide"});
    CHECK(e.lines[0].now == 10);
}

TEST_CASE("a cut explanation keeps the largest contributions, and its sum is still exact") {
    lf::explanation e{.lead = "L", .score = "s", .at = start, .total = 0};
    for (int i = 1; i <= 50; ++i) {
        e.lines.push_back({.kind = lf::line_kind::state,
                           .name = "rule " + std::to_string(i),
                           .awarded = i,
                           .now = i % 2 == 0 ? i : -i});
        e.lines.push_back({.kind = lf::line_kind::award,
                           .name = "old " + std::to_string(i),
                           .at = start,
                           .awarded = 1,
                           .fate = lf::award_fate::expired});
    }
    e.total = 25;
    const auto whole = lf::to_string(e);
    CHECK(lf::to_string(e, whole.size()) == whole);
    CHECK(lf::to_string(e, 150) == R"(L: s = 25 at 2026-01-05T00:00:00Z
           +50  rule 50
           -49  rule 49
           +48  rule 48
           -47  rule 47
           +23  46 more lines, cut
  not counted:
             0  50 more lines, cut
)");
    CHECK(lf::to_string(e, 0) == R"(L: s = 25 at 2026-01-05T00:00:00Z
           +25  50 more lines, cut
  not counted:
             0  50 more lines, cut
)");
    for (std::size_t most = 0; most < whole.size(); most += 37)
        CHECK(lf::to_string(e, most).size() < most + 160);

    lf::explanation over{.lead = "L", .score = "d", .at = start, .total = 25};
    over.lines.push_back({.kind = lf::line_kind::input, .name = "s", .awarded = 25, .now = 25});
    over.inputs = {e, e, e};
    CHECK(lf::to_string(over, 0) == R"(L: d = 25 at 2026-01-05T00:00:00Z
           +25  1 more lines, cut
  3 more inputs, cut
)");
    // A sum beyond the range of points is written as several amounts.
    lf::explanation vast{.lead = "L", .score = "s", .at = start, .total = 0};
    for (int i = 0; i < 3; ++i)
        vast.lines.push_back({.kind = lf::line_kind::state, .name = "r", .now = lf::points::max()});
    const auto most = lf::to_string(lf::points::max());
    CHECK(lf::to_string(vast, 0).find("+" + most + " +" + most + " +" + most + "  3 more") !=
          std::string::npos);
}
