// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Columns as codes: a small number for each distinct value. Not for users.
///
/// Rows are read in blocks. A coder gives each distinct value of its column a code, so that checks,
/// kinds of touchpoints and attribute values are worked out once for each value, not for each row.

#include <leadfunnel/batch/table.hpp>
#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/history/ingest_report.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

// ---- cells --------------------------------------------------------------------------------------

template<class T>
inline constexpr bool is_number_span = false;
template<class T>
inline constexpr bool is_number_span<std::span<const T>> =
    std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;
template<class T>
inline constexpr bool is_packed = false;
template<class O>
inline constexpr bool is_packed<packed_texts<O>> = true;
template<class T>
inline constexpr bool is_lists = false;
template<class O>
inline constexpr bool is_lists<text_lists<O>> = true;
template<class T>
inline constexpr bool is_text_span =
    is_packed<T> || std::is_same_v<T, std::span<const std::string>> ||
    std::is_same_v<T, std::span<const std::string_view>>;

/// How many texts or lists the offsets delimit.
template<class Offset>
[[nodiscard]] std::size_t groups(std::span<const Offset> offsets) noexcept {
    return offsets.empty() ? 0 : offsets.size() - 1;
}

/// How many cells the data of a column has. O(1).
template<class T>
[[nodiscard]] std::size_t cells_of(const T& data) noexcept {
    if constexpr (is_packed<T> || is_lists<T>)
        return groups(data.offsets);
    else if constexpr (std::is_same_v<T, coded_texts>)
        return std::visit([](const auto& codes) { return codes.size(); }, data.codes);
    else if constexpr (std::is_same_v<T, timestamps>)
        return data.counts.size();
    else if constexpr (std::is_same_v<T, bit_span>)
        return data.count;
    else
        return data.size();
}

template<class Texts>
[[nodiscard]] std::string_view text_of(const Texts& texts, std::size_t i) noexcept {
    if constexpr (is_packed<Texts>) {
        const auto first = static_cast<std::size_t>(texts.offsets[i]);
        const auto last = static_cast<std::size_t>(texts.offsets[i + 1]);
        return {texts.bytes.data() + first, last - first};
    } else {
        return texts[i];
    }
}

[[nodiscard]] inline bool is_null(const bit_span& valid, std::size_t i) noexcept {
    return valid.bytes != nullptr && !valid[i];
}

// ---- coders -------------------------------------------------------------------------------------

/// Gives each distinct value of a column a code, and finds its fault, if it has one. Code 0 is
/// null.
class column_coder {
  public:
    explicit column_coder(row_fault when_missing) : faults_{when_missing} {}
    column_coder(const column_coder&) = delete;
    column_coder& operator=(const column_coder&) = delete;
    virtual ~column_coder() = default;

    /// Fills `out` with the codes of rows `first` to `first + out.size()` − 1. O(rows).
    virtual void code(std::size_t first, std::span<std::uint32_t> out) = 0;
    /// The value that a code stands for.
    [[nodiscard]] virtual value decode(std::uint32_t code) const = 0;
    /// The text that a code of a text column stands for; empty for null. Lives as long as this.
    [[nodiscard]] virtual std::string_view text(std::uint32_t) const { return {}; }

    [[nodiscard]] row_fault fault(std::uint32_t code) const noexcept { return faults_[code]; }
    [[nodiscard]] bool has_faults() const noexcept { return has_bad_values_ || !may_be_null(); }
    /// Whether a value other than null has a fault.
    [[nodiscard]] bool has_bad_values() const noexcept { return has_bad_values_; }
    /// One more than the largest code so far.
    [[nodiscard]] std::size_t codes() const noexcept { return faults_.size(); }

  protected:
    void reserve(std::size_t codes) { faults_.reserve(codes + 1); }
    /// Adds the next code, and its fault. Returns the code.
    std::uint32_t made(row_fault f) {
        faults_.push_back(f);
        has_bad_values_ = has_bad_values_ || f != row_fault::none;
        return static_cast<std::uint32_t>(faults_.size()) - 1;
    }

  private:
    [[nodiscard]] bool may_be_null() const noexcept { return faults_[0] == row_fault::none; }

    std::vector<row_fault> faults_;
    bool has_bad_values_ = false;
};

/// A coder for a column; `when_missing` is the fault of a null or an empty text. The column's data
/// must outlive the coder.
[[nodiscard]] LEADFUNNEL_DECL std::unique_ptr<column_coder>
make_coder(const column& c, row_fault when_missing = row_fault::none);

/// Numbers keys from 0, in the order in which they first occur. A small cache finds most recent
/// keys without a hash table. O(1) a key.
class key_numbers {
  public:
    std::uint32_t operator()(std::uint64_t key) {
        auto& recent = recent_[key * 0x9E37'79B9'7F4A'7C15U >> 54U];
        if (recent.key != key || recent.number == none)
            recent = {
                key,
                known_.try_emplace(key, static_cast<std::uint32_t>(known_.size())).first->second};
        return recent.number;
    }
    [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

  private:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
    struct entry {
        std::uint64_t key = 0;
        std::uint32_t number = none;
    };
    number_map<std::uint32_t> known_{};
    std::array<entry, 1'024> recent_{};
};

// ---- columns that are read as they are ----------------------------------------------------------

/// Reads the instants of rows `first` to `first + out.size()` − 1. Returns `none` if every row is
/// good; then `faults` is left as it was. Otherwise returns some fault, and fills in `faults`,
/// which is as long as `out`. With `or_always`, an `always` in a column of instants is good: the
/// row then has no instant. O(rows).
[[nodiscard]] LEADFUNNEL_DECL row_fault read_instants(const column& c, std::size_t first,
                                                      std::span<instant> out,
                                                      std::span<row_fault> faults, bool or_always);

/// Reads the values of touchpoints from a column of numbers; null and NaN are `no_value`. Returns
/// `none`, or some fault; fills in `faults` in any case. O(rows).
[[nodiscard]] LEADFUNNEL_DECL row_fault read_amounts(const column& c, std::size_t first,
                                                     std::span<stored_value> out,
                                                     std::span<row_fault> faults);

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/column_coders.ipp>
#endif
