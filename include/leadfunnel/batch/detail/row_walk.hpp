// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The rows of a table, block by block. Not for users.

#include <leadfunnel/batch/detail/column_coders.hpp>
#include <leadfunnel/batch/table.hpp>
#include <leadfunnel/history/ingest_report.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A column whose codes are read block by block.
struct coded_column {
    const column* of = nullptr; ///< null: no such column
    std::unique_ptr<column_coder> coder{};
    std::vector<std::uint32_t> codes{}; ///< of the block's rows

    coded_column() = default;
    explicit coded_column(const column* c, row_fault when_missing = row_fault::none) : of(c) {
        if (c != nullptr) coder = make_coder(*c, when_missing);
    }
    /// Reads a block: rows `first` to `first + n` − 1.
    void read(std::size_t first, std::size_t n) {
        if (of == nullptr) return;
        codes.resize(n);
        coder->code(first, codes);
    }
    /// The code of a row of the block; 0 without a column.
    [[nodiscard]] std::uint32_t code(std::size_t i) const noexcept {
        return of == nullptr ? 0 : codes[i];
    }
    /// The text of a row of the block; empty without a column.
    [[nodiscard]] std::string_view text(std::size_t i) const {
        return of == nullptr ? std::string_view{} : coder->text(codes[i]);
    }
};

/// Walks the rows of a table in blocks that fit the caches, and separates the bad rows from the
/// good ones. Reports progress and can be cancelled, as `options` say.
class row_walk {
  public:
    row_walk(std::size_t rows, const ingest_options& options, ingest_report& report)
        : rows_(rows), options_(options), report_(report),
          until_check_(std::max<std::size_t>(options.check_every, 1)) {}

    /// For each block: `read(first, n)` reads its rows and notes their faults. If all of them are
    /// good, `take_all(n)` takes them together; otherwise `take(i)` takes each good one, in order.
    /// `flush()` then ends the block.
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

    /// Notes faults of the block's rows. If a row has several, the one noted first is reported.
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
    /// A fault of a row.
    struct bad {
        std::size_t row = 0; // of the block
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

    /// Reports a bad row. Whether to go on.
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
    /// Reports progress. Whether to go on.
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

} // namespace leadfunnel::inline v0::detail
