// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <leadfunnel/core/detail/messages.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <type_traits>

namespace leadfunnel_python {

using namespace std::string_view_literals;

namespace {

/// One member of a mapping. It owns key and value: foreign code, such as a value's `__float__`, may
/// remove them from the mapping while they are read.
struct member {
    py::object key;
    py::object value;
    std::string_view name{}; ///< the key's own text
};

/// Reads an event from a mapping, or from an object of the package's classes.
///
/// Reading calls foreign code, such as a mapping's `items`, a value's `__float__` or an object's
/// `__repr__`, which may change the mapping. The reader therefore copies the mapping's members
/// first. They are few, so a member is found by comparing names one by one.
class event_reader {
  public:
    explicit event_reader(py::handle h)
        : of_(py::reinterpret_borrow<py::object>(h)), is_mapping_(is_mapping(of_)) {
        if (is_mapping_)
            take_members(of_, members_, [&] { return repr_of(of_); });
        else if (!has("lead") || !has("at"))
            raise_input_error(repr_of(of_) +
                              " is no event; give a dict, or a Touchpoint, Attributes "
                              "or StageEntry");
    }

    /// The member, or `None`.
    [[nodiscard]] py::object get(const char* name) const {
        py::object found = look_for(name);
        return found ? found : py::none();
    }
    [[nodiscard]] bool has(const char* name) const { return static_cast<bool>(look_for(name)); }
    void text(const char* name, std::string& out) const {
        const py::object o = get(name);
        if (o.is_none()) return;
        if (!PyUnicode_Check(o.ptr())) refuse(name, o, "is text");
        out = text_of(o);
    }
    void instant(const char* name, lf::instant& out, bool required) const {
        const py::object o = get(name);
        if (!o.is_none() && !is_nat(o))
            out = to_instant(o);
        else if (required)
            raise_input_error("an event without '" + std::string(name) + "': " + repr_of(of_));
    }
    /// A number, or one written as text. `None` and NaN leave `out` empty.
    void number(const char* name, std::optional<lf::decimal>& out) const {
        const py::object o = get(name);
        if (o.is_none()) return;
        if (PyUnicode_Check(o.ptr())) {
            out = lf::parse_decimal(text_of(o));
            if (!out) refuse(name, o, "is a number");
        } else if (const double d = to_number(name, o); !std::isnan(d)) {
            out =
                lf::decimal{d}; // out of range becomes the largest decimal, which histories refuse
        }
    }
    void count(const char* name, std::int64_t& out) const {
        const py::object o = get(name);
        if (o.is_none()) return;
        if (PyIndex_Check(o.ptr()) == 0) refuse(name, o, "is a whole number");
        const auto whole = py::reinterpret_steal<py::object>(PyNumber_Index(o.ptr()));
        if (!whole) throw py::error_already_set();
        int overflow = 0;
        out = PyLong_AsLongLongAndOverflow(whole.ptr(), &overflow);
        if (overflow != 0) refuse(name, o, "is a whole number of 64 bits");
    }
    void values(const char* name, lf::value_map& out) const {
        each_of(name, [&](const member& m) {
            out.emplace(std::string{m.name}, to_value(m.name, m.value));
        });
    }
    void points(const char* name, std::map<std::string, lf::points, std::less<>>& out) const {
        each_of(name, [&](const member& m) {
            const double d = to_number(m.name, m.value);
            // A decimal would make NaN 0, and clamp what is too large.
            if (!(std::abs(d) <= static_cast<double>(lf::points::max())))
                refuse(m.name, m.value, "is a number of points");
            out.emplace(std::string{m.name}, lf::points{d});
        });
    }
    /// The mapping's other members. Raises `InputError` for a name that the model does not declare.
    template<class Declarations>
    void rest(std::initializer_list<std::string_view> known, const Declarations& declared,
              const char* what, lf::value_map& out) const {
        for (const member& m : members_) {
            if (std::find(known.begin(), known.end(), m.name) != known.end()) continue;
            if (std::none_of(declared.begin(), declared.end(),
                             [&](const auto& d) { return d.id == m.name; })) {
                std::vector<std::string_view> names(known);
                for (const auto& d : declared) names.emplace_back(d.id);
                const std::string hint = lf::detail::did_you_mean(m.name, names);
                raise_input_error("the model declares no " + std::string(what) + ' ' +
                                  lf::detail::quote(m.name) + (hint.empty() ? "" : "; " + hint));
            }
            out.insert_or_assign(std::string{m.name}, to_value(m.name, m.value));
        }
    }

  private:
    using members = std::vector<member>;

    [[nodiscard]] static bool is_mapping(const py::object& o) {
        if (PyDict_Check(o.ptr())) return true;
        if (PyMapping_Check(o.ptr()) == 0) return false; // no `__getitem__`; the test below is slow
        PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<py::object> mapping;
        const py::object& type = mapping
                                     .call_once_and_store_result(
                                         [] { return python_name("collections.abc", "Mapping"); })
                                     .get_stored();
        return py::isinstance(o, type);
    }
    /// Copies the members of a mapping. `whose` describes the mapping in messages.
    template<class Whose>
    static void take_members(const py::object& mapping, members& out, const Whose& whose) {
        if (PyDict_CheckExact(mapping.ptr())) {
            // This loop only takes references, so that no foreign code runs before it ends.
            out.reserve(static_cast<std::size_t>(PyDict_Size(mapping.ptr())));
            Py_ssize_t at = 0;
            PyObject* key = nullptr;
            PyObject* value = nullptr;
            while (PyDict_Next(mapping.ptr(), &at, &key, &value) != 0)
                out.push_back({py::reinterpret_borrow<py::object>(key),
                               py::reinterpret_borrow<py::object>(value)});
        } else {
            for (const py::handle pair : py::iter(mapping.attr("items")())) {
                check_signals(out.size());
                if (!PyTuple_Check(pair.ptr()) || PyTuple_GET_SIZE(pair.ptr()) != 2)
                    raise_input_error(whose() + " is no mapping: among its items is " +
                                      repr_of(pair));
                out.push_back(
                    {py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(pair.ptr(), 0)),
                     py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(pair.ptr(), 1))});
            }
        }
        for (member& m : out) {
            if (!PyUnicode_Check(m.key.ptr()))
                raise_input_error(whose() + " has a key that is no text: " + repr_of(m.key));
            m.name = text_of(m.key);
        }
    }
    /// The member, or null.
    [[nodiscard]] py::object look_for(const char* name) const {
        if (!is_mapping_) return attribute_of(of_, name);
        const auto found = std::find_if(
            members_.begin(), members_.end(),
            [sought = std::string_view{name}](const member& m) { return m.name == sought; });
        return found == members_.end() ? py::object{} : found->value;
    }
    /// Calls `act` with each member of a mapping that is itself a member.
    template<class Act>
    void each_of(const char* name, const Act& act) const {
        const py::object o = get(name);
        if (o.is_none()) return;
        if (!is_mapping(o)) refuse(name, o, "is a mapping, such as a dict");
        members all;
        take_members(o, all, [&] { return whose(name); });
        for (const member& m : all) act(m);
    }

    [[nodiscard]] std::string whose(std::string_view name) const {
        std::string out = "the '" + std::string(name) + "' of an event";
        if (const py::object lead = get("lead"); PyUnicode_Check(lead.ptr()))
            out += " of lead " + repr_of(lead);
        return out;
    }
    [[noreturn]] void refuse(std::string_view name, py::handle value, const char* expected) const {
        raise_input_error(whose(name) + ' ' + expected + ", not " + repr_of(value));
    }

    /// A number of Python, NumPy or another class.
    [[nodiscard]] double to_number(std::string_view name, const py::object& o) const {
        if (PyFloat_CheckExact(o.ptr())) return PyFloat_AS_DOUBLE(o.ptr());
        if (PyNumber_Check(o.ptr()) == 0) refuse(name, o, "is a number");
        const double d = PyFloat_AsDouble(o.ptr());
        if (d != -1.0 || PyErr_Occurred() == nullptr) return d;
        // `ValueError` is what a signaling NaN of `decimal` raises.
        if (PyErr_ExceptionMatches(PyExc_OverflowError) == 0 &&
            PyErr_ExceptionMatches(PyExc_TypeError) == 0 &&
            PyErr_ExceptionMatches(PyExc_ValueError) == 0)
            throw py::error_already_set(); // raised by the value
        PyErr_Clear();
        refuse(name, o, "is a number that a float can hold");
    }

    [[nodiscard]] lf::value to_value(std::string_view name, const py::object& h) const {
        PyObject* const o = h.ptr();
        if (h.is_none()) return {};
        if (PyUnicode_Check(o)) return std::string{text_of(h)};
        if (PyBool_Check(o)) return o == Py_True;
        if (PyFloat_Check(o) || PyLong_Check(o)) return to_number(name, h);
        if (is_nat(h)) return {};
        if (is_datetime(h)) return to_instant(h);
        if (PyAnySet_Check(o) || PyList_Check(o) || PyTuple_Check(o)) {
            lf::text_set out;
            for (const py::handle item : py::iter(h)) {
                check_signals(out.size());
                if (!PyUnicode_Check(item.ptr()))
                    refuse(name, h, ("is a set of texts (" + repr_of(item) + " is none)").c_str());
                out.emplace(text_of(item));
            }
            return out;
        }
        // NumPy's scalars, Decimal, Fraction.
        const std::string kind = kind_of(h);
        if (kind == "b") return to_bool(h);
        if (PyNumber_Check(o) != 0 && (kind.empty() || "iuf"sv.find(kind) != "iuf"sv.npos))
            return to_number(name, h);
        refuse(name, h,
               "is text, a number, True or False, a datetime with a time zone, or a set of texts");
    }
    /// NumPy's letter for the type of a scalar: `b` for a truth value; `i`, `u` and `f` for
    /// numbers; others for types that events cannot hold, though some convert to numbers. Empty for
    /// objects that are not NumPy's.
    [[nodiscard]] static std::string kind_of(const py::object& o) {
        const py::object type = attribute_of(o, "dtype");
        const py::object kind = type ? attribute_of(type, "kind") : py::object{};
        return kind && PyUnicode_Check(kind.ptr()) ? std::string{text_of(kind)} : std::string{};
    }
    [[nodiscard]] static bool to_bool(const py::object& o) {
        const int truth = PyObject_IsTrue(o.ptr());
        if (truth < 0) throw py::error_already_set();
        return truth != 0;
    }

    py::object of_;
    bool is_mapping_;
    members members_{};
};

} // namespace

lf::event to_event(py::handle h, const lf::model& m) {
    const event_reader r(h);
    if (r.has("type")) {
        lf::touchpoint t;
        r.text("lead", t.lead);
        r.instant("at", t.at, true);
        r.text("type", t.type);
        r.values("properties", t.properties);
        r.number("value", t.value);
        r.text("campaign", t.campaign);
        r.text("channel", t.channel);
        r.text("source", t.source);
        r.text("id", t.id);
        r.rest({"lead", "at", "type", "properties", "value", "campaign", "channel", "source", "id"},
               m.properties, "property", t.properties);
        return t;
    }
    if (r.has("stage")) {
        lf::stage_entry s;
        r.text("lead", s.lead);
        r.instant("at", s.at, true);
        r.text("funnel", s.funnel);
        r.text("stage", s.stage);
        r.text("transition", s.transition);
        r.text("reason", s.reason);
        r.text("cause", s.cause);
        r.count("cycle", s.cycle);
        r.count("number", s.number);
        r.values("sets", s.sets);
        r.points("scores", s.scores);
        r.text("model_version", s.model_version);
        r.text("source", s.source);
        r.text("id", s.id);
        r.rest({"lead", "at", "funnel", "stage", "transition", "reason", "cause", "cycle", "number",
                "sets", "scores", "model_version", "source", "id"},
               std::vector<lf::attribute_declaration>{}, "member of a stage entry", s.sets);
        return s;
    }
    lf::attributes a;
    r.text("lead", a.lead);
    r.instant("at", a.at, false);
    r.values("values", a.values);
    r.text("source", a.source);
    r.text("id", a.id);
    r.rest({"lead", "at", "values", "source", "id"}, m.attributes, "attribute", a.values);
    return a;
}

namespace {

py::dict from_values(const lf::value_map& values) {
    py::dict out;
    for (const auto& [name, v] : values) out[py::str(name)] = from_value(v);
    return out;
}

} // namespace

py::object from_event(const lf::event& e) {
    using namespace py::literals;
    return std::visit(
        []<class T>(const T& x) -> py::object {
            if constexpr (std::is_same_v<T, lf::attributes>) {
                return python_name("leadfunnel._events", "Attributes")(
                    x.lead, from_values(x.values), "at"_a = from_instant(x.at),
                    "source"_a = x.source, "id"_a = x.id);
            } else if constexpr (std::is_same_v<T, lf::touchpoint>) {
                return python_name("leadfunnel._events", "Touchpoint")(
                    x.lead, from_instant(x.at), x.type, from_values(x.properties),
                    "value"_a = x.value ? from_points(*x.value) : py::none(),
                    "campaign"_a = x.campaign, "channel"_a = x.channel, "source"_a = x.source,
                    "id"_a = x.id);
            } else {
                py::dict scores;
                for (const auto& [name, p] : x.scores) scores[py::str(name)] = from_points(p);
                return python_name("leadfunnel._events", "StageEntry")(
                    x.lead, from_instant(x.at), x.funnel, x.stage, "transition"_a = x.transition,
                    "reason"_a = x.reason, "cause"_a = x.cause, "cycle"_a = x.cycle,
                    "number"_a = x.number, "sets"_a = from_values(x.sets), "scores"_a = scores,
                    "model_version"_a = x.model_version, "source"_a = x.source, "id"_a = x.id);
            }
        },
        e);
}

} // namespace leadfunnel_python
