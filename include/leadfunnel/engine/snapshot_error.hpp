// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What snapshots are refused with.

#include <leadfunnel/core/issue.hpp>

namespace leadfunnel::inline v0 {

/// Bytes that are no snapshot, or not of this model; a file that cannot be read or written.
class LEADFUNNEL_TYPE snapshot_error : public error {
  public:
    explicit snapshot_error(const std::string& what) : error(what, error_code::snapshot) {}
};

} // namespace leadfunnel::inline v0
