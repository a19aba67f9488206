// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include "every_member.hpp"

#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/json.hpp>

#include <set>

using namespace leadfunnel;
using namespace std::chrono_literals;

namespace {

std::string all_issues(const loaded_model& m) {
    std::string out;
    for (const auto& i : m.issues) out += to_string(i) + "\n";
    return out;
}

model through_text(const model& m) {
    const loaded_model read = parse_model(write_model(m));
    INFO(write_model(m));
    CHECK(all_issues(read).empty());
    return read.value;
}

/// A model whose only rule has this condition.
model with(condition c) {
    model m;
    m.id = "m";
    m.attributes = {{"text", value_type::string, ""},
                    {"number", value_type::number, ""},
                    {"truth", value_type::boolean, ""},
                    {"moment", value_type::timestamp, ""}};
    m.rules.push_back(attribute_rule{.id = "r", .score = "s", .when = std::move(c)});
    return m;
}

/// The names of all members that a model has at values other than their defaults, and of all
/// members that are described.
struct seen_members {
    std::set<std::string> changed;
    std::set<std::string> described;

    static std::string name(const language::type_description& t) {
        std::string n(t.noun);
        if (!t.kind.empty()) n.append(" ").append(t.kind);
        return n;
    }
    void look(const model& m) {
        std::string pointer;
        language::walk(
            language::object(m), pointer,
            [&](const language::member_description& f, language::object owner, const std::string&) {
                const language::object initial(owner.type(), owner.type().initial());
                if (!language::are_equal(owner[f], initial[f]))
                    changed.insert(name(owner.type()) + "." + std::string(f.key));
            });
        CHECK(pointer.empty());
    }
    void describe(const language::type_description& t) {
        for (const auto& f : t.members)
            if (described.insert(name(t) + "." + std::string(f.key)).second) describe(*f.type);
        for (const auto* each : t.alternatives) describe(*each);
        if (t.element != nullptr) describe(*t.element);
    }
};

} // namespace

TEST_CASE("a model with every member is read back as it was written") {
    const model m = leadfunnel_test::every_member();
    seen_members seen;
    seen.look(m);
    seen.describe(language::type_of<model>());
    CHECK(seen.changed == seen.described);
    CHECK(seen.described.size() > 130);

    CHECK(through_text(m) == m);
    CHECK(write_model(through_text(m)) == write_model(m));
}

TEST_CASE("a model with nothing is read back as it was written") {
    const model m;
    CHECK(write_model(m) == "{\n  \"id\": \"\",\n  \"scores\": [],\n  \"rules\": []\n}\n");
    CHECK(through_text(m) == m);
}

TEST_CASE("every kind of rule, decay and formula is read back at its defaults") {
    model m;
    const auto each_of = []<class V>(V alternative, const auto& add) {
        for (std::size_t i = 0; i < std::variant_size_v<V>; ++i) {
            language::type_of<V>().choose(&alternative, i);
            add(alternative);
        }
    };
    each_of(rule{}, [&](const rule& r) { m.rules.push_back(r); });
    each_of(formula{}, [&](const formula& f) { m.derived.push_back({.id = "d", .from = f}); });
    each_of(decay_curve{},
            [&](const decay_curve& d) { m.rules.emplace_back(sequence{.decay = d}); });
    CHECK(through_text(m) == m);
}

TEST_CASE("every operator, subject and part is read back as it was written") {
    const instant moment = std::chrono::sys_days{std::chrono::year{1999} / 12 / 31} + 23h;
    std::vector<condition> all_of_them{
        condition{},
        all({}),
        any({}),
        !condition{},
        !!attribute("text").exists(false),
        attribute("text").equals("Machinery"),
        attribute("text").exact().equals(""),
        attribute("text").not_equals("\"\\\b\f\n\r\t\x01\x7f/ 株"),
        attribute("truth").equals(false),
        attribute("number").equals(0.1),
        attribute("number").less(-1e300),
        attribute("number").at_most(5e-324),
        attribute("number").greater(123456789012345678.0),
        attribute("number").at_least(1e21),
        attribute("moment").less(moment),
        attribute("moment").in({moment, latest_instant - 1us, earliest_instant}),
        attribute("moment").age().less(1us),
        attribute("moment").age().at_most(duration{0}),
        attribute("moment").age().greater(longest_duration),
        attribute("moment").age().at_least(36h),
        attribute("moment").age().exists(),
        // Only comparisons with what is declared a timestamp hold a moment. Others hold a text.
        attribute("text").equals("2026-04-01T00:00:00Z"),
        attribute("unheard_of").equals("2026-04-01T00:00:00Z"),
        attribute("text").in({}),
        attribute("text").in({"a", 1.0, false}),
        attribute("text").domain().in_list("l"),
        attribute("text").local_part().contains("x"),
        attribute("text").normal().prefix("x"),
        property("url").suffix(".pdf"),
        property("url").glob("[!a-z]*"),
        property("url").regex("^/a(b|c)$"),
        current_stage("f").in({"a", "b"}),
        times_entered("f", "s").at_least(2.0),
        score_at_entry("f", "s", "x").exact().less(2.5),
        score_now("x").at_least(80.25),
        score_now("x").exists(false),
        band_now("b").in({"hot", "warm"}),
        band_now("b").exact().not_equals("cold"),
        class_now("m").prefix("A"),
        time_in_stage("f").greater(36h),
        time_in_stage("f").exists(),
    };
    for (const condition& c : all_of_them) {
        const model m = with(c);
        CHECK(through_text(m) == m);
    }
    const model together = with(any(all_of_them));
    CHECK(through_text(together) == together);
    for (const auto& o : language::operators)
        CHECK(write_model(together).find('"' + std::string(o.name) + '"') != std::string::npos);
}

TEST_CASE("numbers keep every digit") {
    for (const std::int64_t micros :
         {std::int64_t{1}, std::int64_t{-1}, std::int64_t{999'999},
          std::int64_t{123'456'789'012'345'678}, std::numeric_limits<std::int64_t>::max(),
          std::numeric_limits<std::int64_t>::min()}) {
        model m;
        m.rules.push_back(attribute_rule{.points = decimal::from_micros(micros)});
        CHECK(through_text(m) == m);
    }
    for (const std::int64_t n :
         {std::int64_t{0}, std::int64_t{-7}, std::numeric_limits<std::int64_t>::max(),
          std::numeric_limits<std::int64_t>::min()}) {
        model m;
        m.rules.push_back(inactivity{.times = n});
        CHECK(through_text(m) == m);
    }
}

TEST_CASE("short values stand on one line, long ones have a line for each element") {
    model m;
    m.id = "m";
    m.lists = {{"short", {"a", "b"}, ""}, {"long", std::vector<std::string>(30, "element"), ""}};
    const std::string text = write_model(m);
    CHECK(text.find("    {\"id\": \"short\", \"members\": [\"a\", \"b\"]},\n") !=
          std::string::npos);
    CHECK(text.find("        \"element\",\n") != std::string::npos);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        CHECK(end - at <= 100);
        at = end + 1;
    }
}

TEST_CASE("different spellings are read as the same model") {
    // Different spellings of the same model.
    const auto same = [](std::string a, std::string b) {
        const loaded_model x = parse_model(a);
        const loaded_model y = parse_model(b);
        CHECK(all_issues(x).empty());
        CHECK(all_issues(y).empty());
        CHECK(x.value == y.value);
    };
    const std::string head =
        R"({"id": "m", "scores": [], "rules": [{"kind": "occurrence", "id": "r",
        "score": "s", "on": )";
    same(head + R"({"type": "a"}}]})", head + R"({"type": ["a"]}}]})");
    same(head + R"({"type": []}}]})", head + R"({}}]})");
    same(head + R"({}, "points": 25}]})", head + R"({}, "points": 2.5e1}]})");
    same(head + R"({}, "points": 0}]})", head + R"({}, "points": -0.0}]})");
    same(head + R"({}, "cooldown": "1d12h"}]})", head + R"({}, "cooldown": "36h"}]})");
    same(head + R"({}, "limits": [{"at_most": 3}]}]})",
         head + R"({}, "limits": [{"at_most": 3.0}]}]})");
    same(head + R"({}, "decay": {"kind": "none"}}]})", head + R"({}}]})");
    same(head + R"({}, "when": {}}]})", head + R"({}}]})");
    same(head + R"({"where": {"property": "p", "part": "itself", "equals": "é"}}}]})",
         head + R"({"where": {"equals": "\u00e9", "property": "p", "exact": false}}}]})");
}
