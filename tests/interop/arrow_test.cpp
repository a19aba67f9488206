// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/interop/arrow.hpp>

#include <leadfunnel/leadfunnel.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lf = leadfunnel;

namespace {

lf::plan some_plan() {
    return lf::compile(
        {.id = "m",
         .attributes = {{.id = "industry"},
                        {.id = "employees", .type = lf::value_type::number},
                        {.id = "interests", .type = lf::value_type::set}},
         .properties = {{.id = "url"}},
         .touchpoints = {{.id = "page_view"}},
         .scores = {{.id = "s"}},
         .rules = {lf::occurrence{.id = "r", .score = "s", .on = lf::on("page_view"), .points = 1},
                   lf::attribute_rule{.id = "a",
                                      .score = "s",
                                      .when = lf::attribute("employees").at_least(10) ||
                                              lf::attribute("industry").exists() ||
                                              lf::attribute("interests").exists(),
                                      .points = 1}}});
}

lf::arrow_column texts(std::string name, const std::vector<std::string>& of,
                       std::vector<std::uint8_t> valid = {}) {
    lf::arrow_text_data data;
    for (const std::string& s : of) data.push_back(s);
    return {std::move(name), std::move(data), std::move(valid)};
}

lf::arrow_table table_of(std::vector<lf::arrow_column> columns, std::string name = "t") {
    ArrowArrayStream s{};
    lf::export_stream(std::move(columns), s);
    lf::arrow_table out(s, std::move(name));
    CHECK(s.release == nullptr); // the table owns it now
    return out;
}

/// What is handed over, as its structs, to be spoilt.
struct handed_over {
    ArrowSchema schema{};
    ArrowArray batch{};

    explicit handed_over(std::vector<lf::arrow_column> columns) {
        ArrowArrayStream s{};
        lf::export_stream(std::move(columns), s);
        REQUIRE(s.get_schema(&s, &schema) == 0);
        REQUIRE(s.get_next(&s, &batch) == 0);
        s.release(&s);
    }
    ArrowSchema& type(std::size_t i) { return *schema.children[i]; }
    ArrowArray& column(std::size_t i) { return *batch.children[i]; }
    template<class T>
    T* data(std::size_t i, std::size_t buffer = 1) {
        return static_cast<T*>(const_cast<void*>(column(i).buffers[buffer]));
    }
    lf::arrow_table table(std::string name = "leads") { return {schema, batch, std::move(name)}; }
};

template<class Node>
void drop_dictionary(Node& of) {
    if (of.dictionary == nullptr) return;
    of.dictionary->release(of.dictionary);
    delete std::exchange(of.dictionary, nullptr);
}

/// Children to use instead of a node's own; one of them is missing. The node still releases its
/// own.
template<class Node>
void lose_child(Node& of, std::size_t i) {
    static std::array<Node*, 3> others{};
    std::copy_n(of.children, 3, others.begin());
    others[i] = nullptr;
    of.children = others.data();
}

/// Three columns of three rows: texts, a dictionary, numbers.
std::vector<lf::arrow_column> three_columns() {
    std::vector<lf::arrow_column> out;
    out.push_back(texts("lead", {"a", "bc", "d"}));
    out.push_back({"industry",
                   lf::arrow_code_data{{1, 0, 0},
                                       std::make_shared<const std::vector<std::string>>(
                                           std::vector<std::string>{"Food", "Steel"})},
                   {}});
    out.push_back({"employees", std::vector<double>{12.5, 3, 0}, {}});
    return out;
}

/// What is said of a table that was spoilt; empty if it is read.
std::string refusal(const std::function<void(handed_over&)>& spoil) {
    handed_over given(three_columns());
    spoil(given);
    try {
        auto t = given.table();
        lf::history_builder builder;
        const auto report = lf::add_leads(builder, t, {}, some_plan());
        CHECK(report.issues.empty());
        return {};
    } catch (const lf::arrow_error& e) {
        return e.what();
    }
}

lf::instant at(const char* text) { return lf::parse_rfc3339(text).at; }
std::int64_t micros(const char* text) { return at(text).time_since_epoch().count(); }

} // namespace

TEST_CASE("exported tables are read back", "[arrow]") {
    const lf::plan p = some_plan();
    lf::history_builder builder;

    auto words = std::make_shared<const std::vector<std::string>>(
        std::vector<std::string>{"Food", "Machinery"});
    std::vector<lf::arrow_column> leads;
    leads.push_back(texts("lead", {"a", "b", "c"}));
    leads.push_back({"industry", lf::arrow_code_data{{1, -1, 0}, words}, {}});
    leads.push_back({"employees", std::vector<double>{12.5, 3, 0}, {0b011}});
    auto leads_in = table_of(std::move(leads), "leads");
    CHECK(leads_in.columns() == std::vector<std::string>{"lead", "industry", "employees"});
    CHECK(leads_in.type_of("industry") == "dictionary of large_utf8");
    CHECK(lf::add_leads(builder, leads_in, {}, p).accepted == 3);

    std::vector<lf::arrow_column> touchpoints;
    touchpoints.push_back(texts("lead", {"b", "a"}));
    touchpoints.push_back(
        {"at",
         lf::arrow_instant_data{{micros("2026-04-02T00:00:00Z"), micros("2026-04-01T00:00:00Z")}},
         {}});
    touchpoints.push_back(texts("type", {"page_view", "page_view"}));
    touchpoints.push_back(texts("url", {"", "/x"}, {0b10}));
    auto touchpoints_in = table_of(std::move(touchpoints));
    CHECK(lf::add_touchpoints(builder, touchpoints_in, {}, p).accepted == 2);

    const std::vector<lf::event> events{
        lf::attributes{.lead = "a",
                       .values = {{"industry", std::string{"Machinery"}}, {"employees", 12.5}}},
        lf::attributes{.lead = "b", .values = {{"industry", {}}, {"employees", 3.0}}},
        lf::attributes{.lead = "c",
                       .values = {{"industry", std::string{"Food"}}, {"employees", {}}}},
        lf::touchpoint{.lead = "b", .at = at("2026-04-02T00:00:00Z"), .type = "page_view"},
        lf::touchpoint{.lead = "a",
                       .at = at("2026-04-01T00:00:00Z"),
                       .type = "page_view",
                       .properties = {{"url", std::string{"/x"}}}}};
    const lf::histories expected = lf::make_histories(events);
    const lf::histories read = builder.build();
    REQUIRE(read.size() == expected.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
        CHECK(read.lead_id(i) == expected.lead_id(i));
        CHECK(read.events(i) == expected.events(i));
    }
}

TEST_CASE("cells are converted to the wanted type", "[arrow]") {
    std::vector<lf::arrow_column> columns;
    columns.push_back({"number", std::vector<std::int64_t>{7, -8}, {}});
    columns.push_back(texts("text", {"12.5", "twelve"}));
    columns.push_back(texts("when", {"2026-03-29T03:00:00+02:00", "2026-03-29 03:00"}));
    columns.push_back(texts("set", {"a;b", ""}));
    columns.push_back({"missing", std::vector<double>{std::nan(""), 1}, {}});
    auto t = table_of(std::move(columns));
    const std::vector<lf::wanted_column> wanted{
        {"number", lf::value_type::string},  {"text", lf::value_type::number},
        {"when", lf::value_type::timestamp}, {"set", lf::value_type::set},
        {"missing", lf::value_type::number}, {"absent", lf::value_type::number}};
    CHECK(t.misfits(wanted).empty());
    REQUIRE(t.next());
    CHECK(t.rows() == 2);
    const lf::arrow_clock berlin{.zone = lf::time_zone::find("Europe/Berlin")};
    const auto read = t.read(wanted, 0, 2, berlin);
    REQUIRE(read.size() == 5);
    const auto ids = std::get<lf::packed_texts<std::int64_t>>(read[0].data);
    CHECK(ids.bytes == "7-8");
    const auto numbers = std::get<std::span<const double>>(read[1].data);
    CHECK(numbers[0] == 12.5);
    CHECK_FALSE(std::isfinite(numbers[1])); // which makes a bad row
    const auto when = std::get<lf::timestamps>(read[2].data).counts;
    CHECK(when[0] == micros("2026-03-29T01:00:00Z"));
    CHECK(when[1] == micros("2026-03-29T01:00:00Z")); // the first instant of summer time
    CHECK(std::get<lf::text_lists<std::int64_t>>(read[3].data).offsets[1] == 2);
    CHECK_FALSE(read[3].valid[1]);
    CHECK_FALSE(read[4].valid[0]);
    CHECK(read[4].valid[1]);
    CHECK_FALSE(t.next());
}

TEST_CASE("all misfits are reported at once", "[arrow]") {
    std::vector<lf::arrow_column> columns;
    columns.push_back({"flag", lf::arrow_flag_data{{1, 0}}, {}});
    columns.push_back({"number", std::vector<double>{1, 2}, {}});
    auto t = table_of(std::move(columns), "leads");
    const std::vector<lf::wanted_column> wanted{{"flag", lf::value_type::number},
                                                {"number", lf::value_type::timestamp}};
    const auto issues = t.misfits(wanted);
    REQUIRE(issues.size() == 2);
    CHECK(
        to_string(issues[0]) ==
        "leads: error: column 'flag' holds bool [wrong_type] at /flag; expected numbers; cast the "
        "column to a number");
    CHECK(issues[1].pointer == "/number");
}

TEST_CASE("bad rows quote their cells, and are numbered through slices", "[arrow]") {
    const lf::plan p = some_plan();
    lf::history_builder builder;
    std::vector<lf::arrow_column> columns;
    columns.push_back(texts("lead", {"a", "b", "c"}));
    columns.push_back(texts("at", {"2026-04-01T00:00:00Z", "25:61", "2026-04-01T00:00:00"}));
    columns.push_back(texts("type", {"page_view", "page_view", "page_view"}));
    auto t = table_of(std::move(columns));
    const auto report = lf::add_touchpoints(builder, t, {}, p);
    CHECK(report.accepted == 1);
    REQUIRE(report.bad_rows.size() == 2);
    CHECK(report.bad_rows[0].line == 2);
    CHECK(report.bad_rows[0].message.find("'25:61'") != std::string::npos);
    CHECK(report.bad_rows[1].line == 3);
    CHECK(report.bad_rows[1].message.find("offset") != std::string::npos);
}

TEST_CASE("a producer's error is passed on", "[arrow]") {
    struct broken final : lf::arrow_batches {
        [[nodiscard]] std::vector<lf::arrow_column> schema() const override {
            return {texts("lead", {})};
        }
        [[nodiscard]] std::optional<std::vector<lf::arrow_column>> next() override {
            throw std::runtime_error("the disk is gone");
        }
    };
    ArrowArrayStream s{};
    lf::export_stream(std::make_unique<broken>(), s);
    lf::arrow_table t(s, "leads");
    try {
        t.next();
        FAIL("no error");
    } catch (const lf::arrow_error& e) {
        CHECK(std::string{e.what()} == "the table 'leads' cannot be read: the disk is gone");
    }
}

TEST_CASE("arrays that break Arrow's rules are refused, and the column is named", "[arrow]") {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    using given = handed_over;
    CHECK(refusal([](given&) {}).empty());

    const auto of_column = [&](std::size_t i, const char* name, const char* why,
                               const std::function<void(ArrowArray&)>& spoil) {
        INFO(why);
        const std::string said = refusal([&](given& g) { spoil(g.column(i)); });
        CHECK(said ==
              "column '" + std::string{name} + "' of 'leads' breaks the rules of Arrow: " + why);
    };
    const char* const counts = "its length or offset is negative, or beyond all memory";
    const char* const nulls = "it has more nulls than rows, or a negative number of them";
    for (std::size_t i = 0; i < 3; ++i) {
        const char* const name = std::array{"lead", "industry", "employees"}[i];
        of_column(i, name, counts, [](ArrowArray& a) { a.length = -1; });
        of_column(i, name, counts, [](ArrowArray& a) { a.offset = -1; });
        of_column(i, name, counts, [&](ArrowArray& a) { a.length = most; });
        of_column(i, name, counts, [&](ArrowArray& a) { a.offset = most; });
        of_column(i, name, "it is shorter than the table", [](ArrowArray& a) { a.length = 2; });
        of_column(i, name, nulls, [](ArrowArray& a) { a.null_count = 4; });
        of_column(i, name, nulls, [](ArrowArray& a) { a.null_count = -2; });
        of_column(i, name, "it has nulls, but does not say where",
                  [](ArrowArray& a) { a.null_count = 1, a.buffers[0] = nullptr; });
        of_column(i, name, "it lacks buffers", [](ArrowArray& a) { a.n_buffers = 1; });
        of_column(i, name, "it lacks buffers", [](ArrowArray& a) { a.n_buffers = -1; });
        of_column(i, name, "it lacks buffers", [](ArrowArray& a) { a.buffers = nullptr; });
        of_column(i, name, "it has no data", [](ArrowArray& a) { a.buffers[1] = nullptr; });
    }
    of_column(0, "lead", "it has no text", [](ArrowArray& a) { a.buffers[2] = nullptr; });
    of_column(1, "industry", "its dictionary is missing",
              [](ArrowArray& a) { drop_dictionary(a); });
    of_column(1, "industry", counts, [](ArrowArray& a) { a.dictionary->length = -5; });
    of_column(1, "industry", "it has no text",
              [](ArrowArray& a) { a.dictionary->buffers[2] = nullptr; });

    const auto of_offsets = [](std::int64_t i, std::int64_t to) {
        return refusal([&](given& g) { g.data<std::int64_t>(0)[i] = to; });
    };
    for (const auto& [i, to] : {std::pair{0, -1}, {1, -1}, {1, 4}, {3, 1}})
        CHECK(of_offsets(i, to) ==
              "column 'lead' of 'leads' breaks the rules of Arrow: its offsets fall, or are "
              "negative");
    for (const std::int32_t code : {2, -1, std::numeric_limits<std::int32_t>::max()})
        CHECK(refusal([&](given& g) { g.data<std::int32_t>(1)[1] = code; }) ==
              "column 'industry' of 'leads' breaks the rules of Arrow: an index leads outside its "
              "dictionary of 2 texts, in row 2 of a batch");

    CHECK(refusal([](given& g) { g.batch.length = -1; }).find("negative") != std::string::npos);
    CHECK(refusal([&](given& g) { g.batch.offset = most; }).find("any memory") !=
          std::string::npos);
    CHECK(refusal([](given& g) { g.batch.children = nullptr; }).find("no columns") !=
          std::string::npos);
    CHECK(refusal([](given& g) { g.batch.n_children = 2; }).find("another number of columns") !=
          std::string::npos);
    CHECK(refusal([](given& g) { lose_child(g.batch, 0); }).find("it has no array") !=
          std::string::npos);
    CHECK(refusal([](given& g) { g.schema.format = nullptr; }).find("is no table") !=
          std::string::npos);
    CHECK(refusal([](given& g) { g.schema.n_children = -1; }).find("what columns") !=
          std::string::npos);
    CHECK(refusal([](given& g) { g.schema.children = nullptr; }).find("what columns") !=
          std::string::npos);
    CHECK(refusal([](given& g) { lose_child(g.schema, 1); }).find("lacks column 2") !=
          std::string::npos);
    CHECK(refusal([](given& g) {
              g.schema.n_children = std::int64_t{1} << 40;
          }).find("more than 1048576 columns") != std::string::npos);
    // Columns that are not read are not checked.
    CHECK(refusal([](given& g) {
              g.type(2).name = nullptr;
              g.column(2).length = -1;
          }).empty());
}

TEST_CASE("names, words and errors of a producer are made printable", "[arrow]") {
    handed_over given(three_columns());
    given.type(0).name = "le\xff\nad";
    given.type(1).format = nullptr;
    drop_dictionary(given.type(1));
    given.type(2).format = "tsu:\xff";
    const auto t = given.table();
    CHECK(t.columns()[0] == "le\xef\xbf\xbd\xef\xbf\xbd"
                            "ad");
    CHECK(t.type_of("industry") == "a type without a name");
    CHECK(t.type_of("employees") == "timestamp[us, \xef\xbf\xbd]");
}

TEST_CASE("types that cannot be read are named in words, and other columns are still read",
          "[arrow]") {
    const lf::plan p = some_plan();
    const auto read = [&](std::size_t i, const char* format, bool strict) {
        handed_over given(three_columns());
        given.type(i).format = format;
        drop_dictionary(given.type(i));
        auto t = given.table();
        lf::history_builder builder;
        auto report = lf::add_leads(builder, t, {}, p, {}, {.strict = strict});
        CHECK(report.accepted == (report.failed ? 0 : 3));
        REQUIRE(report.issues.size() == 1);
        return to_string(report.issues[0]);
    };
    CHECK(read(2, "tDu", false) ==
          "leads: warning: column 'employees' holds duration in microseconds, and is not read "
          "[wrong_type] at /employees; expected numbers; cast the column to a number");
    CHECK(read(2, "tDu", true) ==
          "leads: error: column 'employees' holds duration in microseconds [wrong_type] at "
          "/employees; expected numbers; cast the column to a number");
    CHECK(read(0, "z", false) == "leads: error: column 'lead' holds binary [wrong_type] at /lead; "
                                 "expected texts; cast the column to text");
    for (const char* const format :
         {"+s", "+m", "+r", "+vl", "+w:3", "+ud:0", "w:16", "tin", "e", "vz", "?", "",
          "tsx:", "d:", "d:0,0", "d:5,2,7", "d:5,99999999999", "d:5,2,128,9", "+l"}) {
        const std::string said = read(0, format, false);
        INFO(said);
        CHECK(said.find("error: column 'lead' holds ") != std::string::npos);
        if (std::string{format}.size() > 1) CHECK(said.find(format) == std::string::npos);
    }
}

TEST_CASE("types of any depth are refused and released without recursion", "[arrow]") {
    static int released = 0;
    struct level {
        ArrowSchema child{};
        ArrowSchema* children[1] = {&child};
    };
    const auto nested = [](std::size_t levels) {
        ArrowSchema out{};
        for (std::size_t i = 0; i < levels; ++i) {
            auto* const held = new level;
            held->child = std::exchange(out, {});
            out.format = i + 1 == levels ? "+s" : i == 0 ? "u" : "+l";
            out.name = "lead";
            out.n_children = i == 0 ? 0 : 1;
            out.children = held->children;
            out.private_data = held;
            out.release = [](ArrowSchema* s) {
                ++released;
                auto* const held_by = static_cast<level*>(s->private_data);
                if (held_by->child.release != nullptr) held_by->child.release(&held_by->child);
                delete held_by;
                s->release = nullptr;
            };
        }
        return out;
    };
    for (const std::size_t levels : {std::size_t{3}, std::size_t{64}, std::size_t{65},
                                     std::size_t{20'000}, std::size_t{2'000'000}}) {
        released = 0;
        ArrowSchema schema = nested(levels);
        ArrowArray batch{};
        batch.release = [](ArrowArray* a) { a->release = nullptr; };
        if (levels <= 64) {
            const lf::arrow_table t(schema, batch, "t");
            CHECK(t.type_of("lead") == (levels == 3 ? "list of utf8" : "list of list"));
        } else {
            try {
                const lf::arrow_table t(schema, batch, "t");
                FAIL("no error");
            } catch (const lf::arrow_error& e) {
                CHECK(std::string{e.what()}.find("64 levels") != std::string::npos);
            }
        }
        CHECK(released == static_cast<int>(levels));
    }
}

TEST_CASE("decimals of every width are numbers, and whole ones are ids", "[arrow]") {
    const auto read = [](const char* format, std::vector<std::int64_t> words, std::size_t rows,
                         lf::value_type as) {
        std::vector<lf::arrow_column> columns;
        columns.push_back({"x", std::move(words), {}});
        handed_over given(std::move(columns));
        given.type(0).format = format;
        given.column(0).length = given.batch.length = static_cast<std::int64_t>(rows);
        auto t = given.table();
        const std::vector<lf::wanted_column> wanted{{"x", as}};
        REQUIRE(t.next());
        REQUIRE(t.misfits(wanted).empty());
        const auto c = t.read(wanted, 0, rows).at(0);
        std::string out;
        for (std::size_t i = 0; i < rows; ++i) {
            if (as == lf::value_type::number) {
                out += lf::to_string(std::get<std::span<const double>>(c.data)[i]) + ' ';
                continue;
            }
            const auto& text = std::get<lf::packed_texts<std::int64_t>>(c.data);
            const bool bad = !c.faults.empty() && c.faults[i] != lf::row_fault::none;
            out += bad ? "bad"
                       : std::string{text.bytes.substr(
                             static_cast<std::size_t>(text.offsets[i]),
                             static_cast<std::size_t>(text.offsets[i + 1] - text.offsets[i]))};
            out += ' ';
        }
        return out;
    };
    constexpr auto as_text = lf::value_type::string;
    constexpr auto as_number = lf::value_type::number;
    // Each word holds two decimals of 32 bits: 7.00 and 7.25; -7.00 and 0.
    const std::vector<std::int64_t> narrow{(std::int64_t{725} << 32) + 700, 0xffff'fd44};
    CHECK(read("d:9,2,32", narrow, 4, as_text) == "7 bad -7 0 ");
    CHECK(read("d:9,2,32", narrow, 4, as_number) == "7 7.25 -7 0 ");
    CHECK(read("d:18,3,64", {-12'345'000, -1, 1'500}, 3, as_text) == "-12345 bad bad ");
    CHECK(read("d:18,3,64", {-12'345'000, -1, 1'500}, 3, as_number) == "-12345 -0.001 1.5 ");
    // 2^64 and −1.
    CHECK(read("d:38,0", {0, 1, -1, -1}, 2, as_text) == "18446744073709551616 -1 ");
    CHECK(read("d:38,0", {0, 1, -1, -1}, 2, as_number) == "1.8446744073709552e+19 -1 ");
    CHECK(read("d:38,-2,128", {5, 0}, 1, as_text) == "500 ");
    CHECK(read("d:38,-2,128", {5, 0}, 1, as_number) == "500 ");
    // 2^192, and −2^192.
    const std::vector<std::int64_t> wide{0, 0, 0, 1, 0, 0, 0, -1};
    CHECK(read("d:76,0,256", wide, 2, as_text) ==
          "6277101735386680763835789423207666416102355444464034512896 "
          "-6277101735386680763835789423207666416102355444464034512896 ");
    CHECK(read("d:76,0,256", wide, 2, as_number) ==
          "6.277101735386681e+57 -6.277101735386681e+57 ");
    CHECK(read("d:76,76,256", {1, 0, 0, 0}, 1, as_number) == "1e-76 ");
    CHECK(read("d:76,76,256", {1, 0, 0, 0}, 1, as_text) == "bad ");
}

TEST_CASE("ids that no query could name make bad rows", "[arrow]") {
    using namespace std::literals;
    const lf::plan p = some_plan();
    const auto rows_of = [&](std::vector<lf::arrow_column> columns, const char* format) {
        handed_over given(std::move(columns));
        if (format != nullptr) given.type(0).format = format;
        auto t = given.table();
        lf::history_builder builder;
        const auto report = lf::add_leads(builder, t, {}, p);
        const lf::histories h = builder.build();
        std::string out;
        for (std::size_t i = 0; i < h.size(); ++i) {
            CHECK(h.find(h.lead_id(i)) == i);
            out += std::string{h.lead_id(i)} + '\n';
        }
        for (const lf::bad_row& b : report.bad_rows) out += to_string(b) + '\n';
        return out;
    };
    std::vector<lf::arrow_column> columns;
    columns.push_back(texts("lead", {"a", "\xff\xfe", "b\0c"s, "é"}));
    CHECK(rows_of(std::move(columns), nullptr) ==
          "a\né\n"
          "line 2, column 'lead': text that is not UTF-8: '\xef\xbf\xbd\xef\xbf\xbd' [not_utf8]\n"
          "line 3, column 'lead': it holds a NUL: 'b\xef\xbf\xbd"
          "c' [nul]\n");
    columns.clear();
    columns.push_back({"lead", std::vector<double>{7, 1e15, 1e16, HUGE_VAL, std::nan("")}, {}});
    CHECK(rows_of(std::move(columns), nullptr) ==
          "7\n1000000000000000\n"
          "line 3, column 'lead': neither a text nor a whole number below 2^53; cast the column to "
          "text: '1e+16' [wrong_type]\n"
          "line 4, column 'lead': neither a text nor a whole number below 2^53; cast the column to "
          "text: 'inf' [wrong_type]\n"
          "line 5, column 'lead': no lead id: 'nan' [missing_lead]\n");
    columns.clear();
    columns.push_back({"lead", std::vector<std::int64_t>{1'200, 1'234}, {}});
    CHECK(
        rows_of(std::move(columns), "d:18,2,64") ==
        "12\nline 2, column 'lead': neither a text nor a whole number below 2^53; cast the column "
        "to text: '12.34' [wrong_type]\n");
}

TEST_CASE("rows as events are the rows of the table", "[arrow]") {
    const lf::plan p = some_plan();
    std::vector<lf::arrow_column> columns;
    columns.push_back(texts("lead", {"a", "", "\xff", "b"}));
    columns.push_back(texts("at", {"2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z",
                                   "2026-04-01T00:00:00Z", "2026-04-02T00:00:00Z"}));
    columns.push_back(texts("type", {"page_view", "page_view", "page_view", "page_view"}));
    columns.push_back({"value", std::vector<double>{1.5, 0, 0, 2}, {}});
    columns.push_back(texts("url", {"/x", "", "", ""}, {0b0001}));
    const auto read_into = [&](auto&& read) {
        auto copy = columns;
        auto t = table_of(std::move(copy));
        return read(t);
    };
    std::vector<lf::event> events;
    std::vector<std::uint64_t> rows;
    const auto report = read_into([&](lf::arrow_table& t) {
        return lf::read_events(t, lf::touchpoints_table{}, p, [&](lf::event e, std::uint64_t row) {
            events.push_back(std::move(e));
            rows.push_back(row);
        });
    });
    CHECK(rows == std::vector<std::uint64_t>{0, 3});
    CHECK(report.bad == 2);
    lf::history_builder builder;
    const auto same =
        read_into([&](lf::arrow_table& t) { return lf::add_touchpoints(builder, t, {}, p); });
    CHECK(same.bad_rows == report.bad_rows);
    const lf::histories h = builder.build();
    CHECK(h.events(0) == std::vector<lf::event>{events[0]});
    CHECK(h.events(1) == std::vector<lf::event>{events[1]});
    CHECK(std::get<lf::touchpoint>(events[0]).value == lf::decimal{1.5});
    CHECK(std::get<lf::touchpoint>(events[1]).properties.empty());
}

TEST_CASE("buffers need not be aligned", "[arrow]") {
    handed_over given(three_columns());
    std::array<char, 3 * sizeof(double) + 1> moved{};
    std::copy_n(given.data<const char>(2), 3 * sizeof(double), moved.begin() + 1);
    given.column(2).buffers[1] = moved.data() + 1;
    auto t = given.table();
    REQUIRE(t.next());
    const std::vector<lf::wanted_column> wanted{{"employees", lf::value_type::number}};
    const auto numbers = std::get<std::span<const double>>(t.read(wanted, 1, 2).at(0).data);
    CHECK(numbers[0] == 3);
    CHECK_THROWS_AS(t.read(wanted, 2, 2), lf::unknown_number);
}
