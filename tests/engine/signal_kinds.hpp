// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/engine/signal.hpp>

#include <cstdint>
#include <vector>

/// All kinds of signals: the numbers from 0 on that have a name.
inline std::vector<leadfunnel::signal_kind> signal_kinds() {
    std::vector<leadfunnel::signal_kind> all;
    for (std::uint8_t k = 0; !to_string(leadfunnel::signal_kind{k}).empty(); ++k)
        all.push_back(leadfunnel::signal_kind{k});
    return all;
}
