// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The globs and regular expressions of a model, compiled by RE2. Not for users.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/model/condition.hpp>
#include <leadfunnel/model/model.hpp>

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace leadfunnel::inline v0 {

struct loaded_model;

namespace detail {

/// Bounds on the patterns of one model. RE2's time and memory to compile grow with the instructions
/// of its program, so these bounds keep any model, however hostile, below a second and 500 MB.
inline constexpr std::size_t max_regex_bytes = 1'000; ///< of one regular expression
inline constexpr std::int64_t max_matcher_memory = std::int64_t{1}
                                                   << 20;         ///< of one, program and DFA
inline constexpr std::int64_t max_matcher_instructions = 400'000; ///< of all together

/// The regular expression that matches a whole text exactly where a glob does. The glob is UTF-8
/// and well-formed (`is_glob`). O(size).
[[nodiscard]] LEADFUNNEL_DECL std::string glob_regex(std::string_view glob);

/// The compiled patterns of one model. `check` compiles each distinct one, and `compile` takes them
/// over, so that none is compiled twice. Not safe for concurrent use; the expressions are.
class matcher_table {
  public:
    /// A pattern that has been compiled: the expression, or why there is none.
    struct entry {
        std::shared_ptr<const re2::RE2> expression;
        std::string fault;
    };

    /// Compiles a pattern of a `glob` or `regex` test, unless an equal one has been. Null if
    /// `max_matcher_instructions` are used up. A glob must be well-formed. The entry lives as long
    /// as the table. O(log patterns) and, for a new one, RE2's time.
    [[nodiscard]] LEADFUNNEL_DECL const entry* compile(op how, const std::string& pattern,
                                                       bool exact);

    /// The expression of a pattern that has been compiled; null if there is none. O(log patterns).
    [[nodiscard]] LEADFUNNEL_DECL std::shared_ptr<const re2::RE2>
    find(op how, const std::string& pattern, bool exact) const;

  private:
    std::map<std::tuple<op, bool, std::string>, entry> entries_; // by operator, exact, pattern
    std::int64_t instructions_ = 0;
};

/// Like `leadfunnel::check`, and leaves the compiled patterns in the table.
[[nodiscard]] LEADFUNNEL_DECL std::vector<issue> check_with(const model& m, matcher_table& table);
[[nodiscard]] LEADFUNNEL_DECL std::vector<issue> check_with(const loaded_model& m,
                                                            matcher_table& table);

} // namespace detail
} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/matchers.ipp>
#endif
