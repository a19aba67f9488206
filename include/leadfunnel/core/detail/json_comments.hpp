// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Comments in JSON files: `// …` to the end of the line, and `/* … */`. Not for users.

#include <leadfunnel/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0::detail {

/// Why the comments of a text cannot be found.
struct comment_fault {
    std::size_t at = 0;     ///< offset at which the unclosed text or comment begins
    bool is_quotes = false; ///< a text in quotes has no end on its line; else a `/*` has no `*/`
};

/// Overwrites the comments of a JSON text with spaces. Everything else keeps its offset, and line
/// ends within comments stay. Returns the first fault, if any; the text behind it is unchanged.
/// O(bytes).
[[nodiscard]] inline std::optional<comment_fault> blank_comments(std::string& json) {
    std::size_t i = 0;
    while ((i = json.find_first_of("\"/", i)) != std::string::npos) {
        const char next = i + 1 < json.size() ? json[i + 1] : '\0';
        if (json[i] == '"') {
            const std::size_t open = i++;
            while (i < json.size() && json[i] != '"') {
                if (json[i] == '\n') return comment_fault{open, true};
                i += json[i] == '\\' ? 2U : 1U;
            }
            ++i;
        } else if (next == '/' || next == '*') {
            const std::size_t close = json.find(next == '/' ? "\n" : "*/", i + 2);
            if (next == '*' && close == std::string::npos) return comment_fault{i, false};
            const std::size_t end = next == '*' ? close + 2 : std::min(close, json.size());
            for (; i < end; ++i)
                if (json[i] != '\n') json[i] = ' ';
        } else {
            ++i;
        }
    }
    return std::nullopt;
}

} // namespace leadfunnel::inline v0::detail
