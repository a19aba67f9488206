// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// How tables and texts are read, and the report of a read.

#include "common.hpp"

#include <leadfunnel/interop/arrow.hpp>
#include <leadfunnel/io/ingest.hpp>

#include <pybind11/typing.h>

#include <cstddef>
#include <string>

namespace leadfunnel_python {

/// How to read a table: the clock for times without an offset, what to do with bad rows, and whom
/// to report progress to.
class reading {
  public:
    lf::arrow_clock clock{};
    lf::ingest_options options{};

    /// \param zone name of a time zone; empty refuses times without an offset
    /// \param ambiguous `earliest`, `latest`, or anything else to refuse
    /// \param keep how many bad rows the report lists
    /// \throws InputError if there is no such zone
    reading(const std::string& zone, const std::string& ambiguous, bool strict, std::size_t keep,
            const py::object& progress);
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;

    /// Reads without the interpreter's lock, and reports all rows of `f`'s result as done.
    template<class F>
    lf::ingest_report run(const F& f) const {
        const gil_release release;
        lf::ingest_report out = f();
        if (out.rows != 0) watch_(out.rows, out.rows);
        return out;
    }

  private:
    mutable watcher watch_;
};

/// The report as a `TableReport`. Rows of a file count from 1 (its lines), others from 0.
[[nodiscard]] py::dict from_report(const lf::ingest_report& r, const std::string& table,
                                   bool is_file);

/// The columns of tables that have the library's own names.
[[nodiscard]] lf::leads_table leads_columns(const lf::arrow_table& t);
[[nodiscard]] lf::touchpoints_table touchpoints_columns(const lf::arrow_table& t);
[[nodiscard]] lf::stages_table stages_columns(const lf::arrow_table& t);

/// Returns the next bytes of a text, and none at its end.
using bytes_source = py::typing::Callable<py::bytes()>;

/// A CSV or NDJSON text, and the mapping file to read it by.
struct mapped_text {
    bytes_source next;
    std::string mapping;      ///< the mapping file's text
    std::string mapping_name; ///< how issues name the mapping file
    std::string name;         ///< how issues name the text
    std::string table;        ///< how bad rows name the text

    /// Feeds all rows to `sink`. Call it with the interpreter's lock.
    [[nodiscard]] py::dict read_into(lf::row_sink& sink, const reading& how) const;
};

} // namespace leadfunnel_python
