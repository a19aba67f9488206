// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Random models that are valid by construction, and random histories of one lead, from a seed.
///
/// The vocabulary is small, and instants are chosen near each other and near the model's durations.
/// So edge cases are frequent: ties, window edges, duplicates, midnights, clock changes. Each rule
/// and each event has its own seed: a smaller world has the first rules and events of a larger one,
/// so that shrinking does not change what remains. A seed gives the same world on every platform
/// (no standard distributions).

#include <leadfunnel/core/time.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/model/model.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace generators {

namespace lf = leadfunnel;
using lf::condition;
using lf::decimal;
using lf::duration;
using lf::instant;
using namespace std::chrono_literals;

inline constexpr duration day = 24h;

class source {
  public:
    explicit source(std::uint64_t seed) : engine_(seed) {}
    /// An independent source for the n-th of several things.
    source(std::uint64_t seed, std::uint64_t what, std::uint64_t nth)
        : engine_(seed ^ (what * 0x9e37'79b9'7f4a'7c15U) ^ (nth * 0xbf58'476d'1ce4'e5b9U)) {}

    std::uint64_t bits() { return engine_(); }
    /// 0 … n − 1
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low +
               static_cast<std::int64_t>(engine_() % (static_cast<std::uint64_t>(high - low) + 1));
    }
    bool chance(int percent) { return between(1, 100) <= percent; }
    template<class T>
    const T& pick(const std::vector<T>& of) {
        return of[below(of.size())];
    }
    template<class T>
    T pick(std::initializer_list<T> of) {
        return *(of.begin() + below(of.size()));
    }

  private:
    std::mt19937_64 engine_;
};

// ---- vocabulary ---------------------------------------------------------------------------------

inline const std::vector<std::string> touchpoint_types{"page_view", "download", "seminar",
                                                       "email_click"};
inline const std::vector<std::string> urls{
    "/pricing/", "/pricing/plans", "/products/a", "/Products/B", "/careers", "／ｐｒｉｃｉｎｇ／",
    ""};
inline const std::vector<std::string> topics{"sensors", "Sensors", "ＳＥＮＳＯＲＳ", "optics",
                                             "牛乳"};
inline const std::vector<std::string> industries{"Machinery", "machinery", "ＭＡＣＨＩＮＥＲＹ",
                                                 "Food",      "straße",    "STRASSE"};
inline const std::vector<std::string> emails{"ann@gmail.com", "Bob@Example.CO.JP", "no-address",
                                             "a@b@rival.example", "c@GMAIL.com"};
inline const std::vector<std::string> companies{"株式会社ニコン", "ニコン(株)", "Rival Inc.",
                                                "rival", "Acme GmbH"};
inline const std::vector<std::string> campaigns{"", "spring", "Spring"};
inline const std::vector<std::string> channels{"", "web", "mail"};
inline const std::vector<std::string> stages{"inquiry", "mql", "sql", "lost"};

inline instant at(int y, unsigned m, unsigned d) {
    return std::chrono::sys_days{std::chrono::year{y} / static_cast<int>(m) / static_cast<int>(d)};
}
inline instant beginning() { return at(2025, 1, 1); }

// ---- models -------------------------------------------------------------------------------------

struct sizes {
    std::size_t rules = 8;
    std::size_t events = 20;
};

class model_maker {
  public:
    model_maker(std::uint64_t seed, std::size_t rules) : in_(seed, 1, 0) {
        vocabulary();
        for (std::size_t i = 0; i < rules; ++i) {
            in_ = source(seed, 2, i);
            m_.rules.push_back(one_rule(i));
        }
        in_ = source(seed, 3, 0);
        what_acts();
        derived();
        bandings();
    }
    const lf::model& made() const { return m_; }

  protected:
    source in_;
    lf::model m_;

    void vocabulary() {
        m_.id = "random";
        m_.time_zone = in_.pick({"UTC", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe",
                                 "Europe/Berlin", "America/Sao_Paulo"});
        m_.decay_grid = in_.pick<duration>({1h, 6h, day, 5 * day, 30 * day});
        m_.attributes = {{.id = "industry"},
                         {.id = "employees", .type = lf::value_type::number},
                         {.id = "email"},
                         {.id = "company"},
                         {.id = "created", .type = lf::value_type::timestamp},
                         {.id = "opted_out", .type = lf::value_type::boolean},
                         {.id = "interests", .type = lf::value_type::set}};
        m_.properties = {{.id = "url"},
                         {.id = "topic"},
                         {.id = "pages", .type = lf::value_type::number},
                         {.id = "tags", .type = lf::value_type::set}};
        for (const auto& type : touchpoint_types) m_.touchpoints.push_back({type, "seconds"});
        m_.lists = {{.id = "free_mail", .members = {"gmail.com", "ＹＡＨＯＯ.com"}},
                    {.id = "rivals", .members = {"Rival", "rival.example", "Optics"}}};
        lf::funnel sales{.id = "sales"};
        for (const auto& id : stages) sales.stages.push_back({.id = id});
        m_.funnels = {sales, {.id = "care", .stages = {{.id = "mql"}, {.id = "won"}}}};

        lf::score fit{.id = "fit"};
        bounds(fit.min, fit.max);
        lf::score engagement{.id = "engagement"};
        bounds(engagement.min, engagement.max);
        for (std::size_t i = in_.below(3); i > 0; --i) {
            lf::group g{.id = "group_" + std::to_string(i)};
            bounds(g.min, g.max);
            engagement.groups.push_back(g);
        }
        lf::score account{.id = "account", .clamp = lf::clamping::running};
        do bounds(account.min, account.max);
        while (!account.min && !account.max);
        m_.scores = {fit, engagement, account};
    }

    // ---- numbers

    decimal points() {
        switch (in_.below(8)) {
        case 0:
            return decimal{in_.between(-50, -1)};
        case 1:
            return decimal::from_micros(in_.between(-5'000'000, 5'000'000));
        case 2:
            return decimal::from_micros(in_.pick<std::int64_t>({1, -1, 500'000, 333'333, 7}));
        case 3:
            return in_.chance(15)
                       ? decimal{in_.pick<std::int64_t>({1'000'000'000, -1'000'000'000, 0})}
                       : decimal{1};
        default:
            return decimal{in_.between(1, 40)};
        }
    }
    decimal amount() {
        return in_.pick<decimal>(
            {decimal{30}, decimal{60}, decimal{1}, decimal{0.5}, decimal{120}});
    }
    void bounds(std::optional<decimal>& min, std::optional<decimal>& max) {
        if (in_.chance(40)) min = decimal{in_.pick<int>({0, 0, -10, 5, -1000})};
        if (in_.chance(40)) max = decimal{in_.pick<int>({5, 10, 50, 100, 1000})};
    }
    duration period() {
        switch (in_.below(6)) {
        case 0:
            return std::chrono::seconds{in_.between(1, 7200)};
        case 1:
            return 1h * in_.between(1, 72);
        case 2:
            return duration{in_.between(1, 40 * day.count())};
        case 3:
            return in_.pick<duration>({1us, 1s, day, 7 * day, 30 * day});
        default:
            return day * in_.between(1, 120);
        }
    }

    // ---- conditions

    lf::value text_of(const std::vector<std::string>& known) { return {in_.pick(known)}; }

    condition text_test(lf::operand of, const std::vector<std::string>& known) {
        if (in_.chance(25)) of = of.exact();
        const std::string& word = in_.pick(known);
        switch (in_.below(10)) {
        case 0:
            return of.exists(in_.chance(50));
        case 1:
            return of.equals(lf::value{word});
        case 2:
            return of.not_equals(lf::value{word});
        case 3:
            return of.in({text_of(known), text_of(known)});
        case 4:
            return of.in_list(in_.pick({"free_mail", "rivals"}));
        case 5:
            return of.contains(in_.pick({"i", "pricing", "Mach", "gmail", "ニコン", "@", ""}));
        case 6:
            return of.prefix(in_.pick({"/p", "/P", "s", "ｍａｃｈ", "a"}));
        case 7:
            return of.suffix(in_.pick({"S", "s", "com", "/", "株)"}));
        case 8:
            return of.glob(in_.pick({"/pricing/*", "/*/?", "*[a-n]", "*", "[!/]*", "Ma*"}));
        default:
            return of.regex(in_.pick({"^/pricing", "Mach|food", "s$", "[0-9]", "^$", "o{2}"}));
        }
    }
    condition ordered_test(const lf::operand& of, const lf::value& literal) {
        switch (in_.below(5)) {
        case 0:
            return of.less(literal);
        case 1:
            return of.at_most(literal);
        case 2:
            return of.greater(literal);
        case 3:
            return of.at_least(literal);
        default:
            return in_.chance(50) ? of.equals(literal) : of.not_equals(literal);
        }
    }
    condition age_test() {
        if (in_.chance(15)) {
            const auto held = lf::attribute("created");
            const auto then = [this] {
                return lf::value{in_.pick({at(2025, 2, 1), at(2025, 6, 1), at(2025, 11, 2) + 6h})};
            };
            return in_.chance(30) ? held.in({then(), then()}) : ordered_test(held, then());
        }
        const auto of = lf::attribute("created").age();
        const duration p = in_.chance(10) ? -period() : period();
        switch (in_.below(6)) {
        case 0:
            return of.less(p);
        case 1:
            return of.at_most(p);
        case 2:
            return of.greater(p);
        case 3:
            return of.at_least(p);
        case 4:
            return of.exists(in_.chance(50));
        default:
            return !of.less(p);
        }
    }
    condition set_test(lf::operand of) {
        if (in_.chance(25)) of = of.exact();
        switch (in_.below(3)) {
        case 0:
            return of.exists(in_.chance(50));
        case 1:
            return of.contains(in_.pick(topics));
        default:
            return of.in_list("rivals");
        }
    }
    condition lead_test() {
        switch (in_.below(12)) {
        case 0:
            return text_test(lf::attribute("industry"), industries);
        case 1: {
            const auto of = lf::attribute("employees");
            if (in_.chance(20)) return of.exists(in_.chance(50));
            if (in_.chance(20)) return of.in({lf::value{50.0}, lf::value{300.0}});
            return ordered_test(of, in_.pick<double>({0, 50, 300, 0.5}));
        }
        case 2:
            return text_test(in_.chance(70) ? lf::attribute("email").domain()
                                            : lf::attribute("email").local_part(),
                             {"gmail.com", "example.co.jp", "ann", "Bob", "rival.example"});
        case 3:
            return text_test(lf::attribute("company").normal(),
                             {"ニコン", "ニコン(株)", "Rival Inc.", "ACME"});
        case 4:
        case 5:
        case 6:
            return age_test();
        case 7:
            if (in_.chance(30)) return lf::attribute("opted_out").exists(in_.chance(50));
            return lf::attribute("opted_out").equals(in_.chance(60));
        case 8:
            return set_test(lf::attribute("interests"));
        case 9: {
            const std::string& stage = in_.pick(stages);
            if (in_.chance(30)) return lf::current_stage("sales").exists(in_.chance(50));
            if (in_.chance(30)) return lf::current_stage("sales").not_equals(lf::value{stage});
            return lf::current_stage("sales").in({lf::value{stage}, text_of(stages)});
        }
        case 10: {
            const auto of = in_.chance(70) ? lf::times_entered("sales", in_.pick(stages))
                                           : lf::times_entered("care", "won");
            return ordered_test(of, in_.pick<double>({0, 1, 2}));
        }
        default: {
            const auto of = lf::score_at_entry("sales", in_.pick(stages), "engagement");
            if (in_.chance(20)) return of.exists(in_.chance(50));
            return ordered_test(of, in_.pick<double>({0, 0.1, 20, 40}));
        }
        }
    }
    condition touchpoint_test() {
        switch (in_.below(6)) {
        case 0:
        case 1:
            return text_test(lf::property("url"), urls);
        case 2:
            return text_test(lf::property("topic"), topics);
        case 3:
            if (in_.chance(20)) return lf::property("pages").exists(in_.chance(50));
            return ordered_test(lf::property("pages"), in_.pick<double>({0, 1, 2.5}));
        case 4:
            return set_test(lf::property("tags"));
        default:
            return in_.chance(50) ? text_test(lf::property("campaign"), {"spring", "autumn"})
                                  : text_test(lf::property("channel"), {"web", "mail"});
        }
    }
    template<class Test>
    condition tree(const Test& one, int depth) {
        const auto roll = in_.below(10);
        if (depth == 0 || roll < 5) return one();
        if (roll < 6) return !tree(one, depth - 1);
        std::vector<condition> parts;
        for (std::size_t i = in_.below(3) + (in_.chance(95) ? 1 : 0); i > 0; --i) {
            parts.push_back(tree(one, depth - 1));
        }
        return roll < 8 ? lf::all(parts) : lf::any(parts);
    }
    condition lead_condition() {
        return tree([this] { return lead_test(); }, 2);
    }
    /// Mostly absent, so that some awards are granted.
    condition when() { return in_.chance(35) ? lead_condition() : condition{}; }

    lf::pattern pattern() {
        lf::pattern p;
        for (std::size_t i = in_.below(3); i > 0; --i)
            p.types.push_back(in_.pick(touchpoint_types));
        if (p.types.size() == 2 && p.types[0] == p.types[1]) p.types.pop_back();
        if (in_.chance(35)) {
            p.where = tree([this] { return touchpoint_test(); }, 2);
        }
        if (in_.chance(12)) p.value_at_least = amount();
        if (in_.chance(12)) {
            p.value_below = amount() + p.value_at_least.value_or(decimal{}) + decimal{1};
        }
        return p;
    }

    // ---- the parts of award rules

    lf::decay_curve decay() {
        switch (in_.below(8)) {
        case 0:
            return lf::half_life{period()};
        case 1:
            return lf::linear_decay{period()};
        case 2:
            // Not too short: a year of steps must not be too many for the slow reference.
            return lf::step_decay{.percent = decimal{in_.pick<int>({10, 25, 33, 50, 100})},
                                  .every = std::max<duration>(period(), 1h),
                                  .compound = in_.chance(50)};
        case 3:
            return lf::expiry{period()};
        case 4:
        case 5: {
            lf::decay_table t{.interpolate = in_.chance(50)};
            duration age{};
            for (std::size_t i = in_.below(3) + 1; i > 0; --i) {
                age += period();
                t.points.push_back(
                    {age, in_.pick<decimal>({decimal{0}, decimal{0.25}, decimal{0.5}, decimal{1},
                                             decimal::from_micros(333'333)})});
            }
            return t;
        }
        default:
            return lf::no_decay{};
        }
    }
    lf::limit limit(decimal least, bool has_touchpoint) {
        lf::limit l;
        if (in_.chance(65)) {
            l.at_most = in_.between(1, 3);
        } else {
            const decimal size = least < decimal{} ? -least : least;
            l.at_most_points =
                size + (in_.chance(50) ? size : decimal::from_micros(in_.between(1, 20'000'000)));
            l.at_most_points = std::clamp<decimal>(*l.at_most_points, decimal::from_micros(1),
                                                   decimal{1'000'000'000});
        }
        switch (in_.below(4)) {
        case 0:
            l.rolling = period();
            break;
        case 1:
        case 2:
            l.calendar =
                in_.pick({lf::calendar_unit::day, lf::calendar_unit::week, lf::calendar_unit::month,
                          lf::calendar_unit::quarter, lf::calendar_unit::year});
            break;
        default:
            break;
        }
        if (has_touchpoint && in_.chance(35)) {
            l.per_distinct = in_.pick({"url", "topic", "pages", "tags", "campaign", "channel"});
        }
        return l;
    }
    template<class Rule>
    void award(Rule& r, decimal least, bool has_touchpoint = true) {
        for (std::size_t i = in_.pick<std::size_t>({0, 0, 1, 1, 2}); i > 0; --i) {
            r.limits.push_back(limit(least, has_touchpoint));
        }
        if (in_.chance(25)) r.cooldown = period();
        if (r.score != "account") r.decay = decay();
        r.when = when();
    }
    template<class Rule>
    Rule head(std::size_t n) {
        Rule r;
        r.id = "rule_" + std::to_string(n);
        r.score = in_.pick({"fit", "engagement", "engagement", "engagement", "account"});
        const auto& groups = m_.scores[1].groups;
        if (r.score == "engagement" && !groups.empty() && in_.chance(60)) {
            r.group = in_.pick(groups).id;
        }
        return r;
    }

    lf::rule one_rule(std::size_t n) {
        switch (in_.below(10)) {
        case 0: {
            auto r = head<lf::attribute_rule>(n);
            r.when = lead_condition();
            r.points = points();
            return r;
        }
        case 1: {
            auto r = head<lf::frequency>(n);
            r.on = pattern();
            r.measure = in_.pick({lf::frequency_measure::count, lf::frequency_measure::sum,
                                  lf::frequency_measure::distinct});
            if (r.measure == lf::frequency_measure::distinct) {
                r.property = in_.pick({"url", "topic", "pages", "tags", "campaign"});
            }
            r.at_least =
                r.measure == lf::frequency_measure::sum
                    ? amount()
                    : in_.pick<decimal>({decimal{1}, decimal{2}, decimal{3}, decimal{1.5}});
            if (in_.chance(75)) r.window = period();
            r.points = points();
            r.when = when();
            return r;
        }
        case 2: {
            auto r = head<lf::recency>(n);
            r.on = pattern();
            duration within{};
            for (std::size_t i = in_.below(3) + 1; i > 0; --i) {
                within += period();
                r.bins.push_back({within, points()});
            }
            if (in_.chance(40)) r.otherwise = points();
            if (in_.chance(40)) r.if_never = points();
            r.when = when();
            return r;
        }
        case 3:
        case 4:
        case 5: {
            auto r = head<lf::occurrence>(n);
            r.on = pattern();
            decimal least{};
            if (in_.chance(30)) {
                r.per_value = points();
                if (in_.chance(40)) r.min_points = decimal{in_.between(-20, 5)};
                if (in_.chance(40)) r.max_points = decimal{in_.between(5, 50)};
                if (r.min_points && *r.min_points > decimal{}) least = *r.min_points;
            } else {
                r.points = least = points();
            }
            award(r, least);
            return r;
        }
        case 6:
        case 7: {
            auto r = head<lf::sequence>(n);
            for (std::size_t i = in_.pick<std::size_t>({2, 2, 2, 3, 3, 4, 8}); i > 0; --i) {
                r.steps.push_back(pattern());
            }
            r.within = period() + (in_.chance(50) ? 60 * day : duration{});
            r.strict = in_.chance(40);
            if (r.strict && in_.chance(60)) r.scope = pattern();
            r.points = points();
            award(r, r.points);
            return r;
        }
        case 8: {
            auto r = head<lf::return_rule>(n);
            r.on = pattern();
            r.after = period();
            if (in_.chance(50)) r.silence_of = pattern();
            r.points = points();
            award(r, r.points);
            return r;
        }
        default: {
            auto r = head<lf::inactivity>(n);
            if (in_.chance(70)) r.on = pattern();
            r.after = std::max<duration>(period(), in_.chance(90) ? 1h : 1us);
            if (in_.chance(60)) {
                r.times = in_.between(2, 5);
                r.every = period();
            }
            r.while_idle = in_.chance(40);
            r.points = points();
            award(r, r.points, false);
            return r;
        }
        }
    }

    // ---- what acts on scores

    std::vector<std::string> some_scores() {
        if (in_.chance(40)) return {};
        if (in_.chance(30)) return {"engagement", "account"};
        return {in_.pick({"fit", "engagement", "account"})};
    }
    void what_acts() {
        for (std::size_t i = in_.below(3); i > 0; --i) {
            lf::reset r{.id = "reset_" + std::to_string(i)};
            if (in_.chance(50)) {
                r.on =
                    lf::pattern{.types = {in_.pick(touchpoint_types)}, .where = touchpoint_test()};
            } else {
                r.funnel = "sales";
                r.stage = in_.pick(stages);
            }
            r.scores = some_scores();
            m_.resets.push_back(r);
        }
        if (in_.chance(40)) {
            m_.freezes.push_back(
                {.id = "freeze", .when = lead_condition(), .scores = some_scores()});
        }
        for (std::size_t i = in_.pick<std::size_t>({0, 0, 1, 2}); i > 0; --i) {
            lf::exclusion e{.id = "exclusion_" + std::to_string(i)};
            e.when = lf::all({lead_test(), lead_condition()});
            e.scores = some_scores();
            m_.exclusions.push_back(e);
        }
    }

    void derived() {
        std::vector<std::string> known{"fit", "engagement", "account"};
        const auto one = [&] { return in_.pick(known); };
        for (std::size_t i = in_.below(4); i > 0; --i) {
            lf::derived_score d{.id = "derived_" + std::to_string(i)};
            switch (in_.below(5)) {
            case 0: {
                lf::weighted_sum f;
                for (std::size_t n = in_.below(3) + 1; n > 0; --n) {
                    f.terms.push_back(
                        {one(), in_.pick<decimal>({decimal{1}, decimal{0.5}, decimal{-0.333333},
                                                   decimal{0.000001}, decimal{1'000'000}})});
                }
                if (in_.chance(50)) f.plus = points();
                d.from = f;
                break;
            }
            case 1:
                d.from = lf::minimum_of{{one(), one()}};
                break;
            case 2:
                d.from = lf::maximum_of{{one(), one(), one()}};
                break;
            case 3:
                d.from = lf::logistic{
                    .score = one(),
                    .midpoint = decimal{in_.between(-10, 50)},
                    .spread = in_.pick<decimal>({decimal{1}, decimal{10}, decimal{0.1},
                                                 decimal{1000}, decimal::from_micros(1)}),
                    .top = in_.pick<decimal>({decimal{1}, decimal{100}, decimal{-5}})};
                break;
            default: {
                lf::lookup f{.score = one(), .below = points()};
                decimal step{in_.between(-20, 10)};
                for (std::size_t n = in_.below(4) + 1; n > 0; --n) {
                    f.steps.push_back({step, points()});
                    step += decimal::from_micros(in_.between(1, 20'000'000));
                }
                d.from = f;
            }
            }
            if (in_.chance(50)) bounds(d.min, d.max);
            m_.derived.push_back(d);
            known.push_back(d.id);
        }
    }

    void bandings() {
        std::vector<std::string> known{"fit", "engagement", "engagement", "account"};
        for (const auto& d : m_.derived) known.push_back(d.id);
        for (const auto* id : {"rows", "columns"}) {
            lf::banding b{.id = id, .score = in_.pick(known)};
            b.bands.push_back({.id = "A"});
            decimal enter{in_.between(-10, 10)};
            const bool lags = in_.chance(60);
            for (std::size_t n = in_.below(3) + 1; n > 0; --n) {
                lf::band x{.id = std::string(1, static_cast<char>('A' + b.bands.size()))};
                x.enter = enter;
                if (lags && in_.chance(70)) {
                    x.leave = enter - decimal::from_micros(in_.between(0, 10'000'000));
                }
                b.bands.push_back(x);
                enter += decimal::from_micros(in_.between(1, 15'000'000));
            }
            if (in_.chance(40)) b.min_dwell = period();
            m_.bandings.push_back(b);
        }
        lf::matrix x{.id = "class", .rows = "rows", .columns = "columns"};
        if (in_.chance(50)) {
            for (std::size_t r = 0; r < m_.bandings[0].bands.size(); ++r) {
                x.classes.emplace_back();
                for (std::size_t c = 0; c < m_.bandings[1].bands.size(); ++c) {
                    x.classes.back().push_back(std::to_string(r * c));
                }
            }
        }
        m_.matrices.push_back(x);
    }
};

inline lf::model make_model(std::uint64_t seed, std::size_t rules) {
    return model_maker(seed, rules).made();
}

// ---- durations and instants where things happen -------------------------------------------------

inline void ages_of(const condition& c, std::vector<duration>& found) {
    if (c.is == condition::kind::test && c.check.period != duration{}) {
        found.push_back(c.check.period);
    }
    for (const auto& part : c.of) ages_of(part, found);
}

/// Every duration in a model.
inline std::vector<duration> durations_of(const lf::model& m) {
    std::vector<duration> found{m.decay_grid};
    for (const auto& any_rule : m.rules) {
        std::visit(
            [&](const auto& r) {
                ages_of(r.when, found);
                if constexpr (requires { r.window; }) {
                    if (r.window) found.push_back(*r.window);
                }
                if constexpr (requires { r.bins; }) {
                    for (const auto& bin : r.bins) found.push_back(bin.within);
                }
                if constexpr (requires { r.within; }) found.push_back(r.within);
                if constexpr (requires { r.after; }) found.push_back(r.after);
                if constexpr (requires { r.every; }) {
                    if (r.every) {
                        for (int k = 1; k < 4; ++k) found.push_back(r.after + *r.every * k);
                    }
                }
                if constexpr (requires { r.cooldown; }) {
                    if (r.cooldown) found.push_back(*r.cooldown);
                    for (const auto& l : r.limits) {
                        if (l.rolling) found.push_back(*l.rolling);
                    }
                    std::visit(
                        [&](const auto& d) {
                            if constexpr (requires { d.period; }) {
                                found.push_back(d.period);
                                if (d.period < 1000 * day) found.push_back(33 * d.period);
                            }
                            if constexpr (requires { d.over; }) found.push_back(d.over);
                            if constexpr (requires { d.after; }) found.push_back(d.after);
                            if constexpr (requires { d.every; }) {
                                found.push_back(d.every);
                                found.push_back(2 * d.every);
                            }
                            if constexpr (requires { d.points; }) {
                                for (const auto& point : d.points) found.push_back(point.age);
                            }
                        },
                        r.decay);
                }
            },
            any_rule);
    }
    for (const auto& each : m.exclusions) ages_of(each.when, found);
    for (const auto& each : m.freezes) ages_of(each.when, found);
    for (const auto& each : m.bandings) {
        if (each.min_dwell) found.push_back(*each.min_dwell);
    }
    return found;
}

/// Clock changes in 2025, and beginnings of calendar periods in the model's zone.
inline std::vector<instant> boundaries_of(const lf::model& m) {
    std::vector<instant> found{at(2025, 3, 9) + 7h,  at(2025, 11, 2) + 6h,          // New York
                               at(2025, 4, 5) + 15h, at(2025, 10, 4) + 15h + 30min, // Lord Howe
                               at(2025, 3, 30) + 1h, at(2025, 10, 26) + 1h};        // Berlin
    const auto zone = lf::time_zone::find(m.time_zone).value();
    for (const instant midnight : {at(2025, 1, 6), at(2025, 1, 7), at(2025, 2, 1), at(2025, 3, 10),
                                   at(2025, 4, 1), at(2025, 11, 3), at(2026, 1, 1)}) {
        const auto local = lf::local_instant{midnight.time_since_epoch()};
        found.push_back(zone.to_instant(local, lf::local_choice::earliest).at);
    }
    return found;
}

/// An instant in or near 2025, often one at which something else happens.
inline instant some_instant(source& in, const std::vector<duration>& durations,
                            const std::vector<instant>& boundaries,
                            const std::vector<instant>& others) {
    const auto nudged = [&](instant t) {
        return in.chance(60) ? t : t + in.pick<duration>({-1us, 1us, -1s, 1h});
    };
    const auto roll = in.below(10);
    if (!others.empty() && roll < 2) return in.pick(others);
    if (!others.empty() && roll < 6) {
        const duration step = in.pick(durations);
        const instant t = in.pick(others) + (in.chance(85) ? step : -step);
        if (t > at(2020, 1, 1) && t < at(2030, 1, 1)) return nudged(t);
    }
    if (roll == 6) return nudged(in.pick(boundaries));
    if (!others.empty() && roll == 7) {
        return in.pick(others) + std::chrono::seconds{in.between(0, 7200)};
    }
    return beginning() + std::chrono::seconds{in.between(0, 400LL * 24 * 3600)};
}

// ---- histories ----------------------------------------------------------------------------------

class history_maker {
  public:
    history_maker(std::uint64_t seed, const lf::model& m, std::size_t events)
        : durations_(durations_of(m)), boundaries_(boundaries_of(m)) {
        for (std::size_t i = 0; i < events; ++i) {
            source in(seed, 4, i);
            events_.push_back(one_event(in));
            const instant t = std::visit([](const auto& e) { return e.at; }, events_.back());
            if (t != lf::always) instants_.push_back(t);
        }
    }
    std::vector<lf::event> made() const { return events_; }

    /// Instants to score at: those of events, those at which something is due, and others.
    std::vector<instant> looks(std::uint64_t seed, std::size_t n) const {
        std::vector<instant> found;
        for (std::size_t i = 0; i < n; ++i) {
            source in(seed, 5, i);
            found.push_back(some_instant(in, durations_, boundaries_, instants_));
        }
        return found;
    }

  private:
    std::vector<duration> durations_;
    std::vector<instant> boundaries_;
    std::vector<instant> instants_;
    std::vector<lf::event> events_;

  protected:
    static lf::value null_or(source& in, lf::value v) {
        return in.chance(12) ? lf::value{} : std::move(v);
    }
    static lf::text_set some_of(source& in, const std::vector<std::string>& words) {
        lf::text_set found;
        for (std::size_t i = in.below(3); i > 0; --i) found.insert(in.pick(words));
        return found;
    }

    lf::event one_event(source& in) {
        const instant t = some_instant(in, durations_, boundaries_, instants_);
        std::string id;
        std::string from;
        if (in.chance(25)) id = "e" + std::to_string(in.below(5));
        if (in.chance(40)) from = in.pick({"crm", "web"});
        const auto roll = in.below(10);
        if (roll < 2) {
            lf::attributes a{.lead = "lead", .at = in.chance(30) ? lf::always : t};
            a.source = from;
            a.id = id;
            for (std::size_t i = in.below(4); i > 0; --i) {
                switch (in.below(7)) {
                case 0:
                    a.values["industry"] = null_or(in, in.pick(industries));
                    break;
                case 1:
                    a.values["employees"] = null_or(in, in.pick<double>({0, 10, 50, 300, 0.5}));
                    break;
                case 2:
                    a.values["email"] = null_or(in, in.pick(emails));
                    break;
                case 3:
                    a.values["company"] = null_or(in, in.pick(companies));
                    break;
                case 4:
                    a.values["created"] =
                        null_or(in, some_instant(in, durations_, boundaries_, instants_));
                    break;
                case 5:
                    a.values["opted_out"] = null_or(in, in.chance(50));
                    break;
                default:
                    a.values["interests"] = null_or(in, some_of(in, topics));
                    break;
                }
            }
            return a;
        }
        if (roll < 4) {
            lf::stage_entry s{.lead = "lead", .at = t, .source = from, .id = id};
            s.funnel = in.chance(85) ? "sales" : "care";
            s.stage = s.funnel == "care" ? in.pick({"mql", "won"}) : in.pick(stages);
            if (in.chance(30)) s.reason = "because";
            if (in.chance(50)) {
                s.scores["engagement"] = decimal::from_micros(
                    in.pick<std::int64_t>({0, 100'000, 20'000'000, 20'000'001, 41'500'000}));
            }
            return s;
        }
        lf::touchpoint p{.lead = "lead", .at = t, .type = in.pick(touchpoint_types)};
        p.source = from;
        p.id = id;
        if (in.chance(65)) p.properties["url"] = null_or(in, in.pick(urls));
        if (in.chance(35)) p.properties["topic"] = null_or(in, in.pick(topics));
        if (in.chance(25))
            p.properties["pages"] = null_or(in, in.pick<double>({0, -0.0, 1, 2.5, 3}));
        if (in.chance(25)) p.properties["tags"] = null_or(in, some_of(in, topics));
        if (in.chance(50)) {
            p.value = decimal::from_micros(in.pick<std::int64_t>(
                {0, 1, 500'000, 30'000'000, 59'999'999, 60'000'000, 120'000'000, -3'000'000}));
            if (in.chance(2)) p.value = decimal{1'000'000'000'000};
        }
        p.campaign = in.pick(campaigns);
        p.channel = in.pick(channels);
        return p;
    }
};

/// A model, one lead's history, and instants to score at.
struct world {
    std::uint64_t seed = 0;
    lf::model model;
    std::vector<lf::event> events;
    std::vector<instant> looks;
};

/// The same world at another time. Instants in the model's conditions do not change.
inline void move(world& w, duration by) {
    for (auto& e : w.events) {
        std::visit(
            [&](auto& told) {
                if (told.at != lf::always) told.at += by;
            },
            e);
        if (auto* a = std::get_if<lf::attributes>(&e)) {
            for (auto& [name, held] : a->values) {
                if (auto* t = std::get_if<instant>(&held)) *t += by;
            }
        }
    }
    for (auto& t : w.looks) t += by;
}

/// Moves all events to a few instants, and repeats some touchpoints many times.
inline void crowd(world& w, source& in) {
    std::vector<instant> all;
    for (const auto& e : w.events) {
        const instant t = std::visit([](const auto& x) { return x.at; }, e);
        if (t != lf::always) all.push_back(t);
    }
    if (all.empty()) return;
    std::vector<instant> few;
    for (std::size_t i = in.below(3) + 1; i > 0; --i) few.push_back(in.pick(all));
    for (auto& e : w.events)
        std::visit([&](auto& x) { x.at = x.at == lf::always ? x.at : in.pick(few); }, e);
    for (std::size_t i = in.below(30); i > 0; --i) {
        auto again = in.pick(w.events);
        if (auto* t = std::get_if<lf::touchpoint>(&again)) {
            if (in.chance(50)) t->at = in.pick(few);
            w.events.push_back(again);
        }
    }
}

inline world make_world(std::uint64_t seed, sizes n, std::size_t looks = 12) {
    world w{.seed = seed, .model = make_model(seed, n.rules), .events = {}, .looks = {}};
    const history_maker history(seed, w.model, n.events);
    w.events = history.made();
    w.looks = history.looks(seed, looks);
    source crowding(seed, 15, 0);
    if (crowding.chance(20)) crowd(w, crowding);
    // Some worlds lie around the epoch, before it, or late.
    source in(seed, 7, 0);
    if (in.chance(15)) move(w, in.pick({-56, -84, 140}) * 365 * day + 14 * day);
    return w;
}

/// A world of random size; small ones are frequent, because they are easy to understand.
inline world make_world(std::uint64_t seed) {
    source in(seed, 6, 0);
    const std::size_t rules = in.chance(40) ? in.below(4) + 1 : in.below(14) + 1;
    const std::size_t events = in.chance(40) ? in.below(8) : in.below(41);
    return make_world(seed, {rules, events});
}

/// Removes events, rules, resets, freezes and exclusions while `still_fails`, until nothing can go.
template<class Predicate>
world minimised(world w, const Predicate& still_fails) {
    bool smaller = true;
    const auto try_without = [&](auto member) {
        for (std::size_t i = 0; i < member(w).size();) {
            world less = w;
            auto& list = member(less);
            list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
            if (still_fails(less)) {
                w = less;
                smaller = true;
            } else {
                ++i;
            }
        }
    };
    while (smaller) {
        smaller = false;
        try_without([](world & x) -> auto& { return x.events; });
        try_without([](world & x) -> auto& { return x.model.rules; });
        try_without([](world & x) -> auto& { return x.model.resets; });
        try_without([](world & x) -> auto& { return x.model.exclusions; });
        try_without([](world & x) -> auto& { return x.model.freezes; });
    }
    return w;
}

} // namespace generators
