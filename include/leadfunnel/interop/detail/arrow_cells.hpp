// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The arrays of an Arrow batch, looked at before anything is read from them. Not for users.
///
/// Whatever reads a cell goes through `arrow_inspector::look`: it throws unless counts, pointers,
/// offsets and indices are such that no cell lies outside of the buffers. How long a buffer is the
/// interface does not say; it is taken to be as long as the counts and offsets demand.

#include <leadfunnel/batch/columns.hpp>
#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/interop/arrow_interface.hpp>
#include <leadfunnel/interop/detail/arrow_format.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A view of Arrow's: 12 bytes in place, or a place in a buffer.
struct arrow_string_view {
    std::int32_t size;
    char head[4];
    std::int32_t buffer; // with `offset` the rest of a short text
    std::int32_t offset;
};
static_assert(sizeof(arrow_string_view) == 16);

/// Rows of an array, by its buffers.
struct arrow_cells {
    arrow_layout layout = arrow_layout::null;
    std::size_t count = 0;
    bit_span valid{};           ///< none: all are set
    const void* data = nullptr; ///< values, indices, offsets or views
    std::size_t first = 0;      ///< where the rows begin in `data`
    std::string_view bytes{};   ///< of texts with offsets
    // Of string views: the buffers that hold long texts, and how long those are.
    std::span<const void* const> buffers{};
    const std::int64_t* sizes = nullptr;

    template<class T>
    [[nodiscard]] std::span<const T> span() const noexcept {
        if (count == 0) return {};
        return {static_cast<const T*>(data) + first, count};
    }
    /// Of texts and lists: one more than there are rows.
    template<class Offset>
    [[nodiscard]] std::span<const Offset> offsets() const noexcept {
        if (count == 0) return {};
        return {static_cast<const Offset*>(data) + first, count + 1};
    }
    /// Of truth values.
    [[nodiscard]] bit_span bits() const noexcept {
        return {static_cast<const std::uint8_t*>(data), first, count};
    }
    [[nodiscard]] arrow_cells slice(std::size_t from, std::size_t n) const noexcept {
        arrow_cells out = *this;
        out.first += from;
        out.count = n;
        if (out.valid.bytes != nullptr) out.valid = {valid.bytes, valid.first + from, n};
        return out;
    }
};

/// Calls `f(span)` with a column of plain numbers.
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
    default:
        return f(cells.span<double>());
    }
}

[[nodiscard]] inline code_span arrow_codes(const arrow_cells& cells) {
    code_span out;
    with_numbers(cells, [&]<class T>(std::span<const T> codes) {
        if constexpr (std::is_integral_v<T>) out = codes;
    });
    return out;
}

/// Looks at the arrays of one column of a table.
class arrow_inspector {
  public:
    /// Copies of buffers that are not aligned go to `copies`.
    arrow_inspector(const std::string& table, const std::string& column,
                    std::vector<std::vector<std::uint64_t>>& copies)
        : table_(table), column_(column), copies_(copies) {}

    /// `count` rows from `first`, counted from the array's own offset.
    [[nodiscard]] arrow_cells look(const ArrowArray* a, arrow_layout layout, std::size_t first,
                                   std::size_t count) const {
        require(a != nullptr, "it has no array");
        const std::size_t all = rows_of(*a);
        require(first <= all && count <= all - first, "it is shorter than the table");
        arrow_cells out;
        out.layout = layout;
        out.count = count;
        out.first = static_cast<std::size_t>(a->offset) + first;
        if (layout == arrow_layout::null || count == 0) return out;

        const std::int64_t buffers =
            layout == arrow_layout::utf8_view                                    ? 3
            : layout == arrow_layout::utf8 || layout == arrow_layout::large_utf8 ? 3
                                                                                 : 2;
        require(a->n_buffers >= buffers && a->buffers != nullptr, "it lacks buffers");
        if (a->null_count != 0) {
            const auto* const valid = static_cast<const std::uint8_t*>(a->buffers[0]);
            require(valid != nullptr || a->null_count < 0, "it has nulls, but does not say where");
            if (valid != nullptr) out.valid = {valid, out.first, count};
        }
        out.data = a->buffers[1];
        require(out.data != nullptr, "it has no data");
        switch (layout) {
        case arrow_layout::utf8:
            look_at_texts<std::int32_t>(*a, out);
            break;
        case arrow_layout::large_utf8:
            look_at_texts<std::int64_t>(*a, out);
            break;
        case arrow_layout::utf8_view: {
            align<arrow_string_view>(out, 0);
            const auto more = static_cast<std::size_t>(a->n_buffers - 3);
            if (more == 0) break;
            out.buffers = {a->buffers + 2, more};
            out.sizes = static_cast<const std::int64_t*>(a->buffers[a->n_buffers - 1]);
            require(out.sizes != nullptr, "it does not say how long its buffers are");
            if (!is_aligned<std::int64_t>(out.sizes))
                out.sizes =
                    static_cast<const std::int64_t*>(copy(out.sizes, more * sizeof(std::int64_t)));
            break;
        }
        case arrow_layout::list:
            align<std::int32_t>(out, 1);
            require_rising(out.offsets<std::int32_t>());
            break;
        case arrow_layout::large_list:
            align<std::int64_t>(out, 1);
            require_rising(out.offsets<std::int64_t>());
            break;
        case arrow_layout::decimal32:
        case arrow_layout::decimal64:
        case arrow_layout::decimal128:
        case arrow_layout::decimal256: // read as bytes
        case arrow_layout::boolean:
            break;
        case arrow_layout::date32:
            align<std::int32_t>(out, 0);
            break;
        case arrow_layout::date64:
        case arrow_layout::timestamp:
            align<std::int64_t>(out, 0);
            break;
        default:
            with_numbers(out, [&]<class T>(std::span<const T>) { align<T>(out, 0); });
        }
        return out;
    }

    /// The words of a dictionary, and that the indices lie within.
    [[nodiscard]] arrow_cells look_at_words(const ArrowArray& a, arrow_layout layout,
                                            const arrow_cells& indices) const {
        const arrow_cells words = look_at_all(a.dictionary, layout, "its dictionary is missing");
        require(words.count < std::numeric_limits<std::uint32_t>::max(),
                "its dictionary has more than 4,294,967,294 texts");
        with_numbers(indices, [&]<class T>(std::span<const T> codes) {
            if constexpr (std::is_integral_v<T>) {
                T least = 0;
                T most = 0;
                for (const T c : codes) {
                    least = std::min(least, c);
                    most = std::max(most, c);
                }
                if (codes.empty() ||
                    (std::cmp_greater_equal(least, 0) && std::cmp_less(most, words.count)))
                    return;
                for (std::size_t i = 0; i < codes.size(); ++i)
                    require((indices.valid.bytes != nullptr && !indices.valid[i]) ||
                                (std::cmp_greater_equal(codes[i], 0) &&
                                 std::cmp_less(codes[i], words.count)),
                            "an index leads outside its dictionary of " +
                                std::to_string(words.count) + " texts",
                            i);
            }
        });
        return words;
    }

    /// The items of lists, and that the lists lie within.
    [[nodiscard]] arrow_cells look_at_items(const ArrowArray& a, arrow_layout layout,
                                            const arrow_cells& lists) const {
        require(a.n_children == 1 && a.children != nullptr, "its lists have no items");
        const arrow_cells items = look_at_all(a.children[0], layout, "its lists have no items");
        const std::int64_t last = lists.count == 0 ? 0
                                  : lists.layout == arrow_layout::list
                                      ? std::int64_t{lists.offsets<std::int32_t>().back()}
                                      : lists.offsets<std::int64_t>().back();
        require(std::cmp_less_equal(last, items.count), "its lists lead outside their items");
        return items;
    }

    /// Views of texts, however they stand.
    void texts_of(const arrow_cells& cells, std::vector<std::string_view>& out) const {
        out.resize(cells.count);
        const auto views = cells.span<arrow_string_view>();
        for (std::size_t i = 0; i < views.size(); ++i) {
            const arrow_string_view& v = views[i];
            if (cells.valid.bytes != nullptr && !cells.valid[i]) {
                out[i] = {};
            } else if (v.size >= 0 && v.size <= 12) {
                out[i] = {v.head, static_cast<std::size_t>(v.size)};
            } else {
                require(v.size >= 0 && v.offset >= 0 && v.buffer >= 0 &&
                            std::cmp_less(v.buffer, cells.buffers.size()) &&
                            std::int64_t{v.offset} + v.size <= cells.sizes[v.buffer] &&
                            cells.buffers[static_cast<std::size_t>(v.buffer)] != nullptr,
                        "a text lies outside its buffers", i);
                out[i] = {
                    static_cast<const char*>(cells.buffers[static_cast<std::size_t>(v.buffer)]) +
                        v.offset,
                    static_cast<std::size_t>(v.size)};
            }
        }
    }

  private:
    void require(bool good, std::string_view what) const {
        if (!good) fail(std::string{what});
    }
    template<class What>
    void require(bool good, const What& what, std::size_t row) const {
        if (!good) fail(std::string{what} + ", in row " + std::to_string(row + 1) + " of a batch");
    }
    [[noreturn]] void fail(const std::string& what) const {
        throw arrow_error("column " + quote(column_) + " of '" + table_ +
                          "' breaks the rules of Arrow: " + what);
    }

    /// Rows of an array whose counts are in order.
    [[nodiscard]] std::size_t rows_of(const ArrowArray& a) const {
        // Places in buffers, in bits or in 32 bytes each, are counted in 64 bits.
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 64;
        require(a.length >= 0 && a.offset >= 0 && a.length <= most && a.offset <= most,
                "its length or offset is negative, or beyond all memory");
        require(a.null_count >= -1 && a.null_count <= a.length,
                "it has more nulls than rows, or a negative number of them");
        return static_cast<std::size_t>(a.length);
    }
    [[nodiscard]] arrow_cells look_at_all(const ArrowArray* a, arrow_layout layout,
                                          std::string_view missing) const {
        require(a != nullptr, missing);
        return look(a, layout, 0, rows_of(*a));
    }

    template<class T>
    [[nodiscard]] static bool is_aligned(const void* p) noexcept {
        return reinterpret_cast<std::uintptr_t>(p) % alignof(T) == 0;
    }
    [[nodiscard]] const void* copy(const void* from, std::size_t bytes) const {
        auto& to = copies_.emplace_back((bytes + 7) / 8);
        std::memcpy(to.data(), from, bytes);
        return to.data();
    }
    /// The interface recommends that buffers are aligned, but does not demand it.
    template<class T>
    void align(arrow_cells& cells, std::size_t more) const {
        if (is_aligned<T>(cells.data)) return;
        cells.data = copy(static_cast<const char*>(cells.data) + cells.first * sizeof(T),
                          (cells.count + more) * sizeof(T));
        cells.first = 0;
    }
    template<class Offset>
    void require_rising(std::span<const Offset> offsets) const {
        bool falls = offsets.front() < 0;
        for (std::size_t i = 1; i < offsets.size(); ++i) falls |= offsets[i] < offsets[i - 1];
        require(!falls, "its offsets fall, or are negative");
    }
    template<class Offset>
    void look_at_texts(const ArrowArray& a, arrow_cells& out) const {
        align<Offset>(out, 1);
        const auto offsets = out.offsets<Offset>();
        require_rising(offsets);
        const auto* const bytes = static_cast<const char*>(a.buffers[2]);
        require(bytes != nullptr || offsets.back() == offsets.front(), "it has no text");
        if (bytes != nullptr) out.bytes = {bytes, static_cast<std::size_t>(offsets.back())};
    }

    const std::string& table_;
    const std::string& column_;
    std::vector<std::vector<std::uint64_t>>& copies_;
};

// ---- decimals -----------------------------------------------------------------------------------

/// A decimal's digits, without those of its scale and zeros in front; whether it is negative.
[[nodiscard]] inline std::pair<std::string, bool> decimal_digits(const void* at,
                                                                 std::size_t width) {
    std::array<std::uint32_t, 8> limbs{}; // the least first
    std::memcpy(limbs.data(), at, width);
    const std::size_t n = width / 4;
    const bool negative = (limbs[n - 1] >> 31U) != 0;
    if (negative) {
        std::uint64_t carry = 1;
        for (std::size_t i = 0; i < n; ++i) {
            carry += static_cast<std::uint32_t>(~limbs[i]);
            limbs[i] = static_cast<std::uint32_t>(carry);
            carry >>= 32U;
        }
    }
    constexpr std::uint32_t billion = 1'000'000'000;
    std::string out; // the last digit first
    while (std::any_of(limbs.begin(), limbs.end(), [](std::uint32_t x) { return x != 0; })) {
        std::uint64_t rest = 0;
        for (std::size_t i = n; i-- > 0;) {
            rest = rest << 32U | limbs[i];
            limbs[i] = static_cast<std::uint32_t>(rest / billion);
            rest %= billion;
        }
        for (int digit = 0; digit < 9; ++digit, rest /= 10)
            out += static_cast<char>('0' + rest % 10);
    }
    while (out.ends_with('0')) out.pop_back();
    std::reverse(out.begin(), out.end());
    return {out, negative};
}

/// A decimal as people write it: `12`, `-0.5`.
[[nodiscard]] inline std::string decimal_text(const void* at, std::size_t width, int scale) {
    auto [digits, negative] = decimal_digits(at, width);
    if (digits.empty()) return "0";
    if (scale < 0) digits.append(static_cast<std::size_t>(-scale), '0');
    if (scale > 0) {
        const auto places = static_cast<std::size_t>(scale);
        if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
        digits.insert(digits.size() - places, 1, '.');
        while (digits.ends_with('0')) digits.pop_back();
        if (digits.ends_with('.')) digits.pop_back();
    }
    return negative ? '-' + digits : digits;
}

/// A decimal as the nearest number: what its text would be read as.
[[nodiscard]] inline double decimal_number(const void* at, std::size_t width, int scale) {
    std::array<std::int64_t, 4> words{};
    if (width == 4) {
        std::int32_t word = 0;
        std::memcpy(&word, at, width);
        words[0] = word;
    } else {
        std::memcpy(words.data(), at, width);
    }
    constexpr std::int64_t exact = std::int64_t{1} << 53;
    constexpr int exact_power = 22; // powers of ten that a double holds
    const std::int64_t sign = words[0] < 0 ? -1 : 0;
    const bool one_word = (width <= 8) || (words[1] == sign &&
                                           (width == 16 || (words[2] == sign && words[3] == sign)));
    if (one_word && words[0] >= -exact && words[0] <= exact && scale >= 0 && scale <= exact_power) {
        double unit = 1;
        for (int i = 0; i < scale; ++i) unit *= 10;
        return static_cast<double>(words[0]) / unit;
    }
    const std::string text = decimal_text(at, width, scale);
    double out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

} // namespace leadfunnel::inline v0::detail
