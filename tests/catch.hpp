// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Catch2, version 3 or (Debian 12) version 2.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
