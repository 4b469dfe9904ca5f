// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/losswatch.h"

#include <cstdio>

namespace tapio::correlation {

namespace {

constexpr std::size_t mostReadings = 128;
constexpr std::uint64_t leastSeen = 1000; ///< a share of very few says nothing
constexpr std::int64_t tellEveryNs = 60'000'000'000;

std::string percent(double share)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", share * 100);
    return text;
}

} // namespace

LossWatch::Node *LossWatch::nodeOf(const std::string &name)
{
    auto at = m_nodes.find(name);
    if (at == m_nodes.end() && m_nodes.size() >= m_most) {
        if (m_strangers.size() < m_most)
            m_strangers.insert(name);
        return nullptr;
    }
    if (at == m_nodes.end()) {
        at = m_nodes.emplace(name, Node()).first;
        at->second.party = {wire::EntityKind::Node, name, name};
    }
    return &at->second;
}

void LossWatch::onAgent(const wire::AgentState &state)
{
    if (Node *node = state.state == wire::LinkState::Unknown ? nullptr : nodeOf(state.node))
        node->onTheWay = state.loss.transitEvents; // what the agent dropped is in the counters of its sources
}

void LossWatch::onReport(const std::string &name, std::uint64_t streamId, const wire::CounterReport &report, std::int64_t timeNs)
{
    Node *node = nodeOf(name);
    if (node == nullptr)
        return;
    Reading now{timeNs, 0, node->onTheWay};
    for (const wire::SourceCounters &source : report.sources) {
        if (!source.countsEvents())
            continue;
        now.seen += source.counters[Counter::Seen];
        now.lost += source.counters[Counter::Lost] + source.counters[Counter::Shed] + source.counters[Counter::QDrop]
                    + source.counters[Counter::Malformed];
    }
    // Another stream, or figures that go back: the agent began anew.
    const bool isAnew = node->streamId != streamId || node->readings.empty() || now.seen < node->readings.back().seen
                        || now.lost < node->readings.back().lost || timeNs < node->readings.back().timeNs;
    if (isAnew)
        node->readings.clear();
    node->streamId = streamId;
    node->readings.push_back(now);
    while (node->readings.size() > mostReadings || (node->readings.size() > 2 && timeNs - node->readings[1].timeNs >= windowNs))
        node->readings.pop_front();
    const Reading &before = node->readings.front();
    const std::uint64_t seen = now.seen - before.seen, lost = now.lost - before.lost;
    const double share = seen == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(seen);
    const bool wasTold = node->toldNs != 0 && timeNs >= node->toldNs && timeNs - node->toldNs < tellEveryNs; // a clock may be set back
    if (seen < leastSeen || share <= mostShare || wasTold)
        return;
    node->toldNs = timeNs;
    wire::Event event;
    event.timeNs = timeNs;
    event.severity = wire::Severity::Warning;
    const wire::Origin none;
    const std::string told = std::to_string(lost) + " of " + std::to_string(seen) + " events of " + name + " were left out or lost, "
                             + percent(share) + " of what was seen";
    Observation fact{Topic::StreamLoss, event, none, {node->party.name}};
    fact.subject = &node->party;
    fact.value = share;
    fact.told = told;
    m_sink.onFact(fact);
}

} // namespace tapio::correlation
