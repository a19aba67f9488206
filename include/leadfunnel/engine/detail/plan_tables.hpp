// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What an engine derives from its plan once: names as numbers of the vocabulary, and tables that
/// events and looks read. Not for users.

#include <leadfunnel/engine/detail/live_data.hpp>
#include <leadfunnel/engine/detail/subject_tests.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Numbers that the vocabulary has for the plan's names. The words of stage entries that
/// transitions write, and of recorded scores, are added when they are first needed.
struct plan_names {
    std::vector<std::uint32_t> all; // texts, one for each use that is counted
    std::vector<std::uint32_t> funnels;
    std::vector<std::vector<std::uint32_t>> stages;
    std::vector<std::vector<std::uint32_t>> transitions;
    std::vector<std::vector<std::uint32_t>> stage_kinds; // by funnel and transition
    std::vector<std::uint32_t> bandings;
    std::vector<std::vector<std::uint32_t>> bands;
    std::vector<std::uint32_t> scores;          // recorded scores
    std::vector<std::uint32_t> scores_in_order; // scores by name, as stage entries list them
};

/// The plan's tables, and what speaks in the plan's words: uses of words, owners and signals.
///
/// Whoever stores the number of a word counts it as used, and counts it out when it goes, so that
/// the vocabulary can forget words that belong to nobody.
class plan_tables : public live_data {
  protected:
    using live_data::live_data;

    // ---- binding

    /// Makes everything that depends on the plan. Precondition: leads and signals hold numbers of
    /// `words_`, and no lead has been looked at.
    void bind() {
        // Reading an attribute by role or id must not add words later.
        for (const auto& a : p().source.attributes) words_.attribute(a.id);
        name_all();
        count_words();
        binding_ = std::make_unique<bound_program>(p(), words_.words());
        cursor_ = std::make_unique<cursor<>>(*binding_);
        stage_places_.clear();
        generation_ = ~words_.generation();
        extend();
        settle_words();
        stage_counts_.clear();
        for (const auto& f : p().funnels) stage_counts_.emplace_back(f.stages.size());
        band_counts_.clear();
        for (const auto& b : p().bandings) band_counts_.emplace_back(b.bands.size());
        make_outcomes();
        list_watched_patterns();
        watched_rise_.clear();
        for (const auto t : p().guard_score_tests)
            watched_rise_.push_back(binding_->rises_with_inputs[p().tests[t].name]);
        for (const auto& b : p().bandings)
            watched_rise_.push_back(binding_->rises_with_inputs[b.score]);
    }
    /// Binds the kinds, values and stages that the vocabulary has added since the last call.
    void extend() {
        if (generation_ == words_.generation()) return;
        words_.each_new(
            [&](std::uint32_t n) { binding_->renew_kind(n); },
            [&](std::uint32_t name, std::uint32_t n) { binding_->renew_value(name, n); });
        binding_->extend();
        for (auto k = stage_places_.size(); k < words_.words().stage_kinds.size(); ++k)
            stage_places_.push_back(place_of_kind(words_.words().stage_kinds[k]));
        generation_ = words_.generation();
    }

    // ---- uses of words

    /// Called before the vocabulary forgets a kind.
    struct forgetting {
        bound_program* from;
        void operator()(std::uint32_t kind) const noexcept {
            if (from != nullptr) from->forget_kind(kind);
        }
    };
    [[nodiscard]] forgetting going() const noexcept { return {binding_.get()}; }

    /// For `lead_log::each_word`: counts words as used.
    struct using_words {
        vocabulary& words;
        void kind(std::uint32_t n) const noexcept { words.use_kind(n); }
        void value_of(std::uint32_t name, std::uint32_t n) const noexcept {
            words.use_value(name, n);
        }
        void source(std::uint32_t n) const noexcept { words.use_source(n); }
        void text(std::uint32_t n) const noexcept { words.use_text(n); }
    };
    /// For `lead_log::each_word`: counts uses out.
    struct unusing_words {
        plan_tables& of;
        void kind(std::uint32_t n) const noexcept { of.words_.unuse_kind(n, of.going()); }
        void value_of(std::uint32_t name, std::uint32_t n) const noexcept {
            of.words_.unuse_value(name, n);
        }
        void source(std::uint32_t n) const noexcept { of.words_.unuse_source(n); }
        void text(std::uint32_t n) const noexcept { of.words_.unuse_text(n); }
    };
    /// Forgets the words that were added since the last call and are not used.
    void settle_words() noexcept { words_.settle(generation_ == words_.generation(), going()); }
    /// Calls `settle_words` at the end of an operation that may add words, also if it throws.
    struct settling {
        plan_tables& of;
        ~settling() { of.settle_words(); }
    };

    // ---- owners

    [[nodiscard]] std::uint32_t owner_name() const noexcept {
        return binding_->name_of_attribute[p().owner];
    }
    /// Stores a lead's owner: the number of a value of the owner attribute, or 0.
    void set_owner(std::uint32_t lead, std::uint32_t owner) noexcept {
        auto& old = leads_[lead].owner;
        if (owner == old) return;
        words_.use_value(owner_name(), owner);
        words_.unuse_value(owner_name(), old);
        old = owner;
    }
    [[nodiscard]] std::uint32_t owner_text(std::uint32_t v) {
        return text(role_text(p().owner, v));
    }

    // ---- names as texts of signals

    std::uint32_t text(std::string_view s) { return words_.text(s); }
    [[nodiscard]] std::uint32_t stage_text(std::uint32_t f, std::uint32_t stage) const noexcept {
        return stage == none32 ? 0 : names_.stages[f][stage];
    }
    [[nodiscard]] std::uint32_t band_text(std::size_t banding, std::uint32_t band) const noexcept {
        return band == no_band_index ? 0 : names_.bands[banding][band];
    }
    /// A class by number: 0 for none, else 1 + row · columns + column.
    [[nodiscard]] static std::uint32_t class_number(const compiled_matrix& m, std::uint32_t row,
                                                    std::uint32_t column) noexcept {
        if (row == no_band_index || column == no_band_index) return 0;
        return 1 + row * static_cast<std::uint32_t>(m.classes.front().size()) + column;
    }
    [[nodiscard]] std::uint32_t class_text(const compiled_matrix& m, std::uint32_t number) {
        if (number == 0) return 0;
        const auto columns = static_cast<std::uint32_t>(m.classes.front().size());
        return text(m.classes[(number - 1) / columns][(number - 1) % columns]);
    }
    /// The stage kind that a transition writes.
    std::uint32_t stage_kind_of(std::uint32_t f, std::uint32_t transition, std::uint32_t stage) {
        auto& known = names_.stage_kinds[f][transition];
        if (known == none32) {
            const auto& funnel = p().source.funnels[f];
            known =
                words_.stage(funnel.id, funnel.stages[stage].id, funnel.transitions[transition].id);
        }
        return known;
    }
    /// Funnel, stage and id of an SLA.
    [[nodiscard]] std::array<std::string_view, 3> sla_id(std::uint32_t i) const {
        const auto& x = p().slas[i];
        const auto& f = p().source.funnels[x.funnel];
        return {f.id, f.stages[x.stage].id, f.stages[x.stage].slas[x.number].id};
    }

    // ---- signals

    /// Emits a signal at the clock, unless signals are off (`silent_`).
    void emit(signal_record s) {
        if (silent_) return;
        s.at = clock_;
        s.version = version_;
        const auto sequence = outbox_.next_sequence();
        if (s.lead != none32) s.earlier = leads_[s.lead].last_signal;
        outbox_.push(s, words_);
        if (s.lead != none32) leads_[s.lead].last_signal = sequence;
    }
    /// Emits a signal of a lead that names another lead.
    void emit_naming(std::uint32_t lead, std::uint32_t other, signal_kind kind) {
        emit({.lead = lead, .subject = text(leads_[other].id), .kind = kind, .named = other});
    }

    std::uint32_t version_ = 0; // text: the model's version
    std::uint32_t host_ = 0;    // text: the cause "host"
    plan_names names_;
    bool silent_ = false; // `emit` does nothing
    /// By stage kind: funnel and stage; `none32` twice if the model has no such stage.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> stage_places_;
    /// By test of a band or class: its outcome for no band, and for each band or class.
    std::vector<std::vector<std::uint8_t>> outcomes_;
    /// By funnel and stage + 1 (0 before the first stage): the patterns that transitions and SLAs
    /// of the stage react to.
    std::vector<std::vector<std::vector<std::uint32_t>>> watched_patterns_;
    /// For each score that a guard or a banding reads: whether it rises with its inputs.
    std::vector<bool> watched_rise_;

  private:
    [[nodiscard]] std::pair<std::uint32_t, std::uint32_t>
    place_of_kind(const stage_kind& kind) const noexcept {
        std::pair<std::uint32_t, std::uint32_t> at{none32, none32};
        for (std::uint32_t f = 0; f < p().source.funnels.size(); ++f) {
            if (p().source.funnels[f].id != kind.funnel) continue;
            const auto& stages = p().source.funnels[f].stages;
            for (std::uint32_t s = 0; s < stages.size(); ++s)
                if (stages[s].id == kind.stage) at = {f, s};
        }
        return at;
    }
    /// Counts all uses from zero, and forgets words that nobody uses. The plan must not be bound to
    /// the words yet.
    void count_words() noexcept {
        words_.unuse_all();
        for (const auto n : names_.all) words_.use_text(n);
        const auto owner =
            p().owner == none32 ? no_name : words_.attribute_number(p().source.roles.owner);
        for (const auto& r : leads_) {
            r.own.each_word(using_words{words_});
            if (r.owner != 0) words_.use_value(owner, r.owner);
        }
        outbox_.use_words(words_);
        words_.forget_unused();
    }
    /// Adds the plan's names to the vocabulary. They stay used as long as the plan is.
    void name_all() {
        plan_names n;
        const auto& m = p().source;
        const auto name = [&](std::string_view s) {
            n.all.push_back(words_.text(s));
            return n.all.back();
        };
        const auto names_of = [&](const auto& all) {
            std::vector<std::uint32_t> numbers;
            for (const auto& x : all) numbers.push_back(name(x.id));
            return numbers;
        };
        const auto unknown = [](std::size_t count) {
            return std::vector<std::uint32_t>(count, none32);
        };
        host_ = name("host");
        version_ = name(m.version);
        for (const char* cause : {"touchpoint", "timer", "condition", "person"}) name(cause);
        name(m.roles.owner);
        n.funnels = names_of(m.funnels);
        for (const auto& f : m.funnels) {
            n.stages.push_back(names_of(f.stages));
            for (const auto& s : f.stages) names_of(s.slas);
            n.transitions.push_back(names_of(f.transitions));
            n.stage_kinds.push_back(unknown(f.transitions.size()));
        }
        n.bandings = names_of(m.bandings);
        for (const auto& b : m.bandings) n.bands.push_back(names_of(b.bands));
        names_of(m.alerts);
        names_of(m.matrices);
        for (const auto& x : p().matrices)
            for (const auto& row : x.classes)
                for (const auto& c : row) name(c);
        n.scores = unknown(p().scores.size());
        n.scores_in_order = n.scores;
        for (std::uint32_t i = 0; i < n.scores.size(); ++i) n.scores_in_order[i] = i;
        std::sort(
            n.scores_in_order.begin(), n.scores_in_order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return p().scores[a].id < p().scores[b].id; });
        names_ = std::move(n);
    }

    void make_outcomes() {
        outcomes_.assign(p().tests.size(), {});
        for (std::size_t i = 0; i < p().tests.size(); ++i) {
            const auto& t = p().tests[i];
            const auto add = [&](const value& v) {
                outcomes_[i].push_back(test_holds(t, v) ? 1 : 0);
            };
            if (t.source.of == subject::band) {
                add(value{});
                for (std::uint32_t b = 0; b < p().bandings[t.name].bands.size(); ++b)
                    add(band_value(p(), t.name, b));
            } else if (t.source.of == subject::matrix_class) {
                const auto& m = p().matrices[t.name];
                add(value{});
                for (std::uint32_t row = 0; row < m.classes.size(); ++row)
                    for (std::uint32_t column = 0; column < m.classes[row].size(); ++column)
                        add(class_value(m, row, column));
            }
        }
    }
    void list_watched_patterns() {
        watched_patterns_.clear();
        for (const auto& f : p().funnels) {
            auto& by_stage = watched_patterns_.emplace_back();
            const auto add = [&](std::uint32_t pattern) {
                if (pattern != none32) by_stage.back().push_back(pattern);
            };
            const auto add_stage = [&](const std::vector<std::uint32_t>& transitions) {
                by_stage.emplace_back();
                for (const auto n : transitions) {
                    add(f.transitions[n].on);
                    add(f.transitions[n].after.on);
                }
            };
            add_stage(f.entering);
            for (const auto& s : f.stages) {
                add_stage(s.leaving);
                for (const auto n : s.slas) {
                    add(p().slas[n].met_by);
                    add(p().slas[n].due.on);
                }
            }
        }
    }

    std::uint64_t generation_ = 0; // of the vocabulary, when it was last bound
};

} // namespace leadfunnel::inline v0::detail
