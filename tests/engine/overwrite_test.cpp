// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// After `erase`, no text of the person is left in the memory of the process.
//
// A child process applies events of a person whose texts it generates at run time, and wipes its
// own copies. Its parent then searches all of the child's memory, which Linux allows. The test does
// not run under sanitizers: they keep freed memory, and map more than can be read.

#include "sanitized.hpp"

#if defined(__linux__) && !defined(SANITIZED)

#include "catch.hpp"
#include "streams.hpp"

#include <leadfunnel/engine/detail/wiping_events.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/engine/sharded_engine.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;

namespace {

constexpr unsigned limit = 120; // seconds until the child exits, and until the parent stops waiting

/// A text that is not part of the program: letters that follow from two numbers. Each text that
/// this generates is wiped after use, so that any copy found later was made by the engine.
class secret {
  public:
    secret(std::uint64_t seed, std::size_t size) noexcept : seed_(seed), size_(size) {}
    template<class Take>
    void use(const Take& take) const {
        std::array<char, 64> letters{};
        streams::random r{seed_};
        for (std::size_t i = 0; i < size_; ++i)
            letters[i] = static_cast<char>('a' + static_cast<int>(r.below(26)));
        take(std::string_view{letters.data(), size_});
        lf::detail::wipe_bytes(letters.data(), letters.size());
    }
    /// What the parent searches for. Case folding does not change it.
    [[nodiscard]] std::string text() const {
        std::string s;
        use([&](std::string_view t) { s = t; });
        return s;
    }

  private:
    std::uint64_t seed_;
    std::size_t size_;
};

// Strings of up to 15 bytes are stored inside the string object, longer ones on the heap.
const secret short_secret{0x5ec2e7, 13};
const secret long_secret{0x10f95ec2e7, 41};

void put(std::string& s, const secret& x) {
    x.use([&](std::string_view t) {
        s.reserve(t.size() + 1); // so that another letter needs no copy
        s.assign(t);
    });
}
lf::value& put(lf::value_map& in, const char* name, const secret& x) {
    auto& v = in[name];
    put(v.emplace<std::string>(), x);
    return v;
}

/// The model of `streams.hpp`, with an alert that explains a score and a property of touchpoints.
lf::model model() {
    auto m = streams::crm_model();
    m.properties = {{.id = "page"}, {.id = "note"}};
    m.rules.push_back(lf::frequency{.id = "pages_read",
                                    .score = "engagement",
                                    .on = lf::on("page_view"),
                                    .measure = lf::frequency_measure::distinct,
                                    .property = "page",
                                    .at_least = 2,
                                    .points = 60});
    m.rules.push_back(lf::attribute_rule{.id = "of_the_trade",
                                         .score = "fit",
                                         .when = lf::attribute("company").contains("zzzz"),
                                         .points = 1});
    return m;
}

/// Events of a person, with a secret in every field that holds text.
template<class Engine>
void apply_person(Engine& crm, const secret& id, const secret& text, std::chrono::hours t) {
    const auto now = streams::begin + t;
    {
        lf::detail::wiped<lf::event> e{lf::event{lf::attributes{.at = now}}};
        auto& a = std::get<lf::attributes>(*e);
        put(a.lead, id);
        for (const char* name : {"email", "owner", "company", "industry", "undeclared"})
            put(a.values, name, text);
        put(a.source, text);
        put(a.id, id);
        crm.apply(*e);
    }
    for (int i = 0; i < 3; ++i) {
        lf::detail::wiped<lf::event> e{lf::event{
            lf::touchpoint{.at = now + i * 1min, .type = "page_view", .value = lf::decimal{100}}}};
        auto& x = std::get<lf::touchpoint>(*e);
        put(x.lead, id);
        put(x.properties, "note", text);
        auto& page = put(x.properties, "page", text);
        std::get<std::string>(page).push_back(static_cast<char>('0' + i));
        put(x.campaign, text);
        put(x.channel, id);
        put(x.source, text);
        put(x.id, id);
        x.id.push_back(static_cast<char>('0' + i));
        crm.apply(*e);
    }
    for (const char* stage : {"nowhere", "nurture"}) {
        lf::detail::wiped<lf::event> e{
            lf::event{lf::stage_entry{.at = now + 5min, .funnel = "sales", .stage = stage}}};
        auto& g = std::get<lf::stage_entry>(*e);
        put(g.lead, id);
        put(g.reason, text);
        put(g.cause, id);
        put(g.sets, "industry", id);
        if (stage[1] == 'o') put(g.stage, text); // no such stage: the move is refused
        auto said = crm.apply(*e);
        lf::detail::wipe(said.reason);
    }
}
template<class Engine>
void apply_others(Engine& crm, int from, int to, std::chrono::hours t) {
    for (int i = from; i < to; ++i) {
        const auto n = std::to_string(i);
        crm.apply(lf::attributes{.lead = "other" + n,
                                 .at = streams::begin + t,
                                 .values = {{"email", n + "@example.com"},
                                            {"owner", "owner " + n},
                                            {"company", "Company " + n}},
                                 .source = "crm",
                                 .id = n});
        crm.apply(lf::touchpoint{.lead = "other" + n,
                                 .at = streams::begin + t,
                                 .type = "demo",
                                 .properties = {{"note", "note " + n}},
                                 .campaign = "campaign " + n});
    }
}

/// How often each secret occurs in the memory of a process.
std::size_t copies_in(pid_t process) {
    const auto name = "/proc/" + std::to_string(process);
    std::ifstream maps{name + "/maps"};
    const int memory = ::open((name + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(memory >= 0);
    const std::array<std::string, 2> wanted{short_secret.text(), long_secret.text()};
    std::size_t found = 0;
    std::size_t read = 0;
    std::vector<char> held(std::size_t{1} << 20);
    for (std::string line; std::getline(maps, line);) {
        unsigned long long first = 0;
        unsigned long long last = 0;
        std::array<char, 5> may{};
        if (std::sscanf(line.c_str(), "%llx-%llx %4s", &first, &last, may.data()) != 3) continue;
        if (may[0] != 'r' || line.find("[v") != std::string::npos) continue;
        constexpr std::size_t overlap = 64;
        for (auto at = first; at < last; at += held.size() - overlap) {
            const auto n =
                ::pread(memory, held.data(), std::min<unsigned long long>(held.size(), last - at),
                        static_cast<off_t>(at));
            if (n <= 0) break;
            read += static_cast<std::size_t>(n);
            for (const auto& w : wanted) {
                const char* from = held.data();
                const char* const end = held.data() + n;
                while (const void* hit = ::memmem(from, static_cast<std::size_t>(end - from),
                                                  w.data(), w.size())) {
                    ++found;
                    from = static_cast<const char*>(hit) + 1;
                }
            }
        }
    }
    ::close(memory);
    CHECK(read > std::size_t{1} << 20); // something was read at all
    return found;
}

/// A child process that works in two steps, and waits after each while the parent searches it.
class watched_child {
  public:
    template<class First, class Then>
    watched_child(const First& first, const Then& then) {
        REQUIRE(::pipe(up_.data()) == 0);
        REQUIRE(::pipe(down_.data()) == 0);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ != 0) return;
        ::alarm(limit);
        try {
            first();
            wait_for_parent();
            then();
            wait_for_parent();
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    ~watched_child() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        for (const int end : {up_[0], up_[1], down_[0], down_[1]}) ::close(end);
    }
    watched_child(const watched_child&) = delete;
    watched_child& operator=(const watched_child&) = delete;

    /// Lets the child do its next step, and searches its memory.
    [[nodiscard]] std::size_t look() {
        pollfd wait{.fd = up_[0], .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&wait, 1, static_cast<int>(limit) * 1000) == 1);
        char done = 0;
        REQUIRE(::read(up_[0], &done, 1) == 1);
        const auto found = copies_in(pid_);
        REQUIRE(::write(down_[1], "x", 1) == 1);
        return found;
    }

  private:
    void wait_for_parent() {
        char go = 0;
        if (::write(up_[1], "x", 1) != 1 || ::read(down_[0], &go, 1) != 1) ::_exit(2);
    }

    std::array<int, 2> up_{};
    std::array<int, 2> down_{};
    pid_t pid_ = -1;
};

template<class Engine>
void erase(Engine& crm, const secret& id) {
    id.use([&](std::string_view t) { crm.erase(t); });
}

} // namespace

TEST_CASE("erased texts are not in the memory of the process") {
    const auto plan = lf::compile(model());
    std::optional<lf::engine> crm;
    watched_child child{[&] {
                            crm.emplace(plan, lf::engine_options{.ranked = {"engagement"}});
                            apply_others(*crm, 0, 100, 1h);
                            apply_person(*crm, short_secret, long_secret, 2h);
                            apply_person(*crm, long_secret, short_secret, 3h);
                            apply_others(*crm, 100, 2'000, 4h);
                        },
                        [&] {
                            erase(*crm, short_secret);
                            erase(*crm, long_secret);
                        }};
    CHECK(child.look() > 10);
    CHECK(child.look() == 0);
}

TEST_CASE("erased texts are gone after merges, a snapshot, and a change of model") {
    const auto plan = lf::compile(model());
    auto other = model();
    other.rules.pop_back();
    const auto next = lf::compile(other);
    const auto file = std::filesystem::temp_directory_path() /
                      ("leadfunnel-overwrite-" + std::to_string(::getpid()));
    std::optional<lf::engine> crm;
    watched_child child{[&] {
                            crm.emplace(plan);
                            apply_others(*crm, 0, 20, 1h);
                            apply_person(*crm, short_secret, long_secret, 2h);
                            apply_person(*crm, long_secret, short_secret, 3h);
                            short_secret.use([&](std::string_view a) {
                                long_secret.use([&](std::string_view b) {
                                    crm->merge(a, b);
                                    crm->unmerge(b);
                                    crm->merge("other3", a);
                                    crm->merge("other3", b);
                                    crm->unmerge(a);
                                    crm->unmerge(b);
                                });
                            });
                            crm->save(file);
                            crm.emplace(lf::engine::from_file(plan, file));
                            std::filesystem::remove(file);
                            {
                                lf::detail::wiped<std::string> bytes{crm->snapshot()};
                                crm.emplace(lf::engine::from_snapshot(plan, *bytes));
                            }
                            crm->replace(next);
                            apply_others(*crm, 20, 300, 24h);
                        },
                        [&] {
                            erase(*crm, short_secret);
                            erase(*crm, long_secret);
                        }};
    CHECK(child.look() > 10);
    CHECK(child.look() == 0);
}

TEST_CASE("texts are gone when their engine is destroyed") {
    const auto plan = lf::compile(model());
    std::optional<lf::engine> crm;
    watched_child child{[&] {
                            crm.emplace(plan);
                            apply_person(*crm, short_secret, long_secret, 2h);
                            apply_person(*crm, long_secret, short_secret, 3h);
                        },
                        [&] { crm.reset(); }};
    CHECK(child.look() > 10);
    CHECK(child.look() == 0);
}

TEST_CASE("erased texts of a sharded engine are gone") {
    const auto plan = lf::compile(model());
    std::optional<lf::sharded_engine> crm;
    watched_child child{[&] {
                            crm.emplace(plan, 3);
                            apply_others(*crm, 0, 20, 1h);
                            apply_person(*crm, short_secret, long_secret, 2h);
                            apply_person(*crm, long_secret, short_secret, 3h);
                            short_secret.use([&](std::string_view a) {
                                long_secret.use([&](std::string_view b) { crm->merge(a, b); });
                            });
                        },
                        [&] { erase(*crm, long_secret); }};
    CHECK(child.look() > 10);
    CHECK(child.look() == 0);
}

#endif
