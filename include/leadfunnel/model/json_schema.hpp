// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The JSON Schema of model files. Opt-in: not part of `leadfunnel.hpp`.

#include <leadfunnel/core/config.hpp>

#include <string>

namespace leadfunnel::inline v0 {

/// The JSON Schema (draft-07) of model files, made from the descriptions that the reader uses.
/// Throws for memory only.
[[nodiscard]] LEADFUNNEL_DECL std::string model_schema();

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/model/impl/json_schema.ipp>
#endif
