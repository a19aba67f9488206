// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Which words go when a lead is wiped. Not for users.

#include <leadfunnel/detail/lead_log.hpp>

#include <cstdint>
#include <set>
#include <utility>

namespace leadfunnel::inline v0::detail {

/// The words of some logs, and then those that no other log has.
struct words_used {
    std::set<std::uint32_t> kinds;
    std::set<std::pair<std::uint32_t, std::uint32_t>> values;
    std::set<std::uint32_t> sources;
    std::set<std::uint32_t> texts;

    void add(const lead_log& log) {
        log.each_word([&](std::uint32_t k) { kinds.insert(k); },
                      [&](std::uint32_t n, std::uint32_t v) {
                          values.insert({n, v});
                      },
                      [&](std::uint32_t s) { sources.insert(s); },
                      [&](std::uint32_t t) { texts.insert(t); });
    }
    void remove(const lead_log& log) {
        log.each_word([&](std::uint32_t k) { kinds.erase(k); },
                      [&](std::uint32_t n, std::uint32_t v) {
                          values.erase({n, v});
                      },
                      [&](std::uint32_t s) { sources.erase(s); },
                      [&](std::uint32_t t) { texts.erase(t); });
    }
};

} // namespace leadfunnel::inline v0::detail
