// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What is wrong with a model, said so that a person can mend it.

#include <leadfunnel/core/config.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

enum class severity : std::uint8_t { warning, error };

/// What kind of problem an issue is. The names are stable and are printed as they are spelt here.
enum class issue_code : std::uint8_t {
    syntax,           ///< not JSON
    duplicate_key,    ///< a key given twice in one object
    unknown_key,      ///< a key that means nothing here
    missing_key,      ///< a required key is absent
    wrong_type,       ///< text where a number is due, and the like
    wrong_unit,       ///< a duration or instant that is not one
    wrong_value,      ///< a value that is not among the choices
    out_of_range,     ///< a number, duration or count beyond its limits
    too_large,        ///< the file, its nesting, or a list is beyond the limits
    unknown_name,     ///< a name that is declared nowhere
    duplicate_name,   ///< a name declared twice
    bad_name,         ///< an empty or overlong name
    type_mismatch,    ///< an operator or literal that does not fit the declared type
    bad_pattern,      ///< a glob or regular expression that does not compile
    cycle,            ///< derived scores that depend on one another
    impossible_limit, ///< a limit under which nothing could be awarded
    clamp_with_decay, ///< a running clamp together with decay or groups
    bad_interval,     ///< bounds, bins, bands or steps out of order
    incomplete,       ///< a model, table or matrix with parts missing
    conflict,         ///< members that do not go together
    unreachable,      ///< a band or condition that can never apply
    shadowed,         ///< a rule or the like that repeats an earlier one
    no_effect,        ///< something said that changes nothing
    unused            ///< declared, used nowhere
};

[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(issue_code c) noexcept;
[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(severity s) noexcept;

/// One problem. Lines and columns count from 1 (columns in bytes); 0 means that the model came from
/// code and has no file.
struct issue {
    issue_code code{};
    severity level = severity::error;
    std::string file{};
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string pointer{};  ///< RFC 6901, from the model's root: `/rules/3/on/type`
    std::string message{};  ///< what is wrong
    std::string expected{}; ///< what would be right; may be empty
    std::string hint{};     ///< a suggestion (`did you mean 'page_view'?`); may be empty

    friend bool operator==(const issue&, const issue&) = default;
};

/// `file:line:column: error: message [code] at /pointer; expected …; hint`.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(const issue& i);

/// The closest of `candidates` to `word`, if it is near enough to be worth suggesting, else empty.
/// Distance is Damerau–Levenshtein's over bytes, at most a third of the longer word.
[[nodiscard]] LEADFUNNEL_DECL std::string_view
closest(std::string_view word, const std::vector<std::string_view>& candidates);

/// Base of what the library throws.
class error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A model that cannot become a plan; carries every issue. `what()` lists them, one a line.
class model_error : public error {
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
