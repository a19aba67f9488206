// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Long calls of the engine, in pieces that other threads and Ctrl-C can come between.

#include "forkable_engine.hpp"

namespace leadfunnel_python {

/// Python's events, each with its place as its row.
[[nodiscard]] event_rows to_events(const py::iterable& events, const lf::model& m);

/// Applies many events, about 4,096 at a time, and moves them out of `rows`. Other threads may read
/// between two batches, and Ctrl-C cancels there. A batch ends between two instants, so that the
/// outcome is that of a single batch.
[[nodiscard]] py::object apply_rows(forkable_engine& self, event_rows& rows,
                                    const py::object& progress);

/// Loads the events that an engine begins with, in one piece.
[[nodiscard]] py::object load_rows(forkable_engine& self, const event_rows& rows,
                                   const py::object& progress);
/// The same from histories, whose columns are copied.
[[nodiscard]] py::object load_histories(forkable_engine& self, const shared_histories& h,
                                        const py::object& progress);

/// Moves the clock in steps of some 20 to 80 ms of work. Other threads may read between two steps,
/// and Ctrl-C cancels there; the result does not depend on the steps. Progress is in seconds of the
/// time that passes.
/// \throws InputError if `to` is outside the years 1900 to 2199
void advance_to(forkable_engine& self, lf::instant to, const py::object& progress);

} // namespace leadfunnel_python
