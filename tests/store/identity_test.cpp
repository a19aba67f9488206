// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Compares identity with a plain list of records.

#include "catch.hpp"
#include "failing_allocation.hpp"

#include <leadfunnel/store/identity.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace {

namespace lf = leadfunnel;
using lf::identity;
using lf::identity_record;
using numbers = std::vector<std::uint32_t>;

lf::instant at(std::int64_t t) { return lf::instant{lf::duration{t}}; }

/// The same functions by a scan of all records.
struct plain_identity {
    std::map<std::uint32_t, identity_record> records;
    std::map<std::string, std::uint32_t> aliases;

    bool is_taken(const std::string& id) const {
        if (aliases.count(id) != 0) return true;
        return std::any_of(records.begin(), records.end(),
                           [&](const auto& r) { return r.second.id == id; });
    }
    template<class Wanted>
    numbers all(const Wanted& wanted) const {
        numbers out;
        for (const auto& [lead, r] : records)
            if (wanted(r)) out.push_back(lead);
        return out;
    }
};

void require_same(const identity& tested, const plain_identity& plain,
                  const lf::identity_options& o = {}) {
    REQUIRE(tested.size() == plain.records.size());
    std::set<std::string> emails{"nobody@example.com"};
    std::set<std::string> accounts{"none"};
    std::set<std::string> owners{"none"};
    std::set<std::uint32_t> stages{77};
    for (const auto& [lead, r] : plain.records) {
        if (o.by_id) REQUIRE(tested.find(r.id) == lead);
        const auto v = tested.find(lead);
        REQUIRE(v.has_value());
        REQUIRE(v->lead == lead);
        REQUIRE(v->id == r.id);
        REQUIRE(v->email == r.email);
        REQUIRE(v->account == r.account);
        REQUIRE(v->owner == r.owner);
        REQUIRE(v->stage == r.stage);
        REQUIRE(v->entered == r.entered);
        if (!r.email.empty()) emails.insert(r.email);
        if (!r.account.empty()) accounts.insert(r.account);
        if (!r.owner.empty()) owners.insert(r.owner);
        if (r.stage != identity_record::no_stage) stages.insert(r.stage);
    }
    for (const auto& [id, lead] : plain.aliases) REQUIRE(tested.find(id) == lead);
    if (o.by_id) REQUIRE_FALSE(tested.find("no such id").has_value());
    REQUIRE_FALSE(tested.find(std::uint32_t{1'000'000}).has_value());
    // The concatenation of pages of a few leads must equal the whole list.
    const auto pages = [](const auto& page) {
        numbers all;
        std::optional<std::uint32_t> after;
        for (;;) {
            const numbers some = page(after);
            if (some.empty()) return all;
            REQUIRE(some.size() <= 3);
            all.insert(all.end(), some.begin(), some.end());
            after = some.back();
        }
    };
    for (const auto& email : emails)
        if (o.by_email)
            REQUIRE(tested.with_email(email) ==
                    plain.all([&](const auto& r) { return r.email == email; }));
    for (const auto& account : accounts) {
        const auto all = plain.all([&](const auto& r) { return r.account == account; });
        REQUIRE(tested.count_of_account(account) == all.size());
        if (o.by_account)
            REQUIRE(pages([&](auto after) { return tested.of_account(account, after, 3); }) == all);
    }
    for (const auto& owner : owners) {
        const auto all = plain.all([&](const auto& r) { return r.owner == owner; });
        REQUIRE(tested.count_of_owner(owner) == all.size());
        if (o.by_owner)
            REQUIRE(pages([&](auto after) { return tested.of_owner(owner, after, 3); }) == all);
    }
    for (const auto stage : stages) {
        std::vector<identity::stage_cursor> all;
        for (const auto& [lead, r] : plain.records)
            if (r.stage == stage) all.push_back({r.entered, lead});
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
            return std::pair{a.entered, a.lead} < std::pair{b.entered, b.lead};
        });
        REQUIRE(tested.count_in_stage(stage) == all.size());
        if (!o.by_stage) continue;
        for (const auto& [from, to] :
             {std::pair{lf::always, lf::never}, std::pair{at(3), at(7)}, std::pair{at(5), at(5)}}) {
            std::vector<identity::stage_cursor> expected;
            for (const auto& c : all)
                if (c.entered >= from && (c.entered < to || to == lf::never)) expected.push_back(c);
            std::vector<identity::stage_cursor> found;
            std::optional<identity::stage_cursor> after;
            for (;;) {
                const auto some = tested.in_stage(stage, after, 3, from, to);
                if (some.empty()) break;
                found.insert(found.end(), some.begin(), some.end());
                after = some.back();
            }
            REQUIRE(found == expected);
        }
    }
}

std::string one_of(std::mt19937_64& random, const char* what, std::uint64_t n) {
    const auto i = random() % n;
    if (i == 0) return {};
    // Some texts are too long to be stored within their record.
    return std::string{what} + std::to_string(i) + (i % 3 == 0 ? std::string(30, 'x') : "");
}

identity_record any_record(std::mt19937_64& random, std::uint32_t lead, const std::string& id) {
    return {.lead = lead,
            .id = id,
            .email = one_of(random, "mail", 12),
            .account = one_of(random, "account", 6),
            .owner = one_of(random, "owner", 4),
            .stage = random() % 5 == 0 ? identity_record::no_stage
                                       : static_cast<std::uint32_t>(random() % 4),
            .entered = at(static_cast<std::int64_t>(random() % 10))};
}

/// Makes one change, chosen by a number; repeats it in the plain list if it succeeded.
template<class Both>
void change(Both& x, std::uint64_t seed) {
    std::mt19937_64 random{seed};
    const auto lead = static_cast<std::uint32_t>(random() % 60);
    const std::string id = one_of(random, "id", 80) + "!";
    const bool there = x.plain.records.count(lead) != 0;
    switch (random() % 10) {
    case 0:
    case 1: {
        const auto r = any_record(random, lead, id);
        const bool possible = !there && !x.plain.is_taken(id);
        REQUIRE(x.tested.insert(r) == possible);
        if (possible) x.plain.records[lead] = r;
        break;
    }
    case 2:
        REQUIRE(x.tested.erase(lead) == there);
        x.plain.records.erase(lead);
        std::erase_if(x.plain.aliases, [&](const auto& a) { return a.second == lead; });
        break;
    case 3:
        if (there) {
            const bool possible = !x.plain.is_taken(id);
            REQUIRE(x.tested.add_alias(id, lead) == possible);
            if (possible) x.plain.aliases[id] = lead;
        }
        break;
    case 4:
        REQUIRE(x.tested.remove_alias(id) == (x.plain.aliases.count(id) != 0));
        x.plain.aliases.erase(id);
        break;
    case 5:
    case 6:
        if (there) {
            const auto email = one_of(random, "mail", 12);
            x.tested.set_email(lead, email);
            x.plain.records[lead].email = email;
        }
        break;
    case 7:
        if (there) {
            const auto account = one_of(random, "account", 6);
            x.tested.set_account(lead, account);
            x.plain.records[lead].account = account;
        }
        break;
    case 8:
        if (there) {
            const auto owner = one_of(random, "owner", 4);
            x.tested.set_owner(lead, owner);
            x.plain.records[lead].owner = owner;
        }
        break;
    default:
        if (there) {
            auto r = any_record(random, lead, id);
            x.tested.set_stage(lead, r.stage, r.entered);
            x.plain.records[lead].stage = r.stage;
            x.plain.records[lead].entered = r.entered;
        }
    }
}

struct both {
    explicit both(const lf::identity_options& o = {}) : tested(o) {}
    identity tested;
    plain_identity plain;
};

} // namespace

TEST_CASE("leads are found by id, e-mail, account, owner and stage") {
    identity x;
    REQUIRE(x.insert({.lead = 4,
                      .id = "L-4",
                      .email = "a@example.com",
                      .account = "Acme",
                      .owner = "kim",
                      .stage = 1,
                      .entered = at(50)}));
    REQUIRE(x.insert({.lead = 2, .id = "L-2", .email = "a@example.com", .account = "Acme"}));
    CHECK_FALSE(x.insert({.lead = 3, .id = "L-4"}));
    CHECK_FALSE(x.insert({.lead = 4, .id = "L-5"}));
    CHECK(x.find("L-4") == 4U);
    CHECK(x.with_email("a@example.com") == numbers{2, 4});
    CHECK(x.of_account("Acme", std::nullopt, 10) == numbers{2, 4});
    CHECK(x.of_account("Acme", 2, 10) == numbers{4});
    CHECK(x.count_of_account("Acme") == 2);
    CHECK(x.of_owner("kim", std::nullopt, 10) == numbers{4});
    CHECK(x.in_stage(1, std::nullopt, 10) ==
          std::vector<identity::stage_cursor>{{.entered = at(50), .lead = 4}});
    REQUIRE(x.add_alias("old-7", 2));
    CHECK(x.find("old-7") == 2U);
    CHECK_FALSE(x.insert({.lead = 9, .id = "old-7"}));
    CHECK(x.erase(2));
    CHECK_FALSE(x.find("old-7").has_value());
    CHECK(x.with_email("a@example.com") == numbers{4});
}

TEST_CASE("any sequence of changes gives what a plain list gives") {
    for (std::uint64_t options = 0; options < 16; ++options) {
        const lf::identity_options o{.by_email = (options & 1) == 0,
                                     .by_account = (options & 2) == 0,
                                     .by_owner = (options & 4) == 0,
                                     .by_stage = (options & 8) == 0};
        both x{o};
        std::mt19937_64 random{options};
        for (int i = 0; i < 1500; ++i) {
            change(x, random());
            if (i % 100 == 99) require_same(x.tested, x.plain, o);
        }
        // Built at once, it must be the same.
        std::vector<identity_record> all;
        for (const auto& [lead, r] : x.plain.records) all.push_back(r);
        std::shuffle(all.begin(), all.end(), random);
        identity built{o};
        REQUIRE(built.assign(all));
        x.plain.aliases.clear();
        require_same(built, x.plain, o);
        // The same without ids, and with records that come one by one.
        auto numbers_only = o;
        numbers_only.by_id = false;
        plain_identity nameless = x.plain;
        for (auto& [lead, r] : nameless.records) r.id.clear();
        identity numbered{numbers_only};
        REQUIRE(
            numbered.assign(all.size() * 2, [&](std::size_t i) -> std::optional<identity_record> {
                if (i % 2 == 0) return std::nullopt;
                auto r = all[i / 2];
                r.id.clear();
                return r;
            }));
        require_same(numbered, nameless, numbers_only);
        REQUIRE(numbered.memory().id == identity{numbers_only}.memory().id);
        const auto another = any_record(random, 70, "");
        REQUIRE(numbered.insert(another));
        REQUIRE_FALSE(numbered.insert(another));
        nameless.records[70] = another;
        const auto first = nameless.records.begin()->first;
        REQUIRE(numbered.erase(first));
        nameless.records.erase(first);
        numbered.set_email(70, "late@example.com");
        nameless.records[70].email = "late@example.com";
        require_same(numbered, nameless, numbers_only);
        REQUIRE_FALSE(numbered.assign(2, [&](std::size_t) { return another; }));
        require_same(numbered, nameless, numbers_only);
        // After all leads are removed, no memory of theirs is held.
        for (std::uint32_t i = 0; i < 60; ++i) built.erase(i);
        const auto m = built.memory();
        CHECK(m.text == 0);
        const auto empty = identity{o}.memory();
        CHECK(m.stage <= empty.stage + 100);
        CHECK(m.account == empty.account);
        CHECK(m.owner == empty.owner);
        CHECK(built.size() == 0);
    }
}

TEST_CASE("two leads with one id or number are refused") {
    both x;
    for (std::uint64_t i = 0; i < 300; ++i) change(x, i);
    CHECK_FALSE(x.tested.assign({{.lead = 0, .id = "a"}, {.lead = 1, .id = "a"}}));
    CHECK_FALSE(x.tested.assign({{.lead = 1, .id = "a"}, {.lead = 1, .id = "b"}}));
    require_same(x.tested, x.plain);
}

TEST_CASE("a change whose allocations fail changes nothing") {
    std::size_t failures = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const auto make = [&] {
            auto x = std::make_unique<both>();
            for (std::uint64_t i = 0; i < 40 + seed % 50; ++i) change(*x, seed * 1000 + i);
            return x;
        };
        std::mt19937_64 random{seed};
        const auto r = any_record(random, static_cast<std::uint32_t>(60 + random() % 1000),
                                  "a new id that is not short " + std::to_string(seed));
        const auto lead = [&](const both& x) { return x.plain.records.begin()->first; };
        const auto same = [&](const both& x) { require_same(x.tested, x.plain); };
        const std::string account = "another account, not short either";
        if (make()->plain.records.empty()) continue;
        failures += failing::at_each_allocation(
            make, [&](both& x) { x.tested.insert(r); }, same);
        failures += failing::at_each_allocation(
            make, [&](both& x) { x.tested.set_account(lead(x), account); }, same);
        failures += failing::at_each_allocation(
            make, [&](both& x) { x.tested.set_owner(lead(x), account); }, same);
        failures += failing::at_each_allocation(
            make, [&](both& x) { x.tested.set_email(lead(x), account); }, same);
        failures += failing::at_each_allocation(
            make, [&](both& x) { x.tested.set_stage(lead(x), 900, at(4)); }, same);
        failures += failing::at_each_allocation(
            make, [&](both& x) { x.tested.add_alias(account, lead(x)); }, same);
        failures += failing::at_each_allocation(
            make,
            [&](both& x) {
                x.tested.assign({{.lead = 5, .id = account, .account = "a", .stage = 1},
                                 {.lead = 3, .id = "b", .email = account, .stage = 0}});
            },
            same);
    }
    CHECK(failures > 600);
}

TEST_CASE("an index that was not chosen takes no memory") {
    std::vector<identity_record> all;
    for (std::uint32_t i = 0; i < 20'000; ++i)
        all.push_back({.lead = i,
                       .id = "lead-" + std::to_string(i),
                       .email = "p" + std::to_string(i) + "@x.com",
                       .account = "account-" + std::to_string(i / 8),
                       .owner = "owner-" + std::to_string(i % 50),
                       .stage = i % 7,
                       .entered = at(i)});
    identity full;
    REQUIRE(full.assign(all));
    identity bare{{.by_email = false, .by_account = false, .by_owner = false, .by_stage = false}};
    REQUIRE(bare.assign(all));
    const auto f = full.memory();
    const auto b = bare.memory();
    CHECK(b.email < 2000);
    CHECK(b.account < 200);
    CHECK(b.owner < 200);
    CHECK(b.stage < 300);
    CHECK(f.email > 20'000 * 16);
    CHECK(f.account >= 20'000 * 32);
    CHECK(f.stage >= 20'000 * 32);
    CHECK(bare.count_of_account("account-3") == 8);
    CHECK(b.total() / 20'000 < 200);
}
