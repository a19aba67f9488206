// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Who leads are, and what about them changes slowly: id, e-mail, account, owner, stage.
///
/// What changes with every event (scores, deadlines) is indexed elsewhere, by the same lead
/// numbers.

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

/// The indices to keep in addition to the one by number. An index that is not chosen takes no
/// memory and no time; calling a function that needs it violates a precondition, which an assert
/// checks.
struct identity_options {
    bool by_email = true;
    bool by_account = true;
    bool by_owner = true;
    bool by_stage = true;
    bool by_id = true; ///< without it ids may be empty, and there are no aliases
};

/// A lead as the index stores it. An empty text means none. Keys are compared byte by byte: the
/// caller normalises e-mail addresses.
struct identity_record {
    static constexpr std::uint32_t no_stage = ~std::uint32_t{0};

    std::uint32_t lead = 0; ///< the caller's number, unique; numbers should be dense
    std::string id{};       ///< unique, if there is an index by id
    std::string email{};
    std::string account{};
    std::string owner{};
    std::uint32_t stage = no_stage; ///< number of a stage
    instant entered = always;       ///< when the lead entered it
};

/// A stored lead. Its texts are valid until the lead changes.
struct identity_view {
    std::uint32_t lead = 0;
    std::string_view id{};
    std::string_view email{};
    std::string_view account{};
    std::string_view owner{};
    std::uint32_t stage = identity_record::no_stage;
    instant entered = always;
};

/// Leads by id, number, e-mail, account, owner, and stage with instant of entry.
///
/// Functions that change the index have the strong guarantee: they throw only std::bad_alloc, and
/// then nothing has changed. Const functions may run concurrently with each other, but not with a
/// change. Complexities hold on average for n leads; log n is that of the ordered indices.
class identity {
  public:
    LEADFUNNEL_DECL explicit identity(const identity_options& options = {});
    LEADFUNNEL_DECL identity(identity&&) noexcept;
    LEADFUNNEL_DECL identity& operator=(identity&&) noexcept;
    LEADFUNNEL_DECL ~identity();

    /// Adds a lead. Returns false, with nothing changed, if its number or its id (as an id or an
    /// alias) is taken. O(log n).
    LEADFUNNEL_DECL bool insert(identity_record r);
    /// Replaces all leads and builds each index once, in order. Returns false, with nothing
    /// changed, if two records have the same id or number. O(n log n), several times faster than
    /// single insertions.
    LEADFUNNEL_DECL bool assign(std::vector<identity_record> records);
    /// Replaces all leads by `record(0)` … `record(n − 1)`, called one after another, so that they
    /// need not all be in memory. An empty optional adds no lead.
    LEADFUNNEL_DECL bool
    assign(std::size_t n, const std::function<std::optional<identity_record>(std::size_t)>& record);
    /// Removes a lead and its aliases. Returns false if there is no such lead. O(log n).
    LEADFUNNEL_DECL bool erase(std::uint32_t lead) noexcept;

    /// Adds another id for a lead, such as the id of a lead merged into it. Returns false if the id
    /// is taken. Precondition: the lead exists, and there is an index by id. O(1).
    LEADFUNNEL_DECL bool add_alias(std::string id, std::uint32_t lead);
    /// Returns false if there is no such alias. O(1).
    LEADFUNNEL_DECL bool remove_alias(std::string_view id) noexcept;

    // Changes of a lead, which must exist. O(1) for the e-mail, else O(log n).

    LEADFUNNEL_DECL void set_email(std::uint32_t lead, std::string email);
    LEADFUNNEL_DECL void set_account(std::uint32_t lead, std::string_view account);
    LEADFUNNEL_DECL void set_owner(std::uint32_t lead, std::string_view owner);
    LEADFUNNEL_DECL void set_stage(std::uint32_t lead, std::uint32_t stage, instant entered);

    [[nodiscard]] LEADFUNNEL_DECL std::size_t size() const noexcept;
    /// The lead with an id or alias; nothing if there is none. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::uint32_t>
    find(std::string_view id) const noexcept;
    /// The lead with a number; nothing if there is none. O(1).
    [[nodiscard]] LEADFUNNEL_DECL std::optional<identity_view>
    find(std::uint32_t lead) const noexcept;
    /// The leads with an e-mail address, in order of number. O(found · log found).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<std::uint32_t>
    with_email(std::string_view email) const;

    // Pages: at most `limit` leads behind a cursor, in an order that does not depend on how they
    // were added. The last lead of a page is the cursor of the next page. Leads added or removed
    // between two pages move no other lead across the cursor. O(log n + limit).

    /// The leads of an account, or an owner, in order of number. `after` is the cursor: a lead's
    /// number.
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
    /// Leads that entered a stage in `[from, to)`: those who have been in it longest first, and in
    /// order of number if they entered at the same instant.
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
        std::size_t text = 0;    ///< texts too long for their record
        std::size_t names = 0;   ///< accounts and owners, each stored once
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
