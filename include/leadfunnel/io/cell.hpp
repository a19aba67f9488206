// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What readers of text hand on: the cells of a row.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/history/ingest_report.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace leadfunnel::inline v0 {

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
