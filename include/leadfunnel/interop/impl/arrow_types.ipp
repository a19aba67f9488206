// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/interop/detail/arrow_types.hpp>

#include <leadfunnel/core/text.hpp>

#include <array>
#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

LEADFUNNEL_DECL std::string mended(std::string_view text, std::size_t longest) {
    std::string out;
    while (!text.empty() && out.size() < longest) {
        std::size_t n = 1;
        while (n < 4 && n < text.size() && !is_utf8(text.substr(0, n))) ++n;
        if (!is_utf8(text.substr(0, n))) n = 0;
        const auto front = static_cast<unsigned char>(text.front());
        if (n == 0 || front < 0x20 || front == 0x7f)
            out += "\xef\xbf\xbd";
        else
            out += text.substr(0, n);
        text.remove_prefix(n == 0 ? 1 : n);
    }
    return out;
}

/// Calls `f(child)` with each child of a schema or array that is not null, and with its dictionary.
template<class Node, class F>
void each_arrow_child(const Node& node, const F& f) {
    if (node.children != nullptr && node.n_children <= arrow_most)
        for (std::int64_t i = 0; i < node.n_children; ++i)
            if (node.children[i] != nullptr) f(node.children[i]);
    if (node.dictionary != nullptr) f(node.dictionary);
}

LEADFUNNEL_DECL bool is_small_schema(const ArrowSchema& root) {
    std::vector<std::pair<const ArrowSchema*, int>> open{{&root, 1}};
    std::int64_t seen = 0;
    while (!open.empty()) {
        const auto* const node = open.back().first;
        const int depth = open.back().second;
        open.pop_back();
        if (depth > arrow_deepest || node->n_children > arrow_most) return false;
        if (++seen + static_cast<std::int64_t>(open.size()) > arrow_most) return false;
        each_arrow_child(*node,
                         [&](const ArrowSchema* child) { open.emplace_back(child, depth + 1); });
    }
    return true;
}

LEADFUNNEL_DECL void release_level_by_level(ArrowSchema& root) {
    std::vector<ArrowSchema> open{std::exchange(root, {})};
    while (!open.empty()) {
        ArrowSchema node = open.back();
        open.pop_back();
        each_arrow_child(node, [&](ArrowSchema* child) {
            if (child->release == nullptr) return;
            open.push_back(*child);
            child->release = nullptr; // moved
        });
        if (node.release != nullptr) node.release(&node);
    }
}

LEADFUNNEL_DECL void release_level_by_level(ArrowArray& root, const ArrowSchema& shape) {
    std::vector<std::pair<ArrowArray, const ArrowSchema*>> open{{std::exchange(root, {}), &shape}};
    while (!open.empty()) {
        auto [node, of] = open.back();
        open.pop_back();
        const auto move_out = [&](ArrowArray* child, const ArrowSchema* child_of) {
            if (child == nullptr || child_of == nullptr || child->release == nullptr) return;
            open.emplace_back(*child, child_of);
            child->release = nullptr; // moved
        };
        if (node.n_children == of->n_children && node.children != nullptr &&
            of->children != nullptr && of->n_children <= arrow_most)
            for (std::int64_t i = 0; i < of->n_children; ++i)
                move_out(node.children[i], of->children[i]);
        move_out(node.dictionary, of->dictionary);
        if (node.release != nullptr) node.release(&node);
    }
}

// ---- types --------------------------------------------------------------------------------------

struct arrow_format_name {
    std::string_view format;
    std::string_view words;
    arrow_layout layout = arrow_layout::other;
};

/// Formats whose name says everything. An asterisk stands for parameters.
inline constexpr std::array arrow_format_names{
    arrow_format_name{"n", "null", arrow_layout::null},
    arrow_format_name{"b", "bool", arrow_layout::boolean},
    arrow_format_name{"c", "int8", arrow_layout::int8},
    arrow_format_name{"C", "uint8", arrow_layout::uint8},
    arrow_format_name{"s", "int16", arrow_layout::int16},
    arrow_format_name{"S", "uint16", arrow_layout::uint16},
    arrow_format_name{"i", "int32", arrow_layout::int32},
    arrow_format_name{"I", "uint32", arrow_layout::uint32},
    arrow_format_name{"l", "int64", arrow_layout::int64},
    arrow_format_name{"L", "uint64", arrow_layout::uint64},
    arrow_format_name{"f", "float32", arrow_layout::float32},
    arrow_format_name{"g", "float64", arrow_layout::float64},
    arrow_format_name{"u", "utf8", arrow_layout::utf8},
    arrow_format_name{"U", "large_utf8", arrow_layout::large_utf8},
    arrow_format_name{"vu", "utf8_view", arrow_layout::utf8_view},
    arrow_format_name{"tdD", "date32", arrow_layout::date32},
    arrow_format_name{"tdm", "date64", arrow_layout::date64},
    arrow_format_name{"e", "float16"},
    arrow_format_name{"z", "binary"},
    arrow_format_name{"Z", "large_binary"},
    arrow_format_name{"vz", "binary_view"},
    arrow_format_name{"w:*", "fixed-size binary"},
    arrow_format_name{"tts", "time of day in seconds"},
    arrow_format_name{"ttm", "time of day in milliseconds"},
    arrow_format_name{"ttu", "time of day in microseconds"},
    arrow_format_name{"ttn", "time of day in nanoseconds"},
    arrow_format_name{"tDs", "duration in seconds"},
    arrow_format_name{"tDm", "duration in milliseconds"},
    arrow_format_name{"tDu", "duration in microseconds"},
    arrow_format_name{"tDn", "duration in nanoseconds"},
    arrow_format_name{"tiM", "interval in months"},
    arrow_format_name{"tiD", "interval in days and milliseconds"},
    arrow_format_name{"tin", "interval in months, days and nanoseconds"},
    arrow_format_name{"+s", "struct"},
    arrow_format_name{"+m", "map"},
    arrow_format_name{"+l", "list", arrow_layout::list},
    arrow_format_name{"+L", "large_list", arrow_layout::large_list},
    arrow_format_name{"+vl", "list_view"},
    arrow_format_name{"+vL", "large_list_view"},
    arrow_format_name{"+w:*", "fixed-size list"},
    arrow_format_name{"+ud:*", "dense union"},
    arrow_format_name{"+us:*", "sparse union"},
    arrow_format_name{"+r", "run-end encoded"}};

/// Reads at most N whole numbers with commas between them. False unless that is the whole text.
template<std::size_t N>
[[nodiscard]] bool read_arrow_numbers(std::string_view text, std::array<int, N>& out,
                                      std::size_t& count) {
    const char* at = text.data();
    const char* const end = at + text.size();
    for (count = 0; count < N;) {
        const auto [stop, wrong] = std::from_chars(at, end, out[count]);
        if (wrong != std::errc{}) return false;
        ++count;
        if (stop == end) return true;
        if (*stop != ',') return false;
        at = stop + 1;
    }
    return false;
}

/// The type that a format names, without its children or its dictionary.
[[nodiscard]] inline arrow_type plain_arrow_type(const ArrowSchema& s) {
    using l = arrow_layout;
    const std::string_view f = s.format == nullptr ? std::string_view{} : s.format;
    arrow_type t;
    t.words = f.empty() ? "a type without a name" : "a type that leadfunnel does not know";
    for (const arrow_format_name& n : arrow_format_names) {
        if (n.format.ends_with('*') ? !f.starts_with(n.format.substr(0, n.format.size() - 1))
                                    : f != n.format)
            continue;
        t.layout = n.layout;
        t.words = n.words;
        return t;
    }
    if (f.size() >= 4 && f.starts_with("ts") && f[3] == ':') {
        constexpr std::string_view units = "smun";
        constexpr std::array<std::string_view, 4> words{"s", "ms", "us", "ns"};
        const std::size_t unit = units.find(f[2]);
        if (unit == std::string_view::npos) return t;
        const std::string_view zone = f.substr(4);
        t.layout = l::timestamp;
        t.unit = static_cast<time_unit>(unit);
        t.has_zone = !zone.empty();
        t.words = "timestamp[" + std::string(words[unit]);
        if (t.has_zone) t.words += ", " + mended(zone, 60);
        t.words += ']';
    } else if (f.starts_with("d:")) {
        std::array<int, 3> numbers{0, 0, 128}; // precision, scale, bits
        std::size_t count = 0;
        if (!read_arrow_numbers(f.substr(2), numbers, count) || count < 2) return t;
        const auto [precision, scale, bits] = numbers;
        t.words = "decimal" + std::to_string(bits) + "(" + std::to_string(precision) + ", " +
                  std::to_string(scale) + ")";
        constexpr int most_digits = 76;
        if (precision < 1 || precision > most_digits || scale < -most_digits || scale > most_digits)
            return t;
        t.scale = scale;
        t.layout = bits == 32    ? l::decimal32
                   : bits == 64  ? l::decimal64
                   : bits == 128 ? l::decimal128
                   : bits == 256 ? l::decimal256
                                 : l::other;
    }
    return t;
}

LEADFUNNEL_DECL arrow_type arrow_type_of(const ArrowSchema& s) {
    using l = arrow_layout;
    arrow_type t = plain_arrow_type(s);
    const auto inner_of = [](const ArrowSchema& inner) {
        arrow_type out = plain_arrow_type(inner); // a list in it stays "list"
        if (inner.dictionary != nullptr) {
            out.layout = l::other;
            out.words = "dictionary";
        }
        return out;
    };
    if (s.dictionary != nullptr) {
        const arrow_type words = inner_of(*s.dictionary);
        t.index = t.layout;
        t.inner = words.layout;
        t.layout = is_text(t.inner) && is_whole(t.index) ? l::dictionary : l::other;
        t.words = "dictionary of " + words.words;
    } else if (is_list(t.layout)) {
        const auto list = std::exchange(t.layout, l::other);
        if (s.n_children != 1 || s.children == nullptr || s.children[0] == nullptr) return t;
        const arrow_type items = inner_of(*s.children[0]);
        t.inner = items.layout;
        if (is_text(t.inner)) t.layout = list;
        t.words = "list of " + items.words;
    }
    return t;
}

LEADFUNNEL_DECL std::optional<arrow_misfit> misfit_of(const arrow_type& t, value_type wanted,
                                                      bool has_clock) {
    using l = arrow_layout;
    if (t.layout == l::null) return std::nullopt;
    const bool texts = is_text(t.layout) || t.layout == l::dictionary;
    const auto unless = [](bool fits, const char* expected, const char* hint) {
        return fits ? std::nullopt
                    : std::optional{arrow_misfit{.expected = expected, .hint = hint}};
    };
    switch (wanted) {
    case value_type::string:
        return unless(texts || is_number(t.layout) || t.layout == l::boolean, "texts",
                      "cast the column to text");
    case value_type::number:
        return unless(texts || is_number(t.layout), "numbers", "cast the column to a number");
    case value_type::boolean:
        return unless(t.layout == l::boolean, "truth values", "cast the column to booleans");
    case value_type::set:
        return unless(texts || is_list(t.layout), "lists of texts",
                      "cast the column to lists of texts");
    case value_type::timestamp:
        if ((t.layout == l::timestamp && !t.has_zone) || t.layout == l::date32 ||
            t.layout == l::date64) {
            if (has_clock) return std::nullopt;
            return arrow_misfit{.code = issue_code::wrong_unit,
                                .expected = "timestamps with a time zone",
                                .hint = "say on whose clocks they were read"};
        }
        return unless(texts || t.layout == l::timestamp, "timestamps with a time zone",
                      "cast the column to timestamps");
    }
    return std::nullopt;
}
} // namespace leadfunnel::inline v0::detail
