// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/text.hpp>

#include <string>

using namespace leadfunnel;
using detail::printable;
using detail::quote;

TEST_CASE("what controls a terminal or the direction of writing is escaped") {
    CHECK(printable("\x1b[31mred\x1b]0;title\x07") == "\\x1b[31mred\\x1b]0;title\\x07");
    CHECK(printable(std::string("\0\n\r\t\x7f", 5)) == "\\x00\\x0a\\x0d\\x09\\x7f");
    CHECK(printable("\u0085\u009b\u00ad") == "\\x85\\x9b\\xad"); // C1, a soft hyphen
    CHECK(printable("abc\u202edef\u2066\u2069\u200f\u061c") ==
          "abc\\u202edef\\u2066\\u2069\\u200f\\u061c");
    CHECK(printable("\u2028\u2029\u200b\ufeff\u2060\ufff9") ==
          "\\u2028\\u2029\\u200b\\ufeff\\u2060\\ufff9");
    CHECK(printable("\U000e0041") == "\\U000e0041"); // a tag
}

TEST_CASE("all other text stays as it is") {
    for (const char* const text : {"", "L-1", "東都大学\u3000工学部", "Käse", "👩\u200d🔧",
                                   "می\u200cخواهم", "\u00a0", "a\\x1b"})
        CHECK(printable(text) == text);
    CHECK(printable("two\nlines\t", true) == "two\nlines\\x09");
}

TEST_CASE("bytes that are not UTF-8 are shown as such") {
    CHECK(printable("a\xff\xc3z\x9b") == "a\\xff\\xc3z\\x9b");
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80"); // half a character
    CHECK(printable("\xf0\x9f") == "\\xf0\\x9f");
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    for (const char c : printable(bytes)) CHECK((c >= 0x20 && c < 0x7f));
}

TEST_CASE("every code point is either itself or escaped") {
    for (unsigned c = 1; c < 0x110000; ++c) {
        if (c >= 0xD800 && c < 0xE000) continue;
        std::string text;
        if (c < 0x80) {
            text += static_cast<char>(c);
        } else if (c < 0x800) {
            text += static_cast<char>(0xC0 | c >> 6);
            text += static_cast<char>(0x80 | (c & 0x3F));
        } else {
            if (c >= 0x10000) text += static_cast<char>(0xF0 | c >> 18);
            text += static_cast<char>(c >= 0x10000 ? 0x80 | (c >> 12 & 0x3F) : 0xE0 | c >> 12);
            text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
            text += static_cast<char>(0x80 | (c & 0x3F));
        }
        REQUIRE(is_utf8(text));
        const std::string out = printable(text);
        if (detail::is_unseen(c))
            REQUIRE((out.size() >= 4 && out[0] == '\\' &&
                     out.find_first_not_of("\\xuU0123456789abcdef") == out.npos));
        else
            REQUIRE(out == text);
    }
}

TEST_CASE("a text in a message is quoted, and cut between characters") {
    CHECK(quote("L-1") == "'L-1'");
    CHECK(quote(std::string(60, 'x')) == "'" + std::string(60, 'x') + "'");
    CHECK(quote(std::string(61, 'x')) == "'" + std::string(60, 'x') + "…'");
    CHECK(quote(std::string(59, 'x') + "展示会") == "'" + std::string(59, 'x') + "…'");
    CHECK(quote("a\nb\x1b") == "'a\\x0ab\\x1b'");
    CHECK(quote(std::string(1000, '\n')).size() < 300);
}

TEST_CASE("an issue stands on one line") {
    issue i;
    i.file = "a\n.json";
    i.message = "unknown '\x1b[31m'";
    CHECK(to_string(i).find_first_of("\n\x1b") == std::string::npos);
}
