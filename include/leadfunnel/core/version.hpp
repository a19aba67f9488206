// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The library's version. CMake, the package files and the Python package read the number from
/// here.

#define LEADFUNNEL_VERSION_MAJOR 0
#define LEADFUNNEL_VERSION_MINOR 1
#define LEADFUNNEL_VERSION_PATCH 0
#define LEADFUNNEL_VERSION_STRING "0.1.0"
