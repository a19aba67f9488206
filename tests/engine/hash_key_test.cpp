// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Results do not depend on the key of hashes: engines under different keys give the same.

#include "catch.hpp"
#include "streams.hpp"

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/history/histories.hpp>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace lf = leadfunnel;

namespace {

/// Sets the key of hash tables that are made while it exists.
class key_scope {
  public:
    explicit key_scope(lf::detail::hash_key key)
        : before_(std::exchange(lf::detail::process_hash_key(), key)) {}
    ~key_scope() { lf::detail::process_hash_key() = before_; }
    key_scope(const key_scope&) = delete;
    key_scope& operator=(const key_scope&) = delete;

  private:
    lf::detail::hash_key before_;
};

std::vector<lf::event> some_events() {
    streams::random r(7);
    std::vector<lf::event> out;
    auto at = streams::begin;
    for (int i = 0; i < 3'000; ++i) {
        if (r.chance(70)) at += std::chrono::minutes{r.below(300)};
        out.push_back(streams::random_event(r, streams::lead_name(r.below(60)), at));
    }
    return out;
}

/// All results of an engine, as texts.
std::vector<std::string> life(lf::detail::hash_key key) {
    const key_scope scope(key);
    const auto events = some_events();
    const auto half = events.begin() + 1'500;
    lf::engine e(lf::compile(streams::crm_model()), {.ranked = {"engagement"}});
    std::vector<std::string> out;
    e.load(lf::make_histories({events.begin(), half}));
    out.push_back(e.snapshot());
    e.apply(std::vector<lf::event>(half, events.end()));
    e.advance_to(e.now() + streams::days{9});
    out.push_back(e.snapshot());
    for (const auto& lead : e.top("engagement", 100, e.now())) out.push_back(lead.lead);
    for (const auto& lead : e.find({}).leads) out.push_back(lead);
    e.erase(streams::lead_name(3));
    out.push_back(e.snapshot());
    out.push_back(
        lf::engine::from_snapshot(lf::compile(streams::crm_model()), out.back()).snapshot());
    return out;
}

TEST_CASE("engines under different hash keys give the same results", "[hash]") {
    CHECK(life({1, 2}) == life({0x0123456789abcdefU, 99}));
}

TEST_CASE("an engine keeps its key", "[hash]") {
    // Tables that other engines make under other keys do not change what it finds.
    auto e = [] {
        const key_scope scope({1, 2});
        return lf::engine(lf::compile(streams::crm_model()));
    }();
    const key_scope scope({3, 4});
    const auto events = some_events();
    e.apply(events);
    for (std::size_t i = 0; i < 60; ++i) CHECK(e.contains(streams::lead_name(i)));
    CHECK(e.size() == 60);
    lf::engine moved = std::move(e);
    CHECK(moved.apply(events).taken + moved.size() > 60);
    CHECK(moved.size() == 60);
}

} // namespace
