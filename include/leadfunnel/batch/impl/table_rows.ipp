// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/detail/table_rows.hpp>

#include <leadfunnel/batch/detail/column_coders.hpp>
#include <leadfunnel/batch/detail/row_walk.hpp>
#include <leadfunnel/batch/detail/table_reader.hpp>
#include <leadfunnel/core/detail/huge_array.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

// ---- numbers of a builder -----------------------------------------------------------------------

/// Numbers pairs of numbers from 0, in the order in which they first occur.
class pair_numbers {
  public:
    std::uint32_t operator()(std::uint32_t a, std::uint32_t b) {
        return keys_((std::uint64_t{a} << 32U) | b);
    }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

  private:
    key_numbers keys_{};
};

inline constexpr std::uint32_t not_numbered = std::numeric_limits<std::uint32_t>::max();

/// The number that a builder gives to what a code stands for. Calls `ask()` for it the first time.
template<class Ask>
std::uint32_t number_once(std::vector<std::uint32_t>& known, std::uint32_t code, const Ask& ask) {
    if (code >= known.size())
        known.resize(std::max<std::size_t>(code + std::size_t{1}, 2 * known.size()), not_numbered);
    if (known[code] == not_numbered) known[code] = ask();
    return known[code];
}

/// The leads of a builder for the codes of a column.
class lead_finder {
  public:
    explicit lead_finder(history_builder& to) : to_(to) {}

    /// The lead of a row of the block.
    [[nodiscard]] std::uint32_t find(const coded_column& leads, std::size_t i) {
        make_room(leads);
        auto& known = known_[leads.codes[i]];
        if (known == not_numbered) known = to_.lead(leads.text(i));
        return known;
    }

    /// The leads of all rows of a block without bad rows. Faster than one by one. The result is
    /// valid until the next call.
    [[nodiscard]] std::span<const std::uint32_t> find_all(const coded_column& leads) {
        make_room(leads);
        const std::size_t n = leads.codes.size();
        const std::uint32_t* codes = leads.codes.data();
        std::uint32_t* known = known_.data();
        fresh_.resize(n);
        numbers_.resize(n);
        std::size_t fresh = 0; // rows whose leads have no number yet
        for (std::size_t i = 0; i < n; ++i) {
            numbers_[i] = known[codes[i]];
            fresh_[fresh] = static_cast<std::uint32_t>(i);
            fresh += numbers_[i] == not_numbered ? 1U : 0U;
        }
        texts_.clear();
        first_.clear();
        for (std::size_t i = 0; i < fresh; ++i) {
            const std::uint32_t code = codes[fresh_[i]];
            if (known[code] != not_numbered) continue;
            known[code] = 0;
            first_.push_back(code);
            texts_.push_back(leads.coder->text(code));
        }
        made_.resize(first_.size());
        to_.leads(texts_, made_);
        for (std::size_t i = 0; i < first_.size(); ++i) known[first_[i]] = made_[i];
        for (std::size_t i = 0; i < fresh; ++i) numbers_[fresh_[i]] = known[codes[fresh_[i]]];
        return numbers_;
    }

  private:
    void make_room(const coded_column& leads) {
        if (const std::size_t codes = leads.coder->codes(); known_.size() < codes)
            known_.resize(std::max(codes, 2 * known_.size()), not_numbered);
    }

    history_builder& to_;
    huge_vector<std::uint32_t> known_{}; // by code
    std::vector<std::uint32_t> fresh_{};
    std::vector<std::uint32_t> numbers_{};
    std::vector<std::uint32_t> first_{}; // codes of leads that this block names first
    std::vector<std::uint32_t> made_{};
    std::vector<std::string_view> texts_{};
};

// ---- leads --------------------------------------------------------------------------------------

/// Adds the rows of a leads table to a builder.
class lead_rows {
  public:
    lead_rows(history_builder& to, const lead_parts& parts)
        : to_(to), parts_(parts), leads_(parts.lead, row_fault::missing_lead),
          sources_(parts.source), ids_(parts.id),
          has_source_ids_(parts.source != nullptr || parts.id != nullptr), finder_(to),
          facts_(parts.attributes.size()) {
        for (const column* const c : parts.attributes)
            attributes_.push_back({.cells = coded_column(c)});
    }

    void run(row_walk& walk) {
        walk.run([&](std::size_t first, std::size_t n) { read(walk, first, n); },
                 [&](std::size_t i) { take(finder_.find(leads_, i), i); },
                 [&](std::size_t n) {
                     const auto leads = finder_.find_all(leads_);
                     for (std::size_t i = 0; i < n; ++i) take(leads[i], i);
                 },
                 [] {});
    }

  private:
    struct attribute_column {
        coded_column cells;
        std::uint32_t name = not_numbered;
        std::vector<std::uint32_t> values{}; // the builder's number by code
    };

    void read(row_walk& walk, std::size_t first, std::size_t n) {
        leads_.read(first, n);
        walk.note(leads_);
        if (parts_.at != nullptr) {
            instants_.resize(n);
            faults_.resize(n);
            if (read_instants(*parts_.at, first, instants_, faults_, true) != row_fault::none)
                walk.note(*parts_.at, faults_);
        }
        for (coded_column* const c : {&sources_, &ids_}) {
            c->read(first, n);
            walk.note(*c);
        }
        for (auto& a : attributes_) {
            a.cells.read(first, n);
            walk.note(a.cells);
        }
    }
    void take(std::uint32_t lead, std::size_t i) {
        for (std::size_t k = 0; k < attributes_.size(); ++k) {
            auto& a = attributes_[k];
            if (a.name == not_numbered) a.name = to_.attribute(a.cells.of->name);
            const std::uint32_t code = a.cells.code(i);
            facts_[k] = {a.name, number_once(a.values, code, [&] {
                             return to_.attribute_value(a.name, a.cells.coder->decode(code));
                         })};
        }
        to_.add_attributes(lead, parts_.at != nullptr ? instants_[i] : always, facts_,
                           has_source_ids_ ? to_.source_id(sources_.text(i), ids_.text(i)) : 0);
    }

    history_builder& to_;
    const lead_parts& parts_;
    coded_column leads_;
    coded_column sources_;
    coded_column ids_;
    bool has_source_ids_;
    lead_finder finder_;
    std::vector<attribute_column> attributes_{};
    std::vector<attribute_number> facts_; // of one row
    std::vector<instant> instants_{};
    std::vector<row_fault> faults_{};
};

LEADFUNNEL_DECL ingest_report read_leads(history_builder& to, const leads_table& t, const plan* p,
                                         const ingest_options& options) {
    ingest_report report;
    const lead_parts parts = take_parts(t, p, report);
    if (report.failed) return report;
    row_walk walk(parts.lead->size(), options, report);
    lead_rows{to, parts}.run(walk);
    report.events[static_cast<std::size_t>(row_target::attributes)] = report.accepted;
    return report;
}

// ---- touchpoints --------------------------------------------------------------------------------

/// Adds the rows of a touchpoints table to a sink.
class touchpoint_rows {
  public:
    touchpoint_rows(history_builder& to, touchpoint_sink& sink, const touchpoint_parts& parts)
        : to_(to), sink_(sink), parts_(parts), leads_(parts.lead, row_fault::missing_lead),
          sources_(parts.source), ids_(parts.id),
          has_source_ids_(parts.source != nullptr || parts.id != nullptr), finder_(to) {
        kind_columns_.emplace_back(parts.type, row_fault::missing_type);
        kind_columns_.emplace_back(parts.campaign);
        kind_columns_.emplace_back(parts.channel);
        for (const column* const c : parts.properties) kind_columns_.emplace_back(c);
        pairs_.resize(kind_columns_.size());
    }

    void run(row_walk& walk) {
        walk.run([&](std::size_t first, std::size_t n) { read(walk, first, n); },
                 [&](std::size_t i) { take(i); }, [&](std::size_t n) { take_all(n); },
                 [&] { flush(); });
    }

  private:
    void read(row_walk& walk, std::size_t first, std::size_t n) {
        instants_.resize(n);
        faults_.resize(n);
        leads_.read(first, n);
        walk.note(leads_);
        if (read_instants(*parts_.at, first, instants_, faults_, false) != row_fault::none)
            walk.note(*parts_.at, faults_);
        if (parts_.value != nullptr) {
            values_.resize(n);
            if (read_amounts(*parts_.value, first, values_, faults_) != row_fault::none)
                walk.note(*parts_.value, faults_);
        }
        for (coded_column* const c : {&sources_, &ids_}) {
            c->read(first, n);
            walk.note(*c);
        }
        for (auto& c : kind_columns_) {
            c.read(first, n);
            walk.note(c);
        }
        combined_ = kind_columns_[0].codes;
        for (std::size_t k = 1; k < kind_columns_.size(); ++k)
            if (kind_columns_[k].of != nullptr)
                for (std::size_t i = 0; i < n; ++i)
                    combined_[i] = pairs_[k](combined_[i], kind_columns_[k].codes[i]);
    }
    void take(std::size_t i) {
        good_.lead.push_back(finder_.find(leads_, i));
        good_.at.push_back(instants_[i]);
        good_.kind.push_back(kind_of(i));
        if (parts_.value != nullptr) good_.value.push_back(values_[i]);
        if (has_source_ids_) good_.source_id.push_back(source_id_of(i));
    }
    /// Adds a block without bad rows, without copying its columns.
    void take_all(std::size_t n) {
        const auto leads = finder_.find_all(leads_);
        good_.kind.resize(n);
        for (std::size_t i = 0; i < n; ++i) good_.kind[i] = kind_of(i);
        if (has_source_ids_)
            for (std::size_t i = 0; i < n; ++i) good_.source_id.push_back(source_id_of(i));
        sink_.add(leads, instants_, good_.kind, values_, good_.source_id);
        good_.kind.clear();
        good_.source_id.clear();
    }
    /// Adds the rows that `take` collected.
    void flush() {
        if (good_.lead.empty()) return;
        sink_.add(good_.lead, good_.at, good_.kind, good_.value, good_.source_id);
        good_.lead.clear();
        good_.at.clear();
        good_.kind.clear();
        good_.value.clear();
        good_.source_id.clear();
    }

    [[nodiscard]] std::uint32_t kind_of(std::size_t i) {
        return number_once(kinds_, combined_[i], [&] { return make_kind(i); });
    }
    [[nodiscard]] std::uint32_t make_kind(std::size_t i) {
        touchpoint_kind k{.type = std::string{kind_columns_[0].text(i)},
                          .campaign = std::string{kind_columns_[1].text(i)},
                          .channel = std::string{kind_columns_[2].text(i)}};
        for (std::size_t n = 3; n < kind_columns_.size(); ++n)
            if (const std::uint32_t code = kind_columns_[n].code(i); code != 0)
                k.properties.emplace(kind_columns_[n].of->name,
                                     kind_columns_[n].coder->decode(code));
        return sink_.kind(k);
    }
    [[nodiscard]] std::uint32_t source_id_of(std::size_t i) {
        return to_.source_id(sources_.text(i), ids_.text(i));
    }

    history_builder& to_;
    touchpoint_sink& sink_;
    const touchpoint_parts& parts_;
    coded_column leads_;
    coded_column sources_;
    coded_column ids_;
    bool has_source_ids_;
    lead_finder finder_;

    // A row's kind is the combination of its type, campaign, channel and properties. The number of
    // a combination is that of (the combination of the columns before, the code of the next one).
    std::vector<coded_column> kind_columns_{};
    std::vector<pair_numbers> pairs_{};     // by column
    std::vector<std::uint32_t> combined_{}; // by row of the block
    std::vector<std::uint32_t> kinds_{};    // the sink's kind by combination

    // the block
    std::vector<instant> instants_{};
    std::vector<stored_value> values_{};
    std::vector<row_fault> faults_{};
    struct {
        std::vector<std::uint32_t> lead{};
        std::vector<instant> at{};
        std::vector<std::uint32_t> kind{};
        std::vector<stored_value> value{};
        std::vector<std::uint32_t> source_id{};
    } good_; // its good rows, if some are bad
};

LEADFUNNEL_DECL ingest_report read_touchpoints(history_builder& to, touchpoint_sink& sink,
                                               const touchpoints_table& t, const plan* p,
                                               const ingest_options& options) {
    ingest_report report;
    const touchpoint_parts parts = take_parts(t, p, report);
    if (report.failed) return report;
    row_walk walk(parts.lead->size(), options, report);
    touchpoint_rows{to, sink, parts}.run(walk);
    report.events[static_cast<std::size_t>(row_target::touchpoint)] = report.accepted;
    return report;
}

// ---- both tables --------------------------------------------------------------------------------

LEADFUNNEL_DECL void require_all(ingest_report leads, ingest_report touchpoints) {
    if (leads.failed || leads.bad != 0 || touchpoints.failed || touchpoints.bad != 0)
        throw table_error(std::move(leads), std::move(touchpoints));
}

LEADFUNNEL_DECL histories histories_of(const leads_table& leads,
                                       const touchpoints_table& touchpoints, const plan* p) {
    history_builder builder;
    builder_sink sink{builder};
    ingest_report lead_report;
    if (!leads.columns.empty()) lead_report = read_leads(builder, leads, p, {});
    auto touchpoint_report = read_touchpoints(builder, sink, touchpoints, p, {});
    require_all(std::move(lead_report), std::move(touchpoint_report));
    return builder.build();
}

} // namespace leadfunnel::inline v0::detail
