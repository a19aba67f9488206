// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/io/csv.hpp>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::string_literals;

namespace {

struct kept_row {
    std::uint64_t line;
    std::uint64_t offset;
    std::vector<std::string> fields;
    std::string raw;
    lf::row_fault fault;
    std::size_t field;
    friend bool operator==(const kept_row&, const kept_row&) = default;
};

struct keeper : lf::csv_handler {
    std::vector<kept_row> rows;
    std::size_t stop_after = static_cast<std::size_t>(-1);
    bool on_row(const lf::csv_row& r) override {
        rows.push_back({r.line,
                        r.offset,
                        {r.fields.begin(), r.fields.end()},
                        std::string(r.raw),
                        r.fault,
                        r.field});
        return rows.size() < stop_after;
    }
};

std::vector<kept_row> read(std::string_view text, lf::csv_options o = {}) {
    keeper k;
    lf::csv_reader reader(k, o);
    reader.push(text);
    reader.finish();
    CHECK(reader.bytes() == text.size());
    return k.rows;
}

std::vector<kept_row> read_in_chunks(std::string_view text, std::size_t size,
                                     lf::csv_options o = {}) {
    keeper k;
    lf::csv_reader reader(k, o);
    for (std::size_t i = 0; i < text.size(); i += size) reader.push(text.substr(i, size));
    reader.finish();
    return k.rows;
}

using fields = std::vector<std::string>;

std::vector<fields> good(const std::vector<kept_row>& rows) {
    std::vector<fields> out;
    for (const auto& r : rows)
        if (r.fault == lf::row_fault::none) out.push_back(r.fields);
    return out;
}

} // namespace

TEST_CASE("plain rows, with any line end", "[csv]") {
    const std::vector<fields> expected{{"a", "b"}, {"1", "2"}, {"", "3"}, {"4", ""}};
    CHECK(good(read("a,b\n1,2\n,3\n4,\n")) == expected);
    CHECK(good(read("a,b\n1,2\n,3\n4,")) == expected);
    CHECK(good(read("a,b\r\n1,2\r\n,3\r\n4,\r\n")) == expected);
    CHECK(good(read("a,b\r\n1,2\n,3\r\n4,\r")) == expected);
    CHECK(good(read("\xEF\xBB\xBF"
                    "a,b\n1,2\n,3\n4,\n")) == expected);
    CHECK(good(read("\n\na,b\n\r\n1,2\n\n,3\n4,\n\n\n")) == expected);
    CHECK(read("").empty());
    CHECK(read("\xEF\xBB\xBF").empty());
    CHECK(read("\n\r\n").empty());
}

TEST_CASE("quoted fields", "[csv]") {
    CHECK(good(read("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"\",\"\"\"\"\n")) ==
          std::vector<fields>{{"a", "b"}, {"x,y", "say \"hi\""}, {"", "\""}});
    const auto rows = read("a,b\n\"1\r\n2\n\n3\",x\n4,5\n\"6\",\"7\"");
    CHECK(good(rows) ==
          std::vector<fields>{{"a", "b"}, {"1\r\n2\n\n3", "x"}, {"4", "5"}, {"6", "7"}});
    CHECK(rows[1].line == 2);
    CHECK(rows[2].line == 6);
    CHECK(rows[3].line == 7);
    CHECK(rows[2].offset == 4 + 12);
    CHECK(rows[1].raw == "\"1\r\n2\n\n3\",x");
}

TEST_CASE("other delimiters", "[csv]") {
    CHECK(good(read("a;b\n1,5;\"x;y\"\n", {.delimiter = ';'})) ==
          std::vector<fields>{{"a", "b"}, {"1,5", "x;y"}});
    CHECK(good(read("a\tb\n1\t2\n", {.delimiter = '\t'})) ==
          std::vector<fields>{{"a", "b"}, {"1", "2"}});
}

TEST_CASE("rows that are bad as a whole are reported with their lines", "[csv]") {
    const auto rows = read("a,b\n1\n1,2,3\n4,5\n\0,6\n7,\xff\n8,9\n"s);
    REQUIRE(rows.size() == 7);
    const auto is = [&](std::size_t i, std::uint64_t line, lf::row_fault f) {
        CHECK(rows[i].line == line);
        CHECK(rows[i].fault == f);
    };
    is(1, 2, lf::row_fault::ragged);
    is(2, 3, lf::row_fault::ragged);
    CHECK(rows[2].fields == fields{"1", "2", "3"});
    is(3, 4, lf::row_fault::none);
}

TEST_CASE("NUL and bytes that are not UTF-8", "[csv]") {
    const auto rows = read("a,b\nx\0y,6\n7,\xff\n\xe6\x97\xa5,\xc3\n\xe6\x97\xa5,8\n"s);
    REQUIRE(rows.size() == 5);
    CHECK(rows[1].fault == lf::row_fault::nul);
    CHECK(rows[2].fault == lf::row_fault::not_utf8);
    CHECK(rows[3].fault == lf::row_fault::not_utf8);
    CHECK(rows[4].fault == lf::row_fault::none);
    // At every place in the row: eight bytes are tested at once.
    for (std::size_t at = 0; at < 40; ++at) {
        for (const char c : {'\0', '\xff', '\x80'}) {
            std::string field(40, 'x');
            field[at] = c;
            const auto bad = read("a\n" + field + "\n");
            CHECK(bad[1].fault == (c == '\0' ? lf::row_fault::nul : lf::row_fault::not_utf8));
        }
        // 0x01 beside 0x00-like patterns must not look like a NUL
        std::string field(40, '\x01');
        CHECK(read("a\n" + field + "\n")[1].fault == lf::row_fault::none);
    }
}

TEST_CASE("one stray quote costs its line, not the rest", "[csv]") {
    SECTION("a quote inside an unquoted field") {
        const auto rows = read("a,b\n5\" pipe,1\nx,2\n");
        REQUIRE(rows.size() == 3);
        CHECK(rows[1].fault == lf::row_fault::bad_quote);
        CHECK(rows[1].field == 0);
        CHECK(rows[1].raw == "5\" pipe,1");
        CHECK(rows[2].fields == fields{"x", "2"});
    }
    SECTION("text after a closing quote") {
        const auto rows = read("a,b\nq,\"x\"y\nx,2\n");
        REQUIRE(rows.size() == 3);
        CHECK(rows[1].fault == lf::row_fault::bad_quote);
        CHECK(rows[1].field == 1);
        CHECK(rows[2].fields == fields{"x", "2"});
    }
    SECTION("a quote that never closes") {
        const auto rows = read("a,b\n1,\"x\n2,y\n3,z");
        REQUIRE(rows.size() == 4);
        CHECK(rows[1].fault == lf::row_fault::unclosed_quote);
        CHECK(rows[1].line == 2);
        CHECK(rows[1].raw == "1,\"x");
        CHECK(rows[1].field == 1);
        CHECK(rows[2].fields == fields{"2", "y"});
        CHECK(rows[2].line == 3);
        CHECK(rows[3].fields == fields{"3", "z"});
    }
    SECTION("a quote that closes in another row") {
        const auto rows = read("a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n");
        REQUIRE(rows.size() == 5);
        CHECK(rows[1].fault == lf::row_fault::bad_quote);
        CHECK(rows[1].line == 2);
        CHECK(good(rows) == std::vector<fields>{{"a", "b"}, {"2", "y"}, {"3", "z"}, {"4", "w"}});
    }
    SECTION("CR without LF after a closing quote") {
        const auto rows = read("a,b\n1,\"x\"\ry\n2,3\n");
        CHECK(rows[1].fault == lf::row_fault::bad_quote);
        CHECK(rows[2].fields == fields{"2", "3"});
    }
}

TEST_CASE("rows beyond the limit are bad, and nothing else is", "[csv]") {
    const lf::csv_options o{.max_row_bytes = 10};
    SECTION("at the limit") {
        const auto rows = read("a,b\n12345,7890\n12345,78901\r\n12345,7890\r\n1,2\n", o);
        REQUIRE(rows.size() == 5);
        CHECK(rows[1].fault == lf::row_fault::none);
        CHECK(rows[2].fault == lf::row_fault::too_long);
        CHECK(rows[2].raw == "12345,7890"); // cut to the limit
        CHECK(rows[3].fault == lf::row_fault::none);
        CHECK(rows[4].line == 5);
    }
    SECTION("far beyond") {
        const auto rows = read("a,b\n" + std::string(1000, 'x') + ",y\n1,2\n", o);
        REQUIRE(rows.size() == 3);
        CHECK(rows[1].fault == lf::row_fault::too_long);
        CHECK(rows[1].raw.size() == 10);
        CHECK(rows[2].line == 3);
    }
    SECTION("a quoted field that swallows lines") {
        const auto rows = read("a,b\n1,\"x\n2,y\n3,z\n4,w\n5,v\n", o);
        CHECK(rows[1].fault == lf::row_fault::too_long);
        CHECK(rows[1].line == 2);
        CHECK(good(rows).size() == 5);
    }
}

TEST_CASE("how CSV is cut does not change the rows", "[csv]") {
    std::mt19937 random(20260401);
    const auto pick = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    constexpr std::string_view alphabet[] = {",",    ",",     "\n", "\r\n",     "\"",
                                             "\"\"", "\"x\"", "a",  "bc",       "\r",
                                             "日",   "\n",    "0",  "\"y\ny\"", "\xff"};
    for (int round = 0; round < 400; ++round) {
        std::string text = round % 3 == 0 ? "\xEF\xBB\xBF" : "";
        text += "h,k\n";
        for (std::size_t n = pick(60); n != 0; --n) text += alphabet[pick(std::size(alphabet))];
        const lf::csv_options o{.max_row_bytes = round % 2 == 0 ? std::size_t{1} << 20 : 12};
        const auto whole = read(text, o);
        for (std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}})
            REQUIRE(read_in_chunks(text, size, o) == whole);
        keeper k;
        lf::csv_reader reader(k, o);
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t n = std::min(pick(9), text.size() - at);
            reader.push(std::string_view(text).substr(at, n));
            at += n;
        }
        reader.finish();
        REQUIRE(k.rows == whole);
        // No row is lost: each byte that is not in an empty line is in a row.
        std::size_t raw = 0;
        for (const auto& r : whole) raw += r.raw.size();
        if (o.max_row_bytes > 12) {
            std::size_t ends = 0;
            for (const char c : text) ends += c == '\n' || c == '\r';
            CHECK(raw + ends + 3 >= text.size());
        }
    }
}

TEST_CASE("long rows across chunks larger and smaller than they are", "[csv]") {
    std::string text = "a,b\n";
    for (int i = 0; i < 300; ++i)
        text += "\"" + std::string(static_cast<std::size_t>(i * 37 % 9000), 'x') + "\n\"\"\"," +
                std::to_string(i) + "\n";
    const auto whole = read(text);
    REQUIRE(whole.size() == 301);
    CHECK(good(whole).size() == 301);
    for (std::size_t size : {5U, 100U, 4096U, 4097U, 65536U, 1000000U})
        REQUIRE(read_in_chunks(text, size) == whole);
}

TEST_CASE("a handler can stop the reader, and throw", "[csv]") {
    keeper k;
    k.stop_after = 2;
    lf::csv_reader reader(k);
    CHECK_FALSE(reader.push("a\n1\n2\n3\n"));
    CHECK_FALSE(reader.push("4\n"));
    CHECK_FALSE(reader.finish());
    CHECK(k.rows.size() == 2);
    CHECK(reader.bytes() == 4);

    struct thrower : lf::csv_handler {
        int rows = 0;
        bool on_row(const lf::csv_row&) override {
            if (++rows == 2) throw std::runtime_error("no");
            return true;
        }
    } t;
    lf::csv_reader other(t);
    CHECK_THROWS_AS(other.push("a\n1\n2\n3\n"), std::runtime_error);
    CHECK_FALSE(other.push("4\n"));
    CHECK(t.rows == 2);
}
