// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Snapshots in files, written and read in pieces of at most `archive_piece` bytes. Not for users.

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

/// Reads the content of a snapshot file in pieces, from the end of its seal on.
class sealed_pieces {
  public:
    /// Reads the seal of a file of `bytes` bytes. Throws `snapshot_error` as `seal_of` does, and if
    /// the file cannot be read. `file` must outlive this.
    sealed_pieces(std::FILE* file, std::uint64_t bytes, std::string_view magic,
                  std::uint32_t format)
        : file_(file), front_(magic.size() + seal::bytes), held_(std::string(archive_piece, '\0')) {
        to(0);
        seal_ = seal_of(magic, format, piece(front_), bytes);
    }
    [[nodiscard]] std::uint64_t size() const noexcept { return seal_.size; }

    /// The next piece, valid until the next call; empty after the last one. Throws `snapshot_error`
    /// instead of returning the last piece if the content does not match the seal, or if the file
    /// cannot be read. O(bytes of the piece).
    [[nodiscard]] std::string_view next() {
        if (found_ == seal_.size) return {};
        const auto p = piece(
            static_cast<std::size_t>(std::min<std::uint64_t>(seal_.size - found_, held_->size())));
        if (p.empty()) throw snapshot_error("the snapshot is cut off");
        checksum_.add(p);
        found_ += p.size();
        if (found_ == seal_.size) {
            const auto found = checksum_.value();
            if (is_checked_ && found != seal_.checksum)
                throw snapshot_error("the snapshot was changed while it was read");
            require_checksum(seal_, found);
        }
        return p;
    }
    /// Reads all pieces, which verifies the checksum, and goes back to the first. O(bytes).
    void check() {
        if (seal_.size == 0) require_checksum(seal_, checksum_.value());
        while (!next().empty()) {
        }
        to(front_);
        checksum_.reset();
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
    checksum checksum_;
    std::uint64_t found_ = 0; // bytes returned so far
    bool is_checked_ = false; // this is the second reading
};

/// Writes what `sealed` returns straight into a file. The file is read back before it replaces an
/// existing one. While one piece is written, on a thread of its own if there is one, `write` fills
/// the next. Throws `snapshot_error`, and what `write` throws; the existing file is then as it was.
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
    front(); // only to make room: the checksum and the size follow at the end
    wiped<std::string> held;
    wiped<std::string> leaving;
    checksum sum;
    std::future<void> gone;
    const auto wait = [&] {
        if (gone.valid()) gone.get();
    };
    writer w{*held, [&](std::string_view piece) {
                 wait();
                 *leaving = piece;
                 gone = std::async([&] {
                     sum.add(*leaving);
                     s.size += leaving->size();
                     out.write(*leaving);
                 });
             }};
    write(w);
    w.flush();
    wait();
    s.checksum = sum.value();
    out.to_front();
    front();
    sealed_pieces{out.stream(), magic.size() + seal::bytes + s.size, magic, format}.check();
    out.commit();
} catch (const file_error& e) {
    throw snapshot_error(e.what());
}

/// Calls `read(r)` with a `reader` of the content of a snapshot file. Throws `snapshot_error`,
/// whose text names the file.
///
/// The file is read twice: the first pass verifies the checksum, so that no object is built from
/// damaged bytes. The file may change between the passes. So the second pass verifies the checksum
/// again before it hands out the last piece, and `read` cannot succeed with other bytes.
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
