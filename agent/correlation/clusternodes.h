// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/wire/kubernetesfact.h"
#include "protocol/wire/report.h"

namespace tapio::correlation {

/// What Kubernetes says of the nodes of the cluster. Any thread; never blocks for longer than a look into a table.
class ClusterNodes {
public:
    virtual ~ClusterNodes() = default;

    /// Since the last call, in order: nodes that are not Ready any more, that are again, that are gone. At first those that are not Ready. A node that
    /// joins is not Ready for a while, which is nothing to tell.
    virtual std::vector<wire::KubernetesFact> take() = 0;
    /// What it is now, NodeReady or NodeNotReady, as it was said last; none: there is no such node, or it never said.
    virtual std::optional<wire::KubernetesFact> find(const std::string &node) const = 0;
    /// All of that was so at this time, UTC; 0 = nothing was ever known.
    virtual std::int64_t knownUtcNs() const = 0;
    /// How it goes.
    virtual wire::Hook hook() const = 0;
};

} // namespace tapio::correlation
