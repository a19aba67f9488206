// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// A mapping is compiled into plans that know cells by number: of CSV once the header is known, of
// NDJSON at once. Both readers hand on cells, so that one converter serves both. A row is converted
// as a whole, into storage that is used again for the next, before anything of it goes to the sink.

#include <leadfunnel/core/text.hpp>
#include <leadfunnel/io/csv.hpp>
#include <leadfunnel/io/ingest.hpp>

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/history/detail/event_checks.hpp>
#include <leadfunnel/io/ndjson.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <system_error>

namespace leadfunnel::inline v0 {
namespace detail {

// ---- values from text ---------------------------------------------------------------------------

/// `[+-]digits[.digits][e[+-]digits]`, within the range of `double`.
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

/// Reads instants of one form. Not for concurrent use: it remembers the zone's last offset.
class instant_reader {
  public:
    explicit instant_reader(const time_reading& r) : how_(r) {
        if (!r.zone.empty()) zone_ = time_zone::find(r.zone).value_or(time_zone{});
    }

    parsed_instant read(std::string_view text) {
        switch (how_.format) {
        case time_format::rfc3339:
            return parse_rfc3339(text);
        case time_format::iso8601:
            return read_iso(text);
        case time_format::local: {
            const parsed_local l = parse_local(text);
            // A text that carries its offset needs no zone.
            if (l.error == time_error::syntax) return parse_rfc3339(text);
            if (!l) return {{}, l.error};
            if (l.date_only) return {{}, time_error::syntax};
            return in_range(on_clock(l.at, how_.ambiguous));
        }
        case time_format::date: {
            const parsed_local l = parse_local(text);
            if (!l) return {{}, l.error};
            if (!l.date_only) return {{}, time_error::syntax};
            return in_range(of_day(l.at));
        }
        case time_format::unix_seconds:
            return read_unix(text, 1);
        case time_format::unix_millis:
            return read_unix(text, 1000);
        }
        return {{}, time_error::syntax};
    }

  private:
    static parsed_instant in_range(parsed_instant p) {
        if (p && (p.at < earliest_instant || p.at >= latest_instant))
            return {{}, time_error::out_of_range};
        return p;
    }

    static parsed_instant read_iso(std::string_view text) {
        std::array<char, 40> colon{};
        const std::size_t n = text.size();
        if (n < 6 || n >= colon.size() || (text[n - 5] != '+' && text[n - 5] != '-') ||
            text.find_first_of("Tt ") == text.npos)
            return parse_rfc3339(text);
        std::memcpy(colon.data(), text.data(), n - 2);
        colon[n - 2] = ':';
        std::memcpy(colon.data() + n - 1, text.data() + n - 2, 2);
        return parse_rfc3339({colon.data(), n + 1});
    }

    static parsed_instant read_unix(std::string_view text, int per_second) {
        // A decimal counts millionths: of a second, they are microseconds.
        const auto d = parse_decimal(text);
        if (!d) return {{}, time_error::syntax};
        const wide micros = per_second == 1 ? static_cast<wide>(d->micros())
                                            : divide_rounded(d->micros(), per_second);
        return in_range({instant{duration{static_cast<std::int64_t>(micros)}}, time_error::none});
    }

    parsed_instant of_day(local_instant midnight) {
        // A day begins with its first instant, also where clocks skip or repeat midnight.
        switch (how_.day) {
        case day_moment::start:
            break;
        case day_moment::noon:
            return on_clock(midnight + std::chrono::hours{12}, local_choice::earliest);
        case day_moment::end: {
            parsed_instant next = on_clock(midnight + std::chrono::days{1}, local_choice::earliest);
            next.at -= duration{1};
            return next;
        }
        }
        return on_clock(midnight, local_choice::earliest);
    }

    parsed_instant on_clock(local_instant l, local_choice choice) {
        const instant guess{l.time_since_epoch() - offset_};
        if (guess >= safe_from_ && guess < safe_to_) return {guess, time_error::none};
        const parsed_instant p = zone_.to_instant(l, choice);
        if (p) {
            // No offset changes by more than 25 hours: inside of this margin, no other offset can
            // be meant.
            constexpr std::chrono::hours margin{26};
            constexpr std::chrono::hours further{52};
            const time_zone::span s = zone_.span_at(p.at);
            safe_from_ = std::max(s.begin, earliest_instant - further) + margin;
            safe_to_ = std::min(s.end, latest_instant + further) - margin;
            offset_ = s.offset;
        }
        return p;
    }

    time_reading how_;
    time_zone zone_{};
    duration offset_{};
    instant safe_from_ = instant::max();
    instant safe_to_ = instant::min();
};

// ---- plans --------------------------------------------------------------------------------------

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
    std::size_t reader = 0; ///< of timestamps
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

    // The row that was made last.
    row_base base{};
    std::string_view made_type{}, made_campaign{}, made_channel{}, made_funnel{}, made_stage{},
        made_reason{}, made_cause{};
    std::optional<decimal> made_value{};
    std::vector<named_view> values{};
    std::vector<std::string_view> items{}; ///< of sets
    struct set_place {
        std::size_t value, first, size;
    };
    std::vector<set_place> sets{};
};

/// Where and why a row is bad.
struct row_trouble {
    row_fault fault = row_fault::none;
    const cell_numbers* from = nullptr; ///< the cells that were looked at
    const cell* at = nullptr;           ///< the cell at fault, if it is one
    time_error time = time_error::none;
    const char* wanted = "";
};

class row_converter {
  public:
    enum class verdict : std::uint8_t { accepted, skipped, bad };

    explicit row_converter(const mapping_file& m) : file_(&m) {
        for (const std::string& word : m.unset) {
            unset_sizes_ |= std::uint64_t{1} << (word.size() % 64);
            unset_.insert(word);
        }
    }

    /// The columns or paths that cells stand for, in their order.
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

    /// Makes the plans. `has(name)` says whether the input has such a field; `absent(names,
    /// pointer)` is told of required fields of which there is none.
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
            if (never) continue; // and what it lacks besides does not matter
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

    /// Converts a row; `trouble()` says what is wrong with a bad one. Nothing is handed over yet.
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

    /// Hands over what the last row became.
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

    /// The first cell that is set. If there is none, `spoken` says whether one says so (as a null).
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

    /// The parts between semicolons, without the spaces around them; empty ones are none.
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

} // namespace detail

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
    std::vector<std::size_t> columns{}; ///< of CSV: the column of each cell
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

    /// As many issues are listed as of a mapping's file.
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
                    if (!near.empty() || n.size() > 256 || header.size() > 1'000) break;
                    const std::string_view found = closest(n, all);
                    if (!found.empty()) near = "did you mean " + detail::quote(found) + "?";
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
    // What was accepted before the medium failed stays accepted; what it was cut in is not a row.
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
