// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/detail/column_coders.hpp>
#include <leadfunnel/core/detail/floor_quotient.hpp>

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/detail/plain_text.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/history/detail/event_checks.hpp>
#include <leadfunnel/history/detail/text_table.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <utility>

namespace leadfunnel::inline v0::detail {

/// The instant of a count; `never` if microseconds cannot hold it.
[[nodiscard]] inline instant instant_of(std::int64_t count, time_unit unit) noexcept {
    constexpr std::int64_t longest = std::numeric_limits<std::int64_t>::max();
    std::int64_t micros = count;
    if (unit == time_unit::nanoseconds) {
        micros = detail::floor_quotient(count, 1'000);
    } else if (unit != time_unit::microseconds) {
        const std::int64_t factor = unit == time_unit::seconds ? 1'000'000 : 1'000;
        if (count > longest / factor || count < -(longest / factor)) return never;
        micros = count * factor;
    }
    return instant{duration{micros}};
}
[[nodiscard]] inline bool is_in_range(instant at) noexcept {
    return at >= earliest_instant && at < latest_instant;
}

// ---- coders -------------------------------------------------------------------------------------

[[nodiscard]] inline row_fault fault_of(std::string_view s, row_fault when_missing) noexcept {
    return s.empty()                                ? when_missing
           : is_simple(s)                           ? row_fault::none
           : s.find('\0') != std::string_view::npos ? row_fault::nul
           : is_utf8(s)                             ? row_fault::none
                                                    : row_fault::not_utf8;
}

template<class Texts>
class plain_text_coder final : public column_coder {
  public:
    plain_text_coder(Texts texts, bit_span valid, row_fault when_missing)
        : column_coder(when_missing), rows_(texts), valid_(valid), missing_(when_missing) {}

    void code(std::size_t first, std::span<std::uint32_t> out) override {
        if (valid_.bytes == nullptr) {
            texts_.number_all(
                out.size(), [&](std::size_t i) { return text_of(rows_, first + i); }, out.data());
            for (auto& code : out) ++code;
        } else {
            set_.clear();
            for (std::size_t i = 0; i < out.size(); ++i)
                if (!is_null(valid_, first + i)) set_.push_back(static_cast<std::uint32_t>(i));
            numbers_.resize(set_.size());
            texts_.number_all(
                set_.size(), [&](std::size_t i) { return text_of(rows_, first + set_[i]); },
                numbers_.data());
            std::fill(out.begin(), out.end(), 0U);
            for (std::size_t i = 0; i < set_.size(); ++i) out[set_[i]] = numbers_[i] + 1;
        }
        while (codes() <= texts_.size()) made(fault_of(texts_[codes() - 1], missing_));
    }
    [[nodiscard]] value decode(std::uint32_t code) const override {
        return code == 0 ? value{} : value{std::string{text(code)}};
    }
    [[nodiscard]] std::string_view text(std::uint32_t code) const override {
        return code == 0 ? std::string_view{} : texts_[code - std::size_t{1}];
    }

  private:
    Texts rows_;
    bit_span valid_;
    row_fault missing_;
    text_table texts_{};
    std::vector<std::uint32_t> set_{}; // the rows of the block that are not null
    std::vector<std::uint32_t> numbers_{};
};

/// The code of a text is its index in the dictionary plus 1. A text that the dictionary repeats has
/// several codes; all of them lead to the same lead or kind.
template<class Texts>
class coded_text_coder final : public column_coder {
  public:
    coded_text_coder(code_span codes, Texts texts, bit_span valid_texts, bit_span valid,
                     row_fault when_missing)
        : column_coder(when_missing), codes_(codes), texts_(texts), valid_texts_(valid_texts),
          valid_(valid) {
        reserve(cells_of(texts_));
        for (std::size_t i = 0; i < cells_of(texts_); ++i)
            made(is_null(valid_texts_, i) ? row_fault::none
                                          : fault_of(text_of(texts_, i), when_missing));
    }

    void code(std::size_t first, std::span<std::uint32_t> out) override {
        std::visit(
            [&](const auto& codes) {
                if (valid_.bytes == nullptr && valid_texts_.bytes == nullptr) {
                    const auto* in = codes.data() + first;
                    for (std::size_t i = 0; i < out.size(); ++i)
                        out[i] =
                            std::cmp_less(in[i], 0) ? 0 : static_cast<std::uint32_t>(in[i]) + 1;
                    return;
                }
                for (std::size_t i = 0; i < out.size(); ++i) {
                    const auto c = codes[first + i];
                    out[i] = std::cmp_less(c, 0) || is_null(valid_, first + i) ||
                                     is_null(valid_texts_, static_cast<std::size_t>(c))
                                 ? 0
                                 : static_cast<std::uint32_t>(c) + 1;
                }
            },
            codes_);
    }
    [[nodiscard]] value decode(std::uint32_t code) const override {
        return code == 0 ? value{} : value{std::string{text(code)}};
    }
    [[nodiscard]] std::string_view text(std::uint32_t code) const override {
        return code == 0 ? std::string_view{} : text_of(texts_, code - std::size_t{1});
    }

  private:
    code_span codes_;
    Texts texts_;
    bit_span valid_texts_;
    bit_span valid_;
};

/// Codes numbers, truth values and instants by their bits.
template<class Data>
class scalar_coder final : public column_coder {
  public:
    scalar_coder(Data data, bit_span valid, row_fault when_missing)
        : column_coder(when_missing), data_(data), valid_(valid) {}

    void code(std::size_t first, std::span<std::uint32_t> out) override {
        std::uint64_t last = 0;
        std::uint32_t last_code = 0;
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (is_null(valid_, first + i)) {
                out[i] = 0;
                continue;
            }
            const std::uint64_t bits = bits_of(first + i);
            if (last_code == 0 || bits != last) {
                last = bits;
                last_code = intern(bits);
            }
            out[i] = last_code;
        }
    }
    [[nodiscard]] value decode(std::uint32_t code) const override {
        if (code == 0) return {};
        if constexpr (is_number_span<Data>)
            return std::bit_cast<double>(values_[code]);
        else if constexpr (std::is_same_v<Data, timestamps> ||
                           std::is_same_v<Data, std::span<const instant>>)
            return instant{duration{std::bit_cast<std::int64_t>(values_[code])}};
        else
            return values_[code] != 0;
    }

  private:
    [[nodiscard]] std::uint64_t bits_of(std::size_t i) const noexcept {
        if constexpr (is_number_span<Data>) {
            const auto d = static_cast<double>(data_[i]);
            return std::bit_cast<std::uint64_t>(d == 0 ? 0.0 : d); // −0 is 0
        } else if constexpr (std::is_same_v<Data, timestamps>) {
            return std::bit_cast<std::uint64_t>(
                instant_of(data_.counts[i], data_.unit).time_since_epoch().count());
        } else if constexpr (std::is_same_v<Data, std::span<const instant>>) {
            return std::bit_cast<std::uint64_t>(data_[i].time_since_epoch().count());
        } else {
            return data_[i] ? 1 : 0;
        }
    }
    [[nodiscard]] static row_fault check(std::uint64_t bits) noexcept {
        if constexpr (is_number_span<Data>)
            return std::isfinite(std::bit_cast<double>(bits)) ? row_fault::none
                                                              : row_fault::bad_number;
        else if constexpr (std::is_same_v<Data, timestamps> ||
                           std::is_same_v<Data, std::span<const instant>>)
            return is_in_range(instant{duration{std::bit_cast<std::int64_t>(bits)}})
                       ? row_fault::none
                       : row_fault::bad_instant;
        else
            return row_fault::none;
    }
    std::uint32_t intern(std::uint64_t bits) {
        const std::uint32_t code = known_(bits) + 1;
        if (code == values_.size()) {
            values_.push_back(bits);
            made(check(bits));
        }
        return code;
    }

    Data data_;
    bit_span valid_;
    std::vector<std::uint64_t> values_{0};
    key_numbers known_{};
};

template<class Lists>
class list_coder final : public column_coder {
  public:
    list_coder(Lists lists, bit_span valid)
        : column_coder(row_fault::none), lists_(lists), valid_(valid) {}

    void code(std::size_t first, std::span<std::uint32_t> out) override {
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = is_null(valid_, first + i) ? 0 : intern(first + i);
    }
    [[nodiscard]] value decode(std::uint32_t code) const override {
        return code == 0 ? value{} : value{sets_[code]->first};
    }

  private:
    std::uint32_t intern(std::size_t row) {
        text_set set;
        row_fault f = row_fault::none;
        std::visit(
            [&](const auto& texts) {
                const auto last = static_cast<std::size_t>(lists_.offsets[row + 1]);
                for (auto i = static_cast<std::size_t>(lists_.offsets[row]); i < last; ++i) {
                    if (is_null(lists_.valid, i)) continue;
                    const std::string_view s = text_of(texts, i);
                    if (s.find('\0') != std::string_view::npos) f = row_fault::nul;
                    if (!is_utf8(s)) f = row_fault::not_utf8;
                    set.emplace(s);
                }
            },
            lists_.texts);
        const auto [it, is_new] =
            known_.try_emplace(std::move(set), static_cast<std::uint32_t>(sets_.size()));
        if (is_new) {
            sets_.push_back(&*it);
            made(f);
        }
        return it->second;
    }

    Lists lists_;
    bit_span valid_;
    std::map<text_set, std::uint32_t> known_{};
    std::vector<const std::pair<const text_set, std::uint32_t>*> sets_{nullptr};
};

LEADFUNNEL_DECL std::unique_ptr<column_coder> make_coder(const column& c, row_fault when_missing) {
    return std::visit(
        [&]<class T>(const T& data) -> std::unique_ptr<column_coder> {
            if constexpr (is_text_span<T>)
                return std::make_unique<plain_text_coder<T>>(data, c.valid, when_missing);
            else if constexpr (std::is_same_v<T, coded_texts>)
                return std::visit(
                    [&]<class Texts>(const Texts& texts) -> std::unique_ptr<column_coder> {
                        return std::make_unique<coded_text_coder<Texts>>(
                            data.codes, texts, data.valid, c.valid, when_missing);
                    },
                    data.texts);
            else if constexpr (is_lists<T>)
                return std::make_unique<list_coder<T>>(data, c.valid);
            else
                return std::make_unique<scalar_coder<T>>(data, c.valid, when_missing);
        },
        c.data);
}

LEADFUNNEL_DECL row_fault read_instants(const column& c, std::size_t first, std::span<instant> out,
                                        std::span<row_fault> faults, bool or_always) {
    row_fault any = row_fault::none;
    // A column of counts cannot say `always`: that count is NumPy's not-a-time.
    const bool can_be_always = std::holds_alternative<std::span<const instant>>(c.data);
    const auto are_good = [&] {
        std::int64_t low = std::numeric_limits<std::int64_t>::max();
        std::int64_t high = std::numeric_limits<std::int64_t>::min();
        for (const instant t : out) {
            low = std::min<std::int64_t>(low, t.time_since_epoch().count());
            high = std::max<std::int64_t>(high, t.time_since_epoch().count());
        }
        return low >= earliest_instant.time_since_epoch().count() &&
               high < latest_instant.time_since_epoch().count();
    };
    const auto read = [&](const auto& at) {
        if (c.valid.bytes == nullptr) {
            for (std::size_t i = 0; i < out.size(); ++i) out[i] = at(first + i);
            if (are_good()) return;
        }
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = at(first + i);
            faults[i] = is_null(c.valid, first + i) ? row_fault::missing_instant
                        : is_in_range(out[i]) || (or_always && can_be_always && out[i] == always)
                            ? row_fault::none
                            : row_fault::bad_instant;
            if (faults[i] != row_fault::none) any = faults[i];
        }
    };
    if (const auto* t = std::get_if<timestamps>(&c.data);
        t != nullptr && t->unit == time_unit::microseconds)
        read([counts = t->counts.data()](std::size_t i) { return instant{duration{counts[i]}}; });
    else if (t != nullptr)
        read([&](std::size_t i) { return instant_of(t->counts[i], t->unit); });
    else if (const auto* plain = std::get_if<std::span<const instant>>(&c.data))
        read([&](std::size_t i) { return (*plain)[i]; });
    return any;
}

LEADFUNNEL_DECL row_fault read_amounts(const column& c, std::size_t first,
                                       std::span<stored_value> out, std::span<row_fault> faults) {
    row_fault any = row_fault::none;
    std::visit(
        [&]<class T>(const T& data) {
            if constexpr (is_number_span<T>) {
                using number = std::remove_cv_t<typename T::element_type>;
                for (std::size_t i = 0; i < out.size(); ++i) {
                    out[i] = no_value;
                    faults[i] = row_fault::none;
                    if (is_null(c.valid, first + i)) continue;
                    const number x = data[first + i];
                    if constexpr (std::is_floating_point_v<number>) {
                        if (std::isnan(x)) continue;
                        out[i] = store(decimal{static_cast<double>(x)});
                    } else {
                        out[i] = store(decimal{x});
                    }
                    if (!is_acceptable(out[i])) {
                        out[i] = no_value;
                        any = faults[i] = row_fault::bad_number;
                    }
                }
            }
        },
        c.data);
    return any;
}

} // namespace leadfunnel::inline v0::detail
