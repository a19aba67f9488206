// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Folding, globs, company names and suggestions on any bytes. The first line is a pattern or word,
// the rest a text.

#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/text.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace lf = leadfunnel;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all{reinterpret_cast<const char*>(data), size};
    const auto line = all.find('\n');
    const std::string_view first = all.substr(0, line);
    const std::string_view rest =
        line == std::string_view::npos ? std::string_view{} : all.substr(line + 1);

    const std::string folded = lf::fold(rest);
    require(lf::is_utf8(folded));
    require(lf::is_utf8(lf::normal_company_name(rest)));

    const bool matches = lf::glob_matches(first, rest);
    require(!matches || lf::is_glob(first));
    // An escaped text is a glob that matches only itself.
    std::string quoted;
    for (const char c : rest) {
        if (static_cast<unsigned char>(c) < 0x80) quoted += '\\';
        quoted += c;
    }
    require(lf::is_glob(quoted));
    require(lf::glob_matches(quoted, rest));
    require(lf::glob_matches(quoted + '*', rest));
    require(!lf::glob_matches(quoted + '?', rest));
    require(lf::glob_matches(quoted, first) == (first == rest));

    const auto near = lf::closest(first, {rest, folded});
    require(near.empty() || near == rest || near == folded);
    const auto domain = lf::email_domain(rest);
    const auto local = lf::email_local_part(rest);
    require(rest.find('@') == std::string_view::npos
                ? domain.empty() && local.empty()
                : local.size() + 1 + domain.size() == rest.size());
    return 0;
}
