// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The signals that an engine has emitted and the host has not acknowledged yet. Not for users.

#include <leadfunnel/engine/detail/archive.hpp>
#include <leadfunnel/engine/detail/signal_kinds.hpp>
#include <leadfunnel/engine/detail/vocabulary.hpp>
#include <leadfunnel/engine/signal.hpp>
#include <leadfunnel/plan/detail/program.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A signal whose texts are numbers in the engine's vocabulary.
struct signal_record {
    std::int64_t at = 0;
    std::int64_t due = 0;
    std::uint32_t lead = none32;
    std::uint32_t subject = 0;
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint32_t cause = 0;
    std::uint32_t reason = 0;
    std::uint32_t version = 0;
    std::int32_t cycle = 0;
    signal_kind kind{};

    // Not archived: `outbox::link` restores both.
    std::uint32_t named = none32; // the other lead of a merge, whose id is in `subject`
    std::uint64_t earlier = 0;    // sequence of the lead's previous signal
};

/// Calls `text(number)` for each text of a signal.
template<class Do>
void each_text(const signal_record& s, const Do& text) {
    for (const auto t : {s.subject, s.from, s.to, s.cause, s.reason, s.version}) text(t);
}

template<class A>
void archive(A& a, signal_record& s) {
    archive(a, s.at);
    archive(a, s.due);
    for (auto* x : {&s.lead, &s.subject, &s.from, &s.to, &s.cause, &s.reason, &s.version})
        archive(a, *x);
    archive(a, s.cycle);
    archive(a, s.kind);
}

/// A queue of signals, numbered 1, 2, 3, …, with the explanations of alerts.
///
/// The outbox counts the words of its signals as used in the vocabulary, which each member that
/// adds or removes signals is given. It keeps two ways from a lead to its signals, so that erasing
/// a lead costs what was said about that lead only: each signal knows the lead's previous one, and
/// an index lists the merges that name the lead.
class outbox {
  public:
    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    /// The sequence of the oldest signal that is kept, or of the next one if there is none.
    [[nodiscard]] std::uint64_t first_sequence() const noexcept { return first_sequence_; }
    /// The sequence of the next signal.
    [[nodiscard]] std::uint64_t next_sequence() const noexcept {
        return first_sequence_ + records_.size();
    }
    [[nodiscard]] const std::deque<signal_record>& records() const noexcept { return records_; }

    /// The i-th signal that is kept, with its texts. `id_of(lead)` gives a lead's id.
    template<class IdOf>
    [[nodiscard]] signal at(std::size_t i, const vocabulary& words, const IdOf& id_of) const {
        const auto& r = records_[i];
        signal s{.sequence = first_sequence_ + i,
                 .at = instant{duration{r.at}},
                 .kind = r.kind,
                 .subject = words.text(r.subject),
                 .from = words.text(r.from),
                 .to = words.text(r.to),
                 .cause = words.text(r.cause),
                 .reason = words.text(r.reason),
                 .due = instant{duration{r.due}},
                 .cycle = r.cycle,
                 .model_version = words.text(r.version)};
        if (r.lead != none32) s.lead = id_of(r.lead);
        if (const auto it = explanations_.find(s.sequence); it != explanations_.end())
            s.explanation = *it->second;
        return s;
    }

    /// Appends a signal. Throws std::bad_alloc, and then appends nothing.
    void push(const signal_record& s, vocabulary& words) {
        const auto sequence = next_sequence();
        if (s.named != none32) naming_.insert({s.named, sequence});
        try {
            records_.push_back(s);
        } catch (...) {
            naming_.erase({s.named, sequence});
            throw;
        }
        each_text(s, [&](std::uint32_t t) { words.use_text(t); });
    }
    /// Attaches an explanation to the next signal.
    void explain_next(wiped<std::string> text) {
        explanations_.insert_or_assign(next_sequence(), std::move(text));
    }
    /// Removes the signals up to and including a sequence. O(removed).
    void acknowledge(std::uint64_t up_to, vocabulary& words) noexcept {
        while (!records_.empty() && first_sequence_ <= up_to) {
            release(records_.front(), first_sequence_, words);
            records_.pop_front();
            ++first_sequence_;
        }
    }
    /// Rolls back to the first `size` signals. Calls `removed(signal)` for each of the others, the
    /// last one first.
    template<class Removed>
    void truncate(std::size_t size, vocabulary& words, const Removed& removed) noexcept {
        explanations_.erase(next_sequence());
        while (records_.size() > size) {
            const auto& s = records_.back();
            removed(s);
            release(s, next_sequence() - 1, words);
            records_.pop_back();
        }
    }

    /// Removes everything personal from a lead's signals and from those that name it. What stays
    /// belongs to nobody: when it was, the kind of signal, and which stage, band or class it is
    /// about. `last` is the sequence of the lead's last signal.
    /// O(the lead's signals · log(merges that are kept)).
    void cleanse(std::uint32_t lead, std::uint64_t last, vocabulary& words) noexcept {
        const auto forget = [&](std::uint32_t& text) { words.unuse_text(std::exchange(text, 0)); };
        for (auto i = last; i >= first_sequence_;) {
            auto& s = records_[i - first_sequence_];
            explanations_.erase(i);
            forget(s.cause);
            forget(s.reason);
            const auto personal = personal_texts_of(s.kind);
            if (personal.subject_is_lead)
                forget_named(s, i, words);
            else if (personal.subject)
                forget(s.subject);
            if (personal.from) forget(s.from);
            if (personal.to) forget(s.to);
            s.lead = none32;
            i = std::exchange(s.earlier, 0);
        }
        for (auto it = naming_.lower_bound({lead, 0}); it != naming_.end() && it->first == lead;) {
            const auto i = (it++)->second;
            forget_named(records_[i - first_sequence_], i, words);
        }
    }

    /// Counts the words of all signals as used.
    void use_words(vocabulary& words) const noexcept {
        for (const auto& s : records_) each_text(s, [&](std::uint32_t t) { words.use_text(t); });
    }

    template<class A>
    friend void archive(A& a, outbox& box) {
        std::vector<signal_record> signals;
        wiped<std::vector<std::pair<std::uint64_t, std::string>>> why;
        if constexpr (!A::reads) {
            signals.assign(box.records_.begin(), box.records_.end());
            why->reserve(box.explanations_.size());
            for (const auto& [sequence, text] : box.explanations_)
                why->emplace_back(sequence, *text);
            std::sort(why->begin(), why->end());
        }
        archive(a, signals);
        archive(a, *why);
        archive(a, box.first_sequence_);
        if constexpr (A::reads) {
            box.records_.assign(signals.begin(), signals.end());
            for (auto& [sequence, text] : *why)
                box.explanations_.try_emplace(sequence, std::move(text));
        }
    }
    /// Restores what is not archived, once the leads have been read. `last_of(lead)` points to the
    /// sequence of the lead's last signal, null if the lead is erased; `find(id)` gives an optional
    /// lead.
    template<class LastOf, class Find>
    void link(const vocabulary& words, const LastOf& last_of, const Find& find) {
        for (std::size_t i = 0; i < records_.size(); ++i) {
            auto& s = records_[i];
            std::uint64_t* const last = s.lead == none32 ? nullptr : last_of(s.lead);
            if (last == nullptr)
                s.lead = none32;
            else
                s.earlier = std::exchange(*last, first_sequence_ + i);
            if (!names_a_lead(s)) continue;
            if (const auto named = find(words.text(s.subject))) {
                s.named = *named;
                naming_.insert({*named, first_sequence_ + i});
            }
        }
    }

    [[nodiscard]] std::size_t memory() const noexcept {
        std::size_t n = records_.size() * sizeof(signal_record);
        for (const auto& [sequence, why] : explanations_) n += why->capacity() + 48;
        return n;
    }

  private:
    [[nodiscard]] static bool names_a_lead(const signal_record& s) noexcept {
        return personal_texts_of(s.kind).subject_is_lead;
    }
    /// Forgets what is kept beside a signal that is about to be removed.
    void release(const signal_record& s, std::uint64_t sequence, vocabulary& words) noexcept {
        explanations_.erase(sequence);
        if (names_a_lead(s)) naming_.erase({s.named, sequence});
        each_text(s, [&](std::uint32_t t) { words.unuse_text(t); });
    }
    void forget_named(signal_record& s, std::uint64_t sequence, vocabulary& words) noexcept {
        naming_.erase({std::exchange(s.named, none32), sequence});
        words.unuse_text(std::exchange(s.subject, 0));
    }

    std::deque<signal_record> records_;
    std::set<std::pair<std::uint32_t, std::uint64_t>> naming_; // (lead, sequence that names it)
    std::uint64_t first_sequence_ = 1;
    boost::unordered_flat_map<std::uint64_t, wiped<std::string>> explanations_; // by sequence
};

} // namespace leadfunnel::inline v0::detail
