// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Reads the conditions of a model file.

#include <leadfunnel/core/value.hpp>
#include <leadfunnel/model/condition.hpp>
#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/impl/json_scalars.ipp>
#include <leadfunnel/model/model.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Keys of a condition, in the order: joiners, subjects, further keys, operators.
inline constexpr std::array<std::string_view, 3> json_joiners{"all", "any", "not"};
inline constexpr std::array<std::string_view, 4> json_further{"funnel", "stage", "part", "exact"};

/// Reads conditions and the values of attributes. Both depend on the types that the model declares:
/// a text that is compared with a timestamp is a moment.
class json_condition_reader : protected json_scalar_reader {
  protected:
    using json_scalar_reader::json_scalar_reader;

    /// Keeps the types that a model declares. Members are read in the order of the description, in
    /// which attributes and properties precede all conditions, wherever they stand in the file.
    void note_types(const model& m) {
        if (attributes_.empty())
            for (const auto& a : m.attributes) attributes_.try_emplace(a.id, a.type);
        if (properties_.empty())
            for (const auto& p : m.properties) properties_.try_emplace(p.id, p.type);
    }
    [[nodiscard]] bool is_timestamp(const test& t) const {
        if (t.take != part::itself) return false;
        if (t.of != subject::attribute && t.of != subject::property) return false;
        const auto& declared = t.of == subject::attribute ? attributes_ : properties_;
        const auto found = declared.find(t.name);
        return found != declared.end() && found->second == value_type::timestamp;
    }

    /// Values of attributes. A null is kept: it removes a value.
    bool read_facts(std::uint32_t n, value_map& out) {
        if (!is(n, json_kind::object))
            return wrong_type(n, "an object `{…}` of attributes and their values");
        std::map<std::string_view, std::uint32_t> seen;
        for (std::uint32_t each = n + 1; each < node(n).end; each = node(each).end) {
            const std::string_view name = key(each);
            if (const auto [first, is_new] = seen.try_emplace(name, each); !is_new) {
                fail_key(each, issue_code::duplicate_key,
                         quote(name) + " is given twice; the first is at line " +
                             std::to_string(node(first->second).key_at.line));
                continue;
            }
            const step s(*this, pointer_token(name));
            const auto declared = attributes_.find(name);
            std::optional<value_type> type;
            if (declared != attributes_.end()) type = declared->second;
            value v;
            if (read_fact(each, type, v)) out.emplace(name, std::move(v));
        }
        return true;
    }
    bool read_fact(std::uint32_t n, std::optional<value_type> declared, value& out) {
        if (is(n, json_kind::null)) return true;
        if (!is(n, json_kind::list))
            return read_value(n, declared == value_type::timestamp, out, "a list of texts, or null",
                              "");
        text_set& set = out.emplace<text_set>();
        bool good = true;
        std::size_t i = 0;
        for (std::uint32_t each = n + 1; each < node(n).end; each = node(each).end, ++i) {
            const step s(*this, i);
            std::string member;
            if (read(each, member))
                set.insert(std::move(member));
            else
                good = false;
        }
        return good;
    }

    static constexpr std::size_t first_subject = json_joiners.size();
    static constexpr std::size_t first_further = first_subject + language::subjects.size();
    static constexpr std::size_t first_operator = first_further + json_further.size();
    static constexpr std::size_t all_keys = first_operator + language::operators.size();
    static constexpr auto condition_keys() {
        std::array<std::string_view, all_keys> keys{};
        std::size_t i = 0;
        for (const auto k : json_joiners) keys[i++] = k;
        for (const auto& s : language::subjects) keys[i++] = s.key;
        for (const auto k : json_further) keys[i++] = k;
        for (const auto& o : language::operators) keys[i++] = o.name;
        return keys;
    }

    /// Reports a key that is known but means nothing here.
    void misplaced(std::uint32_t n, std::string_view beside, std::string hint = {}) {
        fail_key(n, issue_code::unknown_key,
                 quote(key(n)) + " means nothing beside " + quote(beside), {}, std::move(hint));
    }

    bool read_condition(std::uint32_t n, condition& out) {
        if (!is(n, json_kind::object))
            return wrong_type(
                n, "a condition, an object `{…}`",
                is(n, json_kind::list) ? "say how its parts are joined: `{\"all\": […]}`" : "");
        static constexpr auto keys = condition_keys();
        std::array<std::uint32_t, all_keys> found{};
        match(n, keys, found);
        bool guessed = false;
        for (std::uint32_t& each : found) {
            if (each != misspelt) continue;
            each = absent;
            guessed = true;
        }
        if (node(n).end == n + 1) {
            out = {};
            return true;
        }
        std::size_t main = 0; // joiner or subject
        while (main < first_further && found[main] == absent) ++main;
        if (main == first_further) {
            if (guessed) return false;
            std::vector<std::string_view> choices(keys.begin(), keys.begin() + first_further);
            return missing(n, {}, "the condition does not say what is tested", one_of(choices));
        }
        for (std::size_t i = main + 1; i < first_further; ++i)
            if (found[i] != absent)
                misplaced(found[i], keys[main], "join conditions with `{\"all\": […]}`");
        if (main >= first_subject) return read_test(n, found, main - first_subject, guessed, out);
        for (std::size_t i = first_further; i < all_keys; ++i)
            if (found[i] != absent) misplaced(found[i], keys[main]);
        const step s(*this, keys[main]);
        if (keys[main] == "not") {
            out.is = condition::kind::negation;
            return read_condition(found[main], out.of.emplace_back());
        }
        out.is = keys[main] == "all" ? condition::kind::all : condition::kind::any;
        return read_conditions(found[main], out.of);
    }

    bool read_conditions(std::uint32_t n, std::vector<condition>& out) {
        if (!is(n, json_kind::list)) return not_a_list(n);
        const std::size_t size = element_count(n);
        out.reserve(size);
        read_elements(n, [&](std::uint32_t each) {
            condition element;
            if (!read_condition(each, element)) return false;
            out.push_back(std::move(element));
            return true;
        });
        if (out.size() < size) out.shrink_to_fit();
        return true;
    }

    bool read_test(std::uint32_t n, const std::array<std::uint32_t, all_keys>& found,
                   std::size_t subject_index, bool guessed, condition& out) {
        const language::subject_description& about = language::subjects[subject_index];
        out.is = condition::kind::test;
        test& t = out.check;
        t.of = about.value;
        bool good = true;

        const auto text_of = [&](std::uint32_t each, std::string_view at, std::string& to) {
            const step s(*this, at);
            good = read(each, to) && good;
        };
        std::string named;
        text_of(found[first_subject + subject_index], about.key, named);
        t.*language::named_by(about.value) = std::move(named);

        const auto further = [&](std::size_t i, bool wanted, std::string& to) {
            const std::uint32_t each = found[first_further + i];
            if (!wanted && each != absent)
                misplaced(each, about.key);
            else if (wanted && each == absent)
                good = !guessed && missing(n, json_further[i],
                                           "the test of " + quote(about.key) + " has no " +
                                               quote(json_further[i]));
            else if (wanted)
                text_of(each, json_further[i], to);
        };
        further(0, about.needs_funnel, t.name);
        further(1, about.needs_stage, t.stage);
        if (const std::uint32_t each = found[first_further + 2]; each != absent) {
            if (about.takes_part) {
                const step s(*this, "part");
                good = read_part(each, t.take) && good;
            } else {
                misplaced(each, about.key);
            }
        }
        if (const std::uint32_t each = found[first_further + 3]; each != absent) {
            const step s(*this, "exact");
            good = read(each, t.exact) && good;
        }

        std::size_t how = first_operator;
        while (how < all_keys && found[how] == absent) ++how;
        if (how == all_keys) {
            if (guessed) return false;
            std::vector<std::string_view> names;
            for (const auto& o : language::operators) names.push_back(o.name);
            return missing(n, {}, "the test has no operator", one_of(names));
        }
        const language::op_description& compare = language::operators[how - first_operator];
        for (std::size_t i = how + 1; i < all_keys; ++i)
            if (found[i] != absent)
                misplaced(found[i], compare.name,
                          "a test has one operator; join two tests with `{\"all\": […]}`");
        t.how = compare.value;
        const step s(*this, compare.name);
        return read_literal(found[how], compare.literal, t) && good;
    }

    bool read_part(std::uint32_t n, part& out) {
        std::vector<std::string_view> names;
        for (const auto& each : language::parts) {
            names.push_back(each.name);
            if (is(n, json_kind::text) && each.name == text(n)) {
                out = each.value;
                return true;
            }
        }
        return wrong_choice(n, "part", names);
    }

    bool read_literal(std::uint32_t n, language::literal_kind kind, test& t) {
        using enum language::literal_kind;
        switch (kind) {
        case truth: {
            bool b = true;
            if (!read(n, b)) return false;
            t.literal = b;
            return true;
        }
        case same:
            if (language::is_of_age(t)) return read(n, t.period);
            return read_value(n, is_timestamp(t), t.literal);
        case several: {
            if (!is(n, json_kind::list)) return not_a_list(n);
            bool good = true;
            std::size_t i = 0;
            for (std::uint32_t each = n + 1; each < node(n).end; each = node(each).end, ++i) {
                const step s(*this, i);
                good = read_value(each, is_timestamp(t), t.several.emplace_back()) && good;
            }
            return good;
        }
        case list_name:
        case language::literal_kind::text:
        case glob:
        case regex:
            break;
        }
        std::string s;
        if (!read(n, s)) return false;
        t.literal = std::move(s);
        return true;
    }

  private:
    std::map<std::string, value_type, std::less<>> attributes_{};
    std::map<std::string, value_type, std::less<>> properties_{};
};

} // namespace leadfunnel::inline v0::detail
