// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/config.hpp>

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace leadfunnel::inline v0::detail {

/// Limits of a model's regular expressions. They keep compiling any model, however hostile, below a
/// second or so: RE2's time to compile is linear in the instructions.
inline constexpr std::size_t max_regex_bytes = 1'000;
inline constexpr std::int64_t max_regex_memory = std::int64_t{1} << 20;
inline constexpr std::int64_t max_regex_instructions = 1'000'000; ///< of all in a model

/// A regular expression as conditions use it: unless `exact`, it is matched without regard to case
/// (against text that is folded). It may be bad: see `ok()`.
[[nodiscard]] inline std::unique_ptr<re2::RE2> make_regex(std::string_view pattern, bool exact) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(exact);
    options.set_max_mem(max_regex_memory);
    return std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
}

} // namespace leadfunnel::inline v0::detail
