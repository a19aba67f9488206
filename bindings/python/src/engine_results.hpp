// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Results of the engine as objects of `leadfunnel._engine_types`.

#include "common.hpp"

#include <optional>
#include <vector>

namespace leadfunnel_python {

[[nodiscard]] py::object from_applied(const lf::applied& a);
[[nodiscard]] py::object from_batch(const lf::batch_report& r);
/// `None` if the lead has not entered the funnel.
[[nodiscard]] py::object from_position(const std::optional<lf::position>& p);
[[nodiscard]] py::object from_signal(const lf::signal& s);
[[nodiscard]] py::object from_replacement(const lf::replacement_report& r);
/// Pairs of a lead and its points.
[[nodiscard]] py::list from_ranked(const std::vector<lf::ranked_lead>& leads);

} // namespace leadfunnel_python
