// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Mappings: which column or field of an input means what. Plain data, the same shape as the JSON
/// file (comments allowed) that `docs/input.md` describes. Opt-in: not part of `leadfunnel.hpp`.
///
/// ```
/// {"format": "csv",
///  "time": {"format": "local", "zone": "Asia/Tokyo", "ambiguous": "earliest"},
///  "mappings": [{"to": "touchpoint", "lead": "lead_id", "at": "seen_at", "type": "activity",
///                "properties": {"url": "page", "pages": {"from": "n", "type": "number"}}}]}
/// ```

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/ingest_report.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

enum class input_format : std::uint8_t { csv, ndjson };

/// How instants are written.
enum class time_format : std::uint8_t {
    rfc3339,      ///< `2026-04-01T09:30:00+09:00`
    iso8601,      ///< the same, or with an offset without colon, `+0900`
    local,        ///< `2026-04-01 09:30[:00]` on the clocks of a declared zone, or with an offset
    date,         ///< `2026-04-01` in a declared zone
    unix_seconds, ///< seconds since 1970, with or without decimals
    unix_millis   ///< milliseconds since 1970
};

/// Which instant of its day a date stands for. A day begins with its first instant, also where
/// clocks skip or repeat midnight. What is dated by day alone is known for certain only
/// when the day is over: features as of an instant leak nothing with `end`.
enum class day_moment : std::uint8_t {
    start, ///< 00:00
    noon,  ///< 12:00
    end    ///< the last microsecond
};

struct time_reading {
    time_format format = time_format::rfc3339;
    std::string zone{}; ///< IANA name; required by `local` and `date`, senseless elsewhere
    local_choice ambiguous = local_choice::refuse; ///< of `local`: times that clocks repeat or skip
    day_moment day = day_moment::start;            ///< of `date`
    friend bool operator==(const time_reading&, const time_reading&) = default;
};

/// Where a text comes from: the first of several columns (or paths) that is set in the row, else a
/// constant. Several names also serve exports that carry labels in place of internal names: of
/// a CSV's columns at least one must be there, unless `optional`.
struct mapped_text {
    std::vector<std::string> from{};
    std::string constant{};
    /// Texts of the input and what they become; others stay as they are, or become `otherwise`.
    std::map<std::string, std::string, std::less<>> translate{};
    std::optional<std::string> otherwise{};
    bool optional = false;

    [[nodiscard]] bool is_given() const noexcept { return !from.empty() || !constant.empty(); }
    friend bool operator==(const mapped_text&, const mapped_text&) = default;
};

struct mapped_time {
    std::vector<std::string> from{};
    std::optional<time_reading> reading{}; ///< else the file's
    bool optional = false;
    friend bool operator==(const mapped_time&, const mapped_time&) = default;
};

struct mapped_number {
    std::vector<std::string> from{};
    decimal scale = 1; ///< multiplied with: 0.001 for milliseconds that are to be seconds
    bool optional = false;
    friend bool operator==(const mapped_number&, const mapped_number&) = default;
};

/// A touchpoint's property or a lead's attribute.
struct mapped_property {
    std::string name{};
    std::vector<std::string> from{};
    value_type type = value_type::string;
    std::optional<time_reading> reading{}; ///< of timestamps; else the file's
    bool optional = false;
    friend bool operator==(const mapped_property&, const mapped_property&) = default;
};

/// A test on a row, as text: the first of the columns that is set `is` one of these texts, or
/// `is_not` one of those, or is set at all. All that is said must hold. What is not set is no text.
struct row_test {
    std::vector<std::string> field{};
    std::vector<std::string> is{};
    std::vector<std::string> is_not{};
    std::optional<bool> set{};
    bool optional = false; ///< a CSV without such a column counts as not set
    friend bool operator==(const row_test&, const row_test&) = default;
};

struct mapping {
    row_target to = row_target::touchpoint;
    std::vector<row_test> when{}; ///< takes rows for which all hold
    /// Rows that this mapping takes are offered to later ones too. Else the first that takes it has
    /// it to itself.
    bool and_more = false;

    mapped_text lead{};
    mapped_time at{}; ///< attributes may lack it: true always
    mapped_text source{};
    mapped_text id{};
    std::vector<mapped_property> properties{}; ///< or `attributes`, in the file, of attributes

    mapped_text type{}; ///< of touchpoints, as are the next three
    std::optional<mapped_number> value{};
    mapped_text campaign{};
    mapped_text channel{};

    mapped_text funnel{}; ///< of stage entries, as are the next three
    mapped_text stage{};
    mapped_text reason{};
    mapped_text cause{};

    friend bool operator==(const mapping&, const mapping&) = default;
};

/// What a mapping file says.
struct mapping_file {
    std::string description{};
    input_format format = input_format::csv;
    char delimiter = ',';               ///< of CSV
    std::vector<std::string> unset{""}; ///< texts that mean "no value"; compared as they are
    time_reading time{};                ///< of fields that say nothing else
    std::vector<mapping> mappings{};

    friend bool operator==(const mapping_file&, const mapping_file&) = default;
};

/// A mapping file as read. Input is refused by one with issues.
struct loaded_mapping {
    mapping_file value{};
    std::string file{};          ///< the name given, for messages
    std::vector<issue> issues{}; ///< everything that is wrong with it, in the order of the text
};

/// Reads a mapping file. Never throws but for memory. O(bytes).
[[nodiscard]] LEADFUNNEL_DECL loaded_mapping parse_mapping(std::string_view json,
                                                           std::string_view file = {});
[[nodiscard]] LEADFUNNEL_DECL loaded_mapping load_mapping(const std::filesystem::path& path);

/// What is wrong with mappings made in code: all of it, or the first `max_mapping_issues` + 1
/// issues. `parse_mapping` includes it.
[[nodiscard]] LEADFUNNEL_DECL std::vector<issue> check(const mapping_file& m);

/// Longest mapping file, deepest nesting, most mappings in a file, and how many issues its reading
/// lists.
inline constexpr std::size_t max_mapping_bytes = std::size_t{4} << 20;
inline constexpr std::size_t max_mapping_nesting = 16;
inline constexpr std::size_t max_mappings = 1'000;
inline constexpr std::size_t max_mapping_issues = 1'000;

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/io/impl/mapping.ipp>
#endif
