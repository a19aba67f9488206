// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <datetime.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <system_error>
#include <type_traits>

namespace leadfunnel_python {

namespace {

void set_error(const char* type, const std::string& message) {
    PyErr_SetString(python_name("leadfunnel._errors", type).ptr(),
                    lf::detail::printable(message, true).c_str());
}

/// Text as UTF-8; half characters (lone surrogates), which UTF-8 cannot hold, as `\udc80`.
std::string escaped(py::handle text) {
    const auto bytes = py::reinterpret_steal<py::bytes>(
        PyUnicode_AsEncodedString(text.ptr(), "utf-8", "backslashreplace"));
    if (!bytes) throw py::error_already_set();
    return std::string{std::string_view{bytes}};
}

/// What Python calls an object, cut short.
std::string shown(py::handle h) {
    constexpr std::size_t longest = 200;
    std::string text = escaped(py::repr(h));
    if (text.size() <= longest) return text;
    text.resize(longest);
    while (!lf::is_utf8(text)) text.pop_back();
    return text + "…";
}

std::string_view text_of(py::handle h) {
    Py_ssize_t size = 0;
    const char* const data = PyUnicode_AsUTF8AndSize(h.ptr(), &size);
    if (data == nullptr) {
        if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError) == 0) throw py::error_already_set();
        PyErr_Clear();
        raise_input_error(shown(h) + " is no text: it holds half a character (a lone surrogate)");
    }
    return {data, static_cast<std::size_t>(size)};
}

lf::duration from_delta(py::handle delta) {
    PyObject* const d = delta.ptr();
    return std::chrono::days{PyDateTime_DELTA_GET_DAYS(d)} +
           std::chrono::seconds{PyDateTime_DELTA_GET_SECONDS(d)} +
           std::chrono::microseconds{PyDateTime_DELTA_GET_MICROSECONDS(d)};
}

} // namespace

void raise_error(const char* type, const std::string& message) {
    set_error(type, message);
    throw py::error_already_set();
}

lf::instant to_instant(py::handle h) {
    PyObject* const o = h.ptr();
    if (PyUnicode_Check(o)) {
        const std::string_view text = text_of(h);
        const lf::parsed_instant read = lf::parse_rfc3339(text);
        if (read) return read.at;
        std::string why = shown(h) + " is no instant: " + std::string(describe_error(read.error));
        if (read.error == lf::time_error::no_offset)
            why += "; write the offset, as in '2026-04-01T09:00:00+09:00', or 'Z' for UTC";
        else if (lf::parse_local(text).date_only)
            why += "; write the time and its offset, as in '2026-04-01T00:00:00+09:00'";
        raise_input_error(why);
    }
    if (PyDateTime_Check(o)) {
        const std::chrono::year_month_day date{
            std::chrono::year{PyDateTime_GET_YEAR(o)},
            std::chrono::month{static_cast<unsigned>(PyDateTime_GET_MONTH(o))},
            std::chrono::day{static_cast<unsigned>(PyDateTime_GET_DAY(o))}};
        lf::instant at = std::chrono::sys_days{date} +
                         std::chrono::hours{PyDateTime_DATE_GET_HOUR(o)} +
                         std::chrono::minutes{PyDateTime_DATE_GET_MINUTE(o)} +
                         std::chrono::seconds{PyDateTime_DATE_GET_SECOND(o)} +
                         std::chrono::microseconds{PyDateTime_DATE_GET_MICROSECOND(o)};
        PyObject* const zone = PyDateTime_DATE_GET_TZINFO(o);
        if (zone != PyDateTime_TimeZone_UTC) {
            const py::object offset = h.attr("utcoffset")();
            if (offset.is_none())
                raise_input_error(shown(h) + " has no time zone; say which one: "
                                             "datetime(…, tzinfo=ZoneInfo(\"Asia/Tokyo\"))");
            at -= from_delta(offset);
        }
        return at;
    }
    raise_input_error(shown(h) + " is no instant; give a datetime with a time zone, or text such "
                                 "as '2026-04-01T09:00:00+09:00'");
}

py::object from_instant(lf::instant at) {
    if (at == lf::always || at == lf::never) return py::none();
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{at - day};
    PyObject* const out = PyDateTimeAPI->DateTime_FromDateAndTime(
        static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
        static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
        static_cast<int>(time.subseconds().count()), PyDateTime_TimeZone_UTC,
        PyDateTimeAPI->DateTimeType);
    if (out == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(out);
}

lf::duration to_duration(py::handle h) {
    if (PyDelta_Check(h.ptr())) return from_delta(h);
    if (PyUnicode_Check(h.ptr()))
        if (const auto d = lf::parse_duration(text_of(h))) return *d;
    raise_input_error(shown(h) + " is no duration; give a timedelta, or text such as '30d'");
}

lf::value to_value(py::handle h) {
    PyObject* const o = h.ptr();
    if (h.is_none()) return {};
    if (PyUnicode_Check(o)) return std::string{text_of(h)};
    if (PyBool_Check(o)) return o == Py_True;
    if (PyFloat_Check(o)) return PyFloat_AS_DOUBLE(o);
    if (PyLong_Check(o)) {
        const double d = PyLong_AsDouble(o);
        if (d == -1.0 && PyErr_Occurred() != nullptr) throw py::error_already_set();
        return d;
    }
    if (PyDateTime_Check(o)) return to_instant(h);
    if (PyAnySet_Check(o) || PyList_Check(o) || PyTuple_Check(o)) {
        lf::text_set out;
        for (const py::handle item : py::reinterpret_borrow<py::object>(h)) {
            if (!PyUnicode_Check(item.ptr()))
                raise_input_error(shown(h) + " is no set of texts: " + shown(item) + " is no text");
            out.emplace(text_of(item));
        }
        return out;
    }
    // NumPy's scalars, Decimal, Fraction.
    if (py::hasattr(h, "dtype") && py::str(h.attr("dtype")).cast<std::string>() == "bool")
        return py::bool_(py::reinterpret_borrow<py::object>(h)).cast<bool>();
    if (py::hasattr(h, "__float__"))
        return py::float_(py::reinterpret_borrow<py::object>(h)).cast<double>();
    raise_input_error(shown(h) + " is no value of an attribute or property: give text, a number, "
                                 "True or False, a datetime with a time zone, or a set of texts");
}

py::object from_value(const lf::value& v) {
    return std::visit(
        []<class T>(const T& x) -> py::object {
            if constexpr (std::is_same_v<T, std::monostate>)
                return py::none();
            else if constexpr (std::is_same_v<T, bool>)
                return py::bool_(x);
            else if constexpr (std::is_same_v<T, double>)
                return py::float_(x);
            else if constexpr (std::is_same_v<T, std::string>)
                return py::str(x);
            else if constexpr (std::is_same_v<T, lf::instant>)
                return from_instant(x);
            else {
                py::set out;
                for (const std::string& s : x) out.add(py::str(s));
                return py::frozenset(out);
            }
        },
        v);
}

// ---- events

namespace {

lf::value_map to_values(py::handle h) {
    lf::value_map out;
    if (h.is_none()) return out;
    for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(h))
        out.emplace(std::string{text_of(key)}, to_value(value));
    return out;
}

/// Reads an event's members one by one, from a mapping or from one of the package's own classes.
class event_reader {
  public:
    explicit event_reader(py::handle h) : of_(h), is_dict_(PyDict_Check(h.ptr())) {}

    /// Null if there is none.
    [[nodiscard]] py::object get(const char* name) {
        if (!is_dict_) return of_.attr(name);
        PyObject* const found = PyDict_GetItemString(of_.ptr(), name);
        if (found == nullptr) return py::none();
        ++taken_;
        return py::reinterpret_borrow<py::object>(found);
    }
    void text(const char* name, std::string& out) {
        const py::object o = get(name);
        if (o.is_none()) return;
        if (!PyUnicode_Check(o.ptr()))
            raise_input_error("an event's '" + std::string(name) + "' is text, not " + shown(o));
        out = text_of(o);
    }
    void instant(const char* name, lf::instant& out, bool required) {
        const py::object o = get(name);
        if (!o.is_none())
            out = to_instant(o);
        else if (required)
            raise_input_error("an event without '" + std::string(name) + "': " + shown(of_));
    }
    /// What a mapping says besides, by names that the model declares.
    template<class Declarations>
    void rest(std::initializer_list<std::string_view> known, const Declarations& declared,
              const char* what, lf::value_map& out) {
        if (!is_dict_ || static_cast<std::size_t>(PyDict_Size(of_.ptr())) == taken_) return;
        for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(of_)) {
            const std::string_view name = text_of(key);
            if (std::find(known.begin(), known.end(), name) != known.end()) continue;
            std::vector<std::string_view> names;
            for (const auto& d : declared) names.emplace_back(d.id);
            if (std::find(names.begin(), names.end(), name) == names.end()) {
                names.insert(names.end(), known.begin(), known.end());
                const std::string_view near = lf::closest(name, names);
                raise_input_error(
                    "the model declares no " + std::string(what) + " '" + std::string(name) + "'" +
                    (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?"));
            }
            out.insert_or_assign(std::string{name}, to_value(value));
        }
    }
    [[nodiscard]] bool is_dict() const { return is_dict_; }
    [[nodiscard]] bool has(const char* name) const {
        return is_dict_ ? PyDict_GetItemString(of_.ptr(), name) != nullptr : py::hasattr(of_, name);
    }

  private:
    py::handle of_;
    bool is_dict_;
    std::size_t taken_ = 0;
};

} // namespace

lf::event to_event(py::handle h, const lf::model& m) {
    event_reader r(h);
    if (!r.is_dict() && !(r.has("lead") && r.has("at")))
        raise_input_error(shown(h) + " is no event; give a dict, or a Touchpoint, Attributes or "
                                     "StageEntry");
    if (r.has("type")) {
        lf::touchpoint t;
        r.text("lead", t.lead);
        r.instant("at", t.at, true);
        r.text("type", t.type);
        t.properties = to_values(r.get("properties"));
        if (const py::object v = r.get("value"); !v.is_none()) {
            const double d = py::float_(v).cast<double>();
            if (std::isinf(d)) raise_input_error("an event's value is not finite: " + shown(h));
            if (!std::isnan(d)) t.value = lf::decimal{d};
        }
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
        if (const py::object c = r.get("cycle"); !c.is_none()) s.cycle = c.cast<std::int64_t>();
        if (const py::object n = r.get("number"); !n.is_none()) s.number = n.cast<std::int64_t>();
        s.sets = to_values(r.get("sets"));
        if (const py::object scores = r.get("scores"); !scores.is_none())
            for (const auto& [name, points] : py::reinterpret_borrow<py::dict>(scores))
                s.scores.emplace(
                    std::string{text_of(name)},
                    lf::decimal{
                        py::float_(py::reinterpret_borrow<py::object>(points)).cast<double>()});
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
    a.values = to_values(r.get("values"));
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

// ---- issues

py::object from_issue(const lf::issue& i) {
    using namespace py::literals;
    const auto text = [](const std::string& s) { return py::str(s); };
    return python_name("leadfunnel._errors", "Issue")(
        "code"_a = py::str(std::string(to_string(i.code))),
        "severity"_a = py::str(std::string(to_string(i.level))), "file"_a = text(i.file),
        "line"_a = i.line, "column"_a = i.column, "pointer"_a = text(i.pointer),
        "message"_a = text(i.message), "expected"_a = text(i.expected), "hint"_a = text(i.hint));
}

py::list from_issues(const std::vector<lf::issue>& issues) {
    py::list out;
    for (const lf::issue& i : issues) out.append(from_issue(i));
    return out;
}

py::object from_explanation(const lf::explanation& e) {
    using namespace py::literals;
    const py::object line_type = python_name("leadfunnel._results", "ExplanationLine");
    py::list lines;
    for (const lf::explanation_line& l : e.lines) {
        see_to_signals(lines.size());
        lines.append(
            line_type("kind"_a = std::string(to_string(l.kind)), "name"_a = l.name,
                      "group"_a = l.group, "description"_a = l.description,
                      "at"_a = l.kind == lf::line_kind::award ? from_instant(l.at) : py::none(),
                      "awarded"_a = from_points(l.awarded), "now"_a = from_points(l.now),
                      "fate"_a = std::string(to_string(l.fate)), "reason"_a = l.reason,
                      "cause"_a = l.cause ? from_event(*l.cause) : py::none()));
    }
    py::list inputs;
    for (const lf::explanation& i : e.inputs) inputs.append(from_explanation(i));
    return python_name("leadfunnel._results", "Explanation")(
        "lead"_a = e.lead, "score"_a = e.score, "at"_a = from_instant(e.at),
        "total"_a = from_points(e.total), "excluded_by"_a = e.excluded_by,
        "saturated"_a = e.saturated, "lines"_a = lines, "inputs"_a = inputs,
        "text"_a = to_string(e));
}

namespace {

void translate(std::exception_ptr p) {
    try {
        std::rethrow_exception(p);
    } catch (const lf::model_error& e) {
        const py::object type = python_name("leadfunnel._errors", "ModelError");
        const py::object made = type(from_issues(e.issues()));
        PyErr_SetObject(type.ptr(), made.ptr());
    } catch (const lf::event_error& e) {
        set_error("InputError", e.what());
    } catch (const lf::arrow_error& e) {
        set_error("InputError", e.what());
    } catch (const lf::unknown_lead& e) {
        set_error("UnknownLeadError", e.what());
    } catch (const lf::snapshot_error& e) {
        set_error("SnapshotError", e.what());
    } catch (const lf::engine_busy& e) {
        set_error("EngineBusyError", e.what());
    } catch (const lf::error& e) {
        set_error("Error", e.what());
    } catch (const std::out_of_range& e) { // names that are looked up
        set_error("UnknownNameError", e.what());
    } catch (const std::invalid_argument&) {
        throw; // a ValueError
    } catch (const std::logic_error& e) {
        set_error("Error", e.what());
    } catch (const py::cast_error& e) {
        PyErr_SetString(PyExc_TypeError, e.what());
    } catch (const std::system_error& e) { // of the operating system, and so as Python has them
        const py::tuple said = py::make_tuple(e.code().value(), e.code().message());
        PyErr_SetObject(PyExc_OSError, said.ptr());
    }
}

} // namespace

} // namespace leadfunnel_python

PYBIND11_MODULE(_core, m) {
    namespace lp = leadfunnel_python;
    PyDateTime_IMPORT;
    m.doc() = "The compiled part of leadfunnel; use the package `leadfunnel`.";
    m.attr("__version__") = LEADFUNNEL_VERSION_STRING;
    lp::py::register_local_exception_translator(lp::translate);
    m.def(
        "unseen",
        [] {
            std::vector<std::pair<unsigned, unsigned>> out;
            for (const auto& [first, last] : lp::lf::detail::unseen) out.emplace_back(first, last);
            return out;
        },
        "Code points that `printable` escapes: the first and last of each run.");
    m.def(
        "printable",
        [](const lp::py::str& text, bool lines) {
            return lp::lf::detail::printable(lp::escaped(text), lines);
        },
        lp::py::arg("text"), lp::py::arg("lines") = false,
        "Text from outside so that it is safe to print; line feeds stay if `lines`.");
    lp::bind_model(m);
    lp::bind_tables(m);
    lp::bind_score(m);
    lp::bind_engine(m);
    lp::bind_cli(m);
}
