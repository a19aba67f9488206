// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Comments of JSON become blanks exactly as a slow, obvious reader makes them. The readers of
// models and mappings agree with it on a comment that has no end.

#include <leadfunnel/core/detail/json_comments.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/io/mapping.hpp>
#include <leadfunnel/model/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace lf = leadfunnel;

namespace {

constexpr std::size_t none = std::string::npos;

struct outcome {
    std::string text;
    std::size_t fault = none;
    bool is_quotes = false;
};

/// Reads one character at a time, and tracks what it is part of.
outcome slowly(std::string_view text) {
    enum class in { json, quotes, escape, line, block };
    outcome out{.text = std::string(text)};
    in state = in::json;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const char next = i + 1 < text.size() ? text[i + 1] : '\0';
        switch (state) {
        case in::json:
            begin = i;
            if (c == '"') state = in::quotes;
            if (c != '/' || (next != '/' && next != '*')) break;
            state = next == '/' ? in::line : in::block;
            out.text[i] = out.text[i + 1] = ' ';
            ++i;
            break;
        case in::quotes:
            if (c == '\n') {
                out.fault = begin;
                out.is_quotes = true;
                return out;
            }
            state = c == '"' ? in::json : c == '\\' ? in::escape : in::quotes;
            break;
        case in::escape:
            state = in::quotes;
            break;
        case in::line:
            if (c == '\n')
                state = in::json;
            else
                out.text[i] = ' ';
            break;
        case in::block:
            if (c != '\n') out.text[i] = ' ';
            if (c == '*' && next == '/') {
                out.text[++i] = ' ';
                state = in::json;
            }
            break;
        }
    }
    if (state != in::block) return out;
    out.fault = begin;
    std::copy(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(),
              out.text.begin() + static_cast<std::ptrdiff_t>(begin));
    return out;
}

/// Whether a reader reports a comment without end, at the right place.
template<class Read>
bool says(const Read& read, std::string_view text, std::size_t at) {
    const auto before = text.substr(0, at);
    const auto line =
        static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1);
    const std::size_t break_before = before.rfind('\n');
    const auto column =
        static_cast<std::uint32_t>(at - (break_before == none ? 0 : break_before + 1) + 1);
    return std::any_of(read.issues.begin(), read.issues.end(), [&](const lf::issue& i) {
        return i.message == "a comment without end" && i.line == line && i.column == column;
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const outcome expected = slowly(text);
    std::string fast = text;
    const auto fault = lf::detail::blank_comments(fast);
    if (fast != expected.text) std::abort();
    if (fault.has_value() != (expected.fault != none)) std::abort();
    if (fault && (fault->at != expected.fault || fault->is_quotes != expected.is_quotes))
        std::abort();
    if (!fault || fault->is_quotes || text.starts_with("\xEF\xBB\xBF")) return 0;
    if (!says(lf::parse_model(text, "m"), text, fault->at)) std::abort();
    if (lf::is_utf8(text) && !says(lf::parse_mapping(text, "m"), text, fault->at)) std::abort();
    return 0;
}
