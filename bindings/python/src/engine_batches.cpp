// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "engine_batches.hpp"

#include "engine_results.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel_python {

event_rows to_events(const py::iterable& events, const lf::model& m) {
    event_rows out;
    for (const py::handle e : events) {
        check_signals(out.events.size());
        out.rows.push_back(out.events.size());
        out.events.push_back(to_event(e, m));
    }
    return out;
}

py::object apply_rows(forkable_engine& self, event_rows& rows, const py::object& progress) {
    constexpr std::size_t most = 4'096;
    watcher watch(progress);
    lf::batch_report all;
    {
        const auto at = [](const lf::event& e) {
            return std::visit([](const auto& x) { return x.at; }, e);
        };
        std::vector<std::size_t> order(rows.events.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        released([&] {
            std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
                return at(rows.events[a]) < at(rows.events[b]);
            });
        });
        std::vector<lf::event> batch;
        for (std::size_t first = 0; first < order.size();) {
            std::size_t last = std::min(first + most, order.size());
            while (last < order.size() &&
                   at(rows.events[order[last]]) == at(rows.events[order[last - 1]]))
                ++last;
            batch.clear();
            for (std::size_t i = first; i < last; ++i)
                batch.push_back(std::move(rows.events[order[i]]));
            lf::batch_report one = self.write([&](lf::engine& e) {
                return e.apply(batch,
                               [&](std::size_t, std::size_t) { watch(first, order.size()); });
            });
            all.taken += one.taken;
            all.duplicates += one.duplicates;
            all.late += one.late;
            for (auto& r : one.refused)
                all.refused.push_back({rows.rows[order[first + r.event]], std::move(r.reason)});
            first = last;
            released([&] { watch(first, order.size()); });
        }
    }
    std::sort(all.refused.begin(), all.refused.end(),
              [](const auto& a, const auto& b) { return a.event < b.event; });
    return from_batch(all);
}

py::object load_rows(forkable_engine& self, const event_rows& rows, const py::object& progress) {
    watcher watch(progress);
    lf::batch_report report = self.write([&](lf::engine& e) {
        return e.load(rows.events, [&](std::size_t done, std::size_t all) { watch(done, all); });
    });
    for (auto& r : report.refused) r.event = rows.rows[r.event];
    return from_batch(report);
}

py::object load_histories(forkable_engine& self, const shared_histories& h,
                          const py::object& progress) {
    watcher watch(progress);
    return from_batch(self.write([&](lf::engine& e) {
        return e.load(*h.of, [&](std::size_t done, std::size_t all) { watch(done, all); });
    }));
}

void advance_to(forkable_engine& self, lf::instant to, const py::object& progress) {
    using std::chrono::steady_clock;
    using namespace std::chrono_literals;
    if (to < lf::earliest_instant || to >= lf::latest_instant)
        raise_input_error(lf::to_string(to) + " is outside the years 1900 to 2199");
    watcher watch(progress);
    const auto seconds = [](lf::duration d) { return static_cast<std::size_t>(d / 1s); };
    const lf::instant from = self.read([](const lf::engine& e) { return e.now(); });
    lf::instant at = from == lf::always || to <= from ? to : from;
    lf::duration step = 1min;
    std::size_t done = 0;
    const std::size_t all = at < to ? std::max<std::size_t>(seconds(to - from), 1) : 1;
    do {
        at = to - at > step ? at + step : to;
        const auto began = steady_clock::now();
        self.write([&](lf::engine& e) {
            e.advance_to(at, [&](std::size_t, std::size_t) { watch(done, all); });
        });
        const auto took = steady_clock::now() - began;
        if (took < 20ms)
            step *= 2;
        else if (took > 80ms)
            step = std::max<lf::duration>(step / 2, 1s);
        if (from != lf::always && to > from) {
            done = std::min(seconds(at - from), all - 1);
            released([&] { watch(seconds(at - from), seconds(to - from)); });
        }
    } while (at < to);
}

} // namespace leadfunnel_python
