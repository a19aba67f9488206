// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/detail/table_reader.hpp>

#include <leadfunnel/batch/detail/column_coders.hpp>
#include <leadfunnel/core/detail/messages.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/model/model.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace leadfunnel::inline v0::detail {

/// What cells of a type are, for messages.
[[nodiscard]] inline std::string_view cells_are(value_type t) noexcept {
    switch (t) {
    case value_type::boolean:
        return "truth values";
    case value_type::number:
        return "numbers";
    case value_type::string:
        return "texts";
    case value_type::timestamp:
        return "instants";
    case value_type::set:
        return "sets of texts";
    }
    return "";
}

/// The first cell whose offsets fall, or lead outside of `end` items; nothing if all are in order.
template<class Offset>
std::optional<std::size_t> find_bad_offset(std::span<const Offset> offsets, std::size_t end) {
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        if (std::cmp_less(offsets[i], 0) || std::cmp_greater(offsets[i], end) ||
            (i > 0 && offsets[i] < offsets[i - 1]))
            return i > 0 ? i - 1 : 0;
    }
    return std::nullopt;
}

// ---- columns by name ----------------------------------------------------------------------------

LEADFUNNEL_DECL table_reader::table_reader(const std::vector<column>& columns,
                                           const std::string& name)
    : columns_(columns), name_(name), taken_(columns.size(), false) {
    for (const column& c : columns_) names_.emplace_back(c.name);
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (std::find(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(i), names_[i]) !=
            names_.begin() + static_cast<std::ptrdiff_t>(i))
            refuse(issue_code::duplicate_name, columns[i].name,
                   "two columns are called " + quote(columns[i].name));
}

LEADFUNNEL_DECL const column* table_reader::take(const std::string& name, std::string_view usual,
                                                 value_type type, need how) {
    if (name.empty()) {
        if (how == need::required)
            refuse(issue_code::missing_key, {}, "no column is named for the " + std::string(usual));
        return nullptr;
    }
    const column* const c = find(name);
    if (c == nullptr) {
        if (how == need::required || name != usual) refuse_missing(name);
        return nullptr;
    }
    if (c->type() != type)
        refuse(issue_code::wrong_type, name,
               "column " + quote(name) + " holds " + std::string(cells_are(c->type())),
               std::string(cells_are(type)));
    return c;
}

LEADFUNNEL_DECL std::vector<const column*>
table_reader::rest(const std::optional<std::vector<std::string>>& chosen) {
    std::vector<const column*> out;
    if (chosen) {
        for (const std::string& name : *chosen) {
            const column* const c = find(name);
            if (c == nullptr)
                refuse_missing(name);
            else if (std::find(out.begin(), out.end(), c) != out.end())
                refuse(issue_code::duplicate_name, name,
                       "column " + quote(name) + " is asked for twice");
            else
                out.push_back(c);
        }
    } else {
        for (std::size_t i = 0; i < columns_.size(); ++i)
            if (!taken_[i]) out.push_back(&columns_[i]);
    }
    std::sort(out.begin(), out.end(),
              [](const column* a, const column* b) { return a->name < b->name; });
    return out;
}

template<class Declarations>
void table_reader::compare(const std::vector<const column*>& columns, const Declarations& declared,
                           std::string_view what) {
    for (const column* const c : columns) {
        const auto d = std::find_if(declared.begin(), declared.end(),
                                    [&](const auto& x) { return x.id == c->name; });
        if (d == declared.end()) {
            std::vector<std::string_view> all;
            for (const auto& x : declared) all.emplace_back(x.id);
            refuse(issue_code::unknown_name, c->name,
                   "the model declares no " + std::string(what) + ' ' + quote(c->name), {},
                   did_you_mean(c->name, all));
        } else if (d->type != c->type()) {
            refuse(issue_code::type_mismatch, c->name,
                   "column " + quote(c->name) + " holds " + std::string(cells_are(c->type())),
                   std::string(cells_are(d->type)) + ", as the model declares");
        }
    }
}

LEADFUNNEL_DECL void table_reader::refuse(issue_code code, std::string_view column,
                                          std::string message, std::string expected,
                                          std::string hint) {
    issue i;
    i.code = code;
    i.file = name_;
    if (!column.empty()) {
        i.pointer = '/';
        for (const char c : column) // RFC 6901
            if (c == '~')
                i.pointer += "~0";
            else if (c == '/')
                i.pointer += "~1";
            else
                i.pointer += c;
    }
    i.message = std::move(message);
    i.expected = std::move(expected);
    i.hint = std::move(hint);
    issues_.push_back(std::move(i));
}
LEADFUNNEL_DECL void table_reader::refuse_missing(const std::string& name) {
    refuse(issue_code::unknown_name, name, "there is no column " + quote(name), {},
           did_you_mean(name, names_));
}
LEADFUNNEL_DECL const column* table_reader::find(const std::string& name) {
    for (std::size_t i = 0; i < columns_.size(); ++i)
        if (columns_[i].name == name) {
            taken_[i] = true;
            return &columns_[i];
        }
    return nullptr;
}

// ---- lengths, offsets and codes -----------------------------------------------------------------

LEADFUNNEL_DECL void table_reader::check(const column* lead,
                                         std::initializer_list<const column*> parts,
                                         const std::vector<const column*>& rest) {
    if (lead != nullptr) check_one(*lead, lead);
    for (const column* const c : parts)
        if (c != nullptr) check_one(*c, lead);
    for (const column* const c : rest) check_one(*c, lead);
}

LEADFUNNEL_DECL void table_reader::check_one(const column& c, const column* lead) {
    if (lead != nullptr && c.size() != lead->size())
        refuse(issue_code::conflict, c.name,
               "column " + quote(c.name) + " has " + std::to_string(c.size()) + " rows, column " +
                   quote(lead->name) + " has " + std::to_string(lead->size()));
    if (!c.faults.empty() && c.faults.size() != c.size())
        refuse(issue_code::conflict, c.name,
               "faults of column " + quote(c.name) + " are not as many as its rows");
    check_inside(c);
}

LEADFUNNEL_DECL void table_reader::check_inside(const column& c) {
    const std::size_t issues = issues_.size();
    check_valid(c, c.valid, c.size());
    if (issues_.size() != issues) return; // or the bits would be read beyond their end
    std::visit(
        [&]<class T>(const T& data) {
            if constexpr (is_packed<T>) {
                check_texts(c, data);
            } else if constexpr (std::is_same_v<T, coded_texts>) {
                const auto texts =
                    std::visit([](const auto& t) { return cells_of(t); }, data.texts);
                std::visit([&](const auto& t) { check_texts(c, t); }, data.texts);
                check_valid(c, data.valid, texts);
                std::visit([&](const auto& codes) { check_codes(c, codes, texts); }, data.codes);
            } else if constexpr (is_lists<T>) {
                const auto texts =
                    std::visit([](const auto& t) { return cells_of(t); }, data.texts);
                std::visit([&](const auto& t) { check_texts(c, t); }, data.texts);
                check_valid(c, data.valid, texts);
                check_offsets(c, data.offsets, texts);
            }
        },
        c.data);
}

LEADFUNNEL_DECL void table_reader::check_valid(const column& c, const bit_span& valid,
                                               std::size_t cells) {
    if (valid.bytes != nullptr && valid.count != cells)
        refuse(issue_code::conflict, c.name,
               "validity of column " + quote(c.name) + " has " + std::to_string(valid.count) +
                   " bits for " + std::to_string(cells) + " cells");
}
template<class Offset>
void table_reader::check_offsets(const column& c, std::span<const Offset> offsets,
                                 std::size_t end) {
    if (const auto row = find_bad_offset(offsets, end))
        refuse(issue_code::bad_interval, c.name,
               "offsets of column " + quote(c.name) + " fall, or lead outside, at cell " +
                   std::to_string(*row + 1));
}
template<class Texts>
void table_reader::check_texts(const column& c, const Texts& texts) {
    if constexpr (is_packed<Texts>) check_offsets(c, texts.offsets, texts.bytes.size());
}
template<class Codes>
void table_reader::check_codes(const column& c, const Codes& codes, std::size_t texts) {
    auto last = typename Codes::value_type{0};
    for (const auto code : codes) last = std::max(last, code);
    if (codes.empty() || std::cmp_less(last, texts)) return;
    for (std::size_t i = 0; i < codes.size(); ++i)
        if (std::cmp_greater_equal(codes[i], 0) && std::cmp_greater_equal(codes[i], texts) &&
            !is_null(c.valid, i)) {
            refuse(issue_code::out_of_range, c.name,
                   "code " + std::to_string(codes[i]) + " of column " + quote(c.name) + ", row " +
                       std::to_string(i + 1) + ", is beyond its dictionary of " +
                       std::to_string(texts) + " texts");
            return; // one is like the others
        }
}

// ---- the parts of tables ------------------------------------------------------------------------

LEADFUNNEL_DECL lead_parts take_parts(const leads_table& t, const plan* p, ingest_report& report) {
    table_reader reader(t.columns, t.name);
    using need = table_reader::need;
    lead_parts out;
    out.lead = reader.take(t.lead, "lead", value_type::string, need::required);
    out.at = reader.take(t.at, "at", value_type::timestamp);
    out.source = reader.take(t.source, "", value_type::string);
    out.id = reader.take(t.id, "", value_type::string);
    out.attributes = reader.rest(t.attributes);
    if (p != nullptr) reader.compare(out.attributes, p->source().attributes, "attribute");
    reader.check(out.lead, {out.at, out.source, out.id}, out.attributes);
    report.issues = std::move(reader).issues();
    report.failed = !report.issues.empty();
    return out;
}

LEADFUNNEL_DECL touchpoint_parts take_parts(const touchpoints_table& t, const plan* p,
                                            ingest_report& report) {
    table_reader reader(t.columns, t.name);
    using need = table_reader::need;
    touchpoint_parts out;
    out.lead = reader.take(t.lead, "lead", value_type::string, need::required);
    out.at = reader.take(t.at, "at", value_type::timestamp, need::required);
    out.type = reader.take(t.type, "type", value_type::string, need::required);
    out.value = reader.take(t.value, "value", value_type::number);
    out.campaign = reader.take(t.campaign, "campaign", value_type::string);
    out.channel = reader.take(t.channel, "channel", value_type::string);
    out.source = reader.take(t.source, "source", value_type::string);
    out.id = reader.take(t.id, "id", value_type::string);
    out.properties = reader.rest(t.properties);
    if (p != nullptr) reader.compare(out.properties, p->source().properties, "property");
    reader.check(out.lead,
                 {out.at, out.type, out.value, out.campaign, out.channel, out.source, out.id},
                 out.properties);
    report.issues = std::move(reader).issues();
    report.failed = !report.issues.empty();
    return out;
}

} // namespace leadfunnel::inline v0::detail
