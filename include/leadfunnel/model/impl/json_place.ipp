// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// The place where a reader of models is, and how it reports issues there.

#include <leadfunnel/core/detail/messages.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/model/impl/json_tree.ipp>
#include <leadfunnel/model/impl/json_words.ipp>
#include <leadfunnel/model/loaded_model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// What all readers share: the tree of the text, the JSON pointer of the current place, and the
/// issues.
class json_place {
  protected:
    json_place(json_tree& tree, std::vector<issue>& issues, std::string_view file)
        : tree_(tree), issues_(issues), file_(file) {}

    static constexpr std::uint32_t absent = 0; // the root is not a member of anything
    static constexpr std::uint32_t misspelt = ~std::uint32_t{0}; // absent, but reported as misspelt

    // -- reporting --

    void report(issue_code code, text_position at, std::string pointer, std::string message,
                std::string expected, std::string hint) {
        if (issues_.size() > max_model_issues) return;
        issue i;
        i.code = code;
        i.file = file_;
        i.line = at.line;
        i.column = at.column;
        i.pointer = std::move(pointer);
        i.message = std::move(message);
        i.expected = std::move(expected);
        i.hint = std::move(hint);
        issues_.push_back(std::move(i));
    }
    bool fail(std::uint32_t n, issue_code code, std::string message, std::string expected = {},
              std::string hint = {}) {
        report(code, node(n).at, pointer_, std::move(message), std::move(expected),
               std::move(hint));
        return false;
    }
    /// Reports an issue with a key of the object at `pointer_`.
    void fail_key(std::uint32_t n, issue_code code, std::string message, std::string expected = {},
                  std::string hint = {}) {
        report(code, node(n).key_at, pointer_ + '/' + pointer_token(key(n)), std::move(message),
               std::move(expected), std::move(hint));
    }
    bool missing(std::uint32_t object, std::string_view absent_key, std::string message,
                 std::string expected = {}, std::string hint = {}) {
        std::string pointer = pointer_;
        if (!absent_key.empty()) pointer.append("/").append(absent_key);
        report(issue_code::missing_key, node(object).at, std::move(pointer), std::move(message),
               std::move(expected), std::move(hint));
        return false;
    }
    bool wrong_type(std::uint32_t n, std::string expected, std::string hint = {}) {
        std::string_view found;
        switch (node(n).kind) {
        case json_kind::null:
            found = "null";
            if (hint.empty() && node(n).has_key) hint = "leave the key out";
            break;
        case json_kind::truth:
            found = node(n).truth ? "true" : "false";
            break;
        case json_kind::number:
            found = "a number";
            break;
        case json_kind::text:
            found = "a text";
            break;
        case json_kind::list:
            found = "a list";
            break;
        case json_kind::object:
            found = "an object";
            break;
        }
        return fail(n, issue_code::wrong_type, called(n) + " is " + std::string(found),
                    std::move(expected), std::move(hint));
    }
    /// The name of a value in messages.
    [[nodiscard]] std::string called(std::uint32_t n) const {
        if (node(n).has_key) return quote(key(n));
        if (n == 0) return "the file";
        return "element " + pointer_.substr(pointer_.rfind('/') + 1) + " of the list";
    }

    // -- moving about --

    [[nodiscard]] const json_node& node(std::uint32_t n) const { return tree_.nodes[n]; }
    [[nodiscard]] std::string_view key(std::uint32_t n) const { return tree_.key(node(n)); }
    [[nodiscard]] std::string_view text(std::uint32_t n) const { return tree_.text(node(n)); }
    [[nodiscard]] bool is(std::uint32_t n, json_kind k) const { return node(n).kind == k; }

    /// Extends the pointer by a token during its lifetime.
    class step {
      public:
        step(json_place& r, std::string_view to) : pointer_(r.pointer_), size_(pointer_.size()) {
            pointer_.append("/").append(to);
        }
        step(json_place& r, std::size_t to) : step(r, std::to_string(to)) {}
        ~step() { pointer_.resize(size_); }
        step(const step&) = delete;
        step& operator=(const step&) = delete;

      private:
        std::string& pointer_;
        std::size_t size_;
    };

    /// Finds the members of an object: `found[i]` is the value of `keys[i]`. Reports unknown and
    /// repeated keys; the first of repeated keys counts. The key that an unknown key probably meant
    /// is marked `misspelt`, so that it is not also reported as missing.
    void match(std::uint32_t object, std::span<const std::string_view> keys,
               std::span<std::uint32_t> found) {
        std::vector<std::uint32_t> unknown;
        for (std::uint32_t n = object + 1; n < node(object).end; n = node(n).end) {
            const auto k = std::find(keys.begin(), keys.end(), key(n));
            if (k == keys.end()) {
                unknown.push_back(n);
                continue;
            }
            std::uint32_t& slot = found[static_cast<std::size_t>(k - keys.begin())];
            if (slot == absent)
                slot = n;
            else
                fail_key(n, issue_code::duplicate_key,
                         quote(key(n)) + " is given twice; the first is at line " +
                             std::to_string(node(slot).key_at.line));
        }
        if (unknown.empty()) return;
        std::vector<std::string_view> all(keys.begin(), keys.end());
        std::vector<std::string_view> free;
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (found[i] == absent) free.push_back(keys[i]);
        const std::string expected = one_of(all);
        for (const std::uint32_t n : unknown) {
            if (issues_.size() > max_model_issues) return;
            const std::string_view meant = closest(key(n), free);
            fail_key(n, issue_code::unknown_key, "unknown key " + quote(key(n)), expected,
                     did_you_mean(meant));
            const auto k = std::find(keys.begin(), keys.end(), meant);
            if (k != keys.end()) found[static_cast<std::size_t>(k - keys.begin())] = misspelt;
        }
    }

    bool wrong_choice(std::uint32_t n, std::string_view noun,
                      const std::vector<std::string_view>& names) {
        if (!is(n, json_kind::text)) return wrong_type(n, one_of(names));
        return fail(n, issue_code::wrong_value, quote(text(n)) + " is not " + json_article(noun),
                    one_of(names), did_you_mean(text(n), names));
    }

    json_tree& tree_;
    std::vector<issue>& issues_;

  private:
    std::string file_;
    std::string pointer_{};
};

} // namespace leadfunnel::inline v0::detail
