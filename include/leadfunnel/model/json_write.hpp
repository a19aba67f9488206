// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Models as JSON texts. Opt-in: not part of `leadfunnel.hpp`.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/model/model.hpp>

#include <string>

namespace leadfunnel::inline v0 {

/// A model as indented JSON, without members that have their defaults. `parse_model` reads back an
/// equal model if a file can express it: its texts are UTF-8, its numbers are finite, each test
/// holds only what its operator uses, and instants are compared only with what is declared a
/// timestamp. This holds for every model that `check` finds no error in. O(size); throws for memory
/// only.
[[nodiscard]] LEADFUNNEL_DECL std::string write_model(const model& m);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/model/impl/json_write.ipp>
#endif
