// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Merges of leads, their reversal, and erasure. Not for users.
///
/// A lead keeps its own events for good, so that a merge can be reversed. While leads are merged,
/// their family holds the union of their events, from which the root is scored.

#include <leadfunnel/engine/detail/transitions.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0::detail {

class merging : public transitions {
  public:
    /// Merges `other`, a root, into `into`, another root, and looks at that. Both keep their
    /// events. The state of `other` is dropped: stages, bands, alerts, SLAs. O(events of both),
    /// like a late event of the merged lead, and O(members of the smaller family). Throws with
    /// nothing changed.
    void merge(std::uint32_t into, std::uint32_t other) {
        auto log = std::make_unique<lead_log>(
            lead_log::united({&leads_[into].log(), &leads_[other].log()}, words_));
        const auto members = [&](std::uint32_t n) {
            return leads_[n].kin == nullptr ? 1 : leads_[n].kin->members;
        };
        // The larger family stays, and the other joins it.
        const bool is_larger = members(into) >= members(other);
        auto joining = whole(is_larger ? other : into);
        auto* const left = leads_[joining.front()].kin;
        std::unique_ptr<family> fresh;
        auto* kin = leads_[is_larger ? into : other].kin;
        if (kin == nullptr) {
            joining.push_back(into);
            fresh = std::make_unique<family>();
            kin = fresh.get();
        }
        const auto before = kin->root;
        make_room_for_families(1);
        leads_[into].parts.reserve_more(1);
        extend();
        const auto join = [&] {
            kin->log.swap(log);
            kin->root = into;
            kin->members += joining.size();
            for (const auto n : joining) leads_[n].kin = kin;
            leads_[other].merged_into = into;
        };
        const auto part = [&]() noexcept {
            for (const auto n : joining) leads_[n].kin = left;
            leads_[other].merged_into = none32;
            kin->members -= joining.size();
            kin->root = before;
            kin->log.swap(log);
        };
        atomically({into, other}, [&] { // a rollback may still read the log
            retire(other);
            join();
            leads_[into].parts.push_back(other);
            try {
                emit_naming(into, other, signal_kind::merged);
                hide(other);
                look_again(into);
            } catch (...) {
                leads_[into].parts.resize(leads_[into].parts.size() - 1);
                part();
                ++roots_;
                throw;
            }
        });
        if (left != nullptr) dissolve(left);
        if (fresh) found(std::move(fresh));
    }

    /// Separates a lead, with all that is merged into it, from the lead it was merged into, and
    /// looks at both. O(n log n) for n events of the family. Throws with nothing changed.
    void unmerge(std::uint32_t other) {
        const auto from = leads_[other].merged_into;
        auto* const before = leads_[other].kin;
        const auto r = before->root;
        auto leaving = whole(other);
        auto staying = whole(r);
        {
            auto gone = leaving;
            std::sort(gone.begin(), gone.end());
            std::erase_if(staying, [&](std::uint32_t n) {
                return std::binary_search(gone.begin(), gone.end(), n);
            });
        }
        auto mine = family_of(staying);
        auto theirs = family_of(leaving);
        make_room_for_families(2);
        const auto belong = [&](const std::vector<std::uint32_t>& members, family* kin) {
            for (const auto n : members) leads_[n].kin = kin;
        };
        auto& parts = leads_[from].parts;
        const auto place =
            static_cast<std::size_t>(std::find(parts.begin(), parts.end(), other) - parts.begin());
        atomically({r, other}, [&] {
            parts.erase(place);
            leads_[other].merged_into = none32;
            belong(staying, mine.get());
            belong(leaving, theirs.get());
            ++roots_;
            try {
                emit_naming(r, other, signal_kind::unmerged);
                look_again(r);
                look_again(other);
            } catch (...) {
                --roots_;
                belong(staying, before);
                belong(leaving, before);
                leads_[other].merged_into = from;
                parts.insert(place, other); // there is room
                throw;
            }
        });
        dissolve(before);
        for (auto* made : {&mine, &theirs})
            if (*made) found(std::move(*made));
    }

    /// Erases a lead with all that is merged into it, and emits a signal that names nobody.
    /// O(log n for each event, merged lead and signal of the lead).
    void erase(std::uint32_t lead) {
        const auto gone = whole(lead);
        emit({.kind = signal_kind::erased});
        // Nothing below throws.
        leave(lead, gone);
    }

    /// The events of a lead and of all that is merged into it, in history order, each with the id
    /// under which it was recorded. Events that are equal but for that id are ordered by it. Of
    /// events that a source has given one id the first counts. O(n log n).
    [[nodiscard]] std::vector<event> history(std::uint32_t lead, pulse& beat) const {
        std::vector<event> all;
        for (const auto n : whole(lead))
            for (auto& e : leads_[n].own.events(words_, beat)) {
                std::visit([&](auto& x) { x.lead = leads_[n].id; }, e);
                all.push_back(std::move(e));
            }
        if (leads_[lead].kin == nullptr) return all;
        const auto id_of = [](const event& e) -> const std::string& {
            return std::visit([](const auto& x) -> const std::string& { return x.lead; }, e);
        };
        std::sort(all.begin(), all.end(), [&](const event& a, const event& b) {
            beat.step(32);
            const auto o = history_order(a, b);
            return o != 0 ? o < 0 : id_of(a) < id_of(b);
        });
        std::set<std::tuple<std::size_t, std::string, std::string>> seen;
        std::erase_if(all, [&](const event& e) {
            return std::visit(
                [&](const auto& x) {
                    return !x.id.empty() && !seen.emplace(e.index(), x.source, x.id).second;
                },
                e);
        });
        return all;
    }

    // ---- moving a lead to another engine: `adopt` there, then `leave` here

    /// Copies a lead of another engine with all that is merged into it. Only events are copied, as
    /// in a merge. The copy is neither in a stage nor ranked; a merge must follow. Throws with
    /// nothing changed but the vocabulary.
    std::uint32_t adopt(const merging& from, std::uint32_t lead) {
        const auto theirs = from.whole(lead);
        std::vector<std::uint32_t> mine;
        mine.reserve(theirs.size());
        try {
            for (const auto n : theirs) mine.push_back(new_lead(from.leads_[n].id));
            std::size_t next = 1; // in `mine`: the first part of the i-th lead, by `whole`'s order
            for (std::size_t i = 0; i < theirs.size(); ++i) {
                const auto& r = from.leads_[theirs[i]];
                auto& copy = leads_[mine[i]];
                lead_log own;
                own.copy(r.own, from.words_, words_);
                copy.own = std::move(own);
                copy.own.each_word(using_words{words_});
                for (std::size_t k = 0; k < r.parts.size(); ++k) copy.parts.push_back(mine[next++]);
            }
            auto kin = family_of(mine);
            make_room_for_families(1);
            extend();
            if (kin) {
                auto* const made = found(std::move(kin));
                for (const auto n : mine) leads_[n].kin = made;
            }
        } catch (...) {
            drop(mine);
            throw;
        }
        settle_words();
        for (const auto n : mine)
            for (const auto part : leads_[n].parts) {
                leads_[part].merged_into = n;
                --roots_;
            }
        return mine.front();
    }
    /// Reverses `adopt`.
    void disown(std::uint32_t lead) {
        const auto gone = whole(lead);
        dissolve(leads_[lead].kin);
        for (const auto n : gone)
            if (leads_[n].merged_into != none32) ++roots_;
        drop(gone);
    }
    /// Erases a lead that another engine has adopted, without a signal.
    void leave(std::uint32_t lead) { leave(lead, whole(lead)); }

  protected:
    using transitions::transitions;

    /// Removes a lead that was added last, for a rollback.
    void drop(std::uint32_t n) noexcept {
        release(n);
        --roots_;
    }

  private:
    /// Removes leads that were added, the last one first.
    void drop(const std::vector<std::uint32_t>& all) noexcept {
        for (auto i = all.size(); i-- > 0;) drop(all[i]);
        settle_words();
    }
    /// Erases a lead with all that is merged into it; `all` is what `whole` gives.
    void leave(std::uint32_t lead, const std::vector<std::uint32_t>& all) noexcept {
        retire(lead);
        dissolve(leads_[lead].kin);
        for (const auto n : all) outbox_.cleanse(n, leads_[n].last_signal, words_);
        for (const auto n : all) release(n);
        settle_words();
    }
    /// Wipes a lead's record, and frees its number.
    void release(std::uint32_t n) noexcept {
        auto& r = leads_[n];
        r.own.each_word(unusing_words{*this});
        ids_.remove(hash_of(r.id), n);
        who_.erase(n);
        forget_walk(n);
        wipe(r.id);
        r = lead_record{};
        r.erased = true;
        if (n + 1 == leads_.size())
            leads_.pop_back();
        else
            free_.insert(n);
    }
    /// Stops counting, ranking and scheduling a lead as one of its own. It keeps its number and
    /// its events.
    void retire(std::uint32_t n) {
        queue_.cancel(n);
        ranks_.remove(n);
        forget_walk(n);
        count_stages(n, -1);
        count_bands(n, -1);
        states_.clear(n);
        leads_[n].slas.clear();
        set_owner(n, 0);
        --roots_;
    }
};

} // namespace leadfunnel::inline v0::detail
