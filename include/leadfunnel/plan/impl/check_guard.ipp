// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Conclusions from conditions: whether they can hold together, and whether one implies another. In
// doubt they can hold together, and none implies another.

#include <leadfunnel/core/text.hpp>
#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/pattern.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

/// The interval of values that pass several comparisons.
template<class V>
struct span_left {
    std::optional<V> low{};
    std::optional<V> high{};
    bool above = false; // `low` itself is excluded
    bool below = false; // `high` itself is excluded

    void at_least(const V& v, bool strictly) {
        if (!low || v > *low || (v == *low && strictly)) {
            low = v;
            above = strictly;
        }
    }
    void at_most(const V& v, bool strictly) {
        if (!high || v < *high || (v == *high && strictly)) {
            high = v;
            below = strictly;
        }
    }
    void take(op how, const V& v) {
        if (how == op::equals || how == op::at_least || how == op::greater)
            at_least(v, how == op::greater);
        if (how == op::equals || how == op::at_most || how == op::less) at_most(v, how == op::less);
    }
    [[nodiscard]] bool is_empty() const {
        return low && high && (*low > *high || (*low == *high && (above || below)));
    }
    /// Whether all values of the interval pass a comparison.
    [[nodiscard]] bool meets(op how, const V& v) const {
        switch (how) {
        case op::at_least:
            return low && *low >= v;
        case op::greater:
            return low && (*low > v || (*low == v && above));
        case op::at_most:
            return high && *high <= v;
        case op::less:
            return high && (*high < v || (*high == v && below));
        case op::not_equals:
            return meets(op::less, v) || meets(op::greater, v);
        case op::equals: // not concluded
        case op::exists:
        case op::in:
        case op::in_list:
        case op::contains:
        case op::prefix:
        case op::suffix:
        case op::glob:
        case op::regex:
            return false;
        }
        return false;
    }
};

/// Identifies what a test is about: tests of the same thing have equal keys.
[[nodiscard]] inline auto key_of(const test& t) {
    return std::tuple<subject, std::string_view, std::string_view, std::string_view, part>{
        t.of, t.name, t.stage, t.score, t.take};
}

/// A text as `equals` and `in` compare it.
[[nodiscard]] inline std::string compared_text(const test& t, const std::string& text) {
    return t.take == part::normal ? normal_company_name(text) : fold(text);
}

/// The texts of which `t` requires one, prepared for comparison and sorted; none if `t` is not such
/// a test.
[[nodiscard]] inline std::optional<std::vector<std::string>> texts_of(const test& t) {
    std::vector<std::string> texts;
    const auto add = [&](const value& v) {
        const auto* text = std::get_if<std::string>(&v);
        if (text != nullptr) texts.push_back(compared_text(t, *text));
        return text != nullptr;
    };
    if (t.how == op::equals) {
        if (!add(t.literal)) return {};
    } else if (t.how == op::in) {
        for (const auto& v : t.several)
            if (!add(v)) return {};
    } else {
        return {};
    }
    std::sort(texts.begin(), texts.end());
    return texts;
}

/// Whether valid tests of the same thing cannot all hold. O(literals · log).
[[nodiscard]] inline bool is_contradictory(const std::vector<const test*>& tests) {
    bool must_be_known = false;
    bool must_be_unknown = false;
    span_left<double> numbers;
    span_left<duration> times;
    std::optional<std::vector<std::string>> texts;
    const std::string* exact = nullptr; // literal of an `equals` with `exact`
    bool texts_differ = false;
    std::optional<bool> truth;
    for (const test* each : tests) {
        const test& t = *each;
        if (t.how == op::exists && !std::get<bool>(t.literal))
            must_be_unknown = true;
        else
            must_be_known = true;
        if (auto asked = texts_of(t)) {
            if (texts) {
                std::vector<std::string> both;
                std::set_intersection(texts->begin(), texts->end(), asked->begin(), asked->end(),
                                      std::back_inserter(both));
                texts_differ = texts_differ || both.empty();
                texts = std::move(both);
            } else {
                texts = std::move(asked);
            }
        }
        if (language::description_of(t.how).literal != language::literal_kind::same) continue;
        if (language::is_of_age(t)) {
            times.take(t.how, t.period);
        } else if (const auto* number = std::get_if<double>(&t.literal)) {
            numbers.take(t.how, *number);
        } else if (const auto* at = std::get_if<instant>(&t.literal)) {
            times.take(t.how, at->time_since_epoch());
        } else if (t.how == op::equals) {
            if (const auto* s = std::get_if<std::string>(&t.literal); s != nullptr && t.exact) {
                if (exact != nullptr && *exact != *s) texts_differ = true;
                exact = s;
            } else if (const auto* b = std::get_if<bool>(&t.literal)) {
                if (truth && *truth != *b) texts_differ = true;
                truth = *b;
            }
        }
    }
    return (must_be_known && must_be_unknown) || numbers.is_empty() || times.is_empty() ||
           texts_differ;
}

/// Whether `b` holds for each lead for which `a` does.
[[nodiscard]] inline bool implies(const test& a, const test& b) {
    if (key_of(a) != key_of(b)) return false;
    if (a == b) return true;
    const bool is_unknown = a.how == op::exists && a.literal == value{false};
    if (b.how == op::exists) return b.literal == value{true} && !is_unknown;
    if (language::description_of(a.how).literal == language::literal_kind::same &&
        language::description_of(b.how).literal == language::literal_kind::same) {
        if (language::is_of_age(a)) {
            span_left<duration> left;
            left.take(a.how, a.period);
            return left.meets(b.how, b.period);
        }
        const auto* x = std::get_if<double>(&a.literal);
        const auto* y = std::get_if<double>(&b.literal);
        if (x != nullptr && y != nullptr) {
            span_left<double> left;
            left.take(a.how, *x);
            return left.meets(b.how, *y);
        }
        const auto* from = std::get_if<instant>(&a.literal);
        const auto* to = std::get_if<instant>(&b.literal);
        if (from != nullptr && to != nullptr) {
            span_left<instant> left;
            left.take(a.how, *from);
            return left.meets(b.how, *to);
        }
    }
    if (b.exact) return false;
    const auto asked = texts_of(a);
    if (!asked) return false;
    if (const auto wanted = texts_of(b))
        return std::includes(wanted->begin(), wanted->end(), asked->begin(), asked->end());
    if (const auto* text = std::get_if<std::string>(&b.literal);
        b.how == op::not_equals && text != nullptr)
        return !std::binary_search(asked->begin(), asked->end(), compared_text(b, *text));
    return false;
}

/// A part of a condition, and whether it must hold or must not.
struct fact {
    const condition* of;
    bool holds;
};

/// What must be so where a condition holds, and how much work it is to compare it.
struct facts {
    std::vector<fact> all{};
    std::size_t weight = 0;

    facts() = default;
    explicit facts(const condition& c) {
        collect(c, true);
        weigh(c);
    }
    void add(const facts& more) {
        all.insert(all.end(), more.all.begin(), more.all.end());
        weight += more.weight;
    }

  private:
    void collect(const condition& c, bool holds) {
        using kind = condition::kind;
        if (c.is == kind::none && holds) return;
        if ((c.is == kind::all && holds) || (c.is == kind::any && !holds)) {
            for (const auto& each : c.of) collect(each, holds);
        } else if (c.is == kind::negation) {
            collect(c.of.front(), !holds);
        } else {
            all.push_back({&c, holds});
        }
    }
    void weigh(const condition& c) {
        const auto weight_of = [](const value& v) {
            const auto* text = std::get_if<std::string>(&v);
            return 1 + (text != nullptr ? text->size() / 2 : 0);
        };
        weight += weight_of(c.check.literal);
        for (const auto& v : c.check.several) weight += weight_of(v);
        for (const auto& each : c.of) weigh(each);
    }
};

/// Conclusions from valid conditions. The steps of all conclusions together are bounded, so that a
/// hostile model costs little; once they are used up, the answer is always "in doubt".
class reasoning {
  public:
    /// Whether the facts cannot all be so. False if in doubt.
    [[nodiscard]] bool exclude(const facts& of) {
        if (!may_spend((of.all.size() + 1) * of.weight)) return false;
        std::vector<const test*> tests;
        for (const fact& f : of.all) {
            if (f.of->is == condition::kind::none)
                return true; // requires that "always" does not hold
            if (f.holds && f.of->is == condition::kind::test) tests.push_back(&f.of->check);
            if (f.holds && f.of->is == condition::kind::any && leave_none(of, f.of->of))
                return true;
            if (f.holds) continue;
            for (const fact& other : of.all)
                if (other.holds && follows(*other.of, *f.of)) return true;
        }
        std::stable_sort(tests.begin(), tests.end(),
                         [](const test* a, const test* b) { return key_of(*a) < key_of(*b); });
        for (auto first = tests.begin(); first != tests.end();) {
            auto last = first + 1;
            while (last != tests.end() && key_of(**first) == key_of(**last)) ++last;
            if (last - first > 1 && is_contradictory({first, last})) return true;
            first = last;
        }
        return false;
    }

    /// Whether `given` implies `wanted`. False if in doubt.
    [[nodiscard]] bool implied(const facts& given, const facts& wanted) {
        if (wanted.all.empty()) return true;
        if (!may_spend(given.all.size() * wanted.weight + wanted.all.size() * given.weight))
            return false;
        return std::all_of(wanted.all.begin(), wanted.all.end(), [&](const fact& w) {
            return std::any_of(given.all.begin(), given.all.end(), [&](const fact& g) {
                return g.holds == w.holds &&
                       (g.holds ? follows(*g.of, *w.of) : follows(*w.of, *g.of));
            });
        });
    }

    /// Whether every touchpoint that matches `a` matches `b`, conditions ignored. False if in
    /// doubt.
    [[nodiscard]] bool implied(const pattern& a, const pattern& b) {
        if (!may_spend(a.types.size() * b.types.size() + 1)) return false;
        const auto is_in_b = [&](const std::string& type) {
            return std::find(b.types.begin(), b.types.end(), type) != b.types.end();
        };
        if (!b.types.empty() &&
            (a.types.empty() || !std::all_of(a.types.begin(), a.types.end(), is_in_b)))
            return false;
        if (b.value_at_least && !(a.value_at_least && *a.value_at_least >= *b.value_at_least))
            return false;
        return !b.value_below || (a.value_below && *a.value_below <= *b.value_below);
    }

    /// Spends some steps; false, and nothing is spent, if fewer are left.
    [[nodiscard]] bool may_spend(std::size_t steps) {
        if (steps > patience_) return false;
        patience_ -= steps;
        return true;
    }

  private:
    /// Whether the facts exclude each of the parts.
    [[nodiscard]] static bool leave_none(const facts& of, const std::vector<condition>& parts) {
        const auto excludes = [](const fact& f, const condition& part) {
            if (!f.holds) return follows(part, *f.of);
            return f.of->is == condition::kind::test && part.is == condition::kind::test &&
                   key_of(f.of->check) == key_of(part.check) &&
                   is_contradictory({&f.of->check, &part.check});
        };
        return std::all_of(parts.begin(), parts.end(), [&](const condition& part) {
            return std::any_of(of.all.begin(), of.all.end(),
                               [&](const fact& f) { return excludes(f, part); });
        });
    }

    [[nodiscard]] static bool follows(const condition& a, const condition& b) {
        if (a.is == condition::kind::test && b.is == condition::kind::test)
            return implies(a.check, b.check);
        if (a == b) return true;
        return b.is == condition::kind::any &&
               std::any_of(b.of.begin(), b.of.end(), [&](const condition& each) {
                   return each.is == condition::kind::test && follows(a, each);
               });
    }

    std::size_t patience_ = 1'000'000; // steps: some tenths of a second
};

} // namespace leadfunnel::inline v0::detail::checking
