// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The error that writing and reading of snapshots throws.

#include <leadfunnel/core/issue.hpp>

namespace leadfunnel::inline v0 {

/// Bytes are no snapshot, are damaged, or are of another model or format; or a file cannot be read
/// or written. `what()` says which, and names the file if there is one.
class LEADFUNNEL_TYPE snapshot_error : public error {
  public:
    explicit snapshot_error(const std::string& what) : error(what, error_code::snapshot) {}
};

} // namespace leadfunnel::inline v0
