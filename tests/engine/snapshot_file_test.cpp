// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"
#include "test_folder.hpp"

#include <leadfunnel/engine/detail/archive.hpp>
#include <leadfunnel/engine/detail/lead_log.hpp>
#include <leadfunnel/engine/detail/thin_vector.hpp>
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/engine/shared_engine.hpp>
#include <leadfunnel/model/model.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace lf = leadfunnel;
namespace fs = std::filesystem;

namespace {

lf::plan small_plan() {
    return lf::compile({.id = "kept",
                        .version = "1",
                        .touchpoints = {{.id = "page_view"}},
                        .scores = {{.id = "engagement"}},
                        .rules = {lf::occurrence{.id = "pages",
                                                 .score = "engagement",
                                                 .on = lf::on("page_view"),
                                                 .points = 5,
                                                 .decay = lf::half_life{std::chrono::days{7}}}}});
}

lf::engine some_leads(const lf::plan& plan, int leads) {
    lf::engine e{plan};
    const lf::instant begin{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
    for (int i = 0; i < leads; ++i)
        e.apply(lf::touchpoint{.lead = "a lead of some length, number " + std::to_string(i),
                               .at = begin + std::chrono::seconds{i},
                               .type = "page_view"});
    return e;
}

/// Why a file is refused, or empty if it is read.
std::string refusal(const lf::plan& plan, const fs::path& p) {
    try {
        (void)lf::engine::from_file(plan, p);
        return {};
    } catch (const lf::snapshot_error& e) {
        return e.what();
    }
}

/// Checks that a vector of two elements is archived as its count and then their members in order.
template<class T>
void require_members(const T& x, const T& y) {
    namespace d = lf::detail;
    std::string expected;
    d::writer by_member{expected};
    d::thin_vector<T> all;
    std::uint64_t count = 2;
    archive(by_member, count);
    for (auto each : {x, y}) {
        archive(by_member, each);
        all.push_back(each);
    }
    std::string bytes;
    d::writer w{bytes};
    archive(w, all);
    REQUIRE(bytes == expected);
    d::thin_vector<T> again;
    d::reader r{std::string_view{bytes}};
    archive(r, again);
    REQUIRE(r.left() == 0);
    std::string same;
    d::writer of_again{same};
    archive(of_again, again);
    REQUIRE(same == expected);
    // A cut-off vector is refused.
    d::reader cut{std::string_view{bytes}.substr(0, bytes.size() - 1)};
    d::thin_vector<T> none;
    REQUIRE_THROWS_AS(archive(cut, none), lf::snapshot_error);
}

} // namespace

TEST_CASE("what is archived as a whole equals its members in order") {
    const lf::instant at{lf::duration{0x0102030405060708}};
    require_members<lf::attribute_entry>({at, 1, 2}, {lf::always, lf::no_name, 3});
    require_members<lf::stage_record>({at, 1, 2, 3, 4, 5}, {lf::always, 6, 7, 8, 9, 10});
    require_members<lf::detail::stage_detail>({1, 2, 3, 4, -5, 6}, {7, 8, 9, 10, 11, 12});
    require_members<lf::recorded_score>({1, 2}, {3, -4});
    require_members<lf::detail::fact_event>({at, 1, 2, 3}, {at, 4, 5, 6});
    require_members<std::uint32_t>(1, 0x01020304);
}

TEST_CASE("a file holds the bytes of a snapshot, of one piece or several") {
    const test_folder here;
    const auto plan = small_plan();
    for (const int leads : {0, 3, 9'000}) {
        const auto e = some_leads(plan, leads);
        const auto bytes = e.snapshot();
        e.save(here.path / "kept");
        CHECK(read_file(here.path / "kept") == bytes);
        CHECK(lf::engine::from_file(plan, here.path / "kept").snapshot() == bytes);
        CHECK(std::distance(fs::directory_iterator{here.path}, {}) == 1); // nothing beside it
    }
}

TEST_CASE("the refusal of a damaged file names it") {
    const test_folder here;
    const auto plan = small_plan();
    const auto file = here.path / "kept";
    const auto bytes = some_leads(plan, 2).snapshot();
    const auto is_refused = [&](std::string_view b) {
        write_file(file, b);
        return refusal(plan, file).find(file.string()) != std::string::npos;
    };
    std::size_t refused = 0;
    for (std::size_t n = 0; n < bytes.size(); ++n)
        refused += is_refused(std::string_view{bytes}.substr(0, n)) ? 1U : 0U;
    CHECK(refused == bytes.size());
    refused = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
        refused += is_refused(damaged) ? 1U : 0U;
    }
    CHECK(refused == bytes.size());
    CHECK(is_refused(bytes + "x"));
    CHECK_FALSE(is_refused(bytes));
    fs::remove(file);
    CHECK(refusal(plan, file).find("cannot read '" + file.string()) != std::string::npos);
}

TEST_CASE("a file that cannot be written leaves the old one as it was") {
    const test_folder here;
    const auto plan = small_plan();
    const auto file = here.path / "kept";
    some_leads(plan, 2).save(file);
    const auto before = read_file(file);
    fs::create_directory(here.path / "taken");
    write_file(here.path / "taken" / "x", "x");
    for (const auto& to : {here.path / "taken", here.path / "nowhere" / "kept"}) {
        try {
            some_leads(plan, 5).save(to);
            FAIL("it was written");
        } catch (const lf::snapshot_error& e) {
            CHECK(std::string{e.what()}.find("cannot write '" + to.string()) != std::string::npos);
        }
    }
    CHECK(read_file(file) == before);
    CHECK(std::distance(fs::directory_iterator{here.path}, {}) == 2); // nothing beside them
    CHECK(refusal(plan, here.path / "taken").find("it is no file") != std::string::npos);
}

TEST_CASE("a file that changes while it is read is refused") {
    const test_folder here;
    const auto plan = small_plan();
    const auto file = here.path / "kept";
    const auto bytes = some_leads(plan, 20'000).snapshot();
    const auto place = bytes.rfind("number 19998");
    REQUIRE(place != std::string::npos);
    REQUIRE(place > 2 * lf::detail::archive_piece); // not yet read when progress is first shown
    const auto refusal_after = [&](const auto& change) {
        write_file(file, bytes);
        bool is_changed = false;
        try {
            (void)lf::engine::from_file(plan, file, {}, [&](std::size_t, std::size_t) {
                if (!std::exchange(is_changed, true)) change();
            });
            return std::string{};
        } catch (const lf::snapshot_error& e) {
            CHECK(is_changed);
            return std::string{e.what()};
        }
    };
    const auto overwrite = [&](std::size_t at, std::string_view by) {
        std::fstream f{file, std::ios::binary | std::ios::in | std::ios::out};
        f.seekp(static_cast<std::streamoff>(at));
        f.write(by.data(), static_cast<std::streamsize>(by.size()));
    };
    CHECK(refusal_after([] {}).empty());
    // Another id of the same length: only the checksum can detect it.
    const auto why = refusal_after([&] { overwrite(place, "number 1999X"); });
    CHECK(why.find("was changed while it was read") != std::string::npos);
    CHECK(why.find(file.string()) != std::string::npos);
    CHECK_FALSE(refusal_after([&] { fs::resize_file(file, bytes.size() - 1); }).empty());
    CHECK_FALSE(refusal_after([&] { fs::resize_file(file, place); }).empty());
    // A file that is renamed over it does not matter: the opened one is read.
    CHECK(refusal_after([&] {
              write_file(here.path / "other", "other");
              fs::rename(here.path / "other", file);
          }).empty());
    std::mt19937 random{1};
    for (int n = 0; n < 20; ++n) {
        std::string noise(1 + random() % 5'000, '\0');
        for (auto& c : noise) c = static_cast<char>(random());
        const auto at = lf::detail::archive_piece +
                        random() % (bytes.size() - lf::detail::archive_piece - noise.size());
        // The first two pieces may have been read before the change.
        const auto said = refusal_after([&] { overwrite(at, noise); });
        if (at > 2 * lf::detail::archive_piece) CHECK_FALSE(said.empty());
    }
}

TEST_CASE("the last save wins, and no save is older than its call") {
    const test_folder here;
    const auto plan = small_plan();
    const auto file = here.path / "kept";
    const lf::instant begin{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
    lf::shared_engine shared{lf::engine{plan}};
    std::atomic<int> applied = 0;
    std::atomic<bool> is_done = false;
    const auto apply = [&] {
        shared.write([&](lf::engine& e) {
            e.apply(lf::touchpoint{.lead = std::to_string(applied),
                                   .at = begin + std::chrono::seconds{applied},
                                   .type = "page_view"});
            ++applied;
        });
    };
    apply();
    std::thread writer{[&] {
        while (!is_done) apply();
    }};
    std::vector<std::thread> savers;
    std::atomic<int> older = 0;
    for (int i = 0; i < 3; ++i)
        savers.emplace_back([&] {
            for (int n = 0; n < 15; ++n) {
                const int before = applied;
                shared.read([&](const lf::engine& e) { e.save(file); });
                const auto found = lf::engine::from_file(plan, file);
                if (found.size() < static_cast<std::size_t>(before)) ++older;
            }
        });
    for (auto& s : savers) s.join();
    is_done = true;
    writer.join();
    CHECK(older == 0);
    CHECK(std::distance(fs::directory_iterator{here.path}, {}) == 1); // nothing beside it
}

TEST_CASE("long calls report progress, and can be cancelled") {
    const test_folder here;
    const auto plan = small_plan();
    auto changed = plan.source();
    std::get<lf::occurrence>(changed.rules[0]).points = 7;
    changed.version = "2";
    const auto next = lf::compile(changed);
    auto e = some_leads(plan, 9'000);
    const auto bytes = e.snapshot();
    const auto file = here.path / "kept";
    e.save(file);

    struct cancelled {};
    const auto cancels = [](const auto& work) {
        std::size_t looks = 0;
        std::size_t last = 0;
        bool is_rising = true;
        const auto count = [&](std::size_t done, std::size_t all) {
            is_rising = is_rising && last <= done && done <= all;
            last = done;
            ++looks;
        };
        work(lf::engine_progress{count});
        CHECK(is_rising);
        REQUIRE(looks >= 2);
        // Cancel at each report.
        for (std::size_t at = 1; at <= looks; ++at) {
            std::size_t left = at;
            const auto end = [&](std::size_t, std::size_t) {
                if (--left == 0) throw cancelled{};
            };
            CHECK_THROWS_AS(work(lf::engine_progress{end}), cancelled);
        }
    };
    cancels([&](const auto& p) { (void)e.snapshot(p); });
    cancels([&](const auto& p) { e.save(file, p); });
    cancels([&](const auto& p) { (void)lf::engine::from_snapshot(plan, bytes, {}, p); });
    cancels([&](const auto& p) { (void)lf::engine::from_file(plan, file, {}, p); });
    cancels([&](const auto& p) { (void)e.try_replace(next, p); });
    // Calls that walk all leads.
    const auto lead = e.find({.limit = 1}).leads.at(0);
    const auto score = plan.source().scores[0].id;
    cancels([&](const auto& p) { (void)e.top(score, 3, e.now(), p); });
    cancels([&](const auto& p) { (void)e.nth(score, 3, e.now(), p); });
    cancels([&](const auto& p) { (void)e.rank(lead, score, e.now(), p); });
    cancels([&](const auto& p) { (void)e.percentile(lead, score, e.now(), p); });
    cancels(
        [&](const auto& p) { (void)e.find({.active_from = e.now() + std::chrono::hours{1}}, p); });
    CHECK(read_file(file) == bytes);
    CHECK(std::distance(fs::directory_iterator{here.path}, {}) == 1); // nothing beside it

    const auto at_first = [](std::size_t, std::size_t) { throw cancelled{}; };
    CHECK_THROWS_AS(e.replace(next, at_first), cancelled);
    CHECK(e.snapshot() == bytes); // still of the old model
    (void)e.replace(next, [](std::size_t, std::size_t) {});
    CHECK(e.used_plan().source().version == "2");
}
