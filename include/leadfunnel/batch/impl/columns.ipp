// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/columns.hpp>

#include <leadfunnel/batch/detail/column_coders.hpp>
#include <leadfunnel/batch/detail/row_walk.hpp>
#include <leadfunnel/batch/detail/table_reader.hpp>
#include <leadfunnel/batch/detail/table_rows.hpp>
#include <leadfunnel/model/model.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0 {

namespace detail {

// ---- rows as events -----------------------------------------------------------------------------

/// The columns of a table whose rows are read as events.
class event_columns {
  public:
    event_columns(const ingest_options& options, ingest_report& report)
        : options_(options), report_(report) {}

    /// Adds a column of texts or facts; the lead first. Returns its number here. Of several faults
    /// of a row, that of the column added first is reported.
    std::size_t add(const column* c, row_fault when_missing = row_fault::none) {
        columns_.emplace_back(c, when_missing);
        return columns_.size() - 1;
    }
    [[nodiscard]] std::string text(std::size_t column, std::size_t i) const {
        return std::string{columns_[column].text(i)};
    }
    /// The values of columns `first` and later, by name. With `nulls`, null values are included.
    [[nodiscard]] value_map facts(std::size_t first, std::size_t i, bool nulls) const {
        value_map out;
        for (std::size_t k = first; k < columns_.size(); ++k)
            if (const std::uint32_t code = columns_[k].code(i); nulls || code != 0)
                out.emplace(columns_[k].of->name, columns_[k].coder->decode(code));
        return out;
    }
    [[nodiscard]] instant at(std::size_t i) const { return instants_[i]; }
    [[nodiscard]] std::optional<decimal> amount(std::size_t i) const {
        return amounts_.empty() ? std::nullopt : load(amounts_[i]);
    }

    /// Calls `to` with the event `make(i)` of each good row i of a block, and its number.
    template<class Make>
    void run(std::size_t rows, const column* when, bool or_always, const column* amounts,
             const event_of_row& to, const Make& make) {
        row_walk walk(rows, options_, report_);
        std::size_t before = 0;
        const auto take = [&](std::size_t i) { to(make(i), before + i); };
        walk.run(
            [&](std::size_t first, std::size_t n) {
                before = first;
                instants_.assign(n, always);
                faults_.resize(n);
                columns_.front().read(first, n); // the lead
                walk.note(columns_.front());
                if (when != nullptr &&
                    read_instants(*when, first, instants_, faults_, or_always) != row_fault::none)
                    walk.note(*when, faults_);
                if (amounts != nullptr) {
                    amounts_.resize(n);
                    if (read_amounts(*amounts, first, amounts_, faults_) != row_fault::none)
                        walk.note(*amounts, faults_);
                }
                for (std::size_t k = 1; k < columns_.size(); ++k) {
                    columns_[k].read(first, n);
                    walk.note(columns_[k]);
                }
            },
            take,
            [&](std::size_t n) {
                for (std::size_t i = 0; i < n; ++i) take(i);
            },
            [] {});
    }

  private:
    const ingest_options& options_;
    ingest_report& report_;
    std::vector<coded_column> columns_{};
    std::vector<instant> instants_{};
    std::vector<stored_value> amounts_{};
    std::vector<row_fault> faults_{};
};

inline ingest_report read_lead_events(const leads_table& t, const plan& p, const event_of_row& to,
                                      const ingest_options& options) {
    ingest_report report;
    const lead_parts parts = take_parts(t, &p, report);
    if (report.failed) return report;

    event_columns columns(options, report);
    const auto leads = columns.add(parts.lead, row_fault::missing_lead);
    const auto sources = columns.add(parts.source);
    const auto ids = columns.add(parts.id);
    for (const column* const c : parts.attributes) columns.add(c);
    columns.run(parts.lead->size(), parts.at, true, nullptr, to, [&](std::size_t i) {
        return attributes{.lead = columns.text(leads, i),
                          .at = columns.at(i),
                          .values = columns.facts(ids + 1, i, true),
                          .source = columns.text(sources, i),
                          .id = columns.text(ids, i)};
    });
    report.events[static_cast<std::size_t>(row_target::attributes)] = report.accepted;
    return report;
}

inline ingest_report read_touchpoint_events(const touchpoints_table& t, const plan& p,
                                            const event_of_row& to, const ingest_options& options) {
    ingest_report report;
    const touchpoint_parts parts = take_parts(t, &p, report);
    if (report.failed) return report;

    event_columns columns(options, report);
    const auto leads = columns.add(parts.lead, row_fault::missing_lead);
    const auto sources = columns.add(parts.source);
    const auto ids = columns.add(parts.id);
    const auto types = columns.add(parts.type, row_fault::missing_type);
    const auto campaigns = columns.add(parts.campaign);
    const auto channels = columns.add(parts.channel);
    for (const column* const c : parts.properties) columns.add(c);
    columns.run(parts.lead->size(), parts.at, false, parts.value, to, [&](std::size_t i) {
        return touchpoint{.lead = columns.text(leads, i),
                          .at = columns.at(i),
                          .type = columns.text(types, i),
                          .properties = columns.facts(channels + 1, i, false),
                          .value = columns.amount(i),
                          .campaign = columns.text(campaigns, i),
                          .channel = columns.text(channels, i),
                          .source = columns.text(sources, i),
                          .id = columns.text(ids, i)};
    });
    report.events[static_cast<std::size_t>(row_target::touchpoint)] = report.accepted;
    return report;
}

inline ingest_report read_stage_events(const stages_table& t, const plan& p, const event_of_row& to,
                                       const ingest_options& options) {
    ingest_report report;
    const auto& funnels = p.source().funnels;
    const std::string only = funnels.size() == 1 ? funnels.front().id : std::string{};
    table_reader reader(t.columns, t.name);
    using need = table_reader::need;
    const column* const lead = reader.take(t.lead, "lead", value_type::string, need::required);
    const column* const at = reader.take(t.at, "at", value_type::timestamp, need::required);
    const column* const funnel = reader.take(t.funnel, "funnel", value_type::string,
                                             only.empty() ? need::required : need::if_named);
    const column* const stage = reader.take(t.stage, "stage", value_type::string, need::required);
    const column* const transition = reader.take(t.transition, "transition", value_type::string);
    const column* const reason = reader.take(t.reason, "reason", value_type::string);
    const column* const cause = reader.take(t.cause, "cause", value_type::string);
    const column* const source = reader.take(t.source, "source", value_type::string);
    const column* const id = reader.take(t.id, "id", value_type::string);
    reader.check(lead, {at, funnel, stage, transition, reason, cause, source, id}, {});
    report.issues = std::move(reader).issues();
    report.failed = !report.issues.empty();
    if (report.failed) return report;

    event_columns columns(options, report);
    const auto leads = columns.add(lead, row_fault::missing_lead);
    const auto funnel_names =
        columns.add(funnel, only.empty() ? row_fault::missing_stage : row_fault::none);
    const auto stages = columns.add(stage, row_fault::missing_stage);
    const auto transitions = columns.add(transition);
    const auto reasons = columns.add(reason);
    const auto causes = columns.add(cause);
    const auto sources = columns.add(source);
    const auto ids = columns.add(id);
    columns.run(lead->size(), at, false, nullptr, to, [&](std::size_t i) {
        stage_entry out{.lead = columns.text(leads, i),
                        .at = columns.at(i),
                        .funnel = columns.text(funnel_names, i),
                        .stage = columns.text(stages, i),
                        .transition = columns.text(transitions, i),
                        .reason = columns.text(reasons, i),
                        .cause = columns.text(causes, i),
                        .source = columns.text(sources, i),
                        .id = columns.text(ids, i)};
        if (out.funnel.empty()) out.funnel = only;
        return out;
    });
    report.events[static_cast<std::size_t>(row_target::stage)] = report.accepted;
    return report;
}

} // namespace detail

LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, const leads_table& t,
                                        const ingest_options& options) {
    return detail::read_leads(to, t, nullptr, options);
}
LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, const leads_table& t, const plan& p,
                                        const ingest_options& options) {
    return detail::read_leads(to, t, &p, options);
}
LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, const touchpoints_table& t,
                                              const ingest_options& options) {
    detail::builder_sink sink{to};
    return detail::read_touchpoints(to, sink, t, nullptr, options);
}
LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, const touchpoints_table& t,
                                              const plan& p, const ingest_options& options) {
    detail::builder_sink sink{to};
    return detail::read_touchpoints(to, sink, t, &p, options);
}

LEADFUNNEL_DECL ingest_report read_events(const leads_table& t, const plan& p,
                                          const event_of_row& to, const ingest_options& options) {
    return detail::read_lead_events(t, p, to, options);
}
LEADFUNNEL_DECL ingest_report read_events(const touchpoints_table& t, const plan& p,
                                          const event_of_row& to, const ingest_options& options) {
    return detail::read_touchpoint_events(t, p, to, options);
}
LEADFUNNEL_DECL ingest_report read_events(const stages_table& t, const plan& p,
                                          const event_of_row& to, const ingest_options& options) {
    return detail::read_stage_events(t, p, to, options);
}

LEADFUNNEL_DECL histories make_histories(const leads_table& leads,
                                         const touchpoints_table& touchpoints) {
    return detail::histories_of(leads, touchpoints, nullptr);
}
LEADFUNNEL_DECL histories make_histories(const leads_table& leads,
                                         const touchpoints_table& touchpoints, const plan& p) {
    return detail::histories_of(leads, touchpoints, &p);
}

} // namespace leadfunnel::inline v0
