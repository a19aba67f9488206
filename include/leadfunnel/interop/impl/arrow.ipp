// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/interop/arrow.hpp>

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/interop/detail/arrow_cells.hpp>
#include <leadfunnel/interop/detail/arrow_format.hpp>
#include <leadfunnel/model/model.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

namespace leadfunnel::inline v0 {

namespace detail {

/// Why a column cannot be read as a type.
struct arrow_misfit {
    issue_code code = issue_code::wrong_type;
    std::string expected{};
    std::string hint{};
};
inline std::optional<arrow_misfit> misfit_of(const arrow_type& t, value_type wanted,
                                             const arrow_clock& clock) {
    using l = arrow_layout;
    if (t.layout == l::null) return std::nullopt;
    const bool texts = is_text(t.layout) || t.layout == l::dictionary;
    const auto unless = [](bool fits, const char* expected, const char* hint) {
        return fits ? std::nullopt
                    : std::optional{arrow_misfit{.expected = expected, .hint = hint}};
    };
    switch (wanted) {
    case value_type::string:
        return unless(texts || is_number(t.layout) || t.layout == l::boolean, "texts",
                      "cast the column to text");
    case value_type::number:
        return unless(texts || is_number(t.layout), "numbers", "cast the column to a number");
    case value_type::boolean:
        return unless(t.layout == l::boolean, "truth values", "cast the column to booleans");
    case value_type::set:
        return unless(texts || is_list(t.layout), "lists of texts",
                      "cast the column to lists of texts");
    case value_type::timestamp:
        if ((t.layout == l::timestamp && !t.has_zone) || t.layout == l::date32 ||
            t.layout == l::date64) {
            if (clock.zone) return std::nullopt;
            return arrow_misfit{.code = issue_code::wrong_unit,
                                .expected = "timestamps with a time zone",
                                .hint = "say on whose clocks they were read"};
        }
        return unless(texts || t.layout == l::timestamp, "timestamps with a time zone",
                      "cast the column to timestamps");
    }
    return std::nullopt;
}

// ---- cells --------------------------------------------------------------------------------------

/// What a column's conversion needs to live somewhere; reused from slice to slice.
struct arrow_scratch {
    std::vector<std::string_view> views{};
    std::vector<std::int64_t> integers{};
    std::vector<double> numbers{};
    std::vector<std::int64_t> offsets{};
    std::vector<std::uint8_t> bits{};
    std::vector<row_fault> faults{};
    std::string bytes{};
};

/// A column of a batch that was looked at.
struct arrow_column_of_batch {
    bool looked_at = false;
    arrow_cells cells{};
    arrow_cells inner{}; // of lists: their items; of dictionaries: their words
    std::vector<std::string_view> inner_views{}; // where those are string views
    std::vector<std::vector<std::uint64_t>> copies{};
};

[[nodiscard]] inline text_span arrow_text_span(const arrow_inspector& by, const arrow_cells& cells,
                                               std::vector<std::string_view>& views) {
    if (cells.layout == arrow_layout::utf8)
        return packed_texts<std::int32_t>{cells.offsets<std::int32_t>(), cells.bytes};
    if (cells.layout == arrow_layout::large_utf8)
        return packed_texts<std::int64_t>{cells.offsets<std::int64_t>(), cells.bytes};
    by.texts_of(cells, views);
    return std::span<const std::string_view>{views};
}

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

inline void clear_bit(std::vector<std::uint8_t>& bits, std::size_t i) {
    bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] & ~(1U << (i % 8)));
}

/// Local times as instants. Offsets change seldom: well within a span one subtraction will do.
class local_reader {
  public:
    explicit local_reader(const arrow_clock& clock) : clock_(clock) {}
    [[nodiscard]] parsed_instant operator()(local_instant local) {
        constexpr duration margin = std::chrono::hours{24};
        const instant near{local.time_since_epoch() - span_.offset};
        // A span may be open to either side: its ends are moved inwards, which cannot overflow.
        if (known_ && near > span_.begin + margin && near < span_.end - margin)
            return {near, time_error::none};
        const parsed_instant out = clock_.zone->to_instant(local, clock_.ambiguous);
        if (out) {
            span_ = clock_.zone->span_at(out.at);
            known_ = true;
        }
        return out;
    }

  private:
    const arrow_clock& clock_;
    time_zone::span span_{};
    bool known_ = false;
};

[[nodiscard]] inline parsed_instant
arrow_instant_of(std::string_view text, const arrow_clock& clock, local_reader& local) {
    parsed_instant out = parse_rfc3339(text);
    if (out || !clock.zone) return out;
    const parsed_local read = parse_local(text);
    if (!read) return out.error == time_error::out_of_range ? out : parsed_instant{{}, read.error};
    return local(read.at);
}

/// A number as a text, as ids are: a whole number as it is written. Empty if it cannot be one: a
/// float that is not finite, or a whole one that may stand for several.
[[nodiscard]] inline std::string number_as_text(double x) {
    constexpr double exact = 0x1p53;
    if (!std::isfinite(x)) return {};
    if (x != std::trunc(x)) return to_string(x);
    if (std::abs(x) >= exact) return {};
    return std::to_string(static_cast<std::int64_t>(x));
}

} // namespace detail

// ---- tables in ----------------------------------------------------------------------------------

struct arrow_table::state {
    std::string name;
    ArrowArrayStream stream{};
    ArrowSchema schema{};
    ArrowArray batch{};
    bool has_batch = false; // `batch` is yet to come, without a stream
    bool is_small = false;  // the schema has few levels, and so may its arrays
    std::size_t rows = 0;   // of the batch, once it was looked at
    std::vector<std::string> columns{};
    std::vector<detail::arrow_type> types{};
    std::vector<detail::arrow_scratch> scratch{};
    std::vector<detail::arrow_column_of_batch> of_batch{};

    state() = default;
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
        end_batch();
        if (schema.release != nullptr) {
            if (is_small)
                schema.release(&schema);
            else
                detail::release_level_by_level(schema);
        }
        if (stream.release != nullptr) stream.release(&stream);
    }

    void end_batch() {
        rows = 0;
        if (batch.release != nullptr) {
            if (is_small)
                batch.release(&batch);
            else
                detail::release_level_by_level(batch, schema);
        }
        batch = {};
    }

    [[noreturn]] void refuse(const std::string& what) const {
        throw arrow_error(detail::quote(name) + ' ' + what);
    }
    [[noreturn]] void fail(int code) {
        const char* const said =
            stream.get_last_error == nullptr ? nullptr : stream.get_last_error(&stream);
        throw arrow_error("the table " + detail::quote(name) + " cannot be read: " +
                          (said != nullptr ? detail::mended(said) : std::strerror(code)));
    }
    void read_schema() {
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
                refuse("breaks the rules of Arrow: its schema lacks column " +
                       std::to_string(i + 1));
            columns.push_back(detail::mended(child->name));
            types.push_back(detail::arrow_type_of(*child));
        }
        scratch.resize(columns.size());
        of_batch.resize(columns.size());
    }
    void begin_batch() {
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 64;
        if (batch.n_children != schema.n_children)
            refuse("has another number of columns in a batch");
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
        for (auto& c : of_batch) {
            c.looked_at = false;
            c.copies.clear();
        }
        rows = static_cast<std::size_t>(batch.length);
    }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view column) const noexcept {
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (columns[i] == column) return i;
        return std::nullopt;
    }
    [[nodiscard]] detail::arrow_inspector inspector(std::size_t i) {
        return {name, columns[i], of_batch[i].copies};
    }
    /// A column that can be read, looked at once in a batch.
    const detail::arrow_column_of_batch& look(std::size_t i) {
        auto& out = of_batch[i];
        if (out.looked_at) return out;
        const auto& type = types[i];
        const auto by = inspector(i);
        const bool coded = type.layout == detail::arrow_layout::dictionary;
        const ArrowArray* const child = batch.children[i];
        out.cells = by.look(child, coded ? type.index : type.layout,
                            static_cast<std::size_t>(batch.offset), rows);
        if (coded) out.inner = by.look_at_words(*child, type.inner, out.cells);
        if (detail::is_list(type.layout))
            out.inner = by.look_at_items(*child, type.inner, out.cells);
        if (out.inner.layout == detail::arrow_layout::utf8_view)
            by.texts_of(out.inner, out.inner_views);
        out.looked_at = true;
        return out;
    }
    /// The words of a dictionary, or the items of lists.
    [[nodiscard]] text_span inner_texts(std::size_t i) {
        auto& c = of_batch[i];
        if (c.inner.layout == detail::arrow_layout::utf8_view)
            return std::span<const std::string_view>{c.inner_views};
        return detail::arrow_text_span(inspector(i), c.inner, c.inner_views);
    }

    /// Calls `f(row, text)` for rows of a column of texts; null ones are empty.
    template<class F>
    void each_text(std::size_t i, std::size_t first, std::size_t n, const F& f) {
        const detail::arrow_cells cells = look(i).cells.slice(first, n);
        const auto all = [&](const auto& text_of) {
            for (std::size_t row = 0; row < n; ++row)
                if (cells.valid.bytes != nullptr && !cells.valid[row])
                    f(row, std::string_view{});
                else
                    f(row, text_of(row));
        };
        if (types[i].layout == detail::arrow_layout::dictionary) {
            const text_span words = inner_texts(i);
            const bit_span valid = of_batch[i].inner.valid;
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
            const text_span texts = detail::arrow_text_span(inspector(i), cells, scratch[i].views);
            all([&](std::size_t row) { return detail::text_at(texts, row); });
        }
    }

    // ---- columns as what is wanted. Each fills in the data of `c`, whose validity is that of
    // ---- `cells`, and may make it another.

    struct conversion {
        const detail::arrow_type& type;
        const detail::arrow_cells& cells;
        detail::arrow_scratch& s;
        column& c;
        std::size_t column_number = 0;
        std::size_t first = 0; // row of the batch

        [[nodiscard]] std::size_t rows() const { return cells.count; }
        [[nodiscard]] bool is_null(std::size_t row) const {
            return cells.valid.bytes != nullptr && !cells.valid[row];
        }
        /// Validity of the column's own, to be cleared bit by bit.
        void own_valid() {
            s.bits.assign((rows() + 7) / 8, 0xff);
            if (cells.valid.bytes != nullptr)
                for (std::size_t row = 0; row < rows(); ++row)
                    if (!cells.valid[row]) detail::clear_bit(s.bits, row);
            c.valid = {s.bits.data(), 0, rows()};
        }
        void all_null() {
            s.bits.assign((rows() + 7) / 8, 0);
            c.valid = {s.bits.data(), 0, rows()};
        }
        void refuse(std::size_t row) {
            if (s.faults.empty()) s.faults.assign(rows(), row_fault::none);
            s.faults[row] = row_fault::wrong_type;
        }
    };

    void as_text(conversion& to) {
        using l = detail::arrow_layout;
        const auto& type = to.type;
        const auto& cells = to.cells;
        auto& s = to.s;
        column& c = to.c;
        const std::size_t i = to.column_number;
        const std::size_t n = to.rows();
        if (type.layout == l::null) {
            s.views.assign(n, {});
            c.data = std::span<const std::string_view>{s.views};
            return to.all_null();
        }
        if (type.layout == l::dictionary) {
            c.data =
                coded_texts{detail::arrow_codes(cells), inner_texts(i), of_batch[i].inner.valid};
            return;
        }
        if (detail::is_text(type.layout)) {
            std::visit([&](const auto& t) { c.data = t; },
                       detail::arrow_text_span(inspector(i), cells, s.views));
            return;
        }
        // Numbers and truth values, as people write them.
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
        } else if (detail::is_decimal(type.layout)) {
            const std::size_t width = detail::decimal_width(type.layout);
            const auto* const values = static_cast<const char*>(cells.data) + cells.first * width;
            for (std::size_t row = 0; row < n; ++row) {
                std::string text;
                if (!to.is_null(row))
                    text = detail::decimal_text(values + row * width, width, type.scale);
                if (text.find('.') != std::string::npos) to.refuse(row);
                write(text);
            }
        } else {
            detail::with_numbers(cells, [&]<class T>(std::span<const T> numbers) {
                if constexpr (std::is_floating_point_v<T>) to.own_valid();
                for (std::size_t row = 0; row < n; ++row) {
                    if constexpr (std::is_integral_v<T>) {
                        write(std::to_string(numbers[row]));
                    } else {
                        const std::string text =
                            detail::number_as_text(static_cast<double>(numbers[row]));
                        if (std::isnan(numbers[row]))
                            detail::clear_bit(s.bits, row);
                        else if (text.empty() && !to.is_null(row))
                            to.refuse(row);
                        write(text);
                    }
                }
            });
        }
        c.data = packed_texts<std::int64_t>{s.offsets, s.bytes};
        c.faults = s.faults;
    }

    void as_number(conversion& to) {
        using l = detail::arrow_layout;
        const auto& type = to.type;
        const auto& cells = to.cells;
        auto& s = to.s;
        column& c = to.c;
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
                    s.numbers[row] =
                        detail::decimal_number(values + row * width, width, type.scale);
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

    void as_instant(conversion& to, const arrow_clock& clock) {
        using l = detail::arrow_layout;
        const auto& type = to.type;
        const auto& cells = to.cells;
        auto& s = to.s;
        column& c = to.c;
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
                    micros > 0 ? count * micros : count / 1'000 - (count % 1'000 < 0 ? 1 : 0);
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

    void as_set(conversion& to) {
        using l = detail::arrow_layout;
        const auto& type = to.type;
        const auto& cells = to.cells;
        auto& s = to.s;
        column& c = to.c;
        const std::size_t i = to.column_number;
        const std::size_t first = to.first;
        const std::size_t n = to.rows();
        if (type.layout == l::null) {
            s.offsets.assign(n + 1, 0);
            c.data = text_lists<std::int64_t>{.offsets = s.offsets};
            to.all_null();
        } else if (detail::is_list(type.layout)) {
            const text_span items = inner_texts(i);
            const bit_span valid = of_batch[i].inner.valid;
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
};

LEADFUNNEL_DECL arrow_table::arrow_table(ArrowArrayStream& stream, std::string name)
    : state_(std::make_unique<state>()) {
    state_->name = std::move(name);
    state_->stream = std::exchange(stream, {});
    const ArrowArrayStream& s = state_->stream;
    if (s.release == nullptr) throw arrow_error("a stream that was used already");
    if (s.get_schema == nullptr || s.get_next == nullptr)
        state_->refuse("breaks the rules of Arrow: its stream lacks a callback");
    if (const int code = s.get_schema(&state_->stream, &state_->schema); code != 0) {
        state_->schema = {}; // not to be released
        state_->fail(code);
    }
    state_->read_schema();
}
LEADFUNNEL_DECL arrow_table::arrow_table(ArrowSchema& schema, ArrowArray& batch, std::string name)
    : state_(std::make_unique<state>()) {
    state_->name = std::move(name);
    state_->schema = std::exchange(schema, {});
    state_->batch = std::exchange(batch, {});
    if (state_->schema.release == nullptr || state_->batch.release == nullptr)
        throw arrow_error("an array that was used already");
    state_->has_batch = true;
    state_->read_schema();
}
LEADFUNNEL_DECL arrow_table::arrow_table(arrow_table&&) noexcept = default;
LEADFUNNEL_DECL arrow_table& arrow_table::operator=(arrow_table&&) noexcept = default;
LEADFUNNEL_DECL arrow_table::~arrow_table() = default;

LEADFUNNEL_DECL const std::string& arrow_table::name() const noexcept { return state_->name; }
LEADFUNNEL_DECL const std::vector<std::string>& arrow_table::columns() const noexcept {
    return state_->columns;
}
LEADFUNNEL_DECL bool arrow_table::has(std::string_view column) const noexcept {
    return state_->find(column).has_value();
}
LEADFUNNEL_DECL std::string arrow_table::type_of(std::string_view column) const {
    const auto i = state_->find(column);
    return i ? state_->types[*i].words : std::string{};
}
LEADFUNNEL_DECL bool arrow_table::is_readable(std::string_view column) const noexcept {
    const auto i = state_->find(column);
    return i && state_->types[*i].layout != detail::arrow_layout::other;
}
LEADFUNNEL_DECL bool arrow_table::rename(std::string_view column, std::string name) {
    const auto i = state_->find(column);
    if (i) state_->columns[*i] = std::move(name);
    return i.has_value();
}

LEADFUNNEL_DECL std::vector<issue> arrow_table::misfits(std::span<const wanted_column> wanted,
                                                        const arrow_clock& clock) const {
    std::vector<issue> out;
    for (const wanted_column& w : wanted) {
        const auto i = state_->find(w.name);
        if (!i) continue;
        const auto why = detail::misfit_of(state_->types[*i], w.type, clock);
        if (!why) continue;
        issue said;
        said.code = why->code;
        said.file = state_->name;
        said.pointer = '/' + w.name;
        said.message = "column " + detail::quote(w.name) + " holds " + state_->types[*i].words;
        said.expected = why->expected;
        said.hint = why->hint;
        out.push_back(std::move(said));
    }
    return out;
}

LEADFUNNEL_DECL bool arrow_table::next() {
    state& s = *state_;
    if (s.stream.release == nullptr) {
        s.rows = 0;
        if (!std::exchange(s.has_batch, false)) return false;
    } else {
        s.end_batch();
        if (const int code = s.stream.get_next(&s.stream, &s.batch); code != 0) {
            s.batch = {}; // not to be released
            s.fail(code);
        }
        if (s.batch.release == nullptr) return false;
    }
    s.begin_batch();
    return true;
}
LEADFUNNEL_DECL std::size_t arrow_table::rows() const noexcept { return state_->rows; }

LEADFUNNEL_DECL std::size_t arrow_table::slice(std::span<const wanted_column> wanted) const {
    // Texts are numbered anew in each slice, and so is a dictionary: a slice is not much smaller
    // than what the tables of its numbers cost.
    std::size_t least = std::size_t{1} << 17;
    bool converts = false;
    for (const wanted_column& w : wanted) {
        const auto i = state_->find(w.name);
        if (!i) continue;
        const auto layout = state_->types[*i].layout;
        if (layout == detail::arrow_layout::dictionary)
            least = std::max(least, state_->look(*i).inner.count);
        converts = converts || !(layout == detail::arrow_layout::utf8 ||
                                 layout == detail::arrow_layout::large_utf8 ||
                                 layout == detail::arrow_layout::timestamp ||
                                 layout == detail::arrow_layout::dictionary);
    }
    const std::size_t all = std::max<std::size_t>(rows(), 1);
    return converts ? std::min(least, all) : all;
}

LEADFUNNEL_DECL std::vector<column> arrow_table::read(std::span<const wanted_column> wanted,
                                                      std::size_t first, std::size_t n,
                                                      const arrow_clock& clock) {
    state& s = *state_;
    if (first > s.rows || n > s.rows - first)
        throw unknown_number("the batch has fewer rows than are asked for");
    std::vector<column> out;
    for (const wanted_column& w : wanted) {
        const auto found = s.find(w.name);
        if (!found || detail::misfit_of(s.types[*found], w.type, clock)) continue;
        const std::size_t i = *found;
        const detail::arrow_cells cells = s.look(i).cells.slice(first, n);
        column c;
        c.name = w.name;
        c.valid = cells.valid;
        state::conversion to{s.types[i], cells, s.scratch[i], c, i, first};
        switch (w.type) {
        case value_type::string:
            s.as_text(to);
            break;
        case value_type::number:
            s.as_number(to);
            break;
        case value_type::boolean:
            c.data = cells.bits();
            if (s.types[i].layout == detail::arrow_layout::null) {
                to.all_null();
                c.data = c.valid;
            }
            break;
        case value_type::timestamp:
            s.as_instant(to, clock);
            break;
        case value_type::set:
            s.as_set(to);
            break;
        }
        out.push_back(std::move(c));
    }
    return out;
}

LEADFUNNEL_DECL std::optional<std::string> arrow_table::text(std::string_view column,
                                                             std::size_t row) const {
    using l = detail::arrow_layout;
    const auto i = state_->find(column);
    if (!i || row >= rows()) return std::nullopt;
    const detail::arrow_type& type = state_->types[*i];
    std::optional<std::string> out;
    if (detail::is_text(type.layout) || type.layout == l::dictionary) {
        state_->each_text(*i, row, 1, [&](std::size_t, std::string_view s) {
            if (!s.empty()) out = detail::mended(s);
        });
    } else if (detail::is_number(type.layout)) {
        const detail::arrow_cells cell = state_->look(*i).cells.slice(row, 1);
        if (cell.valid.bytes != nullptr && !cell.valid[0]) return std::nullopt;
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

namespace detail {

/// Adds what a slice's report says to that of the whole table.
inline void add_report(ingest_report& to, ingest_report part, std::uint64_t rows_before,
                       const ingest_options& options) {
    to.rows += part.rows;
    to.accepted += part.accepted;
    to.bad += part.bad;
    for (std::size_t i = 0; i < to.events.size(); ++i) to.events[i] += part.events[i];
    for (std::size_t i = 0; i < to.bad_by_fault.size(); ++i)
        to.bad_by_fault[i] += part.bad_by_fault[i];
    for (bad_row& b : part.bad_rows) {
        if (to.bad_rows.size() >= options.keep_bad_rows) break;
        b.line += rows_before;
        to.bad_rows.push_back(std::move(b));
    }
    for (issue& i : part.issues) to.issues.push_back(std::move(i));
    to.cancelled = to.cancelled || part.cancelled;
    to.failed = to.failed || part.failed;
}

/// Says of bad cells what they hold, where that can be written.
inline void say_what_they_hold(ingest_report& r, const arrow_table& t, std::size_t first,
                               const arrow_clock& clock) {
    for (bad_row& b : r.bad_rows) {
        const auto text = t.text(b.column, first + static_cast<std::size_t>(b.line) - 1);
        if (!text) continue;
        if (b.fault == row_fault::bad_instant) {
            local_reader local(clock);
            const parsed_instant at = arrow_instant_of(*text, clock, local);
            b.message = at ? b.message : std::string{describe_error(at.error)};
        } else if (b.fault == row_fault::bad_number) {
            b.message = describe_error(b.fault);
        } else if (b.fault == row_fault::wrong_type) {
            b.message = "neither a text nor a whole number below 2^53; cast the column to text";
        }
        b.message += ": " + quote(*text);
    }
}

/// Reads a table slice by slice.
template<class Add>
ingest_report add_slices(arrow_table& t, const std::vector<wanted_column>& wanted,
                         const arrow_clock& clock, const ingest_options& options, ingest_report out,
                         const Add& add) {
    for (issue& i : t.misfits(wanted, clock)) out.issues.push_back(std::move(i));
    out.failed = std::any_of(out.issues.begin(), out.issues.end(),
                             [](const issue& i) { return i.level == severity::error; });
    if (out.failed) return out;
    ingest_options inner = options;
    if (options.progress)
        inner.progress = [&](const ingest_progress& p) {
            return options.progress({0, out.rows + p.rows, out.bad + p.bad});
        };
    const auto take = [&](std::size_t first, std::size_t n) {
        inner.keep_bad_rows = options.keep_bad_rows - out.bad_rows.size();
        ingest_report part = add(t.read(wanted, first, n, clock), inner);
        say_what_they_hold(part, t, first, clock);
        const std::uint64_t before = out.rows;
        add_report(out, std::move(part), before, options);
        return out.complete();
    };
    while (t.next()) {
        const std::size_t n = t.slice(wanted);
        for (std::size_t first = 0; first < t.rows(); first += n)
            if (!take(first, std::min(n, t.rows() - first))) return out;
        // A producer may have any number of batches without rows.
        if (t.rows() == 0 && options.progress && !options.progress({0, out.rows, out.bad})) {
            out.cancelled = true;
            return out;
        }
    }
    return out;
}

template<class Declarations>
void want_declared(std::vector<wanted_column>& wanted, const arrow_table& t,
                   const std::optional<std::vector<std::string>>& chosen,
                   const Declarations& declared) {
    const auto is_taken = [&](const std::string& name) {
        return std::any_of(wanted.begin(), wanted.end(),
                           [&](const wanted_column& w) { return w.name == name; });
    };
    for (const auto& d : declared)
        if (chosen ? std::find(chosen->begin(), chosen->end(), d.id) != chosen->end()
                   : t.has(d.id) && !is_taken(d.id))
            wanted.push_back({d.id, d.type});
}
/// Leaves out the facts of which no cell can be read, and remarks on them; under `strict` they
/// stay, and fail the table.
inline ingest_report leave_out_unreadable(std::vector<wanted_column>& wanted, std::size_t parts,
                                          const arrow_table& t, const arrow_clock& clock,
                                          bool strict) {
    ingest_report out;
    if (strict) return out;
    const auto is_unreadable = [&](const wanted_column& w) {
        return t.has(w.name) && !t.is_readable(w.name);
    };
    const auto first = wanted.begin() + static_cast<std::ptrdiff_t>(parts);
    const auto unreadable = std::stable_partition(
        first, wanted.end(), [&](const wanted_column& w) { return !is_unreadable(w); });
    out.issues = t.misfits({unreadable, wanted.end()}, clock);
    for (issue& i : out.issues) {
        i.level = severity::warning;
        i.message += ", and is not read";
    }
    wanted.erase(unreadable, wanted.end());
    return out;
}
/// Names of the columns that follow the parts of a table.
inline std::vector<std::string> names_from(const std::vector<wanted_column>& wanted,
                                           std::size_t first) {
    std::vector<std::string> out;
    for (std::size_t i = first; i < wanted.size(); ++i) out.push_back(wanted[i].name);
    return out;
}

/// Adds a table of leads, slice by slice: `add(slice, options)`.
template<class Add>
ingest_report add_lead_slices(arrow_table& t, const leads_table& names, const plan& p,
                              const arrow_clock& clock, const ingest_options& options, Add&& add) {
    std::vector<wanted_column> wanted{{names.lead, value_type::string},
                                      {names.at, value_type::timestamp}};
    if (!names.source.empty()) wanted.push_back({names.source, value_type::string});
    if (!names.id.empty()) wanted.push_back({names.id, value_type::string});
    const std::size_t parts = wanted.size();
    want_declared(wanted, t, names.attributes, p.source().attributes);
    ingest_report begun;
    if (!names.attributes) begun = leave_out_unreadable(wanted, parts, t, clock, options.strict);
    leads_table slice;
    slice.lead = names.lead;
    slice.at = names.at;
    slice.source = names.source;
    slice.id = names.id;
    slice.name = names.name;
    slice.attributes = names.attributes ? *names.attributes : names_from(wanted, parts);
    return add_slices(t, wanted, clock, options, std::move(begun),
                      [&](std::vector<column> columns, const ingest_options& o) {
                          slice.columns = std::move(columns);
                          return add(slice, o);
                      });
}

template<class Add>
ingest_report add_touchpoint_slices(arrow_table& t, const touchpoints_table& names, const plan& p,
                                    const arrow_clock& clock, const ingest_options& options,
                                    Add&& add) {
    std::vector<wanted_column> wanted{
        {names.lead, value_type::string},     {names.at, value_type::timestamp},
        {names.type, value_type::string},     {names.value, value_type::number},
        {names.campaign, value_type::string}, {names.channel, value_type::string},
        {names.source, value_type::string},   {names.id, value_type::string}};
    const std::size_t parts = wanted.size();
    want_declared(wanted, t, names.properties, p.source().properties);
    ingest_report begun;
    if (!names.properties) begun = leave_out_unreadable(wanted, parts, t, clock, options.strict);
    touchpoints_table slice;
    slice.lead = names.lead;
    slice.at = names.at;
    slice.type = names.type;
    slice.value = names.value;
    slice.campaign = names.campaign;
    slice.channel = names.channel;
    slice.source = names.source;
    slice.id = names.id;
    slice.name = names.name;
    slice.properties = names.properties ? *names.properties : names_from(wanted, parts);
    return add_slices(t, wanted, clock, options, std::move(begun),
                      [&](std::vector<column> columns, const ingest_options& o) {
                          slice.columns = std::move(columns);
                          return add(slice, o);
                      });
}

template<class Add>
ingest_report add_stage_slices(arrow_table& t, const stages_table& names, const arrow_clock& clock,
                               const ingest_options& options, Add&& add) {
    const std::vector<wanted_column> wanted{
        {names.lead, value_type::string},       {names.at, value_type::timestamp},
        {names.funnel, value_type::string},     {names.stage, value_type::string},
        {names.transition, value_type::string}, {names.reason, value_type::string},
        {names.cause, value_type::string},      {names.source, value_type::string},
        {names.id, value_type::string}};
    stages_table slice = names;
    return add_slices(t, wanted, clock, options, {},
                      [&](std::vector<column> columns, const ingest_options& o) {
                          slice.columns = std::move(columns);
                          return add(slice, o);
                      });
}

/// Reads a slice's rows as events, numbered through the whole table.
class event_slices {
  public:
    event_slices(const plan& p, const event_of_row& to) : p_(p), to_(to) {}
    template<class Table>
    ingest_report operator()(const Table& slice, const ingest_options& options) {
        ingest_report out = read_events(
            slice, p_, [&](event e, std::uint64_t row) { to_(std::move(e), rows_before_ + row); },
            options);
        rows_before_ += out.rows;
        return out;
    }

  private:
    const plan& p_;
    const event_of_row& to_;
    std::uint64_t rows_before_ = 0;
};

} // namespace detail

LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, arrow_table& t,
                                        const leads_table& names, const plan& p,
                                        const arrow_clock& clock, const ingest_options& options) {
    return detail::add_lead_slices(t, names, p, clock, options,
                                   [&](const leads_table& slice, const ingest_options& o) {
                                       return add_leads(to, slice, p, o);
                                   });
}
LEADFUNNEL_DECL ingest_report add_leads(additive_scorer& to, arrow_table& t,
                                        const leads_table& names, const plan& p,
                                        const arrow_clock& clock, const ingest_options& options) {
    return detail::add_lead_slices(
        t, names, p, clock, options,
        [&](const leads_table& slice, const ingest_options& o) { return to.add_leads(slice, o); });
}

LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, arrow_table& t,
                                              const touchpoints_table& names, const plan& p,
                                              const arrow_clock& clock,
                                              const ingest_options& options) {
    return detail::add_touchpoint_slices(
        t, names, p, clock, options, [&](const touchpoints_table& slice, const ingest_options& o) {
            return add_touchpoints(to, slice, p, o);
        });
}
LEADFUNNEL_DECL ingest_report add_touchpoints(additive_scorer& to, arrow_table& t,
                                              const touchpoints_table& names, const plan& p,
                                              const arrow_clock& clock,
                                              const ingest_options& options) {
    return detail::add_touchpoint_slices(
        t, names, p, clock, options, [&](const touchpoints_table& slice, const ingest_options& o) {
            return to.add_touchpoints(slice, o);
        });
}

LEADFUNNEL_DECL ingest_report read_events(arrow_table& t, const leads_table& names, const plan& p,
                                          const event_of_row& to, const arrow_clock& clock,
                                          const ingest_options& options) {
    return detail::add_lead_slices(t, names, p, clock, options, detail::event_slices(p, to));
}
LEADFUNNEL_DECL ingest_report read_events(arrow_table& t, const touchpoints_table& names,
                                          const plan& p, const event_of_row& to,
                                          const arrow_clock& clock, const ingest_options& options) {
    return detail::add_touchpoint_slices(t, names, p, clock, options, detail::event_slices(p, to));
}
LEADFUNNEL_DECL ingest_report read_events(arrow_table& t, const stages_table& names, const plan& p,
                                          const event_of_row& to, const arrow_clock& clock,
                                          const ingest_options& options) {
    return detail::add_stage_slices(t, names, clock, options, detail::event_slices(p, to));
}

// ---- out ----------------------------------------------------------------------------------------

namespace detail {

/// A schema or array of one column, with what it points to.
struct arrow_schema_holder {
    std::string format;
    std::string name;
    std::vector<ArrowSchema*> children{};
};

inline void release_arrow_schema(ArrowSchema* s) {
    const std::unique_ptr<arrow_schema_holder> held{
        static_cast<arrow_schema_holder*>(s->private_data)};
    for (ArrowSchema* const c : held->children) {
        if (c->release != nullptr) c->release(c);
        delete c;
    }
    if (s->dictionary != nullptr) {
        if (s->dictionary->release != nullptr) s->dictionary->release(s->dictionary);
        delete s->dictionary;
    }
    s->release = nullptr;
}

inline void make_arrow_schema(ArrowSchema& out, std::string format, std::string name) {
    auto held = std::make_unique<arrow_schema_holder>();
    held->format = std::move(format);
    held->name = std::move(name);
    out = {};
    out.format = held->format.c_str();
    out.name = held->name.c_str();
    out.flags = ARROW_FLAG_NULLABLE;
    out.release = release_arrow_schema;
    out.private_data = held.release();
}

inline std::string arrow_format(const arrow_column& c) {
    return std::visit(
        []<class T>(const T&) -> std::string {
            if constexpr (std::is_same_v<T, arrow_column::texts>)
                return "U";
            else if constexpr (std::is_same_v<T, arrow_column::instants>)
                return "tsu:UTC";
            else if constexpr (std::is_same_v<T, arrow_column::codes>)
                return "i";
            else if constexpr (std::is_same_v<T, arrow_column::flags>)
                return "b";
            else if constexpr (std::is_same_v<T, std::vector<double>>)
                return "g";
            else
                return "l";
        },
        c.data);
}

inline void export_arrow_schema(const std::vector<arrow_column>& columns, ArrowSchema& out) {
    make_arrow_schema(out, "+s", "");
    auto* const held = static_cast<arrow_schema_holder*>(out.private_data);
    held->children.reserve(columns.size());
    for (const arrow_column& c : columns) {
        held->children.push_back(new ArrowSchema{});
        make_arrow_schema(*held->children.back(), arrow_format(c), c.name);
        if (std::holds_alternative<arrow_column::codes>(c.data)) {
            held->children.back()->dictionary = new ArrowSchema{};
            make_arrow_schema(*held->children.back()->dictionary, "U", "");
        }
    }
    out.flags = 0;
    out.n_children = static_cast<std::int64_t>(columns.size());
    out.children = held->children.data();
}

struct arrow_array_holder {
    arrow_column column{};
    std::vector<std::uint8_t> bits{}; // truth values, or the validity of codes
    std::vector<const void*> buffers{};
    std::vector<ArrowArray*> children{};
};

inline void release_arrow_array(ArrowArray* a) {
    const std::unique_ptr<arrow_array_holder> held{
        static_cast<arrow_array_holder*>(a->private_data)};
    for (ArrowArray* const c : held->children) {
        if (c->release != nullptr) c->release(c);
        delete c;
    }
    if (a->dictionary != nullptr) {
        if (a->dictionary->release != nullptr) a->dictionary->release(a->dictionary);
        delete a->dictionary;
    }
    a->release = nullptr;
}

inline arrow_array_holder& make_arrow_array(ArrowArray& out, std::size_t rows) {
    auto held = std::make_unique<arrow_array_holder>();
    out = {};
    out.length = static_cast<std::int64_t>(rows);
    out.release = release_arrow_array;
    out.private_data = held.get();
    return *held.release();
}

inline std::int64_t nulls_of(const std::vector<std::uint8_t>& valid, std::size_t rows) {
    if (valid.empty()) return 0;
    std::size_t set = 0;
    for (std::size_t i = 0; i < rows; ++i) set += std::size_t{valid[i / 8]} >> (i % 8) & 1U;
    return static_cast<std::int64_t>(rows - set);
}

inline void export_arrow_array(arrow_column column, ArrowArray& out) {
    arrow_array_holder& held = make_arrow_array(out, column.size());
    held.column = std::move(column);
    const auto rows = static_cast<std::size_t>(out.length);
    const auto valid = [&](const std::vector<std::uint8_t>& bits) {
        out.null_count = nulls_of(bits, rows);
        held.buffers.push_back(out.null_count == 0 ? nullptr : bits.data());
    };
    std::visit(
        [&]<class T>(const T& data) {
            if constexpr (std::is_same_v<T, arrow_column::codes>) {
                held.bits.assign((rows + 7) / 8, 0xff);
                for (std::size_t i = 0; i < rows; ++i)
                    if (data.of[i] < 0) clear_bit(held.bits, i);
                valid(held.bits);
                held.buffers.push_back(data.of.data());
                out.dictionary = new ArrowArray{};
                arrow_column words;
                arrow_column::texts texts;
                if (data.words)
                    for (const std::string& w : *data.words) texts.push_back(w);
                words.data = std::move(texts);
                export_arrow_array(std::move(words), *out.dictionary);
            } else {
                valid(held.column.valid);
                if constexpr (std::is_same_v<T, arrow_column::texts>) {
                    held.buffers.push_back(data.offsets.data());
                    held.buffers.push_back(data.bytes.data());
                } else if constexpr (std::is_same_v<T, arrow_column::instants>) {
                    held.buffers.push_back(data.micros.data());
                } else if constexpr (std::is_same_v<T, arrow_column::flags>) {
                    held.bits.assign((rows + 7) / 8, 0);
                    for (std::size_t i = 0; i < rows; ++i)
                        if (data.of[i] != 0)
                            held.bits[i / 8] =
                                static_cast<std::uint8_t>(held.bits[i / 8] | 1U << (i % 8));
                    held.buffers.push_back(held.bits.data());
                } else {
                    held.buffers.push_back(data.data());
                }
            }
        },
        held.column.data);
    out.n_buffers = static_cast<std::int64_t>(held.buffers.size());
    out.buffers = held.buffers.data();
}

inline void export_arrow_batch(std::vector<arrow_column> columns, ArrowArray& out) {
    arrow_array_holder& held = make_arrow_array(out, columns.empty() ? 0 : columns.front().size());
    held.buffers.push_back(nullptr);
    held.children.reserve(columns.size());
    for (arrow_column& c : columns) {
        held.children.push_back(new ArrowArray{});
        export_arrow_array(std::move(c), *held.children.back());
    }
    out.n_buffers = 1;
    out.buffers = held.buffers.data();
    out.n_children = static_cast<std::int64_t>(held.children.size());
    out.children = held.children.data();
}

struct arrow_stream_holder {
    std::unique_ptr<arrow_batches> batches;
    std::string error{};

    /// Calls `f`; what it throws becomes the stream's error.
    template<class F>
    int tell(const F& f) noexcept {
        try {
            f();
            return 0;
        } catch (const std::bad_alloc&) {
            return ENOMEM;
        } catch (const std::exception& e) {
            error = e.what();
            return EIO;
        }
    }
};

struct one_arrow_batch final : arrow_batches {
    explicit one_arrow_batch(std::vector<arrow_column> c) : columns(std::move(c)) {
        for (const arrow_column& one : columns) {
            arrow_column empty;
            empty.name = one.name;
            empty.data = std::visit(
                []<class T>(const T&) -> arrow_column::data_type { return T{}; }, one.data);
            names.push_back(std::move(empty));
        }
    }
    [[nodiscard]] std::vector<arrow_column> schema() const override { return names; }
    [[nodiscard]] std::optional<std::vector<arrow_column>> next() override {
        if (std::exchange(done, true)) return std::nullopt;
        return std::move(columns);
    }
    std::vector<arrow_column> columns;
    std::vector<arrow_column> names{};
    bool done = false;
};

} // namespace detail

LEADFUNNEL_DECL std::size_t arrow_column::size() const noexcept {
    return std::visit(
        []<class T>(const T& d) -> std::size_t {
            if constexpr (std::is_same_v<T, texts>)
                return d.offsets.size() - 1;
            else if constexpr (std::is_same_v<T, instants>)
                return d.micros.size();
            else if constexpr (std::is_same_v<T, codes> || std::is_same_v<T, flags>)
                return d.of.size();
            else
                return d.size();
        },
        data);
}

LEADFUNNEL_DECL void export_stream(std::unique_ptr<arrow_batches> batches, ArrowArrayStream& out) {
    using detail::arrow_stream_holder;
    out = {};
    out.private_data = new arrow_stream_holder{.batches = std::move(batches)};
    out.get_schema = [](ArrowArrayStream* s, ArrowSchema* to) {
        auto* const held = static_cast<arrow_stream_holder*>(s->private_data);
        return held->tell([&] { detail::export_arrow_schema(held->batches->schema(), *to); });
    };
    out.get_next = [](ArrowArrayStream* s, ArrowArray* to) {
        auto* const held = static_cast<arrow_stream_holder*>(s->private_data);
        return held->tell([&] {
            *to = {};
            if (auto columns = held->batches->next())
                detail::export_arrow_batch(std::move(*columns), *to);
        });
    };
    out.get_last_error = [](ArrowArrayStream* s) -> const char* {
        const auto* const held = static_cast<arrow_stream_holder*>(s->private_data);
        return held->error.empty() ? nullptr : held->error.c_str();
    };
    out.release = [](ArrowArrayStream* s) {
        delete static_cast<arrow_stream_holder*>(s->private_data);
        s->release = nullptr;
    };
}

LEADFUNNEL_DECL void export_stream(std::vector<arrow_column> columns, ArrowArrayStream& out) {
    export_stream(std::make_unique<detail::one_arrow_batch>(std::move(columns)), out);
}

} // namespace leadfunnel::inline v0
