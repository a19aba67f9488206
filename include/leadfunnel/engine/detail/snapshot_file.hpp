// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Sealed bytes in a file, written and read in pieces. Not for users.

#include <leadfunnel/core/detail/atomic_file.hpp>
#include <leadfunnel/engine/detail/snapshot_format.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <future>
#include <string>
#include <string_view>
#include <system_error>

namespace leadfunnel::inline v0::detail {

/// The content of a sealed file in pieces, from where its seal ends.
class sealed_pieces {
  public:
    /// Of a file of `bytes` bytes, read from its front on.
    sealed_pieces(std::FILE* file, std::uint64_t bytes, std::string_view magic,
                  std::uint32_t format)
        : file_(file), front_(magic.size() + seal::bytes), held_(std::string(archive_piece, '\0')) {
        to(0);
        seal_ = seal_of(magic, format, piece(front_), bytes);
    }
    [[nodiscard]] std::uint64_t size() const noexcept { return seal_.size; }

    /// The next, until another is asked for; empty behind the last. Throws `snapshot_error` before
    /// it gives the last, if all of them together are not what was sealed.
    [[nodiscard]] std::string_view next() {
        if (found_ == seal_.size) return {};
        const auto p = piece(
            static_cast<std::size_t>(std::min<std::uint64_t>(seal_.size - found_, held_->size())));
        if (p.empty()) throw snapshot_error("the snapshot is cut off");
        checksum_ = crc32(p, checksum_);
        found_ += p.size();
        if (found_ == seal_.size) {
            if (is_checked_ && checksum_ != seal_.checksum)
                throw snapshot_error("the snapshot was changed while it was read");
            require_checksum(seal_, checksum_);
        }
        return p;
    }
    /// Looks at all of them, and goes back to the first.
    void check() {
        if (seal_.size == 0) require_checksum(seal_, checksum_);
        while (!next().empty()) {
        }
        to(front_);
        checksum_ = 0;
        found_ = 0;
        is_checked_ = true;
    }

  private:
    [[noreturn]] static void fail() {
        throw snapshot_error(std::generic_category().message(errno));
    }
    void to(std::size_t place) {
        if (std::fseek(file_, static_cast<long>(place), SEEK_SET) != 0) fail();
    }
    [[nodiscard]] std::string_view piece(std::size_t most) {
        const auto n = std::fread(held_->data(), 1, most, file_);
        if (n == 0 && std::ferror(file_) != 0) fail();
        return std::string_view{held_->data(), n};
    }

    std::FILE* file_;
    std::size_t front_;
    wiped<std::string> held_;
    seal seal_;
    std::uint32_t checksum_ = 0;
    std::uint64_t found_ = 0;
    bool is_checked_ = false;
};

/// As `sealed`, into a file; what was written is read back before it replaces what is there.
template<class Write>
void seal_into(const std::filesystem::path& file, std::string_view magic, std::uint32_t format,
               const Write& write) try {
    atomic_file out{file};
    seal s{.format = format};
    const auto front = [&] {
        std::string bytes{magic};
        writer w{bytes};
        archive(w, s);
        out.write(bytes);
    };
    front(); // room for it
    wiped<std::string> held;
    wiped<std::string> leaving;
    std::future<void> gone; // while it goes, on a thread if there is one, the next is held
    const auto wait = [&] {
        if (gone.valid()) gone.get();
    };
    writer w{*held, [&](std::string_view piece) {
                 wait();
                 *leaving = piece;
                 gone = std::async([&] {
                     s.checksum = crc32(*leaving, s.checksum);
                     s.size += leaving->size();
                     out.write(*leaving);
                 });
             }};
    write(w);
    w.flush();
    wait();
    out.to_front();
    front();
    sealed_pieces{out.stream(), magic.size() + seal::bytes + s.size, magic, format}.check();
    out.commit();
} catch (const file_error& e) {
    throw snapshot_error(e.what());
}

/// Lets `read` have the content of a file whose seal is whole; what is wrong names the file.
///
/// The file is read twice, so that damage is found before anything is made of it. Between the two
/// it may change: what is read the second time is held to the seal again, before the last piece is
/// given, and so before `read` can come to an end.
template<class Read>
void unseal_from(const std::filesystem::path& file, std::string_view magic, std::uint32_t format,
                 const Read& read) {
    std::error_code why;
    const auto found = std::filesystem::status(file, why);
    const auto refuse = [&](const std::string& text) {
        throw snapshot_error("cannot read '" + file.string() + "': " + text);
    };
    if (!std::filesystem::exists(found))
        refuse(why ? why.message() : std::generic_category().message(ENOENT));
    if (!std::filesystem::is_regular_file(found)) refuse("it is no file");
    const auto size = std::filesystem::file_size(file, why);
    if (why) refuse(why.message());
    const open_file in{std::fopen(file.string().c_str(), "rb")};
    if (!in) refuse(std::generic_category().message(errno));
    (void)std::setvbuf(in.get(), nullptr, _IONBF, 0);
    try {
        sealed_pieces pieces{in.get(), size, magic, format};
        pieces.check();
        reader r{static_cast<std::size_t>(pieces.size()), [&] {
                     const auto p = pieces.next();
                     if (p.empty()) reader::refuse();
                     return p;
                 }};
        read(r);
    } catch (const snapshot_error& e) {
        throw snapshot_error("'" + file.string() + "': " + e.what());
    }
}

} // namespace leadfunnel::inline v0::detail
