// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Models as JSON files (comments allowed). Opt-in: not part of `leadfunnel.hpp`.

#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/model/model.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
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

/// Where the values of a model file stand in its text.
class text_positions {
  public:
    struct place {
        std::string pointer; ///< into the file
        text_position at;    ///< of the value, or of the nearest enclosing one where it is absent
    };
    /// The place in the file of a part of the model. Elements of lists that could not be read are
    /// in the file but not in the model, so that later ones have other indices there. O(width of
    /// the lists on the way).
    [[nodiscard]] LEADFUNNEL_DECL place find(std::string_view pointer) const;

    /// A value of the file, for the reader that fills this in.
    struct entry {
        text_position at;
        std::uint32_t end = 0; ///< its descendants follow it, up to here
        std::uint32_t key = 0; ///< where its key stands in `keys`; it has none in a list
        std::uint32_t key_size = 0;
        bool is_list = false;
        bool is_short = false; ///< stands for an object with one member
        bool was_read = true;
    };
    std::vector<entry> entries; ///< in the order of the text
    std::string keys;
};

/// A model as read, whether or not it is a good one: what could be read of it, what was wrong with
/// the text, and where everything stood. `check` and `compile` take it from here.
struct loaded_model {
    model value;
    std::string file;          ///< the name given, for messages
    std::vector<issue> issues; ///< of reading; an unreadable file is one of them
    text_positions positions;

    /// Gives an issue that came from checking `value` its file, line and column, and makes its
    /// pointer one into the file. Leaves alone an issue that already has a line.
    LEADFUNNEL_DECL void locate(issue& i) const;
};

/// Limits of what is read; beyond them is an issue (`too_large`).
inline constexpr std::size_t max_model_bytes = std::size_t{16} << 20;
inline constexpr std::size_t max_model_nesting = 64;
inline constexpr std::size_t max_model_list = 100'000; ///< elements of any one list
inline constexpr std::size_t max_name_bytes = 256;
inline constexpr std::size_t max_model_issues = 1'000; ///< of reading; the rest is not listed

/// Limits of what a model that is read may ask for; beyond them `check` has an error (`too_large`).
inline constexpr std::size_t max_derived_levels = 64;     ///< of derived scores made from others
inline constexpr std::size_t max_model_calendars = 1'000; ///< each has a table of some centuries
inline constexpr std::size_t max_matrix_cells = 100'000;  ///< of all matrices together
/// Of all funnels together: stages that each transition leaves, `*` counted as those it means.
inline constexpr std::size_t max_stages_left = 1'000'000;

/// Reads a model. Never throws but for memory; all problems are in `issues`. `//` and `/* */`
/// comments are allowed. After a mistake it goes on, and keeps what could be read; only where the
/// text is not JSON, or is beyond the limits, is nothing kept. Issues are in the order of the text.
/// O(bytes).
[[nodiscard]] LEADFUNNEL_DECL loaded_model parse_model(std::string_view json,
                                                       std::string_view file = {});
[[nodiscard]] LEADFUNNEL_DECL loaded_model load_model(const std::filesystem::path& path);

/// A model as indented JSON; members at their defaults are left out. `parse_model` reads back an
/// equal model, provided that the model is one that a file can say: its texts are UTF-8, its
/// numbers finite, each test holds only what its operator uses, and instants are compared only with
/// what is declared a timestamp. Every model without errors is.
[[nodiscard]] LEADFUNNEL_DECL std::string write_model(const model& m);

/// The JSON Schema (draft-07) of model files, made from the same descriptions that the reader uses.
[[nodiscard]] LEADFUNNEL_DECL std::string model_schema();

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/model/impl/json.ipp>
#endif
