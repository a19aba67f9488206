// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Scores many leads rule by rule. Not for users.
///
/// A cursor walks the touchpoints of one lead and applies every rule to each of them; the processor
/// cannot predict these jumps. Here a run of leads is scored together. Its touchpoints are ordered
/// by what rules do with their kinds. Then each rule goes over its own touchpoints in a loop of its
/// own, and the worth of its awards is summed by slot, lead and instant.
///
/// The result is the same because rules do not see each other's awards: they see only attributes,
/// stages and touchpoints, which come before all awards. The cursor scores what does not fit:
/// - models with a running clamp, or with bandings that remember;
/// - leads whose stage entries reset scores, set facts or are read by a rule's condition;
/// - leads with very many touchpoints.
///
/// A phase of a lead is a time in which its facts do not change. A touchpoint sees the facts of its
/// own instant, as a state does: facts come first in history order.

#include <leadfunnel/batch/detail/column_rules.hpp>
#include <leadfunnel/core/config.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/plan/detail/bound_program.hpp>
#include <leadfunnel/score/detail/cursor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// The columns of a score table. Each thread writes only to the rows of its own leads.
struct table_columns {
    std::size_t leads;
    std::int64_t* micros;
    std::uint8_t* flags;
    std::uint16_t* bands;
};

/// Scores runs of leads at given instants. Not for concurrent use: each thread has its own. It has
/// many members because the buffers of a run are kept from run to run.
class column_scorer {
  public:
    /// `rising`: the instants in rising order; `order`: their places in the table. `rules` must
    /// outlive the scorer.
    LEADFUNNEL_DECL column_scorer(const column_rules& rules, std::span<const std::int64_t> rising,
                                  std::span<const std::size_t> order);

    /// How many leads a run should have.
    [[nodiscard]] std::size_t run_length() const noexcept { return run_; }

    /// Scores leads `first` to `last` − 1, except those that it appends to `left_over`: the cursor
    /// must score them. O(touchpoints × rules + leads × instants × rules).
    LEADFUNNEL_DECL void score(std::size_t first, std::size_t last, const table_columns& columns,
                               std::vector<std::size_t>& left_over);

  private:
    using index = std::uint32_t; // a touchpoint or lead, counted within the run

    /// Awards as columns. If `varies`, `points` has their micros; else all have `same`. If `ends`,
    /// `end` has the instants at which they end; else they never do.
    struct award_list {
        std::vector<instant> at;
        std::vector<index> lead;
        std::vector<std::int64_t> points;
        std::vector<std::int64_t> end;
        std::size_t size = 0;
        std::int64_t same = 0;
        bool varies = false;
        bool ends = false;
    };
    struct candidate {
        instant at{};
        index lead = 0;
        index touchpoint = none32;
        std::int64_t points = 0;
    };
    struct grant {
        std::int64_t at = 0;
        wide points = 0;
        index touchpoint = none32;
    };

    void inspect_leads();
    void read_facts();
    void open_gates();
    void begin_phases();
    /// The phase of a lead at an instant.
    [[nodiscard]] index phase_at(index lead, std::int64_t t) const noexcept {
        return phases_ == leads_ ? lead : find_phase(lead, t);
    }
    [[nodiscard]] index find_phase(index lead, std::int64_t t) const noexcept;
    [[nodiscard]] std::int64_t first_event(index lead) const noexcept;
    void sort_touchpoints();
    void find_resets();
    std::span<const index> matches(std::uint32_t set);
    template<class Pattern>
    std::span<const index> within_bounds(std::span<const index> of, const Pattern& pattern);

    void take_dense(std::uint32_t column, bool small);
    void take_sparse(const column_rules::sparse_awards& s);
    void take_states();
    void take(const column_rules::touch_rule& r);
    void take_frequency(const column_rules::touch_rule& r);
    void take_recency(const column_rules::touch_rule& r);
    void take_inactivity(const column_rules::touch_rule& r);
    template<class Value>
    void add_state(const column_rules::touch_rule& r, std::int64_t missing, std::size_t enough,
                   const Value& value);
    std::span<const index> returns(const column_rules::touch_rule& r);
    std::span<const index> chains(const column_rules::touch_rule& r);
    std::span<const index> points_by_value(const compiled_rule& r, std::span<const index> of);
    std::span<const index> grant_simply(const column_rules::touch_rule& r,
                                        std::span<const index> of);
    std::span<const index> grant_by_last(const column_rules::touch_rule& r,
                                         std::span<const index> of, bool calendar);
    [[nodiscard]] bool has_room(const compiled_limit& l, const candidate& c) const;
    [[nodiscard]] bool grants(const column_rules::touch_rule& r, const candidate& c);
    void collect(const column_rules::touch_rule& r, std::span<const index> of);
    void give(std::uint32_t slot, std::uint32_t decay, award_list& a);
    void write(const table_columns& columns);
    void write_plain(const table_columns& columns);

    [[nodiscard]] bool holds(std::uint32_t node, index phase, std::int64_t t) const;
    [[nodiscard]] bool lets_pass(const column_rules::gate& g, index phase, std::int64_t t) const;
    [[nodiscard]] bool is_open(std::uint32_t gate, index lead, std::int64_t t) const;
    [[nodiscard]] bool same_period(std::int64_t a, std::int64_t b, calendar_unit unit) const;
    [[nodiscard]] std::int64_t period_at(std::int64_t t, calendar_unit unit) const;
    [[nodiscard]] std::int64_t at(index i) const noexcept {
        return all_.at[i].time_since_epoch().count();
    }
    [[nodiscard]] stored_value amount(index i) const noexcept {
        return all_.value.empty() ? no_value : all_.value[i];
    }
    [[nodiscard]] std::int64_t* sums_of(std::uint32_t slot, index lead) noexcept {
        return sums_.data() + (slot * leads_ + lead) * n_;
    }

    const column_rules& r_;
    const program& p_;
    const bound_program& b_;
    const histories& h_;
    std::vector<std::int64_t> rising_;
    std::vector<std::size_t> order_;
    std::size_t n_ = 0;   // number of instants
    std::size_t run_ = 0; // see `run_length`
    cursor<> cursor_;     // for derived scores

    // the current run
    std::size_t first_ = 0;
    std::size_t leads_ = 0;
    touchpoint_span all_;
    std::vector<index> begins_;             // by lead: its first touchpoint; then the end
    std::vector<index> seen_;               // by lead: touchpoints up to the last instant
    std::vector<std::uint8_t> taken_;       // by lead: whether it is scored here, not left over
    std::size_t phases_ = 0;                // one for each lead if no facts change
    std::vector<index> phase_begins_;       // by lead: its first phase; then the end
    std::vector<std::int64_t> phase_from_;  // by phase: its first instant
    std::vector<std::uint32_t> codes_;      // by attribute × phase: the value's number
    std::vector<std::uint8_t> open_;        // by gate × phase: whether it is open
    std::vector<std::uint16_t> lead_of_;    // by touchpoint
    std::vector<std::uint16_t> class_of_;   // by touchpoint
    std::vector<index> sorted_;             // touchpoints, ordered by class
    std::vector<index> class_begins_;       // by class: its first place in `sorted_`; then the end
    std::vector<std::uint64_t> bits_;       // by touchpoint: a set that is being built
    std::vector<std::vector<index>> lists_; // by match set
    std::vector<std::uint8_t> has_list_;    // by match set
    std::vector<index> first_instant_;      // by touchpoint: the first instant not before it
    std::vector<std::vector<std::int64_t>> next_reset_;  // by resets, touchpoint
    std::vector<std::vector<std::int64_t>> first_reset_; // by resets, lead
    std::vector<std::int64_t> sums_;                     // by slot × lead × instant

    // the current rule
    std::vector<index> bounded_;
    std::vector<index> candidates_;
    std::vector<index> granted_;
    std::vector<std::int64_t> points_; // by touchpoint
    award_list awards_;
    std::vector<grant> grants_; // of lead `grants_of_`
    index grants_of_ = none32;
    std::vector<std::uint32_t> kinds_;    // zeros: all awards are of kind 0
    std::vector<std::uint32_t> count_up_; // 0, 1, 2, …: each award is of its own kind
    std::vector<std::int64_t> kept_;
    mutable time_zone::span zone_span_{instant::max(), instant::min(), duration{0}};
    std::vector<reading> given_;
};

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/column_scorer.ipp>
#endif
