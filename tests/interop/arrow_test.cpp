// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/interop/arrow.hpp>

#include <leadfunnel/leadfunnel.hpp>

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
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
    CHECK(s.release == nullptr); // taken over
    return out;
}

lf::instant at(const char* text) { return lf::parse_rfc3339(text).at; }
std::int64_t micros(const char* text) { return at(text).time_since_epoch().count(); }

} // namespace

TEST_CASE("what is handed over is read back", "[arrow]") {
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

    const std::vector<lf::event> told{
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
    const lf::histories expected = lf::make_histories(told);
    const lf::histories read = builder.build();
    REQUIRE(read.size() == expected.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
        CHECK(read.lead_id(i) == expected.lead_id(i));
        CHECK(read.events(i) == expected.events(i));
    }
}

TEST_CASE("cells are converted to what is wanted", "[arrow]") {
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
    CHECK(when[1] == micros("2026-03-29T01:00:00Z")); // the first moment of summer time
    CHECK(std::get<lf::text_lists<std::int64_t>>(read[3].data).offsets[1] == 2);
    CHECK_FALSE(read[3].valid[1]);
    CHECK_FALSE(read[4].valid[0]);
    CHECK(read[4].valid[1]);
    CHECK_FALSE(t.next());
}

TEST_CASE("what does not fit is told, all at once", "[arrow]") {
    std::vector<lf::arrow_column> columns;
    columns.push_back({"flag", lf::arrow_flag_data{{1, 0}}, {}});
    columns.push_back({"number", std::vector<double>{1, 2}, {}});
    auto t = table_of(std::move(columns), "leads");
    const std::vector<lf::wanted_column> wanted{{"flag", lf::value_type::number},
                                                {"number", lf::value_type::timestamp}};
    const auto issues = t.misfits(wanted);
    REQUIRE(issues.size() == 2);
    CHECK(to_string(issues[0]) ==
          "leads: error: column 'flag' holds bool [wrong_type] at /flag; expected numbers");
    CHECK(issues[1].pointer == "/number");
}

TEST_CASE("bad rows say what they hold, and count through slices", "[arrow]") {
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
