// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "agent/server/greeting.h"
#include "agent/server/noderecord.h"
#include "agent/server/peerlink.h"

namespace tapio::server {

struct MessageSize {
    std::size_t wire = 0;  ///< as it came
    std::size_t plain = 0; ///< before compression: what credit counts, on both sides
};

/// One connection of an agent after its greeting: credit, acknowledgements, heartbeats. Decides by messages and the clock
/// alone. Fan-in thread; node and link outlive it.
class AgentSession {
public:
    AgentSession(NodeRecord &node, PeerLink &link, const Clock &clock, std::uint64_t creditBytes)
        : m_node(node), m_link(link), m_clock(clock), m_creditBytes(creditBytes), m_heardBootNs(clock.bootNs())
    {}

    /// Takes up the node's stream and welcomes the agent. A value: the session must end so.
    std::optional<wire::Bye> begin(const wire::Hello &hello, const transport::Identity &identity, const std::string &remoteAddress,
                                   const Greeted &greeted, std::uint64_t sessionId);
    /// A value: the session must end so. Codes: "over-credit", "protocol", "closed" (the agent said goodbye).
    std::optional<wire::Bye> onMessage(wire::Message &&message, MessageSize size, std::int64_t receivedNs);

    /// Sends what is due: an acknowledgement, the filter when it is newer than the one sent. What the link refuses is due again.
    void flush(const wire::Filter &filter);

    /// The last frame that must be acknowledged for at most `bytes` to stay in flight; 0 = none.
    std::uint64_t inTheWayOf(std::uint64_t bytes) const noexcept;
    std::uint64_t streamId() const noexcept { return m_streamId; }
    bool takesFilterRequests() const noexcept { return m_takesFilterRequests; }
    /// False: the link refuses it.
    bool ask(const wire::FilterRequest &request) { return sendMessage(m_link, request).has_value(); }

    NodeRecord &node() noexcept { return m_node; }
    std::int64_t silentNs() const noexcept { return m_clock.bootNs() - m_heardBootNs; }
    std::uint64_t inFlightBytes() const noexcept { return m_inFlightBytes; }

private:
    struct InFlight {
        std::uint64_t frameSeq = 0;
        std::size_t bytes = 0;
    };

    std::optional<wire::Bye> onFrame(wire::Frame &&frame, MessageSize size, std::int64_t receivedNs);
    void onHeartbeat(const wire::Heartbeat &heartbeat, std::int64_t receivedNs);

    NodeRecord &m_node;
    PeerLink &m_link;
    const Clock &m_clock;
    const std::uint64_t m_creditBytes;
    std::int64_t m_heardBootNs;
    std::uint64_t m_streamId = 0;
    std::uint64_t m_ackSent = 0;
    bool m_ackAgain = false;         ///< a frame came that was safe already: the agent missed an acknowledgement
    std::deque<InFlight> m_inFlight; ///< arrived in this session, not acknowledged in it
    std::uint64_t m_inFlightBytes = 0;
    bool m_filters = false; ///< the agent can filter
    bool m_takesFilterRequests = false;
    std::uint32_t m_filterSent = 0; ///< epoch; 0 = everything, which is what an agent begins with
};

} // namespace tapio::server
