// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Reading input: a million touchpoints as CSV and as NDJSON of 400 bytes a line, from memory. Each
// row reports rows a second, and nanoseconds and bytes for each row; `sum_bytes` is the time to
// merely read the same bytes.

#include <leadfunnel/io/csv.hpp>
#include <leadfunnel/io/ingest.hpp>
#include <leadfunnel/io/ndjson.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>

namespace lf = leadfunnel;

namespace {

constexpr std::int64_t rows = 1'000'000;

class texts {
  public:
    static const std::string& csv() {
        static const std::string text = make_csv(false);
        return text;
    }
    /// Every row has a quoted field and a text that is not ASCII.
    static const std::string& quoted_csv() {
        static const std::string text = make_csv(true);
        return text;
    }
    static const std::string& ndjson() {
        static const std::string text = make_ndjson();
        return text;
    }

  private:
    struct row {
        std::string lead, at, type, seconds, campaign, path;
    };
    struct maker {
        std::mt19937_64 random{20260401};
        std::uint64_t below(std::uint64_t n) { return random() % n; }
        std::string two(std::uint64_t n) {
            return {static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
        }
        row next() {
            static constexpr const char* types[] = {"page_view", "mail_open",        "mail_click",
                                                    "download",  "seminar_attended", "call"};
            row r;
            r.lead = "L-" + std::to_string(100'000 + below(100'000));
            r.at = "2025-" + two(1 + below(12)) + '-' + two(1 + below(28)) + 'T' + two(below(24)) +
                   ':' + two(below(60)) + ':' + two(below(60)) + '.' +
                   std::to_string(100 + below(900)) + "+09:00";
            r.type = types[below(6)];
            r.seconds = std::to_string(below(600));
            r.campaign = below(3) == 0 ? "spring-" + std::to_string(below(20)) : "";
            r.path = "/products/" + std::to_string(below(200)) + "/specs";
            return r;
        }
    };
    static std::string make_csv(bool quoted) {
        maker m;
        std::string out = "lead_id,occurred_at,activity,seconds,campaign,channel,url\n";
        for (std::int64_t i = 0; i < rows; ++i) {
            const row r = m.next();
            out +=
                r.lead + ',' + r.at + ',' + r.type + ',' + r.seconds + ',' + r.campaign + ",web,";
            out += quoted ? "\"" + r.path + "?q=\"\"製品, 比較\"\"\"\n" : r.path + '\n';
        }
        return out;
    }
    static std::string make_ndjson() {
        maker m;
        std::string out;
        for (std::int64_t i = 0; i < rows; ++i) {
            const row r = m.next();
            std::string line =
                R"({"type":"track","event":")" + r.type + R"(","userId":")" + r.lead +
                R"(","messageId":"ajs-next-)" + std::to_string(1'000'000'000 + i) +
                R"(","timestamp":")" + r.at + R"(","properties":{"seconds":)" + r.seconds +
                R"(,"path":")" + r.path + R"(","logged_in":true},"context":{"campaign":{"name":")" +
                r.campaign + R"(","medium":"web"},"ip":"203.0.113.7","locale":"ja-JP",)" +
                R"("page":{"path":")" + r.path + R"(","referrer":"https://www.example.com/",)" +
                R"("title":"Specifications"},"userAgent":")";
            constexpr std::size_t size = 400;
            if (line.size() + 4 < size) line.append(size - line.size() - 4, 'M');
            out += line + "\"}}\n";
        }
        return out;
    }
};

lf::loaded_mapping csv_mapping() {
    return lf::parse_mapping(R"({"mappings": [{"to": "touchpoint", "lead": "lead_id",
        "at": "occurred_at", "type": "activity", "value": "seconds", "campaign": "campaign",
        "channel": "channel", "properties": {"url": "url"}}]})");
}
lf::loaded_mapping ndjson_mapping() {
    return lf::parse_mapping(R"({"format": "ndjson", "mappings": [
        {"to": "touchpoint", "when": {"field": "type", "is": "track"},
         "lead": ["userId", "anonymousId"], "at": "timestamp", "type": "event",
         "value": "properties.seconds", "campaign": "context.campaign.name",
         "channel": "context.campaign.medium", "source": {"constant": "segment"},
         "id": "messageId", "properties": {"path": ["properties.path", "context.page.path"]}},
        {"to": "attributes", "when": {"field": "type", "is": "identify"}, "lead": "userId",
         "at": "timestamp", "attributes": {"email": "traits.email"}}]})");
}

/// Reads everything and keeps nothing.
struct counting_sink final : lf::row_sink {
    std::uint64_t sum = 0;
    void on_touchpoint(const lf::touchpoint_row& r) override {
        sum += static_cast<std::uint64_t>(r.at.time_since_epoch().count()) + r.lead.size() +
               r.type.size() + r.campaign.size() + r.properties.size();
        if (r.value) sum += static_cast<std::uint64_t>(r.value->micros());
    }
    void on_attributes(const lf::attributes_row& /*r*/) override {}
    void on_stage(const lf::stage_row& /*r*/) override {}
};

void finish(benchmark::State& state, std::size_t bytes) {
    const auto done = static_cast<double>(state.iterations()) * static_cast<double>(rows);
    state.counters["rows/s"] = benchmark::Counter(done, benchmark::Counter::kIsRate);
    state.counters["s/row"] =
        benchmark::Counter(done, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state.counters["bytes/row"] = static_cast<double>(bytes) / static_cast<double>(rows);
}

void sum_bytes(benchmark::State& state, const std::string& (*make)()) {
    const std::string& text = make();
    for (auto _ : state) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i + 8 <= text.size(); i += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, text.data() + i, sizeof word);
            sum += word;
        }
        benchmark::DoNotOptimize(sum);
    }
    finish(state, text.size());
}

void ingest(benchmark::State& state, const std::string& (*make)(), lf::loaded_mapping (*map)()) {
    const std::string& text = make();
    const lf::loaded_mapping mapping = map();
    for (auto _ : state) {
        counting_sink sink;
        const lf::ingest_report report = lf::ingest_text(text, mapping, sink);
        if (report.accepted != rows) state.SkipWithError("not every row was accepted");
        benchmark::DoNotOptimize(sink.sum);
    }
    finish(state, text.size());
}

/// In chunks of 256 KiB, as a file would come.
void ingest_chunks(benchmark::State& state, const std::string& (*make)(),
                   lf::loaded_mapping (*map)()) {
    const std::string& text = make();
    const lf::loaded_mapping mapping = map();
    constexpr std::size_t size = std::size_t{1} << 18U;
    for (auto _ : state) {
        counting_sink sink;
        lf::ingester in(mapping, sink);
        for (std::size_t i = 0; i < text.size(); i += size)
            in.push(std::string_view(text).substr(i, size));
        if (in.finish().accepted != rows) state.SkipWithError("not every row was accepted");
        benchmark::DoNotOptimize(sink.sum);
    }
    finish(state, text.size());
}

/// Into events that own their texts: the convenient way.
void ingest_events(benchmark::State& state, const std::string& (*make)(),
                   lf::loaded_mapping (*map)()) {
    const std::string& text = make();
    const lf::loaded_mapping mapping = map();
    for (auto _ : state) {
        std::uint64_t n = 0;
        lf::event_sink sink([&](const lf::event& e) { n += e.index(); });
        const lf::ingest_report report = lf::ingest_text(text, mapping, sink);
        if (report.accepted != rows) state.SkipWithError("not every row was accepted");
        benchmark::DoNotOptimize(n);
    }
    finish(state, text.size());
}

/// Splits rows into fields and does no more.
void tokens(benchmark::State& state, const std::string& (*make)()) {
    struct handler : lf::csv_handler {
        std::uint64_t fields = 0;
        bool on_row(const lf::csv_row& row) override {
            fields += row.fields.size();
            return true;
        }
    };
    const std::string& text = make();
    for (auto _ : state) {
        handler h;
        lf::csv_reader reader(h);
        reader.push(text);
        reader.finish();
        benchmark::DoNotOptimize(h.fields);
    }
    finish(state, text.size());
}

} // namespace

BENCHMARK_CAPTURE(sum_bytes, csv, texts::csv)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(tokens, csv, texts::csv)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ingest, csv, texts::csv, csv_mapping)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ingest_chunks, csv, texts::csv, csv_mapping)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ingest_events, csv, texts::csv, csv_mapping)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(tokens, quoted_csv, texts::quoted_csv)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ingest, quoted_csv, texts::quoted_csv, csv_mapping)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(sum_bytes, ndjson, texts::ndjson)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ingest, ndjson, texts::ndjson, ndjson_mapping)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ingest_chunks, ndjson, texts::ndjson, ndjson_mapping)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ingest_events, ndjson, texts::ndjson, ndjson_mapping)
    ->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
