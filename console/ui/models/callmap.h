// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/metrics/callgraph.h"

namespace tapio::console {

/// A party in the picture. Callers stand left of whom they call.
struct CallMapNode {
    std::size_t party = 0; ///< into CallGraph::parties
    int column = 0, row = 0;
    bool isRoot = false, isAffected = false;

    bool operator==(const CallMapNode &) const = default;
};

/// Where what is around an insight stands. A value.
struct CallMap {
    std::vector<CallMapNode> nodes;
    std::vector<std::size_t> edges; ///< into CallGraph::edges: those between nodes that are shown, but no calls of itself
    int columns = 0, rows = 0;
    std::size_t left = 0;      ///< parties around it that found no place
    std::size_t unrelated = 0; ///< parties that no way of calls leads to

    bool operator==(const CallMap &) const = default;
};

inline constexpr std::size_t mostCallMapNodes = 40;

/// The parties that are nearest to `roots` and `affected` by calls, either way, at most `most` of them. Columns are hops from the first root, rows such that few lines
/// cross. Pure and the same for the same graph; without a root or anything affected in the graph it is empty.
CallMap layoutCalls(const CallGraph &graph, const std::vector<std::size_t> &roots, const std::vector<std::size_t> &affected,
                    std::size_t most = mostCallMapNodes);

} // namespace tapio::console
