// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Compiled zones, built here byte by byte. zone_test.cpp reads those of the system.

#include "catch.hpp"

#include <leadfunnel/core/detail/zone_file.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/zone_folder.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lf = leadfunnel;
namespace chrono = std::chrono;

namespace {

std::string big_endian(std::int64_t n, int bytes) {
    std::string out;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out += static_cast<char>(static_cast<std::uint64_t>(n) >> shift);
    return out;
}

using change = std::pair<std::int64_t, int>; // when, and the index of the offset from then on

std::string block(char version, int size, const std::vector<change>& changes,
                  const std::vector<int>& offsets) {
    std::string out = std::string{"TZif"} + version + std::string(15, '\0');
    for (const std::size_t n : {std::size_t{0}, std::size_t{0}, std::size_t{0}, changes.size(),
                                offsets.size(), std::size_t{4}})
        out += big_endian(static_cast<std::int64_t>(n), 4);
    for (const auto& c : changes) out += big_endian(c.first, size);
    for (const auto& c : changes) out += static_cast<char>(c.second);
    for (const int o : offsets) out += big_endian(o, 4) + std::string(2, '\0');
    return out + std::string("ABC\0", 4);
}

/// A zone as `zic -b slim` writes it: an empty old block, and a rule after the new one.
std::string slim(const std::vector<change>& changes, const std::vector<int>& offsets,
                 std::string_view rule) {
    return block('2', 4, {}, {0}) + block('2', 8, changes, offsets) + '\n' + std::string{rule} +
           '\n';
}

std::int64_t seconds(std::string_view text) {
    const auto read = lf::parse_rfc3339(text);
    REQUIRE(read);
    return chrono::floor<chrono::seconds>(read.at.time_since_epoch()).count();
}

lf::detail::zone_file zone_of(const std::string& bytes) {
    auto z = lf::detail::zone_bytes{bytes}.read();
    REQUIRE(z);
    return *std::move(z);
}

std::int64_t offset(const lf::detail::zone_file& z, std::string_view at) {
    return z.span_at(lf::instant{chrono::seconds{seconds(at)}}).offset / chrono::seconds{1};
}

} // namespace

TEST_CASE("a rule goes on where the list ends", "[zone]") {
    // New York with its last change of rules only.
    const auto z = zone_of(
        slim({{seconds("2007-03-11T07:00:00Z"), 1}}, {-18'000, -14'400}, "EST5EDT,M3.2.0,M11.1.0"));
    CHECK(offset(z, "2007-03-11T06:59:59Z") == -18'000);
    CHECK(offset(z, "2007-03-11T07:00:00Z") == -14'400);
    CHECK(offset(z, "2007-11-04T05:59:59Z") == -14'400);
    CHECK(offset(z, "2007-11-04T06:00:00Z") == -18'000);
    CHECK(offset(z, "2026-03-08T07:00:00Z") == -14'400);
    CHECK(offset(z, "2199-07-01T00:00:00Z") == -14'400);
    CHECK(offset(z, "1900-01-01T00:00:00Z") == -18'000);
    const auto system = lf::time_zone::find("America/New_York");
    if (!system) return;
    for (lf::instant at{chrono::seconds{seconds("2007-06-01T00:00:00Z")}}; at < lf::latest_instant;
         at = z.span_at(at).end) {
        CAPTURE(lf::to_string(at));
        REQUIRE(z.span_at(at).offset == system->span_at(at).offset);
        REQUIRE(z.span_at(at).end == system->span_at(at).end);
        REQUIRE(z.span_at(at - lf::duration{1}).offset ==
                system->span_at(at - lf::duration{1}).offset);
    }
}

TEST_CASE("spans hold their instant, however far away", "[zone]") {
    for (const char* rule : {"EST5EDT,M3.2.0,M11.1.0", "<-03>3", "AEST-10AEDT,M10.1.0,M4.1.0/3",
                             "IST-1GMT0,M10.5.0,M3.5.0/1", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                             "XXX3YYY,J60,J300/24", "XXX3YYY,59,299", "EET-2EEST,0/0,J365/25"}) {
        const auto z = zone_of(slim({{0, 0}}, {3'600}, rule));
        for (const std::int64_t year :
             {-290'000, -30'000, 1'900, 1'971, 2'000, 2'399, 2'400, 30'000, 290'000}) {
            const lf::instant at{chrono::seconds{(year - 1'970) * 31'556'952}};
            const auto s = z.span_at(at);
            CAPTURE(rule, year);
            REQUIRE(s.begin <= at);
            REQUIRE(at < s.end);
        }
    }
    // Summer time that never ends.
    const auto z = zone_of(slim({{0, 0}}, {7'200}, "EET-2EEST,0/0,J365/25"));
    for (const char* at : {"1999-12-31T21:00:00Z", "2000-06-01T00:00:00Z", "2001-01-01T00:00:00Z"})
        CHECK(offset(z, at) == 10'800);
}

TEST_CASE("files of the first version, and lists without a rule", "[zone]") {
    const auto z = zone_of(block('\0', 4, {{-100, 1}, {100, 0}}, {60, 120}));
    CHECK(z.span_at(lf::instant{}).offset == chrono::seconds{120});
    CHECK(z.span_at(lf::instant{chrono::seconds{100}}).offset == chrono::seconds{60});
    CHECK(z.span_at(lf::instant{chrono::seconds{100}}).end == lf::never);
    CHECK(z.span_at(lf::instant{chrono::seconds{-101}}).begin == lf::always);
}

TEST_CASE("damaged bytes are not a zone", "[zone]") {
    const std::string good = slim({{5, 1}, {9, 0}}, {3'600, 7'200}, "CET-1CEST,M3.5.0,M10.5.0/3");
    REQUIRE(lf::detail::zone_bytes{good}.read());
    const std::size_t footer = good.rfind('\n', good.size() - 2);
    for (std::size_t n = 0; n < good.size(); ++n) {
        INFO(n);
        const auto read = lf::detail::zone_bytes{std::string_view{good}.substr(0, n)}.read();
        if (n < footer) CHECK_FALSE(read);
        if (read) CHECK_FALSE(read->rule); // cut off just before the rule
    }
    CHECK_FALSE(lf::detail::zone_bytes{slim({{9, 1}, {9, 0}}, {0, 60}, "UTC0")}.read());
    CHECK_FALSE(lf::detail::zone_bytes{slim({{9, 2}}, {0, 60}, "UTC0")}.read());
    CHECK_FALSE(lf::detail::zone_bytes{slim({}, {}, "UTC0")}.read());
    CHECK_FALSE(lf::detail::zone_bytes{slim({}, {100'000}, "UTC0")}.read());
    for (const char* rule :
         {"U0", "UTC", "<UTC0", "UTC168", "UTC0:60", "CET-1CEST", "CET-1CEST,M3.5.0",
          "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
          "CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J300",
          "CET-1CEST,J366,J300", "CET-1CEST,366,300", "CET-1CEST,M3.5.0/x,M10.5.0",
          "CET-1CEST,M3.5.0,M10.5.0 ", "CET-1CEST-,M3.5.0,M10.5.0"}) {
        INFO(rule);
        CHECK_FALSE(lf::detail::zone_bytes{slim({}, {0}, rule)}.read());
    }
}

TEST_CASE("a folder beside the system's", "[zone]") {
    const auto folder = std::filesystem::temp_directory_path() / "leadfunnel_zones";
    std::filesystem::create_directories(folder / "Test");
    std::ofstream{folder / "Test/Slim", std::ios::binary} << slim({}, {3'600}, "CET-1");
    std::ofstream{folder / "Test/None", std::ios::binary} << "TZ";
    CHECK_FALSE(lf::time_zone::find("Test/Slim"));
    lf::use_zone_folder(folder);
    const auto z = lf::time_zone::find("Test/Slim");
    REQUIRE(z);
    CHECK(z->name() == "Test/Slim");
    CHECK(z->span_at(lf::instant{}).offset == chrono::hours{1});
    CHECK(lf::time_zone::find("Test/Slim") == z);
    CHECK_FALSE(lf::time_zone::find("Test/None"));
    const auto names = lf::time_zone::names();
    CHECK(std::binary_search(names.begin(), names.end(), "Test/Slim"));
    lf::use_zone_folder({});
    CHECK(lf::time_zone::find("Test/Slim") == z); // zones that were found do not change
    std::filesystem::remove_all(folder);
}
