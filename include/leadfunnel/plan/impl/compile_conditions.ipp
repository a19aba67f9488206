// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Compiles conditions and patterns.

#include <leadfunnel/core/text.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/detail/matchers.hpp>
#include <leadfunnel/plan/detail/program.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// The index of an element in its vector.
[[nodiscard]] inline std::uint32_t number(std::size_t i) { return static_cast<std::uint32_t>(i); }

/// The index of each element by its id. Keeps views of the ids.
class index_by_id {
  public:
    template<class All>
    explicit index_by_id(const All& all) {
        for (std::size_t i = 0; i < all.size(); ++i) of_.try_emplace(all[i].id, number(i));
    }
    /// none32 if there is no such id. O(log elements).
    [[nodiscard]] std::uint32_t operator()(std::string_view id) const {
        const auto known = of_.find(id);
        return known == of_.end() ? none32 : known->second;
    }

  private:
    std::map<std::string_view, std::uint32_t> of_;
};

/// When a condition is evaluated. Ages in it change their outcome between events, so a program
/// lists those that must be watched.
enum class evaluated : std::uint8_t {
    at_events,   ///< at an event of the lead: nothing to watch
    at_any_time, ///< at every instant: `when` of state rules and of exclusions
    by_engine    ///< at every instant, by the engine only: transitions and alerts
};

/// Compiles conditions and patterns into a program. It has a member for each table in which equal
/// parts are found again.
class condition_compiler {
  public:
    /// Keeps references to its arguments. `score_of` is filled before the first call.
    condition_compiler(const model& m, program& p, const matcher_table& matchers,
                       const std::map<std::string, std::uint32_t, std::less<>>& score_of)
        : m_(m), p_(p), matchers_(matchers), score_of_(score_of), list_of_(m.lists),
          banding_of_(m.bandings), matrix_of_(m.matrices), funnel_of_(m.funnels) {}

    /// Adds a condition to `program::nodes` and returns its place; 0 for the condition that always
    /// holds.
    std::uint32_t node(const condition& c, evaluated when) {
        if (c.is == condition::kind::none) return 0;
        condition_node n;
        n.is = c.is;
        if (c.is == condition::kind::test) {
            n.test = number(p_.tests.size());
            p_.tests.push_back(compiled(c.check));
            if (c.check.take == part::age) {
                if (when == evaluated::at_any_time) p_.age_tests.push_back(n.test);
                if (when == evaluated::by_engine) p_.guard_age_tests.push_back(n.test);
            }
            if (c.check.of == subject::score) p_.guard_score_tests.push_back(n.test);
            if (c.check.of == subject::time_in_stage) p_.guard_stage_time_tests.push_back(n.test);
        }
        for (const auto& part : c.of) n.of.push_back(node(part, when));
        p_.nodes.push_back(std::move(n));
        return number(p_.nodes.size() - 1);
    }

    /// Adds a pattern to `program::patterns` and returns its place.
    std::uint32_t pattern(const v0::pattern& x, evaluated when = evaluated::at_events) {
        compiled_pattern c;
        c.types = x.types;
        c.where = node(x.where, when);
        c.bounded = x.value_at_least || x.value_below;
        if (x.value_at_least) c.value_at_least = x.value_at_least->micros();
        if (x.value_below) c.value_below = x.value_below->micros();
        p_.patterns.push_back(std::move(c));
        return number(p_.patterns.size() - 1);
    }

    /// The place in `program::distinct_properties` of a property whose values are counted.
    std::uint32_t distinct(const std::string& property) {
        return index_in(p_.distinct_properties, distinct_of_, property);
    }

    /// The number of an attribute; none32 if the model does not declare it. O(log attributes).
    [[nodiscard]] std::uint32_t attribute(std::string_view id) const {
        const auto known = p_.attribute_of_id.find(id);
        return known == p_.attribute_of_id.end() ? none32 : known->second;
    }

  private:
    /// A literal, prepared like the text that it is compared with.
    static value prepared(const test& t, const value& v) {
        const auto* text = std::get_if<std::string>(&v);
        return text == nullptr ? v : value{prepared(t, t.how, *text)};
    }

    static std::string prepared(const test& t, op how, const std::string& text) {
        const bool whole = how == op::equals || how == op::not_equals || how == op::in;
        if (t.take == part::normal && whole) return normal_company_name(text);
        return t.exact ? text : fold(text);
    }

    /// The index of an element in a vector. Appends the element if it is new.
    template<class T>
    static std::uint32_t index_in(std::vector<T>& all, std::map<T, std::uint32_t>& known,
                                  T wanted) {
        const auto [place, is_new] = known.try_emplace(std::move(wanted), number(all.size()));
        if (is_new) all.push_back(place->first);
        return place->second;
    }

    /// The members of a list, prepared as the test compares them. Tests that prepare one list alike
    /// share the result.
    std::shared_ptr<const std::vector<std::string>> members(const test& t) {
        const std::uint32_t list = list_of_(std::get<std::string>(t.literal));
        auto& made = members_of_[{list, t.take == part::normal, t.exact}];
        if (made != nullptr) return made;
        std::vector<std::string> texts;
        texts.reserve(m_.lists[list].members.size());
        for (const auto& m : m_.lists[list].members)
            texts.push_back(prepared(t, op::equals, m)); // members are compared as wholes
        std::sort(texts.begin(), texts.end());
        texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
        return made = std::make_shared<const std::vector<std::string>>(std::move(texts));
    }

    compiled_test compiled(const test& t) {
        compiled_test c;
        c.source = {.of = t.of,
                    .name = t.name,
                    .stage = t.stage,
                    .score = t.score,
                    .take = t.take,
                    .how = t.how,
                    .literal = t.literal,
                    .period = t.period,
                    .exact = t.exact};
        c.literal = t.how == op::regex ? t.literal : prepared(t, t.literal);
        c.several.reserve(t.several.size());
        for (const auto& v : t.several) c.several.push_back(prepared(t, v));
        if (t.how == op::in_list) c.list = members(t);
        if (t.how == op::regex || t.how == op::glob)
            c.matcher = matchers_.find(t.how, std::get<std::string>(t.literal), t.exact);
        switch (t.of) {
        case subject::attribute:
            c.name = attribute(t.name);
            break;
        case subject::property:
            break;
        case subject::current_stage:
            c.name = index_in(p_.current_stages, current_of_, t.name);
            break;
        case subject::times_entered:
            c.name = index_in(p_.counters, counter_of_, std::pair{t.name, t.stage});
            break;
        case subject::score_at_entry: {
            const auto [known, is_new] = entry_score_of_.try_emplace(
                std::tuple{t.name, t.stage, t.score}, number(p_.entry_scores.size()));
            if (is_new) p_.entry_scores.push_back({t.name, t.stage, t.score});
            c.name = known->second;
            in_micros(c);
            break;
        }
        case subject::score:
            c.name = score_of_.at(t.name);
            in_micros(c);
            break;
        case subject::band:
            c.name = banding_of_(t.name);
            break;
        case subject::matrix_class:
            c.name = matrix_of_(t.name);
            break;
        case subject::time_in_stage:
            c.name = funnel_of_(t.name);
            break;
        }
        std::sort(c.several.begin(), c.several.end(),
                  [](const value& a, const value& b) { return compare(a, b) < 0; });
        return c;
    }

    /// Scores are held in micros, so their literals are converted to micros.
    static void in_micros(compiled_test& c) {
        const auto convert = [](value& v) {
            if (const auto* n = std::get_if<double>(&v))
                v = static_cast<double>(decimal{*n}.micros());
        };
        convert(c.literal);
        for (auto& v : c.several) convert(v);
    }

    const model& m_;
    program& p_;
    const matcher_table& matchers_;
    const std::map<std::string, std::uint32_t, std::less<>>& score_of_;
    index_by_id list_of_;
    index_by_id banding_of_;
    index_by_id matrix_of_;
    index_by_id funnel_of_;
    std::map<std::string, std::uint32_t> distinct_of_;
    std::map<std::string, std::uint32_t> current_of_;
    std::map<std::pair<std::string, std::string>, std::uint32_t> counter_of_;
    std::map<std::tuple<std::string, std::string, std::string>, std::uint32_t> entry_score_of_;
    std::map<std::tuple<std::uint32_t, bool, bool>,
             std::shared_ptr<const std::vector<std::string>>>
        members_of_; // by list, whether company names, whether exact
};

} // namespace leadfunnel::inline v0::detail
