// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// What all checks of a model share: the list of issues, and the names that the model declares.

#include <leadfunnel/core/detail/messages.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/loaded_model.hpp>
#include <leadfunnel/plan/check.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail::checking {

// Messages and pointers are made in hundreds of places. Compiling those took most of the time of
// this unit while the compiler inlined what they call and built texts of literals: so the functions
// that they call are not inlined, and take views.

/// Joins the parts of a message. Not a template: there are many messages, of all lengths.
[[nodiscard, gnu::noinline]] inline std::string
joined(std::string_view a, std::string_view b, std::string_view c = {}, std::string_view d = {},
       std::string_view e = {}, std::string_view f = {}, std::string_view g = {},
       std::string_view h = {}) {
    std::string text;
    for (const auto part : {a, b, c, d, e, f, g, h}) text += part;
    return text;
}

[[nodiscard]] inline bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// `1 step`, `3 steps`.
[[nodiscard, gnu::noinline]] inline std::string counted(std::size_t n, std::string_view noun) {
    return joined(std::to_string(n), " ", noun, n == 1 ? "" : "s");
}

/// Which parts of a file could not be read. The check reports nothing that only follows from them.
struct unread {
    bool anything = false; ///< some part: uses of names may be lost
    bool scores = false;   ///< declarations, as in the next ones
    bool attributes = false;
    bool properties = false;
    bool touchpoints = false;
    bool lists = false;
    bool funnels = false;
    bool derived = false;
    bool bandings = false;
    bool matrices = false;
    bool calendars = false;
    bool alerts = false;
    bool roles = false;
    bool attribute_types = false;
    bool property_types = false;
    bool touchpoint_values = false;
};

/// The issues found so far, and the place in the model that is being checked.
class report {
  public:
    std::string at; ///< that place, as a JSON pointer

    /// Appends a token to the pointer while it lives.
    class step {
      public:
        [[gnu::noinline]] step(std::string& pointer, std::string_view key)
            : pointer_(pointer), size_(pointer.size()) {
            pointer.append("/").append(key);
        }
        [[gnu::noinline]] ~step() { pointer_.resize(size_); }
        step(const step&) = delete;
        step& operator=(const step&) = delete;

      private:
        std::string& pointer_;
        std::size_t size_;
    };
    [[nodiscard]] step into(std::string_view key) { return {at, key}; }
    [[nodiscard, gnu::noinline]] step into(std::size_t index) {
        return {at, std::to_string(index)};
    }

    [[gnu::noinline]] void error(issue_code code, std::string_view message,
                                 std::string_view expected = {}, std::string_view hint = {}) {
        add(code, severity::error, message, expected, hint);
    }
    [[gnu::noinline]] void warning(issue_code code, std::string_view message,
                                   std::string_view expected = {}, std::string_view hint = {}) {
        add(code, severity::warning, message, expected, hint);
    }

    /// `did you mean 'x'?`, or an empty text. The time of all suggestions of a model is bounded.
    [[nodiscard]] std::string suggestion(std::string_view word,
                                         const std::vector<std::string_view>& candidates) {
        if (word.empty() || errors_ >= max_model_issues) return {};
        std::size_t steps = 0;
        for (const auto& c : candidates) steps += word.size() * (c.size() + 1);
        if (steps > patience_) return {};
        patience_ -= steps;
        return did_you_mean(closest(word, candidates));
    }

    /// All issues, in the order of the model's members; within one element of a list, in the order
    /// in which they were found. To be called once. O(issues · log).
    [[nodiscard]] std::vector<issue> take() {
        std::vector<std::pair<std::pair<std::size_t, std::size_t>, std::size_t>> order;
        order.reserve(issues_.size());
        for (std::size_t i = 0; i < issues_.size(); ++i)
            order.emplace_back(place_of(issues_[i].pointer), i);
        std::sort(order.begin(), order.end());
        std::vector<issue> sorted;
        sorted.reserve(order.size() + 2);
        for (const auto& [place, i] : order) sorted.push_back(std::move(issues_[i]));
        leave_out(sorted, severity::error, errors_, "error");
        leave_out(sorted, severity::warning, warnings_, "warning");
        return sorted;
    }

  private:
    void add(issue_code code, severity level, std::string_view message, std::string_view expected,
             std::string_view hint) {
        std::size_t& count = level == severity::error ? errors_ : warnings_;
        if (++count > max_model_issues) return;
        issues_.push_back({.code = code,
                           .level = level,
                           .pointer = at,
                           .message = std::string{message},
                           .expected = std::string{expected},
                           .hint = std::string{hint}});
    }

    static void leave_out(std::vector<issue>& issues, severity level, std::size_t count,
                          std::string_view noun) {
        if (count <= max_model_issues) return;
        issues.push_back({.code = issue_code::too_large,
                          .level = level,
                          .message = joined(counted(count - max_model_issues, noun),
                                            " more than are listed here")});
    }

    /// The position among the model's members of the one that a pointer leads into, and the index
    /// of the element there.
    [[nodiscard]] static std::pair<std::size_t, std::size_t> place_of(std::string_view pointer) {
        if (pointer.empty()) return {0, 0};
        pointer.remove_prefix(1);
        const std::size_t end = std::min(pointer.find('/'), pointer.size());
        std::size_t rank = 0;
        std::size_t i = 0;
        for (const language::member_description& f : language::type_of<model>().members) {
            ++i;
            if (f.key == pointer.substr(0, end)) rank = i;
        }
        std::size_t index = 0;
        for (std::size_t c = end + 1; c < pointer.size() && pointer[c] != '/'; ++c)
            index = index * 10 + static_cast<std::size_t>(pointer[c] - '0');
        return {rank, index};
    }

    std::vector<issue> issues_;
    std::size_t errors_ = 0;
    std::size_t warnings_ = 0;
    std::size_t patience_ = 50'000'000; // steps of comparing words: 0.1 to 0.2 s
};

inline constexpr std::size_t no_index = std::numeric_limits<std::size_t>::max();

/// The names declared in one list, and which of them are used. Keeps views of the names. Sorted, so
/// look-up is O(log n) for any names.
class name_table {
  public:
    void add(std::string_view name) {
        names_.push_back(name);
        used_.push_back(false);
    }
    void finish() {
        sorted_.resize(names_.size());
        for (std::size_t i = 0; i < sorted_.size(); ++i) sorted_[i] = i;
        std::sort(sorted_.begin(), sorted_.end(), [&](std::size_t a, std::size_t b) {
            return std::pair{names_[a], a} < std::pair{names_[b], b};
        });
    }

    /// The index of the first such name; `no_index` if there is none.
    [[nodiscard, gnu::noinline]] std::size_t find(std::string_view name) const {
        const auto at =
            std::lower_bound(sorted_.begin(), sorted_.end(), name,
                             [&](std::size_t i, std::string_view n) { return names_[i] < n; });
        return at == sorted_.end() || names_[*at] != name ? no_index : *at;
    }
    /// Calls `f(index)` for each name that repeats an earlier one.
    template<class F>
    void for_each_repeated(F&& f) const {
        for (std::size_t i = 1; i < sorted_.size(); ++i)
            if (names_[sorted_[i]] == names_[sorted_[i - 1]]) f(sorted_[i]);
    }

    [[nodiscard]] const std::vector<std::string_view>& names() const { return names_; }
    [[nodiscard]] std::size_t size() const { return names_.size(); }
    void use(std::size_t i) { used_[i] = true; }
    /// Records that an unknown name was looked up. It may stand for one that is declared, so none
    /// is reported as unused any more.
    void miss() { missed_ = true; }
    [[nodiscard]] bool has_missed() const { return missed_; }
    void use_all() { used_.assign(used_.size(), true); }
    [[nodiscard]] bool is_used(std::size_t i) const { return used_[i]; }

  private:
    std::vector<std::string_view> names_;
    std::vector<std::size_t> sorted_;
    std::vector<bool> used_;
    bool missed_ = false;
};

template<class L>
[[nodiscard]] inline name_table names_of(const L& declarations) {
    name_table t;
    for (const auto& d : declarations) t.add(d.id);
    t.finish();
    return t;
}

/// All names that conditions, patterns and rules can refer to. Keeps a reference to the model. It
/// has a member for each list of declarations.
struct declared_names {
    const model& of;
    name_table attributes;
    name_table properties; ///< the built-in ones last
    name_table touchpoints;
    name_table lists;
    name_table funnels;
    std::vector<name_table> stages; ///< by funnel
    name_table scores;              ///< plain ones, then derived ones
    std::vector<name_table> groups; ///< by score
    name_table bandings;
    name_table matrices;
    name_table calendars;
    name_table alerts;
    unread missing;

    declared_names(const model& m, const unread& u)
        : of(m), attributes(names_of(m.attributes)), touchpoints(names_of(m.touchpoints)),
          lists(names_of(m.lists)), funnels(names_of(m.funnels)), bandings(names_of(m.bandings)),
          matrices(names_of(m.matrices)), calendars(names_of(m.calendars)),
          alerts(names_of(m.alerts)), missing(u) {
        for (const auto& p : m.properties) properties.add(p.id);
        for (const auto& p : language::built_in_properties) properties.add(p);
        properties.finish();
        for (const auto& f : m.funnels) stages.push_back(names_of(f.stages));
        for (const auto& s : m.scores) {
            scores.add(s.id);
            groups.push_back(names_of(s.groups));
        }
        for (const auto& d : m.derived) scores.add(d.id);
        scores.finish();
    }

    /// Marks the touchpoint types of a pattern without `types` as used: it matches every type.
    void use(const pattern& p) {
        if (p.types.empty()) touchpoints.use_all();
    }

    [[nodiscard]] bool is_derived(std::size_t score) const { return score >= of.scores.size(); }

    /// The number of cells of a matrix: those that it lists or, if it lists none, rows × columns.
    [[nodiscard]] std::size_t cells_of(std::size_t i) const {
        const matrix& m = of.matrices[i];
        std::size_t cells = 0;
        for (const auto& row : m.classes) cells += row.size();
        const std::size_t rows = bandings.find(m.rows);
        const std::size_t columns = bandings.find(m.columns);
        if (!m.classes.empty() || rows == no_index || columns == no_index) return cells;
        return of.bandings[rows].bands.size() * of.bandings[columns].bands.size();
    }

    /// The classes of a matrix: those that it lists or, if it lists none, those that its bands
    /// make. None if its bandings are unknown or it has too many cells.
    [[nodiscard]] std::vector<std::string> classes_of(std::size_t i) const {
        std::vector<std::string> all;
        const matrix& m = of.matrices[i];
        for (const auto& row : m.classes) all.insert(all.end(), row.begin(), row.end());
        const std::size_t rows = bandings.find(m.rows);
        const std::size_t columns = bandings.find(m.columns);
        if (!m.classes.empty() || rows == no_index || columns == no_index ||
            cells_of(i) > max_matrix_cells)
            return all;
        for (const auto& row : of.bandings[rows].bands)
            for (const auto& column : of.bandings[columns].bands) all.push_back(row.id + column.id);
        return all;
    }

    /// The declared type of an attribute or property; none if it could not be read.
    [[nodiscard]] std::optional<value_type> attribute_type(std::size_t i) const {
        const value_type t = of.attributes[i].type;
        if (t == value_type{} || (missing.attribute_types && t == value_type::string)) return {};
        return t;
    }
    [[nodiscard]] std::optional<value_type> property_type(std::size_t i) const {
        if (i >= of.properties.size()) return value_type::string;
        const value_type t = of.properties[i].type;
        if (t == value_type{} || (missing.property_types && t == value_type::string)) return {};
        return t;
    }
    [[nodiscard]] bool has_value(std::size_t touchpoint) const {
        return missing.touchpoint_values || !of.touchpoints[touchpoint].value.empty();
    }

    /// The index of a name that must be declared. Marks it as used. If it is not declared, reports
    /// it, unless its declaration may be unreadable, and returns `no_index`. `noun` names it in
    /// messages.
    std::size_t look_up(report& out, name_table& t, std::string_view name, std::string_view noun,
                        bool may_be_unread, std::string_view where = {}) {
        const std::size_t i = t.find(name);
        if (i != no_index) {
            t.use(i);
            return i;
        }
        t.miss();
        if (may_be_unread) return no_index;
        if (name.empty()) {
            out.error(issue_code::missing_key, joined("no ", noun, " is named"),
                      joined("the name of a ", noun));
            return no_index;
        }
        out.error(issue_code::unknown_name, joined("unknown ", noun, " ", quote(name), where),
                  t.size() == 0 ? joined("a declared ", noun, "; there are none") : std::string{},
                  out.suggestion(name, t.names()));
        return no_index;
    }
};

} // namespace leadfunnel::inline v0::detail::checking
