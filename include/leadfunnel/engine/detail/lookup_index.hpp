// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The index of leads by e-mail, account, owner and stage in the first funnel, and the rebuilding
/// of it and of rankings. Not for users.

#include <leadfunnel/core/text.hpp>
#include <leadfunnel/engine/detail/lead_walks.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// An operation that fails half-way may leave the index or a ranking out of step with the leads. It
/// is then not *current*: nobody reads it, and the next operation rebuilds it first.
class lookup_index : public lead_walks {
  public:
    /// The index by e-mail, account, owner and stage; null if it is not current.
    [[nodiscard]] const identity* index() const noexcept {
        return is_index_current_ ? &who_ : nullptr;
    }

  protected:
    using lead_walks::lead_walks;

    // ---- one lead

    /// What the index must say of a lead on which the cursor stands at the clock.
    [[nodiscard]] indexed shown_now(std::uint32_t lead) const {
        const auto held = [&](std::uint32_t role) {
            return role == none32 ? 0 : cursor_->attribute(role);
        };
        return with_stage(
            lead,
            {.email = held(p().email), .account = held(p().account), .owner = held(p().owner)});
    }
    /// Updates the index for a lead on which the cursor stands at the clock.
    void show(std::uint32_t lead) {
        if (!is_index_current_) return;
        auto& old = leads_[lead].shown;
        const auto now = shown_now(lead);
        if (now == old) return;
        index_touched_ = true;
        if (now.email != old.email) who_.set_email(lead, fold(role_text(p().email, now.email)));
        if (now.account != old.account) who_.set_account(lead, role_text(p().account, now.account));
        if (now.owner != old.owner) who_.set_owner(lead, role_text(p().owner, now.owner));
        if (now.stage != old.stage || now.entered != old.entered)
            who_.set_stage(lead, now.stage, instant{duration{now.entered}});
        old = now;
    }
    /// Clears a lead's keys in the index. Its number stays.
    void hide(std::uint32_t lead) {
        if (!is_index_current_) return;
        index_touched_ = true;
        who_.set_email(lead, {});
        who_.set_account(lead, {});
        who_.set_owner(lead, {});
        who_.set_stage(lead, identity_record::no_stage, always);
        leads_[lead].shown = {};
    }

    // ---- rebuilding

    /// Before an operation that may be rolled back: rebuilds what is not current.
    void begin_changes() {
        mend_ranks();
        mend_index([](std::uint32_t) {});
        ranks_.begin();
        index_touched_ = false;
    }
    /// After such an operation has failed: what it touched is not current.
    void fail_changes() noexcept {
        ranks_.fail();
        if (index_touched_) is_index_current_ = false;
    }
    /// The index is not current.
    void forget_index() noexcept { is_index_current_ = false; }
    /// Rebuilds the index from the leads' histories if it is not current, without walking them:
    /// touchpoints do not matter here. Calls `step(lead)` before each lead.
    template<class Step>
    void mend_index(const Step& step) {
        if (is_index_current_) return;
        for (std::uint32_t n = 0; n < leads_.size(); ++n) {
            step(n);
            prefetch_after(n);
            if (leads_[n].is_root() && clock_ != before_time) leads_[n].shown = shown_by_history(n);
        }
        index_shown();
    }
    /// Rebuilds the index from what each lead's record says is shown. O(n log n).
    void index_shown() {
        who_.assign(leads_.size(), [&](std::size_t n) -> std::optional<identity_record> {
            const auto& r = leads_[n];
            if (r.erased) return std::nullopt;
            identity_record x{.lead = static_cast<std::uint32_t>(n)};
            if (!r.is_root()) return x;
            x.email = fold(role_text(p().email, r.shown.email));
            x.account = role_text(p().account, r.shown.account);
            x.owner = role_text(p().owner, r.shown.owner);
            x.stage = r.shown.stage;
            x.entered = instant{duration{r.shown.entered}};
            return x;
        });
        is_index_current_ = true;
    }
    /// Rebuilds the rankings that are not current. O(n) evaluations.
    void mend_ranks() {
        ranks_.mend(
            leads_.size(), *cursor_, [&](std::uint32_t n) { return leads_[n].is_root(); },
            [&](std::uint32_t n) -> const std::vector<reading>* {
                if (clock_ == before_time) return nullptr;
                prefetch_after(n);
                pass(n, clock_);
                return readings_ = &cursor_->evaluate();
            });
    }

  private:
    [[nodiscard]] indexed shown_by_history(std::uint32_t lead) const {
        const auto name_of = [&](std::uint32_t role) {
            return role == none32 ? no_name : binding_->name_of_attribute[role];
        };
        const auto email = name_of(p().email);
        const auto account = name_of(p().account);
        const auto owner = name_of(p().owner);
        indexed x;
        each_fact(lead, clock_, [&](const attribute_entry& f) {
            if (f.name == no_name) return;
            if (f.name == email) x.email = f.value;
            if (f.name == account) x.account = f.value;
            if (f.name == owner) x.owner = f.value;
        });
        return with_stage(lead, x);
    }
    [[nodiscard]] indexed with_stage(std::uint32_t lead, indexed x) const {
        if (!p().funnels.empty()) {
            x.stage = place_of(lead, 0).stage;
            x.entered = place_of(lead, 0).since;
        }
        return x;
    }
    /// Calls `fact(attribute)` for each attribute of a lead's history up to `t`, in history
    /// order: those of attributes events, and those that stage entries set.
    template<class Fact>
    void each_fact(std::uint32_t lead, std::int64_t t, const Fact& fact) const {
        const auto v = leads_[lead].log().view();
        std::size_t i = 0;
        const auto pass_until = [&](std::int64_t end) {
            for (; i < v.attributes.size(); ++i) {
                if (v.attributes[i].at.time_since_epoch().count() > end) return;
                fact(v.attributes[i]);
            }
        };
        for (const auto& s : v.stages) {
            const auto at = s.at.time_since_epoch().count();
            if (at > t) break;
            pass_until(at);
            for (const auto& f : v.stage_facts.subspan(s.first_fact, s.fact_count)) fact(f);
        }
        pass_until(t);
    }

    bool is_index_current_ = true;
    bool index_touched_ = false; // since `begin_changes`
};

} // namespace leadfunnel::inline v0::detail
