// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "forkable_engine.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

namespace leadfunnel_python {

namespace {

/// The engines of this process, for which forks wait. Use it with the interpreter's lock.
class engines_at_forks {
  public:
    static void add(const std::shared_ptr<forkable_engine>& l) {
        auto& all = everyone();
        if (all.size() == all.capacity())
            std::erase_if(all, [](const auto& one) { return one.expired(); });
        all.push_back(l);
    }
    /// Waits up to two seconds for running calls, and keeps new calls out.
    static void before() {
        using namespace std::chrono_literals;
        std::vector<std::shared_ptr<forkable_engine>> found;
        for (const auto& one : everyone())
            if (auto l = one.lock()) found.push_back(std::move(l));
        const auto until = std::chrono::steady_clock::now() + 2s;
        const gil_release release; // running calls may need the lock to finish
        for (auto& l : found)
            if (auto h = l->try_hold(until)) held().emplace_back(std::move(l), *std::move(h));
        is_forking = true;
    }
    static void after_in_parent() {
        is_forking = false;
        held().clear();
    }
    static void after_in_child() {
        is_forking = false;
        for (auto& [l, h] : held()) l->let_go_in_child(h);
        held().clear();
    }

  private:
    static std::vector<std::weak_ptr<forkable_engine>>& everyone() {
        static auto& all = *new std::vector<std::weak_ptr<forkable_engine>>; // never destroyed
        return all;
    }
    /// The engines that this thread holds.
    static std::vector<std::pair<std::shared_ptr<forkable_engine>, forkable_engine::hold>>& held() {
        thread_local std::vector<std::pair<std::shared_ptr<forkable_engine>, forkable_engine::hold>>
            all;
        return all;
    }
};

} // namespace

std::shared_ptr<forkable_engine> make_engine(lf::engine e) {
    // Not std::make_shared: a weak pointer would keep the engine's memory.
    std::shared_ptr<forkable_engine> out{std::make_unique<forkable_engine>(std::move(e))};
    engines_at_forks::add(out);
    return out;
}

void bind_forks(py::module_& m) {
#if defined(__unix__) || defined(__APPLE__)
    pthread_atfork(nullptr, nullptr, [] { ++forks; });
#endif
    m.def("before_fork", &engines_at_forks::before,
          "Waits up to two seconds for running calls of engines, and keeps new calls out.");
    m.def("after_fork_in_parent", &engines_at_forks::after_in_parent);
    m.def("after_fork_in_child", &engines_at_forks::after_in_child);
}

} // namespace leadfunnel_python
