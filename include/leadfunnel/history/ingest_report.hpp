// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What is told of input, be it text (`io/ingest.hpp`) or columns (`batch/columns.hpp`): what can
/// be wrong with a row, which rows were left out, and how much was read.

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

/// What a row becomes. In the order of the alternatives of `event`.
enum class row_target : std::uint8_t { attributes, touchpoint, stage };

/// What is wrong with a row of input. `to_string` prints the names as they are spelt here.
enum class row_fault : std::uint8_t {
    none,
    too_long,       ///< longer than the limit
    nul,            ///< holds a NUL, as it stands or as `\u0000`
    not_utf8,       ///< holds bytes that are not UTF-8
    bad_quote,      ///< CSV: a quote inside an unquoted field, or text after a closing quote
    unclosed_quote, ///< CSV: a quoted field that never ends
    ragged,         ///< CSV: more or fewer fields than the header
    bad_json,       ///< NDJSON: not one JSON object
    duplicate_key,  ///< NDJSON: a field that the mapping reads is given twice
    missing_lead,   ///< no lead id
    missing_instant,
    missing_type,
    missing_stage,
    bad_instant, ///< not an instant of the declared form; a local time that is skipped or ambiguous
    bad_number,  ///< not a finite number, or out of range
    bad_boolean,
    wrong_type ///< NDJSON: an object or list where one value is due
};
inline constexpr std::size_t row_fault_count = static_cast<std::size_t>(row_fault::wrong_type) + 1;

[[nodiscard]] LEADFUNNEL_DECL std::string_view to_string(row_fault f) noexcept;
/// What is said of a fault, for messages.
[[nodiscard]] LEADFUNNEL_DECL std::string_view describe_error(row_fault f) noexcept;

/// A row that was not accepted.
struct bad_row {
    std::uint64_t line = 0;   ///< on which the row begins, from 1
    std::uint64_t offset = 0; ///< bytes before it
    std::string column{};     ///< name of the column, or path of the field; empty if it is the row
    row_fault fault = row_fault::none;
    std::string message{}; ///< what is wrong, in words
    std::string raw{};     ///< the row as it stands, at most `keep_bytes`, whole characters
    bool cut = false;      ///< `raw` is not all of it

    friend bool operator==(const bad_row&, const bad_row&) = default;
};

/// `line 17, column 'seen_at': not a date and time: '25:61' [bad_instant]`.
[[nodiscard]] LEADFUNNEL_DECL std::string to_string(const bad_row& r);

struct ingest_progress {
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;
    std::uint64_t bad = 0;
};

struct ingest_options {
    /// The first bad row fails the whole call; nothing after it is accepted. What came before it is
    /// with the sink or builder: read into a fresh `history_builder`, or (files) run once with a
    /// `null_sink`, for all or nothing.
    bool strict = false;
    std::size_t keep_bad_rows = 1'000; ///< kept in full; all are counted
    std::size_t keep_bytes = 1'000;    ///< of each
    std::size_t max_row_bytes = std::size_t{1} << 20;

    /// Both are looked at every `check_every` rows (and `progress` is called once more at the end).
    /// False, or a set flag, ends the call; what was accepted stays accepted.
    std::function<bool(const ingest_progress&)> progress{};
    const std::atomic<bool>* cancel = nullptr;
    std::size_t check_every = 4'096;
};

/// rows = accepted + skipped + bad.
struct ingest_report {
    std::uint64_t bytes = 0;    ///< dealt with
    std::uint64_t rows = 0;     ///< read, without the header and empty lines
    std::uint64_t accepted = 0; ///< rows that became events
    std::uint64_t skipped = 0;  ///< good rows that no mapping takes
    std::uint64_t bad = 0;
    std::array<std::uint64_t, 3> events{};                     ///< by `row_target`
    std::array<std::uint64_t, row_fault_count> bad_by_fault{}; ///< by `row_fault`
    std::vector<bad_row> bad_rows{};                           ///< the first of them
    std::vector<issue> issues{}; ///< with the mapping, the header or the file: nothing was read
    bool cancelled = false;
    bool failed = false; ///< by an issue, or a bad row under `strict`

    /// Whether the input was read to its end, however many rows were bad.
    [[nodiscard]] bool complete() const noexcept { return !failed && !cancelled; }
    [[nodiscard]] std::uint64_t count(row_fault f) const noexcept {
        return bad_by_fault[static_cast<std::size_t>(f)];
    }
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/history/impl/ingest_report.ipp>
#endif
