// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Who leads are, and what about them changes slowly: id, e-mail, account, owner, stage.
///
/// What changes with every event (scores, deadlines) has other homes, indexed beside this one by
/// the same lead numbers.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// Indices besides that by number. One that is not chosen takes no memory and no time; what it
/// would answer then has no answer (a documented precondition, with an assert).
struct identity_options {
    bool by_email = true;
    bool by_account = true;
    bool by_owner = true;
    bool by_stage = true;
    bool by_id = true; ///< without it ids may be left empty, and there are no aliases
};

/// A lead as the index knows it. Empty text is none. Keys are compared byte by byte: the caller
/// brings e-mail addresses into one form.
struct identity_record {
    static constexpr std::uint32_t no_stage = ~std::uint32_t{0};

    std::uint32_t lead = 0; ///< the caller's dense number, unique
    std::string id{};       ///< unique, if there is an index by id
    std::string email{};
    std::string account{};
    std::string owner{};
    std::uint32_t stage = no_stage; ///< number of a stage
    instant entered = always;       ///< when the lead entered it
};

/// The same, as it stands in the index; valid until the lead changes.
struct identity_view {
    std::uint32_t lead = 0;
    std::string_view id{};
    std::string_view email{};
    std::string_view account{};
    std::string_view owner{};
    std::uint32_t stage = identity_record::no_stage;
    instant entered = always;
};

/// Leads by id, number, e-mail, account, owner, and stage with entry instant.
///
/// Every function that changes something has the strong guarantee: if it throws (std::bad_alloc),
/// nothing has changed. Const functions may be called from any number of threads, but not during a
/// change. Complexities are on average, for n leads; `log n` is that of the ordered indices.
class identity {
  public:
    LEADFUNNEL_DECL explicit identity(const identity_options& options = {});
    LEADFUNNEL_DECL identity(identity&&) noexcept;
    LEADFUNNEL_DECL identity& operator=(identity&&) noexcept;
    LEADFUNNEL_DECL ~identity();

    /// Adds a lead. False, and nothing has changed, if its id (as id or alias) or number is taken.
    /// O(log n).
    LEADFUNNEL_DECL bool insert(identity_record r);
    /// Replaces all leads, building each index once, in order. False, and nothing has changed, if
    /// two have one id or number. O(n log n), several
    /// times faster than inserting one by one.
    LEADFUNNEL_DECL bool assign(std::vector<identity_record> records);
    /// The same of `record(0)` to `record(n − 1)`, which need not be there at once; nothing is no
    /// lead.
    LEADFUNNEL_DECL bool
    assign(std::size_t n, const std::function<std::optional<identity_record>(std::size_t)>& record);
    /// Removes a lead and its aliases; false if there is none. O(log n).
    LEADFUNNEL_DECL bool erase(std::uint32_t lead) noexcept;

    /// Another id for a lead, as that of a lead merged into it. False if the id is taken. O(1).
    LEADFUNNEL_DECL bool add_alias(std::string id, std::uint32_t lead);
    /// False if there is none. O(1).
    LEADFUNNEL_DECL bool remove_alias(std::string_view id) noexcept;

    // Changes of a lead that must be there. O(1) for the e-mail, else O(log n).

    LEADFUNNEL_DECL void set_email(std::uint32_t lead, std::string email);
    LEADFUNNEL_DECL void set_account(std::uint32_t lead, std::string_view account);
    LEADFUNNEL_DECL void set_owner(std::uint32_t lead, std::string_view owner);
    LEADFUNNEL_DECL void set_stage(std::uint32_t lead, std::uint32_t stage, instant entered);

    [[nodiscard]] LEADFUNNEL_DECL std::size_t size() const noexcept;
    /// The lead of an id or alias. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::uint32_t>
    find(std::string_view id) const noexcept;
    /// O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<identity_view>
    find(std::uint32_t lead) const noexcept;
    /// Leads with an e-mail address, in order of number. O(leads found · log).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::uint32_t>
    with_email(std::string_view email) const;

    // Pages: at most `limit` leads that come after a cursor, in an order that does not depend on
    // how the leads came there. The next page's cursor is this one's last lead. Leads that come or
    // go between two pages move no other lead across the cursor. O(log n + limit).

    /// Leads of an account, in order of number; `after` is a lead's number, or none.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::uint32_t>
    of_account(std::string_view account, std::optional<std::uint32_t> after,
               std::size_t limit) const;
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::uint32_t>
    of_owner(std::string_view owner, std::optional<std::uint32_t> after, std::size_t limit) const;

    struct stage_cursor {
        instant entered = always;
        std::uint32_t lead = 0;
        friend bool operator==(const stage_cursor&, const stage_cursor&) = default;
    };
    /// Leads that entered their stage in `[from, to)`, those who have been in it longest first, of
    /// one instant in order of number.
    [[nodiscard]] LEADFUNNEL_DECL std::vector<stage_cursor>
    in_stage(std::uint32_t stage, std::optional<stage_cursor> after, std::size_t limit,
             instant from = always, instant to = never) const;

    // Counts need no index. O(1).

    [[nodiscard]] LEADFUNNEL_DECL std::size_t
    count_of_account(std::string_view account) const noexcept;
    [[nodiscard]] LEADFUNNEL_DECL std::size_t count_of_owner(std::string_view owner) const noexcept;
    [[nodiscard]] LEADFUNNEL_DECL std::size_t count_in_stage(std::uint32_t stage) const noexcept;

    /// Bytes held, by purpose.
    struct memory_use {
        std::size_t records = 0; ///< by number
        std::size_t id = 0;      ///< the index by id, with aliases
        std::size_t text = 0;    ///< text too long to stand within its record
        std::size_t names = 0;   ///< accounts and owners, each once
        std::size_t email = 0;   ///< the index by e-mail
        std::size_t account = 0;
        std::size_t owner = 0;
        std::size_t stage = 0;
        [[nodiscard]] std::size_t total() const noexcept {
            return records + id + text + names + email + account + owner + stage;
        }
    };
    [[nodiscard]] LEADFUNNEL_DECL memory_use memory() const noexcept;

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/store/impl/identity.ipp>
#endif
