// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// What has to know every kind of signal knows it. When a kind is added, the compiler points at the
// switches over `signal_kind`, and these tests at the rest.

#include "catch.hpp"
#include "engine/signal_kinds.hpp"
#include "sources.hpp"
#include "test_folder.hpp"

#include <leadfunnel/engine/detail/signal_kinds.hpp>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace lf = leadfunnel;
namespace fs = std::filesystem;

namespace {

/// The text of all Python sources in a folder.
std::string python_in(const fs::path& folder) {
    std::string all;
    for (const auto& file : fs::recursive_directory_iterator{folder})
        if (file.path().extension() == ".py") all += read_file(file.path());
    REQUIRE_FALSE(all.empty());
    return all;
}

} // namespace

TEST_CASE("every kind of signal has a name of its own, and no other number has one") {
    const auto all = signal_kinds();
    std::set<std::string_view> names;
    for (const auto kind : all) {
        names.insert(to_string(kind));
        CHECK(lf::detail::is_signal_kind(kind));
    }
    CHECK(names.size() == all.size());
    CHECK(all.back() == lf::signal_kind::model_replaced);
    for (auto k = all.size(); k < 256; ++k)
        CHECK_FALSE(lf::detail::is_signal_kind(lf::signal_kind{static_cast<std::uint8_t>(k)}));
}

TEST_CASE("Python's command line selects every kind of signal, and its pages name each") {
    const auto package = source_folder("bindings/python/leadfunnel");
    const auto command_line = python_in(package / "cli");
    const auto pages = python_in(package);
    for (const auto kind : signal_kinds()) {
        const std::string name{to_string(kind)};
        INFO(name);
        CHECK(command_line.find('"' + name + '"') != std::string::npos);
        CHECK(pages.find("``" + name + "``") != std::string::npos);
    }
}
