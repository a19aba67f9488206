// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Random models with funnels, calendars and alerts, and random streams of operations, from a seed.
///
/// As in generators.hpp, each part has its own seed. The grid is coarse and streams are short,
/// because the reference evaluates every lead at every tick.

#include "generators.hpp"
#include "reference/operations.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace generators {

using lf::event;
using reference::operation;

class engine_model_maker : public model_maker {
  public:
    engine_model_maker(std::uint64_t seed, std::size_t rules, std::size_t transitions)
        : model_maker(seed, rules) {
        in_ = source(seed, 8, 0);
        m_.version = "v1";
        m_.decay_grid = in_.pick<duration>({6h, day, day, 5 * day});
        m_.attributes.push_back({.id = "owner"});
        if (in_.chance(90)) m_.roles.owner = "owner";
        for (std::size_t i = in_.below(3); i > 0; --i) calendar(i);
        for (std::size_t i = in_.below(3); i > 0; --i) alert(i);
        m_.funnels[0].stages = {};
        for (const auto& id : stages) m_.funnels[0].stages.push_back({.id = id});
        m_.funnels[0].stages[0].entry = true;
        m_.funnels[0].stages[3].terminal = true;
        m_.funnels[1].stages[0].entry = true;
        m_.funnels[1].stages[1].entry = in_.chance(30);
        for (auto& f : m_.funnels) {
            if (in_.chance(35)) f.moves = lf::manual_moves::declared;
        }
        for (std::size_t i = 0; i < transitions; ++i) {
            in_ = source(seed, 9, i);
            auto& f = m_.funnels[i == 0 || in_.chance(70) ? 0 : 1];
            f.transitions.push_back(transition(f, i));
        }
        in_ = source(seed, 10, 0);
        for (auto& f : m_.funnels) {
            for (auto& s : f.stages) {
                for (std::size_t i = in_.pick<std::size_t>({0, 0, 0, 1, 2}); i > 0; --i) {
                    s.slas.push_back(level(i));
                }
            }
        }
        // Exclusions are rare: they would stop most funnels.
        if (in_.chance(70)) m_.exclusions.clear();
    }

  private:
    /// A duration for a timer of a funnel.
    duration wait() {
        switch (in_.below(5)) {
        case 0:
            return 1h * in_.between(1, 48);
        case 1:
            return m_.decay_grid * in_.between(1, 4);
        case 2:
            return std::chrono::seconds{in_.between(1, 20LL * 24 * 3600)};
        case 3:
            return in_.pick<duration>({1us, 1s, day, 7 * day});
        default:
            return day * in_.between(1, 10);
        }
    }

    void calendar(std::size_t n) {
        lf::business_calendar c{.id = "calendar_" + std::to_string(n)};
        if (in_.chance(60)) {
            c.time_zone = in_.pick({"Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"});
        }
        std::vector<lf::weekday> days;
        for (int d = 0; d < 7; ++d) {
            if (in_.chance(70)) days.push_back(static_cast<lf::weekday>(d));
        }
        if (days.empty()) days.push_back(lf::weekday::monday);
        const auto from = static_cast<std::int16_t>(in_.between(0, 20) * 60);
        const auto to =
            static_cast<std::int16_t>(std::min<std::int64_t>(from + in_.between(1, 12) * 60, 1440));
        c.hours = {{days, {from}, {to}}};
        for (std::size_t i = in_.below(3); i > 0; --i) {
            c.holidays.push_back(std::chrono::floor<std::chrono::days>(beginning()) +
                                 std::chrono::days{in_.between(0, 30)});
        }
        if (in_.chance(50)) c.owners = {n == 1 ? "kei" : "mia"};
        m_.calendars.push_back(c);
    }

    lf::timer timer() {
        lf::timer t{.after = wait()};
        const auto roll = in_.below(4);
        if (roll == 0 && !m_.roles.owner.empty()) t.since = lf::timer_start::assignment;
        if (roll == 1) {
            t.since = lf::timer_start::touchpoint;
            if (in_.chance(60)) t.on = pattern();
        }
        if (!m_.calendars.empty() && in_.chance(40)) t.calendar = in_.pick(m_.calendars).id;
        return t;
    }

    condition guard_test() {
        switch (in_.below(9)) {
        case 0:
        case 1:
        case 2: {
            const auto of = lf::score_now(in_.pick({"fit", "engagement", "engagement", "account"}));
            const lf::value literal = in_.pick<double>({0, 1, 5, 10, 20.5, 40, -3});
            if (in_.chance(10)) return of.exists(in_.chance(50));
            if (in_.chance(50)) return of.at_least(literal);
            return in_.chance(50) ? of.less(literal) : of.greater(literal);
        }
        case 3:
        case 4: {
            const auto& b = in_.pick(m_.bandings);
            const auto of = lf::band_now(b.id);
            if (in_.chance(15)) return of.exists(in_.chance(50));
            const auto& name = in_.pick(b.bands).id;
            return in_.chance(50) ? of.equals(lf::value{name}) : of.not_equals(lf::value{name});
        }
        case 5: {
            const auto of = lf::class_now("class");
            if (in_.chance(30) || !m_.matrices[0].classes.empty()) {
                return of.exists(in_.chance(50));
            }
            return of.equals(
                lf::value{in_.pick(m_.bandings[0].bands).id + in_.pick(m_.bandings[1].bands).id});
        }
        case 6: {
            const auto of = lf::time_in_stage(in_.chance(70) ? "sales" : "care");
            // Two of a microsecond could go round in circles, as timers could.
            const auto long_enough = std::max<duration>(wait(), 1h);
            switch (in_.below(5)) {
            case 0:
                return of.less(long_enough);
            case 1:
                return of.at_most(long_enough);
            case 2:
                return of.greater(long_enough);
            case 3:
                return of.at_least(long_enough);
            default:
                return of.exists(in_.chance(50));
            }
        }
        default:
            return lead_test();
        }
    }
    condition guard(int most_depth) {
        return tree([this] { return guard_test(); }, most_depth);
    }

    lf::transition transition(const lf::funnel& f, std::size_t n) {
        lf::transition t{.id = "transition_" + std::to_string(n)};
        const auto stage = [&] { return in_.pick(f.stages).id; };
        if (n != 0 && in_.chance(85)) {
            t.from = {in_.chance(30) ? "*" : stage()};
            if (in_.chance(30)) t.from.push_back(stage());
            if (t.from.size() == 2 && t.from[0] == t.from[1]) t.from.pop_back();
        }
        t.to = t.from.empty() ? f.stages[0].id : stage();
        switch (in_.below(8)) {
        case 0:
        case 1:
        case 2:
            t.on = pattern();
            break;
        case 3:
        case 4:
            t.after = timer();
            // Two of a microsecond could go round in circles.
            t.after->after = std::max<duration>(t.after->after, 1h);
            break;
        case 5:
            t.manual = n != 0 && in_.chance(70);
            break;
        default:
            break;
        }
        if (t.from.empty() && t.after && t.after->since == lf::timer_start::stage_entry) {
            t.after->since = lf::timer_start::touchpoint;
        }
        const bool is_loop = std::find(t.from.begin(), t.from.end(), t.to) != t.from.end();
        if (is_loop && !t.on && !t.after && !t.manual) t.on = pattern();
        // An expired timer that its own entry does not restart fires at every evaluation. That is
        // correct, but the reference takes minutes.
        if (is_loop && t.after) {
            t.after->since = lf::timer_start::stage_entry;
            t.after->on = {};
        }
        if (!t.on && !t.after && !t.manual && n != 0) {
            t.when = guard(1);
        } else if (in_.chance(40)) {
            t.when = guard(1);
        }
        if (in_.chance(20)) t.then.reset = {in_.pick({"fit", "engagement", "account"})};
        if (in_.chance(25)) {
            switch (in_.below(4)) {
            case 0:
                t.then.set["opted_out"] = in_.chance(50);
                break;
            case 1:
                t.then.set["employees"] = in_.pick<double>({0, 50, 300});
                break;
            case 2:
                t.then.set["industry"] =
                    in_.chance(30) ? lf::value{} : lf::value{in_.pick(industries)};
                break;
            default:
                t.then.set["created"] = lf::value{beginning() + day * in_.between(0, 40)};
                break;
            }
        }
        if (!m_.roles.owner.empty() && in_.chance(20)) {
            t.then.assign = in_.pick({"kei", "mia", "queue"});
        }
        if (!m_.alerts.empty() && in_.chance(25)) t.then.alert = in_.pick(m_.alerts).id;
        t.then.cycle = in_.chance(15);
        return t;
    }

    lf::sla level(std::size_t n) {
        lf::sla s{.id = "level_" + std::to_string(n), .due = timer()};
        // An evaluation a microsecond after each entry makes an expired timer fire in circles.
        s.due.after = std::max<duration>(s.due.after, 2h);
        if (in_.chance(50)) s.warn_before = std::min<duration>(wait(), s.due.after - 1h);
        if (in_.chance(60)) s.met_by = pattern();
        return s;
    }

    void alert(std::size_t n) {
        lf::alert a{.id = "alert_" + std::to_string(n)};
        if (in_.chance(85)) a.when = guard_test();
        // A rearm condition that holds together with `when` would raise the alert at every tick.
        if (a.when.is != condition::kind::none && in_.chance(25)) {
            a.rearm = lf::all({!condition{a.when}, guard_test()});
        }
        if (in_.chance(50)) a.cooldown = wait();
        if (in_.chance(40)) a.explain = in_.pick({"fit", "engagement", "account"});
        m_.alerts.push_back(a);
    }
};

struct engine_sizes {
    std::size_t rules = 4;
    std::size_t transitions = 4;
    std::size_t operations = 12;
    std::size_t leads = 2;
    int late = 10; ///< percentage of late events
    /// Whether there are loads, moves, merges, erasures, other models, attributes that always hold,
    /// and restores in between.
    bool host = true;
    int still = 20; ///< percentage of events at the clock's instant
};

/// A model, and the operations on an engine of it.
struct engine_world {
    std::uint64_t seed = 0;
    lf::model model;
    std::vector<operation> operations;
};

class stream_maker : public history_maker {
  public:
    stream_maker(std::uint64_t seed, const lf::model& m, const engine_sizes& n)
        : history_maker(seed, m, 0), model_(m), size_(n), durations_(durations_of(m)) {
        for (const auto& f : m.funnels) {
            for (const auto& t : f.transitions) {
                if (t.after) durations_.push_back(t.after->after);
                ages_of(t.when, durations_);
            }
            for (const auto& s : f.stages) {
                for (const auto& level : s.slas) durations_.push_back(level.due.after);
            }
        }
        for (const auto& a : m.alerts) {
            if (a.cooldown) durations_.push_back(*a.cooldown);
        }
        source in(seed, 11, 0);
        clock_ = beginning() + std::chrono::seconds{in.between(0, 3 * 24 * 3600)};
        for (std::size_t i = 0; i < n.operations; ++i) {
            source each(seed, 12, i);
            operations_.push_back(one(each));
        }
    }
    std::vector<operation> made() const { return operations_; }

  private:
    const lf::model& model_;
    engine_sizes size_;
    std::vector<duration> durations_;
    std::vector<instant> seen_;
    instant clock_;
    std::vector<operation> operations_;

    /// The instant of the next event.
    instant later(source& in) {
        if (in.chance(size_.still)) return clock_;
        const auto roll = in.below(10);
        instant t = clock_;
        if (roll < 5 && !seen_.empty()) t = in.pick(seen_) + in.pick(durations_);
        if (roll == 5)
            t = instant{model_.decay_grid * (clock_.time_since_epoch() / model_.decay_grid + 1)};
        if (roll == 6) t = clock_ + in.pick(durations_);
        if (in.chance(25)) t += in.pick<duration>({-1us, 1us, 1h});
        const instant most = clock_ + 12 * model_.decay_grid;
        if (t < clock_ || t > most || roll > 6) {
            t = clock_ +
                std::chrono::seconds{in.between(0, in.chance(50) ? 36 * 3600 : 6 * 24 * 3600)};
        }
        return std::min(t, most);
    }

    std::string lead(source& in) {
        return std::string(1, static_cast<char>('a' + in.below(size_.leads)));
    }

    event one_told(source& in, instant t) {
        event e = one_event(in);
        const auto roll = in.below(100);
        if (roll < 12 && !model_.roles.owner.empty()) {
            lf::attributes a;
            a.values["owner"] =
                in.chance(20) ? lf::value{} : lf::value{in.pick({"kei", "mia", "ann"})};
            e = a;
        }
        if (auto* entry = std::get_if<lf::stage_entry>(&e)) {
            const auto& f = model_.funnels[entry->funnel == "sales" ? 0 : 1];
            if (in.chance(20) && !f.transitions.empty()) {
                const auto& along = in.pick(f.transitions);
                entry->stage = along.to;
                if (in.chance(50)) entry->transition = along.id;
            }
            if (in.chance(15)) entry->cause = "crm";
            if (in.chance(10)) entry->cycle = in.between(1, 5);
            if (in.chance(15)) entry->sets["opted_out"] = in.chance(50);
        }
        const bool is_ground = reference::instant_of(e) == lf::always && size_.host;
        std::visit(
            [&](auto& told) {
                told.lead = lead(in);
                if (!is_ground) told.at = t;
            },
            e);
        // Attributes that are instants should lie near the stream.
        if (auto* a = std::get_if<lf::attributes>(&e)) {
            for (auto& [name, held] : a->values) {
                if (auto* then = std::get_if<instant>(&held)) {
                    *then = t - in.pick(durations_) + (in.chance(50) ? duration{} : duration{day});
                    if (*then < at(2020, 1, 1)) *then = t;
                }
            }
        }
        return e;
    }

    event next_event(source& in) {
        instant t = later(in);
        if (in.chance(size_.late)) {
            t = clock_ - std::chrono::seconds{in.between(0, 8 * 24 * 3600)};
            if (!seen_.empty() && in.chance(40)) t = std::min(in.pick(seen_), clock_);
        }
        clock_ = std::max(clock_, t);
        seen_.push_back(t);
        return one_told(in, t);
    }

    /// Another model with the same names of attributes, stages and bandings.
    lf::model another_model(source& in) const {
        auto m = engine_model_maker(in.below(1'000'000'000), in.below(4), in.below(5)).made();
        m.version = "v" + std::to_string(in.between(2, 9));
        return m;
    }

    operation one(source& in) {
        if (operations_.empty() && size_.host && in.chance(20)) {
            std::vector<event> before;
            for (std::size_t i = in.below(7); i > 0; --i) before.push_back(next_event(in));
            return reference::loaded(before);
        }
        const auto roll = in.below(100);
        if (roll < 45) return reference::told(next_event(in));
        if (roll < 65) {
            std::vector<event> batch;
            for (std::size_t i = in.below(5) + 1; i > 0; --i) batch.push_back(next_event(in));
            for (std::size_t i = batch.size(); i > 1; --i)
                std::swap(batch[i - 1], batch[in.below(i)]);
            return reference::told(batch);
        }
        if (roll < 82 || !size_.host || operations_.empty()) {
            clock_ = later(in);
            seen_.push_back(clock_);
            return reference::until(clock_);
        }
        if (roll < 92) {
            const auto& f = in.pick(model_.funnels);
            return reference::moved(lead(in), f.id, in.pick(f.stages).id,
                                    in.chance(30) ? "because" : "");
        }
        if (roll < 94) return reference::merged(lead(in), lead(in));
        if (roll < 96) return reference::unmerged(lead(in));
        if (roll < 97) return reference::erased(lead(in));
        if (roll < 98) return reference::replaced(another_model(in));
        return {.what = operation::kind::restore};
    }
};

inline engine_world make_engine_world(std::uint64_t seed, const engine_sizes& n) {
    engine_world w{.seed = seed,
                   .model = engine_model_maker(seed, n.rules, n.transitions).made(),
                   .operations = {}};
    w.operations = stream_maker(seed, w.model, n).made();
    return w;
}

/// A world of random size, mostly small.
inline engine_world make_engine_world(std::uint64_t seed, bool late = true, bool host = true) {
    source in(seed, 13, 0);
    engine_sizes n;
    n.rules = in.chance(50) ? in.below(3) : in.below(8);
    n.transitions = in.below(7);
    n.operations = in.chance(50) ? in.below(8) + 1 : in.below(24) + 1;
    n.leads = in.below(3) + 1;
    n.late = late ? in.pick({0, 10, 25}) : 0;
    n.host = host;
    // In some worlds hardly any time passes, and many events share an instant.
    n.still = in.pick({20, 20, 85, 95});
    if (n.still > 50) {
        n.rules += 3;
        n.operations *= 2;
        n.leads = 1;
    }
    return make_engine_world(seed, n);
}

/// Removes parts of a world while it still fails, in at most `tries` tries.
template<class Predicate>
engine_world minimised(engine_world w, const Predicate& still_fails, int most_tries = 1'000) {
    bool is_smaller = true;
    const auto keeps_failing = [&](const engine_world& less) {
        if (most_tries-- <= 0 || !still_fails(less)) return false;
        w = less;
        is_smaller = true;
        return true;
    };
    const auto try_without = [&](const auto& member) {
        for (std::size_t i = 0; i < member(w).size();) {
            engine_world less = w;
            auto& list = member(less);
            list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
            if (!keeps_failing(less)) ++i;
        }
    };
    const auto simplify = [&](const auto& change) {
        engine_world less = w;
        change(less);
        if (less.model != w.model) keeps_failing(less);
    };
    while (is_smaller) {
        is_smaller = false;
        try_without([](engine_world & x) -> auto& { return x.operations; });
        for (std::size_t k = 0; k < w.operations.size(); ++k) {
            if (w.operations[k].events.size() < 2) continue;
            try_without([k](engine_world & x) -> auto& { return x.operations[k].events; });
        }
        try_without([](engine_world & x) -> auto& { return x.model.rules; });
        try_without([](engine_world & x) -> auto& { return x.model.resets; });
        try_without([](engine_world & x) -> auto& { return x.model.exclusions; });
        try_without([](engine_world & x) -> auto& { return x.model.freezes; });
        try_without([](engine_world & x) -> auto& { return x.model.derived; });
        try_without([](engine_world & x) -> auto& { return x.model.matrices; });
        try_without([](engine_world & x) -> auto& { return x.model.bandings; });
        try_without([](engine_world & x) -> auto& { return x.model.alerts; });
        try_without([](engine_world & x) -> auto& { return x.model.calendars; });
        for (std::size_t f = 0; f < w.model.funnels.size(); ++f) {
            try_without([f](engine_world & x) -> auto& { return x.model.funnels[f].transitions; });
            for (std::size_t s = 0; s < w.model.funnels[f].stages.size(); ++s) {
                try_without([ f, s ](engine_world & x) -> auto& {
                    return x.model.funnels[f].stages[s].slas;
                });
            }
            for (std::size_t t = 0; t < w.model.funnels[f].transitions.size(); ++t) {
                const auto of = [f, t](engine_world& x) -> lf::transition& {
                    return x.model.funnels[f].transitions[t];
                };
                simplify([&](engine_world& x) { of(x).then = {}; });
                simplify([&](engine_world& x) { of(x).when = {}; });
                simplify([&](engine_world& x) {
                    if (of(x).on) of(x).on = lf::pattern{};
                });
            }
            simplify([&](engine_world& x) { x.model.funnels[f].moves = {}; });
        }
        for (std::size_t k = 0; k < w.operations.size(); ++k) {
            for (std::size_t i = 0; i < w.operations[k].events.size(); ++i) {
                engine_world less = w;
                if (auto* p = std::get_if<lf::touchpoint>(&less.operations[k].events[i])) {
                    if (p->properties.empty() && !p->value) continue;
                    p->properties.clear();
                    p->value.reset();
                    p->campaign = p->channel = "";
                    keeps_failing(less);
                }
            }
        }
    }
    return w;
}

} // namespace generators
