// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0::detail {

/// A text of the input in a message, cut short at a whole character.
inline std::string shown(std::string_view text) {
    constexpr std::size_t longest = 60;
    std::string_view part = text.substr(0, longest);
    while (part.size() < text.size() && !part.empty() && !is_utf8(part)) part.remove_suffix(1);
    std::string out{'\''};
    out += part;
    out += part.size() < text.size() ? "…'" : "'";
    return out;
}

} // namespace leadfunnel::inline v0::detail
