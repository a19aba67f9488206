// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// How text is compared.

#include <leadfunnel/core/config.hpp>

#include <string>
#include <string_view>

namespace leadfunnel::inline v0 {

[[nodiscard]] LEADFUNNEL_DECL bool is_utf8(std::string_view text) noexcept;

/// Unicode NFKC with case folding (UAX 15, 31): `ＡＢＣ` and `abc` are one, `㈱` is `(株)`.
/// Bytes that are not UTF-8 are each replaced by U+FFFD first. O(length).
[[nodiscard]] LEADFUNNEL_DECL std::string fold(std::string_view text);

/// A glob: `*` matches any run of characters, `?` one code point, `[a-z]` and `[!a-z]` a class,
/// `\` quotes the next character; the whole text must match. Linear in text × pattern, no
/// recursion.
[[nodiscard]] LEADFUNNEL_DECL bool glob_matches(std::string_view pattern,
                                                std::string_view text) noexcept;
/// Whether a glob is well formed (classes closed, no trailing backslash).
[[nodiscard]] LEADFUNNEL_DECL bool is_glob(std::string_view pattern) noexcept;

/// Parts of an e-mail address: what follows the last `@`, and what precedes it. Empty without one.
[[nodiscard]] LEADFUNNEL_DECL std::string_view email_domain(std::string_view address) noexcept;
[[nodiscard]] LEADFUNNEL_DECL std::string_view email_local_part(std::string_view address) noexcept;

/// An organisation's name in normal form: folded, corporate forms (株式会社, (株), 有限会社, Inc.,
/// Corp., Ltd., GmbH, S.A. …) stripped from either end, punctuation and spaces squeezed.
[[nodiscard]] LEADFUNNEL_DECL std::string normal_company_name(std::string_view name);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/text.ipp>
#endif
