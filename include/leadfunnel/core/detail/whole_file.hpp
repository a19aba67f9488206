// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Reading a whole file: models and mappings. Not for users.

#include <leadfunnel/core/detail/descriptor.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace leadfunnel::inline v0::detail {

/// The bytes of a file, or the reason why there are none.
struct whole_file {
    std::string bytes{};
    std::string_view fault{};
};

/// Reads a regular file. Of a larger file than `most` bytes it returns a little more than `most`,
/// so that the caller can tell. A pipe, socket or device is refused without waiting for it.
[[nodiscard]] inline whole_file read_whole_file(const std::filesystem::path& path,
                                                std::size_t most) {
    // Without O_NONBLOCK, opening a pipe waits until somebody writes into it.
    const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    struct stat is {};
    if (file.get() < 0 || ::fstat(file.get(), &is) != 0) return {{}, "the file cannot be opened"};
    if (S_ISDIR(is.st_mode)) return {{}, "this is a folder"};
    if (!S_ISREG(is.st_mode)) return {{}, "this is no regular file"};
    whole_file out;
    std::array<char, 1U << 16U> block; // NOLINT: filled below
    while (out.bytes.size() <= most) {
        const auto n = ::read(file.get(), block.data(), block.size());
        if (n == 0) break;
        if (n > 0)
            out.bytes.append(block.data(), static_cast<std::size_t>(n));
        else if (errno != EINTR)
            return {{}, "the file cannot be read"};
    }
    return out;
}

} // namespace leadfunnel::inline v0::detail
