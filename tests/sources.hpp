// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Files of the source tree that tests read.

#include "catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

/// A folder of the source tree, by its path from the root.
inline std::filesystem::path source_folder(const std::string& name) {
    const char* const root = std::getenv("LEADFUNNEL_SOURCES");
    INFO("LEADFUNNEL_SOURCES is the root of the source tree; ctest sets it");
    REQUIRE(root != nullptr);
    return std::filesystem::path(root) / name;
}
