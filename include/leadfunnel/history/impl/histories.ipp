// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/history/detail/event_checks.hpp>
#include <leadfunnel/history/detail/touchpoint_grouper.hpp>
#include <leadfunnel/history/histories.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

namespace leadfunnel::inline v0 {

namespace detail {

struct value_before {
    bool operator()(const value& a, const value& b) const noexcept { return compare(a, b) < 0; }
};
struct kind_before {
    bool operator()(const touchpoint_kind& a, const touchpoint_kind& b) const noexcept {
        return compare(a, b) < 0;
    }
};

/// Interns the values of an attribute; number 0 is null. Texts, by far the most frequent, and
/// numbers are found by hash.
class value_dictionary {
  public:
    std::uint32_t intern(const value& v) {
        if (!is_set(v)) return 0;
        const auto next = static_cast<std::uint32_t>(values_.size());
        if (const auto* s = std::get_if<std::string>(&v)) {
            const auto it = texts_.find(std::string_view{*s});
            if (it != texts_.end()) return it->second;
            values_.push_back(v);
            texts_.emplace(*s, next);
            return next;
        }
        if (const auto* n = std::get_if<double>(&v)) {
            const auto [it, made] = numbers_.try_emplace(*n == 0 ? 0.0 : *n, next);
            if (made) values_.emplace_back(it->first);
            return it->second;
        }
        const auto [it, made] = others_.try_emplace(v, next);
        if (made) values_.push_back(v);
        return it->second;
    }
    [[nodiscard]] const value& at(std::uint32_t i) const { return values_[i]; }
    [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
    [[nodiscard]] std::vector<value> take() { return std::move(values_); }

  private:
    std::vector<value> values_{value{}};
    text_map<std::uint32_t> texts_;
    boost::unordered_flat_map<double, std::uint32_t, number_hash> numbers_;
    std::map<value, std::uint32_t, value_before> others_;
};

/// The number of a word; adds it if it is new.
template<class Map, class Word>
std::uint32_t number_of(Map& numbers, std::vector<Word>& words, const Word& word) {
    const auto next = static_cast<std::uint32_t>(words.size());
    const auto [it, made] = numbers.try_emplace(word, next);
    if (made) words.push_back(word);
    return it->second;
}

/// Writes a source and its identifier as one text: the source's length, the source, the identifier.
inline void source_key(std::string& out, std::string_view source, std::string_view id) {
    const std::size_t length = source.size();
    out.resize(sizeof length);
    std::memcpy(out.data(), &length, sizeof length);
    out.append(source).append(id);
}
struct source_and_id {
    std::string_view id;
    std::string_view source;
    std::size_t number = 0;
    auto operator<=>(const source_and_id&) const = default;
};
[[nodiscard]] inline source_and_id split_source_key(std::string_view key,
                                                    std::size_t number) noexcept {
    std::size_t length = 0;
    std::memcpy(&length, key.data(), sizeof length);
    key.remove_prefix(sizeof length);
    return {key.substr(length), key.substr(0, length), number};
}

/// Offsets of `leads + 1` groups: the first half of a counting sort.
template<class Rows>
std::vector<std::size_t> group_offsets(std::size_t leads, const Rows& rows) {
    std::vector<std::size_t> offsets(leads + 1);
    for (const auto& row : rows) ++offsets[row + 1];
    std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
    return offsets;
}

} // namespace detail

LEADFUNNEL_DECL std::strong_ordering compare(const touchpoint_kind& a,
                                             const touchpoint_kind& b) noexcept {
    if (const auto o = a.type <=> b.type; o != 0) return o;
    if (const auto o = compare(a.properties, b.properties); o != 0) return o;
    if (const auto o = a.campaign <=> b.campaign; o != 0) return o;
    return a.channel <=> b.channel;
}

struct history_builder::state {
    struct attributes_record {
        std::uint32_t lead = 0;
        instant at{};
        std::uint32_t source_id = 0;
        std::uint32_t first = 0; // into pairs
        std::uint32_t count = 0;
    };

    std::shared_ptr<detail::text_table> lead_ids = std::make_shared<detail::text_table>();

    std::map<touchpoint_kind, std::uint32_t, detail::kind_before> kinds;
    detail::text_table source_ids; // keys made by source_key
    std::string key;               // working memory of source_id
    detail::text_map<std::uint32_t> names;
    std::vector<std::string> name_texts;
    std::vector<detail::value_dictionary> values;

    detail::pending_touchpoints touchpoints;

    detail::huge_vector<attributes_record> attributes;
    detail::huge_vector<attribute_number> pairs;
    std::vector<std::pair<std::uint32_t, event>> stages; // stage entries

    // The steps of `build`, in this order. Each reads the builder and the numbers that earlier
    // steps gave, and writes into `h`.

    /// New numbers, by the builder's numbers.
    struct numbers {
        std::vector<std::uint32_t> kind;
        std::vector<std::uint32_t> source;
        std::vector<std::uint32_t> name;
    };
    [[nodiscard]] std::vector<std::uint32_t> number_kinds(histories& h) const;
    [[nodiscard]] std::vector<std::uint32_t> number_sources(histories& h) const;
    [[nodiscard]] std::vector<std::uint32_t> number_names(histories& h) const;
    void group_touchpoints(histories& h, const numbers& to);
    void group_attributes(histories& h, const numbers& to);
    void group_stages(histories& h, const numbers& to);
    [[nodiscard]] bool is_before(const attributes_record& a, const attributes_record& b,
                                 const numbers& to) const;
};

LEADFUNNEL_DECL history_builder::history_builder() : state_(std::make_unique<state>()) {}
LEADFUNNEL_DECL history_builder::history_builder(history_builder&&) noexcept = default;
LEADFUNNEL_DECL history_builder& history_builder::operator=(history_builder&&) noexcept = default;
LEADFUNNEL_DECL history_builder::~history_builder() = default;

LEADFUNNEL_DECL std::uint32_t history_builder::lead(std::string_view id) {
    if (id.empty()) throw event_error("an event names no lead", error_code::no_lead);
    detail::require_text(id, "the lead's id");
    return state_->lead_ids->number(id);
}

LEADFUNNEL_DECL void history_builder::leads(std::span<const std::string_view> ids,
                                            std::span<std::uint32_t> numbers) {
    if (ids.size() != numbers.size())
        throw argument_error("ids and numbers of leads differ in length");
    for (const auto id : ids) {
        if (id.empty()) throw event_error("an event names no lead", error_code::no_lead);
        detail::require_text(id, "the lead's id");
    }
    state_->lead_ids->number_all(
        ids.size(), [&](std::size_t i) { return ids[i]; }, numbers.data());
}

LEADFUNNEL_DECL std::uint32_t history_builder::kind(const touchpoint_kind& k) {
    detail::require_text(k.type, "the type");
    detail::require_text(k.campaign, "the campaign");
    detail::require_text(k.channel, "the channel");
    detail::require_kept(k.properties);
    auto& kinds = state_->kinds;
    return kinds.try_emplace(k, static_cast<std::uint32_t>(kinds.size())).first->second;
}

LEADFUNNEL_DECL std::uint32_t history_builder::source_id(std::string_view source,
                                                         std::string_view id) {
    if (id.empty() && source.empty()) return 0;
    detail::require_text(source, "the source");
    detail::require_text(id, "the id of the event");
    auto& s = *state_;
    detail::source_key(s.key, source, id);
    return s.source_ids.number(s.key) + 1;
}

LEADFUNNEL_DECL std::uint32_t history_builder::attribute(std::string_view name) {
    auto& s = *state_;
    const auto it = s.names.find(name);
    if (it != s.names.end()) return it->second;
    detail::require_text(name, "the name of a value");
    const auto n = static_cast<std::uint32_t>(s.name_texts.size());
    s.values.reserve(n + 1);
    s.name_texts.reserve(n + 1);
    s.names.emplace(std::string{name}, n);
    s.name_texts.emplace_back(name);
    s.values.emplace_back();
    return n;
}

LEADFUNNEL_DECL void history_builder::add_touchpoint(std::uint32_t lead, instant at,
                                                     std::uint32_t kind, stored_value amount,
                                                     std::uint32_t source_id) {
    add_touchpoints({&lead, 1}, {&at, 1}, {&kind, 1}, {&amount, 1}, {&source_id, 1});
}

LEADFUNNEL_DECL void history_builder::add_touchpoints(std::span<const std::uint32_t> leads,
                                                      std::span<const instant> at,
                                                      std::span<const std::uint32_t> kinds,
                                                      std::span<const stored_value> values,
                                                      std::span<const std::uint32_t> source_ids) {
    auto& s = *state_;
    const std::size_t n = leads.size();
    if (at.size() != n || kinds.size() != n || (!values.empty() && values.size() != n) ||
        (!source_ids.empty() && source_ids.size() != n))
        throw argument_error("columns of touchpoints differ in length");
    if (n == 0) return;
    std::uint32_t last_lead = 0;
    std::uint32_t last_kind = 0;
    std::uint32_t last_id = 0;
    instant first = at.front();
    instant last = first;
    for (std::size_t i = 0; i < n; ++i) {
        last_lead = std::max(last_lead, leads[i]);
        last_kind = std::max(last_kind, kinds[i]);
        first = std::min(first, at[i]);
        last = std::max(last, at[i]);
    }
    for (const auto id : source_ids) last_id = std::max(last_id, id);
    if (last_lead >= s.lead_ids->size() || last_kind >= s.kinds.size() ||
        last_id > s.source_ids.size())
        throw unknown_number("a lead, kind or source id was never given out");
    detail::require_instant(first);
    detail::require_instant(last);
    bool are_acceptable = true;
    for (const auto v : values) are_acceptable &= detail::is_acceptable(v);
    if (!are_acceptable) detail::refuse_value();

    s.touchpoints.add(leads, at, kinds, values, source_ids);
}

LEADFUNNEL_DECL void history_builder::set(std::uint32_t lead, std::uint32_t attribute,
                                          const value& v, instant at) {
    auto& s = *state_;
    if (lead >= s.lead_ids->size() || attribute >= s.name_texts.size())
        throw unknown_number("a lead or attribute was never given out");
    if (at != always) detail::require_instant(at);
    detail::require_kept(v);
    const std::uint32_t number = s.values[attribute].intern(v);
    s.attributes.push_back({lead, at, 0, static_cast<std::uint32_t>(s.pairs.size()), 1});
    try {
        s.pairs.push_back({attribute, number});
    } catch (...) {
        s.attributes.pop_back();
        throw;
    }
}

LEADFUNNEL_DECL std::uint32_t history_builder::attribute_value(std::uint32_t attribute,
                                                               const value& v) {
    auto& s = *state_;
    if (attribute >= s.values.size()) throw unknown_number("an attribute was never given out");
    detail::require_kept(v);
    return s.values[attribute].intern(v);
}

LEADFUNNEL_DECL void history_builder::add_attributes(std::uint32_t lead, instant at,
                                                     std::span<const attribute_number> values,
                                                     std::uint32_t source_id) {
    auto& s = *state_;
    if (at != always) detail::require_instant(at);
    if (lead >= s.lead_ids->size() || source_id > s.source_ids.size() ||
        std::any_of(values.begin(), values.end(), [&](const attribute_number& v) {
            return v.name >= s.values.size() || v.value >= s.values[v.name].size();
        }))
        throw unknown_number("a lead, attribute, value or source id was never given out");
    const auto first = static_cast<std::ptrdiff_t>(s.pairs.size());
    try {
        s.pairs.insert(s.pairs.end(), values.begin(), values.end());
        // In order of names, as the map of an event has them.
        std::sort(s.pairs.begin() + first, s.pairs.end(), [&](const auto& a, const auto& b) {
            return a.name != b.name && s.name_texts[a.name] < s.name_texts[b.name];
        });
        if (std::adjacent_find(s.pairs.begin() + first, s.pairs.end(),
                               [](const auto& a, const auto& b) { return a.name == b.name; }) !=
            s.pairs.end())
            throw argument_error("an attribute is given twice");
        s.attributes.push_back({lead, at, source_id, static_cast<std::uint32_t>(first),
                                static_cast<std::uint32_t>(values.size())});
    } catch (...) {
        s.pairs.resize(static_cast<std::size_t>(first));
        throw;
    }
}

LEADFUNNEL_DECL void history_builder::add(const event& e) {
    auto& s = *state_;
    if (const auto* t = std::get_if<touchpoint>(&e)) {
        detail::require_acceptable(*t);
        const auto row = lead(t->lead);
        const auto k = kind({t->type, t->properties, t->campaign, t->channel});
        add_touchpoint(row, t->at, k, store(t->value), source_id(t->source, t->id));
    } else if (const auto* a = std::get_if<attributes>(&e)) {
        detail::require_acceptable(*a);
        const auto row = lead(a->lead);
        const auto source = source_id(a->source, a->id);
        const auto first = s.pairs.size();
        try {
            for (const auto& [name, v] : a->values) {
                const auto n = attribute(name);
                s.pairs.push_back({n, s.values[n].intern(v)});
            }
            s.attributes.push_back({row, a->at, source, static_cast<std::uint32_t>(first),
                                    static_cast<std::uint32_t>(a->values.size())});
        } catch (...) {
            s.pairs.resize(first);
            throw;
        }
    } else if (const auto* g = std::get_if<stage_entry>(&e)) {
        detail::require_acceptable(*g);
        const auto row = lead(g->lead);
        for (const auto& [name, v] : g->sets) s.values[attribute(name)].intern(v);
        s.stages.emplace_back(row, *g);
    }
}

/// Numbers kinds in canonical order: numbers then compare as their kinds do.
inline std::vector<std::uint32_t> history_builder::state::number_kinds(histories& h) const {
    std::vector<std::uint32_t> rank(kinds.size());
    for (const auto& [k, number] : kinds) {
        rank[number] = static_cast<std::uint32_t>(h.words_.kinds.size());
        h.words_.kinds.push_back(k);
    }
    return rank;
}

/// Numbers sources in order of (id, source), as content is ordered. Number 0 has neither.
inline std::vector<std::uint32_t> history_builder::state::number_sources(histories& h) const {
    std::vector<std::uint32_t> rank(source_ids.size() + 1);
    h.source_ids_.emplace_back();
    std::vector<detail::source_and_id> order;
    for (std::size_t i = 0; i < source_ids.size(); ++i)
        order.push_back(detail::split_source_key(source_ids[i], i + 1));
    std::sort(order.begin(), order.end());
    for (const auto& [id, source, number] : order) {
        rank[number] = static_cast<std::uint32_t>(h.source_ids_.size());
        h.source_ids_.emplace_back(id, source);
    }
    return rank;
}

/// Numbers attributes in the order of their names.
inline std::vector<std::uint32_t> history_builder::state::number_names(histories& h) const {
    std::vector<std::uint32_t> rank(name_texts.size());
    std::vector<std::uint32_t> order(name_texts.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [&](auto a, auto b) { return name_texts[a] < name_texts[b]; });
    for (const auto n : order) {
        rank[n] = static_cast<std::uint32_t>(h.words_.attribute_names.size());
        h.words_.attribute_names.push_back(name_texts[n]);
    }
    return rank;
}

inline void history_builder::state::group_touchpoints(histories& h, const numbers& to) {
    std::vector<std::uint8_t> identifying;
    if (std::any_of(h.source_ids_.begin(), h.source_ids_.end(),
                    [](const auto& source) { return !source.first.empty(); }))
        for (const auto& source : h.source_ids_)
            identifying.push_back(source.first.empty() ? 0 : 1);
    detail::touchpoint_grouper grouper{to.kind, to.source, identifying};
    grouper.group(lead_ids->size(), std::exchange(touchpoints, {}));
    h.touchpoint_offsets_ = std::move(grouper.offsets);
    h.at_ = std::move(grouper.at);
    h.kind_ = std::move(grouper.kind);
    h.value_ = std::move(grouper.value);
    h.source_id_ = std::move(grouper.source_id);
    h.duplicates_ += grouper.duplicates;
}

/// Whether an attributes event precedes another of the same lead in history order.
inline bool history_builder::state::is_before(const attributes_record& a,
                                              const attributes_record& b, const numbers& to) const {
    if (a.at != b.at) return a.at < b.at;
    if (a.source_id != b.source_id) return to.source[a.source_id] < to.source[b.source_id];
    const std::uint32_t n = std::min(a.count, b.count);
    for (std::uint32_t i = 0; i < n; ++i) {
        const auto& p = pairs[a.first + i];
        const auto& q = pairs[b.first + i];
        if (p.name != q.name) return to.name[p.name] < to.name[q.name];
        if (p.value == q.value) continue;
        const auto o = compare(values[p.name].at(p.value), values[q.name].at(q.value));
        if (o != 0) return o < 0;
    }
    return a.count < b.count;
}

/// Sorts attributes events, then writes them as one row for each name.
inline void history_builder::state::group_attributes(histories& h, const numbers& to) {
    const std::size_t leads = lead_ids->size();
    detail::huge_vector<std::uint32_t> rows_of(attributes.size());
    std::transform(attributes.begin(), attributes.end(), rows_of.begin(),
                   [](const auto& r) { return r.lead; });
    const auto offsets = detail::group_offsets(leads, rows_of);
    detail::huge_vector<std::uint32_t> order(attributes.size());
    auto next = offsets;
    for (std::size_t i = 0; i < order.size(); ++i)
        order[next[rows_of[i]]++] = static_cast<std::uint32_t>(i);
    h.attribute_offsets_.resize(leads + 1);
    h.attributes_.reserve(pairs.size());
    for (std::size_t lead = 0; lead < leads; ++lead) {
        const auto begin = order.begin() + static_cast<std::ptrdiff_t>(offsets[lead]);
        const auto end = order.begin() + static_cast<std::ptrdiff_t>(offsets[lead + 1]);
        std::sort(begin, end,
                  [&](auto a, auto b) { return is_before(attributes[a], attributes[b], to); });
        boost::unordered_flat_map<std::uint32_t, bool> seen;
        for (auto it = begin; it != end; ++it) {
            const auto& r = attributes[*it];
            if (!h.source_ids_[to.source[r.source_id]].first.empty() &&
                !seen.try_emplace(r.source_id, true).second) {
                ++h.duplicates_;
                continue;
            }
            for (std::uint32_t i = 0; i < r.count; ++i) {
                const auto& p = pairs[r.first + i];
                h.attributes_.push_back({r.at, to.name[p.name], p.value});
            }
            if (r.count == 0) h.attributes_.push_back({r.at, no_name, 0});
        }
        h.attribute_offsets_[lead + 1] = h.attributes_.size();
    }
}

/// Sorts stage entries, which are few, as events.
inline void history_builder::state::group_stages(histories& h, const numbers& to) {
    if (stages.empty()) return;
    std::sort(stages.begin(), stages.end(), [](const auto& a, const auto& b) {
        if (a.first != b.first) return a.first < b.first;
        return history_order(a.second, b.second) < 0;
    });
    h.stage_offsets_.resize(lead_ids->size() + 1);
    std::map<stage_kind, std::uint32_t> kind_numbers;
    std::map<std::string, std::uint32_t, std::less<>> score_numbers;
    std::map<std::pair<std::string, std::string>, bool> seen;
    std::uint32_t seen_of = 0;
    for (auto& [lead, entry] : stages) {
        auto& g = std::get<stage_entry>(entry);
        if (lead != seen_of) {
            seen.clear();
            seen_of = lead;
        }
        if (!g.id.empty() && !seen.try_emplace({g.id, g.source}, true).second) {
            ++h.duplicates_;
            continue;
        }
        stage_record r{.at = g.at,
                       .kind = detail::number_of(kind_numbers, h.words_.stage_kinds,
                                                 stage_kind{g.funnel, g.stage, g.transition}),
                       .first_score = static_cast<std::uint32_t>(h.stage_scores_.size()),
                       .first_fact = static_cast<std::uint32_t>(h.stage_facts_.size()),
                       .score_count = static_cast<std::uint16_t>(g.scores.size()),
                       .fact_count = static_cast<std::uint16_t>(g.sets.size())};
        for (const auto& [name, v] : g.scores)
            h.stage_scores_.push_back(
                {detail::number_of(score_numbers, h.words_.recorded_scores, name), v.micros()});
        for (const auto& [name, v] : g.sets) {
            const std::uint32_t n = names.find(name)->second;
            h.stage_facts_.push_back({g.at, to.name[n], values[n].intern(v)});
        }
        ++h.stage_offsets_[lead + 1];
        h.stage_records_.push_back(r);
        h.stages_.push_back(std::move(g));
    }
    std::partial_sum(h.stage_offsets_.begin(), h.stage_offsets_.end(), h.stage_offsets_.begin());
}

LEADFUNNEL_DECL histories history_builder::build() {
    auto& s = *state_;
    histories h;
    const state::numbers to{s.number_kinds(h), s.number_sources(h), s.number_names(h)};
    s.group_touchpoints(h, to);
    s.group_attributes(h, to);
    s.group_stages(h, to);

    h.words_.attribute_values.resize(s.values.size());
    for (std::size_t n = 0; n < s.values.size(); ++n)
        h.words_.attribute_values[to.name[n]] = s.values[n].take();

    h.lead_ids_ = std::move(s.lead_ids);
    state_ = std::make_unique<state>();
    return h;
}

LEADFUNNEL_DECL std::optional<std::size_t> histories::find(std::string_view id) const {
    if (lead_ids_ == nullptr) return std::nullopt;
    const std::uint32_t lead = lead_ids_->find(id);
    if (lead == detail::text_table::none) return std::nullopt;
    return lead;
}

LEADFUNNEL_DECL touchpoint histories::touchpoint_at(std::size_t lead, std::size_t nth) const {
    const std::size_t i = touchpoint_offsets_[lead] + nth;
    const auto& k = words_.kinds[kind_[i]];
    touchpoint t{.lead = std::string{lead_id(lead)},
                 .at = at_[i],
                 .type = k.type,
                 .properties = k.properties,
                 .value = value_.empty() ? std::nullopt : load(value_[i]),
                 .campaign = k.campaign,
                 .channel = k.channel};
    if (!source_id_.empty()) std::tie(t.id, t.source) = source(source_id_[i]);
    return t;
}

LEADFUNNEL_DECL std::vector<event> histories::events(std::size_t lead) const {
    std::vector<event> out;
    for (const auto& a : attributes(lead)) {
        v0::attributes e{.lead = std::string{lead_id(lead)}, .at = a.at};
        if (a.name != no_name)
            e.values.emplace(words_.attribute_names[a.name],
                             words_.attribute_values[a.name][a.value]);
        out.emplace_back(std::move(e));
    }
    const auto n = touchpoints(lead).size();
    for (std::size_t i = 0; i < n; ++i) out.emplace_back(touchpoint_at(lead, i));
    for (const auto& g : stages(lead)) out.emplace_back(g);
    const auto at_of = [](const event& e) {
        return std::visit([](const auto& x) { return x.at; }, e);
    };
    std::stable_sort(out.begin(), out.end(), [&](const event& a, const event& b) {
        const auto x = at_of(a);
        const auto y = at_of(b);
        return x != y ? x < y : a.index() < b.index();
    });
    return out;
}

LEADFUNNEL_DECL std::size_t histories::memory() const noexcept {
    const auto bytes = [](const auto& v) { return v.capacity() * sizeof(v[0]); };
    return bytes(touchpoint_offsets_) + bytes(at_) + bytes(kind_) + bytes(value_) +
           bytes(source_id_) + bytes(attribute_offsets_) + bytes(attributes_) +
           bytes(stage_offsets_) + bytes(stages_) + bytes(stage_records_) + bytes(stage_scores_) +
           bytes(stage_facts_);
}

LEADFUNNEL_DECL histories make_histories(std::span<const event> events) {
    history_builder b;
    for (const auto& e : events) b.add(e);
    return b.build();
}

} // namespace leadfunnel::inline v0
