// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What all units of the Python module share: conversions of instants, values and events, and what
/// long calls owe the interpreter.

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/interop/arrow.hpp>
#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <pybind11/gil_safe_call_once.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel_python {

namespace py = pybind11;
namespace lf = leadfunnel;

// ---- layers, in the order in which they are bound

void bind_model(py::module_& m);
void bind_tables(py::module_& m);
void bind_score(py::module_& m);
void bind_engine(py::module_& m);
void bind_cli(py::module_& m);

// ---- values

/// An instant: text of RFC 3339, or an aware `datetime`. Raises `InputError` for anything else, a
/// naive one above all.
[[nodiscard]] lf::instant to_instant(py::handle h);
/// An aware `datetime` in UTC; `None` for `always` and `never`.
[[nodiscard]] py::object from_instant(lf::instant at);
[[nodiscard]] py::object from_value(const lf::value& v);
[[nodiscard]] inline py::object from_points(lf::points p) {
    return py::float_(static_cast<double>(p.micros()) / 1e6);
}
/// `None` if it is absent.
[[nodiscard]] inline py::object from_score(const lf::score_value& s) {
    return s.absent ? py::none() : from_points(s.value);
}
[[nodiscard]] lf::event to_event(py::handle h, const lf::model& m);
[[nodiscard]] py::object from_event(const lf::event& e);
[[nodiscard]] py::object from_issue(const lf::issue& i);
[[nodiscard]] py::list from_issues(const std::vector<lf::issue>& issues);
[[nodiscard]] py::object from_explanation(const lf::explanation& e);

/// Raises one of the package's errors; what of foreign text is in the message becomes printable.
[[noreturn]] void raise_error(const char* type, const std::string& message);
[[noreturn]] inline void raise_input_error(const std::string& message) {
    raise_error("InputError", message);
}
/// A name that the model does not declare.
[[noreturn]] inline void raise_unknown_name(const std::string& message) {
    raise_error("UnknownNameError", message);
}

/// An attribute of one of the package's Python modules.
[[nodiscard]] inline py::object python_name(const char* module, const char* name) {
    return py::module_::import(module).attr(name);
}

// ---- long calls

/// Lets other threads run meanwhile.
template<class F>
auto released(const F& f) {
    const py::gil_scoped_release release;
    return f();
}

/// Sees to signals (Ctrl-C) and calls back with progress, some twenty times a second at most. Used
/// without the interpreter's lock; throws what Python raises.
class watcher {
  public:
    explicit watcher(py::object callback) : callback_(std::move(callback)) {}
    bool operator()(std::size_t done, std::size_t all) {
        using namespace std::chrono;
        const auto now = steady_clock::now();
        if (now - last_ < milliseconds{50} && done != all) return true;
        last_ = now;
        const py::gil_scoped_acquire acquire;
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        if (!callback_.is_none()) callback_(done, all);
        return true;
    }

  private:
    py::object callback_;
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Lets Ctrl-C be heard by a call that shows no progress: pass it as its `progress`.
class listening {
  public:
    listening() = default;
    listening(const listening&) = delete;
    listening& operator=(const listening&) = delete;
    operator const lf::progress_callback&() const noexcept { // NOLINT(google-explicit-constructor)
        return heard_;
    }

  private:
    mutable watcher watch_{py::none()};
    lf::progress_callback heard_ = [this](std::size_t done, std::size_t all) { watch_(done, all); };
};

/// Sees to signals at every few thousandth of the things made for Python.
inline void see_to_signals(std::size_t n) {
    if (n % 4'096 == 4'095 && PyErr_CheckSignals() != 0) throw py::error_already_set();
}

/// A model with the places of its parts in its text.
struct model_holder {
    lf::loaded_model loaded;
};

/// A result's columns.
struct frame {
    std::vector<lf::arrow_column> columns;
    [[nodiscard]] std::size_t size() const { return columns.empty() ? 0 : columns[0].size(); }
};

/// A capsule, as Arrow's PyCapsule interface wants one, that owns a stream.
[[nodiscard]] py::capsule stream_capsule(std::unique_ptr<ArrowArrayStream> stream);

/// The rows of a table as events, for an engine or among others.
struct event_rows {
    std::vector<lf::event> events;
    std::vector<std::size_t> rows; ///< of each event, from 0
};

/// Leads and instants, row by row.
struct lead_instants {
    std::vector<std::string> leads;
    std::vector<lf::instant> at;
};

/// Histories that several results share.
struct shared_histories {
    std::shared_ptr<const lf::histories> of;
    lf::plan plan;
};

/// Scores that are being made of tables, of which no touchpoint is stored.
struct additive_scores {
    lf::plan plan;
    lf::instant at;
    lf::additive_scorer of;
};

} // namespace leadfunnel_python
