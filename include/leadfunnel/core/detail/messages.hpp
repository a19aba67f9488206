// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// The words that messages about input have in common.

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/core/issue.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// The choices that an issue expects: `'a'`, or `one of 'a', 'b'`. O(size of the words).
[[nodiscard]] inline std::string one_of(const std::vector<std::string_view>& words) {
    std::string out = words.size() > 1 ? "one of " : "";
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i != 0) out += ", ";
        out += quote(words[i]);
    }
    return out;
}

/// The hint that names a word: `did you mean 'a'?`; empty for an empty word.
[[nodiscard]] inline std::string did_you_mean(std::string_view word) {
    return word.empty() ? std::string() : "did you mean " + quote(word) + "?";
}

/// The hint that names the closest of `candidates`; empty if none is close. Words of more than 256
/// bytes are not compared. O(size of the word · size of the candidates).
[[nodiscard]] inline std::string did_you_mean(std::string_view word,
                                              const std::vector<std::string_view>& candidates) {
    return word.size() > 256 ? std::string() : did_you_mean(closest(word, candidates));
}

/// A key as a token of a JSON pointer: `~` and `/` are escaped.
[[nodiscard]] inline std::string pointer_token(std::string_view key) {
    std::string out;
    for (const char c : key) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

/// The key that a token of a JSON pointer stands for.
[[nodiscard]] inline std::string pointer_key(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        const bool is_escape = token[i] == '~' && i + 1 < token.size();
        if (is_escape && (token[i + 1] == '0' || token[i + 1] == '1'))
            out += token[++i] == '0' ? '~' : '/';
        else
            out += token[i];
    }
    return out;
}

} // namespace leadfunnel::inline v0::detail
