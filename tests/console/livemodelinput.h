// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "console/core/metrics/livemodel.h"
#include "tests/console/inputbuilder.h"

/// What tests give to a LiveModel, and read back from it.
namespace tapio::test {

using namespace console;

inline constexpr std::int64_t ms = nsPerMs;

inline wire::Delivery delivery(const std::string &node, std::int64_t receivedNs, std::int64_t offsetNs = 0,
                               std::int64_t uncertaintyNs = ms / 2)
{
    wire::Delivery result;
    result.node = node;
    result.receivedNs = receivedNs;
    result.clockOffsetNs = offsetNs;
    result.clockUncertaintyNs = uncertaintyNs;
    result.frame.streamId = 7;
    return result;
}

inline wire::Event eventAt(std::int64_t timeNs, wire::Detail detail = wire::ProcessExec())
{
    wire::Event result;
    result.timeNs = timeNs;
    result.type = static_cast<wire::EventType>(detail.index());
    result.detail = std::move(detail);
    return result;
}

inline wire::EventBatch batchOf(std::uint64_t firstSeq, std::vector<wire::Origin> origins, std::vector<wire::Event> events)
{
    wire::EventBatch batch;
    batch.firstSeq = firstSeq;
    batch.origins = std::move(origins);
    batch.events = std::move(events);
    return batch;
}

inline wire::AgentState agentState(const std::string &node, std::int64_t heartbeatNs, std::uint64_t id = 1)
{
    wire::AgentState state;
    state.node = node;
    state.state = wire::LinkState::Connected;
    state.sinceNs = at(0);
    state.streamId = 7;
    state.lastHeartbeatNs = heartbeatNs;
    state.agent.cpuCount = 4;
    state.heartbeat.id = id;
    state.heartbeat.uncertaintyNs = ms / 4;
    return state;
}

inline double latest(const LiveModel &model, std::string_view name, const std::string &label = {})
{
    const auto tracks = model.input().figures.find(name);
    if (tracks == model.input().figures.end() || !tracks->second.contains(label))
        return -1;
    return tracks->second.find(label)->second.back().value;
}

inline std::size_t readings(const LiveModel &model, std::string_view name, const std::string &label)
{
    const auto tracks = model.input().figures.find(name);
    return tracks == model.input().figures.end() || !tracks->second.contains(label) ? 0 : tracks->second.find(label)->second.size();
}

/// Sampled once in each of `seconds`.
inline wire::SampleBatch podSamples(std::int64_t timeNs, const std::string &pod, const std::string &container)
{
    wire::SampleBatch batch;
    batch.timeNs = timeNs;
    batch.origins = {InputBuilder::pod(pod, container), InputBuilder::host()};
    batch.samples = {{wire::Metric::MemoryWorkingSetBytes, 0, 0, 1000}, {wire::Metric::CpuUsageNs, 1, 0, timeNs - at(0)}};
    return batch;
}

} // namespace tapio::test
