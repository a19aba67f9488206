// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A model that was read from a file, with the places of its parts in the text and what was wrong
/// there; and the limits of what is read.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/model/model.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// A place in a text. Lines and columns count from 1, columns in bytes.
struct text_position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    friend bool operator==(const text_position&, const text_position&) = default;
};

/// The places of the values of a model file in its text.
class text_positions {
  public:
    struct place {
        std::string pointer; ///< into the file
        text_position at;    ///< of the value, or of the nearest enclosing one where it is absent
    };
    /// The place in the file of the part of the model that a JSON pointer names. Indices can
    /// differ: list elements that could not be read are in the file but not in the model. O(width
    /// of the lists on the way). Throws for memory only.
    [[nodiscard]] LEADFUNNEL_DECL place find(std::string_view pointer) const;

    /// A value of the file. The reader fills these in.
    struct entry {
        text_position at;
        std::uint32_t end = 0; ///< the index after its last descendant
        std::uint32_t key = 0; ///< the offset of its key in `keys`; list elements have none
        std::uint32_t key_size = 0;
        bool is_list = false;
        bool is_short = false; ///< the value of a member, written without the object around it
        bool was_read = true;
    };
    std::vector<entry> entries; ///< in the order of the text
    std::string keys;
};

/// The result of reading a model file: what could be read, what was wrong with the text, and the
/// places of all parts. Pass it to `check` or `compile`.
struct loaded_model {
    model value;
    std::string file;          ///< its name, for messages
    std::vector<issue> issues; ///< of reading; an unreadable file is one, too
    text_positions positions;

    /// Adds file, line and column to an issue of `check(value)`, and turns its pointer into one
    /// into the file. Does not change an issue that has a line. Costs and throws like
    /// `text_positions::find`.
    LEADFUNNEL_DECL void locate(issue& i) const;
};

/// Limits of what is read. A file beyond them has an issue (`too_large`).
inline constexpr std::size_t max_model_bytes = std::size_t{16} << 20;
inline constexpr std::size_t max_model_nesting = 64;
inline constexpr std::size_t max_model_list = 100'000; ///< elements of any one list
inline constexpr std::size_t max_name_bytes = 256;
inline constexpr std::size_t max_model_issues = 1'000; ///< listed issues of reading

/// Limits of what a model may declare. `check` reports a model beyond them (`too_large`).
inline constexpr std::size_t max_derived_levels = 64;     ///< of derived scores made from others
inline constexpr std::size_t max_model_calendars = 1'000; ///< each has a table of some centuries
inline constexpr std::size_t max_matrix_cells = 100'000;  ///< of all matrices together
/// Stages that transitions leave, in all funnels together; `*` counts as the stages it stands for.
inline constexpr std::size_t max_stages_left = 1'000'000;

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/model/impl/loaded_model.ipp>
#endif
