// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/interop/detail/arrow_cells.hpp>

#include <leadfunnel/core/detail/quote.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

namespace leadfunnel::inline v0::detail {

// ---- counts and buffers -------------------------------------------------------------------------

LEADFUNNEL_DECL void arrow_inspector::fail(const std::string& what) const {
    throw arrow_error("column " + quote(column_) + " of '" + table_ +
                      "' breaks the rules of Arrow: " + what);
}

/// The rows of an array, once its counts have been checked.
LEADFUNNEL_DECL std::size_t arrow_inspector::rows_of(const ArrowArray& a) const {
    // Places in buffers, in bits or in 32 bytes each, are counted in 64 bits.
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 64;
    require(a.length >= 0 && a.offset >= 0 && a.length <= most && a.offset <= most,
            "its length or offset is negative, or beyond all memory");
    require(a.null_count >= -1 && a.null_count <= a.length,
            "it has more nulls than rows, or a negative number of them");
    return static_cast<std::size_t>(a.length);
}

LEADFUNNEL_DECL arrow_cells arrow_inspector::look_at_all(const ArrowArray* a, arrow_layout layout,
                                                         std::string_view missing) const {
    require(a != nullptr, missing);
    return look(a, layout, 0, rows_of(*a));
}

template<class T>
[[nodiscard]] bool is_aligned(const void* p) noexcept {
    return reinterpret_cast<std::uintptr_t>(p) % alignof(T) == 0;
}
LEADFUNNEL_DECL const void* arrow_inspector::copy(const void* from, std::size_t bytes) const {
    auto& to = copies_.emplace_back((bytes + 7) / 8);
    std::memcpy(to.data(), from, bytes);
    return to.data();
}
/// Copies the rows of a buffer, and `more` values behind them, unless it is aligned: the interface
/// recommends aligned buffers, but does not require them.
template<class T>
void arrow_inspector::align(arrow_cells& cells, std::size_t more) const {
    if (is_aligned<T>(cells.data)) return;
    cells.data = copy(static_cast<const char*>(cells.data) + cells.first * sizeof(T),
                      (cells.count + more) * sizeof(T));
    cells.first = 0;
}

template<class Offset>
void arrow_inspector::require_rising(std::span<const Offset> offsets) const {
    bool falls = offsets.front() < 0;
    for (std::size_t i = 1; i < offsets.size(); ++i) falls |= offsets[i] < offsets[i - 1];
    require(!falls, "its offsets fall, or are negative");
}

// ---- cells --------------------------------------------------------------------------------------

template<class Offset>
void arrow_inspector::look_at_texts(const ArrowArray& a, arrow_cells& out) const {
    align<Offset>(out, 1);
    const auto offsets = out.offsets<Offset>();
    require_rising(offsets);
    const auto* const bytes = static_cast<const char*>(a.buffers[2]);
    require(bytes != nullptr || offsets.back() == offsets.front(), "it has no text");
    if (bytes != nullptr) out.bytes = {bytes, static_cast<std::size_t>(offsets.back())};
}

LEADFUNNEL_DECL void arrow_inspector::look_at_views(const ArrowArray& a, arrow_cells& out) const {
    align<arrow_string_view>(out, 0);
    const auto more = static_cast<std::size_t>(a.n_buffers - 3);
    if (more == 0) return;
    out.buffers = {a.buffers + 2, more};
    out.sizes = static_cast<const std::int64_t*>(a.buffers[a.n_buffers - 1]);
    require(out.sizes != nullptr, "it does not say how long its buffers are");
    if (!is_aligned<std::int64_t>(out.sizes))
        out.sizes = static_cast<const std::int64_t*>(copy(out.sizes, more * sizeof(std::int64_t)));
}

LEADFUNNEL_DECL arrow_cells arrow_inspector::look(const ArrowArray* a, arrow_layout layout,
                                                  std::size_t first, std::size_t count) const {
    require(a != nullptr, "it has no array");
    const std::size_t all = rows_of(*a);
    require(first <= all && count <= all - first, "it is shorter than the table");
    arrow_cells out;
    out.layout = layout;
    out.count = count;
    out.first = static_cast<std::size_t>(a->offset) + first;
    if (layout == arrow_layout::null || count == 0) return out;

    const std::int64_t buffers = is_text(layout) ? 3 : 2;
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
    case arrow_layout::utf8_view:
        look_at_views(*a, out);
        break;
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
    case arrow_layout::int8:
    case arrow_layout::int16:
    case arrow_layout::int32:
    case arrow_layout::int64:
    case arrow_layout::uint8:
    case arrow_layout::uint16:
    case arrow_layout::uint32:
    case arrow_layout::uint64:
    case arrow_layout::float32:
    case arrow_layout::float64:
        with_numbers(out, [&]<class T>(std::span<const T>) { align<T>(out, 0); });
        break;
    case arrow_layout::null:
    case arrow_layout::dictionary: // read as indices and words
    case arrow_layout::other:      // never read
        break;
    }
    return out;
}

LEADFUNNEL_DECL arrow_cells arrow_inspector::look_at_words(const ArrowArray& a, arrow_layout layout,
                                                           const arrow_cells& indices) const {
    const arrow_cells words = look_at_all(a.dictionary, layout, "its dictionary is missing");
    require(words.count < std::numeric_limits<std::uint32_t>::max(),
            "its dictionary has more than 4,294,967,294 texts");
    with_numbers(indices, [&]<class T>(std::span<const T> codes) {
        if constexpr (std::is_integral_v<T>) require_within(indices, codes, words.count);
    });
    return words;
}

/// Every index that is not null must be below `words`.
template<class Codes>
void arrow_inspector::require_within(const arrow_cells& indices, const Codes& codes,
                                     std::size_t words) const {
    using code = typename Codes::value_type;
    code least = 0;
    code most = 0;
    for (const code c : codes) {
        least = std::min(least, c);
        most = std::max(most, c);
    }
    if (codes.empty() || (std::cmp_greater_equal(least, 0) && std::cmp_less(most, words))) return;
    for (std::size_t i = 0; i < codes.size(); ++i)
        require(indices.is_null(i) ||
                    (std::cmp_greater_equal(codes[i], 0) && std::cmp_less(codes[i], words)),
                "an index leads outside its dictionary of " + std::to_string(words) + " texts", i);
}

LEADFUNNEL_DECL arrow_cells arrow_inspector::look_at_items(const ArrowArray& a, arrow_layout layout,
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

LEADFUNNEL_DECL void arrow_inspector::texts_of(const arrow_cells& cells,
                                               std::vector<std::string_view>& out) const {
    out.resize(cells.count);
    const auto views = cells.span<arrow_string_view>();
    for (std::size_t i = 0; i < views.size(); ++i) {
        const arrow_string_view& v = views[i];
        if (cells.is_null(i)) {
            out[i] = {};
        } else if (v.size >= 0 && v.size <= 12) {
            out[i] = {v.head, static_cast<std::size_t>(v.size)};
        } else {
            require(v.size >= 0 && v.offset >= 0 && v.buffer >= 0 &&
                        std::cmp_less(v.buffer, cells.buffers.size()) &&
                        std::int64_t{v.offset} + v.size <= cells.sizes[v.buffer] &&
                        cells.buffers[static_cast<std::size_t>(v.buffer)] != nullptr,
                    "a text lies outside its buffers", i);
            out[i] = {static_cast<const char*>(cells.buffers[static_cast<std::size_t>(v.buffer)]) +
                          v.offset,
                      static_cast<std::size_t>(v.size)};
        }
    }
}

LEADFUNNEL_DECL text_span arrow_inspector::texts_in(const arrow_cells& cells,
                                                    std::vector<std::string_view>& views) const {
    if (cells.layout == arrow_layout::utf8)
        return packed_texts<std::int32_t>{cells.offsets<std::int32_t>(), cells.bytes};
    if (cells.layout == arrow_layout::large_utf8)
        return packed_texts<std::int64_t>{cells.offsets<std::int64_t>(), cells.bytes};
    texts_of(cells, views);
    return std::span<const std::string_view>{views};
}

// ---- decimals -----------------------------------------------------------------------------------

/// The digits of a decimal's integer without leading zeros, and whether it is negative.
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

LEADFUNNEL_DECL std::string decimal_text(const void* at, std::size_t width, int scale) {
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

LEADFUNNEL_DECL double decimal_number(const void* at, std::size_t width, int scale) {
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
