// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace lf = leadfunnel;
using namespace std::string_literals;
using std::chrono::hours;

namespace {

constexpr lf::instant start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 5};
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Bits as Arrow packs them, after `before` bits that are not theirs.
struct bitmap {
    explicit bitmap(const std::vector<int>& bits, std::size_t before = 0)
        : bytes((bits.size() + before + 7) / 8, 0xA5), first(before), count(bits.size()) {
        for (std::size_t i = 0; i < bits.size(); ++i) {
            const auto mask = static_cast<std::uint8_t>(1U << ((i + before) % 8));
            auto& byte = bytes[(i + before) / 8];
            byte = static_cast<std::uint8_t>(bits[i] != 0 ? byte | mask : byte & ~mask);
        }
    }
    [[nodiscard]] lf::bit_span view() const { return {bytes.data(), first, count}; }

    std::vector<std::uint8_t> bytes;
    std::size_t first;
    std::size_t count;
};

template<class Offset>
struct packed {
    explicit packed(const std::vector<std::string>& texts) : offsets{0} {
        for (const auto& t : texts) {
            bytes += t;
            offsets.push_back(static_cast<Offset>(bytes.size()));
        }
    }
    [[nodiscard]] lf::packed_texts<Offset> view() const { return {offsets, bytes}; }

    std::vector<Offset> offsets;
    std::string bytes{};
};

bool same(const lf::histories& a, const lf::histories& b) {
    if (a.size() != b.size() || a.kinds() != b.kinds() || a.duplicates() != b.duplicates() ||
        a.attribute_names() != b.attribute_names())
        return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a.lead_id(i) != b.lead_id(i) || a.events(i) != b.events(i)) return false;
    return true;
}

/// Touchpoints of one lead, one an hour; the kinds that are made of them.
std::vector<lf::touchpoint_kind> kinds_of(lf::column property) {
    const std::size_t n = property.size();
    const std::vector<std::string> leads(n, "L");
    const std::vector<std::string> types(n, "visit");
    std::vector<lf::instant> at;
    for (std::size_t i = 0; i < n; ++i) at.push_back(start + hours{i});
    lf::history_builder b;
    const auto report = lf::add_touchpoints(
        b, {.columns = {{"lead", leads}, {"at", at}, {"type", types}, std::move(property)}});
    REQUIRE(report.issues == std::vector<lf::issue>{});
    REQUIRE(report.bad == 0);
    REQUIRE(report.events[1] == n);
    const auto h = b.build();
    std::vector<lf::touchpoint_kind> out;
    for (std::size_t i = 0; i < n; ++i) out.push_back(h.kinds()[h.touchpoints(0).kind[i]]);
    return out;
}

/// The cells of a column, as they come back.
std::vector<lf::value> cells(lf::column c) {
    const std::string name = c.name;
    std::vector<lf::value> out;
    for (const auto& k : kinds_of(std::move(c)))
        out.push_back(k.properties.contains(name) ? k.properties.at(name) : lf::value{});
    return out;
}

using values = std::vector<lf::value>;

/// Calls `f` with the texts in each form that there is for them.
template<class F>
void each_form(const std::vector<std::string>& texts, const F& f) {
    f(std::span<const std::string>{texts});
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    f(std::span<const std::string_view>{views});
    const packed<std::int32_t> narrow(texts);
    f(narrow.view());
    const packed<std::int64_t> large(texts);
    f(large.view());
}
/// Calls `f` with numbers of each width that codes may have, and that holds them.
template<class F>
void each_width(const std::vector<int>& codes, const F& f) {
    const auto as = [&]<class Code>(Code) {
        if (std::is_unsigned_v<Code> && *std::min_element(codes.begin(), codes.end()) < 0) return;
        std::vector<Code> same;
        for (const int c : codes) same.push_back(static_cast<Code>(c));
        f(std::span<const Code>{same});
    };
    as(std::int8_t{});
    as(std::int16_t{});
    as(std::int32_t{});
    as(std::int64_t{});
    as(std::uint8_t{});
    as(std::uint16_t{});
    as(std::uint32_t{});
    as(std::uint64_t{});
}
/// Calls `f` with a column's data as each form of column that texts may be in.
template<class F>
void each_text_column(const std::vector<std::string>& texts, const F& f) {
    each_form(texts, [&](auto form) { f(lf::column_data{form}); });
    std::vector<int> codes(texts.size());
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<int>(i);
    each_form(texts, [&](auto form) {
        each_width(codes, [&](auto widths) { f(lf::column_data{lf::coded_texts{widths, form}}); });
    });
}

std::string said(const lf::ingest_report& r) {
    std::string out;
    for (const auto& i : r.issues) out += lf::to_string(i) + "\n";
    for (const auto& b : r.bad_rows) out += lf::to_string(b) + "\n";
    return out;
}

} // namespace

TEST_CASE("tables of named columns become histories in one call") {
    const std::vector<std::string> ids{"B", "A"};
    const std::vector<std::string> industries{"machinery", "food"};
    const std::vector<int> employees{40, 1'200};
    const std::vector<std::string> who{"A", "B", "A", "C"};
    const std::vector<lf::instant> when{start + hours{2}, start, start, start};
    const std::vector<std::string> what{"page_view", "seminar", "page_view", "call"};
    const std::vector<std::string> where{"/b", "", "/a", ""};
    const std::vector<double> seconds{12.5, 0, 3, 90};
    const auto h = lf::make_histories(
        lf::leads_table{{{"lead", ids}, {"industry", industries}, {"employees", employees}}},
        lf::touchpoints_table{
            {{"lead", who}, {"at", when}, {"type", what}, {"url", where}, {"value", seconds}}});
    REQUIRE(h.size() == 3);
    CHECK(h.lead_id(0) == "B");
    CHECK(h.lead_id(2) == "C");
    const auto a = h.find("A").value();
    CHECK(h.touchpoint_at(a, 1) == lf::touchpoint{.lead = "A",
                                                  .at = start + hours{2},
                                                  .type = "page_view",
                                                  .properties = {{"url", "/b"}},
                                                  .value = 12.5});
    CHECK(h.events(a).size() == 4);
    CHECK(lf::make_histories({}, {{{"lead", who}, {"at", when}, {"type", what}}}).size() == 3);
    CHECK(std::get<lf::attributes>(h.events(a)[0]) ==
          lf::attributes{.lead = "A", .values = {{"employees", 1'200.0}}});
}

TEST_CASE("texts can have every form that Arrow has for them") {
    const std::vector<std::string> texts{"a", "", "日本", "a"};
    const values wanted{"a"s, ""s, "日本"s, "a"s};
    CHECK(cells({"p", texts}) == wanted);
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    CHECK(cells({"p", views}) == wanted);
    const packed<std::int32_t> narrow(texts);
    CHECK(cells({"p", narrow.view()}) == wanted);
    const packed<std::int64_t> large(texts);
    CHECK(cells({"p", large.view()}) == wanted);

    // A slice: the same bytes, fewer offsets.
    auto slice = narrow.view();
    slice.offsets = slice.offsets.subspan(1, 3);
    CHECK(cells({"p", slice}) == values{""s, "日本"s});
    CHECK(lf::column{"p", slice}.size() == 2);
    CHECK(lf::column{"p", lf::packed_texts<std::int32_t>{}}.size() == 0);

    const bitmap valid({1, 0, 1, 0}, 5);
    CHECK(cells({"p", texts, valid.view()}) == values{"a"s, {}, "日本"s, {}});
}

TEST_CASE("coded texts: any width of codes, repeated texts, nulls of three kinds") {
    const std::vector<std::string> dictionary{"b", "a", "b", "unused", "null"};
    const bitmap set({1, 1, 1, 1, 0});
    const bitmap valid({1, 1, 1, 1, 0, 1});
    const auto check = [&]<class Code>(Code last) {
        // The code of a null row may lead outside.
        const std::vector<Code> codes{0, 1, 2, 4, 99, last};
        CHECK(cells({"p", lf::coded_texts{codes, dictionary, set.view()}, valid.view()}) ==
              values{"b"s, "a"s, "b"s, {}, {}, last == 0 ? lf::value{"b"s} : lf::value{}});
    };
    check(std::int8_t{-1}); // pandas' null
    check(std::int16_t{-1});
    check(std::int32_t{-1});
    check(std::int64_t{-1});
    check(std::uint8_t{0});
    check(std::uint16_t{0});
    check(std::uint32_t{0});
    check(std::uint64_t{0});
    each_form(dictionary, [&](auto texts) {
        each_width({0, 1, 2, 4, 99, 1}, [&](auto codes) {
            CHECK(cells({"p", lf::coded_texts{codes, texts, set.view()}, valid.view()}) ==
                  values{"b"s, "a"s, "b"s, {}, {}, "a"s});
            CHECK(cells({"p", lf::coded_texts{codes, texts}, valid.view()}) ==
                  values{"b"s, "a"s, "b"s, "null"s, {}, "a"s});
        });
        each_width({-1, 1, 4}, [&](auto codes) {
            const bitmap first_two({1, 1, 0});
            CHECK(cells({"p", lf::coded_texts{codes, texts}}) == values{{}, "a"s, "null"s});
            CHECK(cells({"p", lf::coded_texts{codes, texts, set.view()}}) == values{{}, "a"s, {}});
            CHECK(cells({"p", lf::coded_texts{codes, texts}, first_two.view()}) ==
                  values{{}, "a"s, {}});
        });
    });
    const std::vector<std::int8_t> codes{1, 0};
    const packed<std::int64_t> packed_dictionary({"x", "y"});
    CHECK(cells({"p", lf::coded_texts{codes, packed_dictionary.view()}}) == values{"y"s, "x"s});
    CHECK(kinds_of({"p", lf::coded_texts{std::span{codes}.subspan(1), dictionary}}).size() == 1);
}

TEST_CASE("texts are read the same in every form and every part") {
    const std::vector<std::string> texts{"a", "b", "a", "c"};
    const std::vector<lf::instant> at{start, start, start + hours{1}, start};
    const bitmap valid({1, 1, 0, 1}, 3);
    const auto read = [&](const lf::column_data& data) {
        lf::history_builder b;
        const std::vector<lf::column> columns{{"lead", data},
                                              {"at", at},
                                              {"type", data},
                                              {"campaign", data, valid.view()},
                                              {"channel", data},
                                              {"source", data, valid.view()},
                                              {"id", data},
                                              {"plain", data},
                                              {"nulls", data, valid.view()}};
        CHECK(said(lf::add_touchpoints(b, {.columns = columns})).empty());
        CHECK(said(lf::add_leads(b, {.columns = columns, .source = "source", .id = "id"})).empty());
        return b.build();
    };
    const auto wanted = read(std::span<const std::string>{texts});
    REQUIRE(wanted.size() == 3);
    CHECK(wanted.touchpoint_at(wanted.find("a").value(), 1) ==
          lf::touchpoint{.lead = "a",
                         .at = start + hours{1},
                         .type = "a",
                         .properties = {{"plain", "a"}},
                         .channel = "a",
                         .id = "a"});
    each_text_column(texts, [&](const lf::column_data& data) {
        CHECK(same(read(data), wanted));
        CHECK(lf::column{"p", data}.size() == 4);
        CHECK(lf::column{"p", data}.type() == lf::value_type::string);
    });
}

TEST_CASE("bad texts are found in every form") {
    const std::vector<std::string> texts{"a", "", "b\0"s, "\xff"};
    const std::vector<lf::instant> at(4, start);
    const std::vector<std::string> types(4, "visit");
    const bitmap valid({1, 0, 0, 0});
    const auto read = [&](const lf::column& lead, const lf::column& property) {
        lf::history_builder b;
        return said(lf::add_touchpoints(b, {{lead, {"at", at}, {"type", types}, property}}));
    };
    each_text_column(texts, [&](const lf::column_data& data) {
        CHECK(read({"lead", data}, {"p", types}) ==
              R"(line 2, column 'lead': no lead id [missing_lead]
line 3, column 'lead': it holds a NUL [nul]
line 4, column 'lead': text that is not UTF-8 [not_utf8]
)");
        CHECK(read({"lead", types}, {"p", data}) == R"(line 3, column 'p': it holds a NUL [nul]
line 4, column 'p': text that is not UTF-8 [not_utf8]
)");
        // A null cell may contain anything.
        CHECK(read({"lead", types}, {"p", data, valid.view()}).empty());
    });
    // NULs and invalid bytes are found anywhere in a text.
    const auto is_bad = [&](std::string text) {
        const std::vector<std::string> leads(4, text);
        return !read({"lead", leads}, {"p", types}).empty();
    };
    for (std::size_t length = 1; length < 20; ++length) {
        for (std::size_t i = 0; i < length; ++i) {
            std::string text(length, 'x');
            CHECK_FALSE(is_bad(text));
            text[i] = '\0';
            CHECK(is_bad(text));
            text[i] = '\x80';
            CHECK(is_bad(text));
            text[i] = '\x7f';
            CHECK_FALSE(is_bad(text));
            text.replace(i, 1, "é");
            CHECK_FALSE(is_bad(text));
        }
    }
}

TEST_CASE("numbers of every width, truth values as bytes and bits") {
    const auto check = []<class Number>(Number) {
        const std::vector<Number> column{3, 0, 3};
        CHECK(cells({"p", column}) == values{3.0, 0.0, 3.0});
        CHECK(lf::column{"p", column}.type() == lf::value_type::number);
    };
    check(double{});
    check(float{});
    check(std::int8_t{});
    check(std::int16_t{});
    check(std::int32_t{});
    check(std::int64_t{});
    check(std::uint8_t{});
    check(std::uint16_t{});
    check(std::uint32_t{});
    check(std::uint64_t{});
    const std::vector<double> zeros{-0.0, 0.0};
    CHECK(kinds_of({"p", zeros})[0] == kinds_of({"p", zeros})[1]);

    const std::array<bool, 3> bytes{true, false, true};
    CHECK(cells({"p", bytes}) == values{true, false, true});
    const bitmap bits({1, 0, 1}, 7);
    const bitmap valid({1, 1, 0});
    CHECK(cells({"p", bits.view(), valid.view()}) == values{true, false, {}});
    CHECK(lf::column{"p", bits.view()}.type() == lf::value_type::boolean);
}

TEST_CASE("cells that are null are null in every form") {
    const bitmap valid({1, 0, 1}, 2);
    const auto check = [&](const lf::column_data& data, const lf::value& first,
                           const lf::value& last) {
        CHECK(cells({"p", data}).front() == first);
        CHECK(cells({"p", data, valid.view()}) == values{first, {}, last});
    };
    each_width({3, 0, 5}, [&](auto widths) { check(widths, 3.0, 5.0); });
    const std::vector<double> doubles{3, 0, 5};
    check(std::span<const double>{doubles}, 3.0, 5.0);
    const std::vector<float> floats{3, 0, 5};
    check(std::span<const float>{floats}, 3.0, 5.0);
    const std::array<bool, 3> bytes{true, false, false};
    check(std::span<const bool>{bytes}, true, false);
    const bitmap bits({1, 0, 0}, 7);
    check(bits.view(), true, false);
    const std::vector<lf::instant> instants{start, start, start + hours{1}};
    check(std::span<const lf::instant>{instants}, start, start + hours{1});
    const std::vector<std::int64_t> counts{0, 0, 2'000'000'000};
    const auto after = [](std::int64_t us) { return lf::instant{lf::duration{us}}; };
    check(lf::timestamps{counts, lf::time_unit::seconds}, after(0), after(2'000'000'000'000'000));
    check(lf::timestamps{counts, lf::time_unit::milliseconds}, after(0), after(2'000'000'000'000));
    check(lf::timestamps{counts, lf::time_unit::microseconds}, after(0), after(2'000'000'000));
    check(lf::timestamps{counts, lf::time_unit::nanoseconds}, after(0), after(2'000'000));
    // A column of nulls adds nothing.
    const bitmap none({0, 0, 0});
    CHECK(cells({"p", doubles, none.view()}) == values{{}, {}, {}});
}

TEST_CASE("rows have instants in every unit, and are bad beyond what histories hold") {
    const std::vector<std::string> text(3, "a");
    const bitmap valid({1, 0, 1}, 1);
    const auto read = [&](const lf::column_data& data, bool nulls) {
        const lf::column at{"at", data, nulls ? valid.view() : lf::bit_span{}};
        lf::history_builder b, l;
        const auto of_touchpoints =
            said(lf::add_touchpoints(b, {{{"lead", text}, at, {"type", text}}}));
        CHECK(said(lf::add_leads(l, {{{"lead", text}, at}})) == of_touchpoints);
        const auto h = b.build();
        std::string out = of_touchpoints;
        if (h.size() == 1)
            for (const auto t : h.touchpoints(0).at) out += lf::to_string(t) + " ";
        return out;
    };
    const std::string days = "2000-01-01T00:00:00Z 2000-01-02T00:00:00Z 2000-01-03T00:00:00Z ";
    const std::string missing = "line 2, column 'at': no instant [missing_instant]\n"
                                "2000-01-01T00:00:00Z 2000-01-03T00:00:00Z ";
    const auto bad = [](int line) {
        return "line " + std::to_string(line) +
               ", column 'at': outside the years 1900 to 2199 [bad_instant]\n";
    };
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    for (const auto& [unit, second] : {std::pair{lf::time_unit::seconds, 1LL},
                                       {lf::time_unit::milliseconds, 1'000LL},
                                       {lf::time_unit::microseconds, 1'000'000LL},
                                       {lf::time_unit::nanoseconds, 1'000'000'000LL}}) {
        std::vector<std::int64_t> counts;
        for (const int day : {0, 1, 2}) counts.push_back((946'684'800 + day * 86'400) * second);
        const lf::timestamps at{counts, unit};
        CHECK(read(at, false) == days);
        CHECK(read(at, true) == missing);
        for (const auto count : {most, most / 1'000, -most, -most / 1'000}) {
            // Nanoseconds reach from 1678 to 2262.
            if (unit == lf::time_unit::nanoseconds && std::abs(count) != most) continue;
            counts[2] = count;
            CHECK(read(at, false) == bad(3) + days.substr(0, 42));
            CHECK(read(at, true) == missing.substr(0, 50) + bad(3) + days.substr(0, 21));
        }
    }
    std::vector<lf::instant> plain;
    for (const int day : {0, 1, 2})
        plain.push_back(std::chrono::sys_days{std::chrono::year{2000} / 1 / 1} +
                        std::chrono::days{day});
    CHECK(read(std::span<const lf::instant>{plain}, false) == days);
    CHECK(read(std::span<const lf::instant>{plain}, true) == missing);
    plain[0] = lf::earliest_instant;
    plain[2] = lf::latest_instant - lf::duration{1};
    CHECK(read(std::span<const lf::instant>{plain}, false).find("line") == std::string::npos);
    plain[0] -= lf::duration{1};
    plain[2] += lf::duration{1};
    CHECK(read(std::span<const lf::instant>{plain}, false) ==
          bad(1) + bad(3) + days.substr(21, 21));
}

TEST_CASE("instants in every unit") {
    const auto cell = [](std::int64_t count, lf::time_unit unit) {
        return cells({"p", lf::timestamps{{&count, 1}, unit}}).front();
    };
    const auto us = [](std::int64_t count) { return lf::value{lf::instant{lf::duration{count}}}; };
    CHECK(cell(1'767'571'200, lf::time_unit::seconds) == us(1'767'571'200'000'000));
    CHECK(cell(1'767'571'200'123, lf::time_unit::milliseconds) == us(1'767'571'200'123'000));
    CHECK(cell(-1, lf::time_unit::microseconds) == us(-1));
    CHECK(cell(1'999, lf::time_unit::nanoseconds) == us(1));
    CHECK(cell(-1, lf::time_unit::nanoseconds) == us(-1)); // rounded down
    CHECK(cell(-1'000, lf::time_unit::nanoseconds) == us(-1));
    const std::vector<lf::instant> plain{start};
    CHECK(cells({"p", plain}) == values{start});
    CHECK(lf::column{"p", plain}.type() == lf::value_type::timestamp);
}

TEST_CASE("lists are sets of texts") {
    const std::vector<std::string> texts{"b", "a", "b", "none", "c"};
    const bitmap set({1, 1, 1, 0, 1});
    const std::vector<std::int32_t> offsets{0, 3, 3, 5};
    const values wanted{lf::text_set{"a", "b"}, lf::text_set{}, lf::text_set{"c"}};
    CHECK(cells({"p", lf::text_lists<std::int32_t>{offsets, texts, set.view()}}) == wanted);
    const std::vector<std::int64_t> large(offsets.begin(), offsets.end());
    const packed<std::int32_t> child(texts);
    const bitmap valid({1, 0, 1});
    const lf::column c{"p", lf::text_lists<std::int64_t>{large, child.view()}, valid.view()};
    CHECK(cells(c) == values{lf::text_set{"a", "b"}, {}, lf::text_set{"c", "none"}});
    CHECK(c.type() == lf::value_type::set);
}

TEST_CASE("sets of texts are the same in every form") {
    const std::vector<std::string> texts{"b", "a", "none", "c\0"s, "\xff", "d"};
    const bitmap set({1, 1, 0, 1, 1, 1}, 2);
    const bitmap valid({1, 1, 0, 1}, 3);
    const auto read = [&]<class Offset>(Offset, const auto& form, bool nulls) {
        const std::vector<Offset> offsets{0, 3, 4, 5, 6};
        const lf::column_data data =
            lf::text_lists<Offset>{offsets, form, nulls ? set.view() : lf::bit_span{}};
        const std::vector<std::string> leads{"A", "B", "C", "D"};
        lf::history_builder b;
        auto out = said(lf::add_leads(
            b, {{{"lead", leads}, {"p", data, nulls ? valid.view() : lf::bit_span{}}}}));
        const auto h = b.build();
        for (std::size_t i = 0; i < h.size(); ++i)
            for (const auto& e : h.events(i))
                out += std::string{h.lead_id(i)} + "=" +
                       lf::to_string(std::get<lf::attributes>(e).values.at("p")) + " ";
        return out;
    };
    each_form(texts, [&](auto form) {
        const auto check = [&](auto offset) {
            CHECK(read(offset, form, false) == R"(line 2, column 'p': it holds a NUL [nul]
line 3, column 'p': text that is not UTF-8 [not_utf8]
A=a;b;none D=d )");
            CHECK(read(offset, form, true) == R"(line 2, column 'p': it holds a NUL [nul]
A=a;b C= D=d )");
        };
        check(std::int32_t{});
        check(std::int64_t{});
    });
}

TEST_CASE("offsets and codes that lead outside are found in every form") {
    const std::vector<std::string> three{"a", "b", "c"};
    const auto issues = [&](lf::column c) {
        const std::vector<lf::instant> at(3, start);
        lf::history_builder b;
        const auto report =
            lf::add_touchpoints(b, {{{"lead", three}, {"at", at}, {"type", three}, std::move(c)}});
        CHECK(report.failed == !report.issues.empty());
        return said(report);
    };
    const auto offsets_at = [](int cell) {
        return "touchpoints: error: offsets of column 'p' fall, or lead outside, at cell " +
               std::to_string(cell) + " [bad_interval] at /p\n";
    };
    // Codes must be within the dictionary, unless the row is null. Only the first is reported.
    const bitmap valid({1, 0, 1});
    each_form({"x", "y"}, [&](auto texts) {
        each_width({0, 2, 3}, [&](auto codes) {
            const lf::coded_texts coded{codes, texts};
            CHECK(issues({"p", coded}) ==
                  "touchpoints: error: code 2 of column 'p', row 2, is beyond its dictionary of 2 "
                  "texts [out_of_range] at /p\n");
            CHECK(issues({"p", coded, valid.view()}) ==
                  "touchpoints: error: code 3 of column 'p', row 3, is beyond its dictionary of 2 "
                  "texts [out_of_range] at /p\n");
        });
        each_width({1, 9, 0}, [&](auto codes) {
            CHECK(issues({"p", lf::coded_texts{codes, texts}, valid.view()}).empty());
        });
    });
    // A dictionary without texts is enough for nulls. There must be as many bits as texts.
    const std::vector<std::int16_t> nulls{-1, -1, -1};
    CHECK(issues({"p", lf::coded_texts{nulls, std::span<const std::string>{}}}).empty());
    CHECK(issues({"p", lf::coded_texts{nulls, three, valid.view()}}).empty());
    CHECK(issues({"p", lf::coded_texts{nulls, std::span{three}.first(2), valid.view()}}) ==
          "touchpoints: error: validity of column 'p' has 3 bits for 2 cells [conflict] at /p\n");

    // Offsets of texts, of a dictionary's texts, of lists, and of lists' texts.
    const auto check = [&]<class Offset>(Offset) {
        const auto packed_at = [](const std::vector<Offset>& offsets) {
            return lf::packed_texts<Offset>{offsets, "abc"};
        };
        const std::vector<Offset> good{0, 1, 2, 3};
        CHECK(issues({"p", packed_at(good)}).empty());
        CHECK(issues({"p", lf::text_lists<Offset>{good, packed_at(good)}}).empty());
        CHECK(issues({"p", lf::coded_texts{nulls, packed_at(good)}}).empty());
        for (const auto& [offsets, cell] : {std::pair{std::vector<Offset>{-1, 1, 2, 3}, 1},
                                            {std::vector<Offset>{0, 2, 1, 3}, 2},
                                            {std::vector<Offset>{0, 1, 2, 4}, 3}}) {
            CHECK(issues({"p", packed_at(offsets)}) == offsets_at(cell));
            CHECK(issues({"p", lf::coded_texts{nulls, packed_at(offsets)}}) == offsets_at(cell));
            CHECK(issues({"p", lf::text_lists<Offset>{good, packed_at(offsets)}}) ==
                  offsets_at(cell));
            CHECK(issues({"p", lf::text_lists<Offset>{offsets, packed_at(good)}}) ==
                  offsets_at(cell));
            each_form(three, [&, of = offsets, at = cell](auto texts) {
                CHECK(issues({"p", lf::text_lists<Offset>{of, texts}}) == offsets_at(at));
            });
        }
        each_form(three, [&](auto texts) {
            CHECK(issues({"p", lf::text_lists<Offset>{good, texts, valid.view()}}).empty());
            const bitmap two({1, 1});
            CHECK(issues({"p", lf::text_lists<Offset>{good, texts, two.view()}}) ==
                  "touchpoints: error: validity of column 'p' has 2 bits for 3 cells [conflict] at "
                  "/p\n");
        });
    };
    check(std::int32_t{});
    check(std::int64_t{});
}

TEST_CASE("columns must have the type of their part") {
    const std::vector<std::string> text{"a"};
    const std::vector<double> number{1};
    const std::array<bool, 1> truth{true};
    const std::vector<lf::instant> at{start};
    const std::vector<std::int32_t> offsets{0, 1};
    const lf::text_lists<std::int32_t> set{offsets, text};
    lf::history_builder b;
    CHECK(said(lf::add_touchpoints(b, {{{"lead", number},
                                        {"at", text},
                                        {"type", truth},
                                        {"value", text},
                                        {"campaign", at},
                                        {"channel", set},
                                        {"source", number},
                                        {"id", truth}}})) ==
          R"(touchpoints: error: column 'lead' holds numbers [wrong_type] at /lead; expected texts
touchpoints: error: column 'at' holds texts [wrong_type] at /at; expected instants
touchpoints: error: column 'type' holds truth values [wrong_type] at /type; expected texts
touchpoints: error: column 'value' holds texts [wrong_type] at /value; expected numbers
touchpoints: error: column 'campaign' holds instants [wrong_type] at /campaign; expected texts
touchpoints: error: column 'channel' holds sets of texts [wrong_type] at /channel; expected texts
touchpoints: error: column 'source' holds numbers [wrong_type] at /source; expected texts
touchpoints: error: column 'id' holds truth values [wrong_type] at /id; expected texts
)");
    CHECK(said(lf::add_touchpoints(b, {.columns = {}, .lead = "", .at = "", .type = ""})) ==
          R"(touchpoints: error: no column is named for the lead [missing_key]
touchpoints: error: no column is named for the at [missing_key]
touchpoints: error: no column is named for the type [missing_key]
)");
    // A column that plays no part is a property.
    const auto unnamed = lf::make_histories(
        {}, {.columns =
                 {{"lead", text}, {"at", at}, {"type", text}, {"value", text}, {"campaign", text}},
             .value = "",
             .campaign = ""});
    CHECK(unnamed.touchpoint_at(0, 0).properties ==
          lf::value_map{{"campaign", "a"}, {"value", "a"}});
    const std::vector<lf::column> typed{{"flag", number}, {"set", at},  {"size", truth},
                                        {"since", text},  {"who", set}, {"lead", text}};
    const auto p = lf::compile(lf::model{.id = "m",
                                         .attributes = {{"flag", lf::value_type::boolean},
                                                        {"set", lf::value_type::set},
                                                        {"size", lf::value_type::number},
                                                        {"since", lf::value_type::timestamp},
                                                        {"who"}},
                                         .scores = {{.id = "s"}}});
    CHECK(
        said(lf::add_leads(b, {.columns = typed}, p)) ==
        R"(leads: error: column 'flag' holds numbers [type_mismatch] at /flag; expected truth values, as the model declares
leads: error: column 'set' holds instants [type_mismatch] at /set; expected sets of texts, as the model declares
leads: error: column 'since' holds texts [type_mismatch] at /since; expected instants, as the model declares
leads: error: column 'size' holds truth values [type_mismatch] at /size; expected numbers, as the model declares
leads: error: column 'who' holds sets of texts [type_mismatch] at /who; expected texts, as the model declares
)");
}

TEST_CASE("all issues of a table are reported at once, and nothing is added") {
    const std::vector<std::string> three{"a", "b", "c"};
    const std::vector<std::string> two{"a", "b"};
    const std::vector<double> numbers{1, 2, 3};
    const std::vector<std::int32_t> codes{0, 3, 5};
    const std::vector<std::int32_t> falling{0, 2, 1, 2};
    const std::vector<std::int32_t> outside{0, 1, 2, 9};
    const std::vector<std::int32_t> negative{-1, 1, 2, 2};
    const bitmap short_one({1, 1});
    lf::history_builder b;
    const auto report = lf::add_touchpoints(
        b, {.columns = {{"lead", three},
                        {"tpye", three},
                        {"when", numbers},
                        {"url", two},
                        {"url", three},
                        {"coded", lf::coded_texts{codes, two}},
                        {"falling", lf::packed_texts<std::int32_t>{falling, "xyz"}},
                        {"outside", lf::packed_texts<std::int32_t>{outside, "xyz"}},
                        {"lists", lf::text_lists<std::int32_t>{negative, three}},
                        {"half~valid/", three, short_one.view()},
                        {"dictionary",
                         lf::coded_texts{codes, two, lf::bit_span{short_one.view().bytes, 0, 1}}}},
            .at = "when",
            .value = "seconds",
            .properties = std::vector{"url"s, "ulr"s, "url"s, "coded"s, "falling"s, "outside"s,
                                      "lists"s, "half~valid/"s, "dictionary"s},
            .name = "web"});
    std::vector<std::string> said;
    for (const auto& i : report.issues) said.push_back(lf::to_string(i));
    const std::vector<std::string> wanted{
        "web: error: two columns are called 'url' [duplicate_name] at /url",
        "web: error: column 'when' holds numbers [wrong_type] at /when; expected instants",
        "web: error: there is no column 'type' [unknown_name] at /type; did you mean 'tpye'?",
        "web: error: there is no column 'seconds' [unknown_name] at /seconds",
        "web: error: there is no column 'ulr' [unknown_name] at /ulr; did you mean 'url'?",
        "web: error: column 'url' is asked for twice [duplicate_name] at /url",
        "web: error: code 3 of column 'coded', row 2, is beyond its dictionary of 2 texts "
        "[out_of_range] at /coded",
        "web: error: validity of column 'dictionary' has 1 bits for 2 cells [conflict] at "
        "/dictionary",
        "web: error: code 3 of column 'dictionary', row 2, is beyond its dictionary of 2 texts "
        "[out_of_range] at /dictionary",
        "web: error: offsets of column 'falling' fall, or lead outside, at cell 2 [bad_interval] "
        "at /falling",
        "web: error: validity of column 'half~valid/' has 2 bits for 3 cells [conflict] at "
        "/half~0valid~1",
        "web: error: offsets of column 'lists' fall, or lead outside, at cell 1 [bad_interval] at "
        "/lists",
        "web: error: offsets of column 'outside' fall, or lead outside, at cell 3 [bad_interval] "
        "at /outside",
        "web: error: column 'url' has 2 rows, column 'lead' has 3 [conflict] at /url"};
    CHECK(said == wanted);
    CHECK(report.failed);
    CHECK_FALSE(report.complete());
    CHECK(report.rows == 0);
    CHECK(b.build().empty());

    CHECK(lf::add_leads(b, {.columns = {}}).issues.size() == 1);
    const auto unnamed = lf::add_leads(b, {.columns = {{"lead", three}}, .lead = ""});
    REQUIRE(unnamed.issues.size() == 1);
    CHECK(lf::to_string(unnamed.issues[0]) ==
          "leads: error: no column is named for the lead [missing_key]");
}

TEST_CASE("a plan declares the attributes and properties, and their types") {
    const auto plan = lf::compile(
        {.id = "m",
         .attributes = {{.id = "industry"}, {.id = "employees", .type = lf::value_type::number}},
         .properties = {{.id = "url"}},
         .touchpoints = {{.id = "visit"}},
         .scores = {{.id = "s"}},
         .rules = {lf::attribute_rule{.id = "r",
                                      .score = "s",
                                      .when = lf::attribute("employees").at_least(10.0) &&
                                              lf::attribute("industry").exists(),
                                      .points = 1},
                   lf::occurrence{.id = "o",
                                  .score = "s",
                                  .on = {.types = {"visit"}, .where = lf::property("url").exists()},
                                  .points = 1}}});
    const std::vector<std::string> ids{"A", "B"};
    lf::history_builder b;
    const auto report =
        lf::add_leads(b, {{{"lead", ids}, {"indutsry", ids}, {"employees", ids}}}, plan);
    REQUIRE(report.issues.size() == 2);
    CHECK(lf::to_string(report.issues[0]) ==
          "leads: error: column 'employees' holds texts [type_mismatch] at /employees; expected "
          "numbers, as the model declares");
    CHECK(lf::to_string(report.issues[1]) ==
          "leads: error: the model declares no attribute 'indutsry' [unknown_name] at /indutsry; "
          "did you mean 'industry'?");
    const std::vector<lf::instant> at{start, start};
    const lf::touchpoints_table touchpoints{
        {{"lead", ids}, {"at", at}, {"type", ids}, {"zzz", ids}}};
    CHECK(lf::add_touchpoints(b, touchpoints, plan).issues.size() == 1);
    CHECK(lf::add_touchpoints(b, touchpoints).complete());
    CHECK_THROWS_AS(lf::make_histories(lf::leads_table{{{"lead", ids}}}, touchpoints, plan),
                    lf::table_error);
    CHECK(lf::make_histories(lf::leads_table{{{"lead", ids}, {"industry", ids}}},
                             {.columns = touchpoints.columns, .properties = {{}}}, plan)
              .size() == 2);
}

TEST_CASE("bad rows are reported with row, column and reason; good ones are added") {
    const std::vector<std::string> leads{"A", "", "A", "B\0"s, "A", "A", "A", "\xff"};
    const std::vector<std::string> types{"v", "v", "", "v", "v", "v", "v", "v"};
    const std::vector<std::int64_t> days{20'000, 20'000, 20'000, 20'000,
                                         20'000, 20'000, 90'000, 20'000};
    std::vector<std::int64_t> seconds;
    for (const auto d : days) seconds.push_back(d * 86'400);
    seconds[5] = std::numeric_limits<std::int64_t>::max();
    const std::vector<double> amounts{1, 1, 1, 1, std::numeric_limits<double>::infinity(), 1, 1, 1};
    const bitmap dated({1, 1, 1, 0, 1, 1, 1, 1});
    const lf::touchpoints_table t{
        {{"lead", leads},
         {"at", lf::timestamps{seconds, lf::time_unit::seconds}, dated.view()},
         {"type", types},
         {"value", amounts}}};
    lf::history_builder b;
    const auto report = lf::add_touchpoints(b, t);
    std::vector<std::string> said;
    for (const auto& r : report.bad_rows) said.push_back(lf::to_string(r));
    CHECK(said == std::vector<std::string>{
                      "line 2, column 'lead': no lead id [missing_lead]",
                      "line 3, column 'type': no type [missing_type]",
                      "line 4, column 'lead': it holds a NUL [nul]", // the first of two faults
                      "line 5, column 'value': not a number, or out of range [bad_number]",
                      "line 6, column 'at': outside the years 1900 to 2199 [bad_instant]",
                      "line 7, column 'at': outside the years 1900 to 2199 [bad_instant]",
                      "line 8, column 'lead': text that is not UTF-8 [not_utf8]"});
    CHECK(report.rows == 8);
    CHECK(report.accepted == 1);
    CHECK(report.bad == 7);
    CHECK(report.count(lf::row_fault::bad_instant) == 2);
    CHECK(report.complete());
    const auto h = b.build();
    CHECK(h.size() == 1); // bad rows leave nothing behind
    CHECK(h.kinds().size() == 1);

    const auto few = lf::add_touchpoints(b, t, {.keep_bad_rows = 2});
    CHECK(few.bad_rows.size() == 2);
    CHECK(few.bad == 7);

    SECTION("strict: the first bad row ends the call") {
        lf::history_builder fresh;
        const auto strict = lf::add_touchpoints(fresh, t, {.strict = true});
        CHECK(strict.failed);
        CHECK(strict.rows == 2);
        CHECK(strict.accepted == 1);
        CHECK(fresh.build().touchpoint_count() == 1);
    }
    SECTION("one call reports every bad row") {
        try {
            static_cast<void>(lf::make_histories(lf::leads_table{{{"id", leads}}}, t));
            FAIL("bad tables were taken");
        } catch (const lf::table_error& e) {
            CHECK(e.leads().issues.size() == 1);
            CHECK(e.touchpoints().bad == 7);
            const std::string what = e.what();
            CHECK(what.find("leads: error: there is no column 'lead'") == 0);
            CHECK(what.find("\ntouchpoints, line 3, column 'type': no type") != what.npos);
        }
    }
}

TEST_CASE("of very many bad rows the first are reported, and the number of the others") {
    const std::vector<std::string> none(1'203);
    const std::vector<std::string> one{""};
    const std::vector<lf::instant> at{start};
    try {
        static_cast<void>(lf::make_histories(lf::leads_table{{{"lead", none}}},
                                             {{{"lead", one}, {"at", at}, {"type", one}}}));
        FAIL("bad tables were taken");
    } catch (const lf::table_error& e) {
        CHECK(e.leads().bad == 1'203);
        const std::string what = e.what();
        const std::string_view end =
            "leads, line 1000, column 'lead': no lead id [missing_lead]\n203 more bad rows of "
            "leads,\ntouchpoints, line 1, column 'lead': no lead id [missing_lead]";
        REQUIRE(what.size() > end.size());
        CHECK(what.substr(what.size() - end.size()) == end);
    }
}

TEST_CASE("rows with one source id are one row, with and without a source") {
    const std::vector<std::string> leads{"A", "A"};
    const std::vector<std::string> ids{"1", "1"};
    const auto duplicates = [&](const lf::leads_table& t) {
        lf::history_builder b;
        CHECK(lf::add_leads(b, t).accepted == 2);
        return b.build().duplicates();
    };
    const std::vector<lf::column> columns{{"lead", leads}, {"id", ids}, {"crm", leads}};
    CHECK(duplicates({.columns = columns, .id = "id"}) == 1);
    CHECK(duplicates({.columns = columns, .source = "crm", .id = "id"}) == 1);
    CHECK(duplicates({.columns = columns, .source = "crm"}) == 0); // an id counts within its source
    CHECK(duplicates({.columns = columns}) == 0);
}

TEST_CASE("bad cells of leads and properties") {
    const std::vector<std::string> ids{"A", "B", "C", "D"};
    const std::vector<lf::instant> at{start, lf::always, lf::never, start};
    const bitmap dated({1, 1, 1, 0});
    const std::vector<double> size{1, std::numeric_limits<double>::infinity(), 1, 1};
    const std::vector<std::string> tags{"x", "\xff", "y\0"s};
    const std::vector<std::int32_t> offsets{0, 1, 1, 2, 3};
    lf::history_builder b;
    const auto report =
        lf::add_leads(b, {{{"lead", ids}, {"at", at, dated.view()}, {"size", size}}});
    CHECK(report.accepted == 1);
    CHECK(report.count(lf::row_fault::bad_number) == 1);
    CHECK(report.count(lf::row_fault::bad_instant) == 1);
    CHECK(report.count(lf::row_fault::missing_instant) == 1);
    const auto lists =
        lf::add_leads(b, {{{"lead", ids}, {"tags", lf::text_lists<std::int32_t>{offsets, tags}}}});
    CHECK(lists.count(lf::row_fault::not_utf8) == 1);
    CHECK(lists.count(lf::row_fault::nul) == 1);
    CHECK(lists.accepted == 2);
}

TEST_CASE("values of touchpoints are exact where possible, and bad where they do not fit") {
    const auto read = []<class Number>(Number x) -> std::optional<lf::decimal> {
        const std::vector<std::string> text{"v"};
        const std::vector<lf::instant> at{start};
        const std::vector<Number> amount{x};
        lf::history_builder b;
        const auto report = lf::add_touchpoints(
            b, {{{"lead", text}, {"at", at}, {"type", text}, {"value", amount}}});
        if (report.count(lf::row_fault::bad_number) != 0) return std::nullopt;
        return b.build().touchpoint_at(0, 0).value;
    };
    CHECK(read(0.1) == lf::decimal{0.1});
    CHECK(read(lf::most_amount) == lf::decimal{lf::most_amount});
    CHECK(read(-lf::most_amount) == lf::decimal{-lf::most_amount});
    CHECK_FALSE(read(lf::most_amount + 1));
    CHECK_FALSE(read(-lf::most_amount - 1));
    CHECK_FALSE(read(std::numeric_limits<std::uint64_t>::max()));
    CHECK_FALSE(read(std::numeric_limits<std::int64_t>::min()));
    CHECK(read(1e12) == lf::decimal{lf::most_amount});
    CHECK_FALSE(read(1e12 + 1e-3));
    CHECK_FALSE(read(1e300));
    CHECK_FALSE(read(-std::numeric_limits<float>::infinity()));
    CHECK(read(std::int8_t{-3}) == lf::decimal{-3});
}

TEST_CASE("faults that a caller reports for a column make its rows bad") {
    const std::vector<std::string> leads{"a", "b", "c"};
    const std::vector<lf::instant> at(3, start);
    const std::vector<std::string> texts{"x", "", "y"};
    const std::vector<lf::row_fault> faults{lf::row_fault::none, lf::row_fault::wrong_type,
                                            lf::row_fault::none};
    lf::column spoilt{"p", texts};
    spoilt.faults = faults;
    const auto report = [&](const lf::column& lead, const lf::column& property) {
        lf::history_builder b;
        return said(lf::add_touchpoints(b, {{lead, {"at", at}, {"type", leads}, property}}));
    };
    CHECK(report({"lead", leads}, spoilt) == "line 2, column 'p': wrong_type [wrong_type]\n");
    spoilt.name = "lead";
    CHECK(report(spoilt, {"p", leads}) == "line 2, column 'lead': wrong_type [wrong_type]\n");
    spoilt.faults = spoilt.faults.first(2);
    CHECK(report(spoilt, {"p", leads}).find("not as many as its rows") != std::string::npos);
}

TEST_CASE("rows of columns as events") {
    const lf::plan p =
        lf::compile({.id = "m",
                     .attributes = {{.id = "size", .type = lf::value_type::number}},
                     .funnels = {{.id = "f", .stages = {{.id = "lead"}, {.id = "mql"}}}},
                     .scores = {{.id = "s"}}});
    const std::vector<std::string> leads{"a", "", "b", "c\xff"};
    const std::vector<lf::instant> at{start, start, start + hours{1}, start};
    const std::vector<double> sizes{1, 2, not_a_number, 4};
    const bitmap valid({1, 1, 0, 1});
    std::vector<std::pair<lf::event, std::uint64_t>> got;
    const auto take = [&](lf::event e, std::uint64_t row) { got.emplace_back(std::move(e), row); };

    const auto of_leads = lf::read_events(
        lf::leads_table{{{"lead", leads}, {"at", at}, {"size", sizes, valid.view()}}}, p, take);
    CHECK(of_leads.accepted == 2);
    CHECK(said(of_leads) == R"(line 2, column 'lead': no lead id [missing_lead]
line 4, column 'lead': text that is not UTF-8 [not_utf8]
)");
    using pair = std::pair<lf::event, std::uint64_t>;
    CHECK(got ==
          std::vector<pair>{
              {lf::attributes{.lead = "a", .at = start, .values = {{"size", 1.0}}}, 0},
              {lf::attributes{.lead = "b", .at = start + hours{1}, .values = {{"size", {}}}}, 2}});

    got.clear();
    const std::vector<std::string> stages{"mql", "mql", "", "mql"};
    const auto of_stages = lf::read_events(
        lf::stages_table{{{"lead", leads}, {"at", at}, {"stage", stages}}}, p, take);
    CHECK(said(of_stages) == R"(line 2, column 'lead': no lead id [missing_lead]
line 3, column 'stage': no funnel or stage [missing_stage]
line 4, column 'lead': text that is not UTF-8 [not_utf8]
)");
    CHECK(got ==
          std::vector<pair>{
              {lf::stage_entry{.lead = "a", .at = start, .funnel = "f", .stage = "mql"}, 0}});

    // NumPy's not-a-time does not mean `always`.
    const std::vector<std::int64_t> counts(4, std::numeric_limits<std::int64_t>::min());
    const auto never = lf::read_events(
        lf::leads_table{{{"lead", leads}, {"at", lf::timestamps{counts}}}}, p, take);
    CHECK(never.count(lf::row_fault::bad_instant) == 2);
    CHECK(never.accepted == 0);
}

TEST_CASE("values of touchpoints of every width, null or beyond their range") {
    const std::vector<std::string> text(3, "v");
    const std::vector<lf::instant> at{start, start + hours{1}, start + hours{2}};
    const bitmap valid({1, 0, 1}, 4);
    using amounts = std::vector<std::optional<lf::decimal>>;
    const auto read = [&](const lf::column_data& data, bool nulls, std::string bad = {}) {
        lf::history_builder b;
        CHECK(said(lf::add_touchpoints(
                  b, {{{"lead", text},
                       {"at", at},
                       {"type", text},
                       {"value", data, nulls ? valid.view() : lf::bit_span{}}}})) == bad);
        const auto h = b.build();
        amounts out;
        for (std::size_t i = 0; i < h.touchpoints(0).size(); ++i)
            out.push_back(h.touchpoint_at(0, i).value);
        return out;
    };
    each_width({3, 0, 5}, [&](auto widths) {
        CHECK(read(widths, false) == amounts{3, 0, 5});
        CHECK(read(widths, true) == amounts{3, {}, 5});
    });
    const auto line = [](int n) {
        return "line " + std::to_string(n) +
               ", column 'value': not a number, or out of range [bad_number]\n";
    };
    const auto real = [&]<class Number>(Number) {
        std::vector<Number> x{Number{0.5}, -1, 2};
        CHECK(read(std::span<const Number>{x}, false) == amounts{0.5, -1, 2});
        CHECK(read(std::span<const Number>{x}, true) == amounts{0.5, {}, 2});
        x[1] = static_cast<Number>(1e13);
        CHECK(read(std::span<const Number>{x}, false, line(2)) == amounts{0.5, 2});
        CHECK(read(std::span<const Number>{x}, true) == amounts{0.5, {}, 2});
        x[0] = static_cast<Number>(not_a_number);
        CHECK(read(std::span<const Number>{x}, false, line(2)) == amounts{{}, 2});
    };
    real(double{});
    real(float{});
    const auto whole = [&]<class Number>(Number low, Number high, const std::string& bad,
                                         const amounts& good) {
        const std::vector<Number> x{low, 1, high};
        CHECK(read(std::span<const Number>{x}, false, bad) == good);
    };
    constexpr std::int64_t most = lf::most_amount;
    whole(-most, most, "", {-most, 1, most});
    whole(-most - 1, most + 1, line(1) + line(3), {1});
    whole(std::uint64_t{0}, std::uint64_t{most}, "", {0, 1, most});
    whole(std::uint64_t{0}, std::uint64_t{most} + 1, line(3), {0, 1});
    whole(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max(), "",
          {-2'147'483'648LL, 1, 2'147'483'647});
}

TEST_CASE("bad rows anywhere in long tables, and none of them") {
    // A block without bad rows is added as a whole, any other row by row.
    constexpr std::size_t rows = 10'000;
    std::vector<std::string> leads;
    for (std::size_t i = 0; i < rows; ++i) leads.push_back("L" + std::to_string(i % 700));
    const std::vector<std::string> types(rows, "visit");
    std::vector<lf::instant> at;
    for (std::size_t i = 0; i < rows; ++i) at.push_back(start + lf::duration{i});
    std::vector<double> amounts(rows, 1);
    const lf::touchpoints_table t{
        {{"lead", leads}, {"at", at}, {"type", types}, {"value", amounts}, {"id", leads}}};
    for (const std::size_t bad : {0U, 4'095U, 4'096U, 9'999U}) {
        const auto good = std::exchange(leads[bad], "");
        amounts[(bad + 5'000) % rows] = std::numeric_limits<double>::infinity();
        lf::history_builder b, one_by_one;
        const auto report = lf::add_touchpoints(b, t);
        CHECK(report.rows == rows);
        CHECK(report.accepted == rows - 2);
        REQUIRE(report.bad_rows.size() == 2);
        CHECK(std::min(report.bad_rows[0].line, report.bad_rows[1].line) ==
              std::min(bad, (bad + 5'000) % rows) + 1);
        for (std::size_t i = 0; i < rows; ++i) {
            if (leads[i].empty() || std::isinf(amounts[i])) continue;
            one_by_one.add(lf::touchpoint{
                .lead = leads[i], .at = at[i], .type = "visit", .value = 1, .id = leads[i]});
        }
        CHECK(same(b.build(), one_by_one.build()));
        const auto facts = lf::add_leads(b, {{{"lead", leads}, {"size", amounts}}});
        CHECK(facts.bad == 2);
        leads[bad] = good;
        amounts[(bad + 5'000) % rows] = 1;
    }
}

TEST_CASE("reading tables reports progress and can be cancelled") {
    const std::vector<std::string> text(10'000, "A");
    std::vector<lf::instant> at(text.size(), start);
    const lf::touchpoints_table t{{{"lead", text}, {"at", at}, {"type", text}}};
    std::vector<std::uint64_t> seen;
    lf::history_builder b;
    auto report = lf::add_touchpoints(b, t,
                                      {.progress =
                                           [&](const lf::ingest_progress& p) {
                                               seen.push_back(p.rows);
                                               return true;
                                           },
                                       .check_every = 4'000});
    CHECK(seen == std::vector<std::uint64_t>{4'000, 8'000, 10'000});
    CHECK(report.complete());
    report = lf::add_touchpoints(
        b, t, {.progress = [](const auto& p) { return p.rows < 6'000; }, .check_every = 1'000});
    CHECK(report.cancelled);
    CHECK(report.accepted == 6'000); // these rows are kept
    CHECK(b.build().touchpoint_count() == 16'000);
    // Progress is reported every `check_every` rows, and at the end in any case.
    for (const std::size_t every : {0U, 1U, 4'096U, 10'000U, 20'000U}) {
        seen.clear();
        const auto watch = [&](const lf::ingest_progress& p) {
            seen.push_back(p.rows);
            return p.rows < text.size();
        };
        report = lf::add_touchpoints(b, t, {.progress = watch, .check_every = every});
        CHECK(report.cancelled); // although nothing is left to read
        CHECK(report.accepted == text.size());
        CHECK(seen.back() == text.size());
        CHECK(seen.front() == std::min(std::max<std::size_t>(every, 1), text.size()));
    }
    std::atomic<bool> enough{false};
    const auto stop_later = [&](const lf::ingest_progress& p) {
        enough = p.rows == 3'000;
        return true;
    };
    report =
        lf::add_touchpoints(b, t, {.progress = stop_later, .cancel = &enough, .check_every = 500});
    CHECK(report.cancelled);
    CHECK(report.accepted == 3'500);
    static_cast<void>(b.build());
    const std::atomic<bool> stop{true};
    report = lf::add_touchpoints(b, t, {.cancel = &stop});
    CHECK(report.cancelled);
    CHECK(report.rows == 0);
    CHECK(b.build().empty());
}

TEST_CASE("tables give the same histories as their rows added one by one") {
    std::mt19937_64 r{11};
    const auto below = [&](std::uint64_t n) { return static_cast<std::size_t>(r() % n); };
    for (int round = 0; round < 60; ++round) {
        const std::size_t rows = below(40);
        const std::size_t leads = 1 + below(6);
        // Cells, and whether each has a value.
        std::vector<std::string> lead, type, url, source, id, channel;
        std::vector<std::string> tags;
        std::vector<std::int32_t> tag_offsets{0};
        std::vector<lf::instant> at;
        std::vector<double> amount;
        std::vector<float> pages;
        std::vector<std::int64_t> due;
        std::vector<int> url_set, amount_set, pages_set, due_set, tags_set, flag, flag_set;
        for (std::size_t i = 0; i < rows; ++i) {
            lead.push_back("L" + std::to_string(below(leads)));
            type.push_back(std::array{"visit"s, "call"s, "mail"s}[below(3)]);
            url.push_back(std::array{"/a"s, "/b"s, ""s}[below(3)]);
            source.push_back(below(3) == 0 ? "crm" : "");
            id.push_back(below(3) == 0 ? std::to_string(below(3)) : "");
            channel.push_back(below(2) == 0 ? "web" : "");
            at.push_back(start + hours{static_cast<std::int64_t>(below(5))});
            amount.push_back(static_cast<double>(below(4)) / 2);
            pages.push_back(static_cast<float>(below(3)));
            due.push_back(static_cast<std::int64_t>(below(3)) * 86'400'000);
            for (std::size_t n = below(3); n > 0; --n)
                tags.push_back(std::array{"x"s, "y"s}[below(2)]);
            tag_offsets.push_back(static_cast<std::int32_t>(tags.size()));
            for (auto* set :
                 {&url_set, &amount_set, &pages_set, &due_set, &tags_set, &flag, &flag_set})
                set->push_back(below(4) != 0);
        }
        std::vector<lf::event> facts, touchpoints;
        for (std::size_t i = 0; i < rows; ++i) {
            lf::value_map v;
            const auto put = [&](const char* name, bool set, lf::value x) {
                v[name] = set ? std::move(x) : lf::value{};
            };
            put("url", url_set[i] != 0, url[i]);
            put("pages", pages_set[i] != 0, static_cast<double>(pages[i]));
            put("due", due_set[i] != 0, lf::instant{lf::duration{due[i] * 1'000}});
            put("tags", tags_set[i] != 0,
                lf::text_set(tags.begin() + tag_offsets[i], tags.begin() + tag_offsets[i + 1]));
            put("flag", flag_set[i] != 0, flag[i] != 0);
            facts.emplace_back(lf::attributes{
                .lead = lead[i], .at = at[i], .values = v, .source = source[i], .id = id[i]});
            std::erase_if(v, [](const auto& x) { return !lf::is_set(x.second); });
            lf::touchpoint t{.lead = lead[i], .at = at[i], .type = type[i], .properties = v};
            if (amount_set[i] != 0) t.value = amount[i];
            t.channel = channel[i];
            t.source = source[i];
            t.id = id[i];
            touchpoints.emplace_back(t);
        }

        const std::size_t before = below(9);
        const bitmap b_url(url_set, before), b_amount(amount_set), b_pages(pages_set, before),
            b_due(due_set), b_tags(tags_set), b_flag(flag, before), b_flag_set(flag_set);
        const packed<std::int64_t> packed_url(url);
        const packed<std::int32_t> packed_tags(tags);
        const std::vector<std::string> dictionary{"mail", "call", "visit"};
        std::vector<std::uint8_t> type_codes;
        for (const auto& x : type) type_codes.push_back(x == "mail" ? 0 : x == "call" ? 1 : 2);
        const std::vector<lf::column> shared{
            {"lead", lead},
            {"at", at},
            {"source", source},
            {"id", id},
            {"url", packed_url.view(), b_url.view()},
            {"pages", pages, b_pages.view()},
            {"due", lf::timestamps{due, lf::time_unit::milliseconds}, b_due.view()},
            {"tags", lf::text_lists<std::int32_t>{tag_offsets, packed_tags.view()}, b_tags.view()},
            {"flag", b_flag.view(), b_flag_set.view()}};
        auto columns = shared;
        columns.push_back({"type", lf::coded_texts{type_codes, dictionary}});
        columns.push_back({"value", amount, b_amount.view()});
        columns.push_back({"channel", channel});
        std::shuffle(columns.begin(), columns.end(), r);

        lf::history_builder tables;
        CHECK(lf::add_leads(tables, {.columns = shared, .source = "source", .id = "id"}).accepted ==
              rows);
        CHECK(lf::add_touchpoints(tables, {.columns = columns}).accepted == rows);
        lf::history_builder one_by_one;
        for (const auto& e : facts) one_by_one.add(e);
        for (const auto& e : touchpoints) one_by_one.add(e);
        CHECK(same(tables.build(), one_by_one.build()));
    }
}
