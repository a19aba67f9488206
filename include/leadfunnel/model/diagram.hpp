// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Funnels as diagrams: texts that Mermaid or Graphviz draw.

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/model/funnel.hpp>

#include <cstdint>
#include <string>

namespace leadfunnel::inline v0 {

enum class diagram_format : std::uint8_t {
    mermaid, ///< a `flowchart`, as wikis and GitHub show it
    dot      ///< a `digraph` of Graphviz
};

struct diagram_options {
    bool left_to_right = false; ///< otherwise from top to bottom
    bool conditions = true;     ///< edges show their guards
};

/// A funnel as a diagram. Both formats have the same nodes and edges in the order of declaration:
/// stages grouped by phase, and one edge for each stage that a transition leaves. Entry stages have
/// round ends, terminal stages a double or heavy line. A transition that begins a new cycle is
/// dashed. A point stands for "no stage yet", a dashed node for `*`. The label of an edge is the
/// transition's id and its trigger in a few words.
///
/// The funnel need not be valid: stages that are used but not declared are drawn outside the
/// phases. Names may hold any bytes. O(size of the funnel · log stages); throws for memory only.
[[nodiscard]] LEADFUNNEL_DECL std::string diagram(const funnel& of, diagram_format format,
                                                  const diagram_options& options = {});

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/model/impl/diagram.ipp>
#endif
