// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A lead as the live engine holds it. Not for users.

#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/engine/detail/lead_log.hpp>
#include <leadfunnel/engine/detail/thin_vector.hpp>
#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/score/detail/cursor_state.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace leadfunnel::inline v0::detail {

/// A service level that runs, by its start.
struct sla_memory {
    static constexpr std::uint32_t warned = 1;
    static constexpr std::uint32_t settled = 2; // met or breached
    std::int64_t start = before_time;
    std::uint32_t sla = 0;
    std::uint32_t done = 0;
};

template<class A>
void archive(A& a, sla_memory& m) {
    archive(a, m.start);
    archive(a, m.sla);
    archive(a, m.done);
}

/// What the index of identity says of a lead; values are numbers of the roles' attributes.
struct indexed {
    std::uint32_t email = 0;
    std::uint32_t account = 0;
    std::uint32_t owner = 0;
    std::uint32_t stage = none32; // in the first funnel
    std::int64_t entered = before_time;
    friend bool operator==(const indexed&, const indexed&) = default;
};

/// Leads that are one: a lead and, in a tree, all that were merged into it. There is one history of
/// all, however deep the tree is.
struct family {
    std::unique_ptr<lead_log> log;
    std::uint32_t root = none32;
    std::size_t members = 0;
    std::size_t place = 0; // among all families
};

struct lead_record {
    std::string id;
    lead_log own;                     // the events recorded under this id
    family* kin = nullptr;            // if it is one with others
    thin_vector<std::uint32_t> parts; // merged into it directly
    std::uint32_t merged_into = none32;
    std::uint32_t owner = 0; // value of the owner attribute at the last look
    bool due_shared = false; // the next due instant is an evaluation instant of the scores'
    bool erased = false;     // its number is free
    thin_vector<sla_memory> slas;
    indexed shown;
    std::unique_ptr<cursor_state> walk; // of a long history; nothing if it is to be walked anew
    /// Until then, touchpoints that no rule and no transition asks for change nothing.
    std::int64_t calm_until = before_time;
    std::uint64_t last_signal = 0; // of it, by sequence

    lead_record() = default;
    lead_record(lead_record&&) noexcept = default;
    lead_record& operator=(lead_record&&) noexcept = default;
    ~lead_record() { wipe(id); }

    [[nodiscard]] const lead_log& log() const noexcept { return kin != nullptr ? *kin->log : own; }
    [[nodiscard]] bool is_root() const noexcept { return merged_into == none32 && !erased; }
};

} // namespace leadfunnel::inline v0::detail
