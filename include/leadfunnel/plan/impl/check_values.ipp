// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Texts of values, and the two checks of order that several parts of a model need.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/plan/impl/check_report.ipp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

[[nodiscard]] inline std::string two_digits(unsigned n) {
    return (n < 10 ? "0" : "") + std::to_string(n);
}
/// `09:30`; clamped to 00:00 … 24:00.
[[nodiscard]] inline std::string time_text(time_of_day t) {
    const auto minutes = static_cast<unsigned>(std::clamp(int{t.minutes}, 0, 24 * 60));
    return two_digits(minutes / 60) + ":" + two_digits(minutes % 60);
}
/// `2026-04-01`
[[nodiscard]] inline std::string date_text(std::chrono::year_month_day d) {
    return std::to_string(int{d.year()}) + "-" + two_digits(unsigned{d.month()}) + "-" +
           two_digits(unsigned{d.day()});
}
/// Reports a lower bound that is above its upper bound, at the lower one.
inline void check_bounds(report& out, const std::optional<decimal>& low,
                         const std::optional<decimal>& high, std::string_view low_key,
                         std::string_view high_key) {
    if (!low || !high || *low <= *high) return;
    const auto in = out.into(low_key);
    out.error(issue_code::bad_interval,
              joined("'", low_key, "' ", to_string(*low), " is above '", high_key, "' ",
                     to_string(*high)),
              joined("at most ", to_string(*high)));
}

/// Reports each row of `list` whose `member` is not above that of the row before.
template<class Row, class K>
void check_rising(report& out, const std::vector<Row>& rows, K Row::*member, std::string_view list,
                  std::string_view key) {
    for (std::size_t i = 1; i < rows.size(); ++i) {
        if (rows[i].*member > rows[i - 1].*member) continue;
        const auto in = out.into(list);
        const auto row = out.into(i);
        const auto k = out.into(key);
        out.error(issue_code::bad_interval,
                  joined("'", key, "' ", to_string(rows[i].*member), " does not rise from ",
                         to_string(rows[i - 1].*member)),
                  joined("above ", to_string(rows[i - 1].*member)));
    }
}

} // namespace leadfunnel::inline v0::detail::checking
