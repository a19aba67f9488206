// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What a walk over a lead's history remembers where it stands. Not for users.
///
/// All of it follows from the history and the model: it may be thrown away at any time, and walking
/// again makes it anew.

#include <leadfunnel/detail/binding.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A queue in a vector: what was taken from the front goes when it is more than what is left.
template<class T>
class front_queue {
  public:
    [[nodiscard]] bool empty() const noexcept { return head_ == all_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return all_.size() - head_; }
    [[nodiscard]] const T& front() const noexcept { return all_[head_]; }
    [[nodiscard]] const T* begin() const noexcept { return all_.data() + head_; }
    [[nodiscard]] const T* end() const noexcept { return all_.data() + all_.size(); }
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

/// The awards of a column, the oldest first.
class award_group {
  public:
    [[nodiscard]] bool empty() const noexcept { return at_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return at_.size(); }
    [[nodiscard]] const instant* at() const noexcept { return at_.begin(); }
    [[nodiscard]] const std::int64_t* points() const noexcept { return points_.begin(); }
    /// Σ |points| in micros, nearly.
    [[nodiscard]] double gross() const noexcept { return gross_; }
    /// No award gave more micros.
    [[nodiscard]] std::int64_t largest() const noexcept { return largest_; }
    /// Whether no award takes points away.
    [[nodiscard]] bool is_positive() const noexcept { return negative_ == 0; }
    /// Whether every award takes points away.
    [[nodiscard]] bool is_negative() const noexcept { return negative_ == at_.size(); }

    void clear() noexcept {
        at_.clear();
        points_.clear();
        negative_ = 0;
        largest_ = 0;
        gross_ = 0;
        halving_ = 0;
    }
    void add(std::int64_t at, std::int64_t points, const compiled_decay& d) {
        at_.push_back(instant{duration{at}});
        try {
            points_.push_back(points);
        } catch (...) {
            clear(); // the walk is given up, and begins anew
            throw;
        }
        if (points < 0) ++negative_;
        largest_ = at_.size() == 1 ? points : std::max(largest_, points);
        gross_ += std::abs(static_cast<double>(points));
        if (d.kind() != compiled_decay::shape::half_life) return;
        halving_ = halving(at, d) + static_cast<double>(points);
        as_of_ = at;
    }
    /// Drops the oldest award: it is worth nothing from now on.
    void drop(std::int64_t now, const compiled_decay& d) noexcept {
        if (points_.front() < 0) --negative_;
        gross_ -= std::abs(static_cast<double>(points_.front()));
        if (d.kind() == compiled_decay::shape::half_life) {
            const auto age = static_cast<double>(now - at_.front().time_since_epoch().count());
            const auto left =
                halving(now, d) - static_cast<double>(points_.front()) *
                                      std::exp2(-age / static_cast<double>(d.period()));
            halving_ = at_.size() == 1 ? 0 : left;
            as_of_ = now;
        }
        at_.pop_front();
        points_.pop_front();
    }

    /// Σ points · 2^(−age / half-life) in micros at an instant not before the last award, of awards
    /// that decay so: as good as floating-point numbers are.
    [[nodiscard]] double halving(std::int64_t t, const compiled_decay& d) const noexcept {
        if (halving_ == 0) return 0;
        return halving_ *
               std::exp2(-static_cast<double>(t - as_of_) / static_cast<double>(d.period()));
    }

    /// What the awards were worth, in micros, when they were last summed.
    wide kept = 0;

    [[nodiscard]] std::size_t memory() const noexcept { return at_.memory() + points_.memory(); }

  private:
    front_queue<instant> at_;
    front_queue<std::int64_t> points_;
    std::uint32_t negative_ = 0;
    std::int64_t largest_ = 0; // of all since there were none
    double gross_ = 0;
    double halving_ = 0; // at `as_of_`
    std::int64_t as_of_ = 0;
};

/// What a limit has counted.
struct tally {
    struct grant {
        std::int64_t at = 0;
        std::int64_t points = 0;
    };
    std::int64_t count = 0;
    wide points = 0;
    std::int64_t period = 0;
    front_queue<grant> grants; // rolling
    bool used = false;

    void clear() noexcept {
        used = false;
        count = 0;
        points = 0;
        period = 0;
        grants.clear();
    }
    void forget_until(std::int64_t t) noexcept {
        while (!grants.empty() && grants.front().at <= t) {
            --count;
            points -= grants.front().points;
            grants.pop_front();
        }
    }
};

/// What a frequency rule has counted, in its window or over all time.
class counted_window {
  public:
    struct match {
        std::int64_t at = 0;
        stored_value amount = no_value;
        std::uint32_t distinct = 0;
    };
    [[nodiscard]] bool unused() const noexcept { return count_ == 0 && matches_.empty(); }
    void clear() noexcept {
        matches_.clear();
        count_ = 0;
        sum_ = 0;
        distinct_.clear();
    }
    void add(const match& m, bool forgets) {
        if (forgets) matches_.push_back(m);
        ++count_;
        if (m.amount != no_value) sum_ += m.amount;
        if (m.distinct != 0) ++distinct_[m.distinct];
    }
    void expire(std::int64_t now, std::int64_t length) {
        while (!matches_.empty() && matches_.front().at <= now - length) {
            const auto m = matches_.front();
            matches_.pop_front();
            --count_;
            if (m.amount != no_value) sum_ -= m.amount;
            if (m.distinct == 0) continue;
            const auto it = distinct_.find(m.distinct);
            if (--it->second == 0) distinct_.erase(it);
        }
    }
    [[nodiscard]] bool empty() const noexcept { return matches_.empty(); }
    /// When the first of the touchpoints after an instant was; `end_of_time` if none is. O(log n).
    [[nodiscard]] std::int64_t first_after(std::int64_t t) const noexcept {
        const auto* const m =
            std::upper_bound(matches_.begin(), matches_.end(), t,
                             [](std::int64_t at, const match& x) { return at < x.at; });
        return m == matches_.end() ? end_of_time : m->at;
    }
    [[nodiscard]] const match& front() const noexcept { return matches_.front(); }
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
    front_queue<match> matches_;
    std::int64_t count_ = 0;
    wide sum_ = 0;
    boost::unordered_flat_map<std::uint32_t, std::uint32_t> distinct_;
};

struct walk_state {
    struct entry_score {
        std::int64_t micros = 0;
        bool recorded = false;
    };

    explicit walk_state(const binding& b)
        : attributes(b.p.source.attributes.size()), current(b.p.current_stages.size()),
          counters(b.p.counters.size()), entry_scores(b.p.entry_scores.size()),
          registers(b.register_defaults), slots(b.p.slots.size()), running(b.p.base_scores),
          groups(b.fading.size()), tallies(b.p.limits.size()), windows(b.window_count),
          last_timed(b.p.timed_patterns.size(), before_time) {
        begin(b);
    }

    /// Before the first event of a lead.
    void begin(const binding& b) {
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
        if (!distinct_tallies.empty()) distinct_tallies.clear();
        for (auto& w : windows)
            if (!w.unused()) w.clear();
        std::fill(last_timed.begin(), last_timed.end(), before_time);
    }

    [[nodiscard]] std::size_t memory() const noexcept {
        const auto bytes = [](const auto& v) { return v.capacity() * sizeof(v[0]); };
        std::size_t n = sizeof *this + bytes(attributes) + bytes(current) + bytes(counters) +
                        bytes(entry_scores) + bytes(registers) + bytes(slots) + bytes(running) +
                        bytes(groups) + bytes(tallies) + bytes(windows) + bytes(last_timed) +
                        distinct_tallies.size() * (sizeof(tally) + 16);
        for (const auto& g : groups) n += g.memory();
        for (const auto& t : tallies) n += t.grants.memory();
        for (const auto& [key, t] : distinct_tallies) n += t.grants.memory();
        for (const auto& w : windows) n += w.memory();
        return n;
    }

    // where it stands
    std::size_t next_touchpoint = 0;
    std::size_t next_fact = 0;
    std::size_t next_stage = 0;
    std::int64_t now = before_time;
    std::int64_t first_event = end_of_time;
    std::int64_t last_touchpoint = before_time;
    std::int64_t deadline = end_of_time; // not after any rule's
    std::int64_t last_deadline = before_time;
    std::int64_t owned_since = end_of_time; // `before_time`: ground; `end_of_time`: by nobody
    bool is_used = true;                    // something to forget before another lead

    // what holds of the lead
    std::vector<std::uint32_t> attributes; // value by model attribute; 0 is null
    std::vector<std::uint32_t> current;    // stage kind + 1 by program::current_stages; 0 is none
    std::vector<std::int64_t> counters;
    std::vector<entry_score> entry_scores;

    // what rules remember
    std::vector<std::int64_t> registers;
    std::vector<wide> slots;         // awards that keep their points
    std::vector<wide> running;       // folds of running scores
    std::vector<award_group> groups; // awards that decay, or end, by column
    std::vector<tally> tallies;      // by limit
    boost::unordered_flat_map<std::uint64_t, tally> distinct_tallies;
    std::vector<counted_window> windows; // of frequency rules

    // what timers count from
    std::vector<std::int64_t> last_timed; // by program::timed_patterns
};

} // namespace leadfunnel::inline v0::detail
