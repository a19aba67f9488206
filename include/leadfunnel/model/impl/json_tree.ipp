// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// The values of a JSON text and their places; and the issue of a text that is not JSON.

#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/model/loaded_model.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

enum class json_kind : std::uint8_t { null, truth, number, text, list, object };

struct json_node {
    json_kind kind = json_kind::null;
    bool truth = false;
    bool infinite = false; ///< a number beyond the range of `double`
    bool was_read = true;
    bool is_short = false; ///< the value of a member, written without the object around it
    bool has_key = false;
    std::uint32_t key = 0; ///< key and text are in `json_tree::arena`
    std::uint32_t key_size = 0;
    std::uint32_t text = 0; ///< of a text, or of a number as written
    std::uint32_t text_size = 0;
    std::uint32_t end = 0; ///< the index after the last descendant
    text_position at{};
    text_position key_at{};
};

/// All values in the order of the text; the first is the root.
struct json_tree {
    std::vector<json_node> nodes;
    std::string arena;

    [[nodiscard]] std::string_view key(const json_node& n) const {
        return std::string_view(arena).substr(n.key, n.key_size);
    }
    [[nodiscard]] std::string_view text(const json_node& n) const {
        return std::string_view(arena).substr(n.text, n.text_size);
    }
};

/// The handler that Boost.JSON calls while it parses. It keeps the order of members, and
/// duplicates.
struct json_handler {
    static constexpr std::size_t max_object_size = max_model_list;
    static constexpr std::size_t max_array_size = max_model_list;
    static constexpr std::size_t max_key_size = max_model_bytes;
    static constexpr std::size_t max_string_size = max_model_bytes;

    using code = boost::json::error_code;
    using text = boost::json::string_view;

    json_tree tree{};
    std::vector<std::uint32_t> open{};
    std::uint32_t part = 0; ///< offset in the arena of the key, text or number being read
    bool in_part = false;
    bool keyed = false;
    std::uint32_t key = 0;
    std::uint32_t key_size = 0;

    void append(text s) {
        if (!in_part) part = static_cast<std::uint32_t>(tree.arena.size());
        in_part = true;
        tree.arena.append(s.data(), s.size());
    }
    std::uint32_t finish(text s) {
        append(s);
        in_part = false;
        return static_cast<std::uint32_t>(tree.arena.size()) - part;
    }
    json_node& add(json_kind kind) {
        json_node& n = tree.nodes.emplace_back();
        n.kind = kind;
        n.has_key = std::exchange(keyed, false);
        if (n.has_key) {
            n.key = key;
            n.key_size = key_size;
        }
        n.end = static_cast<std::uint32_t>(tree.nodes.size());
        return n;
    }
    bool begin(json_kind kind) {
        add(kind);
        open.push_back(static_cast<std::uint32_t>(tree.nodes.size()) - 1);
        return true;
    }
    bool end() {
        tree.nodes[open.back()].end = static_cast<std::uint32_t>(tree.nodes.size());
        open.pop_back();
        return true;
    }
    bool add_text(json_kind kind, text s, bool infinite = false) {
        const std::uint32_t size = finish(s);
        json_node& n = add(kind);
        n.text = part;
        n.text_size = size;
        n.infinite = infinite;
        return true;
    }

    bool on_document_begin(code&) { return true; }
    bool on_document_end(code&) { return true; }
    bool on_object_begin(code&) { return begin(json_kind::object); }
    bool on_object_end(std::size_t, code&) { return end(); }
    bool on_array_begin(code&) { return begin(json_kind::list); }
    bool on_array_end(std::size_t, code&) { return end(); }
    bool on_key_part(text s, std::size_t, code&) {
        append(s);
        return true;
    }
    bool on_key(text s, std::size_t, code&) {
        key_size = finish(s);
        key = part;
        keyed = true;
        return true;
    }
    bool on_string_part(text s, std::size_t, code&) {
        append(s);
        return true;
    }
    bool on_string(text s, std::size_t, code&) { return add_text(json_kind::text, s); }
    bool on_number_part(text s, code&) {
        append(s);
        return true;
    }
    bool on_int64(std::int64_t, text s, code&) { return add_text(json_kind::number, s); }
    bool on_uint64(std::uint64_t, text s, code&) { return add_text(json_kind::number, s); }
    bool on_double(double d, text s, code&) {
        return add_text(json_kind::number, s, !std::isfinite(d));
    }
    bool on_bool(bool b, code&) {
        add(json_kind::truth).truth = b;
        return true;
    }
    bool on_null(code&) {
        add(json_kind::null);
        return true;
    }
    bool on_comment_part(text, code&) { return true; } // `blank_comments` removed them
    bool on_comment(text, code&) { return true; }
};

/// Walks a text token by token. Precondition: the text is JSON.
class json_scanner {
  public:
    json_scanner(std::string_view text, std::size_t from)
        : text_(text), at_(from), line_begin_(from) {}

    /// Steps over the next key or value and returns its place. Of a list or object it steps over
    /// the opening bracket only.
    text_position next() {
        skip_between();
        const text_position here = position();
        if (at_ >= text_.size()) return here;
        const char c = text_[at_++];
        if (c == '"') {
            while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
            ++at_;
        } else if (c != '{' && c != '[') {
            while (at_ < text_.size() &&
                   std::string_view(" \t\r\n,]}").find(text_[at_]) == std::string_view::npos)
                ++at_;
        }
        return here;
    }

    /// The place of a byte at or after the current one.
    text_position position_of(std::size_t offset) {
        for (; at_ < std::min(offset, text_.size()); ++at_) count_line();
        at_ = offset;
        return position();
    }

  private:
    [[nodiscard]] text_position position() const {
        return {line_, static_cast<std::uint32_t>(at_ - line_begin_ + 1)};
    }
    void count_line() {
        if (text_[at_] != '\n') return;
        ++line_;
        line_begin_ = at_ + 1;
    }
    void skip_between() {
        while (at_ < text_.size() &&
               std::string_view(" \t\r\n,:]}").find(text_[at_]) != std::string_view::npos) {
            count_line();
            ++at_;
        }
    }

    std::string_view text_;
    std::size_t at_;
    std::size_t line_begin_;
    std::uint32_t line_ = 1;
};

inline void json_locate(json_tree& tree, std::string_view text, std::size_t from) {
    json_scanner scan(text, from);
    for (json_node& n : tree.nodes) {
        if (n.has_key) n.key_at = scan.next();
        n.at = scan.next();
    }
}

/// Whether a text ends with the first half of an escaped surrogate pair.
inline bool json_follows_surrogate(std::string_view text) {
    if (text.size() < 6) return false;
    const std::string_view last = text.substr(text.size() - 6);
    return last.starts_with("\\u") && (last[2] == 'd' || last[2] == 'D') &&
           std::string_view("89abAB").find(last[3]) != std::string_view::npos;
}

/// The issue for a text that Boost.JSON refuses at `offset`.
inline issue json_refusal(std::string_view text, std::size_t begin, std::size_t offset,
                          const boost::json::error_code& code) {
    using boost::json::error;
    issue i;
    i.code = issue_code::syntax;
    const text_position at = json_scanner(text, begin).position_of(std::min(offset, text.size()));
    i.line = at.line;
    i.column = at.column;
    if (code == error::too_deep) {
        i.code = issue_code::too_large;
        i.message = "lists and objects are nested too deep";
        i.expected = "at most " + std::to_string(max_model_nesting) + " levels";
        return i;
    }
    if (code == error::array_too_large || code == error::object_too_large) {
        i.code = issue_code::too_large;
        i.message = "a list or object has too many elements";
        i.expected = "at most " + std::to_string(max_model_list);
        return i;
    }
    if (code == error::exponent_overflow) {
        i.code = issue_code::out_of_range;
        i.message = "the number's exponent is too large";
        return i;
    }
    // The byte at fault and the one before it tell common mistakes apart.
    std::size_t before = std::min(offset, text.size());
    while (before > begin &&
           std::string_view(" \t\r\n").find(text[before - 1]) != std::string_view::npos)
        --before;
    const char previous = before > begin ? text[before - 1] : '\0';
    if (offset >= text.size()) {
        i.message = before == begin ? "the file is empty" : "the file ends too early";
        if (before != begin) i.hint = "is a closing bracket or quote missing?";
        return i;
    }
    const char c = text[offset];
    const auto is_letter = [](char x) { return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z'); };
    if (code == error::illegal_leading_surrogate || code == error::illegal_trailing_surrogate ||
        json_follows_surrogate(text.substr(0, offset))) {
        i.message = "half of a surrogate pair";
        i.expected = "both halves, \\uD83D\\uDE00, or the character itself";
    } else if (code == error::expected_hex_digit || code == error::expected_utf16_escape) {
        i.message = "an incomplete \\u escape";
        i.expected = "four hexadecimal digits";
    } else if (static_cast<unsigned char>(c) >= 0x80) {
        i.message = is_utf8(text) ? "a character outside of quotes" : "text that is not UTF-8";
        if (!is_utf8(text)) i.hint = "save the file as UTF-8";
    } else if (code == error::extra_data) {
        i.message = "text after the end of the model";
    } else if (c == '\n' || c == '\r') {
        i.message = "a line ends within quotes";
        i.hint = "is the closing quote missing? a line break in a text is written \\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
        i.message = "a control character";
    } else {
        i.message = std::string("unexpected '") + c + '\'';
        if ((c == '}' || c == ']') && previous == ',')
            i.hint = "remove the comma before it";
        else if (c == '\'')
            i.hint = "quote with \"";
        else if (is_letter(c) && previous != '\\')
            i.hint = "keys and texts stand in quotes, \"…\"";
        else if (c == '"' || c == '{' || c == '[')
            i.hint = "is a comma or colon missing before it?";
    }
    return i;
}

} // namespace leadfunnel::inline v0::detail
