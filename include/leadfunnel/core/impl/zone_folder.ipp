// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/zone_file.hpp>
#include <leadfunnel/core/zone_folder.hpp>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL void use_zone_folder(const std::filesystem::path& folder) {
    detail::zone_database::get().use_folder(folder);
}

} // namespace leadfunnel::inline v0
