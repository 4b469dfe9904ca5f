// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>

#include "agent/server/fanin.h"
#include "agent/server/streamtracker.h"
#include "protocol/base/clock.h"
#include "protocol/wire/message.h"

namespace tapio::server {

/// What the server knows of a node across all its connections: its streams, what it sent that nobody has taken yet, its
/// counters and its state. Fan-in thread.
class NodeRecord {
public:
    /// `beganNs`: since when the server takes in frames, UTC.
    NodeRecord(std::string name, std::int64_t beganNs);

    /// A stream whose last safe frame was kept somewhere (a store) before this server began.
    void know(std::uint64_t streamId, std::uint64_t safeFrameSeq);

    /// The node greeted: its stream becomes the current one. Another stream than before means that the agent was started anew.
    void beginSession(const wire::Hello &hello, const transport::Identity &identity, const std::string &remoteAddress, std::int64_t nowNs);
    void endSession(std::int64_t nowNs);

    /// A frame of the current stream: New ones wait in pending() until they are taken.
    StreamTracker::Arrival onFrame(wire::Frame &&frame, std::size_t bytes, std::int64_t receivedNs);
    void onHeartbeat(const wire::Heartbeat &heartbeat, std::int64_t nowNs);
    /// True: the current stream's safe frame moved on.
    bool acknowledge(std::uint64_t streamId, std::uint64_t frameSeq);
    /// Whether the agent itself ended its session; a new one begins without.
    void setSaidBye(bool saidBye) noexcept { m_state.saidBye = saidBye; }
    /// True: the state changed.
    bool setLinkState(wire::LinkState state, std::int64_t nowNs);

    /// The agent says that it has another configuration in force than when it greeted. True: the state changed.
    bool setConfigSha256(const std::string &sha256);

    std::deque<std::shared_ptr<const wire::Delivery>> &pending() noexcept { return m_pending; }
    /// What pending() occupies in memory.
    std::uint64_t pendingBytes() const noexcept { return m_pendingBytes; }
    /// The first pending delivery was taken, and put into the replay ring at `position`.
    void taken(std::uint64_t position);
    void countRejected() noexcept { ++m_counters[Counter::Rejected]; }

    const std::string &name() const noexcept { return m_state.node; }
    std::uint64_t ackedFrameSeq() const noexcept { return current().tracker.ackedFrameSeq(); }
    wire::AgentState state() const;
    wire::LinkState linkState() const noexcept { return m_state.state; }
    ReceiveCounters counters() const { return {name(), m_counters, m_queuedEvents, m_earlierEvents}; }
    /// The last report of what the node's hooks do; null = none yet.
    const std::shared_ptr<const wire::Delivery> &hooks() const noexcept { return m_hooks; }
    std::uint64_t hooksPosition() const noexcept { return m_hooksPosition; }

private:
    struct Stream {
        std::uint64_t streamId = 0;
        StreamTracker tracker;
    };

    StreamTracker &tracker(const wire::Hello &hello);
    Stream &current() noexcept { return m_streams.back(); }
    const Stream &current() const noexcept { return m_streams.back(); }

    std::list<Stream> m_streams;      ///< the current one last; bounded
    wire::StreamLoss m_forgottenLoss; ///< of streams no longer in the list
    std::deque<std::shared_ptr<const wire::Delivery>> m_pending;
    std::uint64_t m_pendingBytes = 0;
    std::uint64_t m_queuedEvents = 0;
    const std::int64_t m_beganNs;
    std::uint64_t m_earlierEvents = 0;
    std::shared_ptr<const wire::Delivery> m_hooks;
    std::uint64_t m_hooksPosition = 0;
    CounterSet m_counters;
    wire::AgentState m_state;
};

} // namespace tapio::server
