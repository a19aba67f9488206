// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What is asked of events wherever they enter. Not for users.

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

/// Throws on an instant that time does not have.
template<class Error = event_error>
void require_instant(instant at) {
    if (at < earliest_instant || at >= latest_instant)
        throw Error("the instant is outside the years 1900 to 2199");
}

inline void require_finite(const value& v) {
    if (const auto* n = std::get_if<double>(&v); n != nullptr && !std::isfinite(*n))
        throw event_error("a number is not finite");
}

/// Whether a touchpoint may have a value, or none. What was too large for a `decimal` is refused,
/// too: conversions to it saturate far beyond the bound.
[[nodiscard]] constexpr bool is_acceptable(stored_value v) noexcept {
    constexpr std::int64_t most = decimal{most_amount}.micros();
    return v == no_value || (v <= most && v >= -most);
}
[[noreturn]] inline void refuse_value() {
    throw event_error("the value is not within ±1,000,000,000,000, as a touchpoint's must be");
}

/// Throws `event_error` on a text that could not be given back, or asked for, everywhere: `what`
/// says whose it is.
inline void require_text(std::string_view text, const char* what) {
    if (is_simple(text)) [[likely]]
        return;
    if (text.find('\0') != std::string_view::npos)
        throw event_error(std::string{what} + " holds a NUL");
    if (!is_utf8(text)) throw event_error(std::string{what} + " is not UTF-8");
}
inline void require_texts(const value& v, const char* what) {
    if (const auto* s = std::get_if<std::string>(&v))
        require_text(*s, what);
    else if (const auto* set = std::get_if<text_set>(&v))
        for (const std::string& item : *set) require_text(item, what);
}

/// Throws `event_error` on values that cannot be kept.
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

/// The greatest cycle or number that a stage entry may tell: counting on from there never ends.
inline constexpr std::int32_t most_told = 1'000'000'000;

/// Throws `event_error` on an event that no history can hold.
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
    constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max(); // as records count them
    if (g.sets.size() > most || g.scores.size() > most)
        throw event_error("a stage entry has more than 65,535 scores or facts");
    if (g.cycle < 0 || g.cycle > most_told || g.number < 0 || g.number > most_told)
        throw event_error("a stage entry's cycle or number is not from 0 to 1,000,000,000");
}

} // namespace leadfunnel::inline v0::detail
