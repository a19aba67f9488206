// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <exception>
#include <stdexcept>
#include <system_error>

namespace leadfunnel_python {

void set_error(const char* type, const std::string& message) {
    PyErr_SetString(python_name("leadfunnel._errors", type).ptr(),
                    lf::detail::printable(message, true).c_str());
}

void raise_error(const char* type, const std::string& message) {
    set_error(type, message);
    throw py::error_already_set();
}

namespace {

/// Makes each C++ exception one of the package's errors. Errors of the operating system become an
/// `OSError`; pybind11 translates what is not named here, such as `std::bad_alloc`.
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
        set_error("UsageError", e.what());
    } catch (const lf::snapshot_error& e) {
        set_error("SnapshotError", e.what());
    } catch (const lf::engine_busy& e) {
        set_error("EngineBusyError", e.what());
    } catch (const lf::error& e) {
        set_error("Error", e.what());
    } catch (const std::logic_error& e) {
        set_error("Error", e.what());
    } catch (const py::cast_error& e) {
        set_error("UsageError", e.what());
    } catch (const std::system_error& e) {
        const py::tuple said = py::make_tuple(e.code().value(), e.code().message());
        PyErr_SetObject(PyExc_OSError, said.ptr());
    }
}

} // namespace

} // namespace leadfunnel_python

PYBIND11_MODULE(_core, m) {
    namespace lp = leadfunnel_python;
    lp::import_datetime();
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
        "The first and last code point of each range that `printable` escapes.");
    m.def(
        "printable",
        [](const lp::py::str& text, bool lines) {
            return lp::lf::detail::printable(lp::escaped(text), lines);
        },
        lp::py::arg("text"), lp::py::arg("lines") = false,
        "Foreign text, made safe to print. Line feeds stay if `lines`.");
    lp::bind_model(m);
    lp::bind_frame(m);
    lp::bind_arrow_table(m);
    lp::bind_reading(m);
    lp::bind_event_rows(m);
    lp::bind_histories(m);
    lp::bind_score(m);
    lp::bind_engine(m);
    lp::bind_cli(m);
    lp::py::module_::import("atexit").attr("register")(
        lp::py::cpp_function(&lp::interpreter_end::close));
}
