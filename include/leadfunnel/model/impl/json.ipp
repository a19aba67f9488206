// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Reading goes in five steps: `blank_comments` leaves plain JSON; Boost.JSON validates it and hands
// its values to `json_handler`, which keeps them in one array in the order of the text;
// `json_locate` walks the text a second time to find where each of them stands, which Boost.JSON
// does not say; `json_reader` turns them into a model, member by member, as `model/describe.hpp`
// describes it. Writing, and the schema, are built as a `json_out` and printed.

#include <leadfunnel/core/detail/json_comments.hpp>
#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/core/detail/whole_file.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/json.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <map>
#include <span>

namespace leadfunnel::inline v0 {
namespace detail {

// ---- the values of the text ---------------------------------------------------------------------

enum class json_kind : std::uint8_t { null, truth, number, text, list, object };

struct json_node {
    json_kind kind = json_kind::null;
    bool truth = false;
    bool infinite = false; ///< a number beyond the range of `double`
    bool was_read = true;
    bool is_short = false; ///< stands for an object with one member
    bool has_key = false;
    std::uint32_t key = 0; ///< key and text are in `json_tree::arena`
    std::uint32_t key_size = 0;
    std::uint32_t text = 0; ///< of a text, or of a number as it is written
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

/// What Boost.JSON calls while it parses. Members keep their order, and duplicates stay.
struct json_handler {
    static constexpr std::size_t max_object_size = max_model_list;
    static constexpr std::size_t max_array_size = max_model_list;
    static constexpr std::size_t max_key_size = max_model_bytes;
    static constexpr std::size_t max_string_size = max_model_bytes;

    using code = boost::json::error_code;
    using text = boost::json::string_view;

    json_tree tree{};
    std::vector<std::uint32_t> open{};
    std::uint32_t part = 0; ///< where the key, text or number being read begins in the arena
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
    bool on_comment_part(text, code&) { return true; } // there are none left
    bool on_comment(text, code&) { return true; }
};

/// Walks a text token by token; for one that is JSON.
class json_scanner {
  public:
    json_scanner(std::string_view text, std::size_t from)
        : text_(text), at_(from), line_begin_(from) {}

    /// Steps over the next key or value (of a list or object: its bracket), and says where it is.
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

    /// Where a byte at or after the present one is.
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

// ---- words for messages -------------------------------------------------------------------------

/// A key from a token of a JSON pointer.
inline std::string json_unescaped(std::string_view token) {
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

inline std::string json_one_of(const std::vector<std::string_view>& words) {
    if (words.size() == 1) return quote(words.front());
    std::string out = "one of ";
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i != 0) out += ", ";
        out += quote(words[i]);
    }
    return out;
}

inline std::string json_did_you_mean(std::string_view word) {
    return word.empty() ? std::string() : "did you mean " + quote(word) + "?";
}

inline std::string json_article(std::string_view noun) {
    const bool vowel =
        !noun.empty() && std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
    return (vowel ? "an " : "a ") + std::string(noun);
}

/// What someone who wrote `30 days`, `30D` or `1 month` should have written, or nothing.
inline std::string json_suggest_duration(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    const std::string_view digits = text.substr(0, i);
    while (i < text.size() && text[i] == ' ') ++i;
    std::string unit;
    for (; i < text.size() && unit.size() < 10; ++i)
        unit += text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (digits.empty() || digits.size() > 5) return {};
    if (unit.size() > 1 && unit.back() == 's' && unit != "ms" && unit != "us") unit.pop_back();
    constexpr std::array<std::array<std::string_view, 2>, 17> units{{{"w", "w"},
                                                                     {"week", "w"},
                                                                     {"d", "d"},
                                                                     {"day", "d"},
                                                                     {"h", "h"},
                                                                     {"hr", "h"},
                                                                     {"hour", "h"},
                                                                     {"m", "m"},
                                                                     {"min", "m"},
                                                                     {"minute", "m"},
                                                                     {"s", "s"},
                                                                     {"sec", "s"},
                                                                     {"second", "s"},
                                                                     {"ms", "ms"},
                                                                     {"month", "30d"},
                                                                     {"year", "365d"},
                                                                     {"y", "365d"}}};
    for (const auto& [word, stands_for] : units) {
        if (word != unit) continue;
        std::string out(digits);
        if (stands_for.size() > 2) { // a month or a year is no exact length: offer days
            int count = 0;
            int days = 0;
            std::from_chars(digits.data(), digits.data() + digits.size(), count);
            std::from_chars(stands_for.data(), stands_for.data() + stands_for.size(), days);
            out = std::to_string(std::int64_t{count} * days) + "d";
        } else {
            out += stands_for;
        }
        return parse_duration(out) ? "write \"" + out + '"' : std::string();
    }
    return {};
}

/// `09:30`, from `00:00` to `24:00`.
inline std::optional<time_of_day> json_time_of_day(std::string_view text) {
    const auto digit = [&](std::size_t i) { return text[i] - '0'; };
    if (text.size() != 5 || text[2] != ':') return {};
    for (const std::size_t i : {0U, 1U, 3U, 4U})
        if (text[i] < '0' || text[i] > '9') return {};
    const int hours = digit(0) * 10 + digit(1);
    const int minutes = digit(3) * 10 + digit(4);
    if (minutes >= 60 || hours * 60 + minutes > 24 * 60) return {};
    return time_of_day{static_cast<std::int16_t>(hours * 60 + minutes)};
}
inline std::string json_padded(std::int64_t n, std::size_t digits) {
    std::string text = std::to_string(n);
    if (text.size() < digits) text.insert(0, digits - text.size(), '0');
    return text;
}
inline std::string json_text(time_of_day t) {
    return json_padded(t.minutes / 60, 2) + ':' + json_padded(t.minutes % 60, 2);
}
inline std::string json_text(std::chrono::year_month_day d) {
    return json_padded(int{d.year()}, 4) + '-' + json_padded(unsigned{d.month()}, 2) + '-' +
           json_padded(unsigned{d.day()}, 2);
}

/// What someone who wrote `9:30` or `0930` should have written, or nothing.
inline std::string json_suggest_time_of_day(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c >= '0' && c <= '9')
            digits += c;
        else if (c != ':')
            return {};
    }
    if (digits.size() == 3) digits.insert(0, 1, '0');
    if (digits.size() != 4) return {};
    digits.insert(2, 1, ':');
    return json_time_of_day(digits) ? "write \"" + digits + '"' : std::string();
}

// ---- reading ------------------------------------------------------------------------------------

/// Keys of a condition, in the order: joiners, subjects, further keys, operators.
inline constexpr std::array<std::string_view, 3> json_joiners{"all", "any", "not"};
inline constexpr std::array<std::string_view, 4> json_further{"funnel", "stage", "part", "exact"};

class json_reader {
  public:
    json_reader(json_tree& tree, std::vector<issue>& issues, std::string_view file)
        : tree_(tree), issues_(issues), file_(file) {}

    void read_root(model& out) {
        if (tree_.nodes.front().kind != json_kind::object) {
            wrong_type(0, "an object, `{…}`");
            return;
        }
        root_ = true;
        read_struct(0, out);
    }

  private:
    static constexpr std::uint32_t absent = 0;                   // the root is nobody's member
    static constexpr std::uint32_t misspelt = ~std::uint32_t{0}; // absent, but known why

    // -- reporting --

    void report(issue_code code, text_position at, std::string pointer, std::string message,
                std::string expected, std::string hint) {
        if (issues_.size() > max_model_issues) return;
        issue i;
        i.code = code;
        i.file = file_;
        i.line = at.line;
        i.column = at.column;
        i.pointer = std::move(pointer);
        i.message = std::move(message);
        i.expected = std::move(expected);
        i.hint = std::move(hint);
        issues_.push_back(std::move(i));
    }
    bool fail(std::uint32_t n, issue_code code, std::string message, std::string expected = {},
              std::string hint = {}) {
        report(code, node(n).at, pointer_, std::move(message), std::move(expected),
               std::move(hint));
        return false;
    }
    /// An issue with a key of the object at `pointer_`.
    void fail_key(std::uint32_t n, issue_code code, std::string message, std::string expected = {},
                  std::string hint = {}) {
        report(code, node(n).key_at, pointer_ + '/' + escaped(key(n)), std::move(message),
               std::move(expected), std::move(hint));
    }
    bool missing(std::uint32_t object, std::string_view absent_key, std::string message,
                 std::string expected = {}, std::string hint = {}) {
        std::string pointer = pointer_;
        if (!absent_key.empty()) pointer.append("/").append(absent_key);
        report(issue_code::missing_key, node(object).at, std::move(pointer), std::move(message),
               std::move(expected), std::move(hint));
        return false;
    }
    bool wrong_type(std::uint32_t n, std::string expected, std::string hint = {}) {
        std::string_view found;
        switch (node(n).kind) {
        case json_kind::null:
            found = "null";
            if (hint.empty() && node(n).has_key) hint = "leave the key out";
            break;
        case json_kind::truth:
            found = node(n).truth ? "true" : "false";
            break;
        case json_kind::number:
            found = "a number";
            break;
        case json_kind::text:
            found = "a text";
            break;
        case json_kind::list:
            found = "a list";
            break;
        case json_kind::object:
            found = "an object";
            break;
        }
        return fail(n, issue_code::wrong_type, called(n) + " is " + std::string(found),
                    std::move(expected), std::move(hint));
    }
    /// What messages call a value.
    [[nodiscard]] std::string called(std::uint32_t n) const {
        if (node(n).has_key) return quote(key(n));
        if (n == 0) return "the file";
        return "element " + pointer_.substr(pointer_.rfind('/') + 1) + " of the list";
    }

    // -- moving about --

    [[nodiscard]] const json_node& node(std::uint32_t n) const { return tree_.nodes[n]; }
    [[nodiscard]] std::string_view key(std::uint32_t n) const { return tree_.key(node(n)); }
    [[nodiscard]] std::string_view text(std::uint32_t n) const { return tree_.text(node(n)); }
    [[nodiscard]] bool is(std::uint32_t n, json_kind k) const { return node(n).kind == k; }

    static std::string escaped(std::string_view key) {
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

    /// Extends the pointer by a step while it lives.
    class step {
      public:
        step(json_reader& r, std::string_view to) : pointer_(r.pointer_), size_(pointer_.size()) {
            pointer_.append("/").append(to);
        }
        step(json_reader& r, std::size_t to) : step(r, std::to_string(to)) {}
        ~step() { pointer_.resize(size_); }
        step(const step&) = delete;
        step& operator=(const step&) = delete;

      private:
        std::string& pointer_;
        std::size_t size_;
    };

    /// Finds the members of an object among `keys`; reports unknown and repeated ones. The first of
    /// repeated ones counts. Those that an unknown key probably meant are marked, so that they are
    /// not missed in a second message.
    void match(std::uint32_t object, std::span<const std::string_view> keys,
               std::span<std::uint32_t> found) {
        std::vector<std::uint32_t> unknown;
        for (std::uint32_t n = object + 1; n < node(object).end; n = node(n).end) {
            const auto k = std::find(keys.begin(), keys.end(), key(n));
            if (k == keys.end()) {
                unknown.push_back(n);
                continue;
            }
            std::uint32_t& slot = found[static_cast<std::size_t>(k - keys.begin())];
            if (slot == absent)
                slot = n;
            else
                fail_key(n, issue_code::duplicate_key,
                         quote(key(n)) + " is given twice; the first is at line " +
                             std::to_string(node(slot).key_at.line));
        }
        if (unknown.empty()) return;
        std::vector<std::string_view> all(keys.begin(), keys.end());
        std::vector<std::string_view> free;
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (found[i] == absent) free.push_back(keys[i]);
        const std::string expected = json_one_of(all);
        for (const std::uint32_t n : unknown) {
            if (issues_.size() > max_model_issues) return;
            const std::string_view meant = closest(key(n), free);
            fail_key(n, issue_code::unknown_key, "unknown key " + quote(key(n)), expected,
                     json_did_you_mean(meant));
            const auto k = std::find(keys.begin(), keys.end(), meant);
            if (k != keys.end()) found[static_cast<std::size_t>(k - keys.begin())] = misspelt;
        }
    }

    // -- values --

    bool read(std::uint32_t n, std::string& out) {
        if (!is(n, json_kind::text)) return wrong_type(n, "a text");
        out = text(n);
        return true;
    }
    bool read(std::uint32_t n, bool& out) {
        if (!is(n, json_kind::truth)) {
            const bool quoted = is(n, json_kind::text) && (text(n) == "true" || text(n) == "false");
            return wrong_type(n, "true or false", quoted ? "write it without quotes" : "");
        }
        out = node(n).truth;
        return true;
    }
    bool number_expected(std::uint32_t n, std::string expected) {
        const bool quoted = is(n, json_kind::text) && parse_decimal(text(n)).has_value();
        return wrong_type(n, std::move(expected),
                          quoted ? "write " + std::string(text(n)) + " without quotes" : "");
    }
    bool read(std::uint32_t n, decimal& out) {
        if (!is(n, json_kind::number)) return number_expected(n, "a number");
        const std::optional<decimal> d = parse_decimal(text(n));
        if (!d)
            return fail(n, issue_code::out_of_range, quote(text(n)) + " is too large",
                        "a number below 9.2e12");
        out = *d;
        return true;
    }
    bool read(std::uint32_t n, std::int64_t& out) {
        if (!is(n, json_kind::number)) return number_expected(n, "a whole number");
        const std::string_view t = text(n);
        std::int64_t whole = 0;
        const auto parsed = std::from_chars(t.data(), t.data() + t.size(), whole);
        if (parsed.ec == std::errc() && parsed.ptr == t.data() + t.size()) {
            out = whole;
            return true;
        }
        const std::optional<decimal> d = parse_decimal(t);
        if (!d)
            return fail(n, issue_code::out_of_range, quote(t) + " is too large", "a whole number");
        if (d->micros() % decimal::unit != 0)
            return fail(n, issue_code::wrong_type, quote(t) + " is not whole", "a whole number");
        out = d->micros() / decimal::unit;
        return true;
    }
    bool read(std::uint32_t n, duration& out) {
        constexpr const char* expected = "a duration of at most 200 years, as numbers with the "
                                         "units w, d, h, m, s, ms, us: \"30d\", \"1d12h\"";
        if (!is(n, json_kind::text))
            return wrong_type(n, expected,
                              is(n, json_kind::number) ? "write it as a text, with its unit" : "");
        const std::optional<duration> d = parse_duration(text(n));
        if (!d)
            return fail(n, issue_code::wrong_unit, quote(text(n)) + " is not a duration", expected,
                        json_suggest_duration(text(n)));
        out = *d;
        return true;
    }
    bool read(std::uint32_t n, instant& out) {
        const parsed_instant at = parse_rfc3339(text(n));
        if (!at)
            return fail(n, issue_code::wrong_unit,
                        quote(text(n)) +
                            " is not a moment: " + std::string(describe_error(at.error)),
                        "a date and time with its offset from UTC, such as "
                        "\"2026-04-01T09:30:00+09:00\"");
        out = at.at;
        return true;
    }

    bool read(std::uint32_t n, time_of_day& out) {
        constexpr const char* expected = "a time of day from \"00:00\" to \"24:00\"";
        if (!is(n, json_kind::text)) return wrong_type(n, expected);
        const std::optional<time_of_day> t = json_time_of_day(text(n));
        if (!t)
            return fail(n, issue_code::wrong_unit, quote(text(n)) + " is not a time of day",
                        expected, json_suggest_time_of_day(text(n)));
        out = *t;
        return true;
    }
    bool read(std::uint32_t n, std::chrono::year_month_day& out) {
        constexpr const char* expected = "a date such as \"2026-01-01\"";
        if (!is(n, json_kind::text)) return wrong_type(n, expected);
        const parsed_local at = parse_local(text(n));
        if (!at || !at.date_only) {
            const time_error why = at ? time_error::syntax : at.error;
            const bool is_other = why == time_error::syntax;
            return fail(n, issue_code::wrong_unit,
                        quote(text(n)) + " is not a date" +
                            (is_other ? "" : ": " + std::string(describe_error(why))),
                        expected);
        }
        out = std::chrono::year_month_day{
            std::chrono::sys_days{std::chrono::floor<std::chrono::days>(at.at).time_since_epoch()}};
        return true;
    }

    template<class M>
    bool read(std::uint32_t n, M& out) {
        if constexpr (language::described_struct<M>) {
            if constexpr (requires { language::describe<M>::shorthand; }) {
                auto& alone = out.*language::describe<M>::shorthand;
                tree_.nodes[n].is_short = !is(n, json_kind::object);
                if (is(n, json_kind::list)) return read(n, alone);
                if (is(n, json_kind::text)) {
                    alone.emplace_back(text(n));
                    return true;
                }
                if (!is(n, json_kind::object))
                    return wrong_type(n, json_article(language::describe<M>::noun) +
                                             ", an object `{…}`, or a text, or a list of texts");
            }
            if (!is(n, json_kind::object)) {
                return wrong_type(n,
                                  json_article(language::describe<M>::noun) + ", an object `{…}`");
            }
            read_struct(n, out);
            return true;
        } else if constexpr (language::described_variant<M>) {
            return read_variant(n, out);
        } else if constexpr (language::described_enum<M>) {
            return read_enum(n, out);
        } else if constexpr (language::inner::is_optional<M>) {
            typename M::value_type held{};
            if (!read(n, held)) return false;
            out = std::move(held);
            return true;
        } else {
            static_assert(language::inner::is_vector<M>);
            return read_list(n, out);
        }
    }

    template<class M>
    bool read_list(std::uint32_t n, std::vector<M>& out) {
        if (!is(n, json_kind::list)) return wrong_type(n, "a list, `[…]`", wrap_hint(n));
        std::size_t size = 0;
        for (std::uint32_t each = n + 1; each < node(n).end; each = node(each).end) ++size;
        out.reserve(size);
        std::size_t i = 0;
        for (std::uint32_t each = n + 1; each < node(n).end; each = node(each).end, ++i) {
            const step s(*this, i);
            // Elements with nothing but mistakes in them may be many and small in the text, and
            // large in memory: they are not kept once there are more than are listed.
            M element{};
            if (issues_.size() <= max_model_issues && read(each, element))
                out.push_back(std::move(element));
            else
                tree_.nodes[each].was_read = false;
        }
        if (out.size() < size) out.shrink_to_fit();
        return true;
    }
    [[nodiscard]] std::string wrap_hint(std::uint32_t n) const {
        return is(n, json_kind::null) ? "" : "put it in brackets, `[…]`";
    }

    template<class E>
    bool read_enum(std::uint32_t n, E& out) {
        std::vector<std::string_view> names;
        for (const auto& each : language::describe<E>::names) {
            names.push_back(each.name);
            if (is(n, json_kind::text) && each.name == text(n)) {
                out = each.value;
                return true;
            }
        }
        return wrong_choice(n, language::describe<E>::noun, names);
    }
    bool wrong_choice(std::uint32_t n, std::string_view noun,
                      const std::vector<std::string_view>& names) {
        if (!is(n, json_kind::text)) return wrong_type(n, json_one_of(names));
        return fail(n, issue_code::wrong_value, quote(text(n)) + " is not " + json_article(noun),
                    json_one_of(names), json_did_you_mean(closest(text(n), names)));
    }

    template<class V>
    bool read_variant(std::uint32_t n, V& out) {
        constexpr std::string_view noun = language::describe<V>::noun;
        if (!is(n, json_kind::object))
            return wrong_type(n, json_article(noun) + ", an object `{…}` with a 'kind'");
        std::vector<std::string_view> kinds;
        language::for_each_alternative<V>(
            [&]<class A>(std::type_identity<A>) { kinds.push_back(language::describe<A>::kind); });
        std::uint32_t kind = n + 1;
        while (kind < node(n).end && key(kind) != "kind") kind = node(kind).end;
        if (kind >= node(n).end)
            return missing(n, "kind", "the " + std::string(noun) + " has no 'kind'",
                           json_one_of(kinds));
        bool known = false;
        language::for_each_alternative<V>([&]<class A>(std::type_identity<A>) {
            if (known || !is(kind, json_kind::text) || text(kind) != language::describe<A>::kind)
                return;
            known = true;
            read_struct(n, out.template emplace<A>());
        });
        if (known) return true;
        const step s(*this, "kind");
        return wrong_choice(kind, std::string(noun) + " kind", kinds);
    }

    /// Reads what it can of an object; its members keep their defaults where it cannot.
    template<class T>
    void read_struct(std::uint32_t n, T& out) {
        using description = language::describe<T>;
        constexpr std::size_t size = std::tuple_size_v<decltype(description::fields)>;
        // One more key that is not a member: the kind, or the root's "$schema".
        constexpr bool has_kind = requires { description::kind; };
        std::array<std::string_view, size + 1> keys{};
        std::array<std::uint32_t, size + 1> found{};
        std::size_t i = 0;
        language::for_each_field<T>([&](const auto& f) { keys[i++] = f.key; });
        std::size_t used = size;
        if (has_kind || std::exchange(root_, false)) keys[used++] = has_kind ? "kind" : "$schema";
        match(n, std::span(keys).first(used), std::span(found).first(used));
        i = 0;
        language::for_each_field<T>([&](const auto& f) { read_member(n, found[i++], f, out); });
    }

    template<class T, class M>
    void read_member(std::uint32_t object, std::uint32_t n, const language::field<T, M>& f,
                     T& out) {
        if (n == absent) {
            if (f.is_required)
                missing(object, f.key,
                        "the " + std::string(language::describe<T>::noun) + " has no " +
                            quote(f.key));
            return;
        }
        if (n == misspelt) return;
        const step s(*this, f.key);
        if constexpr (std::is_same_v<M, std::vector<std::string>>) {
            if (f.may_be_one && !is(n, json_kind::list)) {
                if (is(n, json_kind::text))
                    (out.*f.member).emplace_back(text(n));
                else
                    wrong_type(n, "a text, or a list of texts");
                return;
            }
        }
        read(n, out.*f.member);
        if constexpr (std::is_same_v<T, model>) note_types(out);
    }

    // -- conditions --

    /// Attributes and properties precede all conditions in the description of a model, hence are
    /// read by then, wherever they stand in the file.
    void note_types(const model& m) {
        if (attributes_.empty())
            for (const auto& a : m.attributes) attributes_.try_emplace(a.id, a.type);
        if (properties_.empty())
            for (const auto& p : m.properties) properties_.try_emplace(p.id, p.type);
    }
    [[nodiscard]] bool is_timestamp(const test& t) const {
        if (t.take != part::itself) return false;
        if (t.of != subject::attribute && t.of != subject::property) return false;
        const auto& declared = t.of == subject::attribute ? attributes_ : properties_;
        const auto found = declared.find(t.name);
        return found != declared.end() && found->second == value_type::timestamp;
    }

    /// Values of attributes; null stays.
    bool read(std::uint32_t n, value_map& out) {
        if (!is(n, json_kind::object))
            return wrong_type(n, "an object `{…}` of attributes and their values");
        std::map<std::string_view, std::uint32_t> seen;
        for (std::uint32_t each = n + 1; each < node(n).end; each = node(each).end) {
            const std::string_view name = key(each);
            if (const auto [first, is_new] = seen.try_emplace(name, each); !is_new) {
                fail_key(each, issue_code::duplicate_key,
                         quote(name) + " is given twice; the first is at line " +
                             std::to_string(node(first->second).key_at.line));
                continue;
            }
            const step s(*this, escaped(name));
            const auto declared = attributes_.find(name);
            std::optional<value_type> type;
            if (declared != attributes_.end()) type = declared->second;
            value v;
            if (read_fact(each, type, v)) out.emplace(name, std::move(v));
        }
        return true;
    }
    bool read_fact(std::uint32_t n, std::optional<value_type> declared, value& out) {
        if (is(n, json_kind::null)) return true;
        if (!is(n, json_kind::list))
            return read_value(n, declared == value_type::timestamp, out, "a list of texts, or null",
                              "");
        text_set& set = out.emplace<text_set>();
        bool good = true;
        std::size_t i = 0;
        for (std::uint32_t each = n + 1; each < node(n).end; each = node(each).end, ++i) {
            const step s(*this, i);
            std::string member;
            if (read(each, member))
                set.insert(std::move(member));
            else
                good = false;
        }
        return good;
    }

    static constexpr std::size_t first_subject = json_joiners.size();
    static constexpr std::size_t first_further = first_subject + language::subjects.size();
    static constexpr std::size_t first_operator = first_further + json_further.size();
    static constexpr std::size_t all_keys = first_operator + language::operators.size();
    static constexpr auto condition_keys() {
        std::array<std::string_view, all_keys> keys{};
        std::size_t i = 0;
        for (const auto k : json_joiners) keys[i++] = k;
        for (const auto& s : language::subjects) keys[i++] = s.key;
        for (const auto k : json_further) keys[i++] = k;
        for (const auto& o : language::operators) keys[i++] = o.name;
        return keys;
    }

    /// A key that is known but has no business here.
    void misplaced(std::uint32_t n, std::string_view beside, std::string hint = {}) {
        fail_key(n, issue_code::unknown_key,
                 quote(key(n)) + " means nothing beside " + quote(beside), {}, std::move(hint));
    }

    bool read(std::uint32_t n, condition& out) {
        if (!is(n, json_kind::object))
            return wrong_type(
                n, "a condition, an object `{…}`",
                is(n, json_kind::list) ? "say how its parts are joined: `{\"all\": […]}`" : "");
        static constexpr auto keys = condition_keys();
        std::array<std::uint32_t, all_keys> found{};
        match(n, keys, found);
        bool guessed = false;
        for (std::uint32_t& each : found) {
            if (each != misspelt) continue;
            each = absent;
            guessed = true;
        }
        if (node(n).end == n + 1) {
            out = {};
            return true;
        }
        std::size_t main = 0; // joiner or subject
        while (main < first_further && found[main] == absent) ++main;
        if (main == first_further) {
            if (guessed) return false;
            std::vector<std::string_view> choices(keys.begin(), keys.begin() + first_further);
            return missing(n, {}, "the condition does not say what is tested",
                           json_one_of(choices));
        }
        for (std::size_t i = main + 1; i < first_further; ++i)
            if (found[i] != absent)
                misplaced(found[i], keys[main], "join conditions with `{\"all\": […]}`");
        if (main >= first_subject) return read_test(n, found, main - first_subject, guessed, out);
        for (std::size_t i = first_further; i < all_keys; ++i)
            if (found[i] != absent) misplaced(found[i], keys[main]);
        const step s(*this, keys[main]);
        if (keys[main] == "not") {
            out.is = condition::kind::negation;
            return read(found[main], out.of.emplace_back());
        }
        out.is = keys[main] == "all" ? condition::kind::all : condition::kind::any;
        return read_list(found[main], out.of);
    }

    bool read_test(std::uint32_t n, const std::array<std::uint32_t, all_keys>& found,
                   std::size_t subject_index, bool guessed, condition& out) {
        const language::subject_description& about = language::subjects[subject_index];
        out.is = condition::kind::test;
        test& t = out.check;
        t.of = about.value;
        bool good = true;

        const auto text_of = [&](std::uint32_t each, std::string_view at, std::string& to) {
            const step s(*this, at);
            good = read(each, to) && good;
        };
        std::string named;
        text_of(found[first_subject + subject_index], about.key, named);
        if (about.value == subject::score_at_entry)
            t.score = std::move(named);
        else if (about.value == subject::times_entered)
            t.stage = std::move(named);
        else
            t.name = std::move(named);

        const auto further = [&](std::size_t i, bool wanted, std::string& to) {
            const std::uint32_t each = found[first_further + i];
            if (!wanted && each != absent)
                misplaced(each, about.key);
            else if (wanted && each == absent)
                good = !guessed && missing(n, json_further[i],
                                           "the test of " + quote(about.key) + " has no " +
                                               quote(json_further[i]));
            else if (wanted)
                text_of(each, json_further[i], to);
        };
        further(0, about.needs_funnel, t.name);
        further(1, about.needs_stage, t.stage);
        if (const std::uint32_t each = found[first_further + 2]; each != absent) {
            if (about.takes_part) {
                const step s(*this, "part");
                good = read_part(each, t.take) && good;
            } else {
                misplaced(each, about.key);
            }
        }
        if (const std::uint32_t each = found[first_further + 3]; each != absent) {
            const step s(*this, "exact");
            good = read(each, t.exact) && good;
        }

        std::size_t how = first_operator;
        while (how < all_keys && found[how] == absent) ++how;
        if (how == all_keys) {
            if (guessed) return false;
            std::vector<std::string_view> names;
            for (const auto& o : language::operators) names.push_back(o.name);
            return missing(n, {}, "the test has no operator", json_one_of(names));
        }
        const language::op_description& compare = language::operators[how - first_operator];
        for (std::size_t i = how + 1; i < all_keys; ++i)
            if (found[i] != absent)
                misplaced(found[i], compare.name,
                          "a test has one operator; join two tests with `{\"all\": […]}`");
        t.how = compare.value;
        const step s(*this, compare.name);
        return read_literal(found[how], compare.literal, t) && good;
    }

    bool read_part(std::uint32_t n, part& out) {
        std::vector<std::string_view> names;
        for (const auto& each : language::parts) {
            names.push_back(each.name);
            if (is(n, json_kind::text) && each.name == text(n)) {
                out = each.value;
                return true;
            }
        }
        return wrong_choice(n, "part", names);
    }

    bool read_literal(std::uint32_t n, language::literal_kind kind, test& t) {
        using enum language::literal_kind;
        switch (kind) {
        case truth: {
            bool b = true;
            if (!read(n, b)) return false;
            t.literal = b;
            return true;
        }
        case same:
            if (language::is_of_age(t)) return read(n, t.period);
            return read_value(n, is_timestamp(t), t.literal);
        case several: {
            if (!is(n, json_kind::list)) return wrong_type(n, "a list, `[…]`", wrap_hint(n));
            bool good = true;
            std::size_t i = 0;
            for (std::uint32_t each = n + 1; each < node(n).end; each = node(each).end, ++i) {
                const step s(*this, i);
                good = read_value(each, is_timestamp(t), t.several.emplace_back()) && good;
            }
            return good;
        }
        case list_name:
        case language::literal_kind::text:
        case glob:
        case regex:
            break;
        }
        std::string s;
        if (!read(n, s)) return false;
        t.literal = std::move(s);
        return true;
    }

    /// `more`: what is expected beside a text, a number, true or false.
    bool read_value(std::uint32_t n, bool timestamp, value& out, std::string_view more = {},
                    std::string_view list_hint = "to compare with several values, use 'in'") {
        const std::string expected = more.empty()
                                         ? "a text, a number, true or false"
                                         : "a text, a number, true, false, " + std::string(more);
        switch (node(n).kind) {
        case json_kind::truth:
            out = node(n).truth;
            return true;
        case json_kind::number:
            return read_double(n, out.emplace<double>());
        case json_kind::text:
            if (timestamp) return read(n, out.emplace<instant>());
            out.emplace<std::string>(text(n));
            return true;
        case json_kind::null:
            return wrong_type(n, expected, "to ask whether there is a value, use 'exists'");
        case json_kind::list:
            return wrong_type(n, expected, std::string(list_hint));
        case json_kind::object:
            break;
        }
        return wrong_type(n, expected);
    }
    bool read_double(std::uint32_t n, double& out) {
        const std::string_view t = text(n);
        if (std::from_chars(t.data(), t.data() + t.size(), out).ec == std::errc()) return true;
        out = 0; // too small to tell from zero, unless:
        if (!node(n).infinite) return true;
        return fail(n, issue_code::out_of_range, quote(t) + " is too large",
                    "a number below 1.8e308");
    }

    json_tree& tree_;
    std::vector<issue>& issues_;
    std::string file_;
    std::string pointer_{};
    bool root_ = false;
    std::map<std::string, value_type, std::less<>> attributes_{};
    std::map<std::string, value_type, std::less<>> properties_{};
};

/// Whether a text ends with the first half of an escaped surrogate pair, which needs its second.
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
    // What is commonly wrong shows in the byte at fault and the one before it.
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

// ---- writing ------------------------------------------------------------------------------------

/// A JSON value to be printed.
struct json_out {
    enum class kind : std::uint8_t { scalar, list, object };
    kind is = kind::scalar;
    std::string text{}; ///< of a scalar, as it is printed
    std::vector<std::string> keys{};
    std::vector<json_out> of{};
    std::size_t width = 0; ///< when printed on one line

    static json_out quoted(std::string_view s) {
        json_out o;
        o.text = "\"";
        for (const char c : s) {
            constexpr std::string_view hex = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                o.text += '\\';
                o.text += c;
            } else if (c == '\n') {
                o.text += "\\n";
            } else if (c == '\t') {
                o.text += "\\t";
            } else if (byte < 0x20 || byte == 0x7f) {
                o.text += "\\u00";
                o.text += hex[byte >> 4U];
                o.text += hex[byte & 15U];
            } else {
                o.text += c;
            }
        }
        o.text += '"';
        o.width = o.text.size();
        return o;
    }
    static json_out bare(std::string s) {
        json_out o;
        o.text = std::move(s);
        o.width = o.text.size();
        return o;
    }
    static json_out truth(bool b) { return bare(b ? "true" : "false"); }
    static json_out list() { return {.is = kind::list, .width = 2}; }
    static json_out object() { return {.is = kind::object, .width = 2}; }
    /// A list of texts.
    static json_out texts(std::initializer_list<std::string_view> all) {
        json_out o = list();
        for (const auto t : all) o.add(quoted(t));
        return o;
    }

    json_out& add(json_out element) {
        width += element.width + 2;
        of.push_back(std::move(element));
        return *this;
    }
    json_out& set(std::string_view key, json_out member) {
        keys.push_back(quoted(key).text);
        width += keys.back().size() + 4;
        width += member.width;
        of.push_back(std::move(member));
        return *this;
    }
    json_out& set(std::string_view key, std::string_view member) {
        return set(key, quoted(member));
    }
    json_out& set(std::string_view key, const char* member) { return set(key, quoted(member)); }

    /// Short lists and objects stand on one line, longer ones have a line for each element.
    void print(std::string& to, std::size_t indent, std::size_t column) const {
        constexpr std::size_t columns = 100;
        if (is == kind::scalar) {
            to += text;
            return;
        }
        const bool one_line = of.empty() || (indent > 0 && column + width <= columns);
        to += is == kind::list ? '[' : '{';
        for (std::size_t i = 0; i < of.size(); ++i) {
            if (i != 0) to += one_line ? ", " : ",";
            if (!one_line) to.append("\n").append(indent + 2, ' ');
            std::size_t before = indent + 2;
            if (is == kind::object) {
                to.append(keys[i]).append(": ");
                before += keys[i].size() + 2;
            }
            of[i].print(to, indent + 2, one_line ? 0 : before);
        }
        if (!one_line) to.append("\n").append(indent, ' ');
        to += is == kind::list ? ']' : '}';
    }
    [[nodiscard]] std::string print() const {
        std::string to;
        print(to, 0, 0);
        return to += '\n';
    }
};

inline json_out json_write(const std::string& s) { return json_out::quoted(s); }
inline json_out json_write(decimal d) { return json_out::bare(to_string(d)); }
inline json_out json_write(duration d) { return json_out::quoted(to_string(d)); }
inline json_out json_write(bool b) { return json_out::truth(b); }
inline json_out json_write(std::int64_t n) { return json_out::bare(std::to_string(n)); }

inline json_out json_write(const value& v) {
    if (const auto* b = std::get_if<bool>(&v)) return json_out::truth(*b);
    if (const auto* d = std::get_if<double>(&v))
        return json_out::bare(std::isfinite(*d) ? to_string(*d) : "null");
    if (const auto* s = std::get_if<std::string>(&v)) return json_out::quoted(*s);
    if (const auto* t = std::get_if<instant>(&v)) return json_out::quoted(to_string(*t));
    if (const auto* set = std::get_if<text_set>(&v)) {
        json_out o = json_out::list();
        for (const auto& s : *set) o.add(json_out::quoted(s));
        return o;
    }
    return json_out::bare("null");
}

inline json_out json_write(const value_map& values) {
    json_out o = json_out::object();
    for (const auto& [name, v] : values) o.set(name, json_write(v));
    return o;
}
inline json_out json_write(time_of_day t) { return json_out::quoted(json_text(t)); }
inline json_out json_write(std::chrono::year_month_day d) { return json_out::quoted(json_text(d)); }

inline json_out json_write(const condition& c) {
    json_out o = json_out::object();
    const auto list = [&] {
        json_out all = json_out::list();
        for (const auto& each : c.of) all.add(json_write(each));
        return all;
    };
    switch (c.is) {
    case condition::kind::none:
        return o;
    case condition::kind::all:
        return std::move(o.set("all", list()));
    case condition::kind::any:
        return std::move(o.set("any", list()));
    case condition::kind::negation:
        return std::move(o.set("not", c.of.empty() ? json_out::object() : json_write(c.of[0])));
    case condition::kind::test:
        break;
    }
    const test& t = c.check;
    const auto& about = language::description_of(t.of);
    o.set(about.key, t.of == subject::score_at_entry  ? t.score
                     : t.of == subject::times_entered ? t.stage
                                                      : t.name);
    if (about.needs_funnel) o.set("funnel", t.name);
    if (about.needs_stage) o.set("stage", t.stage);
    if (t.take != part::itself && about.takes_part)
        o.set("part", language::description_of(t.take).name);
    if (t.exact) o.set("exact", json_out::truth(true));
    const auto& how = language::description_of(t.how);
    if (how.literal == language::literal_kind::several) {
        json_out all = json_out::list();
        for (const auto& v : t.several) all.add(json_write(v));
        o.set(how.name, std::move(all));
    } else if (how.literal == language::literal_kind::same && language::is_of_age(t)) {
        o.set(how.name, json_write(t.period));
    } else {
        o.set(how.name, json_write(t.literal));
    }
    return o;
}

template<class M>
json_out json_write(const M& m) {
    if constexpr (language::described_struct<M>) {
        json_out o = json_out::object();
        if constexpr (requires { language::describe<M>::kind; })
            o.set("kind", language::describe<M>::kind);
        const M initial{};
        language::for_each_field<M>([&](const auto& f) {
            const auto& each = m.*f.member;
            if (!f.is_required && each == initial.*f.member) return;
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(each)>,
                                         std::vector<std::string>>) {
                if (f.may_be_one && each.size() == 1) {
                    o.set(f.key, each.front());
                    return;
                }
            }
            o.set(f.key, json_write(each));
        });
        return o;
    } else if constexpr (language::described_variant<M>) {
        return std::visit([](const auto& chosen) { return json_write(chosen); }, m);
    } else if constexpr (language::described_enum<M>) {
        return json_out::quoted(language::name_of(m));
    } else if constexpr (language::inner::is_optional<M>) {
        return m ? json_write(*m) : json_out::bare("null");
    } else {
        static_assert(language::inner::is_vector<M>);
        json_out o = json_out::list();
        for (const auto& each : m) o.add(json_write(each));
        return o;
    }
}

// ---- the schema ---------------------------------------------------------------------------------

class json_schema_maker {
  public:
    json_out make() {
        json_out properties = properties_of<model>();
        json_out schema = json_out::object();
        schema.set("$schema", "http://json-schema.org/draft-07/schema#");
        schema.set("title", "leadfunnel model");
        schema.set("description", language::describe<model>::doc);
        schema.set("type", "object");
        properties.set("$schema", describe(typed("string"), "Where this schema is; ignored."));
        schema.set("properties", std::move(properties));
        schema.set("required", required_of<model>());
        schema.set("additionalProperties", json_out::truth(false));
        json_out definitions = json_out::object();
        for (auto& [name, definition] : definitions_) definitions.set(name, std::move(definition));
        schema.set("definitions", std::move(definitions));
        return schema;
    }

  private:
    static json_out typed(std::string_view type) {
        return std::move(json_out::object().set("type", type));
    }
    static json_out describe(json_out schema, std::string_view text) {
        return std::move(schema.set("description", text));
    }
    static json_out reference(const std::string& name) {
        return std::move(json_out::object().set("$ref", "#/definitions/" + name));
    }
    static json_out constant(std::string_view text) {
        return std::move(json_out::object().set("const", text));
    }
    static json_out list_of(json_out items) {
        return std::move(typed("array").set("items", std::move(items)));
    }

    /// Adds a definition unless it stands already, or is being made further up.
    template<class F>
    json_out define(std::string name, F&& body) {
        for (char& c : name)
            if (c == ' ') c = '_';
        for (const auto& each : definitions_)
            if (each.first == name) return reference(name);
        const std::size_t at = definitions_.size();
        definitions_.emplace_back(name, json_out());
        json_out made = body();
        definitions_[at].second = std::move(made);
        return reference(name);
    }

    template<class T>
    json_out required_of() {
        json_out list = json_out::list();
        if constexpr (requires { language::describe<T>::kind; }) list.add(json_out::quoted("kind"));
        language::for_each_field<T>([&](const auto& f) {
            if (f.is_required) list.add(json_out::quoted(f.key));
        });
        return list;
    }
    template<class T>
    json_out properties_of() {
        json_out o = json_out::object();
        if constexpr (requires { language::describe<T>::kind; })
            o.set("kind", constant(language::describe<T>::kind));
        language::for_each_field<T>([&](const auto& f) { o.set(f.key, field_schema(f)); });
        return o;
    }
    template<class T, class M>
    json_out field_schema(const language::field<T, M>& f) {
        json_out o = json_out::object();
        o.set("description", f.doc);
        if (f.may_be_one) {
            json_out both = json_out::list();
            both.add(typed("string")).add(list_of(typed("string")));
            return std::move(o.set("anyOf", std::move(both)));
        }
        json_out type = schema_of(std::type_identity<M>{});
        for (std::size_t i = 0; i < type.of.size(); ++i) {
            // In draft-07 what stands beside a $ref is ignored.
            if (type.keys[i] == "\"$ref\"") {
                json_out all = json_out::list();
                all.add(std::move(type));
                return std::move(o.set("allOf", std::move(all)));
            }
        }
        for (std::size_t i = 0; i < type.of.size(); ++i)
            o.set(std::string_view(type.keys[i]).substr(1, type.keys[i].size() - 2),
                  std::move(type.of[i]));
        if (f.stands_for == language::meaning::identifier) o.set("minLength", json_out::bare("1"));
        if constexpr (std::is_same_v<language::measure_of<M>, decimal> ||
                      std::is_same_v<language::measure_of<M>, std::int64_t>) {
            if (f.bounds) {
                o.set(f.bounds->above ? "exclusiveMinimum" : "minimum", json_write(f.bounds->low));
                o.set("maximum", json_write(f.bounds->high));
            }
        } else if constexpr (std::is_same_v<language::measure_of<M>, std::size_t>) {
            if (f.bounds) {
                o.set("minItems", json_out::bare(std::to_string(f.bounds->low)));
                o.set("maxItems", json_out::bare(std::to_string(f.bounds->high)));
            }
        }
        return o;
    }

    template<class T>
    json_out object_schema() {
        json_out o = typed("object");
        o.set("description", language::describe<T>::doc);
        o.set("properties", properties_of<T>());
        json_out required = required_of<T>();
        if (!required.of.empty()) o.set("required", std::move(required));
        return std::move(o.set("additionalProperties", json_out::truth(false)));
    }

    json_out schema_of(std::type_identity<std::string>) { return typed("string"); }
    json_out schema_of(std::type_identity<bool>) { return typed("boolean"); }
    json_out schema_of(std::type_identity<decimal>) { return typed("number"); }
    json_out schema_of(std::type_identity<std::int64_t>) { return typed("integer"); }
    json_out schema_of(std::type_identity<duration>) {
        return define("duration", [] {
            json_out o = typed("string");
            o.set("description", "Numbers with the units w, d, h, m, s, ms, us, in this order.");
            return std::move(o.set("pattern",
                                   "^(?=.)([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?"
                                   "([0-9]+ms)?([0-9]+us)?$"));
        });
    }
    json_out schema_of(std::type_identity<time_of_day>) {
        return define("time_of_day", [] {
            json_out o = typed("string");
            return std::move(o.set("pattern", "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"));
        });
    }
    json_out schema_of(std::type_identity<std::chrono::year_month_day>) {
        return define("date", [] {
            json_out o = typed("string");
            return std::move(o.set("pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"));
        });
    }
    json_out schema_of(std::type_identity<value_map>) {
        return define("facts", [] {
            json_out any = json_out::object();
            any.set("type", json_out::texts({"null", "boolean", "number", "string", "array"}));
            any.set("items", typed("string"));
            json_out o = typed("object");
            o.set("description", "Attributes and their values; null for none.");
            return std::move(o.set("additionalProperties", std::move(any)));
        });
    }
    json_out schema_of(std::type_identity<condition>) {
        return define("condition", [this] { return condition_schema(); });
    }
    template<class M>
    json_out schema_of(std::type_identity<M>) {
        if constexpr (language::described_struct<M>) {
            std::string name(language::describe<M>::noun);
            if constexpr (requires { language::describe<M>::kind; })
                name.append("_").append(language::describe<M>::kind);
            return define(std::move(name), [this] {
                if constexpr (requires { language::describe<M>::shorthand; }) {
                    json_out forms = json_out::list();
                    forms.add(object_schema<M>()).add(typed("string"));
                    forms.add(list_of(typed("string")));
                    json_out o = json_out::object();
                    o.set("description", language::describe<M>::doc);
                    return std::move(o.set("oneOf", std::move(forms)));
                } else {
                    return object_schema<M>();
                }
            });
        } else if constexpr (language::described_variant<M>) {
            return define(std::string(language::describe<M>::noun), [this] {
                json_out kinds = json_out::list();
                language::for_each_alternative<M>(
                    [&]<class A>(std::type_identity<A> a) { kinds.add(schema_of(a)); });
                json_out o = json_out::object();
                o.set("description", language::describe<M>::doc);
                return std::move(o.set("oneOf", std::move(kinds)));
            });
        } else if constexpr (language::described_enum<M>) {
            return define(std::string(language::describe<M>::noun), [] {
                json_out names = json_out::list();
                for (const auto& each : language::describe<M>::names)
                    names.add(describe(constant(each.name), each.doc));
                return std::move(json_out::object().set("oneOf", std::move(names)));
            });
        } else if constexpr (language::inner::is_optional<M>) {
            return schema_of(std::type_identity<typename M::value_type>{});
        } else {
            static_assert(language::inner::is_vector<M>);
            return list_of(schema_of(std::type_identity<typename M::value_type>{}));
        }
    }

    static json_out only(std::string_view key, json_out member) {
        json_out o = typed("object");
        o.set("properties", std::move(json_out::object().set(key, std::move(member))));
        o.set("required", json_out::texts({key}));
        return std::move(o.set("additionalProperties", json_out::truth(false)));
    }
    json_out condition_schema() {
        const json_out condition = reference("condition");
        json_out forms = json_out::list();
        json_out empty = typed("object");
        forms.add(std::move(empty.set("maxProperties", json_out::bare("0"))));
        forms.add(only("all", list_of(condition)));
        forms.add(only("any", list_of(condition)));
        forms.add(only("not", condition));
        for (const auto& s : language::subjects) forms.add(test_schema(s));
        json_out o = json_out::object();
        o.set("description", language::describe<leadfunnel::condition>::doc);
        return std::move(o.set("oneOf", std::move(forms)));
    }
    json_out literal_schema(language::literal_kind k) {
        using enum language::literal_kind;
        const json_out any = define("value", [] {
            json_out types = json_out::texts({"boolean", "number", "string"});
            json_out o = json_out::object();
            o.set("description", "A truth value, a number, or a text; moments and durations are "
                                 "texts.");
            return std::move(o.set("type", std::move(types)));
        });
        switch (k) {
        case truth:
            return typed("boolean");
        case same:
            return any;
        case several:
            return list_of(any);
        case list_name:
        case text:
        case glob:
        case regex:
            break;
        }
        return typed("string");
    }
    json_out test_schema(const language::subject_description& s) {
        json_out properties = json_out::object();
        json_out required = json_out::texts({s.key});
        properties.set(s.key, describe(typed("string"), s.doc));
        const auto further = [&](std::string_view key) {
            properties.set(key, typed("string"));
            required.add(json_out::quoted(key));
        };
        if (s.needs_funnel) further("funnel");
        if (s.needs_stage) further("stage");
        if (s.takes_part)
            properties.set("part", define("part", [] {
                               json_out names = json_out::list();
                               for (const auto& p : language::parts)
                                   names.add(describe(constant(p.name), p.doc));
                               return std::move(json_out::object().set("oneOf", std::move(names)));
                           }));
        properties.set("exact",
                       describe(typed("boolean"), "If true, text is compared byte by byte."));
        json_out one = json_out::list();
        for (const auto& o : language::operators) {
            if (s.type && !o.accepts.has(*s.type)) continue;
            if (s.is_only_ordered && !language::is_order(o.value)) continue;
            properties.set(o.name, define("operator_" + std::string(o.name), [&] {
                               json_out all = json_out::list();
                               all.add(literal_schema(o.literal));
                               json_out schema = json_out::object();
                               schema.set("description", o.doc);
                               return std::move(schema.set("allOf", std::move(all)));
                           }));
            one.add(std::move(json_out::object().set("required", json_out::texts({o.name}))));
        }
        json_out test = typed("object");
        test.set("properties", std::move(properties));
        test.set("required", std::move(required));
        test.set("additionalProperties", json_out::truth(false));
        return std::move(test.set("oneOf", std::move(one)));
    }

    std::vector<std::pair<std::string, json_out>> definitions_{};
};

} // namespace detail

// ---- the public functions -----------------------------------------------------------------------

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
        const std::string key = detail::json_unescaped(token);
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

LEADFUNNEL_DECL loaded_model parse_model(std::string_view json, std::string_view file) {
    loaded_model out;
    out.file = file;
    const auto refuse = [&](issue i) {
        i.file = out.file;
        out.issues.push_back(std::move(i));
        return std::move(out);
    };
    if (json.size() > max_model_bytes) {
        issue i;
        i.code = issue_code::too_large;
        i.line = i.column = 1;
        i.message = "the file has " + std::to_string(json.size()) + " bytes";
        i.expected = "at most " + std::to_string(max_model_bytes);
        return refuse(std::move(i));
    }
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    const std::size_t begin = json.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;

    std::string plain(json);
    if (const auto fault = detail::blank_comments(plain); fault && !fault->is_quotes) {
        issue i;
        i.code = issue_code::syntax;
        const text_position at = detail::json_scanner(plain, begin).position_of(fault->at);
        i.line = at.line;
        i.column = at.column;
        i.message = "a comment without end";
        i.expected = "`*/`";
        return refuse(std::move(i));
    }

    boost::json::parse_options options;
    options.max_depth = max_model_nesting;
    boost::json::basic_parser<detail::json_handler> parser(options);
    boost::json::error_code code;
    const std::size_t used =
        begin + parser.write_some(false, plain.data() + begin, plain.size() - begin, code);
    if (!code && used < plain.size()) code = boost::json::error::extra_data;
    if (code) return refuse(detail::json_refusal(plain, begin, used, code));

    detail::json_tree& tree = parser.handler().tree;
    detail::json_locate(tree, plain, begin);
    detail::json_reader(tree, out.issues, out.file).read_root(out.value);
    std::stable_sort(out.issues.begin(), out.issues.end(), [](const issue& a, const issue& b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    if (out.issues.size() > max_model_issues) {
        out.issues.resize(max_model_issues);
        issue i;
        i.code = issue_code::too_large;
        i.line = out.issues.back().line;
        i.column = out.issues.back().column;
        i.message = "there are more issues, which are not listed";
        i.file = out.file;
        out.issues.push_back(std::move(i));
    }
    out.positions.entries.reserve(tree.nodes.size());
    for (const detail::json_node& n : tree.nodes)
        out.positions.entries.push_back({.at = n.at,
                                         .end = n.end,
                                         .key = n.key,
                                         .key_size = n.key_size,
                                         .is_list = n.kind == detail::json_kind::list,
                                         .is_short = n.is_short,
                                         .was_read = n.was_read});
    out.positions.keys = std::move(tree.arena);
    return out;
}

LEADFUNNEL_DECL loaded_model load_model(const std::filesystem::path& path) {
    const detail::whole_file file = detail::read_whole_file(path, max_model_bytes);
    if (file.fault.empty()) return parse_model(file.bytes, path.string());
    loaded_model out;
    out.file = path.string();
    issue i;
    i.code = issue_code::syntax;
    i.file = out.file;
    i.message = file.fault;
    out.issues.push_back(std::move(i));
    return out;
}

LEADFUNNEL_DECL std::string write_model(const model& m) { return detail::json_write(m).print(); }

LEADFUNNEL_DECL std::string model_schema() { return detail::json_schema_maker().make().print(); }

} // namespace leadfunnel::inline v0
