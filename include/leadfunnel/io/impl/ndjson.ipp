// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// simdjson finds where the tokens of a line begin, and checks UTF-8 and quotes. The functions below
// check the grammar token by token, and store what lies on a path. Texts without escapes are not
// copied.

#include <leadfunnel/io/chunks.hpp>
#include <leadfunnel/io/impl/json_tokens.ipp>
#include <leadfunnel/io/ndjson.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

namespace leadfunnel::inline v0 {
namespace detail {

/// A node of the tree of all paths' keys.
struct path_node {
    std::vector<std::pair<std::string, std::uint32_t>> children{}; ///< key, node
    std::uint64_t lengths = 0;          ///< bit n: a key's length modulo 64 is n
    std::uint64_t row = 0;              ///< the row in which it was last found
    std::uint32_t expected = 0;         ///< the child after the one last found: probably the next
    std::vector<std::uint32_t> paths{}; ///< paths that end here
};

} // namespace detail

struct ndjson_reader::state {
    static constexpr std::uint32_t nowhere = static_cast<std::uint32_t>(-1);
    static constexpr int max_nesting = 256;

    ndjson_handler* handler;
    ndjson_options options;
    detail::chunk_joiner chunks{};
    simdjson::ondemand::parser parser{};
    std::vector<detail::path_node> nodes{};
    std::vector<cell> cells{};
    struct list {
        std::uint32_t path;
        std::size_t begin;
        std::size_t size;
    };
    std::vector<list> lists{};
    std::vector<std::string_view> items{};
    std::vector<char> padded{};
    std::uint64_t rows = 0;
    std::uint64_t line = 1;
    std::uint64_t offset = 0;
    bool skipping = false;
    bool started = false;
    bool stopped = false;
    row_fault fault = row_fault::none;
    std::size_t fault_path = no_path;

    state(const std::vector<std::string>& paths, ndjson_handler& h, ndjson_options o)
        : handler(&h), options(o), nodes(1), cells(paths.size()) {
        for (std::uint32_t i = 0; i < paths.size(); ++i) {
            std::uint32_t at = 0;
            for (const std::string& key : detail::split_path(paths[i])) at = child(at, key);
            nodes[at].paths.push_back(i);
        }
        grow(std::size_t{1} << 16U);
    }

    void grow(std::size_t bytes) {
        if (parser.allocate(std::bit_ceil(bytes)) != simdjson::SUCCESS) throw std::bad_alloc();
    }

    std::uint32_t child(std::uint32_t of, const std::string& key) {
        for (const auto& [k, node] : nodes[of].children)
            if (k == key) return node;
        const auto made = static_cast<std::uint32_t>(nodes.size());
        nodes[of].children.emplace_back(key, made);
        nodes[of].lengths |= std::uint64_t{1} << (key.size() % 64);
        nodes.emplace_back();
        return made;
    }

    [[nodiscard]] std::uint32_t find(std::uint32_t of, std::string_view key) {
        detail::path_node& n = nodes[of];
        if ((n.lengths >> (key.size() % 64) & 1U) == 0) return nowhere;
        // Lines of one source mostly have their keys in the same order.
        const auto count = static_cast<std::uint32_t>(n.children.size());
        for (std::uint32_t i = 0, at = n.expected; i < count; ++i, ++at) {
            if (at >= count) at = 0;
            if (n.children[at].first != key) continue;
            n.expected = at + 1;
            return n.children[at].second;
        }
        return nowhere;
    }

    bool fail(row_fault f, std::size_t path = no_path) {
        fault = f;
        fault_path = path;
        return false;
    }

    /// A path that ends at a node or below it.
    [[nodiscard]] std::size_t path_through(std::uint32_t node) const {
        while (nodes[node].paths.empty()) node = nodes[node].children.front().second;
        return nodes[node].paths.front();
    }

    void store(std::uint32_t node, const cell& c) {
        for (const std::uint32_t p : nodes[node].paths) cells[p] = c;
    }

    // -- the grammar; each function moves past what it reads --

    bool read_object(detail::json_tokens& tokens, std::uint32_t node, int depth) {
        if (depth > max_nesting) return fail(row_fault::bad_json);
        std::string_view token = tokens.next();
        if (token == "}") return true;
        for (;;) {
            if (token.size() < 2 || token.front() != '"' || token.back() != '"')
                return fail(row_fault::bad_json);
            std::string_view key = token.substr(1, token.size() - 2);
            std::uint32_t to = node == nowhere ? nowhere : find(node, key);
            if (to == nowhere && key.find('\\') != key.npos) {
                if (!tokens.unescape(token)) return fail(row_fault::bad_json);
                if (node != nowhere) to = find(node, token);
            }
            if (to != nowhere) {
                if (nodes[to].row == rows) return fail(row_fault::duplicate_key, path_through(to));
                nodes[to].row = rows;
            }
            if (tokens.next() != ":" || !read_value(tokens, to, depth)) return bad();
            token = tokens.next();
            if (token == "}") return true;
            if (token != ",") return fail(row_fault::bad_json);
            token = tokens.next();
        }
    }

    bool read_value(detail::json_tokens& tokens, std::uint32_t node, int depth) {
        const std::string_view token = tokens.next();
        if (token == "{") {
            if (node != nowhere) store(node, {.is = cell::kind::other});
            return read_object(tokens, node, depth + 1);
        }
        if (token == "[") return read_list(tokens, node, depth + 1);
        const cell c = detail::json_scalar(token, tokens);
        if (c.is == cell::kind::absent) return fail(row_fault::bad_json);
        if (node == nowhere) return true;
        if (!nodes[node].paths.empty() && holds_nul(c, token))
            return fail(row_fault::nul, nodes[node].paths.front());
        store(node, c);
        return true;
    }

    /// Whether a text with resolved escapes holds NUL. A text without escapes never does.
    static bool holds_nul(const cell& c, std::string_view token) {
        return c.is == cell::kind::text && c.text.data() != token.data() + 1 &&
               c.text.find('\0') != c.text.npos;
    }

    bool read_list(detail::json_tokens& tokens, std::uint32_t node, int depth) {
        if (depth > max_nesting) return fail(row_fault::bad_json);
        const bool wanted = node != nowhere && !nodes[node].paths.empty();
        const std::size_t first = items.size();
        bool scalars = true;
        if (!tokens.at_end() && *tokens.peek() == ']') {
            tokens.next();
        } else {
            for (;;) {
                const char c = tokens.at_end() ? '\n' : *tokens.peek();
                if (c == '{' || c == '[') {
                    scalars = false;
                    if (!read_value(tokens, nowhere, depth)) return false;
                } else {
                    const std::string_view token = tokens.next();
                    const cell item = detail::json_scalar(token, tokens);
                    if (item.is == cell::kind::absent) return fail(row_fault::bad_json);
                    if (wanted && holds_nul(item, token))
                        return fail(row_fault::nul, nodes[node].paths.front());
                    if (wanted && item.is != cell::kind::null) items.push_back(item.text);
                }
                const std::string_view token = tokens.next();
                if (token == "]") break;
                if (token != ",") return fail(row_fault::bad_json);
            }
        }
        if (!wanted) return true;
        store(node, {.is = scalars ? cell::kind::list : cell::kind::other});
        if (scalars)
            for (const std::uint32_t p : nodes[node].paths)
                lists.push_back({p, first, items.size() - first});
        return true;
    }

    bool bad() { return fault == row_fault::none ? fail(row_fault::bad_json) : false; }

    /// Reads a line into `cells`; false if it is bad. `readable` bytes from its beginning exist.
    bool read_line(std::string_view text, std::size_t readable) {
        fault = row_fault::none;
        fault_path = no_path;
        ++rows;
        std::fill(cells.begin(), cells.end(), cell{});
        lists.clear();
        items.clear();
        if (readable < text.size() + simdjson::SIMDJSON_PADDING) {
            const std::size_t needed = text.size() + simdjson::SIMDJSON_PADDING;
            if (padded.size() < needed) padded.resize(std::bit_ceil(needed));
            std::memcpy(padded.data(), text.data(), text.size());
            std::memset(padded.data() + text.size(), '\n', simdjson::SIMDJSON_PADDING);
            text = {padded.data(), text.size()};
            readable = padded.size();
        }
        if (text.size() > parser.capacity()) grow(text.size());
        simdjson::ondemand::json_iterator it;
        const auto code =
            parser.iterate_raw(simdjson::padded_string_view(text.data(), text.size(), readable))
                .get(it);
        if (code != simdjson::SUCCESS) {
            if (code == simdjson::UTF8_ERROR) return fail(row_fault::not_utf8);
            if (code == simdjson::MEMALLOC) throw std::bad_alloc();
            return fail(text.find('\0') == text.npos ? row_fault::bad_json : row_fault::nul);
        }
        detail::json_tokens tokens(it);
        if (tokens.next() != "{" || !read_object(tokens, 0, 1) || !tokens.at_end()) {
            if (fault == row_fault::none || fault == row_fault::bad_json)
                fail(text.find('\0') == text.npos ? row_fault::bad_json : row_fault::nul);
            return false;
        }
        for (const list& l : lists) cells[l.path].items = std::span(items).subspan(l.begin, l.size);
        return true;
    }

    // -- lines --

    std::size_t parse(std::string_view text, bool final) {
        const char* const begin = text.data();
        const char* const end = begin + text.size();
        const char* at = begin;
        if (!started) {
            constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
            if (!final && text.size() < byte_order_mark.size() && byte_order_mark.starts_with(text))
                return 0;
            started = true;
            if (text.starts_with(byte_order_mark)) {
                at += byte_order_mark.size();
                offset += byte_order_mark.size();
            }
        }
        const std::size_t window = options.max_row_bytes + 2; // the longest line and its CRLF
        while (at != end && !stopped) {
            const auto left = static_cast<std::size_t>(end - at);
            const bool full = !skipping && left >= window;
            const std::size_t look = full ? window : left;
            const void* const found = std::memchr(at, '\n', look);
            if (found == nullptr && !full && !final && !skipping) break;
            const char* const line_end =
                found != nullptr ? static_cast<const char*>(found) : at + look;
            const char* const next = found != nullptr ? line_end + 1 : line_end;
            if (skipping) {
                skipping = found == nullptr;
            } else {
                const bool cut = found == nullptr && full;
                std::string_view row(at, static_cast<std::size_t>(line_end - at));
                if (!cut && row.ends_with('\r')) row.remove_suffix(1);
                skipping = cut;
                if (!deliver(row, cut, static_cast<std::size_t>(end - at))) return text.size();
            }
            offset += static_cast<std::uint64_t>(next - at);
            if (found != nullptr) ++line;
            at = next;
        }
        return static_cast<std::size_t>((stopped ? end : at) - begin);
    }

    bool deliver(std::string_view text, bool cut, std::size_t readable) {
        if (text.empty() || (detail::json_tokens::is_space(text.front()) &&
                             text.find_first_not_of(" \t\r") == text.npos))
            return true;
        ndjson_row row;
        row.line = line;
        row.offset = offset;
        row.raw = text;
        if (cut || text.size() > options.max_row_bytes) {
            row.raw = text.substr(0, options.max_row_bytes);
            row.fault = row_fault::too_long;
            row.path = no_path;
        } else if (read_line(text, readable)) {
            row.cells = cells;
            row.path = no_path;
        } else {
            row.fault = fault;
            row.path = fault_path;
        }
        stopped = true; // stays so if the handler throws
        stopped = !handler->on_row(row);
        return !stopped;
    }
};

LEADFUNNEL_DECL ndjson_reader::ndjson_reader(const std::vector<std::string>& paths,
                                             ndjson_handler& handler, ndjson_options options)
    : state_(std::make_unique<state>(paths, handler, options)) {}
LEADFUNNEL_DECL ndjson_reader::ndjson_reader(ndjson_reader&&) noexcept = default;
LEADFUNNEL_DECL ndjson_reader& ndjson_reader::operator=(ndjson_reader&&) noexcept = default;
LEADFUNNEL_DECL ndjson_reader::~ndjson_reader() = default;

LEADFUNNEL_DECL bool ndjson_reader::push(std::string_view chunk) {
    if (state_->stopped) return false;
    state_->chunks.push(
        chunk, [this](std::string_view text, bool final) { return state_->parse(text, final); });
    return !state_->stopped;
}

LEADFUNNEL_DECL bool ndjson_reader::finish() {
    if (state_->stopped) return false;
    state_->chunks.finish(
        [this](std::string_view text, bool final) { return state_->parse(text, final); });
    return !state_->stopped;
}

LEADFUNNEL_DECL std::uint64_t ndjson_reader::bytes() const noexcept { return state_->offset; }

} // namespace leadfunnel::inline v0
