// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/readiness.h"

#include <utility>

namespace tapio::server {

void Readiness::keep(const std::vector<correlation::LostNode> &lost)
{
    std::map<std::string, Loss> now;
    for (const correlation::LostNode &node : lost) {
        const auto known = m_losses.find(node.name);
        const bool isSame = known != m_losses.end() && known->second.lostNs == node.lostNs;
        now.emplace(node.name, isSame ? known->second : Loss{node.lostNs, false, {}});
    }
    m_losses = std::move(now);
}

/// It was found when it was asked for, right before.
bool Readiness::isSaid(const wire::KubernetesFact &change)
{
    const auto loss = m_losses.find(change.node);
    if (loss == m_losses.end())
        return false;
    const bool isSame = loss->second.said == change;
    loss->second.said.reset();
    loss->second.isTold = true;
    return isSame;
}

std::vector<wire::KubernetesFact> Readiness::look(const std::vector<correlation::LostNode> &lost)
{
    keep(lost);
    const std::int64_t knownNs = m_nodes->knownUtcNs(); // before what it is: it is no older than that
    std::vector<wire::KubernetesFact> facts = m_nodes->take();
    std::erase_if(facts, [this](const wire::KubernetesFact &change) { return isSaid(change); });
    for (auto &[name, loss] : m_losses) {
        if (loss.isTold || knownNs - loss.lostNs < noticedNs)
            continue;
        loss.said = m_nodes->find(name);
        loss.isTold = loss.said.has_value();
        if (loss.said)
            facts.push_back(*loss.said);
    }
    return facts;
}

} // namespace tapio::server
