// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Globs are matched by RE2: compared with what a glob means, written out slowly.

#include "catch.hpp"

#include <leadfunnel/core/text.hpp>
#include <leadfunnel/plan/detail/matchers.hpp>

#include <re2/re2.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace leadfunnel;

/// A text as code points, in which each is one element. Takes UTF-8.
std::vector<std::string> characters(std::string_view text) {
    std::vector<std::string> all;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80) all.emplace_back();
        all.back() += c;
    }
    return all;
}

using place = std::vector<std::string>::const_iterator;

/// The character at `p`, perhaps quoted by a backslash. Moves past it.
std::string next_character(place& p) {
    if (*p == "\\") ++p;
    return *p++;
}

/// Whether a class holds a character. `p` stands past its bracket; moves past the closing one.
/// UTF-8 keeps the order of code points.
bool is_in_class(place& p, const std::string& c) {
    const bool negated = *p == "!";
    if (negated) ++p;
    bool inside = false;
    while (*p != "]") {
        const std::string low = next_character(p);
        std::string high = low;
        if (*p == "-" && *(p + 1) != "]") {
            ++p;
            high = next_character(p);
        }
        inside = inside || (low <= c && c <= high);
    }
    ++p;
    return inside != negated;
}

/// What a glob means, tried in every way.
bool matches_slowly(place p, place p_end, place t, place t_end) {
    if (p == p_end) return t == t_end;
    if (*p == "*") {
        for (;; ++t) {
            if (matches_slowly(p + 1, p_end, t, t_end)) return true;
            if (t == t_end) return false;
        }
    }
    if (t == t_end) return false;
    bool fits = true;
    if (*p == "?")
        ++p;
    else if (*p == "[")
        fits = is_in_class(++p, *t);
    else
        fits = next_character(p) == *t;
    return fits && matches_slowly(p, p_end, t + 1, t_end);
}

bool matches_slowly(std::string_view glob, std::string_view text) {
    const auto p = characters(glob);
    const auto t = characters(text);
    return matches_slowly(p.begin(), p.end(), t.begin(), t.end());
}

bool matches(const std::string& glob, const std::string& text, bool exact = true) {
    detail::matcher_table table;
    const auto* made = table.compile(op::glob, glob, exact);
    REQUIRE(made != nullptr);
    INFO(made->fault);
    REQUIRE(made->expression != nullptr);
    return re2::RE2::FullMatch(text, *made->expression);
}

} // namespace

TEST_CASE("globs compiled by RE2 mean what trying every way says") {
    std::mt19937_64 random{7};
    const std::vector<std::string> pieces = {
        "*",      "?",      "a",        "b",    "ab",   "[ab]", "[!a]", "[a-c]", "[!b-c-]",
        "[é-日]", "[\\]a]", "[-^\\\\]", "[^a]", "[[.]", ".",    "^",    "$",     "(",
        "|",      "+",      "{2}",      "\\*",  "\\\\", "\\d",  "日",   "\n",    "[!日]"};
    const std::vector<std::string> characters_of_texts = {"a",  "b", "c", "d", "é", "日",
                                                          "\n", "-", "^", "]", "[", "\\",
                                                          ".",  "*", "(", "|", "2", "𠮷"};
    std::size_t matched = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string glob;
        for (auto n = random() % 5; n > 0; --n) glob += pieces[random() % pieces.size()];
        REQUIRE(is_glob(glob));
        detail::matcher_table table;
        const auto* made = table.compile(op::glob, glob, true);
        REQUIRE((made != nullptr && made->expression != nullptr));
        for (int k = 0; k < 20; ++k) {
            std::string text;
            for (auto n = random() % 5; n > 0; --n)
                text += characters_of_texts[random() % characters_of_texts.size()];
            const bool expected = matches_slowly(glob, text);
            matched += expected ? 1U : 0U;
            INFO(glob << " on " << text);
            REQUIRE(re2::RE2::FullMatch(text, *made->expression) == expected);
            REQUIRE(glob_matches(glob, text) == expected);
        }
    }
    CHECK(matched > 20'000);
}

TEST_CASE("globs match whole texts, folded unless exact") {
    CHECK(matches("/pricing/*", "/pricing/a\nb"));
    CHECK_FALSE(matches("/pricing/*", "x/pricing/"));
    CHECK(matches("", ""));
    CHECK_FALSE(matches("", "a"));
    CHECK(matches("***", ""));
    CHECK(matches("?", "𠮷"));
    CHECK_FALSE(matches("A*", "abc"));
    CHECK(matches("ＡB*", "abc", false));
    CHECK(matches("[Ａ-Ｃ]", "b", false));
    // No code point is outside of this class.
    CHECK_FALSE(matches("[!\x01-\xf4\x8f\xbf\xbf]", "a"));
}

TEST_CASE("hostile globs end soon") {
    const std::string text(100'000, 'a');
    std::string glob;
    for (int i = 0; i < 500; ++i) glob += "*a";
    CHECK_FALSE(matches(glob + "b", text));
    CHECK(matches(glob, text));
    CHECK_FALSE(matches("*a" + std::string(500, '?') + "b", text));
    CHECK(matches(std::string(1'000'000, '*'), text));
}

TEST_CASE("equal globs and regular expressions are compiled once") {
    detail::matcher_table table;
    const auto* glob = table.compile(op::glob, "a*", true);
    CHECK(table.compile(op::glob, "a*", true) == glob);
    CHECK(table.compile(op::glob, "a*", false) != glob);
    CHECK(table.compile(op::regex, "a*", true) != glob);
    CHECK(table.find(op::glob, "a*", true) == glob->expression);
    CHECK(table.find(op::glob, "b*", true) == nullptr);
    const auto* bad = table.compile(op::regex, "(x", true);
    REQUIRE(bad != nullptr);
    CHECK(bad->expression == nullptr);
    CHECK(bad->fault == "missing ): (x");
}
