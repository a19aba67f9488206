// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/score/explanation.hpp>

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/core/detail/wiping.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace leadfunnel::inline v0 {

namespace detail {

[[nodiscard]] inline std::string signed_text(points p) {
    std::string out;
    if (p > points{}) out.push_back('+');
    out.append(to_string(p));
    return out;
}

inline void append_touchpoint(const touchpoint& t, std::string& out) {
    const auto named = [&](std::string_view name, std::string_view text) {
        out.push_back(' ');
        append_printable(name, out);
        out.push_back('=');
        append_printable(text, out);
    };
    append_printable(t.type, out);
    if (t.value) fmt::format_to(std::back_inserter(out), " ({})", to_string(*t.value));
    for (const auto& [name, v] : t.properties) {
        const wiped<std::string> text = to_string(v);
        named(name, *text);
    }
    if (!t.campaign.empty()) named("campaign", t.campaign);
    if (!t.channel.empty()) named("channel", t.channel);
}

/// Whether a candidate was refused an award.
[[nodiscard]] constexpr bool is_refused(award_fate f) noexcept {
    return f == award_fate::refused_condition || f == award_fate::refused_freeze ||
           f == award_fate::refused_cooldown || f == award_fate::refused_limit;
}

/// An upper bound of the bytes of a line's text: escaped, a byte takes at most four.
[[nodiscard]] inline std::size_t room_for(const explanation_line& l) {
    std::size_t n = l.name.size() + l.group.size() + l.description.size() + l.reason.size();
    if (l.cause) {
        const auto& t = *l.cause;
        n += t.type.size() + t.campaign.size() + t.channel.size();
        for (const auto& [name, v] : t.properties) {
            const wiped<std::string> text = to_string(v);
            n += name.size() + text->size() + 2;
        }
    }
    return 4 * n + 512;
}

inline void append_line(const explanation_line& l, std::string& out) {
    const auto to = std::back_inserter(out);
    const auto name_rule = [&] {
        append_printable(l.name, out);
        if (!l.group.empty()) fmt::format_to(to, " [{}]", printable(l.group));
        if (!l.description.empty()) fmt::format_to(to, ": {}", printable(l.description));
    };
    switch (l.kind) {
    case line_kind::award:
        name_rule();
        fmt::format_to(to, "{} {}: ", l.description.empty() ? ',' : ';', to_string(l.at));
        if (l.cause)
            append_touchpoint(*l.cause, out);
        else
            out.append("nothing happened");
        if (is_refused(l.fate)) {
            fmt::format_to(to, "; {} {}", signed_text(l.awarded), to_string(l.fate));
        } else {
            if (l.awarded != l.now) fmt::format_to(to, "; {} when awarded", signed_text(l.awarded));
            if (l.fate != award_fate::counted) fmt::format_to(to, "; {}", to_string(l.fate));
        }
        if (!l.reason.empty()) fmt::format_to(to, " ({})", printable(l.reason));
        break;
    case line_kind::state:
        name_rule();
        break;
    case line_kind::input:
        fmt::format_to(to, "score {} = {}", printable(l.name), to_string(l.awarded));
        if (!l.reason.empty()) fmt::format_to(to, " (explained under {})", printable(l.reason));
        break;
    case line_kind::group_clamp:
        fmt::format_to(to, "{} '{}'", to_string(l.kind), printable(l.name));
        break;
    case line_kind::start:
    case line_kind::score_clamp:
    case line_kind::constant:
    case line_kind::computed:
    case line_kind::saturation:
        fmt::format_to(to, "{} of {}", to_string(l.kind), printable(l.name));
        break;
    }
}

inline void append_text(const explanation& e, const std::string& indent, std::size_t most,
                        std::string& out) {
    const auto add = [&](std::string_view text) { append_wiping(out, text); };
    {
        wiped<std::string> line{indent};
        line->reserve(indent.size() + 4 * (e.lead.size() + e.score.size()) + 128);
        append_printable(e.lead, *line);
        fmt::format_to(std::back_inserter(*line), ": {} = {} at {}", printable(e.score),
                       e.excluded_by.empty() ? to_string(e.total) : "absent", to_string(e.at));
        add(*line);
    }
    if (!e.excluded_by.empty())
        add(fmt::format(" (excluded by {}; it would be {})", printable(e.excluded_by),
                        to_string(e.total)));
    if (e.saturated) add(" (saturated)");
    add("\n");
    std::vector<const explanation_line*> counted;
    std::vector<const explanation_line*> others;
    for (const auto& l : e.lines)
        (l.kind == line_kind::award && l.now == points{} ? others : counted).push_back(&l);
    const auto size = [](points p) {
        return p.micros() < 0 ? -static_cast<wide>(p.micros()) : static_cast<wide>(p.micros());
    };
    std::stable_sort(counted.begin(), counted.end(),
                     [&](const auto* a, const auto* b) { return size(a->now) > size(b->now); });
    // Appends lines while they fit. Returns the first that does not.
    const auto append_lines = [&](const auto& lines, const auto& amount) {
        auto l = lines.begin();
        for (; l != lines.end() && out.size() < most; ++l) {
            wiped<std::string> line;
            line->reserve(indent.size() + room_for(**l));
            fmt::format_to(std::back_inserter(*line), "{}  {:>12}  ", indent, amount(**l));
            append_line(**l, *line);
            line->push_back('\n');
            if (line->size() > most - out.size()) break;
            add(*line);
        }
        return l;
    };
    const auto cut = append_lines(counted, [](const auto& l) { return signed_text(l.now); });
    if (cut != counted.end()) {
        wide sum = 0;
        for (auto l = cut; l != counted.end(); ++l) sum += (**l).now.micros();
        // A sum beyond the range of points is written as several amounts.
        std::string amounts;
        do {
            const points part = points::from_micros(sum);
            amounts += (amounts.empty() ? "" : " ") + signed_text(part);
            sum -= part.micros();
        } while (sum != 0);
        add(fmt::format("{}  {:>12}  {} more lines, cut\n", indent, amounts, counted.end() - cut));
    }
    if (!others.empty()) {
        add(fmt::format("{}  not counted:\n", indent));
        const auto rest = append_lines(others, [](const auto&) { return std::string{"0"}; });
        if (rest != others.end())
            add(fmt::format("{}  {:>12}  {} more lines, cut\n", indent, "0", others.end() - rest));
    }
    for (auto i = e.inputs.begin(); i != e.inputs.end(); ++i) {
        if (out.size() >= most) {
            add(fmt::format("{}  {} more inputs, cut\n", indent, e.inputs.end() - i));
            break;
        }
        append_text(*i, indent + "  ", most, out);
    }
}

} // namespace detail

LEADFUNNEL_DECL std::string_view to_string(line_kind k) noexcept {
    switch (k) {
    case line_kind::award:
        return "award";
    case line_kind::state:
        return "state";
    case line_kind::start:
        return "start";
    case line_kind::group_clamp:
        return "bounds of group";
    case line_kind::score_clamp:
        return "bounds";
    case line_kind::input:
        return "input";
    case line_kind::constant:
        return "constant";
    case line_kind::computed:
        return "formula";
    case line_kind::saturation:
        return "saturation";
    }
    return "";
}

LEADFUNNEL_DECL std::string_view to_string(award_fate f) noexcept {
    switch (f) {
    case award_fate::counted:
        return "counted";
    case award_fate::expired:
        return "expired";
    case award_fate::voided:
        return "voided by a reset";
    case award_fate::ended:
        return "ended by activity";
    case award_fate::refused_condition:
        return "refused: condition not met";
    case award_fate::refused_freeze:
        return "refused: awards frozen";
    case award_fate::refused_cooldown:
        return "refused: within the cooldown";
    case award_fate::refused_limit:
        return "refused: limit reached";
    }
    return "";
}

LEADFUNNEL_DECL std::string to_string(const explanation& e) {
    return to_string(e, std::numeric_limits<std::size_t>::max());
}
LEADFUNNEL_DECL std::string to_string(const explanation& e, std::size_t most) {
    std::string out;
    out.reserve(4'096); // the text seldom grows beyond: then no copy of it stays behind in memory
    detail::append_text(e, "", most, out);
    return out;
}

} // namespace leadfunnel::inline v0
