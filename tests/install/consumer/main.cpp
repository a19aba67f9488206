// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// What a host does, touching every library that leadfunnel links: Boost.JSON (the model file), RE2
// and utf8proc (the condition), fmt (the explanation), simdjson (NDJSON), xxHash (the snapshot).
#include <leadfunnel/io/ingest.hpp>
#include <leadfunnel/io/ndjson.hpp>
#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <cstdio>
#include <vector>

namespace lf = leadfunnel;

namespace {

struct counter : lf::ndjson_handler {
    std::size_t rows = 0;
    bool on_row(const lf::ndjson_row& row) override {
        if (row.fault == lf::row_fault::none) ++rows;
        return true;
    }
};

int fail(const char* what) {
    std::fprintf(stderr, "failed: %s\n", what);
    return 1;
}

} // namespace

int main() {
    const auto model = lf::parse_model(R"({
        // as a person would write it
        "id": "consumer",
        "time_zone": "Asia/Tokyo",
        "properties": [{"id": "url"}],
        "touchpoints": [{"id": "page_view"}],
        "scores": [{"id": "engagement"}],
        "rules": [{"kind": "occurrence", "id": "pricing", "score": "engagement",
                   "on": {"type": "page_view", "where": {"property": "url", "regex": "^/pricing"}},
                   "points": 25,
                   "decay": {"kind": "half_life", "period": "30d"}}]
    })",
                                       "consumer.json");
    for (const auto& issue : model.issues)
        std::fprintf(stderr, "%s\n", lf::to_string(issue).c_str());
    const auto plan = lf::compile(model);

    const auto seen = lf::parse_rfc3339("2026-04-01T09:30:00+09:00").at;
    const std::vector<lf::event> events{
        lf::touchpoint{.lead = "L-17",
                       .at = seen,
                       .type = "page_view",
                       .properties = {{"url", lf::value{"/PRICING/ja"}}}},
        lf::touchpoint{.lead = "L-17",
                       .at = seen,
                       .type = "page_view",
                       .properties = {{"url", lf::value{"/careers"}}}}};
    const auto leads = lf::make_histories(events);
    const lf::scorer scorer{plan, leads};
    const auto engagement = plan.score("engagement");

    if (scorer.score_at(0, engagement, seen).value != lf::points{25})
        return fail("25 points at once");
    const auto later = seen + std::chrono::days{30};
    if (scorer.score_at(0, engagement, later).value != lf::points{12.5})
        return fail("half of them after a half-life");
    std::printf("%s\n", lf::to_string(scorer.explain(0, engagement, later)).c_str());

    lf::engine engine{plan};
    engine.apply(events);
    const auto again = lf::engine::from_snapshot(plan, engine.snapshot());
    if (again.score("L-17", "engagement", later).value != lf::points{12.5})
        return fail("the same from a snapshot");

    // Exceptions that the library throws are caught here by their types.
    try {
        (void)plan.score("engagment");
        return fail("an unknown score");
    } catch (const lf::unknown_name& e) {
        if (e.code() != lf::error_code::unknown_name) return fail("the code of an unknown name");
    }
    try {
        (void)lf::compile(lf::parse_model("{}", "empty.json"));
        return fail("a model without anything");
    } catch (const lf::model_error& e) {
        if (e.issues().empty()) return fail("the issues of a model");
    }
    try {
        (void)lf::make_histories(std::vector<lf::event>{lf::touchpoint{.lead = "", .at = seen}});
        return fail("an event without a lead");
    } catch (const lf::error& e) {
        if (dynamic_cast<const lf::event_error*>(&e) == nullptr) return fail("an event_error");
        if (lf::to_string(e.code()) != "no_lead") return fail("the code of an event");
    }
    // The virtual functions of a sink are defined in the library.
    std::size_t taken = 0;
    lf::event_sink sink{[&](const lf::event&) { ++taken; }};
    lf::row_sink& rows_to = sink;
    rows_to.on_touchpoint(lf::touchpoint_row{});
    if (taken != 1) return fail("one event");

    counter rows;
    lf::ndjson_reader reader{{"url"}, rows};
    reader.push("{\"url\": \"/pricing\"}\n");
    reader.finish();
    if (rows.rows != 1) return fail("one NDJSON row");
    return 0;
}
