// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/correlation/clusternodes.h"
#include "agent/correlation/nodewatch.h"

namespace tapio::server {

/// What there is to tell of what Kubernetes says of nodes: what changes; and of a node whose agent is lost what it says once it must have noticed,
/// where it said nothing since. One thread.
class Readiness {
public:
    /// After a node's agent was told to be lost (40 s after it was heard): by then a kubelet that went with it has been missed. Kubernetes waits 40 s
    /// (node-monitor-grace-period; 50 s since 1.32) from its last sign, and looks every 5 s; where the controller went as well, another takes its place
    /// first. That a node is not Ready is told as soon as it is heard, whenever that is.
    static constexpr std::int64_t noticedNs = 60'000'000'000;

    explicit Readiness(std::shared_ptr<correlation::ClusterNodes> nodes) : m_nodes(std::move(nodes)) {}

    std::vector<wire::KubernetesFact> look(const std::vector<correlation::LostNode> &lost);

private:
    struct Loss {
        std::int64_t lostNs = 0;
        bool isTold = false;                      ///< something was said of the node since
        std::optional<wire::KubernetesFact> said; ///< what was asked for, and may yet come as a change
    };
    void keep(const std::vector<correlation::LostNode> &lost);
    bool isSaid(const wire::KubernetesFact &change);

    const std::shared_ptr<correlation::ClusterNodes> m_nodes;
    std::map<std::string, Loss> m_losses; ///< of the nodes that are lost
};

} // namespace tapio::server
