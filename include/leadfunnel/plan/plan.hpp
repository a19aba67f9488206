// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The plan: a compiled model.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/model/model.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

namespace detail {
struct program;
struct plan_access;
} // namespace detail

struct loaded_model;

/// A compiled model. Immutable; copies share one program, so copying is O(1) and does not allocate.
/// All members are safe to call from any thread. Only `compile` makes plans.
///
/// References and views that members return are valid while a copy of the plan is alive.
class plan {
  public:
    /// The model that was compiled: a copy of the argument of `compile`. O(1).
    [[nodiscard]] LEADFUNNEL_DECL const model& source() const noexcept;
    /// The warnings of `check`. O(1).
    [[nodiscard]] LEADFUNNEL_DECL const std::vector<issue>& warnings() const noexcept;

    /// The number of scores, derived ones included. Scores are numbered from 0 in order of
    /// declaration, derived ones after the others. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t score_count() const noexcept;
    /// The id of a score. Precondition: `score` < `score_count()`. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::string_view score_name(std::size_t score) const noexcept;
    /// The number of the score with this id; none if there is no such score. O(scores).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::size_t>
    find_score(std::string_view name) const noexcept;
    /// Like `find_score`; throws `unknown_name`, which lists all scores, if there is no such
    /// score.
    [[nodiscard]] LEADFUNNEL_DECL std::size_t score(std::string_view name) const;

    /// The number of the banding, or of the matrix, with this id. Both are numbered from 0 in order
    /// of declaration. Throws `unknown_name`, which lists all of them, if there is none.
    /// O(bandings), O(matrices).
    [[nodiscard]] LEADFUNNEL_DECL std::size_t banding(std::string_view name) const;
    [[nodiscard]] LEADFUNNEL_DECL std::size_t matrix(std::string_view name) const;

  private:
    friend struct detail::plan_access;
    explicit plan(std::shared_ptr<const detail::program> p) noexcept : program_(std::move(p)) {}

    std::shared_ptr<const detail::program> program_;
};

/// Checks and compiles a model. Throws `model_error` with all issues, warnings included, if one is
/// an error; std::bad_alloc otherwise. Does what `check` does, and O(size of the model · log) more.
/// Safe to call from any thread while nobody changes the model, which may be destroyed afterwards.
[[nodiscard]] LEADFUNNEL_DECL plan compile(const model& m);
/// The same for a model read from a file: issues have file, line and column, and include the issues
/// of reading.
[[nodiscard]] LEADFUNNEL_DECL plan compile(const loaded_model& m);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/plan.ipp>
#endif
