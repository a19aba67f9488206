// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Finds everything that is wrong with a model, at once.

#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/model/model.hpp>

#include <vector>

namespace leadfunnel::inline v0 {

struct loaded_model;

/// All issues of a model built in code, errors and warnings, in the order of the model's members.
/// `compile` succeeds exactly when none of them is an error. Never throws but for memory.
/// O(size of the model · log), whatever the model says.
[[nodiscard]] LEADFUNNEL_DECL std::vector<issue> check(const model& m);

/// All issues of a model read from a file: those of reading it and those of `check(m.value)`, each
/// with file, line and column, in the order of the text.
[[nodiscard]] LEADFUNNEL_DECL std::vector<issue> check(const loaded_model& m);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/impl/check.ipp>
#endif
