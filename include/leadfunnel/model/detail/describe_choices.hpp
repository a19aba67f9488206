// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// The enumerations of the model language: the names of their values, and what they mean.

#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/detail/descriptions.hpp>
#include <leadfunnel/model/funnel.hpp>
#include <leadfunnel/model/model.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace leadfunnel::inline v0::language {

template<>
struct describe<value_type> {
    static constexpr std::string_view noun = "type";
    static constexpr std::array names{
        choice(value_type::boolean, "bool", "Yes or no: `true` or `false`."),
        choice(value_type::number, "number", "A number, whole or with decimals."),
        choice(value_type::string, "string", "Text, in any script."),
        choice(value_type::timestamp, "timestamp",
               "An instant, written with its offset: `\"2026-04-01T09:30:00+09:00\"`."),
        choice(value_type::set, "set", "Several texts without order, such as product interests."),
    };
};

template<>
struct describe<calendar_unit> {
    static constexpr std::string_view noun = "calendar unit";
    static constexpr std::array names{
        choice(calendar_unit::day, "day", "A day, from midnight to midnight."),
        choice(calendar_unit::week, "week", "An ISO week, which begins on Monday."),
        choice(calendar_unit::month, "month", "A calendar month."),
        choice(calendar_unit::quarter, "quarter",
               "Three months from January, April, July or October."),
        choice(calendar_unit::year, "year", "A calendar year."),
    };
};

template<>
struct describe<clamping> {
    static constexpr std::string_view noun = "way to clamp";
    static constexpr std::array names{
        choice(clamping::at_end, "at_end", "The sum of everything is limited to the bounds."),
        choice(clamping::running, "running",
               "Awards are added one after the other, and the sum is limited after each of them: "
               "points above the cap are lost."),
    };
};

template<>
struct describe<frequency_measure> {
    static constexpr std::string_view noun = "measure";
    static constexpr std::array names{
        choice(frequency_measure::count, "count", "The number of matching touchpoints."),
        choice(frequency_measure::sum, "sum",
               "The sum of their values, such as seconds viewed; a touchpoint "
               "without a value adds nothing."),
        choice(frequency_measure::distinct, "distinct",
               "The number of different values of `property`; a touchpoint without it is not "
               "counted."),
    };
};

template<>
struct describe<weekday> {
    static constexpr std::string_view noun = "weekday";
    static constexpr std::array names{
        choice(weekday::monday, "monday", "Monday."),
        choice(weekday::tuesday, "tuesday", "Tuesday."),
        choice(weekday::wednesday, "wednesday", "Wednesday."),
        choice(weekday::thursday, "thursday", "Thursday."),
        choice(weekday::friday, "friday", "Friday."),
        choice(weekday::saturday, "saturday", "Saturday."),
        choice(weekday::sunday, "sunday", "Sunday."),
    };
};

template<>
struct describe<timer_start> {
    static constexpr std::string_view noun = "start of a timer";
    static constexpr std::array names{
        choice(timer_start::stage_entry, "stage_entry",
               "The lead's entry into the stage that it is in."),
        choice(timer_start::assignment, "assignment",
               "The latest change of the lead's owner (the attribute that `roles` names). The "
               "timer does not run while there is no owner."),
        choice(timer_start::touchpoint, "touchpoint",
               "The last touchpoint that matches `on`; the lead's first event if there "
               "is none."),
    };
};

template<>
struct describe<phase> {
    static constexpr std::string_view noun = "phase";
    static constexpr std::array names{
        choice(phase::marketing, "marketing", "Marketing has the lead."),
        choice(phase::sales, "sales", "Sales has the lead."),
        choice(phase::closed, "closed", "Closed: won, lost, or given up."),
    };
};

template<>
struct describe<manual_moves> {
    static constexpr std::string_view noun = "rule for moves";
    static constexpr std::array names{
        choice(manual_moves::unrestricted, "unrestricted",
               "A person or a CRM may move a lead to any stage. A lead without a stage may move to "
               "an entry stage."),
        choice(manual_moves::declared, "declared",
               "Manual moves are limited to the transitions, whatever triggers them, and only if "
               "`when` is true. Any other move is refused."),
    };
};

/// The name of an enumerator in the file; empty for a value that is none.
template<class E>
requires requires { describe<E>::names; }
[[nodiscard]] constexpr std::string_view name_of(E e) noexcept {
    for (const choice_description& n : describe<E>::names)
        if (n.value == static_cast<std::uint8_t>(e)) return n.name;
    return "";
}

} // namespace leadfunnel::inline v0::language
