// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Reads CSV or NDJSON as events, by a mapping. Opt-in: not part of `leadfunnel.hpp`.
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

/// A `value` that owns nothing, with the same alternatives in the same order. The texts of a set
/// are as in the input: unsorted, and perhaps repeated.
using value_view = std::variant<std::monostate, bool, double, std::string_view, instant,
                                std::span<const std::string_view>>;

/// A value with copies of the texts. O(size; · log members for a set). Throws std::bad_alloc.
[[nodiscard]] LEADFUNNEL_DECL value to_value(const value_view& v);

/// A property or attribute of a row. `name` is an index into `properties` of the row's mapping.
struct named_view {
    std::uint32_t name = 0;
    value_view value{};
};

/// What rows of all kinds have. Views are valid until the sink returns, and `by` while the ingester
/// lives.
struct row_base {
    const mapping* by = nullptr; ///< the mapping that the row matched
    std::uint32_t index = 0;     ///< of that mapping in the file, from 0
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
    std::span<const named_view> properties{}; ///< those that are set, in the order of the mapping
};

/// A row that sets or unsets attributes. `at` is `always` if the mapping has no `at`.
struct attributes_row : row_base {
    /// The attributes that the row mentions, in the order of the mapping. Null unsets an attribute:
    /// an empty cell of CSV (or an `unset` word), or a JSON null. An absent JSON key changes
    /// nothing.
    std::span<const named_view> values{};
};

struct stage_row : row_base {
    std::string_view funnel{};
    std::string_view stage{};
    std::string_view reason{};
    std::string_view cause{};
};

/// Events made of rows, with copies of all texts. O(bytes of the row). Throw std::bad_alloc.
[[nodiscard]] LEADFUNNEL_DECL touchpoint to_event(const touchpoint_row& r);
[[nodiscard]] LEADFUNNEL_DECL attributes to_event(const attributes_row& r);
[[nodiscard]] LEADFUNNEL_DECL stage_entry to_event(const stage_row& r);

/// Receives rows in the order of the input. Only rows that are good as a whole are delivered. An
/// exception reaches the caller of the ingester, which then can only be destroyed.
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

/// Makes an event of each row, and calls a function with it.
class LEADFUNNEL_TYPE event_sink final : public row_sink {
  public:
    explicit event_sink(std::function<void(event)> take) : take_(std::move(take)) {}
    LEADFUNNEL_DECL void on_touchpoint(const touchpoint_row& r) override;
    LEADFUNNEL_DECL void on_attributes(const attributes_row& r) override;
    LEADFUNNEL_DECL void on_stage(const stage_row& r) override;

  private:
    std::function<void(event)> take_;
};

/// Ignores rows: for a first pass that only counts bad ones.
class null_sink final : public row_sink {
  public:
    void on_touchpoint(const touchpoint_row& /*r*/) override {}
    void on_attributes(const attributes_row& /*r*/) override {}
    void on_stage(const stage_row& /*r*/) override {}
};

// ---- reading ------------------------------------------------------------------------------------

/// Reads input from chunks of any size. How it is cut does not change the rows. O(bytes). Once
/// buffers have grown, only bad rows that the report keeps allocate, and the sink.
///
/// Not safe for concurrent use. `options.cancel` may be set from any thread. Functions throw
/// std::bad_alloc, and what the sink or `options.progress` throws.
class ingester {
  public:
    /// The sink must outlive the ingester. `name` is the name of the input in issues. If `check`
    /// finds an issue in the mapping, the report has failed from the start.
    LEADFUNNEL_DECL ingester(mapping_file mapping, row_sink& sink, ingest_options options = {},
                             std::string name = {});
    /// The same for a mapping read from a file, whose issues count as well.
    LEADFUNNEL_DECL ingester(const loaded_mapping& mapping, row_sink& sink,
                             ingest_options options = {}, std::string name = {});
    LEADFUNNEL_DECL ingester(ingester&&) noexcept;
    LEADFUNNEL_DECL ingester& operator=(ingester&&) noexcept;
    LEADFUNNEL_DECL ~ingester();

    /// Reads the next bytes. False once reading has failed or was cancelled.
    LEADFUNNEL_DECL bool push(std::string_view chunk);
    /// Reads the last row, which may lack its line end. Nothing may be pushed afterwards.
    LEADFUNNEL_DECL const ingest_report& finish();
    /// The report up to the last row read. O(1).
    [[nodiscard]] LEADFUNNEL_DECL const ingest_report& report() const noexcept;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Reads a text in memory, in place. O(bytes). Throws like `ingester`.
[[nodiscard]] LEADFUNNEL_DECL ingest_report ingest_text(std::string_view text,
                                                        const mapping_file& mapping, row_sink& sink,
                                                        ingest_options options = {},
                                                        std::string name = {});
[[nodiscard]] LEADFUNNEL_DECL ingest_report ingest_text(std::string_view text,
                                                        const loaded_mapping& mapping,
                                                        row_sink& sink, ingest_options options = {},
                                                        std::string name = {});

/// Reads a file in chunks of 256 KiB. If it cannot be opened or read, the report has an issue and
/// has failed. O(bytes). Throws like `ingester`.
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
