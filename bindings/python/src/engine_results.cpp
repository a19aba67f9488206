// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "engine_results.hpp"

#include <optional>
#include <vector>

namespace leadfunnel_python {

using namespace py::literals;

py::object from_applied(const lf::applied& a) {
    const auto made = [&](const char* outcome) {
        return python_name("leadfunnel._engine_types", "Applied")(outcome, a.late, a.reason);
    };
    if (a.what == lf::applied::outcome::duplicate) return made("duplicate");
    if (a.what == lf::applied::outcome::refused) return made("refused");
    if (a.late) return made("taken");
    // The result of nearly all events is one object, made once: making it takes as long as applying
    // the event.
    PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<py::object> taken;
    return taken.call_once_and_store_result([&] { return made("taken"); }).get_stored();
}

py::object from_batch(const lf::batch_report& r) {
    py::list refused;
    for (const auto& one : r.refused) refused.append(py::make_tuple(one.event, one.reason));
    return python_name("leadfunnel._engine_types",
                       "BatchReport")("taken"_a = r.taken, "duplicates"_a = r.duplicates,
                                      "late"_a = r.late, "refused"_a = refused);
}

py::object from_position(const std::optional<lf::position>& p) {
    if (!p) return py::none();
    return python_name("leadfunnel._engine_types",
                       "Position")("stage"_a = p->stage, "since"_a = from_instant(p->since),
                                   "cycle"_a = p->cycle, "entries"_a = p->entries);
}

py::object from_signal(const lf::signal& s) {
    const bool has_due = s.kind == lf::signal_kind::sla_warning ||
                         s.kind == lf::signal_kind::sla_breached ||
                         s.kind == lf::signal_kind::sla_met;
    return python_name("leadfunnel._engine_types", "Signal")(
        "sequence"_a = s.sequence, "at"_a = from_instant(s.at), "lead"_a = s.lead,
        "kind"_a = std::string(to_string(s.kind)), "subject"_a = s.subject, "from_"_a = s.from,
        "to"_a = s.to, "cause"_a = s.cause, "reason"_a = s.reason,
        "due"_a = has_due ? from_instant(s.due) : py::none(), "cycle"_a = s.cycle,
        "explanation"_a = s.explanation, "model_version"_a = s.model_version);
}

py::object from_replacement(const lf::replacement_report& r) {
    const py::object type = python_name("leadfunnel._engine_types", "Change");
    const auto list = [&](const std::vector<lf::replacement_report::change>& changes) {
        py::list out;
        for (const auto& c : changes)
            out.append(type("lead"_a = c.lead, "subject"_a = c.subject, "from_"_a = c.from,
                            "to"_a = c.to));
        return out;
    };
    return python_name("leadfunnel._engine_types", "Replacement")("bands"_a = list(r.bands),
                                                                  "stages"_a = list(r.stages));
}

py::list from_ranked(const std::vector<lf::ranked_lead>& leads) {
    py::list out;
    for (const lf::ranked_lead& l : leads) out.append(py::make_tuple(l.lead, from_points(l.score)));
    return out;
}

} // namespace leadfunnel_python
