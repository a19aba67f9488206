// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Any bytes are read without a crash and in bounded memory. A model that is read without an issue
// is the same after being written and read back.

#include <leadfunnel/model/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace leadfunnel;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const loaded_model read = parse_model(text, "fuzz.json");
    for (issue i : read.issues) {
        if (i.line == 0 || i.column == 0 || i.message.empty()) std::abort();
        (void)to_string(i);
        i.line = 0;
        read.locate(i);
    }
    if (!read.issues.empty()) return 0;
    const std::string written = write_model(read.value);
    const loaded_model again = parse_model(written);
    if (!again.issues.empty() || !(again.value == read.value)) std::abort();
    if (write_model(again.value) != written) std::abort();
    return 0;
}
