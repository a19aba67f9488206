// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/core/detail/whole_file.hpp>
#include <leadfunnel/io/impl/mapping_check.ipp>
#include <leadfunnel/io/impl/mapping_reader.ipp>
#include <leadfunnel/io/mapping.hpp>

#include <utility>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL std::vector<issue> check(const mapping_file& m) {
    return detail::mapping_checker(m).run();
}

LEADFUNNEL_DECL loaded_mapping parse_mapping(std::string_view json, std::string_view file) {
    loaded_mapping out;
    out.file = file;
    detail::mapping_reader(out).run(json);
    return out;
}

LEADFUNNEL_DECL loaded_mapping load_mapping(const std::filesystem::path& path) {
    const detail::whole_file file = detail::read_whole_file(path, max_mapping_bytes);
    if (file.fault.empty()) return parse_mapping(file.bytes, path.string());
    loaded_mapping out;
    out.file = path.string();
    issue i;
    i.code = issue_code::syntax;
    i.file = out.file;
    i.message = file.fault;
    out.issues.push_back(std::move(i));
    return out;
}

} // namespace leadfunnel::inline v0
