// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "sources.hpp"

#include "../../docs/model_reference.hpp"

#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/check.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

using namespace leadfunnel;

namespace {

std::string contents(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    INFO(path);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct block {
    std::string kind; ///< of the part of a model that it shows
    std::string text;
};

/// The JSON blocks of the page.
std::vector<block> blocks() {
    const std::string page = contents(source_folder("docs") / "model.md");
    constexpr std::string_view fence = "```json ";
    std::vector<block> out;
    for (std::size_t at = 0; (at = page.find(fence, at)) != std::string::npos;) {
        at += fence.size();
        const std::size_t line = page.find('\n', at);
        const std::size_t end = page.find("\n```", line);
        out.push_back({page.substr(at, line - at), page.substr(line + 1, end - line)});
        at = end;
    }
    return out;
}

std::string all_issues(const loaded_model& m) {
    std::string out;
    for (const auto& i : m.issues) out += to_string(i) + "\n";
    return out;
}

/// The text of a model that contains the part.
std::string around(const block& b) {
    const auto members = [](const std::string& list, const std::string& element) {
        return R"({"id": "m", "scores": [],
            "attributes": [{"id": "customer_since", "type": "timestamp"}], ")" +
               list + "\": [" + element + (list == "rules" ? "]}" : R"(], "rules": []})");
    };
    const std::string occurrence = R"({"kind": "occurrence", "id": "r", "score": "engagement",
        "points": 1, "on": )";
    if (b.kind == "model") return b.text;
    if (b.kind == "rule") return members("rules", b.text);
    if (b.kind == "pattern") return members("rules", occurrence + b.text + "}");
    if (b.kind == "limits") return members("rules", occurrence + "{}, \"limits\": " + b.text + "}");
    if (b.kind == "decay") return members("rules", occurrence + "{}, \"decay\": " + b.text + "}");
    if (b.kind == "formula") return members("derived", R"({"id": "d", "from": )" + b.text + "}");
    if (b.kind == "set_of_roles")
        return R"({"id": "m", "scores": [], "rules": [], "roles": )" + b.text + "}";
    if (b.kind == "business_calendar") return members("calendars", b.text);
    if (b.kind == "alert") return members("alerts", b.text);
    if (b.kind == "funnel") return members("funnels", b.text);
    const auto in_funnel = [&](const std::string& id, const std::string& stages,
                               const std::string& transitions) {
        return members("funnels", R"({"id": ")" + id + R"(", "stages": [)" + stages +
                                      R"(], "transitions": [)" + transitions + "]}");
    };
    const std::string stage = R"({"id": "lost", "slas": [)";
    if (b.kind == "stage") return in_funnel("other", b.text, "");
    if (b.kind == "service_level") return in_funnel("other", stage + b.text + "]}", "");
    if (b.kind == "timer")
        return in_funnel("other", stage + R"({"id": "s", "due": )" + b.text + "}]}", "");
    if (b.kind == "transition") return in_funnel("sales", "", b.text);
    const std::string moved = R"({"id": "t", "from": "won", "to": "mql", "manual": true, )";
    if (b.kind == "set_of_effects")
        return in_funnel("sales", "", moved + R"("then": )" + b.text + "}");
    for (const auto& s : language::subjects)
        if (s.is_of_now && b.text.starts_with("{\"" + std::string(s.key) + "\""))
            return members("alerts", R"({"id": "a", "when": )" + b.text + "}");
    if (b.kind == "condition" && b.text.find("\"property\"") != std::string::npos)
        return members("rules", occurrence + "{\"where\": " + b.text + "}}");
    if (b.kind == "condition")
        return members("rules", R"({"kind": "attribute", "id": "r", "score": "fit", "points": 1,
            "when": )" + b.text + "}");
    return b.text;
}

} // namespace

TEST_CASE("the pages made from the descriptions are up to date") {
    // If this fails: cmake --build … --target model_reference_pages
    CHECK(contents(source_folder("docs") / "model.md") ==
          leadfunnel_docs::model_reference(contents(source_folder("docs") / "model.in.md")));
    CHECK(contents(source_folder("docs") / "model.schema.json") == model_schema());
}

TEST_CASE("the page's links lead somewhere") {
    const std::string page = contents(source_folder("docs") / "model.md");
    std::set<std::string> anchors;
    for (std::size_t at = 0; (at = page.find("\n#", at)) != std::string::npos; ++at) {
        const std::size_t begin = page.find(' ', at) + 1;
        std::string title = page.substr(begin, page.find('\n', begin) - begin);
        std::string anchor;
        for (const char c : title) {
            if (c == ' ')
                anchor += '-';
            else if (c != '`' && c != '"' && c != ':')
                anchor += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        anchors.insert(anchor);
    }
    std::size_t links = 0;
    for (std::size_t at = 0; (at = page.find("](#", at)) != std::string::npos; ++links) {
        at += 3;
        const std::string to = page.substr(at, page.find(')', at) - at);
        INFO(to);
        CHECK(anchors.count(to) == 1);
    }
    CHECK(links > 50);
}

TEST_CASE("every example of the page is read without an issue, and is not empty") {
    std::map<std::string, int> kinds;
    for (const block& b : blocks()) {
        ++kinds[b.kind];
        INFO(around(b));
        const loaded_model read = parse_model(around(b));
        if (b.kind == "members") {
            // The block shows some members of a model. The large example has the others.
            for (const issue& i : read.issues) {
                INFO(to_string(i));
                CHECK(i.code == issue_code::missing_key);
                CHECK(std::count(i.pointer.begin(), i.pointer.end(), '/') == 1);
            }
        } else {
            CHECK(all_issues(read).empty());
        }
        CHECK_FALSE(read.value == model{});
        CHECK(parse_model(write_model(read.value)).value == read.value);
    }
    CHECK(kinds["model"] == 1);
    CHECK(kinds["rule"] == std::variant_size_v<rule>);
    CHECK(kinds["decay"] == std::variant_size_v<decay_curve>);
    CHECK(kinds["formula"] == std::variant_size_v<formula>);
    CHECK(kinds["condition"] >=
          int(language::operators.size() + language::parts.size() + language::subjects.size()));
    CHECK(kinds["members"] >= 5);
    CHECK(kinds["transition"] >= 2);
    for (const char* each : {"set_of_roles", "business_calendar", "alert", "funnel", "stage",
                             "service_level", "timer", "set_of_effects"})
        CHECK(kinds[each] == 1);
}

TEST_CASE("the examples of a kind, operator, part or subject show that very one") {
    const auto check_condition = [](std::string_view example, const auto& right) {
        INFO(example);
        const loaded_model read = parse_model(around({"condition", std::string(example)}));
        if (!read.value.alerts.empty()) {
            CHECK(right(read.value.alerts[0].when.check));
            return;
        }
        REQUIRE(read.value.rules.size() == 1);
        CHECK(std::visit(
            [&]<class R>(const R& r) {
                if constexpr (requires { r.on; }) {
                    if (r.on.where.is == condition::kind::test) return right(r.on.where.check);
                }
                return r.when.is == condition::kind::test && right(r.when.check);
            },
            read.value.rules[0]));
    };
    for (const auto& o : language::operators)
        check_condition(o.example, [&](const test& t) { return t.how == o.value; });
    for (const auto& p : language::parts)
        check_condition(p.example, [&](const test& t) { return t.take == p.value; });
    for (const auto& s : language::subjects)
        check_condition(s.example, [&](const test& t) { return t.of == s.value; });
    for (const auto* type : language::type_of<rule>().alternatives) {
        const loaded_model read = parse_model(around({"rule", std::string(type->example)}));
        REQUIRE(read.value.rules.size() == 1);
        CHECK(&language::object(read.value.rules[0]).held().type() == type);
    }
}

TEST_CASE("every example of the page could be part of its large one") {
    std::optional<model> large;
    for (const block& b : blocks()) {
        model part = parse_model(around(b)).value;
        if (b.kind == "model") {
            large = part;
        } else {
            model whole = large.value();
            const auto add = [](auto& to, const auto& more) {
                to.insert(to.end(), more.begin(), more.end());
            };
            add(whole.rules, part.rules);
            add(whole.derived, part.derived);
            add(whole.resets, part.resets);
            add(whole.freezes, part.freezes);
            add(whole.matrices, part.matrices);
            add(whole.calendars, part.calendars);
            add(whole.alerts, part.alerts);
            for (const funnel& f : part.funnels) {
                if (f.id == whole.funnels[0].id) {
                    add(whole.funnels[0].stages, f.stages);
                    add(whole.funnels[0].transitions, f.transitions);
                } else {
                    whole.funnels.push_back(f);
                }
            }
            if (!part.scores.empty()) whole.scores = part.scores;
            part = std::move(whole);
        }
        INFO(b.text);
        for (const issue& i : check(part)) {
            INFO(to_string(i));
            // The large example alone does not use all that it declares.
            CHECK(i.code == issue_code::unused);
        }
    }
}
