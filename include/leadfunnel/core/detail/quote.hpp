// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/text.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0::detail {

/// Code points that a display obeys or does not show, so that they hide what a text is: controls,
/// marks that change the direction of writing (and can make one line read as another), separators
/// of lines and paragraphs, blanks without width, tags. Each row is the first and last of a run.
/// The joiners U+200C and U+200D are not among them: several scripts, and emoji, need them.
inline constexpr std::array<std::array<unsigned, 2>, 12> unseen{{{0x00, 0x1F},
                                                                 {0x7F, 0x9F},
                                                                 {0xAD, 0xAD},
                                                                 {0x061C, 0x061C},
                                                                 {0x180E, 0x180E},
                                                                 {0x200B, 0x200B},
                                                                 {0x200E, 0x200F},
                                                                 {0x2028, 0x202E},
                                                                 {0x2060, 0x206F},
                                                                 {0xFEFF, 0xFEFF},
                                                                 {0xFFF9, 0xFFFB},
                                                                 {0xE0000, 0xE007F}}};

[[nodiscard]] constexpr bool is_unseen(unsigned c) noexcept {
    if (c >= 0x20 && c < 0x7F) return false;
    for (const auto& [first, last] : unseen)
        if (c >= first && c <= last) return true;
    return false;
}

/// Appends text from outside so that it is safe to print on a terminal, in a log or in a message.
/// Code points for which `is_unseen` holds become `\x1b`, `\u202e` or `\U000e0041`; bytes that are
/// not UTF-8 become `\xff`. Line feeds are kept if `lines`. O(size).
inline void append_printable(std::string_view text, std::string& out, bool lines = false) {
    const bool good = is_utf8(text);
    const auto escape = [&out](char kind, unsigned c, int digits) {
        out += '\\';
        out += kind;
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
            out += "0123456789abcdef"[c >> static_cast<unsigned>(shift) & 0xFU];
    };
    const auto at = [&](std::size_t i) {
        return static_cast<unsigned>(static_cast<unsigned char>(text[i]));
    };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned first = at(i);
        const std::size_t length = !good || first < 0xC0 ? 1
                                   : first < 0xE0        ? 2
                                   : first < 0xF0        ? 3
                                                         : 4;
        unsigned point = length == 1 ? first : first & (0xFFU >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) point = point << 6U | (at(i + k) & 0x3FU);
        if (lines && point == '\n')
            out += '\n';
        else if ((!good && point >= 0x80) || (is_unseen(point) && point < 0x100))
            escape('x', point, 2);
        else if (!is_unseen(point))
            out.append(text, i, length);
        else if (point < 0x10000)
            escape('u', point, 4);
        else
            escape('U', point, 8);
        i += length;
    }
}

[[nodiscard]] inline std::string printable(std::string_view text, bool lines = false) {
    std::string out;
    append_printable(text, out, lines);
    return out;
}

/// Quotes a text of the input for a message: printable, and cut to 60 bytes at a whole character.
[[nodiscard]] inline std::string quote(std::string_view text) {
    constexpr std::size_t longest = 60;
    std::string_view part = text.substr(0, longest);
    while (part.size() < text.size() && !part.empty() && !is_utf8(part)) part.remove_suffix(1);
    std::string out{'\''};
    append_printable(part, out);
    out += part.size() < text.size() ? "…'" : "'";
    return out;
}

} // namespace leadfunnel::inline v0::detail
