// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Models as JSON files (comments allowed). Opt-in: not part of `leadfunnel.hpp`.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/model/json_schema.hpp>
#include <leadfunnel/model/json_write.hpp>
#include <leadfunnel/model/loaded_model.hpp>

#include <filesystem>
#include <string_view>

namespace leadfunnel::inline v0 {

/// Reads a model. All problems are in `issues`, in the order of the text; throws for memory only.
/// `//` and `/* */` comments are allowed. Reading goes on after a mistake and keeps what could be
/// read; it keeps nothing of a text that is not JSON or is beyond the limits. `file` is for
/// messages. O(bytes).
[[nodiscard]] LEADFUNNEL_DECL loaded_model parse_model(std::string_view json,
                                                       std::string_view file = {});
[[nodiscard]] LEADFUNNEL_DECL loaded_model load_model(const std::filesystem::path& path);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/model/impl/json.ipp>
#endif
