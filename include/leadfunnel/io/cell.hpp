// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What readers of text hand on: cells of a row, and what can be wrong with one.

#include <leadfunnel/core/config.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace leadfunnel::inline v0 {

/// What is wrong with a row of input. `to_string` prints the names as they are spelt here.
enum class row_fault : std::uint8_t {
    none,
    too_long,       ///< longer than the limit
    nul,            ///< holds a NUL, as it stands or as `\u0000`
    not_utf8,       ///< holds bytes that are not UTF-8
    bad_quote,      ///< CSV: a quote inside an unquoted field, or text after a closing quote
    unclosed_quote, ///< CSV: a quoted field that never ends
    ragged,         ///< CSV: more or fewer fields than the header
    bad_json,       ///< NDJSON: not one JSON object
    duplicate_key,  ///< NDJSON: a field that the mapping reads is given twice
    missing_lead,   ///< no lead id
    missing_instant,
    missing_type,
    missing_stage,
    bad_instant, ///< not an instant of the declared form; a local time that is skipped or ambiguous
    bad_number,  ///< not a finite number, or out of range
    bad_boolean,
    wrong_type ///< NDJSON: an object or list where one value is due
};
inline constexpr std::size_t row_fault_count = static_cast<std::size_t>(row_fault::wrong_type) + 1;

[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(row_fault f) noexcept;

/// What a field of one row holds. Views live until the handler returns.
struct cell {
    enum class kind : std::uint8_t {
        absent,  ///< NDJSON: no such key on the way
        null,    ///< NDJSON: null
        text,    ///< every field of CSV; a JSON string, its escapes resolved
        number,  ///< a JSON number as it is written
        boolean, ///< `true` or `false`, as it is written
        list,    ///< a JSON array of scalars: `items`
        other    ///< a JSON object, or an array that holds more than scalars
    };
    kind is = kind::absent;
    std::string_view text{};
    std::span<const std::string_view> items{};
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/impl/cell.ipp>
#endif
