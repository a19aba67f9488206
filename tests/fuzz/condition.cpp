// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Any accepted condition can be evaluated on any value, and either it or its negation holds. The
// input is a condition, a zero byte, and a text for the attributes.

#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace lf = leadfunnel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    const auto cut = std::min(input.find('\0'), input.size());
    const std::string condition = input.substr(0, cut);
    const std::string held = cut == input.size() ? std::string{} : input.substr(cut + 1);

    const std::string rule = R"({"kind": "attribute", "score": "s", "points": 1, "id": )";
    const std::string text =
        R"({"id": "m", "attributes": [{"id": "text"}, {"id": "number", "type": "number"},
            {"id": "flag", "type": "bool"}, {"id": "set", "type": "set"},
            {"id": "time", "type": "timestamp"}],
            "lists": [{"id": "list", "members": ["a", "株式会社山田"]}],
            "funnels": [{"id": "f", "stages": [{"id": "a"}]}],
            "scores": [{"id": "s"}, {"id": "t"}], "rules": [)" +
        rule + R"("yes", "when": )" + condition + "}," + R"({"kind": "attribute", "score": "t",
            "points": 1, "id": "no", "when": {"not": )" +
        condition + "}}]}";
    const auto model = lf::parse_model(text, "m");
    for (const auto& i : lf::check(model))
        if (i.level == lf::severity::error) return 0;
    const auto plan = lf::compile(model);

    const lf::instant at = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
    const std::vector<lf::event> events{
        lf::attributes{.lead = "held",
                       .at = at,
                       .values = {{"text", held},
                                  {"number", static_cast<double>(held.size()) - 3},
                                  {"flag", held.size() % 2 == 0},
                                  {"set", lf::text_set{held, "a"}},
                                  {"time", at - std::chrono::seconds{held.size()}}}},
        lf::stage_entry{.lead = "held", .at = at, .funnel = "f", .stage = held},
        lf::touchpoint{.lead = "missing", .at = at, .type = "x"}};
    lf::histories h;
    try {
        h = lf::make_histories(events);
    } catch (const lf::event_error&) {
        return 0; // the attributes' text is not UTF-8
    }
    const lf::scorer s{plan, h};
    for (std::size_t lead = 0; lead < h.size(); ++lead) {
        for (const auto t : {at - std::chrono::days{1}, at, at + std::chrono::days{400}}) {
            const auto yes = s.score_at(lead, 0, t).value;
            const auto no = s.score_at(lead, 1, t).value;
            if (yes + no != 1) std::abort();
        }
    }
    return 0;
}
