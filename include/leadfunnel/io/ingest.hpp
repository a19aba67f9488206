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
#include <leadfunnel/history/ingest_report.hpp>
#include <leadfunnel/io/cell.hpp>
#include <leadfunnel/io/mapping.hpp>

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
class LEADFUNNEL_TYPE row_sink {
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
class LEADFUNNEL_TYPE event_sink final : public row_sink {
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
#include <leadfunnel/io/impl/ingest.ipp>
#endif
