// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// A part of engine.ipp, which defines `engine::state`.

#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/engine/detail/live_engine.hpp>
#include <leadfunnel/engine/detail/subject_tests.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/score/detail/cursor_pool.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0 {

namespace detail {

/// A lead as the condition of a query sees it: everything is read from its history, because the
/// tables of the engine's plan do not know the query's tests.
struct queried_lead {
    const live_engine& live;
    const program& p; // of the query
    std::uint32_t lead;
    const cursor<>& c; // on the lead, at the clock
    const std::vector<reading>& readings;

    [[nodiscard]] bool attribute(const compiled_test& t) const {
        return t.source.take == part::age ? age_holds(t, c.held(t.name), now())
                                          : test_holds(t, c.held(t.name));
    }
    [[nodiscard]] bool current_stage(const compiled_test& t) const {
        const auto f = funnel_of(p.current_stages[t.name]);
        const auto stage = live.place_of(lead, f).stage;
        return test_holds(t,
                          stage == none32 ? value{} : value{p.source.funnels[f].stages[stage].id});
    }
    [[nodiscard]] bool times_entered(const compiled_test& t) const {
        double n = 0;
        each_entry(p.counters[t.name].first, p.counters[t.name].second, [&](std::size_t) { ++n; });
        return test_holds(t, n);
    }
    [[nodiscard]] bool score_at_entry(const compiled_test& t) const {
        const auto& e = p.entry_scores[t.name];
        const auto view = live.leads()[lead].log().view();
        value last;
        each_entry(e.funnel, e.stage, [&](std::size_t i) {
            const auto& r = view.stages[i];
            last = value{};
            for (const auto& s : view.stage_scores.subspan(r.first_score, r.score_count))
                if (live.words().words().recorded_scores[s.score] == e.score)
                    last = static_cast<double>(s.micros);
        });
        return test_holds(t, last);
    }
    [[nodiscard]] const reading& score(std::uint32_t s) const { return readings[s]; }
    [[nodiscard]] std::uint32_t band(std::uint32_t b) const {
        return live.band_at(lead, b, readings);
    }
    [[nodiscard]] const place& place_in(std::uint32_t f) const { return live.place_of(lead, f); }
    [[nodiscard]] const compiled_matrix& matrix(std::uint32_t x) const { return p.matrices[x]; }
    [[nodiscard]] bool band_outcome(const compiled_test& t, std::uint32_t b) const {
        return test_holds(t, band_value(p, t.name, b));
    }
    [[nodiscard]] bool class_outcome(const compiled_test& t, std::uint32_t row,
                                     std::uint32_t column) const {
        return test_holds(t, class_value(matrix(t.name), row, column));
    }
    [[nodiscard]] std::int64_t now() const { return live.clock(); }

  private:
    [[nodiscard]] std::size_t funnel_of(std::string_view id) const {
        std::size_t f = 0;
        while (p.source.funnels[f].id != id) ++f;
        return f;
    }
    /// Calls `entry(i)` for each stage entry of the lead into a stage.
    template<class Do>
    void each_entry(std::string_view funnel, std::string_view stage, const Do& entry) const {
        const auto stages = live.leads()[lead].log().view().stages;
        for (std::size_t i = 0; i < stages.size(); ++i) {
            const auto& k = live.words().words().stage_kinds[stages[i].kind];
            if (k.funnel == funnel && k.stage == stage) entry(i);
        }
    }
};

/// The condition of a query. It is compiled with the model, as if it were an alert's.
class query_condition {
  public:
    query_condition(const live_engine& l, const v0::condition& where) : live_(l) {
        if (where.is == v0::condition::kind::none) return;
        model m = l.p().source;
        std::string id{"query"};
        while (std::any_of(m.alerts.begin(), m.alerts.end(),
                           [&](const alert& a) { return a.id == id; }))
            id += '_';
        m.alerts.push_back({.id = id, .when = where});
        plan_.emplace(compile(m));
        node_ = plan_access::of(*plan_).alerts.back().when;
    }
    /// Whether there is no condition: every lead will do.
    [[nodiscard]] bool is_any() const noexcept { return node_ == 0; }

    /// Whether it holds for a lead on which a cursor stands at the clock.
    bool operator()(std::uint32_t lead, cursor<>& c) const {
        if (node_ == 0) return true;
        const auto& p = plan_access::of(*plan_);
        const queried_lead seen{live_, p, lead, c, c.evaluate()};
        return condition_holds(p, node_,
                               [&](std::uint32_t i) { return subject_holds(p.tests[i], seen); });
    }

  private:
    const live_engine& live_;
    std::optional<plan> plan_;
    std::uint32_t node_ = 0;
};

[[nodiscard]] inline bool is_among(const std::vector<std::string>& names,
                                   std::string_view name) noexcept {
    return std::find(names.begin(), names.end(), name) != names.end();
}
[[nodiscard]] inline bool asks_for_entry(const query& q) noexcept {
    return q.entered_from != always || q.entered_to != never;
}

/// Throws argument_error for a query that lacks a name or needs a role that the model lacks,
/// `unknown_name` for one that names something unknown. The funnel's name has been checked.
inline void require_names(const engine& e, const program& p, const query& q) {
    if (q.funnel.empty() && (!q.stages.empty() || asks_for_entry(q)))
        throw argument_error("a query by stage names its funnel");
    for (const auto& s : q.stages) (void)e.count_in_stage(q.funnel, s);
    if (!q.banding.empty()) (void)e.used_plan().banding(q.banding);
    if (q.banding.empty() && !q.bands.empty())
        throw argument_error("a query by band names its banding");
    for (const auto& x : q.bands) (void)e.count_in_band(q.banding, x);
    const auto require_role = [&](const std::string& wanted, std::uint32_t role, const char* name) {
        if (!wanted.empty() && role == none32)
            throw argument_error(std::string{"the model has no attribute in the role of "} + name);
    };
    require_role(q.account, p.account, "account");
    require_role(q.owner, p.owner, "owner");
}

/// The leads that a query has to test, in order of their numbers: those that an index lists, or
/// all. The index is used if it is current: by owner, else by account, else by stage of the first
/// funnel, whichever the query names.
class query_candidates {
  public:
    /// `funnel` is the query's, `first` the least number to return.
    query_candidates(const live_engine& live, const query& q, std::size_t funnel,
                     std::uint32_t first)
        : live_(live), q_(q), index_(live.index()), next_(first) {
        if (index_ == nullptr) return;
        const auto& has = live.indices();
        if (has.by_owner && !q.owner.empty())
            by_ = key::owner;
        else if (has.by_account && !q.account.empty())
            by_ = key::account;
        else if (has.by_stage && funnel == 0 && !q.funnel.empty() && !q.stages.empty() &&
                 q.owner.empty() && q.account.empty())
            list_stages();
    }

    [[nodiscard]] std::optional<std::uint32_t> next() {
        switch (by_) {
        case key::none:
            if (next_ == live_.leads().size()) return std::nullopt;
            return next_++;
        case key::stage:
            break;
        case key::owner:
            if (i_ == listed_.size()) list(index_->of_owner(q_.owner, last(), chunk));
            break;
        case key::account:
            if (i_ == listed_.size()) list(index_->of_account(q_.account, last(), chunk));
            break;
        }
        if (i_ == listed_.size()) return std::nullopt;
        next_ = listed_[i_] + 1;
        return listed_[i_++];
    }

  private:
    enum class key : std::uint8_t { none, stage, owner, account };
    static constexpr std::size_t chunk = 256; // leads that are fetched at once

    void list_stages() {
        by_ = key::stage;
        const auto& stages = live_.p().source.funnels.front().stages;
        for (std::uint32_t s = 0; s < stages.size(); ++s)
            if (is_among(q_.stages, stages[s].id))
                for (const auto& x :
                     index_->in_stage(s, {}, live_.leads().size(), q_.entered_from, q_.entered_to))
                    if (x.lead >= next_) listed_.push_back(x.lead);
        std::sort(listed_.begin(), listed_.end());
    }
    void list(std::vector<std::uint32_t> leads) {
        listed_ = std::move(leads);
        i_ = 0;
    }
    [[nodiscard]] std::optional<std::uint32_t> last() const noexcept {
        return next_ == 0 ? std::nullopt : std::optional{next_ - 1};
    }

    const live_engine& live_;
    const query& q_;
    const identity* index_;
    key by_ = key::none;
    std::uint32_t next_;
    std::vector<std::uint32_t> listed_;
    std::size_t i_ = 0; // into `listed_`
};

/// Whether a lead is in the result of a query.
class query_filter {
  public:
    query_filter(const live_engine& live, const query& q, const query_condition& where,
                 std::size_t funnel, std::size_t banding) noexcept
        : live_(live), q_(q), where_(where), funnel_(funnel), banding_(banding) {}

    /// `c` is moved to the lead if its history must be walked.
    bool operator()(std::uint32_t n, cursor<>& c) const {
        const auto& record = live_.leads()[n];
        return record.is_root() && is_in_stage(n) && is_active(record.log()) && is_so_now(n, c);
    }

  private:
    [[nodiscard]] bool is_in_stage(std::uint32_t n) const {
        if (q_.stages.empty() && !asks_for_entry(q_)) return true;
        const auto& at = live_.place_of(n, funnel_);
        if (at.stage == none32) return false;
        const auto& stages = live_.p().source.funnels[funnel_].stages;
        if (!q_.stages.empty() && !is_among(q_.stages, stages[at.stage].id)) return false;
        const instant since{duration{at.since}};
        return since >= q_.entered_from && since < q_.entered_to;
    }
    [[nodiscard]] bool is_active(const lead_log& log) const {
        if (q_.active_from == always && q_.active_to == never) return true;
        const auto last = log.last();
        return last != always && last >= q_.active_from && last < q_.active_to;
    }
    /// Account, owner, band and condition, at the clock.
    [[nodiscard]] bool is_so_now(std::uint32_t n, cursor<>& c) const {
        if (q_.bands.empty() && q_.account.empty() && q_.owner.empty() && where_.is_any())
            return true;
        c.seek(live_.leads()[n].log().view(), cursor<>::mode::scores_only);
        c.advance(live_.clock());
        const auto has = [&](const std::string& wanted, std::uint32_t role) {
            return wanted.empty() || c.held(role) == value{wanted};
        };
        if (!has(q_.account, live_.p().account) || !has(q_.owner, live_.p().owner)) return false;
        if (!q_.bands.empty()) {
            const auto band = live_.band_at(n, banding_, c.evaluate());
            const auto& bands = live_.p().source.bandings[banding_].bands;
            if (band == no_band_index || !is_among(q_.bands, bands[band].id)) return false;
        }
        return where_(n, c);
    }

    const live_engine& live_;
    const query& q_;
    const query_condition& where_;
    std::size_t funnel_;
    std::size_t banding_;
};

} // namespace detail

LEADFUNNEL_DECL page engine::find(const query& q, const engine_progress& reported) const {
    const auto& live = *state_->live;
    const detail::query_condition where{live, q.where};
    const std::size_t funnel = q.funnel.empty() ? 0 : state_->funnel(q.funnel);
    detail::require_names(*this, live.p(), q);
    const std::size_t banding = q.banding.empty() ? 0 : used_plan().banding(q.banding);
    const std::uint32_t first = q.after.empty() ? 0 : state_->lead(q.after) + 1;
    detail::query_candidates candidates{live, q, funnel, first};
    const detail::query_filter is_wanted{live, q, where, funnel, banding};
    detail::cursor_pool::loan loan{*state_->pool, live.bound(), reported};
    const auto progress = loan.reports();
    page out;
    for (std::size_t seen = 0; const auto n = candidates.next(); ++seen) {
        detail::live_engine::report_progress(progress, seen, live.leads().size());
        if (!is_wanted(*n, *loan.held)) continue;
        if (out.leads.size() == q.limit) {
            out.more = true;
            break;
        }
        out.leads.push_back(live.leads()[*n].id);
    }
    return out;
}

LEADFUNNEL_DECL std::vector<std::string> engine::with_email(std::string_view email) const {
    const auto& live = *state_->live;
    if (live.p().email == detail::none32)
        throw argument_error("the model has no attribute in the role of email");
    const detail::wiped<std::string> folded = fold(email);
    const auto& wanted = *folded;
    std::vector<std::string> out;
    if (const auto* index = live.index(); index != nullptr && live.indices().by_email) {
        for (const auto n : index->with_email(wanted)) out.push_back(live.leads()[n].id);
        return out;
    }
    const engine_progress none;
    const detail::cursor_pool::loan loan{*state_->pool, live.bound(), none};
    auto& c = *loan.held;
    for (std::uint32_t n = 0; n < live.leads().size(); ++n) {
        if (!live.leads()[n].is_root()) continue;
        c.seek(state_->view(n), detail::cursor<>::mode::scores_only);
        c.advance(live.clock());
        const auto* s = std::get_if<std::string>(&c.held(live.p().email));
        if (s == nullptr) continue;
        const detail::wiped<std::string> held = fold(*s);
        if (*held == wanted) out.push_back(live.leads()[n].id);
    }
    return out;
}

} // namespace leadfunnel::inline v0
