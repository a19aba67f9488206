// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/io/cell.hpp>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL std::string_view to_string(row_fault f) noexcept {
    switch (f) {
    case row_fault::none:
        return "none";
    case row_fault::too_long:
        return "too_long";
    case row_fault::nul:
        return "nul";
    case row_fault::not_utf8:
        return "not_utf8";
    case row_fault::bad_quote:
        return "bad_quote";
    case row_fault::unclosed_quote:
        return "unclosed_quote";
    case row_fault::ragged:
        return "ragged";
    case row_fault::bad_json:
        return "bad_json";
    case row_fault::duplicate_key:
        return "duplicate_key";
    case row_fault::missing_lead:
        return "missing_lead";
    case row_fault::missing_instant:
        return "missing_instant";
    case row_fault::missing_type:
        return "missing_type";
    case row_fault::missing_stage:
        return "missing_stage";
    case row_fault::bad_instant:
        return "bad_instant";
    case row_fault::bad_number:
        return "bad_number";
    case row_fault::bad_boolean:
        return "bad_boolean";
    case row_fault::wrong_type:
        return "wrong_type";
    }
    return "unknown";
}

} // namespace leadfunnel::inline v0
