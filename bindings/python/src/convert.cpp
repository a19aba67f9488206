// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <datetime.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace leadfunnel_python {

void import_datetime() { PyDateTime_IMPORT; }

// ---- objects

std::string escaped(py::handle text) {
    const auto bytes = py::reinterpret_steal<py::bytes>(
        PyUnicode_AsEncodedString(text.ptr(), "utf-8", "backslashreplace"));
    if (!bytes) throw py::error_already_set();
    return std::string{std::string_view{bytes}};
}

std::string repr_of(py::handle h) {
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
        raise_input_error(repr_of(h) + " is no text: it holds half a character (a lone surrogate)");
    }
    return {data, static_cast<std::size_t>(size)};
}

py::object attribute_of(py::handle h, const char* name) {
    if (PyObject* const found = PyObject_GetAttrString(h.ptr(), name); found != nullptr)
        return py::reinterpret_steal<py::object>(found);
    if (PyErr_ExceptionMatches(PyExc_AttributeError) == 0) throw py::error_already_set();
    PyErr_Clear();
    return {};
}

bool is_datetime(py::handle h) { return PyDateTime_Check(h.ptr()); }

bool is_nat(py::handle h) {
    if (!PyDateTime_Check(h.ptr()) || PyDateTime_CheckExact(h.ptr())) return false;
    const auto differs =
        py::reinterpret_steal<py::object>(PyObject_RichCompare(h.ptr(), h.ptr(), Py_NE));
    const int is_other = differs ? PyObject_IsTrue(differs.ptr()) : -1;
    if (is_other < 0) throw py::error_already_set();
    return is_other != 0;
}

// ---- arguments

std::string_view text_argument(py::handle h) {
    if (!PyUnicode_Check(h.ptr())) raise_usage_error("expected text, not " + repr_of(h));
    return text_of(h);
}

std::uint64_t count_argument(py::handle h) {
    if (PyIndex_Check(h.ptr()) != 0) {
        const auto whole = py::reinterpret_steal<py::object>(PyNumber_Index(h.ptr()));
        if (!whole) throw py::error_already_set();
        int overflow = 0;
        const long long n = PyLong_AsLongLongAndOverflow(whole.ptr(), &overflow);
        if (overflow == 0 && n >= 0) return static_cast<std::uint64_t>(n);
    }
    raise_usage_error("expected a whole number from 0 to 2⁶³ − 1, not " + repr_of(h));
}

// ---- instants and values

namespace {

/// A `timedelta`; none for another object, and for one beyond the longest duration. (Python counts
/// to 2.7 million years, which 64 bits of microseconds cannot hold.)
std::optional<lf::duration> from_delta(py::handle delta) {
    PyObject* const d = delta.ptr();
    if (!PyDelta_Check(d)) return std::nullopt;
    const std::chrono::days days{PyDateTime_DELTA_GET_DAYS(d)};
    if (days > lf::longest_duration || days < -lf::longest_duration) return std::nullopt;
    return days + std::chrono::seconds{PyDateTime_DELTA_GET_SECONDS(d)} +
           std::chrono::microseconds{PyDateTime_DELTA_GET_MICROSECONDS(d)};
}

lf::instant from_text(py::handle h) {
    const std::string_view text = text_of(h);
    const lf::parsed_instant read = lf::parse_rfc3339(text);
    if (read) return read.at;
    std::string why = repr_of(h) + " is no instant: " + std::string(describe_error(read.error));
    if (read.error == lf::time_error::no_offset)
        why += "; write the offset, as in '2026-04-01T09:00:00+09:00', or 'Z' for UTC";
    else if (lf::parse_local(text).date_only)
        why += "; write the time and its offset, as in '2026-04-01T00:00:00+09:00'";
    raise_input_error(why);
}

lf::instant from_datetime(py::handle h) {
    PyObject* const o = h.ptr();
    const std::chrono::year_month_day date{
        std::chrono::year{PyDateTime_GET_YEAR(o)},
        std::chrono::month{static_cast<unsigned>(PyDateTime_GET_MONTH(o))},
        std::chrono::day{static_cast<unsigned>(PyDateTime_GET_DAY(o))}};
    const lf::instant at = std::chrono::sys_days{date} +
                           std::chrono::hours{PyDateTime_DATE_GET_HOUR(o)} +
                           std::chrono::minutes{PyDateTime_DATE_GET_MINUTE(o)} +
                           std::chrono::seconds{PyDateTime_DATE_GET_SECOND(o)} +
                           std::chrono::microseconds{PyDateTime_DATE_GET_MICROSECOND(o)};
    PyObject* const zone = PyDateTime_DATE_GET_TZINFO(o);
    if (zone == PyDateTime_TimeZone_UTC) return at;
    const py::object offset = h.attr("utcoffset")();
    if (offset.is_none())
        raise_input_error(repr_of(h) + " has no time zone; say which one: "
                                       "datetime(…, tzinfo=ZoneInfo(\"Asia/Tokyo\"))");
    const auto ahead = from_delta(offset); // a foreign tzinfo may return anything
    if (!ahead)
        raise_input_error(repr_of(h) + " is no instant: its offset from UTC is " + repr_of(offset));
    return at - *ahead;
}

} // namespace

lf::instant to_instant(py::handle h) {
    if (PyUnicode_Check(h.ptr())) return from_text(h);
    if (PyDateTime_Check(h.ptr()) && !is_nat(h)) return from_datetime(h);
    raise_input_error(repr_of(h) + " is no instant; give a datetime with a time zone, or text such "
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

// ---- issues and explanations

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
        check_signals(lines.size());
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

} // namespace leadfunnel_python
