// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A dictionary that grows, with the ways back from words to numbers. Not for users.

#include <leadfunnel/detail/archive.hpp>
#include <leadfunnel/detail/hash.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/history/records.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Hashes of the words of a vocabulary. Words that are equal have one hash.
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
    /// Of a touchpoint, what its kind has.
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

/// Numbers of words that are found by hash and told apart by `same(number)`.
class hash_index {
  public:
    template<class Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Same& same) const {
        for (std::uint64_t h = hash;; ++h) {
            const auto it = numbers_.find(h);
            if (it == numbers_.end()) return none;
            if (it->second != gone && same(it->second)) return it->second;
        }
    }
    /// For a word that `find` did not find.
    void add(std::uint64_t hash, std::uint32_t number) {
        while (!numbers_.try_emplace(hash, number).second) ++hash;
    }
    /// Unlearns a word; nothing if it has been.
    void forget(std::uint64_t hash, std::uint32_t number) noexcept {
        for (std::uint64_t h = hash;; ++h) {
            const auto it = numbers_.find(h);
            if (it == numbers_.end()) return;
            if (it->second != number) continue;
            it->second = gone;
            return;
        }
    }
    [[nodiscard]] std::size_t memory() const noexcept { return numbers_.size() * 24; }

    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  private:
    static constexpr std::uint32_t gone = none - 1;

    boost::unordered_flat_map<std::uint64_t, std::uint32_t, no_hash> numbers_;
};

/// Every member that adds a word leaves the vocabulary as it was if it throws, or with a word more
/// than is used.
class vocabulary {
  public:
    [[nodiscard]] const dictionary& words() const noexcept { return words_; }
    /// Changes whenever the dictionary grows.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

    std::uint32_t kind(const touchpoint& t) {
        const auto h = hash_.kind(t);
        const auto found = kinds_.find(h, [&](std::uint32_t n) {
            const auto& k = words_.kinds[n];
            return k.type == t.type && k.campaign == t.campaign && k.channel == t.channel &&
                   k.properties == t.properties;
        });
        if (found != hash_index::none) return found;
        words_.kinds.push_back({t.type, t.properties, t.campaign, t.channel});
        return added(kinds_, h, words_.kinds);
    }

    std::uint32_t attribute(std::string_view name) {
        const auto h = hash_.text(name);
        const auto found =
            names_.find(h, [&](std::uint32_t n) { return words_.attribute_names[n] == name; });
        if (found != hash_index::none) return found;
        std::vector<value> only_null{value{}};
        values_.reserve(words_.attribute_names.size() + 1);
        words_.attribute_values.reserve(words_.attribute_names.size() + 1);
        words_.attribute_names.emplace_back(name);
        const auto n = added(names_, h, words_.attribute_names);
        words_.attribute_values.push_back(std::move(only_null));
        values_.emplace_back();
        return n;
    }

    std::uint32_t attribute_value(std::uint32_t name, const value& v) {
        if (!is_set(v)) return 0;
        auto& all = words_.attribute_values[name];
        const auto h = hash_.of(v);
        const auto found =
            values_[name].find(h, [&](std::uint32_t n) { return compare(all[n], v) == 0; });
        if (found != hash_index::none) return found;
        all.push_back(v);
        return added(values_[name], h, all);
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
        return added(stages_, h, words_.stage_kinds);
    }

    std::uint32_t recorded_score(std::string_view name) {
        const auto h = hash_.text(name);
        const auto found =
            scores_.find(h, [&](std::uint32_t n) { return words_.recorded_scores[n] == name; });
        if (found != hash_index::none) return found;
        words_.recorded_scores.emplace_back(name);
        return added(scores_, h, words_.recorded_scores);
    }

    /// A source and its identifier; 0 if both are empty.
    std::uint32_t source(std::string_view name, std::string_view id) {
        if (name.empty() && id.empty()) return 0;
        const auto h = hash_.texts(name, id);
        const auto found = sources_.find(h, [&](std::uint32_t n) {
            return source_words_[n].second == name && source_words_[n].first == id;
        });
        if (found != hash_index::none) return found;
        source_words_.emplace_back(std::string{id}, std::string{name});
        return added(sources_, h, source_words_);
    }
    /// (id, name) of a source; order by this is history order.
    [[nodiscard]] const std::pair<std::string, std::string>& source(std::uint32_t n) const {
        return source_words_[n];
    }

    /// Reasons, causes, versions and the like; 0 is empty.
    std::uint32_t text(std::string_view s) {
        if (s.empty()) return 0;
        const auto h = hash_.text(s);
        const auto found = texts_.find(h, [&](std::uint32_t n) { return text_words_[n] == s; });
        if (found != hash_index::none) return found;
        text_words_.emplace_back(s);
        return added(texts_, h, text_words_);
    }
    [[nodiscard]] const std::string& text(std::uint32_t n) const { return text_words_[n]; }
    [[nodiscard]] std::optional<std::uint32_t> find_text(std::string_view s) const {
        const auto n =
            texts_.find(hash_.text(s), [&](std::uint32_t i) { return text_words_[i] == s; });
        return n == hash_index::none ? std::nullopt : std::optional{n};
    }

    /// Wipes words that nobody uses any more. Their numbers stay taken.
    template<class Numbers, class Pairs>
    void forget(const Numbers& kinds, const Pairs& values, const Numbers& sources,
                const Numbers& texts) {
        for (const auto n : kinds) {
            kinds_.forget(hash_.kind(words_.kinds[n]), n);
            words_.kinds[n] = {};
        }
        for (const auto& [name, n] : values) {
            auto& v = words_.attribute_values[name][n];
            values_[name].forget(hash_.of(v), n);
            v = value{};
        }
        for (const auto n : sources) {
            if (n == 0) continue;
            auto& [id, name] = source_words_[n];
            sources_.forget(hash_.texts(name, id), n);
            id.clear();
            name.clear();
        }
        for (const auto n : texts) {
            if (n == 0) continue;
            texts_.forget(hash_.text(text_words_[n]), n);
            text_words_[n].clear();
        }
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
    /// The number of an attribute that is known.
    [[nodiscard]] std::uint32_t attribute_number(std::string_view name) const {
        return names_.find(hash_.text(name),
                           [&](std::uint32_t n) { return words_.attribute_names[n] == name; });
    }

    /// The words; reading learns them anew. What was wiped stays wiped: of words that are equal,
    /// the first is found again, and of those only numbers without a word are more than one.
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
        kinds_ = names_ = stages_ = scores_ = sources_ = texts_ = {};
        values_.assign(words_.attribute_names.size(), {});
        // Wiped words are not learnt; of others, no two are equal.
        const auto learn = [&](hash_index& index, const auto& words, const auto& hash,
                               const auto& is_wiped) {
            for (std::size_t i = 0; i < words.size(); ++i) {
                if (is_wiped(words[i])) continue;
                const auto h = hash(words[i]);
                need(index.find(h, [&](std::uint32_t n) { return words[n] == words[i]; }) ==
                     hash_index::none);
                index.add(h, static_cast<std::uint32_t>(i));
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
            learn(
                values_[n], values, [&](const auto& v) { return hash_.of(v); },
                [](const auto& v) { return !is_set(v); });
        }
    }

    template<class Words>
    std::uint32_t added(hash_index& index, std::uint64_t hash, Words& words) {
        ++generation_;
        const auto n = static_cast<std::uint32_t>(words.size() - 1);
        try {
            index.add(hash, n);
        } catch (...) {
            words.pop_back();
            throw;
        }
        return n;
    }

    word_hash hash_;
    dictionary words_;
    std::uint64_t generation_ = 0;
    std::vector<std::pair<std::string, std::string>> source_words_{{}};
    std::vector<std::string> text_words_{std::string{}};
    hash_index kinds_, names_, stages_, scores_, sources_, texts_;
    std::vector<hash_index> values_;
};

} // namespace leadfunnel::inline v0::detail
