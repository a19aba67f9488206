// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/text.hpp>
#include <leadfunnel/score/explanation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace leadfunnel::inline v0 {

namespace detail {

/// Text from outside, safe to print: control characters and what is not UTF-8 are escaped.
[[nodiscard]] inline std::string printable(std::string_view text) {
    std::string out;
    const bool good = is_utf8(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        // C1 controls are C2 80 … C2 9F in UTF-8.
        const bool c1 =
            c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        if (c < 0x20 || c == 0x7F || (c >= 0x80 && !good)) {
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", c);
        } else if (c1) {
            fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                           static_cast<unsigned char>(text[++i]));
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

[[nodiscard]] inline std::string signed_text(points p) {
    return (p > points{} ? std::string{"+"} : std::string{}).append(to_string(p));
}

[[nodiscard]] inline std::string describe_touchpoint(const touchpoint& t) {
    std::string out = printable(t.type);
    if (t.value) out.append(" (").append(to_string(*t.value)).append(")");
    for (const auto& [name, v] : t.properties)
        out += " " + printable(name) + "=" + printable(to_string(v));
    if (!t.campaign.empty()) out += " campaign=" + printable(t.campaign);
    if (!t.channel.empty()) out += " channel=" + printable(t.channel);
    return out;
}

[[nodiscard]] inline std::string describe_line(const explanation_line& l) {
    std::string out;
    switch (l.kind) {
    case line_kind::award: {
        out = printable(l.name);
        if (!l.group.empty()) out += " [" + printable(l.group) + "]";
        out += ", " + to_string(l.at) + ": ";
        out += l.cause ? describe_touchpoint(*l.cause) : std::string{"nothing happened"};
        if (l.awarded != l.now) out += "; " + signed_text(l.awarded) + " when awarded";
        if (l.fate != award_fate::counted) out += "; " + std::string{to_string(l.fate)};
        if (!l.reason.empty()) out += " (" + printable(l.reason) + ")";
        break;
    }
    case line_kind::state:
        out = printable(l.name);
        if (!l.group.empty()) out += " [" + printable(l.group) + "]";
        if (!l.description.empty()) out += ": " + printable(l.description);
        break;
    case line_kind::input:
        out = "score " + printable(l.name) + " = " + to_string(l.awarded);
        break;
    default:
        out = std::string{to_string(l.kind)} + " of " + printable(l.name);
        break;
    }
    return out;
}

inline void append_text(const explanation& e, const std::string& indent, std::string& out) {
    const auto to = std::back_inserter(out);
    fmt::format_to(to, "{}{}: {} = {} at {}", indent, printable(e.lead), printable(e.score),
                   e.excluded_by.empty() ? to_string(e.total) : "absent", to_string(e.at));
    if (!e.excluded_by.empty())
        fmt::format_to(to, " (excluded by {}; it would be {})", printable(e.excluded_by),
                       to_string(e.total));
    if (e.saturated) out += " (saturated)";
    out += '\n';
    std::vector<const explanation_line*> counted;
    std::vector<const explanation_line*> others;
    for (const auto& l : e.lines)
        (l.kind == line_kind::award && l.now == points{} ? others : counted).push_back(&l);
    const auto size = [](points p) {
        return p.micros() < 0 ? -static_cast<wide>(p.micros()) : static_cast<wide>(p.micros());
    };
    std::stable_sort(counted.begin(), counted.end(),
                     [&](const auto* a, const auto* b) { return size(a->now) > size(b->now); });
    for (const auto* l : counted)
        fmt::format_to(to, "{}  {:>12}  {}\n", indent, signed_text(l->now), describe_line(*l));
    if (!others.empty()) fmt::format_to(to, "{}  not counted:\n", indent);
    for (const auto* l : others)
        fmt::format_to(to, "{}  {:>12}  {}\n", indent, "0", describe_line(*l));
    for (const auto& i : e.inputs) append_text(i, indent + "  ", out);
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
    std::string out;
    detail::append_text(e, "", out);
    return out;
}

} // namespace leadfunnel::inline v0
