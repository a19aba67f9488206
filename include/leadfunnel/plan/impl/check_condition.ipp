// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Checks conditions: names, types, globs and regular expressions, and contradictions.

#include <leadfunnel/core/text.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/plan/detail/matchers.hpp>
#include <leadfunnel/plan/impl/check_guard.ipp>
#include <leadfunnel/plan/impl/check_range.ipp>
#include <leadfunnel/plan/impl/check_report.ipp>

#include <cmath>
#include <compare>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

namespace leadfunnel::inline v0::detail::checking {

/// What a condition is evaluated on.
enum class looks_at : std::uint8_t {
    lead,       ///< attributes and stage facts: the `when` of a rule, exclusion or freeze
    present,    ///< also scores, bands, classes and times in stages: a transition's or an alert's
                ///< `when`
    touchpoint, ///< properties: the `where` of a pattern
};

[[nodiscard]] inline std::string_view article_of(language::operand_type t) {
    return t == language::operand_type::age ? "an " : "a ";
}
[[nodiscard]] inline std::string type_text(language::operand_type t) {
    return joined(article_of(t), language::name_of(t));
}
[[nodiscard]] inline std::string types_text(language::type_set types) {
    std::string text;
    for (auto t = language::operand_type::boolean; t <= language::operand_type::age;
         t = static_cast<language::operand_type>(static_cast<unsigned>(t) + 1))
        if (types.has(t)) text += (text.empty() ? "" : " or ") + type_text(t);
    return text;
}
[[nodiscard]] inline std::string value_text(const value& v) {
    if (const auto* text = std::get_if<std::string>(&v)) return quote(*text);
    if (!leadfunnel::is_set(v)) return "null";
    if (std::holds_alternative<text_set>(v)) return "a set";
    return to_string(v);
}

class condition_check {
  public:
    /// Keeps references to its arguments.
    condition_check(report& out, declared_names& names, const score_ranges& ranges,
                    matcher_table& matchers)
        : out_(out), names_(names), ranges_(ranges), matchers_(matchers) {}

    /// Checks a condition that stands at the report's pointer.
    void operator()(const condition& c, looks_at what) {
        // The pointer has a token for each level above this one.
        const auto above =
            static_cast<std::size_t>(std::count(out_.at.begin(), out_.at.end(), '/'));
        visit(c, what, above + 1, nullptr);
    }

    /// Checks a value that a transition sets attribute `name` to.
    void fact(const std::string& name, const value& v, value_type type) {
        if (!leadfunnel::is_set(v)) return;
        if (const auto* set = std::get_if<text_set>(&v);
            set != nullptr && type == value_type::set) {
            if (set->size() > max_model_list)
                out_.error(issue_code::too_large,
                           joined("this list has ", counted(set->size(), "element")),
                           joined("at most ", std::to_string(max_model_list)));
            for (const auto& text : *set)
                if (!is_good_text(text)) return;
            return;
        }
        (void)is_same({.of = subject::attribute, .name = name}, v, language::operand_of(type));
    }

    /// Whether some condition was nested too deep, or too malformed, to be checked to its end.
    [[nodiscard]] bool has_skipped() const { return has_skipped_; }

  private:
    using tests = std::vector<const test*>;

    /// `level` is how deep the condition's object is nested in a file. Tests that must all hold,
    /// those of nested `all`s, are collected in `together`.
    void visit(const condition& c, looks_at what, std::size_t level, tests* together) {
        switch (c.is) {
        case condition::kind::none:
            return;
        case condition::kind::test:
            if (is_sound(c.check, what, level) && together != nullptr)
                together->push_back(&c.check);
            return;
        case condition::kind::all: {
            const auto in = out_.into("all");
            if (c.of.empty())
                out_.warning(issue_code::no_effect, "'all' without parts always holds");
            tests mine;
            visit_parts(c, what, level, together != nullptr ? *together : mine);
            if (together == nullptr) look_for_contradictions(mine);
            return;
        }
        case condition::kind::any: {
            const auto in = out_.into("any");
            if (c.of.empty())
                out_.warning(issue_code::unreachable, "'any' without parts never holds");
            if (is_too_deep(c, level + 2)) return;
            for (std::size_t i = 0; i < c.of.size(); ++i) {
                const auto part = out_.into(i);
                visit(c.of[i], what, level + 2, nullptr);
            }
            return;
        }
        case condition::kind::negation: {
            const auto in = out_.into("not");
            if (c.of.size() != 1) {
                out_.error(issue_code::wrong_value,
                           joined("'not' has ", counted(c.of.size(), "part")), "exactly one");
                has_skipped_ = true;
                return;
            }
            if (!is_too_deep(c, level + 1)) visit(c.of.front(), what, level + 1, nullptr);
            return;
        }
        }
        out_.error(issue_code::wrong_value, "this is no kind of condition");
        has_skipped_ = true;
    }

    void visit_parts(const condition& c, looks_at what, std::size_t level, tests& together) {
        if (is_too_deep(c, level + 2)) return;
        for (std::size_t i = 0; i < c.of.size(); ++i) {
            const auto part = out_.into(i);
            visit(c.of[i], what, level + 2, &together);
        }
    }

    [[nodiscard]] bool is_too_deep(const condition& c, std::size_t level) {
        if (c.of.empty() || level <= max_model_nesting) return false;
        out_.error(issue_code::too_large, "this condition is nested too deeply",
                   joined("at most ", std::to_string(max_model_nesting), " levels in the file"));
        has_skipped_ = true;
        return true;
    }

    // ---- one test -------------------------------------------------------------------------------

    [[nodiscard]] static bool is_known(const test& t) {
        return static_cast<std::size_t>(t.of) < language::subjects.size() &&
               static_cast<std::size_t>(t.take) < language::parts.size() &&
               static_cast<std::size_t>(t.how) < language::operators.size();
    }

    /// Reports what is wrong with a test. True if the test is right and its type is known.
    [[nodiscard]] bool is_sound(const test& t, looks_at what, std::size_t level) {
        if (!is_known(t)) {
            out_.error(issue_code::wrong_value, "this test has no such subject, part or operator");
            return false;
        }
        if (t.how == op::in && level >= max_model_nesting) {
            out_.error(
                issue_code::too_large, "this condition is nested too deeply",
                joined("at most ", std::to_string(max_model_nesting), " levels in the file"));
            return false;
        }
        const auto& subject_is = language::description_of(t.of);
        const bool fits = (what == looks_at::touchpoint) == (t.of == subject::property) &&
                          (what == looks_at::present || !subject_is.is_of_now);
        if (!fits) misplaced(t.of, what);
        const std::optional<language::operand_type> type = resolve(t, fits);
        if (!fits || !type) return false;
        return is_typed(t, *type);
    }

    void misplaced(subject of, looks_at what) {
        const auto& d = language::description_of(of);
        const auto in = out_.into(d.key);
        if (what == looks_at::touchpoint)
            out_.error(issue_code::type_mismatch,
                       joined("'", d.key,
                              "' cannot be tested in a pattern, which sees the touchpoint alone"),
                       "a test of a property",
                       d.is_of_now ? "put the test in the 'when' of a transition or an alert"
                                   : "put the test in the rule's 'when' instead");
        else if (d.is_of_now)
            out_.error(
                issue_code::type_mismatch,
                joined("'", d.key, "' cannot be tested here, as scores depend on the past alone"),
                "a test of an attribute or of stages",
                of == subject::score
                    ? "use 'score_at_entry', or put the test in a transition or an alert"
                    : "put the test in the 'when' of a transition or an alert");
        else
            out_.error(issue_code::type_mismatch,
                       "'property' cannot be tested here, where there is no touchpoint",
                       "a test of an attribute or of stages",
                       "put the test in a pattern's 'where' instead");
    }

    /// The type of what a test is about; none if that is unknown or could not be read.
    [[nodiscard]] std::optional<language::operand_type> resolve(const test& t, bool complain) {
        const auto& d = language::description_of(t.of);
        const auto typed = [](std::optional<value_type> type) {
            return type ? std::optional{language::operand_of(*type)} : std::nullopt;
        };
        if (t.of == subject::attribute) {
            const auto in = out_.into(d.key);
            const std::size_t i = names_.look_up(out_, names_.attributes, t.name, "attribute",
                                                 names_.missing.attributes || !complain);
            return i == no_index ? std::nullopt : typed(names_.attribute_type(i));
        }
        if (t.of == subject::property) {
            const auto in = out_.into(d.key);
            const std::size_t i = names_.look_up(out_, names_.properties, t.name, "property",
                                                 names_.missing.properties || !complain);
            return i == no_index ? std::nullopt : typed(names_.property_type(i));
        }
        if (t.of == subject::band || t.of == subject::matrix_class) {
            const bool is_band = t.of == subject::band;
            const auto in = out_.into(d.key);
            const bool unread = is_band ? names_.missing.bandings : names_.missing.matrices;
            const bool is_known =
                names_.look_up(out_, is_band ? names_.bandings : names_.matrices, t.name,
                               is_band ? "banding" : "matrix", unread || !complain) != no_index;
            return is_known ? d.type : std::nullopt;
        }
        if (t.of == subject::score_at_entry || t.of == subject::score) {
            const auto in = out_.into(d.key);
            const bool unread = names_.missing.scores || names_.missing.derived;
            const std::string& name = t.of == subject::score ? t.name : t.score;
            if (names_.look_up(out_, names_.scores, name, "score", unread || !complain) == no_index)
                return std::nullopt;
            if (t.of == subject::score) return d.type;
        }
        std::size_t funnel = no_index;
        {
            const auto in = out_.into(d.needs_funnel ? "funnel" : d.key);
            funnel = names_.look_up(out_, names_.funnels, t.name, "funnel",
                                    names_.missing.funnels || !complain);
        }
        if (funnel == no_index) return std::nullopt;
        if (d.needs_funnel) {
            const auto in = out_.into(d.needs_stage ? "stage" : d.key);
            if (names_.look_up(out_, names_.stages[funnel], t.stage, "stage",
                               names_.missing.funnels || !complain,
                               joined(" of funnel ", quote(t.name))) == no_index)
                return std::nullopt;
        }
        return d.type;
    }

    [[nodiscard]] static std::string name_in(const test& t) {
        switch (t.of) {
        case subject::times_entered:
            return quote(t.stage);
        case subject::score_at_entry:
            return quote(t.score);
        case subject::attribute:
        case subject::property:
        case subject::current_stage:
        case subject::score:
        case subject::band:
        case subject::matrix_class:
        case subject::time_in_stage:
            break;
        }
        return quote(t.name);
    }

    [[nodiscard]] bool is_typed(const test& t, language::operand_type declared) {
        const auto& subject_is = language::description_of(t.of);
        const auto& part_is = language::description_of(t.take);
        const auto& op_is = language::description_of(t.how);
        if (t.take != part::itself && !subject_is.takes_part) {
            const auto in = out_.into("part");
            out_.error(issue_code::type_mismatch, joined("'", subject_is.key, "' has no parts"),
                       "no 'part'");
            return false;
        }
        const auto type = t.take == part::itself
                              ? std::optional{declared}
                              : language::result_of(t.take, static_cast<value_type>(declared));
        if (!type) {
            const auto in = out_.into("part");
            out_.error(issue_code::type_mismatch,
                       joined("'", part_is.name, "' cannot be taken of ", name_in(t), ", which is ",
                              type_text(declared)),
                       types_text(part_is.accepts));
            return false;
        }
        bool good = true;
        const bool is_text =
            *type == language::operand_type::string || *type == language::operand_type::set;
        if (t.exact && !is_text) {
            const auto in = out_.into("exact");
            out_.error(issue_code::type_mismatch,
                       joined("'exact' is for text; ", name_in(t), " is ", type_text(*type)));
            good = false;
        }
        const auto in = out_.into(op_is.name);
        if (subject_is.is_only_ordered && !language::is_order(t.how)) {
            out_.error(issue_code::type_mismatch,
                       joined("'", op_is.name, "' cannot be used on ", name_in(t),
                              ", as a score is compared by order alone"),
                       "one of exists, less, at_most, greater, at_least");
            return false;
        }
        if (!op_is.accepts.has(*type)) {
            std::string others;
            for (const auto& o : language::operators)
                if (o.accepts.has(*type)) others.append(others.empty() ? "" : ", ").append(o.name);
            out_.error(issue_code::type_mismatch,
                       joined("'", op_is.name, "' cannot be used on ", name_in(t), ", which is ",
                              type_text(*type)),
                       joined("one of ", others));
            return false;
        }
        good = is_literal(t, *type, op_is.literal) && good;
        if (good && t.of == subject::score) in_reach(t);
        if (good && t.of == subject::band) has_reachable_band(t);
        return good;
    }

    // ---- what no score can reach ----------------------------------------------------------------

    void in_reach(const test& t) {
        const auto* number = std::get_if<double>(&t.literal);
        const std::size_t s = names_.scores.find(t.name);
        if (number == nullptr || s == no_index) return;
        const score_range& range = ranges_[s];
        const wide x = decimal{*number}.micros();
        const bool is_above =
            (t.how == op::at_least && range.high < x) || (t.how == op::greater && range.high <= x);
        const bool is_below =
            (t.how == op::at_most && range.low > x) || (t.how == op::less && range.low >= x);
        if (is_above)
            out_.warning(
                issue_code::unreachable,
                joined("score ", quote(t.name), " is never above ", micros_text(range.high)));
        if (is_below)
            out_.warning(
                issue_code::unreachable,
                joined("score ", quote(t.name), " is never below ", micros_text(range.low)));
    }

    /// Warns of a test that only unreachable bands can pass.
    void has_reachable_band(const test& t) {
        if (t.how != op::equals && t.how != op::in) return;
        const banding& b = names_.of.bandings[names_.bandings.find(t.name)];
        const std::size_t s = names_.scores.find(b.score);
        if (s == no_index || names_.missing.bandings) return;
        // `is_declared` has looked up the literals, so the names are in the table.
        const folded_names& names = declared_[{t.of, names_.bandings.find(t.name)}];
        std::string why;
        std::string name;
        const auto is_reached = [&](const value& v) {
            const auto* text = std::get_if<std::string>(&v);
            const std::size_t i = text == nullptr ? no_index : names.find(fold(*text));
            if (i == no_index) return true;
            why = why_unreached(b, i, ranges_[s]);
            name = b.bands[i].id;
            return why.empty();
        };
        const auto& values = t.several;
        const bool is_some = t.how == op::equals
                                 ? is_reached(t.literal)
                                 : std::any_of(values.begin(), values.end(), is_reached);
        if (is_some || why.empty()) return;
        out_.warning(issue_code::unreachable,
                     joined("band ", quote(name), " is never reached: ", why));
    }

    // ---- literals -------------------------------------------------------------------------------

    [[nodiscard]] bool is_literal(const test& t, language::operand_type type,
                                  language::literal_kind kind) {
        switch (kind) {
        case language::literal_kind::truth:
            if (std::holds_alternative<bool>(t.literal)) return true;
            out_.error(issue_code::type_mismatch, joined(value_text(t.literal), " is not a bool"),
                       "true or false");
            return false;
        case language::literal_kind::same:
            return type == language::operand_type::age ? is_age(t.period)
                                                       : is_same(t, t.literal, type);
        case language::literal_kind::several:
            return are_several(t, type);
        case language::literal_kind::list_name:
            return is_list_name(t);
        case language::literal_kind::text:
            return is_text(t);
        case language::literal_kind::glob:
            return is_text(t) && is_good_glob(std::get<std::string>(t.literal), t.exact);
        case language::literal_kind::regex:
            return is_text(t) && is_good_regex(std::get<std::string>(t.literal), t.exact);
        }
        return false;
    }

    [[nodiscard]] bool is_age(duration d) {
        if (d <= longest_duration && d >= -longest_duration) return true;
        out_.error(issue_code::out_of_range, joined("an age of ", to_string(d), " is beyond any"),
                   joined("at most ", to_string(longest_duration)));
        return false;
    }

    [[nodiscard]] bool is_same(const test& t, const value& v, language::operand_type type) {
        const auto* text = std::get_if<std::string>(&v);
        if (v.index() != static_cast<std::size_t>(type)) {
            if (type == language::operand_type::timestamp && text != nullptr) {
                const parsed_instant p = parse_rfc3339(*text);
                if (!p) {
                    out_.error(issue_code::wrong_unit,
                               joined(quote(*text), ": ", describe_error(p.error)),
                               "an instant such as 2026-04-01T09:30:00+09:00");
                    return false;
                }
            }
            out_.error(issue_code::type_mismatch,
                       joined(name_in(t), " is ", type_text(type), ", ", value_text(v), " is not"),
                       type_text(type));
            return false;
        }
        if (const auto* number = std::get_if<double>(&v);
            number != nullptr && !std::isfinite(*number)) {
            out_.error(issue_code::out_of_range, "this is not a finite number", "a finite number");
            return false;
        }
        if (const auto* at = std::get_if<instant>(&v);
            at != nullptr && (*at < earliest_instant || *at >= latest_instant)) {
            out_.error(issue_code::out_of_range, joined(to_string(*at), " is beyond the calendar"),
                       joined("from ", to_string(earliest_instant), ", before ",
                              to_string(latest_instant)));
            return false;
        }
        if (text != nullptr && !is_good_text(*text)) return false;
        return is_declared(t, text);
    }

    /// Checks that a literal which is compared with stages, bands or classes is one of them.
    [[nodiscard]] bool is_declared(const test& t, const std::string* text) {
        switch (t.of) {
        case subject::current_stage: {
            const std::size_t f = names_.funnels.find(t.name);
            const auto all = [&] { return texts_of_names(names_.stages[f].names()); };
            return names_.missing.funnels || is_one_of(*text, t, f, all, "stage", "funnel");
        }
        case subject::band: {
            const std::size_t b = names_.bandings.find(t.name);
            const auto all = [&] {
                return texts_of_names(names_of(names_.of.bandings[b].bands).names());
            };
            return names_.missing.bandings || is_one_of(*text, t, b, all, "band", "banding");
        }
        case subject::matrix_class: {
            const std::size_t m = names_.matrices.find(t.name);
            if (names_.missing.matrices || names_.missing.bandings) return true;
            const auto all = [&] { return names_.classes_of(m); };
            return is_one_of(*text, t, m, all, "class", "matrix");
        }
        case subject::attribute:
        case subject::property:
        case subject::times_entered:
        case subject::score_at_entry:
        case subject::score:
        case subject::time_in_stage:
            break; // not compared with names
        }
        return true;
    }
    [[nodiscard]] static std::vector<std::string>
    texts_of_names(const std::vector<std::string_view>& names) {
        return {names.begin(), names.end()};
    }

    [[nodiscard]] bool is_good_text(std::string_view text) {
        if (is_utf8(text)) return true;
        out_.error(issue_code::wrong_value, "this text is not UTF-8");
        return false;
    }

    /// Checks that a text is a name of the `owner` with index `at`, whose names `all()` returns.
    /// Case is ignored, as it is when conditions are evaluated. An owner without names has its own
    /// error. O(log names) but for the first call for an owner.
    template<class All>
    [[nodiscard]] bool is_one_of(const std::string& name, const test& t, std::size_t at,
                                 const All& all, std::string_view noun, std::string_view owner) {
        const auto [place, is_new] = declared_.try_emplace({t.of, at});
        folded_names& names = place->second;
        if (is_new) {
            names.all = all();
            for (std::size_t i = 0; i < names.all.size(); ++i)
                names.folded.emplace_back(fold(names.all[i]), i);
            std::sort(names.folded.begin(), names.folded.end());
        }
        if (names.all.empty() || names.find(fold(name)) != no_index) return true;
        out_.error(issue_code::unknown_name,
                   joined("unknown ", noun, " ", quote(name), " of ", owner, " ", quote(t.name)),
                   {}, out_.suggestion(name, {names.all.begin(), names.all.end()}));
        return false;
    }

    [[nodiscard]] bool are_several(const test& t, language::operand_type type) {
        if (t.several.size() > max_model_list) {
            out_.error(issue_code::too_large,
                       joined("this list has ", counted(t.several.size(), "value")),
                       joined("at most ", std::to_string(max_model_list)));
            return false;
        }
        if (t.several.empty())
            out_.warning(issue_code::unreachable, "nothing is in a list without values");
        bool good = true;
        for (std::size_t i = 0; i < t.several.size(); ++i) {
            const auto in = out_.into(i);
            good = is_same(t, t.several[i], type) && good;
        }
        return good;
    }

    [[nodiscard]] bool is_text(const test& t) {
        if (const auto* text = std::get_if<std::string>(&t.literal)) return is_good_text(*text);
        out_.error(issue_code::type_mismatch, joined(value_text(t.literal), " is not text"),
                   "a text");
        return false;
    }

    [[nodiscard]] bool is_list_name(const test& t) {
        if (!is_text(t)) return false;
        const std::size_t i = names_.look_up(out_, names_.lists, std::get<std::string>(t.literal),
                                             "list", names_.missing.lists);
        if (i == no_index) return false;
        if (names_.of.lists[i].members.empty() && !names_.missing.lists)
            out_.warning(issue_code::unreachable,
                         joined("nothing is in list ", quote(names_.of.lists[i].id),
                                ", which has no members"));
        return true;
    }

    [[nodiscard]] bool is_good_glob(const std::string& glob, bool exact) {
        // Folding can turn a full-width bracket into one that opens a class: check what is used.
        if (!is_glob(exact ? glob : fold(glob))) {
            out_.error(issue_code::bad_pattern, joined(quote(glob), " is not a glob"),
                       "classes closed by ']', and no '\\' at the end");
            return false;
        }
        const auto* compiled = compile(op::glob, glob, exact);
        if (compiled == nullptr) return false;
        if (compiled->expression != nullptr) return true;
        out_.error(issue_code::too_large,
                   joined("this glob has ", counted(glob.size(), "byte"), ", which is too many"));
        return false;
    }

    [[nodiscard]] bool is_good_regex(const std::string& regex, bool exact) {
        if (regex.size() > max_regex_bytes) {
            out_.error(issue_code::too_large,
                       joined("this regular expression has ", counted(regex.size(), "byte")),
                       joined("at most ", std::to_string(max_regex_bytes), " bytes"));
            return false;
        }
        const auto* compiled = compile(op::regex, regex, exact);
        if (compiled == nullptr) return false;
        if (compiled->expression != nullptr) return true;
        out_.error(issue_code::bad_pattern,
                   joined(quote(regex), " is not a regular expression: ", compiled->fault),
                   "RE2's syntax");
        return false;
    }

    /// Compiles a pattern. Null if the patterns of the model are too large together, which is
    /// reported once.
    [[nodiscard]] const matcher_table::entry* compile(op how, const std::string& pattern,
                                                      bool exact) {
        const auto* compiled = matchers_.compile(how, pattern, exact);
        if (compiled != nullptr) return compiled;
        if (!out_of_instructions_)
            out_.error(issue_code::too_large,
                       "the globs and regular expressions are too large together; this one and "
                       "those after it were not looked at");
        out_of_instructions_ = true;
        return nullptr;
    }

    // ---- contradictions -------------------------------------------------------------------------

    /// Warns of tests that cannot all hold. All of them are valid. O(n log n).
    void look_for_contradictions(tests& together) {
        std::stable_sort(together.begin(), together.end(),
                         [](const test* a, const test* b) { return key_of(*a) < key_of(*b); });
        for (auto first = together.begin(); first != together.end();) {
            auto last = first + 1;
            while (last != together.end() && key_of(**first) == key_of(**last)) ++last;
            if (last - first > 1 && is_contradictory({first, last}))
                out_.warning(issue_code::unreachable,
                             joined("no ", language::description_of((*first)->of).key,
                                    " can meet all that is asked of ", name_in(**first)));
            first = last;
        }
    }

    report& out_;
    declared_names& names_;
    const score_ranges& ranges_;
    bool has_skipped_ = false;
    matcher_table& matchers_;
    bool out_of_instructions_ = false;
    struct folded_names {
        std::vector<std::string> all;
        std::vector<std::pair<std::string, std::size_t>>
            folded; ///< sorted; each with its index in `all`

        /// The index of the first name that folds to `name`; `no_index` if there is none.
        [[nodiscard]] std::size_t find(const std::string& name) const {
            const auto at =
                std::lower_bound(folded.begin(), folded.end(), std::pair{name, std::size_t{0}});
            return at == folded.end() || at->first != name ? no_index : at->second;
        }
    };
    std::map<std::pair<subject, std::size_t>, folded_names> declared_; // by owner
};

} // namespace leadfunnel::inline v0::detail::checking
