// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What the library throws. Every exception of its own derives from `error`.
///
/// | thrown | when |
/// |---|---|
/// | `model_error` (`core/issue.hpp`) | a model has errors and cannot become a plan |
/// | `event_error` (`history/event.hpp`) | no history can hold an event |
/// | `table_error` (`batch/columns.hpp`) | a table cannot become histories |
/// | `arrow_error` (`interop/arrow_interface.hpp`) | an Arrow table breaks the interface |
/// | `snapshot_error` (`engine/snapshot_error.hpp`) | a snapshot cannot be read or written |
/// | `engine_busy` (`engine/shared_engine.hpp`) | a call would wait for itself |
/// | `unknown_name`, `unknown_lead` | a name, or a lead's id, is not there |
/// | `argument_error`, `unknown_number` | a caller passed an argument that the function excludes |
/// | `state_error` | an object is not in the state that the call requires |
/// | `error` itself | a limit was reached that no other class names |
///
/// Three kinds of exceptions are not the library's own and pass through: `std::bad_alloc`;
/// `std::system_error`, where the operating system refuses a lock or random numbers; and whatever a
/// callback throws.

#include <leadfunnel/core/config.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0 {

/// Why something was refused. The names are stable; `to_string` prints them as they are spelt here.
enum class error_code : std::uint8_t {
    other,          ///< no other code fits: the message says why
    model,          ///< the model has errors: see `model_error::issues`
    table,          ///< a table has issues or bad rows: see `table_error`
    arrow,          ///< an Arrow table breaks the interface, or its producer reports an error
    snapshot,       ///< no snapshot, a damaged one, or one of another model
    file,           ///< a file cannot be read or written
    busy,           ///< the engine is in use by a call around this one
    unknown_lead,   ///< no lead has that id
    unknown_name,   ///< no score, funnel, stage, band, matrix or attribute has that name
    unknown_number, ///< a number or position that was never given out
    bad_argument,   ///< an argument that the function excludes
    bad_state,      ///< the object is not in the state that the call requires
    no_lead,        ///< an event names no lead
    bad_instant,    ///< an event's instant is outside [1900, 2200)
    bad_number,     ///< a number of an event is not finite, or out of its range
    bad_text,       ///< a text of an event is not UTF-8, or holds a NUL
    too_many        ///< a stage entry has more scores or facts than a history holds
};

/// The code's name, such as `unknown_lead`. O(1).
[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(error_code c) noexcept;

/// Base of everything the library throws itself. `what()` says in words what is wrong, and may
/// quote text from outside, always in printable form.
class LEADFUNNEL_TYPE error : public std::runtime_error {
  public:
    explicit error(const std::string& what, error_code code = error_code::other)
        : std::runtime_error(what), code_(code) {}

    [[nodiscard]] error_code code() const noexcept { return code_; }

  private:
    error_code code_;
};

/// No score, funnel, stage, band, matrix, attribute or lead has the name that was passed.
class LEADFUNNEL_TYPE unknown_name : public error {
  public:
    explicit unknown_name(const std::string& what, error_code code = error_code::unknown_name)
        : error(what, code) {}
};

/// No lead has the id that was passed.
class LEADFUNNEL_TYPE unknown_lead : public unknown_name {
  public:
    explicit unknown_lead(const std::string& what) : unknown_name(what, error_code::unknown_lead) {}
};

/// An argument that the function's documentation excludes: columns of unequal lengths, an instant
/// outside the years 1900 to 2199, two ids of one lead where two leads are due.
class LEADFUNNEL_TYPE argument_error : public error {
  public:
    explicit argument_error(const std::string& what, error_code code = error_code::bad_argument)
        : error(what, code) {}
};

/// A number (of a lead, a kind, a score) that was never given out, or a position past the end.
class LEADFUNNEL_TYPE unknown_number : public argument_error {
  public:
    explicit unknown_number(const std::string& what)
        : argument_error(what, error_code::unknown_number) {}
};

/// A call that the object's state excludes: loading into an engine that has leads already, a query
/// "now" of an engine whose clock was never set.
class LEADFUNNEL_TYPE state_error : public error {
  public:
    explicit state_error(const std::string& what) : error(what, error_code::bad_state) {}
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/error.ipp>
#endif
