// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What all units of the Python module share: conversions of texts, instants, values and events,
/// errors, and long calls.

#include "gil.hpp"

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/interop/arrow.hpp>
#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <pybind11/gil_safe_call_once.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel_python {

namespace py = pybind11;
namespace lf = leadfunnel;

// ---- what each unit binds, in this order

void bind_model(py::module_& m);
void bind_frame(py::module_& m);
void bind_arrow_table(py::module_& m);
void bind_reading(py::module_& m);
void bind_event_rows(py::module_& m);
void bind_histories(py::module_& m);
void bind_score(py::module_& m);
void bind_engine(py::module_& m);
void bind_cli(py::module_& m);

// ---- errors

/// Sets Python's error indicator to one of the package's errors. The message becomes printable.
void set_error(const char* type, const std::string& message);
/// Raises one of the package's errors.
[[noreturn]] void raise_error(const char* type, const std::string& message);
[[noreturn]] inline void raise_input_error(const std::string& message) {
    raise_error("InputError", message);
}
/// For a name that the model does not declare.
[[noreturn]] inline void raise_unknown_name(const std::string& message) {
    raise_error("UnknownNameError", message);
}
/// For an argument of the wrong type.
[[noreturn]] inline void raise_usage_error(const std::string& message) {
    raise_error("UsageError", message);
}

// ---- objects

/// Loads Python's `datetime` types. Call it once, before any other function here.
void import_datetime();

/// Text as UTF-8. Lone surrogates, which UTF-8 cannot hold, become `\\udc80`.
[[nodiscard]] std::string escaped(py::handle text);
/// `repr(h)`, cut to 200 bytes.
[[nodiscard]] std::string repr_of(py::handle h);
/// The UTF-8 of a `str`, valid as long as the object. Raises `InputError` for a lone surrogate.
[[nodiscard]] std::string_view text_of(py::handle h);
/// The attribute, or null if the object has none of that name. Other exceptions are thrown.
[[nodiscard]] py::object attribute_of(py::handle h, const char* name);
/// Whether an object is a `datetime`.
[[nodiscard]] bool is_datetime(py::handle h);
/// Whether an object is pandas' NaT: a subclass of `datetime` that differs from itself.
[[nodiscard]] bool is_nat(py::handle h);

// ---- arguments

/// As `text_of`, for an argument. Raises `UsageError` for anything but a `str`.
[[nodiscard]] std::string_view text_argument(py::handle h);
/// A whole number from 0 to 2⁶³ − 1. Raises `UsageError` for anything else.
[[nodiscard]] std::uint64_t count_argument(py::handle h);

/// A text parameter. pybind11 alone would raise a bare `TypeError` for a wrong argument.
struct text_arg : std::string {
    using std::string::string;
};

/// A parameter that counts. See `text_arg`.
struct count_arg {
    std::uint64_t value = 0;
    operator std::uint64_t() const noexcept { return value; } // NOLINT(google-explicit-constructor)
};

// ---- values

/// Reads an instant: text of RFC 3339, or an aware `datetime`. Raises `InputError` for anything
/// else, a naive `datetime` included.
[[nodiscard]] lf::instant to_instant(py::handle h);
/// An aware `datetime` in UTC; `None` for `always` and `never`.
[[nodiscard]] py::object from_instant(lf::instant at);
[[nodiscard]] py::object from_value(const lf::value& v);
[[nodiscard]] inline py::object from_points(lf::points p) {
    return py::float_(static_cast<double>(p.micros()) / 1e6);
}
/// `None` if the score is absent.
[[nodiscard]] inline py::object from_score(const lf::score_value& s) {
    return s.absent ? py::none() : from_points(s.value);
}
/// Reads an event from a mapping, or from an object of the package's classes. `m` declares the
/// names that a mapping may have in addition to those of an event. Raises `InputError`.
[[nodiscard]] lf::event to_event(py::handle h, const lf::model& m);
[[nodiscard]] py::object from_event(const lf::event& e);
[[nodiscard]] py::object from_issue(const lf::issue& i);
[[nodiscard]] py::list from_issues(const std::vector<lf::issue>& issues);
[[nodiscard]] py::object from_explanation(const lf::explanation& e);

/// An attribute of one of the package's Python modules.
[[nodiscard]] inline py::object python_name(const char* module, const char* name) {
    return py::module_::import(module).attr(name);
}

// ---- long calls

/// Calls `f` without the interpreter's lock.
template<class F>
auto released(const F& f) {
    const gil_release release;
    return f();
}

/// Checks for Ctrl-C and calls back with progress, at most 20 times a second. Call it without the
/// interpreter's lock. Throws what Python raises.
class watcher {
  public:
    explicit watcher(py::object callback) : callback_(std::move(callback)) {}
    bool operator()(std::size_t done, std::size_t all) {
        using namespace std::chrono;
        const auto now = steady_clock::now();
        if (now - last_ < milliseconds{50} && done != all) return true;
        last_ = now;
        const gil_acquire acquire;
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        if (!callback_.is_none()) callback_(done, all);
        return true;
    }

  private:
    py::object callback_;
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Lets Ctrl-C cancel a call that reports no progress: pass it as the call's `progress`.
class listening {
  public:
    listening() = default;
    listening(const listening&) = delete;
    listening& operator=(const listening&) = delete;
    operator const lf::progress_callback&() const noexcept { // NOLINT(google-explicit-constructor)
        return check_;
    }

  private:
    mutable watcher watch_{py::none()};
    lf::progress_callback check_ = [this](std::size_t done, std::size_t all) { watch_(done, all); };
};

/// Checks for Ctrl-C at every 4,096th of the objects that a loop makes.
inline void check_signals(std::size_t n) {
    if (n % 4'096 == 4'095 && PyErr_CheckSignals() != 0) throw py::error_already_set();
}

/// A model, and where its parts stand in its text.
struct model_holder {
    lf::loaded_model loaded;
};

/// The columns of a result.
struct frame {
    std::vector<lf::arrow_column> columns;
    [[nodiscard]] std::size_t size() const { return columns.empty() ? 0 : columns[0].size(); }
};

/// A capsule of Arrow's PyCapsule interface that owns a stream.
[[nodiscard]] py::capsule stream_capsule(std::unique_ptr<ArrowArrayStream> stream);

/// Events, and the rows that they were read from.
struct event_rows {
    std::vector<lf::event> events;
    std::vector<std::size_t> rows; ///< each event's row, from 0
};

/// Leads and instants, row by row.
struct lead_instants {
    std::vector<std::string> leads;
    std::vector<lf::instant> at;
};

/// Histories, shared by all results that need them.
struct shared_histories {
    std::shared_ptr<const lf::histories> of;
    lf::plan plan;
};

/// Scores that are added up while tables are read. No touchpoint is stored.
struct additive_scores {
    lf::plan plan;
    lf::instant at;
    lf::additive_scorer of;
};

} // namespace leadfunnel_python

namespace pybind11::detail {

template<>
struct type_caster<leadfunnel_python::text_arg> {
    PYBIND11_TYPE_CASTER(leadfunnel_python::text_arg, const_name("str"));
    bool load(handle h, bool) {
        value.assign(leadfunnel_python::text_argument(h));
        return true;
    }
};

template<>
struct type_caster<leadfunnel_python::count_arg> {
    PYBIND11_TYPE_CASTER(leadfunnel_python::count_arg, const_name("typing.SupportsIndex"));
    bool load(handle h, bool) {
        value.value = leadfunnel_python::count_argument(h);
        return true;
    }
};

} // namespace pybind11::detail
