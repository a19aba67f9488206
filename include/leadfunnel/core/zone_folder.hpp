// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Time zones for systems that have none. Opt-in: not part of `leadfunnel.hpp`.

#include <leadfunnel/core/config.hpp>

#include <filesystem>

namespace leadfunnel::inline v0 {

/// Names a folder of compiled zones (TZif, as of `zic` or Python's package `tzdata`). A zone is
/// looked for there if the system (`/usr/share/zoneinfo`) has it not; a later call takes the place
/// of an earlier one. Safe at any time; zones that have been found stay as they are.
LEADFUNNEL_DECL void use_zone_folder(const std::filesystem::path& folder);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/zone_folder.ipp>
#endif
