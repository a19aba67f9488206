// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// No mapping file makes the reader crash or hang. Every issue has a place. A mapping without issues
// can read input.

#include <leadfunnel/io/ingest.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace lf = leadfunnel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<char> bytes(data, data + size);
    const auto m = lf::parse_mapping({bytes.data(), bytes.size()}, "m");
    for (const lf::issue& i : m.issues)
        if (i.line == 0 || i.column == 0 || i.message.empty()) std::abort();
    if (m.issues.empty() && !lf::check(m.value).empty()) std::abort();
    lf::null_sink sink;
    const bool csv = m.value.format == lf::input_format::csv;
    const auto report = lf::ingest_text(
        csv ? "l,t,k,a\nx,2026-01-01T00:00:00Z,y,1\n,,,\n"
            : "{\"l\":\"x\",\"t\":\"2026-01-01T00:00:00Z\",\"k\":\"y\",\"a\":{\"b\":1}}\n{}\n",
        m, sink);
    if (!m.issues.empty() && report.rows != 0) std::abort();
    return 0;
}
