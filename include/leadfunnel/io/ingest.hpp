// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Rows of CSV or NDJSON become events, by way of a mapping. Opt-in: not part of `leadfunnel.hpp`.
///
/// ```
/// const auto map = lf::load_mapping("examples/mappings/segment.json");
/// std::vector<lf::event> events;
/// lf::event_sink sink([&](lf::event e) { events.push_back(std::move(e)); });
/// const lf::ingest_report report = lf::ingest_file("events.ndjson", map, sink);
/// for (const auto& bad : report.bad_rows) std::puts(lf::to_string(bad).c_str());
/// ```

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/io/cell.hpp>
#include <leadfunnel/io/mapping.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0 {

// ---- rows ---------------------------------------------------------------------------------------

/// A `value` that owns nothing; alternatives are in the same order. The texts of a set come as they
/// stand, unsorted and perhaps repeated.
using value_view = std::variant<std::monostate, bool, double, std::string_view, instant,
                                std::span<const std::string_view>>;

[[nodiscard]] LEADFUNNEL_DECL value to_value(const value_view& v);

/// A property or attribute of a row: `name` is an index into `properties` of the row's mapping.
struct named_view {
    std::uint32_t name = 0;
    value_view value{};
};

/// What is common to rows of all kinds. Everything lives until the sink returns, the mapping as
/// long as the ingester.
struct row_base {
    const mapping* by = nullptr; ///< the mapping that took the row …
    std::uint32_t index = 0;     ///< … and its place in the file
    std::string_view lead{};     ///< never empty
    instant at{};
    std::string_view source{};
    std::string_view id{};
};

struct touchpoint_row : row_base {
    std::string_view type{};
    std::optional<decimal> value{};
    std::string_view campaign{};
    std::string_view channel{};
    std::span<const named_view> properties{}; ///< those that are set, in the mapping's order
};

/// `at` is `always` if the mapping says no time.
struct attributes_row : row_base {
    /// Those that the row speaks of, in the mapping's order. A null unsets: a cell of CSV that is
    /// empty (or an `unset` word), a JSON null. A JSON key that is absent says nothing.
    std::span<const named_view> values{};
};

struct stage_row : row_base {
    std::string_view funnel{};
    std::string_view stage{};
    std::string_view reason{};
    std::string_view cause{};
};

/// Events made of rows; they own what they hold.
[[nodiscard]] LEADFUNNEL_DECL touchpoint to_event(const touchpoint_row& r);
[[nodiscard]] LEADFUNNEL_DECL attributes to_event(const attributes_row& r);
[[nodiscard]] LEADFUNNEL_DECL stage_entry to_event(const stage_row& r);

/// Takes rows in the order of the input. A row is handed over only when it is good as a whole.
/// An exception passes through to the caller of the ingester, which then is of no further use.
class row_sink {
  public:
    row_sink() = default;
    row_sink(const row_sink&) = default;
    row_sink& operator=(const row_sink&) = default;
    virtual ~row_sink() = default;

    /// Called once, before the first row.
    virtual void on_begin(const mapping_file& /*m*/) {}
    virtual void on_touchpoint(const touchpoint_row& r) = 0;
    virtual void on_attributes(const attributes_row& r) = 0;
    virtual void on_stage(const stage_row& r) = 0;
};

/// Turns rows into events, one after the other.
class event_sink final : public row_sink {
  public:
    explicit event_sink(std::function<void(event)> take) : take_(std::move(take)) {}
    LEADFUNNEL_DECL void on_touchpoint(const touchpoint_row& r) override;
    LEADFUNNEL_DECL void on_attributes(const attributes_row& r) override;
    LEADFUNNEL_DECL void on_stage(const stage_row& r) override;

  private:
    std::function<void(event)> take_;
};

/// Ignores rows: for a first pass that only looks for bad ones.
class null_sink final : public row_sink {
  public:
    void on_touchpoint(const touchpoint_row& /*r*/) override {}
    void on_attributes(const attributes_row& /*r*/) override {}
    void on_stage(const stage_row& /*r*/) override {}
};

// ---- reports ------------------------------------------------------------------------------------

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
    /// with the sink: read into a fresh `history_builder`, or run once with a `null_sink`, for all
    /// or nothing.
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

// ---- reading ------------------------------------------------------------------------------------

/// Reads input from chunks of any size; how it is cut changes nothing. O(bytes), with no allocation
/// per row once buffers have grown, but for bad rows that are kept.
class ingester {
  public:
    /// The sink must outlive the ingester. `name` is the input's, for issues.
    LEADFUNNEL_DECL ingester(mapping_file mapping, row_sink& sink, ingest_options options = {},
                             std::string name = {});
    /// Fails at once if the mapping has issues.
    LEADFUNNEL_DECL ingester(const loaded_mapping& mapping, row_sink& sink,
                             ingest_options options = {}, std::string name = {});
    LEADFUNNEL_DECL ingester(ingester&&) noexcept;
    LEADFUNNEL_DECL ingester& operator=(ingester&&) noexcept;
    LEADFUNNEL_DECL ~ingester();

    /// False once reading has ended before the input did: failed or cancelled.
    LEADFUNNEL_DECL bool push(std::string_view chunk);
    /// The input ends here. Nothing may be pushed afterwards.
    LEADFUNNEL_DECL const ingest_report& finish();
    /// As of the last row.
    [[nodiscard]] LEADFUNNEL_DECL const ingest_report& report() const noexcept;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Reads a text in memory, in place.
[[nodiscard]] LEADFUNNEL_DECL ingest_report ingest_text(std::string_view text,
                                                        const mapping_file& mapping, row_sink& sink,
                                                        ingest_options options = {},
                                                        std::string name = {});
[[nodiscard]] LEADFUNNEL_DECL ingest_report ingest_text(std::string_view text,
                                                        const loaded_mapping& mapping,
                                                        row_sink& sink, ingest_options options = {},
                                                        std::string name = {});

/// Reads a file in chunks. That it cannot be opened or read is an issue of the report.
[[nodiscard]] LEADFUNNEL_DECL ingest_report ingest_file(const std::filesystem::path& path,
                                                        const mapping_file& mapping, row_sink& sink,
                                                        ingest_options options = {});
[[nodiscard]] LEADFUNNEL_DECL ingest_report ingest_file(const std::filesystem::path& path,
                                                        const loaded_mapping& mapping,
                                                        row_sink& sink,
                                                        ingest_options options = {});

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/impl/ingest.ipp>
#endif
