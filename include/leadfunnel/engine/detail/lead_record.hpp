// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A lead as a live engine stores it. Not for users.

#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/engine/detail/lead_log.hpp>
#include <leadfunnel/engine/detail/thin_vector.hpp>
#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/score/detail/cursor_state.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace leadfunnel::inline v0::detail {

/// An SLA of the stage that a lead is in, since its timer started.
struct sla_memory {
    static constexpr std::uint32_t warned = 1;
    static constexpr std::uint32_t settled = 2; // met or breached
    std::int64_t start = before_time;
    std::uint32_t sla = 0;  // into program::slas
    std::uint32_t done = 0; // of the flags above
};

template<class A>
void archive(A& a, sla_memory& m) {
    archive(a, m.start);
    archive(a, m.sla);
    archive(a, m.done);
}

/// A lead's keys in the lookup index. Values are numbers of values of the roles' attributes.
struct indexed {
    std::uint32_t email = 0;
    std::uint32_t account = 0;
    std::uint32_t owner = 0;
    std::uint32_t stage = none32; // in the first funnel
    std::int64_t entered = before_time;
    friend bool operator==(const indexed&, const indexed&) = default;
};

/// Merged leads: a tree of leads, each merged into its parent, where the root stands for all. The
/// family has one history, however deep the tree is.
struct family {
    std::unique_ptr<lead_log> log; // the union of the members' events
    std::uint32_t root = none32;
    std::size_t members = 0;
    std::size_t place = 0; // in the engine's list of families
};

struct lead_record {
    std::string id;
    lead_log own;                     // the events recorded under this id
    family* kin = nullptr;            // null for a lead on its own
    thin_vector<std::uint32_t> parts; // leads that were merged into this one
    std::uint32_t merged_into = none32;
    std::uint32_t owner = 0; // number of the owner attribute's value at the last look
    bool due_shared = false; // the due instant is an evaluation instant of the scores
    bool erased = false;     // the number is free
    thin_vector<sla_memory> slas;
    indexed shown;
    std::unique_ptr<cursor_state> walk; // over a long history; null if there is none to go on from
    /// Up to this instant, a touchpoint that no rule, transition or SLA matches changes nothing.
    std::int64_t calm_until = before_time;
    std::uint64_t last_signal = 0; // sequence

    lead_record() = default;
    lead_record(lead_record&&) noexcept = default;
    lead_record& operator=(lead_record&&) noexcept = default;
    ~lead_record() { wipe(id); }

    /// The history that the lead is scored from: its family's, or its own.
    [[nodiscard]] const lead_log& log() const noexcept { return kin != nullptr ? *kin->log : own; }
    /// Whether it is neither merged into another lead nor erased.
    [[nodiscard]] bool is_root() const noexcept { return merged_into == none32 && !erased; }
};

} // namespace leadfunnel::inline v0::detail
