// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Threads that wait for work. Not for users.

#include <leadfunnel/core/config.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A batch takes a millisecond; starting a thread for it, a tenth of that. So they stay.
class workers {
  public:
    /// `threads` in all, the caller's own included. Fewer if the system does not give as many.
    explicit workers(unsigned threads) {
        try {
            for (unsigned i = 1; i < threads; ++i) threads_.emplace_back([this] { wait(); });
        } catch (...) { // the others do the work
        }
    }
    ~workers() {
        {
            const std::lock_guard guard{lock_};
            stop_ = true;
        }
        wake_.notify_all();
        for (auto& t : threads_) t.join();
    }
    workers(const workers&) = delete;
    workers& operator=(const workers&) = delete;

    /// Calls `f(i)` for each i in [0, n), on all threads; on the caller's alone while another call
    /// has them. All are called, whatever is thrown; then the exception of the lowest i leaves.
    template<class Work>
    void each(std::size_t n, const Work& f) {
        std::vector<std::exception_ptr> thrown(n);
        const auto one = [&](std::size_t i) noexcept {
            try {
                f(i);
            } catch (...) {
                thrown[i] = std::current_exception();
            }
        };
        const std::unique_lock busy{busy_, std::try_to_lock};
        if (!busy || threads_.empty() || n < 2) {
            for (std::size_t i = 0; i < n; ++i) one(i);
        } else {
            {
                const std::lock_guard guard{lock_};
                call_ = [](const void* w, std::size_t i) {
                    (*static_cast<const decltype(one)*>(w))(i);
                };
                work_ = &one;
                count_ = n;
                next_ = 0;
                ++generation_;
            }
            wake_.notify_all();
            run(call_, &one, n);
            std::unique_lock guard{lock_};
            call_ = nullptr; // who wakes up later finds nothing
            done_.wait(guard, [&] { return running_ == 0; });
        }
        for (const auto& e : thrown)
            if (e) std::rethrow_exception(e);
    }

  private:
    using call = void (*)(const void*, std::size_t);

    void run(call c, const void* work, std::size_t n) noexcept {
        for (auto i = next_.fetch_add(1); i < n; i = next_.fetch_add(1)) c(work, i);
    }

    void wait() noexcept {
        std::uint64_t seen = 0;
        std::unique_lock guard{lock_};
        for (;;) {
            wake_.wait(guard, [&] { return stop_ || generation_ != seen; });
            if (stop_) return;
            seen = generation_;
            if (call_ == nullptr) continue;
            const auto c = call_;
            const auto* work = work_;
            const auto n = count_;
            ++running_;
            guard.unlock();
            run(c, work, n);
            guard.lock();
            if (--running_ == 0) done_.notify_one();
        }
    }

    std::mutex busy_; // held by the call that has the threads
    std::mutex lock_;
    std::condition_variable wake_;
    std::condition_variable done_;
    call call_ = nullptr;
    const void* work_ = nullptr;
    std::size_t count_ = 0;
    std::atomic<std::size_t> next_ = 0;
    std::size_t running_ = 0;
    std::uint64_t generation_ = 0;
    bool stop_ = false;
    std::vector<std::thread> threads_;
};

} // namespace leadfunnel::inline v0::detail
