// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Conditions and patterns, evaluated literally: each evaluation walks the tree and folds every
/// text. Not for production: tests compare the compiled conditions with this.
///
/// Where the model's comments leave room, this reading holds:
/// - an empty `campaign` or `channel` is missing;
/// - an address that ends in `@` has the empty text as its domain; one that begins with `@` has an
///   empty local part;
/// - unless `exact`, a regular expression matches the folded text and ignores case; a glob is
/// folded
///   like any other literal;
/// - scores, present and recorded, are compared as the nearest double;
/// - the age of a property is its age at the touchpoint's instant.

#include <leadfunnel/core/text.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/model/model.hpp>

#include <re2/re2.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reference {

namespace lf = leadfunnel;

/// Current scores, bands and classes by name. Absent ones are left out.
struct present {
    std::map<std::string, lf::points, std::less<>> scores{};
    std::map<std::string, std::string, std::less<>> bands{};
    std::map<std::string, std::string, std::less<>> classes{};
};

/// The state of a lead at `at`: the first `count` events of its history.
struct moment {
    const std::vector<lf::event>* history = nullptr;
    std::size_t count = 0;
    lf::instant at{};
    const lf::touchpoint* touchpoint = nullptr; ///< for patterns: the touchpoint to match
    const present* now = nullptr;               ///< for guards and alerts
};

/// A touchpoint's property, or its campaign or channel.
inline std::optional<lf::value> property_of(const lf::touchpoint& tp, std::string_view name) {
    if (name == "campaign") {
        if (tp.campaign.empty()) return std::nullopt;
        return lf::value{tp.campaign};
    }
    if (name == "channel") {
        if (tp.channel.empty()) return std::nullopt;
        return lf::value{tp.channel};
    }
    const auto found = tp.properties.find(name);
    if (found == tp.properties.end() || !lf::is_set(found->second)) return std::nullopt;
    return found->second;
}

/// The attributes that an event sets, if it sets any.
inline const lf::value_map* facts_of(const lf::event& e) {
    if (const auto* told = std::get_if<lf::attributes>(&e)) return &told->values;
    if (const auto* entry = std::get_if<lf::stage_entry>(&e)) return &entry->sets;
    return nullptr;
}

/// The latest value of an attribute.
inline std::optional<lf::value> attribute_of(const moment& now, std::string_view name) {
    std::optional<lf::value> held;
    for (std::size_t i = 0; i < now.count; ++i) {
        const auto* told = facts_of((*now.history)[i]);
        if (told == nullptr) continue;
        const auto found = told->find(name);
        if (found == told->end()) continue;
        if (lf::is_set(found->second)) {
            held = found->second;
        } else {
            held.reset();
        }
    }
    return held;
}

inline std::optional<lf::value> stage_fact(const moment& now, const lf::test& check) {
    std::optional<lf::value> current;
    double entered = 0;
    std::optional<lf::value> recorded;
    for (std::size_t i = 0; i < now.count; ++i) {
        const auto* entry = std::get_if<lf::stage_entry>(&(*now.history)[i]);
        if (entry == nullptr || entry->funnel != check.name) continue;
        current = lf::value{entry->stage};
        if (entry->stage != check.stage) continue;
        entered += 1;
        recorded.reset();
        const auto found = entry->scores.find(check.score);
        if (found != entry->scores.end()) recorded = lf::value{static_cast<double>(found->second)};
    }
    if (check.of == lf::subject::current_stage) return current;
    if (check.of == lf::subject::times_entered) return lf::value{entered};
    return recorded;
}

/// The instant at which a lead entered its current stage of a funnel.
inline std::optional<lf::instant> in_stage_since(const moment& now, std::string_view funnel) {
    std::optional<lf::instant> since;
    for (std::size_t i = 0; i < now.count; ++i) {
        const auto* entry = std::get_if<lf::stage_entry>(&(*now.history)[i]);
        if (entry != nullptr && entry->funnel == funnel) since = entry->at;
    }
    return since;
}

template<class Map>
std::optional<lf::value> found_in(const Map& names, std::string_view name) {
    const auto found = names.find(name);
    if (found == names.end()) return std::nullopt;
    return lf::value{found->second};
}

inline std::optional<lf::value> subject_of(const lf::test& check, const moment& now) {
    switch (check.of) {
    case lf::subject::attribute:
        return attribute_of(now, check.name);
    case lf::subject::property:
        if (now.touchpoint == nullptr) return std::nullopt;
        return property_of(*now.touchpoint, check.name);
    case lf::subject::current_stage:
    case lf::subject::times_entered:
    case lf::subject::score_at_entry:
        return stage_fact(now, check);
    case lf::subject::score: {
        if (now.now == nullptr) return std::nullopt;
        const auto found = now.now->scores.find(check.name);
        if (found == now.now->scores.end()) return std::nullopt;
        return lf::value{static_cast<double>(found->second)};
    }
    case lf::subject::band:
        if (now.now == nullptr) return std::nullopt;
        return found_in(now.now->bands, check.name);
    case lf::subject::matrix_class:
        if (now.now == nullptr) return std::nullopt;
        return found_in(now.now->classes, check.name);
    case lf::subject::time_in_stage:
        if (const auto since = in_stage_since(now, check.name)) return lf::value{*since};
        return std::nullopt;
    }
    return std::nullopt;
}

inline bool regex_matches(const std::string& pattern, bool exact, std::string_view text) {
    static std::map<std::pair<std::string, bool>, std::unique_ptr<re2::RE2>> compiled;
    auto& expression = compiled[{pattern, exact}];
    if (!expression) {
        re2::RE2::Options options;
        options.set_log_errors(false);
        options.set_case_sensitive(exact);
        expression = std::make_unique<re2::RE2>(pattern, options);
    }
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression);
}

inline std::string comparable(std::string_view text, bool exact) {
    return exact ? std::string(text) : lf::fold(text);
}

/// The literal that a whole subject is compared with: a company's normal form is compared with
/// another normal form.
inline lf::value as_compared(const lf::test& check, const lf::value& literal) {
    const auto* text = std::get_if<std::string>(&literal);
    if (check.take != lf::part::normal || text == nullptr) return literal;
    return lf::value{lf::normal_company_name(*text)};
}

inline bool equal(const lf::value& a, const lf::value& b, bool exact) {
    const auto* left = std::get_if<std::string>(&a);
    const auto* right = std::get_if<std::string>(&b);
    if (left != nullptr && right != nullptr) {
        return comparable(*left, exact) == comparable(*right, exact);
    }
    return a == b;
}

template<class T>
bool ordered_as(lf::op how, const T& a, const T& b) {
    switch (how) {
    case lf::op::equals:
        return a == b;
    case lf::op::not_equals:
        return a != b;
    case lf::op::less:
        return a < b;
    case lf::op::at_most:
        return a <= b;
    case lf::op::greater:
        return a > b;
    case lf::op::at_least:
        return a >= b;
    default:
        return false;
    }
}

inline bool text_holds(const lf::model& m, const lf::test& check, const std::string& raw) {
    const std::string text = comparable(raw, check.exact);
    if (check.how == lf::op::in_list) {
        for (const auto& list : m.lists) {
            if (list.id != std::get<std::string>(check.literal)) continue;
            for (const auto& member : list.members) {
                const auto as_whole = std::get<std::string>(as_compared(check, lf::value{member}));
                if (comparable(as_whole, check.exact) == text) return true;
            }
        }
        return false;
    }
    const auto* literal = std::get_if<std::string>(&check.literal);
    if (literal == nullptr) return false;
    const std::string wanted = comparable(*literal, check.exact);
    switch (check.how) {
    case lf::op::contains:
        return text.find(wanted) != std::string::npos;
    case lf::op::prefix:
        return text.size() >= wanted.size() && text.compare(0, wanted.size(), wanted) == 0;
    case lf::op::suffix:
        return text.size() >= wanted.size() &&
               text.compare(text.size() - wanted.size(), wanted.size(), wanted) == 0;
    case lf::op::glob:
        return lf::glob_matches(wanted, text);
    case lf::op::regex:
        return regex_matches(*literal, check.exact, text);
    default:
        return false;
    }
}

inline bool test_holds(const lf::model& m, const lf::test& check, const moment& now) {
    std::optional<lf::value> seen = subject_of(check, now);
    std::optional<lf::duration> age;
    if (seen && (check.take == lf::part::age || check.of == lf::subject::time_in_stage)) {
        const auto* held = std::get_if<lf::instant>(&*seen);
        if (held == nullptr) {
            seen.reset();
        } else {
            // Seen from `always`, every instant is infinitely far ahead.
            age = now.at == lf::always ? lf::duration::min() : now.at - *held;
        }
    } else if (seen && check.take != lf::part::itself) {
        const auto* text = std::get_if<std::string>(&*seen);
        if (text == nullptr) {
            seen.reset();
        } else if (check.take == lf::part::normal) {
            seen = lf::value{lf::normal_company_name(*text)};
        } else {
            const auto sign = text->rfind('@');
            if (sign == std::string::npos) {
                seen.reset();
            } else if (check.take == lf::part::domain) {
                seen = lf::value{text->substr(sign + 1)};
            } else {
                seen = lf::value{text->substr(0, sign)};
            }
        }
    }

    if (check.how == lf::op::exists) return seen.has_value() == std::get<bool>(check.literal);
    if (!seen) return false;
    if (age) return ordered_as(check.how, *age, check.period);

    switch (check.how) {
    case lf::op::equals:
        return equal(*seen, as_compared(check, check.literal), check.exact);
    case lf::op::not_equals:
        return !equal(*seen, as_compared(check, check.literal), check.exact);
    case lf::op::in:
        for (const auto& one : check.several) {
            if (equal(*seen, as_compared(check, one), check.exact)) return true;
        }
        return false;
    case lf::op::less:
    case lf::op::at_most:
    case lf::op::greater:
    case lf::op::at_least:
        if (seen->index() != check.literal.index()) return false;
        if (const auto* number = std::get_if<double>(&*seen)) {
            return ordered_as(check.how, *number, std::get<double>(check.literal));
        }
        if (const auto* at = std::get_if<lf::instant>(&*seen)) {
            return ordered_as(check.how, *at, std::get<lf::instant>(check.literal));
        }
        return false;
    default:
        break;
    }

    if (const auto* text = std::get_if<std::string>(&*seen)) return text_holds(m, check, *text);
    if (const auto* members = std::get_if<lf::text_set>(&*seen)) {
        for (const auto& member : *members) {
            if (check.how == lf::op::in_list && text_holds(m, check, member)) return true;
            if (check.how == lf::op::contains &&
                equal(lf::value{member}, check.literal, check.exact)) {
                return true;
            }
        }
    }
    return false;
}

inline bool holds(const lf::model& m, const lf::condition& c, const moment& now) {
    switch (c.is) {
    case lf::condition::kind::none:
        return true;
    case lf::condition::kind::all:
        for (const auto& each : c.of) {
            if (!holds(m, each, now)) return false;
        }
        return true;
    case lf::condition::kind::any:
        for (const auto& each : c.of) {
            if (holds(m, each, now)) return true;
        }
        return false;
    case lf::condition::kind::negation:
        return !holds(m, c.of.front(), now);
    case lf::condition::kind::test:
        return test_holds(m, c.check, now);
    }
    return false;
}

inline bool matches(const lf::model& m, const lf::pattern& p, const lf::touchpoint& tp) {
    if (!p.types.empty()) {
        bool named = false;
        for (const auto& type : p.types) named = named || type == tp.type;
        if (!named) return false;
    }
    if (p.value_at_least && !(tp.value && *tp.value >= *p.value_at_least)) return false;
    if (p.value_below && !(tp.value && *tp.value < *p.value_below)) return false;
    return holds(m, p.where, moment{.at = tp.at, .touchpoint = &tp});
}

} // namespace reference
