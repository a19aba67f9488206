// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/floor_quotient.hpp>
#include <leadfunnel/interop/detail/arrow_read.hpp>

#include <leadfunnel/core/detail/quote.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <variant>

namespace leadfunnel::inline v0 {

namespace detail {

[[nodiscard]] inline std::string_view text_at(const text_span& span, std::size_t i) {
    return std::visit(
        [&]<class T>(const T& t) -> std::string_view {
            if constexpr (requires { t.offsets; })
                return t.bytes.substr(static_cast<std::size_t>(t.offsets[i]),
                                      static_cast<std::size_t>(t.offsets[i + 1] - t.offsets[i]));
            else
                return t[i];
        },
        span);
}

LEADFUNNEL_DECL parsed_instant local_reader::operator()(local_instant local) {
    constexpr duration margin = std::chrono::hours{24};
    const instant near{local.time_since_epoch() - span_.offset};
    // A span may have no beginning or no end. Moving its ends inwards cannot overflow.
    if (known_ && near > span_.begin + margin && near < span_.end - margin)
        return {near, time_error::none};
    const parsed_instant out = clock_.zone->to_instant(local, clock_.ambiguous);
    if (out) {
        span_ = clock_.zone->span_at(out.at);
        known_ = true;
    }
    return out;
}

LEADFUNNEL_DECL parsed_instant arrow_instant_of(std::string_view text, const arrow_clock& clock,
                                                local_reader& local) {
    parsed_instant out = parse_rfc3339(text);
    if (out || !clock.zone) return out;
    const parsed_local read = parse_local(text);
    if (!read) return out.error == time_error::out_of_range ? out : parsed_instant{{}, read.error};
    return local(read.at);
}

/// A number as an id is written: a whole number in full, any other as `to_string` writes it. Empty
/// if the number does not identify one value: a float that is not finite, or a whole one of 2⁵³ or
/// more.
[[nodiscard]] inline std::string number_as_text(double x) {
    constexpr double exact = 0x1p53;
    if (!std::isfinite(x)) return {};
    if (x != std::trunc(x)) return to_string(x);
    if (std::abs(x) >= exact) return {};
    return std::to_string(static_cast<std::int64_t>(x));
}

LEADFUNNEL_DECL void arrow_conversion::own_valid() {
    s.bits.assign((rows() + 7) / 8, 0xff);
    if (cells.valid.bytes != nullptr)
        for (std::size_t row = 0; row < rows(); ++row)
            if (!cells.valid[row]) detail::clear_bit(s.bits, row);
    out.valid = {s.bits.data(), 0, rows()};
}
LEADFUNNEL_DECL void arrow_conversion::all_null() {
    s.bits.assign((rows() + 7) / 8, 0);
    out.valid = {s.bits.data(), 0, rows()};
}
LEADFUNNEL_DECL void arrow_conversion::refuse(std::size_t row) {
    if (s.faults.empty()) s.faults.assign(rows(), row_fault::none);
    s.faults[row] = row_fault::wrong_type;
}

/// Writes numbers and truth values as texts, as people write them.
inline void write_values(arrow_conversion& to) {
    using l = arrow_layout;
    const auto& type = to.type;
    const auto& cells = to.cells;
    auto& s = to.s;
    const std::size_t n = to.rows();
    s.bytes.clear();
    s.offsets.assign(1, 0);
    s.faults.clear();
    const auto write = [&](std::string_view text) {
        s.bytes += text;
        s.offsets.push_back(static_cast<std::int64_t>(s.bytes.size()));
    };
    if (type.layout == l::boolean) {
        const bit_span bits = cells.bits();
        for (std::size_t row = 0; row < n; ++row) write(bits[row] ? "true" : "false");
    } else if (is_decimal(type.layout)) {
        const std::size_t width = decimal_width(type.layout);
        const auto* const values = static_cast<const char*>(cells.data) + cells.first * width;
        for (std::size_t row = 0; row < n; ++row) {
            std::string text;
            if (!to.is_null(row)) text = decimal_text(values + row * width, width, type.scale);
            if (text.find('.') != std::string::npos) to.refuse(row);
            write(text);
        }
    } else {
        with_numbers(cells, [&]<class T>(std::span<const T> numbers) {
            if constexpr (std::is_floating_point_v<T>) to.own_valid();
            for (std::size_t row = 0; row < n; ++row) {
                if constexpr (std::is_integral_v<T>) {
                    write(std::to_string(numbers[row]));
                } else {
                    const std::string text = number_as_text(static_cast<double>(numbers[row]));
                    if (std::isnan(numbers[row]))
                        clear_bit(s.bits, row);
                    else if (text.empty() && !to.is_null(row))
                        to.refuse(row);
                    write(text);
                }
            }
        });
    }
    to.out.data = packed_texts<std::int64_t>{s.offsets, s.bytes};
    to.out.faults = s.faults;
}

} // namespace detail

// ---- the table and its batch --------------------------------------------------------------------

LEADFUNNEL_DECL arrow_table::state::~state() {
    end_batch();
    if (schema.release != nullptr) {
        if (is_small)
            schema.release(&schema);
        else
            detail::release_level_by_level(schema);
    }
    if (stream.release != nullptr) stream.release(&stream);
}

LEADFUNNEL_DECL void arrow_table::state::end_batch() {
    rows = 0;
    if (batch.release != nullptr) {
        if (is_small)
            batch.release(&batch);
        else
            detail::release_level_by_level(batch, schema);
    }
    batch = {};
}

LEADFUNNEL_DECL void arrow_table::state::refuse(const std::string& what) const {
    throw arrow_error(detail::quote(name) + ' ' + what);
}
LEADFUNNEL_DECL void arrow_table::state::fail(int code) {
    const char* const said =
        stream.get_last_error == nullptr ? nullptr : stream.get_last_error(&stream);
    throw arrow_error("the table " + detail::quote(name) + " cannot be read: " +
                      (said != nullptr ? detail::mended(said) : std::strerror(code)));
}

LEADFUNNEL_DECL void arrow_table::state::read_schema() {
    if (schema.release == nullptr) refuse("has no schema");
    is_small = detail::is_small_schema(schema);
    if (!is_small)
        refuse("has types nested more than " + std::to_string(detail::arrow_deepest) +
               " levels deep, or more than " + std::to_string(detail::arrow_most) +
               " columns; hand over the columns that the model declares");
    if (schema.format == nullptr || std::string_view{schema.format} != "+s")
        refuse("is no table: its Arrow type is " + detail::arrow_type_of(schema).words);
    if (schema.n_children < 0 || (schema.n_children > 0 && schema.children == nullptr))
        refuse("breaks the rules of Arrow: its schema does not say what columns it has");
    for (std::int64_t i = 0; i < schema.n_children; ++i) {
        const ArrowSchema* const child = schema.children[i];
        if (child == nullptr)
            refuse("breaks the rules of Arrow: its schema lacks column " + std::to_string(i + 1));
        columns.push_back(detail::mended(child->name));
        types.push_back(detail::arrow_type_of(*child));
    }
    scratch.resize(columns.size());
    batch_columns.resize(columns.size());
}

LEADFUNNEL_DECL void arrow_table::state::begin_batch() {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 64;
    if (batch.n_children != schema.n_children) refuse("has another number of columns in a batch");
    if (batch.length < 0 || batch.length > most || batch.offset < 0 || batch.offset > most)
        refuse("breaks the rules of Arrow: a batch has a negative number of rows, or more than "
               "any memory holds");
    if (batch.n_children > 0 && batch.children == nullptr)
        refuse("breaks the rules of Arrow: a batch has no columns");
    if (batch.null_count != 0 && batch.n_buffers > 0 && batch.buffers != nullptr &&
        batch.buffers[0] != nullptr) {
        const auto n = static_cast<std::size_t>(batch.length);
        const bit_span valid{static_cast<const std::uint8_t*>(batch.buffers[0]),
                             static_cast<std::size_t>(batch.offset), n};
        for (std::size_t i = 0; i < n; ++i)
            if (!valid[i]) refuse("has rows that are null as a whole");
    }
    for (auto& c : batch_columns) {
        c.is_checked = false;
        c.copies.clear();
    }
    rows = static_cast<std::size_t>(batch.length);
}

LEADFUNNEL_DECL std::optional<std::size_t>
arrow_table::state::find(std::string_view column) const noexcept {
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (columns[i] == column) return i;
    return std::nullopt;
}

LEADFUNNEL_DECL const detail::checked_arrow_column& arrow_table::state::look(std::size_t i) {
    auto& out = batch_columns[i];
    if (out.is_checked) return out;
    const auto& type = types[i];
    const auto by = inspector(i);
    const bool coded = type.layout == detail::arrow_layout::dictionary;
    const ArrowArray* const child = batch.children[i];
    out.cells = by.look(child, coded ? type.index : type.layout,
                        static_cast<std::size_t>(batch.offset), rows);
    if (coded) out.inner = by.look_at_words(*child, type.inner, out.cells);
    if (detail::is_list(type.layout)) out.inner = by.look_at_items(*child, type.inner, out.cells);
    if (out.inner.layout == detail::arrow_layout::utf8_view)
        by.texts_of(out.inner, out.inner_views);
    out.is_checked = true;
    return out;
}

LEADFUNNEL_DECL text_span arrow_table::state::inner_texts(std::size_t i) {
    auto& c = batch_columns[i];
    if (c.inner.layout == detail::arrow_layout::utf8_view)
        return std::span<const std::string_view>{c.inner_views};
    return inspector(i).texts_in(c.inner, c.inner_views);
}

template<class F>
void arrow_table::state::each_text(std::size_t i, std::size_t first, std::size_t n, const F& f) {
    const detail::arrow_cells cells = look(i).cells.slice(first, n);
    const auto all = [&](const auto& text_of) {
        for (std::size_t row = 0; row < n; ++row)
            if (cells.is_null(row))
                f(row, std::string_view{});
            else
                f(row, text_of(row));
    };
    if (types[i].layout == detail::arrow_layout::dictionary) {
        const text_span words = inner_texts(i);
        const bit_span valid = batch_columns[i].inner.valid;
        std::visit(
            [&](const auto& codes) {
                all([&](std::size_t row) -> std::string_view {
                    const auto k = static_cast<std::size_t>(codes[row]);
                    if (valid.bytes != nullptr && !valid[k]) return {};
                    return detail::text_at(words, k);
                });
            },
            detail::arrow_codes(cells));
    } else {
        const text_span texts = inspector(i).texts_in(cells, scratch[i].views);
        all([&](std::size_t row) { return detail::text_at(texts, row); });
    }
}

// ---- columns as a caller wants them -------------------------------------------------------------

LEADFUNNEL_DECL void arrow_table::state::convert(value_type to, detail::arrow_conversion& c,
                                                 const arrow_clock& clock) {
    switch (to) {
    case value_type::string:
        return as_text(c);
    case value_type::number:
        return as_number(c);
    case value_type::boolean:
        return as_boolean(c);
    case value_type::timestamp:
        return as_instant(c, clock);
    case value_type::set:
        return as_set(c);
    }
}

LEADFUNNEL_DECL void arrow_table::state::as_text(detail::arrow_conversion& to) {
    using l = detail::arrow_layout;
    const auto& type = to.type;
    const auto& cells = to.cells;
    auto& s = to.s;
    column& c = to.out;
    const std::size_t i = to.column_number;
    const std::size_t n = to.rows();
    if (type.layout == l::null) {
        s.views.assign(n, {});
        c.data = std::span<const std::string_view>{s.views};
        return to.all_null();
    }
    if (type.layout == l::dictionary) {
        c.data =
            coded_texts{detail::arrow_codes(cells), inner_texts(i), batch_columns[i].inner.valid};
        return;
    }
    if (detail::is_text(type.layout)) {
        std::visit([&](const auto& t) { c.data = t; }, inspector(i).texts_in(cells, s.views));
        return;
    }
    detail::write_values(to);
}

LEADFUNNEL_DECL void arrow_table::state::as_number(detail::arrow_conversion& to) {
    using l = detail::arrow_layout;
    const auto& type = to.type;
    const auto& cells = to.cells;
    auto& s = to.s;
    column& c = to.out;
    const std::size_t i = to.column_number;
    const std::size_t first = to.first;
    const std::size_t n = to.rows();
    if (type.layout == l::null) {
        s.numbers.assign(n, 0);
        c.data = std::span<const double>{s.numbers};
        to.all_null();
    } else if (detail::is_text(type.layout) || type.layout == l::dictionary) {
        s.numbers.resize(n);
        to.own_valid();
        each_text(i, first, n, [&](std::size_t row, std::string_view text) {
            s.numbers[row] = 0;
            if (text.empty()) {
                detail::clear_bit(s.bits, row);
            } else {
                const char* const end = text.data() + text.size();
                const auto [stop, wrong] = std::from_chars(text.data(), end, s.numbers[row]);
                if (wrong != std::errc{} || stop != end)
                    s.numbers[row] = std::numeric_limits<double>::infinity();
            }
        });
        c.data = std::span<const double>{s.numbers};
    } else if (detail::is_decimal(type.layout)) {
        const std::size_t width = detail::decimal_width(type.layout);
        const auto* const values = static_cast<const char*>(cells.data) + cells.first * width;
        s.numbers.assign(n, 0);
        for (std::size_t row = 0; row < n; ++row)
            if (!to.is_null(row))
                s.numbers[row] = detail::decimal_number(values + row * width, width, type.scale);
        c.data = std::span<const double>{s.numbers};
    } else {
        detail::with_numbers(cells, [&]<class T>(std::span<const T> numbers) {
            if constexpr (std::is_floating_point_v<T>) {
                if (std::any_of(numbers.begin(), numbers.end(),
                                [](T x) { return std::isnan(x); })) {
                    to.own_valid();
                    for (std::size_t row = 0; row < n; ++row)
                        if (std::isnan(numbers[row])) detail::clear_bit(s.bits, row);
                }
            }
            c.data = numbers;
        });
    }
}

LEADFUNNEL_DECL void arrow_table::state::as_boolean(detail::arrow_conversion& to) {
    if (to.type.layout == detail::arrow_layout::null) {
        to.all_null();
        to.out.data = to.out.valid;
    } else {
        to.out.data = to.cells.bits();
    }
}

LEADFUNNEL_DECL void arrow_table::state::as_instant(detail::arrow_conversion& to,
                                                    const arrow_clock& clock) {
    using l = detail::arrow_layout;
    const auto& type = to.type;
    const auto& cells = to.cells;
    auto& s = to.s;
    column& c = to.out;
    const std::size_t i = to.column_number;
    const std::size_t first = to.first;
    const std::size_t n = to.rows();
    if (type.layout == l::timestamp && type.has_zone) {
        c.data = timestamps{cells.span<std::int64_t>(), type.unit};
        return;
    }
    constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
    s.integers.assign(n, none);
    c.data = timestamps{s.integers, time_unit::microseconds};
    if (type.layout == l::null) return to.all_null();
    detail::local_reader local(clock);
    const auto put = [&](std::size_t row, const parsed_instant& at) {
        if (at) s.integers[row] = at.at.time_since_epoch().count();
    };
    if (detail::is_text(type.layout) || type.layout == l::dictionary) {
        to.own_valid();
        std::string_view last;
        std::int64_t last_value = none;
        each_text(i, first, n, [&](std::size_t row, std::string_view text) {
            if (text.empty()) {
                detail::clear_bit(s.bits, row);
            } else if (text == last) {
                s.integers[row] = last_value;
            } else {
                put(row, detail::arrow_instant_of(text, clock, local));
                last = text;
                last_value = s.integers[row];
            }
        });
        return;
    }
    constexpr std::int64_t furthest = 10'000 * std::int64_t{366} * 86'400; // seconds
    const auto from = [&](const auto& counts, std::int64_t in_a_second, std::int64_t micros) {
        for (std::size_t row = 0; row < n; ++row) {
            if (to.is_null(row)) continue;
            const std::int64_t count = counts[row];
            const std::int64_t seconds = count / in_a_second;
            if (seconds > furthest || seconds < -furthest) continue;
            const std::int64_t in_micros =
                micros > 0 ? count * micros : detail::floor_quotient(count, 1'000);
            put(row, local(local_instant{duration{in_micros}}));
        }
    };
    if (type.layout == l::date32) {
        const auto days = cells.span<std::int32_t>();
        for (std::size_t row = 0; row < n; ++row)
            if (!to.is_null(row) && std::abs(std::int64_t{days[row]}) < 3'660'000)
                put(row, local(local_instant{std::chrono::days{days[row]}}));
    } else if (type.layout == l::date64 || type.unit == time_unit::milliseconds) {
        from(cells.span<std::int64_t>(), 1'000, 1'000);
    } else if (type.unit == time_unit::seconds) {
        from(cells.span<std::int64_t>(), 1, 1'000'000);
    } else if (type.unit == time_unit::nanoseconds) {
        from(cells.span<std::int64_t>(), 1'000'000'000, 0);
    } else {
        from(cells.span<std::int64_t>(), 1'000'000, 1);
    }
}

LEADFUNNEL_DECL void arrow_table::state::as_set(detail::arrow_conversion& to) {
    using l = detail::arrow_layout;
    const auto& type = to.type;
    const auto& cells = to.cells;
    auto& s = to.s;
    column& c = to.out;
    const std::size_t i = to.column_number;
    const std::size_t first = to.first;
    const std::size_t n = to.rows();
    if (type.layout == l::null) {
        s.offsets.assign(n + 1, 0);
        c.data = text_lists<std::int64_t>{.offsets = s.offsets};
        to.all_null();
    } else if (detail::is_list(type.layout)) {
        const text_span items = inner_texts(i);
        const bit_span valid = batch_columns[i].inner.valid;
        if (type.layout == l::list)
            c.data = text_lists<std::int32_t>{cells.offsets<std::int32_t>(), items, valid};
        else
            c.data = text_lists<std::int64_t>{cells.offsets<std::int64_t>(), items, valid};
    } else { // `a;b`
        s.offsets.assign(1, 0);
        std::vector<std::string_view> parts;
        to.own_valid();
        each_text(i, first, n, [&](std::size_t row, std::string_view text) {
            if (text.empty()) detail::clear_bit(s.bits, row);
            while (!text.empty()) {
                const std::size_t end = std::min(text.find(';'), text.size());
                if (end > 0) parts.push_back(text.substr(0, end));
                text.remove_prefix(std::min(end + 1, text.size()));
            }
            s.offsets.push_back(static_cast<std::int64_t>(parts.size()));
        });
        s.views = std::move(parts);
        c.data = text_lists<std::int64_t>{.offsets = s.offsets,
                                          .texts = std::span<const std::string_view>{s.views}};
    }
}

LEADFUNNEL_DECL std::optional<std::string> arrow_table::state::cell_text(std::size_t i,
                                                                         std::size_t row) {
    using l = detail::arrow_layout;
    const detail::arrow_type& type = types[i];
    std::optional<std::string> out;
    if (detail::is_text(type.layout) || type.layout == l::dictionary) {
        each_text(i, row, 1, [&](std::size_t, std::string_view s) {
            if (!s.empty()) out = detail::mended(s);
        });
    } else if (detail::is_number(type.layout)) {
        const detail::arrow_cells cell = look(i).cells.slice(row, 1);
        if (cell.is_null(0)) return std::nullopt;
        if (detail::is_decimal(type.layout)) {
            const std::size_t width = detail::decimal_width(type.layout);
            out = detail::decimal_text(static_cast<const char*>(cell.data) + cell.first * width,
                                       width, type.scale);
        } else {
            detail::with_numbers(cell, [&]<class T>(std::span<const T> x) {
                if constexpr (std::is_integral_v<T>)
                    out = std::to_string(x[0]);
                else
                    out = to_string(static_cast<double>(x[0]));
            });
        }
    }
    return out;
}

} // namespace leadfunnel::inline v0
