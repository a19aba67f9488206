// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// How text is compared: UTF-8, case folding, globs, and normal forms of names.

#include <leadfunnel/core/config.hpp>

#include <string>
#include <string_view>

namespace leadfunnel::inline v0 {

/// Whether a text is well-formed UTF-8: no overlong forms, no surrogates. O(length).
[[nodiscard]] LEADFUNNEL_DECL bool is_utf8(std::string_view text) noexcept;

/// Unicode NFKC with case folding (UAX 15 and 31): `ＡＢＣ` folds like `abc`, and `㈱` like `(株)`.
/// Each byte that is not UTF-8 is first replaced by U+FFFD. Throws `error` if the text is too long
/// to fold. O(length).
[[nodiscard]] LEADFUNNEL_DECL std::string fold(std::string_view text);

/// Whether a glob matches the whole text. `*` matches any run of characters, `?` one code point,
/// `[a-z]` and `[!a-z]` a class; `\` quotes the next character. A malformed glob matches nothing.
/// O(length of text × length of pattern), without recursion.
[[nodiscard]] LEADFUNNEL_DECL bool glob_matches(std::string_view pattern,
                                                std::string_view text) noexcept;
/// Whether a glob is well formed: its classes are closed and no backslash stands at its end.
/// O(length).
[[nodiscard]] LEADFUNNEL_DECL bool is_glob(std::string_view pattern) noexcept;

/// Parts of an e-mail address: the text after its last `@`, and the text before it. Empty if it has
/// none. O(length). The results refer to `address`.
[[nodiscard]] LEADFUNNEL_DECL std::string_view email_domain(std::string_view address) noexcept;
[[nodiscard]] LEADFUNNEL_DECL std::string_view email_local_part(std::string_view address) noexcept;

/// An organisation's name in normal form: folded, without corporate forms (株式会社, (株),
/// 有限会社, Inc., Corp., Ltd., GmbH, S.A. …) at either end, punctuation and spaces squeezed.
/// O(length · number of forms).
[[nodiscard]] LEADFUNNEL_DECL std::string normal_company_name(std::string_view name);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/core/impl/text.ipp>
#endif
