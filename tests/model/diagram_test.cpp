// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "catch.hpp"

#include <leadfunnel/model/diagram.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;
using lf::diagram;
using lf::diagram_format;

namespace {

lf::funnel sales() {
    lf::funnel f{.id = "sales"};
    f.stages = {{.id = "inquiry", .entry = true},
                {.id = "won", .phase = lf::phase::closed, .terminal = true},
                {.id = "mql"},
                {.id = "sal", .phase = lf::phase::sales, .entry = true},
                {.id = "rejected", .phase = lf::phase::closed, .entry = true, .terminal = true}};
    f.transitions = {
        {.id = "form", .to = "inquiry", .on = lf::on("web_form")},
        {.id = "qualified",
         .from = {"inquiry"},
         .to = "mql",
         .when = lf::band_now("temperature").equals("hot")},
        {.id = "by_default",
         .from = {"mql"},
         .to = "sal",
         .after = lf::timer{.after = 24h, .calendar = "business"}},
        {.id = "win", .from = {"sal", "mql"}, .to = "won", .manual = true},
        {.id = "refuse", .from = {"*"}, .to = "rejected", .manual = true},
        {.id = "recycle",
         .from = {"rejected"},
         .to = "inquiry",
         .after = lf::timer{.after = 90 * 24h},
         .then = {.cycle = true}},
    };
    return f;
}

/// Every character that could end a string, or has a special meaning within one.
lf::funnel hostile() {
    const std::vector<std::string> names{"\"quoted\"",
                                         "two\nlines\r\tand a tab",
                                         "<script>alert('x')</script>",
                                         "`code`",
                                         "back\\slash\\",
                                         "\\\"",
                                         "&lt;&amp;",
                                         "#quot;",
                                         "%%{init: {}}%%",
                                         "style: #a;",
                                         "end",
                                         "a --> b",
                                         "]]",
                                         "| pipe |",
                                         "{}",
                                         "\\N\\G",
                                         "競合 — ü",
                                         std::string("\0", 1),
                                         "",
                                         "*",
                                         "subgraph x",
                                         ";",
                                         "graph",
                                         "classDef a:b#c;",
                                         "1. a_b_ - 2.5"};
    lf::funnel f{.id = "a \"funnel\"\n} digraph {"};
    for (std::size_t i = 0; i < names.size(); ++i)
        f.stages.push_back({.id = names[i],
                            .phase = static_cast<lf::phase>(i % 3),
                            .entry = i % 2 == 0,
                            .terminal = i % 5 == 0});
    for (std::size_t i = 0; i < names.size(); ++i)
        f.transitions.push_back({.id = names[i],
                                 .from = {names[(i + 1) % names.size()], "unknown " + names[i]},
                                 .to = names[i],
                                 .on = lf::on(names[i], lf::property(names[i]).prefix(names[i]))});
    return f;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines(1);
    for (const char c : text) {
        if (c == '\n')
            lines.emplace_back();
        else
            lines.back() += c;
    }
    lines.pop_back();
    return lines;
}

struct graph {
    std::vector<std::string> nodes; ///< keys
    std::vector<std::pair<std::string, std::string>> edges;
    friend bool operator==(const graph&, const graph&) = default;
};

std::string first_word(const std::string& text) {
    const auto begin = text.find_first_not_of(' ');
    const auto end = text.find_first_of(" ([", begin);
    return text.substr(begin, end - begin);
}

bool is_node(const std::string& word) {
    if (word == "start" || word == "any") return true;
    return word.size() > 1 && (word[0] == 's' || word[0] == 'u') &&
           word.find_first_not_of("0123456789", 1) == std::string::npos;
}

graph graph_of_mermaid(const std::string& text) {
    graph g;
    for (const std::string& line : lines_of(text)) {
        const std::string word = first_word(line);
        if (!is_node(word)) continue;
        const auto end = line.rfind("\"| ");
        if (end == std::string::npos)
            g.nodes.push_back(word);
        else
            g.edges.emplace_back(word, line.substr(end + 3));
    }
    return g;
}

graph graph_of_dot(const std::string& text) {
    graph g;
    for (const std::string& line : lines_of(text)) {
        const std::string word = first_word(line);
        if (!is_node(word)) continue;
        const std::string arrow = word + " -> ";
        const auto at = line.find(arrow);
        if (at == std::string::npos || line.find('[') < at)
            g.nodes.push_back(word);
        else
            g.edges.emplace_back(word, first_word(line.substr(at + arrow.size())));
    }
    return g;
}

lf::transition with(lf::condition when) {
    return {.id = "t", .from = {"inquiry"}, .to = "mql", .when = std::move(when)};
}

/// The label's second line.
std::string label(lf::transition t, const lf::diagram_options& options = {}) {
    lf::funnel f = sales();
    f.transitions = {std::move(t)};
    for (const std::string& line : lines_of(diagram(f, diagram_format::dot, options))) {
        const auto begin = line.find("t\\n");
        if (line.find("->") != std::string::npos)
            return begin == std::string::npos ? std::string{}
                                              : line.substr(begin + 3, line.rfind('"') - begin - 3);
    }
    return "no edge";
}

} // namespace

TEST_CASE("a funnel in Mermaid", "[diagram]") {
    CHECK(diagram(sales(), diagram_format::mermaid) == R"--(flowchart TB
    start((" "))
    any["any open stage"]
    subgraph marketing_phase["marketing"]
        s0(["inquiry"])
        s2["mql"]
    end
    subgraph sales_phase["sales"]
        s3(["sal"])
    end
    subgraph closed_phase["closed"]
        s1[["won"]]
        s4(["rejected"])
    end
    start -->|"form<br/>on web_form"| s0
    s0 -->|"qualified<br/>hot"| s2
    s2 -->|"by_default<br/>after 24h (business)"| s3
    s3 -->|"win<br/>manual"| s1
    s2 -->|"win<br/>manual"| s1
    any -->|"refuse<br/>manual"| s4
    s4 -.->|"recycle<br/>after 90d"| s0
    classDef terminal stroke-width:3px
    class s1,s4 terminal
    classDef every stroke-dasharray:4
    class any every
)--");
}

TEST_CASE("a funnel in dot", "[diagram]") {
    CHECK(diagram(sales(), diagram_format::dot) == R"--(digraph "sales" {
    rankdir=TB;
    node [shape=box];
    start [shape=point, label=""];
    any [label="any open stage", style=dashed];
    subgraph cluster_marketing {
        label="marketing";
        s0 [label="inquiry", style=rounded];
        s2 [label="mql"];
    }
    subgraph cluster_sales {
        label="sales";
        s3 [label="sal", style=rounded];
    }
    subgraph cluster_closed {
        label="closed";
        s1 [label="won", peripheries=2];
        s4 [label="rejected", style=rounded, peripheries=2];
    }
    start -> s0 [label="form\non web_form"];
    s0 -> s2 [label="qualified\nhot"];
    s2 -> s3 [label="by_default\nafter 24h (business)"];
    s3 -> s1 [label="win\nmanual"];
    s2 -> s1 [label="win\nmanual"];
    any -> s4 [label="refuse\nmanual"];
    s4 -> s0 [label="recycle\nafter 90d", style=dashed];
}
)--");
}

TEST_CASE("a funnel without stages is a diagram, too", "[diagram]") {
    CHECK(diagram({}, diagram_format::mermaid) == "flowchart TB\n");
    CHECK(diagram({}, diagram_format::dot, {.left_to_right = true}) ==
          "digraph \"\" {\n    rankdir=LR;\n    node [shape=box];\n}\n");
    CHECK(diagram({}, diagram_format::mermaid, {.left_to_right = true}) == "flowchart LR\n");
}

TEST_CASE("labels show triggers and guards in a few words", "[diagram]") {
    using lf::attribute;
    using lf::property;
    const auto on = [](lf::pattern p) {
        return lf::transition{.id = "t", .from = {"mql"}, .to = "sal", .on = std::move(p)};
    };
    const auto after = [](lf::timer t) {
        return lf::transition{.id = "t", .from = {"mql"}, .to = "sal", .after = std::move(t)};
    };
    CHECK(label(with({})) == "at once");
    CHECK(label(with(lf::band_now("x").in({"warm", "hot"}))) == "warm or hot");
    CHECK(label(with(lf::class_now("x").not_equals("D4"))) == "not D4");
    CHECK(label(with(lf::score_now("fit").at_least(80.0))) == "fit ≥ 80");
    CHECK(label(with(attribute("partner").equals(true))) == "partner");
    CHECK(label(with(attribute("partner").equals(false))) == "not partner");
    CHECK(label(with(attribute("owner").exists())) == "owner known");
    CHECK(label(with(attribute("owner").exists(false))) == "no owner");
    CHECK(label(with(attribute("mail").domain().in_list("free"))) == "domain of mail in free");
    CHECK(label(with(attribute("since").age().greater(30 * 24h))) == "age of since > 30d");
    CHECK(label(with(lf::time_in_stage("sales").at_least(14 * 24h))) == "time in stage ≥ 14d");
    CHECK(label(with(lf::times_entered("sales", "mql").less(3.0))) == "times in mql < 3");
    CHECK(label(with(lf::score_at_entry("sales", "mql", "fit").at_most(3.5))) ==
          "fit at entry into mql ≤ 3.5");
    CHECK(label(with(lf::current_stage("other").equals("x"))) == "stage = x");
    CHECK(label(with(attribute("i").in({"a", "b", "c", "d", "e"}))) == "i = a, b, c, …");
    CHECK(label(with(attribute("i").glob("*x") ||
                     (attribute("i").suffix("y") && attribute("i").contains("z")))) ==
          "i like *x or (i ends with y and i contains z)");
    CHECK(label(with(!attribute("i").regex("a|b"))) == "not (i matches a|b)");
    CHECK(label(with(attribute("i").not_equals("é"))) == "i ≠ é");
    CHECK(label(with(attribute("i").in({"a", 2.5, true}))) == "i = a, 2.5 or true");
    CHECK(label(on({})) == "on a touchpoint");
    CHECK(label(on(lf::on({"call", "mail", "visit"}))) == "on call, mail or visit");
    CHECK(label(on(lf::on({"call", "mail", "visit", "form"}))) == "on call, mail, visit, …");
    CHECK(label(on(lf::on({"call", "mail"}, property("url").prefix("/p")))) ==
          "on call or mail with url begins with /p");
    CHECK(label(on({.types = {"call"}, .value_at_least = 3, .value_below = 10})) ==
          "on call ≥ 3 < 10");
    CHECK(label(after({.after = 36h})) == "after 1d12h");
    CHECK(label(after({.after = 36h + 30min, .calendar = "c"})) == "after 36h30m (c)");
    CHECK(label(after({.after = 5min, .calendar = "c"})) == "after 5m (c)");
    CHECK(label(after({.after = 2h, .since = lf::timer_start::assignment})) ==
          "after 2h since assignment");
    CHECK(label(after({.after = 180 * 24h, .since = lf::timer_start::touchpoint})) ==
          "after 180d without a touchpoint");
    lf::transition guarded = after({.after = 2h});
    guarded.when = lf::band_now("x").equals("hot");
    CHECK(label(guarded) == "after 2h if hot");
    CHECK(label(guarded, {.conditions = false}) == "after 2h");
    CHECK(label(with(lf::band_now("x").equals("hot")), {.conditions = false}).empty());
}

TEST_CASE("labels are cut to a readable length", "[diagram]") {
    lf::funnel f{.id = "f"};
    lf::transition t{.id = std::string(500, 'i'), .to = "s0"};
    t.when = lf::attribute("a").equals(std::string(399, 'x') + "日本");
    for (int i = 0; i < 1'000; ++i) {
        f.stages.push_back({.id = "s" + std::to_string(i)});
        t.from.push_back("s" + std::to_string(i));
    }
    f.transitions = {t};
    for (const auto format : {lf::diagram_format::mermaid, lf::diagram_format::dot}) {
        const std::string text = lf::diagram(f, format);
        CHECK(text.size() < 1'000'000);
        CHECK(text.find("iii…") != std::string::npos);
        CHECK(text.find("xxx…") != std::string::npos);
    }
}

TEST_CASE("both formats have the same nodes and edges", "[diagram]") {
    for (const lf::funnel& f : {sales(), hostile(), lf::funnel{}}) {
        const graph mermaid = graph_of_mermaid(diagram(f, diagram_format::mermaid));
        const graph dot = graph_of_dot(diagram(f, diagram_format::dot));
        CHECK(mermaid == dot);
        std::size_t edges = 0;
        for (const lf::transition& t : f.transitions)
            edges += std::max<std::size_t>(t.from.size(), 1);
        CHECK(dot.edges.size() == edges);
        CHECK(dot.nodes.size() >= f.stages.size());
        for (const auto& [from, to] : dot.edges) {
            CHECK(std::count(dot.nodes.begin(), dot.nodes.end(), from) == 1);
            CHECK(std::count(dot.nodes.begin(), dot.nodes.end(), to) == 1);
        }
    }
}

TEST_CASE("names are escaped", "[diagram]") {
    const std::string mermaid = diagram(hostile(), diagram_format::mermaid);
    for (const std::string& line : lines_of(mermaid)) {
        INFO(line);
        const auto quotes = std::count(line.begin(), line.end(), '"');
        CHECK((quotes == 0 || quotes == 2));
        CHECK(line.find('`') == std::string::npos);
        CHECK(line.find("<s") == std::string::npos);
        CHECK(line.find("%%") == std::string::npos);
        CHECK(line.find('\\') == std::string::npos);
        CHECK(line.find("\"\"") == std::string::npos); // which Mermaid does not read
    }
    CHECK(mermaid.find("#34;quoted#34;") != std::string::npos);
    CHECK(mermaid.find("#60;script#62;alert('x')#60;/script#62;") != std::string::npos);
    CHECK(mermaid.find("two lines  and a tab") != std::string::npos);
    CHECK(mermaid.find("#35;quot#59;") != std::string::npos);
    CHECK(mermaid.find("競合 — ü") != std::string::npos);
    CHECK(mermaid.find("\"1#46; a_b#95; #45; 2.5\"") != std::string::npos); // no Markdown

    const std::string dot = diagram(hostile(), diagram_format::dot);
    for (const std::string& line : lines_of(dot)) {
        INFO(line);
        std::size_t quotes = 0;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] == '\\')
                ++i;
            else if (line[i] == '"')
                ++quotes;
        }
        CHECK(quotes % 2 == 0);
    }
    CHECK(dot.find(R"(\"quoted\")") != std::string::npos);
    CHECK(dot.find(R"(\\N\\G)") != std::string::npos);
    CHECK(dot.find("&amp;lt;&amp;amp;") != std::string::npos);
    CHECK(dot.find(R"(digraph "a \"funnel\" } digraph {" {)") == 0);
}

TEST_CASE("Graphviz reads every diagram", "[diagram]") {
    if (std::system("dot -V >/dev/null 2>&1") != 0) {
        std::puts("skipped: graphviz is not installed");
        return;
    }
    const auto file = std::filesystem::temp_directory_path() / "leadfunnel_diagram_test.dot";
    for (const lf::funnel& f : {sales(), hostile(), lf::funnel{}}) {
        std::ofstream(file, std::ios::binary) << diagram(f, diagram_format::dot);
        CHECK(std::system(("dot -Tplain -o /dev/null \"" + file.string() + "\" 2>&1").c_str()) ==
              0);
    }
    std::filesystem::remove(file);
}
