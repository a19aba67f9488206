// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Tables in Apache Arrow's C data interface, in and out, without Arrow's library: what polars,
/// pyarrow, DuckDB, pandas, ADBC drivers and most others hand over. Opt-in: not part of
/// `leadfunnel.hpp`.
///
/// ```
/// lf::arrow_table leads(stream, "leads");        // takes the stream over
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
#include <leadfunnel/interop/arrow_interface.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0 {

// ---- in -----------------------------------------------------------------------------------------

/// What is said of timestamps without a zone, dates, and texts without an offset: on whose clocks
/// they were read. Without a zone they are refused.
struct arrow_clock {
    std::optional<time_zone> zone{};
    local_choice ambiguous = local_choice::refuse; ///< of times that clocks repeat or skip
};

/// A column that is wanted, and as what.
struct wanted_column {
    std::string name{};
    value_type type = value_type::string;
};

/// A table that arrives in batches. Columns are read where they stand. What is converted is
/// converted a slice at a time: string views, floats with NaN (a missing value), local times, and
/// what has another type than is wanted: numbers as texts (ids), texts and decimals as numbers,
/// texts as instants (RFC 3339, or local) or sets (`a;b`). Text that is none becomes a number that
/// is not finite, or an instant outside the range, which make a bad row. As a text, a decimal must
/// be whole, and a float finite and, if it is whole, below 2⁵³; otherwise the row is bad
/// (`column::faults`).
///
/// What the interface promises is checked before a cell is read, batch by batch and only of the
/// columns that are wanted: null pointers, negative and overflowing lengths, offsets and counts of
/// nulls, numbers of buffers and children, offsets of texts and lists that fall or lead outside of
/// what they count in, string views that lead outside of their buffers, indices outside of their
/// dictionary. What breaks a rule throws `arrow_error`, which names the column. Texts that are not
/// UTF-8 or hold a NUL make bad rows in whatever reads the columns. Buffers may be unaligned. Types
/// may nest 64 levels deep; a deeper or wider schema is refused.
///
/// The interface does not say how long buffers are, nor whether a pointer leads to memory. These
/// are the producer's word: the number of children of a schema (up to 1,048,576), that a buffer is
/// as long as lengths, offsets and the last offset of texts demand, and that texts of a schema end
/// with a NUL.
///
/// Types that are read: null, bool, integers, float32 and float64, decimals of 32 to 256 bits,
/// utf8, large_utf8 and utf8_view, dates, timestamps, lists and large lists of texts, dictionaries
/// of texts. A column of another type is passed over and reported (`misfits`); the others are read.
///
/// Not for concurrent use.
class arrow_table {
  public:
    /// Takes the stream over: it is released with the table. Throws `arrow_error` if it has no
    /// schema, or that of no table. `name` is the table's, for issues.
    LEADFUNNEL_DECL arrow_table(ArrowArrayStream& stream, std::string name);
    /// A table of one batch; takes both over.
    LEADFUNNEL_DECL arrow_table(ArrowSchema& schema, ArrowArray& batch, std::string name);
    LEADFUNNEL_DECL arrow_table(arrow_table&&) noexcept;
    LEADFUNNEL_DECL arrow_table& operator=(arrow_table&&) noexcept;
    LEADFUNNEL_DECL ~arrow_table();

    [[nodiscard]] LEADFUNNEL_DECL const std::string& name() const noexcept;
    /// Names of the columns, in order, as renamed.
    [[nodiscard]] LEADFUNNEL_DECL const std::vector<std::string>& columns() const noexcept;
    [[nodiscard]] LEADFUNNEL_DECL bool has(std::string_view column) const noexcept;
    /// A column's type in words, such as `timestamp[us]` or `duration in seconds`, for messages.
    [[nodiscard]] LEADFUNNEL_DECL std::string type_of(std::string_view column) const;
    /// Whether there is such a column, and its cells can be read as anything.
    [[nodiscard]] LEADFUNNEL_DECL bool is_readable(std::string_view column) const noexcept;
    /// Calls a column by another name. False if there is none of the first name.
    LEADFUNNEL_DECL bool rename(std::string_view column, std::string name);

    /// Why columns cannot be read as what is wanted. Columns that are not there are passed over.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<issue> misfits(std::span<const wanted_column> wanted,
                                                             const arrow_clock& clock = {}) const;

    /// Goes on to the next batch; the views of the last one end. False if there is none. Throws
    /// `arrow_error` with what the producer reports.
    LEADFUNNEL_DECL bool next();
    /// Rows of the batch.
    [[nodiscard]] LEADFUNNEL_DECL std::size_t rows() const noexcept;
    /// How many rows are best read at a time: all, or fewer where much is converted.
    [[nodiscard]] LEADFUNNEL_DECL std::size_t slice(std::span<const wanted_column> wanted) const;
    /// Rows `first` to `first + n` − 1 of the columns wanted that are there and fit. Views live
    /// until the next call. Throws `arrow_error`, and `unknown_number` beyond `rows()`.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<column> read(std::span<const wanted_column> wanted,
                                                           std::size_t first, std::size_t n,
                                                           const arrow_clock& clock = {});
    /// A cell of the batch as it would be written, for messages about bad rows; nothing if it is
    /// null, or neither a text nor a number.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string> text(std::string_view column,
                                                                  std::size_t row) const;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Adds a table to a builder, batch by batch, as `batch/columns.hpp` does with columns in memory.
/// `names` says which column is what; its `columns` are not looked at. Attributes and properties
/// that are not named are those of the columns that the plan's model declares, and are read as it
/// declares them; those whose type cannot be read at all are left out with a warning, or fail the
/// table under `strict`. `bad_row::line` counts rows of the whole table. Throws `arrow_error`.
LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, arrow_table& t,
                                        const leads_table& names, const plan& p,
                                        const arrow_clock& clock = {},
                                        const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, arrow_table& t,
                                              const touchpoints_table& names, const plan& p,
                                              const arrow_clock& clock = {},
                                              const ingest_options& options = {});

/// The same, for scores alone: `p` is the scorer's plan.
LEADFUNNEL_DECL ingest_report add_leads(additive_scorer& to, arrow_table& t,
                                        const leads_table& names, const plan& p,
                                        const arrow_clock& clock = {},
                                        const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report add_touchpoints(additive_scorer& to, arrow_table& t,
                                              const touchpoints_table& names, const plan& p,
                                              const arrow_clock& clock = {},
                                              const ingest_options& options = {});

/// The rows of a table as events, as `read_events` gives those of columns in memory; rows are
/// numbered through the whole table.
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

// ---- out ----------------------------------------------------------------------------------------

/// Texts one after the other: the i-th is `bytes[offsets[i]]` to `bytes[offsets[i + 1]]`.
struct arrow_text_data {
    std::vector<std::int64_t> offsets{0};
    std::string bytes{};
    void push_back(std::string_view s) {
        bytes += s;
        offsets.push_back(static_cast<std::int64_t>(bytes.size()));
    }
};
/// Instants in UTC.
struct arrow_instant_data {
    std::vector<std::int64_t> micros{};
};
/// Numbers into `words`; -1 is null.
struct arrow_code_data {
    std::vector<std::int32_t> of{};
    std::shared_ptr<const std::vector<std::string>> words{};
};
/// Truth values, a byte each.
struct arrow_flag_data {
    std::vector<std::uint8_t> of{};
};

/// A column to hand over. All but codes may lack values: where `valid` is not empty, bit i of it
/// (the least significant of each byte first) says whether row i has one.
struct arrow_column {
    using texts = arrow_text_data;
    using instants = arrow_instant_data;
    using codes = arrow_code_data;
    using flags = arrow_flag_data;
    using data_type =
        std::variant<texts, instants, codes, flags, std::vector<double>, std::vector<std::int64_t>>;

    std::string name{};
    data_type data{};
    std::vector<std::uint8_t> valid{};

    [[nodiscard]] LEADFUNNEL_DECL std::size_t size() const noexcept;
};

/// Batches to hand over, made one after the other as they are asked for.
class arrow_batches {
  public:
    arrow_batches() = default;
    arrow_batches(const arrow_batches&) = delete;
    arrow_batches& operator=(const arrow_batches&) = delete;
    virtual ~arrow_batches() = default;
    /// Columns without rows: names and types.
    [[nodiscard]] virtual std::vector<arrow_column> schema() const = 0;
    /// The next batch, its columns as in the schema and of equal length; nothing at the end. What
    /// it throws, the consumer is told.
    [[nodiscard]] virtual std::optional<std::vector<arrow_column>> next() = 0;
};

/// Fills in a stream that owns the batches. Columns are handed over as they are: no copy is made.
LEADFUNNEL_DECL void export_stream(std::unique_ptr<arrow_batches> batches, ArrowArrayStream& out);

/// One batch, as a stream.
LEADFUNNEL_DECL void export_stream(std::vector<arrow_column> columns, ArrowArrayStream& out);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/interop/impl/arrow.ipp>
#endif
