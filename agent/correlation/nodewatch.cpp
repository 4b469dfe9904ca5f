// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/nodewatch.h"

#include <algorithm>

namespace tapio::correlation {

namespace {

constexpr std::int64_t second = 1'000'000'000;

} // namespace

void NodeWatch::onAgent(const AgentSign &sign)
{
    const wire::AgentState &state = sign.state;
    if (state.state == wire::LinkState::Unknown)
        return;
    auto at = m_nodes.find(state.node);
    if (at == m_nodes.end() && m_nodes.size() >= m_most) {
        ++m_unwatched;
        return;
    }
    if (at == m_nodes.end())
        at = m_nodes.emplace(state.node, Node{{wire::EntityKind::Node, state.node, state.node}}).first;
    Node &node = at->second;
    node.state = state.state;
    node.saidBye = state.state == wire::LinkState::Gone && sign.saidBye;
    // The greeting is a sign of life, too; the end of a link is none.
    const bool isConnected = state.state == wire::LinkState::Connected;
    node.heardNs = std::max({node.heardNs, state.lastHeartbeatNs, isConnected || node.heardNs == 0 ? state.sinceNs : 0});
    if (isConnected && node.isLost) {
        node.isLost = false;
        tell(node, Topic::NodeBack, node.heardNs);
    }
}

void NodeWatch::advance(std::int64_t nowNs)
{
    for (auto &[name, node] : m_nodes) {
        if (node.isLost || node.saidBye || node.state == wire::LinkState::Connected || nowNs - node.heardNs < lostAfterNs)
            continue;
        node.isLost = true;
        tell(node, Topic::NodeLost, nowNs);
    }
}

bool NodeWatch::isLost(const std::string &node) const
{
    const auto at = m_nodes.find(node);
    return at != m_nodes.end() && at->second.isLost;
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
