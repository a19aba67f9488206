// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Snapshots with a correct checksum and damaged content: each is refused, or gives an engine that
// works.

#include "moving_model.hpp"

#include <leadfunnel/engine/detail/checksum.hpp>
#include <leadfunnel/leadfunnel.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t head = 12 + 4 + 8 + 8; // magic, format, checksum, size

/// A snapshot with other content.
std::string with(const std::string& original, std::string_view content) {
    std::string out = original.substr(0, head);
    const std::uint64_t sum = lf::detail::checksum_of(content);
    const std::uint64_t size = content.size();
    std::memcpy(out.data() + 16, &sum, sizeof sum);
    std::memcpy(out.data() + 24, &size, sizeof size);
    return out.append(content);
}

std::string some_snapshot(const lf::plan& plan) {
    lf::engine e{plan};
    const auto start = lf::parse_rfc3339("2026-03-02T08:00:00Z").at;
    for (int i = 0; i < 12; ++i)
        e.apply(lf::touchpoint{.lead = std::string(1, static_cast<char>('A' + i % 3)),
                               .at = start + i * 5h,
                               .type = i % 4 == 3 ? "demo" : "page",
                               .id = std::to_string(i)});
    e.apply(lf::attributes{
        .lead = "A", .at = start + 70h, .values = {{"mail", std::string{"a@example.com"}}}});
    e.merge("A", "B");
    return e.snapshot();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto plan = lf::compile(fuzz::moving_model());
    static const auto original = some_snapshot(plan);
    // The input is a list of edits (overwrite, add, erase, insert), so that most of the content
    // stays as it was.
    std::string content = original.substr(head);
    for (std::size_t i = 0; i + 3 < size; i += 4) {
        const std::size_t at = (std::size_t{data[i]} << 8 | data[i + 1]) % content.size();
        switch (data[i + 2] % 4) {
        case 0:
            content[at] = static_cast<char>(data[i + 3]);
            break;
        case 1:
            content[at] = static_cast<char>(static_cast<unsigned char>(content[at]) + data[i + 3]);
            break;
        case 2:
            content.erase(at, data[i + 3]);
            break;
        default:
            content.insert(at, data[i + 3] % 16U, static_cast<char>(data[i + 3] / 16));
        }
        if (content.empty()) content.push_back('\0');
    }
    try {
        auto e = lf::engine::from_snapshot(plan, with(original, content));
        const auto again = e.snapshot();
        (void)again;
        e.advance_to(e.now() == lf::always ? lf::parse_rfc3339("2026-04-01T00:00:00Z").at
                                           : e.now() + 500h);
        e.apply(lf::touchpoint{.lead = "A", .at = e.now() - 900h, .type = "page"});
        for (const auto& lead : e.find({.limit = 50}).leads) {
            (void)e.timeline(lead);
            (void)e.explain(lead, "engagement");
            (void)e.band(lead, "heat");
        }
        (void)e.signals();
    } catch (const lf::snapshot_error&) {
    } catch (const lf::event_error&) {
    }
    return 0;
}
