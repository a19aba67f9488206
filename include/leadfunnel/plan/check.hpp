// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Finds all that is wrong with a model.

#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/model/model.hpp>

#include <vector>

namespace leadfunnel::inline v0 {

struct loaded_model;

/// All issues of a model built in code, errors and warnings, in the order of the model's members;
/// within one element of a list, in the order in which they were found. Pointers are those that the
/// model would have as a file. `compile` succeeds exactly when no issue is an error.
///
/// A warning reports what is allowed but surely not meant: a condition that nothing can meet, a
/// rule worth 0 points, a limit that another limit already keeps, a stage that no transition leads
/// to, a transition that never has its turn, a declaration that nothing uses. Warnings are sound,
/// not complete: each is true, and what is not obvious is not reported.
///
/// The first `max_model_issues` issues of each severity are listed. If there are more, one further
/// issue (`too_large`) says how many.
///
/// O(size of the model · log), whatever the model says. Names are looked up in sorted tables.
/// Suggestions and conclusions from conditions stop where they would take long. Globs and regular
/// expressions that are too large together are an error.
///
/// Throws std::bad_alloc only. Safe to call from any thread while nobody changes the model.
[[nodiscard]] LEADFUNNEL_DECL std::vector<issue> check(const model& m);

/// All issues of a model read from a file: those of reading it and those of `check(m.value)`, each
/// with file, line and column, in the order of the text.
///
/// An issue that only follows from an unreadable part is left out: a name declared in such a part
/// is not unknown, and nothing is reported as unused while uses may be lost. If nothing of the file
/// could be read, only the issues of reading are returned.
///
/// Costs what `check(m.value)` costs and, for each issue, the width of the lists on its path.
/// Throws std::bad_alloc only. Safe to call from any thread while nobody changes the model.
[[nodiscard]] LEADFUNNEL_DECL std::vector<issue> check(const loaded_model& m);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/check.ipp>
#endif
