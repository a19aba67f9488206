// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/table.hpp>

#include <leadfunnel/batch/detail/column_coders.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL std::size_t column::size() const noexcept {
    return std::visit([](const auto& d) { return detail::cells_of(d); }, data);
}

LEADFUNNEL_DECL value_type column::type() const noexcept {
    return std::visit(
        []<class T>(const T&) {
            if constexpr (detail::is_text_span<T> || std::is_same_v<T, coded_texts>)
                return value_type::string;
            else if constexpr (detail::is_number_span<T>)
                return value_type::number;
            else if constexpr (detail::is_lists<T>)
                return value_type::set;
            else if constexpr (std::is_same_v<T, timestamps> ||
                               std::is_same_v<T, std::span<const instant>>)
                return value_type::timestamp;
            else
                return value_type::boolean;
        },
        data);
}

namespace detail {

inline std::string what_is_wrong(const ingest_report& leads, const ingest_report& touchpoints) {
    std::string out;
    const auto add = [&](const ingest_report& r, std::string_view table) {
        const auto line = [&](const std::string& text) {
            if (!out.empty()) out += '\n';
            out += text;
        };
        for (const issue& i : r.issues) line(to_string(i));
        for (const bad_row& b : r.bad_rows) {
            std::string text{table};
            text += ' ';
            line(text += to_string(b));
        }
        if (r.bad > r.bad_rows.size())
            line(std::to_string(r.bad - r.bad_rows.size()) + " more bad rows of " +
                 std::string(table));
    };
    add(leads, "leads,");
    add(touchpoints, "touchpoints,");
    return out;
}

} // namespace detail

LEADFUNNEL_DECL table_error::table_error(ingest_report leads, ingest_report touchpoints)
    : error(detail::what_is_wrong(leads, touchpoints), error_code::table), leads_(std::move(leads)),
      touchpoints_(std::move(touchpoints)) {}

} // namespace leadfunnel::inline v0
