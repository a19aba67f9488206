// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "reading.hpp"

#include <leadfunnel/core/detail/tzdata_hint.hpp>
#include <leadfunnel/io/mapping.hpp>

namespace leadfunnel_python {

using namespace py::literals;

reading::reading(const std::string& zone, const std::string& ambiguous, bool strict,
                 std::size_t keep, const py::object& progress)
    : watch_(progress) {
    if (!zone.empty()) {
        clock.zone = lf::time_zone::find(zone);
        if (!clock.zone) {
            const auto hint = lf::detail::hint_without_zones(lf::time_zone::names());
            raise_input_error("there is no time zone " + lf::detail::quote(zone) +
                              (hint.empty() ? "" : "; " + hint));
        }
    }
    clock.ambiguous = ambiguous == "earliest" ? lf::local_choice::earliest
                      : ambiguous == "latest" ? lf::local_choice::latest
                                              : lf::local_choice::refuse;
    options.strict = strict;
    options.keep_bad_rows = keep;
    options.check_every = std::size_t{1} << 16;
    options.progress = [this](const lf::ingest_progress& p) { return watch_(p.rows, 0); };
}

py::dict from_report(const lf::ingest_report& r, const std::string& table, bool is_file) {
    py::list rows;
    const py::object row_type = python_name("leadfunnel._errors", "BadRow");
    for (const lf::bad_row& b : r.bad_rows)
        rows.append(row_type("table"_a = table, "row"_a = is_file ? b.line : b.line - 1,
                             "column"_a = b.column, "reason"_a = std::string(to_string(b.fault)),
                             "message"_a = b.message));
    return py::dict("rows"_a = r.rows, "accepted"_a = r.accepted, "skipped"_a = r.skipped,
                    "bad"_a = r.bad, "bad_rows"_a = rows, "issues"_a = from_issues(r.issues),
                    "failed"_a = r.failed);
}

lf::leads_table leads_columns(const lf::arrow_table& t) {
    lf::leads_table names;
    names.source = t.has("source") ? "source" : "";
    names.id = t.has("id") ? "id" : "";
    names.name = t.name();
    return names;
}

lf::touchpoints_table touchpoints_columns(const lf::arrow_table& t) {
    lf::touchpoints_table names;
    names.name = t.name();
    return names;
}

lf::stages_table stages_columns(const lf::arrow_table& t) {
    lf::stages_table names;
    names.name = t.name();
    return names;
}

py::dict mapped_text::read_into(lf::row_sink& sink, const reading& how) const {
    const auto report = how.run([&] {
        lf::ingester in(lf::parse_mapping(mapping, mapping_name), sink, how.options, name);
        const gil_acquire locked;
        for (bool more = true; more;) {
            const py::object piece = next();
            if (!PyBytes_Check(piece.ptr())) throw py::type_error("a piece of text is no bytes");
            const std::string_view text{PyBytes_AS_STRING(piece.ptr()),
                                        static_cast<std::size_t>(PyBytes_GET_SIZE(piece.ptr()))};
            more = !text.empty() && released([&] { return in.push(text); });
        }
        return released([&] { return in.finish(); });
    });
    return from_report(report, table, true);
}

void bind_reading(py::module_& m) {
    py::class_<reading>(m, "Reading", "How a table is read.")
        .def(py::init<const std::string&, const std::string&, bool, std::size_t,
                      const py::object&>(),
             "zone"_a = "", "ambiguous"_a = "refuse", "strict"_a = false, "keep"_a = 1000,
             "progress"_a = py::none());
}

} // namespace leadfunnel_python
