// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/core/detail/json_comments.hpp>

#include <string>

namespace lf = leadfunnel;

TEST_CASE("comments become blanks, and nothing else changes its place") {
    const auto plain = [](std::string json) {
        CHECK_FALSE(lf::detail::blank_comments(json));
        return json;
    };
    CHECK(plain("") == "");
    CHECK(plain("{\"a\": 1}") == "{\"a\": 1}");
    CHECK(plain("1 // a\r\n2") == "1      \n2");
    CHECK(plain("1 // a") == "1     ");
    CHECK(plain("1 /* a\n // b */ 2 /**/") == "1     \n         2     ");
    CHECK(plain("\"// /* a\" // \"") == "\"// /* a\"     ");
    CHECK(plain("\"\\\" // a\" //") == "\"\\\" // a\"   ");
    CHECK(plain("\"\\\\\"// a") == "\"\\\\\"    ");
    CHECK(plain("/ / * /") == "/ / * /");
    // The JSON parser reports quotes that do not end.
    CHECK(plain("\"// a") == "\"// a");
    CHECK(plain("\"a\\") == "\"a\\");
}

TEST_CASE("a fault of comments is reported where it begins, and the text behind it stays") {
    std::string json = "{} // a\n /* b // \n";
    auto fault = lf::detail::blank_comments(json);
    REQUIRE(fault);
    CHECK(fault->at == 9);
    CHECK_FALSE(fault->is_quotes);
    CHECK(json == "{}     \n /* b // \n");
    json = "/**/ \"a\\\" // \n\"";
    fault = lf::detail::blank_comments(json);
    REQUIRE(fault);
    CHECK(fault->at == 5);
    CHECK(fault->is_quotes);
    CHECK(json == "     \"a\\\" // \n\"");
}
