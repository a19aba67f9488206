// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <pybind11/numpy.h>

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

// ---- columns from Python's objects --------------------------------------------------------------

void clear_bit(std::vector<std::uint8_t>& bits, std::size_t i) {
    bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] & ~(1U << (i % 8)));
}

/// The bytes of a `str`. A lone surrogate becomes bytes that are not UTF-8; whoever reads the
/// column refuses its row.
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

/// Copies an array of NumPy. NaT is null.
lf::arrow_column from_array(const std::string& name, const std::string& kind, py::handle cells) {
    constexpr int style = py::array::c_style | py::array::forcecast;
    lf::arrow_column c;
    c.name = name;
    if (kind == "number") {
        const auto a = py::array_t<double, style>::ensure(cells);
        if (!a) throw py::error_already_set();
        c.data = std::vector<double>(a.data(), a.data() + a.size());
        return c;
    }
    if (kind == "flag") {
        const auto a = py::array_t<std::uint8_t, style>::ensure(cells);
        if (!a) throw py::error_already_set();
        c.data = lf::arrow_flag_data{{a.data(), a.data() + a.size()}};
        return c;
    }
    const auto a = py::array_t<std::int64_t, style>::ensure(cells);
    if (!a) throw py::error_already_set();
    std::vector<std::int64_t> of(a.data(), a.data() + a.size());
    if (kind == "integer") {
        c.data = std::move(of);
        return c;
    }
    c.valid.assign((of.size() + 7) / 8, 0xff);
    for (std::size_t i = 0; i < of.size(); ++i)
        if (of[i] == std::numeric_limits<std::int64_t>::min()) // NaT
            clear_bit(c.valid, i);
    c.data = lf::arrow_instant_data{std::move(of)};
    return c;
}

/// Calls `put` with each cell, and `put_null` for each `None`. Returns which cells are not null,
/// and nothing if all are.
template<class Put, class PutNull>
std::vector<std::uint8_t> each_cell(py::handle cells, const Put& put, const PutNull& put_null) {
    const py::sequence of = py::reinterpret_borrow<py::sequence>(cells);
    const std::size_t n = py::len(of);
    std::vector<std::uint8_t> valid((n + 7) / 8, 0xff);
    bool any_null = false;
    for (std::size_t i = 0; i < n; ++i) {
        const py::object cell = of[i];
        if (cell.is_none()) {
            clear_bit(valid, i);
            any_null = true;
            put_null();
        } else {
            put(cell);
        }
    }
    if (!any_null) valid.clear();
    return valid;
}

/// Copies texts as codes of the distinct ones. Code −1 is null.
lf::arrow_code_data to_codes(py::handle cells) {
    lf::arrow_code_data out;
    auto words = std::make_shared<std::vector<std::string>>();
    std::map<std::string, std::int32_t, std::less<>> known;
    each_cell(
        cells,
        [&](const py::object& o) {
            const auto [it, is_new] = known.try_emplace(std::string{text_bytes(o).view()},
                                                        static_cast<std::int32_t>(words->size()));
            if (is_new) words->push_back(it->first);
            out.of.push_back(it->second);
        },
        [&] { out.of.push_back(-1); });
    out.words = std::move(words);
    return out;
}

/// Copies cells into a vector, converted by `convert`.
template<class T, class Convert>
std::vector<T> to_vector(py::handle cells, std::vector<std::uint8_t>& valid,
                         const Convert& convert) {
    std::vector<T> out;
    valid = each_cell(
        cells, [&](const py::object& o) { out.push_back(convert(o)); },
        [&] { out.push_back(T{}); });
    return out;
}

/// Copies a column of one kind (`text`, `number`, `integer`, `flag`, `instant`, `word`) from a
/// list, or from a NumPy array of numbers. `None` is null.
lf::arrow_column to_column(const std::string& name, const std::string& kind, py::handle cells) {
    // The first test keeps NumPy from being imported where it is not used.
    if (kind != "text" && kind != "word" && py::hasattr(cells, "__array_interface__") &&
        py::isinstance<py::array>(cells))
        return from_array(name, kind, cells);
    lf::arrow_column c;
    c.name = name;
    if (kind == "text") {
        lf::arrow_text_data out;
        c.valid = each_cell(
            cells, [&](const py::object& o) { out.push_back(text_bytes(o).view()); },
            [&] { out.push_back({}); });
        c.data = std::move(out);
    } else if (kind == "word") {
        c.data = to_codes(cells);
    } else if (kind == "number") {
        c.data = to_vector<double>(
            cells, c.valid, [](const py::object& o) { return py::float_(o).cast<double>(); });
    } else if (kind == "integer") {
        c.data = to_vector<std::int64_t>(
            cells, c.valid, [](const py::object& o) { return o.cast<std::int64_t>(); });
    } else if (kind == "flag") {
        c.data = lf::arrow_flag_data{
            to_vector<std::uint8_t>(cells, c.valid, [](const py::object& o) -> std::uint8_t {
                return o.cast<bool>() ? 1 : 0;
            })};
    } else {
        c.data =
            lf::arrow_instant_data{to_vector<std::int64_t>(cells, c.valid, [](const py::object& o) {
                return to_instant(o).time_since_epoch().count();
            })};
    }
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

/// (kind, cells, …), of which `to_pandas` makes a series. Numbers without nulls are not copied.
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

/// The cells of rows [first, last) as Python's objects.
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

// ---- tables to read -----------------------------------------------------------------------------

/// The content of a capsule of Arrow's PyCapsule interface.
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

} // namespace

void bind_frame(py::module_& m) {
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
            "other"_a, "The columns of both frames.")
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
}

void bind_arrow_table(py::module_& m) {
    py::class_<lf::arrow_table>(m, "ArrowTable", "A table to read.")
        .def_static("from_stream", &take_stream, "capsule"_a, "name"_a)
        .def_static("from_array", &take_array, "schema"_a, "array"_a, "name"_a)
        .def_static("from_frame", &take_frame, "frame"_a, "name"_a)
        .def_property_readonly("columns", &lf::arrow_table::columns)
        .def("rename", &lf::arrow_table::rename, "column"_a, "name"_a);
}

} // namespace leadfunnel_python
