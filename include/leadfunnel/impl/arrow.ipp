// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/interop/arrow.hpp>

#include <leadfunnel/detail/shown.hpp>
#include <leadfunnel/model/model.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace leadfunnel::inline v0 {

namespace detail {

// ---- types --------------------------------------------------------------------------------------

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
    decimal128,
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
[[nodiscard]] constexpr bool is_number(arrow_layout l) noexcept {
    return l >= arrow_layout::int8 && l <= arrow_layout::decimal128;
}
[[nodiscard]] constexpr bool is_text(arrow_layout l) noexcept {
    return l >= arrow_layout::utf8 && l <= arrow_layout::utf8_view;
}

/// What a column's format says.
struct arrow_type {
    arrow_layout layout = arrow_layout::other;
    arrow_layout inner = arrow_layout::other; // of lists: their items; of dictionaries: their words
    arrow_layout index = arrow_layout::other; // of dictionaries
    time_unit unit = time_unit::microseconds;
    bool has_zone = false;
    int scale = 0;       // of decimals
    std::string words{}; // for messages
};

inline arrow_type arrow_type_of(const ArrowSchema& s) {
    using l = arrow_layout;
    const std::string_view f = s.format == nullptr ? std::string_view{} : s.format;
    arrow_type t;
    t.words = f;
    const auto is = [&](l layout, std::string_view words) {
        t.layout = layout;
        t.words = words;
    };
    if (s.dictionary != nullptr) {
        const arrow_type index = [&] {
            ArrowSchema plain = s;
            plain.dictionary = nullptr;
            return arrow_type_of(plain);
        }();
        const arrow_type words = arrow_type_of(*s.dictionary);
        is(l::dictionary, "dictionary of " + words.words);
        t.inner = words.layout;
        t.index = index.layout;
        if (!is_text(t.inner) || !is_whole(t.index)) t.layout = l::other;
        return t;
    }
    if (f.size() == 1) {
        switch (f[0]) {
        case 'n':
            is(l::null, "null");
            break;
        case 'b':
            is(l::boolean, "bool");
            break;
        case 'c':
            is(l::int8, "int8");
            break;
        case 'C':
            is(l::uint8, "uint8");
            break;
        case 's':
            is(l::int16, "int16");
            break;
        case 'S':
            is(l::uint16, "uint16");
            break;
        case 'i':
            is(l::int32, "int32");
            break;
        case 'I':
            is(l::uint32, "uint32");
            break;
        case 'l':
            is(l::int64, "int64");
            break;
        case 'L':
            is(l::uint64, "uint64");
            break;
        case 'f':
            is(l::float32, "float32");
            break;
        case 'g':
            is(l::float64, "float64");
            break;
        case 'u':
            is(l::utf8, "utf8");
            break;
        case 'U':
            is(l::large_utf8, "large_utf8");
            break;
        case 'z':
            is(l::other, "binary");
            break;
        case 'Z':
            is(l::other, "large_binary");
            break;
        default:
            break;
        }
    } else if (f == "vu") {
        is(l::utf8_view, "utf8_view");
    } else if (f == "tdD") {
        is(l::date32, "date32");
    } else if (f == "tdm") {
        is(l::date64, "date64");
    } else if (f.starts_with("ts") && f.size() >= 4 && f[3] == ':') {
        const std::string_view zone = f.substr(4);
        t.has_zone = !zone.empty();
        std::string_view unit;
        switch (f[2]) {
        case 's':
            t.unit = time_unit::seconds;
            unit = "s";
            break;
        case 'm':
            t.unit = time_unit::milliseconds;
            unit = "ms";
            break;
        case 'n':
            t.unit = time_unit::nanoseconds;
            unit = "ns";
            break;
        default:
            t.unit = time_unit::microseconds;
            unit = "us";
        }
        std::string words = "timestamp[" + std::string(unit);
        if (t.has_zone) words += ", " + std::string(zone);
        is(l::timestamp, words + "]");
    } else if (f.starts_with("d:")) {
        int precision = 0;
        int bits = 128;
        const char* at = f.data() + 2;
        const char* const end = f.data() + f.size();
        at = std::from_chars(at, end, precision).ptr;
        if (at < end) at = std::from_chars(at + 1, end, t.scale).ptr;
        if (at < end) std::from_chars(at + 1, end, bits);
        is(bits == 128 ? l::decimal128 : l::other, "decimal" + std::to_string(bits) + "(" +
                                                       std::to_string(precision) + ", " +
                                                       std::to_string(t.scale) + ")");
    } else if ((f == "+l" || f == "+L") && s.n_children == 1) {
        const arrow_type item = arrow_type_of(*s.children[0]);
        is(f == "+l" ? l::list : l::large_list, "list of " + item.words);
        t.inner = item.layout;
        if (!is_text(t.inner)) t.layout = l::other;
    }
    return t;
}

/// What is wrong with reading a column as a type; empty if it can be.
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
    switch (wanted) {
    case value_type::string:
        if (texts || is_number(t.layout) || t.layout == l::boolean) return std::nullopt;
        return arrow_misfit{.expected = "texts"};
    case value_type::number:
        if (texts || is_number(t.layout)) return std::nullopt;
        return arrow_misfit{.expected = "numbers"};
    case value_type::boolean:
        if (t.layout == l::boolean) return std::nullopt;
        return arrow_misfit{.expected = "truth values"};
    case value_type::set:
        if (texts || t.layout == l::list || t.layout == l::large_list) return std::nullopt;
        return arrow_misfit{.expected = "lists of texts"};
    case value_type::timestamp:
        if (texts || (t.layout == l::timestamp && t.has_zone)) return std::nullopt;
        if (t.layout == l::timestamp || t.layout == l::date32 || t.layout == l::date64) {
            if (clock.zone) return std::nullopt;
            return arrow_misfit{.code = issue_code::wrong_unit,
                                .expected = "timestamps with a time zone",
                                .hint = "say on whose clocks they were read"};
        }
        return arrow_misfit{.expected = "timestamps with a time zone"};
    }
    return std::nullopt;
}

// ---- cells --------------------------------------------------------------------------------------

/// A view of Arrow's: 12 bytes in place, or a place in a buffer.
struct arrow_string_view {
    std::int32_t size;
    char head[4];
    std::int32_t buffer; // with `offset` the rest of a short text
    std::int32_t offset;
};
static_assert(sizeof(arrow_string_view) == 16);

/// An array without what the struct around it adds: `first` is where its rows begin in the buffers.
struct arrow_cells {
    const ArrowArray* array = nullptr;
    std::size_t first = 0;
    std::size_t count = 0;

    [[nodiscard]] const void* buffer(std::int64_t i) const {
        return i < array->n_buffers ? array->buffers[i] : nullptr;
    }
    template<class T>
    [[nodiscard]] std::span<const T> span(std::int64_t buffer_index) const {
        if (count == 0) return {};
        const auto* const data = static_cast<const T*>(buffer(buffer_index));
        if (data == nullptr) throw arrow_error("a column has no data");
        return {data + first, count};
    }
    [[nodiscard]] bit_span valid() const {
        if (array->null_count == 0 || array->n_buffers == 0 || buffer(0) == nullptr) return {};
        return {static_cast<const std::uint8_t*>(buffer(0)), first, count};
    }
    [[nodiscard]] arrow_cells slice(std::size_t from, std::size_t n) const {
        return {array, first + from, n};
    }
};

template<class Offset>
packed_texts<Offset> arrow_texts(const arrow_cells& cells) {
    if (cells.count == 0) return {};
    const auto* const offsets = static_cast<const Offset*>(cells.buffer(1));
    if (offsets == nullptr) throw arrow_error("a column of texts has no offsets");
    const std::span<const Offset> of{offsets + cells.first, cells.count + 1};
    const auto* const bytes = static_cast<const char*>(cells.buffer(2));
    // The interface does not say how long the bytes are; the last offset is all there is to go by.
    return {of,
            {bytes == nullptr ? "" : bytes,
             bytes == nullptr ? 0 : static_cast<std::size_t>(std::max<Offset>(of.back(), 0))}};
}

inline void arrow_views(const arrow_cells& cells, std::vector<std::string_view>& out) {
    out.resize(cells.count);
    if (cells.count == 0) return;
    const auto views = cells.span<arrow_string_view>(1);
    const std::int64_t buffers = cells.array->n_buffers - 3; // validity, views, …, sizes
    const bit_span valid = cells.valid();
    const auto* const sizes =
        buffers > 0 ? static_cast<const std::int64_t*>(cells.buffer(cells.array->n_buffers - 1))
                    : nullptr;
    for (std::size_t i = 0; i < views.size(); ++i) {
        const arrow_string_view& v = views[i];
        if (valid.bytes != nullptr && !valid[i]) {
            out[i] = {};
        } else if (v.size <= 12 && v.size >= 0) {
            out[i] = {v.head, static_cast<std::size_t>(v.size)};
        } else if (v.size < 0 || v.buffer < 0 || v.buffer >= buffers || v.offset < 0 ||
                   sizes == nullptr || std::int64_t{v.offset} + v.size > sizes[v.buffer]) {
            throw arrow_error("a string view leads outside its buffers");
        } else {
            out[i] = {static_cast<const char*>(cells.buffer(2 + v.buffer)) + v.offset,
                      static_cast<std::size_t>(v.size)};
        }
    }
}

/// What a column's conversion needs to live somewhere; reused from slice to slice.
struct arrow_scratch {
    std::vector<std::string_view> views{};
    std::vector<std::int64_t> integers{};
    std::vector<double> numbers{};
    std::vector<std::int64_t> offsets{};
    std::vector<std::uint8_t> bits{};
    std::string bytes{};
};

inline text_span arrow_text_span(const arrow_cells& cells, arrow_layout layout,
                                 std::vector<std::string_view>& views) {
    switch (layout) {
    case arrow_layout::utf8:
        return arrow_texts<std::int32_t>(cells);
    case arrow_layout::large_utf8:
        return arrow_texts<std::int64_t>(cells);
    default:
        arrow_views(cells, views);
        return std::span<const std::string_view>{views};
    }
}

/// Calls `f(span)` with a column of plain numbers.
template<class F>
void with_numbers(const arrow_cells& cells, arrow_layout layout, const F& f) {
    switch (layout) {
    case arrow_layout::int8:
        return f(cells.span<std::int8_t>(1));
    case arrow_layout::int16:
        return f(cells.span<std::int16_t>(1));
    case arrow_layout::int32:
        return f(cells.span<std::int32_t>(1));
    case arrow_layout::int64:
        return f(cells.span<std::int64_t>(1));
    case arrow_layout::uint8:
        return f(cells.span<std::uint8_t>(1));
    case arrow_layout::uint16:
        return f(cells.span<std::uint16_t>(1));
    case arrow_layout::uint32:
        return f(cells.span<std::uint32_t>(1));
    case arrow_layout::uint64:
        return f(cells.span<std::uint64_t>(1));
    case arrow_layout::float32:
        return f(cells.span<float>(1));
    default:
        return f(cells.span<double>(1));
    }
}

inline code_span arrow_codes(const arrow_cells& cells, arrow_layout index) {
    code_span out;
    with_numbers(cells, index, [&](const auto& codes) {
        using number = typename std::remove_cvref_t<decltype(codes)>::value_type;
        if constexpr (std::is_integral_v<number>) out = codes;
    });
    return out;
}

/// The words of a dictionary, made once a batch.
struct arrow_dictionary {
    std::vector<std::string_view> views{};
    text_span texts{};
    bit_span valid{};
};

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
        if (known_ && near >= span_.begin && near < span_.end && near - span_.begin > margin &&
            span_.end - near > margin)
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

} // namespace detail

// ---- tables in ----------------------------------------------------------------------------------

struct arrow_table::state {
    std::string name;
    ArrowArrayStream stream{};
    ArrowSchema schema{};
    ArrowArray batch{};
    bool has_batch = false; // `batch` is yet to come, without a stream
    std::vector<std::string> columns{};
    std::vector<detail::arrow_type> types{};
    std::vector<detail::arrow_scratch> scratch{};
    std::vector<detail::arrow_dictionary> dictionaries{};

    state() = default;
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
        if (batch.release != nullptr) batch.release(&batch);
        if (schema.release != nullptr) schema.release(&schema);
        if (stream.release != nullptr) stream.release(&stream);
    }

    [[noreturn]] void fail(int code) {
        const char* const said = stream.get_last_error(&stream);
        throw arrow_error("the table '" + name + "' cannot be read: " +
                          (said != nullptr ? std::string{said} : std::strerror(code)));
    }
    void read_schema() {
        if (std::string_view{schema.format} != "+s")
            throw arrow_error("'" + name + "' is no table: its Arrow type is " +
                              detail::arrow_type_of(schema).words);
        for (std::int64_t i = 0; i < schema.n_children; ++i) {
            const ArrowSchema& child = *schema.children[i];
            columns.emplace_back(child.name == nullptr ? "" : child.name);
            types.push_back(detail::arrow_type_of(child));
        }
        scratch.resize(columns.size());
    }
    void begin_batch() {
        if (batch.n_children != schema.n_children)
            throw arrow_error("'" + name + "' has another number of columns in a batch");
        if (batch.null_count > 0 && batch.n_buffers > 0 && batch.buffers[0] != nullptr)
            throw arrow_error("'" + name + "' has rows that are null as a whole");
        dictionaries.assign(columns.size(), {});
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (types[i].layout != detail::arrow_layout::dictionary) continue;
            const ArrowArray* const words = batch.children[i]->dictionary;
            if (words == nullptr) throw arrow_error("a dictionary column has no dictionary");
            const detail::arrow_cells cells{words, static_cast<std::size_t>(words->offset),
                                            static_cast<std::size_t>(words->length)};
            detail::arrow_dictionary& d = dictionaries[i];
            d.texts = detail::arrow_text_span(cells, types[i].inner, d.views);
            d.valid = cells.valid();
        }
    }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view column) const noexcept {
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (columns[i] == column) return i;
        return std::nullopt;
    }
    [[nodiscard]] detail::arrow_cells cells(std::size_t i, std::size_t first, std::size_t n) const {
        const ArrowArray* const child = batch.children[i];
        if (static_cast<std::size_t>(child->length) <
            static_cast<std::size_t>(batch.offset) + first + n)
            throw arrow_error("a column of '" + name + "' is shorter than the table");
        return {child, static_cast<std::size_t>(child->offset + batch.offset) + first, n};
    }

    /// Calls `f(i, text)` for each row of a column of texts; null ones have no data pointer.
    template<class F>
    void each_text(std::size_t i, const detail::arrow_cells& cells, const F& f) {
        const bit_span valid = cells.valid();
        const auto all = [&](const auto& texts) {
            for (std::size_t row = 0; row < cells.count; ++row)
                if (valid.bytes != nullptr && !valid[row])
                    f(row, std::string_view{});
                else
                    f(row, texts(row));
        };
        const auto of = [](const text_span& span, std::size_t row) {
            return std::visit(
                [&]<class T>(const T& t) -> std::string_view {
                    if constexpr (requires { t.offsets; }) {
                        const auto from = t.offsets[row];
                        const auto to = t.offsets[row + 1];
                        if (from < 0 || to < from || std::cmp_greater(to, t.bytes.size()))
                            throw arrow_error("offsets of a column of texts lead outside");
                        return {t.bytes.data() + from, static_cast<std::size_t>(to - from)};
                    } else {
                        return t[row];
                    }
                },
                span);
        };
        if (types[i].layout == detail::arrow_layout::dictionary) {
            const detail::arrow_dictionary& d = dictionaries[i];
            const std::size_t words = std::visit(
                []<class T>(const T& t) -> std::size_t {
                    if constexpr (requires { t.offsets; })
                        return t.offsets.empty() ? 0 : t.offsets.size() - 1;
                    else
                        return t.size();
                },
                d.texts);
            std::visit(
                [&](const auto& codes) {
                    all([&](std::size_t row) -> std::string_view {
                        const auto c = codes[row];
                        if (std::cmp_less(c, 0) || std::cmp_greater_equal(c, words)) return {};
                        const auto k = static_cast<std::size_t>(c);
                        if (d.valid.bytes != nullptr && !d.valid[k]) return {};
                        return of(d.texts, k);
                    });
                },
                detail::arrow_codes(cells, types[i].index));
        } else {
            const text_span texts =
                detail::arrow_text_span(cells, types[i].layout, scratch[i].views);
            all([&](std::size_t row) { return of(texts, row); });
        }
    }
};

LEADFUNNEL_DECL arrow_table::arrow_table(ArrowArrayStream& stream, std::string name)
    : state_(std::make_unique<state>()) {
    state_->name = std::move(name);
    state_->stream = std::exchange(stream, {});
    if (state_->stream.release == nullptr) throw arrow_error("a stream that was used already");
    if (const int code = state_->stream.get_schema(&state_->stream, &state_->schema); code != 0)
        state_->fail(code);
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
        said.message = "column " + detail::shown(w.name) + " holds " + state_->types[*i].words;
        said.expected = why->expected;
        said.hint = why->hint;
        out.push_back(std::move(said));
    }
    return out;
}

LEADFUNNEL_DECL bool arrow_table::next() {
    if (state_->stream.release == nullptr) {
        if (!std::exchange(state_->has_batch, false)) return false;
    } else {
        if (state_->batch.release != nullptr) state_->batch.release(&state_->batch);
        state_->batch = {};
        if (const int code = state_->stream.get_next(&state_->stream, &state_->batch); code != 0)
            state_->fail(code);
        if (state_->batch.release == nullptr) return false;
    }
    state_->begin_batch();
    return true;
}
LEADFUNNEL_DECL std::size_t arrow_table::rows() const noexcept {
    return static_cast<std::size_t>(std::max<std::int64_t>(state_->batch.length, 0));
}

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
            least = std::max(
                least, static_cast<std::size_t>(state_->batch.children[*i]->dictionary->length));
        converts = converts || !(layout == detail::arrow_layout::utf8 ||
                                 layout == detail::arrow_layout::large_utf8 ||
                                 layout == detail::arrow_layout::timestamp ||
                                 layout == detail::arrow_layout::dictionary);
    }
    return converts ? std::min(least, std::max<std::size_t>(rows(), 1))
                    : std::max<std::size_t>(rows(), 1);
}

LEADFUNNEL_DECL std::vector<column> arrow_table::read(std::span<const wanted_column> wanted,
                                                      std::size_t first, std::size_t n,
                                                      const arrow_clock& clock) {
    using l = detail::arrow_layout;
    std::vector<column> out;
    for (const wanted_column& w : wanted) {
        const auto found = state_->find(w.name);
        if (!found || detail::misfit_of(state_->types[*found], w.type, clock)) continue;
        const std::size_t i = *found;
        const detail::arrow_type& type = state_->types[i];
        detail::arrow_scratch& s = state_->scratch[i];
        const detail::arrow_cells cells = state_->cells(i, first, n);
        column c;
        c.name = w.name;
        c.valid = cells.valid();
        const auto own_valid = [&] { // as bits of its own, to be cleared
            s.bits.assign((n + 7) / 8, 0xff);
            if (c.valid.bytes != nullptr)
                for (std::size_t row = 0; row < n; ++row)
                    if (!c.valid[row]) detail::clear_bit(s.bits, row);
            c.valid = {s.bits.data(), 0, n};
        };
        const auto all_null = [&] {
            s.bits.assign((n + 7) / 8, 0);
            c.valid = {s.bits.data(), 0, n};
        };
        const bool texts = detail::is_text(type.layout) || type.layout == l::dictionary;

        switch (w.type) {
        case value_type::string:
            if (type.layout == l::null) {
                s.views.assign(n, {});
                c.data = std::span<const std::string_view>{s.views};
                all_null();
            } else if (type.layout == l::dictionary) {
                const detail::arrow_dictionary& d = state_->dictionaries[i];
                c.data = coded_texts{detail::arrow_codes(cells, type.index), d.texts, d.valid};
            } else if (texts) {
                std::visit([&](const auto& t) { c.data = t; },
                           detail::arrow_text_span(cells, type.layout, s.views));
            } else { // numbers and truth values, as people write them
                s.bytes.clear();
                s.offsets.assign(1, 0);
                const auto write = [&](auto&& text) {
                    s.bytes += text;
                    s.offsets.push_back(static_cast<std::int64_t>(s.bytes.size()));
                };
                if (type.layout == l::boolean) {
                    const bit_span bits{static_cast<const std::uint8_t*>(cells.buffer(1)),
                                        cells.first, n};
                    for (std::size_t row = 0; row < n; ++row) write(bits[row] ? "true" : "false");
                } else if (type.layout == l::decimal128) {
                    return {}; // see misfits: decimals are read as numbers alone
                } else {
                    own_valid();
                    detail::with_numbers(cells, type.layout, [&](const auto& numbers) {
                        for (std::size_t row = 0; row < n; ++row) {
                            using number =
                                typename std::remove_cvref_t<decltype(numbers)>::value_type;
                            if constexpr (std::is_integral_v<number>) {
                                write(std::to_string(numbers[row]));
                            } else {
                                if (std::isnan(numbers[row])) detail::clear_bit(s.bits, row);
                                write(to_string(static_cast<double>(numbers[row])));
                            }
                        }
                    });
                }
                c.data = packed_texts<std::int64_t>{s.offsets, s.bytes};
            }
            break;

        case value_type::number:
            if (type.layout == l::null) {
                s.numbers.assign(n, 0);
                c.data = std::span<const double>{s.numbers};
                all_null();
            } else if (texts) {
                s.numbers.resize(n);
                own_valid();
                state_->each_text(i, cells, [&](std::size_t row, std::string_view text) {
                    s.numbers[row] = 0;
                    if (text.empty()) {
                        detail::clear_bit(s.bits, row);
                    } else {
                        const char* const end = text.data() + text.size();
                        const auto [stop, wrong] =
                            std::from_chars(text.data(), end, s.numbers[row]);
                        if (wrong != std::errc{} || stop != end)
                            s.numbers[row] = std::numeric_limits<double>::infinity();
                    }
                });
                c.data = std::span<const double>{s.numbers};
            } else if (type.layout == l::decimal128) {
                s.numbers.resize(n);
                const double unit = std::pow(10.0, type.scale);
                const auto values = cells.span<std::array<std::uint64_t, 2>>(1);
                for (std::size_t row = 0; row < n; ++row)
                    s.numbers[row] =
                        (static_cast<double>(std::bit_cast<std::int64_t>(values[row][1])) * 0x1p64 +
                         static_cast<double>(values[row][0])) /
                        unit;
                c.data = std::span<const double>{s.numbers};
            } else {
                detail::with_numbers(cells, type.layout, [&](const auto& numbers) {
                    using number = typename std::remove_cvref_t<decltype(numbers)>::value_type;
                    if constexpr (std::is_floating_point_v<number>) {
                        if (std::any_of(numbers.begin(), numbers.end(),
                                        [](number x) { return std::isnan(x); })) {
                            own_valid();
                            for (std::size_t row = 0; row < n; ++row)
                                if (std::isnan(numbers[row])) detail::clear_bit(s.bits, row);
                        }
                    }
                    c.data = numbers;
                });
            }
            break;

        case value_type::boolean:
            if (type.layout == l::null) {
                all_null();
                c.data = bit_span{s.bits.data(), 0, n};
            } else if (n == 0) {
                c.data = bit_span{};
            } else {
                const auto* const bits = static_cast<const std::uint8_t*>(cells.buffer(1));
                if (bits == nullptr) throw arrow_error("a column has no data");
                c.data = bit_span{bits, cells.first, n};
            }
            break;

        case value_type::timestamp: {
            if (type.layout == l::timestamp && type.has_zone) {
                c.data = timestamps{cells.span<std::int64_t>(1), type.unit};
                break;
            }
            constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
            s.integers.assign(n, none);
            c.data = timestamps{s.integers, time_unit::microseconds};
            if (type.layout == l::null) {
                all_null();
                break;
            }
            detail::local_reader local(clock);
            const auto put = [&](std::size_t row, const parsed_instant& at) {
                if (at) s.integers[row] = at.at.time_since_epoch().count();
            };
            if (texts) {
                own_valid();
                std::string_view last;
                std::int64_t last_value = none;
                state_->each_text(i, cells, [&](std::size_t row, std::string_view text) {
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
                break;
            }
            constexpr std::int64_t furthest = 10'000 * std::int64_t{366} * 86'400; // seconds
            const auto from = [&](const auto& counts, std::int64_t per_second_up,
                                  std::int64_t micros) {
                for (std::size_t row = 0; row < n; ++row) {
                    if (c.valid.bytes != nullptr && !c.valid[row]) continue;
                    const auto count = static_cast<std::int64_t>(counts[row]);
                    const std::int64_t seconds = count / per_second_up;
                    if (seconds > furthest || seconds < -furthest) continue;
                    const std::int64_t in_micros =
                        micros > 0 ? count * micros : count / 1'000 - (count % 1'000 < 0 ? 1 : 0);
                    put(row, local(local_instant{duration{in_micros}}));
                }
            };
            if (type.layout == l::date32) {
                const auto days = cells.span<std::int32_t>(1);
                for (std::size_t row = 0; row < n; ++row)
                    if ((c.valid.bytes == nullptr || c.valid[row]) &&
                        std::abs(std::int64_t{days[row]}) < 3'660'000)
                        put(row, local(local_instant{std::chrono::days{days[row]}}));
            } else if (type.layout == l::date64 || type.unit == time_unit::milliseconds) {
                from(cells.span<std::int64_t>(1), 1'000, 1'000);
            } else if (type.unit == time_unit::seconds) {
                from(cells.span<std::int64_t>(1), 1, 1'000'000);
            } else if (type.unit == time_unit::nanoseconds) {
                from(cells.span<std::int64_t>(1), 1'000'000'000, 0);
            } else {
                from(cells.span<std::int64_t>(1), 1'000'000, 1);
            }
            break;
        }

        case value_type::set:
            if (type.layout == l::null) {
                s.offsets.assign(n + 1, 0);
                c.data = text_lists<std::int64_t>{.offsets = s.offsets};
                all_null();
            } else if (texts) { // `a;b`
                s.offsets.assign(1, 0);
                std::vector<std::string_view> parts;
                own_valid();
                state_->each_text(i, cells, [&](std::size_t row, std::string_view text) {
                    if (text.empty()) detail::clear_bit(s.bits, row);
                    while (!text.empty()) {
                        const std::size_t end = std::min(text.find(';'), text.size());
                        if (end > 0) parts.push_back(text.substr(0, end));
                        text.remove_prefix(std::min(end + 1, text.size()));
                    }
                    s.offsets.push_back(static_cast<std::int64_t>(parts.size()));
                });
                s.views = std::move(parts);
                c.data = text_lists<std::int64_t>{
                    .offsets = s.offsets, .texts = std::span<const std::string_view>{s.views}};
            } else {
                const ArrowArray* const child = cells.array->children[0];
                const detail::arrow_cells items{child, static_cast<std::size_t>(child->offset),
                                                static_cast<std::size_t>(child->length)};
                const text_span words = detail::arrow_text_span(items, type.inner, s.views);
                const auto lists = [&]<class Offset>(std::type_identity<Offset>) {
                    const auto* const offsets = static_cast<const Offset*>(cells.buffer(1));
                    if (offsets == nullptr && n > 0)
                        throw arrow_error("a column of lists has no offsets");
                    c.data = text_lists<Offset>{
                        n == 0 ? std::span<const Offset>{}
                               : std::span<const Offset>{offsets + cells.first, n + 1},
                        words, items.valid()};
                };
                if (type.layout == l::list)
                    lists(std::type_identity<std::int32_t>{});
                else
                    lists(std::type_identity<std::int64_t>{});
            }
            break;
        }
        out.push_back(std::move(c));
    }
    return out;
}

LEADFUNNEL_DECL std::optional<std::string_view> arrow_table::text(std::string_view column,
                                                                  std::size_t row) const {
    const auto i = state_->find(column);
    if (!i || row >= rows()) return std::nullopt;
    const auto layout = state_->types[*i].layout;
    if (!detail::is_text(layout) && layout != detail::arrow_layout::dictionary) return std::nullopt;
    std::optional<std::string_view> out;
    state_->each_text(*i, state_->cells(*i, row, 1), [&](std::size_t, std::string_view s) {
        if (!s.empty()) out = s;
    });
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

/// Says of bad cells what they hold, where that is text.
inline void say_what_they_hold(ingest_report& r, const arrow_table& t, std::size_t first,
                               const arrow_clock& clock) {
    for (bad_row& b : r.bad_rows) {
        const auto text = t.text(b.column, first + static_cast<std::size_t>(b.line) - 1);
        if (!text) continue;
        if (b.fault == row_fault::bad_instant) {
            local_reader local(clock);
            const parsed_instant at = arrow_instant_of(*text, clock, local);
            b.message = at ? b.message : std::string{describe_error(at.error)};
            b.message += ": " + shown(*text);
        } else if (b.fault == row_fault::bad_number) {
            b.message = "not a number: " + shown(*text);
        }
    }
}

/// Reads a table slice by slice.
template<class Add>
ingest_report add_slices(arrow_table& t, const std::vector<wanted_column>& wanted,
                         const arrow_clock& clock, const ingest_options& options, const Add& add) {
    ingest_report out;
    out.issues = t.misfits(wanted, clock);
    if (!out.issues.empty()) {
        out.failed = true;
        return out;
    }
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
                              const arrow_clock& clock, const ingest_options& options,
                              const Add& add) {
    std::vector<wanted_column> wanted{{names.lead, value_type::string},
                                      {names.at, value_type::timestamp}};
    if (!names.source.empty()) wanted.push_back({names.source, value_type::string});
    if (!names.id.empty()) wanted.push_back({names.id, value_type::string});
    const std::size_t parts = wanted.size();
    want_declared(wanted, t, names.attributes, p.source().attributes);
    leads_table slice;
    slice.lead = names.lead;
    slice.at = names.at;
    slice.source = names.source;
    slice.id = names.id;
    slice.name = names.name;
    slice.attributes = names.attributes ? *names.attributes : names_from(wanted, parts);
    return add_slices(t, wanted, clock, options,
                      [&](std::vector<column> columns, const ingest_options& o) {
                          slice.columns = std::move(columns);
                          return add(slice, o);
                      });
}

template<class Add>
ingest_report add_touchpoint_slices(arrow_table& t, const touchpoints_table& names, const plan& p,
                                    const arrow_clock& clock, const ingest_options& options,
                                    const Add& add) {
    std::vector<wanted_column> wanted{
        {names.lead, value_type::string},     {names.at, value_type::timestamp},
        {names.type, value_type::string},     {names.value, value_type::number},
        {names.campaign, value_type::string}, {names.channel, value_type::string},
        {names.source, value_type::string},   {names.id, value_type::string}};
    const std::size_t parts = wanted.size();
    want_declared(wanted, t, names.properties, p.source().properties);
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
    return add_slices(t, wanted, clock, options,
                      [&](std::vector<column> columns, const ingest_options& o) {
                          slice.columns = std::move(columns);
                          return add(slice, o);
                      });
}

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
