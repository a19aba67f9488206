// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The engine, held to the reference engine: what it says to each operation, every signal, and at
// the end stage logs, scores, bands and classes, all to the last bit. LEADFUNNEL_CASES says how
// many worlds are tried, LEADFUNNEL_SEED at which seed they begin.

#include "catch.hpp"

#include "engine_generators.hpp"
#include "reference/engine.hpp"
#include "reference/operations.hpp"

#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace {

namespace lf = leadfunnel;
using generators::engine_world;
using reference::operation;

std::string text(const std::optional<lf::points>& p) {
    return p ? lf::to_string(*p) : std::string{"absent"};
}
std::string text(const std::optional<std::string>& s) { return s.value_or("none"); }
std::string text(const std::vector<lf::stage_entry>& log) {
    std::string out;
    for (const auto& e : log) {
        out += reference::text_of(lf::event{e}) + " " + e.cause + " " + e.model_version + "\n";
    }
    return out;
}

/// What differs between two lists of signals behind the first `same`, or nothing.
std::string difference(std::span<const lf::signal> theirs, std::span<const lf::signal> ours) {
    for (std::size_t i = 0; i < std::max(theirs.size(), ours.size()); ++i) {
        const std::string left = i < theirs.size() ? reference::text_of(theirs[i]) : "no more";
        const std::string right = i < ours.size() ? reference::text_of(ours[i]) : "no more";
        const bool same = left == right && theirs[i].sequence == ours[i].sequence &&
                          theirs[i].model_version == ours[i].model_version;
        if (!same) return "signal\n  " + left + "\nreference\n  " + right;
    }
    return {};
}

/// What differs between engine and reference, or nothing.
std::string difference(const engine_world& w) {
    const lf::plan plan = lf::compile(w.model);
    lf::engine engine(plan);
    reference::engine expected(w.model);
    std::size_t step = 0;
    std::uint64_t heard = 0;
    for (const auto& o : w.operations) {
        const auto where = [&] { return "after step " + std::to_string(step) + ": "; };
        ++step;
        if (o.what == operation::kind::move && expected.now() == lf::always) continue;
        if (o.what == operation::kind::restore) {
            engine = lf::engine::from_snapshot(plan, engine.snapshot());
        }
        const std::string said = reference::perform(engine, o);
        const std::string should = reference::perform(expected, o);
        const auto told = engine.signals(heard, std::numeric_limits<std::size_t>::max());
        const auto& all = expected.signals();
        const auto differs = difference(told, std::span(all).subspan(heard));
        if (!differs.empty()) return where() + differs;
        heard = all.size();
        if (said != should) return where() + "'" + said + "', reference '" + should + "'";
        if (engine.now() != expected.now()) return where() + "another clock";
    }
    for (const auto* id : {"a", "b", "c"}) {
        if (engine.contains(id) != expected.contains(id)) return std::string{id} + " is there";
        if (!expected.contains(id)) continue;
        const std::string name = expected.resolve(id);
        if (engine.resolve(id) != name) return std::string{id} + " is another";
        const std::string log = text(engine.stage_log(id));
        if (log != text(expected.stage_log(id))) {
            return "stage log of " + name + "\n" + log + "reference\n" +
                   text(expected.stage_log(id));
        }
        for (const auto& f : w.model.funnels) {
            if (engine.stage(id, f.id) != expected.stage(id, f.id)) {
                return "position of " + name + " in " + f.id;
            }
        }
        for (std::size_t s = 0; s < plan.score_count(); ++s) {
            const std::string score{plan.score_name(s)};
            const auto value = engine.score(id, score);
            const std::string known = value.absent ? "absent" : lf::to_string(value.value);
            if (known != text(expected.score(id, score))) {
                return score + " of " + name + ": " + known + ", reference " +
                       text(expected.score(id, score));
            }
        }
        for (const auto& b : w.model.bandings) {
            if (engine.band(id, b.id) != expected.band(id, b.id)) {
                return "band " + b.id + " of " + name + ": " + text(engine.band(id, b.id)) +
                       ", reference " + text(expected.band(id, b.id));
            }
        }
        for (const auto& x : w.model.matrices) {
            if (engine.class_of(id, x.id) != expected.class_of(id, x.id)) {
                return "class " + x.id + " of " + name;
            }
        }
    }
    return {};
}

/// All events of a world, in the order in which one batch of them is taken.
std::vector<lf::event> stream_of(const engine_world& w) {
    std::vector<lf::event> all;
    for (const auto& o : w.operations) all.insert(all.end(), o.events.begin(), o.events.end());
    std::vector<lf::event> found;
    for (const std::size_t i : reference::batch_order(all)) found.push_back(all[i]);
    return found;
}

std::vector<lf::signal> all_signals(const lf::engine& e) {
    return e.signals(0, std::numeric_limits<std::size_t>::max());
}

/// What differs if the same events come in other batches, with time advanced and engines restored
/// in between; or nothing.
std::string difference_by_batches(const engine_world& w) {
    const auto stream = stream_of(w);
    if (stream.empty()) return {};
    const lf::plan plan = lf::compile(w.model);
    const auto end = reference::instant_of(stream.back()) + 5 * w.model.decay_grid;
    lf::engine at_once(plan);
    at_once.apply(stream);
    at_once.advance_to(end);

    generators::source in(w.seed, 14, stream.size());
    lf::engine in_parts(plan);
    for (std::size_t from = 0; from < stream.size();) {
        const std::size_t to = from + 1 + in.below(std::min<std::size_t>(5, stream.size() - from));
        std::vector<lf::event> batch(stream.begin() + static_cast<std::ptrdiff_t>(from),
                                     stream.begin() + static_cast<std::ptrdiff_t>(to));
        // Neighbours of different instants may change places.
        for (int swaps = 0; swaps < 10 && batch.size() > 1; ++swaps) {
            const std::size_t i = in.below(batch.size() - 1);
            if (reference::instant_of(batch[i]) != reference::instant_of(batch[i + 1])) {
                bool is_tied = false;
                for (std::size_t k = 0; k < batch.size(); ++k) {
                    for (const std::size_t n : {i, i + 1}) {
                        is_tied = is_tied || (k != n && reference::instant_of(batch[k]) ==
                                                            reference::instant_of(batch[n]));
                    }
                }
                if (!is_tied) std::swap(batch[i], batch[i + 1]);
            }
        }
        if (batch.size() == 1 && in.chance(50)) {
            in_parts.apply(batch.front());
        } else {
            in_parts.apply(batch);
        }
        from = to;
        const auto last = reference::instant_of(stream[from - 1]);
        const auto next = from < stream.size() ? reference::instant_of(stream[from]) : end;
        for (std::size_t k = in.below(4); k > 0 && last < next; --k) {
            const auto between = last + lf::duration{in.between(0, (next - last).count() - 1)};
            // An instant that is closed is closed to the next event, too.
            if (between > last) in_parts.advance_to(between);
        }
        if (in.chance(20)) in_parts = lf::engine::from_snapshot(plan, in_parts.snapshot());
    }
    in_parts.advance_to(end);
    return difference(all_signals(in_parts), all_signals(at_once));
}

std::string text(const engine_world& w) {
    std::string out = "seed " + std::to_string(w.seed) + "\n" + lf::write_model(w.model) + "\n";
    for (const auto& o : w.operations) out += reference::text_of(o) + "\n";
    return out;
}

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
    const char* asked = std::getenv(variable); // NOLINT: tests are single-threaded
    return asked == nullptr ? otherwise : std::strtoull(asked, nullptr, 10);
}

/// A failure of either counts, too.
template<class Find>
std::string found_in(const engine_world& w, const Find& find) {
    try {
        return find(w);
    } catch (const std::exception& e) {
        return std::string{"thrown: "} + e.what();
    }
}

template<class Make, class Find>
void hold(const Make& make, const Find& find) {
    const auto first = number("LEADFUNNEL_SEED", 1);
    const auto cases = number("LEADFUNNEL_CASES", 400);
    for (auto seed = first; seed < first + cases; ++seed) {
        const engine_world w = make(seed);
        const std::string found = found_in(w, find);
        if (found.empty()) continue;
        const bool is_thrown = found.rfind("thrown", 0) == 0;
        const auto least = generators::minimised(w, [&](const engine_world& less) {
            const auto still = found_in(less, find);
            return !still.empty() && (still.rfind("thrown", 0) == 0) == is_thrown;
        });
        FAIL("seed " << seed << ": " << found_in(least, find) << "\n" << text(least));
    }
}

} // namespace

TEST_CASE("the engine tells what the reference tells") {
    hold([](std::uint64_t seed) { return generators::make_engine_world(seed); },
         [](const engine_world& w) { return difference(w); });
}

TEST_CASE("batches, and how often time is advanced, change nothing that the engine tells") {
    hold([](std::uint64_t seed) { return generators::make_engine_world(seed, false, false); },
         [](const engine_world& w) { return difference_by_batches(w); });
}
