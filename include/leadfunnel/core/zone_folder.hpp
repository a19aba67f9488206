// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Time zones for systems that have none of their own. Opt-in: not part of `leadfunnel.hpp`.

#include <leadfunnel/core/config.hpp>

#include <filesystem>

namespace leadfunnel::inline v0 {

/// Names a folder of compiled zones (TZif), as `zic` or Python's package `tzdata` make them.
/// `time_zone::find` looks there for zones that the system (`/usr/share/zoneinfo`) lacks. A later
/// call replaces the folder; zones that were found before do not change. Thread-safe.
LEADFUNNEL_DECL void use_zone_folder(const std::filesystem::path& folder);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/zone_folder.ipp>
#endif
