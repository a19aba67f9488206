// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Texts that the check and the reader of mappings share.

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/core/text.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0::detail {

inline std::string one_of_words(const std::vector<std::string_view>& words) {
    std::string out = words.size() > 1 ? "one of " : "";
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i != 0) out += ", ";
        out += quote(words[i]);
    }
    return out;
}

inline std::string suggest_word(std::string_view word, const std::vector<std::string_view>& words) {
    if (word.size() > 256) return {}; // the distance takes O(length²)
    const std::string_view near = closest(word, words);
    return near.empty() ? std::string() : "did you mean " + quote(near) + "?";
}

inline std::string escape_pointer(std::string_view token) {
    std::string out;
    for (const char c : token) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

} // namespace leadfunnel::inline v0::detail
