// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Tables out, in Apache Arrow's C stream interface, without Arrow's library. Opt-in: not part of
/// `leadfunnel.hpp`.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/interop/arrow_interface.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0 {

/// Texts one after the other: text i is the bytes [`offsets[i]`, `offsets[i + 1]`).
struct arrow_text_data {
    std::vector<std::int64_t> offsets{0};
    std::string bytes{};
    /// Appends a text. Amortised O(bytes).
    void push_back(std::string_view s) {
        bytes += s;
        offsets.push_back(static_cast<std::int64_t>(bytes.size()));
    }
};
/// Instants in UTC, in microseconds since 1970.
struct arrow_instant_data {
    std::vector<std::int64_t> micros{};
};
/// Indices into `words`; a negative one is null.
struct arrow_code_data {
    std::vector<std::int32_t> of{};
    std::shared_ptr<const std::vector<std::string>> words{};
};
/// Truth values, one byte each.
struct arrow_flag_data {
    std::vector<std::uint8_t> of{};
};

/// A column to export. If `valid` is not empty, row i is null where bit i of it is 0 (the least
/// significant bit of each byte comes first). Codes ignore `valid`: they have nulls of their own.
struct arrow_column {
    using texts = arrow_text_data;
    using instants = arrow_instant_data;
    using codes = arrow_code_data;
    using flags = arrow_flag_data;
    using data_type =
        std::variant<texts, instants, codes, flags, std::vector<double>, std::vector<std::int64_t>>;

    std::string name{};
    data_type data{};
    std::vector<std::uint8_t> valid{};

    /// The number of rows. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t size() const noexcept;
};

/// Batches to export, made one by one when the consumer asks for them. The consumer calls members
/// one at a time, perhaps from another thread.
class arrow_batches {
  public:
    arrow_batches() = default;
    arrow_batches(const arrow_batches&) = delete;
    arrow_batches& operator=(const arrow_batches&) = delete;
    virtual ~arrow_batches() = default;
    /// The names and types of the columns, as columns without rows. What it throws becomes the
    /// stream's error.
    [[nodiscard]] virtual std::vector<arrow_column> schema() const = 0;
    /// The next batch, or nothing at the end. Its columns must be those of the schema, and of equal
    /// length. What it throws becomes the stream's error.
    [[nodiscard]] virtual std::optional<std::vector<arrow_column>> next() = 0;
};

/// Fills in a stream that owns the batches. No column is copied, but truth values are packed into
/// bits, and words of dictionaries into Arrow's layout. The consumer must release the stream. O(1);
/// each batch O(its rows) at most.
LEADFUNNEL_DECL void export_stream(std::unique_ptr<arrow_batches> batches, ArrowArrayStream& out);

/// The same for one batch.
LEADFUNNEL_DECL void export_stream(std::vector<arrow_column> columns, ArrowArrayStream& out);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/interop/impl/arrow_export.ipp>
#endif
