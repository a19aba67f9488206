// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Mappings: what each column or field of an input means. Plain data, in the shape of the JSON file
/// (comments allowed) that `docs/input.md` describes. Opt-in: not part of `leadfunnel.hpp`.
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
    iso8601,      ///< the same; the offset may lack its colon: `+0900`
    local,        ///< `2026-04-01 09:30[:00]` by the wall clock of `zone`, or with an offset
    date,         ///< `2026-04-01` in `zone`
    unix_seconds, ///< seconds since 1970, with or without decimals
    unix_millis   ///< milliseconds since 1970
};

/// Which instant of its day a date stands for. A day begins with its first instant, also where
/// clocks skip or repeat midnight. Use `end` for features as of an instant: what has only a date is
/// certain when the day is over, so an earlier instant would leak the future.
enum class day_moment : std::uint8_t {
    start, ///< 00:00
    noon,  ///< 12:00
    end    ///< the last microsecond of the day
};

/// How to read instants.
struct time_reading {
    time_format format = time_format::rfc3339;
    std::string zone{}; ///< IANA name; for `local` and `date`, which need it, only
    local_choice ambiguous =
        local_choice::refuse;           ///< for `local`: times that clocks repeat or skip
    day_moment day = day_moment::start; ///< for `date`
    friend bool operator==(const time_reading&, const time_reading&) = default;
};

/// Where a text comes from: the first of several columns (or paths) that is set in the row, else a
/// constant. A CSV must have at least one of the columns, unless `optional`. So several names also
/// serve exports that use labels instead of internal names.
struct mapped_text {
    std::vector<std::string> from{};
    std::string constant{};
    /// Texts of the input, and what to replace them by. Other texts stay, or become `otherwise`.
    std::map<std::string, std::string, std::less<>> translate{};
    std::optional<std::string> otherwise{};
    bool optional = false;

    /// Whether the mapping says where the text comes from. O(1).
    [[nodiscard]] bool is_given() const noexcept { return !from.empty() || !constant.empty(); }
    friend bool operator==(const mapped_text&, const mapped_text&) = default;
};

/// Where an instant comes from: the first of several columns that is set in the row.
struct mapped_time {
    std::vector<std::string> from{};
    std::optional<time_reading> reading{}; ///< else that of the file
    bool optional = false;
    friend bool operator==(const mapped_time&, const mapped_time&) = default;
};

/// Where a number comes from: the first of several columns that is set in the row.
struct mapped_number {
    std::vector<std::string> from{};
    decimal scale = 1; ///< a factor: 0.001 makes seconds of milliseconds
    bool optional = false;
    friend bool operator==(const mapped_number&, const mapped_number&) = default;
};

/// A touchpoint's property or a lead's attribute, and where it comes from.
struct mapped_property {
    std::string name{};
    std::vector<std::string> from{};
    value_type type = value_type::string;
    std::optional<time_reading> reading{}; ///< for timestamps; else that of the file
    bool optional = false;
    friend bool operator==(const mapped_property&, const mapped_property&) = default;
};

/// A test of a row. It looks at the first of the columns that is set in the row: whether its text
/// `is` one of some texts, `is_not` one of some, and whether one is `set` at all. All that are
/// given must hold. A column that is not set equals no text.
struct row_test {
    std::vector<std::string> field{};
    std::vector<std::string> is{};
    std::vector<std::string> is_not{};
    std::optional<bool> set{};
    bool optional = false; ///< a CSV may lack the columns: they then are not set
    friend bool operator==(const row_test&, const row_test&) = default;
};

/// What rows become: touchpoints, attributes or stage entries.
struct mapping {
    row_target to = row_target::touchpoint;
    std::vector<row_test> when{}; ///< matches rows for which all hold
    /// Whether rows that match this mapping are also tried with later ones. Else a row becomes what
    /// the first mapping that it matches makes of it.
    bool and_more = false;

    mapped_text lead{};
    mapped_time at{}; ///< optional for attributes: these then hold `always`
    mapped_text source{};
    mapped_text id{};
    std::vector<mapped_property>
        properties{}; ///< called `attributes` in the file if rows become attributes

    mapped_text type{}; ///< touchpoints only, like the next three
    std::optional<mapped_number> value{};
    mapped_text campaign{};
    mapped_text channel{};

    mapped_text funnel{}; ///< stage entries only, like the next three
    mapped_text stage{};
    mapped_text reason{};
    mapped_text cause{};

    friend bool operator==(const mapping&, const mapping&) = default;
};

/// The contents of a mapping file.
struct mapping_file {
    std::string description{};
    input_format format = input_format::csv;
    char delimiter = ',';               ///< CSV only
    std::vector<std::string> unset{""}; ///< texts that mean "no value"; compared exactly
    time_reading time{};                ///< for fields without a reading of their own
    std::vector<mapping> mappings{};

    friend bool operator==(const mapping_file&, const mapping_file&) = default;
};

/// A mapping file as read. An ingester refuses input if there are issues.
struct loaded_mapping {
    mapping_file value{};
    std::string file{};          ///< its name in messages
    std::vector<issue> issues{}; ///< all that is wrong with it, in the order of the text
};

/// Reads a mapping from a text or a file, and checks it. What is wrong, a file that cannot be read
/// included, is in `issues`. Throws std::bad_alloc only. O(bytes · log). Safe to call from any
/// thread.
[[nodiscard]] LEADFUNNEL_DECL loaded_mapping parse_mapping(std::string_view json,
                                                           std::string_view file = {});
[[nodiscard]] LEADFUNNEL_DECL loaded_mapping load_mapping(const std::filesystem::path& path);

/// What is wrong with a mapping made in code: all issues, or the first `max_mapping_issues` + 1.
/// `parse_mapping` includes them. O(size · log). Throws std::bad_alloc only. Safe to call from any
/// thread while nobody changes the mapping.
[[nodiscard]] LEADFUNNEL_DECL std::vector<issue> check(const mapping_file& m);

/// Bounds: bytes of a mapping file, levels of nesting, mappings in a file, and issues listed.
inline constexpr std::size_t max_mapping_bytes = std::size_t{4} << 20;
inline constexpr std::size_t max_mapping_nesting = 16;
inline constexpr std::size_t max_mappings = 1'000;
inline constexpr std::size_t max_mapping_issues = 1'000;

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/io/impl/mapping.ipp>
#endif
