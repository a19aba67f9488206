// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/model/diagram.hpp>

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/core/value.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

namespace detail {

// ---- what is drawn ------------------------------------------------------------------------------

/// A funnel as nodes and edges, independent of the format.
struct drawing {
    enum class look : std::uint8_t { stage, start, any, unknown };
    struct node {
        std::string key; ///< safe in every format
        std::string_view name;
        look as = look::stage;
        bool entry = false;
        bool terminal = false;
    };
    struct edge {
        std::size_t from;
        std::size_t to;
        std::string id;
        std::string trigger;
        bool cycle = false;
    };
    static constexpr std::size_t phases = 3;

    std::vector<node> nodes;
    std::array<std::vector<std::size_t>, phases> by_phase; ///< nodes of stages
    std::vector<std::size_t> apart;                        ///< nodes outside the phases
    std::vector<edge> edges;
};

inline constexpr std::array<std::string_view, drawing::phases> phase_names{"marketing", "sales",
                                                                           "closed"};

// ---- conditions in a few words ------------------------------------------------------------------

inline void append_joined(std::string& text, std::string_view by, std::string_view more) {
    if (!text.empty()) text += by;
    text += more;
}

/// The left side of a test, for labels.
[[nodiscard]] inline std::string operand_in_words(const test& t) {
    std::string text;
    switch (t.of) {
    case subject::times_entered:
        return "times in " + t.stage;
    case subject::score_at_entry:
        return t.score + " at entry into " + t.stage;
    case subject::current_stage:
        return "stage";
    case subject::time_in_stage:
        return "time in stage";
    case subject::attribute:
    case subject::property:
    case subject::score:
    case subject::band:
    case subject::matrix_class:
        text = t.name;
    }
    switch (t.take) {
    case part::domain:
        return "domain of " + text;
    case part::local_part:
        return "local part of " + text;
    case part::age:
        return "age of " + text;
    case part::itself:
    case part::normal:
        break;
    }
    return text;
}

/// `a`, `a or b`, `a, b or c`; the first three of a longer list.
template<class Of, class ToText>
[[nodiscard]] std::string some_in_words(const std::vector<Of>& several, ToText to_text) {
    constexpr std::size_t shown = 3;
    std::string text;
    for (std::size_t i = 0; i < several.size() && i < shown; ++i)
        append_joined(text, i + 1 == several.size() ? " or " : ", ", to_text(several[i]));
    if (several.size() > shown) text += ", …";
    return text;
}
[[nodiscard]] inline std::string several_in_words(const std::vector<value>& several) {
    return some_in_words(several, [](const value& v) { return to_string(v); });
}

[[nodiscard]] inline std::string test_in_words(const test& t) {
    const bool by_duration = t.take == part::age || t.of == subject::time_in_stage;
    const std::string what = operand_in_words(t);
    const std::string literal = by_duration ? to_string(t.period) : to_string(t.literal);
    // The name of a band or class needs no subject: "hot", not "temperature = hot".
    const bool is_name = t.of == subject::band || t.of == subject::matrix_class;
    switch (t.how) {
    case op::exists:
        return t.literal == value{false} ? "no " + what : what + " known";
    case op::equals:
        if (is_name) return literal;
        if (t.literal == value{true}) return what;
        if (t.literal == value{false}) return "not " + what;
        return what + " = " + literal;
    case op::not_equals:
        return is_name ? "not " + literal : what + " ≠ " + literal;
    case op::less:
        return what + " < " + literal;
    case op::at_most:
        return what + " ≤ " + literal;
    case op::greater:
        return what + " > " + literal;
    case op::at_least:
        return what + " ≥ " + literal;
    case op::in:
        return is_name ? several_in_words(t.several) : what + " = " + several_in_words(t.several);
    case op::in_list:
        return what + " in " + literal;
    case op::contains:
        return what + " contains " + literal;
    case op::prefix:
        return what + " begins with " + literal;
    case op::suffix:
        return what + " ends with " + literal;
    case op::glob:
        return what + " like " + literal;
    case op::regex:
        return what + " matches " + literal;
    }
    return what;
}

/// A condition in words; empty if it always holds.
[[nodiscard]] inline std::string condition_in_words(const condition& c) {
    switch (c.is) {
    case condition::kind::none:
        return {};
    case condition::kind::test:
        return test_in_words(c.check);
    case condition::kind::negation:
        return c.of.empty() ? std::string{} : "not (" + condition_in_words(c.of.front()) + ')';
    case condition::kind::all:
    case condition::kind::any:
        break;
    }
    std::string text;
    for (const condition& part : c.of) {
        const bool compound =
            (part.is == condition::kind::all || part.is == condition::kind::any) &&
            part.is != c.is && part.of.size() > 1;
        const std::string words = condition_in_words(part);
        append_joined(text, c.is == condition::kind::all ? " and " : " or ",
                      compound ? '(' + words + ')' : words);
    }
    return text;
}

// ---- triggers in a few words --------------------------------------------------------------------

[[nodiscard]] inline std::string pattern_in_words(const pattern& p) {
    std::string text = some_in_words(p.types, [](const std::string& type) { return type; });
    if (text.empty()) text = "a touchpoint";
    if (p.value_at_least) text += " ≥ " + to_string(*p.value_at_least);
    if (p.value_below) text += " < " + to_string(*p.value_below);
    const std::string where = condition_in_words(p.where);
    if (!where.empty()) text += " with " + where;
    return text;
}

/// A duration without days and weeks: a working day does not have 24 hours.
[[nodiscard]] inline std::string working_time_in_words(duration d) {
    using std::chrono::hours;
    const auto whole = std::chrono::duration_cast<hours>(d);
    std::string text = whole == hours{0} ? std::string{} : std::to_string(whole.count()) + 'h';
    if (d != whole || text.empty()) text += to_string(d - whole);
    return text;
}

[[nodiscard]] inline std::string timer_in_words(const timer& t) {
    std::string text = "after ";
    text += t.calendar.empty() ? to_string(t.after)
                               : working_time_in_words(t.after) + " (" + t.calendar + ')';
    if (t.since == timer_start::assignment) text += " since assignment";
    if (t.since == timer_start::touchpoint) text += " without " + pattern_in_words(t.on);
    return text;
}

[[nodiscard]] inline std::string trigger_in_words(const transition& t, bool conditions) {
    std::string text;
    if (t.manual) append_joined(text, ", ", "manual");
    if (t.on) append_joined(text, ", ", "on " + pattern_in_words(*t.on));
    if (t.after) append_joined(text, ", ", timer_in_words(*t.after));
    const std::string guard = conditions ? condition_in_words(t.when) : std::string{};
    if (!guard.empty()) append_joined(text, " if ", guard);
    if (text.empty() && t.when.is == condition::kind::none) text = "at once";
    return text;
}

// ---- funnel to drawing --------------------------------------------------------------------------

class drawing_maker {
  public:
    drawing_maker(const funnel& of, const diagram_options& options) {
        for (const stage& s : of.stages) {
            stages_.try_emplace(s.id, made_.nodes.size());
            made_.by_phase[static_cast<std::size_t>(s.phase) % drawing::phases].push_back(
                made_.nodes.size());
            made_.nodes.push_back({next_key('s'), s.id, drawing::look::stage, s.entry, s.terminal});
        }
        for (const transition& t : of.transitions) {
            const std::string id = cut(t.id);
            const std::string trigger = cut(trigger_in_words(t, options.conditions));
            const auto add = [&](std::size_t from) {
                made_.edges.push_back({from, stage_node(t.to), id, trigger, t.then.cycle});
            };
            if (t.from.empty()) add(special(drawing::look::start, "start", ""));
            for (const std::string& from : t.from)
                add(from == "*" ? special(drawing::look::any, "any", "any open stage")
                                : stage_node(from));
        }
    }
    [[nodiscard]] const drawing& made() const noexcept { return made_; }

  private:
    /// A key for the next node. (gcc 12 warns of `"s" + …` without reason.)
    [[nodiscard]] std::string next_key(char kind) const {
        return std::string(1, kind).append(std::to_string(made_.nodes.size()));
    }
    /// Shortens a label to a readable length; each edge of a transition repeats it.
    [[nodiscard]] static std::string cut(std::string text) {
        constexpr std::size_t most = 400;
        if (text.size() <= most) return text;
        std::size_t end = most;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
        text.resize(end);
        return text.append("…");
    }
    std::size_t apart(drawing::node n) {
        made_.apart.push_back(made_.nodes.size());
        made_.nodes.push_back(std::move(n));
        return made_.nodes.size() - 1;
    }
    std::size_t special(drawing::look as, std::string key, std::string_view name) {
        for (const std::size_t i : made_.apart)
            if (made_.nodes[i].as == as) return i;
        return apart({std::move(key), name, as});
    }
    std::size_t stage_node(std::string_view name) {
        const auto [found, is_new] = stages_.try_emplace(name, made_.nodes.size());
        if (is_new) apart({next_key('u'), name, drawing::look::unknown});
        return found->second;
    }

    std::map<std::string_view, std::size_t> stages_;
    drawing made_;
};

// ---- pens: the syntax of each format ------------------------------------------------------------

/// A name as a diagram shows it: printable, with ASCII controls as blanks.
[[nodiscard]] inline std::string label_text(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return printable(out);
}

/// A text between quotes in Mermaid. Characters that mean something to Mermaid, Markdown or HTML
/// are numeric entities. Mermaid does not accept an empty text.
[[nodiscard]] inline std::string mermaid_text(std::string_view name) {
    const std::string text = label_text(name);
    constexpr std::string_view plain = " ,()/=?!'";
    constexpr std::string_view plain_within_words = "_-+."; // elsewhere: emphasis, or a list
    const auto is_of_word = [&](std::size_t i) {            // `i` may wrap around below 0
        if (i >= text.size()) return false;
        const char c = text[i];
        return static_cast<unsigned char>(c) >= 0x80 || (c >= 'a' && c <= 'z') ||
               (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_of_word(i) || plain.find(c) != std::string_view::npos ||
            (plain_within_words.find(c) != std::string_view::npos && is_of_word(i - 1) &&
             is_of_word(i + 1)))
            out += c;
        else
            out.append("#").append(std::to_string(int{c})).append(";");
    }
    return out.empty() ? " " : out;
}

struct mermaid_pen {
    std::string out;

    void begin(std::string_view, bool left_to_right) {
        out += left_to_right ? "flowchart LR\n" : "flowchart TB\n";
    }
    void begin_phase(std::string_view name) {
        out.append("    subgraph ").append(name).append("_phase[\"").append(name).append("\"]\n");
    }
    void node(const drawing::node& n, bool in_phase) {
        out.append(in_phase ? 8 : 4, ' ').append(n.key);
        const auto between = [&](std::string_view open, std::string_view close) {
            out.append(open).append("\"").append(mermaid_text(n.name)).append("\"").append(close);
        };
        if (n.as == drawing::look::start)
            out += "((\" \"))";
        else if (n.entry)
            between("([", "])");
        else if (n.terminal)
            between("[[", "]]");
        else
            between("[", "]");
        out += '\n';
        if (n.terminal) append_joined(terminal_, ",", n.key);
        if (n.as == drawing::look::any) append_joined(dashed_, ",", n.key);
    }
    void end_phase() { out += "    end\n"; }
    void edge(const drawing::node& from, const drawing::node& to, const drawing::edge& e) {
        out.append("    ").append(from.key).append(e.cycle ? " -.->|\"" : " -->|\"");
        out.append(mermaid_text(e.id));
        if (!e.trigger.empty()) out.append("<br/>").append(mermaid_text(e.trigger));
        out.append("\"| ").append(to.key).append("\n");
    }
    void end() {
        if (!terminal_.empty())
            out.append("    classDef terminal stroke-width:3px\n    class ")
                .append(terminal_)
                .append(" terminal\n");
        if (!dashed_.empty())
            out.append("    classDef every stroke-dasharray:4\n    class ")
                .append(dashed_)
                .append(" every\n");
    }

  private:
    std::string terminal_;
    std::string dashed_;
};

/// A text between quotes in dot, which has backslash escapes and the entities of HTML.
[[nodiscard]] inline std::string dot_text(std::string_view text) {
    std::string out;
    for (const char c : label_text(text)) {
        if (c == '"' || c == '\\')
            out.append("\\").append(1, c);
        else if (c == '&')
            out += "&amp;";
        else
            out += c;
    }
    return out;
}

struct dot_pen {
    std::string out;

    void begin(std::string_view name, bool left_to_right) {
        out.append("digraph \"").append(dot_text(name)).append("\" {\n");
        out.append("    rankdir=").append(left_to_right ? "LR" : "TB").append(";\n");
        out += "    node [shape=box];\n";
    }
    void begin_phase(std::string_view name) {
        out.append("    subgraph cluster_").append(name).append(" {\n        label=\"");
        out.append(name).append("\";\n");
    }
    void node(const drawing::node& n, bool in_phase) {
        out.append(in_phase ? 8 : 4, ' ').append(n.key);
        if (n.as == drawing::look::start) {
            out += " [shape=point, label=\"\"];\n";
            return;
        }
        out.append(" [label=\"").append(dot_text(n.name)).append("\"");
        if (n.entry) out += ", style=rounded";
        if (n.as == drawing::look::any) out += ", style=dashed";
        if (n.terminal) out += ", peripheries=2";
        out += "];\n";
    }
    void end_phase() { out += "    }\n"; }
    void edge(const drawing::node& from, const drawing::node& to, const drawing::edge& e) {
        out.append("    ").append(from.key).append(" -> ").append(to.key).append(" [label=\"");
        out.append(dot_text(e.id));
        if (!e.trigger.empty()) out.append("\\n").append(dot_text(e.trigger));
        out.append(e.cycle ? "\", style=dashed];\n" : "\"];\n");
    }
    void end() { out += "}\n"; }
};

/// Draws with a pen. Both formats share this traversal.
template<class Pen>
[[nodiscard]] std::string draw(const drawing& d, std::string_view name, bool left_to_right) {
    Pen pen;
    pen.begin(name, left_to_right);
    for (const std::size_t i : d.apart) pen.node(d.nodes[i], false);
    for (std::size_t p = 0; p < drawing::phases; ++p) {
        if (d.by_phase[p].empty()) continue;
        pen.begin_phase(phase_names[p]);
        for (const std::size_t i : d.by_phase[p]) pen.node(d.nodes[i], true);
        pen.end_phase();
    }
    for (const drawing::edge& e : d.edges) pen.edge(d.nodes[e.from], d.nodes[e.to], e);
    pen.end();
    return pen.out;
}

} // namespace detail

LEADFUNNEL_DECL std::string diagram(const funnel& of, diagram_format format,
                                    const diagram_options& options) {
    const detail::drawing_maker maker{of, options};
    return format == diagram_format::dot
               ? detail::draw<detail::dot_pen>(maker.made(), of.id, options.left_to_right)
               : detail::draw<detail::mermaid_pen>(maker.made(), of.id, options.left_to_right);
}

} // namespace leadfunnel::inline v0
