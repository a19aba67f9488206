// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/wiping.hpp>
#include <leadfunnel/core/error.hpp>
#include <leadfunnel/core/text.hpp>

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace leadfunnel::inline v0 {

namespace detail {

struct utf8_step {
    char32_t code = 0;
    std::size_t length = 0;
    bool good = false;
};

/// The first code point of a text. Precondition: the text is not empty. A byte that is not part of
/// UTF-8 gives a code of its own beyond Unicode's range, so bad bytes equal only themselves.
[[nodiscard]] constexpr utf8_step utf8_front(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1, true};
    const utf8_step bad{char32_t{0x110000} + first, 1, false};
    const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 0 || first > 0xf4 || text.size() < length) return bad;
    char32_t code = first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return bad;
        code = code << 6 | (byte(i) & 0x3fU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (overlong || surrogate || code > 0x10ffff) return bad;
    return {code, length, true};
}

/// Length of the run of ASCII at the front.
[[nodiscard]] inline std::size_t ascii_run(std::string_view text) noexcept {
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + i, sizeof eight);
        if ((eight & 0x8080'8080'8080'8080U) != 0) break;
    }
    while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
    return i;
}

/// Appends the NFKC_Casefold of well-formed UTF-8. Wipes its working memory.
inline void append_casefolded(std::string& folded, std::string_view text) {
    constexpr auto options = static_cast<utf8proc_option_t>(
        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    const auto need = [](utf8proc_ssize_t length) {
        if (length == UTF8PROC_ERROR_OVERFLOW) throw error("text too long to fold");
        if (length < 0) throw std::bad_alloc();
        return static_cast<std::size_t>(length);
    };
    wiped<std::vector<utf8proc_int32_t>> codes;
    const auto decompose = [&](std::size_t room) {
        return need(utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), codes->data(),
                                       static_cast<utf8proc_ssize_t>(room), options));
    };
    const auto count = decompose(0);
    codes->resize(count + 1); // utf8proc writes an end mark
    const auto length = need(
        utf8proc_reencode(codes->data(), static_cast<utf8proc_ssize_t>(decompose(count)), options));
    append_wiping(folded, {reinterpret_cast<const char*>(codes->data()), length});
}

/// Whether a code point separates the marks before it from those after it.
[[nodiscard]] inline bool parts_marks(char32_t code) noexcept {
    if (code < 0x300) return code != 0xad;              // the soft hyphen is ignorable
    if (code == 0xff9e || code == 0xff9f) return false; // half-width forms of voicing marks
    const utf8proc_property_t* p = utf8proc_get_property(static_cast<utf8proc_int32_t>(code));
    switch (p->category) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
        return false;
    default:
        return !p->ignorable;
    }
}

/// The NFKC_Casefold of well-formed UTF-8. Sorting the marks of a character takes quadratic time,
/// so a run of more than 30 marks (the limit of UAX 15's stream-safe text) is folded in parts.
[[nodiscard]] inline std::string casefold(std::string_view text) {
    constexpr int most = 30;
    std::string folded;
    int run = 0;
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size();) {
        const utf8_step step = utf8_front(text.substr(at));
        run = parts_marks(step.code) ? 0 : run + 1;
        if (run > most) {
            append_casefolded(folded, text.substr(from, at - from));
            from = at;
            run = 1;
        }
        at += step.length;
    }
    append_casefolded(folded, text.substr(from));
    return folded;
}

} // namespace detail

LEADFUNNEL_DECL bool is_utf8(std::string_view text) noexcept {
    for (;;) {
        text.remove_prefix(detail::ascii_run(text));
        if (text.empty()) return true;
        const detail::utf8_step step = detail::utf8_front(text);
        if (!step.good) return false;
        text.remove_prefix(step.length);
    }
}

LEADFUNNEL_DECL std::string fold(std::string_view text) {
    if (detail::ascii_run(text) == text.size()) {
        std::string lower{text};
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
        return lower;
    }
    if (is_utf8(text)) return detail::casefold(text);
    detail::wiped<std::string> mended;
    mended->reserve(3 * text.size());
    while (!text.empty()) {
        const detail::utf8_step step = detail::utf8_front(text);
        mended->append(step.good ? text.substr(0, step.length) : std::string_view{"\xef\xbf\xbd"});
        text.remove_prefix(step.length);
    }
    return detail::casefold(*mended);
}

// ---- globs --------------------------------------------------------------------------------------

namespace detail {

/// One element of a glob other than `*`: its length in the pattern, and whether a code point fits
/// it. Length 0 means malformed.
struct glob_step {
    std::size_t length = 0;
    bool fits = false;
};

/// The character at the front, quoted or not. Length 0 at the end and after a lone backslash.
[[nodiscard]] constexpr utf8_step glob_character(std::string_view pattern) noexcept {
    if (pattern.empty()) return {};
    if (pattern.front() != '\\') return utf8_front(pattern);
    pattern.remove_prefix(1);
    if (pattern.empty()) return {};
    utf8_step step = utf8_front(pattern);
    ++step.length;
    return step;
}

[[nodiscard]] constexpr glob_step glob_class(std::string_view pattern, char32_t code) noexcept {
    std::size_t at = 1; // past the bracket
    const bool negated = pattern.size() > at && pattern[at] == '!';
    if (negated) ++at;
    bool inside = false;
    for (bool empty = true; at < pattern.size(); empty = false) {
        if (pattern[at] == ']') return {empty ? 0 : at + 1, inside != negated};
        const utf8_step low = glob_character(pattern.substr(at));
        if (low.length == 0) return {};
        at += low.length;
        utf8_step high = low;
        // A minus before the closing bracket stands for itself.
        if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
            high = glob_character(pattern.substr(at + 1));
            if (high.length == 0 || high.code < low.code) return {};
            at += 1 + high.length;
        }
        inside = inside || (code >= low.code && code <= high.code);
    }
    return {}; // not closed
}

/// Precondition: `pattern` is not empty and does not begin with `*`.
[[nodiscard]] constexpr glob_step glob_front(std::string_view pattern, char32_t code) noexcept {
    if (pattern.front() == '?') return {1, true};
    if (pattern.front() == '[') return glob_class(pattern, code);
    const utf8_step literal = glob_character(pattern);
    return {literal.length, literal.code == code};
}

} // namespace detail

LEADFUNNEL_DECL bool is_glob(std::string_view pattern) noexcept {
    while (!pattern.empty()) {
        const std::size_t length =
            pattern.front() == '*' ? 1 : detail::glob_front(pattern, U'\0').length;
        if (length == 0) return false;
        pattern.remove_prefix(length);
    }
    return true;
}

LEADFUNNEL_DECL bool glob_matches(std::string_view pattern, std::string_view text) noexcept {
    // On a mismatch only the last star is extended: whatever an earlier star could take, the last
    // can too.
    std::string_view after_star;
    std::string_view star_text;
    bool starred = false;
    while (!text.empty() || !pattern.empty()) {
        if (!pattern.empty() && pattern.front() == '*') {
            pattern.remove_prefix(1);
            after_star = pattern;
            star_text = text;
            starred = true;
            continue;
        }
        if (!pattern.empty() && !text.empty()) {
            const detail::utf8_step c = detail::utf8_front(text);
            const detail::glob_step step = detail::glob_front(pattern, c.code);
            if (step.length == 0) return false;
            if (step.fits) {
                pattern.remove_prefix(step.length);
                text.remove_prefix(c.length);
                continue;
            }
        }
        if (!starred || star_text.empty()) return false;
        star_text.remove_prefix(detail::utf8_front(star_text).length);
        text = star_text;
        pattern = after_star;
    }
    return true;
}

// ---- names --------------------------------------------------------------------------------------

LEADFUNNEL_DECL std::string_view email_domain(std::string_view address) noexcept {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
}

LEADFUNNEL_DECL std::string_view email_local_part(std::string_view address) noexcept {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : address.substr(0, at);
}

namespace detail {

/// Corporate forms written without spaces. They are stripped from either end wherever they touch
/// the name. The list is folded, so ㈱, （株） and (株) are one entry. A form that ends in another
/// one comes before it.
inline constexpr std::string_view joined_forms[] = {
    // Japan
    "株式会社", "(株)", "有限会社", "(有)", "合同会社", "(同)", "合名会社", "(名)", "合資会社",
    "(資)", "相互会社", "(相)", "一般社団法人", "公益社団法人", "社団法人", "(社)", "一般財団法人",
    "公益財団法人", "財団法人", "(財)", "医療法人社団", "医療法人財団", "医療法人", "(医)",
    "社会福祉法人", "(福)", "学校法人", "(学)", "宗教法人", "(宗)", "特定非営利活動法人", "npo法人",
    "国立大学法人", "地方独立行政法人", "独立行政法人", "(独)", "弁護士法人", "税理士法人",
    "監査法人", "協同組合",
    // China, Taiwan, Korea
    "股份有限公司", "有限责任公司", "有限責任公司", "有限公司", "주식회사", "(주)", "유한회사",
    "(유)"};

/// Forms that are words of their own, without dots. Those of the second table are customary in
/// front of a name, too; a name may well begin with the other words (SAS Institute).
inline constexpr std::string_view closing_forms[] = {
    // English
    "inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "llc", "llp",
    "lp", "plc", "pllc", "pc", "pty", "pvt", "pte", "private limited", "public limited company",
    // German
    "gmbh", "mbh", "ag", "kg", "kgaa", "ug", "ohg", "gbr", "eg", "ev", "se",
    "ug haftungsbeschränkt", "gesellschaft mit beschränkter haftung", "aktiengesellschaft",
    // French
    "sa", "sas", "sasu", "sarl", "sàrl", "sà rl", "eurl", "snc", "société anonyme",
    // Italian, Spanish, Portuguese
    "spa", "srl", "srls", "sl", "slu", "sau", "sa de cv", "s de rl de cv", "lda", "ltda", "eireli",
    // Dutch and Belgian
    "bv", "nv", "vof", "bvba",
    // Nordic and Baltic
    "ab", "publ", "as", "asa", "aps", "oy", "oyj", "ou", "oü", "uab", "sia",
    // Eastern Europe and Turkey
    "sp z oo", "spółka z oo", "sro", "doo", "dd", "kft", "zrt", "nyrt", "ood", "eood", "ooo", "ao",
    "pao", "ооо", "оао", "ао", "пао", "зао", "anonim şirketi", "aş", "ltd şti",
    // Asia
    "kk", "gk", "yk", "kabushiki kaisha", "kabushiki gaisha", "godo kaisha", "yugen kaisha",
    "sdn bhd", "bhd", "tbk", "pt"};
inline constexpr std::string_view opening_forms[] = {"ab",
                                                     "oy",
                                                     "pt",
                                                     "ooo",
                                                     "ооо",
                                                     "оао",
                                                     "ао",
                                                     "пао",
                                                     "зао",
                                                     "kk",
                                                     "kabushiki kaisha",
                                                     "kabushiki gaisha",
                                                     "godo kaisha",
                                                     "yugen kaisha",
                                                     "société anonyme"};

[[nodiscard]] inline bool is_name_character(char32_t code) noexcept {
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_SM: // C++
    case UTF8PROC_CATEGORY_SC:
        return true;
    default:
        return false;
    }
}

/// Letters, digits and the like as words with one space between them. Single letters joined by dots
/// or slashes become one word: `S.p.A.` is `spa`, `A/S` is `as`, `Co.,Ltd.` is `co ltd`.
[[nodiscard]] inline std::string squeezed(std::string_view folded) {
    std::string words;
    words.reserve(folded.size());
    std::size_t letters = 0; // of the word being written
    bool joined = false;     // it is made of single letters
    std::string gap;         // since the last word
    const auto joins = [](std::string_view g) { return g == "." || g == "/"; };
    while (!folded.empty()) {
        const utf8_step step = utf8_front(folded);
        const std::string_view piece = folded.substr(0, step.length);
        folded.remove_prefix(step.length);
        if (!step.good || !is_name_character(step.code)) {
            gap += piece;
            continue;
        }
        if (!gap.empty()) {
            const bool alone = folded.empty() || [&] {
                const utf8_step next = utf8_front(folded);
                return !next.good || !is_name_character(next.code);
            }();
            joined = joins(gap) && alone && (letters == 1 || joined) && !words.empty();
            if (!joined && !words.empty()) words += ' ';
            if (!joined) letters = 0;
            gap.clear();
        }
        words += piece;
        ++letters;
    }
    return words;
}

[[nodiscard]] inline std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

[[nodiscard]] inline std::size_t count_name_characters(std::string_view text) noexcept {
    std::size_t n = 0;
    while (!text.empty()) {
        const utf8_step step = utf8_front(text);
        n += step.good && is_name_character(step.code) ? 1U : 0U;
        text.remove_prefix(step.length);
    }
    return n;
}

/// Strips one form from the front or back of a trimmed name, if more than punctuation remains.
/// `letters` is the count of the name's characters.
[[nodiscard]] inline bool strip_joined(std::string_view& name, std::size_t& letters) {
    for (const std::string_view form : joined_forms) {
        const bool front = name.starts_with(form);
        if (!front && !name.ends_with(form)) continue;
        const std::size_t fewer = count_name_characters(form);
        if (fewer >= letters) continue;
        letters -= fewer;
        if (front)
            name.remove_prefix(form.size());
        else
            name.remove_suffix(form.size());
        name = trimmed(name);
        return true;
    }
    return false;
}

/// Strips the longest form: `private limited` rather than `limited`.
[[nodiscard]] inline bool strip_word(std::string_view& name, std::size_t& letters) {
    std::size_t longest = 0;
    for (const std::string_view form : closing_forms)
        if (form.size() > longest && name.size() > form.size() && name.ends_with(form) &&
            name[name.size() - form.size() - 1] == ' ')
            longest = form.size();
    if (longest != 0) {
        letters -= count_name_characters(name.substr(name.size() - longest));
        name.remove_suffix(longest + 1);
        return true;
    }
    for (const std::string_view form : opening_forms)
        if (form.size() > longest && name.size() > form.size() && name.starts_with(form) &&
            name[form.size()] == ' ')
            longest = form.size();
    if (longest == 0) return false;
    letters -= count_name_characters(name.substr(0, longest));
    name.remove_prefix(longest + 1);
    return true;
}

} // namespace detail

LEADFUNNEL_DECL std::string normal_company_name(std::string_view name) {
    const detail::wiped<std::string> folded = fold(name);
    std::string_view rest = detail::trimmed(*folded);
    std::size_t letters = detail::count_name_characters(rest);
    if (letters == 0) return std::string{rest};
    // Forms in brackets are stripped while the brackets stand; the others after the name is split
    // into words.
    while (detail::strip_joined(rest, letters)) {
    }
    const detail::wiped<std::string> words = detail::squeezed(rest);
    rest = *words;
    while (detail::strip_joined(rest, letters) || detail::strip_word(rest, letters)) {
    }
    return std::string{rest};
}

} // namespace leadfunnel::inline v0
