// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/check.hpp>
#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/plan/impl/check_repeats.ipp>
#include <leadfunnel/plan/impl/regex.ipp>
#include <leadfunnel/plan/plan.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <tuple>

namespace leadfunnel::inline v0 {

namespace detail {

[[nodiscard]] inline bool holds_order(op how, std::partial_ordering o) noexcept {
    switch (how) {
    case op::equals:
        return o == 0;
    case op::not_equals:
        return o != 0;
    case op::less:
        return o < 0;
    case op::at_most:
        return o <= 0;
    case op::greater:
        return o > 0;
    case op::at_least:
        return o >= 0;
    default:
        return false;
    }
}

/// What a test looks at, of a text: the part asked for, folded unless exact. Nothing: missing.
[[nodiscard]] inline std::optional<std::string> prepared_text(const test& t,
                                                              std::string_view text) {
    switch (t.take) {
    case part::domain:
    case part::local_part:
        if (text.find('@') == std::string_view::npos) return std::nullopt;
        text = t.take == part::domain ? email_domain(text) : email_local_part(text);
        break;
    case part::normal:
        return normal_company_name(text);
    default:
        break;
    }
    return t.exact ? std::string{text} : fold(text);
}

/// Whether a value is one of those of an `in`. O(log n).
[[nodiscard]] inline bool is_one_of(const compiled_test& t, const value& v) {
    return std::binary_search(t.several.begin(), t.several.end(), v,
                              [](const value& a, const value& b) { return compare(a, b) < 0; });
}
[[nodiscard]] inline bool is_in_list(const compiled_test& t, const std::string& text) {
    return std::binary_search(t.list->begin(), t.list->end(), text);
}

[[nodiscard]] inline bool text_holds(const compiled_test& t, const std::string& text) {
    switch (t.source.how) {
    case op::in: {
        const wiped<value> one{value{text}};
        return is_one_of(t, *one);
    }
    case op::in_list:
        return is_in_list(t, text);
    case op::regex:
        return re2::RE2::PartialMatch(text, *t.regex);
    default:
        break;
    }
    // Data may hold a text where the model declares, and so compares with, another type.
    const auto* literal = std::get_if<std::string>(&t.literal);
    if (literal == nullptr) return false;
    switch (t.source.how) {
    case op::equals:
        return text == *literal;
    case op::not_equals:
        return text != *literal;
    case op::contains:
        return text.find(*literal) != std::string::npos;
    case op::prefix:
        return text.starts_with(*literal);
    case op::suffix:
        return text.ends_with(*literal);
    case op::glob:
        return glob_matches(*literal, text);
    default:
        return false;
    }
}

[[nodiscard]] inline bool set_holds(const compiled_test& t, const text_set& members) {
    if (t.source.how != op::in_list && t.source.how != op::contains) return false;
    return std::any_of(members.begin(), members.end(), [&](const std::string& m) {
        const wiped<std::string> text = t.source.exact ? m : fold(m);
        return t.source.how == op::in_list ? is_in_list(t, *text)
                                           : *text == std::get<std::string>(t.literal);
    });
}

LEADFUNNEL_DECL bool test_holds(const compiled_test& t, const value& held) {
    wiped<std::optional<std::string>> text;
    const auto* as_held = std::get_if<std::string>(&held);
    if (as_held != nullptr) text = prepared_text(t.source, *as_held);
    const bool exists = as_held != nullptr ? text->has_value() : is_set(held);
    if (t.source.how == op::exists) return std::get<bool>(t.literal) == exists;
    if (!exists) return false;
    if (as_held != nullptr) return text_holds(t, **text);
    if (const auto* members = std::get_if<text_set>(&held)) return set_holds(t, *members);
    if (t.source.how == op::in) return is_one_of(t, held);
    if (t.literal.index() != held.index()) return false;
    return holds_order(t.source.how, compare(held, t.literal));
}

LEADFUNNEL_DECL bool age_holds(const compiled_test& t, const value& held,
                               std::int64_t now) noexcept {
    const auto* at = std::get_if<instant>(&held);
    if (t.source.how == op::exists)
        return (at != nullptr) == *std::get_if<bool>(&t.literal); // as `check` makes sure
    if (at == nullptr) return false;
    const wide age = static_cast<wide>(now) - at->time_since_epoch().count();
    const wide period = t.source.period.count();
    return holds_order(t.source.how, age < period   ? std::partial_ordering::less
                                     : age > period ? std::partial_ordering::greater
                                                    : std::partial_ordering::equivalent);
}

/// Builds a program from a model in which `check` found no error.
class compiler {
  public:
    explicit compiler(const model& m)
        : m_(m), list_of_(m.lists), calendar_of_(m.calendars), alert_of_(m.alerts),
          banding_of_(m.bandings), matrix_of_(m.matrices), funnel_of_(m.funnels) {}

    std::shared_ptr<const program> run(std::vector<issue> warnings) {
        p_.warnings = std::move(warnings);
        p_.source = m_;
        p_.zone = time_zone::find(m_.time_zone).value_or(time_zone{});
        p_.grid = m_.decay_grid.count();
        p_.nodes.emplace_back();
        p_.decays.emplace_back();
        for (std::size_t i = 0; i < m_.attributes.size(); ++i)
            p_.attribute_of_id.try_emplace(m_.attributes[i].id, number(i));
        scores();
        for (std::size_t i = 0; i < m_.rules.size(); ++i)
            std::visit([&](const auto& r) { rule(r, i); }, m_.rules[i]);
        derived();
        for (const auto& r : m_.resets) {
            compiled_reset c{.id = r.id, .funnel = r.funnel, .stage = r.stage};
            if (r.on) c.on = pattern(*r.on);
            keep(std::move(c), r.scores);
        }
        watched_ = true;
        for (const auto& x : m_.exclusions) p_.exclusions.push_back(ban(x));
        watched_ = false;
        for (const auto& x : m_.freezes) {
            p_.freezes.push_back(ban(x));
            if (x.scores.empty()) is_all_frozen_ = true;
            for (const auto& n : x.scores) p_.scores[score_of_.at(n)].is_frozen = true;
        }
        bandings();
        funnels();
        for (auto& s : p_.scores) {
            s.is_frozen = s.is_frozen || is_all_frozen_;
            s.is_reset = s.is_reset || (all_scores_ != nullptr && !s.derived);
        }
        return std::make_shared<const program>(std::move(p_));
    }

  private:
    /// The index of each element by its id.
    class index_by_id {
      public:
        template<class All>
        explicit index_by_id(const All& all) {
            for (std::size_t i = 0; i < all.size(); ++i) of_.try_emplace(all[i].id, number(i));
        }
        /// None if there is none.
        [[nodiscard]] std::uint32_t operator()(std::string_view id) const {
            const auto known = of_.find(id);
            return known == of_.end() ? none32 : known->second;
        }

      private:
        std::map<std::string_view, std::uint32_t> of_;
    };

    void scores() {
        for (std::size_t i = 0; i < m_.scores.size(); ++i) {
            const auto& s = m_.scores[i];
            compiled_score c;
            c.id = s.id;
            bounds(c, s);
            c.running = s.clamp == clamping::running;
            c.model_index = number(i);
            c.first_slot = number(p_.slots.size());
            c.slot_count = number(s.groups.size() + 1);
            compiled_slot ungrouped;
            ungrouped.score = number(i);
            slot_of_[{s.id, ""}] = number(p_.slots.size());
            p_.slots.push_back(ungrouped);
            for (const auto& g : s.groups) {
                compiled_slot slot;
                slot.score = number(i);
                slot.group = g.id;
                bounds(slot, g);
                slot_of_[{s.id, g.id}] = number(p_.slots.size());
                p_.slots.push_back(std::move(slot));
            }
            score_of_[s.id] = number(i);
            p_.scores.push_back(std::move(c));
        }
        p_.base_scores = p_.scores.size();
        for (std::size_t i = 0; i < m_.derived.size(); ++i) {
            const auto& d = m_.derived[i];
            compiled_score c;
            c.id = d.id;
            bounds(c, d);
            c.derived = true;
            c.model_index = number(i);
            score_of_[d.id] = number(p_.scores.size());
            p_.scores.push_back(std::move(c));
        }
    }

    template<class To, class From>
    static void bounds(To& to, const From& from) {
        if (from.min) to.min = from.min->micros();
        if (from.max) to.max = from.max->micros();
        to.clamped = from.min || from.max;
    }

    void derived() {
        for (std::size_t i = 0; i < m_.derived.size(); ++i) {
            auto& c = p_.scores[p_.base_scores + i];
            const auto term = [&](const std::string& s, decimal w = 1) {
                c.terms.emplace_back(score_of_.at(s), w);
            };
            std::visit(
                [&](const auto& f) {
                    using F = std::decay_t<decltype(f)>;
                    if constexpr (std::is_same_v<F, weighted_sum>) {
                        for (const auto& t : f.terms) term(t.score, t.weight);
                    } else if constexpr (std::is_same_v<F, minimum_of> ||
                                         std::is_same_v<F, maximum_of>) {
                        for (const auto& s : f.scores) term(s);
                    } else {
                        term(f.score);
                    }
                },
                m_.derived[i].from);
        }
        std::vector<char> done(p_.scores.size());
        for (std::size_t i = p_.base_scores; i < p_.scores.size(); ++i) order(number(i), done);
    }

    // Depth first, without recursion: chains of derived scores may be long.
    void order(std::uint32_t root, std::vector<char>& done) {
        std::vector<std::pair<std::uint32_t, std::size_t>> stack{{root, 0}};
        while (!stack.empty()) {
            auto& [score, next] = stack.back();
            const auto& terms = p_.scores[score].terms;
            if (done[score] != 0 || score < p_.base_scores) {
                stack.pop_back();
            } else if (next < terms.size()) {
                const auto input = terms[next++].first;
                stack.emplace_back(input, 0);
            } else {
                done[score] = 1;
                p_.evaluation_order.push_back(score);
                stack.pop_back();
            }
        }
    }

    template<class R>
    compiled_rule common(const R& r, std::size_t index, rule_kind kind) {
        compiled_rule c;
        c.kind = kind;
        c.index = number(index);
        c.score = score_of_.at(r.score);
        c.slot = slot_of_.at({r.score, r.group});
        if constexpr (requires { r.points; }) c.points = r.points.micros();
        watched_ = kind == rule_kind::attribute || kind == rule_kind::frequency ||
                   kind == rule_kind::recency;
        c.when = node(r.when);
        watched_ = false;
        if constexpr (requires { r.limits; }) {
            c.first_limit = number(p_.limits.size());
            c.limit_count = number(r.limits.size());
            for (const auto& l : r.limits) p_.limits.push_back(limit(l));
            c.cooldown = r.cooldown ? r.cooldown->count() : 0;
            if (!std::holds_alternative<no_decay>(r.decay)) {
                checking::canonical_text said;
                said.put(r.decay);
                const auto [known, is_new] =
                    decay_of_.try_emplace(std::move(said.text), number(p_.decays.size()));
                if (is_new) p_.decays.emplace_back(r.decay);
                c.decay = known->second;
            }
        }
        return c;
    }
    void keep(compiled_rule c, const std::string& id) {
        const bool state = c.kind == rule_kind::attribute || c.kind == rule_kind::frequency ||
                           c.kind == rule_kind::recency;
        if (state) p_.scores[c.score].state_rules.push_back(number(p_.rules.size()));
        p_.rules.push_back(std::move(c));
        p_.rule_ids.push_back(id);
    }

    void rule(const attribute_rule& r, std::size_t i) {
        keep(common(r, i, rule_kind::attribute), r.id);
    }
    void rule(const frequency& r, std::size_t i) {
        auto c = common(r, i, rule_kind::frequency);
        c.on = pattern(r.on);
        c.measure = r.measure;
        if (r.measure == frequency_measure::distinct) c.distinct = distinct(r.property);
        c.at_least = r.at_least.micros();
        c.window = r.window ? r.window->count() : 0;
        keep(std::move(c), r.id);
    }
    void rule(const recency& r, std::size_t i) {
        auto c = common(r, i, rule_kind::recency);
        c.on = pattern(r.on);
        for (const auto& b : r.bins) c.bins.emplace_back(b.within.count(), b.points.micros());
        c.otherwise = r.otherwise.micros();
        c.if_never = r.if_never.micros();
        keep(std::move(c), r.id);
    }
    void rule(const occurrence& r, std::size_t i) {
        auto c = common(r, i, rule_kind::occurrence);
        c.on = pattern(r.on);
        c.by_value = r.per_value.has_value();
        c.per_value = r.per_value.value_or(0);
        if (r.min_points) c.min_points = r.min_points->micros();
        if (r.max_points) c.max_points = r.max_points->micros();
        keep(std::move(c), r.id);
    }
    void rule(const sequence& r, std::size_t i) {
        auto c = common(r, i, rule_kind::sequence);
        for (const auto& s : r.steps) c.steps.push_back(pattern(s));
        c.within = r.within.count();
        c.strict = r.strict;
        if (r.strict) c.scope = pattern(r.scope);
        keep(std::move(c), r.id);
    }
    void rule(const return_rule& r, std::size_t i) {
        auto c = common(r, i, rule_kind::returning);
        c.on = pattern(r.on);
        c.after = r.after.count();
        c.scope = pattern(r.silence_of);
        keep(std::move(c), r.id);
    }
    void rule(const inactivity& r, std::size_t i) {
        auto c = common(r, i, rule_kind::inactivity);
        c.on = pattern(r.on);
        c.after = r.after.count();
        c.every = r.every ? r.every->count() : 0;
        c.times = r.times;
        c.while_idle = r.while_idle;
        keep(std::move(c), r.id);
    }

    compiled_limit limit(const v0::limit& l) {
        compiled_limit c;
        if (l.at_most) c.at_most = *l.at_most;
        if (l.at_most_points) {
            c.counts_points = true;
            c.at_most_points = l.at_most_points->micros();
        }
        if (l.rolling) {
            c.per = compiled_limit::period::rolling;
            c.rolling = l.rolling->count();
        } else if (l.calendar) {
            c.per = compiled_limit::period::calendar;
            c.unit = *l.calendar;
        }
        if (!l.per_distinct.empty()) c.distinct = distinct(l.per_distinct);
        return c;
    }

    std::uint32_t distinct(const std::string& property) {
        return index_in(p_.distinct_properties, distinct_of_, property);
    }

    std::uint32_t pattern(const v0::pattern& x) {
        compiled_pattern c;
        c.types = x.types;
        c.where = node(x.where);
        c.bounded = x.value_at_least || x.value_below;
        if (x.value_at_least) c.value_at_least = x.value_at_least->micros();
        if (x.value_below) c.value_below = x.value_below->micros();
        p_.patterns.push_back(std::move(c));
        return number(p_.patterns.size() - 1);
    }

    std::uint32_t node(const condition& c) {
        if (c.is == condition::kind::none) return 0;
        condition_node n;
        n.is = c.is;
        if (c.is == condition::kind::test) {
            n.test = number(p_.tests.size());
            p_.tests.push_back(compiled(c.check));
            if (c.check.take == part::age) {
                if (watched_) p_.age_tests.push_back(n.test);
                if (guards_) p_.guard_age_tests.push_back(n.test);
            }
            if (c.check.of == subject::score) p_.guard_score_tests.push_back(n.test);
            if (c.check.of == subject::time_in_stage) p_.guard_stage_time_tests.push_back(n.test);
        }
        for (const auto& part : c.of) n.of.push_back(node(part));
        p_.nodes.push_back(std::move(n));
        return number(p_.nodes.size() - 1);
    }

    static value prepared(const test& t, const value& v) {
        const auto* text = std::get_if<std::string>(&v);
        return text == nullptr ? v : value{prepared(t, t.how, *text)};
    }
    static std::string prepared(const test& t, op how, const std::string& text) {
        const bool whole = how == op::equals || how == op::not_equals || how == op::in;
        if (t.take == part::normal && whole) return normal_company_name(text);
        return t.exact ? text : fold(text);
    }

    /// The index of an element in a vector, at whose end it is put if it is new.
    template<class T>
    static std::uint32_t index_in(std::vector<T>& all, std::map<T, std::uint32_t>& known,
                                  T wanted) {
        const auto [place, is_new] = known.try_emplace(std::move(wanted), number(all.size()));
        if (is_new) all.push_back(place->first);
        return place->second;
    }

    /// The members of a list as a test compares with them: made once for each way to read it.
    std::shared_ptr<const std::vector<std::string>> members(const test& t) {
        const std::uint32_t list = list_of_(std::get<std::string>(t.literal));
        auto& made = members_of_[{list, t.take == part::normal, t.exact}];
        if (made != nullptr) return made;
        std::vector<std::string> texts;
        texts.reserve(m_.lists[list].members.size());
        for (const auto& m : m_.lists[list].members)
            texts.push_back(prepared(t, op::equals, m)); // as one compares wholes
        std::sort(texts.begin(), texts.end());
        texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
        return made = std::make_shared<const std::vector<std::string>>(std::move(texts));
    }

    compiled_test compiled(const test& t) {
        compiled_test c;
        c.source = {.of = t.of,
                    .name = t.name,
                    .stage = t.stage,
                    .score = t.score,
                    .take = t.take,
                    .how = t.how,
                    .literal = t.literal,
                    .period = t.period,
                    .exact = t.exact};
        c.literal = t.how == op::regex ? t.literal : prepared(t, t.literal);
        c.several.reserve(t.several.size());
        for (const auto& v : t.several) c.several.push_back(prepared(t, v));
        if (t.how == op::in_list) c.list = members(t);
        if (t.how == op::regex) {
            auto& made = regex_of_[{std::get<std::string>(t.literal), t.exact}];
            if (made == nullptr) made = make_regex(std::get<std::string>(t.literal), t.exact);
            c.regex = made;
        }
        switch (t.of) {
        case subject::attribute:
            c.name = attribute(t.name);
            break;
        case subject::property:
            break;
        case subject::current_stage:
            c.name = index_in(p_.current_stages, current_of_, t.name);
            break;
        case subject::times_entered:
            c.name = index_in(p_.counters, counter_of_, std::pair{t.name, t.stage});
            break;
        case subject::score_at_entry: {
            const auto [known, is_new] = entry_score_of_.try_emplace(
                std::tuple{t.name, t.stage, t.score}, number(p_.entry_scores.size()));
            if (is_new) p_.entry_scores.push_back({t.name, t.stage, t.score});
            c.name = known->second;
            in_micros(c);
            break;
        }
        case subject::score:
            c.name = score_of_.at(t.name);
            in_micros(c);
            break;
        case subject::band:
            c.name = banding_of_(t.name);
            break;
        case subject::matrix_class:
            c.name = matrix_of_(t.name);
            break;
        case subject::time_in_stage:
            c.name = funnel_of_(t.name);
            break;
        }
        std::sort(c.several.begin(), c.several.end(),
                  [](const value& a, const value& b) { return compare(a, b) < 0; });
        return c;
    }

    /// Scores are decimals: what they are compared with, too.
    static void in_micros(compiled_test& c) {
        const auto convert = [](value& v) {
            if (const auto* n = std::get_if<double>(&v))
                v = static_cast<double>(decimal{*n}.micros());
        };
        convert(c.literal);
        for (auto& v : c.several) convert(v);
    }

    [[nodiscard]] std::uint32_t attribute(std::string_view id) const {
        const auto known = p_.attribute_of_id.find(id);
        return known == p_.attribute_of_id.end() ? none32 : known->second;
    }

    /// Keeps a reset of the scores named; none named: of all that are not derived.
    void keep(compiled_reset c, const std::vector<std::string>& names) {
        if (names.empty()) {
            if (all_scores_ == nullptr) {
                std::vector<std::uint32_t> all(p_.base_scores);
                std::iota(all.begin(), all.end(), 0U);
                all_scores_ = std::make_shared<const std::vector<std::uint32_t>>(std::move(all));
            }
            c.scores = all_scores_;
        } else {
            std::vector<std::uint32_t> some;
            for (const auto& n : names) some.push_back(score_of_.at(n));
            for (const auto s : some) p_.scores[s].is_reset = true;
            c.scores = std::make_shared<const std::vector<std::uint32_t>>(std::move(some));
        }
        p_.resets.push_back(std::move(c));
    }

    template<class T>
    compiled_ban ban(const T& x) {
        compiled_ban b;
        b.when = node(x.when);
        if (x.scores.empty()) {
            if (bans_all_ == nullptr)
                bans_all_ = std::make_shared<const std::vector<bool>>(p_.scores.size(), true);
            b.scores = bans_all_;
        } else {
            std::vector<bool> some(p_.scores.size());
            for (const auto& n : x.scores) some[score_of_.at(n)] = true;
            b.scores = std::make_shared<const std::vector<bool>>(std::move(some));
        }
        return b;
    }

    void bandings() {
        for (const auto& b : m_.bandings) {
            compiled_banding c;
            c.score = score_of_.at(b.score);
            c.dwell = b.min_dwell ? b.min_dwell->count() : 0;
            c.remembers = c.dwell != 0;
            for (const auto& x : b.bands) {
                compiled_band band;
                if (x.enter) band.enter = x.enter->micros();
                band.leave = x.leave ? x.leave->micros() : band.enter;
                c.remembers = c.remembers || band.leave != band.enter;
                c.bands.push_back(band);
            }
            p_.bandings.push_back(std::move(c));
        }
        for (const auto& x : m_.matrices) {
            compiled_matrix c{banding_of_(x.rows), banding_of_(x.columns), x.classes};
            if (c.classes.empty()) {
                for (const auto& r : m_.bandings[c.rows].bands) {
                    auto& row = c.classes.emplace_back();
                    for (const auto& col : m_.bandings[c.columns].bands)
                        row.push_back(r.id + col.id);
                }
            }
            p_.matrices.push_back(std::move(c));
        }
    }

    // ---- funnels

    void funnels() {
        p_.owner = attribute(m_.roles.owner);
        p_.email = attribute(m_.roles.email);
        p_.account = attribute(m_.roles.account);
        for (const auto& c : m_.calendars) {
            for (const auto& owner : c.owners)
                p_.calendar_of_owner.emplace(owner, number(p_.calendars.size()));
            p_.calendars.emplace_back(c, p_.zone);
        }
        const auto first_pattern = p_.patterns.size();
        guards_ = true;
        for (const auto& a : m_.alerts) {
            compiled_alert c;
            c.when = node(a.when);
            c.rearms = a.rearm.is != condition::kind::none;
            c.rearm = node(a.rearm);
            c.cooldown = a.cooldown ? a.cooldown->count() : 0;
            if (!a.explain.empty()) c.explain = score_of_.at(a.explain);
            p_.alerts.push_back(c);
        }
        for (const auto& f : m_.funnels) p_.funnels.push_back(compiled(f));
        guards_ = false;
        for (auto i = first_pattern; i < p_.patterns.size(); ++i)
            p_.guard_patterns.push_back(number(i));
    }

    compiled_funnel compiled(const funnel& f) {
        compiled_funnel c;
        c.stages.resize(f.stages.size());
        for (std::size_t s = 0; s < f.stages.size(); ++s) {
            for (const auto& x : f.stages[s].slas) {
                compiled_sla sla{.funnel = number(p_.funnels.size()),
                                 .stage = number(s),
                                 .number = number(c.stages[s].slas.size()),
                                 .due = compiled(x.due)};
                if (x.warn_before) sla.warn_before = x.warn_before->count();
                if (x.met_by) sla.met_by = pattern(*x.met_by);
                c.stages[s].slas.push_back(number(p_.slas.size()));
                p_.slas.push_back(sla);
            }
        }
        const index_by_id stage_of{f.stages};
        for (const auto& t : f.transitions) {
            const auto n = number(c.transitions.size());
            c.transitions.push_back(compiled(t, stage_of));
            if (t.from.empty()) c.entering.push_back(n);
            // Of a stage that is named twice, or by '*' too, it is one transition.
            const auto leave = [&](std::uint32_t stage) {
                auto& leaving = c.stages[stage].leaving;
                if (leaving.empty() || leaving.back() != n) leaving.push_back(n);
            };
            for (const auto& name : t.from) {
                if (name != "*") {
                    leave(stage_of(name));
                    continue;
                }
                for (std::size_t s = 0; s < f.stages.size(); ++s)
                    if (!f.stages[s].terminal && f.stages[s].id != t.to) leave(number(s));
            }
            if (!t.then.reset.empty())
                keep({.id = t.id, .funnel = f.id, .transition = t.id}, t.then.reset);
        }
        return c;
    }

    compiled_transition compiled(const transition& t, const index_by_id& stage_of) {
        using trigger = compiled_transition::trigger;
        compiled_transition c;
        c.by = t.on        ? trigger::touchpoint
               : t.after   ? trigger::timer
               : t.by_hand ? trigger::hand
                           : trigger::condition;
        c.to = stage_of(t.to);
        if (t.on) c.on = pattern(*t.on);
        if (t.after) c.after = compiled(*t.after);
        c.when = node(t.when);
        for (const auto& [name, v] : t.then.set) c.sets.emplace_back(attribute(name), v);
        if (!t.then.assign.empty() && p_.owner != none32)
            c.sets.emplace_back(p_.owner, value{t.then.assign});
        if (!t.then.alert.empty()) c.alert = alert_of_(t.then.alert);
        c.cycle = t.then.cycle;
        return c;
    }

    compiled_timer compiled(const timer& t) {
        compiled_timer c{.after = t.after.count(), .since = t.since};
        if (t.since == timer_start::touchpoint) {
            c.on = pattern(t.on);
            c.timed = number(p_.timed_patterns.size());
            p_.timed_patterns.push_back(c.on);
        }
        if (!t.calendar.empty()) c.calendar = calendar_of_(t.calendar);
        return c;
    }

    static std::uint32_t number(std::size_t i) { return static_cast<std::uint32_t>(i); }

    const model& m_;
    program p_;
    bool watched_ = false; // compiling a condition that is looked at at any time
    bool guards_ = false;  // compiling a condition that the engine looks at
    std::map<std::string, std::uint32_t, std::less<>> score_of_;
    std::map<std::pair<std::string, std::string>, std::uint32_t> slot_of_;
    index_by_id list_of_;
    index_by_id calendar_of_;
    index_by_id alert_of_;
    index_by_id banding_of_;
    index_by_id matrix_of_;
    index_by_id funnel_of_;
    // What is shared.
    std::map<std::string, std::uint32_t> decay_of_; // by `canonical_text`
    std::map<std::string, std::uint32_t> distinct_of_;
    std::map<std::string, std::uint32_t> current_of_;
    std::map<std::pair<std::string, std::string>, std::uint32_t> counter_of_;
    std::map<std::tuple<std::string, std::string, std::string>, std::uint32_t> entry_score_of_;
    std::map<std::tuple<std::uint32_t, bool, bool>,
             std::shared_ptr<const std::vector<std::string>>>
        members_of_; // by list, whether names of companies, whether exact
    std::map<std::pair<std::string, bool>, std::shared_ptr<const re2::RE2>> regex_of_; // exact?
    std::shared_ptr<const std::vector<std::uint32_t>> all_scores_;
    std::shared_ptr<const std::vector<bool>> bans_all_;
    bool is_all_frozen_ = false;
};

[[nodiscard]] inline plan compile_checked(const model& m, std::vector<issue> issues) {
    const bool bad = std::any_of(issues.begin(), issues.end(),
                                 [](const issue& i) { return i.level == severity::error; });
    if (bad) throw model_error(std::move(issues));
    return plan_access::make(compiler{m}.run(std::move(issues)));
}

template<class All>
std::size_t required_index(const All& all, std::string_view name, std::string_view what) {
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].id == name) return i;
    std::string message{"no "};
    message.append(what).append(" is named '").append(name).append("'; there are:");
    for (const auto& x : all) message.append(" ").append(x.id);
    throw unknown_name(message);
}

} // namespace detail

LEADFUNNEL_DECL plan compile(const model& m) { return detail::compile_checked(m, check(m)); }
LEADFUNNEL_DECL plan compile(const loaded_model& m) {
    return detail::compile_checked(m.value, check(m));
}

LEADFUNNEL_DECL const model& plan::source() const noexcept { return program_->source; }
LEADFUNNEL_DECL const std::vector<issue>& plan::warnings() const noexcept {
    return program_->warnings;
}
LEADFUNNEL_DECL std::size_t plan::score_count() const noexcept { return program_->scores.size(); }
LEADFUNNEL_DECL std::string_view plan::score_name(std::size_t score) const noexcept {
    return program_->scores[score].id;
}
LEADFUNNEL_DECL std::optional<std::size_t> plan::find_score(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < program_->scores.size(); ++i)
        if (program_->scores[i].id == name) return i;
    return std::nullopt;
}
LEADFUNNEL_DECL std::size_t plan::score(std::string_view name) const {
    return detail::required_index(program_->scores, name, "score");
}
LEADFUNNEL_DECL std::size_t plan::banding(std::string_view name) const {
    return detail::required_index(program_->source.bandings, name, "banding");
}
LEADFUNNEL_DECL std::size_t plan::matrix(std::string_view name) const {
    return detail::required_index(program_->source.matrices, name, "matrix");
}

} // namespace leadfunnel::inline v0
