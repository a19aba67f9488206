// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The arrays of an Arrow batch, checked before any cell is read. Not for users.
///
/// Every read of a cell goes through `arrow_inspector::look`. It throws unless counts, pointers,
/// offsets and indices keep every cell inside the buffers. The interface does not give the length
/// of a buffer: it is taken to be as long as the counts and offsets demand.

#include <leadfunnel/batch/table.hpp>
#include <leadfunnel/core/config.hpp>
#include <leadfunnel/interop/arrow_interface.hpp>
#include <leadfunnel/interop/detail/arrow_types.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Arrow's string view: up to 12 bytes in place, or a position in a buffer.
struct arrow_string_view {
    std::int32_t size;
    char head[4];
    std::int32_t buffer; // a short text continues in `buffer` and `offset`
    std::int32_t offset;
};
static_assert(sizeof(arrow_string_view) == 16);

/// Rows of an array, seen through its buffers.
struct arrow_cells {
    arrow_layout layout = arrow_layout::null;
    std::size_t count = 0;
    bit_span valid{};           ///< null if every row has a value
    const void* data = nullptr; ///< values, indices, offsets or views
    std::size_t first = 0;      ///< the place of the first row in `data`
    std::string_view bytes{};   ///< texts with offsets: their bytes
    /// String views: the buffers of long texts, and the sizes of those buffers.
    std::span<const void* const> buffers{};
    const std::int64_t* sizes = nullptr;

    template<class T>
    [[nodiscard]] std::span<const T> span() const noexcept {
        if (count == 0) return {};
        return {static_cast<const T*>(data) + first, count};
    }
    /// The offsets of texts or lists: one more than there are rows.
    template<class Offset>
    [[nodiscard]] std::span<const Offset> offsets() const noexcept {
        if (count == 0) return {};
        return {static_cast<const Offset*>(data) + first, count + 1};
    }
    /// Truth values.
    [[nodiscard]] bit_span bits() const noexcept {
        return {static_cast<const std::uint8_t*>(data), first, count};
    }
    [[nodiscard]] bool is_null(std::size_t row) const noexcept {
        return valid.bytes != nullptr && !valid[row];
    }
    /// Rows `from` to `from + n` − 1.
    [[nodiscard]] arrow_cells slice(std::size_t from, std::size_t n) const noexcept {
        arrow_cells out = *this;
        out.first += from;
        out.count = n;
        if (out.valid.bytes != nullptr) out.valid = {valid.bytes, valid.first + from, n};
        return out;
    }
};

/// Calls `f(span)` with a column of plain numbers; does nothing for any other layout.
template<class F>
void with_numbers(const arrow_cells& cells, const F& f) {
    switch (cells.layout) {
    case arrow_layout::int8:
        return f(cells.span<std::int8_t>());
    case arrow_layout::int16:
        return f(cells.span<std::int16_t>());
    case arrow_layout::int32:
        return f(cells.span<std::int32_t>());
    case arrow_layout::int64:
        return f(cells.span<std::int64_t>());
    case arrow_layout::uint8:
        return f(cells.span<std::uint8_t>());
    case arrow_layout::uint16:
        return f(cells.span<std::uint16_t>());
    case arrow_layout::uint32:
        return f(cells.span<std::uint32_t>());
    case arrow_layout::uint64:
        return f(cells.span<std::uint64_t>());
    case arrow_layout::float32:
        return f(cells.span<float>());
    case arrow_layout::float64:
        return f(cells.span<double>());
    case arrow_layout::null:
    case arrow_layout::boolean:
    case arrow_layout::decimal32:
    case arrow_layout::decimal64:
    case arrow_layout::decimal128:
    case arrow_layout::decimal256:
    case arrow_layout::utf8:
    case arrow_layout::large_utf8:
    case arrow_layout::utf8_view:
    case arrow_layout::date32:
    case arrow_layout::date64:
    case arrow_layout::timestamp:
    case arrow_layout::list:
    case arrow_layout::large_list:
    case arrow_layout::dictionary:
    case arrow_layout::other:
        return;
    }
}

/// The indices of a dictionary column.
[[nodiscard]] inline code_span arrow_codes(const arrow_cells& cells) {
    code_span out;
    with_numbers(cells, [&]<class T>(std::span<const T> codes) {
        if constexpr (std::is_integral_v<T>) out = codes;
    });
    return out;
}

/// Checks the arrays of one column of a table. Every member throws `arrow_error`, which names the
/// table and the column, where an array breaks the rules of the interface.
class arrow_inspector {
  public:
    /// Copies of unaligned buffers are appended to `copies`. All three references must outlive the
    /// inspector.
    arrow_inspector(const std::string& table, const std::string& column,
                    std::vector<std::vector<std::uint64_t>>& copies)
        : table_(table), column_(column), copies_(copies) {}

    /// `count` rows from `first`, counted from the array's own offset. O(1); O(rows) for texts and
    /// lists, whose offsets must rise, and for unaligned buffers.
    [[nodiscard]] LEADFUNNEL_DECL arrow_cells look(const ArrowArray* a, arrow_layout layout,
                                                   std::size_t first, std::size_t count) const;

    /// The words of a dictionary; every index must be one of them. O(rows + words).
    [[nodiscard]] LEADFUNNEL_DECL arrow_cells look_at_words(const ArrowArray& a,
                                                            arrow_layout layout,
                                                            const arrow_cells& indices) const;

    /// The items of lists; every list must lie within them. O(items).
    [[nodiscard]] LEADFUNNEL_DECL arrow_cells look_at_items(const ArrowArray& a,
                                                            arrow_layout layout,
                                                            const arrow_cells& lists) const;

    /// Fills `out` with a view of each text of a column of string views; null rows are empty.
    /// O(rows).
    LEADFUNNEL_DECL void texts_of(const arrow_cells& cells,
                                  std::vector<std::string_view>& out) const;

    /// The texts of a column. `views` holds those of string views and must live as long as the
    /// result.
    [[nodiscard]] LEADFUNNEL_DECL text_span texts_in(const arrow_cells& cells,
                                                     std::vector<std::string_view>& views) const;

  private:
    void require(bool good, std::string_view what) const {
        if (!good) fail(std::string{what});
    }
    void require(bool good, std::string_view what, std::size_t row) const {
        if (!good) fail(std::string{what} + ", in row " + std::to_string(row + 1) + " of a batch");
    }
    [[noreturn]] LEADFUNNEL_DECL void fail(const std::string& what) const;

    [[nodiscard]] LEADFUNNEL_DECL std::size_t rows_of(const ArrowArray& a) const;
    [[nodiscard]] LEADFUNNEL_DECL arrow_cells look_at_all(const ArrowArray* a, arrow_layout layout,
                                                          std::string_view missing) const;
    LEADFUNNEL_DECL void look_at_views(const ArrowArray& a, arrow_cells& out) const;
    template<class Offset>
    void look_at_texts(const ArrowArray& a, arrow_cells& out) const;
    template<class Offset>
    void require_rising(std::span<const Offset> offsets) const;
    template<class Codes>
    void require_within(const arrow_cells& indices, const Codes& codes, std::size_t words) const;

    [[nodiscard]] LEADFUNNEL_DECL const void* copy(const void* from, std::size_t bytes) const;
    template<class T>
    void align(arrow_cells& cells, std::size_t more) const;

    const std::string& table_;
    const std::string& column_;
    std::vector<std::vector<std::uint64_t>>& copies_;
};

// ---- decimals -----------------------------------------------------------------------------------
// A decimal is a little-endian integer of `width` bytes (4, 8, 16 or 32) in two's complement, times
// 10^−scale. It need not be aligned.

/// A decimal as people write it: `12`, `-0.5`. O(width²).
[[nodiscard]] LEADFUNNEL_DECL std::string decimal_text(const void* at, std::size_t width,
                                                       int scale);

/// The double nearest to a decimal: the number that `decimal_text` would be read as.
[[nodiscard]] LEADFUNNEL_DECL double decimal_number(const void* at, std::size_t width, int scale);

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/interop/impl/arrow_cells.ipp>
#endif
