// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/model/loaded_model.hpp>
#include <leadfunnel/plan/check.hpp>
#include <leadfunnel/plan/detail/matchers.hpp>
#include <leadfunnel/plan/impl/check_model.ipp>
#include <leadfunnel/plan/impl/check_report.ipp>

#include <algorithm>
#include <array>
#include <utility>

namespace leadfunnel::inline v0 {
namespace detail::checking {

// ---- models from files --------------------------------------------------------------------------

/// Whether `pointer` is `top` or something below it.
[[nodiscard]] inline bool is_at_or_below(std::string_view pointer, std::string_view top) {
    return pointer.starts_with(top) && (pointer.size() == top.size() || pointer[top.size()] == '/');
}

[[nodiscard]] inline std::string_view parent_of(std::string_view pointer) {
    return pointer.substr(0, std::min(pointer.rfind('/'), pointer.size()));
}

[[nodiscard]] inline std::string_view last_key_of(std::string_view pointer) {
    return pointer.substr(std::min(pointer.rfind('/') + 1, pointer.size()));
}

[[nodiscard]] inline unread unread_of(const std::vector<issue>& issues) {
    struct part {
        std::string_view list;
        std::string_view key; ///< of an element: if it is unreadable, so is the flagged thing
        bool unread::*flag;
    };
    static constexpr std::array parts{
        part{"/scores", "id", &unread::scores},
        part{"/scores", "groups", &unread::scores},
        part{"/derived", "id", &unread::derived},
        part{"/attributes", "id", &unread::attributes},
        part{"/properties", "id", &unread::properties},
        part{"/touchpoints", "id", &unread::touchpoints},
        part{"/lists", "id", &unread::lists},
        part{"/lists", "members", &unread::lists},
        part{"/funnels", "id", &unread::funnels},
        part{"/funnels", "stages", &unread::funnels},
        part{"/bandings", "id", &unread::bandings},
        part{"/bandings", "bands", &unread::bandings},
        part{"/matrices", "id", &unread::matrices},
        part{"/matrices", "classes", &unread::matrices},
        part{"/calendars", "id", &unread::calendars},
        part{"/alerts", "id", &unread::alerts},
        part{"/roles", "owner", &unread::roles},
        part{"/attributes", "type", &unread::attribute_types},
        part{"/properties", "type", &unread::property_types},
        part{"/touchpoints", "value", &unread::touchpoint_values},
    };
    unread u;
    for (const issue& i : issues) {
        u.anything = true;
        const std::string_view key = last_key_of(i.pointer);
        // An unreadable element, a misspelt key in it, or an unreadable list may hide any of them.
        const bool is_any = i.code == issue_code::unknown_key ||
                            key.find_first_not_of("0123456789") == std::string_view::npos;
        for (const part& p : parts)
            if (is_at_or_below(i.pointer, p.list) &&
                (is_any || key == p.key || i.pointer == p.list))
                u.*p.flag = true;
    }
    return u;
}

/// What the reader of a file has reported already. All pointers point into the file.
class said {
  public:
    /// Takes the issues of reading, all of them errors. Keeps views of their pointers.
    explicit said(const std::vector<issue>& issues) {
        for (const issue& i : issues) {
            const std::string_view p = i.pointer;
            if (p.empty()) is_all_ = true;
            const bool is_key =
                i.code == issue_code::unknown_key || i.code == issue_code::duplicate_key;
            if (!is_key) unread_.push_back(last_key_of(p) == "kind" ? parent_of(p) : p);
            if (i.code != issue_code::missing_key) half_read_.push_back(parent_of(p));
        }
        std::sort(unread_.begin(), unread_.end());
        std::sort(half_read_.begin(), half_read_.end());
    }

    /// Whether no part of the model could be read.
    [[nodiscard]] bool is_all() const { return is_all_; }

    /// Whether an issue found by checking only follows from something unreadable. `is_there`:
    /// whether what the issue points to stands in the file. O(depth · log issues).
    [[nodiscard]] bool explains(const issue& i, bool is_there) const {
        const std::string_view p = i.pointer;
        for (std::string_view top = p; !top.empty(); top = parent_of(top))
            if (std::binary_search(unread_.begin(), unread_.end(), top)) return true;
        if (std::binary_search(half_read_.begin(), half_read_.end(), p)) return true;
        if (!is_there && std::binary_search(half_read_.begin(), half_read_.end(), parent_of(p)))
            return true;
        if (i.level != severity::warning) return false;
        const std::string below = joined(p, "/");
        for (const auto* list : {&unread_, &half_read_}) {
            const auto at = std::lower_bound(list->begin(), list->end(), below);
            if (at != list->end() && at->starts_with(below)) return true;
        }
        return false;
    }

  private:
    std::vector<std::string_view> unread_; ///< values that are missing or unreadable
    std::vector<std::string_view>
        half_read_; ///< objects and lists with such a value or an unknown key in them
    bool is_all_ = false;
};

} // namespace detail::checking

LEADFUNNEL_DECL std::vector<issue> detail::check_with(const model& m, matcher_table& table) {
    return checking::model_check{m, {}, table}.run();
}

LEADFUNNEL_DECL std::vector<issue> detail::check_with(const loaded_model& m, matcher_table& table) {
    const checking::said said{m.issues};
    std::vector<issue> issues = m.issues;
    if (said.is_all()) return issues;
    std::vector<issue> rest; // how many issues are not listed
    for (issue& i : checking::model_check{m.value, checking::unread_of(m.issues), table}.run()) {
        const bool is_rest = i.pointer.empty() && i.code == issue_code::too_large;
        m.locate(i);
        if (is_rest) {
            rest.push_back(std::move(i));
            continue;
        }
        const text_position parent = m.positions.find(checking::parent_of(i.pointer))
                                         .at; // where the parent stands in the file, for `explains`
        const bool is_there = parent != text_position{i.line, i.column};
        if (!said.explains(i, is_there)) issues.push_back(std::move(i));
    }
    std::stable_sort(issues.begin(), issues.end(), [](const issue& a, const issue& b) {
        return std::pair{a.line, a.column} < std::pair{b.line, b.column};
    });
    for (issue& i : rest) issues.push_back(std::move(i));
    return issues;
}

LEADFUNNEL_DECL std::vector<issue> check(const model& m) {
    detail::matcher_table table;
    return detail::check_with(m, table);
}

LEADFUNNEL_DECL std::vector<issue> check(const loaded_model& m) {
    detail::matcher_table table;
    return detail::check_with(m, table);
}

} // namespace leadfunnel::inline v0
