// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// The tokens of JSON, as simdjson finds them. Shared by the bodies of this layer.

#include <leadfunnel/io/cell.hpp>

#include <simdjson.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// The tokens of one JSON text.
class json_tokens {
  public:
    explicit json_tokens(simdjson::ondemand::json_iterator& it) : it_(&it) {}

    /// The current token, which may have white space after it. At the end of the text: a character
    /// that is not JSON.
    [[nodiscard]] const char* peek() const {
        return static_cast<const char*>(static_cast<const void*>(it_->peek()));
    }
    std::string_view next() {
        if (it_->at_end()) return {"\n", 1};
        std::size_t length = it_->peek_length();
        const char* const p = peek();
        it_->return_current_and_advance();
        while (length > 1 && is_space(p[length - 1])) --length;
        return {p, length};
    }
    [[nodiscard]] bool at_end() const { return it_->at_end(); }

    /// Replaces a quoted text by its contents with escapes resolved, which live as long as the
    /// parser. False if an escape is bad.
    bool unescape(std::string_view& quoted) {
        const auto* const p =
            static_cast<const unsigned char*>(static_cast<const void*>(quoted.data() + 1));
        return it_->unescape(simdjson::ondemand::raw_json_string(p)).get(quoted) ==
               simdjson::SUCCESS;
    }

    static bool is_space(char c) noexcept {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

  private:
    simdjson::ondemand::json_iterator* it_;
};

/// Whether a token is a JSON number.
inline bool is_json_number(std::string_view t) noexcept {
    const auto digits = [&t] {
        std::size_t n = 0;
        while (n < t.size() && t[n] >= '0' && t[n] <= '9') ++n;
        t.remove_prefix(n);
        return n;
    };
    if (t.starts_with('-')) t.remove_prefix(1);
    const bool zero = t.starts_with('0');
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (t.starts_with('.')) {
        t.remove_prefix(1);
        if (digits() == 0) return false;
    }
    if (t.starts_with('e') || t.starts_with('E')) {
        t.remove_prefix(1);
        if (t.starts_with('+') || t.starts_with('-')) t.remove_prefix(1);
        if (digits() == 0) return false;
    }
    return t.empty();
}

/// Reads a scalar token; `absent` if it is not one. Escapes of a text are resolved.
inline cell json_scalar(std::string_view token, json_tokens& tokens) {
    cell c;
    switch (token.front()) {
    case '"':
        if (token.size() < 2 || token.back() != '"') return c;
        c.is = cell::kind::text;
        c.text = token.substr(1, token.size() - 2);
        if (std::memchr(c.text.data(), '\\', c.text.size()) != nullptr) {
            if (!tokens.unescape(token)) return {};
            c.text = token;
        }
        return c;
    case 't':
    case 'f':
        if (token != "true" && token != "false") return c;
        c.is = cell::kind::boolean;
        break;
    case 'n':
        if (token != "null") return c;
        c.is = cell::kind::null;
        break;
    default:
        if (!is_json_number(token)) return c;
        c.is = cell::kind::number;
    }
    c.text = token;
    return c;
}

/// The keys of a path. `\.` and `\\` stand for a dot and a backslash within a key.
inline std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> keys(1);
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '\\' && i + 1 < path.size())
            keys.back() += path[++i];
        else if (path[i] == '.')
            keys.emplace_back();
        else
            keys.back() += path[i];
    }
    return keys;
}

} // namespace leadfunnel::inline v0::detail
