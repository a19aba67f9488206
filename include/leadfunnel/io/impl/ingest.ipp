// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/messages.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/io/csv.hpp>
#include <leadfunnel/io/impl/row_converter.ipp>
#include <leadfunnel/io/ingest.hpp>
#include <leadfunnel/io/ndjson.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <system_error>

namespace leadfunnel::inline v0 {

// ---- rows ---------------------------------------------------------------------------------------

LEADFUNNEL_DECL value to_value(const value_view& v) {
    return std::visit(
        [](const auto& x) -> value {
            using type = std::remove_cvref_t<decltype(x)>;
            if constexpr (std::is_same_v<type, std::string_view>)
                return std::string(x);
            else if constexpr (std::is_same_v<type, std::span<const std::string_view>>)
                return text_set(x.begin(), x.end());
            else
                return x;
        },
        v);
}

namespace detail {
inline value_map to_value_map(const mapping& by, std::span<const named_view> values) {
    value_map out;
    for (const named_view& v : values)
        out.insert_or_assign(by.properties[v.name].name, to_value(v.value));
    return out;
}
} // namespace detail

LEADFUNNEL_DECL touchpoint to_event(const touchpoint_row& r) {
    touchpoint t;
    t.lead = r.lead;
    t.at = r.at;
    t.type = r.type;
    t.properties = detail::to_value_map(*r.by, r.properties);
    t.value = r.value;
    t.campaign = r.campaign;
    t.channel = r.channel;
    t.source = r.source;
    t.id = r.id;
    return t;
}

LEADFUNNEL_DECL attributes to_event(const attributes_row& r) {
    attributes a;
    a.lead = r.lead;
    a.at = r.at;
    a.values = detail::to_value_map(*r.by, r.values);
    a.source = r.source;
    a.id = r.id;
    return a;
}

LEADFUNNEL_DECL stage_entry to_event(const stage_row& r) {
    stage_entry s;
    s.lead = r.lead;
    s.at = r.at;
    s.funnel = r.funnel;
    s.stage = r.stage;
    s.reason = r.reason;
    s.cause = r.cause;
    s.source = r.source;
    s.id = r.id;
    return s;
}

LEADFUNNEL_DECL void event_sink::on_touchpoint(const touchpoint_row& r) { take_(to_event(r)); }
LEADFUNNEL_DECL void event_sink::on_attributes(const attributes_row& r) { take_(to_event(r)); }
LEADFUNNEL_DECL void event_sink::on_stage(const stage_row& r) { take_(to_event(r)); }

// ---- the ingester -------------------------------------------------------------------------------

struct ingester::state final : csv_handler, ndjson_handler {
    mapping_file mapping;
    row_sink* sink;
    ingest_options options;
    std::string name;
    ingest_report report{};
    detail::row_converter converter;
    std::optional<csv_reader> csv{};
    std::optional<ndjson_reader> ndjson{};
    std::vector<std::string> header{};
    std::vector<std::size_t> columns{}; ///< CSV only: the column of each cell
    std::vector<cell> cells{};
    std::size_t until_check;
    bool begun = false;

    state(mapping_file m, row_sink& s, ingest_options o, std::string n)
        : mapping(std::move(m)), sink(&s), options(std::move(o)), name(std::move(n)),
          converter(mapping), until_check(std::max<std::size_t>(options.check_every, 1)) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    void begin(std::vector<issue> issues) {
        if (!issues.empty()) {
            report.issues = std::move(issues);
            report.failed = true;
            return;
        }
        if (mapping.format == input_format::csv) {
            csv_options o;
            o.delimiter = mapping.delimiter;
            o.max_row_bytes = options.max_row_bytes;
            csv.emplace(*this, o);
            return;
        }
        converter.compile([](const std::string&) { return true; },
                          [](const std::vector<std::string>&, const std::string&) {});
        ndjson_options o;
        o.max_row_bytes = options.max_row_bytes;
        ndjson.emplace(converter.names(), *this, o);
    }

    /// Whether as many issues are listed as may be. The bound is that of a mapping file.
    [[nodiscard]] bool is_full() const noexcept {
        return report.issues.size() > max_mapping_issues;
    }

    void refuse(issue_code code, std::uint64_t line, std::string pointer, std::string message,
                std::string expected = {}, std::string hint = {}) {
        if (is_full()) return;
        if (report.issues.size() == max_mapping_issues) {
            code = issue_code::too_large;
            pointer = expected = hint = {};
            message = "there are more issues, which are not listed";
        }
        issue i;
        i.code = code;
        i.file = name;
        i.line = static_cast<std::uint32_t>(line);
        i.column = line != 0 ? 1 : 0;
        i.pointer = std::move(pointer);
        i.message = std::move(message);
        i.expected = std::move(expected);
        i.hint = std::move(hint);
        report.issues.push_back(std::move(i));
        report.failed = true;
    }

    // -- CSV --

    bool on_row(const csv_row& row) override {
        if (!begun) return read_header(row);
        ++report.rows;
        if (row.fault != row_fault::none) return reject(row);
        for (std::size_t i = 0; i < cells.size(); ++i) cells[i].text = row.fields[columns[i]];
        return take(row, cells);
    }

    bool read_header(const csv_row& row) {
        begun = true;
        if (row.fault != row_fault::none) {
            const bool wide_text =
                row.raw.starts_with("\xFF\xFE") || row.raw.starts_with("\xFE\xFF");
            refuse(issue_code::syntax, row.line, {},
                   wide_text ? "the file is UTF-16"
                             : "the header is bad: " + std::string(describe_error(row.fault)),
                   {}, wide_text || row.fault == row_fault::not_utf8 ? "save it as UTF-8" : "");
            return false;
        }
        header.assign(row.fields.begin(), row.fields.end());
        const std::vector<std::string_view> all(header.begin(), header.end());
        std::string hint;
        if (header.size() == 1)
            for (const char d : {';', '\t', ',', '|', '\r'})
                if (d != mapping.delimiter && hint.empty() && header[0].find(d) != header[0].npos)
                    hint = d == '\r'   ? "do the file's lines end in CR alone? save it with LF"
                           : d == '\t' ? "is the delimiter a tab?"
                                       : std::string("is the delimiter '") + d + "'?";
        std::map<std::string_view, std::vector<std::size_t>> places;
        for (std::size_t i = 0; i < header.size(); ++i) places[header[i]].push_back(i);
        converter.compile(
            [&](const std::string& column) { return places.contains(column); },
            [&](const std::vector<std::string>& names, const std::string& pointer) {
                if (is_full()) return;
                std::string message = "there is no column " + detail::quote(names.front());
                for (std::size_t i = 1; i < names.size(); ++i)
                    message += (i + 1 < names.size() ? ", " : " or ") + detail::quote(names[i]);
                std::string near = hint;
                for (const std::string& n : names) {
                    if (!near.empty() || header.size() > 1'000) break;
                    near = detail::did_you_mean(n, all);
                }
                refuse(issue_code::unknown_name, row.line, pointer, std::move(message), {},
                       std::move(near));
            });
        for (const std::string& n : converter.names()) {
            const auto& at = places.at(n);
            columns.push_back(at.front());
            if (at.size() > 1)
                refuse(issue_code::duplicate_name, row.line, {},
                       "two columns are called " + detail::quote(n));
        }
        if (report.failed) return false;
        cells.resize(columns.size());
        for (cell& c : cells) c.is = cell::kind::text;
        sink->on_begin(mapping);
        return true;
    }

    bool reject(const csv_row& row) {
        std::string message;
        std::string column;
        if (keeps()) {
            message = row.fault == row_fault::ragged
                          ? std::to_string(row.fields.size()) + " fields, the header has " +
                                std::to_string(header.size())
                          : std::string(describe_error(row.fault));
            if ((row.fault == row_fault::bad_quote || row.fault == row_fault::unclosed_quote) &&
                row.field < header.size())
                column = header[row.field];
            for (std::size_t i = 0; i < row.fields.size() && i < header.size(); ++i) {
                const std::string_view f = row.fields[i];
                if ((row.fault == row_fault::nul && f.find('\0') != f.npos) ||
                    (row.fault == row_fault::not_utf8 && !is_utf8(f))) {
                    column = header[i];
                    break;
                }
            }
        }
        return reject(row, row.fault, std::move(column), std::move(message));
    }

    // -- NDJSON --

    bool on_row(const ndjson_row& row) override {
        if (!begun) {
            begun = true;
            sink->on_begin(mapping);
        }
        ++report.rows;
        if (row.fault == row_fault::none) return take(row, row.cells);
        std::string column;
        std::string message;
        if (keeps()) {
            if (row.path != no_path) column = converter.names()[row.path];
            message = describe_error(row.fault);
        }
        return reject(row, row.fault, std::move(column), std::move(message));
    }

    // -- both --

    [[nodiscard]] bool keeps() const noexcept {
        return report.bad_rows.size() < options.keep_bad_rows;
    }

    template<class Row>
    bool take(const Row& row, std::span<const cell> all) {
        switch (converter.convert(all)) {
        case detail::row_converter::verdict::accepted:
            converter.hand_over(*sink, report.events);
            ++report.accepted;
            break;
        case detail::row_converter::verdict::skipped:
            ++report.skipped;
            break;
        case detail::row_converter::verdict::bad:
            return reject(row, all, converter.trouble());
        }
        return go_on(row);
    }

    template<class Row>
    bool reject(const Row& row, std::span<const cell> all, const detail::row_trouble& t) {
        std::string column;
        std::string message;
        if (keeps()) {
            const auto& names = converter.names();
            if (t.at != nullptr)
                column = names[static_cast<std::size_t>(t.at - all.data())];
            else if (t.from != nullptr && !t.from->empty())
                column = names[t.from->front()];
            if (t.fault == row_fault::bad_instant)
                message = describe_error(t.time);
            else if (t.fault == row_fault::wrong_type)
                message = std::string(t.at->is == cell::kind::list ? "a list"
                                      : is_object(*t.at)           ? "an object or nested list"
                                                                   : "a number or truth value") +
                          " where " + t.wanted + " is due";
            else
                message = describe_error(t.fault);
            if (t.at != nullptr && t.fault != row_fault::wrong_type)
                message += ": " + detail::quote(t.at->text);
        }
        return reject(row, t.fault, std::move(column), std::move(message));
    }
    static bool is_object(const cell& c) noexcept { return c.is == cell::kind::other; }

    template<class Row>
    bool reject(const Row& row, row_fault fault, std::string column, std::string message) {
        ++report.bad;
        ++report.bad_by_fault[static_cast<std::size_t>(fault)];
        if (keeps()) {
            bad_row b;
            b.line = row.line;
            b.offset = row.offset;
            b.column = std::move(column);
            b.fault = fault;
            b.message = std::move(message);
            std::size_t n = std::min(row.raw.size(), options.keep_bytes);
            b.cut = n < row.raw.size();
            while (b.cut && n > 0 && (static_cast<unsigned char>(row.raw[n]) & 0xC0U) == 0x80U) --n;
            b.raw = row.raw.substr(0, n);
            report.bad_rows.push_back(std::move(b));
        }
        if (options.strict) {
            report.failed = true;
            return false;
        }
        return go_on(row);
    }

    template<class Row>
    bool go_on(const Row& row) {
        if (--until_check != 0) return true;
        until_check = std::max<std::size_t>(options.check_every, 1);
        if (options.cancel != nullptr && options.cancel->load(std::memory_order_relaxed))
            report.cancelled = true;
        else if (options.progress &&
                 !options.progress({row.offset + row.raw.size(), report.rows, report.bad}))
            report.cancelled = true;
        return !report.cancelled;
    }

    bool push(std::string_view chunk) {
        if (report.failed || report.cancelled) return false;
        if (options.cancel != nullptr && options.cancel->load(std::memory_order_relaxed)) {
            report.cancelled = true;
            return false;
        }
        const bool more = csv ? csv->push(chunk) : ndjson->push(chunk);
        report.bytes = csv ? csv->bytes() : ndjson->bytes();
        return more;
    }

    void finish() {
        if (!report.failed && !report.cancelled) {
            if (csv)
                csv->finish();
            else
                ndjson->finish();
            report.bytes = csv ? csv->bytes() : ndjson->bytes();
            if (csv && !begun) refuse(issue_code::syntax, 1, {}, "the file is empty", "a header");
        }
        if (options.progress) options.progress({report.bytes, report.rows, report.bad});
    }
};

LEADFUNNEL_DECL ingester::ingester(mapping_file mapping, row_sink& sink, ingest_options options,
                                   std::string name)
    : state_(
          std::make_unique<state>(std::move(mapping), sink, std::move(options), std::move(name))) {
    state_->begin(check(state_->mapping));
}

LEADFUNNEL_DECL ingester::ingester(const loaded_mapping& mapping, row_sink& sink,
                                   ingest_options options, std::string name)
    : state_(std::make_unique<state>(mapping.value, sink, std::move(options), std::move(name))) {
    state_->begin(mapping.issues.empty() ? check(mapping.value) : mapping.issues);
}

LEADFUNNEL_DECL ingester::ingester(ingester&&) noexcept = default;
LEADFUNNEL_DECL ingester& ingester::operator=(ingester&&) noexcept = default;
LEADFUNNEL_DECL ingester::~ingester() = default;

LEADFUNNEL_DECL bool ingester::push(std::string_view chunk) { return state_->push(chunk); }
LEADFUNNEL_DECL const ingest_report& ingester::finish() {
    state_->finish();
    return state_->report;
}
LEADFUNNEL_DECL const ingest_report& ingester::report() const noexcept { return state_->report; }

namespace detail {

template<class Mapping>
ingest_report ingest_text_by(std::string_view text, const Mapping& mapping, row_sink& sink,
                             ingest_options options, std::string name) {
    ingester in(mapping, sink, std::move(options), std::move(name));
    in.push(text);
    return in.finish();
}

template<class Mapping>
ingest_report ingest_file_by(const std::filesystem::path& path, const Mapping& mapping,
                             row_sink& sink, ingest_options options) {
    const auto unreadable = [&](std::string why, ingest_report report) {
        issue i;
        i.code = issue_code::syntax;
        i.file = path.string();
        i.message = std::move(why);
        report.issues.push_back(std::move(i));
        report.failed = true;
        return report;
    };
    std::error_code code;
    if (std::filesystem::is_directory(path, code)) return unreadable("this is a folder", {});
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
        std::fopen(path.string().c_str(), "rb"), [](std::FILE* f) { return std::fclose(f); });
    if (file == nullptr) return unreadable("the file cannot be opened", {});
    ingester in(mapping, sink, std::move(options), path.string());
    std::vector<char> block(std::size_t{1} << 18U);
    for (;;) {
        const std::size_t n = std::fread(block.data(), 1, block.size(), file.get());
        if (n == 0 || !in.push({block.data(), n})) break;
    }
    // Rows that were accepted before the error stay accepted. The row it cut off is not counted.
    if (std::ferror(file.get()) != 0)
        return unreadable("the file cannot be read to its end", in.report());
    return in.finish();
}

} // namespace detail

LEADFUNNEL_DECL ingest_report ingest_text(std::string_view text, const mapping_file& mapping,
                                          row_sink& sink, ingest_options options,
                                          std::string name) {
    return detail::ingest_text_by(text, mapping, sink, std::move(options), std::move(name));
}
LEADFUNNEL_DECL ingest_report ingest_text(std::string_view text, const loaded_mapping& mapping,
                                          row_sink& sink, ingest_options options,
                                          std::string name) {
    return detail::ingest_text_by(text, mapping, sink, std::move(options), std::move(name));
}
LEADFUNNEL_DECL ingest_report ingest_file(const std::filesystem::path& path,
                                          const mapping_file& mapping, row_sink& sink,
                                          ingest_options options) {
    return detail::ingest_file_by(path, mapping, sink, std::move(options));
}
LEADFUNNEL_DECL ingest_report ingest_file(const std::filesystem::path& path,
                                          const loaded_mapping& mapping, row_sink& sink,
                                          ingest_options options) {
    return detail::ingest_file_by(path, mapping, sink, std::move(options));
}

} // namespace leadfunnel::inline v0
