// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// leadfunnel: scores B2B leads by a model that a marketer can read, and explains every point.
///
/// One sentence says how data moves: a *model* (plain data, or a JSON file) is compiled into a
/// *plan* (immutable); *histories* hold what leads are and did; a *scorer* reads scores, bands and
/// explanations at any instant, `score_all` for all leads at once; an *engine* keeps leads live and
/// tells its host what changes.
///
/// Not included here, for their weight or their dependencies:
/// - `model/json.hpp`: models as JSON files
/// - `io/…`: CSV and NDJSON of leads and touchpoints
/// - `interop/date_time.hpp`: conversions from and to Boost.Date_Time

#include <leadfunnel/batch/columns.hpp>
#include <leadfunnel/batch/score_table.hpp>
#include <leadfunnel/core/amount.hpp>
#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/error.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/progress.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/core/version.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/engine/sharded_engine.hpp>
#include <leadfunnel/engine/shared_engine.hpp>
#include <leadfunnel/engine/signal.hpp>
#include <leadfunnel/engine/snapshot_error.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/model/condition.hpp>
#include <leadfunnel/model/diagram.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/check.hpp>
#include <leadfunnel/plan/plan.hpp>
#include <leadfunnel/plan/working_time.hpp>
#include <leadfunnel/score/explanation.hpp>
#include <leadfunnel/score/scorer.hpp>
#include <leadfunnel/store/identity.hpp>
