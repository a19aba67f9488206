// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Reading allocates nothing for a row once its buffers have grown. Sanitizers replace the
// allocation functions, so this test does not run with them.

#include "sanitized.hpp"

#if !defined(SANITIZED)

#include "catch.hpp"

#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/io/history_sink.hpp>
#include <leadfunnel/io/ingest.hpp>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

namespace lf = leadfunnel;

namespace {
std::atomic<std::size_t> allocations{0};
}

// Replaces the operator of the whole program: counts calls, and otherwise behaves like the standard
// one.
void* operator new(std::size_t size) {
    ++allocations;
    if (void* const p = std::malloc(size == 0 ? 1 : size)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t /*size*/) noexcept { std::free(p); }

namespace {

std::size_t allocations_for(const lf::loaded_mapping& m, const std::string& head,
                            const std::string& row) {
    REQUIRE(m.issues.empty());
    std::string text;
    for (int i = 0; i < 2'000; ++i) text += row;
    lf::null_sink sink;
    lf::ingester in(m, sink);
    in.push(head);
    in.push(text);
    in.push(text.substr(0, text.size() - 5));
    in.push(text.substr(text.size() - 5));
    const std::size_t before = allocations;
    // The text at once, and in chunks that cut rows.
    in.push(text);
    for (std::size_t i = 0; i < text.size(); i += 1000)
        in.push(std::string_view(text).substr(i, 1000));
    const std::size_t made = allocations - before;
    CHECK(in.finish().accepted == 8'000);
    return made;
}

} // namespace

TEST_CASE("no allocation per row", "[ingest]") {
    const auto csv = lf::parse_mapping(R"({"time": {"format": "local", "zone": "Asia/Tokyo"},
        "mappings": [{"to": "touchpoint", "lead": "l", "at": "t",
          "type": {"from": "k", "translate": {"PV": "page_view"}}, "value": "v",
          "properties": {"u": "u", "n": {"from": "n", "type": "number"},
                         "s": {"from": "s", "type": "set"}}}]})");
    CHECK(allocations_for(csv, "l,t,k,v,u,n,s\n",
                          "a lead with a long identifier,2026-04-01 09:30,PV,12.5,"
                          "\"a long text, with a \"\"quote\"\" and 日本語\",1.25,one;two;three\n") <
          10);
    const auto ndjson = lf::parse_mapping(R"({"format": "ndjson",
        "mappings": [{"to": "touchpoint", "lead": "l", "at": "t", "type": "k", "value": "v",
          "properties": {"u": "p.u", "n": {"from": "p.n", "type": "number"},
                         "s": {"from": "p.s", "type": "set"}}}]})");
    CHECK(allocations_for(ndjson, "",
                          R"({"l":"a lead with a long identifier","t":"2026-04-01T09:30:00Z",)"
                          R"("k":"page_view","v":12.5,"p":{"u":"a long text \u65e5\n","n":1.25,)"
                          R"("s":["one","two","three"],"z":[{"y":[1,2]}]}})"
                          "\n") < 10);
}

TEST_CASE("no allocation per row into histories, of leads and kinds that are known", "[ingest]") {
    const auto m = lf::parse_mapping(R"({"mappings": [
        {"to": "touchpoint", "when": {"field": "k", "is_not": "profile"}, "lead": "l", "at": "t",
         "type": "k", "value": "v", "properties": {"u": "u", "s": {"from": "u", "type": "set"}}},
        {"to": "attributes", "lead": "l", "at": "t", "attributes": {"u": "u"}}]})");
    REQUIRE(m.issues.empty());
    lf::history_builder builder;
    lf::history_sink sink(builder);
    lf::ingester in(m, sink);
    in.push("l,t,k,v,u\n");
    std::string text;
    for (int i = 0; i < 2'000; ++i)
        text +=
            "a lead with a long identifier,2026-04-01T00:30:00Z,page_view,12.5,a text; of two\n"
            "a lead with a long identifier,2026-04-01T00:30:00Z,profile,,a text as long as it\n";
    in.push(text);
    const std::size_t before = allocations;
    for (int i = 0; i < 4; ++i) in.push(text);
    // Columns double their capacity from time to time.
    CHECK(allocations - before < 40);
    CHECK(in.finish().accepted == 20'000);
}

#endif
