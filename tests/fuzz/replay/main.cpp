// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Replaces libFuzzer where the compiler has none: runs the fuzz target on the empty input, on every
// file of the given folders, and on every prefix of the shorter files.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t longest_cut = 512;

void run(const std::vector<std::uint8_t>& bytes) {
    // A copy of exact size each time: a sanitizer sees reads beyond its end.
    const std::vector<std::uint8_t> copy(bytes);
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

} // namespace

int main(int argc, char** argv) {
    namespace fs = std::filesystem;
    std::size_t inputs = 1;
    run({});
    for (int i = 1; i < argc; ++i) {
        const fs::path folder = argv[i];
        if (!fs::exists(folder)) continue;
        std::vector<fs::path> files;
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file()) files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        for (const auto& path : files) {
            std::ifstream in(path, std::ios::binary);
            const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
            run(bytes);
            ++inputs;
            const std::size_t cuts = std::min(bytes.size(), longest_cut);
            for (std::size_t n = 1; n < cuts; ++n) {
                run({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)});
                ++inputs;
            }
        }
    }
    std::printf("%zu inputs\n", inputs);
    return 0;
}
