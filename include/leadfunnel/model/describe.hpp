// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The model language, described once, as data. Everything that a model can say has a row in these
/// tables: each struct of `model.hpp`, each of its members, every rule kind, decay, formula,
/// operator, part and subject. A row gives the name in the file, the meaning in words, the range,
/// and whether the member is required.
///
/// The reader and the writer (`json.hpp`), the JSON Schema, the reference page (`docs/model.md`),
/// the ranges that `check` reports and the builders of other languages are ordinary functions over
/// these tables. None of them names the types that it reads or writes.
///
///     using namespace leadfunnel::language;
///     const type_description& type = type_of<frequency>();
///     type.kind                                     // "frequency": its name in the file
///     for (const member_description& f : type.members) { f.key; f.doc; f.is_required; f.bounds; }
///     walk(object(m), pointer, [&](const member_description& f, object owner, const auto& at) {
///         if (!within(f, owner)) …                  // every member of the whole model, in the
///     });                                           // order of the file, with its JSON pointer
///     range_text(f)                                 // "from 2 to 8", for messages
///     description_of(op::glob).accepts              // which types the operator can be used on
///     result_of(part::domain, value_type::string)   // which type a part makes of another
///
/// To add a member: add it to the struct, and one `member<…>(…)` row to the struct's `describe`.
/// To add a rule kind, decay or formula: the struct, its place in the variant, its `describe`, and
/// its place in `structures`. To add an operator: its enumerator, and its row in `operators`. The
/// compiler names each of these that is missing.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/model/condition.hpp>
#include <leadfunnel/model/detail/describe_choices.hpp>
#include <leadfunnel/model/detail/describe_conditions.hpp>
#include <leadfunnel/model/detail/descriptions.hpp>
#include <leadfunnel/model/funnel.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/model/pattern.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace leadfunnel::inline v0 {
/// The language of model files. Opt-in: not part of `leadfunnel.hpp`.
namespace language {

// ---- which types there are ----------------------------------------------------------------------

namespace inner {
template<class... T>
struct type_list {
    static constexpr std::size_t size = sizeof...(T);
    /// The index of T, or `size` if the list lacks it.
    template<class U>
    static constexpr std::size_t index = [] {
        std::size_t i = 0;
        (void)((std::is_same_v<T, U> || (++i, false)) || ...);
        return i;
    }();
};
} // namespace inner

/// Every struct that is part of a model.
using structures = inner::type_list<
    // what a model declares
    model, attribute_declaration, property_declaration, touchpoint_declaration, named_list,
    // patterns, limits and decays
    pattern, limit, no_decay, half_life, linear_decay, step_decay, expiry, decay_table, decay_point,
    // rules
    attribute_rule, frequency, recency, recency_bin, occurrence, sequence, return_rule, inactivity,
    // scores, and what acts on them
    score, group, derived_score, weighted_sum, weighted_term, minimum_of, maximum_of, logistic,
    lookup, lookup_step, reset, exclusion, freeze, banding, band, matrix,
    // funnels, alerts and roles
    business_calendar, working_hours, timer, sla, stage, effects, transition, funnel, alert, roles>;

/// Types without members that have a description of their own.
using other_types =
    inner::type_list<rule, formula, decay_curve, condition, value_type, calendar_unit, clamping,
                     frequency_measure, weekday, timer_start, phase, manual_moves>;

namespace inner {
[[nodiscard]] LEADFUNNEL_DECL const type_description& structure(std::size_t index) noexcept;
[[nodiscard]] LEADFUNNEL_DECL const type_description& other_type(std::size_t index) noexcept;
} // namespace inner

/// The description of T, one of `structures` and `other_types`. There is one object for each T, so
/// that addresses tell types apart. O(1), does not throw.
template<class T>
[[nodiscard]] const type_description& type_of() noexcept {
    if constexpr (structures::index<T> < structures::size) {
        return inner::structure(structures::index<T>);
    } else {
        static_assert(other_types::index<T> < other_types::size, "T is not described");
        return inner::other_type(other_types::index<T>);
    }
}

// ---- values whose type is known at run time -----------------------------------------------------

/// Refers to a value and its description; copies share the value. Valid as long as the value is
/// neither moved nor destroyed. No operation throws; each takes O(1).
class object {
  public:
    template<class T>
    explicit object(const T& value) noexcept : object(type_of<T>(), std::addressof(value)) {}
    object(const type_description& type, const void* value) noexcept
        : type_(&type), value_(value) {}

    [[nodiscard]] const type_description& type() const noexcept { return *type_; }
    [[nodiscard]] const void* address() const noexcept { return value_; }

    /// The value as a struct, variant, choice or condition of type T; null if it is of another
    /// type.
    template<class T>
    [[nodiscard]] const T* as() const noexcept {
        return type_ == &type_of<T>() ? &value<T>() : nullptr;
    }
    /// The value. Precondition: it is of type T.
    template<class T>
    [[nodiscard]] const T& value() const noexcept {
        return *static_cast<const T*>(value_);
    }

    /// A member. Precondition: the value is a struct, and `f` is one of its members.
    [[nodiscard]] object operator[](const member_description& f) const noexcept {
        return {*f.type, f.in(value_)};
    }
    /// Elements of a list; 1 or 0 for an optional.
    [[nodiscard]] std::size_t size() const noexcept { return type_->size(value_); }
    [[nodiscard]] object operator[](std::size_t i) const noexcept {
        return {*type_->element, type_->at(value_, i)};
    }
    /// The alternative that a variant holds.
    [[nodiscard]] object held() const noexcept {
        return {*type_->alternatives[type_->chosen(value_)], type_->held(value_)};
    }
    /// The name of a choice in the file; empty if it has none.
    [[nodiscard]] LEADFUNNEL_DECL std::string_view choice_name() const noexcept;

  private:
    const type_description* type_;
    const void* value_;
};

namespace inner {
template<class F, class... T>
void visit(object o, const F& f, type_list<T...>) {
    (void)((o.as<T>() != nullptr && (f(*o.as<T>()), true)) || ...);
}
} // namespace inner

/// Calls `f(value)` with a struct of the model under its own type. It is instantiated for each of
/// `structures`. O(1).
template<class F>
void visit(object o, const F& f) {
    inner::visit(o, f, structures{});
}

/// Whether two values of the same type are equal, as `==` says. O(size).
[[nodiscard]] LEADFUNNEL_DECL bool are_equal(object a, object b);

/// A function that `walk` calls. Refers to it: valid as long as the function is.
class visitor {
  public:
    template<class F>
    requires(!std::is_same_v<F, visitor>) visitor(const F& f)
    noexcept // NOLINT: implicit, for lambdas
        : function_(&f), call_([](const void* to, const member_description& m, object owner,
                                  const std::string& pointer) {
              (*static_cast<const F*>(to))(m, owner, pointer);
          }) {}
    void operator()(const member_description& m, object owner, const std::string& pointer) const {
        call_(function_, m, owner, pointer);
    }

  private:
    const void* function_;
    void (*call_)(const void*, const member_description&, object, const std::string&);
};

/// Calls `f(member, owner, pointer)` for every member of `of`, a struct, each followed by the
/// members of what it holds, in the order of the descriptions. Conditions are not entered: they are
/// members like any other. `pointer` is the JSON pointer of `of` (empty for a model), and has the
/// same value afterwards. O(members). Throws what `f` throws.
LEADFUNNEL_DECL void walk(object of, std::string& pointer, visitor f);

// ---- ranges -------------------------------------------------------------------------------------

/// What the range of member `f` limits, in the unit of `f.counts`; nothing if the member has no
/// measure, or is an absent optional. O(1).
[[nodiscard]] LEADFUNNEL_DECL std::optional<std::int64_t> measured(const member_description& f,
                                                                   object owner);

/// A measure of `f` in words: `2.5`, `30d`, `8`.
[[nodiscard]] LEADFUNNEL_DECL std::string measure_text(const member_description& f,
                                                       std::int64_t measured);

/// Whether member `f` of `owner` is within its range; true if it has none, or is absent. O(1).
[[nodiscard]] LEADFUNNEL_DECL bool within(const member_description& f, object owner);

/// A range in words: `from 2 to 8`, `above 0s, up to 73050d`. Empty if there is none.
[[nodiscard]] LEADFUNNEL_DECL std::string range_text(const member_description& f);

} // namespace language
} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/model/impl/describe.ipp>
#endif
