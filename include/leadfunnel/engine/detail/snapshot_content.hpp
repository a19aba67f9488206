// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What a snapshot of an engine holds, and the checks of what was read. Not for users.

#include <leadfunnel/engine/detail/archive.hpp>
#include <leadfunnel/engine/detail/merging.hpp>
#include <leadfunnel/engine/snapshot_error.hpp>
#include <leadfunnel/model/json_write.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace leadfunnel::inline v0::detail {

class snapshot_content : public merging {
  public:
    /// Writes everything but the plan, or reads it into an engine without leads.
    ///
    /// Reading trusts nothing: each number is checked before it is used. Writing makes the same
    /// checks, so that no snapshot is written that could not be read. (Two checks are made by
    /// readers only, because a writer cannot fail them: words and ids are distinct, and merges have
    /// no cycles.) Throws `snapshot_error`, also if the snapshot is of another model.
    template<class A>
    void archive_all(A& a, const engine_progress& progress = {}) {
        auto mark = fingerprint();
        archive(a, mark);
        if constexpr (A::reads)
            if (mark != fingerprint()) throw snapshot_error("the snapshot is of another model");
        words_.archive_words(a);
        archive(a, clock_);
        archive(a, closed_);
        archive_leads(a, progress);
        const auto n = static_cast<std::uint32_t>(leads_.size());
        if constexpr (A::reads) make_states(n);
        for (std::uint32_t i = 0; i < n; ++i) {
            for (auto& m : states_.bands(i)) archive(a, m);
            for (auto& m : states_.alerts(i)) archive(a, m);
            for (auto& m : states_.classes(i)) archive(a, m);
        }
        std::vector<std::int64_t> dues;
        if constexpr (!A::reads) {
            for (std::uint32_t i = 0; i < n; ++i)
                dues.push_back(queue_.due(i).value_or(end_of_time));
            require_sound<A>(dues);
        }
        archive(a, dues);
        archive(a, outbox_);
        if constexpr (A::reads) {
            for (const auto& x : p().source.attributes) words_.attribute(x.id);
            require_sound<A>(dues);
            finish_reading(dues, progress);
        }
    }

  protected:
    using merging::merging;

  private:
    /// Identifies a model: FNV-1a of the model as JSON.
    [[nodiscard]] std::uint64_t fingerprint() const { return fnv1a(write_model(p().source)); }

    template<class A>
    void archive_leads(A& a, const engine_progress& progress) {
        const auto n = archive_count(a, leads_.size(), 16);
        if constexpr (A::reads) {
            if (n >= none32) A::refuse();
            leads_.resize(n);
        }
        const std::size_t all = A::reads ? 3 * n : n; // reading is followed by two more passes
        for (std::uint32_t i = 0; i < n; ++i) {
            report_progress(progress, i, all);
            auto& r = leads_[i];
            archive(a, r.id);
            if constexpr (!A::reads) prefetch_after(i);
            archive(a, r.own);
            if (!r.own.is_sound(words_)) A::refuse(); // here, while it is in the cache
            archive(a, r.parts);
            archive(a, r.merged_into);
            archive(a, r.owner);
            archive(a, r.due_shared);
            archive(a, r.calm_until);
            archive(a, r.erased);
            archive(a, r.slas);
        }
    }

    // ---- checks

    template<class A>
    static void need(bool is_so) {
        if (!is_so) A::refuse();
    }
    [[nodiscard]] static bool is_time(std::int64_t t) noexcept {
        return t == before_time || (t >= time_begin && t < time_end);
    }
    /// Checks that all numbers but those of words, histories and merges are in range. O(numbers).
    template<class A>
    void require_sound(const std::vector<std::int64_t>& dues) const {
        const std::size_t n = leads_.size();
        need<A>(dues.size() == n);
        need<A>(is_time(clock_));
        for (const auto due : dues) need<A>(due == end_of_time || (is_time(due) && due >= clock_));
        for (std::uint32_t i = 0; i < n; ++i) require_sound_state<A>(i);
        const auto texts = words_.texts().size();
        for (const auto& s : outbox_.records())
            need<A>((s.lead == none32 || s.lead < n) && s.subject < texts && s.from < texts &&
                    s.to < texts && s.cause < texts && s.reason < texts && s.version < texts &&
                    is_signal_kind(s.kind));
        const std::size_t owners =
            p().owner == none32
                ? 1
                : words_.words()
                      .attribute_values[words_.attribute_number(p().source.roles.owner)]
                      .size();
        for (std::uint32_t i = 0; i < n; ++i) {
            const auto& r = leads_[i];
            for (const auto& m : r.slas)
                need<A>(m.sla < p().slas.size() && m.start != before_time && is_time(m.start));
            need<A>(r.erased ? r.id.empty() && r.own.empty() && r.parts.empty() && r.slas.empty() &&
                                   r.merged_into == none32
                             : !r.id.empty());
            need<A>(r.owner < owners);
        }
    }
    template<class A>
    void require_sound_state(std::uint32_t i) const {
        for (const auto& m : states_.alerts(i)) need<A>(is_time(m.raised));
        for (std::size_t b = 0; b < p().bandings.size(); ++b) {
            const auto bands = p().bandings[b].bands.size();
            const auto is_band = [&](std::uint32_t x) { return x == no_band_index || x < bands; };
            const auto& m = states_.bands(i)[b];
            need<A>(is_band(m.now) && is_band(m.signalled) && is_band(m.folded.band()) &&
                    is_band(m.latest.band()) && m.seen <= clock_);
            for (const auto& x : {m.folded, m.latest})
                need<A>(x.band() == no_band_index || is_time(x.since()));
        }
        for (std::size_t x = 0; x < p().matrices.size(); ++x) {
            const auto& classes = p().matrices[x].classes;
            need<A>(states_.classes(i)[x] <= classes.size() * classes.front().size());
        }
    }

    // ---- after reading

    /// Makes everything that is not archived because it follows from the rest.
    void finish_reading(const std::vector<std::int64_t>& dues, const engine_progress& reported) {
        heeding deep{*this, reported, 3 * leads_.size(), leads_.size()};
        const auto progress = deep.reports();
        const std::size_t n = leads_.size();
        number_leads();
        found_families();
        outbox_.link(
            words_,
            [&](std::uint32_t lead) {
                return leads_[lead].erased ? nullptr : &leads_[lead].last_signal;
            },
            [&](std::string_view id) { return find(id); });
        bind();
        queue_.resize(n);
        ranks_.resize(n);
        for (std::uint32_t i = 0; i < n; ++i) count_bands(i, 1);
        for (std::uint32_t i = 0; i < n; ++i) {
            report_progress(progress, n + i, 3 * n);
            prefetch_after(i);
            if (!leads_[i].is_root()) continue;
            reread_places(i);
            if (dues[i] != end_of_time) queue_.schedule(i, dues[i]);
        }
        ranks_.forget();
        forget_index(); // it is built once from all leads
        mend_ranks();
        mend_index([&](std::uint32_t i) { report_progress(progress, 2 * n + i, 3 * n); });
    }
    /// Makes the table of ids, and checks that merges fit together.
    void number_leads() {
        const std::size_t n = leads_.size();
        std::size_t parts = 0;
        std::size_t merged = 0;
        ids_.reserve(n);
        free_.reserve(n);
        for (std::uint32_t i = 0; i < n; ++i) {
            const auto& r = leads_[i];
            need<reader>(r.merged_into == none32 || r.merged_into < n);
            for (const auto part : r.parts)
                need<reader>(part < n && part != i && leads_[part].merged_into == i);
            parts += r.parts.size();
            merged += r.merged_into != none32 ? 1U : 0U;
            need<reader>(std::set(r.parts.begin(), r.parts.end()).size() == r.parts.size());
            if (r.erased) {
                free_.insert(i);
                continue;
            }
            need<reader>(!find(r.id));
            ids_.add(hash_of(r.id), i);
        }
        need<reader>(parts == merged);
    }
    /// Makes the families, and checks that merges have no cycle: each lead is part of one other at
    /// most, so it is reached from a root once, or it is in a cycle and not reached.
    void found_families() {
        std::size_t reached = 0;
        for (std::uint32_t i = 0; i < leads_.size(); ++i) {
            if (leads_[i].merged_into != none32) continue;
            if (!leads_[i].erased) ++roots_;
            ++reached;
            if (leads_[i].parts.empty()) continue;
            const auto members = whole(i);
            reached += members.size() - 1;
            auto* const kin = found(family_of(members));
            for (const auto k : members) leads_[k].kin = kin;
        }
        need<reader>(reached == leads_.size());
    }
};

} // namespace leadfunnel::inline v0::detail
