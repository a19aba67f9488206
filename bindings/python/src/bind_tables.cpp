// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <leadfunnel/core/detail/tzdata_hint.hpp>
#include <leadfunnel/io/history_sink.hpp>
#include <leadfunnel/io/ingest.hpp>
#include <leadfunnel/io/mapping.hpp>

#include <pybind11/numpy.h>
#include <pybind11/typing.h>

#include <algorithm>
#include <limits>
#include <map>
#include <type_traits>

namespace leadfunnel_python {

using namespace py::literals;

py::capsule stream_capsule(std::unique_ptr<ArrowArrayStream> stream) {
    return py::capsule(stream.release(), "arrow_array_stream", [](PyObject* o) {
        auto* const s =
            static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(o, "arrow_array_stream"));
        if (s->release != nullptr) s->release(s);
        delete s;
    });
}

namespace {

// ---- columns made of Python's objects -----------------------------------------------------------

void clear_bit(std::vector<std::uint8_t>& bits, std::size_t i) {
    bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] & ~(1U << (i % 8)));
}

/// The bytes of a `str`; one that UTF-8 has no bytes for gives bytes that are not UTF-8, which
/// whoever reads the column refuses by its row.
class text_bytes {
  public:
    explicit text_bytes(const py::object& o) {
        if (!PyUnicode_Check(o.ptr())) raise_input_error("a column of texts holds something else");
        Py_ssize_t size = 0;
        const char* data = PyUnicode_AsUTF8AndSize(o.ptr(), &size);
        if (data == nullptr) {
            PyErr_Clear();
            owner_ = py::reinterpret_steal<py::object>(
                PyUnicode_AsEncodedString(o.ptr(), "utf-8", "surrogatepass"));
            if (!owner_) throw py::error_already_set();
            char* bytes = nullptr;
            if (PyBytes_AsStringAndSize(owner_.ptr(), &bytes, &size) != 0)
                throw py::error_already_set();
            data = bytes;
        }
        of_ = {data, static_cast<std::size_t>(size)};
    }
    [[nodiscard]] std::string_view view() const noexcept { return of_; }

  private:
    py::object owner_{};
    std::string_view of_{};
};

/// Copies a column of one kind (`text`, `number`, `integer`, `flag`, `instant`, `word`) out of a
/// list, or of a NumPy array of numbers. `None` is null.
lf::arrow_column to_column(const std::string& name, const std::string& kind, py::handle cells) {
    lf::arrow_column c;
    c.name = name;
    // Whether it is an array is asked only of what may be one: NumPy need not be there.
    if (py::hasattr(cells, "__array_interface__") && py::isinstance<py::array>(cells)) {
        if (kind == "number") {
            const auto a =
                py::array_t<double, py::array::c_style | py::array::forcecast>::ensure(cells);
            if (!a) throw py::error_already_set();
            c.data = std::vector<double>(a.data(), a.data() + a.size());
            return c;
        }
        if (kind == "flag") {
            const auto a =
                py::array_t<std::uint8_t, py::array::c_style | py::array::forcecast>::ensure(cells);
            if (!a) throw py::error_already_set();
            c.data = lf::arrow_flag_data{{a.data(), a.data() + a.size()}};
            return c;
        }
        if (kind == "integer" || kind == "instant") {
            const auto a =
                py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>::ensure(cells);
            if (!a) throw py::error_already_set();
            std::vector<std::int64_t> of(a.data(), a.data() + a.size());
            if (kind == "integer") {
                c.data = std::move(of);
            } else {
                c.valid.assign((of.size() + 7) / 8, 0xff);
                for (std::size_t i = 0; i < of.size(); ++i)
                    if (of[i] == std::numeric_limits<std::int64_t>::min()) // NaT
                        clear_bit(c.valid, i);
                c.data = lf::arrow_instant_data{std::move(of)};
            }
            return c;
        }
    }
    const py::sequence of = py::reinterpret_borrow<py::sequence>(cells);
    const std::size_t n = py::len(of);
    c.valid.assign((n + 7) / 8, 0xff);
    bool any_null = false;
    const auto each = [&](const auto& put, const auto& put_null) {
        for (std::size_t i = 0; i < n; ++i) {
            const py::object cell = of[i];
            if (cell.is_none()) {
                clear_bit(c.valid, i);
                any_null = true;
                put_null();
            } else {
                put(cell);
            }
        }
    };
    if (kind == "text") {
        lf::arrow_text_data out;
        each([&](const py::object& o) { out.push_back(text_bytes(o).view()); },
             [&] { out.push_back({}); });
        c.data = std::move(out);
    } else if (kind == "word") {
        lf::arrow_code_data out;
        auto words = std::make_shared<std::vector<std::string>>();
        std::map<std::string, std::int32_t, std::less<>> known;
        each(
            [&](const py::object& o) {
                const auto [it, is_new] = known.try_emplace(
                    std::string{text_bytes(o).view()}, static_cast<std::int32_t>(words->size()));
                if (is_new) words->push_back(it->first);
                out.of.push_back(it->second);
            },
            [&] { out.of.push_back(-1); });
        out.words = std::move(words);
        c.data = std::move(out);
        any_null = false;
    } else if (kind == "number") {
        std::vector<double> out;
        each([&](const py::object& o) { out.push_back(py::float_(o).cast<double>()); },
             [&] { out.push_back(0); });
        c.data = std::move(out);
    } else if (kind == "integer") {
        std::vector<std::int64_t> out;
        each([&](const py::object& o) { out.push_back(o.cast<std::int64_t>()); },
             [&] { out.push_back(0); });
        c.data = std::move(out);
    } else if (kind == "flag") {
        lf::arrow_flag_data out;
        each([&](const py::object& o) { out.of.push_back(o.cast<bool>() ? 1 : 0); },
             [&] { out.of.push_back(0); });
        c.data = std::move(out);
    } else {
        lf::arrow_instant_data out;
        each(
            [&](const py::object& o) {
                out.micros.push_back(to_instant(o).time_since_epoch().count());
            },
            [&] { out.micros.push_back(0); });
        c.data = std::move(out);
    }
    if (!any_null) c.valid.clear();
    return c;
}

frame to_frame(const std::vector<std::tuple<std::string, std::string, py::object>>& columns) {
    frame out;
    for (const auto& [name, kind, cells] : columns)
        out.columns.push_back(to_column(name, kind, cells));
    for (const lf::arrow_column& c : out.columns)
        if (c.size() != out.size())
            raise_input_error("column " + lf::detail::quote(c.name) + " has " +
                              std::to_string(c.size()) + " rows, column " +
                              lf::detail::quote(out.columns[0].name) + " has " +
                              std::to_string(out.size()));
    return out;
}

std::string kind_of(const lf::arrow_column& c) {
    return std::visit(
        []<class T>(const T&) -> std::string {
            if constexpr (std::is_same_v<T, lf::arrow_text_data>)
                return "text";
            else if constexpr (std::is_same_v<T, lf::arrow_code_data>)
                return "word";
            else if constexpr (std::is_same_v<T, lf::arrow_instant_data>)
                return "instant";
            else if constexpr (std::is_same_v<T, lf::arrow_flag_data>)
                return "flag";
            else if constexpr (std::is_same_v<T, std::vector<double>>)
                return "number";
            else
                return "integer";
        },
        c.data);
}

// ---- frames as Python's objects -----------------------------------------------------------------

bool is_null(const lf::arrow_column& c, std::size_t i) {
    return !c.valid.empty() && (c.valid[i / 8] >> (i % 8) & 1) == 0;
}

const lf::arrow_column& column_of(const frame& f, const std::string& name) {
    for (const lf::arrow_column& c : f.columns)
        if (c.name == name) return c;
    raise_unknown_name("there is no column " + lf::detail::quote(name));
}

template<class T>
py::array_t<T> view_of(const std::vector<T>& of, const py::object& owner) {
    py::array_t<T> out({static_cast<py::ssize_t>(of.size())}, of.data(), owner);
    out.attr("flags").attr("writeable") = false;
    return out;
}

/// (kind, cells, …): what `to_pandas` makes a series of. Numbers stand where they are.
py::tuple numpy_of(const py::object& self, const std::string& name) {
    const lf::arrow_column& c = column_of(self.cast<const frame&>(), name);
    const std::size_t n = c.size();
    return std::visit(
        [&]<class T>(const T& data) -> py::tuple {
            if constexpr (std::is_same_v<T, lf::arrow_text_data>) {
                py::list out(n);
                for (std::size_t i = 0; i < n; ++i) {
                    const auto first = static_cast<std::size_t>(data.offsets[i]);
                    const auto last = static_cast<std::size_t>(data.offsets[i + 1]);
                    if (is_null(c, i))
                        out[i] = py::none();
                    else
                        out[i] = py::str(data.bytes.data() + first, last - first);
                }
                return py::make_tuple("text", out);
            } else if constexpr (std::is_same_v<T, lf::arrow_code_data>) {
                py::list words;
                if (data.words)
                    for (const std::string& w : *data.words) words.append(w);
                return py::make_tuple("word", view_of(data.of, self), words);
            } else if constexpr (std::is_same_v<T, lf::arrow_instant_data>) {
                if (c.valid.empty()) return py::make_tuple("instant", view_of(data.micros, self));
                py::array_t<std::int64_t> out(static_cast<py::ssize_t>(n));
                std::int64_t* const to = out.mutable_data();
                for (std::size_t i = 0; i < n; ++i)
                    to[i] =
                        is_null(c, i) ? std::numeric_limits<std::int64_t>::min() : data.micros[i];
                return py::make_tuple("instant", out);
            } else if constexpr (std::is_same_v<T, lf::arrow_flag_data>) {
                return py::make_tuple("flag", view_of(data.of, self));
            } else if constexpr (std::is_same_v<T, std::vector<double>>) {
                if (c.valid.empty()) return py::make_tuple("number", view_of(data, self));
                py::array_t<double> out(static_cast<py::ssize_t>(n));
                double* const to = out.mutable_data();
                for (std::size_t i = 0; i < n; ++i)
                    to[i] = is_null(c, i) ? std::numeric_limits<double>::quiet_NaN() : data[i];
                return py::make_tuple("number", out);
            } else {
                return py::make_tuple("integer", view_of(data, self));
            }
        },
        c.data);
}

/// The cells of some rows as Python's own objects.
py::list cells_of(const frame& f, const std::string& name, std::size_t first, std::size_t last) {
    const lf::arrow_column& c = column_of(f, name);
    py::list out;
    for (std::size_t i = first; i < std::min(last, c.size()); ++i) {
        if (is_null(c, i)) {
            out.append(py::none());
            continue;
        }
        std::visit(
            [&]<class T>(const T& data) {
                if constexpr (std::is_same_v<T, lf::arrow_text_data>) {
                    const auto from = static_cast<std::size_t>(data.offsets[i]);
                    const auto to = static_cast<std::size_t>(data.offsets[i + 1]);
                    out.append(py::str(data.bytes.data() + from, to - from));
                } else if constexpr (std::is_same_v<T, lf::arrow_code_data>) {
                    if (data.of[i] < 0)
                        out.append(py::none());
                    else
                        out.append((*data.words)[static_cast<std::size_t>(data.of[i])]);
                } else if constexpr (std::is_same_v<T, lf::arrow_instant_data>) {
                    out.append(from_instant(lf::instant{lf::duration{data.micros[i]}}));
                } else if constexpr (std::is_same_v<T, lf::arrow_flag_data>) {
                    out.append(data.of[i] != 0);
                } else {
                    out.append(data[i]);
                }
            },
            c.data);
    }
    return out;
}

// ---- tables in ----------------------------------------------------------------------------------

/// What a capsule of Arrow's PyCapsule interface holds.
template<class T>
T& held_in(const py::object& capsule, const char* what, const std::string& table) {
    if (PyCapsule_IsValid(capsule.ptr(), what) == 0)
        raise_input_error("the table of " + table + " gives no capsule '" + what + "'");
    return *static_cast<T*>(PyCapsule_GetPointer(capsule.ptr(), what));
}

lf::arrow_table take_stream(const py::object& capsule, const std::string& name) {
    auto& s = held_in<ArrowArrayStream>(capsule, "arrow_array_stream", name);
    return released([&] { return lf::arrow_table(s, name); });
}

lf::arrow_table take_array(const py::object& schema, const py::object& array,
                           const std::string& name) {
    auto& s = held_in<ArrowSchema>(schema, "arrow_schema", name);
    auto& a = held_in<ArrowArray>(array, "arrow_array", name);
    return released([&] { return lf::arrow_table(s, a, name); });
}

lf::arrow_table take_frame(const frame& f, const std::string& name) {
    ArrowArrayStream s{};
    lf::export_stream(f.columns, s);
    return {s, name};
}

/// How a table is to be read.
struct reading {
    lf::arrow_clock clock{};
    lf::ingest_options options{};

    reading(const std::string& zone, const std::string& ambiguous, bool strict, std::size_t keep,
            const py::object& progress)
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
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;

    /// All rows of a table have been read.
    void finish(const lf::ingest_report& r) const {
        if (r.rows != 0) watch_(r.rows, r.rows);
    }

  private:
    mutable watcher watch_;
};

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

// ---- rows as events -----------------------------------------------------------------------------

lf::leads_table names_of_leads(const lf::arrow_table& t) {
    lf::leads_table names;
    names.source = t.has("source") ? "source" : "";
    names.id = t.has("id") ? "id" : "";
    names.name = t.name();
    return names;
}
lf::touchpoints_table names_of_touchpoints(const lf::arrow_table& t) {
    lf::touchpoints_table names;
    names.name = t.name();
    return names;
}
lf::stages_table names_of_stages(const lf::arrow_table& t) {
    lf::stages_table names;
    names.name = t.name();
    return names;
}

py::tuple read_events(lf::arrow_table& t, const std::string& kind, const lf::plan& p,
                      const reading& how) {
    event_rows out;
    const auto take = [&](lf::event e, std::uint64_t row) {
        out.events.push_back(std::move(e));
        out.rows.push_back(static_cast<std::size_t>(row));
    };
    const auto report = released([&] {
        const auto read = [&](const auto& names) {
            return lf::read_events(t, names, p, take, how.clock, how.options);
        };
        auto r = kind == "leads"         ? read(names_of_leads(t))
                 : kind == "touchpoints" ? read(names_of_touchpoints(t))
                                         : read(names_of_stages(t));
        how.finish(r);
        return r;
    });
    return py::make_tuple(std::move(out), from_report(report, t.name(), false));
}

using bytes_source = py::typing::Callable<py::bytes()>;

/// Reads text that `next` gives as bytes, piece by piece, until there are none. Called without the
/// interpreter's lock.
template<class By>
lf::ingest_report ingest_pieces(const bytes_source& next, const By& by, lf::row_sink& sink,
                                const reading& how, const std::string& name) {
    lf::ingester in(by, sink, how.options, name);
    const py::gil_scoped_acquire locked;
    for (bool more = true; more;) {
        const py::object piece = next();
        if (!PyBytes_Check(piece.ptr())) throw py::type_error("a piece of text is no bytes");
        const std::string_view text{PyBytes_AS_STRING(piece.ptr()),
                                    static_cast<std::size_t>(PyBytes_GET_SIZE(piece.ptr()))};
        more = !text.empty() && released([&] { return in.push(text); });
    }
    return released([&] { return in.finish(); });
}

/// Adds rows of a text, by a mapping, as events; each is known by its place among them.
template<class Ingest>
py::dict add_rows(event_rows& to, const std::string& mapping, const std::string& mapping_name,
                  const std::string& table, const reading& how, const Ingest& ingest) {
    const auto report = released([&] {
        std::size_t row = 0;
        lf::event_sink sink([&](lf::event e) {
            to.events.push_back(std::move(e));
            to.rows.push_back(row++);
        });
        auto r = ingest(lf::parse_mapping(mapping, mapping_name), sink);
        how.finish(r);
        return r;
    });
    return from_report(report, table, true);
}

py::dict add_text_rows(event_rows& to, const bytes_source& next, const std::string& mapping,
                       const std::string& mapping_name, const std::string& name,
                       const std::string& table, const reading& how) {
    return add_rows(to, mapping, mapping_name, table, how, [&](const auto& by, auto& sink) {
        return ingest_pieces(next, by, sink, how, name);
    });
}

/// Leads and instants, of which the first bad row fails the whole.
py::tuple read_pairs(lf::arrow_table& t, const lf::plan& p, const reading& how) {
    lead_instants out;
    lf::leads_table names;
    names.attributes.emplace();
    names.name = t.name();
    lf::ingest_options options = how.options;
    options.strict = true;
    const auto report = released([&] {
        return lf::read_events(
            t, names, p,
            [&](lf::event e, std::uint64_t) {
                auto& asked = std::get<lf::attributes>(e);
                out.leads.push_back(std::move(asked.lead));
                out.at.push_back(asked.at);
            },
            how.clock, options);
    });
    return py::make_tuple(std::move(out), from_report(report, t.name(), false));
}

/// Reads with other threads running meanwhile.
template<class F>
lf::ingest_report watched(const reading& how, const F& f) {
    const py::gil_scoped_release release;
    lf::ingest_report out = f();
    how.finish(out);
    return out;
}

/// Adds a table to what is made of tables.
template<class To>
py::dict add_leads_to(To& to, lf::arrow_table& t, const lf::plan& p, const reading& how) {
    const auto read = [&] {
        return lf::add_leads(to, t, names_of_leads(t), p, how.clock, how.options);
    };
    return from_report(watched(how, read), t.name(), false);
}
template<class To>
py::dict add_touchpoints_to(To& to, lf::arrow_table& t, const lf::plan& p, const reading& how) {
    const auto read = [&] {
        return lf::add_touchpoints(to, t, names_of_touchpoints(t), p, how.clock, how.options);
    };
    return from_report(watched(how, read), t.name(), false);
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
        const auto read = [&] {
            lf::history_sink sink(builder_);
            return ingest_pieces(next, lf::parse_mapping(mapping, mapping_name), sink, how, name);
        };
        return from_report(watched(how, read), table, true);
    }
    /// Events that no history can hold are told of.
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
    /// Leads of whom nothing else may be known.
    void add_ids(const lead_instants& of) {
        for (const std::string& id : of.leads) builder_.lead(id);
    }
    void add_event(py::handle event) { builder_.add(to_event(event, plan_.source())); }

    shared_histories build() {
        return released([&] {
            return shared_histories{std::make_shared<const lf::histories>(builder_.build()), plan_};
        });
    }

  private:
    lf::plan plan_;
    lf::history_builder builder_{};
};

} // namespace

void bind_tables(py::module_& m) {
    py::class_<frame>(m, "Frame", "Named columns of a result.")
        .def(py::init(&to_frame), "columns"_a)
        .def("__len__", &frame::size)
        .def_property_readonly("columns",
                               [](const frame& f) {
                                   py::list out;
                                   for (const auto& c : f.columns) out.append(c.name);
                                   return out;
                               })
        .def(
            "beside",
            [](const frame& a, const frame& b) {
                frame out = a;
                out.columns.insert(out.columns.end(), b.columns.begin(), b.columns.end());
                return out;
            },
            "other"_a, "The columns of both.")
        .def(py::pickle(
            [](const frame& f) {
                py::list out;
                for (const auto& c : f.columns)
                    out.append(
                        py::make_tuple(c.name, kind_of(c), cells_of(f, c.name, 0, f.size())));
                return py::make_tuple(out);
            },
            [](const py::tuple& state) {
                return to_frame(
                    state[0].cast<std::vector<std::tuple<std::string, std::string, py::object>>>());
            }))
        .def("numpy", &numpy_of, "name"_a)
        .def("cells", &cells_of, "name"_a, "first"_a, "last"_a)
        .def(
            "__arrow_c_stream__",
            [](const frame& f, const py::object&) {
                auto s = std::make_unique<ArrowArrayStream>();
                lf::export_stream(f.columns, *s);
                return stream_capsule(std::move(s));
            },
            "requested_schema"_a = py::none());

    py::class_<lf::arrow_table>(m, "ArrowTable", "A table that comes in.")
        .def_static("from_stream", &take_stream, "capsule"_a, "name"_a)
        .def_static("from_array", &take_array, "schema"_a, "array"_a, "name"_a)
        .def_static("from_frame", &take_frame, "frame"_a, "name"_a)
        .def_property_readonly("columns", &lf::arrow_table::columns)
        .def("type_of", &lf::arrow_table::type_of, "column"_a)
        .def("rename", &lf::arrow_table::rename, "column"_a, "name"_a);

    py::class_<reading>(m, "Reading", "How a table is to be read.")
        .def(py::init<const std::string&, const std::string&, bool, std::size_t,
                      const py::object&>(),
             "zone"_a = "", "ambiguous"_a = "refuse", "strict"_a = false, "keep"_a = 1000,
             "progress"_a = py::none());

    py::class_<event_rows>(m, "EventRows", "Events read from a table.")
        .def(py::init<>())
        .def("__len__", [](const event_rows& e) { return e.events.size(); })
        .def("add_text", &add_text_rows, "next"_a, "mapping"_a, "mapping_name"_a, "name"_a,
             "table"_a, "how"_a)
        .def("extend", [](event_rows& e, const event_rows& more) {
            e.events.insert(e.events.end(), more.events.begin(), more.events.end());
            e.rows.insert(e.rows.end(), more.rows.begin(), more.rows.end());
        });

    py::class_<shared_histories>(m, "Histories", "Histories of leads.")
        .def("__len__", [](const shared_histories& h) { return h.of->size(); })
        .def_property_readonly("touchpoints",
                               [](const shared_histories& h) { return h.of->touchpoint_count(); })
        .def_property_readonly("duplicates",
                               [](const shared_histories& h) { return h.of->duplicates(); })
        .def_property_readonly("memory", [](const shared_histories& h) { return h.of->memory(); })
        .def_property_readonly("plan", [](const shared_histories& h) { return h.plan; })
        .def("lead",
             [](const shared_histories& h, std::size_t i) {
                 if (i >= h.of->size()) throw py::index_error("there is no such lead");
                 return std::string{h.of->lead_id(i)};
             })
        .def("find",
             [](const shared_histories& h, const std::string& id) { return h.of->find(id); })
        .def(
            "rows",
            [](const shared_histories& h) {
                return released([&] {
                    event_rows out;
                    for (std::size_t lead = 0; lead < h.of->size(); ++lead) {
                        auto events = h.of->events(lead);
                        out.events.insert(out.events.end(), std::make_move_iterator(events.begin()),
                                          std::make_move_iterator(events.end()));
                    }
                    out.rows.resize(out.events.size());
                    return out;
                });
            },
            "All events.")
        .def("events", [](const shared_histories& h, std::size_t lead) {
            if (lead >= h.of->size()) throw py::index_error("there is no such lead");
            py::list out;
            for (const lf::event& e : h.of->events(lead)) out.append(from_event(e));
            return out;
        });

    m.def("read_events", &read_events, "table"_a, "kind"_a, "plan"_a, "how"_a);

    py::class_<lead_instants>(m, "LeadInstants", "Leads and instants, row by row.")
        .def("__len__", [](const lead_instants& p) { return p.leads.size(); });
    m.def("read_pairs", &read_pairs, "table"_a, "plan"_a, "how"_a);

    py::class_<additive_scores>(m, "AdditiveScores",
                                "Scores being made of tables, without histories.")
        .def_static(
            "begin",
            [](const lf::plan& p, const py::object& at) -> std::optional<additive_scores> {
                if (!lf::additive_scorer::is_for(p)) return std::nullopt;
                const lf::instant when = to_instant(at);
                return additive_scores{p, when, lf::additive_scorer{p, when}};
            },
            "plan"_a, "at"_a, "Nothing if the plan's touchpoints do not count each for itself.")
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

    py::class_<reader>(m, "Reader", "Collects histories.")
        .def(py::init<lf::plan>(), "plan"_a)
        .def("add_leads", &reader::add_leads, "table"_a, "how"_a)
        .def("add_touchpoints", &reader::add_touchpoints, "table"_a, "how"_a)
        .def("add_text", &reader::add_text, "next"_a, "mapping"_a, "mapping_name"_a, "name"_a,
             "table"_a, "how"_a,
             "Reads CSV or NDJSON: `next` gives its bytes piece by piece, at the end none.")
        .def("add_events", &reader::add_events, "events"_a)
        .def("add_ids", &reader::add_ids, "pairs"_a)
        .def("add_event", &reader::add_event, "event"_a)
        .def("build", &reader::build);
}

} // namespace leadfunnel_python
