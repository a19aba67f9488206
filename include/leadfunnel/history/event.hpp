// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The events of a lead's history: plain data that a host writes with designated initialisers.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/error.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>

#include <compare>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>

namespace leadfunnel::inline v0 {

/// Profile facts that hold from `at` on. A null value unsets a fact; facts that are not named keep
/// their values. With `at = always` they are the profile's ground state: they hold at every instant
/// and are no event, so inactivity is not measured from them.
struct LEADFUNNEL_TYPE attributes {
    std::string lead{};
    instant at = always;
    value_map values{};
    std::string source{}; ///< the system that reported it
    std::string id{};     ///< its identifier there; events with the same identifier and source
                          ///< count once

    friend bool operator==(const attributes&, const attributes&) = default;
};

/// Something that the lead did, or that happened to the lead.
struct LEADFUNNEL_TYPE touchpoint {
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

/// An entry in the stage log: a decision by a person, a CRM or a transition.
struct LEADFUNNEL_TYPE stage_entry {
    std::string lead{};
    instant at{};
    std::string funnel{};
    std::string stage{};
    std::string transition{}; ///< the model's transition; empty for a manual move
    std::string reason{};     ///< a rejection code or a remark
    std::string cause{};      ///< `touchpoint`, `condition`, `timer`, `person`, …
    std::int64_t cycle = 0;   ///< the round through the funnel: 1 at first, one more each time the
                              ///< lead is recycled; 0 if the reporting system does not count
    std::int64_t number = 0;  ///< the position among the lead's entries, from 1, as the reporting
                              ///< system counts; it orders entries of one instant; 0 if it does not
                              ///< count
    value_map sets{};         ///< facts that hold from this entry on
    std::map<std::string, points, std::less<>> scores{}; ///< scores at entry, as recorded
    std::string model_version{};                         ///< version of the model in force at the
                                                         ///< entry
    std::string source{};
    std::string id{};

    friend bool operator==(const stage_entry&, const stage_entry&) = default;
};

/// The alternatives stand in the order in which events of one instant are applied.
using event = std::variant<attributes, touchpoint, stage_entry>;

/// An event that no history can hold. The code says why: `no_lead` for an empty lead id;
/// `bad_instant` for an instant outside [1900, 2200); `bad_number` for a number that is not finite,
/// a touchpoint's value beyond ±10¹², or a stage entry's cycle or number outside [0, 10⁹];
/// `bad_text` for an id, a name or a value that is not UTF-8 or holds a NUL; `too_many` for a stage
/// entry with more than 65,535 scores or facts.
class LEADFUNNEL_TYPE event_error : public error {
  public:
    explicit event_error(const std::string& what, error_code code = error_code::other)
        : error(what, code) {}
};

/// History order: by instant, then by kind, then by content (id, source, type, properties,
/// campaign, channel, value and the like). The order of arrival and the lead's id have no
/// influence. O(size).
[[nodiscard]] LEADFUNNEL_DECL std::strong_ordering history_order(const event& a,
                                                                 const event& b) noexcept;

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/history/impl/event.ipp>
#endif
