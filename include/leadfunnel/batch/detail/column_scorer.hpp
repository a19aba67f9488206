// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Scores of many leads, rule by rule. Not for users.
///
/// The cursor takes a lead's touchpoints one by one and does with each what every rule wants: the
/// processor cannot foresee where that jumps. Here a run of leads is taken at once. Its touchpoints
/// are sorted by what rules do with their kinds; then each rule goes over its own in a loop of its
/// own, and what its awards have kept is summed by slot, lead and instant. That is the same because
/// rules do not see each other's awards, only what was before all of them: attributes, stages and
/// touchpoints. Where that does not hold, or is not simple, the cursor does the work:
/// - models with a running clamp, or with bandings that remember;
/// - leads whose stage entries reset scores, set facts or are asked for by a rule's condition, and
///   leads with very many touchpoints.
///
/// Facts change between a lead's phases. A touchpoint sees the facts of its own instant, as a state
/// does: facts come first in history order.

#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/plan/detail/bound_program.hpp>
#include <leadfunnel/score/detail/cursor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Where a table's columns are; threads write to rows of their own.
struct table_columns {
    std::size_t leads;
    std::int64_t* micros;
    std::uint8_t* flags;
    std::uint16_t* bands;
};

/// What awards have kept that no history holds: of a slot, by lead, at the one instant asked.
struct given_sums {
    std::uint32_t slot = 0;
    std::span<const std::int64_t> by_lead;
};

/// A binding to the dictionary of some histories, seen rule by rule. Immutable: shared by threads.
struct column_rules {
    LEADFUNNEL_DECL column_rules(const bound_program& b, const histories& h);

    /// A test, for leads whose stage entries do not matter.
    struct lead_test {
        enum class by : std::uint8_t { nothing, value, age };
        by how = by::nothing;
        bool outcome = false;                   ///< by nothing
        std::uint32_t attribute = 0;            ///< into `attributes`
        const std::uint8_t* outcomes = nullptr; ///< by value
    };
    /// What has to hold for a rule: its condition, and no freeze.
    struct gate {
        std::uint32_t when = 0;
        std::vector<std::uint32_t> not_when;
        bool by_instant = false;
        friend bool operator==(const gate&, const gate&) = default;
    };
    /// Touchpoints of some classes.
    struct match_set {
        std::vector<std::uint32_t> classes;
    };
    /// A rule that touchpoints concern.
    struct touch_rule {
        std::uint32_t rule = 0;
        std::uint32_t set = 0;
        std::uint32_t gate = none32;
        bool bounded = false; ///< some touchpoint's value decides
        bool any_scope = false;
        bool grants_all = false;          ///< no gate, limit or cooldown
        bool counts_simply = false;       ///< at most one limit, of awards, not by distinct value
        std::uint32_t resets = none32;    ///< into `resets`
        std::vector<std::uint16_t> flags; ///< by class: see below
    };
    static constexpr std::uint16_t is_on = 1;        // returning; a sequence has its steps there
    static constexpr std::uint16_t in_scope = 0x100; // returning, sequence

    /// Points that touchpoints of a class give by themselves.
    struct sparse_awards {
        std::uint32_t slot = 0;
        std::uint32_t decay = 0;
        std::vector<std::pair<std::uint32_t, std::int64_t>> points; // (class, micros)
    };
    /// Attribute rules of a slot that one attribute decides, added up by its values.
    struct value_points {
        std::uint32_t slot = 0;
        std::uint32_t attribute = 0;
        std::vector<std::int64_t> points;
    };
    struct state_rule {
        std::uint32_t rule = 0;
        std::uint32_t gate = none32;
    };
    /// Touchpoints that reset a score.
    struct score_resets {
        std::uint32_t score = 0;
        std::uint32_t set = 0;
        std::vector<std::pair<std::uint32_t, std::uint32_t>> patterns; // (reset, of class)
        bool bounded = false;
    };

    const bound_program& b;
    const histories& h;
    const program& p;
    bool usable = false;
    bool plain = false;               ///< scores are sums: nothing derived, excluded or banded
    std::size_t most_touchpoints = 0; ///< of one lead
    std::int64_t most_points = 0;     ///< of one award, by its absolute value

    std::vector<std::uint16_t> class_of_kind; ///< 0: nobody wants it
    std::size_t classes = 1;
    /// binding::additive whose points most kinds have, and whether all are small
    std::vector<std::pair<std::uint32_t, bool>> dense;
    std::vector<sparse_awards> sparse;
    std::vector<match_set> sets;
    std::vector<touch_rule> rules; ///< awards, and states of touchpoints
    std::vector<score_resets> resets;

    std::vector<std::uint32_t> attributes;        ///< model attributes that are looked at
    std::vector<std::uint32_t> attribute_of_name; ///< histories' name → into `attributes`
    std::vector<lead_test> tests;                 ///< by program::tests
    std::vector<bool> matters;                    ///< by stage kind: rules see such an entry
    std::vector<gate> gates;
    std::vector<std::uint32_t> exclusion_gates; ///< by program::exclusions
    std::vector<value_points> by_value;
    std::vector<state_rule> by_gate; ///< other attribute rules
    std::vector<std::int64_t> base;  ///< by slot: what nothing decides
    std::vector<given_sums> given;
};

/// Scores runs of leads at some instants; one for each thread.
class column_scorer {
  public:
    /// `rising` in rising order, `order` their places in the table.
    LEADFUNNEL_DECL column_scorer(const column_rules& rules, std::span<const std::int64_t> rising,
                                  std::span<const std::size_t> order);

    /// How many leads make a good run.
    [[nodiscard]] std::size_t run_length() const noexcept { return run_; }

    /// Scores leads `first` to `last` − 1, but for those it puts into `left_over`.
    LEADFUNNEL_DECL void score(std::size_t first, std::size_t last, const table_columns& columns,
                               std::vector<std::size_t>& left_over);

  private:
    using index = std::uint32_t; // of a touchpoint or lead in the run

    /// Awards as columns. Without `points` all have `same`; without `end` they have none.
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

    void look_at_leads();
    void read_facts();
    void open_gates();
    void begin_phases();
    /// The phase of a lead that an instant is in.
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
    std::size_t n_ = 0; // instants
    std::size_t run_ = 0;
    cursor<> cursor_; // for derived scores

    // the run
    std::size_t first_ = 0;
    std::size_t leads_ = 0;
    touchpoint_span all_;
    std::vector<index> begins_;             // by lead, and the end
    std::vector<index> seen_;               // by lead: touchpoints until the last instant
    std::vector<std::uint8_t> taken_;       // by lead: not left over
    std::size_t phases_ = 0;                // as many as leads if no facts change; else
    std::vector<index> phase_begins_;       // by lead, and the end
    std::vector<std::int64_t> phase_from_;  // by phase: its first instant
    std::vector<std::uint32_t> codes_;      // attribute × phase
    std::vector<std::uint8_t> open_;        // gate × phase
    std::vector<std::uint16_t> lead_of_;    // by touchpoint
    std::vector<std::uint16_t> class_of_;   // by touchpoint
    std::vector<index> sorted_;             // touchpoints by class
    std::vector<index> class_begins_;       // by class, and the end
    std::vector<std::uint64_t> bits_;       // by touchpoint: a match set in the making
    std::vector<std::vector<index>> lists_; // by match set
    std::vector<std::uint8_t> has_list_;    // by match set
    std::vector<index> first_instant_;      // by touchpoint: the first instant not before it
    std::vector<std::vector<std::int64_t>> next_reset_;  // by resets, touchpoint
    std::vector<std::vector<std::int64_t>> first_reset_; // by resets, lead
    std::vector<std::int64_t> sums_;                     // slot × lead × instant

    // of a rule
    std::vector<index> bounded_;
    std::vector<index> candidates_;
    std::vector<index> granted_;
    std::vector<std::int64_t> points_; // by touchpoint
    award_list awards_;
    std::vector<grant> grants_; // of the lead at hand
    index grants_of_ = none32;
    std::vector<std::uint32_t> kinds_; // for keep_awards: zeros, then counting up
    std::vector<std::uint32_t> count_up_;
    std::vector<std::int64_t> kept_;
    mutable time_zone::span zone_span_{instant::max(), instant::min(), duration{0}};
    std::vector<reading> given_;
};

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/column_scorer.ipp>
#endif
