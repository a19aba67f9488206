// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Build configuration. One body of code makes two CMake targets: `leadfunnel::leadfunnel` compiles
/// `impl/*.ipp` once; `leadfunnel::header_only` defines `LEADFUNNEL_HEADER_ONLY`, so that every
/// header includes its own body.
///
/// Everything lives in `leadfunnel::v0`, an inline namespace: users write `leadfunnel::` alone, and
/// two versions can be linked into one program.
///
/// A shared library (`BUILD_SHARED_LIBS`) is compiled with hidden visibility and exports what these
/// two macros mark. CMake and pkg-config then define `LEADFUNNEL_SHARED` for the library and its
/// users, and `LEADFUNNEL_BUILDING` for the library alone.
///
/// - `LEADFUNNEL_DECL` marks each function that is defined in a body.
/// - `LEADFUNNEL_TYPE` marks each class that is thrown, and the classes of its members: whoever
///   catches an exception across the boundary must see the same type information. Windows compares
///   types by name and needs no mark.

#if defined(LEADFUNNEL_SHARED) && !defined(LEADFUNNEL_HEADER_ONLY)
#if defined(_WIN32)
#if defined(LEADFUNNEL_BUILDING)
#define LEADFUNNEL_DECL __declspec(dllexport)
#else
#define LEADFUNNEL_DECL __declspec(dllimport)
#endif
#define LEADFUNNEL_TYPE
#else
#define LEADFUNNEL_DECL __attribute__((visibility("default")))
#define LEADFUNNEL_TYPE __attribute__((visibility("default")))
#endif
#else
#if defined(LEADFUNNEL_HEADER_ONLY)
#define LEADFUNNEL_DECL inline
#else
#define LEADFUNNEL_DECL
#endif
#define LEADFUNNEL_TYPE
#endif
