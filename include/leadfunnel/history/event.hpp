// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What a lead's history is made of: plain data, written by a host with designated initialisers.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>

#include <compare>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>

namespace leadfunnel::inline v0 {

/// Profile facts that hold from `at` on. A null value unsets; facts not named stay as they were.
/// With `at = always` they are the profile's ground state: true at every instant, and no event
/// (inactivity does not count from them).
struct attributes {
    std::string lead{};
    instant at = always;
    value_map values{};
    std::string source{}; ///< the system that reported it
    std::string id{};     ///< its identifier there; with one, the same event told twice counts once

    friend bool operator==(const attributes&, const attributes&) = default;
};

/// Something the lead did, or that happened to it.
struct touchpoint {
    std::string lead{};
    instant at{};
    std::string type{}; ///< `page_view`, `seminar_attended`, …
    value_map properties{};
    std::optional<decimal> value{}; ///< seconds viewed, amount, …, in any unit; within ±10¹²
    std::string campaign{};         ///< may be empty; conditions see it as property `campaign`
    std::string channel{};          ///< may be empty; conditions see it as property `channel`
    std::string source{};
    std::string id{};

    friend bool operator==(const touchpoint&, const touchpoint&) = default;
};

/// An entry in the stage log: a decision that a person, a CRM or a transition took.
struct stage_entry {
    std::string lead{};
    instant at{};
    std::string funnel{};
    std::string stage{};
    std::string transition{}; ///< the model's transition that was taken; empty for a free move
    std::string reason{};     ///< a rejection code, a remark
    std::string cause{};      ///< `touchpoint`, `condition`, `timer`, `person`, …
    std::int64_t cycle = 0;  ///< which round through the funnel: 1 at first, +1 when recycled; 0 if
                             ///< the teller does not count
    std::int64_t number = 0; ///< which of the lead's entries it is, from 1, by the teller's count;
                             ///< puts entries of one instant in order; 0 if it is not counted
    value_map sets{};        ///< facts that hold from this entry on
    std::map<std::string, points, std::less<>> scores{}; ///< scores at entry, as recorded
    std::string model_version{};                         ///< of the model under which it happened
    std::string source{};
    std::string id{};

    friend bool operator==(const stage_entry&, const stage_entry&) = default;
};

/// The alternatives stand in the order in which events of one instant are taken.
using event = std::variant<attributes, touchpoint, stage_entry>;

/// An event that no history can hold: an instant outside [1900, 2200), a number that is not finite,
/// a touchpoint's value beyond ±10¹², a stage entry's cycle or number outside [0, 10⁹], no lead, or
/// a text (an id, a name or a value) that is not UTF-8 or holds a NUL.
class event_error : public error {
    using error::error;
};

/// History order: by instant, then kind, then content (id, source, type, properties,
/// campaign, channel, value and the like), never by arrival. The lead's id takes no part.
[[nodiscard]] LEADFUNNEL_DECL std::strong_ordering history_order(const event& a,
                                                                 const event& b) noexcept;

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/history/impl/event.ipp>
#endif
