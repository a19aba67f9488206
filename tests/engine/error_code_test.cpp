// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/model/json.hpp>
#include <leadfunnel/plan/plan.hpp>

namespace lf = leadfunnel;
using lf::error_code;

namespace {

/// The code of what `act` throws.
template<class Act>
error_code code_of(const Act& act) {
    try {
        act();
    } catch (const lf::error& e) {
        return e.code();
    }
    FAIL("nothing is thrown");
    return error_code::other;
}

} // namespace

TEST_CASE("models, names, snapshots and calls that are refused have codes", "[error]") {
    CHECK(code_of([] { (void)lf::compile(lf::parse_model("{", "cut.json")); }) ==
          error_code::model);
    lf::model m;
    m.id = "m";
    m.scores.push_back({.id = "fit"});
    const auto plan = lf::compile(m);
    CHECK(code_of([&] { (void)plan.score("fitt"); }) == error_code::unknown_name);

    lf::engine e{plan};
    CHECK(code_of([&] { (void)e.score("nobody", "fit"); }) == error_code::unknown_lead);
    CHECK(code_of([&] { (void)e.advance_to(lf::latest_instant); }) == error_code::bad_instant);
    CHECK(code_of([&] { (void)lf::engine::from_snapshot(plan, "no snapshot"); }) ==
          error_code::snapshot);
    (void)e.apply(lf::attributes{.lead = "L"});
    CHECK(code_of([&] { e.load(lf::histories{}); }) == error_code::bad_state);
}
