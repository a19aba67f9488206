// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The only place that starts threads: threads that wait for work, and work spread over several
/// threads. Not for users.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/progress.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// No call uses more threads than this, whatever it is asked for.
inline constexpr unsigned most_threads = 256;

/// The number of threads, the caller's included, for work in `parts` parts: `asked`, or the number
/// of cores if `asked` is 0; at most `parts` and `most_threads`, at least 1.
[[nodiscard]] inline unsigned thread_count(unsigned asked, std::size_t parts) noexcept {
    const std::size_t wanted = asked != 0 ? asked : std::thread::hardware_concurrency();
    return static_cast<unsigned>(
        std::clamp<std::size_t>(wanted, 1, std::clamp<std::size_t>(parts, 1, most_threads)));
}

/// Threads that run one function and are joined at the end. If the system refuses to start a thread
/// there are fewer, and the caller must do their work itself.
class crew {
  public:
    template<class Run>
    crew(std::size_t others, const Run& run) {
        try {
            for (std::size_t i = 0; i < others; ++i) threads_.emplace_back(run);
        } catch (...) { // go on with the threads that were started
        }
    }
    ~crew() { join(); }
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;

    void join() noexcept {
        for (auto& t : threads_) t.join();
        threads_.clear();
    }
    [[nodiscard]] bool empty() const noexcept { return threads_.empty(); }

  private:
    std::vector<std::thread> threads_;
};

/// Works through [0, n) in blocks on several threads, one of them the caller's.
///
/// Each thread calls `begin(beat)` once, which returns its worker, and then `worker(first, last)`
/// for one block after another until none is left. `report(done)` runs on the caller's thread:
/// after each of its own blocks, and when long work within a block calls `beat`. If `report`
/// returns false, the work is cancelled: `beat` then throws on every thread. An exception cancels
/// the work too, and is rethrown here; but a helper thread whose `begin` throws only leaves its
/// blocks to the others. Returns whether all blocks were done.
template<class Begin, class Report>
bool each_block(std::size_t n, std::size_t block, unsigned threads, const Begin& begin,
                const Report& report) {
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> done{0};
    std::atomic<bool> is_cancelled{false};
    std::exception_ptr thrown;
    std::mutex thrown_lock;
    struct stopped {};
    const auto run = [&](const auto& after_each) noexcept {
        bool has_begun = false;
        const progress_callback beat = [&](std::size_t, std::size_t) {
            if (!after_each()) is_cancelled = true;
            if (is_cancelled) throw stopped{};
        };
        try {
            auto work = begin(beat);
            has_begun = true;
            while (!is_cancelled) {
                const std::size_t first = next.fetch_add(block);
                if (first >= n) break;
                const std::size_t last = std::min(n, first + block);
                work(first, last);
                done += last - first;
                if (!after_each()) is_cancelled = true;
            }
        } catch (const stopped&) {
        } catch (...) {
            const std::lock_guard guard{thrown_lock};
            if (!has_begun) return std::current_exception();
            if (!thrown) thrown = std::current_exception();
            is_cancelled = true;
        }
        return std::exception_ptr{};
    };
    crew others(thread_count(threads, (n + block - 1) / block) - 1,
                [&] { run([] { return true; }); });
    if (const auto failed = run([&] { return report(done.load()); })) {
        is_cancelled = true;
        others.join();
        std::rethrow_exception(failed);
    }
    others.join();
    if (thrown) std::rethrow_exception(thrown);
    return !is_cancelled;
}

/// Threads that wait for work. A batch takes a millisecond and starting a thread a tenth of that,
/// so the threads stay.
class workers {
  public:
    /// `threads` is the total, including the caller's. The system may grant fewer.
    explicit workers(unsigned threads) : threads_(threads - 1, [this] { wait(); }) {}
    ~workers() {
        {
            const std::lock_guard guard{lock_};
            stop_ = true;
        }
        wake_.notify_all();
        threads_.join();
    }
    workers(const workers&) = delete;
    workers& operator=(const workers&) = delete;

    /// Calls `f(i)` for each i in [0, n) on all threads, or on the caller's alone while another
    /// call uses them. Every call is made even if some throw; then the exception of the lowest i is
    /// rethrown.
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
            call_ = nullptr; // a thread that wakes up later finds no work
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

    std::mutex busy_; // held by the call that uses the threads
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
    crew threads_; // last, since its threads use the members above
};

} // namespace leadfunnel::inline v0::detail
