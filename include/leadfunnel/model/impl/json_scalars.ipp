// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Reads single values of a model file: texts, numbers, durations, dates.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/impl/json_place.ipp>
#include <leadfunnel/model/impl/json_words.ipp>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace leadfunnel::inline v0::detail {

/// Reads single values. Each function reports a value that it cannot read, and returns false.
class json_scalar_reader : protected json_place {
  protected:
    using json_place::json_place;

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

    /// Reads a value of an attribute or property. `more` names what is expected in addition to a
    /// text, a number, true or false. A text is a moment if `timestamp`.
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
        out = 0; // the number underflows, unless it is infinite
        if (!node(n).infinite) return true;
        return fail(n, issue_code::out_of_range, quote(t) + " is too large",
                    "a number below 1.8e308");
    }

    /// Calls `keep(element)` for each element of a list. An element for which it returns false is
    /// marked as not read.
    template<class Keep>
    void read_elements(std::uint32_t n, const Keep& keep) {
        std::size_t i = 0;
        for (std::uint32_t each = n + 1; each < node(n).end; each = node(each).end, ++i) {
            const step s(*this, i);
            // A short text can hold many elements that are wrong, each of them large in memory.
            // None is kept once there are more issues than are listed.
            if (issues_.size() > max_model_issues || !keep(each))
                tree_.nodes[each].was_read = false;
        }
    }
    [[nodiscard]] std::size_t element_count(std::uint32_t n) const {
        std::size_t size = 0;
        for (std::uint32_t each = n + 1; each < node(n).end; each = node(each).end) ++size;
        return size;
    }
    bool not_a_list(std::uint32_t n) {
        return wrong_type(n, "a list, `[…]`",
                          is(n, json_kind::null) ? "" : "put it in brackets, `[…]`");
    }
};

} // namespace leadfunnel::inline v0::detail
