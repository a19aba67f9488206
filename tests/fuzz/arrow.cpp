// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// No Arrow stream makes the reader crash, read beyond a buffer, or leave a struct unreleased. The
// reader accepts the same rows as columns and as events, and no lead, text or value that a query
// could not name.
//
// The input drives a generator of schemas and batches. Every buffer is as long as its counts,
// offsets and sizes demand. Everything that the interface lets a reader check is drawn from the
// input, both right and wrong values. Once the input is used up, all further values are right.
//
// A first byte of 200 or more focuses the input on one column: all other columns are right and draw
// nothing. Wrong values are frequent then, so that a few bytes are enough to reach any check.

#include <leadfunnel/interop/arrow.hpp>
#include <leadfunnel/interop/detail/arrow_types.hpp>

#include <leadfunnel/leadfunnel.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace lf = leadfunnel;

namespace {

void require(bool b) {
    if (!b) std::abort();
}

int live = 0; // structs that are not released

/// From this first byte on, an input is focused on one column.
constexpr std::uint8_t focused = 200;

class draw {
  public:
    /// An input. Its first byte says how to use the table, and is not drawn.
    draw(const std::uint8_t* data, std::size_t size)
        : at_(data + 1), end_(data + size), is_focused_(data[0] >= focused) {}
    /// Draws right values only.
    draw() = default;
    [[nodiscard]] bool is_focused() const { return is_focused_; }
    std::uint8_t byte() { return at_ == end_ ? std::uint8_t{0} : *at_++; }
    /// A number below n; 0 when the input is used up.
    std::size_t below(std::size_t n) { return byte() % n; }
    /// True for one byte in 64 (one in 16 if focused); false when the input is used up.
    bool seldom() { return byte() >= (is_focused_ ? 0xf0 : 0xfc); }
    std::int64_t number(std::size_t bytes) {
        std::uint64_t out = 0;
        for (std::size_t i = 0; i < bytes; ++i) out = out << 8U | byte();
        const unsigned unused = 64U - 8U * static_cast<unsigned>(bytes);
        return static_cast<std::int64_t>(out << unused) >> unused;
    }
    /// A number that is wrong as any count.
    std::int64_t absurd() {
        constexpr std::array<std::int64_t, 4> all{-1, -2, std::numeric_limits<std::int64_t>::max(),
                                                  std::numeric_limits<std::int64_t>::min()};
        return all[below(all.size())];
    }

  private:
    const std::uint8_t* at_ = nullptr;
    const std::uint8_t* end_ = nullptr;
    bool is_focused_ = false;
};

// ---- types

enum class kind : std::uint8_t { none, bits, fixed, text, view, list, coded };

struct type {
    const char* format;
    kind is = kind::none;
    std::size_t width = 0; // bytes of a cell, offset or index
    const type* inner = nullptr;
};

constexpr type utf8{"u", kind::text, 4};
constexpr type large_utf8{"U", kind::text, 8};
constexpr type utf8_view{"vu", kind::view, 16};
constexpr type int32{"i", kind::fixed, 4};

constexpr std::array types{
    utf8, type{"tsu:UTC", kind::fixed, 8}, type{"g", kind::fixed, 8}, type{"b", kind::bits},
    type{"+l", kind::list, 4, &utf8}, large_utf8, utf8_view, type{"i", kind::coded, 4, &utf8},
    type{"c", kind::coded, 1, &large_utf8}, type{"C", kind::coded, 1, &utf8_view},
    type{"s", kind::coded, 2, &utf8}, type{"S", kind::coded, 2, &utf8},
    type{"I", kind::coded, 4, &utf8}, type{"l", kind::coded, 8, &utf8},
    type{"L", kind::coded, 8, &utf8}, type{"f", kind::coded, 4, &utf8},
    type{"i", kind::coded, 4, &int32}, type{"+L", kind::list, 8, &utf8_view},
    type{"+l", kind::list, 4, &large_utf8}, type{"+l", kind::list, 4, &int32},
    type{"c", kind::fixed, 1}, type{"C", kind::fixed, 1}, type{"s", kind::fixed, 2},
    type{"S", kind::fixed, 2}, int32, type{"I", kind::fixed, 4}, type{"l", kind::fixed, 8},
    type{"L", kind::fixed, 8}, type{"f", kind::fixed, 4}, type{"d:9,2,32", kind::fixed, 4},
    type{"d:18,0,64", kind::fixed, 8}, type{"d:38,10", kind::fixed, 16},
    type{"d:38,-3,128", kind::fixed, 16}, type{"d:76,38,256", kind::fixed, 32}, type{"n"},
    type{"tss:", kind::fixed, 8}, type{"tsm:Asia/Tokyo", kind::fixed, 8},
    type{"tsn:", kind::fixed, 8}, type{"tdD", kind::fixed, 4}, type{"tdm", kind::fixed, 8},
    // Types that cannot be read.
    type{"z", kind::text, 4}, type{"tDu", kind::fixed, 8}, type{"w:16", kind::fixed, 16},
    type{"+s"}, type{"+r"}, type{"+w:3"}, type{"d:"}, type{"d:0,0", kind::fixed, 16},
    type{"d:5,99999999999", kind::fixed, 16}, type{"d:5,2,7", kind::fixed, 16}, type{"ts"},
    type{"tsx:UTC", kind::fixed, 8}, type{"\xff?"}, type{""}};

// ---- structs

struct schema_holder {
    std::string format;
    std::string name;
    std::vector<ArrowSchema> children{};
    std::vector<ArrowSchema*> pointers{};
    ArrowSchema dictionary{};
};

/// Releases the remaining children, then the struct itself, as producers do: in nested calls.
template<class Holder, class Node>
void release_node(Node* node) {
    --live;
    const std::unique_ptr<Holder> held{static_cast<Holder*>(node->private_data)};
    for (Node& child : held->children)
        if (child.release != nullptr) child.release(&child);
    if (held->dictionary.release != nullptr) held->dictionary.release(&held->dictionary);
    node->release = nullptr;
}

void make_schema(draw& d, const type& t, std::string name, ArrowSchema& out) {
    auto held = std::make_unique<schema_holder>();
    held->format = t.format;
    held->name = std::move(name);
    if (t.is == kind::list && !d.seldom()) {
        held->children.resize(1);
        make_schema(d, *t.inner, "item", held->children[0]);
    }
    out = {};
    out.format = d.seldom() ? nullptr : held->format.c_str();
    out.name = d.seldom() ? nullptr : held->name.c_str();
    for (ArrowSchema& child : held->children) held->pointers.push_back(&child);
    out.n_children = static_cast<std::int64_t>(held->children.size());
    out.children = held->pointers.empty() || d.seldom() ? nullptr : held->pointers.data();
    if (out.children != nullptr && d.seldom()) out.children[0] = nullptr;
    if (d.seldom()) out.n_children = d.seldom() ? d.absurd() : 0;
    if (t.is == kind::coded && !d.seldom()) {
        make_schema(d, *t.inner, "", held->dictionary);
        out.dictionary = &held->dictionary;
    }
    out.release = release_node<schema_holder, ArrowSchema>;
    out.private_data = held.release();
    ++live;
}

/// A list of lists, nested `levels` deep.
void make_deep(std::size_t levels, ArrowSchema& out) {
    ArrowSchema inner{};
    for (std::size_t i = 0; i < levels; ++i) {
        auto held = std::make_unique<schema_holder>();
        held->format = i == 0 ? "u" : "+l";
        held->name = "industry";
        if (i > 0) held->children.push_back(std::exchange(inner, {}));
        for (ArrowSchema& child : held->children) held->pointers.push_back(&child);
        inner.format = held->format.c_str();
        inner.name = held->name.c_str();
        inner.n_children = static_cast<std::int64_t>(held->children.size());
        inner.children = held->pointers.data();
        inner.release = release_node<schema_holder, ArrowSchema>;
        inner.private_data = held.release();
        ++live;
    }
    out = inner;
}

struct array_holder {
    std::vector<std::unique_ptr<char[]>> memory{};
    std::vector<const void*> buffers{};
    std::vector<ArrowArray> children{};
    std::vector<ArrowArray*> pointers{};
    ArrowArray dictionary{};

    /// Exactly `bytes` bytes of memory, `shift` bytes off alignment.
    char* make(std::size_t bytes, std::size_t shift = 0) {
        memory.push_back(std::make_unique<char[]>(bytes + shift));
        return memory.back().get() + shift;
    }
};

void put(char* at, std::size_t width, std::int64_t number) { std::memcpy(at, &number, width); }

/// Texts that are valid in some column, and some that are never valid.
std::string some_text(draw& d) {
    using namespace std::literals;
    static const std::array<std::string, 16> all{"a",
                                                 "b",
                                                 "",
                                                 "page_view",
                                                 "2026-04-01T00:00:00Z",
                                                 "2026-04-01 09:00",
                                                 "12.5",
                                                 "x;y",
                                                 "a longer text, not in place",
                                                 "製品",
                                                 "a\0b"s,
                                                 "\xff\xfe",
                                                 "\xed\xa0\x80",
                                                 "true",
                                                 "always",
                                                 "mql"};
    return all[d.below(all.size())];
}

void make_array(draw& d, const type& t, std::size_t rows, bool inside, ArrowArray& out) {
    auto held = std::make_unique<array_holder>();
    const std::size_t offset = d.seldom() ? d.below(20) : 0;
    const std::size_t all = offset + rows;
    const std::size_t shift = d.seldom() ? 1 : 0;
    const bool nulls = d.seldom();
    held->buffers.push_back(nullptr);
    if (nulls) {
        char* const bits = held->make((all + 7) / 8);
        for (std::size_t i = 0; i < (all + 7) / 8; ++i) bits[i] = static_cast<char>(d.byte());
        held->buffers[0] = bits;
    }
    switch (t.is) {
    case kind::none:
        break;
    case kind::bits: {
        char* const bits = held->make((all + 7) / 8);
        if (all > 0) bits[0] = static_cast<char>(d.byte());
        held->buffers.push_back(bits);
        break;
    }
    case kind::fixed: {
        char* const cells = held->make(all * t.width, shift);
        for (std::size_t i = 0; i < all; ++i) {
            if (d.seldom()) { // any bytes
                for (std::size_t k = 0; k < t.width; ++k)
                    cells[i * t.width + k] = static_cast<char>(d.byte());
            } else if (std::string_view{t.format} == "g") {
                const double x = static_cast<double>(d.below(20)) / 2;
                std::memcpy(cells + i * t.width, &x, sizeof x);
            } else if (t.format[0] == 't' && t.width == 8) { // in 2026, in micros
                put(cells + i * t.width, 8, 1'775'000'000'000'000 + d.number(1));
            } else {
                const std::int64_t x = d.number(1);
                for (std::size_t k = 0; k < t.width; k += 8)
                    put(cells + i * t.width + k, std::min<std::size_t>(8, t.width),
                        k == 0 || x >= 0 ? (k == 0 ? x : 0) : -1);
            }
        }
        held->buffers.push_back(cells);
        break;
    }
    case kind::text: {
        std::vector<std::int64_t> offsets{0};
        std::string bytes;
        for (std::size_t i = 0; i < all; ++i) {
            bytes += some_text(d);
            offsets.push_back(static_cast<std::int64_t>(bytes.size()));
        }
        if (d.seldom()) offsets[d.below(offsets.size())] = d.number(2) % 4'096;
        // Long enough for the greatest offset.
        const std::int64_t end =
            std::max<std::int64_t>(0, *std::max_element(offsets.begin(), offsets.end()));
        bytes.resize(static_cast<std::size_t>(end), 'x');
        char* const places = held->make(offsets.size() * t.width, shift);
        for (std::size_t i = 0; i < offsets.size(); ++i)
            put(places + i * t.width, t.width, offsets[i]);
        char* const texts = held->make(bytes.size());
        std::memcpy(texts, bytes.data(), bytes.size());
        held->buffers.push_back(places);
        held->buffers.push_back(texts);
        break;
    }
    case kind::view: {
        const std::size_t more = d.below(3);
        std::vector<std::string> long_texts(more);
        char* const views = held->make(all * t.width, shift);
        for (std::size_t i = 0; i < all; ++i) {
            const std::string text = some_text(d);
            char* const view = views + i * t.width;
            if (text.size() > 12 && more > 0) {
                const std::size_t k = d.below(more);
                put(view + 8, 4, static_cast<std::int64_t>(k));
                put(view + 12, 4, static_cast<std::int64_t>(long_texts[k].size()));
                put(view, 4, static_cast<std::int64_t>(text.size()));
                long_texts[k] += text;
            } else {
                const std::size_t n = std::min<std::size_t>(12, text.size());
                put(view, 4, static_cast<std::int64_t>(n));
                std::memcpy(view + 4, text.data(), n);
            }
            if (d.seldom()) put(view + 4 * d.below(4), 4, d.number(4));
        }
        held->buffers.push_back(views);
        for (const std::string& s : long_texts) {
            char* const bytes = held->make(s.size());
            std::memcpy(bytes, s.data(), s.size());
            held->buffers.push_back(d.seldom() ? nullptr : bytes);
        }
        char* const sizes = held->make(8 * more, shift);
        for (std::size_t k = 0; k < more; ++k)
            put(sizes + 8 * k, 8,
                d.seldom() ? -1 : static_cast<std::int64_t>(long_texts[k].size()));
        held->buffers.push_back(sizes);
        break;
    }
    case kind::list: {
        const std::size_t items = d.below(4) * all / 2;
        char* const places = held->make((all + 1) * t.width, shift);
        for (std::size_t i = 0; i <= all; ++i)
            put(places + i * t.width, t.width,
                d.seldom() ? d.number(t.width)
                           : static_cast<std::int64_t>(all == 0 ? 0 : items * i / all));
        held->buffers.push_back(places);
        held->children.resize(1);
        make_array(d, *t.inner, items, true, held->children[0]);
        break;
    }
    case kind::coded: {
        const std::size_t words = d.below(4) + (all == 0 ? 0 : 1);
        char* const codes = held->make(all * t.width, shift);
        for (std::size_t i = 0; i < all; ++i)
            put(codes + i * t.width, t.width,
                d.seldom() ? d.number(t.width)
                           : static_cast<std::int64_t>(d.below(std::max<std::size_t>(words, 1))));
        held->buffers.push_back(codes);
        make_array(d, *t.inner, words, true, held->dictionary);
        break;
    }
    }

    out = {};
    for (ArrowArray& child : held->children) held->pointers.push_back(&child);
    out.length = static_cast<std::int64_t>(rows);
    out.offset = static_cast<std::int64_t>(offset);
    out.null_count = nulls ? -1 : 0;
    out.n_buffers = static_cast<std::int64_t>(held->buffers.size());
    out.buffers = held->buffers.data();
    out.n_children = static_cast<std::int64_t>(held->children.size());
    out.children = held->pointers.data();
    if (t.is == kind::coded) out.dictionary = &held->dictionary;
    // The reader can detect everything that is made wrong from here on. A length may be too short:
    // then the table expects more rows than the array has.
    if (d.seldom()) out.length = d.seldom() ? d.absurd() : std::int64_t(d.below(rows + 1));
    if (d.seldom()) out.offset = d.absurd();
    if (d.seldom()) out.null_count = d.number(1);
    if (d.seldom()) out.n_buffers = d.number(1) % 3;
    if (d.seldom()) out.buffers[d.below(held->buffers.size())] = nullptr;
    if (d.seldom()) out.buffers = nullptr;
    if (d.seldom()) out.n_children = d.number(1);
    if (d.seldom()) out.children = nullptr;
    if (out.children != nullptr && !held->pointers.empty() && d.seldom()) out.children[0] = nullptr;
    if (d.seldom()) out.dictionary = nullptr;
    // There are only as many validity bits as rows, and a list's items are read to their end.
    if (inside && out.length > static_cast<std::int64_t>(rows)) out.length = d.absurd();
    out.release = release_node<array_holder, ArrowArray>;
    out.private_data = held.release();
    ++live;
}

// ---- a table

struct column_of_table {
    const char* name;
    std::size_t usual; // of `types`
};
constexpr std::array column_names{column_of_table{"lead", 0},      column_of_table{"at", 1},
                                  column_of_table{"type", 0},      column_of_table{"stage", 0},
                                  column_of_table{"value", 2},     column_of_table{"industry", 0},
                                  column_of_table{"employees", 2}, column_of_table{"opted", 3},
                                  column_of_table{"interests", 4}, column_of_table{"since", 1},
                                  column_of_table{"campaign", 7},  column_of_table{"source", 0},
                                  column_of_table{"id", 0},        column_of_table{"b\xff", 0}};

struct source {
    std::vector<ArrowArray> batches{};
    ArrowSchema schema{};
    std::size_t next = 0;
    bool has_schema = false;
    int wrong = 0; // the callback that fails
    ~source() {
        if (schema.release != nullptr) lf::detail::release_level_by_level(schema);
        for (ArrowArray& b : batches)
            if (b.release != nullptr) b.release(&b);
    }
};

std::unique_ptr<source> make_source(draw& d) {
    auto out = std::make_unique<source>();
    out->wrong = d.seldom() ? static_cast<int>(d.below(4)) : 0;
    std::vector<const type*> chosen;
    auto held = std::make_unique<schema_holder>();
    held->format = d.seldom() ? "i" : "+s";
    const std::size_t n = column_names.size() - d.below(column_names.size());
    const std::size_t focus = d.is_focused() ? d.below(n) : n;
    draw right;
    const auto draw_of = [&](std::size_t i) -> draw& {
        return !d.is_focused() || i == focus ? d : right;
    };
    held->children.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto& c = column_names[i];
        draw& mine = draw_of(i);
        const std::size_t other = mine.byte();
        chosen.push_back(&types[other < 128 ? c.usual : other % types.size()]);
        if (mine.seldom() && mine.seldom())
            make_deep(500, held->children[i]); // is refused; the attack tests nest 20,000 levels
        else
            make_schema(mine, *chosen[i], c.name, held->children[i]);
    }
    for (ArrowSchema& child : held->children) held->pointers.push_back(&child);
    ArrowSchema& s = out->schema;
    s.format = d.seldom() ? nullptr : held->format.c_str();
    s.n_children = static_cast<std::int64_t>(n);
    s.children = d.seldom() ? nullptr : held->pointers.data();
    if (s.children != nullptr && d.seldom()) s.children[d.below(n)] = nullptr;
    if (d.seldom()) s.n_children = d.absurd();
    s.release = release_node<schema_holder, ArrowSchema>;
    s.private_data = held.release();
    ++live;

    const std::size_t batches = 1 + d.below(3);
    for (std::size_t b = 0; b < batches; ++b) {
        auto array = std::make_unique<array_holder>();
        const std::size_t rows = d.below(12);
        const std::size_t offset = d.seldom() ? d.below(rows + 1) : 0;
        array->children.resize(n);
        for (std::size_t i = 0; i < n; ++i)
            make_array(draw_of(i), *chosen[i], rows, false, array->children[i]);
        for (ArrowArray& child : array->children) array->pointers.push_back(&child);
        array->buffers.push_back(nullptr);
        ArrowArray a{};
        a.length = static_cast<std::int64_t>(rows - offset);
        a.offset = static_cast<std::int64_t>(offset);
        a.n_buffers = 1;
        a.buffers = array->buffers.data();
        a.n_children = static_cast<std::int64_t>(n);
        a.children = array->pointers.data();
        if (d.seldom()) a.length = d.seldom() ? d.absurd() : d.number(1);
        if (d.seldom()) a.offset = d.seldom() ? d.absurd() : d.number(1);
        if (d.seldom()) a.null_count = d.number(1);
        if (d.seldom()) a.n_children = d.number(1);
        if (d.seldom()) a.children = nullptr;
        if (a.children != nullptr && d.seldom()) a.children[d.below(n)] = nullptr;
        a.release = release_node<array_holder, ArrowArray>;
        a.private_data = array.release();
        ++live;
        out->batches.push_back(a);
    }
    return out;
}

lf::arrow_table open(std::unique_ptr<source> from, bool as_array) {
    if (as_array) {
        ArrowSchema schema = std::exchange(from->schema, {});
        ArrowArray batch = std::exchange(from->batches.front(), {});
        return {schema, batch, "table"};
    }
    ArrowArrayStream s{};
    s.get_schema = [](ArrowArrayStream* self, ArrowSchema* to) {
        auto& of = *static_cast<source*>(self->private_data);
        if (of.wrong == 1) return 5;
        if (of.wrong != 3) *to = std::exchange(of.schema, {});
        return 0;
    };
    s.get_next = [](ArrowArrayStream* self, ArrowArray* to) {
        auto& of = *static_cast<source*>(self->private_data);
        if (of.wrong == 2) return 5;
        *to = of.next < of.batches.size() ? std::exchange(of.batches[of.next++], {}) : ArrowArray{};
        return 0;
    };
    s.get_last_error = [](ArrowArrayStream*) -> const char* { return "out of \xff luck"; };
    s.release = [](ArrowArrayStream* self) {
        delete static_cast<source*>(self->private_data);
        self->release = nullptr;
    };
    s.private_data = from.release();
    return {s, "table"};
}

// ---- uses of the table

const lf::plan& some_plan() {
    using t = lf::value_type;
    static const lf::plan p = lf::compile(
        {.id = "m",
         .attributes = {{.id = "industry"},
                        {.id = "employees", .type = t::number},
                        {.id = "opted", .type = t::boolean},
                        {.id = "interests", .type = t::set},
                        {.id = "since", .type = t::timestamp}},
         .properties = {{.id = "industry"},
                        {.id = "employees", .type = t::number},
                        {.id = "opted", .type = t::boolean},
                        {.id = "interests", .type = t::set},
                        {.id = "since", .type = t::timestamp}},
         .touchpoints = {{.id = "page_view"}},
         .scores = {{.id = "s"}},
         .rules = {lf::occurrence{.id = "r", .score = "s", .on = lf::on("page_view"), .points = 1},
                   lf::attribute_rule{.id = "a",
                                      .score = "s",
                                      .when = lf::attribute("employees").at_least(3) ||
                                              lf::attribute("industry").exists() ||
                                              lf::attribute("opted").exists() ||
                                              lf::attribute("interests").exists() ||
                                              lf::attribute("since").exists(),
                                      .points = 1},
                   lf::occurrence{.id = "p",
                                  .score = "s",
                                  .on = {.types = {"page_view"},
                                         .where = lf::property("employees").at_least(3) ||
                                                  lf::property("industry").exists() ||
                                                  lf::property("opted").exists() ||
                                                  lf::property("interests").exists() ||
                                                  lf::property("since").exists()},
                                  .points = 1}}});
    return p;
}

// ---- every cell

/// Reads every byte of a text, where a sanitizer sees it.
void touch(std::string_view text) {
    static volatile unsigned seen = 0;
    for (const char c : text) seen = seen + static_cast<unsigned char>(c);
}
bool is_null(const lf::bit_span& valid, std::size_t i) {
    return valid.bytes != nullptr && !valid[i];
}
std::size_t count(const lf::text_span& texts) {
    return std::visit(
        []<class T>(const T& t) -> std::size_t {
            if constexpr (requires { t.offsets; })
                return t.offsets.empty() ? 0 : t.offsets.size() - 1;
            else
                return t.size();
        },
        texts);
}
void touch(const lf::text_span& texts, std::size_t i) {
    require(i < count(texts));
    std::visit(
        [&]<class T>(const T& t) {
            if constexpr (requires { t.offsets; }) {
                const auto first = static_cast<std::size_t>(t.offsets[i]);
                const auto last = static_cast<std::size_t>(t.offsets[i + 1]);
                require(first <= last && last <= t.bytes.size());
                touch(t.bytes.substr(first, last - first));
            } else {
                touch(std::string_view{t[i]});
            }
        },
        texts);
}
/// Reads every cell of a column that the reader returned: each must lie inside its buffer.
void touch(const lf::column& c) {
    std::visit(
        [&]<class T>(const T& data) {
            for (std::size_t i = 0; i < c.size(); ++i) {
                const bool null = is_null(c.valid, i);
                if constexpr (std::is_same_v<T, lf::coded_texts>) {
                    std::visit(
                        [&](const auto& codes) {
                            const auto code = codes[i];
                            if (null || std::cmp_less(code, 0)) return;
                            const auto k = static_cast<std::size_t>(code);
                            if (!is_null(data.valid, k)) touch(data.texts, k);
                        },
                        data.codes);
                } else if constexpr (requires { data.texts; }) {
                    require(data.offsets[i] <= data.offsets[i + 1]);
                    const auto last = static_cast<std::size_t>(data.offsets[i + 1]);
                    for (auto k = static_cast<std::size_t>(data.offsets[i]); k < last; ++k)
                        if (!is_null(data.valid, k)) touch(data.texts, k);
                } else if constexpr (std::is_constructible_v<lf::text_span, T>) {
                    touch(lf::text_span{data}, i);
                } else if constexpr (std::is_same_v<T, lf::timestamps>) {
                    touch({reinterpret_cast<const char*>(&data.counts[i]), sizeof data.counts[i]});
                } else if constexpr (std::is_same_v<T, lf::bit_span>) {
                    touch(data[i] ? "1" : "0");
                } else {
                    touch({reinterpret_cast<const char*>(&data[i]), sizeof data[i]});
                }
            }
        },
        c.data);
}

struct result {
    std::string error{};
    lf::ingest_report report{};
    lf::histories made{};
};

template<class Read>
result read_table(const std::uint8_t* data, std::size_t size, bool as_array, const Read& read) {
    draw d(data, size);
    result out;
    lf::history_builder builder;
    try {
        lf::arrow_table t = open(make_source(d), as_array);
        out.report = read(builder, t);
    } catch (const lf::arrow_error& e) {
        out.error = e.what();
        require(lf::is_utf8(out.error));
    }
    require(live == 0);
    // Offsets, codes and lengths have been checked where the arrays were read: whoever gets the
    // columns never finds a wrong one.
    for (const lf::issue& i : out.report.issues)
        require(i.code != lf::issue_code::bad_interval && i.code != lf::issue_code::out_of_range &&
                i.code != lf::issue_code::conflict);
    out.made = builder.build();
    return out;
}

/// The same rows, read into a builder and as events, are the same histories.
template<class Table>
void compare(const std::uint8_t* data, std::size_t size, bool as_array, const Table& names,
             const lf::arrow_clock& clock, const lf::ingest_options& options) {
    const auto as_columns =
        read_table(data, size, as_array, [&](lf::history_builder& to, lf::arrow_table& t) {
            if constexpr (std::is_same_v<Table, lf::leads_table>)
                return lf::add_leads(to, t, names, some_plan(), clock, options);
            else
                return lf::add_touchpoints(to, t, names, some_plan(), clock, options);
        });
    std::uint64_t next_row = 0;
    const auto as_events =
        read_table(data, size, as_array, [&](lf::history_builder& to, lf::arrow_table& t) {
            return lf::read_events(
                t, names, some_plan(),
                [&](const lf::event& e, std::uint64_t row) {
                    require(row >= next_row);
                    next_row = row + 1;
                    to.add(e); // does not refuse a good row
                },
                clock, options);
        });
    require(as_columns.error == as_events.error);
    if (!as_columns.error.empty()) return;
    require(as_columns.report.rows == as_events.report.rows);
    require(as_columns.report.accepted == as_events.report.accepted);
    require(as_columns.report.bad_rows == as_events.report.bad_rows);
    const lf::histories& h = as_columns.made;
    require(h.size() == as_events.made.size());
    for (std::size_t i = 0; i < h.size(); ++i) {
        const std::string_view id = h.lead_id(i);
        require(lf::is_utf8(id) && id.find('\0') == id.npos && h.find(id) == i);
        require(as_events.made.lead_id(i) == id);
        require(as_events.made.events(i) == h.events(i));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::uint8_t how = data[0];
    const bool as_array = (how & 1U) != 0;
    lf::ingest_options options;
    options.strict = (how & 2U) != 0;
    lf::arrow_clock clock;
    if ((how & 4U) != 0) clock.zone = lf::time_zone{};
    switch (how / 8U % 5U) {
    case 0:
        compare(data, size, as_array, lf::leads_table{.source = "source", .id = "id"}, clock,
                options);
        break;
    case 1:
        compare(data, size, as_array, lf::touchpoints_table{}, clock, options);
        break;
    case 2:
        read_table(data, size, as_array, [&](lf::history_builder& to, lf::arrow_table& t) {
            return lf::read_events(
                t, lf::stages_table{.funnel = "campaign"}, some_plan(),
                [&](const lf::event& e, std::uint64_t) { to.add(e); }, clock, options);
        });
        break;
    case 3:
        read_table(data, size, as_array, [&](lf::history_builder&, lf::arrow_table& t) {
            static const lf::plan additive = lf::compile(
                {.id = "m",
                 .touchpoints = {{.id = "page_view"}},
                 .scores = {{.id = "s"}},
                 .rules = {lf::occurrence{
                     .id = "r", .score = "s", .on = lf::on("page_view"), .points = 1}}});
            lf::additive_scorer to(additive, lf::parse_rfc3339("2026-04-30T00:00:00Z").at);
            return lf::add_touchpoints(to, t, {}, additive, clock, options);
        });
        break;
    default: // every column as everything, in slices
        read_table(data, size, as_array, [&](lf::history_builder&, lf::arrow_table& t) {
            std::vector<lf::wanted_column> wanted;
            for (std::size_t i = 0; i < t.columns().size(); ++i)
                wanted.push_back(
                    {t.columns()[i], static_cast<lf::value_type>((how / 40U + i) % 5U + 1U)});
            require(t.misfits(wanted, clock).size() <= wanted.size());
            while (t.next()) {
                const std::size_t rows = std::min<std::size_t>(t.rows(), 300);
                for (std::size_t first = 0; first < rows; first += 3) {
                    const std::size_t n = std::min<std::size_t>(3, rows - first);
                    for (const lf::column& c : t.read(wanted, first, n, clock)) {
                        require(c.size() == n);
                        touch(c);
                    }
                    for (const std::string& name : t.columns()) {
                        const auto text = t.text(name, first);
                        require(!text || lf::is_utf8(*text));
                        require(!t.type_of(name).empty());
                    }
                }
            }
            return lf::ingest_report{};
        });
    }
    return 0;
}
