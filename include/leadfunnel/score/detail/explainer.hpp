// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Explanations, made from the same walk as scores. Not for users.

#include <leadfunnel/score/detail/evaluation_walk.hpp>
#include <leadfunnel/score/explanation.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace leadfunnel::inline v0 {

namespace detail {

/// An observer of a cursor that stores every award and refusal.
struct award_log {
    struct entry {
        candidate what;
        std::int64_t effect = 0;
        award_fate fate = award_fate::counted;
        std::uint32_t by = none32; ///< the reset or freeze
    };
    const program* p = nullptr;
    std::vector<entry> entries{};
    // The first entry that the next reset of a score, or the next end of a rule's idle time, can
    // still change.
    std::vector<std::size_t> reset_from{}; ///< by score
    std::vector<std::size_t> ended_from{}; ///< by rule

    [[nodiscard]] static award_fate fate_of(refusal why) noexcept {
        switch (why) {
        case refusal::condition:
            return award_fate::refused_condition;
        case refusal::freeze:
            return award_fate::refused_freeze;
        case refusal::cooldown:
            return award_fate::refused_cooldown;
        case refusal::limit:
            return award_fate::refused_limit;
        }
        return award_fate::refused_condition;
    }
    void award(const candidate& c, std::int64_t effect) { entries.push_back({c, effect}); }
    void refuse(const candidate& c, refusal why, std::uint32_t by) {
        entries.push_back({c, 0, fate_of(why), by});
    }
    void reset(std::uint32_t reset, std::uint32_t score) {
        if (reset_from.empty()) reset_from.resize(p->scores.size());
        for (auto i = std::exchange(reset_from[score], entries.size()); i < entries.size(); ++i) {
            auto& e = entries[i];
            const auto& r = p->rules[e.what.rule];
            if (r.score == score && !r.while_idle && e.fate == award_fate::counted) {
                e.fate = award_fate::voided;
                e.by = reset;
            }
        }
    }
    void end_idle(std::uint32_t rule) {
        if (ended_from.empty()) ended_from.resize(p->rules.size());
        for (auto i = std::exchange(ended_from[rule], entries.size()); i < entries.size(); ++i) {
            auto& e = entries[i];
            if (e.what.rule == rule && e.fate == award_fate::counted) e.fate = award_fate::ended;
        }
    }
};

/// Explains a lead's scores at an instant. `touchpoint_at(i)` returns the lead's i-th touchpoint.
/// The program and `beats`, which reports progress, must outlive the explainer.
template<class TouchpointAt>
class explainer {
  public:
    explainer(const bound_program& b, std::string_view lead, const lead_view& history,
              std::int64_t at, TouchpointAt touchpoint_at, pulse* beats)
        : p_(b.p), cursor_(b, award_log{&b.p}), lead_(lead), at_(at),
          touchpoint_at_(std::move(touchpoint_at)) {
        cursor_.heed(beats);
        cursor_.seek(history, cursor<award_log>::mode::everything);
        cursor_.advance(at);
        readings_ = cursor_.evaluate();
        awards_.resize(p_.base_scores);
        const auto& entries = cursor_.observer().entries;
        for (std::size_t i = 0; i < entries.size(); ++i)
            awards_[p_.rules[entries[i].what.rule].score].push_back(i);
    }

    /// Explains a score and its inputs. Each score is explained once, where it is first named.
    /// O(lines + terms of the formulas).
    explanation explain(std::uint32_t score) {
        under_.assign(p_.scores.size(), none32);
        under_[score] = score;
        return explain_one(score);
    }

  private:
    explanation explain_one(std::uint32_t score) {
        const auto& r = readings_[score];
        explanation e{.lead = std::string{lead_},
                      .score = p_.scores[score].id,
                      .at = instant{duration{at_}},
                      .total = points::from_micros(r.value),
                      .saturated = r.saturated};
        if (r.excluded_by != none32) e.excluded_by = p_.source.exclusions[r.excluded_by].id;
        if (p_.scores[score].derived)
            explain_derived(score, e);
        else
            explain_base(score, e);
        return e;
    }

    [[nodiscard]] explanation_line line_of(const compiled_rule& r, line_kind kind) const {
        explanation_line l{.kind = kind, .group = p_.slots[r.slot].group};
        std::visit(
            [&](const auto& x) {
                l.name = x.id;
                l.description = x.description;
            },
            p_.source.rules[r.index]);
        return l;
    }

    /// Adds a line for the difference that a step of the computation makes, unless it is 0.
    static void add_step(explanation& e, line_kind kind, const std::string& name, wide difference) {
        // Before saturation a difference may need more than 64 bits: then it takes several lines,
        // but fewer than there are awards or terms.
        while (difference != 0) {
            const points part = points::from_micros(difference);
            e.lines.push_back({.kind = kind, .name = name, .now = part});
            difference -= part.micros();
        }
    }

    void explain_base(std::uint32_t s, explanation& e) {
        const auto& score = p_.scores[s];
        std::vector<wide> sums(score.slot_count);
        const auto contribute = [&](explanation_line l, const compiled_rule& r, std::int64_t now) {
            l.now = points::from_micros(now);
            sums[r.slot - score.first_slot] += now;
            e.lines.push_back(std::move(l));
        };
        if (score.running) {
            const wide start = clamp_wide(0, score.min, score.max);
            add_step(e, line_kind::start, score.id, start);
            sums[0] += start;
        }
        for (const auto i : awards_[s]) {
            const auto& a = cursor_.observer().entries[i];
            const auto& r = p_.rules[a.what.rule];
            cursor_.step(32);
            auto l = line_of(r, line_kind::award);
            if (a.what.touchpoint != none32) l.cause = touchpoint_at_(a.what.touchpoint);
            l.at = instant{duration{a.what.at}};
            l.awarded = points::from_micros(a.what.points);
            l.fate = a.fate;
            if (a.by != none32)
                l.reason =
                    a.fate == award_fate::voided ? p_.resets[a.by].id : p_.source.freezes[a.by].id;
            std::int64_t now = 0;
            if (a.fate == award_fate::counted) {
                const factor f = p_.decays[r.decay].at(duration{at_ - a.what.at});
                now = scaled(a.effect, f);
                if (f == 0) l.fate = award_fate::expired;
            }
            contribute(std::move(l), r, now);
        }
        for (const auto i : score.state_rules) {
            const std::int64_t now = cursor_.state_points(i);
            if (now == 0) continue;
            auto l = line_of(p_.rules[i], line_kind::state);
            l.awarded = points::from_micros(now);
            contribute(std::move(l), p_.rules[i], now);
        }
        wide total = 0;
        for (std::uint32_t k = 0; k < score.slot_count; ++k) {
            const auto& slot = p_.slots[score.first_slot + k];
            const wide clamped = clamp_wide(sums[k], slot.min, slot.max);
            add_step(e, line_kind::group_clamp, slot.group, clamped - sums[k]);
            total += clamped;
        }
        finish(score, total, e);
    }

    void explain_derived(std::uint32_t s, explanation& e) {
        const auto& score = p_.scores[s];
        const auto& from = p_.source.derived[score.model_index].from;
        const auto* sum = std::get_if<weighted_sum>(&from);
        wide total = cursor_.raw_derived(s);
        wide shown = 0;
        for (const auto& [input, weight] : score.terms) {
            explanation_line l{.kind = line_kind::input, .name = p_.scores[input].id};
            const auto v = readings_[input].value;
            l.awarded = points::from_micros(v);
            if (sum != nullptr) {
                l.now = points::from_micros(weighted(weight, v));
                shown += l.now.micros();
            }
            const bool is_first = under_[input] == none32;
            if (is_first)
                under_[input] = s;
            else
                l.reason = p_.scores[under_[input]].id;
            e.lines.push_back(std::move(l));
            if (is_first) e.inputs.push_back(explain_one(input));
        }
        if (sum != nullptr) {
            add_step(e, line_kind::constant, score.id, sum->plus.micros());
            shown += sum->plus.micros();
        } else {
            add_step(e, line_kind::computed, score.id, total);
            shown = total;
        }
        if (shown != total) {
            // A product may leave the range of points. Its line then shows the end of the range,
            // and this line corrects the sum.
            const std::int64_t within = points::from_micros(total).micros();
            add_step(e, line_kind::saturation, score.id, within - shown);
            total = within;
        }
        finish(score, total, e);
    }

    void finish(const compiled_score& score, wide total, explanation& e) {
        const wide clamped = clamp_wide(total, score.min, score.max);
        add_step(e, line_kind::score_clamp, score.id, clamped - total);
        add_step(e, line_kind::saturation, score.id, e.total.micros() - clamped);
    }

    const program& p_;
    cursor<award_log> cursor_;
    std::string_view lead_;
    std::int64_t at_;
    TouchpointAt touchpoint_at_;
    std::vector<reading> readings_;
    std::vector<std::vector<std::size_t>> awards_; // by score: entries of the log
    std::vector<std::uint32_t> under_; // by score: the score under which it is explained
};

} // namespace detail

} // namespace leadfunnel::inline v0
