// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/issue.hpp>

#include <leadfunnel/core/detail/quote.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL std::string_view to_string(issue_code c) noexcept {
    switch (c) {
    case issue_code::syntax:
        return "syntax";
    case issue_code::duplicate_key:
        return "duplicate_key";
    case issue_code::unknown_key:
        return "unknown_key";
    case issue_code::missing_key:
        return "missing_key";
    case issue_code::wrong_type:
        return "wrong_type";
    case issue_code::wrong_unit:
        return "wrong_unit";
    case issue_code::wrong_value:
        return "wrong_value";
    case issue_code::out_of_range:
        return "out_of_range";
    case issue_code::too_large:
        return "too_large";
    case issue_code::unknown_name:
        return "unknown_name";
    case issue_code::duplicate_name:
        return "duplicate_name";
    case issue_code::bad_name:
        return "bad_name";
    case issue_code::type_mismatch:
        return "type_mismatch";
    case issue_code::bad_pattern:
        return "bad_pattern";
    case issue_code::cycle:
        return "cycle";
    case issue_code::impossible_limit:
        return "impossible_limit";
    case issue_code::clamp_with_decay:
        return "clamp_with_decay";
    case issue_code::bad_interval:
        return "bad_interval";
    case issue_code::incomplete:
        return "incomplete";
    case issue_code::conflict:
        return "conflict";
    case issue_code::unreachable:
        return "unreachable";
    case issue_code::shadowed:
        return "shadowed";
    case issue_code::no_effect:
        return "no_effect";
    case issue_code::unused:
        return "unused";
    }
    return "unknown";
}

LEADFUNNEL_DECL std::string_view to_string(severity s) noexcept {
    return s == severity::warning ? "warning" : "error";
}

LEADFUNNEL_DECL std::string to_string(const issue& i) {
    std::string text;
    if (!i.file.empty()) text += i.file + ':';
    if (i.line != 0) text += std::to_string(i.line) + ':' + std::to_string(i.column) + ':';
    if (!text.empty()) text += ' ';
    text.append(to_string(i.level)).append(": ").append(i.message);
    text.append(" [").append(to_string(i.code)).append("]");
    if (!i.pointer.empty()) text.append(" at ").append(i.pointer);
    if (!i.expected.empty()) text.append("; expected ").append(i.expected);
    if (!i.hint.empty()) text.append("; ").append(i.hint);
    return detail::printable(text);
}

namespace detail {

/// Longer words are not compared, so that a hostile model cannot cause quadratic work.
inline constexpr std::size_t longest_suggestion = 128;

/// Optimal string alignment distance: insertions, deletions, substitutions, and swaps of
/// neighbours. O(|a|·|b|). Precondition: both are at most `longest_suggestion` long.
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
    std::size_t rows[3][longest_suggestion + 1];
    std::size_t* before = rows[0]; // row i − 2
    std::size_t* last = rows[1];   // row i − 1
    std::size_t* row = rows[2];
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = before[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

[[nodiscard]] inline std::string list_issues(const std::vector<issue>& issues) {
    std::string text;
    for (const issue& i : issues) {
        if (!text.empty()) text += '\n';
        text += to_string(i);
    }
    return text;
}

} // namespace detail

LEADFUNNEL_DECL std::string_view closest(std::string_view word,
                                         const std::vector<std::string_view>& candidates) {
    std::string_view best;
    std::size_t best_distance = detail::longest_suggestion;
    if (word.size() > detail::longest_suggestion) return best;
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > detail::longest_suggestion) continue;
        const std::size_t shorter = std::min(word.size(), candidate.size());
        const std::size_t longer = std::max(word.size(), candidate.size());
        const std::size_t near = longer / 3;
        if (longer - shorter > near) continue;
        const std::size_t distance = detail::edit_distance(word, candidate);
        if (distance <= near && distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

LEADFUNNEL_DECL model_error::model_error(std::vector<issue> issues)
    : error(detail::list_issues(issues), error_code::model), issues_(std::move(issues)) {}

} // namespace leadfunnel::inline v0
