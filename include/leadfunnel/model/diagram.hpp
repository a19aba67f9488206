// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Funnels as pictures: the text from which Mermaid or Graphviz draw one.

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
    bool left_to_right = false; ///< else from top to bottom
    bool conditions = true;     ///< edges say their guards, too
};

/// A funnel as a diagram. Both formats have the same nodes and edges, in the same order: stages as
/// declared, grouped by phase; transitions as declared, one edge for each stage that they leave.
/// Stages that are entries have round ends, terminal ones a double or heavy line; a transition that
/// begins a new cycle is dashed. A point stands for "in no stage yet", a dashed node for `*`. Edges
/// are labelled with the transition's id and what triggers it in a few words.
///
/// The funnel need not be valid: stages that are named but not declared stand apart from the
/// phases. Names may hold anything. O(size of the funnel · log stages).
[[nodiscard]] LEADFUNNEL_DECL std::string diagram(const funnel& of, diagram_format format,
                                                  const diagram_options& options = {});

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/model/impl/diagram.ipp>
#endif
