// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Operations on the engine, in any sequence. Nothing is lost, counts add up, scores are those of
// the engine's histories, and a restored snapshot continues like the engine.

#include "moving_model.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

class input {
  public:
    input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
    [[nodiscard]] bool ended() const { return left_ == 0; }
    unsigned below(unsigned n) {
        if (left_ == 0) return 0;
        --left_;
        return *data_++ % n;
    }

  private:
    const std::uint8_t* data_;
    std::size_t left_;
};

void hold(const lf::engine& e, const lf::plan& plan) {
    std::size_t in_stages = 0;
    for (const auto& s : plan.source().funnels[0].stages)
        in_stages += e.count_in_stage("sales", s.id);
    std::size_t in_bands = 0;
    for (const auto& b : plan.source().bandings[0].bands) in_bands += e.count_in_band("heat", b.id);
    require(in_stages <= e.size() && in_bands <= e.size());
    std::size_t staged = 0;
    std::vector<lf::event> events;
    const auto all = e.find({.limit = 100});
    require(all.leads.size() == e.size() && !all.more);
    for (const auto& lead : all.leads) {
        const auto log = e.stage_log(lead);
        const auto at = e.stage(lead, "sales");
        require(at.has_value() == !log.empty());
        if (at) {
            ++staged;
            require(at->stage == log.back().stage && at->since == log.back().at);
        }
        for (lf::event& each : e.history(lead)) {
            // The event has the id under which it was applied; that lead may be merged into this
            // one.
            std::visit([&](auto& x) { x.lead = lead; }, each);
            events.push_back(std::move(each));
        }
    }
    require(staged == in_stages);
    const auto histories = lf::make_histories(events);
    const lf::scorer scorer{plan, histories};
    for (const auto& lead : all.leads) {
        const auto row = histories.find(lead);
        if (!row) continue;
        for (const auto t : {e.now(), e.now() + 90h})
            require(e.score(lead, "engagement", t) == scorer.score_at(*row, 0, t));
        const auto band = scorer.band_at(*row, 0, e.now());
        require(e.band(lead, "heat") == (band ? std::optional{std::string{*band}} : std::nullopt));
    }
    const auto top = e.top("engagement", 5, e.now());
    for (std::size_t i = 1; i < top.size(); ++i) require(top[i - 1].score >= top[i].score);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto plan = lf::compile(fuzz::moving_model());
    if (size > 600) return 0;
    input in{data, size};
    std::optional<lf::engine> e;
    e.emplace(plan, lf::engine_options{.ranked = {"engagement"}});
    auto now = lf::parse_rfc3339("2026-03-02T08:00:00Z").at;
    const auto lead = [&] { return std::string(1, static_cast<char>('A' + in.below(4))); };
    std::uint64_t told = 0;
    while (!in.ended()) {
        const auto what = in.below(12);
        now += in.below(20) * 1h + in.below(3) * 1min;
        try {
            switch (what) {
            case 0:
            case 1:
            case 2:
            case 3: {
                static const char* const types[] = {"page", "demo", "call", "unknown"};
                lf::touchpoint t{.lead = lead(), .at = now, .type = types[in.below(4)]};
                if (in.below(4) == 0) t.at -= in.below(200) * 1h;
                if (in.below(4) == 0) t.id = std::string(1, static_cast<char>('0' + in.below(8)));
                e->apply(t);
                break;
            }
            case 4: {
                static const char* const owners[] = {"ann", "bob", "", "rival"};
                static const char* const names[] = {"owner", "mail", "company"};
                lf::attributes a{.lead = lead(), .at = now};
                if (in.below(3) == 0) a.at = lf::always;
                a.values[names[in.below(3)]] = std::string{owners[in.below(4)]};
                e->apply(a);
                break;
            }
            case 5: {
                static const char* const stages[] = {"inquiry", "mql", "won", "nurture", "none"};
                e->apply(lf::stage_entry{
                    .lead = lead(), .at = now, .funnel = "sales", .stage = stages[in.below(5)]});
                break;
            }
            case 6:
                e->advance_to(now + in.below(255) * 1h);
                break;
            case 7:
                e->merge(lead(), lead());
                break;
            case 8:
                e->unmerge(lead());
                break;
            case 9:
                e->erase(lead());
                break;
            case 10: {
                const auto bytes = e->snapshot();
                e.emplace(lf::engine::from_snapshot(plan, bytes, {.ranked = {"engagement"}}));
                require(e->snapshot() == bytes);
                break;
            }
            default:
                for (const auto& s : e->signals(told)) {
                    require(s.sequence == told + 1);
                    told = s.sequence;
                }
                if (in.below(2) == 0) e->acknowledge(told);
                break;
            }
        } catch (const lf::unknown_lead&) {
        } catch (const lf::argument_error&) {
        }
        if (e->now() != lf::always && now < e->now()) now = e->now();
    }
    if (e->now() != lf::always) hold(*e, plan);
    return 0;
}
