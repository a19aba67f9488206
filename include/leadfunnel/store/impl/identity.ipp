// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/store/detail/slab_vector.hpp>
#include <leadfunnel/store/identity.hpp>

#include <boost/multi_index/composite_key.hpp>
#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/mem_fun.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index/tag.hpp>
#include <boost/multi_index_container.hpp>

#include <algorithm>
#include <cassert>
#include <functional>
#include <tuple>
#include <utility>

namespace leadfunnel::inline v0 {

namespace detail {

namespace bmi = boost::multi_index;

/// An allocator that counts the bytes it holds.
template<class T>
struct counting_allocator {
    using value_type = T;
    std::size_t* bytes;

    explicit counting_allocator(std::size_t& counter) noexcept : bytes(&counter) {}
    template<class U>
    counting_allocator(const counting_allocator<U>& a) noexcept // NOLINT: allocators convert
        : bytes(a.bytes) {}
    [[nodiscard]] T* allocate(std::size_t n) {
        T* p = std::allocator<T>{}.allocate(n);
        *bytes += n * sizeof(T);
        return p;
    }
    void deallocate(T* p, std::size_t n) noexcept {
        *bytes -= n * sizeof(T);
        std::allocator<T>{}.deallocate(p, n);
    }
    friend bool operator==(const counting_allocator& a, const counting_allocator& b) noexcept {
        return a.bytes == b.bytes;
    }
};

/// An account or owner. It counts its leads and is removed with the last.
struct identity_name {
    wiped<std::string> held;
    mutable std::size_t leads = 0; // not part of the key
    [[nodiscard]] const std::string& text() const noexcept { return *held; }
};
struct identity_entry {
    static constexpr std::uint32_t nobody = ~std::uint32_t{0};
    std::uint32_t lead = nobody;
    std::uint32_t stage = identity_record::no_stage;
    instant entered{};
    std::string id{};
    std::string email{};
    const identity_name* account = nullptr;
    const identity_name* owner = nullptr;
};
struct identity_alias {
    wiped<std::string> held;
    std::uint32_t lead = 0;
    [[nodiscard]] const std::string& id() const noexcept { return *held; }
};
/// Connects a lead with its account or owner.
struct identity_link {
    const identity_name* name = nullptr;
    std::uint32_t lead = 0;
};
struct identity_place {
    instant entered{};
    std::uint32_t stage = 0;
    std::uint32_t lead = 0;
};

struct by_id {};
struct by_lead {};
struct by_text {};
struct by_email {};
struct by_name_and_lead {};
struct by_stage_and_entry {};

struct id_of_entry {
    using result_type = std::string_view;
    std::string_view operator()(const identity_entry* e) const noexcept { return e->id; }
};
using identity_ids = bmi::multi_index_container<
    const identity_entry*,
    bmi::indexed_by<bmi::hashed_unique<bmi::tag<by_id>, id_of_entry, text_hash, std::equal_to<>>>,
    counting_allocator<const identity_entry*>>;
using identity_aliases = bmi::multi_index_container<
    identity_alias,
    bmi::indexed_by<
        bmi::hashed_unique<
            bmi::tag<by_id>,
            bmi::const_mem_fun<identity_alias, const std::string&, &identity_alias::id>, text_hash,
            std::equal_to<>>,
        bmi::hashed_non_unique<bmi::tag<by_lead>,
                               bmi::member<identity_alias, std::uint32_t, &identity_alias::lead>>>,
    counting_allocator<identity_alias>>;
using identity_names = bmi::multi_index_container<
    identity_name,
    bmi::indexed_by<bmi::hashed_unique<
        bmi::tag<by_text>,
        bmi::const_mem_fun<identity_name, const std::string&, &identity_name::text>, text_hash,
        std::equal_to<>>>,
    counting_allocator<identity_name>>;

struct email_of_entry {
    using result_type = std::string_view;
    std::string_view operator()(const identity_entry* e) const noexcept { return e->email; }
};
using identity_emails =
    bmi::multi_index_container<const identity_entry*,
                               bmi::indexed_by<bmi::hashed_non_unique<
                                   bmi::tag<by_email>, email_of_entry, text_hash, std::equal_to<>>>,
                               counting_allocator<const identity_entry*>>;
using identity_links = bmi::multi_index_container<
    identity_link,
    bmi::indexed_by<bmi::ordered_unique<
        bmi::tag<by_name_and_lead>,
        bmi::composite_key<identity_link,
                           bmi::member<identity_link, const identity_name*, &identity_link::name>,
                           bmi::member<identity_link, std::uint32_t, &identity_link::lead>>,
        bmi::composite_key_compare<std::less<>, std::less<>>>>,
    counting_allocator<identity_link>>;
using identity_places = bmi::multi_index_container<
    identity_place,
    bmi::indexed_by<bmi::ordered_unique<
        bmi::tag<by_stage_and_entry>,
        bmi::composite_key<identity_place,
                           bmi::member<identity_place, std::uint32_t, &identity_place::stage>,
                           bmi::member<identity_place, instant, &identity_place::entered>,
                           bmi::member<identity_place, std::uint32_t, &identity_place::lead>>>>,
    counting_allocator<identity_place>>;

/// Calls a function at the end of the scope, such as one that undoes a change, unless it is
/// dismissed.
template<class F>
class identity_rollback {
  public:
    explicit identity_rollback(F undo) : undo_(std::move(undo)) {}
    ~identity_rollback() {
        if (armed_) undo_();
    }
    identity_rollback(const identity_rollback&) = delete;
    identity_rollback& operator=(const identity_rollback&) = delete;
    void dismiss() noexcept { armed_ = false; }

  private:
    F undo_;
    bool armed_ = true;
};

inline std::size_t identity_text_bytes(const std::string& s) noexcept {
    return s.capacity() > std::string{}.capacity() ? s.capacity() + 1 : 0;
}

} // namespace detail

struct identity::impl {
    explicit impl(const identity_options& options)
        : o(options), ids(detail::counting_allocator<const detail::identity_entry*>{id_bytes}),
          aliases(detail::counting_allocator<detail::identity_alias>{id_bytes}),
          accounts(detail::counting_allocator<detail::identity_name>{name_bytes}),
          owners(detail::counting_allocator<detail::identity_name>{name_bytes}),
          emails(detail::counting_allocator<const detail::identity_entry*>{email_bytes}),
          of_account(detail::counting_allocator<detail::identity_link>{account_bytes}),
          of_owner(detail::counting_allocator<detail::identity_link>{owner_bytes}),
          places(detail::counting_allocator<detail::identity_place>{stage_bytes}) {}

    using names = detail::identity_names;
    using links = detail::identity_links;

    [[nodiscard]] bool has(std::uint32_t lead) const noexcept {
        return lead < entries.size() && entries[lead].lead == lead;
    }
    [[nodiscard]] detail::identity_entry& at(std::uint32_t lead) noexcept {
        assert(has(lead));
        return entries[lead];
    }
    [[nodiscard]] bool is_alias(std::string_view id) const noexcept {
        return !aliases.empty() && aliases.find(id) != aliases.end();
    }
    [[nodiscard]] bool is_taken(std::string_view id) const noexcept {
        return ids.find(id) != ids.end() || is_alias(id);
    }

    // `hold` counts one more lead of a name, `release` one less.

    static const detail::identity_name* hold(names& in, std::string_view text) {
        if (text.empty()) return nullptr;
        auto i = in.find(text);
        if (i == in.end()) i = in.emplace(detail::identity_name{std::string{text}, 0}).first;
        ++i->leads;
        return &*i;
    }
    static void release(names& in, const detail::identity_name* n) noexcept {
        if (n != nullptr && --n->leads == 0) in.erase(in.iterator_to(*n));
    }
    static std::size_t count(const names& in, std::string_view text) noexcept {
        const auto i = in.find(text);
        return i == in.end() ? 0 : i->leads;
    }

    static void unlink(links& in, const detail::identity_name* n, std::uint32_t lead) noexcept {
        const auto i = in.find(std::make_tuple(n, lead));
        if (i != in.end()) in.erase(i);
    }

    /// Moves a lead to another name. Allocates only for names and links that did not exist.
    void rename(names& in, links& index, bool indexed, const detail::identity_name*& held,
                std::uint32_t lead, std::string_view text) {
        if ((held == nullptr ? std::string_view{} : std::string_view{held->text()}) == text) return;
        const auto* fresh = hold(in, text);
        if (indexed) {
            if (held != nullptr && fresh != nullptr) {
                // The node changes its place without allocation.
                index.modify(index.find(std::make_tuple(held, lead)),
                             [&](detail::identity_link& l) { l.name = fresh; });
            } else if (fresh != nullptr) {
                detail::identity_rollback undo{[&] { release(in, fresh); }};
                index.insert({fresh, lead});
                undo.dismiss();
            } else {
                unlink(index, held, lead);
            }
        }
        release(in, held);
        held = fresh;
    }

    void grow_stages(std::uint32_t stage) {
        if (stage != identity_record::no_stage && stage >= in_stage.size())
            in_stage.resize(std::size_t{stage} + 1);
    }
    /// Removes an entry from all indices. It may be missing in some of them.
    void unindex(const detail::identity_entry& e) noexcept {
        if (o.by_id) {
            const auto i = ids.find(std::string_view{e.id});
            if (i != ids.end() && *i == &e) ids.erase(i);
        }
        if (o.by_email && !e.email.empty()) {
            auto [i, end] = emails.equal_range(std::string_view{e.email});
            while (i != end && *i != &e) ++i;
            if (i != end) emails.erase(i);
        }
        if (o.by_account && e.account != nullptr) unlink(of_account, e.account, e.lead);
        if (o.by_owner && e.owner != nullptr) unlink(of_owner, e.owner, e.lead);
        release(accounts, e.account);
        release(owners, e.owner);
        if (o.by_stage && e.stage != identity_record::no_stage) {
            const auto i = places.find(std::make_tuple(e.stage, e.entered, e.lead));
            if (i != places.end()) places.erase(i);
        }
    }

    static void clear(detail::identity_entry& e) noexcept {
        detail::wipe(e.id);
        detail::wipe(e.email);
        e = {};
    }
    ~impl() {
        for (auto& e : entries) clear(e);
    }

    /// Adds an entry. Returns false, with nothing added, if another entry has its id. Precondition:
    /// its number is free and its id is no alias. With `bulk` the ordered indices are left out.
    bool add(identity_record&& r, bool bulk) {
        const detail::identity_rollback in_the_end{[&] {
            for (auto* text : {&r.id, &r.email, &r.account, &r.owner}) detail::wipe(*text);
        }};
        const std::uint32_t lead = r.lead;
        if (lead >= entries.size()) entries.resize(std::size_t{lead} + 1);
        grow_stages(r.stage);
        auto& e = entries[lead];
        e.lead = lead;
        e.stage = r.stage;
        e.entered = r.entered;
        e.id.swap(r.id);
        e.email.swap(r.email);
        detail::identity_rollback undo{[&] {
            unindex(e);
            clear(e);
        }};
        if (o.by_id && !ids.insert(&e).second) return false;
        e.account = hold(accounts, r.account);
        e.owner = hold(owners, r.owner);
        if (o.by_email && !e.email.empty()) emails.insert(&e);
        if (!bulk) {
            if (o.by_account && e.account != nullptr) of_account.insert({e.account, lead});
            if (o.by_owner && e.owner != nullptr) of_owner.insert({e.owner, lead});
            if (o.by_stage && e.stage != identity_record::no_stage)
                places.insert({e.entered, e.stage, lead});
        }
        undo.dismiss();
        ++size;
        if (e.stage != identity_record::no_stage) ++in_stage[e.stage];
        text_bytes += detail::identity_text_bytes(e.id) + detail::identity_text_bytes(e.email);
        return true;
    }

    /// Builds the ordered indices after entries were added with `bulk`.
    void link_all() {
        std::vector<detail::identity_link> sorted;
        const auto link = [&](links& index, auto name) {
            sorted.clear();
            for (const auto& e : entries)
                if (e.*name != nullptr) sorted.push_back({e.*name, e.lead});
            std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
                return a.name != b.name ? std::less<>{}(a.name, b.name) : a.lead < b.lead;
            });
            for (const auto& l : sorted) index.insert(index.end(), l);
        };
        if (o.by_account) link(of_account, &detail::identity_entry::account);
        if (o.by_owner) link(of_owner, &detail::identity_entry::owner);
        if (!o.by_stage) return;
        std::vector<detail::identity_place> in_order;
        in_order.reserve(size);
        for (const auto& e : entries)
            if (e.stage != identity_record::no_stage)
                in_order.push_back({e.entered, e.stage, e.lead});
        std::sort(in_order.begin(), in_order.end(), [](const auto& a, const auto& b) {
            return std::tie(a.stage, a.entered, a.lead) < std::tie(b.stage, b.entered, b.lead);
        });
        for (const auto& p : in_order) places.insert(places.end(), p);
    }

    std::vector<std::uint32_t> page(const names& in, const links& index, std::string_view text,
                                    std::optional<std::uint32_t> after, std::size_t limit) const {
        std::vector<std::uint32_t> out;
        const auto name = in.find(text);
        if (name == in.end()) return out;
        const detail::identity_name* n = &*name;
        auto i = after ? index.upper_bound(std::make_tuple(n, *after))
                       : index.lower_bound(std::make_tuple(n, std::uint32_t{0}));
        for (; i != index.end() && i->name == n && out.size() < limit; ++i) out.push_back(i->lead);
        return out;
    }

    identity_options o;
    std::size_t id_bytes = 0;
    std::size_t name_bytes = 0;
    std::size_t email_bytes = 0;
    std::size_t account_bytes = 0;
    std::size_t owner_bytes = 0;
    std::size_t stage_bytes = 0;
    std::size_t text_bytes = 0;
    detail::slab_vector<detail::identity_entry> entries; // by number; they never move
    std::size_t size = 0;                                // entries in use
    detail::identity_ids ids;
    detail::identity_aliases aliases;
    names accounts;
    names owners;
    detail::identity_emails emails;
    links of_account;
    links of_owner;
    detail::identity_places places;
    std::vector<std::size_t> in_stage; // leads by stage
};

LEADFUNNEL_DECL identity::identity(const identity_options& options)
    : impl_(std::make_unique<impl>(options)) {}
LEADFUNNEL_DECL identity::identity(identity&&) noexcept = default;
LEADFUNNEL_DECL identity& identity::operator=(identity&&) noexcept = default;
LEADFUNNEL_DECL identity::~identity() = default;

LEADFUNNEL_DECL bool identity::insert(identity_record r) {
    if (impl_->has(r.lead) || impl_->is_alias(r.id)) return false;
    return impl_->add(std::move(r), false);
}

LEADFUNNEL_DECL bool identity::assign(std::vector<identity_record> records) {
    return assign(records.size(), [&](std::size_t i) { return std::move(records[i]); });
}
LEADFUNNEL_DECL bool
identity::assign(std::size_t n,
                 const std::function<std::optional<identity_record>(std::size_t)>& record) {
    identity fresh{impl_->o};
    impl& i = *fresh.impl_;
    i.entries.reserve(n);
    if (i.o.by_id) i.ids.reserve(n);
    if (i.o.by_email) i.emails.reserve(n);
    for (std::size_t k = 0; k < n; ++k)
        if (auto r = record(k); r && (i.has(r->lead) || !i.add(std::move(*r), true))) return false;
    i.link_all();
    *this = std::move(fresh);
    return true;
}

LEADFUNNEL_DECL bool identity::erase(std::uint32_t lead) noexcept {
    impl& i = *impl_;
    if (!i.has(lead)) return false;
    auto& e = i.entries[lead];
    i.unindex(e);
    auto& aliases = i.aliases.get<detail::by_lead>();
    const auto [first, last] = aliases.equal_range(lead);
    for (auto a = first; a != last; ++a) i.text_bytes -= detail::identity_text_bytes(a->id());
    aliases.erase(first, last);
    i.text_bytes -= detail::identity_text_bytes(e.id) + detail::identity_text_bytes(e.email);
    if (e.stage != identity_record::no_stage) --i.in_stage[e.stage];
    impl::clear(e);
    --i.size;
    return true;
}

LEADFUNNEL_DECL bool identity::add_alias(std::string id, std::uint32_t lead) {
    assert(impl_->o.by_id && impl_->has(lead));
    if (impl_->is_taken(id)) return false;
    const auto added = impl_->aliases.insert({std::move(id), lead}).first;
    impl_->text_bytes += detail::identity_text_bytes(added->id());
    return true;
}

LEADFUNNEL_DECL bool identity::remove_alias(std::string_view id) noexcept {
    auto& aliases = impl_->aliases;
    const auto i = aliases.find(id);
    if (i == aliases.end()) return false;
    impl_->text_bytes -= detail::identity_text_bytes(i->id());
    aliases.erase(i);
    return true;
}

LEADFUNNEL_DECL void identity::set_email(std::uint32_t lead, std::string email) {
    // `email` holds the old address in the end.
    const detail::identity_rollback in_the_end{[&] { detail::wipe(email); }};
    auto& e = impl_->at(lead);
    if (e.email == email) return;
    impl& i = *impl_;
    const std::size_t before = detail::identity_text_bytes(e.email);
    if (!i.o.by_email) {
        e.email.swap(email);
    } else if (e.email.empty()) {
        e.email.swap(email);
        detail::identity_rollback undo{[&] { e.email.swap(email); }};
        i.emails.insert(&e);
        undo.dismiss();
    } else {
        auto [at, end] = i.emails.equal_range(std::string_view{e.email});
        while (*at != &e) ++at;
        if (email.empty()) {
            i.emails.erase(at);
            e.email.swap(email);
        } else { // the node changes its place without allocation
            i.emails.modify(at, [&](const detail::identity_entry*&) { e.email.swap(email); });
        }
    }
    i.text_bytes += detail::identity_text_bytes(e.email);
    i.text_bytes -= before;
}

LEADFUNNEL_DECL void identity::set_account(std::uint32_t lead, std::string_view account) {
    auto& e = impl_->at(lead);
    impl_->rename(impl_->accounts, impl_->of_account, impl_->o.by_account, e.account, lead,
                  account);
}

LEADFUNNEL_DECL void identity::set_owner(std::uint32_t lead, std::string_view owner) {
    auto& e = impl_->at(lead);
    impl_->rename(impl_->owners, impl_->of_owner, impl_->o.by_owner, e.owner, lead, owner);
}

LEADFUNNEL_DECL void identity::set_stage(std::uint32_t lead, std::uint32_t stage, instant entered) {
    impl& i = *impl_;
    auto& e = i.at(lead);
    constexpr auto none = identity_record::no_stage;
    i.grow_stages(stage);
    if (i.o.by_stage) {
        if (e.stage != none && stage != none) {
            i.places.modify(i.places.find(std::make_tuple(e.stage, e.entered, lead)),
                            [&](detail::identity_place& p) {
                                p.stage = stage;
                                p.entered = entered;
                            });
        } else if (stage != none) {
            i.places.insert({entered, stage, lead});
        } else if (e.stage != none) {
            i.places.erase(i.places.find(std::make_tuple(e.stage, e.entered, lead)));
        }
    }
    if (e.stage != none) --i.in_stage[e.stage];
    if (stage != none) ++i.in_stage[stage];
    e.stage = stage;
    e.entered = entered;
}

LEADFUNNEL_DECL std::size_t identity::size() const noexcept { return impl_->size; }

LEADFUNNEL_DECL std::optional<std::uint32_t> identity::find(std::string_view id) const noexcept {
    assert(impl_->o.by_id);
    const auto i = impl_->ids.find(id);
    if (i != impl_->ids.end()) return (*i)->lead;
    const auto a = impl_->aliases.find(id);
    if (a != impl_->aliases.end()) return a->lead;
    return std::nullopt;
}

LEADFUNNEL_DECL std::optional<identity_view> identity::find(std::uint32_t lead) const noexcept {
    if (!impl_->has(lead)) return std::nullopt;
    const auto& e = impl_->entries[lead];
    const auto text = [](const detail::identity_name* n) {
        return n == nullptr ? std::string_view{} : std::string_view{n->text()};
    };
    return identity_view{lead, e.id, e.email, text(e.account), text(e.owner), e.stage, e.entered};
}

LEADFUNNEL_DECL std::vector<std::uint32_t> identity::with_email(std::string_view email) const {
    assert(impl_->o.by_email);
    std::vector<std::uint32_t> out;
    const auto [first, last] = impl_->emails.equal_range(email);
    for (auto i = first; i != last; ++i) out.push_back((*i)->lead);
    std::sort(out.begin(), out.end());
    return out;
}

LEADFUNNEL_DECL std::vector<std::uint32_t> identity::of_account(std::string_view account,
                                                                std::optional<std::uint32_t> after,
                                                                std::size_t limit) const {
    assert(impl_->o.by_account);
    return impl_->page(impl_->accounts, impl_->of_account, account, after, limit);
}

LEADFUNNEL_DECL std::vector<std::uint32_t> identity::of_owner(std::string_view owner,
                                                              std::optional<std::uint32_t> after,
                                                              std::size_t limit) const {
    assert(impl_->o.by_owner);
    return impl_->page(impl_->owners, impl_->of_owner, owner, after, limit);
}

LEADFUNNEL_DECL std::vector<identity::stage_cursor>
identity::in_stage(std::uint32_t stage, std::optional<stage_cursor> after, std::size_t limit,
                   instant from, instant to) const {
    assert(impl_->o.by_stage);
    std::vector<stage_cursor> out;
    const auto& places = impl_->places;
    auto i = places.lower_bound(std::make_tuple(stage, from));
    if (after && after->entered >= from)
        i = places.upper_bound(std::make_tuple(stage, after->entered, after->lead));
    for (; i != places.end() && i->stage == stage && out.size() < limit; ++i) {
        if (i->entered >= to && to != never) break;
        out.push_back({i->entered, i->lead});
    }
    return out;
}

LEADFUNNEL_DECL std::size_t identity::count_of_account(std::string_view account) const noexcept {
    return impl::count(impl_->accounts, account);
}
LEADFUNNEL_DECL std::size_t identity::count_of_owner(std::string_view owner) const noexcept {
    return impl::count(impl_->owners, owner);
}
LEADFUNNEL_DECL std::size_t identity::count_in_stage(std::uint32_t stage) const noexcept {
    return stage < impl_->in_stage.size() ? impl_->in_stage[stage] : 0;
}

LEADFUNNEL_DECL identity::memory_use identity::memory() const noexcept {
    const impl& i = *impl_;
    return {.records = sizeof(impl) + i.entries.size() * sizeof(detail::identity_entry),
            .id = i.id_bytes,
            .text = i.text_bytes,
            .names = i.name_bytes,
            .email = i.email_bytes,
            .account = i.account_bytes,
            .owner = i.owner_bytes,
            .stage = i.stage_bytes + i.in_stage.capacity() * sizeof(std::size_t)};
}

} // namespace leadfunnel::inline v0
