// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/agentsession.h"

#include <algorithm>
#include <utility>

namespace tapio::server {

namespace {

constexpr std::uint32_t pendingAfterMs = 1'000;

} // namespace

std::optional<wire::Bye> AgentSession::begin(const wire::Hello &hello, const transport::Identity &identity,
                                             const std::string &remoteAddress, const Greeted &greeted, std::uint64_t sessionId)
{
    if (hello.streamId == 0)
        return wire::Bye{"protocol", "a node's stream has a number other than 0", 0};
    m_node.beginSession(hello, identity, remoteAddress, m_clock.utcNs());
    m_streamId = hello.streamId;
    m_ackSent = m_node.ackedFrameSeq();
    m_filters = greeted.has("filter");
    m_takesFilterRequests = greeted.has(wire::filterRequestCapability);
    const wire::Welcome welcome{greeted.version, sessionId, m_creditBytes, m_ackSent, greeted.capabilities};
    if (const auto sent = sendMessage(m_link, welcome); !sent) {
        m_node.endSession(m_clock.utcNs()); // it may have gone before its greeting was read
        return wire::Bye{"io", sent.error().context(), 0};
    }
    return std::nullopt;
}

std::optional<wire::Bye> AgentSession::onMessage(wire::Message &&message, MessageSize size, std::int64_t receivedNs)
{
    m_heardBootNs = m_clock.bootNs();
    m_node.setLinkState(wire::LinkState::Connected, m_clock.utcNs());
    if (auto *frame = std::get_if<wire::Frame>(&message))
        return onFrame(std::move(*frame), size, receivedNs);
    if (const auto *heartbeat = std::get_if<wire::Heartbeat>(&message)) {
        onHeartbeat(*heartbeat, receivedNs);
        return std::nullopt;
    }
    if (const auto *bye = std::get_if<wire::Bye>(&message))
        return farewell(*bye);
    return wire::Bye{"protocol", "a node sent a message that is not for a node to send", 0};
}

std::optional<wire::Bye> AgentSession::onFrame(wire::Frame &&frame, MessageSize size, std::int64_t receivedNs)
{
    if (frame.streamId != m_streamId || frame.frameSeq == 0)
        return wire::Bye{"protocol", "a frame of another stream than the greeting named", 0};
    const std::uint64_t frameSeq = frame.frameSeq;
    // A frame larger than the whole credit may come alone: it could never come otherwise.
    if (m_inFlightBytes > 0 && m_inFlightBytes + size.plain > m_creditBytes)
        return wire::Bye{"over-credit", "sent more than the credit of " + std::to_string(m_creditBytes) + " bytes", 0};
    // Each session begins with the whole credit, but what earlier ones sent may still wait for the sink.
    constexpr std::size_t expansion = wire::DecodeLimits().expansion;
    if (m_node.pendingBytes() > 0 && m_node.pendingBytes() + expansion * size.plain > expansion * m_creditBytes)
        return wire::Bye{"over-credit", "what it sent in earlier sessions still waits to be taken", pendingAfterMs};
    m_node.onFrame(std::move(frame), size.wire, receivedNs);
    if (frameSeq <= m_node.ackedFrameSeq()) {
        m_ackAgain = true;
        return std::nullopt;
    }
    m_inFlight.push_back({frameSeq, size.plain});
    m_inFlightBytes += size.plain;
    return std::nullopt;
}

void AgentSession::onHeartbeat(const wire::Heartbeat &heartbeat, std::int64_t receivedNs)
{
    m_node.onHeartbeat(heartbeat, receivedNs);
    const wire::HeartbeatReply reply{heartbeat.id, heartbeat.sentNs, receivedNs, m_clock.utcNs(), 0};
    // Refused: the agent's queue is full, and a late answer would only spoil its clock measurement.
    static_cast<void>(sendMessage(m_link, reply));
}

std::uint64_t AgentSession::inTheWayOf(std::uint64_t bytes) const noexcept
{
    std::uint64_t left = m_inFlightBytes;
    std::uint64_t frameSeq = 0;
    for (auto frame = m_inFlight.begin(); left > bytes && frame != m_inFlight.end(); ++frame) {
        left -= frame->bytes;
        frameSeq = frame->frameSeq;
    }
    return frameSeq;
}

void AgentSession::flush(const wire::Filter &filter)
{
    const std::uint64_t safe = m_node.ackedFrameSeq();
    if ((safe > m_ackSent || m_ackAgain) && sendMessage(m_link, wire::Ack{std::string(), m_streamId, safe})) {
        m_ackSent = safe;
        m_ackAgain = false;
        while (!m_inFlight.empty() && m_inFlight.front().frameSeq <= safe) {
            m_inFlightBytes -= m_inFlight.front().bytes;
            m_inFlight.pop_front();
        }
    }
    if (m_filters && filter.epoch != m_filterSent && sendMessage(m_link, filter))
        m_filterSent = filter.epoch;
}

} // namespace tapio::server
