// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/history/ingest_report.hpp>

#include <leadfunnel/core/detail/quote.hpp>

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

LEADFUNNEL_DECL std::string_view describe_error(row_fault f) noexcept {
    switch (f) {
    case row_fault::too_long:
        return "longer than the limit";
    case row_fault::nul:
        return "it holds a NUL";
    case row_fault::not_utf8:
        return "text that is not UTF-8";
    case row_fault::bad_quote:
        return "a quote inside an unquoted field, or text after a closing quote";
    case row_fault::unclosed_quote:
        return "a quoted field that never ends";
    case row_fault::bad_json:
        return "not one JSON object";
    case row_fault::duplicate_key:
        return "given twice";
    case row_fault::missing_lead:
        return "no lead id";
    case row_fault::missing_instant:
        return "no instant";
    case row_fault::missing_type:
        return "no type";
    case row_fault::missing_stage:
        return "no funnel or stage";
    case row_fault::bad_number:
        return "not a number, or out of range";
    case row_fault::bad_boolean:
        return "neither true, yes, 1 nor false, no, 0";
    case row_fault::none:
    case row_fault::ragged:
    case row_fault::bad_instant:
    case row_fault::wrong_type:
        break;
    }
    return to_string(f);
}

LEADFUNNEL_DECL std::string to_string(const bad_row& r) {
    std::string out = "line " + std::to_string(r.line);
    if (!r.column.empty()) out += ", column " + detail::quote(r.column);
    out += ": ";
    detail::append_printable(r.message, out);
    out += " [";
    out += to_string(r.fault);
    return out += ']';
}

} // namespace leadfunnel::inline v0
