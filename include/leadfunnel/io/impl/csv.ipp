// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/text.hpp>
#include <leadfunnel/io/csv.hpp>

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace leadfunnel::inline v0 {
namespace detail {

/// The first delimiter, quote or LF in [p, end), or `end`.
inline const char* csv_find(const char* p, const char* end, char delimiter) noexcept {
#if defined(__SSE2__)
    const __m128i delimiters = _mm_set1_epi8(delimiter);
    const __m128i quotes = _mm_set1_epi8('"');
    const __m128i ends = _mm_set1_epi8('\n');
    for (; end - p >= 16; p += 16) {
        __m128i bytes;
        std::memcpy(&bytes, p, sizeof bytes);
        const __m128i found =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, delimiters), // NOLINT: intrinsics
                                      _mm_cmpeq_epi8(bytes, quotes)),
                         _mm_cmpeq_epi8(bytes, ends));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
        if (mask != 0) return p + std::countr_zero(mask);
    }
#endif
    while (p != end && *p != delimiter && *p != '"' && *p != '\n') ++p;
    return p;
}

/// Whether all bytes are ASCII and none is NUL.
inline bool is_plain_ascii(std::string_view text) noexcept {
    const char* p = text.data();
    std::size_t left = text.size();
    std::uint64_t high = 0;
    std::uint64_t zero = 0;
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101U;
    constexpr std::uint64_t tops = ones << 7U;
    for (; left >= 8; p += 8, left -= 8) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, p, sizeof bytes);
        high |= bytes;
        zero |= (bytes - ones) & ~bytes;
    }
    bool nul = false;
    for (; left != 0; ++p, --left) {
        high |= static_cast<unsigned char>(*p);
        nul |= *p == '\0';
    }
    return ((high | zero) & tops) == 0 && !nul;
}

/// What is wrong with the bytes of a row: NUL, or text that is not UTF-8.
inline row_fault text_fault(std::string_view text) noexcept {
    if (is_plain_ascii(text)) return row_fault::none;
    if (text.find('\0') != std::string_view::npos) return row_fault::nul;
    return is_utf8(text) ? row_fault::none : row_fault::not_utf8;
}

} // namespace detail

LEADFUNNEL_DECL csv_reader::csv_reader(csv_handler& handler, csv_options options)
    : handler_(&handler), options_(options) {}

LEADFUNNEL_DECL bool csv_reader::push(std::string_view chunk) {
    if (stopped_) return false;
    chunks_.push(chunk, [this](std::string_view text, bool final) { return parse(text, final); });
    return !stopped_;
}

LEADFUNNEL_DECL bool csv_reader::finish() {
    if (stopped_) return false;
    chunks_.finish([this](std::string_view text, bool final) { return parse(text, final); });
    return !stopped_;
}

LEADFUNNEL_DECL std::size_t csv_reader::parse(std::string_view text, bool final) {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const char* at = begin;
    if (!started_) {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        if (!final && text.size() < byte_order_mark.size() && byte_order_mark.starts_with(text))
            return 0;
        started_ = true;
        if (text.starts_with(byte_order_mark)) {
            at += byte_order_mark.size();
            offset_ += byte_order_mark.size();
        }
    }
    while (at != end && !stopped_) {
        if (skipping_) {
            const auto left = static_cast<std::size_t>(end - at);
            const void* const found = std::memchr(at, '\n', left);
            const char* const next = found == nullptr ? end : static_cast<const char*>(found) + 1;
            offset_ += static_cast<std::uint64_t>(next - at);
            at = next;
            if (found == nullptr) break;
            ++line_;
            skipping_ = false;
        } else if (parse_row(at, end, final) == outcome::incomplete) {
            break;
        }
    }
    // After a stop, the rest of the text is not read again.
    return static_cast<std::size_t>((stopped_ ? end : at) - begin);
}

/// Reads the row at `at`, delivers it, and moves `at` past it.
LEADFUNNEL_DECL csv_reader::outcome csv_reader::parse_row(const char*& at, const char* end,
                                                          bool final) {
    const char delimiter = options_.delimiter;
    const char* const begin = at;
    // The longest row and its CRLF. A row that does not end within the window is too long, however
    // the text is cut into chunks.
    const std::size_t window = options_.max_row_bytes + 2;
    const char* const limit = static_cast<std::size_t>(end - begin) > window ? begin + window : end;
    const bool full = static_cast<std::size_t>(limit - begin) == window;
    const auto unfinished = [&](row_fault fault) {
        if (full) return reject(at, limit, final, row_fault::too_long);
        return final ? reject(at, limit, final, fault) : outcome::incomplete;
    };

    fields_.clear();
    doubled_.clear();
    std::uint64_t lines = 1;
    const char* p = begin;
    const char* row_end = nullptr;
    const char* next = nullptr;
    for (;;) {
        if (p == limit || *p != '"') {
            const char* const s = detail::csv_find(p, limit, delimiter);
            if (s != limit && *s == delimiter) {
                fields_.emplace_back(p, static_cast<std::size_t>(s - p));
                p = s + 1;
                continue;
            }
            if (s != limit && *s == '"') return reject(at, limit, final, row_fault::bad_quote);
            if (s == limit && (full || !final)) return unfinished(row_fault::none);
            row_end = s != p && s[-1] == '\r' ? s - 1 : s;
            next = s == limit ? s : s + 1;
            fields_.emplace_back(p, static_cast<std::size_t>(row_end - p));
            break;
        }
        const char* const content = p + 1;
        const char* close = content;
        bool quotes = false;
        for (;;) {
            const void* const found =
                std::memchr(close, '"', static_cast<std::size_t>(limit - close));
            if (found == nullptr) return unfinished(row_fault::unclosed_quote);
            close = static_cast<const char*>(found);
            if (close + 1 == limit || close[1] != '"') break;
            quotes = true;
            close += 2;
        }
        if (close + 1 == limit && (full || !final)) return unfinished(row_fault::none);
        const std::string_view text(content, static_cast<std::size_t>(close - content));
        if (quotes) doubled_.push_back(fields_.size());
        fields_.push_back(text);
        for (std::size_t n = text.find('\n'); n != text.npos; n = text.find('\n', n + 1)) ++lines;
        p = close + 1;
        if (p != limit && *p == delimiter) {
            ++p;
            continue;
        }
        row_end = p;
        if (p != limit && *p == '\r') ++p;
        if (p == limit && (full || !final)) return unfinished(row_fault::none);
        if (p != limit && *p != '\n') {
            fields_.pop_back(); // the faulty field comes after those kept
            return reject(at, limit, final, row_fault::bad_quote);
        }
        next = p == limit ? p : p + 1;
        break;
    }
    if (static_cast<std::size_t>(row_end - begin) > options_.max_row_bytes)
        return reject(at, limit, final, row_fault::too_long);
    return deliver(at, row_end, next, lines, row_fault::none);
}

/// Delivers the row's first line as bad. Reading resumes on the next line.
LEADFUNNEL_DECL csv_reader::outcome csv_reader::reject(const char*& at, const char* limit,
                                                       bool final, row_fault fault) {
    const void* const found = std::memchr(at, '\n', static_cast<std::size_t>(limit - at));
    if (found != nullptr) {
        const auto* const s = static_cast<const char*>(found);
        return deliver(at, s != at && s[-1] == '\r' ? s - 1 : s, s + 1, 1, fault);
    }
    const bool full = static_cast<std::size_t>(limit - at) == options_.max_row_bytes + 2;
    if (!full && !final) return outcome::incomplete;
    skipping_ = full;
    return deliver(at, limit, limit, full ? 0 : 1, fault);
}

LEADFUNNEL_DECL csv_reader::outcome csv_reader::deliver(const char*& at, const char* row_end,
                                                        const char* next, std::uint64_t lines,
                                                        row_fault fault) {
    csv_row row;
    row.raw = {at, static_cast<std::size_t>(row_end - at)};
    row.line = line_;
    row.offset = offset_;
    row.fault = fault;
    if (fault != row_fault::none) {
        row.raw = row.raw.substr(0, options_.max_row_bytes);
        row.field = fields_.size();
        return hand_over(at, next, lines, row);
    }
    if (row.raw.empty()) { // an empty line
        offset_ += static_cast<std::uint64_t>(next - at);
        at = next;
        line_ += lines;
        return outcome::row;
    }
    if (!doubled_.empty()) {
        if (unescaped_.size() < row.raw.size()) unescaped_.resize(row.raw.size());
        char* out = unescaped_.data();
        for (const std::size_t d : doubled_) {
            std::string_view& field = fields_[d];
            const char* const first = out;
            for (std::size_t i = 0; i < field.size(); ++i) {
                *out++ = field[i];
                if (field[i] == '"') ++i; // skip the second of two quotes
            }
            field = {first, static_cast<std::size_t>(out - first)};
        }
    }
    row.fields = fields_;
    row.fault = detail::text_fault(row.raw);
    if (row.fault == row_fault::none) {
        if (width_ == 0) width_ = fields_.size();
        if (fields_.size() != width_) row.fault = row_fault::ragged;
    }
    return hand_over(at, next, lines, row);
}

LEADFUNNEL_DECL csv_reader::outcome csv_reader::hand_over(const char*& at, const char* next,
                                                          std::uint64_t lines, const csv_row& row) {
    offset_ += static_cast<std::uint64_t>(next - at);
    at = next;
    line_ += lines;
    stopped_ = true; // stays so if the handler throws
    stopped_ = !handler_->on_row(row);
    return stopped_ ? outcome::stopped : outcome::row;
}

} // namespace leadfunnel::inline v0
