// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Tables in Apache Arrow's C data interface, without Arrow's library: polars, pyarrow, DuckDB,
/// pandas, ADBC drivers and most others exchange tables in it. Opt-in: not part of
/// `leadfunnel.hpp`. Tables out are in `arrow_export.hpp`, which this includes.
///
/// ```
/// lf::arrow_table leads(stream, "leads");        // takes ownership of the stream
/// leads.rename("lead_id", "lead");
/// lf::history_builder builder;
/// const auto report = lf::add_leads(builder, leads, plan);
/// ```

#include <leadfunnel/batch/columns.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/history/ingest_report.hpp>
#include <leadfunnel/interop/arrow_export.hpp>
#include <leadfunnel/interop/arrow_interface.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// How to read local times: timestamps without a zone, dates, and texts without an offset. Without
/// a zone, such columns are misfits and such texts make bad rows.
struct arrow_clock {
    std::optional<time_zone> zone{};               ///< the zone of the clocks
    local_choice ambiguous = local_choice::refuse; ///< for times that the clocks repeat or skip
};

/// A column to read, and the type to read it as.
struct wanted_column {
    std::string name{};
    value_type type = value_type::string;
};

/// A table that arrives in batches.
///
/// Columns are read in place where their type allows it. Some are converted, a slice at a time:
/// - string views, floats with NaN (which is null), and local times;
/// - columns of another type than wanted: numbers as texts (ids), texts and decimals as numbers,
///   texts as instants (RFC 3339, or local) or sets (`a;b`).
///
/// A text that is no number becomes a number that is not finite, and one that is no instant becomes
/// an instant out of range: the row is bad. As a text, a decimal must be whole, and a float finite
/// and, if whole, below 2⁵³; otherwise the row is bad (`column::faults`).
///
/// Every array is checked before a cell is read, batch by batch, in the columns that are read: null
/// pointers; negative or overflowing lengths, offsets and null counts; numbers of buffers and
/// children; offsets of texts and lists that fall or lead outside; string views outside their
/// buffers; indices outside their dictionary. Whatever breaks a rule throws `arrow_error`, which
/// names the column. Texts that are not UTF-8 or contain a NUL make bad rows where the columns are
/// used. Buffers may be unaligned. Types may nest 64 levels deep; a deeper or wider schema is
/// refused.
///
/// The interface does not give lengths of buffers, and cannot tell whether a pointer leads to
/// memory. So the reader must trust the producer in this: the number of children of a schema (up to
/// 1,048,576); that each buffer is as long as lengths, offsets and the last offset of texts demand;
/// and that the texts of a schema end with a NUL.
///
/// Types that can be read: null, bool, integers, float32 and float64, decimals of 32 to 256 bits,
/// utf8, large_utf8 and utf8_view, dates, timestamps, lists and large lists of texts, dictionaries
/// of texts. Columns of other types are skipped and reported (`misfits`).
///
/// Not for concurrent use. Every member may throw std::bad_alloc unless it is noexcept.
class arrow_table {
  public:
    /// Takes ownership of the stream, and releases it when the table ends. Throws `arrow_error` if
    /// the stream has no schema, or one that is not a table's. `name` is the table's name in
    /// issues. O(columns).
    LEADFUNNEL_DECL arrow_table(ArrowArrayStream& stream, std::string name);
    /// A table of one batch; takes ownership of both. Throws and costs the same.
    LEADFUNNEL_DECL arrow_table(ArrowSchema& schema, ArrowArray& batch, std::string name);
    LEADFUNNEL_DECL arrow_table(arrow_table&&) noexcept;
    LEADFUNNEL_DECL arrow_table& operator=(arrow_table&&) noexcept;
    LEADFUNNEL_DECL ~arrow_table();

    /// The table's name. O(1).
    [[nodiscard]] LEADFUNNEL_DECL const std::string& name() const noexcept;
    /// The names of the columns, in order, after renaming. O(1).
    [[nodiscard]] LEADFUNNEL_DECL const std::vector<std::string>& columns() const noexcept;
    /// Whether there is such a column. O(columns), as all members that take a name.
    [[nodiscard]] LEADFUNNEL_DECL bool has(std::string_view column) const noexcept;
    /// A column's type in words for messages, such as `timestamp[us]` or `duration in seconds`.
    /// Empty if there is no such column.
    [[nodiscard]] LEADFUNNEL_DECL std::string type_of(std::string_view column) const;
    /// Whether there is such a column, and its type can be read.
    [[nodiscard]] LEADFUNNEL_DECL bool is_readable(std::string_view column) const noexcept;
    /// Renames a column. Returns false if there is no such column.
    LEADFUNNEL_DECL bool rename(std::string_view column, std::string name);

    /// An issue for each wanted column that exists but cannot be read as wanted. O(wanted ×
    /// columns).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<issue> misfits(std::span<const wanted_column> wanted,
                                                             const arrow_clock& clock = {}) const;

    /// Moves to the next batch, or to the first. Views into the batch before become invalid.
    /// Returns false if there is no batch left. Throws `arrow_error` with what the producer
    /// reports, or if the batch breaks a rule.
    LEADFUNNEL_DECL bool next();
    /// The rows of the batch. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t rows() const noexcept;
    /// How many rows to read at a time: all, or fewer where columns are converted. At least 1.
    /// Throws `arrow_error`.
    [[nodiscard]] LEADFUNNEL_DECL std::size_t slice(std::span<const wanted_column> wanted) const;
    /// Rows [first, first + n) of the wanted columns that exist and can be read as wanted. The
    /// views live until the next call of `read` or `next`. Throws `arrow_error`, and
    /// `unknown_number` beyond `rows()`. O(wanted × columns), and O(n) a column that is
    /// converted; the first call for a batch also checks its columns, O(rows + bytes).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<column> read(std::span<const wanted_column> wanted,
                                                           std::size_t first, std::size_t n,
                                                           const arrow_clock& clock = {});
    /// A cell of the batch as text, for messages about bad rows. Nothing if the cell does not
    /// exist, is null, or is neither a text nor a number. Throws `arrow_error`.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string> text(std::string_view column,
                                                                  std::size_t row) const;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Adds a table to a builder, batch by batch, as `batch/columns.hpp` does with columns in memory.
/// `names` says which column plays which part; its `columns` are ignored. Attributes and properties
/// that `names` does not list are those that the plan's model declares and the table has; they are
/// read as declared. One whose type cannot be read is left out with a warning, or fails the table
/// under `strict`. `bad_row::line` counts the rows of the whole table. O(cells + texts of
/// dictionaries). Throws `arrow_error`, and what `options`' callbacks throw.
LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, arrow_table& t,
                                        const leads_table& names, const plan& p,
                                        const arrow_clock& clock = {},
                                        const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, arrow_table& t,
                                              const touchpoints_table& names, const plan& p,
                                              const arrow_clock& clock = {},
                                              const ingest_options& options = {});

/// The same for scores alone. `p` must be the scorer's plan.
LEADFUNNEL_DECL ingest_report add_leads(additive_scorer& to, arrow_table& t,
                                        const leads_table& names, const plan& p,
                                        const arrow_clock& clock = {},
                                        const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report add_touchpoints(additive_scorer& to, arrow_table& t,
                                              const touchpoints_table& names, const plan& p,
                                              const arrow_clock& clock = {},
                                              const ingest_options& options = {});

/// Calls `to` with the event of each good row, as `read_events` of `batch/columns.hpp` does; rows
/// are numbered through the whole table. O(cells). Throws `arrow_error`, and what `to` throws.
LEADFUNNEL_DECL ingest_report read_events(arrow_table& t, const leads_table& names, const plan& p,
                                          const event_of_row& to, const arrow_clock& clock = {},
                                          const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report read_events(arrow_table& t, const touchpoints_table& names,
                                          const plan& p, const event_of_row& to,
                                          const arrow_clock& clock = {},
                                          const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report read_events(arrow_table& t, const stages_table& names, const plan& p,
                                          const event_of_row& to, const arrow_clock& clock = {},
                                          const ingest_options& options = {});

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/interop/impl/arrow.ipp>
#endif
