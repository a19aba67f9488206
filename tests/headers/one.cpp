// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include <every_header.hpp>

#include <cstdio>

// The same functions, as the other unit sees them.
leadfunnel::instant (*parsed_in_unit_two())(const char*);
const void* address_in_unit_two();

int main() {
    const auto here = leadfunnel::parse_rfc3339("2026-04-01T09:30:00+09:00").at;
    const auto there = parsed_in_unit_two()("2026-04-01T00:30:00Z");
    if (here != there) {
        std::fputs("two units read one instant differently\n", stderr);
        return 1;
    }
    // An inline function has one address in a program, whichever unit takes it.
    const auto parse = &leadfunnel::parse_rfc3339;
    if (reinterpret_cast<const void*>(parse) != address_in_unit_two()) {
        std::fputs("a function has two addresses\n", stderr);
        return 1;
    }
    return 0;
}
