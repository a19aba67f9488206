// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/model/loaded_model.hpp>
#include <leadfunnel/plan/check.hpp>
#include <leadfunnel/plan/detail/matchers.hpp>
#include <leadfunnel/plan/detail/program.hpp>
#include <leadfunnel/plan/impl/compile_model.ipp>
#include <leadfunnel/plan/impl/evaluate_test.ipp>
#include <leadfunnel/plan/plan.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0 {

namespace detail {

/// Compiles a model that has been checked. Throws `model_error` if an issue is an error.
[[nodiscard]] inline plan compile_checked(const model& m, std::vector<issue> issues,
                                          const matcher_table& matchers) {
    const bool bad = std::any_of(issues.begin(), issues.end(),
                                 [](const issue& i) { return i.level == severity::error; });
    if (bad) throw model_error(std::move(issues));
    return plan_access::make(compiler{m, matchers}.run(std::move(issues)));
}

/// The index of the element with an id. Throws `unknown_name`, which names all ids.
template<class All>
std::size_t required_index(const All& all, std::string_view name, std::string_view what) {
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].id == name) return i;
    std::string message{"no "};
    message.append(what).append(" is named '").append(name).append("'; there are:");
    for (const auto& x : all) message.append(" ").append(x.id);
    throw unknown_name(message);
}

} // namespace detail

LEADFUNNEL_DECL plan compile(const model& m) {
    detail::matcher_table matchers;
    auto issues = detail::check_with(m, matchers);
    return detail::compile_checked(m, std::move(issues), matchers);
}
LEADFUNNEL_DECL plan compile(const loaded_model& m) {
    detail::matcher_table matchers;
    auto issues = detail::check_with(m, matchers);
    return detail::compile_checked(m.value, std::move(issues), matchers);
}

LEADFUNNEL_DECL const model& plan::source() const noexcept { return program_->source; }
LEADFUNNEL_DECL const std::vector<issue>& plan::warnings() const noexcept {
    return program_->warnings;
}
LEADFUNNEL_DECL std::size_t plan::score_count() const noexcept { return program_->scores.size(); }
LEADFUNNEL_DECL std::string_view plan::score_name(std::size_t score) const noexcept {
    return program_->scores[score].id;
}
LEADFUNNEL_DECL std::optional<std::size_t> plan::find_score(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < program_->scores.size(); ++i)
        if (program_->scores[i].id == name) return i;
    return std::nullopt;
}
LEADFUNNEL_DECL std::size_t plan::score(std::string_view name) const {
    return detail::required_index(program_->scores, name, "score");
}
LEADFUNNEL_DECL std::size_t plan::banding(std::string_view name) const {
    return detail::required_index(program_->source.bandings, name, "banding");
}
LEADFUNNEL_DECL std::size_t plan::matrix(std::string_view name) const {
    return detail::required_index(program_->source.matrices, name, "matrix");
}

} // namespace leadfunnel::inline v0
