// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Evaluates a compiled test on a value.

#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/plan/detail/program.hpp>

#include <re2/re2.h>

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace leadfunnel::inline v0::detail {

/// Whether two values that compare as `o` pass an operator of order or equality; false for all
/// other operators.
[[nodiscard]] inline bool holds_order(op how, std::partial_ordering o) noexcept {
    switch (how) {
    case op::equals:
        return o == 0;
    case op::not_equals:
        return o != 0;
    case op::less:
        return o < 0;
    case op::at_most:
        return o <= 0;
    case op::greater:
        return o > 0;
    case op::at_least:
        return o >= 0;
    case op::exists:
    case op::in:
    case op::in_list:
    case op::contains:
    case op::prefix:
    case op::suffix:
    case op::glob:
    case op::regex:
        return false;
    }
    return false;
}

/// The text that a test looks at: the part it takes of a held text, folded unless exact. None if
/// the text has no such part: it is then a missing value.
[[nodiscard]] inline std::optional<std::string> prepared_text(const test& t,
                                                              std::string_view text) {
    switch (t.take) {
    case part::domain:
        if (text.find('@') == std::string_view::npos) return std::nullopt;
        text = email_domain(text);
        break;
    case part::local_part:
        if (text.find('@') == std::string_view::npos) return std::nullopt;
        text = email_local_part(text);
        break;
    case part::normal:
        return normal_company_name(text);
    case part::itself:
    case part::age: // of instants only
        break;
    }
    return t.exact ? std::string{text} : fold(text);
}

/// Whether a value is one of the values of an `in`. O(log n).
[[nodiscard]] inline bool is_one_of(const compiled_test& t, const value& v) {
    return std::binary_search(t.several.begin(), t.several.end(), v,
                              [](const value& a, const value& b) { return compare(a, b) < 0; });
}
/// Whether a prepared text is a member of the list of an `in_list`. O(log n).
[[nodiscard]] inline bool is_in_list(const compiled_test& t, const std::string& text) {
    return std::binary_search(t.list->begin(), t.list->end(), text);
}

/// Whether a prepared text passes a test. Data may hold a text where the model declares, and so
/// compares with, another type: the test then fails.
[[nodiscard]] inline bool text_holds(const compiled_test& t, const std::string& text) {
    const auto* literal = std::get_if<std::string>(&t.literal);
    switch (t.source.how) {
    case op::in: {
        const wiped<value> one{value{text}};
        return is_one_of(t, *one);
    }
    case op::in_list:
        return is_in_list(t, text);
    case op::regex:
        return re2::RE2::PartialMatch(text, *t.matcher);
    case op::glob:
        return re2::RE2::FullMatch(text, *t.matcher);
    case op::equals:
        return literal != nullptr && text == *literal;
    case op::not_equals:
        return literal != nullptr && text != *literal;
    case op::contains:
        return literal != nullptr && text.find(*literal) != std::string::npos;
    case op::prefix:
        return literal != nullptr && text.starts_with(*literal);
    case op::suffix:
        return literal != nullptr && text.ends_with(*literal);
    case op::exists: // decided by the caller
    case op::less:   // texts have no order
    case op::at_most:
    case op::greater:
    case op::at_least:
        return false;
    }
    return false;
}

/// Whether some member of a set passes a test; false for operators that are not for sets.
[[nodiscard]] inline bool set_holds(const compiled_test& t, const text_set& members) {
    if (t.source.how != op::in_list && t.source.how != op::contains) return false;
    return std::any_of(members.begin(), members.end(), [&](const std::string& m) {
        const wiped<std::string> text = t.source.exact ? m : fold(m);
        return t.source.how == op::in_list ? is_in_list(t, *text)
                                           : *text == std::get<std::string>(t.literal);
    });
}

LEADFUNNEL_DECL bool test_holds(const compiled_test& t, const value& held) {
    wiped<std::optional<std::string>> text;
    const auto* as_held = std::get_if<std::string>(&held);
    if (as_held != nullptr) text = prepared_text(t.source, *as_held);
    const bool exists = as_held != nullptr ? text->has_value() : is_set(held);
    if (t.source.how == op::exists) return std::get<bool>(t.literal) == exists;
    if (!exists) return false;
    if (as_held != nullptr) return text_holds(t, **text);
    if (const auto* members = std::get_if<text_set>(&held)) return set_holds(t, *members);
    if (t.source.how == op::in) return is_one_of(t, held);
    if (t.literal.index() != held.index()) return false;
    return holds_order(t.source.how, compare(held, t.literal));
}

LEADFUNNEL_DECL bool age_holds(const compiled_test& t, const value& held,
                               std::int64_t now) noexcept {
    const auto* at = std::get_if<instant>(&held);
    if (t.source.how == op::exists)
        return (at != nullptr) ==
               *std::get_if<bool>(&t.literal); // `check` makes sure that it is one
    if (at == nullptr) return false;
    const wide age = static_cast<wide>(now) - at->time_since_epoch().count();
    const wide period = t.source.period.count();
    return holds_order(t.source.how, age < period   ? std::partial_ordering::less
                                     : age > period ? std::partial_ordering::greater
                                                    : std::partial_ordering::equivalent);
}

} // namespace leadfunnel::inline v0::detail
