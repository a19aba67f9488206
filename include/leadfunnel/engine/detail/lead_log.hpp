// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// One lead's history in an engine: columns of records in history order. Not for users.

#include <leadfunnel/core/progress.hpp>
#include <leadfunnel/engine/detail/archive.hpp>
#include <leadfunnel/engine/detail/history_words.hpp>
#include <leadfunnel/engine/detail/thin_vector.hpp>
#include <leadfunnel/engine/detail/touchpoint_columns.hpp>
#include <leadfunnel/engine/detail/vocabulary.hpp>
#include <leadfunnel/engine/detail/wiping_events.hpp>
#include <leadfunnel/history/detail/event_checks.hpp>
#include <leadfunnel/history/histories.hpp>

#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// The kinds of events, in the order in which those of one instant stand in a history: the indices
/// of the variant `event`.
enum class event_kind : std::uint8_t { attributes, touchpoint, stage_entry };

/// The kind of a type of events, as in `kind_of(std::type_identity<touchpoint>{})`.
[[nodiscard]] constexpr event_kind kind_of(std::type_identity<attributes>) noexcept {
    return event_kind::attributes;
}
[[nodiscard]] constexpr event_kind kind_of(std::type_identity<touchpoint>) noexcept {
    return event_kind::touchpoint;
}
[[nodiscard]] constexpr event_kind kind_of(std::type_identity<stage_entry>) noexcept {
    return event_kind::stage_entry;
}

/// The fields of a stage entry that scores do not read; the others are in its `stage_record`. Texts
/// are numbers of the vocabulary.
struct stage_detail {
    std::uint32_t reason = 0;
    std::uint32_t cause = 0;
    std::uint32_t source = 0;
    std::uint32_t model_version = 0;
    std::int32_t cycle = 0;
    std::int32_t number = 0;
};

/// An attributes event: attributes that were set together.
struct fact_event {
    instant at{};
    std::uint32_t source = 0;
    std::uint32_t first = 0; // into the log's facts
    std::uint32_t count = 0; // an event without attributes has one fact, of `no_name`
};

template<class A>
void archive(A& a, stage_detail& d) {
    for (auto* x : {&d.reason, &d.cause, &d.source, &d.model_version}) archive(a, *x);
    archive(a, d.cycle);
    archive(a, d.number);
}
template<class A>
void archive(A& a, fact_event& e) {
    archive(a, e.at);
    archive(a, e.source);
    archive(a, e.first);
    archive(a, e.count);
}

template<>
inline constexpr bool is_archived_whole<stage_detail> = true;

/// A stage entry to insert, with numbers for words. Attributes and scores are in the order of their
/// names.
struct new_stage {
    instant at{};
    std::uint32_t kind = 0;
    stage_detail detail{};
    std::span<const recorded_score> scores{};
    std::span<const attribute_entry> facts{};
};

/// The events of one lead, or of a family of merged leads, as columns. An empty column takes one
/// pointer, and touchpoints have columns of values and sources only if one of them needs it.
///
/// Words are numbers of the engine's vocabulary, which most members are given. The log does not
/// count their uses: the engine does, by `each_word`.
///
/// (More than 20 members: each of the three kinds of events needs insertion, reading and removal.)
class lead_log {
  public:
    [[nodiscard]] lead_view view() const noexcept {
        return {{touchpoints_.at(), touchpoints_.kinds(), touchpoints_.values()},
                {facts_.data(), facts_.size()},
                {stages_.data(), stages_.size()},
                {stage_scores_.data(), stage_scores_.size()},
                {stage_facts_.data(), stage_facts_.size()}};
    }
    [[nodiscard]] std::size_t touchpoints() const noexcept { return touchpoints_.size(); }
    [[nodiscard]] std::size_t stage_entries() const noexcept { return stages_.size(); }
    /// The number for a new stage entry at `at`, the last event's instant or later: one more than
    /// the count of entries, or than the last number at that instant if that is higher. So the new
    /// entry comes last in history order. (A lead that was merged keeps the numbers that entries
    /// got then, so numbers may exceed the count.)
    [[nodiscard]] std::int32_t next_number(instant at) const noexcept {
        auto last = static_cast<std::int32_t>(stages_.size());
        if (!stages_.empty() && stages_.back().at == at)
            last = std::max(last, details_.back().number);
        return last + 1;
    }
    [[nodiscard]] bool empty() const noexcept {
        return touchpoints_.empty() && fact_events_.empty() && stages_.empty();
    }
    /// The instant of the last event, except for attributes without an instant; `always` if there
    /// is none.
    [[nodiscard]] instant last() const noexcept {
        instant t = always;
        if (!touchpoints_.empty()) t = touchpoints_.at().back();
        if (!fact_events_.empty()) t = std::max(t, fact_events_.back().at);
        if (!stages_.empty()) t = std::max(t, stages_.back().at);
        return t;
    }

    /// Whether the log has an event of this kind with this source and source id. O(n).
    [[nodiscard]] bool knows(event_kind what, std::uint32_t source) const noexcept {
        switch (what) {
        case event_kind::attributes:
            return std::any_of(fact_events_.begin(), fact_events_.end(),
                               [&](const fact_event& e) { return e.source == source; });
        case event_kind::touchpoint: {
            const auto all = touchpoints_.sources();
            return std::find(all.begin(), all.end(), source) != all.end();
        }
        case event_kind::stage_entry:
            return std::any_of(details_.begin(), details_.end(),
                               [&](const stage_detail& d) { return d.source == source; });
        }
        return false;
    }

    // ---- insertion
    //
    // Each returns the place of the event among its kind. O(log n) comparisons, and a move of the
    // events behind it. Throws std::bad_alloc, and then has inserted nothing.

    std::size_t insert(const touchpoint& t, const vocabulary& words, std::uint32_t kind,
                       std::uint32_t source) {
        const stored_value amount = v0::store(t.value);
        const auto at = touchpoints_.at();
        const auto i = place_of(at.size(), [&](std::size_t k) {
            return at[k] > t.at || (at[k] == t.at && precedes(words, source, kind, amount, k));
        });
        touchpoints_.insert(i, t.at, kind, amount, source);
        return i;
    }

    std::size_t insert(const attributes& a, vocabulary& words, std::uint32_t source) {
        std::vector<attribute_entry> facts;
        for (const auto& [name, v] : a.values) {
            const auto n = words.attribute(name);
            facts.push_back({a.at, n, words.attribute_value(n, v)});
        }
        if (facts.empty()) facts.push_back({a.at, no_name, 0});
        const wiped<event> written{event{a}};
        const auto i = place_of(fact_events_.size(), [&](std::size_t k) {
            if (fact_events_[k].at != a.at) return fact_events_[k].at > a.at;
            const wiped<event> other{event{fact_at(words, k)}};
            return history_order(*written, *other) < 0;
        });
        const auto first = i == fact_events_.size() ? static_cast<std::uint32_t>(facts_.size())
                                                    : fact_events_[i].first;
        const auto count = static_cast<std::uint32_t>(facts.size());
        facts_.reserve_more(count);
        fact_events_.insert(i, {a.at, source, first, count});
        facts_.insert(first, facts); // allocates nothing
        for (auto k = i + 1; k < fact_events_.size(); ++k) fact_events_[k].first += count;
        return i;
    }

    std::size_t insert(const stage_entry& g, vocabulary& words, std::uint32_t source) {
        std::vector<recorded_score> scores;
        std::vector<attribute_entry> facts;
        for (const auto& [name, v] : g.scores)
            scores.push_back({words.recorded_score(name), v.micros()});
        for (const auto& [name, v] : g.sets) {
            const auto n = words.attribute(name);
            facts.push_back({g.at, n, words.attribute_value(n, v)});
        }
        return insert({.at = g.at,
                       .kind = words.stage(g.funnel, g.stage, g.transition),
                       .detail = {words.text(g.reason), words.text(g.cause), source,
                                  words.text(g.model_version), static_cast<std::int32_t>(g.cycle),
                                  static_cast<std::int32_t>(g.number)},
                       .scores = scores,
                       .facts = facts},
                      words);
    }
    std::size_t insert(const new_stage& e, const vocabulary& words) {
        const stage_record r{.at = e.at,
                             .kind = e.kind,
                             .first_score = static_cast<std::uint32_t>(stage_scores_.size()),
                             .first_fact = static_cast<std::uint32_t>(stage_facts_.size()),
                             .score_count = static_cast<std::uint16_t>(e.scores.size()),
                             .fact_count = static_cast<std::uint16_t>(e.facts.size())};
        // History order compares the contents of entries at one instant.
        const auto i = place_of(stages_.size(), [&](std::size_t k) {
            if (stages_[k].at != e.at) return stages_[k].at > e.at;
            const wiped<event> written{event{stage_of(words, r, e.detail, e.facts, e.scores)}};
            const wiped<event> other{event{stage_at(words, k)}};
            return history_order(*written, *other) < 0;
        });
        stages_.reserve_more(1);
        details_.reserve_more(1);
        stage_scores_.reserve_more(e.scores.size());
        stage_facts_.reserve_more(e.facts.size());
        // Nothing below allocates.
        stage_scores_.insert(stage_scores_.size(), e.scores);
        stage_facts_.insert(stage_facts_.size(), e.facts);
        stages_.insert(i, r);
        details_.insert(i, e.detail);
        return i;
    }

    /// Reverses an insertion. Insertions are reversed in reverse order.
    void erase(event_kind what, std::size_t i) noexcept {
        switch (what) {
        case event_kind::attributes: {
            const auto [at, source, first, count] = fact_events_[i];
            facts_.erase(first, count);
            fact_events_.erase(i);
            for (auto k = i; k < fact_events_.size(); ++k) fact_events_[k].first -= count;
            return;
        }
        case event_kind::touchpoint:
            touchpoints_.erase(i);
            return;
        case event_kind::stage_entry: {
            const auto& r = stages_[i];
            // Values that are not at the end stay, unused.
            if (r.first_score + r.score_count == stage_scores_.size())
                stage_scores_.resize(r.first_score);
            if (r.first_fact + r.fact_count == stage_facts_.size())
                stage_facts_.resize(r.first_fact);
            stages_.erase(i);
            details_.erase(i);
            return;
        }
        }
    }

    // ---- events as values, with their texts

    [[nodiscard]] touchpoint touchpoint_at(const vocabulary& words, std::size_t i) const {
        const auto& k = words.words().kinds[touchpoints_.kinds()[i]];
        const auto amounts = touchpoints_.values();
        touchpoint t{.at = touchpoints_.at()[i],
                     .type = k.type,
                     .properties = k.properties,
                     .value = amounts.empty() ? std::nullopt : load(amounts[i]),
                     .campaign = k.campaign,
                     .channel = k.channel};
        const auto sources = touchpoints_.sources();
        if (!sources.empty()) std::tie(t.id, t.source) = words.source(sources[i]);
        return t;
    }
    [[nodiscard]] std::size_t fact_event_count() const noexcept { return fact_events_.size(); }
    /// The number of attributes up to and including those of the i-th attributes event.
    [[nodiscard]] std::size_t facts_until(std::size_t i) const noexcept {
        return fact_events_[i].first + fact_events_[i].count;
    }
    [[nodiscard]] attributes fact_at(const vocabulary& words, std::size_t i) const {
        const auto& e = fact_events_[i];
        attributes a{.at = e.at};
        for (std::uint32_t k = e.first; k < e.first + e.count; ++k) {
            const auto& f = facts_[k];
            if (f.name == no_name) continue;
            a.values.emplace(words.words().attribute_names[f.name],
                             words.words().attribute_values[f.name][f.value]);
        }
        std::tie(a.id, a.source) = words.source(e.source);
        return a;
    }
    [[nodiscard]] stage_entry stage_at(const vocabulary& words, std::size_t i) const {
        const auto& r = stages_[i];
        return stage_of(
            words, r, details_[i],
            std::span<const attribute_entry>{stage_facts_.data(), stage_facts_.size()}.subspan(
                r.first_fact, r.fact_count),
            std::span<const recorded_score>{stage_scores_.data(), stage_scores_.size()}.subspan(
                r.first_score, r.score_count));
    }
    [[nodiscard]] const stage_detail& detail_at(std::size_t i) const noexcept {
        return details_[i];
    }

    /// All events in history order.
    [[nodiscard]] std::vector<event> events(const vocabulary& words, pulse& beat) const {
        std::vector<event> out;
        const auto add = [&](std::size_t n, const auto& event_at) {
            for (std::size_t i = 0; i < n; ++i) {
                beat.step(128);
                out.emplace_back(event_at(i));
            }
        };
        add(fact_events_.size(), [&](std::size_t i) { return fact_at(words, i); });
        add(touchpoints(), [&](std::size_t i) { return touchpoint_at(words, i); });
        add(stages_.size(), [&](std::size_t i) { return stage_at(words, i); });
        const auto at_of = [](const event& e) {
            return std::visit([](const auto& x) { return x.at; }, e);
        };
        std::stable_sort(out.begin(), out.end(), [&](const event& a, const event& b) {
            beat.step(4);
            const auto x = at_of(a);
            const auto y = at_of(b);
            return x != y ? x < y : a.index() < b.index();
        });
        return out;
    }

    /// The union of logs. Of events of one kind that a source has given one id, the first in
    /// history order counts. O(n log n); O(n) for two logs.
    [[nodiscard]] static lead_log united(const std::vector<const lead_log*>& logs,
                                         const vocabulary& words) {
        lead_log out;
        out.take_facts(logs, words);
        out.take_touchpoints(logs, words);
        out.take_stages(logs, words);
        return out;
    }

    /// Copies a log that has the words of another vocabulary into an empty one. O(n).
    void copy(const lead_log& other, const vocabulary& theirs, vocabulary& words) {
        for (std::size_t i = 0; i < other.fact_events_.size(); ++i) {
            const wiped<attributes> a{other.fact_at(theirs, i)};
            insert(*a, words, words.source(a->source, a->id));
        }
        for (std::size_t i = 0; i < other.touchpoints(); ++i) {
            const wiped<touchpoint> t{other.touchpoint_at(theirs, i)};
            const auto kind = words.kind(*t);
            insert(*t, words, kind, words.source(t->source, t->id));
        }
        for (std::size_t i = 0; i < other.stages_.size(); ++i) {
            const wiped<stage_entry> g{other.stage_at(theirs, i)};
            insert(*g, words, words.source(g->source, g->id));
        }
    }

    /// Copies a lead of histories into an empty log, which then holds the events that
    /// `histories::events` returns. O(n).
    void copy(const histories& h, std::size_t lead, history_words& numbers, vocabulary& words) {
        touchpoints_.take(
            h.touchpoints(lead), h.sources(lead), [&](std::uint32_t k) { return numbers.kind(k); },
            [&](std::uint32_t s) { return numbers.source(s); });
        // Histories keep only the order of attributes set in one event, so each becomes an event.
        const auto facts = h.attributes(lead);
        facts_.reserve(facts.size());
        fact_events_.reserve(facts.size());
        for (const auto& f : facts) {
            fact_events_.push_back(
                {.at = f.at, .first = static_cast<std::uint32_t>(facts_.size()), .count = 1});
            facts_.push_back(numbers.fact(f));
        }
        for (const auto& g : h.stages(lead)) insert(g, words, words.source(g.source, g.id));
    }

    /// Requests the memory that inserting a touchpoint or a stage entry reads.
    void prefetch() const noexcept {
        touchpoints_.prefetch();
        stages_.prefetch();
        details_.prefetch();
    }
    /// Requests the first block of every column.
    void prefetch_all() const noexcept {
        prefetch();
        facts_.prefetch();
        fact_events_.prefetch();
        stage_scores_.prefetch();
        stage_facts_.prefetch();
    }
    [[nodiscard]] std::size_t touchpoint_bytes() const noexcept { return touchpoints_.memory(); }
    [[nodiscard]] std::size_t other_bytes() const noexcept {
        return facts_.memory() + fact_events_.memory() + stages_.memory() + details_.memory() +
               stage_scores_.memory() + stage_facts_.memory();
    }

    /// Calls `words.kind(n)`, `words.value_of(name, n)`, `words.source(n)` or `words.text(n)` for
    /// each use of a counted word in an event.
    template<class Words>
    void each_word(event_kind what, std::size_t i, const Words& words) const {
        switch (what) {
        case event_kind::attributes: {
            const auto& e = fact_events_[i];
            words.source(e.source);
            for (const auto& f : std::span{facts_.data() + e.first, e.count})
                if (f.name != no_name) words.value_of(f.name, f.value);
            return;
        }
        case event_kind::touchpoint: {
            words.kind(touchpoints_.kinds()[i]);
            const auto sources = touchpoints_.sources();
            if (!sources.empty()) words.source(sources[i]);
            return;
        }
        case event_kind::stage_entry: {
            const auto& r = stages_[i];
            const auto& d = details_[i];
            words.source(d.source);
            for (const auto t : {d.reason, d.cause, d.model_version}) words.text(t);
            for (const auto& f : std::span{stage_facts_.data() + r.first_fact, r.fact_count})
                words.value_of(f.name, f.value);
            return;
        }
        }
    }
    /// The same for all events.
    template<class Words>
    void each_word(const Words& words) const {
        for (std::size_t i = 0; i < fact_events_.size(); ++i)
            each_word(event_kind::attributes, i, words);
        for (std::size_t i = 0; i < touchpoints(); ++i) each_word(event_kind::touchpoint, i, words);
        for (std::size_t i = 0; i < stages_.size(); ++i)
            each_word(event_kind::stage_entry, i, words);
    }

    template<class A>
    friend void archive(A& a, lead_log& log) {
        archive(a, log.touchpoints_);
        archive(a, log.facts_);
        archive(a, log.fact_events_);
        archive(a, log.stages_);
        archive(a, log.details_);
        archive(a, log.stage_scores_);
        archive(a, log.stage_facts_);
    }

    /// Whether columns that were read from a snapshot fit together, are in order, and have only
    /// words of the vocabulary. O(n).
    [[nodiscard]] bool is_sound(const vocabulary& words) const {
        const auto& w = words.words();
        if (details_.size() != stages_.size()) return false;
        const auto is_instant = [](instant t) {
            return t >= earliest_instant && t < latest_instant;
        };
        const auto is_fact = [&](const attribute_entry& f) {
            return f.name < w.attribute_names.size() && f.value < w.attribute_values[f.name].size();
        };
        const auto all = view().touchpoints;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (!is_instant(all.at[i]) || (i > 0 && all.at[i] < all.at[i - 1]) ||
                all.kind[i] >= w.kinds.size())
                return false;
        for (const auto s : touchpoints_.sources())
            if (s >= words.sources().size()) return false;
        std::size_t next = 0;
        instant last = always;
        for (const auto& e : fact_events_) {
            if ((e.at != always && !is_instant(e.at)) || e.at < last || e.first != next ||
                e.count == 0 || e.count > facts_.size() - next ||
                e.source >= words.sources().size())
                return false;
            for (std::size_t i = e.first; i < std::size_t{e.first} + e.count; ++i)
                if (facts_[i].at != e.at ||
                    (!is_fact(facts_[i]) && (facts_[i].name != no_name || e.count != 1)))
                    return false;
            next += e.count;
            last = e.at;
        }
        if (next != facts_.size()) return false;
        // Applied cycles and numbers go up to `most_count`, and the engine counts on from there.
        const auto is_number = [](std::int32_t n) { return n >= 0 && n <= 2 * most_count; };
        for (std::size_t i = 0; i < stages_.size(); ++i) {
            const auto& r = stages_[i];
            const auto& d = details_[i];
            if (!is_instant(r.at) || (i > 0 && r.at < stages_[i - 1].at) ||
                r.kind >= w.stage_kinds.size() || !is_number(d.cycle) || !is_number(d.number) ||
                std::size_t{r.first_score} + r.score_count > stage_scores_.size() ||
                std::size_t{r.first_fact} + r.fact_count > stage_facts_.size() ||
                d.reason >= words.texts().size() || d.cause >= words.texts().size() ||
                d.model_version >= words.texts().size() || d.source >= words.sources().size())
                return false;
        }
        for (const auto& s : stage_scores_)
            if (s.score >= w.recorded_scores.size()) return false;
        return std::all_of(stage_facts_.begin(), stage_facts_.end(), is_fact);
    }

  private:
    /// Where to insert an event among n that are in history order: before the first event for which
    /// `is_behind(i)` holds. Usually that is at the end, so the search starts there. O(log n).
    template<class IsBehind>
    [[nodiscard]] static std::size_t place_of(std::size_t n, const IsBehind& is_behind) {
        std::size_t first = 0;
        for (std::size_t step = 1; n > 0 && first < n; step *= 2) {
            const std::size_t i = n - std::min(step, n - first);
            if (!is_behind(i)) {
                first = i + 1;
                break;
            }
            n = i;
        }
        while (first < n) {
            const std::size_t middle = first + (n - first) / 2;
            if (is_behind(middle))
                n = middle;
            else
                first = middle + 1;
        }
        return n;
    }

    [[nodiscard]] static bool identifies(const vocabulary& words, std::uint32_t source) {
        return source != 0 && !words.source(source).first.empty();
    }

    /// An event of a log, by its place among its kind.
    struct origin {
        const lead_log* log = nullptr;
        std::size_t place = 0;
        instant at{};
        std::uint32_t source = 0;
    };
    /// The events of one kind of all logs in history order, without repetitions.
    /// `column(log, to)` appends those of a log, `contents(a, b)` orders events of one instant.
    template<class Column, class Contents>
    [[nodiscard]] static std::vector<origin> in_order(const std::vector<const lead_log*>& logs,
                                                      const vocabulary& words, const Column& column,
                                                      const Contents& contents) {
        std::vector<origin> all;
        std::size_t last = 0; // where the last log begins
        for (const auto* log : logs) {
            last = all.size();
            column(*log, all);
        }
        const auto is_before = [&](const origin& a, const origin& b) {
            return a.at != b.at ? a.at < b.at : contents(a, b);
        };
        if (logs.size() == 2)
            std::inplace_merge(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(last),
                               all.end(), is_before);
        else
            std::stable_sort(all.begin(), all.end(), is_before);
        boost::unordered_flat_set<std::uint32_t> seen;
        std::erase_if(all, [&](const origin& x) {
            return identifies(words, x.source) && !seen.insert(x.source).second;
        });
        return all;
    }
    void take_facts(const std::vector<const lead_log*>& logs, const vocabulary& words) {
        const auto all = in_order(
            logs, words,
            [](const lead_log& log, std::vector<origin>& to) {
                for (std::size_t i = 0; i < log.fact_events_.size(); ++i)
                    to.push_back({&log, i, log.fact_events_[i].at, log.fact_events_[i].source});
            },
            [&](const origin& a, const origin& b) {
                const wiped<event> x{event{a.log->fact_at(words, a.place)}};
                const wiped<event> y{event{b.log->fact_at(words, b.place)}};
                return history_order(*x, *y) < 0;
            });
        fact_events_.reserve(all.size());
        for (const auto& x : all) {
            auto e = x.log->fact_events_[x.place];
            const std::span facts{x.log->facts_.data() + e.first, e.count};
            e.first = static_cast<std::uint32_t>(facts_.size());
            facts_.insert(e.first, facts);
            fact_events_.push_back(e);
        }
    }
    void take_touchpoints(const std::vector<const lead_log*>& logs, const vocabulary& words) {
        const auto amount = [](const origin& x) {
            const auto all = x.log->touchpoints_.values();
            return all.empty() ? no_value : all[x.place];
        };
        const auto kind = [](const origin& x) { return x.log->touchpoints_.kinds()[x.place]; };
        const auto all = in_order(
            logs, words,
            [](const lead_log& log, std::vector<origin>& to) {
                const auto at = log.touchpoints_.at();
                const auto sources = log.touchpoints_.sources();
                for (std::size_t i = 0; i < at.size(); ++i)
                    to.push_back({&log, i, at[i], sources.empty() ? 0 : sources[i]});
            },
            [&](const origin& a, const origin& b) {
                return precedes(words, {a.source, kind(a), amount(a)},
                                {b.source, kind(b), amount(b)});
            });
        const auto some = [&](const auto& has) {
            return std::any_of(logs.begin(), logs.end(),
                               [&](const lead_log* log) { return !has(*log).empty(); });
        };
        touchpoints_.reserve(all.size(),
                             some([](const lead_log& l) { return l.touchpoints_.values(); }),
                             some([](const lead_log& l) { return l.touchpoints_.sources(); }));
        for (const auto& x : all)
            touchpoints_.insert(touchpoints_.size(), x.at, kind(x), amount(x), x.source);
    }
    void take_stages(const std::vector<const lead_log*>& logs, const vocabulary& words) {
        const auto all = in_order(
            logs, words,
            [](const lead_log& log, std::vector<origin>& to) {
                for (std::size_t i = 0; i < log.stages_.size(); ++i)
                    to.push_back({&log, i, log.stages_[i].at, log.details_[i].source});
            },
            [&](const origin& a, const origin& b) {
                const wiped<event> x{event{a.log->stage_at(words, a.place)}};
                const wiped<event> y{event{b.log->stage_at(words, b.place)}};
                return history_order(*x, *y) < 0;
            });
        stages_.reserve(all.size());
        details_.reserve(all.size());
        for (const auto& x : all) {
            auto r = x.log->stages_[x.place];
            const std::span scores{x.log->stage_scores_.data() + r.first_score, r.score_count};
            const std::span facts{x.log->stage_facts_.data() + r.first_fact, r.fact_count};
            r.first_score = static_cast<std::uint32_t>(stage_scores_.size());
            r.first_fact = static_cast<std::uint32_t>(stage_facts_.size());
            stage_scores_.insert(r.first_score, scores);
            stage_facts_.insert(r.first_fact, facts);
            stages_.push_back(r);
            details_.push_back(x.log->details_[x.place]);
        }
    }

    /// What history order compares in touchpoints of one instant.
    struct contents {
        std::uint32_t source = 0;
        std::uint32_t kind = 0;
        stored_value amount = no_value;
    };
    [[nodiscard]] static bool precedes(const vocabulary& words, const contents& a,
                                       const contents& b) {
        if (a.source != b.source) {
            const auto o = words.source(a.source) <=> words.source(b.source);
            if (o != 0) return o < 0;
        }
        if (a.kind != b.kind)
            return compare(words.words().kinds[a.kind], words.words().kinds[b.kind]) < 0;
        return a.amount < b.amount;
    }
    /// Whether a touchpoint comes before the i-th, which is at the same instant.
    [[nodiscard]] bool precedes(const vocabulary& words, std::uint32_t source, std::uint32_t kind,
                                stored_value amount, std::size_t i) const {
        const auto all = view().touchpoints;
        const auto sources = touchpoints_.sources();
        return precedes(words, {source, kind, amount},
                        {sources.empty() ? 0 : sources[i], all.kind[i],
                         all.value.empty() ? no_value : all.value[i]});
    }

    [[nodiscard]] static stage_entry stage_of(const vocabulary& words, const stage_record& r,
                                              const stage_detail& d,
                                              std::span<const attribute_entry> facts,
                                              std::span<const recorded_score> scores) {
        const auto& k = words.words().stage_kinds[r.kind];
        stage_entry g{.at = r.at,
                      .funnel = k.funnel,
                      .stage = k.stage,
                      .transition = k.transition,
                      .reason = words.text(d.reason),
                      .cause = words.text(d.cause),
                      .cycle = d.cycle,
                      .number = d.number,
                      .model_version = words.text(d.model_version)};
        for (const auto& f : facts)
            g.sets.emplace(words.words().attribute_names[f.name],
                           words.words().attribute_values[f.name][f.value]);
        for (const auto& s : scores)
            g.scores.emplace(words.words().recorded_scores[s.score], points::from_micros(s.micros));
        std::tie(g.id, g.source) = words.source(d.source);
        return g;
    }

    touchpoint_columns touchpoints_;
    thin_vector<attribute_entry> facts_;
    thin_vector<fact_event> fact_events_;
    thin_vector<stage_record> stages_;
    thin_vector<stage_detail> details_; // by stage entry
    thin_vector<recorded_score> stage_scores_;
    thin_vector<attribute_entry> stage_facts_;
};

} // namespace leadfunnel::inline v0::detail
