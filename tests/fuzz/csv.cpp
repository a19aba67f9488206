// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// No CSV makes the reader crash, hang or lose a row, and the sizes of its chunks change nothing.
// The first two bytes choose chunks and limits.

#include <leadfunnel/io/csv.hpp>
#include <leadfunnel/io/ingest.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace lf = leadfunnel;

namespace {

void require(bool b) {
    if (!b) std::abort();
}

/// Everything that is reported about the rows, as one text.
struct teller : lf::csv_handler {
    std::string told{};
    std::uint64_t end = 0;
    std::uint64_t line = 0;
    std::size_t longest = 0;
    bool on_row(const lf::csv_row& row) override {
        require(row.offset >= end);
        require(row.line > line);
        require(row.raw.size() <= longest);
        end = row.offset + row.raw.size();
        line = row.line;
        told += std::to_string(row.line) + ' ' + std::to_string(row.offset) + ' ' +
                std::to_string(static_cast<int>(row.fault)) + ' ' + std::to_string(row.field) + ' ';
        told += row.raw;
        for (const std::string_view f : row.fields) told.append("|").append(f);
        return true;
    }
};

const lf::loaded_mapping& mapping() {
    static const lf::loaded_mapping m = lf::parse_mapping(R"({"unset": ["", "-"],
        "time": {"format": "local", "zone": "Europe/Amsterdam", "ambiguous": "latest"},
        "mappings": [
        {"to": "attributes", "and_more": true, "lead": ["l", "m"], "attributes":
          {"n": {"from": "n", "type": "number", "optional": true}, "b": {"from": "b", "type": "bool", "optional": true},
           "s": {"from": "s", "type": "set", "optional": true}}},
        {"to": "stage", "when": {"field": "s", "is": "x", "optional": true}, "lead": "l", "at": "t",
         "funnel": {"constant": "f"}, "stage": "s"},
        {"to": "touchpoint", "when": {"field": "t", "set": true, "optional": true}, "lead": "l", "at": "t",
         "type": {"from": "k", "constant": "k", "translate": {"a": "b"}, "optional": true},
         "value": {"from": "n", "scale": 0.001, "optional": true}}]})");
    require(m.issues.empty());
    return m;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t chunk = data[0] % 64U + 1U;
    const std::size_t limit = data[1] % 4U == 0 ? std::size_t{data[1]} : std::size_t{1} << 20U;
    const std::vector<char> bytes(
        data + 2, data + size); // a copy of exact size: a sanitizer sees reads beyond it
    const std::string_view text(bytes.data(), bytes.size());

    teller whole;
    whole.longest = limit;
    lf::csv_reader at_once(whole, {.max_row_bytes = limit});
    require(at_once.push(text) && at_once.finish());
    require(at_once.bytes() == text.size());

    teller cut;
    cut.longest = limit;
    lf::csv_reader in_parts(cut, {.max_row_bytes = limit});
    for (std::size_t i = 0; i < text.size(); i += chunk) {
        const std::vector<char> part(
            text.begin() + static_cast<std::ptrdiff_t>(i),
            text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), i + chunk)));
        require(in_parts.push({part.data(), part.size()}));
    }
    require(in_parts.finish());
    require(cut.told == whole.told);

    std::uint64_t events = 0;
    lf::event_sink sink([&](const lf::event& e) {
        ++events;
        if (const auto* t = std::get_if<lf::touchpoint>(&e)) require(!t->type.empty());
    });
    lf::ingest_options options;
    options.max_row_bytes = limit;
    options.keep_bad_rows = 5;
    const lf::ingest_report r = lf::ingest_text(text, mapping(), sink, options);
    require(r.rows == r.accepted + r.skipped + r.bad);
    require(events == r.events[0] + r.events[1] + r.events[2]);
    require(r.bad_rows.size() == std::min<std::uint64_t>(r.bad, 5));
    require(r.complete() == r.issues.empty());
    return 0;
}
