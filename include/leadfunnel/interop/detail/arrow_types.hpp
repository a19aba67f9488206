// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What an Arrow schema says about a column: its layout, and its type in words. Not for users.
///
/// A schema comes from another library and may be wrong. Every pointer and count is checked before
/// it is used, and no function here recurses into nested types.

#include <leadfunnel/batch/table.hpp>
#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/interop/arrow_interface.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0::detail {

// ---- texts of a producer ------------------------------------------------------------------------

/// A producer's text, made fit for messages and names: each byte that is not UTF-8 and each control
/// character becomes U+FFFD, and the result ends after about `longest` bytes. O(bytes).
[[nodiscard]] LEADFUNNEL_DECL std::string mended(std::string_view text,
                                                 std::size_t longest = 1'000);
/// The same; a null pointer is an empty text.
[[nodiscard]] inline std::string mended(const char* text) {
    return text == nullptr ? std::string{} : mended(std::string_view{text});
}

// ---- trees of structs ---------------------------------------------------------------------------

inline constexpr int arrow_deepest = 64;                          // levels of nested types
inline constexpr std::int64_t arrow_most = std::int64_t{1} << 20; // columns, or structs in all

/// Whether a schema has at most `arrow_deepest` levels and `arrow_most` structs. O(structs).
[[nodiscard]] LEADFUNNEL_DECL bool is_small_schema(const ArrowSchema& root);

/// Releases a schema of any number of levels. A producer's release callback calls those of the
/// remaining children, nested one inside the other, and could overflow the stack. So the children
/// are moved out first, as the interface allows, and released after their parent. O(structs).
LEADFUNNEL_DECL void release_level_by_level(ArrowSchema& root);
/// The same for an array. Follows it only as far as it has the shape of its schema, which must not
/// have been released yet.
LEADFUNNEL_DECL void release_level_by_level(ArrowArray& root, const ArrowSchema& shape);

// ---- types --------------------------------------------------------------------------------------

/// How the cells of a column are laid out. The predicates below depend on the order.
enum class arrow_layout : std::uint8_t {
    null,
    boolean,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
    float32,
    float64,
    decimal32,
    decimal64,
    decimal128,
    decimal256,
    utf8,
    large_utf8,
    utf8_view,
    date32,
    date64,
    timestamp,
    list,
    large_list,
    dictionary,
    other
};

[[nodiscard]] constexpr bool is_whole(arrow_layout l) noexcept {
    return l >= arrow_layout::int8 && l <= arrow_layout::uint64;
}
[[nodiscard]] constexpr bool is_decimal(arrow_layout l) noexcept {
    return l >= arrow_layout::decimal32 && l <= arrow_layout::decimal256;
}
[[nodiscard]] constexpr bool is_number(arrow_layout l) noexcept {
    return l >= arrow_layout::int8 && l <= arrow_layout::decimal256;
}
/// Whether the column itself holds the texts: not a dictionary.
[[nodiscard]] constexpr bool is_text(arrow_layout l) noexcept {
    return l >= arrow_layout::utf8 && l <= arrow_layout::utf8_view;
}
[[nodiscard]] constexpr bool is_list(arrow_layout l) noexcept {
    return l == arrow_layout::list || l == arrow_layout::large_list;
}
/// The bytes of one decimal.
[[nodiscard]] constexpr std::size_t decimal_width(arrow_layout l) noexcept {
    return std::size_t{4} << (static_cast<unsigned>(l) -
                              static_cast<unsigned>(arrow_layout::decimal32));
}

/// The type of a column.
struct arrow_type {
    arrow_layout layout = arrow_layout::other;
    arrow_layout inner = arrow_layout::other; ///< a list's items, or a dictionary's words
    arrow_layout index = arrow_layout::other; ///< a dictionary's indices
    time_unit unit = time_unit::microseconds; ///< of timestamps
    bool has_zone = false;                    ///< of timestamps
    int scale = 0;                            ///< of decimals
    std::string words{};                      ///< for messages
};

/// The type of a column. Reads nested types one level deep, and only those that hold texts; any
/// other nested type is `arrow_layout::other`.
[[nodiscard]] LEADFUNNEL_DECL arrow_type arrow_type_of(const ArrowSchema& s);

/// Why a column cannot be read as a type.
struct arrow_misfit {
    issue_code code = issue_code::wrong_type;
    std::string expected{};
    std::string hint{};
};
/// Why a column of type `t` cannot be read as `wanted`; nothing if it can. Local times need a
/// clock.
[[nodiscard]] LEADFUNNEL_DECL std::optional<arrow_misfit>
misfit_of(const arrow_type& t, value_type wanted, bool has_clock);

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/interop/impl/arrow_types.ipp>
#endif
