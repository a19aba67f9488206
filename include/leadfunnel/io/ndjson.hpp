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

/// One line, good or bad. Views are valid until `on_row` returns.
struct ndjson_row {
    std::uint64_t line = 0;   ///< from 1
    std::uint64_t offset = 0; ///< of its first byte
    std::span<const cell>
        cells{};            ///< one for each path, in the order of paths; none if the row is bad
    std::string_view raw{}; ///< the line as written, without its end
    row_fault fault = row_fault::none;
    std::size_t path = 0; ///< of `duplicate_key`, `nul`: the faulty path, or `no_path`
};
/// `ndjson_row::path` if the fault is not at a path.
inline constexpr std::size_t no_path = static_cast<std::size_t>(-1);

/// Receives rows in the order of the text.
class ndjson_handler {
  public:
    virtual ~ndjson_handler() = default;
    /// Return false to stop the reader for good. An exception stops it as well, and reaches the
    /// caller of `push` or `finish`.
    virtual bool on_row(const ndjson_row& row) = 0;
};

/// How to read NDJSON.
struct ndjson_options {
    std::size_t max_row_bytes = std::size_t{1} << 20; ///< a longer line is bad
};

/// Reads NDJSON from chunks of any size. How the text is cut does not change the rows.
///
/// - The text is UTF-8, with or without byte order mark. Lines end in LF or CRLF; the last may lack
/// its
///   end. Empty lines, and lines of spaces, are skipped.
/// - A path is a series of keys joined by dots: `context.campaign.name`. A dot within a key is
/// written
///   `\.`, a backslash `\\`.
/// - A line that is not JSON is bad, wherever the fault is. So is a line that repeats a key of a
/// path,
///   or has `\u0000` in the value of a path.
/// - Numbers are delivered as written, whatever their size.
///
/// O(bytes), a few nanoseconds for each token (simdjson, on demand). No allocation for a line once
/// buffers have grown. Throws std::bad_alloc, and what the handler throws; then the reader has
/// stopped. Not safe for concurrent use.
class ndjson_reader {
  public:
    /// `handler` must outlive the reader. Paths may repeat. O(bytes of the paths).
    LEADFUNNEL_DECL ndjson_reader(const std::vector<std::string>& paths, ndjson_handler& handler,
                                  ndjson_options options = {});
    LEADFUNNEL_DECL ndjson_reader(ndjson_reader&&) noexcept;
    LEADFUNNEL_DECL ndjson_reader& operator=(ndjson_reader&&) noexcept;
    LEADFUNNEL_DECL ~ndjson_reader();

    /// Reads the next bytes; false if the handler has stopped the reader. Lines are read in place
    /// where possible, so push a file in memory at once.
    LEADFUNNEL_DECL bool push(std::string_view chunk);

    /// Reads the last line, which may lack its end; false if the handler has stopped the reader.
    /// Nothing may be pushed afterwards.
    LEADFUNNEL_DECL bool finish();

    /// The bytes of all lines read so far. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::uint64_t bytes() const noexcept;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/io/impl/ndjson.ipp>
#endif
