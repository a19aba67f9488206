// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/io/mapping.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace lf = leadfunnel;

namespace {

std::string all(const std::vector<lf::issue>& issues) {
    std::string out;
    for (const auto& i : issues) out += lf::to_string(i) + "\n";
    return out;
}

/// A file with one mapping, on one line.
std::string file(const std::string& mapping, const std::string& more = "") {
    return "{" + more + "\"mappings\": [" + mapping + "]}";
}
const std::string good = R"("to": "touchpoint", "lead": "l", "at": "t", "type": "k")";

} // namespace

TEST_CASE("a mapping with everything", "[mapping]") {
    const auto m = lf::parse_mapping(R"(
// comments are allowed
{
  "$schema": "x", /* and
  ignored */
  "description": "all of it // not a comment",
  "format": "csv", "delimiter": "\t", "unset": ["", "Select", "NULL"],
  "mappings": [
    {"to": "touchpoint",
     "when": [{"field": ["A", "a"], "is": ["x", "y"]}, {"field": "b", "is_not": "z"}, {"field": "c", "set": true, "optional": true}],
     "and_more": true,
     "lead": ["userId", "anonymousId"],
     "at": {"from": "day", "format": "date", "day": "end"},
     "type": {"from": "event", "translate": {"Page": "page_view"}, "otherwise": "other", "constant": "none", "optional": true},
     "value": {"from": "ms", "scale": 0.001, "optional": true},
     "campaign": "c", "channel": {"constant": "mail"}, "source": {"constant": "s"}, "id": "id",
     "properties": {"url": "page", "n": {"from": ["n", "N"], "type": "number", "optional": true},
                    "seen": {"from": "seen", "type": "timestamp", "format": "unix_millis"},
                    "tags": {"from": "tags", "type": "set"}, "ok": {"from": "ok", "type": "bool"}}},
    {"to": "attributes", "when": {"field": "kind", "is": "profile"}, "lead": "l",
     "attributes": {"industry": "Industry"}},
    {"to": "stage", "lead": "l", "at": "t", "funnel": {"constant": "f"}, "stage": "st", "reason": "r", "cause": "ca"}
  ],
  "time": {"format": "local", "zone": "Asia/Tokyo", "ambiguous": "latest"}
})",
                                     "m.json");
    INFO(all(m.issues));
    CHECK(m.issues.empty());
    lf::mapping_file e;
    e.description = "all of it // not a comment";
    e.delimiter = '\t';
    e.unset = {"", "Select", "NULL"};
    e.time = {lf::time_format::local, "Asia/Tokyo", lf::local_choice::latest};
    e.mappings.resize(3);
    auto& t = e.mappings[0];
    t.when.resize(3);
    t.when[0].field = {"A", "a"};
    t.when[0].is = {"x", "y"};
    t.when[1].field = {"b"};
    t.when[1].is_not = {"z"};
    t.when[2].field = {"c"};
    t.when[2].set = true;
    t.when[2].optional = true;
    t.and_more = true;
    t.lead.from = {"userId", "anonymousId"};
    t.at.from = {"day"};
    // What is left out here is taken from the file's `time`.
    t.at.reading = lf::time_reading{lf::time_format::date, "Asia/Tokyo", lf::local_choice::latest,
                                    lf::day_moment::end};
    t.type = {{"event"}, "none", {{"Page", "page_view"}}, "other", true};
    t.value = lf::mapped_number{{"ms"}, 0.001, true};
    t.campaign.from = {"c"};
    t.channel.constant = "mail";
    t.source.constant = "s";
    t.id.from = {"id"};
    t.properties = {{"url", {"page"}, lf::value_type::string, {}, false},
                    {"n", {"n", "N"}, lf::value_type::number, {}, true},
                    {"seen",
                     {"seen"},
                     lf::value_type::timestamp,
                     lf::time_reading{lf::time_format::unix_millis},
                     false},
                    {"tags", {"tags"}, lf::value_type::set, {}, false},
                    {"ok", {"ok"}, lf::value_type::boolean, {}, false}};
    auto& a = e.mappings[1];
    a.to = lf::row_target::attributes;
    a.when = {{{"kind"}, {"profile"}, {}, {}, false}};
    a.lead.from = {"l"};
    a.properties = {{"industry", {"Industry"}, lf::value_type::string, {}, false}};
    auto& s = e.mappings[2];
    s.to = lf::row_target::stage;
    s.lead.from = {"l"};
    s.at.from = {"t"};
    s.funnel.constant = "f";
    s.stage.from = {"st"};
    s.reason.from = {"r"};
    s.cause.from = {"ca"};
    CHECK(m.value == e);
    CHECK(lf::check(e).empty());
}

TEST_CASE("all problems at once, each at its place", "[mapping]") {
    const auto m = lf::parse_mapping(R"({
  "formt": "csv",
  "time": {"format": "locl"},
  "mappings": [
    {
      "to": "touchpoint",
      "lead": 5,
      "at": {"from": "t", "zone": "Asia/Tokio", "format": "local"},
      "type": {"constat": "x"},
      "campaign": "a", "campaign": "b",
      "properties": {"n": {"from": "n", "type": "numbr"}}
    }
  ]
})",
                                     "m.json");
    CHECK(
        all(m.issues) ==
        R"(m.json:2:3: error: unknown key 'formt' [unknown_key] at /formt; expected one of '$schema', 'description', 'format', 'delimiter', 'unset', 'time', 'mappings'; did you mean 'format'?
m.json:3:22: error: 'locl' is no choice here [wrong_value] at /time/format; expected one of 'rfc3339', 'iso8601', 'local', 'date', 'unix_seconds', 'unix_millis'; did you mean 'local'?
m.json:7:15: error: this is a number [wrong_type] at /mappings/0/lead; expected the name of a field, a list of names, or an object `{…}`
m.json:8:35: error: there is no time zone 'Asia/Tokio' [unknown_name] at /mappings/0/at/zone; expected an IANA name, such as 'Asia/Tokyo'
m.json:9:15: error: the mapping does not say where 'type' comes from [missing_key] at /mappings/0/type
m.json:9:16: error: unknown key 'constat' [unknown_key] at /mappings/0/type/constat; expected one of 'from', 'constant', 'translate', 'otherwise', 'optional'; did you mean 'constant'?
m.json:10:24: error: 'campaign' is given twice [duplicate_key] at /mappings/0/campaign
m.json:11:49: error: 'numbr' is no choice here [wrong_value] at /mappings/0/properties/n/type; expected one of 'bool', 'number', 'string', 'timestamp', 'set'; did you mean 'number'?
)");
}

TEST_CASE("issues of mappings are listed up to a bound", "[mapping]") {
    std::string keys;
    for (int i = 0; i < 5'000; ++i) keys += "\"k" + std::to_string(i) + "\": 1, ";
    const auto m = lf::parse_mapping("{" + keys + "\"mappings\": []}", "m.json");
    REQUIRE(m.issues.size() == lf::max_mapping_issues + 1);
    CHECK(to_string(m.issues.back())
              .ends_with("error: there are more issues, which are not listed [too_large]"));
}

TEST_CASE("a fault in one mapping does not hide those in another", "[mapping]") {
    std::string json =
        R"({"to": "touchpoint", "lead": 1, "at": "t", "type": "k", "and_more": true})";
    for (int i = 1; i <= 10; ++i)
        json += std::string(R"(, {"to": "touchpoint", "at": "t", "type": "k", )") +
                (i == 1 ? R"("lead": 1, )" : "") + R"("and_more": true})";
    const auto m = lf::parse_mapping(file(json));
    std::vector<std::string> pointers;
    for (const auto& i : m.issues) pointers.push_back(i.pointer);
    REQUIRE(pointers.size() == 11);
    for (int i = 0; i <= 10; ++i)
        CHECK(std::count(pointers.begin(), pointers.end(),
                         "/mappings/" + std::to_string(i) + "/lead") == 1);
}

TEST_CASE("the check of mappings made in code ends with one issue more than are listed",
          "[mapping]") {
    lf::mapping_file m;
    m.mappings.resize(lf::max_mappings + 1);
    const auto issues = check(m);
    REQUIRE(issues.size() == lf::max_mapping_issues + 1);
    CHECK(issues.front().message == "there are 1001 mappings");
}

TEST_CASE("bad mappings", "[mapping]") {
    struct bad {
        std::string json;
        lf::issue_code code;
        std::string pointer;
        std::uint32_t column;
    };
    using c = lf::issue_code;
    const std::vector<bad> table{
        {"", c::syntax, "", 1},
        {"  ", c::syntax, "", 1},
        {"[]", c::wrong_type, "", 1},
        {"{", c::syntax, "", 2},
        {"{\"mappings\": [}", c::syntax, "", 15},
        {"{\"a\": tru}", c::syntax, "", 7},
        {"{} {}", c::syntax, "", 4},
        {"{\"a\": \"x\ny\"}", c::syntax, "", 7},
        {"{\"a\": \"\\q\"}", c::syntax, "", 7},
        {"{/* }", c::syntax, "", 2},
        {"{/*/ }", c::syntax, "", 2},
        {"{\"a\": \"/*\" /* // }", c::syntax, "", 12},
        {"{\"a\": \"\xff\"}", c::syntax, "", 1},
        {"{\"unset\": " + std::string(40, '[') + std::string(40, ']') + "}", c::too_large, "", 27},
        {"{}", c::incomplete, "/mappings", 1},
        {"{\"mappings\": {}}", c::wrong_type, "/mappings", 14},
        {"{\"mappings\": [5]}", c::wrong_type, "/mappings/0", 15},
        {file("{}"), c::missing_key, "/mappings/0/to", 15},
        {file("{" + good + "}", "\"delimiter\": \"ab\", "), c::wrong_value, "/delimiter", 15},
        {file("{" + good + "}", "\"delimiter\": \"\\\"\", "), c::wrong_value, "/delimiter", 15},
        {file("{" + good + "}", "\"delimiter\": \"日\", "), c::wrong_value, "/delimiter", 15},
        {file("{" + good + "}", "\"unset\": 5, "), c::wrong_type, "/unset", 11},
        {file("{" + good + "}", "\"unset\": [5], "), c::wrong_type, "/unset/0", 12},
        {file("{" + good + "}", "\"time\": \"local\", "), c::wrong_type, "/time", 10},
        {file("{" + good + "}", "\"time\": {\"format\": \"local\"}, "), c::missing_key,
         "/time/zone", 10},
        {file("{" + good + "}", "\"time\": {\"zone\": \"Asia/Tokyo\"}, "), c::conflict,
         "/time/zone", 19},
        {file("{" + good + "}", "\"time\": {\"ambiguous\": \"latest\"}, "), c::conflict,
         "/time/ambiguous", 24},
        {file("{" + good + "}", "\"time\": {\"day\": \"end\"}, "), c::conflict, "/time/day", 18},
        {file("{" + good + "}, {" + good + "}"), c::unreachable, "/mappings/1", 74},
        {file("{" + good + ", \"when\": 5}"), c::wrong_type, "/mappings/0/when", 81},
        {file("{" + good + ", \"when\": {\"is\": \"x\"}}"), c::missing_key,
         "/mappings/0/when/0/field", 81},
        {file("{" + good + ", \"when\": {\"field\": \"x\"}}"), c::incomplete, "/mappings/0/when/0",
         81},
        {file("{" + good + ", \"when\": [{\"field\": \"x\", \"set\": false, \"is\": \"y\"}]}"),
         c::conflict, "/mappings/0/when/0/is", 117},
        {file("{" + good + ", \"and_more\": \"yes\"}"), c::wrong_type, "/mappings/0/and_more", 85},
        {file(R"({"to": "touchpoint", "at": "t", "type": "k"})"), c::missing_key,
         "/mappings/0/lead", 15},
        {file(R"({"to": "touchpoint", "lead": "l", "type": "k"})"), c::missing_key,
         "/mappings/0/at", 15},
        {file(R"({"to": "touchpoint", "lead": "l", "at": "t"})"), c::missing_key,
         "/mappings/0/type", 15},
        {file(R"({"to": "stage", "lead": "l", "at": "t", "stage": "s"})"), c::missing_key,
         "/mappings/0/funnel", 15},
        {file(R"({"to": "stage", "lead": "l", "at": "t", "funnel": "s"})"), c::missing_key,
         "/mappings/0/stage", 15},
        {file(R"({"to": "stag", "lead": "l", "at": "t", "type": "s"})"), c::wrong_value,
         "/mappings/0/to", 22},
        {file(R"({"to": "attributes", "lead": "l", "type": "s"})"), c::conflict, "/mappings/0/type",
         57},
        {file(R"({"to": "attributes", "lead": "l", "properties": {"a": "b"}})"), c::conflict,
         "/mappings/0/properties", 49},
        {file("{" + good + ", \"attributes\": {\"a\": \"b\"}}"), c::conflict,
         "/mappings/0/attributes", 73},
        {file("{" + good + ", \"stage\": \"b\"}"), c::conflict, "/mappings/0/stage", 82},
        {file("{" + good + ", \"lead\": \"b\"}"), c::duplicate_key, "/mappings/0/lead", 73},
        {file("{" + good + ", \"value\": {\"from\": \"v\", \"scale\": 0}}"), c::out_of_range,
         "/mappings/0/value/scale", 105},
        {file("{" + good + ", \"value\": {\"from\": \"v\", \"scale\": 1e30}}"), c::out_of_range,
         "/mappings/0/value/scale", 105},
        {file("{" + good + ", \"value\": {\"from\": \"v\", \"scale\": \"2\"}}"), c::wrong_type,
         "/mappings/0/value/scale", 105},
        {file("{" + good + ", \"value\": {\"scale\": 2}}"), c::missing_key,
         "/mappings/0/value/from", 82},
        {file("{" + good + ", \"channel\": {\"constant\": \"x\", \"translate\": {\"a\": \"b\"}}}"),
         c::no_effect, "/mappings/0/channel/translate", 115},
        {file("{" + good +
              ", \"channel\": {\"from\": \"x\", \"translate\": {\"a\": \"b\", \"a\": "
              "\"c\"}}}"),
         c::duplicate_key, "/mappings/0/channel/translate/a", 122},
        {file("{" + good + ", \"channel\": {\"from\": \"x\", \"translate\": [\"a\"]}}"),
         c::wrong_type, "/mappings/0/channel/translate", 111},
        {file("{" + good + ", \"channel\": {\"from\": \"x\", \"otherwise\": \"b\"}}"), c::no_effect,
         "/mappings/0/channel/otherwise", 111},
        {file("{" + good + ", \"properties\": {\"a\": {\"type\": \"set\"}}}"), c::missing_key,
         "/mappings/0/properties/a/from", 93},
        {file("{" + good + ", \"properties\": {\"a\": \"b\", \"a\": \"c\"}}"), c::duplicate_key,
         "/mappings/0/properties/a", 98},
        {file("{" + good + ", \"properties\": {\"\": \"b\"}}"), c::bad_name,
         "/mappings/0/properties/", 92},
        {file("{" + good +
              ", \"properties\": {\"a/b\": {\"from\": \"b\", \"format\": \"date\", "
              "\"zone\": \"UTC\"}}}"),
         c::conflict, "/mappings/0/properties/a~1b/format", 119},
        {file("{" + good + ", \"properties\": [\"b\"]}"), c::wrong_type, "/mappings/0/properties",
         87},
        {file("{" + good + ", \"id\": \"\"}"), c::bad_name, "/mappings/0/id", 79},
        {file("{" + good + ", \"id\": \"a..b\"}", "\"format\": \"ndjson\", "), c::bad_name,
         "/mappings/0/id", 99},
        {file("{" + good + ", \"id\": [5]}"), c::wrong_type, "/mappings/0/id/0", 80},
    };
    for (const bad& b : table) {
        INFO(b.json);
        const auto m = lf::parse_mapping(b.json, "f");
        INFO(all(m.issues));
        REQUIRE_FALSE(m.issues.empty());
        const auto found = std::find_if(m.issues.begin(), m.issues.end(), [&](const auto& i) {
            return i.code == b.code && i.pointer == b.pointer;
        });
        REQUIRE(found != m.issues.end());
        CHECK(found->line == 1);
        CHECK(found->column == b.column);
        CHECK(found->file == "f");
        CHECK(found->level == lf::severity::error);
    }
}

TEST_CASE("a mapping file that does not exist", "[mapping]") {
    const auto m = lf::load_mapping("/nonexistent/m.json");
    REQUIRE(m.issues.size() == 1);
    CHECK(m.issues[0].file == "/nonexistent/m.json");
    CHECK(lf::load_mapping(std::filesystem::temp_directory_path()).issues.size() == 1);
}
