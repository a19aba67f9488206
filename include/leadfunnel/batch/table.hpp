// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Tables of named columns, as a host holds them (Arrow, NumPy, vectors), without a copy.
///
/// Nothing here owns the data of a column: whatever a view points to must live until the call that
/// reads the column returns. All types are plain values; reading one from several threads is safe.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/ingest_report.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0 {

// ---- the data of a column -----------------------------------------------------------------------

/// Bits packed as in Arrow: the least significant bit of each byte comes first.
struct bit_span {
    const std::uint8_t* bytes = nullptr;
    std::size_t first = 0; ///< the bits of `bytes` before the span
    std::size_t count = 0; ///< the bits of the span

    /// The i-th bit. Precondition: `i < count`. O(1).
    [[nodiscard]] bool operator[](std::size_t i) const noexcept {
        return (bytes[(first + i) / 8] >> ((first + i) % 8) & 1) != 0;
    }
};

/// Texts one after the other, as in Arrow's utf8 (32-bit offsets) and large_utf8 (64-bit): text i
/// is the bytes [`offsets[i]`, `offsets[i + 1]`). To slice the texts, slice `offsets`.
template<class Offset>
struct packed_texts {
    std::span<const Offset> offsets{}; ///< one more than there are texts
    std::string_view bytes{};
};

using text_span = std::variant<std::span<const std::string>, std::span<const std::string_view>,
                               packed_texts<std::int32_t>, packed_texts<std::int64_t>>;

using code_span = std::variant<std::span<const std::int8_t>, std::span<const std::int16_t>,
                               std::span<const std::int32_t>, std::span<const std::int64_t>,
                               std::span<const std::uint8_t>, std::span<const std::uint16_t>,
                               std::span<const std::uint32_t>, std::span<const std::uint64_t>>;

/// Texts as codes into a dictionary, as in Arrow's dictionary arrays and pandas' categoricals. A
/// negative code is null. The dictionary may contain duplicates, and texts that no row uses.
struct coded_texts {
    code_span codes{};
    text_span texts{};
    bit_span valid{}; ///< of `texts`; without bytes, no text is null
};

enum class time_unit : std::uint8_t { seconds, milliseconds, microseconds, nanoseconds };

/// Instants as counts since the Unix epoch, in UTC. Nanoseconds are rounded down to microseconds,
/// before 1970 too.
struct timestamps {
    std::span<const std::int64_t> counts{};
    time_unit unit = time_unit::microseconds;
};

/// Sets of texts, as in Arrow's lists: set i is the texts [`offsets[i]`, `offsets[i + 1]`).
template<class Offset>
struct text_lists {
    std::span<const Offset> offsets{}; ///< one more than there are lists
    text_span texts{};
    bit_span valid{}; ///< of `texts`; without bytes, no text is null. A null text is left out
};

/// Texts (in four forms, or coded), numbers (of any width; one that is not finite makes its row
/// bad), truth values (bytes or bits), instants, sets of texts.
using column_data = std::variant<
    std::span<const std::string>, std::span<const std::string_view>, packed_texts<std::int32_t>,
    packed_texts<std::int64_t>, coded_texts, std::span<const double>, std::span<const float>,
    std::span<const std::int8_t>, std::span<const std::int16_t>, std::span<const std::int32_t>,
    std::span<const std::int64_t>, std::span<const std::uint8_t>, std::span<const std::uint16_t>,
    std::span<const std::uint32_t>, std::span<const std::uint64_t>, std::span<const bool>, bit_span,
    std::span<const instant>, timestamps, text_lists<std::int32_t>, text_lists<std::int64_t>>;

/// A named column. Containers convert to views: `lf::column{"url", urls}`.
struct column {
    std::string name{};
    column_data data{};
    bit_span valid{}; ///< a row whose bit is 0 is null; without bytes, no row is null
    /// A fault for each row that the caller has already found in its cell; empty if there is none.
    std::span<const row_fault> faults{};

    /// The number of rows. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t size() const noexcept;
    /// The type of the cells. O(1).
    [[nodiscard]] LEADFUNNEL_DECL value_type type() const noexcept;
};

// ---- tables -------------------------------------------------------------------------------------
// The text members say which column plays which part. A required column must exist. So must any
// other column whose name here differs from the default; a column that still has its default name
// is optional. An empty name means that there is no such column.

/// Facts about leads: each row is one attributes event with all of its attributes. A null unsets
/// the attribute, as an empty cell of CSV does. Rows may come in any order, and a lead may have
/// several.
struct leads_table {
    std::vector<column> columns{};
    std::string lead = "lead"; ///< texts; required
    std::string at = "at";     ///< instants from which the row holds; without it, always
    std::string source{};      ///< texts
    std::string id{};          ///< texts
    /// The columns that are attributes. By default, every column that plays no other part.
    std::optional<std::vector<std::string>> attributes{};
    std::string name = "leads"; ///< the table's name, for issues
};

/// What leads did: each row is one touchpoint. Rows may come in any order. A property that is null
/// is left out.
struct touchpoints_table {
    std::vector<column> columns{};
    std::string lead = "lead";   ///< texts; required
    std::string at = "at";       ///< instants; required
    std::string type = "type";   ///< texts; required
    std::string value = "value"; ///< numbers within ±10¹²; NaN is null
    std::string campaign = "campaign";
    std::string channel = "channel";
    std::string source = "source";
    std::string id = "id";
    /// The columns that are properties. By default, every column that plays no other part.
    std::optional<std::vector<std::string>> properties{};
    std::string name = "touchpoints";
};

/// Stage entries, one for each row. Rows may come in any order.
struct stages_table {
    std::vector<column> columns{};
    std::string lead = "lead";     ///< texts; required
    std::string at = "at";         ///< instants; required
    std::string funnel = "funnel"; ///< texts; required unless the model has exactly one funnel
    std::string stage = "stage";   ///< texts; required
    std::string transition = "transition";
    std::string reason = "reason";
    std::string cause = "cause";
    std::string source = "source";
    std::string id = "id";
    std::string name = "stages";
};

/// A table that cannot become histories. `what()` lists what is wrong, one problem a line.
class LEADFUNNEL_TYPE table_error : public error {
  public:
    LEADFUNNEL_DECL table_error(ingest_report leads, ingest_report touchpoints);
    [[nodiscard]] const ingest_report& leads() const noexcept { return leads_; }
    [[nodiscard]] const ingest_report& touchpoints() const noexcept { return touchpoints_; }

  private:
    ingest_report leads_{};
    ingest_report touchpoints_{};
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/table.ipp>
#endif
