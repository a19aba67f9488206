// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Reading takes five steps. `blank_comments` leaves plain JSON. Boost.JSON validates it and passes
// its values to `json_handler`, which stores them in one array in the order of the text.
// `json_locate` walks the text a second time to find where each of them stands, because Boost.JSON
// does not say. `json_reader` turns them into a model, member by member, as `model/describe.hpp`
// describes it.

#include <leadfunnel/core/detail/json_comments.hpp>
#include <leadfunnel/core/detail/whole_file.hpp>
#include <leadfunnel/model/impl/json_read.ipp>
#include <leadfunnel/model/impl/json_tree.ipp>
#include <leadfunnel/model/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace leadfunnel::inline v0 {

LEADFUNNEL_DECL loaded_model parse_model(std::string_view json, std::string_view file) {
    loaded_model out;
    out.file = file;
    const auto refuse = [&](issue i) {
        i.file = out.file;
        out.issues.push_back(std::move(i));
        return std::move(out);
    };
    if (json.size() > max_model_bytes) {
        issue i;
        i.code = issue_code::too_large;
        i.line = i.column = 1;
        i.message = "the file has " + std::to_string(json.size()) + " bytes";
        i.expected = "at most " + std::to_string(max_model_bytes);
        return refuse(std::move(i));
    }
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    const std::size_t begin = json.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;

    std::string plain(json);
    if (const auto fault = detail::blank_comments(plain); fault && !fault->is_quotes) {
        issue i;
        i.code = issue_code::syntax;
        const text_position at = detail::json_scanner(plain, begin).position_of(fault->at);
        i.line = at.line;
        i.column = at.column;
        i.message = "a comment without end";
        i.expected = "`*/`";
        return refuse(std::move(i));
    }

    boost::json::parse_options options;
    options.max_depth = max_model_nesting;
    boost::json::basic_parser<detail::json_handler> parser(options);
    boost::json::error_code code;
    const std::size_t used =
        begin + parser.write_some(false, plain.data() + begin, plain.size() - begin, code);
    if (!code && used < plain.size()) code = boost::json::error::extra_data;
    if (code) return refuse(detail::json_refusal(plain, begin, used, code));

    detail::json_tree& tree = parser.handler().tree;
    detail::json_locate(tree, plain, begin);
    detail::json_reader(tree, out.issues, out.file).read_root(out.value);
    std::stable_sort(out.issues.begin(), out.issues.end(), [](const issue& a, const issue& b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    if (out.issues.size() > max_model_issues) {
        out.issues.resize(max_model_issues);
        issue i;
        i.code = issue_code::too_large;
        i.line = out.issues.back().line;
        i.column = out.issues.back().column;
        i.message = "there are more issues, which are not listed";
        i.file = out.file;
        out.issues.push_back(std::move(i));
    }
    out.positions.entries.reserve(tree.nodes.size());
    for (const detail::json_node& n : tree.nodes)
        out.positions.entries.push_back({.at = n.at,
                                         .end = n.end,
                                         .key = n.key,
                                         .key_size = n.key_size,
                                         .is_list = n.kind == detail::json_kind::list,
                                         .is_short = n.is_short,
                                         .was_read = n.was_read});
    out.positions.keys = std::move(tree.arena);
    return out;
}

LEADFUNNEL_DECL loaded_model load_model(const std::filesystem::path& path) {
    const detail::whole_file file = detail::read_whole_file(path, max_model_bytes);
    if (file.fault.empty()) return parse_model(file.bytes, path.string());
    loaded_model out;
    out.file = path.string();
    issue i;
    i.code = issue_code::syntax;
    i.file = out.file;
    i.message = file.fault;
    out.issues.push_back(std::move(i));
    return out;
}

} // namespace leadfunnel::inline v0
