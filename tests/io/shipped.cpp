// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The shipped mappings, each on a small sample of what the system writes.

#include "sources.hpp"

#include <leadfunnel/io/ingest.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::string_literals;

namespace {

lf::loaded_mapping load(const std::string& name) {
    auto m = lf::load_mapping(source_folder("examples/mappings") / (name + ".json"));
    for (const auto& i : m.issues) UNSCOPED_INFO(lf::to_string(i));
    REQUIRE(m.issues.empty());
    return m;
}

struct outcome {
    lf::ingest_report report;
    std::vector<lf::event> events;
};
outcome read(const std::string& name, std::string_view text) {
    outcome out;
    lf::event_sink sink([&](lf::event e) { out.events.push_back(std::move(e)); });
    out.report = lf::ingest_text(text, load(name), sink);
    for (const auto& i : out.report.issues) UNSCOPED_INFO(lf::to_string(i));
    for (const auto& b : out.report.bad_rows) UNSCOPED_INFO(lf::to_string(b));
    CHECK(out.report.complete());
    return out;
}

lf::instant at(std::string_view text) {
    const auto p = lf::parse_rfc3339(text);
    REQUIRE(p);
    return p.at;
}
const lf::touchpoint& touch(const lf::event& e) { return std::get<lf::touchpoint>(e); }
const lf::attributes& facts(const lf::event& e) { return std::get<lf::attributes>(e); }
const lf::stage_entry& entry(const lf::event& e) { return std::get<lf::stage_entry>(e); }

} // namespace

TEST_CASE("every shipped mapping is good", "[shipped]") {
    std::size_t n = 0;
    for (const auto& each :
         std::filesystem::directory_iterator(source_folder("examples/mappings"))) {
        const auto m = lf::load_mapping(each.path());
        for (const auto& i : m.issues) UNSCOPED_INFO(lf::to_string(i));
        CHECK(m.issues.empty());
        CHECK_FALSE(m.value.description.empty());
        ++n;
    }
    CHECK(n >= 7);
}

TEST_CASE("Segment", "[shipped]") {
    const auto out = read("segment", R"(
{"type":"identify","anonymousId":"a-1","userId":"u-97","messageId":"m1","timestamp":"2026-04-01T09:30:00.000Z","traits":{"email":"sato@example.co.jp","name":"佐藤 花子","title":"課長","company":{"name":"株式会社サンプル","industry":"Machinery","employee_count":320},"createdAt":"2025-12-01T00:00:00Z","phone":null},"context":{"ip":"203.0.113.5"}}
{"type":"page","anonymousId":"a-2","messageId":"m2","name":"Pricing","timestamp":"2026-04-01T09:31:00.000Z","originalTimestamp":"2026-04-01T18:31:02+09:00","properties":{"path":"/pricing/","title":"Pricing","url":"https://example.com/pricing/"},"context":{"campaign":{"name":"spring","source":"google","medium":"cpc"},"page":{"path":"/x","referrer":"https://google.com/"}}}
{"type":"track","event":"Demo Requested","userId":"u-97","messageId":"m3","timestamp":"2026-04-01T09:32:00.000Z","properties":{"revenue":125000.5},"context":{"page":{"path":"/demo","url":"https://example.com/demo"}}}
{"type":"alias","previousId":"a-1","userId":"u-97","messageId":"m4","timestamp":"2026-04-01T09:33:00.000Z"}
{"type":"track","event":"X","messageId":"m5","timestamp":"2026-04-01T09:34:00.000Z"}
)");
    CHECK(out.report.rows == 5);
    CHECK(out.report.skipped == 1);
    CHECK(out.report.count(lf::row_fault::missing_lead) == 1);
    REQUIRE(out.events.size() == 3);
    const auto& a = facts(out.events[0]);
    CHECK(a.lead == "u-97");
    CHECK(a.at == at("2026-04-01T09:30:00Z"));
    CHECK(a.source == "segment");
    CHECK(a.id == "m1");
    CHECK(a.values == lf::value_map{{"email", "sato@example.co.jp"s},
                                    {"name", "佐藤 花子"s},
                                    {"title", "課長"s},
                                    {"company", "株式会社サンプル"s},
                                    {"industry", "Machinery"s},
                                    {"employees", 320.0},
                                    {"phone", lf::value{}},
                                    {"created_at", at("2025-12-01T00:00:00Z")}});
    const auto& p = touch(out.events[1]);
    CHECK(p.lead == "a-2");
    CHECK(p.type == "page_view");
    CHECK(p.at == at("2026-04-01T09:31:00Z"));
    CHECK(p.campaign == "spring");
    CHECK(p.channel == "cpc");
    CHECK(p.properties == lf::value_map{{"name", "Pricing"s},
                                        {"path", "/pricing/"s},
                                        {"title", "Pricing"s},
                                        {"url", "https://example.com/pricing/"s},
                                        {"referrer", "https://google.com/"s},
                                        {"campaign_source", "google"s}});
    const auto& t = touch(out.events[2]);
    CHECK(t.type == "Demo Requested");
    CHECK(t.value == lf::decimal(125000.5));
    CHECK(t.id == "m3");
    CHECK(t.properties.at("url") == lf::value("https://example.com/demo"s));
}

TEST_CASE("CloudEvents", "[shipped]") {
    const auto out = read("cloudevents", R"(
{"specversion":"1.0","type":"com.example.webinar.attended","source":"/webinars/42","id":"e-1","subject":"L-17","time":"2026-04-01T09:30:00Z","datacontenttype":"application/json","data":{"amount":3600,"campaign":"spring"}}
{"specversion":"1.0","type":"com.example.webinar.attended","source":"/webinars/42","id":"e-2","time":"2026-04-01T09:30:00Z","data":{"lead":"L-18","url":"/a"}}
{"specversion":"0.3","type":"old","source":"s","id":"e-3"}
)");
    CHECK(out.report.skipped == 1);
    REQUIRE(out.events.size() == 2);
    const auto& t = touch(out.events[0]);
    CHECK(t.lead == "L-17");
    CHECK(t.type == "com.example.webinar.attended");
    CHECK(t.source == "/webinars/42");
    CHECK(t.id == "e-1");
    CHECK(t.value == lf::decimal(3600));
    CHECK(t.campaign == "spring");
    CHECK(touch(out.events[1]).lead == "L-18");
    CHECK(touch(out.events[1]).properties == lf::value_map{{"url", "/a"s}});
}

TEST_CASE("HubSpot, with labels", "[shipped]") {
    const auto out =
        read("hubspot_contacts",
             "\xEF\xBB\xBFRecord ID,First Name,Last Name,Email,Lifecycle Stage,Original Source,"
             "Last Modified Date,Became a Lead Date,Became a Marketing Qualified Lead Date,"
             "Became a Customer Date\r\n"
             "101,Ana,\"Silva, PhD\",ana@example.com,Customer,Organic Search,2026-03-01 10:15,"
             "2025-11-02 01:30,2025-11-20 09:00,2026-01-15 17:45\r\n"
             "102,Bo,,bo@example.com,Lead,(No value),2026-03-02 08:00,2025-12-01 12:00,,\r\n");
    REQUIRE(out.events.size() == 6);
    CHECK(out.report.events == std::array<std::uint64_t, 3>{2, 0, 4});
    const auto& a = facts(out.events[0]);
    CHECK(a.lead == "101");
    CHECK(a.at == at("2026-03-01T15:15:00Z"));
    CHECK(a.values.at("last_name") == lf::value("Silva, PhD"s));
    CHECK(a.values.at("lifecycle_stage") == lf::value("Customer"s));
    // 01:30 on the day that clocks were set back is the earlier of the two.
    CHECK(entry(out.events[1]).at == at("2025-11-02T05:30:00Z"));
    CHECK(entry(out.events[1]).stage == "lead");
    CHECK(entry(out.events[2]).stage == "marketingqualifiedlead");
    CHECK(entry(out.events[3]).stage == "customer");
    CHECK(entry(out.events[3]).funnel == "lifecycle");
    CHECK(facts(out.events[4]).values.at("original_source") == lf::value{});
    CHECK(facts(out.events[4]).values.at("last_name") == lf::value{});
    CHECK(entry(out.events[5]).lead == "102");
}

TEST_CASE("HubSpot, with internal names", "[shipped]") {
    const auto out =
        read("hubspot_contacts", "hs_object_id,email,createdate,hs_lifecyclestage_lead_date\n"
                                 "101,ana@example.com,2025-11-02T05:30:00.000Z,"
                                 "2025-11-02T05:31:00.000Z\n");
    REQUIRE(out.events.size() == 2);
    CHECK(facts(out.events[0]).at == at("2025-11-02T05:30:00Z"));
    CHECK(entry(out.events[1]).at == at("2025-11-02T05:31:00Z"));
}

TEST_CASE("Salesforce leads", "[shipped]") {
    const auto out =
        read("salesforce_leads",
             "\"Id\",\"Company\",\"Email\",\"NumberOfEmployees\",\"IsConverted\",\"ConvertedDate\","
             "\"HasOptedOutOfEmail\",\"DoNotCall\",\"LastActivityDate\",\"CreatedDate\","
             "\"LastModifiedDate\"\n"
             "\"00Q1\",\"ACME \"\"West\"\"\",\"x@acme.example\",\"1200\",\"true\",\"2026-02-10\","
             "\"false\",\"1\",\"2026-02-09\",\"2026-01-05T14:33:00.000+0000\","
             "\"2026-02-10T18:00:00.000Z\"\n"
             "\"00Q2\",\"Beta\",\"\",\"\",\"false\",\"\",\"true\",\"0\",\"\","
             "\"2026-01-06T14:33:00.000Z\",\"2026-01-06T14:33:00.000Z\"\n");
    CHECK(out.report.events == std::array<std::uint64_t, 3>{2, 0, 1});
    REQUIRE(out.events.size() == 3);
    const auto& a = facts(out.events[0]);
    CHECK(a.at == at("2026-02-10T18:00:00Z"));
    CHECK(a.values == lf::value_map{{"company", "ACME \"West\""s},
                                    {"email", "x@acme.example"s},
                                    {"employees", 1200.0},
                                    {"opted_out_of_email", false},
                                    {"do_not_call", true},
                                    {"last_activity", at("2026-02-09T23:59:59.999999Z")},
                                    {"created_at", at("2026-01-05T14:33:00Z")}});
    CHECK(entry(out.events[1]).stage == "converted");
    CHECK(entry(out.events[1]).at == at("2026-02-10T23:59:59.999999Z"));
    CHECK(facts(out.events[2]).values.at("email") == lf::value{});
}

TEST_CASE("Salesforce campaign members", "[shipped]") {
    const auto out = read("salesforce_campaign_members",
                          "Id,CampaignId,LeadId,ContactId,Status,HasResponded,FirstRespondedDate,"
                          "CreatedDate\n"
                          "00v1,701A,00Q1,,Attended,true,2026-03-12,2026-03-01T10:00:00.000Z\n"
                          "00v2,701A,,003B,Sent,false,,2026-03-01T10:00:00.000Z\n");
    REQUIRE(out.events.size() == 3);
    CHECK(touch(out.events[0]).type == "campaign_added");
    CHECK(touch(out.events[0]).campaign == "701A");
    CHECK(touch(out.events[0]).id == "00v1");
    CHECK(touch(out.events[1]).type == "campaign_responded");
    CHECK(touch(out.events[1]).properties == lf::value_map{{"status", "Attended"s}});
    CHECK(touch(out.events[1]).at == at("2026-03-12T23:59:59.999999Z"));
    // The two events of a row do not count as repeated.
    CHECK(touch(out.events[0]).source != touch(out.events[1]).source);
    CHECK(touch(out.events[2]).lead == "003B");
}

TEST_CASE("BPI Challenge 2012, a sample", "[shipped]") {
    const auto leads = read("bpic2012_leads", "lead_id,registered_at,amount_requested\n"
                                              "173688,2011-10-01T00:38:44.546+02:00,20000\n");
    REQUIRE(leads.events.size() == 1);
    CHECK(facts(leads.events[0]).at == at("2011-09-30T22:38:44.546Z"));
    CHECK(facts(leads.events[0]).values ==
          lf::value_map{{"amount_requested", 20000.0},
                        {"registered_at", at("2011-09-30T22:38:44.546Z")}});
    const auto touches = read("bpic2012_touchpoints",
                              "lead_id,occurred_at,activity,lifecycle,resource\n"
                              "173688,2011-10-01T00:38:44.546+02:00,A_SUBMITTED,COMPLETE,112\n"
                              "173688,2011-10-01T11:36:46.437+02:00,W_Completeren aanvraag,"
                              "SCHEDULE,\n");
    REQUIRE(touches.events.size() == 2);
    CHECK(touch(touches.events[0]).properties ==
          lf::value_map{{"lifecycle", "COMPLETE"s}, {"resource", "112"s}});
    CHECK(touch(touches.events[1]).type == "W_Completeren aanvraag");
    CHECK(touch(touches.events[1]).properties == lf::value_map{{"lifecycle", "SCHEDULE"s}});
}
