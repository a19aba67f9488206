// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A dictionary that grows and forgets, with indices from words to numbers. Not for users.

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/word_register.hpp>
#include <leadfunnel/engine/detail/archive.hpp>
#include <leadfunnel/engine/detail/wiping_events.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/history/records.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Keyed hashes of the words of a vocabulary. Equal words have equal hashes: −0 hashes like 0.
class word_hash {
  public:
    [[nodiscard]] std::uint64_t text(std::string_view s) const noexcept {
        return keyed_hash(key_).finish(s);
    }
    template<class... Texts>
    [[nodiscard]] std::uint64_t texts(const Texts&... s) const noexcept {
        keyed_hash h(key_);
        (h.add(std::string_view{s}), ...);
        return h.finish();
    }
    [[nodiscard]] std::uint64_t of(const value& v) const noexcept {
        keyed_hash h(key_);
        add(h, v);
        return h.finish();
    }
    /// Hashes what makes up the kind of a touchpoint, or of a `touchpoint_kind`.
    template<class Touchpoint>
    [[nodiscard]] std::uint64_t kind(const Touchpoint& t) const noexcept {
        keyed_hash h(key_);
        h.add(t.type);
        h.add(t.properties.size());
        for (const auto& [name, v] : t.properties) {
            h.add(name);
            add(h, v);
        }
        h.add(t.campaign);
        h.add(t.channel);
        return h.finish();
    }

  private:
    static void add(keyed_hash& h, const value& v) noexcept {
        h.add(v.index());
        if (const auto* s = std::get_if<std::string>(&v)) h.add(*s);
        if (const auto* b = std::get_if<bool>(&v)) h.add(*b ? 1 : 0);
        if (const auto* n = std::get_if<double>(&v))
            h.add(std::bit_cast<std::uint64_t>(*n == 0 ? 0.0 : *n));
        if (const auto* t = std::get_if<instant>(&v))
            h.add(static_cast<std::uint64_t>(t->time_since_epoch().count()));
        if (const auto* set = std::get_if<text_set>(&v)) {
            h.add(set->size());
            for (const auto& m : *set) h.add(m);
        }
    }

    hash_key key_ = process_hash_key();
};

/// The words of leads' histories and of signals, each stored once under a number.
///
/// Kinds of touchpoints, values of attributes, sources and texts are reference-counted, so that
/// erasing a lead can remove them. Code that stores the number of such a word calls `use_…`, and
/// `unuse_…` when it drops the number; a word whose count falls to 0 is wiped. Names of attributes,
/// funnels, stages and scores stay for ever.
///
/// A new word has no use yet, but is kept until the next `settle`, which removes new words that are
/// still unused. Code that adds words must call it at the end.
///
/// Members that add a word throw std::bad_alloc. They then leave the vocabulary unchanged, or with
/// one unused word more. Looking up or adding a word is O(its length) on average.
class vocabulary {
  public:
    vocabulary() {
        sources_.begin_anew(1);
        texts_.begin_anew(1);
    }
    vocabulary(const vocabulary&) = default;
    vocabulary& operator=(const vocabulary&) = delete;
    ~vocabulary() {
        wipe(words_.kinds);
        for (auto& all : words_.attribute_values) wipe(all);
        wipe(source_words_);
        wipe(text_words_);
    }

    [[nodiscard]] const dictionary& words() const noexcept { return words_; }
    /// Changes whenever a word is added.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

    /// The number of the kind of a touchpoint, or of a `touchpoint_kind`.
    template<class Touchpoint>
    std::uint32_t kind(const Touchpoint& t) {
        const auto h = hash_.kind(t);
        const auto found = kinds_.find(h, [&](std::uint32_t n) {
            const auto& k = words_.kinds[n];
            return k.type == t.type && k.campaign == t.campaign && k.channel == t.channel &&
                   k.properties == t.properties;
        });
        if (found != hash_index::none) return found;
        return added(sort::kind, 0, [&] {
            return kinds_.add(words_.kinds, h, [&](touchpoint_kind& k) {
                k.type = t.type;
                k.properties = t.properties;
                k.campaign = t.campaign;
                k.channel = t.channel;
            });
        });
    }

    std::uint32_t attribute(std::string_view name) {
        const auto h = hash_.text(name);
        const auto found =
            names_.find(h, [&](std::uint32_t n) { return words_.attribute_names[n] == name; });
        if (found != hash_index::none) return found;
        std::vector<value> only_null{value{}};
        word_register values;
        values.begin_anew(1);
        values_.reserve(words_.attribute_names.size() + 1);
        words_.attribute_values.reserve(words_.attribute_names.size() + 1);
        words_.attribute_names.emplace_back(name);
        const auto n = learnt(names_, h, words_.attribute_names);
        words_.attribute_values.push_back(std::move(only_null));
        values_.push_back(std::move(values));
        return n;
    }

    std::uint32_t attribute_value(std::uint32_t name, const value& v) {
        if (!is_set(v)) return 0;
        auto& all = words_.attribute_values[name];
        const auto h = hash_.of(v);
        const auto found =
            values_[name].find(h, [&](std::uint32_t n) { return compare(all[n], v) == 0; });
        if (found != hash_index::none) return found;
        return added(sort::value, name,
                     [&] { return values_[name].add(all, h, [&](value& to) { to = v; }); });
    }

    std::uint32_t stage(std::string_view funnel, std::string_view name,
                        std::string_view transition) {
        const auto h = hash_.texts(funnel, name, transition);
        const auto found = stages_.find(h, [&](std::uint32_t n) {
            const auto& k = words_.stage_kinds[n];
            return k.funnel == funnel && k.stage == name && k.transition == transition;
        });
        if (found != hash_index::none) return found;
        words_.stage_kinds.push_back(
            {std::string{funnel}, std::string{name}, std::string{transition}});
        return learnt(stages_, h, words_.stage_kinds);
    }

    std::uint32_t recorded_score(std::string_view name) {
        const auto h = hash_.text(name);
        const auto found =
            scores_.find(h, [&](std::uint32_t n) { return words_.recorded_scores[n] == name; });
        if (found != hash_index::none) return found;
        words_.recorded_scores.emplace_back(name);
        return learnt(scores_, h, words_.recorded_scores);
    }

    /// The number of a source and an id that it gave; 0 if both are empty.
    std::uint32_t source(std::string_view name, std::string_view id) {
        if (name.empty() && id.empty()) return 0;
        const auto h = hash_.texts(name, id);
        const auto found = sources_.find(h, [&](std::uint32_t n) {
            return source_words_[n].second == name && source_words_[n].first == id;
        });
        if (found != hash_index::none) return found;
        return added(sort::source, 0, [&] {
            return sources_.add(source_words_, h, [&](auto& to) {
                to.first = id;
                to.second = name;
            });
        });
    }
    /// The pair (id, name) of a source, by which history order compares sources.
    [[nodiscard]] const std::pair<std::string, std::string>& source(std::uint32_t n) const {
        return source_words_[n];
    }
    /// Whether nothing uses a source.
    [[nodiscard]] bool is_new_source(std::uint32_t n) const noexcept {
        return !sources_.is_used(n);
    }

    /// The number of a reason, cause, version or other text; 0 if it is empty.
    std::uint32_t text(std::string_view s) {
        if (s.empty()) return 0;
        const auto h = hash_.text(s);
        const auto found = texts_.find(h, [&](std::uint32_t n) { return text_words_[n] == s; });
        if (found != hash_index::none) return found;
        return added(sort::text, 0,
                     [&] { return texts_.add(text_words_, h, [&](std::string& to) { to = s; }); });
    }
    [[nodiscard]] const std::string& text(std::uint32_t n) const { return text_words_[n]; }

    // ---- reference counts; number 0 is not counted where it is the empty word

    void use_kind(std::uint32_t n) noexcept { kinds_.use(n); }
    void use_value(std::uint32_t name, std::uint32_t n) noexcept {
        if (n != 0) values_[name].use(n);
    }
    void use_source(std::uint32_t n) noexcept {
        if (n != 0) sources_.use(n);
    }
    void use_text(std::uint32_t n) noexcept {
        if (n != 0) texts_.use(n);
    }
    /// Calls `going(n)` before a kind is forgotten.
    template<class Going>
    void unuse_kind(std::uint32_t n, const Going& going) noexcept {
        if (kinds_.unuse(n)) forget_kind(n, going);
    }
    void unuse_value(std::uint32_t name, std::uint32_t n) noexcept {
        if (n != 0 && values_[name].unuse(n)) forget_value(name, n);
    }
    void unuse_source(std::uint32_t n) noexcept {
        if (n != 0 && sources_.unuse(n)) forget_source(n);
    }
    void unuse_text(std::uint32_t n) noexcept {
        if (n != 0 && texts_.unuse(n)) forget_text(n);
    }

    /// Calls `kind(n)` and `value_of(name, n)` for the kinds and values that are still new. O(new
    /// words).
    template<class Kind, class Value>
    void each_new(const Kind& kind, const Value& value_of) const {
        for (const auto& x : new_) {
            if (x.what == sort::kind) kind(x.number);
            if (x.what == sort::value) value_of(x.name, x.number);
        }
    }
    /// Forgets the new words that nothing uses. Used kinds and values stop being new if
    /// `are_taken_in`; otherwise they stay new until the plan is bound to them. O(new words).
    template<class Going>
    void settle(bool are_taken_in, const Going& going) noexcept {
        if (new_.empty()) return;
        std::erase_if(new_, [&](const new_word& x) {
            switch (x.what) {
            case sort::kind:
                if (kinds_.is_used(x.number)) return are_taken_in;
                forget_kind(x.number, going);
                return true;
            case sort::value:
                if (values_[x.name].is_used(x.number)) return are_taken_in;
                forget_value(x.name, x.number);
                return true;
            case sort::source:
                if (!sources_.is_used(x.number)) forget_source(x.number);
                return true;
            case sort::text:
                if (!texts_.is_used(x.number)) forget_text(x.number);
                return true;
            }
            return true;
        });
        if (new_.empty() && new_.capacity() > most_new) std::vector<new_word>{}.swap(new_);
    }

    /// Sets all counts to 0, to count again. O(words).
    void unuse_all() noexcept {
        kinds_.unuse_all();
        for (auto& v : values_) v.unuse_all();
        sources_.unuse_all();
        texts_.unuse_all();
    }
    /// After counting again: forgets every word that nothing uses. O(words).
    void forget_unused() noexcept {
        const auto each = [](const auto& words, std::uint32_t first, const word_register& r,
                             const auto& forget) {
            for (auto n = first; n < words.size(); ++n)
                if (!r.is_used(n)) forget(n);
        };
        each(words_.kinds, 0, kinds_, [&](std::uint32_t n) { forget_kind(n, [](auto) {}); });
        for (std::uint32_t i = 0; i < values_.size(); ++i)
            each(words_.attribute_values[i], 1, values_[i],
                 [&](std::uint32_t n) { forget_value(i, n); });
        each(source_words_, 1, sources_, [&](std::uint32_t n) { forget_source(n); });
        each(text_words_, 1, texts_, [&](std::uint32_t n) { forget_text(n); });
    }

    [[nodiscard]] std::size_t memory() const noexcept {
        std::size_t n = kinds_.memory() + names_.memory() + stages_.memory() + scores_.memory() +
                        sources_.memory() + texts_.memory();
        for (const auto& v : values_) n += v.memory();
        n += words_.kinds.capacity() * sizeof(touchpoint_kind);
        for (const auto& k : words_.kinds) n += k.properties.size() * 96;
        for (const auto& v : words_.attribute_values) n += v.capacity() * sizeof(value);
        n += source_words_.capacity() * sizeof(source_words_[0]);
        n += text_words_.capacity() * sizeof(text_words_[0]);
        return n;
    }

    [[nodiscard]] const auto& sources() const noexcept { return source_words_; }
    [[nodiscard]] const auto& texts() const noexcept { return text_words_; }
    /// The number of an attribute; `hash_index::none` if the name is not known.
    [[nodiscard]] std::uint32_t attribute_number(std::string_view name) const {
        return names_.find(hash_.text(name),
                           [&](std::uint32_t n) { return words_.attribute_names[n] == name; });
    }

    /// Writes or reads the words; a forgotten word is written as an empty one. Reading builds the
    /// indices. Afterwards the reader must count uses and call `forget_unused`.
    template<class A>
    void archive_words(A& a) {
        archive(a, words_.kinds);
        archive(a, words_.attribute_names);
        archive(a, words_.attribute_values);
        archive(a, words_.stage_kinds);
        archive(a, words_.recorded_scores);
        archive(a, source_words_);
        archive(a, text_words_);
        if constexpr (A::reads) learn_again<A>();
    }

  private:
    static constexpr std::size_t most_new = 1024; // entries for which `new_` keeps its memory

    enum class sort : std::uint8_t { kind, value, source, text };
    struct new_word {
        sort what{};
        std::uint32_t name = 0; // of a value: its attribute
        std::uint32_t number = 0;
    };

    template<class Add>
    std::uint32_t added(sort what, std::uint32_t name, const Add& add) {
        new_.push_back({what, name, 0});
        try {
            new_.back().number = add();
        } catch (...) {
            new_.pop_back();
            throw;
        }
        ++generation_;
        return new_.back().number;
    }
    template<class Words>
    std::uint32_t learnt(hash_index& index, std::uint64_t hash, Words& words) {
        const auto n = static_cast<std::uint32_t>(words.size() - 1);
        try {
            index.add(hash, n);
        } catch (...) {
            words.pop_back();
            throw;
        }
        ++generation_;
        return n;
    }

    template<class Going>
    void forget_kind(std::uint32_t n, const Going& going) noexcept {
        going(n);
        kinds_.forget(hash_.kind(words_.kinds[n]), n, words_.kinds[n]);
    }
    void forget_value(std::uint32_t name, std::uint32_t n) noexcept {
        auto& v = words_.attribute_values[name][n];
        values_[name].forget(hash_.of(v), n, v);
    }
    void forget_source(std::uint32_t n) noexcept {
        auto& s = source_words_[n];
        sources_.forget(hash_.texts(s.second, s.first), n, s);
    }
    void forget_text(std::uint32_t n) noexcept {
        texts_.forget(hash_.text(text_words_[n]), n, text_words_[n]);
    }

    template<class A>
    void learn_again() {
        const auto need = [](bool is_so) {
            if (!is_so) A::refuse();
        };
        constexpr std::size_t most = hash_index::none - 2;
        need(words_.kinds.size() <= most && words_.attribute_names.size() <= most &&
             words_.attribute_values.size() == words_.attribute_names.size() &&
             words_.stage_kinds.size() <= most && words_.recorded_scores.size() <= most &&
             source_words_.size() <= most && text_words_.size() <= most);
        need(!source_words_.empty() && source_words_[0].first.empty() &&
             source_words_[0].second.empty() && !text_words_.empty() && text_words_[0].empty());
        const auto is_finite = [](const value& v) {
            return !std::holds_alternative<double>(v) || std::isfinite(std::get<double>(v));
        };
        for (const auto& k : words_.kinds)
            for (const auto& [name, v] : k.properties) need(is_finite(v));
        names_ = stages_ = scores_ = {};
        kinds_.begin_anew(words_.kinds.size());
        sources_.begin_anew(source_words_.size());
        texts_.begin_anew(text_words_.size());
        values_.assign(words_.attribute_names.size(), {});
        // Forgotten words are not indexed. All others must differ.
        const auto learn = [&](auto& index, const auto& words, const auto& hash,
                               const auto& is_wiped) {
            for (std::uint32_t i = 0; i < words.size(); ++i) {
                if (is_wiped(words[i])) continue;
                const auto h = hash(words[i]);
                need(index.find(h, [&](std::uint32_t n) { return words[n] == words[i]; }) ==
                     hash_index::none);
                index.add(h, i);
            }
        };
        const auto never = [](const auto&) { return false; };
        const auto is_empty = [](const auto& s) { return s.empty(); };
        learn(
            kinds_, words_.kinds, [&](const auto& k) { return hash_.kind(k); },
            [](const auto& k) { return k == touchpoint_kind{}; });
        learn(
            names_, words_.attribute_names, [&](const auto& s) { return hash_.text(s); }, never);
        learn(
            stages_, words_.stage_kinds,
            [&](const auto& k) { return hash_.texts(k.funnel, k.stage, k.transition); }, never);
        learn(
            scores_, words_.recorded_scores, [&](const auto& s) { return hash_.text(s); }, never);
        learn(
            sources_, source_words_, [&](const auto& s) { return hash_.texts(s.second, s.first); },
            [](const auto& s) { return s.first.empty() && s.second.empty(); });
        learn(
            texts_, text_words_, [&](const auto& s) { return hash_.text(s); }, is_empty);
        for (std::size_t n = 0; n < values_.size(); ++n) {
            auto& values = words_.attribute_values[n];
            need(!values.empty() && !is_set(values[0]) && values.size() <= most);
            for (const auto& v : values) need(is_finite(v));
            values_[n].begin_anew(values.size());
            learn(
                values_[n], values, [&](const auto& v) { return hash_.of(v); },
                [](const auto& v) { return !is_set(v); });
        }
    }

    word_hash hash_;
    dictionary words_;
    std::uint64_t generation_ = 0;
    std::vector<std::pair<std::string, std::string>> source_words_{{}};
    std::vector<std::string> text_words_{std::string{}};
    word_register kinds_, sources_, texts_;
    std::vector<word_register> values_; // by attribute
    hash_index names_, stages_, scores_;
    std::vector<new_word> new_; // since the last `settle`
};

} // namespace leadfunnel::inline v0::detail
