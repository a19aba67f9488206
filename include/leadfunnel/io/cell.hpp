// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The cells of a row, as readers of text deliver them.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/history/ingest_report.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace leadfunnel::inline v0 {

/// The value of one field of one row. Views are valid until the handler returns.
struct cell {
    enum class kind : std::uint8_t {
        absent,  ///< NDJSON: the line has no such path
        null,    ///< NDJSON: null
        text,    ///< every field of CSV; a JSON string, its escapes resolved
        number,  ///< a JSON number, as written
        boolean, ///< `true` or `false`
        list,    ///< a JSON array of scalars: `items`
        other    ///< a JSON object, or an array that holds more than scalars
    };
    kind is = kind::absent;
    std::string_view text{};
    std::span<const std::string_view> items{};
};

} // namespace leadfunnel::inline v0
