// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>

#include "protocol/wire/message.h"

namespace tapio::server {

/// One stream of frames as it arrives: what is new, what came again, what is missing, what is safe. A value, without clock
/// or socket. Outlives connections: an agent that connects again continues its stream.
class StreamTracker {
public:
    /// `safeFrameSeq`: the last frame that is known to be safe, 0 = the stream begins here. `complete`: nothing before is
    /// owed, so that a later hole in the event counts is a loss; false when earlier frames went to a server we know nothing of.
    StreamTracker(std::uint64_t safeFrameSeq, bool complete) : m_received(safeFrameSeq), m_acked(safeFrameSeq), m_baselineKnown(complete) {}

    /// The agent begins a session and holds nothing before `nextFrameSeq`: lower frames that are not here will never come.
    void onSession(std::uint64_t nextFrameSeq);

    enum class Arrival : std::uint8_t { New, Duplicate };
    Arrival onFrame(std::uint64_t frameSeq, std::uint64_t events);
    void onHeartbeat(const wire::Heartbeat &heartbeat);
    /// Everything up to frameSeq is safe; what never arrived cannot be. True: that is news.
    bool acknowledge(std::uint64_t frameSeq);
    /// The agent was started anew: what this stream still owed by its last heartbeat will never come.
    void finish();

    std::uint64_t receivedFrameSeq() const noexcept { return m_received; }
    std::uint64_t ackedFrameSeq() const noexcept { return m_acked; }
    const wire::StreamLoss &loss() const noexcept { return m_loss; }

private:
    struct Unacked {
        std::uint64_t frameSeq = 0;
        std::uint64_t events = 0;
    };

    void skipTo(std::uint64_t frameSeq);

    std::uint64_t m_received; ///< highest frame number that arrived or was named as a gap
    std::uint64_t m_acked;
    std::deque<Unacked> m_unacked;
    std::uint64_t m_receivedEvents = 0; ///< distinct
    std::uint64_t m_ackedEvents = 0;
    std::uint64_t m_baselineEvents = 0; ///< produced before we knew the stream, and not ours to account for
    bool m_baselineKnown;
    std::uint64_t m_mostProduced = 0; ///< that any heartbeat said, and dropped likewise
    std::uint64_t m_mostDropped = 0;
    wire::StreamLoss m_loss;
};

wire::StreamLoss &operator+=(wire::StreamLoss &sum, const wire::StreamLoss &more) noexcept;

} // namespace tapio::server
