// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The structs of Arrow's C data and C stream interfaces, copied from Arrow's specification with
/// its include guards: other libraries may define the same structs.

#include <leadfunnel/core/issue.hpp>

#include <cstdint>

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

extern "C" {
struct ArrowSchema {
    const char* format;
    const char* name;
    const char* metadata;
    std::int64_t flags;
    std::int64_t n_children;
    struct ArrowSchema** children;
    struct ArrowSchema* dictionary;
    void (*release)(struct ArrowSchema*);
    void* private_data;
};

struct ArrowArray {
    std::int64_t length;
    std::int64_t null_count;
    std::int64_t offset;
    std::int64_t n_buffers;
    std::int64_t n_children;
    const void** buffers;
    struct ArrowArray** children;
    struct ArrowArray* dictionary;
    void (*release)(struct ArrowArray*);
    void* private_data;
};
} // extern "C"

#endif // ARROW_C_DATA_INTERFACE

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

extern "C" {
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
    int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
    const char* (*get_last_error)(struct ArrowArrayStream*);
    void (*release)(struct ArrowArrayStream*);
    void* private_data;
};
} // extern "C"

#endif // ARROW_C_STREAM_INTERFACE

namespace leadfunnel::inline v0 {

/// A producer of a table reported an error, or broke a rule of the interface. `what()` names the
/// table, and the column if there is one.
class LEADFUNNEL_TYPE arrow_error : public error {
  public:
    explicit arrow_error(const std::string& what) : error(what, error_code::arrow) {}
};

} // namespace leadfunnel::inline v0
