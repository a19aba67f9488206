// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Sealed bytes in a file, written and read in pieces. Not for users.

#include <leadfunnel/detail/sealed.hpp>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <unistd.h>
#endif

namespace leadfunnel::inline v0::detail {

[[noreturn]] inline void fail_on(const char* doing, const std::filesystem::path& file,
                                 const std::string& why) {
    throw snapshot_error(std::string{"cannot "} + doing + " '" + file.string() + "': " + why);
}
[[noreturn]] inline void fail_on(const char* doing, const std::filesystem::path& file) {
    fail_on(doing, file, std::generic_category().message(errno));
}

struct file_closer {
    void operator()(std::FILE* f) const noexcept { (void)std::fclose(f); }
};
using open_file = std::unique_ptr<std::FILE, file_closer>;

/// Bytes that become a file as a whole, or leave nothing behind.
class coming_file {
  public:
    explicit coming_file(const std::filesystem::path& to) : to_(to), beside_(to) {
        beside_ += ".part";
        out_.reset(std::fopen(beside_.string().c_str(), "wb"));
        if (!out_) fail_on("write", beside_);
        (void)std::setvbuf(out_.get(), nullptr, _IONBF, 0); // pieces are large
    }
    coming_file(const coming_file&) = delete;
    coming_file& operator=(const coming_file&) = delete;
    ~coming_file() {
        if (has_come_) return;
        out_.reset();
        std::error_code ignored;
        std::filesystem::remove(beside_, ignored);
    }
    void write(std::string_view bytes) {
        if (std::fwrite(bytes.data(), 1, bytes.size(), out_.get()) != bytes.size())
            fail_on("write", beside_);
    }
    void to_front() {
        if (std::fseek(out_.get(), 0, SEEK_SET) != 0) fail_on("write", beside_);
    }
    void come() {
#if __has_include(<unistd.h>)
        if (::fsync(::fileno(out_.get())) != 0) fail_on("write", beside_);
#endif
        if (std::fclose(out_.release()) != 0) fail_on("write", beside_);
        std::error_code why;
        std::filesystem::rename(beside_, to_, why);
        if (why) fail_on("write", to_, why.message());
        has_come_ = true;
#if __has_include(<unistd.h>)
        // The name, too, is to outlast a failure of power. Some file systems cannot do that.
        const auto folder = to_.has_parent_path() ? to_.parent_path() : std::filesystem::path{"."};
        if (const int f = ::open(folder.c_str(), O_RDONLY); f >= 0) {
            (void)::fsync(f);
            (void)::close(f);
        }
#endif
    }

  private:
    std::filesystem::path to_;
    std::filesystem::path beside_;
    open_file out_;
    bool has_come_ = false;
};

/// As `sealed`, into a file.
template<class Write>
void seal_into(const std::filesystem::path& file, std::string_view magic, std::uint32_t format,
               const Write& write) {
    coming_file out{file};
    seal s{.format = format};
    const auto front = [&] {
        std::string bytes{magic};
        writer w{bytes};
        archive(w, s);
        out.write(bytes);
    };
    front(); // room for it
    std::string held;
    std::string leaving;
    std::future<void> gone; // while it goes, on a thread if there is one, the next is held
    const auto wait = [&] {
        if (gone.valid()) gone.get();
    };
    writer w{held, [&](std::string_view piece) {
                 wait();
                 leaving = piece;
                 gone = std::async([&] {
                     s.checksum = crc32(leaving, s.checksum);
                     s.size += leaving.size();
                     out.write(leaving);
                 });
             }};
    write(w);
    w.flush();
    wait();
    out.to_front();
    front();
    out.come();
}

/// Lets `read` have the content of a file whose seal is whole; what is wrong names the file.
template<class Read>
void unseal_from(const std::filesystem::path& file, std::string_view magic, std::uint32_t format,
                 const Read& read) {
    const open_file in{std::fopen(file.string().c_str(), "rb")};
    if (!in) fail_on("read", file);
    (void)std::setvbuf(in.get(), nullptr, _IONBF, 0);
    std::string held(archive_piece, '\0');
    const auto piece = [&](std::size_t most) {
        const auto n = std::fread(held.data(), 1, most, in.get());
        if (n == 0 && std::ferror(in.get()) != 0) fail_on("read", file);
        return std::string_view{held.data(), n};
    };
    std::error_code why;
    const auto size = std::filesystem::file_size(file, why);
    if (why) fail_on("read", file, why.message());
    const std::size_t front = magic.size() + seal::bytes;
    try {
        const seal s = seal_of(magic, format, piece(front), size);
        std::uint32_t checksum = 0;
        std::uint64_t found = 0;
        for (auto p = piece(held.size()); !p.empty(); p = piece(held.size())) {
            checksum = crc32(p, checksum);
            found += p.size();
        }
        if (found != s.size) throw snapshot_error("the snapshot is cut off or has grown");
        require_checksum(s, checksum);
        if (std::fseek(in.get(), static_cast<long>(front), SEEK_SET) != 0) fail_on("read", file);
        reader r{static_cast<std::size_t>(s.size), [&] {
                     const auto p = piece(held.size());
                     if (p.empty()) throw snapshot_error("the snapshot was cut off meanwhile");
                     return p;
                 }};
        read(r);
    } catch (const snapshot_error& e) {
        throw snapshot_error("'" + file.string() + "': " + e.what());
    }
}

} // namespace leadfunnel::inline v0::detail
