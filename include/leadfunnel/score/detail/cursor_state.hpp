// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The state of a walk over a lead's history. Not for users.
///
/// All of it follows from the history and the model. So it can be discarded at any time: another
/// walk over the history makes it again.

#include <leadfunnel/core/detail/empty_out.hpp>
#include <leadfunnel/plan/detail/bound_program.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A FIFO in a vector. Compacts when popped elements outnumber the live ones.
template<class T>
class front_queue {
  public:
    [[nodiscard]] bool empty() const noexcept { return head_ == all_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return all_.size() - head_; }
    [[nodiscard]] const T& front() const noexcept { return all_[head_]; }
    [[nodiscard]] const T* begin() const noexcept { return all_.data() + head_; }
    [[nodiscard]] const T* end() const noexcept { return all_.data() + all_.size(); }
    [[nodiscard]] T* begin() noexcept { return all_.data() + head_; }
    [[nodiscard]] T* end() noexcept { return all_.data() + all_.size(); }
    /// Inserts before the i-th element. O(elements after it).
    void insert(std::size_t i, const T& x) {
        all_.insert(all_.begin() + static_cast<std::ptrdiff_t>(head_ + i), x);
    }
    [[nodiscard]] const T& back() const noexcept { return all_.back(); }
    [[nodiscard]] T& back() noexcept { return all_.back(); }
    void push_back(const T& x) { all_.push_back(x); }
    /// Amortised O(1).
    void pop_front() noexcept {
        if (++head_ < 16 || head_ * 2 < all_.size()) return;
        all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }
    void clear() noexcept {
        all_.clear();
        head_ = 0;
    }
    [[nodiscard]] std::size_t memory() const noexcept { return all_.capacity() * sizeof(T); }

  private:
    std::vector<T> all_;
    std::size_t head_ = 0;
};

/// The awards of a column, the oldest first. Awards of one instant with equal points share an
/// entry, so that many awards at one instant cost no more than one.
class award_group {
  public:
    /// An entry that stands for several awards.
    struct repeat {
        std::uint64_t entry =
            0; ///< counted from the first entry that ever was, dropped ones included
        std::int64_t more = 0; ///< awards besides the first
    };
    /// Sums of points by their sign.
    struct total {
        wide gains = 0;  ///< ≥ 0
        wide losses = 0; ///< ≤ 0
    };

    [[nodiscard]] bool empty() const noexcept { return at_.empty(); }
    /// The number of entries.
    [[nodiscard]] std::size_t size() const noexcept { return at_.size(); }
    /// The number of awards that the entries stand for.
    [[nodiscard]] std::uint64_t awards() const noexcept { return awards_; }
    [[nodiscard]] const instant* at() const noexcept { return at_.begin(); }
    [[nodiscard]] const std::int64_t* points() const noexcept { return points_.begin(); }
    /// Calls `f(i, more)` for each entry that stands for 1 + `more` awards, `more` > 0. O(such
    /// entries).
    template<class F>
    void each_repeat(const F& f) const {
        for (const auto& r : repeats_) f(static_cast<std::size_t>(r.entry - dropped_), r.more);
    }
    /// Calls `f(i, awards)` for each entry. O(entries).
    template<class F>
    void each(const F& f) const {
        each(0, size(), f);
    }
    /// The worth of awards at an instant that is not before the last of them. Precondition:
    /// `d.is_stepwise()`. O(steps · log entries) if all awards have equal points, or have lost
    /// nothing yet; otherwise O(the other entries) more.
    [[nodiscard]] total stepwise_worth(const compiled_decay& d, std::int64_t t) const {
        total sum;
        each_step(d, t, [&](std::size_t first, std::size_t last, duration age) {
            const factor f = d.at(age);
            if (f == 0) return;
            const total given = given_between(first, last);
            if (f == whole_factor) {
                sum.gains += given.gains;
                sum.losses += given.losses;
            } else if (is_uniform_ && points()[first] != 0) {
                const std::int64_t p = points()[first];
                add_to(sum, (given.gains + given.losses) / p * scaled(p, f));
            } else {
                each(first, last, [&](std::size_t i, std::int64_t awards) {
                    add_to(sum, wide{scaled(points()[i], f)} * awards);
                });
            }
        });
        return sum;
    }
    /// The first instant after `t` at which the worth of an award changes; `end_of_time` if none
    /// does. Preconditions: `d.is_stepwise()`, and `t` is not before the last award. O(steps · log
    /// entries).
    [[nodiscard]] std::int64_t next_step(const compiled_decay& d, std::int64_t t) const {
        std::int64_t next = end_of_time;
        each_step(d, t, [&](std::size_t first, std::size_t, duration age) {
            if (const auto end = d.next_breakpoint(age))
                next = std::min(next, later(at()[first].time_since_epoch().count(), end->count()));
        });
        return next;
    }
    /// The sum of |points| in micros, rounded as doubles are.
    [[nodiscard]] double gross() const noexcept { return gross_; }
    /// At least the micros of every award.
    [[nodiscard]] std::int64_t largest() const noexcept { return largest_; }
    /// Whether no award has negative points.
    [[nodiscard]] bool is_positive() const noexcept { return negative_ == 0; }
    /// Whether every award has negative points.
    [[nodiscard]] bool is_negative() const noexcept { return negative_ == awards_; }

    void clear() noexcept {
        at_.clear();
        points_.clear();
        repeats_.clear();
        given_.clear();
        all_ = lost_ = {};
        awards_ = 0;
        dropped_ = 0;
        negative_ = 0;
        largest_ = 0;
        gross_ = 0;
        halving_ = 0;
    }
    /// Adds the latest award. Amortised O(1). If memory runs out, the group is empty, and the walk
    /// must begin again.
    void add(std::int64_t at, std::int64_t points, const compiled_decay& d) {
        try {
            add_entry(instant{duration{at}}, points, d.is_stepwise());
        } catch (...) {
            clear();
            throw;
        }
        ++awards_;
        if (points < 0) ++negative_;
        largest_ = awards_ == 1 ? points : std::max(largest_, points);
        gross_ += std::abs(static_cast<double>(points));
        if (!d.is_half_life()) return;
        halving_ = halving(at, d) + static_cast<double>(points);
        as_of_ = at;
    }
    /// Drops the oldest entry, which is worth nothing from now on. Amortised O(1).
    void drop(std::int64_t now, const compiled_decay& d) noexcept {
        std::int64_t awards = 1;
        if (!repeats_.empty() && repeats_.front().entry == dropped_) {
            awards += repeats_.front().more;
            repeats_.pop_front();
        }
        const auto gone = static_cast<double>(points_.front()) * static_cast<double>(awards);
        awards_ -= static_cast<std::uint64_t>(awards);
        if (points_.front() < 0) negative_ -= static_cast<std::uint64_t>(awards);
        gross_ -= std::abs(gone);
        if (d.is_half_life()) {
            const auto age = static_cast<double>(now - at_.front().time_since_epoch().count());
            const auto left =
                halving(now, d) - gone * std::exp2(-age / static_cast<double>(d.period()));
            halving_ = at_.size() == 1 ? 0 : left;
            as_of_ = now;
        }
        if (!given_.empty()) {
            lost_ = given_.front();
            given_.pop_front();
        }
        at_.pop_front();
        points_.pop_front();
        ++dropped_;
    }

    /// The sum of points · 2^(−age / half-life) in micros, rounded as doubles are. Preconditions:
    /// `d.is_half_life()`, and `t` is not before the last award. O(1).
    [[nodiscard]] double halving(std::int64_t t, const compiled_decay& d) const noexcept {
        if (halving_ == 0) return 0;
        return halving_ *
               std::exp2(-static_cast<double>(t - as_of_) / static_cast<double>(d.period()));
    }

    /// The worth of the awards, in micros, when they were last summed.
    wide kept = 0;

    /// Bytes allocated.
    [[nodiscard]] std::size_t memory() const noexcept {
        return at_.memory() + points_.memory() + repeats_.memory() + given_.memory();
    }

  private:
    /// How many entries of an instant are searched for equal points.
    static constexpr std::size_t looked_through = 8;

    template<class F>
    void each(std::size_t first, std::size_t last, const F& f) const {
        const auto* next =
            std::lower_bound(repeats_.begin(), repeats_.end(), dropped_ + first,
                             [](const repeat& r, std::uint64_t entry) { return r.entry < entry; });
        for (std::size_t i = first; i < last; ++i) {
            const bool is_repeated = next != repeats_.end() && next->entry == dropped_ + i;
            f(i, is_repeated ? 1 + (next++)->more : std::int64_t{1});
        }
    }
    /// Calls `f(first, last, age)` for each run of entries [first, last) that have the same factor
    /// of a stepwise decay, the newest run first. `age` is the age of one of them.
    template<class F>
    void each_step(const compiled_decay& d, std::int64_t t, const F& f) const {
        for (std::size_t last = size(); last > 0;) {
            const duration age{t - at()[last - 1].time_since_epoch().count()};
            const auto end = d.next_breakpoint(age);
            std::size_t first = 0;
            if (end && end->count() < time_end - time_begin)
                first = static_cast<std::size_t>(
                    std::upper_bound(at(), at() + last, instant{duration{t} - *end}) - at());
            f(first, last, age);
            last = first;
        }
    }
    /// The sums of points of entries [first, last). Precondition: neither end splits an instant.
    [[nodiscard]] total given_between(std::size_t first, std::size_t last) const noexcept {
        const total before = first == 0 ? lost_ : given_.begin()[first - 1];
        const total all = given_.begin()[last - 1];
        return {all.gains - before.gains, all.losses - before.losses};
    }
    void add_entry(instant at, std::int64_t points, bool by_steps) {
        is_uniform_ = empty() || (is_uniform_ && points_.front() == points);
        for (std::size_t i = size(); i > 0 && i + looked_through > size(); --i) {
            if (at_.begin()[i - 1] != at) break;
            if (points_.begin()[i - 1] != points) continue;
            repeat_entry(dropped_ + i - 1);
            if (!by_steps) return;
            // The entries after it are of the same instant: no sum ends between them.
            add_to(all_, points);
            given_.back() = all_;
            return;
        }
        at_.push_back(at);
        points_.push_back(points);
        if (!by_steps) return;
        add_to(all_, points);
        given_.push_back(all_);
    }
    void repeat_entry(std::uint64_t entry) {
        std::size_t k = repeats_.size();
        while (k > 0 && repeats_.begin()[k - 1].entry > entry) --k;
        if (k > 0 && repeats_.begin()[k - 1].entry == entry) {
            ++repeats_.begin()[k - 1].more;
            return;
        }
        repeats_.insert(k, {entry, 1});
    }
    static void add_to(total& t, wide points) noexcept {
        (points < 0 ? t.losses : t.gains) += points;
    }

    front_queue<instant> at_;
    front_queue<std::int64_t> points_;
    front_queue<repeat> repeats_; // by entry
    // For stepwise decays: sums of points up to and including each entry; of all entries; of the
    // dropped ones. Within one instant only the sum at its last entry is right, and only that one
    // is read.
    front_queue<total> given_;
    total all_;
    total lost_;
    bool is_uniform_ = true; // all have equal points
    std::uint64_t awards_ = 0;
    std::uint64_t dropped_ = 0; // entries
    std::uint64_t negative_ = 0;
    std::int64_t largest_ = 0; // of all since the group was last empty
    double gross_ = 0;
    double halving_ = 0; // at `as_of_`
    std::int64_t as_of_ = 0;
};

/// The awards that a limit has counted.
struct tally {
    /// Grants of one instant with equal points are one.
    struct grant {
        std::int64_t at = 0;
        std::int64_t points = 0; ///< of each
        std::int64_t count = 0;
    };
    std::int64_t count = 0;
    wide points = 0;
    std::int64_t period = 0;   ///< of a calendar limit
    front_queue<grant> grants; ///< of a rolling limit
    bool used = false;         ///< must be cleared before another lead

    void clear() noexcept {
        used = false;
        count = 0;
        points = 0;
        period = 0;
        grants.clear();
    }
    /// Remembers a grant, so that `forget_until` can take it off the count.
    void grant_at(std::int64_t at, std::int64_t p) {
        if (!grants.empty() && grants.back().at == at && grants.back().points == p)
            ++grants.back().count;
        else
            grants.push_back({at, p, 1});
    }
    /// Takes the grants up to and including `t` off the count.
    void forget_until(std::int64_t t) noexcept {
        while (!grants.empty() && grants.front().at <= t) {
            const auto& g = grants.front();
            count -= g.count;
            points -= wide{g.points} * g.count;
            grants.pop_front();
        }
    }
};

/// The matches that a frequency rule has counted, in its window or over all time.
class counted_window {
  public:
    /// Equal matches of one instant are one.
    struct match {
        std::int64_t at = 0;
        stored_value amount = no_value;
        std::uint32_t distinct = 0;
        std::uint32_t count = 1;
    };
    [[nodiscard]] bool unused() const noexcept { return count_ == 0 && matches_.empty(); }
    void clear() noexcept {
        matches_.clear();
        count_ = 0;
        sum_ = 0;
        empty_out(distinct_);
    }
    /// Counts a match. `expires`: the rule has a window, which the match will leave.
    void add(const match& m, bool expires) {
        if (expires) remember(m);
        ++count_;
        if (m.amount != no_value) sum_ += m.amount;
        if (m.distinct != 0) ++distinct_[m.distinct];
    }
    /// Takes matches of `length` ago or longer off the count. Amortised O(1).
    void expire(std::int64_t now, std::int64_t length) {
        while (!matches_.empty() && matches_.front().at <= now - length) {
            const auto m = matches_.front();
            matches_.pop_front();
            count_ -= m.count;
            if (m.amount != no_value) sum_ -= wide{m.amount} * m.count;
            if (m.distinct == 0) continue;
            const auto it = distinct_.find(m.distinct);
            if ((it->second -= m.count) == 0) distinct_.erase(it);
        }
    }
    [[nodiscard]] bool empty() const noexcept { return matches_.empty(); }
    /// The instant of the first match after `t`; `end_of_time` if there is none. O(log matches).
    [[nodiscard]] std::int64_t first_after(std::int64_t t) const noexcept {
        const auto* const m =
            std::upper_bound(matches_.begin(), matches_.end(), t,
                             [](std::int64_t at, const match& x) { return at < x.at; });
        return m == matches_.end() ? end_of_time : m->at;
    }
    [[nodiscard]] const match& front() const noexcept { return matches_.front(); }
    /// The measure, in micros. O(1).
    [[nodiscard]] wide measured(frequency_measure m) const noexcept {
        switch (m) {
        case frequency_measure::count:
            return wide{count_} * decimal::unit;
        case frequency_measure::sum:
            return sum_;
        case frequency_measure::distinct:
            return static_cast<wide>(distinct_.size()) * decimal::unit;
        }
        return 0;
    }
    [[nodiscard]] std::size_t memory() const noexcept {
        return matches_.memory() + distinct_.size() * 16;
    }

  private:
    void remember(const match& m) {
        if (!matches_.empty()) {
            auto& last = matches_.back();
            if (last.at == m.at && last.amount == m.amount && last.distinct == m.distinct) {
                ++last.count;
                return;
            }
        }
        matches_.push_back(m);
    }

    front_queue<match> matches_;
    std::int64_t count_ = 0;
    wide sum_ = 0;
    boost::unordered_flat_map<std::uint32_t, std::uint32_t> distinct_;
};

/// Where a walk stands, what holds of the lead there, and what rules remember. It has many members
/// because each is one table that the walk updates; a cursor owns the meaning of all of them.
struct cursor_state {
    /// A score recorded at a stage entry.
    struct entry_score {
        std::int64_t micros = 0;
        bool recorded = false;
    };

    explicit cursor_state(const bound_program& b)
        : attributes(b.p.source.attributes.size()), current(b.p.current_stages.size()),
          counters(b.p.counters.size()), entry_scores(b.p.entry_scores.size()),
          registers(b.register_defaults), slots(b.p.slots.size()), running(b.p.base_scores),
          groups(b.fading.size()), tallies(b.p.limits.size()), windows(b.window_count),
          last_timed(b.p.timed_patterns.size(), before_time) {
        begin(b);
    }

    /// Resets everything to before the first event of a lead. O(tables); O(1) if nothing was taken
    /// since the last reset.
    void begin(const bound_program& b) {
        next_touchpoint = next_fact = next_stage = 0;
        now = before_time;
        first_event = end_of_time;
        last_touchpoint = before_time;
        deadline = end_of_time;
        last_deadline = before_time;
        owned_since = end_of_time;
        if (!is_used) return;
        is_used = false;
        std::fill(attributes.begin(), attributes.end(), 0U);
        std::fill(current.begin(), current.end(), 0U);
        std::fill(counters.begin(), counters.end(), std::int64_t{0});
        std::fill(entry_scores.begin(), entry_scores.end(), entry_score{});
        std::copy(b.register_defaults.begin(), b.register_defaults.end(), registers.begin());
        std::fill(slots.begin(), slots.end(), wide{0});
        for (std::size_t s = 0; s < running.size(); ++s) {
            const auto& score = b.p.scores[s];
            running[s] = 0;
            if (score.min != before_time && running[s] < score.min) running[s] = score.min;
            if (score.max != end_of_time && running[s] > score.max) running[s] = score.max;
        }
        for (auto& g : groups)
            if (!g.empty()) g.clear();
        for (auto& t : tallies)
            if (t.used) t.clear();
        if (!distinct_tallies.empty()) empty_out(distinct_tallies);
        for (auto& w : windows)
            if (!w.unused()) w.clear();
        std::fill(last_timed.begin(), last_timed.end(), before_time);
        unmet.clear();
    }

    [[nodiscard]] std::size_t memory() const noexcept {
        const auto bytes = [](const auto& v) { return v.capacity() * sizeof(v[0]); };
        std::size_t n = sizeof *this + bytes(attributes) + bytes(current) + bytes(counters) +
                        bytes(entry_scores) + bytes(registers) + bytes(slots) + bytes(running) +
                        bytes(groups) + bytes(tallies) + bytes(windows) + bytes(last_timed) +
                        bytes(unmet) + distinct_tallies.size() * (sizeof(tally) + 16);
        for (const auto& g : groups) n += g.memory();
        for (const auto& t : tallies) n += t.grants.memory();
        for (const auto& [key, t] : distinct_tallies) n += t.grants.memory();
        for (const auto& w : windows) n += w.memory();
        return n;
    }

    // where the walk stands
    std::size_t next_touchpoint = 0;
    std::size_t next_fact = 0;
    std::size_t next_stage = 0;
    std::int64_t now = before_time;
    std::int64_t first_event = end_of_time;
    std::int64_t last_touchpoint = before_time;
    std::int64_t deadline = end_of_time; // a lower bound of all rules' deadlines
    std::int64_t last_deadline = before_time;
    std::int64_t owned_since = end_of_time; // `before_time`: always; `end_of_time`: no owner
    bool is_used = true;                    // `begin` has something to reset

    // what holds of the lead
    std::vector<std::uint32_t> attributes; // by model attribute: the value's number; 0 is null
    std::vector<std::uint32_t> current;    // by program::current_stages: stage kind + 1; 0: none
    std::vector<std::int64_t> counters;    // by program::counters
    std::vector<entry_score> entry_scores; // by program::entry_scores

    // what rules remember
    std::vector<std::int64_t> registers; // see bound_program::registers
    std::vector<wide> slots;             // by slot: awards that never lose points
    std::vector<wide> running;           // by base score: the running sums
    std::vector<award_group> groups;     // by column: awards that decay or end
    std::vector<tally> tallies;          // by limit
    boost::unordered_flat_map<std::uint64_t, tally> distinct_tallies; // by (limit, distinct value)
    std::vector<counted_window> windows;                              // by frequency rule

    // what timers count from
    std::vector<std::int64_t> last_timed; // by program::timed_patterns

    // for an engine, by program::slas: no touchpoint before this one meets the SLA. The engine
    // extends it as it searches
    std::vector<std::size_t> unmet;
};

} // namespace leadfunnel::inline v0::detail
