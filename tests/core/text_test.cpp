// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/core/text.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace lf = leadfunnel;

namespace {

std::string utf8(char32_t c) {
    const auto byte = [](char32_t b) { return static_cast<char>(static_cast<unsigned char>(b)); };
    if (c < 0x80) return {byte(c)};
    if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f))};
    if (c < 0x10000)
        return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
    return {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)),
            byte(0x80 | (c & 0x3f))};
}

/// Matches a glob by trying every way; for short ASCII texts.
bool matches_slowly(std::string_view p, std::string_view t) {
    if (p.empty()) return t.empty();
    if (p.front() == '*') {
        for (std::size_t n = 0; n <= t.size(); ++n)
            if (matches_slowly(p.substr(1), t.substr(n))) return true;
        return false;
    }
    if (t.empty()) return false;
    if (p.front() == '?') return matches_slowly(p.substr(1), t.substr(1));
    if (p.front() == '[') {
        const auto end = p.find(']');
        const bool negated = p[1] == '!';
        const auto inside = p.substr(negated ? 2 : 1, end - (negated ? 2 : 1));
        const bool member = inside.find(t.front()) != std::string_view::npos;
        return member != negated && matches_slowly(p.substr(end + 1), t.substr(1));
    }
    return p.front() == t.front() && matches_slowly(p.substr(1), t.substr(1));
}

} // namespace

// ---- UTF-8 --------------------------------------------------------------------------------------

TEST_CASE("UTF-8 is what RFC 3629 allows", "[text]") {
    for (const char* good : {"", "abc", "é", "日本語", "𠮷野家", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbf",
                             "a long text of plain ASCII, more than eight bytes"}) {
        INFO(good);
        CHECK(lf::is_utf8(good));
    }
    CHECK(lf::is_utf8(std::string_view{"a\0b", 3}));
    for (const char* bad : {"\x80",
                            "\xbf",
                            "\xc0\xaf",
                            "\xc1\xbf",
                            "\xc3",
                            "\xc3(",
                            "\xe0\x80\x80",
                            "\xe0\x9f\xbf",
                            "\xed\xa0\x80",
                            "\xed\xbf\xbf",
                            "\xe3\x81",
                            "\xf0\x80\x80\x80",
                            "\xf0\x8f\xbf\xbf",
                            "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80",
                            "\xff",
                            "\xfe",
                            "12345678\x80",
                            "1234567\x80",
                            "123456789\xe3\x81"}) {
        INFO(bad);
        CHECK_FALSE(lf::is_utf8(bad));
    }
    for (char32_t c = 0; c <= 0x10ffff; ++c) {
        const bool surrogate = c >= 0xd800 && c <= 0xdfff;
        if (lf::is_utf8(utf8(c)) == surrogate) FAIL(static_cast<std::uint32_t>(c));
    }
}

// ---- folding ------------------------------------------------------------------------------------

TEST_CASE("text is compared after NFKC and case folding", "[text]") {
    CHECK(lf::fold("") == "");
    CHECK(lf::fold("Hello, World_42!") == "hello, world_42!");
    CHECK(lf::fold("ＡＢＣ") == "abc");
    CHECK(lf::fold("㈱") == "(株)");
    CHECK(lf::fold("（株）") == "(株)");
    CHECK(lf::fold("ｶﾞｰﾄﾞ") == "ガード");      // half-width kana
    CHECK(lf::fold("カ\xe3\x82\x99") == "ガ"); // a combining voiced mark
    CHECK(lf::fold("Straße") == "strasse");
    CHECK(lf::fold("ΣΊΣΥΦΟΣ") == lf::fold("σίσυφος"));
    CHECK(lf::fold("É") == "é");
    CHECK(lf::fold("e\xcc\x81") == "é");
    CHECK(lf::fold("ﬁ") == "fi");
    CHECK(lf::fold("①") == "1");
    CHECK(lf::fold("㍿") == "株式会社");
    CHECK(lf::fold("™") == "tm");
    CHECK(lf::fold("a\xc2\xad"
                   "b") == "ab");                  // a soft hyphen is ignorable
    CHECK(lf::fold("葛\xf3\xa0\x84\x80") == "葛"); // so is a variation selector
    CHECK(lf::fold("a\xc2\xa0"
                   "b") == "a b"); // no-break space
    CHECK(lf::fold(std::string_view{"A\0B", 3}) == std::string_view("a\0b", 3));
    CHECK(lf::fold(std::string_view{"Ａ\0Ｂ", 7}) == std::string_view("a\0b", 3));
}

TEST_CASE("folding keeps different texts apart", "[text]") {
    CHECK(lf::fold("髙") != lf::fold("高"));
    CHECK(lf::fold("邊") != lf::fold("辺"));
    CHECK(lf::fold("ー") != lf::fold("‐"));
    CHECK(lf::fold("(株)") != lf::fold("株式会社"));
    CHECK(lf::fold("é") != lf::fold("e"));
    CHECK(lf::fold("İ") != lf::fold("i")); // no locale
    CHECK(lf::fold("I") == "i");
}

TEST_CASE("each bad byte becomes U+FFFD", "[text]") {
    const std::string r = "\xef\xbf\xbd";
    CHECK(lf::fold("\xff") == r);
    CHECK(lf::fold("A\x80"
                   "B") == "a" + r + "b");
    CHECK(lf::fold("\xe3\x81") == r + r);
    CHECK(lf::fold("\xed\xa0\x80") == r + r + r);
    CHECK(lf::fold("\xc0\xaf") == r + r);
    CHECK(lf::fold("株\xe6式") == "株" + r + "式");
}

TEST_CASE("folding twice changes nothing more", "[text]") {
    for (char32_t c = 0; c <= 0x10ffff; ++c) {
        if (c >= 0xd800 && c <= 0xdfff) continue;
        const auto once = lf::fold(utf8(c));
        if (lf::fold(once) != once) FAIL(static_cast<std::uint32_t>(c));
    }
    std::mt19937_64 random{11};
    const auto pick = [&](std::uint32_t from, std::uint32_t to) {
        return from + static_cast<std::uint32_t>(random() % (to - from));
    };
    for (int i = 0; i < 100'000; ++i) {
        std::string text;
        for (auto n = random() % 6; n > 0; --n) {
            switch (random() % 7) {
            case 0:
                text += utf8(pick(0x20, 0x250));
                break;
            case 1:
                text += utf8(pick(0x300, 0x370));
                break; // combining marks
            case 2:
                text += utf8(pick(0x370, 0x530));
                break; // Greek, Cyrillic
            case 3:
                text += utf8(pick(0x1f00, 0x2000));
                break;
            case 4:
                text += utf8(pick(0x3040, 0x3400));
                break;
            case 5:
                text += utf8(pick(0xac00, 0xd7a4));
                break;
            default:
                text += utf8(pick(0xf900, 0x10000));
                break;
            }
        }
        const auto once = lf::fold(text);
        INFO(text);
        REQUIRE(lf::is_utf8(once));
        REQUIRE(lf::fold(once) == once);
    }
}

TEST_CASE("hostile marks are folded in linear time", "[text]") {
    // Sorting each of these at once takes quadratic time: minutes in all. Half-width voicing marks
    // become marks, and ignorable characters vanish, which makes their neighbours adjacent.
    for (const char* pair : {"\xcc\xa3\xcc\x80", "\xcc\x80ﾞ", "\xcc\xa3\xc2\xad\xcc\x80\xc2\xad",
                             "\xcc\xa3\xe3\x85\xa4\xcc\x80\xe3\x85\xa4", "\xcc\x80\xe3\x82\x99"}) {
        std::string text = "a";
        for (int i = 0; i < 200'000; ++i) text += pair;
        const auto folded = lf::fold(text);
        CHECK(lf::is_utf8(folded));
        CHECK(folded.size() > 400'000);
    }
    // A run of up to 30 marks is sorted as a whole.
    std::string many = "a";
    std::string sorted;
    for (int i = 0; i < 15; ++i) {
        many += "\xcc\x81\xcc\xa3"; // acute (class 230), dot below (220)
        sorted += "\xcc\xa3";
    }
    CHECK(lf::fold(many).substr(0, 3) == "ạ");
    CHECK(lf::fold(many) == lf::fold("a" + sorted + [] {
              std::string acutes;
              for (int i = 0; i < 15; ++i) acutes += "\xcc\x81";
              return acutes;
          }()));
}

TEST_CASE("the short cut for ASCII gives the same result", "[text]") {
    for (int c = 0; c < 0x80; ++c) {
        const std::string text(1, static_cast<char>(c));
        const auto longer = lf::fold(text + "é");
        CHECK(longer == lf::fold(text) + "é");
    }
}

// ---- globs --------------------------------------------------------------------------------------

TEST_CASE("globs match whole texts", "[text]") {
    const auto m = [](std::string_view p, std::string_view t) { return lf::glob_matches(p, t); };
    CHECK(m("", ""));
    CHECK_FALSE(m("", "a"));
    CHECK(m("*", ""));
    CHECK(m("*", "anything/at/all"));
    CHECK(m("**", "x"));
    CHECK(m("/pricing/*", "/pricing/"));
    CHECK(m("/pricing/*", "/pricing/enterprise/jp"));
    CHECK_FALSE(m("/pricing/*", "/pricing"));
    CHECK_FALSE(m("pricing", "/pricing"));
    CHECK_FALSE(m("/pricing", "/pricing/"));
    CHECK(m("*.pdf", "a.b.pdf"));
    CHECK_FALSE(m("*.pdf", "a.pdf.html"));
    CHECK(m("a?c", "abc"));
    CHECK_FALSE(m("a?c", "ac"));
    CHECK(m("a?c", "a株c"));
    CHECK(m("?", "𠮷"));
    CHECK_FALSE(m("?", "ab"));
    CHECK(m("[a-c]x", "bx"));
    CHECK_FALSE(m("[a-c]x", "dx"));
    CHECK(m("[!a-c]x", "dx"));
    CHECK_FALSE(m("[!a-c]x", "bx"));
    CHECK_FALSE(m("[!a]", ""));
    CHECK(m("[あ-ん]*", "かな"));
    CHECK_FALSE(m("[あ-ん]*", "カナ"));
    CHECK(m("[-a]", "-"));
    CHECK(m("[a-]", "-"));
    CHECK(m("[a-]", "a"));
    CHECK_FALSE(m("[a-]", "b"));
    CHECK(m("[\\]]", "]"));
    CHECK(m("[a\\-c]", "-"));
    CHECK_FALSE(m("[a\\-c]", "b"));
    CHECK(m("[*?]", "*"));
    CHECK_FALSE(m("[*?]", "x"));
    CHECK(m("\\*", "*"));
    CHECK_FALSE(m("\\*", "x"));
    CHECK(m("\\\\", "\\"));
    CHECK(m("\\a", "a"));
    CHECK(m("\\株*", "株式"));
    CHECK(m("a*b*c", "a__b__b__c"));
    CHECK_FALSE(m("a*b*c", "a__c__b"));
    CHECK_FALSE(m("A", "a")); // the caller folds
}

TEST_CASE("bad bytes match themselves and a question mark", "[text]") {
    CHECK(lf::glob_matches("\xff", "\xff"));
    CHECK_FALSE(lf::glob_matches("\xff", "\xfe"));
    CHECK(lf::glob_matches("?", "\xff"));
    CHECK(lf::glob_matches("??", "\xe3\x81"));
    CHECK_FALSE(lf::glob_matches("\xff", "ÿ"));
    CHECK_FALSE(lf::glob_matches("[a-z]", "\xff"));
    CHECK(lf::glob_matches("[!a-z]", "\xff"));
}

TEST_CASE("globs are well formed or not", "[text]") {
    for (const char* good :
         {"",       "*",   "a",   "?", "[a]", "[a-c]", "[!a]",   "[a-]",  "[-]", "[!-]",   "[\\]]",
          "[\\\\]", "\\*", "\\[", "]", "a-b", "!",     "[a][b]", "[a-a]", "[[]", "[あ-ん]"}) {
        INFO(good);
        CHECK(lf::is_glob(good));
    }
    for (const char* bad : {"[", "[a", "[]", "[!]", "[!", "\\", "a\\", "[\\", "[\\]", "[a-",
                            "[z-a]", "[a-\\", "x[a][", "[]a]"}) {
        INFO(bad);
        CHECK_FALSE(lf::is_glob(bad));
        CHECK_FALSE(lf::glob_matches(bad, bad));
        CHECK_FALSE(lf::glob_matches(bad, "a"));
    }
}

TEST_CASE("globs match as trying every way does", "[text]") {
    std::mt19937_64 random{12};
    const std::vector<std::string> pieces = {"*", "?", "a", "b", "[ab]", "[!a]", "ab"};
    std::size_t matched = 0;
    for (int i = 0; i < 200'000; ++i) {
        std::string pattern;
        std::string text;
        for (auto n = random() % 7; n > 0; --n) pattern += pieces[random() % pieces.size()];
        for (auto n = random() % 9; n > 0; --n) text += "abc"[random() % 3];
        const bool expected = matches_slowly(pattern, text);
        matched += expected ? 1U : 0U;
        INFO(pattern << " on " << text);
        REQUIRE(lf::is_glob(pattern));
        REQUIRE(lf::glob_matches(pattern, text) == expected);
    }
    CHECK(matched > 10'000);
}

TEST_CASE("hostile globs are matched in linear time", "[text]") {
    // Backtracking over every star would take practically forever.
    std::string pattern;
    for (int i = 0; i < 200; ++i) pattern += "a*";
    const std::string text(100'000, 'a');
    CHECK_FALSE(lf::glob_matches(pattern + "b", text));
    CHECK(lf::glob_matches(pattern, text));
    CHECK_FALSE(lf::glob_matches("*" + std::string(500, '?') + "b", text));
    CHECK_FALSE(lf::glob_matches("a*a*a*a*b", text));
    CHECK(lf::glob_matches(std::string(1'000'000, '*'), text)); // no recursion
}

// ---- names --------------------------------------------------------------------------------------

TEST_CASE("an address parts at its last at sign", "[text]") {
    CHECK(lf::email_domain("ann@example.co.jp") == "example.co.jp");
    CHECK(lf::email_local_part("ann@example.co.jp") == "ann");
    CHECK(lf::email_domain("\"a@b\"@c.org") == "c.org");
    CHECK(lf::email_local_part("\"a@b\"@c.org") == "\"a@b\"");
    CHECK(lf::email_domain("ann").empty());
    CHECK(lf::email_local_part("ann").empty());
    CHECK(lf::email_domain("ann@").empty());
    CHECK(lf::email_local_part("@example.org").empty());
    CHECK(lf::email_domain("").empty());
}

TEST_CASE("names of organisations lose their corporate form", "[text]") {
    const auto same = [](std::string_view expected, std::vector<std::string_view> names) {
        for (const auto name : names) {
            INFO(name);
            CHECK(lf::normal_company_name(name) == expected);
        }
    };
    same("トヨタ自動車",
         {"トヨタ自動車株式会社", "株式会社トヨタ自動車", "(株)トヨタ自動車", "㈱トヨタ自動車",
          "トヨタ自動車㈱", "トヨタ自動車（株）", "トヨタ自動車 株式会社", "ﾄﾖﾀ自動車(株)",
          "㍿トヨタ自動車", "株式会社　トヨタ自動車"});
    same("山田商店", {"有限会社山田商店", "(有)山田商店", "㈲山田商店", "山田商店有限会社",
                      "合同会社山田商店"});
    same("东方", {"东方有限公司", "东方股份有限公司"});
    same("삼성전자", {"삼성전자(주)", "삼성전자 주식회사", "㈜삼성전자", "주식회사 삼성전자"});
    same("acme", {"ACME",
                  "Acme Inc.",
                  "Acme, Inc",
                  "ACME INC",
                  "Acme Corp.",
                  "Acme Corporation",
                  "Acme Co., Ltd.",
                  "Acme Co.,Ltd.",
                  "Acme Co.Ltd",
                  "Acme Limited",
                  "Acme Ltd",
                  "Acme LLC",
                  "Acme L.L.C.",
                  "Acme plc",
                  "Acme P.L.C.",
                  "Acme GmbH",
                  "Acme GmbH & Co. KG",
                  "Acme G.m.b.H.",
                  "Acme AG",
                  "Acme UG (haftungsbeschränkt)",
                  "Acme SA",
                  "Acme S.A.",
                  "Acme SAS",
                  "Acme S.A.R.L.",
                  "Acme SARL",
                  "Acme S.à r.l.",
                  "Acme S.p.A.",
                  "Acme SpA",
                  "Acme S.r.l.",
                  "Acme B.V.",
                  "Acme BV",
                  "Acme N.V.",
                  "Acme AB",
                  "AB Acme",
                  "Acme A/S",
                  "Acme AS",
                  "Acme Oy",
                  "Oy Acme Ab",
                  "Acme ApS",
                  "Acme K.K.",
                  "Acme KK",
                  "Acme Kabushiki Kaisha",
                  "Acme Sp. z o.o.",
                  "Acme Pty Ltd",
                  "Acme Pte. Ltd.",
                  "Acme Private Limited",
                  "Acme Sdn. Bhd.",
                  "Acme S.A. de C.V.",
                  "  Acme ,  Inc. ",
                  "Ａｃｍｅ　Ｉｎｃ．"});
}

TEST_CASE("words that only look like corporate forms stay", "[text]") {
    const auto normal = [](std::string_view name) { return lf::normal_company_name(name); };
    CHECK(normal("SAS Institute") == "sas institute");
    CHECK(normal("Company of Heroes") == "company of heroes");
    CHECK(normal("Zinc") == "zinc"); // not a word of its own
    CHECK(normal("Costco") == "costco");
    CHECK(normal("Visa") == "visa");
    CHECK(normal("Pasco Corp") == "pasco");
    CHECK(normal("株式会社の窓口") == "の窓口");
    CHECK(normal("Inc.") == "inc"); // a name is never stripped to nothing
    CHECK(normal("Co., Ltd.") == "co");
    CHECK(normal("株式会社") == "株式会社");
    CHECK(normal("(株)") == "株");
    CHECK(normal("㈱㈱") == "株");
    CHECK(normal("!!!") == "!!!");
    CHECK(normal("").empty());
    CHECK(normal("   ").empty());
}

TEST_CASE("punctuation and spaces are squeezed", "[text]") {
    const auto normal = [](std::string_view name) { return lf::normal_company_name(name); };
    CHECK(normal("Smith & Sons, Ltd.") == "smith sons");
    CHECK(normal("Smith&Sons") == "smith sons");
    CHECK(normal("O'Reilly   Media -- Inc") == "o reilly media");
    CHECK(normal("I.B.M. Corp") == "ibm");
    CHECK(normal("I B M Corp") == "i b m"); // spaces do not join
    CHECK(normal("amazon.com, Inc.") == "amazon com");
    CHECK(normal("C++ Alliance") == "c++ alliance");
    CHECK(normal("ソニー・ミュージック") == "ソニー ミュージック");
    CHECK(normal("3M Company") == "3m");
    CHECK(normal("7-Eleven, Inc.") == "7 eleven");
}

TEST_CASE("hostile names are normalised in linear time", "[text]") {
    const auto repeat = [](std::string_view part, int times) {
        std::string text;
        for (int i = 0; i < times; ++i) text += part;
        return text;
    };
    // Each of these would take quadratic time if every form searched the whole rest.
    CHECK(lf::normal_company_name(repeat("株式会社", 50'000)) == "株式会社");
    CHECK(lf::normal_company_name(repeat("!", 500'000) + "a" + repeat("(株)", 50'000)) == "a");
    CHECK(lf::normal_company_name("a" + repeat(" inc", 100'000)) == "a");
    CHECK(lf::normal_company_name("a" + repeat(" 株式会社 inc", 50'000)) == "a");
    CHECK(lf::normal_company_name(repeat("a.", 200'000)) == repeat("a", 200'000));
}

TEST_CASE("normal names are normal already", "[text]") {
    std::mt19937_64 random{13};
    const std::vector<std::string> pieces = {
        "Acme", "Inc",  "株式会社", "(株)", "㈱", " ",      ",",        ".",       "A",  "/",
        "S",    "Ltd",  "Co",       "GmbH", "&",  "トヨタ", "有限会社", "Oy",      "AB", "(",
        ")",    "\xff", "de",       "CV",   "株", "式",     "会社",     "주식회사"};
    for (int i = 0; i < 100'000; ++i) {
        std::string name;
        for (auto n = random() % 8; n > 0; --n) name += pieces[random() % pieces.size()];
        const auto once = lf::normal_company_name(name);
        INFO(name << " -> " << once);
        REQUIRE(lf::normal_company_name(once) == once);
        REQUIRE((!once.empty() || name.find_first_not_of(' ') == std::string::npos));
    }
}
