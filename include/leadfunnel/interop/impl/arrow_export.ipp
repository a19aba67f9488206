// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/interop/arrow_export.hpp>

#include <cerrno>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

namespace leadfunnel::inline v0 {

namespace detail {

/// What an exported schema points to.
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

/// What an exported array points to.
struct arrow_array_holder {
    arrow_column column{};
    std::vector<std::uint8_t> bits{}; // packed truth values, or the validity of codes
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

/// Packs `is_set(row)` of each row into bits, as Arrow does.
template<class IsSet>
[[nodiscard]] std::vector<std::uint8_t> pack_bits(std::size_t rows, const IsSet& is_set) {
    std::vector<std::uint8_t> out((rows + 7) / 8);
    for (std::size_t i = 0; i < rows; ++i)
        if (is_set(i)) out[i / 8] = static_cast<std::uint8_t>(out[i / 8] | 1U << (i % 8));
    return out;
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
                held.bits = pack_bits(rows, [&](std::size_t i) { return data.of[i] >= 0; });
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
                    held.bits = pack_bits(rows, [&](std::size_t i) { return data.of[i] != 0; });
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

/// What an exported stream points to.
struct arrow_stream_holder {
    std::unique_ptr<arrow_batches> batches;
    std::string error{};

    /// Calls `f`. Returns 0, or an errno value if it throws; the message becomes the stream's
    /// error.
    template<class F>
    int report(const F& f) noexcept {
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

/// A stream of one batch.
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
        return held->report([&] { detail::export_arrow_schema(held->batches->schema(), *to); });
    };
    out.get_next = [](ArrowArrayStream* s, ArrowArray* to) {
        auto* const held = static_cast<arrow_stream_holder*>(s->private_data);
        return held->report([&] {
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
