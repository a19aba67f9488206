// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Groups touchpoints by lead and puts them in history order. Not for users.

#include <leadfunnel/core/detail/empty_out.hpp>
#include <leadfunnel/core/detail/huge_array.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/history/records.hpp>

#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A touchpoint as it was added.
struct raw_row {
    instant at{};
    std::uint32_t lead = 0;
    std::uint32_t kind = 0;
};

/// Touchpoints in the order of arrival, partitioned into runs of 4,096 neighbouring leads. Grouping
/// one run by lead stays within the second-level cache; grouping all at once would wait for main
/// memory at each touchpoint.
class pending_touchpoints {
  public:
    static constexpr unsigned shift = 12;
    static constexpr std::size_t run = std::size_t{1} << shift; ///< leads

    /// Adds columns of equal length; `values` and `ids` may be empty. Throws std::bad_alloc with
    /// nothing changed. O(touchpoints).
    void add(std::span<const std::uint32_t> leads, std::span<const instant> at,
             std::span<const std::uint32_t> kinds, std::span<const stored_value> values,
             std::span<const std::uint32_t> ids) {
        if (leads.empty()) return;
        const std::size_t last = *std::max_element(leads.begin(), leads.end()) >> shift;
        if (last >= parts_.size()) parts_.resize(last + 1);
        part* const parts = parts_.data();
        std::size_t done = 0;
        try {
            if (values.empty() && ids.empty() && !has_values_ && !has_ids_) {
                for (; done < leads.size(); ++done) {
                    part& p = parts[leads[done] >> shift];
                    if (p.next == p.end) add_chunk(p);
                    *p.next++ = {at[done], leads[done], kinds[done]};
                }
            } else {
                for (; done < leads.size(); ++done) {
                    part& p = parts[leads[done] >> shift];
                    if (p.next == p.end) add_chunk(p);
                    auto& c = p.chunks.back();
                    const auto i = static_cast<std::size_t>(p.next - c.rows);
                    note(values.empty() ? no_value : values[done], no_value, c.values, i, values_);
                    note(ids.empty() ? 0U : ids[done], 0U, c.ids, i, ids_);
                    *p.next++ = {at[done], leads[done], kinds[done]};
                }
                has_values_ = has_values_ || !values_.empty();
                has_ids_ = has_ids_ || !ids_.empty();
            }
        } catch (...) {
            while (done-- > 0) parts_[leads[done] >> shift].drop_last();
            throw;
        }
        size_ += leads.size();
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool has_values() const noexcept { return has_values_; }
    [[nodiscard]] bool has_ids() const noexcept { return has_ids_; }

    /// Calls `each(rows, values, ids)` for each chunk of a run's touchpoints.
    template<class Each>
    void visit(std::size_t number, const Each& each) const {
        if (number >= parts_.size()) return;
        const auto& p = parts_[number];
        for (const auto& c : p.chunks) {
            const auto n =
                &c == &p.chunks.back() ? static_cast<std::size_t>(p.next - c.rows) : chunk_rows;
            each(std::span<const raw_row>{c.rows, n}, c.values, c.ids);
        }
    }

    /// Returns a run's memory to the system. Precondition: it will not be visited again.
    void forget(std::size_t number) noexcept {
        if (number >= parts_.size()) return;
        for (const auto& c : parts_[number].chunks) {
            give_back_pages(c.rows, chunk_rows);
            if (c.values != nullptr) give_back_pages(c.values, chunk_rows);
            if (c.ids != nullptr) give_back_pages(c.ids, chunk_rows);
        }
    }

  private:
    static constexpr std::size_t chunk_rows = 1'024;
    struct chunk {
        raw_row* rows;
        stored_value* values; ///< null if no row of the chunk has a value
        std::uint32_t* ids;   ///< null if no row of the chunk has an id
    };
    struct part {
        raw_row* next = nullptr;
        raw_row* end = nullptr;
        std::vector<chunk> chunks{};

        void drop_last() noexcept {
            if (next == chunks.back().rows) {
                chunks.pop_back();
                next = end = chunks.back().rows + chunk_rows;
            }
            --next;
        }
    };

    /// Allocates the chunks of a column in ever larger slabs, and frees them all at once.
    template<class T>
    class arena {
      public:
        [[nodiscard]] bool empty() const noexcept { return slabs_.empty(); }

        T* take() {
            if (left_ == 0) {
                constexpr std::size_t most = std::size_t{32} << 20U;
                const std::size_t chunks =
                    std::min(most / (sizeof(T) * chunk_rows), std::size_t{1} << slabs_.size());
                slabs_.push_back(slab{nullptr, give_back{chunks * chunk_rows}});
                slabs_.back().reset(huge_allocator<T>{}.allocate(chunks * chunk_rows));
                left_ = chunks;
            }
            return slabs_.back().get() + --left_ * chunk_rows;
        }

      private:
        struct give_back {
            std::size_t size = 0;
            void operator()(T* p) const noexcept { huge_allocator<T>{}.deallocate(p, size); }
        };
        using slab = std::unique_ptr<T, give_back>;
        std::vector<slab> slabs_{};
        std::size_t left_ = 0; // chunks of the last slab
    };

    /// Writes an entry into a column that may not exist yet.
    template<class T>
    static void note(T entry, T missing, T*& column, std::size_t i, arena<T>& from) {
        if (column == nullptr) {
            if (entry == missing) return;
            column = from.take();
            std::fill_n(column, i, missing);
        }
        column[i] = entry;
    }

    void add_chunk(part& p) {
        p.chunks.reserve(p.chunks.size() + 1 + p.chunks.size() / 2);
        const chunk c{rows_.take(), nullptr, nullptr};
        p.chunks.push_back(c);
        p.next = c.rows;
        p.end = c.rows + chunk_rows;
    }

    std::vector<part> parts_{};
    arena<raw_row> rows_{};
    arena<stored_value> values_{};
    arena<std::uint32_t> ids_{};
    std::size_t size_ = 0;
    bool has_values_ = false;
    bool has_ids_ = false;
};

/// Groups touchpoints by lead, sorts them and leaves out duplicates.
class touchpoint_grouper {
  public:
    /// Kinds and source ids are renumbered by `kind_ranks` and `id_ranks`; touchpoints of one
    /// instant are ordered by the new numbers. If `identifying` (by new id) is set for an id, only
    /// the first touchpoint of a lead with that id counts; if `identifying` is empty, no id does
    /// so.
    touchpoint_grouper(std::span<const std::uint32_t> kind_ranks,
                       std::span<const std::uint32_t> id_ranks,
                       std::span<const std::uint8_t> identifying)
        : kind_ranks_(kind_ranks), id_ranks_(id_ranks), identifying_(identifying) {}

    // The results.
    unset_vector<std::size_t> offsets; ///< by lead, and the end
    unset_vector<instant> at;
    unset_vector<std::uint32_t> kind;
    unset_vector<stored_value> value;      ///< empty if no touchpoint has a value
    unset_vector<std::uint32_t> source_id; ///< empty if no touchpoint has an id
    std::size_t duplicates = 0;

    /// Consumes the touchpoints run by run, and returns each run's memory to the system, so that
    /// the results do not double the peak. O(touchpoints + leads) + O(ties · log).
    void group(std::size_t leads, pending_touchpoints pending) {
        const std::size_t n = pending.size();
        offsets.resize(leads + 1);
        offsets[0] = 0;
        at.resize(n);
        kind.resize(n);
        if (pending.has_values()) value.resize(n);
        if (pending.has_ids()) source_id.resize(n);
        for (std::size_t first = 0; first < leads; first += pending_touchpoints::run) {
            group_run(first, std::min(leads, first + pending_touchpoints::run), pending);
            pending.forget(first >> pending_touchpoints::shift);
        }
        at.resize(kept_);
        kind.resize(kept_);
        if (pending.has_values()) value.resize(kept_);
        if (pending.has_ids()) source_id.resize(kept_);
    }

  private:
    struct entry {
        instant at;
        std::uint32_t id;
        std::uint32_t kind;
        stored_value value;
        auto operator<=>(const entry&) const = default;
    };

    void group_run(std::size_t first_lead, std::size_t last_lead,
                   const pending_touchpoints& pending) {
        const std::size_t part = first_lead >> pending_touchpoints::shift;
        const std::size_t base = kept_;
        next_.assign(pending_touchpoints::run + 1, 0);
        pending.visit(
            part, [&](std::span<const raw_row> rows, const stored_value*, const std::uint32_t*) {
                for (const auto& r : rows) ++next_[r.lead - first_lead + 1];
            });
        next_[0] = base;
        for (std::size_t l = first_lead; l < last_lead; ++l) {
            next_[l - first_lead + 1] += next_[l - first_lead];
            offsets[l + 1] = next_[l - first_lead + 1];
        }
        pending.visit(part, [&](std::span<const raw_row> rows, const stored_value* values,
                                const std::uint32_t* ids) {
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const std::size_t to = next_[rows[i].lead - first_lead]++;
                at[to] = rows[i].at;
                kind[to] = kind_ranks_[rows[i].kind];
                if (!value.empty()) value[to] = values != nullptr ? values[i] : no_value;
                if (!source_id.empty()) source_id[to] = id_ranks_[ids != nullptr ? ids[i] : 0];
            }
        });
        std::size_t first = base;
        for (std::size_t l = first_lead; l < last_lead; ++l) {
            const std::size_t last = offsets[l + 1];
            if (identifying_.empty()) {
                if (!is_rising(first, last) && !sort_few(first, last)) sort_many(first, last);
                kept_ = last;
            } else {
                sort_many(first, last);
            }
            offsets[l + 1] = kept_;
            first = last;
        }
    }

    [[nodiscard]] bool is_rising(std::size_t first, std::size_t last) const noexcept {
        bool rising = true;
        for (std::size_t i = first + 1; i < last; ++i) rising = rising && at[i - 1] < at[i];
        return rising;
    }

    /// Sorts a few touchpoints by counting, for each, how many come before it: a loop without
    /// unpredictable branches. Returns false, with nothing changed, if there are many or two have
    /// the same instant.
    [[nodiscard]] bool sort_few(std::size_t first, std::size_t last) noexcept {
        constexpr std::size_t few = 24;
        const std::size_t n = last - first;
        if (n > few) return false;
        std::array<entry, few> e;
        std::array<std::uint32_t, few> place{};
        unsigned ties = 0;
        for (std::size_t i = 0; i < n; ++i) e[i] = entry_at(first + i);
        for (std::size_t i = 1; i < n; ++i) {
            std::uint32_t before = 0;
            for (std::size_t k = 0; k < i; ++k) {
                const std::uint32_t later = e[i].at < e[k].at ? 1 : 0;
                ties |= e[i].at == e[k].at ? 1U : 0U;
                place[k] += later;
                before += 1 - later;
            }
            place[i] = before;
        }
        if (ties != 0) return false;
        for (std::size_t i = 0; i < n; ++i) write(first + place[i], e[i]);
        return true;
    }

    /// Sorts touchpoints, leaves out duplicates and keeps the others.
    void sort_many(std::size_t first, std::size_t last) {
        entries_.clear();
        for (std::size_t i = first; i < last; ++i) entries_.push_back(entry_at(i));
        std::sort(entries_.begin(), entries_.end());
        if (identifying_.empty()) {
            for (const auto& e : entries_) write(first++, e);
            return;
        }
        empty_out(seen_);
        for (const auto& e : entries_) {
            if (identifying_[e.id] != 0 && !seen_.insert(e.id).second)
                ++duplicates;
            else
                write(kept_++, e);
        }
    }

    [[nodiscard]] entry entry_at(std::size_t i) const noexcept {
        return {at[i], source_id.empty() ? 0 : source_id[i], kind[i],
                value.empty() ? no_value : value[i]};
    }
    void write(std::size_t i, const entry& e) noexcept {
        at[i] = e.at;
        kind[i] = e.kind;
        if (!value.empty()) value[i] = e.value;
        if (!source_id.empty()) source_id[i] = e.id;
    }

    std::span<const std::uint32_t> kind_ranks_;
    std::span<const std::uint32_t> id_ranks_;
    std::span<const std::uint8_t> identifying_;
    std::size_t kept_ = 0;
    std::vector<std::size_t> next_; // by lead of the run: where its next touchpoint goes
    std::vector<entry> entries_;
    boost::unordered_flat_set<std::uint32_t> seen_;
};

} // namespace leadfunnel::inline v0::detail
