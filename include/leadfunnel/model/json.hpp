// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Models as JSON files (comments allowed). Opt-in: not part of `leadfunnel.hpp`.

#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/model/model.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// Where in the text a value stands (lines and columns from 1, columns in bytes).
struct text_position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    friend bool operator==(const text_position&, const text_position&) = default;
};

/// A model as read, whether or not it is a good one: what could be read of it, what was wrong with
/// the text, and where everything stood. `check` and `compile` take it from here.
struct loaded_model {
    model value;
    std::string file;          ///< the name given, for messages
    std::vector<issue> issues; ///< of reading; an unreadable file is one of them
    std::map<std::string, text_position, std::less<>> positions; ///< by JSON pointer

    /// Gives an issue that has a pointer its file, line and column; of the nearest enclosing value
    /// where its own is absent.
    LEADFUNNEL_DECL void locate(issue& i) const;
};

/// Limits of what is read; beyond them is an issue (`too_large`).
inline constexpr std::size_t max_model_bytes = std::size_t{16} << 20;
inline constexpr std::size_t max_model_nesting = 64;
inline constexpr std::size_t max_model_list = 100'000; ///< elements of any one list
inline constexpr std::size_t max_name_bytes = 256;

/// Reads a model. Never throws but for memory; all problems are in `issues`. `//` and `/* */`
/// comments are allowed. O(bytes).
[[nodiscard]] LEADFUNNEL_DECL loaded_model parse_model(std::string_view json,
                                                       std::string_view file = {});
[[nodiscard]] LEADFUNNEL_DECL loaded_model load_model(const std::filesystem::path& path);

/// A model as indented JSON; members at their defaults are left out. `parse_model` reads back an
/// equal model.
[[nodiscard]] LEADFUNNEL_DECL std::string write_model(const model& m);

/// The JSON Schema (draft-07) of model files, made from the same descriptions that the reader uses.
[[nodiscard]] LEADFUNNEL_DECL std::string model_schema();

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/impl/json.ipp>
#endif
