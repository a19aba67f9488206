// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/core/issue.hpp>

#include <set>
#include <string>
#include <vector>

namespace lf = leadfunnel;

TEST_CASE("every code has a name of its own", "[issue]") {
    std::set<std::string_view> names;
    for (int c = 0; c <= static_cast<int>(lf::issue_code::unused); ++c) {
        const auto name = lf::to_string(static_cast<lf::issue_code>(c));
        CHECK(name != "unknown");
        CHECK(names.insert(name).second);
    }
    CHECK(lf::to_string(lf::issue_code::clamp_with_decay) == "clamp_with_decay");
    CHECK(lf::to_string(lf::severity::warning) == "warning");
    CHECK(lf::to_string(lf::severity::error) == "error");
}

TEST_CASE("an issue says where, what, and how to mend it", "[issue]") {
    lf::issue i{.code = lf::issue_code::unknown_name,
                .file = "model.json",
                .line = 12,
                .column = 7,
                .pointer = "/rules/3/on/type",
                .message = "no touchpoint type 'page_veiw'",
                .expected = "a declared type",
                .hint = "did you mean 'page_view'?"};
    CHECK(lf::to_string(i) == "model.json:12:7: error: no touchpoint type 'page_veiw' "
                              "[unknown_name] at /rules/3/on/type; expected a declared type; "
                              "did you mean 'page_view'?");
    i.file.clear();
    i.line = i.column = 0;
    i.level = lf::severity::warning;
    i.expected.clear();
    CHECK(lf::to_string(i) == "warning: no touchpoint type 'page_veiw' [unknown_name] at "
                              "/rules/3/on/type; did you mean 'page_view'?");
    i.pointer.clear();
    i.hint.clear();
    CHECK(lf::to_string(i) == "warning: no touchpoint type 'page_veiw' [unknown_name]");
}

TEST_CASE("a model error lists its issues, one a line", "[issue]") {
    const lf::model_error none{{}};
    CHECK(std::string{none.what()}.empty());
    lf::issue one{.code = lf::issue_code::syntax, .message = "a"};
    lf::issue two{.code = lf::issue_code::cycle, .message = "b"};
    try {
        throw lf::model_error{{one, two}};
    } catch (const lf::error& e) {
        CHECK(std::string{e.what()} == "error: a [syntax]\nerror: b [cycle]");
        const auto* m = dynamic_cast<const lf::model_error*>(&e);
        REQUIRE(m != nullptr);
        CHECK(m->issues() == std::vector<lf::issue>{one, two});
    }
}

TEST_CASE("near words are suggested, far ones are not", "[issue]") {
    const std::vector<std::string_view> words = {"page_view", "download", "seminar_attended",
                                                 "mail_open", "mail_click"};
    CHECK(lf::closest("page_veiw", words) == "page_view"); // neighbours swapped
    CHECK(lf::closest("pageview", words) == "page_view");
    CHECK(lf::closest("Page_View", words) == "page_view");
    CHECK(lf::closest("dowload", words) == "download");
    CHECK(lf::closest("mail_opened", words) == "mail_open");
    CHECK(lf::closest("mail_clik", words) == "mail_click");
    CHECK(lf::closest("page_view", words) == "page_view");
    CHECK(lf::closest("webinar", words).empty());
    CHECK(lf::closest("", words).empty());
    CHECK(lf::closest("x", words).empty());
    CHECK(lf::closest("page_view", {}).empty());
    CHECK(lf::closest("page_view", {""}).empty());
}

TEST_CASE("the threshold is a third of the longer word; a swap costs one", "[issue]") {
    CHECK(lf::closest("abc", {"abd"}) == "abd");
    CHECK(lf::closest("ab", {"ac"}).empty()); // 1 > 2/3
    CHECK(lf::closest("ab", {"abc"}) == "abc");
    CHECK(lf::closest("abc", {"acb"}) == "acb");
    CHECK(lf::closest("abc", {"cab"}).empty()); // 2 > 1
    CHECK(lf::closest("abcdef", {"badcef"}) == "badcef");
    CHECK(lf::closest("abcdef", {"badcfe"}).empty()); // 3 > 2
    // No character is edited twice: from "ca" to "abc" is 3, not 2.
    CHECK(lf::closest("ca....", {"abc...."}).empty());
}

TEST_CASE("the first of equally near words is suggested", "[issue]") {
    CHECK(lf::closest("cat", {"bat", "hat"}) == "bat");
    CHECK(lf::closest("cat", {"hat", "bat"}) == "hat");
    CHECK(lf::closest("carts", {"harts", "carts"}) == "carts");
}

TEST_CASE("very long words are not suggested", "[issue]") {
    const std::string most(128, 'a');
    const std::string more(129, 'a');
    CHECK(lf::closest(most, {most}) == most);
    CHECK(lf::closest(more, {more}).empty());
    CHECK(lf::closest(most, {more}).empty());
    CHECK(lf::closest(std::string(1'000'000, 'a'), {std::string_view{more}}).empty());
}
