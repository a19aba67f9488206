// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include "every_member.hpp"

#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/check.hpp>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

using namespace leadfunnel;

namespace {

std::string all_issues(const loaded_model& m) {
    std::string out;
    for (const auto& i : m.issues) out += to_string(i) + "\n";
    return out;
}

std::string repeat(std::string_view what, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += what;
    return out;
}

constexpr std::string_view small = R"({"id": "m", "scores": [{"id": "s"}], "rules": []})";

/// The rest of a text from a position on.
std::string_view at(std::string_view text, text_position p) {
    for (; p.line > 1; --p.line) text.remove_prefix(text.find('\n') + 1);
    return text.substr(p.column - 1);
}

} // namespace

TEST_CASE("a byte order mark, comments and any line ends are accepted") {
    const model expected = parse_model(small).value;
    CHECK(expected.scores.size() == 1);
    for (const std::string_view text :
         {"\xEF\xBB\xBF{\"id\": \"m\", \"scores\": [{\"id\": \"s\"}], \"rules\": []}",
          "{\r\n\"id\": \"m\",\r\n\"scores\": [{\"id\": \"s\"}],\r\n\"rules\": []\r\n}\r\n",
          "// a\n{/**/\"id\"/* \n, */:// \"id\": \"n\",\n\"m\", \"scores\": [{\"id\": \"s\"}/*,*/],"
          "\"rules\": []}/* b */ // c",
          "{\"$schema\": \"model.schema.json\", \"id\": \"\\u006d\", \"scores\": [{\"id\": \"s\"}],"
          "\t\"rules\":[]}"}) {
        const loaded_model read = parse_model(text);
        CHECK(all_issues(read).empty());
        CHECK(read.value == expected);
    }
}

TEST_CASE("positions are counted in bytes, after a byte order mark, over comments and CRLF") {
    const std::string text = "\xEF\xBB\xBF/* 株\r\n式 */{\"id\": \"m\", // }\r\n"
                             "  \"scores\": [ {\"id\":\"{[\\\"\\\\\"}\r\n,7],\"rules\":[]}";
    const loaded_model read = parse_model(text, "x");
    REQUIRE(read.issues.size() == 1);
    CHECK(read.issues[0].line == 4);
    CHECK(read.issues[0].column == 2);
    const auto where = [&](std::string_view pointer) { return read.positions.find(pointer).at; };
    CHECK(where("") == text_position{2, 7});
    CHECK(where("/id") == text_position{2, 14});
    CHECK(where("/scores") == text_position{3, 13});
    CHECK(where("/scores/0") == text_position{3, 15});
    CHECK(where("/scores/0/id") == text_position{3, 21});
    CHECK(where("/rules") == text_position{4, 13});
    CHECK(read.value.scores.at(0).id == "{[\"\\");
}

TEST_CASE("a comment without end is an error where it begins") {
    for (const std::string_view text : {"{\"id\": \"/* m\", // */\n  /* \"scores\": []}",
                                        "{\"id\": \"/* m\", // */\n  /*/", "{\n  /*"}) {
        const loaded_model read = parse_model(text, "m.json");
        CHECK(all_issues(read) ==
              "m.json:2:3: error: a comment without end [syntax]; expected `*/`\n");
    }
}

TEST_CASE("every value is where its position says") {
    const std::string text = write_model(leadfunnel_test::every_member());
    const loaded_model read = parse_model(text);
    CHECK(read.positions.entries.size() > 400);
    for (const auto& entry : read.positions.entries) {
        const std::string_view here = at(text, entry.at);
        INFO(here.substr(0, 30));
        CHECK(std::string_view("{[\"-0123456789tfn").find(here.front()) != std::string_view::npos);
        CHECK(entry.is_list == (here.front() == '['));
    }
    const auto starts = [&](std::string_view pointer, std::string_view with) {
        INFO(pointer);
        CHECK(at(text, read.positions.find(pointer).at).starts_with(with));
        CHECK(read.positions.find(pointer).pointer == pointer);
    };
    starts("/rules/3/limits/1/rolling", "\"7d\"");
    starts("/rules/4/steps/1/where/all/0/glob", "\"/pricing/*\"");
    starts("/rules/0/when/in/1", "2.5");
    starts("/matrices/0/classes/0/1", "\"y\"");
    starts("/derived/4/from/steps/1/points", "2}");
}

TEST_CASE("issues of a checked model have their place in the file") {
    const std::string_view text = R"({"id": "m", "scores": [],
 "rules": [
  {"kind": "wrong"},
  {"kind": "attribute", "id": "a", "score": "s", "points": 1,
   "when": {"all": [3, {"attribute": "x", "exists": true}]}},
  {"kind": "frequency", "id": "b", "score": "s", "points": 1, "on": {"type": "t"}}
 ]})";
    const loaded_model read = parse_model(text, "m.json");
    REQUIRE(read.value.rules.size() == 2);
    const auto locate = [&](std::string pointer) {
        issue i;
        i.pointer = std::move(pointer);
        read.locate(i);
        CHECK(i.file == "m.json");
        return i.pointer + ' ' + std::to_string(i.line) + ':' + std::to_string(i.column);
    };
    // Elements that could not be read are in the file but not in the model.
    CHECK(locate("/rules/0/id") == "/rules/1/id 4:31");
    CHECK(locate("/rules/0/when/all/0/attribute") == "/rules/1/when/all/1/attribute 5:38");
    CHECK(locate("/rules/1/on/type") == "/rules/2/on/type 6:78");
    // An absent value has the place of the value that would hold it.
    CHECK(locate("/rules/1/on/type/0") == "/rules/2/on/type/0 6:78");
    CHECK(locate("/rules/1/window") == "/rules/2/window 6:3");
    CHECK(locate("/rules/7/id") == "/rules/7/id 2:11");
    CHECK(locate("/rules/x") == "/rules/x 2:11");
    CHECK(locate("/rules/") == "/rules/ 2:11");
    CHECK(locate("/time_zone") == "/time_zone 1:1");
    CHECK(locate("") == " 1:1");

    issue done = read.issues.front();
    read.locate(done);
    CHECK(done == read.issues.front());

    issue i;
    i.pointer = "/id";
    parse_model("{").locate(i);
    CHECK(i.line == 0);
    CHECK(i.pointer == "/id");
}

TEST_CASE("the reader keeps what it can read") {
    const loaded_model read = parse_model(R"({
        "id": "m", "version": 1, "id": "n", "colour": "red",
        "scores": [{"id": "a", "max": "x"}, 5, {"id": "b", "min": -3}],
        "rules": [{"kind": "occurrence", "id": "r", "score": "a", "on": {"type": "t"},
                   "points": 2, "decay": {"kind": "half_life", "period": 3},
                   "limits": [{"at_most": "x", "per_distinct": "url"}]}]})");
    CHECK(read.issues.size() == 7);
    model expected;
    expected.id = "m";
    expected.scores = {{.id = "a"}, {.id = "b", .min = -3}};
    expected.rules = {occurrence{.id = "r",
                                 .score = "a",
                                 .on = on("t"),
                                 .points = 2,
                                 .limits = {{.per_distinct = "url"}},
                                 .decay = half_life{}}};
    CHECK(read.value == expected);
}

TEST_CASE("declarations may stand after the conditions that need them") {
    const loaded_model read =
        parse_model(R"({"rules": [{"kind": "attribute", "id": "r", "score": "s",
        "points": 1, "when": {"less": "2026-04-01T00:00:00+09:00", "attribute": "since"}}],
        "attributes": [{"id": "since", "type": "timestamp"}], "scores": [], "id": "m"})");
    CHECK(all_issues(read).empty());
    const auto& rule = std::get<attribute_rule>(read.value.rules.at(0));
    CHECK(to_string(std::get<instant>(rule.when.check.literal)) == "2026-03-31T15:00:00Z");
}

TEST_CASE("nesting has a limit") {
    const auto nested = [](std::size_t levels) {
        return R"({"id": "m", "scores": [], "rules": [{"kind": "attribute", "id": "r", "score": "s",
            "points": 1, "when": )" +
               repeat("{\"not\": ", levels) + "{}" + repeat("}", levels) + "}]}";
    };
    // Root, rules and rule are three levels; the innermost condition is one.
    const loaded_model deepest = parse_model(nested(max_model_nesting - 4));
    CHECK(all_issues(deepest).empty());
    CHECK(parse_model(write_model(deepest.value)).value == deepest.value);
    const loaded_model deeper = parse_model(nested(max_model_nesting - 3));
    REQUIRE(deeper.issues.size() == 1);
    CHECK(deeper.issues[0].code == issue_code::too_large);
    CHECK(deeper.issues[0].line == 2);
    const loaded_model deepest_of_all = parse_model(repeat("[", 1'000'000));
    REQUIRE(deepest_of_all.issues.size() == 1);
    CHECK(to_string(deepest_of_all.issues[0]) ==
          "1:65: error: lists and objects are nested too deep [too_large]; expected at most 64 "
          "levels");
}

TEST_CASE("lists and objects have a limit") {
    const auto with_members = [](std::size_t n) {
        std::string text =
            R"({"id": "m", "scores": [], "rules": [], "lists": [{"id": "l", "members": [
"a")";
        text += repeat(",\n\"a\"", n - 1);
        return text + "]}]}";
    };
    const loaded_model longest = parse_model(with_members(max_model_list));
    CHECK(all_issues(longest).empty());
    CHECK(longest.value.lists.at(0).members.size() == max_model_list);
    const loaded_model longer = parse_model(with_members(max_model_list + 1));
    REQUIRE(longer.issues.size() == 1);
    CHECK(longer.issues[0].code == issue_code::too_large);
    CHECK(longer.issues[0].expected == "at most 100000");
    CHECK(longer.issues[0].line >= max_model_list);
    CHECK(longer.value == model{});

    std::string keys = "{\"a\": 1";
    for (std::size_t i = 0; i < max_model_list; ++i) keys += ", \"" + std::to_string(i) + "\": 1";
    CHECK(parse_model(keys + "}").issues.at(0).code == issue_code::too_large);
}

TEST_CASE("files have a limit") {
    std::string text(small);
    text.resize(max_model_bytes, ' ');
    CHECK(all_issues(parse_model(text)).empty());
    text += ' ';
    CHECK(all_issues(parse_model(text, "x")) ==
          "x:1:1: error: the file has 16777217 bytes [too_large]; expected at most 16777216\n");
}

TEST_CASE("issues have a limit") {
    const loaded_model read =
        parse_model("{\"rules\": [" + repeat("1,\n", 50'000) + "1]}", "m.json");
    REQUIRE(read.issues.size() == max_model_issues + 1);
    CHECK(read.issues.back().code == issue_code::too_large);
    CHECK(read.issues.back().file == "m.json");
    CHECK(read.issues.back().line == read.issues[max_model_issues - 1].line);
}

TEST_CASE("long texts are quoted in part") {
    const loaded_model read = parse_model("{\"id\": \"m\", \"scores\": [], \"rules\": [], \"" +
                                          repeat("株", 1000) + "\": 1}");
    REQUIRE(read.issues.size() == 1);
    CHECK(read.issues[0].message == "unknown key '" + repeat("株", 20) + "…'");
}

TEST_CASE("numbers that underflow are zero") {
    const loaded_model read = parse_model(R"({"id": "m", "scores": [], "rules": [
        {"kind": "attribute", "id": "r", "score": "s", "points": 1e-400,
         "when": {"attribute": "a", "in": [1e-400, -1e-999, 4.9e-324, 1.7976931348623157e308,
                                           0.1000000000000000055511151231257827]}}]})");
    CHECK(all_issues(read).empty());
    const auto& r = std::get<attribute_rule>(read.value.rules.at(0));
    CHECK(r.points == decimal(0));
    CHECK(r.when.check.several ==
          std::vector<value>{0.0, 0.0, 5e-324, std::numeric_limits<double>::max(), 0.1});
}

TEST_CASE("points are read exactly") {
    const auto points = [](const std::string& text) {
        const loaded_model read = parse_model(
            R"({"id": "m", "scores": [], "rules": [{"kind": "attribute", "id": "r", "score": "s",
                "when": {}, "points": )" +
            text + "}]}");
        CHECK(all_issues(read).empty());
        return std::get<attribute_rule>(read.value.rules.at(0)).points.micros();
    };
    CHECK(points("0.1") == 100'000);
    CHECK(points("-2.5e-1") == -250'000);
    CHECK(points("0.0000005") == 1);
    CHECK(points("0.00000049999999999999999999") == 0);
    CHECK(points("9007199254740.993") == 9'007'199'254'740'993'000); // no double holds it
}

TEST_CASE("models are read from files") {
    const auto folder = std::filesystem::temp_directory_path() / "leadfunnel_test_reading";
    std::filesystem::create_directories(folder);
    const auto path = folder / "model.json";
    std::ofstream(path, std::ios::binary) << "\xEF\xBB\xBF" << small;
    const loaded_model read = load_model(path);
    CHECK(all_issues(read).empty());
    CHECK(read.file == path.string());
    CHECK(read.value == parse_model(small).value);

    CHECK(all_issues(load_model(folder / "none.json")) ==
          (folder / "none.json").string() + ": error: the file cannot be opened [syntax]\n");
    CHECK(all_issues(load_model(folder)) ==
          folder.string() + ": error: this is a folder [syntax]\n");

    // Opening a pipe without a writer would block.
    const auto pipe = folder / "pipe.json";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(all_issues(load_model(pipe)) ==
          pipe.string() + ": error: this is no regular file [syntax]\n");
    CHECK(all_issues(load_model("/dev/zero")) ==
          "/dev/zero: error: this is no regular file [syntax]\n");

    std::ofstream(path, std::ios::binary | std::ios::trunc)
        << std::string(max_model_bytes + 1, ' ');
    CHECK(load_model(path).issues.at(0).code == issue_code::too_large);
    std::filesystem::remove_all(folder);
}

TEST_CASE("a text, or a list of texts, is a pattern of these types") {
    const auto read = [](std::string_view on) {
        return parse_model(R"({"id": "m", "touchpoints": [{"id": "a"}, {"id": "b"}],
  "scores": [{"id": "s"}], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "points": 1, "on": )" +
                               std::string(on) +
                               R"(},
  {"kind": "sequence", "id": "q", "score": "s", "points": 1, "within": "7d",
   "steps": ["a", ["a", "b"], {"type": "b"}]}]})",
                           "m.json");
    };
    const auto on_of = [&](std::string_view on) {
        const auto m = read(on);
        CHECK(all_issues(m) == "");
        return std::get<occurrence>(m.value.rules.at(0)).on;
    };
    CHECK(on_of(R"("a")") == on("a"));
    CHECK(on_of(R"(["a", "b"])") == on({"a", "b"}));
    CHECK(on_of("{}") == pattern{});
    const auto steps = std::get<sequence>(read(R"("a")").value.rules.at(1)).steps;
    CHECK(steps == std::vector<pattern>{on("a"), on({"a", "b"}), on("b")});
    // The writer always writes the object.
    CHECK(write_model(read(R"("a")").value).find(R"("on": {"type": "a"})") != std::string::npos);

    // The places of issues follow the structure of the file.
    const auto checked = [&](std::string_view on) {
        std::string out;
        for (const auto& i : check(read(on))) out += to_string(i) + "\n";
        return out;
    };
    CHECK(checked(R"("aa")").starts_with("m.json:3:70: error: "));
    CHECK(checked(R"("aa")").find(" at /rules/0/on\n") != std::string::npos);
    CHECK(checked(R"(["a", "cc"])").starts_with("m.json:3:76: error: "));
    CHECK(checked(R"(["a", "cc"])").find(" at /rules/0/on/1") != std::string::npos);
    CHECK(all_issues(read("17"))
              .find("expected a pattern, an object `{…}`, or a text, or a list "
                    "of texts") != std::string::npos);
    CHECK(all_issues(read(R"(["a", 1])")).find(" at /rules/0/on/1; expected a text") !=
          std::string::npos);
}
