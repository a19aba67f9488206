// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/core/amount.hpp>
#include <leadfunnel/io/ingest.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::string_literals;

namespace {

lf::loaded_mapping map(std::string_view json) {
    auto m = lf::parse_mapping(json);
    for (const auto& i : m.issues) UNSCOPED_INFO(lf::to_string(i));
    REQUIRE(m.issues.empty());
    return m;
}

struct outcome {
    lf::ingest_report report;
    std::vector<lf::event> events;
};

outcome read(const lf::loaded_mapping& m, std::string_view text, lf::ingest_options o = {}) {
    outcome out;
    lf::event_sink sink([&](lf::event e) { out.events.push_back(std::move(e)); });
    out.report = lf::ingest_text(text, m, sink, std::move(o), "in");
    CHECK(out.report.rows == out.report.accepted + out.report.skipped + out.report.bad);
    return out;
}

lf::instant at(std::string_view text) {
    const auto p = lf::parse_rfc3339(text);
    REQUIRE(p);
    return p.at;
}

const lf::touchpoint& touch(const lf::event& e) { return std::get<lf::touchpoint>(e); }

/// The instant that a timestamp column of a format becomes, or the message of the bad row.
std::string instant_of(const std::string& reading, const std::string& text) {
    const auto m =
        map(R"({"mappings": [{"to": "touchpoint", "lead": "l", "type": "k", "at": {"from": "t", )" +
            reading + "}}]}");
    const auto out = read(m, "l,k,t\nx,y,\"" + text + "\"\n");
    if (out.report.bad != 0) {
        CHECK(out.report.bad_rows[0].fault == lf::row_fault::bad_instant);
        CHECK(out.report.bad_rows[0].column == "t");
        return out.report.bad_rows[0].message;
    }
    return lf::to_string(touch(out.events.at(0)).at);
}

} // namespace

TEST_CASE("CSV becomes touchpoints", "[ingest]") {
    const auto m = map(R"({
      "unset": ["", "NULL", "Select"],
      "mappings": [{"to": "touchpoint", "lead": ["user", "visitor"], "at": "at",
        "type": {"from": "kind", "translate": {"PV": "page_view"}},
        "value": {"from": "ms", "scale": 0.001}, "campaign": "c", "channel": {"constant": "web"},
        "source": {"constant": "site"}, "id": "id",
        "properties": {"url": "url", "n": {"from": "n", "type": "number"},
                       "ok": {"from": "ok", "type": "bool"}, "tags": {"from": "tags", "type": "set"},
                       "seen": {"from": "seen", "type": "timestamp"}}}]})");
    const auto out = read(
        m, "id,user,visitor,at,kind,ms,c,url,n,ok,tags,seen,extra\r\n"
           "1,U,V,2026-04-01T09:30:00+09:00,PV,1500,spring,\"/a,\"\"b\"\"\",-2.5e1,YES,a; b;;a ,"
           "2026-01-01T00:00:00Z,zzz\r\n"
           "2,NULL,V,2026-04-01 00:30:00.123456Z,mail,,Select,,,,,NULL,\r\n");
    REQUIRE(out.report.complete());
    CHECK(out.report.rows == 2);
    CHECK(out.report.accepted == 2);
    CHECK(out.report.events[1] == 2);
    REQUIRE(out.events.size() == 2);
    lf::touchpoint t;
    t.lead = "U";
    t.at = at("2026-04-01T00:30:00Z");
    t.type = "page_view";
    t.value = lf::decimal(1.5);
    t.campaign = "spring";
    t.channel = "web";
    t.source = "site";
    t.id = "1";
    t.properties = {{"url", "/a,\"b\""s},
                    {"n", -25.0},
                    {"ok", true},
                    {"tags", lf::text_set{"a", "b"}},
                    {"seen", at("2026-01-01T00:00:00Z")}};
    CHECK(touch(out.events[0]) == t);
    lf::touchpoint u;
    u.lead = "V";
    u.at = at("2026-04-01T00:30:00.123456Z");
    u.type = "mail";
    u.channel = "web";
    u.source = "site";
    u.id = "2";
    CHECK(touch(out.events[1]) == u);
}

TEST_CASE("a row has its values, its lead and its mapping", "[ingest]") {
    struct sink : lf::row_sink {
        int begun = 0;
        std::vector<std::string> seen;
        void on_begin(const lf::mapping_file& m) override {
            ++begun;
            CHECK(m.mappings.size() == 1);
        }
        void on_touchpoint(const lf::touchpoint_row& r) override {
            REQUIRE(r.by != nullptr);
            CHECK(r.index == 0);
            for (const auto& p : r.properties)
                seen.push_back(r.by->properties[p.name].name + "=" +
                               lf::to_string(lf::to_value(p.value)));
        }
        void on_attributes(const lf::attributes_row&) override { FAIL(); }
        void on_stage(const lf::stage_row&) override { FAIL(); }
    } s;
    const auto m = map(R"({"mappings": [{"to": "touchpoint", "lead": "l", "at": "t", "type": "k",
        "properties": {"a": "a", "b": {"from": "b", "type": "number"}, "c": "c"}}]})");
    const auto report = lf::ingest_text(
        "l,t,k,c,b,a\nx,2026-01-01T00:00:00Z,y,1,2,3\nx,2026-01-01T00:00:00Z,y,,5,\n", m, s);
    CHECK(report.accepted == 2);
    CHECK(s.begun == 1);
    CHECK(s.seen == std::vector<std::string>{"a=3", "b=2", "c=1", "b=5"});
}

TEST_CASE("attributes: unset, absent, always", "[ingest]") {
    const auto m = map(R"({"format": "ndjson", "unset": ["", "-"], "mappings": [
        {"to": "attributes", "lead": "id",
         "attributes": {"a": "a", "b": ["b", "c"], "n": {"from": "n", "type": "number"}}}]})");
    const auto out = read(m, R"({"id": 17, "a": "x", "b": null, "n": 1})"
                             "\n"
                             R"({"id": "y", "a": "-", "c": true, "n": "2.5"})"
                             "\n");
    REQUIRE(out.events.size() == 2);
    const auto& first = std::get<lf::attributes>(out.events[0]);
    CHECK(first.lead == "17");
    CHECK(first.at == lf::always);
    CHECK(first.values == lf::value_map{{"a", "x"s}, {"b", lf::value{}}, {"n", 1.0}});
    const auto& second = std::get<lf::attributes>(out.events[1]);
    CHECK(second.values == lf::value_map{{"a", lf::value{}}, {"b", "true"s}, {"n", 2.5}});
    // In CSV an empty cell unsets the attribute.
    const auto csv = map(R"({"mappings": [{"to": "attributes", "lead": "id",
        "attributes": {"a": "a", "z": {"from": "z", "optional": true}}}]})");
    CHECK(std::get<lf::attributes>(read(csv, "id,a\n1,\n").events.at(0)).values ==
          lf::value_map{{"a", lf::value{}}});
}

TEST_CASE("stage entries, and rows that feed several mappings", "[ingest]") {
    const auto m = map(R"({"mappings": [
        {"to": "attributes", "and_more": true, "lead": "l", "at": "t", "attributes": {"a": "a"}},
        {"to": "stage", "when": {"field": "s", "set": true}, "lead": "l", "at": "t",
         "funnel": {"constant": "f"}, "stage": {"from": "s", "translate": {"1": "mql"}, "otherwise": "?"},
         "reason": "r", "cause": {"constant": "crm"}, "source": {"constant": "crm"}, "id": "l"},
        {"to": "touchpoint", "when": {"field": "a", "is_not": ["no", "never"]}, "lead": "l", "at": "t", "type": "a"}]})");
    const auto out = read(m, "l,t,a,s,r\n"
                             "x,2026-01-01T00:00:00Z,yes,1,why\n"
                             "y,2026-01-01T00:00:00Z,yes,,\n"
                             "z,2026-01-01T00:00:00Z,no,,\n"
                             "w,2026-01-01T00:00:00Z,no,7,\n"
                             "v,2026-01-01T00:00:00Z,,,\n");
    CHECK(out.report.accepted == 4);
    CHECK(out.report.bad == 1); // v: a touchpoint without a type, so no part of the row is accepted
    CHECK(out.report.count(lf::row_fault::missing_type) == 1);
    CHECK(out.report.events == std::array<std::uint64_t, 3>{4, 1, 2});
    REQUIRE(out.events.size() == 7);
    const auto& s = std::get<lf::stage_entry>(out.events[1]);
    CHECK(s.funnel == "f");
    CHECK(s.stage == "mql");
    CHECK(s.reason == "why");
    CHECK(s.cause == "crm");
    CHECK(s.source == "crm");
    CHECK(s.id == "x");
    CHECK(touch(out.events[3]).lead == "y");
    CHECK(std::get<lf::stage_entry>(out.events[6]).stage == "?");
}

TEST_CASE("the first mapping that matches takes a row; a row that none matches is skipped",
          "[ingest]") {
    const auto m = map(R"({"format": "ndjson", "mappings": [
        {"to": "touchpoint", "when": {"field": "type", "is": "a"}, "lead": "l", "at": "t", "type": {"constant": "first"}},
        {"to": "touchpoint", "when": {"field": "type", "is": ["a", "b"]}, "lead": "l", "at": "t", "type": {"constant": "second"}}]})");
    const auto out = read(m, R"({"type":"a","l":"x","t":"2026-01-01T00:00:00Z"}
{"type":"b","l":"x","t":"2026-01-01T00:00:00Z"}
{"type":"c"}
{"type":{"c":1}}
{}
)");
    CHECK(out.report.skipped == 3);
    REQUIRE(out.events.size() == 2);
    CHECK(touch(out.events[0]).type == "first");
    CHECK(touch(out.events[1]).type == "second");
}

TEST_CASE("instants, format by format", "[ingest]") {
    const std::string rfc = R"("format": "rfc3339")";
    CHECK(instant_of(rfc, "2026-04-01T09:30:00+09:00") == "2026-04-01T00:30:00Z");
    CHECK(instant_of(rfc, "2026-04-01T25:61:00Z") ==
          "a field out of its range, or a year outside 1900 to 2199: '2026-04-01T25:61:00Z'");
    CHECK(instant_of(rfc, "2026-04-01T09:30:00") ==
          "no offset from UTC ('Z' or '+09:00'): '2026-04-01T09:30:00'");
    CHECK(instant_of(rfc, "2026-04-01T09:30:00+0900").starts_with("not a date and time"));
    CHECK(instant_of(rfc, "1.4.2026").starts_with("not a date and time"));

    const std::string iso = R"("format": "iso8601")";
    CHECK(instant_of(iso, "2026-04-01T09:30:00.123+0900") == "2026-04-01T00:30:00.123Z");
    CHECK(instant_of(iso, "2026-04-01T09:30:00-0330") == "2026-04-01T13:00:00Z");
    CHECK(instant_of(iso, "2026-04-01T09:30:00.123456789+09:00") == "2026-04-01T00:30:00.123456Z");
    CHECK(instant_of(iso, "2026-04-01T00:30:00Z") == "2026-04-01T00:30:00Z");
    CHECK(instant_of(iso, "2026-04-01T00:30:00+9900").starts_with("a field out of its range"));
    CHECK(instant_of(iso, "2026-04-0100").starts_with("not a date and time"));
    CHECK(instant_of(iso, "+0900").starts_with("not a date and time"));

    const std::string tokyo = R"("format": "local", "zone": "Asia/Tokyo")";
    CHECK(instant_of(tokyo, "2026-04-01 09:30") == "2026-04-01T00:30:00Z");
    CHECK(instant_of(tokyo, "2026-04-01T09:30:01.5") == "2026-04-01T00:30:01.500Z");
    CHECK(instant_of(tokyo, "2026-04-01T09:30:00Z") == "2026-04-01T09:30:00Z");
    CHECK(instant_of(tokyo, "2026-04-01").starts_with("not a date and time"));
    CHECK(instant_of(tokyo, "2026-02-30 00:00").starts_with("a field out of its range"));
    CHECK(instant_of(tokyo, "2026-02-20T24:00:00Z").starts_with("a field out of its range"));

    const std::string date = R"("format": "date", "zone": "Asia/Tokyo")";
    CHECK(instant_of(date, "2026-04-01") == "2026-03-31T15:00:00Z");
    CHECK(instant_of(date + R"(, "day": "noon")", "2026-04-01") == "2026-04-01T03:00:00Z");
    CHECK(instant_of(date + R"(, "day": "end")", "2026-04-01") == "2026-04-01T14:59:59.999999Z");
    CHECK(instant_of(date, "2026-04-01 00:00").starts_with("not a date and time"));

    const std::string seconds = R"("format": "unix_seconds")";
    CHECK(instant_of(seconds, "1775000000") == "2026-03-31T23:33:20Z");
    CHECK(instant_of(seconds, "1775000000.25") == "2026-03-31T23:33:20.250Z");
    CHECK(instant_of(seconds, "-1") == "1969-12-31T23:59:59Z");
    CHECK(instant_of(seconds, "1775000000000").starts_with("a field out of its range"));
    CHECK(instant_of(seconds, "1e300").starts_with("not a date and time"));
    CHECK(instant_of(seconds, "yesterday").starts_with("not a date and time"));
    const std::string millis = R"("format": "unix_millis")";
    CHECK(instant_of(millis, "1775000000123") == "2026-03-31T23:33:20.123Z");
    CHECK(instant_of(millis, "1775000000123.5") == "2026-03-31T23:33:20.123500Z");
}

TEST_CASE("unix times hold microseconds in JSON numbers", "[ingest]") {
    const auto m = map(R"({"format": "ndjson", "mappings": [{"to": "touchpoint", "lead": "l",
        "at": {"from": "t", "format": "unix_millis"}, "type": {"constant": "k"}}]})");
    const auto out = read(m, "{\"l\":\"x\",\"t\":1775000000123}\n{\"l\":\"x\",\"t\":1.775e12}\n"
                             "{\"l\":\"x\",\"t\":{}}\n");
    CHECK(touch(out.events.at(0)).at == at("2026-03-31T23:33:20.123Z"));
    CHECK(touch(out.events.at(1)).at == at("2026-03-31T23:33:20Z"));
    CHECK(out.report.count(lf::row_fault::wrong_type) == 1);
}

TEST_CASE("local times that clocks repeat or skip", "[ingest]") {
    const std::string base = R"("format": "local", "zone": "Europe/Amsterdam", "ambiguous": ")";
    const std::string twice = "2011-10-30 02:30:00";
    CHECK(instant_of(base + "earliest\"", twice) == "2011-10-30T00:30:00Z");
    CHECK(instant_of(base + "latest\"", twice) == "2011-10-30T01:30:00Z");
    CHECK(instant_of(base + "refuse\"", twice) ==
          "a local time that occurs twice, as clocks were set back: '2011-10-30 02:30:00'");
    const std::string never = "2012-03-25 02:30:00";
    CHECK(instant_of(base + "earliest\"", never) == "2012-03-25T01:00:00Z");
    CHECK(instant_of(base + "latest\"", never) == "2012-03-25T01:00:00Z");
    CHECK(instant_of(base + "refuse\"", never) ==
          "a local time that never occurs, as clocks were set forward: '2012-03-25 02:30:00'");
    // Where midnight is skipped, a day begins with its first instant (São Paulo, 2017-10-15).
    const std::string sao = R"("format": "date", "zone": "America/Sao_Paulo")";
    CHECK(instant_of(sao, "2017-10-15") == "2017-10-15T03:00:00Z");
    CHECK(instant_of(sao + R"(, "day": "end")", "2017-10-14") == "2017-10-15T02:59:59.999999Z");
    // Where midnight is repeated, the day ends with its last hour (2018-02-17 has 25 hours).
    CHECK(instant_of(sao + R"(, "day": "end")", "2018-02-17") == "2018-02-18T02:59:59.999999Z");
}

TEST_CASE("remembering a zone's offset does not change instants", "[ingest]") {
    // Each hour of several years, across all transitions: compared with a fresh reader.
    for (const std::string zone :
         {"America/Sao_Paulo", "Europe/Amsterdam", "Pacific/Apia", "Australia/Lord_Howe"}) {
        std::string text = "l,t\n";
        std::vector<lf::instant> expected;
        const auto tz = lf::time_zone::find(zone);
        REQUIRE(tz);
        auto l = std::chrono::local_days{std::chrono::year{2009} / 12 / 1};
        lf::local_instant now{l.time_since_epoch()};
        for (int i = 0; i < 3 * 365 * 24; ++i, now += std::chrono::minutes{59}) {
            const auto wanted = tz->to_instant(now, lf::local_choice::latest);
            const auto whole = lf::instant{now.time_since_epoch()};
            std::string s = lf::to_string(whole);
            s.pop_back();
            text += "x," + s + "\n";
            expected.push_back(wanted.at);
        }
        const auto m =
            map(R"({"mappings": [{"to": "touchpoint", "lead": "l", "type": {"constant": "k"},
            "at": {"from": "t", "format": "local", "ambiguous": "latest", "zone": ")" +
                zone + "\"}}]}");
        const auto out = read(m, text);
        REQUIRE(out.events.size() == expected.size());
        bool same = true;
        for (std::size_t i = 0; i < expected.size(); ++i)
            same = same && touch(out.events[i]).at == expected[i];
        CHECK(same);
    }
}

TEST_CASE("bad rows: line, column, reason, the row itself", "[ingest]") {
    const auto m = map(
        R"({"mappings": [{"to": "touchpoint", "lead": ["l", "m"], "at": "t", "type": "k", "value": "v",
        "properties": {"n": {"from": "n", "type": "number"}, "b": {"from": "b", "type": "bool"}}}]})");
    const std::string ok = "2026-01-01T00:00:00Z";
    const auto out = read(m, "l,m,t,k,v,n,b\n" // 1
                             "\"x\ny\",," +
                                 ok +
                                 ",k,,,\n" // 2, 3: good
                                 ",," +
                                 ok +
                                 ",k,,,\n"                        // 4
                                 "x,,,k,,,\n"                     // 5
                                 "x,,2026-13-01T00:00:00Z,k,,,\n" // 6
                                 "x,," +
                                 ok +
                                 ",,,,\n" // 7
                                 "x,," +
                                 ok +
                                 ",k,\"1,000\",,\n" // 8
                                 "x,," +
                                 ok +
                                 ",k,,0x10,\n" // 9
                                 "x,," +
                                 ok +
                                 ",k,,inf,\n" // 10
                                 "x,," +
                                 ok +
                                 ",k,,1e999,\n" // 11
                                 "x,," +
                                 ok +
                                 ",k,,,maybe\n" // 12
                                 "x,," +
                                 ok +
                                 ",k,,\n" // 13: ragged
                                 "x,," +
                                 ok +
                                 ",k,,\"1\"2,\n" // 14: quote
                                 "x\0,,"s +
                                 ok +
                                 ",k,,,\n" // 15
                                 "x,," +
                                 ok +
                                 ",\xff,,,\n" // 16
                                 "x,," +
                                 ok +
                                 ",k,99999999999999,,\n" // 17: out of range
                                 "x,," +
                                 ok + ",k,1.5,2.5,No\n" // 18: good
    );
    struct expected {
        std::uint64_t line;
        std::string column;
        lf::row_fault fault;
        std::string message;
    };
    using f = lf::row_fault;
    const std::vector<expected> table{
        {4, "l", f::missing_lead, "no lead id"},
        {5, "t", f::missing_instant, "no instant"},
        {6, "t", f::bad_instant,
         "a field out of its range, or a year outside 1900 to 2199: '2026-13-01T00:00:00Z'"},
        {7, "k", f::missing_type, "no type"},
        {8, "v", f::bad_number, "not a number, or out of range: '1,000'"},
        {9, "n", f::bad_number, "not a number, or out of range: '0x10'"},
        {10, "n", f::bad_number, "not a number, or out of range: 'inf'"},
        {11, "n", f::bad_number, "not a number, or out of range: '1e999'"},
        {12, "b", f::bad_boolean, "neither true, yes, 1 nor false, no, 0: 'maybe'"},
        {13, "", f::ragged, "6 fields, the header has 7"},
        {14, "n", f::bad_quote, "a quote inside an unquoted field, or text after a closing quote"},
        {15, "l", f::nul, "it holds a NUL"},
        {16, "k", f::not_utf8, "text that is not UTF-8"},
        {17, "v", f::bad_number, "not a number, or out of range: '99999999999999'"}};
    CHECK(out.report.accepted == 2);
    CHECK(out.events.size() == 2);
    CHECK(out.report.bad == table.size());
    CHECK(out.report.complete());
    REQUIRE(out.report.bad_rows.size() == table.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto& b = out.report.bad_rows[i];
        INFO(lf::to_string(b));
        CHECK(b.line == table[i].line);
        CHECK(b.column == table[i].column);
        CHECK(b.fault == table[i].fault);
        CHECK(b.message == table[i].message);
        CHECK_FALSE(b.cut);
    }
    CHECK(out.report.count(f::bad_number) == 5);
    CHECK(out.report.bad_rows[1].raw == "x,,,k,,,");
    CHECK(lf::to_string(out.report.bad_rows[1]) ==
          "line 5, column 't': no instant [missing_instant]");
    CHECK(lf::to_string(out.report.bad_rows[9]) == "line 13: 6 fields, the header has 7 [ragged]");
}

TEST_CASE("values of touchpoints beyond 10^12 are bad, scaled or not") {
    const auto values = [](const std::string& scale) {
        return map(R"({"mappings": [{"to": "touchpoint", "lead": "l", "type": "k",
            "at": "t", "value": {"from": "v")" +
                   scale + "}}]}");
    };
    const auto rows = [](std::initializer_list<std::string> amounts) {
        std::string text = "l,k,t,v\n";
        for (const auto& a : amounts) text += "a,x,2026-01-01T00:00:00Z," + a + "\n";
        return text;
    };
    const auto plain =
        read(values(""), rows({"1e12", "-1000000000000", "1000000000000.000001", "-1e300", ""}));
    CHECK(plain.report.accepted == 3);
    CHECK(touch(plain.events.at(0)).value == lf::decimal{lf::most_amount});
    CHECK(touch(plain.events.at(1)).value == lf::decimal{-lf::most_amount});
    CHECK_FALSE(touch(plain.events.at(2)).value);
    CHECK(plain.report.count(lf::row_fault::bad_number) == 2);

    const auto scaled = read(values(R"(, "scale": 1000)"), rows({"1e9", "1000000001"}));
    CHECK(touch(scaled.events.at(0)).value == lf::decimal{lf::most_amount});
    CHECK(scaled.report.count(lf::row_fault::bad_number) == 1);
}

TEST_CASE("bad lines of NDJSON", "[ingest]") {
    const auto m = map(
        R"({"format": "ndjson", "mappings": [{"to": "touchpoint", "lead": "a.l", "at": "t", "type": "k",
        "value": "v", "properties": {"s": {"from": "s", "type": "set"}, "x": "x"}}]})");
    const std::string head = R"({"t": "2026-01-01T00:00:00Z", "k": "k", "a": {"l": "x"}, )";
    const auto out = read(m, head + "\"s\": [\"b\", \"a\"]}\n{\n" + head + "\"v\": {}}\n" + head +
                                 "\"x\": [1]}\n" + head + "\"s\": 5}\n" + head + "\"v\": true}\n" +
                                 head + "\"t\": 1}\n{\"a\": {}, \"t\": null}\n");
    CHECK(out.report.accepted == 1);
    CHECK(touch(out.events.at(0)).properties.at("s") == lf::value(lf::text_set{"a", "b"}));
    std::string all;
    for (const auto& b : out.report.bad_rows) all += lf::to_string(b) + "\n";
    CHECK(all == "line 2: not one JSON object [bad_json]\n"
                 "line 3, column 'v': an object or nested list where a number is due [wrong_type]\n"
                 "line 4, column 'x': a list where one value is due [wrong_type]\n"
                 "line 5, column 's': a number or truth value where a list of texts is due "
                 "[wrong_type]\n"
                 "line 6, column 'v': a number or truth value where a number is due [wrong_type]\n"
                 "line 7, column 't': given twice [duplicate_key]\n"
                 "line 8, column 'a.l': no lead id [missing_lead]\n");
}

TEST_CASE("bad rows are kept within bounds, and all counted", "[ingest]") {
    const auto m =
        map(R"({"mappings": [{"to": "touchpoint", "lead": "l", "at": "t", "type": "k"}]})");
    std::string text = "l,t,k\n";
    for (int i = 0; i < 50; ++i) text += "日日日日日日日日日日,x,y\n";
    lf::ingest_options o;
    o.keep_bad_rows = 3;
    o.keep_bytes = 10;
    const auto out = read(m, text, o);
    CHECK(out.report.bad == 50);
    CHECK(out.report.count(lf::row_fault::bad_instant) == 50);
    REQUIRE(out.report.bad_rows.size() == 3);
    CHECK(out.report.bad_rows[0].raw == "日日日");
    CHECK(out.report.bad_rows[0].cut);
    o.max_row_bytes = 8;
    CHECK(read(m, text, o).report.count(lf::row_fault::too_long) == 50);
}

TEST_CASE("strict input fails at the first bad row, and accepts nothing after it", "[ingest]") {
    const auto m =
        map(R"({"mappings": [{"to": "touchpoint", "lead": "l", "at": "t", "type": "k"}]})");
    const std::string text = "l,t,k\na,2026-01-01T00:00:00Z,k\nb,x,k\nc,2026-01-01T00:00:00Z,k\n";
    lf::ingest_options o;
    o.strict = true;
    const auto strict = read(m, text, o);
    CHECK(strict.report.failed);
    CHECK_FALSE(strict.report.complete());
    CHECK(strict.events.size() == 1);
    CHECK(strict.report.bad_rows.at(0).line == 3);
    const auto lenient = read(m, text);
    CHECK(lenient.report.complete());
    CHECK(lenient.events.size() == 2);
    // A first pass with a `null_sink` finds out in advance.
    lf::null_sink nothing;
    CHECK(lf::ingest_text(text, m, nothing, o).failed);

    lf::event_sink sink([](lf::event) {});
    lf::ingester in(m, sink, o);
    CHECK(in.push("l,t,k\n"));
    CHECK_FALSE(in.push("b,x,k\n"));
    CHECK_FALSE(in.push("c,2026-01-01T00:00:00Z,k\n"));
    CHECK(in.finish().accepted == 0);
}

TEST_CASE("progress and cancellation keep what was accepted", "[ingest]") {
    const auto m =
        map(R"({"mappings": [{"to": "touchpoint", "lead": "l", "at": "t", "type": "k"}]})");
    std::string text = "l,t,k\n";
    for (int i = 0; i < 1000; ++i) text += "a,2026-01-01T00:00:00Z,k\n";
    lf::ingest_options o;
    o.check_every = 100;
    std::vector<std::uint64_t> rows;
    o.progress = [&](const lf::ingest_progress& p) {
        rows.push_back(p.rows);
        CHECK(p.bytes <= text.size());
        return true;
    };
    const auto all = read(m, text, o);
    CHECK(all.report.complete());
    CHECK(all.report.bytes == text.size());
    CHECK(rows.size() == 11);
    CHECK(rows[0] == 100);
    CHECK(rows.back() == 1000);

    o.progress = [](const lf::ingest_progress& p) { return p.rows < 300; };
    const auto cut = read(m, text, o);
    CHECK(cut.report.cancelled);
    CHECK_FALSE(cut.report.failed);
    CHECK(cut.report.accepted == 300);
    CHECK(cut.events.size() == 300);
    CHECK(cut.report.bytes == 6 + 300 * 25);

    std::atomic<bool> stop{false};
    o.progress = {};
    o.cancel = &stop;
    std::vector<lf::event> events;
    lf::event_sink sink([&](lf::event e) {
        events.push_back(std::move(e));
        if (events.size() == 250) stop = true;
    });
    const auto flagged = lf::ingest_text(text, m, sink, o);
    CHECK(flagged.cancelled);
    CHECK(flagged.accepted == 300);
    CHECK(events.size() == 300);
}

TEST_CASE("the issues of a header are listed up to a bound", "[ingest]") {
    std::string json = R"({"mappings": [{"to": "touchpoint", "lead": "l", "at": "t", "type": "k",
        "properties": {)";
    for (int i = 0; i < 1'500; ++i)
        json += (i == 0 ? "\"p" : ", \"p") + std::to_string(i) + R"(": "x")";
    const auto out = read(map(json + "}}]}"), "l,t,k\n1,2,3\n");
    REQUIRE(out.report.issues.size() == lf::max_mapping_issues + 1);
    CHECK(out.report.issues.back().message == "there are more issues, which are not listed");
    CHECK(out.report.failed);
}

TEST_CASE("headers that do not fit the mapping", "[ingest]") {
    const auto m =
        map(R"({"mappings": [{"to": "touchpoint", "lead": "lead_id", "at": ["seen_at", "at"],
        "type": "type", "campaign": {"from": "c", "optional": true}}]})");
    const auto issues = [&](std::string_view text) {
        const auto out = read(m, text);
        CHECK(out.report.failed);
        CHECK(out.events.empty());
        CHECK(out.report.rows == 0);
        std::string all;
        for (const auto& i : out.report.issues) all += lf::to_string(i) + "\n";
        return all;
    };
    CHECK(issues("lead-id,seen,type\n1,2,3\n") ==
          "in:1:1: error: there is no column 'lead_id' [unknown_name] at /mappings/0/lead; did you "
          "mean 'lead-id'?\n"
          "in:1:1: error: there is no column 'seen_at' or 'at' [unknown_name] at /mappings/0/at\n");
    CHECK(issues("") == "in:1:1: error: the file is empty [syntax]; expected a header\n");
    CHECK(issues("lead_id,at,type,type\n") ==
          "in:1:1: error: two columns are called 'type' [duplicate_name]\n");
    CHECK(issues("lead_id;at;type\n1;2;3\n").find("is the delimiter ';'?") != std::string::npos);
    CHECK(issues("lead_id\tat\ttype\n").find("is the delimiter a tab?") != std::string::npos);
    CHECK(issues("lead_id\rat\r1\r").find("lines end in CR alone") != std::string::npos);
    CHECK(issues("\xFF\xFEl\0e\0"s) ==
          "in:1:1: error: the file is UTF-16 [syntax]; save it as UTF-8\n");
    CHECK(issues("lead_id,\"at\n").find("the header is bad") != std::string::npos);
    // A column that is not mapped may be repeated.
    CHECK(read(m, "x,type,x,at,lead_id\n").report.complete());
}

TEST_CASE("mappings with issues read nothing", "[ingest]") {
    lf::null_sink sink;
    const auto bad = lf::parse_mapping("{", "m.json");
    const auto report = lf::ingest_text("a,b\n1,2\n", bad, sink);
    CHECK(report.failed);
    CHECK(report.issues == bad.issues);
    const auto also = lf::ingest_text("a,b\n1,2\n", lf::mapping_file{}, sink);
    CHECK(also.failed);
    REQUIRE(also.issues.size() == 1);
    CHECK(also.issues[0].code == lf::issue_code::incomplete);
}

TEST_CASE("optional tests of missing columns", "[ingest]") {
    const auto m = map(R"({"mappings": [
        {"to": "stage", "and_more": true, "when": {"field": ["won", "Won"], "set": true, "optional": true},
         "lead": "l", "at": ["won", "Won"], "funnel": {"constant": "f"}, "stage": {"constant": "won"}},
        {"to": "attributes", "when": {"field": "gone", "set": false, "optional": true}, "lead": "l", "attributes": {"a": "a"}}]})");
    CHECK(read(m, "l,a\n1,x\n").report.events == std::array<std::uint64_t, 3>{1, 0, 0});
    CHECK(read(m, "l,a,Won\n1,x,2026-01-01T00:00:00Z\n2,x,\n").report.events ==
          std::array<std::uint64_t, 3>{2, 0, 1});
}

TEST_CASE("files", "[ingest]") {
    const auto m =
        map(R"({"mappings": [{"to": "touchpoint", "lead": "l", "at": "t", "type": "k"}]})");
    const auto path = std::filesystem::temp_directory_path() / "leadfunnel_test_ingest.csv";
    std::string text = "l,t,k\n";
    for (int i = 0; i < 20'000; ++i)
        text += "\"lead\n" + std::to_string(i) + "\",2026-01-01T00:00:00Z,k\n";
    std::ofstream(path, std::ios::binary) << text;
    std::vector<lf::event> events;
    lf::event_sink sink([&](lf::event e) { events.push_back(std::move(e)); });
    const auto report = lf::ingest_file(path, m, sink);
    std::filesystem::remove(path);
    CHECK(report.complete());
    CHECK(report.bytes == text.size());
    CHECK(report.accepted == 20'000);
    CHECK(events == read(m, text).events);

    const auto none = lf::ingest_file("/nonexistent/x.csv", m, sink);
    CHECK(none.failed);
    REQUIRE(none.issues.size() == 1);
    CHECK(lf::to_string(none.issues[0]).find("/nonexistent/x.csv") == 0);
    CHECK(lf::ingest_file(std::filesystem::temp_directory_path(), m, sink).failed);
}

TEST_CASE("exceptions of a sink pass through", "[ingest]") {
    const auto m =
        map(R"({"mappings": [{"to": "touchpoint", "lead": "l", "at": "t", "type": "k"}]})");
    lf::event_sink sink([](lf::event) { throw std::runtime_error("full"); });
    CHECK_THROWS_WITH(lf::ingest_text("l,t,k\na,2026-01-01T00:00:00Z,k\n", m, sink), "full");
}

TEST_CASE("ingesters can be moved", "[ingest]") {
    const auto m = map(
        R"({"format": "ndjson", "mappings": [{"to": "touchpoint", "lead": "l", "at": "t", "type": "k"}]})");
    int n = 0;
    lf::event_sink sink([&](lf::event) { ++n; });
    lf::ingester a(m, sink);
    a.push(R"({"l":"x","t":"2026-01-01T)");
    lf::ingester b(std::move(a));
    b.push("00:00:00Z\",\"k\":\"k\"}");
    CHECK(b.report().accepted == 0);
    CHECK(b.finish().accepted == 1);
    CHECK(n == 1);
}
