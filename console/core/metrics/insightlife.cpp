// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/insightlife.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>

#include "console/core/metrics/insighttracker.h"
#include "protocol/wire/evidence.h"

namespace tapio::console {

namespace {

/// Of the agent that told it, when it told it; nothing when neither its event nor the chain says it.
std::optional<std::uint64_t> streamOf(const InsightView &view)
{
    if (view.streamId != 0)
        return view.streamId;
    // The newest names the stream best.
    for (auto line = view.insight.evidence.rbegin(); line != view.insight.evidence.rend(); ++line) {
        const auto ref = wire::parseEvidence(*line);
        if (ref && ref->node == view.node && ref->streamId != 0)
            return ref->streamId;
    }
    return std::nullopt;
}

} // namespace

void StreamsSeen::add(const StoredEvent &stored)
{
    if (stored.streamId == 0)
        return;
    Last &last = m_last[stored.node];
    if (last.streamId == 0 || std::tuple(stored.id, stored.event.timeNs) > std::tuple(last.event, last.timeNs))
        last = {stored.id, stored.event.timeNs, stored.streamId};
}

NodeStreams StreamsSeen::with(const std::vector<wire::AgentState> &agents) const
{
    NodeStreams streams;
    for (const auto &[node, last] : m_last)
        streams[node] = last.streamId;
    for (const wire::AgentState &agent : agents) {
        std::uint64_t &stream = streams[agent.node]; // 0: it is known, its stream is not
        stream = agent.streamId != 0 ? agent.streamId : stream;
    }
    return streams;
}

InsightLife lifeOf(const InsightView &view, const NodeStreams &streams, std::int64_t nowNs)
{
    switch (view.insight.state) {
    case wire::InsightState::Open:
    case wire::InsightState::Updated: break;
    case wire::InsightState::Resolved: return InsightLife::Resolved;
    case wire::InsightState::Expired: return InsightLife::Expired;
    default: return InsightLife::Unknown;
    }
    if (nowNs - view.toldNs > InsightTracker::longestSilence(view.node))
        return InsightLife::Abandoned;
    const auto now = streams.find(view.node);
    const auto then = streamOf(view);
    const bool beganAnew = now != streams.end() && now->second != 0 && then && *then != now->second;
    return beganAnew ? InsightLife::Abandoned : InsightLife::Open;
}

std::string_view stateWord(const InsightView &view, InsightLife life) noexcept
{
    return life == InsightLife::Abandoned ? "abandoned" : wire::insightStateName(view.insight.state);
}

} // namespace tapio::console
