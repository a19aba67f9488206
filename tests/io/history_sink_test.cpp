// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// A `history_sink` makes the histories that the events of the same rows make.

#include "catch.hpp"

#include <leadfunnel/io/history_sink.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace lf = leadfunnel;

namespace {

struct input {
    lf::loaded_mapping mapping;
    std::string text;
};

lf::loaded_mapping mapping(std::string_view json) {
    auto m = lf::parse_mapping(json);
    for (const auto& i : m.issues) UNSCOPED_INFO(lf::to_string(i));
    REQUIRE(m.issues.empty());
    return m;
}

lf::histories by_events(const std::vector<input>& inputs) {
    lf::history_builder builder;
    lf::event_sink sink([&](const lf::event& e) { builder.add(e); });
    for (const input& in : inputs) CHECK(lf::ingest_text(in.text, in.mapping, sink).bad == 0);
    return builder.build();
}

lf::histories straight(const std::vector<input>& inputs) {
    lf::history_builder builder;
    lf::history_sink sink(builder);
    for (const input& in : inputs) CHECK(lf::ingest_text(in.text, in.mapping, sink).bad == 0);
    return builder.build();
}

void check_same(const lf::histories& a, const lf::histories& b) {
    REQUIRE(a.size() == b.size());
    CHECK(a.kinds() == b.kinds());
    CHECK(a.duplicates() == b.duplicates());
    CHECK(a.touchpoint_count() == b.touchpoint_count());
    for (std::size_t lead = 0; lead < a.size(); ++lead) {
        CHECK(a.lead_id(lead) == b.lead_id(lead));
        CHECK(a.events(lead) == b.events(lead));
    }
}

const char* const touchpoints = R"({"format": "ndjson",
    "mappings": [{"to": "touchpoint", "lead": "l", "at": "t", "type": "k", "value": "v",
      "campaign": "c", "channel": "h", "source": "s", "id": "i",
      "properties": {"u": "u", "n": {"from": "n", "type": "number"},
                     "b": {"from": "b", "type": "bool"}, "w": {"from": "w", "type": "timestamp"},
                     "set": {"from": "set", "type": "set"}}}]})";

} // namespace

TEST_CASE("touchpoints of all kinds", "[history_sink]") {
    const std::string rows =
        R"({"l":"a","t":"2026-04-01T00:00:00Z","k":"x","v":1.5,"u":"/p"}
{"l":"b","t":"2026-03-01T00:00:00Z","k":"x","u":"/p","c":"spring","h":"web"}
{"l":"b","t":"2026-03-02T00:00:00Z","k":"x","u":"/p","c":"springweb"}
{"l":"b","t":"2026-03-02T00:00:00Z","k":"x","u":"/p","h":"springweb"}
{"l":"b","t":"2026-03-02T00:00:00Z","k":"x/p"}
{"l":"a","t":"2026-02-01T00:00:00Z","k":"y","n":0,"b":false,"w":"2026-01-01T00:00:00Z"}
{"l":"a","t":"2026-02-01T00:00:00Z","k":"y","n":-0.0,"b":true,"w":"2026-01-01T00:00:00+09:00"}
{"l":"a","t":"2026-02-01T00:00:00Z","k":"y","set":["two","one"]}
{"l":"a","t":"2026-02-01T00:00:00Z","k":"y","set":["one","two","one"]}
{"l":"a","t":"2026-02-01T00:00:00Z","k":"y","set":["onetwo"]}
{"l":"a","t":"2026-05-01T00:00:00Z","k":"z","s":"crm","i":"17"}
{"l":"a","t":"2026-05-02T00:00:00Z","k":"z","s":"crm","i":"17"}
{"l":"a","t":"2026-05-02T00:00:00Z","k":"z","s":"web","i":"17"}
)";
    const std::vector<input> once{{mapping(touchpoints), rows}};
    const lf::histories h = straight(once);
    check_same(h, by_events(once));
    CHECK(h.touchpoint_count() == 12);
    CHECK(h.duplicates() == 1);
    // x and y have 4 kinds each (0 equals -0, and a set has no order); then x/p, and z.
    CHECK(h.kinds().size() == 10);

    const std::vector<input> twice{once[0], once[0]};
    check_same(straight(twice), by_events(twice));
}

TEST_CASE("a mapping at the address of an earlier one", "[history_sink]") {
    // The second mapping differs in the names of properties only. So the same row has another kind.
    const auto named = [](const std::string& property) {
        return mapping(R"({"mappings": [{"to": "touchpoint", "lead": "l", "at": "t",
                           "type": "k", "properties": {")" +
                       property + R"(": "p"}}]})");
    };
    const std::string text = "l,t,k,p\na,2026-04-01T00:00:00Z,x,same\n";
    const std::vector<input> inputs{
        {named("url"), text}, {named("doc"), text}, {named("url"), text}};
    const lf::histories h = straight(inputs);
    check_same(h, by_events(inputs));
    CHECK(h.kinds().size() == 2);
}

TEST_CASE("attributes and stages", "[history_sink]") {
    const std::vector<input> inputs{
        {mapping(R"({"format": "ndjson", "mappings": [
            {"to": "attributes", "when": {"field": "to", "is": "a"}, "lead": "l", "at": "t",
             "source": "s", "id": "i",
             "attributes": {"x": "x", "y": {"from": "y", "type": "number"}, "z": "z"}},
            {"to": "stage", "lead": "l", "at": "t", "funnel": {"constant": "f"}, "stage": "g",
             "reason": "r", "cause": "c", "source": "s", "id": "i"}]})"),
         R"({"to":"a","l":"a","t":"2026-04-01T00:00:00Z","x":"1","y":2}
{"to":"a","l":"a","t":"2026-04-01T00:00:00Z","y":1}
{"to":"a","l":"a","t":"2026-04-02T00:00:00Z","z":"of a text that is long enough to be elsewhere"}
{"to":"a","l":"b","t":"2026-04-02T00:00:00Z","x":null,"z":"short"}
{"to":"a","l":"b","t":"2026-04-02T00:00:00Z","x":"back"}
{"to":"a","l":"b","t":"2026-04-03T00:00:00Z","x":"1","s":"crm","i":"9"}
{"to":"a","l":"b","t":"2026-04-04T00:00:00Z","x":"2","s":"crm","i":"9"}
{"to":"a","l":"b","t":"2026-04-04T00:00:00Z"}
{"to":"g","l":"b","t":"2026-04-05T00:00:00Z","g":"won","r":"price","c":"person","s":"crm","i":"10"}
{"to":"g","l":"b","t":"2026-04-06T00:00:00Z","g":"won","s":"crm","i":"10"}
)"},
        {mapping(R"({"mappings": [{"to": "attributes", "lead": "l", "attributes": {"x": "x"}}]})"),
         "l,x\na,ground\nc,\n"},
    };
    const lf::histories h = straight(inputs);
    check_same(h, by_events(inputs));
    CHECK(h.size() == 3);
    CHECK(h.duplicates() == 2);
    CHECK(h.stages(1).size() == 1);
}

TEST_CASE("inputs in turns, and a builder that others use as well", "[history_sink]") {
    const auto m = mapping(touchpoints);
    lf::history_builder builder;
    lf::history_sink sink(builder);
    lf::ingester one(m, sink);
    lf::ingester two(m, sink);
    for (int i = 0; i < 3; ++i) {
        const std::string day = "2026-04-0" + std::to_string(i + 1) + "T00:00:00Z";
        one.push(R"({"l":"a","t":")" + day + R"(","k":"x","u":"/p"})" + "\n");
        builder.add(lf::touchpoint{.lead = "b", .at = lf::parse_rfc3339(day).at, .type = "other"});
        two.push(R"({"l":"b","t":")" + day + R"(","k":"x","u":"/p"})" + "\n");
    }
    CHECK(one.finish().accepted == 3);
    CHECK(two.finish().accepted == 3);
    const lf::histories h = builder.build();
    CHECK(h.kinds().size() == 2);
    CHECK(h.touchpoints(0).size() == 3);
    CHECK(h.touchpoints(1).size() == 6);
}
