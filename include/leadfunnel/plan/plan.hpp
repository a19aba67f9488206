// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The plan: a compiled model. Immutable, cheap to copy, shareable between threads; there is no
/// plan that has not been compiled.

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

/// A compiled model. Copies share one program. All members are safe to call from any thread.
class plan {
  public:
    /// The model that was compiled.
    [[nodiscard]] LEADFUNNEL_DECL const model& source() const noexcept;
    /// What `check` found short of errors.
    [[nodiscard]] LEADFUNNEL_DECL const std::vector<issue>& warnings() const noexcept;

    /// Scores are numbered in order of declaration, derived ones after the others.
    [[nodiscard]] LEADFUNNEL_DECL std::size_t score_count() const noexcept;
    [[nodiscard]] LEADFUNNEL_DECL std::string_view score_name(std::size_t score) const noexcept;
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::size_t>
    find_score(std::string_view name) const noexcept;
    /// As `find_score`; throws `unknown_name`, naming the scores there are.
    [[nodiscard]] LEADFUNNEL_DECL std::size_t score(std::string_view name) const;

    /// Bandings and matrices are numbered in order of declaration.
    [[nodiscard]] LEADFUNNEL_DECL std::size_t banding(std::string_view name) const;
    [[nodiscard]] LEADFUNNEL_DECL std::size_t matrix(std::string_view name) const;

  private:
    friend struct detail::plan_access;
    explicit plan(std::shared_ptr<const detail::program> p) noexcept : program_(std::move(p)) {}

    std::shared_ptr<const detail::program> program_;
};

/// Compiles a model. Throws `model_error` with all issues, warnings too, if any is an error.
/// O(size of the model).
[[nodiscard]] LEADFUNNEL_DECL plan compile(const model& m);
/// As above, for a model read from a file: issues have file, line and column, and problems of
/// reading are among them.
[[nodiscard]] LEADFUNNEL_DECL plan compile(const loaded_model& m);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/plan/impl/plan.ipp>
#endif
