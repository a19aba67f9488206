// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Finds everything that is wrong with a model, at once.

#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/model/model.hpp>

#include <vector>

namespace leadfunnel::inline v0 {

struct loaded_model;

/// All issues of a model built in code, errors and warnings, in the order of the model's members
/// (within one element of a list, as they were found). Pointers are those that the model would have
/// as a file. `compile` succeeds exactly when none of them is an error. Never throws but for
/// memory.
///
/// Warnings are for what is allowed and surely not meant: a condition that nothing can meet, a rule
/// worth 0 points, a limit that another one keeps already, a stage that no transition leads to, a
/// transition that never has its turn, a declaration that nothing uses. They are sound, not
/// complete: what they say is so, and what is not obvious they leave alone.
///
/// Of each severity the first `max_model_issues` found are listed, and one more (`too_large`) says
/// how many are not.
///
/// O(size of the model · log), whatever the model says: names are looked up in sorted tables, and
/// suggestions, conclusions from conditions and regular expressions stop (an error, for the last)
/// where they would take long.
[[nodiscard]] LEADFUNNEL_DECL std::vector<issue> check(const model& m);

/// All issues of a model read from a file: those of reading it and those of `check(m.value)`, each
/// with file, line and column, in the order of the text. What comes only of something that could
/// not be read is not reported besides: a name that is declared in an unreadable part is not
/// unknown, and nothing is said to be unused while uses may have been lost. A file of which nothing
/// could be read has the issues of reading alone.
/// The cost is that of the above, and for each issue the width of the lists on its way.
[[nodiscard]] LEADFUNNEL_DECL std::vector<issue> check(const loaded_model& m);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/check.ipp>
#endif
