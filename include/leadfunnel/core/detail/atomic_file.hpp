// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A file that is replaced as a whole or not at all. Not for users.

#include <leadfunnel/core/error.hpp>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#if __has_include(<sys/file.h>)
#define LEADFUNNEL_HAS_FILE_LOCKS
#include <leadfunnel/core/detail/descriptor.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace leadfunnel::inline v0::detail {

/// A file operation that failed, and why.
class LEADFUNNEL_TYPE file_error : public error {
  public:
    file_error(const char* doing, std::filesystem::path file, int code, std::string why)
        : error(std::string{"cannot "} + doing + " '" + file.string() + "': " + why,
                error_code::file),
          file_(std::move(file)), number_(code), why_(std::move(why)) {}
    file_error(const char* doing, std::filesystem::path file, int code)
        : file_error(doing, std::move(file), code, std::generic_category().message(code)) {}

    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
    [[nodiscard]] int number() const noexcept { return number_; } ///< the system's `errno`
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

  private:
    std::filesystem::path file_;
    int number_;
    std::string why_;
};

struct file_closer {
    void operator()(std::FILE* f) const noexcept { (void)std::fclose(f); }
};
using open_file = std::unique_ptr<std::FILE, file_closer>;

/// Follows symbolic links to the file that they name. A write replaces that file and keeps the
/// links.
[[nodiscard]] inline std::filesystem::path end_of_links(std::filesystem::path file) {
    constexpr int most = 40;
    for (int links = 0;; ++links) {
        std::error_code none;
        if (!std::filesystem::is_symlink(std::filesystem::symlink_status(file, none))) return file;
        if (links == most) throw file_error("write", file, ELOOP);
        auto to = std::filesystem::read_symlink(file, none);
        if (none) throw file_error("write", file, none.value(), none.message());
        file = to.is_absolute() ? std::move(to) : file.parent_path() / to;
    }
}

/// What stands in the way of replacing a path by a file, in words; null for a regular file and for
/// nothing.
[[nodiscard]] inline const char* obstacle(std::filesystem::file_type type) noexcept {
    using enum std::filesystem::file_type;
    switch (type) {
    case not_found:
    case none:
    case regular:
        return nullptr;
    case directory:
        return "a folder";
    case fifo:
        return "a pipe";
    case socket:
        return "a socket";
    case block:
    case character:
        return "a device";
    default:
        return "something else";
    }
}
/// Throws `file_error` for a folder, pipe, socket or device: a rename would put a file in its
/// place.
inline void require_replaceable(const std::filesystem::path& file,
                                std::filesystem::file_type type) {
    if (const auto* is = obstacle(type))
        throw file_error("write", file,
                         type == std::filesystem::file_type::directory ? EISDIR : EINVAL,
                         std::string{"it is "} + is + ", and no file");
}

/// Names for files being written for `target`: `.<target>.<16 hex digits>.part`. The target's name
/// is cut where the whole would exceed the 255 bytes that file systems allow.
class part_name {
  public:
    explicit part_name(const std::string& target)
        : front_("." + target.substr(0, most - 2 - digits - end.size()) + ".") {}
    [[nodiscard]] std::string any() const {
        std::random_device device;
        std::string name = front_;
        for (int i = 0; i < digits; ++i) name += hex[device() % hex.size()];
        return name += end;
    }
    [[nodiscard]] bool is_one(std::string_view name) const noexcept {
        return name.size() == front_.size() + digits + end.size() && name.starts_with(front_) &&
               name.ends_with(end) &&
               name.substr(front_.size(), digits).find_first_not_of(hex) == std::string_view::npos;
    }

  private:
    static constexpr std::string_view hex = "0123456789abcdef";
    static constexpr std::string_view end = ".part";
    static constexpr int digits = 16;
    static constexpr std::size_t most = 255;
    std::string front_;
};

/// Bytes that become a file as a whole, or leave nothing behind.
///
/// They are written into a new file beside the target, created exclusively. `commit` flushes it to
/// the disk and renames it. Whoever opens the target, at any time and after any crash, finds the
/// old file or the new one. A replaced file's mode and owner are kept as far as the process is
/// permitted; access lists and hard links to the same file are not.
///
/// While it is written, the file holds an advisory lock (`flock`). A file left by a killed process
/// is recognised by its name and because its lock can be taken; the next `atomic_file` for the same
/// target removes it. On systems without such locks (Windows) it stays.
///
/// Throws `file_error`. Any number of threads and processes may write to one target at once; the
/// last commit wins. One object is for one thread.
class atomic_file {
  public:
    /// Creates the file beside `target`. O(entries of the target's folder).
    explicit atomic_file(const std::filesystem::path& target)
        : to_(end_of_links(target)), name_(to_.filename()), names_(name_.string()) {
        if (name_.empty()) throw file_error("write", to_, to_.empty() ? ENOENT : EISDIR);
        open_beside();
        (void)std::setvbuf(out_.get(), nullptr, _IONBF, 0); // writes come in large pieces
    }
    atomic_file(const atomic_file&) = delete;
    atomic_file& operator=(const atomic_file&) = delete;
    ~atomic_file() { drop(); }

    /// The file being written: unbuffered, and open for reading too. Null after `commit`.
    [[nodiscard]] std::FILE* stream() const noexcept { return out_.get(); }

    void write(std::string_view bytes) {
        if (std::fwrite(bytes.data(), 1, bytes.size(), out_.get()) != bytes.size()) fail();
    }
    void to_front() {
        if (std::fseek(out_.get(), 0, SEEK_SET) != 0) fail();
    }

    /// Replaces the target. If it throws, the target is unchanged, except where the message says
    /// that it was replaced: its folder could not be synchronised, so a loss of power may undo the
    /// replacement.
    void commit();
    /// Removes the file that was being written. O(1).
    void drop() noexcept;

  private:
    void open_beside();
    [[noreturn]] void fail() const { throw file_error("write", to_, errno); }

    std::filesystem::path to_;   // a file, or a path without one
    std::filesystem::path name_; // the file's name in its folder
    part_name names_;
    std::string beside_; // the new file's name, in the same folder
    open_file out_;

#if defined(LEADFUNNEL_HAS_FILE_LOCKS)
    /// Whether the target exists; `found` then describes it. Throws `file_error` if it cannot be
    /// replaced.
    [[nodiscard]] bool find_target(struct stat& found) const {
        if (::fstatat(folder_.get(), name_.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno != ENOENT) fail();
            return false;
        }
        using enum std::filesystem::file_type;
        const auto mode = found.st_mode;
        require_replaceable(to_, S_ISREG(mode)                    ? regular
                                 : S_ISDIR(mode)                  ? directory
                                 : S_ISFIFO(mode)                 ? fifo
                                 : S_ISSOCK(mode)                 ? socket
                                 : S_ISCHR(mode) || S_ISBLK(mode) ? character
                                                                  : unknown);
        return true;
    }
    void remove_leftovers() const noexcept;
    void keep_mode_and_owner() const;

    descriptor folder_{-1};
#endif
};

#if defined(LEADFUNNEL_HAS_FILE_LOCKS)

inline void atomic_file::open_beside() {
    const auto folder = to_.has_parent_path() ? to_.parent_path() : std::filesystem::path{"."};
    folder_ = descriptor{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder_.get() < 0) fail();
    struct stat old {};
    const bool replaces = find_target(old);
    remove_leftovers();
    // Another process that removes leftovers may lock this file before we do, and unlink it. Then
    // the name is gone and the loop tries another.
    constexpr int most = 100;
    for (int tries = 0; tries < most; ++tries) {
        auto name = names_.any();
        descriptor made{::openat(folder_.get(), name.c_str(),
                                 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                 replaces ? 0600 : 0666)};
        if (made.get() < 0) {
            if (errno == EEXIST || errno == EINTR) continue;
            fail();
        }
        if (::flock(made.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) continue;
        struct stat found {};
        if (::fstat(made.get(), &found) != 0) fail();
        if (found.st_nlink == 0) continue;
        beside_ = std::move(name);
        out_.reset(::fdopen(made.get(), "w+b"));
        if (!out_) {
            const int why = errno;
            drop();
            throw file_error("write", to_, why);
        }
        (void)made.release();
        return;
    }
    throw file_error("write", to_, EEXIST);
}

inline void atomic_file::remove_leftovers() const noexcept {
    descriptor again{::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (again.get() < 0) return;
    const std::unique_ptr<DIR, int (*)(DIR*)> all{::fdopendir(again.get()), ::closedir};
    if (!all) return;
    (void)again.release();
    while (const auto* entry = ::readdir(all.get())) {
        if (!names_.is_one(entry->d_name)) continue;
        const descriptor left{
            ::openat(folder_.get(), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
        struct stat found {};
        if (left.get() >= 0 && ::fstat(left.get(), &found) == 0 && S_ISREG(found.st_mode) &&
            ::flock(left.get(), LOCK_EX | LOCK_NB) == 0)
            (void)::unlinkat(folder_.get(), entry->d_name, 0);
    }
}

/// If the group cannot be kept, the new group gets no more access than everybody has.
inline void atomic_file::keep_mode_and_owner() const {
    struct stat old {};
    if (!find_target(old)) return;
    const int fd = ::fileno(out_.get());
    struct stat mine {};
    if (::fstat(fd, &mine) != 0) fail();
    auto mode = old.st_mode & mode_t{07777};
    if (mine.st_uid != old.st_uid || mine.st_gid != old.st_gid) {
        if (::fchown(fd, old.st_uid, old.st_gid) != 0) {
            mode &= mode_t{0777};
            if (::fchown(fd, static_cast<uid_t>(-1), old.st_gid) != 0)
                mode &= mode_t{0707} | (mode & mode_t{7}) << 3U;
        }
    }
    (void)::fchmod(fd, mode); // some file systems have no modes
}

inline void atomic_file::commit() {
    const int fd = ::fileno(out_.get());
    keep_mode_and_owner();
    while (::fsync(fd) != 0)
        if (errno != EINTR) fail();
    // The lock is held until the rename is done.
    if (::renameat(folder_.get(), beside_.c_str(), folder_.get(), name_.c_str()) != 0) fail();
    beside_.clear();
    out_.reset();
    while (::fsync(folder_.get()) != 0) {
        if (errno == EINTR) continue;
        if (errno == EINVAL) break; // the file system cannot synchronise folders
        throw file_error("synchronise the folder of", to_, errno,
                         std::generic_category().message(errno) + "; the file was replaced");
    }
}

inline void atomic_file::drop() noexcept {
    if (!beside_.empty()) (void)::unlinkat(folder_.get(), beside_.c_str(), 0);
    beside_.clear();
    out_.reset();
}

#else

inline void atomic_file::open_beside() {
    std::error_code none;
    require_replaceable(to_, std::filesystem::status(to_, none).type());
    beside_ = names_.any();
    out_.reset(std::fopen((to_.parent_path() / beside_).string().c_str(), "w+bx"));
    if (!out_) {
        beside_.clear();
        fail();
    }
}

inline void atomic_file::commit() {
    const auto beside = to_.parent_path() / beside_;
    std::error_code why;
    const auto old = std::filesystem::status(to_, why);
    require_replaceable(to_, old.type());
    if (old.type() == std::filesystem::file_type::regular)
        std::filesystem::permissions(beside, old.permissions(), why);
    if (std::fclose(out_.release()) != 0) fail();
    std::filesystem::rename(beside, to_, why);
    if (why) throw file_error("write", to_, why.value(), why.message());
    beside_.clear();
}

inline void atomic_file::drop() noexcept {
    out_.reset();
    std::error_code ignored;
    if (!beside_.empty()) std::filesystem::remove(to_.parent_path() / beside_, ignored);
    beside_.clear();
}

#endif

} // namespace leadfunnel::inline v0::detail
