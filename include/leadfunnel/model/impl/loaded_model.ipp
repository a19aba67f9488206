// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/messages.hpp>
#include <leadfunnel/model/loaded_model.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL text_positions::place text_positions::find(std::string_view pointer) const {
    place out;
    if (entries.empty()) {
        out.pointer = pointer;
        return out;
    }
    out.at = entries.front().at;
    std::uint32_t here = 0;
    bool inside = true;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        const std::string_view token = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(token.size());
        const std::string key = detail::pointer_key(token);
        std::uint32_t index = 0;
        const bool numeric =
            std::from_chars(token.data(), token.data() + token.size(), index).ptr ==
                token.data() + token.size() &&
            !token.empty();
        // What stands for an object has the place of the member that it is.
        if (inside && entries[here].is_short && !(entries[here].is_list && numeric)) continue;
        bool found = false;
        std::string step(token);
        if (inside && (!entries[here].is_list || numeric)) {
            std::uint32_t number = 0;
            for (std::uint32_t each = here + 1; each < entries[here].end;
                 each = entries[each].end, ++number) {
                const entry& e = entries[each];
                if (entries[here].is_list) {
                    if (!e.was_read || index-- != 0) continue;
                    step = std::to_string(number);
                } else if (std::string_view(keys).substr(e.key, e.key_size) != key) {
                    continue;
                }
                found = true;
                here = each;
                break;
            }
        }
        inside = found;
        if (found) out.at = entries[here].at;
        out.pointer.append("/").append(step);
    }
    return out;
}

LEADFUNNEL_DECL void loaded_model::locate(issue& i) const {
    if (i.line != 0) return;
    i.file = file;
    text_positions::place where = positions.find(i.pointer);
    i.pointer = std::move(where.pointer);
    i.line = where.at.line;
    i.column = where.at.column;
}

} // namespace leadfunnel::inline v0
