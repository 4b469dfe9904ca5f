// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/base/counters.h"
#include "protocol/transport/endpoint.h"

namespace tapio::agent {

/// Events of one source within a frame; of samples the frame itself.
struct SourceCount {
    std::string_view source;
    std::uint32_t events = 0;
};

struct RingFrame {
    std::uint64_t frameSeq = 0;
    transport::Bytes bytes;
    std::vector<SourceCount> sources;
    std::uint32_t events = 0;
    std::int64_t oldestNs = 0;       ///< UTC of its first event; 0 = it carries none
    std::int64_t newestNs = 0;       ///< UTC of its last event, or of its making
    std::uint64_t lastEvent = 0;     ///< number of the last event up to and with it
    std::uint64_t droppedEvents = 0; ///< of the stream when it was made
    bool everSent = false;
};

/// Encoded frames, kept until the server has them safe. Bounded in bytes: when full, the oldest frame that is not under way
/// goes. One thread.
class OutgoingRing {
public:
    explicit OutgoingRing(std::size_t maxBytes) : m_maxBytes(maxBytes) {}

    /// Takes the frame and returns those that had to go for it, oldest first; none up to `keepUpTo`, which is lower. Where one has to,
    /// `slackBytes` more go along.
    std::vector<RingFrame> push(RingFrame &&frame, std::uint64_t keepUpTo = 0, std::size_t slackBytes = 0);

    /// From the next push on.
    void setLimit(std::size_t maxBytes) noexcept { m_maxBytes = maxBytes; }

    /// The oldest frame not sent in this session; null = none.
    const RingFrame *next() const noexcept;
    /// next() was handed to the transport. True: for the first time ever.
    bool markSent();
    /// Everything up to frameSeq is safe; returns what was let go.
    std::vector<RingFrame> acknowledge(std::uint64_t frameSeq);
    /// The oldest frame of all, taken out. Not of an empty ring, nor while frames are under way.
    RingFrame takeOldest();
    /// What takeOldest() gave, back in its place.
    void putBack(RingFrame &&frame);
    /// A new session: nothing is under way any more, all is to be sent again.
    void restart() noexcept;

    bool empty() const noexcept { return m_frames.empty(); }
    std::uint64_t oldestSeq() const noexcept { return m_frames.empty() ? 0 : m_frames.front().frameSeq; }
    /// The highest number held that is lower than `frameSeq`; 0 = none.
    std::uint64_t lastBelow(std::uint64_t frameSeq) const noexcept;
    std::uint64_t lastSentSeq() const noexcept { return m_underWay == 0 ? 0 : m_frames[m_underWay - 1].frameSeq; }
    std::size_t bytes() const noexcept { return m_bytes; }
    std::size_t bytesUnderWay() const noexcept { return m_bytesUnderWay; }
    std::uint64_t events() const noexcept { return m_events; }
    std::uint64_t eventsUnderWay() const noexcept { return m_eventsUnderWay; }
    /// UTC of the oldest event held; 0 = none.
    std::int64_t oldestEventNs() const noexcept;

private:
    std::size_t m_maxBytes;
    std::deque<RingFrame> m_frames;
    std::size_t m_underWay = 0; ///< frames at the front that were sent in this session
    std::size_t m_bytes = 0;
    std::size_t m_bytesUnderWay = 0;
    std::uint64_t m_events = 0;
    std::uint64_t m_eventsUnderWay = 0;
};

} // namespace tapio::agent
