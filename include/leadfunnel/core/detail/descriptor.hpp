// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// File descriptors that are closed. For POSIX systems. Not for users.

#include <leadfunnel/core/config.hpp>

#include <utility>

#include <unistd.h>

namespace leadfunnel::inline v0::detail {

/// Owns a file descriptor and closes it. A negative number is no descriptor.
class descriptor {
  public:
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor() {
        if (fd_ >= 0) (void)::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }
    /// Gives up ownership.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  private:
    int fd_;
};

} // namespace leadfunnel::inline v0::detail
