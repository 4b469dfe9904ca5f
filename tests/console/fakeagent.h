// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "protocol/transport/endpoint.h"
#include "protocol/wire/message.h"

namespace tapio::test {

/// Speaks the agent's side of the protocol with frames of the test's choosing: Hello, frames in order, Heartbeat with the clock
/// exchange; keeps what is not acknowledged and sends it again in the next session. A thread of its own.
class FakeAgent {
public:
    FakeAgent(std::uint16_t port, const std::string &node, transport::TlsFiles tls, const Clock &clock, std::uint64_t streamId = 77);
    ~FakeAgent();

    /// Any thread. Queues a frame; its number.
    std::uint64_t send(std::variant<wire::EventBatch, wire::SampleBatch, wire::CounterReport, wire::HookReport> body);
    /// A batch of `count` exec events that happen now.
    std::uint64_t sendEvents(std::size_t count);
    /// What changed of an insight, now.
    std::uint64_t sendInsight(std::uint64_t id, wire::InsightState state);
    /// Gives up the oldest frames that are not acknowledged, as an agent does whose ring is full; how many events that were.
    std::uint64_t dropOldest(std::size_t frames);
    /// Dials another port from the next connection on.
    void moveTo(std::uint16_t port) { m_port = port; }

    std::uint64_t acked() const { return m_acked; }
    std::uint64_t produced() const { return m_produced; }
    bool welcomed() const { return m_welcomed; }

private:
    void run(const std::stop_token &stop);
    void onMessage(transport::ClientEndpoint &client, const wire::Message &message);
    void sendHello(transport::ClientEndpoint &client);
    void sendHeartbeat(transport::ClientEndpoint &client);
    void sendFrames(transport::ClientEndpoint &client);

    const std::string m_node;
    const transport::TlsFiles m_tls;
    const Clock &m_clock;
    const std::uint64_t m_streamId;
    std::atomic<std::uint16_t> m_port;
    std::atomic<std::uint64_t> m_acked{0};
    std::atomic<std::uint64_t> m_produced{0};
    std::atomic<std::uint64_t> m_dropped{0};
    std::atomic<bool> m_welcomed{false};

    std::mutex m_mutex;
    std::deque<wire::Frame> m_frames; ///< not acknowledged
    std::uint64_t m_nextSeq = 1;

    // The thread's own.
    std::uint64_t m_generation = 0;
    std::uint64_t m_sentSeq = 0;
    std::uint64_t m_heartbeatId = 0;
    std::int64_t m_nextHeartbeatNs = 0;
    std::int64_t m_offsetNs = 0;
    std::int64_t m_uncertaintyNs = -1;
    std::jthread m_thread;
};

} // namespace tapio::test
