// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Cursors that are kept from query to query. Not for users.

#include <leadfunnel/score/detail/cursor.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Idle cursors, so that a query need not allocate one. Safe to use from several threads.
struct cursor_pool {
    std::mutex lock;
    std::vector<std::unique_ptr<cursor<>>> idle;

    /// A cursor for one query; returns it to the pool. The pool, the program and `progress` must
    /// outlive the loan.
    struct loan {
        cursor_pool& from;
        std::unique_ptr<cursor<>> held;
        pulse beats;

        loan(cursor_pool& p, const bound_program& b, const progress_callback& progress)
            : from(p), beats(progress) {
            {
                const std::lock_guard guard{from.lock};
                if (!from.idle.empty()) {
                    held = std::move(from.idle.back());
                    from.idle.pop_back();
                }
            }
            if (held == nullptr) held = std::make_unique<cursor<>>(b);
            held->heed(progress ? &beats : nullptr);
        }
        ~loan() {
            held->heed(nullptr);
            try {
                const std::lock_guard guard{from.lock};
                from.idle.push_back(std::move(held));
            } catch (...) { // drops the cursor: the next query makes another
            }
        }
        /// A callback that reports to the loan's own. Steps of the cursor then repeat the latest of
        /// its reports.
        [[nodiscard]] progress_callback reports() {
            return [this](std::size_t done, std::size_t all) { beats.report(done, all); };
        }
        loan(const loan&) = delete;
        loan& operator=(const loan&) = delete;
    };
};

} // namespace leadfunnel::inline v0::detail
