// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/io/ndjson.hpp>

#include <random>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::string_literals;
using kind = lf::cell::kind;

namespace {

struct kept_cell {
    kind is;
    std::string text;
    std::vector<std::string> items;
    friend bool operator==(const kept_cell&, const kept_cell&) = default;
};
struct kept_row {
    std::uint64_t line;
    std::uint64_t offset;
    std::vector<kept_cell> cells;
    std::string raw;
    lf::row_fault fault;
    std::size_t path;
    friend bool operator==(const kept_row&, const kept_row&) = default;
};

struct keeper : lf::ndjson_handler {
    std::vector<kept_row> rows;
    bool on_row(const lf::ndjson_row& r) override {
        kept_row k{r.line, r.offset, {}, std::string(r.raw), r.fault, r.path};
        for (const auto& c : r.cells)
            k.cells.push_back({c.is, std::string(c.text), {c.items.begin(), c.items.end()}});
        rows.push_back(std::move(k));
        return true;
    }
};

std::vector<kept_row> read(const std::vector<std::string>& paths, std::string_view text,
                           lf::ndjson_options o = {}) {
    keeper k;
    lf::ndjson_reader reader(paths, k, o);
    reader.push(text);
    reader.finish();
    CHECK(reader.bytes() == text.size());
    return k.rows;
}

/// The only cell of the only line.
kept_cell one(const std::string& path, std::string_view line) {
    const auto rows = read({path}, line);
    REQUIRE(rows.size() == 1);
    REQUIRE(rows[0].fault == lf::row_fault::none);
    return rows[0].cells[0];
}

lf::row_fault fault_of(std::string_view line) {
    const auto rows = read({"a", "b.c"}, line);
    REQUIRE(rows.size() == 1);
    return rows[0].fault;
}

} // namespace

TEST_CASE("cells by path", "[ndjson]") {
    CHECK(one("a", R"({"a": "x"})") == kept_cell{kind::text, "x", {}});
    CHECK(one("a", R"({"a": -12.50e+3 })") == kept_cell{kind::number, "-12.50e+3", {}});
    CHECK(one("a", R"({"a": 12345678901234567890123})").text == "12345678901234567890123");
    CHECK(one("a", R"({"a": 1e400})").text == "1e400");
    CHECK(one("a", R"({"a": true})") == kept_cell{kind::boolean, "true", {}});
    CHECK(one("a", R"({"a": null})").is == kind::null);
    CHECK(one("a", R"({"b": 1})").is == kind::absent);
    CHECK(one("a", "{}").is == kind::absent);
    CHECK(one("a.b.c", R"({"a": {"x": {"c": 0}, "b": {"c": "deep"}}})").text == "deep");
    CHECK(one("a.b", R"({"a": 1})").is == kind::absent);
    CHECK(one("a.b", R"({"a": null})").is == kind::absent);
    CHECK(one("a.b", R"({"a": [{"b": 1}]})").is == kind::absent);
    CHECK(one("a", R"({"a": {"b": 1}})").is == kind::other);
    CHECK(one(R"(a\.b)", R"({"a": {"b": 1}, "a.b": 2})").text == "2");
    CHECK(one(R"(a\\b)", R"({"a\\b": 3})").text == "3");
    CHECK(one("日.本", R"({"日": {"本": "語"}})").text == "語");
    CHECK(one("", R"({"": 4})").text == "4");
}

TEST_CASE("escapes", "[ndjson]") {
    CHECK(one("a", R"({"a": "x\ny\u00e9\ud83d\ude00\"\\\/"})").text == "x\ny\u00e9\U0001F600\"\\/");
    CHECK(one("userId", R"({"user\u0049d": 7})").text == "7");
    CHECK(fault_of(R"({"a": "\q"})") == lf::row_fault::bad_json);
    CHECK(fault_of(R"({"z": "\q"})") == lf::row_fault::bad_json);
    CHECK(fault_of(R"({"\q": 1})") == lf::row_fault::bad_json);
    CHECK(fault_of(R"({"a": "\ud800"})") == lf::row_fault::bad_json);
    const auto rows = read({"z", "a"}, "{\"a\": \"x\\u0000y\"}");
    CHECK(rows[0].fault == lf::row_fault::nul);
    CHECK(rows[0].path == 1);
    CHECK(read({"a"}, "{\"z\": \"x\\u0000y\"}")[0].fault == lf::row_fault::none);
}

TEST_CASE("lists", "[ndjson]") {
    CHECK(one("a", R"({"a": ["x", 1, true, null, "\u0041"]})") ==
          kept_cell{kind::list, "", {"x", "1", "true", "A"}});
    CHECK(one("a", R"({"a": []})") == kept_cell{kind::list, "", {}});
    CHECK(one("a", R"({"a": ["x", ["y"]]})").is == kind::other);
    CHECK(one("a", R"({"a": ["x", {"y": 1}, 3]})").is == kind::other);
    const auto rows = read({"a", "b", "a"}, R"({"a": ["x", "y"], "c": ["n"], "b": ["z"]})");
    CHECK(rows[0].cells[0].items == std::vector<std::string>{"x", "y"});
    CHECK(rows[0].cells[1].items == std::vector<std::string>{"z"});
    CHECK(rows[0].cells[2] == rows[0].cells[0]);
}

TEST_CASE("a line that is not one JSON object is bad", "[ndjson]") {
    for (const std::string_view line :
         {"x", "1", "\"a\"", "[]", "[{}]", "null", "{", "}", "{}}", "{} {}", "{},", "{}x",
          "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}", "{,}", "{\"a\":1 \"b\":2}", "{a:1}",
          "{'a':1}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":-}",
          "{\"a\":1e}", "{\"a\":0x1}", "{\"a\":NaN}", "{\"a\":tru}", "{\"a\":truex}", "{\"a\":nul}",
          "{\"a\":\"x}", "{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[}",
          "{\"a\":[1}]", "{\"a\":{]}", "{\"a\":\"x\"y}", "{\"a\":\"\t\"}", "{\"a\":1}//",
          "{\"b\":{\"c\":1}", "{\"b\":{\"c\":1",
          // the same off all paths
          "{\"z\":01}", "{\"z\":tru}", "{\"z\":[1,]}", "{\"z\":{\"y\":[tru]}}", "{\"z\":{\"y\" 1}}",
          "{1:2}", "{\"z\":{1:2}}"}) {
        INFO(line);
        CHECK(fault_of(line) == lf::row_fault::bad_json);
        CHECK(fault_of(std::string(line) + "\n") == lf::row_fault::bad_json);
        // The next line is read, and does not complete the bad one.
        const auto rows = read({"a"}, std::string(line) + "\n{\"a\":1}\n}\n]}\n{\"a\":2}");
        REQUIRE(rows.size() == 5);
        CHECK(rows[0].fault == lf::row_fault::bad_json);
        CHECK(rows[1].cells[0].text == "1");
        CHECK(rows[2].fault == lf::row_fault::bad_json);
        CHECK(rows[4].cells[0].text == "2");
        CHECK(rows[4].line == 5);
    }
    CHECK(fault_of("{\"a\":\"\xff\"}") == lf::row_fault::not_utf8);
    CHECK(fault_of("{\"z\":\"\xff\"}") == lf::row_fault::not_utf8);
    CHECK(fault_of("{\"a\":\"\0\"}"s) == lf::row_fault::nul);
    CHECK(fault_of("{\"a\":1\0}"s) == lf::row_fault::nul);
}

TEST_CASE("repeated keys", "[ndjson]") {
    CHECK(fault_of(R"({"a": 1, "a": 2})") == lf::row_fault::duplicate_key);
    CHECK(fault_of(R"({"a": 1, "\u0061": 2})") == lf::row_fault::duplicate_key);
    CHECK(fault_of(R"({"b": {}, "b": {"c": 1}})") == lf::row_fault::duplicate_key);
    CHECK(fault_of(R"({"b": {"c": 1, "c": 1}})") == lf::row_fault::duplicate_key);
    CHECK(fault_of(R"({"z": 1, "z": 2, "a": 1, "b": {"a": 1}})") == lf::row_fault::none);
    CHECK(read({"x", "b.c"}, R"({"b": 1, "b": 2})")[0].path == 1);
}

TEST_CASE("nesting is bounded", "[ndjson]") {
    const auto nested = [](std::size_t n) {
        return "{\"z\":" + std::string(n, '[') + std::string(n, ']') + "}";
    };
    CHECK(fault_of(nested(200)) == lf::row_fault::none);
    CHECK(fault_of(nested(100'000)) == lf::row_fault::bad_json);
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    CHECK(fault_of(objects) == lf::row_fault::bad_json);
}

TEST_CASE("lines", "[ndjson]") {
    const auto rows = read({"a"}, "\xEF\xBB\xBF{\"a\":1}\r\n\n  \r\n {\"a\":2} \n{\"a\":3}");
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].line == 1);
    CHECK(rows[0].offset == 3);
    CHECK(rows[1].line == 4);
    CHECK(rows[1].cells[0].text == "2");
    CHECK(rows[2].line == 5);
    CHECK(read({"a"}, "").empty());
}

TEST_CASE("lines beyond the limit", "[ndjson]") {
    const lf::ndjson_options o{.max_row_bytes = 16};
    const auto rows =
        read({"a"},
             "{\"a\":123456789}\n{\"a\":1234567890}\n{\"a\":123456789}\r\n" +
                 std::string(100, 'x') + "\n{\"a\":1}\n{\"a\":\"" + std::string(100, 'x'),
             o);
    REQUIRE(rows.size() == 6);
    CHECK(rows[0].fault == lf::row_fault::none);
    CHECK(rows[1].fault == lf::row_fault::none);
    CHECK(rows[2].fault == lf::row_fault::none);
    CHECK(rows[3].fault == lf::row_fault::too_long);
    CHECK(rows[3].raw.size() == 16);
    CHECK(rows[4].cells[0].text == "1");
    CHECK(rows[5].fault == lf::row_fault::too_long);
    CHECK(rows[5].line == 6);
    const auto next = read({"a"}, "{\"a\":12345678901}\n", o); // too long by one byte
    CHECK(next[0].fault == lf::row_fault::too_long);
    CHECK(next[0].raw.size() == 16);
}

TEST_CASE("how NDJSON is cut does not change the rows", "[ndjson]") {
    std::mt19937 random(7);
    const auto pick = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    constexpr std::string_view pieces[] = {"{\"a\":1}\n",
                                           "{\"a\":\"x\\n\"}\r\n",
                                           "{\"b\":{\"c\":[1,2]}}\n",
                                           "\n",
                                           "{",
                                           "}",
                                           "\"",
                                           "{\"a\":tru}\n",
                                           "日\n",
                                           ",",
                                           ":",
                                           "\\",
                                           "\xff",
                                           "[",
                                           "]",
                                           "1",
                                           "a",
                                           "\r"};
    for (int round = 0; round < 300; ++round) {
        std::string text = round % 3 == 0 ? "\xEF\xBB\xBF" : "";
        for (std::size_t n = pick(30); n != 0; --n) text += pieces[pick(std::size(pieces))];
        const lf::ndjson_options o{.max_row_bytes = round % 2 == 0 ? std::size_t{1} << 20 : 12};
        const auto whole = read({"a", "b.c"}, text, o);
        for (std::size_t size : {1U, 2U, 3U, 50U}) {
            keeper k;
            lf::ndjson_reader reader({"a", "b.c"}, k, o);
            for (std::size_t i = 0; i < text.size(); i += size)
                reader.push(std::string_view(text).substr(i, size));
            reader.finish();
            REQUIRE(k.rows == whole);
        }
    }
}
