// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Checks of models that are read from any text. Issues found in the file are found in its model,
// and a model without errors can be written and read back.

#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/check.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace leadfunnel;

bool has_errors(const std::vector<issue>& issues) {
    return std::any_of(issues.begin(), issues.end(),
                       [](const issue& i) { return i.level == severity::error; });
}

void must(bool holds) {
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const loaded_model read =
        parse_model({reinterpret_cast<const char*>(data), size}, "fuzz"); // NOLINT
    const auto located = check(read);
    const auto found = check(read.value);
    must(located.size() >= read.issues.size());
    for (const issue& i : located) must(i.line != 0 && !i.message.empty() && i.file == "fuzz");
    auto listed = located; // without the count of issues that are not listed
    std::erase_if(listed, [](const issue& i) { return i.code == issue_code::too_large; });
    must(std::is_sorted(listed.begin(), listed.end(), [](const issue& a, const issue& b) {
        return std::pair{a.line, a.column} < std::pair{b.line, b.column};
    }));
    if (!read.issues.empty()) {
        must(has_errors(located));
        return 0;
    }
    must(located.size() == found.size());
    if (!has_errors(found)) {
        const loaded_model again = parse_model(write_model(read.value));
        must(again.issues.empty() && again.value == read.value);
    }
    return 0;
}
