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

/// One row, good or bad. Views live until `on_row` returns.
struct csv_row {
    std::uint64_t line = 0;   ///< physical line on which it begins, from 1
    std::uint64_t offset = 0; ///< bytes before it
    /// The fields, quotes removed. Empty where the row has `bad_quote`, `unclosed_quote` or
    /// `too_long`.
    std::span<const std::string_view> fields{};
    std::string_view raw{}; ///< the row as it stands, without its line end; bounded by the limit
    row_fault fault = row_fault::none;
    std::size_t field = 0; ///< of `bad_quote`, `unclosed_quote`: the field at fault, from 0
};

/// Receives rows in order; the header is the first of them.
class csv_handler {
  public:
    virtual ~csv_handler() = default;
    /// False stops the reader for good, as does an exception, which passes through.
    virtual bool on_row(const csv_row& row) = 0;
};

struct csv_options {
    char delimiter = ',';                             ///< any ASCII character but `"`, CR and LF
    std::size_t max_row_bytes = std::size_t{1} << 20; ///< longer rows are bad
};

/// Reads CSV from chunks of any size: how the text is cut changes nothing.
///
/// - UTF-8, with or without byte order mark; lines end in LF or CRLF; the last may lack its end.
/// - Fields may be quoted, and then hold delimiters, line ends and doubled quotes. A quote anywhere
///   else makes the row bad.
/// - Every row must have as many fields as the first. Empty lines are skipped.
/// - One stray quote does not swallow the rows that follow: a row whose quoting is broken, or that
///   grows beyond the limit, is bad as far as its first line goes, and reading resumes on the next.
///
/// O(bytes), on top of which a broken quote costs at most `max_row_bytes`. Allocates for rows that
/// straddle chunks and for doubled quotes only, and reuses what it has.
class csv_reader {
  public:
    /// `handler` must outlive the reader.
    LEADFUNNEL_DECL explicit csv_reader(csv_handler& handler, csv_options options = {});

    /// Takes the next bytes. False if the handler stopped. Parsing is in place where it can be, so
    /// that a whole file in memory is best pushed at once.
    LEADFUNNEL_DECL bool push(std::string_view chunk);

    /// The input ends here. False if the handler stopped.
    LEADFUNNEL_DECL bool finish();

    /// Bytes dealt with so far: rows delivered and lines skipped.
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
