// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "reading.hpp"

#include <leadfunnel/io/history_sink.hpp>

#include <iterator>
#include <memory>
#include <optional>
#include <utility>

namespace leadfunnel_python {

using namespace py::literals;

namespace {

/// Adds a table to a `history_builder` or an `additive_scorer`.
template<class To>
py::dict add_leads_to(To& to, lf::arrow_table& t, const lf::plan& p, const reading& how) {
    const auto report =
        how.run([&] { return lf::add_leads(to, t, leads_columns(t), p, how.clock, how.options); });
    return from_report(report, t.name(), false);
}
template<class To>
py::dict add_touchpoints_to(To& to, lf::arrow_table& t, const lf::plan& p, const reading& how) {
    const auto report = how.run([&] {
        return lf::add_touchpoints(to, t, touchpoints_columns(t), p, how.clock, how.options);
    });
    return from_report(report, t.name(), false);
}

/// Collects histories from tables, files and events.
class reader {
  public:
    explicit reader(lf::plan p) : plan_(std::move(p)) {}

    py::dict add_leads(lf::arrow_table& t, const reading& how) {
        return add_leads_to(builder_, t, plan_, how);
    }
    py::dict add_touchpoints(lf::arrow_table& t, const reading& how) {
        return add_touchpoints_to(builder_, t, plan_, how);
    }
    py::dict add_text(const bytes_source& next, const std::string& mapping,
                      const std::string& mapping_name, const std::string& name,
                      const std::string& table, const reading& how) {
        lf::history_sink sink(builder_);
        return mapped_text{next, mapping, mapping_name, name, table}.read_into(sink, how);
    }
    /// Adds events. Returns the row and the reason of each that no history can hold.
    py::list add_events(const event_rows& events) {
        py::list refused;
        for (std::size_t i = 0; i < events.events.size(); ++i) {
            try {
                builder_.add(events.events[i]);
            } catch (const lf::event_error& e) {
                refused.append(py::make_tuple(events.rows[i], std::string{e.what()}));
            }
        }
        return refused;
    }
    /// Adds leads that may have no events.
    void add_ids(const lead_instants& of) {
        for (const std::string& id : of.leads) builder_.lead(id);
    }

    shared_histories build() {
        return released([&] {
            return shared_histories{std::make_shared<const lf::histories>(builder_.build()), plan_};
        });
    }

  private:
    lf::plan plan_;
    lf::history_builder builder_{};
};

/// All events, lead by lead. Their row is 0: they come from no table.
event_rows rows_of(const shared_histories& h) {
    event_rows out;
    for (std::size_t lead = 0; lead < h.of->size(); ++lead) {
        auto events = h.of->events(lead);
        out.events.insert(out.events.end(), std::make_move_iterator(events.begin()),
                          std::make_move_iterator(events.end()));
    }
    out.rows.resize(out.events.size());
    return out;
}

py::list events_of(const shared_histories& h, std::size_t lead) {
    if (lead >= h.of->size()) throw py::index_error("there is no such lead");
    py::list out;
    for (const lf::event& e : h.of->events(lead)) out.append(from_event(e));
    return out;
}

void bind_shared_histories(py::module_& m) {
    py::class_<shared_histories>(m, "Histories", "Histories of leads.")
        .def("__len__", [](const shared_histories& h) { return h.of->size(); })
        .def_property_readonly("touchpoints",
                               [](const shared_histories& h) { return h.of->touchpoint_count(); })
        .def_property_readonly("duplicates",
                               [](const shared_histories& h) { return h.of->duplicates(); })
        .def_property_readonly("memory", [](const shared_histories& h) { return h.of->memory(); })
        .def(
            "find", [](const shared_histories& h, const text_arg& id) { return h.of->find(id); },
            "lead"_a, "The lead's number, or None.")
        .def(
            "lead",
            [](const shared_histories& h, count_arg lead) {
                if (lead >= h.of->size()) throw py::index_error("there is no such lead");
                return std::string{h.of->lead_id(lead)};
            },
            "number"_a, "A lead's id, by its number.")
        .def(
            "rows", [](const shared_histories& h) { return released([&] { return rows_of(h); }); },
            "All events.")
        .def("events", &events_of, "lead"_a, "A lead's events, by its number.");
}

void bind_additive_scores(py::module_& m) {
    py::class_<additive_scores>(m, "AdditiveScores",
                                "Scores that are added up from tables, without histories.")
        .def_static(
            "begin",
            [](const lf::plan& p, const py::object& at) -> std::optional<additive_scores> {
                if (!lf::additive_scorer::is_for(p)) return std::nullopt;
                const lf::instant when = to_instant(at);
                return additive_scores{p, when, lf::additive_scorer{p, when}};
            },
            "plan"_a, "at"_a, "None if the plan's scores are not sums over single touchpoints.")
        .def(
            "add_leads",
            [](additive_scores& to, lf::arrow_table& t, const reading& how) {
                return add_leads_to(to.of, t, to.plan, how);
            },
            "table"_a, "how"_a)
        .def(
            "add_touchpoints",
            [](additive_scores& to, lf::arrow_table& t, const reading& how) {
                return add_touchpoints_to(to.of, t, to.plan, how);
            },
            "table"_a, "how"_a);
}

void bind_reader(py::module_& m) {
    py::class_<reader>(m, "Reader", "Collects histories.")
        .def(py::init<lf::plan>(), "plan"_a)
        .def("add_leads", &reader::add_leads, "table"_a, "how"_a)
        .def("add_touchpoints", &reader::add_touchpoints, "table"_a, "how"_a)
        .def("add_text", &reader::add_text, "next"_a, "mapping"_a, "mapping_name"_a, "name"_a,
             "table"_a, "how"_a,
             "Reads CSV or NDJSON. `next` returns its bytes piece by piece, and none at the end.")
        .def("add_events", &reader::add_events, "events"_a)
        .def("add_ids", &reader::add_ids, "pairs"_a)
        .def("build", &reader::build);
}

} // namespace

void bind_histories(py::module_& m) {
    bind_shared_histories(m);
    bind_additive_scores(m);
    bind_reader(m);
}

} // namespace leadfunnel_python
