// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// What snapshots are refused with.

#include <leadfunnel/core/issue.hpp>

namespace leadfunnel::inline v0 {

/// Bytes that are no snapshot, or not of this model; a file that cannot be read or written.
class snapshot_error : public error {
    using error::error;
};

} // namespace leadfunnel::inline v0
