// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include <every_header.hpp>

leadfunnel::instant (*parsed_in_unit_two())(const char*);
const void* address_in_unit_two();

leadfunnel::instant (*parsed_in_unit_two())(const char*) {
    return [](const char* text) { return leadfunnel::parse_rfc3339(text).at; };
}

const void* address_in_unit_two() {
    const auto parse = &leadfunnel::parse_rfc3339;
    return reinterpret_cast<const void*>(parse);
}
