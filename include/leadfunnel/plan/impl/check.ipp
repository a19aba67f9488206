// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/model/loaded_model.hpp>
#include <leadfunnel/plan/check.hpp>
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
        std::string_view key; ///< in an element: what loses declarations or values with it
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
        // An element as such, or a misspelt key in it, may be any of them; so is the whole list.
        const bool is_any = i.code == issue_code::unknown_key ||
                            key.find_first_not_of("0123456789") == std::string_view::npos;
        for (const part& p : parts)
            if (is_at_or_below(i.pointer, p.list) &&
                (is_any || key == p.key || i.pointer == p.list))
                u.*p.flag = true;
    }
    return u;
}

/// What the reader of a file has said already. All pointers are into the file.
class said {
  public:
    /// Reading has no warnings.
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

    /// Whether nothing of the model could be read.
    [[nodiscard]] bool is_all() const { return is_all_; }

    /// Whether an issue found by checking comes of what could not be read. `is_there`: whether what
    /// it points to stands in the file.
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
    std::vector<std::string_view> unread_;    ///< values that are missing or unreadable
    std::vector<std::string_view> half_read_; ///< what has such a value, or an unknown key, in it
    bool is_all_ = false;
};

} // namespace detail::checking

LEADFUNNEL_DECL std::vector<issue> check(const model& m) {
    return detail::checking::model_check{m, {}}.run();
}

LEADFUNNEL_DECL std::vector<issue> check(const loaded_model& m) {
    const detail::checking::said said{m.issues};
    std::vector<issue> issues = m.issues;
    if (said.is_all()) return issues;
    std::vector<issue> rest; // of those that are too many
    for (issue& i :
         detail::checking::model_check{m.value, detail::checking::unread_of(m.issues)}.run()) {
        const bool is_rest = i.pointer.empty() && i.code == issue_code::too_large;
        m.locate(i);
        if (is_rest) {
            rest.push_back(std::move(i));
            continue;
        }
        const text_position parent = m.positions.find(detail::checking::parent_of(i.pointer))
                                         .at; // of the file: see `explains`
        const bool is_there = parent != text_position{i.line, i.column};
        if (!said.explains(i, is_there)) issues.push_back(std::move(i));
    }
    std::stable_sort(issues.begin(), issues.end(), [](const issue& a, const issue& b) {
        return std::pair{a.line, a.column} < std::pair{b.line, b.column};
    });
    for (issue& i : rest) issues.push_back(std::move(i));
    return issues;
}

} // namespace leadfunnel::inline v0
