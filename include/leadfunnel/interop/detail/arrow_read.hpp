// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A table of Arrow batches: its columns as columns of the types that a caller wants. Not for
/// users.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/interop/arrow.hpp>
#include <leadfunnel/interop/detail/arrow_cells.hpp>
#include <leadfunnel/interop/detail/arrow_types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

namespace detail {

/// The memory of one column's converted cells; reused from slice to slice.
struct arrow_scratch {
    std::vector<std::string_view> views{};
    std::vector<std::int64_t> integers{};
    std::vector<double> numbers{};
    std::vector<std::int64_t> offsets{};
    std::vector<std::uint8_t> bits{};
    std::vector<row_fault> faults{};
    std::string bytes{};
};

/// A column of the batch, once it has been checked.
struct checked_arrow_column {
    bool is_checked = false;
    arrow_cells cells{};
    arrow_cells inner{};                         ///< a list's items, or a dictionary's words
    std::vector<std::string_view> inner_views{}; ///< those of `inner` that are string views
    std::vector<std::vector<std::uint64_t>> copies{};
};

inline void clear_bit(std::vector<std::uint8_t>& bits, std::size_t i) {
    bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] & ~(1U << (i % 8)));
}

/// Converts local times to instants. The zone's offset seldom changes: well inside the span of the
/// latest offset, one subtraction is enough.
class local_reader {
  public:
    /// `clock` must have a zone and outlive the reader.
    explicit local_reader(const arrow_clock& clock) : clock_(clock) {}
    [[nodiscard]] LEADFUNNEL_DECL parsed_instant operator()(local_instant local);

  private:
    const arrow_clock& clock_;
    time_zone::span span_{};
    bool known_ = false;
};

/// Reads a text as an instant: RFC 3339, or a local time where the clock has a zone.
[[nodiscard]] LEADFUNNEL_DECL parsed_instant arrow_instant_of(std::string_view text,
                                                              const arrow_clock& clock,
                                                              local_reader& local);

/// One column of a slice in conversion. `as_text`, `as_number` and the others of
/// `arrow_table::state` set `out.data`. The validity of `out` begins as that of `cells`, and they
/// may replace it.
struct arrow_conversion {
    const arrow_type& type;
    const arrow_cells& cells;
    arrow_scratch& s;
    column& out;
    std::size_t column_number = 0;
    std::size_t first = 0; ///< the slice's first row, in the batch

    [[nodiscard]] std::size_t rows() const { return cells.count; }
    [[nodiscard]] bool is_null(std::size_t row) const { return cells.is_null(row); }
    /// Gives the column a validity bitmap of its own, to be cleared bit by bit.
    LEADFUNNEL_DECL void own_valid();
    LEADFUNNEL_DECL void all_null();
    LEADFUNNEL_DECL void refuse(std::size_t row);
};

} // namespace detail

/// The table's schema, its current batch, and what has been checked and converted of it.
struct arrow_table::state {
    std::string name;
    ArrowArrayStream stream{};
    ArrowSchema schema{};
    ArrowArray batch{};
    bool has_batch = false; ///< a table without a stream: `next` has not delivered `batch` yet
    bool is_small = false;  ///< `is_small_schema`: releasing it cannot overflow the stack
    std::size_t rows = 0;   ///< of the current batch, once it has been checked
    std::vector<std::string> columns{};
    std::vector<detail::arrow_type> types{};                   ///< by column
    std::vector<detail::arrow_scratch> scratch{};              ///< by column
    std::vector<detail::checked_arrow_column> batch_columns{}; ///< by column

    state() = default;
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    LEADFUNNEL_DECL ~state();

    LEADFUNNEL_DECL void end_batch();
    [[noreturn]] LEADFUNNEL_DECL void refuse(const std::string& what) const;
    /// Throws the error that the stream reports, or that `code` (an errno value) means.
    [[noreturn]] LEADFUNNEL_DECL void fail(int code);
    LEADFUNNEL_DECL void read_schema();
    /// Checks the counts of a batch that the producer just delivered.
    LEADFUNNEL_DECL void begin_batch();

    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::size_t>
    find(std::string_view column) const noexcept;
    [[nodiscard]] detail::arrow_inspector inspector(std::size_t i) {
        return {name, columns[i], batch_columns[i].copies};
    }
    /// A column that can be read; checked once in a batch.
    LEADFUNNEL_DECL const detail::checked_arrow_column& look(std::size_t i);
    /// The words of a dictionary, or the items of lists.
    [[nodiscard]] LEADFUNNEL_DECL text_span inner_texts(std::size_t i);

    /// Calls `f(row, text)` for each row of a column of texts; null rows are empty.
    template<class F>
    void each_text(std::size_t i, std::size_t first, std::size_t n, const F& f);

    LEADFUNNEL_DECL void convert(value_type to, detail::arrow_conversion& c,
                                 const arrow_clock& clock);
    LEADFUNNEL_DECL void as_text(detail::arrow_conversion& to);
    LEADFUNNEL_DECL void as_number(detail::arrow_conversion& to);
    LEADFUNNEL_DECL void as_boolean(detail::arrow_conversion& to);
    LEADFUNNEL_DECL void as_instant(detail::arrow_conversion& to, const arrow_clock& clock);
    LEADFUNNEL_DECL void as_set(detail::arrow_conversion& to);
    /// A cell as text, for `arrow_table::text`.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::string> cell_text(std::size_t i,
                                                                       std::size_t row);
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/interop/impl/arrow_read.ipp>
#endif
