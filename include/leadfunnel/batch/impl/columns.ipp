// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/batch/columns.hpp>

#include <leadfunnel/batch/detail/column_scorer.hpp>
#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/plain_text.hpp>
#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/history/detail/event_checks.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/detail/bound_program.hpp>
#include <leadfunnel/plan/detail/decayed_sum.hpp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <type_traits>
#include <utility>

namespace leadfunnel::inline v0 {

namespace detail {

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

template<class Offset>
[[nodiscard]] std::size_t groups(std::span<const Offset> offsets) noexcept {
    return offsets.empty() ? 0 : offsets.size() - 1;
}

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

/// The instant, or `never` for one that no history can hold.
[[nodiscard]] inline instant instant_of(std::int64_t count, time_unit unit) noexcept {
    constexpr std::int64_t longest = std::numeric_limits<std::int64_t>::max();
    std::int64_t micros = count;
    if (unit == time_unit::nanoseconds) {
        micros = count / 1'000 - (count % 1'000 < 0 ? 1 : 0);
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

/// Gives each distinct value of a column a number, and says what is wrong with it. 0 is null.
class column_coder {
  public:
    explicit column_coder(row_fault when_missing) : faults_{when_missing} {}
    column_coder(const column_coder&) = delete;
    column_coder& operator=(const column_coder&) = delete;
    virtual ~column_coder() = default;

    /// The numbers of the values of rows `first` to `first + out.size()` − 1.
    virtual void code(std::size_t first, std::span<std::uint32_t> out) = 0;
    /// The value with a number.
    [[nodiscard]] virtual value decode(std::uint32_t code) const = 0;
    /// The text with a number, of a column of texts; empty for null.
    [[nodiscard]] virtual std::string_view text(std::uint32_t) const { return {}; }

    [[nodiscard]] row_fault fault(std::uint32_t code) const noexcept { return faults_[code]; }
    [[nodiscard]] bool has_faults() const noexcept { return has_bad_values_ || !may_be_null(); }
    /// Whether something is wrong with some value that is not null.
    [[nodiscard]] bool has_bad_values() const noexcept { return has_bad_values_; }
    /// More than any number given out.
    [[nodiscard]] std::size_t codes() const noexcept { return faults_.size(); }

  protected:
    void reserve(std::size_t codes) { faults_.reserve(codes + 1); }
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
    std::vector<std::uint32_t> set_{}; // rows of the block that are not null
    std::vector<std::uint32_t> numbers_{};
};

/// Numbers are the column's own, from 1: a text that the dictionary repeats has several, which
/// lead to one lead or kind all the same.
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

/// Numbers for keys, from 0 in the order in which they came. Of keys that were asked for lately,
/// most are found without a hash.
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
/// Numbers of pairs of numbers.
class pair_numbers {
  public:
    std::uint32_t operator()(std::uint32_t a, std::uint32_t b) {
        return keys_((std::uint64_t{a} << 32U) | b);
    }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

  private:
    key_numbers keys_{};
};

/// Numbers, truth values and instants, by their bits.
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

inline std::unique_ptr<column_coder> make_coder(const column& c,
                                                row_fault when_missing = row_fault::none) {
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

/// Reads instants of rows; what is wrong with one, if anything: then `faults` tells of each.
inline row_fault read_instants(const column& c, std::size_t first, std::span<instant> out,
                               std::span<row_fault> faults, bool or_always) {
    row_fault any = row_fault::none;
    // A count is never meant to say `always`: the least one is what NumPy has for no time at all.
    const bool is_said = std::holds_alternative<std::span<const instant>>(c.data);
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
                        : is_in_range(out[i]) || (or_always && is_said && out[i] == always)
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

/// Reads numeric values of touchpoints.
inline row_fault read_amounts(const column& c, std::size_t first, std::span<stored_value> out,
                              std::span<row_fault> faults) {
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

// ---- the table as a whole -----------------------------------------------------------------------

inline std::string_view cells_are(value_type t) noexcept {
    switch (t) {
    case value_type::boolean:
        return "truth values";
    case value_type::number:
        return "numbers";
    case value_type::string:
        return "texts";
    case value_type::timestamp:
        return "instants";
    case value_type::set:
        return "sets of texts";
    }
    return "";
}

/// Where offsets fall, or lead outside: the row, if any.
template<class Offset>
std::optional<std::size_t> find_bad_offset(std::span<const Offset> offsets, std::size_t end) {
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        if (std::cmp_less(offsets[i], 0) || std::cmp_greater(offsets[i], end) ||
            (i > 0 && offsets[i] < offsets[i - 1]))
            return i > 0 ? i - 1 : 0;
    }
    return std::nullopt;
}

/// Looks for columns, and collects what is wrong with them.
class table_reader {
  public:
    table_reader(const std::vector<column>& columns, const std::string& name)
        : columns_(columns), name_(name), taken_(columns.size(), false) {
        for (const column& c : columns_) names_.emplace_back(c.name);
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (std::find(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(i),
                          names_[i]) != names_.begin() + static_cast<std::ptrdiff_t>(i))
                refuse(issue_code::duplicate_name, columns[i].name,
                       "two columns are called " + quote(columns[i].name));
    }

    enum class need : std::uint8_t { required, if_named };

    /// The column that plays a part; its type is what it must be.
    const column* take(const std::string& name, std::string_view usual, value_type type,
                       need how = need::if_named) {
        if (name.empty()) {
            if (how == need::required)
                refuse(issue_code::missing_key, {},
                       "no column is named for the " + std::string(usual));
            return nullptr;
        }
        const column* const c = find(name);
        if (c == nullptr) {
            if (how == need::required || name != usual) refuse_missing(name);
            return nullptr;
        }
        if (c->type() != type)
            refuse(issue_code::wrong_type, name,
                   "column " + quote(name) + " holds " + std::string(cells_are(c->type())),
                   std::string(cells_are(type)));
        return c;
    }

    /// The columns chosen, or all that are left.
    std::vector<const column*> rest(const std::optional<std::vector<std::string>>& chosen) {
        std::vector<const column*> out;
        if (chosen) {
            for (const std::string& name : *chosen) {
                const column* const c = find(name);
                if (c == nullptr)
                    refuse_missing(name);
                else if (std::find(out.begin(), out.end(), c) != out.end())
                    refuse(issue_code::duplicate_name, name,
                           "column " + quote(name) + " is asked for twice");
                else
                    out.push_back(c);
            }
        } else {
            for (std::size_t i = 0; i < columns_.size(); ++i)
                if (!taken_[i]) out.push_back(&columns_[i]);
        }
        std::sort(out.begin(), out.end(),
                  [](const column* a, const column* b) { return a->name < b->name; });
        return out;
    }

    /// Those must be among what a model declares.
    template<class Declarations>
    void compare(const std::vector<const column*>& columns, const Declarations& declared,
                 std::string_view what) {
        for (const column* const c : columns) {
            const auto d = std::find_if(declared.begin(), declared.end(),
                                        [&](const auto& x) { return x.id == c->name; });
            if (d == declared.end()) {
                std::vector<std::string_view> all;
                for (const auto& x : declared) all.emplace_back(x.id);
                const std::string_view near = closest(c->name, all);
                refuse(issue_code::unknown_name, c->name,
                       "the model declares no " + std::string(what) + ' ' + quote(c->name), {},
                       near.empty() ? "" : "did you mean " + quote(near) + "?");
            } else if (d->type != c->type()) {
                refuse(issue_code::type_mismatch, c->name,
                       "column " + quote(c->name) + " holds " + std::string(cells_are(c->type())),
                       std::string(cells_are(d->type)) + ", as the model declares");
            }
        }
    }

    /// Lengths and inner references of all columns that are used.
    void check(const column* lead, std::initializer_list<const column*> parts,
               const std::vector<const column*>& rest) {
        const auto look = [&](const column* c) {
            if (c == nullptr) return;
            if (lead != nullptr && c->size() != lead->size())
                refuse(issue_code::conflict, c->name,
                       "column " + quote(c->name) + " has " + std::to_string(c->size()) +
                           " rows, column " + quote(lead->name) + " has " +
                           std::to_string(lead->size()));
            if (!c->faults.empty() && c->faults.size() != c->size())
                refuse(issue_code::conflict, c->name,
                       "faults of column " + quote(c->name) + " are not as many as its rows");
            check_inside(*c);
        };
        look(lead);
        for (const column* const c : parts) look(c);
        for (const column* const c : rest) look(c);
    }

    [[nodiscard]] std::vector<issue> issues() && { return std::move(issues_); }

  private:
    void refuse(issue_code code, std::string_view column, std::string message,
                std::string expected = {}, std::string hint = {}) {
        issue i;
        i.code = code;
        i.file = name_;
        if (!column.empty()) {
            i.pointer = '/';
            for (const char c : column) // RFC 6901
                if (c == '~')
                    i.pointer += "~0";
                else if (c == '/')
                    i.pointer += "~1";
                else
                    i.pointer += c;
        }
        i.message = std::move(message);
        i.expected = std::move(expected);
        i.hint = std::move(hint);
        issues_.push_back(std::move(i));
    }
    void refuse_missing(const std::string& name) {
        const std::string_view near = closest(name, names_);
        refuse(issue_code::unknown_name, name, "there is no column " + quote(name), {},
               near.empty() ? "" : "did you mean " + quote(near) + "?");
    }
    const column* find(const std::string& name) {
        for (std::size_t i = 0; i < columns_.size(); ++i)
            if (columns_[i].name == name) {
                taken_[i] = true;
                return &columns_[i];
            }
        return nullptr;
    }

    void check_valid(const column& c, const bit_span& valid, std::size_t cells) {
        if (valid.bytes != nullptr && valid.count != cells)
            refuse(issue_code::conflict, c.name,
                   "validity of column " + quote(c.name) + " has " + std::to_string(valid.count) +
                       " bits for " + std::to_string(cells) + " cells");
    }
    template<class Offset>
    void check_offsets(const column& c, std::span<const Offset> offsets, std::size_t end) {
        if (const auto row = find_bad_offset(offsets, end))
            refuse(issue_code::bad_interval, c.name,
                   "offsets of column " + quote(c.name) + " fall, or lead outside, at cell " +
                       std::to_string(*row + 1));
    }
    template<class Texts>
    void check_texts(const column& c, const Texts& texts) {
        if constexpr (is_packed<Texts>) check_offsets(c, texts.offsets, texts.bytes.size());
    }
    void check_inside(const column& c) {
        const std::size_t issues = issues_.size();
        check_valid(c, c.valid, c.size());
        if (issues_.size() != issues) return; // or the bits would be read beyond their end
        std::visit(
            [&]<class T>(const T& data) {
                if constexpr (is_packed<T>) {
                    check_texts(c, data);
                } else if constexpr (std::is_same_v<T, coded_texts>) {
                    const auto texts =
                        std::visit([](const auto& t) { return cells_of(t); }, data.texts);
                    std::visit([&](const auto& t) { check_texts(c, t); }, data.texts);
                    check_valid(c, data.valid, texts);
                    std::visit([&](const auto& codes) { check_codes(c, codes, texts); },
                               data.codes);
                } else if constexpr (is_lists<T>) {
                    const auto texts =
                        std::visit([](const auto& t) { return cells_of(t); }, data.texts);
                    std::visit([&](const auto& t) { check_texts(c, t); }, data.texts);
                    check_valid(c, data.valid, texts);
                    check_offsets(c, data.offsets, texts);
                }
            },
            c.data);
    }
    template<class Codes>
    void check_codes(const column& c, const Codes& codes, std::size_t texts) {
        auto last = typename Codes::value_type{0};
        for (const auto code : codes) last = std::max(last, code);
        if (codes.empty() || std::cmp_less(last, texts)) return;
        for (std::size_t i = 0; i < codes.size(); ++i)
            if (std::cmp_greater_equal(codes[i], 0) && std::cmp_greater_equal(codes[i], texts) &&
                !is_null(c.valid, i)) {
                refuse(issue_code::out_of_range, c.name,
                       "code " + std::to_string(codes[i]) + " of column " + quote(c.name) +
                           ", row " + std::to_string(i + 1) + ", is beyond its dictionary of " +
                           std::to_string(texts) + " texts");
                return; // one is like the others
            }
    }

    const std::vector<column>& columns_;
    const std::string& name_;
    std::vector<std::string_view> names_{};
    std::vector<bool> taken_;
    std::vector<issue> issues_{};
};

// ---- rows ---------------------------------------------------------------------------------------

/// A column that is coded block by block.
struct coded_column {
    const column* of = nullptr;
    std::unique_ptr<column_coder> coder{};
    std::vector<std::uint32_t> codes{}; // of the rows of the block

    coded_column() = default;
    explicit coded_column(const column* c, row_fault when_missing = row_fault::none) : of(c) {
        if (c != nullptr) coder = make_coder(*c, when_missing);
    }
    void read(std::size_t first, std::size_t n) {
        if (of == nullptr) return;
        codes.resize(n);
        coder->code(first, codes);
    }
    /// 0 without a column.
    [[nodiscard]] std::uint32_t code(std::size_t i) const noexcept {
        return of == nullptr ? 0 : codes[i];
    }
    [[nodiscard]] std::string_view text(std::size_t i) const {
        return of == nullptr ? std::string_view{} : coder->text(codes[i]);
    }
};

/// Walks rows in blocks that the caches hold, keeps the bad ones apart, and hands on the good ones.
class row_walk {
  public:
    row_walk(std::size_t rows, const ingest_options& options, ingest_report& report)
        : rows_(rows), options_(options), report_(report),
          until_check_(std::max<std::size_t>(options.check_every, 1)) {}

    /// `read(first, n)` reads a block; `take(i)` takes its good rows, in order, or `take_all(n)`
    /// all of them; `flush` ends it.
    template<class Read, class Take, class TakeAll, class Flush>
    void run(const Read& read, const Take& take, const TakeAll& take_all, const Flush& flush) {
        constexpr std::size_t block = 4'096;
        if (is_cancelled()) return;
        for (first_ = 0; first_ < rows_; first_ += block) {
            const std::size_t n = std::min(block, rows_ - first_);
            bad_.clear();
            read(first_, n);
            if (bad_.empty() && until_check_ >= n) {
                take_all(n);
                report_.rows += n;
                report_.accepted += n;
                until_check_ -= n;
                const bool goes_on = until_check_ != 0 || go_on();
                flush();
                if (!goes_on) return;
                continue;
            }
            std::size_t next_bad = 0;
            std::size_t done = 0;
            bool more = true;
            std::sort(bad_.begin(), bad_.end());
            for (; done < n && more; ++done) {
                ++report_.rows;
                if (next_bad < bad_.size() && bad_[next_bad].row == done) {
                    more = reject(bad_[next_bad]);
                    while (next_bad < bad_.size() && bad_[next_bad].row == done) ++next_bad;
                } else {
                    take(done);
                    ++report_.accepted;
                }
                if (more && --until_check_ == 0) more = go_on();
            }
            flush();
            if (!more) return;
        }
        if (options_.progress && !options_.progress({0, report_.rows, report_.bad}))
            report_.cancelled = true;
    }

    /// Notes faults of the block's rows. Of several of one row, the first noted counts.
    void note(const coded_column& c) {
        if (c.of == nullptr) return;
        if (!c.of->faults.empty()) note(*c.of, c.of->faults.subspan(first_, c.codes.size()));
        if (!c.coder->has_faults()) return;
        if (!c.coder->has_bad_values() && *std::min_element(c.codes.begin(), c.codes.end()) != 0)
            return;
        for (std::size_t i = 0; i < c.codes.size(); ++i)
            if (const row_fault f = c.coder->fault(c.codes[i]); f != row_fault::none)
                add(i, f, *c.of);
    }
    void note(const column& c, std::span<const row_fault> faults) {
        for (std::size_t i = 0; i < faults.size(); ++i)
            if (faults[i] != row_fault::none) add(i, faults[i], c);
    }

  private:
    struct bad {
        std::size_t row = 0; // in the block
        std::size_t order = 0;
        row_fault fault = row_fault::none;
        const column* of = nullptr;
        bool operator<(const bad& other) const noexcept {
            return row != other.row ? row < other.row : order < other.order;
        }
    };
    void add(std::size_t i, row_fault f, const column& c) {
        bad_.push_back({i, bad_.size(), f, &c});
    }

    bool reject(const bad& b) {
        ++report_.bad;
        ++report_.bad_by_fault[static_cast<std::size_t>(b.fault)];
        if (report_.bad_rows.size() < options_.keep_bad_rows) {
            bad_row out;
            out.line = first_ + b.row + 1;
            out.column = b.of->name;
            out.fault = b.fault;
            if (b.fault == row_fault::bad_instant)
                out.message = "outside the years 1900 to 2199";
            else
                out.message = describe_error(b.fault);
            report_.bad_rows.push_back(std::move(out));
        }
        report_.failed = options_.strict;
        return !options_.strict;
    }
    bool is_cancelled() {
        if (options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed))
            report_.cancelled = true;
        return report_.cancelled;
    }
    bool go_on() {
        until_check_ = std::max<std::size_t>(options_.check_every, 1);
        if (!is_cancelled() && options_.progress &&
            !options_.progress({0, report_.rows, report_.bad}))
            report_.cancelled = true;
        return !report_.cancelled;
    }

    std::size_t rows_;
    const ingest_options& options_;
    ingest_report& report_;
    std::size_t until_check_;
    std::size_t first_ = 0;
    std::vector<bad> bad_{};
};

inline constexpr std::uint32_t not_numbered = std::numeric_limits<std::uint32_t>::max();

/// Numbers of a builder for the numbers of a coder, asked for once each.
template<class Ask>
std::uint32_t number_once(std::vector<std::uint32_t>& known, std::uint32_t code, const Ask& ask) {
    if (code >= known.size())
        known.resize(std::max<std::size_t>(code + std::size_t{1}, 2 * known.size()), not_numbered);
    if (known[code] == not_numbered) known[code] = ask();
    return known[code];
}

/// Leads of a builder for the codes of a column.
class lead_finder {
  public:
    explicit lead_finder(history_builder& to) : to_(to) {}

    [[nodiscard]] std::uint32_t find(const coded_column& leads, std::size_t i) {
        make_room(leads);
        auto& known = known_[leads.codes[i]];
        if (known == not_numbered) known = to_.lead(leads.text(i));
        return known;
    }

    /// Those of a block without bad rows, found together.
    [[nodiscard]] std::span<const std::uint32_t> find_all(const coded_column& leads) {
        make_room(leads);
        const std::size_t n = leads.codes.size();
        const std::uint32_t* codes = leads.codes.data();
        std::uint32_t* known = known_.data();
        fresh_.resize(n);
        numbers_.resize(n);
        std::size_t fresh = 0; // rows of leads that were not there before the block
        for (std::size_t i = 0; i < n; ++i) {
            numbers_[i] = known[codes[i]];
            fresh_[fresh] = static_cast<std::uint32_t>(i);
            fresh += numbers_[i] == not_numbered ? 1U : 0U;
        }
        texts_.clear();
        first_.clear();
        for (std::size_t i = 0; i < fresh; ++i) {
            const std::uint32_t code = codes[fresh_[i]];
            if (known[code] != not_numbered) continue;
            known[code] = 0;
            first_.push_back(code);
            texts_.push_back(leads.coder->text(code));
        }
        made_.resize(first_.size());
        to_.leads(texts_, made_);
        for (std::size_t i = 0; i < first_.size(); ++i) known[first_[i]] = made_[i];
        for (std::size_t i = 0; i < fresh; ++i) numbers_[fresh_[i]] = known[codes[fresh_[i]]];
        return numbers_;
    }

  private:
    void make_room(const coded_column& leads) {
        if (const std::size_t codes = leads.coder->codes(); known_.size() < codes)
            known_.resize(std::max(codes, 2 * known_.size()), not_numbered);
    }

    history_builder& to_;
    huge_vector<std::uint32_t> known_{}; // by code
    std::vector<std::uint32_t> fresh_{};
    std::vector<std::uint32_t> numbers_{};
    std::vector<std::uint32_t> first_{}; // codes of leads that the block is the first to name
    std::vector<std::uint32_t> made_{};
    std::vector<std::string_view> texts_{};
};

inline ingest_report read_leads(history_builder& to, const leads_table& t, const plan* p,
                                const ingest_options& options) {
    ingest_report report;
    table_reader reader(t.columns, t.name);
    using need = table_reader::need;
    const column* const lead = reader.take(t.lead, "lead", value_type::string, need::required);
    const column* const at = reader.take(t.at, "at", value_type::timestamp);
    const column* const source = reader.take(t.source, "", value_type::string);
    const column* const id = reader.take(t.id, "", value_type::string);
    const auto facts = reader.rest(t.attributes);
    if (p != nullptr) reader.compare(facts, p->source().attributes, "attribute");
    reader.check(lead, {at, source, id}, facts);
    report.issues = std::move(reader).issues();
    if (!report.issues.empty()) {
        report.failed = true;
        return report;
    }

    coded_column leads(lead, row_fault::missing_lead);
    coded_column sources(source);
    coded_column ids(id);
    const bool identified = source != nullptr || id != nullptr;
    struct attribute_column {
        coded_column cells;
        std::uint32_t name = not_numbered;
        std::vector<std::uint32_t> values{};
    };
    std::vector<attribute_column> attributes;
    for (const column* const c : facts) attributes.push_back({.cells = coded_column(c)});
    lead_finder finder(to);
    std::vector<instant> instants;
    std::vector<row_fault> faults;
    std::vector<attribute_number> told(facts.size());
    const auto take = [&](std::uint32_t who, std::size_t i) {
        for (std::size_t k = 0; k < attributes.size(); ++k) {
            auto& a = attributes[k];
            if (a.name == not_numbered) a.name = to.attribute(a.cells.of->name);
            const std::uint32_t code = a.cells.code(i);
            told[k] = {a.name, number_once(a.values, code, [&] {
                           return to.attribute_value(a.name, a.cells.coder->decode(code));
                       })};
        }
        to.add_attributes(who, at != nullptr ? instants[i] : always, told,
                          identified ? to.source_id(sources.text(i), ids.text(i)) : 0);
    };

    row_walk walk(lead->size(), options, report);
    walk.run(
        [&](std::size_t first, std::size_t n) {
            leads.read(first, n);
            walk.note(leads);
            if (at != nullptr) {
                instants.resize(n);
                faults.resize(n);
                if (read_instants(*at, first, instants, faults, true) != row_fault::none)
                    walk.note(*at, faults);
            }
            for (coded_column* const c : {&sources, &ids}) {
                c->read(first, n);
                walk.note(*c);
            }
            for (auto& a : attributes) {
                a.cells.read(first, n);
                walk.note(a.cells);
            }
        },
        [&](std::size_t i) { take(finder.find(leads, i), i); },
        [&](std::size_t n) {
            const auto who = finder.find_all(leads);
            for (std::size_t i = 0; i < n; ++i) take(who[i], i);
        },
        [] {});
    report.events[static_cast<std::size_t>(row_target::attributes)] = report.accepted;
    return report;
}

/// What touchpoints of tables are told to.
class touchpoint_sink {
  public:
    touchpoint_sink() = default;
    touchpoint_sink(const touchpoint_sink&) = delete;
    touchpoint_sink& operator=(const touchpoint_sink&) = delete;
    virtual ~touchpoint_sink() = default;

    virtual std::uint32_t kind(const touchpoint_kind& k) = 0;
    virtual void add(std::span<const std::uint32_t> leads, std::span<const instant> at,
                     std::span<const std::uint32_t> kinds, std::span<const stored_value> values,
                     std::span<const std::uint32_t> source_ids) = 0;
};

class history_sink_of_tables final : public touchpoint_sink {
  public:
    explicit history_sink_of_tables(history_builder& to) : to_(to) {}
    std::uint32_t kind(const touchpoint_kind& k) override { return to_.kind(k); }
    void add(std::span<const std::uint32_t> leads, std::span<const instant> at,
             std::span<const std::uint32_t> kinds, std::span<const stored_value> values,
             std::span<const std::uint32_t> source_ids) override {
        to_.add_touchpoints(leads, at, kinds, values, source_ids);
    }

  private:
    history_builder& to_;
};

/// Leads and source ids are the builder's, kinds the sink's.
inline ingest_report read_touchpoints(history_builder& to, touchpoint_sink& sink,
                                      const touchpoints_table& t, const plan* p,
                                      const ingest_options& options) {
    ingest_report report;
    table_reader reader(t.columns, t.name);
    using need = table_reader::need;
    const column* const lead = reader.take(t.lead, "lead", value_type::string, need::required);
    const column* const at = reader.take(t.at, "at", value_type::timestamp, need::required);
    const column* const type = reader.take(t.type, "type", value_type::string, need::required);
    const column* const amount = reader.take(t.value, "value", value_type::number);
    const column* const campaign = reader.take(t.campaign, "campaign", value_type::string);
    const column* const channel = reader.take(t.channel, "channel", value_type::string);
    const column* const source = reader.take(t.source, "source", value_type::string);
    const column* const id = reader.take(t.id, "id", value_type::string);
    const auto properties = reader.rest(t.properties);
    if (p != nullptr) reader.compare(properties, p->source().properties, "property");
    reader.check(lead, {at, type, amount, campaign, channel, source, id}, properties);
    report.issues = std::move(reader).issues();
    if (!report.issues.empty()) {
        report.failed = true;
        return report;
    }

    coded_column leads(lead, row_fault::missing_lead);
    coded_column sources(source);
    coded_column ids(id);
    // What makes a kind: type, campaign, channel, then properties. The number of a combination is
    // that of the one before with the next column's.
    std::vector<coded_column> parts;
    parts.emplace_back(type, row_fault::missing_type);
    parts.emplace_back(campaign);
    parts.emplace_back(channel);
    for (const column* const c : properties) parts.emplace_back(c);
    std::vector<pair_numbers> pairs(parts.size());
    std::vector<std::uint32_t> combined;

    lead_finder finder(to);
    std::vector<std::uint32_t> kind_numbers;
    std::vector<instant> instants;
    std::vector<stored_value> amounts;
    std::vector<row_fault> faults;
    struct {
        std::vector<std::uint32_t> lead{};
        std::vector<instant> at{};
        std::vector<std::uint32_t> kind{};
        std::vector<stored_value> value{};
        std::vector<std::uint32_t> source_id{};
    } good;
    const bool identified = source != nullptr || id != nullptr;

    const auto make_kind = [&](std::size_t i) {
        touchpoint_kind k{.type = std::string{parts[0].text(i)},
                          .campaign = std::string{parts[1].text(i)},
                          .channel = std::string{parts[2].text(i)}};
        for (std::size_t n = 3; n < parts.size(); ++n)
            if (const std::uint32_t code = parts[n].code(i); code != 0)
                k.properties.emplace(parts[n].of->name, parts[n].coder->decode(code));
        return sink.kind(k);
    };
    const auto kind_of = [&](std::size_t i) {
        return number_once(kind_numbers, combined[i], [&] { return make_kind(i); });
    };
    const auto source_id_of = [&](std::size_t i) {
        return to.source_id(sources.text(i), ids.text(i));
    };
    row_walk walk(lead->size(), options, report);
    walk.run(
        [&](std::size_t first, std::size_t n) {
            instants.resize(n);
            faults.resize(n);
            leads.read(first, n);
            walk.note(leads);
            if (read_instants(*at, first, instants, faults, false) != row_fault::none)
                walk.note(*at, faults);
            if (amount != nullptr) {
                amounts.resize(n);
                if (read_amounts(*amount, first, amounts, faults) != row_fault::none)
                    walk.note(*amount, faults);
            }
            for (coded_column* const c : {&sources, &ids}) {
                c->read(first, n);
                walk.note(*c);
            }
            for (auto& c : parts) {
                c.read(first, n);
                walk.note(c);
            }
            combined = parts[0].codes;
            for (std::size_t k = 1; k < parts.size(); ++k)
                if (parts[k].of != nullptr)
                    for (std::size_t i = 0; i < n; ++i)
                        combined[i] = pairs[k](combined[i], parts[k].codes[i]);
        },
        [&](std::size_t i) {
            good.lead.push_back(finder.find(leads, i));
            good.at.push_back(instants[i]);
            good.kind.push_back(kind_of(i));
            if (amount != nullptr) good.value.push_back(amounts[i]);
            if (identified) good.source_id.push_back(source_id_of(i));
        },
        [&](std::size_t n) {
            const auto who = finder.find_all(leads);
            good.kind.resize(n);
            for (std::size_t i = 0; i < n; ++i) good.kind[i] = kind_of(i);
            if (identified)
                for (std::size_t i = 0; i < n; ++i) good.source_id.push_back(source_id_of(i));
            sink.add(who, instants, good.kind, amounts, good.source_id);
            good.kind.clear();
            good.source_id.clear();
        },
        [&] {
            if (good.lead.empty()) return;
            sink.add(good.lead, good.at, good.kind, good.value, good.source_id);
            good.lead.clear();
            good.at.clear();
            good.kind.clear();
            good.value.clear();
            good.source_id.clear();
        });
    report.events[static_cast<std::size_t>(row_target::touchpoint)] = report.accepted;
    return report;
}

// ---- rows as events
// ------------------------------------------------------------------------------

/// Columns of a table that are read into events, by row.
class event_columns {
  public:
    event_columns(const ingest_options& options, ingest_report& report)
        : options_(options), report_(report) {}

    /// A column of texts or facts, in the order in which faults count; its number here.
    std::size_t add(const column* c, row_fault when_missing = row_fault::none) {
        columns_.emplace_back(c, when_missing);
        return columns_.size() - 1;
    }
    [[nodiscard]] std::string text(std::size_t column, std::size_t i) const {
        return std::string{columns_[column].text(i)};
    }
    /// The values of columns from a number on; those that are null, too, if `nulls`.
    [[nodiscard]] value_map facts(std::size_t first, std::size_t i, bool nulls) const {
        value_map out;
        for (std::size_t k = first; k < columns_.size(); ++k)
            if (const std::uint32_t code = columns_[k].code(i); nulls || code != 0)
                out.emplace(columns_[k].of->name, columns_[k].coder->decode(code));
        return out;
    }
    [[nodiscard]] instant at(std::size_t i) const { return instants_[i]; }
    [[nodiscard]] std::optional<decimal> amount(std::size_t i) const {
        return amounts_.empty() ? std::nullopt : load(amounts_[i]);
    }

    /// Calls `make(i)` for each good row i of a block, and hands over what it gives.
    template<class Make>
    void run(std::size_t rows, const column* when, bool or_always, const column* amounts,
             const event_of_row& to, const Make& make) {
        row_walk walk(rows, options_, report_);
        std::size_t before = 0;
        const auto take = [&](std::size_t i) { to(make(i), before + i); };
        walk.run(
            [&](std::size_t first, std::size_t n) {
                before = first;
                instants_.assign(n, always);
                faults_.resize(n);
                columns_.front().read(first, n); // the lead
                walk.note(columns_.front());
                if (when != nullptr &&
                    read_instants(*when, first, instants_, faults_, or_always) != row_fault::none)
                    walk.note(*when, faults_);
                if (amounts != nullptr) {
                    amounts_.resize(n);
                    if (read_amounts(*amounts, first, amounts_, faults_) != row_fault::none)
                        walk.note(*amounts, faults_);
                }
                for (std::size_t k = 1; k < columns_.size(); ++k) {
                    columns_[k].read(first, n);
                    walk.note(columns_[k]);
                }
            },
            take,
            [&](std::size_t n) {
                for (std::size_t i = 0; i < n; ++i) take(i);
            },
            [] {});
    }

  private:
    const ingest_options& options_;
    ingest_report& report_;
    std::vector<coded_column> columns_{};
    std::vector<instant> instants_{};
    std::vector<stored_value> amounts_{};
    std::vector<row_fault> faults_{};
};

inline ingest_report read_lead_events(const leads_table& t, const plan& p, const event_of_row& to,
                                      const ingest_options& options) {
    ingest_report report;
    table_reader reader(t.columns, t.name);
    using need = table_reader::need;
    const column* const lead = reader.take(t.lead, "lead", value_type::string, need::required);
    const column* const at = reader.take(t.at, "at", value_type::timestamp);
    const column* const source = reader.take(t.source, "", value_type::string);
    const column* const id = reader.take(t.id, "", value_type::string);
    const auto facts = reader.rest(t.attributes);
    reader.compare(facts, p.source().attributes, "attribute");
    reader.check(lead, {at, source, id}, facts);
    report.issues = std::move(reader).issues();
    report.failed = !report.issues.empty();
    if (report.failed) return report;

    event_columns columns(options, report);
    const auto leads = columns.add(lead, row_fault::missing_lead);
    const auto sources = columns.add(source);
    const auto ids = columns.add(id);
    for (const column* const c : facts) columns.add(c);
    columns.run(lead->size(), at, true, nullptr, to, [&](std::size_t i) {
        return attributes{.lead = columns.text(leads, i),
                          .at = columns.at(i),
                          .values = columns.facts(ids + 1, i, true),
                          .source = columns.text(sources, i),
                          .id = columns.text(ids, i)};
    });
    report.events[static_cast<std::size_t>(row_target::attributes)] = report.accepted;
    return report;
}

inline ingest_report read_touchpoint_events(const touchpoints_table& t, const plan& p,
                                            const event_of_row& to, const ingest_options& options) {
    ingest_report report;
    table_reader reader(t.columns, t.name);
    using need = table_reader::need;
    const column* const lead = reader.take(t.lead, "lead", value_type::string, need::required);
    const column* const at = reader.take(t.at, "at", value_type::timestamp, need::required);
    const column* const type = reader.take(t.type, "type", value_type::string, need::required);
    const column* const amount = reader.take(t.value, "value", value_type::number);
    const column* const campaign = reader.take(t.campaign, "campaign", value_type::string);
    const column* const channel = reader.take(t.channel, "channel", value_type::string);
    const column* const source = reader.take(t.source, "source", value_type::string);
    const column* const id = reader.take(t.id, "id", value_type::string);
    const auto facts = reader.rest(t.properties);
    reader.compare(facts, p.source().properties, "property");
    reader.check(lead, {at, type, amount, campaign, channel, source, id}, facts);
    report.issues = std::move(reader).issues();
    report.failed = !report.issues.empty();
    if (report.failed) return report;

    event_columns columns(options, report);
    const auto leads = columns.add(lead, row_fault::missing_lead);
    const auto sources = columns.add(source);
    const auto ids = columns.add(id);
    const auto types = columns.add(type, row_fault::missing_type);
    const auto campaigns = columns.add(campaign);
    const auto channels = columns.add(channel);
    for (const column* const c : facts) columns.add(c);
    columns.run(lead->size(), at, false, amount, to, [&](std::size_t i) {
        return touchpoint{.lead = columns.text(leads, i),
                          .at = columns.at(i),
                          .type = columns.text(types, i),
                          .properties = columns.facts(channels + 1, i, false),
                          .value = columns.amount(i),
                          .campaign = columns.text(campaigns, i),
                          .channel = columns.text(channels, i),
                          .source = columns.text(sources, i),
                          .id = columns.text(ids, i)};
    });
    report.events[static_cast<std::size_t>(row_target::touchpoint)] = report.accepted;
    return report;
}

inline ingest_report read_stage_events(const stages_table& t, const plan& p, const event_of_row& to,
                                       const ingest_options& options) {
    ingest_report report;
    const auto& funnels = p.source().funnels;
    const std::string only = funnels.size() == 1 ? funnels.front().id : std::string{};
    table_reader reader(t.columns, t.name);
    using need = table_reader::need;
    const column* const lead = reader.take(t.lead, "lead", value_type::string, need::required);
    const column* const at = reader.take(t.at, "at", value_type::timestamp, need::required);
    const column* const funnel = reader.take(t.funnel, "funnel", value_type::string,
                                             only.empty() ? need::required : need::if_named);
    const column* const stage = reader.take(t.stage, "stage", value_type::string, need::required);
    const column* const transition = reader.take(t.transition, "transition", value_type::string);
    const column* const reason = reader.take(t.reason, "reason", value_type::string);
    const column* const cause = reader.take(t.cause, "cause", value_type::string);
    const column* const source = reader.take(t.source, "source", value_type::string);
    const column* const id = reader.take(t.id, "id", value_type::string);
    reader.check(lead, {at, funnel, stage, transition, reason, cause, source, id}, {});
    report.issues = std::move(reader).issues();
    report.failed = !report.issues.empty();
    if (report.failed) return report;

    event_columns columns(options, report);
    const auto leads = columns.add(lead, row_fault::missing_lead);
    const auto funnel_names =
        columns.add(funnel, only.empty() ? row_fault::missing_stage : row_fault::none);
    const auto stages = columns.add(stage, row_fault::missing_stage);
    const auto transitions = columns.add(transition);
    const auto reasons = columns.add(reason);
    const auto causes = columns.add(cause);
    const auto sources = columns.add(source);
    const auto ids = columns.add(id);
    columns.run(lead->size(), at, false, nullptr, to, [&](std::size_t i) {
        stage_entry out{.lead = columns.text(leads, i),
                        .at = columns.at(i),
                        .funnel = columns.text(funnel_names, i),
                        .stage = columns.text(stages, i),
                        .transition = columns.text(transitions, i),
                        .reason = columns.text(reasons, i),
                        .cause = columns.text(causes, i),
                        .source = columns.text(sources, i),
                        .id = columns.text(ids, i)};
        if (out.funnel.empty()) out.funnel = only;
        return out;
    });
    report.events[static_cast<std::size_t>(row_target::stage)] = report.accepted;
    return report;
}

// ---- scores without histories
// --------------------------------------------------------------------

/// Adds up what touchpoints have kept at an instant, lead by lead as they come.
class additive_sink final : public touchpoint_sink {
  public:
    /// Whether a plan's touchpoints count each for itself.
    [[nodiscard]] static bool is_for(const program& p) {
        return std::all_of(p.rules.begin(), p.rules.end(), [&](const auto& r) {
            return r.kind == rule_kind::attribute || is_additive(p, r);
        });
    }

    additive_sink(const program& p, std::int64_t now) : p_(p), binding_(p, words_), now_(now) {
        for (const auto& r : p.rules) most_ += r.points < 0 ? -wide{r.points} : wide{r.points};
    }

    std::uint32_t kind(const touchpoint_kind& k) override {
        words_.kinds.push_back(k);
        is_bound_ = false;
        return static_cast<std::uint32_t>(words_.kinds.size() - 1);
    }

    void add(std::span<const std::uint32_t> leads, std::span<const instant> at,
             std::span<const std::uint32_t> kinds, std::span<const stored_value> /*values*/,
             std::span<const std::uint32_t> /*source_ids*/) override {
        touchpoints_ += leads.size();
        fits_ = fits_ && most_ * static_cast<wide>(touchpoints_ + 1) < wide{1} << 61;
        if (!fits_ || leads.empty()) return;
        if (!is_bound_) bind();
        const std::size_t last = *std::max_element(leads.begin(), leads.end());
        kept_.resize(leads.size());
        for (std::size_t c = 0; c < sums_.size(); ++c) {
            const auto& column = binding_.additive[c];
            auto& sums = sums_[c];
            if (sums.size() <= last) sums.resize(std::max(last + 1, 2 * sums.size()));
            keep_awards(p_.decays[column.decay], {at, kinds, column.points, small_[c] != 0}, now_,
                        kept_);
            for (std::size_t i = 0; i < leads.size(); ++i) sums[leads[i]] += kept_[i];
        }
    }

    /// Whether nothing is missing in the sums: they stay within 64 bits, and no rule was walked
    /// because columns of points would have been too many.
    [[nodiscard]] bool is_complete() const noexcept { return fits_; }

    [[nodiscard]] std::vector<given_sums> sums(std::size_t leads) {
        std::vector<given_sums> out;
        for (std::size_t c = 0; c < sums_.size(); ++c) {
            sums_[c].resize(leads);
            out.push_back({binding_.additive[c].slot, sums_[c]});
        }
        return out;
    }

  private:
    void bind() {
        binding_.extend();
        fits_ = fits_ && binding_.walks_nothing;
        sums_.resize(binding_.additive.size());
        small_.clear();
        for (const auto& c : binding_.additive)
            small_.push_back(std::all_of(c.points.begin(), c.points.end(), is_small) ? 1 : 0);
        is_bound_ = true;
    }

    const program& p_;
    dictionary words_{};
    bound_program binding_;
    std::int64_t now_;
    wide most_ = 1; // that one touchpoint awards
    std::size_t touchpoints_ = 0;
    bool fits_ = true;
    bool is_bound_ = false;
    std::vector<huge_vector<std::int64_t>> sums_{}; // by additive awards of the binding, lead
    std::vector<std::uint8_t> small_{};
    std::vector<std::int64_t> kept_{};
};

inline std::string what_is_wrong(const ingest_report& leads, const ingest_report& touchpoints) {
    std::string out;
    const auto add = [&](const ingest_report& r, std::string_view table) {
        const auto line = [&](const std::string& text) {
            if (!out.empty()) out += '\n';
            out += text;
        };
        for (const issue& i : r.issues) line(to_string(i));
        for (const bad_row& b : r.bad_rows) {
            std::string text{table};
            text += ' ';
            line(text += to_string(b));
        }
        if (r.bad > r.bad_rows.size())
            line(std::to_string(r.bad - r.bad_rows.size()) + " more bad rows of " +
                 std::string(table));
    };
    add(leads, "leads,");
    add(touchpoints, "touchpoints,");
    return out;
}

/// Throws unless all rows of both tables were read.
inline void require_all(ingest_report leads, ingest_report touchpoints) {
    if (leads.failed || leads.bad != 0 || touchpoints.failed || touchpoints.bad != 0)
        throw table_error(std::move(leads), std::move(touchpoints));
}

/// Histories of two tables, of which touchpoints go to a sink.
inline histories histories_of(history_builder& builder, touchpoint_sink& sink,
                              const leads_table& leads, const touchpoints_table& touchpoints,
                              const plan* p) {
    ingest_report of_leads;
    if (!leads.columns.empty()) of_leads = read_leads(builder, leads, p, {});
    auto of_touchpoints = read_touchpoints(builder, sink, touchpoints, p, {});
    require_all(std::move(of_leads), std::move(of_touchpoints));
    return builder.build();
}

inline histories histories_of(const leads_table& leads, const touchpoints_table& touchpoints,
                              const plan* p) {
    history_builder builder;
    history_sink_of_tables sink{builder};
    return histories_of(builder, sink, leads, touchpoints, p);
}

[[nodiscard]] inline bool has_column(const std::vector<column>& columns, const std::string& name) {
    return std::any_of(columns.begin(), columns.end(),
                       [&](const column& c) { return c.name == name; });
}

/// Whether rows may repeat others, or hold from some instant on.
[[nodiscard]] inline bool needs_histories(const leads_table& t) {
    return has_column(t.columns, t.at) || has_column(t.columns, t.id);
}
[[nodiscard]] inline bool needs_histories(const touchpoints_table& t) {
    return has_column(t.columns, t.id);
}

/// Scores without histories of touchpoints, if the plan and the tables allow it.
inline std::optional<std::optional<scored_tables>>
score_additively(const plan& p, const leads_table& leads, const touchpoints_table& touchpoints,
                 instant at, const batch_options& options) {
    if (!additive_scorer::is_for(p) || needs_histories(leads) || needs_histories(touchpoints))
        return std::nullopt;
    additive_scorer to{p, at};
    ingest_report of_leads;
    if (!leads.columns.empty()) of_leads = to.add_leads(leads);
    auto of_touchpoints = to.add_touchpoints(touchpoints);
    require_all(std::move(of_leads), std::move(of_touchpoints));
    auto scored = to.finish(options);
    if (!to.is_complete()) return std::nullopt;
    return scored;
}

} // namespace detail

LEADFUNNEL_DECL std::size_t column::size() const noexcept {
    return std::visit([](const auto& d) { return detail::cells_of(d); }, data);
}

LEADFUNNEL_DECL value_type column::type() const noexcept {
    return std::visit(
        []<class T>(const T&) {
            if constexpr (detail::is_text_span<T> || std::is_same_v<T, coded_texts>)
                return value_type::string;
            else if constexpr (detail::is_number_span<T>)
                return value_type::number;
            else if constexpr (detail::is_lists<T>)
                return value_type::set;
            else if constexpr (std::is_same_v<T, timestamps> ||
                               std::is_same_v<T, std::span<const instant>>)
                return value_type::timestamp;
            else
                return value_type::boolean;
        },
        data);
}

LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, const leads_table& t,
                                        const ingest_options& options) {
    return detail::read_leads(to, t, nullptr, options);
}
LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, const leads_table& t, const plan& p,
                                        const ingest_options& options) {
    return detail::read_leads(to, t, &p, options);
}
LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, const touchpoints_table& t,
                                              const ingest_options& options) {
    detail::history_sink_of_tables sink{to};
    return detail::read_touchpoints(to, sink, t, nullptr, options);
}
LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, const touchpoints_table& t,
                                              const plan& p, const ingest_options& options) {
    detail::history_sink_of_tables sink{to};
    return detail::read_touchpoints(to, sink, t, &p, options);
}

LEADFUNNEL_DECL ingest_report read_events(const leads_table& t, const plan& p,
                                          const event_of_row& to, const ingest_options& options) {
    return detail::read_lead_events(t, p, to, options);
}
LEADFUNNEL_DECL ingest_report read_events(const touchpoints_table& t, const plan& p,
                                          const event_of_row& to, const ingest_options& options) {
    return detail::read_touchpoint_events(t, p, to, options);
}
LEADFUNNEL_DECL ingest_report read_events(const stages_table& t, const plan& p,
                                          const event_of_row& to, const ingest_options& options) {
    return detail::read_stage_events(t, p, to, options);
}

LEADFUNNEL_DECL table_error::table_error(ingest_report leads, ingest_report touchpoints)
    : error(detail::what_is_wrong(leads, touchpoints), error_code::table), leads_(std::move(leads)),
      touchpoints_(std::move(touchpoints)) {}

LEADFUNNEL_DECL histories make_histories(const leads_table& leads,
                                         const touchpoints_table& touchpoints) {
    return detail::histories_of(leads, touchpoints, nullptr);
}
LEADFUNNEL_DECL histories make_histories(const leads_table& leads,
                                         const touchpoints_table& touchpoints, const plan& p) {
    return detail::histories_of(leads, touchpoints, &p);
}

// ---- tables in parts

struct additive_scorer::state {
    state(const plan& used, instant now)
        : p(used), at(now), sink(detail::plan_access::of(p), detail::cursor_time(now)) {}

    plan p;
    instant at;
    history_builder builder{};
    detail::additive_sink sink;
    bool is_complete = true;
};

LEADFUNNEL_DECL bool additive_scorer::is_for(const plan& p) {
    return detail::additive_sink::is_for(detail::plan_access::of(p));
}
LEADFUNNEL_DECL additive_scorer::additive_scorer(const plan& p, instant at)
    : state_(std::make_unique<state>(p, at)) {}
LEADFUNNEL_DECL additive_scorer::additive_scorer(additive_scorer&&) noexcept = default;
LEADFUNNEL_DECL additive_scorer& additive_scorer::operator=(additive_scorer&&) noexcept = default;
LEADFUNNEL_DECL additive_scorer::~additive_scorer() = default;

LEADFUNNEL_DECL ingest_report additive_scorer::add_leads(const leads_table& t,
                                                         const ingest_options& options) {
    if (detail::needs_histories(t)) state_->is_complete = false;
    return detail::read_leads(state_->builder, t, &state_->p, options);
}
LEADFUNNEL_DECL ingest_report additive_scorer::add_touchpoints(const touchpoints_table& t,
                                                               const ingest_options& options) {
    if (detail::needs_histories(t)) state_->is_complete = false;
    return detail::read_touchpoints(state_->builder, state_->sink, t, &state_->p, options);
}

LEADFUNNEL_DECL bool additive_scorer::is_complete() const noexcept {
    return state_->is_complete && state_->sink.is_complete();
}
LEADFUNNEL_DECL std::optional<scored_tables> additive_scorer::finish(const batch_options& options) {
    if (!is_complete()) return std::nullopt;
    histories h = state_->builder.build();
    const scorer s{state_->p, h};
    detail::column_rules rules{scorer_access::binding_of(s), h};
    state_->is_complete = rules.usable;
    if (!rules.usable) return std::nullopt;
    rules.given = state_->sink.sums(h.size());
    auto scores = detail::score_by(s, rules, {&state_->at, 1}, options);
    if (!scores) return std::nullopt;
    return scored_tables{std::move(h), *std::move(scores)};
}

// ---- tables at once

LEADFUNNEL_DECL std::optional<scored_tables> score_tables(const plan& p, const leads_table& leads,
                                                          const touchpoints_table& touchpoints,
                                                          std::span<const instant> at,
                                                          const batch_options& options) {
    if (at.size() == 1)
        if (auto scored = detail::score_additively(p, leads, touchpoints, at[0], options))
            return *std::move(scored);
    histories h = make_histories(leads, touchpoints, p);
    auto scores = score_all(scorer{p, h}, at, options);
    if (!scores) return std::nullopt;
    return scored_tables{std::move(h), *std::move(scores)};
}
LEADFUNNEL_DECL scored_tables score_tables(const plan& p, const leads_table& leads,
                                           const touchpoints_table& touchpoints,
                                           std::span<const instant> at) {
    return *score_tables(p, leads, touchpoints, at, batch_options{});
}
LEADFUNNEL_DECL scored_tables score_tables(const plan& p, const leads_table& leads,
                                           const touchpoints_table& touchpoints, instant at) {
    return score_tables(p, leads, touchpoints, std::span{&at, 1});
}

} // namespace leadfunnel::inline v0
