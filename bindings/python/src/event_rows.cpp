// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "reading.hpp"

#include <leadfunnel/io/history_sink.hpp>

#include <cstdint>
#include <utility>
#include <variant>

namespace leadfunnel_python {

using namespace py::literals;

namespace {

/// The rows of a table of leads, touchpoints or stage entries as events, and the report.
py::tuple read_events(lf::arrow_table& t, const std::string& kind, const lf::plan& p,
                      const reading& how) {
    event_rows out;
    const auto take = [&](lf::event e, std::uint64_t row) {
        out.events.push_back(std::move(e));
        out.rows.push_back(static_cast<std::size_t>(row));
    };
    const auto report = how.run([&] {
        const auto read = [&](const auto& columns) {
            return lf::read_events(t, columns, p, take, how.clock, how.options);
        };
        if (kind == "leads") return read(leads_columns(t));
        if (kind == "touchpoints") return read(touchpoints_columns(t));
        return read(stages_columns(t));
    });
    return py::make_tuple(std::move(out), from_report(report, t.name(), false));
}

/// Appends the rows of a text as events, each numbered by its place among them.
py::dict add_text(event_rows& to, const bytes_source& next, const std::string& mapping,
                  const std::string& mapping_name, const std::string& name,
                  const std::string& table, const reading& how) {
    std::size_t row = 0;
    lf::event_sink sink([&](lf::event e) {
        to.events.push_back(std::move(e));
        to.rows.push_back(row++);
    });
    return mapped_text{next, mapping, mapping_name, name, table}.read_into(sink, how);
}

/// The leads and instants of a table, row by row, and the report. The first bad row fails all.
py::tuple read_pairs(lf::arrow_table& t, const lf::plan& p, const reading& how) {
    lead_instants out;
    lf::leads_table names;
    names.attributes.emplace();
    names.name = t.name();
    lf::ingest_options options = how.options;
    options.strict = true;
    const auto report = how.run([&] {
        return lf::read_events(
            t, names, p,
            [&](lf::event e, std::uint64_t) {
                auto& row = std::get<lf::attributes>(e);
                out.leads.push_back(std::move(row.lead));
                out.at.push_back(row.at);
            },
            how.clock, options);
    });
    return py::make_tuple(std::move(out), from_report(report, t.name(), false));
}

} // namespace

void bind_event_rows(py::module_& m) {
    py::class_<event_rows>(m, "EventRows", "Events, and the rows that they were read from.")
        .def(py::init<>())
        .def("__len__", [](const event_rows& e) { return e.events.size(); })
        .def("add_text", &add_text, "next"_a, "mapping"_a, "mapping_name"_a, "name"_a, "table"_a,
             "how"_a)
        .def("extend", [](event_rows& e, const event_rows& more) {
            e.events.insert(e.events.end(), more.events.begin(), more.events.end());
            e.rows.insert(e.rows.end(), more.rows.begin(), more.rows.end());
        });
    m.def("read_events", &read_events, "table"_a, "kind"_a, "plan"_a, "how"_a);

    py::class_<lead_instants>(m, "LeadInstants", "Leads and instants, row by row.")
        .def("__len__", [](const lead_instants& p) { return p.leads.size(); });
    m.def("read_pairs", &read_pairs, "table"_a, "plan"_a, "how"_a);
}

} // namespace leadfunnel_python
