// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The checks that every event passes wherever it enters. Not for users.

#include <leadfunnel/core/amount.hpp>
#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/detail/plain_text.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/history/records.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>

namespace leadfunnel::inline v0::detail {

/// Throws `Error`, with the code `bad_instant`, unless an instant is in [1900, 2200).
template<class Error = event_error>
void require_instant(instant at) {
    if (at < earliest_instant || at >= latest_instant)
        throw Error("the instant is outside the years 1900 to 2199", error_code::bad_instant);
}

inline void require_finite(const value& v) {
    if (const auto* n = std::get_if<double>(&v); n != nullptr && !std::isfinite(*n))
        throw event_error("a number is not finite", error_code::bad_number);
}

/// Whether a touchpoint may have this value. Conversions to `decimal` saturate far beyond the
/// bound, so a number too large for a decimal is refused, too.
[[nodiscard]] constexpr bool is_acceptable(stored_value v) noexcept {
    constexpr std::int64_t most = decimal{most_amount}.micros();
    return v == no_value || (v <= most && v >= -most);
}
[[noreturn]] inline void refuse_value() {
    throw event_error("the value is not within ±1,000,000,000,000, as a touchpoint's must be",
                      error_code::bad_number);
}

/// Throws `event_error` for a text that is not UTF-8 or holds a NUL: not every output could return
/// it. `what` names the text in the message. O(length).
inline void require_text(std::string_view text, const char* what) {
    if (is_simple(text)) [[likely]]
        return;
    if (text.find('\0') != std::string_view::npos)
        throw event_error(std::string{what} + " holds a NUL", error_code::bad_text);
    if (!is_utf8(text))
        throw event_error(std::string{what} + " is not UTF-8", error_code::bad_text);
}
inline void require_texts(const value& v, const char* what) {
    if (const auto* s = std::get_if<std::string>(&v))
        require_text(*s, what);
    else if (const auto* set = std::get_if<text_set>(&v))
        for (const std::string& item : *set) require_text(item, what);
}

/// Throws `event_error` for values that histories cannot hold.
inline void require_kept(const value& v) {
    require_finite(v);
    require_texts(v, "a value");
}
inline void require_kept(const value_map& values) {
    for (const auto& [name, v] : values) {
        require_text(name, "the name of a value");
        require_kept(v);
    }
}

/// The greatest cycle or number of a stage entry: counting on from there never overflows.
inline constexpr std::int32_t most_count = 1'000'000'000;

/// Throws `event_error` for an event that no history can hold. O(size).
inline void require_acceptable(const touchpoint& t) {
    require_instant(t.at);
    require_text(t.lead, "the lead's id");
    require_text(t.type, "the type");
    require_text(t.campaign, "the campaign");
    require_text(t.channel, "the channel");
    require_text(t.source, "the source");
    require_text(t.id, "the id of the event");
    require_kept(t.properties);
    if (!is_acceptable(store(t.value))) refuse_value();
}
inline void require_acceptable(const attributes& a) {
    if (a.at != always) require_instant(a.at);
    require_text(a.lead, "the lead's id");
    require_text(a.source, "the source");
    require_text(a.id, "the id of the event");
    require_kept(a.values);
}
inline void require_acceptable(const stage_entry& g) {
    require_instant(g.at);
    require_text(g.lead, "the lead's id");
    require_text(g.funnel, "the funnel");
    require_text(g.stage, "the stage");
    require_text(g.transition, "the transition");
    require_text(g.reason, "the reason");
    require_text(g.cause, "the cause");
    require_text(g.model_version, "the model's version");
    require_text(g.source, "the source");
    require_text(g.id, "the id of the event");
    require_kept(g.sets);
    for (const auto& [name, points] : g.scores) require_text(name, "the name of a score");
    constexpr std::size_t most =
        std::numeric_limits<std::uint16_t>::max(); // records count them in 16 bits
    if (g.sets.size() > most || g.scores.size() > most)
        throw event_error("a stage entry has more than 65,535 scores or facts",
                          error_code::too_many);
    if (g.cycle < 0 || g.cycle > most_count || g.number < 0 || g.number > most_count)
        throw event_error("a stage entry's cycle or number is not from 0 to 1,000,000,000",
                          error_code::bad_number);
}

} // namespace leadfunnel::inline v0::detail
