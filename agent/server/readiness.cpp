// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/readiness.h"

#include <optional>
#include <utility>

namespace tapio::server {

void Readiness::keep(const std::vector<correlation::LostNode> &lost)
{
    std::map<std::string, Loss> now;
    for (const correlation::LostNode &node : lost) {
        const auto known = m_losses.find(node.name);
        const bool isSame = known != m_losses.end() && known->second.lostNs == node.lostNs;
        now.emplace(node.name, isSame ? known->second : Loss{node.lostNs, false});
    }
    m_losses = std::move(now);
}

std::vector<wire::KubernetesFact> Readiness::look(const std::vector<correlation::LostNode> &lost)
{
    keep(lost);
    const std::int64_t knownNs = m_nodes->knownUtcNs(); // before what it is: a change that comes meanwhile is told the next time
    std::vector<wire::KubernetesFact> facts = m_nodes->take();
    for (const wire::KubernetesFact &fact : facts) {
        if (const auto loss = m_losses.find(fact.node); loss != m_losses.end())
            loss->second.isTold = true;
    }
    for (auto &[name, loss] : m_losses) {
        if (loss.isTold || knownNs - loss.lostNs < noticedNs)
            continue;
        std::optional<wire::KubernetesFact> now = m_nodes->find(name);
        loss.isTold = now.has_value();
        if (now)
            facts.push_back(std::move(*now));
    }
    return facts;
}

} // namespace tapio::server
