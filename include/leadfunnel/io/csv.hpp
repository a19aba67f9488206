// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// CSV (RFC 4180) as rows of fields. Opt-in: not part of `leadfunnel.hpp`.
///
/// ```
/// struct printer : lf::csv_handler {
///     bool on_row(const lf::csv_row& row) override { …row.fields[0]…; return true; }
/// } out;
/// lf::csv_reader reader(out);
/// while (read(chunk)) reader.push(chunk);
/// reader.finish();
/// ```

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/io/cell.hpp>
#include <leadfunnel/io/chunks.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// One row, good or bad. Views are valid until `on_row` returns.
struct csv_row {
    std::uint64_t line = 0;   ///< the line of the file on which it begins, from 1
    std::uint64_t offset = 0; ///< of its first byte
    /// The fields, quotes removed. Empty where the row has `bad_quote`, `unclosed_quote` or
    /// `too_long`.
    std::span<const std::string_view> fields{};
    std::string_view raw{}; ///< the row as written, without its line end; at most `max_row_bytes`
    row_fault fault = row_fault::none;
    std::size_t field = 0; ///< of `bad_quote`, `unclosed_quote`: the faulty field, from 0
};

/// Receives rows in the order of the text. The first row is the header.
class csv_handler {
  public:
    virtual ~csv_handler() = default;
    /// Return false to stop the reader for good. An exception stops it as well, and reaches the
    /// caller of `push` or `finish`.
    virtual bool on_row(const csv_row& row) = 0;
};

/// How to read CSV.
struct csv_options {
    char delimiter = ','; ///< any ASCII character but `"`, CR, LF and NUL
    std::size_t max_row_bytes = std::size_t{1} << 20; ///< a longer row is bad
};

/// Reads CSV from chunks of any size. How the text is cut does not change the rows.
///
/// - The text is UTF-8, with or without byte order mark. Lines end in LF or CRLF; the last may lack
///   its end.
/// - A quoted field may hold delimiters, line ends and doubled quotes. A quote anywhere else makes
/// the
///   row bad.
/// - Every row must have as many fields as the first. Empty lines are skipped.
/// - A stray quote does not swallow the rows after it. If the quoting of a row is broken, or the
/// row is
///   longer than the limit, its first line is a bad row, and reading resumes on the next line.
///
/// O(bytes) in all; a broken quote costs at most `max_row_bytes` more. Allocates only for rows that
/// chunks cut and for doubled quotes, and reuses that memory. Throws std::bad_alloc, and what the
/// handler throws; then the reader has stopped. Not safe for concurrent use.
class csv_reader {
  public:
    /// `handler` must outlive the reader. Does not throw.
    LEADFUNNEL_DECL explicit csv_reader(csv_handler& handler, csv_options options = {});

    /// Reads the next bytes; false if the handler has stopped the reader. Rows are parsed in place
    /// where possible, so push a file in memory at once.
    LEADFUNNEL_DECL bool push(std::string_view chunk);

    /// Reads the last row, which may lack its line end; false if the handler has stopped the
    /// reader. Nothing may be pushed afterwards.
    LEADFUNNEL_DECL bool finish();

    /// The bytes of all rows delivered and lines skipped so far. O(1).
    [[nodiscard]] std::uint64_t bytes() const noexcept { return offset_; }

  private:
    enum class outcome : std::uint8_t { row, incomplete, stopped };

    std::size_t parse(std::string_view text, bool final);
    outcome parse_row(const char*& at, const char* end, bool final);
    outcome reject(const char*& at, const char* limit, bool final, row_fault fault);
    outcome deliver(const char*& at, const char* row_end, const char* next, std::uint64_t lines,
                    row_fault fault);
    outcome hand_over(const char*& at, const char* next, std::uint64_t lines, const csv_row& row);

    csv_handler* handler_;
    csv_options options_;
    detail::chunk_joiner chunks_{};
    std::vector<std::string_view> fields_{};
    std::vector<std::size_t> doubled_{}; // fields that hold doubled quotes
    std::vector<char> unescaped_{};
    std::uint64_t line_ = 1;
    std::uint64_t offset_ = 0;
    std::size_t width_ = 0; // fields of the first row
    bool skipping_ = false; // within a line that is too long
    bool started_ = false;  // a byte order mark was looked for
    bool stopped_ = false;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/io/impl/csv.ipp>
#endif
