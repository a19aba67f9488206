// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Defines `SANITIZED` under the address and thread sanitizers. They replace the allocation
/// functions and keep freed memory, so tests of either skip themselves.

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif
