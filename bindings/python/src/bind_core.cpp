// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <datetime.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <map>
#include <system_error>
#include <type_traits>

namespace leadfunnel_python {

using namespace std::string_view_literals;

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
std::string quote(py::handle h) {
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
        raise_input_error(quote(h) + " is no text: it holds half a character (a lone surrogate)");
    }
    return {data, static_cast<std::size_t>(size)};
}

/// A `timedelta`; nothing for what is none, and for one that is longer than any duration may be
/// (Python counts to 2.7 million years, which no 64 bits hold as microseconds).
std::optional<lf::duration> from_delta(py::handle delta) {
    PyObject* const d = delta.ptr();
    if (!PyDelta_Check(d)) return std::nullopt;
    const std::chrono::days days{PyDateTime_DELTA_GET_DAYS(d)};
    if (days > lf::longest_duration || days < -lf::longest_duration) return std::nullopt;
    return days + std::chrono::seconds{PyDateTime_DELTA_GET_SECONDS(d)} +
           std::chrono::microseconds{PyDateTime_DELTA_GET_MICROSECONDS(d)};
}

/// An attribute; null if the object has none of that name. What else goes wrong is thrown.
py::object attribute_of(py::handle h, const char* name) {
    if (PyObject* const found = PyObject_GetAttrString(h.ptr(), name); found != nullptr)
        return py::reinterpret_steal<py::object>(found);
    if (PyErr_ExceptionMatches(PyExc_AttributeError) == 0) throw py::error_already_set();
    PyErr_Clear();
    return {};
}

} // namespace

void raise_error(const char* type, const std::string& message) {
    set_error(type, message);
    throw py::error_already_set();
}

namespace {

/// Whether an object is pandas' NaT: an instant of no class but a `datetime`'s, which is not
/// itself.
bool is_no_time(py::handle h) {
    if (!PyDateTime_Check(h.ptr()) || PyDateTime_CheckExact(h.ptr())) return false;
    const auto differs =
        py::reinterpret_steal<py::object>(PyObject_RichCompare(h.ptr(), h.ptr(), Py_NE));
    const int is_other = differs ? PyObject_IsTrue(differs.ptr()) : -1;
    if (is_other < 0) throw py::error_already_set();
    return is_other != 0;
}

} // namespace

lf::instant to_instant(py::handle h) {
    PyObject* const o = h.ptr();
    if (PyUnicode_Check(o)) {
        const std::string_view text = text_of(h);
        const lf::parsed_instant read = lf::parse_rfc3339(text);
        if (read) return read.at;
        std::string why = quote(h) + " is no instant: " + std::string(describe_error(read.error));
        if (read.error == lf::time_error::no_offset)
            why += "; write the offset, as in '2026-04-01T09:00:00+09:00', or 'Z' for UTC";
        else if (lf::parse_local(text).date_only)
            why += "; write the time and its offset, as in '2026-04-01T00:00:00+09:00'";
        raise_input_error(why);
    }
    if (PyDateTime_Check(o) && !is_no_time(h)) {
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
                raise_input_error(quote(h) + " has no time zone; say which one: "
                                             "datetime(…, tzinfo=ZoneInfo(\"Asia/Tokyo\"))");
            const auto ahead = from_delta(offset); // a class of others may give anything
            if (!ahead)
                raise_input_error(quote(h) + " is no instant: its offset from UTC is " +
                                  quote(offset));
            at -= *ahead;
        }
        return at;
    }
    raise_input_error(quote(h) + " is no instant; give a datetime with a time zone, or text such "
                                 "as '2026-04-01T09:00:00+09:00'");
}

py::object from_instant(lf::instant at) {
    using namespace std::chrono;
    constexpr lf::instant first_datetime = sys_days{year{1} / January / 1};
    constexpr lf::instant last_datetime = sys_days{year{10'000} / January / 1};
    if (at == lf::always || at == lf::never) return py::none();
    if (at < first_datetime || at >= last_datetime)
        raise_input_error(lf::to_string(at) + " is outside the years 1 to 9999 of a datetime");
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

/// One member of a mapping. Both are kept alive: code of others, such as a value's `__float__`, may
/// take them out of the mapping while they are read.
struct member {
    py::object key;
    py::object value;
    std::string_view name{}; ///< the key's own text
};

/// Reads an event, from a mapping or from an object of the package's own classes.
///
/// Reading calls code of others: a mapping's `items`, a value's `__float__`, an object's
/// `__repr__`. It may change what is read. So the members of a mapping are taken once, before any
/// is looked at.
class event_reader {
  public:
    explicit event_reader(py::handle h)
        : of_(py::reinterpret_borrow<py::object>(h)), is_mapping_(is_mapping(of_)) {
        if (is_mapping_)
            take_members(of_, members_, [&] { return quote(of_); });
        else if (!has("lead") || !has("at"))
            raise_input_error(quote(of_) + " is no event; give a dict, or a Touchpoint, Attributes "
                                           "or StageEntry");
    }

    /// `None` if there is none.
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
        if (!o.is_none() && !is_no_time(o))
            out = to_instant(o);
        else if (required)
            raise_input_error("an event without '" + std::string(name) + "': " + quote(of_));
    }
    /// A number, or one written as text; nothing for `None` and for NaN.
    void number(const char* name, std::optional<lf::decimal>& out) const {
        const py::object o = get(name);
        if (o.is_none()) return;
        if (PyUnicode_Check(o.ptr())) {
            out = lf::parse_decimal(text_of(o));
            if (!out) refuse(name, o, "is a number");
        } else if (const double d = to_number(name, o); !std::isnan(d)) {
            out = lf::decimal{d}; // of one that is too large, one that no history can hold
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
            // A decimal would take NaN for 0, and what is too large for the most that it holds.
            if (!(std::abs(d) <= static_cast<double>(lf::points::max())))
                refuse(m.name, m.value, "is a number of points");
            out.emplace(std::string{m.name}, lf::points{d});
        });
    }
    /// What a mapping says besides, by names that the model declares.
    template<class Declarations>
    void rest(std::initializer_list<std::string_view> known, const Declarations& declared,
              const char* what, lf::value_map& out) const {
        for (const member& m : members_) {
            if (std::find(known.begin(), known.end(), m.name) != known.end()) continue;
            if (std::none_of(declared.begin(), declared.end(),
                             [&](const auto& d) { return d.id == m.name; })) {
                std::vector<std::string_view> names(known);
                for (const auto& d : declared) names.emplace_back(d.id);
                const std::string_view near = lf::closest(m.name, names);
                raise_input_error(
                    "the model declares no " + std::string(what) + " '" + std::string(m.name) +
                    "'" + (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?"));
            }
            out.insert_or_assign(std::string{m.name}, to_value(m.name, m.value));
        }
    }

  private:
    using members = std::vector<member>;

    [[nodiscard]] static bool is_mapping(const py::object& o) {
        if (PyDict_Check(o.ptr())) return true;
        PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<py::object> mapping;
        const py::object& type = mapping
                                     .call_once_and_store_result(
                                         [] { return python_name("collections.abc", "Mapping"); })
                                     .get_stored();
        return py::isinstance(o, type);
    }
    /// The members of a mapping as they are now. `whose` says which mapping it is.
    template<class Whose>
    static void take_members(const py::object& mapping, members& out, const Whose& whose) {
        if (PyDict_CheckExact(mapping.ptr())) {
            // Nothing but these references is made before all are taken: no code of others runs.
            out.reserve(static_cast<std::size_t>(PyDict_Size(mapping.ptr())));
            Py_ssize_t at = 0;
            PyObject* key = nullptr;
            PyObject* value = nullptr;
            while (PyDict_Next(mapping.ptr(), &at, &key, &value) != 0)
                out.push_back({py::reinterpret_borrow<py::object>(key),
                               py::reinterpret_borrow<py::object>(value)});
        } else {
            for (const py::handle pair : py::iter(mapping.attr("items")())) {
                see_to_signals(out.size());
                if (!PyTuple_Check(pair.ptr()) || PyTuple_GET_SIZE(pair.ptr()) != 2)
                    raise_input_error(whose() + " is no mapping: among its items is " +
                                      quote(pair));
                out.push_back(
                    {py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(pair.ptr(), 0)),
                     py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(pair.ptr(), 1))});
            }
        }
        for (member& m : out) {
            if (!PyUnicode_Check(m.key.ptr()))
                raise_input_error(whose() + " has a key that is no text: " + quote(m.key));
            m.name = text_of(m.key);
        }
    }
    /// Null if there is none.
    [[nodiscard]] py::object look_for(const char* name) const {
        if (!is_mapping_) return attribute_of(of_, name);
        const auto found = std::find_if(
            members_.begin(), members_.end(),
            [sought = std::string_view{name}](const member& m) { return m.name == sought; });
        return found == members_.end() ? py::object{} : found->value;
    }
    /// Calls `act` with each member of the mapping that is a member.
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
            out += " of lead " + quote(lead);
        return out;
    }
    [[noreturn]] void refuse(std::string_view name, py::handle value, const char* expected) const {
        raise_input_error(whose(name) + ' ' + expected + ", not " + quote(value));
    }

    /// A number of Python's, NumPy's or another class.
    [[nodiscard]] double to_number(std::string_view name, const py::object& o) const {
        if (PyFloat_CheckExact(o.ptr())) return PyFloat_AS_DOUBLE(o.ptr());
        if (PyNumber_Check(o.ptr()) == 0) refuse(name, o, "is a number");
        const double d = PyFloat_AsDouble(o.ptr());
        if (d != -1.0 || PyErr_Occurred() == nullptr) return d;
        if (PyErr_ExceptionMatches(PyExc_OverflowError) == 0 &&
            PyErr_ExceptionMatches(PyExc_TypeError) == 0)
            throw py::error_already_set(); // the value's own
        PyErr_Clear();
        refuse(name, o, "is a number that a float can hold");
    }

    [[nodiscard]] lf::value to_value(std::string_view name, const py::object& h) const {
        PyObject* const o = h.ptr();
        if (h.is_none()) return {};
        if (PyUnicode_Check(o)) return std::string{text_of(h)};
        if (PyBool_Check(o)) return o == Py_True;
        if (PyFloat_Check(o) || PyLong_Check(o)) return to_number(name, h);
        if (is_no_time(h)) return {};
        if (PyDateTime_Check(o)) return to_instant(h);
        if (PyAnySet_Check(o) || PyList_Check(o) || PyTuple_Check(o)) {
            lf::text_set out;
            for (const py::handle item : py::iter(h)) {
                see_to_signals(out.size());
                if (!PyUnicode_Check(item.ptr()))
                    refuse(name, h, ("is a set of texts (" + quote(item) + " is none)").c_str());
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
    /// NumPy's letter for what a scalar is: `b` a truth value, `i`, `u` and `f` numbers, others
    /// what an event cannot hold, though they can be made a number. Empty for what is not NumPy's.
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
    } catch (const lf::unknown_name& e) {
        set_error("UnknownNameError", e.what());
    } catch (const lf::unknown_number& e) {
        set_error("UnknownNameError", e.what());
    } catch (const lf::argument_error& e) {
        PyErr_SetString(PyExc_ValueError, e.what());
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
