// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// NDJSON (one JSON object a line) as rows of chosen fields. Opt-in: not part of `leadfunnel.hpp`.
///
/// ```
/// struct printer : lf::ndjson_handler {
///     bool on_row(const lf::ndjson_row& row) override { …row.cells[1].text…; return true; }
/// } out;
/// lf::ndjson_reader reader({"userId", "context.campaign.name"}, out);
/// reader.push(text);
/// reader.finish();
/// ```

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/io/cell.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// One line, good or bad. Views live until `on_row` returns.
struct ndjson_row {
    std::uint64_t line = 0;        ///< from 1
    std::uint64_t offset = 0;      ///< bytes before it
    std::span<const cell> cells{}; ///< one for each path, in their order; none if the row is bad
    std::string_view raw{};        ///< the line as it stands, without its end
    row_fault fault = row_fault::none;
    std::size_t path = 0; ///< of `duplicate_key`, `nul`: the path at fault, if any
};
/// `ndjson_row::path` where no path is at fault.
inline constexpr std::size_t no_path = static_cast<std::size_t>(-1);

/// Receives rows in order.
class ndjson_handler {
  public:
    virtual ~ndjson_handler() = default;
    /// False stops the reader for good, as does an exception, which passes through.
    virtual bool on_row(const ndjson_row& row) = 0;
};

struct ndjson_options {
    std::size_t max_row_bytes = std::size_t{1} << 20; ///< longer lines are bad
};

/// Reads NDJSON from chunks of any size: how the text is cut changes nothing.
///
/// - UTF-8, with or without byte order mark; lines end in LF or CRLF; the last may lack its end;
///   empty lines (or of spaces alone) are skipped.
/// - A path is the keys on the way, joined by dots: `context.campaign.name`. A dot that belongs to
///   a key is written `\.`, a backslash `\\`.
/// - Every line is checked as a whole, also where no path leads: it is JSON, or it is bad. A key
///   on the way to a path that is given twice makes the line bad. `\u0000` does where a path leads.
/// - Numbers are handed on as they are written, whatever their size.
///
/// O(bytes), a few nanoseconds a token (simdjson, on demand). No allocation per line once buffers
/// have grown.
class ndjson_reader {
  public:
    /// `handler` must outlive the reader. Equal paths may be given more than once.
    LEADFUNNEL_DECL ndjson_reader(const std::vector<std::string>& paths, ndjson_handler& handler,
                                  ndjson_options options = {});
    LEADFUNNEL_DECL ndjson_reader(ndjson_reader&&) noexcept;
    LEADFUNNEL_DECL ndjson_reader& operator=(ndjson_reader&&) noexcept;
    LEADFUNNEL_DECL ~ndjson_reader();

    /// Takes the next bytes. False if the handler stopped. Lines are read in place where they can
    /// be, so that a whole file in memory is best pushed at once.
    LEADFUNNEL_DECL bool push(std::string_view chunk);

    /// The input ends here. False if the handler stopped.
    LEADFUNNEL_DECL bool finish();

    /// Bytes dealt with so far.
    [[nodiscard]] LEADFUNNEL_DECL std::uint64_t bytes() const noexcept;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/io/impl/ndjson.ipp>
#endif
