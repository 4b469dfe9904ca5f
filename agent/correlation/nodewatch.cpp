// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/nodewatch.h"

#include "agent/correlation/engine.h"

#include <algorithm>
#include <utility>

namespace tapio::correlation {

namespace {

constexpr std::int64_t second = 1'000'000'000;

} // namespace

void NodeWatch::onAgent(const wire::AgentState &state)
{
    if (state.state == wire::LinkState::Unknown)
        return;
    auto at = m_nodes.find(state.node);
    if (at == m_nodes.end() && m_nodes.size() >= m_most) {
        if (m_strangers.size() < m_most)
            m_strangers.insert(state.node);
        return;
    }
    if (at == m_nodes.end())
        at = m_nodes.emplace(state.node, Node{{wire::EntityKind::Node, state.node, state.node}}).first;
    Node &node = at->second;
    node.state = state.state;
    node.saidBye = state.state == wire::LinkState::Gone && state.saidBye;
    // The greeting is a sign of life, too; the end of a link is none.
    const bool isConnected = state.state == wire::LinkState::Connected;
    const std::int64_t beforeNs =
        std::exchange(node.heardNs, std::max({node.heardNs, state.lastHeartbeatNs, isConnected || node.heardNs == 0 ? state.sinceNs : 0}));
    if (!isConnected || !node.isLost)
        return;
    node.isLost = false;
    // Its sign may have waited here while the loss was told: it is back after that all the same.
    const std::int64_t backNs = std::max(node.heardNs, node.lostNs);
    tell({node.party, node.state, false, false, beforeNs}, Topic::NodeBack, backNs);
}

void NodeWatch::onRemoved(const std::string &node)
{
    const auto at = m_nodes.find(node);
    if (at != m_nodes.end() && (at->second.isLost || at->second.saidBye))
        m_nodes.erase(at);
}

void NodeWatch::forgive(std::int64_t nowNs)
{
    const std::int64_t turnNs = m_lastNs == 0 ? 0 : nowNs - m_lastNs;
    m_lastNs = nowNs;
    if (turnNs >= 0 && turnNs <= longestTurnNs)
        return;
    for (auto &[name, node] : m_nodes) {
        if (turnNs > 0)
            node.heardNs = std::min(node.heardNs + turnNs - longestTurnNs, nowNs);
        else
            node.heardNs = std::min(node.heardNs, nowNs);
        if (turnNs < -Engine::longestStepBackNs) // its insight expired with all others, and is told again if it stays lost
            node.isLost = false;
        node.lostNs = std::min(node.lostNs, nowNs);
    }
}

void NodeWatch::advance(std::int64_t nowNs)
{
    forgive(nowNs);
    for (auto &[name, node] : m_nodes) {
        if (node.isLost || node.saidBye || node.state == wire::LinkState::Connected || nowNs - node.heardNs < lostAfterNs)
            continue;
        node.isLost = true;
        node.lostNs = nowNs;
        tell(node, Topic::NodeLost, nowNs);
    }
}

bool NodeWatch::isLost(const std::string &node) const
{
    const auto at = m_nodes.find(node);
    return at != m_nodes.end() && at->second.isLost;
}

std::vector<LostNode> NodeWatch::lost() const
{
    std::vector<LostNode> all;
    for (const auto &[name, node] : m_nodes) {
        if (node.isLost)
            all.push_back({name, node.lostNs});
    }
    return all;
}

void NodeWatch::tell(const Node &node, Topic topic, std::int64_t nowNs)
{
    wire::Event event;
    event.timeNs = nowNs;
    event.severity = topic == Topic::NodeLost ? wire::Severity::Error : wire::Severity::Info;
    const wire::Origin none;
    const std::int64_t silentNs = std::max<std::int64_t>(nowNs - node.heardNs, 0);
    const std::string told = topic == Topic::NodeLost
                                 ? "nothing heard of the agent for " + std::to_string(silentNs / second) + " s, and it said no farewell"
                                 : std::string("the agent is heard again");
    Observation fact{topic, event, none, {node.party.name}};
    fact.subject = &node.party;
    fact.value = static_cast<double>(silentNs) / static_cast<double>(second);
    fact.told = told;
    m_sink.onFact(fact);
}

} // namespace tapio::correlation
