// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// No NDJSON makes the reader crash, hang or lose a line, and the sizes of its chunks change
// nothing. A line is good exactly when another parser reads it as a JSON object. The first two
// bytes choose chunks and limits.

#include <leadfunnel/io/ingest.hpp>
#include <leadfunnel/io/ndjson.hpp>

#include <boost/json.hpp>

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

bool is_object(std::string_view line) {
    boost::json::error_code code;
    boost::json::parse_options options;
    options.max_depth = 10'000;
    const auto v = boost::json::parse({line.data(), line.size()}, code, {}, options);
    return !code && v.is_object();
}

/// The other parser fails where an exponent does not fit an int.
bool has_huge_exponent(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] != 'e' && line[i] != 'E') continue;
        std::size_t n = i + 1;
        if (n < line.size() && (line[n] == '+' || line[n] == '-')) ++n;
        const std::size_t first = n;
        while (n < line.size() && line[n] >= '0' && line[n] <= '9') ++n;
        if (n - first >= 8) return true;
    }
    return false;
}

struct teller : lf::ndjson_handler {
    std::string told{};
    std::uint64_t end = 0;
    std::uint64_t line = 0;
    std::size_t longest = 0;
    bool compare = false;
    bool on_row(const lf::ndjson_row& row) override {
        require(row.offset >= end);
        require(row.line > line);
        require(row.raw.size() <= longest);
        end = row.offset + row.raw.size();
        line = row.line;
        told += std::to_string(row.line) + ' ' + std::to_string(row.offset) + ' ' +
                std::to_string(static_cast<int>(row.fault)) + ' ' + std::to_string(row.path) + ' ';
        told += row.raw;
        for (const lf::cell& c : row.cells) {
            told.append("|").append(std::to_string(static_cast<int>(c.is))).append(c.text);
            for (const std::string_view item : c.items) told.append(",").append(item);
        }
        using f = lf::row_fault;
        const auto opening = std::count_if(row.raw.begin(), row.raw.end(),
                                           [](char c) { return c == '{' || c == '['; });
        if (compare && row.fault != f::too_long && row.fault != f::duplicate_key && opening < 200) {
            // An escaped NUL is valid JSON.
            const bool escaped_nul =
                row.fault == f::nul && row.raw.find('\0') == std::string_view::npos;
            const bool theirs = is_object(row.raw);
            if (!escaped_nul && !has_huge_exponent(row.raw))
                require((row.fault == f::none) == theirs);
        }
        return true;
    }
};

const lf::loaded_mapping& mapping() {
    static const lf::loaded_mapping m = lf::parse_mapping(R"({"format": "ndjson", "mappings": [
        {"to": "attributes", "and_more": true, "when": {"field": "a", "set": true}, "lead": ["l", "b.c"],
         "attributes": {"n": {"from": "n", "type": "number"}, "s": {"from": "a", "type": "set"}}},
        {"to": "touchpoint", "lead": "l", "at": {"from": "t", "format": "unix_millis"},
         "type": {"from": "k", "constant": "k"}, "value": "n", "properties": {"c": "b.c"}}]})");
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
    const std::vector<std::string> paths{"a", "b.c", "l", "a"};

    teller whole;
    whole.longest = limit;
    whole.compare = true;
    lf::ndjson_reader at_once(paths, whole, {.max_row_bytes = limit});
    require(at_once.push(text) && at_once.finish());
    require(at_once.bytes() == text.size());

    teller cut;
    cut.longest = limit;
    lf::ndjson_reader in_parts(paths, cut, {.max_row_bytes = limit});
    for (std::size_t i = 0; i < text.size(); i += chunk) {
        const std::vector<char> part(
            text.begin() + static_cast<std::ptrdiff_t>(i),
            text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), i + chunk)));
        require(in_parts.push({part.data(), part.size()}));
    }
    require(in_parts.finish());
    require(cut.told == whole.told);

    std::uint64_t events = 0;
    lf::event_sink sink([&](const lf::event&) { ++events; });
    lf::ingest_options options;
    options.max_row_bytes = limit;
    const lf::ingest_report r = lf::ingest_text(text, mapping(), sink, options);
    require(r.complete());
    require(r.rows == r.accepted + r.skipped + r.bad);
    require(events == r.events[0] + r.events[1] + r.events[2]);
    return 0;
}
