// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/text.hpp>
#include <leadfunnel/plan/detail/matchers.hpp>

namespace leadfunnel::inline v0::detail {

/// Appends the character of a glob at `i`, perhaps quoted by a backslash, as one that a regular
/// expression takes literally, in a class as well. Returns the index after it.
[[nodiscard]] inline std::size_t append_character(std::string_view glob, std::size_t i,
                                                  std::string& regex) {
    if (glob[i] == '\\') ++i;
    const auto first = static_cast<unsigned char>(glob[i]);
    const bool is_plain = (first >= '0' && first <= '9') || (first >= 'A' && first <= 'Z') ||
                          (first >= 'a' && first <= 'z');
    if (first < 0x80 && !is_plain) {
        constexpr std::string_view digits = "0123456789abcdef";
        regex.append("\\x").append(1, digits[first >> 4U]).append(1, digits[first & 0xFU]);
        return i + 1;
    }
    const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    regex.append(glob.substr(i, size));
    return i + size;
}

/// Appends the class that opens at `i`. Returns the index after its bracket.
[[nodiscard]] inline std::size_t append_class(std::string_view glob, std::size_t i,
                                              std::string& regex) {
    regex += '[';
    ++i;
    if (glob[i] == '!') {
        regex += '^';
        ++i;
    }
    while (glob[i] != ']') {
        i = append_character(glob, i, regex);
        // A minus before the closing bracket is a character of the class.
        if (glob[i] != '-' || glob[i + 1] == ']') continue;
        regex += '-';
        i = append_character(glob, i + 1, regex);
    }
    regex += ']';
    return i + 1;
}

LEADFUNNEL_DECL std::string glob_regex(std::string_view glob) {
    std::string regex;
    for (std::size_t i = 0; i < glob.size();) {
        switch (glob[i]) {
        case '*':
            while (i < glob.size() && glob[i] == '*') ++i;
            regex += ".*";
            break;
        case '?':
            ++i;
            regex += '.';
            break;
        case '[':
            i = append_class(glob, i, regex);
            break;
        default:
            i = append_character(glob, i, regex);
        }
    }
    return regex;
}

/// Case is ignored by folding text and glob, but in a regular expression by RE2: folding one would
/// change what its escapes mean.
[[nodiscard]] inline std::shared_ptr<const re2::RE2>
make_matcher(op how, const std::string& pattern, bool exact) {
    const bool is_glob = how == op::glob;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(exact || is_glob);
    options.set_dot_nl(is_glob);
    options.set_never_capture(true);
    options.set_max_mem(max_matcher_memory);
    return std::make_shared<const re2::RE2>(
        is_glob ? glob_regex(exact ? pattern : fold(pattern)) : pattern, options);
}

LEADFUNNEL_DECL const matcher_table::entry*
matcher_table::compile(op how, const std::string& pattern, bool exact) {
    const auto known = entries_.find(std::tuple{how, exact, pattern});
    if (known != entries_.end()) return &known->second;
    if (instructions_ >= max_matcher_instructions) return nullptr;
    auto expression = make_matcher(how, pattern, exact);
    // A pattern that does not compile costs time as well, most of all one that comes close to the
    // bound on memory.
    constexpr int least = 50;
    constexpr int too_large = 10'000;
    if (expression->ok())
        instructions_ += least + expression->ProgramSize();
    else if (expression->error_code() == re2::RE2::ErrorPatternTooLarge)
        instructions_ += too_large;
    else
        instructions_ += least;
    entry made;
    if (expression->ok())
        made.expression = std::move(expression);
    else
        made.fault = expression->error();
    return &entries_.emplace(std::tuple{how, exact, pattern}, std::move(made)).first->second;
}

LEADFUNNEL_DECL std::shared_ptr<const re2::RE2>
matcher_table::find(op how, const std::string& pattern, bool exact) const {
    const auto known = entries_.find(std::tuple{how, exact, pattern});
    return known == entries_.end() ? nullptr : known->second.expression;
}

} // namespace leadfunnel::inline v0::detail
