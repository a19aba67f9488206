// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Reports on input, whether text (`io/ingest.hpp`) or columns (`batch/columns.hpp`): what was
/// wrong with rows, which rows were left out, and how much was read.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/issue.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// What a row becomes, in the order of the alternatives of `event`.
enum class row_target : std::uint8_t { attributes, touchpoint, stage };

/// What is wrong with a row of input. The names are stable; `to_string` prints them as spelt here.
enum class row_fault : std::uint8_t {
    none,
    too_long,       ///< longer than the limit
    nul,            ///< holds a NUL byte or `\u0000`
    not_utf8,       ///< holds bytes that are not UTF-8
    bad_quote,      ///< CSV: a quote inside an unquoted field, or text after a closing quote
    unclosed_quote, ///< CSV: a quoted field without its closing quote
    ragged,         ///< CSV: more or fewer fields than the header
    bad_json,       ///< NDJSON: not one JSON object
    duplicate_key,  ///< NDJSON: a field that the mapping reads is given twice
    missing_lead,   ///< no lead id
    missing_instant,
    missing_type,
    missing_stage,
    bad_instant, ///< not an instant of the declared form, or a local time that is skipped or
                 ///< ambiguous
    bad_number,  ///< not a finite number, or out of range
    bad_boolean,
    wrong_type ///< NDJSON: an object or list where one value is due
};
inline constexpr std::size_t row_fault_count = static_cast<std::size_t>(row_fault::wrong_type) + 1;

/// The name of a fault, as it is spelt above. O(1).
[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(row_fault f) noexcept;
/// A phrase that describes a fault, for messages. O(1).
[[nodiscard]] LEADFUNNEL_DECL std::string_view describe_error(row_fault f) noexcept;

/// A row that was not accepted.
struct LEADFUNNEL_TYPE bad_row {
    std::uint64_t line = 0;   ///< the line on which the row begins, from 1
    std::uint64_t offset = 0; ///< bytes before the row
    std::string column{};     ///< the column's name or the field's path; empty if the whole row is
                              ///< at fault
    row_fault fault = row_fault::none;
    std::string message{}; ///< what is wrong, in words
    std::string raw{};     ///< the row's text, cut to `keep_bytes` at a whole character
    bool cut = false;      ///< whether `raw` was cut

    friend bool operator==(const bad_row&, const bad_row&) = default;
};

/// `line 17, column 'seen_at': not a date and time: '25:61' [bad_instant]`, in printable form.
/// O(length).
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(const bad_row& r);

/// How much a call has read so far.
struct ingest_progress {
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;
    std::uint64_t bad = 0;
};

/// How a call reads its input.
struct ingest_options {
    /// Whether the first bad row fails the whole call. Nothing after it is accepted; what came
    /// before it has reached the sink or builder. For all or nothing, read into a fresh
    /// `history_builder`, or run a file once with a `null_sink` first.
    bool strict = false;
    std::size_t keep_bad_rows = 1'000; ///< how many bad rows the report keeps in full; it counts
                                       ///< all
    std::size_t keep_bytes = 1'000;    ///< how many bytes of each it keeps
    std::size_t max_row_bytes = std::size_t{1} << 20;

    /// The call checks both every `check_every` rows, and calls `progress` once more at the end. If
    /// `progress` returns false or the flag is set, the call is cancelled; what was accepted stays
    /// accepted.
    std::function<bool(const ingest_progress&)> progress{};
    const std::atomic<bool>* cancel = nullptr;
    std::size_t check_every = 4'096;
};

/// The result of reading: rows = accepted + skipped + bad.
struct LEADFUNNEL_TYPE ingest_report {
    std::uint64_t bytes = 0;    ///< bytes processed
    std::uint64_t rows = 0;     ///< rows read, without the header and empty lines
    std::uint64_t accepted = 0; ///< rows that became events
    std::uint64_t skipped = 0;  ///< good rows that no mapping covers
    std::uint64_t bad = 0;
    std::array<std::uint64_t, 3> events{};                     ///< by `row_target`
    std::array<std::uint64_t, row_fault_count> bad_by_fault{}; ///< by `row_fault`
    std::vector<bad_row> bad_rows{};                           ///< the first of them, at most
                                                               ///< `keep_bad_rows`
    std::vector<issue> issues{}; ///< problems of the mapping, the header or the file; if there are
                                 ///< any, nothing was read
    bool cancelled = false;
    bool failed = false; ///< because of an issue, or of a bad row under `strict`

    /// Whether the input was read to its end, even if rows were bad.
    [[nodiscard]] bool complete() const noexcept { return !failed && !cancelled; }
    [[nodiscard]] std::uint64_t count(row_fault f) const noexcept {
        return bad_by_fault[static_cast<std::size_t>(f)];
    }
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/history/impl/ingest_report.ipp>
#endif
