// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Files that a test writes and reads.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

/// A folder of its own, removed with it.
struct test_folder {
    test_folder() {
        path = std::filesystem::temp_directory_path() /
               ("leadfunnel_" +
                std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
        std::filesystem::create_directory(path);
    }
    test_folder(const test_folder&) = delete;
    test_folder& operator=(const test_folder&) = delete;
    ~test_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    [[nodiscard]] std::set<std::string> names() const {
        std::set<std::string> out;
        for (const auto& e : std::filesystem::directory_iterator{path})
            out.insert(e.path().filename().string());
        return out;
    }
    std::filesystem::path path;
};

inline std::string read_file(const std::filesystem::path& p) {
    std::ifstream in{p, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}
inline void write_file(const std::filesystem::path& p, std::string_view bytes) {
    std::ofstream{p, std::ios::binary}.write(bytes.data(),
                                             static_cast<std::streamsize>(bytes.size()));
}
