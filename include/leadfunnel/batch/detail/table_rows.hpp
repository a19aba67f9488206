// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The rows of tables as rows of histories. Not for users.

#include <leadfunnel/batch/table.hpp>
#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/history/ingest_report.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <cstdint>
#include <span>

namespace leadfunnel::inline v0::detail {

/// Receives the touchpoints of tables.
class touchpoint_sink {
  public:
    touchpoint_sink() = default;
    touchpoint_sink(const touchpoint_sink&) = delete;
    touchpoint_sink& operator=(const touchpoint_sink&) = delete;
    virtual ~touchpoint_sink() = default;

    /// A number for a kind, to be used in `add`.
    virtual std::uint32_t kind(const touchpoint_kind& k) = 0;
    /// Adds touchpoints, as columns of equal length. `values` and `source_ids` are empty where the
    /// table has none.
    virtual void add(std::span<const std::uint32_t> leads, std::span<const instant> at,
                     std::span<const std::uint32_t> kinds, std::span<const stored_value> values,
                     std::span<const std::uint32_t> source_ids) = 0;
};

/// Adds the touchpoints to a builder.
class builder_sink final : public touchpoint_sink {
  public:
    /// The builder must outlive the sink.
    explicit builder_sink(history_builder& to) : to_(to) {}
    std::uint32_t kind(const touchpoint_kind& k) override { return to_.kind(k); }
    void add(std::span<const std::uint32_t> leads, std::span<const instant> at,
             std::span<const std::uint32_t> kinds, std::span<const stored_value> values,
             std::span<const std::uint32_t> source_ids) override {
        to_.add_touchpoints(leads, at, kinds, values, source_ids);
    }

  private:
    history_builder& to_;
};

/// Adds the rows of a leads table to a builder; compares the table with a plan if there is one.
LEADFUNNEL_DECL ingest_report read_leads(history_builder& to, const leads_table& t, const plan* p,
                                         const ingest_options& options);
/// Adds the rows of a touchpoints table to a sink. Leads and source ids are numbers of the builder,
/// kinds numbers of the sink.
LEADFUNNEL_DECL ingest_report read_touchpoints(history_builder& to, touchpoint_sink& sink,
                                               const touchpoints_table& t, const plan* p,
                                               const ingest_options& options);

/// Throws `table_error` unless all rows of both tables were read.
LEADFUNNEL_DECL void require_all(ingest_report leads, ingest_report touchpoints);
/// See `make_histories`.
[[nodiscard]] LEADFUNNEL_DECL histories histories_of(const leads_table& leads,
                                                     const touchpoints_table& touchpoints,
                                                     const plan* p);

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/table_rows.ipp>
#endif
