// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include "../../../examples/generator.hpp"

#include <leadfunnel/core/detail/atomic_file.hpp>

#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel_python {

using namespace py::literals;

namespace {

lf::instant at_of(const lf::event& e) {
    return std::visit([](const auto& x) { return x.at; }, e);
}

/// Events in order of time, handed out in portions.
class event_log {
  public:
    explicit event_log(std::vector<lf::event> events) : events_(std::move(events)) {
        std::stable_sort(
            events_.begin(), events_.end(),
            [](const lf::event& a, const lf::event& b) { return at_of(a) < at_of(b); });
    }

    /// The next events up to and including an instant: at most `most`, and those of the last one's
    /// instant. Moves each event out.
    event_rows take(lf::instant until, std::size_t most) {
        event_rows out;
        while (taken_ < events_.size() && at_of(events_[taken_]) <= until &&
               (out.events.size() < most || at_of(events_[taken_]) == at_of(out.events.back()))) {
            out.events.push_back(std::move(events_[taken_]));
            out.rows.push_back(taken_++);
        }
        return out;
    }
    [[nodiscard]] std::size_t size() const { return events_.size(); }

  private:
    std::vector<lf::event> events_;
    std::size_t taken_ = 0;
};

/// Calls `act` without the interpreter's lock. A `file_error` becomes an `OSError`.
template<class Do>
auto with_file(const Do& act) {
    try {
        return released(act);
    } catch (const lf::detail::file_error& e) {
        const py::object error = py::reinterpret_borrow<py::object>(PyExc_OSError)(
            e.number(), e.why(), e.file().string());
        // The error's code may select a subclass, such as `FileNotFoundError`.
        PyErr_SetObject(py::type::handle_of(error).ptr(), error.ptr());
        throw py::error_already_set();
    }
}

int descriptor_of(const lf::detail::atomic_file& f) {
    if (f.stream() == nullptr) raise_usage_error("the file is closed");
#if defined(_WIN32)
    return ::_fileno(f.stream());
#else
    return ::fileno(f.stream());
#endif
}

} // namespace

void bind_cli(py::module_& m) {
    using lf::detail::atomic_file;
    py::class_<atomic_file>(m, "AtomicFile", "A file that is replaced as a whole or not at all.")
        .def(py::init([](const std::filesystem::path& file) {
                 return with_file([&] { return std::make_unique<atomic_file>(file); });
             }),
             "file"_a)
        .def("fileno", &descriptor_of, "The descriptor to write to, until the file is closed.")
        .def(
            "commit",
            [](atomic_file& f) {
                (void)descriptor_of(f);
                with_file([&] { f.commit(); });
            },
            "Replaces the file by what was written, and closes it.")
        .def("drop", &atomic_file::drop, "Closes the file and discards what was not committed.");

    py::class_<event_log>(m, "EventLog", "Events in order of time, handed out in portions.")
        .def(py::init([](const event_rows& of) {
                 return released([&] { return std::make_unique<event_log>(of.events); });
             }),
             "events"_a)
        .def("__len__", &event_log::size)
        .def(
            "take",
            [](event_log& log, const py::object& until, std::size_t most) {
                const lf::instant last = until.is_none() ? lf::never : to_instant(until);
                return released([&] { return log.take(last, most); });
            },
            "until"_a, "most"_a);

    m.def(
        "generate",
        [](const std::filesystem::path& folder, std::size_t leads, std::uint64_t seed) {
            released([&] { examples::generator{leads, seed}.write(folder); });
        },
        "folder"_a, "leads"_a, "seed"_a = 2'026,
        "Writes the demo's leads.csv and touchpoints.csv: the same on every machine.");
    m.attr("generated_until") = from_instant(examples::today);
}

} // namespace leadfunnel_python
