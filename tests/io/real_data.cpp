// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Reads public data sets and compares figures that were computed independently. Their licences keep
// them out of the repository: without LEADFUNNEL_DATA these tests are skipped.

#include "sources.hpp"

#include <leadfunnel/io/ingest.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace lf = leadfunnel;

namespace {

/// The path of a data file; empty, with a warning, if there is none.
std::filesystem::path data(const std::string& name) {
    const char* const folder = std::getenv("LEADFUNNEL_DATA");
    if (folder == nullptr || !std::filesystem::exists(std::filesystem::path(folder) / name)) {
        WARN("skipped: LEADFUNNEL_DATA has no " << name);
        return {};
    }
    return std::filesystem::path(folder) / name;
}

lf::loaded_mapping shipped(const std::string& name) {
    return lf::load_mapping(source_folder("examples/mappings") / (name + ".json"));
}

/// Reads a compressed file by way of a pipe.
lf::ingest_report unpack(const std::filesystem::path& file, const lf::loaded_mapping& m,
                         lf::row_sink& sink) {
    const std::string command = "gzip -dc '" + file.string() + "'";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
        popen(command.c_str(), "r"), [](std::FILE* f) { return pclose(f); });
    REQUIRE(pipe != nullptr);
    lf::ingester in(m, sink, {}, file.string());
    std::array<char, 10'000> block{};
    for (;;) {
        const std::size_t n = std::fread(block.data(), 1, block.size(), pipe.get());
        if (n == 0 || !in.push({block.data(), n})) break;
    }
    return in.finish();
}

} // namespace

TEST_CASE("BPI Challenge 2012", "[data]") {
    const auto leads = data("bpic2012/leads.csv.gz");
    const auto touchpoints = data("bpic2012/touchpoints.csv.gz");
    if (leads.empty() || touchpoints.empty()) return;

    std::map<std::string, std::set<std::string>> by_type;
    lf::instant first = lf::never;
    lf::instant last = lf::always;
    lf::event_sink sink([&](lf::event e) {
        if (auto* t = std::get_if<lf::touchpoint>(&e)) {
            by_type[t->type].insert(t->lead);
            first = std::min(first, t->at);
            last = std::max(last, t->at);
        }
    });
    const auto a = unpack(leads, shipped("bpic2012_leads"), sink);
    CHECK(a.complete());
    CHECK(a.accepted == 13'087);
    CHECK(a.bad == 0);
    const auto t = unpack(touchpoints, shipped("bpic2012_touchpoints"), sink);
    CHECK(t.complete());
    CHECK(t.accepted == 262'200);
    CHECK(t.bad == 0);
    CHECK(by_type["A_SUBMITTED"].size() == 13'087);
    CHECK(by_type["A_PREACCEPTED"].size() == 7'367);
    CHECK(by_type["A_ACCEPTED"].size() == 5'113);
    CHECK(by_type["O_SENT"].size() == 5'015);
    CHECK(by_type["O_SENT_BACK"].size() == 3'254);
    CHECK(by_type["A_ACTIVATED"].size() == 2'246);
    CHECK(by_type["A_DECLINED"].size() == 7'635);
    CHECK(by_type["A_CANCELLED"].size() == 2'807);
    CHECK(lf::to_string(first) == "2011-09-30T22:38:44.546Z");
    CHECK(lf::to_string(last).starts_with("2012-03-14T"));
}

TEST_CASE("Olist: dates and local times of a zone", "[data]") {
    const auto leads = data("olist/olist_marketing_qualified_leads_dataset.csv");
    const auto deals = data("olist/olist_closed_deals_dataset.csv");
    if (leads.empty() || deals.empty()) return;

    const auto leads_map = lf::parse_mapping(R"({
        "time": {"format": "date", "zone": "America/Sao_Paulo"},
        "mappings": [{"to": "touchpoint", "lead": "mql_id", "at": "first_contact_date",
          "type": {"constant": "first_contact"}, "channel": "origin",
          "properties": {"landing_page": "landing_page_id"}}]})");
    const auto deals_map = lf::parse_mapping(R"({
        "time": {"format": "local", "zone": "America/Sao_Paulo", "ambiguous": "latest"},
        "mappings": [{"to": "stage", "lead": "mql_id", "at": "won_date",
          "funnel": {"constant": "olist"}, "stage": {"constant": "won"}}]})");
    std::map<std::string, lf::instant> contacted;
    std::size_t won = 0;
    std::size_t negative = 0;
    lf::event_sink sink([&](lf::event e) {
        if (auto* t = std::get_if<lf::touchpoint>(&e)) contacted[t->lead] = t->at;
        if (auto* s = std::get_if<lf::stage_entry>(&e)) {
            const auto c = contacted.find(s->lead);
            if (c == contacted.end()) return;
            ++won;
            negative += s->at < c->second ? 1U : 0U;
        }
    });
    CHECK(lf::ingest_file(leads, leads_map, sink).bad == 0);
    CHECK(contacted.size() == 8'000);
    const auto report = lf::ingest_file(deals, deals_map, sink);
    CHECK(report.bad == 0);
    CHECK(report.complete());
    CHECK(won == 842);
    CHECK(negative == 1);
}

TEST_CASE("X Education: 'Select' means unset", "[data]") {
    const auto file = data("x-education/Leads.csv");
    if (file.empty()) return;
    const auto m = lf::parse_mapping(R"({"unset": ["", "Select"],
        "mappings": [{"to": "attributes", "lead": "Prospect ID", "attributes": {
          "converted": {"from": "Converted", "type": "bool"},
          "do_not_email": {"from": "Do Not Email", "type": "bool"},
          "visits": {"from": "TotalVisits", "type": "number"},
          "seconds": {"from": "Total Time Spent on Website", "type": "number"},
          "city": "City", "how": "How did you hear about X Education"}}]})");
    std::size_t converted = 0;
    std::size_t select = 0;
    std::size_t unset = 0;
    lf::event_sink sink([&](lf::event e) {
        const auto& values = std::get<lf::attributes>(e).values;
        converted += values.at("converted") == lf::value(true) ? 1U : 0U;
        select += values.at("how") == lf::value(std::string("Select")) ? 1U : 0U;
        unset += lf::is_set(values.at("how")) ? 0U : 1U;
    });
    const auto report = lf::ingest_file(file, m, sink);
    CHECK(report.complete());
    CHECK(report.bad == 0);
    CHECK(report.accepted == 9'240);
    CHECK(converted == 3'561);
    CHECK(select == 0);
    CHECK(unset > 5'000);
}
