// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/noderecord.h"

#include <algorithm>
#include <utility>

#include "agent/server/batchfilter.h"
#include "agent/server/replayring.h"

namespace tapio::server {

namespace {

/// Streams of one node that are remembered: an agent that is started anew every minute must not fill the memory.
constexpr std::size_t maxStreams = 16;

/// A clock that is wrong by more is not a clock; 0 of a machine without a battery is 1970.
constexpr std::int64_t longestOffsetNs = 100LL * 366 * 24 * 3600 * nsPerSecond;
constexpr std::int64_t longestUncertaintyNs = 3600 * nsPerSecond;

} // namespace

NodeRecord::NodeRecord(std::string name, std::int64_t beganNs) : m_beganNs(beganNs) { m_state.node = std::move(name); }

void NodeRecord::know(std::uint64_t streamId, std::uint64_t safeFrameSeq)
{
    m_streams.push_back({streamId, StreamTracker(safeFrameSeq, false)});
    if (m_streams.size() > maxStreams)
        m_streams.pop_front();
}

StreamTracker &NodeRecord::tracker(const wire::Hello &hello)
{
    const auto known =
        std::find_if(m_streams.begin(), m_streams.end(), [&](const Stream &stream) { return stream.streamId == hello.streamId; });
    if (known != m_streams.end()) {
        m_streams.splice(m_streams.end(), m_streams, known);
        return current().tracker;
    }
    const std::uint64_t next = std::max<std::uint64_t>(hello.nextFrameSeq, 1);
    m_streams.push_back({hello.streamId, StreamTracker(next - 1, next == 1)});
    if (m_streams.size() > maxStreams) {
        m_forgottenLoss += m_streams.front().tracker.loss();
        m_streams.pop_front();
    }
    return current().tracker;
}

void NodeRecord::beginSession(const wire::Hello &hello, const transport::Identity &identity, const std::string &remoteAddress,
                              std::int64_t nowNs)
{
    if (!m_streams.empty() && current().streamId != hello.streamId)
        current().tracker.finish();
    tracker(hello).onSession(hello.nextFrameSeq);
    if (hello.streamId != m_state.streamId) {
        m_state.heartbeat = {};
        m_state.lastHeartbeatNs = 0;
    }
    m_state.streamId = hello.streamId;
    m_state.agent = hello.agent;
    m_state.remoteAddress = remoteAddress;
    m_state.certificateSerial = identity.serial;
    m_state.certificateExpiresNs = identity.notAfterNs;
    ++m_state.sessions;
    m_state.saidBye = false;
    m_state.state = wire::LinkState::Connected;
    m_state.sinceNs = nowNs;
}

bool NodeRecord::setConfigSha256(const std::string &sha256)
{
    constexpr std::size_t digits = 64;
    if (sha256.size() != digits || sha256 == m_state.agent.configSha256)
        return false;
    m_state.agent.configSha256 = sha256;
    return true;
}

void NodeRecord::endSession(std::int64_t nowNs) { setLinkState(wire::LinkState::Gone, nowNs); }

StreamTracker::Arrival NodeRecord::onFrame(wire::Frame &&frame, std::size_t bytes, std::int64_t receivedNs)
{
    const std::uint64_t events = eventCount(frame);
    m_state.receivedBytes += bytes;
    const auto arrival = current().tracker.onFrame(frame.frameSeq, events);
    if (arrival == StreamTracker::Arrival::Duplicate) {
        m_counters[Counter::Dup] += events;
        return arrival;
    }
    m_counters[Counter::Received] += events;
    m_state.receivedEvents += events;
    ++m_state.receivedFrames;
    m_queuedEvents += events;
    m_pending.push_back(std::make_shared<const wire::Delivery>(
        wire::Delivery{name(), receivedNs, m_state.heartbeat.offsetNs, m_state.heartbeat.uncertaintyNs, std::move(frame)}));
    m_pendingBytes += footprint(*m_pending.back());
    m_earlierEvents += wire::sentBefore(*m_pending.back(), m_beganNs) ? events : 0;
    return arrival;
}

void NodeRecord::onHeartbeat(const wire::Heartbeat &heartbeat, std::int64_t nowNs)
{
    m_state.heartbeat = heartbeat;
    if (heartbeat.offsetNs < -longestOffsetNs || heartbeat.offsetNs > longestOffsetNs) {
        m_state.heartbeat.offsetNs = 0; // nobody may calculate with it
        m_state.heartbeat.uncertaintyNs = -1;
    }
    if (m_state.heartbeat.uncertaintyNs > longestUncertaintyNs) // the sum of two would be no number
        m_state.heartbeat.uncertaintyNs = -1;
    m_state.lastHeartbeatNs = nowNs;
    current().tracker.onHeartbeat(heartbeat);
}

bool NodeRecord::acknowledge(std::uint64_t streamId, std::uint64_t frameSeq)
{
    const auto stream = std::find_if(m_streams.begin(), m_streams.end(), [&](const Stream &one) { return one.streamId == streamId; });
    const bool news = stream != m_streams.end() && stream->tracker.acknowledge(frameSeq);
    return news && streamId == m_state.streamId;
}

bool NodeRecord::setLinkState(wire::LinkState state, std::int64_t nowNs)
{
    if (m_state.state == state)
        return false;
    m_state.state = state;
    m_state.sinceNs = nowNs;
    return true;
}

void NodeRecord::taken(std::uint64_t position)
{
    const auto &delivery = m_pending.front();
    const std::uint64_t events = eventCount(delivery->frame);
    m_counters[Counter::Processed] += events;
    m_queuedEvents -= events;
    m_pendingBytes -= footprint(*delivery);
    if (std::holds_alternative<wire::HookReport>(delivery->frame.body)) {
        m_hooks = delivery;
        m_hooksPosition = position;
    }
    m_pending.pop_front();
}

wire::AgentState NodeRecord::state() const
{
    wire::AgentState state = m_state;
    state.loss = m_forgottenLoss;
    for (const auto &stream : m_streams)
        state.loss += stream.tracker.loss();
    return state;
}

} // namespace tapio::server
