// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Operations on one or two leads that happen completely or not at all. Not for users.

#include <leadfunnel/engine/detail/service_levels.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

class rollback : public service_levels {
  protected:
    using service_levels::service_levels;

    /// Runs `act`, which changes one or two leads. If it throws, the leads' states and timers, the
    /// events that `each_log` has inserted and the signals are as before, and the exception goes
    /// on. The rest is rebuilt later: walks, and the rankings and index that were touched.
    /// O(the leads' state rows), and a rebuild if an earlier operation has failed.
    template<class Do>
    void atomically(std::initializer_list<std::uint32_t> leads, const Do& act) {
        std::size_t n = 0;
        for (const auto lead : leads) keep(kept_[n++], lead);
        const holding_owners held{*this, n};
        const auto signals = outbox_.size();
        inserted_.clear();
        begin_changes();
        try {
            act();
        } catch (...) {
            for (auto i = inserted_.size(); i-- > 0;) {
                const auto& x = inserted_[i];
                if (x.is_own) x.log->each_word(x.what, x.place, unusing_words{*this});
                x.log->erase(x.what, x.place);
            }
            while (n > 0) {
                restore(kept_[--n]);
                forget_walk(kept_[n].lead);
            }
            outbox_.truncate(signals, words_, [&](const signal_record& s) {
                if (s.lead != none32) leads_[s.lead].last_signal = s.earlier;
            });
            leave_lead();
            fail_changes();
            throw;
        }
    }

    /// Applies `insert` to every log that stores this lead's events: its own, whose words are
    /// counted, and its family's. `insert(log)` returns the place of the event among its kind.
    /// Returns the place in the log that `lead_record::log` gives.
    template<class Do>
    std::size_t each_log(std::uint32_t lead, event_kind what, const Do& insert) {
        const auto into = [&](lead_log& log, bool is_own) {
            inserted_.reserve(inserted_.size() + 1);
            inserted_.push_back({&log, what, insert(log), is_own});
        };
        auto& own = leads_[lead].own;
        into(own, true);
        own.each_word(what, inserted_.back().place, using_words{words_});
        if (auto* const kin = leads_[lead].kin; kin != nullptr) into(*kin->log, false);
        return inserted_.back().place;
    }

  private:
    /// What a lead had before an operation.
    struct kept_lead {
        std::uint32_t lead = none32;
        std::uint32_t owner = 0;
        bool due_shared = false;
        std::optional<std::int64_t> due;
        std::vector<std::byte> states;
        thin_vector<sla_memory> slas;
    };
    void keep(kept_lead& k, std::uint32_t n) const {
        states_.save(n, k.states);
        k.slas.clear();
        const auto& slas = leads_[n].slas;
        if (!slas.empty()) k.slas.insert(0, {slas.data(), slas.size()});
        k.lead = n;
        k.owner = leads_[n].owner;
        k.due_shared = leads_[n].due_shared;
        k.due = queue_.due(n);
    }
    void restore(kept_lead& k) noexcept {
        const auto n = k.lead;
        count_stages(n, -1);
        count_bands(n, -1);
        states_.restore(n, k.states);
        count_stages(n, 1);
        count_bands(n, 1);
        std::swap(leads_[n].slas, k.slas);
        set_owner(n, k.owner);
        leads_[n].due_shared = k.due_shared;
        if (k.due)
            queue_.schedule(n, *k.due);
        else
            queue_.cancel(n);
    }

    /// Keeps the words of the leads' previous owners in the vocabulary while a rollback may need
    /// them.
    struct holding_owners {
        rollback& of;
        std::size_t count;
        holding_owners(rollback& l, std::size_t n) noexcept : of(l), count(n) {
            each([&](std::uint32_t v) { of.words_.use_value(of.owner_name(), v); });
        }
        ~holding_owners() {
            each([&](std::uint32_t v) { of.words_.unuse_value(of.owner_name(), v); });
            of.settle_words();
        }
        holding_owners(const holding_owners&) = delete;
        holding_owners& operator=(const holding_owners&) = delete;
        template<class Do>
        void each(const Do& act) const noexcept {
            for (std::size_t i = 0; i < count; ++i)
                if (of.kept_[i].owner != 0) act(of.kept_[i].owner);
        }
    };

    struct insertion {
        lead_log* log = nullptr;
        event_kind what{};
        std::size_t place = 0;
        bool is_own = false; // the lead's log, not its family's
    };

    std::array<kept_lead, 2> kept_;
    std::vector<insertion> inserted_; // by the operation
};

} // namespace leadfunnel::inline v0::detail
