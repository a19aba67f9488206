// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Finds the columns of a table, and checks the table as a whole. Not for users.

#include <leadfunnel/batch/table.hpp>
#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/ingest_report.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Looks up the columns of a table by the parts they play, and collects what is wrong with them.
class table_reader {
  public:
    /// Both must outlive the reader. O(columns²).
    LEADFUNNEL_DECL table_reader(const std::vector<column>& columns, const std::string& name);

    enum class need : std::uint8_t { required, if_named };

    /// The column that plays a part, whose type must be `type`. Null if there is none: an issue
    /// where the column is required, or where `name` differs from the usual name. O(columns).
    LEADFUNNEL_DECL const column* take(const std::string& name, std::string_view usual,
                                       value_type type, need how = need::if_named);

    /// The chosen columns, or else all that `take` did not return, by name.
    LEADFUNNEL_DECL std::vector<const column*>
    rest(const std::optional<std::vector<std::string>>& chosen);

    /// Checks that a model declares the columns, with their types. `what` names a declaration in
    /// messages. O(columns × declarations).
    template<class Declarations>
    void compare(const std::vector<const column*>& columns, const Declarations& declared,
                 std::string_view what);

    /// Checks lengths, offsets and codes of all columns in use. O(cells).
    LEADFUNNEL_DECL void check(const column* lead, std::initializer_list<const column*> parts,
                               const std::vector<const column*>& rest);

    [[nodiscard]] std::vector<issue> issues() && { return std::move(issues_); }

  private:
    LEADFUNNEL_DECL void refuse(issue_code code, std::string_view column, std::string message,
                                std::string expected = {}, std::string hint = {});
    LEADFUNNEL_DECL void refuse_missing(const std::string& name);
    LEADFUNNEL_DECL const column* find(const std::string& name);

    LEADFUNNEL_DECL void check_one(const column& c, const column* lead);
    LEADFUNNEL_DECL void check_inside(const column& c);
    LEADFUNNEL_DECL void check_valid(const column& c, const bit_span& valid, std::size_t cells);
    template<class Offset>
    void check_offsets(const column& c, std::span<const Offset> offsets, std::size_t end);
    template<class Texts>
    void check_texts(const column& c, const Texts& texts);
    template<class Codes>
    void check_codes(const column& c, const Codes& codes, std::size_t texts);

    const std::vector<column>& columns_;
    const std::string& name_;
    std::vector<std::string_view> names_{};
    std::vector<bool> taken_;
    std::vector<issue> issues_{};
};

/// The columns of a leads table. Only `lead` is never null.
struct lead_parts {
    const column* lead = nullptr;
    const column* at = nullptr;
    const column* source = nullptr;
    const column* id = nullptr;
    std::vector<const column*> attributes{};
};
/// The columns of a touchpoints table. `lead`, `at` and `type` are never null.
struct touchpoint_parts {
    const column* lead = nullptr;
    const column* at = nullptr;
    const column* type = nullptr;
    const column* value = nullptr;
    const column* campaign = nullptr;
    const column* channel = nullptr;
    const column* source = nullptr;
    const column* id = nullptr;
    std::vector<const column*> properties{};
};

/// Finds and checks the columns of a table; compares them with the plan's model if there is a plan.
/// Anything wrong becomes issues of the report, which has then failed: the parts must not be used.
[[nodiscard]] LEADFUNNEL_DECL lead_parts take_parts(const leads_table& t, const plan* p,
                                                    ingest_report& report);
[[nodiscard]] LEADFUNNEL_DECL touchpoint_parts take_parts(const touchpoints_table& t, const plan* p,
                                                          ingest_report& report);

} // namespace leadfunnel::inline v0::detail

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/table_reader.ipp>
#endif
