// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/error.hpp>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL std::string_view to_string(error_code c) noexcept {
    switch (c) {
    case error_code::other:
        return "other";
    case error_code::model:
        return "model";
    case error_code::table:
        return "table";
    case error_code::arrow:
        return "arrow";
    case error_code::snapshot:
        return "snapshot";
    case error_code::file:
        return "file";
    case error_code::busy:
        return "busy";
    case error_code::unknown_lead:
        return "unknown_lead";
    case error_code::unknown_name:
        return "unknown_name";
    case error_code::unknown_number:
        return "unknown_number";
    case error_code::bad_argument:
        return "bad_argument";
    case error_code::bad_state:
        return "bad_state";
    case error_code::no_lead:
        return "no_lead";
    case error_code::bad_instant:
        return "bad_instant";
    case error_code::bad_number:
        return "bad_number";
    case error_code::bad_text:
        return "bad_text";
    case error_code::too_many:
        return "too_many";
    }
    return "unknown";
}

} // namespace leadfunnel::inline v0
