// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Build configuration. Two CMake targets are made from one body of code:
/// `leadfunnel::leadfunnel` compiles `impl/*.ipp` once, `leadfunnel::header_only` defines
/// `LEADFUNNEL_HEADER_ONLY`, so that every header includes its own body.
///
/// Everything lives in `leadfunnel::v0`, an inline namespace: two versions can be linked into one
/// program, and users write `leadfunnel::` alone.

#if defined(LEADFUNNEL_HEADER_ONLY)
#define LEADFUNNEL_DECL inline
#else
#define LEADFUNNEL_DECL
#endif
