// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Converts the cells of a row into rows of touchpoints, attributes and stage entries.
//
// A mapping is compiled into plans that know cells by number: of CSV once the header is known, of
// NDJSON at once. Both readers deliver cells, so one converter serves both. It converts a whole
// row, into storage that it reuses for the next row, before the sink gets any part of it.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/history/detail/event_checks.hpp>
#include <leadfunnel/io/cell.hpp>
#include <leadfunnel/io/impl/instant_reader.ipp>
#include <leadfunnel/io/ingest.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Reads `[+-]digits[.digits][e[+-]digits]` in the range of `double`. False if it is not that.
inline bool read_number(std::string_view text, double& out) noexcept {
    const char* p = text.data();
    const char* const end = p + text.size();
    if (p != end && (*p == '+' || *p == '-')) ++p;
    const auto digits = [&p, end] {
        const char* const first = p;
        while (p != end && *p >= '0' && *p <= '9') ++p;
        return p - first;
    };
    const auto whole = digits();
    if (whole == 0) return false;
    if (p == end && whole <= 15) {
        std::int64_t n = 0;
        for (const char* d = end - whole; d != end; ++d) n = n * 10 + (*d - '0');
        out = static_cast<double>(text.front() == '-' ? -n : n);
        return true;
    }
    if (p != end && *p == '.') {
        ++p;
        if (digits() == 0) return false;
    }
    if (p != end && (*p == 'e' || *p == 'E')) {
        ++p;
        if (p != end && (*p == '+' || *p == '-')) ++p;
        if (digits() == 0) return false;
    }
    if (p != end) return false;
    if (text.front() == '+') text.remove_prefix(1);
    const auto [stop, code] = std::from_chars(text.data(), end, out);
    return code == std::errc{} && stop == end;
}

/// Reads true/1/yes or false/0/no in any case of ASCII. False if it is not one of them.
inline bool read_boolean(std::string_view text, bool& out) noexcept {
    const auto is = [text](std::string_view word) {
        return text.size() == word.size() &&
               std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) {
                   return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
               });
    };
    out = is("true") || is("1") || is("yes");
    return out || is("false") || is("0") || is("no");
}

using cell_numbers = std::vector<std::uint32_t>;

struct text_plan {
    cell_numbers from{};
    std::string_view constant{};
    const std::map<std::string, std::string, std::less<>>* translate = nullptr;
    const std::optional<std::string>* otherwise = nullptr;
};

struct test_plan {
    cell_numbers from{};
    const row_test* test = nullptr;
};

struct property_plan {
    std::uint32_t name = 0;
    value_type type = value_type::string;
    cell_numbers from{};
    std::size_t reader = 0; ///< of timestamps: into `row_converter::readers_`
};

struct mapping_plan {
    const mapping* of = nullptr;
    std::uint32_t index = 0;
    std::vector<test_plan> when{};
    text_plan lead{}, source{}, id{}, type{}, campaign{}, channel{}, funnel{}, stage{}, reason{},
        cause{};
    cell_numbers at{};
    std::size_t at_reader = 0;
    cell_numbers value{};
    std::vector<property_plan> properties{};

    // The row that was made last. Reused, for its memory.
    row_base base{};
    std::string_view made_type{}, made_campaign{}, made_channel{}, made_funnel{}, made_stage{},
        made_reason{}, made_cause{};
    std::optional<decimal> made_value{};
    std::vector<named_view> values{};
    std::vector<std::string_view> items{}; ///< members of all sets
    struct set_place {
        std::size_t value, first, size;
    };
    std::vector<set_place> sets{};
};

/// Where and why a row is bad.
struct row_trouble {
    row_fault fault = row_fault::none;
    const cell_numbers* from = nullptr; ///< the cells that were read
    const cell* at = nullptr;           ///< the faulty cell, if there is one
    time_error time = time_error::none;
    const char* wanted = "";
};

/// Converts rows by the mappings of a file. Keeps a reference to them.
class row_converter {
  public:
    enum class verdict : std::uint8_t { accepted, skipped, bad };

    explicit row_converter(const mapping_file& m) : file_(&m) {
        for (const std::string& word : m.unset) {
            unset_sizes_ |= std::uint64_t{1} << (word.size() % 64);
            unset_.insert(word);
        }
    }

    /// The column or path of each cell, in the order of cells.
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

    /// Makes the plans. `has(name)` tells whether the input has such a field. Calls
    /// `absent(names, pointer)` for each required value none of whose fields exists. To be called
    /// once, before the first row.
    template<class Has, class Absent>
    void compile(Has has, Absent absent) {
        for (std::size_t i = 0; i < file_->mappings.size(); ++i) {
            const mapping& m = file_->mappings[i];
            const std::string pointer = "/mappings/" + std::to_string(i) + '/';
            const auto cells = [&](const std::vector<std::string>& from, bool optional,
                                   const std::string& member) {
                cell_numbers out;
                for (const std::string& name : from)
                    if (has(name)) out.push_back(number(name));
                if (out.empty() && !from.empty() && !optional) absent(from, pointer + member);
                return out;
            };
            const auto text = [&](const mapped_text& t, const std::string& member) {
                text_plan p;
                p.from = cells(t.from, t.optional, member);
                p.constant = t.constant;
                if (!t.translate.empty()) {
                    p.translate = &t.translate;
                    if (t.otherwise) p.otherwise = &t.otherwise;
                }
                return p;
            };
            const auto reader = [&](const std::optional<time_reading>& r) {
                readers_.emplace_back(r.value_or(file_->time));
                return readers_.size() - 1;
            };
            mapping_plan p;
            p.of = &m;
            p.index = static_cast<std::uint32_t>(i);
            bool never = false;
            for (std::size_t t = 0; t < m.when.size(); ++t) {
                const row_test& test = m.when[t];
                p.when.push_back(
                    {cells(test.field, test.optional, "when/" + std::to_string(t) + "/field"),
                     &test});
                never = never || (p.when.back().from.empty() &&
                                  (!test.is.empty() || test.set == std::optional(true)));
            }
            if (never) continue; // takes no row, so whatever else it lacks does not matter
            p.lead = text(m.lead, "lead");
            p.source = text(m.source, "source");
            p.id = text(m.id, "id");
            p.type = text(m.type, "type");
            p.campaign = text(m.campaign, "campaign");
            p.channel = text(m.channel, "channel");
            p.funnel = text(m.funnel, "funnel");
            p.stage = text(m.stage, "stage");
            p.reason = text(m.reason, "reason");
            p.cause = text(m.cause, "cause");
            p.at = cells(m.at.from, m.at.optional, "at");
            p.at_reader = reader(m.at.reading);
            if (m.value) p.value = cells(m.value->from, m.value->optional, "value");
            for (std::size_t k = 0; k < m.properties.size(); ++k) {
                const mapped_property& prop = m.properties[k];
                const bool attributes = m.to == row_target::attributes;
                property_plan plan;
                plan.name = static_cast<std::uint32_t>(k);
                plan.type = prop.type;
                plan.from = cells(prop.from, prop.optional,
                                  (attributes ? "attributes/" : "properties/") + prop.name);
                if (plan.from.empty()) continue;
                if (prop.type == value_type::timestamp) plan.reader = reader(prop.reading);
                p.properties.push_back(std::move(plan));
            }
            plans_.push_back(std::move(p));
        }
    }

    /// Converts a row. If it is bad, `trouble()` tells why. `hand_over` passes it to the sink.
    verdict convert(std::span<const cell> cells) {
        cells_ = cells;
        made_.clear();
        for (mapping_plan& p : plans_) {
            if (!takes(p)) continue;
            if (!make(p)) return verdict::bad;
            made_.push_back(&p);
            if (!p.of->and_more) break;
        }
        return made_.empty() ? verdict::skipped : verdict::accepted;
    }
    [[nodiscard]] const row_trouble& trouble() const noexcept { return trouble_; }

    /// Passes the rows that the last row became to the sink, and counts them by kind.
    void hand_over(row_sink& sink, std::array<std::uint64_t, 3>& counts) {
        for (const mapping_plan* p : made_) {
            switch (p->of->to) {
            case row_target::touchpoint: {
                touchpoint_row r;
                static_cast<row_base&>(r) = p->base;
                r.type = p->made_type;
                r.value = p->made_value;
                r.campaign = p->made_campaign;
                r.channel = p->made_channel;
                r.properties = p->values;
                sink.on_touchpoint(r);
                break;
            }
            case row_target::attributes: {
                attributes_row r;
                static_cast<row_base&>(r) = p->base;
                r.values = p->values;
                sink.on_attributes(r);
                break;
            }
            case row_target::stage: {
                stage_row r;
                static_cast<row_base&>(r) = p->base;
                r.funnel = p->made_funnel;
                r.stage = p->made_stage;
                r.reason = p->made_reason;
                r.cause = p->made_cause;
                sink.on_stage(r);
                break;
            }
            }
            ++counts[static_cast<std::size_t>(p->of->to)];
        }
    }

  private:
    std::uint32_t number(const std::string& name) {
        const auto next = static_cast<std::uint32_t>(names_.size());
        const auto [at, is_new] = numbers_.try_emplace(name, next);
        if (is_new) names_.push_back(name);
        return at->second;
    }

    [[nodiscard]] bool is_unset(std::string_view text) const noexcept {
        if ((unset_sizes_ >> (text.size() % 64) & 1U) == 0) return false;
        return unset_.contains(text);
    }

    /// The first cell that is set; null if none is. `spoken` then tells whether one of them is
    /// there but unset (a null, an `unset` word).
    const cell* pick(const cell_numbers& from, bool* spoken = nullptr) const noexcept {
        for (const std::uint32_t n : from) {
            const cell& c = cells_[n];
            if (c.is == cell::kind::absent) continue;
            if (c.is != cell::kind::null && (c.is != cell::kind::text || !is_unset(c.text)))
                return &c;
            if (spoken != nullptr) *spoken = true;
        }
        return nullptr;
    }

    [[nodiscard]] bool takes(const mapping_plan& p) const noexcept {
        for (const test_plan& t : p.when) {
            const cell* const c = pick(t.from);
            const row_test& test = *t.test;
            if (test.set && *test.set != (c != nullptr)) return false;
            const auto is_one_of = [c](const std::vector<std::string>& texts) {
                return c != nullptr &&
                       std::any_of(texts.begin(), texts.end(),
                                   [c](const std::string& s) { return s == c->text; });
            };
            if (!test.is.empty() && !is_one_of(test.is)) return false;
            if (is_one_of(test.is_not)) return false;
        }
        return true;
    }

    bool fail(row_fault f, const cell_numbers& from, const cell* at = nullptr,
              time_error time = time_error::none, const char* wanted = "") {
        trouble_ = {f, &from, at, time, wanted};
        return false;
    }

    [[nodiscard]] static bool is_scalar(const cell& c) noexcept {
        return c.is == cell::kind::text || c.is == cell::kind::number ||
               c.is == cell::kind::boolean;
    }

    bool make_text(const text_plan& p, std::string_view& out) {
        out = p.constant;
        if (p.from.empty()) return true;
        const cell* const c = pick(p.from);
        if (c == nullptr) return true;
        if (!is_scalar(*c)) return fail(row_fault::wrong_type, p.from, c, {}, "a text");
        out = c->text;
        if (p.translate == nullptr) return true;
        const auto found = p.translate->find(out);
        if (found != p.translate->end())
            out = found->second;
        else if (p.otherwise != nullptr)
            out = **p.otherwise;
        return true;
    }

    bool make_instant(std::size_t reader, const cell_numbers& from, const cell& c, instant& out) {
        if (!is_scalar(c)) return fail(row_fault::wrong_type, from, &c, {}, "an instant");
        const parsed_instant at = readers_[reader].read(c.text);
        if (!at) return fail(row_fault::bad_instant, from, &c, at.error);
        out = at.at;
        return true;
    }

    bool make(mapping_plan& p) {
        const mapping& m = *p.of;
        p.base.by = &m;
        p.base.index = p.index;
        if (!make_text(p.lead, p.base.lead)) return false;
        if (p.base.lead.empty()) return fail(row_fault::missing_lead, p.lead.from);
        p.base.at = always;
        if (!m.at.from.empty()) {
            const cell* const c = pick(p.at);
            if (c == nullptr) return fail(row_fault::missing_instant, p.at);
            if (!make_instant(p.at_reader, p.at, *c, p.base.at)) return false;
        }
        if (!make_text(p.source, p.base.source) || !make_text(p.id, p.base.id)) return false;
        if (m.to == row_target::stage) {
            if (!make_text(p.funnel, p.made_funnel) || !make_text(p.stage, p.made_stage) ||
                !make_text(p.reason, p.made_reason) || !make_text(p.cause, p.made_cause))
                return false;
            if (p.made_funnel.empty()) return fail(row_fault::missing_stage, p.funnel.from);
            if (p.made_stage.empty()) return fail(row_fault::missing_stage, p.stage.from);
            return true;
        }
        if (m.to == row_target::touchpoint) {
            if (!make_text(p.type, p.made_type)) return false;
            if (p.made_type.empty()) return fail(row_fault::missing_type, p.type.from);
            if (!make_text(p.campaign, p.made_campaign) || !make_text(p.channel, p.made_channel) ||
                !make_value(p))
                return false;
        }
        return make_properties(p);
    }

    bool make_value(mapping_plan& p) {
        p.made_value.reset();
        const cell* const c = p.value.empty() ? nullptr : pick(p.value);
        if (c == nullptr) return true;
        if (c->is != cell::kind::number && c->is != cell::kind::text)
            return fail(row_fault::wrong_type, p.value, c, {}, "a number");
        const auto d = parse_decimal(c->text);
        if (!d) return fail(row_fault::bad_number, p.value, c);
        const decimal& scale = p.of->value->scale;
        p.made_value = scale == decimal{1} ? *d : decimal::from_micros(multiply_micros(*d, scale));
        return is_acceptable(store(p.made_value)) ? true : fail(row_fault::bad_number, p.value, c);
    }

    bool make_properties(mapping_plan& p) {
        p.values.clear();
        p.items.clear();
        p.sets.clear();
        const bool nulls = p.of->to == row_target::attributes;
        for (const property_plan& plan : p.properties) {
            bool spoken = false;
            const cell* const c = pick(plan.from, &spoken);
            if (c == nullptr) {
                if (nulls && spoken) p.values.push_back({plan.name, {}});
                continue;
            }
            named_view& v = p.values.emplace_back();
            v.name = plan.name;
            if (plan.type == value_type::set) {
                const std::size_t first = p.items.size();
                if (c->is == cell::kind::list)
                    p.items.insert(p.items.end(), c->items.begin(), c->items.end());
                else if (c->is == cell::kind::text)
                    split_set(c->text, p.items);
                else
                    return fail(row_fault::wrong_type, plan.from, c, {}, "a list of texts");
                p.sets.push_back({p.values.size() - 1, first, p.items.size() - first});
                continue;
            }
            if (!is_scalar(*c)) return fail(row_fault::wrong_type, plan.from, c, {}, "one value");
            if (!make_scalar(plan, *c, v.value)) return false;
        }
        for (const auto& s : p.sets)
            p.values[s.value].value =
                std::span<const std::string_view>(p.items).subspan(s.first, s.size);
        return true;
    }

    bool make_scalar(const property_plan& plan, const cell& c, value_view& out) {
        switch (plan.type) {
        case value_type::number: {
            double d = 0;
            if (!read_number(c.text, d)) return fail(row_fault::bad_number, plan.from, &c);
            out = d;
            return true;
        }
        case value_type::boolean: {
            bool b = false;
            if (!read_boolean(c.text, b)) return fail(row_fault::bad_boolean, plan.from, &c);
            out = b;
            return true;
        }
        case value_type::timestamp: {
            instant at{};
            if (!make_instant(plan.reader, plan.from, c, at)) return false;
            out = at;
            return true;
        }
        case value_type::string:
        case value_type::set:
            break;
        }
        out = c.text;
        return true;
    }

    /// Splits a text at semicolons. Spaces around parts are dropped, and empty parts.
    static void split_set(std::string_view text, std::vector<std::string_view>& out) {
        while (!text.empty()) {
            const std::size_t n = std::min(text.find(';'), text.size());
            std::string_view part = text.substr(0, n);
            while (part.starts_with(' ')) part.remove_prefix(1);
            while (part.ends_with(' ')) part.remove_suffix(1);
            if (!part.empty()) out.push_back(part);
            text.remove_prefix(std::min(n + 1, text.size()));
        }
    }

    const mapping_file* file_;
    std::uint64_t unset_sizes_ = 0; // bit n: an unset word's length modulo 64 is n
    std::set<std::string_view> unset_{};
    std::vector<std::string> names_{};
    std::map<std::string, std::uint32_t> numbers_{}; // of names
    std::vector<mapping_plan> plans_{};
    std::vector<instant_reader> readers_{};
    std::span<const cell> cells_{};
    std::vector<const mapping_plan*> made_{};
    row_trouble trouble_{};
};

} // namespace leadfunnel::inline v0::detail
