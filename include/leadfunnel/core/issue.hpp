// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Problems of models, mappings and tables, described so that a person can fix them.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

enum class severity : std::uint8_t { warning, error };

/// The kind of a problem. The names are stable; `to_string` prints them as they are spelt here.
enum class issue_code : std::uint8_t {
    syntax,           ///< not JSON
    duplicate_key,    ///< a key given twice in one object
    unknown_key,      ///< a key that has no meaning here
    missing_key,      ///< a required key is absent
    wrong_type,       ///< a text where a number belongs, and the like
    wrong_unit,       ///< not a duration or instant, or one in the wrong unit
    wrong_value,      ///< a value that is not one of the choices
    out_of_range,     ///< a number, duration or count outside its limits
    too_large,        ///< the file, its nesting or a list exceeds its limits
    unknown_name,     ///< a name that is not declared
    duplicate_name,   ///< a name declared twice
    bad_name,         ///< an empty or overlong name
    type_mismatch,    ///< an operator or literal that does not fit the declared type
    bad_pattern,      ///< a glob or regular expression that does not compile
    cycle,            ///< derived scores that depend on one another
    impossible_limit, ///< a limit that allows no award at all
    clamp_with_decay, ///< a running clamp together with decay or groups
    bad_interval,     ///< bounds, bins, bands or steps out of order
    incomplete,       ///< a model, table or matrix with parts missing
    conflict,         ///< members that exclude each other
    unreachable,      ///< a band or condition that can never apply
    shadowed,         ///< a rule or other entry that repeats an earlier one
    no_effect,        ///< a statement that changes nothing
    unused            ///< declared but not used
};
/// The name of a code or severity, as it is spelt above. O(1).

[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(issue_code c) noexcept;
[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(severity s) noexcept;

/// One problem. Lines and columns count from 1, columns in bytes. Line 0 means that there is no
/// file, because the model was made in code.
struct LEADFUNNEL_TYPE issue {
    issue_code code{};
    severity level = severity::error;
    std::string file{};
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string pointer{};  ///< RFC 6901, from the root of the model: `/rules/3/on/type`
    std::string message{};  ///< what is wrong
    std::string expected{}; ///< what would be right; may be empty
    std::string hint{};     ///< a suggestion (`did you mean 'page_view'?`); may be empty

    friend bool operator==(const issue&, const issue&) = default;
};

/// `file:line:column: error: message [code] at /pointer; expected …; hint`, in printable form.
/// O(length).
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(const issue& i);

/// The candidate closest to `word`, if it is near enough to suggest; else an empty view. The
/// distance is Damerau–Levenshtein's on bytes, and may be at most a third of the longer word. Words
/// over 128 bytes are never suggested. O(length of `word` × length of all candidates). The result
/// refers to the candidate's text.
[[nodiscard]] LEADFUNNEL_DECL std::string_view
closest(std::string_view word, const std::vector<std::string_view>& candidates);

/// A model that cannot become a plan. It carries every issue; `what()` lists them, one a line.
class LEADFUNNEL_TYPE model_error : public error {
  public:
    LEADFUNNEL_DECL explicit model_error(std::vector<issue> issues);
    [[nodiscard]] const std::vector<issue>& issues() const noexcept { return issues_; }

  private:
    std::vector<issue> issues_{};
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/issue.ipp>
#endif
