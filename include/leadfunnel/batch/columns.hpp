// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Tables in: leads and touchpoints that a host holds as named columns (Arrow, NumPy, vectors)
/// become histories, without a copy of the columns or an event for each row.
///
/// ```
/// const lf::histories h = lf::make_histories(
///     lf::leads_table{{{"lead", ids}, {"industry", industries}, {"employees", counts}}},
///     lf::touchpoints_table{{{"lead", who}, {"at", when}, {"type", what}, {"url", where}}});
/// ```
///
/// For scores alone, without histories, see `score_tables`.

#include <leadfunnel/batch/score_tables.hpp>
#include <leadfunnel/batch/table.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/history/ingest_report.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <cstdint>
#include <functional>

namespace leadfunnel::inline v0 {

/// Adds a table to a builder. The result is the same as adding the rows one by one as events.
///
/// Problems of the table as a whole are issues of the report, all of them at once, and nothing is
/// added: a missing or duplicate column, a type that does not fit, columns of different lengths,
/// offsets or codes that lead outside. `issue::file` is the table's name, `issue::pointer` the
/// column's.
///
/// Bad rows and options work as they do for files, with two differences: `bad_row::line` is the
/// number of the row, from 1, and `offset`, `raw` and `bytes` stay empty.
///
/// O(cells + texts of dictionaries). Each text is hashed once per cell, a coded text not at all;
/// each combination of a touchpoint's texts is made into a kind once. Throws only what `options`'
/// callbacks throw, and std::bad_alloc. Not for concurrent use of one builder.
LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, const leads_table& t,
                                        const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, const touchpoints_table& t,
                                              const ingest_options& options = {});

/// As above. Attributes and properties that the plan's model does not declare, or declares with
/// another type, are issues too.
LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, const leads_table& t, const plan& p,
                                        const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, const touchpoints_table& t,
                                              const plan& p, const ingest_options& options = {});

/// Receives the event of a row, and the row's number, from 0.
using event_of_row = std::function<void(event, std::uint64_t)>;

/// Calls `to` with the event of each good row, in order. Rows are bad for the same reasons as in
/// `add_leads` and `add_touchpoints`. Throws what `to` and `options`' callbacks throw. O(cells).
LEADFUNNEL_DECL ingest_report read_events(const leads_table& t, const plan& p,
                                          const event_of_row& to,
                                          const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report read_events(const touchpoints_table& t, const plan& p,
                                          const event_of_row& to,
                                          const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report read_events(const stages_table& t, const plan& p,
                                          const event_of_row& to,
                                          const ingest_options& options = {});

/// Makes histories of both tables, or throws `table_error` with every issue and the first 1,000 bad
/// rows of each table. Leads are numbered in the order of the leads table, then of the touchpoints.
/// A leads table without columns (`{}`) adds no facts. O(cells + texts of dictionaries + events ·
/// log(events of a lead)).
[[nodiscard]] LEADFUNNEL_DECL histories make_histories(const leads_table& leads,
                                                       const touchpoints_table& touchpoints);
/// As above; compares the columns with the plan's model, too.
[[nodiscard]] LEADFUNNEL_DECL histories make_histories(const leads_table& leads,
                                                       const touchpoints_table& touchpoints,
                                                       const plan& p);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/columns.ipp>
#endif
